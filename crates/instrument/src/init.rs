//! Weight initialisation: the rules by name, their gains and their standard deviations.
//!
//! With fan-in n and fan-out m of a weight matrix (m × n) and its gain g, before rounding to the grid:
//!
//! | init | weights | g | source |
//! |---|---|---|---|
//! | `preserve` | normal, deviation g/√n | 1/√E\[φ(Z)²\]: a pre-activation variance of 1 stays | He et al. 2015 (relu), Klambauer et al. 2017 (the fixed point) |
//! | `kaiming` | normal, deviation g/√n | torch.nn.init.calculate_gain | `kaiming_normal_`, mode fan_in |
//! | `xavier` | normal, deviation g·√(2/(n + m)) | 1 | Glorot and Bengio 2010, `xavier_normal_` |
//! | `lecun` | normal, deviation 1/√n | 1 | LeCun et al. 1998, "Efficient BackProp" |
//! | `torch` | uniform on ±1/√n, biases too | 1/√3 | torch.nn.Linear's default |
//! | `orthogonal` | g·Q, rows or columns of Q orthonormal | 1 | Saxe et al. 2014, `orthogonal_` |
//!
//! In a matrix with n = m every rule gives weights of variance g²/n, as mean-field theory requires.

use crate::activation::{Activation, preserving_gain};
use crate::draw::LARGEST_NORMAL;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Usual standard deviation of drawn biases: the mean-field literature's customary σ_b.
pub const BIAS_DEVIATION: f64 = 0.1;
/// Similarity from which a known name is suggested for the one that was typed.
const SIMILAR: f64 = 0.75;

/// A rule for initialising weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Init {
    /// Normal weights whose gain keeps a pre-activation variance of 1.
    Preserve,
    /// Normal weights with the gain of torch's `calculate_gain`.
    Kaiming,
    /// Normal weights, a compromise between the forward and the backward pass.
    Xavier,
    /// Normal weights of gain 1.
    Lecun,
    /// torch.nn.Linear's default: uniform weights and biases.
    Torch,
    /// Orthonormal rows or columns.
    Orthogonal,
}

impl Init {
    /// Every rule with its name and aliases.
    pub const ALL: [(Init, &str, &[&str]); 6] = [
        (Init::Preserve, "preserve", &["he"]),
        (Init::Kaiming, "kaiming", &["kaiming_normal"]),
        (Init::Xavier, "xavier", &["xavier_normal", "glorot", "glorot_normal"]),
        (Init::Lecun, "lecun", &["lecun_normal"]),
        (Init::Torch, "torch", &["pytorch"]),
        (Init::Orthogonal, "orthogonal", &[]),
    ];

    /// Its canonical name.
    pub fn name(self) -> &'static str {
        Init::ALL.iter().find(|(init, ..)| *init == self).map_or("", |(_, name, _)| name)
    }

    /// Reads a name or an alias.
    ///
    /// # Errors
    /// An unknown name, with the nearest known one.
    pub fn parse(text: &str) -> Result<Init, String> {
        let names = |(_, name, aliases): &(Init, &'static str, &'static [&'static str])| {
            std::iter::once(*name).chain(aliases.iter().copied()).collect::<Vec<_>>()
        };
        Init::ALL.iter().find(|entry| names(entry).contains(&text)).map(|(init, ..)| *init).ok_or_else(|| {
            let known: Vec<&str> = Init::ALL.iter().flat_map(names).collect();
            let plain = text.to_lowercase().replace('-', "_");
            // torch.nn.init.kaiming_normal_ and its like change a tensor in place.
            let plain = plain.trim_end_matches('_');
            let rule = plain.strip_suffix("_uniform").filter(|rule| known.contains(rule));
            let normal = plain.strip_suffix("_normal").filter(|rule| known.contains(rule) && !known.contains(&plain));
            let nearest = normal.unwrap_or_else(|| crate::nearest::nearest(plain, known.iter().copied()));
            match (rule, normal.is_some() || strsim::jaro_winkler(plain, nearest) >= SIMILAR) {
                (Some("kaiming"), _) => format!(
                    "unknown init `{text}`; did you mean `kaiming`, whose weights are normal, or `torch`, nn.Linear's default?"
                ),
                (Some(rule), _) => {
                    format!("unknown init `{text}`; did you mean `{rule}`, whose weights are normal with that variance?")
                }
                (None, true) => format!("unknown init `{text}`; did you mean `{nearest}`? (or give --gain)"),
                (None, false) => {
                    let names: Vec<&str> = Init::ALL.iter().map(|(_, name, _)| *name).collect();
                    format!("unknown init `{text}`: give one of {}, or --gain", names.join(", "))
                }
            }
        })
    }

    /// Its default gain g for an activation.
    ///
    /// # Errors
    /// `kaiming` with an activation that torch's table lacks; the message has the fix.
    pub fn gain(self, activation: &Activation) -> Result<f64, String> {
        match self {
            Init::Preserve => Ok(preserving_gain(activation)),
            Init::Kaiming => calculate_gain(activation).ok_or_else(|| {
                let name = activation.name();
                format!(
                    "--init kaiming: torch's calculate_gain has no gain for {name}; use --init preserve or give --gain"
                )
            }),
            Init::Xavier | Init::Lecun | Init::Orthogonal => Ok(1.0),
            Init::Torch => Ok((1.0f64 / 3.0).sqrt()),
        }
    }

    /// True if another gain may replace the default; `lecun` and `torch` are defined without one.
    pub fn takes_gain(self) -> bool {
        !matches!(self, Init::Lecun | Init::Torch)
    }

    /// True if the rule always draws biases.
    pub fn implies_biases(self) -> bool {
        self == Init::Torch
    }

    /// Standard deviation of one weight of a matrix with the given numbers of inputs and outputs.
    pub fn deviation(self, gain: f64, fan_in: usize, fan_out: usize) -> f64 {
        match self {
            Init::Xavier => gain * (2.0 / (fan_in + fan_out) as f64).sqrt(),
            Init::Orthogonal => gain / (fan_in.max(fan_out) as f64).sqrt(),
            Init::Preserve | Init::Kaiming | Init::Lecun | Init::Torch => gain / (fan_in as f64).sqrt(),
        }
    }

    /// The largest magnitude that a weight of such a matrix can have.
    pub fn largest_weight(self, gain: f64, fan_in: usize, fan_out: usize) -> f64 {
        match self {
            Init::Torch => self.deviation(gain, fan_in, fan_out) * 3f64.sqrt(),
            Init::Orthogonal => gain,
            Init::Preserve | Init::Kaiming | Init::Xavier | Init::Lecun => {
                self.deviation(gain, fan_in, fan_out) * LARGEST_NORMAL
            }
        }
    }
}

impl fmt::Display for Init {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// torch.nn.init.calculate_gain (torch 2): linear and sigmoid 1, tanh 5/3, relu √2, leaky_relu √(2/(1 + s²)), selu
/// 3/4; `None` for any other. PReLU is leaky_relu with its initial slope.
fn calculate_gain(activation: &Activation) -> Option<f64> {
    match *activation {
        Activation::Identity | Activation::Sigmoid => Some(1.0),
        Activation::Tanh => Some(5.0 / 3.0),
        Activation::Relu => Some(2f64.sqrt()),
        Activation::Leaky { slope } | Activation::Prelu { slope } => Some((2.0 / (1.0 + slope * slope)).sqrt()),
        Activation::Selu => Some(0.75),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_aliases_are_read() {
        for (init, name, aliases) in Init::ALL {
            assert_eq!(init.to_string(), name);
            assert_eq!(serde_json::to_string(&init).unwrap(), format!("\"{name}\""));
            for text in aliases.iter().chain([&name]) {
                assert_eq!(Init::parse(text), Ok(init));
            }
        }
        assert_eq!(Init::parse("he"), Ok(Init::Preserve));
        for (text, words) in [
            ("xaiver", "did you mean `xavier`"),
            ("he_uniform", "did you mean `he`, whose weights are normal"),
            ("glorot_uniform", "did you mean `glorot`, whose"),
            ("xavier_uniform_", "did you mean `xavier`, whose"),
            ("kaiming_uniform_", "did you mean `kaiming`, whose weights are normal, or `torch`"),
            ("Kaiming_Normal_", "did you mean `kaiming_normal`?"),
            ("orthogonal_", "did you mean `orthogonal`?"),
            ("he_normal", "did you mean `he`?"),
            ("zeros", "give one of preserve, kaiming, xavier, lecun, torch, orthogonal, or --gain"),
        ] {
            let message = Init::parse(text).unwrap_err();
            assert!(message.contains(words), "{message}");
        }
    }

    /// The numbers that torch.nn.init.calculate_gain gives, as its documentation lists them.
    #[test]
    fn kaiming_has_the_gains_of_torch() {
        for (name, gain) in [
            ("identity", 1.0),
            ("sigmoid", 1.0),
            ("tanh", 1.666_666_666_666_666_7),
            ("relu", std::f64::consts::SQRT_2),
            ("leaky:0.5", 1.264_911_064_067_351_8),
            ("prelu:0.25", 1.371_988_681_140_070_8),
            ("leaky:1", 1.0),
            ("selu", 0.75),
        ] {
            let activation = Activation::parse(name).unwrap();
            let computed = Init::Kaiming.gain(&activation).unwrap();
            assert!((computed - gain).abs() <= 1e-15 * gain, "{name}: {computed}");
        }
        for name in ["elu", "softplus", "silu", "gelu"] {
            let message = Init::Kaiming.gain(&Activation::parse(name).unwrap()).unwrap_err();
            assert!(message.contains(name) && message.contains("--init preserve"), "{message}");
        }
    }

    /// In a square matrix every rule has variance g²/n, which is the gain that mean-field theory uses.
    #[test]
    fn square_matrices_have_the_deviation_of_their_gain() {
        for (init, ..) in Init::ALL {
            assert!((init.deviation(0.7, 49, 49) - 0.1).abs() < 1e-15, "{init}");
            assert!(init.largest_weight(0.7, 49, 49) >= init.deviation(0.7, 49, 49) * 3f64.sqrt());
        }
    }
}
