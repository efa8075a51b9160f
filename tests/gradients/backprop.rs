//! The one text of the forward and backward pass: the gradient is the derivative (against differences of an
//! independent loss, and by hand), its rounding is the definition's in every arithmetic and in two roles, and
//! overflow, NaN, −0 and empty batches pass through it unharmed.

use crate::common::drawn::{batch_for, perceptron};
use crate::common::erased::{named, owned};
use crate::common::rational::{Codes, How, Real, dot_as};
use crate::common::reference::{Entry, Reference as Blackboard};
use crate::common::tolerances;
use crate::common::{Random, assert_same, assert_same_matrix, oracles, show};
use half::f16;
use ndarray::{Array2, arr2};
use precision_probe::activation::{ALL, Activation};
use precision_probe::architecture::mlp::Perceptron;
use precision_probe::arithmetic::carrier::Carrier;
use precision_probe::arithmetic::dispatch::{Visitor, dispatch};
use precision_probe::arithmetic::long::Long;
use precision_probe::arithmetic::packed::Packed;
use precision_probe::arithmetic::reference::Reference;
use precision_probe::arithmetic::{Binary, Exact, ExactMatrix, Numbers, Sum};
use precision_probe::backprop::{Pass, SiteGradients, gradients};
use precision_probe::data::{Batch, Targets};
use precision_probe::format::two_to;
use precision_probe::graph::{Network, Operation};
use precision_probe::loss::Loss;
use rug::{Float, Rational};
use std::collections::HashMap;
use std::sync::Arc;

const LOSSES: [Loss; 2] = [Loss::CrossEntropy, Loss::MeanSquaredError];

/// How the hidden layers of a small network are connected.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Shape {
    Plain,
    WithoutBias,
    /// Skips around the second and the third hidden layer, the third's branch scaled.
    Residual,
}

const SHAPES: [Shape; 3] = [Shape::Plain, Shape::WithoutBias, Shape::Residual];

/// 3 features, three hidden layers of 4 units, 3 outputs; parameters are multiples of 2^-6 up to 3/2.
fn small_network(activation: Activation, loss: Loss, shape: Shape) -> Network {
    let mut random = Random(7);
    let mut matrix =
        |rows, columns| Array2::from_shape_simple_fn((rows, columns), || random.below(193) as f64 / 64.0 - 1.5);
    let mut network = Network::new(loss);
    let (mut node, mut fan_in) = (0, 3);
    for layer in 1..=3 {
        let bias = (shape != Shape::WithoutBias).then(|| matrix(4, 1));
        network.push_affine(&format!("hidden.{layer}"), node, matrix(4, fan_in), bias);
        let below = node;
        node = network.push_activation(activation);
        if shape == Shape::Residual && layer > 1 {
            let branch = if layer == 3 { network.push_scale(node, 0.6875) } else { node };
            node = network.push_add(branch, below);
        }
        fan_in = 4;
    }
    let bias = (shape != Shape::WithoutBias).then(|| matrix(3, 1));
    network.push_affine("head", node, matrix(3, fan_in), bias);
    network
}

/// Two samples for [`small_network`].
fn small_batch(loss: Loss) -> Batch {
    let mut random = Random(8);
    let mut matrix = || Array2::from_shape_simple_fn((3, 2), || random.below(193) as f64 / 64.0 - 1.5);
    let inputs = matrix();
    let targets = match loss {
        Loss::CrossEntropy => Targets::Classes(vec![2, 0]),
        Loss::MeanSquaredError => Targets::Values(matrix()),
    };
    Batch { inputs, targets }
}

/// All tensors of a layer, with their names.
fn tensors(layer: &SiteGradients) -> Vec<(&'static str, &ExactMatrix)> {
    let always = [("dW", &layer.weight), ("δ", &layer.delta), ("z", &layer.preactivation)];
    let optional = [("db", layer.bias.as_ref()), ("slope gradient", layer.slope.as_ref())];
    always.into_iter().chain(optional.into_iter().filter_map(|(name, tensor)| Some((name, tensor?)))).collect()
}

/// Panics unless two runs gave the same numbers in every tensor of every layer.
fn assert_same_run(what: &str, expected: &[SiteGradients], actual: &[SiteGradients]) {
    assert_eq!(expected.len(), actual.len(), "{what}: layers");
    for (expected, actual) in expected.iter().zip(actual) {
        assert_eq!(expected.site, actual.site, "{what}: order of layers");
        let (left, right) = (tensors(expected), tensors(actual));
        assert_eq!(left.len(), right.len(), "{what}: tensors of layer {}", expected.site);
        for ((tensor, expected_values), (_, actual_values)) in left.into_iter().zip(right) {
            assert_same_matrix(expected_values, actual_values, || {
                format!("{what}: {tensor} of layer {}", expected.site)
            });
        }
    }
}

fn run(arithmetic: &str, network: &Network, batch: &Batch) -> Vec<SiteGradients> {
    gradients(named(arithmetic), network, batch).collect()
}

/// The whole pass by the definition alone.
struct ByDefinition<'n>(&'n Network, &'n Batch);

impl Visitor for ByDefinition<'_> {
    type Output = Vec<SiteGradients>;
    fn visit<A: Numbers + 'static>(self, arithmetic: Arc<A>) -> Vec<SiteGradients> {
        let reference = Arc::new(Reference(owned(arithmetic)));
        Pass::new(self.0, self.1, reference.clone(), reference).collect()
    }
}

/// Whole networks give the same bits with every override and with none, in every carrier.
#[test]
fn gradients_equal_their_definition() {
    let arithmetics = [
        "f64",
        "f32",
        "tf32",
        "bf16",
        "f16",
        "e5m2",
        "e4m3fn",
        "e3m3",
        "e9m10",
        "f16:acc=f32",
        "bf16:acc=f32",
        "e5m2:acc=f16",
        "f32:acc=f64",
        "f32:acc=bf16",
        "mpfr:24",
        "mpfr:53",
        "f64:acc=f32",
        "e11m60",
    ];
    for loss in LOSSES {
        // The functions themselves are compared in every arithmetic by the tests of arithmetics.
        for activation in ["leaky", "prelu", "tanh"].map(|name| Activation::parse(name).unwrap()) {
            for shape in SHAPES {
                let (network, batch) = (small_network(activation, loss, shape), small_batch(loss));
                for arithmetic in arithmetics {
                    let expected = dispatch(named(arithmetic), ByDefinition(&network, &batch));
                    let what = format!("{arithmetic}, {activation}, {loss:?}, {shape:?}");
                    assert_same_run(&what, &expected, &run(arithmetic, &network, &batch));
                }
            }
        }
        let (network, batch) = (drawn(Activation::Gelu, loss, 3), batch_for(loss, 5, 9));
        for arithmetic in arithmetics {
            let expected = dispatch(named(arithmetic), ByDefinition(&network, &batch));
            assert_same_run(&format!("{arithmetic}, drawn, {loss:?}"), &expected, &run(arithmetic, &network, &batch));
        }
    }
}

fn drawn(activation: Activation, loss: Loss, depth: usize) -> Network {
    Perceptron { gain: 1.25, loss, ..perceptron(activation, depth, 13) }.draw(5, 0)
}

/// The same text gives the same bits on three carriers: MPFR at 24 and 53 bits is binary32 and binary64 where
/// nothing leaves their range.
#[test]
fn mpfr_at_24_and_53_bits_is_binary32_and_binary64() {
    let mut networks: Vec<(String, Network, Batch)> =
        oracles().into_iter().map(|oracle| (oracle.name, oracle.network, oracle.batch)).collect();
    for loss in LOSSES {
        for activation in ["leaky", "tanh", "softplus", "gelu", "prelu"] {
            let network = drawn(Activation::parse(activation).unwrap(), loss, 6);
            networks.push((format!("drawn {activation} {loss:?}"), network, batch_for(loss, 5, 7)));
        }
    }
    assert_eq!(networks.len(), 7 + 10);
    for (name, network, batch) in &networks {
        for (hardware, long) in [("f32", "mpfr:24"), ("f64", "mpfr:53")] {
            let what = format!("{name}: {long} against {hardware}");
            assert_same_run(&what, &run(hardware, network, batch), &run(long, network, batch));
        }
    }
}

/// Bits of the independent loss. Of an activation near 0 they may cancel twice 60 bits, and more than 115 are left.
const BITS: u32 = 340;

/// Error of central differences with h = 2^-60 that we allow, relative to the largest entry of a tensor: h²
/// times third derivatives, which reach 2^7 here. A wrong factor or sign cannot hide in it.
const DIFFERENCE_BITS: i32 = 112;

/// Every gradient of every activation is the derivative of an independent loss in 340 bits: weights, biases, PReLU's slope,
/// and δ; of some activations for every loss and shape of network.
#[test]
fn gradients_are_derivatives() {
    let more = ["leaky:0.25", "elu:0.5", "prelu:-0.125", "celu:0.5", "softplus:2", "swish:2", "threshold:-0.5:2"];
    let more = more.map(|name| Activation::parse(name).unwrap());
    let (mut compared, mut worst) = (0, HashMap::new());
    for (place, activation) in ALL.into_iter().chain(more).enumerate() {
        let all = LOSSES.into_iter().flat_map(|loss| SHAPES.map(|shape| (loss, shape)));
        let is_whole = ["prelu", "gelu", "leaky"].contains(&activation.name().as_str());
        let cases: Vec<_> = if is_whole { all.collect() } else { vec![(LOSSES[place % 2], Shape::Residual)] };
        for (loss, shape) in cases {
            let (network, batch) = (small_network(activation, loss, shape), small_batch(loss));
            let (mut left, mut right) = (0, 0);
            for layer in run("mpfr:300", &network, &batch) {
                let Layer { affine, weight, bias, slope } = parameters(&network, layer.site);
                for (tensor, values) in tensors(&layer) {
                    if tensor == "z" {
                        // No step of 2^-60 crosses a joint.
                        for z in &values.to_array() {
                            for joint in activation.joints().iter() {
                                assert!((z.to_f64() - joint.at).abs() > tolerances::DOUBLES, "z = {}", show(z));
                            }
                            *(if z.to_f64() > 0.0 { &mut right } else { &mut left }) += 1;
                        }
                        continue;
                    }
                    let largest = values.iter().map(|x| x.to_float().abs()).fold(Float::new(BITS), |a, b| a.max(&b));
                    for (index, value) in values.indexed_iter() {
                        let entry = match tensor {
                            "dW" => Entry::Parameter(weight, index),
                            "db" => Entry::Parameter(bias.expect("it has a gradient"), index),
                            "δ" => Entry::Affine(affine, index),
                            _ => Entry::Parameter(slope.expect("it has a gradient"), index),
                        };
                        let difference = Blackboard { bits: BITS }.quotient(&network, &batch, entry);
                        let error = Float::with_val(BITS, &difference - value.to_float()).abs();
                        assert!(
                            error <= Float::with_val(BITS, &largest >> DIFFERENCE_BITS),
                            "mpfr:300, {activation}, {loss:?}, {shape:?}: {tensor} of layer {} at {index:?}: \
                             difference {}, gradient {}, error {:e} of {:e}",
                            layer.site,
                            show(&Exact::Long(difference)),
                            show(&value),
                            error.to_f64(),
                            largest.to_f64()
                        );
                        if let Some(bits) = Float::with_val(53, &error / &largest).get_exp() {
                            let entry = worst.entry(tensor).or_insert(bits);
                            *entry = bits.max(*entry);
                        }
                        compared += 1;
                    }
                }
            }
            assert!(left > 5 && right > 5, "{activation} {shape:?}: {left} z left and {right} right of 0");
        }
    }
    assert!(compared > 4000, "{compared} entries");
    // The differences see something at all.
    assert!(worst.len() == 4 && worst.values().all(|bits| *bits > -250), "{worst:?}");
}

/// The nodes and parameters of one layer.
struct Layer {
    affine: usize,
    weight: usize,
    bias: Option<usize>,
    slope: Option<usize>,
}

fn parameters(network: &Network, layer: usize) -> Layer {
    let affine = network.sites[layer].node;
    let Operation::Affine { weight, bias } = network.nodes[affine].operation else { panic!("not affine") };
    let slope = network.sites[layer].activation.and_then(|node| match network.nodes[node].operation {
        Operation::Activation { slope, .. } => slope,
        _ => panic!("not an activation"),
    });
    Layer { affine, weight, bias, slope }
}

/// A network of 2 inputs, 2 leaky units and 1 output with mean squared error and two samples.
fn two_two_one(slope: f64, first: [[f64; 2]; 2], bias: [f64; 2], head: [f64; 2], head_bias: f64) -> Network {
    let mut network = Network::new(Loss::MeanSquaredError);
    network.push_affine("hidden.1", 0, arr2(&first), Some(arr2(&[[bias[0]], [bias[1]]])));
    let hidden = network.push_activation(Activation::Leaky { slope });
    network.push_affine("head", hidden, arr2(&[head]), Some(arr2(&[[head_bias]])));
    network
}

fn assert_gradients(what: &str, layers: &[SiteGradients], expected: &[(&str, usize, Array2<f64>)]) {
    for (tensor, layer, values) in expected {
        let gradients = layers.iter().find(|gradients| gradients.site == *layer).expect("the layer is there");
        let (_, actual) = tensors(gradients).into_iter().find(|(name, _)| name == tensor).expect("it is there");
        let expected = values.map(|&x| Exact::Double(x));
        assert_same_matrix(&expected, actual, || format!("{what}: {tensor} of layer {layer}"));
    }
}

/// Calculated by hand with fractions, and exact in every arithmetic of at least 6 bits and the range of f16:
///
/// ```text
/// samples (1, 1/2) → 1/8 and (−1, 1) → 1/2; slope 1/4
/// z = W·x + b:   1·1 − 1·1/2 + 1/4 = 3/4,  1/2·1 + 3·1/2 − 1 = 1  |  −1 − 1 + 1/4 = −7/4,  −1/2 + 3 − 1 = 3/2
/// a = φ(z):      3/4, 1  |  −7/16, 3/2
/// y:             2·3/4 − 1/2·1 + 1/8 = 9/8  |  −7/8 − 3/4 + 1/8 = −3/2
/// δ = 2/(2·1)·(y − t):   1  |  −2
/// head:          dW = 3/4 + 7/8 = 13/8,  1 − 3 = −2;   db = 1 − 2 = −1
/// Wᵀδ:           2, −1/2  |  −4, 1;   φ' = 1, 1 | 1/4, 1;   δ: 2, −1/2 | −1, 1
/// hidden.1:      dW = 2·1 + 1 = 3,  2·1/2 − 1 = 0  /  −1/2 − 1 = −3/2,  −1/4 + 1 = 3/4;   db = 1, 1/2
/// ```
#[test]
fn a_network_calculated_by_hand() {
    let network = two_two_one(0.25, [[1.0, -1.0], [0.5, 3.0]], [0.25, -1.0], [2.0, -0.5], 0.125);
    let batch = Batch { inputs: arr2(&[[1.0, -1.0], [0.5, 1.0]]), targets: Targets::Values(arr2(&[[0.125, 0.5]])) };
    let expected = [
        ("z", 0, arr2(&[[0.75, -1.75], [1.0, 1.5]])),
        ("z", 1, arr2(&[[1.125, -1.5]])),
        ("δ", 1, arr2(&[[1.0, -2.0]])),
        ("dW", 1, arr2(&[[1.625, -2.0]])),
        ("db", 1, arr2(&[[-1.0]])),
        ("δ", 0, arr2(&[[2.0, -1.0], [-0.5, 1.0]])),
        ("dW", 0, arr2(&[[3.0, 0.0], [-1.5, 0.75]])),
        ("db", 0, arr2(&[[1.0], [0.5]])),
    ];
    for arithmetic in
        ["f64", "f32", "tf32", "bf16", "f16", "f16:acc=f32", "f64:acc=f32", "e9m10", "e11m60", "mpfr:6", "mpfr:300"]
    {
        assert_gradients(arithmetic, &run(arithmetic, &network, &batch), &expected);
    }
}

/// The same with every rounding done by hand in `e3m2ieee`: 3 bits; the spacing is 1/16 below 1/2, then 1/8 up
/// to 1, 1/4 up to 2, 1/2 up to 4. A star marks a tie, which goes to the even significand.
///
/// ```text
/// samples (5/4, 1/2) → 1/4 and (−1, 3/4) → 3/2; slope 1/4
/// z₀: 15/16* → 1, −1/2, sum 1/2, + 1/8 = 5/8      |  −3/4, −3/4, sum −3/2, + 1/8 = −11/8* → −3/2
/// z₁: 5/8, 5/4, sum 15/8* → 2, − 1 = 1            |  −1/2, 15/8* → 2, sum 3/2, − 1 = 1/2
/// a:  5/8, 1                                      |  −3/8, 1/2
/// y:  25/32 → 3/4, −1/2, sum 1/4, + 1/8 = 3/8     |  −15/32* → −1/2, −1/4, sum −3/4, + 1/8 = −5/8
/// δ:  1·(3/8 − 1/4) = 1/8                         |  −17/8 → −2
/// head: dW₀: 5/64 → 1/16, 3/4, sum 13/16* → 3/4    dW₁: 1/8, −1, sum −7/8    db: 1/8 − 2 = −15/8* → −2
/// Wᵀδ: 5/32* → 1/8, −1/16                         |  −5/2, 1
/// δ:   1/8, −1/16                                 |  −5/8, 1
/// hidden.1: dW₀₀: 5/32* → 1/8, 5/8, sum 3/4        dW₀₁: 1/16, −15/32* → −1/2, sum −7/16
///           dW₁₀: −5/64 → −1/16, −1, −17/16 → −1   dW₁₁: −1/32* → −0, 3/4, sum 3/4
///           db₀: 1/8 − 5/8 = −1/2                  db₁: −1/16 + 1 = 15/16* → 1
/// ```
#[test]
fn a_network_rounded_by_hand() {
    let network = two_two_one(0.25, [[0.75, -1.0], [0.5, 2.5]], [0.125, -1.0], [1.25, -0.5], 0.125);
    let batch = Batch { inputs: arr2(&[[1.25, -1.0], [0.5, 0.75]]), targets: Targets::Values(arr2(&[[0.25, 1.5]])) };
    let expected = [
        ("z", 0, arr2(&[[0.625, -1.5], [1.0, 0.5]])),
        ("z", 1, arr2(&[[0.375, -0.625]])),
        ("δ", 1, arr2(&[[0.125, -2.0]])),
        ("dW", 1, arr2(&[[0.75, -0.875]])),
        ("db", 1, arr2(&[[-2.0]])),
        ("δ", 0, arr2(&[[0.125, -0.625], [-0.0625, 1.0]])),
        ("dW", 0, arr2(&[[0.75, -0.4375], [-1.0, 0.75]])),
        ("db", 0, arr2(&[[-0.5], [1.0]])),
    ];
    assert_gradients("e3m2ieee", &run("e3m2ieee", &network, &batch), &expected);
}

/// A role as the independent scalar pass sees it: every rounding by search.
struct Role {
    format: Codes,
    accumulator: Codes,
}

impl Role {
    fn new(name: &str) -> Role {
        let name = named(name);
        Role { format: Codes::of(&name.format), accumulator: Codes::of(&name.accumulator) }
    }

    fn round(&self, x: &Real) -> Real {
        self.format.round(x)
    }

    fn binary(&self, operation: Binary, x: &Real, y: &Real) -> Real {
        self.round(&Real::binary(operation, x, y))
    }

    fn dot(&self, row: &[Real], column: &[Real], last: Option<&Real>) -> Real {
        dot_as((&self.format, &self.accumulator), How::NEAREST, Sum::Sequential, (row, column), last)
    }
}

/// Forward and backward pass of [`two_two_one`] written out over exact numbers.
fn two_roles(
    network: &Network,
    batch: &Batch,
    forward: &Role,
    backward: &Role,
) -> Vec<(&'static str, usize, Array2<Real>)> {
    let real = |values: &Array2<f64>, role: &Role| values.map(|&x| role.round(&Real::of(&Exact::Double(x))));
    let parameter = |id: usize, role: &Role| real(&network.parameters[id].values, role);
    let Operation::Activation { activation: Activation::Leaky { slope }, .. } = network.nodes[2].operation else {
        panic!("not leaky")
    };
    let (slope, one) = (Real::of(&Exact::Double(slope)), Real::of(&Exact::Double(1.0)));
    let positive = |z: &Real| matches!(z, Real::Finite(magnitude, false) if *magnitude > 0);
    let samples = batch.inputs.ncols();
    let affine = |weight: Array2<Real>, bias: Array2<Real>, a: &Array2<Real>| {
        Array2::from_shape_fn((weight.nrows(), samples), |(i, s)| {
            forward.dot(&weight.row(i).to_vec(), &a.column(s).to_vec(), Some(&bias[(i, 0)]))
        })
    };
    let x = real(&batch.inputs, forward);
    let z = affine(parameter(0, forward), parameter(1, forward), &x);
    let a = z.map(|z| if positive(z) { z.clone() } else { forward.round(&slope.times(z)) });
    let derivative = z.map(|z| forward.round(if positive(z) { &one } else { &slope }));
    let y = affine(parameter(2, forward), parameter(3, forward), &a);

    let cross = |values: &Array2<Real>| values.map(|value| backward.round(value));
    let Targets::Values(targets) = &batch.targets else { panic!("no values") };
    let scale = backward.round(&Real::Finite(Rational::from((2, samples)), false)); // not exact in any of them
    let targets = real(targets, backward);
    let crossed = cross(&y);
    let head = Array2::from_shape_fn(y.dim(), |index| {
        let difference = backward.binary(Binary::Subtract, &crossed[index], &targets[index]);
        backward.binary(Binary::Multiply, &difference, &scale)
    });
    let ones = vec![one.clone(); samples];
    let weight_gradient = |delta: &Array2<Real>, a: &Array2<Real>| {
        let a = cross(a);
        Array2::from_shape_fn((delta.nrows(), a.nrows()), |(i, j)| {
            backward.dot(&delta.row(i).to_vec(), &a.row(j).to_vec(), None)
        })
    };
    let bias_gradient = |delta: &Array2<Real>| {
        Array2::from_shape_fn((delta.nrows(), 1), |(i, _)| backward.dot(&delta.row(i).to_vec(), &ones, None))
    };
    let (weight, derivative) = (parameter(2, backward), cross(&derivative));
    let hidden = Array2::from_shape_fn(z.dim(), |(i, s)| {
        let below = backward.dot(&weight.column(i).to_vec(), &head.column(s).to_vec(), None);
        backward.binary(Binary::Multiply, &below, &derivative[(i, s)])
    });
    vec![
        ("dW", 1, weight_gradient(&head, &a)),
        ("db", 1, bias_gradient(&head)),
        ("dW", 0, weight_gradient(&hidden, &x)),
        ("db", 0, bias_gradient(&hidden)),
        ("δ", 1, head),
        ("δ", 0, hidden),
        ("z", 1, y),
        ("z", 0, z),
    ]
}

/// Parameters, inputs, targets and slope with all the bits of a double: every storage and crossing rounds.
fn awkward() -> (Network, Batch) {
    let mut random = Random(9);
    let mut next = || (random.bits() >> 11) as f64 * two_to(-52) - 1.0;
    let mut pair = || [next(), next()];
    let network = two_two_one(0.1, [pair(), pair()], pair(), pair(), pair()[0]);
    let inputs = Array2::from_shape_simple_fn((2, 5), || pair()[0]);
    let targets = Array2::from_shape_simple_fn((1, 5), || pair()[0]);
    (network, Batch { inputs, targets: Targets::Values(targets) })
}

/// Two different arithmetics in the roles: forward values are the forward arithmetic's, what crosses is
/// rounded to the receiving role once, and parameters are stored by each role from their exact values.
#[test]
fn values_are_rounded_once_when_they_cross_roles() {
    fn check<F: Numbers, B: Numbers>(names: (&str, &str), forward: F, backward: B) -> Vec<SiteGradients> {
        let (network, batch) = awkward();
        let actual: Vec<_> = Pass::new(&network, &batch, Arc::new(forward), Arc::new(backward)).collect();
        for (tensor, layer, expected) in two_roles(&network, &batch, &Role::new(names.0), &Role::new(names.1)) {
            let gradients = actual.iter().find(|gradients| gradients.site == layer).expect("the layer is there");
            let (_, values) = tensors(gradients).into_iter().find(|(name, _)| *name == tensor).expect("it is there");
            assert_eq!(expected.dim(), values.dim());
            for ((index, expected), value) in expected.indexed_iter().zip(&values.to_array()) {
                assert!(
                    expected.is(value),
                    "forward {}, backward {}: {tensor} of layer {layer} at {index:?}: expected {expected:?}, got {}",
                    names.0,
                    names.1,
                    show(value)
                );
            }
        }
        actual
    }
    fn lanes<C: Carrier>(name: &str) -> Packed<C> {
        Packed::new(named(name)).expect("lanes carry it")
    }
    let exact = || Long::new(named("mpfr:600"));
    let (network, batch) = awkward();
    let down = check(("mpfr:600", "f16"), exact(), lanes::<f16>("f16"));
    let up = check(("f16", "mpfr:600"), lanes::<f16>("f16"), exact());
    check(("f32", "e5m2"), lanes::<f32>("f32"), lanes::<f32>("e5m2"));
    check(("e4m3fn:acc=f32", "e5m2:acc=f16"), lanes::<f32>("e4m3fn:acc=f32"), lanes::<f32>("e5m2:acc=f16"));
    check(("e11m60", "f16:acc=f32"), Long::new(named("e11m60")), lanes::<f16>("f16:acc=f32"));
    let both = check(("f16", "f16"), lanes::<f16>("f16"), lanes::<f16>("f16"));
    let all_exact = check(("mpfr:600", "mpfr:600"), exact(), exact());

    // One arithmetic twice is the plain run, and the roles are seen.
    assert_same_run("f16 in both roles", &run("f16", &network, &batch), &both);
    assert_same_run("mpfr:600 in both roles", &run("mpfr:600", &network, &batch), &all_exact);
    for (one, other) in [(&down, &both), (&up, &both), (&down, &up), (&down, &all_exact), (&up, &all_exact)] {
        assert!(one.iter().zip(other).all(|(one, other)| one.weight != other.weight), "the roles make no difference");
    }
    // z is the forward role's alone.
    for (mixed, plain) in [(&down, &all_exact), (&up, &both)] {
        for (mixed, plain) in mixed.iter().zip(plain) {
            assert_same_matrix(&plain.preactivation, &mixed.preactivation, || format!("z of layer {}", plain.site));
        }
    }
}

/// A head alone: y = W·x.
fn linear(loss: Loss, weight: Array2<f64>, bias: Option<Array2<f64>>) -> Network {
    let mut network = Network::new(loss);
    network.push_affine("head", 0, weight, bias);
    network
}

/// Overflow of one sample stays: infinite z, infinite relu, NaN where infinities meet, and NaN in every sum
/// over the batch; the other sample keeps its finite values.
#[test]
fn overflow_is_neither_hidden_nor_spread_to_other_samples() {
    for activation in [Activation::Relu, Activation::Prelu { slope: 0.25 }, Activation::Identity, Activation::Silu] {
        let mut network = Network::new(Loss::MeanSquaredError);
        network.push_affine("hidden.1", 0, arr2(&[[60000.0], [30000.0]]), None);
        let hidden = network.push_activation(activation);
        network.push_affine("head", hidden, arr2(&[[1.0, -1.0]]), None);
        let batch = Batch { inputs: arr2(&[[4.0, 1.0]]), targets: Targets::Values(arr2(&[[0.0, 0.0]])) };
        for arithmetic in ["f16", "e5m2:acc=f32"] {
            let layers = run(arithmetic, &network, &batch);
            let [head, hidden] = &layers[..] else { panic!("two layers") };
            for unit in 0..2 {
                let what = |tensor| move || format!("{arithmetic}, {activation}: {tensor} of unit {unit}");
                assert_same(&Exact::Double(f64::INFINITY), &hidden.preactivation.get((unit, 0)), what("z"));
                assert_same(&Exact::Double(f64::NAN), &hidden.delta.get((unit, 0)), what("δ"));
                assert_same(&Exact::Double(f64::NAN), &hidden.weight.get((unit, 0)), what("dW"));
                assert!(hidden.preactivation.get((unit, 1)).is_finite(), "{arithmetic}, {activation}: z of sample 1");
                assert!(hidden.delta.get((unit, 1)).is_finite(), "{arithmetic}, {activation}: δ of sample 1");
            }
            assert_same(&Exact::Double(f64::NAN), &head.preactivation.get((0, 0)), || {
                format!("{arithmetic}: y = ∞ − ∞")
            });
            assert!(head.preactivation.get((0, 1)).is_finite());
        }
    }
}

/// The maximum in softmax does not step over a NaN, wherever it stands; a logit of −∞ has probability 0, one
/// of +∞ makes its sample NaN.
#[test]
fn softmax_does_not_hide_nan() {
    // Logits of 1, of 60000·60000 = ∞ and of ∞ − ∞ in f16, in every order.
    let one = [two_to(-15), two_to(-15)];
    let (infinite, nan) = ([60000.0, 60000.0], [60000.0, -60000.0]);
    let minus_infinite = [-60000.0, -60000.0];
    let batch = |class| Batch {
        inputs: arr2(&[[60000.0, two_to(-10)], [60000.0, two_to(-10)]]),
        targets: Targets::Classes(vec![class, class]),
    };
    for (special, finite) in [(nan, false), (infinite, false), (minus_infinite, true)] {
        for position in 0..3 {
            for class in 0..3 {
                let mut weight = arr2(&[one, one, one]);
                weight.row_mut(position).assign(&ndarray::arr1(&special));
                let layers = run("f16", &linear(Loss::CrossEntropy, weight, None), &batch(class));
                for k in 0..3 {
                    let delta = &layers[0].delta.get((k, 0));
                    let what = format!("special logit {position}, class {class}: δ of output {k} is {}", show(delta));
                    assert_eq!(delta.is_finite(), finite, "{what}");
                    assert!(finite || delta.sign().is_none(), "{what}");
                    assert!(layers[0].delta.get((k, 1)).is_finite(), "{what}: sample 1");
                }
                if finite {
                    let expected = if position == class { -0.5 } else { 0.0 };
                    let delta = &layers[0].delta.get((position, 0));
                    assert_same(&Exact::Double(expected), delta, || "δ of a logit of −∞".to_string());
                }
            }
        }
    }
}

/// Without a bias nothing is added: −0 stays −0. A bias of +0 makes it +0.
#[test]
fn no_bias_means_no_addition() {
    let batch = Batch { inputs: arr2(&[[0.0]]), targets: Targets::Values(arr2(&[[1.0]])) };
    for arithmetic in ["f64", "f32", "f16", "bf16", "e4m3fn", "f16:acc=f32", "f64:acc=f32", "e11m60", "mpfr:24"] {
        for (bias, expected) in [(None, -0.0), (Some(arr2(&[[0.0]])), 0.0), (Some(arr2(&[[-0.0]])), -0.0)] {
            let layers = run(arithmetic, &linear(Loss::MeanSquaredError, arr2(&[[-1.0]]), bias), &batch);
            assert_same(&Exact::Double(expected), &layers[0].preactivation.get((0, 0)), || format!("{arithmetic}: z"));
        }
    }
}

/// The slope's gradient sums over z ≤ 0 only: an infinite gradient where z > 0 is not multiplied by 0.
#[test]
fn the_slope_gradient_leaves_out_positive_units() {
    let mut network = Network::new(Loss::MeanSquaredError);
    network.push_affine("hidden.1", 0, arr2(&[[1.0], [-1.0]]), None);
    let hidden = network.push_activation(Activation::Prelu { slope: 0.25 });
    network.push_affine("head", hidden, arr2(&[[60000.0, 1.0]]), None);
    // a = (1, −1/4), y = 60000, δ = 2·(60000 − 59968) = 64, Wᵀδ = (∞, 64), Σ over unit 1 alone: 64·(−1).
    let batch = Batch { inputs: arr2(&[[1.0]]), targets: Targets::Values(arr2(&[[59968.0]])) };
    let layers = run("f16", &network, &batch);
    assert_same(&Exact::Double(f64::INFINITY), &layers[1].delta.get((0, 0)), || "δ of unit 0".to_string());
    let slope = layers[1].slope.as_ref().expect("prelu has a slope");
    assert_same(&Exact::Double(-64.0), &slope.get((0, 0)), || "f16: slope gradient".to_string());
}

/// A batch without samples has gradients that are empty sums.
#[test]
fn an_empty_batch_gives_zeros() {
    for loss in LOSSES {
        for shape in [Shape::Plain, Shape::Residual] {
            for activation in ["tanh", "prelu"] {
                let network = small_network(Activation::parse(activation).unwrap(), loss, shape);
                let targets = match loss {
                    Loss::CrossEntropy => Targets::Classes(vec![]),
                    Loss::MeanSquaredError => Targets::Values(Array2::zeros((3, 0))),
                };
                let batch = Batch { inputs: Array2::zeros((3, 0)), targets };
                for arithmetic in ["f16", "f16:acc=f32", "f64", "mpfr:24"] {
                    let layers = run(arithmetic, &network, &batch);
                    assert_eq!(layers.len(), 4);
                    for layer in &layers {
                        assert_eq!(layer.delta.ncols(), 0);
                        for (tensor, values) in tensors(layer) {
                            for value in &values.to_array() {
                                assert_same(&Exact::Double(0.0), value, || {
                                    format!("{arithmetic}, {activation}, {loss:?}: {tensor} of layer {}", layer.site)
                                });
                            }
                        }
                    }
                }
            }
        }
    }
}
