//! φ and φ' from their common parts: one exponential and one reciprocal.
//!
//! The formulas are those of the enclosures (`activation/formulas`); the numbers carry the count of their errors,
//! and near a zero of a derivative the count grows by what cancels.

use super::constants::Constants;
use super::real::Real;
use crate::activation::Activation;

/// The common parts of φ and φ' at one argument.
pub struct Shared<'a, const N: usize> {
    activation: Activation,
    constants: &'a Constants,
    x: Real<N>,
    /// The exponent's magnitude t: |x|, 2|x|, β|x|, |x|/α, |s| or x²/2.
    t: Real<N>,
    /// e^(−t) and 1 − e^(−t).
    e: Real<N>,
    rest: Real<N>,
    /// 1/(1 + e); of softsign 1/(1 + |x|); of gelu Mills' ratio M(|x|).
    q: Real<N>,
    /// e/(1 + e); of gelu the density e/√(2π).
    p: Real<N>,
}

/// κx², of which s = √(8/π)·x(1 + κx²) and s' = √(8/π)(1 + 3κx²) are made.
fn cubic_term<const N: usize>(constants: &Constants, x: Real<N>) -> Real<N> {
    x.square() * constants.cubic.real()
}

/// An exact double times y; y itself for 1.
fn times<const N: usize>(y: Real<N>, factor: f64) -> Real<N> {
    if factor == 1.0 { y } else { y * Real::from_f64(factor) }
}

/// y divided by an exact double; y itself for 1.
fn over<const N: usize>(y: Real<N>, divisor: f64) -> Real<N> {
    if divisor == 1.0 { y } else { y * Real::from_f64(divisor).reciprocal() }
}

impl<'a, const N: usize> Shared<'a, N> {
    /// `None` for polynomials, which are evaluated exactly elsewhere.
    #[inline(always)]
    pub fn new(constants: &'a Constants, activation: Activation, x: Real<N>) -> Option<Shared<'a, N>> {
        let t = match activation {
            Activation::Elu { .. } | Activation::Celu { .. } if !x.negative => return None,
            Activation::Sigmoid
            | Activation::LogSigmoid
            | Activation::Silu
            | Activation::Mish
            | Activation::Elu { .. }
            | Activation::Selu
            | Activation::Softsign => x.magnitude(),
            Activation::Tanh | Activation::Tanhshrink => x.magnitude().scaled(1),
            Activation::Softplus { beta } | Activation::Swish { beta } => times(x.magnitude(), beta),
            Activation::Celu { alpha } => over(x.magnitude(), alpha),
            Activation::GeluTanh => {
                let slope = Real::ONE + cubic_term(constants, x);
                slope * x.magnitude() * constants.sqrt_eight_over_pi.real()
            }
            Activation::Gelu => x.square().scaled(-1),
            _ => return None,
        };
        let (e, rest) = match activation {
            Activation::Softsign => (t, Real::LOST),
            Activation::Selu if !x.negative => (Real::LOST, Real::LOST),
            Activation::Tanh
            | Activation::Tanhshrink
            | Activation::Elu { .. }
            | Activation::Celu { .. }
            | Activation::Selu => constants.exponential.decay_and_rest(&t),
            _ => (constants.exponential.decay(&t), Real::LOST),
        };
        let (q, p) = match activation {
            Activation::Elu { .. } | Activation::Celu { .. } | Activation::Selu | Activation::Mish => {
                (Real::LOST, Real::LOST)
            }
            Activation::Gelu => {
                (constants.normal.mills_ratio(&x.magnitude()), e * constants.inverse_sqrt_two_pi.real())
            }
            _ => {
                let q = (Real::ONE + e).reciprocal();
                (q, e * q)
            }
        };
        Some(Shared { activation, constants, x, t, e, rest, q, p })
    }

    /// σ of the signed t: 1/(1 + e) right of 0, e/(1 + e) left.
    fn logistic(&self, negative: bool) -> Real<N> {
        if negative { self.p } else { self.q }
    }

    /// With the sign of x.
    fn odd(&self, y: Real<N>) -> Real<N> {
        Real { negative: self.x.negative, ..y }
    }

    /// max(±t, 0) + ln(1 + e)
    fn softplus(&self, negative: bool) -> Real<N> {
        let logarithm = self.constants.logarithm.one_plus(&self.constants.exponential, &self.e);
        if negative { logarithm } else { self.t + logarithm }
    }

    /// φ(x)
    #[inline(always)]
    pub fn value(&self) -> Real<N> {
        let Shared { x, e, rest, .. } = *self;
        match self.activation {
            Activation::Tanh => self.odd(rest * self.q),
            // Cancels near 0, and is lost there.
            Activation::Tanhshrink => x - self.odd(rest * self.q),
            Activation::Sigmoid => self.logistic(x.negative),
            Activation::LogSigmoid => -self.softplus(!x.negative),
            Activation::Softplus { beta } => over(self.softplus(x.negative), beta),
            Activation::Silu | Activation::Swish { .. } | Activation::GeluTanh => x * self.logistic(x.negative),
            Activation::Gelu if x.negative => x * (self.p * self.q),
            Activation::Gelu => x * (Real::ONE - self.p * self.q),
            Activation::Elu { alpha } | Activation::Celu { alpha } => -times(rest, alpha),
            Activation::Selu if x.negative => -(self.constants.lambda_alpha.real() * rest),
            Activation::Selu => self.constants.lambda.real() * x,
            Activation::Mish if x.negative => {
                let n = e * (e + Real::ONE.scaled(1));
                x * n * (n + Real::ONE.scaled(1)).reciprocal()
            }
            Activation::Mish => {
                let numerator = Real::ONE + e.scaled(1);
                x * numerator * (numerator + e.square().scaled(1)).reciprocal()
            }
            Activation::Softsign => x * self.q,
            _ => Real::LOST,
        }
    }

    /// φ'(x)
    #[inline(always)]
    pub fn derivative(&self) -> Real<N> {
        let Shared { x, e, rest, q, p, .. } = *self;
        match self.activation {
            Activation::Tanh => (p * q).scaled(2),
            Activation::Tanhshrink => (rest * q).square(),
            Activation::Sigmoid => p * q,
            Activation::LogSigmoid => self.logistic(!x.negative),
            Activation::Softplus { .. } => self.logistic(x.negative),
            // σ(1 + tσ(−t)) at the signed t, in which only the sum cancels, near its zero.
            Activation::Silu | Activation::Swish { .. } => {
                self.logistic(x.negative) * (Real::ONE + self.odd(self.t) * self.logistic(!x.negative))
            }
            Activation::GeluTanh => {
                let cubic_term = cubic_term(self.constants, x);
                let slope = (Real::ONE + cubic_term + cubic_term.scaled(1)) * self.constants.sqrt_eight_over_pi.real();
                self.logistic(x.negative) * (Real::ONE + x * slope * self.logistic(!x.negative))
            }
            // φ(M − |x|) left of 0, in which only the difference cancels, near its zero, and 1 less that right of it.
            Activation::Gelu if x.negative => p * (q + x),
            Activation::Gelu => Real::ONE - p * (q - x),
            Activation::Elu { alpha } => times(e, alpha),
            Activation::Celu { .. } => e,
            Activation::Selu if x.negative => self.constants.lambda_alpha.real() * e,
            Activation::Selu => self.constants.lambda.real(),
            Activation::Mish => self.mish_derivative(),
            Activation::Softsign => q.square(),
            _ => Real::LOST,
        }
    }

    /// eˣω/δ²; ω's terms are gathered to a positive part and x times a positive part, whose sum cancels only
    /// near its zero.
    fn mish_derivative(&self) -> Real<N> {
        let Shared { x, e, .. } = *self;
        let square = e.square();
        let (numerator, denominator) = if x.negative {
            let part = Real::ONE.scaled(2) + (e + e.scaled(1)).scaled(1) + square.scaled(2) + square * e;
            let omega = part + x * (Real::ONE + e).scaled(2);
            (e * omega, square + e.scaled(1) + Real::ONE.scaled(1))
        } else {
            let x_plus_1 = x + Real::ONE;
            let four_x_plus_6 = (x_plus_1.scaled(1) + Real::ONE).scaled(1);
            let terms = Real::ONE + e.scaled(2) + four_x_plus_6 * square + (x_plus_1 * square * e).scaled(2);
            (terms, Real::ONE + e.scaled(1) + square.scaled(1))
        };
        numerator * denominator.square().reciprocal()
    }
}
