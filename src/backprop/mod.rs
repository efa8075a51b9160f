//! The one text: forward and backward pass of a network in any arithmetic.
//!
//! Written once over a forward and a backward arithmetic; the plain run passes the same one twice. A
//! value that crosses roles is rounded to the receiving one. R(·) below is one rounding to the format of
//! the role, [·] a sum in its accumulator; matrices are units × batch, and a column is a sample. The
//! order of operations is part of the definition (README, "What is computed").
//!
//! [`Forward`] runs the network up and keeps its values, [`Pass`] brings gradients back; [`run`] has both
//! by name. A [`Setup`] says what else may differ from the plain run: the loss scale, branches of φ' that
//! another run took, an arithmetic's range without its precision.

pub mod backward;
pub mod branches;
pub mod forward;
pub mod run;

pub use backward::Pass;
pub use branches::Branches;
pub use forward::Forward;
pub use run::{ForwardRun, GradientStream, Part, Setup, gradients};

use crate::arithmetic::{ExactMatrix, TensorId};
use crate::network::{NodeId, ParameterId};

/// The gradients of one layer as exact numbers, handed out from the head to layer 1; a loss scale is divided out.
#[derive(Clone, Debug)]
pub struct LayerGradients {
    /// Position in [`crate::network::Network::layers`].
    pub layer: usize,
    /// ∂L/∂W, out × in.
    pub weight: ExactMatrix,
    /// ∂L/∂b, out × 1.
    pub bias: Option<ExactMatrix>,
    /// ∂L/∂slope of PReLU, 1 × 1.
    pub slope: Option<ExactMatrix>,
    /// δ = ∂L/∂z, out × batch.
    pub delta: ExactMatrix,
    /// z, out × batch.
    pub preactivation: ExactMatrix,
    /// a of the layer below, in × batch, as the backward role received it.
    pub input: ExactMatrix,
}

/// What a tensor of the pass holds; with the node it numbers the tensor for [`crate::arithmetic::Place`].
#[derive(Clone, Copy)]
enum Quantity {
    Value,
    Derivative,
    Gradient,
    ParameterGradient,
    Scratch,
}

fn tensor(node: NodeId, quantity: Quantity) -> TensorId {
    node as TensorId * 8 + quantity as TensorId
}

fn parameter_tensor(parameter: ParameterId) -> TensorId {
    TensorId::MAX / 2 + parameter as TensorId
}
