//! The caption: everything needed to measure a picture again.

use crate::record::{Record, Run};
use crate::report::facts;
use crate::report::numbers::Notation::Typeset;

/// Digits of the spec's hash that a caption shows.
const HASH_DIGITS: usize = 12;

/// The caption of a comparison in pieces: what the runs share, then what each has of its own.
pub fn shared_pieces(record: &Record) -> Vec<String> {
    let mut pieces = set_up(record);
    pieces.extend(provenance(record));
    pieces.extend(facts::presets(&record.runs));
    pieces.extend(facts::storage_over(&record.runs));
    let own = |run: &Run| {
        let theory = [facts::gain(&record.spec, run, Typeset), facts::phase_in_theory(run, Typeset)];
        let facts: Vec<String> = theory.into_iter().flatten().chain([facts::truth(run)]).collect();
        format!("{}: {}", facts::activation(run), facts.join(", "))
    };
    pieces.extend(record.runs.iter().map(own));
    pieces
}

/// The caption in pieces, to be broken into lines between them.
pub fn pieces(record: &Record, run: &Run) -> Vec<String> {
    let spec = &record.spec;
    let mut pieces = vec![facts::activation(run)];
    pieces.extend(set_up(record));
    pieces.extend([facts::gain(spec, run, Typeset), facts::phase_in_theory(run, Typeset)].into_iter().flatten());
    pieces.push(facts::truth(run));
    if spec.trials > 1 {
        pieces.push(format!("bands: {}", facts::quantile_note(spec.trials)));
    }
    pieces.extend(provenance(record));
    pieces.extend(facts::presets(std::slice::from_ref(run)));
    pieces.extend(facts::storage_over(std::slice::from_ref(run)));
    pieces
}

/// The caption of one panel on its own: enough to find the rest.
pub fn panel_pieces(record: &Record, run: &Run) -> Vec<String> {
    let spec = &record.spec;
    let mut pieces = vec![facts::activation(run), format!("depth {}", spec.depth), format!("width {}", spec.width)];
    pieces.extend([facts::trials(spec.trials), format!("seed {}", spec.seed)]);
    pieces.extend(provenance(record));
    pieces
}

/// Network, data and draws, which every run of a record shares.
fn set_up(record: &Record) -> Vec<String> {
    let mut pieces = facts::network(record);
    pieces.extend(facts::draws(&record.spec));
    pieces
}

/// Which program and which spec.
fn provenance(record: &Record) -> [String; 2] {
    let hash: String = record.spec_hash.chars().take(HASH_DIGITS).collect();
    [format!("precision-probe {}", record.version), format!("spec {hash}")]
}
