//! Networks and batches from files: exactly what is in them, under their names.

use super::{Batch, Loss, Network, Targets};
use crate::activation::Activation;
use crate::exchange::{Labels, Samples, Sequential};

/// The network of a state dict with φ of each hidden layer; PReLU's slope is the file's.
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
