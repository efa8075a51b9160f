//! A quantised matrix.

use crate::format::{Format, Rounder};
use ndarray::Array2;

/// How a power of two is chosen as a block's scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// The power of two below the largest magnitude, over that below the element's: OCP MX. Elements may saturate.
    Floor,
    /// The smallest with which no element saturates: NVIDIA's recipe for MXFP8, `RCEIL` in torchao.
    RoundUp,
}

/// A quantised factor.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantised {
    /// Element times block scale, exact.
    pub values: Array2<f64>,
    /// Of the finished sum: a binary32 number, 1 where there is none.
    pub factor: f64,
    /// One scale for each block.
    pub scales: Array2<f64>,
    /// Rows and columns of a block; the last ones may be shorter.
    pub block: (usize, usize),
    /// What the elements are members of.
    pub element: Format,
}

impl Quantised {
    /// The element at a place; NaN where its block's scale is NaN, 0 where it is 0.
    pub fn element_at(&self, (row, column): (usize, usize)) -> f64 {
        let (scale, value) = (self.scale_at((row, column)), self.values[(row, column)]);
        if scale == 0.0 { value } else { value / scale }
    }

    /// The scale of the block that has a place.
    pub fn scale_at(&self, (row, column): (usize, usize)) -> f64 {
        self.scales[(row / self.block.0, column / self.block.1)]
    }
}

/// A tensor as one block of scale 1.
pub fn in_one_block(values: Array2<f64>, factor: f64, element: Format) -> Quantised {
    let (rows, columns) = values.dim();
    let block = (rows.max(1), columns.max(1));
    Quantised {
        scales: Array2::ones((rows.div_ceil(block.0), columns.div_ceil(block.1))),
        values,
        factor,
        block,
        element,
    }
}

/// A number rounded to nearest among the elements, the largest one where it lies beyond.
pub fn saturated(rounder: &Rounder, x: f64) -> f64 {
    let largest = rounder.largest();
    // A comparison that NaN fails.
    rounder.round(if x.abs() > largest { largest.copysign(x) } else { x })
}
