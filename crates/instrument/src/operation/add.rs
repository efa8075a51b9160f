//! R(x + y): branch and skip.
//!
//! Backward: both receive g as it is.

use super::role::Role;
use super::values::{Saved, Shares};
use crate::arithmetic::{Arithmetic, Binary, Text};
use crate::enclosure::Precision;
use crate::graph::{NodeId, Shape};
use crate::norm::column::{Bits, Column, Entries};
use crate::norm::sums::sums;
use crate::norm::term::{Term, term};
use crate::norm::unproven::Unproven;
use ndarray::Array2;

/// What it keeps: x + y.
pub(super) const SAVED: Saved = Saved::VALUE;

/// That of both.
pub(super) fn shape(x: Shape, y: Shape) -> Result<Shape, String> {
    match x == y {
        true => Ok(x),
        false => Err(format!("{} features cannot be added to {}", x.features, y.features)),
    }
}

/// x + y.
pub fn forward<A: Arithmetic>(role: &Role<'_, A>, node: NodeId, inputs: &[&Array2<A::Elem>]) -> Array2<A::Elem> {
    role.steps(Text::Forward(node)).zip(Binary::Add, inputs[0], inputs[1])
}

/// g twice.
pub fn backward<E: Clone>(gradient: &Array2<E>) -> Shares<E> {
    Shares { inputs: vec![Some(gradient.clone()), Some(gradient.clone())], parameters: Vec::new(), input: None }
}

/// The norm-wise lemma: branch + skip at p bits: errors add, an entry is exact if both are and nothing was rounded.
pub fn lemma(branch: &Column, skip: &Column, precision: impl Into<Precision>) -> Result<Column, Unproven> {
    let (integers, exponent) = sums((&branch.integers, branch.exponent), (&skip.integers, &|_| skip.exponent))?;
    let inexact = Bits::from_fn(branch.len(), |i| branch.inexact.get(i) || skip.inexact.get(i));
    let error = term(Term::AddBranch, branch.error) + term(Term::AddSkip, skip.error);
    Ok(Column::store(Entries::at(integers, exponent), inexact, error, precision))
}
