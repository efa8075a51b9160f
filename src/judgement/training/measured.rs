//! Statistics over measured steps, and where something is greatest or first.

use crate::record::training::{Learner, Measure, MeasuredSite, Track, Updates};
use crate::record::{Number, Verdict};
use schemars::JsonSchema;
use serde::Serialize;

/// A place in a training.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Largest {
    /// The ratio there.
    pub ratio: f64,
    /// Updates before it.
    pub step: usize,
    /// 1 to L, the head is L+1.
    pub layer: usize,
}

/// True if one of the modes of saturation dominates.
pub fn is_saturated(track: &Track) -> bool {
    track.verdict.reaches(Verdict::Chaotic) || track.verdict == Verdict::Zero
}

/// Rounding noise relative to minibatch noise; `None` if either is not finite or the gradient is unknown.
pub fn over_minibatch(layer: &MeasuredSite) -> Option<f64> {
    let is_noise = !matches!(layer.own.verdict, Verdict::Overflow | Verdict::NotEstablished);
    let spread = layer.log2_minibatch_spread.finite().filter(|_| is_noise)?;
    match layer.own.log2_noise {
        Number::Finite(noise) => Some(core_math::exp2(noise - spread)).filter(|ratio| ratio.is_finite()),
        Number::MinusInfinite => Some(0.0),
        _ => None,
    }
}

/// Every layer of every measured step, in order of time, from layer 1 on.
pub fn places(learner: &Learner) -> impl Iterator<Item = (&Measure, &MeasuredSite)> {
    learner.measures.iter().flat_map(|measure| measure.sites.iter().map(move |layer| (measure, layer)))
}

fn ratios(learner: &Learner) -> impl Iterator<Item = Largest> {
    places(learner).filter_map(|(measure, layer)| {
        let ratio = over_minibatch(layer)?;
        Some(Largest { ratio, step: measure.step, layer: layer.site })
    })
}

/// Where rounding noise is greatest relative to minibatch noise, the first of equals.
pub fn largest(learner: &Learner) -> Option<Largest> {
    ratios(learner).reduce(|best, next| if next.ratio > best.ratio { next } else { best })
}

/// Where it is first as large as minibatch noise.
pub fn first_above(learner: &Learner) -> Option<Largest> {
    ratios(learner).find(|place| place.ratio >= 1.0)
}

/// Updates of all layers together; counts saturate.
pub fn updates(measure: &Measure) -> Updates {
    measure.sites.iter().fold(Updates::default(), |sum, layer| Updates {
        parameters: sum.parameters.saturating_add(layer.updates.parameters),
        due: sum.due.saturating_add(layer.updates.due),
        undecided: sum.undecided.saturating_add(layer.updates.undecided),
        lost: sum.lost.saturating_add(layer.updates.lost),
        absorbed: sum.absorbed.saturating_add(layer.updates.absorbed),
        wrong_sign: sum.wrong_sign.saturating_add(layer.updates.wrong_sign),
        overflowed: sum.overflowed.saturating_add(layer.updates.overflowed),
    })
}

/// Measured steps whose update was made: a skipped one loses nothing for good.
pub fn made(learner: &Learner) -> impl Iterator<Item = &Measure> {
    learner.measures.iter().filter(|measure| !measure.skipped)
}

/// Median and maximum over the measured steps of the share of due updates that are lost, of all layers together; the
/// lower one of two medians.
pub fn lost(learner: &Learner) -> Option<(f64, f64)> {
    let mut shares: Vec<f64> = made(learner).filter_map(|measure| updates(measure).lost_share()).collect();
    shares.sort_by(f64::total_cmp);
    Some((shares[shares.len().checked_sub(1)? / 2], *shares.last()?))
}

/// How much of the exact update is applied: 1 is all of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Applied {
    /// The share: a median over layers and measured steps, or with stochastic rounding the mean over them.
    pub share: f64,
    /// The mean's standard error; `None` for a median.
    pub error: Option<f64>,
}

/// Standard errors from which a mean differs.
const ERRORS: f64 = 3.0;

impl Applied {
    /// A mean of draws; `None` of none.
    pub(super) fn mean(draws: &[f64]) -> Option<Applied> {
        let count = draws.len() as f64;
        let mean = draws.iter().sum::<f64>() / count;
        let squares: f64 = draws.iter().map(|draw| (draw - mean) * (draw - mean)).sum();
        let error = if draws.len() < 2 { f64::INFINITY } else { (squares / (count - 1.0) / count).sqrt() };
        (!draws.is_empty()).then_some(Applied { share: mean, error: Some(error) })
    }

    /// The least share that is likely.
    pub fn least(&self) -> f64 {
        self.share - ERRORS * self.error.unwrap_or(0.0)
    }

    /// The greatest share that is likely.
    pub fn most(&self) -> f64 {
        self.share + ERRORS * self.error.unwrap_or(0.0)
    }
}

/// How much of the exact update is applied over layers and measured steps: the median, the lower one of two, or the mean
/// where every layer at every step is a draw of stochastic rounding.
pub fn applied(learner: &Learner, is_stochastic: bool) -> Option<Applied> {
    let mut shares: Vec<f64> =
        made(learner).flat_map(|measure| &measure.sites).filter_map(|layer| layer.update_descent.finite()).collect();
    if is_stochastic {
        return Applied::mean(&shares);
    }
    shares.sort_by(f64::total_cmp);
    Some(Applied { share: shares[shares.len().checked_sub(1)? / 2], error: None })
}

/// Whether rounding noise is compared with minibatch noise in every layer of every measured step.
pub fn knows_every_ratio(learner: &Learner) -> bool {
    places(learner).all(|(_, layer)| over_minibatch(layer).is_some())
}
