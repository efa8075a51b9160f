//! Rounding to nearest: the definition on exact numbers, and its fast implementation for doubles.

use super::{F64, Format, Overflow, Range, Special, canonical, exponent_of, two_to};
use rug::float::Round;
use rug::{Assign, Float};

impl Format {
    /// Rounds an exact number to the format: **the definition**.
    ///
    /// Rounds to nearest, ties to even. Overflow (a result that would exceed the maximum, or infinity) gives infinity,
    /// NaN or the largest number, as [`Special::overflow`] defines, with the sign. Underflow is gradual and keeps the
    /// sign of zero if zero has one; so does −0. NaN stays NaN even in formats without a code for it, so that it is
    /// never hidden. A format of scales has neither zero nor negative numbers and gives NaN for them. The result has
    /// precision p.
    pub fn round(&self, x: &Float) -> Float {
        let p = self.precision;
        if x.is_nan() {
            return Float::with_val(p, x);
        }
        if x.is_zero() {
            return self.zero(x.is_sign_negative());
        }
        let Range::Bounded { emin, special, .. } = self.range else {
            return Float::with_val(p, x);
        };
        let nan = || Float::with_val(p, rug::float::Special::Nan);
        if special == Special::Scale && x.is_sign_negative() {
            return nan();
        }
        let max = self.max().expect("a bounded format has a maximum");
        let overflow = || {
            let magnitude = match special.overflow() {
                Overflow::Infinity => Float::with_val(p, rug::float::Special::Infinity),
                Overflow::Nan => nan(),
                Overflow::Largest => max.clone(),
            };
            if x.is_sign_negative() { -magnitude } else { magnitude }
        };
        let Some(exponent) = x.get_exp() else { return overflow() };
        // x = ±1.xxx·2^(exponent−1); the quantum is one unit in the last place where x lies.
        let quantum = (exponent - 1).max(emin) - (p as i32 - 1);
        if exponent < quantum {
            // Below half of the smallest quantum (a tie at exactly half goes to zero below).
            return self.zero(x.is_sign_negative());
        }
        let scaled = Float::with_val(x.prec(), x >> quantum);
        let (units, _) = scaled.to_integer_round(Round::Nearest).expect("a finite number rounds to an integer");
        if units == 0 {
            return self.zero(x.is_sign_negative());
        }
        let rounded = Float::with_val(p, units) << quantum;
        if rounded.cmp_abs(&max) == Some(std::cmp::Ordering::Greater) { overflow() } else { rounded }
    }

    /// Zero of a sign, if the format has it.
    pub(super) fn zero(&self, is_negative: bool) -> Float {
        let mut zero = Float::new(self.precision);
        if self.is_scale() {
            zero.assign(rug::float::Special::Nan);
        } else if is_negative && self.has_negative_zero() {
            zero.assign(rug::float::Special::NegZero);
        }
        zero
    }

    /// True where double precision can carry this format's arithmetic: members, exact products of
    /// two members, and sums whose double rounding is innocuous (53 ≥ 2p + 2, Figueroa 1995).
    pub fn fits_f64_lanes(&self) -> bool {
        match (self.smallest_subnormal_exponent(), self.max_exponent()) {
            _ if self.is_scale() => false,
            (Some(smallest), Some(emax)) => self.precision <= 24 && 2 * smallest >= -1022 && 2 * (emax + 1) <= 1023,
            _ => false,
        }
    }

    /// The constants of [`Rounder::round`], for formats no wider than binary64.
    pub fn rounder(&self) -> Rounder {
        let Range::Bounded { emin, emax, special } = self.range else {
            panic!("invariant: double precision carries only bounded formats");
        };
        assert!(self.precision < 52 && self.fits_f64_lanes(), "invariant: {} does not fit double lanes", self.name());
        let top = (1u64 << self.precision) - 1 - u64::from(special.takes_last_code());
        let max = top as f64 * two_to(i64::from(emax - (self.precision as i32 - 1)));
        Rounder {
            least_exponent: two_to(i64::from(emin)).to_bits(),
            raise: (u64::from(53 - self.precision) << 52) | 1 << 51,
            max,
            overflow: special.overflow_of(max),
            zero_sign: if special.has_negative_zero() { (-0.0f64).to_bits() } else { 0 },
        }
    }

    /// Rounds a double: equal to [`Format::round`] on every double, for formats with
    /// [`Format::fits_f64_lanes`] and for binary64 itself.
    #[inline]
    pub fn round_f64(&self, x: f64) -> f64 {
        if *self == F64 { canonical(x) } else { self.rounder().round(x) }
    }
}

/// The rounding of doubles to one format with precomputed constants, branch-free.
#[derive(Clone, Copy, Debug)]
pub struct Rounder {
    /// The bits of the smallest normal number, a power of two.
    least_exponent: u64,
    /// Added to the bits of 2^e to give 1.5·2^(e+53−p).
    raise: u64,
    max: f64,
    overflow: f64,
    /// The sign bit if zeros keep their sign, otherwise 0.
    zero_sign: u64,
}

/// The exponent field of a double.
const EXPONENT: u64 = 0x7ff << 52;

impl Rounder {
    /// Rounds to nearest, ties to even; see [`Format::round`] for the special cases.
    ///
    /// With 2^e ≤ |x| < 2^(e+1), or e = emin below it, the sum x + 1.5·2^(e+53−p) lies in the binade whose unit is
    /// 2^(e+1−p), the format's there, so that the hardware rounds it as the format does; the difference is exact.
    /// Numbers so large that the power is beyond the doubles give NaN or themselves, beyond the maximum.
    #[inline(always)]
    pub fn round(&self, x: f64) -> f64 {
        let rounded = self.round_within(x);
        // This comparison is false for NaN.
        if rounded.abs() <= self.max { rounded } else { self.special(x) }
    }

    /// The same for a number that neither overflows nor is infinite or NaN.
    #[inline(always)]
    pub fn round_within(&self, x: f64) -> f64 {
        let exponent = (x.to_bits() & EXPONENT).max(self.least_exponent);
        let magic = f64::from_bits(exponent.wrapping_add(self.raise));
        // Only results of zero still lack the sign.
        f64::from_bits(((x + magic) - magic).to_bits() | (x.to_bits() & self.zero_sign))
    }

    /// The largest finite number.
    pub fn largest(&self) -> f64 {
        self.max
    }

    /// p, from the raise of the exponent by 53 − p.
    pub fn precision(&self) -> u32 {
        53 - (self.raise >> 52) as u32
    }

    /// u = 2^-p.
    pub fn unit_roundoff(&self) -> f64 {
        two_to(-i64::from(self.precision()))
    }

    /// The smallest normal number.
    pub fn smallest_normal(&self) -> f64 {
        f64::from_bits(self.least_exponent)
    }

    /// The largest number of a higher precision that rounds to nearest to at most [`Rounder::largest`].
    pub fn overflows_above(&self, precision: u32) -> f64 {
        let place = two_to(exponent_of(self.max) + 1 - i64::from(self.precision()));
        let is_even = (self.max / place) % 2.0 == 0.0;
        // Half a unit beyond it is a tie, which goes to the even significand.
        let below = if is_even { 0.0 } else { two_to(exponent_of(self.max) + 1 - i64::from(precision)) };
        self.max + 0.5 * place - below
    }

    /// The result of an overflow: infinity, NaN, or the largest number.
    pub fn overflow(&self) -> f64 {
        self.overflow
    }

    /// Whether zero has a sign.
    pub fn has_negative_zero(&self) -> bool {
        self.zero_sign != 0
    }

    /// Handles overflow and NaN. NaN never gets a sign, so there is only one NaN.
    #[inline(always)]
    fn special(&self, x: f64) -> f64 {
        if x.is_nan() { f64::NAN } else { canonical(self.overflow.copysign(x)) }
    }
}
