//! softsign, a fraction.

use super::{Entry, Known, Order, Softsign};
use crate::activation::about::About;
use crate::activation::ends::{Far, MINUS_ONE, Near, ONE, ZERO, near, number};
use crate::activation::formulas::{
    EXPONENT_LIMIT, Evaluated, OutOfRange, done, magnitude, one_plus, relative, vanishes,
};
use crate::activation::piece::Piece;
use crate::activation::polynomial::quotient;
use crate::activation::quick::constants::Constants;
use crate::activation::quick::formulas::Parts;
use crate::activation::quick::real::Real;
use rug::Float;
use rug::float::Round;
use std::cmp::Ordering;

/// 1 + |x|, exactly: arguments with exponents far from 0 are close to simple numbers, so the sum is short.
fn denominator(x: &Float) -> Float {
    let bits = x.prec() + x.get_exp().map_or(0, i32::unsigned_abs) + 2;
    Float::with_val(bits, x.abs_ref()) + 1u32
}

impl Entry for Softsign {
    const ABOUT: &'static About =
        &About { name: "softsign", formula: "x/(1 + |x|)", torch: "torch.nn.Softsign", ..About::NONE };

    fn known(&self, _: Piece) -> Known {
        Known {
            // 1/(1 + |x|)² ≤ 1, at 0.
            lipschitz: 1.0,
            // 2/(1 + |x|)³ ≤ 2, at 0 from either side, where φ' is continuous.
            curvature: 2.0,
            limits: [MINUS_ONE, ONE, ZERO, ZERO],
            at_zero: [Some(0.0), Some(1.0)],
        }
    }

    fn small(&self, x: &Float, k: i64) -> [Option<Near>; 2] {
        // φ: x − x|x| + …; φ': 1 − 2|x| + …
        [near(x.clone(), *x < 0, k), near(number(1.0), false, k - 1)]
    }

    fn large(&self, far: &Far) -> [Option<Near>; 2] {
        // φ: ±(1 − 1/(1 + |x|)); φ': x^-2·(1 + 1/|x|)^-2, if x^-2 is binary
        let (inverse, order) = Float::with_val_round(far.x.prec(), far.x.recip_ref(), Round::Zero);
        let square = Float::with_val(2 * far.x.prec(), inverse.square_ref());
        [
            near(number(far.sign()), !far.positive, far.exponent - 1),
            near(square, false, far.exponent - 2).filter(|_| order == Ordering::Equal),
        ]
    }

    fn fraction(&self, order: Order, x: &Float, precision: u32) -> Option<Float> {
        match order {
            Order::Value => Some(quotient(x, &denominator(x), precision)),
            Order::Slope => {
                let denominator = denominator(x);
                let square = Float::with_val(2 * denominator.prec(), denominator.square_ref());
                Some(quotient(&Float::with_val(2, 1), &square, precision))
            }
        }
    }

    fn formula(&self, order: Order, x: &Float, w: u32) -> Result<Evaluated, OutOfRange> {
        match order {
            // 1 + |x|: 1, quotient: 2. Nothing over- or underflows where x does not.
            Order::Value => done(Float::with_val(w, x / one_plus(&magnitude(x), w)), 2),
            // 1 + |x|: 1, square: 3, reciprocal: 4. The square stays in MPFR's range up to |x| = 2^(2^29).
            Order::Slope => {
                if x.get_exp().is_some_and(|exponent| exponent > EXPONENT_LIMIT / 2 + 1) {
                    return vanishes(false);
                }
                done(one_plus(&magnitude(x), w).square().recip(), 3)
            }
        }
    }

    fn double(&self, order: Order, x: f64) -> (f64, f64) {
        match order {
            Order::Value => relative(x / (1.0 + x.abs()), 2.0),
            Order::Slope => {
                let denominator = 1.0 + x.abs();
                relative(1.0 / (denominator * denominator), 4.0)
            }
        }
    }

    fn parts<'a, const N: usize>(&self, constants: &'a Constants, x: Real<N>) -> Option<Parts<'a, N>> {
        let t = x.magnitude();
        Some(Parts { q: (Real::ONE + t).reciprocal(), ..Parts::of(constants, x, t) })
    }

    fn quick<const N: usize>(&self, order: Order, parts: &Parts<N>) -> Real<N> {
        match order {
            Order::Value => parts.x * parts.q,
            Order::Slope => parts.q.square(),
        }
    }
}
