//! The one rounding to nearest: the definition on exact numbers, and its fast consequence on doubles.

use super::{F64, Format, Range, Special, canonical, two_to};
use rug::float::Round;
use rug::{Assign, Float};

impl Format {
    /// Rounds an exact number to the format: **the definition**.
    ///
    /// Round to nearest, ties to even; overflow (a result that would exceed the maximum) gives
    /// infinity, or NaN where the format has none; underflow is gradual, with the sign kept on zero;
    /// NaN stays NaN; −0 stays −0. The result has precision p.
    pub fn round(&self, x: &Float) -> Float {
        let p = self.precision;
        if x.is_nan() || x.is_zero() {
            return Float::with_val(p, x);
        }
        let Range::Bounded { emin, special, .. } = self.range else {
            return Float::with_val(p, x);
        };
        let overflow = || match special {
            Special::Ieee if x.is_sign_negative() => Float::with_val(p, rug::float::Special::NegInfinity),
            Special::Ieee => Float::with_val(p, rug::float::Special::Infinity),
            Special::FiniteNan => Float::with_val(p, rug::float::Special::Nan),
        };
        let Some(exponent) = x.get_exp() else { return overflow() };
        // x = ±1.xxx·2^(exponent−1); the quantum is one unit in the last place where x lies.
        let quantum = (exponent - 1).max(emin) - (p as i32 - 1);
        if exponent < quantum {
            // Below half of the smallest quantum (a tie at exactly half goes to zero below).
            return signed_zero(p, x.is_sign_negative());
        }
        let scaled = Float::with_val(x.prec(), x >> quantum);
        let (units, _) = scaled.to_integer_round(Round::Nearest).expect("a finite number rounds to an integer");
        if units == 0 {
            return signed_zero(p, x.is_sign_negative());
        }
        let rounded = Float::with_val(p, units) << quantum;
        let max = self.max().expect("a bounded format has a maximum");
        if rounded.cmp_abs(&max) == Some(std::cmp::Ordering::Greater) { overflow() } else { rounded }
    }

    /// True where double precision can carry this format's arithmetic: members, exact products of
    /// two members, and sums whose double rounding is innocuous (53 ≥ 2p + 2, Figueroa 1995).
    pub fn fits_f64_lanes(&self) -> bool {
        match (self.smallest_subnormal_exponent(), self.max_exponent()) {
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
        let top_codes = if special == Special::FiniteNan { 2 } else { 1 };
        let max = ((1u64 << self.precision) - top_codes) as f64 * two_to(i64::from(emax - (self.precision as i32 - 1)));
        Rounder {
            drop: 53 - self.precision,
            smallest_normal: two_to(i64::from(emin)),
            subnormal_magic: 1.5 * two_to(i64::from(52 + emin - (self.precision as i32 - 1))),
            max,
            overflow: if special == Special::Ieee { f64::INFINITY } else { f64::NAN },
        }
    }

    /// Rounds a double: equal to [`Format::round`] on every double, for formats with
    /// [`Format::fits_f64_lanes`] and for binary64 itself.
    pub fn round_f64(&self, x: f64) -> f64 {
        if *self == F64 { canonical(x) } else { self.rounder().round(x) }
    }
}

/// One format's rounding of doubles with its constants at hand, branch-free.
#[derive(Clone, Copy, Debug)]
pub struct Rounder {
    drop: u32,
    smallest_normal: f64,
    subnormal_magic: f64,
    max: f64,
    overflow: f64,
}

impl Rounder {
    /// Rounds to nearest, ties to even; see [`Format::round`] for the special cases.
    #[inline(always)]
    pub fn round(&self, x: f64) -> f64 {
        let magnitude = x.abs();
        // Normal numbers: add half an ulp less one (and the last kept bit, for ties) to the bits; a
        // carry moves into the exponent as it should.
        let bits = magnitude.to_bits();
        let half_less_one = (1u64 << (self.drop - 1)) - 1;
        let odd = (bits >> self.drop) & 1;
        let normal = f64::from_bits((bits + half_less_one + odd) & !((1u64 << self.drop) - 1));
        // Subnormal numbers: the sum with 1.5·2^(52+q) is rounded by the hardware to multiples of 2^q.
        let subnormal = (magnitude + self.subnormal_magic) - self.subnormal_magic;
        let rounded = if magnitude < self.smallest_normal { subnormal } else { normal };
        let signed = rounded.copysign(x);
        // The second test catches NaN whose payload carries into the sign bit above.
        if (rounded <= self.max) & (magnitude <= f64::MAX) { signed } else { self.special(x) }
    }

    /// Overflow and NaN. The sign stays off a NaN, so that there is only one.
    #[inline(always)]
    fn special(&self, x: f64) -> f64 {
        if x.is_nan() { f64::NAN } else { canonical(self.overflow.copysign(x)) }
    }
}

fn signed_zero(precision: u32, negative: bool) -> Float {
    let mut zero = Float::new(precision);
    zero.assign(if negative { rug::float::Special::NegZero } else { rug::float::Special::Zero });
    zero
}
