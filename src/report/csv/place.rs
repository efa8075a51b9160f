//! A layer in a precision: what every row of a probe's tables is about.

use super::cell::{number, optional};
use super::keys::{Keyed, RunKeys, run_columns};
use super::table::Column;
use crate::record::{ArithmeticRun, Quantiles, Record, Run, Site, SiteRun, TrueSite};

/// One layer in one precision of one run.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    keys: &'a RunKeys,
    pub run: &'a Run,
    pub precision: &'a ArithmeticRun,
    /// Its place among the layers.
    pub index: usize,
}

impl<'a> Place<'a> {
    /// The layer as it was measured.
    pub fn layer(&self) -> Option<&'a SiteRun> {
        self.precision.sites.get(self.index)
    }

    /// Its name and its parameters.
    pub fn site(&self) -> Option<&'a Site> {
        self.run.sites.get(self.index)
    }

    /// The same layer of the exact network.
    pub fn exact(&self) -> Option<&'a TrueSite> {
        self.run.truth.sites.get(self.index)
    }
}

/// A row about a layer in a precision.
pub trait Placed {
    /// Which.
    fn place(&self) -> &Place<'_>;
}

impl<P: Placed> Keyed for P {
    fn keys(&self) -> &RunKeys {
        self.place().keys
    }
}

/// The keys of a record's runs.
pub fn keys(record: &Record) -> Vec<RunKeys> {
    record.runs.iter().map(|run| RunKeys::new(&record.spec_hash, &record.spec, &run.activation)).collect()
}

/// Every precision of every run, in the record's order, with the places of its layers.
pub fn precisions<'a>(record: &'a Record, keys: &'a [RunKeys]) -> impl Iterator<Item = (usize, usize, Vec<Place<'a>>)> {
    record.runs.iter().zip(keys).enumerate().flat_map(|(number, (run, keys))| {
        run.arithmetics.iter().enumerate().map(move |(place, precision)| {
            let layers = 0..precision.sites.len();
            (number, place, layers.map(|index| Place { keys, run, precision, index }).collect())
        })
    })
}

/// The keys of the run, and those of the precision and layer.
pub fn columns<R: Placed>() -> Vec<Column<R>> {
    let own: [Column<R>; 5] = [
        ("precision", |row| row.place().precision.definition().into()),
        ("precision_as_given", |row| row.place().precision.name.clone()),
        ("log2_loss_scale", |row| optional(row.place().precision.log2_loss_scale)),
        ("layer", |row| optional(row.place().layer().map(|layer| layer.site))),
        ("layer_name", |row| row.place().site().map_or(String::new(), |site| site.name.clone())),
    ];
    run_columns().into_iter().chain(own).collect()
}

/// The five columns of order statistics over the trials under names of their own; `noise` finds them, if there are any.
macro_rules! noise_columns {
    ($noise:expr, $median:literal, $low:literal, $high:literal, $at_most:literal, $trials:literal) => {
        [
            ($median, |row| $crate::report::csv::place::statistic($noise(row), |noise| noise.median)),
            ($low, |row| $crate::report::csv::place::statistic($noise(row), |noise| noise.low)),
            ($high, |row| $crate::report::csv::place::statistic($noise(row), |noise| noise.high)),
            ($at_most, |row| $crate::report::csv::cell::optional($noise(row).map(|noise| noise.at_most))),
            ($trials, |row| $crate::report::csv::cell::optional($noise(row).map(|noise| noise.count))),
        ]
    };
}
pub(super) use noise_columns;

/// One of the statistics as a cell.
pub fn statistic(noise: Option<&Quantiles>, of: fn(&Quantiles) -> crate::record::Number) -> String {
    noise.map_or(String::new(), |noise| number(of(noise)))
}
