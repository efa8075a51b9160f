//! Remedies: what was tried against an arithmetic's noise, what each was seen to do, and the cheapest that is enough.

use super::exact::ExactJudgement;
use super::instead::{Cost, cost_of_change, instead};
use super::{NO_NOISE, enough_of, median, whole};
use crate::record::{ArithmeticRun, LOWER, LayerRun, Number, Quantiles, Remedy, RemedyKind, Run, Verdict, WholeTrial};
use serde::Serialize;

/// A remedy: a change that was tried, or an arithmetic of the list.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "remedy", rename_all = "snake_case")]
pub enum RemedyName {
    /// A change of the arithmetic.
    Change {
        /// Which.
        kind: RemedyKind,
        /// The arithmetic or policy with it.
        name: String,
        /// log₂ of the loss scale it ran with.
        log2_loss_scale: i32,
    },
    /// Another arithmetic of the list.
    Arithmetic {
        /// Canonical name.
        name: String,
    },
}

/// A remedy and what it was seen to do.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tried {
    /// Which.
    pub remedy: RemedyName,
    /// How many times the largest noise of all layers falls (median over the paired trials); infinite where an overflow
    /// ends.
    pub times: Number,
    /// Layer 1's noise under it.
    pub first: Quantiles,
    /// How many times layer 1's median noise falls; infinite where an overflow ends, none where there is nothing to compare.
    pub first_times: Number,
    /// In how many trials the largest noise falls at least 1.5 times.
    pub lower: usize,
    /// In how many trials every layer whose truth is not zero is sound.
    pub sound: usize,
    /// In how many of all trials a layer overflows or underflows under it.
    pub lost: usize,
    /// Trials in which a layer's exact gradient is not zero.
    pub of: usize,
    /// Loss scaling where no entry of a gradient underflows or overflows, or by the scale that the run has anyway.
    pub is_needless: bool,
    /// What that amounts to.
    pub effect: Effect,
}

/// What a remedy amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Every layer is sound in enough trials, and none overflows or underflows in any.
    Enough,
    /// The largest noise falls at least 1.5 times in enough trials, and no layer overflows or underflows in any.
    Gain,
    /// Neither.
    None,
}

/// What to do about an arithmetic's noise.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "advice", rename_all = "snake_case")]
pub enum Advice {
    /// Every layer whose truth is not zero is sound.
    NotNeeded,
    /// No format helps: the exact gradient is zero, or it vanishes by depth.
    NoFormatHelps,
    /// The cheapest remedy that is enough, by its place among those tried.
    Enough {
        /// Its place.
        place: usize,
    },
    /// None is enough; the one with the largest gain.
    Gain {
        /// Its place.
        place: usize,
    },
    /// Remedies were tried, and none helps.
    NoneHelps,
    /// None was tried, or the record does not tell trial by trial.
    NotMeasured,
}

/// Everything that was tried against the noise of an arithmetic of a run, the cheapest first, and what to do: the changes
/// whose trials are recorded, and the arithmetics of the list that may take its place, unless it needs no remedy or none
/// helps.
pub(super) fn judge(run: &Run, index: usize, exact: &ExactJudgement) -> (Vec<Tried>, Advice) {
    let Some(subject) = run.arithmetics.get(index) else { return (Vec::new(), Advice::NotMeasured) };
    let before = whole::trials(subject);
    let without_remedy = without_remedy(subject, exact, &before);
    let mut all: Vec<(Cost, Tried)> = changes(subject, &before).collect();
    if without_remedy.is_none() && subject.external.is_none() {
        all.extend(listed(run, index, &before));
    }
    all.sort_by_key(|(cost, _)| *cost);
    let tried: Vec<Tried> = all.into_iter().map(|(_, tried)| tried).collect();
    let advice = without_remedy.unwrap_or_else(|| choice(subject, &tried));
    (tried, advice)
}

/// The changes whose trials are recorded.
fn changes<'a>(subject: &'a ArithmeticRun, before: &'a [WholeTrial]) -> impl Iterator<Item = (Cost, Tried)> + 'a {
    subject.remedies.iter().filter_map(move |remedy| {
        let after = remedy.trials.as_ref()?;
        let (kind, log2_loss_scale) = (remedy.kind, remedy.log2_loss_scale);
        let name = RemedyName::Change { kind, name: remedy.name.clone(), log2_loss_scale };
        let first = remedy.layers.first().map(|layer| layer.noise_to_signal);
        let seen = seen(name, before, after, is_needless(subject, remedy));
        Some(((cost_of_change(kind), 0, 0), seen.at_first(subject, first)))
    })
}

/// The arithmetics of the list that may take the place of one.
fn listed<'a>(run: &'a Run, index: usize, before: &'a [WholeTrial]) -> impl Iterator<Item = (Cost, Tried)> + 'a {
    let subject = &run.arithmetics[index];
    let others = run.arithmetics.iter().enumerate();
    let others = others.filter(move |(place, other)| *place != index && other.external.is_none());
    others.filter_map(move |(place, other)| {
        let (name, cost) = instead(subject, other, place)?;
        let first = other.layers.first().map(|layer| *layer.noise());
        Some((cost, seen(name, before, &whole::trials(other), false).at_first(subject, first)))
    })
}

/// The advice where no remedy is looked for: none helps, none is needed, or nothing is known.
fn without_remedy(subject: &ArithmeticRun, exact: &ExactJudgement, trials: &[WholeTrial]) -> Option<Advice> {
    let is_zero = subject.layers.first().is_some_and(|layer| layer.verdict.verdict == Verdict::Zero);
    if exact.is_network_fault || is_zero && exact.state.is_none() {
        return Some(Advice::NoFormatHelps);
    }
    if !trials.iter().any(|trial| trial.verdict.is_ordered()) {
        return Some(Advice::NotMeasured);
    }
    let measured = trials.iter().filter(|trial| trial.verdict != Verdict::Zero).count();
    let sound = trials.iter().filter(|trial| trial.verdict == Verdict::Sound).count();
    (sound >= enough_of(measured) && !trials.iter().any(is_lost)).then_some(Advice::NotNeeded)
}

/// The cheapest remedy that is enough, else the largest gain.
fn choice(subject: &ArithmeticRun, tried: &[Tried]) -> Advice {
    // Of a remedy without trials nothing can be said, so that no other is known to be cheaper.
    if tried.is_empty() || subject.remedies.iter().any(|remedy| remedy.trials.is_none()) {
        return Advice::NotMeasured;
    }
    if let Some(place) = tried.iter().position(|one| one.effect == Effect::Enough) {
        return Advice::Enough { place };
    }
    let gains = tried.iter().enumerate().filter(|(_, one)| one.effect == Effect::Gain);
    let largest = gains.reduce(|best, next| if next.1.times.value() > best.1.times.value() { next } else { best });
    largest.map_or(Advice::NoneHelps, |(place, _)| Advice::Gain { place })
}

fn is_lost(trial: &WholeTrial) -> bool {
    matches!(trial.verdict, Verdict::Underflow | Verdict::Overflow)
}

/// What a remedy was seen to do, trial by trial.
fn seen(remedy: RemedyName, before: &[WholeTrial], after: &[WholeTrial], is_needless: bool) -> Tried {
    // Trials in which every exact gradient is zero say nothing of either.
    let pairs = before.iter().enumerate().map(|(trial, before)| (before, after.get(trial)));
    let is_measured = |(before, after): &(&WholeTrial, Option<&WholeTrial>)| {
        before.verdict != Verdict::Zero || after.is_some_and(|after| after.verdict != Verdict::Zero)
    };
    let pairs: Vec<(&WholeTrial, Option<&WholeTrial>)> = pairs.filter(is_measured).collect();
    let falls: Vec<Number> = pairs
        .iter()
        .map(|(before, after)| after.map_or(Number::None, |after| fall(before.worst_noise, after.worst_noise)))
        .collect();
    let of = pairs.len();
    let lower = falls.iter().filter(|times| times.value() >= LOWER).count();
    let sound = pairs.iter().filter(|(_, after)| after.is_some_and(|after| after.verdict == Verdict::Sound)).count();
    let lost = after.iter().filter(|trial| is_lost(trial)).count();
    let needed = enough_of(of);
    let counts = of > 0 && lost == 0 && lower >= needed && !is_needless;
    let effect = match (counts, sound >= needed) {
        (true, true) => Effect::Enough,
        (true, false) => Effect::Gain,
        _ => Effect::None,
    };
    let (first, first_times) = (NO_NOISE, Number::None);
    Tried { remedy, times: median(falls.into_iter()), first, first_times, lower, sound, lost, of, is_needless, effect }
}

impl Tried {
    /// With what layer 1's noise becomes.
    fn at_first(self, subject: &ArithmeticRun, first: Option<Quantiles>) -> Tried {
        let (Some(before), Some(first)) = (subject.layers.first(), first) else { return self };
        let before = before.noise();
        let first_times = match (before.median, first.median) {
            _ if before.at_most => Number::None,
            (before, after) => fall(before, after),
        };
        Tried { first, first_times, ..self }
    }
}

/// How many times noise falls; infinite where an overflow or all noise ends.
fn fall(before: Number, after: Number) -> Number {
    match (before, after) {
        (Number::None, _) | (_, Number::None) => Number::None,
        (x, y) if x == y => Number::Finite(1.0),
        (x, y) => Number::new(x.value() / y.value()),
    }
}

/// Loss scaling where no entry of any layer underflows or overflows, or where it changes nothing.
fn is_needless(arithmetic: &ArithmeticRun, remedy: &Remedy) -> bool {
    let loses = |layer: &LayerRun| {
        layer.fates.flushed > 0 || layer.fates.overflowed > 0 || layer.verdict.verdict == Verdict::Underflow
    };
    let changes_nothing = remedy.log2_loss_scale == arithmetic.log2_loss_scale.unwrap_or(0);
    remedy.kind == RemedyKind::LossScaling && (changes_nothing || !arithmetic.layers.iter().any(loses))
}
