//! What limits a copy: the first of all that applies.

use super::measured::Largest;
use super::{Absorption, LearnerJudgement, Lengths};
use crate::record::training::{Cause, End, Event, Saturation};
use schemars::JsonSchema;
use serde::Serialize;

/// What limits a copy.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "limit", rename_all = "snake_case")]
pub enum Limit {
    /// f64 itself does not learn, so no limit is attributed to a format.
    Control,
    /// An event, the first in the order of explanation.
    Event {
        /// Which.
        event: Event,
    },
    /// Its training ended, and no recorded event explains it.
    Failed {
        /// Updates before the end.
        step: usize,
    },
    /// The exact gradient is zero at its own parameters.
    ZeroGradient {
        /// Where.
        saturation: Saturation,
    },
    /// The range of the format loses the gradient.
    Range {
        /// Where.
        saturation: Saturation,
    },
    /// Updates are too long.
    LongUpdates {
        /// By how much.
        lengths: Lengths,
    },
    /// Updates are too short.
    ShortUpdates {
        /// By how much.
        lengths: Lengths,
    },
    /// Parameters absorb updates.
    Absorption {
        /// How much.
        absorption: Absorption,
    },
    /// The gradient is noise: chaotic, or at least as large as minibatch noise.
    Noise {
        /// Where it first is chaotic.
        saturation: Option<Saturation>,
        /// The largest ratio to minibatch noise.
        largest: Option<Largest>,
    },
    /// None of these.
    Nothing,
}

impl Limit {
    /// From severe to harmless, to compare the formats of the list.
    pub fn rank(&self) -> usize {
        match self {
            Limit::Control => 0,
            Limit::Event { .. } | Limit::Failed { .. } => 1,
            Limit::ZeroGradient { .. } | Limit::Range { .. } => 2,
            Limit::LongUpdates { .. } | Limit::ShortUpdates { .. } => 3,
            Limit::Absorption { .. } => 4,
            Limit::Noise { .. } => 5,
            Limit::Nothing => 6,
        }
    }

    /// Whether a format is to blame.
    pub fn is_blamed(&self) -> bool {
        !matches!(self, Limit::Control | Limit::Nothing)
    }

    /// The first limit that applies to a copy of a network that f64 learns.
    pub(super) fn first(judgement: &LearnerJudgement, end: End) -> Limit {
        if let Some(event) = judgement.events.iter().flatten().next() {
            return Limit::Event { event: *event };
        }
        if let Some(step) = end.step() {
            return Limit::Failed { step };
        }
        if let Some(saturation) = judgement.range {
            return match saturation.cause {
                Cause::TrueZero => Limit::ZeroGradient { saturation },
                _ => Limit::Range { saturation },
            };
        }
        if let Some(lengths) = judgement.long {
            return Limit::LongUpdates { lengths };
        }
        if let Some(lengths) = judgement.short {
            return Limit::ShortUpdates { lengths };
        }
        if let Some(absorption) = judgement.absorption {
            return Limit::Absorption { absorption };
        }
        match judgement.noise {
            Some(noise) if noise.chaotic.is_some() || noise.first_above.is_some() => {
                Limit::Noise { saturation: noise.chaotic, largest: Some(noise.largest) }
            }
            _ => Limit::Nothing,
        }
    }
}
