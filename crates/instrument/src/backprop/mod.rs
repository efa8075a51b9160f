//! One implementation of the forward and backward pass of a network for all arithmetics.
//!
//! What a node computes is its [`crate::operation`]'s; here is the order in which nodes are visited and their gradients
//! are added. The forward and the backward role may have different arithmetics; a plain run uses one for both. A value that
//! is passed between roles is rounded to the receiving one.
//!
//! [`Forward`] runs the forward pass and keeps its values, [`Pass`] runs the backward pass; [`run`] provides both by
//! name. A [`Setup`] defines everything else that may differ from a plain run: the loss scale, branches of φ' from
//! another run, or an arithmetic's range without its precision.

pub mod backward;
pub mod forward;
pub mod run;

pub use backward::Pass;
pub use forward::Forward;
pub use run::{ForwardRun, GradientStream, Part, Setup, gradients};

pub use crate::operation::{Branches, Stored, Values};

use crate::arithmetic::{Crossing, ExactMatrix};

/// The gradients of one site as exact numbers, or as they leave any arithmetic, in order from the head to layer 1; a loss
/// scale is divided out.
#[derive(Clone, Debug)]
pub struct SiteGradients<T = ExactMatrix> {
    /// Position in [`crate::graph::Network::sites`].
    pub site: usize,
    /// ∂L/∂W, out × in.
    pub weight: T,
    /// ∂L/∂b, out × 1.
    pub bias: Option<T>,
    /// ∂L/∂slope of PReLU, 1 × 1.
    pub slope: Option<T>,
    /// δ = ∂L/∂z, out × batch.
    pub delta: T,
    /// z, out × batch.
    pub preactivation: T,
    /// a of the layer below, in × batch, as the backward role received it.
    pub input: T,
}

impl SiteGradients<Crossing> {
    /// Those of an arithmetic of numbers.
    pub fn numbers(self) -> SiteGradients {
        SiteGradients {
            site: self.site,
            weight: self.weight.numbers(),
            bias: self.bias.map(Crossing::numbers),
            slope: self.slope.map(Crossing::numbers),
            delta: self.delta.numbers(),
            preactivation: self.preactivation.numbers(),
            input: self.input.numbers(),
        }
    }
}
