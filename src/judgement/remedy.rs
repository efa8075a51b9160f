//! Remedies: the changes tried to reduce an arithmetic's noise, their measured effects, and the cheapest sufficient
//! one.

use super::exact::ExactJudgement;
use super::instead::{Cost, cost_of_change, instead};
use super::medians::{NO_NOISE, median};
use super::remedy_name::RemedyName;
use super::whole;
use crate::record::enough_of;
use crate::record::{ArithmeticRun, LOWER, Number, Quantiles, Remedy, RemedyKind, Run, SiteRun, Verdict, WholeTrial};
use schemars::JsonSchema;
use serde::Serialize;

/// A remedy and its measured effect.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Tried {
    /// Which.
    pub remedy: RemedyName,
    /// How many times the largest noise of all layers falls (median over the paired trials); infinite where an overflow
    /// ends.
    pub times: Number,
    /// The same by paired trial.
    pub trials: Vec<Number>,
    /// Layer 1's noise under it.
    pub first: Quantiles,
    /// How many times layer 1's median noise falls; infinite if an overflow ends, `None` if there is nothing to
    /// compare.
    pub first_times: Number,
    /// The same of two trials whose noise differs: of the lesser and of the greater noise, which are no pairs of
    /// trials.
    pub first_times_of_two: Option<[Number; 2]>,
    /// Number of trials in which the largest noise falls at least 1.5 times.
    pub lower: usize,
    /// Number of trials in which every layer with a nonzero exact gradient is sound.
    pub sound: usize,
    /// Number of trials in which a layer overflows or underflows with it.
    pub lost: usize,
    /// Trials in which a layer's exact gradient is not zero.
    pub of: usize,
    /// Loss scaling where no entry of a gradient underflows or overflows, or by the scale that the run has anyway.
    pub is_needless: bool,
    /// The assessment.
    pub effect: Effect,
}

/// The assessment of a remedy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Every layer is sound in enough trials, and none overflows or underflows in any.
    Enough,
    /// The largest noise falls at least 1.5 times in enough trials, and no layer overflows or underflows in any.
    Gain,
    /// None of these.
    None,
}

/// What to do about an arithmetic's noise.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "advice", rename_all = "snake_case")]
pub enum Advice {
    /// Every layer with a nonzero exact gradient is sound.
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
    /// None was tried, or the record does not have the trials.
    NotMeasured,
}

/// Everything that was tried to reduce the noise of an arithmetic of a run, the cheapest first, and the advice: the
/// changes whose trials are recorded, and the arithmetics of the list that may replace it, unless it needs no remedy or
/// none helps.
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
        let first = remedy.sites.first().map(|layer| layer.noise_to_signal);
        let seen = seen(name, before, after, is_needless(subject, remedy));
        Some(((cost_of_change(kind), 0, 0), seen.at_first(subject, first)))
    })
}

/// The arithmetics of the list that may replace one.
fn listed<'a>(run: &'a Run, index: usize, before: &'a [WholeTrial]) -> impl Iterator<Item = (Cost, Tried)> + 'a {
    let subject = &run.arithmetics[index];
    let others = run.arithmetics.iter().enumerate();
    let others = others.filter(move |(place, other)| *place != index && other.external.is_none());
    others.filter_map(move |(place, other)| {
        let (name, cost) = instead(subject, other, place)?;
        let first = other.sites.first().map(|layer| *layer.noise());
        Some((cost, seen(name, before, &whole::trials(other), false).at_first(subject, first)))
    })
}

/// The advice if no remedy is searched for: none helps, none is needed, or nothing is known.
fn without_remedy(subject: &ArithmeticRun, exact: &ExactJudgement, trials: &[WholeTrial]) -> Option<Advice> {
    let is_zero = subject.sites.first().is_some_and(|layer| layer.verdict.verdict == Verdict::Zero);
    if exact.is_network_fault || is_zero && exact.state.is_none() {
        // What no format helps against does no harm to an arithmetic whose own noise is small.
        let is_sound = !is_zero && trials.iter().any(|trial| trial.verdict != Verdict::Zero) && is_sound(trials);
        return Some(if is_sound { Advice::NotNeeded } else { Advice::NoFormatHelps });
    }
    if !trials.iter().any(|trial| trial.verdict.is_ordered()) {
        return Some(Advice::NotMeasured);
    }
    is_sound(trials).then_some(Advice::NotNeeded)
}

/// Whether every layer whose truth is not zero is sound in enough trials, and none is lost in any.
fn is_sound(trials: &[WholeTrial]) -> bool {
    let measured = trials.iter().filter(|trial| trial.verdict != Verdict::Zero).count();
    let sound = trials.iter().filter(|trial| trial.verdict == Verdict::Sound).count();
    sound >= enough_of(measured) && !trials.iter().any(is_lost)
}

/// The cheapest sufficient remedy, otherwise the one with the largest gain.
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

/// The measured effect of a remedy, trial by trial.
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
    let times = median(falls.iter().copied());
    let (first, first_times, first_times_of_two) = (NO_NOISE, Number::None, None);
    Tried {
        remedy,
        times,
        trials: falls,
        first,
        first_times,
        first_times_of_two,
        lower,
        sound,
        lost,
        of,
        is_needless,
        effect,
    }
}

impl Tried {
    /// Adds layer 1's noise.
    fn at_first(self, subject: &ArithmeticRun, first: Option<Quantiles>) -> Tried {
        let (Some(before), Some(first)) = (subject.sites.first(), first) else { return self };
        let (shown, before) = (before.shown_noise(), before.noise());
        let first_times = if shown.at_most { Number::None } else { fall(before.median, first.median) };
        let both = before.count == 2 && first.count == 2 && (before.both().is_some() || first.both().is_some());
        let ends = [(before.low, first.low), (before.high, first.high)];
        let of_two = (both && !before.at_most).then(|| ends.map(|(before, after)| fall(before, after)));
        Tried { first, first_times, first_times_of_two: of_two, ..self }
    }
}

/// Factor by which noise falls; infinite if an overflow or all noise ends.
pub(super) fn fall(before: Number, after: Number) -> Number {
    match (before, after) {
        (Number::None, _) | (_, Number::None) => Number::None,
        (x, y) if x == y => Number::Finite(1.0),
        (x, y) => Number::new(x.value() / y.value()),
    }
}

/// Loss scaling where no entry of any layer underflows or overflows, or where it changes nothing.
fn is_needless(arithmetic: &ArithmeticRun, remedy: &Remedy) -> bool {
    let loses = |layer: &SiteRun| {
        layer.fates.flushed > 0 || layer.fates.overflowed > 0 || layer.verdict.verdict == Verdict::Underflow
    };
    let changes_nothing = remedy.log2_loss_scale == arithmetic.log2_loss_scale.unwrap_or(0);
    remedy.kind == RemedyKind::LossScaling && (changes_nothing || !arithmetic.sites.iter().any(loses))
}
