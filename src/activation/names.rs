//! Names of activations: `relu`, `leaky:0.2`, `elu:0.5`, PyTorch's spellings as aliases.

use super::{Activation, ELU_ALPHA, LEAKY_SLOPE, PRELU_SLOPE, SELU_ALPHA, SELU_LAMBDA};
use crate::format::GRID;
use crate::nearest::nearest;
use std::fmt;

/// Canonical names with their aliases; capitals, `_` and `-` are ignored when names are compared.
const NAMES: &[(&str, &[&str])] = &[
    ("relu", &[]),
    ("leaky", &["leaky_relu", "lrelu"]),
    ("prelu", &["parametric_relu"]),
    ("elu", &[]),
    ("tanh", &[]),
    ("sigmoid", &["logistic"]),
    ("softplus", &[]),
    ("silu", &["swish"]),
    ("gelu", &[]),
    ("selu", &[]),
    ("identity", &["linear"]),
];

/// Alphas of ELU: beyond any use, and such that nothing overflows or vanishes for its size alone.
const ALPHAS: std::ops::RangeInclusive<f64> = 1e-6..=1e4;

/// A name without what does not distinguish names.
fn plain(name: &str) -> String {
    name.trim().to_ascii_lowercase().chars().filter(|c| !matches!(c, '_' | '-')).collect()
}

impl Activation {
    /// Reads a name with an optional parameter, as in `leaky:0.2`.
    ///
    /// The slopes of leaky and prelu are rounded to the grid of parameters ([`GRID`]), so that every
    /// usual format holds them exactly: `leaky:0.01` is 0.010009765625.
    ///
    /// # Errors
    /// A sentence that says what is wrong and how to write it.
    pub fn parse(text: &str) -> Result<Activation, String> {
        let (name, parameter) = match text.split_once(':') {
            Some((name, parameter)) => (name, Some(parameter)),
            None => (text, None),
        };
        let typed = plain(name);
        let known =
            NAMES.iter().find(|(canonical, aliases)| *canonical == typed || aliases.iter().any(|a| plain(a) == typed));
        let Some((canonical, _)) = known else {
            let every = NAMES.iter().flat_map(|(n, aliases)| std::iter::once(*n).chain(aliases.iter().copied()));
            return Err(format!("unknown activation `{name}`; did you mean `{}`?", nearest(&typed, every)));
        };
        match *canonical {
            "leaky" => Ok(Activation::Leaky { slope: slope(text, "leaky:0.2", parameter)?.unwrap_or(LEAKY_SLOPE) }),
            "prelu" => Ok(Activation::Prelu { slope: slope(text, "prelu:0.25", parameter)?.unwrap_or(PRELU_SLOPE) }),
            "elu" => match number(text, "elu:0.5", parameter)? {
                Some(alpha) if !ALPHAS.contains(&alpha) => {
                    let (least, most) = (ALPHAS.start(), ALPHAS.end());
                    Err(format!("`{text}`: alpha must be from {least} to {most}, as in `elu:0.5`"))
                }
                alpha => Ok(Activation::Elu { alpha: alpha.unwrap_or(ELU_ALPHA) }),
            },
            plain if parameter.is_some() => Err(format!("`{text}`: {plain} has no parameter; write `{plain}`")),
            "relu" => Ok(Activation::Relu),
            "tanh" => Ok(Activation::Tanh),
            "sigmoid" => Ok(Activation::Sigmoid),
            "softplus" => Ok(Activation::Softplus),
            "silu" => Ok(Activation::Silu),
            "gelu" => Ok(Activation::Gelu),
            "selu" => Ok(Activation::Selu),
            _ => Ok(Activation::Identity),
        }
    }

    /// Every exact constant of φ, as a record and a caption print it.
    pub fn constants(&self) -> Vec<String> {
        match self {
            Activation::Leaky { slope } => vec![format!("slope = {slope}")],
            Activation::Prelu { slope } => vec![format!("initial slope = {slope}")],
            Activation::Elu { alpha } => vec![format!("alpha = {alpha}")],
            Activation::Selu => vec![format!("lambda = {SELU_LAMBDA}"), format!("alpha = {SELU_ALPHA}")],
            _ => Vec::new(),
        }
    }

    /// The canonical name, which [`Activation::parse`] reads back (for slopes on the grid); the
    /// parameter is left out where it is the default.
    pub fn name(&self) -> String {
        let with = |name: &str, parameter: f64, default: f64| {
            if parameter == default { name.to_string() } else { format!("{name}:{parameter}") }
        };
        match *self {
            Activation::Relu => "relu".to_string(),
            Activation::Leaky { slope } => with("leaky", slope, LEAKY_SLOPE),
            Activation::Prelu { slope } => with("prelu", slope, PRELU_SLOPE),
            Activation::Elu { alpha } => with("elu", alpha, ELU_ALPHA),
            Activation::Tanh => "tanh".to_string(),
            Activation::Sigmoid => "sigmoid".to_string(),
            Activation::Softplus => "softplus".to_string(),
            Activation::Silu => "silu".to_string(),
            Activation::Gelu => "gelu".to_string(),
            Activation::Selu => "selu".to_string(),
            Activation::Identity => "identity".to_string(),
        }
    }
}

impl fmt::Display for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

/// A finite parameter, if one was written.
fn number(text: &str, example: &str, parameter: Option<&str>) -> Result<Option<f64>, String> {
    let Some(written) = parameter else { return Ok(None) };
    match written.trim().parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(Some(value)),
        _ => Err(format!("`{text}`: the parameter must be a finite number, as in `{example}`")),
    }
}

/// A slope on the grid of parameters, if one was written.
fn slope(text: &str, example: &str, parameter: Option<&str>) -> Result<Option<f64>, String> {
    let Some(value) = number(text, example, parameter)? else { return Ok(None) };
    let snapped = GRID.round_f64(value);
    if !snapped.is_finite() {
        return Err(format!("`{text}`: the slope is too large; give at most 65280, as in `{example}`"));
    }
    if snapped == 0.0 && value != 0.0 {
        return Err(format!("`{text}`: the slope is too small; give 0 or at least 2^-24, as in `{example}`"));
    }
    // −0 would differ from 0 only in the sign of zeros and in its name.
    Ok(Some(if snapped == 0.0 { 0.0 } else { snapped }))
}
