//! Exact numbers, which are passed between arithmetics, the exact gradient and the measures.

use crate::activation::{Activation, Piece};
use crate::format::two_to;
use rug::Float;
use std::cmp::Ordering;

/// An exact number: a double if one suffices (every format up to binary64), otherwise an MPFR number.
#[derive(Clone, Debug)]
pub enum Exact {
    /// The value of a double; infinities and NaN stand for themselves.
    Double(f64),
    /// The value of an MPFR number.
    Long(Float),
}

impl Exact {
    /// The piece of φ' in which a finite number lies.
    pub fn piece_in(&self, activation: &Activation) -> Option<Piece> {
        self.is_finite().then(|| {
            activation.piece(|at| self.partial_cmp(&Exact::Double(at)).expect("invariant: finite numbers compare"))
        })
    }

    /// The number with at least the bits to hold it.
    pub fn to_float(&self) -> Float {
        match self {
            Exact::Double(x) => Float::with_val(53, *x),
            Exact::Long(x) => x.clone(),
        }
    }

    /// The nearest double.
    #[inline]
    pub fn to_f64(&self) -> f64 {
        match self {
            Exact::Double(x) => *x,
            Exact::Long(x) => x.to_f64(),
        }
    }

    /// How the number compares with zero; `None` for NaN.
    #[inline]
    pub fn sign(&self) -> Option<Ordering> {
        match self {
            Exact::Double(x) => x.partial_cmp(&0.0),
            Exact::Long(x) => x.partial_cmp(&0),
        }
    }

    /// False for infinities and NaN.
    #[inline]
    pub fn is_finite(&self) -> bool {
        match self {
            Exact::Double(x) => x.is_finite(),
            Exact::Long(x) => x.is_finite(),
        }
    }

    /// True for ±0.
    #[inline]
    pub fn is_zero(&self) -> bool {
        match self {
            Exact::Double(x) => *x == 0.0,
            Exact::Long(x) => x.is_zero(),
        }
    }

    /// x·2^log2, exactly, even beyond the range of doubles.
    pub fn times_two_to(&self, log2: i32) -> Exact {
        match self {
            Exact::Double(x) if !x.is_finite() => self.clone(),
            Exact::Double(x) => {
                let factor = |log2: i32| (log2.abs() <= 1022).then(|| two_to(i64::from(log2)));
                match factor(log2).zip(factor(-log2)).map(|(there, back)| (x * there, x * there * back)) {
                    Some((product, back)) if back == *x => Exact::Double(product),
                    _ => Exact::Long(Float::with_val(53, *x) << log2),
                }
            }
            Exact::Long(x) => Exact::Long(Float::with_val(x.prec(), x << log2)),
        }
    }

    /// ⌊log₂|x|⌋ of a finite number that is not zero.
    #[inline]
    pub fn exponent(&self) -> Option<i64> {
        match self {
            Exact::Double(x) => (x.is_finite() && *x != 0.0).then(|| crate::format::exponent_of(*x)),
            Exact::Long(x) => x.get_exp().map(|e| i64::from(e) - 1),
        }
    }
}

impl PartialEq for Exact {
    fn eq(&self, other: &Exact) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Exact) -> Option<Ordering> {
        match (self, other) {
            (Exact::Double(x), Exact::Double(y)) => x.partial_cmp(y),
            (Exact::Double(x), Exact::Long(y)) => x.partial_cmp(y),
            (Exact::Long(x), Exact::Double(y)) => x.partial_cmp(y),
            (Exact::Long(x), Exact::Long(y)) => x.partial_cmp(y),
        }
    }
}

/// num/den as a number that rounds like the exact quotient in every format of at most `precision`
/// bits: enough quotient bits, and a last one that is set where the division left a remainder.
pub fn quotient(num: u64, den: u64, precision: u32) -> Float {
    let bits = precision + 128;
    let (quotient, remainder) = (rug::Integer::from(num) << bits).div_rem(rug::Integer::from(den));
    let sticky = quotient * 2u32 + u32::from(remainder != 0);
    let exact = Float::with_val(sticky.significant_bits().max(1), sticky);
    exact >> (bits + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Products with powers of two never round, among subnormal numbers neither.
    #[test]
    fn powers_of_two_are_exact() {
        let scaled = |x: f64, log2: i32| Exact::Double(x).times_two_to(log2);
        assert_eq!(scaled(3.0, -10), Exact::Double(3.0 / 1024.0));
        let tiny = scaled(5e-324, -10);
        assert_eq!(tiny, Exact::Long(Float::with_val(53, 5e-324) >> 10u32));
        assert!(!tiny.is_zero());
        assert_eq!(scaled(f64::MAX, 10).exponent(), Some(1033));
        assert_eq!(scaled(1.0, 5000).exponent(), Some(5000));
        assert!(!scaled(f64::NAN, -10).is_finite());
        assert_eq!(scaled(f64::INFINITY, 3), Exact::Double(f64::INFINITY));
        assert_eq!(scaled(0.0, -10), Exact::Double(0.0));
        assert_eq!(Exact::Long(Float::with_val(9, 3)).times_two_to(2), Exact::Double(12.0));
    }
}
