//! The catalogue of activations, with everything that a network, a proof and a rounding need for each φ.
//!
//! An entry states its [`Joints`] (where formulas meet, what jumps there, and which side PyTorch gives the point to),
//! the bounds Λ₁ ≥ |φ'| and Λ₂ ≥ |φ''| on each piece (`bounds.rs`), the pieces that are polynomials with short
//! coefficients ([`polynomial`]), the limits at ±∞ (`limits.rs`), and (in [`mod@enclosure`]) how to enclose φ and φ' to
//! any relative precision; from these alone [`rounding`] gets the correctly rounded value in every format. [`moments`]
//! holds the mean-field constants, [`names`] the grammar, [`about`] formulas and sources in words.
//! [`Activation::facts`] is everything that is known of one entry.

pub mod about;
mod bounds;
pub mod double;
pub mod enclosure;
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

use crate::format::GRID;
use std::cmp::Ordering;

/// λ of SELU (the fixed point of mean 0 and variance 1): this decimal, PyTorch's `scale`, taken as exact.
pub const SELU_LAMBDA: &str = "1.0507009873554804934193349852946";
/// α of SELU: this decimal, PyTorch's `alpha`, taken as exact.
pub const SELU_ALPHA: &str = "1.6732632423543772848170429916717";
/// The cubic coefficient of gelu_tanh: this decimal, taken as exact.
pub const GELU_TANH_CUBIC: &str = "0.044715";

/// Default slope of leaky: 0.01 on the grid of parameters, 41·2^-12.
pub const LEAKY_SLOPE: f64 = 0.010009765625;
/// Default initial slope of prelu.
pub const PRELU_SLOPE: f64 = 0.25;

/// An activation function φ with its parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    /// x if x > 0, else +0.
    Relu,
    /// x if x > 0, else slope·x; the slope is part of φ.
    Leaky {
        /// φ' for x ≤ 0.
        slope: f64,
    },
    /// As leaky, but `slope` is only the initial value of a stored and trained parameter.
    Prelu {
        /// Initial φ' for x ≤ 0.
        slope: f64,
    },
    /// As leaky with [`Activation::evaluation_slope`].
    Rrelu {
        /// Least slope that training draws.
        lower: f64,
        /// Largest slope that training draws.
        upper: f64,
    },
    /// x if x > 0, else α(eˣ − 1).
    Elu {
        /// −φ(−∞), positive.
        alpha: f64,
    },
    /// x if x > 0, else α(e^(x/α) − 1).
    Celu {
        /// −φ(−∞), positive.
        alpha: f64,
    },
    /// λx if x > 0, else λα(eˣ − 1), with [`SELU_LAMBDA`] and [`SELU_ALPHA`].
    Selu,
    /// x clamped to [0, 6].
    Relu6,
    /// x clamped to [low, high].
    Hardtanh {
        /// Least value.
        low: f64,
        /// Largest value, above the least.
        high: f64,
    },
    /// (x + 3)/6 clamped to [0, 1].
    Hardsigmoid,
    /// 0 up to −3, x(x + 3)/6 up to 3, then x.
    Hardswish,
    /// x moved towards 0 by λ, 0 within λ.
    Softshrink {
        /// λ > 0.
        lambda: f64,
    },
    /// x, but 0 within λ.
    Hardshrink {
        /// λ > 0.
        lambda: f64,
    },
    /// x above the threshold, else a value.
    Threshold {
        /// Where φ jumps to x.
        threshold: f64,
        /// φ up to there.
        value: f64,
    },
    /// x² if x > 0, else +0.
    ReluSquared,
    /// Hyperbolic tangent.
    Tanh,
    /// x − tanh x.
    Tanhshrink,
    /// 1/(1 + e⁻ˣ).
    Sigmoid,
    /// −ln(1 + e⁻ˣ).
    LogSigmoid,
    /// ln(1 + e^(βx))/β.
    Softplus {
        /// Sharpness, positive.
        beta: f64,
    },
    /// x/(1 + |x|).
    Softsign,
    /// x/(1 + e⁻ˣ).
    Silu,
    /// x/(1 + e^(−βx)).
    Swish {
        /// Sharpness, positive; 1 is silu.
        beta: f64,
    },
    /// x·tanh(ln(1 + eˣ)).
    Mish,
    /// x·Φ(x) with the normal distribution function Φ (the erf form).
    Gelu,
    /// x(1 + tanh(√(2/π)(x + 0.044715x³)))/2, with the real √(2/π) and [`GELU_TANH_CUBIC`].
    GeluTanh,
    /// x.
    Identity,
}

/// The catalogue, each entry with its default parameters. (`swish` of β = 1 is silu.)
pub const ALL: [Activation; 26] = [
    Activation::Relu,
    Activation::Leaky { slope: LEAKY_SLOPE },
    Activation::Prelu { slope: PRELU_SLOPE },
    Activation::Rrelu { lower: 1.0 / 8.0, upper: 1.0 / 3.0 },
    Activation::Elu { alpha: 1.0 },
    Activation::Celu { alpha: 1.0 },
    Activation::Selu,
    Activation::Relu6,
    Activation::Hardtanh { low: -1.0, high: 1.0 },
    Activation::Hardsigmoid,
    Activation::Hardswish,
    Activation::Softshrink { lambda: 0.5 },
    Activation::Hardshrink { lambda: 0.5 },
    Activation::Threshold { threshold: 1.0, value: 0.0 },
    Activation::ReluSquared,
    Activation::Tanh,
    Activation::Tanhshrink,
    Activation::Sigmoid,
    Activation::LogSigmoid,
    Activation::Softplus { beta: 1.0 },
    Activation::Softsign,
    Activation::Silu,
    Activation::Mish,
    Activation::Gelu,
    Activation::GeluTanh,
    Activation::Identity,
];

impl Activation {
    /// The points where formulas meet, and which derivative jumps there.
    pub fn joints(&self) -> Joints {
        use Break::{Curvature, Slope, Value};
        let at_zero = |breaks| Joints::one(Joint::left(0.0, breaks));
        match *self {
            Activation::Relu | Activation::Selu => at_zero(Slope),
            Activation::Leaky { slope } | Activation::Prelu { slope } => {
                at_zero(if slope == 1.0 { Curvature } else { Slope })
            }
            Activation::Rrelu { .. } => at_zero(if self.evaluation_slope() == 1.0 { Curvature } else { Slope }),
            // φ'(0⁻) = α, φ'(0⁺) = 1.
            Activation::Elu { alpha } => at_zero(if alpha == 1.0 { Curvature } else { Slope }),
            Activation::Celu { .. } | Activation::ReluSquared => at_zero(Curvature),
            Activation::Relu6 => Joints::two(Joint::left(0.0, Slope), Joint::right(6.0, Slope)),
            Activation::Hardtanh { low, high } => Joints::two(Joint::left(low, Slope), Joint::right(high, Slope)),
            Activation::Hardsigmoid | Activation::Hardswish => {
                Joints::two(Joint::left(-3.0, Slope), Joint::right(3.0, Slope))
            }
            Activation::Softshrink { lambda } => Joints::two(Joint::right(-lambda, Slope), Joint::left(lambda, Slope)),
            Activation::Hardshrink { lambda } => Joints::two(Joint::right(-lambda, Value), Joint::left(lambda, Value)),
            Activation::Threshold { threshold, value } => {
                Joints::one(Joint::left(threshold, if threshold == value { Slope } else { Value }))
            }
            _ => Joints::none(),
        }
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
        match *self {
            Activation::Relu => Some((0.0, 1.0)),
            Activation::Leaky { slope } | Activation::Prelu { slope } => Some((slope, 1.0)),
            Activation::Rrelu { .. } => Some((self.evaluation_slope(), 1.0)),
            Activation::Identity => Some((1.0, 1.0)),
            _ => None,
        }
    }

    /// The slope of rrelu outside training: (lower + upper)/2 on the grid of parameters; 0 for others.
    pub fn evaluation_slope(&self) -> f64 {
        match *self {
            Activation::Rrelu { lower, upper } => GRID.round_f64(0.5 * (lower + upper)),
            _ => 0.0,
        }
    }
}
