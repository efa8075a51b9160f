//! The branch of φ' of each pre-activation in one run, which another run can use.

use crate::activation::Piece;
use crate::graph::NodeId;
use ndarray::Array2;

/// Per activation node and pre-activation (units × batch) a piece of φ'; `None` if it is unknown.
#[derive(Clone, Debug, PartialEq)]
pub struct Branches {
    /// By node; `None` for nodes that are not activations.
    pieces: Vec<Option<Array2<Option<Piece>>>>,
}

impl Branches {
    /// For a network with a number of nodes, none of them known yet.
    pub fn unknown(nodes: usize) -> Branches {
        Branches { pieces: vec![None; nodes] }
    }

    /// Sets the branches of a node.
    pub fn set(&mut self, node: NodeId, pieces: Array2<Option<Piece>>) {
        self.pieces[node] = Some(pieces);
    }

    /// The largest number of unknown branches in a sample of a node; 0 if it is not an activation.
    pub fn most_unknown(&self, node: NodeId) -> usize {
        let Some(pieces) = &self.pieces[node] else { return 0 };
        let unknown = pieces.columns().into_iter().map(|sample| sample.iter().filter(|piece| piece.is_none()).count());
        unknown.max().unwrap_or(0)
    }

    /// The piece of one pre-activation.
    pub fn piece(&self, node: NodeId, index: (usize, usize)) -> Option<Piece> {
        self.pieces[node].as_ref().and_then(|pieces| pieces[index])
    }
}
