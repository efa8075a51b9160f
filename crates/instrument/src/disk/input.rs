//! Reads regular files only, and remembers which files were read.

use super::Identity;
use std::fmt;
use std::fs::{self, File, FileType};
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Files that this process has read as input. The list is global, so that every writer knows all of them.
static INPUTS: Mutex<Vec<Identity>> = Mutex::new(Vec::new());

/// Why a file was not read, to complete a sentence that starts with its path.
#[derive(Debug)]
pub enum Unread {
    /// It is not a regular file, but this.
    Special(&'static str),
    /// It is larger than this number of bytes.
    TooLarge(u64),
    /// A system error.
    Failed(io::Error),
}

impl Unread {
    /// True if there is no such file.
    pub fn is_absent(&self) -> bool {
        matches!(self, Unread::Failed(error) if error.kind() == io::ErrorKind::NotFound)
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Unread::Special(kind) => write!(f, "is {kind}, not a regular file"),
            Unread::TooLarge(most) => write!(f, "is larger than {} MiB", most >> 20),
            Unread::Failed(error) => write!(f, "cannot be read ({error})"),
        }
    }
}

/// Reads a file that the user names, and remembers it for [`was_read`].
///
/// # Errors
/// The file cannot be read. A named pipe or a device is refused before it is opened, because it might never end.
pub fn input(path: &Path, most: u64) -> Result<Vec<u8>, Unread> {
    let (bytes, identity) = read(path, most)?;
    INPUTS.lock().unwrap_or_else(PoisonError::into_inner).push(identity);
    Ok(bytes)
}

/// Reads a file that an earlier run wrote and this one may replace.
///
/// # Errors
/// As [`input`].
pub fn stored(path: &Path, most: u64) -> Result<Vec<u8>, Unread> {
    read(path, most).map(|(bytes, _)| bytes)
}

/// True if the path leads to a file that [`input`] has read.
pub fn was_read(path: &Path) -> bool {
    let inputs = INPUTS.lock().unwrap_or_else(PoisonError::into_inner);
    Identity::of(path).is_ok_and(|identity| inputs.contains(&identity))
}

fn read(path: &Path, most: u64) -> Result<(Vec<u8>, Identity), Unread> {
    // Checked before opening, because opening a named pipe would wait for its writer.
    check(&fs::metadata(path).map_err(Unread::Failed)?, most)?;
    let file = File::open(path).map_err(Unread::Failed)?;
    check(&file.metadata().map_err(Unread::Failed)?, most)?;
    let identity = Identity::of_open(&file, path).map_err(Unread::Failed)?;
    let mut bytes = Vec::new();
    // The file may grow in the meantime.
    file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(Unread::Failed)?;
    if bytes.len() as u64 > most { Err(Unread::TooLarge(most)) } else { Ok((bytes, identity)) }
}

fn check(found: &fs::Metadata, most: u64) -> Result<(), Unread> {
    if !found.is_file() {
        return Err(Unread::Special(kind(found.file_type())));
    }
    if found.len() > most { Err(Unread::TooLarge(most)) } else { Ok(()) }
}

/// The kind of a file that is not a regular one, with its article.
pub fn kind(found: FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if found.is_fifo() {
            return "a named pipe";
        }
        if found.is_socket() {
            return "a socket";
        }
        if found.is_char_device() || found.is_block_device() {
            return "a device";
        }
    }
    if found.is_dir() { "a directory" } else { "something else" }
}
