//! The backward pass, layer by layer from the head down.

use super::branches::Branches;
use super::forward::{DECIDING_BITS, Forward, is_positive};
use super::{LayerGradients, Quantity, tensor};
use crate::arithmetic::exact::quotient;
use crate::arithmetic::{Arithmetic, Binary, Content, Exact, ExactMatrix, Place, Side, from_fn};
use crate::network::segments::Segments;
use crate::network::{Batch, Loss, Network, NodeId, Operation, Targets};
use ndarray::Array2;
use std::sync::Arc;

/// The backward pass over a network's values.
pub struct Pass<'n, F: Arithmetic, B: Arithmetic> {
    forward: Arc<Forward<'n, F>>,
    backward: Arc<B>,
    /// log₂ of the loss scale: δ at the output is multiplied by it, and gradients are divided by it.
    log2_loss_scale: i32,
    /// Branches of φ' that replace those of the pre-activations.
    branches: Option<Arc<Branches>>,
    /// Per node: ∂L/∂value as it arrives from each consumer.
    arrived: Vec<Vec<Array2<B::Elem>>>,
    /// The slope gradient of the last activation passed, for its layer.
    slope_gradient: Option<ExactMatrix>,
    /// Only nodes below this one remain to be visited.
    remaining: NodeId,
}

impl<'n, F: Arithmetic, B: Arithmetic> Pass<'n, F, B> {
    /// Runs the forward pass and the loss.
    pub fn new(network: &'n Network, batch: &'n Batch, forward: Arc<F>, backward: Arc<B>) -> Pass<'n, F, B> {
        let segments = Arc::new(Segments::new(network, 1));
        Pass::over(Arc::new(Forward::new(network, batch, None, forward, segments)), backward, 0, None)
    }

    /// The loss for values that were computed before.
    pub fn over(
        forward: Arc<Forward<'n, F>>,
        backward: Arc<B>,
        log2_loss_scale: i32,
        branches: Option<Arc<Branches>>,
    ) -> Pass<'n, F, B> {
        let nodes = forward.network.nodes.len();
        let mut pass = Pass {
            forward,
            backward,
            log2_loss_scale,
            branches,
            arrived: (0..nodes).map(|_| Vec::new()).collect(),
            slope_gradient: None,
            remaining: nodes,
        };
        let mut delta = pass.loss_gradient();
        if log2_loss_scale != 0 {
            let at = tensor(nodes - 1, Quantity::Gradient);
            let ar = &*pass.backward;
            // δ = R(δ·2^s): the scale itself does not need to be a number of the format.
            delta = from_fn(delta.dim(), |index| {
                ar.round(Place::new(at, index), &ar.exact(&delta[index]).times_two_to(log2_loss_scale))
            });
        }
        pass.arrived[nodes - 1].push(delta);
        pass
    }

    /// True once a storage type could not give the exact bits of its arithmetic.
    pub(super) fn range_exceeded(&self) -> bool {
        self.forward.arithmetic.range_exceeded() || self.backward.range_exceeded()
    }

    /// A forward value as the backward role receives it.
    fn cross(&self, node: NodeId, value: &Array2<F::Elem>) -> Array2<B::Elem> {
        let at = tensor(node, Quantity::Scratch);
        match self.forward.arithmetic.exact_matrix(value) {
            ExactMatrix::Doubles(doubles) => self.backward.round_doubles(at, &doubles),
            ExactMatrix::Any(numbers) => self.backward.round_matrix(at, &numbers),
        }
    }

    /// Gradients as exact numbers, the loss scale divided out.
    fn unscaled(&self, gradient: &Array2<B::Elem>) -> ExactMatrix {
        let gradient = self.backward.exact_matrix(gradient);
        match self.log2_loss_scale {
            0 => gradient,
            scale => gradient.times_two_to(-scale),
        }
    }

    /// δ at the output.
    fn loss_gradient(&self) -> Array2<B::Elem> {
        let ar = &*self.backward;
        let Forward { network, batch, .. } = &*self.forward;
        let output = network.output();
        let at = tensor(output, Quantity::Gradient);
        let y = self.forward.at(output);
        let (outputs, samples) = y.dim();
        let constant = |numerator: u64, denominator: u64| {
            // An empty batch has no entry that uses the constant.
            let exact = Exact::Long(quotient(numerator, denominator.max(1), DECIDING_BITS));
            ar.round(Place::new(at, (0, 0)), &exact)
        };
        match &batch.targets {
            Targets::Values(targets) => {
                debug_assert_eq!(network.loss, Loss::MeanSquaredError);
                let scale = constant(2, (samples * outputs) as u64);
                let y = self.cross(output, &y);
                let targets = self.forward.round_stored(ar, tensor(0, Quantity::Scratch), targets);
                let difference = ar.zip(at, Binary::Subtract, &y, &targets);
                difference.map(|d| ar.binary(Place::new(at, (0, 0)), Binary::Multiply, d, &scale)) // R(R(y−t)·R(2/(B·n)))
            }
            Targets::Classes(classes) => {
                debug_assert_eq!(network.loss, Loss::CrossEntropy);
                let scale = constant(1, samples as u64);
                let one = ar.round(Place::new(at, (0, 0)), &Exact::Double(1.0));
                let zero = ar.round(Place::new(at, (0, 0)), &Exact::Double(0.0));
                let p = self.cross(output, &self.forward.softmax());
                from_fn(p.dim(), |(k, sample)| {
                    let place = Place::new(at, (k, sample));
                    let indicator = if classes[sample] == k { &one } else { &zero };
                    let difference = ar.binary(place, Binary::Subtract, &p[(k, sample)], indicator);
                    ar.binary(place, Binary::Multiply, &difference, &scale) // R(R(p−1_label)·R(1/B))
                })
            }
        }
    }

    /// ∂L/∂value of a node: the sum of what arrived from its consumers, the branch first, the skip connection last.
    fn gather(&mut self, node: NodeId) -> Option<Array2<B::Elem>> {
        // Consumers are visited from the last node down, so the part of a skip connection arrived before that of its
        // branch.
        let mut arrived = std::mem::take(&mut self.arrived[node]).into_iter().rev();
        let first = arrived.next()?;
        let at = tensor(node, Quantity::Gradient);
        Some(arrived.fold(first, |sum, next| self.backward.zip(at, Binary::Add, &sum, &next)))
    }

    /// δ = R(g·R(φ'(z))), and PReLU's slope gradient [Σ g·z over z ≤ 0], samples in the outer order.
    fn backward_activation(&mut self, node: NodeId, gradient: &Array2<B::Elem>) {
        let input = self.forward.network.nodes[node].inputs[0];
        let bw = &*self.backward;
        let derivative = self.cross(node, &self.forward.derivative(node, self.branches.as_deref()));
        let delta = bw.zip(tensor(input, Quantity::Gradient), Binary::Multiply, gradient, &derivative);
        if matches!(self.forward.network.nodes[node].operation, Operation::Activation { slope: Some(_), .. }) {
            self.slope_gradient = Some(self.slope_gradient(node, gradient));
        }
        self.arrived[input].push(delta);
    }

    fn slope_gradient(&self, node: NodeId, gradient: &Array2<B::Elem>) -> ExactMatrix {
        let z = self.forward.at(self.forward.network.nodes[node].inputs[0]);
        let place = Place::new(tensor(node, Quantity::ParameterGradient), (0, 0));
        let crossed = self.cross(node, &z);
        let (mut left, mut right) = (Vec::new(), Vec::new());
        for sample in 0..z.ncols() {
            for unit in 0..z.nrows() {
                // Omitted rather than multiplied by 0, because an infinite g would give NaN.
                if !is_positive(&*self.forward.arithmetic, &z[(unit, sample)]) {
                    left.push(gradient[(unit, sample)].clone());
                    right.push(crossed[(unit, sample)].clone());
                }
            }
        }
        let sum = self.backward.dot(place, &left, &right, None);
        self.unscaled(&Array2::from_elem((1, 1), sum))
    }

    /// dW = R([δ·aᵀ]), db = R([Σ δ]), and g = R([Wᵀ·δ]) for the node below.
    fn backward_affine(&mut self, node: NodeId, delta: &Array2<B::Elem>) -> LayerGradients {
        let Forward { network, .. } = &*self.forward;
        let Operation::Affine { weight, bias } = network.nodes[node].operation else {
            unreachable!("invariant: called for affine nodes only")
        };
        let bw = &*self.backward;
        let input = network.nodes[node].inputs[0];
        let at = tensor(node, Quantity::ParameterGradient);
        let a = self.cross(input, &self.forward.at(input));
        let left = bw.prepare(delta.view(), Side::Left, Content::Gradient);
        let right = bw.prepare(a.t(), Side::Right, Content::Activation);
        let weight_gradient = bw.product(at, &left, &right, None);
        let gradients = LayerGradients {
            layer: network.layer_of(node),
            weight: self.unscaled(&weight_gradient),
            bias: bias.map(|_| self.unscaled(&bw.sum_rows(at, delta))),
            slope: self.slope_gradient.take(),
            delta: self.unscaled(delta),
            preactivation: self.forward.arithmetic.exact_matrix(&self.forward.at(node)),
            input: bw.exact_matrix(&a),
        };
        if network.nodes[input].operation != Operation::Input {
            let stored = self.forward.parameter(bw, weight);
            let right = bw.prepare(delta.view(), Side::Right, Content::Gradient);
            let left = bw.prepare(stored.t(), Side::Left, Content::Parameter);
            let below = bw.product(tensor(input, Quantity::Gradient), &left, &right, None);
            self.arrived[input].push(below);
        }
        gradients
    }
}

impl<F: Arithmetic, B: Arithmetic> Iterator for Pass<'_, F, B> {
    type Item = LayerGradients;

    fn next(&mut self) -> Option<LayerGradients> {
        while self.remaining > 0 {
            self.remaining -= 1;
            let node = self.remaining;
            let Some(gradient) = self.gather(node) else { continue };
            let network = self.forward.network;
            let inputs = &network.nodes[node].inputs;
            match network.nodes[node].operation {
                Operation::Input => {}
                Operation::Activation { .. } => self.backward_activation(node, &gradient),
                Operation::Affine { .. } => return Some(self.backward_affine(node, &gradient)),
                Operation::Scale { factor } => {
                    let at = tensor(inputs[0], Quantity::Gradient);
                    let below = self.forward.scaled(&*self.backward, at, factor, &gradient);
                    self.arrived[inputs[0]].push(below);
                }
                Operation::Add => {
                    self.arrived[inputs[1]].push(gradient.clone());
                    self.arrived[inputs[0]].push(gradient);
                }
            }
        }
        None
    }
}
