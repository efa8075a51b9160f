//! The codes of a narrow format, one by one.

use super::dyadic::Dyadic;
use super::{Format, Range, Special};
use rug::Integer;

/// Widest codes that are listed: 256 of them.
pub const MAX_LISTED_BITS: u32 = 8;

/// What a code stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// ±0.
    Zero,
    /// Exponent field zero, significand field not.
    Subnormal,
    /// An implicit leading one.
    Normal,
    /// ±infinity.
    Infinity,
    /// Not a number.
    Nan,
}

impl Class {
    /// `zero`, `subnormal`, `normal`, `inf` or `NaN`.
    pub fn name(self) -> &'static str {
        match self {
            Class::Zero => "zero",
            Class::Subnormal => "subnormal",
            Class::Normal => "normal",
            Class::Infinity => "inf",
            Class::Nan => "NaN",
        }
    }
}

/// One code and its meaning.
#[derive(Clone, Debug, PartialEq)]
pub struct Code {
    /// The code itself.
    pub code: u32,
    /// Its first bit.
    pub is_negative: bool,
    /// Its exponent field.
    pub exponent_field: u32,
    /// Its trailing significand field.
    pub significand_field: u32,
    /// What it stands for.
    pub class: Class,
    /// The magnitude of a finite value.
    pub magnitude: Option<Dyadic>,
}

impl Format {
    /// All codes in order, the positive ones first; `None` for formats wider than [`MAX_LISTED_BITS`] bits.
    pub fn codes(&self) -> Option<Vec<Code>> {
        let Range::Bounded { emin, emax, special } = self.range else { return None };
        let (bits, trailing) = (self.code_bits(), self.precision - 1);
        let exponents = (1u32 << self.exponent_bits().min(MAX_LISTED_BITS)) - 1;
        let listed = |code: u32| {
            let (exponent_field, significand_field) = (code >> trailing & exponents, code & ((1 << trailing) - 1));
            let exponent = exponent_field as i32 + emin - 1;
            let is_last = significand_field == (1 << trailing) - 1;
            let class = match special {
                _ if exponent_field == 0 && significand_field == 0 => Class::Zero,
                _ if exponent_field == 0 => Class::Subnormal,
                Special::Ieee if exponent > emax && significand_field == 0 => Class::Infinity,
                Special::Ieee if exponent > emax => Class::Nan,
                Special::FiniteNan if exponent == emax && is_last => Class::Nan,
                _ => Class::Normal,
            };
            let dyadic = |units: u32, exponent: i32| {
                Some(Dyadic { units: Integer::from(units), exponent: exponent - trailing as i32 })
            };
            let magnitude = match class {
                Class::Zero | Class::Subnormal => dyadic(significand_field, emin),
                Class::Normal => dyadic(1 << trailing | significand_field, exponent),
                Class::Infinity | Class::Nan => None,
            };
            let is_negative = code >> (bits - 1) == 1;
            Code { code, is_negative, exponent_field, significand_field, class, magnitude }
        };
        (bits <= MAX_LISTED_BITS).then(|| (0..1u32 << bits).map(listed).collect())
    }
}
