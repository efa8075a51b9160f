//! `law`: measures how noise falls with precision, with one picture.

use super::failure::Failure;
use super::imports::{FileOptions, Rows};
use super::measuring::probed;
use super::options::{Asked, DATA, NETWORK, Options, PRECISION};
use super::printing::tell;
use super::reporting::{Output, Reported};
use super::resources::Resources;
use super::run_info;
use crate::law::{self, bits::Bits};
use crate::probe;
use crate::probe::memory::LawPlan;
use crate::report::command::is_of_law;
use crate::report::files;
use crate::report::law as report;
use crate::report::naming::FolderName;
use crate::spec::fields::{Field, SpecOption};
use crate::spec::{Attribute, Data, Plan, Spec};
use std::path::Path;

/// Precisions measured by default.
const DEFAULT_BITS: &str = "6..24";

/// Arguments of `law`.
#[derive(clap::Args, Debug)]
pub struct LawArguments {
    #[command(flatten)]
    network: Options<Probes, NETWORK>,
    #[command(flatten)]
    files: FileOptions,
    #[command(flatten)]
    data: Options<Probes, DATA>,
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
    #[command(flatten)]
    precision: Options<Probes, PRECISION>,
    #[command(flatten)]
    output: Output<Probes>,
    #[command(flatten)]
    resources: Resources,
}

/// Measures, writes the report and prints it.
///
/// # Errors
/// Wrong input with its fix, or what could not be written.
pub fn execute(arguments: &LawArguments, given: &[String]) -> Result<(), Failure> {
    let LawArguments { output, resources, .. } = arguments;
    let bits = Bits::parse(&arguments.bits).map_err(Failure::Input)?;
    let plan = plan(arguments, &bits, given)?;
    let LawPlan(plan) = resources.fit(LawPlan(plan), output.is_silent())?;
    let hash = plan.spec.hash(probe::VERSION);
    let folder = output.folder(&output.directory(&name(&plan.spec, &bits, &hash)), &hash, &report::names())?;
    let (clock, pool) = (run_info::Clock::start(), resources.threads.pool()?);
    let law = law::of(&probed(&plan, &pool, output.quiet));
    output.finish(&law, &folder, &pool, &clock)
}

/// The spec of `law`.
#[derive(Debug)]
struct Probes;

impl Reported for Probes {
    const RECORD: &'static str = files::LAW;
    const DETAILS: &'static str =
        "the exponents β of every regime, the meaning of the columns, and a sentence for each activation";
    const PICTURES: &'static str = "plot";
}

impl Asked for Probes {
    type Spec = Spec;

    fn default_spec() -> Spec {
        Spec {
            attribute: Attribute::None,
            activations: ["relu", "tanh"].map(String::from).to_vec(),
            depth: 30,
            trials: 30,
            ..Spec::default()
        }
    }

    fn has(field: &Field<Spec>) -> bool {
        is_of_law(field)
    }

    fn in_words(field: &Field<Spec>) -> SpecOption {
        match field.name {
            "activations" => {
                field.option.help("Activation functions of the main command, separated by commas, or `all`").details("")
            }
            "data" => field
                .option
                .help(
                    "digits (handwritten digits, cross-entropy), gaussian (regression, mean squared error), or a \
                     safetensors or npz FILE from whose rows each trial draws a batch",
                )
                .details(
                    "A FILE holds inputs x [rows × features] and y: integers [rows] are class labels, floats [rows × \
                     outputs] are regression targets",
                ),
            "trials" => field.option.help(
                "Number of trials, each with a network (unless --weights gives it) and a batch of its own; rare branch \
                 flips need many trials",
            ),
            "seed" => field.option.help("Random seed, also of the bootstrap"),
            _ => field.option,
        }
    }
}

fn plan(arguments: &LawArguments, bits: &Bits, given: &[String]) -> Result<Plan, Failure> {
    let mut spec = Spec { formats: bits.arithmetics(), ..Probes::default_spec() };
    arguments.data.read(&mut spec)?;
    arguments.network.read(&mut spec)?;
    arguments.precision.read(&mut spec)?;
    let file = arguments.data.text("data").filter(|_| spec.data == Data::File).map(Path::new);
    let files = arguments.files.read(&mut spec, file, given, Rows::Drawn, arguments.resources.limit()?)?;
    if !arguments.output.quiet {
        tell(&files);
    }
    Ok(spec.validate_with(files)?)
}

/// `law-default`, `law-gelu-30x64-bits-8..12-3fa9c2d1`.
fn name(spec: &Spec, bits: &Bits, hash: &str) -> String {
    let default = Probes::default_spec();
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
