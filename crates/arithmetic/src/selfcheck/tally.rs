//! Counts of cases and mismatches.

use serde::Serialize;

/// Number of mismatches that a row shows in full.
const TOLD: usize = 5;

/// One wrong case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mismatch {
    /// The operation.
    pub operation: String,
    /// Its operands.
    pub operands: Vec<String>,
    /// The result.
    pub got: String,
    /// The expected result.
    pub expected: String,
}

/// Cases and mismatches so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Number of compared cases.
    pub cases: u64,
    /// Number of mismatches.
    pub mismatches: u64,
    /// The first mismatches.
    pub first: Vec<Mismatch>,
}

impl Tally {
    /// Counts a case, and keeps the first wrong ones.
    pub fn case(&mut self, agrees: bool, tell: impl FnOnce() -> Mismatch) {
        self.cases += 1;
        if !agrees {
            self.mismatches += 1;
            if self.first.len() < TOLD {
                self.first.push(tell());
            }
        }
    }

    /// Counts a double that must have certain bits; all NaNs are equal.
    pub fn double(&mut self, got: f64, expected: f64, operation: impl FnOnce() -> (String, Vec<String>)) {
        let agrees = got.to_bits() == expected.to_bits() || got.is_nan() && expected.is_nan();
        self.case(agrees, || {
            let (operation, operands) = operation();
            Mismatch { operation, operands, got: shown(got), expected: shown(expected) }
        });
    }

    /// Appends another tally's cases.
    pub fn add(&mut self, other: Tally) {
        self.cases += other.cases;
        self.mismatches += other.mismatches;
        self.first.extend(other.first);
        self.first.truncate(TOLD);
    }

    /// The sum of several tallies.
    pub fn sum(tallies: impl IntoIterator<Item = Tally>) -> Tally {
        tallies.into_iter().fold(Tally::default(), |mut sum, tally| {
            sum.add(tally);
            sum
        })
    }

    /// The row for the table.
    pub fn row(self, check: impl Into<String>, against: &'static str, path: &'static str) -> Row {
        let Tally { cases, mismatches, first } = self;
        Row { group: "", check: check.into(), against, path, source: None, cases, mismatches, first }
    }
}

/// One line of the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The group's name.
    pub group: &'static str,
    /// What was checked.
    pub check: String,
    /// The reference.
    pub against: &'static str,
    /// The code path: an instruction set, doubles one by one (`scalar`), or `MPFR`.
    pub path: &'static str,
    /// For a known fault, where it was reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'static str>,
    /// Cases.
    pub cases: u64,
    /// Number of mismatches.
    pub mismatches: u64,
    /// The first mismatches.
    pub first: Vec<Mismatch>,
}

/// A double by its bits and its value.
pub fn shown(x: f64) -> String {
    format!("{:#018x} = {x:e}", x.to_bits())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mismatches_are_counted_and_the_first_are_told() {
        let mut tally = Tally::default();
        for i in 0..9 {
            tally.double(f64::from(i), if i < 2 { f64::from(i) } else { 0.5 }, || ("of".into(), vec![i.to_string()]));
        }
        assert_eq!((tally.cases, tally.mismatches, tally.first.len()), (9, 7, TOLD));
        assert_eq!(tally.first[0].operands, ["2"]);
        assert_eq!(tally.first[0].got, "0x4000000000000000 = 2e0");
        tally.double(-0.0, 0.0, || ("zero".into(), Vec::new()));
        tally.double(-f64::NAN, f64::NAN, || ("NaN".into(), Vec::new()));
        assert_eq!((tally.cases, tally.mismatches), (11, 8), "a zero has its sign, a NaN has none");
        let twice = Tally::sum([tally.clone(), tally]);
        assert_eq!((twice.cases, twice.mismatches, twice.first.len()), (22, 16, TOLD));
    }
}
