//! Gradients of another program that are all zero where the exact ones are not.

use crate::judgement::Tensor;
use crate::noise::TensorNoise;
use crate::record::{ArithmeticRun, Number, SiteRun};
use schemars::JsonSchema;
use serde::Serialize;

/// A layer, or one of its tensors, that is all zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ZeroPlace {
    /// 1 to L, the head is L+1.
    pub layer: usize,
    /// One tensor, where others of the layer are not zero.
    pub tensor: Option<Tensor>,
}

/// Layers, and single tensors, of theirs that are all zero where the exact gradient is not, and the layers that could be.
/// A single tensor counts where the model's own is not zero.
pub(super) fn zeros(theirs: &ArithmeticRun, ours: &ArithmeticRun) -> (Vec<ZeroPlace>, usize) {
    let (mut places, mut of) = (Vec::new(), 0);
    for (theirs, ours) in theirs.sites.iter().zip(&ours.sites) {
        let nonzero = tensors(theirs);
        of += usize::from(!nonzero.is_empty());
        let is_all_zero = match theirs.external.as_ref().and_then(|external| external.log2_norm) {
            Some(norm) => norm == Number::MinusInfinite,
            None => nonzero.iter().all(|(tensor, noise)| is_zero(theirs, *tensor, noise)),
        };
        if nonzero.is_empty() {
            continue;
        }
        if is_all_zero {
            places.push(ZeroPlace { layer: theirs.site, tensor: None });
            continue;
        }
        let ours_is_zero =
            |tensor: Tensor| tensors(ours).iter().any(|(own, noise)| *own == tensor && is_zero(ours, tensor, noise));
        let zero = nonzero.iter().filter(|(tensor, noise)| is_zero(theirs, *tensor, noise) && !ours_is_zero(*tensor));
        places.extend(zero.map(|(tensor, _)| ZeroPlace { layer: theirs.site, tensor: Some(*tensor) }));
    }
    (places, of)
}

/// Weights and biases whose exact gradient is known not to be zero, as far as they were computed.
pub(super) fn tensors(layer: &SiteRun) -> Vec<(Tensor, &TensorNoise)> {
    let all = layer.trials.first().map_or(&[][..], |trial| &trial.tensors);
    let named = |noise: &TensorNoise| match noise.tensor.as_str() {
        "weight" => Some(Tensor::Weight),
        "bias" => Some(Tensor::Bias),
        _ => None,
    };
    let known = all.iter().filter_map(|noise| Some((named(noise)?, noise)));
    known.filter(|(_, noise)| noise.log2_signal.finite().is_some()).collect()
}

/// Whether a computed tensor is all zero: its noise is then the signal itself and no part of the gradient is there; of
/// weights the fates show it, too.
fn is_zero(layer: &SiteRun, tensor: Tensor, noise: &TensorNoise) -> bool {
    let looks = noise.noise_to_signal == Number::Finite(1.0) && noise.descent == Number::Finite(0.0) && !noise.at_most;
    let fates = &layer.fates;
    match tensor {
        Tensor::Weight => looks && fates.flushed + fates.cut + fates.true_zero + fates.undecided == fates.total(),
        Tensor::Bias => looks,
    }
}
