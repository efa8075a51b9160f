//! The sources of an arithmetic's noise, the remedies tried, and the predictions of theory.

use super::{Number, Quantiles, VerdictCount, WholeTrial};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A source of rounding noise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoiseSource {
    /// Rounding of parameters, inputs and targets when they are stored.
    Storage,
    /// z, a, φ'(z), softmax's p, residual sums.
    Forward,
    /// δ, Wᵀδ, its product with φ', and the gradients of the parameters.
    Backward,
    /// φ' on a different branch than in the exact network.
    BranchFlips,
    /// Underflow and overflow: the format's exponents compared with unbounded ones.
    Range,
    /// Rounding inside sums, compared with exact sums; part of both forward and backward.
    Accumulation,
}

impl NoiseSource {
    /// All of them, in the order of tables and figures.
    pub const ALL: [NoiseSource; 6] = [
        NoiseSource::Storage,
        NoiseSource::Forward,
        NoiseSource::Backward,
        NoiseSource::BranchFlips,
        NoiseSource::Range,
        NoiseSource::Accumulation,
    ];

    /// In words: `branch flips`.
    pub fn name(self) -> &'static str {
        match self {
            NoiseSource::Storage => "storage",
            NoiseSource::Forward => "forward",
            NoiseSource::Backward => "backward",
            NoiseSource::BranchFlips => "branch flips",
            NoiseSource::Range => "range",
            NoiseSource::Accumulation => "accumulation",
        }
    }
}

/// Every source of one arithmetic's noise: only this source, and all but this source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attribution {
    /// The arithmetic that replaced exact numbers: `mpfr:53`.
    pub exact: String,
    /// One per present source, in the order of tables and figures.
    pub sources: Vec<SourceNoise>,
}

/// The noise of the gradient with one source on or off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceNoise {
    /// The source.
    pub source: NoiseSource,
    /// One per site, in their order.
    pub sites: Vec<SourceSite>,
}

/// One site's noise with one source on or off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceSite {
    /// Its ordinal.
    pub site: usize,
    /// Noise-to-signal ratio with this source alone and everything else exact; absent for accumulation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alone: Option<Quantiles>,
    /// The same with only this source off and everything else as in the plain run.
    pub without: Quantiles,
    /// Number of trials in which the verdict is milder with this source off; absent in records before schema 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub milder: Option<usize>,
    /// Number of trials in which the noise is at least 1.5 times lower with this source off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lower: Option<usize>,
}

/// A change that was tried to reduce the noise of one arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RemedyKind {
    /// Sums in binary32.
    Accumulator,
    /// The forward role in binary32.
    Forward,
    /// The backward role in binary32.
    Backward,
    /// The smallest power of two that leaves no more noise than a backward pass of unlimited range.
    LossScaling,
}

impl RemedyKind {
    /// All of them, in the order of tables.
    pub const ALL: [RemedyKind; 4] =
        [RemedyKind::Accumulator, RemedyKind::Forward, RemedyKind::Backward, RemedyKind::LossScaling];
}

/// A change that was tried, with its measurements.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Remedy {
    /// The change.
    pub kind: RemedyKind,
    /// The arithmetic or policy with the change: `f16:acc=f32`; the arithmetic itself under loss scaling.
    pub name: String,
    /// What that name stands for, role by role; absent where the name says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// log₂ of the loss scale it ran with.
    pub log2_loss_scale: i32,
    /// One per site, in their order.
    pub sites: Vec<RemedySite>,
    /// All sites, trial by trial; absent in records before schema 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trials: Option<Vec<WholeTrial>>,
}

impl Remedy {
    /// What it computes in, in a spelling that says so.
    pub fn definition(&self) -> &str {
        self.policy.as_deref().unwrap_or(&self.name)
    }
}

/// One site under a remedy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RemedySite {
    /// Its ordinal.
    pub site: usize,
    /// Noise-to-signal ratio of the gradient over the trials.
    pub noise_to_signal: Quantiles,
    /// The verdict over the trials.
    pub verdict: VerdictCount,
    /// Share of the entries that are flushed, over all trials.
    pub flushed: Number,
}

/// The theory's predictions for one site's noise in one arithmetic, relative to the measurement (medians over the
/// trials).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TheorySite {
    /// Its ordinal.
    pub site: usize,
    /// Noise-to-signal ratio from the measured forward noise: flips for kinks, φ'' for smooth pieces, and the rounding
    /// of the backward pass.
    pub predicted: Number,
    /// Measured over predicted.
    pub ratio: Number,
    /// Frozen branches, with every operation at its bound γ_n and all errors of one sign.
    pub frozen_worst: Number,
    /// Frozen branches, with independent errors of √n·u for every operation.
    pub frozen_typical: Number,
}
