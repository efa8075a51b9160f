//! The exact values as pairs of doubles, from which forward noise and theory are computed.

use crate::format::exponent_of;
use crate::norm::column::Column;
use ndarray::Array2;

/// Units × batch, each value high + low to 106 bits.
#[derive(Clone, Debug)]
pub struct Midpoints {
    /// The leading 53 bits.
    pub high: Array2<f64>,
    /// The next 53.
    pub low: Array2<f64>,
}

impl Midpoints {
    /// From one column per sample; `None` if a value is too large for a double. Values too small for a double are 0.
    pub(super) fn of(columns: &[Column]) -> Option<Midpoints> {
        let units = columns.first().map_or(0, |column| column.len());
        let (mut high, mut low) = (Array2::zeros((units, columns.len())), Array2::zeros((units, columns.len())));
        for (sample, column) in columns.iter().enumerate() {
            for unit in 0..units {
                // Both truncated to 53 bits, which is enough for all uses.
                let [(leading, place), (rest, rest_place)] = column.integers.leading_pair(unit);
                let sign = if column.integers.is_negative(unit) { -1.0 } else { 1.0 };
                high[(unit, sample)] = sign * times_two_to(leading as f64, column.exponent + place)?;
                low[(unit, sample)] = sign * times_two_to(rest as f64, column.exponent + rest_place)?;
            }
        }
        Some(Midpoints { high, low })
    }
}

/// x·2^e of an integer x; 0 below the normal doubles, `None` above them.
fn times_two_to(x: f64, exponent: i64) -> Option<f64> {
    if x == 0.0 {
        return Some(0.0);
    }
    let top = exponent_of(x) + exponent;
    match top {
        ..=-1022 => Some(0.0),
        1023.. => None,
        // The significand with another power.
        _ => Some(f64::from_bits(x.to_bits() & !(0x7ff << 52) | ((top + 1023) as u64) << 52)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enclosure::Bound;
    use crate::integers::Integers;
    use crate::norm::column::Bits;
    use rug::{Float, Integer};

    fn of(mantissa: Integer, exponent: i64) -> Option<(f64, f64)> {
        let integers = Integers::from_rug(&[mantissa]);
        let column = Column { exponent, integers, inexact: Bits::new(1), error: Bound::ZERO };
        Midpoints::of(&[column]).map(|midpoints| (midpoints.high[(0, 0)], midpoints.low[(0, 0)]))
    }

    /// At least 106 bits, for either sign; 0 below the doubles and `None` above.
    #[test]
    fn pairs_hold_106_bits() {
        for sign in [1, -1] {
            let mantissa: Integer = (Integer::from(sign) << 160) + Integer::from(987_654_321_987_654_321u64) * sign;
            let (high, low) = of(mantissa.clone(), -150).unwrap();
            let exact: Float = Float::with_val(400, &mantissa) >> 150;
            let rest: Float = Float::with_val(400, &exact - high) - low;
            assert!(rest.abs() <= exact.abs() >> 105, "{high} + {low}");
            assert!(low != 0.0);
            assert_eq!(of(Integer::from(3 * sign), -2), Some((0.75 * f64::from(sign), 0.0)));
        }
        assert_eq!(of(Integer::from(1), -5000), Some((0.0, 0.0)));
        assert_eq!(of(Integer::from(1), 1023), None);
        assert_eq!(of(Integer::new(), 0), Some((0.0, 0.0)));
    }
}
