//! Exact numbers m·2^e with any exponent.

use crate::activation::quick::{self, Number};
use crate::activation::{Activation, Function};
use rug::Integer;
use rug::integer::Order;
use std::cmp::Ordering;

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

    /// 2^exponent
    pub fn power_of_two(exponent: i64) -> Scaled {
        Scaled { mantissa: Integer::from(1), exponent }
    }

    /// A finite double, exactly, with an odd mantissa.
    pub fn from_f64(x: f64) -> Scaled {
        let (mantissa, exponent) = odd(x);
        let magnitude = Integer::from(mantissa);
        Scaled { mantissa: if x < 0.0 { -magnitude } else { magnitude }, exponent }
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

    /// The same number on a lower exponent; zero has none.
    pub fn aligned(&self, exponent: i64) -> Integer {
        if self.mantissa == 0 {
            Integer::new()
        } else {
            Integer::from(&self.mantissa << (self.exponent - exponent) as u32)
        }
    }

    /// The number in MPFR, rounded to nearest at `precision` bits; `None` beyond MPFR's exponents.
    pub fn to_float(&self, precision: u32) -> Option<rug::Float> {
        float(&self.mantissa, self.exponent, precision)
    }
}

/// m·2^e in MPFR at `precision` bits; `None` if the exponent is out of its range (never 0 or ∞ instead).
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

impl Scaled {
    /// How it compares with zero.
    pub fn sign(&self) -> Ordering {
        self.mantissa.cmp0()
    }

    /// −x
    pub fn negated(&self) -> Scaled {
        Scaled { mantissa: Integer::from(-&self.mantissa), exponent: self.exponent }
    }

    /// x·y
    pub fn times(&self, other: &Scaled) -> Scaled {
        Scaled { mantissa: Integer::from(&self.mantissa * &other.mantissa), exponent: self.exponent + other.exponent }
    }

    /// x·2^log2
    pub fn times_two_to(self, log2: i64) -> Scaled {
        Scaled { exponent: self.exponent + log2, ..self }
    }

    /// x + y; the caller knows that their exponents are not far apart.
    pub fn plus(&self, other: &Scaled) -> Scaled {
        if other.mantissa == 0 {
            return self.clone();
        }
        if self.mantissa == 0 {
            return other.clone();
        }
        let exponent = self.exponent.min(other.exponent);
        Scaled { mantissa: self.aligned(exponent) + other.aligned(exponent), exponent }
    }

    /// ⌊log₂|x|⌋; `None` for zero.
    pub fn log2(&self) -> Option<i64> {
        self.top().map(|top| top - 1)
    }

    /// |x| truncated to 53 bits: f·2^e with f in [1/2, 1), or (0, 0).
    pub fn least(&self) -> (f64, i64) {
        if self.mantissa == 0 {
            return (0.0, 0);
        }
        let (fraction, exponent) = self.mantissa.to_f64_exp();
        (fraction.abs(), i64::from(exponent) + self.exponent)
    }

    /// Rounded to a multiple of 2^unit, to nearest, and whether digits were lost.
    pub fn rounded(self, unit: i64) -> (Scaled, bool) {
        let by = unit - self.exponent;
        if by <= 0 || self.mantissa == 0 {
            return (self, false);
        }
        if by > i64::from(self.mantissa.significant_bits()) + 1 {
            return (Scaled { mantissa: Integer::new(), exponent: unit }, true);
        }
        let by = by as u32;
        let is_lost = self.mantissa.find_one(0).is_some_and(|lowest| lowest < by);
        let mantissa = (self.mantissa + (Integer::from(1) << (by - 1))) >> by;
        (Scaled { mantissa, exponent: unit }, is_lost)
    }
}

impl From<Number<'_>> for Scaled {
    fn from(number: Number<'_>) -> Scaled {
        let mut mantissa = Integer::from_digits(number.words, Order::Lsf);
        if number.negative {
            mantissa = -mantissa;
        }
        Scaled { mantissa, exponent: number.exponent }
    }
}

/// |x| = m·2^e with an odd m, or 0.
pub fn odd(x: f64) -> (u64, i64) {
    let bits = x.to_bits();
    let (field, fraction) = ((bits >> 52) & 0x7ff, bits & ((1 << 52) - 1));
    let (mantissa, exponent) = if field == 0 { (fraction, -1074) } else { (fraction | 1 << 52, field as i64 - 1075) };
    match mantissa {
        0 => (0, 0),
        _ => (mantissa >> mantissa.trailing_zeros(), exponent + i64::from(mantissa.trailing_zeros())),
    }
}

/// [`quick::pair`] as numbers of this type: compiled here, like the integers that it consists of.
pub fn quick_pair(activation: Activation, x: Number<'_>, precision: u32) -> (Option<Scaled>, Option<Scaled>) {
    quick::pair(activation, x, precision)
}

/// [`quick::single`] likewise.
pub fn quick_single(function: &Function, x: Number<'_>, precision: u32) -> Option<Scaled> {
    quick::single(function, x, precision)
}
