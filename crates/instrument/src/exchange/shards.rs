//! `model.safetensors.index.json`: tensors spread over several files of one folder, as Hugging Face saves large models.

use super::contents::Contents;
use super::file::bytes_within;
use super::parsing::parse_within;
use super::room::Room;
use super::tensor::{Dtype, Tensor, Unread, check_name};
use crate::quote::listed;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::path::Path;

/// Longest index in bytes: 16 MiB, as a header of safetensors.
const LONGEST_INDEX: usize = 16 << 20;

/// What an index says; its metadata does not matter.
#[derive(Deserialize)]
struct Index {
    weight_map: WeightMap,
}

/// Names of tensors and of the files that hold them, as written, names that occur twice included.
struct WeightMap(Vec<(String, String)>);

impl<'de> Deserialize<'de> for WeightMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<WeightMap, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = WeightMap;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object of file names by tensor")
            }
            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<WeightMap, M::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(WeightMap(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

/// Reads the shards that an index names, in the order of their names; `seen` gets the bytes of each.
///
/// Tensors have the order in which the index names them; those that it does not name are left out with a note.
///
/// # Errors
/// One sentence with the index or the shard, what is wrong and the fix.
pub(super) fn read(
    path: &Path,
    bytes: &[u8],
    dtype: Option<Dtype>,
    mut room: Room,
    seen: &mut dyn FnMut(&[u8]),
) -> Result<Contents, String> {
    let shown = path.display();
    let pairs = weight_map(bytes).map_err(|message| format!("`{shown}`: {message}"))?;
    let mut shards: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, shard) in &pairs {
        shards.entry(shard).or_default().push(name);
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    let (mut notes, mut unnamed) = (Vec::new(), Vec::new());
    let (mut tensors, mut unread): (HashMap<String, Tensor>, HashMap<String, Unread>) = Default::default();
    for (shard, wanted) in shards {
        let place = folder.join(shard);
        if !place.exists() {
            return Err(format!(
                "`{shown}`: the shard `{shard}` is missing: put all shards into the folder of the index"
            ));
        }
        let bytes = bytes_within(&place, room)?;
        seen(&bytes);
        let contents = parse_within(&bytes, "", dtype, room);
        let contents = contents.map_err(|message| format!("`{}`: {message}", place.display()))?;
        room = room.after(contents.tensors.iter().map(|tensor| tensor.values.len() as u64).sum());
        notes.extend(contents.notes.into_iter().map(|note| format!("{shard}: {note}")));
        let mut missing: HashSet<&str> = wanted.iter().copied().collect();
        let mut is_named = |name: &str| {
            let is_named = missing.remove(name);
            unnamed.extend((!is_named).then(|| format!("`{name}` of {shard}")));
            is_named
        };
        let named = contents.tensors.into_iter().filter(|tensor| is_named(&tensor.name));
        tensors.extend(named.map(|tensor| (tensor.name.clone(), tensor)));
        let named = contents.unread.into_iter().filter(|tensor| is_named(&tensor.name));
        unread.extend(named.map(|tensor| (tensor.name.clone(), tensor)));
        // The first in the order of the index, so that the message is always the same.
        if let Some(name) = wanted.iter().find(|name| missing.contains(*name)) {
            return Err(format!(
                "`{shown}`: the shard `{shard}` does not hold `{name}`: take index and shards from one model"
            ));
        }
    }
    if !unnamed.is_empty() {
        notes.push(format!("not named by the index, left out: {}", listed(&unnamed)));
    }
    let order = || pairs.iter().map(|(name, _)| name.as_str());
    Ok(Contents {
        tensors: order().filter_map(|name| tensors.remove(name)).collect(),
        unread: order().filter_map(|name| unread.remove(name)).collect(),
        notes,
        arithmetic: None,
        places: Vec::new(),
    })
}

/// Names of tensors and their files, checked.
fn weight_map(bytes: &[u8]) -> Result<Vec<(String, String)>, String> {
    if bytes.len() > LONGEST_INDEX {
        return Err(format!(
            "an index of shards has at most {} MiB: give a safetensors, npz or npy file",
            LONGEST_INDEX >> 20
        ));
    }
    let Index { weight_map: WeightMap(pairs) } = serde_json::from_slice(bytes).map_err(|error| {
        format!("this is JSON but no index of shards ({error}): give a safetensors, npz or npy file, or model.safetensors.index.json")
    })?;
    let mut names = HashSet::new();
    for (name, shard) in &pairs {
        check_name(name)?;
        if !names.insert(name) {
            return Err(format!("the index names `{name}` twice: keep one"));
        }
        let is_plain = !matches!(shard.as_str(), "" | "." | "..")
            && !shard.contains(|c: char| c.is_control() || matches!(c, '/' | '\\' | ':'));
        if !is_plain {
            let shard: String = shard.chars().take(80).collect();
            return Err(format!(
                "the index places `{name}` in {shard:?}: a shard is a file in the folder of the index, without a path"
            ));
        }
    }
    if pairs.is_empty() {
        return Err("the index names no tensor: give that of a saved model".into());
    }
    Ok(pairs)
}
