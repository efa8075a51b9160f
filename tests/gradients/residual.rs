//! Residual networks: rounding by hand, and what the record says of the scale.

use crate::common::assert_same_matrix;
use crate::common::erased::named;
use crate::common::given::probe;
use ndarray::{Array2, arr2};
use precision_probe::activation::Activation;
use precision_probe::architecture::mlp::residual_scale;
use precision_probe::arithmetic::Exact;
use precision_probe::backprop::gradients;
use precision_probe::data::{Batch, Targets};
use precision_probe::graph::{Network, Operation};
use precision_probe::init::Init;
use precision_probe::loss::Loss;
use precision_probe::record::{Number, Record};
use precision_probe::spec::Spec;

/// Two hidden layers of one leaky unit (slope 1/4) around skips, in a format of 3 bits and exponents −2 to 3,
/// whose 0.7 is 3/4. Ties go to even; "→" is one rounding:
///
/// ```text
/// x = 5/4
/// layer 1    z = 5/4·5/4 = 25/16 → 3/2           φ = 3/2            s·φ = 3/4·3/2 = 9/8 → 1
///            a = 1 + 5/4 = 9/4 → 2               (5/2 if s·φ were not rounded first)
/// layer 2    z = −5/8·2 = −5/4                   φ = −5/16          s·φ = −15/64 → −1/4
///            a = −1/4 + 2 = 7/4
/// head       y = 5/4·7/4 = 35/16 → 2             δ = (2 − 1/2)·2 = 3            dW = 3·7/4 = 21/4 → 5
/// layer 2    g = 5/4·3 = 15/4 → 4   R(s·g) = 3   δ = 3·1/4 = 3/4                dW = 3/4·2 = 3/2
///            Wᵀδ = −5/8·3/4 = −15/32 → −1/2      branch first, skip last: −1/2 + 4 = 7/2
/// layer 1    R(s·7/2) = 21/8 → 5/2               δ = 5/2·1                      dW = 5/2·5/4 = 25/8 → 3
/// ```
#[test]
fn a_residual_network_rounded_by_hand() {
    let mut network = Network::new(Loss::MeanSquaredError);
    let mut below = 0;
    for (name, weight) in [("hidden.1", 1.25), ("hidden.2", -0.625)] {
        network.push_affine(name, below, arr2(&[[weight]]), None);
        let activated = network.push_activation(Activation::Leaky { slope: 0.25 });
        let branch = network.push_scale(activated, 0.7);
        below = network.push_add(branch, below);
    }
    network.push_affine("head", below, arr2(&[[1.25]]), None);
    let batch = Batch { inputs: arr2(&[[1.25]]), targets: Targets::Values(arr2(&[[0.5]])) };
    let expected = [(2.0, 3.0, 5.0), (-1.25, 0.75, 1.5), (1.5, 2.5, 3.0)];
    let layers: Vec<_> = gradients(named("e3m2ieee"), &network, &batch).collect();
    assert_eq!(layers.len(), 3);
    for (layer, (z, delta, weight)) in layers.iter().zip(expected) {
        for (name, value, actual) in
            [("z", z, &layer.preactivation), ("δ", delta, &layer.delta), ("dW", weight, &layer.weight)]
        {
            let value = Array2::from_elem((1, 1), Exact::Double(value));
            assert_same_matrix(&value, actual, || format!("{name} of layer {}", layer.site));
        }
    }
}

/// The record has the exact factor where there is one and says nothing of it where there is none; a format that
/// cannot hold it has storage noise.
#[test]
fn the_record_has_the_exact_scale() {
    let formats = ["f16", "f64", "e4m3fn"].map(String::from).to_vec();
    let plain = Spec { depth: 5, width: 6, batch: 3, trials: 1, formats, ..Spec::default() };
    let record = probe(&Spec { residual: true, ..plain.clone() });
    let json = record.to_json();
    assert!(json.contains(r#""bias":false,"residual":true,"#) && json.contains(r#""residual_scale":0.447265625,"#));
    assert_eq!(Record::from_json(&json).unwrap(), record);
    assert_eq!(record.runs[0].residual_scale, Some(residual_scale(5)));
    assert!(!probe(&plain).to_json().contains("residual_scale"));
    for arithmetic in &record.runs[0].arithmetics[..2] {
        assert_eq!(arithmetic.storage_noise, Number::Finite(0.0), "{}", arithmetic.name);
    }
    assert!(record.runs[0].arithmetics[2].storage_noise.value() > 0.0);
}

/// Storing the factor is storage noise like a parameter's.
#[test]
fn the_scale_is_stored() {
    use precision_probe::arithmetic::dispatch::{StorageNoise, dispatch};
    let mut network = Network::new(Loss::MeanSquaredError);
    network.push_affine("hidden.1", 0, arr2(&[[1.0]]), None);
    let activated = network.push_activation(Activation::Identity);
    network.push_scale(activated, residual_scale(50));
    assert!(matches!(network.nodes[3].operation, Operation::Scale { factor: 0.1416015625 }));
    let noise = |name: &str| dispatch(named(name), StorageNoise(&[&network.scales()]));
    assert_eq!(noise("bf16"), 0.0);
    // 145/1024 lies between 144 and 160 1024ths of e4m3fn.
    assert_eq!(noise("e4m3fn"), 1.0 / 145.0);
}

/// torch's biases are part of the spec that the record holds.
#[test]
fn torch_implies_biases_in_the_record() {
    let spec = Spec { init: Init::Torch, depth: 2, width: 4, batch: 2, trials: 1, ..Spec::default() };
    let record = probe(&spec);
    assert!(record.spec.bias);
    assert_eq!(record.spec_hash, probe(&Spec { bias: true, ..spec }).spec_hash);
    let tensors = &record.runs[0].arithmetics[0].sites[0].trials[0].tensors;
    assert!(tensors.iter().any(|tensor| tensor.tensor == "bias"));
}
