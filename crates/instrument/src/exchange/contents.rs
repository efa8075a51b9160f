//! What a file of tensors holds.

use super::names;
use super::tensor::{Stored, Tensor, Unread, shape_in_words};
use crate::quote::listed;

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
    pub(super) places: Vec<usize>,
}

impl Contents {
    /// The tensor of that name.
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        self.tensors.iter().find(|tensor| tensor.name == name)
    }

    /// Every tensor as messages show it, such as `` `x` [3 × 4] F32 ``, with its name and shape, those that cannot be
    /// read last.
    pub(super) fn described(&self) -> impl Iterator<Item = (&str, &[usize], String)> {
        let read = self.tensors.iter().map(|tensor| (&*tensor.name, &*tensor.shape, tensor.dtype.name()));
        let unread = self.unread.iter().map(|tensor| (&*tensor.name, &*tensor.shape, &*tensor.dtype));
        read.chain(unread)
            .map(|(name, shape, dtype)| (name, shape, format!("`{name}` {} {dtype}", shape_in_words(shape))))
    }

    /// The note on inert tensors that are skipped; `None` if there are none. `is_used` says which names are used.
    pub(super) fn skipped_note(&self, is_used: impl Fn(&str) -> bool) -> Option<String> {
        let inert = self.described().filter(|(name, shape, _)| names::is_inert(name, shape) && !is_used(name));
        let inert: Vec<String> = inert.map(|(_, _, words)| words).collect();
        (!inert.is_empty()).then(|| format!("skipped, as nothing is computed from it: {}", listed(&inert)))
    }

    /// The tensors in the order of their numbers in the file: the header, a JSON object, may list them in any order.
    pub(super) fn in_place(self) -> Contents {
        let mut placed: Vec<(usize, Tensor)> = Vec::with_capacity(self.tensors.len());
        let places = self.places.iter().copied().chain(std::iter::repeat(0));
        placed.extend(places.zip(self.tensors));
        placed.sort_by_key(|(place, _)| *place);
        Contents { tensors: placed.into_iter().map(|(_, tensor)| tensor).collect(), places: Vec::new(), ..self }
    }

    pub(super) fn push(&mut self, stored: Stored) {
        match stored {
            Stored::Read(tensor) => self.tensors.push(tensor),
            Stored::Unread(unread) => self.unread.push(unread),
        }
    }

    /// Refuses a file of which no tensor can be read.
    pub(super) fn or_unread(self) -> Result<Contents, String> {
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
