//! `layers.csv`: a row per activation, precision, measured step and layer.

use super::keys;
use crate::record::Number;
use crate::record::training::{Learner, Measure, MeasuredSite, Track, Training};
use crate::report::csv::cell::{number, optional, word};
use crate::report::csv::{Column, Keyed, RunKeys, run_columns, table};

/// One layer of a copy at one measured step.
struct Row<'a> {
    keys: &'a RunKeys,
    learner: &'a Learner,
    measure: &'a Measure,
    layer: &'a MeasuredSite,
    name: &'a str,
}

impl Keyed for Row<'_> {
    fn keys(&self) -> &RunKeys {
        self.keys
    }
}

/// A row per activation, precision, measured step and layer. `own_…` describes the gradient at the precision's own
/// parameters, `reference_…` the one at those of the f64 reference run.
pub fn layers_csv(training: &Training) -> String {
    let keys = keys(training);
    let learners = training
        .runs
        .iter()
        .zip(&keys)
        .flat_map(|(run, keys)| run.learners.iter().map(move |learner| (run, keys, learner)));
    let rows = learners.flat_map(|(run, keys, learner)| {
        learner.measures.iter().flat_map(move |measure| {
            measure.sites.iter().enumerate().map(move |(place, layer)| {
                let name = run.sites.get(place).map_or("", |site| &site.name);
                Row { keys, learner, measure, layer, name }
            })
        })
    });
    table(&columns(), rows)
}

fn columns<'a>() -> Vec<Column<Row<'a>>> {
    let place: [Column<Row<'a>>; 6] = [
        ("precision", |row| row.learner.policy.as_ref().unwrap_or(&row.learner.name).clone()),
        ("precision_as_given", |row| row.learner.name.clone()),
        ("step", |row| row.measure.step.to_string()),
        ("layer", |row| row.layer.site.to_string()),
        ("layer_name", |row| row.name.into()),
        ("evidence", |row| row.measure.evidence.to_string()),
    ];
    let parts = [own(), at_reference(), updates()];
    run_columns().into_iter().chain(place).chain(parts.into_iter().flatten()).collect()
}

/// The columns of a gradient; `$of` finds it, if it was measured.
macro_rules! track_columns {
    ($of:expr, $name:literal) => {
        vec![
            (concat!($name, "_verdict"), |row| $of(row).map_or(String::new(), |track| word(track.verdict))),
            (concat!($name, "_noise_to_signal"), |row| {
                $of(row).map_or(String::new(), |track| number(track.noise_to_signal))
            }),
            (concat!($name, "_at_most"), |row| optional($of(row).map(|track| track.at_most))),
            (concat!($name, "_log2_signal"), |row| $of(row).map_or(String::new(), |track| number(track.log2_signal))),
            (concat!($name, "_log2_noise"), |row| $of(row).map_or(String::new(), |track| number(track.log2_noise))),
            (concat!($name, "_descent"), |row| $of(row).and_then(|track| track.descent).map_or(String::new(), number)),
            (concat!($name, "_overflowed"), |row| optional($of(row).map(|track| track.fates.overflowed))),
            (concat!($name, "_undecided"), |row| optional($of(row).map(|track| track.fates.undecided))),
            (concat!($name, "_true_zero"), |row| optional($of(row).map(|track| track.fates.true_zero))),
            (concat!($name, "_ghost"), |row| optional($of(row).map(|track| track.fates.ghost))),
            (concat!($name, "_flushed"), |row| optional($of(row).map(|track| track.fates.flushed))),
            (concat!($name, "_cut"), |row| optional($of(row).map(|track| track.fates.cut))),
            (concat!($name, "_drowned"), |row| optional($of(row).map(|track| track.fates.drowned))),
            (concat!($name, "_degraded"), |row| optional($of(row).map(|track| track.fates.degraded))),
            (concat!($name, "_resolved"), |row| optional($of(row).map(|track| track.fates.resolved))),
            (concat!($name, "_flips"), |row| {
                optional($of(row).and_then(|track| track.flips).map(|flips| flips.flipped))
            }),
            (concat!($name, "_flips_nonfinite"), |row| {
                optional($of(row).and_then(|track| track.flips).map(|flips| flips.nonfinite))
            }),
            (concat!($name, "_flips_of"), |row| {
                optional($of(row).and_then(|track| track.flips).map(|flips| flips.total))
            }),
        ]
    };
}

fn own<'a>() -> Vec<Column<Row<'a>>> {
    fn track<'r>(row: &'r Row<'_>) -> Option<&'r Track> {
        Some(&row.layer.own)
    }
    track_columns!(track, "own")
}

fn at_reference<'a>() -> Vec<Column<Row<'a>>> {
    fn track<'r>(row: &'r Row<'_>) -> Option<&'r Track> {
        row.layer.at_reference.as_ref()
    }
    track_columns!(track, "reference")
}

fn updates<'a>() -> Vec<Column<Row<'a>>> {
    vec![
        ("without_flips", |row| number(row.layer.without_flips)),
        ("log2_minibatch_spread", |row| number(row.layer.log2_minibatch_spread)),
        ("dead_units", |row| row.layer.dead_units.to_string()),
        ("units", |row| row.layer.units.to_string()),
        ("updates_parameters", |row| row.layer.updates.parameters.to_string()),
        ("updates_due", |row| row.layer.updates.due.to_string()),
        ("updates_undecided", |row| row.layer.updates.undecided.to_string()),
        ("updates_lost", |row| row.layer.updates.lost.to_string()),
        ("updates_absorbed", |row| row.layer.updates.absorbed.to_string()),
        ("updates_wrong_sign", |row| row.layer.updates.wrong_sign.to_string()),
        ("updates_overflowed", |row| row.layer.updates.overflowed.to_string()),
        ("lost_energy", |row| number(row.layer.lost_energy)),
        ("update_descent", |row| number(row.layer.update_descent)),
        ("distance", |row| number(row.measure.distance)),
        ("learning_rate", |row| number(Number::new(row.measure.learning_rate))),
        ("skipped", |row| row.measure.skipped.to_string()),
    ]
}
