//! What is asked of a probe: the defaults, and their validation with the fix in each message.

use serde::{Deserialize, Serialize};

/// Where inputs and targets come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Data {
    /// The handwritten digits: 1797 images of 8×8 pixels, 10 classes, softmax cross-entropy.
    Digits,
    /// Gaussian inputs and targets on the grid, mean squared error.
    Gaussian,
}

/// One probe, complete: with the version it determines every byte of the record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// Activations by canonical name, one run each.
    pub activations: Vec<String>,
    /// Hidden layers L.
    pub depth: usize,
    /// Units of every hidden layer.
    pub width: usize,
    /// Samples per batch.
    pub batch: usize,
    /// Draws of network and batch.
    pub trials: usize,
    /// Seed of every draw.
    pub seed: u64,
    /// Inputs and targets.
    pub data: Data,
    /// How the gain is chosen: `preserve`.
    pub init: String,
    /// Gain given by hand instead.
    pub gain: Option<f64>,
    /// Whether layers have biases.
    pub bias: bool,
    /// Arithmetics by canonical name.
    pub formats: Vec<String>,
    /// Bits of every layer's gradient that must be proven.
    pub truth_bits: u32,
}

impl Default for Spec {
    fn default() -> Spec {
        Spec {
            activations: vec!["leaky".into()],
            depth: 50,
            width: 64,
            batch: 32,
            trials: 5,
            seed: 0,
            data: Data::Digits,
            init: "preserve".into(),
            gain: None,
            bias: false,
            formats: ["f16", "f16:acc=f32", "bf16:acc=f32", "f32", "f64"].map(String::from).to_vec(),
            truth_bits: 80,
        }
    }
}
