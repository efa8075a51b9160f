//! Fast loops. Each gives the bits of its definition in [`super::Arithmetic::dot`], which tests check with
//! [`super::reference::Reference`]. A file with `unsafe` code says in its first lines what it is for; outside this folder
//! there are only the calls of [`super::doubles`]'s sums.

mod chance;
mod elements;
pub mod exact;
mod factors;
pub mod limbs;
pub mod matrix;
pub mod path;
mod portable;
mod products;
mod round;
mod size;
pub mod software;
mod step;
pub mod stochastic;
mod tiles;
mod vector;
mod words;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use matrix::{Matrix, Operand};
pub use path::Path;
pub use products::{Products, Values};
pub use round::round_all;

use crate::format::{F32, F64, Format, Overflow, Rounder, canonical, two_to};

/// Checks that the processor rounds as IEEE 754 specifies: subnormal numbers are neither flushed nor read as zero on
/// this thread.
///
/// # Panics
/// If the process enabled flush-to-zero or denormals-are-zero, which would change the results.
pub fn assert_gradual_underflow() {
    let smallest = std::hint::black_box(f64::from_bits(1));
    let normal = std::hint::black_box(f64::MIN_POSITIVE);
    let is_gradual = smallest * 2.0 == f64::from_bits(2) && normal / 2.0 == f64::from_bits(1 << 51);
    assert!(is_gradual, "flush-to-zero or denormals-are-zero is on in this process; switch it off to measure rounding");
}

/// How results in lanes are rounded to one format.
#[derive(Clone, Copy, Debug)]
pub enum Rounding {
    /// binary64: the hardware's result is the rounded one.
    Double,
    /// binary32: the hardware's conversion.
    Single,
    /// Any other format.
    Emulated(Rounder),
    /// The range of a format without its precision.
    Range(RangeAlone),
}

impl Rounding {
    /// To a bounded format that double lanes carry.
    pub fn to(format: Format) -> Rounding {
        match format {
            F64 => Rounding::Double,
            F32 => Rounding::Single,
            other => Rounding::Emulated(other.rounder()),
        }
    }

    /// A double rounded to the format.
    #[inline]
    pub fn round(&self, x: f64) -> f64 {
        match self {
            Rounding::Double => x,
            Rounding::Single => f64::from(x as f32),
            Rounding::Emulated(rounder) => rounder.round(x),
            Rounding::Range(range) => range.round(x),
        }
    }

    /// x·y + z rounded once, of numbers whose products are doubles unless the format is binary64 or a range.
    pub fn round_fused(&self, x: f64, y: f64, z: f64) -> f64 {
        match self {
            Rounding::Double => software::fused_double(x, y, z),
            Rounding::Single | Rounding::Emulated(_) => self.round(crate::format::sum_to_odd(x * y, z)),
            Rounding::Range(range) => range.round(software::fused_double(x, y, z)),
        }
    }
}

/// A format's range without its precision: what lies below the smallest normal number is rounded to the format's
/// spacing there, what the format would overflow overflows, and all other numbers are unchanged. Where overflow gives
/// the largest number, everything beyond it becomes it.
#[derive(Clone, Copy, Debug)]
pub struct RangeAlone {
    smallest_normal: f64,
    /// 1.5·2^52 times the spacing: adding it rounds to the spacing.
    magic: f64,
    /// Numbers beyond this one overflow: next comes the largest finite one plus half of its last place.
    overflows_above: f64,
    overflow: f64,
    /// −0 where zeros keep their sign, else +0.
    zero_sign: f64,
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
            overflows_above: match special.overflow() {
                Overflow::Largest => max,
                _ => (max + 0.5 * two_to(i64::from(emax) + 1 - i64::from(format.precision))).next_down(),
            },
            overflow: special.overflow_of(max),
            zero_sign: if special.has_negative_zero() { -0.0 } else { 0.0 },
        })
    }

    /// The double within the range.
    #[inline(always)]
    pub fn round(&self, x: f64) -> f64 {
        let magnitude = x.abs();
        // A zero plus +0 is +0, and plus −0 itself.
        let subnormal = ((magnitude + self.magic) - self.magic).copysign(x) + self.zero_sign;
        let kept = if magnitude < self.smallest_normal { subnormal } else { x };
        // A comparison that NaN fails.
        canonical(if magnitude > self.overflows_above { self.overflow.copysign(x) } else { kept })
    }
}
