//! One network and batch: every arithmetic and the truth advance layer by layer from the head down, are
//! compared, and dropped.

use crate::activation::Piece;
use crate::arithmetic::{Exact, Policy};
use crate::backprop::{GradientStream, LayerGradients, gradients};
use crate::magnitude::Magnitudes;
use crate::network::{Batch, Network, Operation};
use crate::noise::{self, Noise, unknown};
use crate::probe::external::ExternalGradients;
use crate::record::{ExternalLayer, Fates, Flips, Number, TensorNoise};
use crate::truth::elementwise::Undecided;
use crate::truth::{Evidence, Prepared, TrueLayer, TrueTensor, TruthPass, Unproven, precision};
use crate::verdict::Verdict;
use ndarray::Array2;
use rayon::prelude::*;

/// What one trial's network gave.
pub struct Measurement {
    /// Working precision of the truth, in bits.
    pub precision: u32,
    /// From the input side to the head.
    pub layers: Vec<LayerMeasurement>,
}

/// One layer in every arithmetic.
pub struct LayerMeasurement {
    /// `hidden.1`, …, `head`.
    pub name: String,
    /// Evidence for the true weight gradient.
    pub weight_evidence: Evidence,
    /// The weakest evidence over all of the layer's tensors.
    pub evidence: Evidence,
    /// log₂‖g*‖₂ of the weight gradient.
    pub log2_norm: Number,
    /// Magnitudes of the true weight gradient's entries.
    pub magnitudes: Magnitudes,
    /// One per arithmetic, then one per file of another program's gradients.
    pub arithmetics: Vec<ArithmeticMeasurement>,
}

/// One layer in one arithmetic.
pub struct ArithmeticMeasurement {
    /// The weight gradient's verdict.
    pub verdict: Verdict,
    /// Weight first, then bias, slope and activation gradient.
    pub tensors: Vec<TensorNoise>,
    /// Fates of the weight gradient's entries.
    pub fates: Fates,
    /// Magnitudes of the computed weight gradient's entries.
    pub magnitudes: Magnitudes,
    /// Branch flips, where φ' has a jump and the truth is decided.
    pub flips: Option<Flips>,
    /// What only another program's gradients have.
    pub external: Option<ExternalLayer>,
}

/// Measures a network in every arithmetic against its true gradient, of which `bits` bits are to be proven.
///
/// The precision of the truth depends on the network, the batch and `bits` alone. Where a proof fails, the
/// whole backward pass is repeated at a higher precision.
pub fn measure(
    network: &Network,
    batch: &Batch,
    arithmetics: &[Policy],
    bits: u32,
    layer_done: &(dyn Fn() + Sync),
) -> Measurement {
    measure_with(network, batch, (arithmetics, &[]), bits, layer_done)
}

/// [`measure`] with gradients that other programs computed beside the arithmetics.
pub fn measure_with(
    network: &Network,
    batch: &Batch,
    subjects: (&[Policy], &[ExternalGradients]),
    bits: u32,
    layer_done: &(dyn Fn() + Sync),
) -> Measurement {
    let prepared = Prepared::new(network);
    let first = precision::forecast(network, &prepared, batch, bits);
    let mut working = first;
    // Layers that were told already: a repeated pass is no further progress.
    let mut told = 0;
    loop {
        let truth = TruthPass::new(network, &prepared, batch, working, Undecided::Refused);
        let raised = |proven: u32| precision::raise(first, working, proven, bits);
        if truth.undecided().is_some()
            && let Some(higher) = raised(0)
        {
            working = higher;
            continue;
        }
        let layers = against(network, batch, truth, subjects, &mut |layers| {
            if layers > told {
                told = layers;
                layer_done();
            }
        });
        let weakest = layers.iter().map(|layer| layer.evidence).fold(Evidence::Exact, Evidence::weaker);
        let is_out_of_range = weakest == Evidence::NotEstablished(Unproven::ExponentRange);
        if !weakest.reaches(bits)
            && !is_out_of_range
            && let Some(higher) = raised(weakest.bits().unwrap_or(bits))
        {
            working = higher;
            continue;
        }
        return Measurement { precision: working, layers };
    }
}

/// Runs the streams in lockstep and tells how many layers are done.
fn against(
    network: &Network,
    batch: &Batch,
    truth: TruthPass,
    (arithmetics, externals): (&[Policy], &[ExternalGradients]),
    layers_done: &mut dyn FnMut(usize),
) -> Vec<LayerMeasurement> {
    let mut streams: Vec<GradientStream> =
        arithmetics.par_iter().map(|name| gradients(*name, network, batch)).collect();
    let mut layers: Vec<LayerMeasurement> = truth
        .enumerate()
        .map(|(done, truth)| {
            let own = streams.par_iter_mut().map(|stream| {
                let computed = stream.next().expect("invariant: every stream has the network's layers");
                assert_eq!(computed.layer, truth.layer, "invariant: streams advance in lockstep");
                let measured = compare(network, &truth, &Computed::of(&computed));
                // Kept as long as there is something to hold against it.
                (measured, (!externals.is_empty()).then_some(computed.weight))
            });
            let (mut arithmetics, weights): (Vec<_>, Vec<_>) = own.unzip();
            let weights: Vec<Array2<Exact>> = weights.into_iter().flatten().collect();
            arithmetics.extend(externals.iter().map(|external| compare_external(network, &truth, external, &weights)));
            let weight_evidence = Evidence::of(&truth.weight);
            let others = [truth.bias.as_ref(), truth.slope.as_ref(), Some(&truth.delta)];
            let mut magnitudes = Magnitudes::default();
            let mut log2_norm = Number::None;
            if let Ok(weight) = &truth.weight {
                weight.values.iter().for_each(|value| magnitudes.add_float(value));
                log2_norm = noise::log2_norm(weight);
            }
            layers_done(done + 1);
            LayerMeasurement {
                name: network.layers[truth.layer].name.clone(),
                weight_evidence,
                evidence: others.into_iter().flatten().map(Evidence::of).fold(weight_evidence, Evidence::weaker),
                log2_norm,
                magnitudes,
                arithmetics,
            }
        })
        .collect();
    layers.reverse();
    layers
}

/// What was computed of one layer.
struct Computed<'a> {
    weight: Option<&'a Array2<Exact>>,
    bias: Option<&'a Array2<Exact>>,
    slope: Option<&'a Array2<Exact>>,
    delta: Option<&'a Array2<Exact>>,
    preactivation: Option<&'a Array2<Exact>>,
}

impl<'a> Computed<'a> {
    fn of(layer: &'a LayerGradients) -> Computed<'a> {
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
fn compare_external(
    network: &Network,
    truth: &TrueLayer,
    external: &ExternalGradients,
    ours: &[Array2<Exact>],
) -> ArithmeticMeasurement {
    let theirs = external.layer(network, truth.layer);
    let computed = Computed {
        weight: theirs.weight.as_ref(),
        bias: theirs.bias.as_ref(),
        slope: theirs.slope.as_ref(),
        delta: None,
        preactivation: None,
    };
    let log2_distance = ours.iter().map(|ours| theirs.log2_distance(ours)).collect();
    let (not_close, entries) = theirs.not_close(truth);
    let layer = ExternalLayer { log2_distance, not_close, entries };
    ArithmeticMeasurement { external: Some(layer), ..compare(network, truth, &computed) }
}

/// One layer of one arithmetic against the truth.
fn compare(network: &Network, truth: &TrueLayer, computed: &Computed) -> ArithmeticMeasurement {
    let mut tensors = Vec::with_capacity(4);
    let mut tensor = |name: &str, truth: &Result<TrueTensor, Unproven>, computed: &Array2<Exact>| {
        let noise = truth.as_ref().ok().map(|truth| Noise::measure(truth, computed));
        tensors.push(noise.map_or_else(
            || match computed.iter().all(Exact::is_finite) {
                true => unknown(name),
                false => TensorNoise { noise_to_signal: Number::Infinite, ..unknown(name) },
            },
            |noise| noise.to_record(name),
        ));
        noise
    };
    let weight = computed.weight.and_then(|weight| tensor("weight", &truth.weight, weight));
    for (name, truth, computed) in [
        ("bias", truth.bias.as_ref(), computed.bias),
        ("slope", truth.slope.as_ref(), computed.slope),
        ("activation_gradient", Some(&truth.delta), computed.delta),
    ] {
        if let (Some(truth), Some(computed)) = (truth, computed) {
            tensor(name, truth, computed);
        }
    }
    if computed.weight.is_none() {
        tensors.insert(0, unknown("weight"));
    }
    let mut magnitudes = Magnitudes::default();
    let entries = computed.weight.map_or(0, Array2::len) as u64;
    computed.weight.into_iter().flatten().for_each(|value| magnitudes.add(value));
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
    let flips = computed.preactivation.and_then(|z| flips(network, truth, z));
    ArithmeticMeasurement { verdict, fates, tensors, magnitudes, flips, external: None }
}

/// Pre-activations on another branch of φ' than in truth.
fn flips(network: &Network, truth: &TrueLayer, preactivation: &Array2<Exact>) -> Option<Flips> {
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
