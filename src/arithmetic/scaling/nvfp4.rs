//! NVFP4: E2M1 in blocks of 16 with an E4M3 scale each, and one binary32 scale of the tensor.
//!
//! The sequence of "Pretraining Large Language Models with NVFP4" (NVIDIA 2025, arXiv 2509.25149, appendix), R being one
//! rounding to binary32, to nearest, and numbers that enter rounded to it:
//!
//! ```text
//! amax   = max |x| of the tensor          amax_b = max |x| of the block
//! s_enc  = R(6·448 / amax)                s_dec  = R(1 / s_enc)
//! s_b    = e4m3(R(R(amax_b / 6)·s_enc))   e_b    = R(1 / R(s_b·s_dec))
//! q      = e2m1(R(x·e_b))                 x ≈ q·s_b·s_dec
//! ```
//!
//! with e4m3 and e2m1 to nearest, saturating. q·s_b is the value, s_dec the factor of the finished sum. Quotients beyond
//! binary32 become its largest number, so that a block whose scale is 0 keeps zeros, and a tensor of zeros has the
//! scale 1. Stochastic rounding of gradients, Hadamard transforms and the squares of 16 × 16 that the recipe has beside
//! it are no part of the format.

use super::blocks::{each, largest, place};
use super::{Quantised, saturated};
use crate::format::{E2M1FN, E4M3FN};
use ndarray::{ArrayView2, s};

/// Numbers of a block.
pub const BLOCK: usize = 16;

/// The largest E2M1 and the largest E4M3.
const LARGEST: (f32, f32) = (6.0, 448.0);

/// Every block with the scales of its own and of the tensor.
pub(super) fn quantise(matrix: ArrayView2<f64>, block: (usize, usize)) -> Quantised {
    let (element, scale_of) = (E2M1FN.rounder(), E4M3FN.rounder());
    // Rust's conversions round to nearest, ties to even.
    let entered = matrix.map(|x| f64::from(*x as f32));
    let amax = entered.iter().filter(|x| x.is_finite()).fold(0.0, |most: f64, x| most.max(x.abs())) as f32;
    let encode = if amax == 0.0 { 1.0 } else { (LARGEST.0 * LARGEST.1 / amax).min(f32::MAX) };
    let decode = 1.0 / encode;
    let mut result = each(matrix, block, E2M1FN);
    result.factor = decode.into();
    for (index, scale) in result.scales.indexed_iter_mut() {
        let place = place(matrix.dim(), block, index);
        let numbers = entered.slice(s![place.0.clone(), place.1.clone()]);
        let amax = largest(numbers);
        *scale = match amax.is_finite() {
            true => saturated(&scale_of, (amax as f32 / LARGEST.0 * encode).into()),
            false => f64::NAN,
        };
        let scale = *scale;
        let reciprocal = 1.0 / (scale as f32 * decode);
        // NaN stays.
        let reciprocal = if reciprocal > f32::MAX { f32::MAX } else { reciprocal };
        let mut values = result.values.slice_mut(s![place.0, place.1]);
        values.zip_mut_with(&numbers, |value, x| {
            *value = saturated(&element, (*x as f32 * reciprocal).into()) * scale;
        });
    }
    result
}
