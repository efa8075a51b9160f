//! Alternating series 1 − c₁s + c₂s² − … of small fractions s, by Horner's rule on growing numbers of words.
//!
//! With s < 2^−b, an error of P_k in P_k = c_k − s·P_(k+1) reaches P₀ as s^k times itself. The series is used
//! as s·P₀, in which an error of P₀ counts 2^−b times. So P_k needs as few words m_k as satisfy
//! b(k + 1) + 64m_k ≥ 64N, and each of its units then reaches P₀ as at most 2^b·η.

use super::words::{leading, multiply_high, subtract, with_length};
use rug::Integer;

/// Coefficients 1 = c₀ ≥ c₁ ≥ … ≥ 0, cut to as many words as each needs.
#[derive(Clone, Debug)]
pub struct Series {
    /// Arguments are below 2^−bits.
    bits: u32,
    /// The words of all coefficients of one length together, for each length from 1; the last coefficient first.
    pub(super) coefficients: Vec<Vec<u64>>,
    /// Of P₀, in units of 2^bits·η.
    pub error: u64,
}

/// What a series needs of a coefficient.
#[derive(Clone, Copy, Debug)]
pub struct Needed {
    /// One that is at most 2^−bits may be left out, with all that follow.
    pub bits: u32,
    /// Words that are kept of it.
    pub words: u32,
}

/// The steps with M words, at the leading end of `p`.
fn steps<const M: usize>(coefficients: &[u64], s: &[u64], p: &mut [u64]) {
    let s = leading::<M>(s);
    let mut sum = *leading::<M>(p);
    let (coefficients, _) = coefficients.as_chunks::<M>();
    for coefficient in coefficients {
        (sum, _) = subtract(coefficient, &multiply_high(s, &sum));
    }
    let from = p.len() - M;
    p[from..].copy_from_slice(&sum);
}

impl Series {
    /// The series with c_k = 1/denominator(k) for arguments below 2^−bits.
    ///
    /// Counts, in units of m_k words: c_k, cut: 1; s, cut: 1 (P < 1); the product: m_k. Together m_k + 2 for each k.
    /// The terms from K on alternate and fall, so leaving them out costs at most c_K·2^(−bK), and K is the first
    /// k with c_k·2^(−b(k + 1)) ≤ η: 1. c₀ = 1 is taken as 1 − η: in its cut.
    pub fn new(words: usize, bits: u32, denominator: impl Fn(u32) -> Integer) -> Series {
        Series::of(words, bits, |k, needed| {
            let denominator = denominator(k);
            // c_k ≤ 2^(1 − significant bits)
            (denominator.significant_bits() <= needed.bits).then(|| {
                let unit = Integer::from(1) << (64 * needed.words);
                if denominator == 1 { unit - 1 } else { unit / denominator }
            })
        })
    }

    /// The series with other coefficients 1 > c₀ ≥ c₁ ≥ … ≥ 0 for arguments below 2^−bits: each cut to a number of words,
    /// by at most one unit, or none from the first on that is at most 2^−(needed bits). Counts as in [`Series::new`].
    pub fn of(words: usize, bits: u32, coefficient: impl Fn(u32, Needed) -> Option<Integer>) -> Series {
        let length = 64 * words as u32;
        let mut coefficients = vec![Vec::new(); words];
        let mut error = 1;
        for k in 0u32.. {
            let m = length.saturating_sub(bits * (k + 1)).div_ceil(64).max(1);
            let needed = Needed { bits: length.saturating_sub(bits * (k + 1)), words: m };
            let Some(cut) = coefficient(k, needed) else { break };
            coefficients[m as usize - 1].splice(0..0, padded(&cut, m as usize));
            error += u64::from(m) + 2;
        }
        Series { bits, coefficients, error }
    }

    /// P₀ and its error in units, for a fraction below 2^−bits.
    ///
    /// No step borrows: s·P_(k+1) ≤ 2^−b·c_(k+1) ≤ c_k, also where they are cut to whole units.
    #[inline]
    pub fn sum<const N: usize>(&self, s: &[u64; N]) -> ([u64; N], u64) {
        let mut p = [0; N];
        for (index, coefficients) in self.coefficients.iter().enumerate() {
            with_length!(index + 1, steps, (coefficients, s, &mut p));
        }
        (p, self.error << self.bits)
    }
}

/// The words of an integer, the least significant first, with zeros above it.
pub fn padded(integer: &Integer, words: usize) -> Vec<u64> {
    let mut digits = integer.to_digits::<u64>(rug::integer::Order::Lsf);
    digits.resize(words, 0);
    digits
}
