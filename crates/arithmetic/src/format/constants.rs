//! The constants of a format, all exact and derived from its precision and range.

use super::dyadic::Dyadic;
use super::{Format, NAMED, Overflow, Range, Special};
use rug::{Float, Integer};
use serde::{Serialize, Serializer};

/// A format's constants.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Constants {
    /// Canonical name.
    pub name: String,
    /// Aliases.
    pub aliases: Vec<String>,
    /// Where the format is defined.
    pub source: &'static str,
    /// Significand bits p, the implicit one included.
    pub precision: u32,
    /// p·log₁₀ 2.
    pub decimal_digits: f64,
    /// u = 2^-p.
    pub unit_roundoff: Dyadic,
    /// Distance from 1 to the next number, 2^(1−p); `eps` in many libraries.
    pub spacing_above_one: Dyadic,
    /// Whether ±infinity is among the values.
    pub has_infinities: bool,
    /// Whether NaN is among them.
    pub has_nan: bool,
    /// Whether −0 is among them.
    pub has_negative_zero: bool,
    /// The constants of bounded exponents; `None` for MPFR's.
    pub range: Option<RangeConstants>,
}

/// Constants of a format whose exponents are bounded.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RangeConstants {
    /// Bits of a code: sign, exponent field, trailing significand field.
    pub code_bits: u32,
    /// 1, or 0 if numbers have no sign.
    pub sign_bits: u32,
    /// Bits of the exponent field.
    pub exponent_bits: u32,
    /// Bits of the trailing significand field, p − 1.
    pub trailing_bits: u32,
    /// Exponent field minus exponent, for normal numbers.
    pub bias: i32,
    /// Exponent of the smallest normal number.
    pub emin: i32,
    /// Exponent of the largest finite number.
    pub emax: i32,
    /// Largest finite number.
    pub largest: Dyadic,
    /// Smallest positive normal number.
    pub smallest_normal: Dyadic,
    /// Smallest positive number: the spacing of numbers near zero. A scale has no subnormal numbers, so this one is
    /// normal.
    pub smallest_subnormal: Dyadic,
    /// The result of an overflow.
    #[serde(serialize_with = "in_words")]
    pub overflow: Overflow,
    /// Larger magnitudes overflow when rounded to nearest.
    pub overflow_threshold: Dyadic,
    /// Whether the threshold itself overflows: it is a tie, and ties go to the even significand.
    pub threshold_overflows: bool,
    /// Magnitudes up to this one become zero when rounded to nearest, or NaN if the format has no zero.
    pub underflow_threshold: Dyadic,
    /// Every integer up to this one is a member.
    #[serde(serialize_with = "in_digits")]
    pub integers_up_to: Integer,
    /// Powers of two among the positive normal numbers.
    pub normal_binades: i64,
    /// Powers of two among the positive numbers.
    pub binades: i64,
    /// log₁₀ of largest over smallest normal number.
    pub normal_decades: f64,
    /// log₁₀ of largest over smallest positive number.
    pub decades: f64,
    /// Number of codes of each class.
    pub counts: Counts,
}

/// Numbers of codes by class, both signs together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Counts {
    /// +0 and −0, as far as the format has them.
    pub zeros: u32,
    /// Below the smallest normal number, not zero.
    #[serde(serialize_with = "in_digits")]
    pub subnormal: Integer,
    /// Normal numbers.
    #[serde(serialize_with = "in_digits")]
    pub normal: Integer,
    /// Infinities.
    pub infinities: u32,
    /// Codes that are not a number.
    #[serde(serialize_with = "in_digits")]
    pub nan: Integer,
    /// Distinct finite values; the two zeros count as one.
    #[serde(serialize_with = "in_digits")]
    pub finite_values: Integer,
}

/// Counts may exceed every integer type of JSON's readers.
fn in_digits<S: Serializer>(count: &Integer, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(count)
}

impl Counts {
    /// The counts of a format with precision p and the given number of exponents of normal numbers.
    fn of(p: i32, exponents: i32, special: Special) -> Counts {
        let power = |exponent: i32| Integer::from(1) << exponent as u32;
        let signs = if special.is_signed() { 2 } else { 1 };
        // Each exponent has 2^(p−1) significands of each sign; one of them may have a special meaning.
        let taken = u32::from(special.takes_last_code()) * signs;
        let normal = power(p - 1) * exponents * signs - taken;
        let subnormal = (power(p - 1) - 1u32) * signs;
        let zeros = match special {
            Special::Scale => 0,
            _ if special.has_negative_zero() => 2,
            _ => 1,
        };
        let nan = match special {
            Special::Ieee => power(p) - 2,
            Special::FiniteNan => Integer::from(2),
            Special::NanForNegativeZero | Special::NanForNegativeZeroAndInfinities | Special::Scale => Integer::from(1),
            Special::Finite => Integer::new(),
        };
        Counts {
            zeros,
            infinities: if special.has_infinities() { 2 } else { 0 },
            nan,
            finite_values: Integer::from(&normal + &subnormal) + zeros.min(1),
            subnormal,
            normal,
        }
    }
}

/// `infinity`, `NaN` or `largest`.
fn in_words<S: Serializer>(overflow: &Overflow, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match overflow {
        Overflow::Infinity => "infinity",
        Overflow::Nan => "NaN",
        Overflow::Largest => "largest",
    })
}

impl Format {
    /// Every constant of the format.
    pub fn constants(&self) -> Constants {
        let p = self.precision as i32;
        Constants {
            name: self.name(),
            aliases: self.aliases(),
            source: self.source(),
            precision: self.precision,
            decimal_digits: f64::from(self.precision) * std::f64::consts::LOG10_2,
            unit_roundoff: Dyadic::power(-p),
            spacing_above_one: Dyadic::power(1 - p),
            has_infinities: self.special().is_none_or(Special::has_infinities),
            has_nan: self.special().is_none_or(Special::has_nan),
            has_negative_zero: self.has_negative_zero(),
            range: self.range_constants(),
        }
    }

    fn range_constants(&self) -> Option<RangeConstants> {
        let Range::Bounded { emin, emax, special } = self.range else { return None };
        let p = self.precision as i32;
        let (smallest, top) = (emin - (p - 1), emax - (p - 1));
        let power = |exponent: i32| Integer::from(1) << exponent as u32;
        let significand = power(p) - 1 - u32::from(special.takes_last_code());
        let threshold = Integer::from(&significand << 1u32) + 1;
        let largest = Dyadic { units: significand, exponent: top };
        let whole = largest.value().trunc().to_integer().unwrap_or_default();
        Some(RangeConstants {
            code_bits: self.code_bits(),
            sign_bits: self.sign_bits(),
            exponent_bits: self.exponent_bits(),
            trailing_bits: self.precision - 1,
            bias: self.bias(),
            emin,
            emax,
            smallest_normal: Dyadic::power(emin),
            smallest_subnormal: Dyadic::power(smallest),
            overflow: special.overflow(),
            overflow_threshold: Dyadic { units: threshold, exponent: top - 1 },
            threshold_overflows: largest.units.is_odd(),
            underflow_threshold: Dyadic::power(smallest - 1),
            integers_up_to: whole.min(power(p)),
            normal_binades: i64::from(emax) - i64::from(emin) + 1,
            binades: i64::from(emax) - i64::from(smallest) + 1,
            normal_decades: decades(&largest, emin),
            decades: decades(&largest, smallest),
            counts: Counts::of(p, emax - emin + 1, special),
            largest,
        })
    }

    /// The aliases that [`Format::parse`] accepts for this format, including `eXmY` if it is one.
    fn aliases(&self) -> Vec<String> {
        let Some((name, aliases, _)) = NAMED.iter().find(|(_, _, format)| format == self) else { return Vec::new() };
        let bare = format!("e{}m{}", self.exponent_bits(), self.precision - 1);
        let is_alias = bare != *name && Format::parse(&bare).as_ref() == Ok(self);
        aliases.iter().map(ToString::to_string).chain(is_alias.then_some(bare)).collect()
    }

    /// The document or the vendor that defines the format.
    fn source(&self) -> &'static str {
        match self.name().as_str() {
            "f64" => "IEEE 754-2019, binary64",
            "f32" => "IEEE 754-2019, binary32",
            "f16" => "IEEE 754-2019, binary16",
            "tf32" => "NVIDIA TensorFloat-32, kept in 32 bits",
            "bf16" => "Google bfloat16: the upper half of binary32",
            "e5m2" => "OCP OFP8 (8-bit Floating Point) 1.0, E5M2",
            "e4m3fn" => "OCP OFP8 (8-bit Floating Point) 1.0, E4M3",
            "e4m3ieee" | "e3m4" => "ml_dtypes, as IEEE 754-2019 would",
            "e5m2fnuz" | "e4m3fnuz" => "Graphcore: Noune et al. 2022, arXiv 2206.02915",
            "e4m3b11fnuz" => "ml_dtypes: e4m3fnuz with bias 11",
            "binary8p3se" | "binary8p4se" => "IEEE P3109, draft: binary8 with infinities",
            "e3m2fn" | "e2m3fn" | "e2m1fn" => "OCP MX 1.0 (Rouhani et al. 2023), element",
            "e8m0fnu" => "OCP MX 1.0 (Rouhani et al. 2023), block scale",
            _ if self.range == Range::Unbounded => "GNU MPFR",
            _ => "the rules of IEEE 754-2019 for binary formats, with these fields",
        }
    }
}

/// log₁₀(`largest` / 2^`smallest`), rounded once to double.
fn decades(largest: &Dyadic, smallest: i32) -> f64 {
    let ratio = Float::with_val(largest.units.significant_bits() + 64, largest.value() >> smallest);
    ratio.log10().to_f64()
}
