//! May this file be written? The one place that answers, for everything that goes where the user says.
//!
//! Nothing that was read is replaced, nothing is written twice, and an existing file is replaced by other bytes only with
//! `--force`. Whatever can be known is found before anything is measured.

use super::Failure;
use super::folder::Folder;
use super::subcommands::print;
use crate::disk;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The places that one run writes to.
pub struct Targets {
    force: bool,
    /// Places of files and folders of this run.
    taken: Vec<PathBuf>,
    /// What goes to standard output, if not the text for people.
    printed: Option<String>,
}

/// An option and what it takes: `("--out", "FILE")`.
pub type Named = (&'static str, &'static str);

/// A place that may be written to.
pub struct Target {
    option: Named,
    /// As the user wrote it.
    shown: PathBuf,
    /// `None` for standard output.
    place: Option<PathBuf>,
    force: bool,
}

impl Targets {
    /// None yet; existing files may be replaced if `force`.
    pub fn new(force: bool) -> Targets {
        Targets { force, taken: Vec::new(), printed: None }
    }

    /// Files of a report, and folders that were made for it.
    pub fn take(&mut self, folder: &Folder, names: &[String]) {
        self.taken.extend(folder.made().iter().map(|made| disk::place(made)));
        for name in names {
            let below = Path::new(name).ancestors().filter(|path| *path != Path::new(""));
            self.taken.extend(below.map(|path| disk::place(&folder.path().join(path))));
        }
    }

    /// Standard output, for what an option prints instead of the text for people.
    ///
    /// # Errors
    /// Something else goes there.
    pub fn take_stdout(&mut self, option: &str, what: &str) -> Result<(), Failure> {
        match self.printed.replace(what.into()) {
            None => Ok(()),
            Some(other) => {
                let message =
                    format!("{other} and {what} both go to standard output: give {option} a file, or leave one out");
                Err(Failure::Input(message))
            }
        }
    }

    /// True if standard output holds what was asked for, so that nothing else may be printed there.
    pub fn is_stdout_taken(&self) -> bool {
        self.printed.is_some()
    }

    /// A file of the user's choice, or standard output for `-`, before its contents are known, all but how they begin.
    ///
    /// # Errors
    /// Why it may not be written, with the fix.
    pub fn claim(&mut self, option: Named, file: &Path, beginning: &[u8]) -> Result<Target, Failure> {
        let mut target = Target { option, shown: file.into(), place: None, force: self.force };
        if file == Path::new("-") {
            self.take_stdout(option.0, &format!("{} -", option.0))?;
            return Ok(target);
        }
        let place = disk::place(file);
        target.place = Some(place.clone());
        if self.taken.contains(&place) {
            return target.refuse("something else of this run goes there; choose another place");
        }
        if disk::was_read(&place) {
            return target.refuse("this run reads that file, which is never replaced; choose another place");
        }
        disk::check_file(&place).map_err(|error| target.unwritable(&error))?;
        if place.exists() && !self.force && !begins_with(&place, beginning) {
            return Err(target.exists());
        }
        if let (Some(folder), name) = (place.parent(), place.file_name()) {
            disk::sweep(folder, name);
        }
        self.taken.push(place);
        Ok(target)
    }
}

impl Target {
    /// Whether these bytes may be written: without `--force`, other bytes are not replaced.
    ///
    /// # Errors
    /// One sentence with the fix.
    pub fn accepts(&self, bytes: &[u8]) -> Result<(), Failure> {
        match &self.place {
            Some(place) if disk::was_read(place) => {
                self.refuse("this run reads that file, which is never replaced; choose another place")
            }
            Some(place) if place.exists() && !self.force && !holds(place, bytes) => Err(self.exists()),
            _ => Ok(()),
        }
    }

    /// Writes, or leaves a file as it is that holds these bytes already.
    ///
    /// # Errors
    /// As [`Target::accepts`], or what the system refuses.
    pub fn write(&self, bytes: &[u8]) -> Result<(), Failure> {
        self.accepts(bytes)?;
        match &self.place {
            None => print(bytes),
            Some(place) if holds(place, bytes) => Ok(()),
            Some(place) => disk::write_file(place, bytes).map_err(|error| self.unwritable(&error)),
        }
    }

    fn refuse<T>(&self, why: &str) -> Result<T, Failure> {
        Err(Failure::Input(format!("{} {}: {why}", self.option.0, self.shown.display())))
    }

    fn exists(&self) -> Failure {
        let ((option, value), shown) = (self.option, self.shown.display());
        Failure::Input(format!(
            "`{shown}` exists and has other contents: choose another place with {option} {value}, or replace it with --force"
        ))
    }

    fn unwritable(&self, error: &io::Error) -> Failure {
        let ((option, value), shown) = (self.option, self.shown.display());
        Failure::Input(format!("cannot write to `{shown}` ({error}): choose another place with {option} {value}"))
    }
}

fn begins_with(place: &Path, beginning: &[u8]) -> bool {
    use std::io::Read;
    let mut found = Vec::new();
    let read = fs::File::open(place).and_then(|file| file.take(beginning.len() as u64).read_to_end(&mut found));
    read.is_ok() && found == beginning
}

fn holds(place: &Path, bytes: &[u8]) -> bool {
    disk::stored(place, bytes.len() as u64).is_ok_and(|found| found == bytes)
}
