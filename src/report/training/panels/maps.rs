//! Maps of layers against measured steps, one per format: noise of the gradient at two places, and two shares.

use crate::record::training::{Learner, MeasuredSite, Track, TrainingRun};
use crate::record::{Number, Verdict};
use crate::report::numbers::{Notation::Typeset, ratio, short};
use crate::report::panel::{
    self, Area, Axis, Hatch, Height, NOISE_TICKS, Paint, Palette, Panel, Plot, Row, Sample, Scale, Tip,
};
use std::ops::Range;

/// Upper ends of the colours of shares; the first is for exactly none.
const SHARE_LEVELS: [f64; 7] = [0.0, 0.001, 0.01, 0.1, 0.25, 0.5, 1.0];
const SHARE_TICKS: &[(usize, &str)] =
    &[(0, "none"), (2, "0.1 %"), (3, "1 %"), (4, "10 %"), (5, "25 %"), (6, "50 %"), (7, "100 %")];

/// Most columns and most rows of a map; with more steps or layers a cell is the worst of several.
const MOST: usize = 64;

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

/// Cells of a flat colour.
const FLAT: [(Cell, Paint, Option<Hatch>, &str); 4] = [
    (Cell::Dead, Paint::Zero, None, "exactly zero"),
    (Cell::Flushed, Paint::Zero, Some(Hatch::Flushed), "zero by underflow"),
    (Cell::Overflow, Paint::Of(Palette::Fates, 5), Some(Hatch::Overflow), "infinite or NaN"),
    (Cell::Unknown, Paint::Paper, Some(Hatch::Unknown), "not established"),
];

/// What the maps of an activation share: the steps of every column, and the layers of every row.
struct Grid {
    columns: Vec<Vec<usize>>,
    rows: Vec<Range<usize>>,
}

/// The maps that have something to show.
pub(super) fn panels(run: &TrainingRun) -> Vec<Panel> {
    let grid = Grid::new(run);
    KINDS.iter().filter_map(|kind| map(run, kind, &grid)).collect()
}

/// A sentence on the maps that have not.
pub(super) fn remark(run: &TrainingRun) -> Option<String> {
    let grid = Grid::new(run);
    if grid.columns.is_empty() {
        return Some("No gradient was measured.".into());
    }
    let empty = KINDS.iter().filter(|kind| map(run, kind, &grid).is_none());
    let empty: Vec<&str> = empty.map(|kind| kind.what).collect();
    (!empty.is_empty()).then(|| format!("No map of {}: there are none at any measured step.", empty.join(" and ")))
}

fn map(run: &TrainingRun, kind: &Kind, grid: &Grid) -> Option<Panel> {
    let maps = run.learners.iter().map(|learner| (learner.name.as_str(), grid.cells(learner, kind)));
    let has_some = |(_, columns): &(&str, Vec<Vec<Cell>>)| !columns.iter().flatten().all(|cell| kind.is_empty(cell));
    let (maps, without): (Vec<_>, Vec<_>) = maps.partition(has_some);
    if maps.is_empty() {
        return None;
    }
    let without: Vec<&str> = without.into_iter().map(|(name, _)| name).collect();
    let without = (!without.is_empty(), format!("no {} in {}", kind.what, without.join(", ")));
    let cells = || maps.iter().flat_map(|(_, columns)| columns.iter().flatten());
    let plots: Vec<Plot> = maps.iter().map(|(name, columns)| grid.plot(name, columns, kind)).collect();
    let worst = |columns: &[Vec<Cell>]| kind.words(columns.iter().flatten().fold(&Cell::Absent, worse));
    let worst: Vec<String> = maps.iter().map(|(name, columns)| format!("{name}: {}", worst(columns))).collect();
    let has_skipped = run.learners.iter().flat_map(|learner| &learner.measures).any(|measure| measure.skipped);
    let has = |wanted: Cell| cells().any(|cell| *cell == wanted);
    let flat = FLAT.iter().map(|(cell, paint, hatch, words)| {
        (has(*cell), hatch.map_or(Sample::Area(*paint, 1.0), Sample::Hatched), *words)
    });
    let is_thinned = grid.columns.iter().any(|steps| steps.len() > 1) || grid.rows.iter().any(|row| row.len() > 1);
    let remarks = [
        (has_skipped && kind.name == "noise" && has(Cell::Overflow), "step skipped by dynamic loss scaling"),
        (has(Cell::Absent), "blank: not measured"),
        (is_thinned, "each cell shows the worst of several steps or layers"),
        (without.0, without.1.as_str()),
    ];
    let (ticks, words) = match kind.palette {
        Palette::Noise => (NOISE_TICKS, "noise / signal: noisy from 10⁻¹ on, chaotic from 1 on"),
        _ => (SHARE_TICKS, "share, up to"),
    };
    let ramp = (true, Sample::Ramp(kind.palette, kind.palette.len(), ticks), words);
    let remarks = remarks.map(|(is_said, words)| (is_said, Sample::Nothing, words));
    Some(Panel {
        name: kind.name.into(),
        title: kind.title.into(),
        alternative: format!("{}, by layer and measured step; at worst in {}.", kind.title, worst.join(", ")),
        key: panel::key([ramp].into_iter().chain(flat).chain(remarks)),
        rows: Row::multiples(plots).into_iter().map(|row| Row { height: Height::Low, ..row }).collect(),
    })
}

fn worse<'a>(one: &'a Cell, other: &'a Cell) -> &'a Cell {
    if other > one { other } else { one }
}

impl Kind {
    fn is_empty(&self, cell: &Cell) -> bool {
        *cell == Cell::Absent || self.palette == Palette::Shares && *cell == Cell::Value(0.0, false)
    }

    fn look(&self, cell: &Cell) -> Option<(Paint, Option<Hatch>)> {
        match *cell {
            Cell::Value(ratio, _) if self.palette == Palette::Noise => Some((Paint::of_noise(ratio), None)),
            Cell::Value(share, _) => Some((Paint::Of(Palette::Shares, share_level(share)), None)),
            flat => FLAT.iter().find(|(cell, ..)| *cell == flat).map(|(_, paint, hatch, _)| (*paint, *hatch)),
        }
    }

    fn words(&self, cell: &Cell) -> String {
        match *cell {
            Cell::Value(value, at_most) if self.palette == Palette::Noise => {
                ratio(Number::new(value), at_most, Typeset)
            }
            Cell::Value(share, _) => format!("{} %", short(100.0 * share, Typeset)),
            flat => FLAT.iter().find(|(cell, ..)| *cell == flat).map_or("not measured", |(.., words)| words).into(),
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

    /// By column from the first step, in it by row from layer 1: the worst of the steps and layers of each.
    fn cells(&self, learner: &Learner, kind: &Kind) -> Vec<Vec<Cell>> {
        let column = |steps: &Vec<usize>| {
            let measures = || learner.measures.iter().filter(|measure| steps.contains(&measure.step));
            let layers = |row: &Range<usize>| {
                let (first, count) = (row.start, row.len());
                measures().flat_map(move |measure| measure.sites.iter().skip(first).take(count)).map(kind.cell)
            };
            let worst = |row| layers(row).fold(Cell::Absent, |one, other| *worse(&one, &other));
            self.rows.iter().map(worst).collect()
        };
        self.columns.iter().map(column).collect()
    }

    fn plot(&self, name: &str, columns: &[Vec<Cell>], kind: &Kind) -> Plot {
        let first = |steps: &Vec<usize>| steps.first().map_or(String::new(), ToString::to_string);
        let steps = Scale::Places(self.columns.iter().map(first).collect());
        let mut plot = Plot {
            title: name.into(),
            x: Axis::new("measured step (number of updates so far)", steps),
            y: Axis::new("layer (1 = input side)", Scale::Layers(1, self.rows.last().map_or(1, |row| row.end))),
            ..Plot::default()
        };
        for (index, (cells, steps)) in columns.iter().zip(&self.columns).enumerate() {
            let x = (index as f64 - 0.5, index as f64 + 0.5);
            // Layers are counted from 1.
            let y = |first: &Range<usize>, last: &Range<usize>| (first.start as f64 + 0.5, last.end as f64 + 0.5);
            let cells: Vec<(&Range<usize>, &Cell)> = self.rows.iter().zip(cells).collect();
            for alike in cells.chunk_by(|(_, one), (_, next)| kind.look(one) == kind.look(next)) {
                let Some(((first, cell), (last, _))) = alike.first().zip(alike.last()) else { continue };
                let Some((paint, hatch)) = kind.look(cell) else { continue };
                plot.areas.push(Area { hatch, ..Area::rectangle(x, y(first, last), paint) });
            }
            for (row, cell) in cells.into_iter().filter(|(_, cell)| !kind.is_empty(cell)) {
                let place =
                    [span("step", steps.first(), steps.last()), span("layer", Some(&(row.start + 1)), Some(&row.end))];
                let words = format!("{name}\n{}: {}", place.join(", "), kind.words(cell));
                plot.tips.push(Tip { x, y: y(row, row), row: index, words });
            }
        }
        plot
    }
}

/// `step 25`, `layers 3–7`.
fn span(what: &str, first: Option<&usize>, last: Option<&usize>) -> String {
    match first.zip(last) {
        Some((first, last)) if first < last => format!("{what}s {first}–{last}"),
        _ => format!("{what} {}", last.unwrap_or(&0)),
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

    /// The words at a colour are where it begins.
    #[test]
    fn ticks_stand_where_colours_begin() {
        for (level, words) in SHARE_TICKS.iter().skip(1) {
            let most = SHARE_LEVELS[*level - 1];
            assert_eq!(
                (*words, share_level(most)),
                (format!("{} %", short(100.0 * most, Typeset)).as_str(), level - 1)
            );
        }
        assert_eq!([0.0, 1e-9, 2.0].map(share_level), [0, 1, 6]);
    }
}
