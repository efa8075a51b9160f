//! Λ₁ and Λ₂: bounds of the slopes of φ and φ' on each piece.
//!
//! Each is an upper bound within 1e-9 of the supremum.

use super::Activation;
use super::catalogue::{Entry, entry_of};
use super::formulas::upper;
use super::piece::{Growth, Piece};
use super::polynomial::Quadratic;

impl Activation {
    /// Λ₁ ≥ |φ'| on a piece: the Lipschitz constant of φ there, as a function of |x| if it is unbounded.
    pub fn lipschitz(&self, piece: Piece) -> Growth {
        if let Some(polynomial) = self.polynomial(piece) {
            return steepest(&polynomial, self.joints().ends(piece));
        }
        Growth::constant(entry_of!(*self, entry => entry.known(piece).lipschitz))
    }

    /// Λ₂ ≥ |φ''| on a piece: the Lipschitz constant of φ' there. Bounded for the whole catalogue.
    pub fn curvature(&self, piece: Piece) -> f64 {
        if let Some(polynomial) = self.polynomial(piece) {
            return upper(2.0 * polynomial.a.abs(), polynomial.divisor);
        }
        entry_of!(*self, entry => entry.known(piece).curvature)
    }
}

/// max |2a·x + b|/divisor between the ends of a piece.
fn steepest(polynomial: &Quadratic, (lower, upper_end): (f64, f64)) -> Growth {
    let Quadratic { a, b, divisor, .. } = *polynomial;
    if a == 0.0 {
        return Growth::constant(upper(b.abs(), divisor));
    }
    if lower.is_finite() && upper_end.is_finite() {
        let at = |x: f64| upper((2.0 * a * x + b).abs(), divisor);
        return Growth::constant(at(lower).max(at(upper_end)));
    }
    Growth { constant: upper(b.abs(), divisor), per_reach: upper(2.0 * a.abs(), divisor) }
}
