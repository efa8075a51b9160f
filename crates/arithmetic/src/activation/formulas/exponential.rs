//! elu, celu and selu on their exponential pieces.

use super::{Evaluated, done, exponential, vanishes};
use crate::activation::enclosure::OutOfRange;
use crate::activation::selu::{lambda, lambda_alpha};
use rug::Float;

/// α(eˣ − 1): expm1: 1, product: 2.
pub fn elu(x: &Float, alpha: f64, w: u32) -> Result<Evaluated, OutOfRange> {
    done(Float::with_val(w, x.exp_m1_ref()) * alpha, 2)
}

/// αeˣ: exp: 1, product: 2.
pub fn elu_derivative(x: &Float, alpha: f64, w: u32) -> Result<Evaluated, OutOfRange> {
    match exponential(x.clone(), w) {
        Some(e) => done(e * alpha, 2),
        None => vanishes(false),
    }
}

/// α(e^t − 1), t = x/α < 0: t: 1, whose effect te^t/(e^t − 1) ≤ 1 keeps at 1, expm1: 2, product: 3.
pub fn celu(x: &Float, alpha: f64, w: u32) -> Result<Evaluated, OutOfRange> {
    let t = Float::with_val(w, x / alpha);
    done(Float::with_val(w, t.exp_m1_ref()) * alpha, 2)
}

/// e^t, t = x/α < 0 known to u|t| absolutely: |t| + 1 ≤ 2^(exponent + 1).
pub fn celu_derivative(x: &Float, alpha: f64, w: u32) -> Result<Evaluated, OutOfRange> {
    let t = Float::with_val(w, x / alpha);
    let exponent = t.get_exp().unwrap_or(0).max(0) as u32;
    match exponential(t, w) {
        Some(e) => done(e, exponent + 2),
        None => vanishes(false),
    }
}

/// λ, λα: 1, expm1 or exp: 1, product: 1.
pub fn selu(x: &Float, w: u32, derivative: bool) -> Result<Evaluated, OutOfRange> {
    match (derivative, *x > 0) {
        (false, true) => done(lambda(w) * x, 2),
        (false, false) => done(lambda_alpha(w) * Float::with_val(w, x.exp_m1_ref()), 2),
        (true, true) => done(lambda(w), 0),
        (true, false) => match exponential(x.clone(), w) {
            Some(e) => done(lambda_alpha(w) * e, 2),
            None => vanishes(false),
        },
    }
}
