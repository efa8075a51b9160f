//! Record → Law: how layer 1's noise falls with precision, noise/signal ∝ u^β with u = 2^-p, and how certain β is.
//!
//! Mean-field theory: rounding moves pre-activations by an amount proportional to u. If φ' is smooth, φ' changes in
//! proportion, so β = 1. If φ' jumps, some pre-activations move to the other side of the kink; such a flip changes φ' by
//! the whole jump, and the number of flips is proportional to u, so the mean **square** of the noise is proportional to u
//! and its root has β = 1/2. This ends when a whole network has hardly any flips: the median network then has none and
//! moves to the line of u, while the rare networks with a flip still dominate the root mean square.
//!
//! So kinked activations have two regimes ([`regimes`]), each statistic has a line in each regime ([`fit`]), and the
//! interval of its slope comes from resampling the trials ([`crate::statistics::bootstrap`]).

pub mod bits;
pub mod fit;
pub mod regimes;
pub mod statistics;

use crate::number::Number;
use crate::record::law::{Law, LawRun, Point, PointTrial, Regime, SCHEMA};
use crate::record::{ArithmeticRun, Record, Run};
use statistics::Summary;

/// The law that a probe in `mpfr:p` for several p shows; a pure function of its record.
pub fn of(record: &Record) -> Law {
    Law {
        schema: SCHEMA.to_string(),
        version: record.version.clone(),
        spec: record.spec.clone(),
        spec_hash: record.spec_hash.clone(),
        runs: record.runs.iter().map(|run| law_run(run, record.spec.seed)).collect(),
    }
}

fn law_run(run: &Run, seed: u64) -> LawRun {
    let mut points: Vec<Point> = run.arithmetics.iter().map(point).collect();
    points.sort_by_key(|point| point.bits);
    let flips: Vec<Number> = points.iter().map(|point| point.flips).collect();
    let regimes = if run.kinked { regimes::split(&flips) } else { vec![Regime::Smooth; points.len()] };
    points.iter_mut().zip(regimes).for_each(|(point, regime)| point.regime = regime);
    LawRun {
        activation: run.activation.clone(),
        constants: run.constants.clone(),
        kinked: run.kinked,
        gain: run.gain,
        residual_scale: run.residual_scale,
        evidence: run.truth.evidence,
        fits: fit::fits(&points, run.kinked, seed),
        points,
    }
}

/// Layer 1 in one arithmetic, before its regime is known.
fn point(arithmetic: &ArithmeticRun) -> Point {
    let first = arithmetic.sites.first().map_or(&[][..], |site| &site.trials);
    let weight = |trial: usize| first.get(trial).and_then(|trial| trial.tensors.first());
    let trials: Vec<PointTrial> = (0..first.len())
        .map(|trial| PointTrial {
            noise_to_signal: weight(trial).map_or(Number::None, |weight| weight.noise_to_signal),
            flips: all_flips(arithmetic, trial),
        })
        .collect();
    let ratios: Vec<f64> = trials.iter().map(|trial| trial.noise_to_signal.value()).collect();
    let flips: Vec<u64> = trials.iter().filter_map(|trial| trial.flips).collect();
    let Summary { root_mean_square, low, median, high, count } = statistics::summary(&ratios);
    Point {
        bits: arithmetic.format.precision,
        root_mean_square: Number::new(root_mean_square),
        low: Number::new(low),
        median: Number::new(median),
        high: Number::new(high),
        count,
        at_most: (0..first.len()).any(|trial| weight(trial).is_some_and(|weight| weight.at_most)),
        flips: Number::new(flips.iter().sum::<u64>() as f64 / flips.len() as f64),
        flipped: flips.iter().filter(|flips| **flips > 0).count(),
        regime: Regime::Between,
        storage_noise: arithmetic.storage_noise,
        trials,
    }
}

/// Flips of a trial's network; `None` if no layer counts flips.
fn all_flips(arithmetic: &ArithmeticRun, trial: usize) -> Option<u64> {
    let sites = arithmetic.sites.iter().filter_map(|site| site.trials.get(trial)?.flips);
    sites.fold(None, |sum: Option<u64>, flips| Some(sum.unwrap_or(0).saturating_add(flips)))
}
