//! What may differ from the plain run: carriers that stand in for unbounded exponents, the loss scale, frozen
//! branches of φ', a range without its precision.

use crate::common::assert_same_matrix;
use crate::common::drawn::{batch_for, perceptron};
use crate::common::erased::named;
use precision_probe::activation::Activation;
use precision_probe::architecture::mlp::Perceptron;
use precision_probe::arithmetic::Policy;
use precision_probe::arithmetic::long::Long;
use precision_probe::backprop::{ForwardRun, Part, Pass, Setup, SiteGradients, gradients};
use precision_probe::data::Batch;
use precision_probe::data::digits_batch;
use precision_probe::format::Format;
use precision_probe::graph::Network;
use precision_probe::loss::Loss;
use std::sync::Arc;

fn network(activation: &str, depth: usize, width: usize, gain: f64, loss: Loss) -> Network {
    let activation = Activation::parse(activation).unwrap();
    Perceptron { gain, loss, ..perceptron(activation, depth, width) }.draw(11, 0)
}

fn assert_same_layers(what: &str, expected: &[SiteGradients], actual: &[SiteGradients]) {
    assert_eq!(expected.len(), actual.len(), "{what}");
    for (expected, actual) in expected.iter().zip(actual) {
        let tensors = |layer: &SiteGradients| {
            let optional = [layer.bias.clone(), layer.slope.clone()];
            let always = [&layer.weight, &layer.delta, &layer.preactivation, &layer.input].map(Clone::clone);
            always.into_iter().chain(optional.into_iter().flatten()).collect::<Vec<_>>()
        };
        for (left, right) in tensors(expected).iter().zip(&tensors(actual)) {
            assert_same_matrix(left, right, || format!("{what}, layer {}", expected.site));
        }
    }
}

/// Unbounded exponents in double lanes: the bits of MPFR's definition, and where gradients leave the lanes' exponents
/// (squared ReLU doubles them layer by layer, a small gain shrinks them, a large one makes e^(−1000) of an activation and
/// of a share of softmax) the run goes on in wide doubles or MPFR unnoticed.
#[test]
fn lanes_stand_in_for_unbounded_exponents() {
    let mut beyond = 0;
    for (activation, depth, gain, loss) in [
        ("leaky", 6, 1.4, Loss::CrossEntropy),
        ("tanh", 5, 2.0, Loss::MeanSquaredError),
        ("sigmoid", 6, 1.0, Loss::CrossEntropy),
        ("hardswish", 4, 1.5, Loss::CrossEntropy),
        ("prelu", 4, 1.5, Loss::CrossEntropy),
        ("relu2", 10, 1.0, Loss::MeanSquaredError),
        ("relu2", 11, 3.0, Loss::MeanSquaredError),
        ("identity", 40, 0.0004, Loss::MeanSquaredError),
        ("tanh", 30, 0.001, Loss::CrossEntropy),
        ("silu", 5, 30.0, Loss::CrossEntropy),
        ("gelu", 4, 10.0, Loss::MeanSquaredError),
        ("mish", 5, 30.0, Loss::CrossEntropy),
        ("hardswish", 5, 30.0, Loss::CrossEntropy),
        ("prelu", 9, 30.0, Loss::CrossEntropy),
    ] {
        let network = network(activation, depth, 8, gain, loss);
        let batch = batch_for(loss, 11, 4);
        for name in ["mpfr:11", "mpfr:4:acc=mpfr:24", "mpfr:24", "mpfr:53"].map(named) {
            let long = Arc::new(Long::new(name));
            let expected: Vec<_> = Pass::new(&network, &batch, long.clone(), long).collect();
            let actual: Vec<_> = gradients(name, &network, &batch).collect();
            assert_same_layers(&format!("{activation} in {name}"), &expected, &actual);
            let exponents = expected.iter().flat_map(|layer| layer.weight.iter().chain(layer.preactivation.iter()));
            let far = exponents.filter_map(|x| x.exponent()).any(|exponent| exponent.abs() > 520);
            beyond += usize::from(far);
        }
    }
    assert!(beyond >= 8, "only {beyond} runs left the lanes' exponents");
}

/// Roles as one type each, and one of them unbounded: as MPFR numbers give it.
#[test]
fn a_role_may_be_unbounded_and_the_other_not() {
    let network = network("leaky", 4, 8, 1.4, Loss::CrossEntropy);
    let batch = digits_batch(11, 0, 4);
    for (forward, backward) in
        [("f16", "mpfr:53"), ("mpfr:53", "f16"), ("mpfr:200", "bf16"), ("f16:acc=f32", "mpfr:24")]
    {
        let policy = Policy { storage: None, forward: named(forward), backward: named(backward) };
        let expected = of_long(&policy, &network, &batch);
        let actual: Vec<_> = gradients(policy, &network, &batch).collect();
        assert_same_layers(&policy.to_string(), &expected, &actual);
        let shared = ForwardRun::new(&policy, Part::Whole, &network, &batch);
        let both: Vec<_> = (0..2).map(|_| shared.backward(&policy.into()).collect::<Vec<_>>()).collect();
        assert_same_layers("shared", &expected, &both[0]);
        assert_same_layers("shared again", &expected, &both[1]);
    }
}

fn of_long(policy: &Policy, network: &Network, batch: &Batch) -> Vec<SiteGradients> {
    let (up, down) = (Arc::new(Long::new(policy.forward)), Arc::new(Long::new(policy.backward)));
    Pass::new(network, batch, up, down).collect()
}

/// What overflows in f16's forward pass is infinite in any arithmetic's backward pass: no reason for lanes to
/// give up, and the bits are the definition's, NaN among them.
#[test]
fn infinities_of_another_role_pass_through_lanes() {
    for activation in ["silu", "leaky", "hardswish", "tanhshrink"] {
        let network = network(activation, 8, 8, 30.0, Loss::CrossEntropy);
        let batch = digits_batch(11, 0, 4);
        for backward in ["mpfr:53", "mpfr:11", "mpfr:24"] {
            let policy = Policy { storage: None, forward: named("f16"), backward: named(backward) };
            let expected = of_long(&policy, &network, &batch);
            let actual: Vec<_> = gradients(policy, &network, &batch).collect();
            assert_same_layers(&format!("{activation} in {policy}"), &expected, &actual);
            assert!(expected.iter().any(|layer| !layer.weight.is_finite()), "{activation}: nothing overflowed");
        }
    }
}

fn is_apart_from_the_ends(layers: &[SiteGradients], format: &Format, scales: &[i32]) -> bool {
    let (low, high) = (format.smallest_normal_exponent().unwrap(), format.max_exponent().unwrap());
    let entries = layers.iter().flat_map(|layer| layer.weight.iter().chain(layer.delta.iter()));
    let exponents: Vec<i64> = entries.filter_map(|x| x.exponent()).collect();
    let (least, most) = (exponents.iter().min().unwrap(), exponents.iter().max().unwrap());
    scales.iter().all(|&scale| least + i64::from(scale) >= i64::from(low) && most + i64::from(scale) <= i64::from(high))
}

/// A loss scale that neither flushes nor overflows anything commutes with every rounding: not one bit of the gradients
/// changes. bf16 has the room; the products' sums need it too, which the exponents' distance from both ends gives.
#[test]
fn a_power_of_two_that_flushes_nothing_changes_nothing() {
    for (activation, name) in [("leaky", "bf16"), ("tanh", "bf16:acc=f32"), ("prelu", "f32"), ("gelu", "e8m4")] {
        let network = network(activation, 6, 12, 1.4, Loss::CrossEntropy);
        let batch = digits_batch(11, 0, 8);
        let plain: Vec<_> = gradients(named(name), &network, &batch).collect();
        let scales = [-20, -3, 1, 10, 30];
        assert!(is_apart_from_the_ends(&plain, &named(name).format, &[-60, 60]), "{activation}: the precondition");
        for log2_loss_scale in scales {
            let setup = Setup { log2_loss_scale, ..named(name).into() };
            let scaled: Vec<_> = gradients(setup, &network, &batch).collect();
            assert_same_layers(&format!("{activation} in {name}, 2^{log2_loss_scale}"), &plain, &scaled);
        }
    }
    // Where it does flush, a scale shows: sigmoid's small gradients in f16.
    let network = network("sigmoid", 14, 12, 1.4, Loss::CrossEntropy);
    let batch = digits_batch(11, 0, 8);
    let zeros = |log2_loss_scale| {
        let setup = Setup { log2_loss_scale, ..named("f16").into() };
        let layers = gradients(setup, &network, &batch);
        layers.map(|layer| layer.weight.iter().filter(|g| g.is_zero()).count()).sum::<usize>()
    };
    assert!(zeros(0) > 10 * zeros(12).max(1), "{} and {} zeros", zeros(0), zeros(12));
}

/// With its own branches given a run is itself; with another run's it differs where they do.
#[test]
fn branches_can_be_held() {
    for activation in ["relu", "leaky", "prelu", "hardswish", "selu", "hardtanh"] {
        let network = network(activation, 5, 16, 1.4, Loss::CrossEntropy);
        let batch = digits_batch(11, 0, 16);
        let run = |name: &str| ForwardRun::new(&named(name).into(), Part::Whole, &network, &batch);
        let (coarse, fine) = (run("e8m4"), run("f64"));
        let own = Setup { branches: Some(Arc::new(coarse.branches())), ..named("e8m4").into() };
        let plain: Vec<_> = coarse.backward(&named("e8m4").into()).collect();
        assert_same_layers(activation, &plain, &coarse.backward(&own).collect::<Vec<_>>());
        assert_ne!(coarse.branches(), fine.branches(), "{activation}: 5 bits flip branches");
        let other = Setup { branches: Some(Arc::new(fine.branches())), ..named("e8m4").into() };
        let changed: Vec<_> = coarse.backward(&other).collect();
        assert!(plain.iter().zip(&changed).any(|(plain, changed)| plain.weight != changed.weight), "{activation}");
    }
}

/// The range alone: doubles, until something would be subnormal in f16; with sums and products in range it is f64.
#[test]
fn a_range_without_precision_rounds_only_at_its_ends() {
    let network = network("leaky", 4, 12, 1.4, Loss::CrossEntropy);
    let batch = digits_batch(11, 0, 4);
    let alone = |name: &str| Setup { part: Part::RangeAlone, ..named(name).into() };
    let double: Vec<_> = gradients(named("f64"), &network, &batch).collect();
    assert_same_layers("bf16's range", &double, &gradients(alone("bf16"), &network, &batch).collect::<Vec<_>>());
    let narrow: Vec<_> = gradients(alone("f16"), &network, &batch).collect();
    let (mut coarse, mut differ) = (0, 0);
    for (double, narrow) in double.iter().zip(&narrow) {
        for (double, narrow) in double.weight.iter().zip(narrow.weight.iter()) {
            differ += usize::from(double != narrow);
            if narrow.exponent().is_some_and(|exponent| exponent < -14) {
                // A multiple of 2^-24.
                coarse += 1;
                assert_eq!((narrow.to_f64() * 16777216.0).fract(), 0.0);
            }
        }
    }
    assert!(coarse > 20 && differ > 20, "{coarse} subnormal, {differ} different");
    let overflowing = gradients(alone("e4m3fn"), &network, &batch)
        .flat_map(|layer| layer.preactivation.to_array())
        .any(|z| !z.is_finite());
    assert!(!overflowing, "pre-activations of a few units lie far below 448");
    let flooded: Vec<_> = {
        let network = self::network("leaky", 4, 12, 40.0, Loss::CrossEntropy);
        let layers = gradients(alone("e4m3fn"), &network, &batch);
        layers.flat_map(|layer| layer.preactivation.to_array()).filter(|z| !z.is_finite()).collect()
    };
    assert!(!flooded.is_empty(), "a gain of 40 leaves the range");
}
