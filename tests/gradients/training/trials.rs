//! Repetitions with other seeds: each is the training of its own seed, and a stopped command goes on with the next.

use super::command::{Place, contents, succeed};
use super::shared::{plan, small};
use precision_probe::judgement::training::{ControlOutcome, judge, spread};
use precision_probe::record::training::{Training, Trial};
use precision_probe::spec::training::{MeasureAt, TrainingSpec};
use precision_probe::train::{Silent, run};
use std::fs;

#[test]
fn every_trial_is_the_training_of_its_seed() {
    let spec = TrainingSpec {
        seed: u64::MAX - 1,
        trials: 4,
        steps: 45,
        target_loss: 2.25,
        measure: MeasureAt::Every(20),
        minibatches: 2,
        ..small(&["relu", "prelu"], &["bf16:round=stochastic", "f16"])
    };
    let training = run(&plan(&spec), &Silent);
    let alone = |trial: u64| {
        run(&plan(&TrainingSpec { seed: spec.seed.wrapping_add(trial), trials: 1, ..spec.clone() }), &Silent)
    };
    let first = alone(0);
    assert_eq!(training.runs, first.runs);
    let others: Vec<Trial> = (1..4).map(|trial| Trial::of(&alone(trial))).collect();
    assert_eq!(training.trials, others);
    assert_eq!(training.trials.iter().map(|trial| trial.seed).collect::<Vec<_>>(), [u64::MAX, 0, 1]);
    assert_ne!(training.trials[0].runs, training.trials[1].runs);
    assert_eq!(Training::from_json(&training.to_json()).unwrap(), training);
    // Spreads are over all four.
    let all: Vec<Trial> = std::iter::once(Trial::of(&first)).chain(others).collect();
    let losses: Vec<f64> = all.iter().map(|trial| trial.runs[1].learners[0].last_loss.value()).collect();
    let found = spread(&training, 1, Some(0)).expect("there are trials");
    let ends = [losses.iter().copied().fold(f64::INFINITY, f64::min), losses.iter().copied().fold(0.0, f64::max)];
    assert_eq!((found.trials, found.last_loss.map(|end| end.value())), (4, ends));
    let reached = all.iter().filter(|trial| trial.runs[1].learners[0].reached.is_some()).count();
    assert_eq!(found.reached, reached);
    assert_eq!(spread(&first, 1, Some(0)), None);
    // Whether f64 learns is counted over all four, each against its own chance.
    for run in 0..2 {
        let each: Vec<ControlOutcome> = (0..4).map(|trial| judge(&alone(trial)).runs[run].control.outcome).collect();
        let found = judge(&training).runs[run].control_trials.clone().expect("there are trials");
        for outcome in ControlOutcome::ALL {
            assert_eq!(found.count(outcome), each.iter().filter(|one| **one == outcome).count(), "{outcome:?}");
        }
    }
    assert_eq!(judge(&first).runs[0].control_trials, None);
    assert_eq!(first.spec.hash("x"), TrainingSpec { trials: 1, ..spec.clone() }.hash("x"));
    assert_ne!(first.spec.hash("x"), spec.hash("x"));
}

/// A record with some trials is what a stopped command leaves: --resume ends with the bytes of one that was left alone.
#[test]
fn stopped_trials_go_on_to_the_same_bytes() {
    let place = Place::new();
    let options = "--depth 3 --width 8 --batch 8 --steps 12 --minibatches 2 --act relu --formats f16 --trials 4";
    let options: Vec<&str> = options.split_whitespace().collect();
    let output = place.run(&[&options[..], &["--out", "whole"]].concat());
    succeed(&output);
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(
        printed.contains("(4 trials, seeds 0 to 3: least–greatest; only seed 0 is measured, for limits)"),
        "{printed}"
    );
    for kept in [0, 1, 3] {
        succeed(&place.run(&[&options[..], &["--quiet", "--force", "--out", "stopped"]].concat()));
        let mut training = place.training("stopped/training.json");
        training.trials.truncate(kept);
        fs::write(place.path("stopped/training.json"), training.to_json()).unwrap();
        succeed(&place.run(&[&options[..], &["--quiet", "--resume", "--out", "stopped"]].concat()));
        assert!(contents(&place.path("stopped")) == contents(&place.path("whole")), "{kept} trials were kept");
    }
}
