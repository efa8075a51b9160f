//! Root mean square and order statistics of the trials' ratios.

use crate::record::law::Statistic;

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

/// Order statistics as in a probe's record: the ⌈n/10⌉-th least, the upper median, the ⌈n/10⌉-th greatest; ratios that
/// are NaN (0/0) are left out.
pub fn summary(ratios: &[f64]) -> Summary {
    let sorted = known(ratios.iter().copied());
    let count = sorted.len();
    let at = |place: usize| sorted.get(place).copied().unwrap_or(f64::NAN);
    let tenth = count.div_ceil(10);
    Summary {
        root_mean_square: root_mean_square(&sorted),
        low: at(tenth.saturating_sub(1)),
        median: at(count / 2),
        high: at(count - tenth),
        count,
    }
}

/// One statistic of some ratios; NaN if there are none.
pub fn of(statistic: Statistic, ratios: impl Iterator<Item = f64>) -> f64 {
    let sorted = known(ratios);
    match statistic {
        Statistic::RootMeanSquare => root_mean_square(&sorted),
        Statistic::Median => sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN),
    }
}

/// Sorted, so that sums do not depend on the order of the trials and small squares come first.
fn known(ratios: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut known: Vec<f64> = ratios.filter(|ratio| !ratio.is_nan()).collect();
    known.sort_by(f64::total_cmp);
    known
}

/// √(mean of squares), scaled by the greatest so that no square under- or overflows.
fn root_mean_square(sorted: &[f64]) -> f64 {
    let Some(greatest) = sorted.last().copied() else { return f64::NAN };
    if greatest == 0.0 || greatest.is_infinite() {
        return greatest;
    }
    let square = |ratio: &f64| (ratio / greatest) * (ratio / greatest);
    greatest * (sorted.iter().map(square).sum::<f64>() / sorted.len() as f64).sqrt()
}
