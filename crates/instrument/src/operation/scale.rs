//! R(R(s)·x) with an exact constant s, which a format that cannot represent it rounds when storing it, like a parameter.
//!
//! Backward: R(R(s)·g).

use super::{Role, Shares};
use crate::arithmetic::{Arithmetic, Text};
use crate::graph::NodeId;
use ndarray::Array2;

/// s·x.
pub fn forward<A: Arithmetic>(role: &Role<'_, A>, node: NodeId, factor: f64, x: &Array2<A::Elem>) -> Array2<A::Elem> {
    role.steps(Text::Forward(node)).scaled(&role.constant(node, factor), x)
}

/// s·g.
pub fn backward<B: Arithmetic>(
    role: &Role<'_, B>,
    node: NodeId,
    factor: f64,
    gradient: &Array2<B::Elem>,
) -> Shares<B::Elem> {
    Shares::of(role.steps(Text::Backward(node)).scaled(&role.constant(node, factor), gradient))
}
