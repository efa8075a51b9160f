//! Where a function is within a whisker of a simple binary number: tiny and huge arguments.
//!
//! tanh(2^-100000) is 2^-100000 less a part in 2^200000. If such a number is a tie of the target
//! format, only its side decides the rounding, and finding it by raising the precision would take
//! 200000 bits. The series and tails below give the side and a bound on the distance for nothing.

use super::{Activation, Function};
use rug::Float;
use rug::float::Round;

/// 0 < |f(x) − center| ≤ 2^-bits·|center|, on the stated side.
pub(super) struct Near {
    /// A binary number of at most as many bits as x and the parameter have together.
    pub center: Float,
    /// True if f(x) > center, false if f(x) < center.
    pub above: bool,
    /// −log₂ of a bound on the relative distance.
    pub bits: i64,
}

/// The binary number that f(x) nearly is, for a finite x where f(x) is not exact.
pub(super) fn nearby(function: &Function, x: &Float) -> Option<Near> {
    let exponent = i64::from(x.get_exp()?); // 2^(exponent−1) ≤ |x| < 2^exponent
    if exponent <= -4 {
        small(function, x, -exponent)
    } else if exponent >= 3 {
        large(function, x, exponent)
    } else {
        None
    }
}

/// |x| < 2^-k with k ≥ 4: the Taylor series, whose first omitted term bounds the distance.
fn small(function: &Function, x: &Float, k: i64) -> Option<Near> {
    let positive = *x > 0;
    let number = |value: f64| Float::with_val(53, value);
    let half_x = || Float::with_val(x.prec(), x >> 1);
    let near = |center: Float, above: bool, bits: i64| Some(Near { center, above, bits });
    match *function {
        // 1 + x + …
        Function::Exp => near(number(1.0), positive, k - 1),
        Function::Value(activation) => match activation {
            // x − x³/3 + …
            Activation::Tanh => near(x.clone(), !positive, 2 * k),
            // 1/2 + x/4 − …
            Activation::Sigmoid => near(number(0.5), positive, k),
            // x/2 + x²/4 − … and x/2 + x²/√(2π) − …
            Activation::Silu | Activation::Gelu => near(half_x(), true, k),
            // α(x + x²/2 + …), x < 0 (elu is exact on the right).
            Activation::Elu { alpha } if !positive => near(Float::with_val(x.prec() + 53, x * alpha), true, k),
            _ => None,
        },
        Function::Derivative(activation) => match activation {
            // 1 − x² + …
            Activation::Tanh => near(number(1.0), false, 2 * k),
            // 1/4 − x²/16 + …
            Activation::Sigmoid => near(number(0.25), false, 2 * k),
            // 1/2 + x/4 − …, 1/2 + x/2 − …, 1/2 + 2x/√(2π) − …
            Activation::Softplus | Activation::Silu | Activation::Gelu => near(number(0.5), positive, k - 1),
            // α(1 + x + …), x < 0.
            Activation::Elu { alpha } if !positive => near(number(alpha), false, k - 1),
            _ => None,
        },
    }
}

/// |x| ≥ 4: the limits at infinity, with the exponential tails as distance.
fn large(function: &Function, x: &Float, exponent: i64) -> Option<Near> {
    let positive = *x > 0;
    let magnitude = x.to_f64_round(Round::Zero).abs();
    // Conversions from f64 saturate; The factors are log₂ e times 1, 1/2 and
    // (below) 2, cut off, which covers the products' rounding.
    let exponential_bits = (1.442 * magnitude) as i64; // e^(−|x|) ≤ 2^-this
    let gaussian_bits = (0.7213 * magnitude * magnitude) as i64; // e^(−x²/2) ≤ 2^-this
    let number = |value: f64| Float::with_val(53, value);
    let near = |center: Float, above: bool, bits: i64| Some(Near { center, above, bits });
    match (*function, positive) {
        // ±(1 − 2e^(−2|x|)/(1 + e^(−2|x|)))
        (Function::Value(Activation::Tanh), _) => {
            near(number(if positive { 1.0 } else { -1.0 }), !positive, ((2.885 * magnitude) as i64) - 1)
        }
        // −α(1 − eˣ)
        (Function::Value(Activation::Elu { alpha }), false) => near(number(-alpha), true, exponential_bits),
        (Function::Exp, _) | (_, false) => None,
        (Function::Value(activation), true) => match activation {
            // 1 − e^(−x)/(1 + e^(−x))
            Activation::Sigmoid => near(number(1.0), false, exponential_bits),
            // x + log1p(e^(−x))
            Activation::Softplus => near(x.clone(), true, exponential_bits),
            // x(1 − e^(−x)/(1 + e^(−x)))
            Activation::Silu => near(x.clone(), false, exponential_bits),
            // x(1 − Φ(−x)), Φ(−x) ≤ e^(−x²/2)/2
            Activation::Gelu => near(x.clone(), false, gaussian_bits),
            _ => None,
        },
        (Function::Derivative(activation), true) => match activation {
            Activation::Softplus => near(number(1.0), false, exponential_bits),
            // 1 − φ'(−x) with 0 < −φ'(−x) ≤ xe^(−x)
            Activation::Silu => near(number(1.0), true, exponential_bits.saturating_sub(exponent)),
            // 1 − φ'(−x) with 0 < −φ'(−x) ≤ xe^(−x²/2)
            Activation::Gelu => near(number(1.0), true, gaussian_bits.saturating_sub(exponent)),
            _ => None,
        },
    }
}
