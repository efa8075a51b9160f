//! Names of activations: `relu`, `leaky:0.2`, `hardtanh:-2:2`, PyTorch's spellings as aliases.

use super::{ALL, Activation, GELU_TANH_CUBIC, LEAKY_SLOPE, PRELU_SLOPE, SELU_ALPHA, SELU_LAMBDA};
use crate::format::GRID;
use crate::nearest::nearest;
use serde::Serialize;
use std::fmt;
use std::ops::RangeInclusive;

/// The kinds of parameters.
#[derive(Clone, Debug)]
enum Kind {
    /// A slope, rounded to the grid of parameters.
    Slope,
    /// Any number in a range.
    Range(RangeInclusive<f64>),
}

/// Parameters of exponentials: a range wider than anyone needs, in which nothing overflows or vanishes because of its
/// size.
const POSITIVE: Kind = Kind::Range(1e-6..=1e4);
/// Limits and thresholds.
const LIMIT: Kind = Kind::Range(-1e4..=1e4);
/// The range of slopes of rrelu.
const DRAWN_SLOPE: Kind = Kind::Range(0.0..=1e4);

/// One activation in the grammar.
struct Entry {
    name: &'static str,
    aliases: &'static [&'static str],
    /// Parameters in order: their names in the grammar and in the messages.
    parameters: &'static [(&'static str, &'static str, Kind)],
    /// An example with parameters.
    example: &'static str,
    /// Their defaults.
    defaults: &'static [f64],
}

const fn plain_entry(name: &'static str, aliases: &'static [&'static str]) -> Entry {
    Entry { name, aliases, parameters: &[], example: "", defaults: &[] }
}

/// Canonical names; capitals, `_` and `-` are ignored when names are compared.
const ENTRIES: &[Entry] = &[
    plain_entry("relu", &[]),
    Entry {
        name: "leaky",
        aliases: &["leaky_relu", "lrelu"],
        parameters: &[("SLOPE", "the slope", Kind::Slope)],
        example: "leaky:0.2",
        defaults: &[LEAKY_SLOPE],
    },
    Entry {
        name: "prelu",
        aliases: &["parametric_relu"],
        parameters: &[("SLOPE", "the slope", Kind::Slope)],
        example: "prelu:0.25",
        defaults: &[PRELU_SLOPE],
    },
    Entry {
        name: "rrelu",
        aliases: &["randomized_relu"],
        parameters: &[("LOWER", "the lower slope", DRAWN_SLOPE), ("UPPER", "the upper slope", DRAWN_SLOPE)],
        example: "rrelu:0.125:0.25",
        defaults: &[1.0 / 8.0, 1.0 / 3.0],
    },
    Entry {
        name: "elu",
        aliases: &[],
        parameters: &[("ALPHA", "alpha", POSITIVE)],
        example: "elu:0.5",
        defaults: &[1.0],
    },
    Entry {
        name: "celu",
        aliases: &[],
        parameters: &[("ALPHA", "alpha", POSITIVE)],
        example: "celu:0.5",
        defaults: &[1.0],
    },
    plain_entry("selu", &[]),
    plain_entry("relu6", &[]),
    Entry {
        name: "hardtanh",
        aliases: &["clamp"],
        parameters: &[("LOW", "the least value", LIMIT), ("HIGH", "the largest value", LIMIT)],
        example: "hardtanh:-2:2",
        defaults: &[-1.0, 1.0],
    },
    plain_entry("hardsigmoid", &[]),
    plain_entry("hardswish", &[]),
    Entry {
        name: "softshrink",
        aliases: &["soft_threshold"],
        parameters: &[("LAMBDA", "lambda", POSITIVE)],
        example: "softshrink:0.25",
        defaults: &[0.5],
    },
    Entry {
        name: "hardshrink",
        aliases: &[],
        parameters: &[("LAMBDA", "lambda", POSITIVE)],
        example: "hardshrink:0.25",
        defaults: &[0.5],
    },
    Entry {
        name: "threshold",
        aliases: &["truncated_relu"],
        parameters: &[("THRESHOLD", "the threshold", LIMIT), ("VALUE", "the value", LIMIT)],
        example: "threshold:0.1:20",
        defaults: &[1.0, 0.0],
    },
    plain_entry("relu2", &["relu_squared", "squared_relu"]),
    plain_entry("tanh", &[]),
    plain_entry("tanhshrink", &[]),
    plain_entry("sigmoid", &["logistic"]),
    plain_entry("logsigmoid", &[]),
    Entry {
        name: "softplus",
        aliases: &[],
        parameters: &[("BETA", "beta", POSITIVE)],
        example: "softplus:2",
        defaults: &[1.0],
    },
    plain_entry("softsign", &[]),
    plain_entry("silu", &[]),
    Entry {
        name: "swish",
        aliases: &[],
        parameters: &[("BETA", "beta", POSITIVE)],
        example: "swish:2",
        defaults: &[1.0],
    },
    plain_entry("mish", &[]),
    plain_entry("gelu", &[]),
    plain_entry("gelu_tanh", &["gelu_new", "gelu_pytorch_tanh"]),
    plain_entry("identity", &["linear"]),
];

/// One parameter of an activation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Parameter {
    /// Its name: `slope`, `least value`.
    pub name: &'static str,
    /// Its value; slopes are rounded to the grid.
    pub value: f64,
    /// Its default.
    pub default: f64,
}

/// A name without the characters that do not distinguish names.
fn plain(name: &str) -> String {
    name.trim().to_ascii_lowercase().chars().filter(|c| !matches!(c, '_' | '-')).collect()
}

impl Activation {
    /// Reads a name with optional parameters, as in `leaky:0.2` or `hardtanh:-2:2`.
    ///
    /// The slopes of leaky and prelu are rounded to the grid of parameters ([`GRID`]), so that every usual format holds
    /// them exactly: `leaky:0.01` is 0.010009765625. Of several parameters, only the first is required.
    ///
    /// # Errors
    /// What is wrong, and how to write it.
    pub fn parse(text: &str) -> Result<Activation, String> {
        // As reports write it, with its constants: `elu:0.5 (alpha = 0.5)`.
        if let Some((name, constants)) = text.trim().strip_suffix(')').and_then(|text| text.split_once(" (")) {
            let activation = Activation::parse(name)?;
            if activation.constants().join(", ") == constants {
                return Ok(activation);
            }
            let written = activation.grammar();
            return Err(format!("`{text}`: the text in parentheses does not match `{name}`; leave it out ({written})"));
        }
        let mut parts = text.split(':');
        let name = parts.next().unwrap_or_default();
        let typed = plain(name);
        let known = ENTRIES
            .iter()
            .find(|entry| plain(entry.name) == typed || entry.aliases.iter().any(|alias| plain(alias) == typed));
        let Some(entry) = known else {
            let every = ENTRIES.iter().flat_map(|e| std::iter::once(e.name).chain(e.aliases.iter().copied()));
            return Err(format!("unknown activation `{name}`; did you mean `{}`?", nearest(&typed, every)));
        };
        let written: Vec<&str> = parts.collect();
        if written.len() > entry.parameters.len() {
            return Err(match entry.parameters.len() {
                0 => format!("`{text}`: {0} has no parameter; write `{0}`", entry.name),
                1 => format!("`{text}`: {} has one parameter, as in `{}`", entry.name, entry.example),
                count => format!("`{text}`: {} has {count} parameters, as in `{}`", entry.name, entry.example),
            });
        }
        let mut values = entry.defaults.to_vec();
        for ((value, written), (_, what, kind)) in values.iter_mut().zip(written).zip(entry.parameters) {
            *value = parameter(text, entry.example, written, what, kind)?;
        }
        build(entry.name, &values).map_err(|wrong| format!("`{text}`: {wrong}, as in `{}`", entry.example))
    }

    /// The syntax with parameters: `leaky[:SLOPE]`, or `swish:BETA`, which needs its parameter.
    pub fn grammar(&self) -> String {
        let symbols: String = self.entry().parameters.iter().map(|(symbol, ..)| format!(":{symbol}")).collect();
        match self {
            _ if symbols.is_empty() => self.entry().name.into(),
            Activation::Swish { .. } => format!("{}{symbols}", self.entry().name),
            _ => format!("{}[{symbols}]", self.entry().name),
        }
    }

    /// Aliases; capitals, `_` and `-` make no difference.
    pub fn aliases(&self) -> &'static [&'static str] {
        self.entry().aliases
    }

    /// The parameters in order.
    pub fn parameters(&self) -> Vec<Parameter> {
        let entry = self.entry();
        let named = entry.parameters.iter().map(|(_, what, _)| what.strip_prefix("the ").unwrap_or(what));
        let values = self.parts().1.into_iter().zip(entry.defaults);
        named.zip(values).map(|(name, (value, default))| Parameter { name, value, default: *default }).collect()
    }

    fn entry(&self) -> &'static Entry {
        let name = self.parts().0;
        ENTRIES.iter().find(|entry| entry.name == name).expect("invariant: every activation has an entry")
    }

    /// Every exact constant of φ, as printed in records and captions.
    pub fn constants(&self) -> Vec<String> {
        match self {
            Activation::Leaky { slope } => vec![format!("slope = {slope}")],
            Activation::Prelu { slope } => vec![format!("initial slope = {slope}")],
            Activation::Rrelu { .. } => vec![format!("evaluation slope = {}", self.evaluation_slope())],
            Activation::Elu { alpha } | Activation::Celu { alpha } => vec![format!("alpha = {alpha}")],
            Activation::Selu => vec![format!("lambda = {SELU_LAMBDA}"), format!("alpha = {SELU_ALPHA}")],
            Activation::Hardtanh { low, high } => vec![format!("least = {low}"), format!("largest = {high}")],
            Activation::Softshrink { lambda } | Activation::Hardshrink { lambda } => {
                vec![format!("lambda = {lambda}")]
            }
            Activation::Threshold { threshold, value } => {
                vec![format!("threshold = {threshold}"), format!("value = {value}")]
            }
            Activation::Softplus { beta } | Activation::Swish { beta } => vec![format!("beta = {beta}")],
            Activation::GeluTanh => vec![format!("cubic = {GELU_TANH_CUBIC}")],
            _ => Vec::new(),
        }
    }

    /// The canonical name, which [`Activation::parse`] reads back (for slopes on the grid); parameters
    /// are left out where they are the defaults.
    pub fn name(&self) -> String {
        let (name, values) = self.parts();
        let is_default = ENTRIES.iter().any(|entry| entry.name == name && entry.defaults == values);
        if is_default {
            return name.to_string();
        }
        values.iter().fold(name.to_string(), |name, value| format!("{name}:{value}"))
    }

    /// The name without parameters, and the parameters.
    fn parts(&self) -> (&'static str, Vec<f64>) {
        match *self {
            Activation::Relu => ("relu", vec![]),
            Activation::Leaky { slope } => ("leaky", vec![slope]),
            Activation::Prelu { slope } => ("prelu", vec![slope]),
            Activation::Rrelu { lower, upper } => ("rrelu", vec![lower, upper]),
            Activation::Elu { alpha } => ("elu", vec![alpha]),
            Activation::Celu { alpha } => ("celu", vec![alpha]),
            Activation::Selu => ("selu", vec![]),
            Activation::Relu6 => ("relu6", vec![]),
            Activation::Hardtanh { low, high } => ("hardtanh", vec![low, high]),
            Activation::Hardsigmoid => ("hardsigmoid", vec![]),
            Activation::Hardswish => ("hardswish", vec![]),
            Activation::Softshrink { lambda } => ("softshrink", vec![lambda]),
            Activation::Hardshrink { lambda } => ("hardshrink", vec![lambda]),
            Activation::Threshold { threshold, value } => ("threshold", vec![threshold, value]),
            Activation::ReluSquared => ("relu2", vec![]),
            Activation::Tanh => ("tanh", vec![]),
            Activation::Tanhshrink => ("tanhshrink", vec![]),
            Activation::Sigmoid => ("sigmoid", vec![]),
            Activation::LogSigmoid => ("logsigmoid", vec![]),
            Activation::Softplus { beta } => ("softplus", vec![beta]),
            Activation::Softsign => ("softsign", vec![]),
            Activation::Silu => ("silu", vec![]),
            Activation::Swish { beta } => ("swish", vec![beta]),
            Activation::Mish => ("mish", vec![]),
            Activation::Gelu => ("gelu", vec![]),
            Activation::GeluTanh => ("gelu_tanh", vec![]),
            Activation::Identity => ("identity", vec![]),
        }
    }
}

/// The activation of a canonical name and its parameters, each within its own limits.
fn build(name: &str, values: &[f64]) -> Result<Activation, String> {
    let first = values.first().copied().unwrap_or_default();
    let second = values.get(1).copied().unwrap_or_default();
    let ordered = |what: &str, is_ordered: bool| if is_ordered { Ok(()) } else { Err(format!("the first {what}")) };
    Ok(match name {
        "leaky" => Activation::Leaky { slope: first },
        "prelu" => Activation::Prelu { slope: first },
        "rrelu" => {
            ordered("slope must not be above the second", first <= second)?;
            Activation::Rrelu { lower: first, upper: second }
        }
        "elu" => Activation::Elu { alpha: first },
        "celu" => Activation::Celu { alpha: first },
        "hardtanh" => {
            ordered("value must be below the second", first < second)?;
            Activation::Hardtanh { low: first, high: second }
        }
        "softshrink" => Activation::Softshrink { lambda: first },
        "hardshrink" => Activation::Hardshrink { lambda: first },
        "threshold" => Activation::Threshold { threshold: first, value: second },
        "softplus" => Activation::Softplus { beta: first },
        "swish" if first == 1.0 => Activation::Silu,
        "swish" => Activation::Swish { beta: first },
        without => {
            let is_named = |activation: &&Activation| activation.parts().0 == without;
            *ALL.iter().find(is_named).expect("invariant: every entry is in the catalogue")
        }
    })
}

impl fmt::Display for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

/// One parameter as written.
fn parameter(text: &str, example: &str, written: &str, what: &str, kind: &Kind) -> Result<f64, String> {
    let value = match written.trim().parse::<f64>() {
        // −0 would only differ from 0 in its name and in the sign of zeros.
        Ok(value) if value.is_finite() => value + 0.0,
        _ => return Err(format!("`{text}`: the parameter must be a finite number, as in `{example}`")),
    };
    match kind {
        Kind::Slope => slope(text, example, value),
        Kind::Range(range) if range.contains(&value) => Ok(value),
        Kind::Range(range) => {
            Err(format!("`{text}`: {what} must be from {} to {}, as in `{example}`", range.start(), range.end()))
        }
    }
}

/// A slope on the grid of parameters.
fn slope(text: &str, example: &str, value: f64) -> Result<f64, String> {
    let snapped = GRID.round_f64(value);
    if !snapped.is_finite() {
        return Err(format!("`{text}`: the slope is too large; give at most 65280, as in `{example}`"));
    }
    if snapped == 0.0 && value != 0.0 {
        return Err(format!("`{text}`: the slope is too small; give 0 or at least 2^-24, as in `{example}`"));
    }
    Ok(snapped)
}
