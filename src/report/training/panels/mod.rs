//! The pictures of a training as data: the panels of an activation, and the sheets they make.

mod comparison;
mod loss;
mod maps;
mod minibatch;
mod scales;
mod shares;

use super::{contents, facts, paragraph, reference, unfinished};
use crate::record::training::{Learner, MeasureAt, Training, TrainingRun};
use crate::report::command::training_line;
use crate::report::numbers::Notation::Typeset;
use crate::report::panel::{Dash, Entry, Joined, Marker, Paint, Panel, Sample, Series, Sheet, Tip};

/// The dash of f64's own copy.
const REFERENCE: Dash = &[6.0, 3.0];
/// Digits of the spec's hash that a caption shows.
const HASH_DIGITS: usize = 12;

/// The panels of an activation that have something to show, from the loss to the loss scales.
pub fn panels(training: &Training, run: &TrainingRun) -> Vec<Panel> {
    let last = last_step(training, std::slice::from_ref(run));
    let mut panels = vec![loss::panel(training, run)];
    panels.extend(maps::panels(run));
    panels.extend([shares::panel(run, last), minibatch::panel(run), scales::panel(run, last)].into_iter().flatten());
    panels
}

/// The poster of each activation, and of several the comparison.
pub fn sheets(training: &Training) -> Vec<Sheet> {
    let stems = contents::stems(training.runs.iter().map(|run| run.activation.as_str()));
    let poster = |(run, stem): (&TrainingRun, &String)| poster(training, run, stem);
    let mut sheets: Vec<Sheet> = training.runs.iter().zip(&stems).map(poster).collect();
    sheets.extend(stems.get(training.runs.len()).map(|stem| comparison::sheet(training, stem)));
    sheets
}

fn poster(training: &Training, run: &TrainingRun, stem: &str) -> Sheet {
    let learners = run.learners.iter().map(|learner| paragraph(training, run, learner, Typeset));
    let sentences = unfinished(training).into_iter().chain([reference(training, run, Typeset)]);
    Sheet {
        name: stem.into(),
        title: format!("{}, {}: when does learning stop, and is it rounding?", run.activation, facts::shape(training)),
        sentences: sentences.chain(learners).chain(maps::remark(run)).collect(),
        panels: panels(training, run),
        caption: caption(training, std::slice::from_ref(run)),
        ..Sheet::default()
    }
}

/// Everything needed to train these activations again.
fn caption(training: &Training, runs: &[TrainingRun]) -> Vec<String> {
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
fn last_step(training: &Training, runs: &[TrainingRun]) -> usize {
    let courses = runs.iter().flat_map(loss::courses).map(|(.., course)| course.losses.len());
    courses.fold(training.steps_done, usize::max).max(1)
}

/// How a copy is drawn everywhere: f64's own in grey.
fn series(learner: Option<usize>) -> Series {
    learner.map_or(Series { paint: Paint::Truth, dash: REFERENCE, marker: Marker::Circle }, Series::new)
}

/// The formats' copies, each as it is drawn everywhere.
fn learners(run: &TrainingRun) -> impl Iterator<Item = (Series, &Learner)> {
    run.learners.iter().enumerate().map(|(index, learner)| (Series::new(index), learner))
}

/// A copy's name beside a plot.
fn entry(series: Series, name: &str, note: String) -> Entry {
    Entry { sample: Sample::Curve(series), name: name.into(), note, at: None }
}

/// A point without a band.
fn joined((x, y): (f64, f64)) -> Joined {
    Joined { x, low: y, median: y, high: y }
}

/// The numbers behind a point.
fn tip(row: usize, (x, y): (f64, f64), words: String) -> Tip {
    Tip { x: (x, x), y: (y, y), row, words }
}
