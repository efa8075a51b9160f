//! Networks at initialisation: every activation on the same draws, by depth and init.

use crate::init::Init;
use crate::judgement::ranking::{Ratio, Trials};
use crate::judgement::{ArithmeticJudgement, LayerJudgement, judge_run};
use crate::number::Number;
use crate::probe;
use crate::record::study::StudySpec;
use crate::record::{Run, Verdict};
use crate::spec::{Attribute, Plan, Spec, SpecError};
use serde::{Deserialize, Serialize};

/// The inits that are surveyed: one that keeps the size of gradients, and the default of torch.nn.Linear, which does not.
pub const INITS: [Init; 2] = [Init::Preserve, Init::Torch];

/// By init and depth.
pub struct Survey {
    pub found: Vec<Vec<Surveyed>>,
}

/// What is asked of an activation's networks: by arithmetic and draw.
pub type Surveyed = Vec<Vec<Vec<Point>>>;

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
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// log₂‖g*‖₂ of the weight gradient.
    log2_norm: Number,
    /// In an arithmetic.
    pub verdict: Verdict,
    /// In an arithmetic, as a ratio to the signal.
    noise: Number,
    /// That is only an upper limit.
    #[serde(default)]
    at_most: bool,
}

impl Point {
    /// Noise-to-signal ratio.
    pub fn noise(&self) -> f64 {
        self.noise.value()
    }

    /// The same as it is ranked; `None` if there is none.
    fn ratio(&self) -> Option<Ratio> {
        (self.noise != Number::None).then(|| Ratio { value: self.noise(), at_most: self.at_most })
    }
}

/// Units of work at one depth.
pub fn work(spec: &StudySpec, depth: usize) -> usize {
    depth * spec.trials * spec.activations.len()
}

/// Measures with one init at one depth; by activation, arithmetic and draw.
pub fn measure(spec: &StudySpec, init: Init, depth: usize) -> Result<Surveyed, SpecError> {
    let record = probe::run(&plan(spec, init, depth)?, &probe::Silent);
    Ok(record.runs.iter().map(|run| layer_1(run, spec.batch)).collect())
}

/// Layer 1 as it is judged, by arithmetic and draw.
fn layer_1(run: &Run, batch: usize) -> Vec<Vec<Point>> {
    let norms = || run.truth.sites[0].trials.iter().map(|truth| truth.log2_norm);
    let points = |judged: &ArithmeticJudgement| {
        let LayerJudgement { verdicts, trials, limits, .. } = &judged.first;
        let judged = verdicts.iter().zip(trials).zip(limits);
        let one = |(log2_norm, ((verdict, noise), at_most)): (Number, ((&Verdict, &Number), &bool))| Point {
            log2_norm,
            verdict: *verdict,
            noise: *noise,
            at_most: *at_most,
        };
        norms().zip(judged).map(one).collect()
    };
    judge_run(run, batch).arithmetics.iter().map(points).collect()
}

/// True if these are numbers of such a study.
pub fn fits(found: &Surveyed, spec: &StudySpec) -> bool {
    let has_all = |arithmetics: &Vec<Vec<Point>>| {
        arithmetics.len() == spec.formats.len() && arithmetics.iter().all(|draws| draws.len() == spec.trials)
    };
    found.len() == spec.activations.len() && found.iter().all(has_all)
}

impl Survey {
    /// Networks that were measured.
    pub fn networks(&self) -> u64 {
        let of = |arithmetics: &Vec<Vec<Point>>| arithmetics.first().map_or(0, Vec::len);
        self.found.iter().flatten().flatten().map(|arithmetics| of(arithmetics) as u64).sum()
    }

    /// Layer 1 in every draw, of an activation in an arithmetic, both by their place in the spec.
    pub fn layer_1(&self, init: usize, depth: usize, activation: usize, arithmetic: usize) -> &[Point] {
        &self.found[init][depth][activation][arithmetic]
    }

    /// log₂ of the size of the exact gradient in every draw of an activation's networks.
    pub fn norms(&self, init: usize, depth: usize, activation: usize) -> Vec<f64> {
        self.layer_1(init, depth, activation, 0).iter().map(|point| point.log2_norm.value()).collect()
    }

    /// The noise-to-signal ratios of an activation in an arithmetic, draw by draw.
    pub fn noise(&self, init: usize, depth: usize, activation: usize, arithmetic: usize) -> Trials {
        self.layer_1(init, depth, activation, arithmetic).iter().map(Point::ratio).collect()
    }
}
