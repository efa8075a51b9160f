//! Networks and batches from files, with exactly their values and names.

use super::{Batch, Loss, Network, Targets};
use crate::activation::Activation;
use crate::exchange::{Labels, Samples, Sequential};
use ndarray::Array2;

/// The network of a state dict with φ of each hidden layer; the slope of a PReLU comes from the file.
pub fn network(sequential: &Sequential, activations: &[Activation], loss: Loss) -> Network {
    let mut network = Network::new(loss);
    let mut node = 0;
    for (index, layer) in sequential.layers.iter().enumerate() {
        node = network.push_affine(&layer.name, node, layer.weight.clone(), layer.bias.clone());
        if let Some(activation) = activations.get(index) {
            node = match &layer.slope {
                Some(slope) => network.push_activation_with(*activation, slope.name.clone(), slope.value),
                None => network.push_activation(*activation),
            };
        }
    }
    network
}

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
