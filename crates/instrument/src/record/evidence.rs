//! How accurately an exact gradient is known.

use crate::truth::{self, Unproven};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Evidence for an exact gradient: of one tensor, or the worst of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Evidence {
    /// Every entry is exact.
    Exact {},
    /// The error is at most 2^-bits of the norm.
    Proven {
        /// Proven bits.
        bits: u32,
    },
    /// Nothing is established, for this reason.
    #[schemars(extend("unevaluatedProperties" = false))]
    NotEstablished(Unproven),
}

impl Evidence {
    /// The weakest of several, the first of equally weak ones; `None` if there are none.
    pub fn weakest(all: impl IntoIterator<Item = Evidence>) -> Option<Evidence> {
        all.into_iter().min_by_key(|evidence| evidence.rank())
    }

    /// Its place in the order of strength: not established, then by proven bits, then exact.
    pub fn rank(self) -> u64 {
        match self {
            Evidence::NotEstablished(_) => 0,
            Evidence::Proven { bits } => u64::from(bits) + 1,
            Evidence::Exact {} => u64::MAX,
        }
    }

    /// Whether the gradient is exact or known within a proven bound.
    pub fn is_established(self) -> bool {
        self.reason().is_none()
    }

    /// Why nothing is established.
    pub fn reason(self) -> Option<Unproven> {
        if let Evidence::NotEstablished(reason) = self { Some(reason) } else { None }
    }
}

impl From<truth::Evidence> for Evidence {
    fn from(evidence: truth::Evidence) -> Evidence {
        match evidence {
            truth::Evidence::Exact => Evidence::Exact {},
            truth::Evidence::Proven(bits) => Evidence::Proven { bits },
            truth::Evidence::NotEstablished(reason) => Evidence::NotEstablished(reason),
        }
    }
}

/// `exact`, `proven 83 bits`, `not established: exponent range`.
impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Evidence::Exact {} => f.write_str("exact"),
            Evidence::Proven { bits } => write!(f, "proven {bits} bits"),
            Evidence::NotEstablished(reason) => write!(f, "not established: {reason}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The layout that docs/reference/files.md describes, and nothing beside it.
    #[test]
    fn evidence_is_an_object_with_its_kind() {
        let branches = Evidence::NotEstablished(Unproven::UndecidedBranch { count: 2 });
        for (evidence, text) in [
            (Evidence::Exact {}, r#"{"kind":"exact"}"#),
            (Evidence::Proven { bits: 83 }, r#"{"kind":"proven","bits":83}"#),
            (branches, r#"{"kind":"not_established","reason":"undecided_branches","count":2}"#),
            (
                Evidence::NotEstablished(Unproven::ExponentRange),
                r#"{"kind":"not_established","reason":"exponent_range"}"#,
            ),
            (Evidence::NotEstablished(Unproven::TooWide), r#"{"kind":"not_established","reason":"bounds_too_wide"}"#),
        ] {
            assert_eq!(serde_json::to_string(&evidence).unwrap(), text);
            assert_eq!(serde_json::from_str::<Evidence>(text).unwrap(), evidence);
        }
        for strange in [
            r#""proven 83 bits""#,
            r#"{"kind":"believed"}"#,
            r#"{"kind":"proven"}"#,
            r#"{"kind":"proven","bits":-1}"#,
            r#"{"kind":"exact","bits":83}"#,
            r#"{"kind":"not_established"}"#,
            r#"{"kind":"not_established","reason":"undecided_branches"}"#,
            r#"{"kind":"not_established","reason":"undecided_branches","count":2,"bits":83}"#,
        ] {
            assert!(serde_json::from_str::<Evidence>(strange).is_err(), "{strange}");
        }
    }

    #[test]
    fn the_weakest_is_the_first_of_the_least() {
        let not = |reason| Evidence::NotEstablished(reason);
        let (range, wide) = (not(Unproven::ExponentRange), not(Unproven::TooWide));
        let [exact, few, many] = [Evidence::Exact {}, Evidence::Proven { bits: 9 }, Evidence::Proven { bits: 80 }];
        for (all, weakest) in [
            (&[exact, many, few][..], Some(few)),
            (&[exact, range, few, wide], Some(range)),
            (&[exact], Some(exact)),
            (&[], None),
        ] {
            assert_eq!(Evidence::weakest(all.iter().copied()), weakest, "{all:?}");
        }
    }
}
