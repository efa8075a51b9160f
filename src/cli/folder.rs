//! The folder that a run writes to: made, locked and tried before anything is measured.

use super::failure::Failure;
use crate::disk::{self, Identity, Linking, Lock, Made, Refused};
use crate::report::files;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Where reports go that are given no other place.
pub const REPORTS: &str = "reports";

/// The link in [`REPORTS`] to the report that was written last.
const LATEST: &str = "latest";

/// A folder that no other run writes to while this exists. If the run comes to nothing, a folder that was made for it goes.
pub struct Folder {
    path: PathBuf,
    // Dropped in this order: folders are removed under the lock.
    made: Made,
    _lock: Lock,
}

impl Folder {
    /// Makes and locks the folder of an option such as `--out`, and clears away what killed runs left half-written.
    ///
    /// # Errors
    /// One sentence with the fix: another run writes there, or nothing can be written.
    pub fn lock(option: &str, path: &Path) -> Result<Folder, Failure> {
        refuse_stdout(option, path)?;
        let made = Made::new(path).map_err(|error| unwritable(option, path, &error))?;
        let lock = Lock::take(path).map_err(|refused| match refused {
            Refused::Failed(error) => unwritable(option, path, &error),
            Refused::InUse => Failure::Input(format!(
                "another run is writing to `{}`: wait until it has ended, or choose another place with {option} DIR",
                path.display()
            )),
        })?;
        disk::sweep(path, None);
        Ok(Folder { path: path.into(), made, _lock: lock })
    }

    /// The same for a report with a record and files of these names: makes sure that all of them may be written. A report
    /// of another spec is replaced only with `force`, and what this run has read never.
    ///
    /// # Errors
    /// One sentence with the fix.
    pub fn of_report(path: &Path, record: &str, hash: &str, names: &[String], force: bool) -> Result<Folder, Failure> {
        let folder = Folder::lock("--out", path)?;
        files::check_target_of(path, record, hash, force).map_err(Failure::Input)?;
        files::check_names(path, names).map_err(Failure::Input)?;
        for name in names {
            // Files next to one another have one folder.
            if let Some(below) = Path::new(name).parent().filter(|below| *below != Path::new("")) {
                disk::sweep(&path.join(below), None);
            }
        }
        Ok(folder)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Folders that had to be made for it.
    pub fn made(&self) -> &[PathBuf] {
        self.made.folders()
    }

    /// True if a path leads here.
    pub fn is(&self, path: &Path) -> bool {
        Identity::of(&self.path).is_ok_and(|own| Identity::of(path).is_ok_and(|other| other == own))
    }

    /// Writes files in the order given.
    ///
    /// # Errors
    /// The first file that cannot be written, with the fix.
    pub fn write(&self, files: &[(String, Vec<u8>)]) -> Result<(), Failure> {
        files::write(&self.path, files).map_err(|error| unwritable("--out", &self.path, &error))
    }

    /// Makes `reports/latest` a link to this folder, if it lies in `reports`. Only such a link is ever replaced; where
    /// something else has that name, a note says so. A file system without links has none.
    pub fn make_latest(&self, is_silent: bool) {
        let Some((parent, name)) = self.path.parent().zip(self.path.file_name()) else { return };
        if disk::place(parent) != disk::place(Path::new(REPORTS)) || name == LATEST {
            return;
        }
        let link = parent.join(LATEST);
        match disk::replace_link(&link, Path::new(name)) {
            Err(Linking::Occupied) if !is_silent => {
                let shown = link.display();
                let _ = writeln!(
                    io::stderr(),
                    "note: `{shown}` is not a link to a report next to it, so it stays as it is"
                );
            }
            _ => {}
        }
    }

    /// Removes files that may be absent.
    ///
    /// # Errors
    /// The first file that cannot be removed, with the fix.
    pub fn remove(&self, names: &[String]) -> Result<(), Failure> {
        files::remove(&self.path, names).map_err(|error| unwritable("--out", &self.path, &error))
    }
}

/// A folder of files cannot go to standard output.
///
/// # Errors
/// One sentence with the fix.
pub fn refuse_stdout(option: &str, path: &Path) -> Result<(), Failure> {
    if path != Path::new("-") {
        return Ok(());
    }
    let message =
        format!("{option} -: several files cannot go to standard output; give a directory (./- if it is called so)");
    Err(Failure::Input(message))
}

/// A directory that does not take files.
pub fn unwritable(option: &str, directory: &Path, error: &io::Error) -> Failure {
    let place = directory.display();
    Failure::Input(format!("cannot write to `{place}` ({error}): choose another place with {option} DIR"))
}
