//! The exact network: a graph of operations with exact parameters.
//!
//! Nothing here rounds: parameters are doubles that represent exact real numbers. Architectures only push nodes; the
//! passes in arithmetics and the exact gradient use the same graph.

pub mod segments;

use crate::activation::Activation;
use crate::loss::Loss;
use ndarray::Array2;

/// Position of a node in [`Network::nodes`].
pub type NodeId = usize;
/// Position of a parameter in [`Network::parameters`].
pub type ParameterId = usize;

/// A named exact parameter tensor: weights out × in, biases out × 1, a slope 1 × 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// `hidden.1.weight`, `head.bias`, …, or the name in the file.
    pub name: String,
    /// The exact values.
    pub values: Array2<f64>,
}

/// The operation of a node on its inputs. Values are matrices of units × batch.
#[derive(Clone, Debug, PartialEq)]
pub enum Operation {
    /// The batch's inputs x.
    Input,
    /// z = W·a + b, with or without b.
    Affine {
        /// W, out × in.
        weight: ParameterId,
        /// b, out × 1.
        bias: Option<ParameterId>,
    },
    /// a = φ(z), with the stored slope of PReLU.
    Activation {
        /// φ.
        activation: Activation,
        /// PReLU's slope.
        slope: Option<ParameterId>,
    },
    /// s·a with an exact constant s.
    Scale {
        /// s, on the grid of parameters. A format that cannot represent it rounds it when storing it, like a parameter.
        factor: f64,
    },
    /// Inputs `[branch, skip]`: branch + skip.
    Add,
}

/// One operation with its inputs, which come earlier in the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The operation.
    pub operation: Operation,
    /// The input nodes.
    pub inputs: Vec<NodeId>,
}

/// One affine node with its activation: the unit for which gradients are reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// `hidden.1`, …, `head`, or the name in the file.
    pub name: String,
    /// The affine node, whose value is the pre-activation z.
    pub affine: NodeId,
    /// The activation that reads it; `None` for the head.
    pub activation: Option<NodeId>,
}

/// A network in topological order; the last node is the output y.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// Operations in topological order.
    pub nodes: Vec<Node>,
    /// Exact parameters.
    pub parameters: Vec<Parameter>,
    /// The loss at the last node.
    pub loss: Loss,
    /// Affine nodes from input to output.
    pub layers: Vec<Layer>,
    /// The key of the random bits for stochastic rounding, different in every trial.
    pub key: u64,
}

impl Network {
    /// An empty network whose node 0 is the input.
    pub fn new(loss: Loss) -> Network {
        let input = Node { operation: Operation::Input, inputs: vec![] };
        Network { nodes: vec![input], parameters: vec![], loss, layers: vec![], key: 0 }
    }

    /// The node whose value is the network's output.
    pub fn output(&self) -> NodeId {
        self.nodes.len() - 1
    }

    /// Position in [`Network::layers`] of an affine node; `None` for every other node, and where another node's layer has
    /// the weights.
    pub fn find_layer(&self, node: NodeId) -> Option<usize> {
        self.layers.iter().position(|layer| layer.affine == node)
    }

    /// Position in [`Network::layers`] of an affine node that is a layer.
    pub fn layer_of(&self, affine: NodeId) -> usize {
        self.find_layer(affine).expect("invariant: the affine nodes of a network without tied weights are layers")
    }

    /// The parameters of a layer's weight, bias and slope gradients.
    pub fn parameters_of(&self, layer: usize) -> [Option<ParameterId>; 3] {
        let Layer { affine, activation, .. } = self.layers[layer];
        let (weight, bias) = match self.nodes[affine].operation {
            Operation::Affine { weight, bias } => (Some(weight), bias),
            _ => (None, None),
        };
        let slope = activation.and_then(|node| match self.nodes[node].operation {
            Operation::Activation { slope, .. } => slope,
            _ => None,
        });
        [weight, bias, slope]
    }

    /// Per layer from the input: [`Network::parameters_of`].
    pub fn layer_parameters(&self) -> Vec<[Option<ParameterId>; 3]> {
        (0..self.layers.len()).map(|layer| self.parameters_of(layer)).collect()
    }

    /// Number of outputs n.
    pub fn outputs(&self) -> usize {
        let head = self.layers.last().expect("invariant: a network has a head");
        match self.nodes[head.affine].operation {
            Operation::Affine { weight, .. } => self.parameters[weight].values.nrows(),
            _ => unreachable!("invariant: a layer's first node is affine"),
        }
    }

    /// Pushes z = W·a (+ b) and opens a new layer.
    pub fn push_affine(&mut self, name: &str, input: NodeId, weight: Array2<f64>, bias: Option<Array2<f64>>) -> NodeId {
        let weight = self.push_parameter(format!("{name}.weight"), weight);
        let bias = bias.map(|values| self.push_parameter(format!("{name}.bias"), values));
        let affine = self.push_node(Operation::Affine { weight, bias }, vec![input]);
        self.layers.push(Layer { name: name.to_string(), affine, activation: None });
        affine
    }

    /// Pushes a = φ(z) on the newest layer's pre-activation.
    pub fn push_activation(&mut self, activation: Activation) -> NodeId {
        let name = self.layers.last().map_or(String::new(), |layer| format!("{}.slope", layer.name));
        match activation {
            Activation::Prelu { slope } => self.push_activation_with(activation, name, slope),
            _ => self.push_activated(activation, None),
        }
    }

    /// Pushes a = φ(z) with PReLU's stored slope under a name of its own.
    pub fn push_activation_with(&mut self, activation: Activation, name: String, slope: f64) -> NodeId {
        let slope = self.push_parameter(name, Array2::from_elem((1, 1), slope));
        self.push_activated(activation, Some(slope))
    }

    fn push_activated(&mut self, activation: Activation, slope: Option<ParameterId>) -> NodeId {
        let layer = self.layers.len() - 1;
        let affine = self.layers[layer].affine;
        let node = self.push_node(Operation::Activation { activation, slope }, vec![affine]);
        self.layers[layer].activation = Some(node);
        node
    }

    /// Pushes factor·input.
    pub fn push_scale(&mut self, input: NodeId, factor: f64) -> NodeId {
        self.push_node(Operation::Scale { factor }, vec![input])
    }

    /// Pushes branch + skip.
    pub fn push_add(&mut self, branch: NodeId, skip: NodeId) -> NodeId {
        self.push_node(Operation::Add, vec![branch, skip])
    }

    /// The exact constants of [`Operation::Scale`], which every format stores like parameters (1 × count).
    pub fn scales(&self) -> Array2<f64> {
        let factors = self.nodes.iter().filter_map(|node| match node.operation {
            Operation::Scale { factor } => Some(factor),
            _ => None,
        });
        Array2::from_shape_vec((1, factors.clone().count()), factors.collect()).expect("invariant: as many as counted")
    }

    fn push_node(&mut self, operation: Operation, inputs: Vec<NodeId>) -> NodeId {
        self.nodes.push(Node { operation, inputs });
        self.nodes.len() - 1
    }

    fn push_parameter(&mut self, name: String, values: Array2<f64>) -> ParameterId {
        self.parameters.push(Parameter { name, values });
        self.parameters.len() - 1
    }
}
