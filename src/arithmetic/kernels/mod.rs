//! Fast loops. Each gives the bits of its definition in [`super::Arithmetic::dot`]; tests hold it to that
//! through [`super::reference::Reference`]. All `unsafe` of the project lies here, each with its reason.

pub mod exact;
pub mod limbs;
pub mod path;
mod tiles;

pub use path::Path;
pub use tiles::{product, product_on};

use crate::format::{Format, Rounder, Special, canonical, two_to};

/// Makes sure that the processor rounds as IEEE 754 says: subnormal numbers are neither flushed nor read
/// as zero on this thread.
///
/// # Panics
/// If the process switched on flush-to-zero or denormals-are-zero: every result would be another one.
pub fn assert_gradual_underflow() {
    let smallest = std::hint::black_box(f64::from_bits(1));
    let normal = std::hint::black_box(f64::MIN_POSITIVE);
    let is_gradual = smallest * 2.0 == f64::from_bits(2) && normal / 2.0 == f64::from_bits(1 << 51);
    assert!(is_gradual, "flush-to-zero or denormals-are-zero is on in this process; switch it off to measure rounding");
}

/// A rounding that the compiler can put into a vector loop.
pub trait LaneRound {
    /// The double rounded to the format.
    fn round(&self, x: f64) -> f64;

    /// Whether no sum of `terms` products and a last summand overflows on its way, where the magnitudes before any
    /// rounding add up to `size`; false where it makes no difference.
    fn is_within(&self, _size: impl FnOnce() -> f64, _terms: usize) -> bool {
        false
    }

    /// [`LaneRound::round`] of what does not overflow.
    #[inline(always)]
    fn round_within(&self, x: f64) -> f64 {
        self.round(x)
    }
}

/// A rounding where nothing overflows.
pub struct Within<'r, R>(&'r R);

impl<R: LaneRound> LaneRound for Within<'_, R> {
    #[inline(always)]
    fn round(&self, x: f64) -> f64 {
        self.0.round_within(x)
    }
}

/// binary64: nothing left to round.
pub struct Double;

/// binary32: the hardware's conversion rounds to nearest, ties to even.
pub struct Single;

/// A format's range without its precision: what lies below the smallest normal number is rounded to the
/// format's spacing there, what the format would overflow overflows, and all else stays as it is.
#[derive(Clone, Copy, Debug)]
pub struct RangeAlone {
    smallest_normal: f64,
    /// 1.5·2^52 times the spacing: adding it rounds to the spacing.
    magic: f64,
    /// Numbers from here on overflow: the largest finite one plus half of its last place.
    overflows_from: f64,
    overflow: f64,
}

impl RangeAlone {
    /// The range of a bounded format narrower than binary64.
    pub fn of(format: &Format) -> Option<RangeAlone> {
        let (emin, emax) = (format.smallest_normal_exponent()?, format.max_exponent()?);
        let spacing = i64::from(format.smallest_subnormal_exponent()?);
        let special = format.special()?;
        let max = format.max()?.to_f64();
        (format.fits_f64_lanes()).then(|| RangeAlone {
            smallest_normal: two_to(i64::from(emin)),
            magic: 1.5 * two_to(52 + spacing),
            overflows_from: max + 0.5 * two_to(i64::from(emax) + 1 - i64::from(format.precision)),
            overflow: if special == Special::Ieee { f64::INFINITY } else { f64::NAN },
        })
    }
}

impl LaneRound for RangeAlone {
    #[inline(always)]
    fn round(&self, x: f64) -> f64 {
        let magnitude = x.abs();
        let subnormal = ((magnitude + self.magic) - self.magic).copysign(x);
        let kept = if magnitude < self.smallest_normal { subnormal } else { x };
        // A comparison that NaN fails.
        let overflowed = if x.is_nan() { x } else { self.overflow.copysign(x) };
        if magnitude < self.overflows_from { kept } else { canonical(overflowed) }
    }
}

impl LaneRound for Double {
    #[inline(always)]
    fn round(&self, x: f64) -> f64 {
        x
    }
}

impl LaneRound for Single {
    #[inline(always)]
    fn round(&self, x: f64) -> f64 {
        f64::from(x as f32)
    }
}

impl LaneRound for Rounder {
    #[inline(always)]
    fn round(&self, x: f64) -> f64 {
        Rounder::round(self, x)
    }

    fn is_within(&self, size: impl FnOnce() -> f64, terms: usize) -> bool {
        // Every rounding may add a share u, two of them for each term: (1 + u)^(2n) ≤ e^(2nu). What roundings of subnormal
        // numbers add beyond that, n smallest ones at most, is far below the half unit by which overflow begins above the
        // maximum: where n is so large, e^(2nu) is beyond all bounds.
        let roundings = 2.0 * (terms as f64 + 2.0);
        size() * core_math::exp(roundings * self.unit_roundoff()) * (1.0 + 1e-9) <= self.largest()
    }

    #[inline(always)]
    fn round_within(&self, x: f64) -> f64 {
        Rounder::round_within(self, x)
    }
}
