//! Numbers of N words that carry a proven bound on their error.
//!
//! A number v = ±W·2^(exponent − 64N) with 2^(64N−1) ≤ W < 2^(64N) represents a real y with
//! |y − v| ≤ error·2^(exponent − 64N): the error counts units in the last place of v. Every operation takes
//! such bounds to such a bound; the count is written next to it. An error of [`UNKNOWN`] or more says nothing about y
//! and stays with whatever is computed from it. So formulas need no count of their own, and cancellation
//! shows in the error instead of in a special case.

use super::words::{add, leading_zeros, multiply_high, shift_left, shift_right, subtract};
use std::cmp::Ordering;
use std::ops::{Add, Mul, Neg, Sub};

/// Errors from here on say nothing. (Products of two smaller ones stay below 2^126 ≤ 2^(64N), for N ≥ 2.)
pub const UNKNOWN: u64 = 1 << 63;

/// An exact number ±words·2^exponent, least significant word first.
#[derive(Clone, Copy, Debug)]
pub struct Number<'a> {
    /// True below zero.
    pub negative: bool,
    /// The magnitude's words; those above the leading one may be zero.
    pub words: &'a [u64],
    /// The unit's exponent.
    pub exponent: i64,
}

/// A number of N words with its error.
#[derive(Clone, Copy, Debug)]
pub struct Real<const N: usize> {
    pub negative: bool,
    /// W, whose leading bit is set.
    pub words: [u64; N],
    /// |v| < 2^exponent ≤ 2|v|.
    pub exponent: i64,
    /// In units in the last place.
    pub error: u64,
}

impl<const N: usize> Real<N> {
    const BITS: u32 = 64 * N as u32;
    const HALF: [u64; N] = {
        let mut words = [0; N];
        words[N - 1] = 1 << 63;
        words
    };
    /// 1, exactly.
    pub const ONE: Real<N> = Real { negative: false, words: Self::HALF, exponent: 1, error: 0 };
    /// Any number.
    pub const LOST: Real<N> = Real { negative: false, words: Self::HALF, exponent: 0, error: UNKNOWN };

    /// A fraction of which `error` units are unsure, times 2^exponent.
    #[inline]
    pub fn normalised(negative: bool, words: &[u64; N], exponent: i64, error: u64) -> Real<N> {
        let zeros = leading_zeros(words);
        if zeros == 0 {
            return Real { negative, words: *words, exponent, error };
        }
        let is_known = zeros < Self::BITS && (error == 0 || error.leading_zeros() > zeros);
        if !is_known {
            return Real::LOST;
        }
        let words = shift_left(words, zeros);
        // An exact number stays exact however far it moves; any other moves by less than 64.
        let error = error.checked_shl(zeros).unwrap_or(0);
        Real { negative, words, exponent: exponent - i64::from(zeros), error }
    }

    /// A number from outside, cut to N words (an error below one unit); none for zero.
    pub fn read(number: Number<'_>) -> Option<Real<N>> {
        let Number { negative, words, exponent } = number;
        let top = words.iter().rposition(|&word| word != 0)?;
        let zeros = words[top].leading_zeros();
        let at = |offset: usize| if offset <= top { words[top - offset] } else { 0 };
        let mut cut = [0; N];
        for (offset, word) in cut.iter_mut().rev().enumerate() {
            *word = at(offset) << zeros | at(offset + 1) >> 1 >> (63 - zeros);
        }
        let exponent = exponent + 64 * (top as i64 + 1) - i64::from(zeros);
        Some(Real { negative, words: cut, exponent, error: u64::from(top >= N) })
    }

    /// A double that is not 0, exactly.
    pub fn from_f64(x: f64) -> Real<N> {
        let (bits, biased) = (x.to_bits() & ((1 << 52) - 1), x.to_bits() >> 52 & 0x7ff);
        let (word, biased) = if biased == 0 { (bits, 1) } else { (bits | 1 << 52, biased as i64) };
        let number = Number { negative: x < 0.0, words: &[word], exponent: biased - 1075 };
        Real::read(number).expect("invariant: the double is not 0")
    }

    /// ±words·2^exponent.
    pub fn number(&self) -> Number<'_> {
        Number { negative: self.negative, words: &self.words, exponent: self.exponent - i64::from(Self::BITS) }
    }

    /// |y|
    #[inline]
    pub fn magnitude(self) -> Real<N> {
        Real { negative: false, ..self }
    }

    /// y·2^by
    #[inline]
    pub fn scaled(self, by: i64) -> Real<N> {
        Real { exponent: self.exponent + by, ..self }
    }

    /// y², with one product's error.
    #[inline]
    pub fn square(self) -> Real<N> {
        self * self
    }

    /// True if nothing is known of y.
    #[inline]
    pub fn is_lost(&self) -> bool {
        self.error >= UNKNOWN
    }

    /// |v| < 1 as a fraction and its error in units of that, for a known number of exponent at most 0.
    #[inline]
    pub fn fraction(&self) -> ([u64; N], u64) {
        match self.exponent.unsigned_abs() {
            0 => (self.words, self.error),
            by => (shift_right(&self.words, by), moved_right(self.error, by)),
        }
    }
}

/// At least error·2^−by + 1: an error in coarser units, and what is cut off.
#[inline]
fn moved_right(error: u64, by: u64) -> u64 {
    (error >> by.min(63)) + 2
}

impl<const N: usize> Neg for Real<N> {
    type Output = Real<N>;
    #[inline]
    fn neg(self) -> Real<N> {
        Real { negative: !self.negative, ..self }
    }
}

impl<const N: usize> Mul for Real<N> {
    type Output = Real<N>;
    /// With fractions A, B < 1 and errors α, β < 2^63: αB + βA + αβη < α + β + 1 units, and N for the product;
    /// twice as many units where the product is below 1/2.
    #[inline]
    fn mul(self, other: Real<N>) -> Real<N> {
        let negative = self.negative != other.negative;
        let exponent = self.exponent + other.exponent;
        let error = self.error.saturating_add(other.error).saturating_add(N as u64 + 1);
        if self.error.max(other.error) >= UNKNOWN {
            return Real::LOST;
        }
        let words = multiply_high(&self.words, &other.words);
        // 1 where the product is below 1/2, as often as not: no branch.
        let by = (words[N - 1] >> 63) as u32 ^ 1;
        let shifted: [u64; N] =
            std::array::from_fn(|i| words[i] << by | if i > 0 { words[i - 1] >> 1 >> (63 - by) } else { 0 });
        if shifted[N - 1] >> 63 == 0 {
            // What is cut off brought it below 1/4.
            return Real::normalised(negative, &words, exponent, error);
        }
        let error = error.saturating_mul(1 + u64::from(by));
        Real { negative, words: shifted, exponent: exponent - i64::from(by), error }
    }
}

impl<const N: usize> Add for Real<N> {
    type Output = Real<N>;
    #[inline]
    fn add(self, other: Real<N>) -> Real<N> {
        if self.error.max(other.error) >= UNKNOWN {
            return Real::LOST;
        }
        let is_smaller = match self.exponent.cmp(&other.exponent) {
            Ordering::Equal => self.words.iter().rev().lt(other.words.iter().rev()),
            order => order == Ordering::Less,
        };
        let (large, small) = if is_smaller { (other, self) } else { (self, other) };
        let Real { negative, exponent, .. } = large;
        let by = (exponent - small.exponent).unsigned_abs();
        let (aligned, moved) = if by == 0 {
            (small.words, small.error)
        } else {
            (shift_right(&small.words, by), moved_right(small.error, by))
        };
        // Each is below 2^63 + 2.
        let error = large.error.saturating_add(moved);
        if negative != small.negative {
            let (difference, _) = subtract(&large.words, &aligned);
            return Real::normalised(negative, &difference, exponent, error);
        }
        let (sum, carry) = add(&large.words, &aligned);
        if !carry {
            return Real { negative, words: sum, exponent, error };
        }
        let mut words = shift_right(&sum, 1);
        words[N - 1] |= 1 << 63;
        Real { negative, words, exponent: exponent + 1, error: moved_right(error, 1) }
    }
}

impl<const N: usize> Sub for Real<N> {
    type Output = Real<N>;
    #[inline]
    fn sub(self, other: Real<N>) -> Real<N> {
        self + -other
    }
}
