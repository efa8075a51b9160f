//! Pieces that are polynomials with short coefficients, which are exact if their divisor allows.
//!
//! On such a piece φ(x) = (a·x² + b·x + c)/divisor. The numerator is a sum of at most three exact terms,
//! so it is rounded once by MPFR's sum, and a value is rounded to a format by one division whose
//! remainder is kept as a sticky bit: no Ziv loop, which would never end on an exact tie.

use super::formulas::{EXPONENT_LIMIT, OutOfRange};
use super::piece::{Joint, Joints};
use rug::Float;
use rug::float::Round;
use serde::Serialize;
use std::cmp::Ordering;
use std::fmt;

/// (a·x² + b·x + c)/divisor with exact coefficients.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Quadratic {
    /// Coefficient of x².
    pub a: f64,
    /// Coefficient of x.
    pub b: f64,
    /// The constant term.
    pub c: f64,
    /// The divisor of the sum.
    pub divisor: f64,
}

impl Quadratic {
    /// (a·x² + b·x + c)/divisor
    pub const fn new(a: f64, b: f64, c: f64, divisor: f64) -> Quadratic {
        Quadratic { a, b, c, divisor }
    }

    /// slope·x
    pub const fn slope(slope: f64) -> Quadratic {
        Quadratic::new(0.0, slope, 0.0, 1.0)
    }

    /// The same value everywhere.
    pub const fn constant(value: f64) -> Quadratic {
        Quadratic::new(0.0, 0.0, value, 1.0)
    }

    /// x + c
    pub const fn shifted(c: f64) -> Quadratic {
        Quadratic::new(0.0, 1.0, c, 1.0)
    }

    /// The value at x, in doubles.
    pub fn at(&self, x: f64) -> f64 {
        ((self.a * x + self.b) * x + self.c) / self.divisor
    }

    /// The derivative.
    pub fn derivative(&self) -> Quadratic {
        Quadratic::new(0.0, 2.0 * self.a, self.b, self.divisor)
    }

    /// True if the quotient of a binary number by the divisor is binary.
    pub fn is_binary(&self) -> bool {
        self.divisor == 1.0
    }

    /// The value at ±0: c/divisor, or a zero with the sign that b·x has.
    fn at_zero(&self, x: &Float) -> Option<Float> {
        let number = |value: f64| Some(Float::with_val(53, value));
        match (self.c != 0.0, self.b != 0.0) {
            (true, _) => number(binary_quotient(self.c, self.divisor)?),
            (false, true) => Some(Float::with_val(x.prec(), x * self.b.signum())),
            (false, false) => number(0.0),
        }
    }

    /// The terms of the numerator, exactly; a square that underflows next to other terms is left out
    /// (`bool` false), alone it is out of range.
    fn terms(&self, x: &Float) -> Result<(Vec<Float>, bool), OutOfRange> {
        let mut terms = Vec::with_capacity(3);
        let mut is_whole = true;
        let exponent = x.get_exp().unwrap_or(0);
        if self.a != 0.0 {
            let negative = self.a < 0.0;
            if exponent > EXPONENT_LIMIT / 2 {
                return Err(OutOfRange::Overflow { negative });
            }
            if exponent >= -EXPONENT_LIMIT / 2 {
                terms.push(Float::with_val(2 * x.prec() + 53, x.square_ref()) * self.a);
            } else if self.b == 0.0 && self.c == 0.0 {
                return Err(OutOfRange::Underflow { negative });
            } else {
                is_whole = false;
            }
        }
        if self.b != 0.0 {
            let negative = (self.b < 0.0) != (*x < 0);
            if self.c == 0.0 && exponent < -2 * EXPONENT_LIMIT + 64 {
                return Err(OutOfRange::Underflow { negative });
            }
            if exponent > 2 * EXPONENT_LIMIT - 64 {
                return Err(OutOfRange::Overflow { negative });
            }
            terms.push(Float::with_val(x.prec() + 53, x * self.b));
        }
        if self.c != 0.0 {
            terms.push(Float::with_val(53, self.c));
        }
        Ok((terms, is_whole))
    }

    /// The value at x where it is certainly a binary number, of no more bits than x and 4096 suggest.
    ///
    /// # Errors
    /// The value leaves MPFR's range.
    pub(super) fn exact(&self, x: &Float) -> Result<Option<Float>, OutOfRange> {
        if x.is_zero() {
            return Ok(self.at_zero(x));
        }
        let (terms, is_whole) = self.terms(x)?;
        if terms.is_empty() {
            return Ok(Some(Float::with_val(53, 0.0)));
        }
        let (sum, order) = Float::with_val_round(2 * x.prec() + 4096, Float::sum(terms.iter()), Round::Zero);
        // A sum that is 0 is 0 whatever divides it (hardswish' at −3/2).
        let is_exact = is_whole && order == Ordering::Equal && (self.is_binary() || sum.is_zero());
        Ok(is_exact.then_some(sum))
    }

    /// The value at x ≠ 0 at w bits with a relative error of at most 2·2^-w, and log₂ of that count.
    pub(super) fn evaluate(&self, x: &Float, w: u32) -> Result<(Float, u32), OutOfRange> {
        let (terms, _) = self.terms(x)?;
        // A square below 2^-(2^29) is negligible next to b·x or c at any w. Sum: 1, quotient: 2.
        Ok((Float::with_val(w, Float::sum(terms.iter())) / self.divisor, 2))
    }

    /// A number that every format of at most `precision` bits rounds like the value at x ≠ 0, for an x at
    /// which the square does not underflow next to other terms (otherwise `nearby` decides first).
    pub(super) fn stand_in(&self, x: &Float, precision: u32) -> Result<Float, OutOfRange> {
        let (terms, _) = self.terms(x)?;
        // A boundary B of the format times the divisor has at most precision + 4 bits, so the sum with its
        // sticky bit compares with divisor·B as the exact sum does, and the quotient with B.
        let sum = with_sticky(Float::with_val_round(precision + 8, Float::sum(terms.iter()), Round::Zero));
        Ok(quotient(&sum, &Float::with_val(53, self.divisor), precision))
    }
}

/// `0`, `x`, `−0.5x`, `x + 0.5`, `(x² + 3x)/6`.
impl fmt::Display for Quadratic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut sum = String::new();
        for (coefficient, power) in [(self.a, "x²"), (self.b, "x"), (self.c, "")] {
            if coefficient == 0.0 {
                continue;
            }
            let sign = match (sum.is_empty(), coefficient < 0.0) {
                (true, false) => "",
                (true, true) => "−",
                (false, false) => " + ",
                (false, true) => " − ",
            };
            sum += sign;
            if coefficient.abs() != 1.0 || power.is_empty() {
                sum += &coefficient.abs().to_string();
            }
            sum += power;
        }
        match (sum.as_str(), self.divisor == 1.0) {
            ("", _) => f.write_str("0"),
            (sum, true) => f.write_str(sum),
            (sum, false) => write!(f, "({sum})/{}", self.divisor),
        }
    }
}

/// value/divisor if it is a short binary number.
pub(super) fn binary_quotient(value: f64, divisor: f64) -> Option<f64> {
    let quotient = value / divisor;
    let bits = |x: f64| 53 - (x.to_bits() | 1 << 52).trailing_zeros();
    // Only a product that is exact proves anything: 6·R(1/6) rounds to 1.
    (bits(quotient) + bits(divisor) <= 53 && quotient * divisor == value).then_some(quotient)
}

/// A number that every format of at most `precision` bits rounds like the exact quotient of two numbers.
pub(super) fn quotient(numerator: &Float, denominator: &Float, precision: u32) -> Float {
    with_sticky(Float::with_val_round(precision + 4, numerator / denominator, Round::Zero))
}

/// A number that every format of at most `precision` bits rounds like √x.
pub(super) fn square_root(x: &Float, precision: u32) -> Float {
    with_sticky(Float::with_val_round(precision + 4, x.sqrt_ref(), Round::Zero))
}

/// A truncated number with one more bit, which is set if something was cut off.
pub(super) fn with_sticky((value, order): (Float, Ordering)) -> Float {
    let (Ordering::Less | Ordering::Greater, Some(exponent)) = (order, value.get_exp()) else { return value };
    let bits = value.prec() + 1;
    let sticky = Float::with_val(2, if value.is_sign_negative() { -1 } else { 1 }) << (exponent - bits as i32);
    Float::with_val(bits, &value + &sticky)
}

/// The pieces of an activation, from left to right.
#[derive(Clone, Copy, Debug)]
pub struct Pieces {
    /// Where they meet.
    pub joints: Joints,
    /// φ on each, if it is a polynomial there.
    pub polynomials: [Option<Quadratic>; 3],
}

impl Pieces {
    /// One formula that is no polynomial.
    pub const CURVED: Pieces = Pieces { joints: Joints::none(), polynomials: [None; 3] };

    /// One polynomial.
    pub const fn whole(polynomial: Quadratic) -> Pieces {
        Pieces { joints: Joints::none(), polynomials: [Some(polynomial); 3] }
    }

    /// One joint.
    #[inline]
    pub fn two(joint: Joint, polynomials: [impl Into<Option<Quadratic>>; 2]) -> Pieces {
        let [left, right] = polynomials.map(Into::into);
        Pieces { joints: Joints::one(joint), polynomials: [left, right, right] }
    }

    /// Two joints.
    #[inline]
    pub fn three([lower, upper]: [Joint; 2], polynomials: [Quadratic; 3]) -> Pieces {
        Pieces { joints: Joints::two(lower, upper), polynomials: polynomials.map(Some) }
    }
}
