//! Roles: which arithmetic rounds what. A log of every operation against a table, a network calculated by hand
//! with another format in each role, and the plain run as a policy.

use super::logged::{Asked, Logged};
use crate::common::assert_same_matrix;
use crate::common::drawn::perceptron;
use crate::common::erased::named;
use ndarray::arr2;
use precision_probe::activation::{ALL, Activation, Function};
use precision_probe::architecture::mlp::Perceptron;
use precision_probe::arithmetic::{Binary, Exact, Numbers, Policy};
use precision_probe::backprop::{Pass, SiteGradients, gradients};
use precision_probe::data::digits_batch;
use precision_probe::data::{Batch, Targets};
use precision_probe::graph::Network;
use precision_probe::loss::Loss;
use precision_probe::number::Number;
use precision_probe::record::Record;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// How often each role did what.
type Log = Arc<Mutex<BTreeMap<(&'static str, &'static str), usize>>>;

/// f64 that counts what it is asked for.
fn counting(role: &'static str, log: &Log) -> Arc<impl Numbers + use<>> {
    let log = log.clone();
    Arc::new(Logged::new(move |_, asked: Asked, _: &[f64]| {
        let what = match asked {
            Asked::Round => "round",
            Asked::Dot { has_last: true } => "dot and bias",
            Asked::Dot { has_last: false } => "dot",
            Asked::Apply(Function::Value(_)) => "φ",
            Asked::Apply(Function::Derivative(_)) => "φ'",
            Asked::Apply(Function::Exp) => "exp",
            Asked::Apply(Function::SquareRoot) => "√",
            Asked::Binary(Binary::Add) => "add",
            Asked::Binary(Binary::Subtract) => "subtract",
            Asked::Binary(Binary::Multiply) => "multiply",
            Asked::Binary(Binary::Divide) => "divide",
        };
        *log.lock().unwrap().entry((role, what)).or_default() += 1;
    }))
}

/// x → 2 leaky units → 2 leaky units with a skip → 1 output.
fn residual_network() -> (Network, Batch) {
    let mut network = Network::new(Loss::MeanSquaredError);
    let leaky = Activation::Leaky { slope: 0.25 };
    let first = network.push_affine("hidden.1", 0, arr2(&[[1.0, -0.5], [0.25, 1.5]]), Some(arr2(&[[0.5], [-1.0]])));
    let below = network.push_activation(leaky);
    network.push_affine("hidden.2", below, arr2(&[[0.5, 0.75], [-1.25, 1.0]]), None);
    let branch = network.push_activation(leaky);
    let scaled = network.push_scale(branch, 0.5);
    let sum = network.push_add(scaled, below);
    network.push_affine("head", sum, arr2(&[[1.0, -1.0]]), None);
    assert_eq!(first, 1);
    let batch = Batch { inputs: arr2(&[[1.0], [0.5]]), targets: Targets::Values(arr2(&[[0.25]])) };
    (network, batch)
}

#[test]
fn every_operation_belongs_to_its_role() {
    let (network, batch) = residual_network();
    let log: Log = Arc::default();
    let layers = Pass::new(&network, &batch, counting("forward", &log), counting("backward", &log)).count();
    assert_eq!(layers, 3);
    let counted: Vec<_> = log.lock().unwrap().iter().map(|((role, what), count)| (*role, *what, *count)).collect();
    let expected = [
        // gather: what arrives below the skip from branch and skip (2)
        ("backward", "add", 2),
        // dW: 2 + 4 + 4; Wᵀδ of head and hidden.2: 2 + 2; db of hidden.1: 2
        ("backward", "dot", 16),
        // R(R(y − t)·R(2/n)): 1; s·g: 2; g·φ': 2 + 2
        ("backward", "multiply", 7),
        // y, t, 2/n: 3; a of the three layers: 2 + 2 + 2; W of head and hidden.2 again: 2 + 4; s: 1; φ': 2 + 2;
        // ones of db's sum: 1
        ("backward", "round", 21),
        ("backward", "subtract", 1),
        // s·φ(z) + a
        ("forward", "add", 2),
        // hidden.2 and head
        ("forward", "dot", 3),
        ("forward", "dot and bias", 2),
        ("forward", "multiply", 2),
        // x: 2; W: 4 + 4 + 2; b: 2; s: 1
        ("forward", "round", 15),
        ("forward", "φ", 4),
        ("forward", "φ'", 4),
    ];
    assert_eq!(counted, expected);
}

/// Calculated step by step with fractions: storage of 5, forward of 4, backward of 3 significand bits.
#[test]
fn a_network_calculated_by_hand_in_three_formats() {
    let mut network = Network::new(Loss::MeanSquaredError);
    let weight = arr2(&[[1.40625, -0.71875], [0.40625, -1.15625]]);
    network.push_affine("hidden.1", 0, weight, None);
    let activation = network.push_activation(Activation::Leaky { slope: 0.25 });
    network.push_affine("head", activation, arr2(&[[1.28125, -0.84375]]), None);
    let batch = Batch { inputs: arr2(&[[1.21875], [0.78125]]), targets: Targets::Values(arr2(&[[0.59375]])) };
    let run =
        |policy: &str| -> Vec<SiteGradients> { gradients(Policy::parse(policy).unwrap(), &network, &batch).collect() };
    let numbers = |layers: &[SiteGradients]| -> Vec<Vec<f64>> {
        let of = |layer: &SiteGradients| {
            [&layer.preactivation, &layer.delta, &layer.weight].map(|m| m.to_array().map(Exact::to_f64))
        };
        layers.iter().flat_map(of).map(|matrix| matrix.into_iter().collect()).collect()
    };
    let expected: Vec<Vec<f64>> = vec![
        vec![1.625],                 // y
        vec![1.75],                  // R₃(R₃(R₃(y) − R₃(R₅(t)))·2)
        vec![2.0, -0.15625],         // R₃(δ·R₃(a)), a = (1.25, −0.09375)
        vec![1.25, -0.375],          // z
        vec![2.0, -0.375],           // R₃(R₃(R₃(R₅(w))·δ)·φ')
        vec![2.5, 1.5, -0.5, -0.25], // R₃(δ·R₃(R₄(R₅(x))))
    ];
    let policy = "storage=e5m4/forward=e5m3/backward=e5m2";
    assert_eq!(numbers(&run(policy)), expected);
    // Roles that are mistaken for each other are noticed.
    for wrong in [
        "storage=e5m4/forward=e5m2/backward=e5m3",
        "storage=e5m3/forward=e5m4/backward=e5m2",
        "storage=e5m2/forward=e5m3/backward=e5m4",
        "forward=e5m3/backward=e5m3",
        "forward=e5m2/backward=e5m2",
    ] {
        assert_ne!(numbers(&run(wrong)), expected, "{wrong}");
    }
}

fn drawn(activation: Activation, residual: bool) -> (Network, Batch) {
    let perceptron = Perceptron { gain: 1.5, residual, ..perceptron(activation, 3, 7) };
    (perceptron.draw(1, 0), digits_batch(1, 0, 3))
}

/// A policy with the same arithmetic in every role is the plain run, bit for bit, whatever carries its numbers.
#[test]
fn the_same_arithmetic_in_every_role_is_the_plain_run() {
    let mut compared = 0;
    for name in ["f16", "bf16:acc=f32", "e4m3fn:acc=f32", "e5m2", "f32", "f64", "mpfr:70", "f16:acc=mpfr:60"] {
        let format = name.split(":acc").next().unwrap();
        for policy in
            [format!("forward={name}/backward={name}"), format!("storage={format}/forward={name}/backward={name}")]
        {
            let policy = Policy::parse(&policy).unwrap();
            for activation in ALL.into_iter().step_by(3) {
                let (network, batch) = drawn(activation, compared % 2 == 0);
                let plain = gradients(named(name), &network, &batch);
                for (ours, theirs) in gradients(policy, &network, &batch).zip(plain) {
                    let what = || format!("{policy}, {activation}, layer {}", ours.site);
                    assert_same_matrix(&theirs.weight, &ours.weight, what);
                    assert_same_matrix(&theirs.delta, &ours.delta, what);
                    assert_same_matrix(&theirs.preactivation, &ours.preactivation, what);
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 500, "{compared}");
}

/// On the command line policies stand among the arithmetics, are measured, named as a remedy, and can be asked for.
#[test]
fn policies_are_measured_and_named_as_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let small = ["--act", "relu", "--depth", "40", "--width", "24", "--batch", "8", "--trials", "3"];
        let command = assert_cmd::Command::cargo_bin("precision-probe").unwrap().args(small).args(arguments).output();
        command.unwrap()
    };
    let out = folder.path().join("report");
    let formats = "f16,forward=f32/backward=half,amp-bf16";
    let output =
        run(&["--formats", formats, "--fail-on", "dead@backward=f16/forward=f32", "--out", out.to_str().unwrap()]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("forward in f32 makes every layer sound in 3 of 3 trials"), "{text}");
    let record = Record::from_json(&std::fs::read_to_string(out.join("record.json")).unwrap()).unwrap();
    let names: Vec<&str> = record.runs[0].arithmetics.iter().map(|arithmetic| arithmetic.name.as_str()).collect();
    assert_eq!(names, ["f16", "forward=f32/backward=f16", "amp-bf16"]);
    // Drawn parameters are exact in f32.
    assert!(record.runs[0].arithmetics.iter().all(|arithmetic| arithmetic.storage_noise == Number::new(0.0)));
    for (wrong, words) in [("forward=f32", "`backward` is missing"), ("amp-fp8", "did you mean `amp-fp16`")] {
        let output = run(&["--formats", wrong]);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(message.contains(words), "{message}");
    }
}
