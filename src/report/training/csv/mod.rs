//! A training as two tidy CSV files: the loss of every step, and every layer at the measured steps.

mod layers;
mod steps;

pub use layers::layers_csv;
pub use steps::steps_csv;

use crate::record::training::Training;
use crate::report::csv::RunKeys;

/// What the reference run is called instead of a precision.
pub const REFERENCE: &str = "f64 (reference)";

/// The keys of a training's runs.
fn keys(training: &Training) -> Vec<RunKeys> {
    let spec = training.spec.networks();
    training.runs.iter().map(|run| RunKeys::new(&training.spec_hash, &spec, &run.activation)).collect()
}
