//! Stochastic rounding of every operation, in double lanes.
//!
//! A result is rounded from its exact value cut to a double, toward zero: what the cut drops lies beyond the random
//! bits that the rounding looks at, since p + r + 2 ≤ 53 ([`Format::stochastic_rounder`]). Products of members are
//! exact doubles, sums are cut by their error, quotients by MPFR, functions by enclosures. The random bits are those of
//! [`super::random`] for the place and the step.
//!
//! Formats of unbounded exponent are carried under a [`Guard`], as by [`super::lanes::Lanes`].

use super::guard::{Extremes, Guard, stand_in};
use super::kernels::stochastic::Kernel;
use super::kernels::{self, Matrix, Operand, Path};
use super::long::round_stochastically;
use super::random::{ALONE, Draws, LAST, STORE};
use super::{
    Arithmetic, ArithmeticName, Binary, Content, Crossing, Direction, Exact, ExactMatrix, Numbers, Place, Side, Step,
    Sum, from_fn,
};
use crate::activation::rounding::round_function_quickly;
use crate::activation::{Function, is_zero};
use crate::format::{Format, StochasticRounder, cut_sum};
use ndarray::{Array2, ArrayView2};
use rug::Float;
use rug::float::Round;

/// An arithmetic that rounds stochastically, its numbers doubles.
pub struct Stochastic {
    /// The stored format, bounded: if exponents are unbounded, the format that replaces it.
    format: Format,
    store: StochasticRounder,
    accumulate: StochasticRounder,
    kernel: Kernel,
    /// Whether sums are already numbers of the format.
    is_summed_as_stored: bool,
    sum: Sum,
    key: u64,
    guard: Option<Guard>,
    path: Path,
}

impl Stochastic {
    /// The arithmetic of that name, if it rounds stochastically and double lanes carry it and its accumulator.
    pub fn new(name: ArithmeticName, key: u64) -> Option<Stochastic> {
        Stochastic::of(name.format, name.accumulator, name, key)
    }

    /// The arithmetic of that name, if its exponents are unbounded and double lanes carry its precisions:
    /// to the bits of its definition until [`Arithmetic::range_exceeded`].
    pub fn unbounded(name: ArithmeticName, key: u64) -> Option<Stochastic> {
        let (member, accumulator) = (stand_in(&name.format)?, stand_in(&name.accumulator)?);
        if name.sum == Sum::Exact {
            return None;
        }
        let arithmetic = Stochastic::of(member, accumulator, name, key)?;
        let guard = Guard::new(&member, &accumulator);
        let guard = if name.sum == Sum::Fused { guard.of_fused_sums(&member) } else { guard };
        Some(Stochastic { guard: Some(guard), ..arithmetic })
    }

    fn of(format: Format, accumulator: Format, name: ArithmeticName, key: u64) -> Option<Stochastic> {
        let Direction::Stochastic(bits) = name.direction else { return None };
        if !name.rounded(Direction::Nearest).is_common() {
            return None;
        }
        let (store, accumulate) = (format.stochastic_rounder(bits)?, accumulator.stochastic_rounder(bits)?);
        Some(Stochastic {
            format,
            store,
            accumulate,
            kernel: Kernel::new(&format, &accumulator, accumulate, name.sum == Sum::Fused),
            is_summed_as_stored: format == accumulator,
            sum: name.sum,
            key,
            guard: None,
            path: Path::current(),
        })
    }

    /// The same on another path that the processor has, for tests: the bits are the same.
    pub fn on(self, path: Path) -> Stochastic {
        Stochastic { path, ..self }
    }

    fn draws(&self, at: Place) -> Draws {
        Draws::new(self.key, at, self.store.bits())
    }

    /// Checks a result if there is a guard.
    fn watched(&self, result: f64, is_zero: impl FnOnce() -> bool) -> f64 {
        if let Some(guard) = &self.guard {
            guard.watch(result, true, is_zero);
        }
        result
    }

    fn rounded(&self, at: Place, x: f64) -> f64 {
        self.watched(self.store.round(x, self.draws(at).first(ALONE)), || x == 0.0)
    }

    /// The exact sum of the products and `last`, rounded once: by the definition.
    fn exact_dot(&self, draws: &Draws, row: &[f64], column: &[f64], last: Option<&f64>) -> f64 {
        // Products of two members are doubles; the empty sum is +0.
        let mut terms: Vec<f64> = row.iter().zip(column).map(|(x, y)| x * y).collect();
        if terms.is_empty() {
            terms.push(0.0);
        }
        terms.extend(last);
        let random = draws.first(STORE);
        let plain: f64 = terms.iter().copied().reduce(|sum, term| sum + term).unwrap_or(0.0);
        if !terms.iter().all(|term| term.is_finite()) {
            return self.store.round(plain, random);
        }
        let floats: Vec<Float> = terms.iter().map(|term| Float::with_val(53, *term)).collect();
        let sum = round_stochastically(&self.format, self.store.bits(), random, Float::sum(floats.iter()));
        // An exact 0 has the sign that sums of doubles give it.
        if sum.is_zero() && floats.iter().all(Float::is_zero) { self.store.round(plain, random) } else { sum.to_f64() }
    }

    /// Exact sums where a pair of doubles decides their rounding, the definition where it does not.
    fn exact_product(&self, step: Step, left: &Matrix<f64>, right: &Matrix<f64>, last: Option<&[f64]>) -> Array2<f64> {
        let sums = kernels::exact::product(left, right, last);
        from_fn(sums.dim(), |(i, j)| {
            let draws = self.draws(Place::new(step, (i, j)));
            let random = draws.first(STORE);
            sums[(i, j)].rounded(|x| self.store.round(x, random)).unwrap_or_else(|| {
                let terms = 0..left.dim().1;
                let row: Vec<f64> = terms.clone().map(|k| left.at((i, k))).collect();
                let column: Vec<f64> = terms.map(|k| right.at((k, j))).collect();
                self.exact_dot(&draws, &row, &column, last.map(|last| &last[i]))
            })
        })
    }
}

impl Arithmetic for Stochastic {
    type Elem = f64;
    type Operand = Operand;

    fn round(&self, at: Place, x: &Exact) -> f64 {
        match x {
            Exact::Double(x) => self.rounded(at, *x),
            Exact::Long(long) => {
                // A number beyond the doubles overflows as their largest does.
                let cut = long.to_f64_round(Round::Zero);
                self.watched(self.store.round(cut, self.draws(at).first(ALONE)), || long.is_zero())
            }
        }
    }

    fn dot(&self, at: Place, row: &[f64], column: &[f64], last: Option<&f64>) -> f64 {
        let draws = self.draws(at);
        if self.sum == Sum::Exact {
            return self.exact_dot(&draws, row, column, last);
        }
        if let Some(guard) = &self.guard {
            let of = |numbers: &[f64]| Extremes::of(numbers.iter().copied());
            guard.watch_sums(row.len(), of(row), of(column), last.map_or(Extremes::NONE, |last| of(&[*last])));
        }
        // To −0 the first product is added unchanged; an empty sum is +0.
        let mut sum = if row.is_empty() { 0.0 } else { -0.0 };
        for (step, (x, y)) in (0..).zip(row.iter().zip(column)) {
            let product = match self.sum {
                Sum::Fused => x * y,
                _ => self.accumulate.round(x * y, draws.first(step)),
            };
            sum = self.accumulate.round(cut_sum(sum, product), draws.second(step));
        }
        if let Some(last) = last {
            sum = self.accumulate.round(cut_sum(sum, *last), draws.first(LAST));
        }
        if let Some(guard) = &self.guard {
            guard.watch_results([&sum]);
        }
        self.store.round(sum, draws.first(STORE))
    }

    fn apply(&self, at: Place, f: &Function, x: &f64) -> f64 {
        let (bits, random) = (self.store.bits(), self.draws(at).first(ALONE));
        let value = round_function_quickly(
            (f, *x),
            (&self.format, bits),
            |x| self.store.round(x, random),
            &|x| self.format.round_stochastically(x, bits, random),
            true,
        );
        self.watched(value, || is_zero(f, *x))
    }

    fn binary(&self, at: Place, operation: Binary, x: &f64, y: &f64) -> f64 {
        let (x, y) = (*x, *y);
        let exact = match operation {
            Binary::Add => cut_sum(x, y),
            Binary::Subtract => cut_sum(x, -y),
            Binary::Multiply => x * y,
            Binary::Divide if x.is_finite() && y.is_finite() && x != 0.0 && y != 0.0 => {
                Float::with_val_round(53, &Float::with_val(53, x) / y, Round::Zero).0.to_f64()
            }
            Binary::Divide => x / y,
        };
        self.watched(self.store.round(exact, self.draws(at).first(ALONE)), || match operation {
            Binary::Add | Binary::Subtract => true,
            Binary::Multiply => x == 0.0 || y == 0.0,
            Binary::Divide => x == 0.0,
        })
    }

    fn prepare(&self, matrix: ArrayView2<f64>, side: Side, _: Content) -> Operand {
        if self.sum == Sum::Exact {
            return Operand::Double(Matrix::by_rows(matrix, |from: &[f64], to| to.copy_from_slice(from)));
        }
        self.kernel.prepare(matrix, side)
    }

    fn product(&self, step: Step, left: &Operand, right: &Operand, last: Option<&[f64]>) -> Array2<f64> {
        if let Some(guard) = &self.guard {
            let of_last = last.map_or(Extremes::NONE, |last| Extremes::of(last.iter().copied()));
            // Padding is zeros, which are no extremes.
            let of = |operand: &Operand| Extremes::of(operand.doubles().padded().iter().copied());
            guard.watch_sums(left.dim().1, of(left), of(right), of_last);
        }
        if self.sum == Sum::Exact {
            return self.exact_product(step, &left.doubles(), &right.doubles(), last);
        }
        let sums = self.kernel.product_on(self.path, (self.key, step), left, right, last);
        if let Some(guard) = &self.guard {
            guard.watch_results(&sums);
        }
        let sums = Array2::from_shape_vec((left.dim().0, right.dim().1), sums).expect("invariant: one sum per entry");
        match self.is_summed_as_stored {
            true => sums,
            false => from_fn(sums.dim(), |index| {
                self.store.round(sums[index], self.draws(Place::new(step, index)).first(STORE))
            }),
        }
    }

    fn round_doubles(&self, step: Step, x: &Array2<f64>) -> Array2<f64> {
        from_fn(x.dim(), |index| self.rounded(Place::new(step, index), x[index]))
    }

    fn range_exceeded(&self) -> bool {
        self.guard.as_ref().is_some_and(Guard::is_tripped)
    }

    fn crossing(&self, x: &Array2<f64>) -> Crossing {
        Crossing::Numbers(self.exact_matrix(x))
    }
}

impl Numbers for Stochastic {
    fn exact(&self, x: &f64) -> Exact {
        Exact::Double(*x)
    }

    fn exact_matrix(&self, x: &Array2<f64>) -> ExactMatrix {
        ExactMatrix::Doubles(x.clone())
    }
}
