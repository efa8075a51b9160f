//! Error bounds: non-negative numbers with a wide exponent, every operation rounded up.
//!
//! A bound is m·2^e with m in [1, 2) a double and e a 64-bit integer, so that neither the growth of a bound over a
//! thousand layers nor a gradient of 2^-100000 exceeds its range. Each operation returns at least the exact result
//! (rounding to nearest, then one step up).

use rug::Integer;
use std::cmp::Ordering;

/// A non-negative upper bound, possibly infinite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    /// 0, or in [1, 2), or infinite.
    significand: f64,
    exponent: i64,
}

impl Bound {
    /// Exactly zero: no error.
    pub const ZERO: Bound = Bound { significand: 0.0, exponent: 0 };
    /// Nothing is known.
    pub const INFINITE: Bound = Bound { significand: f64::INFINITY, exponent: 0 };
    /// One.
    pub const ONE: Bound = Bound { significand: 1.0, exponent: 0 };

    /// 2^e exactly.
    pub const fn power_of_two(exponent: i64) -> Bound {
        Bound { significand: 1.0, exponent }
    }

    /// A non-negative double exactly.
    ///
    /// # Panics
    /// If `x` is negative or NaN.
    pub fn from_f64(x: f64) -> Bound {
        assert!(x >= 0.0, "invariant: a bound is not negative or NaN, got {x}");
        Bound { significand: x, exponent: 0 }.normalised()
    }

    /// At least |n|, from its leading digits; exact if they are few, see [`crate::integers::Integers::leading`].
    pub fn from_leading(leading: Option<(u64, i64, bool)>) -> Bound {
        let Some((top, exponent, is_whole)) = leading else { return Bound::ZERO };
        // 53 bits convert exactly; the truncated part is less than one step.
        let significand = (top >> 11) as f64;
        let is_exact = is_whole && top << 53 == 0;
        let significand = if is_exact { significand } else { significand.next_up() };
        Bound { significand, exponent: exponent + 11 }.normalised()
    }

    /// ⌊log₂⌋ of a finite bound that is not zero.
    pub fn exponent(self) -> Option<i64> {
        (!self.is_zero() && !self.is_infinite()).then_some(self.exponent)
    }

    /// |n|, rounded up.
    pub fn from_integer(n: &Integer) -> Bound {
        let bits = i64::from(n.significant_bits());
        if bits <= 53 {
            return Bound::from_f64(n.to_f64().abs());
        }
        // Truncated to 53 bits by the conversion, then one step up.
        let (fraction, exponent) = n.to_f64_exp();
        Bound { significand: fraction.abs().next_up(), exponent: i64::from(exponent) }.normalised()
    }

    /// An upper bound of |x| for a finite MPFR number.
    pub fn from_float(x: &rug::Float) -> Bound {
        let (fraction, exponent) = x.to_f64_exp();
        Bound { significand: fraction.abs().next_up(), exponent: i64::from(exponent) }.normalised_or_zero(x.is_zero())
    }

    fn normalised_or_zero(self, is_zero: bool) -> Bound {
        if is_zero { Bound::ZERO } else { self.normalised() }
    }

    /// Normalises the significand to [1, 2).
    fn normalised(self) -> Bound {
        let Bound { significand, exponent } = self;
        if significand == 0.0 || significand.is_infinite() {
            return Bound { significand, exponent: 0 };
        }
        if significand < f64::MIN_POSITIVE {
            return Bound { significand: significand * crate::format::two_to(64), exponent: exponent - 64 }
                .normalised();
        }
        let bits = significand.to_bits();
        let unbiased = (bits >> 52) as i64 - 1023;
        let fraction = f64::from_bits((bits & ((1 << 52) - 1)) | (1023 << 52));
        match exponent.checked_add(unbiased) {
            Some(exponent) => Bound { significand: fraction, exponent },
            None => Bound::INFINITE,
        }
    }

    /// Exactly zero.
    pub fn is_zero(self) -> bool {
        self.significand == 0.0
    }

    /// Infinite: nothing is known.
    pub fn is_infinite(self) -> bool {
        self.significand.is_infinite()
    }

    /// Times 2^e, exactly.
    pub fn scaled(self, e: i64) -> Bound {
        if self.is_zero() || self.is_infinite() {
            return self;
        }
        match self.exponent.checked_add(e) {
            Some(exponent) => Bound { exponent, ..self },
            None => Bound::INFINITE,
        }
    }

    /// At least the 2-norm of what the bounds bound.
    ///
    /// Squares are summed in doubles, relative to the largest: n squares and sums are off by at most a factor
    /// (1 + 2^-53)^(n+1).
    pub fn norm(bounds: impl Iterator<Item = Bound> + Clone) -> Bound {
        let Some(top) = bounds.clone().filter_map(Bound::exponent).max() else {
            return bounds.fold(Bound::ZERO, Bound::max);
        };
        let (mut sum, mut count) = (0.0, 0.0);
        for bound in bounds {
            if bound.is_infinite() {
                return Bound::INFINITE;
            }
            // Far smaller ones count as 2^-500 of the largest, whose square is a double.
            let relative = match bound.exponent() {
                None => continue,
                Some(exponent) if exponent < top - 500 => crate::format::two_to(-500),
                Some(_) => bound.scaled(-top).to_f64(),
            };
            sum += relative * relative;
            count += 1.0;
        }
        Bound::from_f64(sum * (1.0 + (count + 4.0) * f64::EPSILON)).sqrt().scaled(top)
    }

    /// √x, rounded up.
    pub fn sqrt(self) -> Bound {
        let odd = self.exponent.rem_euclid(2);
        let radicand = if odd == 1 { 2.0 * self.significand } else { self.significand };
        if self.is_zero() || self.is_infinite() {
            return self;
        }
        Bound { significand: radicand.sqrt().next_up(), exponent: (self.exponent - odd) / 2 }.normalised()
    }

    /// The larger one.
    pub fn max(self, other: Bound) -> Bound {
        if self < other { other } else { self }
    }

    /// The smallest double that is at least the bound; infinite beyond the doubles.
    pub fn to_f64(self) -> f64 {
        if self.is_zero() || self.is_infinite() {
            return self.significand;
        }
        match self.exponent {
            1024.. => f64::INFINITY,
            -1022..=1023 => self.significand * crate::format::two_to(self.exponent),
            _ => f64::MIN_POSITIVE,
        }
    }

    /// At least bound/|x|, for |x| = |fraction|·2^exponent not zero.
    pub fn over(self, fraction: f64, exponent: i64) -> Bound {
        if self.is_zero() || self.is_infinite() {
            return self;
        }
        // Two steps up: one for the quotient, one for a fraction that was rounded to nearest.
        let quotient = (self.significand / fraction.abs()).next_up().next_up();
        Bound { significand: quotient, exponent: self.exponent.saturating_sub(exponent) }.normalised()
    }

    /// [`Bound::over`] as a double.
    pub fn relative_to(self, fraction: f64, exponent: i64) -> f64 {
        self.over(fraction, exponent).to_f64()
    }

    /// log₂ of the bound to about 1e-15, for reports: −∞ for zero.
    pub fn log2(self) -> f64 {
        if self.is_zero() { f64::NEG_INFINITY } else { core_math::log2(self.significand) + self.exponent as f64 }
    }

    /// The bound as an MPFR number: exact within MPFR's exponents, infinite above, and below them a
    /// number near MPFR's least, never 0.
    pub fn to_float(self) -> rug::Float {
        let significand = rug::Float::with_val(53, self.significand);
        if self.is_zero() || self.is_infinite() {
            return significand;
        }
        let limit = rug::float::exp_max() - 2;
        match i32::try_from(self.exponent) {
            Ok(exponent) if (-limit..=limit).contains(&exponent) => significand << exponent,
            _ if self.exponent > 0 => rug::Float::with_val(53, rug::float::Special::Infinity),
            _ => rug::Float::with_val(53, 1) << -limit,
        }
    }
}

impl PartialOrd for Bound {
    fn partial_cmp(&self, other: &Bound) -> Option<Ordering> {
        if self.is_zero() || other.is_zero() || self.is_infinite() || other.is_infinite() {
            return self.significand.partial_cmp(&other.significand);
        }
        Some(self.exponent.cmp(&other.exponent).then(self.significand.total_cmp(&other.significand)))
    }
}

impl std::ops::Add for Bound {
    type Output = Bound;
    fn add(self, other: Bound) -> Bound {
        let (large, small) = if self < other { (other, self) } else { (self, other) };
        if small.is_zero() || large.is_infinite() {
            return large;
        }
        // Beyond 64 binades the small one is less than one step of the large one.
        let distance = large.exponent.saturating_sub(small.exponent).min(64);
        let sum = large.significand + small.significand * crate::format::two_to(-distance);
        Bound { significand: sum.next_up(), exponent: large.exponent }.normalised()
    }
}

impl std::ops::Mul for Bound {
    type Output = Bound;
    /// 0·∞ = 0: an exact zero stays exact in any product.
    fn mul(self, other: Bound) -> Bound {
        if self.is_zero() || other.is_zero() {
            return Bound::ZERO;
        }
        if self.is_infinite() || other.is_infinite() {
            return Bound::INFINITE;
        }
        let significand = (self.significand * other.significand).next_up();
        match self.exponent.checked_add(other.exponent) {
            Some(exponent) => Bound { significand, exponent }.normalised(),
            None => Bound::INFINITE,
        }
    }
}

impl std::iter::Sum for Bound {
    fn sum<I: Iterator<Item = Bound>>(iter: I) -> Bound {
        iter.fold(Bound::ZERO, |sum, term| sum + term)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rug::Float;

    fn value(x: Bound) -> Float {
        Float::with_val(400, x.to_float())
    }

    proptest! {
        /// Every operation is at least the exact result, and at most 2^-50 above it.
        #[test]
        fn operations_round_up_and_little(a in 1e-30..1e30f64, b in 1e-30..1e30f64, e in -2000i64..2000) {
            let (x, y) = (Bound::from_f64(a).scaled(e), Bound::from_f64(b));
            prop_assert_eq!(value(Bound::from_f64(b)), b);
            for (ours, exact) in [
                (x + y, Float::with_val(6000, value(x) + value(y))),
                (x * y, Float::with_val(6000, value(x) * value(y))),
                (x.sqrt(), Float::with_val(6000, value(x).sqrt())),
            ] {
                let ours = Float::with_val(6000, ours.to_float());
                prop_assert!(ours >= exact);
                prop_assert!(ours <= exact * (1.0 + crate::format::two_to(-50)));
            }
            prop_assert_eq!(x < y, value(x) < value(y));
        }

        #[test]
        fn integers_and_floats_round_up(n in any::<i128>(), shift in 0u32..300) {
            let n = Integer::from(n) << shift;
            let exact = Float::with_val(500, n.clone().abs());
            let ours = Float::with_val(500, Bound::from_integer(&n).to_float());
            prop_assert!(ours >= exact && ours <= Float::with_val(500, &exact * (1.0 + crate::format::two_to(-50))));
            let ours = Float::with_val(500, Bound::from_float(&exact).to_float());
            prop_assert!(ours >= exact && ours <= Float::with_val(500, &exact * (1.0 + crate::format::two_to(-50))));
        }
    }

    #[test]
    fn special_bounds() {
        assert!((Bound::ZERO * Bound::INFINITE).is_zero());
        assert!((Bound::ONE + Bound::INFINITE).is_infinite());
        assert!(Bound::power_of_two(i64::MAX - 1).scaled(5).is_infinite());
        assert!((Bound::power_of_two(i64::MAX - 1) * Bound::power_of_two(9)).is_infinite());
        assert_eq!(Bound::power_of_two(3) + Bound::ZERO, Bound::power_of_two(3));
        assert_eq!(Bound::from_f64(5e-324).log2(), -1074.0);
        // Beyond MPFR's exponents a bound is still an upper bound, but no longer useful.
        for exponent in [i64::MIN, -(1 << 31), -(1 << 30) - 5, -(1 << 29)] {
            assert!(Bound::power_of_two(exponent).to_float() > 0, "2^{exponent}");
        }
        assert!(Bound::power_of_two(1 << 30).to_float().is_infinite());
        assert_eq!(Bound::ZERO.to_float(), 0.0);
        assert!(Bound::INFINITE.to_float().is_infinite());
        assert!(Bound::ZERO < Bound::power_of_two(-5000) && Bound::power_of_two(5000) < Bound::INFINITE);
    }
}
