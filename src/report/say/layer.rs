//! A layer's noise as a number, and its verdict next to layer 1's.

use crate::judgement::{ArithmeticJudgement, LayerJudgement};
use crate::record::{Number, Verdict};
use crate::report::numbers::{Notation, middle_of, span, useful_bits_of};

/// `0.286 [0.23–0.39]`: the median and the range over the trials; of two trials both values.
pub fn spread(layer: &LayerJudgement, notation: Notation) -> String {
    let noise = &layer.noise;
    let has_range = noise.median != Number::None && both(layer).is_none() && noise.low != noise.high;
    let range =
        if has_range { format!(" [{}]", span(noise.low.value(), noise.high.value(), notation)) } else { String::new() };
    value(layer, notation) + &range + &in_some_trials(layer)
}

/// The same without the range: `0.286`, of two trials among nine `0.00193, 1 in 2 of 9`.
pub fn middle(layer: &LayerJudgement, notation: Notation) -> String {
    value(layer, notation) + &in_some_trials(layer)
}

/// ` in 2 of 9`: how many trials have a ratio, if not all.
fn in_some_trials(layer: &LayerJudgement) -> String {
    let (count, of) = (layer.noise.count, layer.trials.len());
    let is_said = count < of && layer.noise.median != Number::None;
    if is_said { format!(" in {count} of {of}") } else { String::new() }
}

/// `0.286`, of two trials `0.118, 0.183`: without the range over the trials.
pub(super) fn value(layer: &LayerJudgement, notation: Notation) -> String {
    middle_of(&layer.noise, both(layer), notation)
}

/// Correct bits where the ratio measures noise; of two trials both.
pub(super) fn bits(layer: &LayerJudgement) -> String {
    if layer.verdict.verdict.has_noise() { useful_bits_of(&layer.noise, both(layer)) } else { "—".into() }
}

/// The noise of the two trials that have one, the lesser first, each with whether it is only an upper limit; neither is a median.
pub(super) fn both(layer: &LayerJudgement) -> Option<[(Number, bool); 2]> {
    let measured = layer.trials.iter().enumerate().filter(|(_, noise)| **noise != Number::None);
    let measured: Vec<(Number, bool)> =
        measured.map(|(trial, noise)| (*noise, layer.limits.get(trial).copied().unwrap_or(false))).collect();
    match measured.as_slice() {
        [one, other] if one.0.value() < other.0.value() => Some([*one, *other]),
        [one, other] if one.0.value() > other.0.value() => Some([*other, *one]),
        _ => None,
    }
}

/// `(0.0365, sound)`: noise and verdict of layer 1 in brackets, as far as the ratio is noise.
pub(super) fn in_brackets(judged: &ArithmeticJudgement, notation: Notation) -> String {
    let first = &judged.first;
    let has_noise = first.noise.median != Number::None && first.verdict.verdict.has_noise();
    let noise = if has_noise { format!("{}, ", value(first, notation)) } else { String::new() };
    noise + &verdict(first)
}

/// The verdict alone where all trials agree, else how many have each.
pub(super) fn verdict(layer: &LayerJudgement) -> String {
    let count = &layer.verdict;
    if count.is_unanimous() { count.verdict.to_string() } else { count.in_words() }
}

/// Whether layer 1 is sound.
pub(super) fn is_sound(judged: &ArithmeticJudgement) -> bool {
    judged.first.verdict.verdict == Verdict::Sound
}

/// Whether another layer's verdict is more severe than layer 1's.
pub(super) fn is_worse(first: &LayerJudgement, worst: &LayerJudgement) -> bool {
    let (is, was) = (worst.verdict.verdict, first.verdict.verdict);
    worst.layer != first.layer
        && is != was
        && (is.reaches(was) || !was.is_ordered() && is > Verdict::Sound && is.is_ordered())
}
