//! Trials → record: the sources of an arithmetic's noise, the remedies that helped, and the prediction of theory.

use super::measure::RunMeasurement;
use super::questions::{Asked, AskedSources, Questions, RunId};
use super::trials::Trial;
use crate::arithmetic::Policy;
use crate::backprop::Setup;
use crate::record::{
    Attribution, Number, Quantiles, Remedy, RemedySite, SourceNoise, SourceSite, TheorySite, WholeTrial, is_lower,
};
use crate::spec::Plan;
use crate::statistics::quantiles;
use crate::theory::{LayerFacts, frozen, predicted};
use crate::verdict::over_trials;

/// One layer of a run in one trial.
fn measured(trial: &Trial, layer: usize, run: RunId) -> RunMeasurement {
    let layer = &trial.measurement.sites[layer];
    match run {
        RunId::Listed(index) => (&layer.arithmetics[index]).into(),
        RunId::Extra(index) => layer.extras[index],
    }
}

fn layers(trials: &[Trial]) -> usize {
    trials[0].measurement.sites.len()
}

/// Noise-to-signal ratio of one layer of a run.
fn noise(trials: &[Trial], layer: usize, run: RunId) -> Quantiles {
    quantiles(trials.iter().map(|trial| measured(trial, layer, run).noise()))
}

/// Noise up to this many times the stand-in's own (the arithmetic that replaces exact numbers) is only an upper limit.
const ABOVE_STAND_IN: f64 = 4.0;

/// Noise-to-signal ratio of one source alone; an upper limit if it does not exceed the stand-in's own noise.
fn noise_alone(trials: &[Trial], layer: usize, run: RunId, off: RunId) -> Quantiles {
    quantiles(trials.iter().map(|trial| {
        let [alone, off] = [run, off].map(|run| measured(trial, layer, run));
        let (noise, floor) = (alone.noise_to_signal, off.noise_to_signal.value());
        (noise, alone.at_most || noise.value() <= ABOVE_STAND_IN * floor)
    }))
}

/// The answers to the questions about one arithmetic.
pub(super) struct Causes {
    pub attribution: Option<Attribution>,
    pub remedies: Vec<Remedy>,
    pub theory: Vec<TheorySite>,
}

impl Causes {
    /// The answers for a listed arithmetic; `branch` is the share of a gradient that passes through a layer's branch, 1
    /// without skip connections.
    pub(super) fn of(plan: &Plan, questions: &Questions, trials: &[Trial], index: usize, branch: f64) -> Causes {
        Causes {
            attribution: attribution(&questions.asked[index], index, trials),
            remedies: remedies(questions, index, trials),
            theory: theory(&plan.arithmetics[index], trials, index, plan.spec.batch, branch),
        }
    }
}

/// Every source in question.
fn attribution(asked: &Asked, index: usize, trials: &[Trial]) -> Option<Attribution> {
    let AskedSources { exact, off, runs } = asked.sources.as_ref()?;
    let is_milder = |plain: RunMeasurement, without: RunMeasurement| {
        plain.verdict.is_ordered() && without.verdict.is_ordered() && without.verdict < plain.verdict
    };
    let is_lower = |plain: RunMeasurement, without: RunMeasurement| is_lower(plain.noise(), without.noise());
    let sources = runs.iter().map(|(source, alone, without)| {
        let site = |place: usize| SourceSite {
            site: place + 1,
            alone: alone.map(|run| noise_alone(trials, place, run, *off)),
            without: noise(trials, place, *without),
            milder: Some(count(trials, place, index, *without, &is_milder)),
            lower: Some(count(trials, place, index, *without, &is_lower)),
        };
        SourceNoise { source: *source, sites: (0..layers(trials)).map(site).collect() }
    });
    Some(Attribution { exact: exact.to_string(), sources: sources.collect() })
}

/// The number of trials in which a condition holds for one layer of a listed arithmetic and of another run.
fn count(
    trials: &[Trial],
    layer: usize,
    listed: usize,
    other: RunId,
    holds: &dyn Fn(RunMeasurement, RunMeasurement) -> bool,
) -> usize {
    let pairs = trials.iter().map(|trial| [RunId::Listed(listed), other].map(|run| measured(trial, layer, run)));
    pairs.filter(|[plain, without]| holds(*plain, *without)).count()
}

/// All layers of a run in one trial.
fn whole(trial: &Trial, run: RunId) -> WholeTrial {
    let layers = 0..trial.measurement.sites.len();
    WholeTrial::of(layers.map(|layer| measured(trial, layer, run)).map(|run| (run.verdict, run.noise_to_signal)))
}

/// Every remedy that was tried.
fn remedies(questions: &Questions, index: usize, trials: &[Trial]) -> Vec<Remedy> {
    let setup = |run: RunId| match run {
        RunId::Listed(listed) => &questions.listed[listed],
        RunId::Extra(extra) => &questions.extras[extra].setup,
    };
    let remedy = |(kind, run): &(_, RunId)| {
        let Setup { policy, log2_loss_scale, .. } = setup(*run);
        let site = |layer: usize| {
            let all: Vec<RunMeasurement> = trials.iter().map(|trial| measured(trial, layer, *run)).collect();
            let sum = |of: &dyn Fn(&RunMeasurement) -> u64| all.iter().map(of).sum::<u64>() as f64;
            RemedySite {
                site: layer + 1,
                noise_to_signal: noise(trials, layer, *run),
                verdict: over_trials(&all.iter().map(|run| run.verdict).collect::<Vec<_>>()),
                flushed: Number::new(sum(&|run| run.zeros.0) / sum(&|run| run.zeros.1)),
            }
        };
        let (name, spelled) = (policy.to_string(), policy.spelled());
        Remedy {
            kind: *kind,
            policy: (name != spelled).then_some(spelled),
            name,
            log2_loss_scale: *log2_loss_scale,
            sites: (0..layers(trials)).map(site).collect(),
            trials: Some(trials.iter().map(|trial| whole(trial, *run)).collect()),
        }
    };
    questions.asked[index].remedies.iter().map(remedy).collect()
}

/// The theory's predictions for a listed arithmetic; `None` if no layer has one.
fn theory(policy: &Policy, trials: &[Trial], index: usize, batch: usize, branch: f64) -> Vec<TheorySite> {
    let facts: Vec<Vec<LayerFacts>> = trials
        .iter()
        .filter_map(|trial| trial.measurement.sites.iter().map(|layer| layer.arithmetics[index].facts).collect())
        .collect();
    let Some(first) = facts.first() else { return Vec::new() };
    let bounds = frozen(policy, first, batch);
    let predictions: Vec<Vec<Option<f64>>> =
        facts.iter().map(|facts| predicted(policy, facts, batch, branch)).collect();
    let number = |x: Option<f64>| x.map_or(Number::None, Number::new);
    let median = |values: Vec<Number>| quantiles(values.into_iter().map(|value| (value, false))).median;
    let layer = |(layer, (worst, typical)): (usize, &(f64, f64))| {
        let predicted = || predictions.iter().map(|trial| trial[layer]);
        let ratios = trials.iter().zip(predicted()).map(|(trial, predicted)| {
            let noise = measured(trial, layer, RunId::Listed(index)).weight_noise.finite();
            number(noise.zip(predicted).map(|(noise, predicted)| noise / predicted))
        });
        TheorySite {
            site: layer + 1,
            predicted: median(predicted().map(number).collect()),
            ratio: median(ratios.collect()),
            frozen_worst: Number::new(*worst),
            frozen_typical: Number::new(*typical),
        }
    };
    let layers: Vec<TheorySite> = bounds.iter().enumerate().map(layer).collect();
    if layers.iter().all(|layer| layer.predicted == Number::None) { Vec::new() } else { layers }
}
