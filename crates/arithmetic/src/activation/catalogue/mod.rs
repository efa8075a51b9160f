//! One entry for each activation: everything that only this φ has.
//!
//! An entry is a type with the parameters as its fields and an [`Entry`], which starts with the words and the grammar
//! ([`About`]); what the default says need not be said. A φ that is a polynomial on every piece states its breakpoints
//! and its polynomials, and is complete: bounds, limits, roundings and pictures follow from them. Any other φ states in
//! addition, for φ and φ', the values at 0, the bounds, the limits, what is close to a simple number, and its formula
//! three times, each with a count of the error: on MPFR numbers, in doubles, and on integers of a few words. Tests
//! compare each with the others.
//!
//! A new activation is an entry in a file of this folder and its name in the list below.

mod exponential;
mod gelu;
mod logistic;
mod mish;
mod pieces;
mod softsign;
mod tangent;

use super::about::{About, Symbol};
use super::ends::{Far, Limit, Near};
use super::formulas::{Evaluated, OutOfRange};
use super::piece::Piece;
use super::polynomial::Pieces;
use super::quick::constants::Constants;
use super::quick::formulas::Parts;
use super::quick::real::Real;
use super::{LEAKY_SLOPE, PRELU_SLOPE};
use rug::Float;

/// Makes of a list of entries, with their parameters and their defaults, the types of the entries, [`Activation`], the
/// catalogue, and `entry_of!`, which asks the entry of an activation.
macro_rules! catalogue {
    ($d:tt $($(#[$doc:meta])* $name:ident $({ $($(#[$about:meta])* $field:ident = $default:expr,)* })?,)*) => {
        /// An activation function φ with its parameters.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum Activation {
            $($(#[$doc])* $name $({ $($(#[$about])* $field: f64,)* })?,)*
        }

        $(
            $(#[$doc])*
            #[derive(Clone, Copy)]
            pub struct $name { $($($(#[$about])* pub $field: f64,)*)? }

            impl From<$name> for Activation {
                fn from(_entry: $name) -> Activation {
                    Activation::$name { $($($field: _entry.$field),*)? }
                }
            }
        )*

        /// Every entry in the grammar.
        pub(super) static ROWS: &[Row] = &[$(Row {
            about: <$name as Entry>::ABOUT,
            defaults: &[$($($default),*)?],
            build: |_values| {
                let mut _values = _values.iter().copied();
                $name { $($($field: _values.next().ok_or("parameters are missing")?),*)? }.checked()
            },
        }),*];

        /// Every entry with its defaults.
        const EVERY: &[(Activation, bool)] =
            &[$((Activation::$name { $($($field: $default),*)? }, <$name as Entry>::ABOUT.has_default)),*];

        /// The parameters of an activation in order.
        pub(super) fn parameters(activation: &Activation) -> Vec<f64> {
            match *activation {
                $(Activation::$name { $($($field),*)? } => vec![$($($field),*)?],)*
            }
        }

        /// What the entry of an activation says.
        macro_rules! entry_of {
            ($d activation:expr, $d entry:ident => $d answer:expr) => {
                match $d activation {
                    $($crate::activation::Activation::$name { $($($field),*)? } => {
                        let $d entry = $crate::activation::catalogue::$name { $($($field),*)? };
                        $d answer
                    })*
                }
            };
        }
        pub(crate) use entry_of;
    };
}

catalogue! { $
    /// x if x > 0, else +0.
    Relu,
    /// x if x > 0, else slope·x; the slope is part of φ.
    Leaky {
        /// φ' for x ≤ 0.
        slope = LEAKY_SLOPE,
    },
    /// As leaky, but `slope` is only the initial value of a stored and trained parameter.
    Prelu {
        /// Initial φ' for x ≤ 0.
        slope = PRELU_SLOPE,
    },
    /// As leaky with the mean of both.
    Rrelu {
        /// Least slope that training draws.
        lower = 1.0 / 8.0,
        /// Largest slope that training draws.
        upper = 1.0 / 3.0,
    },
    /// x if x > 0, else α(eˣ − 1).
    Elu {
        /// −φ(−∞), positive.
        alpha = 1.0,
    },
    /// x if x > 0, else α(e^(x/α) − 1).
    Celu {
        /// −φ(−∞), positive.
        alpha = 1.0,
    },
    /// λx if x > 0, else λα(eˣ − 1), with [`SELU_LAMBDA`](super::SELU_LAMBDA) and [`SELU_ALPHA`](super::SELU_ALPHA).
    Selu,
    /// x clamped to [0, 6].
    Relu6,
    /// x clamped to [low, high].
    Hardtanh {
        /// Least value.
        low = -1.0,
        /// Largest value, above the least.
        high = 1.0,
    },
    /// (x + 3)/6 clamped to [0, 1].
    Hardsigmoid,
    /// 0 up to −3, x(x + 3)/6 up to 3, then x.
    Hardswish,
    /// x moved towards 0 by λ, 0 within λ.
    Softshrink {
        /// λ > 0.
        lambda = 0.5,
    },
    /// x, but 0 within λ.
    Hardshrink {
        /// λ > 0.
        lambda = 0.5,
    },
    /// x above the threshold, else a value.
    Threshold {
        /// Where φ jumps to x.
        threshold = 1.0,
        /// φ up to there.
        value = 0.0,
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
        beta = 1.0,
    },
    /// x/(1 + |x|).
    Softsign,
    /// x/(1 + e⁻ˣ).
    Silu,
    /// x/(1 + e^(−βx)).
    Swish {
        /// Sharpness, positive; 1 is silu.
        beta = 1.0,
    },
    /// x·tanh(ln(1 + eˣ)).
    Mish,
    /// x·Φ(x) with the normal distribution function Φ (the erf form).
    Gelu,
    /// x(1 + tanh(√(2/π)(x + 0.044715x³)))/2, with the real √(2/π) and [`GELU_TANH_CUBIC`](super::GELU_TANH_CUBIC).
    GeluTanh,
    /// x.
    Identity,
}

/// One activation in the grammar.
pub(super) struct Row {
    pub about: &'static About,
    /// The defaults of its parameters.
    pub defaults: &'static [f64],
    /// The activation with these parameters, or what does not fit.
    pub build: fn(&[f64]) -> Result<Activation, &'static str>,
}

/// Entries with defaults of their own.
const COUNT: usize = {
    let (mut count, mut index) = (0, 0);
    while index < EVERY.len() {
        count += EVERY[index].1 as usize;
        index += 1;
    }
    count
};

/// The catalogue, each entry with its default parameters. (`swish` of β = 1 is silu.)
pub const ALL: [Activation; COUNT] = {
    let mut all = [Activation::Identity; COUNT];
    let (mut count, mut index) = (0, 0);
    while index < EVERY.len() {
        if EVERY[index].1 {
            all[count] = EVERY[index].0;
            count += 1;
        }
        index += 1;
    }
    all
};

/// φ or φ'.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// φ
    Value,
    /// φ'
    Slope,
}

/// Facts about a φ that is no polynomial, on one of its pieces.
pub struct Known {
    /// Λ₁ ≥ |φ'|, within 1e-9 of the supremum.
    pub lipschitz: f64,
    /// Λ₂ ≥ |φ''|, within 1e-9 of the supremum.
    pub curvature: f64,
    /// φ(−∞), φ(+∞), φ'(−∞), φ'(+∞).
    pub limits: [Limit; 4],
    /// φ(0) and φ'(0), where they are doubles; where φ(0) is 0, φ(−0) is −0.
    pub at_zero: [Option<f64>; 2],
}

/// What is known of one activation. Whatever is asked of φ and φ' is asked only on pieces that are no polynomials.
pub trait Entry: Copy + Into<Activation> {
    /// Its name, its parameters, its formula and its sources.
    const ABOUT: &'static About;

    /// [`Entry::ABOUT`] of a value.
    fn about(&self) -> &'static About {
        Self::ABOUT
    }

    /// The activation, if its parameters fit each other; otherwise what does not.
    fn checked(self) -> Result<Activation, &'static str> {
        Ok(self.into())
    }

    /// Every constant of φ, as printed in records and captions; by default, the parameters.
    fn constants(&self) -> Vec<String> {
        let values = parameters(&(*self).into());
        let named = |(symbol, value): (&Symbol, f64)| format!("{} = {value}", symbol.constant);
        Self::ABOUT.parameters.iter().zip(values).map(named).collect()
    }

    /// The points where formulas meet, which derivative jumps there, and the formulas that are polynomials.
    fn pieces(&self) -> Pieces {
        Pieces::CURVED
    }

    /// The slopes left and right of 0 of a φ that is linear on either side.
    fn linear_slopes(&self) -> Option<(f64, f64)> {
        None
    }

    /// How sharply φ bends around 0: 1/sharpness is about the scale of the bend.
    fn sharpness(&self) -> f64 {
        1.0
    }

    /// Bounds, limits and values at 0.
    fn known(&self, _: Piece) -> Known {
        is_polynomial()
    }

    /// φ(x) where it is a binary number and x is not 0.
    fn exactly(&self, _: &Float) -> Option<Float> {
        None
    }

    /// The binary numbers close to φ(x) and φ'(x) for |x| < 2^-k and |x|·sharpness < 2^-k with k ≥ 4: from the Taylor
    /// series, whose first omitted term bounds the distance.
    fn small(&self, _: &Float, _: i64) -> [Option<Near>; 2] {
        [None, None]
    }

    /// The binary numbers close to φ(x) and φ'(x) for |x| ≥ 4: from the limits at infinity, with the tails as distance.
    fn large(&self, _: &Far) -> [Option<Near>; 2] {
        [None, None]
    }

    /// A number that every format of at most so many bits rounds like the value, where that is a fraction.
    fn fraction(&self, _: Order, _: &Float, _: u32) -> Option<Float> {
        None
    }

    /// The value at w bits, with the count of its error (see `formulas`); at 0 only where that is no double.
    fn formula(&self, _: Order, _: &Float, _: u32) -> Result<Evaluated, OutOfRange> {
        is_polynomial()
    }

    /// The value in double precision with a bound on its error ([`super::double`]).
    fn double(&self, _: Order, _: f64) -> (f64, f64) {
        is_polynomial()
    }

    /// The value correctly rounded to binary64, where one function of core-math has it.
    fn binary64(&self, _: Order, _: f64) -> Option<f64> {
        None
    }

    /// What the quick φ(x) and φ'(x) have in common ([`super::quick`]); `None` where φ is a polynomial.
    fn parts<'a, const N: usize>(&self, _: &'a Constants, _: Real<N>) -> Option<Parts<'a, N>> {
        None
    }

    /// The value, made of these parts.
    fn quick<const N: usize>(&self, _: Order, _: &Parts<N>) -> Real<N> {
        Real::LOST
    }
}

/// Polynomials are evaluated from their coefficients.
fn is_polynomial() -> ! {
    unreachable!("invariant: an activation without formulas is a polynomial on every piece")
}
