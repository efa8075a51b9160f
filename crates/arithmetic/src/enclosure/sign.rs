//! Comparisons with zero.

use std::cmp::Ordering;

/// How a number compares with zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// As a number does.
    Known(Ordering),
    /// NaN compares with nothing.
    Unordered,
    /// An enclosure contains numbers of different signs.
    Undecided,
}

impl Sign {
    /// Whether the number is positive: NaN is not; `None` if it is not decided.
    pub fn is_positive(self) -> Option<bool> {
        match self {
            Sign::Known(ordering) => Some(ordering == Ordering::Greater),
            Sign::Unordered => Some(false),
            Sign::Undecided => None,
        }
    }
}
