//! Locks a folder for exclusive use while a run writes to it.

use super::Identity;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// The file that is locked if the system cannot lock folders (NFS, Windows).
pub const LOCK: &str = ".precision-probe.lock";

/// Number of attempts if the folder or the file is replaced between opening and locking it.
const ATTEMPTS: usize = 100;

/// Exclusive use of a folder until this is dropped. It is the operating system's lock on an open file, which ends with
/// the process, so a killed run leaves no lock.
#[derive(Debug)]
pub struct Lock {
    /// `None` on a file system without locks.
    _held: Option<File>,
    /// [`LOCK`], if that file is locked.
    file: Option<PathBuf>,
}

/// Why a folder could not be locked.
#[derive(Debug)]
pub enum Refused {
    /// Another run has it.
    InUse,
    /// The system refuses.
    Failed(io::Error),
}

impl Lock {
    /// Locks a folder, or says at once that another run has it; makes the folder if another run removed it meanwhile.
    ///
    /// # Errors
    /// Why not.
    pub fn take(folder: &Path) -> Result<Lock, Refused> {
        for _ in 0..ATTEMPTS {
            fs::create_dir_all(folder).map_err(Refused::Failed)?;
            match File::open(folder).map_err(Refused::Failed).and_then(|opened| hold(opened, folder)) {
                Ok(None) => {}
                Ok(held) => return Ok(Lock { _held: held, file: None }),
                Err(Refused::InUse) => return Err(Refused::InUse),
                Err(Refused::Failed(error)) if error.kind() == io::ErrorKind::NotFound => {}
                Err(Refused::Failed(_)) => {
                    if let Some(lock) = Lock::on_file(folder)? {
                        return Ok(lock);
                    }
                }
            }
        }
        Err(Refused::InUse)
    }

    /// Locks [`LOCK`] in the folder; `None` if it was removed meanwhile.
    fn on_file(folder: &Path) -> Result<Option<Lock>, Refused> {
        let path = folder.join(LOCK);
        if fs::symlink_metadata(&path).is_ok_and(|found| !found.is_file()) {
            return Err(Refused::Failed(io::Error::other(format!("{LOCK} is not a regular file"))));
        }
        let opened = File::options().read(true).write(true).create(true).truncate(false).open(&path);
        match hold(opened.map_err(Refused::Failed)?, &path) {
            Ok(held) => Ok(held.map(|held| Lock { _held: Some(held), file: Some(path) })),
            Err(Refused::Failed(error)) if error.kind() == io::ErrorKind::Unsupported => {
                Ok(Some(Lock { _held: None, file: Some(path) }))
            }
            Err(refused) => Err(refused),
        }
    }
}

/// Locks an open file; `None` if the path no longer leads to it, so another process may lock the new file.
fn hold(opened: File, path: &Path) -> Result<Option<File>, Refused> {
    match opened.try_lock() {
        Ok(()) => {
            let is_same = Identity::of_open(&opened, path).ok() == Identity::of(path).ok();
            Ok(is_same.then_some(opened))
        }
        Err(TryLockError::WouldBlock) => Err(Refused::InUse),
        Err(TryLockError::Error(error)) => Err(Refused::Failed(error)),
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // While it is still locked: a process that opened this file in the meantime sees in `hold` that it is gone.
        if let Some(file) = &self.file {
            let _ = fs::remove_file(file);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_in_use<T>(taken: Result<T, Refused>) -> bool {
        matches!(taken, Err(Refused::InUse))
    }

    #[test]
    fn a_folder_is_locked_once_and_free_again_afterwards() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("there");
        let lock = Lock::take(&folder).unwrap();
        assert!(is_in_use(Lock::take(&folder)));
        assert!(is_in_use(Lock::take(&place.path().join("there/../there"))));
        assert!(Lock::take(place.path()).is_ok(), "the folder above is another one");
        drop(lock);
        drop(Lock::take(&folder).unwrap());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0, "no file is left");
    }

    #[test]
    fn a_file_is_locked_where_folders_have_no_locks() {
        let place = tempfile::tempdir().unwrap();
        // The remains of a killed run: the unlocked file.
        fs::write(place.path().join(LOCK), "").unwrap();
        let lock = Lock::on_file(place.path()).unwrap().unwrap();
        assert!(is_in_use(Lock::on_file(place.path())));
        drop(lock);
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0, "no file is left");
        drop(Lock::on_file(place.path()).unwrap().unwrap());
        fs::create_dir(place.path().join(LOCK)).unwrap();
        assert!(matches!(Lock::on_file(place.path()), Err(Refused::Failed(_))));
    }
}
