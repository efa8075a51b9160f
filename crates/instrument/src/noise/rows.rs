//! Counts the rows of a weight gradient, one for each output unit, that are wrong by half or more, and by 100 % or more.

use super::ReferenceTensor;
use crate::arithmetic::{Exact, ExactMatrix};
use crate::format::two_to;
use rug::Float;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Noise-to-signal ratio from which a row is wrong.
pub const WRONG: f64 = 0.5;
/// The ratio from which a row's error is as large as the row itself.
pub const WHOLLY: f64 = 1.0;
/// Exponent of the smallest scaled magnitude whose square doubles represent with all its bits.
const SQUARABLE: i64 = -480;
/// Bits of sums for which doubles are not enough.
const LONG: u32 = 64;

/// Rows of a weight gradient, one for each output unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rows {
    /// Rows with a noise-to-signal ratio of at least 1/2.
    pub wrong: u64,
    /// Rows among them whose ratio is at least 1: wrong by 100 % or more. Absent from records that did not count them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wholly_wrong: Option<u64>,
    /// Rows whose exact gradient is not zero.
    pub of: u64,
    /// Rows whose exact gradient is zero but whose computed one is not.
    #[serde(default)]
    pub ghosts: u64,
}

/// Compares each row of a computed gradient with the exact one.
pub fn rows(reference: &ReferenceTensor, computed: &ExactMatrix) -> Rows {
    let (count, columns) = reference.truth.dim();
    let mut rows = Rows::default();
    let mut wholly_wrong = 0;
    for row in 0..count {
        let places = row * columns..(row + 1) * columns;
        let is_zero = |place: usize| reference.truth.sign(place).is_eq();
        if places.clone().all(is_zero) {
            // A computed zero without proof is neither a zero nor a row to measure.
            let is_proven = (0..columns).all(|column| reference.truth.exact[(row, column)]);
            let is_ghost = (0..columns).any(|column| !computed.get((row, column)).is_zero());
            rows.ghosts += u64::from(is_proven && is_ghost);
            continue;
        }
        rows.of += 1;
        let reached = match computed {
            ExactMatrix::Doubles(computed) => {
                let computed = computed.as_slice().expect("invariant: gradients are row-major");
                in_doubles(reference, &computed[places.clone()], places.start)
            }
            ExactMatrix::Any(_) => None,
        };
        let [wrong, wholly] = reached.unwrap_or_else(|| in_long_numbers(reference, computed, row));
        rows.wrong += u64::from(wrong);
        wholly_wrong += u64::from(wholly);
    }
    Rows { wholly_wrong: Some(wholly_wrong), ..rows }
}

/// The thresholds that are counted.
const THRESHOLDS: [f64; 2] = [WRONG, WHOLLY];

/// Which thresholds a row reaches, decided in doubles; `None` if they under- or overflow or a rounding might decide.
fn in_doubles(reference: &ReferenceTensor, computed: &[f64], start: usize) -> Option<[bool; 2]> {
    let factor = reference.factor()?;
    let (mut noise, mut signal) = (0.0, 0.0);
    for (place, x) in (start..).zip(computed) {
        let (high, low) = reference.pair(place);
        let difference = (x * factor - high) - low;
        noise += difference * difference;
        signal += high * high;
    }
    let ratios = THRESHOLDS.map(|threshold| noise / signal / (threshold * threshold));
    // Every sum is far more accurate than this; infinite sums and NaN are decided elsewhere.
    let is_clear = ratios.iter().all(|ratio| (ratio - 1.0).abs() > 1e-9);
    let is_decided = signal >= two_to(2 * SQUARABLE) && noise.is_finite() && is_clear;
    is_decided.then_some(ratios.map(|ratio| ratio > 1.0))
}

/// The same with numbers of any exponent; an entry that is not finite makes its row wrong by any measure.
fn in_long_numbers(reference: &ReferenceTensor, computed: &ExactMatrix, row: usize) -> [bool; 2] {
    let (mut noise, mut signal) = (Float::new(LONG), Float::new(LONG));
    for column in 0..reference.truth.dim().1 {
        let g = reference.truth.value((row, column));
        let difference = match computed.get((row, column)) {
            x if !x.is_finite() => return [true; 2],
            Exact::Double(x) => Float::with_val(LONG, x - &g),
            Exact::Long(x) => Float::with_val(LONG, &x - &g),
        };
        noise += Float::with_val(LONG, difference.square_ref());
        signal += Float::with_val(LONG, g.square_ref());
    }
    THRESHOLDS.map(|threshold| noise >= Float::with_val(LONG, &signal * (threshold * threshold)))
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
        rows(&ReferenceTensor::new(&truth), &computed)
    }

    fn counted(wrong: u64, wholly_wrong: u64, of: u64, ghosts: u64) -> Rows {
        Rows { wrong, wholly_wrong: Some(wholly_wrong), of, ghosts }
    }

    /// Noise of half the signal is wrong, and less is not; rows that are exactly zero are left out, and ghosts are
    /// counted.
    #[test]
    fn rows_are_counted_one_by_one() {
        let just_less = 1.5 - 1e-12;
        let truth = [[1.0, 0.0], [1.0, 0.0], [3.0, 4.0], [0.0, 0.0], [0.0, 0.0], [1.0, 1.0], [1e-90, 1e-90]];
        let computed =
            [[1.5, 0.0], [just_less, 0.0], [3.0, 1.4], [0.0, -0.0], [0.0, 1e-300], [1.0, f64::NAN], [0.0, 0.0]];
        for exponent in [0, 40, -200] {
            assert_eq!(of(&truth, &computed, exponent), counted(4, 2, 5, 1), "{exponent}");
        }
        assert_eq!(of(&[[1e-250], [1.0]], &[[1.4e-250], [1.0]], 0), counted(0, 0, 2, 0));
        assert_eq!(of(&[[1e-250], [1.0]], &[[1.6e-250], [1.0]], 0), counted(1, 0, 2, 0));
        // As wrong as the row is large, and a little less.
        assert_eq!(of(&[[3.0, 4.0], [1e-250, 0.0]], &[[7.0, 1.0], [2e-250, 0.0]], 0), counted(2, 2, 2, 0));
        assert_eq!(of(&[[3.0, 4.0], [1e-250, 0.0]], &[[6.99, 1.0], [1.99e-250, 0.0]], 0), counted(2, 0, 2, 0));
    }
}
