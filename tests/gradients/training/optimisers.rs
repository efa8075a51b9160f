//! The optimisers' text in every arithmetic: fast matrices against their definition, stochastic rounding on average, and
//! clipping.

use super::shared::{batches, learner, named, networks, plan, recipe, small};
use crate::common::{Random, assert_same_matrix};
use ndarray::Array2;
use precision_probe::arithmetic::carrier::Carrier;
use precision_probe::arithmetic::doubles::Doubles;
use precision_probe::arithmetic::long::Long;
use precision_probe::arithmetic::packed::Packed;
use precision_probe::arithmetic::reference::Reference;
use precision_probe::arithmetic::{Arithmetic, ArithmeticName, ExactMatrix, Numbers, Step};
use precision_probe::graph::Network;
use precision_probe::spec::training::{Optimiser, TrainingSpec};
use precision_probe::train::clip::clip;
use precision_probe::train::learner::{Learner, Recipe};
use precision_probe::train::optimiser::{Moment, State, applied, change};

/// Parameter tensors of several shapes, one of a single number.
const SHAPES: [(usize, usize); 5] = [(7, 5), (7, 1), (1, 1), (4, 7), (4, 1)];

fn drawn(random: &mut Random, size: f64) -> Vec<Array2<f64>> {
    let mut number = || (random.below(4001) as f64 - 2000.0) / 2000.0 * size;
    SHAPES.map(|shape| Array2::from_shape_simple_fn(shape, &mut number)).to_vec()
}

/// Some clipped updates of parameters and states, as exact numbers.
fn updates<A: Numbers>(arithmetic: &A, optimiser: &Optimiser) -> Vec<ExactMatrix> {
    let mut random = Random(5);
    let read = |matrices: Vec<Array2<f64>>| -> Vec<Array2<A::Elem>> {
        matrices.iter().enumerate().map(|(at, matrix)| arithmetic.round_doubles(Step::alone(at), matrix)).collect()
    };
    let mut theta = read(drawn(&mut random, 1.0));
    let mut states: Vec<State<A::Elem>> = vec![State::new(); theta.len()];
    for update in 1..=3 {
        let mut gradients = read(drawn(&mut random, 2.0));
        clip(arithmetic, 1.5, &mut gradients);
        let moment = Moment { rate: 0.03, update };
        for (at, (gradient, (theta, state))) in gradients.into_iter().zip(theta.iter_mut().zip(&mut states)).enumerate()
        {
            let made = change(arithmetic, optimiser, moment, at, theta, gradient, state);
            *theta = applied(arithmetic, &made);
        }
    }
    theta.iter().chain(states.iter().flatten()).map(|matrix| arithmetic.exact_matrix(matrix)).collect()
}

fn assert_is_its_definition<A: Numbers>(what: &str, fast: A, reference: Reference<A>) {
    for (name, optimiser) in Optimiser::ALL {
        let (found, expected) = (updates(&fast, &optimiser), updates(&reference, &optimiser));
        assert_eq!(found.len(), expected.len());
        for (expected, found) in expected.iter().zip(&found) {
            assert_same_matrix(expected, found, || format!("{name} in {what}"));
        }
    }
}

#[test]
fn optimisers_are_their_definition_in_every_arithmetic() {
    fn lanes<C: Carrier>(name: &str) {
        let arithmetic = || Packed::<C>::new(ArithmeticName::parse(name).unwrap()).unwrap();
        assert_is_its_definition(name, arithmetic(), Reference(arithmetic()));
    }
    lanes::<half::f16>("f16");
    lanes::<half::f16>("f16:acc=f32");
    lanes::<half::bf16>("bf16");
    lanes::<f32>("f32");
    lanes::<f32>("e5m2:acc=f32");
    lanes::<f64>("f64");
    let name = ArithmeticName::parse("bf16:round=stochastic").unwrap();
    let stochastic = || Doubles::new(name, 3).unwrap();
    assert_is_its_definition("bf16:round=stochastic", stochastic(), Reference(stochastic()));
    // The definition of stochastic rounding is MPFR's.
    for optimiser in Optimiser::ALL {
        let (fast, long) = (updates(&stochastic(), &optimiser.1), updates(&Long::new(name).keyed(3), &optimiser.1));
        for (long, fast) in long.iter().zip(&fast) {
            assert_same_matrix(long, fast, || format!("{} against MPFR", optimiser.0));
        }
    }
}

/// A network whose parameters bf16 has, and the gradient of its first minibatch.
fn one_step(policy: &str, network: &Network, recipe: &Recipe, spec: &TrainingSpec) -> Learner {
    let mut learner = learner(policy, network);
    learner.step(recipe, 0, &batches(spec, 1)[0]);
    learner
}

/// Rounded stochastically, parameters are on average where the update leads; to nearest, most of them stay.
#[test]
fn stochastic_updates_are_unbiased() {
    const KEYS: u64 = 1500;
    let spec = TrainingSpec { depth: 1, width: 6, batch: 4, ..small(&["prelu"], &["f32"]) };
    let network = learner("bf16", &networks(&plan(&spec))[0]).network;
    let recipe = recipe(named("sgd"), 0.001);
    let values = |learner: &Learner| -> Vec<f64> {
        learner.network.parameters.iter().flat_map(|parameter| parameter.values.iter().copied()).collect()
    };
    let of = |policy: &str, seed: u64| values(&one_step(policy, &network, &Recipe { seed, ..recipe }, &spec));
    let (old, due) = (values(&learner("bf16", &network)), of("bf16/update=f32/master=f32", 0));
    let nearest = of("bf16/update=f32/master=bf16", 0);
    let mut sums = vec![0.0; old.len()];
    let mut moved = 0;
    for seed in 0..KEYS {
        for ((sum, old), now) in sums.iter_mut().zip(&old).zip(of("bf16/update=f32/master=bf16:round=stochastic", seed))
        {
            *sum += now - old;
            moved += u64::from(now != *old);
        }
    }
    let keys = KEYS as f64;
    let mut due_count = 0;
    for (index, ((sum, old), due)) in sums.iter().zip(&old).zip(&due).enumerate() {
        due_count += u64::from(due != old);
        // What is between two numbers of bf16 becomes one of them, with the other's distance as its chance.
        let spacing = core_math::exp2(core_math::log2(due.abs()).floor() - 7.0);
        let chance = (due / spacing).abs().fract();
        let deviation = spacing * (chance * (1.0 - chance) / keys).sqrt();
        let (mean, due) = (sum / keys, due - old);
        let distance = (mean - due).abs();
        assert!(distance <= 4.0 * deviation + 1e-12, "parameter {index}: {mean:e} on average, {due:e} is due");
    }
    let stays =
        |now: &[f64]| old.iter().zip(&due).zip(now).filter(|((old, due), now)| old != due && old == now).count();
    let lost_to_nearest = stays(&nearest) as f64 / due_count as f64;
    let lost_on_average = 1.0 - moved as f64 / keys / due_count as f64;
    assert!(lost_to_nearest > 0.5 && lost_on_average < lost_to_nearest, "{lost_on_average} and {lost_to_nearest}");
}

/// Gradients that are the same are not rounded the same in two tensors: each has random bits of its own.
#[test]
fn clipped_tensors_draw_bits_of_their_own() {
    let name = ArithmeticName::parse("bf16:round=stochastic").unwrap();
    let mut gradients = vec![Array2::from_shape_fn((8, 8), |(i, j)| 1.0 + (8 * i + j) as f64 / 64.0); 9];
    clip(&Doubles::new(name, 1).unwrap(), 3.3, &mut gradients);
    for (at, one) in gradients.iter().enumerate() {
        assert!(one.iter().all(|x| (0.0..1.0).contains(x)), "{one}");
        assert!(!gradients[..at].contains(one), "tensor {at} is rounded as another one");
    }
}

/// However it is rounded, a clipped gradient is hardly longer than asked for, and a short one is not touched.
#[test]
fn clipped_gradients_are_short() {
    fn norm(gradients: &[Array2<f64>]) -> f64 {
        gradients.iter().flatten().map(|x| x * x).sum::<f64>().sqrt()
    }
    for name in ["f16", "bf16", "f32", "f64", "mpfr:11", "bf16:acc=f32", "tf32"] {
        let name = ArithmeticName::parse(name).unwrap();
        let u = core_math::exp2(-f64::from(name.format.precision));
        // 35 squares and their roundings, half of which the root leaves; the tensors' norms; the factor and the product.
        let most_error = 40.0 * u;
        for seed in 0..20 {
            let mut random = Random(seed);
            let arithmetic = Long::new(name);
            let most = [0.5, 1.0, 3.0, 1000.0][seed as usize % 4];
            let drawn = drawn(&mut random, 2.0);
            let read = |x: &Array2<f64>| arithmetic.round_doubles(Step::alone(0), x);
            let mut gradients: Vec<_> = drawn.iter().map(read).collect();
            let doubles = |x: &[_]| -> Vec<Array2<f64>> {
                x.iter().map(|x| arithmetic.exact_matrix(x).to_array().map(|x| x.to_f64())).collect()
            };
            let before = doubles(&gradients);
            clip(&arithmetic, most, &mut gradients);
            let after = doubles(&gradients);
            let length = norm(&after);
            assert!(length <= most * (1.0 + most_error), "{name}: {length} is more than {most}");
            if norm(&before) < most * (1.0 - most_error) {
                assert_eq!(before, after, "{name} leaves {} alone below {most}", norm(&before));
            } else {
                // PyTorch adds 10^-6 to the norm that it divides by.
                let least = most * (1.0 - most_error - 1e-6 / norm(&before));
                assert!(length >= least, "{name}: {length} is less than {most}");
            }
        }
    }
}

/// What is not finite makes everything NaN or zero, as in PyTorch, and nothing panics; zeros stay.
#[test]
fn clipping_what_has_no_norm() {
    let arithmetic = Packed::<f32>::new(ArithmeticName::parse("f32").unwrap()).unwrap();
    let clipped = |x: f32| {
        let mut gradients = vec![Array2::from_elem((1, 2), 1.0f32), Array2::from_elem((1, 1), x)];
        clip(&arithmetic, 1.0, &mut gradients);
        [gradients[0][(0, 0)], gradients[1][(0, 0)]]
    };
    assert!(clipped(f32::NAN).iter().all(|x| x.is_nan()));
    // most/∞ = 0, and 0·∞ is NaN.
    assert!(matches!(clipped(f32::INFINITY), [0.0, x] if x.is_nan()));
    assert_eq!(clipped(0.0).map(f32::is_finite), [true, true]);
    let mut zeros = vec![Array2::from_elem((2, 2), 0.0f32)];
    clip(&arithmetic, 1.0, &mut zeros);
    assert_eq!(zeros[0], Array2::from_elem((2, 2), 0.0f32));
}
