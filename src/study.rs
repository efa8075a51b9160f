//! StudySpec → Study: six claims about activations, each measured and answered.
//!
//! [`survey`] asks networks at initialisation, [`narrow`] those whose units die, [`slopes`] what a slope on the positive
//! side does, [`trainings`] what is learnt; [`claims`] reads the answers off these, each with the numbers that decide.

mod claims;
mod narrow;
mod slopes;
mod spread;
mod survey;
mod trainings;

use crate::probe::VERSION;
use crate::record::study::{SCHEMA, Study, StudySpec};
use crate::spec::SpecError;
use narrow::Narrow;
use slopes::Slopes;
use survey::Survey;
use trainings::Trainings;

/// Told of progress while a study runs.
pub trait Progress: Sync {
    /// A part of so many parts is done; what comes next, in words.
    fn next(&self, done: usize, of: usize, what: &str);
}

/// No one is told.
pub struct Silent;

impl Progress for Silent {
    fn next(&self, _: usize, _: usize, _: &str) {}
}

/// Everything that was measured.
struct Evidence<'s> {
    spec: &'s StudySpec,
    survey: Survey,
    narrow: Narrow,
    slopes: Slopes,
    trainings: Trainings,
}

/// Parts of a study, for progress.
pub fn parts(spec: &StudySpec) -> usize {
    survey::parts(spec) + 2 + trainings::parts(spec)
}

/// Measures and answers.
///
/// # Errors
/// What is wrong with the spec, with the fix.
pub fn run(spec: &StudySpec, progress: &dyn Progress) -> Result<Study, SpecError> {
    spec.validate()?;
    let steps = Steps { progress, done: 0.into(), of: parts(spec) };
    let survey = Survey::run(spec, &steps)?;
    let narrow = Narrow::run(spec, &steps)?;
    let slopes = Slopes::run(spec, &steps)?;
    let trainings = Trainings::run(spec, &steps)?;
    let evidence = Evidence { spec, survey, narrow, slopes, trainings };
    Ok(Study {
        schema: SCHEMA.to_string(),
        version: VERSION.to_string(),
        spec: spec.clone(),
        spec_hash: spec.hash(VERSION),
        networks: evidence.survey.networks() + evidence.narrow.networks() + evidence.slopes.networks(),
        copies: evidence.trainings.copies(),
        claims: claims::all(&evidence),
    })
}

/// Counts the parts of a study.
struct Steps<'p> {
    progress: &'p dyn Progress,
    done: std::cell::Cell<usize>,
    of: usize,
}

impl Steps<'_> {
    /// Says what comes next.
    fn begin(&self, what: &str) {
        self.progress.next(self.done.get(), self.of, what);
        self.done.set(self.done.get() + 1);
    }
}
