//! How accurate gradients are at one step: at the copy's own parameters and at those of the f64 reference run.

use super::learner::{CompletedStep, Learner, Recipe};
use super::spread::{MinibatchSpread, activations};
use super::updates::{self, Exactly};
use crate::backprop::Setup;
use crate::data::Batch;
use crate::number::Number;
use crate::probe::measure::{Accuracy, ArithmeticMeasurement, Measurement, SiteMeasurement, Subjects, measure_with};
use crate::probe::questions::{BranchesOf, ExtraRun};
use crate::record::Evidence;
use crate::record::training::{ExactSize, Measure, MeasuredSite, Track};
use ndarray::Array2;

/// A copy's gradients before its step.
pub struct OwnMeasurement {
    measurement: Measurement,
    spread: MinibatchSpread,
    /// Parameters before the step, and the state that the exact optimiser starts from.
    before: Learner,
}

impl OwnMeasurement {
    /// Compares a copy's gradient of the first minibatch with the exact one, and measures the spread over all minibatches;
    /// values are kept in this many segments, which changes no result.
    pub fn measure(learner: &Learner, batches: &[Batch], accuracy: Accuracy, segments: usize) -> OwnMeasurement {
        let setup = learner.setup();
        let is_kinked = activations(&learner.network).any(|activation| activation.is_kinked());
        let mut extras = twin(&setup).into_iter().collect::<Vec<_>>();
        let listed = [(setup.clone(), (!extras.is_empty()).then_some(0))];
        if is_kinked {
            extras.push(ExtraRun { setup, branches: BranchesOf::Exact, twin_of: None });
        }
        let subjects = Subjects { listed: &listed, extras: &extras, externals: &[], keeps_truth: true };
        let measurement = measure_with(&learner.network, &batches[0], subjects, accuracy, segments, &|| ());
        OwnMeasurement { measurement, spread: MinibatchSpread::of(&learner.network, batches), before: learner.clone() }
    }

    /// The step's entry of the record, once the step was made.
    pub fn finish(
        self,
        learner: &Learner,
        recipe: &Recipe,
        step: usize,
        taken: &CompletedStep,
        at_reference: Option<&[Track]>,
        distance: f64,
    ) -> Measure {
        let OwnMeasurement { measurement, spread, before } = self;
        let network = &learner.network;
        let exact = Exactly::new(&before, recipe, taken, &measurement);
        let owners = network.site_parameters();
        let evidence = Evidence::weakest(measurement.sites.iter().map(|layer| layer.evidence.into()));
        let sites = measurement.sites.iter().enumerate().map(|(index, layer)| {
            let own = &layer.arithmetics[0];
            // The last extra run is the one on true branches, of a kinked network.
            let has_flips = own.flips.is_some();
            let (updates, lost_energy, update_descent) =
                updates::of_layer(&exact, &owners[index], &before.network, network, taken.gradients.as_slice());
            MeasuredSite {
                site: index + 1,
                own: track(layer, own),
                at_reference: at_reference.map(|tracks| tracks[index]),
                without_flips: match layer.extras.last() {
                    Some(run) if has_flips => run.weight_noise,
                    _ => Number::None,
                },
                log2_minibatch_spread: spread.log2_of(index),
                dead_units: spread.dead[index],
                units: network.parameters[owners[index][0].expect("invariant: layers have weights")].values.nrows()
                    as u64,
                updates,
                lost_energy,
                update_descent,
            }
        });
        Measure {
            step,
            evidence: evidence.expect("invariant: a network has sites"),
            proof: measurement.proof,
            distance: Number::new(distance),
            learning_rate: taken.moment.rate,
            skipped: taken.skipped,
            sites: sites.collect(),
        }
    }
}

/// What is measured at the parameters of the f64 reference run.
pub struct AtReference {
    /// The exact gradient, layer by layer.
    pub exact: Vec<ExactSize>,
    /// For every copy's arithmetic its gradient, layer by layer.
    pub tracks: Vec<Vec<Track>>,
}

/// Measures every copy's arithmetic at the parameters of the f64 reference run.
pub fn at_reference(
    reference: &Learner,
    setups: &[Setup],
    batch: &Batch,
    accuracy: Accuracy,
    segments: usize,
) -> AtReference {
    let mut extras = Vec::new();
    let listed = setups.iter().map(|setup| {
        let twin = twin(setup).map(|twin| {
            extras.push(twin);
            extras.len() - 1
        });
        (setup.clone(), twin)
    });
    let listed: Vec<(Setup, Option<usize>)> = listed.collect();
    let subjects = Subjects { listed: &listed, extras: &extras, externals: &[], keeps_truth: false };
    let measurement = measure_with(&reference.network, batch, subjects, accuracy, segments, &|| ());
    let tracks = |index: usize| measurement.sites.iter().map(|layer| track(layer, &layer.arithmetics[index])).collect();
    let owners = reference.network.site_parameters();
    let exact = measurement.sites.iter().zip(&owners).enumerate().map(|(index, (layer, owners))| {
        let [weight, bias, _] = owners.map(|owner| owner.map(|owner| &reference.network.parameters[owner].values));
        let weight = weight.expect("invariant: layers have weights");
        exact_size(index + 1, layer, weight, bias.map_or(0, Array2::len))
    });
    AtReference { exact: exact.collect(), tracks: (0..setups.len()).map(tracks).collect() }
}

/// Size of a site's exact gradient, of its weights and this many biases together.
fn exact_size(site: usize, layer: &SiteMeasurement, weight: &Array2<f64>, biases: usize) -> ExactSize {
    // Signals are those of the exact gradient: the same for every arithmetic.
    let of = |tensor: &str| {
        let tensors = layer.arithmetics.first().map_or(&[][..], |first| &first.tensors);
        tensors.iter().find(|one| one.tensor == tensor).map_or(Number::None, |one| one.log2_signal)
    };
    let is_known = Evidence::from(layer.evidence).is_established();
    let norm = match biases {
        _ if !is_known => f64::NAN,
        0 => of("weight").value(),
        _ => log2_of_both(of("weight").value(), of("bias").value()),
    };
    let squares: f64 = weight.iter().map(|w| w * w).sum();
    let log2_mean = |log2_norm: f64, count: usize| Number::new(log2_norm - 0.5 * core_math::log2(count as f64));
    ExactSize {
        site,
        log2_gradient: log2_mean(norm, weight.len() + biases),
        log2_weights: log2_mean(0.5 * core_math::log2(squares), weight.len()),
    }
}

/// log₂ √(x² + y²) of log₂ x and log₂ y; NaN where one is.
fn log2_of_both(x: f64, y: f64) -> f64 {
    if x.is_nan() || y.is_nan() {
        return f64::NAN;
    }
    let (large, small) = if x < y { (y, x) } else { (x, y) };
    if small == f64::NEG_INFINITY {
        return large;
    }
    large + 0.5 * core_math::log2(1.0 + core_math::exp2(2.0 * (small - large)))
}

/// The run with unbounded exponents, which shows what underflows; `None` if the run itself has them.
fn twin(setup: &Setup) -> Option<ExtraRun> {
    let policy = setup.policy;
    (!policy.is_unbounded()).then(|| {
        let setup = Setup { policy: policy.unbounded(), ..setup.clone() };
        ExtraRun { setup, branches: BranchesOf::Itself, twin_of: None }
    })
}

fn track(layer: &SiteMeasurement, measured: &ArithmeticMeasurement) -> Track {
    let weight = &measured.tensors[0];
    Track {
        // As its numbers, of the weights alone.
        verdict: measured.gradient.map_or(measured.verdict, |gradient| gradient.weight),
        log2_signal: layer.log2_norm,
        log2_noise: weight.log2_noise,
        noise_to_signal: weight.noise_to_signal,
        at_most: weight.at_most,
        descent: Some(weight.descent),
        fates: measured.fates,
        flips: measured.flips,
    }
}
