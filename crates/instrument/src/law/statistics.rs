//! The statistics of the trials' ratios.

use crate::record::law::Statistic;
use crate::statistics::Sorted;

/// The statistics of the trials of one precision; NaN if no trial has a ratio.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)] // as in the law's record
pub struct Summary {
    pub root_mean_square: f64,
    pub low: f64,
    pub median: f64,
    pub high: f64,
    pub count: usize,
}

/// Root mean square and order statistics; ratios that are NaN (0/0) are left out.
pub fn summary(ratios: &[f64]) -> Summary {
    let sorted: Sorted = ratios.iter().copied().collect();
    let [low, median, high] = sorted.quantiles().unwrap_or([f64::NAN; 3]);
    let root_mean_square = sorted.root_mean_square().unwrap_or(f64::NAN);
    Summary { root_mean_square, low, median, high, count: sorted.count() }
}

/// One statistic of some ratios; NaN if there are none.
pub fn of(statistic: Statistic, ratios: impl Iterator<Item = f64>) -> f64 {
    let sorted: Sorted = ratios.collect();
    let found = match statistic {
        Statistic::RootMeanSquare => sorted.root_mean_square(),
        Statistic::Median => sorted.median(),
    };
    found.unwrap_or(f64::NAN)
}
