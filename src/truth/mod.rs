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
mod term;
#[cfg(test)]
mod tests;

pub use evidence::Evidence;
pub use midpoints::Midpoints;
pub use parameters::TrueTensor;

use crate::activation::Piece;
use crate::backprop::Branches;
use crate::network::{Batch, Network, NodeId, Operation, Targets};
use affine::Weights;
use column::Column;
use elementwise::{Derivative, Undecided};
use ndarray::Array2;
use rayon::prelude::*;
use std::fmt;

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

/// Weights of every affine node, ready for both directions.
pub struct Prepared {
    forward: Vec<Option<Weights>>,
    backward: Vec<Option<Weights>>,
}

impl Prepared {
    /// Prepares a network's weights once for all samples and precisions.
    pub fn new(network: &Network) -> Prepared {
        let forward: Vec<Option<Weights>> = network
            .nodes
            .par_iter()
            .map(|node| match node.operation {
                Operation::Affine { weight, .. } => Some(Weights::new(&network.parameters[weight].values)),
                _ => None,
            })
            .collect();
        let backward = network
            .nodes
            .iter()
            .zip(&forward)
            .map(|(node, forward)| match (&node.operation, forward) {
                (Operation::Affine { weight, .. }, Some(forward)) => {
                    Some(Weights::transposed(&network.parameters[*weight].values, forward.norm))
                }
                _ => None,
            })
            .collect();
        Prepared { forward, backward }
    }
}

/// One sample's values, and the derivatives and pieces of its activations.
struct Sample {
    values: Vec<Column>,
    derivatives: Vec<Option<Result<Derivative, Unproven>>>,
    pieces: Vec<Vec<Option<Piece>>>,
    /// ∂L/∂value of each node as it arrives from its consumers.
    arrived: Vec<Vec<Column>>,
}

/// The backward stream of the truth: layers from the head down.
pub struct TruthPass<'n> {
    network: &'n Network,
    prepared: &'n Prepared,
    precision: u32,
    /// Whether layers tell their values: a forecast of bounds does without.
    tells_values: bool,
    samples: Result<Vec<Sample>, Unproven>,
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
        batch: &Batch,
        precision: u32,
        undecided: Undecided,
    ) -> TruthPass<'n> {
        let run = |sample: usize| forward(network, prepared, batch, sample, precision, undecided);
        let samples: Result<Vec<Sample>, Unproven> =
            (0..batch.inputs.ncols()).into_par_iter().map(run).collect::<Vec<_>>().into_iter().collect();
        let lost = samples.as_ref().err().copied();
        TruthPass {
            network,
            prepared,
            precision,
            tells_values: undecided == Undecided::Refused,
            samples,
            lost,
            slope: None,
            remaining: network.nodes.len(),
        }
    }

    /// Working precision in bits.
    pub fn precision(&self) -> u32 {
        self.precision
    }

    /// The first layer from the input (1 = first) with an undecided branch, and how many it has.
    pub fn undecided(&self) -> Option<(usize, usize)> {
        let samples = self.samples.as_ref().ok()?;
        self.network.layers.iter().enumerate().find_map(|(index, layer)| {
            let node = layer.activation?;
            let open = |sample: &Sample| sample.pieces[node].iter().filter(|piece| piece.is_none()).count();
            let count = samples.iter().map(open).sum();
            (count > 0).then_some((index + 1, count))
        })
    }

    /// On which branch of φ' each pre-activation lies; unknown where that is undecided.
    pub fn branches(&self) -> Branches {
        let mut branches = Branches::unknown(self.network.nodes.len());
        for layer in &self.network.layers {
            if let (Some(node), Ok(samples)) = (layer.activation, &self.samples) {
                let units = samples.first().map_or(0, |sample| sample.pieces[node].len());
                branches.set(node, Array2::from_shape_fn((units, samples.len()), |(i, s)| samples[s].pieces[node][i]));
            }
        }
        branches
    }

    /// ∂L/∂value of a node for every sample: what arrived, the branch first, the skip last.
    fn gather(&mut self, node: NodeId) -> Result<Option<Vec<Column>>, Unproven> {
        let precision = self.precision;
        let samples = self.samples.as_mut().map_err(|reason| *reason)?;
        let gathered: Vec<Option<Result<Column, Unproven>>> = samples
            .iter_mut()
            .map(|sample| {
                let mut arrived = std::mem::take(&mut sample.arrived[node]).into_iter().rev();
                let first = arrived.next()?;
                Some(arrived.try_fold(first, |sum, next| affine::add(&sum, &next, precision)))
            })
            .collect();
        gathered.into_iter().map(Option::transpose).collect()
    }

    fn backward_activation(&mut self, node: NodeId, gradients: Vec<Column>) -> Result<(), Unproven> {
        let precision = self.precision;
        let input = self.network.nodes[node].inputs[0];
        let has_slope = matches!(self.network.nodes[node].operation, Operation::Activation { slope: Some(_), .. });
        let samples = self.samples.as_mut().map_err(|reason| *reason)?;
        let deltas: Vec<Result<Column, Unproven>> = samples
            .par_iter_mut()
            .zip(&gradients)
            .map(|(sample, gradient)| {
                let derivative = sample.derivatives[node].as_ref().expect("invariant: activations have derivatives");
                let derivative = derivative.as_ref().map_err(|reason| *reason)?;
                Ok(elementwise::backward(gradient, derivative, precision))
            })
            .collect();
        let deltas: Vec<Column> = deltas.into_iter().collect::<Result<_, _>>()?;
        if has_slope {
            let preactivations: Vec<&Column> = samples.iter().map(|sample| &sample.values[input]).collect();
            let pieces: Vec<&[Option<Piece>]> = samples.iter().map(|sample| &sample.pieces[node][..]).collect();
            self.slope = Some(parameters::slope_gradient(&gradients, &preactivations, &pieces, precision));
        }
        samples.iter_mut().zip(deltas).for_each(|(sample, delta)| sample.arrived[input].push(delta));
        Ok(())
    }

    /// The columns δ of an affine node, their inputs, and the gradients sent on below.
    fn backward_affine(&mut self, node: NodeId, deltas: &[Column]) -> Result<(), Unproven> {
        let input = self.network.nodes[node].inputs[0];
        if self.network.nodes[input].operation == Operation::Input {
            return Ok(());
        }
        let weights = self.prepared.backward[node].as_ref().expect("invariant: affine nodes have weights");
        let samples = self.samples.as_mut().map_err(|reason| *reason)?;
        samples.par_iter_mut().zip(deltas).for_each(|(sample, delta)| {
            let below = weights.multiply(delta);
            sample.arrived[input].push(below);
        });
        Ok(())
    }

    /// Advances to the next affine node from the head down; its δ columns, or why they are unknown.
    fn advance(&mut self) -> Option<(NodeId, Result<Vec<Column>, Unproven>)> {
        while self.remaining > 0 {
            self.remaining -= 1;
            let node = self.remaining;
            let operation = &self.network.nodes[node].operation;
            let is_affine = matches!(operation, Operation::Affine { .. });
            if let Some(reason) = self.lost {
                if is_affine {
                    return Some((node, Err(reason)));
                }
                continue;
            }
            let outcome = match (self.gather(node), operation) {
                (Err(reason), _) => Err(reason),
                (Ok(None), _) | (Ok(Some(_)), Operation::Input) => continue,
                (Ok(Some(deltas)), Operation::Affine { .. }) => {
                    return match self.backward_affine(node, &deltas) {
                        Ok(()) => Some((node, Ok(deltas))),
                        Err(reason) => {
                            self.lost = Some(reason);
                            Some((node, Err(reason)))
                        }
                    };
                }
                (Ok(Some(gradients)), Operation::Activation { .. }) => self.backward_activation(node, gradients),
                (Ok(Some(gradients)), Operation::Scale { factor }) => {
                    let (input, precision) = (self.network.nodes[node].inputs[0], self.precision);
                    let samples = self.samples.as_mut().expect("invariant: gradients come from samples");
                    samples.par_iter_mut().zip(&gradients).for_each(|(sample, gradient)| {
                        sample.arrived[input].push(affine::scale(gradient, *factor, precision));
                    });
                    Ok(())
                }
                (Ok(Some(gradients)), Operation::Add) => {
                    let inputs = &self.network.nodes[node].inputs;
                    let samples = self.samples.as_mut().expect("invariant: gradients come from samples");
                    samples.iter_mut().zip(gradients).for_each(|(sample, gradient)| {
                        sample.arrived[inputs[1]].push(gradient.clone());
                        sample.arrived[inputs[0]].push(gradient);
                    });
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
    fn inputs_of(&self, node: NodeId) -> Result<Vec<&Column>, Unproven> {
        let input = self.network.nodes[node].inputs[0];
        let samples = self.samples.as_ref().map_err(|reason| *reason)?;
        Ok(samples.iter().map(|sample| &sample.values[input]).collect())
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
        let pieces = match (self.network.layers[layer].activation, &self.samples) {
            (Some(activation), Ok(samples)) => samples.iter().map(|sample| sample.pieces[activation].clone()).collect(),
            _ => Vec::new(),
        };
        let with_deltas = |f: &dyn Fn(&[Column]) -> Result<TrueTensor, Unproven>| match &deltas {
            Ok(deltas) => f(deltas),
            Err(reason) => Err(*reason),
        };
        let weight = with_deltas(&|deltas| parameters::weight_gradient(deltas, &self.inputs_of(node)?, self.precision));
        let one = Column::exact(std::iter::once(1.0));
        let bias = has_bias.then(|| {
            with_deltas(&|deltas| parameters::weight_gradient(deltas, &vec![&one; deltas.len()], self.precision))
        });
        let delta = with_deltas(&|deltas| parameters::activation_gradient(deltas, self.precision));
        let slope = self
            .slope
            .take()
            .or_else(|| has_slope.then(|| Err(self.lost.expect("invariant: a missing slope gradient has a reason"))));
        let midpoints = |node: NodeId| {
            let samples = self.samples.as_ref().ok().filter(|_| self.tells_values)?;
            Midpoints::of(&samples.iter().map(|sample| &sample.values[node]).collect::<Vec<_>>())
        };
        let (preactivation, input) = (midpoints(node), midpoints(self.network.nodes[node].inputs[0]));
        if let Ok(samples) = &mut self.samples {
            // The layer's own values are not needed below it.
            samples.iter_mut().for_each(|sample| sample.values[node].mantissas.clear());
        }
        Some(TrueLayer { layer, weight, bias, slope, delta, pieces, preactivation, input })
    }
}

/// One sample's forward pass and the gradient at its outputs.
fn forward(
    network: &Network,
    prepared: &Prepared,
    batch: &Batch,
    sample: usize,
    precision: u32,
    undecided: Undecided,
) -> Result<Sample, Unproven> {
    let nodes = network.nodes.len();
    let mut values: Vec<Column> = Vec::with_capacity(nodes);
    let mut derivatives = Vec::with_capacity(nodes);
    let mut pieces = Vec::with_capacity(nodes);
    for (index, node) in network.nodes.iter().enumerate() {
        let (mut derivative, mut node_pieces) = (None, Vec::new());
        let value = match &node.operation {
            Operation::Input => Column::exact(batch.inputs.column(sample).iter().copied()),
            Operation::Affine { bias, .. } => {
                let weights = prepared.forward[index].as_ref().expect("invariant: affine nodes have weights");
                let product = weights.multiply(&values[node.inputs[0]]);
                match bias {
                    Some(bias) => {
                        let sum = affine::add_exact(product, &network.parameters[*bias].values)?;
                        affine::shortened(sum, precision)
                    }
                    None => product,
                }
            }
            Operation::Activation { activation, slope } => {
                let slope = slope.map(|slope| network.parameters[slope].values[(0, 0)]);
                let z = &values[node.inputs[0]];
                let activated = elementwise::activate(activation, slope, z, precision, undecided)?;
                derivative = Some(activated.derivative);
                node_pieces = activated.pieces;
                activated.value
            }
            Operation::Scale { factor } => affine::scale(&values[node.inputs[0]], *factor, precision),
            Operation::Add => affine::add(&values[node.inputs[0]], &values[node.inputs[1]], precision)?,
        };
        values.push(value);
        derivatives.push(derivative);
        pieces.push(node_pieces);
    }
    let samples = batch.inputs.ncols();
    let output = &values[network.output()];
    let delta = match &batch.targets {
        Targets::Classes(classes) => loss::cross_entropy(output, classes[sample], samples, precision)?,
        Targets::Values(targets) => {
            let target = targets.column(sample).to_owned().insert_axis(ndarray::Axis(1));
            loss::mean_squared_error(output, &target, samples, precision)?
        }
    };
    let mut arrived: Vec<Vec<Column>> = vec![Vec::new(); nodes];
    arrived[network.output()].push(delta);
    Ok(Sample { values, derivatives, pieces, arrived })
}
