//! The folder of a sweep. `plan.json` comes first; `cells.jsonl.part` grows by a line with every finished cell, which is on
//! the disk before the next cell begins; at the end, `cells.csv`, `sweep.json` and `cells.jsonl` have the cells in the order
//! of the plan, so that their bytes do not depend on the order in which they were measured.

use super::csv;
use super::lines::Lines;
use super::planning::{PLAN, Planning};
use crate::cli::failure::Failure;
use crate::cli::folder::{Folder, unwritable};
use crate::disk;
use crate::judgement::cell::Cell;
use crate::judgement::sweep::Sweep;
use crate::record::Record;
use crate::report::files;
use crate::report::kind::Kind;
use crate::report::svg::Theme;
use crate::report::sweep as report;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The cells of a finished sweep, and of one that runs.
pub const CELLS: &str = "cells.jsonl";
pub const PART: &str = "cells.jsonl.part";
/// The same as a table.
const TABLE: &str = "cells.csv";
/// The folder of whole records.
const RECORDS: &str = "records";

/// The folder of a sweep that runs.
pub struct Store<'p> {
    planning: &'p Planning,
    folder: Folder,
    part: Mutex<Part>,
}

/// A finished sweep, and the path of its main picture.
pub struct Swept {
    pub sweep: Sweep,
    pub picture: PathBuf,
}

/// Writes what a file has of a cell, from the cell's line.
type Each<'w> = &'w mut dyn FnMut(&mut dyn Write, &[u8]) -> io::Result<()>;

/// The file that grows.
struct Part {
    file: File,
    lines: Lines,
}

impl Store<'_> {
    /// Opens the folder and finds the cells that it has; `continues` a sweep that was begun, or begins again with `force`.
    ///
    /// # Errors
    /// A folder with something else or with cells of this sweep, or one that takes no files, with the fix.
    pub fn open(planning: &Planning, force: bool, continues: bool) -> Result<Store<'_>, Failure> {
        let (path, plan) = (planning.folder.as_path(), &planning.plan);
        let plan_json = plan.to_json().into_bytes();
        if let (Some(above), Some(_)) = (path.parent(), planning.shard) {
            // Parts may go where the whole will be, whose plan they share.
            files::check_target_of(above, PLAN, &plan.spec_hash, force).map_err(Failure::Input)?;
            // A thousand tasks of an array job need not replace what each of them reads.
            let is_there =
                disk::stored(&above.join(PLAN), plan_json.len() as u64).is_ok_and(|found| found == plan_json);
            if !is_there {
                disk::write_file(&above.join(PLAN), &plan_json).map_err(|error| unwritable("--out", above, &error))?;
            }
        }
        let own = [PLAN, CELLS, PART, TABLE].map(String::from);
        let names: Vec<String> = own.into_iter().chain(report::names()).collect();
        let folder = Folder::of_report(path, PLAN, &plan.spec_hash, &names, force)?;
        if path.join(PART).is_symlink() {
            // It would be written through, into a file of the user's.
            return Err(Failure::Input(format!(
                "`{}` is a symbolic link: remove it, or choose another place with --out DIR",
                path.join(PART).display()
            )));
        }
        if force {
            folder.remove(&[CELLS, PART, TABLE, files::SWEEP].map(String::from))?;
        }
        let (part, finished) = (path.join(PART), path.join(CELLS));
        if !continues && (part.exists() || finished.exists()) {
            return Err(Failure::Input(format!(
                "`{}` has cells of this sweep: go on with --resume, or begin again with --force",
                path.display()
            )));
        }
        folder.write(&[(PLAN.into(), plan_json)])?;
        let failed = |error: io::Error| unwritable("--out", path, &error);
        if !part.exists() && finished.exists() {
            fs::rename(&finished, &part).map_err(failed)?;
        }
        let lines = match part.exists() {
            true => Lines::read(&part, &planning.cells).map_err(|what| {
                Failure::Input(format!(
                    "`{}` {what}: begin again with --force, or choose another place with --out DIR",
                    part.display()
                ))
            })?,
            false => Lines::none(&part, planning.cells.len()),
        };
        let file = File::options().create(true).append(true).open(&part).map_err(failed)?;
        // A torn line would spoil the next.
        file.set_len(lines.length).and_then(|()| file.sync_all()).map_err(failed)?;
        Ok(Store { planning, folder, part: Mutex::new(Part { file, lines }) })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Those of some cells that are not there yet, by their places in the plan.
    pub fn rest(&self, cells: &[usize]) -> Vec<usize> {
        let part = self.part.lock().unwrap_or_else(PoisonError::into_inner);
        cells.iter().copied().filter(|place| !part.lines.has(*place)).collect()
    }

    /// The line of a cell that is there.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn line(&self, place: usize) -> io::Result<Option<Vec<u8>>> {
        self.part.lock().unwrap_or_else(PoisonError::into_inner).lines.line(place)
    }

    /// Stores a finished cell, and its record before it.
    ///
    /// # Errors
    /// It cannot be written; what was stored before stays whole.
    pub fn append(&self, place: usize, cell: &Cell, record: Option<&Record>) -> Result<(), Failure> {
        if let Some(record) = record {
            let name = format!("{RECORDS}/{}.json", cell.id);
            self.folder.write(&[(name, record.to_json().into_bytes())]).map_err(|failure| self.full(failure))?;
        }
        let mut line = serde_json::to_string(cell).expect("a cell has only serialisable fields");
        line.push('\n');
        self.append_line(place, line.as_bytes())
    }

    /// Stores the line of a finished cell.
    ///
    /// # Errors
    /// As [`Store::append`].
    pub fn append_line(&self, place: usize, line: &[u8]) -> Result<(), Failure> {
        let mut part = self.part.lock().unwrap_or_else(PoisonError::into_inner);
        let written = part.file.write_all(line).and_then(|()| part.file.sync_data());
        match written {
            Ok(()) => {
                part.lines.appended(place, line.len());
                Ok(())
            }
            Err(error) => {
                // If this fails, too, the next run finds a torn line.
                let _ = part.file.set_len(part.lines.length);
                Err(self.full(unwritable("--out", self.path(), &error)))
            }
        }
    }

    /// Adds how to go on to what could not be written.
    fn full(&self, failure: Failure) -> Failure {
        match failure {
            Failure::Input(message) => Failure::Input(format!("{message}, or make room and go on with --resume")),
            other => other,
        }
    }

    /// Writes the finished files of these cells; a part of a sweep that another machine completes has no `sweep.json`.
    ///
    /// # Errors
    /// A picture that cannot be drawn, or a file that cannot be written.
    pub fn finish(&self, cells: &[usize], run_info: &str, theme: Theme, is_silent: bool) -> Result<Swept, Failure> {
        let failed = |error: io::Error| self.full(unwritable("--out", self.path(), &error));
        let part = self.part.lock().unwrap_or_else(PoisonError::into_inner);
        let line = |place: usize| {
            let line = part.lines.line(place)?;
            line.ok_or_else(|| io::Error::other(format!("cell {} is missing", place + 1)))
        };
        let write = |name: &str, each: Each, head: &str| {
            let written = disk::write_with(&self.path().join(name), |file| {
                let mut out = BufWriter::new(file);
                out.write_all(head.as_bytes())?;
                cells.iter().try_for_each(|place| each(&mut out, &line(*place)?))?;
                out.flush()
            });
            written.map_err(|error| failed(io::Error::new(error.kind(), format!("{name}: {error}"))))
        };
        let mut rows = |out: &mut dyn Write, line: &[u8]| {
            let cell: Cell = serde_json::from_slice(line).map_err(io::Error::other)?;
            out.write_all(csv::rows(&self.planning.plan, &cell).as_bytes())
        };
        write(TABLE, &mut rows, &csv::head(&self.planning.plan))?;
        // One after the other: there may be more than memory holds.
        let read = cells.iter().filter_map(|place| serde_json::from_slice(&line(*place).ok()?).ok());
        let sweep = Sweep::of(&self.planning.plan, read);
        let mut last = vec![(files::RUN.to_string(), run_info.as_bytes().to_vec())];
        if self.planning.shard.is_none() {
            last.push((files::SWEEP.into(), sweep.to_json().into_bytes()));
            last.extend(sweep.drawn(theme).map_err(|error| Failure::Output(io::Error::other(error)))?);
        }
        let picture = last.last().map_or_else(PathBuf::new, |(name, _)| self.path().join(name));
        self.folder.write(&last).map_err(|failure| self.full(failure))?;
        write(CELLS, &mut |out, line| out.write_all(line), "")?;
        drop(part);
        self.folder.remove(&[PART.into()])?;
        self.folder.make_latest(is_silent);
        Ok(Swept { sweep, picture })
    }
}
