//! Finds why an exact gradient is zero, by following entries that are proven to be zero from the loss to the layer.

use super::TrueTensor;
use super::column::Column;
use ndarray::Array2;
use serde::{Deserialize, Serialize};

/// Why a layer's exact gradient is zero: the first reason that holds on the way from the loss to the layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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
    /// A reason outside the layers.
    pub(super) fn without_layer(reason: ZeroReason) -> Zero {
        Zero { reason, site: None, ends_after_one_step: None }
    }

    /// A reason in a layer, by its position in [`crate::graph::Network::layers`].
    pub(super) fn at(reason: ZeroReason, layer: usize) -> Zero {
        Zero { site: Some(layer + 1), ..Zero::without_layer(reason) }
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

/// Why Wᵀδ is zero although δ is not.
pub(super) fn of_product(layer: usize, weights: &Array2<f64>, deltas: &[Column]) -> Zero {
    let passes_nothing = |unit: usize| {
        let is_silent = weights.row(unit).iter().all(|weight| *weight == 0.0);
        is_silent || deltas.iter().all(|delta| delta.is_exact_zero(unit))
    };
    match (0..weights.nrows()).all(passes_nothing) {
        true => Zero::at(ZeroReason::ZeroWeights, layer),
        false => Zero::without_layer(ZeroReason::Cancels),
    }
}

/// Why the gradient of a layer's parameters is zero although δ is not.
pub(super) fn of_parameters(layer: usize, deltas: &[Column], inputs: &[Column]) -> Zero {
    match deltas.iter().zip(inputs).all(|(delta, input)| is_zero(delta) || is_zero(input)) {
        true => Zero::at(ZeroReason::ZeroInputs, layer),
        false => Zero::without_layer(ZeroReason::Cancels),
    }
}
