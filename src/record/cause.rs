//! Where an arithmetic's noise comes from, what was tried against it, and what theory says of it.

use super::{Number, Quantiles, VerdictCount, WholeTrial};
use serde::{Deserialize, Serialize};

/// A source of rounding noise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoiseSource {
    /// Parameters, inputs and targets rounded when they are stored.
    Storage,
    /// z, a, φ'(z), softmax's p, residual sums.
    Forward,
    /// δ, Wᵀδ, its product with φ', and the gradients of the parameters.
    Backward,
    /// φ' taken on another branch than the exact network is on.
    BranchFlips,
    /// Underflow and overflow: the format's exponents against unbounded ones.
    Range,
    /// Rounding inside sums, against exact sums; it cuts across forward and backward.
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

/// Every source of one arithmetic's noise, alone and taken away.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attribution {
    /// The arithmetic that stood for exact numbers: `mpfr:53`.
    pub exact: String,
    /// One per source that there is, in the order of [`NoiseSource::ALL`].
    pub sources: Vec<SourceNoise>,
}

/// The noise of the gradient, layer by layer (layer 1 first), with one source on or off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceNoise {
    /// Which.
    pub source: NoiseSource,
    /// Noise-to-signal ratios with this source alone and everything else exact; absent for accumulation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alone: Option<Vec<Quantiles>>,
    /// The same with everything else as in the plain run and this source off.
    pub without: Vec<Quantiles>,
    /// In how many trials each layer's verdict is milder with this source off; absent from records before schema 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub milder: Option<Vec<usize>>,
    /// In how many trials each layer's noise is at least 1.5 times lower with this source off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lower: Option<Vec<usize>>,
}

/// A change that was tried against the noise of one arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemedyKind {
    /// Sums in binary32.
    Accumulator,
    /// The forward role in binary32.
    Forward,
    /// The backward role in binary32.
    Backward,
    /// The smallest power of two that leaves no more noise than a backward pass without ends of range.
    LossScaling,
}

impl RemedyKind {
    /// All of them, in the order of tables.
    pub const ALL: [RemedyKind; 4] =
        [RemedyKind::Accumulator, RemedyKind::Forward, RemedyKind::Backward, RemedyKind::LossScaling];
}

/// A change that was tried, and what it measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remedy {
    /// What was changed.
    pub kind: RemedyKind,
    /// The arithmetic or policy with the change: `f16:acc=f32`; the arithmetic itself under loss scaling.
    pub name: String,
    /// log₂ of the loss scale it ran with.
    pub log2_loss_scale: i32,
    /// Layers 1 to L, then the head.
    pub layers: Vec<RemedyLayer>,
    /// All layers, trial by trial; absent from records before schema 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trials: Option<Vec<WholeTrial>>,
}

/// One layer under a remedy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemedyLayer {
    /// Noise-to-signal ratio of the gradient over the trials.
    pub noise_to_signal: Quantiles,
    /// The verdict over the trials.
    pub verdict: VerdictCount,
    /// Share of the entries that are flushed, over all trials.
    pub flushed: Number,
}

/// What theory says of one layer's noise in one arithmetic, beside what was measured (medians over the trials).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TheoryLayer {
    /// Noise-to-signal ratio from the measured forward noise: flips for kinks, φ'' for smooth pieces, and the rounding
    /// of the way back.
    pub predicted: Number,
    /// Measured over predicted.
    pub ratio: Number,
    /// Branches frozen, every operation at its bound γ_n and all of one sign.
    pub frozen_worst: Number,
    /// Branches frozen, √n·u for every operation, independent of each other.
    pub frozen_typical: Number,
}
