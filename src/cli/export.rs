//! `--export-md`, `--export-csv` and `--export-html`: the tables and the page as files of the user's choice.

use super::Failure;
use super::targets::{Target, Targets};
use crate::record::Record;
use crate::report::{csv, html, markdown};
use std::io;
use std::path::PathBuf;

/// Tables and pages that are written next to the report.
#[derive(clap::Args, Debug)]
pub struct Exports {
    /// Write the printed table as GitHub Markdown, too (- for standard output)
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    export_md: Option<PathBuf>,
    /// Write the numbers of every layer and trial as CSV, too (those of layers.csv; - for standard output)
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    export_csv: Option<PathBuf>,
    /// Write the page with figures and sortable table, too (that of report.html; - for standard output)
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    export_html: Option<PathBuf>,
}

/// What an option exports.
#[derive(Clone, Copy)]
enum Kind {
    Markdown,
    Csv,
    Html,
}

/// An export whose place is fit for it.
pub struct Export {
    kind: Kind,
    target: Target,
}

impl Exports {
    fn wanted(&self) -> impl Iterator<Item = (&'static str, Kind, &PathBuf)> {
        let options = [
            ("--export-md", Kind::Markdown, &self.export_md),
            ("--export-csv", Kind::Csv, &self.export_csv),
            ("--export-html", Kind::Html, &self.export_html),
        ];
        options.into_iter().filter_map(|(option, kind, file)| file.as_ref().map(|file| (option, kind, file)))
    }

    /// The first option that is given.
    pub fn first(&self) -> Option<&'static str> {
        self.wanted().map(|(option, ..)| option).next()
    }

    /// Makes sure, before anything is measured, that the files may be written.
    ///
    /// # Errors
    /// One sentence with the fix.
    pub fn claim(&self, targets: &mut Targets) -> Result<Vec<Export>, Failure> {
        let claim = |(option, kind, file): (&'static str, Kind, &PathBuf)| {
            let target = targets.claim((option, "FILE"), file, kind.beginning().as_bytes())?;
            Ok(Export { kind, target })
        };
        self.wanted().map(claim).collect()
    }
}

impl Kind {
    /// What every such export begins with, whatever it is of.
    fn beginning(self) -> String {
        match self {
            Kind::Markdown => "- ".into(),
            Kind::Csv => csv::header(),
            Kind::Html => html::BEGINNING.into(),
        }
    }

    fn text(self, record: &Record) -> Result<String, Failure> {
        match self {
            Kind::Markdown => Ok(markdown::table(record)),
            Kind::Csv => Ok(csv::layers_csv(record)),
            Kind::Html => html::page(record).map_err(|error| Failure::Output(io::Error::other(error))),
        }
    }
}

/// The exports of a record with their contents, all of which may be written.
///
/// # Errors
/// A file that exists with other contents, with the fix.
pub fn texts<'e>(exports: &'e [Export], record: &Record) -> Result<Vec<(&'e Target, String)>, Failure> {
    let text = |export: &'e Export| {
        let text = export.kind.text(record)?;
        export.target.accepts(text.as_bytes())?;
        Ok((&export.target, text))
    };
    exports.iter().map(text).collect()
}
