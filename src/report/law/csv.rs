//! The law's points as a tidy CSV file.

use crate::record::law::{Law, LawRun, Point};
use crate::report::csv::cell::{number, word};
use crate::report::csv::{Column, Keyed, RunKeys, run_columns, table};

/// One activation at one precision.
struct Row<'a> {
    keys: &'a RunKeys,
    run: &'a LawRun,
    point: &'a Point,
}

impl Keyed for Row<'_> {
    fn keys(&self) -> &RunKeys {
        self.keys
    }
}

/// A row per activation and precision, in the record's order.
pub fn law_csv(law: &Law) -> String {
    let keys: Vec<RunKeys> =
        law.runs.iter().map(|run| RunKeys::new(&law.spec_hash, &law.spec, &run.activation)).collect();
    let rows =
        law.runs.iter().zip(&keys).flat_map(|(run, keys)| run.points.iter().map(move |point| Row { keys, run, point }));
    table(&columns(), rows)
}

fn columns<'a>() -> Vec<Column<Row<'a>>> {
    let own: [Column<Row<'a>>; 11] = [
        ("bits", |row| row.point.bits.to_string()),
        ("noise_to_signal_root_mean_square", |row| number(row.point.root_mean_square)),
        ("noise_to_signal", |row| number(row.point.median)),
        ("noise_to_signal_low", |row| number(row.point.low)),
        ("noise_to_signal_high", |row| number(row.point.high)),
        ("at_most", |row| row.point.at_most.to_string()),
        ("trials_with_noise", |row| row.point.count.to_string()),
        ("flips_per_network", |row| number(row.point.flips)),
        ("trials_with_flips", |row| if row.run.kinked { row.point.flipped.to_string() } else { String::new() }),
        ("regime", |row| word(row.point.regime)),
        ("storage_noise", |row| number(row.point.storage_noise)),
    ];
    run_columns().into_iter().chain(own).collect()
}
