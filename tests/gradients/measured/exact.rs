//! The state of the exact gradient.

use crate::common::Random;
use crate::common::given::{Given, Layer, literal, values};
use crate::common::tolerances;
use precision_probe::record::{Attribute, ExactSite, Number, Record, Zero, ZeroReason};

fn exact(record: &Record) -> Vec<&ExactSite> {
    let trials = record.runs[0].truth.sites.iter().map(|layer| &layer.trials[0]);
    trials.map(|trial| trial.exact.as_deref().expect("recorded")).collect()
}

const fn zero(reason: ZeroReason, layer: usize, ends_after_one_step: Option<bool>) -> Option<Zero> {
    Some(Zero { reason, site: Some(layer), ends_after_one_step })
}

const fn without_layer(reason: ZeroReason) -> Option<Zero> {
    Some(Zero { reason, site: None, ends_after_one_step: None })
}

/// The reason of every layer; and a gradient is zero just where there is one.
fn check(name: &str, given: &Given, expected: &[Option<Zero>]) {
    let record = given.measured(&["f32"], Attribute::None);
    for (index, (layer, expected)) in exact(&record).into_iter().zip(expected).enumerate() {
        assert_eq!(layer.zero, *expected, "{name}: layer {}", index + 1);
        assert_eq!(layer.log2_gradient == Number::MinusInfinite, expected.is_some(), "{name}: layer {}", index + 1);
    }
    assert_eq!(exact(&record).len(), expected.len(), "{name}");
}

const HALVES: &[&[f64]] = &[&[1.0, -0.5], &[0.25, 2.0]];
const HEAD: &[&[f64]] = &[&[1.0, -2.0]];
const INPUTS: &[&[f64]] = &[&[1.0, 3.0], &[-2.0, 0.5]];
const NONE: &[f64] = &[];

/// Two zero factors never live; one lives after a step of the other.
#[test]
fn zero_weights_of_two_factors() {
    use ZeroReason::*;
    let (silent, silent_head): (&[&[f64]], &[&[f64]]) = (&[&[0.0, 0.0], &[0.0, 0.0]], &[&[0.0, -0.0]]);
    let of = |layers: &[Layer], expected: &[Option<Zero>]| {
        let targets: &[&[f64]] = &[&[1.0], &[-2.0]];
        check("factors", &literal("identity", layers, INPUTS, targets), expected);
    };
    of(&[(HALVES, NONE), (silent_head, NONE)], &[zero(ZeroWeights, 2, Some(true)), None]);
    of(&[(silent, NONE), (silent_head, NONE)], &[zero(ZeroWeights, 2, Some(false)), zero(ZeroInputs, 2, None)]);
    of(&[(silent, NONE), (HEAD, NONE)], &[None, zero(ZeroInputs, 2, None)]);
    // In the middle: what lies below gets nothing, what lies above sees zeros.
    let expected =
        [zero(ZeroWeights, 3, Some(true)), zero(ZeroWeights, 3, Some(true)), None, zero(ZeroInputs, 4, None)];
    of(&[(HALVES, NONE), (HALVES, NONE), (silent, NONE), (HEAD, NONE)], &expected);
    // Two in a row: the upper one is the reason below it, and moves no more than the lower one.
    let expected = [
        zero(ZeroWeights, 3, Some(false)),
        zero(ZeroWeights, 3, Some(false)),
        zero(ZeroInputs, 3, None),
        zero(ZeroInputs, 4, None),
    ];
    of(&[(HALVES, NONE), (silent, NONE), (silent, NONE), (HEAD, NONE)], &expected);
    // A row alone that is zero passes the other one on.
    let half: &[&[f64]] = &[&[0.0, 0.0], &[0.5, 1.0]];
    of(&[(HALVES, NONE), (half, NONE), (HEAD, NONE)], &[None, None, None]);
}

/// Outputs that are what they should be.
#[test]
fn a_loss_at_its_minimum() {
    // W₂W₁x of both samples.
    let targets: &[&[f64]] = &[&[-13.0], &[-3.25]];
    let reason = without_layer(ZeroReason::LossAtMinimum);
    let given = literal("identity", &[(HALVES, NONE), (HEAD, NONE)], INPUTS, targets);
    check("loss", &given, &[reason, reason]);
    let off: &[&[f64]] = &[&[-13.0], &[-3.5]];
    check("one sample off", &Given { wanted: values(off), ..given }, &[None, None]);
}

/// Units that are off for every sample, and what lies below and above them.
#[test]
fn dead_units_and_what_they_put_out() {
    use ZeroReason::*;
    let targets: &[&[f64]] = &[&[1.0], &[-2.0]];
    let (off, on) = (&[-100.0, -100.0][..], &[1.0, 1.0][..]);
    let layers: &[Layer] = &[(HALVES, on), (HALVES, off), (HEAD, &[0.5])];
    let dead = zero(DeadUnits, 2, None);
    check("biases", &literal("relu", layers, INPUTS, targets), &[dead, dead, None]);
    // Without biases the head sees nothing but zeros.
    let negative: &[&[f64]] = &[&[-1.0, -0.5], &[-0.25, -2.0]];
    let inputs: &[&[f64]] = &[&[1.0, 3.0], &[2.0, 0.5]];
    let layers: &[Layer] = &[(negative, NONE), (HEAD, NONE)];
    let expected = [zero(DeadUnits, 1, None), zero(ZeroInputs, 2, None)];
    check("weights", &literal("relu", layers, inputs, targets), &expected);
    // hardtanh has a second flat side.
    let large: &[&[f64]] = &[&[100.0, 70.0], &[-90.0, -80.0]];
    let layers: &[Layer] = &[(large, NONE), (HEAD, NONE)];
    check("hardtanh", &literal("hardtanh", layers, inputs, targets), &[zero(DeadUnits, 1, None), None]);
    // A unit that is off where the other is on.
    let layers: &[Layer] = &[(HALVES, NONE), (HEAD, NONE)];
    check("some", &literal("relu", layers, INPUTS, targets), &[None, None]);
}

/// Inputs that are zero; biases live on.
#[test]
fn zero_inputs_are_the_data_or_the_layer_before() {
    use ZeroReason::*;
    let (inputs, targets): (&[&[f64]], &[&[f64]]) = (&[&[0.0, 0.0], &[0.0, 0.0]], &[&[1.0], &[-2.0]]);
    let layers: &[Layer] = &[(HALVES, NONE), (HEAD, NONE)];
    let given = literal("tanh", layers, inputs, targets);
    check("data", &given, &[zero(ZeroInputs, 1, None), zero(ZeroInputs, 2, None)]);
    let layers: &[Layer] = &[(HALVES, &[1.0, 2.0]), (HEAD, &[0.5])];
    let alive = literal("tanh", layers, inputs, targets);
    check("biases", &alive, &[None, None]);
    // The weights alone are zero, the layer is not.
    let record = alive.measured(&["f32"], Attribute::None);
    assert_eq!(record.runs[0].truth.sites[0].trials[0].log2_norm, Number::MinusInfinite);
    // One sample is zero, and of the other one every unit is on the flat side.
    let inputs: &[&[f64]] = &[&[0.0, 0.0], &[100.0, 100.0]];
    let layers: &[Layer] = &[(HALVES, NONE), (HEAD, NONE)];
    let expected = [zero(ZeroInputs, 1, None), None];
    check("one of each", &literal("hardtanh", layers, inputs, targets), &expected);
}

/// Terms that are not zero, with a sum that is.
#[test]
fn sums_that_cancel() {
    let cancels = without_layer(ZeroReason::Cancels);
    // Two samples with the same inputs and opposite residuals: the outputs are −13.
    let inputs: &[&[f64]] = &[&[1.0, 3.0], &[1.0, 3.0]];
    let layers: &[Layer] = &[(HALVES, NONE), (HEAD, NONE)];
    let given = literal("identity", layers, inputs, &[&[-12.0], &[-14.0]]);
    check("samples", &given, &[cancels, cancels]);
    // Two outputs that pull one unit both ways.
    let (one, two): (&[&[f64]], &[&[f64]]) = (&[&[1.0, 1.0]], &[&[1.0], &[1.0]]);
    let layers: &[Layer] = &[(one, NONE), (two, NONE)];
    let given = literal("identity", layers, &[&[1.0, 3.0]], &[&[3.0, 5.0]]);
    check("outputs", &given, &[cancels, None]);
}

/// Every size by hand: W₁ = 2, b₁ = −1, W₂ = 3, b₂ = 0, two samples.
#[test]
fn sizes_of_a_network_of_two_units() {
    let layers: &[Layer] = &[(&[&[2.0]], &[-1.0]), (&[&[3.0]], &[0.0])];
    // z₁ = a₁ = (1, 7), y = (3, 21), δ₂ = y − t = (1, −1), δ₁ = (3, −3).
    let given = literal("identity", layers, &[&[1.0], &[4.0]], &[&[2.0], &[22.0]]);
    let record = given.measured(&["f32"], Attribute::None);
    let [first, head] = exact(&record)[..] else { panic!("two layers") };
    let log2 = |square: f64| Number::new(core_math::log2(square) / 2.0);
    let found = |layer: &ExactSite| {
        let ExactSite { log2_gradient, log2_weights, log2_inputs, log2_outputs, log2_derivatives, log2_delta, .. } =
            *layer;
        [log2_gradient, log2_weights, log2_inputs, log2_outputs, log2_derivatives, log2_delta]
    };
    // dW₁ = 3 − 12 = −9, db₁ = 0; dW₂ = 1 − 7 = −6, db₂ = 0.
    assert_eq!(found(first), [40.5, 4.0, 8.5, 25.0, 1.0, 9.0].map(log2));
    assert_eq!(found(head), [18.0, 9.0, 25.0, 225.0, 1.0, 1.0].map(log2));
    // σ² = 2·(Σ‖c‖² − ‖g‖²/2): c₁ = (3, 3), (−12, −3); c₂ = (1, 1), (−7, −1).
    assert_eq!(first.log2_minibatch_noise, log2(2.0 * (18.0 + 153.0 - 40.5)));
    assert_eq!(head.log2_minibatch_noise, log2(2.0 * (2.0 + 50.0 - 18.0)));
    assert!(!first.minibatch_noise_at_most && first.zero.is_none());
}

/// Sizes belong together in drawn networks of every kind, with skips and without.
#[test]
fn sizes_are_told_of_every_drawn_network() {
    use precision_probe::probe::{Silent, run};
    use precision_probe::spec::Spec;
    let mut random = Random(17);
    for activation in ["relu", "tanh", "prelu", "softplus"] {
        let (residual, bias) = (random.below(2) == 0, random.below(2) == 0);
        let spec = Spec {
            activations: vec![activation.into()],
            depth: 6,
            width: 12,
            batch: 5,
            trials: 2,
            residual,
            bias,
            formats: vec!["f16".into()],
            ..Spec::default()
        };
        let record = run(&spec.validate().unwrap(), &Silent);
        let layers = &record.runs[0].truth.sites;
        for (index, layer) in layers.iter().enumerate() {
            for (number, trial) in layer.trials.iter().enumerate() {
                let exact = trial.exact.as_deref().unwrap();
                // Without biases it is the norm of the weights' gradient, divided by the root of their number.
                if !bias {
                    let inputs = if index == 0 { 64.0 } else { 12.0 };
                    let units = if index + 1 == layers.len() { 10.0 } else { 12.0 };
                    let size = trial.log2_norm.value() - core_math::log2(inputs * units) / 2.0;
                    assert!(
                        (exact.log2_gradient.value() - size).abs() < tolerances::RECORDED_LOG2,
                        "{exact:?} is not {size}"
                    );
                }
                if let Some(next) = layers.get(index + 1) {
                    assert_eq!(exact.log2_outputs, next.trials[number].exact.as_deref().unwrap().log2_inputs);
                }
                assert!(exact.log2_minibatch_noise.finite().is_some() && exact.zero.is_none(), "{exact:?}");
            }
        }
    }
}
