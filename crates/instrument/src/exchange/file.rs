//! The bytes of a file, if there is room for them.

use super::room::Room;
use crate::disk;
use std::path::Path;

/// Most bytes that a file may have: 1 GiB.
pub const LARGEST_FILE: u64 = 1 << 30;

/// The bytes of a regular file of at most [`LARGEST_FILE`] bytes.
///
/// # Errors
/// One sentence with the path, what is wrong and the fix.
pub fn bytes_of(path: &Path) -> Result<Vec<u8>, String> {
    bytes_within(path, Room::default())
}

/// The same within the given room.
///
/// # Errors
/// One sentence with the path, what is wrong and the fix.
pub(super) fn bytes_within(path: &Path, room: Room) -> Result<Vec<u8>, String> {
    let shown = path.display();
    // For a path that is no file or one that is too large, the reader below gives the reason.
    let size = std::fs::metadata(path).map(|found| found.len()).ok().filter(|size| *size <= LARGEST_FILE);
    room.check_bytes(size.unwrap_or(0)).map_err(|message| format!("`{shown}`: {message}"))?;
    disk::input(path, LARGEST_FILE).map_err(|unread| {
        let fix = match unread {
            disk::Unread::Special(_) => "give a .safetensors, .npz or .npy file",
            disk::Unread::TooLarge(_) => "split it",
            disk::Unread::Failed(_) => "give another file",
        };
        format!("`{shown}` {unread}: {fix}")
    })
}
