//! What the formulas of the entries are made of: of the enclosures with the proof of their error, and in doubles.
//!
//! Each function is evaluated at a working precision w by a formula that does not cancel (sech² as
//! 4e^(−2|x|)/(1 + e^(−2|x|))², erfc for the normal tail, expm1, log1p). MPFR rounds each operation
//! correctly, a relative error of at most u = 2^-w; errors of factors add up, and a sum of terms of one
//! sign has at most the largest relative error of its terms, plus u. Each formula's count, in units of
//! u, is written next to it, and `lost` with a relative error of at most 2^(lost − w) leaves room for
//! the terms of second order. Four derivatives have a zero away from 0 (silu' near −1.28, mish' near
//! −1.19, gelu' and gelu_tanh' near −0.75): there the count contains the cancellation that was seen, and
//! the working precision is raised until it fits.

use rug::{Assign, Float};

/// Largest magnitude of an enclosed result's exponent.
pub const EXPONENT_LIMIT: i32 = 1 << 29;
/// Exponentials are used down to 2^-(limit + slack): a product with |x| < 2^31 of a smaller one
/// underflows for certain.
pub const EXPONENT_SLACK: i32 = 64;

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

/// A value at working precision w with relative error at most 2^(lost − w).
pub struct Evaluated {
    /// The value.
    pub value: Float,
    /// log₂ of the error in units of 2^-w.
    pub lost: u32,
}

/// A value with its count.
pub fn done(value: Float, lost: u32) -> Result<Evaluated, OutOfRange> {
    Ok(Evaluated { value, lost })
}

/// A value below MPFR's range, with its sign.
pub fn vanishes<T>(negative: bool) -> Result<T, OutOfRange> {
    Err(OutOfRange::Underflow { negative })
}

/// e^t for t ≤ 0 with relative error ≤ u, or none if it is below 2^-(limit + slack).
pub fn exponential(t: Float, working: u32) -> Option<Float> {
    let mut value = Float::new(working);
    value.assign(t.exp_ref());
    (value.get_exp()? >= -(EXPONENT_LIMIT + EXPONENT_SLACK)).then_some(value)
}

/// −|x|
pub fn minus_magnitude(x: &Float) -> Float {
    if x.is_sign_negative() { x.clone() } else { Float::with_val(x.prec(), -x) }
}

/// 1 + e, rounded once.
pub fn one_plus(e: &Float, working: u32) -> Float {
    Float::with_val(working, e + 1u32)
}

/// −x
pub fn minus(x: &Float) -> Float {
    Float::with_val(x.prec(), -x)
}

/// |x|
pub fn magnitude(x: &Float) -> Float {
    Float::with_val(x.prec(), x.abs_ref())
}

/// x·factor, all bits of it.
pub fn times(x: &Float, factor: f64) -> Result<Float, OutOfRange> {
    let product = Float::with_val(x.prec() + 53, x * factor);
    let negative = x.is_sign_negative();
    if product.is_infinite() {
        return Err(OutOfRange::Overflow { negative });
    }
    if product.is_zero() && !x.is_zero() { vanishes(negative) } else { Ok(product) }
}

/// A value divided by an exact number: one rounding more, which at most doubles a count of 1 or more.
pub fn divided(Evaluated { value, lost }: Evaluated, by: f64) -> Result<Evaluated, OutOfRange> {
    done(value / by, if by == 1.0 { lost } else { lost + 1 })
}

/// d ≥ 0 with max(|a|, |b|) < 2^(d+1)·|c| for the computed sum c of a and b; more than the working
/// precision where nothing is left.
pub fn cancelled(a: &Float, b: &Float, c: &Float, w: u32) -> u32 {
    let Some(sum) = c.get_exp() else { return w + 1 };
    let larger = a.get_exp().into_iter().chain(b.get_exp()).max().unwrap_or(sum);
    larger.saturating_sub(sum).max(0) as u32
}

/// Unit roundoff of double precision.
pub const U: f64 = f64::EPSILON / 2.0;
/// 1/√(2π), rounded to nearest (error ≤ u).
pub const INVERSE_SQRT_TWO_PI: f64 = 0.398942280401432677939946059934;

/// A value with the bound of its relative error, for a count of roundings.
#[inline]
pub fn relative(v: f64, count: f64) -> (f64, f64) {
    (v, v.abs() * (2.0 * count * U))
}

/// |βx|, by which R(βx) may be off in units of u; nothing for β = 1.
#[inline]
pub fn moved(beta: f64, x: f64) -> f64 {
    if beta == 1.0 { 0.0 } else { (beta * x).abs() }
}

/// x/y rounded up.
pub fn upper(x: f64, y: f64) -> f64 {
    if y == 1.0 || x == 0.0 { x } else { (x / y).next_up() }
}
