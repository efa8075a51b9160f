//! A law as a page: the sentences, the bits that each activation needs, the picture, and the exponents.

use super::panel::{panel, title};
use super::tables::{bits, exponents};
use super::words::sentence;
use crate::record::law::{Law, LawRun};
use crate::report::command::law_line;
use crate::report::page::{Block, Page, Section};
use crate::report::{facts, files};

const QUESTION: &str = "How many significand bits does the gradient of layer 1 need, and what does one more bit buy?";

/// The page.
pub fn page(law: &Law) -> Page {
    let sentences = Block::Sentences(law.runs.iter().map(sentence).collect());
    let sections = vec![
        Section::new("answer", "The answer", vec![Block::Question(QUESTION.into()), sentences]),
        Section::new("bits", "Bits needed", bits(law)),
        Section::new("figures", "Noise against precision", vec![Block::Figure(panel(law))]),
        Section::new("exponents", "Exponents", exponents(law)),
        Section::new("making", "How this was made", making(law)),
        Section::record(files::LAW, "law.csv holds", law.to_json()),
    ];
    Page { title: title(law), version: law.version.clone(), sections }
}

/// Everything needed to measure a law again and to judge its exact gradients.
fn making(law: &Law) -> Vec<Block> {
    let activations = law.runs.iter().map(|run| (run.activation.clone(), activation(run)));
    let program = [
        ("version".to_string(), format!("precision-probe {}", law.version)),
        ("spec".to_string(), format!("SHA-256 {}", law.spec_hash)),
    ];
    vec![
        Block::definitions(activations.chain(program)),
        Block::Heading("To measure it again".into()),
        Block::Command(law_line(&law.spec)),
    ]
}

/// The constants of an activation, and how well its exact gradient is known.
fn activation(run: &LawRun) -> String {
    run.constants.iter().cloned().chain([facts::reference(run.evidence)]).collect::<Vec<_>>().join(", ")
}
