//! A study in parts: each is measured by itself, and what was found is kept until all of them are.

use super::narrow::{self, Narrow};
use super::slopes::{self, Pair, Slopes};
use super::survey::{self, INITS, Survey, Surveyed};
use super::trainings::{self, Trained, Trainings};
use crate::record::study::StudySpec;
use crate::spec::SpecError;
use serde::{Deserialize, Serialize};

/// What is measured without a pause; every field is a place in the spec's lists.
#[derive(Clone, Copy)]
pub enum Part {
    /// Networks at initialisation.
    Survey { init: usize, depth: usize },
    /// Narrow networks.
    Narrow { depth: usize },
    /// One slope on the positive side.
    Slope { slope: usize },
    /// One training.
    Training { depth: usize, seed: u64 },
}

/// What a part found.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    Survey(Surveyed),
    Narrow(Vec<usize>),
    Slope(Vec<Pair>),
    Training(Trained),
}

/// Everything that was measured.
pub struct Evidence<'s> {
    pub spec: &'s StudySpec,
    pub survey: Survey,
    pub narrow: Narrow,
    pub slopes: Slopes,
    pub trainings: Trainings,
}

impl Part {
    /// All parts in their order.
    pub fn all(spec: &StudySpec) -> Vec<Part> {
        let depths = || 0..spec.depths.len();
        let surveys = (0..INITS.len()).flat_map(|init| depths().map(move |depth| Part::Survey { init, depth }));
        let narrow = depths().map(|depth| Part::Narrow { depth });
        let slopes = (0..spec.slopes.len()).map(|slope| Part::Slope { slope });
        let seeds = spec.trainings as u64;
        let trainings =
            (0..spec.trained_depths.len()).flat_map(|depth| (0..seeds).map(move |seed| Part::Training { depth, seed }));
        surveys.chain(narrow).chain(slopes).chain(trainings).collect()
    }

    /// Units of work, which take roughly the same time: layers of networks that are measured with their arithmetics.
    pub fn work(self, spec: &StudySpec) -> usize {
        match self {
            Part::Survey { depth, .. } => survey::work(spec, spec.depths[depth]),
            Part::Narrow { depth } => narrow::work(spec, spec.depths[depth]),
            Part::Slope { .. } => slopes::work(spec),
            Part::Training { depth, .. } => trainings::work(spec, spec.trained_depths[depth]),
        }
    }

    /// What is done, in words.
    pub fn in_words(self, spec: &StudySpec) -> String {
        match self {
            Part::Survey { init, depth } => {
                format!("gradients at initialisation, {}, depth {}", INITS[init], spec.depths[depth])
            }
            Part::Narrow { depth } => format!("narrow networks, in which units die, depth {}", spec.depths[depth]),
            Part::Slope { slope } => format!("a slope on the positive side, {}", spec.slopes[slope]),
            Part::Training { depth, seed } => {
                format!("training at depth {}, network {} of {}", spec.trained_depths[depth], seed + 1, spec.trainings)
            }
        }
    }

    /// Measures.
    ///
    /// # Errors
    /// What is wrong with the spec, with the fix.
    pub fn measure(self, spec: &StudySpec) -> Result<Found, SpecError> {
        match self {
            Part::Survey { init, depth } => survey::measure(spec, INITS[init], spec.depths[depth]).map(Found::Survey),
            Part::Narrow { depth } => narrow::measure(spec, spec.depths[depth]).map(Found::Narrow),
            Part::Slope { slope } => slopes::measure(spec, spec.slopes[slope]).map(Found::Slope),
            Part::Training { depth, seed } => {
                trainings::measure(spec, spec.trained_depths[depth], seed).map(Found::Training)
            }
        }
    }

    /// True if this part of such a study may have found that, so that no list is too short for those who read it.
    pub fn may_have(self, found: &Found, spec: &StudySpec) -> bool {
        match (self, found) {
            (Part::Survey { .. }, Found::Survey(found)) => survey::fits(found, spec),
            (Part::Narrow { .. }, Found::Narrow(dead)) => dead.len() == spec.activations.len(),
            (Part::Slope { .. }, Found::Slope(pairs)) => slopes::fits(pairs, spec),
            (Part::Training { .. }, Found::Training(found)) => trainings::fits(found, spec),
            _ => false,
        }
    }
}

impl<'s> Evidence<'s> {
    /// What all parts found, in their order.
    pub fn new(spec: &'s StudySpec, found: Vec<Found>) -> Evidence<'s> {
        let (mut surveys, mut dead, mut pairs, mut trained) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for found in found {
            match found {
                Found::Survey(found) => surveys.push(found),
                Found::Narrow(found) => dead.push(found),
                Found::Slope(found) => pairs.push(found),
                Found::Training(found) => trained.push(found),
            }
        }
        Evidence {
            spec,
            survey: Survey { found: rows(surveys, spec.depths.len()) },
            narrow: Narrow { dead, draws: spec.narrow_trials },
            slopes: Slopes { pairs },
            trainings: Trainings { found: rows(trained, spec.trainings) },
        }
    }
}

/// Items in rows of the same length.
fn rows<T>(items: Vec<T>, length: usize) -> Vec<Vec<T>> {
    let mut rows: Vec<Vec<T>> = Vec::new();
    for item in items {
        match rows.last_mut().filter(|row| row.len() < length) {
            Some(row) => row.push(item),
            None => rows.push(vec![item]),
        }
    }
    rows
}
