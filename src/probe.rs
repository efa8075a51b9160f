//! Spec → Record: draws each trial's network, holds every arithmetic against the truth, layer by layer.

pub mod external;
pub mod measure;
pub mod memory;

use crate::activation::Activation;
use crate::activation::moments::{MeanField, mean_field, residual_mean_field};
use crate::arithmetic::dispatch::{StorageNoise, dispatch};
use crate::arithmetic::{ArithmeticName, Policy};
use crate::exchange::Sequential;
use crate::format::{F64, Format};
use crate::magnitude::Magnitudes;
use crate::network::build::{Perceptron, residual_scale};
use crate::network::{Batch, Loss, Network, Targets, data, given};
use crate::record::{
    ArithmeticRun, External, Fates, Flips, FormatFacts, LayerRun, LayerTrial, Number, Quantiles, Record, Run, SCHEMA,
    Truth, TruthLayer, TruthTrial,
};
use crate::spec::{Data, Plan, RunPlan, TargetKind};
use crate::truth::Evidence;
use crate::verdict::over_trials;
use external::{ExternalGradients, tolerances};
use measure::{Measurement, measure_with};
use rayon::prelude::*;

/// Version of precision-probe, part of every record.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Told of progress while a probe runs; shared between threads.
pub trait Progress: Sync {
    /// One layer of one trial is done; `total` layers in all.
    fn layer_done(&self, total: usize);
}

/// No one is told.
pub struct Silent;

impl Progress for Silent {
    fn layer_done(&self, _: usize) {}
}

/// Runs a validated spec.
pub fn run(plan: &Plan, progress: &dyn Progress) -> Record {
    let total = layers(plan);
    let done = || progress.layer_done(total);
    let runs = plan.runs.iter().zip(0..).map(|(one, index)| run_one(plan, one, index, &done)).collect();
    Record {
        schema: SCHEMA.to_string(),
        version: VERSION.to_string(),
        spec: plan.spec.clone(),
        spec_hash: plan.spec.hash(VERSION),
        runs,
    }
}

/// Layers that a run measures: heads included, over all activations and trials.
pub fn layers(plan: &Plan) -> usize {
    plan.runs.len() * plan.spec.trials * (plan.spec.depth + 1)
}

/// The network and the batch of one trial.
pub fn draw(plan: &Plan, run: &RunPlan, trial: u64) -> (Network, Batch) {
    let spec = &plan.spec;
    let batch = match (&plan.samples, spec.data) {
        (Some(samples), _) => given::batch(samples),
        (None, Data::Gaussian) => data::gaussian_batch(spec.seed, trial, spec.batch, spec.shape()),
        (None, _) => data::digits_batch(spec.seed, trial, spec.batch),
    };
    let network = match (&plan.network, run) {
        (Some(network), RunPlan::PerLayer(activations)) => given::network(network, activations, loss(plan)),
        (Some(network), RunPlan::Uniform(activation)) => {
            given::network(network, &vec![*activation; network.layers.len() - 1], loss(plan))
        }
        (None, run) => perceptron(plan, run.first()).draw(spec.seed, trial),
    };
    (network, batch)
}

fn loss(plan: &Plan) -> Loss {
    let targets = plan.spec.batch_file.as_ref().map(|batch| batch.targets);
    match (targets, plan.spec.data) {
        (Some(TargetKind::Classes), _) | (None, Data::Digits) => Loss::CrossEntropy,
        _ => Loss::MeanSquaredError,
    }
}

fn perceptron(plan: &Plan, activation: &Activation) -> Perceptron {
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
        bias: spec.bias,
        residual: spec.residual,
        loss: loss(plan),
    }
}

fn theory(perceptron: &Perceptron) -> MeanField {
    let Perceptron { activation, gain, depth, .. } = perceptron;
    let bias_variance = perceptron.bias_variance();
    match perceptron.residual {
        true => residual_mean_field(activation, *gain, bias_variance, residual_scale(*depth), *depth),
        false => mean_field(activation, *gain, bias_variance, *depth),
    }
}

/// One trial: what was measured, and how storing changed the exact values in each arithmetic.
struct Trial {
    measurement: Measurement,
    storage_noise: Vec<f64>,
}

fn run_one(plan: &Plan, one: &RunPlan, index: usize, layer_done: &(dyn Fn() + Sync)) -> Run {
    let spec = &plan.spec;
    let externals: Vec<ExternalGradients> = (plan.compared.iter().zip(&spec.compared))
        .map(|(gradients, compared)| ExternalGradients { gradients, log2_scale: compared.log2_scale })
        .collect();
    let trial = |trial: usize| {
        let (network, batch) = draw(plan, one, trial as u64);
        let subjects = (&plan.arithmetics[..], &externals[..]);
        Trial {
            measurement: measure_with(&network, &batch, subjects, spec.truth_bits, layer_done),
            storage_noise: plan.arithmetics.iter().map(|name| storage_noise(*name, &network, &batch)).collect(),
        }
    };
    // As many trials at once as there are threads, which bounds the memory.
    let mut trials = Vec::with_capacity(spec.trials);
    let all: Vec<usize> = (0..spec.trials).collect();
    for chunk in all.chunks(rayon::current_num_threads()) {
        trials.extend(chunk.par_iter().map(|&index| trial(index)).collect::<Vec<_>>());
    }
    // What the init's theory says holds for networks that were drawn by it.
    let drawn = plan.network.is_none().then(|| perceptron(plan, one.first()));
    let field = drawn.as_ref().map(theory);
    Run {
        activation: spec.activations[index].clone(),
        constants: constants(plan, one),
        kinked: one.activations().iter().any(Activation::is_kinked),
        gain: drawn.map(|perceptron| perceptron.gain),
        residual_scale: spec.residual.then(|| residual_scale(spec.depth)),
        chi1: field.as_ref().map(|field| field.chi1),
        phase: field.as_ref().map(MeanField::describe),
        truth: truth(&trials),
        arithmetics: (0..plan.arithmetics.len())
            .map(|index| arithmetic_run(plan, &trials, index))
            .chain((0..externals.len()).map(|index| external_run(plan, &trials, index)))
            .collect(),
    }
}

/// Every exact constant of the activations; PReLU's slopes are the file's where there is one.
fn constants(plan: &Plan, one: &RunPlan) -> Vec<String> {
    let mut constants: Vec<String> = Vec::new();
    for activation in one.activations() {
        let own = match (activation, &plan.network) {
            (Activation::Prelu { .. }, Some(network)) => slopes(network),
            _ => activation.constants(),
        };
        // Two activations may have a constant of the same name and another value.
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

/// Largest relative change that storing makes to parameters, scales, inputs and targets; none where a policy stores
/// them exactly.
fn storage_noise(policy: Policy, network: &Network, batch: &Batch) -> f64 {
    let Some(format) = policy.storage else { return 0.0 };
    let mut values: Vec<_> = network.parameters.iter().map(|parameter| &parameter.values).collect();
    let scales = network.scales();
    values.extend([&scales, &batch.inputs]);
    if let Targets::Values(targets) = &batch.targets {
        values.push(targets);
    }
    dispatch(ArithmeticName::plain(format), StorageNoise(&values))
}

fn truth(trials: &[Trial]) -> Truth {
    let layers = trials[0].measurement.layers.len();
    let weakest = trials
        .iter()
        .flat_map(|trial| trial.measurement.layers.iter().map(|layer| layer.weight_evidence))
        .reduce(Evidence::weaker)
        .expect("invariant: a probe has trials and layers");
    Truth {
        precision: trials.iter().map(|trial| trial.measurement.precision).collect(),
        evidence: weakest.to_string(),
        layers: (0..layers)
            .map(|index| {
                let mut magnitudes = Magnitudes::default();
                trials.iter().for_each(|trial| magnitudes.merge(&trial.measurement.layers[index].magnitudes));
                TruthLayer {
                    layer: index + 1,
                    name: trials[0].measurement.layers[index].name.clone(),
                    trials: trials
                        .iter()
                        .map(|trial| &trial.measurement.layers[index])
                        .map(|layer| TruthTrial {
                            evidence: layer.weight_evidence.to_string(),
                            log2_norm: layer.log2_norm,
                        })
                        .collect(),
                    histogram: magnitudes.to_record(),
                }
            })
            .collect(),
    }
}

fn arithmetic_run(plan: &Plan, trials: &[Trial], index: usize) -> ArithmeticRun {
    let policy = plan.arithmetics[index];
    let layers: Vec<LayerRun> =
        (0..trials[0].measurement.layers.len()).map(|layer| layer_run(trials, layer, index)).collect();
    let storage = trials.iter().map(|trial| trial.storage_noise[index]).fold(0.0, f64::max);
    ArithmeticRun {
        name: policy.to_string(),
        // Gradients lie in the format of the backward role.
        format: format_facts(&policy.backward.format),
        storage_noise: Number::new(storage),
        verdict: layers[0].verdict.clone(),
        layers,
        log2_loss_scale: None,
        attribution: None,
        remedies: Vec::new(),
        theory: Vec::new(),
        external: None,
    }
}

/// Gradients of another program, which stand behind the arithmetics.
fn external_run(plan: &Plan, trials: &[Trial], index: usize) -> ArithmeticRun {
    let (compared, gradients) = (&plan.spec.compared[index], &plan.compared[index]);
    let (relative_tolerance, absolute_tolerance) = tolerances(gradients.dtype);
    let place = plan.arithmetics.len() + index;
    let layers: Vec<LayerRun> =
        (0..trials[0].measurement.layers.len()).map(|layer| layer_run(trials, layer, place)).collect();
    ArithmeticRun {
        name: compared.name.clone(),
        format: format_facts(&gradients.dtype.format().unwrap_or(F64)),
        storage_noise: Number::None,
        verdict: layers[0].verdict.clone(),
        layers,
        log2_loss_scale: None,
        attribution: None,
        remedies: Vec::new(),
        theory: Vec::new(),
        external: Some(External {
            dtype: gradients.dtype.to_string(),
            relative_tolerance,
            absolute_tolerance,
            missing: gradients.missing.clone(),
            unused: gradients.unused.clone(),
            notes: gradients.notes.clone(),
        }),
    }
}

fn layer_run(trials: &[Trial], layer: usize, arithmetic: usize) -> LayerRun {
    let measured: Vec<_> =
        trials.iter().map(|trial| &trial.measurement.layers[layer].arithmetics[arithmetic]).collect();
    let mut magnitudes = Magnitudes::default();
    let mut fates = Fates::default();
    let mut flips: Option<Flips> = None;
    for trial in &measured {
        magnitudes.merge(&trial.magnitudes);
        add_fates(&mut fates, &trial.fates);
        if let Some(trial_flips) = trial.flips {
            let sum = flips.get_or_insert_with(Flips::default);
            sum.flipped += trial_flips.flipped;
            sum.nonfinite += trial_flips.nonfinite;
            sum.total += trial_flips.total;
        }
    }
    let verdicts: Vec<_> = measured.iter().map(|trial| trial.verdict).collect();
    LayerRun {
        layer: layer + 1,
        flips,
        histogram: magnitudes.to_record(),
        fates,
        noise_to_signal: quantiles(measured.iter().map(|trial| {
            let weight = &trial.tensors[0];
            (weight.noise_to_signal, weight.at_most)
        })),
        verdict: over_trials(&verdicts),
        trials: measured
            .iter()
            .map(|trial| LayerTrial {
                verdict: trial.verdict,
                flips: trial.flips.map(|flips| flips.flipped),
                tensors: trial.tensors.clone(),
            })
            .collect(),
        // Of files, and these have one trial.
        external: measured[0].external.clone(),
    }
}

fn add_fates(sum: &mut Fates, other: &Fates) {
    sum.overflowed += other.overflowed;
    sum.undecided += other.undecided;
    sum.true_zero += other.true_zero;
    sum.ghost += other.ghost;
    sum.flushed += other.flushed;
    sum.cut += other.cut;
    sum.drowned += other.drowned;
    sum.degraded += other.degraded;
    sum.resolved += other.resolved;
}

/// Order statistics: the ⌈n/10⌉-th least, the upper median, and the ⌈n/10⌉-th greatest.
///
/// At least half of the values reach the upper median, as at least half of the trials reach the verdict:
/// with an even number of trials, the lower one could lie below the threshold that the verdict is above.
fn quantiles(values: impl Iterator<Item = (Number, bool)>) -> Quantiles {
    let mut sorted: Vec<(Number, bool)> = values.filter(|(value, _)| *value != Number::None).collect();
    sorted.sort_by(|(x, _), (y, _)| x.value().total_cmp(&y.value()));
    let count = sorted.len();
    if count == 0 {
        return Quantiles { low: Number::None, median: Number::None, high: Number::None, count, at_most: false };
    }
    let tenth = count.div_ceil(10);
    let chosen = [tenth - 1, count / 2, count - tenth].map(|index| sorted[index]);
    Quantiles {
        low: chosen[0].0,
        median: chosen[1].0,
        high: chosen[2].0,
        count,
        at_most: chosen.iter().any(|(_, at_most)| *at_most),
    }
}

fn format_facts(format: &Format) -> FormatFacts {
    let log2 = |exponent: Option<i32>| exponent.map_or(Number::None, |exponent| Number::Finite(f64::from(exponent)));
    FormatFacts {
        name: format.name(),
        precision: format.precision,
        log2_max: match format.max() {
            Some(max) => {
                let (fraction, exponent) = max.to_f64_exp();
                Number::new(core_math::log2(fraction) + f64::from(exponent))
            }
            None => Number::None,
        },
        log2_smallest_normal: log2(format.smallest_normal_exponent()),
        log2_smallest_subnormal: log2(format.smallest_subnormal_exponent()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[f64]) -> (f64, f64, f64, usize) {
        let quantiles = quantiles(values.iter().map(|&x| (Number::new(x), false)));
        (quantiles.low.value(), quantiles.median.value(), quantiles.high.value(), quantiles.count)
    }

    /// Known answers, never interpolated; infinite values stay, absent ones are left out.
    #[test]
    fn quantiles_are_order_statistics() {
        assert_eq!(of(&[3.0]), (3.0, 3.0, 3.0, 1));
        assert_eq!(of(&[2.0, 1.0]), (1.0, 2.0, 2.0, 2));
        assert_eq!(of(&[5.0, 1.0, 4.0, 2.0, 3.0]), (1.0, 3.0, 5.0, 5));
        assert_eq!(of(&[1.0, f64::INFINITY, f64::NAN]), (1.0, f64::INFINITY, f64::INFINITY, 2));
        let twenty: Vec<f64> = (1..=20).map(f64::from).collect();
        assert_eq!(of(&twenty), (2.0, 11.0, 19.0, 20));
        assert_eq!(of(&[f64::NAN]).3, 0);
    }
}
