//! Spec → Record: draws each trial's network and compares every arithmetic with the exact gradient, layer by layer.

mod cause;
pub mod compare;
mod draw;
pub mod external;
pub mod layer;
pub mod loss_scale;
pub mod measure;
mod measurement;
pub mod memory;
mod projection;
pub mod questions;
mod summary;
mod trials;

pub use crate::progress::{Progress, Silent};
pub use draw::{Drawn, constants, draw, network, perceptron};

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
use measure::{Accuracy, Subjects, measure_with};
use questions::{Questions, Storing, Subject};
use std::sync::OnceLock;
use trials::{Trial, Trials};

/// Version of precision-probe, which is part of every record.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Runs a validated spec; a unit of its progress is a layer of a trial.
pub fn run(plan: &Plan, progress: &dyn Progress) -> Record {
    let run = |(index, one): (usize, &RunPlan)| {
        let draw = |trial| draw(plan, one, trial);
        run_one(plan, index, &Trials::new(plan.spec.trials, plan.schedule, &draw), progress)
    };
    let runs = plan.runs.iter().enumerate().map(run).collect();
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

fn run_one(plan: &Plan, index: usize, drawn: &Trials, progress: &dyn Progress) -> Run {
    let (spec, one) = (&plan.spec, &plan.runs[index]);
    let layer_done: &(dyn Fn() + Sync) = &|| progress.done(1);
    let externals: Vec<ExternalGradients> = (plan.compared.iter().zip(&spec.compared))
        .map(|(gradients, compared)| ExternalGradients { gradients, log2_scale: compared.log2_scale })
        .collect();
    // With a search for loss scales this may take minutes.
    progress.begins(index * spec.trials * (spec.depth + 1), &format!("preparing {} trials", spec.trials));
    let sites = OnceLock::new();
    let stored: Vec<Vec<Stored>> = drawn.map(|_, drawn| {
        sites.get_or_init(|| Site::all(&drawn.network));
        plan.arithmetics.iter().map(|policy| draw::stored(*policy, drawn)).collect()
    });
    let subjects: Vec<Subject> = (plan.arithmetics.iter().enumerate())
        .map(|(index, policy)| {
            let storing = Storing::over(stored.iter().map(|trial| (trial[index].noise, trial[index].leaves_range)));
            subject(plan, drawn, policy, storing)
        })
        .collect();
    let is_kinked = one.activations().iter().any(Activation::is_kinked);
    let questions = Questions::new(&subjects, spec.attribute, is_kinked);
    let listed: Vec<(Setup, Option<usize>)> =
        (questions.listed.iter().cloned()).zip(questions.asked.iter().map(|asked| asked.twin)).collect();
    progress.prepared();
    let measured = drawn.map(|_, Drawn { network, batch }| {
        let subjects =
            Subjects { listed: &listed, extras: &questions.extras, externals: &externals, keeps_truth: false };
        measure_with(
            network,
            batch,
            subjects,
            Accuracy { bits: spec.truth_bits, proof: spec.truth },
            plan.schedule.segments,
            layer_done,
        )
    });
    let mut trials: Vec<Trial> =
        (measured.into_iter().zip(stored)).map(|(measurement, stored)| Trial { measurement, stored }).collect();
    // The init's theory only holds for networks that were drawn by it.
    let perceptron = plan.network.is_none().then(|| draw::perceptron(plan, one.first()));
    let field = perceptron.as_ref().map(draw::field);
    // Skip connections pass gradients unchanged.
    let branch = field.as_ref().filter(|_| spec.residual).map_or(1.0, |field| 1.0 - 1.0 / field.chi1);
    // Before the measures move into the record, because an answer may use another arithmetic's measures.
    let causes: Vec<Causes> =
        (0..plan.arithmetics.len()).map(|index| Causes::of(plan, &questions, &trials, index, branch)).collect();
    Run {
        activation: spec.activations[index].clone(),
        constants: draw::constants(plan, one),
        kinked: is_kinked,
        gain: perceptron.map(|perceptron| perceptron.gain),
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
fn subject(plan: &Plan, drawn: &Trials, policy: &Policy, storing: Storing) -> Subject {
    let is_wanted = plan.spec.loss_scale == LossScale::Auto || Questions::are_put(policy, plan.spec.attribute);
    let best_log2_scale = if is_wanted { best_scale(plan, drawn, policy) } else { None };
    let log2_loss_scale = match plan.spec.loss_scale {
        LossScale::None => 0,
        LossScale::PowerOfTwo(log2) => log2,
        LossScale::Auto => best_log2_scale.unwrap_or(0),
    };
    Subject { setup: Setup { log2_loss_scale, ..(*policy).into() }, storing, best_log2_scale }
}

/// log₂ of the best loss scale over all trials; `None` if there is no such scale.
fn best_scale(plan: &Plan, drawn: &Trials, policy: &Policy) -> Option<i32> {
    // Unbounded exponents need no scale.
    if policy.backward.format.max_exponent().is_none() {
        return Some(0);
    }
    let segments = plan.schedule.segments;
    let mut found = drawn.map(|_, drawn| search(drawn, policy, segments).find(false));
    // A search in one network requires a search in all of them.
    if found.iter().any(|found| *found != Found::NoneNeeded) {
        found = drawn.map(|trial, drawn| match found[trial] {
            Found::NoneNeeded => search(drawn, policy, segments).find(true),
            known => known,
        });
    }
    loss_scale::best(&found, |scales| drawn.map(|_, drawn| search(drawn, policy, segments).worst(scales.clone())))
}

/// A search for loss scales in one trial's network.
fn search<'d>(Drawn { network, batch }: &'d Drawn, policy: &Policy, segments: usize) -> Search<'d> {
    Search::new(policy, network, batch, segments)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Spec;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// A run that stores, searches for loss scales and measures draws each trial once; if networks are not kept, it
    /// draws them for each of these, with the same results.
    #[test]
    fn each_trial_is_drawn_once() {
        let formats = ["f16", "e5m2"].map(String::from).to_vec();
        let spec =
            Spec { depth: 6, width: 8, batch: 4, trials: 3, loss_scale: LossScale::Auto, formats, ..Spec::default() };
        let mut plan = spec.validate().unwrap();
        let counted = |plan: &Plan| {
            let draws: Vec<AtomicUsize> = (0..plan.spec.trials).map(|_| AtomicUsize::new(0)).collect();
            let draw = |trial: u64| {
                draws[trial as usize].fetch_add(1, Ordering::Relaxed);
                draw(plan, &plan.runs[0], trial)
            };
            let run = run_one(plan, 0, &Trials::new(plan.spec.trials, plan.schedule, &draw), &Silent);
            (run, draws.into_iter().map(AtomicUsize::into_inner).collect::<Vec<_>>())
        };
        let (kept, draws) = counted(&plan);
        assert_eq!(draws, [1; 3]);
        plan.schedule.keeps_trials = false;
        let (drawn_again, draws) = counted(&plan);
        assert!(draws.iter().all(|draws| *draws > 3), "{draws:?}");
        assert_eq!(kept, drawn_again);
    }
}
