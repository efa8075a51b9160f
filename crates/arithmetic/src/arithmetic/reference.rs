//! Only the definition: forwards the scalar operations of an arithmetic and none of its overrides.

use super::{Arithmetic, Binary, Content, Crossing, Exact, Numbers, Place, Side, Step, from_fn};
use crate::activation::Function;
use ndarray::{Array2, ArrayView2};

/// An arithmetic stripped of every fast path.
pub struct Reference<A>(pub A);

impl<A: Numbers> Arithmetic for Reference<A> {
    type Elem = A::Elem;
    /// The vectors along which sums run: a left factor's rows, a right factor's columns.
    type Operand = Vec<Vec<A::Elem>>;

    fn round(&self, at: Place, x: &Exact) -> A::Elem {
        self.0.round(at, x)
    }

    fn dot(&self, at: Place, row: &[A::Elem], column: &[A::Elem], last: Option<&A::Elem>) -> A::Elem {
        self.0.dot(at, row, column, last)
    }

    fn apply(&self, at: Place, f: &Function, x: &A::Elem) -> A::Elem {
        self.0.apply(at, f, x)
    }

    fn binary(&self, at: Place, operation: Binary, x: &A::Elem, y: &A::Elem) -> A::Elem {
        self.0.binary(at, operation, x, y)
    }

    fn prepare(&self, matrix: ArrayView2<A::Elem>, side: Side, _: Content) -> Vec<Vec<A::Elem>> {
        vectors(matrix, side)
    }

    fn product(
        &self,
        step: Step,
        left: &Vec<Vec<A::Elem>>,
        right: &Vec<Vec<A::Elem>>,
        last: Option<&[A::Elem]>,
    ) -> Array2<A::Elem> {
        dots(self, step, left, right, last)
    }

    fn crossing(&self, x: &Array2<A::Elem>) -> Crossing {
        Crossing::Numbers(self.exact_matrix(x))
    }
}

impl<A: Numbers> Numbers for Reference<A> {
    fn exact(&self, x: &A::Elem) -> Exact {
        self.0.exact(x)
    }
}

/// The vectors of one side of a product, each contiguous.
pub(super) fn vectors<E: Clone>(matrix: ArrayView2<E>, side: Side) -> Vec<Vec<E>> {
    let lines = match side {
        Side::Left => matrix.rows(),
        Side::Right => matrix.columns(),
    };
    lines.into_iter().map(|line| line.to_vec()).collect()
}

/// A product by definition: one dot product per entry.
pub(super) fn dots<A: Arithmetic>(
    arithmetic: &A,
    step: Step,
    left: &[Vec<A::Elem>],
    right: &[Vec<A::Elem>],
    last: Option<&[A::Elem]>,
) -> Array2<A::Elem> {
    from_fn((left.len(), right.len()), |(i, j)| {
        arithmetic.dot(Place::new(step, (i, j)), &left[i], &right[j], last.map(|entries| &entries[i]))
    })
}
