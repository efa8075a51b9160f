//! Batches from files, with exactly their values.

use super::{Batch, Targets};
use crate::exchange::{Labels, Samples};
use ndarray::Array2;

/// The batch of a file, all of its rows.
pub fn batch(samples: &Samples) -> Batch {
    let targets = match &samples.labels {
        Labels::Classes(classes) => Targets::Classes(classes.clone()),
        Labels::Values(values) => Targets::Values(values.clone()),
    };
    Batch { inputs: samples.inputs.clone(), targets }
}

/// These rows of a file as a batch, in this order.
///
/// # Panics
/// If an index is not below the number of rows.
pub fn rows(samples: &Samples, indices: &[usize]) -> Batch {
    let columns = |matrix: &Array2<f64>| {
        Array2::from_shape_fn((matrix.nrows(), indices.len()), |(row, sample)| matrix[(row, indices[sample])])
    };
    let targets = match &samples.labels {
        Labels::Classes(classes) => Targets::Classes(indices.iter().map(|&index| classes[index]).collect()),
        Labels::Values(values) => Targets::Values(columns(values)),
    };
    Batch { inputs: columns(&samples.inputs), targets }
}
