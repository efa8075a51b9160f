//! Sums, products and quotients of two doubles without loss.

/// The rounded sum and its error, exactly (Knuth).
#[inline(always)]
pub fn two_sum(x: f64, y: f64) -> (f64, f64) {
    let sum = x + y;
    let from_y = sum - x;
    (sum, (x - (sum - from_y)) + (y - from_y))
}

/// The rounded product and its error, exactly, where nothing leaves the range (Dekker).
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
/// right (Boldo and Melquiond 2008).
#[inline(always)]
pub fn sum_to_odd(x: f64, y: f64) -> f64 {
    let (sum, error) = two_sum(x, y);
    odd_beside(sum, error)
}

/// x / y rounded to odd. Exact where operands and quotient lie so far from the ends of the doubles' range that the
/// remainder is a double, as those of [`super::Format::fits_f64_lanes`] do.
#[inline]
pub fn quotient_to_odd(x: f64, y: f64) -> f64 {
    let quotient = x / y;
    if !quotient.is_finite() || quotient == 0.0 || y.is_infinite() {
        return quotient;
    }
    // x and the rounded product are near each other, and the remainder is a double.
    let (product, error) = two_product(quotient, y);
    let remainder = (x - product) - error;
    odd_beside(quotient, if y > 0.0 { remainder } else { -remainder })
}

/// A double rounded to nearest, put to odd by the sign of what it lacks.
#[inline(always)]
fn odd_beside(nearest: f64, error: f64) -> f64 {
    // Infinities and NaN have an error that is NaN.
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
            sign * (1.0 + ((state >> 20) & 0xff_ffff) as f64 * super::super::two_to(-24))
                * super::super::two_to(exponent)
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
        let mut inexact = 0;
        for trial in 0..20_000 {
            let spread = [2, 30, 60, 300][trial % 4];
            let (x, y) = (number(spread), number(spread));
            let (long_x, long_y) = (Float::with_val(53, x), Float::with_val(53, y));
            assert_eq!(sum_to_odd(x, y).to_bits(), odd(&long_x + &long_y).to_bits(), "{x:e} + {y:e}");
            assert_eq!(quotient_to_odd(x, y).to_bits(), odd(&long_x / &long_y).to_bits(), "{x:e} / {y:e}");
            inexact += usize::from(sum_to_odd(x, y) != x + y);
        }
        assert!(inexact > 1000, "{inexact}: the test is blind");
        assert_eq!(sum_to_odd(f64::INFINITY, 1.0), f64::INFINITY);
        assert!(sum_to_odd(f64::NAN, 1.0).is_nan());
        assert_eq!(quotient_to_odd(1.0, f64::INFINITY).to_bits(), 0.0f64.to_bits());
        assert_eq!(quotient_to_odd(-1.0, 0.0), f64::NEG_INFINITY);
        assert_eq!(quotient_to_odd(-0.0, 3.0).to_bits(), (-0.0f64).to_bits());
    }
}
