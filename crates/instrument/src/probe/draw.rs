//! The network and the batch of each trial, and what is known about them before anything is computed.

use crate::activation::Activation;
use crate::activation::moments::{MeanField, mean_field, residual_mean_field};
use crate::architecture::mlp::{Perceptron, residual_scale};
use crate::architecture::sequential;
use crate::arithmetic::dispatch::{StorageNoise, dispatch};
use crate::arithmetic::{ArithmeticName, Policy};
use crate::data;
use crate::data::files;
use crate::data::rows::Rows;
use crate::data::{Batch, Targets};
use crate::draw::Stream;
use crate::exchange::Sequential;
use crate::format::{Format, exponent_of};
use crate::graph::Network;
use crate::init::BIAS_DEVIATION;
use crate::spec::{Data, Plan, RunPlan};
use ndarray::Array2;

/// One trial.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// Its network.
    pub network: Network,
    /// Its batch.
    pub batch: Batch,
}

/// Draws one trial.
pub fn draw(plan: &Plan, run: &RunPlan, trial: u64) -> Drawn {
    let spec = &plan.spec;
    let batch = match (&plan.samples, spec.data) {
        (Some(samples), _) if !spec.draws_batches() => files::batch(samples),
        (None, Data::Gaussian) => data::gaussian_batch(spec.seed, trial, spec.batch, spec.shape()),
        (samples, _) => Rows::new(samples.as_ref()).drawn(spec.seed, trial, spec.batch),
    };
    Drawn { network: network(plan, run, trial), batch }
}

/// Draws the network of one trial.
pub fn network(plan: &Plan, run: &RunPlan, trial: u64) -> Network {
    let spec = &plan.spec;
    let mut network = match (&plan.network, run) {
        (Some(network), RunPlan::PerLayer(activations)) => sequential::network(network, activations, spec.loss()),
        (Some(network), RunPlan::Uniform(activation)) => {
            sequential::network(network, &vec![*activation; network.layers.len() - 1], spec.loss())
        }
        (None, run) => perceptron(plan, run.first()).draw(spec.seed, trial),
    };
    network.key = Stream::new(spec.seed, trial, "rounding").key();
    network
}

/// The parameters for drawing a run's networks.
pub fn perceptron(plan: &Plan, activation: &Activation) -> Perceptron {
    let spec = &plan.spec;
    let (features, outputs) = spec.shape();
    Perceptron {
        activation: *activation,
        depth: spec.depth,
        width: spec.width,
        features,
        outputs,
        init: spec.init,
        gain: spec.gain_for(activation).expect("invariant: a plan's activations have gains"),
        bias: spec.bias.then(|| spec.bias_std.unwrap_or(BIAS_DEVIATION)),
        residual: spec.residual,
        loss: spec.loss(),
    }
}

/// The mean-field predictions for a network that was drawn by the init.
pub(super) fn field(perceptron: &Perceptron) -> MeanField {
    let Perceptron { activation, gain, depth, .. } = perceptron;
    let bias_variance = perceptron.bias_variance();
    match perceptron.residual {
        true => residual_mean_field(activation, *gain, bias_variance, residual_scale(*depth), *depth),
        false => mean_field(activation, *gain, bias_variance, *depth),
    }
}

/// Every exact constant of the activations; PReLU's slopes are the file's if there is one.
pub fn constants(plan: &Plan, one: &RunPlan) -> Vec<String> {
    let mut constants: Vec<String> = Vec::new();
    for activation in one.activations() {
        let own = match (activation, &plan.network) {
            (Activation::Prelu { .. }, Some(network)) => slopes(network),
            _ => activation.constants(),
        };
        // Two activations may have constants of the same name with different values.
        let own = own.into_iter().map(|constant| match one {
            RunPlan::Uniform(_) => constant,
            RunPlan::PerLayer(_) => format!("{}: {constant}", activation.name()),
        });
        constants.extend(own.filter(|constant| !constants.contains(constant)).collect::<Vec<_>>());
    }
    constants
}

/// As [`Activation::constants`] says it where all slopes are the same.
fn slopes(network: &Sequential) -> Vec<String> {
    let slopes: Vec<f64> = network.layers.iter().filter_map(|layer| Some(layer.slope.as_ref()?.value)).collect();
    match slopes.as_slice() {
        [first, rest @ ..] if rest.iter().all(|slope| slope == first) => {
            Activation::Prelu { slope: *first }.constants()
        }
        _ => vec!["slopes of the file".into()],
    }
}

/// The effect of storing parameters, scales, inputs and targets in a format.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stored {
    /// Largest relative change; `None` if a policy stores them exactly.
    pub noise: f64,
    /// Whether one lies beyond the format's normal numbers.
    pub leaves_range: bool,
}

/// The effect of a policy's storage on a network and a batch.
pub(super) fn stored(policy: Policy, Drawn { network, batch }: &Drawn) -> Stored {
    let Some(format) = policy.storage else { return Stored { noise: 0.0, leaves_range: false } };
    let mut values: Vec<_> = network.parameters.iter().map(|parameter| &parameter.values).collect();
    let scales = network.scales();
    values.extend([&scales, &batch.inputs]);
    if let Targets::Values(targets) = &batch.targets {
        values.push(targets);
    }
    let noise = dispatch(ArithmeticName::plain(format), StorageNoise(&values));
    // Numbers that are stored exactly lose nothing to the range.
    let leaves_range = noise != 0.0 && values.iter().any(|values| leaves_range(&format, values));
    Stored { noise, leaves_range }
}

/// True if a number is larger than the format's largest number or smaller than its smallest normal one.
fn leaves_range(format: &Format, values: &Array2<f64>) -> bool {
    let (most, least) = (format.max(), format.smallest_normal_exponent());
    let is_outside = |x: f64| {
        least.is_some_and(|least| exponent_of(x) < i64::from(least))
            || most.as_ref().is_some_and(|most| *most < x.abs())
    };
    values.iter().any(|&x| x != 0.0 && is_outside(x))
}
