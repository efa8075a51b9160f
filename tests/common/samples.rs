//! Files of rows that commands draw batches from.

use super::Random;
use precision_probe::assets::DIGITS;
use precision_probe::data::digits_of;
use precision_probe::data::{Batch, Targets};
use precision_probe::exchange::{Dtype, Tensor, write_safetensors};
use std::path::Path;

/// Writes `x` [rows × features] and `y`.
pub fn write(path: &Path, batch: &Batch) {
    let rows = |name: &str, columns: &ndarray::Array2<f64>| {
        Tensor::doubles(name, vec![columns.ncols(), columns.nrows()], columns.t().iter().copied().collect())
    };
    let y = match &batch.targets {
        Targets::Values(values) => rows("y", values),
        Targets::Classes(classes) => Tensor {
            dtype: Dtype::I64,
            ..Tensor::doubles("y", vec![classes.len()], classes.iter().map(|&class| class as f64).collect())
        },
    };
    write_safetensors(path, &[rows("x", &batch.inputs), y]).unwrap();
}

/// The built-in digits in their order, as a user would store them.
pub fn write_digits(path: &Path) {
    write(path, &digits_of(&(0..DIGITS).collect::<Vec<_>>()));
}

/// So many rows of four features, whose two targets are sums of these and tell them apart.
pub fn values(rows: usize, seed: u64) -> Batch {
    let mut random = Random(seed);
    let inputs = ndarray::Array2::from_shape_simple_fn((4, rows), || random.below(1 << 20) as f64 / f64::from(1 << 20));
    let target = |(output, sample): (usize, usize)| {
        inputs[(output, sample)] + inputs[(output + 1, sample)] / 2.0 - inputs[(3, sample)] / 4.0
    };
    Batch { targets: Targets::Values(ndarray::Array2::from_shape_fn((2, rows), target)), inputs }
}
