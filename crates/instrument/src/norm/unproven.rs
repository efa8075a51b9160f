//! Why a proof fails.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Why an exact gradient is not established.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "reason", rename_all = "snake_case", deny_unknown_fields)]
pub enum Unproven {
    /// An exponent left the range of the arithmetic.
    ExponentRange,
    /// Pre-activations whose side of a kink the bounds do not decide.
    #[serde(rename = "undecided_branches")]
    UndecidedBranch {
        /// Their number in one sample of one layer.
        count: usize,
    },
    /// The error bound is as large as the value.
    #[serde(rename = "bounds_too_wide")]
    TooWide,
}

impl fmt::Display for Unproven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unproven::ExponentRange => f.write_str("exponent range"),
            Unproven::UndecidedBranch { count: 1 } => f.write_str("an undecided branch"),
            Unproven::UndecidedBranch { count } => write!(f, "{count} undecided branches"),
            Unproven::TooWide => f.write_str("bounds too wide"),
        }
    }
}
