//! The cells of the first screen's table: one row per arithmetic, or per arithmetic and activation.

use super::{cause, noise, remedy};
use crate::judgement::{Advice, ArithmeticJudgement, Judgement, LayerJudgement};
use crate::record::{Number, Record, Verdict};
use crate::report::facts;
use crate::report::numbers::{Notation, ratio, span, useful_bits};
use crate::report::table::{Column, GiveWay, Table};

/// A row per arithmetic; of several runs one per arithmetic and activation, those of an arithmetic together, and their
/// bits, which follow from the noise, only where there is room.
pub fn table(record: &Record, judgement: &Judgement, notation: Notation) -> Table {
    let several = record.runs.len() > 1;
    let name = |title| Column::left(title).giving_way(GiveWay::Name);
    let words = |title| Column::left(title).giving_way(GiveWay::Words);
    let bits_give_way = if several { GiveWay::Leave } else { GiveWay::Never };
    let (noise, verdict) = (Column::left("noise/signal"), Column::left("verdict, layer 1"));
    let bits_column = Column::right("bits").giving_way(bits_give_way);
    let columns = [name("precision"), name("act"), noise, bits_column, verdict, words("cause"), words("remedy")];
    let mut table = Table::new(columns);
    let count = record.runs.iter().map(|run| run.arithmetics.len()).max().unwrap_or(0);
    for place in 0..count {
        for (run, of_run) in record.runs.iter().zip(&judgement.runs) {
            let Some((arithmetic, judged)) = run.arithmetics.get(place).zip(of_run.arithmetics.get(place)) else {
                continue;
            };
            let first = &judged.first;
            // If the network itself is at fault, a precision in which all is sound needs no explanation.
            let is_explained = !(of_run.exact.is_network_fault && judged.remedy == Advice::NotNeeded);
            table.push([
                facts::name(arithmetic, notation),
                run.activation.clone(),
                spread(first, notation),
                bits(first),
                verdict_of(judged),
                if is_explained { cause::cell(&judged.cause) } else { "—".into() },
                remedy::cell(arithmetic, judged, notation),
            ]);
        }
    }
    if !several {
        table.leave(1);
    }
    table
}

/// `0.286 [0.23–0.39]`: the median and the range over the trials; of two trials both values.
pub fn spread(layer: &LayerJudgement, notation: Notation) -> String {
    let noise = &layer.noise;
    if noise.median == Number::None {
        return "—".into();
    }
    let mut text = value(layer, notation);
    if both(layer).is_none() && noise.low != noise.high {
        text += &format!(" [{}]", span(noise.low.value(), noise.high.value(), notation));
    }
    text + &in_some_trials(layer)
}

/// The same without the range: `0.286`, of two trials among nine `0.00193, 1 in 2 of 9`.
pub fn middle(layer: &LayerJudgement, notation: Notation) -> String {
    match layer.noise.median {
        Number::None => "—".into(),
        _ => value(layer, notation) + &in_some_trials(layer),
    }
}

/// ` in 2 of 9`: how many trials have a ratio, if not all.
fn in_some_trials(layer: &LayerJudgement) -> String {
    let (count, of) = (layer.noise.count, layer.trials.len());
    if count < of { format!(" in {count} of {of}") } else { String::new() }
}

/// `0.286`, of two trials `0.118, 0.183`: without the range over the trials.
pub(super) fn value(layer: &LayerJudgement, notation: Notation) -> String {
    match both(layer) {
        Some(both) => both.map(|(number, is_limit)| ratio(number, is_limit, notation)).join(", "),
        None => ratio(layer.noise.median, layer.noise.at_most, notation),
    }
}

/// Correct bits where the ratio measures noise; of two trials both.
fn bits(layer: &LayerJudgement) -> String {
    let verdict = layer.verdict.verdict;
    if !verdict.has_noise() {
        return "—".into();
    }
    let of = |(number, is_limit)| useful_bits(number, is_limit);
    both(layer).map_or_else(|| of((layer.noise.median, layer.noise.at_most)), |both| both.map(of).join(", "))
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

/// `noisy 5 of 5`, `sound 3, noisy 2`; with a layer that is worse `sound; layer 7 overflow`.
fn verdict_of(judged: &ArithmeticJudgement) -> String {
    let (first, worst) = (&judged.first, &judged.worst);
    if !noise::is_worse(first, worst) {
        return first.verdict.in_words();
    }
    let own = if first.verdict.is_unanimous() { first.verdict.verdict.to_string() } else { first.verdict.in_words() };
    format!("{own}; layer {} {}", worst.layer, worst.verdict.verdict)
}

/// `(0.0365, sound)`: noise and verdict of layer 1 in brackets, as far as the ratio is noise.
pub(super) fn in_brackets(judged: &ArithmeticJudgement, notation: Notation) -> String {
    let (first, verdict) = (&judged.first, &judged.first.verdict);
    let words = if verdict.is_unanimous() { verdict.verdict.to_string() } else { verdict.in_words() };
    match first.noise.median {
        Number::None => words,
        _ if !verdict.verdict.has_noise() => words,
        _ => format!("{}, {words}", value(first, notation)),
    }
}

/// Whether layer 1 is sound.
pub(super) fn is_sound(judged: &ArithmeticJudgement) -> bool {
    judged.first.verdict.verdict == Verdict::Sound
}
