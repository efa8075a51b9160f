//! Quantisation of one factor of a matrix product: numbers of few bits times scales that blocks of them share.
//!
//! A [`Quantiser`] turns a matrix into elements of a narrow format and scales. What a product sees is element times
//! block scale, exact in doubles with so few bits that products of two are exact, too; a scale of the whole tensor
//! stays outside as a factor of the finished sum. Blocks lie along the sum: along a left factor's rows and a right
//! factor's columns.
//!
//! | rule | block | scale s from the block's largest magnitude a | element of x |
//! |---|---|---|---|
//! | MX, floor | 32 | E8M0, 2^(⌊log₂ a⌋ − emax) | x/s, saturating |
//! | MX, rceil | 32 | E8M0, the smallest power of two with a/s ≤ max | x/s |
//! | tiles | 128, or 128 × 128 | the same in binary32 | x/s |
//! | NVFP4 | 16 | E4M3, in addition to a tensor's in binary32: [`tensor`] | x over both |
//! | amax | the tensor | max/a in binary32: [`tensor`] | x times it |
//!
//! Elements are rounded to nearest, ties to even, and saturate, whatever direction and limits the arithmetic has. A
//! plain format without scales is rounded to nearest, too, but does not saturate: what lies beyond it overflows as it
//! does in that format, with `saturate` as well. A block of zeros has the scale 1 (the smallest one where the rule's is
//! E4M3: 0). A block with an infinity or a NaN has the scale NaN, so that all of its values are NaN and nothing is
//! hidden; the scale of a tensor is that of its finite entries.
//!
//! Sources: OCP Microscaling Formats 1.0, section 6.3 (floor); Mishra et al. 2025, arXiv 2506.08027 (rceil);
//! NVIDIA 2025, arXiv 2509.25149 (NVFP4); DeepSeek-AI 2024, arXiv 2412.19437, section 3.3, with the powers of two of
//! TransformerEngine's Float8BlockScaling (tiles), and its Float8CurrentScaling (amax).

mod blocks;
mod name;
mod quantised;
pub mod tensor;

pub use blocks::TILE;
pub use name::SCALED;
pub use quantised::{Quantised, Rule};

use super::Side;
use super::guard::stand_in;
use crate::format::{E2M1FN, E4M3FN, Format, Range, Rounder, exponent_of};
use ndarray::ArrayView2;
use quantised::in_one_block;
use rug::Float;

/// How one factor of a product is quantised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quantiser {
    /// Rounding to nearest, without scales; what lies beyond the format overflows as it does there.
    Format(Format),
    /// OCP MX: blocks of 32 with an E8M0 scale.
    Mx {
        /// What a block holds.
        element: Format,
        /// How its scale is chosen.
        rule: Rule,
    },
    /// NVIDIA's NVFP4: blocks of 16 E2M1 with an E4M3 scale, and a binary32 scale of the tensor.
    Nvfp4,
    /// A binary32 scale of the tensor that brings its largest magnitude to the element's.
    Amax {
        /// What the tensor holds.
        element: Format,
    },
    /// DeepSeek-V3's E4M3 with powers of two as scales: tiles of 128 along the sum for activations and gradients,
    /// squares of 128 × 128 for parameters.
    Tile,
}

/// What a matrix holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Content {
    /// Weights.
    Parameter,
    /// What flows forward.
    Activation,
    /// What flows back.
    Gradient,
}

/// Most significand bits of a value, so that products of two are exact doubles.
pub const MOST_BITS: u32 = 26;

impl Quantiser {
    /// Quantises one factor of a product.
    ///
    /// # Panics
    /// If a plain format is none that [`Quantiser::parse`] takes.
    pub fn quantise(&self, matrix: ArrayView2<f64>, side: Side, content: Content) -> Quantised {
        match *self {
            Quantiser::Format(format) => plain(format, matrix),
            Quantiser::Mx { element, rule } => blocks::scaled(matrix, along(side, blocks::MX), element, rule),
            Quantiser::Nvfp4 => tensor::nvfp4(matrix, along(side, tensor::BLOCK)),
            Quantiser::Amax { element } => tensor::amax(matrix, element),
            Quantiser::Tile => {
                let block = match content {
                    Content::Parameter => (blocks::TILE, blocks::TILE),
                    Content::Activation | Content::Gradient => along(side, blocks::TILE),
                };
                blocks::scaled(matrix, block, E4M3FN, Rule::RoundUp)
            }
        }
    }

    /// What the elements are members of.
    pub fn element(&self) -> Format {
        match *self {
            Quantiser::Format(element) | Quantiser::Mx { element, .. } | Quantiser::Amax { element } => element,
            Quantiser::Nvfp4 => E2M1FN,
            Quantiser::Tile => E4M3FN,
        }
    }

    /// The twin without limits of the exponent, which needs no scales: plain rounding to the element's precision.
    pub fn unbounded(&self) -> Quantiser {
        Quantiser::Format(Format::mpfr(self.element().precision))
    }

    /// Whether the values have [`MOST_BITS`] at most and lie where their products are doubles.
    fn is_exact(format: &Format) -> bool {
        match format.range {
            Range::Unbounded => format.precision <= MOST_BITS,
            Range::Bounded { .. } => format.fits_f64_lanes(),
        }
    }
}

/// Rows and columns of a block with the given number of numbers along the sum.
fn along(side: Side, length: usize) -> (usize, usize) {
    match side {
        Side::Left => (1, length),
        Side::Right => (length, 1),
    }
}

/// Rounding without scales: one block of scale 1.
fn plain(format: Format, matrix: ArrayView2<f64>) -> Quantised {
    assert!(Quantiser::is_exact(&format), "invariant: {format} has few enough bits");
    let values = match format.range {
        Range::Bounded { .. } => {
            let rounder = format.rounder();
            matrix.map(|x| rounder.round(*x))
        }
        Range::Unbounded => {
            let near = near(&format);
            let is_near = |x: f64| x.is_finite() && x != 0.0 && exponent_of(x).abs() < FAR;
            matrix.map(|&x| match &near {
                Some(near) if is_near(x) => near.round(x),
                _ => format.round(&Float::with_val(53, x)).to_f64(),
            })
        }
    };
    in_one_block(values, 1.0, format)
}

/// Exponents from which on [`near`] is not asked.
const FAR: i64 = 400;

/// The rounding of numbers within 2^±[`FAR`] to an unbounded format, where double lanes have it.
fn near(format: &Format) -> Option<Rounder> {
    let bounded = stand_in(format).filter(Format::fits_f64_lanes);
    bounded.map(|format| format.rounder())
}
