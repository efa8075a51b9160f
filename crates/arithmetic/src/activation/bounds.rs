//! Λ₁ and Λ₂: bounds of the slopes of φ and φ' on each piece, with the reason for each constant.
//!
//! Each is an upper bound within 1e-9 of the supremum.

use super::Activation;
use super::piece::{Growth, Piece};
use super::polynomial::Quadratic;

impl Activation {
    /// Λ₁ ≥ |φ'| on a piece: the Lipschitz constant of φ there, as a function of |x| if it is unbounded.
    pub fn lipschitz(&self, piece: Piece) -> Growth {
        if let Some(polynomial) = self.polynomial(piece) {
            return steepest(&polynomial, self.joints().ends(piece));
        }
        Growth::constant(match *self {
            // αeˣ ≤ α for x ≤ 0.
            Activation::Elu { alpha } => alpha,
            // e^(x/α) ≤ 1 for x ≤ 0.
            Activation::Celu { .. } => 1.0,
            // λαeˣ ≤ λα = 1.75809934084737685… for x ≤ 0, λ = 1.05070098735548049… for x > 0.
            Activation::Selu if piece.0 == 0 => 1.7580993408473772,
            Activation::Selu => 1.0507009873554807,
            // sech² ≤ 1, at 0; tanh² < 1.
            Activation::Tanh | Activation::Tanhshrink => 1.0,
            // σ' = σ(1 − σ) ≤ 1/4, at 0.
            Activation::Sigmoid => 0.25,
            // φ' = σ(βx) < 1; σ(−x) < 1.
            Activation::Softplus { .. } | Activation::LogSigmoid => 1.0,
            // With t = βx: φ'(x) + φ'(−x) = 1, so |φ'| ≤ max φ' (which exceeds 1);
            // dφ'/dt = σ'(t)(2 − t·tanh(t/2)) vanishes where t·tanh(t/2) = 2, t = 2.39935728…, φ' = 1.09983932….
            Activation::Silu | Activation::Swish { .. } => 1.099839321,
            // φ'' = (2 − x²)·e^(−x²/2)/√(2π) vanishes at √2: Φ(√2) + e⁻¹/√π = 1.12890414….
            Activation::Gelu => 1.128904146,
            // Its maximum, at x = 1.4185040…, is 1.1289930686588; again φ'(x) + φ'(−x) = 1.
            Activation::GeluTanh => 1.128993069,
            // Extremes: 1.0884981612517 at x = 1.4905711…, −0.1125… at −2.256….
            Activation::Mish => 1.088498162,
            // 1/(1 + |x|)² ≤ 1, at 0.
            Activation::Softsign => 1.0,
            _ => unreachable!("invariant: the others are polynomials"),
        })
    }

    /// Λ₂ ≥ |φ''| on a piece: the Lipschitz constant of φ' there. Bounded for the whole catalogue.
    pub fn curvature(&self, piece: Piece) -> f64 {
        if let Some(polynomial) = self.polynomial(piece) {
            return upper(2.0 * polynomial.a.abs(), polynomial.divisor);
        }
        match *self {
            // αeˣ ≤ α for x < 0.
            Activation::Elu { alpha } => alpha,
            // e^(x/α)/α ≤ 1/α for x < 0.
            Activation::Celu { alpha } => upper(1.0, alpha),
            // As elu with α replaced by λα; constant on the right.
            Activation::Selu if piece.0 == 0 => 1.7580993408473772,
            Activation::Selu => 0.0,
            // ±2t(1 − t²) with t = tanh x; extreme at t = 1/√3: 4/(3√3) = 0.76980035891950….
            Activation::Tanh | Activation::Tanhshrink => 0.769800359,
            // s(1 − s)(1 − 2s); extreme at s = 1/2 ± 1/√12: 1/(6√3) = 0.09622504486493….
            Activation::Sigmoid => 0.0962250449,
            // βσ'(βx) ≤ β/4.
            Activation::Softplus { beta } => 0.25 * beta,
            Activation::LogSigmoid => 0.25,
            // dφ'/dt = σ'(t)(2 − t·tanh(t/2)) is even, 1/2 at 0, and falls while it is positive (both factors
            // fall); where it is negative its magnitude is at most e^−t(t − 2) ≤ e⁻³. dt/dx = β.
            Activation::Silu => 0.5,
            Activation::Swish { beta } => 0.5 * beta,
            // φ'' = (2 − x²)·e^(−x²/2)/√(2π): 2/√(2π) = 0.797884560802865… at 0; its other extremes,
            // at ±2, are −0.10798….
            Activation::Gelu => 0.797884561,
            // 2/√(2π) at 0 too; its other extremes, at ±2.0134807…, are −0.1079135….
            Activation::GeluTanh => 0.797884561,
            // Extremes: 0.64420463723697 at x = −0.0879344…, −0.0590… at 2.114…, −0.0417… at −3.267….
            Activation::Mish => 0.644204638,
            // 2/(1 + |x|)³ ≤ 2, at 0 from either side, where φ' is continuous.
            Activation::Softsign => 2.0,
            _ => unreachable!("invariant: the others are polynomials"),
        }
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

/// x/y rounded up.
fn upper(x: f64, y: f64) -> f64 {
    if y == 1.0 || x == 0.0 { x } else { (x / y).next_up() }
}
