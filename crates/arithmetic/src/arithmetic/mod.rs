//! Arithmetics, which define how every operation of a network rounds.
//!
//! A trait with a few scalar operations is the **definition**; matrix operations follow from it and may be overridden
//! for speed, but never change a bit. [`reference::Reference`] removes every override, so one generic test compares
//! each fast kernel bit by bit with its definition.

pub mod carrier;
pub mod crossing;
pub mod direction;
pub mod dispatch;
pub mod doubles;
pub mod enclosures;
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

pub use crossing::Crossing;
pub use direction::{Direction, Limits};
pub use enclosures::Enclosures;
pub use exact::Exact;
pub use matrix::ExactMatrix;
pub use name::ArithmeticName;
pub use place::{Place, Step, Steps, Text};
pub use policy::Policy;
pub use scaling::{Content, Quantiser};
pub use sum::Sum;

use crate::activation::Function;
use ndarray::{Array2, ArrayView1, ArrayView2, Zip};

/// Bits with which a sticky bit is decisive in every format that the grammar allows.
pub const DECIDING_BITS: u32 = 1 << 15;

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

/// An arithmetic: what the text of a network's passes needs of it.
pub trait Arithmetic: Send + Sync {
    /// One stored number; `Clone` instead of `Copy`, because MPFR's owns its limbs.
    type Elem: Clone + Send + Sync;
    /// A matrix prepared for a product: unpacked into the lanes of a kernel.
    type Operand: Send + Sync;

    /// An exact number rounded once to the stored format.
    fn round(&self, at: Place, x: &Exact) -> Self::Elem;
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
    /// [`Arithmetic::prepare`] of a parameter's exact doubles, rounded once in the given step, or of its transpose.
    fn prepare_parameter(&self, step: Step, values: &Array2<f64>, side: Side, is_transposed: bool) -> Self::Operand {
        let rounded = self.round_doubles(step, values);
        let matrix = if is_transposed { rounded.t() } else { rounded.view() };
        self.prepare(matrix, side, Content::Parameter)
    }

    /// (m × k)·(k × n), each entry a [`Arithmetic::dot`] with its row's `last`.
    fn product(
        &self,
        step: Step,
        left: &Self::Operand,
        right: &Self::Operand,
        last: Option<&[Self::Elem]>,
    ) -> Array2<Self::Elem>;

    /// What crosses from one role to another, which may have another arithmetic.
    fn crossing(&self, x: &Array2<Self::Elem>) -> Crossing;

    /// [`Arithmetic::crossing`] of a matrix that nobody needs any more.
    fn leaving(&self, x: Array2<Self::Elem>) -> Crossing {
        self.crossing(&x)
    }

    /// What crossed, rounded once to this arithmetic.
    ///
    /// # Panics
    /// If enclosures cross to numbers: a number is not known from its enclosure.
    fn receive(&self, step: Step, x: &Crossing) -> Array2<Self::Elem> {
        match x {
            Crossing::Numbers(ExactMatrix::Doubles(x)) => self.round_doubles(step, x),
            Crossing::Numbers(ExactMatrix::Any(x)) => self.round_matrix(step, x),
            Crossing::Enclosures(_) => unreachable!("invariant: both roles enclose, or none"),
        }
    }

    /// Per column a number whose subtraction leaves no positive entry, or hardly any: the largest entry, by comparison;
    /// NaN if any entry is NaN, so that overflow is not hidden.
    fn stabilisers(&self, x: &Array2<Self::Elem>) -> Vec<Self::Elem> {
        let known = self.crossing(x);
        (0..x.ncols()).map(|column| x[(known.largest(column), column)].clone()).collect()
    }

    /// One of two numbers by a decision; what contains both where it is not made, which is never so for numbers.
    fn either(&self, is_first: Option<bool>, first: &Self::Elem, second: &Self::Elem) -> Self::Elem {
        match is_first.expect("invariant: comparisons of numbers are decided") {
            true => first.clone(),
            false => second.clone(),
        }
    }

    /// A quotient of integers, rounded once to the format.
    fn quotient(&self, at: Place, numerator: u64, denominator: u64) -> Self::Elem {
        self.round(at, &Exact::Long(exact::quotient(numerator, denominator, DECIDING_BITS)))
    }

    /// Every entry times 2^log2, rounded once to the format: the factor need not be a number of it.
    fn times_two_to(&self, step: Step, x: &Array2<Self::Elem>, log2: i32) -> Array2<Self::Elem> {
        self.receive(step, &self.crossing(x).times_two_to(log2))
    }

    /// p_k − 1 of the shares p of a whole, where `one` is 1.
    fn share_less_one(&self, at: Place, shares: ArrayView1<Self::Elem>, k: usize, one: &Self::Elem) -> Self::Elem {
        self.binary(at, Binary::Subtract, &shares[k], one)
    }

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
}

/// An arithmetic whose elements are numbers: floating-point formats. An enclosure has no exact value, so that what asks
/// for one does not compile with it.
pub trait Numbers: Arithmetic {
    /// The exact value of a stored number.
    fn exact(&self, x: &Self::Elem) -> Exact;

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
pub fn storage_noise<A: Numbers>(arithmetic: &A, values: &Array2<f64>) -> f64 {
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
