//! A layer's gradient: weights and biases as one vector, and the rows of the weights.

use super::{arithmetics, trial};
use crate::common::given::{Given, Layer, literal};
use crate::common::tolerances;
use precision_probe::probe::{Silent, run};
use precision_probe::record::{Attribute, Number, Rows, Spec, Verdict};

/// Wrong by half or more, by 100 % or more, all, and ghosts.
fn counted(wrong: u64, wholly_wrong: u64, of: u64, ghosts: u64) -> Rows {
    Rows { wrong, wholly_wrong: Some(wholly_wrong), of, ghosts }
}

/// Inputs that are zero: the weights' gradient is, the layer's is not.
#[test]
fn a_bias_keeps_a_layer_alive() {
    let (inputs, targets): (&[&[f64]], &[&[f64]]) = (&[&[0.0; 3] as &[f64]; 4], &[&[1.0], &[-2.0], &[0.5], &[1.5]]);
    let first: &[&[f64]] = &[&[1.0, 2.0, 3.0], &[-1.0, 0.5, 0.25]];
    let layers: &[Layer] = &[(first, &[0.75, -0.3]), (&[&[1.5, -0.5]], &[0.0])];
    let record = literal("tanh", layers, inputs, targets).measured(&["bf16", "f16", "e4m3fn:acc=f32"], Attribute::None);
    for (index, arithmetic) in arithmetics(&record).iter().enumerate() {
        let layer = trial(&record, index, 1);
        let gradient = layer.gradient.expect("the layer has biases");
        assert_eq!((gradient.weight, layer.tensors[0].noise_to_signal), (Verdict::Zero, Number::None));
        // All of the layer's gradient is its bias's.
        assert_eq!((layer.verdict, gradient.noise_to_signal), (gradient.bias, layer.tensors[1].noise_to_signal));
        assert_eq!(gradient.descent, layer.tensors[1].descent);
        assert!(layer.verdict.has_noise(), "{}", arithmetic.name);
        assert_eq!(layer.rows, Some(counted(0, 0, 0, 0)), "every row is zero in truth");
        let quantiles = arithmetic.sites[0].gradient.expect("the layer has biases");
        assert_eq!((quantiles.median, quantiles.count), (gradient.noise_to_signal, 1));
        assert_eq!(arithmetic.sites[0].noise_to_signal.count, 0);
    }
}

/// A bias gradient that overflows, sums of 128 equal terms, makes its layer overflow; one that stagnates makes it wrong.
#[test]
fn a_bias_decides_where_it_is_the_gradient() {
    let inputs: Vec<&[f64]> = vec![&[0.125]; 128];
    // δ is 2/128 of the residual: 512 each, 65536 together.
    let targets: Vec<&[f64]> = vec![&[-32768.0]; 128];
    let layers: &[Layer] = &[(&[&[1.0]], &[0.0]), (&[&[1.0]], &[-0.125])];
    let given = literal("identity", layers, &inputs, &targets);
    let record = given.measured(&["f16", "bf16", "f16:acc=f32"], Attribute::None);
    for layer in [1, 2] {
        let gradient = trial(&record, 0, layer).gradient.unwrap();
        assert_eq!((gradient.bias, gradient.weight), (Verdict::Overflow, Verdict::Sound), "layer {layer}");
        assert_eq!((trial(&record, 0, layer).verdict, gradient.noise_to_signal), (Verdict::Overflow, Number::Infinite));
        // 512·128 is a number of bf16, and no partial sum needs more than 8 bits.
        assert_eq!(trial(&record, 1, layer).verdict, Verdict::Sound);
    }
    assert_eq!(arithmetics(&record)[0].verdict.verdict, Verdict::Overflow);
    assert_eq!(arithmetics(&record)[0].sites[0].fates.overflowed, 0, "fates are those of the weights");
    // 1600 equal terms stagnate at 256 of them in bf16, whatever else the layer learns.
    let inputs: Vec<&[f64]> = vec![&[0.0]; 1600];
    let targets: Vec<&[f64]> = vec![&[-800.0]; 1600];
    let given = literal("identity", layers, &inputs, &targets);
    let record = given.measured(&["bf16", "bf16:acc=f32"], Attribute::None);
    let stagnating = trial(&record, 0, 2).gradient.unwrap();
    assert_eq!((stagnating.bias, trial(&record, 0, 2).verdict), (Verdict::Noisy, Verdict::Noisy));
    assert!((0.8..0.9).contains(&stagnating.noise_to_signal.value()), "{stagnating:?}");
    assert_eq!(trial(&record, 1, 2).verdict, Verdict::Sound);
}

/// Half of the energy flushed in the bias is underflow; zeros that the twin has too are not.
#[test]
fn a_bias_has_a_twin() {
    // δ = 2^-26·residual per sample: below f16's smallest number, and above with a scale.
    let tiny = precision_probe::format::two_to(-26);
    let targets: &[&[f64]] = &[&[tiny], &[tiny]];
    let layers: &[Layer] = &[(&[&[1.0]], &[0.0]), (&[&[1.0]], &[0.0])];
    let given = literal("relu", layers, &[&[0.0], &[0.0]], targets);
    let record = given.measured(&["f16", "bf16"], Attribute::None);
    let gradient = trial(&record, 0, 2).gradient.unwrap();
    assert_eq!((gradient.weight, gradient.bias), (Verdict::Zero, Verdict::Underflow));
    assert_eq!(trial(&record, 0, 2).verdict, Verdict::Underflow);
    assert_eq!(trial(&record, 1, 2).verdict, Verdict::Sound);
    // 1 + 2^-12 − 1 is 0 in f16 with any exponents: the bias gradient is cut, not flushed.
    let close = 1.0 + precision_probe::format::two_to(-12);
    let layers: &[Layer] = &[(&[&[1.0]], &[1.0]), (&[&[1.0]], &[0.0])];
    let given = literal("identity", layers, &[&[0.0]], &[&[close]]);
    let record = given.measured(&["f16:acc=f32"], Attribute::All);
    let gradient = trial(&record, 0, 1).gradient.unwrap();
    assert_eq!((gradient.bias, trial(&record, 0, 1).verdict), (Verdict::Chaotic, Verdict::Chaotic), "{gradient:?}");
    assert_eq!(gradient.noise_to_signal, Number::Finite(1.0));
}

/// Without biases nothing is joined, with them the joint number lies between those of the two.
#[test]
fn the_joint_number_lies_between_its_parts() {
    let spec = |bias| Spec {
        activations: vec!["leaky".into()],
        formats: vec!["f16".into(), "bf16:acc=f32".into(), "e5m2:acc=f32".into()],
        depth: 6,
        width: 10,
        batch: 6,
        trials: 3,
        bias,
        ..Spec::default()
    };
    for bias in [false, true] {
        let record = run(&spec(bias).validate().unwrap(), &Silent);
        for layer in arithmetics(&record).iter().flat_map(|arithmetic| &arithmetic.sites) {
            assert_eq!(layer.gradient.is_some(), bias);
            for trial in &layer.trials {
                let Some(gradient) = trial.gradient else {
                    assert!(!bias);
                    continue;
                };
                let [weight, own] = [0, 1].map(|index| trial.tensors[index].noise_to_signal.value());
                let joint = gradient.noise_to_signal.value();
                assert!((weight.min(own)..=weight.max(own)).contains(&joint), "{joint} of {weight} and {own}");
                assert_eq!(trial.noise(), (gradient.noise_to_signal, gradient.at_most));
                // Of the two norms.
                let square = |index: usize| {
                    let tensor = &trial.tensors[index];
                    [tensor.log2_noise, tensor.log2_signal].map(|log2| core_math::exp2(2.0 * log2.value()))
                };
                let ([noise, signal], [own_noise, own_signal]) = (square(0), square(1));
                let expected = ((noise + own_noise) / (signal + own_signal)).sqrt();
                assert!((joint - expected).abs() < tolerances::RECORDED_LOG2 * expected, "{joint} is not {expected}");
            }
        }
    }
}

/// The softmax of 512 nearly equal outputs is 1/256 in bf16, whose sum stands at 256: every row but that of the label is
/// wrong by all of itself or, where its exact share is larger, by nearly as much.
#[test]
fn rows_that_a_stagnating_sum_makes_wrong() {
    let step = precision_probe::format::two_to(-12);
    let rows: Vec<[f64; 1]> = (0..512).map(|class| [if class % 2 == 0 { step } else { -step }]).collect();
    let rows: Vec<&[f64]> = rows.iter().map(|row| &row[..]).collect();
    let mut network = precision_probe::graph::Network::new(precision_probe::loss::Loss::CrossEntropy);
    let weight = ndarray::Array2::from_shape_fn((512, 1), |(class, _)| rows[class][0]);
    let hidden = network.push_affine("0", 0, ndarray::Array2::from_elem((1, 1), 1.0), None);
    let activation = network.push_activation(precision_probe::activation::Activation::parse("identity").unwrap());
    assert_eq!((hidden, activation), (1, 2));
    network.push_affine("2", activation, weight, None);
    let batch = precision_probe::data::Batch {
        inputs: ndarray::Array2::from_elem((1, 1), 1.0),
        targets: precision_probe::data::Targets::Classes(vec![0]),
    };
    let policies = ["bf16", "bf16:acc=f32"].map(|name| precision_probe::arithmetic::Policy::parse(name).unwrap());
    let measured = precision_probe::probe::measure::measure(&network, &batch, &policies, 53, &|| ());
    let head = &measured.sites[1];
    let rows = [0, 1].map(|index| head.arithmetics[index].rows.unwrap());
    assert_eq!(rows, [counted(511, 256, 512, 0), counted(0, 0, 512, 0)]);
    let noise = head.arithmetics[0].tensors[0].noise_to_signal.value();
    assert!((noise - 0.04424).abs() < tolerances::FIVE_DECIMALS, "{noise}");
}

/// A row of a unit that is off in truth and on in the arithmetic is a ghost; rows without a gradient do not count.
#[test]
fn ghosts_are_counted_apart() {
    let tiny = |exponent| precision_probe::format::two_to(exponent);
    // In truth −2^-12 + 2^-14; f16 has no 1 + 2^-12, so that 2^-14 is left.
    let first: &[&[f64]] = &[&[1.0, 1.0 + tiny(-12), tiny(-14)], &[1.0, 0.5, 1.0], &[-1.0, 1.0, -1.0]];
    let layers: &[Layer] = &[(first, &[]), (&[&[1.0, 1.0, 1.0]], &[])];
    let given = literal("relu", layers, &[&[1.0, -1.0, 1.0]], &[&[2.0]]);
    let record = given.measured(&["f16", "f32"], Attribute::None);
    let found = [0, 1].map(|index| trial(&record, index, 1).rows.unwrap());
    assert_eq!(found, [counted(0, 0, 1, 1), counted(0, 0, 1, 0)]);
    // With a slope of a half below zero no row is zero, and the first is wrong by all of itself but for 1e-4.
    let record = Given { activation: "leaky:0.5", ..given }.measured(&["f16", "f32"], Attribute::None);
    let found = [0, 1].map(|index| trial(&record, index, 1).rows.unwrap());
    assert_eq!(found, [counted(1, 0, 3, 0), counted(0, 0, 3, 0)]);
}
