//! Arithmetics with unbounded exponents beyond the range of double lanes: doubles with wide exponents.
//!
//! A network whose values grow computes numbers like e^(−1000), which every format's twin with unbounded exponents must
//! represent. MPFR numbers can, but take fifty times as long as doubles. The numbers here are a double and a block of
//! exponents (`number`), rounded in the same steps as the lanes' doubles, so they have the bits of the definition as
//! long as exponents stay within 2^29; beyond, [`Arithmetic::range_exceeded`] is true and MPFR takes over. Matrices whose
//! numbers all are ordinary doubles are multiplied in lanes; so are those of which every column is, times a power of
//! two: samples differ in size, and the gradients of one sample hardly do.

mod number;

use number::HIGHEST;
pub use number::Number;

use super::doubles::{self, Doubles};
use super::guard::stand_in;
use super::kernels::Rounding;
use super::{
    Arithmetic, ArithmeticName, Binary, Content, Crossing, Exact, ExactMatrix, Numbers, Place, Side, Step, Sum,
};
use crate::activation::rounding::{is_plainly_zero, round_with};
use crate::activation::{Function, round_function, round_function_f64};
use crate::format::Format;
use ndarray::{Array2, ArrayView1, ArrayView2};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

/// Results of functions that the lanes' formats round as those of unbounded exponent do.
const IN_LANES: Range<f64> = f64::from_bits((1023 - 400) << 52)..f64::from_bits((1023 + 400) << 52);
/// Columns whose sums run side by side, so that none waits for its own last term.
const TOGETHER: usize = 8;

/// An arithmetic on doubles with wide exponents.
pub struct Wide {
    name: ArithmeticName,
    /// The bounded format in whose lanes ordinary numbers are rounded.
    member: Format,
    store: Rounding,
    accumulate: Rounding,
    lanes: Doubles,
    tripped: AtomicBool,
}

/// A matrix prepared for products.
pub struct Operand {
    numbers: Array2<Number>,
    /// The same in lanes, if all of them are doubles when divided by their column's power of two.
    lanes: Option<doubles::Operand>,
    /// log₂ of the power of two of every column, on the right side of products; empty where all are 1.
    exponents: Vec<i64>,
}

impl Wide {
    /// The arithmetic of that name, if its exponents are unbounded, double lanes carry its precisions and its sums
    /// run in index order.
    pub fn new(name: ArithmeticName) -> Option<Wide> {
        let (member, accumulator) = (stand_in(&name.format)?, stand_in(&name.accumulator)?);
        let lanes = Doubles::unbounded(name, 0).filter(|_| name.is_common())?;
        (name.sum == Sum::Sequential).then(|| Wide {
            name,
            member,
            store: Rounding::to(member),
            accumulate: Rounding::to(accumulator),
            lanes,
            tripped: AtomicBool::new(false),
        })
    }

    /// A result, or NaN where its exponent is too close to the limits to be reliable.
    #[inline]
    fn watched(&self, result: Number) -> Number {
        if result.is_near() { result } else { self.lost() }
    }

    #[cold]
    fn lost(&self) -> Number {
        self.tripped.store(true, Ordering::Relaxed);
        Number::from_f64(f64::NAN)
    }

    /// f at a double, where the lanes' formats have the result.
    fn in_lanes(&self, f: &Function, x: f64) -> Option<Number> {
        let value = match &self.store {
            Rounding::Emulated(rounder) => round_with(f, x, &self.member, rounder),
            _ => round_function_f64(f, x, &self.member),
        };
        let is_own = !x.is_finite() || IN_LANES.contains(&value.abs()) || is_plainly_zero(f, x);
        is_own.then(|| Number::from_f64(value))
    }

    /// Every sum, in one rounding of doubles, then stored.
    #[inline(always)]
    fn sums(
        &self,
        left: &Array2<Number>,
        right: &Array2<Number>,
        last: Option<&[Number]>,
        round: impl Fn(f64) -> f64 + Copy,
    ) -> Vec<Number> {
        let ((rows, terms), columns) = (left.dim(), right.ncols());
        let left = left.as_slice().expect("invariant: operands lie row by row");
        let right = right.as_slice().expect("invariant: operands lie row by row");
        let mut results = vec![Number::ZERO; rows * columns];
        for i in 0..rows {
            let row = &left[i * terms..][..terms];
            for first in (0..columns).step_by(TOGETHER) {
                let width = TOGETHER.min(columns - first);
                let mut sums = [Number::ZERO; TOGETHER];
                for (k, x) in row.iter().enumerate() {
                    let factors = &right[k * columns + first..][..width];
                    for (sum, y) in sums.iter_mut().zip(factors) {
                        let product = x.times(*y, round);
                        *sum = if k == 0 { product } else { sum.plus(product, round) };
                    }
                }
                for (sum, result) in sums.into_iter().zip(&mut results[i * columns + first..][..width]) {
                    let sum = last.map_or(sum, |last| sum.plus(last[i], round));
                    *result = self.watched(sum.rounded(|x| self.store.round(x)));
                }
            }
        }
        results
    }
}

impl Arithmetic for Wide {
    type Elem = Number;
    type Operand = Operand;

    fn round(&self, _: Place, x: &Exact) -> Number {
        match x {
            Exact::Double(x) => Number::from_f64(*x).rounded(|x| self.store.round(x)),
            Exact::Long(x) => Number::from_float(&self.name.format.round(x)).unwrap_or_else(|| self.lost()),
        }
    }

    fn dot(&self, _: Place, row: &[Number], column: &[Number], last: Option<&Number>) -> Number {
        let round = |x| self.accumulate.round(x);
        let mut products = row.iter().zip(column).map(|(x, y)| x.times(*y, round));
        let first = products.next().unwrap_or(Number::ZERO);
        let sum = products.chain(last.copied()).fold(first, |sum, term| sum.plus(term, round));
        self.watched(sum.rounded(|x| self.store.round(x)))
    }

    fn apply(&self, _: Place, f: &Function, x: &Number) -> Number {
        let exactly = || Number::from_float(&round_function(f, &x.to_float(), &self.name.format));
        let result = x.as_double().and_then(|x| self.in_lanes(f, x));
        let result = result.or_else(|| x.function(f, self.name.format.precision)).or_else(exactly);
        result.unwrap_or_else(|| self.lost())
    }

    fn binary(&self, _: Place, operation: Binary, x: &Number, y: &Number) -> Number {
        let round = |x| self.store.round(x);
        self.watched(match operation {
            Binary::Add => x.plus(*y, round),
            Binary::Subtract => x.plus(y.negated(), round),
            Binary::Multiply => x.times(*y, round),
            Binary::Divide => x.over(*y, round),
        })
    }

    fn prepare(&self, matrix: ArrayView2<Number>, side: Side, content: Content) -> Operand {
        let exponents = if side == Side::Right { exponents(&matrix) } else { Vec::new() };
        let double = |((_, column), x): ((usize, usize), &Number)| match exponents.get(column) {
            Some(exponent) => x.divided(*exponent),
            None => x.as_double(),
        };
        let doubles: Option<Vec<f64>> = matrix.indexed_iter().map(double).collect();
        let lanes = doubles.map(|doubles| {
            let doubles = Array2::from_shape_vec(matrix.dim(), doubles).expect("invariant: one double per number");
            self.lanes.prepare(doubles.view(), side, content)
        });
        Operand { numbers: matrix.as_standard_layout().into_owned(), lanes, exponents }
    }

    fn product(&self, step: Step, left: &Operand, right: &Operand, last: Option<&[Number]>) -> Array2<Number> {
        let doubles: Option<Vec<f64>> = last.unwrap_or(&[]).iter().map(|x| x.as_double()).collect();
        // What is added last has no column whose power of two it could be divided by.
        let doubles = doubles.filter(|_| last.is_none() || right.exponents.is_empty());
        if let (Some(left), Some(lanes), Some(doubles)) = (&left.lanes, &right.lanes, doubles) {
            let sums = self.lanes.product(step, left, lanes, last.map(|_| doubles.as_slice()));
            let multiplied = |((_, column), sum): ((usize, usize), &f64)| match right.exponents.get(column) {
                Some(exponent) => Number::from_parts(*sum, *exponent).unwrap_or_else(|| self.lost()),
                None => Number::from_f64(*sum),
            };
            let numbers = sums.indexed_iter().map(multiplied).collect();
            return Array2::from_shape_vec(sums.dim(), numbers).expect("invariant: one number per sum");
        }
        let shape = (left.numbers.nrows(), right.numbers.ncols());
        let (left, right) = (&left.numbers, &right.numbers);
        let sums = match &self.accumulate {
            Rounding::Double => self.sums(left, right, last, |x| x),
            Rounding::Emulated(rounder) => self.sums(left, right, last, |x| rounder.round(x)),
            other => self.sums(left, right, last, |x| other.round(x)),
        };
        Array2::from_shape_vec(shape, sums).expect("invariant: one sum per entry")
    }

    fn range_exceeded(&self) -> bool {
        self.tripped.load(Ordering::Relaxed) || self.lanes.range_exceeded()
    }

    fn crossing(&self, x: &Array2<Number>) -> Crossing {
        Crossing::Numbers(self.exact_matrix(x))
    }
}

impl Numbers for Wide {
    fn exact(&self, x: &Number) -> Exact {
        x.exact()
    }

    fn exact_matrix(&self, x: &Array2<Number>) -> ExactMatrix {
        let doubles: Option<Vec<f64>> = x.iter().map(|x| x.as_double()).collect();
        match doubles {
            Some(doubles) => ExactMatrix::Doubles(
                Array2::from_shape_vec(x.dim(), doubles).expect("invariant: one double per number"),
            ),
            None => ExactMatrix::Any(x.map(|x| x.exact())),
        }
    }
}

/// By which power of two every column is to be divided so that its largest number becomes the largest of block 0;
/// nothing where all numbers are doubles as they are.
fn exponents(matrix: &ArrayView2<Number>) -> Vec<i64> {
    if matrix.iter().all(|x| x.as_double().is_some()) {
        return Vec::new();
    }
    let top = |column: ArrayView1<Number>| column.iter().filter_map(|x| x.exponent()).max().unwrap_or(HIGHEST);
    matrix.columns().into_iter().map(|column| top(column) - HIGHEST).collect()
}

#[cfg(test)]
mod tests {
    use super::super::long::Long;
    use super::*;
    use crate::activation::{ALL, Activation};
    use crate::draw::Stream;
    use rug::Float;

    const AT: Place = Place { step: STEP, row: 0, column: 0 };
    const STEP: Step = Step::alone(0);
    const NAMES: [&str; 5] = ["mpfr:2", "mpfr:11", "mpfr:8:acc=mpfr:24", "mpfr:24", "mpfr:53"];

    fn pair(name: &str) -> (Wide, Long) {
        let name = ArithmeticName::parse(name).unwrap();
        (Wide::new(name).expect("doubles carry it"), Long::new(name))
    }

    /// Numbers near 1, at the edges of blocks and far beyond them, each with its opposite, and those that are none.
    fn numbers(wide: &Wide, long: &Long, stream: &mut Stream, count: usize) -> Vec<(Number, Float)> {
        const EXPONENTS: [i32; 12] = [0, 1, -3, -200, 199, 200, -201, 400, -600, -1443, 2500, -100_000];
        let mut numbers: Vec<(Number, Float)> = Vec::new();
        let at = |stream: &mut Stream, count: usize| (stream.normal().abs() * 1e6) as usize % count;
        for index in 0..count {
            let x = match at(stream, 16) {
                0 => Exact::Double([0.0, -0.0, f64::INFINITY, f64::NAN][index / 5 % 4]),
                1..=4 if !numbers.is_empty() => {
                    let other = &numbers[at(stream, numbers.len())].1;
                    Exact::Long(Float::with_val(53, -other))
                }
                _ => Exact::Long(Float::with_val(53, stream.normal()) << EXPONENTS[at(stream, 12)]),
            };
            let (ours, theirs) = (wide.round(AT, &x), long.round(AT, &x));
            assert_same(wide, long, &ours, &theirs, &format_args!("{x:?}"));
            numbers.push((ours, theirs));
        }
        numbers
    }

    fn assert_same(wide: &Wide, long: &Long, ours: &Number, theirs: &Float, what: &dyn std::fmt::Debug) {
        let (ours, theirs) = (wide.exact(ours).to_float(), long.exact(theirs).to_float());
        let is_same = ours == theirs && ours.is_sign_negative() == theirs.is_sign_negative();
        assert!(is_same || ours.is_nan() && theirs.is_nan(), "{what:?} in {}: {ours}, not {theirs}", wide.name);
    }

    #[test]
    fn operations_are_those_of_the_definition() {
        for name in NAMES {
            let (wide, long) = pair(name);
            let mut stream = Stream::new(3, 0, name);
            let numbers = numbers(&wide, &long, &mut stream, 60);
            for (x, long_x) in &numbers {
                for (y, long_y) in &numbers {
                    for operation in Binary::ALL {
                        let (ours, theirs) =
                            (wide.binary(AT, operation, x, y), long.binary(AT, operation, long_x, long_y));
                        assert_same(&wide, &long, &ours, &theirs, &(long_x, operation, long_y));
                    }
                }
            }
            assert!(!wide.range_exceeded());
        }
    }

    #[test]
    fn products_are_those_of_the_definition() {
        for name in NAMES {
            let (wide, long) = pair(name);
            let mut stream = Stream::new(4, 0, name);
            let (rows, terms, columns) = (5, 40, 11);
            for (is_ordinary, step) in [(false, 0), (true, 0), (true, 777)] {
                // Columns of the right factor are as large as their powers of two.
                let mut matrix = |shape: (usize, usize), step: i32| {
                    let numbers = numbers(&wide, &long, &mut stream, shape.0 * shape.1);
                    let one = (wide.round(AT, &Exact::Double(1.0)), long.round(AT, &Exact::Double(1.0)));
                    let of = |(x, y): (Number, Float)| match is_ordinary && x.as_double().is_none() {
                        true => one.clone(),
                        false => (x, y),
                    };
                    let lifted = |(place, (x, y)): (usize, (Number, Float))| {
                        let exponent = step * (place % shape.1) as i32;
                        let y = y << exponent;
                        (if step == 0 { x } else { wide.round(AT, &Exact::Long(y.clone())) }, y)
                    };
                    let numbers = numbers.into_iter().map(of).enumerate().map(lifted);
                    let (ours, theirs): (Vec<_>, Vec<_>) = numbers.unzip();
                    (Array2::from_shape_vec(shape, ours).unwrap(), Array2::from_shape_vec(shape, theirs).unwrap())
                };
                let ((left, long_left), (right, long_right)) =
                    (matrix((rows, terms), 0), matrix((terms, columns), step));
                let (last, long_last) = matrix((rows, 1), 0);
                let last = last.iter().copied().collect::<Vec<_>>();
                let long_last = long_last.iter().cloned().collect::<Vec<_>>();
                let of = |matrix: &Array2<Number>, side| wide.prepare(matrix.view(), side, Content::Activation);
                let of_long = |matrix: &Array2<Float>, side| long.prepare(matrix.view(), side, Content::Activation);
                let prepared = (of(&left, Side::Left), of(&right, Side::Right));
                assert_eq!(prepared.0.lanes.is_some() && prepared.1.lanes.is_some(), is_ordinary);
                let prepared_long = (of_long(&long_left, Side::Left), of_long(&long_right, Side::Right));
                for with_last in [false, true] {
                    let ours = wide.product(STEP, &prepared.0, &prepared.1, with_last.then_some(&*last));
                    let theirs =
                        long.product(STEP, &prepared_long.0, &prepared_long.1, with_last.then_some(&*long_last));
                    for (((i, j), ours), theirs) in ours.indexed_iter().zip(&theirs) {
                        assert_same(&wide, &long, ours, theirs, &(i, j));
                        let row: Vec<Number> = left.row(i).to_vec();
                        let dot = wide.dot(AT, &row, &right.column(j).to_vec(), with_last.then_some(&last[i]));
                        assert_same(&wide, &long, &dot, theirs, &(i, j));
                    }
                }
            }
            assert!(!wide.range_exceeded());
        }
    }

    #[test]
    fn functions_are_those_of_the_definition() {
        for name in NAMES {
            let (wide, long) = pair(name);
            let mut stream = Stream::new(5, 0, name);
            let mut arguments = numbers(&wide, &long, &mut stream, 30);
            for x in [-1000.0, -60_000.0, 800.0, -745.0, -37.5, 14.0] {
                arguments.push((wide.round(AT, &Exact::Double(x)), long.round(AT, &Exact::Double(x))));
            }
            // 2^-100000 is rather far for MPFR's own functions.
            arguments.retain(|(_, x)| x.get_exp().is_none_or(|exponent| exponent > -3000));
            let all = ALL.into_iter().chain([Activation::Swish { beta: 1.5 }]);
            let functions = all.flat_map(|a| [Function::Value(a), Function::Derivative(a)]);
            for function in functions.chain([Function::Exp, Function::SquareRoot]) {
                for (x, long_x) in &arguments {
                    let (ours, theirs) = (wide.apply(AT, &function, x), long.apply(AT, &function, long_x));
                    if !wide.range_exceeded() {
                        assert_same(&wide, &long, &ours, &theirs, &(function, long_x));
                    }
                    wide.tripped.store(false, Ordering::Relaxed);
                }
            }
        }
    }

    /// Where exponents near MPFR's own ends the bits are no longer promised, and it is said.
    #[test]
    fn exponents_beyond_2_29_are_told() {
        let (wide, _) = pair("mpfr:11");
        let mut x = wide.round(AT, &Exact::Double(3.0));
        let mut squarings = 0;
        while !wide.range_exceeded() {
            x = wide.binary(AT, Binary::Multiply, &x, &x);
            squarings += 1;
        }
        // 3^(2^28) < 2^(2^29) < 3^(2^29)
        assert_eq!(squarings, 29);
        assert!(wide.exact(&x).sign().is_none(), "an unreliable number is NaN");
    }
}
