//! φ, φ' and exp in double precision with a bound on the error: the shortcut of correct rounding in
//! narrow formats, and the integrand of the mean-field quadratures.
//!
//! The formulas are those of the enclosures, on core-math's correctly rounded exp, expm1, log1p,
//! tanh and erfc. With u = 2^-53, every operation has a relative error of at most u as long as nothing
//! is subnormal; the counts are the same, and the bounds below are at least twice them, which covers
//! terms of second order and the rounding of the bound itself and of v ± bound.

use super::{Activation, Function};

/// Unit roundoff of double precision.
const U: f64 = f64::EPSILON / 2.0;
/// λ, λα of SELU and the constants of the normal distribution, rounded to nearest (error ≤ u).
const LAMBDA: f64 = 1.05070098735548049341933498529;
const LAMBDA_ALPHA: f64 = 1.758099340847376859940217520812;
const SQRT_HALF: f64 = std::f64::consts::FRAC_1_SQRT_2;
const INVERSE_SQRT_TWO_PI: f64 = 0.398942280401432677939946059934;

/// 2^100: the largest α of elu whose products with subnormal numbers stay below 2^-900.
const MOST_ALPHA: f64 = f64::from_bits((1023 + 100) << 52);

/// φ(x) within a few units in the last place (relative, also where |φ| is small).
pub fn value_f64(activation: &Activation, x: f64) -> f64 {
    match activation.linear_slopes() {
        Some((left, right)) => linear(activation, if x > 0.0 { right } else { left }, x),
        None => evaluate(&Function::Value(*activation), x).0,
    }
}

/// φ'(x) within a few units in the last place, except near the zeros of silu' and gelu' away from 0,
/// where the error is a few 2^-53 absolutely.
pub fn derivative_f64(activation: &Activation, x: f64) -> f64 {
    match activation.linear_slopes() {
        Some((left, right)) => {
            if x > 0.0 {
                right
            } else {
                left
            }
        }
        None => evaluate(&Function::Derivative(*activation), x).0,
    }
}

fn linear(activation: &Activation, slope: f64, x: f64) -> f64 {
    if *activation == Activation::Relu && x <= 0.0 { 0.0 } else { slope * x }
}

/// (v, bound) with |v − f(x)| ≤ bound for a finite x of a function that is not piecewise linear.
///
/// Where |v| < 2^-900 the bound does not hold (subnormal intermediates), but |f(x)| < 2^-899 does,
/// and v, zero or not, has f(x)'s sign. An infinite bound says nothing about f(x).
#[inline]
pub(super) fn evaluate(function: &Function, x: f64) -> (f64, f64) {
    let relative = |v: f64, count: f64| (v, v.abs() * (2.0 * count * U));
    match *function {
        Function::Exp => relative(core_math::exp(x), 1.0),
        Function::Value(activation) => match activation {
            Activation::Tanh => relative(core_math::tanh(x), 1.0),
            Activation::Sigmoid => relative(sigmoid(x), 4.0),
            Activation::Softplus => relative(x.max(0.0) + core_math::log1p(core_math::exp(-x.abs())), 3.0),
            Activation::Silu => {
                let e = core_math::exp(-x.abs());
                relative(if x > 0.0 { x / (1.0 + e) } else { x * e / (1.0 + e) }, 5.0)
            }
            // y = −x/√2: constant 1, product 2, times erfc's condition number 2y² + 1; erfc 1, product 1.
            // (right of 0 the condition number is at most 1/2).
            Activation::Gelu => {
                let count = if x > 0.0 { 4.0 } else { 4.0 + 2.0 * (x * x) };
                relative(0.5 * core_math::erfc(-x * SQRT_HALF) * x, count)
            }
            Activation::Elu { .. } if x > 0.0 => (x, 0.0),
            Activation::Elu { alpha } => relative(alpha * core_math::expm1(x), 2.0),
            Activation::Selu if x > 0.0 => relative(LAMBDA * x, 2.0),
            Activation::Selu => relative(LAMBDA_ALPHA * core_math::expm1(x), 3.0),
            _ => unreachable!("invariant: piecewise linear functions have their own path"),
        },
        Function::Derivative(activation) => match activation {
            Activation::Tanh => {
                let e = core_math::exp(-2.0 * x.abs());
                relative(4.0 * e / ((1.0 + e) * (1.0 + e)), 7.0)
            }
            Activation::Sigmoid => {
                let e = core_math::exp(-x.abs());
                relative(e / ((1.0 + e) * (1.0 + e)), 7.0)
            }
            Activation::Softplus => relative(sigmoid(x), 4.0),
            Activation::Silu => silu_derivative(x),
            Activation::Gelu => gelu_derivative(x),
            Activation::Elu { .. } if x > 0.0 => (1.0, 0.0),
            // A subnormal eˣ times a huge α would be inaccurate without being small: no bound.
            Activation::Elu { alpha } if alpha > MOST_ALPHA => (alpha * core_math::exp(x), f64::INFINITY),
            Activation::Elu { alpha } => relative(alpha * core_math::exp(x), 2.0),
            Activation::Selu if x > 0.0 => relative(LAMBDA, 1.0),
            Activation::Selu => relative(LAMBDA_ALPHA * core_math::exp(x), 3.0),
            _ => unreachable!("invariant: piecewise linear functions have their own path"),
        },
    }
}

#[inline]
fn sigmoid(x: f64) -> f64 {
    let e = core_math::exp(-x.abs());
    if x > 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) }
}

/// silu' = q(1 + xeq) right of 0, eq²(1 + x + e) left, with e = e^(−|x|), q = 1/(1 + e).
#[inline]
fn silu_derivative(x: f64) -> (f64, f64) {
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
    // is below 2^-1000 and neither it nor its error is seen beside Φ.
    let slope = x * (core_math::exp(-0.5 * square) * INVERSE_SQRT_TWO_PI);
    let slope_count = if x > 38.0 { 0.0 } else { 4.0 + square };
    let v = distribution + slope;
    (v, 2.0 * U * (distribution * distribution_count + slope.abs() * slope_count + v.abs()))
}

#[cfg(test)]
mod tests {
    use super::super::{ALL, enclose};
    use super::*;
    use rug::Float;

    #[test]
    fn the_bounds_cover_the_errors_twice() {
        let curved = ALL.into_iter().filter(|a| a.linear_slopes().is_none());
        let functions = curved.flat_map(|a| [Function::Value(a), Function::Derivative(a)]).chain([Function::Exp]);
        for function in functions.collect::<Vec<_>>() {
            for step in -900..900 {
                let x = f64::from(step) / 32.0 + 0.0037 * f64::from(step % 13);
                let (v, bound) = evaluate(&function, x);
                let truth = enclose(&function, &Float::with_val(53, x), 120).unwrap();
                let error = Float::with_val(200, truth - v).abs().to_f64();
                assert!(2.0 * error <= bound, "{function:?} at {x}: error {error:e}, bound {bound:e}");
            }
        }
    }
}
