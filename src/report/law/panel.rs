//! Noise against precision: a plot per activation on axes that all share, with the lines through the points.

use super::tables::{interval, remarks, set_up};
use super::words::{exponent, sentence, sentence_alone};
use crate::record::Number;
use crate::record::law::{Fit, Law, LawRun, Point, Regime, Statistic};
use crate::report::facts;
use crate::report::numbers::{LOG10_2, Notation::Typeset, short};
use crate::report::panel::{
    self, Area, Axis, Dash, LINES, Mark, Marker, Paint, Palette, Panel, Plot, Powers, Row, Rule, Sample, Scale, Sheet,
    Symbol, Text, Tip,
};

/// Highest power of ten shown.
const HIGHEST: f64 = 3.0;
/// Digits of the spec's hash that the caption shows.
const HASH_DIGITS: usize = 12;
/// Opacity of bands.
const BAND: f64 = 0.16;
/// Width of lines through points.
const LINE: f64 = 1.8;
/// Where a regime ends, and where storage noise does.
const REGIME: Dash = &[4.0, 3.0];
const STORED: Dash = &[1.5, 3.0];
const RMS: Paint = Paint::Of(Palette::Series, 0);
const MEDIAN: Paint = Paint::Of(Palette::Series, 1);
const RING: Symbol = Symbol::Marker { marker: Marker::Circle, is_hollow: true };
/// Names and exponents of powers of u to compare slopes with.
const REFERENCES: [(&str, f64); 2] = [("√u: β = 1/2", 0.5), ("u: β = 1", 1.0)];

/// A line through points of a statistic, and its exponent in words.
type Fitted = (Statistic, [(f64, f64); 2], String);

/// The picture of a law.
pub const NAME: &str = "law";

pub fn sheet(law: &Law) -> Sheet {
    Sheet {
        name: NAME.into(),
        title: title(law),
        ruling:
            "noise ∝ u^β with u = 2^-bits: along u (β = 1) a bit halves the noise, along √u (β = 1/2) it takes two bits"
                .into(),
        panels: vec![panel(law)],
        caption: caption(law),
        ..Sheet::default()
    }
}

/// What is shown.
pub fn title(law: &Law) -> String {
    format!("What one more bit buys: noise of layer 1 against precision, {}", facts::shape(&law.spec))
}

/// The plots of all activations on the same axes.
pub fn panel(law: &Law) -> Panel {
    let numbers = law.runs.iter().flat_map(|run| &run.points).map(|point| point.bits);
    let (first, last) = numbers.fold((u32::MAX, 0), |(low, high), bits| (low.min(bits), high.max(bits)));
    let bits = if first < last { (first, last) } else { (1, 2) };
    let (low, high) = decades(law, -f64::from(bits.1) * LOG10_2);
    let frame = Plot {
        x: Axis::new("significand bits", Scale::Whole(bits.0.into(), bits.1.into())),
        y: Axis::new("noise / signal", Scale::Powers(Powers::of_ten(low, high))),
        areas: [((0.0, f64::INFINITY), Paint::ChaoticRegion), ((-1.0, 0.0), Paint::NoisyRegion)]
            .map(|(y, paint)| Area::rectangle((f64::NEG_INFINITY, f64::INFINITY), y, paint))
            .into(),
        rules: vec![Rule::level(0.0, "", 1.4, &[]), Rule::level(-1.0, "", 0.6, &[])],
        ..Plot::default()
    };
    let stored = stored_below(law);
    let mut rows = Row::multiples(law.runs.iter().map(|run| plot(run, stored, bits, frame.clone())).collect());
    if rows.is_empty() {
        let empty = Plot { notice: Some("nothing was measured".into()), ..frame };
        rows.push(Row { plots: vec![empty], ..Row::default() });
    }
    // Thresholds are named beside the last plot of a row.
    for rule in rows.iter_mut().filter_map(|row| row.plots.last_mut()).flat_map(|plot| &mut plot.rules) {
        if !rule.is_upright {
            rule.label = if rule.at == 0.0 { "noise = signal" } else { "noisy from 0.1" }.into();
        }
    }
    Panel {
        name: NAME.into(),
        title: "Noise / signal of the computed weight gradient of layer 1".into(),
        alternative: law.runs.iter().map(sentence).collect::<Vec<_>>().join(" "),
        key: key(law, &rows, high),
        rows,
    }
}

/// What marks and lines are.
fn key(law: &Law, rows: &[Row], high: f64) -> Vec<(Sample, String)> {
    let points = || law.runs.iter().flat_map(|run| &run.points);
    let lines = || law.runs.iter().flat_map(|run| &run.fits).filter_map(line);
    let has_line = |wanted: Statistic| lines().any(|(statistic, ..)| statistic == wanted);
    let has_band = points().filter_map(|point| height(point.low).zip(height(point.high))).any(|(low, high)| low < high);
    let rules = || rows.iter().flat_map(|row| &row.plots).flat_map(|plot| &plot.rules);
    let has_rule = |dash: Dash| rules().any(|rule| rule.is_upright && rule.dash == dash);
    let is_exceeded = points().filter_map(|point| height(point.root_mean_square)).any(|y| y >= high);
    let is_at_most = points().any(|point| point.at_most);
    let thin = |dash| Sample::Line(Paint::Soft, 1.0, dash);
    let through = |statistic| Sample::Line(look(statistic).0, LINE, look(statistic).1);
    let rms = format!("root mean square (rms) of {}", facts::trials(law.spec.trials));
    panel::key([
        (true, Sample::Symbol(RMS, Symbol::Disc), rms.as_str()),
        (true, Sample::Symbol(MEDIAN, RING), "median"),
        (has_band, Sample::Area(MEDIAN, BAND), &facts::quantile_note(law.spec.trials)),
        (has_line(Statistic::RootMeanSquare), through(Statistic::RootMeanSquare), "line through rms points"),
        (has_line(Statistic::Median), through(Statistic::Median), "line through medians"),
        (true, Sample::Line(Paint::Soft, 0.7, &[]), "u and √u themselves"),
        (has_rule(REGIME), thin(REGIME), "where many flips end, and where few begin"),
        (has_rule(STORED), thin(STORED), "to the left of it, storing the parameters adds noise"),
        (is_at_most, Sample::soft(Symbol::Downward), "at most: below the resolution of the exact gradient"),
        (is_exceeded, Sample::Nothing, "points on the upper end lie beyond it"),
    ])
}

/// A statistic's colour and the dash of its line, which a grey print tells from the other.
fn look(statistic: Statistic) -> (Paint, Dash) {
    match statistic {
        Statistic::RootMeanSquare => (RMS, LINES[0]),
        Statistic::Median => (MEDIAN, LINES[1]),
    }
}

/// One activation.
fn plot(run: &LawRun, stored_below: Option<f64>, bits: (u32, u32), mut plot: Plot) -> Plot {
    (plot.title, plot.note) = (run.activation.clone(), sentence_alone(run));
    plot.rules.extend(stored_below.map(|at| Rule::upright(at, "", STORED)));
    plot.rules.extend(regimes(run));
    plot.marks.extend(bands(run));
    for (name, power) in REFERENCES {
        let ends = [bits.0, bits.1].map(|bits| (f64::from(bits), -power * f64::from(bits) * LOG10_2));
        plot.marks.push(Mark::Line { points: ends.into(), paint: Paint::Soft, width: 0.7, dash: &[] });
        plot.marks.push(Mark::Text(Text { at: ends[1], words: name.into(), paint: Paint::Soft, is_free: true }));
    }
    let lines: Vec<_> = run.fits.iter().filter_map(line).collect();
    plot.marks.extend(lines.iter().map(|(statistic, ends, _)| {
        let (paint, dash) = look(*statistic);
        Mark::Line { points: ends.to_vec(), paint, width: LINE, dash }
    }));
    let before = plot.marks.len();
    for point in &run.points {
        let at = |number| height(number).map(|y| (f64::from(point.bits), y));
        let mut mark =
            |number, symbol, paint| plot.marks.extend(at(number).map(|at| Mark::Symbol { at, symbol, paint }));
        mark(point.median, RING, MEDIAN);
        mark(point.root_mean_square, Symbol::Disc, RMS);
        if point.at_most {
            mark(point.median, Symbol::Downward, MEDIAN);
        }
        for (row, (number, words)) in numbers(point).into_iter().enumerate() {
            let words = format!("{}, {} bits\n{words}", run.activation, point.bits);
            plot.tips.extend(at(number).map(|at| Tip::point(at, row, words)));
        }
    }
    if plot.marks.len() == before {
        plot.notice = Some("no noise ratio is known at any precision".into());
    }
    for (statistic, [(x0, y0), (x1, y1)], words) in lines {
        let at = ((x0 + x1) / 2.0, (y0 + y1) / 2.0);
        plot.marks.push(Mark::Text(Text { at, words, paint: look(statistic).0, is_free: true }));
    }
    plot
}

/// Both statistics of a point, and what is shown where it is pointed at.
fn numbers(point: &Point) -> [(Number, String); 2] {
    let [rms, median, low, high] =
        [point.root_mean_square, point.median, point.low, point.high].map(|number| short(number.value(), Typeset));
    let flips =
        point.flips.finite().map_or(String::new(), |flips| format!("\n{} flips per network", short(flips, Typeset)));
    let at_most = if point.at_most { "≤ " } else { "" };
    [
        (point.root_mean_square, format!("root mean square {rms}{flips}")),
        (point.median, format!("median {at_most}{median} [{low}–{high}]{flips}")),
    ]
}

/// Bands over consecutive precisions, bars for isolated ones: nothing is drawn between measured points.
fn bands(run: &LawRun) -> Vec<Mark> {
    let known = run.points.iter().filter_map(|point| Some((point.bits, height(point.low)?, height(point.high)?)));
    let known: Vec<(u32, f64, f64)> = known.collect();
    let band = |stretch: &[(u32, f64, f64)]| {
        let upper = stretch.iter().map(|(bits, _, high)| (f64::from(*bits), *high));
        let lower = stretch.iter().rev().map(|(bits, low, _)| (f64::from(*bits), *low));
        let outline: Vec<(f64, f64)> = upper.chain(lower).collect();
        match stretch {
            [_] => Mark::Line { points: outline, paint: MEDIAN, width: 1.0, dash: &[] },
            _ => Mark::Area(Area { outline, paint: MEDIAN, opacity: BAND, hatch: None }),
        }
    };
    known.chunk_by(|(one, ..), (next, ..)| one.checked_add(1) == Some(*next)).map(band).collect()
}

/// Whole powers of ten around the points and the least reference, with noise = signal well in view.
fn decades(law: &Law, least: f64) -> (f64, f64) {
    let points = law.runs.iter().flat_map(|run| &run.points);
    let numbers = points.flat_map(|point| [point.root_mean_square, point.low, point.median, point.high]);
    let known = numbers.filter_map(height).filter(|y| y.is_finite());
    known.fold((least.floor(), 1.0), |(low, high), y| (low.min(y.floor()), high.max(y.ceil().min(HIGHEST))))
}

/// log₁₀ of a positive number; infinity is the upper edge.
fn height(number: Number) -> Option<f64> {
    match number {
        Number::Infinite => Some(f64::INFINITY),
        _ => number.finite().filter(|x| *x > 0.0).map(core_math::log10),
    }
}

/// A line over the points that it is laid through and its exponent, unless it does not describe them.
fn line(fit: &Fit) -> Option<Fitted> {
    let line = fit.line.filter(|line| line.describes_its_points())?;
    let end = |bits: &u32| (f64::from(*bits), line.log2_at(*bits) * LOG10_2);
    let name = match fit.statistic {
        Statistic::RootMeanSquare => "rms",
        Statistic::Median => "median",
    };
    let [beta, ..] = exponent(&line);
    Some((fit.statistic, [end(fit.bits.first()?), end(fit.bits.last()?)], format!("{name}: β {beta}")))
}

/// Where many flips end and where few begin: half-way to the neighbouring point. One that holds everywhere has no end.
fn regimes(run: &LawRun) -> Vec<Rule> {
    let ends = run.points.windows(2).filter_map(|pair| {
        let [one, next] = pair else { return None };
        (one.regime != next.regime).then(|| (f64::from(one.bits + next.bits) / 2.0, one.regime, next.regime))
    });
    let is_named = |regime: &Regime| matches!(regime, Regime::ManyFlips | Regime::FewFlips);
    let named = ends.flat_map(|(at, one, next)| [(at, one, format!("← {one}")), (at, next, format!("{next} →"))]);
    named.filter(|(_, regime, _)| is_named(regime)).map(|(at, _, label)| Rule::upright(at, label, REGIME)).collect()
}

/// Half-way between the last precision that stores with rounding and the first that does not, if there are both.
fn stored_below(law: &Law) -> Option<f64> {
    let points = || law.runs.iter().flat_map(|run| &run.points);
    let is_stored = |point: &&Point| point.storage_noise.value() > 0.0;
    let last = points().filter(is_stored).map(|point| point.bits).max()?;
    let first = points().map(|point| point.bits).filter(|bits| *bits > last).min()?;
    Some(f64::from(last + first) / 2.0)
}

fn caption(law: &Law) -> Vec<String> {
    let mut pieces = set_up(law);
    for run in &law.runs {
        let constants =
            if run.constants.is_empty() { String::new() } else { format!(" ({})", run.constants.join(", ")) };
        pieces.push(format!("{}{constants}: {}", run.activation, facts::reference(run.evidence)));
    }
    pieces.push("precisions mpfr:bits, sums in the same precision".into());
    pieces.extend(interval(law));
    pieces.extend(remarks(law));
    let hash: String = law.spec_hash.chars().take(HASH_DIGITS).collect();
    pieces.extend([format!("precision-probe {}", law.version), format!("spec {hash}")]);
    pieces
}
