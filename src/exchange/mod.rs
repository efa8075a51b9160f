//! Tensors in and out of files: safetensors, NumPy's npz and npy.
//!
//! Everything is checked against the file's own size before anything is allocated: a length in a file is a claim.
//! Two things that readers of these formats usually let pass are errors here: a name given twice, where one
//! tensor would silently replace the other, and bytes that belong to two tensors or to none.

mod gradients;
mod net;
mod npy;
mod safetensors;
mod samples;
mod sequential;
mod tensor;
mod zip;

pub use gradients::{Gradient, Gradients, Wanted};
pub use net::{Activations, read_net};
pub use npy::bytes as npy_bytes;
pub use safetensors::{parse as safetensors_tensors, safetensors_bytes, write_safetensors};
pub use samples::{Labels, LossName, Samples};
pub use sequential::{Linear, Sequential, Slope};
pub use tensor::{Dtype, Tensor};

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

/// Most bytes that a file may have: 1 GiB.
pub const LARGEST_FILE: u64 = 1 << 30;
/// Most numbers that all tensors of a file may have together: 1 GiB as doubles.
pub const MOST_NUMBERS: u64 = 1 << 27;
/// Longest name of a tensor in bytes.
const LONGEST_NAME: usize = 512;

/// Bytes that a number of a file takes while it is read: as it stands there unpacked, or turned, and as a double.
const READING: u64 = 16;

/// Bytes that reading may take however little memory there is: a file that needs no more is read, so that what the whole
/// run needs can be told.
const ALWAYS: u64 = 64 << 20;

/// How much memory there is for the numbers of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// Bytes; none where nothing limits them.
    pub bytes: Option<u64>,
}

impl Room {
    /// What is left when so many numbers are held as doubles.
    pub fn without(self, numbers: u64) -> Room {
        Room { bytes: self.bytes.map(|bytes| bytes.saturating_sub(numbers.saturating_mul(8))) }
    }

    /// Makes sure, before any of them is unpacked, that so many numbers can be read.
    ///
    /// # Errors
    /// One sentence with the fix.
    fn check(self, numbers: u64) -> Result<(), String> {
        self.check_bytes(numbers.saturating_mul(READING))
    }

    /// The same for the bytes of a file.
    fn check_bytes(self, needed: u64) -> Result<(), String> {
        match self.bytes {
            Some(bytes) if needed > bytes.max(ALWAYS) => Err(format!(
                "reading it needs about {} MiB of memory, and {} MiB are left for that: give a smaller file, or more memory",
                needed.div_ceil(1 << 20),
                bytes >> 20
            )),
            _ => Ok(()),
        }
    }
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Contents {
    /// In the file's order, no name twice.
    pub tensors: Vec<Tensor>,
    /// What a reader should know, in sentences: `x` is read as bfloat16.
    pub notes: Vec<String>,
}

impl Contents {
    /// The tensor of that name.
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        self.tensors.iter().find(|tensor| tensor.name == name)
    }

    /// `` `x` [3 × 4] F32, `y` [3] I64 ``: every tensor as messages show it, at most eight.
    pub fn in_words(&self) -> String {
        let shown = self.tensors.iter().take(8);
        let mut words: Vec<String> =
            shown.map(|tensor| format!("`{}` {} {}", tensor.name, tensor.shape_in_words(), tensor.dtype)).collect();
        match self.tensors.len() {
            0 => words.push("no tensor".into()),
            1..=8 => {}
            more => words.push(format!("{} more", more - 8)),
        }
        words.join(", ")
    }
}

/// Reads the tensors of a safetensors, npz or npy file, which its first bytes tell apart.
///
/// `dtype` says what raw bytes in NumPy files (`<V1`, `<V2`) mean; other numbers have a type of their own.
///
/// # Errors
/// One sentence with the path, what is wrong and the fix.
pub fn read(path: &Path, dtype: Option<Dtype>) -> Result<Contents, String> {
    let bytes = bytes_of(path)?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    parse(&bytes, &stem, dtype).map_err(|message| format!("`{}`: {message}", path.display()))
}

/// The bytes of a regular file of at most [`LARGEST_FILE`] bytes.
///
/// # Errors
/// One sentence with the path, what is wrong and the fix.
pub fn bytes_of(path: &Path) -> Result<Vec<u8>, String> {
    bytes_within(path, Room::default())
}

/// The same within a room of memory.
///
/// # Errors
/// One sentence with the path, what is wrong and the fix.
pub fn bytes_within(path: &Path, room: Room) -> Result<Vec<u8>, String> {
    let shown = path.display();
    let unreadable = |error: std::io::Error| format!("`{shown}` cannot be read ({error}): give another file");
    // Before opening: a pipe would wait for its writer.
    let found = fs::metadata(path).map_err(unreadable)?;
    if !found.is_file() {
        return Err(format!("`{shown}` is not a regular file: give a .safetensors, .npz or .npy file"));
    }
    let too_large = || format!("`{shown}` has more than {} MiB: split it", LARGEST_FILE >> 20);
    if found.len() > LARGEST_FILE {
        return Err(too_large());
    }
    room.check_bytes(found.len()).map_err(|message| format!("`{shown}`: {message}"))?;
    let mut bytes = Vec::new();
    // The file may grow meanwhile.
    File::open(path).map_err(unreadable)?.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST_FILE { Err(too_large()) } else { Ok(bytes) }
}

/// Reads the tensors in the bytes of a file; `stem` names the one of an `.npy` file.
///
/// # Errors
/// One sentence with what is wrong and the fix.
pub fn parse(bytes: &[u8], stem: &str, dtype: Option<Dtype>) -> Result<Contents, String> {
    parse_within(bytes, stem, dtype, Room::default())
}

/// The same within a room of memory: an archive of a megabyte may claim a gigabyte of zeros.
///
/// # Errors
/// One sentence with what is wrong and the fix.
pub fn parse_within(bytes: &[u8], stem: &str, dtype: Option<Dtype>, room: Room) -> Result<Contents, String> {
    let contents = if bytes.starts_with(npy::MAGIC) {
        let mut notes = Vec::new();
        room.check(npy::claimed(bytes, stem, dtype, MOST_NUMBERS)?.0)?;
        let tensor = npy::parse(bytes, stem, dtype, MOST_NUMBERS, &mut notes)?;
        Contents { tensors: vec![tensor], notes }
    } else if zip::is_zip(bytes) {
        npz(bytes, dtype, room)?
    } else {
        Contents { tensors: safetensors::parse_within(bytes, room)?, notes: Vec::new() }
    };
    let mut names = BTreeSet::new();
    for tensor in &contents.tensors {
        check_name(&tensor.name)?;
        if !names.insert(&tensor.name) {
            return Err(format!("two tensors are called `{}`: name them apart", tensor.name));
        }
    }
    Ok(contents)
}

fn npz(bytes: &[u8], dtype: Option<Dtype>, room: Room) -> Result<Contents, String> {
    let entries = zip::entries(bytes)?;
    // What the arrays' own headers say, before any of them is unpacked.
    let mut names = Vec::with_capacity(entries.len());
    let mut left = MOST_NUMBERS;
    for entry in &entries {
        let Some(name) = entry.name.strip_suffix(".npy") else {
            return Err(match entry.name.ends_with("data.pkl") {
                true => "this is a checkpoint of torch.save: save it with safetensors.torch.save_file".into(),
                false => format!("the archive holds {:?}, which is no .npy file: save it with numpy.savez", entry.name),
            });
        };
        check_name(name)?;
        let (numbers, expected) = npy::claimed(&entry.beginning(npy::LONGEST_HEADER), name, dtype, left)?;
        if expected != entry.length() {
            let claimed = entry.length();
            return Err(format!(
                "array `{name}` has {expected} bytes, and the archive says {claimed}: the file is damaged"
            ));
        }
        left -= numbers;
        names.push(name);
    }
    room.check(MOST_NUMBERS - left)?;
    let (mut tensors, mut notes) = (Vec::with_capacity(entries.len()), Vec::new());
    for (entry, name) in entries.iter().zip(names) {
        tensors.push(npy::parse(&entry.unpacked()?, name, dtype, MOST_NUMBERS, &mut notes)?);
    }
    Ok(Contents { tensors, notes: grouped(notes) })
}

/// Several arrays of which the same is to be known, in one sentence: ``array `a` and 17 more: …``.
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

/// Names go to tables and messages as they are.
fn check_name(name: &str) -> Result<(), String> {
    if name.is_empty() || name.len() > LONGEST_NAME || name.chars().any(char::is_control) {
        let shown: String = name.chars().take(40).collect();
        return Err(format!(
            "a tensor is called {shown:?}: give names of 1 to {LONGEST_NAME} bytes without control characters"
        ));
    }
    Ok(())
}

/// How many numbers a shape holds, if at most `most`.
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
