//! Repetitions of a training with other seeds, of which only the results are kept.

use super::{Progress, Trainer};
use crate::record::training::Trial;
use crate::spec::training::{MeasureAt, TrainingPlan, TrainingSpec};

/// The plan of a repetition: the same with the seed plus `trial`, and without measures, which change no copy.
pub fn plan(plan: &TrainingPlan, trial: usize) -> TrainingPlan {
    let seed = plan.spec.seed.wrapping_add(trial as u64);
    let mut repeated = plan.clone();
    repeated.spec = TrainingSpec { seed, trials: 1, measure: MeasureAt::Never, ..repeated.spec };
    repeated.networks.spec.seed = seed;
    repeated
}

/// Units of work of each repetition.
pub fn work(plan: &TrainingPlan) -> usize {
    Trainer::new(&self::plan(plan, 1)).work()
}

/// Trains a repetition; 0 is the training itself.
pub fn run(plan: &TrainingPlan, trial: usize, progress: &dyn Progress) -> Trial {
    Trial::of(&Trainer::new(&self::plan(plan, trial)).finish(progress))
}
