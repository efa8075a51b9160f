//! Numbers times powers of two, as doubles.

use crate::format::two_to;
use rug::Float;

/// x·2^e of an integer x below 2^53; 0 below the normal doubles.
pub(super) fn times_two_to(x: f64, e: i64) -> f64 {
    if x == 0.0 || e < -1074 { 0.0 } else { x * two_to(e) }
}

/// x·2^-scale; intermediate under- and overflow only occurs beyond the doubles' range of the largest entry.
pub(super) fn scaled_double(x: f64, scale: i64) -> f64 {
    match -scale {
        shift @ -1022..=1023 => x * two_to(shift),
        _ => scaled(&Float::with_val(53, x), scale),
    }
}

/// x·2^-scale as a double; entries more than 2^1074 below the largest become zero.
pub(super) fn scaled(x: &Float, scale: i64) -> f64 {
    let (fraction, exponent) = x.to_f64_exp();
    let exponent = i64::from(exponent) - scale;
    if !fraction.is_finite() || fraction == 0.0 {
        fraction
    } else if exponent < -1021 {
        0.0
    } else if exponent > 1000 {
        // An entry this far above the exact maximum has an infinite square whatever its digits.
        f64::MAX.copysign(fraction)
    } else {
        fraction * two_to(exponent)
    }
}
