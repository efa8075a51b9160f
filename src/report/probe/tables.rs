//! The tables of layer 1 and of every layer, and how their cells say noise, flips and underflow.

use crate::judgement::{ArithmeticJudgement, Judgement, RunJudgement};
use crate::record::{ArithmeticRun, Flips, Number, Record, Run, SiteRun};
use crate::report::facts;
use crate::report::numbers::{Notation, Notation::Plain, middle_of, one_in, percent, short, useful_bits_of};
use crate::report::table::Table;

/// A row per arithmetic at layer 1; of several runs one per arithmetic and activation, those of an arithmetic together.
pub fn layer_one(record: &Record, judgement: &Judgement, notation: Notation) -> Table {
    let mut table = match record.runs.as_slice() {
        [run] => return judgement.runs.first().map_or_else(Table::default, |judged| of_run(run, judged, notation)),
        _ => Table::titled(["precision", "activation", "noise/signal", ">flips", ">flushed", "verdict of layer 1"]),
    };
    let count = record.runs.iter().map(|run| run.arithmetics.len()).max().unwrap_or(0);
    for index in 0..count {
        if index > 0 {
            table.group("");
        }
        for (run, judged) in record.runs.iter().zip(&judgement.runs) {
            if let Some((arithmetic, judged)) = run.arithmetics.get(index).zip(judged.arithmetics.get(index)) {
                let [name, noise, _, flips, flushed, verdict] = cells(run, arithmetic, judged, notation);
                table.push([name, run.activation.clone(), noise, flips, flushed, verdict]);
            }
        }
    }
    table.notes = notes(&record.runs);
    table
}

/// A row per run: what it is called, its gain, what theory says, and how well its exact gradient is known.
pub fn of_runs(record: &Record, theory: &str, notation: Notation, own: impl Fn(&Run) -> [String; 2]) -> Table {
    let mut table = Table::titled(["activation", "gain", theory, "exact gradient"]);
    for run in &record.runs {
        let gain = run.gain.map_or("—".into(), |gain| short(gain, notation));
        let ([name, known], phase) = (own(run), facts::phase(run, notation).unwrap_or("—".into()));
        table.push([name, gain, phase, known]);
    }
    table
}

/// A row per arithmetic at layer 1 of one run.
pub fn of_run(run: &Run, judged: &RunJudgement, notation: Notation) -> Table {
    let mut table = Table::titled(["precision", "noise/signal", ">bits", ">flips", ">flushed", "verdict of layer 1"]);
    for (arithmetic, judged) in run.arithmetics.iter().zip(&judged.arithmetics) {
        table.push(cells(run, arithmetic, judged, notation));
    }
    table.notes = notes(std::slice::from_ref(run));
    table
}

/// Name, noise, bits, flips, share of flushed entries, and verdict at layer 1.
fn cells(run: &Run, arithmetic: &ArithmeticRun, judged: &ArithmeticJudgement, notation: Notation) -> [String; 6] {
    let first = arithmetic.sites.first();
    let of = |cell: &dyn Fn(&SiteRun) -> String| first.map_or("—".into(), cell);
    [
        facts::name(arithmetic, notation),
        of(&|layer| spread(layer, notation)),
        of(&bits),
        flipped(run, facts::all_flips(&arithmetic.sites)),
        of(&flushed),
        facts::verdict_and_reach(judged),
    ]
}

/// Notes on the rows, and a line for each arithmetic that stores the network with rounding.
fn notes(runs: &[Run]) -> Vec<String> {
    let arithmetics = || runs.iter().flat_map(|run| &run.arithmetics);
    let trials = arithmetics().next().map_or(0, |arithmetic| arithmetic.verdict.of);
    let first_layers = || arithmetics().filter_map(|arithmetic| arithmetic.sites.first());
    let has_brackets = trials > 2 && first_layers().any(|layer| layer.noise().low != layer.noise().high);
    let brackets = if has_brackets { format!("; in brackets {}", facts::quantile_note(trials)) } else { String::new() };
    let mut notes = vec![format!("(of layer 1's gradient; flips of all layers{brackets})")];
    // Smaller noise than this is beyond the record's numbers, whatever the accuracy of the exact gradient.
    let is_limited = |layer: &SiteRun| {
        let of_two = layer.both_noises().map(|both| both.iter().any(|(_, is_limit)| *is_limit));
        of_two.unwrap_or(layer.shown_noise().at_most) && layer.noise().high.value() > 1e-300
    };
    if first_layers().any(is_limited) {
        notes.push("≤: the noise is below the resolution of the exact gradient; raise --truth-bits to see it".into());
    }
    // Only for one run; several runs would give a line each.
    if let [run] = runs {
        notes.extend(facts::theory(run, Plain));
    }
    notes.extend(facts::presets(runs));
    notes.extend(facts::storage_over(runs));
    notes.extend(facts::external_notes(runs));
    notes
}

/// A table of every layer of every arithmetic.
pub fn every_layer(run: &Run, judged: &RunJudgement) -> Vec<Table> {
    let of = |(arithmetic, judged): (&ArithmeticRun, &ArithmeticJudgement)| {
        let mut table = Table::titled([">layer", "name", "noise/signal", ">bits", ">flips", ">flushed", "verdict"]);
        for (index, (layer, verdict)) in arithmetic.sites.iter().zip(&judged.verdicts).enumerate() {
            let name = run.sites.get(index).map_or(String::new(), |site| site.name.clone());
            let (flips, verdict) = (layer_flips(run, arithmetic, index), verdict.in_words());
            let noise = spread(layer, Plain);
            table.push([layer.site.to_string(), name, noise, bits(layer), flips, flushed(layer), verdict]);
        }
        table.title = format!("{}, every layer:", facts::name(arithmetic, Plain));
        table
    };
    run.arithmetics.iter().zip(&judged.arithmetics).map(of).collect()
}

/// `0.41 [0.24–0.58]`: the median and, where trials differ, the low and high quantile; of two trials both; trials
/// without a ratio (0/0) are left out and told.
pub fn spread(layer: &SiteRun, notation: Notation) -> String {
    let noise = layer.shown_noise();
    if noise.median == Number::None {
        return "—".into();
    }
    let mut text = value(layer, notation);
    if layer.both_noises().is_some() {
        return text;
    }
    if noise.low != noise.high {
        text += &format!(" [{}–{}]", short(noise.low.value(), notation), short(noise.high.value(), notation));
    }
    if noise.count < layer.trials.len() {
        text += &format!(" in {} of {}", noise.count, layer.trials.len());
    }
    text
}

/// `0.41`: the median without its range; of two trials both.
pub fn value(layer: &SiteRun, notation: Notation) -> String {
    let noise = layer.shown_noise();
    let both = layer.both_noises().or(noise.both().map(|both| both.map(|number| (number, noise.at_most))));
    middle_of(&noise, both, notation)
}

/// Flips of one layer; the head has no kink.
pub fn layer_flips(run: &Run, arithmetic: &ArithmeticRun, index: usize) -> String {
    let is_head = index + 1 == arithmetic.sites.len();
    let flips = arithmetic.sites.get(index).and_then(|layer| layer.flips);
    if is_head { "none".into() } else { flipped(run, flips) }
}

/// `1 in 600` of the finite pre-activations; `none` if φ' has no jump, `—` if the exact branches are unknown.
fn flipped(run: &Run, flips: Option<Flips>) -> String {
    match flips {
        Some(flips) => one_in(flips.flipped, flips.total.saturating_sub(flips.nonfinite)),
        None if run.kinked => "—".into(),
        None => "none".into(),
    }
}

/// Useful bits if the ratio measures noise; the ratio 1 of a flushed gradient does not.
fn bits(layer: &SiteRun) -> String {
    match layer.verdict.verdict.has_noise() {
        true => useful_bits_of(&layer.shown_noise(), layer.both_noises()),
        false => "—".into(),
    }
}

/// Share of entries that underflow to zero.
pub fn flushed(layer: &SiteRun) -> String {
    percent(layer.fates.flushed, layer.fates.total())
}
