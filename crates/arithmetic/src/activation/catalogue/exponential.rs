//! elu, celu and selu: exponentials left of 0.

use super::{Celu, Elu, Entry, Known, Order, Selu};
use crate::activation::about::{About, POSITIVE, Symbol};
use crate::activation::ends::{Far, INFINITY, Limit, Near, ONE, ZERO, near, number};
use crate::activation::formulas::{Evaluated, OutOfRange, done, exponential, relative, upper, vanishes};
use crate::activation::piece::Break::{Curvature, Slope};
use crate::activation::piece::{Break, Joint, Piece};
use crate::activation::polynomial::{Pieces, Quadratic};
use crate::activation::quick::constants::Constants;
use crate::activation::quick::formulas::{Parts, over, times};
use crate::activation::quick::real::Real;
use crate::activation::{SELU_ALPHA, SELU_LAMBDA, selu};
use rug::Float;

/// 2^100: the largest α of elu whose products with subnormal numbers stay below 2^-900.
const MOST_ALPHA: f64 = f64::from_bits((1023 + 100) << 52);
/// λ and λα of SELU, rounded to nearest (error ≤ u).
const LAMBDA: f64 = 1.0507009873554804934193349852946;
const LAMBDA_ALPHA: f64 = 1.7580993408473768599402175208123;

/// An exponential left of 0, x right of it.
fn left_of_zero(breaks: Break) -> Pieces {
    Pieces::two(Joint::left(0.0, breaks), [None, Some(Quadratic::slope(1.0))])
}

impl Entry for Elu {
    const ABOUT: &'static About = &About {
        name: "elu",
        parameters: &[Symbol::new("ALPHA", "alpha", "alpha", POSITIVE)],
        example: "elu:0.5",
        formula: "x if x > 0, else α(e^x − 1)",
        at_joints: "α: 0 belongs to the exponential",
        torch: "torch.nn.ELU",
        paper: "Clevert, Unterthiner, Hochreiter 2016",
        ..About::NONE
    };

    /// φ'(0⁻) = α, φ'(0⁺) = 1.
    fn pieces(&self) -> Pieces {
        left_of_zero(if self.alpha == 1.0 { Curvature } else { Slope })
    }

    fn known(&self, _: Piece) -> Known {
        Known {
            // αeˣ ≤ α for x ≤ 0.
            lipschitz: self.alpha,
            // αeˣ ≤ α for x < 0.
            curvature: self.alpha,
            limits: [Limit::Double(-self.alpha), INFINITY, ZERO, ONE],
            at_zero: [Some(0.0), Some(self.alpha)],
        }
    }

    fn small(&self, x: &Float, k: i64) -> [Option<Near>; 2] {
        // φ: α(x + x²/2 + …), x < 0 (exact on the right).; φ': α(1 + x + …), x < 0.
        [near(Float::with_val(x.prec() + 53, x * self.alpha), true, k), near(number(self.alpha), false, k - 1)]
    }

    fn large(&self, far: &Far) -> [Option<Near>; 2] {
        // φ: −α(1 − eˣ)
        [near(number(-self.alpha), true, far.exponential_bits()), None]
    }

    fn formula(&self, order: Order, x: &Float, w: u32) -> Result<Evaluated, OutOfRange> {
        match order {
            // α(eˣ − 1): expm1: 1, product: 2.
            Order::Value => done(Float::with_val(w, x.exp_m1_ref()) * self.alpha, 2),
            // αeˣ: exp: 1, product: 2.
            Order::Slope => match exponential(x.clone(), w) {
                Some(e) => done(e * self.alpha, 2),
                None => vanishes(false),
            },
        }
    }

    fn double(&self, order: Order, x: f64) -> (f64, f64) {
        match order {
            Order::Value => relative(self.alpha * core_math::expm1(x), 2.0),
            Order::Slope => {
                let value = self.alpha * core_math::exp(x);
                // A subnormal eˣ times a huge α would be inaccurate without being small: no bound.
                if self.alpha > MOST_ALPHA { (value, f64::INFINITY) } else { relative(value, 2.0) }
            }
        }
    }

    fn binary64(&self, order: Order, x: f64) -> Option<f64> {
        match order {
            Order::Value => (self.alpha == 1.0 && x <= 0.0).then(|| core_math::expm1(x)),
            Order::Slope => (self.alpha == 1.0 && x <= 0.0).then(|| core_math::exp(x)),
        }
    }

    fn parts<'a, const N: usize>(&self, constants: &'a Constants, x: Real<N>) -> Option<Parts<'a, N>> {
        x.negative.then(|| Parts::exponential_and_rest(constants, x, x.magnitude()))
    }

    fn quick<const N: usize>(&self, order: Order, parts: &Parts<N>) -> Real<N> {
        match order {
            Order::Value => -times(parts.rest, self.alpha),
            Order::Slope => times(parts.e, self.alpha),
        }
    }
}

impl Entry for Celu {
    const ABOUT: &'static About = &About {
        name: "celu",
        parameters: &[Symbol::new("ALPHA", "alpha", "alpha", POSITIVE)],
        example: "celu:0.5",
        formula: "x if x > 0, else α(e^(x/α) − 1)",
        at_joints: "1, from both sides",
        torch: "torch.nn.CELU",
        paper: "Barron 2017",
        ..About::NONE
    };

    fn pieces(&self) -> Pieces {
        left_of_zero(Curvature)
    }

    fn sharpness(&self) -> f64 {
        1.0 / self.alpha
    }

    fn known(&self, _: Piece) -> Known {
        Known {
            // e^(x/α) ≤ 1 for x ≤ 0.
            lipschitz: 1.0,
            // e^(x/α)/α ≤ 1/α for x < 0.
            curvature: upper(1.0, self.alpha),
            limits: [Limit::Double(-self.alpha), INFINITY, ZERO, ONE],
            at_zero: [Some(0.0), Some(1.0)],
        }
    }

    fn small(&self, x: &Float, k: i64) -> [Option<Near>; 2] {
        // φ: x + x²/(2α) + …, x < 0; φ': 1 + x/α + …, x < 0
        [near(x.clone(), true, k), near(number(1.0), false, k - 1)]
    }

    fn large(&self, far: &Far) -> [Option<Near>; 2] {
        // φ: −α(1 − e^(x/α))
        [near(number(-self.alpha), true, far.exponential_bits()), None]
    }

    fn formula(&self, order: Order, x: &Float, w: u32) -> Result<Evaluated, OutOfRange> {
        match order {
            // α(e^t − 1), t = x/α < 0: t: 1, whose effect te^t/(e^t − 1) ≤ 1 keeps at 1, expm1: 2, product: 3.
            Order::Value => {
                let t = Float::with_val(w, x / self.alpha);
                done(Float::with_val(w, t.exp_m1_ref()) * self.alpha, 2)
            }
            // e^t, t = x/α < 0 known to u|t| absolutely: |t| + 1 ≤ 2^(exponent + 1).
            Order::Slope => {
                let t = Float::with_val(w, x / self.alpha);
                let exponent = t.get_exp().unwrap_or(0).max(0) as u32;
                match exponential(t, w) {
                    Some(e) => done(e, exponent + 2),
                    None => vanishes(false),
                }
            }
        }
    }

    fn double(&self, order: Order, x: f64) -> (f64, f64) {
        match order {
            // t = x/α to u|t|, which expm1 does not enlarge.
            Order::Value => relative(self.alpha * core_math::expm1(x / self.alpha), 3.0),
            Order::Slope => {
                let t = x / self.alpha;
                relative(core_math::exp(t), 1.0 + t.abs())
            }
        }
    }

    fn binary64(&self, order: Order, x: f64) -> Option<f64> {
        Elu { alpha: self.alpha }.binary64(order, x)
    }

    fn parts<'a, const N: usize>(&self, constants: &'a Constants, x: Real<N>) -> Option<Parts<'a, N>> {
        x.negative.then(|| Parts::exponential_and_rest(constants, x, over(x.magnitude(), self.alpha)))
    }

    fn quick<const N: usize>(&self, order: Order, parts: &Parts<N>) -> Real<N> {
        match order {
            Order::Value => -times(parts.rest, self.alpha),
            Order::Slope => parts.e,
        }
    }
}

impl Entry for Selu {
    const ABOUT: &'static About = &About {
        name: "selu",
        formula: "λx if x > 0, else λα(e^x − 1)",
        at_joints: "λα: 0 belongs to the exponential",
        torch: "torch.nn.SELU",
        paper: "Klambauer, Unterthiner, Mayr, Hochreiter 2017",
        ..About::NONE
    };

    fn constants(&self) -> Vec<String> {
        vec![format!("lambda = {SELU_LAMBDA}"), format!("alpha = {SELU_ALPHA}")]
    }

    fn pieces(&self) -> Pieces {
        Pieces { polynomials: [None; 3], ..left_of_zero(Slope) }
    }

    fn known(&self, piece: Piece) -> Known {
        Known {
            // λαeˣ ≤ λα = 1.75809934084737685… for x ≤ 0, λ = 1.05070098735548049… for x > 0.
            lipschitz: if piece.0 == 0 { 1.7580993408473772 } else { 1.0507009873554807 },
            // As elu with α replaced by λα; constant on the right.
            curvature: if piece.0 == 0 { 1.7580993408473772 } else { 0.0 },
            limits: [Limit::Fraction(selu::least()), INFINITY, ZERO, Limit::Fraction(selu::slope())],
            at_zero: [Some(0.0), None],
        }
    }

    /// λx is a fraction that may be binary.
    fn exactly(&self, x: &Float) -> Option<Float> {
        if *x > 0 { selu::exact_lambda(x) } else { None }
    }

    fn formula(&self, order: Order, x: &Float, w: u32) -> Result<Evaluated, OutOfRange> {
        match order {
            // λ, λα: 1, expm1: 1, product: 1.
            Order::Value => {
                if *x > 0 {
                    return done(selu::lambda(w) * x, 2);
                }
                done(selu::lambda_alpha(w) * Float::with_val(w, x.exp_m1_ref()), 2)
            }
            // λα: 1, exp: 1, product: 1.
            Order::Slope => {
                if *x > 0 {
                    return done(selu::lambda(w), 0);
                }
                match exponential(x.clone(), w) {
                    Some(e) => done(selu::lambda_alpha(w) * e, 2),
                    None => vanishes(false),
                }
            }
        }
    }

    fn double(&self, order: Order, x: f64) -> (f64, f64) {
        match order {
            Order::Value => {
                if x > 0.0 {
                    relative(LAMBDA * x, 2.0)
                } else {
                    relative(LAMBDA_ALPHA * core_math::expm1(x), 3.0)
                }
            }
            Order::Slope => {
                if x > 0.0 {
                    relative(LAMBDA, 1.0)
                } else {
                    relative(LAMBDA_ALPHA * core_math::exp(x), 3.0)
                }
            }
        }
    }

    fn parts<'a, const N: usize>(&self, constants: &'a Constants, x: Real<N>) -> Option<Parts<'a, N>> {
        let t = x.magnitude();
        Some(match x.negative {
            true => Parts::exponential_and_rest(constants, x, t),
            false => Parts::of(constants, x, t),
        })
    }

    fn quick<const N: usize>(&self, order: Order, parts: &Parts<N>) -> Real<N> {
        match order {
            Order::Value => {
                let constants = parts.constants;
                if parts.x.negative {
                    -(constants.lambda_alpha.real() * parts.rest)
                } else {
                    constants.lambda.real() * parts.x
                }
            }
            Order::Slope => {
                let constants = parts.constants;
                if parts.x.negative { constants.lambda_alpha.real() * parts.e } else { constants.lambda.real() }
            }
        }
    }
}
