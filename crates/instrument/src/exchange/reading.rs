//! Reads files of tensors, alone or as the shards of an index.

use super::contents::Contents;
use super::file::bytes_within;
use super::parsing::{is_json, parse_within};
use super::room::Room;
use super::shards;
use super::tensor::Dtype;
use std::path::Path;

/// Reads the tensors of a safetensors, npz or npy file, or of the shards of an index, which the first bytes tell apart.
///
/// `dtype` says what raw bytes in NumPy files (`<V1`, `<V2`) mean; other numbers have a type of their own.
///
/// # Errors
/// One sentence with the path, what is wrong and the fix.
pub fn read(path: &Path, dtype: Option<Dtype>) -> Result<Contents, String> {
    read_with(path, dtype, Room::default(), &mut |_| {})
}

/// As [`read`], within the given room; `seen` gets the bytes of the file, and after those of an index the bytes of its
/// shards in the order of their names.
///
/// # Errors
/// One sentence with the path, what is wrong and the fix.
pub fn read_with(
    path: &Path,
    dtype: Option<Dtype>,
    room: Room,
    seen: &mut dyn FnMut(&[u8]),
) -> Result<Contents, String> {
    let bytes = bytes_within(path, room)?;
    seen(&bytes);
    let named = |message: String| format!("`{}`: {message}", path.display());
    if is_json(&bytes) {
        return shards::read(path, &bytes, dtype, room, seen)?.or_unread().map_err(named);
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    parse_within(&bytes, &stem, dtype, room).and_then(Contents::or_unread).map_err(named)
}
