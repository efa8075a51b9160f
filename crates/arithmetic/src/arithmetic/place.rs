//! Where a rounding takes place: no two roundings of a run share a place.
//!
//! A run's operations are divided into [`Text`]s, which count their [`Step`]s as they take them; a step is one operation
//! on all entries of a tensor, and a [`Place`] is one entry of it. Rounding to nearest ignores places; stochastic rounding
//! draws its random bits by them, so no result depends on blocking, threads or recomputation.

use super::{Arithmetic, Binary, Crossing, Exact, ExactMatrix, from_fn};
use crate::activation::Function;
use ndarray::Array2;
use std::cell::Cell;

/// Operations of a run that follow each other and are always taken in the same order.
///
/// The loss is the node after the network's last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    /// A node's value, by its number.
    Forward(usize),
    /// What a node's backward pass takes from the forward arithmetic: φ' of its input.
    Derivative(usize),
    /// A node's value as the backward arithmetic receives it.
    Crossing(usize),
    /// The gradients of a node's inputs and parameters.
    Backward(usize),
    /// The sum of what the readers of a node's value sent back.
    Gathering(usize),
    /// The sum of a parameter's gradients over the nodes that have it.
    Sharing(usize),
    /// A constant of a node in the forward arithmetic, and in the backward one if that is another.
    Constant(usize),
    /// A parameter in the forward arithmetic, and in the backward one if that is another.
    Parameter(usize),
    /// A parameter, its gradient and its state as the optimiser's arithmetic reads them.
    Reading(usize),
    /// The optimiser's update of a parameter.
    Update(usize),
    /// The updated parameter in the format in which it is kept.
    Storing(usize),
    /// Clipping the norm of all gradients.
    Clipping,
}

impl Text {
    /// Its first step.
    pub const fn first(self) -> Step {
        let (part, number) = match self {
            Text::Forward(node) => (0, node),
            Text::Derivative(node) => (1, node),
            Text::Crossing(node) => (2, node),
            Text::Backward(node) => (3, node),
            Text::Gathering(node) => (4, node),
            Text::Constant(node) => (5, node),
            Text::Parameter(parameter) => (6, parameter),
            Text::Reading(parameter) => (7, parameter),
            Text::Update(parameter) => (8, parameter),
            Text::Storing(parameter) => (9, parameter),
            Text::Sharing(parameter) => (10, parameter),
            Text::Clipping => (11, 0),
        };
        Step { node: number as u32, number: part << 28 }
    }
}

/// One operation on all entries of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Step {
    /// The node (or parameter) of its text.
    pub node: u32,
    /// Its number there, with the text's part in the upper four bits.
    pub number: u32,
}

impl Step {
    /// The only step of a node, by its number: for numbers outside a network.
    pub const fn alone(node: usize) -> Step {
        Text::Forward(node).first()
    }
}

/// One entry of a step's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The step.
    pub step: Step,
    /// Row of the entry.
    pub row: u32,
    /// Column of the entry.
    pub column: u32,
}

impl Place {
    /// The entry of a step's matrix at `(row, column)`.
    pub fn new(step: Step, (row, column): (usize, usize)) -> Place {
        Place { step, row: row as u32, column: column as u32 }
    }
}

/// An arithmetic whose operations are the steps of a text: every call takes the next one.
pub struct Steps<'a, A: Arithmetic> {
    arithmetic: &'a A,
    next: Cell<Step>,
}

impl<'a, A: Arithmetic> Steps<'a, A> {
    /// From the first step of a text on.
    pub fn new(arithmetic: &'a A, text: Text) -> Steps<'a, A> {
        Steps { arithmetic, next: Cell::new(text.first()) }
    }

    /// The arithmetic.
    pub fn arithmetic(&self) -> &'a A {
        self.arithmetic
    }

    /// Takes the next step; each of its places belongs to one rounding.
    pub fn next(&self) -> Step {
        let step = self.next.get();
        self.next.set(Step { number: step.number + 1, ..step });
        step
    }

    /// R(x), one number.
    pub fn number(&self, x: &Exact) -> A::Elem {
        self.arithmetic.round(Place::new(self.next(), (0, 0)), x)
    }

    /// R(f(x)), one number.
    pub fn apply(&self, f: &Function, x: &A::Elem) -> A::Elem {
        self.arithmetic.apply(Place::new(self.next(), (0, 0)), f, x)
    }

    /// R(x ∘ y), one number.
    pub fn binary(&self, operation: Binary, x: &A::Elem, y: &A::Elem) -> A::Elem {
        self.arithmetic.binary(Place::new(self.next(), (0, 0)), operation, x, y)
    }

    /// R(n/d), one number.
    pub fn quotient(&self, numerator: u64, denominator: u64) -> A::Elem {
        self.arithmetic.quotient(Place::new(self.next(), (0, 0)), numerator, denominator)
    }

    /// What crossed, rounded in every entry.
    pub fn receive(&self, x: &Crossing) -> Array2<A::Elem> {
        self.arithmetic.receive(self.next(), x)
    }

    /// R(x·2^log2) in every entry.
    pub fn times_two_to(&self, x: &Array2<A::Elem>, log2: i32) -> Array2<A::Elem> {
        self.arithmetic.times_two_to(self.next(), x, log2)
    }

    /// R(x) in every entry.
    pub fn round(&self, x: &ExactMatrix) -> Array2<A::Elem> {
        match x {
            ExactMatrix::Doubles(x) => self.round_doubles(x),
            ExactMatrix::Any(x) => self.arithmetic.round_matrix(self.next(), x),
        }
    }

    /// R(x) in every entry, of doubles.
    pub fn round_doubles(&self, x: &Array2<f64>) -> Array2<A::Elem> {
        self.arithmetic.round_doubles(self.next(), x)
    }

    /// R(f(x)) in every entry.
    pub fn map(&self, f: &Function, x: &Array2<A::Elem>) -> Array2<A::Elem> {
        self.arithmetic.map(self.next(), f, x)
    }

    /// R(x ∘ y) in every pair of entries.
    pub fn zip(&self, operation: Binary, x: &Array2<A::Elem>, y: &Array2<A::Elem>) -> Array2<A::Elem> {
        self.arithmetic.zip(self.next(), operation, x, y)
    }

    /// R(s·x) in every entry.
    pub fn scaled(&self, s: &A::Elem, x: &Array2<A::Elem>) -> Array2<A::Elem> {
        self.entries(x.dim(), |at, index| self.arithmetic.binary(at, Binary::Multiply, s, &x[index]))
    }

    /// At most one rounding for each entry, at its place.
    pub fn entries(
        &self,
        shape: (usize, usize),
        mut entry: impl FnMut(Place, (usize, usize)) -> A::Elem,
    ) -> Array2<A::Elem> {
        let step = self.next();
        from_fn(shape, |index| entry(Place::new(step, index), index))
    }

    /// [`Arithmetic::dot`] of two vectors.
    pub fn dot(&self, row: &[A::Elem], column: &[A::Elem]) -> A::Elem {
        self.arithmetic.dot(Place::new(self.next(), (0, 0)), row, column, None)
    }

    /// [`Arithmetic::sum_rows`].
    pub fn sum_rows(&self, x: &Array2<A::Elem>) -> Array2<A::Elem> {
        self.arithmetic.sum_rows(self.next(), x)
    }

    /// [`Arithmetic::product`].
    pub fn product(&self, left: &A::Operand, right: &A::Operand, last: Option<&[A::Elem]>) -> Array2<A::Elem> {
        self.arithmetic.product(self.next(), left, right, last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_share_no_step() {
        let texts = |n| {
            use Text::*;
            [
                Forward(n),
                Derivative(n),
                Crossing(n),
                Backward(n),
                Gathering(n),
                Sharing(n),
                Constant(n),
                Parameter(n),
                Reading(n),
                Update(n),
                Storing(n),
            ]
        };
        let firsts: std::collections::BTreeSet<Step> =
            (0..3).flat_map(texts).chain([Text::Clipping]).map(Text::first).collect();
        assert_eq!(firsts.len(), 3 * 11 + 1);
    }
}
