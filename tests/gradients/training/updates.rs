//! Counts of lost updates against counts in rational numbers, at every step of small trainings.

use super::exactly::{Rows, clip, due, gradients, rational};
use super::shared::{learner, named, recipe};
use crate::common::Random;
use crate::common::tolerances;
use ndarray::Array2;
use precision_probe::activation::Activation;
use precision_probe::data::{Batch, Targets};
use precision_probe::graph::Network;
use precision_probe::loss::Loss;
use precision_probe::number::Number;
use precision_probe::record::training::{Measure, Updates};
use precision_probe::spec::training::Optimiser;
use precision_probe::train::learner::{CompletedStep, Learner, Recipe};
use precision_probe::train::measured::OwnMeasurement;
use rug::Rational;

const STEPS: usize = 6;

/// A number of so many eighths, up to ±1.
fn eighths(random: &mut Random) -> f64 {
    (random.below(17) as f64 - 8.0) / 8.0
}

/// 4 → 5 → 3 → 2 units; two activations, biases in all layers but one.
fn network(random: &mut Random, activations: [Activation; 2]) -> Network {
    let mut network = Network::new(Loss::MeanSquaredError);
    let mut node = 0;
    for (layer, (inputs, units)) in [(4, 5), (5, 3), (3, 2)].into_iter().enumerate() {
        let mut drawn = |shape| Array2::from_shape_simple_fn(shape, || eighths(random));
        let (weight, bias) = (drawn((units, inputs)), drawn((units, 1)));
        node = network.push_affine(&format!("layer.{layer}"), node, weight, (layer != 1).then_some(bias));
        if let Some(activation) = activations.get(layer) {
            node = network.push_activation(*activation);
        }
    }
    network
}

/// Three samples: their number is no power of two, so that gradients have rounding errors.
fn batch(random: &mut Random) -> Batch {
    let inputs = Array2::from_shape_simple_fn((4, 3), || eighths(random));
    Batch { inputs, targets: Targets::Values(Array2::from_shape_simple_fn((2, 3), || eighths(random))) }
}

/// The counts of a layer; Σ Δ² over its lost updates, Σ Δ̂Δ, and Σ Δ² over all due ones.
fn counted(
    before: &Learner,
    after: &Learner,
    recipe: &Recipe,
    taken: &CompletedStep,
    exact: &[Rows],
    layer: usize,
) -> (Updates, [Rational; 3]) {
    let mut counts = Updates::default();
    let [mut lost, mut arrived, mut all] = [(); 3].map(|()| Rational::new());
    for parameter in before.network.site_parameters()[layer].into_iter().flatten() {
        for ((row, column), &theta) in before.network.parameters[parameter].values.indexed_iter() {
            let moved = after.network.parameters[parameter].values[(row, column)];
            let state: Vec<f64> = before.state[parameter].iter().map(|state| state[(row, column)]).collect();
            let due = due(&recipe.optimiser, taken.moment, theta, &state, &exact[parameter][row][column]);
            counts.parameters += 1;
            counts.overflowed += u64::from(!moved.is_finite());
            if due == 0 {
                continue;
            }
            counts.due += 1;
            let energy = Rational::from(&due * &due);
            all += &energy;
            arrived += (rational(moved) - rational(theta)) * &due;
            if moved == theta {
                counts.lost += 1;
                counts.absorbed += u64::from(!taken.gradients[parameter].get((row, column)).is_zero());
                lost += &energy;
            } else if moved.is_finite() && (moved > theta) != (due > 0) {
                counts.wrong_sign += 1;
            }
        }
    }
    (counts, [lost, arrived, all])
}

/// Measures one step and holds it against the count.
fn hold(learner: &mut Learner, recipe: &Recipe, step: usize, batches: &[Batch]) -> Measure {
    learner.rekey(recipe.seed, step);
    let own = OwnMeasurement::measure(learner, batches, 80.into(), 1);
    let before = learner.clone();
    let taken = learner.step(recipe, step, &batches[0]);
    let measure = own.finish(learner, recipe, step, &taken, None, f64::NAN);
    let mut exact = gradients(&before.network, &batches[0]);
    if let Some(most) = recipe.clip_norm {
        clip(most, &mut exact);
    }
    for (layer, measured) in measure.sites.iter().enumerate() {
        let what = || format!("{}, {}, step {step}, layer {layer}", learner.policy, recipe.optimiser);
        let (counts, [lost, arrived, all]) = counted(&before, learner, recipe, &taken, &exact, layer);
        assert_eq!(measured.updates, counts, "{}", what());
        if all == 0 {
            assert_eq!((measured.lost_energy, measured.update_descent), (Number::None, Number::None), "{}", what());
        } else {
            for (part, found) in [(&lost, measured.lost_energy), (&arrived, measured.update_descent)] {
                let (share, found) = (Rational::from(part / &all).to_f64(), found.value());
                assert!(
                    (share - found).abs() <= tolerances::RECORDED * share.abs(),
                    "{}: {found} is not {share}",
                    what()
                );
            }
        }
    }
    measure
}

fn optimisers() -> Vec<(Optimiser, f64)> {
    let sgd =
        |momentum, dampening, nesterov, weight_decay| Optimiser::Sgd { momentum, dampening, nesterov, weight_decay };
    let coupled = Optimiser::Adam { beta1: 0.4, beta2: 0.9, epsilon: 0.01, weight_decay: 0.25, decoupled: false };
    let decoupled = Optimiser::Adam { beta1: 0.9, beta2: 0.99, epsilon: 0.01, weight_decay: 0.5, decoupled: true };
    vec![
        (named("sgd"), 0.03),
        (named("momentum"), 0.002),
        (sgd(0.5, 0.25, false, 0.01), 0.05),
        (sgd(0.75, 0.0, true, 0.125), 0.01),
        (coupled, 0.004),
        (decoupled, 0.002),
    ]
}

#[test]
fn counts_of_lost_updates_are_exact() {
    let activations = [
        [Activation::Relu, Activation::Leaky { slope: 0.25 }],
        [Activation::Prelu { slope: 0.125 }, Activation::Identity],
    ];
    let policies =
        ["f16", "bf16", "e4m3fn", "f32", "bf16/update=f32", "f16/update=f32/master=f16", "bf16:round=stochastic"];
    let mut total = Updates::default();
    for (index, policy) in policies.into_iter().enumerate() {
        let mut of_policy = Updates::default();
        for (optimiser, rate) in optimisers() {
            for activations in activations {
                let mut random = Random(100 + index as u64);
                let mut learner = learner(policy, &network(&mut random, activations));
                for step in 0..STEPS {
                    let batches = [batch(&mut random), batch(&mut random)];
                    let measure = hold(&mut learner, &recipe(optimiser, rate), step, &batches);
                    of_policy = of_policy.plus(measure.updates());
                }
            }
        }
        assert_eq!((of_policy.undecided, of_policy.overflowed), (0, 0), "{policy}");
        assert!(2 * of_policy.due > of_policy.parameters, "{policy}: {of_policy:?}");
        total = total.plus(of_policy);
    }
    // Nothing of it is empty: updates are lost with and without a computed gradient, and go the wrong way.
    assert!(total.lost > total.absorbed && total.absorbed > 100 && total.wrong_sign > 10, "{total:?}");
}

/// The same with clipping, at every step and at none: the true update is that of the exact gradient, clipped by its norm.
#[test]
fn counts_of_clipped_updates_are_exact() {
    let activations = [Activation::Leaky { slope: 0.5 }, Activation::Relu];
    for (optimiser, rate) in optimisers() {
        for most in [0.01, 1000.0] {
            let mut random = Random(7);
            let mut learner = learner("f16", &network(&mut random, activations));
            for step in 0..STEPS {
                let batches = [batch(&mut random), batch(&mut random)];
                let clipped = Recipe { clip_norm: Some(most), ..recipe(optimiser, rate) };
                hold(&mut learner, &clipped, step, &batches);
            }
        }
    }
}

/// A step that loss scaling skips loses all that is due.
#[test]
fn all_updates_of_a_skipped_step_are_lost() {
    use precision_probe::arithmetic::policy::TrainingPolicy;
    use precision_probe::spec::training::TrainingScale;
    let activations = [Activation::Leaky { slope: 0.5 }, Activation::Relu];
    let mut random = Random(8);
    let scale = TrainingScale::Dynamic { growth_interval: 2000 };
    let policy = TrainingPolicy::parse("f16").unwrap();
    let mut learner = Learner::new(policy, scale, &network(&mut random, activations));
    let batches = [batch(&mut random), batch(&mut random)];
    let measure = hold(&mut learner, &recipe(named("sgd"), 0.5), 0, &batches);
    let updates = measure.updates();
    assert!(measure.skipped && updates.due > 0 && updates.lost == updates.due, "{updates:?}");
}
