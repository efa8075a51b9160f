//! mish = x·tanh(ln(1 + eˣ)), from e = e^(−|x|) ≤ 1.

use super::{Evaluated, cancelled, done, exponential, minus_magnitude, vanishes};
use crate::activation::enclosure::OutOfRange;
use rug::Float;

/// tanh(ln(1 + eˣ)) = n/(n + 2) with n = eˣ(eˣ + 2).
///
/// Left: e + 2: 2, n: 4, n + 2: 5, quotient: 10, product: 11. Right, divided by e^(2x):
/// (1 + 2e)/(1 + 2e + 2e²): 1 + 2e: 2, e²: 3, sum: 4, quotient: 7, product: 8.
pub fn mish(x: &Float, w: u32) -> Result<Evaluated, OutOfRange> {
    let positive = *x > 0;
    match exponential(minus_magnitude(x), w) {
        Some(e) if positive => {
            let numerator: Float = Float::with_val(w, &e << 1) + 1u32;
            let denominator = Float::with_val(w, &numerator + (e.square() << 1));
            done(numerator / denominator * x, 4)
        }
        Some(e) => {
            let n = Float::with_val(w, &e + 2u32) * e;
            let denominator = Float::with_val(w, &n + 2u32);
            done(n / denominator * x, 4)
        }
        None if positive => done(Float::with_val(w, x), 1),
        None => vanishes(true),
    }
}

/// mish' = eˣω/δ² with ω = 4(x + 1) + 4e^(2x) + e^(3x) + eˣ(4x + 6), δ = e^(2x) + 2eˣ + 2.
///
/// Right, divided by e^(4x), all terms positive: 1 + 4e + (4x + 6)e² + 4(x + 1)e³ over (1 + 2e + 2e²)²:
/// terms at most 6, their sum 9, the denominator 9, quotient: 19.
/// Left ω has a zero near x = −1.192: its four terms are known to at most 5 each, so ω to 20m + 3·4m for
/// the largest magnitude m of a term or partial sum, 2^5·m, and m < 2^(d + 2)·|ω|. δ²: 9, factors: 12 more.
pub fn mish_derivative(x: &Float, w: u32) -> Result<Evaluated, OutOfRange> {
    let positive = *x > 0;
    let Some(e) = exponential(minus_magnitude(x), w) else {
        // Right: 1 + (4x − 2)e^(−2x) + … is 1 to far more than w bits.
        return if positive { done(Float::with_val(w, 1), 1) } else { vanishes(true) };
    };
    let x_plus_1 = Float::with_val(w, x + 1u32);
    let four_x_plus_6: Float = (Float::with_val(w, x << 1) + 3u32) << 1;
    let square = Float::with_val(w, e.square_ref());
    let cube = Float::with_val(w, &square * &e);
    if positive {
        let last: Float = Float::with_val(w, &x_plus_1 * &cube) << 2;
        let third = Float::with_val(w, &four_x_plus_6 * &square);
        let numerator = Float::with_val(w, &e << 2) + 1u32 + third + last;
        let denominator: Float = Float::with_val(w, &e << 1) + 1u32 + (square << 1);
        return done(numerator / denominator.square(), 5);
    }
    let first: Float = x_plus_1 << 2;
    let second = Float::with_val(w, &e * &four_x_plus_6);
    let third: Float = Float::with_val(w, &square << 2) + &cube;
    let partial = Float::with_val(w, &second + &third);
    let omega = Float::with_val(w, &first + &partial);
    // m is the largest of the four terms: |first|, |second|, third (which exceeds both of its terms).
    let lost = [&first, &second, &third].map(|term| cancelled(term, &partial, &omega, w)).into_iter().max();
    let delta: Float = Float::with_val(w, &square + (Float::with_val(w, &e << 1))) + 2u32;
    let value = e * omega / delta.square();
    // ω: 32·2^(d + 1) + 21 ≤ 2^(d + 7).
    done(value, lost.unwrap_or(w) + 7)
}
