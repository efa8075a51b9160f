//! The judgement of trainings that are really run: the control, events, and what limits each copy. Cases from public
//! reports, and others of each kind whose right answer is computed from f64's numbers.

use super::shared::{batches, constant, named, networks, plan, small};
use crate::common::Random;
use crate::common::tolerances;
use precision_probe::backprop::gradients;
use precision_probe::exchange::{Activations, Tensor, write_safetensors};
use precision_probe::format::{BF16, E4M3FN, E5M2, F16, Format};
use precision_probe::judgement::training::measured;
use precision_probe::judgement::training::{
    ControlOutcome, LearnerJudgement, Limit, ScaleCourse, SkipReason, TrainingRunJudgement, judge,
};
use precision_probe::judgement::{ExactState, MinibatchMeaning};
use precision_probe::record::Verdict;
use precision_probe::record::training::{Event, EventKind, Scalar, Training};
use precision_probe::spec::Files;
use precision_probe::spec::training::{MeasureAt, Optimiser, TrainingScale, TrainingSpec};
use precision_probe::train::{Silent, run};

/// relu, 16 units a layer, without measures.
fn narrow(depth: usize, optimiser: Optimiser, rate: f64, formats: &[&str], steps: usize) -> TrainingSpec {
    TrainingSpec {
        depth,
        width: 16,
        batch: 32,
        optimiser,
        rate: constant(rate),
        steps,
        minibatches: 2,
        ..small(&["relu"], formats)
    }
}

fn judged(spec: &TrainingSpec) -> (Training, TrainingRunJudgement) {
    let training = run(&plan(spec), &Silent);
    let judged = judge(&training).runs.remove(0);
    (training, judged)
}

fn event(learner: &LearnerJudgement, is_it: impl Fn(&EventKind) -> bool) -> Option<Event> {
    learner.events.iter().flatten().copied().find(|event| is_it(&event.kind))
}

/// burn#5699: the square of a norm of 297 is beyond f16; an optimiser in f32 has no such limit.
#[test]
fn the_clipping_norm_overflows() {
    let formats = ["f16", "f16/update=f32"];
    let spec = |gain| TrainingSpec {
        gain: Some(gain),
        clip_norm: Some(1.0),
        measure: MeasureAt::Every(5),
        ..narrow(3, named("sgd"), 1.0, &formats, 6)
    };
    let (_, found) = judged(&spec(8.0));
    let [f16, mixed] = &found.learners[..] else { panic!("two copies") };
    let Limit::Event { event: Event { kind: EventKind::ClippingOverflow { norm }, first, steps } } = f16.limit else {
        panic!("{:?}", f16.limit)
    };
    assert!((norm.value() - 297.0).abs() < tolerances::UNIT_OF_THREE_DIGITS, "{norm:?}");
    assert_eq!((first, steps, f16.without), (0, 6, Some(1)));
    assert!(!f16.is_harmless());
    assert_eq!((mixed.limit, mixed.events.as_deref()), (Limit::Nothing, Some(&[][..])));
    // With a smaller gain nothing overflows.
    let (_, smaller) = judged(&spec(6.0));
    assert_eq!(event(&smaller.learners[0], |kind| matches!(kind, EventKind::ClippingOverflow { .. })), None);
}

/// optax#1754: ε = 10⁻⁸ is 0 in f16, and training ends with 0/0 at step 0.
#[test]
fn an_epsilon_that_is_zero_is_named() {
    let spec = TrainingSpec {
        measure: MeasureAt::Every(25),
        ..narrow(3, named("adam"), 1e-3, &["f16", "f16/update=f32"], 30)
    };
    let (_, found) = judged(&spec);
    let f16 = &found.learners[0];
    let kind = EventKind::ScalarRounded { scalar: Scalar::Epsilon, exact: 1e-8, rounded: 0 };
    assert_eq!(f16.limit, Limit::Event { event: Event { kind, first: 0, steps: 1 } });
    assert_eq!((f16.failed, f16.without), (Some(0), Some(1)));
    assert_eq!(found.learners[1].limit, Limit::Nothing);
}

/// pytorch#8860: v underflows in f16, and the first updates are 4.5 to 7.4 times too long.
#[test]
fn second_moments_that_underflow_make_updates_too_long() {
    let Optimiser::Adam { beta1, beta2, weight_decay, decoupled, .. } = named("adam") else { panic!("Adam") };
    let optimiser = Optimiser::Adam { beta1, beta2, epsilon: 1e-4, weight_decay, decoupled };
    let spec =
        TrainingSpec { measure: MeasureAt::Every(25), ..narrow(3, optimiser, 1e-3, &["f16", "f16/update=f32"], 30) };
    let (training, found) = judged(&spec);
    let f16 = &found.learners[0];
    let Limit::Event { event: Event { kind: EventKind::SecondMomentUnderflow { entries, of }, first: 0, .. } } =
        f16.limit
    else {
        panic!("{:?}", f16.limit)
    };
    assert_eq!(of, training.runs[0].parameters);
    let share = entries as f64 / of as f64;
    assert!((0.15..=0.35).contains(&share), "{share}");
    let long = f16.long.expect("updates are too long");
    assert_eq!((long.step, long.layers), (0, 4));
    assert!(
        (long.least - 4.47).abs() < tolerances::TWO_DECIMALS && (long.most - 7.37).abs() < tolerances::TWO_DECIMALS,
        "{long:?}"
    );
    assert!(!f16.is_harmless());
    assert_eq!((f16.without, found.learners[1].limit), (Some(1), Limit::Nothing));
}

/// apex#318: the forward pass overflows, so every step is skipped however small the scale becomes.
#[test]
fn no_loss_scale_helps_a_forward_pass_that_overflows() {
    let spec = TrainingSpec {
        gain: Some(14.0),
        loss_scale: TrainingScale::Dynamic { growth_interval: 2000 },
        measure: MeasureAt::Every(50),
        ..narrow(6, named("sgd"), 1e-6, &["amp-fp16", "amp-bf16"], 60)
    };
    let (_, found) = judged(&spec);
    // f64's loss falls from 10⁶ to 11 200, and 2 % are right: nothing is learned yet.
    assert_eq!(found.control.outcome, ControlOutcome::Falls, "{:?}", found.control);
    assert!((1e4..2e4).contains(&found.control.best.value()), "{:?}", found.control);
    let [f16, bf16] = &found.learners[..] else { panic!("two copies") };
    let skipped = f16.skipped.expect("steps are skipped");
    assert_eq!((skipped.steps, skipped.of, skipped.by_forward), (60, 60, Some(60)));
    assert_eq!((skipped.log2_scale, skipped.saturated_from), ([16, -43], Some(0)));
    assert_eq!((skipped.reason, skipped.scale), (SkipReason::Forward, ScaleCourse::Falls));
    let Limit::Event { event: Event { kind: EventKind::ForwardOverflow { .. }, first: 0, steps: 60 } } = f16.limit
    else {
        panic!("{:?}", f16.limit)
    };
    assert_eq!((f16.without, bf16.limit, bf16.skipped), (Some(1), Limit::Nothing, None));
}

/// A network whose exact gradient vanishes by depth: f64 itself stays at chance, and nothing is put down to a format.
#[test]
fn what_f64_does_not_learn_is_no_formats_fault() {
    let spec = TrainingSpec {
        depth: 80,
        width: 64,
        batch: 32,
        steps: 60,
        init: precision_probe::init::Init::Torch,
        measure: MeasureAt::Every(1000),
        minibatches: 2,
        ..small(&["relu"], &["f16"])
    };
    let (training, found) = judged(&spec);
    assert_eq!(found.control.outcome, ControlOutcome::DoesNotLearn, "{:?}", found.control);
    let chance = training.chance.expect("it is recorded").value();
    assert!((chance - core_math::log(10.0)).abs() < tolerances::CLASS_COUNTS, "{chance}");
    let exact = found.exact.expect("it is measured");
    assert_eq!((exact.step, exact.state), (0, ExactState::Vanishing));
    assert_eq!(exact.log2_relative.value().round(), -108.0);
    assert_eq!((found.learners[0].limit, found.learners[0].without), (Limit::Control, None));
}

/// relora#18: with B = 0 the gradient of A is 0 at step 0 alone; with A = 0, too, it always is.
#[test]
fn gradients_that_live_after_a_step_are_told_from_those_that_never_do() {
    let folder = tempfile::TempDir::new().unwrap();
    let mut random = Random(5);
    let mut eighths = |count: usize| (0..count).map(|_| (random.below(17) as f64 - 8.0) / 8.0).collect::<Vec<_>>();
    let rows = [Tensor::doubles("x", vec![16, 8], eighths(128)), Tensor::doubles("y", vec![16, 3], eighths(48))];
    write_safetensors(&folder.path().join("d.safetensors"), &rows).unwrap();
    let drawn = eighths(32);
    for (name, a, expected) in [("b", drawn, Some((1, ExactState::Healthy))), ("both", vec![0.0; 32], None)] {
        let path = folder.path().join(format!("{name}.safetensors"));
        let weights =
            [Tensor::doubles("0.weight", vec![4, 8], a), Tensor::doubles("2.weight", vec![3, 4], vec![0.0; 12])];
        write_safetensors(&path, &weights).unwrap();
        let spec = TrainingSpec {
            batch: 4,
            minibatches: 2,
            steps: 3,
            measure: MeasureAt::Every(1),
            optimiser: named("sgd"),
            rate: constant(0.125),
            ..small(&["identity"], &["f32"])
        };
        let (mut files, mut given) = (Files::default(), spec.networks());
        files.weights(&mut given, &path, None, Some(Activations::Same("identity".into()))).unwrap();
        files.rows(&mut given, &folder.path().join("d.safetensors"), None, None).unwrap();
        let plan = spec.with_files_of(given).validate_with(files).unwrap();
        let exact = judge(&run(&plan, &Silent)).runs[0].exact.expect("it is measured");
        assert_eq!((exact.step, exact.state, exact.later), (0, ExactState::Zero, expected), "{name}");
    }
}

/// The layer in which a pre-activation first leaves the range is the one whose value in f64 is first too large.
#[test]
fn forward_passes_overflow_where_f64s_values_are_too_large() {
    let cases: [(&str, Format, &str, usize, f64); 10] = [
        ("f16", F16, "relu", 6, 14.0),
        ("f16", F16, "relu", 6, 40.0),
        ("f16", F16, "leaky", 9, 9.0),
        ("f16:acc=f32", F16, "identity", 4, 60.0),
        ("amp-fp16", F16, "relu", 8, 11.0),
        ("e5m2", E5M2, "relu", 5, 30.0),
        ("e4m3fn", E4M3FN, "relu", 3, 12.0),
        ("e4m3fn/update=f32", E4M3FN, "identity", 5, 6.0),
        ("bf16", BF16, "relu", 6, 14.0),
        ("f16", F16, "relu", 3, 1.5),
    ];
    let mut layers = std::collections::BTreeSet::new();
    for (name, format, activation, depth, gain) in cases {
        let spec = TrainingSpec {
            activations: vec![activation.into()],
            gain: Some(gain),
            ..narrow(depth, named("sgd"), 1e-9, &[name], 1)
        };
        let plan = plan(&spec);
        let (network, batch) = (&networks(&plan)[0], &batches(&spec, 1)[0]);
        let f64 = precision_probe::arithmetic::Policy::parse("f64").unwrap();
        let largest = |exact: &precision_probe::arithmetic::ExactMatrix| {
            exact.iter().fold(0.0f64, |most, z| most.max(z.to_f64().abs()))
        };
        let mut tops: Vec<f64> = gradients(f64, network, batch).map(|layer| largest(&layer.preactivation)).collect();
        tops.reverse();
        let most = format.max().unwrap().to_f64();
        let expected = tops.iter().position(|top| *top > most).map(|layer| layer + 1);
        // Where f64's largest value is close to the limit, rounding decides.
        assert!(tops.iter().all(|top| !(0.9..1.1).contains(&(top / most))), "{name} {gain}: {tops:?}");
        let training = run(&plan, &Silent);
        let events = training.runs[0].learners[0].events.as_ref().expect("they are recorded");
        let found = events.iter().find_map(|event| match event.kind {
            EventKind::ForwardOverflow { site } => Some(site),
            _ => None,
        });
        assert_eq!(found, expected, "{name} {activation} {depth} {gain}: {tops:?}");
        layers.insert(found);
    }
    assert!(layers.len() > 3, "{layers:?}");
}

/// Constants are named exactly where rounding them to the format gives 0 or 1. OneTrainer#996: bf16(1 − lr·λ) is 1 for
/// λ = 0.01 and 1.9, without decay there is no factor, and for 2.5 it is 0.996.
#[test]
fn constants_are_named_where_the_format_rounds_them_away() {
    let sgd = |momentum, weight_decay| Optimiser::Sgd { momentum, dampening: 0.0, nesterov: false, weight_decay };
    let adam = |beta1, beta2, epsilon| Optimiser::Adam { beta1, beta2, epsilon, weight_decay: 0.0, decoupled: false };
    let decayed =
        |weight_decay| Optimiser::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay, decoupled: true };
    for (name, format, optimiser, rate, scalar, exact) in [
        ("f16", F16, sgd(0.0, 0.0), 1e-9, Scalar::LearningRate, 1e-9),
        ("f16", F16, sgd(0.0, 0.0), 1e-7, Scalar::LearningRate, 1e-7),
        ("bf16", BF16, sgd(0.0, 0.0), 1e-9, Scalar::LearningRate, 1e-9),
        ("bf16", BF16, sgd(0.999, 0.0), 1e-3, Scalar::Momentum, 0.999),
        ("f16", F16, sgd(0.999, 0.0), 1e-3, Scalar::Momentum, 0.999),
        ("f16", F16, sgd(0.9, 1e-8), 1e-3, Scalar::WeightDecay, 1e-8),
        ("bf16", BF16, sgd(0.9, 1e-8), 1e-3, Scalar::WeightDecay, 1e-8),
        ("f16", F16, adam(0.9, 0.9999, 1e-4), 1e-3, Scalar::Beta2, 0.9999),
        ("f16", F16, adam(0.9, 0.999, 1e-4), 1e-3, Scalar::Beta2, 0.999),
        ("bf16", BF16, adam(0.9, 0.999, 1e-8), 1e-3, Scalar::Beta2, 0.999),
        ("f16", F16, adam(0.9, 1.0 - 1e-8, 1e-4), 1e-3, Scalar::Beta2Complement, 1.0 - (1.0 - 1e-8)),
        ("f16", F16, adam(0.9, 0.999, 1e-7), 1e-3, Scalar::Epsilon, 1e-7),
        ("f16/update=f32", precision_probe::format::F32, adam(0.9, 0.999, 1e-8), 1e-3, Scalar::Epsilon, 1e-8),
        ("f16", F16, adam(1e-9, 0.999, 1e-4), 1e-3, Scalar::Beta1, 1.0 - (1.0 - 1e-9)),
        ("bf16", BF16, decayed(0.0), 1e-3, Scalar::DecayFactor, 1.0),
        ("bf16", BF16, decayed(0.01), 1e-3, Scalar::DecayFactor, 0.99999),
        ("bf16", BF16, decayed(1.9), 1e-3, Scalar::DecayFactor, 0.9981),
        ("bf16", BF16, decayed(2.5), 1e-3, Scalar::DecayFactor, 0.9975),
    ] {
        let training = run(&plan(&narrow(2, optimiser, rate, &[name], 2)), &Silent);
        let events = training.runs[0].learners[0].events.as_ref().expect("they are recorded");
        let found = events.iter().find_map(|event| match event.kind {
            EventKind::ScalarRounded { scalar: one, exact, rounded } if one == scalar => {
                Some((exact, f64::from(rounded)))
            }
            _ => None,
        });
        let stored = format.round_f64(exact);
        // What is not rounded at all is no event.
        let expected = ([0.0, 1.0].contains(&stored) && stored != exact).then_some((exact, stored));
        assert_eq!(found, expected, "{name}, {scalar} = {exact}");
    }
}

/// A search for the scale is no limit; gradients that overflow in the backward pass at any scale are.
#[test]
fn skipped_steps_count_where_they_are_no_search() {
    let spec = |formats: &[&str], gain, steps| TrainingSpec {
        gain,
        loss_scale: TrainingScale::Dynamic { growth_interval: 2000 },
        ..narrow(4, named("sgd"), 1e-3, formats, steps)
    };
    let (_, searching) = judged(&spec(&["amp-fp16"], Some(3.0), 60));
    let skipped = searching.learners[0].skipped.expect("the first scale is too large");
    assert!(skipped.steps < 20 && skipped.by_forward == Some(0) && skipped.saturated_from.is_none(), "{skipped:?}");
    assert_eq!(event(&searching.learners[0], |kind| *kind == EventKind::SkippedBackward), None);
    // e4m3fn's largest number is 448: the scale falls step by step from 2^16.
    let (_, falling) = judged(&spec(&["forward=f32/backward=e4m3fn"], Some(8.0), 30));
    let (learner, is_backward) = (&falling.learners[0], |kind: &EventKind| *kind == EventKind::SkippedBackward);
    let skipped = learner.skipped.expect("steps are skipped");
    assert_eq!((skipped.by_forward, skipped.reason), (Some(0), SkipReason::Backward));
    assert_eq!(event(learner, is_backward).is_some(), skipped.steps >= 20, "{skipped:?}");
}

/// A scale that doubles after every clean step overflows again and again; one that no gradient fits vanishes.
#[test]
fn scales_oscillate_where_they_grow_at_once_and_vanish_where_nothing_fits() {
    let spec = |formats: &[&str], gain, growth_interval, steps| TrainingSpec {
        gain: Some(gain),
        loss_scale: TrainingScale::Dynamic { growth_interval },
        ..narrow(4, named("sgd"), 1e-6, formats, steps)
    };
    let (_, oscillating) = judged(&spec(&["amp-fp16"], 3.0, 1, 90));
    let skipped = oscillating.learners[0].skipped.expect("steps are skipped");
    assert_eq!((skipped.reason, skipped.scale), (SkipReason::Backward, ScaleCourse::Oscillates), "{skipped:?}");
    assert!((30..=60).contains(&skipped.steps) && skipped.saturated_from.is_none(), "{skipped:?}");
    assert!(matches!(
        oscillating.learners[0].limit,
        Limit::Event { event: Event { kind: EventKind::SkippedBackward, .. } }
    ));
    // 2^16 is halved 166 times until half of it is 0 in binary32.
    let (_, vanishing) = judged(&spec(&["amp-fp16"], 60.0, 2000, 200));
    let skipped = vanishing.learners[0].skipped.expect("steps are skipped");
    assert_eq!((skipped.steps, skipped.of, vanishing.learners[0].failed), (166, 166, Some(165)));
    assert_eq!((skipped.reason, skipped.scale), (SkipReason::Forward, ScaleCourse::Vanishes));
}

/// β₂ = 1 − 10⁻⁸ is 1 in f16 and 1 − β₂ is 0: v never grows, only ε is left to divide by, and updates are far too long.
#[test]
fn a_second_moment_that_never_grows_makes_updates_too_long() {
    let optimiser =
        Optimiser::Adam { beta1: 0.9, beta2: 1.0 - 1e-8, epsilon: 1e-4, weight_decay: 0.0, decoupled: false };
    let spec = TrainingSpec { measure: MeasureAt::Every(1), ..narrow(3, optimiser, 1e-4, &["f32/update=f16"], 3) };
    let (_, found) = judged(&spec);
    let learner = &found.learners[0];
    for (scalar, rounded) in [(Scalar::Beta2, 1), (Scalar::Beta2Complement, 0)] {
        let is_it = |kind: &EventKind| matches!(kind, EventKind::ScalarRounded { scalar: s, rounded: r, .. } if (*s, *r) == (scalar, rounded));
        assert!(event(learner, is_it).is_some(), "{scalar}: {:?}", learner.events);
    }
    let long = learner.long.expect("updates are too long");
    assert!(long.step == 0 && long.layers == 4 && long.least > 10.0, "{long:?}");
    assert!(matches!(learner.limit, Limit::Event { .. }));
}

/// Truncation shortens every gradient on its way through a deep network, and plain SGD's update with it.
#[test]
fn truncated_gradients_make_updates_too_short() {
    let spec = TrainingSpec {
        measure: MeasureAt::Every(1),
        ..narrow(10, named("sgd"), 1e-3, &["e5m2:round=zero/update=f32", "f32"], 2)
    };
    let (training, found) = judged(&spec);
    let short = found.learners[0].short.expect("updates are too short");
    let layers = || training.runs[0].learners[0].measures[0].sites.iter();
    let usable = |verdict| matches!(verdict, Verdict::Sound | Verdict::Noisy);
    let shrunk = layers().filter(|layer| usable(layer.own.verdict) && layer.own.descent.unwrap().value() <= 0.5);
    assert_eq!((short.step, short.layers), (0, shrunk.count()), "{short:?}");
    // Without momentum the update is the gradient times the rate.
    for layer in layers().filter(|layer| usable(layer.own.verdict)) {
        let away = layer.update_descent.value() - layer.own.descent.unwrap().value();
        assert!(away.abs() < tolerances::UPDATE_IN_F32, "{layer:?}");
    }
    assert_eq!((found.learners[0].long, found.learners[1].short), (None, None));
}

/// bf16 with stochastic rounding drops as many updates as rounding to nearest, and loses nothing on average.
#[test]
fn stochastic_rounding_loses_single_updates_and_no_share_of_them() {
    let formats = ["bf16/update=f32/master=bf16", "bf16/update=f32/master=bf16:round=stochastic"];
    let spec = TrainingSpec { measure: MeasureAt::Every(4), ..narrow(3, named("sgd"), 1e-3, &formats, 40) };
    let (training, found) = judged(&spec);
    let [nearest, stochastic] = &found.learners[..] else { panic!("two copies") };
    let absorption = nearest.absorption.expect("little is applied");
    assert!(absorption.applied.share < 0.6 && absorption.applied.error.is_none(), "{absorption:?}");
    assert!(matches!(nearest.limit, Limit::Absorption { .. }), "{:?}", nearest.limit);
    let lost = |place: usize| measured::lost(&training.runs[0].learners[place]).expect("updates are due").0;
    assert!(lost(0) > 0.5 && lost(1) > 0.5, "{} {}", lost(0), lost(1));
    let applied = measured::applied(&training.runs[0].learners[1], true).expect("it is measured");
    assert!(applied.least() <= 1.0 && 1.0 <= applied.most(), "{applied:?}");
    assert_eq!((stochastic.absorption, stochastic.long, stochastic.short), (None, None, None));
    assert_eq!((stochastic.limit, nearest.without), (Limit::Nothing, Some(1)));
}

/// The same network on either side of chance: large weights that have far to fall, none that move, and a usual start.
#[test]
fn f64_learns_once_its_loss_is_below_chance() {
    let spec = |gain, rate, optimiser: &str, steps| TrainingSpec {
        gain,
        // A mean over 20 such minibatches hardly moves by chance.
        batch: 512,
        ..narrow(4, named(optimiser), rate, &["f32"], steps)
    };
    for (gain, rate, optimiser, steps, expected) in [
        (None, 1e-3, "momentum", 60, ControlOutcome::Learns),
        (None, 1e-30, "sgd", 60, ControlOutcome::DoesNotLearn),
        (None, 1e-3, "momentum", 10, ControlOutcome::TooShort),
        (Some(14.0), 1e-6, "sgd", 60, ControlOutcome::Falls),
        // It explodes, and then every unit is dead: chance.
        (None, 1e4, "sgd", 60, ControlOutcome::DoesNotLearn),
    ] {
        let (_, found) = judged(&spec(gain, rate, optimiser, steps));
        assert_eq!(found.control.outcome, expected, "{gain:?} {rate} {optimiser} {steps}: {:?}", found.control);
    }
}

/// Weights that all underflow leave ten equal outputs: one tenth of the digits is a guess, not a collapse.
#[test]
fn a_constant_output_is_as_good_as_a_guess() {
    let spec = TrainingSpec { gain: Some(5e-7), ..narrow(3, named("sgd"), 1e-9, &["f16", "f32"], 1) };
    let (training, _) = judged(&spec);
    let end = |place: usize| *training.runs[0].learners[place].course.held_out.last().expect("digits are held out");
    assert_eq!((end(0).right, end(0).tied, end(0).of), (Some(0), Some(36.0), 360));
    assert_eq!(end(0).accuracy(), Some(0.1));
    assert_eq!(end(1).tied, None);
    assert_eq!(Training::from_json(&training.to_json()).unwrap(), training);
}

/// Noise is harmless only next to nothing else, below a third of minibatch noise, and if it is not one-sided.
#[test]
fn harmless_noise_is_small_two_sided_and_alone() {
    let spec = TrainingSpec {
        measure: MeasureAt::Every(20),
        minibatches: 4,
        ..narrow(2, named("momentum"), 1e-3, &["f32", "bf16", "e5m2:round=zero/update=f32"], 41)
    };
    let (training, found) = judged(&spec);
    let [f32, bf16, truncated] = &found.learners[..] else { panic!("three copies") };
    assert!(f32.is_harmless(), "{f32:?}");
    assert!(bf16.absorption.is_some() && !bf16.is_harmless(), "{bf16:?}");
    let noise = truncated.noise.expect("it is measured");
    let shrunk = |layer: &precision_probe::record::training::MeasuredSite| {
        layer.own.descent.is_some_and(|descent| descent.value() < 0.9)
    };
    let layers = training.runs[0].learners[2].measures.iter().flat_map(|measure| &measure.sites);
    assert!(layers.clone().any(shrunk), "truncation shortens gradients");
    assert_ne!(noise.meaning, MinibatchMeaning::Harmless);
    assert!(!truncated.is_harmless());
}

/// A norm overflows exactly where a sum of squares does, though every gradient is in range: of one tensor, or of all.
#[test]
fn clipping_norms_overflow_where_their_squares_do() {
    use precision_probe::train::learner::gradients_of;
    let mut outcomes = std::collections::BTreeSet::new();
    for (name, format, activation, depth, gain) in [
        ("f16:acc=f32", F16, "relu", 3, 8.0),
        ("f16:acc=f32", F16, "relu", 3, 6.0),
        ("f16:acc=f32", F16, "identity", 4, 9.0),
        ("f16:acc=f32", F16, "tanh", 3, 1.0),
        ("e5m2:acc=f32", E5M2, "relu", 3, 10.0),
        ("e5m2:acc=f32", E5M2, "leaky", 2, 4.0),
        ("e4m3fn:acc=f32", E4M3FN, "relu", 3, 5.0),
        ("e4m3fn:acc=f32", E4M3FN, "relu", 2, 1.5),
        ("e4m3fn:acc=f32", E4M3FN, "identity", 3, 3.5),
        ("bf16:acc=f32", BF16, "relu", 3, 10.0),
        ("f16:acc=f32", F16, "leaky", 5, 6.0),
    ] {
        let policy = format!("f32/update={name}");
        let spec = TrainingSpec {
            activations: vec![activation.into()],
            gain: Some(gain),
            clip_norm: Some(1.0),
            ..narrow(depth, named("sgd"), 1.0, &[&policy], 1)
        };
        let plan = plan(&spec);
        let f64 = precision_probe::arithmetic::Policy::parse("f64").unwrap();
        let exact = gradients_of(f64.into(), &networks(&plan)[0], &batches(&spec, 1)[0]).gradients;
        let squares: Vec<f64> =
            exact.iter().map(|tensor| tensor.iter().map(|g| g.to_f64() * g.to_f64()).sum()).collect();
        let entries = exact.iter().flat_map(|tensor| tensor.iter());
        let largest = entries.fold(0.0f64, |most, g| most.max(g.to_f64().abs()));
        let (most, all) = (format.max().unwrap().to_f64(), squares.iter().sum::<f64>());
        let sums = || squares.iter().chain([&all]);
        let is_close = |x: &f64| (0.8..1.25).contains(&(x / most));
        let case = format!("{policy} {activation} {depth} {gain}: {squares:?}, largest {largest}");
        assert!(!sums().any(is_close) && !is_close(&largest), "{case}");
        let expected = sums().find(|sum| **sum > most && largest < most).map(|sum| f64::sqrt(*sum));
        let training = run(&plan, &Silent);
        let events = training.runs[0].learners[0].events.as_ref().expect("they are recorded");
        let found = events.iter().find_map(|event| match event.kind {
            EventKind::ClippingOverflow { norm } => Some(norm.value()),
            _ => None,
        });
        assert_eq!(found.is_some(), expected.is_some(), "{case}");
        // Gradients are rounded to the optimiser's format before their norm is taken.
        let is_near = |(found, expected): (f64, f64)| (found / expected - 1.0).abs() <= 1.01 * format.unit_roundoff();
        assert!(found.zip(expected).is_none_or(is_near), "{case}");
        outcomes.insert(found.is_some());
    }
    assert_eq!(outcomes.len(), 2);
}
