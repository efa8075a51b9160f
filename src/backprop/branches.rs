//! On which branch of φ' each pre-activation lies: in one run, and to be taken by another.

use crate::activation::Piece;
use crate::network::NodeId;
use ndarray::Array2;

/// Per activation node and pre-activation (units × batch) a piece of φ'; none where it is not known.
#[derive(Clone, Debug, PartialEq)]
pub struct Branches {
    /// By node; none for nodes that are no activation.
    pieces: Vec<Option<Array2<Option<Piece>>>>,
}

impl Branches {
    /// Of a network of so many nodes, none known yet.
    pub fn unknown(nodes: usize) -> Branches {
        Branches { pieces: vec![None; nodes] }
    }

    /// Says those of a node.
    pub fn set(&mut self, node: NodeId, pieces: Array2<Option<Piece>>) {
        self.pieces[node] = Some(pieces);
    }

    /// The piece of one pre-activation.
    pub fn piece(&self, node: NodeId, index: (usize, usize)) -> Option<Piece> {
        self.pieces[node].as_ref().and_then(|pieces| pieces[index])
    }
}
