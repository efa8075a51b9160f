//! Order statistics over the trials.

use crate::record::{Number, Quantiles};

/// Order statistics: the ⌈n/10⌉-th least, the upper median, and the ⌈n/10⌉-th greatest.
///
/// At least half of the values reach the upper median, just as at least half of the trials reach the verdict; with an
/// even number of trials, the lower median could be below the threshold that the verdict exceeds.
pub fn quantiles(values: impl Iterator<Item = (Number, bool)>) -> Quantiles {
    let mut sorted: Vec<(Number, bool)> = values.filter(|(value, _)| *value != Number::None).collect();
    sorted.sort_by(|(x, _), (y, _)| x.value().total_cmp(&y.value()));
    let count = sorted.len();
    if count == 0 {
        return Quantiles { low: Number::None, median: Number::None, high: Number::None, count, at_most: false };
    }
    let tenth = count.div_ceil(10);
    let chosen = [tenth - 1, count / 2, count - tenth].map(|index| sorted[index]);
    Quantiles {
        low: chosen[0].0,
        median: chosen[1].0,
        high: chosen[2].0,
        count,
        at_most: chosen.iter().any(|(_, at_most)| *at_most),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[f64]) -> (f64, f64, f64, usize) {
        let quantiles = quantiles(values.iter().map(|&x| (Number::new(x), false)));
        (quantiles.low.value(), quantiles.median.value(), quantiles.high.value(), quantiles.count)
    }

    /// Known answers, never interpolated; infinite values stay, absent ones are left out.
    #[test]
    fn quantiles_are_order_statistics() {
        assert_eq!(of(&[3.0]), (3.0, 3.0, 3.0, 1));
        assert_eq!(of(&[2.0, 1.0]), (1.0, 2.0, 2.0, 2));
        assert_eq!(of(&[5.0, 1.0, 4.0, 2.0, 3.0]), (1.0, 3.0, 5.0, 5));
        assert_eq!(of(&[1.0, f64::INFINITY, f64::NAN]), (1.0, f64::INFINITY, f64::INFINITY, 2));
        let twenty: Vec<f64> = (1..=20).map(f64::from).collect();
        assert_eq!(of(&twenty), (2.0, 11.0, 19.0, 20));
        assert_eq!(of(&[f64::NAN]).3, 0);
    }
}
