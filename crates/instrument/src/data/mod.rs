//! Batches: exact inputs and targets, of the embedded digits, drawn, or from files.

mod digits;
pub mod files;
mod gaussian;
pub mod minibatches;
pub mod rows;

pub use digits::digits_of;
pub use gaussian::gaussian_batch;
pub use rows::digits_batch;

use ndarray::{Array2, s};

/// The targets of the outputs.
#[derive(Clone, Debug, PartialEq)]
pub enum Targets {
    /// Class indices, one per sample.
    Classes(Vec<usize>),
    /// Exact values, outputs × batch.
    Values(Array2<f64>),
}

/// Inputs and targets of one gradient.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// x, features × batch.
    pub inputs: Array2<f64>,
    /// Classes or values.
    pub targets: Targets,
}

impl Batch {
    /// The first samples, at most the given number.
    pub fn first(&self, samples: usize) -> Batch {
        let samples = samples.min(self.inputs.ncols());
        let columns = |matrix: &Array2<f64>| matrix.slice(s![.., ..samples]).to_owned();
        Batch {
            inputs: columns(&self.inputs),
            targets: match &self.targets {
                Targets::Classes(classes) => Targets::Classes(classes[..samples].to_vec()),
                Targets::Values(values) => Targets::Values(columns(values)),
            },
        }
    }
}
