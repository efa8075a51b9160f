//! Options of drawn networks that every command which draws them has.

use super::Failure;
use super::numbers::{real, whole};
use crate::spec::{Init, LARGEST};

/// Shape and draw of a network, but for its depth, whose default each command has of its own.
#[derive(clap::Args, Clone, Debug)]
pub struct NetworkOptions {
    /// Units of every hidden layer
    #[arg(long, value_name = "N", value_parser = whole(1, LARGEST), allow_negative_numbers = true, default_value_t = 64, help_heading = "Network")]
    pub width: usize,
    /// Give the layers biases
    #[arg(long, help_heading = "Network")]
    pub bias: bool,
    /// How weights are drawn: preserve (alias he) keeps the variance of the activations, kaiming takes torch's
    /// calculate_gain, xavier (glorot), lecun, torch (nn.Linear's default, which implies --bias), orthogonal
    #[arg(long, value_name = "NAME", default_value = "preserve", help_heading = "Network")]
    init: String,
    /// Gain of preserve, kaiming, xavier or orthogonal (standard deviation times √fan-in) instead of its own
    #[arg(long, value_name = "G", value_parser = real("a positive number, such as 1.5"), allow_negative_numbers = true, help_heading = "Network")]
    pub gain: Option<f64>,
    /// Add to every hidden layer's output its input, a = s·φ(z) + a_prev with s = 1/√depth on the grid of parameters,
    /// where shapes agree
    #[arg(long, help_heading = "Network")]
    pub residual: bool,
}

impl NetworkOptions {
    /// How weights are drawn.
    ///
    /// # Errors
    /// A sentence with the nearest known name.
    pub fn init(&self) -> Result<Init, Failure> {
        Init::parse(&self.init).map_err(Failure::Input)
    }
}
