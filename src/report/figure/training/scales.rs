//! Loss scales against steps.

use crate::record::training::{Learner, Training, TrainingRun};

/// The panel.
#[derive(Clone, Debug, PartialEq)]
pub struct ScalePanel {
    /// The last step of the axis along.
    pub last_step: usize,
    /// Least and greatest log₂ of a scale.
    pub range: (i32, i32),
    /// One per format with a scale, in the order given.
    pub curves: Vec<ScaleCurve>,
}

/// An arithmetic's scales.
#[derive(Clone, Debug, PartialEq)]
pub struct ScaleCurve {
    /// The arithmetic's place in the list.
    pub arithmetic: usize,
    /// Its name.
    pub name: String,
    /// `3 steps skipped`.
    pub note: String,
    /// Step and log₂: corners of a line in steps.
    pub corners: Vec<(f64, f64)>,
    /// Steps that were skipped.
    pub skipped: Vec<f64>,
}

impl ScalePanel {
    /// The panel of a run; nothing without a scale.
    pub fn new(training: &Training, run: &TrainingRun) -> Option<ScalePanel> {
        let last = run.learners.iter().map(|learner| learner.course.losses.len()).fold(training.steps_done, usize::max);
        let last_step = last.max(1);
        let scaled = run.learners.iter().enumerate().filter(|(_, learner)| !learner.course.scales.is_empty());
        let curves: Vec<ScaleCurve> = scaled.map(|(index, learner)| curve(index, learner)).collect();
        let all = || run.learners.iter().flat_map(|learner| &learner.course.scales).map(|change| change.log2);
        let range = (all().min()?, all().max()?);
        Some(ScalePanel { last_step, range, curves })
    }
}

fn curve(arithmetic: usize, learner: &Learner) -> ScaleCurve {
    let course = &learner.course;
    let mut corners: Vec<(f64, f64)> = Vec::new();
    for change in &course.scales {
        let (step, log2) = (change.step as f64, f64::from(change.log2));
        corners.extend(corners.last().copied().map(|(_, before)| (step, before)));
        corners.push((step, log2));
    }
    let end = course.losses.len() as f64;
    corners.extend(corners.last().copied().filter(|(step, _)| *step < end).map(|(_, log2)| (end, log2)));
    let note = match course.skipped.len() {
        0 => "no step skipped".into(),
        1 => "1 step skipped".into(),
        count => format!("{count} steps skipped"),
    };
    let skipped = course.skipped.iter().map(|step| *step as f64).collect();
    ScaleCurve { arithmetic, name: learner.name.clone(), note, corners, skipped }
}
