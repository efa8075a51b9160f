//! Which activation has the least noise, as far as paired trials tell.

use super::build::*;
use crate::common::Random;
use precision_probe::judgement::ranking::Ranking;
use precision_probe::judgement::{ActivationRanking, judge};
use precision_probe::record::*;

/// A record of several activations in one arithmetic, from layer 1's noise by trial.
fn compared(activations: &[Vec<f64>]) -> Record {
    let cell = |noise: &f64| match *noise {
        x if x.is_nan() => (Verdict::Zero, x),
        x if x >= 1.0 => (Verdict::Chaotic, x),
        x if x >= 0.1 => (Verdict::Noisy, x),
        x => (Verdict::Sound, x),
    };
    let of = |noises: &Vec<f64>| record(&[("f16", vec![noises.iter().map(cell).collect(), vec![SOUND; noises.len()]])]);
    let mut records = activations.iter().map(of);
    let mut all = records.next().expect("an activation");
    all.runs.extend(records.flat_map(|record| record.runs));
    all
}

fn ranking(activations: &[Vec<f64>]) -> ActivationRanking {
    judge(&compared(activations)).rankings.into_iter().next().expect("an arithmetic")
}

fn times(noises: &[f64], factor: f64) -> Vec<f64> {
    noises.iter().map(|noise| noise * factor).collect()
}

/// relu, leaky and elu of 20 layers in f16: elu is the first in 5 of 5, relu and leaky (4 of 5) are not told apart.
#[test]
fn the_best_is_ranked_and_the_others_are_not() {
    let relu = vec![0.092, 0.131, 0.156, 0.085, 0.078];
    let leaky = vec![0.081, 0.118, 0.139, 0.09, 0.07];
    let elu = vec![0.011, 0.012, 0.013, 0.01, 0.012];
    let found = ranking(&[relu.clone(), leaky.clone(), elu]);
    assert_eq!((found.arithmetic.as_str(), &found.measured), ("f16", &vec![0, 1, 2]));
    assert_eq!(found.ranking, Some(Ranking::Best { best: 2, not_apart: vec![] }));
    assert_eq!(ranking(&[relu, leaky]).ranking, Some(Ranking::Best { best: 1, not_apart: vec![0] }));
    assert_eq!(judge(&compared(&[vec![0.1; 5]])).rankings, [], "a single activation has no rank");
}

/// Ties of every shape: none of these pairs is told apart.
#[test]
fn ties_are_no_ranks() {
    let base = [0.2, 0.3, 0.25, 0.4, 0.22];
    let long: Vec<f64> = (0..20).map(|trial| 0.1 + 0.01 * f64::from(trial)).collect();
    let mut mostly = times(&long, 1.5);
    mostly[..6].copy_from_slice(&times(&long[..6], 0.5));
    let mut four_of_five = times(&base, 2.0);
    four_of_five[2] = 0.01;
    let shuffled = vec![0.3, 0.2, 0.4, 0.25, 0.23];
    for (name, one, other) in [
        ("the same numbers", base.to_vec(), base.to_vec()),
        ("certain but tiny", base.to_vec(), times(&base, 1.09)),
        ("four of five", base.to_vec(), four_of_five),
        ("fourteen of twenty", long, mostly),
        ("four trials", base[..4].to_vec(), times(&base[..4], 100.0)),
        ("one trial", vec![0.1], vec![9.0]),
        ("the same numbers in another order", base.to_vec(), shuffled),
        ("as good in four trials", base.to_vec(), vec![0.2, 0.3, 0.25, 0.4, 22.0]),
        ("both without noise", vec![0.0; 6], vec![0.0; 6]),
        (
            "one better, one worse, the rest equal",
            vec![0.1, 0.2, 0.3, 0.3, 0.3, 0.3],
            vec![0.2, 0.1, 0.3, 0.3, 0.3, 0.3],
        ),
    ] {
        match ranking(&[one.clone(), other.clone()]).ranking {
            Some(Ranking::TooFewTrials { trials }) => assert_eq!(trials, one.len(), "{name}"),
            Some(Ranking::Best { not_apart, .. }) => assert_eq!(not_apart.len(), 1, "{name}"),
            None => panic!("{name}: both are measured"),
        }
    }
}

/// An activation whose gradient is lost is not ranked.
#[test]
fn lost_gradients_are_not_ranked() {
    let found = ranking(&[vec![f64::NAN; 5], vec![0.1; 5], vec![0.3; 5]]);
    assert_eq!((found.measured, found.ranking), (vec![1, 2], Some(Ranking::Best { best: 0, not_apart: vec![] })));
    let found = ranking(&[vec![f64::NAN; 5], vec![0.1; 5]]);
    assert_eq!((found.measured, found.ranking), (vec![1], None));
}

/// Noise of weights and biases together decides, where it is recorded.
#[test]
fn the_joint_noise_is_ranked() {
    let mut record = compared(&[vec![0.1; 5], vec![0.3; 5]]);
    for (run, noise) in record.runs.iter_mut().zip([0.9, 0.2]) {
        for trial in &mut run.arithmetics[0].sites[0].trials {
            let noise_to_signal = Number::new(noise);
            let (log2_noise, descent) = (Number::new(0.0), Number::new(1.0));
            let (weight, bias) = (trial.verdict, trial.verdict);
            trial.gradient = Some(GradientNoise { log2_noise, noise_to_signal, at_most: false, descent, weight, bias });
        }
    }
    let found = judge(&record).rankings.into_iter().next().unwrap().ranking;
    assert_eq!(found, Some(Ranking::Best { best: 1, not_apart: vec![] }));
}

/// Of pairs that differ by their draws alone few are ranked, whatever the distribution: heavy tails, a common part of
/// both, few and many trials.
#[test]
fn chance_is_seldom_ranked() {
    let mut random = Random(17);
    let mut uniform = || (random.bits() >> 11) as f64 / (1u64 << 53) as f64;
    let mut normal = || (0..12).map(|_| uniform()).sum::<f64>() - 6.0;
    for (name, trials, common, own) in [
        ("few trials", 5, 0.0, 0.3),
        ("heavy tails", 7, 0.0, 2.0),
        ("paired: the draw is common", 10, 1.0, 0.2),
        ("many trials", 30, 0.5, 0.5),
    ] {
        let mut ranked = 0;
        for _ in 0..200 {
            let shared: Vec<f64> = (0..trials).map(|_| common * normal()).collect();
            let mut draw =
                || shared.iter().map(|shared| 0.2 * core_math::exp(shared + own * normal())).collect::<Vec<_>>();
            let found = ranking(&[draw(), draw()]).ranking;
            ranked += usize::from(matches!(found, Some(Ranking::Best { not_apart, .. }) if not_apart.is_empty()));
        }
        assert!(ranked <= 20, "{name}: {ranked} of 200");
    }
}
