//! Networks at initialisation: every activation on the same draws, by depth and init.

use super::Steps;
use crate::init::Init;
use crate::number::Number;
use crate::probe;
use crate::record::study::StudySpec;
use crate::record::{LayerTrial, Record, Verdict};
use crate::spec::{Attribute, Plan, Spec, SpecError};

/// The inits that are surveyed: one that keeps the size of gradients, and the default of torch.nn.Linear, which does not.
pub const INITS: [Init; 2] = [Init::Preserve, Init::Torch];

/// Records of a probe, by init and depth.
pub struct Survey {
    records: Vec<Vec<Record>>,
}

/// Units of work of the survey.
pub fn work(spec: &StudySpec) -> usize {
    INITS.len() * spec.depths.iter().map(|depth| at(spec, *depth)).sum::<usize>()
}

/// Those of one depth.
fn at(spec: &StudySpec, depth: usize) -> usize {
    depth * spec.trials * spec.activations.len()
}

/// The networks of one init and depth.
pub fn plan(spec: &StudySpec, init: Init, depth: usize) -> Result<Plan, SpecError> {
    Spec {
        activations: spec.activations.clone(),
        depth,
        width: spec.width,
        batch: spec.batch,
        trials: spec.trials,
        seed: spec.seed,
        init,
        formats: spec.formats.clone(),
        attribute: Attribute::None,
        ..Spec::default()
    }
    .validate()
}

/// Layer 1 of one activation's network in one draw.
#[derive(Clone, Copy)]
pub struct Point<'r> {
    /// log₂‖g*‖₂ of the weight gradient.
    pub log2_norm: Number,
    /// In an arithmetic.
    trial: &'r LayerTrial,
}

impl Point<'_> {
    /// Its verdict.
    pub fn verdict(&self) -> Verdict {
        self.trial.verdict
    }

    /// Noise-to-signal ratio.
    pub fn noise(&self) -> f64 {
        self.trial.tensors.first().map_or(f64::NAN, |weight| weight.noise_to_signal.value())
    }
}

impl Survey {
    /// Measures.
    pub fn run(spec: &StudySpec, steps: &Steps) -> Result<Survey, SpecError> {
        let one = |init: Init, depth: usize| {
            steps.begin(at(spec, depth), &format!("gradients at initialisation, {init}, depth {depth}"));
            Ok(probe::run(&plan(spec, init, depth)?, &probe::Silent))
        };
        let of = |init: Init| spec.depths.iter().map(|depth| one(init, *depth)).collect::<Result<_, SpecError>>();
        Ok(Survey { records: INITS.into_iter().map(of).collect::<Result<_, _>>()? })
    }

    /// Networks that were measured.
    pub fn networks(&self) -> u64 {
        let of = |record: &Record| record.runs.len() * record.spec.trials;
        self.records.iter().flatten().map(|record| of(record) as u64).sum()
    }

    /// Layer 1 in every draw, of an activation in an arithmetic, both by their place in the spec.
    pub fn layer_1(&self, init: usize, depth: usize, activation: usize, arithmetic: usize) -> Vec<Point<'_>> {
        let run = &self.records[init][depth].runs[activation];
        let trials = &run.arithmetics[arithmetic].layers[0].trials;
        let truths = &run.truth.layers[0].trials;
        truths.iter().zip(trials).map(|(truth, trial)| Point { log2_norm: truth.log2_norm, trial }).collect()
    }

    /// Ratios of the noise-to-signal ratios of two activations, draw by draw.
    pub fn noise_ratios(
        &self,
        init: usize,
        depth: usize,
        arithmetic: usize,
        activation: usize,
        over: usize,
    ) -> Vec<f64> {
        let of = |activation| self.layer_1(init, depth, activation, arithmetic);
        of(activation).iter().zip(of(over)).map(|(one, other)| one.noise() / other.noise()).collect()
    }
}
