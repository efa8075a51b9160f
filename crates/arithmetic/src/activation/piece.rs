//! The joints (breakpoints) of an activation on the real line, and the pieces (segments) between them.

use serde::Serialize;
use std::cmp::Ordering;
use std::ops::Deref;

/// The lowest derivative that is discontinuous where two pieces meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Break {
    /// Only φ'' or a higher derivative: φ and φ' are continuous.
    Curvature,
    /// φ' jumps, φ is continuous.
    Slope,
    /// φ itself jumps.
    Value,
}

/// The piece to which a joint itself belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// The piece below the joint.
    Left,
    /// The piece above it.
    Right,
}

/// A point where one formula ends and the next starts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Joint {
    /// The argument.
    pub at: f64,
    /// The piece that gives φ and φ' at the joint itself, as in PyTorch.
    pub owner: Owner,
    /// What is discontinuous there.
    pub breaks: Break,
}

impl Joint {
    const NONE: Joint = Joint::left(0.0, Break::Curvature);

    /// A joint that belongs to the piece below it.
    pub const fn left(at: f64, breaks: Break) -> Joint {
        Joint { at, owner: Owner::Left, breaks }
    }

    /// A joint that belongs to the piece above it.
    pub const fn right(at: f64, breaks: Break) -> Joint {
        Joint { at, owner: Owner::Right, breaks }
    }

    /// True if φ' or φ jumps.
    pub fn is_kink(&self) -> bool {
        self.breaks > Break::Curvature
    }

    /// True if an argument that compares so with the joint lies on the piece above it.
    pub fn is_above(&self, compared: Ordering) -> bool {
        match compared {
            Ordering::Less => false,
            Ordering::Equal => self.owner == Owner::Right,
            Ordering::Greater => true,
        }
    }
}

/// The joints of one activation in increasing order, at most two.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Joints {
    list: [Joint; 2],
    count: usize,
}

impl Joints {
    /// No joints: one formula for the whole line.
    pub const fn none() -> Joints {
        Joints { list: [Joint::NONE; 2], count: 0 }
    }

    /// One joint.
    pub const fn one(joint: Joint) -> Joints {
        Joints { list: [joint, Joint::NONE], count: 1 }
    }

    /// Two joints, the lower one first.
    pub const fn two(lower: Joint, upper: Joint) -> Joints {
        Joints { list: [lower, upper], count: 2 }
    }

    /// The piece of an argument, given how it compares with each joint.
    pub fn piece(&self, compared_with: impl Fn(f64) -> Ordering) -> Piece {
        Piece(self.iter().filter(|joint| joint.is_above(compared_with(joint.at))).count() as u8)
    }

    /// The lower and the upper end of a piece, infinite at the outer ones.
    pub fn ends(&self, piece: Piece) -> (f64, f64) {
        let index = usize::from(piece.0);
        let lower = if index == 0 { f64::NEG_INFINITY } else { self[index - 1].at };
        (lower, self.get(index).map_or(f64::INFINITY, |joint| joint.at))
    }
}

impl Deref for Joints {
    type Target = [Joint];

    fn deref(&self) -> &[Joint] {
        &self.list[..self.count]
    }
}

/// A part of the real line between two joints, counted from the left: 0 is the lowest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Piece(pub u8);

/// A bound that may grow with the argument: constant + per_reach·|x|.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Growth {
    /// The bound at 0, and everywhere if `per_reach` is 0.
    pub constant: f64,
    /// What it grows by per unit of |x|.
    pub per_reach: f64,
}

impl Growth {
    /// The same bound everywhere.
    pub const fn constant(constant: f64) -> Growth {
        Growth { constant, per_reach: 0.0 }
    }

    /// The bound for all arguments up to `reach` in magnitude, rounded to nearest.
    pub fn at(&self, reach: f64) -> f64 {
        self.constant + self.per_reach * reach
    }
}
