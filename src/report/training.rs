//! A training as text for a terminal: the first screen with what limits each format, and in detail a row per activation and
//! format, what the columns mean, and when learning stops in sentences.

mod answer;
mod contents;
mod control;
mod csv;
mod events;
pub mod facts;
pub mod measured;
mod page;
pub mod panels;
mod rows;
mod screen;
mod stems;
mod words;

pub use answer::answer;
pub use contents::{drawn, names, pictures};
pub use csv::{REFERENCE, layers_csv, steps_csv};
pub use rows::saturated_in_words;
pub use words::{paragraph, paragraphs, reference, unfinished};

use crate::record::training::{MeasureAt, Training};
use crate::report::numbers::Notation::Plain;
use crate::report::table::{Block, text};
use std::path::Path;

/// The first screen, and where the report with this picture is.
pub fn terminal(training: &Training, picture: Option<&Path>) -> String {
    screen::screen(training, picture)
}

/// The training in detail, and where its picture is.
pub fn details(training: &Training, picture: Option<&Path>) -> String {
    let mut blocks = vec![Block::Facts(header(training)), rows::table(training).into()];
    blocks.extend(screen::over_trials(training).map(Block::Lines));
    blocks.extend(training.runs.iter().map(|run| Block::Facts(paragraphs(training, run, Plain))));
    if training.runs.len() > 1 {
        blocks.push(Block::Paragraph(vec![answer(training, Plain)]));
    }
    blocks.extend(picture.map(|picture| Block::Lines(format!("Picture: {}\n", picture.display()))));
    text(&blocks)
}

/// What was trained.
fn header(training: &Training) -> Vec<String> {
    let spec = &training.spec;
    let names: Vec<&str> = spec.formats.iter().map(|policy| spec.names.of(policy)).collect();
    let names = names.join(", ");
    let mut lines = vec![
        format!("{} trained in {names}, each next to f64 (the reference)", facts::activations(training)),
        facts::network(training).join(", "),
        facts::optimiser(training, Plain).join(", "),
        facts::draws(training, &training.runs, Plain).join(", "),
        facts::data(training),
    ];
    let spread = format!("minibatch noise over {} minibatches", training.spec.minibatches);
    let when = match training.spec.measure {
        MeasureAt::Never => vec!["no gradient measured".into()],
        MeasureAt::Every(1) => vec!["gradients measured at every step".into(), spread],
        MeasureAt::Every(steps) => vec![format!("gradients measured every {steps} steps"), spread],
        MeasureAt::Logarithmic(points) => {
            vec![format!("gradients measured at up to {points} logarithmically spaced steps"), spread]
        }
    };
    lines.push(when.into_iter().chain(facts::evidence(training)).collect::<Vec<_>>().join(", "));
    lines.extend(facts::presets(training));
    lines
}
