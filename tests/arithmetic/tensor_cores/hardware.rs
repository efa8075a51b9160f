//! Answers of real GPUs: `north-numerical-computing/MATLAB-tensor-core` at commit b12b5a7 (BSD-2-Clause, (c) 2025
//! F. Khattak and M. Mikaitis), 200 rows of each of some sets, with D as the hardware gave it.
//!
//! The rows are no part of the project. They are looked for in the folder `tensorcore` of `PRECISION_PROBE_ORACLES`,
//! or of `shared/oracles` beside the project; without them these tests say so and pass.

use super::definition::{Definition, same};
use precision_probe::arithmetic::tensor_core::{Rule, TensorCore};
use precision_probe::format::{E4M3FN, E5M2, F16, F32, Format};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The rows of one GPU and format into one output.
struct Set {
    what: String,
    rule: Rule,
    a: Vec<Vec<f64>>,
    b: Vec<Vec<f64>>,
    c: Vec<f64>,
    d: Vec<f64>,
}

impl Set {
    /// Rows that an answer gets wrong.
    fn misses(&self, dot: impl Fn(&[f64], &[f64], f64) -> f64) -> usize {
        let rows = self.a.iter().zip(&self.b).zip(self.c.iter().zip(&self.d));
        rows.filter(|((a, b), (c, d))| !same(dot(a, b, **c), **d)).count()
    }
}

fn number(bits: &Value) -> f64 {
    f64::from(f32::from_bits(u32::from_str_radix(bits.as_str().unwrap(), 16).unwrap()))
}

fn numbers(bits: &Value) -> Vec<f64> {
    bits.as_array().unwrap().iter().map(number).collect()
}

fn read(file: &Path) -> Vec<Set> {
    let json: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let gpu = TensorCore::parse(json["gpu"].as_str().unwrap()).unwrap();
    let input = match json["input_format"].as_str().unwrap() {
        "E4M3" => E4M3FN,
        "E5M2" => E5M2,
        name => Format::parse(name).unwrap(),
    };
    let rows = |name: &str| json[name].as_array().unwrap().iter().map(numbers).collect::<Vec<_>>();
    let (a, b, mut c) = (rows("A"), rows("B"), numbers(&json["C"]));
    if json["c_used"] == "no (C=0)" {
        c.fill(0.0);
    }
    let mut sets = Vec::new();
    for (key, output) in [("fp32", F32), ("fp16", F16)] {
        if json["D"][key].is_null() {
            continue;
        }
        let rule = gpu.rule(&input, &output).unwrap();
        let what = format!("{gpu} {input} into {output}");
        // The rows were measured with C in the output format.
        let c = c.iter().map(|&c| output.round_f64(c)).collect();
        sets.push(Set { what, rule, a: a.clone(), b: b.clone(), c, d: numbers(&json["D"][key]) });
    }
    sets
}

/// All sets that are there.
fn sets() -> Option<Vec<Set>> {
    let oracles = std::env::var_os("PRECISION_PROBE_ORACLES").map(PathBuf::from);
    let oracles = oracles.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/oracles"));
    let Ok(folder) = std::fs::read_dir(oracles.join("tensorcore")) else {
        eprintln!("skipped: no measured rows in {}; see PRECISION_PROBE_ORACLES", oracles.display());
        return None;
    };
    let mut files: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    Some(files.iter().flat_map(|file| read(file)).collect())
}

#[test]
fn every_measured_bit_is_reproduced() {
    let Some(sets) = sets() else { return };
    for set in &sets {
        assert_eq!(set.d.len(), 200, "{}", set.what);
        assert_eq!(set.misses(|a, b, c| set.rule.dot(a, b, c)), 0, "{}", set.what);
        let definition = Definition::of(&set.rule);
        assert_eq!(set.misses(|a, b, c| definition.dot(a, b, c)), 0, "{} by definition", set.what);
    }
    assert!(sets.len() >= 5, "only {} sets", sets.len());
}

/// The rows tell the rules from plausible wrong ones: sums into f32 from every one of them. An f16 has so few bits
/// that its rows tell nothing of the alignment.
#[test]
fn the_measured_rows_refute_wrong_rules() {
    let Some(sets) = sets() else { return };
    for set in sets.iter().filter(|set| set.rule.output() == F32) {
        for (name, wrong) in Definition::of(&set.rule).wrong() {
            let misses = set.misses(|a, b, c| wrong.dot(a, b, c));
            assert!(misses >= 5, "{}: {name} is refuted by {misses} rows of 200", set.what);
        }
    }
}
