//! The limits of φ, φ', exp and √ at ±∞, which are their values for overflowed arguments.
//!
//! Infinity represents a result of unknown size, so f(±∞) is the limit of the exact function. A zero has the sign of
//! the side from which it is approached, as for a finite argument whose value underflows: silu(−∞) = −0.

use super::polynomial::with_sticky;
use super::rounding::Target;
use super::selu;
use super::{Activation, Function, Quadratic};
use rug::float::Round;
use rug::{Float, Rational};

/// A limit at ±∞.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Limit {
    /// A double: ±∞ if f grows without bound, NaN if f is undefined.
    Double(f64),
    /// A fraction that is no binary number.
    Fraction(&'static Rational),
}

const ZERO: Limit = Limit::Double(0.0);
const MINUS_ZERO: Limit = Limit::Double(-0.0);
const ONE: Limit = Limit::Double(1.0);
const MINUS_ONE: Limit = Limit::Double(-1.0);
const INFINITY: Limit = Limit::Double(f64::INFINITY);
const MINUS_INFINITY: Limit = Limit::Double(f64::NEG_INFINITY);

impl Limit {
    /// The limit of f at −∞ or +∞.
    pub fn of(function: &Function, negative: bool) -> Limit {
        let (activation, derivative) = match function {
            Function::Exp => return if negative { ZERO } else { INFINITY },
            Function::SquareRoot => return if negative { Limit::Double(f64::NAN) } else { INFINITY },
            Function::Value(activation) => (activation, false),
            Function::Derivative(activation) => (activation, true),
        };
        let infinity = if negative { f64::NEG_INFINITY } else { f64::INFINITY };
        match activation.polynomial(activation.piece_of(infinity)) {
            Some(polynomial) if derivative => Limit::Double(at_end(&polynomial.derivative(), infinity)),
            Some(polynomial) => Limit::Double(at_end(&polynomial, infinity)),
            None => ends(activation)[2 * usize::from(derivative) + usize::from(!negative)],
        }
    }

    /// Rounded once.
    pub fn rounded(self, target: &Target) -> Float {
        match self {
            Limit::Double(x) => (target.round)(&Float::with_val(53, x)),
            Limit::Fraction(x) => {
                (target.round)(&with_sticky(Float::with_val_round(target.boundary_bits + 4, x, Round::Zero)))
            }
        }
    }

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

/// The limits of an entry that is transcendental on an outer piece, or softsign: φ(−∞), φ(+∞), φ'(−∞), φ'(+∞).
fn ends(activation: &Activation) -> [Limit; 4] {
    use Activation::*;
    match *activation {
        Elu { alpha } | Celu { alpha } => [Limit::Double(-alpha), INFINITY, ZERO, ONE],
        Selu => [Limit::Fraction(selu::least()), INFINITY, ZERO, Limit::Fraction(selu::slope())],
        Tanh | Softsign => [MINUS_ONE, ONE, ZERO, ZERO],
        Tanhshrink => [MINUS_INFINITY, INFINITY, ONE, ONE],
        Sigmoid => [ZERO, ONE, ZERO, ZERO],
        LogSigmoid => [MINUS_INFINITY, MINUS_ZERO, ONE, ZERO],
        Softplus { .. } => [ZERO, INFINITY, ZERO, ONE],
        // φ and φ' are negative left of their zeros.
        Silu | Swish { .. } | Mish | Gelu | GeluTanh => [MINUS_ZERO, INFINITY, MINUS_ZERO, ONE],
        _ => unreachable!("invariant: the others are polynomials on both outer pieces"),
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
