//! The cause of a layer's noise: the source whose removal makes its verdict milder.

use super::medians::NO_NOISE;
use crate::record::enough_of;
use crate::record::{
    ArithmeticRun, Evidence, NoiseSource, Number, Quantiles, Run, SiteRun, SourceNoise, TrueSite, Verdict,
};
use schemars::JsonSchema;
use serde::Serialize;

/// From the most specific source to the least specific: flips are part of forward, accumulation of forward and
/// backward.
const SPECIFIC_FIRST: [NoiseSource; 6] = [
    NoiseSource::Range,
    NoiseSource::Accumulation,
    NoiseSource::BranchFlips,
    NoiseSource::Storage,
    NoiseSource::Backward,
    NoiseSource::Forward,
];
/// Factor of noise over the best removal that a more specific removal may leave.
const MORE_THAN_BEST: f64 = 2.0;
/// Or how much of the plain noise: what a removal takes so much away from is its doing, though a wider one leaves less
/// still (underflow that takes 0.16 to 0.0055, where the whole backward pass takes it to 0.0002).
const LEFT_OF_PLAIN: f64 = 0.1;
/// Flushed entries that carry half of the gradient's square make so much noise at least, √½.
const LOST_ALONE: f64 = std::f64::consts::FRAC_1_SQRT_2;
/// Noise below this many times the resolution of the exact gradient has no cause.
const ABOVE_RESOLUTION: f64 = 4.0;

/// Where a layer's noise comes from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
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
        /// The source.
        source: NoiseSource,
        /// The layer whose noise it makes.
        layer: usize,
        /// Noise without it, over the trials; none if storing underflows or overflows, which no removal undoes.
        without: Quantiles,
        /// Where what is lost to the range is lost, as far as the record tells; `None` of noise that is none of the
        /// range.
        lost: Option<RangeLoss>,
    },
    /// No single source; the one whose removal lowers the noise most, if any does by 1.5 times in enough trials: of
    /// those that leave at most twice the least, the most specific.
    NoSingle {
        /// The largest source.
        greatest: Option<NoiseSource>,
        /// The layer.
        layer: usize,
    },
}

/// Where numbers are lost to a format's range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RangeLoss {
    /// Parameters, inputs or targets become 0 or infinite when they are stored.
    Storing,
    /// In the forward pass: activations, φ' or the loss.
    Forward,
    /// In the backward pass.
    Backward,
    /// Inside sums, whose results are within the range.
    Accumulator,
}

/// The cause of the noise of the layer at a place.
pub(super) fn judge(run: &Run, arithmetic: &ArithmeticRun, place: usize) -> Cause {
    let Some(layer) = arithmetic.sites.get(place) else { return Cause::NotMeasured };
    let verdict = layer.verdict.verdict;
    if !verdict.is_ordered() || verdict == Verdict::Sound {
        return Cause::Nothing;
    }
    if is_below_resolution(layer, run.truth.sites.get(place)) {
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
    let is_lost = matches!(verdict, Verdict::Underflow | Verdict::Overflow);
    let lost = |source: NoiseSource| {
        (is_lost || source == NoiseSource::Range).then(|| lost(arithmetic, &removals, source, place, needed)).flatten()
    };
    match most_specific(candidates, LEFT_OF_PLAIN * plain) {
        Some(removal) => Cause::Source {
            source: removal.source,
            layer: layer.site,
            without: removal.without,
            lost: lost(removal.source),
        },
        // By definition: with unbounded exponents everywhere, storage included, these entries are neither zero nor
        // infinite.
        None if is_lost => {
            let source = NoiseSource::Range;
            Cause::Source { source, layer: layer.site, without: NO_NOISE, lost: lost(source) }
        }
        None => {
            let greatest = most_specific(removals.iter().filter(|removal| removal.lower >= needed), 0.0);
            Cause::NoSingle { greatest: greatest.map(|removal| removal.source), layer: layer.site }
        }
    }
}

/// Where a layer's numbers leave the range by a source: in storing, if what is stored becomes 0 or infinite and that alone
/// loses the layer, unless the source is another part of the computation and removing storage does not help; else in the
/// one part whose removal is seen to help.
fn lost(
    arithmetic: &ArithmeticRun,
    removals: &[Removal],
    source: NoiseSource,
    place: usize,
    needed: usize,
) -> Option<RangeLoss> {
    let sources = arithmetic.attribution.iter().flat_map(|attribution| &attribution.sources);
    let mut storage = sources.filter(|source| source.source == NoiseSource::Storage);
    let alone = storage.find_map(|source| source.sites.get(place)?.alone).map(|alone| alone.median.value());
    // A number that is stored as 0 or as infinite is wrong by all of itself or more.
    let leaves_range = arithmetic.storage_noise.value() >= 1.0;
    let helps = |source: NoiseSource| removals.iter().any(|one| one.source == source && one.milder >= needed);
    let may_be_storing = matches!(source, NoiseSource::Range | NoiseSource::Storage) || helps(NoiseSource::Storage);
    if may_be_storing && leaves_range && alone.is_some_and(|alone| alone >= LOST_ALONE) {
        return Some(RangeLoss::Storing);
    }
    match (helps(NoiseSource::Accumulation), helps(NoiseSource::Backward), helps(NoiseSource::Forward)) {
        (true, ..) => Some(RangeLoss::Accumulator),
        (_, true, false) => Some(RangeLoss::Backward),
        (_, false, true) => Some(RangeLoss::Forward),
        _ => None,
    }
}

/// The effect of removing one source on a layer.
struct Removal {
    source: NoiseSource,
    without: Quantiles,
    milder: usize,
    lower: usize,
}

impl Removal {
    /// `None` for a record without the number of trials.
    fn of(source: &SourceNoise, place: usize) -> Option<Removal> {
        let site = source.sites.get(place)?;
        let lower = site.lower.unwrap_or(0);
        Some(Removal { source: source.source, without: site.without, milder: site.milder?, lower })
    }

    /// The remaining noise; unknown noise is not less than any other.
    fn left(&self) -> f64 {
        if self.without.median == Number::None { f64::INFINITY } else { self.without.median.value() }
    }
}

/// The most specific source whose removal leaves at most twice the noise of the best removal, or sufficiently little
/// noise.
fn most_specific<'a>(removals: impl Iterator<Item = &'a Removal> + Clone, small: f64) -> Option<&'a Removal> {
    let least = removals.clone().map(Removal::left).fold(f64::INFINITY, f64::min);
    let near = removals.filter(|removal| removal.left() <= small.max(MORE_THAN_BEST * least));
    near.min_by_key(|removal| SPECIFIC_FIRST.iter().position(|source| *source == removal.source))
}

fn is_below_resolution(layer: &SiteRun, truth: Option<&TrueSite>) -> bool {
    let noise = layer.shown_noise();
    let resolution =
        truth.map_or(0.0, |truth| truth.trials.iter().map(|trial| resolution(trial.evidence)).fold(0.0, f64::max));
    noise.at_most || noise.median.value() < ABOVE_RESOLUTION * resolution
}

/// The relative error that the evidence permits: 2^-83 for 83 proven bits, none if it is exact.
fn resolution(evidence: Evidence) -> f64 {
    if let Evidence::Proven { bits } = evidence { core_math::exp2(-f64::from(bits)) } else { 0.0 }
}
