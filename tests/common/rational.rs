//! An oracle for rounded arithmetic that shares no code with the project: exact rational numbers, the
//! rules of IEEE 754 for signs, infinities and NaN, and one rounding that **searches** the neighbours of
//! a number among all codes of a format.

use precision_probe::arithmetic::{ArithmeticName, Binary, Direction, Exact, Limits, Sum};
use precision_probe::format::{Format, Range, Special, Toward};
use rug::{Float, Integer, Rational};
use std::cmp::Ordering;

/// A number of the extended reals with a signed zero.
#[derive(Clone, Debug, PartialEq)]
pub enum Real {
    /// A magnitude and whether a minus stands before it.
    Finite(Rational, bool),
    /// ±∞.
    Infinite(bool),
    Nan,
}

impl Real {
    /// The exact value of a stored number.
    pub fn of(x: &Exact) -> Real {
        let (nan, infinite, negative, value) = match x {
            Exact::Double(x) => (x.is_nan(), x.is_infinite(), x.is_sign_negative(), Rational::from_f64(*x)),
            Exact::Long(x) => (x.is_nan(), x.is_infinite(), x.is_sign_negative(), x.to_rational()),
        };
        match value {
            Some(value) => Real::Finite(value.abs(), negative),
            None if infinite => Real::Infinite(negative),
            None => {
                assert!(nan);
                Real::Nan
            }
        }
    }

    /// The value with its sign, for a finite number.
    fn signed(&self) -> Option<Rational> {
        match self {
            Real::Finite(magnitude, true) => Some(Rational::from(-magnitude)),
            Real::Finite(magnitude, false) => Some(magnitude.clone()),
            _ => None,
        }
    }

    fn negative(&self) -> bool {
        matches!(self, Real::Finite(_, true) | Real::Infinite(true))
    }

    fn is_zero(&self) -> bool {
        matches!(self, Real::Finite(magnitude, _) if *magnitude == 0)
    }

    /// With the other sign.
    pub fn negated(&self) -> Real {
        match self {
            Real::Finite(magnitude, negative) => Real::Finite(magnitude.clone(), !negative),
            Real::Infinite(negative) => Real::Infinite(!negative),
            Real::Nan => Real::Nan,
        }
    }

    /// The exact sum; a sum of opposite numbers is +0 (IEEE 754-2019, 6.3).
    pub fn plus(&self, other: &Real) -> Real {
        match (self, other) {
            (Real::Nan, _) | (_, Real::Nan) => Real::Nan,
            (Real::Infinite(a), Real::Infinite(b)) if a != b => Real::Nan,
            (Real::Infinite(a), _) | (_, Real::Infinite(a)) => Real::Infinite(*a),
            _ => {
                let sum = self.signed().unwrap() + other.signed().unwrap();
                let negative = if sum == 0 { self.negative() && other.negative() } else { sum < 0 };
                Real::Finite(sum.abs(), negative)
            }
        }
    }

    pub fn times(&self, other: &Real) -> Real {
        let negative = self.negative() != other.negative();
        match (self, other) {
            (Real::Nan, _) | (_, Real::Nan) => Real::Nan,
            (Real::Finite(a, _), Real::Finite(b, _)) => Real::Finite(Rational::from(a * b), negative),
            _ if self.is_zero() || other.is_zero() => Real::Nan,
            _ => Real::Infinite(negative),
        }
    }

    pub fn over(&self, other: &Real) -> Real {
        let negative = self.negative() != other.negative();
        match (self, other) {
            (Real::Nan, _) | (_, Real::Nan) => Real::Nan,
            (Real::Infinite(_), Real::Infinite(_)) => Real::Nan,
            (Real::Infinite(_), _) => Real::Infinite(negative),
            (_, Real::Infinite(_)) => Real::Finite(Rational::new(), negative),
            (Real::Finite(a, _), Real::Finite(b, _)) if *b == 0 => {
                if *a == 0 {
                    Real::Nan
                } else {
                    Real::Infinite(negative)
                }
            }
            (Real::Finite(a, _), Real::Finite(b, _)) => Real::Finite(Rational::from(a / b), negative),
        }
    }

    pub fn binary(operation: Binary, x: &Real, y: &Real) -> Real {
        match operation {
            Binary::Add => x.plus(y),
            Binary::Subtract => x.plus(&y.negated()),
            Binary::Multiply => x.times(y),
            Binary::Divide => x.over(y),
        }
    }

    /// The same number, the sign of zero included; every NaN is one.
    pub fn is(&self, x: &Exact) -> bool {
        *self == Real::of(x)
    }
}

/// The codes of a format's numbers that are not negative: counting up the codes walks through the numbers
/// in order, and even codes have even significands.
pub struct Codes {
    precision: u32,
    emin: i32,
    /// Code of the largest finite number; 0 for more bits than a code here has, which MPFR rounds.
    max: u128,
    /// What is beyond it.
    beyond: Beyond,
    /// Whether −0 is a number.
    has_negative_zero: bool,
}

/// What a magnitude beyond the largest number becomes.
#[derive(Clone, Copy)]
enum Beyond {
    Infinity,
    Nan,
    Largest,
}

impl Codes {
    pub fn of(format: &Format) -> Codes {
        let (emin, emax, special) = match format.range {
            Range::Bounded { emin, emax, special } => (emin, emax, special),
            // Wide enough for every number of the tests; they never get near its ends.
            Range::Unbounded => (-4000, 4000, Special::Ieee),
        };
        let (beyond, has_negative_zero) = match special {
            Special::Ieee => (Beyond::Infinity, true),
            Special::FiniteNan => (Beyond::Nan, true),
            Special::NanForNegativeZero => (Beyond::Nan, false),
            Special::NanForNegativeZeroAndInfinities => (Beyond::Infinity, false),
            Special::Finite => (Beyond::Largest, true),
            Special::Scale => panic!("no numbers"),
        };
        // The all-ones code is NaN of the one, infinity of the other.
        let last = u128::from(matches!(special, Special::FiniteNan | Special::NanForNegativeZeroAndInfinities));
        let (precision, top) = (format.precision, emax - emin + 2);
        let is_listed = format.range != Range::Unbounded || format.precision <= 100;
        let max = if is_listed { ((top as u128) << (precision - 1)) - 1 - last } else { 0 };
        Codes { precision, emin, max, beyond, has_negative_zero }
    }

    /// The number of a code. The code after the last stands for what the next number would be.
    fn value(&self, code: u128) -> Rational {
        let trailing = self.precision - 1;
        let (biased, fraction) = ((code >> trailing) as i32, code & ((1 << trailing) - 1));
        let (units, exponent) =
            if biased == 0 { (fraction, self.emin) } else { (fraction | 1 << trailing, self.emin + biased - 1) };
        Rational::from(Integer::from(units)) << (exponent - trailing as i32)
    }

    /// Rounds to nearest, ties to even: finds the two neighbours and compares the distances.
    pub fn round(&self, x: &Real) -> Real {
        let overflow = |negative: bool| match self.beyond {
            Beyond::Infinity => Real::Infinite(negative),
            Beyond::Nan => Real::Nan,
            Beyond::Largest => Real::Finite(self.value(self.max), negative),
        };
        let (magnitude, negative) = match x {
            Real::Nan => return Real::Nan,
            Real::Infinite(negative) => return overflow(*negative),
            Real::Finite(magnitude, negative) => (magnitude, *negative),
        };
        if self.max == 0 {
            let rounded = Float::with_val(self.precision, magnitude);
            return Real::Finite(rounded.to_rational().expect("far from MPFR's limits"), negative);
        }
        let (mut below, mut above) = (0, self.max + 1);
        if *magnitude >= self.value(above) {
            return overflow(negative);
        }
        while above - below > 1 {
            let middle = below + (above - below) / 2;
            if self.value(middle) <= *magnitude { below = middle } else { above = middle }
        }
        let (low, high) = (self.value(below), self.value(above));
        let nearest = match Rational::from(magnitude - &low).cmp(&Rational::from(&high - magnitude)) {
            Ordering::Less => below,
            Ordering::Greater => above,
            Ordering::Equal if below % 2 == 0 => below,
            Ordering::Equal => above,
        };
        let has_sign = nearest > 0 || self.has_negative_zero;
        if nearest > self.max { overflow(negative) } else { Real::Finite(self.value(nearest), negative && has_sign) }
    }
}

/// What is done to a result: the direction of its rounding, and the limits.
#[derive(Clone, Copy, Debug)]
pub struct How {
    /// Deterministic.
    pub direction: Direction,
    pub limits: Limits,
}

impl How {
    /// To nearest, and nothing else.
    pub const NEAREST: How = How { direction: Direction::Nearest, limits: Limits::NONE };

    pub fn of(name: &ArithmeticName) -> How {
        How { direction: name.direction, limits: name.limits }
    }
}

impl Codes {
    /// The smallest normal number.
    fn smallest_normal(&self) -> Rational {
        self.value(1 << (self.precision - 1))
    }

    /// Rounds in a direction, with the limits: finds the neighbours and takes the one that its name says.
    pub fn round_as(&self, x: &Real, how: How) -> Real {
        let rounded = match (how.direction, x) {
            (Direction::Toward(toward), Real::Finite(magnitude, negative)) => self.toward(magnitude, *negative, toward),
            _ => self.round(x),
        };
        match rounded {
            Real::Infinite(_) | Real::Nan if how.limits.saturates && *x != Real::Nan => {
                Real::Finite(self.value(self.max), x.negative())
            }
            rounded if how.limits.flushes_results => self.flushed(&rounded),
            rounded => rounded,
        }
    }

    /// Subnormal numbers as zeros.
    pub fn flushed(&self, x: &Real) -> Real {
        match x {
            Real::Finite(magnitude, negative) if *magnitude < self.smallest_normal() => {
                self.round(&Real::Finite(Rational::new(), *negative))
            }
            other => other.clone(),
        }
    }

    /// An operand as it is read.
    pub fn read(&self, x: &Real, how: How) -> Real {
        if how.limits.flushes_operands { self.flushed(x) } else { x.clone() }
    }

    fn toward(&self, magnitude: &Rational, negative: bool, toward: Toward) -> Real {
        // The largest code whose number is not larger, counting on beyond the maximum.
        let (mut below, mut above) = (0, 2 * self.max + 2);
        while self.value(above) <= *magnitude {
            above *= 2;
        }
        while above - below > 1 {
            let middle = below + (above - below) / 2;
            if self.value(middle) <= *magnitude { below = middle } else { above = middle }
        }
        let is_member = self.value(below) == *magnitude;
        let away = match toward {
            _ if is_member => false,
            Toward::Zero => false,
            Toward::Up => !negative,
            Toward::Down => negative,
            Toward::Odd => below % 2 == 0,
        };
        let taken = if away { below + 1 } else { below };
        if taken <= self.max {
            let zero_or_not = Real::Finite(self.value(taken), negative);
            return if taken == 0 { self.round(&zero_or_not) } else { zero_or_not };
        }
        let leads_back = match toward {
            Toward::Zero => true,
            Toward::Up => negative,
            Toward::Down => !negative,
            Toward::Odd => false,
        };
        if leads_back { Real::Finite(self.value(self.max), negative) } else { self.round(&Real::Infinite(negative)) }
    }
}

/// x + y in a direction: rounding down, a sum of opposite numbers is −0.
pub fn sum_in(how: How, x: &Real, y: &Real) -> Real {
    match x.plus(y) {
        Real::Finite(magnitude, false)
            if magnitude == 0 && how.direction == Direction::Toward(Toward::Down) && (x.negative() || y.negative()) =>
        {
            Real::Finite(magnitude, true)
        }
        sum => sum,
    }
}

/// A basic operation, rounded once.
pub fn binary_as(format: &Codes, how: How, operation: Binary, x: &Real, y: &Real) -> Real {
    let (x, y) = (format.read(x, how), format.read(y, how));
    let exact = match operation {
        Binary::Add => sum_in(how, &x, &y),
        Binary::Subtract => sum_in(how, &x, &y.negated()),
        _ => Real::binary(operation, &x, &y),
    };
    format.round_as(&exact, how)
}

/// The definition of a sum of products in any order, written by recursion where the project's is not. Factors and the
/// bias are read as numbers of the format, partial sums as numbers of the accumulator; the finished sum is no operand. Of an
/// exact sum nothing else is rounded.
pub fn dot_as(
    (format, accumulator): (&Codes, &Codes),
    how: How,
    order: Sum,
    (row, column): (&[Real], &[Real]),
    last: Option<&Real>,
) -> Real {
    let read = |x: &Real| format.read(x, how);
    let round = |x: &Real| if order == Sum::Exact { x.clone() } else { accumulator.round_as(x, how) };
    let add = |x: &Real, y: &Real| round(&sum_in(how, &accumulator.read(x, how), &accumulator.read(y, how)));
    let subtract = |x: &Real, y: &Real| add(x, &y.negated());
    let exact: Vec<Real> = row.iter().zip(column).map(|(x, y)| read(x).times(&read(y))).collect();
    let products: Vec<Real> = exact.iter().map(round).collect();
    let last = last.map(read);
    let in_order = |terms: &[Real]| terms.iter().cloned().reduce(|sum, term| add(&sum, &term));
    let sum = match order {
        Sum::Sequential | Sum::Exact => in_order(&products),
        Sum::Fused => exact.iter().fold(None, |sum: Option<Real>, product| {
            Some(round(&sum.map_or_else(|| product.clone(), |sum| sum_in(how, &accumulator.read(&sum, how), product))))
        }),
        Sum::Pairwise => halves(&products, &add),
        Sum::Blocks(length) => {
            let blocks: Vec<Real> = products.chunks(length as usize).filter_map(in_order).collect();
            in_order(&blocks)
        }
        Sum::Kahan if !products.is_empty() => {
            let mut sum = products[0].clone();
            let mut lost = Real::Finite(Rational::new(), false);
            for (index, x) in products[1..].iter().chain(&last).enumerate() {
                // The first compensation is no operation.
                let y = if index == 0 { x.clone() } else { subtract(x, &lost) };
                let total = add(&sum, &y);
                lost = subtract(&subtract(&total, &sum), &y);
                sum = total;
            }
            return format.round_as(&sum, how);
        }
        Sum::Kahan => None,
        other => panic!("{other:?} has a definition of its own"),
    };
    let mut sum = sum.unwrap_or(Real::Finite(Rational::new(), false));
    if let Some(last) = last {
        sum = add(&sum, &last);
    }
    format.round_as(&sum, how)
}

fn halves(terms: &[Real], add: &dyn Fn(&Real, &Real) -> Real) -> Option<Real> {
    match terms {
        [] => None,
        [one] => Some(one.clone()),
        _ => {
            let (first, rest) = terms.split_at(terms.len() / 2);
            Some(add(&halves(first, add)?, &halves(rest, add)?))
        }
    }
}
