//! Spec → Record: draws each trial's network and compares every arithmetic with the exact gradient, layer by layer.

mod cause;
pub mod compare;
mod draw;
pub mod external;
pub mod layer;
pub mod loss_scale;
pub mod measure;
pub mod memory;
mod projection;
pub mod questions;
mod summary;

pub use crate::progress::{Progress, Silent};
pub use draw::{constants, draw, perceptron};

use crate::activation::Activation;
use crate::architecture::mlp::residual_scale;
use crate::arithmetic::Policy;
use crate::backprop::Setup;
use crate::record::{ArithmeticRun, Number, Record, Run, SCHEMA, Site};
use crate::spec::{LossScale, Plan, RunPlan};
use cause::Causes;
use draw::Stored;
use external::ExternalGradients;
use loss_scale::{Found, Search};
use measure::{Measurement, Subjects, measure_with};
use questions::{Questions, Storing, Subject};
use rayon::prelude::*;
use std::sync::OnceLock;

/// Version of precision-probe, which is part of every record.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Runs a validated spec; a unit of its progress is a layer of a trial.
pub fn run(plan: &Plan, progress: &dyn Progress) -> Record {
    let runs = plan.runs.iter().zip(0..).map(|(one, index)| run_one(plan, one, index, progress)).collect();
    Record {
        schema: SCHEMA.to_string(),
        version: VERSION.to_string(),
        spec: plan.spec.clone(),
        spec_hash: plan.spec.hash(VERSION),
        runs,
    }
}

/// Number of layers that a run measures, heads included, over all activations and trials.
pub fn layers(plan: &Plan) -> usize {
    plan.runs.len() * plan.spec.trials * (plan.spec.depth + 1)
}

/// One trial: what was measured, and how storing changed the exact values in each arithmetic.
struct Trial {
    measurement: Measurement,
    stored: Vec<Stored>,
}

/// Runs a function for every trial, as many at once as the schedule and the threads allow, which bounds the memory.
fn over_trials<T: Send>(plan: &Plan, of: impl Fn(u64) -> T + Sync) -> Vec<T> {
    let all: Vec<u64> = (0..plan.spec.trials as u64).collect();
    let chunks = all.chunks(rayon::current_num_threads().min(plan.schedule.trials_at_once));
    chunks.flat_map(|chunk| chunk.par_iter().map(|&trial| of(trial)).collect::<Vec<_>>()).collect()
}

fn run_one(plan: &Plan, one: &RunPlan, index: usize, progress: &dyn Progress) -> Run {
    let spec = &plan.spec;
    let layer_done: &(dyn Fn() + Sync) = &|| progress.done(1);
    let externals: Vec<ExternalGradients> = (plan.compared.iter().zip(&spec.compared))
        .map(|(gradients, compared)| ExternalGradients { gradients, log2_scale: compared.log2_scale })
        .collect();
    let sites = OnceLock::new();
    let stored: Vec<Vec<Stored>> = over_trials(plan, |trial| {
        let (network, batch) = draw(plan, one, trial);
        sites.get_or_init(|| Site::all(&network));
        plan.arithmetics.iter().map(|policy| draw::stored(*policy, &network, &batch)).collect()
    });
    let subjects: Vec<Subject> = (plan.arithmetics.iter().enumerate())
        .map(|(index, policy)| {
            let storing = Storing::over(stored.iter().map(|trial| (trial[index].noise, trial[index].leaves_range)));
            subject(plan, one, policy, storing)
        })
        .collect();
    let is_kinked = one.activations().iter().any(Activation::is_kinked);
    let questions = Questions::new(&subjects, spec.attribute, is_kinked);
    let listed: Vec<(Setup, Option<usize>)> =
        (questions.listed.iter().cloned()).zip(questions.asked.iter().map(|asked| asked.twin)).collect();
    progress.prepared();
    let measured = over_trials(plan, |trial| {
        let (network, batch) = draw(plan, one, trial);
        let subjects =
            Subjects { listed: &listed, extras: &questions.extras, externals: &externals, keeps_truth: false };
        measure_with(&network, &batch, subjects, spec.truth_bits, plan.schedule.segments, layer_done)
    });
    let mut trials: Vec<Trial> =
        (measured.into_iter().zip(stored)).map(|(measurement, stored)| Trial { measurement, stored }).collect();
    // The init's theory only holds for networks that were drawn by it.
    let drawn = plan.network.is_none().then(|| draw::perceptron(plan, one.first()));
    let field = drawn.as_ref().map(draw::field);
    // Skip connections pass gradients unchanged.
    let branch = field.as_ref().filter(|_| spec.residual).map_or(1.0, |field| 1.0 - 1.0 / field.chi1);
    // Before the measures move into the record, because an answer may use another arithmetic's measures.
    let causes: Vec<Causes> =
        (0..plan.arithmetics.len()).map(|index| Causes::of(plan, &questions, &trials, index, branch)).collect();
    Run {
        activation: spec.activations[index].clone(),
        constants: draw::constants(plan, one),
        kinked: is_kinked,
        gain: drawn.map(|perceptron| perceptron.gain),
        residual_scale: spec.residual.then(|| residual_scale(spec.depth)),
        chi1: field.as_ref().map(|field| field.chi1),
        phase: field.as_ref().map(|field| field.phase),
        has_unstable_variance: field.as_ref().is_some_and(|field| field.growth.is_none() && field.is_unstable()),
        growth: field.as_ref().and_then(|field| field.shown_growth()).map(Number::new),
        sites: sites.into_inner().expect("invariant: a run has a trial"),
        truth: summary::truth(&trials),
        arithmetics: arithmetics(plan, &questions, &mut trials, causes),
    }
}

/// Every listed arithmetic, then the gradients of other programs.
fn arithmetics(plan: &Plan, questions: &Questions, trials: &mut [Trial], causes: Vec<Causes>) -> Vec<ArithmeticRun> {
    let listed = causes.into_iter().enumerate();
    let mut runs: Vec<ArithmeticRun> =
        listed.map(|(index, causes)| summary::arithmetic_run(plan, questions, trials, index, causes)).collect();
    runs.extend((0..plan.compared.len()).map(|index| summary::external_run(plan, trials, index)));
    runs
}

/// How one listed arithmetic runs, and its best loss scale.
fn subject(plan: &Plan, one: &RunPlan, policy: &Policy, storing: Storing) -> Subject {
    let is_wanted = plan.spec.loss_scale == LossScale::Auto || Questions::are_put(policy, plan.spec.attribute);
    let best_log2_scale = if is_wanted { best_scale(plan, one, policy) } else { None };
    let log2_loss_scale = match plan.spec.loss_scale {
        LossScale::None => 0,
        LossScale::PowerOfTwo(log2) => log2,
        LossScale::Auto => best_log2_scale.unwrap_or(0),
    };
    Subject { setup: Setup { log2_loss_scale, ..(*policy).into() }, storing, best_log2_scale }
}

/// log₂ of the best loss scale over all trials; `None` if there is no such scale.
fn best_scale(plan: &Plan, one: &RunPlan, policy: &Policy) -> Option<i32> {
    // Unbounded exponents need no scale.
    if policy.backward.format.max_exponent().is_none() {
        return Some(0);
    }
    let mut found = over_trials(plan, |trial| searched(plan, one, policy, trial, |mut search| search.find(false)));
    // A search in one network requires a search in all of them.
    if found.iter().any(|found| *found != Found::NoneNeeded) {
        let known = found.clone();
        found = over_trials(plan, |trial| match known[trial as usize] {
            Found::NoneNeeded => searched(plan, one, policy, trial, |mut search| search.find(true)),
            known => known,
        });
    }
    loss_scale::best(&found, |scales| {
        over_trials(plan, |trial| searched(plan, one, policy, trial, |mut search| search.worst(scales.clone())))
    })
}

/// The result of a search for loss scales in one trial's network.
fn searched<T>(plan: &Plan, one: &RunPlan, policy: &Policy, trial: u64, tell: impl FnOnce(Search) -> T) -> T {
    let (network, batch) = draw(plan, one, trial);
    tell(Search::new(policy, &network, &batch, plan.schedule.segments))
}
