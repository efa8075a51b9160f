//! `--export-md`, `--export-csv` and `--export-html`: the tables and the page as files wherever the user wants them.

use super::failure::Failure;
use super::targets::{Target, Targets};
use crate::judgement::judge;
use crate::record::Record;
use crate::report::probe::details;
use crate::report::probe::page;
use crate::report::{csv, html};
use std::io;
use std::path::PathBuf;

/// Tables and pages that are written in addition to the report.
#[derive(clap::Args, Debug)]
pub struct Exports {
    /// Also write the printed table as GitHub Markdown (- for standard output)
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    export_md: Option<PathBuf>,
    /// Also write summary.csv, one row per precision and layer, to FILE (- for standard output)
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    export_csv: Option<PathBuf>,
    /// Also write the page with plots and a sortable table, like report.html (- for standard output)
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

/// An export that may be written to its place.
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

    /// Checks, before anything is measured, that the files may be written.
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
    /// The first bytes of every export of this kind.
    fn beginning(self) -> String {
        match self {
            Kind::Markdown => "- ".into(),
            Kind::Csv => csv::summary_header(),
            Kind::Html => html::BEGINNING.into(),
        }
    }

    fn text(self, record: &Record) -> Result<String, Failure> {
        match self {
            Kind::Markdown => Ok(details::in_markdown(record)),
            Kind::Csv => Ok(csv::summary_csv(record, &judge(record))),
            Kind::Html => page::html(record).map_err(|error| Failure::Output(io::Error::other(error))),
        }
    }
}

/// The exports of a record with their contents, after checking that all of them may be written.
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
