//! `report PATH`: redraws a report from its record alone, whatever kind of record it is.

use super::export::{self, Exports};
use super::failure::Failure;
use super::folder::Folder;
use super::printing::{show, theme};
use super::targets::Targets;
use crate::disk::{self, Unread};
use crate::exchange::LARGEST_FILE;
use crate::judgement::sweep::Sweep;
use crate::record::Record;
use crate::record::law::Law;
use crate::record::study::Study;
use crate::record::training::Training;
use crate::report::files;
use crate::report::kind::Kind;
use crate::report::svg::Theme;
use crate::report::view::View;
use serde::Deserialize;
use std::io;
use std::path::{Path, PathBuf};

/// Arguments of `report`.
#[derive(clap::Args, Debug)]
pub struct ReportArguments {
    /// A record.json, law.json, training.json or study.json, or the directory that contains one
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// Output directory, which also gets a copy of the record [default: the record's directory]
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    out: Option<PathBuf>,
    /// Overwrite a report with other options, and exported files with other contents
    #[arg(long, help_heading = "Output")]
    force: bool,
    /// Background of the plots
    #[arg(long, value_name = "THEME", value_parser = theme(), default_value = "light", help_heading = "Output")]
    theme: Theme,
    #[command(flatten)]
    exports: Exports,
    /// Also print the setup, branch flips, sources of the noise, remedies tried and theory, or for other records the
    /// details of their command
    #[arg(long, conflicts_with = "quiet", help_heading = "Output")]
    details: bool,
    /// Print every layer
    #[arg(long, conflicts_with = "quiet", help_heading = "Output")]
    layers: bool,
    /// Print only errors
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
    let (kept, probe) = (&stored.kept, stored.kept.probe());
    if probe.is_none() {
        arguments.refuse_options_of_a_probe(kept.head().file)?;
    }
    let folder = Folder::lock("--out", directory)?;
    let keeps_record = stored.check_target(directory, arguments.force).map_err(Failure::Input)?;
    let mut contents = kept.drawn(arguments.theme).map_err(|error| Failure::Output(io::Error::other(error)))?;
    let picture = contents.last().map_or_else(PathBuf::new, |(name, _)| directory.join(name));
    let mut names: Vec<String> = contents.iter().map(|(name, _)| name.clone()).collect();
    if !keeps_record {
        names.push(kept.head().file.to_string());
        contents.insert(0, (kept.head().file.to_string(), stored.bytes.clone()));
    }
    files::check_names(directory, &names).map_err(Failure::Input)?;
    let mut targets = Targets::new(arguments.force);
    if let Some(record) = probe {
        targets.take(&folder, &files::names(&record.spec.activations));
    }
    let exports = probe.map_or(Ok(Vec::new()), |_| arguments.exports.claim(&mut targets))?;
    let texts = probe.map_or(Ok(Vec::new()), |record| export::texts(&exports, record))?;
    folder.write(&contents)?;
    texts.iter().try_for_each(|(target, text)| target.write(text.as_bytes()))?;
    if arguments.quiet || targets.is_stdout_taken() {
        return Ok(());
    }
    let view = View { details: arguments.details, layers: arguments.layers };
    show(&kept.terminal(view, Some(&picture)))
}

impl ReportArguments {
    /// Refuses options that only a record of the main command has tables for.
    fn refuse_options_of_a_probe(&self, file: &str) -> Result<(), Failure> {
        let export = self.exports.first();
        let option = export.or(self.layers.then_some("--layers"));
        option.map_or(Ok(()), |option| {
            Err(Failure::Input(format!("{option} needs a {}, but this is a {file}: leave it out", files::RECORD)))
        })
    }
}

/// Names of records.
const FILES: [&str; 5] = [files::RECORD, files::LAW, files::TRAINING, files::STUDY, files::SWEEP];

/// Reads a record according to its schema.
fn parse(text: &str) -> Result<Box<dyn Kind>, String> {
    #[derive(Deserialize)]
    struct Head {
        schema: String,
    }
    fn boxed(record: impl Kind + 'static) -> Box<dyn Kind> {
        Box::new(record)
    }
    let schema = serde_json::from_str::<Head>(text).map(|head| head.schema).unwrap_or_default();
    let is = |known: &str| schema.split('/').next() == known.split('/').next();
    if is(crate::record::law::SCHEMA) {
        Law::from_json(text).map(boxed).map_err(|message| message.replacen("not a law", "not a record", 1))
    } else if is(crate::record::training::SCHEMA) {
        Training::from_json(text).map(boxed)
    } else if is(crate::record::study::SCHEMA) {
        Study::from_json(text).map(boxed)
    } else if is(crate::judgement::sweep::SCHEMA) {
        Sweep::from_json(text).map(boxed)
    } else {
        Record::from_json(text).map(boxed)
    }
}

/// The record in a directory, or where it would be. Two records are ambiguous: a forced run of another kind leaves the
/// old one.
fn inside(directory: &Path) -> Result<PathBuf, String> {
    let is_there = |name: &&str| directory.join(name).symlink_metadata().is_ok();
    match FILES.into_iter().filter(is_there).collect::<Vec<_>>()[..] {
        [] => Ok(directory.join(files::RECORD)),
        [one] => Ok(directory.join(one)),
        [first, second, ..] => {
            let shown = directory.display();
            Err(format!("`{shown}` holds a {first} and a {second}: give the path of one of them"))
        }
    }
}

/// A record as stored.
struct Stored {
    kept: Box<dyn Kind>,
    bytes: Vec<u8>,
    directory: PathBuf,
}

impl Stored {
    /// Reads a record, or the one in a directory.
    fn read(path: &Path) -> Result<Stored, String> {
        let shown = path.display();
        let fix = format!("give a {} or the directory that holds one", files::RECORD);
        let file = if path.is_dir() { inside(path)? } else { path.to_path_buf() };
        let bytes = disk::input(&file, LARGEST_FILE).map_err(|unread| match unread {
            unread if unread.is_absent() && path.join(files::PLAN).exists() => format!(
                "`{shown}` holds a sweep that is not finished, or a part of one: go on with `precision-probe sweep … --resume`, or put parts together with `precision-probe sweep merge`"
            ),
            unread if unread.is_absent() && path.is_dir() => format!("`{shown}` holds no {}: {fix}", files::RECORD),
            unread if unread.is_absent() => format!("`{shown}` does not exist: {fix}"),
            Unread::Failed(_) | Unread::Special(_) | Unread::TooLarge(_) => {
                format!("`{}` {unread}: {fix}", file.display())
            }
        })?;
        let shown = file.display();
        let text = std::str::from_utf8(&bytes).map_err(|_| format!("`{shown}` is not a record (not text): {fix}"))?;
        let kept = parse(text).map_err(|message| match message.strip_prefix("not a record: ") {
            Some(place) => format!("`{shown}` is not a record ({place}): {fix}"),
            None => format!("`{shown}` is a record of another version: {message}"),
        })?;
        if kept.head().parts == 0 {
            return Err(format!("`{shown}` holds no run: {fix}"));
        }
        kept.check().map_err(|contradiction| {
            format!("`{shown}` contradicts itself ({contradiction}): measure again, or give a record as it was written")
        })?;
        let directory = match file.parent() {
            Some(parent) if parent != Path::new("") => parent.to_path_buf(),
            _ => PathBuf::from("."),
        };
        Ok(Stored { kept, bytes, directory })
    }

    /// Checks that the report may be written here, and says whether this record is already there.
    fn check_target(&self, directory: &Path, force: bool) -> Result<bool, String> {
        let name = self.kept.head().file;
        files::check_target_of(directory, name, self.kept.head().spec_hash, force)?;
        match disk::stored(&directory.join(name), LARGEST_FILE) {
            Ok(bytes) if bytes == self.bytes => Ok(true),
            Ok(_) if !force => {
                let place = directory.display();
                Err(format!(
                    "`{place}` holds another {name} of this spec: choose another place with --out DIR, or overwrite it with --force"
                ))
            }
            _ => Ok(false),
        }
    }
}
