//! What one term of a sum of products does, by kind of rounding.
//!
//! Sums begin at −0: −0 + p is p for every p, −0 and NaN included, so that the first product needs no case of its own.

use super::RangeAlone;
use super::vector::{Element, Step, Vector};
use crate::format::{Rounder, exponent_of, two_to};

/// Every product and every sum rounded as the hardware does it.
#[derive(Clone, Copy)]
pub struct Native;

impl<E: Element> Step<E> for Native {
    #[inline(always)]
    fn term<V: Vector<Element = E>>(self, sum: V, x: &E, y: V, _: &mut V) -> V {
        sum.add(y.times(x))
    }
    #[inline(always)]
    fn last<V: Vector<Element = E>>(self, sum: V, last: V) -> V {
        sum.add(last)
    }
}

/// The same with one rounding for both.
#[derive(Clone, Copy)]
pub struct NativeFused;

impl<E: Element> Step<E> for NativeFused {
    #[inline(always)]
    fn term<V: Vector<Element = E>>(self, sum: V, x: &E, y: V, _: &mut V) -> V {
        y.like(*x).fused(y, sum)
    }
    #[inline(always)]
    fn last<V: Vector<Element = E>>(self, sum: V, last: V) -> V {
        sum.add(last)
    }
}

/// A narrower format's rounding by addition: with 2^e ≤ |x| < 2^(e+1), x + 1.5·2^(e+P−p) lies in the binade whose unit is
/// the format's at x, P the bits of a lane, so that the hardware rounds as the format does; the difference is exact.
///
/// `FULL` sees overflow, infinities and NaN; without it the caller excludes them, and that 2^(e+P−p) overflows.
#[derive(Clone, Copy)]
pub struct Emulated<E, const FULL: bool> {
    /// The smallest normal number, which has the spacing of all below it.
    least: E,
    /// 1.5·2^(P−p): whatever the sign of x, the sum stays in the binade.
    raise: E,
    /// What is larger than this overflows.
    bound: E,
    /// What a positive x becomes then: infinity, NaN or the largest number.
    overflow: E,
    /// −0 where zeros keep their sign, else +0.
    zero_sign: E,
    /// Half of the smallest positive number.
    half_smallest: f64,
}

impl<E: Element, const FULL: bool> Emulated<E, FULL> {
    /// The rounding in the lanes of an element.
    pub fn new(rounder: &Rounder) -> Emulated<E, FULL> {
        Emulated {
            least: E::from_f64(rounder.smallest_normal()),
            raise: E::from_f64(1.5 * two_to(i64::from(E::PRECISION - rounder.precision()))),
            bound: E::from_f64(rounder.overflows_above(E::PRECISION)),
            overflow: E::from_f64(rounder.overflow()),
            zero_sign: if rounder.has_negative_zero() { E::NEGATIVE_ZERO } else { E::default() },
            half_smallest: rounder.smallest_normal() * rounder.unit_roundoff(),
        }
    }

    /// The largest magnitude that these lanes round by addition without an overflow of the sum.
    pub fn highest(rounder: &Rounder) -> f64 {
        two_to(E::MAX_EXPONENT - 1 - i64::from(E::PRECISION - rounder.precision()))
    }

    /// Any number, zeros without their sign.
    #[inline(always)]
    fn round<V: Vector<Element = E>>(self, x: V) -> V {
        self.round_above(x, x.and(x.like(E::EXPONENT)).max_bits(x.like(self.least)))
    }

    /// A sum of two numbers of the format, which below the smallest normal number is one too.
    #[inline(always)]
    fn round_sum<V: Vector<Element = E>>(self, x: V) -> V {
        self.round_above(x, x.and(x.like(E::EXPONENT)))
    }

    /// x, whose spacing is that above a power of two.
    #[inline(always)]
    fn round_above<V: Vector<Element = E>>(self, x: V, power: V) -> V {
        let raise = x.like(self.raise);
        self.seen(x, power.scaled_sub(raise, power.scaled_add(raise, x)))
    }

    /// Any number, zeros with their sign where they have one.
    #[inline(always)]
    pub fn round_signed<V: Vector<Element = E>>(self, x: V) -> V {
        self.round(x).or(x.and(x.like(self.zero_sign)))
    }

    /// The rounded number, or what it overflows to. Nothing is less than NaN, which stays NaN.
    #[inline(always)]
    fn seen<V: Vector<Element = E>>(self, x: V, rounded: V) -> V {
        let overflow = x.like(self.overflow).with_sign_of(x);
        if FULL { x.like(self.bound).if_less(x.abs(), overflow, rounded) } else { rounded }
    }
}

impl<E: Element, const FULL: bool> Step<E> for Emulated<E, FULL> {
    #[inline(always)]
    fn term<V: Vector<Element = E>>(self, sum: V, x: &E, y: V, _: &mut V) -> V {
        self.round_sum(sum.add(self.round(y.times(x))))
    }
    #[inline(always)]
    fn last<V: Vector<Element = E>>(self, sum: V, last: V) -> V {
        // It may be of another format, finer than the sum's.
        self.round_signed(sum.add(last))
    }
    fn forgets_below(self) -> Option<f64> {
        (self.zero_sign.into().is_sign_negative()).then_some(self.half_smallest)
    }
}

/// [`Emulated`] that looks for overflow once at the end, at the largest power of two that it met.
#[derive(Clone, Copy)]
pub struct Watched<E>(Emulated<E, false>, Emulated<E, true>);

impl<E: Element> Watched<E> {
    /// The rounding in the lanes of an element.
    pub fn new(rounder: &Rounder) -> Watched<E> {
        Watched(Emulated::new(rounder), Emulated::new(rounder))
    }

    /// Numbers below this power of two do not overflow when they are rounded.
    pub fn limit(rounder: &Rounder) -> f64 {
        two_to(exponent_of(rounder.largest()))
    }
}

impl<E: Element> Step<E> for Watched<E> {
    const IS_WATCHED: bool = true;
    #[inline(always)]
    fn term<V: Vector<Element = E>>(self, sum: V, x: &E, y: V, seen: &mut V) -> V {
        let exponent = y.like(E::EXPONENT);
        let product = y.times(x);
        let power = product.and(exponent).max_bits(y.like(self.0.least));
        *seen = seen.max_bits(power);
        let next = sum.add(self.0.round_above(product, power));
        let power = next.and(exponent);
        *seen = seen.max_bits(power);
        self.0.round_above(next, power)
    }
    #[inline(always)]
    fn last<V: Vector<Element = E>>(self, sum: V, last: V) -> V {
        self.1.last(sum, last)
    }
    fn forgets_below(self) -> Option<f64> {
        self.0.forgets_below()
    }
}

/// The same with one rounding for product and sum, in lanes that have every product.
///
/// Where the lanes round the sum first (`ODD`), they do it to odd, which leaves the format's rounding as it would be.
#[derive(Clone, Copy)]
pub struct EmulatedFused<E, const FULL: bool, const ODD: bool>(pub Emulated<E, FULL>);

impl<E: Element, const FULL: bool, const ODD: bool> Step<E> for EmulatedFused<E, FULL, ODD> {
    #[inline(always)]
    fn term<V: Vector<Element = E>>(self, sum: V, x: &E, y: V, _: &mut V) -> V {
        let x = y.like(*x);
        let next = if ODD { sum_to_odd(sum, x.mul(y)) } else { x.scaled_add(y, sum) };
        self.0.round_signed(next)
    }
    #[inline(always)]
    fn last<V: Vector<Element = E>>(self, sum: V, last: V) -> V {
        self.0.last(sum, last)
    }
}

/// x + y: exact, or the neighbour whose last bit is set.
#[inline(always)]
fn sum_to_odd<V: Vector>(x: V, y: V) -> V {
    let sum = x.add(y);
    let from_y = sum.sub(x);
    let error = x.sub(sum.sub(from_y)).add(y.sub(from_y));
    // An even sum goes one up in magnitude or, if the error has the other sign, one down; an odd one stays.
    let odd = sum.sub_bits(sum.xor(error).sign_as_unit()).or(sum.like(V::Element::smallest()));
    // False too for the error of an infinity, which is NaN.
    sum.like(V::Element::default()).if_less(error.abs(), odd, sum)
}

/// A format's range without its precision, for product and sum each or for both at once.
#[derive(Clone, Copy)]
pub struct Ranged<const FUSED: bool>(pub RangeAlone);

impl<const FUSED: bool> Ranged<FUSED> {
    #[inline(always)]
    fn round<V: Vector<Element = f64>>(self, x: V) -> V {
        let RangeAlone { smallest_normal, magic, overflows_above, overflow, zero_sign } = self.0;
        let (magnitude, magic) = (x.abs(), x.like(magic));
        let subnormal = magnitude.add(magic).sub(magic).with_sign_of(x).add(x.like(zero_sign));
        let kept = magnitude.if_less(x.like(smallest_normal), subnormal, x);
        x.like(overflows_above).if_less(magnitude, x.like(overflow).with_sign_of(x), kept)
    }
}

impl<const FUSED: bool> Step<f64> for Ranged<FUSED> {
    #[inline(always)]
    fn term<V: Vector<Element = f64>>(self, sum: V, x: &f64, y: V, _: &mut V) -> V {
        if FUSED { self.round(y.like(*x).fused(y, sum)) } else { self.round(sum.add(self.round(y.times(x)))) }
    }
    #[inline(always)]
    fn last<V: Vector<Element = f64>>(self, sum: V, last: V) -> V {
        self.round(sum.add(last))
    }
}
