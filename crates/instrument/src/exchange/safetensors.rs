//! safetensors: a length (8 bytes, little-endian), a JSON header of names, types, shapes and places, the numbers.
//!
//! The `safetensors` crate keeps the header in a map and fails as a whole at one type it does not know: it can neither refuse
//! a name that occurs twice, nor keep the order of the header, nor leave out one tensor with a reason. It checks us in tests.

use super::room::Room;
use super::tensor::{Dtype, Stored, Tensor, Unread, check_name, count};
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::Path;

/// Longest header in bytes: 16 MiB, some 100 000 tensors.
const LONGEST_HEADER: u64 = 16 << 20;
/// The one key of the header that is no tensor.
const METADATA: &str = "__metadata__";
/// The entry of the metadata that names the arithmetic in which gradients were computed.
const ARITHMETIC: &str = "precision_probe.arithmetic";

/// One tensor of the header.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: (usize, usize),
}

/// The header's entries in its order, duplicate names included, and the arithmetic named in its metadata.
struct Header(Vec<(String, Entry)>, Option<String>);

/// The arithmetic named in metadata; other entries are ignored.
struct Metadata(Option<String>);

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Metadata, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Metadata;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object of strings")
            }
            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Metadata, M::Error> {
                let mut arithmetic = None;
                while let Some(key) = map.next_key::<String>()? {
                    if key == ARITHMETIC {
                        arithmetic = Some(map.next_value()?);
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(Metadata(arithmetic))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

/// The arithmetic named in the metadata of a safetensors file that could be read; `None` without one.
pub(super) fn arithmetic(bytes: &[u8]) -> Option<String> {
    let (length, rest) = bytes.split_first_chunk()?;
    let header = rest.get(..usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    serde_json::from_slice::<Header>(header).ok()?.1
}

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Header, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Header;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object of tensors")
            }
            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Header, M::Error> {
                let (mut entries, mut arithmetic) = (Vec::new(), None);
                while let Some(name) = map.next_key::<String>()? {
                    if name == METADATA {
                        Metadata(arithmetic) = map.next_value()?;
                    } else {
                        entries.push((name, map.next_value()?));
                    }
                }
                Ok(Header(entries, arithmetic))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

/// Reads all tensors in the order of the header.
///
/// # Errors
/// One sentence with what is wrong; every tensor must be of a type that can be read.
pub fn parse(bytes: &[u8]) -> Result<Vec<Tensor>, String> {
    let whole = |stored| match stored {
        Stored::Read(tensor) => Ok(tensor),
        Stored::Unread(Unread { reason, .. }) => Err(reason),
    };
    stored(bytes, Room::default())?.into_iter().map(|(_, stored)| whole(stored)).collect()
}

/// Finds all tensors within the given room, in the order of the header, with the places of their numbers; their bytes must
/// fill the file without overlap or gap.
///
/// # Errors
/// One sentence with what is wrong.
pub(super) fn stored(bytes: &[u8], room: Room) -> Result<Vec<(usize, Stored)>, String> {
    let unknown = || "this is no safetensors, npz or npy file: save it with safetensors.torch.save_file or numpy.savez";
    let (length, rest) = bytes.split_first_chunk().ok_or_else(|| unknown().to_string())?;
    let length = u64::from_le_bytes(*length);
    if rest.first() != Some(&b'{') {
        return Err(unknown().into());
    }
    if length > LONGEST_HEADER || length > rest.len() as u64 {
        let (has, most) = (rest.len(), LONGEST_HEADER >> 20);
        return Err(format!(
            "the safetensors header claims {length} bytes, and {has} follow (at most {most} MiB are read): the file is damaged"
        ));
    }
    let (header, data) = rest.split_at(length as usize);
    let Header(entries, _) = serde_json::from_slice(header)
        .map_err(|error| format!("the safetensors header cannot be read ({error}): the file is damaged"))?;
    check_places(&entries, data.len())?;
    let mut left = room.numbers;
    let mut checked = Vec::with_capacity(entries.len());
    // All claims are checked before the first number is read.
    for (name, Entry { dtype, shape, data_offsets: (from, to) }) in entries {
        check_name(&name)?;
        let dtype = match safetensors_dtype(&name, &dtype) {
            Ok(dtype) => dtype,
            // Its bytes are within the file, whatever their type.
            Err(reason) => {
                checked.push((from, Err(Unread::new(&name, &shape, &dtype, reason))));
                continue;
            }
        };
        let numbers = count(&name, &shape, left)?;
        left -= numbers as u64;
        if numbers * dtype.size() != to - from {
            let (shape, bytes) = (super::tensor::shape_in_words(&shape), to - from);
            return Err(format!("tensor `{name}` of shape {shape} in {dtype} has {bytes} bytes: the file is damaged"));
        }
        checked.push((from, Ok((name, shape, dtype, &data[from..to]))));
    }
    room.check(room.numbers - left)?;
    let decoded = |claim| match claim {
        Ok((name, shape, dtype, bytes)) => Tensor::decode(name, shape, dtype, bytes),
        Err(unread) => Stored::Unread(unread),
    };
    Ok(checked.into_iter().map(|(place, claim)| (place, decoded(claim))).collect())
}

/// In the order of their places, each tensor begins where the one before ends, and the last one ends with the file.
fn check_places(entries: &[(String, Entry)], length: usize) -> Result<(), String> {
    let mut places: Vec<(usize, usize, &str)> =
        entries.iter().map(|(name, entry)| (entry.data_offsets.0, entry.data_offsets.1, name.as_str())).collect();
    places.sort_unstable();
    let mut end = 0;
    for (from, to, name) in places {
        let name: String = name.chars().take(80).collect();
        if from != end || to < from {
            return Err(format!(
                "tensor `{name}` has bytes {from} to {to} and the one before it ends at {end}: the file is damaged"
            ));
        }
        end = to;
    }
    match end == length {
        true => Ok(()),
        false => Err(format!("the tensors have {end} bytes and the file has {length} for them: the file is damaged")),
    }
}

/// Only safetensors' own spellings.
fn safetensors_dtype(name: &str, text: &str) -> Result<Dtype, String> {
    let found = Dtype::ALL.iter().find(|(_, known, _)| *known == text);
    found.map(|(dtype, ..)| *dtype).ok_or_else(|| {
        let known: Vec<&str> = Dtype::ALL.iter().map(|(_, known, _)| *known).collect();
        let text: String = text.chars().take(20).collect();
        format!("tensor `{name}` has the dtype {text:?}: convert it to one of {}", known.join(", "))
    })
}

/// A safetensors file of the tensors in their order: integers as I64, everything else as F64. The same tensors give
/// the same bytes.
pub fn safetensors_bytes(tensors: &[Tensor]) -> Vec<u8> {
    bytes_with(tensors, serde_json::Map::new())
}

/// The same of gradients, with the arithmetic that computed them in the metadata.
pub fn gradient_bytes(tensors: &[Tensor], arithmetic: &str) -> Vec<u8> {
    let mut header = serde_json::Map::new();
    header.insert(METADATA.into(), serde_json::json!({ ARITHMETIC: arithmetic }));
    bytes_with(tensors, header)
}

fn bytes_with(tensors: &[Tensor], mut header: serde_json::Map<String, serde_json::Value>) -> Vec<u8> {
    let mut data = Vec::new();
    for tensor in tensors {
        let from = data.len();
        for &value in &tensor.values {
            if tensor.dtype.is_integer() {
                data.extend((value as i64).to_le_bytes());
            } else {
                data.extend(value.to_le_bytes());
            }
        }
        let dtype = if tensor.dtype.is_integer() { Dtype::I64 } else { Dtype::F64 };
        let data_offsets = (from, data.len());
        let entry = Entry { dtype: dtype.name().into(), shape: tensor.shape.clone(), data_offsets };
        header.insert(tensor.name.clone(), serde_json::json!(entry));
    }
    let mut header = serde_json::Value::Object(header).to_string().into_bytes();
    // Numbers begin at a multiple of 8, as the format asks of writers.
    header.resize(header.len().next_multiple_of(8), b' ');
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header);
    bytes.extend(data);
    bytes
}

/// Writes [`safetensors_bytes`] to a file, whole or not at all.
///
/// # Errors
/// One sentence with the path and the fix.
pub fn write_safetensors(path: &Path, tensors: &[Tensor]) -> Result<(), String> {
    crate::disk::write_file(path, &safetensors_bytes(tensors))
        .map_err(|error| format!("cannot write to `{}` ({error}): choose another place", path.display()))
}
