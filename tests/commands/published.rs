//! Published results on sweeps: what other people computed or derived about networks at initialisation, against the
//! exact gradients of drawn networks. Everyday runs have few trials; PRECISION_PROBE_EXHAUSTIVE=1 has many.

mod born_dead;
mod growth;
mod precisions;
mod zeros;

use assert_cmd::Command;
use precision_probe::judgement::cell::{Cell, CellRun, Outcome};
use precision_probe::record::Record;
use serde::de::DeserializeOwned;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// Runs the program in a folder of its own and reads a file of its report.
fn measured(folder: &TempDir, arguments: &[&str], file: &str) -> String {
    let mut command = Command::cargo_bin("precision-probe").unwrap();
    let output = command.current_dir(folder.path()).args(arguments).args(["-q", "--force", "--out", "out"]);
    output.assert().success();
    fs::read_to_string(folder.path().join("out").join(file)).unwrap()
}

/// The measured cells of a sweep of relu or other activations with one precision, of which only the exact gradient counts.
fn sweep(arguments: &[&str]) -> Vec<(Cell, CellRun)> {
    let place = TempDir::new().unwrap();
    let exact = ["--formats", "f32", "--truth-bits", "24"];
    let text = measured(&place, &[&["sweep"], arguments, &exact].concat(), "cells.jsonl");
    let cells = text.lines().map(|line| serde_json::from_str::<Cell>(line).unwrap());
    cells
        .map(|cell| match &cell.outcome {
            Outcome::Measured(run) => (cell.clone(), (**run).clone()),
            Outcome::Failed(why) => panic!("{arguments:?}: {why}"),
        })
        .collect()
}

/// The number that a cell has on an axis.
fn number(cell: &Cell, axis: &str) -> f64 {
    cell.values[axis].to_string().parse().unwrap()
}

/// What a file of a report holds.
fn parsed<T: DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).unwrap()
}

/// A run of a drawn network on the rows of a file.
fn run_on(rows: &Path, arguments: &[&str]) -> Record {
    let place = TempDir::new().unwrap();
    let data = ["--data", rows.to_str().unwrap(), "--formats", "f32", "--truth-bits", "24"];
    Record::from_json(&measured(&place, &[arguments, &data].concat(), "record.json")).unwrap()
}

/// Mean and standard error.
fn mean(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    (mean, (squares / (count - 1.0) / count).sqrt())
}
