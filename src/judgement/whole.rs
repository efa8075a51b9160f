//! A whole arithmetic, trial by trial: the largest noise and the most severe verdict of all its layers.

use super::layer::TrialNoise;
use crate::record::{ArithmeticRun, LayerTrial, Number, WholeTrial};

/// All layers of an arithmetic, trial by trial, as a remedy's trials are recorded.
pub(super) fn trials(arithmetic: &ArithmeticRun) -> Vec<WholeTrial> {
    let count = arithmetic.layers.iter().map(|layer| layer.trials.len()).max().unwrap_or(0);
    let ratio = |layer: &LayerTrial| TrialNoise::of(layer).map_or(Number::None, |noise| noise.noise_to_signal);
    let cell = |layer: &LayerTrial| (layer.verdict, ratio(layer));
    let layers = |trial: usize| arithmetic.layers.iter().filter_map(move |layer| layer.trials.get(trial).map(cell));
    (0..count).map(|trial| WholeTrial::of(layers(trial))).collect()
}
