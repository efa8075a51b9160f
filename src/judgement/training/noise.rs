//! Rounding noise of gradients relative to minibatch noise.

use super::measured::{self, Largest};
use crate::judgement::MinibatchMeaning;
use crate::record::training::{Cause, Learner, MeasuredSite, Saturation};
use schemars::JsonSchema;
use serde::Serialize;

/// Rounding noise of gradients relative to minibatch noise.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct NoiseJudgement {
    /// Where the ratio is largest.
    pub largest: Largest,
    /// Where it is first at least 1.
    pub first_above: Option<Largest>,
    /// Where the gradient is first chaotic.
    pub chaotic: Option<Saturation>,
    /// What it means by itself; it is harmless to the copy only if nothing else limits it.
    pub meaning: MinibatchMeaning,
    /// Whether both are known in every layer at every measured step.
    pub is_complete: bool,
}

/// Part of minibatch noise below which rounding noise does not matter: it adds at most a ninth to the variance.
const THIRD: f64 = 1.0 / 3.0;
/// Distance of the descent from 1 from which noise is one-sided.
const ONE_SIDED: f64 = 0.1;

impl NoiseJudgement {
    /// Of a copy; `None` if the ratio is known nowhere.
    pub(super) fn of(learner: &Learner) -> Option<NoiseJudgement> {
        let largest = measured::largest(learner)?;
        // NSR² = (1 − descent)² + τ²: a small ratio is never one-sided by more than itself.
        let is_one_sided = |layer: &MeasuredSite| {
            let by = layer.own.descent.map_or(f64::NAN, |descent| (1.0 - descent.value()).abs());
            layer.own.noise_to_signal.value() >= ONE_SIDED && (by.is_nan() || by >= ONE_SIDED)
        };
        let is_noise = |saturation: &Saturation| matches!(saturation.cause, Cause::Flips | Cause::Rounding);
        Some(NoiseJudgement {
            largest,
            first_above: measured::first_above(learner),
            chaotic: learner.outcome.first_saturation.filter(is_noise),
            meaning: match largest.ratio < THIRD {
                false => MinibatchMeaning::Noticeable,
                true if measured::places(learner).any(|(_, layer)| is_one_sided(layer)) => MinibatchMeaning::OneSided,
                true => MinibatchMeaning::Harmless,
            },
            is_complete: measured::knows_every_ratio(learner),
        })
    }
}
