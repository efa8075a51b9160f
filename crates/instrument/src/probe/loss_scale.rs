//! The best loss scale: the smallest power of two that leaves no more noise than a backward pass of unlimited range.
//!
//! Let W be the largest noise-to-signal ratio of any layer whose exact gradient is not zero, and ν the W of a pass with
//! unlimited range. The best scale is the smallest one at which W ≤ 1.02·ν in enough of the trials and nothing
//! overflows in any; if there is none, the one with the smallest median W. Apart from the rounding of single entries, a
//! larger scale flushes no more and overflows no less. So scales are bisected in each network, and those near the point
//! where enough networks agree are tried in all. Scales below 1 are for gradients that overflow; of those, the largest
//! is best.
//!
//! An arithmetic of far more bits and unbounded exponents replaces exact gradients here.

use super::questions::exact;
use crate::arithmetic::{ExactMatrix, Policy};
use crate::backprop::{ForwardRun, Part, Setup, SiteGradients};
use crate::data::Batch;
use crate::format::{Format, two_to};
use crate::graph::Network;
use crate::graph::segments::Segments;
use crate::record::enough_of;
use crate::statistics::median;
use rug::Float;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Noise up to this many times that of a backward pass of unlimited range counts as no more.
const AS_GOOD: f64 = 1.02;
/// Largest |log₂ scale| searched; formats with a larger exponent range need no scale.
const LARGEST: i32 = 256;
/// Steps by which the largest scale is lowered until nothing overflows.
const MOST_STEPS: usize = 64;
/// Exponents of gradients that can be compared in doubles.
const IN_DOUBLES: i64 = 900;
/// Number of scales that are tried one by one if none is enough.
const MOST_TRIED: i32 = 64;
/// Number of scales that are tried below and above the one from which enough networks are well, because rounding makes
/// W fluctuate there.
const BELOW: i32 = 2;
const ABOVE: i32 = 4;
/// Bits of sums for which doubles are not enough.
const LONG: u32 = 64;

/// The effect of loss scales on one network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Found {
    /// Nothing is flushed and nothing overflows without a scale.
    NoneNeeded,
    /// The forward pass overflows.
    NoneHelps,
    /// log₂ of a sufficient scale, about the smallest one, if there is any; log₂ of the largest scale without overflow;
    /// and the largest W of a sufficient scale.
    #[allow(missing_docs)] // the words above name them
    Scales { enough: Option<i32>, largest: i32, allowed: f64 },
}

/// A network's forward pass, with backward passes for one scale after the other.
pub struct Search<'n> {
    policy: Policy,
    network: &'n Network,
    batch: &'n Batch,
    segments: Arc<Segments>,
    forward: ForwardRun<'n>,
    /// Weight and bias gradients of the stand-in for exact numbers, from the head down.
    exact: Option<Vec<Parameters>>,
}

/// The gradients of one layer's weights and biases.
struct Parameters {
    weight: ExactMatrix,
    bias: Option<ExactMatrix>,
}

/// The results of one backward pass.
struct Outcome {
    /// Computed zeros among the weight gradients' entries.
    zeros: usize,
    overflows: bool,
    /// Exponent of the largest finite gradient, of parameters or activations, the scale divided out.
    top: Option<i64>,
    /// W; 0 if it was not requested.
    worst: f64,
}

impl<'n> Search<'n> {
    /// Runs the forward pass, keeping values in `segments` segments.
    pub fn new(policy: &Policy, network: &'n Network, batch: &'n Batch, segments: usize) -> Search<'n> {
        let segments = Arc::new(Segments::new(network, segments));
        let forward = ForwardRun::in_segments(policy, Part::Whole, network, batch, segments.clone());
        Search { policy: *policy, network, batch, segments, forward, exact: None }
    }

    /// The effect of scales; with `is_asked`, a scale is searched for even if nothing is flushed and nothing overflows.
    pub fn find(&mut self, is_asked: bool) -> Found {
        let unscaled = self.pass(&self.policy, 0, false);
        // With unbounded exponents nothing is flushed: this gives the zeros that no scale avoids, and the size of
        // gradients.
        let storage = if self.policy.plain().is_some() { None } else { self.policy.storage };
        let unbounded = Policy { storage, backward: self.policy.backward.unbounded(), ..self.policy };
        let has_lost =
            || unscaled.overflows || unscaled.zeros > 0 && unscaled.zeros != self.pass(&unbounded, 0, false).zeros;
        if !is_asked && !has_lost() {
            return Found::NoneNeeded;
        }
        self.know_exactly();
        let twin = self.pass(&unbounded, 0, true);
        if twin.overflows {
            return Found::NoneHelps;
        }
        let Some(mut largest) = room_above(&self.policy.backward.format, &twin) else {
            // Every gradient is zero.
            return Found::Scales { enough: Some(0), largest: LARGEST, allowed: 0.0 };
        };
        let allowed = AS_GOOD * twin.worst;
        let is_enough = |worst: Option<f64>| worst.is_some_and(|worst| worst <= allowed);
        if !unscaled.overflows && is_enough(self.at(0)) {
            return Found::Scales { enough: Some(0), largest: largest.max(0), allowed };
        }
        let mut best = self.at(largest);
        // Sums inside a product may overflow even if no gradient does; every step halves them.
        for _ in 0..MOST_STEPS {
            if best.is_some() || largest <= -LARGEST {
                break;
            }
            largest -= 1;
            best = self.at(largest);
        }
        let enough = match largest {
            _ if best.is_none() => return Found::NoneHelps,
            _ if !is_enough(best) => None,
            ..=0 => Some(largest),
            _ => Some(smallest(largest, |log2| is_enough(self.at(log2)))),
        };
        Found::Scales { enough, largest, allowed }
    }

    /// W with each of some scales; `None` if something overflows.
    pub fn worst(&mut self, log2_loss_scales: RangeInclusive<i32>) -> Vec<Option<f64>> {
        self.know_exactly();
        log2_loss_scales.map(|log2| self.at(log2)).collect()
    }

    fn at(&self, log2_loss_scale: i32) -> Option<f64> {
        let outcome = self.pass(&self.policy, log2_loss_scale, true);
        (!outcome.overflows).then_some(outcome.worst)
    }

    fn pass(&self, policy: &Policy, log2_loss_scale: i32, asks_noise: bool) -> Outcome {
        let exact = self.exact.as_deref().filter(|_| asks_noise);
        Outcome::of(self.forward.backward(&Setup { log2_loss_scale, ..(*policy).into() }), exact)
    }

    /// Computes the gradients that replace the exact ones.
    fn know_exactly(&mut self) {
        if self.exact.is_some() {
            return;
        }
        let name = exact(&self.policy);
        let policy = Policy { storage: None, forward: name, backward: name };
        let segments = self.segments.clone();
        let forward = ForwardRun::in_segments(&policy, Part::Whole, self.network, self.batch, segments);
        let parameters = |layer: SiteGradients| Parameters { weight: layer.weight, bias: layer.bias };
        self.exact = Some(forward.backward(&policy.into()).map(parameters).collect());
    }
}

/// The smallest number in (0, `high`] for which a monotonic condition holds, given that it holds for `high`.
fn smallest(holds_of: i32, holds: impl Fn(i32) -> bool) -> i32 {
    let (mut low, mut high) = (0, holds_of);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if holds(middle) { high = middle } else { low = middle }
    }
    high
}

/// The best scale for all networks; `None` if the forward pass of one overflows. `worst` gives W of every network with
/// each of some scales, `None` if a gradient overflows.
///
/// # Panics
/// If the effect of scales is known for some networks that need one, but not for all.
pub fn best(all: &[Found], worst: impl Fn(RangeInclusive<i32>) -> Vec<Vec<Option<f64>>>) -> Option<i32> {
    if all.iter().all(|found| *found == Found::NoneNeeded) {
        return Some(0);
    }
    let of_network = |found: &Found| match *found {
        Found::Scales { enough, largest, allowed } => Some((enough, largest, allowed)),
        Found::NoneHelps => None,
        Found::NoneNeeded => panic!("invariant: scales are searched for in every network or in none"),
    };
    let known: Vec<(Option<i32>, i32, f64)> = all.iter().map(of_network).collect::<Option<_>>()?;
    let largest = known.iter().map(|(_, largest, _)| *largest).min()?;
    let tried = |scales: RangeInclusive<i32>| Tried { told: worst(scales.clone()), scales, known: &known };
    if largest < 0 {
        return tried(largest - MOST_TRIED + 1..=largest).medians().last().map(|(log2, _)| *log2);
    }
    let mut enough: Vec<i32> = known.iter().filter_map(|(enough, ..)| *enough).collect();
    enough.sort_unstable();
    let near = enough.get(enough_of(known.len()) - 1);
    if near == Some(&0) {
        return Some(0);
    }
    if let Some(&near) = near
        && let Some(log2) = tried(0.max(near - BELOW)..=largest.min(near + ABOVE)).first_enough()
    {
        return Some(log2);
    }
    let all = tried(0.max(largest - MOST_TRIED + 1)..=largest);
    all.first_enough().or_else(|| {
        let medians = all.medians();
        let least = medians.iter().map(|(_, median)| *median).min_by(f64::total_cmp)?;
        medians.into_iter().find(|(_, median)| *median <= AS_GOOD * least).map(|(log2, _)| log2)
    })
}

/// Scales that were tried in every network.
struct Tried<'k> {
    scales: RangeInclusive<i32>,
    /// Per network, W with each of them; `None` if a gradient overflows.
    told: Vec<Vec<Option<f64>>>,
    known: &'k [(Option<i32>, i32, f64)],
}

impl Tried<'_> {
    /// W of every network for each scale; scales at which something overflows are left out.
    fn each(&self) -> impl Iterator<Item = (i32, Vec<f64>)> + '_ {
        let all = |place: usize| self.told.iter().map(|network| network[place]).collect::<Option<Vec<f64>>>();
        self.scales.clone().enumerate().filter_map(move |(place, log2)| Some((log2, all(place)?)))
    }

    /// The smallest scale that is enough in enough of the networks.
    fn first_enough(&self) -> Option<i32> {
        let is_enough = |all: &[f64]| {
            let count = all.iter().zip(self.known).filter(|(worst, (.., allowed))| *worst <= allowed).count();
            count >= enough_of(self.known.len())
        };
        self.each().find(|(_, all)| is_enough(all)).map(|(log2, _)| log2)
    }

    /// The median W with each scale.
    fn medians(&self) -> Vec<(i32, f64)> {
        self.each().map(|(log2, all)| (log2, median(all).unwrap_or(f64::NAN))).collect()
    }
}

/// log₂ of the scale that moves the largest gradient to the format's largest exponent.
fn room_above(format: &Format, outcome: &Outcome) -> Option<i32> {
    let (top, most) = (outcome.top?, format.max_exponent()?);
    i32::try_from(i64::from(most) - top).ok().map(|room| room.clamp(-LARGEST, LARGEST))
}

impl Outcome {
    fn of(layers: impl Iterator<Item = SiteGradients>, exact: Option<&[Parameters]>) -> Outcome {
        let mut outcome = Outcome { zeros: 0, overflows: false, top: None, worst: 0.0 };
        for (place, layer) in layers.enumerate() {
            outcome.zeros += layer.weight.zeros().iter().filter(|is_zero| **is_zero).count();
            let all = [Some(&layer.weight), layer.bias.as_ref(), layer.slope.as_ref(), Some(&layer.delta)];
            for gradient in all.into_iter().flatten() {
                outcome.overflows |= !gradient.is_finite();
                outcome.top = outcome.top.max(gradient.top());
            }
            if let Some(exact) = exact {
                outcome.worst = outcome.worst.max(noise(&exact[place], &layer).unwrap_or(0.0));
            }
        }
        outcome
    }
}

/// The noise-to-signal ratio of weights and biases together; `None` if the exact gradient is zero.
fn noise(exact: &Parameters, computed: &SiteGradients) -> Option<f64> {
    let parts: Vec<(&ExactMatrix, &ExactMatrix)> = std::iter::once((&exact.weight, &computed.weight))
        .chain(exact.bias.as_ref().zip(computed.bias.as_ref()))
        .collect();
    let top = parts.iter().filter_map(|(exact, _)| exact.top()).max()?;
    let factor = (-IN_DOUBLES..=IN_DOUBLES).contains(&top).then(|| two_to(-top));
    let (mut noise, mut signal) = (Float::new(LONG), Float::new(LONG));
    for (exact, computed) in parts {
        match (exact, computed, factor) {
            (ExactMatrix::Doubles(exact), ExactMatrix::Doubles(computed), Some(factor)) => {
                let (mut part, mut whole) = (0.0, 0.0);
                for (g, x) in exact.iter().zip(computed) {
                    let (difference, g) = ((x - g) * factor, g * factor);
                    part += difference * difference;
                    whole += g * g;
                }
                noise += part;
                signal += whole;
            }
            _ => {
                let unit = Float::with_val(LONG, 1) << i32::try_from(-top).unwrap_or(0);
                for (g, x) in exact.iter().zip(computed.iter()) {
                    let (g, x) = (g.to_float(), x.to_float());
                    let difference = Float::with_val(LONG, &x - &g) * &unit;
                    noise += difference.square();
                    signal += (Float::with_val(LONG, &g) * &unit).square();
                }
            }
        }
    }
    Some((noise / signal).sqrt().to_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn scales(enough: Option<i32>, largest: i32) -> Found {
        Found::Scales { enough, largest, allowed: 0.1 }
    }

    /// The best scale of networks of which one overflows beyond 2^6, with the given W otherwise.
    fn of(all: &[Found], worst: &dyn Fn(usize, i32) -> f64) -> Option<i32> {
        let of_network = |network: usize, tried: RangeInclusive<i32>| {
            tried.map(|log2| (log2 <= 6).then(|| worst(network, log2))).collect()
        };
        best(all, |tried| (0..all.len()).map(|network| of_network(network, tried.clone())).collect())
    }

    /// Four of five networks decide, each from the scale that it needs, unless the fifth overflows.
    #[test]
    fn enough_of_the_networks_decide() {
        let from = |needed: [i32; 5]| {
            let all = needed.map(|needed| scales(Some(needed), 6));
            of(&all, &|network, log2| if log2 >= needed[network] { 0.1 } else { 0.2 })
        };
        assert_eq!(from([3, 5, 0, 4, 6]), Some(5));
        assert_eq!(from([3, 3, 0, 4, 3]), Some(3));
        assert_eq!(from([0, 0, 0, 0, 6]), Some(0));
        assert_eq!(best(&[scales(Some(3), 9), Found::NoneHelps], |_| unreachable!()), None);
        assert_eq!(best(&[Found::NoneNeeded; 3], |_| unreachable!()), Some(0));
        // W fluctuates: a scale that is enough for each network is not enough for all.
        let wavering = |network: usize, log2: i32| if log2 == 2 + network as i32 || log2 > 4 { 0.1 } else { 0.2 };
        assert_eq!(of(&[scales(Some(2), 6), scales(Some(3), 6), scales(Some(4), 6)], &wavering), Some(5));
    }

    /// If no scale is enough, the one with the smallest median wins, and of nearly equal ones the smallest.
    #[test]
    fn the_least_median_is_taken_where_nothing_is_enough() {
        let none = [scales(None, 9); 3];
        let of_scale = |all: &[Found], worst: &dyn Fn(i32) -> f64| of(all, &|_, log2| worst(log2));
        // No scale helps.
        assert_eq!(of_scale(&none, &|_| 1.0), Some(0));
        assert_eq!(of_scale(&none, &|log2| if log2 < 4 { 1.0 } else { 0.99 - 0.001 * f64::from(log2) }), Some(0));
        assert_eq!(of_scale(&none, &|log2| if log2 < 4 { 1.0 } else { 0.5 - 0.001 * f64::from(log2) }), Some(4));
        assert_eq!(of_scale(&none, &|log2| if log2 == 2 { 0.9 } else { 1.0 }), Some(2), "whatever lies above");
        // A scale that is enough for most networks overflows in one.
        let capped = [scales(Some(5), 9), scales(Some(5), 9), scales(Some(0), 3)];
        assert_eq!(of_scale(&capped, &|log2| 1.0 / f64::from(log2 + 1)), Some(3));
        let below = [scales(Some(0), 9), scales(Some(-2), -2)];
        assert_eq!(of_scale(&below, &|_| 0.1), Some(-2));
        assert_eq!(best(&[scales(None, 3); 2], |tried| vec![tried.map(|_| None).collect(); 2]), None);
    }

    /// Weights and biases as one vector, in any number type.
    #[test]
    fn noise_is_that_of_weights_and_biases() {
        let matrix =
            |values: [f64; 2]| ExactMatrix::from(ndarray::Array2::from_shape_vec((1, 2), values.to_vec()).unwrap());
        for by in [0, 40, -1030, -2000] {
            let exact = |values| matrix(values).times_two_to(by);
            let layer = |weight, bias| SiteGradients {
                site: 0,
                weight: exact(weight),
                bias: Some(exact(bias)),
                slope: None,
                delta: matrix([0.0; 2]),
                preactivation: matrix([0.0; 2]),
                input: matrix([0.0; 2]),
            };
            let of = |weight, bias| Parameters { weight: exact(weight), bias: Some(exact(bias)) };
            assert_eq!(noise(&of([3.0, 0.0], [0.0, 4.0]), &layer([0.0, 0.0], [0.0, 8.0])), Some(1.0), "{by}");
            assert_eq!(noise(&of([0.0, 0.0], [0.0, 4.0]), &layer([0.0, 3.0], [0.0, 4.0])), Some(0.75), "{by}");
            assert_eq!(noise(&of([0.0, 0.0], [0.0, 0.0]), &layer([0.0, 3.0], [0.0, 4.0])), None, "{by}");
        }
    }
}
