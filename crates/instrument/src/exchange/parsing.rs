//! The tensors in the bytes of one file, whose beginning tells its format.

use super::contents::Contents;
use super::room::Room;
use super::tensor::{Dtype, Stored, check_name};
use super::{npy, safetensors, zip};
use std::collections::BTreeSet;

/// Reads the tensors in the bytes of one file; `stem` names the one of an `.npy` file.
///
/// # Errors
/// One sentence with what is wrong and the fix; also where no tensor of the file can be read.
pub fn parse(bytes: &[u8], stem: &str, dtype: Option<Dtype>) -> Result<Contents, String> {
    parse_within(bytes, stem, dtype, Room::default())?.or_unread()
}

/// As [`parse`], within the given room: an archive of a megabyte may unpack to a gigabyte of zeros.
pub(super) fn parse_within(bytes: &[u8], stem: &str, dtype: Option<Dtype>, room: Room) -> Result<Contents, String> {
    let mut contents = Contents::default();
    if bytes.starts_with(npy::MAGIC) {
        if let Ok((numbers, _)) = npy::claimed(bytes, stem, dtype, room.numbers)? {
            room.check(numbers)?;
        }
        let stored = npy::parse(bytes, stem, dtype, room.numbers, &mut contents.notes)?;
        contents.push(stored);
    } else if zip::is_zip(bytes) {
        contents = npz(bytes, dtype, room)?;
    } else if is_json(bytes) {
        return Err("this is JSON, and an index of shards is read only by itself: give safetensors, npz or npy".into());
    } else {
        for (place, stored) in safetensors::stored(bytes, room)? {
            contents.places.extend(matches!(stored, Stored::Read(_)).then_some(place));
            contents.push(stored);
        }
        contents.arithmetic = safetensors::arithmetic(bytes);
    }
    let mut names = BTreeSet::new();
    for (name, ..) in contents.described() {
        check_name(name)?;
        if !names.insert(name) {
            return Err(format!("two tensors are called `{name}`: name them apart"));
        }
    }
    Ok(contents)
}

fn npz(bytes: &[u8], dtype: Option<Dtype>, room: Room) -> Result<Contents, String> {
    let entries = zip::entries(bytes)?;
    let mut contents = Contents::default();
    // The sizes in the arrays' own headers are checked before any array is unpacked.
    let mut readable = Vec::with_capacity(entries.len());
    let mut left = room.numbers;
    for entry in &entries {
        let Some(name) = entry.name.strip_suffix(".npy") else {
            return Err(match entry.name.ends_with("data.pkl") {
                true => "this is a checkpoint of torch.save: save it with safetensors.torch.save_file".into(),
                false => format!("the archive holds {:?}, which is no .npy file: save it with numpy.savez", entry.name),
            });
        };
        check_name(name)?;
        let (numbers, expected) = match npy::claimed(&entry.beginning(npy::LONGEST_HEADER), name, dtype, left)? {
            Ok(claimed) => claimed,
            Err(unread) => {
                contents.unread.push(unread);
                continue;
            }
        };
        if expected != entry.length() {
            let claimed = entry.length();
            return Err(format!(
                "array `{name}` has {expected} bytes, and the archive says {claimed}: the file is damaged"
            ));
        }
        left -= numbers;
        readable.push((entry, name));
    }
    room.check(room.numbers - left)?;
    for (entry, name) in readable {
        let stored = npy::parse(&entry.unpacked()?, name, dtype, room.numbers, &mut contents.notes)?;
        contents.push(stored);
    }
    contents.notes = grouped(contents.notes);
    Ok(contents)
}

/// Merges notes that say the same of several arrays: ``array `a` and 17 more: …``.
fn grouped(notes: Vec<String>) -> Vec<String> {
    let about = |note: &String| note.split_once("`: ").map_or(note.clone(), |(_, about)| about.to_string());
    let mut groups: Vec<(String, usize)> = Vec::new();
    for note in notes {
        match groups.iter_mut().find(|(first, _)| about(first) == about(&note)) {
            Some((_, others)) => *others += 1,
            None => groups.push((note, 0)),
        }
    }
    let one = |(note, others): (String, usize)| match others {
        0 => note,
        _ => note.replacen("`: ", &format!("` and {others} more: "), 1),
    };
    groups.into_iter().map(one).collect()
}

/// True for JSON. A safetensors file can begin with `{` as well, but the eight bytes of its length contain a zero.
pub(super) fn is_json(bytes: &[u8]) -> bool {
    let begins = bytes.trim_ascii_start().starts_with(b"{");
    begins && !bytes.iter().take(8).any(|&byte| byte == 0)
}
