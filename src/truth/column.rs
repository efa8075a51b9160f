//! One sample's vector in fixed point, with what is known of its error.
//!
//! A column holds integers m_i and one exponent e: the computed vector is ã_i = m_i·2^e. Each entry
//! carries one bit, *exact* (ã_i = a_i is certain), and the column one bound on the 2-norm of the errors
//! of its inexact entries. Products with exact weights are then exact integers; the one place where a
//! column loses bits is [`Column::store`], which keeps p bits of the largest entry.

use super::bound::Bound;
use super::term::{Term, term};
use rug::Integer;

/// m·2^e: an exact number of any range.
#[derive(Clone, Debug, PartialEq)]
pub struct Scaled {
    /// m
    pub mantissa: Integer,
    /// e
    pub exponent: i64,
}

impl Scaled {
    /// Zero.
    pub fn zero() -> Scaled {
        Scaled { mantissa: Integer::new(), exponent: 0 }
    }

    /// A finite double, exactly, with an odd mantissa.
    pub fn from_f64(x: f64) -> Scaled {
        if x == 0.0 {
            return Scaled::zero();
        }
        Scaled::from_float(&rug::Float::with_val(53, x))
    }

    /// A finite MPFR number, exactly, with an odd mantissa.
    ///
    /// # Panics
    /// If `x` is not finite: callers hold an enclosure, which is.
    pub fn from_float(x: &rug::Float) -> Scaled {
        if x.is_zero() {
            return Scaled::zero();
        }
        let (mantissa, exponent) = x.to_integer_exp().expect("invariant: enclosures are finite");
        let trailing = mantissa.find_one(0).unwrap_or(0);
        Scaled { mantissa: mantissa >> trailing, exponent: i64::from(exponent) + i64::from(trailing) }
    }

    /// Position of the leading bit plus one: |x| < 2^top. None for zero.
    pub fn top(&self) -> Option<i64> {
        (self.mantissa != 0).then(|| self.exponent + i64::from(self.mantissa.significant_bits()))
    }

    /// The number in MPFR, rounded to nearest at `precision` bits; none beyond MPFR's exponents.
    pub fn to_float(&self, precision: u32) -> Option<rug::Float> {
        float(&self.mantissa, self.exponent, precision)
    }
}

/// m·2^e in MPFR at `precision` bits, none where the exponent is out of its range (never 0 or ∞ instead).
pub fn float(mantissa: &Integer, exponent: i64, precision: u32) -> Option<rug::Float> {
    if *mantissa == 0 {
        return Some(rug::Float::new(precision));
    }
    let top = exponent + i64::from(mantissa.significant_bits());
    let limit = i64::from(rug::float::exp_max()) / 2;
    (-limit..limit).contains(&top).then(|| {
        let value = rug::Float::with_val(precision, mantissa);
        value << i32::try_from(exponent).expect("invariant: within half of MPFR's range, and p is far smaller")
    })
}

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

    /// True if some bit is set in none of `(a and b)`, `c`, `d`: an entry that none of three reasons excuses.
    pub fn unexcused(length: usize, (a, b): (&Bits, &Bits), c: &Bits, d: &Bits) -> bool {
        let words = a.0.iter().zip(&b.0).zip(c.0.iter().zip(&d.0));
        words.enumerate().any(|(index, ((a, b), (c, d)))| {
            let valid = length - 64 * index;
            let mask = if valid >= 64 { u64::MAX } else { (1 << valid) - 1 };
            !((a & b) | c | d) & mask != 0
        })
    }
}

/// One sample's vector: m_i·2^e, its exactness and its error.
#[derive(Clone, Debug)]
pub struct Column {
    /// e
    pub exponent: i64,
    /// m_i
    pub mantissas: Vec<Integer>,
    /// Entries that may differ from the true ones.
    pub inexact: Bits,
    /// At least the 2-norm of (a_i − ã_i) over the inexact entries.
    pub error: Bound,
}

impl Column {
    /// Exact doubles as they are.
    pub fn exact(values: impl Iterator<Item = f64>) -> Column {
        let entries: Vec<Scaled> = values.map(Scaled::from_f64).collect();
        let bits = u32::MAX; // nothing is dropped
        let length = entries.len();
        Column::store(entries, Bits::new(length), Bound::ZERO, bits)
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.mantissas.len()
    }

    /// True for a column of no entries.
    pub fn is_empty(&self) -> bool {
        self.mantissas.is_empty()
    }

    /// One entry.
    pub fn entry(&self, i: usize) -> Scaled {
        Scaled { mantissa: self.mantissas[i].clone(), exponent: self.exponent }
    }

    /// The entries as mantissa and exponent.
    pub fn numbers(&self) -> impl Iterator<Item = (&Integer, i64)> {
        self.mantissas.iter().map(|mantissa| (mantissa, self.exponent))
    }

    /// True if the entry is certainly zero.
    pub fn is_exact_zero(&self, i: usize) -> bool {
        self.mantissas[i] == 0 && !self.inexact.get(i)
    }

    /// At least |ã_i|.
    pub fn magnitude(&self, i: usize) -> Bound {
        Bound::from_integer(&self.mantissas[i]).scaled(self.exponent)
    }

    /// At least ‖ã‖₂.
    pub fn norm(&self) -> Bound {
        norm(self.mantissas.iter().map(Bound::from_integer)).scaled(self.exponent)
    }

    /// Brings entries of any exponents to one exponent, keeping `precision` bits of the largest.
    ///
    /// Every entry is rounded to nearest on the new unit 2^e', which moves it by at most 2^(e'−1); k
    /// entries that lose bits become inexact and add √k·2^(e'−1) to `error`.
    pub fn store(entries: Vec<Scaled>, mut inexact: Bits, error: Bound, precision: u32) -> Column {
        let top = entries.iter().filter_map(Scaled::top).max();
        let lowest = entries.iter().filter(|entry| entry.mantissa != 0).map(|entry| entry.exponent).min();
        let (Some(top), Some(lowest)) = (top, lowest) else {
            let mantissas = entries.into_iter().map(|entry| entry.mantissa).collect();
            return Column { exponent: 0, mantissas, inexact, error };
        };
        let exponent = lowest.max(top - i64::from(precision));
        let mut rounded = 0u64;
        let mantissas = entries
            .into_iter()
            .enumerate()
            .map(|(i, Scaled { mantissa, exponent: from })| {
                if mantissa == 0 {
                    return mantissa;
                }
                let (shifted, lost) = shift(mantissa, from - exponent);
                if lost {
                    rounded += 1;
                    inexact.set(i);
                }
                shifted
            })
            .collect();
        let rounding = Bound::from_f64(rounded as f64).sqrt().scaled(exponent - 1);
        Column { exponent, mantissas, inexact, error: error + term(Term::StoreRounding, rounding) }
    }
}

/// m·2^by on the integers: exact to the left, to nearest (half up) to the right; true if bits were lost.
///
/// Left shifts stay below the precision by construction; a right shift beyond the number's length gives 0.
pub fn shift(mantissa: Integer, by: i64) -> (Integer, bool) {
    if by >= 0 {
        let by = u32::try_from(by).expect("invariant: left shifts are bounded by the precision");
        return (mantissa << by, false);
    }
    let right = by.unsigned_abs();
    if right > u64::from(mantissa.significant_bits()) + 1 {
        let lost = mantissa != 0;
        return (Integer::new(), lost);
    }
    let right = right as u32;
    let lost = mantissa.find_one(0).is_some_and(|lowest| lowest < right);
    if !lost {
        return (mantissa >> right, false);
    }
    let half = Integer::from(1) << (right - 1);
    ((mantissa + half) >> right, true)
}

/// At least the 2-norm of what the bounds bound.
pub fn norm(entries: impl Iterator<Item = Bound>) -> Bound {
    entries.map(|entry| entry * entry).sum::<Bound>().sqrt()
}
