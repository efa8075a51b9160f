//! Lines through the points of a regime: log₂(noise/signal) = c + β·log₂ u by least squares.

use super::statistics;
use crate::number::Number;
use crate::record::law::{Fit, LEAST_POINTS, Line, Point, Regime, Statistic};
use crate::statistics::bootstrap;

/// noise/signal from which a statistic is saturated: noise as large as the signal does not grow further with u.
const SATURATED: f64 = 1.0;

/// The fits of a run: both statistics in each regime of its activation.
pub fn fits(points: &[Point], kinked: bool, seed: u64) -> Vec<Fit> {
    let regimes = if kinked { &[Regime::ManyFlips, Regime::FewFlips][..] } else { &[Regime::Smooth][..] };
    let pairs = regimes.iter().flat_map(|regime| Statistic::ALL.map(|statistic| (*regime, statistic)));
    pairs.map(|(regime, statistic)| fit(points, regime, statistic, seed)).collect()
}

/// One statistic in one regime.
pub fn fit(points: &[Point], regime: Regime, statistic: Statistic, seed: u64) -> Fit {
    let (used, left_out): (Vec<&Point>, Vec<&Point>) =
        points.iter().filter(|point| point.regime == regime).partition(|point| is_usable(point, statistic));
    let bits = |points: &[&Point]| points.iter().map(|point| point.bits).collect();
    Fit { statistic, regime, bits: bits(&used), left_out: bits(&left_out), line: line(&used, statistic, seed) }
}

/// A measured noise below the signal.
fn is_usable(point: &Point, statistic: Statistic) -> bool {
    let ratio = statistic.of(point).finite();
    !point.at_most && ratio.is_some_and(|ratio| ratio > 0.0 && ratio < SATURATED)
}

fn line(points: &[&Point], statistic: Statistic, seed: u64) -> Option<Line> {
    let places: Vec<(f64, f64)> = points.iter().map(|point| place(point.bits, statistic.of(point).value())).collect();
    let (log2_factor, exponent) = least_squares(&places)?;
    let square = |(x, y): &(f64, f64)| {
        let distance = y - (log2_factor + exponent * x);
        distance * distance
    };
    let scatter = (places.iter().map(square).sum::<f64>() / places.len() as f64).sqrt();
    let trials = points.iter().map(|point| point.trials.len()).min().unwrap_or(0);
    let bootstrap::Interval { low, high, resamples } = bootstrap::interval(trials, seed, |trials| {
        // The same points as for the line itself: selecting saturated points anew would truncate the spread at 1.
        let resampled = points.iter().filter_map(|point| {
            let ratios = trials.iter().filter_map(|trial| Some(point.trials.get(*trial)?.noise_to_signal.value()));
            let ratio = statistics::of(statistic, ratios);
            (ratio > 0.0 && ratio.is_finite()).then(|| place(point.bits, ratio))
        });
        least_squares(&resampled.collect::<Vec<_>>()).map(|(_, exponent)| exponent)
    });
    Some(Line {
        exponent: Number::new(exponent),
        low: Number::new(low),
        high: Number::new(high),
        resamples,
        log2_factor: Number::new(log2_factor),
        scatter: Number::new(scatter),
    })
}

/// (log₂ u, log₂ of noise/signal).
fn place(bits: u32, ratio: f64) -> (f64, f64) {
    (-f64::from(bits), core_math::log2(ratio))
}

/// (c, β) of the least-squares line y = c + βx; `None` for fewer than [`LEAST_POINTS`] points or if all have the same
/// x.
pub fn least_squares(points: &[(f64, f64)]) -> Option<(f64, f64)> {
    if points.len() < LEAST_POINTS {
        return None;
    }
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / points.len() as f64;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let covariance: f64 = points.iter().map(|(px, py)| (px - x) * (py - y)).sum();
    let variance: f64 = points.iter().map(|(px, _)| (px - x) * (px - x)).sum();
    (variance > 0.0).then(|| {
        let slope = covariance / variance;
        (y - slope * x, slope)
    })
}
