//! Every other arithmetic that doubles can carry: all directions, limits and summation orders.
//!
//! An operation's exact result is a double, or its rounding to odd is one, which rounds to the format like the exact
//! result (53 ≥ p + r + 2 with r random bits): products of two numbers are doubles, sums and quotients are rounded to
//! odd with their errors, and functions come from enclosures. binary64 itself is that of the processor, rounded to
//! nearest.
//!
//! Formats with unbounded exponents are carried with a [`Guard`], as in [`super::lanes::Lanes`].

mod operand;
mod products;
mod rounding;
mod terms;

pub use operand::Operand;
pub use rounding::Rounding;

use super::guard::{Extremes, Guard, stand_in};
use super::kernels::{Matrix, Path};
use super::random::{ALONE, Draws};
use super::sum::Chain;
use super::{
    Arithmetic, ArithmeticName, Binary, Content, Crossing, Direction, Exact, ExactMatrix, Numbers as _, Place, Side,
    Step, Sum, from_fn,
};
use crate::activation::rounding::round_function_quickly;
use crate::activation::{Function, is_zero, round_function_f64};
use crate::format::{F64, Format, canonical, quotient_to_odd};
use ndarray::{Array2, ArrayView2};
use operand::{Lines, Numbers};
use terms::Accumulation;

/// An arithmetic whose numbers are doubles.
pub struct Doubles {
    name: ArithmeticName,
    accumulation: Accumulation,
    /// Random bits of a rounding; `None` if no rounding is random.
    bits: Option<u32>,
    key: u64,
    path: Path,
    guard: Option<Guard>,
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

    /// The same on another path than the best.
    pub fn on(self, path: Path) -> Doubles {
        Doubles { path, ..self }
    }

    fn of(format: &Format, accumulator: &Format, name: ArithmeticName, key: u64) -> Option<Doubles> {
        // Products of two binary64 numbers are no doubles; sums of narrower numbers are, whatever is added.
        let is_alike = *format != F64 || *accumulator == F64 && name.sum != Sum::Exact;
        let rounding = |format| Rounding::new(format, name.direction, name.limits);
        let (accumulate, store) = (rounding(accumulator)?, rounding(format)?);
        // Products are members of the accumulator where they are rounded to it; the last number is where it has no more
        // bits.
        let adds_members = name.sum != Sum::Fused && accumulator.precision >= format.precision;
        let accumulate = if adds_members { accumulate.of_members() } else { accumulate };
        let accumulation = Accumulation { order: name.sum, accumulate, store };
        let bits = match name.direction {
            Direction::Stochastic(bits) => Some(bits),
            Direction::Nearest | Direction::Toward(_) => None,
        };
        is_alike.then_some(Doubles { name, accumulation, bits, key, path: Path::current(), guard: None })
    }

    fn draws(&self, at: Place) -> Draws {
        Draws::new(self.key, at, self.bits.unwrap_or(1))
    }

    /// The bits that a rounding draws.
    fn random(&self, at: Place, term: u32) -> u32 {
        self.bits.map_or(0, |bits| Draws::new(self.key, at, bits).first(term))
    }

    /// Checks a result if there is a guard.
    fn watched(&self, result: f64, is_zero: impl FnOnce() -> bool) -> f64 {
        if let Some(guard) = &self.guard {
            guard.watch(result, true, is_zero);
        }
        result
    }

    fn rounded(&self, at: Place, x: f64) -> f64 {
        self.watched(self.accumulation.store.round(x, self.random(at, ALONE)), || x == 0.0)
    }

    /// Checks the operands of sums; the padding is zeros, which are not extremes.
    fn watch_sums(&self, terms: usize, left: Option<&[f64]>, right: Option<&[f64]>, last: Option<&[f64]>) {
        if let Some(guard) = &self.guard {
            let of = |numbers: Option<&[f64]>| Extremes::of(numbers.unwrap_or(&[]).iter().copied());
            guard.watch_sums(terms, of(left), of(right), of(last));
        }
    }

    /// Checks sums.
    fn watch_results(&self, sums: &Array2<f64>) {
        if let Some(guard) = &self.guard {
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
                let rounded = self.accumulation.store.round_long(long, self.random(at, ALONE)).to_f64();
                self.watched(canonical(rounded), || long.is_zero())
            }
        }
    }

    fn dot(&self, at: Place, row: &[f64], column: &[f64], last: Option<&f64>) -> f64 {
        let row = ndarray::aview1(row).insert_axis(ndarray::Axis(0));
        let column = ndarray::aview1(column).insert_axis(ndarray::Axis(1));
        let left = self.prepare(row, Side::Left, Content::Activation);
        let right = self.prepare(column, Side::Right, Content::Activation);
        self.one(at, &left, &right, last)
    }

    fn apply(&self, at: Place, f: &Function, x: &f64) -> f64 {
        let store = &self.accumulation.store;
        let (x, random) = (store.operand(*x), self.random(at, ALONE));
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
        self.watched(store.round(exact, self.random(at, ALONE)), || match operation {
            Binary::Add | Binary::Subtract => true,
            Binary::Multiply => x == 0.0 || y == 0.0,
            Binary::Divide => x == 0.0,
        })
    }

    fn prepare(&self, matrix: ArrayView2<f64>, side: Side, content: Content) -> Operand {
        let store = &self.accumulation.store;
        let is_as_stored = self.name.quantiser(content).is_none();
        if let Sum::TensorCore(Chain { gpu, rule, .. }) = self.accumulation.order {
            let quantised = self.quantised(matrix, side, content);
            // What was read as a name has its rules.
            let own = gpu.rule(&quantised.element, &rule.output()).unwrap_or(rule);
            let numbers = Numbers::Lines(Lines::new(&quantised, side, &own, self.guard.is_none()));
            return Operand { numbers, factor: quantised.factor };
        }
        let (values, factor) = match is_as_stored {
            true => (matrix.map(|x| store.operand(*x)), 1.0),
            false => {
                let quantised = self.quantised(matrix, side, content);
                (quantised.values, quantised.factor)
            }
        };
        let numbers = match self.accumulation.order {
            Sum::Exact => Numbers::Rows(Matrix::by_rows(values.view(), |from: &[f64], to| to.copy_from_slice(from))),
            _ => Numbers::in_order(values.view(), side),
        };
        Operand { numbers, factor }
    }

    fn product(&self, step: Step, left: &Operand, right: &Operand, last: Option<&[f64]>) -> Array2<f64> {
        // As a kernel's caller gives it: one binary32 number.
        let factor = f64::from((left.factor * right.factor) as f32);
        let last = (factor, last);
        let sums = match (&left.numbers, &right.numbers) {
            (Numbers::Rows(left), Numbers::Rows(right)) => return self.exact_product(step, left, right, last),
            (Numbers::Left(left), Numbers::Right { panels, dim: (_, n) }) => {
                self.watch_sums(left.ncols(), left.as_slice(), Some(panels.as_flattened()), last.1);
                self.sums(step, left, (panels, *n), last)
            }
            (Numbers::Lines(left), Numbers::Lines(right)) => {
                let Sum::TensorCore(chain) = self.accumulation.order else {
                    unreachable!("invariant: lines are a tensor core's")
                };
                self.watch_sums(left.dim().1, left.doubles.as_slice(), right.doubles.as_slice(), last.1);
                self.chained(&chain, step, (left, right), last)
            }
            _ => unreachable!("invariant: a product has a left and a right factor"),
        };
        self.watch_results(&sums);
        sums
    }

    /// Sums without products know no scales and no tensor core: they run in index order there.
    fn sum_rows(&self, step: Step, x: &Array2<f64>) -> Array2<f64> {
        let order = match self.accumulation.order {
            Sum::TensorCore(_) => Sum::Sequential,
            order => order,
        };
        let store = &self.accumulation.store;
        let accumulation = Accumulation { order, ..self.accumulation };
        let ones = vec![[1.0]; x.ncols()];
        let sums = from_fn((x.nrows(), 1), |(row, _)| {
            let at = Place::new(step, (row, 0));
            let numbers: Vec<f64> = x.row(row).iter().map(|x| store.operand(*x)).collect();
            if order == Sum::Exact {
                return self.exact_dot(at, &numbers, &vec![1.0; numbers.len()], None);
            }
            self.watch_sums(numbers.len(), Some(&numbers), Some(&[1.0]), None);
            accumulation.sums(&numbers, &ones, (1.0, None), [self.draws(at)])[0]
        });
        self.watch_results(&sums);
        sums
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

impl super::Numbers for Doubles {
    fn exact(&self, x: &f64) -> Exact {
        Exact::Double(*x)
    }

    fn exact_matrix(&self, x: &Array2<f64>) -> ExactMatrix {
        ExactMatrix::Doubles(x.clone())
    }
}
