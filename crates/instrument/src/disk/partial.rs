//! Writes a file completely or not at all: under a temporary name, `NAME.PID-N.partial`, and renames it at the end.
//!
//! The name says which process writes which file, so that what a killed run left is known as such and removed by the next;
//! names of `tempfile` are random.

use super::{LOCK, was_read};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// The end of temporary names, after the process and a counter.
const ENDING: &str = ".partial";

/// Writes a file under a temporary name and renames it, so that readers see the old file or the new one, never a part.
/// Its folder must exist.
///
/// # Errors
/// The first error of the file system; then the old file is unchanged and the temporary one removed.
pub fn write_file(target: &Path, bytes: &[u8]) -> io::Result<()> {
    write_with(target, |file| file.write_all(bytes))
}

/// The same for contents that are written bit by bit.
///
/// # Errors
/// As [`write_file`], or what the writer says.
pub fn write_with(target: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let mut temporary = Temporary::create(target)?;
    write(&mut temporary.file)?;
    // Renaming before the data is on disk could leave an empty file after a power failure.
    temporary.file.sync_all()?;
    fs::rename(&temporary.path, target)
}

/// Checks that [`write_file`] may write here: the folder exists and accepts files, and only a regular file would be
/// replaced.
///
/// # Errors
/// The reason why it may not.
pub fn check_file(target: &Path) -> io::Result<()> {
    if target.file_name().is_none() || fs::metadata(target).is_ok_and(|found| !found.is_file()) {
        return Err(io::Error::other("not a regular file"));
    }
    Temporary::create(target).map(drop)
}

/// Checks that files may be written into a folder.
///
/// # Errors
/// The reason why they may not.
pub fn check_folder(folder: &Path) -> io::Result<()> {
    Temporary::create(&folder.join("probe")).map(drop)
}

/// Removes the temporary files of processes that have ended, or only those for one `name` if given. Files that cannot be
/// read or removed stay, because they are harmless.
pub fn sweep(folder: &Path, name: Option<&OsStr>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let found = entry.file_name();
        let Some((of, process)) = found.to_str().and_then(parts) else { continue };
        let is_wanted = name.is_none_or(|name| name == of);
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file() || kind.is_symlink());
        if is_wanted && is_file && has_ended(process) && is_own(&entry) && !was_read(&entry.path()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// True for a folder that only holds the remains of a killed run: locks, incomplete files, and folders of the same kind.
pub fn is_vacant(folder: &Path) -> bool {
    let is_left = |entry: fs::DirEntry| {
        let name = entry.file_name();
        let is_folder = || entry.file_type().is_ok_and(|kind| kind.is_dir());
        name == LOCK || is_partial(&name) || is_folder() && is_vacant(&entry.path())
    };
    fs::read_dir(folder).is_ok_and(|entries| entries.flatten().all(is_left))
}

/// True for a temporary name of [`write_file`].
pub fn is_partial(name: &OsStr) -> bool {
    name.to_str().and_then(parts).is_some()
}

/// Splits a temporary name into the final name of the file and the process.
fn parts(name: &str) -> Option<(&str, u32)> {
    let (of, numbers) = name.strip_suffix(ENDING)?.rsplit_once('.')?;
    let (process, counter) = numbers.split_once('-')?;
    let (process_number, counter_number): (u32, u64) = (process.parse().ok()?, counter.parse().ok()?);
    // No signs and no leading zeros.
    let is_plain = process == process_number.to_string() && counter == counter_number.to_string();
    (is_plain && !of.is_empty()).then_some((of, process_number))
}

/// True if a process is known to have ended. A process with our own number left its files before this one started.
fn has_ended(process: u32) -> bool {
    let proc = Path::new("/proc");
    process == std::process::id() || proc.join("self").exists() && !proc.join(process.to_string()).exists()
}

/// True if the file belongs to this user; `/proc` may hide other users' processes.
fn is_own(entry: &fs::DirEntry) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let own = fs::metadata("/proc/self").map(|own| own.uid()).ok();
        entry.metadata().is_ok_and(|found| Some(found.uid()) == own)
    }
    #[cfg(not(unix))]
    {
        let _ = entry;
        true
    }
}

/// A file that is removed when this is dropped; after a rename there is nothing to remove.
struct Temporary {
    path: PathBuf,
    file: File,
}

/// A temporary name for a file that no other call of this process gives.
pub(super) fn temporary_name(target: &Path) -> PathBuf {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let mut name = target.file_name().unwrap_or_default().to_os_string();
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    name.push(format!(".{}-{number}{ENDING}", std::process::id()));
    target.with_file_name(name)
}

impl Temporary {
    fn create(target: &Path) -> io::Result<Temporary> {
        loop {
            let path = temporary_name(target);
            match File::options().write(true).create_new(true).open(&path) {
                Ok(file) => return Ok(Temporary { path, file }),
                // A previous process with our number may have left it, as happens in containers.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // The file is absent after the rename; other errors cannot be handled better here.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_names_are_temporary() {
        assert_eq!(parts("record.json.123-0.partial"), Some(("record.json", 123)));
        for name in [
            "thesis.partial",
            "record.json.123.partial",
            ".123-0.partial",
            "a.+123-0.partial",
            "a.0123-0.partial",
            "a.123-0-1.partial",
            "a.123-x.partial",
            "a.123-0.partial.bak",
            "a.99999999999-0.partial",
        ] {
            assert_eq!(parts(name), None, "{name}");
        }
    }
}
