//! The gradient of the exact real-number network, with a proof.
//!
//! There are two proofs. The norm-wise one, [`TruthPass`], follows columns in fixed point through the lemmas of the
//! operations; the other, [`EnclosedPass`], runs their text in enclosures. `mpfr:N` is neither: it is a format to be studied,
//! whereas the exact gradient has error bounds.

mod enclosed;
pub mod evidence;
mod midpoints;
mod norm;
mod pass;
pub mod precision;
mod prepared;
pub mod sizes;
#[cfg(test)]
mod tests;
mod values;
pub mod zero;

pub use crate::norm::tensor::TrueTensor;
pub use crate::norm::unproven::Unproven;
pub use crate::operation::activation::lemma::Undecided;
pub use enclosed::EnclosedPass;
pub use evidence::Evidence;
pub use midpoints::Midpoints;
pub use norm::TruthPass;
pub use pass::{ExactPass, Prover};
pub use prepared::Prepared;

use crate::activation::Piece;
use sizes::Sizes;
use zero::Zero;

/// The exact gradients of one site.
#[derive(Clone, Debug)]
pub struct SiteTruth {
    /// Position in [`crate::graph::Network::sites`].
    pub site: usize,
    /// ∂L/∂W, out × in.
    pub weight: Result<TrueTensor, Unproven>,
    /// ∂L/∂b, out × 1.
    pub bias: Option<Result<TrueTensor, Unproven>>,
    /// ∂L/∂slope, 1 × 1.
    pub slope: Option<Result<TrueTensor, Unproven>>,
    /// δ = ∂L/∂z, out × batch.
    pub delta: Result<TrueTensor, Unproven>,
    /// Per sample and unit, the piece of φ' on which z lies; empty for the head.
    pub pieces: Vec<Vec<Option<Piece>>>,
    /// z, out × batch; `None` if it is unknown or beyond the doubles.
    pub preactivation: Option<Midpoints>,
    /// a of the layer below, in × batch; `None` likewise.
    pub input: Option<Midpoints>,
    /// The sizes of all of these.
    pub sizes: Sizes,
    /// The reason why the gradient of weights and biases is zero, if every entry is proven to be.
    pub zero: Option<Zero>,
}

/// The name of a tensor, and what two proofs say of it.
type Compared<'t> = (&'static str, &'t Result<TrueTensor, Unproven>, &'t Result<TrueTensor, Unproven>);

impl SiteTruth {
    /// The tensors of this layer by two proofs.
    pub fn with<'t>(&'t self, other: &'t SiteTruth) -> impl Iterator<Item = Compared<'t>> {
        let weight = [("weight gradient", &self.weight, &other.weight), ("δ", &self.delta, &other.delta)];
        let bias = self.bias.iter().zip(&other.bias).map(|(one, other)| ("bias gradient", one, other));
        let slope = self.slope.iter().zip(&other.slope).map(|(one, other)| ("slope gradient", one, other));
        weight.into_iter().chain(bias).chain(slope)
    }
}
