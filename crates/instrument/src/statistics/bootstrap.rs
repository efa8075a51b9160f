//! Estimates how much a statistic would change with other draws, by resampling the trials with replacement.
//!
//! Percentile bootstrap (B. Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 7, 1979). A
//! trial is one network with its batch, the same at every precision and for every activation; so one resample of the
//! trials serves all precisions and activations. The interval covers the effect of other draws on a fitted slope. It ignores
//! curvature of the points, and if one rare draw dominates a statistic, resamples of tens of trials spread less than new
//! draws would.

use crate::draw::Stream;

/// Number of resamples of the trials.
pub const RESAMPLES: u64 = 1000;

/// Number per thousand of resamples below the interval, and also above it.
const TAIL: usize = 25;

/// The name of the random stream for resamples, indexed by resample instead of trial.
const STREAM: &str = "law.bootstrap";

/// Order statistics of the resampled slopes; NaN if there are too few trials.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Number of resamples that gave a slope.
    pub resamples: usize,
}

/// The interval of a slope over resamples of so many trials; `slope` gets the indices of a resample's trials.
pub fn interval(trials: usize, seed: u64, slope: impl Fn(&[usize]) -> Option<f64>) -> Interval {
    // A single trial cannot be resampled.
    if trials < 2 {
        return Interval { low: f64::NAN, high: f64::NAN, resamples: 0 };
    }
    let mut slopes: Vec<f64> = (0..RESAMPLES)
        .filter_map(|resample| {
            let mut stream = Stream::new(seed, resample, STREAM);
            slope(&(0..trials).map(|_| stream.index(trials)).collect::<Vec<_>>())
        })
        .collect();
    slopes.sort_by(f64::total_cmp);
    let tail = slopes.len() * TAIL / 1000;
    let at = |place: Option<usize>| place.and_then(|place| slopes.get(place)).copied().unwrap_or(f64::NAN);
    Interval { low: at(Some(tail)), high: at(slopes.len().checked_sub(1 + tail)), resamples: slopes.len() }
}
