//! Decides whether a file that the user chose may be written.
//!
//! Input files are never overwritten, no file is written twice, and an existing file gets other contents only with
//! `--force`. Problems are found before anything is measured if possible.

use super::failure::Failure;
use super::folder::Folder;
use super::printing::print;
use crate::disk;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The places that one run writes to.
pub struct Targets {
    force: bool,
    /// Places of files and folders of this run.
    taken: Vec<PathBuf>,
    /// What is printed to standard output instead of the text for people.
    printed: Option<String>,
}

/// An option and the name of its value: `("--out", "FILE")`.
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

    /// Reserves the files of a report and the folders that were made for it.
    pub fn take(&mut self, folder: &Folder, names: &[String]) {
        self.taken.extend(folder.made().iter().map(|made| disk::place(made)));
        for name in names {
            let below = Path::new(name).ancestors().filter(|path| *path != Path::new(""));
            self.taken.extend(below.map(|path| disk::place(&folder.path().join(path))));
        }
    }

    /// Reserves standard output for an option that replaces the text for people.
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

    /// True if standard output is reserved, so nothing else may be printed there.
    pub fn is_stdout_taken(&self) -> bool {
        self.printed.is_some()
    }

    /// Reserves a file, or standard output for `-`, before its contents are known; `beginning` are its first bytes.
    ///
    /// # Errors
    /// It may not be written; the message has the reason and the fix.
    pub fn claim(&mut self, option: Named, file: &Path, beginning: &[u8]) -> Result<Target, Failure> {
        let mut target = Target { option, shown: file.into(), place: None, force: self.force };
        if file == Path::new("-") {
            self.take_stdout(option.0, &format!("{} -", option.0))?;
            return Ok(target);
        }
        let place = disk::place(file);
        target.place = Some(place.clone());
        if self.taken.contains(&place) {
            return target.refuse("this run writes another file there; choose another place");
        }
        if disk::was_read(&place) {
            return target.refuse("this run reads that file and never overwrites its input; choose another place");
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
    /// Checks that these bytes may be written: without `--force`, other contents are kept.
    ///
    /// # Errors
    /// One sentence with the fix.
    pub fn accepts(&self, bytes: &[u8]) -> Result<(), Failure> {
        match &self.place {
            Some(place) if disk::was_read(place) => {
                self.refuse("this run reads that file and never overwrites its input; choose another place")
            }
            Some(place) if place.exists() && !self.force && !holds(place, bytes) => Err(self.exists()),
            _ => Ok(()),
        }
    }

    /// Writes the bytes, or keeps a file that already holds them.
    ///
    /// # Errors
    /// As [`Target::accepts`], or a system error.
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
            "`{shown}` exists and has other contents: choose another place with {option} {value}, or overwrite it with --force"
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
