//! `sources.csv`: a row per run, precision, layer and source of noise, with the source as the only one and without it.

use super::cell::{optional, word};
use super::place::{self, Place, Placed, noise_columns, precisions};
use super::table::{self, Column};
use crate::record::{Quantiles, Record, SourceNoise, SourceSite};

/// One source of one layer's noise.
struct Row<'a> {
    place: Place<'a>,
    source: &'a SourceNoise,
}

impl Placed for Row<'_> {
    fn place(&self) -> &Place<'_> {
        &self.place
    }
}

/// A row per run, precision, layer and source, in the record's order; no rows for precisions whose sources were not measured.
pub fn sources_csv(record: &Record) -> String {
    let keys = place::keys(record);
    let places = precisions(record, &keys).flat_map(|(_, _, places)| places);
    let rows = places.flat_map(|place| {
        let sources = place.precision.attribution.iter().flat_map(|attribution| &attribution.sources);
        sources.map(move |source| Row { place, source })
    });
    table::table(&columns(), rows)
}

fn columns<'a>() -> Vec<Column<Row<'a>>> {
    let source: [Column<Row<'a>>; 1] = [("source", |row| word(row.source.source))];
    let only: [Column<Row<'a>>; 5] = noise_columns!(
        only,
        "only_noise_to_signal",
        "only_noise_to_signal_low",
        "only_noise_to_signal_high",
        "only_at_most",
        "only_trials_with_noise"
    );
    let without: [Column<Row<'a>>; 5] = noise_columns!(
        without,
        "all_but_noise_to_signal",
        "all_but_noise_to_signal_low",
        "all_but_noise_to_signal_high",
        "all_but_at_most",
        "all_but_trials_with_noise"
    );
    let counts: [Column<Row<'a>>; 2] = [
        ("all_but_trials_milder", |row| optional(site(row).and_then(|site| site.milder))),
        ("all_but_trials_lower", |row| optional(site(row).and_then(|site| site.lower))),
    ];
    place::columns().into_iter().chain(source).chain(only).chain(without).chain(counts).collect()
}

fn site<'r>(row: &'r Row<'_>) -> Option<&'r SourceSite> {
    row.source.sites.get(row.place.index)
}

fn only<'r>(row: &'r Row<'_>) -> Option<&'r Quantiles> {
    site(row)?.alone.as_ref()
}

fn without<'r>(row: &'r Row<'_>) -> Option<&'r Quantiles> {
    site(row).map(|site| &site.without)
}
