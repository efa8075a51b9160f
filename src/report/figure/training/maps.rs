//! Maps of layers against measured steps, one per arithmetic: noise of the gradient at two places, and shares.

use crate::record::Verdict;
use crate::record::training::{Learner, Measure, MeasuredSite, Track, TrainingRun};
use std::ops::Range;

/// Colours of noise/signal: below 10⁻³, four to a decade up to 10, and from 10 on.
pub const NOISE_LEVELS: usize = 18;
/// log₁₀ of the noise/signal at which the second colour begins.
const NOISE_FROM: f64 = -3.0;
/// Colours to a decade.
const NOISE_PER_DECADE: f64 = 4.0;

/// Upper ends of the colours of shares; the first is for exactly none.
pub const SHARE_LEVELS: [f64; 7] = [0.0, 0.001, 0.01, 0.1, 0.25, 0.5, 1.0];

/// Most columns and most rows of a map; with more steps or layers a cell is the worst of several.
const MOST: usize = 64;

/// What a map shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapKind {
    /// Noise/signal at the arithmetic's own parameters.
    OwnParameters,
    /// Noise/signal at f64's parameters.
    ReferenceParameters,
    /// Share of entries that underflow flushes to zero.
    Flushed,
    /// Share of units that are dead.
    Dead,
}

impl MapKind {
    /// Title of the maps.
    pub fn title(self) -> &'static str {
        match self {
            MapKind::OwnParameters => "Noise / signal of the weight gradient at each copy's own parameters",
            MapKind::ReferenceParameters => "Noise / signal of the same formats at f64's parameters",
            MapKind::Flushed => "Entries of the weight gradient that underflow to zero, at each copy's own parameters",
            MapKind::Dead => "Dead units: φ' is zero on every sample",
        }
    }

    /// True where cells are noise/signal, else shares.
    pub fn is_noise(self) -> bool {
        matches!(self, MapKind::OwnParameters | MapKind::ReferenceParameters)
    }
}

/// A layer at a measured step, from harmless to severe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    /// Nothing was measured.
    Absent,
    /// The truth does not tell.
    Unknown,
    /// A colour by its place.
    Level(usize),
    /// The gradient is zero by underflow.
    Flushed,
    /// The exact gradient is zero.
    Dead,
    /// It is infinite or NaN.
    Overflow,
}

/// One arithmetic's map.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatMap {
    /// Its place in the list.
    pub arithmetic: usize,
    /// Its name.
    pub name: String,
    /// By column from the first step, in it by row from layer 1.
    pub cells: Vec<Vec<Cell>>,
}

/// Maps of one kind on the same axes.
#[derive(Clone, Debug, PartialEq)]
pub struct MapPanel {
    /// What they show.
    pub kind: MapKind,
    /// The steps of every column; several where there are more than columns.
    pub columns: Vec<Vec<usize>>,
    /// The layers of every row.
    pub rows: Vec<Range<usize>>,
    /// One per format, in the order given.
    pub maps: Vec<HeatMap>,
    /// True if the update of a measured step was skipped, since a gradient was not finite.
    pub has_skipped: bool,
}

impl MapPanel {
    /// True if any cell is this one.
    pub fn has(&self, wanted: Cell) -> bool {
        self.maps.iter().flat_map(|map| map.cells.iter().flatten()).any(|cell| *cell == wanted)
    }

    /// True where a cell may stand for several steps or layers.
    pub fn is_thinned(&self) -> bool {
        self.columns.iter().any(|steps| steps.len() > 1) || self.rows.iter().any(|layers| layers.len() > 1)
    }

    fn new(run: &TrainingRun, kind: MapKind) -> MapPanel {
        let mut steps: Vec<usize> =
            run.learners.iter().flat_map(|learner| learner.measures.iter().map(|measure| measure.step)).collect();
        steps.sort_unstable();
        steps.dedup();
        let columns: Vec<Vec<usize>> = steps.chunks(steps.len().div_ceil(MOST).max(1)).map(<[usize]>::to_vec).collect();
        let layers = run.learners.iter().flat_map(|learner| &learner.measures).map(|measure| measure.sites.len()).max();
        let layers = layers.unwrap_or(0);
        let step = layers.div_ceil(MOST).max(1);
        let rows: Vec<Range<usize>> = (0..layers).step_by(step).map(|from| from..(from + step).min(layers)).collect();
        let maps = run.learners.iter().enumerate().map(|(arithmetic, learner)| HeatMap {
            arithmetic,
            name: learner.name.clone(),
            cells: columns.iter().map(|steps| column(learner, steps, &rows, kind)).collect(),
        });
        let maps = maps.collect();
        let has_skipped = run.learners.iter().flat_map(|learner| &learner.measures).any(|measure| measure.skipped);
        MapPanel { kind, columns, rows, maps, has_skipped }
    }

    fn shows_anything(&self) -> bool {
        let is_empty = |cell: &Cell| match self.kind.is_noise() {
            true => *cell == Cell::Absent,
            false => matches!(cell, Cell::Absent | Cell::Level(0)),
        };
        !self.maps.iter().flat_map(|map| map.cells.iter().flatten()).all(is_empty)
    }
}

/// The maps that have something to show, and a line on those of shares that have not.
pub(super) fn panels(run: &TrainingRun) -> (Vec<MapPanel>, Option<String>) {
    if run.learners.iter().all(|learner| learner.measures.is_empty()) {
        return (Vec::new(), Some("no gradient was measured".into()));
    }
    let kinds = [MapKind::OwnParameters, MapKind::ReferenceParameters, MapKind::Flushed, MapKind::Dead];
    let (shown, empty): (Vec<_>, Vec<_>) =
        kinds.map(|kind| MapPanel::new(run, kind)).into_iter().partition(MapPanel::shows_anything);
    let words = |panel: &MapPanel| match panel.kind {
        MapKind::OwnParameters => "no gradient",
        MapKind::ReferenceParameters => "no gradient at f64's parameters",
        MapKind::Flushed => "no flushed entries",
        MapKind::Dead => "no dead units",
    };
    let words: Vec<&str> = empty.iter().map(words).collect();
    let remark = (!words.is_empty()).then(|| format!("{} at any measured step", words.join(" and ")));
    (shown, remark)
}

/// A map's column: of each row the worst cell of its steps and layers.
fn column(learner: &Learner, steps: &[usize], rows: &[Range<usize>], kind: MapKind) -> Vec<Cell> {
    let (Some(first), Some(last)) = (steps.first(), steps.last()) else { return Vec::new() };
    let measures: Vec<&Measure> =
        learner.measures.iter().filter(|measure| (*first..=*last).contains(&measure.step)).collect();
    let worst = |row: &Range<usize>| {
        let of = |measure: &&'_ Measure| row.start..row.end.min(measure.sites.len());
        let layers = measures.iter().filter_map(|measure| measure.sites.get(of(measure)));
        layers.flatten().map(|layer| cell(layer, kind)).max().unwrap_or(Cell::Absent)
    };
    rows.iter().map(worst).collect()
}

fn cell(layer: &MeasuredSite, kind: MapKind) -> Cell {
    match kind {
        MapKind::OwnParameters => noise(&layer.own),
        MapKind::ReferenceParameters => layer.at_reference.as_ref().map_or(Cell::Absent, noise),
        MapKind::Flushed => share(layer.own.fates.flushed, layer.own.fates.total()),
        MapKind::Dead => share(layer.dead_units, layer.units),
    }
}

fn noise(track: &Track) -> Cell {
    match track.verdict {
        Verdict::Overflow => Cell::Overflow,
        Verdict::Underflow => Cell::Flushed,
        Verdict::Zero => Cell::Dead,
        Verdict::NotEstablished => Cell::Unknown,
        _ => match track.noise_to_signal.value() {
            ratio if ratio.is_nan() => Cell::Unknown,
            ratio => Cell::Level(noise_level(ratio)),
        },
    }
}

/// The colour of a ratio.
fn noise_level(ratio: f64) -> usize {
    if ratio <= 0.0 {
        return 0;
    }
    let above = (core_math::log10(ratio) - NOISE_FROM) * NOISE_PER_DECADE;
    (above.floor() + 1.0).clamp(0.0, (NOISE_LEVELS - 1) as f64) as usize
}

/// The colour of a share; parts beyond the whole are the whole.
fn share(part: u64, whole: u64) -> Cell {
    if whole == 0 {
        return Cell::Level(0);
    }
    let share = part as f64 / whole as f64;
    Cell::Level(SHARE_LEVELS.iter().position(|most| share <= *most).unwrap_or(SHARE_LEVELS.len() - 1))
}

/// log₁₀ of the noise/signal at which a colour begins, the first one's aside.
pub fn noise_from(level: usize) -> f64 {
    NOISE_FROM + level.saturating_sub(1) as f64 / NOISE_PER_DECADE
}
