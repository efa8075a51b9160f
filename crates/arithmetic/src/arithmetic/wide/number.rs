//! Numbers v·2^(400·block): doubles with a very wide exponent range.
//!
//! A finite number that is not 0 has 2^-200 ≤ |v| < 2^200, so that products and quotients of two v are normal doubles
//! with room to spare, and a sum of two numbers of one block is the processor's. Zeros have the lowest block of all,
//! and infinities and NaN the highest, so that sums treat them like any other.

use crate::activation::Function;
use crate::activation::quick::rounded;
use crate::arithmetic::Exact;
use crate::format::{canonical, exponent_of, two_to};
use rug::Float;

/// Exponents of a block.
const BLOCK: i64 = 400;
/// v lies in [2^-HALF, 2^HALF).
const HALF: i64 = BLOCK / 2;
/// The largest exponent of a number of block 0.
pub const HIGHEST: i64 = HALF - 1;
const LEAST: f64 = f64::from_bits(((1023 - HALF) as u64) << 52);
const MOST: f64 = f64::from_bits(((1023 + HALF) as u64) << 52);
/// The blocks of zeros, and of infinities and NaN. Sums and differences of two blocks are numbers.
const NOTHING: i32 = i32::MIN / 8;
const EVERYTHING: i32 = i32::MAX / 8;
/// Blocks of stored numbers lie within ±FARTHEST, so that their exponents lie within 2^29, where functions end by
/// definition, and those of products of two within 2^30, where MPFR's numbers do.
const FARTHEST: i32 = ((1 << 29) / BLOCK - 1) as i32;
/// 2^-400 per block of distance: from two blocks on the smaller summand is negligible next to the larger one.
const NEARER: [f64; 3] = [1.0, f64::from_bits(((1023 - BLOCK) as u64) << 52), 0.0];

/// A number of wide exponent.
#[derive(Clone, Copy, Debug)]
pub struct Number {
    value: f64,
    block: i32,
}

#[inline(always)]
fn is_ordinary(value: f64) -> bool {
    let magnitude = value.abs();
    // NaN lies in no range.
    (LEAST..MOST).contains(&magnitude)
}

impl Number {
    /// +0
    pub const ZERO: Number = Number { value: 0.0, block: NOTHING };

    /// v·2^(400·block) for a v of any exponent.
    #[inline(always)]
    fn new(value: f64, block: i32) -> Number {
        if is_ordinary(value) { Number { value, block } } else { Number::moved(value, block) }
    }

    #[inline(never)]
    fn moved(mut value: f64, mut block: i32) -> Number {
        if value == 0.0 {
            return Number { value, block: NOTHING };
        }
        if !value.is_finite() {
            return Number { value: canonical(value), block: EVERYTHING };
        }
        while value.abs() >= MOST {
            (value, block) = (value * two_to(-BLOCK), block + 1);
        }
        while value.abs() < LEAST {
            (value, block) = (value * two_to(BLOCK), block - 1);
        }
        Number { value, block }
    }

    /// A double, exactly.
    pub fn from_f64(x: f64) -> Number {
        Number::new(x, 0)
    }

    /// m·2^exponent for a double m with |m| < 2^600 that is not subnormal, where blocks reach so far.
    pub fn from_parts(m: f64, exponent: i64) -> Option<Number> {
        if m == 0.0 || !m.is_finite() {
            return Some(Number::from_f64(m));
        }
        let block = (exponent + HALF).div_euclid(BLOCK);
        let number = Number::new(m * two_to(exponent - block * BLOCK), i32::try_from(block).ok()?);
        number.is_near().then_some(number)
    }

    /// A number of at most 53 bits, exactly, where blocks reach so far.
    pub fn from_float(x: &Float) -> Option<Number> {
        if x.is_zero() || !x.is_finite() {
            return Some(Number::from_f64(x.to_f64()));
        }
        let (fraction, exponent) = x.to_f64_exp();
        Number::from_parts(fraction, i64::from(exponent))
    }

    /// False if another operation might exceed the blocks.
    pub fn is_near(self) -> bool {
        self.as_double().is_some() || self.block.abs() <= FARTHEST
    }

    /// The number as a double where it is 0, infinite, NaN or of block 0.
    #[inline]
    pub fn as_double(self) -> Option<f64> {
        matches!(self.block, 0 | NOTHING | EVERYTHING).then_some(self.value)
    }

    /// The exponent of its first bit; `None` for 0, infinities and NaN.
    pub fn exponent(self) -> Option<i64> {
        let is_plain = matches!(self.block, NOTHING | EVERYTHING);
        (!is_plain).then(|| exponent_of(self.value) + i64::from(self.block) * BLOCK)
    }

    /// x/2^exponent as a double, exactly, where that is a number of block 0.
    pub fn divided(self, exponent: i64) -> Option<f64> {
        match self.exponent() {
            None => Some(self.value),
            Some(own) if (-HALF..HALF).contains(&(own - exponent)) => {
                Some(self.value * two_to(i64::from(self.block) * BLOCK - exponent))
            }
            Some(_) => None,
        }
    }

    /// The number itself.
    pub fn exact(self) -> Exact {
        if let Some(double) = self.as_double() {
            return Exact::Double(double);
        }
        let exponent = i64::from(self.block) * BLOCK;
        // As a product of two powers of two, each of which is a double.
        match (-1022..=1023).contains(&(exponent_of(self.value) + exponent)) {
            true => Exact::Double(self.value * two_to(exponent / 2) * two_to(exponent - exponent / 2)),
            false => Exact::Long(self.to_float()),
        }
    }

    /// The number in MPFR.
    pub fn to_float(self) -> Float {
        let value = Float::with_val(53, self.value);
        match self.as_double() {
            Some(_) => value,
            None => value << (self.block * BLOCK as i32),
        }
    }

    /// The same number in a rounding of doubles.
    #[inline(always)]
    pub fn rounded(self, round: impl Fn(f64) -> f64) -> Number {
        Number::new(round(self.value), self.block)
    }

    /// R(x·y)
    #[inline(always)]
    pub fn times(self, other: Number, round: impl Fn(f64) -> f64) -> Number {
        Number::new(round(self.value * other.value), self.block + other.block)
    }

    /// R(x/y)
    pub fn over(self, other: Number, round: impl Fn(f64) -> f64) -> Number {
        Number::new(round(self.value / other.value), self.block - other.block)
    }

    /// −x
    pub fn negated(self) -> Number {
        Number { value: canonical(-self.value), ..self }
    }

    /// R(x + y) of numbers that have the rounding's precision.
    ///
    /// Without a branch for what is ordinary: where the sum is, a number two blocks below was nothing beside the other
    /// one, and one of the block below is a normal double when it is added.
    #[inline(always)]
    pub fn plus(self, other: Number, round: impl Fn(f64) -> f64) -> Number {
        let (high, low) = if self.block < other.block { (other, self) } else { (self, other) };
        let gap = (high.block - low.block).min(2) as usize;
        let sum = round(high.value + low.value * NEARER[gap]);
        if is_ordinary(sum) { Number { value: sum, block: high.block } } else { high.plus_lower(low, round) }
    }

    /// The same for any sum, with the higher block first.
    #[inline(never)]
    fn plus_lower(self, low: Number, round: impl Fn(f64) -> f64) -> Number {
        match self.block - low.block {
            0 => Number::new(round(self.value + low.value), self.block),
            // Both moved by half a block: what cancels is far from the ends of the rounding's range.
            1 => {
                let sum = round(self.value * two_to(HALF) + low.value * two_to(-HALF));
                match sum.abs() >= 1.0 {
                    true => Number::new(sum * two_to(-HALF), self.block),
                    false => Number::new(sum * two_to(HALF), low.block),
                }
            }
            _ => self,
        }
    }

    /// f(x) rounded to nearest to the given bits, if integers of two words decide it.
    pub fn function(self, function: &Function, precision: u32) -> Option<Number> {
        let is_plain = matches!(self.block, NOTHING | EVERYTHING);
        let exponent = i64::from(self.block) * BLOCK;
        let (significand, exponent) =
            (!is_plain).then(|| rounded(function, self.value, exponent, precision)).flatten()?;
        Number::from_parts(significand, exponent)
    }
}
