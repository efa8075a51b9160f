//! Enclosures: φ, φ' and exp at any argument to any relative precision, with a proof.
//!
//! Each function is evaluated at a working precision w by a formula that does not cancel (sech² as
//! 4e^(−2|x|)/(1 + e^(−2|x|))², erfc for the normal tail, expm1, log1p). MPFR rounds each operation
//! correctly, a relative error of at most u = 2^-w; errors of factors add up, and a sum of terms of one
//! sign has at most the largest relative error of its terms, plus u. Each formula's count, in units of
//! u, is written next to it, and `lost` with a relative error of at most 2^(lost − w) leaves room for
//! the terms of second order. Two derivatives have a zero away from 0 (silu' near −1.28, gelu' near
//! −0.75): there the count contains the cancellation that was seen, and the working precision is raised
//! until it fits.
//!
//! Exponents: MPFR's own range ends near 2^±2^30. Results are enclosed while their exponent lies
//! within ±2^29; the rest of MPFR's range is room in which no intermediate under- or overflows.

use super::{Activation, SELU_ALPHA, SELU_LAMBDA};
use rug::float::Constant;
use rug::{Assign, Float, Integer, Rational};
use std::sync::LazyLock;

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
/// Exponentials are used down to 2^-(limit + slack): a product with |x| < 2^31 of a smaller one
/// underflows for certain.
const EXPONENT_SLACK: i32 = 64;
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

/// A value at working precision w with relative error at most 2^(lost − w).
struct Evaluated {
    value: Float,
    lost: u32,
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

/// The decimals of SELU as fractions: λ, α and λα.
struct Selu {
    lambda: Rational,
    lambda_alpha: Rational,
    /// Numerator of λ over 10^29 (it ends in 9, so that is the lowest form).
    lambda_numerator: Integer,
    five_to_29: Integer,
}

static SELU: LazyLock<Selu> = LazyLock::new(|| {
    let fraction = |decimal: &str| {
        let (_, decimals) = decimal.split_once('.').expect("invariant: SELU's constants have a decimal point");
        let numerator = decimal.replace('.', "").parse::<Integer>().expect("invariant: SELU's constants are decimals");
        Rational::from((numerator, Integer::from(Integer::u_pow_u(10, decimals.len() as u32))))
    };
    let (lambda, alpha) = (fraction(SELU_LAMBDA), fraction(SELU_ALPHA));
    let lambda_alpha = Rational::from(&lambda * &alpha);
    let lambda_numerator = lambda.numer().clone();
    Selu { lambda, lambda_alpha, lambda_numerator, five_to_29: Integer::from(Integer::u_pow_u(5, 29)) }
});

/// λ rounded to nearest at the given precision.
fn selu_lambda(precision: u32) -> Float {
    Float::with_val(precision, &SELU.lambda)
}

/// λα rounded to nearest at the given precision.
fn selu_lambda_alpha(precision: u32) -> Float {
    Float::with_val(precision, &SELU.lambda_alpha)
}

/// λx where it is a binary number: λ = N/10^29 with N prime to 5, so 5^29 must divide x's significand.
fn exact_lambda(x: &Float) -> Option<Float> {
    if x.prec() < 68 {
        return None; // 5^29 > 2^67
    }
    let (significand, exponent) = x.to_integer_exp()?;
    let (quotient, remainder) = significand.div_rem_ref(&SELU.five_to_29).into();
    let remainder: Integer = remainder;
    if remainder != 0 {
        return None;
    }
    let units: Integer = Integer::from(&quotient * &SELU.lambda_numerator);
    Some(Float::with_val(units.significant_bits().max(2), units) << exponent << -29)
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

/// The formulas. `exact` has dealt with zeros and linear pieces, so x is not 0 unless f(0) is
/// irrational.
fn evaluate(function: &Function, x: &Float, w: u32) -> Result<Evaluated, OutOfRange> {
    let done = |value: Float, lost: u32| Ok(Evaluated { value, lost });
    let vanishes = |negative: bool| Err(OutOfRange::Underflow { negative });
    let positive = *x > 0;
    let (activation, derivative) = match *function {
        // Correctly rounded: u. Overflow and underflow show in the result.
        Function::Exp => return done(Float::with_val(w, x.exp_ref()), 0),
        Function::Value(activation) => (activation, false),
        Function::Derivative(activation) => (activation, true),
    };
    match (activation, derivative) {
        (Activation::Tanh, false) => done(Float::with_val(w, x.tanh_ref()), 0),
        (Activation::Tanh, true) => {
            // sech² = 4e/(1 + e)², e = e^(−2|x|): e: 1, 1 + e: 2, its square: 5, quotient: 7.
            let Some(e) = exponential(minus_magnitude(x) << 1, w) else { return vanishes(false) };
            let square = one_plus(&e, w).square();
            done((e << 2) / square, 3)
        }
        (Activation::Sigmoid, false) | (Activation::Softplus, true) => {
            // x > 0: 1/(1 + e), x < 0: e/(1 + e), e = e^(−|x|): e: 1, 1 + e: 2, quotient: 4. For x > 0 an
            // e below 2^-limit may be left out: 1 has a relative error far below u.
            match exponential(minus_magnitude(x), w) {
                Some(e) if positive => done(one_plus(&e, w).recip(), 2),
                Some(e) => done(Float::with_val(w, &e / one_plus(&e, w)), 2),
                None if positive => done(Float::with_val(w, 1), 1),
                None => vanishes(false),
            }
        }
        (Activation::Sigmoid, true) => {
            // e/(1 + e)²: e: 1, 1 + e: 2, its square: 5, quotient: 7.
            let Some(e) = exponential(minus_magnitude(x), w) else { return vanishes(false) };
            let square = one_plus(&e, w).square();
            done(e / square, 3)
        }
        (Activation::Softplus, false) => {
            // max(x, 0) + log1p(e), e = e^(−|x|): e: 1, log1p: 2 (its condition number
            // e/((1 + e)·log1p(e)) is at most 1), sum of positive terms: 3.
            match exponential(minus_magnitude(x), w) {
                Some(e) if positive => done(Float::with_val(w, x + e.ln_1p()), 2),
                Some(e) => done(e.ln_1p(), 2),
                None if positive => done(Float::with_val(w, x), 1),
                None => vanishes(false),
            }
        }
        (Activation::Silu, false) => {
            // x/(1 + e) or xe/(1 + e): as sigmoid, one product more: 5.
            match exponential(minus_magnitude(x), w) {
                Some(e) if positive => done(Float::with_val(w, x / one_plus(&e, w)), 3),
                Some(e) => {
                    let numerator = Float::with_val(w, x * &e);
                    done(numerator / one_plus(&e, w), 3)
                }
                None if positive => done(Float::with_val(w, x), 1),
                None => vanishes(true),
            }
        }
        (Activation::Silu, true) => silu_derivative(x, w),
        (Activation::Gelu, _) => gelu(x, w, derivative),
        // expm1 or exp: 1, product: 2.
        (Activation::Elu { alpha }, false) => done(Float::with_val(w, x.exp_m1_ref()) * alpha, 2),
        (Activation::Elu { alpha }, true) => match exponential(x.clone(), w) {
            Some(e) => done(e * alpha, 2),
            None => vanishes(false),
        },
        // λ, λα: 1, expm1 or exp: 1, product: 1.
        (Activation::Selu, false) if positive => done(selu_lambda(w) * x, 2),
        (Activation::Selu, false) => done(selu_lambda_alpha(w) * Float::with_val(w, x.exp_m1_ref()), 2),
        (Activation::Selu, true) if positive => done(selu_lambda(w), 0),
        (Activation::Selu, true) => match exponential(x.clone(), w) {
            Some(e) => done(selu_lambda_alpha(w) * e, 2),
            None => vanishes(false),
        },
        (Activation::Relu | Activation::Leaky { .. } | Activation::Prelu { .. } | Activation::Identity, _) => {
            unreachable!("invariant: piecewise linear functions are exact")
        }
    }
}

/// silu' = s(1 + x(1 − s)) with s = σ(x).
fn silu_derivative(x: &Float, w: u32) -> Result<Evaluated, OutOfRange> {
    let positive = *x > 0;
    let Some(e) = exponential(minus_magnitude(x), w) else {
        // Right: 1 + (x − 1)e^(−x) + … is 1 to far more than w bits.
        return if positive {
            Ok(Evaluated { value: Float::with_val(w, 1), lost: 1 })
        } else {
            Err(OutOfRange::Underflow { negative: true })
        };
    };
    let q = one_plus(&e, w).recip(); // 1/(1 + e): 3
    if positive {
        // q(1 + xeq): e: 1, xe: 2, xeq: 6, 1 + xeq: 7, product: 11.
        let product = Float::with_val(w, x * &e) * &q;
        return Ok(Evaluated { value: (product + 1u32) * q, lost: 4 });
    }
    // eq²·c with c = (1 + x) + e, which has a zero near x = −1.278. 1 + x and e are known to u, so c is
    // known to 2u·m + u|c| with m the larger magnitude: 2^(d + 2) + 1 counts where m < 2^(d+1)·|c|.
    // eq²: 1 + 6 + 2 products, and one product more: 2^(d + 2) + 11 ≤ 2^(d + 4).
    let one_plus_x = Float::with_val(w, x + 1u32);
    let c = Float::with_val(w, &one_plus_x + &e);
    let lost = cancelled(&one_plus_x, &e, &c, w) + 4;
    Ok(Evaluated { value: e * q.square() * c, lost })
}

/// d ≥ 0 with max(|a|, |b|) < 2^(d+1)·|c| for the computed sum c of a and b; more than the working
/// precision where nothing is left.
fn cancelled(a: &Float, b: &Float, c: &Float, w: u32) -> u32 {
    let Some(sum) = c.get_exp() else { return w + 1 };
    let larger = a.get_exp().into_iter().chain(b.get_exp()).max().unwrap_or(sum);
    larger.saturating_sub(sum).max(0) as u32
}

/// gelu = x·Φ(x) and gelu' = Φ(x) + x·φ(x).
fn gelu(x: &Float, w: u32, derivative: bool) -> Result<Evaluated, OutOfRange> {
    let positive = *x > 0;
    let exponent = x.get_exp().expect("invariant: gelu is exact at 0"); // |x| < 2^exponent
    if exponent > 17 {
        // |x| ≥ 2^17: the tail e^(−x²/2) ≤ 2^(−2^33) is nothing beside Φ = 1, and itself out of range.
        return match (positive, derivative) {
            (true, true) => Ok(Evaluated { value: Float::with_val(w, 1), lost: 1 }),
            (true, false) => Ok(Evaluated { value: Float::with_val(w, x), lost: 1 }),
            (false, _) => Err(OutOfRange::Underflow { negative: true }),
        };
    }
    // Φ(x) = erfc(y)/2 with y = −x/√2: √(1/2): 1, y: 2. erfc's condition number is at most 2y² + 1 =
    // x² + 1 for y > 0 (from erfc(y) > 2/√π·e^(−y²)/(y + √(y² + 2))) and at most 1/2 for y < 0.
    // Φ: 2(x² + 1) + 1 ≤ 2^(2·exponent + 3), or 2.
    let y = -(Float::with_val(w, 0.5).sqrt() * x);
    let phi_big: Float = Float::with_val(w, y.erfc_ref()) >> 1;
    let lost_phi_big = if positive { 2 } else { 2 * exponent.max(0) as u32 + 3 };
    if !derivative {
        return match phi_big.get_exp() {
            Some(e) if e >= -(EXPONENT_LIMIT + EXPONENT_SLACK) => {
                Ok(Evaluated { value: phi_big * x, lost: lost_phi_big + 1 })
            }
            _ => Err(OutOfRange::Underflow { negative: true }),
        };
    }
    // xφ = x·e^(−x²/2)/√(2π): the exponent is exact, exponential: 1, π: 1, √(2π): 2, quotient: 4, product: 5.
    let half_square: Float = Float::with_val(2 * x.prec(), x.square_ref()) >> 1;
    let density = exponential(-half_square, w);
    let Some(density) = density else {
        return if positive {
            Ok(Evaluated { value: phi_big, lost: 2 })
        } else {
            Err(OutOfRange::Underflow { negative: true })
        };
    };
    let two_pi: Float = Float::with_val(w, Constant::Pi) << 1;
    let root = two_pi.sqrt();
    let slope = density / root * x;
    let sum = Float::with_val(w, &phi_big + &slope);
    if positive {
        return Ok(Evaluated { value: sum, lost: 3 });
    }
    // A difference with a zero near x = −0.752: with m the larger term, the error is at most
    // (2^lost + 8)u·m + u|sum| where m < 2^(d+1)·|sum|: (2^lost + 8)·2^(d+1) + 1 ≤ 2^(lost + d + 3).
    let lost = lost_phi_big + 3 + cancelled(&phi_big, &slope, &sum, w);
    Ok(Evaluated { value: sum, lost })
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
            // Above 1 the proof is wrong.
            assert!(worst <= 1.0, "{function:?}: {worst} of the counted error");
            assert!(worst > 0.01, "{function:?}: only {worst} of the counted error; the count can be tightened");
        }
    }
}
