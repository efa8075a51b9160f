//! What is learnt: every activation by depth and seed, in f64 and in narrower arithmetics.

use super::Steps;
use crate::record::study::StudySpec;
use crate::record::training::{Course, Measure, Training, TrainingSpec};
use crate::spec::SpecError;
use crate::spec::training::{MeasureAt, TrainingPlan};
use crate::train::{self, Trainer};

/// Trainings by depth and seed.
pub struct Trainings {
    trained: Vec<Vec<Training>>,
}

/// Steps of a copy that take as long as the measurement of a network with its arithmetics.
const STEPS: usize = 40;
/// The same of measured steps.
const MEASURED_STEPS: usize = 2;

/// Units of work.
pub fn work(spec: &StudySpec) -> usize {
    spec.trainings * spec.trained_depths.iter().map(|depth| at(spec, *depth)).sum::<usize>()
}

/// Those of one depth and one network.
fn at(spec: &StudySpec, depth: usize) -> usize {
    let copies = spec.activations.len() * (spec.trained_formats.len() + 1);
    depth * copies * (spec.steps / STEPS + spec.steps / spec.every / MEASURED_STEPS + 1)
}

/// Minibatches over which the gradient's spread is taken: the fewest, since no claim asks for it.
const MINIBATCHES: usize = 2;

/// The trainings of one depth and seed.
pub fn plan(spec: &StudySpec, depth: usize, seed: u64) -> Result<TrainingPlan, SpecError> {
    TrainingSpec {
        activations: spec.activations.clone(),
        depth,
        width: spec.width,
        batch: spec.batch,
        seed: spec.seed.wrapping_add(seed),
        formats: spec.trained_formats.clone(),
        steps: spec.steps,
        measure: MeasureAt::Every(spec.every),
        minibatches: MINIBATCHES,
        ..TrainingSpec::default()
    }
    .validate()
}

/// What one copy learnt.
#[derive(Clone, Copy)]
pub struct Learnt<'t> {
    /// How its loss went.
    pub course: &'t Course,
    /// Its measured steps; none of the reference.
    pub measures: &'t [Measure],
}

impl Learnt<'_> {
    /// Mean loss of the last 20 minibatches; infinite where training failed.
    pub fn last_loss(&self) -> f64 {
        self.course.last_loss().value()
    }

    /// Mean loss of the first 20 minibatches.
    pub fn first_loss(&self) -> f64 {
        let first: Vec<f64> = self.course.losses.iter().take(20).map(|loss| loss.value()).collect();
        first.iter().sum::<f64>() / first.len() as f64
    }

    /// The upper median over the measured steps of layer 1's noise-to-signal ratio.
    pub fn noise(&self) -> f64 {
        let mut ratios: Vec<f64> = (self.measures.iter())
            .filter_map(|measure| measure.layers.first())
            .map(|layer| layer.own.noise_to_signal.value())
            .filter(|ratio| !ratio.is_nan())
            .collect();
        ratios.sort_by(f64::total_cmp);
        ratios.get(ratios.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// By how much the mean loss fell.
    pub fn progress(&self) -> f64 {
        self.first_loss() - self.last_loss()
    }
}

impl Trainings {
    /// Trains.
    pub fn run(spec: &StudySpec, steps: &Steps) -> Result<Trainings, SpecError> {
        let one = |depth: usize, seed: u64| {
            steps.begin(
                at(spec, depth),
                &format!("training at depth {depth}, network {} of {}", seed + 1, spec.trainings),
            );
            let plan = plan(spec, depth, seed)?;
            // Claims are about copies at their own parameters, and none is about the spread.
            Ok(Trainer::new(&plan).at_own_parameters().finish(&train::Silent))
        };
        let at = |depth: &usize| (0..spec.trainings as u64).map(|seed| one(*depth, seed)).collect();
        Ok(Trainings { trained: spec.trained_depths.iter().map(at).collect::<Result<_, SpecError>>()? })
    }

    /// Copies that were trained, the references too.
    pub fn copies(&self) -> u64 {
        let of = |training: &Training| training.runs.iter().map(|run| run.learners.len() + 1).sum::<usize>();
        self.trained.iter().flatten().map(|training| of(training) as u64).sum()
    }

    /// f64's copies of an activation at a depth, one per seed.
    pub fn references(&self, depth: usize, activation: usize) -> Vec<Learnt<'_>> {
        let of = |training| -> &Training { training };
        let runs = self.trained[depth].iter().map(of).map(|training| &training.runs[activation]);
        runs.map(|run| Learnt { course: &run.reference, measures: &[] }).collect()
    }

    /// The copies in an arithmetic.
    pub fn learners(&self, depth: usize, activation: usize, arithmetic: usize) -> Vec<Learnt<'_>> {
        let runs = self.trained[depth].iter().map(|training| &training.runs[activation].learners[arithmetic]);
        runs.map(|learner| Learnt { course: &learner.course, measures: &learner.measures }).collect()
    }
}
