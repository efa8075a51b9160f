//! Builds the drawn networks: hidden layers of one width, then a linear head.

use super::draw::Stream;
use super::{Loss, Network};
use crate::activation::Activation;
use crate::format::GRID;
use ndarray::Array2;

/// Standard deviation of drawn biases; 0.1 is the mean-field literature's customary σ_b.
pub const BIAS_DEVIATION: f64 = 0.1;

/// A multilayer perceptron as drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Perceptron {
    /// φ of every hidden layer.
    pub activation: Activation,
    /// Hidden layers L.
    pub depth: usize,
    /// Units of every hidden layer.
    pub width: usize,
    /// Input features.
    pub features: usize,
    /// Outputs of the head.
    pub outputs: usize,
    /// Weights have standard deviation gain/√fan_in before they are snapped to the grid.
    pub gain: f64,
    /// Whether layers have biases, of standard deviation [`BIAS_DEVIATION`].
    pub bias: bool,
    /// The loss.
    pub loss: Loss,
}

impl Perceptron {
    /// Draws the network of one trial, every parameter on the grid.
    pub fn draw(&self, seed: u64, trial: u64) -> Network {
        let mut network = Network::new(self.loss);
        let (mut node, mut fan_in) = (0, self.features);
        for layer in 1..=self.depth + 1 {
            let is_head = layer > self.depth;
            let name = if is_head { "head".to_string() } else { format!("hidden.{layer}") };
            let units = if is_head { self.outputs } else { self.width };
            let tensor = |kind: &str, columns: usize, deviation: f64| {
                let mut stream = Stream::new(seed, trial, &format!("{name}.{kind}"));
                Array2::from_shape_simple_fn((units, columns), || GRID.round_f64(deviation * stream.normal()))
            };
            let weight = tensor("weight", fan_in, self.gain / (fan_in as f64).sqrt());
            let bias = self.bias.then(|| tensor("bias", 1, BIAS_DEVIATION));
            node = network.push_affine(&name, node, weight, bias);
            if !is_head {
                node = network.push_activation(self.activation);
            }
            fan_in = units;
        }
        network
    }
}
