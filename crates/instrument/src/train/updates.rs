//! Updates compared with the exact ones: which are lost, and which have the wrong sign.
//!
//! The exact update of a step is what the exact optimiser makes of the exact gradient, from the same parameters and the
//! same stored state. The one implementation of the optimiser computes it with unbounded exponents and enough bits for its
//! sign to be exact. Where the sign of a gradient is proven, that of its update counts as proven: with momentum or weight
//! decay it could be open only where the sum cancels as many bits as are proven.

use super::learner::{CompletedStep, Learner, Recipe};
use super::optimiser::{Change, decay_factor};
use crate::arithmetic::long::Long;
use crate::arithmetic::{ArithmeticName, ExactMatrix};
use crate::format::Format;
use crate::graph::{Network, ParameterId};
use crate::number::Number;
use crate::probe::measure::{Measurement, SiteMeasurement};
use crate::record::training::Updates;
use crate::spec::training::Optimiser;
use crate::truth::{TrueTensor, Unproven};
use ndarray::Array2;
use rug::Float;
use std::cmp::Ordering;

/// Significand bits of the arithmetic used as exact: products of doubles have 106, and their sums, unless their exponents
/// are far apart, not many more.
const BITS: u32 = 256;
/// Bits in which squares are added up.
const SUM_BITS: u32 = 64;

/// The exact optimiser's updates of every parameter.
pub struct Exactly {
    changes: Vec<Change<Float>>,
    /// The factor of θ before the change, minus 1: 0 without decoupled decay.
    decay: f64,
    /// Per parameter, which entries of the exact gradient have a proven sign; `None` if none is known.
    known: Vec<Option<Array2<bool>>>,
}

impl Exactly {
    /// The exact updates of a step.
    pub fn new(before: &Learner, recipe: &Recipe, taken: &CompletedStep, measurement: &Measurement) -> Exactly {
        let long = Long::new(ArithmeticName::plain(Format::mpfr(BITS)));
        let parameters = &before.network.parameters;
        let mut known = vec![None; parameters.len()];
        let mut gradients: Vec<Array2<Float>> =
            parameters.iter().map(|parameter| Array2::from_elem(parameter.values.dim(), Float::new(BITS))).collect();
        for (layer, owners) in measurement.sites.iter().zip(before.network.site_parameters()) {
            for (owner, tensor) in owners.into_iter().zip(true_tensors(layer)) {
                if let Some((owner, Ok(tensor))) = owner.zip(tensor) {
                    known[owner] = Some(signs(tensor));
                    gradients[owner] = tensor.values().map(|x| Float::with_val(BITS, x));
                }
            }
        }
        let decay = match recipe.optimiser {
            Optimiser::Adam { decoupled: true, weight_decay, .. } if weight_decay != 0.0 => {
                decay_factor(taken.moment.rate, weight_decay) - 1.0
            }
            _ => 0.0,
        };
        Exactly { changes: before.changes_in(&long, recipe, taken.moment, gradients), decay, known }
    }
}

/// Weight, bias and slope.
fn true_tensors(layer: &SiteMeasurement) -> [Option<&Result<TrueTensor, Unproven>>; 3] {
    let truth = layer.truth.as_ref();
    [
        truth.map(|truth| &truth.weight),
        truth.and_then(|truth| truth.bias.as_ref()),
        truth.and_then(|truth| truth.slope.as_ref()),
    ]
}

/// Which entries are known: exactly, or to be larger than their error.
fn signs(tensor: &TrueTensor) -> Array2<bool> {
    Array2::from_shape_fn(tensor.dim(), |index| {
        let bound = tensor.entry_error(index);
        bound.is_zero() || tensor.value(index).cmp_abs(&bound.to_float()) == Some(Ordering::Greater)
    })
}

/// One layer's updates: counts, the share of their energy that is lost, and how much of the exact update is applied.
pub fn of_layer(
    exact: &Exactly,
    owners: &[Option<ParameterId>; 3],
    before: &Network,
    after: &Network,
    gradients: &[ExactMatrix],
) -> (Updates, Number, Number) {
    let mut counts = Updates::default();
    let [mut all, mut lost, mut arrived] = [(); 3].map(|()| Float::new(SUM_BITS));
    for &owner in owners.iter().flatten() {
        let [old, new] = [before, after].map(|network| &network.parameters[owner].values);
        for (index, &theta) in old.indexed_iter() {
            counts.parameters += 1;
            let moved = new[index];
            counts.overflowed += u64::from(!moved.is_finite());
            if !exact.known[owner].as_ref().is_some_and(|known| known[index]) {
                counts.undecided += 1;
                continue;
            }
            // Δ = (1 − lr·λ − 1)·θ − change.
            let decay = Float::with_val(BITS, exact.decay) * theta;
            let due = decay - &exact.changes[owner].change[index];
            if due.is_zero() || due.is_nan() {
                continue;
            }
            counts.due += 1;
            let energy = Float::with_val(SUM_BITS, due.square_ref());
            all += &energy;
            arrived += (Float::with_val(SUM_BITS, moved) - theta) * Float::with_val(SUM_BITS, &due);
            match moved.partial_cmp(&theta) {
                Some(Ordering::Equal) => {
                    counts.lost += 1;
                    counts.absorbed += u64::from(!gradients[owner].get(index).is_zero());
                    lost += &energy;
                }
                Some(direction) if moved.is_finite() && Some(direction) != due.cmp0() => counts.wrong_sign += 1,
                _ => {}
            }
        }
    }
    let share = |of: &Float| if all.is_zero() { f64::NAN } else { Float::with_val(SUM_BITS, of / &all).to_f64() };
    (counts, Number::new(share(&lost)), Number::new(share(&arrived)))
}
