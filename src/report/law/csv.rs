//! The law's points as a tidy CSV file.

use crate::record::law::{Law, LawRun, Point};
use crate::report::keys;
use crate::report::table::csv::{Column, column, number, table, word};

/// One activation at one precision.
struct Row<'a> {
    run: &'a LawRun,
    point: &'a Point,
}

/// A row per activation and precision, in the record's order.
pub fn law_csv(law: &Law) -> String {
    let columns: [Column<Row>; 11] = [
        column("bits", |row: &Row| row.point.bits.to_string()),
        column("noise_to_signal_root_mean_square", |row: &Row| number(row.point.root_mean_square)),
        column("noise_to_signal", |row: &Row| number(row.point.median)),
        column("noise_to_signal_low", |row: &Row| number(row.point.low)),
        column("noise_to_signal_high", |row: &Row| number(row.point.high)),
        column("at_most", |row: &Row| row.point.at_most.to_string()),
        column("trials_with_noise", |row: &Row| row.point.count.to_string()),
        column("flips_per_network", |row: &Row| number(row.point.flips)),
        column(
            "trials_with_flips",
            |row: &Row| if row.run.kinked { row.point.flipped.to_string() } else { String::new() },
        ),
        column("regime", |row: &Row| word(row.point.regime)),
        column("storage_noise", |row: &Row| number(row.point.storage_noise)),
    ];
    let keyed = |run: &'_ LawRun| keys::of_run(&law.spec_hash, &law.spec, &run.activation);
    let keys: Vec<_> = law.runs.iter().map(keyed).collect();
    let rows = law
        .runs
        .iter()
        .zip(&keys)
        .flat_map(|(run, keys)| run.points.iter().map(move |point| (&keys[..], Row { run, point })));
    table(&keys::RUN, &columns, rows)
}
