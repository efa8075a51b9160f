//! One network and batch: every arithmetic and the truth advance layer by layer from the head down, are
//! compared, and dropped.

use crate::activation::Piece;
use crate::arithmetic::{ArithmeticName, Exact};
use crate::backprop::{GradientStream, LayerGradients, gradients};
use crate::magnitude::Magnitudes;
use crate::network::{Batch, Network, Operation};
use crate::noise::{self, Noise, unknown};
use crate::record::{Fates, Flips, Number, TensorNoise};
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
    /// One per arithmetic.
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
}

/// Measures a network in every arithmetic against its true gradient, of which `bits` bits are to be proven.
///
/// The precision of the truth depends on the network, the batch and `bits` alone. Where a proof fails, the
/// whole backward pass is repeated at a higher precision.
pub fn measure(
    network: &Network,
    batch: &Batch,
    arithmetics: &[ArithmeticName],
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
        let layers = against(network, batch, truth, arithmetics, &mut |layers| {
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
    arithmetics: &[ArithmeticName],
    layers_done: &mut dyn FnMut(usize),
) -> Vec<LayerMeasurement> {
    let mut streams: Vec<GradientStream> =
        arithmetics.par_iter().map(|name| gradients(*name, network, batch)).collect();
    let mut layers: Vec<LayerMeasurement> = truth
        .enumerate()
        .map(|(done, truth)| {
            let arithmetics = streams
                .par_iter_mut()
                .map(|stream| {
                    let computed = stream.next().expect("invariant: every stream has the network's layers");
                    assert_eq!(computed.layer, truth.layer, "invariant: streams advance in lockstep");
                    compare(network, &truth, &computed)
                })
                .collect();
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

/// One layer of one arithmetic against the truth.
fn compare(network: &Network, truth: &TrueLayer, computed: &LayerGradients) -> ArithmeticMeasurement {
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
    let weight = tensor("weight", &truth.weight, &computed.weight);
    for (name, truth, computed) in [("bias", &truth.bias, &computed.bias), ("slope", &truth.slope, &computed.slope)] {
        if let (Some(truth), Some(computed)) = (truth, computed) {
            tensor(name, truth, computed);
        }
    }
    tensor("activation_gradient", &truth.delta, &computed.delta);
    let mut magnitudes = Magnitudes::default();
    computed.weight.iter().for_each(|value| magnitudes.add(value));
    let (verdict, fates) = match &weight {
        Some(weight) => (Verdict::of(weight), weight.fates),
        // An infinite gradient has overflowed, whatever the true one is.
        None => {
            let overflowed = magnitudes.nonfinite();
            let undecided = computed.weight.len() as u64 - overflowed;
            let verdict = if overflowed > 0 { Verdict::Overflow } else { Verdict::NotEstablished };
            (verdict, Fates { overflowed, undecided, ..Fates::default() })
        }
    };
    ArithmeticMeasurement { verdict, fates, tensors, magnitudes, flips: flips(network, truth, computed) }
}

/// Pre-activations on another branch of φ' than in truth.
fn flips(network: &Network, truth: &TrueLayer, computed: &LayerGradients) -> Option<Flips> {
    let node = network.layers[truth.layer].activation?;
    let Operation::Activation { activation, .. } = network.nodes[node].operation else { return None };
    if !activation.is_kinked() || truth.pieces.is_empty() {
        return None;
    }
    let mut flips = Flips { total: computed.preactivation.len() as u64, ..Flips::default() };
    for ((unit, sample), z) in computed.preactivation.indexed_iter() {
        let true_piece: Piece = truth.pieces[sample][unit]?;
        if !z.is_finite() {
            flips.nonfinite += 1;
            continue;
        }
        let piece =
            activation.piece(|at| z.partial_cmp(&Exact::Double(at)).expect("invariant: finite numbers compare"));
        flips.flipped += u64::from(activation.branch(piece) != activation.branch(true_piece));
    }
    Some(flips)
}
