//! Several activations in one answer: which learns soonest in which arithmetic, and which no longer learns.

use super::measured;
use crate::record::training::{Learner, Training};
use crate::report::numbers::{Notation, short};

/// Most activations that are listed with their steps.
const LISTED: usize = 4;

/// By arithmetic: the activations that reach the target with their steps, the soonest first, then those that are
/// saturated for good or failed.
pub fn answer(training: &Training, notation: Notation) -> String {
    let target = short(training.spec.target_loss, notation);
    let reference = training
        .runs
        .iter()
        .map(|run| (run.activation.as_str(), measured::reached(&run.reference, training.spec.target_loss)));
    let mut clauses = vec![clause("in f64 itself", reference.collect(), &[])];
    let names = training.runs.first().map_or(&[][..], |run| &run.learners).iter().map(|learner| &learner.name);
    for (index, name) in names.enumerate() {
        let of = || training.runs.iter().filter_map(|run| Some((run.activation.as_str(), run.learners.get(index)?)));
        let reached = of().map(|(activation, learner)| (activation, learner.outcome.reached)).collect();
        let stopped: Vec<&str> = of().filter(|(_, learner)| is_stopped(learner)).map(|(name, _)| name).collect();
        clauses.push(clause(&format!("in {name}"), reached, &stopped));
    }
    format!("Loss {target} is reached {}.", clauses.join("; "))
}

/// Failed, or saturated for good.
fn is_stopped(learner: &Learner) -> bool {
    let is_saturated = learner.outcome.first_saturation.is_some() && learner.outcome.recovered.is_none();
    is_saturated || learner.course.end.step().is_some()
}

/// `in f16 by elu (step 118), relu (194), not by tanh (saturated for good or failed: relu)`; of many the first and the last.
fn clause(name: &str, mut reached: Vec<(&str, Option<usize>)>, stopped: &[&str]) -> String {
    reached.sort_by_key(|(_, step)| step.unwrap_or(usize::MAX));
    let by: Vec<(&str, usize)> =
        reached.iter().filter_map(|(activation, step)| Some((*activation, (*step)?))).collect();
    let not: Vec<&str> = reached.iter().filter(|(_, step)| step.is_none()).map(|(activation, _)| *activation).collect();
    let words = match by.as_slice() {
        [] => "by none".to_string(),
        [(first, step), .., (last, end)] if by.len() > LISTED => {
            format!("by {first} first (step {step}), {last} last ({end})")
        }
        [(first, step), others @ ..] => {
            let others: String = others.iter().map(|(activation, step)| format!(", {activation} ({step})")).collect();
            format!("by {first} (step {step}){others}")
        }
    };
    let not = if by.is_empty() || not.is_empty() { String::new() } else { format!(", not by {}", not.join(", ")) };
    let stopped = match stopped.len() {
        0 => String::new(),
        count if count > 1 && count == reached.len() => " (all saturated for good or failed)".into(),
        _ => format!(" (saturated for good or failed: {})", stopped.join(", ")),
    };
    format!("{name} {words}{not}{stopped}")
}
