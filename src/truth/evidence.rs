//! How well a true tensor is known.

use super::term::{Term, term};
use super::{TrueTensor, Unproven};
use rug::Float;
use rug::float::Round;
use rug::ops::AddAssignRound;
use std::fmt;

/// Evidence for one tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// Every entry is the true one.
    Exact,
    /// The error is at most 2^-k of the norm: k = ⌊log₂((‖g̃‖ − E)/E)⌋.
    Proven(u32),
    /// Nothing is established, and why.
    NotEstablished(Unproven),
}

impl Evidence {
    /// The evidence of a tensor.
    pub fn of(tensor: &Result<TrueTensor, Unproven>) -> Evidence {
        let tensor = match tensor {
            Ok(tensor) => tensor,
            Err(reason) => return Evidence::NotEstablished(*reason),
        };
        if tensor.exact.iter().all(|&exact| exact) {
            return Evidence::Exact;
        }
        let error = term(Term::EvidenceError, tensor.error).to_float();
        let subtracted = term(Term::EvidenceMargin, tensor.error).to_float();
        // ‖g̃‖ rounded down, E rounded up: k is never too large.
        let mut squares = Float::new(64);
        for value in &tensor.values {
            let square = Float::with_val_round(64, value.square_ref(), Round::Down).0;
            squares.add_assign_round(square, Round::Down);
        }
        squares.sqrt_round(Round::Down);
        let margin = Float::with_val_round(64, &squares - &subtracted, Round::Down).0;
        if margin <= 0 || error.is_infinite() {
            return Evidence::NotEstablished(Unproven::TooWide);
        }
        let ratio = Float::with_val_round(64, &margin / &error, Round::Down).0;
        match ratio.get_exp() {
            Some(exponent) if exponent > 1 => Evidence::Proven(exponent as u32 - 1),
            _ => Evidence::NotEstablished(Unproven::TooWide),
        }
    }

    /// Proven bits: `None` where exact (no limit), 0 where not established.
    pub fn bits(self) -> Option<u32> {
        match self {
            Evidence::Exact => None,
            Evidence::Proven(bits) => Some(bits),
            Evidence::NotEstablished(_) => Some(0),
        }
    }

    /// True if at least `bits` are proven.
    pub fn reaches(self, bits: u32) -> bool {
        self.bits().is_none_or(|proven| proven >= bits)
    }

    /// The weaker of two.
    pub fn weaker(self, other: Evidence) -> Evidence {
        let rank = |evidence: Evidence| match evidence {
            Evidence::NotEstablished(_) => 0,
            Evidence::Proven(bits) => u64::from(bits) + 1,
            Evidence::Exact => u64::MAX,
        };
        if rank(other) < rank(self) { other } else { self }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Evidence::Exact => f.write_str("exact"),
            Evidence::Proven(bits) => write!(f, "proven {bits} bits"),
            Evidence::NotEstablished(reason) => write!(f, "not established: {reason}"),
        }
    }
}
