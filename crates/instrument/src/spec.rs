//! The specification of a probe: defaults and validation, with the fix in each error message.

pub mod compared;
pub mod effort;
pub mod files;
pub mod names;
pub mod study;
pub mod training;

use crate::activation::Activation;
use crate::arithmetic::Policy;
use crate::exchange::{Gradients, Samples, Sequential};
use crate::format::GRID;
pub use crate::init::Init;
pub use crate::loss::Loss;
pub use compared::{Compared, Model};
pub use effort::{Attribute, LossScale};
pub use files::{BatchFile, Files, Source, TargetKind, Weights};
pub use names::Names;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use std::sync::Arc;

/// Where inputs and targets come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Data {
    /// The handwritten digits: 1797 images of 8×8 pixels, 10 classes, softmax cross-entropy.
    Digits,
    /// Gaussian inputs and targets, rounded to the grid; mean squared error.
    Gaussian,
    /// A file, [`Spec::batch_file`].
    File,
}

impl Data {
    /// The built-in data sets by name.
    pub const ALL: [(&str, Data); 2] = [("digits", Data::Digits), ("gaussian", Data::Gaussian)];

    /// Samples that can be drawn without replacement, if there is a limit.
    pub fn samples(self) -> Option<usize> {
        match self {
            Data::Digits => Some(crate::assets::DIGITS),
            Data::Gaussian | Data::File => None,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Data::ALL.iter().find(|(_, data)| *data == self).map_or("file", |(name, _)| name)
    }

    /// Reads a name.
    ///
    /// # Errors
    /// A sentence with the nearest known name.
    pub fn parse(text: &str) -> Result<Data, String> {
        Data::ALL.iter().find(|(name, _)| *name == text).map(|(_, data)| *data).ok_or_else(|| {
            let known = crate::nearest::nearest(text, Data::ALL.iter().map(|(name, _)| *name));
            format!(
                "unknown data `{text}`; did you mean `{known}`? (`digits`, `gaussian`, or a .safetensors or .npz file)"
            )
        })
    }
}

/// One probe, complete: with the version it determines every byte of the record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// Activations by canonical name, one run each.
    pub activations: Vec<String>,
    /// Hidden layers L.
    pub depth: usize,
    /// Units of every hidden layer.
    pub width: usize,
    /// Samples per batch.
    pub batch: usize,
    /// Number of draws of network and batch.
    pub trials: usize,
    /// Seed of every draw.
    pub seed: u64,
    /// Inputs and targets.
    pub data: Data,
    /// How weights are drawn.
    pub init: Init,
    /// Gain that replaces the init's default.
    pub gain: Option<f64>,
    /// Whether layers have biases; `torch` implies them.
    pub bias: bool,
    /// Whether hidden layers with as many outputs as inputs have a skip connection; the branch is scaled by 1/√L,
    /// rounded to the grid.
    pub residual: bool,
    /// Arithmetics in canonical spelling; before validation also `NAME:=POLICY`.
    pub formats: Vec<String>,
    /// The ones that the user gave a name.
    #[serde(default, skip_serializing_if = "Names::is_empty")]
    pub names: Names,
    /// Bits to which every layer's gradient must be proven.
    pub truth_bits: u32,
    /// Factor of the loss before the backward pass.
    #[serde(default, skip_serializing_if = "LossScale::is_none")]
    pub loss_scale: LossScale,
    /// For which arithmetics the noise is attributed to its sources and remedies are tried.
    #[serde(default, skip_serializing_if = "Attribute::is_default")]
    pub attribute: Attribute,
    /// A network from a file instead of drawn ones; it determines depth, width and biases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<Weights>,
    /// A batch from a file, or rows of a file that batches are drawn from, in place of built-in data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch_file: Option<BatchFile>,
    /// Gradients of this network and batch that other programs computed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub compared: Vec<Compared>,
}

impl Default for Spec {
    fn default() -> Spec {
        Spec {
            activations: vec!["leaky".into()],
            depth: 50,
            width: 64,
            batch: 32,
            trials: 5,
            seed: 0,
            data: Data::Digits,
            init: Init::Preserve,
            gain: None,
            bias: false,
            residual: false,
            formats: ["f16:acc=f32", "bf16:acc=f32", "f16", "f32", "f64"].map(String::from).to_vec(),
            names: Names::default(),
            truth_bits: 80,
            loss_scale: LossScale::None,
            attribute: Attribute::Narrow,
            weights: None,
            batch_file: None,
            compared: Vec::new(),
        }
    }
}

/// A spec that cannot be run: what is wrong and the fix, in one sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SpecError(pub String);

/// A validated spec: names read, limits checked.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The spec with every name in its canonical spelling.
    pub spec: Spec,
    /// φ of each run: one for all hidden layers, or one for each.
    pub runs: Vec<RunPlan>,
    /// The arithmetics.
    pub arithmetics: Vec<Policy>,
    /// The network of [`Spec::weights`].
    pub network: Option<Arc<Sequential>>,
    /// The rows of [`Spec::batch_file`].
    pub samples: Option<Arc<Samples>>,
    /// The gradients of [`Spec::compared`].
    pub compared: Vec<Arc<Gradients>>,
    /// How much is computed at once; the results do not depend on it.
    pub schedule: Schedule,
}

/// How much is computed and kept at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Number of segments of layers; the backward pass keeps the values of one at a time and recomputes the others.
    pub segments: usize,
    /// Number of simultaneous trials, if there are as many threads.
    pub trials_at_once: usize,
    /// Whether a run keeps the networks and batches of all its trials; if not, they are drawn again when needed.
    pub keeps_trials: bool,
}

impl Default for Schedule {
    /// As much at once as the threads allow.
    fn default() -> Schedule {
        Schedule { segments: 1, trials_at_once: usize::MAX, keeps_trials: true }
    }
}

impl Schedule {
    /// Whether lack of memory costs noticeable time; drawing trials again does not.
    pub fn is_slower(&self) -> bool {
        *self != Schedule { keeps_trials: self.keeps_trials, ..Schedule::default() }
    }
}

/// The part of a plan that differs between runs.
#[derive(Clone, Debug, PartialEq)]
pub enum RunPlan {
    /// Every hidden layer has this activation.
    Uniform(Activation),
    /// Each hidden layer has its own, in a network from a file.
    PerLayer(Vec<Activation>),
}

impl RunPlan {
    /// The activations: one, or one for each hidden layer.
    pub fn activations(&self) -> &[Activation] {
        match self {
            RunPlan::Uniform(activation) => std::slice::from_ref(activation),
            RunPlan::PerLayer(activations) => activations,
        }
    }

    /// The first hidden layer's.
    pub fn first(&self) -> &Activation {
        &self.activations()[0]
    }
}

/// Largest depth, width, batch and number of trials: more than anyone needs, and small enough never to overflow.
pub const LARGEST: usize = 1_000_000;
/// Smallest and largest accepted accuracy of the exact gradient, in bits.
const TRUTH_BITS: std::ops::RangeInclusive<u32> = 8..=8192;
/// Smallest weight of the grid of drawn parameters.
const SMALLEST_WEIGHT: f64 = 1.0 / (1 << 24) as f64;

impl Spec {
    /// Reads every name and checks every limit.
    ///
    /// # Errors
    /// The first mistake, with the fix; a spec that names files needs [`Spec::validate_with`].
    pub fn validate(&self) -> Result<Plan, SpecError> {
        self.validate_with(Files::default())
    }

    /// Reads every name and checks every limit of a spec whose files were read.
    ///
    /// # Errors
    /// The first mistake, with the fix.
    pub fn validate_with(&self, files: Files) -> Result<Plan, SpecError> {
        let fail = |message: String| Err(SpecError(message));
        for (option, value, example) in [
            ("depth", self.depth, "a positive number of hidden layers, such as --depth 50"),
            ("width", self.width, "a positive number of units, such as --width 64"),
            ("batch", self.batch, "a positive number of samples, such as --batch 32"),
            ("trials", self.trials, "a positive number of draws, such as --trials 5"),
        ] {
            if value == 0 {
                return fail(format!("--{option} 0: give {example}"));
            }
            if value > LARGEST {
                return fail(format!("--{option} {value}: give at most {LARGEST}"));
            }
        }
        if let Some(samples) = self.data.samples().filter(|&samples| self.batch > samples) {
            let name = self.data.name();
            return fail(format!("--batch {}: the {name} have {samples} samples; give at most {samples}", self.batch));
        }
        let (features, _) = self.shape();
        if self.residual && self.depth == 1 && self.width != features {
            let width = self.width;
            return fail(format!(
                "--residual: the only hidden layer has {features} inputs and {width} outputs; give --depth 2 or --width {features}"
            ));
        }
        if !TRUTH_BITS.contains(&self.truth_bits) {
            let (least, most) = (TRUTH_BITS.start(), TRUTH_BITS.end());
            return fail(format!("--truth-bits {}: give {least} to {most}", self.truth_bits));
        }
        self.check_files(&files).map_err(SpecError)?;
        self.check_compared(&files).map_err(SpecError)?;
        let (runs, activations) = match self.mixed_activations()? {
            Some(layers) => (vec![RunPlan::PerLayer(layers)], self.activations.clone()),
            None => {
                let activations = named("activation", "--act leaky", &self.activations, Activation::parse)?;
                if self.weights.is_none() {
                    self.check_gains(&activations).map_err(SpecError)?;
                }
                let names = activations.iter().map(Activation::name).collect();
                (activations.into_iter().map(RunPlan::Uniform).collect(), names)
            }
        };
        let (arithmetics, names) = names::policies(&self.formats, &self.names, Policy::parse)?;
        self.check_names(&names).map_err(SpecError)?;
        let spec = Spec {
            activations,
            names,
            formats: arithmetics.iter().map(Policy::to_string).collect(),
            bias: self.bias || self.init.implies_biases(),
            ..self.clone()
        };
        let Files { network, samples, compared, .. } = files;
        Ok(Plan { spec, runs, arithmetics, network, samples, compared, schedule: Schedule::default() })
    }

    /// The loss implied by the data or, for a file, by its targets.
    pub fn loss(&self) -> Loss {
        match (&self.batch_file, self.data) {
            (Some(file), _) => file.targets.loss(),
            (None, Data::Digits) => Loss::CrossEntropy,
            (None, Data::Gaussian | Data::File) => Loss::MeanSquaredError,
        }
    }

    /// The gain of an activation's network: the given one, or the init's default.
    ///
    /// # Errors
    /// The init has no gain for the activation; the message has the fix.
    pub fn gain_for(&self, activation: &Activation) -> Result<f64, String> {
        self.gain.map_or_else(|| self.init.gain(activation), Ok)
    }

    /// Refuses gains for which weights exceed the range of the grid.
    fn check_gains(&self, activations: &[Activation]) -> Result<(), String> {
        if let Some(gain) = self.gain {
            if !self.init.takes_gain() {
                let init = self.init;
                return Err(format!(
                    "--gain {gain}: --init {init} has a fixed gain; leave --gain out or give --init xavier"
                ));
            }
            if !(gain.is_finite() && gain > 0.0) {
                return Err(format!("--gain {gain}: give a positive finite number, such as --gain 1.5"));
            }
        }
        // Per unit of gain: the largest possible weight, and the smallest standard deviation.
        let inner = (self.depth > 1).then_some((self.width, self.width));
        let (features, outputs) = self.shape();
        let shapes = || [(features, self.width), (self.width, outputs)].into_iter().chain(inner);
        let largest =
            shapes().map(|(fan_in, fan_out)| self.init.largest_weight(1.0, fan_in, fan_out)).fold(0.0, f64::max);
        let deviations = shapes().map(|(fan_in, fan_out)| self.init.deviation(1.0, fan_in, fan_out));
        let most = GRID.max().map_or(f64::INFINITY, |max| max.to_f64()) / largest;
        let least = SMALLEST_WEIGHT / deviations.fold(f64::INFINITY, f64::min);
        for activation in activations {
            let gain = self.gain_for(activation)?;
            let option = match self.gain {
                Some(gain) => format!("--gain {gain:?}"),
                None => format!("--init {} gives {} the gain {gain:.1e}", self.init, activation.name()),
            };
            let give = if self.gain.is_some() { "give" } else { "give --gain" };
            if gain.is_nan() || gain > most {
                return Err(format!("{option}: weights would exceed f16's range; {give} at most {most:.0}"));
            }
            if gain < least {
                return Err(format!("{option}: many weights would be rounded to zero; {give} at least {least:.1e}"));
            }
        }
        Ok(())
    }

    /// SHA-256 of the version and the canonical spec; equal hashes mean equal records.
    pub fn hash(&self, version: &str) -> String {
        let json = serde_json::to_string(self).expect("a spec has only serialisable fields");
        let digest = Sha256::new().chain_update(version).chain_update("\n").chain_update(json).finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Reads a list of names and refuses empty lists and repetitions.
fn named<T: PartialEq + fmt::Debug>(
    what: &str,
    example: &str,
    names: &[String],
    mut parse: impl FnMut(&str) -> Result<T, String>,
) -> Result<Vec<T>, SpecError> {
    if names.is_empty() {
        return Err(SpecError(format!("no {what} given; write {example}")));
    }
    let mut read = Vec::with_capacity(names.len());
    for name in names {
        if name.chars().any(char::is_control) {
            return Err(SpecError(format!("{what} {name:?} holds a control character; write {example}")));
        }
        let name = name.trim();
        if name.is_empty() {
            return Err(SpecError(format!("an empty {what} is given; write {example}")));
        }
        let value = parse(name).map_err(SpecError)?;
        if read.contains(&value) {
            return Err(SpecError(format!("{what} `{name}` is given twice; keep one")));
        }
        read.push(value);
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(change: impl Fn(&mut Spec)) -> String {
        let mut spec = Spec::default();
        change(&mut spec);
        spec.validate().expect_err("the spec is wrong").0
    }

    #[test]
    fn the_default_is_canonical() {
        let plan = Spec::default().validate().unwrap();
        assert_eq!(plan.spec, Spec::default());
    }

    #[test]
    fn aliases_become_canonical_and_share_the_hash() {
        let aliases = Spec {
            activations: vec!["LeakyReLU".into()],
            formats: ["half:acc=float32", "bfloat16:acc=f32", "float16", "float", "double"].map(String::from).to_vec(),
            init: Init::parse("he").unwrap(),
            ..Spec::default()
        };
        let canonical = aliases.validate().unwrap().spec;
        assert_eq!(canonical, Spec::default());
        assert_eq!(canonical.hash("1"), Spec::default().hash("1"));
        assert_ne!(canonical.hash("1"), canonical.hash("2"));
        assert_ne!(canonical.hash("1"), Spec { seed: 1, ..canonical.clone() }.hash("1"));
    }

    #[test]
    fn every_mistake_names_its_fix() {
        for (message, words) in [
            (error(|spec| spec.depth = 0), "--depth 50"),
            (error(|spec| spec.width = 0), "--width 64"),
            (error(|spec| spec.batch = 0), "--batch 32"),
            (error(|spec| spec.trials = 0), "--trials 5"),
            (error(|spec| spec.batch = 1798), "at most 1797"),
            (error(|spec| spec.gain = Some(f64::NAN)), "positive finite"),
            (error(|spec| spec.gain = Some(f64::INFINITY)), "positive finite"),
            (error(|spec| spec.gain = Some(-1.0)), "positive finite"),
            (error(|spec| spec.gain = Some(1e9)), "f16's range"),
            (error(|spec| spec.gain = Some(1e-9)), "give at least 4.8e-7"),
            (error(|spec| spec.activations = vec![" ".into()]), "--act leaky"),
            (error(|spec| spec.formats = vec!["f16".into(), String::new()]), "an empty precision"),
            (error(|spec| spec.formats = vec!["f16\u{1b}[31m".into()]), "control character"),
            (error(|spec| spec.truth_bits = 0), "8 to 8192"),
            (error(|spec| (spec.init, spec.gain) = (Init::Torch, Some(1.0))), "leave --gain out"),
            (error(|spec| (spec.init, spec.gain) = (Init::Lecun, Some(1.0))), "--init xavier"),
            (error(|spec| (spec.init, spec.gain) = (Init::Orthogonal, Some(1e6))), "give at most 65280"),
            (error(|spec| (spec.init, spec.gain) = (Init::Xavier, Some(1e-9))), "give at least 4.8e-7"),
            (error(|spec| (spec.init, spec.activations) = (Init::Kaiming, vec!["elu".into()])), "--init preserve"),
            (error(|spec| (spec.residual, spec.depth, spec.width) = (true, 1, 8)), "--depth 2 or --width 64"),
            (error(|spec| spec.activations = vec![]), "--act leaky"),
            (error(|spec| spec.activations = vec!["laeky".into()]), "did you mean `leaky`"),
            (error(|spec| spec.formats = vec!["f16".into(), "half".into()]), "given twice"),
        ] {
            assert!(message.contains(words), "{message}");
            assert!(!message.ends_with('.'), "{message}");
        }
    }
}
