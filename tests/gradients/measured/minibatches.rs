//! Minibatch noise from one batch, against batches that are drawn.

use crate::common::exhaustive;
use crate::common::tolerances;
use precision_probe::data::minibatches::Minibatches;
use precision_probe::data::rows::Rows;
use precision_probe::probe::measure::measure;
use precision_probe::probe::{network, perceptron};
use precision_probe::spec::Spec;
use precision_probe::train::spread::MinibatchSpread;

/// Samples of the digits that minibatches are drawn from.
const TRAINED: usize = 1437;

/// What one batch says of others lies, over as many batches, around what training measures between them: the spread is
/// within the least and the greatest of the estimates, and by no more than a fifth off their root mean square, three
/// times what 44 batches leave open.
#[test]
fn one_batch_tells_the_spread_of_many() {
    for activation in exhaustive(vec!["leaky"], vec!["leaky", "tanh", "relu", "gelu"]) {
        let spec = Spec { activations: vec![activation.into()], depth: 4, width: 24, ..Spec::default() };
        let plan = spec.validate().unwrap();
        assert_eq!(perceptron(&plan, plan.runs[0].first()).depth, 4);
        let network = network(&plan, &plan.runs[0], 0);
        let minibatches = Minibatches::new(3, 32, Rows::Digits, TRAINED);
        let batches: Vec<_> = (0..minibatches.per_epoch()).map(|step| minibatches.at(step)).collect();
        let spread = MinibatchSpread::of(&network, &batches);
        let measured: Vec<_> = batches.iter().map(|batch| measure(&network, batch, &[], 53, &|| ())).collect();
        for layer in 0..network.sites.len() {
            let told: Vec<f64> = (measured.iter())
                .map(|measured| core_math::exp2(measured.sites[layer].exact.log2_minibatch_noise.value()))
                .collect();
            let spread = core_math::exp2(spread.log2_of(layer).value());
            let (least, most) = told.iter().fold((f64::INFINITY, 0.0f64), |(a, b), x| (a.min(*x), b.max(*x)));
            assert!((least..=most).contains(&spread), "{activation}: {spread} is not among {least} to {most}");
            let mean = (told.iter().map(|x| x * x).sum::<f64>() / told.len() as f64).sqrt();
            assert!(
                (spread / mean - 1.0).abs() < tolerances::SPREAD_OF_44_BATCHES,
                "{activation}, layer {}: {spread}, {mean}",
                layer + 1
            );
        }
    }
}
