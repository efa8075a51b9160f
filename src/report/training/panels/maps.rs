//! Maps of layers against measured steps, one per format: noise of the gradient at two places, and two shares.

use crate::record::training::{Learner, Measure, MeasuredSite, Track, TrainingRun};
use crate::record::{Number, Verdict};
use crate::report::numbers::{Notation::Typeset, ratio, short};
use crate::report::panel::{Area, Axis, Hatch, Paint, Palette, Panel, Plot, Row, Sample, Scale, Tip};
use std::ops::Range;

/// Colours of noise/signal: below 10⁻³, four to a decade up to 10, and from 10 on.
pub const NOISE_LEVELS: usize = 18;
/// log₁₀ of the noise/signal at which the second colour begins, and colours to a decade.
const NOISE: (f64, f64) = (-3.0, 4.0);
const NOISE_TICKS: &[(usize, &str)] = &[(1, "10⁻³"), (5, "10⁻²"), (9, "10⁻¹"), (13, "1"), (17, "10")];
/// Upper ends of the colours of shares; the first is for exactly none.
pub const SHARE_LEVELS: [f64; 7] = [0.0, 0.001, 0.01, 0.1, 0.25, 0.5, 1.0];
const SHARE_TICKS: &[(usize, &str)] =
    &[(0, "none"), (2, "0.1 %"), (3, "1 %"), (4, "10 %"), (5, "25 %"), (6, "50 %"), (7, "100 %")];

/// Most columns and most rows of a map; with more steps or layers a cell is the worst of several.
const MOST: usize = 64;
/// Most maps side by side.
const BESIDE: usize = 3;
/// Infinite or NaN, as the fate of entries.
const OVERFLOWED: Paint = Paint::Of(Palette::Fates, 5);

/// What a map shows.
struct Kind {
    name: &'static str,
    title: &'static str,
    /// What there is none of where every cell is empty.
    what: &'static str,
    palette: Palette,
    cell: fn(&MeasuredSite) -> Cell,
}

const KINDS: [Kind; 4] = [
    Kind {
        name: "noise",
        title: "Noise / signal of the weight gradient at each copy's own parameters",
        what: "gradients",
        palette: Palette::Noise,
        cell: |layer| noise(&layer.own),
    },
    Kind {
        name: "noise-at-reference",
        title: "Noise / signal of the same formats at f64's parameters",
        what: "gradients at f64's parameters",
        palette: Palette::Noise,
        cell: |layer| layer.at_reference.as_ref().map_or(Cell::Absent, noise),
    },
    Kind {
        name: "flushed",
        title: "Entries of the weight gradient that underflow to zero, at each copy's own parameters",
        what: "flushed entries",
        palette: Palette::Shares,
        cell: |layer| share(layer.own.fates.flushed, layer.own.fates.total()),
    },
    Kind {
        name: "dead",
        title: "Dead units: φ' is zero on every sample",
        what: "dead units",
        palette: Palette::Shares,
        cell: |layer| share(layer.dead_units, layer.units),
    },
];

/// A layer at a measured step, from harmless to severe.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
enum Cell {
    /// Nothing was measured.
    Absent,
    /// The truth does not tell.
    Unknown,
    /// A ratio or a share, and whether it is an upper limit.
    Value(f64, bool),
    /// The gradient is zero by underflow.
    Flushed,
    /// The exact gradient is zero.
    Dead,
    /// It is infinite or NaN.
    Overflow,
}

/// What the maps of an activation share: the steps of every column, and the layers of every row.
struct Grid {
    columns: Vec<Vec<usize>>,
    rows: Vec<Range<usize>>,
}

/// The maps that have something to show.
pub(super) fn panels(run: &TrainingRun) -> Vec<Panel> {
    let grid = Grid::new(run);
    KINDS.iter().filter_map(|kind| panel(run, kind, &grid)).collect()
}

/// A sentence on the maps that have not.
pub(super) fn remark(run: &TrainingRun) -> Option<String> {
    let grid = Grid::new(run);
    if grid.columns.is_empty() {
        return Some("No gradient was measured.".into());
    }
    let empty: Vec<&str> =
        KINDS.iter().filter(|kind| panel(run, kind, &grid).is_none()).map(|kind| kind.what).collect();
    (!empty.is_empty()).then(|| format!("No map of {}: there are none at any measured step.", empty.join(" and ")))
}

fn panel(run: &TrainingRun, kind: &Kind, grid: &Grid) -> Option<Panel> {
    let maps: Vec<(&str, Vec<Vec<Cell>>)> =
        run.learners.iter().map(|learner| (learner.name.as_str(), grid.cells(learner, kind))).collect();
    let cells = || maps.iter().flat_map(|(_, columns)| columns.iter().flatten());
    let is_empty =
        |cell: &Cell| *cell == Cell::Absent || kind.palette == Palette::Shares && cell.level(kind) == Some(0);
    if cells().all(is_empty) {
        return None;
    }
    let plots: Vec<Plot> = maps.iter().map(|(name, columns)| grid.plot(name, columns, kind)).collect();
    let worst = maps.iter().filter_map(|(name, columns)| grid.worst(name, columns, kind));
    let has_skipped = run.learners.iter().flat_map(|learner| &learner.measures).any(|measure| measure.skipped);
    let has = |wanted: Cell| cells().any(|cell| *cell == wanted);
    let mut key = vec![kind.ramp()];
    key.extend(FLAT.iter().filter(|(cell, ..)| has(*cell)).map(|(_, sample, words)| (*sample, words.to_string())));
    let remarks = [
        (has_skipped && kind.name == "noise" && has(Cell::Overflow), "step skipped by dynamic loss scaling"),
        (has(Cell::Absent), "blank: not measured"),
        (grid.is_thinned(), "each cell shows the worst of several steps or layers"),
    ];
    key.extend(remarks.iter().filter(|(is_said, _)| *is_said).map(|(_, words)| (Sample::Nothing, words.to_string())));
    Some(Panel {
        name: kind.name.into(),
        title: kind.title.into(),
        alternative: format!(
            "{}, by layer and measured step. At worst {}.",
            kind.title,
            worst.collect::<Vec<_>>().join("; ")
        ),
        key,
        rows: plots.chunks(BESIDE).map(|plots| Row { plots: plots.to_vec(), ..Row::default() }).collect(),
    })
}

/// Cells of a flat colour.
const FLAT: [(Cell, Sample, &str); 4] = [
    (Cell::Dead, Sample::Area(Paint::Zero, 1.0), "exactly zero"),
    (Cell::Flushed, Sample::Hatched(Hatch::Flushed), "zero by underflow"),
    (Cell::Overflow, Sample::Hatched(Hatch::Overflow), "infinite or NaN"),
    (Cell::Unknown, Sample::Hatched(Hatch::Unknown), "not established"),
];

impl Kind {
    fn ramp(&self) -> (Sample, String) {
        match self.palette {
            Palette::Noise => (
                Sample::Ramp(Palette::Noise, NOISE_LEVELS, NOISE_TICKS),
                "noise / signal: noisy from 10⁻¹ on, chaotic from 1 on".into(),
            ),
            palette => (Sample::Ramp(palette, SHARE_LEVELS.len(), SHARE_TICKS), "share, up to".into()),
        }
    }
}

impl Cell {
    /// The place of its colour in the palette.
    fn level(self, kind: &Kind) -> Option<usize> {
        let Cell::Value(value, _) = self else { return None };
        Some(if kind.palette == Palette::Noise { noise_level(value) } else { share_level(value) })
    }

    fn look(self, kind: &Kind) -> Option<(Paint, Option<Hatch>)> {
        match self {
            Cell::Absent => None,
            Cell::Unknown => Some((Paint::Paper, Some(Hatch::Unknown))),
            Cell::Value(..) => Some((Paint::Of(kind.palette, self.level(kind)?), None)),
            Cell::Flushed => Some((Paint::Zero, Some(Hatch::Flushed))),
            Cell::Dead => Some((Paint::Zero, None)),
            Cell::Overflow => Some((OVERFLOWED, Some(Hatch::Overflow))),
        }
    }

    fn words(self, kind: &Kind) -> String {
        match self {
            Cell::Value(value, at_most) if kind.palette == Palette::Noise => {
                ratio(Number::new(value), at_most, Typeset)
            }
            Cell::Value(0.0, _) => "none".into(),
            Cell::Value(value, _) => format!("{} %", short(100.0 * value, Typeset)),
            Cell::Absent => "not measured".into(),
            _ => FLAT.iter().find(|(cell, ..)| *cell == self).map_or(String::new(), |(.., words)| words.to_string()),
        }
    }
}

impl Grid {
    fn new(run: &TrainingRun) -> Grid {
        let measures = || run.learners.iter().flat_map(|learner| &learner.measures);
        let mut steps: Vec<usize> = measures().map(|measure| measure.step).collect();
        steps.sort_unstable();
        steps.dedup();
        let columns = steps.chunks(steps.len().div_ceil(MOST).max(1)).map(<[usize]>::to_vec).collect();
        let layers = measures().map(|measure| measure.sites.len()).max().unwrap_or(0);
        let step = layers.div_ceil(MOST).max(1);
        Grid { columns, rows: (0..layers).step_by(step).map(|from| from..(from + step).min(layers)).collect() }
    }

    fn is_thinned(&self) -> bool {
        self.columns.iter().any(|steps| steps.len() > 1) || self.rows.iter().any(|layers| layers.len() > 1)
    }

    /// By column from the first step, in it by row from layer 1: the worst of the steps and layers of each.
    fn cells(&self, learner: &Learner, kind: &Kind) -> Vec<Vec<Cell>> {
        let column = |steps: &Vec<usize>| {
            let measures: Vec<&Measure> =
                learner.measures.iter().filter(|measure| steps.contains(&measure.step)).collect();
            let worst = |row: &Range<usize>| {
                let layers = measures.iter().flat_map(|measure| measure.sites.iter().take(row.end).skip(row.start));
                layers.map(kind.cell).fold(Cell::Absent, |worst, cell| if cell > worst { cell } else { worst })
            };
            self.rows.iter().map(worst).collect()
        };
        self.columns.iter().map(column).collect()
    }

    fn plot(&self, name: &str, columns: &[Vec<Cell>], kind: &Kind) -> Plot {
        let first = |steps: &Vec<usize>| steps.first().map_or(String::new(), ToString::to_string);
        let layers = self.rows.last().map_or(1, |row| row.end);
        let mut plot = Plot {
            title: name.into(),
            x: Axis::new(
                "measured step (number of updates so far)",
                Scale::Places(self.columns.iter().map(first).collect()),
            ),
            y: Axis::new("layer (1 = input side)", Scale::Layers(1, layers)),
            ..Plot::default()
        };
        for (index, (cells, steps)) in columns.iter().zip(&self.columns).enumerate() {
            let x = (index as f64 - 0.5, index as f64 + 0.5);
            for (rows, cell) in self.merged(cells, |cell| cell.look(kind)) {
                let Some((paint, hatch)) = cell.look(kind) else { continue };
                plot.areas.push(Area { hatch, ..Area::rectangle(x, height(&rows), paint) });
            }
            for (rows, cell) in self.merged(cells, |cell| cell.words(kind)) {
                let words =
                    format!("{name}\n{}, {}: {}", steps_in_words(steps), layers_in_words(&rows), cell.words(kind));
                plot.tips.push(Tip { x, y: height(&rows), row: index, words });
            }
        }
        plot
    }

    /// Neighbours above each other that are alike, as one.
    fn merged<'a, T: PartialEq>(
        &'a self,
        cells: &'a [Cell],
        seen: impl Fn(&Cell) -> T + 'a,
    ) -> impl Iterator<Item = (Range<usize>, Cell)> + 'a {
        let cells: Vec<(&Range<usize>, &Cell)> = self.rows.iter().zip(cells).collect();
        let alike = cells.chunk_by(|(_, one), (_, next)| seen(one) == seen(next));
        let alike = alike.filter_map(|part| Some((part.first()?.0.start..part.last()?.0.end, *part.first()?.1)));
        alike.collect::<Vec<_>>().into_iter()
    }

    /// `f16: 0.41 at step 475, layer 1`.
    fn worst(&self, name: &str, columns: &[Vec<Cell>], kind: &Kind) -> Option<String> {
        let all = columns
            .iter()
            .zip(&self.columns)
            .flat_map(|(cells, steps)| cells.iter().zip(&self.rows).map(move |(cell, layers)| (*cell, steps, layers)));
        let (cell, steps, layers) = all.reduce(|worst, next| if next.0 > worst.0 { next } else { worst })?;
        Some(format!("{name}: {} at {}, {}", cell.words(kind), steps_in_words(steps), layers_in_words(layers)))
    }
}

/// From below the first to above the last layer, which are counted from 1.
fn height(layers: &Range<usize>) -> (f64, f64) {
    (layers.start as f64 + 0.5, layers.end as f64 + 0.5)
}

fn layers_in_words(layers: &Range<usize>) -> String {
    if layers.len() < 2 {
        format!("layer {}", layers.end)
    } else {
        format!("layers {}–{}", layers.start + 1, layers.end)
    }
}

fn steps_in_words(steps: &[usize]) -> String {
    match steps {
        [] => String::new(),
        [step] => format!("step {step}"),
        [first, .., last] => format!("steps {first}–{last}"),
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
            ratio => Cell::Value(ratio, track.at_most),
        },
    }
}

fn noise_level(ratio: f64) -> usize {
    if ratio <= 0.0 {
        return 0;
    }
    let above = (core_math::log10(ratio) - NOISE.0) * NOISE.1;
    (above.floor() + 1.0).clamp(0.0, (NOISE_LEVELS - 1) as f64) as usize
}

/// Parts beyond the whole are the whole.
fn share(part: u64, whole: u64) -> Cell {
    Cell::Value(if whole == 0 { 0.0 } else { (part as f64 / whole as f64).min(1.0) }, false)
}

fn share_level(share: f64) -> usize {
    SHARE_LEVELS.iter().position(|most| share <= *most).unwrap_or(SHARE_LEVELS.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::numbers::power;

    /// The words at a colour are where it begins, and a colour holds what its words say.
    #[test]
    fn ticks_stand_where_colours_begin() {
        for (level, words) in NOISE_TICKS {
            let log10 = NOISE.0 + (*level - 1) as f64 / NOISE.1;
            assert_eq!(
                *words,
                match log10 as i64 {
                    0 => "1".into(),
                    1 => "10".into(),
                    log10 => power(10, log10, Typeset),
                }
            );
            let at = core_math::exp10(log10);
            assert_eq!((noise_level(at), noise_level(at * 0.999)), (*level, *level - 1));
        }
        assert_eq!([0.0, f64::INFINITY].map(noise_level), [0, NOISE_LEVELS - 1]);
        for (level, words) in &SHARE_TICKS[1..] {
            let most = SHARE_LEVELS[*level - 1];
            assert_eq!(*words, format!("{} %", short(100.0 * most, Typeset)));
            assert_eq!(share_level(most), *level - 1);
        }
        assert_eq!([0.0, 1e-9, 2.0].map(share_level), [0, 1, 6]);
    }
}
