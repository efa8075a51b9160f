//! The magnitudes of a gradient's entries, counted by power of two.

use crate::arithmetic::ExactMatrix;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Largest number of bins, more than double precision has powers of two. A gradient with a wider range (relu2's reaches
/// 2^-500000) is counted in wider bins.
const MOST_COUNTS: i64 = 4096;

/// Counts of ⌊log₂|g|⌋.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Histogram {
    /// Entries that are zero.
    pub zeros: u64,
    /// Entries that are infinite or NaN.
    pub nonfinite: u64,
    /// The smallest exponent of the first bin.
    pub lowest: i64,
    /// Exponents per bin, a power of two; omitted if it is 1.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub bin: i64,
    /// Number of entries with ⌊log₂|g|⌋ from lowest + bin·index, below lowest + bin·(index + 1).
    pub counts: Vec<u64>,
}

fn one() -> i64 {
    1
}

fn is_one(bin: &i64) -> bool {
    *bin == 1
}

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram { zeros: 0, nonfinite: 0, lowest: 0, bin: 1, counts: Vec::new() }
    }
}

impl Histogram {
    /// The counts as (smallest exponent, number) of their bins.
    pub fn bins(&self) -> impl Iterator<Item = (i64, u64)> {
        // A record that was edited by hand may contain any number.
        let bin = self.bin.max(1);
        let least = move |index: usize| self.lowest.saturating_add(bin.saturating_mul(index as i64));
        self.counts.iter().enumerate().map(move |(index, count)| (least(index), *count))
    }
}

/// Counts of ⌊log₂|g|⌋.
#[derive(Clone, Debug, Default)]
pub struct Magnitudes {
    zeros: u64,
    nonfinite: u64,
    counts: BTreeMap<i64, u64>,
}

/// Exponents that are counted in an array, those of ordinary doubles: [-NEAR, NEAR).
const NEAR: i64 = 1024;

/// The property of an entry that is counted.
enum Entry {
    Zero,
    NonFinite,
    Exponent(i64),
}

impl Magnitudes {
    /// From computed entries.
    pub fn of(entries: &ExactMatrix) -> Magnitudes {
        Magnitudes::count(entries.iter().map(|x| match x.exponent() {
            _ if !x.is_finite() => Entry::NonFinite,
            None => Entry::Zero,
            Some(exponent) => Entry::Exponent(exponent),
        }))
    }

    /// From exact entries by ⌊log₂|g|⌋, `None` for zero.
    pub fn of_exponents(exponents: impl Iterator<Item = Option<i64>>) -> Magnitudes {
        Magnitudes::count(exponents.map(|exponent| exponent.map_or(Entry::Zero, Entry::Exponent)))
    }

    fn count(entries: impl Iterator<Item = Entry>) -> Magnitudes {
        let mut magnitudes = Magnitudes::default();
        let mut near = [0u64; 2 * NEAR as usize];
        for entry in entries {
            match entry {
                Entry::Zero => magnitudes.zeros += 1,
                Entry::NonFinite => magnitudes.nonfinite += 1,
                Entry::Exponent(exponent) if (-NEAR..NEAR).contains(&exponent) => near[(exponent + NEAR) as usize] += 1,
                Entry::Exponent(exponent) => *magnitudes.counts.entry(exponent).or_default() += 1,
            }
        }
        let counted = (-NEAR..).zip(near).filter(|(_, count)| *count > 0);
        magnitudes.counts.extend(counted);
        magnitudes
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
        let mut bin = 1;
        while highest.div_euclid(bin) - lowest.div_euclid(bin) >= MOST_COUNTS {
            bin *= 2;
        }
        let first = lowest.div_euclid(bin);
        let mut counts = vec![0; (highest.div_euclid(bin) - first + 1) as usize];
        for (exponent, count) in &self.counts {
            counts[(exponent.div_euclid(bin) - first) as usize] += count;
        }
        Histogram { zeros: self.zeros, nonfinite: self.nonfinite, lowest: first * bin, bin, counts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arithmetic::Exact;
    use ndarray::Array2;
    use rug::Float;

    /// Powers of two are the lower ends of their bins; zeros and non-finite entries are counted separately.
    #[test]
    fn entries_are_counted_by_their_exponent() {
        let doubles = [1.0, -1.999, 2.0, 0.25, 5e-324, 0.0, -0.0, f64::INFINITY, f64::NAN].map(Exact::Double);
        let all = doubles.into_iter().chain([Exact::Long(Float::with_val(40, 3))]).collect();
        let mut magnitudes = Magnitudes::of(&ExactMatrix::Any(Array2::from_shape_vec((2, 5), all).unwrap()));
        magnitudes.merge(&Magnitudes::of_exponents([Some(1)].into_iter()));
        let histogram = magnitudes.to_record();
        assert_eq!((histogram.zeros, histogram.nonfinite, histogram.lowest), (2, 2, -1074));
        assert_eq!(histogram.counts.len(), 1076);
        assert_eq!(histogram.counts[1072..], [1, 0, 2, 3]);
        assert_eq!(histogram.counts[0], 1);
    }

    /// For entries of any range, there are few bins, which are complete and aligned.
    #[test]
    fn wide_histograms_have_wide_bins() {
        let exponents = [-1_000_000_000, -999_999_999, -5, 0, 70_000];
        let magnitudes = Magnitudes::of_exponents(exponents.into_iter().map(Some));
        let histogram = magnitudes.to_record();
        assert!(histogram.counts.len() <= 4096 && histogram.counts.len() > 2048, "{}", histogram.counts.len());
        assert_eq!((histogram.bin, histogram.lowest.rem_euclid(histogram.bin)), (1 << 18, 0));
        let filled: Vec<(i64, u64)> = histogram.bins().filter(|(_, count)| *count > 0).collect();
        assert_eq!(filled, [(-1_000_079_360, 2), (-262_144, 1), (0, 2)]);
        let json = serde_json::to_string(&histogram).unwrap();
        assert_eq!(serde_json::from_str::<Histogram>(&json).unwrap(), histogram);
    }

    #[test]
    fn nothing_counted_is_an_empty_histogram() {
        assert_eq!(Magnitudes::default().to_record(), Histogram::default());
    }
}
