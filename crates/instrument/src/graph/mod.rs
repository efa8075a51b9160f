//! The exact network: a graph of operations with exact parameters.
//!
//! Nothing here rounds: parameters are doubles that represent exact real numbers. Architectures only push nodes; the
//! passes in arithmetics and the exact gradient use the same graph.

pub mod segments;
mod shape;

pub use shape::Shape;

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

/// What an operation computes, without its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperationKind {
    /// [`Operation::Input`].
    Input,
    /// [`Operation::Affine`].
    Affine,
    /// [`Operation::Activation`].
    Activation,
    /// [`Operation::Scale`].
    Scale,
    /// [`Operation::Add`].
    Add,
}

impl Operation {
    /// Its kind.
    pub fn kind(&self) -> OperationKind {
        match self {
            Operation::Input => OperationKind::Input,
            Operation::Affine { .. } => OperationKind::Affine,
            Operation::Activation { .. } => OperationKind::Activation,
            Operation::Scale { .. } => OperationKind::Scale,
            Operation::Add => OperationKind::Add,
        }
    }
}

/// One operation with its inputs, which come earlier in the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The operation.
    pub operation: Operation,
    /// The input nodes.
    pub inputs: Vec<NodeId>,
}

/// A node with parameters, what is measured and reported: layer k of a multilayer perceptron is its kth site.
///
/// The slope of a PReLU belongs to the site whose value the PReLU reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// `hidden.1`, …, `head`, or the name in the file.
    pub name: String,
    /// The node, whose value is the pre-activation z.
    pub node: NodeId,
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
    /// Nodes with parameters from input to output; of tied ones the first.
    pub sites: Vec<Site>,
    /// The key of the random bits for stochastic rounding, different in every trial.
    pub key: u64,
}

impl Network {
    /// An empty network whose node 0 is the input.
    pub fn new(loss: Loss) -> Network {
        let input = Node { operation: Operation::Input, inputs: vec![] };
        Network { nodes: vec![input], parameters: vec![], loss, sites: vec![], key: 0 }
    }

    /// The node whose value is the network's output.
    pub fn output(&self) -> NodeId {
        self.nodes.len() - 1
    }

    /// Position in [`Network::sites`] of a node; `None` for every node that is none, and where another node's site has
    /// the weights.
    pub fn find_site(&self, node: NodeId) -> Option<usize> {
        self.sites.iter().position(|site| site.node == node)
    }

    /// Position in [`Network::sites`] of a node that is a site.
    pub fn site_of(&self, affine: NodeId) -> usize {
        self.find_site(affine).expect("invariant: the affine nodes of a network without tied weights are sites")
    }

    /// The parameters of a site's weight, bias and slope gradients.
    pub fn parameters_of(&self, site: usize) -> [Option<ParameterId>; 3] {
        let Site { node: affine, activation, .. } = self.sites[site];
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

    /// Per site from the input: [`Network::parameters_of`].
    pub fn site_parameters(&self) -> Vec<[Option<ParameterId>; 3]> {
        (0..self.sites.len()).map(|site| self.parameters_of(site)).collect()
    }

    /// Number of outputs n.
    pub fn outputs(&self) -> usize {
        let head = self.sites.last().expect("invariant: a network has a head");
        match self.nodes[head.node].operation {
            Operation::Affine { weight, .. } => self.parameters[weight].values.nrows(),
            _ => unreachable!("invariant: a site's node is affine"),
        }
    }

    /// Pushes z = W·a (+ b) and opens a new site.
    pub fn push_affine(&mut self, name: &str, input: NodeId, weight: Array2<f64>, bias: Option<Array2<f64>>) -> NodeId {
        let weight = self.push_parameter(format!("{name}.weight"), weight);
        let bias = bias.map(|values| self.push_parameter(format!("{name}.bias"), values));
        let affine = self.push_node(Operation::Affine { weight, bias }, vec![input]);
        self.sites.push(Site { name: name.to_string(), node: affine, activation: None });
        affine
    }

    /// Pushes a = φ(z) on the newest site's value.
    pub fn push_activation(&mut self, activation: Activation) -> NodeId {
        let name = self.sites.last().map_or(String::new(), |site| format!("{}.slope", site.name));
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
        let site = self.sites.len() - 1;
        let affine = self.sites[site].node;
        let node = self.push_node(Operation::Activation { activation, slope }, vec![affine]);
        self.sites[site].activation = Some(node);
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
