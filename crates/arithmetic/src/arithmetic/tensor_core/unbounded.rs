//! The sums of a [`Rule`] without limits of the exponents: the same precisions, alignment and blocks, but no subnormal
//! number and no overflow.
//!
//! Every factor is normalised and has the exponent of its leading bit. A zero has none: neither a zero factor nor a
//! zero C takes part in the alignment. The significand of a product stays in \[1, 4). C is cut as every addend is, and
//! D has the bits that [`Rule::rounding`] says. Infinities and NaN are what they are with limits.

use super::block::{Factor, Limits, SPECIAL, Value, leading};
use super::{Rounding, Rule};
use crate::format::{F32, Format};
use rug::float::Round;
use rug::{Float, Integer};

/// Below the exponent of every number that doubles carry here, and so of no effect as the least.
const LEAST: i32 = -900;

/// The exponent of a zero factor: below [`LEAST`] together with any other factor.
const ZERO_FACTOR: i32 = -2000;

impl Value for f64 {
    #[inline]
    fn factor(x: f64, _: &Format) -> Factor<f64> {
        let exponent = match x {
            0.0 => ZERO_FACTOR,
            x if x.is_finite() => leading(x),
            _ => SPECIAL,
        };
        Factor { value: x, exponent }
    }

    #[inline(always)]
    fn limits(_: bool) -> Limits {
        Limits { zero: LEAST, emin: LEAST, emax: 1022 }
    }

    #[inline]
    fn to_output(x: f64, output: &Format) -> f64 {
        if x.is_nan() {
            return f64::NAN;
        }
        let beyond = 53 - output.precision;
        let is_odd = x.to_bits() >> beyond & 1;
        // A carry propagates into the exponent, as it should.
        let raised = x.to_bits() + (1 << (beyond - 1)) - 1 + is_odd;
        f64::from_bits(raised & u64::MAX << beyond)
    }

    /// A sum of two numbers of 24 bits may be rounded to 53 bits first (53 ≥ 2·24 + 2).
    #[inline]
    fn add(x: f64, y: f64) -> f64 {
        f64::to_output(x + y, &F32)
    }
}

impl Rule {
    /// [`Rule::factors`] of [`Rule::unbounded_dot_of`].
    pub fn unbounded_factors(&self, x: &[f64]) -> Vec<Factor<f64>> {
        x.iter().map(|&x| f64::factor(x, &self.input())).collect()
    }

    /// [`Rule::dot`] without limits of the exponents, in doubles: what [`Rule::unbounded_dot_long`] gives as long as
    /// factors, products and c are zeros or lie within 2^-480 and 2^500.
    ///
    /// `a` and `b` hold numbers of the input format's precision, equally many; c is first rounded to the output's.
    pub fn unbounded_dot(&self, a: &[f64], b: &[f64], c: f64) -> f64 {
        self.unbounded_dot_of(&self.unbounded_factors(a), &self.unbounded_factors(b), c)
    }

    /// [`Rule::unbounded_dot`] of factors that are ready.
    pub fn unbounded_dot_of(&self, a: &[Factor<f64>], b: &[Factor<f64>], c: f64) -> f64 {
        self.blocks(a, b, c)
    }

    /// [`Rule::promoted_dot`] without limits of the exponents, as [`Rule::unbounded_dot`].
    pub fn unbounded_promoted_dot(&self, every: usize, a: &[f64], b: &[f64], c: f64) -> f64 {
        self.unbounded_promoted_dot_of(every, &self.unbounded_factors(a), &self.unbounded_factors(b), c)
    }

    /// [`Rule::unbounded_promoted_dot`] of factors that are ready.
    pub fn unbounded_promoted_dot_of(&self, every: usize, a: &[Factor<f64>], b: &[Factor<f64>], c: f64) -> f64 {
        self.promoted(every, a, b, c)
    }

    /// The definition of [`Rule::unbounded_dot`], for any exponents: a number of the output's precision.
    pub fn unbounded_dot_long(&self, a: &[Float], b: &[Float], c: &Float) -> Float {
        assert_eq!(a.len(), b.len(), "invariant: as many factors on the left as on the right");
        let blocks = a.chunks(self.block()).zip(b.chunks(self.block()));
        blocks.fold(Float::with_val(self.output().precision, c), |c, (a, b)| match self.rounding() {
            Rounding::TowardZero { fraction_bits } => {
                let mut d = self.block_long(a, b, &c, fraction_bits + 1, Round::Zero);
                d.set_prec(c.prec());
                d
            }
            Rounding::NearestHalf => self.block_long(a, b, &c, 11, Round::Nearest),
            Rounding::ApartFromC => {
                let d = self.block_long(a, b, &Float::new(24), 24, Round::Zero);
                Float::with_val(24, d + c)
            }
        })
    }

    /// The definition of [`Rule::unbounded_promoted_dot`], for any exponents.
    pub fn unbounded_promoted_dot_long(&self, every: usize, a: &[Float], b: &[Float], c: &Float) -> Float {
        assert!(every > 0, "invariant: a promotion after at least one term");
        assert_eq!(a.len(), b.len(), "invariant: as many factors on the left as on the right");
        let parts = a.chunks(every).zip(b.chunks(every));
        parts.fold(Float::with_val(24, c), |sum, (a, b)| {
            Float::with_val(24, sum + self.unbounded_dot_long(a, b, &Float::new(24)))
        })
    }

    /// The sum of a block, rounded to `precision` bits.
    fn block_long(&self, a: &[Float], b: &[Float], c: &Float, precision: u32, round: Round) -> Float {
        let mut addends = vec![c.clone()];
        addends.extend(a.iter().zip(b).map(|(x, y)| Float::with_val(x.prec() + y.prec(), x * y)));
        if !addends.iter().all(Float::is_finite) {
            return addends.iter().fold(Float::new(precision), |sum, addend| sum + addend);
        }
        // Of a number that is neither zero nor special; one more than that of the leading bit.
        let products = a.iter().zip(b).filter_map(|(x, y)| Some(x.get_exp()? + y.get_exp()? - 2));
        let Some(top) = products.chain(c.get_exp().map(|exponent| exponent - 1)).max() else {
            return Float::new(precision);
        };
        let scale = self.fraction_bits() as i32 - top;
        let units = addends.into_iter().map(|addend| {
            let (units, _) = (addend << scale).to_integer_round(Round::Zero).expect("invariant: finite");
            units
        });
        Float::with_val_round(precision, units.sum::<Integer>(), round).0 >> scale
    }
}

#[cfg(test)]
mod tests;
