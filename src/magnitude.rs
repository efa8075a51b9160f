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
