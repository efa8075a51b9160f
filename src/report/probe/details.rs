//! The full report as text, for a terminal or as Markdown: the setup, a row per precision with its flips, the sources of
//! the noise, the remedies tried, and every sentence.

use super::{causes, tables};
use crate::judgement::{Judgement, RunJudgement, judge};
use crate::record::{Record, Run};
use crate::report::numbers::Notation::Plain;
use crate::report::page::{Block, markdown, text};
use crate::report::table::Table;
use crate::report::{audit, facts, files, say};
use std::path::Path;

/// The whole record as text: each run's header, tables and sentences, and where page and picture are.
///
/// With `all_layers`, one more table per arithmetic holds every layer. Several runs are compared instead.
pub fn terminal(record: &Record, all_layers: bool, path: Option<&Path>) -> String {
    let judgement = judge(record);
    let mut blocks: Vec<Block> = match (record.runs.as_slice(), judgement.runs.as_slice()) {
        ([run], [judged]) => of_run(record, run, judged, false),
        _ => compared(record, &judgement),
    };
    if all_layers {
        blocks.extend(every_layer(record, &judgement));
    }
    let audits: Vec<_> = record.runs.iter().flat_map(|run| audit::audits(record, run)).collect();
    if audits.is_empty() {
        let remarks = record.runs.iter().flat_map(|run| audit::remarks(record, run, Plain));
        let mut sentences = say::sentences(record, &judgement, Plain);
        sentences.extend(remarks.map(|remark| remark.sentence));
        blocks.push(Block::Sentences(sentences));
    }
    blocks.extend(audits.iter().map(|audit| audit.table(Plain).into()));
    blocks.extend(path.map(|picture| {
        let page = picture.with_file_name(files::PAGE);
        Block::Lines(format!("Page:    {}\nPicture: {}\n", page.display(), picture.display()))
    }));
    text(&blocks)
}

/// Every run as GitHub Markdown, to paste into an issue or a page: what was measured as a list, a row per arithmetic, the
/// sources and remedies, and the sentences.
pub fn in_markdown(record: &Record) -> String {
    let mut blocks = Vec::new();
    for (run, judged) in record.runs.iter().zip(&judge(record).runs) {
        blocks.extend(of_run(record, run, judged, true));
        let audits = audit::audits(record, run);
        if audits.is_empty() {
            let remarks = audit::remarks(record, run, Plain).into_iter().map(|remark| remark.sentence);
            blocks.push(Block::Sentences(say::of_run(run, judged, Plain).into_iter().chain(remarks).collect()));
        }
        for audit in audits {
            blocks.extend([audit.table(Plain).into(), Block::Sentences(vec![audit.answer(Plain)])]);
        }
    }
    markdown(&blocks)
}

/// One run: what was measured, layer 1 in every arithmetic, where its noise comes from, and the remedies tried.
fn of_run(record: &Record, run: &Run, judged: &RunJudgement, has_names: bool) -> Vec<Block> {
    let spec = &record.spec;
    let network = format!("{}, {}", facts::activation(run), facts::network(record).join(", "));
    let draws: Vec<String> = facts::draws(spec).into_iter().chain(facts::gain(spec, run, Plain)).collect();
    let phase = facts::phase(run, Plain).map(|words| format!("in theory {words}"));
    let theory: Vec<String> = phase.into_iter().chain([facts::truth(run)]).collect();
    let tables = [
        Some(tables::of_run(run, judged, Plain)),
        causes::sources(run, Plain),
        causes::remedies(run, Some(judged), Plain, has_names),
    ];
    let facts = Block::Facts(vec![network, draws.join(", "), theory.join("; ")]);
    std::iter::once(facts).chain(tables.into_iter().flatten().map(Block::from)).collect()
}

/// The properties that the runs share, a row with those of each, and layer 1 of all.
fn compared(record: &Record, judgement: &Judgement) -> Vec<Block> {
    let spec = &record.spec;
    let names = record.runs.iter().map(facts::activation).collect::<Vec<_>>().join(", ");
    let network = format!("{names} on the same draws: {}", facts::network(record).join(", "));
    let mut draws = facts::draws(spec);
    let origin = facts::gain_origin(spec);
    let has_gain = record.runs.iter().any(|run| run.gain.is_some());
    if has_gain {
        draws.push(if spec.gain.is_some() { format!("gain {origin}") } else { format!("gain by {origin}") });
    }
    let own = |run: &Run| [run.activation.clone(), facts::proven(run.truth.evidence, run.truth.proof())];
    let mut each = tables::of_runs(record, "theory", Plain, own);
    if !has_gain {
        (0..2).for_each(|_| each.leave(1));
    }
    let facts = Block::Facts(vec![network, draws.join(", ")]);
    let tables =
        [Some(each), Some(tables::layer_one(record, judgement, Plain)), causes::ruling(record, judgement, Plain)];
    std::iter::once(facts).chain(tables.into_iter().flatten().map(Block::from)).collect()
}

/// Tables of every layer of every arithmetic, and of the sources by layer.
pub fn every_layer(record: &Record, judgement: &Judgement) -> Vec<Block> {
    let is_one = record.runs.len() == 1;
    let of_run = |(run, judged): (&Run, &RunJudgement)| {
        let named = |mut table: Table| {
            if !is_one {
                table.title = format!("{}, {}", run.activation, table.title);
            }
            Block::from(table)
        };
        let tables = tables::every_layer(run, judged).into_iter().chain(causes::sources_by_layer(run));
        tables.map(named).collect::<Vec<_>>()
    };
    record.runs.iter().zip(&judgement.runs).flat_map(of_run).collect()
}
