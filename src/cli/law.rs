//! `law`: how noise falls with precision, measured, with one picture that shows it.

use super::folder::Folder;
use super::imports::{FileOptions, Rows};
use super::measuring::probed;
use super::network::NetworkOptions;
use super::numbers::{bits, seed, whole};
use super::resources::Resources;
use super::subcommands::{print, show};
use super::{Failure, activations, run_info, tell, theme};
use crate::law::{self, bits::Bits};
use crate::probe;
use crate::probe::memory::LawPlan;
use crate::record::law::Law;
use crate::report::draw::Theme;
use crate::report::files;
use crate::report::law as report;
use crate::spec::{Attribute, LARGEST, Plan, Spec};
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
    #[arg(long, value_name = "N", value_parser = whole(1, LARGEST), allow_negative_numbers = true, default_value_t = 30, help_heading = "Network")]
    depth: usize,
    #[command(flatten)]
    network: NetworkOptions,
    #[command(flatten)]
    files: FileOptions,
    /// digits (cross-entropy), gaussian (regression, mean squared error), or a safetensors or npz FILE from whose rows
    /// each trial draws its batch, with inputs x [rows × features] and y: integers [rows] are classes, floats [rows ×
    /// outputs] targets
    #[arg(long, default_value = "digits", help_heading = "Data")]
    data: String,
    /// Samples per batch
    #[arg(long, value_name = "N", value_parser = whole(1, LARGEST), allow_negative_numbers = true, default_value_t = 32, help_heading = "Data")]
    batch: usize,
    /// Draws of network and batch, or with --weights of the batch alone; rare flips are seen in many of them only
    #[arg(long, value_name = "N", value_parser = whole(1, LARGEST), allow_negative_numbers = true, default_value_t = 30, help_heading = "Data")]
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
    /// Print the exponents β of every regime, what the columns mean, and each activation in a sentence
    #[arg(long, conflicts_with_all = ["json", "quiet"], help_heading = "Output")]
    details: bool,
    /// Print law.json and nothing else
    #[arg(long, help_heading = "Output")]
    json: bool,
    /// Print no table or progress: nothing but errors, and with --json law.json
    #[arg(long, short, help_heading = "Output")]
    quiet: bool,
    #[command(flatten)]
    resources: Resources,
}

/// Measures, writes the report and prints it.
///
/// # Errors
/// Wrong input with its fix, or what could not be written.
pub fn execute(arguments: &LawArguments, given: &[String]) -> Result<(), Failure> {
    let bits = Bits::parse(&arguments.bits).map_err(Failure::Input)?;
    let plan = plan(arguments, &bits, given)?;
    let is_silent = arguments.quiet || arguments.json;
    let LawPlan(plan) = arguments.resources.fit(LawPlan(plan), is_silent)?;
    let own = || Path::new("reports").join(directory(&plan.spec, &bits));
    let directory = arguments.out.clone().unwrap_or_else(own);
    let hash = plan.spec.hash(probe::VERSION);
    let folder = Folder::of_report(&directory, files::LAW, &hash, &report::names(), arguments.force)?;
    let clock = run_info::Clock::start();
    let law = law::of(&probed(&plan, &arguments.resources.threads.pool()?, arguments.quiet));
    let picture = write(&folder, &law, arguments.theme, &clock.to_json(arguments.resources.threads.count()?))?;
    if arguments.json {
        print(law.to_json().as_bytes())
    } else if arguments.quiet {
        Ok(())
    } else if arguments.details {
        show(&report::terminal(&law, Some(&picture)))
    } else {
        show(&report::screen(&law, Some(&picture)))
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

fn plan(arguments: &LawArguments, bits: &Bits, given: &[String]) -> Result<Plan, Failure> {
    let (data, file) = FileOptions::data(&arguments.data)?;
    let mut spec = Spec {
        activations: activations(&arguments.activations)?,
        depth: arguments.depth,
        width: arguments.network.width,
        batch: arguments.batch,
        trials: arguments.trials,
        seed: arguments.seed,
        data,
        init: arguments.network.init()?,
        gain: arguments.network.gain,
        bias: arguments.network.bias,
        residual: arguments.network.residual,
        formats: bits.arithmetics(),
        truth_bits: arguments.truth_bits,
        ..default_spec()
    };
    let files = arguments.files.read(&mut spec, file, given, Rows::Drawn, arguments.resources.limit()?)?;
    if !arguments.quiet {
        tell(&files);
    }
    Ok(spec.validate_with(files)?)
}

/// `law-default`, `law-act-gelu_bits-8..12`: what differs from the defaults, the bits as they are written.
fn directory(spec: &Spec, bits: &Bits) -> String {
    let default = default_spec();
    let bits = bits.to_string();
    // The trials of a network from a file, which elsewhere has none.
    let trials = spec.weights.is_some() && spec.trials != default.trials;
    let trials = trials.then(|| ("trials", spec.trials.to_string()));
    let differs = (bits != "6..24").then_some(("bits", bits));
    let more: Vec<(&str, String)> = trials.into_iter().chain(differs).collect();
    let spec = Spec { formats: default.formats.clone(), ..spec.clone() };
    format!("law-{}", files::name_against(&spec, &default, &more))
}

/// Writes the report's files and gives the path of its picture.
fn write(folder: &Folder, law: &Law, theme: Theme, run_info: &str) -> Result<PathBuf, Failure> {
    let drawn = report::drawn(law, theme).map_err(|error| Failure::Output(io::Error::other(error)))?;
    let picture = drawn.last().map_or_else(PathBuf::new, |(name, _)| folder.path().join(name));
    // The record comes first: a run killed here leaves a directory that the same spec may replace.
    let mut all = vec![(files::LAW.to_string(), law.to_json().into_bytes()), (files::RUN.to_string(), run_info.into())];
    all.extend(drawn);
    folder.write(&all)?;
    Ok(picture)
}
