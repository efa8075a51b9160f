//! R(R(s)·x) with an exact constant s, which a format that cannot represent it rounds when storing it, like a parameter.
//!
//! Backward: R(R(s)·g).

use super::role::Role;
use super::values::{Saved, Shares};
use crate::arithmetic::{Arithmetic, Text};
use crate::enclosure::{Bound, Precision};
use crate::graph::NodeId;
use crate::integers::Integers;
use crate::norm::column::{Bits, Column, Entries};
use crate::norm::term::{Term, term};
use ndarray::Array2;

/// What it keeps: s·x.
pub(super) const SAVED: Saved = Saved::VALUE;

/// s·x.
pub fn forward<A: Arithmetic>(role: &Role<'_, A>, node: NodeId, factor: f64, x: &Array2<A::Elem>) -> Array2<A::Elem> {
    role.steps(Text::Forward(node)).scaled(&role.constant(node, factor), x)
}

/// s·g.
pub fn backward<B: Arithmetic>(
    role: &Role<'_, B>,
    node: NodeId,
    factor: f64,
    gradient: &Array2<B::Elem>,
) -> Shares<B::Elem> {
    Shares::of(role.steps(Text::Backward(node)).scaled(&role.constant(node, factor), gradient))
}

/// The norm-wise lemma at p bits, forward and backward: the product of integers is exact, the error is |s|α, and an entry is
/// exact if a_i is or s is zero, and nothing was rounded.
pub fn lemma(a: &Column, factor: f64, precision: impl Into<Precision>) -> Column {
    let s = Entries::from_doubles(std::iter::once(factor));
    let mut products = Integers::zeros(a.len(), a.integers.words() + 1);
    (0..a.len()).for_each(|i| products.set_product(i, (&a.integers, i), (&s.integers, 0)));
    let inexact = Bits::from_fn(a.len(), |i| a.inexact.get(i) && factor != 0.0);
    let error = term(Term::ScalePropagated, Bound::from_f64(factor.abs()) * a.error);
    Column::store(Entries::at(products, a.exponent + s.exponents[0]), inexact, error, precision)
}
