//! Optimisers with PyTorch's definitions and defaults, learning rates and loss scales.

use crate::format::two_to;
use crate::spec::LossScale;
use crate::spec::fields::parsed;
use crate::spec::scale::LARGEST_SCALE;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// An optimiser and its constants, as torch.optim names them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Optimiser {
    /// torch.optim.SGD, with or without momentum.
    Sgd {
        /// μ: the factor of the last step's buffer; there is no buffer if it is 0.
        momentum: f64,
        /// The gradient enters the buffer times 1 − dampening.
        dampening: f64,
        /// Whether the update is Nesterov's.
        nesterov: bool,
        /// λ: λ·θ is added to the gradient.
        weight_decay: f64,
    },
    /// torch.optim.Adam, or AdamW if the weight decay is decoupled.
    Adam {
        /// The decay of the mean gradient per step.
        beta1: f64,
        /// The decay of the mean squared gradient per step.
        beta2: f64,
        /// ε: added to the root of the mean square.
        epsilon: f64,
        /// λ.
        weight_decay: f64,
        /// True for AdamW: θ is multiplied by 1 − lr·λ; else λ·θ is added to the gradient.
        decoupled: bool,
    },
}

/// torch.optim.SGD with the usual momentum.
impl Default for Optimiser {
    fn default() -> Optimiser {
        Optimiser::Sgd { momentum: 0.9, dampening: 0.0, nesterov: false, weight_decay: 0.0 }
    }
}

impl Optimiser {
    /// Names of the command line, each with its default constants.
    pub const ALL: [(&str, Optimiser); 4] = [
        ("sgd", Optimiser::Sgd { momentum: 0.0, dampening: 0.0, nesterov: false, weight_decay: 0.0 }),
        ("momentum", Optimiser::Sgd { momentum: 0.9, dampening: 0.0, nesterov: false, weight_decay: 0.0 }),
        ("adam", Optimiser::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.0, decoupled: false }),
        ("adamw", Optimiser::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.01, decoupled: true }),
    ];

    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            Optimiser::Sgd { momentum: 0.0, .. } => "sgd",
            Optimiser::Sgd { .. } => "momentum",
            Optimiser::Adam { decoupled: false, .. } => "adam",
            Optimiser::Adam { decoupled: true, .. } => "adamw",
        }
    }

    /// torch.optim's default learning rate.
    pub fn default_rate(&self) -> f64 {
        1e-3
    }

    /// Refuses the constants that torch.optim refuses, and those that are not finite.
    pub(super) fn check(&self) -> Result<(), String> {
        let within = |option: &str, value: f64, most: f64, example: &str| {
            let is_within = (0.0..=most).contains(&value) && value.is_finite();
            if is_within { Ok(()) } else { Err(format!("--{option} {value}: give {example}")) }
        };
        let decay = |value| within("weight-decay", value, f64::MAX, "0 or a positive finite number, such as 0.01");
        let below_one = |option: &str, value: f64, example: &str| match value == 1.0 {
            true => Err(format!("--{option} 1: give {example}")),
            false => within(option, value, 1.0, example),
        };
        match *self {
            Optimiser::Sgd { momentum, dampening, nesterov, weight_decay } => {
                below_one("momentum", momentum, "a number from 0 to below 1, such as 0.9")?;
                within("dampening", dampening, 1.0, "a number from 0 to 1")?;
                if nesterov && (momentum == 0.0 || dampening != 0.0) {
                    return Err("--nesterov needs a momentum and no dampening; give --optimizer momentum".into());
                }
                decay(weight_decay)
            }
            Optimiser::Adam { beta1, beta2, epsilon, weight_decay, .. } => {
                below_one("beta1", beta1, "a number from 0 to below 1, such as 0.9")?;
                below_one("beta2", beta2, "a number from 0 to below 1, such as 0.999")?;
                within("epsilon", epsilon, f64::MAX, "0 or a positive finite number, such as 1e-8")?;
                decay(weight_decay)
            }
        }
    }
}

/// The name, with the constants that differ from the defaults: `momentum (momentum 0.8, weight decay 0.01)`.
impl fmt::Display for Optimiser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name();
        let default = Optimiser::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, optimiser)| optimiser);
        let values = |optimiser: &Optimiser| match *optimiser {
            Optimiser::Sgd { momentum, dampening, weight_decay, .. } => {
                vec![("momentum", momentum), ("dampening", dampening), ("weight decay", weight_decay)]
            }
            Optimiser::Adam { beta1, beta2, epsilon, weight_decay, .. } => {
                vec![("β₁", beta1), ("β₂", beta2), ("ε", epsilon), ("weight decay", weight_decay)]
            }
        };
        let defaults = default.as_ref().map(values).unwrap_or_default();
        let differs = values(self).into_iter().filter(|value| !defaults.contains(value));
        let mut words: Vec<String> = differs.map(|(name, value)| format!("{name} {value}")).collect();
        if matches!(self, Optimiser::Sgd { nesterov: true, .. }) {
            words.push("Nesterov".into());
        }
        match words.is_empty() {
            true => f.write_str(name),
            false => write!(f, "{name} ({})", words.join(", ")),
        }
    }
}

/// The learning rate and how it changes from step to step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// The learning rate after warm-up.
    pub learning_rate: f64,
    /// Steps of linear warm-up, from 1/n of the rate to all of it; 0 for none.
    pub warmup: usize,
    /// Whether the rate decays to 0 along a half cosine after warm-up.
    pub cosine: bool,
}

impl Default for Rate {
    fn default() -> Rate {
        Rate { learning_rate: 1e-3, warmup: 0, cosine: false }
    }
}

impl Rate {
    pub(super) fn check(&self, steps: usize) -> Result<(), String> {
        let rate = self.learning_rate;
        if !(rate.is_finite() && rate > 0.0) {
            return Err(format!("--lr {rate}: give a positive finite number, such as --lr 0.001"));
        }
        if self.warmup > steps {
            return Err(format!("--warmup {}: there are {steps} steps; give at most {steps}", self.warmup));
        }
        Ok(())
    }

    /// The rate of a step (counted from 0) out of `steps`, in binary64 with a correctly rounded cosine.
    ///
    /// torch.optim.lr_scheduler's LinearLR(1/n, total_iters = n − 1) before CosineAnnealingLR, in closed form.
    pub fn at(&self, step: usize, of: usize) -> f64 {
        let Rate { learning_rate, warmup, cosine } = *self;
        if step < warmup {
            return learning_rate * ((step + 1) as f64 / warmup as f64);
        }
        if !cosine {
            return learning_rate;
        }
        let fraction = (step - warmup) as f64 / (of - warmup) as f64;
        learning_rate * (0.5 * (1.0 + core_math::cos(std::f64::consts::PI * fraction)))
    }
}

/// Factor of the loss in every step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrainingScale {
    /// No scaling.
    #[default]
    None,
    /// 2 to this power.
    PowerOfTwo(i32),
    /// Like torch.amp.GradScaler: starts at 2^16, doubles after `growth_interval` clean steps in a row, and halves when
    /// a gradient is not finite, skipping that step.
    Dynamic {
        /// Clean steps after which the scale doubles.
        growth_interval: u32,
    },
}

/// torch.amp.GradScaler's default of `growth_interval`.
pub const GROWTH_INTERVAL: u32 = 2000;

impl TrainingScale {
    /// Reads a power of two like [`LossScale::parse`], or `dynamic` with an optional interval: `dynamic=200`.
    ///
    /// # Errors
    /// A sentence with the fix.
    pub fn parse(text: &str) -> Result<TrainingScale, String> {
        if text == "dynamic" {
            return Ok(TrainingScale::Dynamic { growth_interval: GROWTH_INTERVAL });
        }
        if let Some(interval) = text.strip_prefix("dynamic").and_then(|rest| rest.strip_prefix(['=', ':'])) {
            return match interval.parse() {
                Ok(growth_interval) if growth_interval > 0 => Ok(TrainingScale::Dynamic { growth_interval }),
                _ => Err(format!(
                    "--loss-scale {text}: give the number of clean steps after which the scale doubles, such as dynamic=200"
                )),
            };
        }
        match LossScale::parse(text) {
            Ok(LossScale::None) => Ok(TrainingScale::None),
            Ok(LossScale::PowerOfTwo(log2)) => Ok(TrainingScale::PowerOfTwo(log2)),
            Ok(LossScale::Auto) | Err(_) => Err(format!(
                "--loss-scale {text}: give a power of two from 2^-{LARGEST_SCALE} to 2^{LARGEST_SCALE}, such as 1024 or 2^10, or dynamic"
            )),
        }
    }
}

/// The spelling of the command line.
impl fmt::Display for TrainingScale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TrainingScale::None => f.write_str("1"),
            TrainingScale::PowerOfTwo(log2) => write!(f, "{}", two_to(i64::from(*log2))),
            TrainingScale::Dynamic { growth_interval: GROWTH_INTERVAL } => f.write_str("dynamic"),
            TrainingScale::Dynamic { growth_interval } => write!(f, "dynamic={growth_interval}"),
        }
    }
}

parsed!(TrainingScale, TrainingScale::parse, ToString::to_string);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_warm_up_and_fall() {
        let rate = Rate { learning_rate: 0.5, warmup: 4, cosine: true };
        let rates: Vec<f64> = (0..12).map(|step| rate.at(step, 12)).collect();
        assert_eq!(rates[..5], [0.125, 0.25, 0.375, 0.5, 0.5]);
        assert_eq!(rates[8], 0.25, "half way down");
        assert!(rates[4..].windows(2).all(|pair| pair[1] < pair[0]));
        assert!(rates[11] > 0.0);
        // All steps warm up: nothing is left to fall.
        assert_eq!(Rate { warmup: 12, ..rate }.at(11, 12), 0.5);
    }

    #[test]
    fn scales_are_read_as_they_are_written() {
        for (text, scale) in [
            ("1", TrainingScale::None),
            ("1024", TrainingScale::PowerOfTwo(10)),
            ("dynamic", TrainingScale::Dynamic { growth_interval: 2000 }),
            ("dynamic=5", TrainingScale::Dynamic { growth_interval: 5 }),
        ] {
            assert_eq!(TrainingScale::parse(text), Ok(scale));
            assert_eq!(scale.to_string(), text);
        }
        assert_eq!(TrainingScale::parse("2^10"), Ok(TrainingScale::PowerOfTwo(10)));
        assert_eq!(TrainingScale::parse("dynamic:5"), Ok(TrainingScale::Dynamic { growth_interval: 5 }));
        for text in ["auto", "3", "2^300", "dynamic=0", "dynamic=x", "dynamic5", "-2"] {
            assert!(TrainingScale::parse(text).unwrap_err().contains("give"), "{text}");
        }
    }

    #[test]
    fn optimisers_have_names_and_say_what_differs() {
        for (name, optimiser) in Optimiser::ALL {
            assert_eq!((optimiser.name(), optimiser.to_string().as_str()), (name, name));
            assert_eq!(optimiser.check(), Ok(()));
        }
        let heavy = Optimiser::Sgd { momentum: 0.8, dampening: 0.0, nesterov: true, weight_decay: 0.01 };
        assert_eq!(heavy.to_string(), "momentum (momentum 0.8, weight decay 0.01, Nesterov)");
        let wrong = Optimiser::Sgd { momentum: 1.0, dampening: 0.0, nesterov: false, weight_decay: 0.0 };
        assert!(wrong.check().unwrap_err().contains("--momentum 1"));
    }
}
