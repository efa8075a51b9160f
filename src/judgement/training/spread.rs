//! How far the trials of a training differ.

use crate::record::Number;
use crate::record::training::{Course, HeldOut, Training, TrialOutcome};
use schemars::JsonSchema;
use serde::Serialize;

/// One copy over all trials, from the least to the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct TrialSpread {
    /// Trials, the first one included.
    pub trials: usize,
    /// Trials whose training ended before the last step.
    pub failed: usize,
    /// Trials that reach the target loss.
    pub reached: usize,
    /// Of these, the fewest and the most steps to it.
    pub steps: Option<[usize; 2]>,
    /// The mean loss of the last 20 minibatches; infinite if training failed.
    pub last_loss: [Number; 2],
    /// On the held-out samples at the end, the accuracy, or of values the loss; `None` if every trial failed or no sample is
    /// held out.
    pub held_out: Option<[Number; 2]>,
}

/// One copy's spread: of an activation by its place, and of a format by its place or of f64's own copy. `None` without
/// repetitions.
pub fn spread(training: &Training, run: usize, learner: Option<usize>) -> Option<TrialSpread> {
    if training.trials.is_empty() {
        return None;
    }
    let first: &Course = match learner {
        None => &training.runs.get(run)?.reference,
        Some(place) => &training.runs.get(run)?.learners.get(place)?.course,
    };
    let repeated = training.trials.iter().filter_map(|trial| {
        let run = trial.runs.get(run)?;
        learner.map_or(Some(&run.reference), |place| run.learners.get(place)).copied()
    });
    let all: Vec<TrialOutcome> =
        std::iter::once(TrialOutcome::of(first, training.spec.target_loss)).chain(repeated).collect();
    let steps: Vec<usize> = all.iter().filter_map(|trial| trial.reached).collect();
    let held_out = all.iter().filter_map(|trial| trial.held_out).map(|held_out| share(&held_out));
    Some(TrialSpread {
        trials: all.len(),
        failed: all.iter().filter(|trial| trial.end.step().is_some()).count(),
        reached: steps.len(),
        steps: steps.iter().min().zip(steps.iter().max()).map(|(least, most)| [*least, *most]),
        last_loss: ends(all.iter().map(|trial| trial.last_loss.value())).unwrap_or([Number::None; 2]),
        held_out: ends(held_out),
    })
}

fn share(held_out: &HeldOut) -> f64 {
    held_out.accuracy().unwrap_or(held_out.loss.value())
}

/// The least and the greatest number; NaN is left out.
fn ends(numbers: impl Iterator<Item = f64>) -> Option<[Number; 2]> {
    let mut numbers: Vec<f64> = numbers.filter(|x| !x.is_nan()).collect();
    numbers.sort_by(f64::total_cmp);
    Some([Number::new(*numbers.first()?), Number::new(*numbers.last()?)])
}
