//! Updates compared with the exact ones: too long, too short, or absorbed by the parameters.
//!
//! Stochastic rounding drops most individual updates and enlarges the others, so a layer at one step is a single draw.
//! Copies that round so are judged by means over draws with their standard errors, all others layer by layer.

use super::measured::{self, Applied};
use crate::record::training::{Cause, Learner, Measure, MeasuredSite, Saturation};
use crate::record::{FormatFacts, Verdict};
use schemars::JsonSchema;
use serde::Serialize;

/// Updates of layers relative to the exact ones: Σ Δ̂Δ/Σ Δ², 1 where they agree.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Lengths {
    /// The first measured step at which a layer's updates are too long or too short.
    pub step: usize,
    /// Layers whose updates are, at that step.
    pub layers: usize,
    /// The least ratio of these layers at that step.
    pub least: f64,
    /// The greatest ratio of these layers at that step.
    pub most: f64,
    /// Measured steps at which some layer's are.
    pub steps: usize,
    /// Measured steps whose update was made.
    pub of: usize,
}

/// Updates too small to change their parameters.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Absorption {
    /// How much of the exact update is applied.
    pub applied: Applied,
    /// Share of the non-zero updates that are rounded away, at the median measured step.
    pub median: f64,
    /// The same at the worst measured step.
    pub most: f64,
    /// Where a layer first loses at least half of its update; never with stochastic rounding.
    pub first: Option<Saturation>,
}

impl Absorption {
    /// Whether little is applied throughout, and not only in some layer at some step.
    pub fn is_general(&self) -> bool {
        self.applied.most() <= APPLIED
    }
}

/// The range of the optimiser's format.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct UpdateFormat {
    /// Its largest number.
    pub largest: f64,
    /// Whether larger results become infinite; else NaN.
    pub has_infinities: bool,
}

impl UpdateFormat {
    /// `None` of unbounded formats.
    pub(super) fn of(format: &FormatFacts) -> Option<UpdateFormat> {
        Some(UpdateFormat { largest: format.largest?, has_infinities: format.has_infinities })
    }
}

/// Share of the non-zero updates from which rounding them away counts.
const MANY_LOST: f64 = 0.1;
/// Share of the exact update above which nothing is said of lost updates.
const APPLIED: f64 = 0.75;
/// Ratio of an update to the exact one from which it is too long; below its reciprocal it is too short.
const TWICE: f64 = 2.0;
/// Share of the exact update's energy from which lost updates explain its length.
const HALF: f64 = 0.5;
/// Fewest layers whose mean is judged with its standard error.
const FEWEST: usize = 2;

/// Whether updates or stored parameters are rounded stochastically.
pub fn is_stochastic(learner: &Learner) -> bool {
    learner.update.is_stochastic || learner.master.is_stochastic
}

/// Where a copy is first saturated. Older records call a single draw of stochastic rounding lost updates; that one is left
/// out.
pub fn saturation(learner: &Learner) -> Option<Saturation> {
    let is_draw = |saturation: &Saturation| saturation.cause == Cause::LostUpdates && is_stochastic(learner);
    learner.outcome.first_saturation.filter(|saturation| !is_draw(saturation))
}

/// Layers whose updates are at least twice as long as the exact ones.
pub(super) fn long(learner: &Learner) -> Option<Lengths> {
    lengths(learner, |least, _| least >= TWICE, |_| true)
}

/// Layers whose updates are at most half as long as the exact ones, though not lost.
pub(super) fn short(learner: &Learner) -> Option<Lengths> {
    lengths(learner, |_, most| most <= 1.0 / TWICE, |layer| layer.lost_energy.value() < HALF)
}

/// Layers with such a ratio, given as its least and greatest value. A gradient that is lost, zero or noise says nothing of
/// lengths.
fn lengths(
    learner: &Learner,
    is_wrong: impl Fn(f64, f64) -> bool,
    counts: impl Fn(&MeasuredSite) -> bool,
) -> Option<Lengths> {
    let is_stochastic = is_stochastic(learner);
    let has_gradient = |layer: &&MeasuredSite| matches!(layer.own.verdict, Verdict::Sound | Verdict::Noisy);
    let wrong = |measure: &Measure| -> Vec<f64> {
        let known = measure.sites.iter().filter(has_gradient);
        let known: Vec<(f64, bool)> =
            known.filter_map(|layer| Some((layer.update_descent.finite()?, counts(layer)))).collect();
        if is_stochastic {
            let ratios: Vec<f64> = known.iter().map(|(ratio, _)| *ratio).collect();
            let mean = Applied::mean(&ratios).filter(|_| ratios.len() >= FEWEST);
            if !mean.is_some_and(|mean| is_wrong(mean.least(), mean.most())) {
                return Vec::new();
            }
        }
        known
            .into_iter()
            .filter(|(ratio, counts)| *counts && is_wrong(*ratio, *ratio))
            .map(|(ratio, _)| ratio)
            .collect()
    };
    let all = measured::made(learner).map(|measure| (measure.step, wrong(measure)));
    let mut found = all.filter(|(_, ratios)| !ratios.is_empty());
    let (step, ratios) = found.next()?;
    Some(Lengths {
        step,
        layers: ratios.len(),
        least: ratios.iter().copied().fold(f64::INFINITY, f64::min),
        most: ratios.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        steps: 1 + found.count(),
        of: measured::made(learner).count(),
    })
}

/// What of the updates is lost, if little is applied.
pub(super) fn absorption(learner: &Learner) -> Option<Absorption> {
    let (median, most) = measured::lost(learner)?;
    let applied = measured::applied(learner, is_stochastic(learner))?;
    let first = saturation(learner).filter(|saturation| saturation.cause == Cause::LostUpdates);
    let absorption = Absorption { applied, median, most, first };
    (first.is_some() || median >= MANY_LOST && absorption.is_general()).then_some(absorption)
}
