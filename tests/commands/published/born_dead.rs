//! Born-dead ReLU networks (Lu, Shin, Su, Karniadakis 2019): the share of bias-free networks whose exact gradient of
//! layer 1 is zero at initialisation.
//!
//! A hidden layer of N units gives nothing to an input if all N pre-activations are negative. Weights are symmetric, so
//! that happens with probability 2^-N in each of the H hidden layers that its predecessor gives something to, and with
//! one input P = 1 − (1 − 2^-N)^H. H is `--depth`: the linear head has no ReLU. Where every hidden layer is alive, the
//! gradient of layer 1 is a sum over the paths through its active units, which is not zero.

use super::{number, run_on, sweep};
use crate::common::{exhaustive, tolerances};
use core_math::{exp, log, pow};
use precision_probe::draw::Stream;
use precision_probe::exchange::{Tensor, write_safetensors};
use precision_probe::judgement::ExactState;
use precision_probe::judgement::cell::{CellRun, Outcome, outcome};
use std::path::Path;
use tempfile::TempDir;

/// The probability of what lies beyond four standard errors on one side of a normal distribution.
const FOUR_STANDARD_ERRORS: f64 = 3.167e-5;
/// Four standard errors of the published Monte Carlo shares, and half a unit of their fourth decimal.
const PUBLISHED: f64 = 4.0 * 3.6e-4 + 0.5e-4;

/// Hidden layers of the published table.
const DEPTHS: [u32; 9] = [1, 2, 3, 5, 9, 10, 19, 29, 49];
/// Shares of networks that are constant on the whole real line, by width from 1 and by these depths.
const WHOLE_LINE: [[f64; 9]; 6] = [
    [0.0, 0.5004, 0.7500, 0.9374, 0.9960, 0.9980, 1.0, 1.0, 1.0],
    [0.0, 0.1562, 0.3402, 0.6213, 0.8798, 0.9099, 0.9932, 0.9996, 1.0],
    [0.0, 0.0429, 0.1184, 0.2941, 0.5783, 0.6306, 0.8887, 0.9707, 0.9980],
    [0.0, 0.0112, 0.0367, 0.1146, 0.2946, 0.3367, 0.6270, 0.8046, 0.9461],
    [0.0, 0.0029, 0.0108, 0.0407, 0.1283, 0.1523, 0.3555, 0.5304, 0.7509],
    [0.0, 0.0007, 0.0032, 0.0140, 0.0519, 0.0634, 0.1756, 0.2938, 0.4843],
];
/// Nine hidden layers, 64 normal inputs with as many features as units: by width from 2.
const BATCHES: [(u32, f64); 4] = [(2, 0.859), (3, 0.497), (4, 0.191), (5, 0.056)];

#[test]
fn as_many_networks_are_born_dead_for_one_input_as_published() {
    let (widths, depths, trials) =
        exhaustive(("1..=4", "1,2,5,9", "150"), ("1..=6", "1,2,3,5,9,10,19,29,49,50", "1000"));
    let options = ["--act", "relu", "--width", widths, "--depth", depths, "--trials", trials];
    let cells = sweep(&[&options[..], &["--batch", "1", "--data", "gaussian"]].concat());
    assert_eq!(cells.len(), exhaustive(16, 60));
    for (cell, run) in cells {
        let (width, depth) = (number(&cell, "width"), number(&cell, "depth"));
        let share = 1.0 - pow(1.0 - pow(0.5, width), depth);
        check(&run, [share, share], &format!("width {width}, {depth} hidden layers"));
    }
}

/// On the line, x = 1 and x = −1 are all inputs there are: a network without biases is homogeneous.
#[test]
fn as_many_networks_are_constant_on_the_whole_line_as_published() {
    let place = TempDir::new().unwrap();
    let line = place.path().join("line.safetensors");
    rows(&line, 1, vec![1.0, -1.0]);
    let everyday = |width: usize, depth: u32| width <= 3 && [1, 2, 5].contains(&depth);
    for (width, shares) in (1..).zip(WHOLE_LINE) {
        for (depth, share) in DEPTHS.into_iter().zip(shares) {
            if !exhaustive(everyday(width, depth), true) {
                continue;
            }
            let run = run(&line, width as u32, depth, exhaustive("200", "400"), "0");
            let what = format!("width {width}, {depth} hidden layers, whole line");
            check(&run, [share - PUBLISHED, share + PUBLISHED], &what);
            // Lu et al.'s theorems on either side.
            check(&run, bounds(width as f64, f64::from(depth)), &format!("{what}: bounds"));
        }
    }
}

/// The bounds themselves: the lower one is exact for two hidden layers, and both hold for every published share.
#[test]
fn published_shares_are_within_the_published_bounds() {
    for (width, shares) in (1..).zip(WHOLE_LINE) {
        for (depth, share) in DEPTHS.into_iter().zip(shares) {
            let [low, high] = bounds(f64::from(width), f64::from(depth));
            assert!(low - PUBLISHED <= share && share <= high + PUBLISHED, "{width} × {depth}: {low} {share} {high}");
        }
    }
    for (width, share) in [(2.0, 5.0 / 32.0), (3.0, 0.04296875)] {
        assert!((bounds(width, 2.0)[0] - share).abs() <= tolerances::FEW_ROUNDINGS, "{width}");
    }
}

#[test]
fn as_many_networks_are_born_dead_for_a_batch_as_published() {
    let place = TempDir::new().unwrap();
    for (width, share) in exhaustive(&BATCHES[1..2], &BATCHES[..]) {
        let mut dead = Vec::new();
        // The published share is one over batches, too.
        for batch in 0..exhaustive(2, 10) {
            let file = place.path().join("batch.safetensors");
            let mut stream = Stream::new(batch, 0, "published batch");
            rows(&file, *width as usize, (0..64 * width).map(|_| stream.normal()).collect());
            let run = run(&file, *width, 9, "100", &batch.to_string());
            dead.extend(run.exact.states.iter().map(|state| *state == ExactState::Zero));
        }
        check_count(&dead, [share - 0.5e-3, share + 0.5e-3], &format!("width {width}, batch 64"));
    }
}

/// Inputs with so many features, each with one target.
fn rows(file: &Path, features: usize, inputs: Vec<f64>) {
    let count = inputs.len() / features;
    let x = Tensor::doubles("x", vec![count, features], inputs);
    write_safetensors(file, &[x, Tensor::doubles("y", vec![count, 1], vec![1.0; count])]).unwrap();
}

fn run(rows: &Path, width: u32, depth: u32, trials: &str, seed: &str) -> CellRun {
    let (width, depth) = (width.to_string(), depth.to_string());
    let options = ["--act", "relu", "--width", &width, "--depth", &depth, "--trials", trials, "--seed", seed];
    match outcome(&run_on(rows, &options)) {
        Outcome::Measured(run) => *run,
        Outcome::Failed(why) => panic!("{why}"),
    }
}

/// Lu et al.'s bounds of the share of networks of one input feature that are constant.
fn bounds(width: f64, depth: f64) -> [f64; 2] {
    let half = pow(0.5, width);
    let (alive, both) = (1.0 - half, 1.0 - 2.0 * half - (width - 1.0) * half * half);
    let factor = (1.0 - 2.0 * half) * alive / (1.0 + (width - 1.0) * half);
    // A network of L layers has L − 1 hidden ones.
    let lower = 1.0 - pow(alive, depth - 1.0) + factor * (pow(both, depth - 1.0) - pow(alive, depth - 1.0));
    [lower, 1.0 - pow(alive, depth)]
}

/// Whether so many gradients are zero as if each were with a probability of this range.
fn check(run: &CellRun, range: [f64; 2], what: &str) {
    let states = &run.exact.states;
    assert!(!states.contains(&ExactState::NotEstablished), "{what}: {states:?}");
    check_count(&states.iter().map(|state| *state == ExactState::Zero).collect::<Vec<_>>(), range, what);
}

fn check_count(dead: &[bool], [low, high]: [f64; 2], what: &str) {
    let (trials, count) = (dead.len(), dead.iter().filter(|dead| **dead).count());
    let so_few = binomial(trials, low.clamp(0.0, 1.0), 0..=count);
    let so_many = binomial(trials, high.clamp(0.0, 1.0), count..=trials);
    println!("{what}: {count} of {trials} dead; published {low:.4} to {high:.4} of them");
    let is_likely = so_few > FOUR_STANDARD_ERRORS && so_many > FOUR_STANDARD_ERRORS;
    assert!(is_likely, "{what}: {count} of {trials} are zero, and {low} to {high} of them should be");
}

/// The probability that so many of `trials` happen.
fn binomial(trials: usize, share: f64, counts: std::ops::RangeInclusive<usize>) -> f64 {
    if share == 0.0 || share == 1.0 {
        let all = if share == 0.0 { 0 } else { trials };
        return if counts.contains(&all) { 1.0 } else { 0.0 };
    }
    // The logarithm of the probability of `count`.
    let mut chance = trials as f64 * log(1.0 - share);
    let mut sum = 0.0;
    for count in 0..=trials {
        if counts.contains(&count) {
            sum += exp(chance);
        }
        chance += log((trials - count) as f64 / (count + 1) as f64 * share / (1.0 - share));
    }
    sum
}

#[test]
fn the_interval_is_the_binomial_one() {
    assert!((binomial(2, 0.5, 1..=2) - 0.75).abs() <= tolerances::FEW_ROUNDINGS);
    assert!((binomial(1000, 0.3, 0..=1000) - 1.0).abs() <= tolerances::LONG_CHAIN_OF_DOUBLES);
    assert!(binomial(1000, 0.3, 0..=242) < FOUR_STANDARD_ERRORS && FOUR_STANDARD_ERRORS < binomial(1000, 0.3, 0..=243));
}
