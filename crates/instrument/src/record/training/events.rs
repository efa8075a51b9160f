//! What happened to a copy beyond rounding error: results that left the range, steps that were skipped, constants of
//! the optimiser that a format cannot tell from 0 or 1.

use crate::number::Number;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One kind of event, when it first happened and how often.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// Updates before the first step at which it did.
    pub first: usize,
    /// Steps at which it did.
    pub steps: usize,
}

/// What can happen, in the order in which one event explains the next. What a kind says of its circumstances is of the
/// first step, unless it says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum EventKind {
    /// A parameter of the initial network is beyond the master format's largest number.
    ParametersOverflow,
    /// A pre-activation is infinite or NaN: no loss scale can change that.
    ForwardOverflow {
        /// The site nearest to the input in which one is.
        site: usize,
    },
    /// All pre-activations are finite, and an entry of a gradient is infinite or NaN.
    GradientOverflow {
        /// The site nearest to the output in which one is.
        site: usize,
    },
    /// All gradients are finite and a norm of theirs is not, so gradients are multiplied by 0 or NaN.
    ClippingOverflow {
        /// That norm in binary64: of the first tensor whose own norm overflows, or of all tensors together.
        norm: Number,
    },
    /// Dynamic loss scaling skipped the update because of a forward pass that overflowed.
    SkippedForward,
    /// Dynamic loss scaling skipped the update because of a gradient that overflowed in the backward pass.
    SkippedBackward,
    /// A constant that is neither 0 nor 1 is rounded to 0 or 1 in the optimiser's arithmetic.
    ScalarRounded {
        /// Which.
        scalar: Scalar,
        /// Its value in binary64.
        exact: f64,
        /// 0 or 1.
        rounded: u8,
    },
    /// Adam's second moment v is 0 though its exact value is not, and its root would be at least as large as ε: the
    /// denominator is at most half of what it should be.
    SecondMomentUnderflow {
        /// Such entries, at the step that has most of them.
        entries: u64,
        /// Entries of all parameters.
        of: u64,
    },
}

impl EventKind {
    /// Whether both are the same kind, whatever the circumstances; constants are distinguished.
    pub fn is_same(&self, other: &EventKind) -> bool {
        match (self, other) {
            (
                EventKind::ScalarRounded { scalar, rounded, .. },
                EventKind::ScalarRounded { scalar: s, rounded: r, .. },
            ) => (scalar, rounded) == (s, r),
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

/// A constant of the optimiser that is the same for all parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scalar {
    /// lr.
    LearningRate,
    /// λ, where λ·θ is added to the gradient.
    WeightDecay,
    /// 1 − lr·λ, by which AdamW multiplies parameters.
    DecayFactor,
    /// μ of SGD.
    Momentum,
    /// 1 − dampening.
    DampeningComplement,
    /// β₁.
    Beta1,
    /// 1 − β₁.
    Beta1Complement,
    /// β₂.
    Beta2,
    /// 1 − β₂.
    Beta2Complement,
    /// √(1 − β₂ᵗ).
    Correction,
    /// ε.
    Epsilon,
    /// lr/(1 − β₁ᵗ).
    StepSize,
    /// The norm to which gradients are clipped.
    ClipNorm,
    /// The 10⁻⁶ that is added to the norm before it divides.
    ClipEpsilon,
}

impl Scalar {
    /// Whether a value of 0 or 1 in place of another one changes what the optimiser does: 0 removes a term or divides
    /// by nothing, 1 keeps a moment, a buffer or a parameter for ever. Elsewhere 1 is a rounding like any other.
    pub fn is_degenerate(self, rounded: f64) -> bool {
        let keeps = matches!(
            self,
            Scalar::DecayFactor | Scalar::Momentum | Scalar::DampeningComplement | Scalar::Beta1 | Scalar::Beta2
        );
        rounded == 0.0 || rounded == 1.0 && keeps
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Scalar::LearningRate => "lr",
            Scalar::WeightDecay => "λ",
            Scalar::DecayFactor => "1 − lr·λ",
            Scalar::Momentum => "the momentum",
            Scalar::DampeningComplement => "1 − dampening",
            Scalar::Beta1 => "β₁",
            Scalar::Beta1Complement => "1 − β₁",
            Scalar::Beta2 => "β₂",
            Scalar::Beta2Complement => "1 − β₂",
            Scalar::Correction => "√(1 − β₂ᵗ)",
            Scalar::Epsilon => "ε",
            Scalar::StepSize => "lr/(1 − β₁ᵗ)",
            Scalar::ClipNorm => "the clipping norm",
            Scalar::ClipEpsilon => "the 1e-6 of clipping",
        })
    }
}

/// The exact gradient at f64's parameters before a measured step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExactStep {
    /// Updates before it.
    pub step: usize,
    /// One per site, in their order.
    pub sites: Vec<ExactSize>,
}

/// One site's exact gradient and its weights, as log₂ of root mean squares over all entries, zeros included.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExactSize {
    /// Its ordinal.
    pub site: usize,
    /// Of the gradient, weights and biases together: −∞ if every entry is proven to be zero, `None` if it is not
    /// established.
    pub log2_gradient: Number,
    /// Of the weights: −∞ where all are zero.
    pub log2_weights: Number,
}
