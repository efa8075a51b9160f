//! The samples that batches are drawn from: the handwritten digits, or the rows of a file.
//!
//! One implementation serves both, so a file with the digits in their order gives the same batches as the digits.

use super::Batch;
use super::{digits_of, files};
use crate::assets::DIGITS;
use crate::draw::Stream;
use crate::exchange::Samples;
use std::sync::Arc;

/// Samples by index.
#[derive(Clone, Debug)]
pub enum Rows {
    /// The handwritten digits.
    Digits,
    /// The rows of a file.
    File(Arc<Samples>),
}

impl Rows {
    /// The rows of a file, or the digits without one.
    pub fn new(file: Option<&Arc<Samples>>) -> Rows {
        file.map_or(Rows::Digits, |samples| Rows::File(Arc::clone(samples)))
    }

    /// Number of samples.
    pub fn count(&self) -> usize {
        match self {
            Rows::Digits => DIGITS,
            Rows::File(samples) => samples.batch(),
        }
    }

    /// The samples of these indices as a batch, in this order.
    ///
    /// # Panics
    /// If an index is not below the number of samples.
    pub fn of(&self, indices: &[usize]) -> Batch {
        match self {
            Rows::Digits => digits_of(indices),
            Rows::File(samples) => files::rows(samples, indices),
        }
    }

    /// A trial's batch, drawn without replacement; a smaller batch is a prefix of a larger one.
    ///
    /// # Panics
    /// If `batch` exceeds the number of samples; the spec refuses that before.
    pub fn drawn(&self, seed: u64, trial: u64, batch: usize) -> Batch {
        let count = self.count();
        assert!(batch <= count, "invariant: the spec limits the batch to {count} samples");
        self.of(&Stream::new(seed, trial, "batch").chosen(count, batch))
    }
}

/// A batch of digits drawn without replacement; a smaller batch is a prefix of a larger one.
///
/// # Panics
/// If `batch` exceeds the number of images, which the spec refuses.
pub fn digits_batch(seed: u64, trial: u64, batch: usize) -> Batch {
    Rows::Digits.drawn(seed, trial, batch)
}
