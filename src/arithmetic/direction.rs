//! To which neighbour results are rounded, and what becomes of results at the ends of the range.

use crate::format::{Format, Toward};
use rug::Float;

/// To which neighbour results are rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// To the nearest, of two as near the even one.
    Nearest,
    /// To the one that lies in a direction: [`Format::round_toward`].
    Toward(Toward),
    /// Away from zero as often as the fraction says between the two, cut to so many random bits:
    /// [`Format::round_stochastically`].
    Stochastic(u32),
}

/// Random bits of `round=stochastic`: what a binary32 significand has beyond binary16's. The bias of one rounding is
/// at most 2^-13 of a unit in the last place, which sums of less than 2^13 terms do not show (Croci et al. 2022).
pub const RANDOM_BITS: u32 = 13;

impl Direction {
    /// Rounds an exact number: **the definition**. `random` are the bits that a stochastic rounding draws.
    pub fn round(self, format: &Format, x: &Float, random: u32) -> Float {
        match self {
            Direction::Nearest => format.round(x),
            Direction::Toward(toward) => format.round_toward(x, toward),
            Direction::Stochastic(bits) => format.round_stochastically(x, bits, random),
        }
    }

    /// Bits beyond the format's that decide a rounding: ties lie on the next one, random bits are compared with more.
    pub fn bits_beyond(self) -> u32 {
        match self {
            Direction::Nearest => 1,
            Direction::Toward(_) => 0,
            Direction::Stochastic(bits) => bits,
        }
    }
}

/// What hardware does at the ends of the range, beside what the format says.
///
/// A *result* is what an operation rounds, in the format to which it is rounded: products and partial sums are results
/// in the accumulator, a finished sum is one more when it is stored. An *operand* is a number that an operation reads, in
/// the format whose number it is: factors of products, the bias, arguments of functions and of single operations in the
/// stored format; products and partial sums, when they are added to, in the accumulator. The bias is both, one after the
/// other. A finished sum is stored and not read, so it is no operand, unless a tensor's scale multiplies it. Comparisons
/// and copies (PReLU of positive numbers, softmax's maximum) read numbers as they are.
///
/// How factors are quantised ([`super::Quantiser`]) is no operation of the arithmetic: neither limits nor directions
/// reach it. Factors are read as numbers of the stored format first, and not again after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Limits {
    /// A result that was rounded to a subnormal number of its format becomes a zero with its sign (`ftz`, flush to zero).
    pub flushes_results: bool,
    /// An operand below the smallest normal number of the format whose number it is, is read as a zero with its sign
    /// (`daz`, denormals are zero).
    pub flushes_operands: bool,
    /// A result beyond its format's maximum, infinite ones included, becomes the maximum with its sign (`saturate`; the
    /// saturating mode of OCP OFP8 1.0 section 5.3). NaN stays, and so do factors that overflowed in `operands=FORMAT`.
    pub saturates: bool,
}

impl Limits {
    /// Those of IEEE 754.
    pub const NONE: Limits = Limits { flushes_results: false, flushes_operands: false, saturates: false };

    /// What becomes of a result: `x` was to be rounded, `rounded` is what the direction made of it.
    pub fn result(self, format: &Format, x: &Float, rounded: Float) -> Float {
        let is_beyond = rounded.is_infinite() || rounded.is_nan() && !x.is_nan();
        if self.saturates && is_beyond {
            let max = format.max().unwrap_or(rounded);
            return if x.is_sign_negative() { -max } else { max };
        }
        if self.flushes_results { flushed(format, rounded) } else { rounded }
    }

    /// What is read of an operand, a number of the format.
    pub fn operand(self, format: &Format, x: &Float) -> Float {
        if self.flushes_operands { flushed(format, x.clone()) } else { x.clone() }
    }
}

/// Subnormal numbers as zeros.
fn flushed(format: &Format, x: Float) -> Float {
    let is_subnormal = |emin: i32| x.get_exp().is_some_and(|exponent| exponent - 1 < emin);
    match format.smallest_normal_exponent() {
        Some(emin) if is_subnormal(emin) => {
            let zero = Float::with_val(x.prec(), 0.0);
            // A format without −0 has its zero.
            format.round(&if x.is_sign_negative() { -zero } else { zero })
        }
        _ => x,
    }
}
