//! The network's values in one arithmetic, from the inputs to softmax.

use crate::activation::Activation;
use crate::arithmetic::{Arithmetic, Crossing, from_fn};
use crate::graph::segments::Segments;
use crate::graph::{Node, NodeId, Operation, ParameterId, Shape};
use crate::operation::{self, Branches, Role, Stored, Values, activation, loss};
use ndarray::Array2;
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

impl<'n, F: Arithmetic> Forward<'n, F> {
    /// Runs the forward pass.
    ///
    /// # Panics
    /// If shapes do not fit.
    pub fn new(stored: Stored<'n>, arithmetic: Arc<F>, segments: Arc<Segments>) -> Forward<'n, F> {
        let (features, samples) = stored.batch.inputs.dim();
        operation::shapes(stored.network, Shape::of_samples(features, samples)).expect("invariant: shapes fit");
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
                    Arc::new(operation::forward(&self.role(), node, &inputs))
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

    fn role(&self) -> Role<'_, F> {
        Role { stored: self.stored, arithmetic: &self.arithmetic, reads_again: false }
    }

    /// An activation node with its pre-activations.
    fn activated(&self, node: NodeId) -> ((Activation, Option<ParameterId>), Value<F>) {
        let Node { operation: Operation::Activation { activation, slope }, inputs } = &self.stored.network.nodes[node]
        else {
            unreachable!("invariant: called for activations only")
        };
        ((*activation, *slope), self.at(inputs[0]))
    }
}

impl<F: Arithmetic> Values for Forward<'_, F> {
    fn value(&self, node: NodeId) -> Crossing {
        self.arithmetic.crossing(&self.at(node))
    }

    fn softmax(&self) -> Crossing {
        let y = self.at(self.stored.network.output());
        self.arithmetic.crossing(&loss::softmax(&self.role(), &y))
    }

    fn derivative(&self, node: NodeId, branches: Option<&Branches>) -> Crossing {
        let (activation, z) = self.activated(node);
        self.arithmetic.crossing(&activation::derivative(&self.role(), node, activation, branches, &z))
    }

    fn branches(&self) -> Branches {
        let nodes = &self.stored.network.nodes;
        let mut branches = Branches::unknown(nodes.len());
        for node in (0..nodes.len()).filter(|node| matches!(nodes[*node].operation, Operation::Activation { .. })) {
            let ((activation, _), z) = self.activated(node);
            let z = self.arithmetic.crossing(&z);
            branches.set(node, from_fn(z.dim(), |index| z.piece(index, &activation)));
        }
        branches
    }

    fn range_exceeded(&self) -> bool {
        self.arithmetic.range_exceeded()
    }
}
