//! mish = x·tanh(ln(1 + eˣ)), from e = e^(−|x|) ≤ 1.

use super::{Entry, Known, Mish, Order};
use crate::activation::about::About;
use crate::activation::ends::{Far, INFINITY, MINUS_ZERO, Near, ONE, exact_quotient, near, number};
use crate::activation::formulas::{
    Evaluated, OutOfRange, U, cancelled, done, exponential, minus_magnitude, relative, vanishes,
};
use crate::activation::piece::Piece;
use crate::activation::quick::constants::Constants;
use crate::activation::quick::formulas::Parts;
use crate::activation::quick::real::Real;
use rug::Float;

impl Entry for Mish {
    const ABOUT: &'static About = &About {
        name: "mish",
        formula: "x·tanh(ln(1 + e^x))",
        torch: "torch.nn.Mish",
        paper: "Misra 2019",
        ..About::NONE
    };

    fn known(&self, _: Piece) -> Known {
        Known {
            // Extremes: 1.0884981612517 at x = 1.4905711…, −0.1125… at −2.256….
            lipschitz: 1.088498162,
            // Extremes: 0.64420463723697 at x = −0.0879344…, −0.0590… at 2.114…, −0.0417… at −3.267….
            curvature: 0.644204638,
            // φ and φ' are negative left of their zeros.
            limits: [MINUS_ZERO, INFINITY, MINUS_ZERO, ONE],
            at_zero: [Some(0.0), None],
        }
    }

    fn small(&self, x: &Float, k: i64) -> [Option<Near>; 2] {
        // φ: 3x/5 + 8x²/25 + …, if 3x/5 is binary
        let fifth = exact_quotient(x, 5);
        [fifth.and_then(|fifth| near(Float::with_val(fifth.prec() + 2, fifth) * 3u32, true, k)), None]
    }

    fn large(&self, far: &Far) -> [Option<Near>; 2] {
        // φ: x(1 − 2e^(−2x)/(1 + 2e^(−x) + 2e^(−2x)));
        // φ': 1 + (4x − 2)e^(−2x) + …, between 0 and 4xe^(−2x) more than 1
        [
            near(far.x.clone(), false, far.double_bits() - 1).filter(|_| far.positive),
            near(number(1.0), true, far.double_bits().saturating_sub(far.exponent + 2)).filter(|_| far.positive),
        ]
    }

    fn formula(&self, order: Order, x: &Float, w: u32) -> Result<Evaluated, OutOfRange> {
        match order {
            // tanh(ln(1 + eˣ)) = n/(n + 2) with n = eˣ(eˣ + 2).
            //
            // Left: e + 2: 2, n: 4, n + 2: 5, quotient: 10, product: 11. Right, divided by e^(2x):
            // (1 + 2e)/(1 + 2e + 2e²): 1 + 2e: 2, e²: 3, sum: 4, quotient: 7, product: 8.
            Order::Value => {
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
            // mish' = eˣω/δ² with ω = 4(x + 1) + 4e^(2x) + e^(3x) + eˣ(4x + 6), δ = e^(2x) + 2eˣ + 2.
            //
            // Right, divided by e^(4x), all terms positive: 1 + 4e + (4x + 6)e² + 4(x + 1)e³ over (1 + 2e + 2e²)²:
            // terms at most 6, their sum 9, the denominator 9, quotient: 19.
            // Left ω has a zero near x = −1.192: its four terms are known to at most 5 each, so ω to 20m + 3·4m for
            // the largest magnitude m of a term or partial sum, 2^5·m, and m < 2^(d + 2)·|ω|. δ²: 9, factors: 12 more.
            Order::Slope => {
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
        }
    }

    fn double(&self, order: Order, x: f64) -> (f64, f64) {
        match order {
            Order::Value => {
                let e = core_math::exp(-x.abs());
                let value = if x > 0.0 {
                    let numerator = 1.0 + 2.0 * e;
                    x * (numerator / (numerator + 2.0 * (e * e)))
                } else {
                    let n = e * (e + 2.0);
                    x * (n / (n + 2.0))
                };
                relative(value, 11.0)
            }
            // Right 20 in all; left the terms of ω are known to 5 each and its sums add 3.
            Order::Slope => {
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
        }
    }

    fn parts<'a, const N: usize>(&self, constants: &'a Constants, x: Real<N>) -> Option<Parts<'a, N>> {
        Some(Parts::exponential(constants, x, x.magnitude()))
    }

    fn quick<const N: usize>(&self, order: Order, parts: &Parts<N>) -> Real<N> {
        match order {
            Order::Value => {
                let Parts { x, e, .. } = *parts;
                if x.negative {
                    let n = e * (e + Real::ONE.scaled(1));
                    return x * n * (n + Real::ONE.scaled(1)).reciprocal();
                }
                let numerator = Real::ONE + e.scaled(1);
                x * numerator * (numerator + e.square().scaled(1)).reciprocal()
            }
            // ω's terms are gathered to a positive part and x times a positive part, whose sum cancels only near its zero.
            Order::Slope => {
                let Parts { x, e, .. } = *parts;
                let square = e.square();
                let (numerator, denominator) = if x.negative {
                    let part = Real::ONE.scaled(2) + (e + e.scaled(1)).scaled(1) + square.scaled(2) + square * e;
                    let omega = part + x * (Real::ONE + e).scaled(2);
                    (e * omega, square + e.scaled(1) + Real::ONE.scaled(1))
                } else {
                    let x_plus_1 = x + Real::ONE;
                    let four_x_plus_6 = (x_plus_1.scaled(1) + Real::ONE).scaled(1);
                    let terms = Real::ONE + e.scaled(2) + four_x_plus_6 * square + (x_plus_1 * square * e).scaled(2);
                    (terms, Real::ONE + e.scaled(1) + square.scaled(1))
                };
                numerator * denominator.square().reciprocal()
            }
        }
    }
}
