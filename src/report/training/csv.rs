//! A training as two flat CSV files: every step's loss, and every layer at the measured steps.

use crate::record::training::{Course, HeldOut, Learner, Measure, MeasuredLayer, Track, Training};
use crate::record::{Fates, Number};
use crate::report::csv::{cell, quoted};
use std::fmt::Write;

const STEPS: &str =
    "activation,arithmetic,step,loss,held_out_loss,held_out_right,held_out_of,log2_loss_scale,skipped\n";

/// The arithmetic under which f64's own copy stands.
pub const REFERENCE: &str = "f64 (reference)";

/// One line per activation, arithmetic and step, f64's copy first; the last line of each may hold the held-out samples
/// at the end, and no loss.
pub fn steps_csv(training: &Training) -> String {
    let mut text = String::from(STEPS);
    for run in &training.runs {
        let learners = run.learners.iter().map(|learner| (learner.name.as_str(), &learner.course));
        for (name, course) in std::iter::once((REFERENCE, &run.reference)).chain(learners) {
            course_lines(&mut text, &run.activation, name, course);
        }
    }
    text
}

fn course_lines(text: &mut String, activation: &str, name: &str, course: &Course) {
    let head = format!("{},{}", quoted(activation), quoted(name));
    let (mut scales, mut held_out) = (course.scales.iter().peekable(), course.held_out.iter().peekable());
    let mut scale = String::new();
    let end = course.losses.len().max(course.held_out.last().map_or(0, |last| last.step.saturating_add(1)));
    // Held-out samples far beyond the losses would be of no training.
    for step in 0..end.min(course.losses.len() + 1) {
        while let Some(change) = scales.next_if(|change| change.step <= step) {
            scale = change.log2.to_string();
        }
        let mut held: Option<&HeldOut> = None;
        while let Some(next) = held_out.next_if(|held_out| held_out.step <= step) {
            held = Some(next).filter(|held_out| held_out.step == step);
        }
        let loss = course.losses.get(step).map_or(String::new(), |loss| cell(*loss));
        let held = held.map_or(",,".into(), |held| {
            let right = held.right.map_or(String::new(), |right| right.to_string());
            format!("{},{right},{}", cell(held.loss), held.of)
        });
        let skipped = course.skipped.binary_search(&step).is_ok();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{head},{step},{loss},{held},{scale},{skipped}");
    }
}

const FATES: [&str; 9] =
    ["overflowed", "undecided", "true_zero", "ghost", "flushed", "cut", "drowned", "degraded", "resolved"];

/// One line per activation, arithmetic, measured step and layer. `own_…` is of the gradient at the arithmetic's own
/// parameters, `reference_…` of that at f64's.
pub fn layers_csv(training: &Training) -> String {
    let mut text = header();
    for run in &training.runs {
        for learner in &run.learners {
            for measure in &learner.measures {
                for (index, layer) in measure.layers.iter().enumerate() {
                    let name = run.layers.get(index).map_or("", String::as_str);
                    text += &layer_line(&run.activation, learner, measure, layer, name);
                }
            }
        }
    }
    text
}

fn header() -> String {
    let mut columns: Vec<String> =
        ["activation", "arithmetic", "step", "layer", "layer_name", "evidence"].map(String::from).to_vec();
    for track in ["own", "reference"] {
        let measures = ["verdict", "noise_to_signal", "at_most", "log2_signal", "log2_noise"];
        let flips = ["flips", "flips_nonfinite", "flips_of"];
        let names = measures.into_iter().chain(FATES).chain(flips);
        columns.extend(names.map(|name| format!("{track}_{name}")));
    }
    let rest = ["without_flips", "log2_minibatch_spread", "dead_units", "units"];
    let updates = ["parameters", "due", "undecided", "lost", "absorbed", "wrong_sign", "overflowed"];
    columns.extend(rest.map(String::from));
    columns.extend(updates.map(|name| format!("updates_{name}")));
    columns.extend(["lost_energy", "update_descent", "distance", "learning_rate", "skipped"].map(String::from));
    columns.join(",") + "\n"
}

/// Cells of a track; all empty where there is none.
fn track(track: Option<&Track>) -> Vec<String> {
    let Some(track) = track else { return vec![String::new(); 5 + FATES.len() + 3] };
    let Fates { overflowed, undecided, true_zero, ghost, flushed, cut, drowned, degraded, resolved } = track.fates;
    let fates = [overflowed, undecided, true_zero, ghost, flushed, cut, drowned, degraded, resolved];
    let flips = track.flips.map_or([const { String::new() }; 3], |flips| {
        [flips.flipped, flips.nonfinite, flips.total].map(|count| count.to_string())
    });
    let mut cells = vec![track.verdict.name().to_string(), cell(track.noise_to_signal), track.at_most.to_string()];
    cells.extend([cell(track.log2_signal), cell(track.log2_noise)]);
    cells.extend(fates.map(|count| count.to_string()));
    cells.extend(flips);
    cells
}

fn layer_line(activation: &str, learner: &Learner, measure: &Measure, layer: &MeasuredLayer, name: &str) -> String {
    let mut cells: Vec<String> = vec![activation.into(), learner.name.clone(), measure.step.to_string()];
    cells.extend([layer.layer.to_string(), name.into(), measure.evidence.clone()]);
    cells.extend(track(Some(&layer.own)));
    cells.extend(track(layer.at_reference.as_ref()));
    cells.extend([layer.without_flips, layer.log2_minibatch_spread].map(cell));
    cells.extend([layer.dead_units, layer.units].map(|count| count.to_string()));
    let updates = layer.updates;
    let counts = [updates.parameters, updates.due, updates.undecided, updates.lost, updates.absorbed];
    cells.extend(counts.into_iter().chain([updates.wrong_sign, updates.overflowed]).map(|count| count.to_string()));
    cells.extend(
        [layer.lost_energy, layer.update_descent, measure.distance, Number::new(measure.learning_rate)].map(cell),
    );
    cells.push(measure.skipped.to_string());
    cells.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",") + "\n"
}
