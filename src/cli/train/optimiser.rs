//! Options of the optimisers, with the names and defaults of torch.optim.

use crate::cli::numbers::{real, steps};
use crate::spec::training::{Optimiser, Rate};
use clap::builder::PossibleValuesParser;

/// Options of the optimiser and its learning rate.
#[derive(clap::Args, Clone, Debug)]
pub struct OptimiserOptions {
    /// Optimiser, as in torch.optim: SGD without momentum, SGD with momentum 0.9, Adam or AdamW
    #[arg(long, alias = "optimiser", value_name = "NAME", value_parser = PossibleValuesParser::new(Optimiser::ALL.map(|(name, _)| name)), default_value = "momentum", help_heading = "Optimiser")]
    optimizer: String,
    /// Learning rate [default: 0.001, as in torch.optim]
    #[arg(long, value_name = "RATE", value_parser = real("a positive finite number, such as 0.001"), allow_negative_numbers = true, help_heading = "Optimiser")]
    lr: Option<f64>,
    /// Momentum of SGD [default: 0.9 for --optimizer momentum]
    #[arg(long, value_name = "M", value_parser = real("a number from 0 to below 1, such as 0.9"), allow_negative_numbers = true, help_heading = "Optimiser")]
    momentum: Option<f64>,
    /// Dampening of SGD's momentum [default: 0]
    #[arg(long, value_name = "D", value_parser = real("a number from 0 to 1"), allow_negative_numbers = true, help_heading = "Optimiser")]
    dampening: Option<f64>,
    /// Use Nesterov momentum
    #[arg(long, help_heading = "Optimiser")]
    nesterov: bool,
    /// β₁ of Adam and AdamW [default: 0.9]
    #[arg(long, value_name = "B", value_parser = real("a number from 0 to below 1, such as 0.9"), allow_negative_numbers = true, help_heading = "Optimiser")]
    beta1: Option<f64>,
    /// β₂ of Adam and AdamW [default: 0.999]
    #[arg(long, value_name = "B", value_parser = real("a number from 0 to below 1, such as 0.999"), allow_negative_numbers = true, help_heading = "Optimiser")]
    beta2: Option<f64>,
    /// ε of Adam and AdamW [default: 1e-8]
    #[arg(long, value_name = "E", value_parser = real("0 or a positive finite number, such as 1e-8"), allow_negative_numbers = true, help_heading = "Optimiser")]
    epsilon: Option<f64>,
    /// Weight decay, decoupled in AdamW [default: 0, or 0.01 for AdamW]
    #[arg(long, value_name = "W", value_parser = real("0 or a positive finite number, such as 0.01"), allow_negative_numbers = true, help_heading = "Optimiser")]
    weight_decay: Option<f64>,
    /// Number of linear warm-up steps
    #[arg(long, value_name = "N", value_parser = steps, allow_negative_numbers = true, default_value_t = 0, help_heading = "Optimiser")]
    warmup: usize,
    /// Cosine decay of the learning rate to 0
    #[arg(long, help_heading = "Optimiser")]
    cosine: bool,
}

impl OptimiserOptions {
    /// The optimiser with its constants, and the learning rate.
    ///
    /// # Errors
    /// An option that the optimiser does not have, with the fix.
    pub fn read(&self) -> Result<(Optimiser, Rate), String> {
        let named = Optimiser::ALL.into_iter().find(|(name, _)| *name == self.optimizer);
        let mut optimiser = named.map(|(_, optimiser)| optimiser).unwrap_or_default();
        let of_sgd = [("--momentum", &self.momentum), ("--dampening", &self.dampening)];
        let of_adam = [("--beta1", &self.beta1), ("--beta2", &self.beta2), ("--epsilon", &self.epsilon)];
        let set = |slot: &mut f64, value: Option<f64>| *slot = value.unwrap_or(*slot);
        match &mut optimiser {
            Optimiser::Sgd { momentum, dampening, nesterov, weight_decay } => {
                refuse(&of_adam, &self.optimizer, "adam")?;
                set(momentum, self.momentum);
                set(dampening, self.dampening);
                set(weight_decay, self.weight_decay);
                *nesterov = self.nesterov;
            }
            Optimiser::Adam { beta1, beta2, epsilon, weight_decay, .. } => {
                refuse(&of_sgd, &self.optimizer, "momentum")?;
                if self.nesterov {
                    return Err(format!(
                        "--nesterov: {} has no such option; leave it out, or give --optimizer momentum",
                        self.optimizer
                    ));
                }
                set(beta1, self.beta1);
                set(beta2, self.beta2);
                set(epsilon, self.epsilon);
                set(weight_decay, self.weight_decay);
            }
        }
        let learning_rate = self.lr.unwrap_or(optimiser.default_rate());
        Ok((optimiser, Rate { learning_rate, warmup: self.warmup, cosine: self.cosine }))
    }
}

/// Refuses an option of another optimiser.
fn refuse(options: &[(&str, &Option<f64>)], optimiser: &str, other: &str) -> Result<(), String> {
    match options.iter().find(|(_, value)| value.is_some()) {
        Some((option, _)) => {
            Err(format!("{option}: {optimiser} has no such option; leave it out, or give --optimizer {other}"))
        }
        None => Ok(()),
    }
}
