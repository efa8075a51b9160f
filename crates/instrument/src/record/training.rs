//! The record of a training: what each format's own copy of a network learnt, how accurate its gradients were at chosen
//! steps, and when and why it stopped.
//!
//! `training.json` holds only what the spec and the version determine, as a probe's record does. A step counts the
//! updates before it: step 0 is the initial network, and what is measured at a step is measured before its update.

mod convergence;
mod events;
mod outcome;
mod trials;

pub use convergence::{MeanLosses, WINDOW};
pub use events::{Event, EventKind, ExactSize, ExactStep, Scalar};
pub use outcome::{Cause, End, Outcome, Saturation};
pub use trials::{Trial, TrialOutcome, TrialRun};

use super::{Evidence, Fates, Flips, FormatFacts, Number, Proof, Role, Roles, Site, Verdict, former};
pub use crate::spec::training::{MeasureAt, Optimiser, Rate, TrainingScale, TrainingSpec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Name and version of the layout.
pub const SCHEMA: &str = "precision-probe-training/4";
/// The layouts before it, which are still read.
const FORMER: [&str; 2] = ["precision-probe-training/3", "precision-probe-training/1"];

/// Everything that a training found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// Name and version of the layout.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// Version of precision-probe that trained.
    pub version: String,
    /// The specification.
    pub spec: TrainingSpec,
    /// SHA-256 of the version and the spec's JSON, in hexadecimal.
    pub spec_hash: String,
    /// Updates made; fewer than the spec's where the training is under way or was stopped.
    pub steps_done: usize,
    /// The loss of the best constant answer over the samples that are trained on: of classes the entropy of their
    /// frequencies, of values the mean variance of the outputs. Absent from records before schema 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chance: Option<Number>,
    /// One per activation, in the order given.
    pub runs: Vec<TrainingRun>,
    /// Repetitions with the seeds that follow, without the first training, which `runs` holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trials: Vec<Trial>,
}

/// One activation's network, trained in every format from the same parameters on the same minibatches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrainingRun {
    /// Canonical name.
    pub activation: String,
    /// Every exact constant of the activation, such as `slope = 0.010009765625`.
    pub constants: Vec<String>,
    /// True where φ' jumps somewhere, so branches can flip.
    pub kinked: bool,
    /// Standard deviation of the weights of a layer with as many inputs as outputs, times √fan_in; absent for a network
    /// from a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gain: Option<f64>,
    /// The exact factor of every branch of a residual network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub residual_scale: Option<f64>,
    /// How many parameters the network has.
    pub parameters: u64,
    /// The nodes with parameters, which everything below refers to.
    pub sites: Vec<Site>,
    /// The f64 reference run: f64 in every role, without a loss scale.
    pub reference: Course,
    /// The exact gradient at f64's parameters, at the measured steps; empty where it was not measured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exact: Vec<ExactStep>,
    /// One per format, in the order given.
    pub learners: Vec<Learner>,
}

/// A copy's learning curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Course {
    /// Loss of every step's minibatch before its update, evaluated in binary64 on the outputs as computed.
    pub losses: Vec<Number>,
    /// The held-out samples at the measured steps and at the end; empty where none are held out.
    pub held_out: Vec<HeldOut>,
    /// log₂ of the loss scale, from the step at which it is so; empty without loss scaling.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scales: Vec<ScaleChange>,
    /// Steps whose update dynamic loss scaling skipped because a gradient was not finite.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<usize>,
    /// How it ended.
    pub end: End,
}

/// Loss and accuracy on the samples that are held out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeldOut {
    /// Updates before it.
    pub step: usize,
    /// Mean loss.
    pub loss: Number,
    /// Samples whose class has the one largest output. Absent where targets are values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub right: Option<u64>,
    /// What ties add to that: 1/k for a sample whose class is one of k equal largest outputs, so a constant output is
    /// as good as a guess. Absent where no sample ties, and from older records, in which a tie is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tied: Option<f64>,
    /// All of them.
    pub of: u64,
}

impl HeldOut {
    /// Share of right answers; `None` where targets are values.
    pub fn accuracy(&self) -> Option<f64> {
        Some((self.right? as f64 + self.tied.unwrap_or(0.0)) / self.of as f64)
    }
}

/// The loss scale from a step on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScaleChange {
    /// The first step with it.
    pub step: usize,
    /// log₂ of it.
    pub log2: i32,
}

/// One format's own copy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Learner {
    /// Canonical name: `f16`, `amp-fp16`, `bf16/update=f32/master=bf16:round=stochastic`.
    pub name: String,
    /// What a preset stands for, role by role; absent where the name says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// The arithmetic of each role of the gradients.
    pub roles: Roles,
    /// The arithmetic in which the optimiser computes.
    pub update: Role,
    /// The arithmetic in which parameters are kept between steps.
    pub master: Role,
    /// The format of gradients.
    pub format: FormatFacts,
    /// Its learning curve.
    pub course: Course,
    /// What happened to it beyond rounding error, the first event first; absent from records before schema 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<Event>>,
    /// How accurate its gradients and updates were, at the measured steps.
    pub measures: Vec<Measure>,
    /// When and why learning stopped.
    pub outcome: Outcome,
}

/// One measured step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// Updates before it.
    pub step: usize,
    /// Worst evidence of the exact gradients at its own parameters.
    pub evidence: Evidence,
    /// The proof that establishes them.
    #[serde(default, skip_serializing_if = "Proof::is_default")]
    pub proof: Proof,
    /// ‖θ − θ₆₄‖/‖θ₆₄ − θ₀‖: distance of the parameters from those of the f64 reference run at the same step, relative
    /// to how far that run has moved; none at step 0.
    pub distance: Number,
    /// The learning rate of this step.
    pub learning_rate: f64,
    /// True where dynamic loss scaling skipped the update.
    pub skipped: bool,
    /// One per site, in their order.
    pub sites: Vec<MeasuredSite>,
}

/// One site at one measured step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MeasuredSite {
    /// Its ordinal.
    pub site: usize,
    /// The weight gradient at the copy's own parameters, compared with the exact one there.
    pub own: Track,
    /// The same format's weight gradient at f64's parameters, compared with the exact one there; absent where f64 has
    /// no finite parameters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_reference: Option<Track>,
    /// Noise-to-signal ratio at its own parameters with every pre-activation on its exact branch; none without kinks.
    pub without_flips: Number,
    /// log₂ of the root mean square distance of a minibatch's weight gradient from the mean over minibatches, at its
    /// own parameters, computed in f64.
    pub log2_minibatch_spread: Number,
    /// Units whose φ' is zero on every sample of these minibatches; 0 for the head.
    pub dead_units: u64,
    /// Units of the site.
    pub units: u64,
    /// The updates of the site's parameters.
    pub updates: Updates,
    /// Σ Δ² over lost updates, divided by Σ Δ² over all due ones, where Δ is the exact update; `None` if none is due.
    pub lost_energy: Number,
    /// Σ Δ̂Δ/Σ Δ² over due updates, where Δ̂ is the update that was applied: 1 where the exact update is applied, 0
    /// where nothing is. Stochastic rounding drops most individual updates and enlarges the others, so its mean is 1.
    pub update_descent: Number,
}

/// One site's weight gradient compared with the exact one at the same parameters.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Track {
    /// Its verdict.
    pub verdict: Verdict,
    /// log₂‖g*‖₂.
    pub log2_signal: Number,
    /// log₂‖ĝ − g*‖₂.
    pub log2_noise: Number,
    /// Noise-to-signal ratio.
    pub noise_to_signal: Number,
    /// The ratio is an upper limit.
    pub at_most: bool,
    /// ⟨ĝ, g*⟩/‖g*‖², 1 where the noise is not one-sided; absent from records before schema 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub descent: Option<Number>,
    /// Counts of its entries by fate.
    pub fates: Fates,
    /// Branch flips of the site's pre-activations; absent where φ' has no jump and for the head.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flips: Option<Flips>,
}

/// Updates of a site's parameters compared with the exact ones: those of the exact optimiser, from the same parameters
/// and the same stored state, with the exact gradient.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Updates {
    /// Parameters.
    pub parameters: u64,
    /// Those whose exact update is not zero: due.
    pub due: u64,
    /// Those whose exact update has no proven sign.
    pub undecided: u64,
    /// Due, but left unchanged: lost.
    pub lost: u64,
    /// Lost although the computed gradient is not zero: too small for the parameter, or for the optimiser's arithmetic.
    pub absorbed: u64,
    /// Due, but moved in the wrong direction.
    pub wrong_sign: u64,
    /// Those that became infinite or NaN.
    pub overflowed: u64,
}

impl Updates {
    /// Both together.
    pub fn plus(self, other: Updates) -> Updates {
        Updates {
            parameters: self.parameters + other.parameters,
            due: self.due + other.due,
            undecided: self.undecided + other.undecided,
            lost: self.lost + other.lost,
            absorbed: self.absorbed + other.absorbed,
            wrong_sign: self.wrong_sign + other.wrong_sign,
            overflowed: self.overflowed + other.overflowed,
        }
    }

    /// Share of the due updates that are lost; `None` where none is due.
    pub fn lost_share(&self) -> Option<f64> {
        (self.due > 0).then(|| self.lost as f64 / self.due as f64)
    }

    /// Share of the due updates in the wrong direction; `None` where none is due.
    pub fn wrong_share(&self) -> Option<f64> {
        (self.due > 0).then(|| self.wrong_sign as f64 / self.due as f64)
    }
}

impl Measure {
    /// Updates of all sites.
    pub fn updates(&self) -> Updates {
        self.sites.iter().fold(Updates::default(), |sum, site| sum.plus(site.updates))
    }
}

impl Training {
    /// The bytes of `training.json`.
    pub fn to_json(&self) -> String {
        super::text::write(self)
    }

    /// Reads a training back.
    ///
    /// # Errors
    /// A sentence with the place where the text is not a training of this schema.
    pub fn from_json(text: &str) -> Result<Training, String> {
        super::text::read(text, "record", SCHEMA, &FORMER, former::training)
    }
}
