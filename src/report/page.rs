//! A report's page as data: what is said, shown and listed, in sections.

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

/// One thing in a section.
#[derive(Clone, Debug)]
pub enum Block {
    /// What the page answers.
    Question(String),
    /// A sentence to read first.
    Answer(String),
    /// A paragraph.
    Paragraph(String),
    /// A heading within a section.
    Heading(String),
    /// Numbers; those whose columns have keys sort, and are selected by the tags of their cells.
    Table(Table),
    /// A picture.
    Figure(Panel),
    /// Terms and what they mean.
    Definitions(Vec<(String, String)>),
    /// A command.
    Command(String),
    /// A record's file name and its JSON, to be saved from the page.
    Record(&'static str, String),
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
}
