//! What the norm-wise proof prepares once for all precisions.

use crate::graph::segments::Segments;
use crate::graph::{Network, NodeId, Operation};
use crate::operation::affine::lemma::Weights;
use rayon::prelude::*;

/// The weights of every affine node, prepared for both directions, and the values that are kept for the backward pass.
pub struct Prepared {
    weights: Vec<Option<Weights>>,
    pub(super) segments: Segments,
}

impl Prepared {
    /// Prepares a network's weights once for all samples and precisions; all values are kept.
    pub fn new(network: &Network) -> Prepared {
        Prepared::in_segments(network, Segments::new(network, 1))
    }

    /// The same, keeping values as the segments define.
    pub fn in_segments(network: &Network, segments: Segments) -> Prepared {
        let weights = network.nodes.par_iter().map(|node| match node.operation {
            Operation::Affine { weight, .. } => Some(Weights::new(&network.parameters[weight].values)),
            _ => None,
        });
        Prepared { weights: weights.collect(), segments }
    }

    pub(super) fn weights(&self, node: NodeId) -> &Weights {
        self.weights[node].as_ref().expect("invariant: affine nodes have weights")
    }
}
