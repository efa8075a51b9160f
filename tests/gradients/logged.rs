//! f64 that tells of every operation before it is done.

use crate::common::erased::named;
use ndarray::{Array2, ArrayView2};
use precision_probe::activation::Function;
use precision_probe::arithmetic::packed::Packed;
use precision_probe::arithmetic::reference::Reference;
use precision_probe::arithmetic::{Arithmetic, Binary, Content, Crossing, Exact, Numbers, Place, Side, Step};

/// An operation as an arithmetic is asked for it.
#[derive(Clone, Copy, Debug)]
pub enum Asked<'f> {
    Round,
    Dot { has_last: bool },
    Apply(&'f Function),
    Binary(Binary),
}

/// Tells of the place, the operation and its operands.
pub struct Logged<F> {
    note: F,
    inner: Reference<Packed<f64>>,
}

impl<F: Fn(Place, Asked, &[f64]) + Send + Sync> Logged<F> {
    pub fn new(note: F) -> Logged<F> {
        Logged { note, inner: Reference(Packed::<f64>::new(named("f64")).expect("f64 has lanes")) }
    }
}

impl<F: Fn(Place, Asked, &[f64]) + Send + Sync> Arithmetic for Logged<F> {
    type Elem = f64;
    type Operand = Vec<Vec<f64>>;

    fn round(&self, at: Place, x: &Exact) -> f64 {
        (self.note)(at, Asked::Round, &[x.to_f64()]);
        self.inner.round(at, x)
    }
    fn dot(&self, at: Place, row: &[f64], column: &[f64], last: Option<&f64>) -> f64 {
        let operands: Vec<f64> = row.iter().chain(column).chain(last).copied().collect();
        (self.note)(at, Asked::Dot { has_last: last.is_some() }, &operands);
        self.inner.dot(at, row, column, last)
    }
    fn apply(&self, at: Place, f: &Function, x: &f64) -> f64 {
        (self.note)(at, Asked::Apply(f), &[*x]);
        self.inner.apply(at, f, x)
    }
    fn binary(&self, at: Place, operation: Binary, x: &f64, y: &f64) -> f64 {
        (self.note)(at, Asked::Binary(operation), &[*x, *y]);
        self.inner.binary(at, operation, x, y)
    }
    fn prepare(&self, matrix: ArrayView2<f64>, side: Side, content: Content) -> Vec<Vec<f64>> {
        self.inner.prepare(matrix, side, content)
    }
    fn product(&self, step: Step, left: &Vec<Vec<f64>>, right: &Vec<Vec<f64>>, last: Option<&[f64]>) -> Array2<f64> {
        // By this type's own dots, so that they are told.
        let dot = |(i, j)| self.dot(Place::new(step, (i, j)), &left[i], &right[j], last.map(|last: &[f64]| &last[i]));
        Array2::from_shape_fn((left.len(), right.len()), dot)
    }

    fn crossing(&self, x: &Array2<f64>) -> Crossing {
        Crossing::Numbers(self.exact_matrix(x))
    }
}

impl<F: Fn(Place, Asked, &[f64]) + Send + Sync> Numbers for Logged<F> {
    fn exact(&self, x: &f64) -> Exact {
        self.inner.exact(x)
    }
}
