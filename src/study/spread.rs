//! Order statistics over draws.

use crate::number::Number;
use crate::record::study::Spread;
use crate::statistics::quantiles;

/// Order statistics of numbers; NaN is left out.
pub fn of(values: impl IntoIterator<Item = f64>) -> Spread {
    let found = quantiles(values.into_iter().map(|value| (Number::new(value), false)));
    Spread { low: found.low, median: found.median, high: found.high, count: found.count }
}

/// Nothing.
pub fn none() -> Spread {
    of([])
}

/// A count over draws, or a share of them: one number without a spread.
pub fn single(value: f64, count: usize) -> Spread {
    let value = Number::new(value);
    Spread { low: value, median: value, high: value, count }
}
