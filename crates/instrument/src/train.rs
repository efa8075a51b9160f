//! TrainingSpec → Training: every arithmetic trains its own copy of a network, from the same parameters on the same
//! minibatches; at chosen steps its gradients and updates are compared with the exact ones.
//!
//! [`learner`] is one copy; [`optimiser`], [`clip`] and [`loss_scale`] make its updates; [`measured`], [`spread`] and
//! [`updates`] measure their accuracy; [`events`] records what happened beyond rounding error; [`outcome`] when learning
//! stopped and why; [`chance`] is the loss without learning; [`checkpoint`] saves all of it.

pub mod chance;
pub mod checkpoint;
pub mod clip;
pub mod events;
pub mod learner;
pub mod loss;
pub mod loss_scale;
pub mod measured;
mod moments;
pub mod optimiser;
pub mod outcome;
pub mod spread;
pub mod trials;
pub mod updates;
mod whole;

pub use crate::progress::{Progress, Silent};
pub use whole::run;

use crate::activation::Activation;
use crate::architecture::mlp::residual_scale;
use crate::arithmetic::policy::TrainingPolicy;
use crate::arithmetic::{ArithmeticName, Policy};
use crate::data::Batch;
use crate::data::minibatches::Minibatches;
use crate::data::rows::Rows;
use crate::format::F64;
use crate::graph::Network;
use crate::number::Number;
use crate::probe::measure::Accuracy;
use crate::probe::{self, VERSION};
use crate::record::training::{self as record, ExactStep, Measure, SCHEMA, Training, TrainingRun};
use crate::record::{FormatFacts, Site};
use crate::spec::RunPlan;
use crate::spec::training::{TrainingPlan, TrainingScale};
use learner::{Learner, Recipe};
use measured::{AtReference, OwnMeasurement};
use ndarray::Array2;
use rayon::prelude::*;

/// Most steps between two opportunities for checkpoints and progress.
const MOST_STEPS: usize = 25;

/// Rough cost of a measured step relative to another one.
const MEASURED: usize = 40;

/// All copies of a training, step by step.
pub struct Trainer<'p> {
    plan: &'p TrainingPlan,
    minibatches: Minibatches,
    held_out: Vec<Batch>,
    /// The loss of the best constant answer.
    chance: f64,
    recipe: Recipe,
    /// Steps that are measured.
    measured: Vec<usize>,
    /// Updates made.
    step: usize,
    runs: Vec<Copies>,
    /// Whether gradients are also measured at f64's parameters.
    measures_at_reference: bool,
}

/// The copies of one activation's network.
struct Copies {
    initial: Network,
    reference: Learner,
    /// The exact gradient at its parameters.
    exact: Vec<ExactStep>,
    learners: Vec<Learner>,
    measures: Vec<Vec<Measure>>,
}

impl Copies {
    fn all(&mut self) -> impl Iterator<Item = &mut Learner> {
        std::iter::once(&mut self.reference).chain(&mut self.learners)
    }
}

impl<'p> Trainer<'p> {
    /// Draws the networks, or takes the one of a file.
    pub fn new(plan: &'p TrainingPlan) -> Trainer<'p> {
        let spec = &plan.spec;
        let rows = Rows::new(plan.networks.samples.as_ref());
        let minibatches = Minibatches::new(spec.seed, spec.batch, rows, spec.trained());
        let copies = |run: &RunPlan| {
            let initial = probe::network(&plan.networks, run, 0);
            let f64 = TrainingPolicy::from(Policy::from(ArithmeticName::plain(F64)));
            let learner = |policy: &TrainingPolicy| Learner::new(*policy, spec.loss_scale, &initial);
            Copies {
                reference: Learner::new(f64, TrainingScale::None, &initial),
                exact: Vec::new(),
                learners: plan.policies.iter().map(learner).collect(),
                measures: vec![Vec::new(); plan.policies.len()],
                initial,
            }
        };
        Trainer {
            plan,
            held_out: minibatches.held_out(),
            chance: chance::chance(minibatches.trained()),
            minibatches,
            recipe: spec.into(),
            measured: spec.measure.steps(spec.steps),
            step: 0,
            measures_at_reference: true,
            runs: plan.networks.runs.iter().map(copies).collect(),
        }
    }

    /// The same, but measured only at each copy's own parameters, which takes less time.
    pub fn at_own_parameters(self) -> Trainer<'p> {
        Trainer { measures_at_reference: false, ..self }
    }

    /// True once all steps are made.
    pub fn is_done(&self) -> bool {
        self.step == self.plan.spec.steps
    }

    /// Units of work: steps of all copies, measured ones many times.
    pub fn work(&self) -> usize {
        self.units(0, self.plan.spec.steps)
    }

    /// Units done.
    pub fn work_done(&self) -> usize {
        self.units(0, self.step)
    }

    fn units(&self, from: usize, to: usize) -> usize {
        let measured = self.measured.iter().filter(|step| (from..to).contains(*step)).count();
        let copies: usize = self.runs.iter().map(|run| run.learners.len() + 1).sum();
        copies * (to - from + MEASURED * measured)
    }

    /// Makes some steps: a measured one alone, or others up to the next measured one.
    pub fn advance(&mut self, progress: &dyn Progress) {
        let from = self.step;
        if self.is_done() {
            return;
        }
        if self.measured.binary_search(&from).is_ok() {
            self.measured_step(from);
            self.step += 1;
        } else {
            let next = self.measured.iter().copied().find(|step| *step > from).unwrap_or(usize::MAX);
            self.step = next.min(from + MOST_STEPS).min(self.plan.spec.steps);
            self.steps(from..self.step);
        }
        if self.is_done() {
            let (step, held_out) = (self.step, &self.held_out);
            let all = self.runs.iter_mut().flat_map(Copies::all).filter(|learner| learner.is_learning());
            all.collect::<Vec<_>>().into_par_iter().for_each(|learner| learner.hold_out(step, held_out));
        }
        progress.done(self.units(from, self.step));
    }

    /// Makes all steps that are left.
    pub fn finish(mut self, progress: &dyn Progress) -> Training {
        while !self.is_done() {
            self.advance(progress);
        }
        self.record()
    }

    /// Steps that are not measured; copies run in parallel.
    fn steps(&mut self, steps: std::ops::Range<usize>) {
        let batches: Vec<Batch> = steps.clone().map(|step| self.minibatches.at(step)).collect();
        let recipe = &self.recipe;
        self.runs.iter_mut().flat_map(Copies::all).collect::<Vec<_>>().into_par_iter().for_each(|learner| {
            for (step, batch) in steps.clone().zip(&batches) {
                if learner.is_learning() {
                    learner.step(recipe, step, batch);
                }
            }
        });
    }

    /// A measured step: gradients before it and its updates are compared with the exact ones.
    fn measured_step(&mut self, step: usize) {
        let spec = &self.plan.spec;
        let batches: Vec<Batch> = (step..step + spec.minibatches).map(|step| self.minibatches.at(step)).collect();
        let (recipe, held_out) = (&self.recipe, &self.held_out);
        let accuracy = Accuracy { bits: spec.truth_bits, proof: spec.truth };
        let (segments, at_reference) = (self.plan.networks.schedule.segments, self.measures_at_reference);
        self.runs.par_iter_mut().for_each(|run| {
            run.all().for_each(|learner| learner.rekey(recipe.seed, step));
            let is_wanted = at_reference && run.reference.is_learning();
            let at_reference: Option<AtReference> = is_wanted.then(|| {
                let setups: Vec<_> = run.learners.iter().map(Learner::setup).collect();
                measured::at_reference(&run.reference, &setups, &batches[0], accuracy, segments)
            });
            let tracks = at_reference.map(|AtReference { exact, tracks }| {
                run.exact.push(ExactStep { step, sites: exact });
                tracks
            });
            let reference = run.reference.network.clone();
            let Copies { initial, learners, measures, .. } = &mut *run;
            let copies = learners.par_iter_mut().zip(measures.par_iter_mut()).enumerate();
            copies.filter(|(_, (learner, _))| learner.is_learning()).for_each(|(index, (learner, measures))| {
                learner.hold_out(step, held_out);
                // Parameters that the master format cannot hold: no exact gradient to compare with, and the step ends it.
                let own = learner.is_finite().then(|| OwnMeasurement::measure(learner, &batches, accuracy, segments));
                let distance = match step {
                    0 => f64::NAN,
                    _ => distance(&learner.network, &reference) / distance(&reference, initial),
                };
                let taken = learner.step(recipe, step, &batches[0]);
                let at_reference = tracks.as_ref().map(|tracks| tracks[index].as_slice());
                measures.extend(own.map(|own| own.finish(learner, recipe, step, &taken, at_reference, distance)));
            });
            if run.reference.is_learning() {
                run.reference.hold_out(step, held_out);
                run.reference.step(recipe, step, &batches[0]);
            }
        });
    }

    /// The record so far.
    pub fn record(&self) -> Training {
        let spec = &self.plan.spec;
        Training {
            schema: SCHEMA.to_string(),
            version: VERSION.to_string(),
            spec: spec.clone(),
            spec_hash: spec.hash(VERSION),
            steps_done: self.step,
            chance: Some(Number::new(self.chance)),
            runs: self.runs.iter().enumerate().map(|(index, run)| self.run(index, run)).collect(),
            trials: Vec::new(),
        }
    }

    fn run(&self, index: usize, run: &Copies) -> TrainingRun {
        let (spec, one) = (&self.plan.spec, &self.plan.networks.runs[index]);
        let is_drawn = self.plan.networks.network.is_none();
        let learner = |((learner, measures), policy): ((&Learner, &Vec<Measure>), &TrainingPolicy)| record::Learner {
            policy: match spec.names.of(&policy.to_string()) {
                name if name != policy.to_string() => Some(policy.spelled()),
                _ => policy.gradients.preset().map(|preset| preset.policy.to_string()),
            },
            name: spec.names.of(&policy.to_string()).to_string(),
            roles: policy.gradients.into(),
            update: policy.update.into(),
            master: policy.master.into(),
            format: FormatFacts::of(&policy.gradients.backward.format),
            course: learner.course.clone(),
            events: Some(learner.log.events.clone()),
            measures: measures.clone(),
            outcome: outcome::of(
                &learner.course,
                measures,
                spec.target_loss,
                policy.update.is_stochastic() || policy.master.is_stochastic(),
            ),
        };
        TrainingRun {
            activation: spec.activations[index].clone(),
            constants: probe::constants(&self.plan.networks, one),
            kinked: one.activations().iter().any(Activation::is_kinked),
            gain: is_drawn.then(|| probe::perceptron(&self.plan.networks, one.first()).gain),
            residual_scale: spec.residual.then(|| residual_scale(spec.depth)),
            parameters: run.initial.parameters.iter().map(|parameter| parameter.values.len() as u64).sum(),
            sites: Site::all(&run.initial),
            reference: run.reference.course.clone(),
            exact: run.exact.clone(),
            learners: run.learners.iter().zip(&run.measures).zip(&self.plan.policies).map(learner).collect(),
        }
    }
}

/// ‖θ − θ'‖₂ over all parameters; NaN where one is not finite.
fn distance(one: &Network, other: &Network) -> f64 {
    let squares =
        |(one, other): (&Array2<f64>, &Array2<f64>)| one.iter().zip(other).map(|(x, y)| (x - y) * (x - y)).sum::<f64>();
    let pairs = one.parameters.iter().zip(&other.parameters).map(|(one, other)| (&one.values, &other.values));
    pairs.map(squares).sum::<f64>().sqrt()
}
