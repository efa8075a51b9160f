//! The codes of a format: their fields, their meanings, and a list of all codes for narrow formats.

use super::dyadic::Dyadic;
use super::{Format, Range, Special, two_to};
use rug::{Float, Integer};

/// Largest width of codes that are listed, 256 in all.
pub const MAX_LISTED_BITS: u32 = 8;

/// The class of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// ±0.
    Zero,
    /// A zero exponent field with a nonzero significand field.
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
    /// Its sign bit.
    pub is_negative: bool,
    /// Its exponent field.
    pub exponent_field: u32,
    /// Its trailing significand field.
    pub significand_field: u32,
    /// Its class.
    pub class: Class,
    /// The magnitude of a finite value.
    pub magnitude: Option<Dyadic>,
}

impl Format {
    /// Bits of the exponent field of a bounded format's code.
    pub fn exponent_bits(&self) -> u32 {
        let Range::Bounded { emin, emax, special } = self.range else { return 0 };
        // In addition to emin..=emax, zero and subnormal numbers have a field of their own, or NaN does, or both.
        let others = if special == Special::Ieee { 2 } else { 1 };
        (emax - emin + 1 + others).ilog2()
    }

    /// Exponent field minus exponent, for normal numbers of a bounded format.
    pub fn bias(&self) -> i32 {
        let Range::Bounded { emin, special, .. } = self.range else { return 0 };
        // The field 0 is a scale's smallest number.
        if special == Special::Scale { -emin } else { 1 - emin }
    }

    /// Bits of one code: sign, exponent, trailing significand.
    pub fn code_bits(&self) -> u32 {
        self.exponent_bits() + self.trailing_bits() + self.sign_bits()
    }

    /// Bits of the trailing significand field.
    fn trailing_bits(&self) -> u32 {
        self.precision - 1
    }

    /// 1, or 0 if numbers have no sign.
    pub fn sign_bits(&self) -> u32 {
        self.special().is_none_or(Special::is_signed).into()
    }

    /// Sign, exponent and trailing significand fields of a code.
    fn fields(&self, code: u64) -> (bool, u64, u64) {
        let trailing = self.trailing_bits();
        let is_negative = self.sign_bits() == 1 && code >> (self.code_bits() - 1) & 1 == 1;
        (is_negative, code >> trailing & ((1 << self.exponent_bits()) - 1), code & ((1 << trailing) - 1))
    }

    /// The class of a code.
    fn class(&self, code: u64) -> Class {
        let (is_negative, exponent, significand) = self.fields(code);
        let is_top = exponent == (1 << self.exponent_bits()) - 1;
        let is_last = is_top && significand == (1 << self.trailing_bits()) - 1;
        let is_zero = exponent == 0 && significand == 0;
        match self.special() {
            Some(Special::Ieee) if is_top && significand == 0 => Class::Infinity,
            Some(Special::Ieee) if is_top => Class::Nan,
            Some(Special::FiniteNan | Special::Scale) if is_last => Class::Nan,
            Some(Special::NanForNegativeZeroAndInfinities) if is_last => Class::Infinity,
            Some(Special::NanForNegativeZero | Special::NanForNegativeZeroAndInfinities) if is_zero && is_negative => {
                Class::Nan
            }
            Some(Special::Scale) => Class::Normal,
            _ if is_zero => Class::Zero,
            _ if exponent == 0 => Class::Subnormal,
            _ => Class::Normal,
        }
    }

    /// The units in the last place of a finite number's code, and their exponent.
    fn units(&self, code: u64) -> (u64, i32) {
        let (_, exponent, significand) = self.fields(code);
        let trailing = self.trailing_bits();
        let emin = self.smallest_normal_exponent().expect("invariant: an unbounded format has no codes");
        match self.class(code) {
            Class::Normal => (significand | 1 << trailing, exponent as i32 - self.bias() - trailing as i32),
            _ => (significand, emin - trailing as i32),
        }
    }

    /// The number that a code represents; NaN codes give NaN. For formats up to binary64.
    ///
    /// # Panics
    /// If the format is unbounded: it has no codes.
    pub fn decode(&self, code: u64) -> f64 {
        let sign = if self.fields(code).0 { -1.0 } else { 1.0 };
        let (units, exponent) = self.units(code);
        match self.class(code) {
            Class::Infinity => sign * f64::INFINITY,
            Class::Nan => f64::NAN,
            // Two exact steps: the first keeps the intermediate normal when the result is subnormal.
            _ => {
                let trailing = self.trailing_bits() as i32;
                sign * (units as f64 * two_to(i64::from(-trailing))) * two_to(i64::from(exponent + trailing))
            }
        }
    }

    /// The code of a member of the format; NaN gives the canonical quiet NaN (positive).
    ///
    /// NaN without a code gets that of −0, as in ml_dtypes; infinities without a code get that of an overflowed result,
    /// and −0 that of 0.
    ///
    /// # Panics
    /// If the format is unbounded: it has no codes.
    pub fn encode(&self, x: f64) -> u64 {
        let Range::Bounded { emin, special, .. } = self.range else {
            panic!("invariant: an unbounded format has no codes");
        };
        let trailing = self.trailing_bits();
        let negative = u64::from(self.sign_bits()) << (self.code_bits() - 1);
        let sign = if x.is_sign_negative() { negative } else { 0 };
        let last = (1u64 << (self.exponent_bits() + trailing)) - 1;
        let top = last & !((1 << trailing) - 1);
        if x.is_nan() || special == Special::Scale && x <= 0.0 {
            return match special {
                Special::Ieee => top | 1 << (trailing - 1),
                Special::FiniteNan | Special::Scale => last,
                Special::NanForNegativeZero | Special::NanForNegativeZeroAndInfinities | Special::Finite => negative,
            };
        }
        if x.is_infinite() {
            return match special {
                Special::Ieee => sign | top,
                Special::NanForNegativeZeroAndInfinities | Special::Finite => sign | last,
                Special::FiniteNan | Special::NanForNegativeZero | Special::Scale => self.encode(f64::NAN),
            };
        }
        if x == 0.0 {
            return if special.has_negative_zero() { sign } else { 0 };
        }
        let mut exact = Float::with_val(53, x.abs());
        let exponent = exact.get_exp().expect("finite and not zero") - 1;
        let quantum = exponent.max(emin) - trailing as i32;
        exact >>= quantum;
        let units = exact.to_integer().expect("finite").to_u64().expect("at most 53 bits");
        let is_subnormal = special != Special::Scale && exponent < emin;
        let biased = if is_subnormal { 0 } else { (exponent + self.bias()) as u64 };
        sign | (biased << trailing) | (units & ((1 << trailing) - 1))
    }

    /// All codes in order, the positive ones first; `None` for formats wider than [`MAX_LISTED_BITS`] bits.
    pub fn codes(&self) -> Option<Vec<Code>> {
        let bits = self.code_bits();
        let is_listed = self.range != Range::Unbounded && bits <= MAX_LISTED_BITS;
        let listed = |code: u32| {
            let (is_negative, exponent_field, significand_field) = self.fields(code.into());
            let class = self.class(code.into());
            let (units, exponent) = self.units(code.into());
            let is_finite = !matches!(class, Class::Infinity | Class::Nan);
            Code {
                code,
                is_negative,
                exponent_field: exponent_field as u32,
                significand_field: significand_field as u32,
                class,
                magnitude: is_finite.then(|| Dyadic { units: Integer::from(units), exponent }),
            }
        };
        is_listed.then(|| (0..1u32 << bits).map(listed).collect())
    }
}
