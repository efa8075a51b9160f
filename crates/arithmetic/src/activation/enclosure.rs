//! Enclosures of φ, φ', exp and √ at any argument, to any relative precision, with a proof.
//!
//! Exact results come first (`exact`); all others are evaluated by formulas with a counted error
//! (`formulas.rs`), at a working precision that is raised until the error fits.
//!
//! Exponents: MPFR's own range ends near 2^±2^30. Results are enclosed while their exponent lies
//! within ±2^29; the rest of MPFR's range is room in which no intermediate under- or overflows.

pub use super::formulas::{EXPONENT_LIMIT, OutOfRange};

use super::catalogue::{Entry, Order, entry_of};
use super::formulas::{Evaluated, done};
use super::polynomial::Quadratic;
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
    let at_zero = |activation: Activation| {
        let piece = piece_of(&activation, x);
        entry_of!(activation, entry => entry.known(piece).at_zero)
    };
    let number = |value: f64| Float::with_val(53, value);
    Ok(match *function {
        Function::SquareRoot => exact_root(x),
        Function::Exp => x.is_zero().then(|| number(1.0)),
        Function::Value(activation) if !x.is_zero() => entry_of!(activation, entry => entry.exactly(x)),
        Function::Derivative(_) if !x.is_zero() => None,
        Function::Value(activation) => at_zero(activation)[0].map(|y| if y == 0.0 { x.clone() } else { number(y) }),
        Function::Derivative(activation) => at_zero(activation)[1].map(number),
    })
}

/// √x if it is binary. The square of an odd number of q bits has at least 2q − 1 bits, so that q is at most half of
/// the bits of x, rounded up.
fn exact_root(x: &Float) -> Option<Float> {
    let (root, order) = Float::with_val_round(x.prec().div_ceil(2), x.sqrt_ref(), Round::Zero);
    (order == Ordering::Equal).then_some(root)
}

/// The polynomial of φ or φ' on the piece in which x lies.
pub(super) fn polynomial(function: &Function, piece: impl Fn(&Activation) -> Piece) -> Option<Quadratic> {
    match function {
        Function::Value(activation) => activation.polynomial(piece(activation)),
        Function::Derivative(activation) => Some(activation.polynomial(piece(activation))?.derivative()),
        Function::Exp | Function::SquareRoot => None,
    }
}

/// The piece in which a number lies.
pub(super) fn piece_of(activation: &Activation, x: &Float) -> Piece {
    activation.piece(|at| x.partial_cmp(&at).expect("invariant: an argument is not NaN"))
}

/// The formulas. `exact` has dealt with zeros and binary polynomials, so x is not 0 unless f(0) is
/// not binary.
fn evaluate(function: &Function, x: &Float, w: u32) -> Result<Evaluated, OutOfRange> {
    if let Some(polynomial) = polynomial(function, |activation| piece_of(activation, x)) {
        let (value, lost) = polynomial.evaluate(x, w)?;
        return done(value, lost);
    }
    match *function {
        // Correctly rounded: u. Overflow and underflow show in the result.
        Function::Exp => done(Float::with_val(w, x.exp_ref()), 0),
        Function::SquareRoot => done(Float::with_val(w, x.sqrt_ref()), 0),
        Function::Value(activation) => entry_of!(activation, entry => entry.formula(Order::Value, x, w)),
        Function::Derivative(activation) => entry_of!(activation, entry => entry.formula(Order::Slope, x, w)),
    }
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

#[cfg(test)]
mod tests {
    use super::super::ALL;
    use super::*;

    #[test]
    fn every_formula_keeps_the_error_it_counts() {
        let curved = ALL.into_iter().filter(|a| a.linear_slopes().is_none());
        let functions = curved.flat_map(|a| [Function::Value(a), Function::Derivative(a)]).chain([Function::Exp]);
        for function in functions.collect::<Vec<_>>() {
            let mut worst = f64::NEG_INFINITY;
            for step in -600..600 {
                let x = Float::with_val(53, f64::from(step) / 16.0 + 0.0037 * f64::from(step % 13));
                if !matches!(exact(&function, &x), Ok(None)) {
                    continue;
                }
                let truth = enclose(&function, &x, 300).unwrap();
                for w in [33, 60, 101] {
                    let Evaluated { value, lost } = evaluate(&function, &x, w).unwrap();
                    let error = Float::with_val(400, value - &truth) / &truth;
                    let counts = (error.abs() << (w as i32 - lost as i32)).to_f64();
                    if lost < w {
                        worst = worst.max(counts);
                    }
                }
            }
            if worst == f64::NEG_INFINITY {
                let (Function::Value(a) | Function::Derivative(a)) = function else { panic!("exp is never exact") };
                let is_exact = |piece| a.polynomial(Piece(piece as u8)).is_some();
                assert!((0..a.pieces()).all(is_exact), "{function:?} was never evaluated");
                continue;
            }
            // Above 1 the proof is wrong.
            assert!(worst <= 1.0, "{function:?}: {worst} of the counted error");
            assert!(worst > 0.01, "{function:?}: only {worst} of the counted error; the count can be tightened");
        }
    }
}
