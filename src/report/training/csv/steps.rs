//! `steps.csv`: a row per activation, precision and step.

use super::{REFERENCE, keys};
use crate::record::training::{Course, HeldOut, Training};
use crate::report::csv::cell::{number, optional};
use crate::report::csv::{Column, Keyed, RunKeys, run_columns, table};

/// A copy of a network and its learning curve.
#[derive(Clone, Copy)]
struct Copy<'a> {
    keys: &'a RunKeys,
    precision: &'a str,
    name: &'a str,
    course: &'a Course,
}

/// One step of a copy.
struct Row<'a> {
    copy: Copy<'a>,
    step: usize,
    held_out: Option<&'a HeldOut>,
    log2_loss_scale: Option<i32>,
}

impl Keyed for Row<'_> {
    fn keys(&self) -> &RunKeys {
        self.copy.keys
    }
}

/// A row per activation, precision and step, the f64 reference run first; a last row without a loss may hold the held-out
/// samples after the last update.
pub fn steps_csv(training: &Training) -> String {
    let keys = keys(training);
    let copies = training.runs.iter().zip(&keys).flat_map(|(run, keys)| {
        let reference = Copy { keys, precision: REFERENCE, name: REFERENCE, course: &run.reference };
        let learners = run.learners.iter().map(move |learner| Copy {
            keys,
            precision: learner.policy.as_ref().unwrap_or(&learner.name),
            name: &learner.name,
            course: &learner.course,
        });
        std::iter::once(reference).chain(learners)
    });
    table(&columns(), copies.flat_map(steps))
}

fn steps(copy: Copy<'_>) -> impl Iterator<Item = Row<'_>> {
    let course = copy.course;
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
        Row { copy, step, held_out: held, log2_loss_scale }
    })
}

fn columns<'a>() -> Vec<Column<Row<'a>>> {
    let own: [Column<Row<'a>>; 9] = [
        ("precision", |row| row.copy.precision.into()),
        ("precision_as_given", |row| row.copy.name.into()),
        ("step", |row| row.step.to_string()),
        ("loss_of_minibatch", |row| row.copy.course.losses.get(row.step).map_or(String::new(), |loss| number(*loss))),
        ("held_out_loss", |row| row.held_out.map_or(String::new(), |held_out| number(held_out.loss))),
        ("held_out_right", |row| optional(row.held_out.and_then(|held_out| held_out.right))),
        ("held_out_of", |row| optional(row.held_out.map(|held_out| held_out.of))),
        ("log2_loss_scale", |row| optional(row.log2_loss_scale)),
        ("skipped", |row| row.copy.course.skipped.binary_search(&row.step).is_ok().to_string()),
    ];
    run_columns().into_iter().chain(own).collect()
}
