//! The table: a row per format under each activation, and what its columns mean.

use super::facts::{self, times};
use super::measured;
use crate::judgement::training::{is_stochastic, saturation};
use crate::record::Number;
use crate::record::training::{Cause, Course, Learner, Saturation, Training, TrainingRun, WINDOW};
use crate::report::numbers::{Notation::Plain, short};
use crate::report::table::{Column, GiveWay, Table};

/// The name of f64's own copy.
const REFERENCE: &str = "reference";

/// Indentation of a format's name below its activation's.
pub(super) const INDENT: &str = "  ";

/// The table; names that would make it too wide have a line of their own.
pub fn table(training: &Training) -> Table {
    let target = format!("step of\nloss {}", short(training.spec.target_loss, Plain));
    let numbers = ["last\nloss", "held\nout", &*target].map(Column::right);
    let words =
        ["% applied\n/% lost", "noise/signal\nof layer 1", "rounding\n/minibatch", "saturated"].map(Column::left);
    let name = Column::left("\nprecision").giving_way(GiveWay::Above);
    let mut table = Table::new([name].into_iter().chain(numbers).chain(words));
    for run in &training.runs {
        table.group(run.activation.clone());
        table.push(reference(training, run));
        run.learners.iter().for_each(|learner| table.push(row(learner)));
    }
    table.notes = notes(training);
    table
}

fn reference(training: &Training, run: &TrainingRun) -> Vec<String> {
    let mut row = vec![format!("{INDENT}{REFERENCE}")];
    row.extend(course(&run.reference, run.reference.last_loss()));
    let reached = run.reference.reached(training.spec.target_loss);
    row.push(reached.map_or("—".into(), |step| step.to_string()));
    row.extend(["—", "—", "—", "—"].map(String::from));
    row
}

fn row(learner: &Learner) -> Vec<String> {
    let mut row = vec![format!("{INDENT}{}", learner.name)];
    row.extend(course(&learner.course, learner.outcome.last_loss));
    row.push(learner.outcome.reached.map_or("—".into(), |step| step.to_string()));
    row.extend([updates(learner), noise(learner), rounding(learner), saturated(learner)]);
    row
}

/// Last loss, and the result on the held-out samples at the end.
fn course(course: &Course, last: Number) -> [String; 2] {
    let last = if last == Number::None { "—".into() } else { short(last.value(), Plain) };
    [last, measured::at_end_in_words(course, Plain)]
}

/// Shares of the updates in per cent, what is applied and what is rounded away: `37/87`.
fn updates(learner: &Learner) -> String {
    let Some((lost, _)) = measured::lost(learner) else { return "—".into() };
    let applied = measured::applied(learner, is_stochastic(learner));
    let applied = applied.map_or("—".into(), |applied| times(100.0 * applied.share, Plain));
    format!("{applied}/{}", times(100.0 * lost, Plain))
}

/// `0.029 → 0.12`, or a verdict where there is no noise.
fn noise(learner: &Learner) -> String {
    let Some(ends) = measured::ends(learner) else { return "—".into() };
    let words = ends.map(|track| match track.noise_to_signal {
        _ if track.verdict.is_zero_or_overflow() => track.verdict.to_string(),
        Number::None => "—".into(),
        ratio if track.at_most => format!("≤ {}", times(ratio.value(), Plain)),
        ratio => times(ratio.value(), Plain),
    });
    let [first, last] = words;
    let is_a_change =
        learner.measures.len() > 1 && (first != last || !first.contains(char::is_alphabetic) && first != "—");
    if is_a_change { format!("{first} → {last}") } else { first }
}

/// `0.03 (300:2)`.
fn rounding(learner: &Learner) -> String {
    measured::largest(learner)
        .map_or("—".into(), |most| format!("{} ({}:{})", times(most.ratio, Plain), most.step, most.layer))
}

/// `25–75:1 flips`.
fn saturated(learner: &Learner) -> String {
    let Some(saturation) = saturation(learner) else { return "—".into() };
    let until = learner.outcome.recovered.map_or(String::new(), |step| step.to_string());
    let cause = match saturation.cause {
        Cause::TrueZero => "zero",
        Cause::Flips => "flips",
        Cause::LostUpdates => "lost",
        cause => &cause.to_string(),
    };
    format!("{}–{until}:{} {cause}", saturation.step, saturation.site)
}

/// `branch flips in steps 25–75, layer 1 and 2 more`, `not saturated`.
pub fn saturated_in_words(learner: &Learner) -> String {
    let Some(Saturation { step, site, sites, cause, .. }) = saturation(learner) else {
        return "not saturated".into();
    };
    let when = match learner.outcome.recovered {
        Some(until) => format!("in steps {step}–{until}"),
        None => format!("from step {step} on"),
    };
    let more = if sites > 1 { format!(" and {} more", sites - 1) } else { String::new() };
    // A layer and its number stay together where lines are broken.
    format!("{cause} {when}, layer\u{a0}{site}{more}")
}

/// What the columns mean, and what words in the sentences do.
fn notes(training: &Training) -> Vec<String> {
    let learners = || training.runs.iter().flat_map(|run| &run.learners);
    let (window, target, samples) = (WINDOW, short(training.spec.target_loss, Plain), facts::samples(training));
    let held_out = match training.spec.has_classes() {
        true => format!("accuracy on held-out {samples} at the end"),
        false => format!("loss on held-out {samples} at the end"),
    };
    let mut notes = vec![format!(
        "(last loss: mean of the last {window} minibatches; step of loss {target}: the first step at which that mean is at most \
         {target}; held out: {held_out}; reference: the f64 reference run)"
    )];
    if learners().all(|learner| learner.measures.is_empty()) {
        notes.push("(no gradient was measured)".into());
        return notes;
    }
    notes.push(
        "(applied: per cent of the exact update that is applied, in the median layer and step, or on average with stochastic \
         rounding, which drops most individual updates but is unbiased; lost: per cent of the non-zero updates rounded away \
         at the median step; noise/signal: ‖computed − exact‖/‖exact‖ of the weight gradient at its own parameters, at the \
         first → the last measured step; rounding/minibatch: the largest ratio of rounding noise to minibatch noise, at \
         (step:layer))"
            .into(),
    );
    notes.push(
        "(saturated: first step–last step:layer nearest to the input, and the cause; no last step: it does not recover)"
            .into(),
    );
    notes.push(
        "(harmless: below a third of minibatch noise and not one-sided, so it adds at most a ninth to its variance, and \
         nothing else happened; improvement: the mean loss falls at least 1 % below that of the previous improvement)"
            .into(),
    );
    notes
}
