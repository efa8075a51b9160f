//! Networks from files, with exactly their values and names.

use crate::activation::Activation;
use crate::exchange::Sequential;
use crate::graph::Network;
use crate::loss::Loss;

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
