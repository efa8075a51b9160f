//! Arithmetics in doubles whose numbers are kept in a narrower type: f32, tf32, bf16, f16, fp8 and small `eXmY`.
//!
//! Every operation is that of [`Doubles`] on the unpacked numbers.

use super::carrier::Carrier;
use super::doubles::{Doubles, Operand, shaped};
use super::kernels::{Path, Values};
use super::{
    Arithmetic, ArithmeticName, Binary, Content, Crossing, Exact, ExactMatrix, Numbers, Place, Side, Step, from_fn,
};
use crate::activation::Function;
use crate::format::{BF16, F16, Format};
use half::{bf16, f16};
use ndarray::{Array2, ArrayView2};
use std::marker::PhantomData;

/// An arithmetic in doubles, its numbers kept as `C`.
pub struct Packed<C> {
    doubles: Doubles,
    carrier: PhantomData<C>,
}

/// The type in which an arithmetic's numbers are kept.
pub enum Kept {
    /// Any that have doubles' bits, or their exponents.
    Doubles(Doubles),
    /// Of at most 24 bits and binary32's exponents.
    Singles(Packed<f32>),
    /// binary16.
    Halves(Packed<f16>),
    /// bfloat16.
    Bfloats(Packed<bf16>),
}

impl Kept {
    /// The narrowest type for an arithmetic.
    pub fn narrowly(doubles: Doubles) -> Kept {
        match doubles.kept() {
            Some(&F16) => Kept::Halves(Packed::of(doubles)),
            Some(&BF16) => Kept::Bfloats(Packed::of(doubles)),
            Some(format) if is_single(format) => Kept::Singles(Packed::of(doubles)),
            _ => Kept::Doubles(doubles),
        }
    }
}

/// Whether binary32's range and precision hold every number.
fn is_single(format: &Format) -> bool {
    format.precision <= 24 && (1..=8).contains(&format.exponent_bits())
}

impl<C: Carrier> Packed<C> {
    /// The arithmetic of that name, if doubles carry it, sums in index order and rounds to nearest, and `C` has its
    /// numbers.
    pub fn new(name: ArithmeticName) -> Option<Packed<C>> {
        let doubles = Doubles::new(name, 0)?;
        doubles.kept().is_some().then(|| Packed::of(doubles))
    }

    fn of(doubles: Doubles) -> Packed<C> {
        Packed { doubles, carrier: PhantomData }
    }

    /// The same on another path that the processor has, for tests: the bits are the same.
    pub fn on(self, path: Path) -> Packed<C> {
        Packed::of(self.doubles.on(path))
    }
}

impl<C: Carrier> Arithmetic for Packed<C> {
    type Elem = C;
    type Operand = Operand;

    fn round(&self, at: Place, x: &Exact) -> C {
        C::put(self.doubles.round(at, x))
    }

    fn dot(&self, at: Place, row: &[C], column: &[C], last: Option<&C>) -> C {
        let last = last.map(|last| last.get());
        C::put(self.doubles.dot(at, &C::get_doubles(row), &C::get_doubles(column), last.as_ref()))
    }

    fn apply(&self, at: Place, f: &Function, x: &C) -> C {
        C::put(self.doubles.apply(at, f, &x.get()))
    }

    fn binary(&self, at: Place, operation: Binary, x: &C, y: &C) -> C {
        C::put(self.doubles.binary(at, operation, &x.get(), &y.get()))
    }

    fn prepare(&self, matrix: ArrayView2<C>, side: Side, _: Content) -> Operand {
        self.doubles.prepare_lanes(matrix, side)
    }

    fn product(&self, step: Step, left: &Operand, right: &Operand, last: Option<&[C]>) -> Array2<C> {
        let last = last.map(C::get_doubles);
        shaped(
            (left.dim().0, right.dim().1),
            match self.doubles.values(step, left, right, last.as_deref()) {
                Values::Single(sums) => C::put_singles(&sums),
                Values::Double(sums) => C::put_doubles(&sums),
            },
        )
    }

    fn map(&self, step: Step, f: &Function, x: &Array2<C>) -> Array2<C> {
        match x.as_slice().and_then(|numbers| self.doubles.map_all(f, || C::get_doubles(numbers))) {
            Some(values) => shaped(x.dim(), C::put_doubles(&values)),
            None => from_fn(x.dim(), |index| self.apply(Place::new(step, index), f, &x[index])),
        }
    }

    fn zip(&self, step: Step, operation: Binary, x: &Array2<C>, y: &Array2<C>) -> Array2<C> {
        let results = x
            .as_slice()
            .zip(y.as_slice())
            .and_then(|(x, y)| self.doubles.zip_all(operation, (|| C::get_doubles(x), || C::get_doubles(y))));
        match results {
            Some(results) => shaped(x.dim(), C::put_doubles(&results)),
            None => from_fn(x.dim(), |index| self.binary(Place::new(step, index), operation, &x[index], &y[index])),
        }
    }

    fn sum_rows(&self, step: Step, x: &Array2<C>) -> Array2<C> {
        self.doubles.sum_rows(step, &x.map(|x| x.get())).map(|x| C::put(*x))
    }

    fn round_doubles(&self, step: Step, x: &Array2<f64>) -> Array2<C> {
        match x.as_slice().and_then(|x| self.doubles.round_all(|| x.to_vec())) {
            Some(values) => shaped(x.dim(), C::put_doubles(&values)),
            None => from_fn(x.dim(), |index| self.round(Place::new(step, index), &Exact::Double(x[index]))),
        }
    }

    fn crossing(&self, x: &Array2<C>) -> Crossing {
        Crossing::Numbers(self.exact_matrix(x))
    }
}

impl<C: Carrier> Numbers for Packed<C> {
    fn exact(&self, x: &C) -> Exact {
        Exact::Double(x.get())
    }

    fn exact_matrix(&self, x: &Array2<C>) -> ExactMatrix {
        ExactMatrix::Doubles(match x.as_slice() {
            Some(numbers) => shaped(x.dim(), C::get_doubles(numbers)),
            None => from_fn(x.dim(), |index| x[index].get()),
        })
    }
}
