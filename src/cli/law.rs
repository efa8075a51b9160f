//! `law`: measures how noise falls with precision, with one picture.

use super::folder::{Folder, REPORTS};
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
use crate::report::naming::FolderName;
use crate::spec::{Attribute, LARGEST, Plan, Spec};
use std::io;
use std::path::{Path, PathBuf};

/// Precisions measured by default.
const DEFAULT_BITS: &str = "6..24";

/// Arguments of `law`.
#[derive(clap::Args, Debug)]
pub struct LawArguments {
    /// Activation functions of the main command, separated by commas, or `all`
    #[arg(
        long = "act",
        value_delimiter = ',',
        value_name = "LIST",
        default_value = "relu,tanh",
        help_heading = "Network"
    )]
    activations: Vec<String>,
    /// Number of hidden layers; a linear output layer follows
    #[arg(long, value_name = "N", value_parser = whole(1, LARGEST), allow_negative_numbers = true, default_value_t = 30, help_heading = "Network")]
    depth: usize,
    #[command(flatten)]
    network: NetworkOptions,
    #[command(flatten)]
    files: FileOptions,
    /// digits (handwritten digits, cross-entropy), gaussian (regression, mean squared error), or a safetensors or npz
    /// FILE from whose rows each trial draws a batch
    ///
    /// A FILE holds inputs x [rows × features] and y: integers [rows] are class labels, floats [rows × outputs] are
    /// regression targets
    #[arg(long, default_value = "digits", help_heading = "Data")]
    data: String,
    /// Batch size
    #[arg(long, value_name = "N", value_parser = whole(1, LARGEST), allow_negative_numbers = true, default_value_t = 32, help_heading = "Data")]
    batch: usize,
    /// Number of trials, each with a network (unless --weights gives it) and a batch of its own; rare branch flips need
    /// many trials
    #[arg(long, value_name = "N", value_parser = whole(1, LARGEST), allow_negative_numbers = true, default_value_t = 30, help_heading = "Data")]
    trials: usize,
    /// Random seed, also of the bootstrap
    #[arg(long, value_name = "N", value_parser = seed, allow_negative_numbers = true, default_value_t = 0, help_heading = "Data")]
    seed: u64,
    /// At least three precisions from 2 to 53 significand bits: an inclusive range (6..24), a list (8,11,24) or both
    /// (6..11,24); each is measured as mpfr:BITS
    #[arg(
        long,
        value_name = "LOW..HIGH",
        allow_hyphen_values = true,
        default_value = DEFAULT_BITS,
        help_heading = "Precision"
    )]
    bits: String,
    /// Proven accuracy of the exact gradient (reference) in every layer, in bits
    #[arg(long, value_name = "BITS", value_parser = bits, allow_negative_numbers = true, default_value_t = 80, help_heading = "Precision")]
    truth_bits: u32,
    /// Output directory [default: in reports/, named after the network and the options]
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    out: Option<PathBuf>,
    /// Also print the exponents β of every regime, the meaning of the columns, and a sentence for each activation
    #[arg(long, conflicts_with_all = ["json", "quiet"], help_heading = "Output")]
    details: bool,
    /// Print only law.json
    #[arg(long, help_heading = "Output")]
    json: bool,
    /// Print only errors and, with --json, law.json
    #[arg(long, short, help_heading = "Output")]
    quiet: bool,
    /// Overwrite a report with other options
    #[arg(long, help_heading = "Output")]
    force: bool,
    /// Background of the plot
    #[arg(long, value_name = "THEME", value_parser = theme(), default_value = "light", help_heading = "Output")]
    theme: Theme,
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
    let hash = plan.spec.hash(probe::VERSION);
    let own = || Path::new(REPORTS).join(name(&plan.spec, &bits, &hash));
    let directory = arguments.out.clone().unwrap_or_else(own);
    let folder = Folder::of_report(&directory, files::LAW, &hash, &report::names(), arguments.force)?;
    let clock = run_info::Clock::start();
    let law = law::of(&probed(&plan, &arguments.resources.threads.pool()?, arguments.quiet));
    let picture = write(&folder, &law, arguments.theme, &clock.to_json(arguments.resources.threads.count()?))?;
    folder.make_latest(is_silent);
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

/// The default specification.
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

/// `law-default`, `law-gelu-30x64-bits-8..12-3fa9c2d1`.
fn name(spec: &Spec, bits: &Bits, hash: &str) -> String {
    let default = default_spec();
    let mut name = FolderName::new("law");
    // Its precisions are the bits, which are shorter.
    let spec = Spec { formats: default.formats.clone(), ..spec.clone() };
    let bits = bits.to_string();
    if spec == default && bits == DEFAULT_BITS {
        return name.of_default();
    }
    name.spec(&Spec { trials: default.trials, ..spec.clone() }, &default);
    name.option("bits", &bits.as_str(), &DEFAULT_BITS, |bits| bits.to_string());
    name.option("trials", &spec.trials, &default.trials, usize::to_string);
    name.of_hash(hash)
}

/// Writes the report's files and gives the path of its picture.
fn write(folder: &Folder, law: &Law, theme: Theme, run_info: &str) -> Result<PathBuf, Failure> {
    let drawn = report::drawn(law, theme).map_err(|error| Failure::Output(io::Error::other(error)))?;
    let picture = drawn.last().map_or_else(PathBuf::new, |(name, _)| folder.path().join(name));
    // The record comes first, so that a run killed here leaves a directory that the same spec may replace.
    let mut all = vec![(files::LAW.to_string(), law.to_json().into_bytes()), (files::RUN.to_string(), run_info.into())];
    all.extend(drawn);
    folder.write(&all)?;
    Ok(picture)
}
