//! tanh' and tanhshrink.

use super::{Evaluated, done, exponential, minus_magnitude, one_plus, vanishes};
use crate::activation::enclosure::{EXPONENT_LIMIT, OutOfRange};
use rug::Float;

/// sech² = 4e/(1 + e)², e = e^(−2|x|): e: 1, 1 + e: 2, its square: 5, quotient: 7.
pub fn tanh_derivative(x: &Float, w: u32) -> Result<Evaluated, OutOfRange> {
    let Some(e) = exponential(minus_magnitude(x) << 1, w) else { return vanishes(false) };
    let square = one_plus(&e, w).square();
    done((e << 2) / square, 3)
}

/// x − tanh x.
///
/// For |x| ≥ 1 the difference: tanh: 1, times tanh x/(x − tanh x) ≤ 3.2, sum: 1; together 5.
/// For |x| < 1 Lambert's fraction tanh x = x/(1 + y), y = x²/(3 + x²/(5 + …)), so x − tanh x = xy/(1 + y)
/// without a difference. Every tail x²/((2j + 1) + tail) is below 1/3, so errors of the next one
/// come in with a factor below 1/15: each has x² 1, sum 1, quotient 1 and a little, at most 4. Then
/// y: 4, 1 + y: 4 · 1/4 + 1, product 1, quotient 1: at most 8. Leaving out the tail after n levels changes
/// y by at most Π x²/((2j − 1)(2j + 1)) over j = 2 to n + 1, relatively, which is made at most u.
pub fn tanhshrink(x: &Float, w: u32) -> Result<Evaluated, OutOfRange> {
    let exponent = x.get_exp().unwrap_or(0);
    if exponent >= 1 {
        return done(Float::with_val(w, x - Float::with_val(w, x.tanh_ref())), 3);
    }
    if exponent < -EXPONENT_LIMIT / 3 - 2 {
        return vanishes(x.is_sign_negative());
    }
    let mut levels = 1u32;
    let mut bits = 0.0f64;
    while bits < f64::from(w) {
        levels += 1;
        let j = f64::from(levels);
        bits -= 2.0 * f64::from(exponent) - core_math::log2((2.0 * j - 1.0) * (2.0 * j + 1.0));
    }
    let square = Float::with_val(w, x.square_ref());
    let mut y = Float::new(w);
    for level in (1..=levels).rev() {
        y = Float::with_val(w, &square / (y + (2 * level + 1)));
    }
    let numerator = Float::with_val(w, x * &y);
    done(numerator / (y + 1u32), 4)
}

/// tanh²: tanh: 1, square: 3.
pub fn tanhshrink_derivative(x: &Float, w: u32) -> Result<Evaluated, OutOfRange> {
    if x.get_exp().is_some_and(|exponent| exponent < -EXPONENT_LIMIT / 2 - 2) {
        return vanishes(false);
    }
    done(Float::with_val(w, x.tanh_ref()).square(), 2)
}
