//! Finds why an exact gradient is zero, by following entries that are proven to be zero from the loss to the layer.

use super::TrueTensor;
use crate::enclosure::Ball;
use crate::graph::{Network, Node, NodeId, Operation};
use crate::norm::column::Column;
use crate::operation::Shares;
use ndarray::{Array2, ArrayView1};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a layer's exact gradient is zero: the first reason that holds on the way from the loss to the layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Zero {
    /// What it is.
    pub reason: ZeroReason,
    /// The site (from 1) whose weights, units or inputs are the reason; absent for the loss and if terms cancel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<usize>,
    /// For zero weights, whether their own gradient is not zero, so that one step of learning changes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_after_one_step: Option<bool>,
}

/// A reason why an exact gradient is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ZeroReason {
    /// δ at the output is zero.
    LossAtMinimum,
    /// A gradient arrives at the layer, but every weight that would pass it on is zero.
    ZeroWeights,
    /// A gradient arrives at the layer's units, but φ' is zero wherever it does.
    DeadUnits,
    /// δ is not zero, but the inputs of the layer are: the data for layer 1, otherwise the outputs of the previous
    /// layer.
    ZeroInputs,
    /// The terms are not zero, but their sum is proven to be.
    Cancels,
}

impl Zero {
    /// A reason outside the sites.
    pub(super) fn without_site(reason: ZeroReason) -> Zero {
        Zero { reason, site: None, ends_after_one_step: None }
    }

    /// A reason in a layer, by its position in [`crate::graph::Network::sites`].
    pub(super) fn at(reason: ZeroReason, layer: usize) -> Zero {
        Zero { site: Some(layer + 1), ..Zero::without_site(reason) }
    }

    /// Of zero weights also whether they change in the next step, by whether each layer's weight gradient is proven to be
    /// zero.
    pub(super) fn with_weights(self, are_zero: &[Option<bool>]) -> Zero {
        let weights = self.site.filter(|_| self.reason == ZeroReason::ZeroWeights);
        let stays = weights.and_then(|layer| are_zero[layer - 1]);
        Zero { ends_after_one_step: stays.map(|stays| !stays), ..self }
    }
}

/// A gradient of some node's values, as it arrives from the loss: a column for each sample, and the reason why all of
/// them are zero if they are proven to be.
#[derive(Clone)]
pub(super) struct Arrival {
    pub columns: Vec<Column>,
    pub zero: Option<Zero>,
}

impl Arrival {
    /// A gradient after a step: it stays zero for its previous reason, or becomes zero for the given one.
    pub fn new(columns: Vec<Column>, before: Option<Zero>, reason: impl FnOnce() -> Zero) -> Arrival {
        let zero = before.or_else(|| columns.iter().all(is_zero).then(reason));
        Arrival { columns, zero }
    }
}

/// True if every entry of a column is proven to be zero.
pub(super) fn is_zero(column: &Column) -> bool {
    (0..column.len()).all(|i| column.is_exact_zero(i))
}

/// True if every entry of a tensor is proven to be zero.
pub(super) fn is_zero_tensor(tensor: &TrueTensor) -> bool {
    let is_zero = |(place, &exact): (usize, &bool)| exact && tensor.sign(place).is_eq();
    tensor.exact.iter().enumerate().all(is_zero)
}

/// Why Wᵀδ is zero although δ is not; for each unit, whether its δ is zero in every sample.
pub(super) fn of_product(layer: usize, weights: &Array2<f64>, is_zero: impl Fn(usize) -> bool) -> Zero {
    let passes_nothing = |unit: usize| weights.row(unit).iter().all(|weight| *weight == 0.0) || is_zero(unit);
    match (0..weights.nrows()).all(passes_nothing) {
        true => Zero::at(ZeroReason::ZeroWeights, layer),
        false => Zero::without_site(ZeroReason::Cancels),
    }
}

/// Why the gradient of a layer's parameters is zero although δ is not; for each sample, whether δ or all inputs are zero.
pub(super) fn of_parameters(layer: usize, samples: usize, is_silent: impl Fn(usize) -> bool) -> Zero {
    match (0..samples).all(is_silent) {
        true => Zero::at(ZeroReason::ZeroInputs, layer),
        false => Zero::without_site(ZeroReason::Cancels),
    }
}

/// Follows zeros through a backward pass in enclosures.
pub(super) struct Zeros<'n> {
    network: &'n Network,
    /// Per node, of each share of its gradient, in the order of arrival, why it is zero; `None` if it is not.
    shares: Vec<Vec<Option<Zero>>>,
    /// Per node, why its gradient is zero.
    gradients: Vec<Option<Zero>>,
    /// Per layer, whether the weight gradient is proven to be zero; `None` for layers that the pass has not reached.
    weights: Vec<Option<bool>>,
}

impl<'n> Zeros<'n> {
    /// Of a pass that has not begun.
    pub fn new(network: &'n Network) -> Zeros<'n> {
        Zeros {
            network,
            shares: vec![Vec::new(); network.nodes.len()],
            gradients: vec![None; network.nodes.len()],
            weights: vec![None; network.sites.len()],
        }
    }

    /// A node with its gradient and what it sends to its inputs.
    pub fn visit(&mut self, node: NodeId, gradient: &Array2<Ball>, shares: &Shares<Ball>) {
        let are_zero = |balls: &Array2<Ball>| balls.iter().all(Ball::is_zero);
        let arrived = std::mem::take(&mut self.shares[node]);
        // The sum of zeros has the reason of the first reader's, which arrived last; nonzero terms may cancel.
        let before = if arrived.iter().all(Option::is_some) { arrived.last().copied().flatten() } else { None };
        let reason = if arrived.is_empty() { ZeroReason::LossAtMinimum } else { ZeroReason::Cancels };
        let own = before.or_else(|| are_zero(gradient).then(|| Zero::without_site(reason)));
        self.gradients[node] = own;
        let Node { operation, inputs } = &self.network.nodes[node];
        for (&input, share) in inputs.iter().zip(&shares.inputs).rev() {
            let Some(share) = share else { continue };
            let becomes = || match operation {
                Operation::Activation { .. } => Zero::at(ZeroReason::DeadUnits, self.network.site_of(input)),
                Operation::Affine { weight, .. } => {
                    let weights = &self.network.parameters[*weight].values;
                    of_product(self.network.site_of(node), weights, |unit| gradient.row(unit).iter().all(Ball::is_zero))
                }
                _ => Zero::without_site(ZeroReason::Cancels),
            };
            let zero = own.or_else(|| are_zero(share).then(becomes));
            self.shares[input].push(zero);
        }
    }

    /// Whether a layer's weight gradient is proven to be zero, if it is known.
    pub fn learn(&mut self, layer: usize, is_zero: Option<bool>) {
        self.weights[layer] = is_zero;
    }

    /// Why the gradient of an affine node's parameters is zero, which it is.
    pub fn of_site(&self, node: NodeId, deltas: &Array2<Ball>, inputs: &Array2<Ball>) -> Zero {
        let are_zero = |balls: ArrayView1<Ball>| balls.iter().all(Ball::is_zero);
        let is_silent = |sample: usize| are_zero(deltas.column(sample)) || are_zero(inputs.column(sample));
        let of_parameters = || of_parameters(self.network.site_of(node), deltas.ncols(), is_silent);
        self.gradients[node].unwrap_or_else(of_parameters).with_weights(&self.weights)
    }
}
