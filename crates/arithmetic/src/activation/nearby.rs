//! Handles arguments for which a function is extremely close to a simple binary number: tiny and huge ones.
//!
//! tanh(2^-100000) is smaller than 2^-100000 by a part in 2^200000. If such a number is a tie of the target format,
//! only the side on which the value lies decides the rounding, and finding it by raising the precision would take
//! 200000 bits. The series and tails below give the side and a bound on the distance cheaply.

use super::enclosure::piece_of;
use super::polynomial::{Quadratic, binary_quotient, polynomial};
use super::{Activation, Function};
use crate::format::exponent_of;
use rug::Float;
use rug::float::Round;
use std::cmp::Ordering;

/// 0 < |f(x) − center| ≤ 2^-bits·|center|, on the stated side.
pub(super) struct Near {
    /// A binary number.
    pub center: Float,
    /// True if f(x) > center, false if f(x) < center.
    pub above: bool,
    /// −log₂ of a bound on the relative distance.
    pub bits: i64,
}

/// The binary number that is very close to f(x), for a finite x for which f(x) is not exact.
pub(super) fn nearby(function: &Function, x: &Float) -> Option<Near> {
    let exponent = i64::from(x.get_exp()?); // 2^(exponent−1) ≤ |x| < 2^exponent
    if let Some(polynomial) = polynomial(function, |activation| piece_of(activation, x)) {
        return near_polynomial(&polynomial, x, exponent);
    }
    // Swish and softplus bend on the scale 1/β, celu on α.
    let stretch = match function {
        Function::Value(activation) | Function::Derivative(activation) => match *activation {
            Activation::Softplus { beta } | Activation::Swish { beta } => beta,
            Activation::Celu { alpha } => 1.0 / alpha,
            _ => 1.0,
        },
        Function::Exp | Function::SquareRoot => 1.0,
    };
    // |βx| < 2^(exponent + 1 + log₂ β): the 1 covers the quotient's rounding.
    let widened = if stretch == 1.0 { exponent } else { exponent + exponent_of(stretch) + 2 };
    if widened <= -4 {
        return small(function, x, -widened);
    }
    if exponent >= 3 { large(function, x, exponent, stretch) } else { None }
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

/// |x| < 2^-k and |βx| < 2^-k with k ≥ 4: the Taylor series, whose first omitted term bounds the distance.
fn small(function: &Function, x: &Float, k: i64) -> Option<Near> {
    let positive = *x > 0;
    let number = |value: f64| Float::with_val(53, value);
    let half_x = || Float::with_val(x.prec(), x >> 1);
    let near = |center: Float, above: bool, bits: i64| Some(Near { center, above, bits });
    match *function {
        // 1 + x + …
        Function::Exp => near(number(1.0), positive, k - 1),
        // No series at 0, and no limit below.
        Function::SquareRoot => None,
        Function::Value(activation) => match activation {
            // x − x³/3 + …
            Activation::Tanh => near(x.clone(), !positive, 2 * k),
            // x³/3 − 2x⁵/15 + …, if x³/3 is binary
            Activation::Tanhshrink => {
                let square = Float::with_val(2 * x.prec(), x.square_ref());
                near(Float::with_val(3 * x.prec(), third_of(x)? * square), !positive, 2 * k)
            }
            // x − x|x| + …
            Activation::Softsign => near(x.clone(), !positive, k),
            // 1/2 + x/4 − …
            Activation::Sigmoid => near(number(0.5), positive, k),
            // x/2 + βx²/4 − …, x/2 + x²/√(2π) − …
            Activation::Silu | Activation::Swish { .. } | Activation::Gelu | Activation::GeluTanh => {
                near(half_x(), true, k)
            }
            // 3x/5 + 8x²/25 + …, if 3x/5 is binary
            Activation::Mish => near(fifth_of(x)? * 3u32, true, k),
            // α(x + x²/2 + …), x < 0 (elu is exact on the right).
            Activation::Elu { alpha } => near(Float::with_val(x.prec() + 53, x * alpha), true, k),
            // x + x²/(2α) + …, x < 0
            Activation::Celu { .. } => near(x.clone(), true, k),
            _ => None,
        },
        Function::Derivative(activation) => match activation {
            // 1 − x² + …
            Activation::Tanh => near(number(1.0), false, 2 * k),
            // x² − 2x⁴/3 + …
            Activation::Tanhshrink => near(Float::with_val(2 * x.prec(), x.square_ref()), false, 2 * k),
            // 1 − 2|x| + …
            Activation::Softsign => near(number(1.0), false, k - 1),
            // 1/4 − x²/16 + …
            Activation::Sigmoid => near(number(0.25), false, 2 * k),
            // 1/2 − x/4 + …
            Activation::LogSigmoid => near(number(0.5), !positive, k - 1),
            // 1/2 + βx/4 − …, 1/2 + βx/2 − …, 1/2 + 2x/√(2π) − …
            Activation::Softplus { .. }
            | Activation::Silu
            | Activation::Swish { .. }
            | Activation::Gelu
            | Activation::GeluTanh => near(number(0.5), positive, k - 1),
            // α(1 + x + …), x < 0.
            Activation::Elu { alpha } => near(number(alpha), false, k - 1),
            Activation::Celu { .. } => near(number(1.0), false, k - 1),
            _ => None,
        },
    }
}

/// x/3 if it is binary.
fn third_of(x: &Float) -> Option<Float> {
    exact_quotient(x, 3)
}

/// x/5 if it is binary.
fn fifth_of(x: &Float) -> Option<Float> {
    exact_quotient(x, 5).map(|quotient| Float::with_val(quotient.prec() + 2, quotient))
}

fn exact_quotient(x: &Float, divisor: u32) -> Option<Float> {
    let (quotient, order) = Float::with_val_round(x.prec(), x / divisor, Round::Zero);
    (order == Ordering::Equal).then_some(quotient)
}

/// |x| ≥ 4: the limits at infinity, with the exponential tails as distance.
fn large(function: &Function, x: &Float, exponent: i64, stretch: f64) -> Option<Near> {
    let positive = *x > 0;
    let magnitude = x.to_f64_round(Round::Zero).abs();
    // Conversions from f64 saturate; the factors are log₂ e times 1, 1/2 and 2, cut off, which covers the
    // products' rounding.
    let exponential_bits = (1.442 * stretch * magnitude) as i64; // e^(−β|x|) ≤ 2^-this
    let double_bits = (2.885 * magnitude) as i64; // e^(−2|x|) ≤ 2^-this
    let gaussian_bits = (0.7213 * magnitude * magnitude) as i64; // e^(−x²/2) ≤ 2^-this
    let number = |value: f64| Float::with_val(53, value);
    let near = |center: Float, above: bool, bits: i64| Some(Near { center, above, bits });
    let sign = if positive { 1.0 } else { -1.0 };
    match (*function, positive) {
        // ±(1 − 2e^(−2|x|)/(1 + e^(−2|x|)))
        (Function::Value(Activation::Tanh), _) => near(number(sign), !positive, double_bits - 1),
        // x ∓ 1 ± 2e^(−2|x|)/(1 + e^(−2|x|)), and from afar x
        (Function::Value(Activation::Tanhshrink), _) if exponent <= 64 => {
            near(Float::with_val(x.prec() + 66, x - sign), positive, double_bits - 1)
        }
        (Function::Value(Activation::Tanhshrink), _) => near(x.clone(), !positive, exponent - 1),
        // 1 − sech² x, sech² ≤ 4e^(−2|x|)
        (Function::Derivative(Activation::Tanhshrink), _) => near(number(1.0), false, double_bits - 2),
        // ±(1 − 1/(1 + |x|))
        (Function::Value(Activation::Softsign), _) => near(number(sign), !positive, exponent - 1),
        // x^-2·(1 + 1/|x|)^-2, if x^-2 is binary
        (Function::Derivative(Activation::Softsign), _) => {
            let (inverse, order) = Float::with_val_round(x.prec(), x.recip_ref(), Round::Zero);
            let square = Float::with_val(2 * x.prec(), inverse.square_ref());
            if order == Ordering::Equal { near(square, false, exponent - 2) } else { None }
        }
        // x − log1p(eˣ), x < 0
        (Function::Value(Activation::LogSigmoid), false) => near(x.clone(), false, exponential_bits),
        // 1 − eˣ/(1 + eˣ), x < 0
        (Function::Derivative(Activation::LogSigmoid), false) => near(number(1.0), false, exponential_bits),
        // −α(1 − eˣ), −α(1 − e^(x/α))
        (Function::Value(Activation::Elu { alpha } | Activation::Celu { alpha }), false) => {
            near(number(-alpha), true, exponential_bits)
        }
        (Function::Exp | Function::SquareRoot, _) | (_, false) => None,
        (Function::Value(activation), true) => match activation {
            // 1 − e^(−x)/(1 + e^(−x))
            Activation::Sigmoid => near(number(1.0), false, exponential_bits),
            // x + log1p(e^(−βx))/β, whose relative distance is e^(−βx)/(βx)
            Activation::Softplus { .. } if stretch * magnitude >= 1.0 => near(x.clone(), true, exponential_bits),
            // x(1 − e^(−βx)/(1 + e^(−βx)))
            Activation::Silu | Activation::Swish { .. } => near(x.clone(), false, exponential_bits),
            // x(1 − 2e^(−2x)/(1 + 2e^(−x) + 2e^(−2x)))
            Activation::Mish => near(x.clone(), false, double_bits - 1),
            // x(1 − Φ(−x)), Φ(−x) ≤ e^(−x²/2)/2; gelu_tanh: x(1 − σ(−s)), s ≥ 1.59x + 0.07x³ ≥ x²/2 for x ≥ 4
            Activation::Gelu | Activation::GeluTanh => near(x.clone(), false, gaussian_bits),
            _ => None,
        },
        (Function::Derivative(activation), true) => match activation {
            Activation::Softplus { .. } => near(number(1.0), false, exponential_bits),
            // 1 − φ'(−x) with 0 < −φ'(−x) ≤ βx·e^(−βx) where βx ≥ 2
            Activation::Silu => near(number(1.0), true, exponential_bits.saturating_sub(exponent)),
            Activation::Swish { beta } if beta * magnitude >= 2.0 => {
                near(number(1.0), true, exponential_bits.saturating_sub(exponent + exponent_of(beta) + 1))
            }
            // 1 + (4x − 2)e^(−2x) + …, between 0 and 4xe^(−2x) more than 1
            Activation::Mish => near(number(1.0), true, double_bits.saturating_sub(exponent + 2)),
            // 1 − φ'(−x) with 0 < −φ'(−x) ≤ xe^(−x²/2)
            Activation::Gelu => near(number(1.0), true, gaussian_bits.saturating_sub(exponent)),
            // As gelu with s for x²/2 and s' ≤ x² for x ≥ 4: at most x³e^(−s), s ≥ x²/2 + x/2
            Activation::GeluTanh => near(number(1.0), true, gaussian_bits.saturating_sub(3 * exponent)),
            _ => None,
        },
    }
}
