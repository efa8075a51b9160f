//! Loss against steps: a smoothed line per format and for f64's own copy, held-out losses, and where a copy failed.

use crate::record::training::{Course, End, Training, TrainingRun};
use crate::report::training::{facts, measured};

/// Most points of a line: beyond, a stretch of steps is drawn from its least to its greatest value.
const POINTS: usize = 800;

/// Greatest loss shown of classes, as a power of ten, well above that of guessing; what lies above sits on the edge.
const HIGHEST: f64 = 1.5;

/// Least loss shown, as a power of ten.
const LOWEST: f64 = -6.0;

/// One activation's losses on axes that all panels share.
#[derive(Clone, Debug, PartialEq)]
pub struct LossPanel {
    /// Its canonical name.
    pub activation: String,
    /// The axis upwards: `loss (cross-entropy)`.
    pub name: String,
    /// What the marks are: `held-out digits`.
    pub held_out: String,
    /// The last step of the axis along.
    pub last_step: usize,
    /// Both ends of the axis upwards, log₁₀ of the loss.
    pub range: (f64, f64),
    /// f64's own copy first, then the formats in the order given.
    pub curves: Vec<LossCurve>,
    /// log₁₀ of the target loss, if it lies on the axis.
    pub target: Option<f64>,
    /// True if a loss lies beyond the axis and is drawn on its edge.
    pub clamped: bool,
}

/// A copy's loss.
#[derive(Clone, Debug, PartialEq)]
pub struct LossCurve {
    /// The arithmetic's place in the list; none for f64's own copy.
    pub arithmetic: Option<usize>,
    /// Its name.
    pub name: String,
    /// Step and log₁₀ of the mean over minibatches, in stretches of finite ones.
    pub line: Vec<Vec<(f64, f64)>>,
    /// Step and log₁₀ of the held-out loss.
    pub held_out: Vec<(f64, f64)>,
    /// Where it failed.
    pub end: Option<LossEnd>,
}

/// Where a copy failed.
#[derive(Clone, Debug, PartialEq)]
pub struct LossEnd {
    /// Step, and log₁₀ of the last finite mean before it.
    pub at: (f64, f64),
    /// `f16: parameters not finite, step 37`.
    pub label: String,
}

impl LossPanel {
    /// The panels of runs on the same axes.
    pub fn new(training: &Training, runs: &[TrainingRun]) -> Vec<LossPanel> {
        let courses = || runs.iter().flat_map(|run| courses(run).into_iter().map(|(_, _, course)| course));
        let last_step = courses().map(|course| course.losses.len()).fold(training.steps_done, usize::max).max(1);
        let target = log10(training.spec.target_loss);
        let range = range(courses(), target, shift(training, runs));
        runs.iter()
            .map(|run| {
                let curves: Vec<LossCurve> = courses_with(run)
                    .map(|(arithmetic, name, course)| curve(arithmetic, name, course, range))
                    .collect();
                let places = || curves.iter().flat_map(|curve| curve.line.iter().flatten().chain(&curve.held_out));
                LossPanel {
                    activation: run.activation.clone(),
                    name: format!("loss ({})", facts::loss(training)),
                    held_out: format!("held-out {}", facts::samples(training)),
                    last_step,
                    range,
                    clamped: places().any(|(_, y)| *y >= range.1 || *y <= range.0),
                    target: target.filter(|target| (range.0..=range.1).contains(target)),
                    curves,
                }
            })
            .collect()
    }
}

fn courses(run: &TrainingRun) -> Vec<(Option<usize>, &str, &Course)> {
    let learners = run.learners.iter().enumerate();
    let learners = learners.map(|(index, learner)| (Some(index), learner.name.as_str(), &learner.course));
    std::iter::once((None, "reference (f64)", &run.reference)).chain(learners).collect()
}

fn courses_with(run: &TrainingRun) -> impl Iterator<Item = (Option<usize>, &str, &Course)> {
    courses(run).into_iter()
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
fn range<'a>(courses: impl Iterator<Item = &'a Course>, target: Option<f64>, shift: f64) -> (f64, f64) {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    let mut see = |log10: f64| (low, high) = (low.min(log10), high.max(log10));
    for course in courses {
        let held_out = course.held_out.iter().filter_map(|held_out| held_out.loss.finite());
        measured::smoothed(&course.losses).into_iter().chain(held_out).filter_map(log10).for_each(&mut see);
    }
    target.into_iter().for_each(&mut see);
    if low > high {
        (low, high) = (-1.0, 0.5);
    }
    let (lowest, highest) = (LOWEST + shift, HIGHEST + shift);
    let (low, high) = (low.clamp(lowest, highest - 0.5), high.clamp(lowest + 0.5, highest));
    let (low, high) = if high - low < 0.3 { (low - 0.15, high + 0.15) } else { (low, high) };
    (low - 0.05, high + 0.05)
}

fn curve(arithmetic: Option<usize>, name: &str, course: &Course, range: (f64, f64)) -> LossCurve {
    let place = |x: f64| match x {
        // A loss of exactly zero lies below every axis.
        0.0 => Some(range.0),
        _ => log10(x).map(|log10| log10.clamp(range.0, range.1)),
    };
    let means: Vec<(usize, Option<f64>)> =
        measured::smoothed(&course.losses).into_iter().map(place).enumerate().collect();
    let stretches = means.chunk_by(|one, next| one.1.is_some() == next.1.is_some());
    let stretches = stretches.map(|stretch| stretch.iter().filter_map(|(step, y)| Some((*step, (*y)?))).collect());
    let stretches: Vec<Vec<(usize, f64)>> = stretches.filter(|stretch: &Vec<_>| !stretch.is_empty()).collect();
    let bin = means.len().div_ceil(POINTS / 2).max(1);
    let held_out = course.held_out.iter();
    let end = course.end.step().map(|step| LossEnd {
        at: (step as f64, means.iter().take(step.saturating_add(1)).rev().find_map(|(_, y)| *y).unwrap_or(range.1)),
        label: format!("{name}: {} at step {step}", what(course.end)),
    });
    LossCurve {
        arithmetic,
        name: name.into(),
        line: stretches.iter().map(|stretch| thinned(stretch, bin)).collect(),
        held_out: held_out.filter_map(|one| Some((one.step as f64, place(one.loss.finite()?)?))).collect(),
        end,
    }
}

fn what(end: End) -> &'static str {
    match end {
        End::Completed => "completed",
        End::ParametersNotFinite { .. } => "parameters not finite",
        End::ScaleVanished { .. } => "no loss scale left",
        End::BeyondDoubles { .. } => "beyond binary64",
    }
}

/// Every point, or of every `bin` steps the least and the greatest.
fn thinned(stretch: &[(usize, f64)], bin: usize) -> Vec<(f64, f64)> {
    let point = |(step, y): &(usize, f64)| (*step as f64, *y);
    if bin < 2 || stretch.len() <= 2 {
        return stretch.iter().map(point).collect();
    }
    let mut line = Vec::new();
    for part in stretch.chunks(bin) {
        let least = part.iter().min_by(|one, other| one.1.total_cmp(&other.1));
        let most = part.iter().max_by(|one, other| one.1.total_cmp(&other.1));
        let mut both: Vec<&(usize, f64)> = least.into_iter().chain(most).collect();
        both.sort_by_key(|(step, _)| *step);
        both.dedup();
        line.extend(both.into_iter().map(point));
    }
    // The last value is the one that is reported.
    line.extend(stretch.last().map(point).filter(|last| line.last() != Some(last)));
    line
}
