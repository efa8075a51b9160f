//! Names the terms of the proof's bounds.
//!
//! Each bound is a sum of terms, and `term(Term::X, bound)` names one where it is computed; it returns the bound
//! unchanged. Unit tests drop or shrink one term at a time ([`mutation::with`]) and check that a test notices.

use super::bound::Bound;

/// Declares the enumeration together with the list of its members, so that the tests miss none.
macro_rules! terms {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// One term of one bound.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Term { $($(#[$doc])* $name,)* }

        #[cfg(test)]
        impl Term {
            /// Every term.
            pub const ALL: &[Term] = &[$(Term::$name,)*];
        }
    };
}

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

/// A term of a bound, unchanged.
#[cfg(not(test))]
#[inline(always)]
pub fn term(_: Term, bound: Bound) -> Bound {
    bound
}

/// A term of a bound, unchanged or as mutated by the running test.
#[cfg(test)]
pub fn term(name: Term, bound: Bound) -> Bound {
    mutation::apply(name, bound)
}

/// Planted errors.
#[cfg(test)]
pub mod mutation {
    use super::{Bound, Term};
    use std::cell::Cell;

    thread_local! {
        static PLANTED: Cell<Option<(Term, f64)>> = const { Cell::new(None) };
    }

    /// Runs `f` with one term multiplied by `factor` on this thread.
    pub fn with<T>(name: Term, factor: f64, f: impl FnOnce() -> T) -> T {
        PLANTED.set(Some((name, factor)));
        let result = f();
        PLANTED.set(None);
        result
    }

    pub(super) fn apply(name: Term, bound: Bound) -> Bound {
        match PLANTED.get() {
            Some((planted, factor)) if planted == name => bound * Bound::from_f64(factor),
            _ => bound,
        }
    }
}
