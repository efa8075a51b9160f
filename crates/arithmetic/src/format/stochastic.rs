//! Stochastic rounding with r random bits: the definition on exact numbers, and its fast implementation for doubles.
//!
//! For |x| between the neighbours lo and hi of the format, the fraction f = (|x| − lo)/(hi − lo) is truncated to r
//! bits, and x rounds away from zero iff f + u ≥ 1 for a random multiple u of 2^-r in [0, 1): u is added below the last
//! place and the sum is truncated. Numbers of the format are kept for every u. Because f is truncated, the mean over
//! all u is below |x| by at most 2^-r units in the last place (Croci, Fasi, Higham, Mary and Mikaitis 2022, section 7).

use super::{Format, Range, canonical};
use rug::float::Round;
use rug::{Float, Integer};

/// The most random bits.
pub const MOST_RANDOM_BITS: u32 = 32;

impl Format {
    /// Rounds an exact number stochastically to the format with u = `random`·2^-`bits`: **the definition**.
    ///
    /// Below the smallest normal number the neighbours have the subnormal numbers' spacing. The grid continues beyond
    /// the maximum, and a result there overflows as in [`Format::round`], which also defines the results for NaN,
    /// infinities and zeros. Truncating a number to `bits` bits more than the format's does not change its rounding.
    pub fn round_stochastically(&self, x: &Float, bits: u32, random: u32) -> Float {
        let p = self.precision;
        let Some(exponent) = x.get_exp() else { return self.round(x) };
        let emin = match self.range {
            Range::Bounded { emin, .. } => i64::from(emin),
            Range::Unbounded => i64::MIN / 2,
        };
        let quantum = (i64::from(exponent) - 1).max(emin) - (i64::from(p) - 1);
        let step = quantum - i64::from(bits);
        if i64::from(exponent) <= step {
            return self.zero(x.is_sign_negative());
        }
        // The exponents of MPFR numbers fit.
        let scaled = Float::with_val(x.prec(), x.abs_ref()) >> i32::try_from(step).unwrap_or(i32::MIN);
        let (cut, _) = scaled.to_integer_round(Round::Zero).expect("invariant: a finite number");
        let units: Integer = (cut + random) >> bits;
        if units == 0 {
            return self.zero(x.is_sign_negative());
        }
        let magnitude = Float::with_val(p, units) << i32::try_from(quantum).unwrap_or(i32::MIN);
        let is_beyond = self.max().is_some_and(|max| magnitude > max);
        let result = if is_beyond { Float::with_val(p, rug::float::Special::Infinity) } else { magnitude };
        // A number of the format is kept.
        self.round(&if x.is_sign_negative() { -result } else { result })
    }

    /// The constants of [`StochasticRounder::round`], if doubles have enough bits.
    pub fn stochastic_rounder(&self, bits: u32) -> Option<StochasticRounder> {
        // Two bits more than the rounding uses, for numbers that were rounded to odd.
        let is_carried = self.fits_f64_lanes() && (1..=MOST_RANDOM_BITS).contains(&bits);
        if !is_carried || self.precision + bits + 2 > f64::MANTISSA_DIGITS {
            return None;
        }
        let rounder = self.rounder();
        Some(StochasticRounder {
            least: rounder.smallest_normal(),
            largest: rounder.largest(),
            overflow: rounder.overflow(),
            zero_sign: if rounder.has_negative_zero() { -0.0 } else { 0.0 },
            precision: self.precision,
            bits,
        })
    }
}

/// The stochastic rounding of doubles to one format with precomputed constants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StochasticRounder {
    least: f64,
    largest: f64,
    overflow: f64,
    /// −0 if zeros keep their sign, otherwise +0.
    zero_sign: f64,
    precision: u32,
    bits: u32,
}

impl StochasticRounder {
    /// As [`Format::round_stochastically`], for a number truncated to a double.
    ///
    /// Among normal numbers the format's last place is the same bit of all doubles of a binade, and a carry out of the
    /// significand is the next binade. Smaller ones are lifted by the smallest normal number, into the binade
    /// where the last place is theirs; the sum only loses bits beyond the random ones.
    #[inline]
    pub fn round(&self, x: f64, random: u32) -> f64 {
        let lift = if x.abs() < self.least { self.least.copysign(x) } else { 0.0 };
        let below = f64::MANTISSA_DIGITS - self.precision;
        let lifted = cut_sum(x, lift).to_bits().wrapping_add(u64::from(random) << (below - self.bits));
        // A zero plus +0 is +0, and plus −0 itself.
        let rounded = (f64::from_bits(lifted & (u64::MAX << below)) - lift).copysign(x) + self.zero_sign;
        // Adding the random bits to a NaN may have made it look like a number.
        if x.is_nan() {
            f64::NAN
        } else if rounded.abs() <= self.largest {
            rounded
        } else {
            canonical(self.overflow.copysign(x))
        }
    }

    /// Random bits of a rounding.
    pub fn bits(&self) -> u32 {
        self.bits
    }

    /// p.
    pub fn precision(&self) -> u32 {
        self.precision
    }

    /// The smallest normal number.
    pub fn smallest_normal(&self) -> f64 {
        self.least
    }

    /// The largest finite number.
    pub fn largest(&self) -> f64 {
        self.largest
    }

    /// The result of an overflow: infinity, NaN, or the largest number.
    pub fn overflow(&self) -> f64 {
        self.overflow
    }

    /// Whether zero has a sign.
    pub fn has_negative_zero(&self) -> bool {
        self.zero_sign.is_sign_negative()
    }
}

/// x + y truncated to a double, toward zero.
#[inline(always)]
pub fn cut_sum(x: f64, y: f64) -> f64 {
    let sum = x + y;
    let from_y = sum - x;
    let error = (x - (sum - from_y)) + (y - from_y);
    // The error of infinities and NaN is NaN. A sum that was rounded away from zero has an error of the opposite sign.
    if error != 0.0 && !error.is_nan() && (error > 0.0) != (sum > 0.0) {
        f64::from_bits(sum.to_bits() - 1)
    } else {
        sum
    }
}
