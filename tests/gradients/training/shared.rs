//! What the tests of training share.

use precision_probe::arithmetic::policy::TrainingPolicy;
use precision_probe::data::Batch;
use precision_probe::data::minibatches::Minibatches;
use precision_probe::data::rows::Rows;
use precision_probe::graph::Network;
use precision_probe::probe;
use precision_probe::spec::training::{MeasureAt, Optimiser, Rate, TRAINED, TrainingPlan, TrainingScale, TrainingSpec};
use precision_probe::train::learner::{Learner, Recipe};

/// An optimiser of the command line by its name.
pub fn named(name: &str) -> Optimiser {
    let found = Optimiser::ALL.into_iter().find(|(known, _)| *known == name);
    found.unwrap_or_else(|| panic!("{name} is no optimiser")).1
}

/// A rate that stays.
pub fn constant(learning_rate: f64) -> Rate {
    Rate { learning_rate, ..Rate::default() }
}

/// A small network of digits that nobody measures.
pub fn small(activations: &[&str], formats: &[&str]) -> TrainingSpec {
    let strings = |names: &[&str]| names.iter().map(|name| (*name).to_string()).collect();
    TrainingSpec {
        activations: strings(activations),
        formats: strings(formats),
        depth: 4,
        width: 10,
        batch: 8,
        steps: 20,
        measure: MeasureAt::Never,
        ..TrainingSpec::default()
    }
}

pub fn plan(spec: &TrainingSpec) -> TrainingPlan {
    spec.validate().unwrap_or_else(|error| panic!("{error}"))
}

/// The networks that a training begins with, one per activation.
pub fn networks(plan: &TrainingPlan) -> Vec<Network> {
    plan.networks.runs.iter().map(|run| probe::network(&plan.networks, run, 0)).collect()
}

/// The minibatches of the first steps.
pub fn batches(spec: &TrainingSpec, steps: usize) -> Vec<Batch> {
    let minibatches = Minibatches::new(spec.seed, spec.batch, Rows::Digits, TRAINED);
    (0..steps).map(|step| minibatches.at(step)).collect()
}

/// A copy of a network without a loss scale.
pub fn learner(policy: &str, network: &Network) -> Learner {
    let policy = TrainingPolicy::parse(policy).unwrap_or_else(|error| panic!("{error}"));
    Learner::new(policy, TrainingScale::None, network)
}

/// A recipe with a constant rate.
pub fn recipe(optimiser: Optimiser, learning_rate: f64) -> Recipe {
    Recipe { optimiser, rate: constant(learning_rate), steps: 1000, clip_norm: None, seed: 0 }
}

/// The codes of all parameters and of all that the optimiser remembers.
pub fn bits(learner: &Learner) -> Vec<u64> {
    let parameters = learner.network.parameters.iter().map(|parameter| &parameter.values);
    parameters.chain(learner.state.iter().flatten()).flatten().map(|x| x.to_bits()).collect()
}
