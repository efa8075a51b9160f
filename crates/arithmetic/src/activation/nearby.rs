//! Handles arguments for which a function is extremely close to a simple binary number: tiny and huge ones.
//!
//! tanh(2^-100000) is smaller than 2^-100000 by a part in 2^200000. If such a number is a tie of the target format,
//! only the side on which the value lies decides the rounding, and finding it by raising the precision would take
//! 200000 bits. The series and tails below give the side and a bound on the distance cheaply.

use super::catalogue::{Entry, entry_of};
use super::enclosure::{piece_of, polynomial};
use super::ends::{Far, Near, near, number};
use super::polynomial::{Quadratic, binary_quotient};
use super::{Activation, Function};
use crate::format::exponent_of;
use rug::Float;
use rug::float::Round;

/// The binary number that is very close to f(x), for a finite x for which f(x) is not exact.
pub(super) fn nearby(function: &Function, x: &Float) -> Option<Near> {
    let exponent = i64::from(x.get_exp()?); // 2^(exponent−1) ≤ |x| < 2^exponent
    if let Some(polynomial) = polynomial(function, |activation| piece_of(activation, x)) {
        return near_polynomial(&polynomial, x, exponent);
    }
    let stretch = match function {
        Function::Value(activation) | Function::Derivative(activation) => activation.sharpness(),
        Function::Exp | Function::SquareRoot => 1.0,
    };
    // |βx| < 2^(exponent + 1 + log₂ β): the 1 covers the quotient's rounding.
    let widened = if stretch == 1.0 { exponent } else { exponent + exponent_of(stretch) + 2 };
    let k = -widened;
    let is_small = k >= 4;
    if !is_small && exponent < 3 {
        return None;
    }
    let far = Far { x, positive: *x > 0, magnitude: x.to_f64_round(Round::Zero).abs(), exponent, stretch };
    let small = |activation: Activation| entry_of!(activation, entry => entry.small(x, k));
    let large = |activation: Activation| entry_of!(activation, entry => entry.large(&far));
    let both = |activation| if is_small { small(activation) } else { large(activation) };
    match *function {
        // 1 + x + …
        Function::Exp if is_small => near(number(1.0), *x > 0, k - 1),
        // A root has no series at 0, and no limit below.
        Function::Exp | Function::SquareRoot => None,
        Function::Value(activation) => {
            let [value, _] = both(activation);
            value
        }
        Function::Derivative(activation) => {
            let [_, slope] = both(activation);
            slope
        }
    }
}

/// A sum of terms with a dominant one: tiny x next to c or slope, large x next to c.
fn near_polynomial(polynomial: &Quadratic, x: &Float, exponent: i64) -> Option<Near> {
    let Quadratic { a, b, c, divisor } = *polynomial;
    let positive = *x > 0;
    let log = |value: f64| exponent_of(value); // 2^log ≤ value < 2^(log + 1)
    if exponent <= -4 {
        // c + bx + … = c(1 + (b/c)x + …), bx + ax² = bx(1 + (a/b)x), each second term far below 1/2.
        let (first, second) = if c != 0.0 { (c, b) } else { (b, a) };
        if first == 0.0 || second == 0.0 {
            return None;
        }
        let factor = binary_quotient(first, divisor)?;
        let center = if c != 0.0 { Float::with_val(53, factor) } else { Float::with_val(x.prec() + 53, x * factor) };
        // The relative change (second/first)·x, doubled for what follows it.
        let bits = -exponent - log(second.abs()) - 2 + log(first.abs());
        let grows = (second / first > 0.0) == positive;
        let above = grows != center.is_sign_negative();
        return Some(Near { center, above, bits });
    }
    if exponent >= 3 && a == 0.0 && b != 0.0 && c != 0.0 {
        // x + c = x(1 + c/x)
        let center = Float::with_val(x.prec() + 53, x * binary_quotient(b, divisor)?);
        let bits = exponent - 1 + log(b.abs()) - log(c.abs()) - 1;
        return Some(Near { center, above: c > 0.0, bits });
    }
    None
}
