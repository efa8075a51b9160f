//! e^(−t) and 1 − e^(−t) for t > 0, from three tables and a short series.
//!
//! t = k·ln 2 + r with 0 ≤ r < 1; the leading 8, 8 and 8 bits of r are i, j and l, and s < 2^−24 is the rest:
//!
//! ```text
//! e^(−t) = 2^−k · e^(−i/2^8) · e^(−j/2^16) · e^(−l/2^24) · (1 − s·Q(s)),   Q(s) = (1 − e^(−s))/s.
//! ```
//!
//! Tang's reduction (ACM TOMS 15, 1989), in integers. Where t < 2^−24 the tables are left out and
//! 1 − e^(−t) = t·Q(t) keeps its relative accuracy however small t is; elsewhere 1 − e^(−t) cancels at most 25
//! leading bits, for which there is a guard.

use super::real::Real;
use super::series::{Series, padded};
use super::words::{multiply_high, subtract};
use rug::float::{Constant, Round};
use rug::{Float, Integer};

/// t beyond 2^26 is left to others.
const MOST_EXPONENT: i64 = 26;
/// Bits of one table's index.
const INDEX: u32 = 8;
/// Bits that the tables take off.
pub const REDUCED: u32 = 3 * INDEX;
/// ⌊2^32/ln 2⌋
const INVERSE_LN2: u64 = 6_196_328_018;

/// The tables of the exponential for numbers of N words.
#[derive(Clone, Debug)]
pub struct Exponential {
    /// ln 2 as a fraction of N + 1 words, cut.
    pub(super) ln2: Vec<u64>,
    /// e^(−i/2^(8·level)), cut, for level 1, 2, 3; 1 as 1 − η.
    pub(super) tables: [Vec<u64>; 3],
    /// Q.
    pub(super) series: Series,
}

/// ⌊x·2^(64·words)⌋ for x in [0, 1), given a way to x that rounds down at any precision.
fn cut(words: usize, x: impl FnOnce(u32) -> Float) -> Vec<u64> {
    let bits = 64 * words as u32;
    let scaled = x(bits + 64) << bits;
    let (floor, _) = scaled.to_integer_round(Round::Down).expect("invariant: constants are finite");
    padded(&floor.min((Integer::from(1) << bits) - 1), words)
}

impl Exponential {
    /// Tables for numbers with the given number of words, from MPFR.
    pub fn new(words: usize) -> Exponential {
        let ln2 = cut(words + 1, |bits| Float::with_val_round(bits, Constant::Log2, Round::Down).0);
        let table = |level: u32| {
            let entry = |i: u32| {
                let exponent = Float::with_val(32, -f64::from(i)) >> (INDEX * level);
                cut(words, |bits| Float::with_val_round(bits, exponent.exp_ref(), Round::Down).0)
            };
            (0..1 << INDEX).flat_map(entry).collect()
        };
        let series = Series::new(words, REDUCED, |k| Integer::from(Integer::factorial(k + 1)));
        Exponential { ln2, tables: [table(1), table(2), table(3)], series }
    }

    #[inline]
    fn entry<const N: usize>(&self, level: usize, index: u64) -> &[u64; N] {
        let from = (index & 0xff) as usize * N;
        self.tables[level][from..].first_chunk().expect("invariant: a table has an entry for every index")
    }

    /// k and r = t − k·ln 2 with its error in units, for 0 ≤ t < 2^26.
    ///
    /// k = ⌊t/ln 2⌋ from below: with t cut to 2^−32 and 1/ln 2 to 2^−32 the quotient is too small by less than
    /// 2^26·2^−32 + 2^−31, so r < ln 2·(1 + 2^−5) < 1; and as ln 2 is cut, k·ln 2 too, r ≥ 0. Counts: t, cut to a
    /// fraction: 1; k·ln 2, cut: 1, and k·2^(−64) < 1 for ln 2.
    #[inline]
    fn reduce<const N: usize>(&self, t: &Real<N>) -> (u64, [u64; N], u64) {
        let (whole, fraction, error) = match t.exponent {
            exponent if exponent <= 0 => {
                let (fraction, error) = t.fraction();
                (0, fraction, error)
            }
            exponent => {
                let whole = t.words[N - 1] >> (64 - exponent);
                let fraction = super::words::shift_left(&t.words, exponent as u32);
                (whole, fraction, t.error.saturating_mul(1 << exponent))
            }
        };
        let cut = (whole << 32) | (fraction[N - 1] >> 32);
        let k = ((u128::from(cut) * u128::from(INVERSE_LN2)) >> 64) as u64;
        let mut carry = (u128::from(k) * u128::from(self.ln2[0])) >> 64;
        let mut multiple = [0; N];
        for (word, &ln2) in multiple.iter_mut().zip(&self.ln2[1..]) {
            carry += u128::from(k) * u128::from(ln2);
            *word = carry as u64;
            carry >>= 64;
        }
        // The whole parts differ by what the borrow says, as 0 ≤ r < 1.
        let (r, _) = subtract(&fraction, &multiple);
        (k, r, error.saturating_add(3))
    }

    /// 1 − e^(−t) = t·Q(t) for 0 < t < 2^−24: Q's error, 2^24 units each, and half of t's error in units (|Q'| ≤ 1/2).
    fn small_rest<const N: usize>(&self, t: &Real<N>) -> Real<N> {
        let (s, error) = t.fraction();
        let (q, own) = self.series.sum(&s);
        *t * Real::normalised(false, &q, 0, own.saturating_add(error))
    }

    /// e^(−t) and 1 − e^(−t), as [`Exponential::decay`].
    pub fn decay_and_rest<const N: usize>(&self, t: &Real<N>) -> (Real<N>, Real<N>) {
        if t.exponent <= -i64::from(REDUCED) && !t.is_lost() {
            let rest = self.small_rest(t);
            return (Real::ONE - rest, rest);
        }
        let e = self.decay(t);
        (e, Real::ONE - e)
    }

    /// e^(−t) for t > 0; [`Real::LOST`] for t ≥ 2^26.
    ///
    /// Counts of e^(−r), in units η: an error ρ of r: ρ + 1 (the derivative is at most 1 at r ≥ 0, and one more
    /// where the error reaches below); the tables' entries A, B, C: 1 each; AB: 2 + N; ABC: 3 + 2N; G = sQ: the
    /// series' error, as s < 2^−24, and N; ABC·(1 − G): 3 + 2N + (error + N) + N.
    pub fn decay<const N: usize>(&self, t: &Real<N>) -> Real<N> {
        if t.exponent > MOST_EXPONENT || t.is_lost() {
            return Real::LOST;
        }
        if t.exponent <= -i64::from(REDUCED) {
            return Real::ONE - self.small_rest(t);
        }
        let (k, r, error) = self.reduce(t);
        let index = r[N - 1];
        let mut s = r;
        s[N - 1] &= u64::MAX >> REDUCED;
        let (q, _) = self.series.sum(&s);
        let entry = |level: u32| self.entry::<N>(level as usize, index >> (64 - INDEX * (level + 1)));
        let product = multiply_high(&multiply_high(entry(0), entry(1)), entry(2));
        let (power, _) = subtract(&product, &multiply_high(&product, &multiply_high(&s, &q)));
        let error = error.saturating_add(1 + 3 + 4 * N as u64 + self.series.error);
        Real::normalised(false, &power, -(k as i64), error)
    }
}
