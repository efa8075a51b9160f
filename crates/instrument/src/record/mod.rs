//! The record: what one probe found, complete and reproducible.
//!
//! `record.json` holds only what the spec and the version determine, so the same spec gives the same
//! bytes on any machine and any number of threads, and what is read back is written again to the same
//! bytes. Host, time and durations belong to `run.json` beside it. Reports are drawn from a record
//! alone. Ratios and logarithms are rounded to 9 significant digits, which the truth's bound supports
//! wherever a number is given without `at_most`.

mod cause;
mod check;
mod evidence;
mod exact;
mod external;
mod format;
mod former;
pub mod law;
mod site;
pub mod study;
pub mod sweep;
mod text;
pub mod training;

pub use crate::activation::Phase;
pub use crate::fate::Fates;
pub use crate::magnitude::Histogram;
pub use crate::noise::{Rows, TensorNoise};
pub use crate::number::Number;
pub use crate::spec::fields::{Field, Fields, FixedBy, Heading, Kind, SpecOption};
pub use crate::spec::{
    Attribute, BatchFile, Compared, Data, Loss, LossScale, Names, Proof, Source, Spec, TargetKind, Weights,
};
pub use crate::truth::Unproven;
pub use crate::truth::zero::{Zero, ZeroReason};
use crate::verdict::over_trials;
pub use crate::verdict::{Verdict, VerdictCount};
pub use cause::{Attribution, NoiseSource, Remedy, RemedyKind, RemedySite, SourceNoise, SourceSite, TheorySite};
pub use evidence::Evidence;
pub use exact::{ExactSite, GradientNoise, LOWER, WholeTrial, enough_of, is_lower};
pub use external::{External, ExternalSite, Projection};
pub use format::{FormatFacts, Role, Roles, StoredType};
pub use site::{Site, SiteKind};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Name and version of the record's layout.
pub const SCHEMA: &str = "precision-probe-record/4";
/// The layouts before it, which are still read. Before schema 3 verdicts have other names and no distribution.
const FORMER: [&str; 2] = ["precision-probe-record/3", "precision-probe-record/2"];

/// Everything one probe found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Name and version of the layout.
    #[schemars(extend("const" = SCHEMA))]
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    /// What χ₁ means for the gradient from layer to layer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// Whether the variance of pre-activations moves away from where χ₁ was taken, so χ₁ drifts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_unstable_variance: bool,
    /// Factor of the gradient's mean square over all hidden layers of a residual network (mean field), with as many
    /// digits as reports show. Absent from any other network's record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub growth: Option<Number>,
    /// The nodes with parameters, which everything below refers to.
    pub sites: Vec<Site>,
    /// The exact gradient, site by site.
    pub truth: Truth,
    /// One per arithmetic, in the order asked for.
    pub arithmetics: Vec<ArithmeticRun>,
}

/// The exact gradient and how it is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Truth {
    /// Working precision in bits, per trial.
    pub precision: Vec<u32>,
    /// The proof that establishes the gradients, per trial; absent where it is norm-wise in all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proofs: Vec<Proof>,
    /// Worst evidence over all sites and trials.
    pub evidence: Evidence,
    /// One per site, in their order.
    pub sites: Vec<TrueSite>,
}

impl Truth {
    /// The proof that establishes the gradients of all trials: enclosures where one of them needs these, both proofs where
    /// both establish every one.
    pub fn proof(&self) -> Proof {
        let is = |proof: Proof| move |own: &Proof| *own == proof;
        match &self.proofs {
            proofs if proofs.iter().any(is(Proof::Enclosure)) => Proof::Enclosure,
            proofs if !proofs.is_empty() && proofs.iter().all(is(Proof::Both)) => Proof::Both,
            _ => Proof::Norm,
        }
    }
}

/// The exact gradient of one site's parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrueSite {
    /// Its ordinal.
    pub site: usize,
    /// Per trial, the weight gradient.
    pub trials: Vec<TruthTrial>,
    /// ⌊log₂|g|⌋ of the weight gradient's entries, over all trials.
    pub histogram: Histogram,
}

/// What is known of one site's exact weight gradient in one trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TruthTrial {
    /// How accurately it is known.
    pub evidence: Evidence,
    /// log₂‖g*‖₂; −∞ if the gradient is zero.
    pub log2_norm: Number,
    /// The exact network at this site; absent from records before schema 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exact: Option<Box<ExactSite>>,
}

/// One arithmetic's gradients compared with the exact ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArithmeticRun {
    /// What tables call it: the name that the user gave it, a preset's own, or its canonical spelling, accumulator
    /// included: `f16:acc=f32`.
    pub name: String,
    /// What that name stands for, role by role; absent where the name says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// The arithmetic of each role; absent for gradients that another program computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roles: Option<Roles>,
    /// The format of gradients.
    pub format: FormatFacts,
    /// Largest relative rounding of a parameter, input or target when stored; 0 where all fit exactly.
    pub storage_noise: Number,
    /// One per site, in their order.
    pub sites: Vec<SiteRun>,
    /// The network's verdict: that of the first site, over the trials.
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
    /// What theory says, one per site; absent where there is no theory.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub theory: Vec<TheorySite>,
    /// What is known of gradients that another program computed; absent for an arithmetic of our own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<External>,
}

/// One site in one arithmetic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SiteRun {
    /// Its ordinal.
    pub site: usize,
    /// Branch flips of this site's pre-activations, over all trials; absent for the head and where φ' has no jump.
    pub flips: Option<Flips>,
    /// ⌊log₂|g|⌋ of the computed weight gradient, over all trials.
    pub histogram: Histogram,
    /// Fates of the weight gradient's entries, over all trials.
    pub fates: Fates,
    /// Noise-to-signal ratio of the weight gradient over the trials.
    pub noise_to_signal: Quantiles,
    /// The same of weights and biases together; absent without biases and from records before schema 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gradient: Option<Quantiles>,
    /// The verdict over the trials, of weights and biases together.
    pub verdict: VerdictCount,
    /// One per trial.
    pub trials: Vec<SiteTrial>,
    /// What an audit asks besides of gradients that another program computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<ExternalSite>,
}

/// Pre-activations that lie on a different piece of φ' than in the exact network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
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

/// One site in one arithmetic and one trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SiteTrial {
    /// The verdict of weights and biases together; before schema 3 of the weights.
    pub verdict: Verdict,
    /// Noise of weights and biases together; absent without biases and from records before schema 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gradient: Option<GradientNoise>,
    /// Rows of the weight gradient; absent where the truth is not established and from records before schema 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<Rows>,
    /// Pre-activations on a different piece of φ' than the exact ones; `None` if φ' has no jump or the exact gradient
    /// is not established.
    pub flips: Option<u64>,
    /// The gradients of this site: weight, then bias, slope, and δ = ∂L/∂z under `activation_gradient`.
    pub tensors: Vec<TensorNoise>,
}

impl Quantiles {
    /// With `at_most` of the median alone, from the trials that these are quantiles of: each ratio and whether it is
    /// only an upper limit. Without trials as it is.
    fn with_limit_of_median(self, trials: impl Iterator<Item = (Number, bool)>) -> Quantiles {
        let mut trials: Vec<(Number, bool)> = trials.filter(|(noise, _)| *noise != Number::None).collect();
        // As the quantiles are taken.
        trials.sort_by(|(x, _), (y, _)| x.value().total_cmp(&y.value()));
        let at_most = trials.get(trials.len() / 2).map_or(self.at_most, |(_, is_limit)| *is_limit);
        Quantiles { at_most, ..self }
    }

    /// The values of two trials where they differ, the lesser first: neither of them is a median.
    pub fn both(&self) -> Option<[Number; 2]> {
        (self.count == 2 && self.low != self.high).then_some([self.low, self.high])
    }
}

impl SiteTrial {
    /// The noise-to-signal ratio of the site's gradient, of weights and biases together, and whether it is only an
    /// upper limit.
    pub fn noise(&self) -> (Number, bool) {
        let weight = || self.tensors.first().map(|weight| (weight.noise_to_signal, weight.at_most));
        let joint = self.gradient.map(|gradient| (gradient.noise_to_signal, gradient.at_most));
        joint.or_else(weight).unwrap_or((Number::None, false))
    }
}

impl SiteRun {
    /// The noise-to-signal ratio of the site's gradient over the trials: of weights and biases together.
    pub fn noise(&self) -> &Quantiles {
        self.gradient.as_ref().unwrap_or(&self.noise_to_signal)
    }

    /// The same as it is shown: `at_most` is that of the median.
    pub fn shown_noise(&self) -> Quantiles {
        self.noise().with_limit_of_median(self.trials.iter().map(SiteTrial::noise))
    }

    /// The noise-to-signal ratio of the weights alone as it is shown: `at_most` is that of the median.
    pub fn shown_weight_noise(&self) -> Quantiles {
        let weights = self.trials.iter().filter_map(|trial| trial.tensors.first());
        self.noise_to_signal.with_limit_of_median(weights.map(|weight| (weight.noise_to_signal, weight.at_most)))
    }

    /// The noise of two trials where it differs, the lesser first, each with whether it is only an upper limit: neither
    /// is a median.
    pub fn both_noises(&self) -> Option<[(Number, bool); 2]> {
        let mut trials: Vec<(Number, bool)> = self.trials.iter().map(SiteTrial::noise).collect();
        trials.sort_by(|(x, _), (y, _)| x.value().total_cmp(&y.value()));
        let is_known = trials.iter().all(|(noise, _)| *noise != Number::None);
        <[_; 2]>::try_from(trials).ok().filter(|[one, other]| is_known && one.0 != other.0)
    }
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
        let mut record: Record = text::read(text, "record", SCHEMA, &FORMER, former::record)?;
        record.runs.iter_mut().flat_map(|run| &mut run.arithmetics).for_each(ArithmeticRun::count_verdicts);
        Ok(record)
    }
}

impl ArithmeticRun {
    /// What it computes in, in a spelling that says so, whatever it is called.
    pub fn definition(&self) -> &str {
        self.policy.as_deref().unwrap_or(&self.name)
    }

    /// Counts the verdicts of the trials, which records before schema 3 leave to their reader.
    fn count_verdicts(&mut self) {
        for site in &mut self.sites {
            let verdicts: Vec<Verdict> = site.trials.iter().map(|trial| trial.verdict).collect();
            if site.verdict.distribution.is_none() && !verdicts.is_empty() {
                site.verdict = over_trials(&verdicts);
            }
        }
        if let Some(first) = self.sites.first() {
            self.verdict = first.verdict.clone();
        }
    }
}
