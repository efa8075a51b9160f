//! One scale for the whole tensor, from its largest magnitude: TransformerEngine's Float8CurrentScaling.
//!
//! With R one rounding to binary32, to nearest, and numbers that enter rounded to it:
//!
//! ```text
//! amax = max |x|    s = R(max / amax)    q = fp8(R(x·s))    x ≈ q·R(1/s)
//! ```
//!
//! fp8 to nearest, saturating. q is the value, R(1/s) the factor of the finished sum. A scale beyond binary32 becomes its
//! largest number; a tensor of zeros has the scale 1. The largest magnitude is that of the finite entries: an
//! infinity or a NaN is kept as what the element has for it, and saturates not.

use super::{Quantised, in_one_block, saturated};
use crate::format::Format;
use ndarray::ArrayView2;

/// The tensor's elements and the reciprocal of its scale.
pub(super) fn quantise(matrix: ArrayView2<f64>, element: Format) -> Quantised {
    let rounder = element.rounder();
    let entered = matrix.map(|x| *x as f32);
    let amax = entered.iter().filter(|x| x.is_finite()).fold(0.0, |most: f32, x| most.max(x.abs()));
    let scale = if amax == 0.0 { 1.0 } else { (rounder.largest() as f32 / amax).min(f32::MAX) };
    let values = entered.map(|x| match x.is_finite() {
        true => saturated(&rounder, (x * scale).into()),
        false => rounder.round((*x).into()),
    });
    in_one_block(values, (1.0 / scale).into(), element)
}
