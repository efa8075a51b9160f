//! What a report says, piece by piece: paragraphs and tables, rendered one after the other.

use super::data::Table;
use super::markdown::escaped;
use super::text::wrapped;

pub enum Block {
    /// Facts about what was measured, each on a line of its own.
    Facts(Vec<String>),
    /// Sentences.
    Paragraph(Vec<String>),
    Table(Table),
    /// Text for a terminal as it is, such as paths.
    Lines(String),
}

impl From<Table> for Block {
    fn from(table: Table) -> Block {
        Block::Table(table)
    }
}

/// Blocks on a terminal, blank lines between them.
pub fn text(blocks: &[Block]) -> String {
    let text = blocks.iter().map(|block| match block {
        Block::Facts(facts) => facts.iter().map(|fact| wrapped(fact)).collect(),
        Block::Paragraph(sentences) => wrapped(&sentences.join(" ")),
        Block::Table(table) => table.text(),
        Block::Lines(lines) => lines.clone(),
    });
    text.collect::<Vec<_>>().join("\n")
}

/// Blocks as GitHub Markdown: facts are a list, and every sentence is a paragraph.
pub fn markdown(blocks: &[Block]) -> String {
    let line = |text: &String| escaped(text) + "\n";
    let text = blocks.iter().filter_map(|block| match block {
        Block::Facts(facts) => Some(facts.iter().map(|fact| format!("- {}", line(fact))).collect()),
        Block::Paragraph(sentences) => Some(sentences.iter().map(line).collect::<Vec<_>>().join("\n")),
        Block::Table(table) => Some(table.markdown()),
        Block::Lines(_) => None,
    });
    text.filter(|text: &String| !text.is_empty()).collect::<Vec<_>>().join("\n")
}
