//! Loss scaling against torch.amp.GradScaler, and steps that are skipped.

use super::shared::{bits, named, recipe};
use crate::common::Random;
use ndarray::Array2;
use precision_probe::activation::Activation;
use precision_probe::arithmetic::policy::TrainingPolicy;
use precision_probe::data::{Batch, Targets};
use precision_probe::graph::Network;
use precision_probe::loss::Loss;
use precision_probe::record::training::{End, ScaleChange};
use precision_probe::spec::training::{Optimiser, TrainingScale};
use precision_probe::train::learner::Learner;
use precision_probe::train::loss_scale::Scaler;
use serde_json::{Value, json};

/// The scale as PyTorch's binary32 has it.
fn value(scaler: &Scaler) -> f64 {
    scaler.log2.map_or(0.0, |log2| core_math::exp2(f64::from(log2)))
}

fn count(value: &Value) -> usize {
    value.as_u64().unwrap() as usize
}

#[test]
fn every_trace_of_gradscaler_is_replayed() {
    let fixture: Value = serde_json::from_str(include_str!("../../fixtures/training/grad_scaler.json")).unwrap();
    assert_eq!((&fixture["growth_factor"], &fixture["backoff_factor"]), (&json!(2.0), &json!(0.5)));
    let traces = fixture["traces"].as_array().unwrap();
    assert_eq!(traces.len(), 6);
    for trace in traces {
        let name = &trace["name"];
        let steps = |key: &str| trace[key].as_array().unwrap().iter().map(count).collect::<Vec<usize>>();
        let scale = TrainingScale::Dynamic { growth_interval: count(&trace["growth_interval"]) as u32 };
        let first = core_math::log2(trace["initial_scale"].as_f64().unwrap()) as i32;
        let mut scaler: Scaler = serde_json::from_value(json!({ "log2": first, "clean": 0 })).unwrap();
        if first == 16 {
            assert_eq!(scaler, Scaler::new(scale), "{name}: PyTorch's first scale");
        }
        let (overflows, mut skipped) = (steps("overflows"), Vec::new());
        for (step, expected) in trace["scales"].as_array().unwrap().iter().enumerate() {
            assert_eq!(value(&scaler), expected.as_f64().unwrap(), "{name}, step {step}");
            if scaler.observe(scale, !overflows.contains(&step)) {
                skipped.push(step);
            }
        }
        assert_eq!(value(&scaler), trace["final_scale"].as_f64().unwrap(), "{name} at the end");
        assert_eq!(serde_json::to_value(scaler).unwrap()["clean"], trace["final_tracker"], "{name} at the end");
        assert_eq!(skipped, steps("skipped"), "{name}");
    }
}

#[test]
fn fixed_scales_skip_nothing() {
    for scale in [TrainingScale::None, TrainingScale::PowerOfTwo(7)] {
        let mut scaler = Scaler::new(scale);
        for is_finite in [true, false, false, true] {
            assert!(!scaler.observe(scale, is_finite));
            assert_eq!(scaler, Scaler::new(scale));
        }
    }
}

/// 5 → 6 → 3 units with biases and a learnt slope.
fn network(random: &mut Random) -> Network {
    let mut network = Network::new(Loss::CrossEntropy);
    let mut node = 0;
    for (layer, (inputs, units)) in [(5, 6), (6, 3)].into_iter().enumerate() {
        let mut drawn = |shape| Array2::from_shape_simple_fn(shape, || (random.below(513) as f64 - 256.0) / 512.0);
        let (weight, bias) = (drawn((units, inputs)), drawn((units, 1)));
        node = network.push_affine(&format!("layer.{layer}"), node, weight, Some(bias));
        if layer == 0 {
            node = network.push_activation(Activation::Prelu { slope: 0.25 });
        }
    }
    network
}

/// Samples of which the gradient is about `size`.
fn batch(random: &mut Random, size: f64) -> Batch {
    let inputs = Array2::from_shape_simple_fn((5, 4), || (random.below(513) as f64 - 256.0) / 256.0 * size);
    Batch { inputs, targets: Targets::Classes((0..4).map(|_| random.below(3) as usize).collect()) }
}

fn learner(policy: &str, scale: TrainingScale, network: &Network) -> Learner {
    Learner::new(TrainingPolicy::parse(policy).unwrap(), scale, network)
}

/// f16 holds 2^16 times a gradient below 1, and not one of 64: those steps leave everything as it was but the scale.
#[test]
fn skipped_steps_change_nothing_but_the_scale() {
    let scale = TrainingScale::Dynamic { growth_interval: 3 };
    // PyTorch's ε is 0 in f16, and so are small gradients' squares: 0/0 would end the training.
    let wide = Optimiser::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-3, weight_decay: 0.01, decoupled: true };
    let cases = [(wide, "f16"), (named("adam"), "f16/update=f32"), (named("momentum"), "amp-fp16")];
    for (optimiser, policy) in cases {
        let mut random = Random(11);
        let mut learner = learner(policy, scale, &network(&mut random));
        let recipe = recipe(optimiser, 0.001);
        let mut expected = (16, 0, 0);
        for step in 0..40 {
            let is_large = [5, 6, 20].contains(&step);
            let batch = batch(&mut random, if is_large { 64.0 } else { 1.0 / 256.0 });
            let before = (bits(&learner), learner.updates);
            assert_eq!(learner.setup().log2_loss_scale, expected.0);
            let taken = learner.step(&recipe, step, &batch);
            let is_finite = taken.gradients.iter().all(|gradient| gradient.is_finite());
            let what = format!("{optimiser} in {policy}, step {step}");
            assert_eq!(taken.skipped, !is_finite, "{what}");
            assert!(taken.skipped || !is_large, "{what} has to overflow at 2^{}", expected.0);
            assert_eq!(taken.moment.update, before.1 + 1, "{what}");
            let after = (bits(&learner), learner.updates);
            if taken.skipped {
                assert!(after == before, "{what} is skipped");
                expected = (expected.0 - 1, 0, expected.2 + 1);
            } else {
                assert!(after.0 != before.0, "{what} is an update");
                assert_eq!(after.1, before.1 + 1, "{what}");
                expected.1 += 1;
                if expected.1 == 3 {
                    expected = (expected.0 + 1, 0, expected.2);
                }
            }
            assert_eq!(learner.scaler.log2, Some(expected.0), "{what}");
        }
        assert!(expected.2 >= 3 && learner.updates == 40 - expected.2, "{expected:?}");
        assert_eq!(learner.course.skipped.len() as u64, expected.2);
        assert_eq!(learner.course.scales[0], ScaleChange { step: 0, log2: 16 });
        let last = learner.course.scales.last().unwrap();
        assert_eq!(last.log2, expected.0);
        assert_eq!(learner.course.end, End::Completed);
    }
}

/// Without dynamic scaling an overflow is no reason to stop: the parameters take it, and that ends the training.
#[test]
fn a_fixed_scale_lets_an_overflow_through() {
    let mut random = Random(13);
    let mut learner = learner("f16", TrainingScale::PowerOfTwo(12), &network(&mut random));
    let recipe = recipe(named("sgd"), 0.01);
    for step in 0..3 {
        learner.step(&recipe, step, &batch(&mut random, if step == 2 { 4096.0 } else { 0.0625 }));
    }
    assert_eq!(learner.course.end, End::ParametersNotFinite { step: 2 });
    assert!(!learner.is_learning() && learner.course.skipped.is_empty());
}

/// What is never finite halves the scale down to binary32's smallest number and then to nothing, as in PyTorch.
#[test]
fn a_scale_that_vanishes_ends_the_training() {
    let mut random = Random(14);
    let scale = TrainingScale::Dynamic { growth_interval: 2000 };
    let mut learner = learner("f16", scale, &network(&mut random));
    let spoilt = Batch { inputs: Array2::from_elem((5, 4), 65504.0), ..batch(&mut random, 1.0) };
    let (before, recipe) = (bits(&learner), recipe(named("adam"), 0.01));
    // The forward pass itself overflows, whatever the scale.
    learner.network.parameters[0].values.fill(4.0);
    let spoilt_bits = bits(&learner);
    assert!(before != spoilt_bits);
    let mut step = 0;
    while learner.is_learning() {
        learner.step(&recipe, step, &spoilt);
        step += 1;
        assert!(step < 1000);
    }
    // From 2^16 over 2^-149.
    assert_eq!((step, learner.course.end), (166, End::ScaleVanished { step: 165 }));
    assert!(bits(&learner) == spoilt_bits && learner.updates == 0);
    assert_eq!(learner.course.scales.last(), Some(&ScaleChange { step: 165, log2: -149 }));
}
