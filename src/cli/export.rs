//! `--export-md`, `--export-csv` and `--export-html`: the tables and the page as files of the user's choice.

use super::Failure;
use crate::record::Record;
use crate::report::{csv, files, html, markdown};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Files of every report that an export must not replace; its pictures are named by the spec.
const OWN: [&str; 4] = [files::RECORD, "run.json", "layers.csv", files::PAGE];

/// Tables and pages that are written beside the report.
#[derive(clap::Args, Debug)]
pub struct Exports {
    /// Write the printed table as GitHub Markdown, too
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    export_md: Option<PathBuf>,
    /// Write the numbers of every layer and trial as CSV, too (those of layers.csv)
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    export_csv: Option<PathBuf>,
    /// Write the page with figures and sortable table, too (that of report.html)
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    export_html: Option<PathBuf>,
}

impl Exports {
    fn wanted(&self) -> impl Iterator<Item = (&'static str, &PathBuf)> {
        let options = [
            ("--export-md", &self.export_md),
            ("--export-csv", &self.export_csv),
            ("--export-html", &self.export_html),
        ];
        options.into_iter().filter_map(|(option, file)| file.as_ref().map(|file| (option, file)))
    }

    /// The first option that is given.
    pub fn first(&self) -> Option<&'static str> {
        self.wanted().map(|(option, _)| option).next()
    }

    /// Makes sure, before anything is measured or written, that the files may be written beside a report in
    /// `directory`, which need not be there yet.
    ///
    /// # Errors
    /// One sentence with the fix.
    pub fn check(&self, directory: &Path, activations: &[String]) -> Result<(), Failure> {
        let pictures = files::Pictures::new(activations).files();
        let own = OWN.into_iter().chain(pictures.iter().map(String::as_str));
        let mut taken: Vec<PathBuf> = own.map(|name| place(&directory.join(name))).collect();
        for (option, file) in self.wanted() {
            let shown = file.display();
            // The report's directory, or one above it, may still have to be made.
            let is_above = !file.exists() && place(directory).starts_with(place(file));
            if is_above || taken.contains(&place(file)) {
                let message = format!("{option} {shown}: something else of this run goes there; choose another place");
                return Err(Failure::Input(message));
            }
            taken.push(place(file));
            // That directory is tried by itself when it is made.
            if file.file_name().is_some() && file.parent() == Some(directory) && !directory.exists() {
                continue;
            }
            files::check_file(&resolved(file)).map_err(|error| unwritable(option, file, &error))?;
        }
        Ok(())
    }

    /// Writes the tables.
    ///
    /// # Errors
    /// One sentence with the fix.
    pub fn write(&self, record: &Record) -> Result<(), Failure> {
        for (option, file) in self.wanted() {
            let text = match option {
                "--export-md" => markdown::table(record),
                "--export-csv" => csv::layers_csv(record),
                _ => html::page(record).map_err(|error| Failure::Output(io::Error::other(error)))?,
            };
            let written = files::write_file(&resolved(file), text.as_bytes());
            written.map_err(|error| unwritable(option, file, &error))?;
        }
        Ok(())
    }
}

fn unwritable(option: &str, file: &Path, error: &io::Error) -> Failure {
    Failure::Input(format!("cannot write to `{}` ({error}): choose another place with {option} FILE", file.display()))
}

/// Where a link leads: the file behind it is replaced and the link stays.
fn resolved(file: &Path) -> PathBuf {
    fs::canonicalize(file).unwrap_or_else(|_| file.into())
}

/// The same path for the same file, however it is written and whether or not it is there.
fn place(file: &Path) -> PathBuf {
    let folder = match file.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let absolute = fs::canonicalize(file).ok();
    absolute.unwrap_or_else(|| {
        let folder = fs::canonicalize(folder).or_else(|_| std::path::absolute(folder));
        folder.unwrap_or_default().join(file.file_name().unwrap_or_default())
    })
}
