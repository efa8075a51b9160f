//! Training → judgement: whether f64 itself learns, and what limits every other copy, as typed values without sentences.
//!
//! What is said of a copy comes in a fixed order: the control, events, a gradient that the range of a format loses,
//! updates of the wrong length, absorbed updates, and only then rounding noise relative to minibatch noise.

mod control;
mod cost;
mod exact;
mod limit;
pub mod measured;
mod noise;
mod skipped;
mod spread;
mod updates;

pub use control::{Control, ControlOutcome, ControlTrials};
pub use exact::ExactAtStart;
pub use limit::Limit;
pub use measured::Applied;
pub use noise::NoiseJudgement;
pub use skipped::{ScaleCourse, SkipReason, Skipped};
pub use spread::{TrialSpread, spread};
pub use updates::{Absorption, Lengths, UpdateFormat, is_stochastic, saturation};

use super::MinibatchMeaning;
use crate::record::training::{Cause, Event, Learner, Saturation, Training, TrainingRun};
use schemars::JsonSchema;
use serde::Serialize;

/// What may be concluded from a training.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct TrainingJudgement {
    /// One per activation, in the record's order.
    pub runs: Vec<TrainingRunJudgement>,
}

/// One activation's network.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct TrainingRunJudgement {
    /// Canonical name.
    pub activation: String,
    /// Whether f64's own copy learns.
    pub control: Control,
    /// The same over all trials; `None` without repetitions, and where they do not record it.
    pub control_trials: Option<ControlTrials>,
    /// Layer 1's exact gradient at f64's parameters; `None` if it was not measured or is not recorded.
    pub exact: Option<ExactAtStart>,
    /// One per format, in the record's order.
    pub learners: Vec<LearnerJudgement>,
}

/// One format's own copy.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct LearnerJudgement {
    /// Canonical name.
    pub name: String,
    /// The step whose update ended its training; `None` if it went on to the end.
    pub failed: Option<usize>,
    /// What happened to it that changes what it learns, in the order in which one event explains the next; `None` if not
    /// recorded.
    pub events: Option<Vec<Event>>,
    /// Steps that dynamic loss scaling skipped.
    pub skipped: Option<Skipped>,
    /// Updates at least twice as long as the exact ones.
    pub long: Option<Lengths>,
    /// Updates at most half as long as the exact ones, though they are not lost.
    pub short: Option<Lengths>,
    /// Where the gradient is first zero, or lost to the format's range.
    pub range: Option<Saturation>,
    /// Updates too small to change their parameters, of which little is applied.
    pub absorption: Option<Absorption>,
    /// Rounding noise relative to minibatch noise.
    pub noise: Option<NoiseJudgement>,
    /// The optimiser's format; `None` if its name cannot be read, and for unbounded formats.
    pub update: Option<UpdateFormat>,
    /// What is said first.
    pub limit: Limit,
    /// The cheapest format of the list that nothing limits, or, if there is none, the cheapest whose own limit is milder;
    /// by its place.
    pub without: Option<usize>,
}

impl LearnerJudgement {
    /// Whether rounding noise is all there is, and is harmless: never where anything else happened.
    pub fn is_harmless(&self) -> bool {
        let meaning = self.noise.map(|noise| noise.meaning);
        self.limit == Limit::Nothing && meaning == Some(MinibatchMeaning::Harmless)
    }
}

impl TrainingRunJudgement {
    /// The name of the format without a learner's limit.
    pub fn without(&self, learner: &LearnerJudgement) -> Option<&str> {
        Some(self.learners.get(learner.without?)?.name.as_str())
    }
}

/// Judges a training.
pub fn judge(training: &Training) -> TrainingJudgement {
    let runs = training.runs.iter().enumerate();
    let judge = |(index, run): (usize, &TrainingRun)| TrainingRunJudgement {
        control_trials: ControlTrials::of(training, index),
        ..judge_run(training, run)
    };
    TrainingJudgement { runs: runs.map(judge).collect() }
}

/// Judges one activation of a training, without its repetitions.
pub fn judge_run(training: &Training, run: &TrainingRun) -> TrainingRunJudgement {
    let control = Control::of(&run.reference, control::chance(training, training.chance));
    let mut learners: Vec<LearnerJudgement> =
        run.learners.iter().map(|learner| judge_learner(training, &control, learner)).collect();
    let withouts: Vec<Option<usize>> = (0..learners.len()).map(|place| without(run, &learners, place)).collect();
    for (learner, without) in learners.iter_mut().zip(withouts) {
        learner.without = without;
    }
    TrainingRunJudgement {
        activation: run.activation.clone(),
        control,
        control_trials: None,
        exact: ExactAtStart::of(&run.exact),
        learners,
    }
}

/// The place of the cheapest format without a copy's limit.
fn without(run: &TrainingRun, learners: &[LearnerJudgement], place: usize) -> Option<usize> {
    let own = learners[place].limit;
    // No format helps where the exact gradient is zero.
    if !own.is_blamed() || matches!(own, Limit::ZeroGradient { .. }) {
        return None;
    }
    let milder = learners.iter().enumerate().filter(|(_, other)| other.limit.rank() > own.rank());
    // What nothing limits comes before what is merely milder.
    let costs = milder
        .filter_map(|(place, other)| Some((other.limit != Limit::Nothing, cost::of(run.learners.get(place)?)?, place)));
    costs.min().map(|(.., place)| place)
}

fn judge_learner(training: &Training, control: &Control, learner: &Learner) -> LearnerJudgement {
    let skipped = Skipped::of(learner);
    let is_range =
        |saturation: &Saturation| matches!(saturation.cause, Cause::TrueZero | Cause::Flushed | Cause::Overflow);
    let mut judgement = LearnerJudgement {
        name: learner.name.clone(),
        failed: learner.course.end.step(),
        events: learner.events.as_ref().map(|events| skipped::telling(training, events, skipped)),
        skipped,
        long: updates::long(learner),
        short: updates::short(learner),
        range: learner.outcome.first_saturation.filter(is_range),
        absorption: updates::absorption(learner),
        noise: NoiseJudgement::of(learner),
        update: UpdateFormat::of(&learner.update.format),
        limit: Limit::Control,
        without: None,
    };
    if control.is_passed() {
        judgement.limit = Limit::first(&judgement, learner.course.end);
    }
    judgement
}
