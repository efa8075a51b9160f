//! `trials.csv`: a row per run, precision, layer, trial and tensor.

use super::cell::{number, optional, word};
use super::place::{self, Place, Placed, precisions};
use super::table::{self, Column};
use crate::record::{Record, SiteTrial, TensorNoise};

/// One tensor of a layer in one trial.
struct Row<'a> {
    place: Place<'a>,
    /// Its place among the trials.
    trial: usize,
    measured: &'a SiteTrial,
    tensor: &'a TensorNoise,
}

impl Placed for Row<'_> {
    fn place(&self) -> &Place<'_> {
        &self.place
    }
}

/// A row per run, precision, layer, trial and tensor, in the record's order; trials count from 1.
pub fn trials_csv(record: &Record) -> String {
    let keys = place::keys(record);
    let places = precisions(record, &keys).flat_map(|(_, _, places)| places);
    let rows = places.flat_map(|place| {
        let trials = place.layer().into_iter().flat_map(|layer| layer.trials.iter().enumerate());
        trials.flat_map(move |(trial, measured)| {
            measured.tensors.iter().map(move |tensor| Row { place, trial, measured, tensor })
        })
    });
    table::table(&columns(), rows)
}

fn columns<'a>() -> Vec<Column<Row<'a>>> {
    let own: [Column<Row<'a>>; 16] = [
        ("trial", |row| (row.trial + 1).to_string()),
        ("tensor", |row| row.tensor.tensor.clone()),
        ("log2_signal", |row| number(row.tensor.log2_signal)),
        ("log2_noise", |row| number(row.tensor.log2_noise)),
        ("noise_to_signal", |row| number(row.tensor.noise_to_signal)),
        ("at_most", |row| row.tensor.at_most.to_string()),
        ("descent", |row| number(row.tensor.descent)),
        ("orthogonal_noise", |row| number(row.tensor.orthogonal_noise)),
        ("cosine", |row| number(row.tensor.cosine)),
        ("sign_agreement", |row| number(row.tensor.sign_agreement)),
        ("layer_noise_to_signal", |row| number(row.measured.noise().0)),
        ("layer_at_most", |row| row.measured.noise().1.to_string()),
        ("layer_verdict", |row| word(row.measured.verdict)),
        ("layer_flips", |row| optional(row.measured.flips)),
        ("layer_evidence", |row| {
            let known = row.place.exact().and_then(|exact| exact.trials.get(row.trial));
            known.map_or(String::new(), |known| known.evidence.to_string())
        }),
        ("layer_log2_signal", |row| {
            let known = row.place.exact().and_then(|exact| exact.trials.get(row.trial));
            known.map_or(String::new(), |known| number(known.log2_norm))
        }),
    ];
    place::columns().into_iter().chain(own).collect()
}
