//! The options of several specs.

use super::lists::{activations, formats};
use super::options::{Fix, FixedBy, Heading, Kind, LARGEST, SpecOption};

/// `--act`.
pub const ACTIVATIONS: SpecOption = SpecOption::new("act", "LIST", Kind::List(activations), Heading::Network).key(None);
/// `--depth`.
pub const DEPTH: SpecOption = {
    let example = "a positive number of hidden layers, such as --depth 50";
    SpecOption::number("depth", "N", Heading::Network, Fix::Count { most: LARGEST, example })
        .help("Number of hidden layers; a linear output layer follows")
        .fixed_by(FixedBy::Weights)
        .key(None)
};
/// `--width`.
pub const WIDTH: SpecOption = {
    let example = "a positive number of units, such as --width 64";
    SpecOption::number("width", "N", Heading::Network, Fix::Count { most: LARGEST, example })
        .help("Units per hidden layer")
        .fixed_by(FixedBy::Weights)
        .key(None)
};
/// `--batch`.
pub const BATCH: SpecOption = {
    let example = "a positive number of samples, such as --batch 32";
    SpecOption::number("batch", "N", Heading::Data, Fix::Count { most: LARGEST, example })
        .help("Batch size")
        .fixed_by(FixedBy::Rows)
};
/// `--seed`.
pub const SEED: SpecOption = {
    let words = Fix::Words("a whole number from 0 to 18446744073709551615");
    SpecOption::number("seed", "N", Heading::Data, words).help("Random seed").fixed_by(FixedBy::Both)
};
/// `--init`.
pub const INIT: SpecOption = SpecOption::name("init", "NAME", Heading::Network)
    .help(
        "Weight initialisation: preserve (alias he; keeps the variance of the activations), kaiming (with torch's \
         calculate_gain), xavier (glorot), lecun, torch (nn.Linear's default, implies --bias) or orthogonal",
    )
    .fixed_by(FixedBy::Weights);
/// `--gain`.
pub const GAIN: SpecOption =
    SpecOption::number("gain", "G", Heading::Network, Fix::Words("a positive number, such as 1.5"))
        .help(
            "Gain (standard deviation × √fan-in) of preserve, kaiming, xavier or orthogonal, instead of the default \
             one",
        )
        .fixed_by(FixedBy::Weights);
/// `--bias`.
pub const BIAS: SpecOption = SpecOption::switch("bias", Heading::Network).help("Add biases").fixed_by(FixedBy::Weights);
/// `--bias-std`.
pub const BIAS_STD: SpecOption =
    SpecOption::number("bias-std", "S", Heading::Network, Fix::Words("a number from 0 on, such as 0.1"))
        .help("Standard deviation of drawn biases (σ_b), instead of 0.1; implies --bias, and 0 leaves biases out")
        .fixed_by(FixedBy::Weights);
/// `--residual`.
pub const RESIDUAL: SpecOption = SpecOption::switch("residual", Heading::Network)
    .help(
        "Add skip connections around the hidden layers, where shapes agree: a = s·φ(z) + a_prev with s = 1/√depth, \
         rounded like the parameters",
    )
    .fixed_by(FixedBy::Weights);
/// `--formats`.
pub const FORMATS: SpecOption = SpecOption {
    alias: Some("arithmetic"),
    ..SpecOption::new("formats", "LIST", Kind::List(formats), Heading::Precision).key(None)
};
/// `--loss-scale`.
pub const fn loss_scale(value: &'static str) -> SpecOption {
    SpecOption::number("loss-scale", value, Heading::Precision, Fix::OfType).key(Some("scale"))
}
/// `--truth`.
pub const TRUTH: SpecOption = SpecOption {
    is_in_audit: true,
    ..SpecOption::new("truth", "PROOF", Kind::Among(&["norm", "enclosure", "both"]), Heading::Precision)
        .help(
            "Proof of the exact gradient (reference): norm-wise error bounds, enclosures in ball arithmetic (slower), or \
             both, which must agree",
        )
        .key(Some("proof"))
};
/// `--truth-bits`.
pub const TRUTH_BITS: SpecOption = SpecOption {
    is_in_audit: true,
    ..SpecOption::number("truth-bits", "BITS", Heading::Precision, Fix::Words("a whole number of bits, such as 80"))
        .help("Proven accuracy of the exact gradient (reference) in every layer, in bits")
        .key(Some("truth"))
};
