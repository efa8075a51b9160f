//! The specification of a training: defaults and validation, with the fix in each error message.

mod measuring;
mod optimiser;

pub use measuring::MeasureAt;
pub use optimiser::{Optimiser, Rate, TrainingScale};

use super::fields::shared::{
    ACTIVATIONS, BATCH, BIAS, DEPTH, FORMATS, GAIN, INIT, RESIDUAL, SEED, TRUTH, TRUTH_BITS, WIDTH, loss_scale,
};
use super::fields::{Field, Fields, Fix, Heading, LARGEST, Position, SpecOption, spec};
use super::files::rows_in_words;
use super::{
    Attribute, BatchFile, Data, Files, Init, Loss, LossScale, Names, Plan, Proof, Source, Spec, SpecError, Weights,
    names,
};
use crate::arithmetic::policy::TrainingPolicy;
use crate::assets::DIGITS;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Training samples of every ten; the others are held out.
const TRAINED_OF_TEN: usize = 8;

/// Smallest data set of which some samples are held out; with fewer, a single sample would determine the accuracy.
const LEAST_TO_HOLD_OUT: usize = 10;

/// Number of digits for training.
pub const TRAINED: usize = trained_of(DIGITS);

/// Number of training samples: eight tenths, rounded down, or all if there are fewer than ten.
pub const fn trained_of(samples: usize) -> usize {
    // Tens and the remainder are separate so that no product overflows.
    let (tens, rest) = (samples / 10, samples % 10);
    if samples < LEAST_TO_HOLD_OUT { samples } else { tens * TRAINED_OF_TEN + rest * TRAINED_OF_TEN / 10 }
}

spec! {
    /// One training, complete: with the version it determines every byte of the record.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    pub struct TrainingSpec {
        /// Activations by canonical name, one run each.
        pub activations: Vec<String> = ["relu", "leaky", "prelu", "elu"].map(String::from).to_vec() => ACTIVATIONS.help(
            "Activation functions of the main command, separated by commas, or `all`; prelu learns its slopes",
        );
        /// Hidden layers L.
        pub depth: usize = 20 => DEPTH;
        /// Units of every hidden layer.
        pub width: usize = 64 => WIDTH;
        /// Samples per minibatch.
        pub batch: usize = 32 => BATCH.help("Minibatch size; every epoch visits the rows in a new order").key(None);
        /// Seed of every draw.
        pub seed: u64 = 0 => SEED.at(Position::Last).key(None);
        /// Number of trainings: this one, and repetitions with the following seeds.
        #[serde(default = "one", skip_serializing_if = "is_one")]
        pub trials: usize = 1 => SpecOption::number("trials", "N", Heading::Data, Fix::Whole(1, MOST_TRIALS))
            .help(
                "Number of trials: trainings with consecutive seeds, each with networks and a data order of its own",
            )
            .details(
                "Shows the spread of the steps to the target loss, the final loss and the held-out accuracy. Gradients \
                 are measured with the first seed only",
            );
        /// How weights are drawn.
        pub init: Init = Init::Preserve => INIT.key(None);
        /// Gain that replaces the init's default.
        pub gain: Option<f64> = None => GAIN.key(None);
        /// Whether layers have biases; `torch` implies them.
        pub bias: bool = false => BIAS.key(None);
        /// Whether hidden layers with as many outputs as inputs have a skip connection.
        pub residual: bool = false => RESIDUAL.key(None);
        /// Arithmetics of the learners in canonical spelling; before validation also `NAME:=POLICY`.
        pub formats: Vec<String> = ["f16", "bf16", "f32"].map(String::from).to_vec() => FORMATS
            .help(
                "Precisions to compare, separated by commas, as in the main command but with at most 53 significand bits",
            )
            .details(
                "In addition to forward= and backward=, /update=PRECISION sets the precision of the optimiser and \
                 /master=FORMAT that of the stored parameters: SR:=bf16/update=f32/master=bf16:round=stochastic, where \
                 SR is a name of your choice",
            );
        /// The ones that the user gave a name.
        #[serde(default, skip_serializing_if = "Names::is_empty")]
        pub names: Names = Names::default();
        /// Updates.
        pub steps: usize = 500 => SpecOption::number("steps", "N", Heading::Optimiser, Fix::Count {
            most: MOST_STEPS,
            example: "a positive number of updates, such as --steps 500",
        })
        .help("Number of training steps");
        /// How gradients become updates.
        pub optimiser: Optimiser = Optimiser::default();
        /// The learning rate and how it changes.
        pub rate: Rate = Rate::default();
        /// Largest norm of all gradients together; `None` without clipping.
        pub clip_norm: Option<f64> = None => SpecOption::number(
            "clip-norm",
            "NORM",
            Heading::Clipping,
            Fix::Words("a positive finite number, such as 1"),
        )
        .help("Clip the norm of all gradients together, like torch.nn.utils.clip_grad_norm_")
        .key(Some("clip"));
        /// Factor of the loss.
        pub loss_scale: TrainingScale = TrainingScale::None => loss_scale("N|dynamic")
            .help(
                "Multiply the loss by this power of two and divide the gradients by it; or dynamic[=N], like \
                 torch.amp.GradScaler",
            )
            .details(
                "The dynamic scale starts at 2^16 and doubles after N clean steps (default 2000); when a gradient is not \
                 finite, the step is skipped and the scale halved",
            );
        /// Steps at which gradients are compared with the exact ones.
        pub measure: MeasureAt = MeasureAt::Every(25) => SpecOption::number("measure", "WHEN", Heading::Measuring, Fix::OfType).help(
            "Steps at which gradients and updates are compared with the exact ones: every=N, log=POINTS, or none; the \
             last step is always included",
        );
        /// Minibatches from which the gradient's spread is computed.
        pub minibatches: usize = 8 => SpecOption {
            shows_default: false,
            ..SpecOption::number("minibatches", "N", Heading::Measuring, Fix::Whole(2, LARGEST)).help(
                "Number of minibatches that estimate minibatch noise at every measured step [default: 8, or fewer if the \
                 training rows do not fill 8]",
            )
        };
        /// Loss for which the first step that reaches it is reported.
        pub target_loss: f64 = 0.5 => SpecOption::number(
            "target-loss",
            "LOSS",
            Heading::Measuring,
            Fix::Words("a positive finite number, such as 0.5"),
        )
        .help("Report the first step that reaches this loss (mean over 20 minibatches)")
        .key(Some("target"));
        /// Bits to which every layer's gradient must be proven.
        pub truth_bits: u32 = 80 => TRUTH_BITS.key(None);
        /// How the exact gradient is proven.
        #[serde(default, skip_serializing_if = "Proof::is_default")]
        pub truth: Proof = Proof::Norm => TRUTH;
        /// A network from a file from which every copy starts, instead of drawn ones; it determines depth, width and
        /// biases.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub weights: Option<Weights> = None;
        /// A file whose rows replace the digits, for training and held-out samples.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub batch_file: Option<BatchFile> = None;
    }
}

fn one() -> usize {
    1
}

fn is_one(trials: &usize) -> bool {
    *trials == 1
}

/// A validated training: names read, limits checked.
#[derive(Clone, Debug)]
pub struct TrainingPlan {
    /// The spec with every name in its canonical spelling.
    pub spec: TrainingSpec,
    /// The networks: a probe's plan of the same draws, in f64.
    pub networks: Plan,
    /// How each learner computes.
    pub policies: Vec<TrainingPolicy>,
}

/// Largest number of updates: more than anyone needs, and small enough never to overflow.
pub const MOST_STEPS: usize = 10_000_000;

/// Most trials.
pub const MOST_TRIALS: usize = 10_000;

impl TrainingSpec {
    /// Reads every name and checks every limit.
    ///
    /// # Errors
    /// The first mistake, with the fix; a spec that names files needs [`TrainingSpec::validate_with`].
    pub fn validate(&self) -> Result<TrainingPlan, SpecError> {
        self.validate_with(Files::default())
    }

    /// Reads every name and checks every limit of a spec whose files were read.
    ///
    /// # Errors
    /// The first mistake, with the fix.
    pub fn validate_with(&self, files: Files) -> Result<TrainingPlan, SpecError> {
        self.check_samples().map_err(SpecError)?;
        let networks = self.networks().validate_with(files)?;
        let trained = self.trained();
        let check = |field: &Field<TrainingSpec>| field.check(self);
        TrainingSpec::FIELDS.iter().try_for_each(check).map_err(SpecError)?;
        let (minibatches, most) = (self.minibatches, trained / self.batch.max(1));
        if minibatches < 2 {
            return Err(SpecError(format!("--minibatches {minibatches}: give at least 2, such as --minibatches 8")));
        }
        if minibatches > most {
            return Err(SpecError(format!(
                "--minibatches {minibatches}: the {trained} training samples make {most} minibatches of --batch {}; give at most {most}",
                self.batch
            )));
        }
        if !(1..=MOST_TRIALS).contains(&self.trials) {
            return Err(SpecError(format!("--trials {}: give 1 to {MOST_TRIALS}", self.trials)));
        }
        self.optimiser.check().and_then(|()| self.rate.check(self.steps)).map_err(SpecError)?;
        self.measure.check(self.steps).map_err(SpecError)?;
        let positive = |option: &str, value: f64| match value.is_finite() && value > 0.0 {
            true => Ok(()),
            false => Err(SpecError(format!("--{option} {value}: give a positive finite number"))),
        };
        self.clip_norm.map_or(Ok(()), |norm| positive("clip-norm", norm))?;
        positive("target-loss", self.target_loss)?;
        let (policies, names) = names::policies(&self.formats, &self.names, TrainingPolicy::parse)?;
        let spec = TrainingSpec {
            activations: networks.spec.activations.clone(),
            bias: networks.spec.bias,
            formats: policies.iter().map(TrainingPolicy::to_string).collect(),
            names,
            ..self.clone()
        };
        Ok(TrainingPlan { spec, networks, policies })
    }

    /// Checks that there are enough samples, and that they fit a network from a file.
    fn check_samples(&self) -> Result<(), String> {
        let (trained, most) = (self.trained(), self.trained() / 2);
        let are_trained_on = match &self.batch_file {
            None => format!("{TRAINED} digits are for training"),
            Some(BatchFile { source, drawn_from: Some(rows), .. }) if most == 0 => {
                let (file, rows) = (&source.file, rows_in_words(*rows));
                return Err(format!("`{file}` has {rows}: give a file with at least two"));
            }
            Some(BatchFile { source, drawn_from: Some(rows), .. }) => {
                format!("{trained} of the {rows} rows of `{}` are for training", source.file)
            }
            Some(_) => return Err("training uses the rows of a file: read them with Files::rows".into()),
        };
        if self.batch > most {
            return Err(format!(
                "--batch {}: {are_trained_on}; give at most {most} so that an epoch has two minibatches",
                self.batch
            ));
        }
        if self.batch_file.is_none() {
            self.networks().check_digits().map_err(|misfit| format!("{misfit}: give --data FILE"))?;
        }
        Ok(())
    }

    /// Number of training samples; the others are held out.
    pub fn trained(&self) -> usize {
        trained_of(self.samples())
    }

    /// Number of samples: the digits, or the rows of the file.
    pub fn samples(&self) -> usize {
        self.batch_file.as_ref().map_or(DIGITS, |file| file.drawn_from.unwrap_or(0))
    }

    /// True if targets are classes (cross-entropy, accuracy); false if they are values (mean squared error).
    pub fn has_classes(&self) -> bool {
        self.loss() == Loss::CrossEntropy
    }

    /// The loss implied by the data: cross-entropy for the digits, or by a file's targets.
    pub fn loss(&self) -> Loss {
        self.batch_file.as_ref().map_or(Loss::CrossEntropy, |file| file.targets.loss())
    }

    /// The files that the spec names, the network's first.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        let weights = self.weights.iter().map(|weights| &weights.source);
        weights.chain(self.batch_file.iter().map(|file| &file.source))
    }

    /// The same training with the network and the rows that [`Files`] read into [`TrainingSpec::networks`].
    pub fn with_files_of(self, networks: Spec) -> TrainingSpec {
        let Spec { activations, depth, width, bias, weights, batch_file, .. } = networks;
        TrainingSpec { activations, depth, width, bias, weights, batch_file, ..self }
    }

    /// A probe of the networks from which training starts.
    pub fn networks(&self) -> Spec {
        Spec {
            activations: self.activations.clone(),
            depth: self.depth,
            width: self.width,
            batch: self.batch,
            trials: 1,
            seed: self.seed,
            data: if self.batch_file.is_some() { Data::File } else { Data::Digits },
            init: self.init,
            gain: self.gain,
            bias: self.bias,
            residual: self.residual,
            formats: vec!["f64".into()],
            truth_bits: self.truth_bits,
            truth: self.truth,
            loss_scale: LossScale::None,
            attribute: Attribute::None,
            weights: self.weights.clone(),
            batch_file: self.batch_file.clone(),
            ..Spec::default()
        }
    }

    /// SHA-256 of the version and the canonical spec; equal hashes mean equal records.
    pub fn hash(&self, version: &str) -> String {
        let json = serde_json::to_string(self).expect("a spec has only serialisable fields");
        let digest = Sha256::new().chain_update(version).chain_update("\ntraining\n").chain_update(json).finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_canonical() {
        assert_eq!(TrainingSpec::default().validate().unwrap().spec, TrainingSpec::default());
        assert_eq!(TRAINED, 1437, "360 digits are held out");
        let trained = [1, 9, 10, 11, 19, 20, 1797, usize::MAX].map(trained_of);
        assert_eq!(trained, [1, 9, 8, 8, 15, 16, 1437, usize::MAX / 10 * 8 + 4]);
    }
}
