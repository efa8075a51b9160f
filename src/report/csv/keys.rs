//! The keys that every row of a run's tables begins with: which run it is, and what was drawn.

use super::table::Column;
use crate::record::Spec;

/// The keys of a run, as cells.
pub struct RunKeys {
    spec_hash: String,
    activation: String,
    depth: String,
    width: String,
    batch: String,
    seed: String,
    loss: String,
    data: String,
    init: String,
    gain: String,
    bias: String,
    residual: String,
    weights: String,
}

impl RunKeys {
    /// Of a record with this hash, and of its run with this activation. What `spec` says of formats and trials is not read.
    pub fn new(spec_hash: &str, spec: &Spec, activation: &str) -> RunKeys {
        let drawn = |text: String| if spec.weights.is_none() { text } else { String::new() };
        let file = spec.batch_file.as_ref().map(|batch| batch.source.file.clone());
        RunKeys {
            spec_hash: spec_hash.into(),
            activation: activation.into(),
            depth: spec.depth.to_string(),
            width: spec.width.to_string(),
            batch: spec.batch.to_string(),
            seed: spec.seed.to_string(),
            loss: spec.loss().option().into(),
            data: file.unwrap_or_else(|| spec.data.name().into()),
            init: drawn(spec.init.name().into()),
            gain: drawn(spec.gain.map_or(String::new(), |gain| format!("{gain:?}"))),
            bias: spec.bias.to_string(),
            residual: spec.residual.to_string(),
            weights: spec.weights.as_ref().map_or(String::new(), |weights| weights.source.file.clone()),
        }
    }
}

/// A row of a run.
pub trait Keyed {
    /// Its run's keys.
    fn keys(&self) -> &RunKeys;
}

/// The columns of the keys.
pub fn run_columns<R: Keyed>() -> Vec<Column<R>> {
    vec![
        ("spec_hash", |row| row.keys().spec_hash.clone()),
        ("activation", |row| row.keys().activation.clone()),
        ("depth", |row| row.keys().depth.clone()),
        ("width", |row| row.keys().width.clone()),
        ("batch", |row| row.keys().batch.clone()),
        ("seed", |row| row.keys().seed.clone()),
        ("loss", |row| row.keys().loss.clone()),
        ("data", |row| row.keys().data.clone()),
        ("init", |row| row.keys().init.clone()),
        ("gain", |row| row.keys().gain.clone()),
        ("bias", |row| row.keys().bias.clone()),
        ("residual", |row| row.keys().residual.clone()),
        ("weights", |row| row.keys().weights.clone()),
    ]
}
