//! What a run computes in addition to plain gradients: loss scaling, and the sources of the noise.

use super::fields::{Heading, Kind, SpecOption, Value, Wrong, parsed};
use super::scale::{LARGEST_SCALE, log2_in_words, within_scales};
use crate::format::two_to;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Factor of the loss before the backward pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LossScale {
    /// No scaling.
    #[default]
    None,
    /// 2 to this power.
    PowerOfTwo(i32),
    /// For each arithmetic, the smallest power of two that adds no noise compared with a backward pass of unlimited
    /// range and overflows nowhere.
    Auto,
}

impl LossScale {
    /// Reads a power of two as a number or as reports write it (`2^10`), or `auto`.
    ///
    /// # Errors
    /// A sentence with the fix.
    pub fn parse(text: &str) -> Result<LossScale, String> {
        if text.eq_ignore_ascii_case("auto") {
            return Ok(LossScale::Auto);
        }
        let Some(log2) = log2_in_words(text) else {
            return Err(format!(
                "--loss-scale {text}: give a power of two, such as 1024 or 2^10, or auto (dividing gradients by any other number would round them)"
            ));
        };
        match within_scales(log2) {
            Some(0) => Ok(LossScale::None),
            Some(log2) => Ok(LossScale::PowerOfTwo(log2)),
            None => Err(format!(
                "--loss-scale {text}: give a power of two from 2^-{LARGEST_SCALE} to 2^{LARGEST_SCALE}, such as 1024"
            )),
        }
    }

    /// True without a scale; a spec omits this default.
    pub fn is_none(&self) -> bool {
        *self == LossScale::None
    }
}

/// The spelling of the command line: `1`, `1024`, `auto`.
impl fmt::Display for LossScale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LossScale::None => f.write_str("1"),
            LossScale::PowerOfTwo(log2) => write!(f, "{}", two_to(i64::from(*log2))),
            LossScale::Auto => f.write_str("auto"),
        }
    }
}

/// The arithmetics for which noise sources are turned on and off one by one and remedies are tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Attribute {
    /// Those of at most 24 significand bits, whose exact counterpart runs in double precision.
    #[default]
    Narrow,
    /// All arithmetics; the exact counterpart of wider ones needs MPFR and takes many times longer.
    All,
    /// None.
    None,
}

impl Attribute {
    /// By name.
    pub const ALL: [(&str, Attribute); 3] =
        [("narrow", Attribute::Narrow), ("all", Attribute::All), ("none", Attribute::None)];
    const NAMES: [&str; 3] = [Attribute::ALL[0].0, Attribute::ALL[1].0, Attribute::ALL[2].0];

    /// Reads a name.
    ///
    /// # Errors
    /// An unknown name, with the known ones.
    pub fn parse(text: &str) -> Result<Attribute, String> {
        let known = Attribute::ALL.into_iter().find(|(name, _)| *name == text);
        known.map(|(_, attribute)| attribute).ok_or_else(|| "give narrow, all or none".into())
    }

    /// True for the default, which a spec omits.
    pub fn is_default(&self) -> bool {
        *self == Attribute::default()
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Attribute::ALL.iter().find(|(_, attribute)| *attribute == self).map_or("narrow", |(name, _)| name)
    }
}

/// `--attribute`.
pub(super) const ATTRIBUTE: SpecOption =
    SpecOption::new("attribute", "WHICH", Kind::Among(&Attribute::NAMES), Heading::Precision).help(
        "Find the sources of rounding noise and try remedies: narrow (precisions of at most 24 significand bits), all \
         (wider ones too, with MPFR and many times slower) or none",
    );

parsed!(Attribute, Attribute::parse, |attribute| attribute.name().into());

impl Value for LossScale {
    fn read(text: &str, _: &SpecOption) -> Result<LossScale, Wrong> {
        LossScale::parse(text).map_err(Wrong::Sentence)
    }

    fn text(&self) -> Option<String> {
        Some(self.to_string())
    }

    fn in_name(&self) -> String {
        match self {
            LossScale::PowerOfTwo(log2) => format!("2^{log2}"),
            LossScale::None | LossScale::Auto => self.to_string(),
        }
    }
}

/// The proof by which the exact gradient is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// Lemmas with norm-wise bounds; where they do not establish a gradient, enclosures are tried.
    #[default]
    Norm,
    /// Enclosures of every number.
    Enclosure,
    /// Norm-wise, and the enclosures must agree with it in every entry.
    Both,
}

impl Proof {
    /// By name.
    pub const ALL: [(&str, Proof); 3] = [("norm", Proof::Norm), ("enclosure", Proof::Enclosure), ("both", Proof::Both)];

    /// True for the default, which specs and records omit.
    pub fn is_default(&self) -> bool {
        *self == Proof::default()
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Proof::ALL.iter().find(|(_, proof)| *proof == self).map_or("norm", |(name, _)| name)
    }

    /// Reads a name.
    ///
    /// # Errors
    /// A sentence with the names.
    pub fn parse(text: &str) -> Result<Proof, String> {
        let known = Proof::ALL.iter().find(|(name, _)| *name == text).map(|(_, proof)| *proof);
        known.ok_or_else(|| format!("--truth {text}: give norm, enclosure or both"))
    }
}
parsed!(Proof, Proof::parse, |proof| proof.name().into());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loss_scales_are_powers_of_two_or_auto() {
        for (text, scale) in [
            ("1", LossScale::None),
            ("1024", LossScale::PowerOfTwo(10)),
            ("0.5", LossScale::PowerOfTwo(-1)),
            ("65536.0", LossScale::PowerOfTwo(16)),
            ("AUTO", LossScale::Auto),
            ("2^10", LossScale::PowerOfTwo(10)),
            ("×2^-3", LossScale::PowerOfTwo(-3)),
            ("2^−3", LossScale::PowerOfTwo(-3)),
            ("2¹⁰", LossScale::PowerOfTwo(10)),
            ("2⁻²⁵⁶", LossScale::PowerOfTwo(-256)),
            ("2^0", LossScale::None),
            ("2", LossScale::PowerOfTwo(1)),
        ] {
            assert_eq!(LossScale::parse(text), Ok(scale));
            assert_eq!(LossScale::parse(&scale.to_string()), Ok(scale));
        }
        for text in [
            "0",
            "-2",
            "1000",
            "nan",
            "inf",
            "",
            "1e400",
            "two",
            "2^",
            "2^x",
            "3^2",
            "2^257",
            "2^-257",
            "2^99999999999999999999",
            "1e300",
            "2¹x",
        ] {
            assert!(LossScale::parse(text).unwrap_err().contains("power of two"), "{text}");
        }
    }
}
