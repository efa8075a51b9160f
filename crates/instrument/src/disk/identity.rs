//! Decides whether two paths lead to the same file.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Largest number of links that we follow ourselves, the limit of Linux.
const MOST_LINKS: u32 = 40;

/// The identity of a file, independent of the path, symbolic link or hard link that leads to it.
#[cfg(unix)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    device: u64,
    inode: u64,
}

/// The identity of a file; hard links are not recognised on this system.
#[cfg(not(unix))]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity(PathBuf);

impl Identity {
    /// The file that a path leads to.
    ///
    /// # Errors
    /// Errors of the file system; the file may not exist.
    pub fn of(path: &Path) -> io::Result<Identity> {
        #[cfg(unix)]
        return fs::metadata(path).map(|found| Identity::from(&found));
        #[cfg(not(unix))]
        return fs::canonicalize(path).map(Identity);
    }

    /// An open file that the path led to when it was opened.
    ///
    /// # Errors
    /// Errors of the file system.
    pub fn of_open(file: &File, path: &Path) -> io::Result<Identity> {
        #[cfg(unix)]
        return file.metadata().map(|found| Identity::from(&found)).map_err(|error| named(error, path));
        #[cfg(not(unix))]
        return file.metadata().and_then(|_| Identity::of(path));
    }
}

#[cfg(unix)]
impl From<&fs::Metadata> for Identity {
    fn from(found: &fs::Metadata) -> Identity {
        use std::os::unix::fs::MetadataExt;
        Identity { device: found.dev(), inode: found.ino() }
    }
}

#[cfg(unix)]
fn named(error: io::Error, path: &Path) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// A canonical path for a place, however it is written and whether or not a file exists there. Follows symbolic links,
/// including dangling ones.
pub fn place(path: &Path) -> PathBuf {
    follow(path, MOST_LINKS)
}

fn follow(path: &Path, links: u32) -> PathBuf {
    if let Ok(found) = fs::canonicalize(path) {
        return found;
    }
    let Some(name) = path.file_name().filter(|_| links > 0) else {
        return std::path::absolute(path).unwrap_or_else(|_| path.into());
    };
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    match fs::read_link(path) {
        Ok(target) => follow(&folder.join(target), links - 1),
        Err(_) => follow(folder, links).join(name),
    }
}
