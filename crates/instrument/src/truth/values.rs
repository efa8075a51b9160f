//! The exact forward pass: every node's value for every sample, kept or recomputed.

use super::Unproven;
use super::precision::Precision;
use super::prepared::Prepared;
use crate::activation::Piece;
use crate::data::Batch;
use crate::graph::{Network, NodeId, Operation};
use crate::norm::column::{Column, Entries};
use crate::norm::sums;
use crate::operation::activation::lemma::{self, Derivative, Undecided};
use crate::operation::affine::lemma::Way;
use crate::operation::{add, scale};
use rayon::prelude::*;

/// The values of one node for every sample.
#[derive(Default)]
struct Value {
    /// One column per sample; `None` if it is not available.
    columns: Option<Vec<Column>>,
    /// φ' of an activation, or the reason why it is unknown.
    derivatives: Option<Vec<Result<Derivative, Unproven>>>,
    /// Per sample and unit the piece of φ' on which z lies; empty if the node is not an activation.
    pieces: Vec<Vec<Option<Piece>>>,
}

/// Values during the backward pass: those of the current segment, and those that other segments read.
pub struct Values<'n> {
    network: &'n Network,
    prepared: &'n Prepared,
    batch: &'n Batch,
    precision: Precision,
    undecided: Undecided,
    nodes: Vec<Value>,
}

impl<'n> Values<'n> {
    /// Runs the forward pass.
    ///
    /// # Errors
    /// A value exceeded the range of exponents, or lies on an unknown side of a jump of φ.
    pub fn new(
        network: &'n Network,
        prepared: &'n Prepared,
        batch: &'n Batch,
        precision: Precision,
        undecided: Undecided,
    ) -> Result<Values<'n>, Unproven> {
        let nodes = network.nodes.iter().map(|_| Value::default()).collect();
        let mut values = Values { network, prepared, batch, precision, undecided, nodes };
        let segments = &prepared.segments;
        for run in segments.runs() {
            for node in run.clone() {
                values.compute(node)?;
            }
            if !segments.is_last(run) {
                for node in run.clone() {
                    let value = &mut values.nodes[node];
                    value.derivatives = None;
                    if !segments.is_kept(node) {
                        value.columns = None;
                    }
                }
            }
        }
        Ok(values)
    }

    /// A node's value, one column per sample.
    ///
    /// # Panics
    /// If it is not available: [`Values::reach`] provides it.
    pub fn of(&self, node: NodeId) -> &[Column] {
        self.nodes[node].columns.as_deref().expect("invariant: the backward pass has reached this node and not left it")
    }

    /// φ' of an activation for every sample.
    ///
    /// # Panics
    /// As [`Values::of`].
    pub fn derivatives(&self, node: NodeId) -> &[Result<Derivative, Unproven>] {
        self.nodes[node].derivatives.as_deref().expect("invariant: the backward pass has reached this activation")
    }

    /// Per sample and unit the piece of φ' on which z lies; `None` if it is undecided.
    pub fn pieces(&self, node: NodeId) -> &[Vec<Option<Piece>>] {
        &self.nodes[node].pieces
    }

    /// Provides the values that the backward pass needs at a node, and drops those above it.
    pub fn reach(&mut self, node: NodeId) {
        // From below: higher values were dropped when the backward pass left them.
        for above in &mut self.nodes[node + 1..] {
            if above.columns.is_none() && above.derivatives.is_none() {
                break;
            }
            (above.columns, above.derivatives) = (None, None);
        }
        let run = self.prepared.segments.of(node);
        let is_activation = |node: NodeId| matches!(self.network.nodes[node].operation, Operation::Activation { .. });
        let is_at_hand = |value: &Value, node: NodeId| {
            value.columns.is_some() && (value.derivatives.is_some() || !is_activation(node))
        };
        for node in run.start..=node {
            if !is_at_hand(&self.nodes[node], node) {
                self.compute(node).expect("invariant: what was computed once is computed again");
            }
        }
    }

    /// Computes one node from its inputs.
    fn compute(&mut self, index: NodeId) -> Result<(), Unproven> {
        let node = &self.network.nodes[index];
        let precision = self.precision;
        let columns: Vec<Result<Column, Unproven>> = match &node.operation {
            Operation::Input => {
                let samples = self.batch.inputs.columns().into_iter();
                samples.map(|sample| Ok(Column::exact(sample.iter().copied()))).collect()
            }
            Operation::Affine { bias, .. } => {
                let products = self.prepared.weights(index).multiply(Way::Forward, self.of(node.inputs[0]));
                match bias {
                    Some(bias) => {
                        let bias = self.network.parameters[*bias].values.iter().copied();
                        let bias = Entries::from_doubles(bias);
                        let add = |product| sums::add_exact(product, &bias).map(|sum| sums::shortened(sum, precision));
                        products.into_par_iter().map(add).collect()
                    }
                    None => products.into_iter().map(Ok).collect(),
                }
            }
            Operation::Activation { activation, slope } => {
                let slope = slope.map(|slope| self.network.parameters[slope].values[(0, 0)]);
                let activate = |z: &Column| lemma::activate(activation, slope, z, precision, self.undecided);
                let activated: Result<Vec<_>, Unproven> =
                    self.of(node.inputs[0]).par_iter().map(activate).collect::<Vec<_>>().into_iter().collect();
                let (mut columns, mut derivatives, mut pieces) = (Vec::new(), Vec::new(), Vec::new());
                for sample in activated? {
                    columns.push(sample.value);
                    derivatives.push(sample.derivative);
                    pieces.push(sample.pieces);
                }
                self.nodes[index] = Value { columns: Some(columns), derivatives: Some(derivatives), pieces };
                return Ok(());
            }
            Operation::Scale { factor } => {
                self.of(node.inputs[0]).par_iter().map(|a| Ok(scale::lemma(a, *factor, precision))).collect()
            }
            Operation::Add => {
                let (branch, skip) = (self.of(node.inputs[0]), self.of(node.inputs[1]));
                branch.par_iter().zip(skip).map(|(branch, skip)| add::lemma(branch, skip, precision)).collect()
            }
        };
        self.nodes[index].columns = Some(columns.into_iter().collect::<Result<_, _>>()?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::segments::Segments;
    use crate::probe;
    use crate::spec::Spec;

    /// At every point of the backward pass, only its current segment and the values that other segments read are kept.
    #[test]
    fn what_was_left_is_forgotten() {
        let plan =
            Spec { depth: 24, width: 3, batch: 2, trials: 1, residual: true, ..Spec::default() }.validate().unwrap();
        let probe::Drawn { network, batch } = probe::draw(&plan, &plan.runs[0], 0);
        for count in [1, 5] {
            let segments = Segments::new(&network, count);
            let prepared = Prepared::in_segments(&network, segments.clone());
            let mut values = Values::new(&network, &prepared, &batch, 100u32.into(), Undecided::Refused).unwrap();
            for node in (0..network.nodes.len()).rev() {
                values.reach(node);
                let run = segments.of(node);
                for (other, value) in values.nodes.iter().enumerate() {
                    let is_wanted = run.contains(&other) || segments.is_kept(other);
                    assert!(other <= node && is_wanted || value.columns.is_none(), "{other} at {node} of {count}");
                    assert!(other <= node && run.contains(&other) || value.derivatives.is_none(), "{other} at {node}");
                }
            }
        }
    }
}
