//! Several activations side by side: losses on shared axes, and the result of each copy.

use super::{LossPanel, caption};
use crate::record::training::{Learner, Training, TrainingRun};
use crate::report::numbers::Notation::Typeset;
use crate::report::training::{answer, facts, measured, saturated_in_words, unfinished};

/// The picture of several activations.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingComparison {
    /// The question.
    pub title: String,
    /// The answer in words.
    pub answer: String,
    /// One per activation, on the same axes.
    pub panels: Vec<LossPanel>,
    /// The result of each copy.
    pub strip: TrainingStrip,
    /// Everything needed to train it again, in pieces that may be broken into lines.
    pub caption: Vec<String>,
}

/// A row per activation, a column per copy.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingStrip {
    /// What its rows show.
    pub title: String,
    /// f64's own copy, then the formats.
    pub columns: Vec<String>,
    /// The activation, and per column the accuracy and the first saturation.
    pub rows: Vec<(String, Vec<[String; 2]>)>,
}

impl TrainingComparison {
    /// The comparison of all runs.
    pub fn new(training: &Training) -> TrainingComparison {
        let names = training.runs.first().map_or(&[][..], |run| &run.learners).iter().map(|one| one.name.clone());
        let row = |run: &TrainingRun| {
            let reference = [measured::at_end_in_words(&run.reference, Typeset), String::new()];
            let cells = std::iter::once(reference).chain(run.learners.iter().map(cell)).collect();
            (run.activation.clone(), cells)
        };
        TrainingComparison {
            title: format!("{}: which activation keeps learning, in which precision?", facts::shape(training)),
            answer: unfinished(training).into_iter().chain([answer(training, Typeset)]).collect::<Vec<_>>().join(" "),
            panels: LossPanel::new(training, &training.runs),
            strip: TrainingStrip {
                title: strip_title(training),
                columns: std::iter::once("reference".to_string()).chain(names).collect(),
                rows: training.runs.iter().map(row).collect(),
            },
            caption: caption::shared_pieces(training),
        }
    }
}

fn strip_title(training: &Training) -> String {
    let samples = facts::samples(training);
    match training.spec.has_classes() {
        true => format!("Accuracy on held-out {samples} at the end, and the first saturation"),
        false => format!("Loss on held-out {samples} at the end, and the first saturation"),
    }
}

fn cell(learner: &Learner) -> [String; 2] {
    let right = match learner.course.end.step() {
        Some(step) => format!("failed at step {step}"),
        None => measured::at_end_in_words(&learner.course, Typeset),
    };
    [right, saturated_in_words(learner)]
}
