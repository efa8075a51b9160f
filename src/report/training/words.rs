//! When learning stops, and whether it is rounding: each activation's training in sentences.

use super::control::control;
use super::facts::{failure, times};
use super::{events, measured};
use crate::judgement::MinibatchMeaning;
use crate::judgement::training::measured::Largest;
use crate::judgement::training::{Absorption, Applied, LearnerJudgement, Limit, NoiseJudgement, judge_run, saturation};
use crate::record::Verdict;
use crate::record::training::{
    Cause, Event, EventKind, Learner, Measure, MeasuredSite, Saturation, Training, TrainingRun, WINDOW,
};
use crate::report::numbers::{Notation, short};

/// Distance from f64's parameters, relative to how far f64 has moved, from which a copy has drifted away.
const FAR: f64 = 0.1;

/// An activation: the control, then one paragraph per format.
pub fn paragraphs(training: &Training, run: &TrainingRun, notation: Notation) -> Vec<String> {
    let mut paragraphs = vec![format!("{}: {}", run.activation, reference(training, run, notation))];
    paragraphs.extend(run.learners.iter().map(|learner| paragraph(training, run, learner, notation)));
    paragraphs
}

/// The control: whether f64's own copy learns.
pub fn reference(training: &Training, run: &TrainingRun, notation: Notation) -> String {
    control(training, run, &judge_run(training, run), notation)
}

/// `Unfinished: 120 of 500 steps were made.`
pub fn unfinished(training: &Training) -> Option<String> {
    let (made, asked) = (training.steps_done, training.spec.steps);
    (made < asked).then(|| format!("Unfinished: {made} of {asked} steps were made."))
}

/// One format's copy: whether it learns, events, lost gradients and updates, and only then noise.
pub fn paragraph(training: &Training, run: &TrainingRun, learner: &Learner, notation: Notation) -> String {
    let judged = judge_run(training, run);
    let mut sentences = vec![learning(training, run, learner, notation)];
    let Some(own) = judged.learners.iter().find(|one| one.name == learner.name) else { return sentences.concat() };
    if own.limit == Limit::Control {
        sentences.push("No format is to blame, since f64 does not learn this network either.".into());
        return sentences.join(" ");
    }
    sentences.extend(own.events.iter().flatten().map(|event| events::sentence(event, learner, own, notation)));
    sentences.extend(own.range.iter().flat_map(|saturation| saturated(learner, saturation, notation)));
    sentences.extend(own.long.map(|lengths| events::lengths(&lengths, true, notation)));
    sentences.extend(own.short.map(|lengths| events::lengths(&lengths, false, notation)));
    sentences.extend(own.absorption.iter().flat_map(|absorption| absorbed(learner, absorption, notation)));
    let chaotic = own.noise.and_then(|noise| noise.chaotic);
    sentences.extend(chaotic.iter().flat_map(|saturation| saturated(learner, saturation, notation)));
    sentences.extend(own.noise.map(|noise| minibatch(&noise, own.is_harmless(), notation)));
    if saturation(learner).is_none()
        && let Some((measure, layer)) = measured::only_at_reference(learner)
    {
        sentences.push(spared(measure, layer, notation));
    }
    sentences.extend(judged.without(own).map(|other| format!("{other} in this list does not have this problem.")));
    sentences.join(" ")
}

/// What limits a copy, in a sentence or two.
pub fn limit(learner: &Learner, judged: &LearnerJudgement, notation: Notation) -> String {
    let sentences = match judged.limit {
        Limit::Control | Limit::Nothing => Vec::new(),
        Limit::Event { event } => {
            // Of a forward pass whose steps are skipped, why the scale keeps falling.
            let is_skipped = |one: &&Event| matches!(one.kind, EventKind::SkippedForward);
            let event = judged.events.iter().flatten().find(is_skipped).unwrap_or(&event);
            vec![events::sentence(event, learner, judged, notation)]
        }
        Limit::Failed { step } => {
            failure(&learner.course).map(|words| format!("it stops at step {step}: {words}.")).into_iter().collect()
        }
        Limit::ZeroGradient { saturation } | Limit::Range { saturation } => {
            saturated(learner, &saturation, notation)[..1].to_vec()
        }
        Limit::LongUpdates { lengths } => vec![events::lengths(&lengths, true, notation)],
        Limit::ShortUpdates { lengths } => vec![events::lengths(&lengths, false, notation)],
        Limit::Absorption { absorption } => absorbed(learner, &Absorption { first: None, ..absorption }, notation),
        Limit::Noise { saturation, .. } => match (saturation, judged.noise) {
            (Some(saturation), _) => saturated(learner, &saturation, notation)[..1].to_vec(),
            (None, noise) => noise.iter().map(|noise| minibatch(noise, false, notation)).collect(),
        },
    };
    sentences.join(" ")
}

/// Whether it learns, and until when.
pub fn learning(training: &Training, run: &TrainingRun, learner: &Learner, notation: Notation) -> String {
    let (name, outcome) = (&learner.name, &learner.outcome);
    if let (Some(failure), Some(step)) = (failure(&learner.course), learner.course.end.step()) {
        return format!("{name} stops at step {step}: {failure}.");
    }
    let target = short(training.spec.target_loss, notation);
    let by_reference = run.reference.reached(training.spec.target_loss);
    let mut sentence = match (outcome.reached, by_reference) {
        (Some(step), Some(reference)) => format!("{name} reaches loss {target} at step {step} (f64: {reference})"),
        (Some(step), None) => format!("{name} reaches loss {target} at step {step} (f64 does not)"),
        (None, Some(reference)) => format!("{name} does not reach loss {target} (f64 does, at step {reference})"),
        (None, None) => format!("{name} does not reach loss {target}, nor does f64"),
    };
    if let Some(last) = outcome.last_progress {
        let reference = run.reference.last_progress().map_or("never".into(), |step| step.to_string());
        sentence += &format!("; its last improvement is at step {last} (f64: {reference})");
    } else if learner.course.losses.len() > WINDOW {
        sentence += "; its loss never improves";
    }
    sentence + "."
}

/// Rounding noise relative to minibatch noise.
pub fn minibatch(noise: &NoiseJudgement, is_harmless: bool, notation: Notation) -> String {
    let Largest { ratio, step, layer } = noise.largest;
    let times = times(ratio, notation);
    match noise.first_above {
        None if ratio == 0.0 => "There is no rounding noise.".into(),
        None => {
            let meaning = match noise.meaning {
                MinibatchMeaning::Harmless if is_harmless => ": harmless",
                MinibatchMeaning::OneSided => ", but it is one-sided and does not average out",
                _ => "",
            };
            let place = if noise.is_complete { "throughout" } else { "wherever both are known" };
            format!(
                "Rounding noise stays below minibatch noise {place} (at most {times} of it, at step {step} in layer {layer}){meaning}."
            )
        }
        Some(first) if (first.step, first.layer) == (step, layer) => format!(
            "Rounding noise exceeds minibatch noise first and most at step {step} in layer {layer} ({times} times it)."
        ),
        Some(first) => format!(
            "Rounding noise exceeds minibatch noise first at step {} in layer {}, and most at step {step} in layer {layer} ({times} times it).",
            first.step, first.layer
        ),
    }
}

/// Where saturation first dominates, whether the format is the reason, and whether it passes.
fn saturated(learner: &Learner, saturation: &Saturation, notation: Notation) -> Vec<String> {
    let Saturation { step, site, sites, cause, verdict } = *saturation;
    let more = match sites {
        0 | 1 => String::new(),
        2 => " and 1 more".into(),
        _ => format!(" and {} more", sites - 1),
    };
    let mut sentences = vec![format!("From step {step} on, in layer {site}{more}, {}.", dominates(cause, verdict))];
    if let Some((measure, layer)) = measured::at(learner, step, site) {
        sentences.extend(blame(measure, layer, cause, notation));
    }
    match learner.outcome.recovered {
        Some(step) => {
            sentences
                .push(format!("From step {step} on no layer is saturated, and its loss is lower, so it recovers."));
        }
        // A failed copy cannot recover.
        None if learner.course.end.step().is_none() => sentences.push("It does not recover.".into()),
        None => {}
    }
    sentences
}

fn dominates(cause: Cause, verdict: Verdict) -> String {
    match cause {
        Cause::TrueZero => "the exact gradient is zero; no format can help".into(),
        Cause::Flushed => "the gradient underflows to zero".into(),
        Cause::Flips => format!("the gradient is noise ({verdict}), mostly from branch flips"),
        Cause::Rounding => format!("the gradient is noise ({verdict}), mostly from rounding without flips"),
        Cause::LostUpdates => "parameters absorb updates, which are too small to change them".into(),
        Cause::Overflow => "the gradient or a parameter is infinite or NaN".into(),
    }
}

/// A gradient's verdict as what the gradient is.
fn state(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Underflow => "zero by underflow",
        Verdict::Zero => "exactly zero",
        Verdict::Overflow => "infinite or NaN",
        verdict => verdict.name(),
    }
}

/// Separates gradients that the format spoils from parameter drift.
fn blame(measure: &Measure, layer: &MeasuredSite, cause: Cause, notation: Notation) -> Option<String> {
    let reference = layer.at_reference.as_ref()?;
    if cause == Cause::LostUpdates {
        return None;
    }
    if measured::is_saturated(reference) {
        let itself = match reference.verdict {
            Verdict::Zero => "it is for f64, too",
            Verdict::Underflow | Verdict::Overflow => "the format's range is the reason, not parameter drift",
            _ => "rounding noise is the reason, not parameter drift",
        };
        return Some(format!("At f64's parameters of that step it is {}: {itself}.", state(reference.verdict)));
    }
    Some(format!(
        "At f64's parameters of that step it is {}{}.",
        state(reference.verdict),
        elsewhere(measure, notation)
    ))
}

/// `: the parameters have drifted (by 1.3 times the distance that f64 has moved)`.
fn elsewhere(measure: &Measure, notation: Notation) -> String {
    let Some(distance) = measure.distance.finite() else { return String::new() };
    let at = format!("(by {} times the distance that f64 has moved)", times(distance, notation));
    match distance < FAR {
        true => format!(", although the parameters have hardly drifted {at}"),
        false => format!(": the parameters have drifted {at}"),
    }
}

/// Saturated at f64's parameters but not at its own.
fn spared(measure: &Measure, layer: &MeasuredSite, notation: Notation) -> String {
    let verdict = layer.at_reference.as_ref().map_or(layer.own.verdict, |track| track.verdict);
    format!(
        "At f64's parameters of step {} layer {} would be {}; at its own it is {}{}.",
        measure.step,
        layer.site,
        state(verdict),
        state(layer.own.verdict),
        elsewhere(measure, notation)
    )
}

/// Updates that parameters absorb: where, and how much of them is applied.
fn absorbed(learner: &Learner, absorption: &Absorption, notation: Notation) -> Vec<String> {
    let mut sentences: Vec<String> =
        absorption.first.iter().flat_map(|saturation| saturated(learner, saturation, notation)).collect();
    let Applied { share, error } = absorption.applied;
    let share = times(100.0 * share, notation);
    let applied = match error {
        None => format!("{share} % of the exact update is applied in the median layer"),
        Some(error) => {
            let error = times(100.0 * error, notation);
            format!("{share} % of the exact update is applied on average (standard error {error} %)")
        }
    };
    let [median, most] = [absorption.median, absorption.most].map(|share| short(100.0 * share, notation));
    let lost = match median == most {
        true => format!("{median} % of the non-zero updates are rounded away"),
        false => {
            format!("{median} % of the non-zero updates are rounded away at the median step, {most} % at the worst")
        }
    };
    sentences.push(format!("{applied}: {lost}."));
    sentences
}
