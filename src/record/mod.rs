//! The record: what one probe found, complete and reproducible.
//!
//! `record.json` holds only what the spec and the version determine, so the same spec gives the same
//! bytes on any machine and any number of threads, and what is read back is written again to the same
//! bytes. Host, time and durations belong to `run.json` beside it. Reports are drawn from a record
//! alone. Ratios and logarithms are rounded to 9 significant digits, which the truth's bound supports
//! wherever a number is given without `at_most`.

mod cause;
pub mod law;
pub mod study;
mod text;
pub mod training;

pub use crate::fate::Fates;
pub use crate::magnitude::Histogram;
pub use crate::noise::TensorNoise;
pub use crate::number::Number;
pub use crate::spec::{Attribute, BatchFile, Compared, Data, LossScale, Source, Spec, TargetKind, Weights};
pub use crate::verdict::{Verdict, VerdictCount};
pub use cause::{Attribution, NoiseSource, Remedy, RemedyKind, RemedyLayer, SourceNoise, TheoryLayer};

use crate::format::Format;
use serde::{Deserialize, Serialize};

/// Name and version of the record's layout.
pub const SCHEMA: &str = "precision-probe-record/2";

/// Everything one probe found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// [`SCHEMA`].
    pub schema: String,
    /// Version of precision-probe that measured.
    pub version: String,
    /// What was asked.
    pub spec: Spec,
    /// SHA-256 of the version and the spec's JSON, in hexadecimal: equal hashes, equal records.
    pub spec_hash: String,
    /// One per activation.
    pub runs: Vec<Run>,
}

/// One activation's network in every arithmetic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Canonical name, such as `leaky`; `per layer: relu ×3, tanh` where hidden layers differ.
    pub activation: String,
    /// Every exact constant of the activation, such as `slope = 0.010009765625`.
    pub constants: Vec<String>,
    /// True where φ' jumps somewhere, so that branch flips exist.
    pub kinked: bool,
    /// Standard deviation of the weights of a layer with as many inputs as outputs, times √fan_in.
    /// Absent, as what mean-field theory says, from the record of a network that was not drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gain: Option<f64>,
    /// The exact factor of every branch of a residual network; absent from any other's record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub residual_scale: Option<f64>,
    /// χ₁: factor by which a layer multiplies the gradient's mean square (mean field).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chi1: Option<f64>,
    /// χ₁ in words: "gradients grow".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// The true gradient, layer by layer.
    pub truth: Truth,
    /// One per arithmetic, in the order asked for.
    pub arithmetics: Vec<ArithmeticRun>,
}

/// The true gradient and how it is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Truth {
    /// Working precision in bits, per trial.
    pub precision: Vec<u32>,
    /// Worst evidence over all layers and trials, in words: "proven 83 bits".
    pub evidence: String,
    /// Layers 1 (input side) to L, then the head (L+1).
    pub layers: Vec<TruthLayer>,
}

/// The true gradient of one layer's parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TruthLayer {
    /// 1 to L, the head is L+1.
    pub layer: usize,
    /// `hidden.1`, …, `head`, or the layer's name in its file.
    pub name: String,
    /// Per trial, the weight gradient.
    pub trials: Vec<TruthTrial>,
    /// ⌊log₂|g|⌋ of the weight gradient's entries, over all trials.
    pub histogram: Histogram,
}

/// What is known of one layer's true weight gradient in one trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TruthTrial {
    /// `exact`, `proven 83 bits`, or `not established: why`.
    pub evidence: String,
    /// log₂‖g*‖₂; −∞ if the gradient is zero.
    pub log2_norm: Number,
}

/// One arithmetic's gradients held against the truth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArithmeticRun {
    /// Canonical name, accumulator included: `f16:acc=f32`; a preset's own.
    pub name: String,
    /// What a preset stands for, role by role; absent where the name says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// The stored format.
    pub format: FormatFacts,
    /// Largest relative rounding of a parameter, input or target when stored; 0 where all fit exactly.
    pub storage_noise: Number,
    /// Layers 1 to L, then the head.
    pub layers: Vec<LayerRun>,
    /// The network's verdict: layer 1's over the trials.
    pub verdict: VerdictCount,
    /// log₂ of the loss scale; absent without one. Gradients and their measures are unscaled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log2_loss_scale: Option<i32>,
    /// Where the noise comes from; absent where it was not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribution: Option<Attribution>,
    /// What was tried against it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remedies: Vec<Remedy>,
    /// What theory says, layer by layer (layer 1 first); absent where there is no theory.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub theory: Vec<TheoryLayer>,
    /// What is known of gradients that another program computed; absent for an arithmetic of our own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<External>,
}

/// Gradients that another program computed: how they were stored and what could not be matched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct External {
    /// What most of their numbers were stored as, in safetensors' words: `F16`.
    pub dtype: String,
    /// Relative tolerance of torch.testing.assert_close for that type.
    pub relative_tolerance: f64,
    /// Absolute tolerance of torch.testing.assert_close for that type.
    pub absolute_tolerance: f64,
    /// Parameters without a gradient in the file.
    pub missing: Vec<String>,
    /// Tensors of the file that belong to no parameter, with their shapes.
    pub unused: Vec<String>,
    /// What was read otherwise than as it stands there, in sentences.
    pub notes: Vec<String>,
}

/// The constants of a format that a figure needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormatFacts {
    /// Canonical name.
    pub name: String,
    /// Significand bits p.
    pub precision: u32,
    /// log₂ of the largest finite number; none if unbounded.
    pub log2_max: Number,
    /// log₂ of the smallest normal number; none if unbounded.
    pub log2_smallest_normal: Number,
    /// log₂ of the smallest subnormal number; none if unbounded.
    pub log2_smallest_subnormal: Number,
}

impl FormatFacts {
    /// Of a format.
    pub fn of(format: &Format) -> FormatFacts {
        let log2 =
            |exponent: Option<i32>| exponent.map_or(Number::None, |exponent| Number::Finite(f64::from(exponent)));
        FormatFacts {
            name: format.name(),
            precision: format.precision,
            log2_max: match format.max() {
                Some(max) => {
                    let (fraction, exponent) = max.to_f64_exp();
                    Number::new(core_math::log2(fraction) + f64::from(exponent))
                }
                None => Number::None,
            },
            log2_smallest_normal: log2(format.smallest_normal_exponent()),
            log2_smallest_subnormal: log2(format.smallest_subnormal_exponent()),
        }
    }
}

/// One layer in one arithmetic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerRun {
    /// 1 to L, the head is L+1.
    pub layer: usize,
    /// Branch flips of this layer's pre-activations, over all trials; absent for the head and where φ' has no jump.
    pub flips: Option<Flips>,
    /// ⌊log₂|g|⌋ of the computed weight gradient, over all trials.
    pub histogram: Histogram,
    /// Fates of the weight gradient's entries, over all trials.
    pub fates: Fates,
    /// Noise-to-signal ratio of the weight gradient over the trials.
    pub noise_to_signal: Quantiles,
    /// The weight gradient's verdict over the trials.
    pub verdict: VerdictCount,
    /// One per trial.
    pub trials: Vec<LayerTrial>,
    /// What an audit asks besides of gradients that another program computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<ExternalLayer>,
}

/// One layer's gradients of another program beside ours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExternalLayer {
    /// log₂‖theirs − ours‖₂ of the weight gradient for each arithmetic of our own, in their order; −∞ where every
    /// entry is the same, none where one of the two is not finite or absent.
    pub log2_distance: Vec<Number>,
    /// Entries of weight, bias and slope gradient that torch.testing.assert_close refuses with its default tolerances
    /// where the true gradient, rounded to the type of the dump, is expected.
    pub not_close: u64,
    /// Entries that were held against these tolerances: those whose true gradient is known.
    pub entries: u64,
}

/// Pre-activations that lie in another piece of φ' than in the true network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flips {
    /// Pre-activations in another piece.
    pub flipped: u64,
    /// Pre-activations that are infinite or NaN, counted apart.
    pub nonfinite: u64,
    /// Units × batch × trials.
    pub total: u64,
}

/// Order statistics over the trials, never interpolated.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quantiles {
    /// 10 % quantile (the least value with at most 10 trials).
    pub low: Number,
    /// Median (the upper one for an even count: at least half of the trials reach it, as the verdict).
    pub median: Number,
    /// 90 % quantile (the greatest value with at most 10 trials).
    pub high: Number,
    /// Trials that have a value; those with none (0/0) are left out.
    pub count: usize,
    /// The values are upper limits: the noise lies below the truth's resolution.
    pub at_most: bool,
}

/// One layer in one arithmetic and one trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerTrial {
    /// The weight gradient's verdict.
    pub verdict: Verdict,
    /// Pre-activations in another piece of φ' than in truth; none where φ' has no jump or truth is not established.
    pub flips: Option<u64>,
    /// The gradients of this layer: weight, then bias, slope, and δ = ∂L/∂z under `activation_gradient`.
    pub tensors: Vec<TensorNoise>,
}

impl Record {
    /// The record as the bytes of `record.json`.
    pub fn to_json(&self) -> String {
        text::write(self)
    }

    /// How many bytes [`Record::to_json`] gives.
    pub fn json_length(&self) -> usize {
        text::length(self)
    }

    /// Reads a record back.
    ///
    /// # Errors
    /// A sentence with the place where the text is not a record of this schema.
    pub fn from_json(text: &str) -> Result<Record, String> {
        text::read(text, SCHEMA, "record")
    }
}
