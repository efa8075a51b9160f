//! φ, φ', exp and √ at ±∞: the limits, which overflowed pre-activations meet.

use super::rounding::{Target, round_by};
use super::{Activation, Function, Quadratic};
use rug::Float;

/// The limit of f at ±∞, rounded; a zero has the sign of the side from which it is approached.
pub(super) fn at_infinity(function: &Function, negative: bool, target: &Target) -> Float {
    use Activation::*;
    let infinity = if negative { f64::NEG_INFINITY } else { f64::INFINITY };
    let (activation, derivative) = match function {
        // A square root is asked for its limit on the right alone.
        Function::Exp | Function::SquareRoot => return round(infinity.max(0.0), target),
        Function::Value(activation) => (activation, false),
        Function::Derivative(activation) => (activation, true),
    };
    if let Some(polynomial) = activation.polynomial(activation.piece_of(infinity)) {
        return round(
            if derivative { limit(&polynomial.derivative(), infinity) } else { limit(&polynomial, infinity) },
            target,
        );
    }
    if *activation == Selu {
        // λ and λα are φ' right and left of 0.
        let slope = |x: f64| round_by(&Function::Derivative(Selu), &Float::with_val(53, x), target);
        return match (derivative, negative) {
            (true, false) => slope(1.0),
            (true, true) => round(0.0, target),
            (false, false) => round(infinity, target),
            // −λα in its own direction: the mirrored rounding of λα.
            (false, true) => {
                let mirrored = |x: &Float| -(target.round)(&Float::with_val(x.prec(), -x));
                let at_zero = Float::new(53);
                -round_by(&Function::Derivative(Selu), &at_zero, &Target { round: &mirrored, ..*target })
            }
        };
    }
    let value = match (*activation, derivative, negative) {
        (Tanh | Softsign, false, _) => 1f64.copysign(infinity),
        (Tanhshrink, false, _) => infinity,
        (Sigmoid, false, false) => 1.0,
        // From below.
        (LogSigmoid, false, false) => -0.0,
        (LogSigmoid, false, true) => infinity,
        (_, false, false) => infinity,
        (Sigmoid | Softplus { .. }, false, true) => 0.0,
        (Elu { alpha } | Celu { alpha }, false, true) => -alpha,
        // From below: silu, swish, mish, gelu and gelu_tanh, and their derivatives, are negative there.
        (_, false, true) => -0.0,
        (Tanh | Sigmoid | Softsign, true, _) => 0.0,
        (Tanhshrink, true, _) => 1.0,
        (LogSigmoid, true, false) => 0.0,
        (LogSigmoid, true, true) => 1.0,
        (_, true, false) => 1.0,
        (Elu { .. } | Celu { .. } | Softplus { .. }, true, true) => 0.0,
        (_, true, true) => -0.0,
    };
    round(value, target)
}

/// A polynomial at ±∞; a slope of 0 gives a zero with the sign that it gives every such x.
fn limit(polynomial: &Quadratic, infinity: f64) -> f64 {
    let Quadratic { a, b, c, divisor } = *polynomial;
    match (a != 0.0, b != 0.0) {
        (true, _) => a * f64::INFINITY,
        (false, true) => b * infinity,
        (false, false) => c / divisor,
    }
}

fn round(limit: f64, target: &Target) -> Float {
    (target.round)(&Float::with_val(53, limit))
}
