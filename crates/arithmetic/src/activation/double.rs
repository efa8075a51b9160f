//! φ, φ', exp and √ in double precision with a bound on the error: the shortcut of correct rounding in
//! narrow formats, and the integrand of the mean-field quadratures.
//!
//! The formulas are those of the enclosures, on core-math's correctly rounded exp, expm1, log1p,
//! tanh and erfc. With u = 2^-53, every operation has a relative error of at most u as long as nothing
//! is subnormal; the counts are the same, and the bounds below are at least twice them, which covers
//! terms of second order and the rounding of the bound itself and of v ± bound.

use super::limits::Limit;
use super::polynomial::{Quadratic, polynomial};
use super::{Activation, Function};
use crate::format::square_root_to_odd;

/// Unit roundoff of double precision.
const U: f64 = f64::EPSILON / 2.0;
/// λ, λα of SELU and the constants of the normal distribution, rounded to nearest (error ≤ u).
const LAMBDA: f64 = 1.0507009873554804934193349852946;
const LAMBDA_ALPHA: f64 = 1.7580993408473768599402175208123;
const SQRT_HALF: f64 = std::f64::consts::FRAC_1_SQRT_2;
const INVERSE_SQRT_TWO_PI: f64 = 0.398942280401432677939946059934;
/// √(8/π) and the cubic coefficient of gelu_tanh, rounded to nearest.
const SQRT_EIGHT_OVER_PI: f64 = 1.595769121605730711759542697336;
const CUBIC: f64 = 0.044715;

/// 2^100: the largest α of elu whose products with subnormal numbers stay below 2^-900.
const MOST_ALPHA: f64 = f64::from_bits((1023 + 100) << 52);

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
        return Limit::of(function, x < 0.0).to_f64();
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
    let relative = |v: f64, count: f64| (v, v.abs() * (2.0 * count * U));
    if let Some(polynomial) = polynomial(function, |activation| activation.piece_of(x)) {
        return quadratic(&polynomial, x);
    }
    match *function {
        Function::Exp => relative(core_math::exp(x), 1.0),
        Function::SquareRoot => unreachable!("invariant: a square root is one operation"),
        Function::Value(activation) => match activation {
            Activation::Tanh => relative(core_math::tanh(x), 1.0),
            Activation::Tanhshrink => tanhshrink(x),
            Activation::Sigmoid => relative(sigmoid(x), 4.0),
            Activation::LogSigmoid => relative(-softplus(-x), 3.0),
            // t = βx is known to u|t|, which moves the value by as much at most; the quotient 1.
            Activation::Softplus { beta } => relative(softplus(beta * x) / beta, 4.0 + moved(beta, x)),
            Activation::Softsign => relative(x / (1.0 + x.abs()), 2.0),
            Activation::Silu => relative(silu(x), 5.0),
            Activation::Swish { beta } => relative(silu(beta * x) / beta, 7.0 + moved(beta, x)),
            // As the formulas of mish.
            Activation::Mish => relative(mish(x), 11.0),
            // y = −x/√2: constant 1, product 2, times erfc's condition number 2y² + 1; erfc 1, product 1.
            // (right of 0 the condition number is at most 1/2).
            Activation::Gelu => {
                let count = if x > 0.0 { 4.0 } else { 4.0 + 2.0 * (x * x) };
                relative(0.5 * core_math::erfc(-x * SQRT_HALF) * x, count)
            }
            // s to 8u|s|, as the formulas; e^(−|s|) and 1 + e: 8|s| + 2 each, two factors at most.
            Activation::GeluTanh => {
                let s = gelu_tanh_argument(x);
                relative(sigmoid(s) * x, 16.0 * s.abs() + 7.0)
            }
            Activation::Elu { alpha } => relative(alpha * core_math::expm1(x), 2.0),
            // t = x/α to u|t|, which expm1 does not enlarge.
            Activation::Celu { alpha } => relative(alpha * core_math::expm1(x / alpha), 3.0),
            Activation::Selu if x > 0.0 => relative(LAMBDA * x, 2.0),
            Activation::Selu => relative(LAMBDA_ALPHA * core_math::expm1(x), 3.0),
            _ => unreachable!("invariant: the others are polynomials"),
        },
        Function::Derivative(activation) => match activation {
            Activation::Tanh => {
                let e = core_math::exp(-2.0 * x.abs());
                relative(4.0 * e / ((1.0 + e) * (1.0 + e)), 7.0)
            }
            Activation::Tanhshrink => {
                let tanh = core_math::tanh(x);
                relative(tanh * tanh, 3.0)
            }
            Activation::Sigmoid => {
                let e = core_math::exp(-x.abs());
                relative(e / ((1.0 + e) * (1.0 + e)), 7.0)
            }
            Activation::LogSigmoid => relative(sigmoid(-x), 4.0),
            Activation::Softplus { beta } => relative(sigmoid(beta * x), 4.0 + moved(beta, x)),
            Activation::Softsign => {
                let denominator = 1.0 + x.abs();
                relative(1.0 / (denominator * denominator), 4.0)
            }
            Activation::Silu => silu_derivative(x, 0.0),
            Activation::Swish { beta } => silu_derivative(beta * x, moved(beta, x)),
            Activation::Mish => mish_derivative(x),
            Activation::Gelu => gelu_derivative(x),
            Activation::GeluTanh => gelu_tanh_derivative(x),
            // A subnormal eˣ times a huge α would be inaccurate without being small: no bound.
            Activation::Elu { alpha } if alpha > MOST_ALPHA => (alpha * core_math::exp(x), f64::INFINITY),
            Activation::Elu { alpha } => relative(alpha * core_math::exp(x), 2.0),
            Activation::Celu { alpha } => relative(core_math::exp(x / alpha), 1.0 + (x / alpha).abs()),
            Activation::Selu if x > 0.0 => relative(LAMBDA, 1.0),
            Activation::Selu => relative(LAMBDA_ALPHA * core_math::exp(x), 3.0),
            _ => unreachable!("invariant: the others are polynomials"),
        },
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

/// |βx|, by which R(βx) may be off in units of u; nothing for β = 1.
#[inline]
fn moved(beta: f64, x: f64) -> f64 {
    if beta == 1.0 { 0.0 } else { (beta * x).abs() }
}

#[inline]
fn softplus(x: f64) -> f64 {
    x.max(0.0) + core_math::log1p(core_math::exp(-x.abs()))
}

#[inline]
fn silu(x: f64) -> f64 {
    let e = core_math::exp(-x.abs());
    if x > 0.0 { x / (1.0 + e) } else { x * e / (1.0 + e) }
}

#[inline]
fn sigmoid(x: f64) -> f64 {
    let e = core_math::exp(-x.abs());
    if x > 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) }
}

/// silu' = q(1 + xeq) right of 0, eq²(1 + x + e) left, with e = e^(−|x|), q = 1/(1 + e), at an x that is
/// known to `count`·u absolutely; |silu''| ≤ 1/2, and left of −2 it is at most |silu'|.
#[inline]
fn silu_derivative(x: f64, count: f64) -> (f64, f64) {
    if x > 100.0 {
        // 1 + (x − 1)e^(−x) + …, also where x = βx' is infinite
        return (1.0, 2.0 * U);
    }
    if x < -1000.0 {
        // Below 2^-1400: only its sign is needed.
        return (-f64::MIN_POSITIVE, 0.0);
    }
    let (v, bound) = silu_derivative_at(x);
    let moved = if x < -2.0 { 2.0 * v.abs() } else { 0.5 };
    (v, bound + 2.0 * U * count * moved)
}

#[inline]
fn silu_derivative_at(x: f64) -> (f64, f64) {
    let e = core_math::exp(-x.abs());
    let q = 1.0 / (1.0 + e);
    if x > 0.0 {
        // xe underflows for large x to what 1 + xeq = 1 allows.
        let v = q * (1.0 + x * e * q);
        return (v, v * (22.0 * U));
    }
    // c = (1 + x) + e is known to u(|1 + x| + e + |c|), the other factors to 9u together.
    let one_plus_x = 1.0 + x;
    let factor = e * q * q;
    let c = one_plus_x + e;
    (factor * c, factor * (2.0 * U) * (one_plus_x.abs() + e + 11.0 * c.abs()))
}

/// gelu' = Φ + xφ, Φ = erfc(−x/√2)/2, φ = e^(−x²/2)/√(2π).
#[inline]
fn gelu_derivative(x: f64) -> (f64, f64) {
    if x < -37.0 {
        // −|x|φ(1 − …) is below e^-684 < 2^-900: only its sign is needed.
        return (-f64::MIN_POSITIVE, 0.0);
    }
    let square = x * x;
    let distribution = 0.5 * core_math::erfc(-x * SQRT_HALF);
    // Left of 0 Φ has the error of gelu above; right of 0 the condition number is below 1.
    let distribution_count = if x > 0.0 { 3.0 } else { 3.0 + 2.0 * square };
    // x²/2 is known to u: e^(−x²/2) to (x²/2 + 1)u; constant, two products: 3. For x > 38 the density
    // is below 2^-1000 and neither it nor its error is visible next to Φ.
    let slope = x * (core_math::exp(-0.5 * square) * INVERSE_SQRT_TWO_PI);
    let slope_count = if x > 38.0 { 0.0 } else { 4.0 + square };
    let v = distribution + slope;
    (v, 2.0 * U * (distribution * distribution_count + slope.abs() * slope_count + v.abs()))
}

/// x − tanh x as the formulas have it: Lambert's fraction within 1, where twelve levels leave less than u.
#[inline]
fn tanhshrink(x: f64) -> (f64, f64) {
    if x.abs() >= 1.0 {
        let v = x - core_math::tanh(x);
        return (v, v.abs() * (10.0 * U));
    }
    let square = x * x;
    let mut y = 0.0;
    for level in (1..=12).rev() {
        y = square / (f64::from(2 * level + 1) + y);
    }
    let v = x * y / (1.0 + y);
    (v, v.abs() * (16.0 * U))
}

/// mish as the formulas have it.
#[inline]
fn mish(x: f64) -> f64 {
    let e = core_math::exp(-x.abs());
    if x > 0.0 {
        let numerator = 1.0 + 2.0 * e;
        x * (numerator / (numerator + 2.0 * (e * e)))
    } else {
        let n = e * (e + 2.0);
        x * (n / (n + 2.0))
    }
}

/// mish' as the formulas have it: right 20 in all; left the terms of ω are known to 5 each and its sums add 3.
#[inline]
fn mish_derivative(x: f64) -> (f64, f64) {
    if x > 40.0 {
        // 1 + (4x − 2)e^(−2x) + …
        return (1.0, 2.0 * U);
    }
    if x < -1000.0 {
        // Below 2^-1400: only its sign is needed.
        return (-f64::MIN_POSITIVE, 0.0);
    }
    let e = core_math::exp(-x.abs());
    let square = e * e;
    let (first, second) = (4.0 * (x + 1.0), 4.0 * x + 6.0);
    if x > 0.0 {
        let numerator = 1.0 + 4.0 * e + second * square + first * (square * e);
        let denominator = 1.0 + 2.0 * e + 2.0 * square;
        let v = numerator / (denominator * denominator);
        return (v, v * (40.0 * U));
    }
    let terms = [first, e * second, 4.0 * square, square * e];
    let omega = first + (terms[1] + (terms[2] + terms[3]));
    // 4x + 6 loses what cancels near −3/2.
    let magnitude: f64 = terms.iter().map(|term| term.abs()).sum::<f64>() + e * (4.0 * x.abs() + 6.0);
    let delta = square + 2.0 * e + 2.0;
    let factor = e / (delta * delta);
    (factor * omega, factor * (2.0 * U) * (8.0 * magnitude + 13.0 * omega.abs()))
}

/// √(8/π)(x + κx³)
#[inline]
fn gelu_tanh_argument(x: f64) -> f64 {
    SQRT_EIGHT_OVER_PI * (x * (1.0 + CUBIC * (x * x)))
}

/// gelu_tanh' as the formulas have it.
#[inline]
fn gelu_tanh_derivative(x: f64) -> (f64, f64) {
    let s = gelu_tanh_argument(x);
    if s < -700.0 {
        // −|x|s'·e^s(1 − …) is below 2^-900: only its sign is needed.
        return (-f64::MIN_POSITIVE, 0.0);
    }
    if s > 60.0 {
        // 1 + (xs' − 1)e^(−s) + …, with x²s'² below 2^30 up to s = 10⁵ and e^(−s) far smaller beyond.
        return (1.0, 2.0 * U);
    }
    let e = core_math::exp(-s.abs());
    let e_count = 8.0 * s.abs() + 1.0;
    let q = 1.0 / (1.0 + e);
    let product = x * (SQRT_EIGHT_OVER_PI * (1.0 + 3.0 * CUBIC * (x * x))) * q;
    if x > 0.0 {
        let v = q * (1.0 + product * e);
        return (v, v * (2.0 * U) * (3.0 * e_count + 16.0));
    }
    let c = 1.0 + product;
    let factor = e * q;
    (factor * c, factor * (2.0 * U) * ((e_count + 13.0) * (1.0 + product.abs()) + (2.0 * e_count + 6.0) * c.abs()))
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
