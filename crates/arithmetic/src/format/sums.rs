//! Error-free sums, products and quotients of two doubles, and square roots.

use super::{canonical, two_to};

/// The rounded sum and its error, exactly (Knuth).
#[inline(always)]
pub fn two_sum(x: f64, y: f64) -> (f64, f64) {
    let sum = x + y;
    let from_y = sum - x;
    (sum, (x - (sum - from_y)) + (y - from_y))
}

/// The rounded product and its error, exactly, if nothing exceeds the range (Dekker).
#[inline]
pub fn two_product(x: f64, y: f64) -> (f64, f64) {
    let split = |x: f64| {
        let scaled = 134_217_729.0 * x;
        let high = scaled - (scaled - x);
        (high, x - high)
    };
    let (product, (x, x_low), (y, y_low)) = (x * y, split(x), split(y));
    (product, x_low * y_low - (((product - x * y) - x_low * y) - x * y_low))
}

/// x + y rounded to odd: exact, or the neighbour whose last bit is set, so that a later rounding to fewer bits is
/// correct (Boldo and Melquiond 2008).
#[inline(always)]
pub fn sum_to_odd(x: f64, y: f64) -> f64 {
    let (sum, error) = two_sum(x, y);
    odd_beside(sum, error)
}

/// x / y rounded to odd. Correct if operands and quotient are far enough from the ends of the doubles' range that the
/// remainder is a double, as for formats with [`super::Format::fits_f64_lanes`].
#[inline]
pub fn quotient_to_odd(x: f64, y: f64) -> f64 {
    let quotient = x / y;
    if !quotient.is_finite() || quotient == 0.0 || y.is_infinite() {
        return quotient;
    }
    // x and the rounded product are close, so the remainder is a double.
    let (product, error) = two_product(quotient, y);
    let remainder = (x - product) - error;
    odd_beside(quotient, if y > 0.0 { remainder } else { -remainder })
}

/// √x rounded to odd; NaN, in one bit pattern, of negative numbers.
#[inline]
pub fn square_root_to_odd(x: f64) -> f64 {
    // The remainder of a tiny root's square would not be a double; scaling by a power of four avoids this and scales
    // the root by a power of two.
    let (x, scale) = if x < two_to(-900) { (x * two_to(600), two_to(-300)) } else { (x, 1.0) };
    let root = x.sqrt();
    if root == 0.0 || !root.is_finite() {
        return canonical(root);
    }
    // The rounded square and x are close, so the remainder is a double: a multiple of the square of the root's last
    // place, and at most 2^53 times that.
    let (square, error) = two_product(root, root);
    odd_beside(root, (x - square) - error) * scale
}

/// Turns a double that was rounded to nearest into rounding to odd, using the sign of its error.
#[inline(always)]
fn odd_beside(nearest: f64, error: f64) -> f64 {
    // The error of infinities and NaN is NaN.
    let is_kept = error == 0.0 || error.is_nan() || nearest.to_bits() & 1 == 1;
    let outward = if (error > 0.0) == (nearest > 0.0) { 1u64 } else { u64::MAX };
    let step = if is_kept { 0 } else { outward };
    f64::from_bits(nearest.to_bits().wrapping_add(step))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rug::Float;
    use rug::float::Round;
    use rug::ops::AssignRound;
    use std::cmp::Ordering;

    /// Against MPFR: toward zero, and one unit outward if that lost something and is even.
    #[test]
    fn roundings_to_odd_are_those_of_mpfr() {
        let mut state = 9u64;
        let mut number = |spread: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let exponent = ((state >> 8) % (2 * spread)) as i64 - spread as i64;
            let sign = if state >> 63 == 1 { -1.0 } else { 1.0 };
            sign * (1.0 + ((state >> 20) & 0xff_ffff) as f64 * two_to(-24)) * two_to(exponent)
        };
        fn odd<T>(expression: T) -> f64
        where
            Float: AssignRound<T, Round = Round, Ordering = Ordering>,
        {
            let mut cut = Float::new(53);
            let is_exact = cut.assign_round(expression, Round::Zero) == Ordering::Equal;
            let cut = cut.to_f64();
            if is_exact || cut.to_bits() & 1 == 1 { cut } else { f64::from_bits(cut.to_bits() + 1) }
        }
        let (mut inexact, mut exact, mut subnormal) = (0, 0, 0);
        for trial in 0..20_000 {
            let spread = [2, 30, 60, 300][trial % 4];
            let (x, y) = (number(spread), number(spread));
            let (long_x, long_y) = (Float::with_val(53, x), Float::with_val(53, y));
            assert_eq!(sum_to_odd(x, y).to_bits(), odd(&long_x + &long_y).to_bits(), "{x:e} + {y:e}");
            assert_eq!(quotient_to_odd(x, y).to_bits(), odd(&long_x / &long_y).to_bits(), "{x:e} / {y:e}");
            let square = x * x;
            let tiny = square * two_to(-600);
            for x in [x.abs(), square, square.next_up(), square.next_down(), tiny, tiny.next_up()] {
                let root = square_root_to_odd(x);
                assert_eq!(root.to_bits(), odd(Float::with_val(53, x).sqrt_ref()).to_bits(), "√{x:e}");
                exact += usize::from(root * root == x && two_product(root, root).1 == 0.0);
                subnormal += usize::from(x < f64::MIN_POSITIVE);
            }
            inexact += usize::from(sum_to_odd(x, y) != x + y);
        }
        assert!(inexact > 1000, "{inexact}: the test is blind");
        assert!(exact > 20_000 && subnormal > 1000, "{exact} squares, {subnormal} subnormal numbers");
        assert_eq!(sum_to_odd(f64::INFINITY, 1.0), f64::INFINITY);
        assert!(sum_to_odd(f64::NAN, 1.0).is_nan());
        assert_eq!(quotient_to_odd(1.0, f64::INFINITY).to_bits(), 0.0f64.to_bits());
        assert_eq!(quotient_to_odd(-1.0, 0.0), f64::NEG_INFINITY);
        assert_eq!(quotient_to_odd(-0.0, 3.0).to_bits(), (-0.0f64).to_bits());
        for (x, root) in [(0.0, 0.0), (-0.0, -0.0), (f64::INFINITY, f64::INFINITY), (5e-324, two_to(-537))] {
            assert_eq!(square_root_to_odd(x).to_bits(), root.to_bits(), "√{x:e}");
        }
        for x in [-5e-324, -1.0, -f64::MAX, f64::NEG_INFINITY, f64::NAN, -f64::NAN] {
            assert_eq!(square_root_to_odd(x).to_bits(), f64::NAN.to_bits(), "√{x:e}");
        }
    }
}
