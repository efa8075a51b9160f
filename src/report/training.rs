//! A training as text for a terminal: the first screen with what limits each format, and in detail a row per activation and
//! format, what the columns mean, and when learning stops in sentences.

mod answer;
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
pub use csv::{REFERENCE, layers_csv, steps_csv};
pub use rows::saturated_in_words;
pub use screen::screen as terminal;
pub use words::{paragraph, paragraphs, reference, unfinished};

use crate::record::Evidence;
use crate::record::training::{MeasureAt, Training};
use crate::report::files;
use crate::report::kind::{Head, Kind};
use crate::report::numbers::Notation::Plain;
use crate::report::page::{Block, Page, text};
use crate::report::panel::Sheet;
use crate::report::view::View;
use std::path::Path;

/// Every step's losses as a table, and every layer at the measured steps.
const TABLES: [&str; 2] = ["steps.csv", "layers.csv"];

impl Kind for Training {
    fn head(&self) -> Head<'_> {
        Head { file: files::TRAINING, version: &self.version, spec_hash: &self.spec_hash, parts: self.runs.len() }
    }

    fn json(&self) -> String {
        self.to_json()
    }

    fn evidence(&self) -> Vec<Evidence> {
        facts::all_evidence(self).collect()
    }

    fn tables(&self) -> Vec<(&'static str, String)> {
        vec![(TABLES[0], steps_csv(self)), (TABLES[1], layers_csv(self))]
    }

    fn page(&self) -> Result<Page, String> {
        Ok(page::page(self))
    }

    fn sheets(&self) -> Vec<Sheet> {
        panels::sheets(self)
    }

    fn terminal(&self, view: View, picture: Option<&Path>) -> String {
        if view.details { details(self, picture) } else { terminal(self, picture) }
    }
}

/// Names of all files of a training's report.
pub fn names(activations: &[String]) -> Vec<String> {
    let own = [files::TRAINING, files::RUN].into_iter().chain(TABLES).chain([files::PAGE]).map(String::from);
    own.chain(pictures(activations)).collect()
}

/// Names of the pictures of a training of these activations; each is there as SVG and as PNG.
pub fn pictures(activations: &[String]) -> Vec<String> {
    let stems = stems::stems(activations.iter().map(String::as_str));
    stems.iter().flat_map(|stem| ["svg", "png"].map(|ending| format!("{stem}.{ending}"))).collect()
}

/// The training in detail, and where its picture is.
pub fn details(training: &Training, picture: Option<&Path>) -> String {
    let mut blocks = vec![Block::Facts(header(training)), rows::table(training).into()];
    blocks.extend(screen::over_trials(training).map(Block::Lines));
    blocks.extend(training.runs.iter().map(|run| Block::Facts(paragraphs(training, run, Plain))));
    if training.runs.len() > 1 {
        blocks.push(Block::Paragraph(answer(training, Plain)));
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
