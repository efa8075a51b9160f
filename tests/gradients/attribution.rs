//! Where noise comes from, what helps, and what theory says: known answers of whole probes.

use crate::common::given::only_run;
use crate::common::tolerances;
use precision_probe::record::{
    ArithmeticRun, Attribute, LossScale, NoiseSource, Number, Quantiles, RemedyKind, Run, SourceNoise, Spec,
    TensorNoise, Verdict, WholeTrial,
};
use precision_probe::spec::Data;

fn small(activation: &str, depth: usize, formats: &[&str]) -> Spec {
    Spec {
        activations: vec![activation.into()],
        depth,
        width: 16,
        batch: 16,
        trials: 3,
        formats: formats.iter().map(|name| (*name).to_string()).collect(),
        truth_bits: 40,
        ..Spec::default()
    }
}

fn source(arithmetic: &ArithmeticRun, source: NoiseSource) -> Option<&SourceNoise> {
    let attribution = arithmetic.attribution.as_ref().expect("attributed");
    attribution.sources.iter().find(|noise| noise.source == source)
}

/// Noise with only a source, by layer; empty if it has none of its own.
fn alone(source: &SourceNoise) -> Vec<Quantiles> {
    source.sites.iter().filter_map(|site| site.alone).collect()
}

/// Noise without a source, by layer.
fn without(source: &SourceNoise) -> Vec<Quantiles> {
    source.sites.iter().map(|site| site.without).collect()
}

fn plain(arithmetic: &ArithmeticRun) -> Vec<Quantiles> {
    arithmetic.sites.iter().map(|layer| layer.noise_to_signal).collect()
}

fn medians(quantiles: &[Quantiles]) -> Vec<f64> {
    quantiles.iter().map(|quantiles| quantiles.median.value()).collect()
}

/// A linear network flips nothing; and where everything is in range, range makes no noise and its removal changes none.
#[test]
fn a_linear_network_has_no_flips_and_no_range_noise() {
    let run = only_run(&Spec { data: Data::Gaussian, ..small("identity", 6, &["bf16", "f32", "bf16:acc=f32"]) });
    for arithmetic in &run.arithmetics {
        assert!(source(arithmetic, NoiseSource::BranchFlips).is_none(), "{}", arithmetic.name);
        assert!(source(arithmetic, NoiseSource::Storage).is_none(), "the grid is held exactly");
        let range = source(arithmetic, NoiseSource::Range).unwrap();
        assert_eq!(without(range), plain(arithmetic), "{}", arithmetic.name);
        let alone = alone(range);
        assert!(
            !alone.is_empty()
                && alone.iter().all(|noise| noise.at_most && noise.median.value() < tolerances::NOISE_OF_DOUBLES),
            "{}",
            arithmetic.name
        );
        let fates = arithmetic.sites.iter().map(|layer| layer.fates.flushed).sum::<u64>();
        assert_eq!(fates, 0, "nothing is flushed in range");
    }
}

/// Without flips, holding branches changes nothing; with them, they make nearly all of the noise.
#[test]
fn branch_flips_are_the_noise_of_kinks() {
    let run = only_run(&Spec { width: 32, batch: 32, ..small("leaky", 12, &["f32", "f16"]) });
    let [single, half] = run.arithmetics.as_slice() else { panic!("two arithmetics") };
    let flipped = |arithmetic: &ArithmeticRun| {
        arithmetic.sites.iter().filter_map(|layer| layer.flips).map(|flips| flips.flipped).sum::<u64>()
    };
    assert_eq!(flipped(single), 0);
    let flips = source(single, NoiseSource::BranchFlips).unwrap();
    assert_eq!(without(flips), plain(single));
    assert_eq!(alone(flips).iter().filter(|noise| noise.at_most).count(), single.sites.len());
    assert!(flipped(half) > 20, "{} flips", flipped(half));
    let flips = source(half, NoiseSource::BranchFlips).unwrap();
    let [with, only, left] = [plain(half), alone(flips), without(flips)].map(|noise| medians(&noise)[0]);
    assert!((0.9..1.1).contains(&(only / with)) && left < 0.3 * with, "{with}, {only} alone, {left} without");
    // No other source does as much.
    for other in [NoiseSource::Backward, NoiseSource::Range] {
        let alone = medians(&alone(source(half, other).unwrap()))[0];
        assert!(alone < 0.3 * with, "{}: {alone} of {with}", other.name());
    }
}

/// On a network that is stored exactly there are two roles: turning one off is turning the other one on.
#[test]
fn two_roles_are_each_others_complement() {
    let run = only_run(&small("tanh", 6, &["f16", "bf16:acc=f32"]));
    for arithmetic in &run.arithmetics {
        let [forward, backward] =
            [NoiseSource::Forward, NoiseSource::Backward].map(|role| source(arithmetic, role).unwrap());
        assert_eq!(medians(&alone(forward)), medians(&without(backward)));
        assert_eq!(medians(&alone(backward)), medians(&without(forward)));
        // Contributions are nearly independent: squares add up, within the sampling of three trials.
        let [forward, backward, all] =
            [without(backward), without(forward), plain(arithmetic)].map(|noise| medians(&noise)[0]);
        let ratio = (forward * forward + backward * backward).sqrt() / all;
        assert!((0.6..1.6).contains(&ratio), "{}: {ratio}", arithmetic.name);
    }
}

/// A format that cannot hold the parameters has storage noise, and an exact sum no accumulator's.
#[test]
fn storage_and_accumulation_are_told_apart() {
    let run = only_run(&small("tanh", 4, &["e4m3fn:acc=f32", "f16", "f16:sum=exact"]));
    let [narrow, sequential, exact] = run.arithmetics.as_slice() else { panic!("three arithmetics") };
    let storage = source(narrow, NoiseSource::Storage).expect("three bits hold no eight");
    assert!(medians(&alone(storage))[0] > 0.01);
    let accumulation = source(sequential, NoiseSource::Accumulation).unwrap();
    assert!(alone(accumulation).is_empty(), "it is no share of its own");
    assert_eq!(without(accumulation), plain(exact));
    assert_eq!(without(source(exact, NoiseSource::Accumulation).unwrap()), plain(exact));
    assert!(medians(&without(accumulation))[0] < medians(&plain(sequential))[0]);
}

/// Sigmoid's gradients underflow in f16 at depth 50: range is the source, and loss scaling has a limit. No scale that
/// overflows nothing reaches down to layer 1, so that none makes the worst layer better.
#[test]
fn loss_scaling_has_a_limit() {
    let run = only_run(&small("sigmoid", 50, &["f16", "bf16:acc=f32"]));
    let [half, brain] = run.arithmetics.as_slice() else { panic!("two arithmetics") };
    assert_eq!(half.verdict.verdict, Verdict::Underflow);
    assert_eq!(brain.verdict.verdict, Verdict::Sound);
    let range = source(half, NoiseSource::Range).unwrap();
    assert!(medians(&alone(range))[0] > 0.99 && medians(&without(range))[0] < 0.1);
    let scaling = half.remedies.iter().find(|remedy| remedy.kind == RemedyKind::LossScaling).unwrap();
    assert!((0..=20).contains(&scaling.log2_loss_scale), "2^{}", scaling.log2_loss_scale);
    assert_eq!(scaling.sites[0].verdict.verdict, Verdict::Underflow, "still beyond reach");
    let trials = scaling.trials.as_ref().unwrap();
    assert!(trials.iter().all(|trial| trial.verdict == Verdict::Underflow && trial.worst_noise.value() > 0.99));
    // bf16 has nothing to cure.
    let scaling = brain.remedies.iter().find(|remedy| remedy.kind == RemedyKind::LossScaling).unwrap();
    assert_eq!(scaling.log2_loss_scale, 0);
    // f32 in the backward pass cures it.
    let backward = half.remedies.iter().find(|remedy| remedy.kind == RemedyKind::Backward).unwrap();
    assert_eq!(backward.name, "forward=f16/backward=f32");
    assert_eq!(backward.sites[0].verdict.verdict, Verdict::Sound);
}

/// W of every trial with a loss scale, and whether anything overflows in any.
fn worst(run: &Run) -> (Vec<f64>, bool) {
    let layers = &run.arithmetics[0].sites;
    let whole = |trial: usize| {
        let layers = layers.iter().map(|layer| &layer.trials[trial]);
        WholeTrial::of(layers.map(|trial| (trial.verdict, trial.noise().0))).worst_noise.value()
    };
    let is_infinite = |tensor: &TensorNoise| tensor.noise_to_signal == Number::Infinite;
    let mut tensors = layers.iter().flat_map(|layer| &layer.trials).flat_map(|trial| &trial.tensors);
    let overflows = tensors.any(is_infinite);
    ((0..layers[0].trials.len()).map(whole).collect(), overflows)
}

/// `auto` is the smallest scale at which the largest noise of all layers is within 2 % of what a backward pass with
/// unbounded exponents leaves, in four of five trials, and with which nothing overflows; every scale was tried here.
#[test]
fn auto_is_the_smallest_scale_at_which_the_range_costs_nothing() {
    let mut found = Vec::new();
    for (activation, depth, format, twin) in [
        ("sigmoid", 6, "f16", "mpfr:11"),
        ("sigmoid", 9, "f16:acc=f32", "mpfr:11:acc=mpfr:24"),
        ("sigmoid", 12, "f16", "mpfr:11"),
        ("sigmoid", 3, "e5m2:acc=f32", "mpfr:3:acc=mpfr:24"),
        ("tanh", 4, "f16", "mpfr:11"),
    ] {
        let bias = depth % 2 == 0;
        let at = |loss_scale: LossScale, format: &str| {
            let small = small(activation, depth, &[format]);
            only_run(&Spec { loss_scale, attribute: Attribute::None, trials: 5, bias, ..small })
        };
        let (least, _) = worst(&at(LossScale::None, &format!("forward={format}/backward={twin}")));
        let is_enough = |(scaled, overflows): &(Vec<f64>, bool)| {
            let as_good = scaled.iter().zip(&least).filter(|(scaled, least)| **scaled <= 1.02 * **least).count();
            !overflows && as_good >= 4
        };
        let tried: Vec<(Vec<f64>, bool)> =
            (0..24).map(|log2| worst(&at(LossScale::PowerOfTwo(log2), format))).collect();
        // Where none is, the least median, of nearly equal ones the smallest.
        let medians: Vec<f64> = (tried.iter())
            .map(|(scaled, overflows)| {
                let mut sorted = scaled.clone();
                sorted.sort_by(f64::total_cmp);
                if *overflows { f64::INFINITY } else { sorted[2] }
            })
            .collect();
        let best = medians.iter().copied().fold(f64::INFINITY, f64::min);
        let least_median = || medians.iter().position(|median| *median <= 1.02 * best);
        let expected = tried.iter().position(is_enough).or_else(least_median).expect("a scale overflows nothing");
        let automatic = at(LossScale::Auto, format);
        let log2 = automatic.arithmetics[0].log2_loss_scale.unwrap_or(0);
        assert_eq!(log2, expected as i32, "{activation} in {format}: {least:?} and {tried:?}");
        found.push(log2);
    }
    assert!(found.contains(&0) && found.iter().filter(|log2| **log2 > 0).count() >= 3, "{found:?}");
}

/// A gradient that overflows without a scale is brought down, by no more than that takes; where the forward pass overflows no
/// scale is tried.
#[test]
fn scales_below_one_are_for_gradients_that_overflow() {
    let spec = Spec { gain: Some(3.5), loss_scale: LossScale::Auto, ..small("identity", 6, &["f16:acc=f32"]) };
    let run = only_run(&Spec { data: Data::Gaussian, ..spec.clone() });
    let log2 = run.arithmetics[0].log2_loss_scale.expect("it overflows without a scale");
    let at = |log2| only_run(&Spec { data: Data::Gaussian, loss_scale: LossScale::PowerOfTwo(log2), ..spec.clone() });
    assert!(log2 < 0 && !worst(&at(log2)).1 && worst(&at(log2 + 1)).1, "2^{log2}");
    let run = only_run(&Spec { gain: Some(60.0), ..spec });
    assert_eq!(run.arithmetics[0].log2_loss_scale, None);
    assert!(run.arithmetics[0].remedies.iter().all(|remedy| remedy.kind != RemedyKind::LossScaling));
}

/// A computed zero is flushed only where the twin of unbounded exponents has a number: `mpfr` flushes nothing, whatever
/// else makes zeros, and tiny gradients in f16 are flushed and not cut.
#[test]
fn flushed_and_cut_are_told_apart() {
    let run =
        only_run(&Spec { attribute: Attribute::None, ..small("relu", 10, &["mpfr:3", "mpfr:11", "f16", "e8m2"]) });
    let sum = |arithmetic: &ArithmeticRun| {
        let fates = arithmetic.sites.iter().map(|layer| layer.fates);
        fates.fold((0, 0), |(flushed, cut), fates| (flushed + fates.flushed, cut + fates.cut))
    };
    let [coarse, fine, half, wide] = [0, 1, 2, 3].map(|index| sum(&run.arithmetics[index]));
    assert_eq!((coarse.0, fine.0), (0, 0), "unbounded exponents");
    assert!(coarse.1 > 100, "three bits flip branches to zero: {coarse:?}");
    assert_eq!(coarse, wide, "eight exponent bits hold every number here");
    assert_eq!(half.1, fine.1, "what is cut in f16 is cut in its twin");
    let run = only_run(&Spec { attribute: Attribute::None, ..small("sigmoid", 14, &["f16"]) });
    let (flushed, cut) = sum(&run.arithmetics[0]);
    assert!(flushed > 500 && cut < flushed / 50, "{flushed} flushed, {cut} cut");
}

/// Flips and the rounding of the backward pass predict the noise of networks of 10 to 200 layers: the median over trials and
/// layers of measured over predicted lies within a factor of 2, and so does layer 1 where flips are not so few (at least
/// five per network) that five trials do not show their median. Bounds with frozen branches hold for the noise without
/// flips wherever nothing is flushed, which bf16 sees to.
#[test]
fn theory_predicts_the_noise_of_kinked_networks() {
    for (activation, depth, width, trials) in
        [("relu", 10, 64, 5), ("leaky", 10, 64, 5), ("relu", 50, 48, 5), ("leaky", 50, 48, 5), ("leaky", 200, 40, 3)]
    {
        let spec = Spec { width, trials, batch: 32, ..small(activation, depth, &["f16", "bf16:acc=f32"]) };
        for arithmetic in &only_run(&spec).arithmetics {
            let place = format!("{activation}, depth {depth}, {}", arithmetic.name);
            let theory = &arithmetic.theory;
            assert_eq!(theory.len(), depth + 1, "{place}");
            let mut ratios: Vec<f64> = theory.iter().map(|layer| layer.ratio.value()).collect();
            let first = ratios[0];
            ratios.sort_by(f64::total_cmp);
            let median = ratios[ratios.len() / 2];
            assert!((0.5..=2.0).contains(&median), "{place}: {median} in the median");
            let flips = arithmetic.sites.iter().filter_map(|layer| layer.flips).map(|flips| flips.flipped);
            if flips.sum::<u64>() >= 5 * trials as u64 {
                assert!((0.5..=2.0).contains(&first), "{place}: {first} at layer 1");
            }
            if arithmetic.name.starts_with("bf16") {
                let frozen = without(source(arithmetic, NoiseSource::BranchFlips).unwrap());
                for (layer, (noise, theory)) in frozen.iter().zip(theory).enumerate() {
                    let (noise, bound) = (noise.high.value(), theory.frozen_worst.value());
                    assert!(noise <= bound, "{place}, layer {layer}: {noise} of {bound}");
                }
            }
        }
    }
}

/// What is not asked for is not there.
#[test]
fn nothing_is_attributed_unasked() {
    let run = only_run(&small("leaky", 3, &["f16", "f64", "mpfr:60"]));
    assert!(run.arithmetics[0].attribution.is_some() && !run.arithmetics[0].remedies.is_empty());
    assert!(run.arithmetics[1..].iter().all(|arithmetic| arithmetic.attribution.is_none()));
    let all = only_run(&Spec { attribute: Attribute::All, ..small("leaky", 3, &["f16", "f64"]) });
    assert_eq!(all.arithmetics[0], run.arithmetics[0], "what is asked about others changes nothing");
    let double = all.arithmetics[1].attribution.as_ref().unwrap();
    assert_eq!(double.exact, "mpfr:130");
    let forward = alone(source(&all.arithmetics[1], NoiseSource::Forward).unwrap())[0];
    assert!(!forward.at_most && (1e-17..1e-14).contains(&forward.median.value()));
    let none = only_run(&Spec { attribute: Attribute::None, ..small("leaky", 3, &["f16", "f64"]) });
    assert!(none.arithmetics.iter().all(|one| one.attribution.is_none() && one.remedies.is_empty()));
    assert_eq!(none.arithmetics[0].sites, run.arithmetics[0].sites);
}
