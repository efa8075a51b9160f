//! The full report as plain text for a terminal: the setup, one row per precision with its flips, the sources of the
//! noise, the remedies tried, and every sentence.

pub mod causes;
mod stacked;

use crate::judgement::{self, ArithmeticJudgement, Judgement, RunJudgement};
use crate::printable::{in_one_line, printable};
use crate::record::{ArithmeticRun, Flips, Number, Record, Run, SiteRun, Verdict};
use crate::report::numbers::{
    Notation, Notation::Plain, display_width, middle, one_in, percent, ratio, short, useful_bits,
};
use crate::report::{audit, facts, files, say};
use stacked::{fits, stacked};
use std::path::Path;

/// Columns at which text is wrapped.
pub const WIDTH: usize = 100;

/// The right-aligned columns of [`rows`].
pub(super) const RIGHT_ALIGNED: [bool; 6] = [false, false, true, true, true, false];

/// The right-aligned columns of [`compared_rows`].
pub(super) const COMPARED_RIGHT_ALIGNED: [bool; 6] = [false, false, false, true, true, false];

/// The whole record as text: each run's header, tables and sentences, and where page and picture are.
///
/// With `all_layers`, one more table per arithmetic holds every layer. Several runs are compared instead.
pub fn terminal(record: &Record, all_layers: bool, path: Option<&Path>) -> String {
    let judgement = judgement::judge(record);
    let mut blocks: Vec<String> = Vec::new();
    match record.runs.as_slice() {
        [run] => {
            blocks.push(header(record, run).iter().map(|line| wrapped(line)).collect());
            blocks.extend(judgement.runs.first().map(|judged| summary(run, judged)));
            blocks.extend(sources(run));
            blocks.extend(remedies(run, judgement.runs.first()));
        }
        _ => {
            blocks.extend([common_header(record), compared(record, &judgement)]);
            blocks.extend(ruling(record, &judgement));
        }
    }
    if all_layers {
        blocks.extend(every_layer_of(record, &judgement));
    }
    let audits: Vec<_> = record.runs.iter().flat_map(|run| audit::audits(record, run)).collect();
    if audits.is_empty() {
        let remarks = record.runs.iter().flat_map(|run| audit::remarks(record, run, Plain));
        let mut sentences = say::sentences(record, &judgement, Plain);
        sentences.extend(remarks.map(|remark| remark.sentence));
        blocks.push(wrapped(&sentences.join(" ")));
    }
    blocks.extend(audits.iter().map(audited));
    blocks.extend(path.map(places));
    blocks.join("\n")
}

/// Tables of every layer of every arithmetic, and of the sources by layer.
pub fn every_layer_of(record: &Record, judgement: &Judgement) -> Vec<String> {
    let is_one = record.runs.len() == 1;
    let of_run = |(run, judged): (&Run, &RunJudgement)| {
        let all = run.arithmetics.iter().zip(&judged.arithmetics);
        let tables = all.map(|(arithmetic, judged)| every_layer(run, arithmetic, judged)).chain(sources_by_layer(run));
        let named = |table| if is_one { table } else { format!("{}, {table}", run.activation) };
        tables.map(named).collect::<Vec<_>>()
    };
    record.runs.iter().zip(&judgement.runs).flat_map(of_run).collect()
}

/// Where the noise of layer 1 comes from, if it was attributed.
fn sources(run: &Run) -> Option<String> {
    let table = causes::sources(run, Plain)?;
    let rows = aligned(&stacked(table.rows, &table.right), &table.right);
    Some(format!("{}:\n{rows}{}", causes::SOURCES_TITLE, wrapped(causes::SOURCES_NOTE)))
}

/// The remedies tried, if any.
fn remedies(run: &Run, judged: Option<&RunJudgement>) -> Option<String> {
    let causes::Table { rows, mut right } = causes::remedies(run, judged, Plain, false)?;
    let mut rows = stacked(rows, &right);
    let mut note = causes::REMEDIES_NOTE.to_string();
    if !fits(&rows, &right) {
        right.remove(causes::WORST_LAYER);
        rows.iter_mut().for_each(|row| drop(row.remove(causes::WORST_LAYER)));
        note = note.replace(causes::WORST_LAYER_NOTE, "");
    }
    Some(format!("{}:\n{}{}", causes::REMEDIES_TITLE, aligned(&rows, &right), wrapped(&note)))
}

/// Where the noise of every layer comes from in the first attributed arithmetic.
fn sources_by_layer(run: &Run) -> Option<String> {
    let (name, table) = causes::sources_by_layer(run, Plain)?;
    let rows = aligned(&stacked(table.rows, &table.right), &table.right);
    Some(format!("{name}, sources of every layer:\n{rows}"))
}

/// One audit's table with what its columns mean.
fn audited(audit: &audit::Audit) -> String {
    let table = aligned(&audit.table(Plain), &audit::RIGHT_ALIGNED);
    format!("{}\n{table}{}", audit.title(), wrapped(&audit.note(Plain)))
}

/// Where the report is: its page stands beside its picture.
fn places(picture: &Path) -> String {
    format!("Page:    {}\nPicture: {}\n", picture.with_file_name(files::PAGE).display(), picture.display())
}

/// The main source of layer 1's noise in the first attributed arithmetic, and what helps, by activation.
fn ruling(record: &Record, judgement: &Judgement) -> Option<String> {
    let (name, table) = causes::ruling(record, judgement, Plain)?;
    let rows = aligned(&table.rows, &table.right);
    Some(format!("Main source of noise at layer 1 in {name}, and remedy:\n{rows}"))
}

/// The properties that the runs share, and a row with those of each.
fn common_header(record: &Record) -> String {
    let spec = &record.spec;
    let names = record.runs.iter().map(facts::activation).collect::<Vec<_>>().join(", ");
    let network = format!("{names} on the same draws: {}", facts::network(record).join(", "));
    let mut draws = facts::draws(spec);
    let origin = facts::gain_origin(spec);
    let (mut titles, has_gain) = (vec!["activation"], record.runs.iter().any(|run| run.gain.is_some()));
    if has_gain {
        draws.push(if spec.gain.is_some() { format!("gain {origin}") } else { format!("gain by {origin}") });
        titles.extend(["gain", "theory"]);
    }
    let draws = draws.join(", ");
    titles.push("exact gradient");
    let mut rows: Vec<Vec<String>> = vec![titles.into_iter().map(String::from).collect()];
    for run in &record.runs {
        let mut row = vec![run.activation.clone()];
        if has_gain {
            let gain = run.gain.map_or("—".into(), |gain| short(gain, Plain));
            row.extend([gain, facts::phase(run, Plain).unwrap_or("—".into())]);
        }
        row.push(facts::proven(run.truth.evidence, run.truth.proof()));
        rows.push(row);
    }
    format!("{}{}\n{}", wrapped(&network), wrapped(&draws), aligned(&rows, &[false; 4]))
}

/// A row per arithmetic and activation at layer 1, and the lines that explain them.
fn compared(record: &Record, judgement: &Judgement) -> String {
    aligned(&compared_rows(record, judgement, Plain), &COMPARED_RIGHT_ALIGNED) + &wrapped_notes(&record.runs)
}

/// The titles, then a row per arithmetic and activation at layer 1: those of an arithmetic together, an empty row
/// between them and the next.
pub(super) fn compared_rows(record: &Record, judgement: &Judgement, notation: Notation) -> Vec<Vec<String>> {
    let titles = ["precision", "activation", "noise/signal", "flips", "flushed", "verdict of layer 1"];
    let mut rows = vec![titles.map(String::from).to_vec()];
    let count = record.runs.iter().map(|run| run.arithmetics.len()).max().unwrap_or(0);
    for index in 0..count {
        if index > 0 {
            rows.push(Vec::new());
        }
        for (run, judged) in record.runs.iter().zip(&judgement.runs) {
            let Some((arithmetic, judged)) = run.arithmetics.get(index).zip(judged.arithmetics.get(index)) else {
                continue;
            };
            let flips = flipped(run, facts::all_flips(&arithmetic.sites));
            let first = arithmetic.sites.first();
            let (noise, flushed) =
                first.map_or(("—".into(), "—".into()), |layer| (spread(layer, notation), flushed(layer)));
            let verdict = facts::verdict_and_reach(judged);
            let name = facts::name(arithmetic, notation);
            rows.push(vec![name, run.activation.clone(), noise, flips, flushed, verdict]);
        }
    }
    rows
}

/// What was measured, in three lines.
pub(super) fn header(record: &Record, run: &Run) -> [String; 3] {
    let spec = &record.spec;
    let network = format!("{}, {}", facts::activation(run), facts::network(record).join(", "));
    let draws: Vec<String> = facts::draws(spec).into_iter().chain(facts::gain(spec, run, Plain)).collect();
    let phase = facts::phase(run, Plain).map(|words| format!("in theory {words}"));
    let theory: Vec<String> = phase.into_iter().chain([facts::truth(run)]).collect();
    let (draws, theory) = (draws.join(", "), theory.join("; "));
    [network, draws, theory]
}

/// One row per arithmetic at layer 1, and the lines that explain them.
fn summary(run: &Run, judged: &RunJudgement) -> String {
    aligned(&rows(run, judged, Plain), &RIGHT_ALIGNED) + &wrapped_notes(std::slice::from_ref(run))
}

fn wrapped_notes(runs: &[Run]) -> String {
    notes(runs).iter().map(|note| wrapped(note)).collect()
}

/// The titles, then one row per arithmetic at layer 1.
pub(super) fn rows(run: &Run, judged: &RunJudgement, notation: Notation) -> Vec<Vec<String>> {
    let titles = ["precision", "noise/signal", "bits", "flips", "flushed", "verdict of layer 1"];
    let mut rows = vec![titles.map(String::from).to_vec()];
    for (arithmetic, judged) in run.arithmetics.iter().zip(&judged.arithmetics) {
        let flips = flipped(run, facts::all_flips(&arithmetic.sites));
        let (noise, bits, flushed) = match arithmetic.sites.first() {
            Some(layer) => (spread(layer, notation), bits(layer), flushed(layer)),
            None => ("—".into(), "—".into(), "—".into()),
        };
        let (name, verdict) = (facts::name(arithmetic, notation), facts::verdict_and_reach(judged));
        rows.push(vec![name, noise, bits, flips, flushed, verdict]);
    }
    rows
}

/// Notes on the rows, and a line for each arithmetic that stores the network with rounding.
pub(super) fn notes(runs: &[Run]) -> Vec<String> {
    let arithmetics = || runs.iter().flat_map(|run| &run.arithmetics);
    let trials = arithmetics().next().map_or(0, |arithmetic| arithmetic.verdict.of);
    let first_layers = || arithmetics().filter_map(|arithmetic| arithmetic.sites.first());
    let has_brackets = trials > 2 && first_layers().any(|layer| layer.noise().low != layer.noise().high);
    let brackets = if has_brackets { format!("; in brackets {}", facts::quantile_note(trials)) } else { String::new() };
    let mut notes = vec![format!("(of layer 1's gradient; flips of all layers{brackets})")];
    // Smaller noise than this is beyond the record's numbers, whatever the accuracy of the exact gradient.
    let is_limited = |layer: &SiteRun| {
        let is_limit = match layer.both_noises() {
            Some(both) => both.iter().any(|(_, is_limit)| *is_limit),
            None => layer.shown_noise().at_most,
        };
        is_limit && layer.noise().high.value() > 1e-300
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

/// Every layer of one arithmetic.
fn every_layer(run: &Run, arithmetic: &ArithmeticRun, judged: &ArithmeticJudgement) -> String {
    let titles = ["layer", "name", "noise/signal", "bits", "flips", "flushed", "verdict"];
    let mut rows = vec![titles.map(String::from).to_vec()];
    for (index, (layer, verdict)) in arithmetic.sites.iter().zip(&judged.verdicts).enumerate() {
        let name = run.sites.get(index).map_or(String::new(), |site| site.name.clone());
        let flips = layer_flips(run, arithmetic, index);
        let verdict = facts::verdict_and_count(verdict);
        let noise = spread(layer, Plain);
        rows.push(vec![layer.site.to_string(), name, noise, bits(layer), flips, flushed(layer), verdict]);
    }
    let name = facts::name(arithmetic, Plain);
    format!("{name}, every layer:\n{}", aligned(&rows, &[true, false, false, true, true, true, false]))
}

/// `0.41 [0.24–0.58]`: the median and, where trials differ, the low and high quantile; of two trials both; trials
/// without a ratio (0/0) are left out and told.
pub(super) fn spread(layer: &SiteRun, notation: Notation) -> String {
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
pub(super) fn value(layer: &SiteRun, notation: Notation) -> String {
    match layer.both_noises() {
        Some(both) => both.map(|(noise, is_limit)| ratio(noise, is_limit, notation)).join(", "),
        None => middle(&layer.shown_noise(), notation),
    }
}

/// Flips of one layer; the head has no kink.
pub(super) fn layer_flips(run: &Run, arithmetic: &ArithmeticRun, index: usize) -> String {
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
    let verdict = layer.verdict.verdict;
    if verdict.is_zero_or_overflow() || verdict == Verdict::NotEstablished {
        return "—".into();
    }
    let noise = layer.shown_noise();
    match layer.both_noises() {
        Some(both) => both.map(|(noise, is_limit)| useful_bits(noise, is_limit)).join(", "),
        None => useful_bits(noise.median, noise.at_most),
    }
}

/// Share of entries that underflow to zero.
pub(super) fn flushed(layer: &SiteRun) -> String {
    percent(layer.fates.flushed, layer.fates.total())
}

/// Rows as columns of equal display width, two spaces apart; `right` marks right-aligned columns.
pub fn aligned(rows: &[Vec<String>], right: &[bool]) -> String {
    let shown = |row: &Vec<String>| row.iter().map(|cell| in_one_line(cell).into_owned()).collect();
    let rows: Vec<Vec<String>> = rows.iter().map(shown).collect();
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| display_width(cell)).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..right.len()).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for ((cell, width), right) in row.iter().zip(&widths).zip(right) {
            let padding = " ".repeat(width - display_width(cell));
            let (before, after) = if *right { (padding.as_str(), "") } else { ("", padding.as_str()) };
            line += &format!("{before}{cell}{after}  ");
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

/// Text wrapped at spaces.
pub fn wrapped(text: &str) -> String {
    let mut lines = String::new();
    let mut line = String::new();
    for word in printable(text).split(' ') {
        if !line.is_empty() && display_width(&line) + 1 + display_width(word) > WIDTH {
            lines += &line;
            lines.push('\n');
            line = word.into();
        } else if line.is_empty() {
            line = word.into();
        } else {
            line = format!("{line} {word}");
        }
    }
    lines + &line + "\n"
}
