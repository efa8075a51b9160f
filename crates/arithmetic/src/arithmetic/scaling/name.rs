//! Names of quantisers: `FORMAT`, `mxfp8[-e5m2][-rceil]`, `nvfp4`, `amax-FORMAT`, `tile-e4m3fn`.

use super::{Quantiser, Rule};
use crate::format::{E2M1FN, E2M3FN, E3M2FN, E4M3FN, E5M2, Format};
use crate::nearest::nearest;
use std::fmt;

const fn mx(element: Format) -> Quantiser {
    Quantiser::Mx { element, rule: Rule::Floor }
}

const fn rounded_up(element: Format) -> Quantiser {
    Quantiser::Mx { element, rule: Rule::RoundUp }
}

/// Quantisers with scales: canonical name, aliases, quantiser, and a description with its source.
pub const SCALED: [(&str, &[&str], Quantiser, &str); 14] = [
    ("mxfp8", &["mxfp8-e4m3"], mx(E4M3FN), "e4m3fn, 32 share a power of two: OCP MX 1.0"),
    ("mxfp8-e5m2", &[], mx(E5M2), "e5m2, 32 share a power of two: OCP MX 1.0"),
    ("mxfp6", &["mxfp6-e2m3"], mx(E2M3FN), "e2m3fn, 32 share a power of two: OCP MX 1.0"),
    ("mxfp6-e3m2", &[], mx(E3M2FN), "e3m2fn, 32 share a power of two: OCP MX 1.0"),
    ("mxfp4", &["mxfp4-e2m1"], mx(E2M1FN), "e2m1fn, 32 share a power of two: OCP MX 1.0"),
    ("mxfp8-rceil", &["mxfp8-e4m3-rceil"], rounded_up(E4M3FN), "mxfp8 that never saturates: Mishra et al. 2025"),
    ("mxfp8-e5m2-rceil", &[], rounded_up(E5M2), "mxfp8-e5m2 that never saturates: Mishra et al. 2025"),
    ("mxfp6-rceil", &["mxfp6-e2m3-rceil"], rounded_up(E2M3FN), "mxfp6 that never saturates: Mishra et al. 2025"),
    ("mxfp6-e3m2-rceil", &[], rounded_up(E3M2FN), "mxfp6-e3m2 that never saturates: Mishra et al. 2025"),
    ("mxfp4-rceil", &["mxfp4-e2m1-rceil"], rounded_up(E2M1FN), "mxfp4 that never saturates: Mishra et al. 2025"),
    ("nvfp4", &[], Quantiser::Nvfp4, "e2m1fn, 16 share an e4m3fn, all an f32: NVIDIA 2025, arXiv 2509.25149"),
    ("amax-e4m3fn", &[], Quantiser::Amax { element: E4M3FN }, "e4m3fn, all share an f32: TransformerEngine"),
    ("amax-e5m2", &[], Quantiser::Amax { element: E5M2 }, "e5m2, all share an f32: TransformerEngine"),
    ("tile-e4m3fn", &[], Quantiser::Tile, "e4m3fn, 128 (parameters 128 × 128) share a power of two: DeepSeek-V3"),
];

impl Quantiser {
    /// Reads a name.
    ///
    /// # Errors
    /// What is wrong, with the nearest known name.
    pub fn parse(name: &str) -> Result<Quantiser, String> {
        let lower = name.to_ascii_lowercase();
        if let Some((.., quantiser, _)) =
            SCALED.iter().find(|(canonical, others, ..)| *canonical == lower || others.contains(&lower.as_str()))
        {
            return Ok(*quantiser);
        }
        match Format::parse_of_numbers(name) {
            Ok(format) if Quantiser::is_exact(&format) => Ok(Quantiser::Format(format)),
            Ok(format) => Err(format!(
                "`{name}` is too wide for operands, whose products must be exact in f64: write a format of at most 24 bits, such as `f32`, or `mpfr:26` instead of `{format}`"
            )),
            // Names with another meaning have messages of their own.
            Err(message) if !message.starts_with("unknown format") => Err(message),
            Err(_) => {
                let scaled = SCALED.iter().map(|(canonical, ..)| *canonical);
                let formats = crate::format::NAMED.iter().map(|(canonical, ..)| *canonical);
                let known = nearest(&lower, scaled.chain(formats));
                Err(format!(
                    "unknown operands `{name}`; did you mean `{known}`? (valid: a format such as `e4m3fn`, or {})",
                    listed()
                ))
            }
        }
    }

    /// The canonical name that [`Quantiser::parse`] reads back.
    pub fn name(&self) -> String {
        match (self, SCALED.iter().find(|(.., quantiser, _)| quantiser == self)) {
            (Quantiser::Format(format), _) => format.name(),
            (_, Some((canonical, ..))) => (*canonical).to_string(),
            // Quantisers without a name: an MX block or a tensor of another format.
            (_, None) => format!("{self:?}"),
        }
    }

    /// A one-line description with the source.
    pub fn about(&self) -> &'static str {
        match SCALED.iter().find(|(.., quantiser, _)| quantiser == self) {
            Some((.., about)) => about,
            None => "rounding to nearest, without scales",
        }
    }
}

/// The names other than formats, for an error message.
fn listed() -> String {
    let names = SCALED.iter().filter(|(name, ..)| !name.ends_with("-rceil")).map(|(name, ..)| format!("`{name}`"));
    format!("{}, and MX's also with `-rceil`", names.collect::<Vec<_>>().join(", "))
}

impl fmt::Display for Quantiser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}
