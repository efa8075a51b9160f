//! Stochastic rounding in the lanes of an element: [`StochasticRounder::round`] and the draws of
//! [`crate::arithmetic::random`], lane by lane.

use super::vector::Vector;
use super::words::{Bits, Words};
use crate::arithmetic::random::{MULTIPLIER, SECOND, SHARED_BITS};
use crate::format::StochasticRounder;

/// The rounding of one format, its constants at hand.
///
/// `FULL` sees overflow; without it the caller excludes overflow, infinities and NaN. `ALIGNED` says that the random
/// bits are all that a lane has beyond the format's.
#[derive(Clone, Copy)]
pub struct Chance<E, const FULL: bool, const ALIGNED: bool> {
    least: E,
    /// The format's bits of a lane.
    keep: E,
    /// 32 less the random bits.
    to_first: E,
    /// The random bits of a word that are a second draw.
    second: E,
    /// From the lowest place to that below the format's last one.
    to_place: E,
    /// One draw has so many bits that a second one needs a word of its own.
    is_wide: bool,
    fifteen: E,
    sixteen: E,
    multiplier: E,
    apart: E,
    /// What is not less than this overflows once it is rounded.
    bound: E,
    /// Times x what an overflowing x becomes: infinity or NaN.
    overflow: E,
}

/// The streams of a vector of entries, in two words.
#[derive(Clone, Copy)]
pub struct Streams<V> {
    /// The lower halves.
    pub low: V,
    /// The upper halves with their lowest bit set.
    pub high: V,
}

impl<E: Bits, const FULL: bool, const ALIGNED: bool> Chance<E, FULL, ALIGNED> {
    /// The rounding in the lanes of an element that has the format's bits and the random ones.
    pub fn new(rounder: &StochasticRounder) -> Chance<E, FULL, ALIGNED> {
        let below = E::PRECISION - rounder.precision();
        let bits = rounder.bits();
        let word = |bits: u32| E::from_bits(u64::from(bits));
        Chance {
            least: E::from_f64(rounder.smallest_normal()),
            keep: E::from_bits(u64::MAX << below),
            to_first: word(32 - bits),
            second: E::from_bits((1 << bits) - 1),
            to_place: word(below - bits),
            is_wide: bits > SHARED_BITS,
            fifteen: word(15),
            sixteen: word(16),
            multiplier: word(MULTIPLIER),
            apart: word(SECOND),
            bound: E::from_f64(rounder.largest()).above(),
            overflow: E::from_f64(rounder.overflow()),
        }
    }

    /// Whether a rounding may be `ALIGNED` in these lanes.
    pub fn is_aligned(rounder: &StochasticRounder) -> bool {
        rounder.precision() + rounder.bits() == E::PRECISION
    }

    #[inline(always)]
    fn word<V: Words<Element = E>>(&self, streams: Streams<V>, step: V) -> V {
        let h = streams.low.xor(step).mul_words(streams.high);
        let h = h.xor(h.down_words(h.like(self.fifteen))).mul_words(h.like(self.multiplier));
        h.xor(h.down_words(h.like(self.sixteen)))
    }

    #[inline(always)]
    fn placed<V: Words<Element = E>>(&self, draw: V) -> V {
        if ALIGNED { draw } else { draw.up(draw.like(self.to_place)) }
    }

    #[inline(always)]
    fn first_of<V: Words<Element = E>>(&self, word: V) -> V {
        self.placed(word.down(word.like(self.to_first)))
    }

    /// The draw of a step's word, below the last place.
    #[inline(always)]
    pub fn first<V: Words<Element = E>>(&self, streams: Streams<V>, step: V) -> V {
        self.first_of(self.word(streams, step))
    }

    /// Both draws of a step's word, below the last place.
    #[inline(always)]
    pub fn both<V: Words<Element = E>>(&self, streams: Streams<V>, step: V) -> (V, V) {
        let word = self.word(streams, step);
        let second = match self.is_wide {
            true => self.first(streams, step.xor(step.like(self.apart))),
            false => self.placed(word.and(word.like(self.second))),
        };
        (self.first_of(word), second)
    }

    /// Any number that is exact or cut to the lanes.
    #[inline(always)]
    pub fn round<V: Words<Element = E>>(&self, x: V, random: V) -> V {
        let (least, zero) = (x.like(self.least), x.like(E::default()));
        let lift = x.abs().if_less(least, least.with_sign_of(x), zero);
        let rounded = x.add_cut(lift).add_bits(random).and(x.like(self.keep));
        // A lifted number comes down to a zero without its sign.
        self.seen(x, rounded.sub(lift).with_sign_of(x))
    }

    /// A sum of two numbers of the format, exact or cut to the lanes: below the smallest normal number it is one too.
    #[inline(always)]
    pub fn round_sum<V: Words<Element = E>>(&self, x: V, random: V) -> V {
        self.seen(x, x.add_bits(random).and(x.like(self.keep)))
    }

    /// The rounded number, or what it overflows to. NaN is less than nothing and stays NaN.
    #[inline(always)]
    fn seen<V: Vector<Element = E>>(&self, x: V, rounded: V) -> V {
        if FULL { rounded.abs().if_less(x.like(self.bound), rounded, x.mul(x.like(self.overflow))) } else { rounded }
    }
}
