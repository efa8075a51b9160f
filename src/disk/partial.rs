//! Writing a file whole or not at all: under a temporary name, `NAME.PID-N.partial`, which is renamed at the end.

use super::{LOCK, was_read};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// How temporary names end, after the process and a counter.
const ENDING: &str = ".partial";

/// Writes a file under a temporary name and renames it, so that readers see the old file or the new one, never a part;
/// its folder must be there.
///
/// # Errors
/// The first error of the file system; then the old file is as it was and the temporary one is gone.
pub fn write_file(target: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut temporary = Temporary::create(target)?;
    temporary.file.write_all(bytes)?;
    // Renaming before the bytes are on disk could leave an empty file after a power failure.
    temporary.file.sync_all()?;
    fs::rename(&temporary.path, target)
}

/// Tries whether [`write_file`] may write here: the folder is there and takes files, and nothing but a regular file would
/// be replaced.
///
/// # Errors
/// Why not.
pub fn check_file(target: &Path) -> io::Result<()> {
    if target.file_name().is_none() || fs::metadata(target).is_ok_and(|found| !found.is_file()) {
        return Err(io::Error::other("not a regular file"));
    }
    Temporary::create(target).map(drop)
}

/// Tries whether files may be written into a folder.
///
/// # Errors
/// Why not.
pub fn check_folder(folder: &Path) -> io::Result<()> {
    Temporary::create(&folder.join("probe")).map(drop)
}

/// Removes temporary files of processes that have ended; of one `name` only, if one is given. Whatever cannot be read or
/// removed stays, since it does no harm.
pub fn sweep(folder: &Path, name: Option<&OsStr>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let found = entry.file_name();
        let Some((of, process)) = found.to_str().and_then(parts) else { continue };
        let is_wanted = name.is_none_or(|name| name == of);
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_wanted && is_file && has_ended(process) && is_own(&entry) && !was_read(&entry.path()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// True for a folder that holds nobody's work: only locks, incomplete files, and folders of which the same is true, as a
/// killed run leaves them.
pub fn is_vacant(folder: &Path) -> bool {
    let is_left = |entry: fs::DirEntry| {
        let name = entry.file_name();
        let is_folder = || entry.file_type().is_ok_and(|kind| kind.is_dir());
        name == LOCK || is_partial(&name) || is_folder() && is_vacant(&entry.path())
    };
    fs::read_dir(folder).is_ok_and(|entries| entries.flatten().all(is_left))
}

/// True for a name that only [`write_file`] gives.
pub fn is_partial(name: &OsStr) -> bool {
    name.to_str().and_then(parts).is_some()
}

/// Of a temporary name, the name of the file that it was to be, and the process.
fn parts(name: &str) -> Option<(&str, u32)> {
    let (of, numbers) = name.strip_suffix(ENDING)?.rsplit_once('.')?;
    let (process, counter) = numbers.split_once('-')?;
    let (process_number, counter_number): (u32, u64) = (process.parse().ok()?, counter.parse().ok()?);
    // No signs and no leading zeros.
    let is_plain = process == process_number.to_string() && counter == counter_number.to_string();
    (is_plain && !of.is_empty()).then_some((of, process_number))
}

/// True if a process is known to have ended. One of our own number left its files before this process began.
fn has_ended(process: u32) -> bool {
    let proc = Path::new("/proc");
    process == std::process::id() || proc.join("self").exists() && !proc.join(process.to_string()).exists()
}

/// True if the file is this user's: processes of others may be hidden from `/proc`.
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

/// A file that is removed when dropped; after a rename there is nothing left to remove.
struct Temporary {
    path: PathBuf,
    file: File,
}

impl Temporary {
    fn create(target: &Path) -> io::Result<Temporary> {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        loop {
            let mut name = target.file_name().unwrap_or_default().to_os_string();
            let number = COUNTER.fetch_add(1, Ordering::Relaxed);
            name.push(format!(".{}-{number}{ENDING}", std::process::id()));
            let path = target.with_file_name(name);
            match File::options().write(true).create_new(true).open(&path) {
                Ok(file) => return Ok(Temporary { path, file }),
                // A process that had our number before us, as in containers, may have left it.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // Absent after the rename; nothing better can be done about other errors here.
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
