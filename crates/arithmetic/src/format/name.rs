//! Names of formats: canonical ones, aliases, `eXmY` and `mpfr:N`.

use super::{
    BF16, BINARY8P3SE, BINARY8P4SE, E2M1FN, E2M3FN, E3M2FN, E4M3B11FNUZ, E4M3FN, E4M3FNUZ, E5M2, E5M2FNUZ, E8M0FNU,
    F16, F32, F64, Format, Range, Special, TF32, bounded,
};
use crate::nearest::nearest;
use std::fmt;

/// Named formats: canonical name, aliases of PyTorch, JAX and `ml_dtypes`, constants.
pub const NAMED: &[(&str, &[&str], Format)] = &[
    ("f64", &["float64", "double", "fp64", "binary64"], F64),
    ("f32", &["float32", "float", "fp32", "binary32"], F32),
    ("tf32", &["tensorfloat32"], TF32),
    ("bf16", &["bfloat16"], BF16),
    ("f16", &["float16", "half", "fp16", "binary16"], F16),
    ("e5m2", &["float8_e5m2", "f8_e5m2"], E5M2),
    ("e4m3fn", &["float8_e4m3fn", "f8_e4m3", "f8_e4m3fn"], E4M3FN),
    ("e4m3ieee", &["float8_e4m3"], bounded(4, -6, 7, Special::Ieee)),
    ("e3m4", &["float8_e3m4"], bounded(5, -2, 3, Special::Ieee)),
    ("e5m2fnuz", &["float8_e5m2fnuz", "binary8p3sf"], E5M2FNUZ),
    ("e4m3fnuz", &["float8_e4m3fnuz", "binary8p4sf"], E4M3FNUZ),
    ("e4m3b11fnuz", &["float8_e4m3b11fnuz"], E4M3B11FNUZ),
    ("binary8p3se", &[], BINARY8P3SE),
    ("binary8p4se", &[], BINARY8P4SE),
    ("e3m2fn", &["float6_e3m2fn"], E3M2FN),
    ("e2m3fn", &["float6_e2m3fn"], E2M3FN),
    ("e2m1fn", &["float4_e2m1fn"], E2M1FN),
    ("e8m0fnu", &["float8_e8m0fnu"], E8M0FNU),
];

/// Short names that are used for different formats.
pub const AMBIGUOUS: [&str; 4] = ["e4m3", "e3m2", "e2m3", "e2m1"];

/// Names that only give a width, which several formats share.
pub const EIGHT_BITS: [&str; 3] = ["fp8", "f8", "float8"];

/// Widest exponent field accepted in `eXmY`.
pub const MAX_EXPONENT_BITS: u32 = 24;
/// Most significand bits, the implicit one included.
pub const MAX_PRECISION: u32 = 16384;

impl Format {
    /// Reads a format's name.
    ///
    /// # Errors
    /// What is wrong, with the nearest known format.
    pub fn parse(name: &str) -> Result<Format, String> {
        let lower = name.to_ascii_lowercase();
        if let Some((_, _, format)) =
            NAMED.iter().find(|(canonical, aliases, _)| *canonical == lower || aliases.contains(&lower.as_str()))
        {
            return Ok(*format);
        }
        if AMBIGUOUS.contains(&lower.as_str()) {
            let ocp = match lower.as_str() {
                "e4m3" => "maximum 448, no infinities",
                "e3m2" => "maximum 28, no infinities and no NaN",
                "e2m3" => "maximum 7.5, no infinities and no NaN",
                _ => "maximum 6, no infinities and no NaN",
            };
            return Err(format!(
                "`{lower}` is ambiguous: write `{lower}ieee` for the IEEE-like format or `{lower}fn` for the OCP format ({ocp})"
            ));
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
        if EIGHT_BITS.contains(&lower.as_str()) {
            return Err(format!(
                "`{name}` names several formats: write `e4m3fn` (more precise) or `e5m2` (more range)"
            ));
        }
        let names = NAMED.iter().flat_map(|(n, aliases, _)| std::iter::once(*n).chain(aliases.iter().copied()));
        let nearest = nearest(&lower, names.chain(std::iter::once("mpfr:100")));
        Err(format!("unknown format `{name}`; did you mean `{nearest}`? (any `eXmY` and `mpfr:N` work too)"))
    }

    /// [`Format::parse`] of a format to compute in.
    ///
    /// # Errors
    /// Also if the format only holds the scales of blocks.
    pub fn parse_of_numbers(name: &str) -> Result<Format, String> {
        let format = Format::parse(name)?;
        if format.is_scale() {
            return Err(format!(
                "`{name}` only holds scales, powers of two without sign or zero, and cannot be computed in; choose another format"
            ));
        }
        Ok(format)
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

/// Parses digits only: no sign, no spaces.
fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}
