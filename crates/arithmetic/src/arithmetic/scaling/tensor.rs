//! Scales in binary32 of a whole tensor: NVFP4's, in addition to those of its blocks, and the scale from its largest
//! magnitude.
//!
//! R is one rounding to binary32, to nearest; numbers that enter are rounded to it first. fp8, e4m3 and e2m1 round to
//! nearest and saturate. The largest magnitudes are those of finite entries. A scale beyond binary32 becomes its
//! largest number, and a tensor of zeros has the scale 1.
//!
//! **NVFP4**, the sequence of "Pretraining Large Language Models with NVFP4" (NVIDIA 2025, arXiv 2509.25149, appendix):
//!
//! ```text
//! amax   = max |x| of the tensor          amax_b = max |x| of the block
//! s_enc  = R(6·448 / amax)                s_dec  = R(1 / s_enc)
//! s_b    = e4m3(R(R(amax_b / 6)·s_enc))   e_b    = R(1 / R(s_b·s_dec))
//! q      = e2m1(R(x·e_b))                 x ≈ q·s_b·s_dec
//! ```
//!
//! q·s_b is the value, s_dec the factor of the finished sum; a block whose scale is 0 keeps zeros. What the recipe has
//! beside the format is left out: stochastic rounding of gradients, Hadamard transforms, squares of 16 × 16.
//!
//! **amax**, TransformerEngine's Float8CurrentScaling:
//!
//! ```text
//! amax = max |x|    s = R(max / amax)    q = fp8(R(x·s))    x ≈ q·R(1/s)
//! ```
//!
//! q is the value, R(1/s) the factor. An infinity or a NaN becomes what the element has for it, and does not saturate.

use super::blocks::{each, largest, place};
use super::quantised::{Quantised, in_one_block, saturated};
use crate::format::{E2M1FN, E4M3FN, Format};
use ndarray::{Array2, ArrayView2, s};

/// Numbers of an NVFP4 block.
pub const BLOCK: usize = 16;

/// The largest E2M1 and the largest E4M3.
const LARGEST: (f32, f32) = (6.0, 448.0);

/// Every block with the scales of its own and of the tensor.
pub(super) fn nvfp4(matrix: ArrayView2<f64>, block: (usize, usize)) -> Quantised {
    let (element, scale_of) = (E2M1FN.rounder(), E4M3FN.rounder());
    // Rust's conversions round to nearest, ties to even.
    let entered = matrix.map(|x| *x as f32);
    let encode = scale(LARGEST.0 * LARGEST.1, &entered);
    let decode = 1.0 / encode;
    let mut result = each(matrix, block, E2M1FN);
    result.factor = decode.into();
    for (index, scale) in result.scales.indexed_iter_mut() {
        let place = place(matrix.dim(), block, index);
        let numbers = entered.slice(s![place.0.clone(), place.1.clone()]);
        let amax = largest(numbers.iter().map(|x| f64::from(*x))) as f32;
        *scale = match amax.is_finite() {
            true => saturated(&scale_of, (amax / LARGEST.0 * encode).into()),
            false => f64::NAN,
        };
        let scale = *scale;
        let reciprocal = 1.0 / (scale as f32 * decode);
        // NaN stays.
        let reciprocal = if reciprocal > f32::MAX { f32::MAX } else { reciprocal };
        let mut values = result.values.slice_mut(s![place.0, place.1]);
        values.zip_mut_with(&numbers, |value, x| {
            *value = saturated(&element, (*x * reciprocal).into()) * scale;
        });
    }
    result
}

/// The tensor's elements and the reciprocal of its scale.
pub(super) fn amax(matrix: ArrayView2<f64>, element: Format) -> Quantised {
    let rounder = element.rounder();
    let entered = matrix.map(|x| *x as f32);
    let scale = scale(rounder.largest() as f32, &entered);
    let values = entered.map(|x| match x.is_finite() {
        true => saturated(&rounder, (x * scale).into()),
        false => rounder.round((*x).into()),
    });
    in_one_block(values, (1.0 / scale).into(), element)
}

/// What brings a tensor's largest magnitude to another one.
fn scale(target: f32, entered: &Array2<f32>) -> f32 {
    let amax = entered.iter().filter(|x| x.is_finite()).fold(0.0, |most: f32, x| most.max(x.abs()));
    if amax == 0.0 { 1.0 } else { (target / amax).min(f32::MAX) }
}
