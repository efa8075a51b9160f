//! The cause of a layer's noise: the source whose removal makes its verdict milder.

use super::enough_of;
use crate::record::{ArithmeticRun, LayerRun, NoiseSource, Number, Run, SourceNoise, TruthLayer, Verdict};
use serde::Serialize;

/// From the most specific source to the least: flips are part of forward, accumulation of forward and backward.
const SPECIFIC_FIRST: [NoiseSource; 6] = [
    NoiseSource::Range,
    NoiseSource::Accumulation,
    NoiseSource::BranchFlips,
    NoiseSource::Storage,
    NoiseSource::Backward,
    NoiseSource::Forward,
];
/// How much more noise than the best removal a more specific one may leave.
const MORE_THAN_BEST: f64 = 2.0;
/// Or how much of the plain noise: what a removal takes so much away from is its doing, though a wider one leaves less still
/// (underflow that takes 0.16 to 0.0055, where the whole backward pass takes it to 0.0002).
const LEFT_OF_PLAIN: f64 = 0.1;
/// Noise below so many times the resolution of the truth has no cause.
const ABOVE_RESOLUTION: f64 = 4.0;

/// Where a layer's noise comes from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "cause", rename_all = "snake_case")]
pub enum Cause {
    /// The layer is sound, zero or not established: nothing to explain.
    Nothing,
    /// The noise is below 4 times the resolution of the truth.
    BelowResolution,
    /// Sources were not measured.
    NotMeasured,
    /// The source without which the verdict is milder.
    Source {
        /// Which.
        source: NoiseSource,
        /// The layer whose noise it makes.
        layer: usize,
        /// Median noise without it; `None` if storing underflows or overflows, which no removal undoes.
        without: Number,
    },
    /// No single source; the one whose removal lowers the noise most, if any does by 1.5 times in enough trials: of those
    /// that leave at most twice the least, the most specific.
    NoSingle {
        /// The greatest.
        greatest: Option<NoiseSource>,
        /// The layer.
        layer: usize,
    },
}

/// The cause of the noise of the layer at a place.
pub(super) fn judge(run: &Run, arithmetic: &ArithmeticRun, place: usize) -> Cause {
    let Some(layer) = arithmetic.layers.get(place) else { return Cause::NotMeasured };
    let verdict = layer.verdict.verdict;
    if !verdict.is_ordered() || verdict == Verdict::Sound {
        return Cause::Nothing;
    }
    if is_below_resolution(layer, run.truth.layers.get(place)) {
        return Cause::BelowResolution;
    }
    let sources = arithmetic.attribution.iter().flat_map(|attribution| &attribution.sources);
    let removals: Vec<Removal> = sources.filter_map(|source| Removal::of(source, place)).collect();
    if removals.is_empty() {
        return Cause::NotMeasured;
    }
    // Nothing is milder than sound, and where the exact gradient is zero or unknown no removal can be.
    let can_be_milder = |verdict: Verdict| verdict.is_ordered() && verdict != Verdict::Sound;
    let needed = enough_of(layer.trials.iter().filter(|trial| can_be_milder(trial.verdict)).count()).max(1);
    let plain = layer.noise().median.value();
    let candidates = removals.iter().filter(|removal| removal.milder >= needed);
    match most_specific(candidates, LEFT_OF_PLAIN * plain) {
        Some(removal) => Cause::Source { source: removal.source, layer: layer.layer, without: removal.without },
        // By definition: with unbounded exponents everywhere, storage included, these entries are neither zero nor infinite.
        None if matches!(verdict, Verdict::Underflow | Verdict::Overflow) => {
            Cause::Source { source: NoiseSource::Range, layer: layer.layer, without: Number::None }
        }
        None => {
            let greatest = most_specific(removals.iter().filter(|removal| removal.lower >= needed), 0.0);
            Cause::NoSingle { greatest: greatest.map(|removal| removal.source), layer: layer.layer }
        }
    }
}

/// What one source's removal makes of a layer.
struct Removal {
    source: NoiseSource,
    without: Number,
    milder: usize,
    lower: usize,
}

impl Removal {
    /// Nothing of a record that does not tell in how many trials.
    fn of(source: &SourceNoise, place: usize) -> Option<Removal> {
        let milder = *source.milder.as_ref()?.get(place)?;
        let lower = source.lower.as_ref().and_then(|lower| lower.get(place)).copied().unwrap_or(0);
        Some(Removal { source: source.source, without: source.without.get(place)?.median, milder, lower })
    }

    /// The noise that is left; what is not known is no less than anything.
    fn left(&self) -> f64 {
        if self.without == Number::None { f64::INFINITY } else { self.without.value() }
    }
}

/// The most specific of those that leave at most twice the noise that the best leaves, or a noise that is small enough.
fn most_specific<'a>(removals: impl Iterator<Item = &'a Removal> + Clone, small: f64) -> Option<&'a Removal> {
    let least = removals.clone().map(Removal::left).fold(f64::INFINITY, f64::min);
    let near = removals.filter(|removal| removal.left() <= small.max(MORE_THAN_BEST * least));
    near.min_by_key(|removal| SPECIFIC_FIRST.iter().position(|source| *source == removal.source))
}

fn is_below_resolution(layer: &LayerRun, truth: Option<&TruthLayer>) -> bool {
    let noise = layer.noise();
    let resolution =
        truth.map_or(0.0, |truth| truth.trials.iter().map(|trial| resolution(&trial.evidence)).fold(0.0, f64::max));
    noise.at_most || noise.median.value() < ABOVE_RESOLUTION * resolution
}

/// The relative error that evidence leaves open: `proven 83 bits` leaves 2^-83, `exact` nothing.
fn resolution(evidence: &str) -> f64 {
    let mut words = evidence.split(' ');
    match (words.next(), words.next().and_then(|bits| bits.parse::<u32>().ok())) {
        (Some("proven" | "agreed"), Some(bits)) => core_math::exp2(-f64::from(bits)),
        _ => 0.0,
    }
}
