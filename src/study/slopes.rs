//! A slope c on the positive side, c·leaky(z), against the same network with c folded into the next weights.
//!
//! z₂ = W₂·(c·φ(z₁)) = (c·W₂)·φ(z₁): in real arithmetic both have the same outputs and the same gradient at layer 1.

use crate::activation::Activation;
use crate::arithmetic::{ExactMatrix, Policy};
use crate::backprop::gradients;
use crate::data::Batch;
use crate::graph::Network;
use crate::loss::Loss;
use crate::number::Number;
use crate::probe::measure::{Measurement, Subjects, measure_with};
use crate::probe::{self};
use crate::record::study::StudySpec;
use crate::spec::{Attribute, Spec, SpecError};
use crate::truth::TrueTensor;
use ndarray::Array2;
use rayon::prelude::*;
use rug::Float;
use serde::{Deserialize, Serialize};

/// Hidden layers of these networks.
pub const DEPTH: usize = 20;

/// One slope in one draw.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// Whether the exact gradients of layer 1 agree as far as they are proven.
    pub agrees: bool,
    /// Per arithmetic: noise-to-signal ratio at layer 1 with the slope and with folded weights.
    pub noise: Vec<[Number; 2]>,
    /// Per arithmetic: whether layer 1's computed gradients are the same, bit by bit.
    pub is_same: Vec<bool>,
    /// The same with unbounded exponents: without gradual underflow, which rounds what a slope makes smaller.
    pub is_same_unbounded: Vec<bool>,
}

/// Per slope, in every draw.
pub struct Slopes {
    pub pairs: Vec<Vec<Pair>>,
}

/// Units of work of one slope.
pub fn work(spec: &StudySpec) -> usize {
    2 * DEPTH * spec.trials
}

/// Measures one slope, in every draw.
pub fn measure(spec: &StudySpec, slope: f64) -> Result<Vec<Pair>, SpecError> {
    let plan = Spec {
        activations: vec!["leaky".into()],
        depth: DEPTH,
        width: spec.width,
        batch: spec.batch,
        seed: spec.seed,
        formats: spec.formats.clone(),
        attribute: Attribute::None,
        ..Spec::default()
    };
    // The slope multiplies what the next weights see: they are drawn as much smaller.
    let gain = plan.gain_for(&Activation::parse("leaky").map_err(SpecError)?).map_err(SpecError)? / slope;
    let plan = Spec { gain: Some(gain), ..plan }.validate()?;
    let pairs = (0..spec.trials as u64).into_par_iter().map(|trial| {
        let probe::Drawn { network, batch } = probe::draw(&plan, &plan.runs[0], trial);
        pair(&network, &batch, slope, &plan.arithmetics)
    });
    Ok(pairs.collect())
}

/// True if these are numbers of such a study.
pub fn fits(pairs: &[Pair], spec: &StudySpec) -> bool {
    let arithmetics = spec.formats.len();
    let has_all = |pair: &Pair| {
        [pair.noise.len(), pair.is_same.len(), pair.is_same_unbounded.len()].iter().all(|count| *count == arithmetics)
    };
    pairs.len() == spec.trials && pairs.iter().all(has_all)
}

impl Slopes {
    /// Networks that were measured.
    pub fn networks(&self) -> u64 {
        2 * self.pairs.iter().map(Vec::len).sum::<usize>() as u64
    }
}

fn pair(drawn: &Network, batch: &Batch, slope: f64, arithmetics: &[Policy]) -> Pair {
    let networks = [with_slope(drawn, slope), folded(drawn, slope)];
    let measured = networks.each_ref().map(|network| measured(network, batch, arithmetics));
    let truths = measured.each_ref().map(|measured| measured.sites[0].truth.as_ref());
    let agrees = match truths {
        [Some(one), Some(other)] => matches!((&one.weight, &other.weight), (Ok(one), Ok(other)) if agree(one, other)),
        _ => false,
    };
    let noise = |index: usize| {
        measured.each_ref().map(|measured| measured.sites[0].arithmetics[index].tensors[0].noise_to_signal)
    };
    let is_same = |policy: &Policy| {
        let [one, other] = networks.each_ref().map(|network| layer_1(*policy, network, batch));
        one.iter().zip(other.iter()).all(|(one, other)| one == other)
    };
    Pair {
        agrees,
        noise: (0..arithmetics.len()).map(noise).collect(),
        is_same: arithmetics.iter().map(is_same).collect(),
        is_same_unbounded: arithmetics.iter().map(|policy| is_same(&policy.unbounded())).collect(),
    }
}

fn measured(network: &Network, batch: &Batch, arithmetics: &[Policy]) -> Measurement {
    let listed: Vec<_> = arithmetics.iter().map(|policy| ((*policy).into(), None)).collect();
    let subjects = Subjects { listed: &listed, extras: &[], externals: &[], keeps_truth: true };
    measure_with(network, batch, subjects, Spec::default().truth_bits, 1, &|| ())
}

/// Every entry within the sum of both error bounds.
fn agree(one: &TrueTensor, other: &TrueTensor) -> bool {
    let is_within = |index: (usize, usize)| {
        let (x, y) = (one.value(index), other.value(index));
        let bits = x.prec().max(y.prec()) + 64;
        let reach = (one.entry_error(index) + other.entry_error(index)).to_float();
        Float::with_val(bits, &x - &y).abs() <= reach
    };
    let (rows, columns) = one.dim();
    (0..rows).all(|row| (0..columns).all(|column| is_within((row, column))))
}

fn layer_1(policy: Policy, network: &Network, batch: &Batch) -> ExactMatrix {
    gradients(policy, network, batch).last().expect("invariant: a network has layers").weight
}

/// The drawn network with every activation's value multiplied by the slope.
fn with_slope(drawn: &Network, slope: f64) -> Network {
    rebuilt(drawn, |_, weight| weight.clone(), Some(slope))
}

/// The drawn network with the slope in the weights that read an activation.
fn folded(drawn: &Network, slope: f64) -> Network {
    rebuilt(drawn, |layer, weight| if layer == 0 { weight.clone() } else { weight * slope }, None)
}

fn rebuilt(drawn: &Network, weight: impl Fn(usize, &Array2<f64>) -> Array2<f64>, slope: Option<f64>) -> Network {
    let mut network = Network::new(Loss::CrossEntropy);
    let mut node = 0;
    let leaky = Activation::parse("leaky").expect("invariant: the catalogue has it");
    for (index, layer) in drawn.sites.iter().enumerate() {
        let owner = drawn.site_parameters()[index][0].expect("invariant: layers have weights");
        node = network.push_affine(&layer.name, node, weight(index, &drawn.parameters[owner].values), None);
        if layer.activation.is_some() {
            node = network.push_activation(leaky);
            if let Some(slope) = slope {
                node = network.push_scale(node, slope);
            }
        }
    }
    network
}
