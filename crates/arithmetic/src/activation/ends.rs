//! What an entry says of the ends of the real line and of 0: limits, and simple numbers that values come close to.

use rug::float::Round;
use rug::{Float, Rational};
use std::cmp::Ordering;

/// A limit at ±∞.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// A double: ±∞ if f grows without bound, NaN if f is undefined.
    Double(f64),
    /// A fraction that is no binary number.
    Fraction(&'static Rational),
}

pub const ZERO: Limit = Limit::Double(0.0);
pub const MINUS_ZERO: Limit = Limit::Double(-0.0);
pub const ONE: Limit = Limit::Double(1.0);
pub const MINUS_ONE: Limit = Limit::Double(-1.0);
pub const INFINITY: Limit = Limit::Double(f64::INFINITY);
pub const MINUS_INFINITY: Limit = Limit::Double(f64::NEG_INFINITY);

impl Limit {
    /// The nearest double.
    pub fn to_f64(self) -> f64 {
        match self {
            Limit::Double(x) => x,
            Limit::Fraction(x) => Float::with_val(53, x).to_f64(),
        }
    }

    /// True for a limit of ±0.
    pub fn is_zero(self) -> bool {
        matches!(self, Limit::Double(x) if x == 0.0)
    }
}

/// 0 < |f(x) − center| ≤ 2^-bits·|center|, on the stated side.
pub struct Near {
    /// A binary number.
    pub center: Float,
    /// True if f(x) > center, false if f(x) < center.
    pub above: bool,
    /// −log₂ of a bound on the relative distance.
    pub bits: i64,
}

/// |x| ≥ 4.
pub struct Far<'x> {
    /// The argument.
    pub x: &'x Float,
    /// Whether x > 0.
    pub positive: bool,
    /// |x|, cut to a double.
    pub magnitude: f64,
    /// 2^(exponent−1) ≤ |x| < 2^exponent.
    pub exponent: i64,
    /// The sharpness β of the activation.
    pub stretch: f64,
}

/// Conversions from f64 saturate; the factors are log₂ e times 1, 1/2 and 2, cut off, which covers the products'
/// rounding.
impl Far<'_> {
    /// ±1
    pub fn sign(&self) -> f64 {
        if self.positive { 1.0 } else { -1.0 }
    }

    /// e^(−β|x|) ≤ 2^-this
    pub fn exponential_bits(&self) -> i64 {
        (1.442 * self.stretch * self.magnitude) as i64
    }

    /// e^(−2|x|) ≤ 2^-this
    pub fn double_bits(&self) -> i64 {
        (2.885 * self.magnitude) as i64
    }

    /// e^(−x²/2) ≤ 2^-this
    pub fn gaussian_bits(&self) -> i64 {
        (0.7213 * self.magnitude * self.magnitude) as i64
    }
}

/// A number that is close to a binary one.
pub fn near(center: Float, above: bool, bits: i64) -> Option<Near> {
    Some(Near { center, above, bits })
}

/// A double.
pub fn number(value: f64) -> Float {
    Float::with_val(53, value)
}

/// x/2
pub fn half(x: &Float) -> Float {
    Float::with_val(x.prec(), x >> 1)
}

/// x/divisor if it is binary.
pub fn exact_quotient(x: &Float, divisor: u32) -> Option<Float> {
    let (quotient, order) = Float::with_val_round(x.prec(), x / divisor, Round::Zero);
    (order == Ordering::Equal).then_some(quotient)
}
