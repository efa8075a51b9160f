//! The power of two with the least flushing and no overflow.
//!
//! A larger scale flushes no more, but for what rounding does to single entries, and overflows no less, so that two ends
//! are looked for: the largest scale that overflows nothing, and one that flushes as little while its half flushes more.
//! That one is taken: it leaves room above.

use crate::arithmetic::Policy;
use crate::backprop::{ForwardRun, LayerGradients, Part, Setup};
use crate::format::Format;
use crate::network::segments::Segments;
use crate::network::{Batch, Network};
use std::sync::Arc;

/// The scales of one network: log₂ of one that flushes least while its half flushes more, and of the largest without
/// overflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scales {
    smallest: i32,
    largest: i32,
}

/// Scales beyond which nobody looks; formats with more exponents than this need none.
const LARGEST: i32 = 256;

/// What one scale does.
struct Outcome {
    /// Computed zeros among the weight gradients' entries.
    zeros: usize,
    overflows: bool,
    /// Exponents of the largest and the smallest finite gradient, of parameters or activations, the scale divided out.
    top: Option<i64>,
    bottom: Option<i64>,
}

impl Scales {
    /// Looks for the scales of one network under a policy; none where no scale helps: the forward pass overflows.
    pub fn find(policy: &Policy, network: &Network, batch: &Batch, segments: usize) -> Option<Scales> {
        let segments = Arc::new(Segments::new(network, segments));
        let forward = ForwardRun::in_segments(policy, Part::Whole, network, batch, segments);
        let at = |policy: &Policy, log2_loss_scale: i32| {
            Outcome::of(forward.backward(&Setup { log2_loss_scale, ..(*policy).into() }))
        };
        let unscaled = at(policy, 0);
        if !unscaled.overflows && unscaled.zeros == 0 {
            return Some(Scales { smallest: 0, largest: 0 }.with_largest(policy, &unscaled));
        }
        // With unbounded exponents nothing is flushed: the zeros that no scale cures, and how large gradients get.
        let storage = if policy.plain().is_some() { None } else { policy.storage };
        let twin = at(&Policy { storage, forward: policy.forward, backward: policy.backward.unbounded() }, 0);
        if !unscaled.overflows && unscaled.zeros == twin.zeros {
            return Some(Scales { smallest: 0, largest: 0 }.with_largest(policy, &unscaled));
        }
        let mut largest = room_above(&policy.backward.format, &twin)?;
        let mut best = at(policy, largest);
        // Sums inside a product may overflow where no gradient does; every step halves them.
        let mut steps = 0;
        while best.overflows {
            steps += 1;
            if steps > 64 || largest <= -LARGEST {
                return None;
            }
            largest -= 1;
            best = at(policy, largest);
        }
        let mut smallest = largest;
        if largest > 0 && !unscaled.overflows {
            // A scale that flushes more, and one that flushes least.
            let mut more = 0;
            if unscaled.zeros <= best.zeros {
                smallest = 0;
            }
            // Where the smallest gradient becomes a number of the format nothing more is gained: from there outwards, in
            // steps that double, until both ends are known.
            let mut step = 1;
            let mut next = reaching_below(&policy.backward.format, &twin).unwrap_or(largest / 2);
            while smallest - more > 1 {
                next = next.clamp(more + 1, smallest - 1);
                if at(policy, next).zeros <= best.zeros {
                    smallest = next;
                    next -= step;
                } else {
                    more = next;
                    next += step;
                }
                // Once the bracket is shorter than the step, halving it is faster.
                step *= 2;
                if step > smallest - more {
                    next = (more + smallest) / 2;
                }
            }
        }
        Some(Scales { smallest, largest })
    }

    /// The largest scale by the size of the gradients alone: nothing was flushed, so it is a bound and no measurement.
    fn with_largest(self, policy: &Policy, outcome: &Outcome) -> Scales {
        Scales { largest: room_above(&policy.backward.format, outcome).unwrap_or(0).max(self.smallest), ..self }
    }

    /// The scale for all networks: as far as they tell none overflows with it, and each flushes least if that is possible.
    pub fn common(all: &[Option<Scales>]) -> Option<i32> {
        let known: Vec<Scales> = all.iter().copied().collect::<Option<_>>()?;
        let largest = known.iter().map(|scales| scales.largest).min()?;
        let smallest = known.iter().map(|scales| scales.smallest).max()?;
        Some(smallest.min(largest))
    }
}

/// True if a network's gradients overflow with a scale.
pub fn overflows(policy: &Policy, log2_loss_scale: i32, network: &Network, batch: &Batch, segments: usize) -> bool {
    let segments = Arc::new(Segments::new(network, segments));
    let forward = ForwardRun::in_segments(policy, Part::Whole, network, batch, segments);
    Outcome::of(forward.backward(&Setup { log2_loss_scale, ..(*policy).into() })).overflows
}

/// log₂ of the scale that brings the largest gradient to the format's largest exponent.
fn room_above(format: &Format, outcome: &Outcome) -> Option<i32> {
    let (top, most) = (outcome.top?, format.max_exponent()?);
    i32::try_from(i64::from(most) - top).ok().map(|room| room.clamp(-LARGEST, LARGEST))
}

/// log₂ of the scale that brings the smallest gradient to the format's smallest subnormal number.
fn reaching_below(format: &Format, outcome: &Outcome) -> Option<i32> {
    let (bottom, least) = (outcome.bottom?, format.smallest_subnormal_exponent()?);
    i32::try_from(i64::from(least) - bottom).ok()
}

impl Outcome {
    fn of(layers: impl Iterator<Item = LayerGradients>) -> Outcome {
        let mut outcome = Outcome { zeros: 0, overflows: false, top: None, bottom: None };
        for layer in layers {
            outcome.zeros += layer.weight.zeros().iter().filter(|is_zero| **is_zero).count();
            let all = [Some(&layer.weight), layer.bias.as_ref(), layer.slope.as_ref(), Some(&layer.delta)];
            for gradient in all.into_iter().flatten() {
                outcome.overflows |= !gradient.is_finite();
                outcome.top = outcome.top.max(gradient.top());
                outcome.bottom = [outcome.bottom, gradient.bottom()].into_iter().flatten().min();
            }
        }
        outcome
    }
}
