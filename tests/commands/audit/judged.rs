//! The judgement of gradients from other programs: zeros, constant factors, models that say nothing, likely models.

use crate::common::tolerances;
use half::{bf16, f16};
use precision_probe::arithmetic::ArithmeticName;
use precision_probe::backprop::gradients;
use precision_probe::exchange::{Activations, Tensor, write_safetensors};
use precision_probe::judgement::Tensor as Part;
use precision_probe::judgement::audit::{
    AuditJudgement, Factor, FactorKind, Outcome, Standing, USUAL_EXCESS, ZeroPlace, judge,
};
use precision_probe::probe::{self, Silent};
use precision_probe::record::{Number, Record};
use precision_probe::report::audit;
use precision_probe::spec::{Data, Files, Model, Plan, Spec};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A network with its batch: values with few bits, exact in every format that is used here.
pub struct Network {
    pub act: &'static str,
    pub weights: Vec<Tensor>,
    pub batch: Vec<Tensor>,
}

/// Whole numbers between −100 and 100 in an order without a pattern, over 2^`shift`.
fn values(count: usize, seed: u64, shift: i32) -> Vec<f64> {
    let mut state = seed.wrapping_mul(2) + 1;
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as i64 % 101 * if state >> 32 & 1 == 0 { 1 } else { -1 }
    };
    (0..count).map(|_| next() as f64 / f64::from(1 << shift)).collect()
}

/// A network of so many units per layer, the inputs first.
pub fn network(act: &'static str, units: &[usize], has_biases: bool, samples: usize) -> Network {
    let mut weights = Vec::new();
    for (layer, pair) in units.windows(2).enumerate() {
        let seed = (layer * 7 + units.len()) as u64;
        let shift = if pair[0] > 6 { 8 } else { 7 };
        let name = |kind: &str| format!("{}.{kind}", 2 * layer);
        weights.push(Tensor::doubles(name("weight"), vec![pair[1], pair[0]], values(pair[0] * pair[1], seed, shift)));
        if has_biases {
            weights.push(Tensor::doubles(name("bias"), vec![pair[1]], values(pair[1], seed + 1000, 8)));
        }
    }
    let (inputs, outputs) = (units[0], units[units.len() - 1]);
    let batch = vec![
        Tensor::doubles("x", vec![samples, inputs], values(samples * inputs, 5, 6)),
        Tensor::doubles("y", vec![samples, outputs], values(samples * outputs, 6, 5)),
    ];
    Network { act, weights, batch }
}

/// One unit and one sample, as bug reports have them.
pub fn single(act: &'static str, weights: [f64; 2], x: &[f64], y: f64) -> Network {
    let one = |name: &str, value: f64| Tensor::doubles(name, vec![1, 1], vec![value]);
    let column = |name: &str, values: Vec<f64>| Tensor::doubles(name, vec![x.len(), 1], values);
    Network {
        act,
        weights: vec![one("0.weight", weights[0]), one("2.weight", weights[1])],
        batch: vec![column("x", x.to_vec()), column("y", vec![y; x.len()])],
    }
}

#[derive(Clone, Copy, PartialEq)]
pub enum Stored {
    F16,
    BF16,
    F32,
    F64,
}

/// Tensors as a file of one type.
pub fn bytes(tensors: &[Tensor], stored: Stored) -> Vec<u8> {
    mixed(tensors, |_| stored)
}

/// Tensors as a file, each in its own type.
pub fn mixed(tensors: &[Tensor], stored: impl Fn(&str) -> Stored) -> Vec<u8> {
    let (mut header, mut data) = (Vec::new(), Vec::new());
    for tensor in tensors {
        let stored = stored(&tensor.name);
        let name = ["F16", "BF16", "F32", "F64"][stored as usize];
        let start = data.len();
        for value in &tensor.values {
            match stored {
                Stored::F16 => data.extend(f16::from_f64(*value).to_le_bytes()),
                Stored::BF16 => data.extend(bf16::from_f64(*value).to_le_bytes()),
                Stored::F32 => data.extend((*value as f32).to_le_bytes()),
                Stored::F64 => data.extend(value.to_le_bytes()),
            }
        }
        let entry = serde_json::json!({ "dtype": name, "shape": tensor.shape, "data_offsets": [start, data.len()] });
        header.push(format!("{}:{entry}", serde_json::json!(tensor.name)));
    }
    let header = format!("{{{}}}", header.join(","));
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &data].concat()
}

/// A network on the disk.
pub struct Place {
    folder: TempDir,
    act: &'static str,
}

impl Place {
    pub fn new(network: &Network) -> Place {
        let folder = TempDir::new().unwrap();
        write_safetensors(&folder.path().join("w.safetensors"), &network.weights).unwrap();
        write_safetensors(&folder.path().join("b.safetensors"), &network.batch).unwrap();
        Place { folder, act: network.act }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn plan(&self, compared: Option<(&Path, f64, &Model)>) -> Plan {
        let (activations, formats) = (vec![self.act.into()], vec!["f64".into()]);
        let mut spec = Spec { activations, formats, data: Data::File, ..Spec::default() };
        let mut files = Files::default();
        files.weights(&mut spec, &self.path("w.safetensors"), None, Some(Activations::Same(self.act.into()))).unwrap();
        files.batch(&mut spec, &self.path("b.safetensors"), None, None).unwrap();
        if let Some((path, scale, model)) = compared {
            files.compare(&mut spec, "theirs", path, None, scale, model).unwrap();
            let compared = &spec.compared[0];
            spec.formats = compared.model.iter().chain(&compared.likely).cloned().collect();
        }
        spec.validate_with(files).unwrap()
    }

    /// The gradients that an arithmetic gives, from the input side to the head.
    pub fn gradients(&self, arithmetic: &str) -> Vec<Tensor> {
        let plan = self.plan(None);
        let probe::Drawn { network, batch } = probe::draw(&plan, &plan.runs[0], 0);
        let mut tensors = Vec::new();
        for layer in gradients(ArithmeticName::parse(arithmetic).unwrap(), &network, &batch) {
            let name = |kind: &str| format!("{}.{kind}", 2 * layer.site);
            if let Some(bias) = &layer.bias {
                tensors.push(Tensor::doubles(
                    name("bias"),
                    vec![bias.len()],
                    bias.iter().map(|x| x.to_f64()).collect(),
                ));
            }
            let (rows, columns) = layer.weight.dim();
            let values = layer.weight.iter().map(|x| x.to_f64()).collect();
            tensors.push(Tensor::doubles(name("weight"), vec![rows, columns], values));
        }
        tensors.reverse();
        tensors
    }

    pub fn record(&self, dump: &[Tensor], stored: Stored, scale: f64, model: &Model) -> Record {
        let path = self.path("g.safetensors");
        std::fs::write(&path, bytes(dump, stored)).unwrap();
        self.record_of(&path, scale, model)
    }

    /// The record of a file of gradients.
    pub fn record_of(&self, path: &Path, scale: f64, model: &Model) -> Record {
        probe::run(&self.plan(Some((path, scale, model))), &Silent)
    }

    pub fn judged(&self, dump: &[Tensor], stored: Stored, model: &Model) -> AuditJudgement {
        judged_at(&self.record(dump, stored, 1.0, model), USUAL_EXCESS)
    }
}

pub fn judged_at(record: &Record, threshold: f64) -> AuditJudgement {
    let mut judgements = judge(record, &record.runs[0], threshold);
    assert_eq!(judgements.len(), 1);
    judgements.remove(0)
}

pub fn times(tensors: &[Tensor], factor: impl Fn(&str) -> f64) -> Vec<Tensor> {
    let mut tensors = tensors.to_vec();
    for tensor in &mut tensors {
        let factor = factor(&tensor.name);
        tensor.values.iter_mut().for_each(|x| *x *= factor);
    }
    tensors
}

/// The layer of a tensor, from 1.
pub fn site_of(name: &str) -> usize {
    name.split_once('.').unwrap().0.parse::<usize>().unwrap() / 2 + 1
}

pub fn named(name: &str) -> Model {
    Model::Named(name.into())
}

pub fn whole(layers: &[usize]) -> Vec<ZeroPlace> {
    layers.iter().map(|layer| ZeroPlace { layer: *layer, tensor: None }).collect()
}

/// Which tensors of a dump are zero, by their names.
type Zeros = fn(&str) -> bool;

/// A network, how its dump is stored, the model, what of it is zero, which places are named, and how many layers are judged.
type ZeroCase = (Network, Stored, &'static str, Zeros, Vec<ZeroPlace>, usize);

/// Ten zero dumps: whole, single layers, single tensors, in several types, shapes and arithmetics, noisy ones too.
#[test]
fn zeros_fail_whatever_the_model() {
    let part = |layer, tensor| vec![ZeroPlace { layer, tensor: Some(tensor) }];
    let cases: [ZeroCase; 10] = [
        (network("relu", &[3, 5, 2], false, 4), Stored::F32, "f32", |_| true, whole(&[1, 2]), 2),
        (network("tanh", &[4, 6, 6, 6, 3], true, 5), Stored::F64, "f64", |name| site_of(name) == 1, whole(&[1]), 4),
        (
            network("gelu", &[2, 9, 3, 7, 2], true, 3),
            Stored::F16,
            "f16:acc=f32",
            |name| site_of(name) == 3,
            whole(&[3]),
            4,
        ),
        (network("elu", &[8, 4, 4, 1], false, 9), Stored::BF16, "bf16", |name| site_of(name) == 3, whole(&[3]), 3),
        (
            network("silu", &[5, 5, 5, 5, 5], false, 2),
            Stored::F32,
            "f32",
            |name| site_of(name).is_multiple_of(2),
            whole(&[2, 4]),
            4,
        ),
        (
            network("softplus", &[3, 4, 4, 2], true, 6),
            Stored::F32,
            "f32",
            |name| name == "2.bias",
            part(2, Part::Bias),
            3,
        ),
        (network("tanh", &[6, 3, 8], true, 4), Stored::F64, "f64", |name| name == "0.weight", part(1, Part::Weight), 2),
        (
            network("leaky", &[4, 7, 7, 7, 4], true, 8),
            Stored::F32,
            "f32",
            |name| site_of(name) < 4,
            whole(&[1, 2, 3]),
            4,
        ),
        // Noise of 0.5 and more, so that zeros lose less than a bit.
        (network("tanh", &[16, 16, 16, 16], false, 8), Stored::F32, "e2m3fn", |_| true, whole(&[1, 2, 3]), 3),
        (network("relu", &[2, 40, 1], true, 1), Stored::F16, "f16", |_| true, whole(&[1, 2]), 2),
    ];
    for (index, (network, stored, model, is_zero, expected, of)) in cases.into_iter().enumerate() {
        let place = Place::new(&network);
        // Of either sign: a product with 0 keeps that of the gradient.
        let dump = times(&place.gradients("f64"), |name| if is_zero(name) { 0.0 } else { 1.0 });
        let judged = place.judged(&dump, stored, &named(model));
        assert_eq!(judged.outcome, Outcome::AllZero { places: expected, of }, "case {index}, {model}: {judged:?}");
        assert_eq!(judged.nearest, None, "case {index}");
    }
}

/// An exact gradient that is zero may be zero in the file, too.
#[test]
fn true_zeros_pass() {
    let mut network = network("relu", &[3, 4, 2], true, 3);
    network.weights[0].values.fill(0.0);
    network.weights[1].values.fill(-1.0);
    let place = Place::new(&network);
    let dump = place.gradients("f64");
    assert!(dump[0].values.iter().chain(&dump[1].values).all(|x| *x == 0.0), "every unit is dead");
    let judged = place.judged(&dump, Stored::F64, &named("f64"));
    assert_eq!(judged.outcome, Outcome::Pass);
}

fn factor(kind: FactorKind, is_negative: bool) -> (FactorKind, bool) {
    (kind, is_negative)
}

/// Ten constant factors, in several types, shapes and arithmetics: each is named as exactly as the noise tells.
#[test]
fn constant_factors_are_recognised_and_fail() {
    let power = |exponent| factor(FactorKind::PowerOfTwo { exponent }, false);
    let two = precision_probe::format::two_to;
    let cases = [
        (network("swish:1.702", &[8, 16, 16, 4], false, 8), Stored::F32, "f32", two(-16), power(-16)),
        (network("swish:1.702", &[8, 16, 16, 4], false, 8), Stored::F32, "f32", 32.0, power(5)),
        (network("tanh", &[4, 5, 5, 5, 2], true, 3), Stored::F64, "f64", two(-40), power(-40)),
        (
            network("relu", &[6, 12, 3], true, 5),
            Stored::F64,
            "f64",
            3.0,
            factor(FactorKind::Integer { number: 3 }, false),
        ),
        (
            network("elu", &[3, 3, 3, 3], false, 10),
            Stored::F32,
            "f32",
            0.1,
            factor(FactorKind::Reciprocal { number: 10 }, false),
        ),
        (
            network("gelu", &[2, 7, 2], true, 4),
            Stored::F32,
            "f32",
            -1.0,
            factor(FactorKind::PowerOfTwo { exponent: 0 }, true),
        ),
        (
            network("silu", &[5, 2, 6, 1], false, 2),
            Stored::F64,
            "f64",
            -0.125,
            factor(FactorKind::PowerOfTwo { exponent: -3 }, true),
        ),
        (network("tanh", &[9, 4, 9], true, 7), Stored::F64, "f64", 0.37, factor(FactorKind::Other, false)),
        (network("tanh", &[4, 8, 8, 2], false, 6), Stored::F16, "f16:acc=f32", 0.25, power(-2)),
        (network("softplus", &[3, 6, 2], true, 4), Stored::BF16, "bf16:acc=f32", 1024.0, power(10)),
    ];
    for (index, (network, stored, model, times_by, expected)) in cases.into_iter().enumerate() {
        let place = Place::new(&network);
        let layers = network.weights.iter().filter(|tensor| tensor.name.ends_with("weight")).count();
        let exact = place.gradients(if stored == Stored::F64 { "f64" } else { "f32" });
        let judged = place.judged(&times(&exact, |_| times_by), stored, &named(model));
        let Outcome::ConstantFactor { factor: Factor { kind, is_negative, log2 }, model: 0, layers: seen } =
            judged.outcome
        else {
            panic!("case {index}, {model}, {times_by}: {judged:?}")
        };
        assert_eq!(((kind, is_negative), seen), (expected, layers), "case {index}, {model}, {times_by}");
        assert!(
            (log2.value() - core_math::log2(times_by.abs())).abs() < tolerances::FACTOR_OF_NOISY_GRADIENTS,
            "case {index}: {log2:?}"
        );
        // Without the factor nothing is wrong.
        assert_eq!(place.judged(&exact, stored, &named(model)).outcome, Outcome::Pass, "case {index}, {model}");
    }
}

/// A loss scale that is divided out is none; one that is divided out twice is named.
#[test]
fn a_given_scale_is_no_factor() {
    let place = Place::new(&network("tanh", &[4, 6, 3], true, 4));
    let dump = times(&place.gradients("f64"), |_| 1024.0);
    let of = |scale: f64| judged_at(&place.record(&dump, Stored::F64, scale, &named("f64")), USUAL_EXCESS).outcome;
    assert_eq!(of(1024.0), Outcome::Pass);
    let twice = of(1024.0 * 1024.0);
    let Outcome::ConstantFactor { factor, layers: 2, .. } = twice else { panic!("{twice:?}") };
    assert_eq!(factor.kind, FactorKind::PowerOfTwo { exponent: -10 });
}

/// What is no constant factor is excess: one layer alone, factors that differ, a factor too near to 1.
#[test]
fn other_factors_are_excess() {
    let place = Place::new(&network("tanh", &[5, 7, 7, 3], true, 6));
    let exact = place.gradients("f64");
    let judged = |by: &dyn Fn(usize) -> f64| {
        let dump = times(&exact, |name| by(site_of(name)));
        place.judged(&dump, Stored::F64, &named("f64"))
    };
    let one = judged(&|layer| if layer == 2 { 2.0 } else { 1.0 });
    assert_eq!(one.outcome, Outcome::Excess { layers: 1 });
    let worst = one.worst().unwrap();
    assert_eq!((worst.layer, worst.factor.unwrap().kind), (2, FactorKind::PowerOfTwo { exponent: 1 }));
    assert_eq!(judged(&|layer| layer as f64).outcome, Outcome::Excess { layers: 2 });
    assert_eq!(judged(&|_| 1.02).outcome, Outcome::Excess { layers: 3 });
    // One layer turned round: direction, not size.
    let turned = judged(&|layer| if layer == 1 { -1.0 } else { 1.0 });
    assert_eq!(turned.outcome, Outcome::WrongDirection { place: 0 });
}

/// A dump in F16 whose exact gradient f16 cannot hold: 82 instead of 336045. No model of that type judges it.
#[test]
fn a_model_that_overflows_says_nothing() {
    let network = single("softplus", [1.0, 1.0], &[5.0, 10.0, 11.0, 12.0, 88.0, 1000.0], 0.0);
    let place = Place::new(&network);
    let one = |name: &str, value: f64| Tensor::doubles(name, vec![1, 1], vec![value]);
    let dump = [one("0.weight", 81.95), one("2.weight", 50.0)];
    for model in [Model::OfType, named("f16:acc=f32"), named("f16")] {
        let judged = place.judged(&dump, Stored::F16, &model);
        assert_eq!(judged.outcome, Outcome::ModelSaysNothing, "{model:?}");
        assert!(judged.models[0].layers.iter().all(|layer| layer.standing == Standing::ModelOverflows));
        assert_eq!((judged.nearest, judged.worst()), (None, None));
    }
    // With more range the fault is seen.
    assert_eq!(place.judged(&dump, Stored::F16, &named("f32")).outcome, Outcome::Excess { layers: 2 });
}

/// Where the model is lost in one layer only, the others decide.
#[test]
fn layers_that_the_model_loses_are_not_judged() {
    let mut network = network("identity", &[2, 3, 2], false, 2);
    // Layer 1's gradient alone is below f16's numbers: the head's weights are tiny.
    network.weights[1].values.iter_mut().for_each(|x| *x = x.signum() * precision_probe::format::two_to(-24));
    network.weights[0].values.iter_mut().for_each(|x| *x *= precision_probe::format::two_to(-2));
    network.batch[0].values.iter_mut().for_each(|x| *x *= precision_probe::format::two_to(-6));
    let place = Place::new(&network);
    let dump = place.gradients("f64");
    let judged = place.judged(&dump, Stored::F64, &named("f16:acc=f32"));
    let standings: Vec<Standing> = judged.models[0].layers.iter().map(|layer| layer.standing).collect();
    assert_eq!(standings, [Standing::ModelUnderflows, Standing::Judged]);
    assert_eq!(judged.outcome, Outcome::Pass);
    let wrong = times(&dump, |name| if site_of(name) == 1 { 7.0 } else { 1.0 });
    assert_eq!(place.judged(&wrong, Stored::F64, &named("f16:acc=f32")).outcome, Outcome::Pass, "judged by layer 2");
    assert_ne!(place.judged(&wrong, Stored::F64, &named("f32")).outcome, Outcome::Pass);
}

/// Formulas of public bug reports: zeros in one layer, and NaN.
#[test]
fn faults_of_other_programs_fail_first() {
    let one = |name: &str, value: f64| Tensor::doubles(name, vec![1, 1], vec![value]);
    // tanh' as 1 − tanh², which is 0 in f32 at −9.01: dW1 is 2.148e-6.
    let x = f64::from(-9.010_914_f32);
    let tanh = Place::new(&single("tanh", [1.0, 1.0], &[x], 1.0));
    let dump = [one("0.weight", 0.0), one("2.weight", 4.0)];
    let judged = tanh.judged(&dump, Stored::F32, &Model::OfType);
    assert_eq!(judged.outcome, Outcome::AllZero { places: whole(&[1]), of: 2 });
    assert!((judged.worst().unwrap().excess.unwrap().value() - 26.5).abs() < tolerances::TENTH_OF_A_BIT, "{judged:?}");
    assert_eq!(judged.refused, (0, 2), "assert_close would pass");
    // elu' as elu + 1, which is 0 in f32 at −20: dW1 is 1.649e-7.
    let elu = Place::new(&single("elu", [1.0, 1.0], &[-20.0], 1.0));
    let judged = elu.judged(&[one("0.weight", 0.0), one("2.weight", 4.0)], Stored::F32, &Model::OfType);
    assert_eq!(judged.outcome, Outcome::AllZero { places: whole(&[1]), of: 2 });
    assert!((judged.worst().unwrap().excess.unwrap().value() - 24.1).abs() < tolerances::TENTH_OF_A_BIT, "{judged:?}");
    // gelu_tanh's x³ overflows in f16 at 256, and its derivative is NaN.
    let gelu = Place::new(&single("gelu_tanh", [1.0, precision_probe::format::two_to(-8)], &[256.0], 0.0));
    let judged = gelu.judged(&[one("0.weight", f64::NAN), one("2.weight", 512.0)], Stored::F16, &Model::OfType);
    assert_eq!(judged.outcome, Outcome::Excess { layers: 1 });
    let worst = judged.worst().unwrap();
    assert_eq!((worst.layer, worst.excess, worst.is_finite), (1, Some(Number::Infinite), false));
}

/// Without a model the likely ones of the type are tried, and the one that computed the gradients is found.
#[test]
fn likely_models_are_tried_and_the_nearest_is_named() {
    let network = network("tanh", &[12, 24, 24, 24, 8], true, 12);
    let place = Place::new(&network);
    for (computed, stored, expected, is_first) in [
        ("f32", Stored::F32, "f32", true),
        // Another order of the same sums.
        ("f32:operands=tf32:sum=pairwise", Stored::F32, "f32:operands=tf32", false),
        ("f16:acc=f32", Stored::F16, "f16:acc=f32", true),
        ("f16:sum=fma", Stored::F16, "f16:sum=fma", false),
        ("bf16", Stored::BF16, "bf16", false),
        ("f64:sum=fma", Stored::F64, "f64:sum=fma", true),
    ] {
        let dump = place.gradients(computed);
        let judged = place.judged(&dump, stored, &Model::OfType);
        let nearest = &judged.models[judged.nearest.unwrap()];
        assert_eq!(nearest.name, expected, "{computed}: {judged:?}");
        assert_eq!(judged.outcome, Outcome::Pass, "{computed}: {judged:?}");
        // The model of the type is enough where it allows the gradients, though another may be nearer.
        assert_eq!(judged.model == 0, is_first, "{computed}: {}", judged.judged().name);
        assert!(judged.models.len() >= 2, "{computed}");
    }
}

/// An error as large as TF32's that is not TF32's explains nothing.
#[test]
fn errors_of_the_right_size_are_not_enough() {
    let place = Place::new(&network("tanh", &[12, 24, 24, 24, 8], true, 12));
    let mut dump = place.gradients("f32");
    let tf32 = place.gradients("f32:operands=tf32");
    for (tensor, rounded) in dump.iter_mut().zip(&tf32) {
        let errors: Vec<f64> = rounded.values.iter().zip(&tensor.values).map(|(x, y)| x - y).collect();
        // The very errors, at other entries.
        let shift = errors.len() / 2 + 1;
        tensor.values.iter_mut().enumerate().for_each(|(place, x)| *x += errors[(place + shift) % errors.len()]);
    }
    let judged = place.judged(&dump, Stored::F32, &Model::OfType);
    assert_eq!(
        (judged.outcome.clone(), judged.judged().name.as_str()),
        (Outcome::Excess { layers: 4 }, "f32"),
        "{judged:?}"
    );
}

/// The threshold is the user's, and every number that fails is above it.
#[test]
fn the_threshold_decides() {
    let place = Place::new(&network("tanh", &[6, 8, 8, 3], true, 5));
    let dump = times(&place.gradients("f32"), |name| if name == "2.weight" { 1.0 + 1e-5 } else { 1.0 });
    let record = place.record(&dump, Stored::F32, 1.0, &named("f32"));
    let excess = judged_at(&record, 1.0).worst().unwrap().excess.unwrap().value();
    assert!(excess > 3.0, "{excess}");
    for (threshold, is_pass) in [(excess + 0.01, true), (excess, true), (excess - 0.01, false), (0.0, false)] {
        assert_eq!(judged_at(&record, threshold).outcome.is_pass(), is_pass, "{threshold}");
    }
    assert!(audit::failure(&audit::audits_at(&record, &record.runs[0], excess)).is_none());
    let failed = audit::failure(&audit::audits_at(&record, &record.runs[0], 0.25)).unwrap();
    assert!(
        failed.contains("layer 2") && failed.contains("--max-excess is 0.25") && !failed.contains('\n'),
        "{failed}"
    );
    assert_eq!(Record::from_json(&record.to_json()).unwrap(), record);
}
