//! sigmoid, logsigmoid, softplus, silu and swish, from e = e^(−|x|) ≤ 1.

use super::{Activation, Entry, Known, LogSigmoid, Order, Sigmoid, Silu, Softplus, Swish};
use crate::activation::about::{About, POSITIVE, Symbol};
use crate::activation::ends::{Far, INFINITY, MINUS_INFINITY, MINUS_ZERO, Near, ONE, ZERO, half, near, number};
use crate::activation::formulas::{
    Evaluated, OutOfRange, U, cancelled, divided, done, exponential, minus, minus_magnitude, moved, one_plus, relative,
    times as exactly_times, vanishes,
};
use crate::activation::piece::Piece;
use crate::activation::quick::constants::Constants;
use crate::activation::quick::formulas::{Parts, over, times};
use crate::activation::quick::real::Real;
use crate::format::exponent_of;
use rug::Float;

/// σ: x > 0: 1/(1 + e), x ≤ 0: e/(1 + e): e: 1, 1 + e: 2, quotient: 4. For x > 0 an e below 2^-limit may be
/// left out: 1 has a relative error far below u.
fn sigmoid(x: &Float, w: u32) -> Result<Evaluated, OutOfRange> {
    let positive = *x > 0;
    match exponential(minus_magnitude(x), w) {
        Some(e) if positive => done(one_plus(&e, w).recip(), 2),
        Some(e) => done(Float::with_val(w, &e / one_plus(&e, w)), 2),
        None if positive => done(Float::with_val(w, 1), 1),
        None => vanishes(false),
    }
}

/// max(x, 0) + log1p(e): e: 1, log1p: 2 (its condition number e/((1 + e)·log1p(e)) is at most 1), sum of
/// positive terms: 3.
fn softplus(x: &Float, w: u32) -> Result<Evaluated, OutOfRange> {
    let positive = *x > 0;
    match exponential(minus_magnitude(x), w) {
        Some(e) if positive => done(Float::with_val(w, x + e.ln_1p()), 2),
        Some(e) => done(e.ln_1p(), 2),
        None if positive => done(Float::with_val(w, x), 1),
        None => vanishes(false),
    }
}

/// x/(1 + e) or xe/(1 + e): as sigmoid, one product more: 5.
fn silu(x: &Float, w: u32) -> Result<Evaluated, OutOfRange> {
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
fn silu_slope(x: &Float, w: u32) -> Result<Evaluated, OutOfRange> {
    let positive = *x > 0;
    let Some(e) = exponential(minus_magnitude(x), w) else {
        // Right: 1 + (x − 1)e^(−x) + … is 1 to far more than w bits.
        return if positive { done(Float::with_val(w, 1), 1) } else { vanishes(true) };
    };
    let q = one_plus(&e, w).recip(); // 1/(1 + e): 3
    if positive {
        // q(1 + xeq): e: 1, xe: 2, xeq: 6, 1 + xeq: 7, product: 11.
        let product = Float::with_val(w, x * &e) * &q;
        return done((product + 1u32) * q, 4);
    }
    // eq²·c with c = (1 + x) + e, which has a zero near x = −1.278. 1 + x and e are known to u, so c is
    // known to 2u·m + u|c| with m the larger magnitude: 2^(d + 2) + 1 counts where m < 2^(d+1)·|c|.
    // eq²: 1 + 6 + 2 products, and one product more: 2^(d + 2) + 11 ≤ 2^(d + 4).
    let one_plus_x = Float::with_val(w, x + 1u32);
    let c = Float::with_val(w, &one_plus_x + &e);
    let lost = cancelled(&one_plus_x, &e, &c, w) + 4;
    done(e * q.square() * c, lost)
}

/// σ in double precision.
#[inline]
pub(super) fn double_sigmoid(x: f64) -> f64 {
    let e = core_math::exp(-x.abs());
    if x > 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) }
}

#[inline]
fn double_softplus(x: f64) -> f64 {
    x.max(0.0) + core_math::log1p(core_math::exp(-x.abs()))
}

#[inline]
fn double_silu(x: f64) -> f64 {
    let e = core_math::exp(-x.abs());
    if x > 0.0 { x / (1.0 + e) } else { x * e / (1.0 + e) }
}

/// silu' = q(1 + xeq) right of 0, eq²(1 + x + e) left, with e = e^(−|x|), q = 1/(1 + e), at an x that is
/// known to `count`·u absolutely; |silu''| ≤ 1/2, and left of −2 it is at most |silu'|.
#[inline]
fn double_silu_slope(x: f64, count: f64) -> (f64, f64) {
    if x > 100.0 {
        // 1 + (x − 1)e^(−x) + …, also where x = βx' is infinite
        return (1.0, 2.0 * U);
    }
    if x < -1000.0 {
        // Below 2^-1400: only its sign is needed.
        return (-f64::MIN_POSITIVE, 0.0);
    }
    let (v, bound) = double_silu_slope_at(x);
    let moved = if x < -2.0 { 2.0 * v.abs() } else { 0.5 };
    (v, bound + 2.0 * U * count * moved)
}

#[inline]
fn double_silu_slope_at(x: f64) -> (f64, f64) {
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

impl Entry for Sigmoid {
    const ABOUT: &'static About = &About {
        name: "sigmoid",
        aliases: &["logistic"],
        formula: "1/(1 + e^(−x))",
        torch: "torch.nn.Sigmoid",
        ..About::NONE
    };

    fn known(&self, _: Piece) -> Known {
        Known {
            // σ' = σ(1 − σ) ≤ 1/4, at 0.
            lipschitz: 0.25,
            // s(1 − s)(1 − 2s); extreme at s = 1/2 ± 1/√12: 1/(6√3) = 0.09622504486493….
            curvature: 0.0962250449,
            limits: [ZERO, ONE, ZERO, ZERO],
            at_zero: [Some(0.5), Some(0.25)],
        }
    }

    fn small(&self, x: &Float, k: i64) -> [Option<Near>; 2] {
        // φ: 1/2 + x/4 − …; φ': 1/4 − x²/16 + …
        [near(number(0.5), *x > 0, k), near(number(0.25), false, 2 * k)]
    }

    fn large(&self, far: &Far) -> [Option<Near>; 2] {
        // φ: 1 − e^(−x)/(1 + e^(−x))
        [near(number(1.0), false, far.exponential_bits()).filter(|_| far.positive), None]
    }

    fn formula(&self, order: Order, x: &Float, w: u32) -> Result<Evaluated, OutOfRange> {
        match order {
            Order::Value => sigmoid(x, w),
            // σ' = e/(1 + e)²: e: 1, 1 + e: 2, its square: 5, quotient: 7.
            Order::Slope => {
                let Some(e) = exponential(minus_magnitude(x), w) else { return vanishes(false) };
                let square = one_plus(&e, w).square();
                done(e / square, 3)
            }
        }
    }

    fn double(&self, order: Order, x: f64) -> (f64, f64) {
        match order {
            Order::Value => relative(double_sigmoid(x), 4.0),
            Order::Slope => {
                let e = core_math::exp(-x.abs());
                relative(e / ((1.0 + e) * (1.0 + e)), 7.0)
            }
        }
    }

    fn parts<'a, const N: usize>(&self, constants: &'a Constants, x: Real<N>) -> Option<Parts<'a, N>> {
        Some(Parts::exponential(constants, x, x.magnitude()).with_logistic())
    }

    fn quick<const N: usize>(&self, order: Order, parts: &Parts<N>) -> Real<N> {
        match order {
            Order::Value => parts.logistic(parts.x.negative),
            Order::Slope => parts.p * parts.q,
        }
    }
}

impl Entry for LogSigmoid {
    const ABOUT: &'static About =
        &About { name: "logsigmoid", formula: "−ln(1 + e^(−x))", torch: "torch.nn.LogSigmoid", ..About::NONE };

    fn known(&self, _: Piece) -> Known {
        Known {
            // φ' = σ(−x) < 1.
            lipschitz: 1.0,
            curvature: 0.25,
            limits: [MINUS_INFINITY, MINUS_ZERO, ONE, ZERO],
            // −ln 2 is no binary number.
            at_zero: [None, Some(0.5)],
        }
    }

    fn small(&self, x: &Float, k: i64) -> [Option<Near>; 2] {
        // φ': 1/2 − x/4 + …
        [None, near(number(0.5), *x < 0, k - 1)]
    }

    fn large(&self, far: &Far) -> [Option<Near>; 2] {
        // φ: x − log1p(eˣ), x < 0; φ': 1 − eˣ/(1 + eˣ), x < 0
        [
            near(far.x.clone(), false, far.exponential_bits()).filter(|_| !far.positive),
            near(number(1.0), false, far.exponential_bits()).filter(|_| !far.positive),
        ]
    }

    fn formula(&self, order: Order, x: &Float, w: u32) -> Result<Evaluated, OutOfRange> {
        match order {
            Order::Value => {
                let softplus = softplus(&minus(x), w).or_else(|_| vanishes(true))?;
                done(-softplus.value, softplus.lost)
            }
            Order::Slope => sigmoid(&minus(x), w),
        }
    }

    fn double(&self, order: Order, x: f64) -> (f64, f64) {
        match order {
            Order::Value => relative(-double_softplus(-x), 3.0),
            Order::Slope => relative(double_sigmoid(-x), 4.0),
        }
    }

    fn parts<'a, const N: usize>(&self, constants: &'a Constants, x: Real<N>) -> Option<Parts<'a, N>> {
        Sigmoid {}.parts(constants, x)
    }

    fn quick<const N: usize>(&self, order: Order, parts: &Parts<N>) -> Real<N> {
        match order {
            Order::Value => -parts.softplus(!parts.x.negative),
            Order::Slope => parts.logistic(!parts.x.negative),
        }
    }
}

impl Entry for Softplus {
    const ABOUT: &'static About = &About {
        name: "softplus",
        parameters: &[Symbol::new("BETA", "beta", "beta", POSITIVE)],
        example: "softplus:2",
        formula: "ln(1 + e^(βx))/β",
        torch: "torch.nn.Softplus without its threshold",
        paper: "Dugas et al. 2001",
        ..About::NONE
    };

    fn sharpness(&self) -> f64 {
        self.beta
    }

    fn known(&self, _: Piece) -> Known {
        Known {
            // φ' = σ(βx) < 1.
            lipschitz: 1.0,
            // βσ'(βx) ≤ β/4.
            curvature: 0.25 * self.beta,
            limits: [ZERO, INFINITY, ZERO, ONE],
            // ln 2/β is no binary number.
            at_zero: [None, Some(0.5)],
        }
    }

    fn small(&self, x: &Float, k: i64) -> [Option<Near>; 2] {
        // φ': 1/2 + βx/4 − …
        [None, near(number(0.5), *x > 0, k - 1)]
    }

    fn large(&self, far: &Far) -> [Option<Near>; 2] {
        // φ: x + log1p(e^(−βx))/β, whose relative distance is e^(−βx)/(βx)
        let is_near = far.positive && self.beta * far.magnitude >= 1.0;
        [
            near(far.x.clone(), true, far.exponential_bits()).filter(|_| is_near),
            near(number(1.0), false, far.exponential_bits()).filter(|_| far.positive),
        ]
    }

    fn formula(&self, order: Order, x: &Float, w: u32) -> Result<Evaluated, OutOfRange> {
        match order {
            Order::Value => divided(softplus(&exactly_times(x, self.beta)?, w)?, self.beta),
            Order::Slope => sigmoid(&exactly_times(x, self.beta)?, w),
        }
    }

    fn double(&self, order: Order, x: f64) -> (f64, f64) {
        match order {
            // t = βx is known to u|t|, which moves the value by as much at most; the quotient 1.
            Order::Value => relative(double_softplus(self.beta * x) / self.beta, 4.0 + moved(self.beta, x)),
            Order::Slope => relative(double_sigmoid(self.beta * x), 4.0 + moved(self.beta, x)),
        }
    }

    fn parts<'a, const N: usize>(&self, constants: &'a Constants, x: Real<N>) -> Option<Parts<'a, N>> {
        Some(Parts::exponential(constants, x, times(x.magnitude(), self.beta)).with_logistic())
    }

    fn quick<const N: usize>(&self, order: Order, parts: &Parts<N>) -> Real<N> {
        match order {
            Order::Value => over(parts.softplus(parts.x.negative), self.beta),
            Order::Slope => parts.logistic(parts.x.negative),
        }
    }
}

impl Entry for Swish {
    const ABOUT: &'static About = &About {
        name: "swish",
        parameters: &[Symbol::new("BETA", "beta", "beta", POSITIVE)],
        has_default: false,
        example: "swish:2",
        formula: "x/(1 + e^(−βx))",
        torch: "none; β = 1 is torch.nn.SiLU",
        paper: "Ramachandran, Zoph, Le 2017",
        ..About::NONE
    };

    fn checked(self) -> Result<Activation, &'static str> {
        Ok(if self.beta == 1.0 { Activation::Silu } else { self.into() })
    }

    fn sharpness(&self) -> f64 {
        self.beta
    }

    fn known(&self, _: Piece) -> Known {
        Known {
            // With t = βx: φ'(x) + φ'(−x) = 1, so |φ'| ≤ max φ' (which exceeds 1);
            // dφ'/dt = σ'(t)(2 − t·tanh(t/2)) vanishes where t·tanh(t/2) = 2, t = 2.39935728…, φ' = 1.09983932….
            lipschitz: 1.099839321,
            // dφ'/dt = σ'(t)(2 − t·tanh(t/2)) is even, 1/2 at 0, and falls while it is positive (both factors
            // fall); where it is negative its magnitude is at most e^−t(t − 2) ≤ e⁻³. dt/dx = β.
            curvature: 0.5 * self.beta,
            // φ and φ' are negative left of their zeros.
            limits: [MINUS_ZERO, INFINITY, MINUS_ZERO, ONE],
            at_zero: [Some(0.0), Some(0.5)],
        }
    }

    fn small(&self, x: &Float, k: i64) -> [Option<Near>; 2] {
        // φ: x/2 + βx²/4 − …; φ': 1/2 + βx/2 − …
        [near(half(x), true, k), near(number(0.5), *x > 0, k - 1)]
    }

    fn large(&self, far: &Far) -> [Option<Near>; 2] {
        // φ: x(1 − e^(−βx)/(1 + e^(−βx))); φ': 1 − φ'(−x) with 0 < −φ'(−x) ≤ βx·e^(−βx) where βx ≥ 2
        let is_near = far.positive && self.beta * far.magnitude >= 2.0;
        let grown = far.exponent + exponent_of(self.beta) + 1;
        [
            near(far.x.clone(), false, far.exponential_bits()).filter(|_| far.positive),
            near(number(1.0), true, far.exponential_bits().saturating_sub(grown)).filter(|_| is_near),
        ]
    }

    fn formula(&self, order: Order, x: &Float, w: u32) -> Result<Evaluated, OutOfRange> {
        match order {
            // x·σ(βx) = silu(βx)/β
            Order::Value => divided(silu(&exactly_times(x, self.beta)?, w)?, self.beta),
            Order::Slope => silu_slope(&exactly_times(x, self.beta)?, w),
        }
    }

    fn double(&self, order: Order, x: f64) -> (f64, f64) {
        match order {
            Order::Value => relative(double_silu(self.beta * x) / self.beta, 7.0 + moved(self.beta, x)),
            Order::Slope => double_silu_slope(self.beta * x, moved(self.beta, x)),
        }
    }

    fn parts<'a, const N: usize>(&self, constants: &'a Constants, x: Real<N>) -> Option<Parts<'a, N>> {
        Some(Parts::exponential(constants, x, times(x.magnitude(), self.beta)).with_logistic())
    }

    fn quick<const N: usize>(&self, order: Order, parts: &Parts<N>) -> Real<N> {
        match order {
            Order::Value => parts.gated(),
            // σ(1 + tσ(−t)) at the signed t, in which only the sum cancels, near its zero.
            Order::Slope => {
                let negative = parts.x.negative;
                parts.logistic(negative) * (Real::ONE + parts.odd(parts.t) * parts.logistic(!negative))
            }
        }
    }
}

/// swish with β = 1.
const SWISH: Swish = Swish { beta: 1.0 };

impl Entry for Silu {
    const ABOUT: &'static About = &About {
        name: "silu",
        formula: "x/(1 + e^(−x))",
        torch: "torch.nn.SiLU",
        paper: "Elfwing, Uchibe, Doya 2018",
        ..About::NONE
    };

    fn known(&self, piece: Piece) -> Known {
        SWISH.known(piece)
    }

    fn small(&self, x: &Float, k: i64) -> [Option<Near>; 2] {
        SWISH.small(x, k)
    }

    fn large(&self, far: &Far) -> [Option<Near>; 2] {
        SWISH.large(far)
    }

    fn formula(&self, order: Order, x: &Float, w: u32) -> Result<Evaluated, OutOfRange> {
        SWISH.formula(order, x, w)
    }

    fn double(&self, order: Order, x: f64) -> (f64, f64) {
        SWISH.double(order, x)
    }

    fn parts<'a, const N: usize>(&self, constants: &'a Constants, x: Real<N>) -> Option<Parts<'a, N>> {
        SWISH.parts(constants, x)
    }

    fn quick<const N: usize>(&self, order: Order, parts: &Parts<N>) -> Real<N> {
        SWISH.quick(order, parts)
    }
}
