//! Blocks whose scale is a power of two.

use super::quantised::{Quantised, Rule, saturated};
use crate::format::{Format, exponent_of, two_to};
use ndarray::{Array2, ArrayView2, s};

/// Numbers of an MX block.
pub(super) const MX: usize = 32;
/// Numbers of a tile, and rows and columns of a square.
pub const TILE: usize = 128;

/// The exponents of E8M0, and of binary32's powers of two whose reciprocals it has.
const SCALES: (i64, i64) = (-127, 127);

/// Quantises every block separately: elements times a power of two.
pub(super) fn scaled(matrix: ArrayView2<f64>, block: (usize, usize), element: Format, rule: Rule) -> Quantised {
    let rounder = element.rounder();
    let mut result = each(matrix, block, element);
    for (index, scale) in result.scales.indexed_iter_mut() {
        let place = place(matrix.dim(), block, index);
        let numbers = matrix.slice(s![place.0.clone(), place.1.clone()]);
        let mut values = result.values.slice_mut(s![place.0, place.1]);
        *scale = match exponent(largest(numbers.iter().copied()), &element, rule) {
            Some(exponent) => two_to(exponent),
            None => f64::NAN,
        };
        let scale = *scale;
        // Exact except for quotients far below every element.
        values.zip_mut_with(&numbers, |value, x| *value = saturated(&rounder, x / scale) * scale);
    }
    result
}

/// The scale's exponent for a largest magnitude; `None` if that is not finite.
fn exponent(amax: f64, element: &Format, rule: Rule) -> Option<i64> {
    if !amax.is_finite() {
        return None;
    }
    if amax == 0.0 {
        return Some(0);
    }
    let emax = i64::from(element.max_exponent().expect("invariant: elements are bounded"));
    let floor = exponent_of(amax) - emax;
    // Scales of both rules are this one or the next: amax and the largest element lie in binades that it brings
    // together, and the larger significand decides. Both significands are exact.
    let significand = |x: f64, exponent: i64| x / two_to(exponent);
    let largest = element.max().expect("invariant: elements are bounded").to_f64();
    let exceeds = |amax: f64| {
        // Subnormal doubles are far below all scales.
        exponent_of(amax) >= -1022 && significand(amax, exponent_of(amax)) > significand(largest, emax)
    };
    let raised = floor + i64::from(rule == Rule::RoundUp && exceeds(amax));
    Some(raised.clamp(SCALES.0, SCALES.1))
}

/// The largest magnitude; not finite if an entry is not.
pub(super) fn largest(numbers: impl Iterator<Item = f64>) -> f64 {
    // NaN stays.
    numbers.fold(0.0, |most: f64, x| if x.abs() <= most || most.is_nan() { most } else { x.abs() })
}

/// Zeros with a scale for each block.
pub(super) fn each(matrix: ArrayView2<f64>, block: (usize, usize), element: Format) -> Quantised {
    let (rows, columns) = matrix.dim();
    Quantised {
        values: Array2::zeros((rows, columns)),
        factor: 1.0,
        scales: Array2::ones((rows.div_ceil(block.0), columns.div_ceil(block.1))),
        block,
        element,
    }
}

/// Rows and columns of a block, fewer at the ends.
pub(super) fn place(
    (rows, columns): (usize, usize),
    block: (usize, usize),
    (row, column): (usize, usize),
) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
    let range = |index: usize, length: usize, end: usize| index * length..end.min((index + 1) * length);
    (range(row, block.0, rows), range(column, block.1, columns))
}
