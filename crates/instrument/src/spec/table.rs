//! The table of a probe's spec.

use super::data::Data;
use super::effort::{ATTRIBUTE, Attribute, LossScale, Proof};
use super::fields::shared::{
    ACTIVATIONS, BATCH, BIAS, BIAS_STD, DEPTH, FORMATS, GAIN, INIT, RESIDUAL, SEED, TRUTH, TRUTH_BITS, WIDTH,
    loss_scale,
};
use super::fields::{Fix, FixedBy, Heading, LARGEST, Position, SpecOption, spec};
use super::names::Names;
use super::source::{BatchFile, Compared, Source, Weights};
use crate::activation::Activation;
use crate::init::Init;
use crate::loss::Loss;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

spec! {
    /// One probe, complete: with the version it determines every byte of the record.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    pub struct Spec {
        /// Activations by canonical name, one run each.
        pub activations: Vec<String> = vec!["leaky".into()] => ACTIVATIONS
            .help(
                "Activation function, or several separated by commas to compare on the same draws; `all` compares every \
                 one",
            )
            .details(
                "One of relu, leaky[:SLOPE], prelu[:SLOPE], rrelu[:LOWER:UPPER], elu[:ALPHA], celu[:ALPHA], selu, \
                 relu6, hardtanh[:LOW:HIGH], hardsigmoid, hardswish, softshrink[:LAMBDA], hardshrink[:LAMBDA], \
                 threshold[:THRESHOLD:VALUE], relu2, tanh, tanhshrink, sigmoid, logsigmoid, softplus[:BETA], softsign, \
                 silu, swish:BETA, mish, gelu, gelu_tanh, identity. `precision-probe activations` describes them",
            );
        /// Hidden layers L.
        pub depth: usize = 50 => DEPTH;
        /// Units of every hidden layer.
        pub width: usize = 64 => WIDTH;
        /// Samples per batch.
        pub batch: usize = 32 => BATCH;
        /// Number of draws of network and batch.
        pub trials: usize = 5 => SpecOption::number("trials", "N", Heading::Data, Fix::Count {
            most: LARGEST,
            example: "a positive number of draws, such as --trials 5",
        })
        .help("Number of trials, each with a network and a batch of its own")
        .fixed_by(FixedBy::WeightsOnce);
        /// Seed of every draw.
        pub seed: u64 = 0 => SEED.at(Position::Last);
        /// Inputs and targets.
        pub data: Data = Data::Digits => SpecOption::name("data", "DATA", Heading::Data)
            .at(Position::First)
            .help(
                "digits (handwritten digits, cross-entropy), gaussian (regression, mean squared error), or a safetensors \
                 or npz FILE",
            )
            .details(
                "A FILE holds inputs x [batch × features] and y: integers [batch] are class labels, floats [batch × \
                 outputs] are regression targets",
            )
            .key(None);
        /// How weights are drawn.
        pub init: Init = Init::Preserve => INIT;
        /// Gain that replaces the init's default.
        pub gain: Option<f64> = None => GAIN;
        /// Whether layers have biases; `torch` implies them.
        pub bias: bool = false => BIAS;
        /// Standard deviation of the biases where it is not 0.1.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub bias_std: Option<f64> = None => BIAS_STD;
        /// Whether hidden layers with as many outputs as inputs have a skip connection; the branch is scaled by 1/√L,
        /// rounded to the grid.
        pub residual: bool = false => RESIDUAL;
        /// Arithmetics in canonical spelling; before validation also `NAME:=POLICY`.
        pub formats: Vec<String> = ["f16:acc=f32", "bf16:acc=f32", "f16", "f32", "f64"].map(String::from).to_vec() => FORMATS
            .help(
                "Precisions to compare, separated by commas: a format such as f16, a format with options such as \
                 f16:acc=f32, or a preset",
            )
            .details(
                "Formats: f64, f32, tf32, bf16, f16, e5m2, e4m3fn, e5m2fnuz, e4m3fnuz, e4m3b11fnuz, binary8p3se, \
                 binary8p4se, e3m2fn, e2m3fn, e2m1fn, any eXmY such as e3m4 and e4m3ieee, mpfr:N (e8m0fnu only holds \
                 scales). Options: :acc=FORMAT, :sum=sequential|fma|pairwise|kahan|block=N|exact or a GPU's such as \
                 :sum=h100 (:promote=N), :round=nearest|zero|up|down|odd|stochastic[=BITS], :ftz, :daz, :saturate, \
                 :operands=SCALES, :gradients=SCALES. Presets: amp-fp16, amp-bf16, fp8-hybrid, deepseek-fp8, mxfp8, \
                 nvfp4. Different precisions for the two passes: forward=f32/backward=f16. A name for tables and plots: \
                 NAME:=PRECISION. `precision-probe formats --all` explains every format and option",
            );
        /// The ones that the user gave a name.
        #[serde(default, skip_serializing_if = "Names::is_empty")]
        pub names: Names = Names::default();
        /// Bits to which every layer's gradient must be proven.
        pub truth_bits: u32 = 80 => TRUTH_BITS.at(Position::Last);
        /// How the exact gradient is proven.
        #[serde(default, skip_serializing_if = "Proof::is_default")]
        pub truth: Proof = Proof::Norm => TRUTH.at(Position::Last);
        /// Factor of the loss before the backward pass.
        #[serde(default, skip_serializing_if = "LossScale::is_none")]
        pub loss_scale: LossScale = LossScale::None => loss_scale("N|auto").help(
            "Multiply the loss by this power of two and divide the gradients by it exactly; auto finds the smallest \
             scale, for each precision, at which the format's limited range costs no accuracy",
        );
        /// For which arithmetics the noise is attributed to its sources and remedies are tried.
        #[serde(default, skip_serializing_if = "Attribute::is_default")]
        pub attribute: Attribute = Attribute::Narrow => ATTRIBUTE;
        /// A network from a file instead of drawn ones; it determines depth, width and biases.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub weights: Option<Weights> = None;
        /// A batch from a file, or rows of a file that batches are drawn from, in place of built-in data.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub batch_file: Option<BatchFile> = None;
        /// Gradients of this network and batch that other programs computed.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub compared: Vec<Compared> = Vec::new();
    }
}

impl Spec {
    /// The loss implied by the data or, for a file, by its targets.
    pub fn loss(&self) -> Loss {
        match (&self.batch_file, self.data) {
            (Some(file), _) => file.targets.loss(),
            (None, Data::Digits) => Loss::CrossEntropy,
            (None, Data::Gaussian | Data::File) => Loss::MeanSquaredError,
        }
    }

    /// The files that the spec names, the network's first.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        let weights = self.weights.iter().map(|weights| &weights.source);
        let batch = self.batch_file.iter().map(|file| &file.source);
        weights.chain(batch).chain(self.compared.iter().map(|one| &one.source))
    }

    /// The gain of an activation's network: the given one, or the init's default.
    ///
    /// # Errors
    /// The init has no gain for the activation; the message has the fix.
    pub fn gain_for(&self, activation: &Activation) -> Result<f64, String> {
        self.gain.map_or_else(|| self.init.gain(activation), Ok)
    }

    /// SHA-256 of the version and the canonical spec; equal hashes mean equal records.
    pub fn hash(&self, version: &str) -> String {
        let json = serde_json::to_string(self).expect("a spec has only serialisable fields");
        let digest = Sha256::new().chain_update(version).chain_update("\n").chain_update(json).finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
