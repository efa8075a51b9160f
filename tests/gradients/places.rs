//! No two roundings of a run share a place, and the random bits of different places are unrelated.

use crate::common::Random;
use crate::common::erased::named;
use ndarray::{Array2, ArrayView2};
use precision_probe::activation::{ALL, Activation, Function};
use precision_probe::architecture::mlp::Perceptron;
use precision_probe::arithmetic::packed::Packed;
use precision_probe::arithmetic::random::{ALONE, Draws};
use precision_probe::arithmetic::reference::Reference;
use precision_probe::arithmetic::{Arithmetic, Binary, Content, Crossing, Exact, Numbers, Place, Policy, Side, Step};
use precision_probe::backprop::{Pass, gradients};
use precision_probe::data::{Batch, Targets};
use precision_probe::data::{digits_batch, gaussian_batch};
use precision_probe::graph::Network;
use precision_probe::init::Init;
use precision_probe::loss::Loss;
use precision_probe::spec::training::Optimiser;
use precision_probe::train::clip::clip;
use precision_probe::train::optimiser::{Moment, State, applied, change};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// Every rounding by its place: the operation, and the bits of what it rounds.
type Log = Arc<Mutex<BTreeMap<Place, (String, Vec<u64>)>>>;

/// f64 that notes every rounding, and panics if a place already belongs to another one.
struct Logged {
    log: Log,
    inner: Reference<Packed<f64>>,
}

impl Logged {
    fn new(log: &Log) -> Arc<Logged> {
        let inner = Reference(Packed::<f64>::new(named("f64")).expect("f64 has lanes"));
        Arc::new(Logged { log: log.clone(), inner })
    }

    fn note(&self, at: Place, operation: String, operands: impl IntoIterator<Item = f64>) {
        let rounding = (operation, operands.into_iter().map(f64::to_bits).collect());
        let mut log = self.log.lock().unwrap();
        // A value that is computed again, for another reader or after a checkpoint, is the same rounding.
        let first = log.entry(at).or_insert_with(|| rounding.clone());
        assert_eq!(*first, rounding, "two roundings at {at:?}");
    }
}

impl Arithmetic for Logged {
    type Elem = f64;
    type Operand = Vec<Vec<f64>>;

    fn round(&self, at: Place, x: &Exact) -> f64 {
        self.note(at, "round".into(), [x.to_f64()]);
        self.inner.round(at, x)
    }
    fn dot(&self, at: Place, row: &[f64], column: &[f64], last: Option<&f64>) -> f64 {
        self.note(at, "dot".into(), row.iter().chain(column).chain(last).copied());
        self.inner.dot(at, row, column, last)
    }
    fn apply(&self, at: Place, f: &Function, x: &f64) -> f64 {
        self.note(at, format!("{f:?}"), [*x]);
        self.inner.apply(at, f, x)
    }
    fn binary(&self, at: Place, operation: Binary, x: &f64, y: &f64) -> f64 {
        self.note(at, format!("{operation:?}"), [*x, *y]);
        self.inner.binary(at, operation, x, y)
    }
    fn prepare(&self, matrix: ArrayView2<f64>, side: Side, content: Content) -> Vec<Vec<f64>> {
        self.inner.prepare(matrix, side, content)
    }
    fn product(&self, step: Step, left: &Vec<Vec<f64>>, right: &Vec<Vec<f64>>, last: Option<&[f64]>) -> Array2<f64> {
        let dot = |(i, j)| self.dot(Place::new(step, (i, j)), &left[i], &right[j], last.map(|last: &[f64]| &last[i]));
        Array2::from_shape_fn((left.len(), right.len()), dot)
    }

    fn crossing(&self, x: &Array2<f64>) -> Crossing {
        Crossing::Numbers(self.exact_matrix(x))
    }
}

impl Numbers for Logged {
    fn exact(&self, x: &f64) -> Exact {
        self.inner.exact(x)
    }
}

/// Networks of every kind of node, with both losses.
fn networks() -> Vec<(Network, Batch)> {
    let mut networks = Vec::new();
    for activation in ALL.into_iter().chain([Activation::Prelu { slope: 0.3 }]) {
        for (loss, residual) in [(Loss::CrossEntropy, true), (Loss::MeanSquaredError, false)] {
            let perceptron = Perceptron {
                activation,
                depth: 3,
                width: 5,
                features: if loss == Loss::CrossEntropy { 64 } else { 4 },
                outputs: if loss == Loss::CrossEntropy { 10 } else { 3 },
                init: Init::Preserve,
                gain: 1.4,
                bias: Some(precision_probe::init::BIAS_DEVIATION),
                residual,
                loss,
            };
            let batch = match loss {
                Loss::CrossEntropy => digits_batch(3, 0, 6),
                Loss::MeanSquaredError => gaussian_batch(3, 0, 6, (4, 3)),
            };
            networks.push((perceptron.draw(3, 0), batch));
        }
    }
    networks
}

#[test]
fn no_two_roundings_of_a_gradient_share_a_place() {
    for (network, batch) in networks() {
        // The same arithmetic for both passes, and one for each: then they read parameters and constants by themselves.
        for is_plain in [true, false] {
            let log = Log::default();
            let forward = Logged::new(&log);
            let backward = if is_plain { forward.clone() } else { Logged::new(&log) };
            assert_eq!(Pass::new(&network, &batch, forward, backward).count(), network.sites.len());
            assert!(log.lock().unwrap().len() > 500);
        }
    }
}

#[test]
fn no_two_roundings_of_an_update_share_a_place() {
    for (_, optimiser) in Optimiser::ALL {
        let log = Log::default();
        let arithmetic = Logged::new(&log);
        let mut random = Random(4);
        let mut drawn = |shape| Array2::from_shape_simple_fn(shape, || random.below(4001) as f64 / 1000.0 - 2.0);
        let shapes = [(4, 3), (4, 1), (1, 1), (2, 4), (2, 1)];
        let mut gradients: Vec<Array2<f64>> = shapes.map(&mut drawn).to_vec();
        clip(&*arithmetic, 1.5, &mut gradients);
        for (at, gradient) in gradients.into_iter().enumerate() {
            // Later updates have a state.
            let mut state: State<f64> = State::new();
            let theta = drawn(shapes[at]);
            let moment = Moment { rate: 0.03, update: 1 };
            let own = Logged::new(&Log::default());
            change(&*own, &optimiser, moment, at, &theta, gradient.clone(), &mut state);
            let made = change(&*arithmetic, &optimiser, moment, at, &theta, gradient, &mut state);
            applied(&*arithmetic, &made);
        }
        let steps = log.lock().unwrap().keys().map(|place| place.step).collect::<std::collections::BTreeSet<_>>();
        // Six norms, the factor, five clipped gradients; of every parameter at least the learning rate, a product, a difference.
        assert!(steps.len() >= 2 * 6 + 4 + 5 + 5 * 3, "{}", steps.len());
    }
}

/// The correlation of the draws of two places over many keys, in standard deviations: N pairs of independent uniform
/// numbers have a correlation of deviation 1/√N.
fn correlation(places: [Place; 2]) -> f64 {
    const KEYS: u64 = 4096;
    const BITS: u32 = 16;
    let middle = f64::from((1u32 << BITS) - 1) / 2.0;
    let pairs = (0..KEYS).map(|key| places.map(|at| f64::from(Draws::new(key, at, BITS).first(ALONE)) - middle));
    let products: f64 = pairs.map(|[x, y]| x * y).sum();
    let variance = (precision_probe::format::two_to(2 * i64::from(BITS)) - 1.0) / 12.0;
    products / KEYS as f64 / variance * (KEYS as f64).sqrt()
}

/// Of all tensors of a run, neighbours along rows and columns, and the same entry of the next step.
#[test]
fn draws_of_different_entries_are_uncorrelated() {
    let (network, batch) = networks().swap_remove(1);
    let log = Log::default();
    let arithmetic = Logged::new(&log);
    Pass::new(&network, &batch, arithmetic.clone(), arithmetic).for_each(drop);
    let places: Vec<Place> = log.lock().unwrap().keys().copied().collect();
    let (mut count, mut squares, mut worst) = (0, 0.0, 0.0f64);
    for at in &places {
        let Step { node, number } = at.step;
        let others = [
            Place { row: at.row + 1, ..*at },
            Place { column: at.column + 1, ..*at },
            Place { step: Step { node, number: number + 1 }, ..*at },
            Place { step: Step { node: node + 1, number }, ..*at },
        ];
        for other in others.into_iter().filter(|other| places.binary_search(other).is_ok()) {
            let deviations = correlation([*at, other]);
            (count, squares, worst) = (count + 1, squares + deviations * deviations, worst.max(deviations.abs()));
        }
    }
    assert!(count > 1000, "{count}");
    // Standard normal: the mean square is 1 ± √(2/N), and of some thousands none is beyond 5.
    let mean = squares / f64::from(count);
    assert!((mean - 1.0).abs() < 5.0 * (2.0 / f64::from(count)).sqrt(), "{mean}");
    assert!(worst < 5.5, "{worst}");
}

/// Entries of δ at the head with one exact value are rounded by draws of their own.
#[test]
fn equal_entries_of_the_heads_gradient_are_rounded_apart() {
    const SAMPLES: usize = 64;
    let mut network = Network::new(Loss::MeanSquaredError);
    network.push_affine("head", 0, Array2::from_elem((3, 1), 1.0), None);
    let inputs = Array2::from_elem((1, SAMPLES), 1.0);
    // y − t = 105/128 exactly, and its product with a neighbour of 2/(3·64) in bf16 has 15 bits.
    let batch = Batch { inputs, targets: Targets::Values(Array2::from_elem((3, SAMPLES), 1.0 - 0.8203125)) };
    let head = gradients(Policy::parse("bf16:round=stochastic:acc=f32").unwrap(), &network, &batch).next().unwrap();
    let mut values: Vec<f64> = head.delta.iter().map(|x| x.to_f64()).collect();
    let (least, most) = values.iter().fold((f64::MAX, f64::MIN), |(low, high), x| (low.min(*x), high.max(*x)));
    let low = values.iter().filter(|x| **x == least).count();
    values.sort_by(f64::total_cmp);
    values.dedup();
    assert_eq!(values, [least, most]);
    // The chance of the upper neighbour is 0.45 or 0.27, by the factor: five deviations of 192 draws around either.
    let share = 1.0 - low as f64 / (3 * SAMPLES) as f64;
    let is_near = |chance: f64| (share - chance).abs() < 5.0 * (chance * (1.0 - chance) / (3 * SAMPLES) as f64).sqrt();
    assert!(is_near(0.453) || is_near(0.273), "{share}");
}
