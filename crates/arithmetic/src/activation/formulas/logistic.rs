//! sigmoid, softplus and silu, from e = e^(−|x|) ≤ 1.

use super::{Evaluated, cancelled, done, exponential, minus_magnitude, one_plus, vanishes};
use crate::activation::enclosure::OutOfRange;
use rug::Float;

/// σ: x > 0: 1/(1 + e), x ≤ 0: e/(1 + e): e: 1, 1 + e: 2, quotient: 4. For x > 0 an e below 2^-limit may be
/// left out: 1 has a relative error far below u.
pub fn sigmoid(x: &Float, w: u32) -> Result<Evaluated, OutOfRange> {
    let positive = *x > 0;
    match exponential(minus_magnitude(x), w) {
        Some(e) if positive => done(one_plus(&e, w).recip(), 2),
        Some(e) => done(Float::with_val(w, &e / one_plus(&e, w)), 2),
        None if positive => done(Float::with_val(w, 1), 1),
        None => vanishes(false),
    }
}

/// σ' = e/(1 + e)²: e: 1, 1 + e: 2, its square: 5, quotient: 7.
pub fn sigmoid_derivative(x: &Float, w: u32) -> Result<Evaluated, OutOfRange> {
    let Some(e) = exponential(minus_magnitude(x), w) else { return vanishes(false) };
    let square = one_plus(&e, w).square();
    done(e / square, 3)
}

/// max(x, 0) + log1p(e): e: 1, log1p: 2 (its condition number e/((1 + e)·log1p(e)) is at most 1), sum of
/// positive terms: 3.
pub fn softplus(x: &Float, w: u32) -> Result<Evaluated, OutOfRange> {
    let positive = *x > 0;
    match exponential(minus_magnitude(x), w) {
        Some(e) if positive => done(Float::with_val(w, x + e.ln_1p()), 2),
        Some(e) => done(e.ln_1p(), 2),
        None if positive => done(Float::with_val(w, x), 1),
        None => vanishes(false),
    }
}

/// x/(1 + e) or xe/(1 + e): as sigmoid, one product more: 5.
pub fn silu(x: &Float, w: u32) -> Result<Evaluated, OutOfRange> {
    let positive = *x > 0;
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

/// silu' = s(1 + x(1 − s)) with s = σ(x).
pub fn silu_derivative(x: &Float, w: u32) -> Result<Evaluated, OutOfRange> {
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
