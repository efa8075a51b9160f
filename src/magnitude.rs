//! How large the entries of a gradient are: counts by power of two.

use crate::arithmetic::Exact;
use rug::Float;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Counts of ⌊log₂|g|⌋.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Histogram {
    /// Entries that are zero.
    pub zeros: u64,
    /// Entries that are infinite or NaN.
    pub nonfinite: u64,
    /// The exponent of the first count.
    pub lowest: i64,
    /// Number of entries with ⌊log₂|g|⌋ = lowest + index.
    pub counts: Vec<u64>,
}

/// Counts of ⌊log₂|g|⌋, growing as entries come.
#[derive(Clone, Debug, Default)]
pub struct Magnitudes {
    zeros: u64,
    nonfinite: u64,
    counts: BTreeMap<i64, u64>,
}

impl Magnitudes {
    /// Counts one entry.
    pub fn add(&mut self, x: &Exact) {
        if !x.is_finite() {
            self.nonfinite += 1;
        } else {
            match x.exponent() {
                None => self.zeros += 1,
                Some(exponent) => *self.counts.entry(exponent).or_default() += 1,
            }
        }
    }

    /// Counts one true entry.
    pub fn add_float(&mut self, x: &Float) {
        match x.get_exp() {
            None => self.zeros += 1,
            Some(exponent) => *self.counts.entry(i64::from(exponent) - 1).or_default() += 1,
        }
    }

    /// Entries that are infinite or NaN.
    pub fn nonfinite(&self) -> u64 {
        self.nonfinite
    }

    /// Adds another count.
    pub fn merge(&mut self, other: &Magnitudes) {
        self.zeros += other.zeros;
        self.nonfinite += other.nonfinite;
        other.counts.iter().for_each(|(exponent, count)| *self.counts.entry(*exponent).or_default() += count);
    }

    /// The counts as a record keeps them.
    pub fn to_record(&self) -> Histogram {
        let lowest = self.counts.keys().next().copied().unwrap_or(0);
        let highest = self.counts.keys().next_back().copied().unwrap_or(lowest - 1);
        let counts = (lowest..=highest).map(|exponent| self.counts.get(&exponent).copied().unwrap_or(0)).collect();
        Histogram { zeros: self.zeros, nonfinite: self.nonfinite, lowest, counts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Powers of two open their bin; zeros and non-finite entries are counted apart.
    #[test]
    fn entries_are_counted_by_their_exponent() {
        let mut magnitudes = Magnitudes::default();
        for x in [1.0, -1.999, 2.0, 0.25, 5e-324, 0.0, -0.0, f64::INFINITY, f64::NAN] {
            magnitudes.add(&Exact::Double(x));
        }
        magnitudes.add(&Exact::Long(Float::with_val(40, 3)));
        magnitudes.add_float(&Float::with_val(40, 3.5));
        let histogram = magnitudes.to_record();
        assert_eq!((histogram.zeros, histogram.nonfinite, histogram.lowest), (2, 2, -1074));
        assert_eq!(histogram.counts.len(), 1076);
        assert_eq!(histogram.counts[1072..], [1, 0, 2, 3]);
        assert_eq!(histogram.counts[0], 1);
    }

    #[test]
    fn nothing_counted_is_an_empty_histogram() {
        assert_eq!(Magnitudes::default().to_record(), Histogram::default());
    }
}
