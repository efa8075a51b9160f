//! What tables, sentences and figures show of a training beyond its judgement: means over minibatches and single places.

use crate::judgement::training::measured::places;
pub use crate::judgement::training::measured::{applied, is_saturated, largest, lost, made, over_minibatch, updates};
use crate::record::training::{Course, HeldOut, Learner, Measure, MeasuredSite, Track, WINDOW};
use crate::record::{Number, Verdict};
use crate::report::numbers::{Notation, percent, short};

/// The mean loss of the last 20 minibatches at every step (of fewer at first); NaN where one of them is not finite.
pub fn smoothed(losses: &[Number]) -> Vec<f64> {
    let mean = |step: usize| {
        let window = &losses[(step + 1).saturating_sub(WINDOW)..=step];
        let sum: f64 = window.iter().map(|loss| loss.finite().unwrap_or(f64::NAN)).sum();
        sum / window.len() as f64
    };
    (0..losses.len()).map(mean).collect()
}

/// The held-out samples at the end; `None` if training failed before it.
pub fn at_end(course: &Course) -> Option<&HeldOut> {
    course.held_out.last().filter(|_| course.end.step().is_none())
}

/// The accuracy on the held-out samples at the end, or, where targets are values, the loss on them.
pub fn at_end_in_words(course: &Course, notation: Notation) -> String {
    let Some(held_out) = at_end(course) else { return "—".into() };
    match (held_out.right, held_out.tied, held_out.accuracy()) {
        (Some(right), None, _) => percent(right, held_out.of),
        (.., Some(accuracy)) => format!("{} %", short(100.0 * accuracy, notation)),
        _ if held_out.loss != Number::None => short(held_out.loss.value(), notation),
        _ => "—".into(),
    }
}

/// Layer 1 at the first and at the last measured step.
pub fn ends(learner: &Learner) -> Option<[&Track; 2]> {
    let first = |measure: &'_ Measure| measure.sites.iter().position(|layer| layer.site == 1);
    let known: Vec<&Track> =
        learner.measures.iter().filter_map(|measure| Some(&measure.sites[first(measure)?].own)).collect();
    Some([known.first()?, known.last()?])
}

/// A layer at a measured step.
pub fn at(learner: &Learner, step: usize, layer: usize) -> Option<(&Measure, &MeasuredSite)> {
    places(learner).find(|(measure, one)| measure.step == step && one.site == layer)
}

/// The first place that is saturated at f64's parameters but not at its own. Overflow under a loss scale does not count: a
/// scale that suits the one may be too large for the other.
pub fn only_at_reference(learner: &Learner) -> Option<(&Measure, &MeasuredSite)> {
    let is_scaled = !learner.course.scales.is_empty();
    let counts = |track: &Track| is_saturated(track) && !(is_scaled && track.verdict == Verdict::Overflow);
    places(learner).find(|(_, layer)| layer.at_reference.as_ref().is_some_and(counts) && !is_saturated(&layer.own))
}
