//! Options for randomly initialised networks, shared by every command that draws them.

use super::Failure;
use super::numbers::{real, whole};
use crate::spec::{Init, LARGEST};

/// Shape and initialisation of a network, except its depth, whose default differs between commands.
#[derive(clap::Args, Clone, Debug)]
pub struct NetworkOptions {
    /// Units per hidden layer
    #[arg(long, value_name = "N", value_parser = whole(1, LARGEST), allow_negative_numbers = true, default_value_t = 64, help_heading = "Network")]
    pub width: usize,
    /// Weight initialisation: preserve (alias he; keeps the variance of the activations), kaiming (with torch's
    /// calculate_gain), xavier (glorot), lecun, torch (nn.Linear's default, implies --bias) or orthogonal
    #[arg(long, value_name = "NAME", default_value = "preserve", help_heading = "Network")]
    init: String,
    /// Gain (standard deviation × √fan-in) of preserve, kaiming, xavier or orthogonal, instead of the default one
    #[arg(long, value_name = "G", value_parser = real("a positive number, such as 1.5"), allow_negative_numbers = true, help_heading = "Network")]
    pub gain: Option<f64>,
    /// Add biases
    #[arg(long, help_heading = "Network")]
    pub bias: bool,
    /// Add skip connections around the hidden layers, where shapes agree: a = s·φ(z) + a_prev with s = 1/√depth,
    /// rounded like the parameters
    #[arg(long, help_heading = "Network")]
    pub residual: bool,
}

impl NetworkOptions {
    /// The weight initialisation.
    ///
    /// # Errors
    /// An unknown name, with the nearest known one.
    pub fn init(&self) -> Result<Init, Failure> {
        Init::parse(&self.init).map_err(Failure::Input)
    }
}
