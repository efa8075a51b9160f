//! How accurately an exact tensor is known.

use super::{TrueTensor, Unproven};
use crate::format::two_to;
use crate::norm::term::{Term, term};
use rug::Float;
use rug::float::Round;
use std::fmt;

/// Evidence for one tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// Every entry is exact.
    Exact,
    /// The error is at most 2^-k of the norm: k = ⌊log₂((‖g̃‖ − E)/E)⌋.
    Proven(u32),
    /// Nothing is established, for this reason.
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
        let margin = Float::with_val_round(64, least_norm(tensor) - &subtracted, Round::Down).0;
        if margin <= 0 || error.is_infinite() {
            return Evidence::NotEstablished(Unproven::TooWide);
        }
        let ratio = Float::with_val_round(64, &margin / &error, Round::Down).0;
        match ratio.get_exp() {
            Some(exponent) if exponent > 1 => Evidence::Proven(exponent as u32 - 1),
            _ => Evidence::NotEstablished(Unproven::TooWide),
        }
    }

    /// Proven bits: `None` if exact (no limit), 0 if not established.
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

/// At most ‖g̃‖₂.
///
/// Entries are truncated to 53 bits, and those 2^500 below the largest are left out. Each square, each of n sums and
/// the root has a relative error of at most 2^-53, and the factor covers twice that.
fn least_norm(tensor: &TrueTensor) -> Float {
    let top = tensor.exponents().flatten().max().unwrap_or(0);
    let square = |place: usize| {
        let [(digits, exponent), _] = tensor.leading_pair(place);
        let shift = exponent - top;
        // A zero may have any exponent.
        let x = if digits == 0.0 || shift < -600 { 0.0 } else { digits * two_to(shift) };
        x * x
    };
    let sum: f64 = (0..tensor.len()).map(square).sum();
    let least = sum.sqrt() * (1.0 - (tensor.len() as f64 + 4.0) * f64::EPSILON);
    let top = i32::try_from(top).expect("invariant: values lie within MPFR's exponents");
    Float::with_val(53, least.max(0.0)) << top
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
