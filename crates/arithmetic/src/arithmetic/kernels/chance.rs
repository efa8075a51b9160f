//! Stochastic rounding in the lanes of an element: [`StochasticRounder::round`] and the draws of
//! [`crate::arithmetic::random`], lane by lane.

use super::vector::{Bits, Vector, Words};
use crate::arithmetic::random::{MULTIPLIER, SECOND, SHARED_BITS};
use crate::format::StochasticRounder;

/// The rounding of one format, with precomputed constants.
///
/// `FULL` sees overflow; without it the caller excludes overflow, infinities and NaN. `ALIGNED` says that the random
/// bits are all that a lane has beyond the format's. Lanes of binary32 are for what [`Chance::fits`] them.
#[derive(Clone, Copy)]
pub struct Chance<E, const FULL: bool, const ALIGNED: bool> {
    least: E,
    /// The format's bits of a lane.
    keep: E,
    /// From a word down to its first draw, and to its second.
    to_first: E,
    to_second: E,
    /// That the second one is moved up.
    is_second_up: bool,
    /// The bits of a draw.
    draw: E,
    /// From the lowest place up to a draw's own, below the format's last one, where draws do not come down to it.
    to_place: E,
    /// One draw has so many bits that a second one needs a word of its own.
    is_wide: bool,
    fifteen: E,
    multiplier: E,
    apart: E,
    /// What is larger than this once it is rounded overflows.
    largest: E,
    /// What a positive x becomes then: infinity, NaN or the largest number.
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
        let (below, bits) = (E::PRECISION - rounder.precision(), rounder.bits());
        let place = below - bits;
        // Words are as long as lanes of binary32, whose draws come down to their place and no further.
        let (stop, place) = if E::PRECISION <= u32::BITS { (place, 0) } else { (0, place) };
        let word = |bits: u32| E::from_bits(u64::from(bits));
        Chance {
            least: E::from_f64(rounder.smallest_normal()),
            keep: E::from_bits(u64::MAX << below),
            to_first: word(32 - bits - stop),
            to_second: word(32u32.abs_diff(2 * bits + stop)),
            is_second_up: 2 * bits + stop > 32,
            draw: E::from_bits(((1 << bits) - 1) << stop),
            to_place: word(place),
            is_wide: bits > SHARED_BITS,
            fifteen: word(15),
            multiplier: word(MULTIPLIER),
            apart: word(SECOND),
            largest: E::from_f64(rounder.largest()),
            overflow: E::from_f64(rounder.overflow()),
        }
    }

    /// Whether a rounding may be `ALIGNED` in these lanes.
    pub fn is_aligned(rounder: &StochasticRounder) -> bool {
        rounder.precision() + rounder.bits() == E::PRECISION
    }

    /// Whether lanes of binary32 have the format's bits and the random ones, and words both draws.
    pub fn fits(rounder: &StochasticRounder) -> bool {
        let (precision, bits) = (rounder.precision(), rounder.bits());
        bits <= SHARED_BITS && precision + bits <= 24
    }

    #[inline(always)]
    fn word<V: Words<Element = E>>(&self, streams: Streams<V>, step: V) -> V {
        let h = streams.low.xor(step).mul_words(streams.high);
        h.xor(h.down_words(h.like(self.fifteen))).mul_words(h.like(self.multiplier))
    }

    #[inline(always)]
    fn placed<V: Words<Element = E>>(&self, draw: V) -> V {
        if E::PRECISION <= u32::BITS { draw } else { draw.up(draw.like(self.to_place)) }
    }

    #[inline(always)]
    fn first_of<V: Words<Element = E>>(&self, word: V) -> V {
        let draw = word.down(word.like(self.to_first));
        self.placed(if ALIGNED { draw } else { draw.and(draw.like(self.draw)) })
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
            false => {
                let count = word.like(self.to_second);
                let moved = if self.is_second_up { word.up(count) } else { word.down(count) };
                self.placed(moved.and(word.like(self.draw)))
            }
        };
        (self.first_of(word), second)
    }

    /// Any number that is exact or cut to the lanes.
    #[inline(always)]
    pub fn round<V: Words<Element = E>>(&self, x: V, random: V) -> V {
        self.seen(x, x.nudged(x.like(self.least), random, x.like(self.keep)))
    }

    /// A sum of two numbers of the format, exact or cut to the lanes: below the smallest normal number it is one too.
    #[inline(always)]
    pub fn round_sum<V: Words<Element = E>>(&self, x: V, random: V) -> V {
        self.seen(x, x.add_bits(random).and(x.like(self.keep)))
    }

    /// The rounded number, or what it overflows to. Nothing is less than NaN, which stays NaN.
    #[inline(always)]
    fn seen<V: Vector<Element = E>>(&self, x: V, rounded: V) -> V {
        let overflow = x.like(self.overflow).with_sign_of(x);
        if FULL { x.like(self.largest).if_less(rounded.abs(), overflow, rounded) } else { rounded }
    }
}
