//! tanh and tanhshrink.

use super::{Entry, Known, Order, Tanh, Tanhshrink};
use crate::activation::about::About;
use crate::activation::ends::{
    Far, INFINITY, MINUS_INFINITY, MINUS_ONE, Near, ONE, ZERO, exact_quotient, near, number,
};
use crate::activation::formulas::{
    EXPONENT_LIMIT, Evaluated, OutOfRange, U, done, exponential, minus_magnitude, one_plus, relative, vanishes,
};
use crate::activation::piece::Piece;
use crate::activation::quick::constants::Constants;
use crate::activation::quick::formulas::Parts;
use crate::activation::quick::real::Real;
use rug::Float;

impl Entry for Tanh {
    const ABOUT: &'static About = &About { name: "tanh", formula: "tanh x", torch: "torch.nn.Tanh", ..About::NONE };

    fn known(&self, _: Piece) -> Known {
        Known {
            // sech² ≤ 1, at 0.
            lipschitz: 1.0,
            // −2t(1 − t²) with t = tanh x; extreme at t = 1/√3: 4/(3√3) = 0.76980035891950….
            curvature: 0.769800359,
            limits: [MINUS_ONE, ONE, ZERO, ZERO],
            at_zero: [Some(0.0), Some(1.0)],
        }
    }

    fn small(&self, x: &Float, k: i64) -> [Option<Near>; 2] {
        // φ: x − x³/3 + …; φ': 1 − x² + …
        [near(x.clone(), *x < 0, 2 * k), near(number(1.0), false, 2 * k)]
    }

    fn large(&self, far: &Far) -> [Option<Near>; 2] {
        // φ: ±(1 − 2e^(−2|x|)/(1 + e^(−2|x|)))
        [near(number(far.sign()), !far.positive, far.double_bits() - 1), None]
    }

    fn formula(&self, order: Order, x: &Float, w: u32) -> Result<Evaluated, OutOfRange> {
        match order {
            Order::Value => done(Float::with_val(w, x.tanh_ref()), 0),
            // sech² = 4e/(1 + e)², e = e^(−2|x|): e: 1, 1 + e: 2, its square: 5, quotient: 7.
            Order::Slope => {
                let Some(e) = exponential(minus_magnitude(x) << 1, w) else { return vanishes(false) };
                let square = one_plus(&e, w).square();
                done((e << 2) / square, 3)
            }
        }
    }

    fn double(&self, order: Order, x: f64) -> (f64, f64) {
        match order {
            Order::Value => relative(core_math::tanh(x), 1.0),
            Order::Slope => {
                let e = core_math::exp(-2.0 * x.abs());
                relative(4.0 * e / ((1.0 + e) * (1.0 + e)), 7.0)
            }
        }
    }

    fn binary64(&self, order: Order, x: f64) -> Option<f64> {
        match order {
            Order::Value => Some(core_math::tanh(x)),
            Order::Slope => None,
        }
    }

    fn parts<'a, const N: usize>(&self, constants: &'a Constants, x: Real<N>) -> Option<Parts<'a, N>> {
        Some(Parts::exponential_and_rest(constants, x, x.magnitude().scaled(1)).with_logistic())
    }

    fn quick<const N: usize>(&self, order: Order, parts: &Parts<N>) -> Real<N> {
        match order {
            Order::Value => parts.odd(parts.rest * parts.q),
            Order::Slope => (parts.p * parts.q).scaled(2),
        }
    }
}

impl Entry for Tanhshrink {
    const ABOUT: &'static About =
        &About { name: "tanhshrink", formula: "x − tanh x", torch: "torch.nn.Tanhshrink", ..About::NONE };

    fn known(&self, piece: Piece) -> Known {
        Known {
            // tanh² < 1.
            lipschitz: 1.0,
            // As tanh.
            curvature: Tanh {}.known(piece).curvature,
            limits: [MINUS_INFINITY, INFINITY, ONE, ONE],
            at_zero: [Some(0.0), Some(0.0)],
        }
    }

    fn small(&self, x: &Float, k: i64) -> [Option<Near>; 2] {
        // φ: x³/3 − 2x⁵/15 + …, if x³/3 is binary; φ': x² − 2x⁴/3 + …
        let square = Float::with_val(2 * x.prec(), x.square_ref());
        let cube = exact_quotient(x, 3).map(|third| Float::with_val(3 * x.prec(), third * &square));
        [cube.and_then(|cube| near(cube, *x < 0, 2 * k)), near(square, false, 2 * k)]
    }

    fn large(&self, far: &Far) -> [Option<Near>; 2] {
        // φ: x ∓ 1 ± 2e^(−2|x|)/(1 + e^(−2|x|)), and from afar x; φ': 1 − sech² x, sech² ≤ 4e^(−2|x|)
        let value = match far.exponent <= 64 {
            true => near(Float::with_val(far.x.prec() + 66, far.x - far.sign()), far.positive, far.double_bits() - 1),
            false => near(far.x.clone(), !far.positive, far.exponent - 1),
        };
        [value, near(number(1.0), false, far.double_bits() - 2)]
    }

    fn formula(&self, order: Order, x: &Float, w: u32) -> Result<Evaluated, OutOfRange> {
        match order {
            // For |x| ≥ 1 the difference: tanh: 1, times tanh x/(x − tanh x) ≤ 3.2, sum: 1; together 5.
            // For |x| < 1 Lambert's fraction tanh x = x/(1 + y), y = x²/(3 + x²/(5 + …)), so x − tanh x = xy/(1 + y)
            // without a difference. Every tail x²/((2j + 1) + tail) is below 1/3, so errors of the next one
            // come in with a factor below 1/15: each has x² 1, sum 1, quotient 1 and a little, at most 4. Then
            // y: 4, 1 + y: 4 · 1/4 + 1, product 1, quotient 1: at most 8. Leaving out the tail after n levels changes
            // y by at most Π x²/((2j − 1)(2j + 1)) over j = 2 to n + 1, relatively, which is made at most u.
            Order::Value => {
                let exponent = x.get_exp().unwrap_or(0);
                if exponent >= 1 {
                    return done(Float::with_val(w, x - Float::with_val(w, x.tanh_ref())), 3);
                }
                if exponent < -EXPONENT_LIMIT / 3 - 2 {
                    return vanishes(x.is_sign_negative());
                }
                let mut levels = 1u32;
                let mut bits = 0.0f64;
                while bits < f64::from(w) {
                    levels += 1;
                    let j = f64::from(levels);
                    bits -= 2.0 * f64::from(exponent) - core_math::log2((2.0 * j - 1.0) * (2.0 * j + 1.0));
                }
                let square = Float::with_val(w, x.square_ref());
                let mut y = Float::new(w);
                for level in (1..=levels).rev() {
                    y = Float::with_val(w, &square / (y + (2 * level + 1)));
                }
                let numerator = Float::with_val(w, x * &y);
                done(numerator / (y + 1u32), 4)
            }
            // tanh²: tanh: 1, square: 3.
            Order::Slope => {
                if x.get_exp().is_some_and(|exponent| exponent < -EXPONENT_LIMIT / 2 - 2) {
                    return vanishes(false);
                }
                done(Float::with_val(w, x.tanh_ref()).square(), 2)
            }
        }
    }

    fn double(&self, order: Order, x: f64) -> (f64, f64) {
        match order {
            // Within 1 twelve levels of Lambert's fraction leave less than u.
            Order::Value => {
                if x.abs() >= 1.0 {
                    let v = x - core_math::tanh(x);
                    return (v, v.abs() * (10.0 * U));
                }
                let square = x * x;
                let mut y = 0.0;
                for level in (1..=12).rev() {
                    y = square / (f64::from(2 * level + 1) + y);
                }
                let v = x * y / (1.0 + y);
                (v, v.abs() * (16.0 * U))
            }
            Order::Slope => {
                let tanh = core_math::tanh(x);
                relative(tanh * tanh, 3.0)
            }
        }
    }

    fn parts<'a, const N: usize>(&self, constants: &'a Constants, x: Real<N>) -> Option<Parts<'a, N>> {
        Tanh {}.parts(constants, x)
    }

    fn quick<const N: usize>(&self, order: Order, parts: &Parts<N>) -> Real<N> {
        match order {
            // Cancels near 0, and is lost there.
            Order::Value => parts.x - parts.odd(parts.rest * parts.q),
            Order::Slope => (parts.rest * parts.q).square(),
        }
    }
}
