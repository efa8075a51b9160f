//! `law`: how noise falls with precision, measured, with one picture that shows it.

use super::measuring::probed;
use super::network::NetworkOptions;
use super::resources::Resources;
use super::subcommands::print;
use super::{Failure, activations, bits, count, run_info, seed, theme, unwritable};
use crate::law::{self, bits::Bits};
use crate::probe;
use crate::probe::memory::LawPlan;
use crate::record::law::Law;
use crate::report::draw::Theme;
use crate::report::files;
use crate::report::law as report;
use crate::spec::{Attribute, Data, Plan, Spec};
use std::io;
use std::path::{Path, PathBuf};

/// What `law` is told.
#[derive(clap::Args, Debug)]
pub struct LawArguments {
    /// Activations, separated by commas, or `all`: those of the main command
    #[arg(
        long = "act",
        value_delimiter = ',',
        value_name = "LIST",
        default_value = "relu,tanh",
        help_heading = "Network"
    )]
    activations: Vec<String>,
    /// Hidden layers (affine + activation); a linear head follows
    #[arg(long, value_name = "N", value_parser = count, allow_negative_numbers = true, default_value_t = 30, help_heading = "Network")]
    depth: usize,
    #[command(flatten)]
    network: NetworkOptions,
    /// digits (cross-entropy) or gaussian (regression, mean squared error)
    #[arg(long, value_name = "NAME", default_value = "digits", help_heading = "Data")]
    data: String,
    /// Samples per batch
    #[arg(long, value_name = "N", value_parser = count, allow_negative_numbers = true, default_value_t = 32, help_heading = "Data")]
    batch: usize,
    /// Draws of network and batch; rare flips are seen in many of them only
    #[arg(long, value_name = "N", value_parser = count, allow_negative_numbers = true, default_value_t = 30, help_heading = "Data")]
    trials: usize,
    /// Seed of every draw, and of the resamples
    #[arg(long, value_name = "N", value_parser = seed, allow_negative_numbers = true, default_value_t = 0, help_heading = "Data")]
    seed: u64,
    /// Precisions in significand bits, 2 to 53, at least three: a range with both ends (6..24 or 6..=24), a list
    /// (8,11,24), or both (6..11,24); each is measured as mpfr:BITS
    #[arg(
        long,
        value_name = "LOW..HIGH",
        allow_hyphen_values = true,
        default_value = "6..24",
        help_heading = "Arithmetic"
    )]
    bits: String,
    /// Bits of every layer's true gradient that must be proven
    #[arg(long, value_name = "BITS", value_parser = bits, allow_negative_numbers = true, default_value_t = 80, help_heading = "Arithmetic")]
    truth_bits: u32,
    /// Where the report goes [default: reports/law- and what differs from the defaults]
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    out: Option<PathBuf>,
    /// Replace a report of another spec
    #[arg(long, help_heading = "Output")]
    force: bool,
    /// Background of the picture
    #[arg(long, value_name = "THEME", value_parser = theme(), default_value = "light", help_heading = "Output")]
    theme: Theme,
    /// Print law.json and nothing else
    #[arg(long, conflicts_with = "quiet", help_heading = "Output")]
    json: bool,
    /// Print nothing but errors
    #[arg(long, short, help_heading = "Output")]
    quiet: bool,
    #[command(flatten)]
    resources: Resources,
}

/// Measures, writes the report and prints it.
///
/// # Errors
/// Wrong input with its fix, or what could not be written.
pub fn execute(arguments: &LawArguments) -> Result<(), Failure> {
    let bits = Bits::parse(&arguments.bits).map_err(Failure::Input)?;
    let plan = plan(arguments, &bits)?;
    let is_silent = arguments.quiet || arguments.json;
    let LawPlan(plan) = arguments.resources.fit(LawPlan(plan), is_silent)?;
    let own = || Path::new("reports").join(directory(&plan.spec, &bits));
    let directory = arguments.out.clone().unwrap_or_else(own);
    files::check_target_of(&directory, files::LAW, &plan.spec.hash(probe::VERSION), arguments.force)
        .map_err(Failure::Input)?;
    let clock = run_info::Clock::start();
    let law = law::of(&probed(&plan, &arguments.resources.threads.pool()?, is_silent));
    let picture = write(&directory, &law, arguments.theme, &clock.to_json(arguments.resources.threads.count()?))?;
    if arguments.json {
        print(law.to_json().as_bytes())
    } else if arguments.quiet {
        Ok(())
    } else {
        print(report::terminal(&law, Some(&picture)).as_bytes())
    }
}

/// What is measured where nothing is said.
fn default_spec() -> Spec {
    Spec {
        attribute: Attribute::None,
        activations: ["relu", "tanh"].map(String::from).to_vec(),
        depth: 30,
        trials: 30,
        ..Spec::default()
    }
}

fn plan(arguments: &LawArguments, bits: &Bits) -> Result<Plan, Failure> {
    let spec = Spec {
        activations: activations(&arguments.activations)?,
        depth: arguments.depth,
        width: arguments.network.width,
        batch: arguments.batch,
        trials: arguments.trials,
        seed: arguments.seed,
        data: Data::parse(&arguments.data).map_err(Failure::Input)?,
        init: arguments.network.init()?,
        gain: arguments.network.gain,
        bias: arguments.network.bias,
        residual: arguments.network.residual,
        formats: bits.arithmetics(),
        truth_bits: arguments.truth_bits,
        ..default_spec()
    };
    Ok(spec.validate()?)
}

/// `law-default`, `law-act-gelu_bits-8..12`: what differs from the defaults, the bits as they are written.
fn directory(spec: &Spec, bits: &Bits) -> String {
    let default = default_spec();
    let bits = bits.to_string();
    let differs = (bits != "6..24").then_some(("bits", bits));
    let spec = Spec { formats: default.formats.clone(), ..spec.clone() };
    format!("law-{}", files::name_against(&spec, &default, differs.as_slice()))
}

/// Writes the report's files and gives the path of its picture.
fn write(directory: &Path, law: &Law, theme: Theme, run_info: &str) -> Result<PathBuf, Failure> {
    let drawn = report::drawn(law, theme).map_err(|error| Failure::Output(io::Error::other(error)))?;
    let picture = drawn.last().map_or_else(PathBuf::new, |(name, _)| directory.join(name));
    // The record comes first: a run killed here leaves a directory that the same spec may replace.
    let mut all = vec![(files::LAW.to_string(), law.to_json().into_bytes()), ("run.json".to_string(), run_info.into())];
    all.extend(drawn);
    files::write(directory, &all).map_err(|error| unwritable(directory, &error))?;
    Ok(picture)
}
