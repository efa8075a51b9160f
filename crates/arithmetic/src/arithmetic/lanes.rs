//! Every format that double precision can carry: f64, f32, tf32, bf16, f16, fp8 and small `eXmY`.
//!
//! Products of two numbers are exact in double precision, and sums have no double rounding
//! ([`Format::fits_f64_lanes`]), so each operation is that of the hardware, followed by one rounding. Numbers are
//! stored in the narrowest type that represents them; the `half` crate only stores, it never rounds.
//!
//! Formats with unbounded exponents are carried, too, with a [`Guard`] that detects when this is impossible.

use super::carrier::Carrier;
use super::guard::{Extremes, Guard, stand_in};
use super::kernels::{self, Matrix, Operand, Path, Products, RangeAlone, Rounding, Values};
use super::long::round_once;
use super::{
    Arithmetic, ArithmeticName, Binary, Content, Crossing, Exact, ExactMatrix, Numbers, Place, Side, Step, Sum, from_fn,
};
use crate::activation::rounding::round_with;
use crate::activation::{Function, is_zero, round_function_f64};
use crate::format::{F64, Format, two_to};
use ndarray::{Array2, ArrayView2};
use rug::Float;

/// An arithmetic in double lanes, its numbers stored as `C`.
pub struct Lanes<C> {
    /// The stored format, bounded: if exponents are unbounded, the format that replaces it.
    format: Format,
    store: Rounding,
    accumulate: Rounding,
    products: Products,
    /// Whether sums are already numbers of the format.
    is_summed_as_stored: bool,
    sum: Sum,
    guard: Option<Guard>,
    path: Path,
    carrier: std::marker::PhantomData<C>,
}

impl<C: Carrier> Lanes<C> {
    /// The arithmetic of that name, if double lanes can carry it and its accumulator.
    pub fn new(name: ArithmeticName) -> Option<Lanes<C>> {
        let members = name.format.fits_f64_lanes() || name.format == F64;
        // binary64's own products are exact in no lane, so it accumulates only in itself. An accumulator
        // narrower than the format would round a sum with the bias, which has the format's precision and
        // any exponent, twice: first to binary64, perhaps onto a tie.
        let sums = match (name.sum, name.accumulator) {
            // Exact products are doubles, and their sums are rounded once.
            (Sum::Exact, _) => name.format.fits_f64_lanes(),
            (_, F64) => true,
            (_, accumulator) => accumulator.fits_f64_lanes() && accumulator.precision >= name.format.precision,
        };
        (members && sums && name.is_common()).then(|| Lanes {
            format: name.format,
            store: Rounding::to(name.format),
            accumulate: Rounding::to(name.accumulator),
            products: match name.sum {
                Sum::Exact => Products::of_doubles(Rounding::Double, false),
                sum => Products::new(&name.format, &name.accumulator, sum == Sum::Fused),
            },
            is_summed_as_stored: name.format == name.accumulator,
            sum: name.sum,
            guard: None,
            path: Path::current(),
            carrier: std::marker::PhantomData,
        })
    }

    /// The arithmetic of that name, if its exponents are unbounded and double lanes carry its precisions:
    /// to the bits of its definition until [`Arithmetic::range_exceeded`].
    pub fn unbounded(name: ArithmeticName) -> Option<Lanes<C>> {
        let (member, accumulator) = (stand_in(&name.format)?, stand_in(&name.accumulator)?);
        let is_carried = name.is_common() && name.sum != Sum::Exact && accumulator.precision >= member.precision;
        let is_fused = name.sum == Sum::Fused;
        let guard = Guard::new(&member, &accumulator);
        is_carried.then(|| Lanes {
            format: member,
            store: Rounding::to(member),
            accumulate: Rounding::to(accumulator),
            products: Products::new(&member, &accumulator, is_fused),
            is_summed_as_stored: member == accumulator,
            sum: name.sum,
            guard: Some(if is_fused { guard.of_fused_sums(&member) } else { guard }),
            path: Path::current(),
            carrier: std::marker::PhantomData,
        })
    }

    /// The same on another path that the processor has, for tests: the bits are the same.
    pub fn on(self, path: Path) -> Lanes<C> {
        Lanes { path, ..self }
    }

    fn store(&self, x: f64) -> C {
        C::put(self.store.round(x))
    }

    /// Checks a result if there is a guard.
    #[inline]
    fn watched(&self, result: C, are_finite: bool, is_zero: impl FnOnce() -> bool) -> C {
        if let Some(guard) = &self.guard {
            guard.watch(result.get(), are_finite, is_zero);
        }
        result
    }
}

impl Lanes<f64> {
    /// The range of that arithmetic and of its accumulator without their precision: results are doubles,
    /// rounded to the format's spacing only below its smallest normal number, and overflow like its results.
    /// `None` if double lanes do not carry the arithmetic or its exponents are unbounded.
    pub fn range_alone(name: ArithmeticName) -> Option<Lanes<f64>> {
        let range = |format: &Format| {
            if *format == F64 { Some(Rounding::Double) } else { RangeAlone::of(format).map(Rounding::Range) }
        };
        let (store, accumulate) = (range(&name.format)?, range(&name.accumulator)?);
        Lanes::<f64>::new(name)?;
        // An exact sum meets the range once, when it is stored.
        let accumulate = if name.sum == Sum::Exact { Rounding::Double } else { accumulate };
        let sum = if name.sum == Sum::Fused { Sum::Fused } else { Sum::Sequential };
        Some(Lanes {
            format: F64,
            store,
            accumulate,
            products: Products::of_doubles(accumulate, sum == Sum::Fused),
            is_summed_as_stored: name.format == name.accumulator && name.sum != Sum::Exact,
            sum,
            guard: None,
            path: Path::current(),
            carrier: std::marker::PhantomData,
        })
    }
}

impl<C: Carrier> Arithmetic for Lanes<C> {
    type Elem = C;
    type Operand = Operand;

    fn round(&self, _: Place, x: &Exact) -> C {
        let rounded = match x {
            Exact::Double(x) => self.store(*x),
            Exact::Long(x) => self.store(self.format.round(x).to_f64()),
        };
        self.watched(rounded, x.is_finite(), || x.is_zero())
    }

    fn dot(&self, _: Place, row: &[C], column: &[C], last: Option<&C>) -> C {
        if self.sum == Sum::Exact {
            return self.exact_dot(row, column, last);
        }
        if let Some(guard) = &self.guard {
            let of = |numbers: &[C]| Extremes::of_finite(numbers.iter().map(|x| x.get()));
            let last = last.map_or(Extremes::NONE, |last| of(std::slice::from_ref(last)));
            guard.watch_sums(row.len(), of(row), of(column), last);
        }
        let round = |x| self.accumulate.round(x);
        let terms = || row.iter().zip(column).map(|(x, y)| (x.get(), y.get()));
        let mut sum = match terms().next() {
            None => 0.0,
            Some((x, y)) if self.sum == Sum::Fused => terms()
                .skip(1)
                // To −0 the first product is added unchanged.
                .fold(self.accumulate.round_fused(x, y, -0.0), |sum, (x, y)| self.accumulate.round_fused(x, y, sum)),
            Some((x, y)) => terms().skip(1).fold(round(x * y), |sum, (x, y)| round(sum + round(x * y))),
        };
        if let Some(last) = last {
            sum = round(sum + last.get());
        }
        self.store(sum)
    }

    fn apply(&self, _: Place, f: &Function, x: &C) -> C {
        let value = match &self.store {
            Rounding::Emulated(rounder) => round_with(f, x.get(), &self.format, rounder),
            // A range alone rounds what double precision has.
            store => store.round(round_function_f64(f, x.get(), &self.format)),
        };
        let value = C::put(value);
        self.watched(value, x.get().is_finite(), || is_zero(f, x.get()))
    }

    fn binary(&self, _: Place, operation: Binary, x: &C, y: &C) -> C {
        let (x, y) = (x.get(), y.get());
        let result = self.store(match operation {
            Binary::Add => x + y,
            Binary::Subtract => x - y,
            Binary::Multiply => x * y,
            // A quotient of p-bit numbers is innocuous in double precision too: 53 ≥ 2p + 2 (Figueroa 1995).
            Binary::Divide => x / y,
        });
        // A quotient by 0 is infinite by definition.
        let are_finite = x.is_finite() && y.is_finite() && !(operation == Binary::Divide && y == 0.0);
        self.watched(result, are_finite, || match operation {
            Binary::Add | Binary::Subtract => true,
            Binary::Multiply => x == 0.0 || y == 0.0,
            Binary::Divide => x == 0.0,
        })
    }

    fn prepare(&self, matrix: ArrayView2<C>, side: Side, _: Content) -> Operand {
        let doubles = |from: &[C], to: &mut [f64]| to.iter_mut().zip(from).for_each(|(to, x)| *to = x.get());
        if self.sum == Sum::Exact {
            return Operand::Double(Matrix::by_rows(matrix, doubles));
        }
        self.products.prepare(matrix, side, C::get_singles, doubles)
    }

    fn product(&self, _: Step, left: &Operand, right: &Operand, last: Option<&[C]>) -> Array2<C> {
        let last: Option<Vec<f64>> = last.map(|entries| entries.iter().map(|x| x.get()).collect());
        let last = last.as_deref();
        if let Some(guard) = &self.guard {
            let of_last = last.map_or(Extremes::NONE, |last| Extremes::of_finite(last.iter().copied()));
            // Padding is zeros, which are no extremes.
            let of = |operand: &Operand| Extremes::of_finite(operand.doubles().padded().iter().copied());
            guard.watch_sums(left.dim().1, of(left), of(right), of_last);
        }
        if self.sum == Sum::Exact {
            return self.exact_product(&left.doubles(), &right.doubles(), last);
        }
        let path = self.path;
        let stored = match self.products.product_on(path, left, right, last) {
            Values::Single(mut sums) => {
                if !self.is_summed_as_stored {
                    kernels::round_all(path, &self.store, &mut sums);
                }
                C::put_singles(&sums)
            }
            Values::Double(mut sums) => {
                if !self.is_summed_as_stored {
                    kernels::round_all(path, &self.store, &mut sums);
                }
                sums.into_iter().map(C::put).collect()
            }
        };
        Array2::from_shape_vec((left.dim().0, right.dim().1), stored).expect("invariant: one sum per entry")
    }

    fn map(&self, step: Step, f: &Function, x: &Array2<C>) -> Array2<C> {
        let values = if *f == Function::SquareRoot { self.roots(x) } else { self.linear(f, x) };
        values.unwrap_or_else(|| from_fn(x.dim(), |index| self.apply(Place::new(step, index), f, &x[index])))
    }

    fn zip(&self, step: Step, operation: Binary, x: &Array2<C>, y: &Array2<C>) -> Array2<C> {
        let result = |x: f64, y: f64| match operation {
            Binary::Add => x + y,
            Binary::Subtract => x - y,
            Binary::Multiply => x * y,
            Binary::Divide => x / y,
        };
        match (x.as_slice(), y.as_slice(), &self.guard) {
            (Some(left), Some(right), None) => {
                let mut results = C::get_doubles(left);
                results.iter_mut().zip(C::get_doubles(right)).for_each(|(x, y)| *x = result(*x, y));
                self.store_all(x.dim(), results)
            }
            _ => from_fn(x.dim(), |index| self.binary(Place::new(step, index), operation, &x[index], &y[index])),
        }
    }

    fn round_doubles(&self, _: Step, x: &Array2<f64>) -> Array2<C> {
        match (x.as_slice(), &self.guard) {
            (Some(doubles), None) => self.store_all(x.dim(), doubles.to_vec()),
            _ => from_fn(x.dim(), |index| self.watched(self.store(x[index]), x[index].is_finite(), || x[index] == 0.0)),
        }
    }

    fn range_exceeded(&self) -> bool {
        self.guard.as_ref().is_some_and(Guard::is_tripped)
    }

    fn crossing(&self, x: &Array2<C>) -> Crossing {
        Crossing::Numbers(self.exact_matrix(x))
    }
}

impl<C: Carrier> Numbers for Lanes<C> {
    fn exact(&self, x: &C) -> Exact {
        Exact::Double(x.get())
    }

    fn exact_matrix(&self, x: &Array2<C>) -> ExactMatrix {
        let doubles = match x.as_slice() {
            Some(numbers) => Array2::from_shape_vec(x.dim(), C::get_doubles(numbers)).expect("invariant: as many"),
            None => from_fn(x.dim(), |index| x[index].get()),
        };
        ExactMatrix::Doubles(doubles)
    }
}

impl<C: Carrier> Lanes<C> {
    /// Doubles as they are stored.
    fn store_all(&self, shape: (usize, usize), mut doubles: Vec<f64>) -> Array2<C> {
        kernels::round_all(self.path, &self.store, &mut doubles);
        Array2::from_shape_vec(shape, C::put_doubles(&doubles)).expect("invariant: one number per entry")
    }

    /// φ or φ' of a φ that is linear on either side of 0, where every product with its slope is a double, or the
    /// rounded double is what is stored.
    fn linear(&self, f: &Function, x: &Array2<C>) -> Option<Array2<C>> {
        let (Function::Value(activation) | Function::Derivative(activation)) = f else { return None };
        let (left, right) = activation.linear_slopes()?;
        let numbers = x.as_slice().filter(|_| self.guard.is_none())?;
        let is_double = |slope: f64| {
            let bits = 53 - (slope.to_bits() | 1 << 52).trailing_zeros();
            let is_ordinary = slope == 0.0 || (two_to(-400)..two_to(400)).contains(&slope.abs());
            self.format == F64 || (is_ordinary && bits + self.format.precision <= 53)
        };
        if !(is_double(left) && is_double(right)) {
            return None;
        }
        let mut values = C::get_doubles(numbers);
        let of = |x: f64, slope: f64| if slope == 0.0 { 0.0 } else { slope * x };
        match f {
            Function::Derivative(_) => values.iter_mut().filter(|x| !x.is_nan()).for_each(|x| {
                *x = if *x > 0.0 { right } else { left };
            }),
            _ => values.iter_mut().filter(|x| !x.is_nan()).for_each(|x| {
                *x = if *x > 0.0 { of(*x, right) } else { of(*x, left) };
            }),
        }
        Some(self.store_all(x.dim(), values))
    }

    /// Square roots: the processor's and then one rounding to nearest, which is innocuous (53 ≥ 2p + 2, Figueroa 1995).
    ///
    /// A tie B of a p-bit format has at most p + 1 bits. If √x for a p-bit x were not B, but so near that its double
    /// is, then with 2^e ≤ B < 2^(e+1) at most 2^(e−53)·2^(e+2) would lie between x and B². But these are multiples of
    /// 2^(2e−2p), which is more for p ≤ 24.
    fn roots(&self, x: &Array2<C>) -> Option<Array2<C>> {
        let numbers = x.as_slice().filter(|_| self.guard.is_none())?;
        let mut values = C::get_doubles(numbers);
        values.iter_mut().for_each(|x| *x = x.sqrt());
        Some(self.store_all(x.dim(), values))
    }

    /// Exact sums where a pair of doubles decides their rounding, the definition where it does not.
    fn exact_product(&self, left: &Matrix<f64>, right: &Matrix<f64>, last: Option<&[f64]>) -> Array2<C> {
        let sums = kernels::exact::product(left, right, last);
        Array2::from_shape_fn(sums.dim(), |(i, j)| match sums[(i, j)].rounded(|x| self.store.round(x)) {
            Some(sum) => C::put(sum),
            None => {
                let terms = 0..left.dim().1;
                let row: Vec<C> = terms.clone().map(|k| C::put(left.at((i, k)))).collect();
                let column: Vec<C> = terms.map(|k| C::put(right.at((k, j)))).collect();
                self.exact_dot(&row, &column, last.map(|last| C::put(last[i])).as_ref())
            }
        })
    }

    /// The exact sum of the products and `last`, rounded once: by the definition.
    fn exact_dot(&self, row: &[C], column: &[C], last: Option<&C>) -> C {
        // Products of two members are doubles; the empty sum is +0.
        let mut terms: Vec<f64> = row.iter().zip(column).map(|(x, y)| x.get() * y.get()).collect();
        if terms.is_empty() {
            terms.push(0.0);
        }
        terms.extend(last.map(|last| last.get()));
        let plain: f64 = terms.iter().copied().reduce(|sum, term| sum + term).unwrap_or(0.0);
        if !terms.iter().all(|term| term.is_finite()) {
            return self.store(plain);
        }
        let floats: Vec<Float> = terms.iter().map(|term| Float::with_val(53, *term)).collect();
        let sum = round_once(&self.format, Float::sum(floats.iter()));
        // An exact 0 has the sign that sums of doubles give it.
        if sum.is_zero() && floats.iter().all(Float::is_zero) { self.store(plain) } else { C::put(sum.to_f64()) }
    }
}
