//! The formulas of the enclosures, each with the proof of its error.
//!
//! Each function is evaluated at a working precision w by a formula that does not cancel (sech² as
//! 4e^(−2|x|)/(1 + e^(−2|x|))², erfc for the normal tail, expm1, log1p). MPFR rounds each operation
//! correctly, a relative error of at most u = 2^-w; errors of factors add up, and a sum of terms of one
//! sign has at most the largest relative error of its terms, plus u. Each formula's count, in units of
//! u, is written next to it, and `lost` with a relative error of at most 2^(lost − w) leaves room for
//! the terms of second order. Two derivatives have a zero away from 0 (silu' near −1.28, gelu' near
//! −0.75): there the count contains the cancellation that was seen, and the working precision is raised
//! until it fits.

use super::Activation;
use super::enclosure::{EXPONENT_LIMIT, Function, OutOfRange};
use super::selu::{lambda, lambda_alpha};
use rug::float::Constant;
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

/// The formulas. `exact` has dealt with zeros and linear pieces, so x is not 0 unless f(0) is
/// irrational.
pub(super) fn evaluate(function: &Function, x: &Float, w: u32) -> Result<Evaluated, OutOfRange> {
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
        (Activation::Selu, false) if positive => done(lambda(w) * x, 2),
        (Activation::Selu, false) => done(lambda_alpha(w) * Float::with_val(w, x.exp_m1_ref()), 2),
        (Activation::Selu, true) if positive => done(lambda(w), 0),
        (Activation::Selu, true) => match exponential(x.clone(), w) {
            Some(e) => done(lambda_alpha(w) * e, 2),
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
    use super::super::enclosure::exact;
    use super::super::{ALL, enclose};
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
