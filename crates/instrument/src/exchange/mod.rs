//! Tensors in and out of files: safetensors, alone or as the shards of an index, and NumPy's npz and npy.
//!
//! Everything is checked against the file's own size before anything is allocated: a length in a file is only a claim.
//! Two things that readers of these formats usually accept are errors here: a duplicate name, where one tensor would
//! silently replace the other, and bytes that belong to two tensors or to none.

mod gradients;
mod names;
mod net;
mod npy;
mod order;
mod orientation;
mod paths;
mod room;
mod safetensors;
mod samples;
mod sequential;
mod shards;
mod state;
mod tensor;
mod zip;

pub use gradients::{Gradient, Gradients, Wanted};
pub use net::{Activations, read_net};
pub use npy::{MAGIC as NPY_MAGIC, bytes as npy_bytes};
pub use room::Room;
pub use safetensors::{gradient_bytes, parse as safetensors_tensors, safetensors_bytes, write_safetensors};
pub use samples::{Labels, Samples};
pub use sequential::{Imported, Linear, Sequential, Slope};
pub use tensor::{Dtype, Tensor, Unread};

use crate::disk;
use crate::quote::listed;
use std::collections::BTreeSet;
use std::path::Path;
use tensor::Stored;

/// Most bytes that a file may have: 1 GiB.
pub const LARGEST_FILE: u64 = 1 << 30;
/// Most numbers that all tensors of a file may have together: 1 GiB as doubles.
pub const MOST_NUMBERS: u64 = 1 << 27;
/// Longest name of a tensor in bytes.
const LONGEST_NAME: usize = 512;

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contents {
    /// In the order of the header (safetensors), the directory (npz) or the index (shards), names unique.
    pub tensors: Vec<Tensor>,
    /// Tensors whose numbers cannot be read, in the same order.
    pub unread: Vec<Unread>,
    /// What a reader should know, in sentences: `x` is read as bfloat16.
    pub notes: Vec<String>,
    /// The arithmetic named in the metadata of a safetensors file, as in this program's exports of gradients.
    pub arithmetic: Option<String>,
    /// Where the numbers of each tensor begin in a safetensors file; empty for other files.
    places: Vec<usize>,
}

impl Contents {
    /// The tensor of that name.
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        self.tensors.iter().find(|tensor| tensor.name == name)
    }

    /// Every tensor as messages show it, such as `` `x` [3 × 4] F32 ``, with its name and shape, those that cannot be
    /// read last.
    fn described(&self) -> impl Iterator<Item = (&str, &[usize], String)> {
        let read = self.tensors.iter().map(|tensor| (&*tensor.name, &*tensor.shape, tensor.dtype.name()));
        let unread = self.unread.iter().map(|tensor| (&*tensor.name, &*tensor.shape, &*tensor.dtype));
        read.chain(unread)
            .map(|(name, shape, dtype)| (name, shape, format!("`{name}` {} {dtype}", tensor::shape_in_words(shape))))
    }

    /// The note on inert tensors that are skipped; `None` if there are none. `is_used` says which names are used.
    fn skipped_note(&self, is_used: impl Fn(&str) -> bool) -> Option<String> {
        let inert = self.described().filter(|(name, shape, _)| names::is_inert(name, shape) && !is_used(name));
        let inert: Vec<String> = inert.map(|(_, _, words)| words).collect();
        (!inert.is_empty()).then(|| format!("skipped, as nothing is computed from it: {}", listed(&inert)))
    }

    /// The tensors in the order of their numbers in the file: the header, a JSON object, may list them in any order.
    fn in_place(self) -> Contents {
        let mut placed: Vec<(usize, Tensor)> = Vec::with_capacity(self.tensors.len());
        let places = self.places.iter().copied().chain(std::iter::repeat(0));
        placed.extend(places.zip(self.tensors));
        placed.sort_by_key(|(place, _)| *place);
        Contents { tensors: placed.into_iter().map(|(_, tensor)| tensor).collect(), places: Vec::new(), ..self }
    }

    fn push(&mut self, stored: Stored) {
        match stored {
            Stored::Read(tensor) => self.tensors.push(tensor),
            Stored::Unread(unread) => self.unread.push(unread),
        }
    }

    /// Refuses a file of which no tensor can be read.
    fn or_unread(self) -> Result<Contents, String> {
        match self.unread.first() {
            Some(first) if self.tensors.is_empty() => Err(first.reason.clone()),
            _ => Ok(self),
        }
    }

    /// `` `x` [3 × 4] F32, `y` [3] I64 ``: every tensor as messages show it, at most eight.
    pub fn in_words(&self) -> String {
        let mut words: Vec<String> = self.described().take(8).map(|(_, _, words)| words).collect();
        match self.tensors.len() + self.unread.len() {
            0 => words.push("no tensor".into()),
            1..=8 => {}
            more => words.push(format!("{} more", more - 8)),
        }
        words.join(", ")
    }
}

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
    if shards::is_json(&bytes) {
        return shards::read(path, &bytes, dtype, room, seen)?.or_unread().map_err(named);
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    parse_within(&bytes, &stem, dtype, room).and_then(Contents::or_unread).map_err(named)
}

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
fn bytes_within(path: &Path, room: Room) -> Result<Vec<u8>, String> {
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

/// Reads the tensors in the bytes of one file; `stem` names the one of an `.npy` file.
///
/// # Errors
/// One sentence with what is wrong and the fix; also where no tensor of the file can be read.
pub fn parse(bytes: &[u8], stem: &str, dtype: Option<Dtype>) -> Result<Contents, String> {
    parse_within(bytes, stem, dtype, Room::default())?.or_unread()
}

/// As [`parse`], within the given room: an archive of a megabyte may unpack to a gigabyte of zeros.
fn parse_within(bytes: &[u8], stem: &str, dtype: Option<Dtype>, room: Room) -> Result<Contents, String> {
    let mut contents = Contents::default();
    if bytes.starts_with(npy::MAGIC) {
        if let Ok((numbers, _)) = npy::claimed(bytes, stem, dtype, room.numbers)? {
            room.check(numbers)?;
        }
        let stored = npy::parse(bytes, stem, dtype, room.numbers, &mut contents.notes)?;
        contents.push(stored);
    } else if zip::is_zip(bytes) {
        contents = npz(bytes, dtype, room)?;
    } else if shards::is_json(bytes) {
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

/// Names are kept as they are; hidden characters are escaped where a name is printed.
fn check_name(name: &str) -> Result<(), String> {
    if name.is_empty() || name.len() > LONGEST_NAME || name.chars().any(char::is_control) {
        let shown: String = name.chars().take(40).collect();
        return Err(format!(
            "a tensor is called {shown:?}: give names of 1 to {LONGEST_NAME} bytes without control characters"
        ));
    }
    Ok(())
}

/// The number of entries of a shape, if it is at most `most`.
fn count(name: &str, shape: &[usize], most: u64) -> Result<usize, String> {
    let product = shape.iter().try_fold(1u64, |product, &length| product.checked_mul(length as u64));
    // A length of zero makes any other harmless.
    let product = if shape.contains(&0) { Some(0) } else { product };
    match product.filter(|&product| product <= most) {
        Some(product) => Ok(product as usize),
        None => Err(format!(
            "tensor `{name}` of shape {}: all tensors of a file may have {MOST_NUMBERS} numbers together",
            tensor::shape_in_words(shape)
        )),
    }
}
