//! What is learnt: every activation by depth and seed, in f64 and in narrower arithmetics.

use crate::record::study::StudySpec;
use crate::record::training::{Course, Measure, TrainingRun, TrainingSpec};
use crate::spec::SpecError;
use crate::spec::training::{MeasureAt, TrainingPlan};
use crate::statistics::median;
use crate::train::{self, Trainer};
use serde::{Deserialize, Serialize};

/// Trainings by depth and seed.
pub struct Trainings {
    pub found: Vec<Vec<Trained>>,
}

/// One training, by activation: f64's copy first, then those in the arithmetics.
pub type Trained = Vec<Vec<Learnt>>;

/// Steps of a copy that take as long as the measurement of a network with its arithmetics.
const STEPS: usize = 40;
/// The same of measured steps.
const MEASURED_STEPS: usize = 2;

/// Units of work of one depth and one network.
pub fn work(spec: &StudySpec, depth: usize) -> usize {
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

/// What one copy learnt. Numbers are kept bit by bit: a checkpoint changes none.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Learnt {
    /// Mean loss of the first 20 minibatches.
    #[serde(with = "bits")]
    pub first_loss: f64,
    /// Mean loss of the last 20 minibatches; infinite where training failed.
    #[serde(with = "bits")]
    pub last_loss: f64,
    /// The upper median over the measured steps of layer 1's noise-to-signal ratio.
    #[serde(with = "bits")]
    pub noise: f64,
}

/// Doubles as the integers of their bits, since JSON has neither infinity nor NaN.
mod bits {
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(x: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(x.to_bits())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        u64::deserialize(deserializer).map(f64::from_bits)
    }
}

impl Learnt {
    /// Reads a copy's losses and its measured steps, of which the reference has none.
    fn new(course: &Course, measures: &[Measure]) -> Learnt {
        let first: Vec<f64> = course.losses.iter().take(20).map(|loss| loss.value()).collect();
        let ratios = (measures.iter().filter_map(|measure| measure.sites.first()))
            .map(|layer| layer.own.noise_to_signal.value());
        Learnt {
            first_loss: first.iter().sum::<f64>() / first.len() as f64,
            last_loss: course.last_loss().value(),
            noise: median(ratios).unwrap_or(f64::NAN),
        }
    }

    /// By how much the mean loss fell.
    pub fn progress(&self) -> f64 {
        self.first_loss - self.last_loss
    }
}

/// Trains one network at one depth.
pub fn measure(spec: &StudySpec, depth: usize, seed: u64) -> Result<Trained, SpecError> {
    let plan = plan(spec, depth, seed)?;
    // Claims are about copies at their own parameters, and none is about the spread.
    let training = Trainer::new(&plan).at_own_parameters().finish(&train::Silent);
    let of = |run: &TrainingRun| {
        let learners = run.learners.iter().map(|learner| Learnt::new(&learner.course, &learner.measures));
        std::iter::once(Learnt::new(&run.reference, &[])).chain(learners).collect()
    };
    Ok(training.runs.iter().map(of).collect())
}

/// True if these are numbers of such a study.
pub fn fits(found: &Trained, spec: &StudySpec) -> bool {
    found.len() == spec.activations.len() && found.iter().all(|copies| copies.len() == spec.trained_formats.len() + 1)
}

impl Trainings {
    /// Copies that were trained, the references too.
    pub fn copies(&self) -> u64 {
        self.found.iter().flatten().flatten().map(|copies| copies.len() as u64).sum()
    }

    /// f64's copies of an activation at a depth, one per seed.
    pub fn references(&self, depth: usize, activation: usize) -> Vec<Learnt> {
        self.found[depth].iter().map(|trained| trained[activation][0]).collect()
    }

    /// The copies in an arithmetic.
    pub fn learners(&self, depth: usize, activation: usize, arithmetic: usize) -> Vec<Learnt> {
        self.found[depth].iter().map(|trained| trained[activation][arithmetic + 1]).collect()
    }
}
