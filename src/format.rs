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

use rug::float::Round;
use rug::{Assign, Float};
use std::fmt;

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

/// Named formats: canonical name, aliases of PyTorch, JAX and `ml_dtypes`, constants.
pub const NAMED: &[(&str, &[&str], Format)] = &[
    ("f64", &["float64", "double", "fp64", "binary64"], F64),
    ("f32", &["float32", "float", "fp32", "binary32"], F32),
    ("tf32", &["tensorfloat32"], TF32),
    ("bf16", &["bfloat16"], BF16),
    ("f16", &["float16", "half", "fp16", "binary16"], F16),
    ("e5m2", &["float8_e5m2", "f8_e5m2"], E5M2),
    ("e4m3fn", &["float8_e4m3fn", "f8_e4m3", "f8_e4m3fn"], E4M3FN),
];

/// Short names that mean different formats to different people.
const AMBIGUOUS: [&str; 4] = ["e4m3", "e3m2", "e2m3", "e2m1"];

/// Widest exponent and significand fields accepted in `eXmY`, and longest `mpfr:N`.
const MAX_EXPONENT_BITS: u32 = 24;
const MAX_PRECISION: u32 = 16384;

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

    /// Reads a format's name.
    ///
    /// # Errors
    /// A sentence that says what is wrong and names the nearest known format.
    pub fn parse(name: &str) -> Result<Format, String> {
        let lower = name.to_ascii_lowercase();
        if let Some((_, _, format)) =
            NAMED.iter().find(|(canonical, aliases, _)| *canonical == lower || aliases.contains(&lower.as_str()))
        {
            return Ok(*format);
        }
        if AMBIGUOUS.contains(&lower.as_str()) {
            let ocp = match lower.as_str() {
                "e4m3" => "`e4m3fn` for the OCP format (maximum 448, no infinities)".to_string(),
                other => format!("`{other}fn` for the OCP format (not available yet)"),
            };
            return Err(format!("`{lower}` is ambiguous: write `{lower}ieee` for the IEEE-like format or {ocp}"));
        }
        if let Some(digits) = lower.strip_prefix("mpfr:") {
            return match digits.parse::<u32>() {
                Ok(n) if is_number(digits) && (2..=MAX_PRECISION).contains(&n) => Ok(Format::mpfr(n)),
                _ => Err(format!("`{name}` needs a precision from 2 to {MAX_PRECISION} bits, as in `mpfr:100`")),
            };
        }
        if let Some(format) = parse_ieee_like(&lower)? {
            return Ok(format);
        }
        if ["fp8", "f8", "float8"].contains(&lower.as_str()) {
            return Err(format!(
                "`{name}` names several formats: write `e4m3fn` (more precise) or `e5m2` (more range)"
            ));
        }
        let names = NAMED.iter().flat_map(|(n, aliases, _)| std::iter::once(*n).chain(aliases.iter().copied()));
        let nearest = crate::nearest::nearest(&lower, names.chain(std::iter::once("mpfr:100")));
        Err(format!("unknown format `{name}`; did you mean `{nearest}`? (any `eXmY` and `mpfr:N` work too)"))
    }

    /// The canonical name that [`Format::parse`] reads back.
    pub fn name(&self) -> String {
        if let Some((name, _, _)) = NAMED.iter().find(|(_, _, format)| format == self) {
            return (*name).to_string();
        }
        match self.range {
            Range::Unbounded => format!("mpfr:{}", self.precision),
            Range::Bounded { .. } => {
                let bare = format!("e{}m{}", self.exponent_bits(), self.precision - 1);
                if AMBIGUOUS.contains(&bare.as_str()) { format!("{bare}ieee") } else { bare }
            }
        }
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

    /// Rounds an exact number to the format: **the definition**.
    ///
    /// Round to nearest, ties to even; overflow (a result that would exceed the maximum) gives
    /// infinity, or NaN where the format has none; underflow is gradual, with the sign kept on zero;
    /// NaN stays NaN; −0 stays −0. The result has precision p.
    pub fn round(&self, x: &Float) -> Float {
        let p = self.precision;
        if x.is_nan() || x.is_zero() {
            return Float::with_val(p, x);
        }
        let Range::Bounded { emin, special, .. } = self.range else {
            return Float::with_val(p, x);
        };
        let overflow = || match special {
            Special::Ieee if x.is_sign_negative() => Float::with_val(p, rug::float::Special::NegInfinity),
            Special::Ieee => Float::with_val(p, rug::float::Special::Infinity),
            Special::FiniteNan => Float::with_val(p, rug::float::Special::Nan),
        };
        let Some(exponent) = x.get_exp() else { return overflow() };
        // x = ±1.xxx·2^(exponent−1); the quantum is one unit in the last place where x lies.
        let quantum = (exponent - 1).max(emin) - (p as i32 - 1);
        if exponent < quantum {
            // Below half of the smallest quantum (a tie at exactly half goes to zero below).
            return signed_zero(p, x.is_sign_negative());
        }
        let scaled = Float::with_val(x.prec(), x >> quantum);
        let (units, _) = scaled.to_integer_round(Round::Nearest).expect("a finite number rounds to an integer");
        if units == 0 {
            return signed_zero(p, x.is_sign_negative());
        }
        let rounded = Float::with_val(p, units) << quantum;
        let max = self.max().expect("a bounded format has a maximum");
        if rounded.cmp_abs(&max) == Some(std::cmp::Ordering::Greater) { overflow() } else { rounded }
    }

    /// True where double precision can carry this format's arithmetic: members, exact products of
    /// two members, and sums whose double rounding is innocuous (53 ≥ 2p + 2, Figueroa 1995).
    pub fn fits_f64_lanes(&self) -> bool {
        match (self.smallest_subnormal_exponent(), self.max_exponent()) {
            (Some(smallest), Some(emax)) => self.precision <= 24 && 2 * smallest >= -1022 && 2 * (emax + 1) <= 1023,
            _ => false,
        }
    }

    /// The constants of [`Rounder::round`], for formats no wider than binary64.
    pub fn rounder(&self) -> Rounder {
        let Range::Bounded { emin, emax, special } = self.range else {
            panic!("invariant: double precision carries only bounded formats");
        };
        assert!(self.precision < 52 && self.fits_f64_lanes(), "invariant: {} does not fit double lanes", self.name());
        let top_codes = if special == Special::FiniteNan { 2 } else { 1 };
        let max = ((1u64 << self.precision) - top_codes) as f64 * two_to(i64::from(emax - (self.precision as i32 - 1)));
        Rounder {
            drop: 53 - self.precision,
            smallest_normal: two_to(i64::from(emin)),
            subnormal_magic: 1.5 * two_to(i64::from(52 + emin - (self.precision as i32 - 1))),
            max,
            overflow: if special == Special::Ieee { f64::INFINITY } else { f64::NAN },
        }
    }

    /// Rounds a double: equal to [`Format::round`] on every double, for formats with
    /// [`Format::fits_f64_lanes`] and for binary64 itself.
    pub fn round_f64(&self, x: f64) -> f64 {
        if *self == F64 { canonical(x) } else { self.rounder().round(x) }
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

/// Reads `eXmY`, and `eXmYieee` for the ambiguous ones; `None` if the name has another shape.
fn parse_ieee_like(lower: &str) -> Result<Option<Format>, String> {
    let Some((exponent, significand)) = lower.strip_prefix('e').and_then(|rest| rest.split_once('m')) else {
        return Ok(None);
    };
    let significand = significand.strip_suffix("ieee").unwrap_or(significand);
    if !is_number(exponent) || !is_number(significand) {
        return Ok(None);
    }
    match (exponent.parse::<u32>(), significand.parse::<u32>()) {
        (Ok(x), Ok(y)) if (2..=MAX_EXPONENT_BITS).contains(&x) && (1..MAX_PRECISION).contains(&y) => {
            Ok(Some(Format::ieee(x, y)))
        }
        _ => Err(format!(
            "`{lower}` needs 2 to {MAX_EXPONENT_BITS} exponent bits and 1 to {} significand bits, as in `e5m10`",
            MAX_PRECISION - 1
        )),
    }
}

/// Digits and nothing else: no sign, no spaces.
fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

/// One format's rounding of doubles with its constants at hand, branch-free.
#[derive(Clone, Copy, Debug)]
pub struct Rounder {
    drop: u32,
    smallest_normal: f64,
    subnormal_magic: f64,
    max: f64,
    overflow: f64,
}

impl Rounder {
    /// Rounds to nearest, ties to even; see [`Format::round`] for the special cases.
    #[inline(always)]
    pub fn round(&self, x: f64) -> f64 {
        let magnitude = x.abs();
        // Normal numbers: add half an ulp less one (and the last kept bit, for ties) to the bits; a
        // carry moves into the exponent as it should.
        let bits = magnitude.to_bits();
        let half_less_one = (1u64 << (self.drop - 1)) - 1;
        let odd = (bits >> self.drop) & 1;
        let normal = f64::from_bits((bits + half_less_one + odd) & !((1u64 << self.drop) - 1));
        // Subnormal numbers: the sum with 1.5·2^(52+q) is rounded by the hardware to multiples of 2^q.
        let subnormal = (magnitude + self.subnormal_magic) - self.subnormal_magic;
        let rounded = if magnitude < self.smallest_normal { subnormal } else { normal };
        let signed = rounded.copysign(x);
        // The second test catches NaN whose payload carries into the sign bit above.
        if (rounded <= self.max) & (magnitude <= f64::MAX) { signed } else { self.special(x) }
    }

    /// Overflow and NaN. The sign stays off a NaN, so that there is only one.
    #[inline(always)]
    fn special(&self, x: f64) -> f64 {
        if x.is_nan() { f64::NAN } else { canonical(self.overflow.copysign(x)) }
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

fn signed_zero(precision: u32, negative: bool) -> Float {
    let mut zero = Float::new(precision);
    zero.assign(if negative { rug::float::Special::NegZero } else { rug::float::Special::Zero });
    zero
}
