//! The rounding direction of results, and the handling of results at the ends of the range.

use crate::format::{Format, Toward};
use rug::Float;

/// The rounding direction of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// To nearest, ties to even.
    Nearest,
    /// Directed: [`Format::round_toward`].
    Toward(Toward),
    /// Stochastic: away from zero with a probability equal to the fraction, truncated to the random bits
    /// ([`Format::round_stochastically`]).
    Stochastic(u32),
}

/// Default random bits of `round=stochastic`: the bits of a binary32 significand beyond binary16's. The bias of one
/// rounding is at most 2^-13 units in the last place, which is not visible in sums of less than 2^13 terms (Croci et
/// al. 2022).
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

    /// Bits beyond the format's that decide a rounding: one for ties, more for comparison with random bits.
    pub fn bits_beyond(self) -> u32 {
        match self {
            Direction::Nearest => 1,
            Direction::Toward(_) => 0,
            Direction::Stochastic(bits) => bits,
        }
    }
}

/// The behaviour of hardware at the ends of the range, in addition to the format's rules.
///
/// A *result* is a number that an operation rounds, in the format to which it is rounded: products and partial sums are
/// results in the accumulator, and storing a finished sum gives another one. An *operand* is a number that an operation
/// reads, in its own format: factors of products, the bias, and arguments of functions and single operations in the
/// stored format; products and partial sums that are added to, in the accumulator. The bias is first one, then the
/// other. A finished sum is stored, not read, so it is not an operand unless a tensor's scale multiplies it.
/// Comparisons and copies (PReLU of positive numbers, softmax's maximum) read numbers unchanged.
///
/// Quantising factors ([`super::Quantiser`]) is not an operation of the arithmetic, so limits and directions do not
/// apply to it. Factors are read as numbers of the stored format before it, and not again afterwards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Limits {
    /// A subnormal result becomes a zero with its sign (`ftz`, flush to zero).
    pub flushes_results: bool,
    /// An operand below the smallest normal number of its format is read as a zero with its sign (`daz`, denormals are
    /// zero).
    pub flushes_operands: bool,
    /// A result beyond its format's maximum, infinite ones included, becomes the maximum with its sign (`saturate`; the
    /// saturating mode of OCP OFP8 1.0 section 5.3). NaN stays, and so do factors that overflowed in `operands=FORMAT`.
    pub saturates: bool,
}

impl Limits {
    /// Those of IEEE 754.
    pub const NONE: Limits = Limits { flushes_results: false, flushes_operands: false, saturates: false };

    /// Applies the limits to a result: `x` before and `rounded` after the rounding in a direction.
    pub fn result(self, format: &Format, x: &Float, rounded: Float) -> Float {
        let is_beyond = rounded.is_infinite() || rounded.is_nan() && !x.is_nan();
        if self.saturates && is_beyond {
            let max = format.max().unwrap_or(rounded);
            return if x.is_sign_negative() { -max } else { max };
        }
        if self.flushes_results { flushed(format, rounded) } else { rounded }
    }

    /// The value that is read for an operand, a number of the format.
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
