//! One layer of one run against the truth.

use super::external::ExternalGradients;
use super::measure::{ArithmeticMeasurement, RunMeasurement};
use crate::activation::{Activation, Piece};
use crate::arithmetic::ExactMatrix;
use crate::backprop::LayerGradients;
use crate::magnitude::Magnitudes;
use crate::network::{Network, Operation};
use crate::noise::{Against, Noise, Twin, unknown};
use crate::record::{ExternalLayer, Fates, Flips, Number, TensorNoise};
use crate::theory::{self, LayerFacts, derivative_noise, relative_noise};
use crate::truth::{TrueLayer, TrueTensor, Unproven};
use crate::verdict::Verdict;

/// The true tensors of one layer, made ready once for all runs.
pub struct Yardsticks<'t> {
    /// The layer.
    pub truth: &'t TrueLayer,
    weight: Option<Against<'t>>,
    bias: Option<Against<'t>>,
    slope: Option<Against<'t>>,
    delta: Option<Against<'t>>,
    /// Of the layer's δ, and of its samples, as theory needs them.
    delta_facts: Option<theory::Delta>,
    coherence: Option<f64>,
}

impl<'t> Yardsticks<'t> {
    /// Makes a layer ready.
    pub fn new(truth: &'t TrueLayer) -> Yardsticks<'t> {
        let known = |tensor: &'t Result<TrueTensor, Unproven>| tensor.as_ref().ok().map(Against::new);
        Yardsticks {
            truth,
            weight: known(&truth.weight),
            bias: truth.bias.as_ref().and_then(known),
            slope: truth.slope.as_ref().and_then(known),
            delta: known(&truth.delta),
            delta_facts: truth.delta.as_ref().ok().map(theory::Delta::new),
            coherence: match (&truth.weight, &truth.delta, &truth.input) {
                (Ok(weight), Ok(delta), Some(input)) => theory::coherence(weight, delta, input),
                _ => None,
            },
        }
    }

    /// A run of which only the weight gradient is of interest.
    pub fn run(&self, weight: &ExactMatrix, twin: Twin) -> RunMeasurement {
        match &self.weight {
            Some(against) => {
                let noise = Noise::against(against, weight, twin);
                let (verdict, fates) = (Verdict::of(&noise), noise.fates);
                let TensorNoise { noise_to_signal, at_most, .. } = noise.to_record("weight");
                RunMeasurement { noise_to_signal, at_most, verdict, zeros: (fates.flushed + fates.cut, fates.total()) }
            }
            None => {
                let is_finite = weight.is_finite();
                RunMeasurement {
                    noise_to_signal: if is_finite { Number::None } else { Number::Infinite },
                    at_most: false,
                    verdict: if is_finite { Verdict::NotEstablished } else { Verdict::Overflow },
                    zeros: (0, weight.len() as u64),
                }
            }
        }
    }
}

/// What was computed of one layer.
pub struct Computed<'a> {
    weight: Option<&'a ExactMatrix>,
    bias: Option<&'a ExactMatrix>,
    slope: Option<&'a ExactMatrix>,
    delta: Option<&'a ExactMatrix>,
    preactivation: Option<&'a ExactMatrix>,
}

impl<'a> Computed<'a> {
    /// Of a run of our own.
    pub fn of(layer: &'a LayerGradients) -> Computed<'a> {
        Computed {
            weight: Some(&layer.weight),
            bias: layer.bias.as_ref(),
            slope: layer.slope.as_ref(),
            delta: Some(&layer.delta),
            preactivation: Some(&layer.preactivation),
        }
    }
}

/// One layer of another program's gradients against the truth and against ours.
pub fn compare_external(
    network: &Network,
    yardsticks: &Yardsticks,
    external: &ExternalGradients,
    ours: &[ExactMatrix],
) -> ArithmeticMeasurement {
    let theirs = external.layer(network, yardsticks.truth.layer);
    let computed = Computed {
        weight: theirs.weight.as_ref(),
        bias: theirs.bias.as_ref(),
        slope: theirs.slope.as_ref(),
        delta: None,
        preactivation: None,
    };
    let log2_distance = ours.iter().map(|ours| theirs.log2_distance(ours)).collect();
    let (not_close, entries) = theirs.not_close(yardsticks.truth);
    let layer = ExternalLayer { log2_distance, not_close, entries };
    ArithmeticMeasurement { external: Some(layer), ..compare(network, yardsticks, &computed, Twin::Absent) }
}

/// One layer of one arithmetic against the truth; `twin` tells of the weight gradient's zeros.
pub fn compare(network: &Network, yardsticks: &Yardsticks, computed: &Computed, twin: Twin) -> ArithmeticMeasurement {
    let mut tensors = Vec::with_capacity(4);
    let mut tensor = |name: &str, truth: &Option<Against>, computed: &ExactMatrix, twin: Twin| {
        let noise = truth.as_ref().map(|truth| Noise::against(truth, computed, twin));
        tensors.push(noise.map_or_else(
            || match computed.is_finite() {
                true => unknown(name),
                false => TensorNoise { noise_to_signal: Number::Infinite, ..unknown(name) },
            },
            |noise| noise.to_record(name),
        ));
        noise
    };
    let weight = computed.weight.and_then(|weight| tensor("weight", &yardsticks.weight, weight, twin));
    let truth = yardsticks.truth;
    for (name, is_there, against, computed) in [
        ("bias", truth.bias.is_some(), &yardsticks.bias, computed.bias),
        ("slope", truth.slope.is_some(), &yardsticks.slope, computed.slope),
        ("activation_gradient", true, &yardsticks.delta, computed.delta),
    ] {
        if let (true, Some(computed)) = (is_there, computed) {
            tensor(name, against, computed, Twin::Absent);
        }
    }
    if computed.weight.is_none() {
        tensors.insert(0, unknown("weight"));
    }
    let magnitudes = computed.weight.map_or_else(Magnitudes::default, Magnitudes::of);
    let entries = computed.weight.map_or(0, ExactMatrix::len) as u64;
    let (verdict, fates) = match &weight {
        Some(weight) => (Verdict::of(weight), weight.fates),
        // An infinite gradient has overflowed, whatever the true one is.
        None => {
            let overflowed = magnitudes.nonfinite();
            let undecided = entries - overflowed;
            let verdict = if overflowed > 0 { Verdict::Overflow } else { Verdict::NotEstablished };
            (verdict, Fates { overflowed, undecided, ..Fates::default() })
        }
    };
    // Kept for every layer and trial.
    tensors.shrink_to_fit();
    let flips = computed.preactivation.and_then(|z| flips(network, truth, z));
    ArithmeticMeasurement { verdict, fates, tensors, magnitudes, flips, facts: None, external: None }
}

/// Pre-activations on another branch of φ' than in truth.
fn flips(network: &Network, truth: &TrueLayer, preactivation: &ExactMatrix) -> Option<Flips> {
    let node = network.layers[truth.layer].activation?;
    let Operation::Activation { activation, .. } = network.nodes[node].operation else { return None };
    if !activation.is_kinked() || truth.pieces.is_empty() {
        return None;
    }
    let mut flips = Flips { total: preactivation.len() as u64, ..Flips::default() };
    for ((unit, sample), z) in preactivation.indexed_iter() {
        let true_piece: Piece = truth.pieces[sample][unit]?;
        if !z.is_finite() {
            flips.nonfinite += 1;
            continue;
        }
        let piece = z.piece_in(&activation).expect("invariant: finite numbers lie on a piece");
        flips.flipped += u64::from(activation.branch(piece) != activation.branch(true_piece));
    }
    Some(flips)
}

/// What theory needs of one layer in one arithmetic.
pub fn facts(
    network: &Network,
    yardsticks: &Yardsticks,
    computed: &LayerGradients,
    measured: &ArithmeticMeasurement,
) -> LayerFacts {
    let Yardsticks { truth, ref delta_facts, coherence, .. } = *yardsticks;
    let layer = &network.layers[truth.layer];
    let activation = layer.activation.and_then(|node| match network.nodes[node].operation {
        // The slope that the network has, not the one that it began with.
        Operation::Activation { slope: Some(slope), .. } => {
            Some(Activation::Prelu { slope: network.parameters[slope].values[(0, 0)] })
        }
        Operation::Activation { activation, .. } => Some(activation),
        _ => None,
    });
    let delta = measured.tensors.iter().find(|tensor| tensor.tensor == "activation_gradient");
    let (units, inputs) = computed.weight.dim();
    LayerFacts {
        units,
        inputs,
        derivative: activation
            .as_ref()
            .zip(truth.preactivation.as_ref().zip(delta_facts.as_ref()))
            .and_then(|(activation, (z, delta))| derivative_noise(activation, z, &computed.preactivation, delta)),
        input: truth.input.as_ref().and_then(|input| relative_noise(input, &computed.input)),
        delta: delta.and_then(|delta| delta.noise_to_signal.finite()).map(|noise| noise * noise),
        coherence,
        is_smooth: activation.is_some_and(|activation| !activation.is_piecewise_linear()),
    }
}
