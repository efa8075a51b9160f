//! Repetitions of a training with other seeds, of which only the results are kept.

use super::{Course, End, HeldOut, MeanLosses, Training};
use crate::number::Number;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One repetition: its own networks and its own order of the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// Seed of every draw.
    pub seed: u64,
    /// The loss of the best constant answer over the samples that it trains on. Absent from older records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chance: Option<Number>,
    /// One per activation.
    pub runs: Vec<TrialRun>,
}

/// One activation's copies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrialRun {
    /// f64's own copy.
    pub reference: TrialOutcome,
    /// One per arithmetic.
    pub learners: Vec<TrialOutcome>,
}

/// The result of one copy.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrialOutcome {
    /// The first step from which the mean loss of the last 20 minibatches is at most the target; absent if never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reached: Option<usize>,
    /// Mean loss of the last 20 minibatches; infinite if training failed.
    pub last_loss: Number,
    /// The held-out samples at the end; absent where there are none or training failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_out: Option<HeldOut>,
    /// Its mean losses. Absent from older records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub means: Option<MeanLosses>,
    /// How it ended.
    pub end: End,
}

impl TrialOutcome {
    /// The result of a learning curve.
    pub fn of(course: &Course, target: f64) -> TrialOutcome {
        TrialOutcome {
            reached: course.reached(target),
            last_loss: course.last_loss(),
            held_out: course.held_out.last().copied().filter(|_| course.end == End::Completed),
            means: Some(course.brief()),
            end: course.end,
        }
    }
}

impl Trial {
    /// The results of a whole training.
    pub fn of(training: &Training) -> Trial {
        let outcome = |course: &Course| TrialOutcome::of(course, training.spec.target_loss);
        let runs = training.runs.iter().map(|run| TrialRun {
            reference: outcome(&run.reference),
            learners: run.learners.iter().map(|learner| outcome(&learner.course)).collect(),
        });
        Trial { seed: training.spec.seed, chance: training.chance, runs: runs.collect() }
    }
}
