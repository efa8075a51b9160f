//! The truth as a whole: dead networks and exponents out of range. That no bound is below the error is shown by `proofs`,
//! and what becomes of branches that no precision decides by `escalation`.

use crate::common::drawn::{batch_for, perceptron};
use ndarray::{Array2, array};
use precision_probe::activation::Activation;
use precision_probe::architecture::mlp::Perceptron;
use precision_probe::arithmetic::ArithmeticName;
use precision_probe::backprop::gradients;
use precision_probe::data::digits_batch;
use precision_probe::data::{Batch, Targets};
use precision_probe::graph::Network;
use precision_probe::init::BIAS_DEVIATION;
use precision_probe::loss::Loss;
use precision_probe::truth::Undecided;
use precision_probe::truth::{Evidence, Prepared, SiteTruth, TrueTensor, TruthPass, Unproven, precision};

fn layers(network: &Network, batch: &Batch, precision: u32) -> Vec<SiteTruth> {
    TruthPass::new(network, &Prepared::new(network), batch, precision, Undecided::Refused).collect()
}

fn mean_squares(inputs: Array2<f64>) -> Batch {
    let samples = inputs.ncols();
    Batch { inputs, targets: Targets::Values(Array2::from_elem((1, samples), 0.25)) }
}

/// Every tensor of a layer, by name.
fn tensors(layer: &SiteTruth) -> Vec<(&'static str, &Result<TrueTensor, Unproven>)> {
    let mut tensors = vec![("dW", &layer.weight), ("delta", &layer.delta)];
    tensors.extend(layer.bias.iter().map(|bias| ("db", bias)));
    tensors.extend(layer.slope.iter().map(|slope| ("ds", slope)));
    tensors
}

/// The whole layer is not established, for one reason.
fn is_lost(layer: &SiteTruth, reason: Unproven) -> bool {
    tensors(layer).iter().all(|(_, tensor)| tensor.as_ref().err() == Some(&reason))
}

/// Width 3 and depth 12: many draws are dead. Every branch is decided, and every gradient that is zero is
/// exactly zero: those are the zeros of doubles, too, since nothing here is near their range or a kink.
#[test]
fn born_dead_networks_are_decided() {
    let f64 = ArithmeticName::parse("f64").unwrap();
    let (mut dead, mut alive) = (0, 0);
    for loss in [Loss::CrossEntropy, Loss::MeanSquaredError] {
        for (seed, bias) in (0..12).flat_map(|seed| [(seed, false), (seed, true)]) {
            let network =
                Perceptron { bias: bias.then_some(BIAS_DEVIATION), loss, ..perceptron(Activation::Relu, 12, 3) }
                    .draw(seed, 0);
            let batch = batch_for(loss, seed, 3);
            let doubles: Vec<_> = gradients(f64, &network, &batch).collect();
            for bits in [64, 192] {
                let prepared = Prepared::new(&network);
                let pass = TruthPass::new(&network, &prepared, &batch, bits, Undecided::Refused);
                assert_eq!(pass.undecided(), None, "{loss:?}, seed {seed}, bias {bias}");
                for (layer, doubles) in pass.zip(&doubles) {
                    assert_eq!(layer.site, doubles.site);
                    let place = format!("{loss:?}, seed {seed}, bias {bias}, {bits} bits: layer {}", layer.site);
                    for (name, tensor) in tensors(&layer) {
                        let doubles = match name {
                            "dW" => &doubles.weight,
                            "db" => doubles.bias.as_ref().expect("a bias"),
                            _ => &doubles.delta,
                        };
                        let evidence = Evidence::of(tensor);
                        let is_all_zero = doubles.iter().all(|x| x.is_zero());
                        assert_eq!(evidence == Evidence::Exact, is_all_zero, "{place}: {name} is {evidence}");
                        assert!(is_all_zero || evidence.reaches(20), "{place}: {name} is {evidence}");
                        let tensor = tensor.as_ref().expect("decided");
                        for (index, value) in tensor.values().indexed_iter() {
                            assert_eq!(value.is_zero(), doubles.get(index).is_zero(), "{place}: {name}{index:?}");
                            assert!(tensor.exact[index] || !value.is_zero(), "{place}: {name}{index:?}");
                        }
                    }
                    if layer.site == 0 && bits == 64 {
                        let is_dead = Evidence::of(&layer.weight) == Evidence::Exact;
                        *(if is_dead { &mut dead } else { &mut alive }) += 1;
                    }
                }
            }
        }
    }
    assert!(dead >= 10 && alive >= 10, "{dead} dead, {alive} alive");
}

/// Two layers of 2^20, then φ: pre-activations of ±2^40.
fn steep(activation: Activation) -> Network {
    let mut network = Network::new(Loss::MeanSquaredError);
    let large = array![[f64::from(1 << 20)]];
    network.push_affine("hidden.1", 0, large.clone(), None);
    let node = network.push_activation(Activation::Identity);
    network.push_affine("hidden.2", node, large, None);
    let node = network.push_activation(activation);
    network.push_affine("head", node, array![[0.5]], None);
    network
}

/// What under- or overflows every exponent is not established, and above all it is not zero.
#[test]
fn exponents_out_of_range_are_not_zeros() {
    let lost = Unproven::ExponentRange;
    let is_proven = |layer: &SiteTruth| matches!(Evidence::of(&layer.weight), Evidence::Proven(bits) if bits > 100);
    let everything = [
        (Activation::Sigmoid, false),
        (Activation::Softplus { beta: 1.0 }, true),
        (Activation::Silu, true),
        (Activation::Mish, true),
        (Activation::Gelu, true),
        (Activation::GeluTanh, true),
    ];
    for (activation, is_steep) in everything {
        let alone = layers(&steep(activation), &mean_squares(array![[-1.0]]), 128);
        assert_eq!(alone.len(), 3);
        // The head's δ is known, but not what it is multiplied by.
        assert_eq!(alone[0].weight.as_ref().err(), Some(&lost), "{activation} itself is out of range");
        assert!(alone[1..].iter().all(|layer| is_lost(layer, lost)), "{activation} itself is out of range");
        // Beside a sample that is not, it is nothing: that one alone decides the gradient.
        let beside = layers(&steep(activation), &mean_squares(array![[-1.0, 1.0]]), 128);
        assert!(is_proven(&beside[0]), "{activation}: {}", Evidence::of(&beside[0].weight));
        assert!(beside[1..].iter().all(|layer| if is_steep { is_proven(layer) } else { is_lost(layer, lost) }));
    }
    // φ is at its limit, and only φ' is out of range: the head is known, nothing below it.
    for (activation, input) in [
        (Activation::Tanh, -1.0),
        (Activation::Tanh, 1.0),
        (Activation::Sigmoid, 1.0),
        (Activation::Elu { alpha: 1.0 }, -1.0),
        (Activation::Selu, -1.0),
    ] {
        let layers = layers(&steep(activation), &mean_squares(array![[input]]), 128);
        assert!(is_proven(&layers[0]), "{activation}");
        assert!(layers[1..].iter().all(|layer| is_lost(layer, lost)), "{activation}' is out of range");
    }
    // Far out, but within the exponents: gradients near 2^-3000000.
    let mut network = steep(Activation::Sigmoid);
    network.parameters[1].values[(0, 0)] = 2.0;
    for layer in layers(&network, &mean_squares(array![[-1.0]]), 128) {
        let weight = layer.weight.expect("within the exponents");
        assert!(weight.value((0, 0)).get_exp().is_some_and(|exponent| exponent < -3_000_000), "no tiny gradient");
        assert!(Evidence::of(&Ok(weight)).reaches(80));
    }
}

/// Depth 50 at the forecast precision, without and with skips: 80 bits of every layer at the first attempt.
#[test]
fn depth_fifty_is_proven_at_the_forecast_precision() {
    let plain = perceptron(Activation::parse("leaky").unwrap(), 50, 64);
    check_forecast(&plain);
    check_forecast(&Perceptron { residual: true, ..plain });
}

fn check_forecast(perceptron: &Perceptron) {
    let network = perceptron.draw(0, 0);
    let batch = digits_batch(0, 0, 4);
    let prepared = Prepared::new(&network);
    let bits = precision::forecast(&network, &prepared, &batch, 80);
    assert!(bits <= 448, "a forecast of {bits} bits");
    let pass = TruthPass::new(&network, &prepared, &batch, bits, Undecided::Refused);
    assert_eq!(pass.undecided(), None);
    let mut layers = 0;
    for layer in pass {
        for (name, tensor) in tensors(&layer) {
            let evidence = Evidence::of(tensor);
            assert!(evidence.reaches(80), "{name}[{}] at {bits} bits is {evidence}", layer.site);
        }
        layers += 1;
    }
    assert_eq!(layers, 51);
}

/// The same bits and bounds with one thread and with three.
#[test]
fn threads_change_nothing() {
    let network = Perceptron { residual: true, ..perceptron(Activation::Prelu { slope: 0.25 }, 5, 6) }.draw(3, 0);
    let batch = digits_batch(3, 0, 7);
    let with_threads = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let bits = precision::forecast(&network, &Prepared::new(&network), &batch, 80);
            let layers = layers(&network, &batch, bits);
            (bits, layers.iter().map(|layer| format!("{layer:?}")).collect::<Vec<_>>())
        })
    };
    assert_eq!(with_threads(1), with_threads(3));
}
