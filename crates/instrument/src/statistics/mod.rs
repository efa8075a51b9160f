//! Order statistics, the same everywhere: the upper median, and the ⌈n/10⌉-th least and greatest. NaN is left out.

pub mod bootstrap;

use crate::record::{Number, Quantiles};

/// Numbers from the least to the greatest, without NaN.
pub struct Sorted(Vec<f64>);

impl FromIterator<f64> for Sorted {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Sorted {
        let mut sorted: Vec<f64> = values.into_iter().filter(|value| !value.is_nan()).collect();
        sorted.sort_by(f64::total_cmp);
        Sorted(sorted)
    }
}

impl Sorted {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The ⌈n/10⌉-th least, the upper median, and the ⌈n/10⌉-th greatest; `None` of nothing.
    pub fn quantiles(&self) -> Option<[f64; 3]> {
        places(self.0.len()).map(|places| places.map(|place| self.0[place]))
    }

    /// The upper median; `None` of nothing.
    pub fn median(&self) -> Option<f64> {
        self.quantiles().map(|[_, median, _]| median)
    }

    /// √(mean of squares), scaled by the greatest so that no square under- or overflows; small squares come first, and the
    /// sum does not depend on the order of the trials. For numbers without a sign.
    pub fn root_mean_square(&self) -> Option<f64> {
        let greatest = *self.0.last()?;
        if greatest == 0.0 || greatest.is_infinite() {
            return Some(greatest);
        }
        let square = |x: &f64| (x / greatest) * (x / greatest);
        Some(greatest * (self.0.iter().map(square).sum::<f64>() / self.0.len() as f64).sqrt())
    }
}

/// The upper median; `None` of nothing.
pub fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    values.into_iter().collect::<Sorted>().median()
}

/// Where the order statistics of n sorted numbers are.
fn places(count: usize) -> Option<[usize; 3]> {
    let tenth = count.div_ceil(10);
    (count > 0).then(|| [tenth - 1, count / 2, count - tenth])
}

/// Order statistics: the ⌈n/10⌉-th least, the upper median, and the ⌈n/10⌉-th greatest.
///
/// At least half of the values reach the upper median, just as at least half of the trials reach the verdict; with an
/// even number of trials, the lower median could be below the threshold that the verdict exceeds.
pub fn quantiles(values: impl Iterator<Item = (Number, bool)>) -> Quantiles {
    let mut sorted: Vec<(Number, bool)> = values.filter(|(value, _)| *value != Number::None).collect();
    sorted.sort_by(|(x, _), (y, _)| x.value().total_cmp(&y.value()));
    let count = sorted.len();
    let Some(places) = places(count) else {
        return Quantiles { low: Number::None, median: Number::None, high: Number::None, count, at_most: false };
    };
    let chosen = places.map(|place| sorted[place]);
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
