//! When learning stops, and whether it is rounding: each activation's training in sentences.

use super::facts;
use super::measured::{self, Largest};
use crate::record::training::{
    Cause, Course, End, Learner, Measure, MeasuredLayer, Saturation, Training, TrainingRun, WINDOW,
};
use crate::record::{Number, Verdict};
use crate::report::numbers::{Notation, short};

/// Share of due updates from which on it is told that they are lost.
const MANY_LOST: f64 = 0.1;

/// Part of minibatch noise below which rounding noise does not matter: it adds at most a ninth to the variance.
const HARMLESS: f64 = 1.0 / 3.0;

/// Distance from f64's parameters, over what f64 has learnt, from which on a copy is elsewhere.
const FAR: f64 = 0.1;

/// An activation: a sentence on f64's own copy, then one paragraph per arithmetic.
pub fn paragraphs(training: &Training, run: &TrainingRun, notation: Notation) -> Vec<String> {
    let mut paragraphs = vec![format!("{}: {}", run.activation, reference(training, run, notation))];
    paragraphs.extend(run.learners.iter().map(|learner| paragraph(training, run, learner, notation)));
    paragraphs
}

/// What f64's own copy learns.
pub fn reference(training: &Training, run: &TrainingRun, notation: Notation) -> String {
    let (course, target) = (&run.reference, short(training.spec.target_loss, notation));
    if let Some(failure) = failure(course) {
        let step = course.end.step().unwrap_or(0);
        return format!("f64 itself stops at step {step}: {failure}.");
    }
    let reached = match course.reached(training.spec.target_loss) {
        Some(step) => format!("reaches loss {target} at step {step}"),
        None => format!("does not reach loss {target} in {}", steps(course.losses.len())),
    };
    let last = match course.last_loss() {
        Number::None => "has no loss yet".into(),
        loss => format!("ends at {}", short(loss.value(), notation)),
    };
    let held_out = measured::at_end(course).map_or(String::new(), |_| {
        let (shown, samples) = (measured::at_end_in_words(course, notation), facts::samples(training));
        match training.spec.has_classes() {
            true => format!(" with {shown} of held-out {samples} right"),
            false => format!(" with loss {shown} on held-out {samples}"),
        }
    });
    format!("f64 {reached} and {last}{held_out}.")
}

fn steps(count: usize) -> String {
    if count == 1 { "1 step".into() } else { format!("{count} steps") }
}

/// `Unfinished: 120 of 500 steps were made.`
pub fn unfinished(training: &Training) -> Option<String> {
    let (made, asked) = (training.steps_done, training.spec.steps);
    (made < asked).then(|| format!("Unfinished: {made} of {asked} steps were made."))
}

/// One arithmetic's copy.
pub fn paragraph(training: &Training, run: &TrainingRun, learner: &Learner, notation: Notation) -> String {
    let mut sentences = vec![learning(training, run, learner, notation)];
    sentences.extend(minibatch(learner, notation));
    if let Some(saturation) = &learner.outcome.first_saturation {
        sentences.extend(saturated(learner, saturation, notation));
    } else if let Some((measure, layer)) = measured::only_at_reference(learner) {
        sentences.push(spared(measure, layer, notation));
    }
    sentences.extend(lost(learner, notation));
    sentences.join(" ")
}

/// What stopped a copy for good, if anything did.
pub fn failure(course: &Course) -> Option<&'static str> {
    match course.end {
        End::Completed => None,
        End::ParametersNotFinite { .. } => Some("the update made parameters infinite or NaN"),
        End::ScaleVanished { .. } => Some("no loss scale, however small, left a gradient finite"),
        End::BeyondDoubles { .. } => Some("the update led beyond the numbers of binary64"),
    }
}

/// Whether it learns, and until when.
fn learning(training: &Training, run: &TrainingRun, learner: &Learner, notation: Notation) -> String {
    let (name, outcome) = (&learner.name, &learner.outcome);
    if let (Some(failure), Some(step)) = (failure(&learner.course), learner.course.end.step()) {
        return format!("{name} stopped at step {step}: {failure}.");
    }
    let target = short(training.spec.target_loss, notation);
    let by_reference = run.reference.reached(training.spec.target_loss);
    let known = |step: Option<usize>| step.map_or("never".into(), |step: usize| step.to_string());
    let mut sentence = match outcome.reached {
        Some(step) => format!("In {name} it reaches loss {target} at step {step} (f64: {})", known(by_reference)),
        None => format!(
            "In {name} it does not reach loss {target} (f64: {})",
            match by_reference {
                Some(step) => format!("at step {step}"),
                None => "neither".into(),
            }
        ),
    };
    if let Some(last) = outcome.last_progress {
        let reference = known(run.reference.last_progress());
        sentence += &format!(" and last lowers its loss at step {last} (f64: {reference})");
    } else if learner.course.losses.len() > WINDOW {
        sentence += " and never lowers its loss";
    }
    sentence + "."
}

/// Rounding noise held against minibatch noise.
fn minibatch(learner: &Learner, notation: Notation) -> Option<String> {
    let most = measured::largest(learner)?;
    let Largest { step, layer, .. } = most;
    Some(match measured::first_above(learner) {
        None if most.ratio == 0.0 => "There is no rounding noise.".into(),
        None => {
            let is_sound = learner.outcome.first_saturation.is_none() && learner.course.end.step().is_none();
            let is_harmless = is_sound && most.ratio < HARMLESS;
            let harmless = if is_harmless { ": harmless" } else { "" };
            let ratio = times(most.ratio, notation);
            let place = if measured::knows_every_ratio(learner) { "everywhere" } else { "wherever both are known" };
            format!(
                "Rounding noise stays below minibatch noise {place} (at most {ratio} of it, at step {step} in layer {layer}){harmless}."
            )
        }
        Some(first) if (first.step, first.layer) == (step, layer) => {
            let ratio = times(most.ratio, notation);
            format!(
                "Rounding noise exceeds minibatch noise first and most at step {step} in layer {layer} ({ratio} times it)."
            )
        }
        Some(first) => format!(
            "Rounding noise exceeds minibatch noise first at step {} in layer {}, and most at step {step} in layer {layer} ({} times it).",
            first.step,
            first.layer,
            times(most.ratio, notation)
        ),
    })
}

/// Where saturation first rules, whether it is the arithmetic's own doing, and whether it passes.
fn saturated(learner: &Learner, saturation: &Saturation, notation: Notation) -> Vec<String> {
    let Saturation { step, layer, layers, cause, verdict } = *saturation;
    let more = match layers {
        0 | 1 => String::new(),
        2 => " and 1 more".into(),
        _ => format!(" and {} more", layers - 1),
    };
    let mut sentences = vec![format!("From step {step} on, in layer {layer}{more}, {}.", rules(cause, verdict))];
    if let Some((measure, layer)) = measured::at(learner, step, layer) {
        sentences.extend(blame(measure, layer, cause, notation));
    }
    match learner.outcome.recovered {
        Some(step) => {
            sentences.push(format!("From step {step} on no layer is saturated, and its loss is lower: it recovers."));
        }
        // What failed recovers from nothing.
        None if learner.course.end.step().is_none() => sentences.push("It does not recover.".into()),
        None => {}
    }
    sentences
}

fn rules(cause: Cause, verdict: Verdict) -> String {
    match cause {
        Cause::TrueZero => "the true gradient is zero, which no arithmetic cures".into(),
        Cause::Flushed => "underflow makes zeros of the gradient".into(),
        Cause::Flips => format!("the gradient is noise ({verdict}), made by branch flips"),
        Cause::Rounding => format!("the gradient is noise ({verdict}), made by rounding without flips"),
        Cause::LostUpdates => "updates are lost, too small to change what they are added to".into(),
        Cause::Overflow => "the gradient or a parameter is infinite or NaN".into(),
    }
}

/// A gradient's verdict as what the gradient is.
fn state(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Vanished => "zero by underflow",
        Verdict::Dead | Verdict::DeadWithGhosts => "zero in truth",
        Verdict::Overflow => "infinite or NaN",
        verdict => verdict.name(),
    }
}

/// Tells a gradient that the arithmetic spoils from a copy that has gone elsewhere.
fn blame(measure: &Measure, layer: &MeasuredLayer, cause: Cause, notation: Notation) -> Option<String> {
    let reference = layer.at_reference.as_ref()?;
    if cause == Cause::LostUpdates {
        return None;
    }
    if measured::is_saturated(reference) {
        let itself = match reference.verdict {
            Verdict::Dead | Verdict::DeadWithGhosts => "f64's network is dead there, too",
            Verdict::Vanished | Verdict::Overflow => "the format's range is to blame, wherever the copy is",
            _ => "its gradient is noise, wherever the copy is",
        };
        return Some(format!("At f64's parameters of that step it is {}: {itself}.", state(reference.verdict)));
    }
    Some(format!(
        "At f64's parameters of that step it is {}{}.",
        state(reference.verdict),
        elsewhere(measure, notation)
    ))
}

/// `: the copy is elsewhere by now (at a distance of 1.3 times what f64 has learnt)`.
fn elsewhere(measure: &Measure, notation: Notation) -> String {
    let Some(distance) = measure.distance.finite() else { return String::new() };
    let at = format!("(at a distance of {} times what f64 has learnt)", times(distance, notation));
    match distance < FAR {
        true => format!(", though the copy is near them {at}"),
        false => format!(": the copy is elsewhere by now {at}"),
    }
}

/// Saturated at f64's parameters and nowhere at its own.
fn spared(measure: &Measure, layer: &MeasuredLayer, notation: Notation) -> String {
    let verdict = layer.at_reference.as_ref().map_or(layer.own.verdict, |track| track.verdict);
    format!(
        "At f64's parameters of step {} layer {} would be {}, at its own it is {}{}.",
        measure.step,
        layer.layer,
        state(verdict),
        state(layer.own.verdict),
        elsewhere(measure, notation)
    )
}

fn lost(learner: &Learner, notation: Notation) -> Option<String> {
    let (median, most) = measured::lost(learner).filter(|(median, _)| *median >= MANY_LOST)?;
    let [median, most] = [median, most].map(|share| short(100.0 * share, notation));
    let spread = match median == most {
        true => format!("{median} % of the updates that are due are lost"),
        false => format!("At the median step {median} % of the updates that are due are lost, at the worst {most} %"),
    };
    // Rounding by chance loses most updates and makes the others larger.
    let arriving = measured::arriving(learner);
    let arriving = arriving.map_or(String::new(), |part| {
        format!("; of the true update {} % arrives in the median layer", times(100.0 * part, notation))
    });
    Some(format!("{spread}{arriving}."))
}

/// A ratio to two digits.
pub fn times(ratio: f64, notation: Notation) -> String {
    short(format!("{ratio:.1e}").parse().unwrap_or(ratio), notation)
}
