//! The common parts of φ and φ': one exponential and one reciprocal.
//!
//! The formulas of the entries are those of the enclosures ([`super::super::formulas`]); the numbers carry the count of
//! their errors, and near a zero of a derivative the count grows by what cancels.

use super::constants::Constants;
use super::real::Real;

/// The common parts of φ and φ' at one argument; what an entry does not need is lost.
pub struct Parts<'a, const N: usize> {
    /// The constants of so many words.
    pub constants: &'a Constants,
    /// The argument.
    pub x: Real<N>,
    /// The exponent's magnitude t: |x|, 2|x|, β|x|, |x|/α, |s| or x²/2.
    pub t: Real<N>,
    /// e^(−t)
    pub e: Real<N>,
    /// 1 − e^(−t)
    pub rest: Real<N>,
    /// 1/(1 + e); of softsign 1/(1 + |x|); of gelu Mills' ratio M(|x|).
    pub q: Real<N>,
    /// e/(1 + e); of gelu the density e/√(2π).
    pub p: Real<N>,
}

/// An exact double times y; y itself for 1.
pub fn times<const N: usize>(y: Real<N>, factor: f64) -> Real<N> {
    if factor == 1.0 { y } else { y * Real::from_f64(factor) }
}

/// y divided by an exact double; y itself for 1.
pub fn over<const N: usize>(y: Real<N>, divisor: f64) -> Real<N> {
    if divisor == 1.0 { y } else { y * Real::from_f64(divisor).reciprocal() }
}

impl<'a, const N: usize> Parts<'a, N> {
    /// Without an exponential.
    pub fn of(constants: &'a Constants, x: Real<N>, t: Real<N>) -> Parts<'a, N> {
        Parts { constants, x, t, e: Real::LOST, rest: Real::LOST, q: Real::LOST, p: Real::LOST }
    }

    /// With e^(−t).
    pub fn exponential(constants: &'a Constants, x: Real<N>, t: Real<N>) -> Parts<'a, N> {
        Parts { e: constants.exponential.decay(&t), ..Parts::of(constants, x, t) }
    }

    /// With e^(−t) and 1 − e^(−t).
    pub fn exponential_and_rest(constants: &'a Constants, x: Real<N>, t: Real<N>) -> Parts<'a, N> {
        let (e, rest) = constants.exponential.decay_and_rest(&t);
        Parts { e, rest, ..Parts::of(constants, x, t) }
    }

    /// With 1/(1 + e) and e/(1 + e).
    pub fn with_logistic(self) -> Parts<'a, N> {
        let q = (Real::ONE + self.e).reciprocal();
        Parts { q, p: self.e * q, ..self }
    }

    /// σ of the signed t: 1/(1 + e) right of 0, e/(1 + e) left.
    pub fn logistic(&self, negative: bool) -> Real<N> {
        if negative { self.p } else { self.q }
    }

    /// x·σ of the signed t.
    pub fn gated(&self) -> Real<N> {
        self.x * self.logistic(self.x.negative)
    }

    /// With the sign of x.
    pub fn odd(&self, y: Real<N>) -> Real<N> {
        Real { negative: self.x.negative, ..y }
    }

    /// max(±t, 0) + ln(1 + e)
    pub fn softplus(&self, negative: bool) -> Real<N> {
        let logarithm = self.constants.logarithm.one_plus(&self.constants.exponential, &self.e);
        if negative { logarithm } else { self.t + logarithm }
    }
}
