//! One block: exact products, aligned, cut and added as integers, and the sum rounded once.
//!
//! Doubles hold all of it without rounding. A product of two factors has at most 22 bits; divided by the unit to
//! which addends are cut it is below 2^27 in magnitude, and far from a double's smallest numbers. What Rust's
//! conversion to an integer drops is what the hardware drops: it truncates toward zero.

use crate::format::{Format, canonical};

/// The exponent of an infinite factor or NaN: so large that a sum of two exponents shows it.
pub(super) const SPECIAL: i32 = 1 << 14;

/// No product of finite factors has such an exponent, as far as doubles carry the products.
const BEYOND: i32 = 1000;

/// A number of the input format prepared for products, with the exponent that the hardware uses. In f64 the exponents
/// have no limits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Factor<V = f32> {
    pub(super) value: V,
    pub(super) exponent: i32,
}

/// The exponents that an output and its zeros have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// The exponent of a zero C. It is also the least that the largest exponent can be.
    pub zero: i32,
    /// 2^emin is the smallest normal number.
    pub emin: i32,
    /// 2^(emax+1) overflows.
    pub emax: i32,
}

/// The type of a factor's value, which determines the limits of exponents.
pub(super) trait Value: Copy + Into<f64> {
    /// A member of the input format.
    fn factor(x: f64, input: &Format) -> Factor<Self>;
    /// Of the output: f16, otherwise f32.
    fn limits(is_half: bool) -> Limits;
    /// A number rounded to the output, to nearest with ties to even.
    fn to_output(x: f64, output: &Format) -> f64;
    /// x + y in f32, to nearest with ties to even.
    fn add(x: f64, y: f64) -> f64;
}

impl Value for f32 {
    #[inline]
    fn factor(x: f64, input: &Format) -> Factor {
        let emin = input.smallest_normal_exponent().expect("invariant: a bounded format");
        let exponent = if x.is_finite() { exponent(x, Limits { emin, ..f32::limits(false) }) } else { SPECIAL };
        Factor { value: x as f32, exponent }
    }

    /// The exponent of a zero, as an addend and as a factor, is −126 in every format: a zero's product has −126 and the
    /// exponent of the other factor (MMA-Sim).
    #[inline(always)]
    fn limits(is_half: bool) -> Limits {
        match is_half {
            true => Limits { zero: -126, emin: -14, emax: 15 },
            false => Limits { zero: -126, emin: -126, emax: 127 },
        }
    }

    fn to_output(x: f64, output: &Format) -> f64 {
        output.round_f64(x)
    }

    #[inline(always)]
    fn add(x: f64, y: f64) -> f64 {
        canonical(f64::from(x as f32 + y as f32))
    }
}

/// The exponent of a finite number: below the smallest normal number that number's.
#[inline(always)]
fn exponent(x: f64, limits: Limits) -> i32 {
    if x == 0.0 { limits.zero } else { leading(x).max(limits.emin) }
}

/// The exponent of the leading bit of a double that is no subnormal one.
#[inline(always)]
pub(super) fn leading(x: f64) -> i32 {
    (x.to_bits() >> 52 & 0x7ff) as i32 - 1023
}

/// 2^e of a normal double.
#[inline(always)]
fn power(e: i32) -> f64 {
    debug_assert!((-1022..=1023).contains(&e), "2^{e}");
    f64::from_bits(((e + 1023) as u64) << 52)
}

/// An output as numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    /// Bits after the leading one.
    pub fraction_bits: u32,
    pub limits: Limits,
    /// To nearest, ties to even; otherwise toward zero.
    pub to_nearest: bool,
}

impl Target {
    /// D of a block: Σ aᵢbᵢ + c, each addend cut toward zero to F bits below the largest exponent among them, and
    /// the sum rounded.
    #[inline(always)]
    pub fn block<V: Value>(&self, a: &[Factor<V>], b: &[Factor<V>], c: f64, fraction_bits: u32) -> f64 {
        let products = || a.iter().zip(b).map(|(x, y)| x.value.into() * y.value.into());
        // C comes last: the block before is not done yet.
        let largest = a.iter().zip(b).map(|(x, y)| x.exponent + y.exponent).fold(i32::MIN, i32::max);
        let top = largest.max(exponent(c, self.limits));
        if top >= BEYOND || !c.is_finite() {
            // The finite products are far from a double's ends.
            return products().sum::<f64>() + c;
        }
        let scale = power(fraction_bits as i32 - top);
        let units: i64 = products().map(|product| i64::from((product * scale) as i32)).sum();
        self.round((units + (c * scale) as i64) as f64 * power(top - fraction_bits as i32))
    }

    /// An exact sum of a block, rounded. A zero is +0 whatever the addends' signs, and a number that would be beyond
    /// the largest finite one is infinite also where rounding is toward zero (MMA-Sim).
    #[inline(always)]
    fn round(&self, x: f64) -> f64 {
        /// Adding it to a smaller number rounds that to an integer.
        const INTEGER: f64 = 1.5 * (1u64 << 52) as f64;
        let rounded = if !self.to_nearest && x.abs() >= power(self.limits.emin) {
            // The bits of a normal number that are beyond the output's.
            f64::from_bits(x.to_bits() & u64::MAX << (52 - self.fraction_bits))
        } else {
            let quantum = leading(x).max(self.limits.emin) - self.fraction_bits as i32;
            let units = x * power(-quantum);
            let units = if self.to_nearest { (units + INTEGER) - INTEGER } else { f64::from(units as i32) };
            units * power(quantum)
        };
        if rounded.abs() < power(self.limits.emax + 1) { rounded } else { f64::INFINITY.copysign(rounded) }
    }
}
