//! A probe as a page: the answer, layer 1, causes, figures, every layer, and how it was made.

use super::{causes, glossary, layers, panels, screen, tables};
use crate::judgement::{judge, judge_run};
use crate::record::{Record, Run};
use crate::report::numbers::{Notation::Typeset, short};
use crate::report::page::{Block, Page, Section};
use crate::report::table::Table;
use crate::report::{audit, command, facts, files, html, say};

const QUESTION: &str = "Where a deep network stops learning: is its exact gradient too small, does the format lose it, or \
                        does rounding noise dominate it, and what helps?";

/// The page as HTML.
///
/// # Errors
/// What could not be drawn, and that a record without a run has nothing to show.
pub fn html(record: &Record) -> Result<String, String> {
    html::page(&page(record)?)
}

/// The page of a record.
///
/// # Errors
/// That a record without a run has nothing to show.
pub fn page(record: &Record) -> Result<Page, String> {
    let first = record.runs.first().ok_or("the record has no run")?;
    let mut sections = vec![Section::new("answer", "The answer", answer(record)), layer_one(record)];
    let optional = [
        Section::new("sources", "Sources of the noise, and remedies", causes_and_remedies(record)),
        Section::new("audit", "Gradients of other programs", audits(record)),
    ];
    sections.extend(optional.into_iter().filter(|section| !section.blocks.is_empty()));
    if record.runs.len() > 1 {
        let panel = panels::comparison(record, &judge(record));
        sections.push(Section::new("comparison", "The activations side by side", vec![Block::Figure(panel)]));
    }
    sections.extend(record.runs.iter().enumerate().map(|(index, run)| figures(record, index, run)));
    sections.extend([
        Section::new("layers", "Every layer", vec![Block::Table(layers::table(record))]),
        Section::new("making", "How this was made", making(record)),
        Section::new("glossary", "What the words mean", glossary::glossary()),
        Section::new("record", "The numbers behind it", stored(record)),
    ]);
    Ok(Page { title: panels::title(record, first), version: record.version.clone(), sections })
}

/// The question and its answer, in the words of the terminal and the picture.
fn answer(record: &Record) -> Vec<Block> {
    let answers = match record.runs.as_slice() {
        [run] => ruling(record, run),
        _ => say::sentences(record, &judge(record), Typeset),
    };
    [Block::Question(QUESTION.into())].into_iter().chain(answers.into_iter().map(Block::Answer)).collect()
}

/// The sentences of a run, or what its audits say.
fn ruling(record: &Record, run: &Run) -> Vec<String> {
    audit::sentences(record, run, Typeset).into_iter().filter(|sentence| !sentence.is_empty()).collect()
}

/// The panels of one run; of several, below its sentences.
fn figures(record: &Record, index: usize, run: &Run) -> Section {
    let figures = panels::of_record(record, run).into_iter().map(Block::Figure);
    if record.runs.len() < 2 {
        return Section::new("figures", "By layer", figures.collect());
    }
    let words = ruling(record, run).into_iter().map(Block::Answer);
    let title = format!("{} by layer", run.activation);
    Section::new(format!("figures-{}", index + 1), title, words.chain(figures).collect())
}

/// Gradients of other programs next to our model of their arithmetic.
fn audits(record: &Record) -> Vec<Block> {
    let audits = record.runs.iter().flat_map(|run| audit::audits(record, run));
    audits.flat_map(|one| [Block::Table(one.table(Typeset)), Block::Paragraph(one.answer(Typeset))]).collect()
}

/// Layer 1 in every arithmetic, and of every activation.
fn layer_one(record: &Record) -> Section {
    let judgement = judge(record);
    let flips = tables::layer_one(record, &judgement, Typeset);
    let tables =
        [say::cells::table(record, &judgement, Typeset), Table { title: "Flips and underflow".into(), ..flips }];
    let header = screen::header(record, &judgement, Typeset).into_iter().map(Block::Paragraph);
    Section::new("layer-1", "Layer 1", header.chain(tables.map(Block::Table)).collect())
}

/// Where the noise of layer 1 comes from and what was tried against it, of every run that tells.
fn causes_and_remedies(record: &Record) -> Vec<Block> {
    let of_run = |run: &Run| {
        let remedies = causes::remedies(run, Some(&judge_run(run, record.spec.batch)), Typeset, true);
        let mut tables: Vec<Table> = [causes::sources(run, Typeset), remedies].into_iter().flatten().collect();
        if record.runs.len() > 1 {
            let named = |title: &str| format!("{}, {}", title.trim_end_matches(':'), run.activation);
            tables.iter_mut().for_each(|table| table.title = named(&table.title));
        }
        tables.into_iter().map(Block::Table)
    };
    record.runs.iter().flat_map(of_run).collect()
}

/// Everything needed to measure a record again and to judge its truth.
fn making(record: &Record) -> Vec<Block> {
    let spec = &record.spec;
    let mut facts = vec![("network", facts::network(record).join(", "))];
    // A network from a file was drawn with no gain.
    if spec.weights.is_none() {
        let gain = match spec.gain {
            Some(gain) => format!("{} (given)", short(gain, Typeset)),
            None => format!("by init {}", spec.init),
        };
        facts.push(("gain", gain));
    }
    facts.extend([
        ("draws", facts::draws(spec).join(", ")),
        ("intervals", facts::quantile_note(spec.trials)),
        ("precisions", spec.formats.iter().map(|policy| spec.names.of(policy)).collect::<Vec<_>>().join(", ")),
        ("required accuracy", format!("{} bits of every layer’s exact gradient", spec.truth_bits)),
        ("version", format!("precision-probe {}", record.version)),
        ("spec", format!("SHA-256 {}", record.spec_hash)),
    ]);
    facts.extend(facts::presets(&record.runs).into_iter().map(|line| ("preset", line)));
    facts.extend(facts::storage_over(&record.runs).into_iter().map(|line| ("stored with rounding", line)));
    vec![
        Block::definitions(facts),
        Block::Table(runs(record)),
        Block::Heading("To measure it again".into()),
        Block::Command(command::line(spec)),
    ]
}

/// What each activation has of its own: constants, gain, theory, and how well its exact gradient is known.
fn runs(record: &Record) -> Table {
    let own = |run: &Run| [facts::activation(run), facts::truth(run)];
    tables::of_runs(record, "mean-field theory", Typeset, own)
}

/// The record itself, or where it is. Counted before it is written: a large one is not to stand in memory for nothing.
fn stored(record: &Record) -> Vec<Block> {
    let beside = format!(
        "The record is {} in the report’s directory; summary.csv and the other tables hold its numbers.",
        files::RECORD
    );
    let is_small = record.json_length() <= files::LARGEST_CARRIED;
    let carried = is_small.then(|| Block::Record(files::RECORD, record.to_json()));
    [Block::Paragraph(beside)].into_iter().chain(carried).collect()
}
