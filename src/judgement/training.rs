//! Training → judgement: whether f64 itself learns, and what limits every other copy, as typed values without sentences.
//!
//! What is said of a copy comes in a fixed order: the control, events, a gradient that the range of a format loses,
//! updates of the wrong length, absorbed updates, and only then rounding noise relative to minibatch noise.

mod control;
mod cost;
pub mod measured;
mod spread;

pub use control::{Control, ControlOutcome, ExactAtStart};
pub use spread::{Spread, spread};

use super::MinibatchMeaning;
use crate::arithmetic::ArithmeticName;
use crate::record::Verdict;
use crate::record::training::{
    Cause, End, Event, EventKind, Learner, MeasuredLayer, Saturation, Training, TrainingRun, TrainingScale, WINDOW,
};
use measured::Largest;
use serde::Serialize;

/// What may be concluded from a training.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrainingJudgement {
    /// One per activation, in the record's order.
    pub runs: Vec<TrainingRunJudgement>,
}

/// One activation's network.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrainingRunJudgement {
    /// Canonical name.
    pub activation: String,
    /// Whether f64's own copy learns.
    pub control: Control,
    /// Layer 1's exact gradient at f64's parameters; none where it was not measured or is not recorded.
    pub exact: Option<ExactAtStart>,
    /// One per arithmetic, in the record's order.
    pub learners: Vec<LearnerJudgement>,
}

/// One arithmetic's own copy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LearnerJudgement {
    /// Canonical name.
    pub name: String,
    /// The step whose update ended its training; none where it went on to the end.
    pub failed: Option<usize>,
    /// What happened to it that changes what it learns, in the order in which one event explains the next; none where
    /// it is not recorded.
    pub events: Option<Vec<Event>>,
    /// Steps that dynamic loss scaling skipped.
    pub skipped: Option<Skipped>,
    /// Updates at least twice as long as the true ones.
    pub long: Option<Lengths>,
    /// Updates at most half as long as the true ones, though they are not lost.
    pub short: Option<Lengths>,
    /// Where the gradient is first zero, or lost to the format's range.
    pub range: Option<Saturation>,
    /// Updates too small to change their parameters.
    pub absorption: Option<Absorption>,
    /// Rounding noise relative to minibatch noise.
    pub noise: Option<NoiseJudgement>,
    /// The optimiser's format; none where its name cannot be read, and of unbounded formats.
    pub update: Option<UpdateFormat>,
    /// What is said first.
    pub limit: Limit,
    /// The cheapest arithmetic of the list that nothing limits, or, if there is none, the cheapest whose own limit is
    /// milder; by its place.
    pub without: Option<usize>,
}

/// What limits a copy: the first that applies.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "limit", rename_all = "snake_case")]
pub enum Limit {
    /// f64 itself does not learn: nothing is put down to an arithmetic.
    Control,
    /// An event, the first in the order of explanation.
    Event {
        /// Which.
        event: Event,
    },
    /// Its training ended, and no event is recorded that explains it.
    Failed {
        /// Updates before the end.
        step: usize,
    },
    /// The exact gradient is zero at its own parameters.
    ZeroGradient {
        /// Where.
        saturation: Saturation,
    },
    /// The range of the format loses the gradient.
    Range {
        /// Where.
        saturation: Saturation,
    },
    /// Updates are too long.
    LongUpdates {
        /// By how much.
        lengths: Lengths,
    },
    /// Updates are too short.
    ShortUpdates {
        /// By how much.
        lengths: Lengths,
    },
    /// Updates are absorbed by the parameters.
    Absorption {
        /// How many.
        absorption: Absorption,
    },
    /// The gradient is noise: chaotic, or no smaller than minibatch noise.
    Noise {
        /// Where it first is chaotic.
        saturation: Option<Saturation>,
        /// The largest ratio to minibatch noise.
        largest: Option<Largest>,
    },
    /// None of these.
    Nothing,
}

impl Limit {
    /// From severe to harmless; arithmetics of the list are compared by it.
    pub fn rank(&self) -> usize {
        match self {
            Limit::Control => 0,
            Limit::Event { .. } | Limit::Failed { .. } => 1,
            Limit::ZeroGradient { .. } | Limit::Range { .. } => 2,
            Limit::LongUpdates { .. } | Limit::ShortUpdates { .. } => 3,
            Limit::Absorption { .. } => 4,
            Limit::Noise { .. } => 5,
            Limit::Nothing => 6,
        }
    }
}

/// The range of the optimiser's format.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct UpdateFormat {
    /// Its largest number.
    pub largest: f64,
    /// Whether what is larger becomes infinite; else NaN.
    pub has_infinities: bool,
}

impl UpdateFormat {
    fn of(name: &str) -> Option<UpdateFormat> {
        let format = ArithmeticName::parse(name).ok()?.format;
        let has_infinities = format.special()?.has_infinities();
        Some(UpdateFormat { largest: format.max()?.to_f64(), has_infinities })
    }
}

/// Steps that dynamic loss scaling skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// How many.
    pub steps: usize,
    /// Of so many.
    pub of: usize,
    /// The first.
    pub first: usize,
    /// How many of them for a forward pass that overflowed, which no loss scale changes; none where it is not recorded.
    pub by_forward: Option<usize>,
    /// log₂ of the scale at the beginning and at the end.
    pub log2_scale: [i32; 2],
    /// The step from which to the end every step was skipped, 20 steps and more.
    pub saturated_from: Option<usize>,
}

/// Updates of layers over the true ones: Σ Δ̂Δ/Σ Δ², 1 where they agree.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Lengths {
    /// The first measured step at which a layer's updates are too long or too short.
    pub step: usize,
    /// Layers of which they are, at that step.
    pub layers: usize,
    /// The least ratio of these layers at that step.
    pub least: f64,
    /// The greatest ratio of these layers at that step.
    pub most: f64,
    /// Measured steps at which some layer's are.
    pub steps: usize,
    /// Measured steps whose update was made.
    pub of: usize,
}

/// Updates too small to change their parameters.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Absorption {
    /// Share of the non-zero updates that are rounded away, at the median measured step.
    pub median: f64,
    /// The same at the worst measured step.
    pub most: f64,
    /// How much of the true update is applied, in the median layer and step; none where it is not known. Stochastic
    /// rounding drops most updates, and on average all of it is applied.
    pub applied: Option<f64>,
    /// Where it first makes a layer stop.
    pub first: Option<Saturation>,
}

/// Rounding noise of gradients relative to that of minibatches.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct NoiseJudgement {
    /// Where the ratio is largest.
    pub largest: Largest,
    /// Where it is first at least 1.
    pub first_above: Option<Largest>,
    /// Where the gradient is first chaotic.
    pub chaotic: Option<Saturation>,
    /// What it means by itself; it is harmless to the copy only if nothing else limits it.
    pub meaning: MinibatchMeaning,
    /// Whether both are known in every layer of every measured step.
    pub is_complete: bool,
}

impl LearnerJudgement {
    /// Whether rounding noise is all there is, and is harmless: never where anything else happened.
    pub fn is_harmless(&self) -> bool {
        let meaning = self.noise.map(|noise| noise.meaning);
        self.limit == Limit::Nothing && meaning == Some(MinibatchMeaning::Harmless)
    }
}

/// Judges a training.
pub fn judge(training: &Training) -> TrainingJudgement {
    TrainingJudgement { runs: training.runs.iter().map(|run| judge_run(training, run)).collect() }
}

/// Judges one activation of a training.
pub fn judge_run(training: &Training, run: &TrainingRun) -> TrainingRunJudgement {
    let control = Control::of(run, training.chance);
    let judge = |learner: &Learner| judge_learner(training, &control, learner);
    let mut learners: Vec<LearnerJudgement> = run.learners.iter().map(judge).collect();
    let ranks: Vec<usize> = learners.iter().map(|one| one.limit.rank()).collect();
    let best = Limit::Nothing.rank();
    let is_blamed = |rank: usize| rank != Limit::Control.rank() && rank != Limit::Nothing.rank();
    for (place, learner) in learners.iter_mut().enumerate() {
        // No format helps where the exact gradient is zero.
        if is_blamed(ranks[place]) && !matches!(learner.limit, Limit::ZeroGradient { .. }) {
            let milder = (0..ranks.len()).filter(|other| ranks[*other] > ranks[place]);
            // What nothing limits comes before what is merely milder.
            let costs =
                milder.filter_map(|other| Some((ranks[other] != best, cost::of(run.learners.get(other)?)?, other)));
            learner.without = costs.min().map(|(.., other)| other);
        }
    }
    let exact = ExactAtStart::of(&run.exact);
    TrainingRunJudgement { activation: run.activation.clone(), control, exact, learners }
}

/// Share of the steps from which skipped ones are more than a search for the scale.
const MANY_SKIPPED: f64 = 0.1;
/// Share of the non-zero updates from which it counts that they are lost.
pub const MANY_LOST: f64 = 0.1;
/// Share of the true update from which it counts as applied.
const APPLIED: f64 = 0.9;
/// Ratio of an update to the true one from which it is too long, and below whose reciprocal it is too short.
const TWICE: f64 = 2.0;
/// Share of the true update's energy from which lost updates explain its length.
const HALF: f64 = 0.5;
/// Part of minibatch noise below which rounding noise does not matter: it adds at most a ninth to the variance.
const THIRD: f64 = 1.0 / 3.0;
/// Distance of the descent from 1 from which noise is one-sided.
const ONE_SIDED: f64 = 0.1;

fn judge_learner(training: &Training, control: &Control, learner: &Learner) -> LearnerJudgement {
    let skipped = skipped(learner);
    let saturation = learner.outcome.first_saturation;
    let of_cause = |causes: &[Cause]| saturation.filter(|saturation| causes.contains(&saturation.cause));
    let mut judgement = LearnerJudgement {
        name: learner.name.clone(),
        failed: learner.course.end.step(),
        events: learner.events.as_ref().map(|events| telling(training, events, skipped)),
        skipped,
        long: lengths(learner, |ratio| ratio >= TWICE, |_| true),
        short: lengths(learner, |ratio| ratio <= 1.0 / TWICE, |layer| layer.lost_energy.value() < HALF),
        range: of_cause(&[Cause::TrueZero, Cause::Flushed, Cause::Overflow]),
        absorption: absorption(learner, of_cause(&[Cause::LostUpdates])),
        noise: noise(learner, of_cause(&[Cause::Flips, Cause::Rounding])),
        update: UpdateFormat::of(&learner.update),
        limit: Limit::Nothing,
        without: None,
    };
    judgement.limit = if control.is_passed() { limit(&judgement, learner.course.end) } else { Limit::Control };
    judgement
}

/// The first limit that applies.
fn limit(judgement: &LearnerJudgement, end: End) -> Limit {
    if let Some(event) = judgement.events.iter().flatten().next() {
        return Limit::Event { event: *event };
    }
    if let Some(step) = end.step() {
        return Limit::Failed { step };
    }
    if let Some(saturation) = judgement.range {
        return match saturation.cause {
            Cause::TrueZero => Limit::ZeroGradient { saturation },
            _ => Limit::Range { saturation },
        };
    }
    if let Some(lengths) = judgement.long {
        return Limit::LongUpdates { lengths };
    }
    if let Some(lengths) = judgement.short {
        return Limit::ShortUpdates { lengths };
    }
    if let Some(absorption) = judgement.absorption {
        return Limit::Absorption { absorption };
    }
    match judgement.noise {
        Some(noise) if noise.chaotic.is_some() || noise.first_above.is_some() => {
            Limit::Noise { saturation: noise.chaotic, largest: Some(noise.largest) }
        }
        _ => Limit::Nothing,
    }
}

/// Events that change what a copy learns, in the order in which one explains the next.
fn telling(training: &Training, events: &[Event], skipped: Option<Skipped>) -> Vec<Event> {
    let is_dynamic = matches!(training.spec.loss_scale, TrainingScale::Dynamic { .. });
    // A search for the scale skips a few steps, too.
    let many = skipped.is_some_and(|skipped| {
        let is_search = skipped.steps < WINDOW || (skipped.steps as f64) < MANY_SKIPPED * skipped.of as f64;
        skipped.saturated_from.is_some() || !is_search
    });
    let tells = |event: &&Event| match event.kind {
        // Dynamic scaling finds its scale by such steps.
        EventKind::GradientOverflow { .. } => !is_dynamic,
        EventKind::SkippedBackward => many,
        _ => true,
    };
    let mut telling: Vec<Event> = events.iter().filter(tells).copied().collect();
    telling.sort_by_key(|event| order(&event.kind));
    telling
}

/// What comes first explains what comes later.
fn order(kind: &EventKind) -> usize {
    match kind {
        EventKind::ParametersOverflow => 0,
        EventKind::ForwardOverflow { .. } => 1,
        EventKind::GradientOverflow { .. } => 2,
        EventKind::SkippedForward => 3,
        EventKind::SkippedBackward => 4,
        EventKind::ClippingOverflow { .. } => 5,
        EventKind::ScalarRounded { rounded: 0, .. } => 6,
        EventKind::ScalarRounded { .. } => 7,
        EventKind::SecondMomentUnderflow { .. } => 8,
    }
}

fn skipped(learner: &Learner) -> Option<Skipped> {
    let course = &learner.course;
    let first = *course.skipped.first()?;
    let of = course.losses.len();
    let by_forward = learner.events.as_ref().map(|events| {
        events.iter().find(|event| event.kind == EventKind::SkippedForward).map_or(0, |event| event.steps)
    });
    // The longest run of skipped steps that ends with the last step made.
    let at_end = course.skipped.iter().rev().zip((0..of).rev()).take_while(|(skipped, step)| *skipped == step).count();
    let scales = [course.scales.first(), course.scales.last()].map(|change| change.map_or(0, |change| change.log2));
    Some(Skipped {
        steps: course.skipped.len(),
        of,
        first,
        by_forward,
        log2_scale: scales,
        saturated_from: (at_end >= WINDOW || course.end != End::Completed && at_end > 0).then(|| of - at_end),
    })
}

/// Layers whose updates have such a ratio to the true ones. A gradient that is lost, zero or noise says nothing of them.
fn lengths(
    learner: &Learner,
    is_wrong: impl Fn(f64) -> bool,
    counts: impl Fn(&MeasuredLayer) -> bool,
) -> Option<Lengths> {
    let has_gradient = |layer: &&MeasuredLayer| matches!(layer.own.verdict, Verdict::Sound | Verdict::Noisy);
    let wrong = |layer: &MeasuredLayer| layer.update_descent.finite().filter(|ratio| is_wrong(*ratio) && counts(layer));
    let made = || measured::made(learner);
    let mut found = made().filter_map(|measure| {
        let ratios: Vec<f64> = measure.layers.iter().filter(has_gradient).filter_map(wrong).collect();
        (!ratios.is_empty()).then_some((measure.step, ratios))
    });
    let (step, ratios) = found.next()?;
    Some(Lengths {
        step,
        layers: ratios.len(),
        least: ratios.iter().copied().fold(f64::INFINITY, f64::min),
        most: ratios.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        steps: 1 + found.count(),
        of: made().count(),
    })
}

fn absorption(learner: &Learner, first: Option<Saturation>) -> Option<Absorption> {
    let (median, most) = measured::lost(learner)?;
    let applied = measured::arriving(learner);
    let is_lost = median >= MANY_LOST && applied.is_none_or(|applied| applied <= APPLIED);
    (first.is_some() || is_lost).then_some(Absorption { median, most, applied, first })
}

fn noise(learner: &Learner, chaotic: Option<Saturation>) -> Option<NoiseJudgement> {
    let largest = measured::largest(learner)?;
    // NSR² = (1 − descent)² + τ²: a small ratio is never one-sided by more than itself.
    let is_one_sided = |layer: &MeasuredLayer| {
        let by = layer.own.descent.map_or(f64::NAN, |descent| (1.0 - descent.value()).abs());
        layer.own.noise_to_signal.value() >= ONE_SIDED && (by.is_nan() || by >= ONE_SIDED)
    };
    Some(NoiseJudgement {
        largest,
        first_above: measured::first_above(learner),
        chaotic,
        meaning: match largest.ratio < THIRD {
            false => MinibatchMeaning::Noticeable,
            true if measured::places(learner).any(|(_, layer)| is_one_sided(layer)) => MinibatchMeaning::OneSided,
            true => MinibatchMeaning::Harmless,
        },
        is_complete: measured::knows_every_ratio(learner),
    })
}

impl TrainingRunJudgement {
    /// The name of the arithmetic without a learner's limit.
    pub fn without(&self, learner: &LearnerJudgement) -> Option<&str> {
        Some(self.learners.get(learner.without?)?.name.as_str())
    }
}
