//! Compares one layer of one run with the exact gradient.

use super::external::{ExternalGradients, OwnTensors};
use super::layer::{Tensor, Twins};
use super::measurement::{ArithmeticMeasurement, RunMeasurement};
use crate::activation::{Activation, Piece};
use crate::arithmetic::ExactMatrix;
use crate::backprop::SiteGradients;
use crate::graph::{Network, Operation};
use crate::magnitude::Magnitudes;
use crate::noise::{ReferenceTensor, Twin, rows, unknown};
use crate::record::{ExternalSite, Fates, Flips};
use crate::theory::{self, LayerFacts, derivative_noise, relative_noise};
use crate::truth::{SiteTruth, TrueTensor, Unproven};

/// The exact tensors of one layer, prepared once for all runs.
pub struct ReferenceLayer<'t> {
    /// The layer.
    pub truth: &'t SiteTruth,
    weight: Option<ReferenceTensor<'t>>,
    bias: Option<ReferenceTensor<'t>>,
    slope: Option<ReferenceTensor<'t>>,
    delta: Option<ReferenceTensor<'t>>,
    /// The statistics of the layer's δ and of its samples that the theory needs.
    delta_facts: Option<theory::Delta>,
    coherence: Option<f64>,
}

impl<'t> ReferenceLayer<'t> {
    /// Prepares a layer.
    pub fn new(truth: &'t SiteTruth) -> ReferenceLayer<'t> {
        let known = |tensor: &'t Result<TrueTensor, Unproven>| tensor.as_ref().ok().map(ReferenceTensor::new);
        ReferenceLayer {
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

    /// Compares a run of which only the gradient of weights and biases is used.
    pub fn run(&self, computed: &SiteGradients, twins: Twins) -> RunMeasurement {
        let weight = Tensor::compare(&self.weight, &computed.weight, twins.weight);
        let bias = computed.bias.as_ref().map(|bias| Tensor::compare(&self.bias, bias, twins.bias));
        let joint = bias.map_or(weight, |bias| weight.joined(bias));
        let (noise_to_signal, at_most) = joint.ratio();
        let zeros = weight.fates(computed.weight.len() as u64);
        RunMeasurement {
            noise_to_signal,
            at_most,
            weight_noise: weight.ratio().0,
            verdict: joint.verdict(),
            zeros: (zeros.flushed + zeros.cut, zeros.total()),
        }
    }
}

/// The computed gradients of one layer.
pub struct Computed<'a> {
    weight: Option<&'a ExactMatrix>,
    bias: Option<&'a ExactMatrix>,
    slope: Option<&'a ExactMatrix>,
    delta: Option<&'a ExactMatrix>,
    preactivation: Option<&'a ExactMatrix>,
}

impl<'a> Computed<'a> {
    /// Of a run of our own.
    pub fn of(layer: &'a SiteGradients) -> Computed<'a> {
        Computed {
            weight: Some(&layer.weight),
            bias: layer.bias.as_ref(),
            slope: layer.slope.as_ref(),
            delta: Some(&layer.delta),
            preactivation: Some(&layer.preactivation),
        }
    }
}

/// Compares one layer of another program's gradients with the exact ones and with ours.
pub fn compare_external(
    network: &Network,
    reference: &ReferenceLayer,
    external: &ExternalGradients,
    ours: &[OwnTensors],
) -> ArithmeticMeasurement {
    let theirs = external.layer(network, reference.truth.site);
    let computed = Computed {
        weight: theirs.weight.as_ref(),
        bias: theirs.bias.as_ref(),
        slope: theirs.slope.as_ref(),
        delta: None,
        preactivation: None,
    };
    let log2_distance = ours.iter().map(|ours| theirs.log2_distance(&ours.weight)).collect();
    let projections = ours.iter().map(|ours| theirs.projection(ours)).collect();
    let (not_close, entries) = theirs.not_close(reference.truth);
    let log2_norm = Some(theirs.log2_norm());
    // Of a file with one type the run says it.
    let [weight_type, bias_type] = if external.gradients.is_mixed() { theirs.types() } else { [None, None] };
    let site = ExternalSite { log2_distance, not_close, entries, log2_norm, projections, weight_type, bias_type };
    ArithmeticMeasurement { external: Some(site), ..compare(network, reference, &computed, Twins::ABSENT) }
}

/// Compares one layer of one arithmetic with the exact one; `twins` explain the gradient's zeros.
pub fn compare(
    network: &Network,
    reference: &ReferenceLayer,
    computed: &Computed,
    twins: Twins,
) -> ArithmeticMeasurement {
    let truth = reference.truth;
    let compared = |is_there: bool, exact: &Option<ReferenceTensor>, computed: Option<&ExactMatrix>, twin: Twin| {
        computed.filter(|_| is_there).map(|computed| Tensor::compare(exact, computed, twin))
    };
    let weight = compared(true, &reference.weight, computed.weight, twins.weight);
    let bias = compared(truth.bias.is_some(), &reference.bias, computed.bias, twins.bias);
    let slope = compared(truth.slope.is_some(), &reference.slope, computed.slope, Twin::Absent);
    let delta = compared(true, &reference.delta, computed.delta, Twin::Absent);
    let mut tensors = vec![weight.map_or_else(|| unknown("weight"), |weight| weight.to_record("weight"))];
    for (name, tensor) in [("bias", bias), ("slope", slope), ("activation_gradient", delta)] {
        tensors.extend(tensor.map(|tensor| tensor.to_record(name)));
    }
    // Kept for every layer and trial.
    tensors.shrink_to_fit();
    // A layer whose gradient is missing in a file has no verdict, unless the rest has overflowed.
    let own = weight.unwrap_or(Tensor::UNKNOWN);
    let joint = bias.map_or(own, |bias| own.joined(bias));
    let magnitudes = computed.weight.map_or_else(Magnitudes::default, Magnitudes::of);
    let fates = match weight.and_then(|weight| weight.noise) {
        Some(noise) => noise.fates,
        None => {
            let overflowed = magnitudes.nonfinite();
            let undecided = computed.weight.map_or(0, ExactMatrix::len) as u64 - overflowed;
            Fates { overflowed, undecided, ..Fates::default() }
        }
    };
    ArithmeticMeasurement {
        verdict: joint.verdict(),
        gradient: weight.zip(bias).map(|(weight, bias)| joint.of_layer(weight, bias)),
        rows: reference.weight.as_ref().zip(computed.weight).map(|(exact, computed)| rows(exact, computed)),
        fates,
        tensors,
        magnitudes,
        flips: computed.preactivation.and_then(|z| flips(network, truth, z)),
        facts: None,
        external: None,
    }
}

/// Pre-activations on a different branch of φ' than the exact ones.
fn flips(network: &Network, truth: &SiteTruth, preactivation: &ExactMatrix) -> Option<Flips> {
    let node = network.sites[truth.site].activation?;
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

/// The inputs of the theory for one layer in one arithmetic.
pub fn facts(
    network: &Network,
    reference: &ReferenceLayer,
    computed: &SiteGradients,
    measured: &ArithmeticMeasurement,
) -> LayerFacts {
    let ReferenceLayer { truth, ref delta_facts, coherence, .. } = *reference;
    let layer = &network.sites[truth.site];
    let activation = layer.activation.and_then(|node| match network.nodes[node].operation {
        // The current slope of the network, not the initial one.
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
