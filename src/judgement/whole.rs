//! A whole arithmetic, trial by trial: the largest noise and the most severe verdict of all its layers.

use super::layer::TrialNoise;
use crate::record::{ArithmeticRun, Number, SiteTrial, WholeTrial};

/// All layers of an arithmetic, trial by trial, as a remedy's trials are recorded.
pub(super) fn trials(arithmetic: &ArithmeticRun) -> Vec<WholeTrial> {
    let count = arithmetic.sites.iter().map(|layer| layer.trials.len()).max().unwrap_or(0);
    let ratio = |layer: &SiteTrial| TrialNoise::of(layer).map_or(Number::None, |noise| noise.noise_to_signal);
    let cell = |layer: &SiteTrial| (layer.verdict, ratio(layer));
    let layers = |trial: usize| arithmetic.sites.iter().filter_map(move |layer| layer.trials.get(trial).map(cell));
    (0..count).map(|trial| WholeTrial::of(layers(trial))).collect()
}
