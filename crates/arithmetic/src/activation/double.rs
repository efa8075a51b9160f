//! φ, φ', exp and √ in double precision with a bound on the error: the shortcut of correct rounding in
//! narrow formats, and the integrand of the mean-field quadratures.
//!
//! The formulas of the entries are those of the enclosures, on core-math's correctly rounded exp, expm1, log1p,
//! tanh and erfc. With u = 2^-53, every operation has a relative error of at most u as long as nothing
//! is subnormal; the counts are the same, and the bounds below are at least twice them, which covers
//! terms of second order and the rounding of the bound itself and of v ± bound.

use super::catalogue::{Entry, Order, entry_of};
use super::enclosure::polynomial;
use super::formulas::{U, relative};
use super::limits::limit;
use super::polynomial::Quadratic;
use super::{Activation, Function};
use crate::format::square_root_to_odd;

/// φ(x) within a few units in the last place (relative, also where |φ| is small), except on hardswish's
/// and hardsigmoid's middle pieces near −3, where the error is a few 2^-53 absolutely. The limit at ±∞.
pub fn value_f64(activation: &Activation, x: f64) -> f64 {
    in_double(&Function::Value(*activation), x)
}

/// φ'(x) within a few units in the last place, except near the zeros of φ' away from 0, where the error
/// is a few 2^-53 absolutely. The limit at ±∞.
pub fn derivative_f64(activation: &Activation, x: f64) -> f64 {
    in_double(&Function::Derivative(*activation), x)
}

fn in_double(function: &Function, x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    if x.is_infinite() {
        return limit(function, x < 0.0).to_f64();
    }
    match short(function, x) {
        Short::Exact(value) | Short::Rounded(value) | Short::Odd(value) => value,
        Short::None => evaluate(function, x).0,
    }
}

/// The result of a single operation in double precision.
pub(super) enum Short {
    /// f(x) itself.
    Exact(f64),
    /// f(x) rounded once to binary64.
    Rounded(f64),
    /// f(x) rounded to odd to binary64, which rounds to fewer bits like f(x) itself, or its NaN.
    Odd(f64),
    /// None of these.
    None,
}

/// Constants, products, sums and roots, which need at most one operation, at a finite x.
#[inline]
pub(super) fn short(function: &Function, x: f64) -> Short {
    let rounded = |value: f64, is_exact: bool| if is_exact { Short::Exact(value) } else { Short::Rounded(value) };
    // The most frequent ones do not need joints and coefficients.
    let linear = match function {
        Function::Value(activation) | Function::Derivative(activation) => activation.linear_slopes(),
        Function::Exp => None,
        Function::SquareRoot => return Short::Odd(square_root_to_odd(x)),
    };
    if let Some((left, right)) = linear {
        let slope = if x > 0.0 { right } else { left };
        return match function {
            Function::Derivative(_) => Short::Exact(slope),
            _ if slope == 1.0 => Short::Exact(x),
            _ if slope == 0.0 => Short::Exact(0.0),
            _ => rounded(slope * x, exact_product(slope, x, slope * x)),
        };
    }
    let Some(Quadratic { a, b, c, divisor }) = polynomial(function, |activation| activation.piece_of(x)) else {
        return Short::None;
    };
    match (a == 0.0, b == 0.0, c == 0.0) {
        _ if divisor != 1.0 => Short::None,
        (true, true, _) => Short::Exact(c),
        (true, false, true) if b == 1.0 => Short::Exact(x),
        (true, false, true) => rounded(b * x, exact_product(b, x, b * x)),
        (true, false, false) if b == 1.0 => {
            // Knuth's error of a sum, exactly 0 if nothing was lost.
            let sum = x + c;
            let added = sum - x;
            rounded(sum, (x - (sum - added)) + (c - added) == 0.0)
        }
        (false, true, true) if a == 1.0 => rounded(x * x, exact_product(x, x, x * x)),
        _ => Short::None,
    }
}

/// True if the product of two doubles is certainly exact: together at most 53 significand bits, and
/// neither underflow nor overflow.
#[inline]
fn exact_product(a: f64, b: f64, product: f64) -> bool {
    let bits = |x: f64| 53 - (x.to_bits() | 1 << 52).trailing_zeros();
    product == 0.0 && (a == 0.0 || b == 0.0) || bits(a) + bits(b) <= 53 && product.is_normal()
}

/// (v, bound) with |v − f(x)| ≤ bound for a finite x at which [`short`] has no answer.
///
/// Where |v| < 2^-900 the bound does not hold (subnormal intermediates), but |f(x)| < 2^-899 does,
/// and v, zero or not, has f(x)'s sign. An infinite bound says nothing about f(x).
#[inline]
pub(super) fn evaluate(function: &Function, x: f64) -> (f64, f64) {
    if let Some(polynomial) = polynomial(function, |activation| activation.piece_of(x)) {
        return quadratic(&polynomial, x);
    }
    match *function {
        Function::Exp => relative(core_math::exp(x), 1.0),
        Function::SquareRoot => unreachable!("invariant: a square root is one operation"),
        Function::Value(activation) => entry_of!(activation, entry => entry.double(Order::Value, x)),
        Function::Derivative(activation) => entry_of!(activation, entry => entry.double(Order::Slope, x)),
    }
}

/// ((a·x + b)·x + c)/divisor: every term is known to 2u of it, each sum adds u of itself.
#[inline]
fn quadratic(polynomial: &Quadratic, x: f64) -> (f64, f64) {
    let Quadratic { a, b, c, divisor } = *polynomial;
    let inner = (a * x + b) * x;
    // Without a constant −0 stays −0.
    let sum = if c == 0.0 { inner } else { inner + c };
    let magnitude = (a * x * x).abs() + (b * x).abs() + c.abs();
    (sum / divisor, magnitude / divisor * (12.0 * U))
}

#[cfg(test)]
mod tests {
    use super::super::{ALL, enclose};
    use super::*;
    use crate::format::two_to;
    use rug::Float;

    #[test]
    fn the_bounds_cover_the_errors_twice() {
        let more = ["softplus:3", "swish:0.4", "celu:0.3"].map(|name| Activation::parse(name).unwrap());
        let curved = ALL.into_iter().chain(more).filter(|a| a.linear_slopes().is_none());
        let functions = curved.flat_map(|a| [Function::Value(a), Function::Derivative(a)]).chain([Function::Exp]);
        for function in functions.collect::<Vec<_>>() {
            for step in -900..900 {
                let x = f64::from(step) / 32.0 + 0.0037 * f64::from(step % 13);
                if !matches!(short(&function, x), Short::None) {
                    continue;
                }
                let (v, bound) = evaluate(&function, x);
                let truth = enclose(&function, &Float::with_val(53, x), 120).unwrap();
                // Otherwise a directed rounding would treat the value as exact.
                let is_strict = v - bound < v && v < v + bound;
                assert!(is_strict || bound == 0.0 && v.abs() < two_to(-900), "{function:?} at {x}: {v} ± {bound}");
                if v.abs() < two_to(-900) {
                    assert!(truth.clone().abs() < two_to(-899), "{function:?} at {x}");
                    assert_eq!(truth.is_sign_negative(), v.is_sign_negative(), "{function:?} at {x}");
                    continue;
                }
                let error = Float::with_val(200, truth - v).abs().to_f64();
                assert!(2.0 * error <= bound, "{function:?} at {x}: error {error:e}, bound {bound:e}");
            }
        }
    }
}
