//! Directed roundings and rounding to odd: the definition on exact numbers, and its fast consequence on doubles.
//!
//! Toward zero, up and down are those of IEEE 754-2019 section 4.3.2. Rounding to odd keeps numbers of the format and
//! otherwise takes the neighbour whose last bit is set, so that a later rounding to fewer bits is correct (Boldo and
//! Melquiond 2008). A result that exceeds the maximum on an unbounded grid of the same spacing overflows like infinity
//! ([`Format::round`]), except in a direction that leads back to the maximum.

use super::{Format, Range, canonical, sum_to_odd};
use rug::float::Round;
use rug::{Float, Integer};

/// A rounding that does not choose the nearest neighbour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Toward {
    /// The neighbour nearer to zero: truncation.
    Zero,
    /// The larger neighbour.
    Up,
    /// The smaller neighbour.
    Down,
    /// The neighbour whose last significand bit is set.
    Odd,
}

impl Toward {
    /// All of them.
    pub const ALL: [Toward; 4] = [Toward::Zero, Toward::Up, Toward::Down, Toward::Odd];

    /// Whether inexact magnitudes of that sign always increase.
    #[inline(always)]
    fn raises(self, is_negative: bool) -> bool {
        match self {
            Toward::Up => !is_negative,
            Toward::Down => is_negative,
            Toward::Zero | Toward::Odd => false,
        }
    }

    /// Whether a finite magnitude of that sign beyond the maximum becomes the maximum.
    #[inline(always)]
    fn ends_at_maximum(self, is_negative: bool) -> bool {
        match self {
            Toward::Zero => true,
            Toward::Up => is_negative,
            Toward::Down => !is_negative,
            Toward::Odd => false,
        }
    }
}

impl Format {
    /// Rounds an exact number to the format in a direction: **the definition**.
    ///
    /// NaN, infinities and zeros are rounded as by [`Format::round`]. The result has precision p.
    pub fn round_toward(&self, x: &Float, toward: Toward) -> Float {
        let p = self.precision;
        let Some(exponent) = x.get_exp() else { return self.round(x) };
        let is_negative = x.is_sign_negative();
        let emin = match self.range {
            Range::Bounded { emin, .. } => i64::from(emin),
            Range::Unbounded => i64::MIN / 2,
        };
        let quantum = (i64::from(exponent) - 1).max(emin) - (i64::from(p) - 1);
        // A number far below the quantum rounds like any other between 0 and the quantum.
        let scaled = match i64::from(exponent) < quantum {
            true => Float::with_val(2, 0.25),
            // The exponents of MPFR numbers fit.
            false => Float::with_val(x.prec(), x.abs_ref()) >> i32::try_from(quantum).unwrap_or(i32::MIN),
        };
        let (mut units, _) = scaled.to_integer_round(Round::Zero).expect("invariant: a finite number");
        let is_inexact = units != scaled;
        if is_inexact && (toward.raises(is_negative) || toward == Toward::Odd && units.is_even()) {
            units += 1;
        }
        if units == 0 {
            return self.zero(is_negative);
        }
        let magnitude = Float::with_val(p, Integer::from(&units)) << i32::try_from(quantum).unwrap_or(i32::MIN);
        let result = match self.max() {
            Some(max) if magnitude > max && toward.ends_at_maximum(is_negative) => max,
            Some(max) if magnitude > max => Float::with_val(p, rug::float::Special::Infinity),
            _ => magnitude,
        };
        // A number of the format is kept.
        self.round(&if is_negative { -result } else { result })
    }

    /// The constants of [`DirectedRounder::round`], if doubles have enough bits.
    pub fn directed_rounder(&self, toward: Toward) -> Option<DirectedRounder> {
        if !self.fits_f64_lanes() {
            return None;
        }
        let rounder = self.rounder();
        let rounded = |x: f64| canonical(self.round(&Float::with_val(53, x)).to_f64());
        let unit = 1 << (f64::MANTISSA_DIGITS - self.precision);
        let ends = |sign: f64| match toward.ends_at_maximum(sign < 0.0) {
            true => rounder.largest().copysign(sign),
            false => rounded(sign * f64::INFINITY),
        };
        Some(DirectedRounder {
            least: rounder.smallest_normal(),
            largest: rounder.largest(),
            below: unit - 1,
            raise: [false, true].map(|is_negative| if toward.raises(is_negative) { unit } else { 0 }),
            odd: if toward == Toward::Odd { unit } else { 0 },
            beyond: [ends(1.0), ends(-1.0)],
            infinite: [rounded(f64::INFINITY), rounded(f64::NEG_INFINITY)],
            negative_zero: rounded(-0.0),
        })
    }
}

/// The directed rounding of doubles to one format with precomputed constants, branch-free. Pairs hold the constants for
/// positive and negative numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DirectedRounder {
    least: f64,
    largest: f64,
    /// The bits of a normal double below the format's last place.
    below: u64,
    /// Added if they are not zero.
    raise: [u64; 2],
    /// Set if they are not zero.
    odd: u64,
    /// The result for a finite number beyond the maximum.
    beyond: [f64; 2],
    /// The result for infinity.
    infinite: [f64; 2],
    negative_zero: f64,
}

impl DirectedRounder {
    /// As [`Format::round_toward`], for a double or for any number that rounds to odd to this double.
    ///
    /// Among normal numbers the format's last place is the same bit of all doubles of a binade, and a carry out of the
    /// significand is the next binade. Smaller ones are lifted by the smallest normal number, rounded to odd, into
    /// the binade where the last place is theirs.
    #[inline(always)]
    pub fn round(&self, x: f64) -> f64 {
        let is_negative = x.is_sign_negative();
        let of_sign = |pair: [f64; 2]| if is_negative { pair[1] } else { pair[0] };
        let magnitude = x.abs();
        let lift = if magnitude < self.least { self.least } else { 0.0 };
        let lifted = sum_to_odd(magnitude, lift).to_bits();
        let raise = if is_negative { self.raise[1] } else { self.raise[0] };
        let (odd, raise) = if lifted & self.below == 0 { (0, 0) } else { (self.odd, raise) };
        let rounded = f64::from_bits((lifted & !self.below | odd) + raise) - lift;
        let within = if rounded == 0.0 && is_negative { self.negative_zero } else { rounded.copysign(x) };
        let beyond = if magnitude == f64::INFINITY { of_sign(self.infinite) } else { of_sign(self.beyond) };
        // Raising a NaN may have made it look like a number.
        if x.is_nan() {
            f64::NAN
        } else if rounded <= self.largest {
            within
        } else {
            beyond
        }
    }

    /// The smallest normal number.
    pub fn smallest_normal(&self) -> f64 {
        self.least
    }

    /// The largest finite number.
    pub fn largest(&self) -> f64 {
        self.largest
    }
}
