//! Eleven trainings in f64 against those of torch.optim, and mistakes that would show.

use super::shared::learner;
use crate::common::tolerances;
use ndarray::Array2;
use precision_probe::activation::Activation;
use precision_probe::data::{Batch, Targets};
use precision_probe::graph::Network;
use precision_probe::loss::Loss;
use precision_probe::number::Number;
use precision_probe::spec::training::{Optimiser, Rate};
use precision_probe::train::learner::{Learner, Recipe, gradients_of};
use precision_probe::train::loss::mean_loss;
use serde_json::Value;
use std::sync::LazyLock;

static FIXTURE: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../fixtures/training/optimisers.json")).expect("the fixture is JSON")
});

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(values) => values.iter().flat_map(numbers).collect(),
        number => vec![number.as_f64().expect("a number")],
    }
}

fn names() -> Vec<&'static str> {
    FIXTURE["names"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect()
}

/// Weights are out × in, and vectors columns.
fn matrix(value: &Value) -> Array2<f64> {
    let (values, rows) = (numbers(value), value.as_array().unwrap().len());
    Array2::from_shape_vec((rows, values.len() / rows), values).unwrap()
}

fn network() -> Network {
    let initial = &FIXTURE["initial"];
    let mut network = Network::new(Loss::CrossEntropy);
    let mut node = 0;
    for layer in ["hidden.1", "hidden.2", "hidden.3", "head"] {
        let of = |what: &str| &initial[format!("{layer}.{what}")];
        node = network.push_affine(layer, node, matrix(of("weight")), Some(matrix(of("bias"))));
        if let Some(slope) = of("slope").get(0) {
            node = network.push_activation(Activation::Prelu { slope: slope.as_f64().unwrap() });
        }
    }
    let found: Vec<&str> = network.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
    assert_eq!(found, names(), "parameters in PyTorch's order");
    network
}

fn batches() -> Vec<Batch> {
    let pool = &FIXTURE["pool"];
    let samples = |indices: &Value| {
        let indices: Vec<usize> = indices.as_array().unwrap().iter().map(|x| x.as_u64().unwrap() as usize).collect();
        let inputs: Vec<Vec<f64>> = indices.iter().map(|&index| numbers(&pool["inputs"][index])).collect();
        let classes = indices.iter().map(|&index| pool["labels"][index].as_u64().unwrap() as usize);
        Batch {
            inputs: Array2::from_shape_fn((inputs[0].len(), inputs.len()), |(feature, sample)| inputs[sample][feature]),
            targets: Targets::Classes(classes.collect()),
        }
    };
    FIXTURE["batches"].as_array().unwrap().iter().map(samples).collect()
}

fn runs() -> &'static [Value] {
    FIXTURE["runs"].as_array().unwrap()
}

fn run(name: &str) -> &'static Value {
    runs().iter().find(|run| run["name"] == name).unwrap()
}

fn recipe(run: &Value) -> Recipe {
    let settings = &run["settings"];
    let of = |name: &str| settings[name].as_f64().unwrap();
    let optimiser = match run["optimiser"].as_str().unwrap() {
        "SGD" => Optimiser::Sgd {
            momentum: of("momentum"),
            dampening: of("dampening"),
            nesterov: settings["nesterov"].as_bool().unwrap(),
            weight_decay: of("weight_decay"),
        },
        name => Optimiser::Adam {
            beta1: settings["betas"][0].as_f64().unwrap(),
            beta2: settings["betas"][1].as_f64().unwrap(),
            epsilon: of("eps"),
            weight_decay: of("weight_decay"),
            decoupled: name == "AdamW",
        },
    };
    let warmup = run["warm_up"].as_u64();
    let rate = Rate { learning_rate: of("lr"), warmup: warmup.unwrap_or(0) as usize, cosine: warmup.is_some() };
    Recipe { optimiser, rate, steps: 100, clip_norm: run["max_norm"].as_f64(), seed: 0 }
}

/// |x − y|, relative where y is above 1.
fn distance(x: f64, y: f64) -> f64 {
    (x - y).abs() / y.abs().max(1.0)
}

/// The largest distance of a network's parameters from a fixture's.
fn distance_from(network: &Network, values: &Value) -> f64 {
    let each = network.parameters.iter().flat_map(|parameter| {
        let expected = numbers(&values[&parameter.name]);
        assert_eq!(expected.len(), parameter.values.len());
        parameter.values.clone().into_iter().zip(expected)
    });
    each.map(|(x, y)| distance(x, y)).fold(0.0, f64::max)
}

#[test]
fn every_training_in_f64_is_pytorchs() {
    let (network, batches) = (network(), batches());
    assert_eq!((runs().len(), batches.len()), (11, 100));
    for run in runs() {
        let (name, recipe) = (&run["name"], recipe(run));
        let mut learner = learner("f64", &network);
        for (step, batch) in batches.iter().enumerate() {
            let outputs = gradients_of(learner.setup(), &learner.network, batch).outputs;
            let (loss, expected) = (mean_loss(&outputs, batch), run["losses"][step].as_f64().unwrap());
            assert!(
                distance(loss, expected) <= tolerances::TORCH_IN_DOUBLES,
                "{name}, step {step}: loss {loss} is not {expected}"
            );
            let taken = learner.step(&recipe, step, batch);
            assert_eq!(learner.course.losses[step], Number::new(loss));
            let (rate, expected) = (taken.moment.rate, run["rates"][step].as_f64().unwrap());
            assert!(
                (rate - expected).abs() <= tolerances::FEW_ROUNDINGS,
                "{name}, step {step}: rate {rate} is not {expected}"
            );
            if let Some(expected) = run["norms"].get(step) {
                let squares =
                    taken.gradients.iter().flat_map(|gradient| gradient.iter().map(|x| x.to_f64() * x.to_f64()));
                let (norm, expected) = (squares.sum::<f64>().sqrt(), expected.as_f64().unwrap());
                assert!(
                    distance(norm, expected) <= tolerances::TORCH_IN_DOUBLES,
                    "{name}, step {step}: norm {norm} is not {expected}"
                );
            }
            let made = (step + 1).to_string();
            if let Some(values) = run["after"].get(&made).or((step == 99).then_some(&run["final"])) {
                let distance = distance_from(&learner.network, values);
                assert!(distance <= tolerances::TORCH_IN_DOUBLES, "{name} after {made} updates: {distance:e}");
            }
        }
    }
}

/// Something that an implementation may easily do instead.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mistake {
    None,
    EpsilonInsideTheRoot,
    EpsilonBeforeTheCorrection,
    CoupledDecay,
    FirstBufferDampened,
    NesterovOfTheOldBuffer,
    ClippedTensorByTensor,
}

/// The same training in plain doubles, gradients aside: a second implementation, which can be made to err.
fn by_hand(run: &Value, mistake: Mistake) -> Learner {
    let recipe = recipe(run);
    let mut learner = learner("f64", &network());
    let mut kept: Vec<[Option<Array2<f64>>; 2]> = vec![[None, None]; learner.network.parameters.len()];
    for (step, batch) in batches().iter().enumerate() {
        let gradients = gradients_of(learner.setup(), &learner.network, batch).gradients;
        let mut gradients: Vec<Array2<f64>> = gradients.iter().map(|x| x.to_array().map(|x| x.to_f64())).collect();
        if let Some(most) = recipe.clip_norm {
            let squares: Vec<f64> = gradients.iter().map(|g| g.iter().map(|x| x * x).sum()).collect();
            for (g, own) in gradients.iter_mut().zip(&squares) {
                let square = if mistake == Mistake::ClippedTensorByTensor { *own } else { squares.iter().sum() };
                *g *= (most / (square.sqrt() + 1e-6)).min(1.0);
            }
        }
        let rate = recipe.rate.at(step, recipe.steps);
        let parameters = learner.network.parameters.iter_mut().map(|parameter| &mut parameter.values);
        for ((theta, mut g), [first, second]) in parameters.zip(gradients).zip(&mut kept) {
            match recipe.optimiser {
                Optimiser::Sgd { momentum, dampening, nesterov, weight_decay } => {
                    g = g + &*theta * weight_decay;
                    if momentum != 0.0 {
                        let share = if mistake == Mistake::FirstBufferDampened { 1.0 - dampening } else { 1.0 };
                        let old = first.clone();
                        let buffer = match &old {
                            None => &g * share,
                            Some(old) => old * momentum + &g * (1.0 - dampening),
                        };
                        let ahead = if mistake == Mistake::NesterovOfTheOldBuffer { &old } else { &None };
                        g = if nesterov { g + ahead.as_ref().unwrap_or(&buffer) * momentum } else { buffer.clone() };
                        *first = Some(buffer);
                    }
                    *theta -= &(g * rate);
                }
                Optimiser::Adam { beta1, beta2, epsilon, weight_decay, decoupled } => {
                    if decoupled && mistake != Mistake::CoupledDecay {
                        *theta *= 1.0 - rate * weight_decay;
                    } else {
                        g = g + &*theta * weight_decay;
                    }
                    let zeros = || Array2::zeros(g.dim());
                    let mean = first.take().unwrap_or_else(zeros) * beta1 + &g * (1.0 - beta1);
                    let square = second.take().unwrap_or_else(zeros) * beta2 + &g * &g * (1.0 - beta2);
                    let power = |beta: f64| (0..=step).fold(1.0, |power, _| power * beta);
                    let (correction1, correction2) = (1.0 - power(beta1), 1.0 - power(beta2));
                    let root = square.map(|v| match mistake {
                        Mistake::EpsilonInsideTheRoot => (v / correction2 + epsilon).sqrt(),
                        Mistake::EpsilonBeforeTheCorrection => (v.sqrt() + epsilon) / correction2.sqrt(),
                        _ => (v / correction2).sqrt() + epsilon,
                    });
                    *theta -= &(&mean * (rate / correction1) / root);
                    (*first, *second) = (Some(mean), Some(square));
                }
            }
        }
    }
    learner
}

/// The tolerance tells PyTorch's optimisers from others that differ in one detail.
#[test]
fn mistakes_show() {
    for (name, mistake) in [
        ("adam", Mistake::EpsilonInsideTheRoot),
        ("adam", Mistake::EpsilonBeforeTheCorrection),
        ("adamw", Mistake::CoupledDecay),
        ("momentum_dampening", Mistake::FirstBufferDampened),
        ("nesterov_decay", Mistake::NesterovOfTheOldBuffer),
        ("adam_everything", Mistake::ClippedTensorByTensor),
    ] {
        let run = run(name);
        let right = distance_from(&by_hand(run, Mistake::None).network, &run["final"]);
        assert!(right <= tolerances::TORCH_IN_DOUBLES, "{name}: {right:e}");
        let wrong = distance_from(&by_hand(run, mistake).network, &run["final"]);
        assert!(wrong > tolerances::TORCH_MISTAKE, "{name} with {mistake:?}: {wrong:e} does not show");
    }
}
