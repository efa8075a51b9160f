//! Compares the tensors of one layer's gradient with the exact ones, and weights and biases as one vector.

use crate::arithmetic::ExactMatrix;
use crate::backprop::SiteGradients;
use crate::noise::{Noise, ReferenceTensor, Twin, unknown};
use crate::record::{Fates, GradientNoise, Number, TensorNoise};
use crate::verdict::Verdict;

/// Distinguishes underflow from other causes of zeros in a layer's gradients.
#[derive(Clone, Copy, Debug)]
pub struct Twins<'a> {
    /// Of the weight gradient.
    pub weight: Twin<'a>,
    /// Of the bias gradient.
    pub bias: Twin<'a>,
}

impl Twins<'_> {
    /// Nothing does.
    pub const ABSENT: Twins<'static> = Twins { weight: Twin::Absent, bias: Twin::Absent };
    /// The run has unbounded exponents itself.
    pub const ITSELF: Twins<'static> = Twins { weight: Twin::Itself, bias: Twin::Itself };
}

/// The zeros of a twin's gradients, in row-major order.
pub struct Zeros {
    weight: Vec<bool>,
    bias: Vec<bool>,
}

impl Zeros {
    /// The zeros of a twin's layer.
    pub fn of(twin: &SiteGradients) -> Zeros {
        Zeros { weight: twin.weight.zeros(), bias: twin.bias.as_ref().map_or_else(Vec::new, ExactMatrix::zeros) }
    }

    /// The zeros in the form that the comparison needs.
    pub fn twins(&self) -> Twins<'_> {
        Twins { weight: Twin::Zeros(&self.weight), bias: Twin::Zeros(&self.bias) }
    }
}

/// A computed tensor, or several as one, compared with the exact one.
#[derive(Clone, Copy)]
pub struct Tensor {
    /// The measures; `None` if the exact gradient is not established.
    pub noise: Option<Noise>,
    is_finite: bool,
}

impl Tensor {
    /// A tensor without any measures.
    pub const UNKNOWN: Tensor = Tensor { noise: None, is_finite: true };

    /// Compares a computed tensor with the exact one.
    pub fn compare(exact: &Option<ReferenceTensor>, computed: &ExactMatrix, twin: Twin) -> Tensor {
        match exact {
            Some(exact) => {
                let noise = Noise::compare(exact, computed, twin);
                Tensor { noise: Some(noise), is_finite: noise.fates.overflowed == 0 }
            }
            None => Tensor { noise: None, is_finite: computed.is_finite() },
        }
    }

    /// Two tensors as one vector.
    pub fn joined(self, other: Tensor) -> Tensor {
        let noise = self.noise.zip(other.noise).map(|(one, other)| one.joined(other));
        Tensor { noise, is_finite: self.is_finite && other.is_finite }
    }

    /// The verdict. An infinite gradient has overflowed, whatever the exact gradient is.
    pub fn verdict(&self) -> Verdict {
        match &self.noise {
            Some(noise) => Verdict::of(noise),
            None if self.is_finite => Verdict::NotEstablished,
            None => Verdict::Overflow,
        }
    }

    /// The noise-to-signal ratio, and whether it is only an upper limit.
    pub fn ratio(&self) -> (Number, bool) {
        let TensorNoise { noise_to_signal, at_most, .. } = self.to_record("");
        (noise_to_signal, at_most)
    }

    /// The fates of the given number of entries.
    pub fn fates(&self, entries: u64) -> Fates {
        self.noise.map_or(Fates { undecided: entries, ..Fates::default() }, |noise| noise.fates)
    }

    /// The measures as a record keeps them.
    pub fn to_record(&self, name: &str) -> TensorNoise {
        match self.noise {
            Some(noise) => noise.to_record(name),
            None if self.is_finite => unknown(name),
            None => TensorNoise { noise_to_signal: Number::Infinite, ..unknown(name) },
        }
    }

    /// Weights and biases as one vector, with the verdict of each.
    pub fn of_layer(&self, weight: Tensor, bias: Tensor) -> GradientNoise {
        let TensorNoise { log2_noise, noise_to_signal, at_most, descent, .. } = self.to_record("");
        let (weight, bias) = (weight.verdict(), bias.verdict());
        GradientNoise { log2_noise, noise_to_signal, at_most, descent, weight, bias }
    }
}
