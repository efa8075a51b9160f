//! Directed roundings and rounding to odd: the definition on exact numbers, and its fast consequence on doubles.
//!
//! Toward zero, up and down are IEEE 754-2019 section 4.3.2. Rounding to odd keeps a member and takes of two
//! neighbours the one whose last bit is set, so that a later rounding to fewer bits is right (Boldo and Melquiond
//! 2008). Overflow: what the spacing beyond the maximum rounds to a number there becomes what overflow gives
//! ([`Format::round`] of infinity), but a direction that leads back to the maximum ends there.

use super::{Format, Range, canonical, sum_to_odd};
use rug::float::Round;
use rug::{Float, Integer};

/// A rounding that takes one neighbour for a reason other than nearness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Toward {
    /// The one nearer to zero: truncation.
    Zero,
    /// The larger one.
    Up,
    /// The smaller one.
    Down,
    /// The one whose last significand bit is set.
    Odd,
}

impl Toward {
    /// All of them.
    pub const ALL: [Toward; 4] = [Toward::Zero, Toward::Up, Toward::Down, Toward::Odd];

    /// Whether magnitudes of that sign are raised wherever they are no members.
    #[inline(always)]
    fn raises(self, is_negative: bool) -> bool {
        match self {
            Toward::Up => !is_negative,
            Toward::Down => is_negative,
            Toward::Zero | Toward::Odd => false,
        }
    }

    /// Whether a finite magnitude of that sign beyond the maximum ends at the maximum.
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
        // Far below the quantum a number is no member and rounds as any other between 0 and the quantum.
        let scaled = match i64::from(exponent) < quantum {
            true => Float::with_val(2, 0.25),
            // Exponents of MPFR's numbers fit.
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
        // A member stays as it is.
        self.round(&if is_negative { -result } else { result })
    }

    /// The constants of [`DirectedRounder::round`], where doubles have the bits.
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

/// One format's directed rounding of doubles with its constants at hand, branch-free. Pairs are of a positive
/// and a negative number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DirectedRounder {
    least: f64,
    largest: f64,
    /// The bits of a normal double below the format's last place.
    below: u64,
    /// What is added where they are not zero.
    raise: [u64; 2],
    /// What is put in where they are not zero.
    odd: u64,
    /// What a finite number beyond the maximum becomes.
    beyond: [f64; 2],
    /// What infinity becomes.
    infinite: [f64; 2],
    negative_zero: f64,
}

impl DirectedRounder {
    /// As [`Format::round_toward`], of a double, or of any number whose rounding to odd the double is.
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
        // What the raise made of a NaN may look like a number.
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
