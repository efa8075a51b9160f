//! Loss against steps: a smoothed line per copy, held-out losses as marks, and crosses where copies failed.

use super::copies::{courses, entry, last_step};
use crate::record::training::{Course, End, HeldOut, Training, TrainingRun, WINDOW};
use crate::report::numbers::{Notation::Typeset, short};
use crate::report::panel::{
    self, Axis, Dash, Mark, Marker, Paint, Panel, Plot, Row, Rule, Sample, Scale, Series, Symbol, Text, Tip,
};
use crate::report::training::facts;
use crate::report::training::measured;

/// Most points of a line: beyond, a stretch of steps is drawn from its least to its greatest value.
const POINTS: usize = 800;
/// Most held-out marks of a copy.
const MARKS: usize = 60;
/// Least and greatest loss shown of classes, as powers of ten: the latter is well above that of guessing.
const BOUNDS: (f64, f64) = (-6.0, 1.5);
const WIDTH: f64 = 1.6;
/// The target's line.
const TARGET: Dash = &[2.0, 3.0];

/// The losses of one activation.
pub(super) fn panel(training: &Training, run: &TrainingRun) -> Panel {
    let mut plots = plots(training, std::slice::from_ref(run));
    for plot in &mut plots {
        plot.title.clear();
        plot.rules.iter_mut().for_each(|rule| rule.label = "target loss".into());
    }
    let beside = courses(run).map(|(series, name, _)| entry(series, name, String::new())).collect();
    Panel {
        name: "loss".into(),
        title: "Loss".into(),
        alternative: format!("Loss against steps, at the end: {}.", ends(run).join(", ")),
        key: key(training, &plots),
        rows: vec![Row { plots, beside, ..Row::default() }],
    }
}

/// `f16 0.41`: what every copy came to, or that it failed.
pub(super) fn ends(run: &TrainingRun) -> Vec<String> {
    let end = |(_, name, course): (Series, &str, &Course)| match course.end.step() {
        Some(step) => format!("{name} {} at step {step}", failed(course.end)),
        None => format!("{name} {}", short(measured::smoothed(&course.losses).pop().unwrap_or(f64::NAN), Typeset)),
    };
    courses(run).map(end).collect()
}

/// What lines and marks are.
pub(super) fn key(training: &Training, plots: &[Plot]) -> Vec<(Sample, String)> {
    let has = |is: fn(&Plot) -> bool| plots.iter().any(is);
    let is_cross = |mark: &Mark| matches!(mark, Mark::Symbol { symbol: Symbol::Cross, .. });
    let has_failed = plots.iter().any(|plot| plot.marks.iter().any(is_cross));
    let mean = format!("mean of the last {WINDOW} minibatches (fewer at first)");
    let held_out = format!("held-out {}", facts::samples(training));
    panel::key([
        (true, Sample::Line(Paint::Soft, WIDTH, &[]), mean.as_str()),
        (has(|plot| !plot.tips.is_empty()), Sample::soft(Symbol::full(Marker::Circle)), &held_out),
        (has(|plot| !plot.rules.is_empty()), Sample::Line(Paint::Ink, 0.8, TARGET), "target loss"),
        (has_failed, Sample::soft(Symbol::Cross), "a copy failed here"),
        (has(is_exceeded), Sample::Nothing, "points on the upper or lower edge lie beyond it"),
    ])
}

/// True if a loss lies beyond the axis.
fn is_exceeded(plot: &Plot) -> bool {
    let Scale::Decimals(low, high) = plot.y.scale else { return false };
    let lines =
        plot.marks.iter().filter_map(|mark| if let Mark::Line { points, .. } = mark { Some(points) } else { None });
    let heights = lines.flatten().map(|(_, y)| *y).chain(plot.tips.iter().map(|tip| tip.y.0));
    heights.into_iter().any(|y| y < low || high < y)
}

/// The plot of each activation, on the same axes.
pub(super) fn plots(training: &Training, runs: &[TrainingRun]) -> Vec<Plot> {
    let x = Axis::steps(last_step(training, runs));
    let target = log10(training.spec.target_loss);
    let (low, high) = range(runs, target, shift(training, runs));
    let y = Axis::new(format!("loss ({})", facts::loss(training)), Scale::Decimals(low, high));
    let target = target.filter(|target| (low..=high).contains(target)).map(|at| Rule::level(at, "", 0.8, TARGET));
    let rules: Vec<Rule> = target.into_iter().collect();
    let plot = |run: &TrainingRun| {
        let (title, rules) = (run.activation.clone(), rules.clone());
        let mut plot = Plot { title, x: x.clone(), y: y.clone(), rules, ..Plot::default() };
        draw(&mut plot, run, high);
        plot
    };
    runs.iter().map(plot).collect()
}

/// Lines below held-out marks below crosses; of each the first format above the others, and f64's own copy below all.
fn draw(plot: &mut Plot, run: &TrainingRun, high: f64) {
    let mut copies: Vec<_> = courses(run).enumerate().collect();
    if let Some(formats) = copies.get_mut(1..) {
        formats.reverse();
    }
    let (mut held_out, mut ends) = (Vec::new(), Vec::new());
    for (row, (series, name, course)) in copies {
        let paint = series.paint;
        let means: Vec<Option<f64>> = measured::smoothed(&course.losses).into_iter().map(height).collect();
        plot.marks.extend(stretches(&means).into_iter().map(|points| match points.as_slice() {
            [at] => Mark::Symbol { at: *at, symbol: Symbol::full(Marker::Diamond), paint },
            _ => Mark::Line { points, paint, width: WIDTH, dash: series.dash },
        }));
        for one in course.held_out.iter().step_by(course.held_out.len().div_ceil(MARKS).max(1)) {
            let Some(y) = one.loss.finite().and_then(height) else { continue };
            let at = (one.step as f64, y);
            held_out.push(Mark::Symbol { at, symbol: Symbol::full(series.marker), paint });
            plot.tips.push(Tip::point(at, row, format!("{name}\nstep {}: {}", one.step, told(one))));
        }
        if let Some(step) = course.end.step() {
            let last = means.iter().take(step.saturating_add(1)).rev().find_map(|y| *y);
            let at = (step as f64, last.unwrap_or(high));
            let words = format!("{name}: {} at step {step}", failed(course.end));
            ends.push(Mark::Symbol { at, symbol: Symbol::Cross, paint });
            ends.push(Mark::Text(Text { at, words, paint: Paint::Ink, is_free: true }));
        }
    }
    if plot.marks.is_empty() {
        plot.notice = Some("no loss is finite".into());
    }
    plot.marks.extend(held_out.into_iter().chain(ends));
}

/// `held-out loss 0.41, accuracy 86 %`.
fn told(held_out: &HeldOut) -> String {
    let accuracy = held_out.accuracy().map(|share| format!(", accuracy {} %", short(100.0 * share, Typeset)));
    format!("held-out loss {}{}", short(held_out.loss.value(), Typeset), accuracy.unwrap_or_default())
}

fn failed(end: End) -> &'static str {
    match end {
        End::Completed => "completed",
        End::ParametersNotFinite { .. } => "parameters not finite",
        End::ScaleVanished { .. } => "no loss scale left",
        End::BeyondDoubles { .. } => "beyond binary64",
    }
}

/// A loss on the axis: of exactly zero it lies below every axis, and what is not finite has no place.
fn height(loss: f64) -> Option<f64> {
    if loss == 0.0 { Some(f64::NEG_INFINITY) } else { log10(loss) }
}

fn log10(x: f64) -> Option<f64> {
    (x.is_finite() && x > 0.0).then(|| core_math::log10(x))
}

/// By how many powers of ten the axis' bounds move: values may have any size, and so may their loss at the start.
fn shift(training: &Training, runs: &[TrainingRun]) -> f64 {
    if training.spec.has_classes() {
        return 0.0;
    }
    let first = runs.iter().filter_map(|run| log10(run.reference.losses.first()?.finite()?));
    first.reduce(f64::max).unwrap_or(0.0)
}

/// From just below the least to just above the greatest loss, within sensible bounds.
fn range(runs: &[TrainingRun], target: Option<f64>, shift: f64) -> (f64, f64) {
    let all = runs.iter().flat_map(courses).flat_map(|(.., course)| {
        let held_out = course.held_out.iter().filter_map(|held_out| held_out.loss.finite());
        measured::smoothed(&course.losses).into_iter().chain(held_out).filter_map(log10)
    });
    let (low, high) =
        all.chain(target).fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), at| (low.min(at), high.max(at)));
    let (low, high) = if low > high { (-1.0, 0.5) } else { (low, high) };
    let [lowest, highest] = [BOUNDS.0, BOUNDS.1].map(|bound| bound + shift);
    let (low, high) = (low.clamp(lowest, highest - 0.5), high.clamp(lowest + 0.5, highest));
    let more = if high - low < 0.3 { 0.2 } else { 0.05 };
    (low - more, high + more)
}

/// Points of neighbouring steps that have a height.
fn stretches(heights: &[Option<f64>]) -> Vec<Vec<(f64, f64)>> {
    let bin = heights.len().div_ceil(POINTS / 2).max(1);
    let all: Vec<(f64, Option<f64>)> = heights.iter().enumerate().map(|(step, y)| (step as f64, *y)).collect();
    let known = |stretch: &[(f64, Option<f64>)]| stretch.iter().filter_map(|(step, y)| Some((*step, (*y)?))).collect();
    let stretches = all.split(|(_, y)| y.is_none()).map(|stretch| thinned(known(stretch), bin));
    stretches.filter(|stretch| !stretch.is_empty()).collect()
}

/// Every point, or of every `bin` steps the least and the greatest.
fn thinned(stretch: Vec<(f64, f64)>, bin: usize) -> Vec<(f64, f64)> {
    if bin < 2 || stretch.len() <= 2 {
        return stretch;
    }
    let order = |one: &&(f64, f64), other: &&(f64, f64)| one.1.total_cmp(&other.1);
    let mut line: Vec<(f64, f64)> = Vec::new();
    for part in stretch.chunks(bin) {
        let mut both: Vec<(f64, f64)> =
            part.iter().min_by(order).into_iter().chain(part.iter().max_by(order)).copied().collect();
        both.sort_by(|one, other| one.0.total_cmp(&other.0));
        line.extend(both);
    }
    // The last value is the one that is reported.
    line.extend(stretch.last());
    line.dedup();
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A long line keeps every peak and its last point, and what has no height breaks it.
    #[test]
    fn long_lines_keep_their_peaks() {
        let mut heights: Vec<Option<f64>> = (0..8000).map(|step| Some(f64::from(step % 7))).collect();
        (heights[1234], heights[4321], heights[7999]) = (Some(100.0), Some(-100.0), Some(0.5));
        heights[6000] = None;
        let lines = stretches(&heights);
        assert_eq!(lines.len(), 2);
        assert!(lines.iter().map(Vec::len).sum::<usize>() <= POINTS + 4);
        for at in [(1234.0, 100.0), (4321.0, -100.0)] {
            assert!(lines[0].contains(&at));
        }
        assert_eq!((lines[0][0].0, lines[1].last()), (0.0, Some(&(7999.0, 0.5))));
        assert!(lines.iter().all(|line| line.is_sorted_by(|one, next| one.0 < next.0)));
    }
}
