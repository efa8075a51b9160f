//! The terms of the norm-wise proof's bounds, by name.

use crate::enclosure::Bound;
use precision_probe_arithmetic::terms;

terms! {
    /// σ itself.
    SpectralNorm,
    /// σα, or σβ in the backward pass.
    AffinePropagated,
    /// Half a unit for each of k entries that storing rounds: √k·2^(e−1).
    StoreRounding,
    /// |s|α of an exact scale, or |s|β in the backward pass.
    ScalePropagated,
    /// α of a residual sum's branch.
    AddBranch,
    /// α of its skip connection.
    AddSkip,
    /// ζ, which |z̃ − κ| must exceed.
    Decision,
    /// Λ₁ζ.
    ActivationPropagated,
    /// ε‖ã'‖, and what vanishes.
    ActivationEvaluation,
    /// Λ₂ζ.
    DerivativeCurvature,
    /// ε·max|d̃|, and what vanishes.
    DerivativeEvaluation,
    /// max|d̃|·γ.
    BackwardPropagated,
    /// D·γ.
    BackwardCrossed,
    /// D‖g̃‖.
    BackwardDerivative,
    /// ζ/(2B) of cross-entropy.
    CrossEntropyPropagated,
    /// Rounding of the exponents in softmax.
    CrossEntropyExponent,
    /// Every other operation of softmax.
    CrossEntropyOperations,
    /// 2ζ/(B·n) of the mean squared error.
    SquaredErrorPropagated,
    /// Rounding of its quotient.
    SquaredErrorQuotient,
    /// Half a unit for each entry of δ_s that is rounded when the samples are aligned to one exponent.
    WeightAlignment,
    /// β|ã|, entry by entry.
    WeightDelta,
    /// |δ̃|α, entry by entry.
    WeightInput,
    /// αβ, entry by entry.
    WeightCrossed,
    /// β‖ã‖ of the whole tensor.
    WeightDeltaNorm,
    /// ‖δ̃‖α of the whole tensor.
    WeightInputNorm,
    /// αβ of the whole tensor.
    WeightCrossedNorm,
    /// β of one sample's δ, which bounds its entries.
    DeltaEntry,
    /// β of one sample's δ in the norm of the whole batch.
    DeltaNorm,
    /// γ‖z̃⁻‖.
    SlopeGradient,
    /// ‖g̃⁻‖ζ.
    SlopeInput,
    /// γζ.
    SlopeCrossed,
    /// Aligning the samples to one exponent.
    SlopeAlignment,
    /// E in the smallest possible norm of the exact tensor, ‖g̃‖ − E.
    EvidenceMargin,
    /// E itself.
    EvidenceError,
}
