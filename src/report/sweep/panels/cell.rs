//! What a map says of one network in one precision: the first of the modes that rules layer 1, or its noise.

use crate::judgement::horizon::{Line, Mode};
use crate::record::Verdict;
use crate::report::facts;
use crate::report::numbers::{Notation::Typeset, middle, short};
use crate::report::panel::{Area, Hatch, Mark, Marker, NOISE_TICKS, Paint, Palette, Plot, Sample, Symbol, Tip};

/// Layer 1 over the trials.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell {
    /// No part of the plan.
    Absent,
    /// Could not be measured.
    Failed,
    NotEstablished,
    /// The exact gradient is zero.
    Zero,
    /// The exact gradient vanishes.
    Vanishing,
    Overflow,
    Underflow,
    /// Noise/signal of at least 1.
    Chaotic(f64),
    /// Noise/signal below it.
    Noise(f64),
}

/// How a mode looks, and its name in a key.
const MODES: [(Cell, Paint, Option<Hatch>, &str); 5] = [
    (Cell::Vanishing, Paint::Paper, Some(Hatch::Vanishing), "exact gradient vanishes"),
    (Cell::Zero, Paint::Zero, None, "exact gradient is zero"),
    (Cell::Underflow, Paint::Zero, Some(Hatch::Flushed), "underflow"),
    (Cell::Overflow, Paint::Of(Palette::Fates, 5), Some(Hatch::Overflow), "overflow"),
    (Cell::NotEstablished, Paint::Paper, Some(Hatch::Unknown), "not established"),
];
/// Marks cells that grey alone would not tell apart.
const CHAOTIC: Symbol = Symbol::Disc;

impl Cell {
    /// At a depth, with the place of the precision in its list.
    pub fn at(line: &Line, precision: usize, depth: usize) -> Cell {
        let Some(place) = line.depths.iter().position(|one| *one == depth) else {
            let is_failed = line.failed.iter().any(|(one, _)| *one == depth);
            return if is_failed { Cell::Failed } else { Cell::Absent };
        };
        let one = line.arithmetics.get(precision);
        let Some((noise, verdict)) = one.and_then(|one| one.noise.get(place).zip(one.verdicts.get(place))) else {
            return Cell::Absent;
        };
        // What the network itself loses no precision can keep.
        let is_lost = |mode: Mode| {
            let counts = line.exact.iter().filter(|horizon| horizon.mode == mode);
            counts.filter_map(|horizon| horizon.saturated.get(place)).any(|count| 2 * count >= verdict.of.max(1))
        };
        match verdict.verdict {
            Verdict::Zero => Cell::Zero,
            _ if is_lost(Mode::Zero) => Cell::Zero,
            _ if is_lost(Mode::Vanishing) => Cell::Vanishing,
            Verdict::Overflow => Cell::Overflow,
            Verdict::Underflow => Cell::Underflow,
            Verdict::NotEstablished => Cell::NotEstablished,
            Verdict::Chaotic => Cell::Chaotic(noise.median.value().max(1.0)),
            Verdict::Noisy | Verdict::Sound => match noise.median.value() {
                ratio if ratio.is_nan() => Cell::NotEstablished,
                ratio => Cell::Noise(ratio),
            },
        }
    }

    /// Draws it around a place.
    pub fn draw(self, plot: &mut Plot, at: (f64, f64)) {
        let symbol = |symbol, paint| Mark::Symbol { at, symbol, paint };
        let (paint, hatch) = match self {
            Cell::Absent => return,
            Cell::Failed => return plot.marks.push(symbol(Symbol::Cross, Paint::Soft)),
            Cell::Chaotic(ratio) | Cell::Noise(ratio) => (Paint::of_noise(ratio), None),
            mode => MODES
                .iter()
                .find(|(one, ..)| *one == mode)
                .map_or((Paint::Paper, None), |(_, paint, hatch, _)| (*paint, *hatch)),
        };
        plot.areas.push(Area { hatch, ..around(at, paint) });
        if let Cell::Chaotic(_) = self {
            plot.marks.push(symbol(CHAOTIC, Paint::Paper));
        }
    }
}

/// The square of a place.
pub fn around((x, y): (f64, f64), paint: Paint) -> Area {
    Area::rectangle((x - 0.5, x + 0.5), (y - 0.5, y + 0.5), paint)
}

/// The numbers behind the square of a place.
pub fn tip((x, y): (f64, f64), words: String) -> Tip {
    Tip { x: (x - 0.5, x + 0.5), y: (y - 0.5, y + 0.5), row: y.max(0.0) as usize, words }
}

/// What is shown of a cell where it is pointed at, after its network and precision.
pub fn words(line: &Line, precision: usize, depth: usize) -> String {
    let failed = line.failed.iter().find(|(one, _)| *one == depth);
    if let Some((_, why)) = failed {
        return format!("failed: {why}");
    }
    let place = line.depths.iter().position(|one| *one == depth);
    let known = place.zip(line.arithmetics.get(precision));
    let known = known.and_then(|(place, one)| Some((place, one.noise.get(place)?, one.verdicts.get(place)?)));
    let Some((place, noise, verdict)) = known else { return "not measured".into() };
    let spread = [noise.low, noise.high].map(|number| short(number.value(), Typeset)).join("–");
    let exact = line.exact.iter().filter_map(|horizon| {
        let count = horizon.saturated.get(place).filter(|count| **count > 0)?;
        let what = if horizon.mode == Mode::Zero { "is zero" } else { "vanishes" };
        Some(format!("\nexact gradient {what} in {count} of {}", facts::trials(verdict.of)))
    });
    let exact: String = exact.collect();
    format!("noise / signal {} [{spread}]\n{}{exact}", middle(noise, Typeset), verdict.in_words())
}

/// What the colours and marks of cells mean.
pub fn key(cells: &[Cell]) -> impl Iterator<Item = (bool, Sample, &'static str)> {
    let has = |is: fn(&Cell) -> bool| cells.iter().any(is);
    let ramp = (
        has(|cell| matches!(cell, Cell::Noise(_) | Cell::Chaotic(_))),
        Sample::Ramp(Palette::Noise, Palette::Noise.len(), NOISE_TICKS),
        "noise / signal of layer 1 (median over the trials)",
    );
    let marked = [
        (
            has(|cell| matches!(cell, Cell::Chaotic(_))),
            Sample::Symbol(Paint::Ink, CHAOTIC),
            "dot: chaotic, noise ≥ signal",
        ),
        (has(|cell| *cell == Cell::Failed), Sample::soft(Symbol::Cross), "could not be measured"),
        (has(|cell| *cell == Cell::Absent), Sample::Nothing, "blank: not measured"),
    ];
    let modes: Vec<_> = MODES
        .iter()
        .map(|(cell, paint, hatch, words)| {
            (cells.contains(cell), hatch.map_or(Sample::Area(*paint, 1.0), Sample::Hatched), *words)
        })
        .collect();
    [ramp].into_iter().chain(modes).chain(marked)
}

/// The shape of a mode's marker.
pub fn shape(mode: Mode) -> Marker {
    match mode {
        Mode::Vanishing => Marker::Diamond,
        Mode::Zero => Marker::Square,
        Mode::Underflow => Marker::Down,
        Mode::Overflow => Marker::Triangle,
        Mode::Noise => Marker::Circle,
    }
}
