//! Arithmetics, which define how every operation of a network rounds.
//!
//! A trait with a few scalar operations is the **definition**; matrix operations follow from it and may be overridden
//! for speed, but never change a bit. [`reference::Reference`] removes every override, so one generic test compares
//! each fast kernel bit by bit with its definition.

pub mod carrier;
pub mod direction;
pub mod dispatch;
pub mod doubles;
pub mod entry;
pub mod exact;
pub mod guard;
pub mod kernels;
pub mod long;
pub mod matrix;
pub mod name;
pub mod packed;
pub mod place;
pub mod policy;
pub mod random;
pub mod reference;
pub mod scaling;
pub mod sum;
pub mod tensor_core;
pub mod wide;

pub use direction::{Direction, Limits};
pub use exact::Exact;
pub use matrix::ExactMatrix;
pub use name::ArithmeticName;
pub use place::{Place, Step, Steps, Text};
pub use policy::Policy;
pub use scaling::{Content, Quantiser};
pub use sum::Sum;

use crate::activation::Function;
use ndarray::{Array2, ArrayView2, Zip};

/// A basic operation on two numbers, rounded once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    /// x + y
    Add,
    /// x − y
    Subtract,
    /// x · y
    Multiply,
    /// x / y
    Divide,
}

impl Binary {
    /// All of them, for tests.
    pub const ALL: [Binary; 4] = [Binary::Add, Binary::Subtract, Binary::Multiply, Binary::Divide];
}

/// Which factor of a product an operand is: sums run along a left factor's columns and a right
/// factor's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// m × k.
    Left,
    /// k × n.
    Right,
}

/// A floating-point arithmetic.
pub trait Arithmetic: Send + Sync {
    /// One stored number; `Clone` instead of `Copy`, because MPFR's owns its limbs.
    type Elem: Clone + Send + Sync;
    /// A matrix prepared for a product: unpacked into the lanes of a kernel.
    type Operand: Send + Sync;

    /// An exact number rounded once to the stored format.
    fn round(&self, at: Place, x: &Exact) -> Self::Elem;
    /// The exact value of a stored number.
    fn exact(&self, x: &Self::Elem) -> Exact;
    /// Σ xᵢyᵢ in the accumulator in the order of its [`Sum`], by default in index order: the first product, then each
    /// product and each sum rounded to the accumulator's format; `last` (the bias) is added last; the result is rounded
    /// once to the format. With [`Sum::Fused`], the first product, then sum and product together, rounded once for each
    /// term. With [`Sum::Exact`], the exact sum of the products and `last`, rounded once to the format; infinities and
    /// NaN carry over to the result. An empty sum is +0.
    fn dot(&self, at: Place, row: &[Self::Elem], column: &[Self::Elem], last: Option<&Self::Elem>) -> Self::Elem;
    /// The exact function at the stored argument, rounded once to the format.
    fn apply(&self, at: Place, f: &Function, x: &Self::Elem) -> Self::Elem;
    /// A basic operation, rounded once to the format.
    fn binary(&self, at: Place, operation: Binary, x: &Self::Elem, y: &Self::Elem) -> Self::Elem;

    /// Prepares a matrix as one side of a product: quantised if the arithmetic's operands are, by the rules for its
    /// contents, and in the order in which the product reads it.
    fn prepare(&self, matrix: ArrayView2<Self::Elem>, side: Side, content: Content) -> Self::Operand;
    /// (m × k)·(k × n), each entry a [`Arithmetic::dot`] with its row's `last`.
    fn product(
        &self,
        step: Step,
        left: &Self::Operand,
        right: &Self::Operand,
        last: Option<&[Self::Elem]>,
    ) -> Array2<Self::Elem>;

    /// True once a result was outside the exponents for which this storage type gives the arithmetic's own bits; always
    /// false for types without such a limit.
    fn range_exceeded(&self) -> bool {
        false
    }

    /// [`Arithmetic::apply`] on every entry.
    fn map(&self, step: Step, f: &Function, x: &Array2<Self::Elem>) -> Array2<Self::Elem> {
        from_fn(x.dim(), |index| self.apply(Place::new(step, index), f, &x[index]))
    }

    /// [`Arithmetic::binary`] on every pair of entries.
    fn zip(&self, step: Step, operation: Binary, x: &Array2<Self::Elem>, y: &Array2<Self::Elem>) -> Array2<Self::Elem> {
        from_fn(x.dim(), |index| self.binary(Place::new(step, index), operation, &x[index], &y[index]))
    }

    /// Sums of the rows (m × n → m × 1): dots with ones, whose products are exact, so that sums have
    /// the same accumulator.
    fn sum_rows(&self, step: Step, x: &Array2<Self::Elem>) -> Array2<Self::Elem> {
        // At the place of a row that no sum has.
        let one = self.round(Place::new(step, (x.nrows(), 0)), &Exact::Double(1.0));
        let ones = vec![one; x.ncols()];
        from_fn((x.nrows(), 1), |(row, _)| self.dot(Place::new(step, (row, 0)), &x.row(row).to_vec(), &ones, None))
    }

    /// Rounds exact numbers to this arithmetic: parameters, inputs, and values from another role.
    fn round_matrix(&self, step: Step, x: &Array2<Exact>) -> Array2<Self::Elem> {
        from_fn(x.dim(), |index| self.round(Place::new(step, index), &x[index]))
    }

    /// [`Arithmetic::round_matrix`] of doubles.
    fn round_doubles(&self, step: Step, x: &Array2<f64>) -> Array2<Self::Elem> {
        from_fn(x.dim(), |index| self.round(Place::new(step, index), &Exact::Double(x[index])))
    }

    /// The exact values of a stored matrix.
    fn exact_matrix(&self, x: &Array2<Self::Elem>) -> ExactMatrix {
        ExactMatrix::Any(x.map(|entry| self.exact(entry)))
    }
}

/// A matrix from a function of the index, in row-major order (ndarray's `from_shape_fn` in standard layout).
pub fn from_fn<T>(shape: (usize, usize), f: impl FnMut((usize, usize)) -> T) -> Array2<T> {
    Array2::from_shape_fn(shape, f)
}

/// Largest relative change from storing a matrix of exact doubles in `arithmetic`; 0 if all are exact, infinite if a
/// value overflows.
pub fn storage_noise<A: Arithmetic>(arithmetic: &A, values: &Array2<f64>) -> f64 {
    let mut worst = 0.0f64;
    Zip::indexed(values).for_each(|index, &value| {
        let stored =
            arithmetic.exact(&arithmetic.round(Place::new(Step::alone(0), index), &Exact::Double(value))).to_f64();
        if stored != value {
            let change = ((stored - value) / value).abs();
            worst = if change <= worst {
                worst
            } else if change.is_finite() {
                change
            } else {
                f64::INFINITY
            };
        }
    });
    worst
}
