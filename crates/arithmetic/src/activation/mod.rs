//! The catalogue of activations, with everything that a network, a proof and a rounding need for each φ.
//!
//! An entry ([`catalogue`]) states the name and the formula in words ([`about`]), the [`Joints`] (where formulas meet,
//! what jumps there, and which side PyTorch gives the point to), the bounds Λ₁ ≥ |φ'| and Λ₂ ≥ |φ''| on each piece, the
//! pieces that are polynomials with short coefficients ([`polynomial`]), the limits at ±∞, and how to enclose φ and φ'
//! to any relative precision ([`mod@enclosure`]); from these alone [`rounding`] gets the correctly rounded value in every
//! format. [`moments`] holds the mean-field constants, [`names`] the grammar. [`Activation::facts`] is everything that
//! is known of one entry.

pub mod about;
mod bounds;
pub mod catalogue;
mod constants;
pub mod double;
pub mod edge;
pub mod enclosure;
mod ends;
pub mod facts;
mod formulas;
mod frozen;
mod limits;
pub mod moments;
pub mod names;
mod nearby;
pub mod piece;
pub mod polynomial;
pub mod quick;
pub mod rounding;
mod selu;

pub use about::About;
pub use catalogue::{ALL, Activation};
pub use constants::{GELU_TANH_CUBIC, LEAKY_SLOPE, PRELU_SLOPE, SELU_ALPHA, SELU_LAMBDA};
pub use edge::{EdgePoint, Stability, edge_of_chaos};
pub use enclosure::{Enclosure, Function, OutOfRange, enclose, enclosure};
pub use facts::{Facts, JointFacts, PieceFacts, Side};
pub use frozen::OnPiece;
pub use moments::{
    MeanField, Phase, derivative_second_moment, mean_field, preserving_gain, residual_mean_field, second_moment,
};
pub use names::Parameter;
pub use piece::{Break, Growth, Joint, Joints, Owner, Piece};
pub use polynomial::Quadratic;
pub use rounding::{is_zero, round_function, round_function_by, round_function_f64};

use catalogue::{Entry, entry_of};
use std::cmp::Ordering;

impl Activation {
    /// The points where formulas meet, and which derivative jumps there.
    pub fn joints(&self) -> Joints {
        entry_of!(*self, entry => entry.pieces().joints)
    }

    /// φ on a piece where it is a polynomial.
    pub fn polynomial(&self, piece: Piece) -> Option<Quadratic> {
        entry_of!(*self, entry => entry.pieces().polynomials[usize::from(piece.0.min(2))])
    }

    /// True if φ' (or φ) jumps somewhere, so that rounding can move a pre-activation to another branch.
    pub fn is_kinked(&self) -> bool {
        self.joints().iter().any(Joint::is_kink)
    }

    /// True if φ' is a constant on every piece.
    pub fn is_piecewise_linear(&self) -> bool {
        let mut pieces = (0..self.pieces()).map(|piece| self.polynomial(Piece(piece as u8)));
        pieces.all(|polynomial| polynomial.is_some_and(|polynomial| polynomial.a == 0.0))
    }

    /// Number of pieces.
    pub fn pieces(&self) -> usize {
        self.joints().len() + 1
    }

    /// The piece of an argument, given how it compares with a number.
    pub fn piece(&self, compared_with: impl Fn(f64) -> Ordering) -> Piece {
        self.joints().piece(compared_with)
    }

    /// The piece of a double; NaN counts as the lowest.
    pub fn piece_of(&self, x: f64) -> Piece {
        self.piece(|at| x.partial_cmp(&at).unwrap_or(Ordering::Less))
    }

    /// The branch of φ' to which a piece belongs: only jumps of φ' or φ separate branches.
    pub fn branch(&self, piece: Piece) -> usize {
        self.joints().iter().take(usize::from(piece.0)).filter(|joint| joint.is_kink()).count()
    }

    /// The slopes left and right of 0 of a φ that is linear on either side.
    pub fn linear_slopes(&self) -> Option<(f64, f64)> {
        entry_of!(*self, entry => entry.linear_slopes())
    }

    /// How sharply φ bends around 0: 1/sharpness is about the scale of the bend.
    pub fn sharpness(&self) -> f64 {
        entry_of!(*self, entry => entry.sharpness())
    }
}
