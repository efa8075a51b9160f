//! What all panels of a training share: copies and how they are drawn, the steps, and the caption.

use crate::record::training::{Course, Learner, MeasureAt, Training, TrainingRun};
use crate::report::command::training_line;
use crate::report::numbers::Notation::Typeset;
use crate::report::panel::{Dash, Entry, Joined, Marker, Paint, Sample, Series};
use crate::report::training::facts;

/// The dash of f64's own copy.
const REFERENCE: Dash = &[6.0, 3.0];
/// Digits of the spec's hash that a caption shows.
const HASH_DIGITS: usize = 12;

/// Everything needed to train these activations again.
pub fn caption(training: &Training, runs: &[TrainingRun]) -> Vec<String> {
    let mut pieces: Vec<String> = runs.iter().map(facts::activation).collect();
    pieces.extend(facts::network(training));
    pieces.extend(facts::optimiser(training, Typeset));
    pieces.extend(facts::draws(training, runs, Typeset));
    pieces.push(facts::data(training));
    if training.spec.measure != MeasureAt::Never {
        pieces.push(format!("minibatch noise over {} minibatches", training.spec.minibatches));
        pieces.extend(facts::evidence(training));
    }
    pieces.extend(facts::presets(training));
    let hash: String = training.spec_hash.chars().take(HASH_DIGITS).collect();
    pieces.extend([format!("precision-probe {}", training.version), format!("spec {hash}")]);
    pieces.push(training_line(&training.spec));
    pieces
}

/// The end of the steps that all plots of these activations share.
pub fn last_step(training: &Training, runs: &[TrainingRun]) -> usize {
    let courses = runs.iter().flat_map(courses).map(|(.., course)| course.losses.len());
    courses.fold(training.steps_done, usize::max).max(1)
}

/// Every copy of an activation, f64's own first.
pub fn courses(run: &TrainingRun) -> impl Iterator<Item = (Series, &str, &Course)> {
    let learners = run.learners.iter().enumerate();
    let learners = learners.map(|(index, learner)| (series(Some(index)), learner.name.as_str(), &learner.course));
    std::iter::once((series(None), "reference (f64)", &run.reference)).chain(learners)
}

/// How a copy is drawn everywhere: f64's own in grey.
pub fn series(learner: Option<usize>) -> Series {
    learner.map_or(Series { paint: Paint::Truth, dash: REFERENCE, marker: Marker::Circle }, Series::new)
}

/// The formats' copies, each as it is drawn everywhere.
pub fn learners(run: &TrainingRun) -> impl Iterator<Item = (Series, &Learner)> {
    run.learners.iter().enumerate().map(|(index, learner)| (Series::new(index), learner))
}

/// A copy's name beside a plot.
pub fn entry(series: Series, name: &str, note: String) -> Entry {
    Entry { sample: Sample::Curve(series), name: name.into(), note, at: None }
}

/// A point without a band.
pub fn joined((x, y): (f64, f64)) -> Joined {
    Joined { x, low: y, median: y, high: y }
}
