//! A law: the files of its report, and what a terminal shows of it.

mod csv;
mod page;
mod panel;
mod tables;
mod words;

pub use csv::law_csv;
pub use panel::sheet;
pub use words::sentence;

use crate::record::Evidence;
use crate::record::law::Law;
use crate::report::files;
use crate::report::kind::{Head, Kind};
use crate::report::page::{Block, Page, text};
use crate::report::panel::Sheet;
use crate::report::view::View;
use std::path::Path;
use tables::{bits, exponents};

/// The table's file.
const TABLE: &str = "law.csv";

impl Kind for Law {
    fn head(&self) -> Head<'_> {
        Head { file: files::LAW, version: &self.version, spec_hash: &self.spec_hash, parts: self.runs.len() }
    }

    fn json(&self) -> String {
        self.to_json()
    }

    fn evidence(&self) -> Vec<Evidence> {
        self.runs.iter().map(|run| run.evidence).collect()
    }

    fn tables(&self) -> Vec<(&'static str, String)> {
        vec![(TABLE, law_csv(self))]
    }

    fn page(&self) -> Result<Page, String> {
        Ok(page::page(self))
    }

    fn sheets(&self) -> Vec<Sheet> {
        vec![sheet(self)]
    }

    fn terminal(&self, view: View, picture: Option<&Path>) -> String {
        if view.details { terminal(self, picture) } else { screen(self, picture) }
    }
}

/// Names of all files of a law's report.
pub fn names() -> Vec<String> {
    let picture = ["svg", "png"].map(|ending| format!("{}.{ending}", panel::NAME));
    [files::LAW, files::RUN, TABLE, files::PAGE].map(String::from).into_iter().chain(picture).collect()
}

/// The first screen: the bits that each activation needs, and where the picture is.
pub fn screen(law: &Law, picture: Option<&Path>) -> String {
    let place = picture.map(|picture| format!("Picture: {} (--details prints the exponents)\n", picture.display()));
    text(&bits(law).into_iter().chain(place.map(Block::Lines)).collect::<Vec<_>>())
}

/// The law in detail, and where its picture is.
pub fn terminal(law: &Law, picture: Option<&Path>) -> String {
    let place = picture.map(|picture| Block::Lines(format!("Picture: {}\n", picture.display())));
    let sentences = Block::Facts(law.runs.iter().map(sentence).collect());
    text(&exponents(law).into_iter().chain([sentences]).chain(place).collect::<Vec<_>>())
}
