//! StudySpec → Study: six claims about activations, each measured and answered.
//!
//! `survey` asks networks at initialisation, `narrow` those whose units die, `slopes` what a slope on the positive
//! side does, `trainings` what is learnt; `claims` reads the answers off these, each with the numbers that decide.

mod claims;
mod narrow;
mod slopes;
mod spread;
mod survey;
mod trainings;

use crate::probe::{VERSION, memory};
use crate::record::study::{SCHEMA, Study, StudySpec};
use crate::spec::{Schedule, SpecError};
use narrow::Narrow;
use slopes::Slopes;
use survey::Survey;
use trainings::Trainings;

/// Told of progress while a study runs.
pub trait Progress: Sync {
    /// So many units of [`work`] are done; what comes next, in words.
    fn next(&self, done: usize, what: &str);
}

/// No one is told.
pub struct Silent;

impl Progress for Silent {
    fn next(&self, _: usize, _: &str) {}
}

/// Everything that was measured.
struct Evidence<'s> {
    spec: &'s StudySpec,
    survey: Survey,
    narrow: Narrow,
    slopes: Slopes,
    trainings: Trainings,
}

/// Units of work, which take roughly the same time: layers of networks that are measured with their arithmetics.
pub fn work(spec: &StudySpec) -> usize {
    survey::work(spec) + narrow::work(spec) + slopes::work(spec) + trainings::work(spec)
}

/// Bytes that a study needs at most, about: what its largest part needs, and the records of all of them.
///
/// # Errors
/// What is wrong with the spec, with the fix.
pub fn memory(spec: &StudySpec, threads: usize) -> Result<u64, SpecError> {
    spec.validate()?;
    let (mut largest, mut kept) = (0, 0u64);
    let mut add = |needs: u64, keeps: u64| {
        largest = needs.max(largest);
        kept = kept.saturating_add(keeps);
    };
    for (init, depth) in survey::INITS.into_iter().flat_map(|init| spec.depths.iter().map(move |depth| (init, *depth)))
    {
        let plan = survey::plan(spec, init, depth)?;
        add(memory::estimate(&plan, threads, Schedule::default()), memory::kept(&plan));
    }
    for depth in &spec.trained_depths {
        let plan = trainings::plan(spec, *depth, 0)?;
        let all = memory::training::kept(&plan).saturating_mul(spec.trainings as u64);
        add(memory::training::estimate(&plan, threads, Schedule::default()), all);
    }
    Ok(largest.saturating_add(kept))
}

/// Measures and answers.
///
/// # Errors
/// What is wrong with the spec, with the fix.
pub fn run(spec: &StudySpec, progress: &dyn Progress) -> Result<Study, SpecError> {
    spec.validate()?;
    let steps = Steps { progress, done: 0.into() };
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

/// Counts the units of work that are done.
struct Steps<'p> {
    progress: &'p dyn Progress,
    done: std::cell::Cell<usize>,
}

impl Steps<'_> {
    /// Says what comes next, and how many units it has.
    fn begin(&self, units: usize, what: &str) {
        self.progress.next(self.done.get(), what);
        self.done.set(self.done.get() + units);
    }
}
