//! `model.safetensors.index.json`: the network of one file, or a sentence.

use super::damaged::damaged;
use super::names::{FILES, Network, Raw, doubles, probed, raw, write, write_batch};
use super::network::run;
use crate::common::Random;
use precision_probe::exchange::{Sequential, read};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const INDEX: &str = "m/model.safetensors.index.json";
const SHARDS: [&str; 2] = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];

/// The tensors of a network, every other one in each shard, and their index, later shards first.
fn write_shards(place: &Path, tensors: &[Raw]) {
    let folder = place.join("m");
    fs::create_dir_all(&folder).unwrap();
    let of = |shard: usize| tensors.iter().skip(shard).step_by(2).cloned().collect::<Vec<_>>();
    SHARDS.iter().enumerate().for_each(|(shard, name)| write(&folder.join(name), &of(shard)));
    let entry = |(index, tensor): (usize, &Raw)| format!("\"{}\": \"{}\"", tensor.name, SHARDS[index % 2]);
    let map: Vec<String> = tensors.iter().enumerate().rev().map(entry).collect();
    let index = format!("{{\"metadata\": {{\"total_size\": 1}},\n \"weight_map\": {{{}}}}}\n", map.join(",\n"));
    fs::write(place.join(INDEX), index).unwrap();
}

/// The numbers of the one file; the record's SHA-256 covers the index and every shard.
#[test]
fn the_shards_of_an_index_are_one_network() {
    let place = TempDir::new().unwrap();
    let place = place.path();
    write_batch(place);
    let tensors: Vec<Raw> = Network::new(12).numbered().iter().map(doubles).collect();
    write(&place.join("w.safetensors"), &tensors);
    let (expected, names, _) = probed(place, "w.safetensors", &[]);
    write_shards(place, &tensors);
    let record = || -> Value { serde_json::from_slice(&fs::read(place.join("o/record.json")).unwrap()).unwrap() };
    let (numbers, same_names, said) = probed(place, INDEX, &[]);
    assert!(numbers == expected && names == same_names);
    assert!(!said.contains("note: "), "{said}");
    let [index, first, second] = [INDEX, "m/model-00001-of-00002.safetensors", "m/model-00002-of-00002.safetensors"]
        .map(|name| fs::read(place.join(name)).unwrap());
    let digest = Sha256::digest([index, first, second].concat());
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let source = record()["spec"]["weights"]["source"].clone();
    assert_eq!(source, json!({"file": "model.safetensors.index.json", "sha256": digest}));

    // Moved, it is the same spec; with one bit changed in the last shard it is not.
    let hash = record()["spec_hash"].clone();
    fs::rename(place.join("m"), place.join("moved")).unwrap();
    probed(place, "moved/model.safetensors.index.json", &[]);
    assert_eq!(record()["spec_hash"], hash);
    fs::rename(place.join("moved"), place.join("m")).unwrap();
    let shard = place.join("m").join(SHARDS[1]);
    let mut bytes = fs::read(&shard).unwrap();
    *bytes.last_mut().unwrap() ^= 0x80;
    fs::write(&shard, bytes).unwrap();
    probed(place, INDEX, &[]);
    assert_ne!(record()["spec_hash"], hash);

    // Names in the order of the index; what it does not name is left out with a note; inert tensors are skipped.
    let named: Vec<Raw> = Network::new(3).named(&["stem.", "body.", "head."]).iter().map(doubles).collect();
    write(&place.join("w.safetensors"), &named);
    let (expected, ..) = probed(place, "w.safetensors", &[]);
    let extra = [raw("unnamed", "F32", &[1], &[0; 4]), raw("0._extra_state", "U8", &[0], &[])];
    write(&place.join("m/a.safetensors"), &[&named[..], &extra].concat());
    let map: Vec<String> = named.iter().map(|tensor| format!("\"{}\":\"a.safetensors\"", tensor.name)).collect();
    let index = format!("{{\"weight_map\":{{{},\"0._extra_state\":\"a.safetensors\"}}}}", map.join(","));
    fs::write(place.join(INDEX), index).unwrap();
    let (numbers, _, said) = probed(place, INDEX, &[]);
    assert!(numbers == expected);
    for words in [
        "not named by the index, left out: `unnamed` of a.safetensors\n",
        "skipped, as nothing is computed from it: `0._extra_state` [0] U8\n",
        "layers in the order of the file: stem, body, head",
    ] {
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn an_index_that_does_not_fit_is_refused() {
    let place = TempDir::new().unwrap();
    let place = place.path();
    write_batch(place);
    let tensors: Vec<Raw> = Network::new(3).numbered().iter().map(doubles).collect();
    write_shards(place, &tensors);
    let whole = fs::read_to_string(place.join(INDEX)).unwrap();
    let refused = |words: &str| {
        let output = run(place, &[&["--weights", INDEX, "--act", "tanh"], &FILES[..]].concat());
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(message.starts_with(&format!("error: `{INDEX}`: ")) && message.contains(words), "{message}");
        assert!(!message.trim_end().ends_with('.') && !place.join("o").exists(), "{message}");
    };
    let one = |name: &str, shard: &str| format!("{{\"weight_map\":{{{}:{}}}}}", json!(name), json!(shard));
    for (index, words) in [
        (
            one("0.weight", "gone.safetensors"),
            "the shard `gone.safetensors` is missing: put all shards into the folder",
        ),
        (one("7.weight", SHARDS[0]), "the shard `model-00001-of-00002.safetensors` does not hold `7.weight`"),
        (one("0.weight", "../w.safetensors"), "the index places `0.weight` in \"../w.safetensors\""),
        (one("0.weight", "/etc/passwd"), "without a path"),
        (one("0.weight", "a\\b"), "without a path"),
        (one("0.weight", "c:b"), "without a path"),
        (one("0.weight", ".."), "without a path"),
        (one("0.weight", ""), "without a path"),
        (one("0.weight", "a\u{0}b"), "without a path"),
        (one("0.\u{1b}weight", SHARDS[0]), "control characters"),
        (whole.replacen("2.bias", "2.weight", 1), "the index names `2.weight` twice"),
        ("{\"weight_map\":{}}".into(), "the index names no tensor"),
        ("{\"weight_map\":[1]}".into(), "this is JSON but no index of shards"),
        (" {\"hidden_size\": 64}".into(), "this is JSON but no index of shards (missing field `weight_map`"),
        (whole[..whole.len() / 2].into(), "this is JSON but no index of shards"),
        (one("0.weight", "model.safetensors.index.json"), "this is JSON"),
    ] {
        fs::write(place.join(INDEX), index).unwrap();
        if words == "this is JSON" {
            let output = run(place, &[&["--weights", INDEX, "--act", "tanh"], &FILES[..]].concat());
            assert!(String::from_utf8_lossy(&output.stderr).contains("an index of shards is read only by itself"));
        } else {
            refused(words);
        }
    }
    // A shard that is damaged is named itself.
    fs::write(place.join(INDEX), whole).unwrap();
    fs::write(place.join("m").join(SHARDS[1]), "words").unwrap();
    let output = run(place, &[&["--weights", INDEX, "--act", "tanh"], &FILES[..]].concat());
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(message.starts_with("error: `m/model-00002-of-00002.safetensors`: this is no safetensors"), "{message}");
}

/// Hundreds of damaged indices: a network or a sentence, and no panic.
#[test]
fn no_damage_makes_an_index_panic() {
    let place = TempDir::new().unwrap();
    let tensors: Vec<Raw> = Network::new(3).numbered().iter().map(doubles).collect();
    write_shards(place.path(), &tensors);
    let path = place.path().join(INDEX);
    let seeds = [fs::read(&path).unwrap()];
    let mut whole = 0;
    for case in 0..600 {
        fs::write(&path, damaged(&seeds, &mut Random(case))).unwrap();
        match read(&path, None) {
            Ok(contents) => whole += usize::from(Sequential::read(contents, None).is_ok()),
            Err(message) => assert!(message.starts_with('`') && message.len() < 1200, "case {case}: {message}"),
        }
    }
    assert!(whole < 600, "no index was damaged");
}
