//! When learning stopped, and why.

use crate::number::Number;
use crate::verdict::Verdict;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How a copy's training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// All steps were made, or are still to be made.
    Completed,
    /// The update of this step made a parameter infinite or NaN: nothing can be learnt after it.
    ParametersNotFinite {
        /// Updates before it.
        step: usize,
    },
    /// Dynamic loss scaling halved the scale until binary32 has no number so small: every step would be skipped.
    ScaleVanished {
        /// Updates before it.
        step: usize,
    },
    /// An update led to a number that binary64 does not hold (only possible with the unbounded exponents of `mpfr:N`).
    BeyondDoubles {
        /// Updates before it.
        step: usize,
    },
}

impl End {
    /// The step whose update failed.
    pub fn step(self) -> Option<usize> {
        match self {
            End::Completed => None,
            End::ParametersNotFinite { step } | End::ScaleVanished { step } | End::BeyondDoubles { step } => Some(step),
        }
    }
}

/// Why a site no longer learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The exact gradient is zero.
    TrueZero,
    /// At least half of the gradient's energy underflows to zero.
    Flushed,
    /// Noise above the signal, at least half of whose energy is that of flipped branches.
    Flips,
    /// Noise above the signal, from rounding without flips.
    Rounding,
    /// Updates that leave their parameter unchanged carry at least half of the exact update's energy, and at most half of it
    /// is applied. Never of stochastic rounding, which applies it on average.
    LostUpdates,
    /// A gradient or a parameter is infinite or NaN.
    Overflow,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Cause::TrueZero => "true zero",
            Cause::Flushed => "flushed",
            Cause::Flips => "branch flips",
            Cause::Rounding => "rounding",
            Cause::LostUpdates => "lost updates",
            Cause::Overflow => "overflow",
        })
    }
}

/// The first measured step at which a mode of saturation dominates, and the site nearest to the input where it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Saturation {
    /// Updates before it.
    pub step: usize,
    /// Its ordinal.
    pub site: usize,
    /// Number of sites where it dominates at that step.
    pub sites: usize,
    /// The site's verdict; sound or noisy where updates are lost.
    pub verdict: Verdict,
    /// Its cause.
    pub cause: Cause,
}

/// The outcome of a copy's training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// The first step from which the mean loss of the last 20 minibatches is at most the target; absent if never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reached: Option<usize>,
    /// Mean loss of the last 20 minibatches; infinite once training failed.
    pub last_loss: Number,
    /// The last step at which that mean was at least 1 % below the mean at the previous such step, the first of which is the
    /// first mean: nothing was learned after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_progress: Option<usize>,
    /// Where saturation first dominated; absent if it never did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_saturation: Option<Saturation>,
    /// The first measured step from which to the end no site was saturated again and the loss was lower than at the
    /// saturation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovered: Option<usize>,
}
