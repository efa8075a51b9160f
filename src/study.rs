//! StudySpec → Study: six claims about activations, each measured and answered.
//!
//! `survey` asks networks at initialisation, `narrow` those whose units die, `slopes` what a slope on the positive
//! side does, `trainings` what is learnt; all of that is measured part by part (`parts`), and between two parts a study
//! can stop and go on later. `claims` reads the answers off the evidence, each with the numbers that decide.

mod claims;
mod narrow;
mod parts;
mod slopes;
mod spread;
mod survey;
mod trainings;

use crate::probe::{VERSION, memory};
use crate::record::study::{SCHEMA, Study, StudySpec};
use crate::spec::{Schedule, SpecError};
use crate::train::checkpoint;
use parts::{Evidence, Found, Part};
use serde::{Deserialize, Serialize};

pub use crate::progress::{Progress, Silent};

/// Units of work, which take roughly the same time: layers of networks that are measured with their arithmetics.
pub fn work(spec: &StudySpec) -> usize {
    Part::all(spec).into_iter().map(|part| part.work(spec)).sum()
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
    let mut run = StudyRun::new(spec)?;
    while !run.is_done() {
        run.advance(progress)?;
    }
    Ok(run.finish())
}

/// A study under way: its parts and what those that are done have found.
pub struct StudyRun<'s> {
    spec: &'s StudySpec,
    parts: Vec<Part>,
    found: Vec<Found>,
}

/// What a checkpoint holds.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State<F> {
    spec_hash: String,
    found: F,
}

impl<'s> StudyRun<'s> {
    /// A study at its beginning.
    ///
    /// # Errors
    /// What is wrong with the spec, with the fix.
    pub fn new(spec: &'s StudySpec) -> Result<StudyRun<'s>, SpecError> {
        spec.validate()?;
        Ok(StudyRun { spec, parts: Part::all(spec), found: Vec::new() })
    }

    /// Goes on from a checkpoint of the same study.
    ///
    /// # Errors
    /// What is wrong with the file, as the rest of a sentence that names it.
    pub fn resume(self, bytes: &[u8]) -> Result<StudyRun<'s>, String> {
        let (state, more): (State<Vec<Found>>, &[u8]) = checkpoint::opened(bytes, &self.spec.hash(VERSION), "study")?;
        let is_of_part = |(part, found): (&Part, &Found)| part.may_have(found, self.spec);
        let is_whole = more.is_empty() && state.found.len() <= self.parts.len();
        if !is_whole || !self.parts.iter().zip(&state.found).all(is_of_part) {
            return Err(checkpoint::damaged());
        }
        Ok(StudyRun { found: state.found, ..self })
    }

    /// The bytes of a checkpoint.
    pub fn checkpoint(&self) -> Vec<u8> {
        checkpoint::sealed(&State { spec_hash: self.spec.hash(VERSION), found: &self.found }, &[])
    }

    /// True once every part is done.
    pub fn is_done(&self) -> bool {
        self.found.len() == self.parts.len()
    }

    /// Units of [`work`] that are done.
    pub fn work_done(&self) -> usize {
        self.parts[..self.found.len()].iter().map(|part| part.work(self.spec)).sum()
    }

    /// Measures the next part, if one is left.
    ///
    /// # Errors
    /// What is wrong with the spec, with the fix.
    pub fn advance(&mut self, progress: &dyn Progress) -> Result<(), SpecError> {
        if let Some(part) = self.parts.get(self.found.len()) {
            progress.begins(self.work_done(), &part.in_words(self.spec));
            self.found.push(part.measure(self.spec)?);
        }
        Ok(())
    }

    /// The record of a study that is under way: what was asked, and no answer yet.
    pub fn unanswered(&self) -> Study {
        Study {
            schema: SCHEMA.to_string(),
            version: VERSION.to_string(),
            spec: self.spec.clone(),
            spec_hash: self.spec.hash(VERSION),
            networks: 0,
            copies: 0,
            claims: Vec::new(),
        }
    }

    /// Answers; without an answer where parts are left.
    pub fn finish(self) -> Study {
        let unanswered = self.unanswered();
        if !self.is_done() {
            return unanswered;
        }
        let evidence = Evidence::new(self.spec, self.found);
        Study {
            networks: evidence.survey.networks() + evidence.narrow.networks() + evidence.slopes.networks(),
            copies: evidence.trainings.copies(),
            claims: claims::all(&evidence),
            ..unanswered
        }
    }
}
