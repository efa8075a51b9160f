//! The catalogue of activations: for each φ what a network, a proof and a rounding need to know.
//!
//! An entry states its kinks, PyTorch's choice of φ' there, the bounds Λ₁ ≥ |φ'| and Λ₂ ≥ |φ''| on
//! each piece, and (in [`mod@enclosure`]) how to enclose φ and φ' to any relative precision; from the
//! enclosure alone [`rounding`] gets the correctly rounded value in every format. [`moments`] holds
//! the mean-field constants.
//!
//! | name | φ(x) | φ'(0) | source |
//! |---|---|---|---|
//! | relu | x if x > 0, else +0 | 0 | `torch.nn.ReLU` (its `threshold_backward` is 0 at 0) |
//! | leaky | x if x > 0, else slope·x | slope | `torch.nn.LeakyReLU` (`x > 0 ? 1 : slope`) |
//! | prelu | x if x > 0, else s·x, s learned | s | `torch.nn.PReLU` (initial value 0.25) |
//! | elu | x if x > 0, else α(eˣ − 1) | α | Clevert, Unterthiner, Hochreiter 2016; `torch.nn.ELU` |
//! | tanh | tanh x | 1 | |
//! | sigmoid | 1/(1 + e⁻ˣ) | 1/4 | |
//! | softplus | ln(1 + eˣ) | 1/2 | Dugas et al. 2001; `torch.nn.Softplus` without its threshold |
//! | silu | x/(1 + e⁻ˣ) | 1/2 | Elfwing, Uchibe, Doya 2018; Ramachandran et al. 2017 (swish) |
//! | gelu | x·Φ(x), Φ the normal distribution | 1/2 | Hendrycks, Gimpel 2016; `torch.nn.GELU()` (erf form) |
//! | selu | λx if x > 0, else λα(eˣ − 1) | λα | Klambauer et al. 2017; λ, α below |
//! | identity | x | 1 | |

pub mod double;
pub mod enclosure;
mod formulas;
pub mod moments;
mod names;
mod nearby;
pub mod rounding;
mod selu;

pub use enclosure::{Enclosure, Function, OutOfRange, enclose, enclosure};
pub use moments::{
    MeanField, Phase, derivative_second_moment, mean_field, preserving_gain, residual_mean_field, second_moment,
};
pub use rounding::{round_function, round_function_f64};

use std::cmp::Ordering;

/// λ of SELU: this decimal, taken as exact (the fixed point of mean 0 and variance 1).
pub const SELU_LAMBDA: &str = "1.05070098735548049341933498529";
/// α of SELU: this decimal, taken as exact.
pub const SELU_ALPHA: &str = "1.67326324235437728481704299167";

/// Default slope of leaky: 0.01 on the grid of parameters, 41·2^-12.
pub const LEAKY_SLOPE: f64 = 0.010009765625;
/// Default initial slope of prelu.
pub const PRELU_SLOPE: f64 = 0.25;
/// Default α of elu.
pub const ELU_ALPHA: f64 = 1.0;

/// An activation function φ with its parameter.
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
    /// x if x > 0, else α(eˣ − 1).
    Elu {
        /// −φ(−∞), positive.
        alpha: f64,
    },
    /// Hyperbolic tangent.
    Tanh,
    /// 1/(1 + e⁻ˣ).
    Sigmoid,
    /// ln(1 + eˣ).
    Softplus,
    /// x/(1 + e⁻ˣ), also called swish.
    Silu,
    /// x·Φ(x) with the normal distribution function Φ (the erf form).
    Gelu,
    /// λx if x > 0, else λα(eˣ − 1), with [`SELU_LAMBDA`] and [`SELU_ALPHA`].
    Selu,
    /// x.
    Identity,
}

/// The catalogue, each entry with its default parameter.
pub const ALL: [Activation; 11] = [
    Activation::Relu,
    Activation::Leaky { slope: LEAKY_SLOPE },
    Activation::Prelu { slope: PRELU_SLOPE },
    Activation::Elu { alpha: ELU_ALPHA },
    Activation::Tanh,
    Activation::Sigmoid,
    Activation::Softplus,
    Activation::Silu,
    Activation::Gelu,
    Activation::Selu,
    Activation::Identity,
];

/// A part of the real line on which φ' is continuous.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Piece {
    /// x ≤ kink.
    Left,
    /// x > kink.
    Right,
    /// The whole line: the only piece of an activation without kinks.
    Whole,
}

impl Activation {
    /// The arguments where φ or φ' jumps, in increasing order (every φ of the catalogue is
    /// continuous, so here it is always φ').
    pub fn kinks(&self) -> &'static [f64] {
        match self {
            Activation::Relu | Activation::Leaky { .. } | Activation::Prelu { .. } | Activation::Selu => &[0.0],
            // φ'(0⁻) = α, φ'(0⁺) = 1.
            Activation::Elu { alpha } if *alpha != 1.0 => &[0.0],
            _ => &[],
        }
    }

    /// The piece of φ' in which x lies, given how x compares with the kink.
    ///
    /// At the kink itself the left piece, which is PyTorch's φ'(0) for every entry: 0 for relu, the
    /// slope for leaky and prelu, α for elu, λα for selu.
    pub fn piece(&self, compared_with_kink: Ordering) -> Piece {
        match (self.kinks().is_empty(), compared_with_kink) {
            (true, _) => Piece::Whole,
            (false, Ordering::Greater) => Piece::Right,
            (false, _) => Piece::Left,
        }
    }

    /// The slopes left and right of 0 of a piecewise linear φ.
    pub fn linear_slopes(&self) -> Option<(f64, f64)> {
        match *self {
            Activation::Relu => Some((0.0, 1.0)),
            Activation::Leaky { slope } | Activation::Prelu { slope } => Some((slope, 1.0)),
            Activation::Identity => Some((1.0, 1.0)),
            _ => None,
        }
    }

    /// Λ₁ ≥ max |φ'| on a piece: the Lipschitz constant of φ there. A bound from above, within 1e-9
    /// of the maximum (or supremum).
    ///
    /// [`Piece::Whole`] of an activation with a kink gives the larger of its two pieces, which is the
    /// Lipschitz constant across the kink because φ is continuous.
    pub fn lipschitz(&self, piece: Piece) -> f64 {
        let of_two = |left: f64, right: f64| match piece {
            Piece::Left => left,
            Piece::Right => right,
            Piece::Whole => left.max(right),
        };
        match *self {
            Activation::Relu => of_two(0.0, 1.0),
            Activation::Leaky { slope } | Activation::Prelu { slope } => of_two(slope.abs(), 1.0),
            // αeˣ ≤ α for x ≤ 0.
            Activation::Elu { alpha } => of_two(alpha, 1.0),
            // sech² ≤ 1, at 0.
            Activation::Tanh => 1.0,
            // σ' = σ(1 − σ) ≤ 1/4, at 0.
            Activation::Sigmoid => 0.25,
            // φ' = σ < 1.
            Activation::Softplus => 1.0,
            // φ'(x) + φ'(−x) = 1, so |φ'| ≤ max φ' (which exceeds 1); φ'' = σ'(x)(2 − x·tanh(x/2))
            // vanishes where x·tanh(x/2) = 2, x = 2.39935728…, φ' = 1.09983932….
            Activation::Silu => 1.099839321,
            // φ'' = (2 − x²)·e^(−x²/2)/√(2π) vanishes at √2: Φ(√2) + e⁻¹/√π = 1.12890414….
            Activation::Gelu => 1.128904146,
            // λαeˣ ≤ λα = 1.75809934084737685… for x ≤ 0, λ = 1.05070098735548049… for x > 0.
            Activation::Selu => of_two(1.7580993408473772, 1.0507009873554807),
            Activation::Identity => 1.0,
        }
    }

    /// Λ₂ ≥ max |φ''| on a piece: the Lipschitz constant of φ' there. A bound from above, within
    /// 1e-9 of the maximum.
    ///
    /// [`Piece::Whole`] of an activation with a kink gives +∞: φ' jumps.
    pub fn curvature(&self, piece: Piece) -> f64 {
        if piece == Piece::Whole && !self.kinks().is_empty() {
            return f64::INFINITY;
        }
        match *self {
            Activation::Relu | Activation::Leaky { .. } | Activation::Prelu { .. } | Activation::Identity => 0.0,
            // φ'' = αeˣ ≤ α for x < 0, 0 for x > 0. With α = 1 φ' is continuous and its Lipschitz
            // constant on the whole line is the larger of the two.
            Activation::Elu { .. } if piece == Piece::Right => 0.0,
            Activation::Elu { alpha } => alpha,
            // φ'' = −2t(1 − t²) with t = tanh x; extreme at t = 1/√3: 4/(3√3) = 0.76980035891950….
            Activation::Tanh => 0.769800359,
            // φ'' = s(1 − s)(1 − 2s); extreme at s = 1/2 ± 1/√12: 1/(6√3) = 0.09622504486493….
            Activation::Sigmoid => 0.0962250449,
            // φ'' = σ' ≤ 1/4.
            Activation::Softplus => 0.25,
            // φ'' = σ'(x)(2 − x·tanh(x/2)) is even, 1/2 at 0, and falls while it is positive (both factors
            // fall); where it is negative its magnitude is at most e⁻ˣ(x − 2) ≤ e⁻³.
            Activation::Silu => 0.5,
            // φ'' = (2 − x²)·e^(−x²/2)/√(2π): 2/√(2π) = 0.797884560802865… at 0; its other extremes,
            // at ±2, are −0.10798….
            Activation::Gelu => 0.797884561,
            // As elu with α replaced by λα.
            Activation::Selu if piece == Piece::Right => 0.0,
            Activation::Selu => 1.7580993408473772,
        }
    }
}
