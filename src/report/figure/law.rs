//! Noise against precision: one panel per activation on axes that all share, with the lines through the points.

use crate::record::Number;
use crate::record::law::{Fit, Law, LawRun, Point, Regime, Statistic};
use crate::report::numbers::LOG10_2;
use crate::report::{facts, law};

/// Highest power of ten shown; what lies above sits on the axis' edge.
const HIGHEST: i32 = 3;

/// Digits of the spec's hash that the caption shows.
const HASH_DIGITS: usize = 12;

/// The picture of a law.
#[derive(Clone, Debug, PartialEq)]
pub struct LawFigure {
    /// What is shown.
    pub title: String,
    /// How an exponent is read off.
    pub reading: String,
    /// Least and greatest precision.
    pub bits: (u32, u32),
    /// Both ends of the axis upwards, as powers of ten.
    pub decades: (i32, i32),
    /// One per activation, in the order asked for.
    pub panels: Vec<LawPanel>,
    /// u and √u themselves.
    pub references: [LawReference; 2],
    /// What the bands are.
    pub spread: String,
    /// True if any band has a width.
    pub has_bands: bool,
    /// True if a point lies beyond the axis and is drawn on its edge.
    pub clamped: bool,
    /// Trials that were run.
    pub trials: usize,
    /// Left of this many bits, storing the parameters adds noise.
    pub stored_below: Option<f64>,
    /// Everything needed to measure it again, in pieces that may be broken into lines.
    pub caption: Vec<String>,
}

/// One activation.
#[derive(Clone, Debug, PartialEq)]
pub struct LawPanel {
    /// Its canonical name.
    pub activation: String,
    /// Its law in words.
    pub sentence: String,
    /// By precision.
    pub points: Vec<LawPoint>,
    /// The lines that describe their points.
    pub lines: Vec<LawLine>,
    /// Names of the regimes of a kinked activation, and the bits from and to which they reach.
    pub regimes: Vec<(String, (f64, f64))>,
}

/// One precision: log₁₀ of its statistics on the axis; nothing where there is no positive number.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)] // as in the law's record
pub struct LawPoint {
    pub bits: u32,
    pub root_mean_square: Option<f64>,
    pub median: Option<f64>,
    /// From the low to the high order statistic.
    pub band: Option<(f64, f64)>,
    /// The noise is at most this.
    pub at_most: bool,
}

/// A line through points.
#[derive(Clone, Debug, PartialEq)]
pub struct LawLine {
    /// Through which.
    pub statistic: Statistic,
    /// Both ends: bits, and log₁₀ of noise/signal there.
    pub ends: [(f64, f64); 2],
    /// `rms: β 0.48`.
    pub label: String,
}

/// A power of u to compare slopes with.
#[derive(Clone, Debug, PartialEq)]
pub struct LawReference {
    /// `√u`.
    pub name: &'static str,
    /// Its exponent in words: `β = 1/2`.
    pub exponent: &'static str,
    /// Both ends, as those of a line.
    pub ends: [(f64, f64); 2],
}

impl LawFigure {
    /// The figure of a law.
    pub fn new(record: &Law) -> LawFigure {
        let points = || record.runs.iter().flat_map(|run| &run.points);
        let numbers = points().map(|point| point.bits);
        let (first, last) = numbers.fold((u32::MAX, 0), |(low, high), bits| (low.min(bits), high.max(bits)));
        let bits = if first < last { (first, last) } else { (1, 2) };
        let reference = |name, exponent, power: f64| {
            let end = |bits: u32| (f64::from(bits), -power * f64::from(bits) * LOG10_2);
            LawReference { name, exponent, ends: [end(bits.0), end(bits.1)] }
        };
        let references = [reference("√u", "β = 1/2", 0.5), reference("u", "β = 1", 1.0)];
        let decades = decades(points(), references[1].ends[1].1);
        let panels: Vec<LawPanel> = record.runs.iter().map(|run| panel(run, decades)).collect();
        let drawn = || panels.iter().flat_map(|panel| &panel.points);
        let clamped = drawn().filter_map(|point| point.root_mean_square).any(|y| y >= f64::from(decades.1));
        let has_bands = drawn().filter_map(|point| point.band).any(|(low, high)| low < high);
        LawFigure {
            title: format!("What one more bit buys: noise of layer 1 against precision, {}", facts::shape(&record.spec)),
            reading: "noise ∝ u^β with u = 2^-bits: along u (β = 1) a bit halves the noise, along √u (β = 1/2) it takes two bits".into(),
            bits,
            decades,
            references,
            spread: facts::quantile_note(record.spec.trials),
            has_bands,
            clamped,
            trials: record.spec.trials,
            stored_below: stored_below(record),
            caption: caption(record),
            panels,
        }
    }

    /// True if any panel has a line through this statistic.
    pub fn has_line(&self, statistic: Statistic) -> bool {
        self.panels.iter().any(|panel| panel.lines.iter().any(|line| line.statistic == statistic))
    }
}

/// Whole powers of ten around the points and the least reference, with noise = signal well in view.
fn decades<'a>(points: impl Iterator<Item = &'a Point>, least: f64) -> (i32, i32) {
    let (mut bottom, mut top) = (least.floor() as i32, 1);
    for point in points {
        for log10 in [point.root_mean_square, point.low, point.median, point.high].into_iter().filter_map(log10) {
            bottom = bottom.min(log10.floor() as i32);
            top = top.max(log10.ceil().min(f64::from(HIGHEST)) as i32);
        }
    }
    (bottom, top)
}

/// log₁₀ of a positive finite number.
fn log10(number: Number) -> Option<f64> {
    number.finite().filter(|x| *x > 0.0).map(core_math::log10)
}

fn panel(run: &LawRun, decades: (i32, i32)) -> LawPanel {
    let (bottom, top) = (f64::from(decades.0), f64::from(decades.1));
    let on_axis = |number: Number| match number {
        Number::Infinite => Some(top),
        _ => log10(number).map(|log10| log10.clamp(bottom, top)),
    };
    let point = |point: &Point| LawPoint {
        bits: point.bits,
        root_mean_square: on_axis(point.root_mean_square),
        median: on_axis(point.median),
        band: on_axis(point.low).zip(on_axis(point.high)),
        at_most: point.at_most,
    };
    LawPanel {
        activation: run.activation.clone(),
        sentence: law::sentence_alone(run),
        points: run.points.iter().map(point).collect(),
        lines: run.fits.iter().filter_map(line).collect(),
        regimes: regimes(run),
    }
}

/// A line over the points that it is laid through, unless it does not describe them.
fn line(fit: &Fit) -> Option<LawLine> {
    let line = fit.line.filter(|line| line.describes_its_points())?;
    let end = |bits: &u32| (f64::from(*bits), line.log2_at(*bits) * LOG10_2);
    let name = match fit.statistic {
        Statistic::RootMeanSquare => "rms",
        Statistic::Median => "median",
    };
    let [beta, ..] = law::exponent(&line);
    Some(LawLine {
        statistic: fit.statistic,
        ends: [end(fit.bits.first()?), end(fit.bits.last()?)],
        label: format!("{name}: β {beta}"),
    })
}

/// Where flips are many and where they are few; each reaches half-way to the neighbouring point.
fn regimes(run: &LawRun) -> Vec<(String, (f64, f64))> {
    let groups: Vec<&[Point]> = run.points.chunk_by(|one, next| one.regime == next.regime).collect();
    let half_way = |one: Option<&Point>, other: Option<&Point>| {
        one.zip(other).map(|(one, other)| f64::from(one.bits + other.bits) / 2.0)
    };
    let mut regimes = Vec::new();
    for (index, group) in groups.iter().enumerate() {
        let Some((first, last)) = group.first().zip(group.last()) else { continue };
        if !matches!(first.regime, Regime::ManyFlips | Regime::FewFlips) {
            continue;
        }
        let before = index.checked_sub(1).and_then(|index| groups[index].last());
        let after = groups.get(index + 1).and_then(|group| group.first());
        let from = half_way(before, Some(first)).unwrap_or(f64::from(first.bits));
        let to = half_way(Some(last), after).unwrap_or(f64::from(last.bits));
        regimes.push((first.regime.to_string(), (from, to)));
    }
    regimes
}

/// Half-way between the last precision that stores with rounding and the first that does not, if there are both.
fn stored_below(law: &Law) -> Option<f64> {
    let points = || law.runs.iter().flat_map(|run| &run.points);
    let is_stored = |point: &&Point| point.storage_noise.value() > 0.0;
    let last = points().filter(is_stored).map(|point| point.bits).max()?;
    let first = points().map(|point| point.bits).filter(|bits| *bits > last).min()?;
    Some(f64::from(last + first) / 2.0)
}

fn caption(record: &Law) -> Vec<String> {
    let mut pieces = law::set_up(record);
    for run in &record.runs {
        let constants =
            if run.constants.is_empty() { String::new() } else { format!(" ({})", run.constants.join(", ")) };
        pieces.push(format!("{}{constants}: {}", run.activation, facts::reference(run.evidence)));
    }
    pieces.push("precisions mpfr:bits, sums in the same precision".into());
    pieces.extend(law::interval(record));
    pieces.extend(law::remarks(record));
    let hash: String = record.spec_hash.chars().take(HASH_DIGITS).collect();
    pieces.extend([format!("precision-probe {}", record.version), format!("spec {hash}")]);
    pieces
}
