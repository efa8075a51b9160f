//! One layer of another program's gradients compared with one arithmetic of our own.

use super::factor::{self, Factor};
use super::storage::Storage;
use super::zeros::tensors;
use crate::judgement::Tensor;
use crate::noise::TensorNoise;
use crate::record::{Number, Quantiles, SiteRun, Verdict};
use schemars::JsonSchema;
use serde::Serialize;

/// Whether a layer can be judged by an arithmetic, and if not, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It can.
    Judged,
    /// The arithmetic overflows there.
    ModelOverflows,
    /// The arithmetic underflows there: entries that carry at least half of the gradient are flushed.
    ModelUnderflows,
    /// The file has no gradient of its weights.
    NoGradient,
    /// The exact gradient is not established.
    NotEstablished,
}

/// What is concluded about one layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LayerVerdict {
    /// It exceeds the model's error by no more than the threshold allows.
    Within,
    /// It exceeds it by more.
    Beyond,
    /// The layer, or one of its tensors, is all zero where the exact gradient is not.
    ZeroDump,
    /// All layers are one multiple of the model's gradient.
    ConstantFactor,
    /// It points against the exact gradient, and the model's does not.
    WrongDirection,
    /// Nothing: its [`Standing`] says why.
    NotJudged,
}

/// One layer compared with one arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct LayerAudit {
    /// 1 to L, the head is L+1.
    pub layer: usize,
    /// Whether it can be judged.
    pub standing: Standing,
    /// What is concluded.
    pub verdict: LayerVerdict,
    /// Noise-to-signal ratio of theirs.
    pub noise: Number,
    /// The same of the model.
    pub model_noise: Number,
    /// Relative rounding that storing in the layer's own type adds to the model's noise; `None` unless the file holds
    /// several types and this one is coarser than the model's.
    pub storage_noise: Option<Number>,
    /// Theirs has no infinite or NaN entry.
    pub is_finite: bool,
    /// log₂ of the ratio of both noises, in bits; infinite where only theirs is, or only theirs is not zero. Of weights
    /// and biases together where both are known. `None` where either is unknown.
    pub excess: Option<Number>,
    /// ‖theirs − ours‖/‖theirs − exact‖ of the weight gradient: 0 if both are the same, about √2 for independent noise of
    /// the same size.
    pub distance: Option<Number>,
    /// A step along theirs increases the loss, and one along ours, which is sound or noisy, does not.
    pub is_opposed: bool,
    /// Theirs is a constant multiple of ours, other than 1, as far as the noise shows.
    pub factor: Option<Factor>,
}

impl LayerAudit {
    /// Compares a layer with that of the arithmetic at a place among the run's, whose stored format rounds by up to
    /// `floor` of a number. The verdict is still to be [decided](LayerAudit::decide).
    pub(super) fn new(theirs: &SiteRun, ours: &SiteRun, place: usize, floor: f64, storage: &Storage) -> LayerAudit {
        let added = log2_signal(theirs).and_then(|log2_norm| storage.beyond(floor, log2_norm));
        let excess = excess(theirs, ours, floor, added)
            .map(|excess| excess.max(tensor_excess(theirs, ours, storage).unwrap_or(f64::NEG_INFINITY)));
        let (their_noise, model_noise) = noises(theirs, ours);
        LayerAudit {
            layer: theirs.site,
            standing: standing(theirs, ours, excess),
            verdict: LayerVerdict::NotJudged,
            noise: their_noise.median,
            model_noise: model_noise.median,
            storage_noise: added.map(Number::new),
            is_finite: theirs.verdict.verdict != Verdict::Overflow,
            excess: excess.map(Number::new),
            distance: distance(theirs, place),
            is_opposed: is_opposed(theirs, ours),
            factor: factor::of_layer(theirs, ours, place, storage),
        }
    }

    /// Decides what is concluded about the layer itself, whatever the others.
    pub(super) fn decide(&mut self, threshold: f64, is_zero: bool) {
        let is_finite = self.excess.is_some_and(|excess| excess.value().is_finite());
        self.verdict = match self.standing {
            _ if is_zero => LayerVerdict::ZeroDump,
            Standing::Judged if self.is_opposed && is_finite => LayerVerdict::WrongDirection,
            Standing::Judged if self.exceeds(threshold) => LayerVerdict::Beyond,
            Standing::Judged => LayerVerdict::Within,
            _ => LayerVerdict::NotJudged,
        };
    }

    /// Whether it can be judged and loses more bits than `threshold` beyond the model.
    pub fn exceeds(&self, threshold: f64) -> bool {
        self.standing == Standing::Judged && self.excess.is_some_and(|excess| excess.value() > threshold)
    }
}

/// log₂ of the norm of the exact gradient, of weights and biases together as far as they are known.
fn log2_signal(layer: &SiteRun) -> Option<f64> {
    let signals: Vec<f64> = tensors(layer).iter().filter_map(|(_, noise)| noise.log2_signal.finite()).collect();
    let largest = signals.iter().copied().reduce(f64::max)?;
    let sum: f64 = signals.iter().map(|log2| core_math::exp2(2.0 * (log2 - largest))).sum();
    Some(largest + core_math::log2(sum) / 2.0)
}

fn standing(theirs: &SiteRun, ours: &SiteRun, excess: Option<f64>) -> Standing {
    match ours.verdict.verdict {
        _ if theirs.fates.total() == 0 => Standing::NoGradient,
        Verdict::Overflow => Standing::ModelOverflows,
        Verdict::Underflow => Standing::ModelUnderflows,
        _ if excess.is_none() => Standing::NotEstablished,
        _ => Standing::Judged,
    }
}

/// The largest excess of a tensor by itself in a file of several types: what storing a bias costs is no excuse for the
/// weights. `None` in a file of one type, and where no tensor has an error beyond its own rounding.
fn tensor_excess(theirs: &SiteRun, ours: &SiteRun, storage: &Storage) -> Option<f64> {
    let of = |(tensor, theirs): &(Tensor, &TensorNoise)| {
        let ours = tensors(ours).into_iter().find(|(other, _)| other == tensor)?.1;
        let own = storage.relative_of(*tensor)?;
        let (theirs, ours) = (theirs.noise_to_signal.finite()?, ours.noise_to_signal.finite()?);
        (theirs > own).then(|| core_math::log2(theirs / (ours * ours + own * own).sqrt()))
    };
    tensors(theirs).iter().filter_map(of).reduce(f64::max)
}

/// log₂(theirs/ours) of the noise-to-signal ratios. Small layers can be exact by luck: an error no larger than the rounding
/// of one stored number, `floor`, is no excess, and where ours is zero, `floor` counts instead. What storing adds to ours
/// is independent of it.
fn excess(theirs: &SiteRun, ours: &SiteRun, floor: f64, added: Option<f64>) -> Option<f64> {
    let (their_noise, our_noise) = noises(theirs, ours);
    let model = match (our_noise.median, added) {
        (Number::Finite(noise), Some(added)) => Number::Finite((noise * noise + added * added).sqrt()),
        (noise, _) => noise,
    };
    match (their_noise.median, model) {
        // Both below the resolution of the exact gradient: these are bounds, not noise.
        _ if their_noise.at_most && our_noise.at_most => Some(0.0),
        (Number::Finite(theirs), Number::Finite(ours)) if theirs == ours => Some(0.0),
        (Number::Finite(theirs), Number::Finite(0.0)) => Some(core_math::log2(theirs / floor)),
        (Number::Finite(theirs), Number::Finite(ours)) => {
            let bits = core_math::log2(theirs / ours);
            Some(if theirs <= floor { bits.min(0.0) } else { bits })
        }
        (Number::Infinite, Number::Infinite) => Some(0.0),
        (Number::Infinite, _) => Some(f64::INFINITY),
        (Number::Finite(_), Number::Infinite) => Some(f64::NEG_INFINITY),
        // 0/0 on both sides: the exact gradient is zero and was computed as zero.
        (Number::None, Number::None) if is_silent(theirs) && is_silent(ours) => Some(0.0),
        (Number::None, Number::Infinite) if is_silent(theirs) => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

/// The noise of both: of weights and biases together where both have it, of the weights elsewhere.
fn noises<'l>(theirs: &'l SiteRun, ours: &'l SiteRun) -> (&'l Quantiles, &'l Quantiles) {
    match (&theirs.gradient, &ours.gradient) {
        (Some(theirs), Some(ours)) => (theirs, ours),
        _ => (&theirs.noise_to_signal, &ours.noise_to_signal),
    }
}

fn is_silent(layer: &SiteRun) -> bool {
    layer.fates.true_zero > 0
}

fn distance(theirs: &SiteRun, place: usize) -> Option<Number> {
    if theirs.fates.overflowed > 0 {
        return Some(Number::Infinite);
    }
    let distance = *theirs.external.as_ref()?.log2_distance.get(place)?;
    let noise = theirs.trials.first()?.tensors.first()?.log2_noise;
    match (distance, noise) {
        (Number::MinusInfinite, _) => Some(Number::Finite(0.0)),
        (Number::Finite(_), Number::MinusInfinite) => Some(Number::Infinite),
        (Number::Finite(distance), Number::Finite(noise)) => Some(Number::new(core_math::exp2(distance - noise))),
        _ => None,
    }
}

fn is_opposed(theirs: &SiteRun, ours: &SiteRun) -> bool {
    let descent = |layer: &SiteRun| {
        let trial = layer.trials.first()?;
        let joint = trial.gradient.filter(|_| theirs.gradient.is_some() && ours.gradient.is_some());
        joint.map(|joint| joint.descent).or_else(|| Some(trial.tensors.first()?.descent))?.finite()
    };
    let is_usable = matches!(ours.verdict.verdict, Verdict::Sound | Verdict::Noisy);
    is_usable && descent(theirs).is_some_and(|descent| descent <= 0.0)
}
