//! Builds the drawn networks: hidden layers of one width, with or without skip connections, then a linear head.

use super::weights::weights;
use crate::activation::Activation;
use crate::draw::Stream;
use crate::format::GRID;
use crate::graph::{Network, OperationKind};
use crate::init::Init;
use crate::loss::Loss;
use ndarray::Array2;

/// A randomly drawn multilayer perceptron.
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
    /// How weights are drawn.
    pub init: Init,
    /// Standard deviation of a square matrix's weights times √fan_in, before rounding to the grid.
    pub gain: f64,
    /// Standard deviation of the biases, `None` without; [`Init::Torch`] always has its own.
    pub bias: Option<f64>,
    /// Whether layers with as many outputs as inputs have a skip connection: a = s·φ(z) + a_prev, s =
    /// [`residual_scale`].
    pub residual: bool,
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
            let stream = |kind: &str| Stream::new(seed, trial, &format!("{name}.{kind}"));
            let weight = weights(self.init, self.gain, (units, fan_in), &mut stream("weight"));
            let bias = self.biases(units, fan_in, &mut stream("bias"));
            let below = node;
            node = network.push_affine(&name, below, weight, bias);
            if !is_head {
                node = network.push_activation(self.activation);
                if self.residual && units == fan_in {
                    let branch = network.push_scale(node, residual_scale(self.depth));
                    node = network.push_add(branch, below);
                }
            }
            fan_in = units;
        }
        network
    }

    fn biases(&self, units: usize, fan_in: usize, stream: &mut Stream) -> Option<Array2<f64>> {
        let bound = 1.0 / (fan_in as f64).sqrt();
        let mut draw: Box<dyn FnMut() -> f64> = match (self.init, self.bias) {
            (Init::Torch, _) => Box::new(move || bound * stream.symmetric()),
            (_, Some(deviation)) => Box::new(move || deviation * stream.normal()),
            (_, None) => return None,
        };
        Some(Array2::from_shape_simple_fn((units, 1), || GRID.round_f64(draw())))
    }

    /// Variance σ_b² of the biases of a layer with `width` inputs, before rounding to the grid.
    pub fn bias_variance(&self) -> f64 {
        match self.init {
            Init::Torch => 1.0 / (3.0 * self.width as f64),
            _ => self.bias.map_or(0.0, |deviation| deviation * deviation),
        }
    }
}

/// The nodes of a hidden layer, with a skip connection or without.
pub fn hidden_layer(is_residual: bool) -> &'static [OperationKind] {
    use OperationKind::{Activation, Add, Affine, Scale};
    if is_residual { &[Affine, Activation, Scale, Add] } else { &[Affine, Activation] }
}

/// s = 1/√L rounded to the grid of parameters: L branches of a residual network, each of unit variance, add a variance
/// of about 1 in total.
pub fn residual_scale(depth: usize) -> f64 {
    GRID.round_f64(1.0 / (depth as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets::{FEATURES, OUTPUTS};
    use crate::data::Targets;
    use crate::data::digits_batch;
    use crate::format::{BF16, F16, F32, TF32, two_to};
    use crate::graph::{Operation, Parameter};
    use crate::init::BIAS_DEVIATION;
    use sha2::{Digest, Sha256};

    fn perceptron(activation: Activation, depth: usize, gain: f64) -> Perceptron {
        Perceptron {
            activation,
            depth,
            width: 12,
            features: FEATURES,
            outputs: OUTPUTS,
            init: Init::Preserve,
            gain,
            bias: Some(BIAS_DEVIATION),
            residual: false,
            loss: Loss::CrossEntropy,
        }
    }

    /// Deeper networks keep the shallower one's hidden layers, and the head does not depend on the depth.
    #[test]
    fn depth_50_is_a_prefix_of_depth_60() {
        for (init, ..) in Init::ALL {
            let draw = |depth| Perceptron { init, ..perceptron(Activation::Tanh, depth, 1.0) }.draw(1, 0);
            let (shallow, deep) = (draw(50), draw(60));
            let hidden = 2 * 50;
            for (short, long) in shallow.parameters[..hidden].iter().zip(&deep.parameters) {
                assert_eq!(short, long, "{init}: {}", short.name);
            }
            assert_eq!(shallow.parameters[hidden..], deep.parameters[2 * 60..], "{init}: the head");
            assert_ne!(shallow.parameters[2].values, shallow.parameters[4].values, "two layers of one network");
        }
    }

    /// Trials and seeds have streams of their own: a trial's network is the same whichever trials are drawn
    /// before it, and no two share a tensor.
    #[test]
    fn trials_are_independent() {
        Init::ALL.into_iter().for_each(|(init, ..)| check_independence(init));
    }

    fn check_independence(init: Init) {
        let draw = |seed, trial| Perceptron { init, ..perceptron(Activation::Relu, 2, 1.5) }.draw(seed, trial);
        let third = draw(4, 3);
        let all: Vec<Network> = (0..5).map(|trial| draw(4, trial)).chain([draw(5, 3)]).collect();
        assert_eq!(all[3], third);
        for (i, first) in all.iter().enumerate() {
            for second in &all[i + 1..] {
                for (a, b) in first.parameters.iter().zip(&second.parameters) {
                    assert_ne!(a.values, b.values, "{init}: {}", a.name);
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

    /// `lecun` is `preserve` of gain 1; `xavier` differs from it by its deviation alone, `torch` by the shape of
    /// its distribution: the larger normal is the larger uniform.
    #[test]
    fn inits_see_the_same_normals() {
        let draw = |init, gain| Perceptron { init, ..perceptron(Activation::Tanh, 2, gain) }.draw(2, 1).parameters;
        let normal = draw(Init::Preserve, 1.0);
        assert_eq!(draw(Init::Lecun, 1.0), normal);
        assert_eq!(draw(Init::Kaiming, 1.0), normal);
        // A square matrix of 12 units.
        assert_eq!(draw(Init::Xavier, 1.0)[2], normal[2]);
        assert_ne!(draw(Init::Xavier, 1.0)[0], normal[0]);
        let uniform = draw(Init::Torch, 1.0);
        for (a, b) in normal.iter().zip(&uniform) {
            let mut pairs: Vec<(f64, f64)> = a.values.iter().copied().zip(b.values.iter().copied()).collect();
            pairs.sort_by(|x, y| x.0.total_cmp(&y.0));
            // Equal after snapping, or in order.
            assert!(pairs.windows(2).all(|pair| pair[0].0 == pair[1].0 || pair[0].1 <= pair[1].1), "{}", a.name);
        }
    }

    /// torch's biases are always present and lie within ±1/√fan_in, rounded to the grid.
    #[test]
    fn torch_has_its_own_biases() {
        let torch = Perceptron { init: Init::Torch, bias: None, ..perceptron(Activation::Relu, 40, 1.0) };
        let network = torch.draw(0, 0);
        let mut biases = Vec::new();
        for (index, layer) in network.sites.iter().enumerate() {
            let bias = network.parameters.iter().find(|parameter| parameter.name == format!("{}.bias", layer.name));
            let bound = 1.0 / if index == 0 { FEATURES as f64 } else { 12.0 }.sqrt() * (1.0 + two_to(-8));
            let values = &bias.expect("every layer has a bias").values;
            assert!(values.iter().all(|b| b.abs() <= bound), "{}", layer.name);
            biases.extend(values.iter().copied().filter(|_| index > 0));
        }
        // 5 standard errors of a uniform's variance, √(4/(5N)).
        let count = biases.len() as f64;
        let variance = biases.iter().map(|b| b * b).sum::<f64>() / count;
        assert!((variance / torch.bias_variance() - 1.0).abs() < 5.0 * (0.8 / count).sqrt(), "{variance}");
        let weights = network.parameters.iter().filter(|parameter| parameter.name.ends_with("weight"));
        assert_eq!(weights.count(), network.sites.len());
    }

    /// Every hidden layer of equal fan-in and fan-out adds its input to its scaled branch, and nothing else does.
    #[test]
    fn skips_are_where_shapes_agree() {
        for (width, skips) in [(12, 3), (FEATURES, 4)] {
            let plain = Perceptron { width, ..perceptron(Activation::Tanh, 4, 1.0) };
            let network = Perceptron { residual: true, ..plain }.draw(0, 0);
            assert_eq!(network.parameters, plain.draw(0, 0).parameters, "skips change no draw");
            let mut found = 0;
            for layer in &network.sites {
                let below = network.nodes[layer.node].inputs[0];
                let Some(activation) = layer.activation else { continue };
                let is_square = below != 0 || width == FEATURES;
                if is_square {
                    let Operation::Scale { factor } = network.nodes[activation + 1].operation else {
                        panic!("a scale")
                    };
                    assert_eq!(factor, 0.5);
                    assert_eq!(network.nodes[activation + 1].inputs, [activation]);
                    assert_eq!(network.nodes[activation + 2].operation, Operation::Add);
                    assert_eq!(network.nodes[activation + 2].inputs, [activation + 1, below]);
                    found += 1;
                }
            }
            assert_eq!((found, network.scales().len()), (skips, skips));
            let head = network.sites.last().unwrap();
            assert_eq!(network.nodes[head.node].inputs, [network.output() - 1], "the head reads the last sum");
        }
        assert!(perceptron(Activation::Tanh, 4, 1.0).draw(0, 0).scales().is_empty());
    }

    #[test]
    fn scales_lie_on_the_grid() {
        assert_eq!(residual_scale(1), 1.0);
        assert_eq!(residual_scale(4), 0.5);
        assert_eq!(residual_scale(50), 145.0 / 1024.0);
        for depth in [2, 3, 10, 50, 1000, 1_000_000] {
            let (scale, exact) = (residual_scale(depth), 1.0 / (depth as f64).sqrt());
            assert!((scale / exact - 1.0).abs() <= two_to(-8), "{depth}");
            for format in [F16, BF16, F32, TF32] {
                assert_eq!(format.round_f64(scale), scale, "{depth} in {format}");
            }
        }
    }

    /// The grid keeps its promise: every drawn value is exact in every format with 8 bits and f16's range.
    #[test]
    fn drawn_values_are_exact_in_four_formats() {
        // A small gain gives values among the subnormal numbers of f16.
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

    /// The committed bits of one network and one batch: a change of streams, order, rounding or data changes every
    /// record and must be noticed here.
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
