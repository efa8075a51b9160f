//! Small random networks of every kind that the truth may meet, each from a few numbers that can be made smaller.

use super::Random;
use super::reference::Reference;
use ndarray::Array2;
use precision_probe::activation::{ALL, Activation, preserving_gain};
use precision_probe::architecture::mlp::Perceptron;
use precision_probe::assets::{FEATURES, OUTPUTS};
use precision_probe::data::{Batch, Targets, digits_batch, gaussian_batch};
use precision_probe::format::two_to;
use precision_probe::graph::Network;
use precision_probe::init::Init;
use precision_probe::loss::Loss;
use proptest::prelude::*;

/// How numbers are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Numbers {
    /// Of 11 bits around 1.
    Short,
    /// Of 53 bits around 1.
    Full,
    /// Mostly of 53 bits around 1; zeros of both signs among them, and exponents as far out as the reach.
    Wild { reach: i64 },
    /// From the least double up.
    Denormal,
}

impl Numbers {
    fn draw(self, random: &mut Random) -> f64 {
        let sign = if random.below(2) == 0 { 1.0 } else { -1.0 };
        let significand = 1.0 + (random.bits() >> 12) as f64 * two_to(-52);
        let near = random.below(4) as i64 - 3;
        let kind = random.below(8);
        sign * match self {
            _ if kind == 0 => 0.0,
            Numbers::Short => (significand * 1024.0).trunc() * two_to(near - 10),
            Numbers::Wild { reach } if kind < 3 => {
                significand * two_to(random.below(2 * reach as u64 + 1) as i64 - reach)
            }
            Numbers::Denormal => random.below(1 << 20) as f64 * two_to(-1074),
            Numbers::Full | Numbers::Wild { .. } => significand * two_to(near),
        }
    }
}

/// A network and its batch.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// What all numbers are drawn from.
    pub seed: u64,
    /// Hidden layers.
    pub depth: usize,
    pub width: usize,
    pub features: usize,
    pub outputs: usize,
    pub samples: usize,
    /// Every other layer has a bias.
    pub biases: bool,
    /// Layers with as many outputs as inputs have a skip, every other one with a scaled branch.
    pub skips: bool,
    pub loss: Loss,
    /// By place in [`activations`]: of all layers the same one, or from there on one after the other.
    pub activation: usize,
    pub mixed: bool,
    pub weights: Numbers,
    pub inputs: Numbers,
    /// Samples are equal but for their targets, which nearly cancel the gradient of the mean squared error.
    pub cancelling: bool,
}

/// The catalogue, and parameters with which pieces meet in other ways.
pub fn activations() -> Vec<Activation> {
    let more = ["leaky:-2", "leaky:1", "prelu:1", "prelu:-0.5", "elu:0.5", "celu:0.25", "softplus:4", "swish:0.5"];
    let others = ["hardtanh:-0.125:2", "threshold:-1:-1", "threshold:0:0", "softshrink:0.03125", "hardshrink:0.03125"];
    let more = more.into_iter().chain(others).map(|name| Activation::parse(name).expect("a name"));
    ALL.into_iter().chain(more).collect()
}

fn numbers() -> impl Strategy<Value = Numbers> {
    prop_oneof![
        4 => Just(Numbers::Short),
        5 => Just(Numbers::Full),
        2 => prop_oneof![Just(40), Just(300), Just(1000)].prop_map(|reach| Numbers::Wild { reach }),
        1 => Just(Numbers::Denormal),
    ]
}

/// Networks of up to 12 hidden layers of up to 9 units, and up to 5 samples.
pub fn networks() -> impl Strategy<Value = Drawn> {
    let shape = (0usize..13, 1usize..10, 1usize..7, 1usize..5, 1usize..6);
    let switches = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), 0u32..6);
    (any::<u64>().no_shrink(), shape, switches, 0..activations().len(), numbers(), numbers()).prop_map(
        |(seed, shape, switches, activation, weights, inputs)| {
            let (depth, width, features, outputs, samples) = shape;
            let (biases, skips, mixed, is_entropy, cancelling) = switches;
            let loss = if is_entropy { Loss::CrossEntropy } else { Loss::MeanSquaredError };
            let cancelling = cancelling == 0 && samples > 1;
            Drawn {
                seed,
                depth,
                width,
                features,
                outputs,
                samples,
                biases,
                skips,
                loss,
                activation,
                mixed,
                weights,
                inputs,
                cancelling,
            }
        },
    )
}

impl Drawn {
    /// The network and its batch.
    pub fn make(&self) -> (Network, Batch) {
        let mut random = Random(self.seed);
        let all = activations();
        let mut network = Network::new(self.loss);
        let (mut node, mut fan_in) = (0, self.features);
        for layer in 0..=self.depth {
            let is_head = layer == self.depth;
            let units = if is_head { self.outputs } else { self.width };
            // Around 1 divided by √fan_in, more or less: signals neither grow nor vanish.
            let scale = two_to(-i64::from(fan_in.ilog2() / 2));
            let mut matrix = |columns: usize, numbers: Numbers| {
                Array2::from_shape_simple_fn((units, columns), || numbers.draw(&mut random) * scale)
            };
            let weight = matrix(fan_in, self.weights);
            let bias = (self.biases && layer % 2 == 0).then(|| matrix(1, self.weights));
            let below = node;
            node = network.push_affine(&format!("layer.{layer}"), below, weight, bias);
            if !is_head {
                let place = self.activation + if self.mixed { layer } else { 0 };
                node = network.push_activation(all[place % all.len()]);
                if self.skips && units == fan_in {
                    let branch = if layer % 2 == 0 { node } else { network.push_scale(node, 145.0 / 1024.0) };
                    node = network.push_add(branch, below);
                }
            }
            fan_in = units;
        }
        let batch = self.batch(&network, &mut random);
        (network, batch)
    }

    fn batch(&self, network: &Network, random: &mut Random) -> Batch {
        let mut inputs = Array2::from_shape_simple_fn((self.features, self.samples), || self.inputs.draw(&mut *random));
        if self.cancelling {
            let first = inputs.column(0).to_owned();
            inputs.columns_mut().into_iter().for_each(|mut sample| sample.assign(&first));
        } else if self.samples > 2 {
            // A sample of zeros, and one far below the others.
            inputs.column_mut(1).fill(-0.0);
            inputs.column_mut(2).mapv_inplace(|x| x * two_to(-200));
        }
        let shape = (self.outputs, self.samples);
        let targets = match self.loss {
            Loss::CrossEntropy => {
                Targets::Classes((0..self.samples).map(|_| random.below(self.outputs as u64) as usize).collect())
            }
            Loss::MeanSquaredError => {
                Targets::Values(Array2::from_shape_simple_fn(shape, || Numbers::Full.draw(&mut *random)))
            }
        };
        let mut batch = Batch { inputs, targets };
        if self.cancelling && self.loss == Loss::MeanSquaredError {
            // y − t of the second sample is −(y − t) of the first, but for 53 bits of the target.
            let y = Reference { bits: 200 }.values(network, &batch, 0).pop().expect("a head");
            let Targets::Values(targets) = &mut batch.targets else { unreachable!() };
            for (k, y) in y.iter().enumerate() {
                let mirrored = 2.0 * y.to_f64() - targets[(k, 0)];
                if mirrored.is_finite() {
                    targets[(k, 1)] = mirrored;
                }
            }
        }
        batch
    }
}

/// A perceptron of the digits with biases, which keeps the variance of its activation.
pub fn perceptron(activation: Activation, depth: usize, width: usize) -> Perceptron {
    Perceptron {
        activation,
        depth,
        width,
        features: FEATURES,
        outputs: OUTPUTS,
        init: Init::Preserve,
        gain: preserving_gain(&activation),
        bias: Some(precision_probe::init::BIAS_DEVIATION),
        residual: false,
        loss: Loss::CrossEntropy,
    }
}

/// Digits for their classes, Gaussian numbers for values.
pub fn batch_for(loss: Loss, seed: u64, samples: usize) -> Batch {
    match loss {
        Loss::CrossEntropy => digits_batch(seed, 0, samples),
        Loss::MeanSquaredError => gaussian_batch(seed, 0, samples, (FEATURES, OUTPUTS)),
    }
}
