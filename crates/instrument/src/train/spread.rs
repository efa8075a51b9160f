//! Minibatch noise: the distance of a minibatch's gradient from the mean over minibatches at the same parameters; and dead
//! units.

use crate::activation::{Activation, Function};
use crate::arithmetic::doubles::Doubles;
use crate::arithmetic::{Arithmetic, ArithmeticName, ExactMatrix, Policy, Step};
use crate::backprop::{Setup, SiteGradients, gradients};
use crate::data::Batch;
use crate::format::{F64, two_to};
use crate::graph::{Network, Operation};
use crate::number::Number;
use ndarray::Array2;
use rayon::prelude::*;

/// Over some minibatches, computed in f64.
pub struct MinibatchSpread {
    /// Per layer, log₂ of the root mean square distance of a weight gradient from the mean, of K minibatches with K − 1
    /// as the divisor.
    log2: Vec<Number>,
    /// Per layer, units whose φ' is zero on every sample; 0 for the head.
    pub dead: Vec<u64>,
}

impl MinibatchSpread {
    /// Over minibatches at a network's parameters.
    pub fn of(network: &Network, batches: &[Batch]) -> MinibatchSpread {
        let setup: Setup = Policy::from(ArithmeticName::plain(F64)).into();
        let passes: Vec<Vec<SiteGradients>> = (batches.par_iter())
            .map(|batch| {
                let mut layers: Vec<SiteGradients> = gradients(setup.clone(), network, batch).collect();
                layers.reverse();
                layers
            })
            .collect();
        let layers = 0..network.sites.len();
        let log2 = layers.clone().map(|layer| {
            let weights: Vec<&ExactMatrix> = passes.iter().map(|pass| &pass[layer].weight).collect();
            Number::new(log2_distance(&weights))
        });
        let derivatives: Vec<Function> = activations(network).map(Function::Derivative).collect();
        let dead = layers.map(|layer| {
            // The head has no activation.
            let Some(derivative) = derivatives.get(layer) else { return 0 };
            let values: Vec<&ExactMatrix> = passes.iter().map(|pass| &pass[layer].preactivation).collect();
            dead_units(derivative, &values)
        });
        MinibatchSpread { log2: log2.collect(), dead: dead.collect() }
    }

    /// Of a layer, from 0.
    pub fn log2_of(&self, layer: usize) -> Number {
        self.log2[layer]
    }
}

/// The activations of a network with the slopes that they have now.
pub fn activations(network: &Network) -> impl Iterator<Item = Activation> {
    network.nodes.iter().filter_map(|node| match node.operation {
        Operation::Activation { slope: Some(slope), .. } => {
            Some(Activation::Prelu { slope: network.parameters[slope].values[(0, 0)] })
        }
        Operation::Activation { activation, .. } => Some(activation),
        _ => None,
    })
}

fn doubles(matrix: &ExactMatrix) -> &Array2<f64> {
    match matrix {
        ExactMatrix::Doubles(matrix) => matrix,
        ExactMatrix::Any(_) => unreachable!("invariant: f64 computes doubles"),
    }
}

/// log₂ √(Σ‖g − ḡ‖²/(K − 1)); NaN where a gradient is not finite, −∞ where all are the same.
fn log2_distance(gradients: &[&ExactMatrix]) -> f64 {
    let top = gradients.iter().filter_map(|gradient| gradient.top()).max().unwrap_or(0).clamp(-1000, 1000);
    if gradients.iter().any(|gradient| !gradient.is_finite()) {
        return f64::NAN;
    }
    // Squares neither underflow nor overflow: entries are at most 2.
    let factor = two_to(-top);
    let count = gradients.len() as f64;
    let mut sum = 0.0;
    for place in 0..gradients[0].len() {
        let entry = |gradient: &&ExactMatrix| {
            doubles(gradient).as_slice().expect("invariant: gradients are row-major")[place] * factor
        };
        let mean = gradients.iter().map(entry).sum::<f64>() / count;
        sum += gradients.iter().map(|gradient| (entry(gradient) - mean) * (entry(gradient) - mean)).sum::<f64>();
    }
    0.5 * core_math::log2(sum / (count - 1.0)) + top as f64
}

/// Rows in which φ' is zero in every column of every matrix.
fn dead_units(derivative: &Function, preactivations: &[&ExactMatrix]) -> u64 {
    let arithmetic = Doubles::new(ArithmeticName::plain(F64), 0).expect("invariant: f64 has lanes");
    let units = preactivations[0].dim().0;
    let mut is_alive = vec![false; units];
    for z in preactivations {
        let slopes = arithmetic.map(Step::alone(0), derivative, doubles(z));
        for (unit, row) in slopes.rows().into_iter().enumerate() {
            is_alive[unit] |= row.iter().any(|slope| *slope != 0.0);
        }
    }
    is_alive.iter().filter(|alive| !**alive).count() as u64
}
