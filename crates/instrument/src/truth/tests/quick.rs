//! Whole networks with the quick phase and with MPFR alone: both prove the same gradients.

use super::super::{Prepared, SiteTruth, TruthPass};
use crate::activation::quick::Number;
use crate::activation::{ALL, Activation, preserving_gain, quick};
use crate::architecture::mlp::Perceptron;
use crate::assets::{FEATURES, OUTPUTS};
use crate::data::Batch;
use crate::data::digits_batch;
use crate::graph::Network;
use crate::init::Init;
use crate::loss::Loss;
use crate::norm::evaluation::adversary::without_quick;
use crate::norm::evaluation::quick_pair;
use crate::operation::activation::lemma::Undecided;
use rug::Float;

const PRECISION: u32 = 208;

fn layers(network: &Network, batch: &Batch) -> Vec<SiteTruth> {
    TruthPass::new(network, &Prepared::new(network), batch, PRECISION, Undecided::Refused).collect()
}

#[test]
fn quick_values_prove_what_mpfr_proves() {
    // Storing rounds the last bits away, so the two ways may well agree in every one; they are two ways all the same.
    let argument = Number { negative: false, words: &[3], exponent: -2 };
    let is_quick = || quick_pair(Activation::Tanh, argument, PRECISION).0.is_some();
    assert!(is_quick() && !without_quick(is_quick));
    for activation in ALL.into_iter().filter(quick::covers) {
        let perceptron = Perceptron {
            activation,
            depth: 4,
            width: 6,
            features: FEATURES,
            outputs: OUTPUTS,
            init: Init::Preserve,
            gain: preserving_gain(&activation),
            bias: Some(crate::init::BIAS_DEVIATION),
            residual: false,
            loss: Loss::CrossEntropy,
        };
        let (network, batch) = (perceptron.draw(1, 0), digits_batch(1, 0, 3));
        let (ours, theirs) = (layers(&network, &batch), without_quick(|| layers(&network, &batch)));
        for (ours, theirs) in ours.iter().zip(&theirs) {
            let (ours, theirs) = (ours.weight.as_ref().expect("proven"), theirs.weight.as_ref().expect("proven"));
            for (index, value) in ours.values().indexed_iter() {
                let difference = Float::with_val(2 * PRECISION, value - &theirs.value(index)).abs();
                let allowed = (ours.entry_error(index) + theirs.entry_error(index)).to_float();
                assert!(difference <= allowed, "{activation}: {difference:e} at {index:?}, allowed {allowed:e}");
            }
            let ratio = ours.error.to_float() / theirs.error.to_float();
            assert!(ratio < 1.001 && ratio > 0.999, "{activation}: bounds differ by a factor {ratio}");
        }
    }
}
