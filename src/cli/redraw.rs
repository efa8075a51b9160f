//! `report PATH`: everything but the record made again from the record alone.

use super::export::Exports;
use super::subcommands::print;
use super::{Failure, unwritable};
use crate::record::Record;
use crate::report::draw::Theme;
use crate::report::{contents, files, table};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What `report` is told.
#[derive(clap::Args, Debug)]
pub struct ReportArguments {
    /// A record.json, or the directory that holds one
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// Where the report goes, with a copy of the record [default: beside the record]
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    out: Option<PathBuf>,
    /// Replace a report of another spec
    #[arg(long, help_heading = "Output")]
    force: bool,
    /// Background of the pictures
    #[arg(long, value_name = "THEME", value_parser = super::theme(), default_value = "light", help_heading = "Output")]
    theme: Theme,
    #[command(flatten)]
    exports: Exports,
    /// Print every layer
    #[arg(long, conflicts_with = "quiet", help_heading = "Output")]
    layers: bool,
    /// Print nothing but errors
    #[arg(long, short, help_heading = "Output")]
    quiet: bool,
}

/// Redraws a report and prints its table.
///
/// # Errors
/// Wrong input with its fix, or what could not be written.
pub fn execute(arguments: &ReportArguments) -> Result<(), Failure> {
    let stored = Stored::read(&arguments.path).map_err(Failure::Input)?;
    let directory = arguments.out.as_deref().unwrap_or(&stored.directory);
    arguments.exports.check(directory, &stored.record.spec.activations)?;
    let keeps_record = stored.check_target(directory, arguments.force).map_err(Failure::Input)?;
    let mut contents =
        contents::drawn(&stored.record, arguments.theme).map_err(|error| Failure::Output(io::Error::other(error)))?;
    let picture = contents.last().map_or_else(PathBuf::new, |(name, _)| directory.join(name));
    if !keeps_record {
        contents.insert(0, (files::RECORD.to_string(), stored.bytes));
    }
    files::write(directory, &contents).map_err(|error| unwritable(directory, &error))?;
    arguments.exports.write(&stored.record)?;
    if arguments.quiet {
        return Ok(());
    }
    print(table::terminal(&stored.record, arguments.layers, Some(&picture)).as_bytes())
}

/// A record as it was found.
struct Stored {
    record: Record,
    bytes: Vec<u8>,
    directory: PathBuf,
}

impl Stored {
    /// Reads a record, or the one in a directory.
    fn read(path: &Path) -> Result<Stored, String> {
        let shown = path.display();
        let fix = format!("give a {} or the directory that holds one", files::RECORD);
        let file = if path.is_dir() { path.join(files::RECORD) } else { path.to_path_buf() };
        let bytes = fs::read(&file).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound if path.is_dir() => format!("`{shown}` holds no {}: {fix}", files::RECORD),
            io::ErrorKind::NotFound => format!("`{shown}` does not exist: {fix}"),
            _ => format!("`{shown}` cannot be read ({error}): {fix}"),
        })?;
        let shown = file.display();
        let text = std::str::from_utf8(&bytes).map_err(|_| format!("`{shown}` is not a record (not text): {fix}"))?;
        let record = Record::from_json(text).map_err(|message| match message.strip_prefix("not a record: ") {
            Some(place) => format!("`{shown}` is not a record ({place}): {fix}"),
            None => format!("`{shown}` is a record of another version: {message}"),
        })?;
        if record.runs.is_empty() {
            return Err(format!("`{shown}` holds no run: {fix}"));
        }
        let directory = match file.parent() {
            Some(parent) if parent != Path::new("") => parent.to_path_buf(),
            _ => PathBuf::from("."),
        };
        Ok(Stored { record, bytes, directory })
    }

    /// Makes sure that the report may be written here, and says whether this very record is there already.
    fn check_target(&self, directory: &Path, force: bool) -> Result<bool, String> {
        files::check_target(directory, &self.record.spec_hash, force)?;
        match fs::read(directory.join(files::RECORD)) {
            Ok(bytes) if bytes == self.bytes => Ok(true),
            Ok(_) if !force => {
                let (place, name) = (directory.display(), files::RECORD);
                Err(format!(
                    "`{place}` holds another {name} of this spec: choose another place with --out DIR, or replace it with --force"
                ))
            }
            _ => Ok(false),
        }
    }
}
