//! The network's values in one arithmetic, from the inputs to softmax.

use super::branches::Branches;
use super::stored::Stored;
use crate::activation::{Function, OnPiece};
use crate::arithmetic::{Arithmetic, Binary, Content, Exact, ExactMatrix, Place, Side, Steps, Text, from_fn};
use crate::network::segments::Segments;
use crate::network::{NodeId, Operation, ParameterId};
use ndarray::{Array2, ArrayView1};
use std::cmp::Ordering;
use std::ops::Range;
use std::sync::{Arc, Mutex};

/// A network's values in the forward arithmetic, kept or recomputed as its [`Segments`] define.
pub struct Forward<'n, F: Arithmetic> {
    stored: Stored<'n>,
    arithmetic: Arc<F>,
    segments: Arc<Segments>,
    /// Per node: its value, units × batch, if it is kept.
    kept: Vec<Option<Value<F>>>,
    /// The segment that was recomputed last; passes in lockstep share it.
    again: Mutex<Again<F>>,
}

/// A node's value, units × batch.
type Value<F> = Arc<Array2<<F as Arithmetic>::Elem>>;

/// Values of one segment, by position in it.
struct Again<F: Arithmetic> {
    run: Range<NodeId>,
    values: Vec<Value<F>>,
}

/// Bits with which a quotient's sticky bit is decisive in every format that the grammar allows.
pub(super) const DECIDING_BITS: u32 = 1 << 15;

impl<'n, F: Arithmetic> Forward<'n, F> {
    /// Runs the forward pass.
    pub fn new(stored: Stored<'n>, arithmetic: Arc<F>, segments: Arc<Segments>) -> Forward<'n, F> {
        let kept = vec![None; stored.network.nodes.len()];
        let again = Mutex::new(Again { run: 0..0, values: Vec::new() });
        let mut forward = Forward { stored, arithmetic, segments: segments.clone(), kept, again };
        for run in segments.runs() {
            for (node, value) in run.clone().zip(forward.compute(run.clone())) {
                if segments.is_last(run) || segments.is_kept(node) {
                    forward.kept[node] = Some(value);
                }
            }
        }
        forward
    }

    /// The values of a segment, whose inputs from outside are kept.
    fn compute(&self, run: Range<NodeId>) -> Vec<Value<F>> {
        let mut values: Vec<Value<F>> = Vec::with_capacity(run.len());
        for node in run.clone() {
            let value = match &self.kept[node] {
                Some(value) => value.clone(),
                None => {
                    let input = |input: NodeId| match run.contains(&input) {
                        true => &*values[input - run.start],
                        false => {
                            &**self.kept[input].as_ref().expect("invariant: values that another segment reads are kept")
                        }
                    };
                    let inputs: Vec<&Array2<F::Elem>> =
                        self.stored.network.nodes[node].inputs.iter().map(|&node| input(node)).collect();
                    Arc::new(self.value(node, &inputs))
                }
            };
            values.push(value);
        }
        values
    }

    /// A node's value.
    ///
    /// Arithmetics never spawn threads, so computing under this lock cannot deadlock.
    fn at(&self, node: NodeId) -> Value<F> {
        if let Some(value) = &self.kept[node] {
            return value.clone();
        }
        let mut again = self.again.lock().expect("invariant: no pass panics with the lock");
        if !again.run.contains(&node) {
            let run = self.segments.of(node);
            // Frees the other segment's memory first.
            again.values.clear();
            *again = Again { values: self.compute(run.clone()), run };
        }
        again.values[node - again.run.start].clone()
    }

    /// A stored parameter in the forward arithmetic.
    fn parameter(&self, parameter: ParameterId) -> Array2<F::Elem> {
        let steps = Steps::new(&*self.arithmetic, Text::Parameter(parameter));
        self.stored.read(&steps, &self.stored.network.parameters[parameter].values)
    }

    fn value(&self, node: NodeId, inputs: &[&Array2<F::Elem>]) -> Array2<F::Elem> {
        let ar = &*self.arithmetic;
        let steps = Steps::new(ar, Text::Forward(node));
        match &self.stored.network.nodes[node].operation {
            Operation::Input => self.stored.read(&steps, &self.stored.batch.inputs),
            Operation::Affine { weight, bias } => {
                let weight = self.parameter(*weight);
                let bias = bias.map(|bias| self.parameter(bias).into_iter().collect::<Vec<_>>());
                let left = ar.prepare(weight.view(), Side::Left, Content::Parameter);
                let right = ar.prepare(inputs[0].view(), Side::Right, Content::Activation);
                steps.product(&left, &right, bias.as_deref()) // z = R([W·a + b])
            }
            Operation::Activation { activation, slope } => {
                let z = inputs[0];
                match slope {
                    None => steps.map(&Function::Value(*activation), z), // a = R(φ(z))
                    Some(slope) => {
                        let slope = self.parameter(*slope);
                        steps.entries(z.dim(), |at, index| match is_positive(&ar.exact(&z[index])) {
                            true => z[index].clone(),
                            // a = R(R(s)·z); NaN stays NaN.
                            false => ar.binary(at, Binary::Multiply, &slope[(0, 0)], &z[index]),
                        })
                    }
                }
            }
            Operation::Scale { factor } => {
                let factor = Steps::new(ar, Text::Constant(node)).number(&self.stored.number(*factor));
                steps.scaled(&factor, inputs[0]) // R(R(s)·x)
            }
            Operation::Add => steps.zip(Binary::Add, inputs[0], inputs[1]),
        }
    }
}

/// A forward pass in any arithmetic: what the backward pass takes from it crosses as exact numbers.
pub trait Values: Send + Sync {
    /// A node's value.
    fn exact(&self, node: NodeId) -> ExactMatrix;
    /// p_k = R(e_k/R([Σ e])), e_k = R(exp(R(y_k − max y))).
    fn softmax(&self) -> ExactMatrix;
    /// d = R(φ'(z)) of an activation node; uses the given branches instead of those of z if there are any.
    fn derivative(&self, node: NodeId, branches: Option<&Branches>) -> ExactMatrix;
    /// The piece of φ' on which each pre-activation lies; `None` for infinities and NaN.
    fn branches(&self) -> Branches;
    /// True once the storage type could not give the exact bits of its arithmetic.
    fn range_exceeded(&self) -> bool;
}

impl<F: Arithmetic> Values for Forward<'_, F> {
    fn softmax(&self) -> ExactMatrix {
        let ar = &*self.arithmetic;
        let y = self.at(self.stored.network.output());
        let steps = Steps::new(ar, Text::Forward(self.stored.network.nodes.len()));
        let maxima: Vec<F::Elem> = y.columns().into_iter().map(|column| maximum(ar, column)).collect();
        let shifted =
            steps.entries(y.dim(), |at, (k, sample)| ar.binary(at, Binary::Subtract, &y[(k, sample)], &maxima[sample]));
        let exponentials = steps.map(&Function::Exp, &shifted);
        let sums = steps.sum_rows(&exponentials.t().as_standard_layout().to_owned());
        let softmax = steps.entries(y.dim(), |at, (k, sample)| {
            ar.binary(at, Binary::Divide, &exponentials[(k, sample)], &sums[(sample, 0)])
        });
        ar.exact_matrix(&softmax)
    }

    fn derivative(&self, node: NodeId, branches: Option<&Branches>) -> ExactMatrix {
        let Operation::Activation { activation, slope } = self.stored.network.nodes[node].operation else {
            unreachable!("invariant: called for activations only")
        };
        let ar = &*self.arithmetic;
        let z = self.at(self.stored.network.nodes[node].inputs[0]);
        let steps = Steps::new(ar, Text::Derivative(node));
        let other = |index| {
            let piece = branches.and_then(|branches| branches.piece(node, index))?;
            let exact = ar.exact(&z[index]);
            let is_other = activation.branch(piece) != activation.branch(exact.piece_in(&activation)?);
            is_other.then_some((piece, exact))
        };
        let derivative = match slope {
            None => {
                let mut derivative = steps.map(&Function::Derivative(activation), &z);
                if branches.is_some() && activation.is_kinked() {
                    let (limit, at_end) = (steps.next(), steps.next());
                    for (index, d) in derivative.indexed_iter_mut() {
                        let Some((piece, z)) = other(index) else { continue };
                        let at = Place::new(limit, index);
                        *d = match activation.derivative_on(piece, &z.to_float(), DECIDING_BITS) {
                            OnPiece::Number(number) => ar.round(at, &Exact::Long(number)),
                            OnPiece::At(end) => {
                                let end = ar.round(at, &Exact::Double(end));
                                ar.apply(Place::new(at_end, index), &Function::Derivative(activation), &end)
                            }
                        };
                    }
                }
                derivative
            }
            Some(slope) => {
                let stored = self.parameter(slope);
                let one = steps.number(&Exact::Double(1.0));
                from_fn(z.dim(), |index| {
                    let is_above = match other(index) {
                        Some((piece, _)) => Some(piece.0 > 0),
                        None => ar.exact(&z[index]).sign().map(|sign| sign == Ordering::Greater),
                    };
                    match is_above {
                        Some(true) => one.clone(),
                        Some(false) => stored[(0, 0)].clone(),
                        None => z[index].clone(), // NaN stays NaN
                    }
                })
            }
        };
        ar.exact_matrix(&derivative)
    }

    fn exact(&self, node: NodeId) -> ExactMatrix {
        self.arithmetic.exact_matrix(&self.at(node))
    }

    fn branches(&self) -> Branches {
        let mut branches = Branches::unknown(self.stored.network.nodes.len());
        for (node, operation) in self.stored.network.nodes.iter().enumerate() {
            if let Operation::Activation { activation, .. } = &operation.operation {
                let z = self.at(operation.inputs[0]);
                branches.set(node, z.map(|z| self.arithmetic.exact(z).piece_in(activation)));
            }
        }
        branches
    }

    fn range_exceeded(&self) -> bool {
        self.arithmetic.range_exceeded()
    }
}

/// True for z > 0; false for NaN.
pub(super) fn is_positive(z: &Exact) -> bool {
    z.sign() == Some(Ordering::Greater)
}

/// The largest entry of a column by comparison; NaN if any entry is NaN, so that overflow is not hidden.
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
