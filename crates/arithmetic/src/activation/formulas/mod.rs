//! The formulas of the enclosures, each with the proof of its error.
//!
//! Each function is evaluated at a working precision w by a formula that does not cancel (sech² as
//! 4e^(−2|x|)/(1 + e^(−2|x|))², erfc for the normal tail, expm1, log1p). MPFR rounds each operation
//! correctly, a relative error of at most u = 2^-w; errors of factors add up, and a sum of terms of one
//! sign has at most the largest relative error of its terms, plus u. Each formula's count, in units of
//! u, is written next to it, and `lost` with a relative error of at most 2^(lost − w) leaves room for
//! the terms of second order. Four derivatives have a zero away from 0 (silu' near −1.28, mish' near
//! −1.19, gelu' and gelu_tanh' near −0.75): there the count contains the cancellation that was seen, and
//! the working precision is raised until it fits.

mod exponential;
mod logistic;
mod mish;
mod normal;
mod tangent;

use super::Activation;
use super::enclosure::{EXPONENT_LIMIT, Function, OutOfRange, piece_of};
use super::polynomial::polynomial;
use rug::{Assign, Float};

/// Exponentials are used down to 2^-(limit + slack): a product with |x| < 2^31 of a smaller one
/// underflows for certain.
const EXPONENT_SLACK: i32 = 64;

/// A value at working precision w with relative error at most 2^(lost − w).
pub(super) struct Evaluated {
    pub value: Float,
    /// log₂ of the error in units of 2^-w.
    pub lost: u32,
}

/// A value with its count.
fn done(value: Float, lost: u32) -> Result<Evaluated, OutOfRange> {
    Ok(Evaluated { value, lost })
}

/// A value below MPFR's range, with its sign.
fn vanishes<T>(negative: bool) -> Result<T, OutOfRange> {
    Err(OutOfRange::Underflow { negative })
}

/// e^t for t ≤ 0 with relative error ≤ u, or none if it is below 2^-(limit + slack).
fn exponential(t: Float, working: u32) -> Option<Float> {
    let mut value = Float::new(working);
    value.assign(t.exp_ref());
    (value.get_exp()? >= -(EXPONENT_LIMIT + EXPONENT_SLACK)).then_some(value)
}

fn minus_magnitude(x: &Float) -> Float {
    if x.is_sign_negative() { x.clone() } else { Float::with_val(x.prec(), -x) }
}

/// 1 + e, rounded once.
fn one_plus(e: &Float, working: u32) -> Float {
    Float::with_val(working, e + 1u32)
}

/// The formulas. `exact` has dealt with zeros and binary polynomials, so x is not 0 unless f(0) is
/// not binary.
pub(super) fn evaluate(function: &Function, x: &Float, w: u32) -> Result<Evaluated, OutOfRange> {
    if let Some(polynomial) = polynomial(function, |activation| piece_of(activation, x)) {
        let (value, lost) = polynomial.evaluate(x, w)?;
        return done(value, lost);
    }
    let (activation, derivative) = match *function {
        // Correctly rounded: u. Overflow and underflow show in the result.
        Function::Exp => return done(Float::with_val(w, x.exp_ref()), 0),
        Function::SquareRoot => return done(Float::with_val(w, x.sqrt_ref()), 0),
        Function::Value(activation) => (activation, false),
        Function::Derivative(activation) => (activation, true),
    };
    match (activation, derivative) {
        (Activation::Tanh, false) => done(Float::with_val(w, x.tanh_ref()), 0),
        (Activation::Tanh, true) => tangent::tanh_derivative(x, w),
        (Activation::Tanhshrink, false) => tangent::tanhshrink(x, w),
        (Activation::Tanhshrink, true) => tangent::tanhshrink_derivative(x, w),
        (Activation::Sigmoid, false) => logistic::sigmoid(x, w),
        (Activation::Sigmoid, true) => logistic::sigmoid_derivative(x, w),
        (Activation::LogSigmoid, false) => {
            let softplus = logistic::softplus(&minus(x), w).or_else(|_| vanishes(true))?;
            done(-softplus.value, softplus.lost)
        }
        (Activation::LogSigmoid, true) => logistic::sigmoid(&minus(x), w),
        (Activation::Softplus { beta }, false) => divided(logistic::softplus(&times(x, beta)?, w)?, beta),
        (Activation::Softplus { beta }, true) => logistic::sigmoid(&times(x, beta)?, w),
        (Activation::Silu, false) => logistic::silu(x, w),
        (Activation::Silu, true) => logistic::silu_derivative(x, w),
        // x·σ(βx) = silu(βx)/β
        (Activation::Swish { beta }, false) => divided(logistic::silu(&times(x, beta)?, w)?, beta),
        (Activation::Swish { beta }, true) => logistic::silu_derivative(&times(x, beta)?, w),
        (Activation::Mish, false) => mish::mish(x, w),
        (Activation::Mish, true) => mish::mish_derivative(x, w),
        (Activation::Gelu, _) => normal::gelu(x, w, derivative),
        (Activation::GeluTanh, _) => normal::gelu_tanh(x, w, derivative),
        (Activation::Elu { alpha }, false) => exponential::elu(x, alpha, w),
        (Activation::Elu { alpha }, true) => exponential::elu_derivative(x, alpha, w),
        (Activation::Celu { alpha }, false) => exponential::celu(x, alpha, w),
        (Activation::Celu { alpha }, true) => exponential::celu_derivative(x, alpha, w),
        (Activation::Selu, _) => exponential::selu(x, w, derivative),
        (Activation::Softsign, false) => {
            // 1 + |x|: 1, quotient: 2. Nothing over- or underflows where x does not.
            done(Float::with_val(w, x / one_plus(&magnitude(x), w)), 2)
        }
        (Activation::Softsign, true) => {
            // 1 + |x|: 1, square: 3, reciprocal: 4. The square stays in MPFR's range up to |x| = 2^(2^29).
            if x.get_exp().is_some_and(|exponent| exponent > EXPONENT_LIMIT / 2 + 1) {
                return vanishes(false);
            }
            done(one_plus(&magnitude(x), w).square().recip(), 3)
        }
        _ => unreachable!("invariant: the others are polynomials"),
    }
}

fn minus(x: &Float) -> Float {
    Float::with_val(x.prec(), -x)
}

fn magnitude(x: &Float) -> Float {
    Float::with_val(x.prec(), x.abs_ref())
}

/// x·factor, all bits of it.
fn times(x: &Float, factor: f64) -> Result<Float, OutOfRange> {
    let product = Float::with_val(x.prec() + 53, x * factor);
    let negative = x.is_sign_negative();
    if product.is_infinite() {
        return Err(OutOfRange::Overflow { negative });
    }
    if product.is_zero() && !x.is_zero() { vanishes(negative) } else { Ok(product) }
}

/// A value divided by an exact number: one rounding more, which at most doubles a count of 1 or more.
fn divided(Evaluated { value, lost }: Evaluated, by: f64) -> Result<Evaluated, OutOfRange> {
    done(value / by, if by == 1.0 { lost } else { lost + 1 })
}

/// d ≥ 0 with max(|a|, |b|) < 2^(d+1)·|c| for the computed sum c of a and b; more than the working
/// precision where nothing is left.
fn cancelled(a: &Float, b: &Float, c: &Float, w: u32) -> u32 {
    let Some(sum) = c.get_exp() else { return w + 1 };
    let larger = a.get_exp().into_iter().chain(b.get_exp()).max().unwrap_or(sum);
    larger.saturating_sub(sum).max(0) as u32
}

#[cfg(test)]
mod tests {
    use super::super::enclosure::exact;
    use super::super::{ALL, Piece, enclose};
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
