//! One block: exact products, aligned, cut and added as integers, and the sum rounded once.

use crate::format::{Format, exponent_of, two_to};

/// The exponent of a zero, as an addend and as a factor, in every format: a zero's product has
/// −126 and the exponent of the other factor (MMA-Sim). It is also the least that the largest exponent can be.
pub(super) const ZERO_EXPONENT: i32 = -126;

/// The exponent of an infinite factor or NaN: so large that a sum of two exponents shows it.
const SPECIAL: i16 = 1 << 14;

/// A member of the input format made ready for products: significand·2^(exponent − p + 1), where numbers below
/// the smallest normal one keep its exponent; ±1 and 0 stand for ±∞ and NaN at an exponent beyond all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Factor {
    significand: i16,
    exponent: i16,
}

impl Factor {
    /// Of a member of a format with at most 15 bits of precision.
    #[inline]
    pub(super) fn new(x: f64, format: &Format) -> Factor {
        if !x.is_finite() {
            let significand = if x.is_nan() { 0 } else { x.signum() as i16 };
            return Factor { significand, exponent: SPECIAL };
        }
        if x == 0.0 {
            return Factor { significand: 0, exponent: ZERO_EXPONENT as i16 };
        }
        let emin = format.smallest_normal_exponent().expect("invariant: a bounded format");
        let exponent = exponent_of(x).max(i64::from(emin));
        let units = x * two_to(i64::from(format.precision) - 1 - exponent);
        debug_assert!(
            units.abs() < two_to(i64::from(format.precision)) && units == units.trunc(),
            "{x} is no {format}"
        );
        Factor { significand: units as i16, exponent: exponent as i16 }
    }

    /// The number itself.
    fn value(self, precision: u32) -> f64 {
        match (self.exponent, self.significand) {
            (SPECIAL, 0) => f64::NAN,
            (SPECIAL, sign) => f64::INFINITY * f64::from(sign),
            (exponent, units) => f64::from(units) * two_to(i64::from(exponent) - i64::from(precision) + 1),
        }
    }
}

/// An exact sum units·2^exponent of a block's addends, or what it is where one of them is infinite or NaN.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Sum {
    Finite { units: i64, exponent: i32 },
    Special(f64),
}

/// How products are aligned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Alignment {
    /// p of the factors; their products have 2(p − 1) bits after the point.
    pub precision: u32,
    /// F: bits after the point of what is kept of an addend with the largest exponent.
    pub fraction_bits: u32,
    /// emin of C's format.
    pub least_exponent: i32,
}

impl Alignment {
    /// Σ aᵢbᵢ + c, each addend cut toward zero to F bits below the largest exponent.
    ///
    /// F is at least 2(p − 1) for every format and GPU, so that only alignment cuts. A product's magnitude is
    /// below 4·2^F ≤ 2^27, c's below 2·2^F.
    #[inline(always)]
    pub fn sum(&self, a: &[Factor], b: &[Factor], c: f64) -> Sum {
        let exponent = |(x, y): (&Factor, &Factor)| i32::from(x.exponent) + i32::from(y.exponent);
        let own = if c == 0.0 { ZERO_EXPONENT } else { (exponent_of(c) as i32).max(self.least_exponent) };
        let top = a.iter().zip(b).map(exponent).fold(own, i32::max);
        if top >= i32::from(SPECIAL) / 2 || !c.is_finite() {
            let value = |(x, y): (&Factor, &Factor)| x.value(self.precision) * y.value(self.precision);
            // The finite products are far from a double's ends.
            return Sum::Special(a.iter().zip(b).map(value).sum::<f64>() + c);
        }
        let lift = self.fraction_bits - 2 * (self.precision - 1);
        let products = a.iter().zip(b).map(|(x, y)| {
            let product = (i32::from(x.significand) * i32::from(y.significand)) << lift;
            let distance = (top - exponent((x, y))).min(31);
            // Toward zero, which a shift of the two's complement is not.
            let sign = product >> 31;
            i64::from((((product ^ sign) - sign) >> distance ^ sign) - sign)
        });
        Sum::Finite { units: products.sum::<i64>() + self.cut(c, top), exponent: top - self.fraction_bits as i32 }
    }

    /// C in units of 2^(top − F), toward zero.
    #[inline(always)]
    fn cut(&self, c: f64, top: i32) -> i64 {
        if c == 0.0 {
            return 0;
        }
        // C is a member of f32 or f16, a normal number among doubles.
        let significand = (c.to_bits() & ((1 << 52) - 1) | 1 << 52) as i64;
        let distance = 52 - self.fraction_bits as i32 + top - exponent_of(c) as i32;
        let units = significand >> distance.min(63);
        if c < 0.0 { -units } else { units }
    }
}

/// What a sum is rounded to: 2^emin is the smallest normal number, 2^(emax+1) overflows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub fraction_bits: u32,
    pub emin: i32,
    pub emax: i32,
    /// To nearest, ties to even; otherwise toward zero.
    pub to_nearest: bool,
}

impl Target {
    /// units·2^exponent with |units| < 2^62. A zero is +0 whatever the addends' signs, and a number that would
    /// be beyond the largest finite one is infinite also where rounding is toward zero (MMA-Sim).
    #[inline(always)]
    pub fn round(&self, units: i64, exponent: i32) -> f64 {
        let magnitude = units.unsigned_abs();
        if magnitude == 0 {
            return 0.0;
        }
        let leading = exponent + magnitude.ilog2() as i32;
        let quantum = leading.max(self.emin) - self.fraction_bits as i32;
        let rounded = if quantum <= exponent {
            magnitude as f64 * two_to(i64::from(exponent))
        } else {
            let dropped = (quantum - exponent).min(63);
            let mut kept = magnitude >> dropped;
            if self.to_nearest {
                let (rest, half) = (magnitude & ((1 << dropped) - 1), 1u64 << (dropped - 1));
                kept += u64::from(rest > half || rest == half && kept & 1 == 1);
            }
            kept as f64 * two_to(i64::from(quantum))
        };
        let rounded = if rounded >= two_to(i64::from(self.emax) + 1) { f64::INFINITY } else { rounded };
        // Only what is not zero has a sign.
        if units < 0 { 0.0 - rounded } else { rounded }
    }
}
