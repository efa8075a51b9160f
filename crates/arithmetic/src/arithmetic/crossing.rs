//! What crosses from one role of a run to the other: numbers, or enclosures where both roles enclose.

use super::{Exact, ExactMatrix};
use crate::activation::{Activation, Piece};
use crate::enclosure::{Ball, Sign};
use ndarray::Array2;
use std::cmp::Ordering;

/// A matrix as it leaves an arithmetic.
#[derive(Clone, Debug)]
pub enum Crossing {
    /// Exact numbers, which any arithmetic of numbers can receive.
    Numbers(ExactMatrix),
    /// Enclosures of numbers that are not known.
    Enclosures(Array2<Ball>),
}

impl Crossing {
    /// The numbers, of an arithmetic that has them.
    ///
    /// # Panics
    /// If these are enclosures.
    pub fn numbers(self) -> ExactMatrix {
        match self {
            Crossing::Numbers(numbers) => numbers,
            Crossing::Enclosures(_) => unreachable!("invariant: asked of arithmetics of numbers only"),
        }
    }

    /// Every entry times 2^log2, exactly.
    pub fn times_two_to(self, log2: i32) -> Crossing {
        let scaled = |ball: Ball| Ball {
            midpoint: ball.midpoint.times_two_to(i64::from(log2)),
            radius: ball.radius.scaled(i64::from(log2)),
        };
        match self {
            _ if log2 == 0 => self,
            Crossing::Numbers(numbers) => Crossing::Numbers(numbers.times_two_to(log2)),
            Crossing::Enclosures(balls) => Crossing::Enclosures(balls.mapv(scaled)),
        }
    }

    /// One entry, if it is a number.
    pub fn number(&self, index: (usize, usize)) -> Option<Exact> {
        match self {
            Crossing::Numbers(numbers) => Some(numbers.get(index)),
            Crossing::Enclosures(_) => None,
        }
    }

    /// Rows and columns.
    pub fn dim(&self) -> (usize, usize) {
        match self {
            Crossing::Numbers(numbers) => numbers.dim(),
            Crossing::Enclosures(balls) => balls.dim(),
        }
    }

    /// The piece of φ' on which an entry lies; `None` for infinities and NaN, and where an enclosure does not decide it.
    pub fn piece(&self, index: (usize, usize), activation: &Activation) -> Option<Piece> {
        match self {
            Crossing::Numbers(numbers) => numbers.get(index).piece_in(activation),
            Crossing::Enclosures(balls) => balls[index].piece_in(activation),
        }
    }

    /// How an entry compares with zero.
    pub fn sign(&self, index: (usize, usize)) -> Sign {
        match self {
            Crossing::Numbers(numbers) => numbers.get(index).sign().map_or(Sign::Unordered, Sign::Known),
            Crossing::Enclosures(balls) => balls[index].sign(),
        }
    }

    /// The row of a column's largest number, the first one of equals; of the first NaN if there is one.
    pub fn largest(&self, column: usize) -> usize {
        let Crossing::Numbers(numbers) = self else { unreachable!("invariant: asked of arithmetics of numbers only") };
        let mut best = (0, numbers.get((0, column)));
        for row in 1..numbers.dim().0 {
            let challenger = numbers.get((row, column));
            let is_larger = challenger.partial_cmp(&best.1) == Some(Ordering::Greater);
            if is_larger || (challenger.sign().is_none() && best.1.sign().is_some()) {
                best = (row, challenger);
            }
        }
        best.0
    }
}
