//! Layer 1's exact gradient while f64 learns.

use crate::judgement::{ExactState, exact};
use crate::record::Number;
use crate::record::training::{ExactSize, ExactStep};
use schemars::JsonSchema;
use serde::Serialize;

/// Layer 1's exact gradient at f64's parameters while it learns.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ExactAtStart {
    /// The first measured step.
    pub step: usize,
    /// Its state there.
    pub state: ExactState,
    /// log₂ of the gradient's root mean square over the weights'.
    pub log2_relative: Number,
    /// log₂ of the gradient's root mean square.
    pub log2_size: Number,
    /// The first measured step with another state, and that state.
    pub later: Option<(usize, ExactState)>,
}

impl ExactAtStart {
    /// Of a run's measured steps; `None` if the exact gradient was not measured.
    pub fn of(steps: &[ExactStep]) -> Option<ExactAtStart> {
        let first = steps.first()?;
        let size = first.sites.first()?;
        let state = state(size, &first.sites);
        let later = steps.iter().find_map(|one| {
            let other = self::state(one.sites.first()?, &one.sites);
            (other != state && other != ExactState::NotEstablished).then_some((one.step, other))
        });
        Some(ExactAtStart {
            step: first.step,
            state,
            log2_relative: relative(size, &first.sites),
            log2_size: size.log2_gradient,
            later,
        })
    }
}

/// Relative to the weights.
fn relative(size: &ExactSize, layers: &[ExactSize]) -> Number {
    exact::relative(size.log2_gradient, size.log2_weights, layers.iter().map(|layer| layer.log2_weights))
}

fn state(size: &ExactSize, layers: &[ExactSize]) -> ExactState {
    exact::state(size.log2_gradient, relative(size, layers))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_of_known_sizes() {
        let size = |gradient: f64, weights: f64| ExactSize {
            site: 1,
            log2_gradient: Number::new(gradient),
            log2_weights: Number::new(weights),
        };
        let none = f64::NEG_INFINITY;
        for (layers, expected) in [
            (vec![size(-108.0, 0.0)], ExactState::Vanishing),
            (vec![size(-22.0, -2.0)], ExactState::Vanishing),
            (vec![size(-22.0, -3.0)], ExactState::Healthy),
            (vec![size(18.0, -2.0)], ExactState::Exploding),
            (vec![size(none, -2.0)], ExactState::Zero),
            (vec![size(f64::NAN, -2.0)], ExactState::NotEstablished),
            (vec![size(-19.0, none), size(0.0, 0.0), size(0.0, 2.0)], ExactState::Vanishing),
            (vec![size(-19.0, none), size(0.0, none)], ExactState::Healthy),
        ] {
            assert_eq!(state(&layers[0], &layers), expected, "{layers:?}");
        }
        let step = |step, gradient| ExactStep { step, sites: vec![size(gradient, -2.0)] };
        let found = ExactAtStart::of(&[step(0, none), step(1, f64::NAN), step(5, -4.0), step(9, none)]);
        let found = found.expect("it was measured");
        assert_eq!((found.state, found.later), (ExactState::Zero, Some((5, ExactState::Healthy))));
        assert_eq!(ExactAtStart::of(&[]), None);
    }
}
