//! The working precision: forecast with a short run of the same bounds, and raised if a proof fails.
//!
//! The bounds lose a number of bits that hardly depends on p, so a run that keeps 64 bits and guesses undecided
//! branches shows how many. It counts roundings as in a far higher precision, in which products of two errors are
//! negligible. It proves nothing; the proof at the suggested precision does. Both only depend on the network, the batch
//! and the requested bits.

use super::Undecided;
use super::norm::TruthPass;
use super::prepared::Prepared;
use crate::data::Batch;
use crate::enclosure::Bound;
use crate::graph::Network;
use crate::norm::column::{Column, norm};

pub use crate::enclosure::Precision;

/// The forecast's.
pub(super) const FORECAST: Precision = Precision::forecast(64, 1 << 20);
/// Bits beyond the forecast's loss: gradients of samples cancel each other, unit entries round.
const RESERVE: f64 = 16.0;
/// Precisions are multiples of this.
const STEP: u32 = 32;
/// Highest precision, or four times the first one if that is more.
const LIMIT: u32 = 4096;
/// Most bits per layer that a forecast may request beyond [`LIMIT`]: drawn networks lose about 3.5, and a network that
/// needs more (weights of 10^300 before a tanh) is left unproven rather than computed with gigabytes.
const MOST_PER_LAYER: usize = 32;

/// Samples in a forecast; bounds lose about the same number of bits in each.
const SAMPLES: usize = 4;

/// The precision at which `bits` bits of every layer's gradient should be provable.
pub fn forecast(network: &Network, prepared: &Prepared, batch: &Batch, bits: u32) -> u32 {
    let batch = batch.first(SAMPLES);
    let mut pass = TruthPass::new(network, prepared, &batch, FORECAST, Undecided::Guessed);
    let mut lost = 0.0f64;
    while let Some((node, deltas)) = pass.advance() {
        let (Ok(deltas), Ok(inputs)) = (deltas, pass.inputs_of(node)) else { continue };
        let loss = weight_gradient_error(&deltas.columns, inputs).log2()
            - weight_gradient_norm(&deltas.columns, inputs).log2();
        if loss.is_finite() {
            lost = lost.max(loss + f64::from(FORECAST.counted_bits()));
        }
    }
    enough(network, bits, lost)
}

/// Enough bits for so many that are lost.
pub(super) fn enough(network: &Network, bits: u32, lost: f64) -> u32 {
    let most = f64::from(LIMIT) + (MOST_PER_LAYER * network.sites.len()) as f64;
    in_steps(f64::from(bits) + if lost > most { 0.0 } else { lost } + RESERVE)
}

/// The next precision to try after `precision` only proved `proven` of `wanted` bits, or `None` beyond the limit.
pub fn raise(first: u32, precision: u32, proven: u32, wanted: u32) -> Option<u32> {
    let shortfall = wanted.saturating_sub(proven);
    let next = in_steps(f64::from(precision) + f64::from(shortfall.max(2 * STEP)).max(f64::from(precision) / 2.0));
    (next <= LIMIT.max(4 * first)).then_some(next)
}

/// A multiple of the step, at least two steps and at least the given number of bits.
fn in_steps(bits: f64) -> u32 {
    ((bits / f64::from(STEP)).ceil() as u32).max(2) * STEP
}

/// The error of Σ_s δ_s·a_sᵀ in the Frobenius norm: each term is of rank one.
fn weight_gradient_error(deltas: &[Column], inputs: &[Column]) -> Bound {
    let terms = deltas.iter().zip(inputs);
    terms.map(|(d, a)| d.error * a.norm() + d.norm() * a.error + d.error * a.error).sum()
}

/// Its norm if the samples' terms were orthogonal.
fn weight_gradient_norm(deltas: &[Column], inputs: &[Column]) -> Bound {
    norm(deltas.iter().zip(inputs).map(|(d, a)| d.norm() * a.norm()))
}
