//! Every arithmetic that doubles can carry: all formats, directions, limits and summation orders.
//!
//! An operation's exact result is a double, or its rounding to odd is one, which rounds to the format like the exact
//! result (53 ≥ p + r + 2 with r random bits): products of two numbers are doubles, sums and quotients are rounded to
//! odd with their errors, and functions come from enclosures. To nearest, the processor's own sums and quotients of
//! members round alike ([`Format::fits_f64_lanes`]). binary64 itself is that of the processor, rounded to nearest.
//!
//! Sums in index order that are rounded to nearest or stochastically run in [`super::kernels`], all others term by term
//! (`terms`). [`super::packed`] keeps the numbers of narrow formats in fewer bytes.
//!
//! Formats with unbounded exponents are carried, too, with a [`Guard`] that detects when this is impossible.

mod elementwise;
mod operand;
mod products;
mod rounding;
mod terms;

pub use operand::Operand;
pub use rounding::Rounding;

use super::guard::{Extremes, Guard, stand_in};
use super::kernels::stochastic::Kernel;
use super::kernels::{self, Path, Products};
use super::random::{ALONE, Draws};
use super::{
    Arithmetic, ArithmeticName, Binary, Content, Crossing, Direction, Exact, ExactMatrix, Numbers as _, Place, Side,
    Step, Sum, from_fn,
};
use crate::activation::rounding::{round_function_quickly, round_with};
use crate::activation::{Function, is_zero, round_function_f64};
use crate::format::{F64, Format, canonical, quotient_to_odd};
use ndarray::{Array2, ArrayView2};
use terms::Accumulation;

/// An arithmetic whose numbers are doubles.
pub struct Doubles {
    name: ArithmeticName,
    accumulation: Accumulation,
    engine: Engine,
    /// Whether sums are already numbers of the format.
    is_summed_as_stored: bool,
    /// Random bits of a rounding; `None` if no rounding is random.
    bits: Option<u32>,
    key: u64,
    path: Path,
    guard: Option<Guard>,
}

/// How the sums of a product run.
#[derive(Clone, Copy, Debug)]
enum Engine {
    /// In index order to nearest.
    Nearest(Products),
    /// In index order, every rounding stochastic.
    Stochastic(Kernel),
    /// Term by term, in any order.
    Terms,
}

impl Doubles {
    /// The arithmetic of that name, if doubles carry it and its accumulator.
    pub fn new(name: ArithmeticName, key: u64) -> Option<Doubles> {
        Doubles::of(&name.format, &name.accumulator, name, key)
    }

    /// The arithmetic of that name, if its exponents are unbounded and doubles carry its precisions: to the bits of
    /// its definition until [`Arithmetic::range_exceeded`].
    pub fn unbounded(name: ArithmeticName, key: u64) -> Option<Doubles> {
        let (member, accumulator) = (stand_in(&name.format)?, stand_in(&name.accumulator)?);
        if name.sum == Sum::Exact {
            return None;
        }
        let guard = Guard::new(&member, &accumulator);
        let guard = if name.sum == Sum::Fused { guard.of_fused_sums(&member) } else { guard };
        Some(Doubles { guard: Some(guard), ..Doubles::of(&member, &accumulator, name, key)? })
    }

    /// The range of that arithmetic and of its accumulator without their precision: results are doubles, rounded to the
    /// format's spacing only below its smallest normal number, and overflow like its results. `None` if doubles do not
    /// carry the arithmetic, its exponents are unbounded, or its products are not the common ones.
    pub fn range_alone(name: ArithmeticName) -> Option<Doubles> {
        let doubles = Doubles::new(name, 0).filter(|_| name.is_common())?;
        let (store, accumulate) = (Rounding::range_alone(&name.format)?, Rounding::range_alone(&name.accumulator)?);
        // An exact sum meets the range once, when it is stored.
        let accumulate = if name.sum == Sum::Exact { Rounding::range_alone(&F64)? } else { accumulate };
        let order = if name.sum == Sum::Fused { Sum::Fused } else { Sum::Sequential };
        let products = Products::of_doubles(*accumulate.to_nearest()?, order == Sum::Fused);
        Some(Doubles {
            accumulation: Accumulation { order, accumulate, store },
            engine: Engine::Nearest(products),
            is_summed_as_stored: name.format == name.accumulator && name.sum != Sum::Exact,
            ..doubles
        })
    }

    /// The same on another path that the processor has, for tests: the bits are the same.
    pub fn on(self, path: Path) -> Doubles {
        Doubles { path, ..self }
    }

    fn of(format: &Format, accumulator: &Format, name: ArithmeticName, key: u64) -> Option<Doubles> {
        // Products of two binary64 numbers are no doubles; sums of narrower numbers are, whatever is added.
        let is_alike = *format != F64 || *accumulator == F64 && name.sum != Sum::Exact;
        let is_wide_enough = accumulator.precision >= format.precision;
        // The kernels round a sum with the bias, which has the format's precision and any exponent, first to binary64:
        // perhaps onto a tie of a narrower accumulator.
        if !is_alike || name.is_common() && !is_wide_enough && name.sum != Sum::Exact {
            return None;
        }
        let rounding = |format| Rounding::new(format, name.direction, name.limits);
        let (accumulate, store) = (rounding(accumulator)?, rounding(format)?);
        // Products are members of the accumulator where they are rounded to it; the last number is where it has no more
        // bits.
        let adds_members = name.sum != Sum::Fused && is_wide_enough;
        let accumulate = if adds_members { accumulate.of_members() } else { accumulate };
        let is_plain = name.rounded(Direction::Nearest).is_common();
        let is_fused = name.sum == Sum::Fused;
        let engine = match (name.direction, name.sum) {
            (Direction::Nearest, Sum::Exact) if is_plain => {
                Engine::Nearest(Products::of_doubles(kernels::Rounding::Double, false))
            }
            (Direction::Nearest, _) if is_plain => Engine::Nearest(Products::new(format, accumulator, is_fused)),
            (Direction::Stochastic(bits), _) if is_plain => {
                let rounder = accumulator.stochastic_rounder(bits)?;
                Engine::Stochastic(Kernel::new(format, accumulator, rounder, is_fused))
            }
            _ => Engine::Terms,
        };
        Some(Doubles {
            name,
            accumulation: Accumulation { order: name.sum, accumulate, store },
            engine,
            is_summed_as_stored: format == accumulator,
            bits: match name.direction {
                Direction::Stochastic(bits) => Some(bits),
                Direction::Nearest | Direction::Toward(_) => None,
            },
            key,
            path: Path::current(),
            guard: None,
        })
    }

    /// The format in whose bytes all numbers can be kept, unless they have a double's bits or exponents.
    pub(super) fn kept(&self) -> Option<&Format> {
        let is_narrow = matches!(self.engine, Engine::Nearest(_)) && self.guard.is_none();
        is_narrow.then(|| self.accumulation.store.format())
    }

    fn draws(&self, at: Place) -> Draws {
        Draws::new(self.key, at, self.bits.unwrap_or(1))
    }

    /// The bits that a rounding draws.
    fn random(&self, at: Place, term: u32) -> u32 {
        self.bits.map_or(0, |bits| Draws::new(self.key, at, bits).first(term))
    }

    /// Sums to nearest make of infinities and NaN what the definition makes of them.
    fn is_nearest(&self) -> bool {
        matches!(self.engine, Engine::Nearest(_))
    }

    /// A result, checked if there is a guard; `are_finite` says whether the operands are.
    #[inline]
    fn watched(&self, result: f64, are_finite: impl FnOnce() -> bool, is_zero: impl FnOnce() -> bool) -> f64 {
        if let Some(guard) = &self.guard {
            guard.watch(result, !self.is_nearest() || are_finite(), is_zero);
        }
        canonical(result)
    }

    fn rounded(&self, at: Place, x: f64) -> f64 {
        self.watched(self.accumulation.store.round(x, self.random(at, ALONE)), || x.is_finite(), || x == 0.0)
    }

    /// Checks the operands of sums; the padding is zeros, which are not extremes.
    fn watch_sums(&self, terms: usize, left: Option<&[f64]>, right: Option<&[f64]>, last: Option<&[f64]>) {
        if let Some(guard) = &self.guard {
            let of = |numbers: Option<&[f64]>| {
                let numbers = numbers.unwrap_or(&[]).iter().copied();
                if self.is_nearest() { Extremes::of_finite(numbers) } else { Extremes::of(numbers) }
            };
            guard.watch_sums(terms, of(left), of(right), of(last));
        }
    }

    /// Checks sums, which roundings other than to nearest may increase beyond the bound from the operands.
    fn watch_results<'s>(&self, sums: impl IntoIterator<Item = &'s f64>) {
        if let Some(guard) = self.guard.as_ref().filter(|_| !self.is_nearest()) {
            guard.watch_results(sums);
        }
    }
}

impl Arithmetic for Doubles {
    type Elem = f64;
    type Operand = Operand;

    fn round(&self, at: Place, x: &Exact) -> f64 {
        match x {
            Exact::Double(x) => self.rounded(at, *x),
            Exact::Long(long) => {
                let store = &self.accumulation.store;
                let rounded = store.round_long(long, self.random(at, ALONE)).to_f64();
                // The range of a format ends before that of the doubles.
                let rounded = store.to_nearest().map_or(rounded, |nearest| nearest.round(rounded));
                self.watched(rounded, || long.is_finite(), || long.is_zero())
            }
        }
    }

    fn dot(&self, at: Place, row: &[f64], column: &[f64], last: Option<&f64>) -> f64 {
        if let Engine::Terms = self.engine {
            let row = ndarray::aview1(row).insert_axis(ndarray::Axis(0));
            let column = ndarray::aview1(column).insert_axis(ndarray::Axis(1));
            let left = self.prepare(row, Side::Left, Content::Activation);
            let right = self.prepare(column, Side::Right, Content::Activation);
            return self.one(at, &left, &right, last);
        }
        self.dot_in_order(self.accumulation.order, at, row, column, last)
    }

    fn apply(&self, at: Place, f: &Function, x: &f64) -> f64 {
        let store = &self.accumulation.store;
        let x = store.operand(*x);
        let value = match store.to_nearest() {
            Some(kernels::Rounding::Emulated(rounder)) => round_with(f, x, store.format(), rounder),
            // A range alone rounds what double precision has.
            Some(nearest) => nearest.round(round_function_f64(f, x, store.format())),
            None if store.is_native() => store.round(round_function_f64(f, x, &F64), 0),
            None => {
                let random = self.random(at, ALONE);
                round_function_quickly(
                    (f, x),
                    (store.format(), store.bits_beyond()),
                    |x| store.round(x, random),
                    &|x| store.round_long(x, random),
                    store.tiny_is_zero(),
                )
            }
        };
        self.watched(value, || x.is_finite(), || is_zero(f, x))
    }

    fn binary(&self, at: Place, operation: Binary, x: &f64, y: &f64) -> f64 {
        let store = &self.accumulation.store;
        let (x, y) = (store.operand(*x), store.operand(*y));
        let exact = match operation {
            Binary::Multiply => x * y,
            Binary::Add if store.is_nearest() => x + y,
            Binary::Subtract if store.is_nearest() => x - y,
            Binary::Divide if store.is_nearest() => x / y,
            Binary::Add => store.sum(x, y),
            Binary::Subtract => store.sum(x, -y),
            Binary::Divide => quotient_to_odd(x, y),
        };
        // A quotient by 0 is infinite by definition.
        let are_finite = || x.is_finite() && y.is_finite() && !(operation == Binary::Divide && y == 0.0);
        self.watched(store.round(exact, self.random(at, ALONE)), are_finite, || match operation {
            Binary::Add | Binary::Subtract => true,
            Binary::Multiply => x == 0.0 || y == 0.0,
            Binary::Divide => x == 0.0,
        })
    }

    fn prepare(&self, matrix: ArrayView2<f64>, side: Side, content: Content) -> Operand {
        match self.engine {
            Engine::Terms => self.prepare_terms(matrix, side, content),
            _ => self.prepare_lanes(matrix, side),
        }
    }

    fn product(&self, step: Step, left: &Operand, right: &Operand, last: Option<&[f64]>) -> Array2<f64> {
        let mut sums = self.values(step, left, right, last).into_doubles();
        sums.iter_mut().for_each(|x| *x = canonical(*x));
        shaped((left.dim().0, right.dim().1), sums)
    }

    fn map(&self, step: Step, f: &Function, x: &Array2<f64>) -> Array2<f64> {
        let values = x.as_slice().and_then(|x| self.map_all(f, || x.to_vec()));
        match values {
            Some(values) => shaped(x.dim(), values),
            None => from_fn(x.dim(), |index| self.apply(Place::new(step, index), f, &x[index])),
        }
    }

    fn zip(&self, step: Step, operation: Binary, x: &Array2<f64>, y: &Array2<f64>) -> Array2<f64> {
        let slices = x.as_slice().zip(y.as_slice());
        let values = slices.and_then(|(x, y)| self.zip_all(operation, (|| x.to_vec(), || y.to_vec())));
        match values {
            Some(values) => shaped(x.dim(), values),
            None => from_fn(x.dim(), |index| self.binary(Place::new(step, index), operation, &x[index], &y[index])),
        }
    }

    /// Sums without products know no scales and no tensor core: they run in index order there.
    fn sum_rows(&self, step: Step, x: &Array2<f64>) -> Array2<f64> {
        let order = match self.accumulation.order {
            Sum::TensorCore(_) => Sum::Sequential,
            order => order,
        };
        let store = &self.accumulation.store;
        let ones = vec![1.0; x.ncols()];
        from_fn((x.nrows(), 1), |(row, _)| {
            let numbers: Vec<f64> = x.row(row).iter().map(|x| store.operand(*x)).collect();
            self.dot_in_order(order, Place::new(step, (row, 0)), &numbers, &ones, None)
        })
    }

    fn round_doubles(&self, step: Step, x: &Array2<f64>) -> Array2<f64> {
        match x.as_slice().and_then(|x| self.round_all(|| x.to_vec())) {
            Some(values) => shaped(x.dim(), values),
            None => from_fn(x.dim(), |index| self.rounded(Place::new(step, index), x[index])),
        }
    }

    fn range_exceeded(&self) -> bool {
        self.guard.as_ref().is_some_and(Guard::is_tripped)
    }

    fn crossing(&self, x: &Array2<f64>) -> Crossing {
        Crossing::Numbers(self.exact_matrix(x))
    }
}

impl super::Numbers for Doubles {
    fn exact(&self, x: &f64) -> Exact {
        Exact::Double(*x)
    }

    fn exact_matrix(&self, x: &Array2<f64>) -> ExactMatrix {
        ExactMatrix::Doubles(x.clone())
    }
}

/// A matrix of one number per entry.
pub(super) fn shaped<T>(shape: (usize, usize), numbers: Vec<T>) -> Array2<T> {
    Array2::from_shape_vec(shape, numbers).expect("invariant: one number per entry")
}
