//! What a check counts and tells.

use serde::Serialize;

/// Mismatches that a row tells in full.
const TOLD: usize = 5;

/// One case in which what was checked is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mismatch {
    /// What was done.
    pub operation: String,
    /// To which numbers.
    pub operands: Vec<String>,
    /// What came out.
    pub got: String,
    /// What had to.
    pub expected: String,
}

/// Cases and mismatches so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many cases were compared.
    pub cases: u64,
    /// How many of them did not agree.
    pub mismatches: u64,
    /// The first of these.
    pub first: Vec<Mismatch>,
}

impl Tally {
    /// Counts a case; a wrong one is told as long as there are few.
    pub fn case(&mut self, agrees: bool, tell: impl FnOnce() -> Mismatch) {
        self.cases += 1;
        if !agrees {
            self.mismatches += 1;
            if self.first.len() < TOLD {
                self.first.push(tell());
            }
        }
    }

    /// Counts a double that must have certain bits; all NaN count as one.
    pub fn double(&mut self, got: f64, expected: f64, operation: impl FnOnce() -> (String, Vec<String>)) {
        let agrees = got.to_bits() == expected.to_bits() || got.is_nan() && expected.is_nan();
        self.case(agrees, || {
            let (operation, operands) = operation();
            Mismatch { operation, operands, got: shown(got), expected: shown(expected) }
        });
    }

    /// Adds another one's cases, which come behind.
    pub fn add(&mut self, other: Tally) {
        self.cases += other.cases;
        self.mismatches += other.mismatches;
        self.first.extend(other.first);
        self.first.truncate(TOLD);
    }

    /// Of several.
    pub fn sum(tallies: impl IntoIterator<Item = Tally>) -> Tally {
        tallies.into_iter().fold(Tally::default(), |mut sum, tally| {
            sum.add(tally);
            sum
        })
    }

    /// What is told of it.
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
    /// Against what.
    pub against: &'static str,
    /// Which way through the program: a set of instructions, doubles one by one (`scalar`), or `MPFR`.
    pub path: &'static str,
    /// Of a known fault: where it is known from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'static str>,
    /// Cases.
    pub cases: u64,
    /// Cases that do not agree.
    pub mismatches: u64,
    /// The first of these.
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
