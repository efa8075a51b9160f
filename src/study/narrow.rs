//! Narrow networks, in which all units of a layer may be dead: how often the exact gradient is exactly zero.

use crate::number::Number;
use crate::probe;
use crate::record::study::StudySpec;
use crate::spec::{Attribute, Spec, SpecError};
use rayon::prelude::*;

/// Per depth and activation, the draws whose exact gradient at layer 1 is exactly zero.
pub struct Narrow {
    pub dead: Vec<Vec<usize>>,
    pub draws: usize,
}

/// Narrow networks that take as long as a wide one with its arithmetics.
const NARROW: usize = 20;

/// Units of work at one depth.
pub fn work(spec: &StudySpec, depth: usize) -> usize {
    depth * spec.narrow_trials * spec.activations.len() / NARROW
}

/// Measures at one depth; by activation, the draws that are dead.
pub fn measure(spec: &StudySpec, depth: usize) -> Result<Vec<usize>, SpecError> {
    let plan = Spec {
        activations: spec.activations.clone(),
        depth,
        width: spec.narrow_width,
        batch: spec.batch,
        seed: spec.seed,
        formats: vec!["f64".into()],
        attribute: Attribute::None,
        ..Spec::default()
    }
    .validate()?;
    let count = |run| {
        let is_dead = |trial: &u64| {
            let probe::Drawn { network, batch } = probe::draw(&plan, run, *trial);
            let measured = probe::measure::measure(&network, &batch, &[], plan.spec.truth_bits, &|| ());
            measured.sites[0].log2_norm == Number::MinusInfinite
        };
        (0..spec.narrow_trials as u64).into_par_iter().filter(is_dead).count()
    };
    Ok(plan.runs.iter().map(count).collect())
}

impl Narrow {
    /// Networks that were measured.
    pub fn networks(&self) -> u64 {
        (self.dead.iter().map(Vec::len).sum::<usize>() * self.draws) as u64
    }

    /// Share of the draws.
    pub fn dead_share(&self, depth: usize, activation: usize) -> f64 {
        self.dead[depth][activation] as f64 / self.draws as f64
    }
}
