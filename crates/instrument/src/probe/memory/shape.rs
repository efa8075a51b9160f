//! The properties of a plan that determine its memory: the shapes of the layers, and the arithmetics with their
//! questions.

use crate::activation::Activation;
use crate::arithmetic::dispatch::is_in_lanes;
use crate::arithmetic::{ArithmeticName, Policy};
use crate::exchange::Sequential;
use crate::format::{F16, Format, exponent_of};
use crate::probe::questions::Questions;
use crate::spec::{Attribute, Plan};

/// Bytes of one MPFR number in addition to its limbs: the struct and the allocator's share.
const NUMBER: u128 = 48;

/// Layers of one shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layers {
    /// How many there are.
    pub count: u128,
    /// Inputs of each unit.
    pub inputs: u128,
    /// Units.
    pub units: u128,
}

/// A plan's networks in numbers; everything counts the head, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The layers, those of one shape together.
    pub groups: Vec<Layers>,
    /// Input features.
    pub features: u128,
    /// Samples per batch.
    pub batch: u128,
    /// Gradients compared with the exact ones in every layer: of weight and δ, of a bias, of a slope.
    pub tensors: u128,
    /// Bytes of weights whose sizes differ too much for the words of the exact gradient.
    pub long_weights: u128,
    /// The arithmetics in their order.
    pub arithmetics: Vec<Arithmetic>,
}

impl Shape {
    /// Of a plan.
    pub fn of(plan: &Plan) -> Shape {
        let spec = &plan.spec;
        let (features, outputs) = spec.shape();
        let [features, outputs, width, depth] = [features, outputs, spec.width, spec.depth].map(|count| count as u128);
        let groups = match &spec.weights {
            Some(weights) => (weights.units.windows(2))
                .map(|pair| Layers { count: 1, inputs: pair[0] as u128, units: pair[1] as u128 })
                .collect(),
            None => vec![
                Layers { count: 1, inputs: features, units: width },
                Layers { count: depth.saturating_sub(1), inputs: width, units: width },
                Layers { count: 1, inputs: width, units: outputs },
            ],
        };
        let is_prelu = |activation: &Activation| matches!(activation, Activation::Prelu { .. });
        let has_slopes = plan.runs.iter().any(|run| run.activations().iter().any(is_prelu));
        let tensors = 2 + u128::from(spec.bias) + u128::from(has_slopes);
        let long_weights = plan.network.as_ref().map_or(0, |network| long_weights(network));
        let arithmetics = Arithmetic::of(plan).collect();
        Shape { groups, features, batch: spec.batch as u128, tensors, long_weights, arithmetics }
    }

    fn sum(&self, of: impl Fn(&Layers) -> u128) -> u128 {
        self.groups.iter().map(|group| group.count * of(group)).sum()
    }

    fn most(&self, of: impl Fn(&Layers) -> u128) -> u128 {
        self.groups.iter().filter(|group| group.count > 0).map(of).max().unwrap_or(0)
    }

    /// Layers.
    pub fn layers(&self) -> u128 {
        self.sum(|_| 1)
    }

    /// Weights of all layers.
    pub fn weights(&self) -> u128 {
        self.sum(|group| group.inputs * group.units)
    }

    /// Weights of the layer that has most.
    pub fn largest(&self) -> u128 {
        self.most(|group| group.inputs * group.units)
    }

    /// Numbers of the longest vector: a layer's units, or the features.
    pub fn widest(&self) -> u128 {
        self.widest_layer().max(self.features)
    }

    /// Units of the widest layer.
    pub fn widest_layer(&self) -> u128 {
        self.most(|group| group.units)
    }

    /// Units of the head.
    pub fn outputs(&self) -> u128 {
        self.groups.last().map_or(0, |group| group.units)
    }

    /// Pre-activations of one sample in all layers, and its features.
    pub fn units(&self) -> u128 {
        self.features + self.sum(|group| group.units)
    }

    /// What of so much per unit and sample is kept at once, where values are kept in so many segments: one run of
    /// layers, and one layer's where each of the other runs begins.
    pub fn kept(&self, per_unit: u128, segments: usize) -> u128 {
        let all = self.units() * self.batch * per_unit;
        let layers = self.layers();
        let segments = (segments as u128).clamp(1, layers);
        if segments == 1 {
            return all;
        }
        let at_once = layers.div_ceil(segments) + segments + 1;
        all.min(at_once * self.widest() * self.batch * per_unit)
    }

    /// Powers of two among the entries of the weight gradients of all layers, about: the smallest of n entries is about
    /// n times smaller than an ordinary one.
    pub fn powers_of_two(&self) -> u128 {
        self.sum(|group| {
            let entries = group.inputs * group.units;
            entries.min(6 + 2 * u128::from(entries.max(1).ilog2()))
        })
    }
}

/// One arithmetic of a plan in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arithmetic {
    /// Bytes of a number in the format's own storage type.
    pub number: u128,
    /// The same in the widest arithmetic that its questions need.
    pub widest: u128,
    /// Forward passes: its own and the twin's, and those of sources and remedies.
    pub forward: u128,
    /// Further runs of the backward pass.
    pub extras: u128,
    /// Bytes of its name.
    pub name: u128,
}

/// Forward passes of an arithmetic that is attributed: its own, the twin's, the range's, exact sums, forward in f32,
/// the exact one, storage alone, and an f32 accumulator.
const ATTRIBUTED_FORWARD: u128 = 8;
/// Largest number of backward passes: the twin's, six sources alone and all but each, all off, and four remedies.
const ATTRIBUTED_EXTRAS: u128 = 17;

impl Arithmetic {
    /// Those of a plan, in their order.
    fn of(plan: &Plan) -> impl Iterator<Item = Arithmetic> {
        let attribute = plan.spec.attribute;
        plan.arithmetics.iter().map(move |policy| {
            let number = carried(&policy.forward).max(carried(&policy.backward));
            let is_attributed = Questions::are_put(policy, attribute);
            // Doubles replace exact numbers, or numbers of twice the bits.
            let widest = match (is_attributed, attribute) {
                (true, Attribute::All) if number > 8 => 2 * number,
                (true, _) => number.max(8),
                (false, _) => number,
            };
            // If storing may exceed the range, the twin stores without limits, and one more run stores like the
            // arithmetic.
            let stored = u128::from(may_leave_range(plan, policy));
            Arithmetic {
                number,
                widest,
                forward: if is_attributed { ATTRIBUTED_FORWARD + stored } else { 2 },
                extras: if is_attributed { ATTRIBUTED_EXTRAS + stored } else { 1 },
                name: policy.to_string().len() as u128,
            }
        })
    }

    /// True if its noise is attributed to sources.
    pub fn is_attributed(&self) -> bool {
        self.extras > 1
    }
}

/// Whether a format of the policy may store a parameter, an input or a target as zero or infinity. Drawn numbers are on
/// a grid that fits formats with f16's range.
fn may_leave_range(plan: &Plan, policy: &Policy) -> bool {
    let holds_grid = |format: &Format| {
        let largest = format.max_exponent().is_none_or(|exponent| exponent >= F16.max_exponent().unwrap_or(exponent));
        let smallest = F16.smallest_subnormal_exponent();
        largest && format.smallest_subnormal_exponent().is_none_or(|exponent| Some(exponent) <= smallest)
    };
    let formats = [Some(policy.forward.format), Some(policy.backward.format), policy.storage];
    let is_drawn = plan.network.is_none() && plan.spec.batch_file.is_none();
    !(is_drawn && formats.iter().flatten().all(holds_grid))
}

/// Bytes of a number in the storage type of an arithmetic: lanes, or MPFR's.
fn carried(name: &ArithmeticName) -> u128 {
    match name.format.precision {
        // Doubles, whatever the format.
        _ if !name.is_common() && is_in_lanes(*name) => 8,
        precision if !name.is_common() => NUMBER + u128::from(precision) / 8,
        precision if precision <= 11 && name.accumulator.precision >= precision => 2,
        precision if precision <= 24 && name.accumulator.precision >= precision => 4,
        precision if precision <= 53 && name.accumulator.precision >= precision => 8,
        precision => NUMBER + u128::from(precision) / 8,
    }
}

/// Bits of weights up to which the exact gradient holds them in one plane of limbs, and in four.
const ONE_PLANE: i64 = 20;
const FOUR_PLANES: i64 = 72;

/// Additional bytes of the exact gradient for matrices whose weights need more than one plane of limbs, all at the
/// exponent of the lowest bit: more planes, or GMP numbers, which exist twice while they are made.
fn long_weights(network: &Sequential) -> u128 {
    let bytes = |weights: &ndarray::Array2<f64>| {
        let bits = bits(weights);
        let each = if bits <= ONE_PLANE {
            0
        } else if bits <= FOUR_PLANES {
            16
        } else {
            2 * (NUMBER + bits as u128 / 8)
        };
        weights.len() as u128 * each
    };
    network.layers.iter().map(|layer| bytes(&layer.weight)).sum()
}

/// From the lowest bit of any weight to the highest.
fn bits(weights: &ndarray::Array2<f64>) -> i64 {
    let (mut lowest, mut highest) = (i64::MAX, i64::MIN);
    for &weight in weights.iter().filter(|weight| **weight != 0.0) {
        let top = exponent_of(weight);
        // A double has 52 bits below its exponent, of which the last ones may be zero.
        let zeros = i64::from((weight.to_bits() | 1 << 52).trailing_zeros());
        (lowest, highest) = (lowest.min(top - 52 + zeros), highest.max(top));
    }
    highest.saturating_sub(lowest).saturating_add(1).max(0)
}
