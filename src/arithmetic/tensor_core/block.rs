//! One block: exact products, aligned, cut and added as integers, and the sum rounded once.
//!
//! Doubles hold all of it without rounding. A product of two factors has at most 22 bits; divided by the unit to
//! which addends are cut it is below 2^27 in magnitude, and far from a double's smallest numbers. What Rust's
//! conversion to an integer drops is what the hardware drops: it truncates toward zero.

use crate::format::Format;

/// The exponent of a zero, as an addend and as a factor, in every format: a zero's product has
/// −126 and the exponent of the other factor (MMA-Sim). It is also the least that the largest exponent can be.
const ZERO_EXPONENT: i32 = -126;

/// The exponent of an infinite factor or NaN: so large that a sum of two exponents shows it.
const SPECIAL: i32 = 1 << 14;

/// A member of the input format made ready for products, with the exponent that the hardware sees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Factor {
    value: f32,
    exponent: i32,
}

impl Factor {
    /// Of a member of a format that is no wider than f32.
    #[inline]
    pub(super) fn new(x: f64, format: &Format) -> Factor {
        let emin = format.smallest_normal_exponent().expect("invariant: a bounded format");
        let exponent = if x.is_finite() { exponent(x, emin) } else { SPECIAL };
        Factor { value: x as f32, exponent }
    }
}

/// The exponent of a finite number: of a zero −126, below the smallest normal number that number's.
#[inline(always)]
fn exponent(x: f64, emin: i32) -> i32 {
    if x == 0.0 { ZERO_EXPONENT } else { leading(x).max(emin) }
}

/// The exponent of the leading bit of a double that is no subnormal one.
#[inline(always)]
fn leading(x: f64) -> i32 {
    (x.to_bits() >> 52 & 0x7ff) as i32 - 1023
}

/// 2^e of a normal double.
#[inline(always)]
fn power(e: i32) -> f64 {
    debug_assert!((-1022..=1023).contains(&e), "2^{e}");
    f64::from_bits(((e + 1023) as u64) << 52)
}

/// An output as numbers: 2^emin is the smallest normal one, 2^(emax+1) overflows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    /// Bits after the leading one.
    pub fraction_bits: u32,
    pub emin: i32,
    pub emax: i32,
    /// To nearest, ties to even; otherwise toward zero.
    pub to_nearest: bool,
}

impl Target {
    /// D of a block: Σ aᵢbᵢ + c, each addend cut toward zero to F bits below the largest exponent among them, and
    /// the sum rounded.
    #[inline(always)]
    pub fn block(&self, a: &[Factor], b: &[Factor], c: f64, fraction_bits: u32) -> f64 {
        let products = || a.iter().zip(b).map(|(x, y)| f64::from(x.value) * f64::from(y.value));
        // C comes last: the block before is not done yet.
        let largest = a.iter().zip(b).map(|(x, y)| x.exponent + y.exponent).fold(i32::MIN, i32::max);
        let top = largest.max(exponent(c, self.emin));
        if top >= SPECIAL / 2 || !c.is_finite() {
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
        let rounded = if !self.to_nearest && x.abs() >= power(self.emin) {
            // The bits of a normal number that are beyond the output's.
            f64::from_bits(x.to_bits() & u64::MAX << (52 - self.fraction_bits))
        } else {
            let quantum = leading(x).max(self.emin) - self.fraction_bits as i32;
            let units = x * power(-quantum);
            let units = if self.to_nearest { (units + INTEGER) - INTEGER } else { f64::from(units as i32) };
            units * power(quantum)
        };
        if rounded.abs() < power(self.emax + 1) { rounded } else { f64::INFINITY.copysign(rounded) }
    }
}
