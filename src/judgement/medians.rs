//! Numbers over trials, of which some may be absent.

use crate::record::{Number, Quantiles};
use crate::statistics;

/// The noise without any measurement.
pub const NO_NOISE: Quantiles =
    Quantiles { low: Number::None, median: Number::None, high: Number::None, count: 0, at_most: false };

/// The upper median of those numbers that there are.
pub fn median(numbers: impl Iterator<Item = Number>) -> Number {
    statistics::median(numbers.map(Number::value)).map_or(Number::None, Number::new)
}
