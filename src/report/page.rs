//! A report's page as data: what is said, shown and listed, in sections.

use super::panel::Panel;

/// A page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// What is reported.
    pub title: String,
    /// The version of the program that measured.
    pub version: String,
    /// From above.
    pub sections: Vec<Section>,
    /// The record's file name and its JSON, to be saved from the page.
    pub record: Option<(&'static str, String)>,
}

/// A part of a page with a name in links.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Section {
    /// Its name in links.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// What stands in it.
    pub blocks: Vec<Block>,
}

/// One thing in a section.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// A sentence to read first.
    Answer(String),
    /// A paragraph.
    Paragraph(String),
    /// What explains the thing before it, in small print.
    Note(String),
    /// A heading within a section.
    Heading(String),
    /// A picture.
    Figure(Panel),
    /// Terms and what they mean.
    Definitions(Vec<(String, String)>),
    /// A command.
    Command(String),
}

impl Section {
    /// A section of blocks.
    pub fn new(id: impl Into<String>, title: impl Into<String>, blocks: Vec<Block>) -> Section {
        Section { id: id.into(), title: title.into(), blocks }
    }
}
