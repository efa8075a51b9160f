//! What a report says and shows as data: sections of blocks, which a terminal, Markdown and a page render.

mod text;

pub use text::{markdown, markdown_page, text};

use super::files;
use super::panel::Panel;
use super::table::Table;

/// A page.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// What is reported.
    pub title: String,
    /// The version of the program that measured.
    pub version: String,
    /// From above.
    pub sections: Vec<Section>,
}

/// A part of a page with a name in links.
#[derive(Clone, Debug, Default)]
pub struct Section {
    /// Its name in links.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// What stands in it.
    pub blocks: Vec<Block>,
}

/// One thing in a section. What only a page can show, text leaves out.
#[derive(Clone, Debug)]
pub enum Block {
    /// What the page answers.
    Question(String),
    /// A sentence to read first.
    Answer(String),
    /// Sentences to read first: a paragraph on a terminal, else one each.
    Sentences(Vec<String>),
    /// A paragraph.
    Paragraph(String),
    /// Facts, each on a line of its own.
    Facts(Vec<String>),
    /// A heading within a section.
    Heading(String),
    /// Numbers; on a page those whose columns have keys sort, and are selected by the tags of their cells.
    Table(Table),
    /// A picture, for a page alone.
    Figure(Panel),
    /// What a picture in a file next to the report shows, and the file: for Markdown alone.
    Picture(String, String),
    /// What is folded away below its title; nothing for a terminal.
    Folded(String, Vec<Block>),
    /// Terms and what they mean.
    Definitions(Vec<(String, String)>),
    /// A command.
    Command(String),
    /// JSON as it is.
    Json(String),
    /// A record's file name and its JSON, to be saved from a page.
    Record(&'static str, String),
    /// Text for a terminal alone, such as paths.
    Lines(String),
}

impl From<Table> for Block {
    fn from(table: Table) -> Block {
        Block::Table(table)
    }
}

impl Block {
    /// Terms and what they mean.
    pub fn definitions<T: Into<String>, M: Into<String>>(pairs: impl IntoIterator<Item = (T, M)>) -> Block {
        Block::Definitions(pairs.into_iter().map(|(term, meaning)| (term.into(), meaning.into())).collect())
    }
}

impl Section {
    /// A section of blocks.
    pub fn new(id: impl Into<String>, title: impl Into<String>, blocks: Vec<Block>) -> Section {
        Section { id: id.into(), title: title.into(), blocks }
    }

    /// The record itself, unless it is large, after where it and its tables are.
    pub fn record(file: &'static str, tables: &str, json: String) -> Section {
        let beside = format!("The record is {file} in the report’s directory; {tables} its numbers.");
        let carried = (json.len() <= files::LARGEST_CARRIED).then_some(Block::Record(file, json));
        let blocks = [Block::Paragraph(beside)].into_iter().chain(carried).collect();
        Section::new("record", "The numbers behind it", blocks)
    }
}
