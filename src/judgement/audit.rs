//! Record → judgement of gradients that another program computed: pass or fail against a threshold, which reason, and
//! which of the arithmetics that were tried is the nearest.
//!
//! The criterion, layer by layer, is how many bits the program lost beyond what a model of its arithmetic loses. A model
//! that itself overflows or underflows in a layer says nothing about that layer. Two faults are recognised whatever the
//! model's noise: gradients that are all zero, and gradients that are a constant multiple of the right ones.

mod factor;
mod layer;
mod storage;
mod summary;
mod zeros;

pub use factor::{Factor, FactorKind};
pub use layer::{LayerAudit, LayerVerdict, Standing};
pub use summary::{AuditSummary, FileSummary, LayerSummary, ModelSummary, SCHEMA};
pub use zeros::ZeroPlace;

use crate::judgement::exact::{self, ExactJudgement};
use crate::record::{ArithmeticRun, Compared, Number, Record, Run, SiteRun};
use schemars::JsonSchema;
use serde::Serialize;
use storage::Storage;

/// Bits of excess allowed unless the user gives a threshold: the noise is then at most twice the model's. The order of
/// sums alone can change it by half a bit either way.
pub const USUAL_EXCESS: f64 = 1.0;

/// Largest distance at which an arithmetic other than the first explains gradients: they are then nearer to its result
/// than to the exact gradient, so its errors are theirs and not merely as large as theirs.
const EXPLAINED: f64 = 1.0;

/// One file of gradients compared with the arithmetics that may have computed it.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct AuditJudgement {
    /// What the gradients are called.
    pub name: String,
    /// Allowed excess in bits.
    pub threshold: f64,
    /// Pass, or why not.
    pub outcome: Outcome,
    /// The arithmetic that the outcome is about, by its place among `models`.
    pub model: usize,
    /// The nearest arithmetic, by its place among `models`; `None` where none can be compared, and for zeros and constant
    /// multiples.
    pub nearest: Option<usize>,
    /// One for each arithmetic that was tried: first that of `--as` or of the file's type.
    pub models: Vec<ModelJudgement>,
    /// Layers in which torch.testing.assert_close rejects an entry, and layers that it can check.
    pub refused: (usize, usize),
    /// The exact gradient, before any arithmetic.
    pub exact: ExactJudgement,
}

/// The outcome of an audit.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// Every judged layer is within the threshold.
    Pass,
    /// Gradients are all zero where the exact ones are not.
    AllZero {
        /// Where.
        places: Vec<ZeroPlace>,
        /// Layers that have a gradient in the file and whose exact gradient is not zero.
        of: usize,
    },
    /// All gradients are one multiple of what a model gives.
    ConstantFactor {
        /// Which.
        factor: Factor,
        /// The arithmetic of which they are a multiple, by its place among the models.
        model: usize,
        /// Layers that show it.
        layers: usize,
    },
    /// The model overflows or underflows in every layer that has a gradient.
    ModelSaysNothing,
    /// No layer has both a gradient in the file and an established exact gradient.
    NothingToJudge,
    /// A layer's gradient points against the exact one, and the model's does not.
    WrongDirection {
        /// Which, by its place in the model's layers.
        place: usize,
    },
    /// Layers exceed the model's error by more than the threshold; the worst is the model's `worst`.
    Excess {
        /// How many layers.
        layers: usize,
    },
}

/// How far the gradients are from one arithmetic.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ModelJudgement {
    /// Canonical name.
    pub name: String,
    /// Its place among the run's arithmetics.
    pub place: usize,
    /// From the input side to the head.
    pub layers: Vec<LayerAudit>,
    /// The judged layer with the largest excess, by its place in `layers`.
    pub worst: Option<usize>,
    /// The largest distance of any judged layer.
    pub distance: Option<Number>,
    /// Whether every judged layer is within the threshold and points the right way.
    pub is_within: bool,
}

impl Outcome {
    /// Whether the audit is passed.
    pub fn is_pass(&self) -> bool {
        *self == Outcome::Pass
    }
}

impl AuditJudgement {
    /// The arithmetic that the outcome is about.
    pub fn judged(&self) -> &ModelJudgement {
        &self.models[self.model]
    }

    /// The worst layer of the arithmetic that the outcome is about.
    pub fn worst(&self) -> Option<&LayerAudit> {
        self.judged().worst()
    }
}

impl ModelJudgement {
    /// The layer with the largest excess.
    pub fn worst(&self) -> Option<&LayerAudit> {
        self.layers.get(self.worst?)
    }

    /// Whether any layer can be judged by it.
    pub fn says_something(&self) -> bool {
        self.worst.is_some()
    }

    /// How many layers it can judge.
    fn judged(&self) -> usize {
        self.layers.iter().filter(|layer| layer.standing == Standing::Judged).count()
    }

    /// Layers with a gradient in the file that it cannot judge, and all that have one.
    pub fn unjudged(&self) -> (usize, usize) {
        let present = self.layers.iter().filter(|layer| layer.standing != Standing::NoGradient).count();
        (present - self.judged(), present)
    }

    /// Whether any layer has this verdict.
    pub fn has(&self, verdict: LayerVerdict) -> bool {
        self.layers.iter().any(|layer| layer.verdict == verdict)
    }

    fn excess(&self) -> f64 {
        self.worst().and_then(|layer| layer.excess).map_or(f64::INFINITY, Number::value)
    }

    fn reach(&self) -> f64 {
        self.distance.map_or(f64::INFINITY, Number::value)
    }
}

/// The audits of a run: of every file of gradients that has a model among the run's arithmetics, with so many bits of
/// excess allowed.
pub fn judge(record: &Record, run: &Run, threshold: f64) -> Vec<AuditJudgement> {
    let named = |name: &String| place_of(run, name);
    let one = |compared: &Compared| {
        let mut places = vec![named(compared.model.as_ref()?)?];
        places.extend(compared.likely.iter().filter_map(named));
        judge_one(record, run, compared, &places, threshold)
    };
    record.spec.compared.iter().filter_map(one).collect()
}

/// The same of files of gradients that have no model, compared with the nearest of the run's own arithmetics, with the
/// [usual](USUAL_EXCESS) excess.
pub fn compared(record: &Record, run: &Run) -> Vec<AuditJudgement> {
    let own = run.arithmetics.iter().enumerate().filter(|(_, arithmetic)| arithmetic.external.is_none());
    let own: Vec<usize> = own.map(|(place, _)| place).collect();
    let one = |compared: &Compared| {
        let all = judge_one(record, run, compared, &own, USUAL_EXCESS)?;
        let mut places = own.clone();
        // The nearest takes the place of the model; zeros and multiples, to which none is near, are compared with the widest.
        let precision = |place: &usize| run.arithmetics[own[*place]].format.precision;
        let widest = (0..own.len()).rev().max_by_key(precision);
        places.swap(0, all.nearest.or(widest)?);
        judge_one(record, run, compared, &places, USUAL_EXCESS)
    };
    record.spec.compared.iter().filter(|compared| compared.model.is_none()).filter_map(one).collect()
}

/// The arithmetic of that name, by its place among the run's.
fn place_of(run: &Run, name: &str) -> Option<usize> {
    run.arithmetics.iter().position(|arithmetic| arithmetic.name == name)
}

/// A file of gradients compared with the arithmetics at these places, of which the first is expected.
fn judge_one(
    record: &Record,
    run: &Run,
    compared: &Compared,
    places: &[usize],
    threshold: f64,
) -> Option<AuditJudgement> {
    let theirs = &run.arithmetics[place_of(run, &compared.name)?];
    theirs.external.as_ref()?;
    let model = |place: &usize| model(theirs, &run.arithmetics[*place], *place, compared.log2_scale, threshold);
    let mut models: Vec<ModelJudgement> = places.iter().map(model).collect();
    let first = models.first()?;
    let nearest = nearest(&models);
    let explains = |place: &usize| {
        let model = &models[*place];
        model.is_within && model.reach() < EXPLAINED && model.judged() >= first.judged()
    };
    let model = if first.is_within { 0 } else { nearest.filter(explains).unwrap_or(0) };
    let asked = |layer: &&SiteRun| layer.external.as_ref().is_some_and(|one| one.entries > 0);
    let refused = |layer: &&SiteRun| layer.external.as_ref().is_some_and(|one| one.not_close > 0);
    let outcome = outcome(theirs, run, compared, &models, (model, threshold));
    if let Outcome::ConstantFactor { model: multiplied, .. } = outcome {
        for place in [multiplied, model] {
            let layers = models[place].layers.iter_mut().filter(|layer| layer.standing == Standing::Judged);
            layers.for_each(|layer| layer.verdict = LayerVerdict::ConstantFactor);
        }
    }
    // No arithmetic is near to zeros or to multiples.
    let is_near = !matches!(outcome, Outcome::AllZero { .. } | Outcome::ConstantFactor { .. });
    Some(AuditJudgement {
        name: theirs.name.clone(),
        threshold,
        outcome,
        model,
        nearest: nearest.filter(|_| is_near),
        models,
        refused: (theirs.sites.iter().filter(refused).count(), theirs.sites.iter().filter(asked).count()),
        exact: exact::judge(&run.truth, record.spec.batch),
    })
}

fn model(
    theirs: &ArithmeticRun,
    ours: &ArithmeticRun,
    place: usize,
    log2_scale: i32,
    threshold: f64,
) -> ModelJudgement {
    let floor = core_math::exp2(-f64::from(ours.format.precision));
    let (zeros, _) = zeros::zeros(theirs, ours);
    let compare = |(layer, ours): (&SiteRun, &SiteRun)| {
        let mut audit = LayerAudit::new(layer, ours, place, floor, &Storage::new(theirs, layer, log2_scale));
        audit.decide(threshold, zeros.iter().any(|zero| zero.layer == layer.site));
        audit
    };
    let layers: Vec<LayerAudit> = theirs.sites.iter().zip(&ours.sites).map(compare).collect();
    let judged = || layers.iter().enumerate().filter(|(_, layer)| layer.standing == Standing::Judged);
    let value = |number: Option<Number>| number.map_or(f64::NEG_INFINITY, Number::value);
    // Of equals the one nearest to the input.
    let worst = judged().rev().max_by(|(_, one), (_, other)| value(one.excess).total_cmp(&value(other.excess)));
    let distance = judged().filter_map(|(_, layer)| layer.distance).max_by(|x, y| x.value().total_cmp(&y.value()));
    let is_within = |layer: &LayerAudit| value(layer.excess) <= threshold && !layer.is_opposed;
    ModelJudgement {
        name: ours.name.clone(),
        place,
        worst: worst.map(|(place, _)| place),
        distance,
        is_within: judged().next().is_some() && judged().all(|(_, layer)| is_within(layer)),
        layers,
    }
}

/// Of the arithmetics that can judge the most layers, and of these those that allow the gradients before the others, the
/// one with the least largest distance.
fn nearest(models: &[ModelJudgement]) -> Option<usize> {
    let order = |x: &usize, y: &usize| {
        let (x, y) = (&models[*x], &models[*y]);
        let nearer = || x.reach().total_cmp(&y.reach()).then(x.excess().total_cmp(&y.excess()));
        y.is_within.cmp(&x.is_within).then_with(nearer)
    };
    let most = models.iter().map(ModelJudgement::judged).max().filter(|most| *most > 0)?;
    (0..models.len()).filter(|place| models[*place].judged() == most).min_by(order)
}

/// The first reason that applies.
fn outcome(
    theirs: &ArithmeticRun,
    run: &Run,
    compared: &Compared,
    models: &[ModelJudgement],
    (model, threshold): (usize, f64),
) -> Outcome {
    let judged = &models[model];
    let (places, of) = zeros::zeros(theirs, &run.arithmetics[judged.place]);
    if !places.is_empty() {
        return Outcome::AllZero { places, of };
    }
    let multiple = |(place, model): (usize, &ModelJudgement)| {
        let layers = theirs.sites.iter().zip(&run.arithmetics[model.place].sites).zip(&model.layers);
        let judged = layers.filter(|(_, layer)| layer.standing == Standing::Judged).map(|(both, _)| both);
        let (factor, layers) = factor::constant(theirs, judged, model.place, compared.log2_scale)?;
        Some(Outcome::ConstantFactor { factor, model: place, layers })
    };
    if let Some(found) = models.iter().enumerate().find_map(multiple) {
        return found;
    }
    if judged.is_within {
        return Outcome::Pass;
    }
    let Some(worst) = judged.worst() else {
        let is_lost =
            |layer: &LayerAudit| matches!(layer.standing, Standing::ModelOverflows | Standing::ModelUnderflows);
        let says_nothing = judged.layers.iter().any(is_lost);
        return if says_nothing { Outcome::ModelSaysNothing } else { Outcome::NothingToJudge };
    };
    let opposed = |layer: &LayerAudit| layer.standing == Standing::Judged && layer.is_opposed;
    match judged.layers.iter().position(opposed) {
        Some(place) if worst.excess.is_some_and(|excess| excess.value().is_finite()) => {
            Outcome::WrongDirection { place }
        }
        _ => Outcome::Excess { layers: judged.layers.iter().filter(|layer| layer.exceeds(threshold)).count() },
    }
}
