//! What is concluded of measured networks: public reports made small, and networks of the same kinds.

use crate::common::given::*;
use crate::common::records::{first, judged};
use precision_probe::format::two_to;
use precision_probe::init::Init;
use precision_probe::judgement::ranking::Ranking;
use precision_probe::judgement::{
    Advice, ArithmeticJudgement, Cause, ExactState, RangeLoss, RemedyName, RowShare, Small, Vanishing, ZeroJudgement,
    ZeroWeights, judge,
};
use precision_probe::record::ZeroReason::*;
use precision_probe::record::*;

/// The remedy that is enough, by its policy or name.
fn cure(judged: &ArithmeticJudgement) -> Option<(Option<RemedyKind>, &str)> {
    let Advice::Enough { place } = judged.remedy else { return None };
    match &judged.tried[place].remedy {
        RemedyName::Change { kind, name, .. } => Some((Some(*kind), name)),
        RemedyName::Arithmetic { name } => Some((None, name)),
    }
}

/// Ten networks with an exact gradient of zero, each for another reason or in another place: no format helps.
#[test]
fn exact_zeros_have_their_reasons() {
    let silent = |shape| same(shape, 0.0);
    let (inputs, wanted) = (mixed((5, 8)), mixed((5, 3)));
    let of = |activation, layers| Given::new(activation, layers, inputs.clone(), wanted.clone());
    let at = |reason, layer, ends_after_one_step| ZeroJudgement { reason, layer: Some(layer), ends_after_one_step };
    let without = |reason| ZeroJudgement { reason, layer: None, ends_after_one_step: None };
    let plain = || vec![mixed((4, 8)), mixed((4, 4)), mixed((3, 4))];
    // One sample twice, with targets on both sides of what the network puts out.
    let doubled = Given::new(
        "identity",
        vec![same((1, 2), 0.5), same((1, 1), 2.0)],
        same((2, 2), 1.0),
        vec![vec![1.0], vec![3.0]],
    );
    let learnt = Given { wanted: Wanted::Values(vec![vec![2.0], vec![2.0]]), ..doubled.clone() };
    for (name, given, zero) in [
        ("a factor that is zero", of("identity", vec![mixed((4, 8)), silent((3, 4))]), at(ZeroWeights, 2, Some(true))),
        ("both are", of("identity", vec![silent((4, 8)), silent((3, 4))]), at(ZeroWeights, 2, Some(false))),
        (
            "a zero layer amid others",
            of("tanh", vec![mixed((4, 8)), mixed((4, 4)), silent((4, 4)), mixed((3, 4))]),
            at(ZeroWeights, 3, Some(true)),
        ),
        ("no sample is on", of("relu", plain()).biased(&[-100.0, 1.0, 0.0]), at(DeadUnits, 1, None)),
        ("nor further up", of("relu2", plain()).biased(&[0.0, -1e4, 0.0]), at(DeadUnits, 2, None)),
        (
            "beyond the upper end",
            of("relu6", vec![mixed((4, 8)), mixed((3, 4))]).biased(&[50.0, 0.0]),
            at(DeadUnits, 1, None),
        ),
        ("at the lower end", of("hardtanh", plain()).biased(&[0.0, -9.0, 0.0]), at(DeadUnits, 2, None)),
        ("data of zeros", Given { inputs: silent((5, 8)), ..of("softsign", plain()) }, at(ZeroInputs, 1, None)),
        ("all is learnt", learnt, without(LossAtMinimum)),
        ("two samples pull against each other", doubled, without(Cancels)),
    ] {
        let record = given.measured(&["f16", "bf16:acc=f32", "f64"], Attribute::Narrow);
        let judged = judged(&record);
        assert_eq!(judged.exact.state, Some(ExactState::Zero), "{name}");
        assert_eq!(judged.exact.zero, Some(zero), "{name}");
        assert!(judged.exact.is_network_fault, "{name}");
        for one in &judged.arithmetics {
            assert_eq!(one.remedy, Advice::NoFormatHelps, "{name}, {}", one.name);
            assert_eq!(one.first.verdict.verdict, Verdict::Zero, "{name}, {}", one.name);
        }
    }
}

/// Drawn networks that vanish by depth or do not, by what is known of them: log₂ of the gradient over the weights.
#[test]
fn vanishing_by_depth_is_the_networks_fault() {
    let (preserve, torch) = ((Init::Preserve, None), (Init::Torch, None));
    for (activation, depth, (init, gain), vanishes) in [
        ("leaky", 50, preserve, false),
        ("tanh", 50, preserve, false),
        ("selu", 50, preserve, false),
        ("relu", 10, torch, false),
        ("sigmoid", 18, preserve, true),
        ("logsigmoid", 30, preserve, true),
        ("softplus", 30, preserve, true),
        ("relu", 60, (Init::Preserve, Some(1.0)), true),
        ("tanh", 40, (Init::Preserve, Some(0.5)), true),
        ("relu", 80, torch, true),
        ("relu2", 10, preserve, true),
    ] {
        let record = drawn(&[activation], depth, &["f32"], |spec| {
            (spec.init, spec.gain, spec.trials, spec.batch) = (init, gain, 1, 8);
            spec.attribute = Attribute::None;
        });
        let exact = judged(&record).exact;
        let name = format!("{activation}, depth {depth}");
        let expected = if vanishes { ExactState::Vanishing } else { ExactState::Healthy };
        assert_eq!(exact.state, Some(expected), "{name}: {:?}", exact.log2_relative);
        assert_eq!(exact.is_network_fault, vanishes, "{name}: {:?}", exact.vanishing);
        match exact.vanishing {
            Some(Vanishing::ByDepth { backward, .. }) => assert!(vanishes && backward < 0.8, "{name}: {backward}"),
            other => assert!(!vanishes, "{name}: {other:?}"),
        }
    }
}

/// A bf16 sum of 1600 equal terms stands still: the cheapest cure is the f32 accumulator, and the sum is the cause.
#[test]
fn a_sum_that_stands_wants_an_accumulator() {
    let one = || same((1, 1), 1.0);
    let given = Given::new("identity", vec![one(), one()], same((1600, 1), 800.0), same((1600, 1), 0.0));
    let record = given.biased(&[0.0, 0.0]).measured(&["bf16", "bf16:acc=f32"], Attribute::Narrow);
    let judged = judged(&record);
    assert_eq!(cure(&judged.arithmetics[0]), Some((Some(RemedyKind::Accumulator), "bf16:acc=f32")));
    assert!(matches!(judged.arithmetics[0].cause, Cause::Source { source: NoiseSource::Accumulation, .. }));
    assert_eq!(judged.arithmetics[1].remedy, Advice::NotNeeded);
}

/// A softmax over 512 classes whose bf16 sum is off: 511 of 512 rows are wrong by half or more, though the layer is sound.
#[test]
fn the_share_of_wrong_rows_is_seen() {
    let head = rows((512, 1), |i, _| if i % 2 == 0 { two_to(-12) } else { -two_to(-12) });
    let given = Given {
        wanted: Wanted::Classes(vec![0]),
        ..Given::new("identity", vec![same((1, 1), 1.0), head], same((1, 1), 1.0), Vec::new())
    };
    let judged = judged(&given.measured(&["bf16", "bf16:acc=f32"], Attribute::None));
    let [bf16, summed_in_f32] = &judged.arithmetics[..] else { panic!("two arithmetics") };
    assert_eq!((bf16.worst.layer, bf16.worst.verdict.verdict), (2, Verdict::Sound));
    assert_eq!(bf16.worst.rows, Some(RowShare { wrong: 511, wholly_wrong: Some(256), of: 512, ghosts: 0 }));
    assert_eq!(summed_in_f32.worst.rows, Some(RowShare { wrong: 0, wholly_wrong: Some(0), of: 512, ghosts: 0 }));
}

/// Zero inputs and living biases: the weight gradient is zero, the layer is not.
#[test]
fn zero_inputs_leave_the_biases_alive() {
    let given = Given::new("relu", vec![mixed((8, 8)), mixed((3, 8))], same((4, 8), 0.0), mixed((4, 3)));
    let judged = judged(&given.biased(&[0.75, 0.0]).measured(&["mxfp8", "deepseek-fp8"], Attribute::Narrow));
    assert_eq!(judged.exact.zero_weights, [ZeroWeights { layer: 1, inputs_are_zero: true }]);
    assert_eq!((judged.exact.state, judged.exact.is_network_fault), (Some(ExactState::Healthy), false));
    for one in &judged.arithmetics {
        assert!(one.first.verdict.verdict.has_noise() && one.remedy != Advice::NoFormatHelps, "{}", one.name);
    }
}

/// Networks in which something overflows in f16 and nothing does in bf16, which is sound: loss scaling cures what flows
/// back, bf16 what flows up, and no remedy that leaves a layer overflowing is named.
#[test]
fn overflow_anywhere_is_cured_in_every_layer() {
    let one = |value: f64| same((1, 1), value);
    let of = |activation, weights: &[f64], input: f64, wanted: f64| {
        Given::new(activation, weights.iter().map(|weight| one(*weight)).collect(), one(input), one(wanted))
    };
    for (name, given, layer, is_on_the_way_up) in [
        // softplus(1) with β = 10^-6 is 693147.7.
        ("what φ puts out", of("softplus:1e-6", &[1.0, two_to(-20)], 1.0, 0.0), 1, true),
        ("the head's gradient", of("identity", &[1024.0, two_to(-12)], 32.0, 0.0), 2, false),
        ("a gradient in the middle", of("identity", &[1024.0, two_to(-12), 1.0], 32.0, 0.0), 2, false),
        ("layer 1's gradient", of("identity", &[two_to(-12), 1.0, 1.0], 32768.0, 4.0), 1, false),
        ("a pre-activation", of("leaky", &[512.0, 512.0, two_to(-18)], 1.0, 0.0), 1, true),
        ("a square", of("relu2", &[300.0, two_to(-14)], 1.0, 0.0), 1, true),
        ("the third of five layers", of("leaky", &[64.0, 64.0, 64.0, two_to(-18), 1.0], 1.0, 0.0), 1, true),
        ("a bias", of("identity", &[1.0, two_to(-16)], 30000.0, 0.0).biased(&[60000.0, 0.0]), 1, true),
        (
            "a sum of two",
            Given::new("identity", vec![same((1, 2), 1.0), one(two_to(-16))], same((1, 2), 40000.0), one(0.0)),
            1,
            true,
        ),
        ("the distance to the target", of("identity", &[1.0, 1.0], 60000.0, -60000.0), 1, true),
    ] {
        let judged = judged(&given.measured(&["f16:acc=f32", "bf16:acc=f32"], Attribute::Narrow));
        let [f16, bf16] = &judged.arithmetics[..] else { panic!("two arithmetics") };
        assert_eq!((f16.worst.verdict.verdict, f16.worst.layer), (Verdict::Overflow, layer), "{name}");
        assert_eq!(bf16.worst.verdict.verdict, Verdict::Sound, "{name}");
        let scaling = (Some(RemedyKind::LossScaling), "f16:acc=f32");
        let expected = if is_on_the_way_up { (None, "bf16:acc=f32") } else { scaling };
        assert_eq!(cure(f16), Some(expected), "{name}: {:?}", f16.tried);
        assert!(matches!(f16.cause, Cause::Source { source: NoiseSource::Range, .. }), "{name}: {:?}", f16.cause);
    }
}

/// Ten networks of which f16 stores something as zero, wherever it lies: layer 1 underflows, and bf16 cures it.
#[test]
fn what_is_stored_as_zero_underflows() {
    let tiny = two_to(-27);
    let of = |activation, layers, inputs| Given::new(activation, layers, inputs, mixed((6, 3)));
    let data = || mixed((6, 8));
    // Two columns of three are tiny, with the larger part of what flows back.
    let partly = rows((3, 8), |i, j| if j % 3 == 0 { mixed((3, 8))[i][j] / 1e9 } else { tiny * mixed((3, 8))[i][j] });
    for (name, given) in [
        ("the head", of("relu", vec![mixed((8, 8)), times(tiny, mixed((3, 8)))], data())),
        ("the head of a linear network", of("identity", vec![mixed((8, 8)), times(tiny, mixed((3, 8)))], data())),
        ("a head of one unit", {
            let layers = vec![mixed((8, 8)), times(tiny, mixed((1, 8)))];
            Given::new("tanh", layers, data(), mixed((6, 1)))
        }),
        (
            "the second of three layers",
            of("leaky", vec![mixed((8, 8)), times(tiny, mixed((4, 8))), mixed((3, 4))], data()),
        ),
        ("the last of four", {
            let layers = vec![mixed((6, 8)), mixed((6, 6)), mixed((5, 6)), times(tiny, mixed((3, 5)))];
            of("elu", layers, data())
        }),
        (
            "two layers",
            of("identity", vec![mixed((8, 8)), times(tiny, mixed((4, 8))), times(tiny, mixed((3, 4)))], data()),
        ),
        ("the data", of("relu", vec![mixed((8, 8)), mixed((3, 8))], times(tiny, data()))),
        (
            "a single sample",
            Given::new("softsign", vec![mixed((4, 8)), times(tiny, mixed((3, 4)))], mixed((1, 8)), mixed((1, 3))),
        ),
        ("with biases", of("leaky", vec![mixed((8, 8)), times(tiny, mixed((3, 8)))], data()).biased(&[0.5, 0.25])),
        ("every weight of some units", of("identity", vec![mixed((8, 8)), partly], data())),
    ] {
        let judged = judged(&given.measured(&["f16:acc=f32", "amp-fp16", "bf16:acc=f32"], Attribute::Narrow));
        let [f16, amp, bf16] = &judged.arithmetics[..] else { panic!("three arithmetics") };
        for one in [f16, amp] {
            assert_eq!(one.first.verdict.verdict, Verdict::Underflow, "{name}, {}: {:?}", one.name, one.first);
            assert_eq!(cure(one), Some((None, "bf16:acc=f32")), "{name}, {}: {:?}", one.name, one.tried);
            let Cause::Source { source: NoiseSource::Range, lost, .. } = one.cause else {
                panic!("{name}, {}: {:?}", one.name, one.cause)
            };
            // amp-fp16 stores everything in f32: what becomes 0 does so where it enters a pass.
            let is_storing = lost == Some(RangeLoss::Storing);
            assert_eq!(is_storing, one.name == "f16:acc=f32", "{name}, {}: {lost:?}", one.name);
        }
        assert_eq!(bf16.remedy, Advice::NotNeeded, "{name}: {:?}", bf16.worst);
        assert!(!judged.exact.is_network_fault, "{name}: {:?}", judged.exact);
    }
}

/// Kinked activations of 20 layers: relu's noise in f16 straddles the line, and elu alone is ranked.
#[test]
fn mixed_verdicts_and_ranks_of_three_activations() {
    let record = drawn(&["relu", "leaky", "elu"], 20, &["f16"], |spec| spec.attribute = Attribute::None);
    let judged = judge(&record);
    let relu = &judged.runs[0].arithmetics[0].first;
    assert_eq!(relu.verdict.distribution, Some([(Verdict::Sound, 3), (Verdict::Noisy, 2)].into()));
    assert_eq!(judged.rankings[0].ranking, Some(Ranking::Best { best: 2, not_apart: vec![] }));
    let two = drawn(&["relu", "leaky"], 20, &["f16"], |spec| spec.attribute = Attribute::None);
    let Some(Ranking::Best { not_apart, .. }) = &judge(&two).rankings[0].ranking else { panic!("five trials") };
    assert_eq!(not_apart.len(), 1, "relu and leaky are not told apart");
}

/// The default network: branch flips make f16's noise, and forward in f32 cuts that of layer 1 33 times.
#[test]
fn branch_flips_cause_the_noise_of_deep_kinked_networks() {
    let judged = first(&drawn(&["leaky"], 50, &["f16"], |_| {}));
    assert!(
        matches!(judged.cause, Cause::Source { source: NoiseSource::BranchFlips, layer: 1, .. }),
        "{:?}",
        judged.cause
    );
    assert_eq!(cure(&judged), Some((Some(RemedyKind::Forward), "forward=f32/backward=f16")));
    let Advice::Enough { place } = judged.remedy else { panic!("{:?}", judged.remedy) };
    assert_eq!(judged.tried[place].first_times.value().round(), 33.0);
}

/// One activation against itself with other seeds: at most one pair in ten is ranked.
#[test]
fn seeds_are_seldom_ranked() {
    let seeds: Vec<Run> = (0..16)
        .map(|seed| {
            let small = |spec: &mut Spec| {
                (spec.width, spec.batch, spec.seed, spec.attribute) = (16, 8, seed, Attribute::None);
            };
            drawn(&["leaky"], 8, &["f16"], small).runs.remove(0)
        })
        .collect();
    let mut record = drawn(&["leaky"], 8, &["f16"], |spec| (spec.width, spec.batch, spec.trials) = (16, 8, 1));
    let mut ranked = 0;
    let pairs: Vec<(usize, usize)> = (0..16).flat_map(|one| (0..one).map(move |other| (one, other))).collect();
    for (one, other) in &pairs {
        record.runs = vec![seeds[*one].clone(), seeds[*other].clone()];
        let found = &judge(&record).rankings[0].ranking;
        ranked += usize::from(matches!(found, Some(Ranking::Best { not_apart, .. }) if not_apart.is_empty()));
    }
    assert!(10 * ranked <= pairs.len(), "{ranked} of {}", pairs.len());
}

/// Tiny weights and tiny data vanish at their layer and change no remedy.
#[test]
fn what_is_tiny_at_one_layer_is_named_there() {
    let of = |layers, inputs| Given::new("leaky", layers, inputs, mixed((6, 3)));
    let tiny = || times(two_to(-26), mixed((3, 8)));
    for (name, given, layer, small) in [
        ("the head", of(vec![mixed((8, 8)), tiny()], mixed((6, 8))), 2, Small::Weights),
        ("data", of(vec![mixed((8, 8)), mixed((3, 8))], times(two_to(-30), mixed((6, 8)))), 1, Small::Inputs),
    ] {
        let exact = judged(&given.measured(&["f32"], Attribute::None)).exact;
        let Some(Vanishing::AtLayer { layer: found, small: what, .. }) = exact.vanishing else {
            panic!("{name}: {exact:?}")
        };
        assert_eq!((found, what, exact.is_network_fault), (layer, small, false), "{name}");
    }
}
