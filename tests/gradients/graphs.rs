//! Networks that no option builds: a node with four readers, a diamond, two heads added, a parameter of two nodes. Their
//! gradients against difference quotients, against the exact gradient, and calculated by hand.

use crate::common::Random;
use crate::common::erased::named;
use crate::common::reference::{Entry, Reference};
use ndarray::{Array2, arr2};
use precision_probe::activation::Activation;
use precision_probe::backprop::{SiteGradients, gradients};
use precision_probe::data::{Batch, Targets};
use precision_probe::graph::{Network, Node, NodeId, Operation, ParameterId, Shape};
use precision_probe::loss::Loss;
use precision_probe::operation::shapes;
use precision_probe::truth::Undecided;
use precision_probe::truth::{Prepared, TruthPass};
use rug::Float;

const BITS: u32 = 340;
const LEAKY: Activation = Activation::Leaky { slope: 0.25 };

/// Nodes are pushed one by one; every affine node is a layer.
struct Graph {
    network: Network,
    random: Random,
}

impl Graph {
    fn new() -> Graph {
        Graph { network: Network::new(Loss::MeanSquaredError), random: Random(11) }
    }

    fn matrix(&mut self, shape: (usize, usize)) -> Array2<f64> {
        Array2::from_shape_simple_fn(shape, || self.random.below(97) as f64 / 32.0 - 1.5)
    }

    fn affine(&mut self, input: NodeId, shape: (usize, usize)) -> NodeId {
        let (weight, bias) = (self.matrix(shape), self.matrix((shape.0, 1)));
        let name = format!("layer.{}", self.network.sites.len() + 1);
        self.network.push_affine(&name, input, weight, Some(bias))
    }

    fn leaky(&mut self, input: NodeId) -> NodeId {
        let layer = self.network.sites.iter().position(|layer| layer.node == input).expect("an affine node");
        self.network
            .nodes
            .push(Node { operation: Operation::Activation { activation: LEAKY, slope: None }, inputs: vec![input] });
        self.network.sites[layer].activation = Some(self.network.output());
        self.network.output()
    }

    fn add(&mut self, branch: NodeId, skip: NodeId) -> NodeId {
        self.network.push_add(branch, skip)
    }

    fn scale(&mut self, input: NodeId, factor: f64) -> NodeId {
        self.network.push_scale(input, factor)
    }
}

/// x → h, read by two affine nodes, a scale and an addition.
fn four_readers() -> Network {
    let mut graph = Graph::new();
    let z = graph.affine(0, (4, 3));
    let h = graph.leaky(z);
    let first = graph.affine(h, (4, 4));
    let first = graph.leaky(first);
    let second = graph.affine(h, (4, 4));
    let scaled = graph.scale(h, 0.75);
    let sum = graph.add(first, second);
    let sum = graph.add(sum, scaled);
    let sum = graph.add(sum, h);
    graph.affine(sum, (2, 4));
    graph.network
}

/// x → h → two branches of activations that meet again.
fn diamond() -> Network {
    let mut graph = Graph::new();
    let z = graph.affine(0, (3, 3));
    let h = graph.leaky(z);
    let left = graph.affine(h, (5, 3));
    let left = graph.leaky(left);
    let right = graph.affine(h, (5, 3));
    let right = graph.leaky(right);
    let sum = graph.add(left, right);
    graph.affine(sum, (2, 5));
    graph.network
}

/// Two heads on the same features, added.
fn two_heads() -> Network {
    let mut graph = Graph::new();
    let z = graph.affine(0, (4, 3));
    let h = graph.leaky(z);
    let first = graph.affine(h, (2, 4));
    let second = graph.affine(h, (2, 4));
    graph.add(first, second);
    graph.network
}

fn batch() -> Batch {
    let mut graph = Graph { random: Random(5), ..Graph::new() };
    Batch { inputs: graph.matrix((3, 4)), targets: Targets::Values(graph.matrix((2, 4))) }
}

fn graphs() -> [(&'static str, Network); 3] {
    [("four readers", four_readers()), ("a diamond", diamond()), ("two heads", two_heads())]
}

/// Every parameter with its gradient.
fn with_parameters(network: &Network, layers: &[SiteGradients]) -> Vec<(ParameterId, Vec<Float>)> {
    let of = |layer: &SiteGradients| {
        let [weight, bias, _] = network.parameters_of(layer.site);
        let floats = |matrix: &precision_probe::arithmetic::ExactMatrix| matrix.iter().map(|x| x.to_float()).collect();
        [(weight.unwrap(), floats(&layer.weight)), (bias.unwrap(), floats(layer.bias.as_ref().unwrap()))]
    };
    layers.iter().flat_map(of).collect()
}

/// The loss is quadratic in each entry between the kinks, so that quotients are the derivative itself.
#[test]
fn gradients_are_the_difference_quotients() {
    let batch = batch();
    for (what, network) in graphs() {
        let layers: Vec<_> = gradients(named(&format!("mpfr:{BITS}")), &network, &batch).collect();
        let found = with_parameters(&network, &layers);
        assert_eq!(found.len(), network.parameters.len(), "{what}");
        for (parameter, gradient) in found {
            let quotient =
                |(index, _)| Reference { bits: BITS }.quotient(&network, &batch, Entry::Parameter(parameter, index));
            let quotients: Vec<Float> = network.parameters[parameter].values.indexed_iter().map(quotient).collect();
            let largest = quotients.iter().map(|x| x.clone().abs()).max_by(Float::total_cmp).unwrap();
            assert!(largest > 0.0);
            for (ours, quotient) in gradient.iter().zip(&quotients) {
                let distance = Float::with_val(BITS, ours - quotient).abs();
                assert!(distance <= largest.clone() >> 100u32, "{what}: {ours} is not {quotient}");
            }
        }
    }
}

#[test]
fn the_exact_gradient_encloses_them() {
    let batch = batch();
    for (what, network) in graphs() {
        let layers: Vec<_> = gradients(named(&format!("mpfr:{BITS}")), &network, &batch).collect();
        let prepared = Prepared::new(&network);
        let pass = TruthPass::new(&network, &prepared, &batch, 192, Undecided::Refused);
        let mut compared = 0;
        for (truth, layer) in pass.zip(&layers) {
            assert_eq!(truth.site, layer.site);
            for (truth, ours) in [(truth.weight, &layer.weight), (truth.bias.unwrap(), layer.bias.as_ref().unwrap())] {
                let truth = truth.unwrap_or_else(|reason| panic!("{what}: {reason}"));
                for index in ndarray::indices(truth.dim()) {
                    let distance = Float::with_val(BITS, truth.value(index) - ours.get(index).to_float()).abs();
                    // Rounding to 340 bits moves our own value by a 2^-300th of the largest entries at most.
                    let bound = truth.entry_error(index).to_float() + (Float::with_val(BITS, 1) >> 300u32);
                    assert!(distance <= bound, "{what}, layer {}, {index:?}", layer.site);
                    compared += 1;
                }
            }
        }
        assert!(compared > 30, "{what}: {compared}");
    }
}

/// One number per node, in e5m2's three significand bits: shares of four readers are added from the last reader up.
#[test]
fn shares_of_four_readers_are_added_from_the_last_up() {
    let mut network = Network::new(Loss::MeanSquaredError);
    let one = || arr2(&[[1.0]]);
    let h = network.push_affine("layer.1", 0, one(), None);
    let scaled: Vec<NodeId> = [8.0, 0.75, 0.75, 0.75].map(|factor| network.push_scale(h, factor)).to_vec();
    let sum = scaled[1..].iter().fold(scaled[0], |sum, next| network.push_add(sum, *next));
    network.push_affine("head", sum, one(), None);
    let batch = Batch { inputs: one(), targets: Targets::Values(arr2(&[[6.0]])) };
    // y = R(R(R(8 + 0.75) + 0.75) + 0.75) = 8, and δ = R(R(8 − 6)·2) = 4. The shares are 32, 3, 3 and 3. From the last
    // reader up: 3 + 3 = 6, R(6 + 3) = 8 (a tie, to even), 8 + 32 = 40. From the first one down it would be 32.
    for arithmetic in ["e5m2", "e5m2:acc=f16", "e8m2", "mpfr:3"] {
        let delta = |layer: SiteGradients| layer.delta.get((0, 0)).to_f64();
        let deltas: Vec<f64> = gradients(named(arithmetic), &network, &batch).map(delta).collect();
        assert_eq!(deltas, [4.0, 40.0], "{arithmetic}");
    }
}

/// A parameter that two nodes have: its gradient is the sum of both nodes' shares, given once, with its first node.
#[test]
fn a_parameter_of_two_nodes_has_one_gradient() {
    let mut graph = Graph::new();
    let z = graph.affine(0, (3, 3));
    let h = graph.leaky(z);
    graph.affine(h, (3, 3));
    let untied = graph.network;
    let mut tied = untied.clone();
    let Operation::Affine { weight: first, .. } = tied.nodes[tied.sites[0].node].operation else { unreachable!() };
    let head = tied.sites[1].node;
    let Operation::Affine { weight, .. } = &mut tied.nodes[head].operation else { unreachable!() };
    let second = std::mem::replace(weight, first);
    // The head's site has only its bias left; here it is not measured.
    tied.sites.truncate(1);
    let mut twice = untied.clone();
    twice.parameters[second].values = untied.parameters[first].values.clone();
    let batch = Batch { targets: Targets::Values(Array2::from_elem((3, 4), 0.5)), ..batch() };
    let run = |network: &Network| gradients(named("mpfr:200"), network, &batch).collect::<Vec<_>>();
    let (tied, twice) = (run(&tied), run(&twice));
    assert_eq!((tied.len(), twice.len()), (1, 2));
    let of = |layer: &SiteGradients, index| layer.weight.get(index).to_float();
    for index in ndarray::indices((3, 3)) {
        let sum = of(&twice[0], index) + of(&twice[1], index);
        let distance = Float::with_val(200, &sum - of(&tied[0], index)).abs();
        assert!(distance <= sum.abs() >> 190u32, "{index:?}");
    }
}

/// The shape of every value follows from that of the inputs; a graph whose shapes do not fit is refused with the reason.
#[test]
fn shapes_follow_from_the_inputs() {
    let inputs = Shape { features: 3, positions: 5, samples: 2 };
    let network = four_readers();
    let shapes = shapes(&network, inputs).unwrap();
    assert_eq!(shapes[0], inputs);
    for (node, shape) in network.nodes.iter().zip(&shapes) {
        assert_eq!((shape.positions, shape.samples), (5, 2));
        if let Operation::Affine { weight, .. } = node.operation {
            assert_eq!(shape.dim(), (network.parameters[weight].values.nrows(), 10));
        }
    }
    let refused = |network: &Network, inputs| precision_probe::operation::shapes(network, inputs).unwrap_err();
    assert_eq!(
        refused(&network, Shape::of_samples(4, 2)),
        format!("node 1: a weight of {} × 3 does not multiply 4 features", shapes[1].features)
    );
    let mut wrong = Network::new(Loss::MeanSquaredError);
    let z = wrong.push_affine("hidden.1", 0, Array2::zeros((2, 3)), None);
    wrong.push_add(z, 0);
    assert_eq!(refused(&wrong, Shape::of_samples(3, 1)), "node 2: 2 features cannot be added to 3");
}
