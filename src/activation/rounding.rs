//! The correctly rounded value of a function of the catalogue in any format.
//!
//! One generic loop (Ziv 1991) serves all: enclose the real value, round both ends, accept if they
//! agree, else double the working precision. It ends unless the real value is a *tie* of the format
//! (or so near one that 2^20 bits do not tell). Ties are dealt with before it:
//! - exact results (piecewise linear pieces, special points, λx where it is binary) round directly;
//! - values within a whisker of a binary number (tiny and huge arguments) round by their side of it;
//! - of the rest, exp, tanh, sigmoid, softplus, silu, elu and selu's left piece, and their derivatives,
//!   are transcendental at binary x ≠ 0 (Lindemann and Weierstrass: each is an algebraic function of x
//!   and eˣ, or a logarithm, that is not constant in eˣ), and λ, λα and λx are fractions with a power
//!   of 5 left in the denominator: none is a tie. For gelu and gelu' (erf over √π) no such theorem is
//!   known; a tie of theirs would be a discovery and stop the loop with its name.

use super::enclosure::exact;
use super::nearby::{Near, nearby};
use super::{Activation, Function, OutOfRange, double, enclose};
use crate::format::{F64, Format, Rounder, canonical};
use rug::Float;
use rug::float::Special;

/// Working bits beyond the format's at the first attempt: one value in some 2^11 needs a second one.
const FIRST_GUARD: u32 = 12;
/// The precision at which the loop gives up; see the module's text.
const MOST_BITS: u32 = 1 << 20;

/// f(x) rounded once to the format: **the definition** of φ, φ' and exp in every arithmetic.
///
/// Rounding, overflow and gradual underflow are those of [`Format::round`]. NaN gives NaN, ±∞ the
/// limit. A result below the format's range keeps its sign (−0 for a tiny negative one). φ(−0) = −0
/// where φ is odd at 0 (tanh, silu, gelu, elu, selu, identity); relu(±0) = +0.
/// For formats of unbounded exponent a result beyond 2^±2^29 becomes ±∞ or ±0; whoever must not take
/// that for an answer asks [`enclose`] instead.
pub fn round_function(function: &Function, x: &Float, format: &Format) -> Float {
    if x.is_nan() {
        return Float::with_val(format.precision, Special::Nan);
    }
    if x.is_infinite() {
        return at_infinity(function, x.is_sign_negative(), format);
    }
    match exact(function, x) {
        Ok(Some(value)) => return format.round(&value),
        Ok(None) => {}
        Err(out_of_range) => return beyond_range(out_of_range, format),
    }
    if let Some(stand_in) = nearby(function, x).and_then(|near| stand_in(near, format)) {
        return format.round(&stand_in);
    }
    let mut precision = format.precision + FIRST_GUARD;
    loop {
        let value = match enclose(function, x, precision) {
            Ok(value) => value,
            Err(out_of_range) => return beyond_range(out_of_range, format),
        };
        let (low, high) = ends(&value, precision);
        let (from_low, from_high) = (format.round(&low), format.round(&high));
        if same(&from_low, &from_high) {
            return from_low;
        }
        precision *= 2;
        assert!(precision <= MOST_BITS, "invariant: {function:?} at {x} is no tie of {format}");
    }
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
/// All boundaries of rounding (ties, the overflow threshold) are binary numbers of at most p + 1 bits.
/// With M = max(p + 1, bits of center), two different numbers of M bits are at least 2^-M apart
/// relative to either. So nothing between the center and center·(1 ± 2^-(M+2)) is a boundary, and all
/// numbers strictly in between, f(x) and the one returned here among them, round alike.
fn stand_in(near: Near, format: &Format) -> Option<Float> {
    let Near { center, above, bits } = near;
    let closeness = center.prec().max(format.precision + 1) + 2;
    if bits < i64::from(closeness) {
        return None;
    }
    let step = Float::with_val(center.prec(), center.abs_ref()) >> closeness;
    let wide = center.prec() + closeness + 1;
    Some(if above { Float::with_val(wide, &center + &step) } else { Float::with_val(wide, &center - &step) })
}

/// Results beyond 2^±2^29, which every bounded format rounds to its overflow or to a signed zero.
fn beyond_range(out_of_range: OutOfRange, format: &Format) -> Float {
    let (special, negative) = match out_of_range {
        OutOfRange::Overflow { negative } => (Special::Infinity, negative),
        OutOfRange::Underflow { negative } => (Special::Zero, negative),
    };
    let value = Float::with_val(format.precision, special);
    format.round(&if negative { -value } else { value })
}

/// The limit of f at ±∞, rounded; a zero has the sign of the side from which it is approached.
fn at_infinity(function: &Function, negative: bool, format: &Format) -> Float {
    use Activation::*;
    let infinity = if negative { f64::NEG_INFINITY } else { f64::INFINITY };
    // λ and λα are φ' of selu right and left of 0.
    let selu_slope = |x: f64| round_function(&Function::Derivative(Selu), &Float::with_val(53, x), format);
    let limit = match (*function, negative) {
        (Function::Exp, _) => infinity.max(0.0),
        (Function::Value(Identity), _) => infinity,
        (Function::Value(Tanh), _) => 1f64.copysign(infinity),
        (Function::Value(Sigmoid), false) => 1.0,
        (Function::Value(_), false) => infinity,
        (Function::Value(Relu | Sigmoid | Softplus), true) => 0.0,
        // A slope of 0 gives −0, as at every negative x.
        (Function::Value(Leaky { slope } | Prelu { slope }), true) if slope == 0.0 => -0.0,
        (Function::Value(Leaky { slope } | Prelu { slope }), true) => slope * infinity,
        (Function::Value(Elu { alpha }), true) => -alpha,
        (Function::Value(Selu), true) => return -selu_slope(0.0),
        (Function::Value(Silu | Gelu), true) => -0.0,
        (Function::Derivative(Tanh | Sigmoid), _) => 0.0,
        (Function::Derivative(Selu), false) => return selu_slope(1.0),
        (Function::Derivative(_), false) => 1.0,
        // From below: both derivatives are negative left of their zero.
        (Function::Derivative(Silu | Gelu), true) => -0.0,
        (Function::Derivative(Elu { .. } | Selu | Softplus), true) => 0.0,
        (Function::Derivative(Relu), true) => 0.0,
        (Function::Derivative(Leaky { slope } | Prelu { slope }), true) => slope,
        (Function::Derivative(Identity), true) => 1.0,
    };
    format.round(&Float::with_val(53, limit))
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

/// [`round_function_f64`] with the format's [`Rounder`] at hand, for formats in double lanes.
#[inline]
pub fn round_with(function: &Function, x: f64, format: &Format, rounder: &Rounder) -> f64 {
    if x.is_nan() {
        return f64::NAN;
    }
    if x.is_infinite() {
        return slow(function, x, format);
    }
    if let Some(value) = linear(function, x) {
        return match value {
            Linear::Exact(value) => rounder.round(value),
            Linear::Rounded(_) => slow(function, x, format),
        };
    }
    let (value, error) = double::evaluate(function, x);
    if error == f64::INFINITY {
        return slow(function, x, format);
    }
    if value.abs() < DECIDED_TINY {
        // Below half of every such format's smallest subnormal (at least 2^-511): only the sign counts,
        // and the formulas keep it.
        return 0f64.copysign(value);
    }
    // The roundings of these two sums are in the bound's margin.
    let (low, high) = (rounder.round(value - error), rounder.round(value + error));
    if low.to_bits() == high.to_bits() { low } else { slow(function, x, format) }
}

/// Results below this are zero in every format that fits double lanes.
const DECIDED_TINY: f64 = f64::from_bits((1023 - 900) << 52);

#[cold]
fn slow(function: &Function, x: f64, format: &Format) -> f64 {
    canonical(round_function(function, &Float::with_val(53, x), format).to_f64())
}

/// Binary64: correctly rounded functions of core-math where f is one of them, else the Ziv loop.
fn round_to_binary64(function: &Function, x: f64) -> f64 {
    use Activation::{Elu, Tanh};
    let value = match *function {
        _ if x.is_nan() => f64::NAN,
        _ if x.is_infinite() => return slow(function, x, &F64),
        Function::Exp => core_math::exp(x),
        Function::Value(Tanh) => core_math::tanh(x),
        Function::Value(Elu { .. }) if x > 0.0 => x,
        Function::Value(Elu { alpha: 1.0 }) => core_math::expm1(x),
        Function::Derivative(Elu { .. }) if x > 0.0 => 1.0,
        Function::Derivative(Elu { alpha: 1.0 }) => core_math::exp(x),
        _ => match linear(function, x) {
            // The product of two doubles is rounded once, underflow and overflow included.
            Some(Linear::Exact(value) | Linear::Rounded(value)) => value,
            None => slow(function, x, &F64),
        },
    };
    canonical(value)
}

/// A piecewise linear result in double precision.
enum Linear {
    Exact(f64),
    /// Rounded once to binary64, perhaps inexactly.
    Rounded(f64),
}

/// Piecewise linear functions, and elu's right piece, at a finite x.
#[inline]
fn linear(function: &Function, x: f64) -> Option<Linear> {
    use Activation::{Elu, Identity, Leaky, Prelu, Relu};
    let right = x > 0.0;
    Some(match *function {
        Function::Value(Relu) => Linear::Exact(if right { x } else { 0.0 }),
        Function::Value(Leaky { .. } | Prelu { .. } | Elu { .. }) if right => Linear::Exact(x),
        Function::Value(Identity) => Linear::Exact(x),
        Function::Value(Leaky { slope } | Prelu { slope }) => {
            let product = slope * x;
            if exact_product(slope, x, product) { Linear::Exact(product) } else { Linear::Rounded(product) }
        }
        Function::Derivative(Elu { .. }) if right => Linear::Exact(1.0),
        Function::Derivative(activation) => match activation.linear_slopes() {
            Some((left_slope, right_slope)) => Linear::Exact(if right { right_slope } else { left_slope }),
            None => return None,
        },
        _ => return None,
    })
}

/// True if the product of two doubles is certainly exact: together at most 53 significand bits, and
/// neither underflow nor overflow.
#[inline]
fn exact_product(a: f64, b: f64, product: f64) -> bool {
    let bits = |x: f64| 53 - (x.to_bits() | 1 << 52).trailing_zeros();
    product == 0.0 && (a == 0.0 || b == 0.0) || bits(a) + bits(b) <= 53 && product.is_normal()
}
