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
pub use npy::{MAGIC as NPY_MAGIC, bytes as npy_bytes};
pub use safetensors::{parse as safetensors_tensors, safetensors_bytes, write_safetensors};
pub use samples::{Labels, LossName, Samples};
pub use sequential::{Linear, Sequential, Slope};
pub use tensor::{Dtype, Tensor};

use crate::disk::{self, Unread};
use std::collections::BTreeSet;
use std::path::Path;

/// Most bytes that a file may have: 1 GiB.
pub const LARGEST_FILE: u64 = 1 << 30;
/// Most numbers that all tensors of a file may have together: 1 GiB as doubles.
pub const MOST_NUMBERS: u64 = 1 << 27;
/// Longest name of a tensor in bytes.
const LONGEST_NAME: usize = 512;

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
    disk::input(path, LARGEST_FILE).map_err(|unread| {
        let fix = match unread {
            Unread::Special(_) => "give a .safetensors, .npz or .npy file",
            Unread::TooLarge(_) => "split it",
            Unread::Failed(_) => "give another file",
        };
        format!("`{}` {unread}: {fix}", path.display())
    })
}

/// Reads the tensors in the bytes of a file; `stem` names the one of an `.npy` file.
///
/// # Errors
/// One sentence with what is wrong and the fix.
pub fn parse(bytes: &[u8], stem: &str, dtype: Option<Dtype>) -> Result<Contents, String> {
    let contents = if bytes.starts_with(npy::MAGIC) {
        let mut notes = Vec::new();
        let tensor = npy::parse(bytes, stem, dtype, MOST_NUMBERS, &mut notes)?;
        Contents { tensors: vec![tensor], notes }
    } else if zip::is_zip(bytes) {
        npz(bytes, dtype)?
    } else {
        Contents { tensors: safetensors::parse(bytes)?, notes: Vec::new() }
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

fn npz(bytes: &[u8], dtype: Option<Dtype>) -> Result<Contents, String> {
    let entries = zip::entries(bytes)?;
    let (mut tensors, mut notes) = (Vec::new(), Vec::new());
    let mut left = MOST_NUMBERS;
    for entry in &entries {
        let Some(name) = entry.name.strip_suffix(".npy") else {
            return Err(match entry.name.ends_with("data.pkl") {
                true => "this is a checkpoint of torch.save: save it with safetensors.torch.save_file".into(),
                false => format!("the archive holds {:?}, which is no .npy file: save it with numpy.savez", entry.name),
            });
        };
        check_name(name)?;
        // What the array's own header says, before the rest is unpacked.
        let expected = npy::length(&entry.beginning(npy::LONGEST_HEADER), name, dtype, left)?;
        if expected != entry.length() {
            let claimed = entry.length();
            return Err(format!(
                "array `{name}` has {expected} bytes, and the archive says {claimed}: the file is damaged"
            ));
        }
        let data = entry.unpacked()?;
        let tensor = npy::parse(&data, name, dtype, left, &mut notes)?;
        left -= tensor.values.len() as u64;
        tensors.push(tensor);
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

/// Names are kept as they are; whoever shows one escapes what is hidden in it.
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
