//! gelu and its tanh form.

use super::{EXPONENT_SLACK, Evaluated, cancelled, done, exponential, minus_magnitude, one_plus, vanishes};
use crate::activation::GELU_TANH_CUBIC;
use crate::activation::enclosure::{EXPONENT_LIMIT, OutOfRange};
use rug::float::Constant;
use rug::{Float, Rational};
use std::sync::LazyLock;

/// gelu = x·Φ(x) and gelu' = Φ(x) + x·φ(x).
pub fn gelu(x: &Float, w: u32, derivative: bool) -> Result<Evaluated, OutOfRange> {
    let positive = *x > 0;
    let exponent = x.get_exp().expect("invariant: gelu is exact at 0"); // |x| < 2^exponent
    if exponent > 17 {
        // |x| ≥ 2^17: the tail e^(−x²/2) ≤ 2^(−2^33) is negligible next to Φ = 1, and itself out of range.
        return match (positive, derivative) {
            (true, true) => Ok(Evaluated { value: Float::with_val(w, 1), lost: 1 }),
            (true, false) => Ok(Evaluated { value: Float::with_val(w, x), lost: 1 }),
            (false, _) => Err(OutOfRange::Underflow { negative: true }),
        };
    }
    if positive && exponent > 3 && 1u64 << (2 * (exponent - 2)) > u64::from(w) {
        // x²/2 ≥ 2^(2·exponent − 3) > 2w, so that the tail, at most x·e^(−x²/2) < 2^−w·u with x ≥ 8, is nothing either.
        let value = if derivative { Float::with_val(w, 1) } else { Float::with_val(w, x) };
        return done(value, 1);
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

/// [`GELU_TANH_CUBIC`] as a fraction.
static CUBIC: LazyLock<Rational> = LazyLock::new(|| {
    let digits = GELU_TANH_CUBIC.trim_start_matches("0.");
    let numerator: u64 = digits.parse().expect("invariant: the constant is a decimal");
    Rational::from((numerator, 10u64.pow(digits.len() as u32)))
});

/// gelu_tanh = x·σ(s) with s = √(8/π)(x + κx³), since (1 + tanh v)/2 = σ(2v), and its derivative
/// σ(s) + x·σ(s)(1 − σ(s))·s' with s' = √(8/π)(1 + 3κx²).
///
/// √(8/π): π 1, quotient 2, root 2. κ: 1, x²: 1, κx²: 3, + 1: 4, times x: 5, times √: 8. So s is known to
/// 8u|s|, and e = e^(−|s|) to 8|s| + 1 ≤ 2^(k + 4), |s| < 2^k with k ≥ 0. Then as silu.
pub fn gelu_tanh(x: &Float, w: u32, derivative: bool) -> Result<Evaluated, OutOfRange> {
    let positive = *x > 0;
    if x.get_exp().is_some_and(|exponent| exponent > 17) {
        // |x| ≥ 2^17: e^(−|s|) ≤ 2^-(2^46) is negligible next to 1, and itself out of range.
        return match (positive, derivative) {
            (true, true) => done(Float::with_val(w, 1), 1),
            (true, false) => done(Float::with_val(w, x), 1),
            (false, _) => vanishes(true),
        };
    }
    let root = (Float::with_val(w, Constant::Pi).recip() << 3u32).sqrt();
    // x² underflows only where 1 + κx² is 1 to any w in use.
    let cubic_term = Float::with_val(w, x.square_ref()) * Float::with_val(w, &*CUBIC);
    let s = Float::with_val(w, one_plus(&cubic_term, w) * x) * &root;
    let k = s.get_exp().unwrap_or(0).max(0) as u32;
    let lost_e = k + 4;
    let Some(e) = exponential(minus_magnitude(&s), w) else {
        return match (positive, derivative) {
            (true, true) => done(Float::with_val(w, 1), 1),
            (true, false) => done(Float::with_val(w, x), 1),
            (false, _) => vanishes(true),
        };
    };
    let q = one_plus(&e, w).recip(); // 1/(1 + e): at most 2^lost_e + 2
    if !derivative {
        // Two factors with e's error at most, and four roundings: 2^(lost_e + 1) + 4 ≤ 2^(lost_e + 2).
        let factor = if positive { q } else { e * q };
        return done(factor * x, lost_e + 2);
    }
    // s': κx² 3, 3κx² 4, + 1: 5, product: 8.
    let slope = one_plus(&(cubic_term * 3u32), w) * &root;
    let product = Float::with_val(w, x * &slope) * &q; // 9 + 2^lost_e + 2 + 1
    if positive {
        // q(1 + xs'·eq): the product 2^(lost_e + 1) + 13, sum the same + 1, times q: at most 2^(lost_e + 2).
        let sum = product * &e + 1u32;
        return done(sum * q, lost_e + 3);
    }
    // eq·c with c = 1 + xs'q, which has a zero near x = −0.752: c is known to (2^lost_e + 12)·m + |c| for the
    // larger magnitude m < 2^(d + 1)·|c|: at most 2^(lost_e + d + 2); eq: 2^(lost_e + 1) + 3.
    let one = Float::with_val(w, 1);
    let c = Float::with_val(w, &product + 1u32);
    let lost = lost_e + 3 + cancelled(&one, &product, &c, w);
    done(e * q * c, lost)
}
