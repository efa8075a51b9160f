//! The gradient of the exact real-number network, with a proof.
//!
//! Every sample is a [`column::Column`] in fixed point with an error bound; the steps of the network are
//! lemmas, one function each, that turn columns with bounds into columns with bounds:
//! [`affine`], [`elementwise`], [`loss`], [`parameters`]. Nothing here is an [`crate::arithmetic`]:
//! `mpfr:N` is a number system to be studied, the truth carries bounds.

pub mod affine;
pub mod bound;
pub mod column;
pub mod elementwise;
mod evaluation;
pub mod evidence;
pub mod loss;
mod midpoints;
pub mod parameters;
pub mod precision;
pub mod spectral;
mod tensor;
mod term;
#[cfg(test)]
mod tests;
mod values;

pub use evidence::Evidence;
pub use midpoints::Midpoints;
pub use tensor::TrueTensor;

use crate::activation::Piece;
use crate::backprop::Branches;
use crate::network::segments::Segments;
use crate::network::{Batch, Network, NodeId, Operation, Targets};
use affine::{Way, Weights};
use column::Column;
use elementwise::Undecided;
use ndarray::{Array2, Axis};
use precision::Precision;
use rayon::prelude::*;
use std::fmt;
use values::Values;

/// Why a true gradient is not established.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unproven {
    /// An exponent left the range of the arithmetic.
    ExponentRange,
    /// Pre-activations whose side of a kink the bounds cannot tell.
    UndecidedBranch {
        /// How many, in one sample of one layer.
        count: usize,
    },
    /// The error bound is as large as the value.
    TooWide,
}

impl fmt::Display for Unproven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unproven::ExponentRange => f.write_str("exponent range"),
            Unproven::UndecidedBranch { count: 1 } => f.write_str("an undecided branch"),
            Unproven::UndecidedBranch { count } => write!(f, "{count} undecided branches"),
            Unproven::TooWide => f.write_str("bounds too wide"),
        }
    }
}

/// The true gradients of one layer.
#[derive(Clone, Debug)]
pub struct TrueLayer {
    /// Position in [`Network::layers`].
    pub layer: usize,
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
    /// z, out × batch; none where it is not known or beyond the doubles.
    pub preactivation: Option<Midpoints>,
    /// a of the layer below, in × batch; none likewise.
    pub input: Option<Midpoints>,
}

/// Weights of every affine node, ready for both directions, and which values are kept for the way back.
pub struct Prepared {
    weights: Vec<Option<Weights>>,
    segments: Segments,
}

impl Prepared {
    /// Prepares a network's weights once for all samples and precisions; all values are kept.
    pub fn new(network: &Network) -> Prepared {
        Prepared::in_segments(network, Segments::new(network, 1))
    }

    /// The same where values are kept as these segments say.
    pub fn in_segments(network: &Network, segments: Segments) -> Prepared {
        let weights = network.nodes.par_iter().map(|node| match node.operation {
            Operation::Affine { weight, .. } => Some(Weights::new(&network.parameters[weight].values)),
            _ => None,
        });
        Prepared { weights: weights.collect(), segments }
    }

    fn weights(&self, node: NodeId) -> &Weights {
        self.weights[node].as_ref().expect("invariant: affine nodes have weights")
    }
}

/// The backward stream of the truth: layers from the head down.
pub struct TruthPass<'n> {
    network: &'n Network,
    prepared: &'n Prepared,
    precision: Precision,
    /// Bits that are wanted of every gradient; all that there are where nobody says.
    wanted: Option<u32>,
    /// Whether layers tell their values: a forecast of bounds does without.
    tells_values: bool,
    /// The way up, or why it is unknown.
    values: Result<Values<'n>, Unproven>,
    /// ∂L/∂value of each node as it arrives from its consumers: one column per sample each.
    arrived: Vec<Vec<Vec<Column>>>,
    /// Why everything below is unknown.
    lost: Option<Unproven>,
    slope: Option<Result<TrueTensor, Unproven>>,
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
            arrived[output].push(loss_gradients(values.of(output), batch, precision)?);
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
            remaining: network.nodes.len(),
        }
    }

    /// Leaves out digits of gradients beyond so many bits of each layer's, and some to spare.
    pub fn wanting(self, bits: u32) -> TruthPass<'n> {
        TruthPass { wanted: Some(bits), ..self }
    }

    /// Bits that its numbers keep.
    pub fn precision(&self) -> u32 {
        self.precision.kept()
    }

    /// The first layer from the input (1 = first) with an undecided branch, and how many it has.
    pub fn undecided(&self) -> Option<(usize, usize)> {
        let values = self.values.as_ref().ok()?;
        self.network.layers.iter().enumerate().find_map(|(index, layer)| {
            let pieces = values.pieces(layer.activation?).iter().flatten();
            let count = pieces.filter(|piece| piece.is_none()).count();
            (count > 0).then_some((index + 1, count))
        })
    }

    /// On which branch of φ' each pre-activation lies; unknown where that is undecided.
    pub fn branches(&self) -> Branches {
        let mut branches = Branches::unknown(self.network.nodes.len());
        for layer in &self.network.layers {
            if let (Some(node), Ok(values)) = (layer.activation, &self.values) {
                let pieces = values.pieces(node);
                let units = pieces.first().map_or(0, Vec::len);
                branches.set(node, Array2::from_shape_fn((units, pieces.len()), |(i, s)| pieces[s][i]));
            }
        }
        branches
    }

    /// ∂L/∂value of a node for every sample: what arrived, the branch first, the skip last.
    fn gather(&mut self, node: NodeId) -> Result<Option<Vec<Column>>, Unproven> {
        let precision = self.precision;
        let mut arrived = std::mem::take(&mut self.arrived[node]).into_iter().rev();
        let Some(first) = arrived.next() else { return Ok(None) };
        let add = |sum: Vec<Column>, next: Vec<Column>| -> Result<Vec<Column>, Unproven> {
            sum.iter().zip(&next).map(|(sum, next)| affine::add(sum, next, precision)).collect()
        };
        arrived.try_fold(first, add).map(Some)
    }

    fn backward_activation(&mut self, node: NodeId, gradients: &[Column]) -> Result<(), Unproven> {
        let precision = self.precision;
        let input = self.network.nodes[node].inputs[0];
        let values = self.values.as_ref().map_err(|reason| *reason)?;
        let deltas: Vec<Result<Column, Unproven>> = (values.derivatives(node).par_iter().zip(gradients))
            .map(|(derivative, gradient)| {
                let derivative = derivative.as_ref().map_err(|reason| *reason)?;
                Ok(elementwise::backward(gradient, derivative, precision))
            })
            .collect();
        let deltas = deltas.into_iter().collect::<Result<_, _>>()?;
        if matches!(self.network.nodes[node].operation, Operation::Activation { slope: Some(_), .. }) {
            let pieces = values.pieces(node);
            self.slope = Some(parameters::slope_gradient(gradients, values.of(input), pieces, precision.kept()));
        }
        self.arrived[input].push(deltas);
        Ok(())
    }

    /// Sends the gradients of an affine node on below.
    fn backward_affine(&mut self, node: NodeId, deltas: &[Column]) {
        let input = self.network.nodes[node].inputs[0];
        if self.network.nodes[input].operation != Operation::Input {
            self.arrived[input].push(self.prepared.weights(node).multiply(Way::Back, deltas));
        }
    }

    /// Advances to the next affine node from the head down; its δ columns, or why they are unknown.
    fn advance(&mut self) -> Option<(NodeId, Result<Vec<Column>, Unproven>)> {
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
                    let scaled = gradients.par_iter().map(|gradient| affine::scale(gradient, *factor, self.precision));
                    self.arrived[inputs[0]].push(scaled.collect());
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

    /// The inputs a of an affine node, one column per sample.
    fn inputs_of(&self, node: NodeId) -> Result<&[Column], Unproven> {
        let values = self.values.as_ref().map_err(|reason| *reason)?;
        Ok(values.of(self.network.nodes[node].inputs[0]))
    }
}

impl Iterator for TruthPass<'_> {
    type Item = TrueLayer;

    fn next(&mut self) -> Option<TrueLayer> {
        let (node, deltas) = self.advance()?;
        let layer = self.network.layer_of(node);
        let has_bias = matches!(self.network.nodes[node].operation, Operation::Affine { bias: Some(_), .. });
        let has_slope = match self.network.layers[layer].activation {
            Some(activation) => {
                matches!(self.network.nodes[activation].operation, Operation::Activation { slope: Some(_), .. })
            }
            None => false,
        };
        let pieces = match (self.network.layers[layer].activation, &self.values) {
            (Some(activation), Ok(values)) => values.pieces(activation).to_vec(),
            _ => Vec::new(),
        };
        let with_deltas = |f: &dyn Fn(&[Column]) -> Result<TrueTensor, Unproven>| match &deltas {
            Ok(deltas) => f(deltas),
            Err(reason) => Err(*reason),
        };
        let bits = self.precision();
        let weight =
            with_deltas(&|deltas| parameters::weight_gradient(deltas, self.inputs_of(node)?, bits, self.wanted));
        let one = Column::exact(std::iter::once(1.0));
        let bias = has_bias.then(|| {
            with_deltas(&|deltas| {
                parameters::weight_gradient(deltas, &vec![one.clone(); deltas.len()], bits, self.wanted)
            })
        });
        let delta = with_deltas(&parameters::activation_gradient);
        let slope = self
            .slope
            .take()
            .or_else(|| has_slope.then(|| Err(self.lost.expect("invariant: a missing slope gradient has a reason"))));
        let midpoints = |node: NodeId| {
            let values = self.values.as_ref().ok().filter(|_| self.tells_values)?;
            Midpoints::of(values.of(node))
        };
        let (preactivation, input) = (midpoints(node), midpoints(self.network.nodes[node].inputs[0]));
        Some(TrueLayer { layer, weight, bias, slope, delta, pieces, preactivation, input })
    }
}

/// The gradients at the outputs, one column per sample.
fn loss_gradients(outputs: &[Column], batch: &Batch, precision: Precision) -> Result<Vec<Column>, Unproven> {
    let samples = outputs.len();
    let gradient = |(sample, output): (usize, &Column)| match &batch.targets {
        Targets::Classes(classes) => loss::cross_entropy(output, classes[sample], samples, precision),
        Targets::Values(targets) => {
            let target = targets.column(sample).to_owned().insert_axis(Axis(1));
            loss::mean_squared_error(output, &target, samples, precision)
        }
    };
    outputs.par_iter().enumerate().map(gradient).collect::<Vec<_>>().into_iter().collect()
}
