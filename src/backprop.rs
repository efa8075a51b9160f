//! The one text: forward and backward pass of a network in any arithmetic.
//!
//! Written once over a forward and a backward arithmetic; the plain run passes the same one twice. A
//! value that crosses roles is rounded to the receiving one. R(·) below is one rounding to the format of
//! the role, [·] a sum in its accumulator; matrices are units × batch, and a column is a sample. The
//! order of operations is part of the definition (README, "What is computed").

use crate::activation::Function;
use crate::arithmetic::dispatch::{RolesVisitor, Visitor, dispatch, dispatch_roles};
use crate::arithmetic::exact::quotient;
use crate::arithmetic::kernels;
use crate::arithmetic::{Arithmetic, Binary, Exact, Place, Policy, Side, TensorId, from_fn};
use crate::format::Format;
use crate::network::{Batch, Loss, Network, NodeId, Operation, ParameterId, Targets};
use ndarray::{Array2, ArrayView1};
use rug::Float;
use std::cmp::Ordering;
use std::sync::Arc;

/// The gradients of one layer as exact numbers, handed out from the head to layer 1.
#[derive(Clone, Debug)]
pub struct LayerGradients {
    /// Position in [`Network::layers`].
    pub layer: usize,
    /// ∂L/∂W, out × in.
    pub weight: Array2<Exact>,
    /// ∂L/∂b, out × 1.
    pub bias: Option<Array2<Exact>>,
    /// ∂L/∂slope of PReLU, 1 × 1.
    pub slope: Option<Array2<Exact>>,
    /// δ = ∂L/∂z, out × batch.
    pub delta: Array2<Exact>,
    /// z, out × batch.
    pub preactivation: Array2<Exact>,
}

/// One arithmetic's gradients, layer by layer from the head down, each dropped when the next is asked for.
pub type GradientStream<'n> = Box<dyn Iterator<Item = LayerGradients> + Send + 'n>;

/// The gradients of a network under a policy, or in one arithmetic that plays every role.
pub fn gradients<'n>(policy: impl Into<Policy>, network: &'n Network, batch: &'n Batch) -> GradientStream<'n> {
    kernels::assert_gradual_underflow();
    struct Plain<'n>(&'n Network, &'n Batch);
    impl<'n> Visitor for Plain<'n> {
        type Output = GradientStream<'n>;
        fn visit<A: Arithmetic + 'static>(self, arithmetic: Arc<A>) -> GradientStream<'n> {
            Box::new(Pass::new(self.0, self.1, arithmetic.clone(), arithmetic))
        }
    }
    struct Roles<'n>(&'n Network, &'n Batch, Option<Format>);
    impl<'n> RolesVisitor for Roles<'n> {
        type Output = GradientStream<'n>;
        fn visit<F, B>(self, forward: Arc<F>, backward: Arc<B>) -> GradientStream<'n>
        where
            F: Arithmetic + 'static,
            B: Arithmetic + 'static,
        {
            Box::new(Pass::with_storage(self.0, self.1, self.2, forward, backward))
        }
    }
    let policy = policy.into();
    match policy.plain() {
        // What a role stores twice it stores once.
        Some(name) => dispatch(name, Plain(network, batch)),
        None => dispatch_roles(policy.forward, policy.backward, Roles(network, batch, policy.storage)),
    }
}

/// What a tensor of the pass holds; with the node it numbers the tensor for [`Place`].
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

/// A network's values in the forward arithmetic, and the gradients on their way back.
pub struct Pass<'n, F: Arithmetic, B: Arithmetic> {
    network: &'n Network,
    batch: &'n Batch,
    /// Parameters, inputs and targets are rounded to this format before a role sees them.
    storage: Option<Format>,
    forward: Arc<F>,
    backward: Arc<B>,
    /// Per node: its value, units × batch.
    values: Vec<Array2<F::Elem>>,
    /// Per node: ∂L/∂value as it arrives from each consumer.
    arrived: Vec<Vec<Array2<B::Elem>>>,
    /// The slope gradient of the activation just passed, for its layer.
    slope_gradient: Option<Array2<Exact>>,
    /// Nodes below this one are still to be visited.
    remaining: NodeId,
}

impl<'n, F: Arithmetic, B: Arithmetic> Pass<'n, F, B> {
    /// Runs the forward pass and the loss.
    pub fn new(network: &'n Network, batch: &'n Batch, forward: Arc<F>, backward: Arc<B>) -> Pass<'n, F, B> {
        Pass::with_storage(network, batch, None, forward, backward)
    }

    /// As [`Pass::new`] with parameters, inputs and targets that are rounded to a format first.
    pub fn with_storage(
        network: &'n Network,
        batch: &'n Batch,
        storage: Option<Format>,
        forward: Arc<F>,
        backward: Arc<B>,
    ) -> Pass<'n, F, B> {
        let nodes = network.nodes.len();
        let mut pass = Pass {
            network,
            batch,
            storage,
            forward,
            backward,
            values: Vec::with_capacity(nodes),
            arrived: (0..nodes).map(|_| Vec::new()).collect(),
            slope_gradient: None,
            remaining: nodes,
        };
        for node in 0..nodes {
            let value = pass.forward_value(node);
            pass.values.push(value);
        }
        let delta = pass.loss_gradient();
        pass.arrived[network.output()].push(delta);
        pass
    }

    /// An exact double as it is stored.
    fn stored(&self, x: f64) -> Exact {
        match self.storage {
            Some(format) => Exact::Long(format.round(&Float::with_val(53, x))),
            None => Exact::Double(x),
        }
    }

    /// A stored parameter in the given role's arithmetic.
    fn parameter<A: Arithmetic>(&self, arithmetic: &A, parameter: ParameterId) -> Array2<A::Elem> {
        let exact = self.network.parameters[parameter].values.map(|&x| self.stored(x));
        arithmetic.round_matrix(parameter_tensor(parameter), &exact)
    }

    /// R(R(s)·x) on every entry, with an exact constant s.
    fn scaled<A: Arithmetic>(&self, arithmetic: &A, at: TensorId, factor: f64, x: &Array2<A::Elem>) -> Array2<A::Elem> {
        let stored = arithmetic.round(Place::new(at, (0, 0)), &self.stored(factor));
        from_fn(x.dim(), |index| arithmetic.binary(Place::new(at, index), Binary::Multiply, &stored, &x[index]))
    }

    /// A forward value as the backward role receives it.
    fn cross(&self, node: NodeId, value: &Array2<F::Elem>) -> Array2<B::Elem> {
        self.backward.round_matrix(tensor(node, Quantity::Scratch), &self.forward.exact_matrix(value))
    }

    fn forward_value(&self, node: NodeId) -> Array2<F::Elem> {
        let ar = &*self.forward;
        let at = tensor(node, Quantity::Value);
        let inputs = &self.network.nodes[node].inputs;
        match &self.network.nodes[node].operation {
            Operation::Input => ar.round_matrix(at, &self.batch.inputs.map(|&x| self.stored(x))),
            Operation::Affine { weight, bias } => {
                let weight = self.parameter(ar, *weight);
                let bias = bias.map(|bias| self.parameter(ar, bias).into_iter().collect::<Vec<_>>());
                let left = ar.prepare(weight.view(), Side::Left);
                let right = ar.prepare(self.values[inputs[0]].view(), Side::Right);
                ar.product(at, &left, &right, bias.as_deref()) // z = R([W·a + b])
            }
            Operation::Activation { activation, slope } => {
                let z = &self.values[inputs[0]];
                match slope {
                    None => ar.map(at, &Function::Value(*activation), z), // a = R(φ(z))
                    Some(slope) => {
                        let slope = self.parameter(ar, *slope);
                        from_fn(z.dim(), |index| match is_positive(ar, &z[index]) {
                            true => z[index].clone(),
                            // a = R(R(s)·z); NaN stays NaN.
                            false => ar.binary(Place::new(at, index), Binary::Multiply, &slope[(0, 0)], &z[index]),
                        })
                    }
                }
            }
            Operation::Scale { factor } => self.scaled(ar, at, *factor, &self.values[inputs[0]]),
            Operation::Add => ar.zip(at, Binary::Add, &self.values[inputs[0]], &self.values[inputs[1]]),
        }
    }

    /// δ at the output.
    fn loss_gradient(&self) -> Array2<B::Elem> {
        let ar = &*self.backward;
        let output = self.network.output();
        let at = tensor(output, Quantity::Gradient);
        let y = &self.values[output];
        let (outputs, batch) = y.dim();
        let constant = |numerator: u64, denominator: u64, precision: u32| {
            // An empty batch has no entry that would use the constant.
            let exact = Exact::Long(quotient(numerator, denominator.max(1), precision));
            ar.round(Place::new(at, (0, 0)), &exact)
        };
        // Enough bits that the quotient's sticky bit decides in every format the grammar allows.
        let precision = 1 << 15;
        match &self.batch.targets {
            Targets::Values(targets) => {
                debug_assert_eq!(self.network.loss, Loss::MeanSquaredError);
                let scale = constant(2, (batch * outputs) as u64, precision);
                let y = self.cross(output, y);
                let targets = ar.round_matrix(tensor(0, Quantity::Scratch), &targets.map(|&t| self.stored(t)));
                let difference = ar.zip(at, Binary::Subtract, &y, &targets);
                difference.map(|d| ar.binary(Place::new(at, (0, 0)), Binary::Multiply, d, &scale)) // R(R(y−t)·R(2/(B·n)))
            }
            Targets::Classes(classes) => {
                debug_assert_eq!(self.network.loss, Loss::CrossEntropy);
                let scale = constant(1, batch as u64, precision);
                let one = ar.round(Place::new(at, (0, 0)), &Exact::Double(1.0));
                let zero = ar.round(Place::new(at, (0, 0)), &Exact::Double(0.0));
                let p = self.cross(output, &self.softmax(y));
                from_fn(p.dim(), |(k, sample)| {
                    let place = Place::new(at, (k, sample));
                    let indicator = if classes[sample] == k { &one } else { &zero };
                    let difference = ar.binary(place, Binary::Subtract, &p[(k, sample)], indicator);
                    ar.binary(place, Binary::Multiply, &difference, &scale) // R(R(p−1_label)·R(1/B))
                })
            }
        }
    }

    /// p_k = R(e_k/R([Σ e])), e_k = R(exp(R(y_k − max y))).
    fn softmax(&self, y: &Array2<F::Elem>) -> Array2<F::Elem> {
        let ar = &*self.forward;
        let output = self.network.output();
        let at = tensor(output, Quantity::Derivative);
        let maxima: Vec<F::Elem> = y.columns().into_iter().map(|column| maximum(ar, column)).collect();
        let exponentials = from_fn(y.dim(), |(k, sample)| {
            let place = Place::new(at, (k, sample));
            ar.apply(place, &Function::Exp, &ar.binary(place, Binary::Subtract, &y[(k, sample)], &maxima[sample]))
        });
        let sums = ar.sum_rows(at, &exponentials.t().as_standard_layout().to_owned());
        from_fn(y.dim(), |(k, sample)| {
            ar.binary(Place::new(at, (k, sample)), Binary::Divide, &exponentials[(k, sample)], &sums[(sample, 0)])
        })
    }

    /// ∂L/∂value of a node: what arrived from its consumers, the branch first, the skip last.
    fn gather(&mut self, node: NodeId) -> Option<Array2<B::Elem>> {
        // Consumers are visited from the last node down, so a skip's share arrived before its branch's.
        let mut arrived = std::mem::take(&mut self.arrived[node]).into_iter().rev();
        let first = arrived.next()?;
        let at = tensor(node, Quantity::Gradient);
        Some(arrived.fold(first, |sum, next| self.backward.zip(at, Binary::Add, &sum, &next)))
    }

    /// δ = R(g·R(φ'(z))), and PReLU's slope gradient [Σ g·z over z ≤ 0], samples in the outer order.
    fn backward_activation(&mut self, node: NodeId, gradient: Array2<B::Elem>) {
        let Operation::Activation { activation, slope } = self.network.nodes[node].operation else {
            unreachable!("invariant: called for activations only")
        };
        let (fw, bw) = (&*self.forward, &*self.backward);
        let input = self.network.nodes[node].inputs[0];
        let z = &self.values[input];
        let at = tensor(node, Quantity::Derivative);
        let derivative = match slope {
            None => self.cross(node, &fw.map(at, &Function::Derivative(activation), z)),
            Some(slope) => {
                let stored = self.parameter(fw, slope);
                let one = fw.round(Place::new(at, (0, 0)), &Exact::Double(1.0));
                let of = |x: &F::Elem| match fw.exact(x).sign() {
                    Some(Ordering::Greater) => one.clone(),
                    Some(_) => stored[(0, 0)].clone(),
                    None => x.clone(), // NaN stays NaN
                };
                self.cross(node, &z.map(of))
            }
        };
        let delta = bw.zip(tensor(input, Quantity::Gradient), Binary::Multiply, &gradient, &derivative);
        if slope.is_some() {
            let place = Place::new(tensor(node, Quantity::ParameterGradient), (0, 0));
            let crossed = self.cross(node, z);
            let (mut left, mut right) = (Vec::new(), Vec::new());
            for sample in 0..z.ncols() {
                for unit in 0..z.nrows() {
                    // Left out and not multiplied by 0: an infinite g would make that NaN.
                    if !is_positive(fw, &z[(unit, sample)]) {
                        left.push(gradient[(unit, sample)].clone());
                        right.push(crossed[(unit, sample)].clone());
                    }
                }
            }
            let sum = bw.dot(place, &left, &right, None);
            self.slope_gradient = Some(Array2::from_elem((1, 1), bw.exact(&sum)));
        }
        self.arrived[input].push(delta);
    }

    /// dW = R([δ·aᵀ]), db = R([Σ δ]), and g = R([Wᵀ·δ]) for the node below.
    fn backward_affine(&mut self, node: NodeId, delta: Array2<B::Elem>) -> LayerGradients {
        let Operation::Affine { weight, bias } = self.network.nodes[node].operation else {
            unreachable!("invariant: called for affine nodes only")
        };
        let bw = &*self.backward;
        let input = self.network.nodes[node].inputs[0];
        let at = tensor(node, Quantity::ParameterGradient);
        let a = self.cross(input, &self.values[input]);
        let left = bw.prepare(delta.view(), Side::Left);
        let weight_gradient = bw.product(at, &left, &bw.prepare(a.t(), Side::Right), None);
        let bias_gradient = bias.map(|_| bw.exact_matrix(&bw.sum_rows(at, &delta)));
        let layer = self.network.layer_of(node);
        let gradients = LayerGradients {
            layer,
            weight: bw.exact_matrix(&weight_gradient),
            bias: bias_gradient,
            slope: self.slope_gradient.take(),
            delta: bw.exact_matrix(&delta),
            preactivation: self.forward.exact_matrix(&self.values[node]),
        };
        if self.network.nodes[input].operation != Operation::Input {
            let stored = self.parameter(bw, weight);
            let right = bw.prepare(delta.view(), Side::Right);
            let below =
                bw.product(tensor(input, Quantity::Gradient), &bw.prepare(stored.t(), Side::Left), &right, None);
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
            match self.network.nodes[node].operation {
                Operation::Input => {}
                Operation::Activation { .. } => self.backward_activation(node, gradient),
                Operation::Affine { .. } => {
                    let gradients = self.backward_affine(node, gradient);
                    self.values[node] = from_fn((0, 0), |_| unreachable!("an empty matrix has no entries"));
                    return Some(gradients);
                }
                Operation::Scale { factor } => {
                    let input = self.network.nodes[node].inputs[0];
                    let at = tensor(input, Quantity::Gradient);
                    let below = self.scaled(&*self.backward, at, factor, &gradient);
                    self.arrived[input].push(below);
                }
                Operation::Add => {
                    let inputs = &self.network.nodes[node].inputs;
                    self.arrived[inputs[1]].push(gradient.clone());
                    self.arrived[inputs[0]].push(gradient);
                }
            }
        }
        None
    }
}

/// True for z > 0; NaN is not.
fn is_positive<A: Arithmetic>(arithmetic: &A, z: &A::Elem) -> bool {
    arithmetic.exact(z).sign() == Some(Ordering::Greater)
}

/// The largest entry of a column by comparison; NaN if one is NaN, so that overflow is not hidden.
fn maximum<A: Arithmetic>(arithmetic: &A, entries: ArrayView1<A::Elem>) -> A::Elem {
    let mut entries = entries.iter();
    let mut best = entries.next().expect("invariant: a network has outputs");
    for entry in entries {
        let (challenger, incumbent) = (arithmetic.exact(entry), arithmetic.exact(best));
        let is_larger = challenger.partial_cmp(&incumbent) == Some(Ordering::Greater);
        if is_larger || (challenger.sign().is_none() && incumbent.sign().is_some()) {
            best = entry;
        }
    }
    best.clone()
}
