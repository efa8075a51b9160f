//! One sample's vector in fixed point, with a bound on its error.
//!
//! A column holds integers m_i and one exponent e: the computed vector is ã_i = m_i·2^e. Each entry has one bit,
//! *exact* (ã_i = a_i is certain), and the column has one bound on the 2-norm of the errors of its inexact entries.
//! Products with exact weights are then exact integers; a column only loses bits in [`Column::store`], which keeps p
//! bits of the largest entry.

use super::term::{Term, term};
use crate::enclosure::scaled::odd;
pub use crate::enclosure::scaled::{Scaled, float};
use crate::enclosure::{Ball, Bound, Precision};
use crate::integers::{Integers, words_for};
use ndarray::{Array2, ArrayView1};

/// One bit per entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bits(Vec<u64>);

impl Bits {
    /// All clear.
    pub fn new(length: usize) -> Bits {
        Bits(vec![0; length.div_ceil(64)])
    }

    /// Bits by a function of the position.
    pub fn from_fn(length: usize, set: impl Fn(usize) -> bool) -> Bits {
        let mut bits = Bits::new(length);
        (0..length).filter(|&i| set(i)).for_each(|i| bits.set(i));
        bits
    }

    /// Sets one bit.
    pub fn set(&mut self, i: usize) {
        self.0[i / 64] |= 1 << (i % 64);
    }

    /// Reads one bit.
    pub fn get(&self, i: usize) -> bool {
        self.0[i / 64] >> (i % 64) & 1 == 1
    }

    /// True if some bit is set.
    pub fn any(&self) -> bool {
        self.0.iter().any(|&word| word != 0)
    }

    /// True if some bit is set in both.
    pub fn meets(&self, other: &Bits) -> bool {
        self.0.iter().zip(&other.0).any(|(x, y)| x & y != 0)
    }

    /// True if some bit is set in none of `(a and b)`, `c`, `d`: an entry for which none of three reasons applies.
    pub fn unexcused(length: usize, (a, b): (&Bits, &Bits), c: &Bits, d: &Bits) -> bool {
        let words = a.0.iter().zip(&b.0).zip(c.0.iter().zip(&d.0));
        words.enumerate().any(|(index, ((a, b), (c, d)))| {
            let valid = length - 64 * index;
            let mask = if valid >= 64 { u64::MAX } else { (1 << valid) - 1 };
            !((a & b) | c | d) & mask != 0
        })
    }
}

/// Numbers with any exponents, before they are aligned to one exponent.
#[derive(Clone, Debug, PartialEq)]
pub struct Entries {
    /// m_i
    pub integers: Integers,
    /// e_i
    pub exponents: Vec<i64>,
}

impl Entries {
    /// Finite doubles, exactly, with odd mantissas.
    pub fn from_doubles(values: impl Iterator<Item = f64>) -> Entries {
        let (mantissas, exponents): (Vec<(u64, bool)>, Vec<i64>) = values
            .map(|x| {
                let (mantissa, exponent) = odd(x);
                ((mantissa, x < 0.0), exponent)
            })
            .unzip();
        let mut integers = Integers::zeros(mantissas.len(), 1);
        mantissas.iter().enumerate().for_each(|(i, &(magnitude, negative))| integers.set(i, negative, &[magnitude]));
        Entries { integers, exponents }
    }

    /// Of numbers one by one.
    pub fn of<'s>(numbers: impl Iterator<Item = &'s Scaled> + Clone) -> Entries {
        let longest = numbers.clone().map(|number| number.mantissa.significant_bits()).max().unwrap_or(0);
        let exponents: Vec<i64> = numbers.clone().map(|number| number.exponent).collect();
        let mut integers = Integers::zeros(exponents.len(), words_for(u64::from(longest)));
        for (i, number) in numbers.enumerate() {
            let words: &[u64] = number.mantissa.as_limbs();
            integers.set(i, number.mantissa.is_negative(), words);
        }
        Entries { integers, exponents }
    }

    /// Integers at one exponent.
    pub fn at(integers: Integers, exponent: i64) -> Entries {
        let exponents = vec![exponent; integers.len()];
        Entries { integers, exponents }
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.exponents.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.exponents.is_empty()
    }

    /// One number.
    pub fn get(&self, i: usize) -> Scaled {
        Scaled { mantissa: self.integers.to_rug(i), exponent: self.exponents[i] }
    }

    /// At least |x_i|.
    pub fn magnitude(&self, i: usize) -> Bound {
        Bound::from_leading(self.integers.leading(i)).scaled(self.exponents[i])
    }
}

impl From<Vec<Scaled>> for Entries {
    fn from(numbers: Vec<Scaled>) -> Entries {
        Entries::of(numbers.iter())
    }
}

/// Bits that are kept below a column's error; dropping the others increases the error by 2^-SPARE of itself.
const SPARE: i64 = 16;
/// Smallest number of bits of the largest entry that are kept whatever the error is.
const FEWEST: i64 = 64;

/// One sample's vector: m_i·2^e, its exactness and its error.
#[derive(Clone, Debug)]
pub struct Column {
    /// e
    pub exponent: i64,
    /// m_i
    pub integers: Integers,
    /// Entries that may differ from the exact ones.
    pub inexact: Bits,
    /// At least the 2-norm of (a_i − ã_i) over the inexact entries.
    pub error: Bound,
}

impl Column {
    /// Exact doubles, unchanged.
    pub fn exact(values: impl Iterator<Item = f64>) -> Column {
        let values: Vec<f64> = values.collect();
        let parts = || values.iter().map(|&x| odd(x)).filter(|(mantissa, _)| *mantissa != 0);
        let lowest = parts().map(|(_, exponent)| exponent).min().unwrap_or(0);
        let top = parts().map(|(mantissa, exponent)| exponent + i64::from(u64::BITS - mantissa.leading_zeros())).max();
        if top.is_none_or(|top| top - lowest <= i64::from(u64::BITS)) {
            // Each of them fits into a word.
            let mut integers = Integers::zeros(values.len(), 1);
            for (i, &x) in values.iter().enumerate() {
                let (mantissa, exponent) = odd(x);
                let magnitude = if mantissa == 0 { 0 } else { mantissa << (exponent - lowest) };
                integers.set(i, x < 0.0, &[magnitude]);
            }
            return Column { exponent: lowest, integers, inexact: Bits::new(values.len()), error: Bound::ZERO };
        }
        let entries = Entries::from_doubles(values.into_iter());
        let bits = u32::MAX; // nothing is dropped
        let length = entries.len();
        Column::store(entries, Bits::new(length), Bound::ZERO, bits)
    }

    /// The columns of enclosures; `None` if an entry is not known at all.
    pub fn all_of(balls: &Array2<Ball>) -> Option<Vec<Column>> {
        if balls.iter().any(Ball::is_whole_line) {
            return None;
        }
        let of = |balls: ArrayView1<Ball>| {
            let inexact = Bits::from_fn(balls.len(), |i| !balls[i].is_exact());
            let error = Bound::norm(balls.iter().map(|ball| ball.radius));
            // Nothing of use is dropped.
            let bits = balls.iter().map(|ball| ball.midpoint.mantissa.significant_bits()).max().unwrap_or(0);
            Column::store(Entries::of(balls.iter().map(|ball| &ball.midpoint)), inexact, error, bits + 64)
        };
        Some(balls.columns().into_iter().map(of).collect())
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.integers.len()
    }

    /// True for a column of no entries.
    pub fn is_empty(&self) -> bool {
        self.integers.is_empty()
    }

    /// One entry.
    pub fn entry(&self, i: usize) -> Scaled {
        Scaled { mantissa: self.integers.to_rug(i), exponent: self.exponent }
    }

    /// True if the entry is certainly zero.
    pub fn is_exact_zero(&self, i: usize) -> bool {
        self.integers.is_zero(i) && !self.inexact.get(i)
    }

    /// At least |ã_i|.
    pub fn magnitude(&self, i: usize) -> Bound {
        Bound::from_leading(self.integers.leading(i)).scaled(self.exponent)
    }

    /// At least ‖ã‖₂.
    pub fn norm(&self) -> Bound {
        norm((0..self.len()).map(|i| Bound::from_leading(self.integers.leading(i)))).scaled(self.exponent)
    }

    /// Aligns entries of any exponents to one exponent, keeping the precision's bits of the largest.
    ///
    /// Every entry is rounded to nearest to the new unit 2^e', which changes it by at most 2^(e'−1); k entries that
    /// lose bits become inexact and add √k·2^(e'−1) to `error`. If every entry is in error anyway, digits far below the
    /// error are not kept: the unit may be 2^-16 of the error.
    pub fn store(
        entries: impl Into<Entries>,
        mut inexact: Bits,
        error: Bound,
        precision: impl Into<Precision>,
    ) -> Column {
        let Entries { integers, exponents } = entries.into();
        let precision = precision.into();
        let nonzero = || (0..integers.len()).filter(|&i| !integers.is_zero(i));
        let top = nonzero().map(|i| exponents[i] + i64::from(integers.bits(i))).max();
        let lowest = nonzero().map(|i| exponents[i]).min();
        let (Some(top), Some(lowest)) = (top, lowest) else {
            return Column { exponent: 0, integers: Integers::zeros(integers.len(), 0), inexact, error };
        };
        let mut exponent = lowest.max(top - i64::from(precision.kept()));
        if let Some(floor) = error.exponent()
            && nonzero().all(|i| inexact.get(i))
        {
            let entries = i64::from(usize::BITS - integers.len().leading_zeros());
            exponent = exponent.max((floor - SPARE - entries / 2).min(top - FEWEST));
        }
        let mut rounded = 0u64;
        // One bit more: the largest may be rounded up to a power of two.
        let mut stored = Integers::zeros(integers.len(), words_for((top - exponent + 1).unsigned_abs()));
        for i in nonzero() {
            if stored.set_shifted(i, &integers, i, exponents[i] - exponent) {
                rounded += 1;
                inexact.set(i);
            }
        }
        let rounding = precision.counted(Bound::from_f64(rounded as f64).sqrt().scaled(exponent - 1));
        Column { exponent, integers: stored, inexact, error: error + term(Term::StoreRounding, rounding) }
    }

    /// The same numbers with fewer digits, if the precision is lower.
    pub fn stored(&self, precision: impl Into<Precision>) -> Column {
        Column::store(Entries::at(self.integers.clone(), self.exponent), self.inexact.clone(), self.error, precision)
    }
}

/// At least the 2-norm of what the bounds bound.
pub fn norm(entries: impl Iterator<Item = Bound>) -> Bound {
    entries.map(|entry| entry * entry).sum::<Bound>().sqrt()
}
