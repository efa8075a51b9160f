//! The exact network at each site: the sizes of its numbers, the spread of the gradient between minibatches, and the
//! reason if the gradient is zero.

use super::{Number, Verdict, Zero};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One site of the exact network in one trial. Sizes are log₂ of root mean squares over all entries, zeros included:
/// −∞ if every entry is proven to be zero, `None` if the exact gradient is not established.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExactSite {
    /// Size of the gradient, weights and biases together.
    pub log2_gradient: Number,
    /// Size of the weights.
    pub log2_weights: Number,
    /// Size of the layer's inputs.
    pub log2_inputs: Number,
    /// Size of the layer's outputs a; for the head, of z.
    pub log2_outputs: Number,
    /// Size of φ'(z); 0 for the head.
    pub log2_derivatives: Number,
    /// Size of δ = ∂L/∂z.
    pub log2_delta: Number,
    /// log₂ σ, where σ² estimates E‖ĝ − g‖² for the gradient ĝ of another batch of the same size; `None` for a batch of
    /// one
    /// sample.
    pub log2_minibatch_noise: Number,
    /// σ is an upper limit: the samples' gradients cancel below the computed accuracy.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub minibatch_noise_at_most: bool,
    /// Why every entry of the gradient is zero; absent if one is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zero: Option<Zero>,
}

/// Noise of a site's gradient, weights and biases as one vector.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GradientNoise {
    /// log₂‖ĝ − g*‖₂.
    pub log2_noise: Number,
    /// ‖ĝ − g*‖₂/‖g*‖₂; `None` for 0/0.
    pub noise_to_signal: Number,
    /// The ratio is an upper limit: the noise is below the resolution of the exact gradient.
    pub at_most: bool,
    /// ⟨ĝ, g*⟩/‖g*‖².
    pub descent: Number,
    /// The verdict of the weights alone.
    pub weight: Verdict,
    /// The verdict of the biases alone.
    pub bias: Verdict,
}

/// All layers whose exact gradient is not zero, in one trial.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WholeTrial {
    /// The largest noise-to-signal ratio of any layer; +∞ if one overflows, `None` if there is no such layer.
    pub worst_noise: Number,
    /// The most severe verdict of any layer; `not established` if a layer has this verdict and no other layer overflows
    /// or underflows; `zero` if every layer's gradient is zero.
    pub verdict: Verdict,
}

/// The number of trials that counts as enough: four of five.
pub fn enough_of(trials: usize) -> usize {
    (4 * trials).div_ceil(5)
}

/// Factor by which noise must be lower to count as lower.
pub const LOWER: f64 = 1.5;

/// Whether a noise-to-signal ratio is at least [`LOWER`] times below another; each with whether it is only an upper
/// limit.
pub fn is_lower(than: (Number, bool), noise: (Number, bool)) -> bool {
    let ((than, than_at_most), (noise, _)) = (than, noise);
    match (than, noise) {
        // The size of an upper limit is unknown.
        _ if than_at_most => false,
        (Number::Infinite, noise) => noise.finite().is_some(),
        (Number::Finite(than), Number::Finite(noise)) => than > noise && than >= LOWER * noise,
        _ => false,
    }
}

impl WholeTrial {
    /// From every layer's verdict and noise-to-signal ratio in one trial.
    ///
    /// # Panics
    /// If there is no layer.
    pub fn of(layers: impl Iterator<Item = (Verdict, Number)> + Clone) -> WholeTrial {
        let measured = || layers.clone().filter(|(verdict, _)| *verdict != Verdict::Zero);
        let ratio = |(verdict, ratio): (Verdict, Number)| match verdict {
            Verdict::Overflow => Number::Infinite,
            _ => ratio,
        };
        let known = measured().map(ratio).filter(|ratio| *ratio != Number::None);
        let worst_noise = known.max_by(|x, y| x.value().total_cmp(&y.value())).unwrap_or(Number::None);
        let severest = measured().map(|(verdict, _)| verdict).filter(|verdict| verdict.is_ordered()).max();
        let is_open = measured().any(|(verdict, _)| verdict == Verdict::NotEstablished);
        let verdict = match severest {
            Some(verdict) if !is_open || verdict.reaches(Verdict::Underflow) => verdict,
            _ if is_open => Verdict::NotEstablished,
            _ => Verdict::Zero,
        };
        WholeTrial { worst_noise, verdict }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Verdict::*;

    /// Layers whose exact gradient is zero are left out; lost gradients take precedence over unknown ones, and these
    /// over the
    /// others.
    #[test]
    fn a_trial_is_as_good_as_its_worst_layer() {
        let number = Number::new;
        for (layers, worst_noise, verdict) in [
            (&[(Sound, number(0.01)), (Noisy, number(0.3)), (Sound, number(0.09))][..], number(0.3), Noisy),
            (&[(Sound, number(0.01)), (Zero, Number::Infinite)], number(0.01), Sound),
            (&[(Sound, number(0.01)), (Overflow, Number::None)], Number::Infinite, Overflow),
            (&[(NotEstablished, Number::None), (Chaotic, number(2.0))], number(2.0), NotEstablished),
            (&[(NotEstablished, number(0.1)), (Underflow, number(0.8))], number(0.8), Underflow),
            (&[(NotEstablished, Number::None)], Number::None, NotEstablished),
            (&[(Zero, Number::None), (Zero, Number::Infinite)], Number::None, Zero),
            (&[(Chaotic, number(0.9)), (Noisy, number(0.95))], number(0.95), Chaotic),
        ] {
            let whole = WholeTrial::of(layers.iter().copied());
            assert_eq!(whole, WholeTrial { worst_noise, verdict }, "{layers:?}");
        }
    }

    #[test]
    fn four_of_five_trials_are_enough() {
        let expected = [(1, 1), (2, 2), (3, 3), (4, 4), (5, 4), (8, 7), (10, 8)];
        expected.into_iter().for_each(|(trials, enough)| assert_eq!(enough_of(trials), enough, "{trials}"));
    }

    /// At least one and a half times; limits count as far as they decide.
    #[test]
    fn lower_is_one_and_a_half_times() {
        let exactly = |x: f64| (Number::new(x), false);
        let at_most = |x: f64| (Number::new(x), true);
        assert!(is_lower(exactly(0.75), exactly(0.5)) && !is_lower(exactly(0.75), exactly(0.501)));
        assert!(is_lower(exactly(0.3), at_most(0.1)) && !is_lower(at_most(0.3), exactly(0.1)));
        assert!(is_lower((Number::Infinite, false), exactly(7.0)));
        assert!(!is_lower((Number::Infinite, false), (Number::Infinite, false)));
        assert!(is_lower(exactly(1e-9), exactly(0.0)) && !is_lower(exactly(0.0), exactly(0.0)));
        assert!(!is_lower((Number::None, false), exactly(0.1)) && !is_lower(exactly(0.1), (Number::None, false)));
    }
}
