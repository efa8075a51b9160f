//! The network's values in one arithmetic, from the inputs to softmax.

use super::branches::Branches;
use crate::activation::{Activation, Function, OnPiece};
use crate::arithmetic::{Arithmetic, Binary, Content, Exact, ExactMatrix, Place, Side, Steps, Text, from_fn};
use crate::format::{F64, Format};
use crate::network::segments::Segments;
use crate::network::{Batch, Network, NodeId, Operation, ParameterId};
use ndarray::{Array2, ArrayView1};
use rug::Float;
use std::cmp::Ordering;
use std::ops::Range;
use std::sync::{Arc, Mutex};

/// A network's values in the forward arithmetic, kept or recomputed as its [`Segments`] define.
pub struct Forward<'n, F: Arithmetic> {
    pub(super) network: &'n Network,
    pub(super) batch: &'n Batch,
    /// Parameters, inputs and targets are rounded to this format before a role sees them.
    storage: Option<Format>,
    pub(super) arithmetic: Arc<F>,
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
    pub fn new(
        network: &'n Network,
        batch: &'n Batch,
        storage: Option<Format>,
        arithmetic: Arc<F>,
        segments: Arc<Segments>,
    ) -> Forward<'n, F> {
        let kept = vec![None; network.nodes.len()];
        let again = Mutex::new(Again { run: 0..0, values: Vec::new() });
        let mut forward = Forward { network, batch, storage, arithmetic, segments: segments.clone(), kept, again };
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
                        self.network.nodes[node].inputs.iter().map(|&node| input(node)).collect();
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
    pub(super) fn at(&self, node: NodeId) -> Value<F> {
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

    /// An exact double after storing.
    pub(super) fn stored(&self, x: f64) -> Exact {
        match self.storage {
            Some(format) if format == F64 || format.fits_f64_lanes() => Exact::Double(format.round_f64(x)),
            Some(format) => Exact::Long(format.round(&Float::with_val(53, x))),
            None => Exact::Double(x),
        }
    }

    /// Exact doubles after storing, in a role's arithmetic.
    pub(super) fn read<A: Arithmetic>(&self, steps: &Steps<'_, A>, values: &Array2<f64>) -> Array2<A::Elem> {
        match self.storage {
            None => steps.round_doubles(values),
            Some(_) => steps.round(&ExactMatrix::Any(values.map(|&x| self.stored(x)))),
        }
    }

    /// A stored parameter in the forward arithmetic.
    fn parameter(&self, parameter: ParameterId) -> Array2<F::Elem> {
        let steps = Steps::new(&*self.arithmetic, Text::Parameter(parameter));
        self.read(&steps, &self.network.parameters[parameter].values)
    }

    fn value(&self, node: NodeId, inputs: &[&Array2<F::Elem>]) -> Array2<F::Elem> {
        let ar = &*self.arithmetic;
        let steps = Steps::new(ar, Text::Forward(node));
        match &self.network.nodes[node].operation {
            Operation::Input => self.read(&steps, &self.batch.inputs),
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
                let factor = Steps::new(ar, Text::Constant(node)).number(&self.stored(*factor));
                steps.scaled(&factor, inputs[0]) // R(R(s)·x)
            }
            Operation::Add => steps.zip(Binary::Add, inputs[0], inputs[1]),
        }
    }

    /// p_k = R(e_k/R([Σ e])), e_k = R(exp(R(y_k − max y))).
    pub(super) fn softmax(&self) -> ExactMatrix {
        let ar = &*self.arithmetic;
        let y = self.at(self.network.output());
        let steps = Steps::new(ar, Text::Forward(self.network.nodes.len()));
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

    /// d = R(φ'(z)) of an activation node; uses the given branches instead of those of z if there are any.
    pub(super) fn derivative(&self, node: NodeId, branches: Option<&Branches>) -> ExactMatrix {
        let Operation::Activation { activation, slope } = self.network.nodes[node].operation else {
            unreachable!("invariant: called for activations only")
        };
        let ar = &*self.arithmetic;
        let z = self.at(self.network.nodes[node].inputs[0]);
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

    /// A node's value as exact numbers.
    pub(super) fn exact(&self, node: NodeId) -> ExactMatrix {
        self.arithmetic.exact_matrix(&self.at(node))
    }

    /// The piece of φ' on which each pre-activation lies; `None` for infinities and NaN.
    pub fn branches(&self) -> Branches {
        let mut branches = Branches::unknown(self.network.nodes.len());
        for (node, operation) in self.network.nodes.iter().enumerate() {
            if let Operation::Activation { activation, .. } = &operation.operation {
                let z = self.at(operation.inputs[0]);
                branches.set(node, z.map(|z| self.arithmetic.exact(z).piece_in(activation)));
            }
        }
        branches
    }
}

impl Exact {
    /// The piece of φ' in which a finite number lies.
    pub fn piece_in(&self, activation: &Activation) -> Option<crate::activation::Piece> {
        self.is_finite().then(|| {
            activation.piece(|at| self.partial_cmp(&Exact::Double(at)).expect("invariant: finite numbers compare"))
        })
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
