//! Enclosures: φ, φ' and exp at any argument to any relative precision, with a proof.
//!
//! Exact results come first (`exact`); all others are evaluated by formulas with a counted error
//! (`formulas.rs`), at a working precision that is raised until the error fits.
//!
//! Exponents: MPFR's own range ends near 2^±2^30. Results are enclosed while their exponent lies
//! within ±2^29; the rest of MPFR's range is room in which no intermediate under- or overflows.

use super::Activation;
use super::formulas::{Evaluated, evaluate};
use super::selu::exact_lambda;
use rug::Float;

/// A function of one argument that an arithmetic must round.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Function {
    /// φ.
    Value(Activation),
    /// φ', at a kink PyTorch's choice (see [`Activation::piece`]).
    Derivative(Activation),
    /// eˣ, for softmax.
    Exp,
}

/// A value known to a stated relative precision.
#[derive(Clone, Debug, PartialEq)]
pub struct Enclosure {
    /// v with |v − f(x)| ≤ 2^(1−precision)·|v|.
    pub value: Float,
    /// True if v = f(x) is known; false proves nothing.
    pub exact: bool,
}

/// The true result has an exponent beyond ±2^29: it is neither 0 nor infinite, but is not computed.
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
/// Working bits beyond the wanted ones at the first attempt: the count of every formula without
/// cancellation at |x| < 4.
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
/// If x is not finite.
pub fn enclose(function: &Function, x: &Float, precision: u32) -> Result<Float, OutOfRange> {
    enclosure(function, x, precision).map(|enclosure| enclosure.value)
}

/// As [`enclose`], saying also whether the value is exact.
///
/// # Errors
/// [`OutOfRange`] if f(x) is not 0 and its exponent lies beyond ±2^29.
///
/// # Panics
/// If x is not finite.
pub fn enclosure(function: &Function, x: &Float, precision: u32) -> Result<Enclosure, OutOfRange> {
    assert!(x.is_finite(), "invariant: an enclosure is asked for at finite arguments only");
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

/// The exact results: piecewise linear pieces, identities, and special points.
pub(super) fn exact(function: &Function, x: &Float) -> Result<Option<Float>, OutOfRange> {
    let positive = *x > 0;
    let small = |value: f64| Ok(Some(Float::with_val(53, value)));
    match *function {
        Function::Value(activation) => match activation {
            Activation::Relu if positive => Ok(Some(x.clone())),
            Activation::Relu => small(0.0),
            Activation::Leaky { .. } | Activation::Prelu { .. } | Activation::Elu { .. } if positive => {
                Ok(Some(x.clone()))
            }
            Activation::Leaky { slope } | Activation::Prelu { slope } => exact_product(slope, x).map(Some),
            Activation::Identity => Ok(Some(x.clone())),
            Activation::Selu if positive => Ok(exact_lambda(x)),
            Activation::Sigmoid if x.is_zero() => small(0.5),
            Activation::Softplus => Ok(None),
            // φ(±0) = ±0 for the others.
            _ if x.is_zero() => Ok(Some(x.clone())),
            _ => Ok(None),
        },
        Function::Derivative(activation) => match activation {
            Activation::Selu => Ok(None),
            Activation::Elu { .. } if positive => small(1.0),
            Activation::Elu { alpha } if x.is_zero() => small(alpha),
            Activation::Tanh if x.is_zero() => small(1.0),
            Activation::Sigmoid if x.is_zero() => small(0.25),
            Activation::Softplus | Activation::Silu | Activation::Gelu if x.is_zero() => small(0.5),
            _ => match activation.linear_slopes() {
                Some((left, right)) => small(if positive { right } else { left }),
                None => Ok(None),
            },
        },
        Function::Exp if x.is_zero() => small(1.0),
        Function::Exp => Ok(None),
    }
}

/// slope·x, all bits of it.
fn exact_product(slope: f64, x: &Float) -> Result<Float, OutOfRange> {
    let product = Float::with_val(x.prec() + 53, x * slope);
    if product.is_finite() && (!product.is_zero() || slope == 0.0 || x.is_zero()) {
        return Ok(product);
    }
    let negative = product.is_sign_negative();
    Err(if product.is_zero() { OutOfRange::Underflow { negative } } else { OutOfRange::Overflow { negative } })
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
