//! Formats that are the same numbers learn the same network, bit by bit.

use super::shared::{batches, bits, constant, learner, named, networks, plan, small};
use precision_probe::record::training::End;
use precision_probe::spec::training::{MeasureAt, TrainingSpec};
use precision_probe::train::learner::Recipe;
use precision_probe::train::{Silent, run};

/// Steps that are compared.
const STEPS: usize = 20;

/// Trains in both formats side by side; how many bits of the first differ from those with which it began.
fn learn_the_same(names: [&str; 2], spec: &TrainingSpec) {
    let spec = TrainingSpec { steps: STEPS, ..spec.clone() };
    let batches = batches(&spec, STEPS);
    let recipe = Recipe::from(&spec);
    for (network, activation) in networks(&plan(&spec)).iter().zip(&spec.activations) {
        let what = |step: usize| format!("{names:?}, {activation}, {}, step {step}", spec.optimiser);
        let mut learners = names.map(|name| learner(name, network));
        let initial = bits(&learners[0]);
        for (step, batch) in batches.iter().enumerate() {
            let [one, other] = learners.each_mut().map(|learner| learner.step(&recipe, step, batch));
            assert!(one.gradients == other.gradients, "{}: gradients", what(step));
            let [one, other] = &learners;
            assert_eq!(one.course, other.course, "{}: losses", what(step));
            assert!(bits(one) == bits(other), "{}: parameters or states", what(step));
        }
        let [one, _] = &learners;
        assert_eq!((one.course.end, one.updates), (End::Completed, STEPS as u64));
        let moved = bits(one).iter().zip(&initial).filter(|(now, then)| now != then).count();
        assert!(2 * moved > initial.len(), "{}: only {moved} of {} moved", what(STEPS), initial.len());
    }
}

/// The rates are such that nothing overflows, and moments are far from underflow.
fn specs() -> [TrainingSpec; 4] {
    let spec = |optimiser: &str, rate: f64, clip_norm: Option<f64>| TrainingSpec {
        optimiser: named(optimiser),
        rate: constant(rate),
        clip_norm,
        bias: true,
        ..small(&["relu", "prelu", "elu"], &["f32"])
    };
    [spec("sgd", 0.25, None), spec("momentum", 0.02, None), spec("adam", 0.01, None), spec("adamw", 0.01, Some(0.5))]
}

/// Precisions that are those of formats, roles that say the same in other words, and an f64 beside which bf16's gradients
/// are kept exactly.
#[test]
fn policies_that_mean_the_same_learn_the_same() {
    for spec in specs() {
        learn_the_same(["f32", "mpfr:24"], &spec);
        learn_the_same(["bf16", "mpfr:8"], &spec);
        learn_the_same(["f16/update=f32/master=f32", "f16/update=f32"], &spec);
        learn_the_same(["f32/update=mpfr:24/master=mpfr:24", "f32"], &spec);
        learn_the_same(["bf16/update=f32/master=bf16", "bf16/update=mpfr:24/master=mpfr:8"], &spec);
    }
}

/// Weights near 20 000 are NaN in e4m3fn. A network that is stored so has no exact gradient: it is not measured, its
/// training fails at the first step; the others are measured.
#[test]
fn parameters_that_a_format_cannot_hold_end_its_training() {
    let formats = ["e4m3fn", "e5m2", "f16"];
    let spec =
        TrainingSpec { gain: Some(20_000.0), steps: 2, measure: MeasureAt::Every(1), ..small(&["silu"], &formats) };
    let training = run(&plan(&spec), &Silent);
    let found: Vec<_> = training.runs[0].learners.iter().map(|one| (one.course.end, one.measures.len())).collect();
    assert_eq!(found[0], (End::ParametersNotFinite { step: 0 }, 0));
    assert!(found[1..].iter().all(|(_, measures)| *measures > 0), "{found:?}");
}
