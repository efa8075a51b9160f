//! The keys that every row of a run's CSV files begins with: which run it is, and what was drawn, so that the files of two
//! runs concatenate. `docs/reference/files.md` describes every column.

use crate::record::Spec;

/// Names of the columns.
pub const RUN: [&str; 13] = [
    "spec_hash",
    "activation",
    "depth",
    "width",
    "batch",
    "seed",
    "loss",
    "data",
    "init",
    "gain",
    "bias",
    "residual",
    "weights",
];

/// Their cells in a record with this hash, for its run with this activation. What `spec` says of formats and trials is not
/// read.
pub fn of_run(spec_hash: &str, spec: &Spec, activation: &str) -> Vec<String> {
    let drawn = |text: String| if spec.weights.is_none() { text } else { String::new() };
    let cells: [String; RUN.len()] = [
        spec_hash.into(),
        activation.into(),
        spec.depth.to_string(),
        spec.width.to_string(),
        spec.batch.to_string(),
        spec.seed.to_string(),
        spec.loss().option().into(),
        spec.batch_file.as_ref().map_or(spec.data.name(), |batch| &batch.source.file).into(),
        drawn(spec.init.name().into()),
        drawn(spec.gain.map_or(String::new(), |gain| format!("{gain:?}"))),
        spec.bias.to_string(),
        spec.residual.to_string(),
        spec.weights.as_ref().map_or(String::new(), |weights| weights.source.file.clone()),
    ];
    cells.into()
}
