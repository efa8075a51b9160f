//! A training with its repetitions.

use super::{Trainer, trials};
use crate::progress::Progress;
use crate::record::training::Training;
use crate::spec::training::TrainingPlan;

/// Trains to the end, and repeats it as often as the spec asks.
pub fn run(plan: &TrainingPlan, progress: &dyn Progress) -> Training {
    let mut training = Trainer::new(plan).finish(progress);
    training.trials.extend((1..plan.spec.trials).map(|trial| trials::run(plan, trial, progress)));
    training
}
