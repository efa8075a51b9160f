//! Floating-point formats as data, and the one rounding to nearest that serves them all.
//!
//! A format is a precision and a range; every other constant (maximum, smallest normal, unit
//! roundoff, codes) is derived. Two roundings exist: [`Format::round`] is the definition, on exact
//! numbers of any length, and [`Format::round_f64`] its fast consequence for formats that fit in
//! double precision; tests hold the second to the first at every code and every midpoint.
//!
//! Sources: IEEE 754-2019 section 3 (binary formats, round to nearest ties to even, gradual
//! underflow, overflow at max + half an ulp); OCP 8-bit Floating Point Specification 1.0 (E4M3
//! without infinities, its all-ones code NaN).

mod codes;
mod constants;
mod directed;
mod dyadic;
mod name;
mod rounding;
mod stochastic;
mod sums;

pub use codes::{Class, Code, MAX_LISTED_BITS};
pub use constants::{Constants, Counts, RangeConstants};
pub use directed::{DirectedRounder, Toward};
pub use dyadic::Dyadic;
pub use name::{AMBIGUOUS, EIGHT_BITS, MAX_EXPONENT_BITS, MAX_PRECISION, NAMED};
pub use rounding::Rounder;
pub use stochastic::{MOST_RANDOM_BITS, StochasticRounder, cut_sum};
pub use sums::{quotient_to_odd, sum_to_odd, two_product, two_sum};

use rug::Float;

/// What the codes beyond the finite numbers mean, and so what overflow gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Special {
    /// IEEE 754: the top exponent holds infinities and NaN; overflow rounds to infinity.
    Ieee,
    /// `fn` (finite, NaN): the top exponent holds numbers, only its all-ones code is NaN; overflow gives NaN.
    FiniteNan,
}

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

    /// Largest finite number: (2^p − 1)·2^(emax−p+1), one unit less where the top code is NaN.
    pub fn max(&self) -> Option<Float> {
        let Range::Bounded { emax, special, .. } = self.range else { return None };
        let top_codes = if special == Special::FiniteNan { 2 } else { 1 };
        let significand = (rug::Integer::from(1) << self.precision) - top_codes;
        Some(Float::with_val(self.precision, significand) << (emax - (self.precision as i32 - 1)))
    }

    /// Bits of the exponent field of a bounded format's code.
    pub fn exponent_bits(&self) -> u32 {
        let Range::Bounded { emin, emax, special } = self.range else { return 0 };
        let bias = 1 - emin;
        let codes = emax + bias + if special == Special::Ieee { 2 } else { 1 };
        codes.ilog2()
    }

    /// Bits of one code: sign, exponent, trailing significand.
    pub fn code_bits(&self) -> u32 {
        self.exponent_bits() + self.precision
    }

    /// The number a code stands for; NaN codes give NaN. For formats up to binary64.
    pub fn decode(&self, code: u64) -> f64 {
        let Range::Bounded { emin, emax, special } = self.range else {
            panic!("invariant: an unbounded format has no codes");
        };
        let trailing = self.precision - 1;
        let fraction = code & ((1 << trailing) - 1);
        let biased = (code >> trailing) & ((1 << self.exponent_bits()) - 1);
        let sign = if code >> (self.code_bits() - 1) & 1 == 1 { -1.0 } else { 1.0 };
        let exponent = biased as i32 + emin - 1;
        if special == Special::Ieee && exponent > emax {
            return if fraction == 0 { sign * f64::INFINITY } else { f64::NAN };
        }
        if special == Special::FiniteNan && exponent == emax && fraction == (1 << trailing) - 1 {
            return f64::NAN;
        }
        let (units, quantum) = if biased == 0 { (fraction, emin) } else { (fraction | 1 << trailing, exponent) };
        // Two exact steps: the first keeps the intermediate normal when the result is subnormal.
        sign * (units as f64 * two_to(-i64::from(trailing))) * two_to(i64::from(quantum))
    }

    /// The code of a member of the format; NaN gives the canonical quiet NaN (positive).
    pub fn encode(&self, x: f64) -> u64 {
        let Range::Bounded { emin, special, .. } = self.range else {
            panic!("invariant: an unbounded format has no codes");
        };
        let trailing = self.precision - 1;
        let top = ((1u64 << self.exponent_bits()) - 1) << trailing;
        let sign = u64::from(x.is_sign_negative()) << (self.code_bits() - 1);
        if x.is_nan() {
            return match special {
                Special::Ieee => top | 1 << (trailing - 1),
                Special::FiniteNan => top | ((1 << trailing) - 1),
            };
        }
        if x.is_infinite() {
            return sign | top;
        }
        if x == 0.0 {
            return sign;
        }
        let mut exact = Float::with_val(53, x.abs());
        let exponent = exact.get_exp().expect("finite and not zero") - 1;
        let quantum = exponent.max(emin) - trailing as i32;
        exact >>= quantum;
        let units = exact.to_integer().expect("finite").to_u64().expect("at most 53 bits");
        let biased = if exponent < emin { 0 } else { (exponent - emin + 1) as u64 };
        sign | (biased << trailing) | (units & ((1 << trailing) - 1))
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
pub fn two_to(e: i64) -> f64 {
    match e {
        -1022..=1023 => f64::from_bits(((e + 1023) as u64) << 52),
        -1074..=-1023 => f64::from_bits(1 << (e + 1074)),
        _ => panic!("invariant: 2^{e} is not a double"),
    }
}

/// ⌊log₂|x|⌋ of a finite double that is not zero.
pub fn exponent_of(x: f64) -> i64 {
    let bits = x.to_bits() & !(1 << 63);
    match bits >> 52 {
        // Subnormal: the position of the leading bit.
        0 => -1011 - i64::from(bits.leading_zeros()),
        biased => biased as i64 - 1023,
    }
}
