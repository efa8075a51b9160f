//! The pictures of a training as data: the panels of an activation, and the sheets they make.

mod comparison;
mod copies;
mod loss;
mod maps;
mod minibatch;
mod scales;
mod shares;

use super::stems::stems;
use super::{facts, paragraph, reference, unfinished};
use crate::record::training::{Training, TrainingRun};
use crate::report::numbers::Notation::Typeset;
use crate::report::panel::{Panel, Sheet};
use copies::{caption, last_step};

/// The panels of an activation that have something to show, from the loss to the loss scales.
pub fn panels(training: &Training, run: &TrainingRun) -> Vec<Panel> {
    let last = last_step(training, std::slice::from_ref(run));
    let mut panels = vec![loss::panel(training, run)];
    panels.extend(maps::panels(run));
    panels.extend([shares::panel(run, last), minibatch::panel(run), scales::panel(run, last)].into_iter().flatten());
    panels
}

/// The poster of each activation, and of several the comparison.
pub fn sheets(training: &Training) -> Vec<Sheet> {
    let stems = stems(training.runs.iter().map(|run| run.activation.as_str()));
    let poster = |(run, stem): (&TrainingRun, &String)| poster(training, run, stem);
    let mut sheets: Vec<Sheet> = training.runs.iter().zip(&stems).map(poster).collect();
    sheets.extend(stems.get(training.runs.len()).map(|stem| comparison::sheet(training, stem)));
    sheets
}

fn poster(training: &Training, run: &TrainingRun, stem: &str) -> Sheet {
    let learners = run.learners.iter().map(|learner| paragraph(training, run, learner, Typeset));
    let sentences = unfinished(training).into_iter().chain([reference(training, run, Typeset)]);
    Sheet {
        name: stem.into(),
        title: format!("{}, {}: when does learning stop, and is it rounding?", run.activation, facts::shape(training)),
        sentences: sentences.chain(learners).chain(maps::remark(run)).collect(),
        panels: panels(training, run),
        caption: caption(training, std::slice::from_ref(run)),
        ..Sheet::default()
    }
}
