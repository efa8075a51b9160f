//! The operations of a network, one file each: its definition in every arithmetic, forward and backward side by side.
//!
//! R(·) is one rounding to the format of the role and [·] a sum in its accumulator; values are matrices of units × batch,
//! and a column is a sample. The order of operations is part of the definition
//! (docs/explanation/what-is-computed.md). A new operation is one file and one line in each of [`forward`] and
//! [`backward`].

pub mod activation;
pub mod add;
pub mod affine;
mod branches;
pub mod loss;
mod role;
pub mod scale;

pub use branches::Branches;
pub use role::{Role, Stored};

use crate::arithmetic::{Arithmetic, Crossing};
use crate::graph::{NodeId, Operation, ParameterId};
use ndarray::Array2;

/// The values of a forward pass in any arithmetic, as they cross to the backward pass.
pub trait Values: Send + Sync {
    /// A node's value.
    fn value(&self, node: NodeId) -> Crossing;
    /// [`loss::softmax`] of the output.
    fn softmax(&self) -> Crossing;
    /// [`activation::derivative`] of an activation node.
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
    fn of(input: Array2<E>) -> Shares<E> {
        Shares { inputs: vec![Some(input)], parameters: Vec::new(), input: None }
    }
}

/// A node's value.
pub fn forward<A: Arithmetic>(role: &Role<'_, A>, node: NodeId, inputs: &[&Array2<A::Elem>]) -> Array2<A::Elem> {
    match role.stored.network.nodes[node].operation {
        Operation::Input => role.inputs(node),
        Operation::Affine { weight, bias } => affine::forward(role, node, (weight, bias), inputs[0]),
        Operation::Activation { activation, slope } => activation::forward(role, node, (activation, slope), inputs[0]),
        Operation::Scale { factor } => scale::forward(role, node, factor, inputs[0]),
        Operation::Add => add::forward(role, node, inputs),
    }
}

/// What a node sends to its inputs and parameters for ∂L/∂value.
pub fn backward<B: Arithmetic>(
    role: &Role<'_, B>,
    values: &dyn Values,
    branches: Option<&Branches>,
    node: NodeId,
    gradient: &Array2<B::Elem>,
) -> Shares<B::Elem> {
    match role.stored.network.nodes[node].operation {
        Operation::Input => Shares { inputs: Vec::new(), parameters: Vec::new(), input: None },
        Operation::Affine { weight, bias } => affine::backward(role, values, node, (weight, bias), gradient),
        Operation::Activation { slope, .. } => activation::backward(role, values, branches, node, slope, gradient),
        Operation::Scale { factor } => scale::backward(role, node, factor, gradient),
        Operation::Add => add::backward(gradient),
    }
}
