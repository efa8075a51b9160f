//! Every other arithmetic that doubles carry: all directions, limits and orders of sums.
//!
//! An operation's exact result is a double, or its rounding to odd is one, which the format's own rounding takes for the
//! result (53 ≥ p + r + 2 with r random bits): products of members are doubles, sums and quotients are put to odd by
//! their errors, functions come from enclosures. binary64 itself is the processor's, to nearest.
//!
//! Formats of unbounded exponent are carried under a [`Guard`], as by [`super::lanes::Lanes`].

mod rounding;
mod terms;

pub use rounding::Rounding;

use super::guard::{Extremes, Guard, stand_in};
use super::kernels::{self, Matrix, Path};
use super::random::{APPLY, Draws, ROUND, STORE, step_of};
use super::{Arithmetic, ArithmeticName, Binary, Direction, Exact, ExactMatrix, Place, Side, Sum, TensorId, from_fn};
use crate::activation::rounding::round_function_quickly;
use crate::activation::{Function, is_zero, round_function_f64};
use crate::format::{F64, Format, quotient_to_odd};
use ndarray::{Array2, ArrayView2};
use rug::Float;
use terms::{Accumulation, WIDTH};

/// An arithmetic whose numbers are doubles.
pub struct Doubles {
    accumulation: Accumulation,
    /// Random bits of a rounding; none where none is random.
    bits: Option<u32>,
    key: u64,
    guard: Option<Guard>,
}

/// One side of a product.
pub enum Factor {
    /// Row by row, for exact sums.
    Rows(Matrix<f64>),
    /// A left factor: m rows of k numbers.
    Left(Array2<f64>),
    /// A right factor: its columns in panels, each k lines, filled up with zeros.
    Right {
        /// Panel after panel.
        panels: Vec<[f64; WIDTH]>,
        /// k and n.
        dim: (usize, usize),
    },
}

impl Doubles {
    /// The arithmetic of that name, if doubles carry it and its accumulator.
    pub fn new(name: ArithmeticName, key: u64) -> Option<Doubles> {
        Doubles::of(&name.format, &name.accumulator, name, key)
    }

    /// The arithmetic of that name, if its exponents are unbounded and doubles carry its precisions: to the bits of
    /// its definition until [`Arithmetic::left_range`].
    pub fn unbounded(name: ArithmeticName, key: u64) -> Option<Doubles> {
        let (member, accumulator) = (stand_in(&name.format)?, stand_in(&name.accumulator)?);
        if name.sum == Sum::Exact {
            return None;
        }
        let guard = Guard::new(&member, &accumulator);
        let guard = if name.sum == Sum::Fused { guard.of_fused_sums(&member) } else { guard };
        Some(Doubles { guard: Some(guard), ..Doubles::of(&member, &accumulator, name, key)? })
    }

    fn of(format: &Format, accumulator: &Format, name: ArithmeticName, key: u64) -> Option<Doubles> {
        // Products of two binary64 numbers are no doubles; sums of narrower numbers are, whatever is added.
        let is_alike = *format != F64 || *accumulator == F64 && name.sum != Sum::Exact;
        let rounding = |format| Rounding::new(format, name.direction, name.limits);
        let accumulation =
            Accumulation { order: name.sum, accumulate: rounding(accumulator)?, store: rounding(format)? };
        let bits = match name.direction {
            Direction::Stochastic(bits) => Some(bits),
            Direction::Nearest | Direction::Toward(_) => None,
        };
        is_alike.then_some(Doubles { accumulation, bits, key, guard: None })
    }

    fn draws(&self, at: Place) -> Draws {
        Draws::new(self.key, at, self.bits.unwrap_or(1))
    }

    /// The bits that a rounding draws.
    fn random(&self, at: Place, step: u32) -> u32 {
        self.bits.map_or(0, |bits| Draws::new(self.key, at, bits).first(step))
    }

    /// Looks at a result where someone must.
    fn watched(&self, result: f64, is_zero: impl FnOnce() -> bool) -> f64 {
        if let Some(guard) = &self.guard {
            guard.watch(result, is_zero);
        }
        result
    }

    fn rounded(&self, at: Place, x: f64) -> f64 {
        self.watched(self.accumulation.store.round(x, self.random(at, ROUND)), || x == 0.0)
    }

    /// Looks at the operands of sums.
    fn watch_sums(&self, terms: usize, left: &[f64], right: &[f64], last: &[f64]) {
        if let Some(guard) = &self.guard {
            let of = |numbers: &[f64]| Extremes::of(numbers.iter().copied());
            guard.watch_sums(terms, of(left), of(right), of(last));
        }
    }

    /// Looks at sums: directed roundings may raise every partial sum, beyond what the operands tell.
    fn watch_results(&self, sums: &[f64]) {
        if let Some(guard) = &self.guard
            && !sums.iter().all(|sum| sum.is_finite())
        {
            guard.trip();
        }
    }

    /// The exact sum of the products and `last`, rounded once: by the definition.
    fn exact_dot(&self, at: Place, row: &[f64], column: &[f64], last: Option<&f64>) -> f64 {
        let store = &self.accumulation.store;
        // Products of two members are doubles; the empty sum is +0.
        let mut terms: Vec<f64> = row.iter().zip(column).map(|(x, y)| store.operand(*x) * store.operand(*y)).collect();
        if terms.is_empty() {
            terms.push(0.0);
        }
        terms.extend(last.map(|last| store.operand(*last)));
        let random = self.random(at, STORE);
        let plain = terms.iter().copied().reduce(|sum, term| store.sum(sum, term)).unwrap_or(0.0);
        let floats: Vec<Float> = terms.iter().map(|term| Float::with_val(53, *term)).collect();
        if !terms.iter().all(|term| term.is_finite()) || floats.iter().all(Float::is_zero) {
            return store.round(plain, random);
        }
        // Enough bits for the exact sum of doubles.
        let sum = Float::with_val(EXACT_BITS, Float::sum(floats.iter()));
        if sum.is_zero() {
            return store.round(store.sum(1.0, -1.0), random);
        }
        crate::format::canonical(store.round_long(&sum, random).to_f64())
    }

    /// Exact sums where a pair of doubles decides their rounding, the definition where it does not.
    fn exact_product(
        &self,
        tensor: TensorId,
        left: &Matrix<f64>,
        right: &Matrix<f64>,
        last: Option<&[f64]>,
    ) -> Array2<f64> {
        let store = &self.accumulation.store;
        let operands: Option<Vec<f64>> = last.map(|last| last.iter().map(|x| store.operand(*x)).collect());
        let sums = kernels::exact::product(left, right, operands.as_deref());
        from_fn(sums.dim(), |(i, j)| {
            let at = Place::new(tensor, (i, j));
            let random = self.random(at, STORE);
            let quick = sums[(i, j)].rounded(|x| store.round(x, random));
            // The sign of a zero is the definition's.
            quick.filter(|sum| *sum != 0.0).unwrap_or_else(|| {
                let terms = 0..left.dim().1;
                let row: Vec<f64> = terms.clone().map(|k| left.at((i, k))).collect();
                let column: Vec<f64> = terms.map(|k| right.at((k, j))).collect();
                self.exact_dot(at, &row, &column, last.map(|last| &last[i]))
            })
        })
    }

    /// Every entry the sum of a row and a column.
    fn sums(
        &self,
        (path, tensor): (Path, TensorId),
        left: &Array2<f64>,
        (panels, n): (&[[f64; WIDTH]], usize),
        last: Option<&[f64]>,
    ) -> Array2<f64> {
        let (m, k) = left.dim();
        let mut result = Array2::zeros((m, n));
        for (i, (row, mut results)) in left.rows().into_iter().zip(result.rows_mut()).enumerate() {
            let row = row.to_slice().expect("invariant: rows are contiguous");
            let last = last.map(|last| last[i]);
            for (start, mut results) in (0..n).step_by(WIDTH).zip(results.axis_chunks_iter_mut(ndarray::Axis(0), WIDTH))
            {
                let panel = &panels[start / WIDTH * k..][..k];
                let draws = match self.bits {
                    None => [self.draws(Place::new(tensor, (0, 0))); WIDTH],
                    Some(_) => std::array::from_fn(|lane| self.draws(Place::new(tensor, (i, start + lane)))),
                };
                let sums = self.accumulation.sums_on(path, row, panel, last, draws);
                results.iter_mut().zip(sums).for_each(|(result, sum)| *result = sum);
            }
        }
        result
    }
}

/// Bits of the exact sum of any doubles.
const EXACT_BITS: u32 = 2200;

impl Arithmetic for Doubles {
    type Elem = f64;
    type Operand = Factor;

    fn round(&self, at: Place, x: &Exact) -> f64 {
        match x {
            Exact::Double(x) => self.rounded(at, *x),
            Exact::Long(long) => {
                let rounded = self.accumulation.store.round_long(long, self.random(at, ROUND)).to_f64();
                self.watched(crate::format::canonical(rounded), || long.is_zero())
            }
        }
    }

    fn exact(&self, x: &f64) -> Exact {
        Exact::Double(*x)
    }

    fn dot(&self, at: Place, row: &[f64], column: &[f64], last: Option<&f64>) -> f64 {
        if self.accumulation.order == Sum::Exact {
            return self.exact_dot(at, row, column, last);
        }
        self.watch_sums(row.len(), row, column, last.map_or(&[], std::slice::from_ref));
        let columns: Vec<[f64; 1]> = column.iter().map(|y| [*y]).collect();
        let sum = self.accumulation.sums(row, &columns, last.copied(), [self.draws(at)]);
        self.watch_results(&sum);
        sum[0]
    }

    fn apply(&self, at: Place, f: &Function, x: &f64) -> f64 {
        let store = &self.accumulation.store;
        let (x, random) = (store.operand(*x), self.random(at, APPLY));
        let value = match store.is_native() {
            true => store.round(round_function_f64(f, x, &F64), random),
            false => round_function_quickly(
                (f, x),
                (store.format(), store.bits_beyond()),
                |x| store.round(x, random),
                &|x| store.round_long(x, random),
                store.tiny_is_zero(),
            ),
        };
        self.watched(value, || is_zero(f, x))
    }

    fn binary(&self, at: Place, operation: Binary, x: &f64, y: &f64) -> f64 {
        let store = &self.accumulation.store;
        let (x, y) = (store.operand(*x), store.operand(*y));
        let exact = match operation {
            Binary::Multiply => x * y,
            Binary::Add => store.sum(x, y),
            Binary::Subtract => store.sum(x, -y),
            Binary::Divide if store.is_native() => x / y,
            Binary::Divide => quotient_to_odd(x, y),
        };
        self.watched(store.round(exact, self.random(at, step_of(operation))), || match operation {
            Binary::Add | Binary::Subtract => true,
            Binary::Multiply => x == 0.0 || y == 0.0,
            Binary::Divide => x == 0.0,
        })
    }

    fn prepare(&self, matrix: ArrayView2<f64>, side: Side) -> Factor {
        if self.accumulation.order == Sum::Exact {
            let store = &self.accumulation.store;
            let read =
                |from: &[f64], to: &mut [f64]| to.iter_mut().zip(from).for_each(|(to, x)| *to = store.operand(*x));
            return Factor::Rows(Matrix::by_rows(matrix, read));
        }
        match side {
            Side::Left => Factor::Left(matrix.as_standard_layout().into_owned()),
            Side::Right => {
                let (k, n) = matrix.dim();
                let mut panels = vec![[0.0; WIDTH]; n.div_ceil(WIDTH) * k];
                for ((line, column), x) in matrix.indexed_iter() {
                    panels[column / WIDTH * k + line][column % WIDTH] = *x;
                }
                Factor::Right { panels, dim: (k, n) }
            }
        }
    }

    fn product(&self, tensor: TensorId, left: &Factor, right: &Factor, last: Option<&[f64]>) -> Array2<f64> {
        match (left, right) {
            (Factor::Rows(left), Factor::Rows(right)) => self.exact_product(tensor, left, right, last),
            (Factor::Left(left), Factor::Right { panels, dim: (_, n) }) => {
                if self.guard.is_some() {
                    let numbers = left.as_slice().expect("invariant: rows are contiguous");
                    // Padding is zeros, which are no extremes.
                    self.watch_sums(left.ncols(), numbers, panels.as_flattened(), last.unwrap_or(&[]));
                }
                let sums = self.sums((Path::current(), tensor), left, (panels, *n), last);
                self.watch_results(sums.as_slice().expect("invariant: in standard layout"));
                sums
            }
            _ => unreachable!("invariant: a product has a left and a right factor"),
        }
    }

    fn round_doubles(&self, tensor: TensorId, x: &Array2<f64>) -> Array2<f64> {
        from_fn(x.dim(), |index| self.rounded(Place::new(tensor, index), x[index]))
    }

    fn exact_matrix(&self, x: &Array2<f64>) -> ExactMatrix {
        ExactMatrix::Doubles(x.clone())
    }

    fn left_range(&self) -> bool {
        self.guard.as_ref().is_some_and(Guard::is_tripped)
    }
}
