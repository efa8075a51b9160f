//! Record → judgement of gradients that another program computed: pass or fail against a threshold, which reason, and
//! which of the arithmetics that were tried is the nearest.
//!
//! What decides is, layer by layer, how many bits the program lost beyond what a model of its arithmetic loses. Where the
//! model itself overflows or underflows, that says nothing about the program. Two faults are recognised whatever the
//! model's noise: gradients that are all zero, and gradients that are a constant multiple of the right ones.

mod factor;
mod layer;

pub use factor::{Factor, FactorKind};
pub use layer::{LayerAudit, Standing};

use crate::judgement::Tensor;
use crate::record::{ArithmeticRun, Compared, LayerRun, Number, Record, Run};
use serde::Serialize;

/// Bits of excess allowed unless the user gives a threshold: the noise is then less than twice the model's. Half a bit,
/// either way, is what the order of sums alone can do.
pub const USUAL_EXCESS: f64 = 1.0;

/// Largest distance at which an arithmetic other than the first explains gradients: they are then nearer to its result
/// than to the exact gradient, so that its errors are theirs, and not only as large as theirs.
const EXPLAINED: f64 = 1.0;

/// One file of gradients against the arithmetics that may have computed it.
#[derive(Clone, Debug, PartialEq, Serialize)]
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
    /// Layers in which torch.testing.assert_close refuses an entry, and layers that it can be asked about.
    pub refused: (usize, usize),
}

/// What becomes of an audit.
#[derive(Clone, Debug, PartialEq, Serialize)]
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
    /// The model overflows or underflows in every layer that has a gradient: it says nothing.
    ModelSaysNothing,
    /// No layer has both a gradient in the file and an established exact gradient.
    NothingToJudge,
    /// A layer's gradient points against the exact one, where the model's does not.
    WrongDirection {
        /// Which, by its place in the model's layers.
        place: usize,
    },
    /// Layers lose more than the threshold allows beyond the model; the worst is the model's `worst`.
    Excess {
        /// How many layers.
        layers: usize,
    },
}

/// A layer, or one of its tensors, that is all zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ZeroPlace {
    /// 1 to L, the head is L+1.
    pub layer: usize,
    /// One tensor, where others of the layer are not zero.
    pub tensor: Option<Tensor>,
}

/// How far the gradients are from one arithmetic.
#[derive(Clone, Debug, PartialEq, Serialize)]
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
    record.spec.compared.iter().filter_map(|compared| judge_one(run, compared, threshold)).collect()
}

fn judge_one(run: &Run, compared: &Compared, threshold: f64) -> Option<AuditJudgement> {
    let named = |name: &String| run.arithmetics.iter().position(|arithmetic| arithmetic.name == *name);
    let theirs = &run.arithmetics[named(&compared.name)?];
    theirs.external.as_ref()?;
    let first = named(compared.model.as_ref()?)?;
    let mut places = vec![first];
    places.extend(compared.likely.iter().filter_map(named));
    let models: Vec<ModelJudgement> =
        places.into_iter().map(|place| model(theirs, &run.arithmetics[place], place, threshold)).collect();
    let nearest = nearest(&models);
    let explains = |place: &usize| {
        let model = &models[*place];
        model.is_within && model.reach() < EXPLAINED && model.judged() >= models[0].judged()
    };
    let model = if models[0].is_within { 0 } else { nearest.filter(explains).unwrap_or(0) };
    let asked = |layer: &&LayerRun| layer.external.as_ref().is_some_and(|one| one.entries > 0);
    let refused = |layer: &&LayerRun| layer.external.as_ref().is_some_and(|one| one.not_close > 0);
    let outcome = outcome(theirs, run, compared, &models, (model, threshold));
    // No arithmetic is near to zeros or to multiples.
    let is_near = !matches!(outcome, Outcome::AllZero { .. } | Outcome::ConstantFactor { .. });
    Some(AuditJudgement {
        name: theirs.name.clone(),
        threshold,
        outcome,
        model,
        nearest: nearest.filter(|_| is_near),
        models,
        refused: (theirs.layers.iter().filter(refused).count(), theirs.layers.iter().filter(asked).count()),
    })
}

fn model(theirs: &ArithmeticRun, ours: &ArithmeticRun, place: usize, threshold: f64) -> ModelJudgement {
    let both = theirs.layers.iter().zip(&ours.layers);
    let floor = core_math::exp2(-f64::from(ours.format.precision));
    let layers: Vec<LayerAudit> = both.map(|(theirs, ours)| LayerAudit::new(theirs, ours, place, floor)).collect();
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
    let (places, of) = layer::zeros(theirs, &run.arithmetics[judged.place]);
    if !places.is_empty() {
        return Outcome::AllZero { places, of };
    }
    let multiple = |(place, model): (usize, &ModelJudgement)| {
        let (factor, layers) = factor::constant(theirs, &run.arithmetics[model.place], model, compared.log2_scale)?;
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
