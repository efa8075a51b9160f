//! What is measured of one network and batch, site by site.

use crate::magnitude::Magnitudes;
use crate::record::{ExactSite, ExternalSite, Fates, Flips, GradientNoise, Number, Rows, TensorNoise};
use crate::spec::Proof;
use crate::theory::LayerFacts;
use crate::truth::{Evidence, SiteTruth};
use crate::verdict::Verdict;

/// The measurement of one trial's network.
pub struct Measurement {
    /// Working precision of the exact gradient, in bits.
    pub precision: u32,
    /// The proof that establishes it.
    pub proof: Proof,
    /// From the input side to the head.
    pub sites: Vec<SiteMeasurement>,
}

/// One layer in every arithmetic.
pub struct SiteMeasurement {
    /// `hidden.1`, …, `head`.
    pub name: String,
    /// Evidence for the exact weight gradient.
    pub weight_evidence: Evidence,
    /// The weakest evidence over all of the layer's tensors.
    pub evidence: Evidence,
    /// log₂‖g*‖₂ of the weight gradient.
    pub log2_norm: Number,
    /// Magnitudes of the exact weight gradient's entries.
    pub magnitudes: Magnitudes,
    /// The exact network at this layer.
    pub exact: Box<ExactSite>,
    /// One per arithmetic, then one per file with another program's gradients.
    pub arithmetics: Vec<ArithmeticMeasurement>,
    /// One per extra run.
    pub extras: Vec<RunMeasurement>,
    /// The exact gradients themselves, if requested; separate, because thousands of trials do not need them.
    pub truth: Option<Box<SiteTruth>>,
}

/// One layer in one arithmetic.
pub struct ArithmeticMeasurement {
    /// The verdict of weights and biases together.
    pub verdict: Verdict,
    /// Weights and biases as one vector; `None` without biases.
    pub gradient: Option<GradientNoise>,
    /// Rows of the weight gradient; `None` if the exact gradient is not established.
    pub rows: Option<Rows>,
    /// Weight first, then bias, slope and activation gradient.
    pub tensors: Vec<TensorNoise>,
    /// Fates of the weight gradient's entries.
    pub fates: Fates,
    /// Magnitudes of the computed weight gradient's entries.
    pub magnitudes: Magnitudes,
    /// Branch flips, if φ' has a jump and the exact branches are decided.
    pub flips: Option<Flips>,
    /// The inputs of the theory; `None` for another program's gradients.
    pub facts: Option<LayerFacts>,
    /// Measures that only another program's gradients have.
    pub external: Option<ExternalSite>,
}

/// One layer of a run of which only the gradient of weights and biases is used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RunMeasurement {
    /// Noise-to-signal ratio of weights and biases together.
    pub noise_to_signal: Number,
    /// The ratio is an upper limit.
    pub at_most: bool,
    /// Noise-to-signal ratio of the weights alone.
    pub weight_noise: Number,
    /// The verdict.
    pub verdict: Verdict,
    /// Computed zeros among the weight gradient's entries whose exact value is not zero, and the number of entries.
    pub zeros: (u64, u64),
}

impl RunMeasurement {
    /// The noise-to-signal ratio, and whether it is only an upper limit.
    pub fn noise(&self) -> (Number, bool) {
        (self.noise_to_signal, self.at_most)
    }
}

impl From<&ArithmeticMeasurement> for RunMeasurement {
    fn from(measured: &ArithmeticMeasurement) -> RunMeasurement {
        let (weight, fates) = (&measured.tensors[0], measured.fates);
        let joint = measured.gradient.map(|gradient| (gradient.noise_to_signal, gradient.at_most));
        let (noise_to_signal, at_most) = joint.unwrap_or((weight.noise_to_signal, weight.at_most));
        RunMeasurement {
            noise_to_signal,
            at_most,
            weight_noise: weight.noise_to_signal,
            verdict: measured.verdict,
            zeros: (fates.flushed + fates.cut, fates.total()),
        }
    }
}
