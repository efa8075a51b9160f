//! The correctly rounded value of a function of the catalogue in any format.
//!
//! One generic loop (Ziv 1991) serves all: enclose the real value, round both ends, accept if they
//! agree, else double the working precision. It ends unless the real value is a *tie* of the format
//! (or so close to one that 2^20 bits do not decide). Ties are handled before it:
//! - exact results (binary polynomials, special points, λx where it is binary) round directly;
//! - values extremely close to a binary number (tiny and huge arguments) round by the side on which they are;
//! - fractions (the other polynomials, softsign) are divided once with a sticky bit, and square roots are cut with one;
//! - of the rest, exp, tanh, tanhshrink, sigmoid, logsigmoid, softplus, silu, swish, mish, elu, celu and
//!   selu's left piece, and their derivatives, are transcendental at binary x ≠ 0 (Lindemann and
//!   Weierstrass: each is an algebraic function of x and e^t for an algebraic t ≠ 0, or a logarithm, that
//!   is not constant in e^t), and λ, λα and λx are fractions with a power of 5 left in the denominator:
//!   none is a tie. For gelu and gelu_tanh and their derivatives (erf over √π, e^(√(2/π)…)) no such theorem
//!   is known; a tie of theirs would be a discovery and stop the loop with its name.

use super::catalogue::{Entry, Order, entry_of};
use super::double::{self, Short};
use super::enclosure::{exact, piece_of, polynomial};
use super::ends::{Limit, Near};
use super::limits::limit;
use super::nearby::nearby;
use super::polynomial::{square_root, with_sticky};
use super::quick::binary64;
use super::{Function, OutOfRange, enclose};
use crate::format::{F64, Format, Rounder, canonical};
use rug::Float;
use rug::float::{Round, Special};

/// Working bits beyond the boundaries' at the first attempt; about one value in 2^11 needs a second attempt.
const BEYOND_BOUNDARIES: u32 = 11;
/// The precision at which the loop gives up; see the module's documentation.
const MOST_BITS: u32 = 1 << 20;

/// f(x) rounded once to the format: **the definition** of φ, φ', exp and √ in every arithmetic.
///
/// Rounding, overflow and gradual underflow are those of [`Format::round`]. NaN gives NaN, ±∞ the limit (a zero with
/// the sign of the side from which it is approached), and a negative number under a square root (−∞ too, −0 not) NaN. A
/// result below the format's range keeps its sign (−0 for a tiny negative one). φ(−0) = −0 where φ passes through 0
/// with a slope (tanh, silu, gelu, elu, hardswish, identity, …), and √−0 = −0; a constant piece gives +0, so relu(±0) =
/// +0. For formats of unbounded exponent a result beyond 2^±2^29 becomes ±∞ or ±0; whoever must not take that for an
/// answer asks [`enclose`] instead.
pub fn round_function(function: &Function, x: &Float, format: &Format) -> Float {
    round_by(function, x, &Target { format, boundary_bits: format.precision + 1, round: &|x| format.round(x) })
}

/// f(x) rounded once by a monotonic rounding to the format, whose boundaries are numbers of so many bits more than its
/// precision: members for a directed rounding, ties for one to nearest, multiples of 2^-r of a last place for r random
/// bits.
pub fn round_function_by(
    function: &Function,
    x: &Float,
    format: &Format,
    bits_beyond: u32,
    round: &dyn Fn(&Float) -> Float,
) -> Float {
    round_by(function, x, &Target { format, boundary_bits: format.precision + bits_beyond, round })
}

/// A monotonic rounding whose boundaries are binary numbers of at most so many bits.
pub(super) struct Target<'t> {
    pub(super) format: &'t Format,
    pub(super) boundary_bits: u32,
    pub(super) round: &'t dyn Fn(&Float) -> Float,
}

/// f(x) rounded once.
pub(super) fn round_by(function: &Function, x: &Float, target: &Target) -> Float {
    let Target { format, boundary_bits, round } = *target;
    if x.is_nan() || function.is_undefined_at(x) {
        return Float::with_val(format.precision, Special::Nan);
    }
    if x.is_infinite() {
        return rounded_limit(limit(function, x.is_sign_negative()), target);
    }
    match exact(function, x) {
        Ok(Some(value)) => return round(&value),
        Ok(None) => {}
        Err(out_of_range) => return beyond_range(out_of_range, target),
    }
    if let Some(stand_in) = nearby(function, x).and_then(|near| stand_in(near, boundary_bits)) {
        return round(&stand_in);
    }
    match algebraic(function, x, boundary_bits) {
        Ok(Some(stand_in)) => return round(&stand_in),
        Ok(None) => {}
        Err(out_of_range) => return beyond_range(out_of_range, target),
    }
    let mut precision = boundary_bits + BEYOND_BOUNDARIES;
    loop {
        let value = match enclose(function, x, precision) {
            Ok(value) => value,
            Err(out_of_range) => return beyond_range(out_of_range, target),
        };
        let (low, high) = ends(&value, precision);
        let (from_low, from_high) = (round(&low), round(&high));
        if same(&from_low, &from_high) {
            return from_low;
        }
        precision *= 2;
        assert!(precision <= MOST_BITS, "invariant: {function:?} at {x} is no tie of {format}");
    }
}

/// A limit rounded once.
fn rounded_limit(limit: Limit, target: &Target) -> Float {
    match limit {
        Limit::Double(x) => (target.round)(&Float::with_val(53, x)),
        Limit::Fraction(x) => {
            (target.round)(&with_sticky(Float::with_val_round(target.boundary_bits + 4, x, Round::Zero)))
        }
    }
}

/// A number that rounds like f(x), if f(x) is a fraction or a square root, which cannot be undetected ties.
fn algebraic(function: &Function, x: &Float, precision: u32) -> Result<Option<Float>, OutOfRange> {
    if let Some(polynomial) = polynomial(function, |activation| piece_of(activation, x)) {
        return polynomial.stand_in(x, precision).map(Some);
    }
    Ok(match *function {
        Function::SquareRoot => Some(square_root(x, precision)),
        Function::Exp => None,
        Function::Value(activation) => entry_of!(activation, entry => entry.fraction(Order::Value, x, precision)),
        Function::Derivative(activation) => entry_of!(activation, entry => entry.fraction(Order::Slope, x, precision)),
    })
}

/// The ends v ∓ 2^(1−precision)·|v| of an enclosure, exactly.
fn ends(value: &Float, precision: u32) -> (Float, Float) {
    let radius = Float::with_val(value.prec(), value.abs_ref()) >> (precision - 1);
    let bits = value.prec() + precision;
    (Float::with_val(bits, value - &radius), Float::with_val(bits, value + &radius))
}

/// The same member of a format: equal with the same sign of zero, or both NaN.
fn same(a: &Float, b: &Float) -> bool {
    (a.is_nan() && b.is_nan()) || (a == b && a.is_sign_negative() == b.is_sign_negative())
}

/// A number that every rounding to the format treats as f(x), if f(x) is near enough to `center`.
///
/// All boundaries of rounding (ties, the overflow threshold) are binary numbers of at most `boundary_bits` bits.
/// With M = max(those, bits of center), two different numbers of M bits are at least 2^-M apart
/// relative to either. So nothing between the center and center·(1 ± 2^-(M+2)) is a boundary, and all
/// numbers strictly in between, f(x) and the one returned here among them, round alike.
fn stand_in(near: Near, boundary_bits: u32) -> Option<Float> {
    let Near { center, above, bits } = near;
    let closeness = center.prec().max(boundary_bits) + 2;
    if bits < i64::from(closeness) {
        return None;
    }
    let step = Float::with_val(center.prec(), center.abs_ref()) >> closeness;
    let wide = center.prec() + closeness + 1;
    Some(if above { Float::with_val(wide, &center + &step) } else { Float::with_val(wide, &center - &step) })
}

/// Results beyond 2^±2^29, which every bounded format rounds as it rounds the power of two.
fn beyond_range(out_of_range: OutOfRange, target: &Target) -> Float {
    const FAR: i32 = 1 << 29;
    let precision = target.format.precision;
    let is_bounded = target.format.max_exponent().is_some();
    let (magnitude, negative) = match out_of_range {
        OutOfRange::Overflow { negative } if is_bounded => (Float::with_val(2, 1) << FAR, negative),
        OutOfRange::Underflow { negative } if is_bounded => (Float::with_val(2, 1) >> FAR, negative),
        OutOfRange::Overflow { negative } => (Float::with_val(precision, Special::Infinity), negative),
        OutOfRange::Underflow { negative } => (Float::with_val(precision, Special::Zero), negative),
    };
    (target.round)(&if negative { -magnitude } else { magnitude })
}

/// As [`round_function`] on doubles, bit for bit, mostly without MPFR.
///
/// For formats with [`Format::fits_f64_lanes`], and binary64. NaN results are the canonical one.
///
/// # Panics
/// If the format is neither.
pub fn round_function_f64(function: &Function, x: f64, format: &Format) -> f64 {
    if *format == F64 {
        return round_to_binary64(function, x);
    }
    let rounder = format.rounder();
    round_with(function, x, format, &rounder)
}

/// [`round_function_f64`] with the format's [`Rounder`] given, for formats in double lanes.
#[inline]
pub fn round_with(function: &Function, x: f64, format: &Format, rounder: &Rounder) -> f64 {
    round_quickly(function, x, |x| rounder.round(x), || slow(function, x, format), true)
}

/// As [`round_function_by`] on doubles, bit for bit, mostly without MPFR: `quick` rounds doubles as `round` rounds
/// numbers of any length. `tiny_is_zero` says that numbers below 2^-900 become a zero with their sign.
pub fn round_function_quickly(
    (function, x): (&Function, f64),
    (format, bits_beyond): (&Format, u32),
    quick: impl Fn(f64) -> f64,
    round: &dyn Fn(&Float) -> Float,
    tiny_is_zero: bool,
) -> f64 {
    let slow = || canonical(round_function_by(function, &Float::with_val(53, x), format, bits_beyond, round).to_f64());
    round_quickly(function, x, quick, slow, tiny_is_zero)
}

/// A rounding that is monotonic, where the quick phase decides it.
#[inline(always)]
fn round_quickly(
    function: &Function,
    x: f64,
    round: impl Fn(f64) -> f64,
    slow: impl Fn() -> f64,
    tiny_is_zero: bool,
) -> f64 {
    if x.is_nan() {
        return f64::NAN;
    }
    if x.is_infinite() {
        return slow();
    }
    match double::short(function, x) {
        Short::Exact(value) | Short::Odd(value) => return round(value),
        Short::Rounded(_) => return slow(),
        Short::None => {}
    }
    let (value, error) = double::evaluate(function, x);
    if error == f64::INFINITY {
        return slow();
    }
    if value.abs() < DECIDED_TINY {
        if !tiny_is_zero {
            return slow();
        }
        // Below half of every such format's smallest subnormal (at least 2^-511), and below what its random bits see:
        // only the sign counts, where zero has one, and the formulas keep it.
        return round(value);
    }
    // An error as large as the value decides nothing; comparisons with NaN are false.
    let is_known = error < value.abs();
    if !is_known {
        return slow();
    }
    // The roundings of these two sums are in the bound's margin.
    let (low, high) = (round(value - error), round(value + error));
    if low.to_bits() == high.to_bits() { low } else { slow() }
}

/// Whether f(x) is exactly 0, not merely too small for a double; at ±∞ whether its limit is. Not at NaN.
pub fn is_zero(function: &Function, x: f64) -> bool {
    if x.is_nan() {
        return false;
    }
    if x.is_infinite() {
        return limit(function, x < 0.0).is_zero();
    }
    match double::short(function, x) {
        Short::Exact(value) | Short::Odd(value) => value == 0.0,
        // A product that rounding may have flushed.
        Short::Rounded(value) if value != 0.0 => false,
        _ => enclose(function, &Float::with_val(53, x), 8).is_ok_and(|value| value.is_zero()),
    }
}

/// Whether f(x) is 0 on a piece of few operations, as seen at once.
pub fn is_plainly_zero(function: &Function, x: f64) -> bool {
    matches!(double::short(function, x), Short::Exact(value) | Short::Odd(value) if value == 0.0)
}

/// Results below this are zero in every format that fits double lanes.
const DECIDED_TINY: f64 = f64::from_bits((1023 - 900) << 52);

#[cold]
fn slow(function: &Function, x: f64, format: &Format) -> f64 {
    canonical(round_function(function, &Float::with_val(53, x), format).to_f64())
}

/// Binary64: correctly rounded functions of core-math where f is one of them, else the quick phase, else the
/// Ziv loop.
fn round_to_binary64(function: &Function, x: f64) -> f64 {
    let own = match *function {
        _ if x.is_nan() => Some(f64::NAN),
        _ if x.is_infinite() => return slow(function, x, &F64),
        Function::Exp => Some(core_math::exp(x)),
        // IEEE 754's own operation.
        Function::SquareRoot => Some(x.sqrt()),
        Function::Value(activation) => entry_of!(activation, entry => entry.binary64(Order::Value, x)),
        Function::Derivative(activation) => entry_of!(activation, entry => entry.binary64(Order::Slope, x)),
    };
    canonical(own.unwrap_or_else(|| match double::short(function, x) {
        // The product or the sum of two doubles is rounded once, underflow and overflow included.
        Short::Exact(value) | Short::Rounded(value) => value,
        Short::Odd(_) => unreachable!("invariant: only a square root is rounded to odd"),
        Short::None => binary64::nearest(function, x).unwrap_or_else(|| slow(function, x, &F64)),
    }))
}
