//! `trials.csv` and `sources.csv`: what was measured, trial by trial and source by source.

use super::place::{Place, key_names, places, statistics};
use crate::record::{Record, SiteTrial, SourceNoise, SourceSite, TensorNoise, TruthTrial};
use crate::report::table::csv::{Column, column, number, optional, table, word};

/// One tensor of a layer in one trial.
struct Trial<'a> {
    place: &'a Place<'a>,
    /// Its place among the trials.
    index: usize,
    measured: &'a SiteTrial,
    tensor: &'a TensorNoise,
}

impl Trial<'_> {
    /// What is known of the exact gradient.
    fn exact(&self) -> Option<&TruthTrial> {
        self.place.run.truth.sites.get(self.place.index)?.trials.get(self.index)
    }
}

/// A row per run, precision, layer, trial and tensor, in the record's order; trials count from 1.
pub fn trials_csv(record: &Record) -> String {
    let places = places(record);
    let columns: [Column<Trial>; 16] = [
        column("trial", |row: &Trial| (row.index + 1).to_string()),
        column("tensor", |row: &Trial| row.tensor.tensor.clone()),
        column("log2_signal", |row: &Trial| number(row.tensor.log2_signal)),
        column("log2_noise", |row: &Trial| number(row.tensor.log2_noise)),
        column("noise_to_signal", |row: &Trial| number(row.tensor.noise_to_signal)),
        column("at_most", |row: &Trial| row.tensor.at_most.to_string()),
        column("descent", |row: &Trial| number(row.tensor.descent)),
        column("orthogonal_noise", |row: &Trial| number(row.tensor.orthogonal_noise)),
        column("cosine", |row: &Trial| number(row.tensor.cosine)),
        column("sign_agreement", |row: &Trial| number(row.tensor.sign_agreement)),
        column("layer_noise_to_signal", |row: &Trial| number(row.measured.noise().0)),
        column("layer_at_most", |row: &Trial| row.measured.noise().1.to_string()),
        column("layer_verdict", |row: &Trial| word(row.measured.verdict)),
        column("layer_flips", |row: &Trial| optional(row.measured.flips)),
        column("layer_evidence", |row: &Trial| optional(row.exact().map(|known| known.evidence.to_string()))),
        column("layer_log2_signal", |row: &Trial| row.exact().map_or(String::new(), |known| number(known.log2_norm))),
    ];
    let rows = places.iter().flat_map(|place| {
        place.layer.trials.iter().enumerate().flat_map(move |(index, measured)| {
            let row = move |tensor| (&place.keys[..], Trial { place, index, measured, tensor });
            measured.tensors.iter().map(row)
        })
    });
    table(&key_names(), &columns, rows)
}

/// One source of one layer's noise.
struct Source<'a> {
    source: &'a SourceNoise,
    site: Option<&'a SourceSite>,
}

/// A row per run, precision, layer and source, with the source as the only one and without it; none for precisions whose
/// sources were not measured.
pub fn sources_csv(record: &Record) -> String {
    let places = places(record);
    let source = [column("source", |row: &Source| word(row.source.source))];
    let only = statistics("only_", |row: &Source| row.site?.alone.as_ref());
    let without = statistics("all_but_", |row: &Source| row.site.map(|site| &site.without));
    let counts = [
        column("all_but_trials_milder", |row: &Source| optional(row.site.and_then(|site| site.milder))),
        column("all_but_trials_lower", |row: &Source| optional(row.site.and_then(|site| site.lower))),
    ];
    let columns: Vec<Column<Source>> = source.into_iter().chain(only).chain(without).chain(counts).collect();
    let rows = places.iter().flat_map(|place| {
        let sources = place.precision.attribution.iter().flat_map(|attribution| &attribution.sources);
        sources.map(|source| (&place.keys[..], Source { source, site: source.sites.get(place.index) }))
    });
    table(&key_names(), &columns, rows)
}
