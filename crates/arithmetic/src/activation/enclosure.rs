//! Enclosures of φ, φ', exp and √ at any argument, to any relative precision, with a proof.
//!
//! Exact results come first (`exact`); all others are evaluated by formulas with a counted error
//! (`formulas.rs`), at a working precision that is raised until the error fits.
//!
//! Exponents: MPFR's own range ends near 2^±2^30. Results are enclosed while their exponent lies
//! within ±2^29; the rest of MPFR's range is room in which no intermediate under- or overflows.

use super::formulas::{Evaluated, evaluate};
use super::polynomial::polynomial;
use super::selu::exact_lambda;
use super::{Activation, Piece};
use rug::Float;
use rug::float::Round;
use std::cmp::Ordering;

/// A function of one argument that an arithmetic must round.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Function {
    /// φ.
    Value(Activation),
    /// φ', at joints as in PyTorch (see [`Activation::joints`]).
    Derivative(Activation),
    /// eˣ, for softmax.
    Exp,
    /// √x, for optimisers: −0 at −0, NaN at negative numbers.
    SquareRoot,
}

impl Function {
    /// Whether the function has no real value at a number: the square root of a negative one.
    pub(super) fn is_undefined_at(&self, x: &Float) -> bool {
        *self == Function::SquareRoot && *x < 0
    }
}

/// A value known to a stated relative precision.
#[derive(Clone, Debug, PartialEq)]
pub struct Enclosure {
    /// v with |v − f(x)| ≤ 2^(1−precision)·|v|.
    pub value: Float,
    /// True if v = f(x) is known; false proves nothing.
    pub exact: bool,
}

/// The exact result has an exponent beyond ±2^29: it is neither 0 nor infinite, but is not computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutOfRange {
    /// |f(x)| ≥ 2^(2^29 − 1).
    #[error("the result overflows the exponent range of MPFR")]
    Overflow {
        /// True if f(x) < 0.
        negative: bool,
    },
    /// 0 < |f(x)| ≤ 2^(−2^29).
    #[error("the result underflows the exponent range of MPFR")]
    Underflow {
        /// True if f(x) < 0.
        negative: bool,
    },
}

/// Largest magnitude of an enclosed result's exponent.
pub const EXPONENT_LIMIT: i32 = 1 << 29;
/// Working bits beyond the requested ones at the first attempt: the error count of every formula without cancellation at
/// |x| < 4.
const GUARD: u32 = 9;
/// A working precision that no argument of practical size reaches.
const MOST_WORKING_BITS: u32 = 1 << 26;

/// v with |v − f(x)| ≤ 2^(1−precision)·|v| for a finite x; 0 only where f(x) = 0.
///
/// The result may be longer than `precision` bits (an exact one is as long as it needs to be).
///
/// # Errors
/// [`OutOfRange`] if f(x) is not 0 and its exponent lies beyond ±2^29.
///
/// # Panics
/// If x is not finite, or negative under a square root.
pub fn enclose(function: &Function, x: &Float, precision: u32) -> Result<Float, OutOfRange> {
    enclosure(function, x, precision).map(|enclosure| enclosure.value)
}

/// Like [`enclose`], and also says whether the value is exact.
///
/// # Errors
/// [`OutOfRange`] if f(x) is not 0 and its exponent lies beyond ±2^29.
///
/// # Panics
/// If x is not finite, or negative under a square root.
pub fn enclosure(function: &Function, x: &Float, precision: u32) -> Result<Enclosure, OutOfRange> {
    let is_defined = x.is_finite() && !function.is_undefined_at(x);
    assert!(is_defined, "invariant: an enclosure is asked for at finite arguments only, where f is defined");
    if let Some(value) = exact(function, x)? {
        return Ok(Enclosure { value, exact: true });
    }
    let mut working = precision + GUARD;
    loop {
        let Evaluated { value, lost } = evaluate(function, x, working)?;
        // r = 2^(lost − w) ≤ 2^-precision bounds |v − f|/|f|, and r/(1 − r) ≤ 2r bounds |v − f|/|v|.
        if lost + precision <= working {
            return Ok(Enclosure { value: within_limits(value)?, exact: false });
        }
        working = working.max(lost + precision) + 4;
        assert!(working <= MOST_WORKING_BITS, "invariant: no zero of {function:?} is at a binary number");
    }
}

/// The exact results: polynomial pieces with binary values, roots of squares, and special points.
pub(super) fn exact(function: &Function, x: &Float) -> Result<Option<Float>, OutOfRange> {
    if let Some(polynomial) = polynomial(function, |activation| piece_of(activation, x)) {
        return polynomial.exact(x);
    }
    let number = |value: f64| Ok(Some(Float::with_val(53, value)));
    match *function {
        Function::SquareRoot => Ok(exact_root(x)),
        Function::Value(Activation::Selu) if *x > 0 => Ok(exact_lambda(x)),
        _ if !x.is_zero() => Ok(None),
        Function::Exp => number(1.0),
        Function::Value(activation) => match activation {
            Activation::Sigmoid => number(0.5),
            Activation::LogSigmoid | Activation::Softplus { .. } => Ok(None),
            // φ(±0) = ±0 for the others.
            _ => Ok(Some(x.clone())),
        },
        Function::Derivative(activation) => match activation {
            Activation::Elu { alpha } => number(alpha),
            Activation::Celu { .. } | Activation::Tanh | Activation::Softsign => number(1.0),
            Activation::Tanhshrink => number(0.0),
            Activation::Sigmoid => number(0.25),
            Activation::Softplus { .. }
            | Activation::LogSigmoid
            | Activation::Silu
            | Activation::Swish { .. }
            | Activation::Gelu
            | Activation::GeluTanh => number(0.5),
            // 3/5 and λα are not binary.
            _ => Ok(None),
        },
    }
}

/// √x if it is binary. The square of an odd number of q bits has at least 2q − 1 bits, so that q is at most half of
/// the bits of x, rounded up.
fn exact_root(x: &Float) -> Option<Float> {
    let (root, order) = Float::with_val_round(x.prec().div_ceil(2), x.sqrt_ref(), Round::Zero);
    (order == Ordering::Equal).then_some(root)
}

/// The piece in which a number lies.
pub(super) fn piece_of(activation: &Activation, x: &Float) -> Piece {
    activation.piece(|at| x.partial_cmp(&at).expect("invariant: an argument is not NaN"))
}

fn within_limits(value: Float) -> Result<Float, OutOfRange> {
    let negative = value.is_sign_negative();
    match value.get_exp() {
        Some(exponent) if exponent > EXPONENT_LIMIT => Err(OutOfRange::Overflow { negative }),
        Some(exponent) if exponent < -EXPONENT_LIMIT => Err(OutOfRange::Underflow { negative }),
        Some(_) => Ok(value),
        None if value.is_infinite() => Err(OutOfRange::Overflow { negative }),
        None => Err(OutOfRange::Underflow { negative }),
    }
}
