//! One layer in one arithmetic: verdicts, noise, rows, minibatches, and which layer is the worst.

use super::build::*;
use precision_probe::format::two_to;
use precision_probe::judgement::{Cause, MinibatchMeaning, RemedyName, RowShare, Tensor};
use precision_probe::record::*;
use precision_probe::statistics::quantiles;

/// `sound 3, noisy 2` is no unanimous `sound`: relu of 20 layers in f16.
#[test]
fn mixed_trials_stay_mixed() {
    let noises = [0.092, 0.131, 0.156, 0.085, 0.078];
    let cell = |noise: f64| (if noise < 0.1 { Verdict::Sound } else { Verdict::Noisy }, noise);
    let judged = first(&record(&[("f16", vec![noises.map(cell).to_vec(), vec![SOUND; 5]])]));
    assert_eq!(judged.first.verdict.verdict, Verdict::Sound);
    assert_eq!(judged.first.verdict.distribution, Some([(Verdict::Sound, 3), (Verdict::Noisy, 2)].into()));
    assert_eq!(judged.first.trials, noises.map(Number::new));
    assert_eq!(judged.worst_noise, noises.map(Number::new));
}

/// Of two trials both values are there, and no median has to stand for them.
#[test]
fn two_trials_keep_both_values() {
    let judged = first(&record(&[("f16", vec![vec![(Verdict::Noisy, 0.2), (Verdict::Noisy, 0.6)]])]));
    assert_eq!((judged.first.noise.low, judged.first.noise.high), (Number::new(0.2), Number::new(0.6)));
    assert_eq!(judged.first.trials, [Number::new(0.2), Number::new(0.6)]);
}

/// Of two trials everything that is concluded has both values: noise, minibatch noise, what a source leaves, what a remedy
/// gains.
#[test]
fn two_trials_keep_both_values_of_everything() {
    let cells = |noises: [f64; 2]| vec![noises.map(|noise| (Verdict::Noisy, noise)).to_vec(); 2];
    let mut record = record(&[("f16", cells([0.6, 0.2])), ("bf16", cells([0.3, 0.1]))]);
    record = with_exact(record, &vec![vec![healthy(); 2]; 2]);
    record.runs[0].truth.sites[0].trials[1].exact.as_mut().unwrap().log2_gradient = Number::new(-7.0);
    let run = &mut record.runs[0].arithmetics[0];
    for (trial, log2_noise) in run.sites[0].trials.iter_mut().zip([-8.0, -9.0]) {
        trial.tensors[0].log2_noise = Number::new(log2_noise);
    }
    run.remedies = vec![remedy(RemedyKind::Forward, "forward=f32/backward=f16", &cells([0.15, 0.1]))];
    let left = quantiles([0.02, 0.01].into_iter().map(|noise| (Number::new(noise), false)));
    let site = |site| SourceSite { site, alone: None, without: left, milder: Some(2), lower: Some(2) };
    let source = SourceNoise { source: NoiseSource::Forward, sites: [1, 2].map(site).to_vec() };
    run.attribution = Some(Attribution { exact: "mpfr:53".into(), sources: vec![source] });
    let judgement = judged(&record);
    assert_eq!(judgement.exact.log2_relative_trials, [-6.0, -7.0].map(Number::new));
    let judged = &judgement.arithmetics[0];
    let both = |low: f64, high: f64| Some([Number::new(low), Number::new(high)]);
    assert_eq!(judged.first.noise.both(), both(0.2, 0.6));
    assert_eq!(judged.first.minibatch.as_ref().unwrap().trials, [0.5, 0.25].map(Number::new));
    let Cause::Source { without, .. } = judged.cause else { panic!("{:?}", judged.cause) };
    assert_eq!(without.both(), both(0.01, 0.02));
    let forward = judged.tried.iter().find(|tried| matches!(tried.remedy, RemedyName::Change { .. })).unwrap();
    assert_eq!(forward.trials, [4.0, 2.0].map(Number::new), "trial by trial");
    assert_eq!(forward.first_times_of_two, both(2.0, 4.0), "the lesser and the greater noise");
    let listed = judged.tried.iter().find(|tried| matches!(tried.remedy, RemedyName::Arithmetic { .. })).unwrap();
    assert_eq!((&listed.trials[..], listed.first_times_of_two), (&[2.0, 2.0].map(Number::new)[..], both(2.0, 2.0)));
}

/// A median is an upper limit only if the trial is one that it is of, whichever other trials are.
#[test]
fn a_limit_among_the_trials_makes_no_limit_of_the_median() {
    for (limits, is_limit) in [
        ([true, false, false, false, false], false),
        ([true, true, false, false, false], false),
        ([true, true, true, false, false], true),
        ([false, false, false, false, true], false),
        ([false, false, true, false, false], true),
        ([true; 5], true),
    ] {
        let cells = [0.01, 0.02, 0.03, 0.04, 0.05].map(|noise| (Verdict::Sound, noise)).to_vec();
        let mut record = record(&[("f16", vec![cells; 2])]);
        let layer = &mut record.runs[0].arithmetics[0].sites[0];
        layer.trials.iter_mut().zip(limits).for_each(|(trial, limit)| trial.tensors[0].at_most = limit);
        let of = |trial: &SiteTrial| (trial.tensors[0].noise_to_signal, trial.tensors[0].at_most);
        layer.noise_to_signal = quantiles(layer.trials.iter().map(of));
        let judged = first(&record).first;
        assert_eq!((judged.noise.at_most, judged.limits), (is_limit, limits.to_vec()), "{limits:?}");
    }
}

/// The worst layer: the most severe verdict, then the most noise, then the nearest to the input.
#[test]
fn the_worst_layer_is_found() {
    let noisy = |noise| (Verdict::Noisy, noise);
    for (layers, expected) in [
        (vec![SOUND, OVERFLOW, CHAOTIC], 2),
        (vec![OVERFLOW, OVERFLOW, SOUND], 1),
        (vec![noisy(0.2), noisy(0.5), noisy(0.5)], 2),
        (vec![ZERO, SOUND, SOUND], 2),
        (vec![UNKNOWN, ZERO, NOISY], 3),
        (vec![ZERO, ZERO, ZERO], 1),
        (vec![UNDERFLOW, (Verdict::Underflow, 0.9), CHAOTIC], 1),
        (vec![CHAOTIC, UNDERFLOW, OVERFLOW], 3),
    ] {
        let judged = first(&record(&[("f16", layers.iter().map(|cell| vec![*cell; 3]).collect())]));
        assert_eq!(judged.worst.layer, expected, "{layers:?}");
        assert_eq!(judged.first.layer, 1);
    }
}

fn joint(noise: f64, weight: Verdict, bias: Verdict) -> GradientNoise {
    let noise_to_signal = Number::new(noise);
    let log2_noise = Number::new(core_math::log2(noise) - 6.0);
    GradientNoise { log2_noise, noise_to_signal, at_most: false, descent: Number::new(1.0), weight, bias }
}

/// The layer's number is that of weights and biases together; a tensor whose own verdict is more severe is named.
#[test]
fn a_tensor_that_is_worse_than_its_layer_is_named() {
    use Verdict::*;
    for (verdict, weight, bias, expected) in [
        (Sound, Sound, Chaotic, Some((Tensor::Bias, Chaotic))),
        (Sound, Noisy, Sound, Some((Tensor::Weight, Noisy))),
        (Noisy, Noisy, Sound, None),
        (Chaotic, Chaotic, Chaotic, None),
        (Noisy, Underflow, Overflow, Some((Tensor::Bias, Overflow))),
        (Sound, Zero, Sound, None),
        (Sound, NotEstablished, Sound, None),
        (Zero, Zero, Zero, None),
    ] {
        let mut record = record(&[("f16", all(NOISY, 2, 3))]);
        let layer = &mut record.runs[0].arithmetics[0].sites[0];
        fill(layer, &[(verdict, 0.7); 3]);
        layer.trials.iter_mut().for_each(|trial| trial.gradient = Some(joint(0.02, weight, bias)));
        let judged = first(&record).first;
        assert_eq!(judged.worse_tensor, expected, "{weight}, {bias}");
        assert_eq!(judged.trials, [Number::new(0.02); 3], "the joint ratio");
    }
}

/// Wrong rows are those of the trial whose share is the upper median, whatever the shape.
#[test]
fn the_share_of_wrong_rows_is_the_median_trials() {
    // A third of those that are wrong by half are so by 100 %.
    let rows = |wrong: u64, of, ghosts| Rows { wrong, wholly_wrong: Some(wrong / 3), of, ghosts };
    for (name, trials, expected) in [
        ("all but one of a wide head", vec![rows(511, 512, 0)], (511, 512, 0)),
        ("none of a narrow layer", vec![rows(0, 3, 0)], (0, 3, 0)),
        ("a single row", vec![rows(1, 1, 0)], (1, 1, 0)),
        ("two trials: the greater share", vec![rows(2, 8, 0), rows(1, 8, 0)], (2, 8, 0)),
        ("shares, not counts", vec![rows(9, 100, 0), rows(4, 5, 0), rows(3, 10, 0)], (3, 10, 0)),
        ("no row is alive", vec![rows(0, 0, 7)], (0, 0, 7)),
        ("rows die in one trial", vec![rows(0, 0, 0), rows(2, 4, 0), rows(4, 4, 0)], (2, 4, 0)),
        ("ghosts are counted apart", vec![rows(1, 6, 2), rows(2, 6, 0), rows(3, 6, 1)], (2, 6, 0)),
        ("a long embedding", vec![rows(40_000, 50_257, 0), rows(41_000, 50_257, 3)], (41_000, 50_257, 3)),
        ("five trials that agree", vec![rows(7, 64, 1); 5], (7, 64, 1)),
    ] {
        let mut record = record(&[("bf16", all(NOISY, 1, trials.len()))]);
        let layer = &mut record.runs[0].arithmetics[0].sites[0];
        layer.trials.iter_mut().zip(&trials).for_each(|(trial, rows)| trial.rows = Some(*rows));
        let (wrong, of, ghosts) = expected;
        assert_eq!(
            first(&record).first.rows,
            Some(RowShare { wrong, wholly_wrong: Some(wrong / 3), of, ghosts }),
            "{name}"
        );
        // A record that did not count them.
        let layer = &mut record.runs[0].arithmetics[0].sites[0];
        layer.trials.iter_mut().for_each(|trial| trial.rows.as_mut().unwrap().wholly_wrong = None);
        let record = Record::from_json(&record.to_json()).unwrap();
        assert!(!record.to_json().contains("wholly_wrong"), "{name}");
        assert_eq!(first(&record).first.rows, Some(RowShare { wrong, wholly_wrong: None, of, ghosts }), "{name}");
    }
    assert_eq!(first(&record(&[("bf16", all(NOISY, 1, 2))])).first.rows, None, "not recorded");
}

/// σ = 2^-7 in every trial; a third of it lies between 2^-9 and 2^-8.
#[test]
fn rounding_noise_is_held_against_minibatch_noise() {
    use MinibatchMeaning::*;
    let trial = |log2_noise: f64, descent: f64| (log2_noise, descent);
    for (name, trials, meaning, ratio) in [
        ("far below", vec![trial(-17.0, 1.0); 5], Harmless, two_to(-10)),
        ("a quarter", vec![trial(-9.0, 0.95); 5], Harmless, 0.25),
        ("a half", vec![trial(-8.0, 1.0); 5], Noticeable, 0.5),
        ("above", vec![trial(-3.0, 0.4); 5], Noticeable, 16.0),
        ("small but one-sided", vec![trial(-9.0, 0.85); 5], OneSided, 0.25),
        ("small but long", vec![trial(-9.0, 1.2); 5], OneSided, 0.25),
        ("four of five", [vec![trial(-17.0, 1.0); 4], vec![trial(0.0, 1.0)]].concat(), Harmless, two_to(-10)),
        ("three of five", [vec![trial(-17.0, 1.0); 3], vec![trial(0.0, 1.0); 2]].concat(), Noticeable, two_to(-10)),
        ("one-sided twice", [vec![trial(-17.0, 1.0); 3], vec![trial(-17.0, 0.5); 2]].concat(), OneSided, two_to(-10)),
        ("no noise", vec![trial(f64::NEG_INFINITY, 1.0)], Harmless, 0.0),
        ("overflow", vec![trial(f64::INFINITY, f64::NAN)], Noticeable, f64::INFINITY),
    ] {
        let record = record(&[("f16", all(NOISY, 2, trials.len()))]);
        let mut record = with_exact(record, &vec![vec![healthy(); 2]; trials.len()]);
        let layer = &mut record.runs[0].arithmetics[0].sites[0];
        for (cell, (log2_noise, descent)) in layer.trials.iter_mut().zip(&trials) {
            cell.tensors[0].log2_noise = Number::new(*log2_noise);
            cell.tensors[0].descent = Number::new(*descent);
        }
        let judged = first(&record).first.minibatch.expect(name);
        assert_eq!((judged.meaning, judged.ratio, judged.at_least), (meaning, Number::new(ratio), false), "{name}");
        // An upper limit of σ makes the ratio a lower limit, which proves no smallness but that of nothing.
        for trial in &mut record.runs[0].truth.sites[0].trials {
            trial.exact.as_mut().unwrap().minibatch_noise_at_most = true;
        }
        let judged = first(&record).first.minibatch.expect(name);
        let expected = if ratio == 0.0 { Harmless } else { Noticeable };
        assert_eq!((judged.meaning, judged.at_least), (expected, true), "{name}");
        // Without σ there is nothing to say.
        for trial in &mut record.runs[0].truth.sites[0].trials {
            trial.exact.as_mut().unwrap().log2_minibatch_noise = Number::None;
        }
        assert_eq!(first(&record).first.minibatch, None, "{name}");
    }
}
