//! How many rows of a weight gradient, one for each output unit, are wrong by half or more.

use super::Against;
use crate::arithmetic::{Exact, ExactMatrix};
use crate::format::two_to;
use rug::Float;
use serde::{Deserialize, Serialize};

/// Noise-to-signal ratio from which a row is wrong.
pub const WRONG: f64 = 0.5;
/// Exponent of the least scaled magnitude whose square doubles hold with all its bits.
const SQUARABLE: i64 = -480;
/// Bits of sums where doubles do not do.
const LONG: u32 = 64;

/// Rows of a weight gradient, one for each output unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rows {
    /// Rows whose own noise-to-signal ratio is at least 1/2.
    pub wrong: u64,
    /// Rows whose true gradient is not zero.
    pub of: u64,
    /// Rows that are zero in truth and computed otherwise.
    #[serde(default)]
    pub ghosts: u64,
}

/// Holds each row of a computed gradient against the true one.
pub fn rows(against: &Against, computed: &ExactMatrix) -> Rows {
    let (count, columns) = against.truth.dim();
    let mut rows = Rows::default();
    for row in 0..count {
        let places = row * columns..(row + 1) * columns;
        let is_zero = |place: usize| against.truth.sign(place).is_eq();
        if places.clone().all(is_zero) {
            // A zero that was merely computed is neither a zero nor a row to measure.
            let is_proven = (0..columns).all(|column| against.truth.exact[(row, column)]);
            let is_ghost = (0..columns).any(|column| !computed.get((row, column)).is_zero());
            rows.ghosts += u64::from(is_proven && is_ghost);
            continue;
        }
        rows.of += 1;
        let is_wrong = match computed {
            ExactMatrix::Doubles(computed) => {
                let computed = computed.as_slice().expect("invariant: gradients are row-major");
                in_doubles(against, &computed[places.clone()], places.start)
            }
            ExactMatrix::Any(_) => None,
        };
        rows.wrong += u64::from(is_wrong.unwrap_or_else(|| in_long_numbers(against, computed, row)));
    }
    rows
}

/// Whether a row is wrong, by doubles; none where they under- or overflow, or a rounding may decide.
fn in_doubles(against: &Against, computed: &[f64], start: usize) -> Option<bool> {
    let factor = against.factor()?;
    let (mut noise, mut signal) = (0.0, 0.0);
    for (place, x) in (start..).zip(computed) {
        let (high, low) = against.pair(place);
        let difference = (x * factor - high) - low;
        noise += difference * difference;
        signal += high * high;
    }
    let ratio = noise / signal / (WRONG * WRONG);
    // Every sum is good to far more than this; an infinite one is left to others, and NaN.
    let is_told = signal >= two_to(2 * SQUARABLE) && noise.is_finite() && (ratio - 1.0).abs() > 1e-9;
    is_told.then_some(ratio > 1.0)
}

/// The same in numbers of any exponent; an entry that is not finite makes its row wrong.
fn in_long_numbers(against: &Against, computed: &ExactMatrix, row: usize) -> bool {
    let (mut noise, mut signal) = (Float::new(LONG), Float::new(LONG));
    for column in 0..against.truth.dim().1 {
        let g = against.truth.value((row, column));
        let difference = match computed.get((row, column)) {
            x if !x.is_finite() => return true,
            Exact::Double(x) => Float::with_val(LONG, x - &g),
            Exact::Long(x) => Float::with_val(LONG, &x - &g),
        };
        noise += Float::with_val(LONG, difference.square_ref());
        signal += Float::with_val(LONG, g.square_ref());
    }
    noise >= signal * (WRONG * WRONG)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::truth::TrueTensor;
    use ndarray::Array2;

    fn of<const N: usize>(truth: &[[f64; N]], computed: &[[f64; N]], exponent: i32) -> Rows {
        let matrix = |rows: &[[f64; N]]| Array2::from_shape_fn((rows.len(), N), |(i, j)| rows[i][j]);
        let truth = TrueTensor::known(matrix(truth).map(|x| Float::with_val(100, *x) << exponent));
        let computed = ExactMatrix::Doubles(matrix(computed)).times_two_to(exponent);
        rows(&Against::new(&truth), &computed)
    }

    /// Half the signal itself is wrong, and less is not; rows that are zero in truth are left out, and ghosts are counted.
    #[test]
    fn rows_are_told_one_by_one() {
        let just_less = 1.5 - 1e-12;
        let truth = [[1.0, 0.0], [1.0, 0.0], [3.0, 4.0], [0.0, 0.0], [0.0, 0.0], [1.0, 1.0], [1e-90, 1e-90]];
        let computed =
            [[1.5, 0.0], [just_less, 0.0], [3.0, 1.4], [0.0, -0.0], [0.0, 1e-300], [1.0, f64::NAN], [0.0, 0.0]];
        for exponent in [0, 40, -200] {
            assert_eq!(of(&truth, &computed, exponent), Rows { wrong: 4, of: 5, ghosts: 1 }, "{exponent}");
        }
        assert_eq!(of(&[[1e-250], [1.0]], &[[1.4e-250], [1.0]], 0), Rows { wrong: 0, of: 2, ghosts: 0 });
        assert_eq!(of(&[[1e-250], [1.0]], &[[1.6e-250], [1.0]], 0), Rows { wrong: 1, of: 2, ghosts: 0 });
    }
}
