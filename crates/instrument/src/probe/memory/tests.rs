//! The estimate by itself: what it counts, and what fits.

use super::*;
use crate::spec::Spec;

/// The largest spec that validates does not overflow the estimate.
#[test]
fn the_largest_spec_has_an_estimate() {
    let spec = Spec { depth: 1_000_000, width: 1_000_000, trials: 1_000_000, ..Spec::default() };
    let plan = spec.validate().unwrap();
    assert_eq!(estimate(&plan, 1024, Schedule::default()), u64::MAX);
    assert_eq!(in_words(u64::MAX), "16.0 EiB");
    let small = Spec { depth: 2, width: 2, batch: 2, trials: 1, ..Spec::default() };
    assert!(estimate(&small.validate().unwrap(), 1, Schedule::default()) < 128 << 20);
}

/// Less memory: values computed again, then fewer trials at once, then nothing but a smaller network.
#[test]
fn a_schedule_fits_its_limit() {
    let spec = Spec { depth: 100, width: 128, batch: 64, trials: 4, ..Spec::default() };
    let plan = spec.clone().validate().unwrap();
    let whole = estimate(&plan, 4, Schedule::default());
    assert_eq!(schedule(&plan, 4, whole), Some(Schedule::default()));
    let mut last = Schedule { trials_at_once: 4, ..Schedule::default() };
    for share in [2, 4, 8, 16] {
        let Some(found) = schedule(&plan, 4, whole / share) else { break };
        assert!(estimate(&plan, 4, found) <= whole / share, "{found:?}");
        assert!(found.segments > 1 && found.trials_at_once <= last.trials_at_once, "{found:?} after {last:?}");
        last = found;
    }
    assert!(last.trials_at_once < 4, "{last:?}");
    assert_eq!(schedule(&plan, 4, least(&plan, 4) - 1), None);
    let limit = least(&plan, 4) - (4 << 20);
    let nearest = nearest(&plan, 4, limit).unwrap();
    let words: Vec<&str> = nearest.split(' ').collect();
    assert_eq!((words[0], words[2], words[3]), ("--depth", "or", "--width"), "{nearest}");
    let depth = words[1].parse().unwrap();
    let fits = |depth| schedule(&Spec { depth, ..spec.clone() }.validate().unwrap(), 4, limit).is_some();
    assert!(fits(depth) && !fits(depth + 1), "{nearest}");
}

/// What a law's plan needs in addition to its report.
#[test]
fn too_many_trials_are_told_with_the_number_that_fits() {
    let plan = Spec { trials: 1_000_000, ..Spec::default() }.validate().unwrap();
    let limit = 8 << 30;
    assert!(least(&plan, 2) > 100 << 30, "{}", in_words(least(&plan, 2)));
    let told = nearest(&plan, 2, limit).unwrap();
    let trials = told.split("--trials ").nth(1).unwrap().parse().unwrap();
    let fits = |trials| schedule(&Spec { trials, ..Spec::default() }.validate().unwrap(), 2, limit).is_some();
    assert!(fits(trials) && !fits(trials + 1) && trials > 1000, "{told}");
    let law = LawPlan(plan);
    assert!(law.least(2) < least(&law.0, 2) && law.nearest(2, limit).unwrap().contains("--trials "));
}

/// More of anything never needs less, on any schedule.
#[test]
fn more_needs_more() {
    let at = |factors: [usize; 6]| {
        let [depth, width, batch, trials, formats, threads] = factors;
        let formats = ["f16", "f32", "mpfr:90"][..formats].iter().map(|name| name.to_string()).collect();
        let spec = Spec { depth, width, batch, trials, formats, ..Spec::default() };
        let plan = spec.validate().unwrap();
        let schedules = [Schedule::default(), Schedule { segments: 3, trials_at_once: 1, keeps_trials: false }];
        schedules
            .map(|schedule| estimate(&plan, threads, schedule))
            .into_iter()
            .chain([least(&plan, threads)])
            .collect::<Vec<u64>>()
    };
    let least = [2, 3, 2, 2, 1, 1];
    let more = [60, 70, 40, 9, 3, 4];
    // Every corner compared with its neighbours that have more of one quantity.
    for corner in 0..64usize {
        let of = |corner: usize| std::array::from_fn(|at| if corner >> at & 1 == 1 { more[at] } else { least[at] });
        for one in (0..6).filter(|one| corner >> one & 1 == 0) {
            let (less, more) = (at(of(corner)), at(of(corner | 1 << one)));
            assert!(less.iter().zip(&more).all(|(less, more)| less <= more), "{one} of {corner:b}: {less:?} {more:?}");
        }
    }
}

/// A layer is charged as it is: 64 to 4096 to 64 is far from 4096 by 4096.
#[test]
fn layers_are_charged_by_their_own_shape() {
    let layer = |rows: usize, columns: usize, name: &str| crate::exchange::Linear {
        name: name.into(),
        weight_name: format!("{name}.weight"),
        weight: ndarray::Array2::from_elem((rows, columns), 0.5),
        bias_name: None,
        bias: None,
        slope: None,
    };
    let network = crate::exchange::Sequential { layers: vec![layer(4096, 64, "0"), layer(64, 4096, "2")] };
    let source = crate::spec::Source { file: "w".into(), sha256: String::new(), dtype: None };
    let weights = crate::spec::Weights { source, units: network.units(), activations: None, layers_from: None };
    let mut plan = Spec { depth: 1, width: 4096, batch: 4, trials: 1, ..Spec::default() }.validate().unwrap();
    plan.spec.weights = Some(weights);
    plan.network = Some(std::sync::Arc::new(network));
    assert!(least(&plan, 1) < 256 << 20, "{}", in_words(least(&plan, 1)));
    let square = Spec { depth: 2, width: 4096, batch: 4, trials: 1, ..Spec::default() }.validate().unwrap();
    assert!(least(&square, 1) > 2 << 30, "{}", in_words(least(&square, 1)));
}

/// A training's steps are counted, and the largest number that fits is named.
#[test]
fn trainings_are_reckoned() {
    use crate::spec::training::TrainingSpec;
    let of = |spec: &TrainingSpec| training::least(&spec.validate().unwrap(), 2);
    let spec = TrainingSpec::default();
    let long = TrainingSpec { steps: 10_000_000, ..spec.clone() };
    assert!(of(&spec) < 1 << 30 && of(&long) > 8 << 30, "{} {}", of(&spec), of(&long));
    for more in [
        TrainingSpec { depth: 40, ..spec.clone() },
        TrainingSpec { width: 100, ..spec.clone() },
        TrainingSpec { batch: 64, ..spec.clone() },
        TrainingSpec { steps: 1000, ..spec.clone() },
        TrainingSpec { measure: crate::spec::training::MeasureAt::Every(5), ..spec.clone() },
    ] {
        assert!(of(&more) > of(&spec), "{more:?}");
    }
    let told = training::nearest(&long.validate().unwrap(), 2, 8 << 30).unwrap();
    let steps = told.split("--steps ").nth(1).unwrap().parse().unwrap();
    assert!(of(&TrainingSpec { steps, ..spec.clone() }) <= 8 << 30, "{told}");
    assert!(of(&TrainingSpec { steps: steps + 1, ..spec }) > 8 << 30, "{told}");
}
