//! What crosses from the forward to the backward pass, and what an operation sends on.

use super::branches::Branches;
use crate::arithmetic::Crossing;
use crate::graph::{NodeId, ParameterId};
use ndarray::Array2;

/// The values of a forward pass in any arithmetic, as they cross to the backward pass.
pub trait Values: Send + Sync {
    /// A node's value.
    fn value(&self, node: NodeId) -> Crossing;
    /// [`super::loss::softmax`] of the output.
    fn softmax(&self) -> Crossing;
    /// [`super::activation::derivative`] of an activation node.
    fn derivative(&self, node: NodeId, branches: Option<&Branches>) -> Crossing;
    /// The piece of φ' on which each pre-activation lies; `None` for infinities and NaN.
    fn branches(&self) -> Branches;
    /// True once the storage type could not give the exact bits of its arithmetic.
    fn range_exceeded(&self) -> bool;
}

/// What a node's backward pass makes of ∂L/∂value.
pub struct Shares<E> {
    /// ∂L/∂input of each input, in their order; `None` where nobody needs it.
    pub inputs: Vec<Option<Array2<E>>>,
    /// The node's share of the gradient of each of its parameters.
    pub parameters: Vec<(ParameterId, Array2<E>)>,
    /// The input as the backward role received it, where that is measured.
    pub input: Option<Array2<E>>,
}

impl<E> Shares<E> {
    /// Of a node with one input and no parameters.
    pub(super) fn of(input: Array2<E>) -> Shares<E> {
        Shares { inputs: vec![Some(input)], parameters: Vec::new(), input: None }
    }
}

/// What a node keeps until the backward pass has left it, in matrices of its value's shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Saved {
    /// Values.
    pub values: usize,
    /// Derivatives.
    pub derivatives: usize,
}

impl Saved {
    /// Its value, which a reader needs.
    pub(crate) const VALUE: Saved = Saved { values: 1, derivatives: 0 };
}
