//! Record → entries: activation × arithmetic × trial × tensor, a line each.

use precision_probe::record::law::Law;
use precision_probe::record::training::{Track, Training};
use precision_probe::record::{ArithmeticRun, Fates, Flips, Number, Record, Run};
use std::fmt::Write;

/// A number as a record writes it.
fn number(number: Number) -> String {
    serde_json::to_string(&number).expect("a number is written").replace('"', "")
}

/// A count, or `-` where there is none.
fn count(count: Option<u64>) -> String {
    count.map_or("-".into(), |count| count.to_string())
}

fn fates(fates: &Fates) -> String {
    let Fates { overflowed, undecided, true_zero, ghost, flushed, cut, drowned, degraded, resolved } = fates;
    [overflowed, undecided, true_zero, ghost, flushed, cut, drowned, degraded, resolved]
        .map(|count| count.to_string())
        .join(" ")
}

/// For each trial and tensor: log₂ signal, log₂ noise, descent, and the layer's flips; then each layer's fates.
pub fn of_record(record: &Record) -> String {
    let mut text = String::new();
    for run in &record.runs {
        run.arithmetics.iter().for_each(|arithmetic| of_arithmetic(&mut text, run, arithmetic));
    }
    text
}

fn of_arithmetic(text: &mut String, run: &Run, arithmetic: &ArithmeticRun) {
    let mut push = |line: String| writeln!(text, "{line}").expect("a string takes what is written");
    let head = format!("@ {} {}", run.activation, arithmetic.name);
    let trials = arithmetic.sites.first().map_or(0, |layer| layer.trials.len());
    for trial in 0..trials {
        push(format!("{head} trial {}", trial + 1));
        for layer in &arithmetic.sites {
            let flips = count(layer.trials[trial].flips);
            for tensor in &layer.trials[trial].tensors {
                let [signal, noise, descent] = [tensor.log2_signal, tensor.log2_noise, tensor.descent].map(number);
                push(format!("{}.{} {signal} {noise} {descent} {flips}", layer.site, tensor.tensor));
            }
        }
    }
    push(format!("{head} fates"));
    arithmetic.sites.iter().for_each(|layer| push(format!("{} {}", layer.site, fates(&layer.fates))));
}

/// For each precision and trial: noise/signal of layer 1 and the flips of all layers.
pub fn of_law(law: &Law) -> String {
    let mut text = String::new();
    let mut push = |line: String| writeln!(text, "{line}").expect("a string takes what is written");
    for run in &law.runs {
        for point in &run.points {
            push(format!("@ {} {} bits", run.activation, point.bits));
            let trials = point.trials.iter();
            trials.for_each(|trial| push(format!("{} {}", number(trial.noise_to_signal), count(trial.flips))));
        }
    }
    text
}

/// For each copy and measured step: log₂ signal, log₂ noise, flips and fates of every layer, and its lost updates; then
/// the losses of all steps.
pub fn of_training(training: &Training) -> String {
    let mut text = String::new();
    let mut push = |line: String| writeln!(text, "{line}").expect("a string takes what is written");
    for run in &training.runs {
        for learner in &run.learners {
            let head = format!("@ {} {}", run.activation, learner.name);
            for measure in &learner.measures {
                push(format!("{head} step {}", measure.step));
                for layer in &measure.sites {
                    let updates = &layer.updates;
                    push(format!("{} {} due {} lost {}", layer.site, track(&layer.own), updates.due, updates.lost));
                }
            }
            push(format!("{head} losses"));
            push(learner.course.losses.iter().map(|loss| number(*loss)).collect::<Vec<String>>().join(" "));
        }
    }
    text
}

fn track(track: &Track) -> String {
    let flips = track.flips.map(|Flips { flipped, .. }| flipped);
    let [signal, noise] = [track.log2_signal, track.log2_noise].map(number);
    format!("{signal} {noise} {} fates {}", count(flips), fates(&track.fates))
}
