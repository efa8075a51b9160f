//! The choice of the proof changes how well the exact gradient is known, and nothing that is measured with it.

use ndarray::{Array2, arr2};
use precision_probe::activation::Activation;
use precision_probe::arithmetic::Policy;
use precision_probe::data::{Batch, Targets};
use precision_probe::graph::{Network, Node, Operation};
use precision_probe::loss::Loss;
use precision_probe::probe::measure::measure;
use precision_probe::probe::{self, Silent};
use precision_probe::record::{Evidence, Proof, Record};
use precision_probe::spec::Spec;

fn record(activation: &str, truth: Proof) -> Record {
    let formats = ["f16", "f32"].map(String::from).to_vec();
    let spec = Spec {
        activations: vec![activation.into()],
        depth: 7,
        width: 12,
        batch: 6,
        trials: 2,
        bias: true,
        residual: true,
        formats,
        truth,
        ..Spec::default()
    };
    probe::run(&spec.validate().unwrap(), &Silent)
}

/// Without what differs: the choice, the bits that are proven, and those with which they are.
fn bare(mut record: Record) -> Record {
    record.spec.truth = Proof::Norm;
    record.spec_hash.clear();
    for run in &mut record.runs {
        run.truth.proofs.clear();
        run.truth.precision.clear();
        run.truth.evidence = Evidence::Exact {};
        run.truth.sites.iter_mut().flat_map(|site| &mut site.trials).for_each(|one| one.evidence = Evidence::Exact {});
    }
    record
}

#[test]
fn the_proof_changes_no_measurement() {
    for activation in ["leaky", "prelu", "tanh", "elu", "hardswish"] {
        let norm = record(activation, Proof::Norm);
        assert!(norm.runs[0].truth.proofs.is_empty());
        for choice in [Proof::Enclosure, Proof::Both] {
            let other = record(activation, choice);
            let truth = &other.runs[0].truth;
            assert_eq!(truth.proofs, [choice; 2], "{activation}");
            for trial in truth.sites.iter().flat_map(|site| &site.trials) {
                let is_enough = matches!(trial.evidence, Evidence::Proven { bits: 80.. } | Evidence::Exact {});
                assert!(is_enough, "{activation}: {:?}", trial.evidence);
            }
            assert!(bare(other) == bare(norm.clone()), "{activation} by {choice:?}");
        }
    }
}

/// Two units have the same value of tanh, so that a third one's pre-activation is 0: no bound decides on which side of ReLU's
/// kink it lies. Nobody reads that unit, so that enclosures do not need to know.
#[test]
fn a_kink_that_no_bound_decides_is_enclosed() {
    let mut network = Network::new(Loss::MeanSquaredError);
    let push = |network: &mut Network, input, name: &str, weight: Array2<f64>, activation: Option<Activation>| {
        let affine = network.push_affine(name, input, weight, None);
        match activation {
            Some(activation) => network.push_activation(activation),
            None => affine,
        }
    };
    let first = push(&mut network, 0, "hidden.1", arr2(&[[0.5, 0.25], [0.5, 0.25]]), Some(Activation::Tanh));
    let second = push(&mut network, first, "hidden.2", arr2(&[[1.0, -1.0], [1.0, 0.5]]), Some(Activation::Relu));
    push(&mut network, second, "head", arr2(&[[0.0, 2.0]]), None);
    assert!(matches!(network.nodes[0], Node { operation: Operation::Input, .. }));
    let batch = Batch { inputs: arr2(&[[1.0], [0.75]]), targets: Targets::Values(arr2(&[[0.125]])) };
    let measured = measure(&network, &batch, &[Policy::parse("f32").unwrap()], 80, &|| ());
    assert_eq!(measured.proof, Proof::Enclosure);
    for site in &measured.sites {
        assert!(site.evidence.reaches(80), "{}: {}", site.name, site.evidence);
    }
    // Read by the head, it leaves the gradient open: its share is between nothing and all of it.
    network.parameters.last_mut().expect("the head's weights").values[(0, 0)] = 1.0;
    let measured = measure(&network, &batch, &[], 80, &|| ());
    assert_eq!(measured.proof, Proof::Norm);
    assert!(!measured.sites[0].evidence.reaches(1), "{}", measured.sites[0].evidence);
}
