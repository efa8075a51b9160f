//! A training as a page: when learning stops in sentences, and every panel of every activation.

use super::panels::panels;
use super::{answer, facts, paragraphs, unfinished};
use crate::record::training::{Training, TrainingRun};
use crate::report::command::training_line;
use crate::report::files;
use crate::report::numbers::Notation::Typeset;
use crate::report::page::{Block, Page, Section};

/// The page.
pub fn page(training: &Training) -> Page {
    let mut sections = vec![Section::new("answer", "The answer", sentences(training))];
    for (index, run) in training.runs.iter().enumerate() {
        sections.push(activation(training, index, run));
    }
    sections.push(Section::new("making", "How this was made", making(training)));
    sections.push(Section::record(files::TRAINING, "steps.csv and layers.csv hold", training.to_json()));
    Page {
        title: format!("{}, {}: when does learning stop?", facts::activations(training), facts::shape(training)),
        version: training.version.clone(),
        sections,
    }
}

fn sentences(training: &Training) -> Vec<Block> {
    let question = "When does a network stop learning in each precision, and is it rounding? f64 trains beside them.";
    let answers = match training.runs.as_slice() {
        [run] => paragraphs(training, run, Typeset),
        _ => vec![answer(training, Typeset)],
    };
    let sentences = unfinished(training).into_iter().chain(answers).map(Block::Answer);
    [Block::Question(question.into())].into_iter().chain(sentences).collect()
}

/// One activation: its sentences, unless they are the answer already, and its panels.
fn activation(training: &Training, index: usize, run: &TrainingRun) -> Section {
    let is_single = training.runs.len() == 1;
    let words = if is_single { Vec::new() } else { paragraphs(training, run, Typeset) };
    let figures = panels(training, run).into_iter().map(Block::Figure);
    let blocks = words.into_iter().map(Block::Paragraph).chain(figures).collect();
    let title = if is_single { "Course of the training".into() } else { run.activation.clone() };
    Section::new(format!("figures-{}", index + 1), title, blocks)
}

fn making(training: &Training) -> Vec<Block> {
    let facts = [
        ("network", facts::network(training)),
        ("optimiser", facts::optimiser(training, Typeset)),
        ("draws", facts::draws(training, &training.runs, Typeset)),
        ("data", vec![facts::data(training)]),
        ("exact gradients", facts::evidence(training).into_iter().collect()),
        ("presets", facts::presets(training)),
        ("version", vec![format!("precision-probe {}", training.version)]),
        ("spec", vec![format!("SHA-256 {}", training.spec_hash)]),
    ];
    let told = facts.into_iter().filter(|(_, pieces)| !pieces.is_empty());
    vec![
        Block::definitions(told.map(|(term, pieces)| (term, pieces.join(", ")))),
        Block::Heading("To train it again".into()),
        Block::Command(training_line(&training.spec)),
    ]
}
