//! A training as two tidy CSV files: the loss of every step, and every layer at the measured steps.

use crate::record::training::{Course, HeldOut, Learner, Measure, MeasuredSite, Track, Training};
use crate::record::{Fates, Flips, Number};
use crate::report::keys;
use crate::report::table::csv::{Column, column, number, optional, table, word};

/// What the reference run is called instead of a precision.
pub const REFERENCE: &str = "f64 (reference)";

/// The names of all keys.
fn key_names() -> Vec<&'static str> {
    keys::RUN.into_iter().chain(["precision", "precision_as_given"]).collect()
}

/// The keys of a copy of an activation's network.
fn keys_of(training: &Training, activation: &str, definition: &str, name: &str) -> Vec<String> {
    let run = keys::of_run(&training.spec_hash, &training.spec.networks(), activation);
    run.into_iter().chain([definition, name].map(String::from)).collect()
}

fn definition(learner: &Learner) -> &str {
    learner.policy.as_ref().unwrap_or(&learner.name)
}

/// One step of a copy.
struct Step<'a> {
    course: &'a Course,
    step: usize,
    held_out: Option<&'a HeldOut>,
    log2_loss_scale: Option<i32>,
}

/// A row per activation, precision and step, the f64 reference run first; a last row without a loss may hold the held-out
/// samples after the last update.
pub fn steps_csv(training: &Training) -> String {
    let columns: [Column<Step>; 7] = [
        column("step", |row: &Step| row.step.to_string()),
        column("loss_of_minibatch", |row: &Step| {
            row.course.losses.get(row.step).map_or(String::new(), |loss| number(*loss))
        }),
        column("held_out_loss", |row: &Step| row.held_out.map_or(String::new(), |held_out| number(held_out.loss))),
        column("held_out_right", |row: &Step| optional(row.held_out.and_then(|held_out| held_out.right))),
        column("held_out_of", |row: &Step| optional(row.held_out.map(|held_out| held_out.of))),
        column("log2_loss_scale", |row: &Step| optional(row.log2_loss_scale)),
        column("skipped", |row: &Step| row.course.skipped.binary_search(&row.step).is_ok().to_string()),
    ];
    let copies = training.runs.iter().flat_map(|run| {
        let reference = (keys_of(training, &run.activation, REFERENCE, REFERENCE), &run.reference);
        let own = |learner: &Learner| keys_of(training, &run.activation, definition(learner), &learner.name);
        let learners = run.learners.iter().map(move |learner| (own(learner), &learner.course));
        std::iter::once(reference).chain(learners)
    });
    let copies: Vec<_> = copies.collect();
    let rows = copies.iter().flat_map(|(keys, course)| steps(course).map(move |row| (&keys[..], row)));
    table(&key_names(), &columns, rows)
}

fn steps(course: &Course) -> impl Iterator<Item = Step<'_>> {
    let (mut scales, mut held_out) = (course.scales.iter().peekable(), course.held_out.iter().peekable());
    let mut log2_loss_scale = None;
    let end = course.losses.len().max(course.held_out.last().map_or(0, |last| last.step.saturating_add(1)));
    // Held-out samples far beyond the losses cannot come from a training.
    (0..end.min(course.losses.len() + 1)).map(move |step| {
        while let Some(change) = scales.next_if(|change| change.step <= step) {
            log2_loss_scale = Some(change.log2);
        }
        let mut held: Option<&HeldOut> = None;
        while let Some(next) = held_out.next_if(|held_out| held_out.step <= step) {
            held = Some(next).filter(|held_out| held_out.step == step);
        }
        Step { course, step, held_out: held, log2_loss_scale }
    })
}

/// One layer of a copy at one measured step.
struct Layer<'a> {
    measure: &'a Measure,
    layer: &'a MeasuredSite,
    name: &'a str,
}

/// A row per activation, precision, measured step and layer. `own_…` describes the gradient at the precision's own
/// parameters, `reference_…` the one at those of the f64 reference run.
pub fn layers_csv(training: &Training) -> String {
    let place: [Column<Layer>; 4] = [
        column("step", |row: &Layer| row.measure.step.to_string()),
        column("layer", |row: &Layer| row.layer.site.to_string()),
        column("layer_name", |row: &Layer| row.name.into()),
        column("evidence", |row: &Layer| row.measure.evidence.to_string()),
    ];
    let own = track("own", |row: &Layer| Some(&row.layer.own));
    let reference = track("reference", |row: &Layer| row.layer.at_reference.as_ref());
    let columns: Vec<Column<Layer>> = place.into_iter().chain(own).chain(reference).chain(updates()).collect();
    let learners = training.runs.iter().flat_map(|run| run.learners.iter().map(move |learner| (run, learner)));
    let keyed = learners
        .map(|(run, learner)| (keys_of(training, &run.activation, definition(learner), &learner.name), run, learner));
    let learners: Vec<_> = keyed.collect();
    let rows = learners.iter().flat_map(|(keys, run, learner)| {
        learner.measures.iter().flat_map(move |measure| {
            measure.sites.iter().enumerate().map(move |(place, layer)| {
                let name = run.sites.get(place).map_or("", |site| &site.name);
                (&keys[..], Layer { measure, layer, name })
            })
        })
    });
    table(&key_names(), &columns, rows)
}

/// The columns of a gradient; `of` finds it, if it was measured.
fn track<'a>(prefix: &str, of: fn(&Layer<'a>) -> Option<&'a Track>) -> Vec<Column<'a, Layer<'a>>> {
    let text = |name: &str, cell: fn(&Track) -> String| {
        column(format!("{prefix}_{name}"), move |row: &Layer<'a>| of(row).map_or(String::new(), cell))
    };
    let count = |name: &str, cell: fn(&Fates) -> u64| {
        column(format!("{prefix}_{name}"), move |row: &Layer<'a>| optional(of(row).map(|track| cell(&track.fates))))
    };
    let flips = |name: &str, cell: fn(Flips) -> u64| {
        column(format!("{prefix}_{name}"), move |row: &Layer<'a>| {
            optional(of(row).and_then(|track| track.flips).map(cell))
        })
    };
    vec![
        text("verdict", |track| word(track.verdict)),
        text("noise_to_signal", |track| number(track.noise_to_signal)),
        text("at_most", |track| track.at_most.to_string()),
        text("log2_signal", |track| number(track.log2_signal)),
        text("log2_noise", |track| number(track.log2_noise)),
        text("descent", |track| track.descent.map_or(String::new(), number)),
        count("overflowed", |fates| fates.overflowed),
        count("undecided", |fates| fates.undecided),
        count("true_zero", |fates| fates.true_zero),
        count("ghost", |fates| fates.ghost),
        count("flushed", |fates| fates.flushed),
        count("cut", |fates| fates.cut),
        count("drowned", |fates| fates.drowned),
        count("degraded", |fates| fates.degraded),
        count("resolved", |fates| fates.resolved),
        flips("flips", |flips| flips.flipped),
        flips("flips_nonfinite", |flips| flips.nonfinite),
        flips("flips_of", |flips| flips.total),
    ]
}

fn updates<'a>() -> [Column<'a, Layer<'a>>; 16] {
    [
        column("without_flips", |row: &Layer| number(row.layer.without_flips)),
        column("log2_minibatch_spread", |row: &Layer| number(row.layer.log2_minibatch_spread)),
        column("dead_units", |row: &Layer| row.layer.dead_units.to_string()),
        column("units", |row: &Layer| row.layer.units.to_string()),
        column("updates_parameters", |row: &Layer| row.layer.updates.parameters.to_string()),
        column("updates_due", |row: &Layer| row.layer.updates.due.to_string()),
        column("updates_undecided", |row: &Layer| row.layer.updates.undecided.to_string()),
        column("updates_lost", |row: &Layer| row.layer.updates.lost.to_string()),
        column("updates_absorbed", |row: &Layer| row.layer.updates.absorbed.to_string()),
        column("updates_wrong_sign", |row: &Layer| row.layer.updates.wrong_sign.to_string()),
        column("updates_overflowed", |row: &Layer| row.layer.updates.overflowed.to_string()),
        column("lost_energy", |row: &Layer| number(row.layer.lost_energy)),
        column("update_descent", |row: &Layer| number(row.layer.update_descent)),
        column("distance", |row: &Layer| number(row.measure.distance)),
        column("learning_rate", |row: &Layer| number(Number::new(row.measure.learning_rate))),
        column("skipped", |row: &Layer| row.measure.skipped.to_string()),
    ]
}
