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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets::{FEATURES, OUTPUTS};
    use crate::format::{BF16, F16, F32, TF32, two_to};
    use crate::network::data::digits_batch;
    use crate::network::{Parameter, Targets};
    use sha2::{Digest, Sha256};

    fn perceptron(activation: Activation, depth: usize, gain: f64) -> Perceptron {
        Perceptron {
            activation,
            depth,
            width: 12,
            features: FEATURES,
            outputs: OUTPUTS,
            gain,
            bias: true,
            loss: Loss::CrossEntropy,
        }
    }

    /// Deeper networks keep the shallower one's hidden layers, and the head does not depend on the depth.
    #[test]
    fn depth_50_is_a_prefix_of_depth_60() {
        let shallow = perceptron(Activation::Tanh, 50, 1.0).draw(1, 0);
        let deep = perceptron(Activation::Tanh, 60, 1.0).draw(1, 0);
        let hidden = 2 * 50;
        for (short, long) in shallow.parameters[..hidden].iter().zip(&deep.parameters) {
            assert_eq!(short, long, "{}", short.name);
        }
        assert_eq!(shallow.parameters[hidden..], deep.parameters[2 * 60..], "the head");
        assert_ne!(shallow.parameters[2].values, shallow.parameters[4].values, "two layers of one network");
    }

    /// Trials and seeds have streams of their own: a trial's network is the same whichever trials are drawn
    /// before it, and no two share a tensor.
    #[test]
    fn trials_are_independent() {
        let draw = |seed, trial| perceptron(Activation::Relu, 2, 1.5).draw(seed, trial);
        let third = draw(4, 3);
        let all: Vec<Network> = (0..5).map(|trial| draw(4, trial)).chain([draw(5, 3)]).collect();
        assert_eq!(all[3], third);
        for (i, first) in all.iter().enumerate() {
            for second in &all[i + 1..] {
                for (a, b) in first.parameters.iter().zip(&second.parameters) {
                    assert_ne!(a.values, b.values, "{}", a.name);
                }
            }
        }
    }

    /// Every activation sees the same normals: weights divided by their gain agree as far as snapping allows,
    /// which is half a unit of 8 bits, or of 2^-24, on each side.
    #[test]
    fn activations_see_the_same_normals() {
        let (relu_gain, tanh_gain) = (std::f64::consts::SQRT_2, 1.1);
        let relu = perceptron(Activation::Relu, 4, relu_gain).draw(2, 1);
        let tanh = perceptron(Activation::Tanh, 4, tanh_gain).draw(2, 1);
        let mut snapped_apart = 0;
        for (Parameter { name, values: a }, Parameter { values: b, .. }) in relu.parameters.iter().zip(&tanh.parameters)
        {
            if name.ends_with("bias") {
                assert_eq!(a, b, "{name} does not depend on the gain");
                continue;
            }
            for ((index, a), b) in a.indexed_iter().zip(b) {
                let (x, y) = (a / relu_gain, b / tanh_gain);
                let snapping = |x: f64, gain: f64| (x.abs() * two_to(-8)).max(two_to(-25) / gain);
                let allowed = snapping(x, relu_gain) + snapping(y, tanh_gain);
                assert!(
                    (x - y).abs() <= allowed,
                    "{name}{index:?}: {a:e}/{relu_gain} = {x:e}, {b:e}/{tanh_gain} = {y:e}"
                );
                snapped_apart += usize::from(x != y);
            }
        }
        assert!(snapped_apart > 100, "the gains are chosen so that snapping shows");
    }

    /// The grid is what it promises: every drawn value is exact in every format of 8 bits and f16's range.
    #[test]
    fn drawn_values_are_exact_in_four_formats() {
        // A small gain brings values among the subnormal numbers of f16.
        for gain in [1e-5, 1.0, 1e3] {
            for Parameter { name, values } in perceptron(Activation::Relu, 3, gain).draw(3, 0).parameters {
                for (index, &value) in values.indexed_iter() {
                    for format in [F16, BF16, F32, TF32] {
                        assert_eq!(format.round_f64(value), value, "{name}{index:?}, gain {gain}, in {format}");
                    }
                }
            }
        }
    }

    /// The bits of one network and one batch, committed: a change of streams, order, snapping or data changes
    /// every record and must be noticed here.
    #[test]
    fn draws_are_fixed() {
        let network = perceptron(Activation::Relu, 3, 1.25).draw(0, 0);
        let batch = digits_batch(0, 0, 16);
        let mut hash = Sha256::new();
        for Parameter { name, values } in &network.parameters {
            hash.update(name);
            values.iter().for_each(|value| hash.update(value.to_bits().to_le_bytes()));
        }
        batch.inputs.iter().for_each(|value| hash.update(value.to_bits().to_le_bytes()));
        let Targets::Classes(classes) = &batch.targets else { panic!("digits have classes") };
        classes.iter().for_each(|&class| hash.update((class as u64).to_le_bytes()));
        assert_eq!(
            format!("{:x}", hash.finalize()),
            "0c99374c862fcabe5d3d79d7780aa0ba839e32999f258632203f6be81a7b585d"
        );
    }
}
