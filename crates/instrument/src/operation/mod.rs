//! The operations of a network, one file each: its definition in every arithmetic, forward and backward side by side.
//!
//! R(·) is one rounding to the format of the role and [·] a sum in its accumulator; values are matrices of units × batch,
//! and a column is a sample. The order of operations is part of the definition
//! (docs/explanation/what-is-computed.md). A new operation is one file, with its shape, what it saves and its
//! norm-wise lemma, and one line in each match here.

pub mod activation;
pub mod add;
pub mod affine;
mod branches;
pub mod loss;
mod role;
pub mod scale;
mod values;

pub use branches::Branches;
pub use role::{Role, Stored};
pub use values::{Saved, Shares, Values};

use crate::arithmetic::Arithmetic;
use crate::graph::{Network, Node, NodeId, Operation, OperationKind, Shape};
use ndarray::Array2;

impl Saved {
    /// What several nodes keep.
    pub fn of(kinds: &[OperationKind]) -> Saved {
        kinds.iter().map(|kind| saved(*kind)).fold(Saved { values: 0, derivatives: 0 }, |all, one| Saved {
            values: all.values + one.values,
            derivatives: all.derivatives + one.derivatives,
        })
    }
}

fn saved(kind: OperationKind) -> Saved {
    match kind {
        OperationKind::Input => Saved::VALUE,
        OperationKind::Affine => affine::SAVED,
        OperationKind::Activation => activation::SAVED,
        OperationKind::Scale => scale::SAVED,
        OperationKind::Add => add::SAVED,
    }
}

/// The shapes of all values of a network, for inputs of the given shape.
///
/// # Errors
/// The first node whose inputs do not fit, in one sentence.
pub fn shapes(network: &Network, inputs: Shape) -> Result<Vec<Shape>, String> {
    let mut shapes: Vec<Shape> = Vec::with_capacity(network.nodes.len());
    for (node, Node { operation, inputs: from }) in network.nodes.iter().enumerate() {
        let of_inputs: Vec<Shape> = from.iter().map(|&input| shapes[input]).collect();
        let shape = match operation {
            Operation::Input => Ok(inputs),
            Operation::Affine { weight, .. } => affine::shape(network.parameters[*weight].values.dim(), of_inputs[0]),
            Operation::Activation { .. } | Operation::Scale { .. } => Ok(of_inputs[0]),
            Operation::Add => add::shape(of_inputs[0], of_inputs[1]),
        };
        shapes.push(shape.map_err(|wrong| format!("node {node}: {wrong}"))?);
    }
    Ok(shapes)
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
