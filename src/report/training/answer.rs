//! Several activations in one answer: at which steps each reaches the target, and which no longer learns. A single training
//! of each is no ranking, so they are in the order given.

use crate::judgement::training::saturation;
use crate::record::training::{Learner, Training};
use crate::report::numbers::{Notation, short};

/// Most activations that are listed with their steps.
const LISTED: usize = 4;

/// By format: the activations that reach the target with their steps, those that do not, and those that are saturated for
/// good or failed.
pub fn answer(training: &Training, notation: Notation) -> String {
    let target = short(training.spec.target_loss, notation);
    let reference =
        training.runs.iter().map(|run| (run.activation.as_str(), run.reference.reached(training.spec.target_loss)));
    let mut clauses = vec![clause("f64", &reference.collect::<Vec<_>>(), &[])];
    let names = training.runs.first().map_or(&[][..], |run| &run.learners).iter().map(|learner| &learner.name);
    for (index, name) in names.enumerate() {
        let of = || training.runs.iter().filter_map(|run| Some((run.activation.as_str(), run.learners.get(index)?)));
        let reached: Vec<_> = of().map(|(activation, learner)| (activation, learner.outcome.reached)).collect();
        let stopped: Vec<&str> = of().filter(|(_, learner)| is_stopped(learner)).map(|(name, _)| name).collect();
        clauses.push(clause(name, &reached, &stopped));
    }
    format!("Steps to loss {target} (a single training each, so no ranking): {}.", clauses.join("; "))
}

/// Failed, or saturated for good.
fn is_stopped(learner: &Learner) -> bool {
    let is_saturated = saturation(learner).is_some() && learner.outcome.recovered.is_none();
    is_saturated || learner.course.end.step().is_some()
}

/// `f16: relu 194, tanh never, elu 118 (saturated for good or failed: relu)`; of many, how many reach it and when.
fn clause(name: &str, reached: &[(&str, Option<usize>)], stopped: &[&str]) -> String {
    let steps: Vec<usize> = reached.iter().filter_map(|(_, step)| *step).collect();
    let range = steps.iter().min().zip(steps.iter().max());
    let words = match range {
        None => "none reaches it".to_string(),
        Some((first, last)) if reached.len() > LISTED => {
            format!("{} of {} reach it, at steps {first} to {last}", steps.len(), reached.len())
        }
        Some(_) => {
            let one = |(activation, step): &(&str, Option<usize>)| match step {
                Some(step) => format!("{activation} {step}"),
                None => format!("{activation} never"),
            };
            reached.iter().map(one).collect::<Vec<_>>().join(", ")
        }
    };
    let stopped = match stopped.len() {
        0 => String::new(),
        count if count > 1 && count == reached.len() => " (all saturated for good or failed)".into(),
        _ => format!(" (saturated for good or failed: {})", stopped.join(", ")),
    };
    format!("{name}: {words}{stopped}")
}
