//! Gaussian inputs with regression targets.

use super::{Batch, Targets};
use crate::draw::Stream;
use crate::format::GRID;
use ndarray::Array2;

/// Standard normal inputs and targets, snapped to the grid; a smaller batch is a prefix of a larger one.
pub fn gaussian_batch(seed: u64, trial: u64, batch: usize, (features, outputs): (usize, usize)) -> Batch {
    let draw = |tensor: &str, rows: usize| {
        let mut stream = Stream::new(seed, trial, tensor);
        // Sample by sample, so that the batch size only truncates the stream.
        let samples = Array2::from_shape_simple_fn((batch, rows), || GRID.round_f64(stream.normal()));
        samples.reversed_axes().as_standard_layout().to_owned()
    };
    Batch { inputs: draw("input", features), targets: Targets::Values(draw("target", outputs)) }
}
