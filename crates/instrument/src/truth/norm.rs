//! The exact gradient by norm-wise bounds: the lemmas of the operations, one after the other.

use super::prepared::Prepared;
use super::sizes::{self, Sizes};
use super::values::Values;
use super::zero::{self, Arrival, Zero, ZeroReason};
use super::{Midpoints, SiteTruth};
use crate::backprop::Branches;
use crate::data::{Batch, Targets};
use crate::enclosure::Precision;
use crate::graph::{Network, NodeId, Operation};
use crate::norm::column::Column;
use crate::norm::tensor::{TrueTensor, activation_gradient};
use crate::norm::unproven::Unproven;
use crate::number::Number;
use crate::operation::activation::lemma::Undecided;
use crate::operation::affine::lemma::{Way, weight_gradient};
use crate::operation::{activation, add, loss, scale};
use ndarray::{Array2, Axis};
use rayon::prelude::*;

/// The backward pass of the exact gradient as a stream of sites from the head down.
pub struct TruthPass<'n> {
    network: &'n Network,
    prepared: &'n Prepared,
    precision: Precision,
    /// Requested bits per gradient; unlimited if `None`.
    wanted: Option<u32>,
    /// Whether layers provide their values, which a forecast of bounds does not need.
    tells_values: bool,
    /// The forward pass, or the reason why it is unknown.
    values: Result<Values<'n>, Unproven>,
    /// ∂L/∂value of each node as it arrives from its consumers.
    arrived: Vec<Vec<Arrival>>,
    /// The reason why everything below is unknown.
    lost: Option<Unproven>,
    slope: Option<Result<TrueTensor, Unproven>>,
    /// Size of φ' at the last activation passed.
    derivatives: Number,
    /// Per layer, whether the weight gradient is proven to be zero; `None` for layers that the pass has not reached.
    zero_weight_gradients: Vec<Option<bool>>,
    remaining: NodeId,
}

impl<'n> TruthPass<'n> {
    /// Runs the forward pass and the loss at `precision` bits.
    pub fn new(
        network: &'n Network,
        prepared: &'n Prepared,
        batch: &'n Batch,
        precision: impl Into<Precision>,
        undecided: Undecided,
    ) -> TruthPass<'n> {
        let precision = precision.into();
        let mut arrived = vec![Vec::new(); network.nodes.len()];
        let values = Values::new(network, prepared, batch, precision, undecided).and_then(|values| {
            let output = network.output();
            let gradients = loss_gradients(values.of(output), batch, precision)?;
            let reason = || Zero::without_site(ZeroReason::LossAtMinimum);
            arrived[output].push(Arrival::new(gradients, None, reason));
            Ok(values)
        });
        TruthPass {
            network,
            prepared,
            precision,
            wanted: None,
            tells_values: undecided == Undecided::Refused,
            lost: values.as_ref().err().copied(),
            values,
            arrived,
            slope: None,
            derivatives: Number::None,
            zero_weight_gradients: vec![None; network.sites.len()],
            remaining: network.nodes.len(),
        }
    }

    /// Drops digits of gradients beyond the given number of bits of each layer's gradient, with a margin.
    pub fn wanting(self, bits: u32) -> TruthPass<'n> {
        TruthPass { wanted: Some(bits), ..self }
    }

    /// Bits kept in its numbers.
    pub fn precision(&self) -> u32 {
        self.precision.kept()
    }

    /// The first layer from the input (1 = first) with an undecided branch, and its number of undecided branches.
    pub fn undecided(&self) -> Option<(usize, usize)> {
        let values = self.values.as_ref().ok()?;
        self.network.sites.iter().enumerate().find_map(|(index, layer)| {
            let pieces = values.pieces(layer.activation?).iter().flatten();
            let count = pieces.filter(|piece| piece.is_none()).count();
            (count > 0).then_some((index + 1, count))
        })
    }

    /// The branch of φ' of each pre-activation; unknown if it is undecided.
    pub fn branches(&self) -> Branches {
        let mut branches = Branches::unknown(self.network.nodes.len());
        for layer in &self.network.sites {
            if let (Some(node), Ok(values)) = (layer.activation, &self.values) {
                let pieces = values.pieces(node);
                let units = pieces.first().map_or(0, Vec::len);
                branches.set(node, Array2::from_shape_fn((units, pieces.len()), |(i, s)| pieces[s][i]));
            }
        }
        branches
    }

    /// ∂L/∂value of a node for every sample: the sum of what its readers sent. A zero has the reason of the first reader, a branch.
    fn gather(&mut self, node: NodeId) -> Result<Option<Arrival>, Unproven> {
        let precision = self.precision;
        let mut arrived = std::mem::take(&mut self.arrived[node]).into_iter().rev();
        let Some(first) = arrived.next() else { return Ok(None) };
        let add = |sum: Arrival, next: Arrival| -> Result<Arrival, Unproven> {
            let columns = sum.columns.iter().zip(&next.columns);
            let columns = columns.map(|(sum, next)| add::lemma(sum, next, precision)).collect::<Result<_, _>>()?;
            // The sum of two zeros has the reason of the first; nonzero terms may cancel.
            let before = sum.zero.filter(|_| next.zero.is_some());
            Ok(Arrival::new(columns, before, || Zero::without_site(ZeroReason::Cancels)))
        };
        arrived.try_fold(first, add).map(Some)
    }

    fn backward_activation(&mut self, node: NodeId, arrival: &Arrival) -> Result<(), Unproven> {
        let gradients = &arrival.columns;
        let precision = self.precision;
        let input = self.network.nodes[node].inputs[0];
        let values = self.values.as_ref().map_err(|reason| *reason)?;
        let deltas: Vec<Result<Column, Unproven>> = (values.derivatives(node).par_iter().zip(gradients))
            .map(|(derivative, gradient)| {
                let derivative = derivative.as_ref().map_err(|reason| *reason)?;
                Ok(activation::lemma::backward(gradient, derivative, precision))
            })
            .collect();
        let deltas = deltas.into_iter().collect::<Result<_, _>>()?;
        if self.tells_values {
            let derivatives: Vec<_> = values.derivatives(node).iter().filter_map(|one| one.as_ref().ok()).collect();
            self.derivatives = sizes::of_derivatives(&derivatives);
        }
        if matches!(self.network.nodes[node].operation, Operation::Activation { slope: Some(_), .. }) {
            let pieces = values.pieces(node);
            self.slope = Some(activation::lemma::slope_gradient(gradients, values.of(input), pieces, precision.kept()));
        }
        let reason = || Zero::at(ZeroReason::DeadUnits, self.network.site_of(input));
        self.arrived[input].push(Arrival::new(deltas, arrival.zero, reason));
        Ok(())
    }

    /// Passes the gradients of an affine node on to the node below.
    fn backward_affine(&mut self, node: NodeId, deltas: &Arrival) {
        let input = self.network.nodes[node].inputs[0];
        let Operation::Affine { weight, .. } = self.network.nodes[node].operation else {
            unreachable!("invariant: called for affine nodes only")
        };
        if self.network.nodes[input].operation != Operation::Input {
            let below = self.prepared.weights(node).multiply(Way::Back, &deltas.columns);
            let weights = &self.network.parameters[weight].values;
            let reason = || {
                let is_zero = |unit| deltas.columns.iter().all(|delta| delta.is_exact_zero(unit));
                zero::of_product(self.network.site_of(node), weights, is_zero)
            };
            self.arrived[input].push(Arrival::new(below, deltas.zero, reason));
        }
    }

    /// Advances to the next affine node from the head down; returns its δ, or the reason why it is unknown.
    pub(super) fn advance(&mut self) -> Option<(NodeId, Result<Arrival, Unproven>)> {
        while self.remaining > 0 {
            self.remaining -= 1;
            let node = self.remaining;
            let operation = &self.network.nodes[node].operation;
            let is_affine = matches!(operation, Operation::Affine { .. });
            if let Ok(values) = &mut self.values {
                values.reach(node);
            }
            if let Some(reason) = self.lost {
                if is_affine {
                    return Some((node, Err(reason)));
                }
                continue;
            }
            let gathered = self.gather(node);
            let inputs = &self.network.nodes[node].inputs;
            let outcome = match (gathered, operation) {
                (Err(reason), _) => Err(reason),
                (Ok(None), _) | (Ok(Some(_)), Operation::Input) => continue,
                (Ok(Some(deltas)), Operation::Affine { .. }) => {
                    self.backward_affine(node, &deltas);
                    return Some((node, Ok(deltas)));
                }
                (Ok(Some(gradients)), Operation::Activation { .. }) => self.backward_activation(node, &gradients),
                (Ok(Some(gradients)), Operation::Scale { factor }) => {
                    let scaled = (gradients.columns.par_iter())
                        .map(|gradient| scale::lemma(gradient, *factor, self.precision))
                        .collect();
                    let reason = || Zero::without_site(ZeroReason::Cancels);
                    self.arrived[inputs[0]].push(Arrival::new(scaled, gradients.zero, reason));
                    Ok(())
                }
                (Ok(Some(gradients)), Operation::Add) => {
                    self.arrived[inputs[1]].push(gradients.clone());
                    self.arrived[inputs[0]].push(gradients);
                    Ok(())
                }
            };
            if let Err(reason) = outcome {
                self.lost = Some(reason);
                if is_affine {
                    return Some((node, Err(reason)));
                }
            }
        }
        None
    }

    /// The reason why the gradient of an affine node's parameters is zero; `None` if it is not.
    fn zero_of(&self, node: NodeId, deltas: &Arrival, gradient: &[&TrueTensor]) -> Option<Zero> {
        if !gradient.iter().all(|tensor| zero::is_zero_tensor(tensor)) {
            return None;
        }
        let inputs = self.inputs_of(node).ok()?;
        let is_silent = |sample: usize| zero::is_zero(&deltas.columns[sample]) || zero::is_zero(&inputs[sample]);
        let of_parameters = || zero::of_parameters(self.network.site_of(node), inputs.len(), is_silent);
        Some(deltas.zero.unwrap_or_else(of_parameters).with_weights(&self.zero_weight_gradients))
    }

    /// The sizes of the numbers at an affine node, as far as they are known.
    fn sizes_of(&self, node: NodeId, deltas: Option<&Arrival>, gradient: Option<&[&TrueTensor]>) -> Sizes {
        let inputs = self.inputs_of(node).ok();
        let has_activation = self.network.sites[self.network.site_of(node)].activation.is_some();
        Sizes {
            gradient: gradient.map_or(Number::None, sizes::of_tensors),
            inputs: inputs.map_or(Number::None, sizes::of_columns),
            preactivations: self.values.as_ref().map_or(Number::None, |values| sizes::of_columns(values.of(node))),
            derivatives: match (has_activation, deltas) {
                (false, _) => Number::Finite(0.0),
                (true, Some(_)) => self.derivatives,
                (true, None) => Number::None,
            },
            delta: deltas.map_or(Number::None, |deltas| sizes::of_columns(&deltas.columns)),
            minibatch_noise: match (deltas, inputs, gradient) {
                (Some(deltas), Some(inputs), Some(gradient)) => {
                    sizes::minibatch_noise(&deltas.columns, inputs, gradient)
                }
                _ => (Number::None, false),
            },
        }
    }

    /// The inputs a of an affine node, one column per sample.
    pub(super) fn inputs_of(&self, node: NodeId) -> Result<&[Column], Unproven> {
        let values = self.values.as_ref().map_err(|reason| *reason)?;
        Ok(values.of(self.network.nodes[node].inputs[0]))
    }
}

impl Iterator for TruthPass<'_> {
    type Item = SiteTruth;

    fn next(&mut self) -> Option<SiteTruth> {
        let (node, deltas) = self.advance()?;
        let layer = self.network.site_of(node);
        let has_bias = matches!(self.network.nodes[node].operation, Operation::Affine { bias: Some(_), .. });
        let has_slope = match self.network.sites[layer].activation {
            Some(activation) => {
                matches!(self.network.nodes[activation].operation, Operation::Activation { slope: Some(_), .. })
            }
            None => false,
        };
        let pieces = match (self.network.sites[layer].activation, &self.values) {
            (Some(activation), Ok(values)) => values.pieces(activation).to_vec(),
            _ => Vec::new(),
        };
        let with_deltas = |f: &dyn Fn(&[Column]) -> Result<TrueTensor, Unproven>| match &deltas {
            Ok(deltas) => f(&deltas.columns),
            Err(reason) => Err(*reason),
        };
        let bits = self.precision();
        let weight = with_deltas(&|deltas| weight_gradient(deltas, self.inputs_of(node)?, bits, self.wanted));
        let one = Column::exact(std::iter::once(1.0));
        let bias = has_bias.then(|| {
            with_deltas(&|deltas| weight_gradient(deltas, &vec![one.clone(); deltas.len()], bits, self.wanted))
        });
        let delta = with_deltas(&activation_gradient);
        let slope = self
            .slope
            .take()
            .or_else(|| has_slope.then(|| Err(self.lost.expect("invariant: a missing slope gradient has a reason"))));
        let midpoints = |node: NodeId| {
            let values = self.values.as_ref().ok().filter(|_| self.tells_values)?;
            Midpoints::of(values.of(node))
        };
        let (preactivation, input) = (midpoints(node), midpoints(self.network.nodes[node].inputs[0]));
        let tensors = weight.as_ref().ok().zip(match &bias {
            None => Some(None),
            Some(bias) => bias.as_ref().ok().map(Some),
        });
        let gradient: Option<Vec<&TrueTensor>> =
            tensors.map(|(weight, bias)| std::iter::once(weight).chain(bias).collect());
        self.zero_weight_gradients[layer] = weight.as_ref().ok().map(zero::is_zero_tensor);
        let zero = gradient.as_ref().and_then(|gradient| self.zero_of(node, deltas.as_ref().ok()?, gradient));
        let sizes = match self.tells_values {
            true => self.sizes_of(node, deltas.as_ref().ok(), gradient.as_deref()),
            false => Sizes::UNKNOWN,
        };
        Some(SiteTruth { site: layer, weight, bias, slope, delta, pieces, preactivation, input, sizes, zero })
    }
}

/// The gradients at the outputs, one column per sample.
fn loss_gradients(outputs: &[Column], batch: &Batch, precision: Precision) -> Result<Vec<Column>, Unproven> {
    let samples = outputs.len();
    let gradient = |(sample, output): (usize, &Column)| match &batch.targets {
        Targets::Classes(classes) => loss::lemma::cross_entropy(output, classes[sample], samples, precision),
        Targets::Values(targets) => {
            let target = targets.column(sample).to_owned().insert_axis(Axis(1));
            loss::lemma::mean_squared_error(output, &target, samples, precision)
        }
    };
    outputs.par_iter().enumerate().map(gradient).collect::<Vec<_>>().into_iter().collect()
}
