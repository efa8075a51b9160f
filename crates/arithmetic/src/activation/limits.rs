//! The limits of φ, φ', exp and √ at ±∞, which are their values for overflowed arguments.
//!
//! Infinity represents a result of unknown size, so f(±∞) is the limit of the exact function. A zero has the sign of
//! the side from which it is approached, as for a finite argument whose value underflows: silu(−∞) = −0.

use super::catalogue::{Entry, entry_of};
use super::ends::{INFINITY, Limit, ZERO};
use super::{Function, Quadratic};

/// The limit of f at −∞ or +∞.
pub fn limit(function: &Function, negative: bool) -> Limit {
    let (activation, derivative) = match function {
        Function::Exp => return if negative { ZERO } else { INFINITY },
        Function::SquareRoot => return if negative { Limit::Double(f64::NAN) } else { INFINITY },
        Function::Value(activation) => (activation, false),
        Function::Derivative(activation) => (activation, true),
    };
    let infinity = if negative { f64::NEG_INFINITY } else { f64::INFINITY };
    let piece = activation.piece_of(infinity);
    match activation.polynomial(piece) {
        Some(polynomial) if derivative => Limit::Double(at_end(&polynomial.derivative(), infinity)),
        Some(polynomial) => Limit::Double(at_end(&polynomial, infinity)),
        None => {
            let limits = entry_of!(*activation, entry => entry.known(piece).limits);
            limits[2 * usize::from(derivative) + usize::from(!negative)]
        }
    }
}

/// A polynomial at ±∞; a slope of 0 gives +0, as it does at every finite argument.
fn at_end(polynomial: &Quadratic, infinity: f64) -> f64 {
    let Quadratic { a, b, c, divisor } = *polynomial;
    match (a != 0.0, b != 0.0) {
        (true, _) => a * f64::INFINITY,
        (false, true) => b * infinity,
        (false, false) => c / divisor,
    }
}
