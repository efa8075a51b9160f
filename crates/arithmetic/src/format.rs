//! Floating-point formats as data, and the one rounding to nearest that serves them all.
//!
//! A format is a precision and a range; every other constant (maximum, smallest normal, unit
//! roundoff, codes) is derived. Two roundings exist: [`Format::round`] is the definition, on exact
//! numbers of any length, and [`Format::round_f64`] its fast consequence for formats that fit in
//! double precision; tests hold the second to the first at every code and every midpoint.
//!
//! Sources: IEEE 754-2019 section 3 (binary formats, round to nearest ties to even, gradual
//! underflow, overflow at max + half an ulp); OCP 8-bit Floating Point Specification 1.0 (E4M3
//! without infinities, its all-ones code NaN); OCP Microscaling Formats 1.0 (elements of 4 and 6 bits,
//! E8M0; Rouhani et al. 2023); Noune et al. 2022, arXiv 2206.02915 (`fnuz`); IEEE P3109's draft.

mod codes;
mod constants;
mod directed;
mod dyadic;
mod name;
mod rounding;
mod special;
mod stochastic;
mod sums;

pub use codes::{Class, Code, MAX_LISTED_BITS};
pub use constants::{Constants, Counts, RangeConstants};
pub use directed::{DirectedRounder, Toward};
pub use dyadic::Dyadic;
pub use name::{AMBIGUOUS, EIGHT_BITS, MAX_EXPONENT_BITS, MAX_PRECISION, NAMED};
pub use rounding::Rounder;
pub use special::{Overflow, Special};
pub use stochastic::{MOST_RANDOM_BITS, StochasticRounder, cut_sum};
pub use sums::{quotient_to_odd, square_root_to_odd, sum_to_odd, two_product, two_sum};

use rug::Float;

/// The exponents a format can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Range {
    /// Exponents `emin..=emax` of normal numbers 1.xxx·2^e, with subnormal numbers below 2^emin.
    Bounded {
        /// Exponent of the smallest normal number.
        emin: i32,
        /// Exponent of the largest finite number.
        emax: i32,
        /// The special-value rule.
        special: Special,
    },
    /// MPFR's exponent range: some ±2^30, unbounded for every practical purpose.
    Unbounded,
}

/// A binary floating-point format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Format {
    /// Significand bits p, the implicit one included.
    pub precision: u32,
    /// The exponent range and special values.
    pub range: Range,
}

const fn bounded(precision: u32, emin: i32, emax: i32, special: Special) -> Format {
    let range = Range::Bounded { emin, emax, special };
    Format { precision, range }
}

/// IEEE binary64.
pub const F64: Format = bounded(53, -1022, 1023, Special::Ieee);
/// IEEE binary32.
pub const F32: Format = bounded(24, -126, 127, Special::Ieee);
/// NVIDIA's TensorFloat-32: binary32's exponent, binary16's significand.
pub const TF32: Format = bounded(11, -126, 127, Special::Ieee);
/// bfloat16: the upper half of binary32.
pub const BF16: Format = bounded(8, -126, 127, Special::Ieee);
/// IEEE binary16.
pub const F16: Format = bounded(11, -14, 15, Special::Ieee);
/// OCP E5M2: IEEE-like.
pub const E5M2: Format = bounded(3, -14, 15, Special::Ieee);
/// OCP E4M3: maximum 448, no infinities.
pub const E4M3FN: Format = bounded(4, -6, 8, Special::FiniteNan);
/// Graphcore's and AMD's E5M2: one NaN, no −0, one exponent more below.
pub const E5M2FNUZ: Format = bounded(3, -15, 15, Special::NanForNegativeZero);
/// Graphcore's and AMD's E4M3: one NaN, no −0; maximum 240.
pub const E4M3FNUZ: Format = bounded(4, -7, 7, Special::NanForNegativeZero);
/// The same with bias 11; maximum 30.
pub const E4M3B11FNUZ: Format = bounded(4, -10, 4, Special::NanForNegativeZero);
/// P3109's binary8 with 3 significand bits and infinities (draft).
pub const BINARY8P3SE: Format = bounded(3, -15, 15, Special::NanForNegativeZeroAndInfinities);
/// P3109's binary8 with 4 significand bits and infinities (draft).
pub const BINARY8P4SE: Format = bounded(4, -7, 7, Special::NanForNegativeZeroAndInfinities);
/// OCP MX's E3M2: every code a number; maximum 28.
pub const E3M2FN: Format = bounded(3, -2, 4, Special::Finite);
/// OCP MX's E2M3: every code a number; maximum 7.5.
pub const E2M3FN: Format = bounded(4, 0, 2, Special::Finite);
/// OCP MX's E2M1: every code a number; maximum 6.
pub const E2M1FN: Format = bounded(2, 0, 2, Special::Finite);
/// OCP MX's E8M0: the powers of two that scale a block.
pub const E8M0FNU: Format = bounded(1, -127, 127, Special::Scale);
/// The grid of drawn parameters, inputs and targets: 8 significand bits, multiples of 2^-24, at most
/// 65280. Every format with at least 8 significand bits and binary16's range holds it exactly.
pub const GRID: Format = bounded(8, -17, 15, Special::Ieee);

impl Format {
    /// `mpfr:N`: N significand bits and MPFR's exponent range.
    pub const fn mpfr(precision: u32) -> Format {
        Format { precision, range: Range::Unbounded }
    }

    /// The IEEE-like format with the given widths of exponent and trailing significand fields.
    pub fn ieee(exponent_bits: u32, significand_bits: u32) -> Format {
        let emax = (1i32 << (exponent_bits - 1)) - 1;
        bounded(significand_bits + 1, 1 - emax, emax, Special::Ieee)
    }

    /// Unit roundoff u = 2^-p: the largest relative error of one rounding of a normal number.
    #[inline]
    pub fn unit_roundoff(&self) -> f64 {
        two_to(-i64::from(self.precision))
    }

    /// Exponent e of the largest finite number's leading bit, if bounded.
    pub fn max_exponent(&self) -> Option<i32> {
        match self.range {
            Range::Bounded { emax, .. } => Some(emax),
            Range::Unbounded => None,
        }
    }

    /// The special-value rule, if bounded.
    pub fn special(&self) -> Option<Special> {
        match self.range {
            Range::Bounded { special, .. } => Some(special),
            Range::Unbounded => None,
        }
    }

    /// log₂ of the smallest normal number, if bounded.
    pub fn smallest_normal_exponent(&self) -> Option<i32> {
        match self.range {
            Range::Bounded { emin, .. } => Some(emin),
            Range::Unbounded => None,
        }
    }

    /// log₂ of the smallest subnormal number, if bounded: the spacing of numbers near zero.
    pub fn smallest_subnormal_exponent(&self) -> Option<i32> {
        self.smallest_normal_exponent().map(|emin| emin - (self.precision as i32 - 1))
    }

    /// Whether it holds scales of blocks only: no sign, no zero, nothing to compute in.
    pub fn is_scale(&self) -> bool {
        self.special() == Some(Special::Scale)
    }

    /// Whether −0 is among the values; where it is not, a result −0 is +0.
    pub fn has_negative_zero(&self) -> bool {
        self.special().is_none_or(Special::has_negative_zero)
    }

    /// Largest finite number: (2^p − 1)·2^(emax−p+1), one unit less where the last code is none of a number.
    pub fn max(&self) -> Option<Float> {
        let Range::Bounded { emax, special, .. } = self.range else { return None };
        let significand = (rug::Integer::from(1) << self.precision) - 1 - u32::from(special.takes_last_code());
        Some(Float::with_val(self.precision, significand) << (emax - (self.precision as i32 - 1)))
    }
}

/// NaN as one bit pattern, so that stored bytes never depend on where it came from.
#[inline(always)]
pub fn canonical(x: f64) -> f64 {
    if x.is_nan() { f64::NAN } else { x }
}

/// 2^e as a double: exact from the smallest subnormal to the largest power of two.
///
/// # Panics
/// If 2^e is not a double.
#[inline]
pub fn two_to(e: i64) -> f64 {
    match e {
        -1022..=1023 => f64::from_bits(((e + 1023) as u64) << 52),
        -1074..=-1023 => f64::from_bits(1 << (e + 1074)),
        _ => panic!("invariant: 2^{e} is not a double"),
    }
}

/// ⌊log₂|x|⌋ of a finite double that is not zero.
#[inline]
pub fn exponent_of(x: f64) -> i64 {
    let bits = x.to_bits() & !(1 << 63);
    match bits >> 52 {
        // Subnormal: the position of the leading bit.
        0 => -1011 - i64::from(bits.leading_zeros()),
        biased => biased as i64 - 1023,
    }
}
