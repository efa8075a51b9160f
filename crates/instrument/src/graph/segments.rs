//! Decides which values a forward pass keeps for the backward pass, and which are recomputed.
//!
//! The nodes are divided into segments of consecutive nodes. Of a segment that the backward pass has not reached, only
//! the values that a later segment reads are kept; the others are recomputed from them when they are needed (Chen, Xu,
//! Zhang and Guestrin 2016). With √L segments of √L layers, memory grows as √L and the forward pass runs twice.

use super::{Network, NodeId};
use std::ops::Range;

/// Segments of consecutive nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segments {
    runs: Vec<Range<NodeId>>,
    kept: Vec<bool>,
}

impl Segments {
    /// About `count` segments with equal numbers of layers, at least one.
    pub fn new(network: &Network, count: usize) -> Segments {
        let layers = network.sites.len();
        let count = count.clamp(1, layers.max(1));
        // A segment starts at the affine node of a layer.
        let mut starts: Vec<NodeId> = (1..count).map(|run| network.sites[run * layers / count].node).collect();
        starts.insert(0, 0);
        starts.dedup();
        let ends = starts.iter().skip(1).copied().chain([network.nodes.len()]);
        let runs: Vec<Range<NodeId>> = starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect();
        let mut segments = Segments { runs, kept: vec![false; network.nodes.len()] };
        for (id, node) in network.nodes.iter().enumerate() {
            for &input in &node.inputs {
                segments.kept[input] |= segments.of(input) != segments.of(id);
            }
        }
        segments
    }

    /// The number of segments that minimises memory for a network of L layers: √L.
    pub fn balanced(layers: usize) -> usize {
        (layers as f64).sqrt().round() as usize
    }

    /// The segments in order.
    pub fn runs(&self) -> &[Range<NodeId>] {
        &self.runs
    }

    /// The segment of a node.
    pub fn of(&self, node: NodeId) -> Range<NodeId> {
        let run = self.runs.iter().find(|run| run.contains(&node));
        run.expect("invariant: every node lies in a segment").clone()
    }

    /// True if a later segment reads the node's value.
    pub fn is_kept(&self, node: NodeId) -> bool {
        self.kept[node]
    }

    /// True if this is the last segment, of which everything is kept.
    pub fn is_last(&self, run: &Range<NodeId>) -> bool {
        run.end == self.kept.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Node, Operation};
    use crate::loss::Loss;

    /// Affine, activation, and in every second layer a sum with an earlier value.
    fn network(layers: usize) -> Network {
        let mut network = Network::new(Loss::MeanSquaredError);
        let mut below = 0;
        for layer in 0..layers {
            let mut push = |operation, inputs| {
                network.nodes.push(Node { operation, inputs });
                network.nodes.len() - 1
            };
            let affine = push(Operation::Affine { weight: 0, bias: None }, vec![below]);
            let scaled = push(Operation::Scale { factor: 1.0 }, vec![affine]);
            let sum = if layer % 2 == 1 { push(Operation::Add, vec![scaled, below]) } else { scaled };
            network.sites.push(crate::graph::Site { name: layer.to_string(), node: affine, activation: None });
            below = sum;
        }
        network
    }

    /// Segments cover all nodes, and the values that a segment reads from outside are kept.
    #[test]
    fn a_run_reads_kept_values_only() {
        for layers in [1, 2, 7, 20] {
            let network = network(layers);
            for count in [0, 1, 2, 4, 20, 50] {
                let segments = Segments::new(&network, count);
                assert_eq!(segments.runs().len(), count.clamp(1, layers));
                let covered: Vec<NodeId> = segments.runs().iter().cloned().flatten().collect();
                assert_eq!(covered, (0..network.nodes.len()).collect::<Vec<_>>());
                for run in segments.runs() {
                    for node in run.clone() {
                        for input in &network.nodes[node].inputs {
                            assert!(run.contains(input) || segments.is_kept(*input), "{node} reads {input}");
                        }
                    }
                }
                let kept = (0..network.nodes.len()).filter(|&node| segments.is_kept(node)).count();
                assert!(kept <= 2 * segments.runs().len(), "{kept} of {count} runs");
            }
        }
        assert_eq!(Segments::balanced(100), 10);
    }
}
