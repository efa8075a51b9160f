//! The caption: everything needed to measure a picture again.

use crate::record::{Record, Run};
use crate::report::facts;
use crate::report::numbers::Notation::Typeset;

/// Digits of the spec's hash that a caption shows.
const HASH_DIGITS: usize = 12;

/// The caption of a comparison in pieces: what the runs share, then what each has of its own.
pub fn shared_pieces(record: &Record) -> Vec<String> {
    let spec = &record.spec;
    let mut pieces = vec![
        format!("depth {}", spec.depth),
        format!("width {}", spec.width),
        if spec.bias { "biases" } else { "no biases" }.into(),
        format!("data {}", facts::data(spec.data)),
        format!("batch {}", spec.batch),
        facts::trials(spec.trials),
        format!("seed {}", spec.seed),
        format!("precision-probe {}", record.version),
        format!("spec {}", record.spec_hash.chars().take(HASH_DIGITS).collect::<String>()),
    ];
    pieces.extend(facts::storage_over(&record.runs));
    let own = |run: &Run| {
        let facts = [facts::gain(spec, run, Typeset), facts::phase(run, Typeset), facts::truth(run)];
        format!("{}: {}", facts::activation(run), facts.join(", "))
    };
    pieces.extend(record.runs.iter().map(own));
    pieces
}

/// The caption in pieces, to be broken into lines between them.
pub fn pieces(record: &Record, run: &Run) -> Vec<String> {
    let spec = &record.spec;
    let mut pieces = vec![
        facts::activation(run),
        format!("depth {}", spec.depth),
        format!("width {}", spec.width),
        if spec.bias { "biases" } else { "no biases" }.into(),
        format!("data {}", facts::data(spec.data)),
        format!("batch {}", spec.batch),
        facts::trials(spec.trials),
        format!("seed {}", spec.seed),
        facts::gain(spec, run, Typeset),
        facts::phase(run, Typeset),
        facts::truth(run),
        format!("precision-probe {}", record.version),
        format!("spec {}", record.spec_hash.chars().take(HASH_DIGITS).collect::<String>()),
    ];
    pieces.extend(facts::storage(run));
    if spec.trials > 1 {
        pieces.insert(
            pieces.len() - 2 - facts::storage(run).len(),
            format!("bands: {}", facts::quantile_note(spec.trials)),
        );
    }
    pieces
}
