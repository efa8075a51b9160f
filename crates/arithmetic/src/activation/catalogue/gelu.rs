//! gelu = x·Φ(x), and its tanh form.

use super::logistic::double_sigmoid;
use super::{Entry, Gelu, GeluTanh, Known, Order};
use crate::activation::GELU_TANH_CUBIC;
use crate::activation::about::About;
use crate::activation::ends::{Far, INFINITY, MINUS_ZERO, Near, ONE, half, near, number};
use crate::activation::formulas::{
    EXPONENT_LIMIT, EXPONENT_SLACK, Evaluated, INVERSE_SQRT_TWO_PI, OutOfRange, U, cancelled, done, exponential,
    minus_magnitude, one_plus, relative, vanishes,
};
use crate::activation::piece::Piece;
use crate::activation::quick::constants::Constants;
use crate::activation::quick::formulas::Parts;
use crate::activation::quick::real::Real;
use rug::float::Constant;
use rug::{Float, Rational};
use std::sync::LazyLock;

const SQRT_HALF: f64 = std::f64::consts::FRAC_1_SQRT_2;
/// √(8/π) and the cubic coefficient of gelu_tanh, rounded to nearest.
const SQRT_EIGHT_OVER_PI: f64 = 1.595769121605730711759542697336;
const CUBIC_DOUBLE: f64 = 0.044715;

/// [`GELU_TANH_CUBIC`] as a fraction.
static CUBIC: LazyLock<Rational> = LazyLock::new(|| {
    let digits = GELU_TANH_CUBIC.trim_start_matches("0.");
    let numerator: u64 = digits.parse().expect("invariant: the constant is a decimal");
    Rational::from((numerator, 10u64.pow(digits.len() as u32)))
});

/// Both at |x| ≥ 2^17, where the tail is negligible next to 1, and itself out of range.
fn beyond(x: &Float, w: u32, derivative: bool) -> Result<Evaluated, OutOfRange> {
    match (*x > 0, derivative) {
        (true, true) => done(Float::with_val(w, 1), 1),
        (true, false) => done(Float::with_val(w, x), 1),
        (false, _) => vanishes(true),
    }
}

impl Gelu {
    /// φ = x·Φ(x) and φ' = Φ(x) + x·φ(x).
    fn either(x: &Float, w: u32, derivative: bool) -> Result<Evaluated, OutOfRange> {
        let positive = *x > 0;
        let exponent = x.get_exp().expect("invariant: gelu is exact at 0"); // |x| < 2^exponent
        if exponent > 17 {
            // e^(−x²/2) ≤ 2^(−2^33)
            return beyond(x, w, derivative);
        }
        if positive && exponent > 3 && 1u64 << (2 * (exponent - 2)) > u64::from(w) {
            // x²/2 ≥ 2^(2·exponent − 3) > 2w, so that the tail, at most x·e^(−x²/2) < 2^−w·u with x ≥ 8, is nothing
            // either.
            return beyond(x, w, derivative);
        }
        // Φ(x) = erfc(y)/2 with y = −x/√2: √(1/2): 1, y: 2. erfc's condition number is at most 2y² + 1 =
        // x² + 1 for y > 0 (from erfc(y) > 2/√π·e^(−y²)/(y + √(y² + 2))) and at most 1/2 for y < 0.
        // Φ: 2(x² + 1) + 1 ≤ 2^(2·exponent + 3), or 2.
        let y = -(Float::with_val(w, 0.5).sqrt() * x);
        let phi_big: Float = Float::with_val(w, y.erfc_ref()) >> 1;
        let lost_phi_big = if positive { 2 } else { 2 * exponent.max(0) as u32 + 3 };
        if !derivative {
            return match phi_big.get_exp() {
                Some(e) if e >= -(EXPONENT_LIMIT + EXPONENT_SLACK) => done(phi_big * x, lost_phi_big + 1),
                _ => vanishes(true),
            };
        }
        // xφ = x·e^(−x²/2)/√(2π): the exponent is exact, exponential: 1, π: 1, √(2π): 2, quotient: 4, product: 5.
        let half_square: Float = Float::with_val(2 * x.prec(), x.square_ref()) >> 1;
        let Some(density) = exponential(-half_square, w) else {
            return if positive { done(phi_big, 2) } else { vanishes(true) };
        };
        let two_pi: Float = Float::with_val(w, Constant::Pi) << 1;
        let root = two_pi.sqrt();
        let slope = density / root * x;
        let sum = Float::with_val(w, &phi_big + &slope);
        if positive {
            return done(sum, 3);
        }
        // A difference with a zero near x = −0.752: with m the larger term, the error is at most
        // (2^lost + 8)u·m + u|sum| where m < 2^(d+1)·|sum|: (2^lost + 8)·2^(d+1) + 1 ≤ 2^(lost + d + 3).
        let lost = lost_phi_big + 3 + cancelled(&phi_big, &slope, &sum, w);
        done(sum, lost)
    }
}

impl Entry for Gelu {
    const ABOUT: &'static About = &About {
        name: "gelu",
        formula: "x·Φ(x), Φ the normal distribution function",
        torch: "torch.nn.GELU() (erf form)",
        paper: "Hendrycks, Gimpel 2016",
        ..About::NONE
    };

    fn known(&self, _: Piece) -> Known {
        Known {
            // φ'' = (2 − x²)·e^(−x²/2)/√(2π) vanishes at √2: Φ(√2) + e⁻¹/√π = 1.12890414….
            lipschitz: 1.128904146,
            // φ'' = (2 − x²)·e^(−x²/2)/√(2π): 2/√(2π) = 0.797884560802865… at 0; its other extremes,
            // at ±2, are −0.10798….
            curvature: 0.797884561,
            // φ and φ' are negative left of their zeros.
            limits: [MINUS_ZERO, INFINITY, MINUS_ZERO, ONE],
            at_zero: [Some(0.0), Some(0.5)],
        }
    }

    fn small(&self, x: &Float, k: i64) -> [Option<Near>; 2] {
        // φ: x/2 + x²/√(2π) − …; φ': 1/2 + 2x/√(2π) − …
        [near(half(x), true, k), near(number(0.5), *x > 0, k - 1)]
    }

    fn large(&self, far: &Far) -> [Option<Near>; 2] {
        // φ: x(1 − Φ(−x)), Φ(−x) ≤ e^(−x²/2)/2; φ': 1 − φ'(−x) with 0 < −φ'(−x) ≤ xe^(−x²/2)
        [
            near(far.x.clone(), false, far.gaussian_bits()).filter(|_| far.positive),
            near(number(1.0), true, far.gaussian_bits().saturating_sub(far.exponent)).filter(|_| far.positive),
        ]
    }

    fn formula(&self, order: Order, x: &Float, w: u32) -> Result<Evaluated, OutOfRange> {
        Gelu::either(x, w, order == Order::Slope)
    }

    fn double(&self, order: Order, x: f64) -> (f64, f64) {
        match order {
            // y = −x/√2: constant 1, product 2, times erfc's condition number 2y² + 1; erfc 1, product 1.
            // (right of 0 the condition number is at most 1/2).
            Order::Value => {
                let count = if x > 0.0 { 4.0 } else { 4.0 + 2.0 * (x * x) };
                relative(0.5 * core_math::erfc(-x * SQRT_HALF) * x, count)
            }
            // gelu' = Φ + xφ, Φ = erfc(−x/√2)/2, φ = e^(−x²/2)/√(2π).
            Order::Slope => {
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
        }
    }

    /// q is Mills' ratio M(|x|), p the density.
    fn parts<'a, const N: usize>(&self, constants: &'a Constants, x: Real<N>) -> Option<Parts<'a, N>> {
        let parts = Parts::exponential(constants, x, x.square().scaled(-1));
        let (q, p) = (constants.normal.mills_ratio(&x.magnitude()), parts.e * constants.inverse_sqrt_two_pi.real());
        Some(Parts { q, p, ..parts })
    }

    fn quick<const N: usize>(&self, order: Order, parts: &Parts<N>) -> Real<N> {
        match order {
            Order::Value => {
                let tail = parts.p * parts.q;
                parts.x * if parts.x.negative { tail } else { Real::ONE - tail }
            }
            // φ(M − |x|) left of 0, in which only the difference cancels, near its zero, and 1 less that right of it.
            Order::Slope => {
                let Parts { x, q, p, .. } = *parts;
                if x.negative { p * (q + x) } else { Real::ONE - p * (q - x) }
            }
        }
    }
}

impl GeluTanh {
    /// gelu_tanh = x·σ(s) with s = √(8/π)(x + κx³), since (1 + tanh v)/2 = σ(2v), and its derivative
    /// σ(s) + x·σ(s)(1 − σ(s))·s' with s' = √(8/π)(1 + 3κx²).
    ///
    /// √(8/π): π 1, quotient 2, root 2. κ: 1, x²: 1, κx²: 3, + 1: 4, times x: 5, times √: 8. So s is known to
    /// 8u|s|, and e = e^(−|s|) to 8|s| + 1 ≤ 2^(k + 4), |s| < 2^k with k ≥ 0. Then as silu.
    fn either(x: &Float, w: u32, derivative: bool) -> Result<Evaluated, OutOfRange> {
        let positive = *x > 0;
        if x.get_exp().is_some_and(|exponent| exponent > 17) {
            // e^(−|s|) ≤ 2^-(2^46)
            return beyond(x, w, derivative);
        }
        let root = (Float::with_val(w, Constant::Pi).recip() << 3u32).sqrt();
        // x² underflows only where 1 + κx² is 1 to any w in use.
        let cubic_term = Float::with_val(w, x.square_ref()) * Float::with_val(w, &*CUBIC);
        let s = Float::with_val(w, one_plus(&cubic_term, w) * x) * &root;
        let k = s.get_exp().unwrap_or(0).max(0) as u32;
        let lost_e = k + 4;
        let Some(e) = exponential(minus_magnitude(&s), w) else { return beyond(x, w, derivative) };
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

    /// √(8/π)(x + κx³)
    #[inline]
    fn argument(x: f64) -> f64 {
        SQRT_EIGHT_OVER_PI * (x * (1.0 + CUBIC_DOUBLE * (x * x)))
    }

    /// κx², of which s = √(8/π)·x(1 + κx²) and s' = √(8/π)(1 + 3κx²) are made.
    fn cubic_term<const N: usize>(constants: &Constants, x: Real<N>) -> Real<N> {
        x.square() * constants.cubic.real()
    }
}

impl Entry for GeluTanh {
    const ABOUT: &'static About = &About {
        name: "gelu_tanh",
        aliases: &["gelu_new", "gelu_pytorch_tanh"],
        formula: "x(1 + tanh(√(2/π)(x + 0.044715x³)))/2",
        torch: "torch.nn.GELU(approximate='tanh')",
        paper: "Hendrycks, Gimpel 2016",
        ..About::NONE
    };

    fn constants(&self) -> Vec<String> {
        vec![format!("cubic = {GELU_TANH_CUBIC}")]
    }

    fn known(&self, _: Piece) -> Known {
        Known {
            // Its maximum, at x = 1.4185040…, is 1.1289930686588; φ'(x) + φ'(−x) = 1.
            lipschitz: 1.128993069,
            // 2/√(2π) at 0; its other extremes, at ±2.0134807…, are −0.1079135….
            curvature: 0.797884561,
            // φ and φ' are negative left of their zeros.
            limits: [MINUS_ZERO, INFINITY, MINUS_ZERO, ONE],
            at_zero: [Some(0.0), Some(0.5)],
        }
    }

    fn small(&self, x: &Float, k: i64) -> [Option<Near>; 2] {
        // φ: x/2 + x²/√(2π) − …; φ': 1/2 + 2x/√(2π) − …
        [near(half(x), true, k), near(number(0.5), *x > 0, k - 1)]
    }

    fn large(&self, far: &Far) -> [Option<Near>; 2] {
        // φ: x(1 − σ(−s)), s ≥ 1.59x + 0.07x³ ≥ x²/2 for x ≥ 4;
        // φ': as gelu with s for x²/2 and s' ≤ x² for x ≥ 4: at most x³e^(−s), s ≥ x²/2 + x/2
        [
            near(far.x.clone(), false, far.gaussian_bits()).filter(|_| far.positive),
            near(number(1.0), true, far.gaussian_bits().saturating_sub(3 * far.exponent)).filter(|_| far.positive),
        ]
    }

    fn formula(&self, order: Order, x: &Float, w: u32) -> Result<Evaluated, OutOfRange> {
        GeluTanh::either(x, w, order == Order::Slope)
    }

    fn double(&self, order: Order, x: f64) -> (f64, f64) {
        match order {
            // s to 8u|s|, as the formulas; e^(−|s|) and 1 + e: 8|s| + 2 each, two factors at most.
            Order::Value => {
                let s = GeluTanh::argument(x);
                relative(double_sigmoid(s) * x, 16.0 * s.abs() + 7.0)
            }
            Order::Slope => {
                let s = GeluTanh::argument(x);
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
                let product = x * (SQRT_EIGHT_OVER_PI * (1.0 + 3.0 * CUBIC_DOUBLE * (x * x))) * q;
                if x > 0.0 {
                    let v = q * (1.0 + product * e);
                    return (v, v * (2.0 * U) * (3.0 * e_count + 16.0));
                }
                let c = 1.0 + product;
                let factor = e * q;
                (
                    factor * c,
                    factor * (2.0 * U) * ((e_count + 13.0) * (1.0 + product.abs()) + (2.0 * e_count + 6.0) * c.abs()),
                )
            }
        }
    }

    fn parts<'a, const N: usize>(&self, constants: &'a Constants, x: Real<N>) -> Option<Parts<'a, N>> {
        let slope = Real::ONE + GeluTanh::cubic_term(constants, x);
        let s = slope * x.magnitude() * constants.sqrt_eight_over_pi.real();
        Some(Parts::exponential(constants, x, s).with_logistic())
    }

    fn quick<const N: usize>(&self, order: Order, parts: &Parts<N>) -> Real<N> {
        match order {
            Order::Value => parts.gated(),
            Order::Slope => {
                let Parts { x, constants, .. } = *parts;
                let cubic_term = GeluTanh::cubic_term(constants, x);
                let slope = (Real::ONE + cubic_term + cubic_term.scaled(1)) * constants.sqrt_eight_over_pi.real();
                parts.logistic(x.negative) * (Real::ONE + x * slope * parts.logistic(!x.negative))
            }
        }
    }
}
