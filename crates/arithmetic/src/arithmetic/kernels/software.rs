//! x·y + z rounded once, without an instruction for it.

use super::super::long::round_once;
use crate::format::{F64, sum_to_odd, two_product, two_sum, two_to};
use rug::Float;

/// x·y + z in binary32.
#[inline(always)]
pub fn fused_single(x: f32, y: f32, z: f32) -> f32 {
    // The product is a double, and binary64 has more than two bits to spare for the sum.
    sum_to_odd(f64::from(x) * f64::from(y), f64::from(z)) as f32
}

/// x·y + z in binary64.
pub fn fused_double(x: f64, y: f64, z: f64) -> f64 {
    let product = x * y;
    if !(x.is_finite() && y.is_finite()) || x == 0.0 || y == 0.0 {
        return product + z;
    }
    if !z.is_finite() {
        return z;
    }
    if z == 0.0 {
        return product;
    }
    let is_moderate = |x: f64| (two_to(-900)..two_to(900)).contains(&x.abs());
    if [x, y, z, product].into_iter().all(is_moderate) { fused_moderate(x, y, z) } else { fused_anywhere(x, y, z) }
}

/// The same where no part of a product or a sum leaves the range (Boldo and Melquiond 2008, Fma emulation).
fn fused_moderate(x: f64, y: f64, z: f64) -> f64 {
    let (high, low) = two_product(x, y);
    let (upper, lower) = two_sum(z, low);
    let (sum, rest) = two_sum(high, upper);
    sum + sum_to_odd(lower, rest)
}

/// The same at the ends of the range.
fn fused_anywhere(x: f64, y: f64, z: f64) -> f64 {
    let product = Float::with_val(106, x) * y;
    round_once(&F64, &product + &Float::with_val(53, z)).to_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against MPFR, with operands that cancel, lie far apart, or leave the range.
    #[test]
    fn one_rounding_is_that_of_mpfr() {
        let mut state = 5u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state >> 16
        };
        let mut differ = [0; 2];
        for trial in 0..60_000 {
            let spread = [4, 60, 600, 1070][trial % 4];
            let mut number = |spread: u64| {
                let significand = 1.0 + (random() % (1 << (1 + random() % 47))) as f64 * two_to(-47);
                let sign = if random() % 2 == 0 { 1.0 } else { -1.0 };
                let exponent = (random() % (2 * spread)) as i64 - spread as i64;
                sign * significand * two_to(exponent.clamp(-1070, 1020))
            };
            let (x, y) = (number(spread), number(spread));
            let z = if trial % 3 == 0 { -(x * y) * (1.0 + number(1) * two_to(-52)) } else { number(spread) };
            let (found, plain) = (fused_double(x, y, z), x * y + z);
            if x.is_finite() && y.is_finite() && z.is_finite() {
                assert_eq!(found.to_bits(), fused_anywhere(x, y, z).to_bits(), "{x:e}·{y:e} + {z:e}");
            }
            differ[0] += usize::from(found.to_bits() != plain.to_bits());
            let (x, y, z) = (x as f32, y as f32, z as f32);
            let (found, plain) = (fused_single(x, y, z), x * y + z);
            if x.is_finite() && y.is_finite() && z.is_finite() {
                let product = Float::with_val(48, x) * y;
                let expected = round_once(&crate::format::F32, &product + &Float::with_val(24, z)).to_f32();
                assert_eq!(found.to_bits(), expected.to_bits(), "{x:e}·{y:e} + {z:e}");
            }
            differ[1] += usize::from(found.to_bits() != plain.to_bits());
        }
        assert!(differ.iter().all(|count| *count > 3000), "{differ:?}: the test is blind");
    }

    #[test]
    fn special_operands_are_those_of_the_standard() {
        let (inf, nan, tiny, most) = (f64::INFINITY, f64::NAN, f64::MIN_POSITIVE, f64::MAX);
        for (x, y, z, expected) in [
            (most, most, -inf, -inf),
            (most, 2.0, -most, most),
            (inf, 1.0, -inf, nan),
            (inf, 0.0, 1.0, nan),
            (-0.0, 1.0, -0.0, -0.0),
            (-0.0, 1.0, 0.0, 0.0),
            (-tiny, tiny, 0.0, -0.0),
            (1.0, 1.0, nan, nan),
        ] {
            let found = fused_double(x, y, z);
            assert!(
                found.to_bits() == expected.to_bits() || found.is_nan() && expected.is_nan(),
                "{x}·{y} + {z}: {found}"
            );
        }
    }
}
