//! Captions: everything needed to repeat a training.

use crate::record::training::{MeasureAt, Training, TrainingRun};
use crate::report::command::training_line;
use crate::report::numbers::Notation::Typeset;
use crate::report::training::facts;

/// Digits of the spec's hash that a caption shows.
const HASH_DIGITS: usize = 12;

/// Of one run.
pub(super) fn pieces(training: &Training, run: &TrainingRun) -> Vec<String> {
    with(training, std::slice::from_ref(run))
}

/// Of all runs together.
pub(super) fn shared_pieces(training: &Training) -> Vec<String> {
    with(training, &training.runs)
}

fn with(training: &Training, runs: &[TrainingRun]) -> Vec<String> {
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
