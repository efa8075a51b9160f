//! The backward pass, layer by layer from the head down.

use super::LayerGradients;
use super::branches::Branches;
use super::forward::{DECIDING_BITS, Forward, Values, is_positive};
use super::stored::Stored;
use crate::arithmetic::exact::quotient;
use crate::arithmetic::{Arithmetic, Binary, Content, Exact, ExactMatrix, Side, Steps, Text};
use crate::network::segments::Segments;
use crate::network::{Batch, Loss, Network, NodeId, Operation, Targets};
use ndarray::Array2;
use std::sync::Arc;

/// The backward pass over a network's values.
pub struct Pass<'n, B: Arithmetic> {
    stored: Stored<'n>,
    forward: Arc<dyn Values + 'n>,
    backward: Arc<B>,
    /// log₂ of the loss scale: δ at the output is multiplied by it, and gradients are divided by it.
    log2_loss_scale: i32,
    /// Branches of φ' that replace those of the pre-activations.
    branches: Option<Arc<Branches>>,
    /// True if the forward arithmetic is the same.
    is_plain: bool,
    /// Per node: ∂L/∂value as it arrives from each consumer.
    arrived: Vec<Vec<Array2<B::Elem>>>,
    /// The slope gradient of the last activation passed, for its layer.
    slope_gradient: Option<ExactMatrix>,
    /// Only nodes below this one remain to be visited.
    remaining: NodeId,
}

impl<'n, B: Arithmetic> Pass<'n, B> {
    /// Runs the forward pass and the loss.
    pub fn new<F: Arithmetic + 'n>(
        network: &'n Network,
        batch: &'n Batch,
        forward: Arc<F>,
        backward: Arc<B>,
    ) -> Pass<'n, B> {
        let is_plain = std::ptr::addr_eq(Arc::as_ptr(&forward), Arc::as_ptr(&backward));
        let stored = Stored { network, batch, format: None };
        let values = Arc::new(Forward::new(stored, forward, Arc::new(Segments::new(network, 1))));
        Pass::over(stored, values, backward, is_plain, 0, None)
    }

    /// The loss for values that were computed before, in the same arithmetic or in another one.
    pub fn over(
        stored: Stored<'n>,
        forward: Arc<dyn Values + 'n>,
        backward: Arc<B>,
        is_plain: bool,
        log2_loss_scale: i32,
        branches: Option<Arc<Branches>>,
    ) -> Pass<'n, B> {
        let nodes = stored.network.nodes.len();
        let mut pass = Pass {
            stored,
            forward,
            backward,
            log2_loss_scale,
            branches,
            is_plain,
            arrived: (0..nodes).map(|_| Vec::new()).collect(),
            slope_gradient: None,
            remaining: nodes,
        };
        let steps = Steps::new(&*pass.backward, Text::Backward(nodes));
        let mut delta = pass.loss_gradient(&steps);
        if log2_loss_scale != 0 {
            // δ = R(δ·2^s): the scale itself does not need to be a number of the format.
            delta = steps.round(&pass.backward.exact_matrix(&delta).times_two_to(log2_loss_scale));
        }
        pass.arrived[nodes - 1].push(delta);
        pass
    }

    /// True once a storage type could not give the exact bits of its arithmetic.
    pub(super) fn range_exceeded(&self) -> bool {
        self.forward.range_exceeded() || self.backward.range_exceeded()
    }

    /// A node's value as the backward role receives it, the same for all that read it.
    fn crossed(&self, node: NodeId) -> Array2<B::Elem> {
        Steps::new(&*self.backward, Text::Crossing(node)).round(&self.forward.exact(node))
    }

    /// The steps in which the backward role reads constants and parameters: those of the forward role if both are the
    /// same, so that they have one value.
    fn reading(&self, text: Text) -> Steps<'_, B> {
        let steps = Steps::new(&*self.backward, text);
        if !self.is_plain {
            steps.next();
        }
        steps
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
    fn loss_gradient(&self, steps: &Steps<'_, B>) -> Array2<B::Elem> {
        let Stored { network, batch, .. } = self.stored;
        // An empty batch has no entry that uses the constant.
        let constant = |numerator: u64, denominator: usize| {
            steps.number(&Exact::Long(quotient(numerator, denominator.max(1) as u64, DECIDING_BITS)))
        };
        match &batch.targets {
            Targets::Values(targets) => {
                debug_assert_eq!(network.loss, Loss::MeanSquaredError);
                let y = self.crossed(network.output());
                let scale = constant(2, y.len());
                let targets = self.stored.read(steps, targets);
                steps.scaled(&scale, &steps.zip(Binary::Subtract, &y, &targets)) // R(R(y−t)·R(2/(B·n)))
            }
            Targets::Classes(classes) => {
                debug_assert_eq!(network.loss, Loss::CrossEntropy);
                let scale = constant(1, classes.len());
                let (one, zero) = (steps.number(&Exact::Double(1.0)), steps.number(&Exact::Double(0.0)));
                let p = steps.round(&self.forward.softmax());
                let difference = steps.entries(p.dim(), |at, (k, sample)| {
                    let indicator = if classes[sample] == k { &one } else { &zero };
                    self.backward.binary(at, Binary::Subtract, &p[(k, sample)], indicator)
                });
                steps.scaled(&scale, &difference) // R(R(p−1_label)·R(1/B))
            }
        }
    }

    /// ∂L/∂value of a node: the sum of what its readers sent, in descending order of the readers, as it arrived.
    fn gather(&mut self, node: NodeId) -> Option<Array2<B::Elem>> {
        let mut arrived = std::mem::take(&mut self.arrived[node]).into_iter();
        let first = arrived.next()?;
        let steps = Steps::new(&*self.backward, Text::Gathering(node));
        Some(arrived.fold(first, |sum, next| steps.zip(Binary::Add, &sum, &next)))
    }

    /// δ = R(g·R(φ'(z))), and PReLU's slope gradient [Σ g·z over z ≤ 0], samples in the outer order.
    fn backward_activation(&mut self, node: NodeId, gradient: &Array2<B::Elem>) {
        let input = self.stored.network.nodes[node].inputs[0];
        let steps = Steps::new(&*self.backward, Text::Backward(node));
        let derivative = steps.round(&self.forward.derivative(node, self.branches.as_deref()));
        let delta = steps.zip(Binary::Multiply, gradient, &derivative);
        if matches!(self.stored.network.nodes[node].operation, Operation::Activation { slope: Some(_), .. }) {
            self.slope_gradient = Some(self.slope_gradient(&steps, input, gradient));
        }
        self.arrived[input].push(delta);
    }

    fn slope_gradient(&self, steps: &Steps<'_, B>, input: NodeId, gradient: &Array2<B::Elem>) -> ExactMatrix {
        let z = self.forward.exact(input);
        let crossed = self.crossed(input);
        let (mut left, mut right) = (Vec::new(), Vec::new());
        for sample in 0..crossed.ncols() {
            for unit in 0..crossed.nrows() {
                // Omitted rather than multiplied by 0, because an infinite g would give NaN.
                if !is_positive(&z.get((unit, sample))) {
                    left.push(gradient[(unit, sample)].clone());
                    right.push(crossed[(unit, sample)].clone());
                }
            }
        }
        self.unscaled(&Array2::from_elem((1, 1), steps.dot(&left, &right)))
    }

    /// dW = R([δ·aᵀ]), db = R([Σ δ]), and g = R([Wᵀ·δ]) for the node below.
    fn backward_affine(&mut self, node: NodeId, delta: &Array2<B::Elem>) -> LayerGradients {
        let network = self.stored.network;
        let Operation::Affine { weight, bias } = network.nodes[node].operation else {
            unreachable!("invariant: called for affine nodes only")
        };
        let bw = &*self.backward;
        let steps = Steps::new(bw, Text::Backward(node));
        let input = network.nodes[node].inputs[0];
        let a = self.crossed(input);
        let left = bw.prepare(delta.view(), Side::Left, Content::Gradient);
        let right = bw.prepare(a.t(), Side::Right, Content::Activation);
        let weight_gradient = steps.product(&left, &right, None);
        let gradients = LayerGradients {
            layer: network.layer_of(node),
            weight: self.unscaled(&weight_gradient),
            bias: bias.map(|_| self.unscaled(&steps.sum_rows(delta))),
            slope: self.slope_gradient.take(),
            delta: self.unscaled(delta),
            preactivation: self.forward.exact(node),
            input: bw.exact_matrix(&a),
        };
        if network.nodes[input].operation != Operation::Input {
            let values = &network.parameters[weight].values;
            let stored = self.stored.read(&self.reading(Text::Parameter(weight)), values);
            let right = bw.prepare(delta.view(), Side::Right, Content::Gradient);
            let left = bw.prepare(stored.t(), Side::Left, Content::Parameter);
            let below = steps.product(&left, &right, None);
            self.arrived[input].push(below);
        }
        gradients
    }

    /// g = R(R(s)·g).
    fn backward_scale(&mut self, node: NodeId, factor: f64, gradient: &Array2<B::Elem>) {
        let factor = self.reading(Text::Constant(node)).number(&self.stored.number(factor));
        let below = Steps::new(&*self.backward, Text::Backward(node)).scaled(&factor, gradient);
        let input = self.stored.network.nodes[node].inputs[0];
        self.arrived[input].push(below);
    }
}

impl<B: Arithmetic> Iterator for Pass<'_, B> {
    type Item = LayerGradients;

    fn next(&mut self) -> Option<LayerGradients> {
        while self.remaining > 0 {
            self.remaining -= 1;
            let node = self.remaining;
            let Some(gradient) = self.gather(node) else { continue };
            let network = self.stored.network;
            let inputs = &network.nodes[node].inputs;
            match network.nodes[node].operation {
                Operation::Input => {}
                Operation::Activation { .. } => self.backward_activation(node, &gradient),
                Operation::Affine { .. } => return Some(self.backward_affine(node, &gradient)),
                Operation::Scale { factor } => self.backward_scale(node, factor, &gradient),
                Operation::Add => {
                    self.arrived[inputs[1]].push(gradient.clone());
                    self.arrived[inputs[0]].push(gradient);
                }
            }
        }
        None
    }
}
