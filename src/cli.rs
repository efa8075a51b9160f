//! The command line: options, their translation into a spec, and what each outcome prints.

mod activations;
mod audit;
mod checkpoint;
mod comparisons;
mod conditions;
mod export;
mod folder;
mod formats;
mod gradients;
mod imports;
mod law;
mod manual;
mod measuring;
mod numbers;
mod options;
mod progress;
mod redraw;
mod refusal;
mod resources;
mod round;
mod run_info;
mod selfcheck;
mod study;
mod subcommands;
mod targets;
mod train;

pub use activations::figure as activation_figure;

use crate::arithmetic::kernels;
use crate::judgement::{Summary, judge};
use crate::printable::{in_one_line, printable};
use crate::quote;
use crate::report::alarm;
use crate::report::draw::Theme;
use crate::report::screen::{self, View};
use crate::spec::{Data, Files, Model, Plan, Spec, SpecError};
use clap::Parser;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use conditions::failed;
use measuring::{Measured, Output, measured};
use options::{Asked, DATA, NETWORK, Options, PRECISION};
use resources::Resources;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Exit status of bad input.
const BAD_INPUT: u8 = 2;
/// Exit status when a condition of the user is met: a verdict (`--fail-on`), or too much excess (`--max-excess`).
const VERDICT_REACHED: u8 = 3;

/// Find out why a deep network stops learning: is its exact gradient too small, does the format lose it (underflow or
/// overflow), or does rounding noise dominate it? And what helps?
///
/// Backpropagates the same multilayer perceptron in every precision, compares each gradient with the exact one, and
/// reports for every layer which of these three failure modes dominates and which fixes worked.
#[derive(Parser, Debug)]
#[command(name = "precision-probe", version, max_term_width = 100, after_help = EXAMPLES)]
#[command(override_usage = USAGE, disable_help_subcommand = true)]
pub struct Arguments {
    #[command(subcommand)]
    subcommand: Option<subcommands::Subcommand>,
    /// Options given on the command line: those of the subcommand if there is one.
    #[arg(skip)]
    given: Vec<String>,
    #[command(flatten)]
    network: Options<Probe, NETWORK>,
    #[command(flatten)]
    data: Options<Probe, DATA>,
    #[command(flatten)]
    files: imports::FileOptions,
    #[command(flatten)]
    precision: Options<Probe, PRECISION>,
    #[command(flatten)]
    comparisons: comparisons::CompareOptions,
    /// Output directory [default: reports/default, or a folder in reports named after the network]
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    out: Option<PathBuf>,
    /// Also print the setup, branch flips, sources of the noise, remedies tried and theory
    #[arg(long, conflicts_with_all = ["json", "quiet"], help_heading = "Output")]
    details: bool,
    /// Print every layer
    #[arg(long, conflicts_with_all = ["json", "quiet"], help_heading = "Output")]
    layers: bool,
    /// Print only JSON: the record, or with --json=summary the conclusions
    #[arg(
        long,
        value_name = "WHAT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "record",
        help_heading = "Output"
    )]
    json: Option<Json>,
    /// Print only errors, the reason for exit status 3 and, with --json, the record
    #[arg(long, short, help_heading = "Output")]
    quiet: bool,
    /// Exit with status 3 and a reason if layer 1 reaches this verdict or a more severe one, in any precision or in the
    /// one after @
    ///
    /// Severity: sound < noisy < chaotic < underflow < overflow; zero and not-established are outside this order. May
    /// be repeated
    #[arg(long, value_name = "VERDICT[@PRECISION]", help_heading = "Output")]
    fail_on: Vec<String>,
    /// Print text, or an annotation in a GitHub workflow's log for each precision that is not sound
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "text",
        conflicts_with_all = ["json", "quiet", "layers", "details"],
        help_heading = "Output"
    )]
    output_format: OutputFormat,
    /// Overwrite a report with other options, and exported files with other contents
    #[arg(long, help_heading = "Output")]
    force: bool,
    /// Background of the plots
    #[arg(long, value_name = "THEME", value_parser = theme(), default_value = "light", help_heading = "Output")]
    theme: Theme,
    #[command(flatten)]
    exports: export::Exports,
    #[command(flatten)]
    gradients: gradients::GradientExport,
    #[command(flatten)]
    resources: Resources,
}

/// The main command's spec.
#[derive(Debug)]
struct Probe;

impl Asked for Probe {
    type Spec = Spec;
}

/// What `--json` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Json {
    Record,
    Summary,
}

/// What is printed without `--json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum OutputFormat {
    Text,
    Github,
}

impl Arguments {
    /// The option that replaces the text for people.
    fn stdout(&self) -> Option<&'static str> {
        match self.output_format {
            _ if self.json.is_some() => Some("--json"),
            OutputFormat::Github => Some("--output-format github"),
            OutputFormat::Text => None,
        }
    }
}

/// Reads a theme; help and completions list the themes.
fn theme() -> impl TypedValueParser<Value = Theme> {
    let names = PossibleValuesParser::new(Theme::ALL.map(Theme::name));
    names.try_map(|name| Theme::parse(&name).ok_or("give light or dark"))
}

/// A subcommand comes before its options.
const USAGE: &str = "precision-probe [OPTIONS]\n       precision-probe <COMMAND> …";

const EXAMPLES: &str = "\
Examples:
  precision-probe
      Leaky ReLU with 50 layers, in f16 and bf16 with an f32 accumulator, f16, f32 and f64.
  precision-probe --act relu,leaky,tanh --depth 100 --formats e5m2:acc=f32,bf16:acc=f32
      Which activation suffers least from 8-bit gradients? A table, compare.png and a plot of each.
  precision-probe --act relu --formats f16 --fail-on chaotic@f16 --quiet
      Exit with status 3 if rounding noise swamps f16's gradient at layer 1.";

/// Runs the command line and gives its exit status.
pub fn main() -> ExitCode {
    let forced = kernels::Path::forced().map_err(Failure::Input);
    match subcommands::parse().and_then(|arguments| forced.and_then(|_| execute(&arguments))) {
        Ok(status) => status,
        Err(Failure::Input(message)) => {
            // Nothing more can be done if the error stream is closed too.
            let _ = writeln!(io::stderr(), "error: {}", told(&message));
            ExitCode::from(BAD_INPUT)
        }
        Err(Failure::Output(error)) => {
            let _ = writeln!(io::stderr(), "error: {}", told(&error.to_string()));
            ExitCode::FAILURE
        }
    }
}

/// A message as it is printed: long pieces of input are shortened and hidden characters escaped. It is one line, unless
/// its last line points at a character.
fn told(message: &str) -> String {
    let inputs: Vec<String> = std::env::args_os().map(|input| input.to_string_lossy().into_owned()).collect();
    let points = message.lines().last().is_some_and(|line| line.trim() == "^");
    let shortened = quote::in_message(message, &inputs);
    if points { printable(&shortened).into_owned() } else { in_one_line(&shortened).into_owned() }
}

/// Why a run ended early.
enum Failure {
    /// The user can fix it.
    Input(String),
    /// Writing failed.
    Output(io::Error),
}

impl From<SpecError> for Failure {
    fn from(error: SpecError) -> Failure {
        Failure::Input(error.to_string())
    }
}

fn execute(arguments: &Arguments) -> Result<ExitCode, Failure> {
    if let Some(subcommand) = &arguments.subcommand {
        return subcommands::execute(subcommand, &arguments.given);
    }
    let plan = plan(arguments)?;
    let conditions = conditions::read(&arguments.fail_on, &plan)?;
    let output = Output {
        directory: arguments.out.as_deref(),
        force: arguments.force,
        theme: arguments.theme,
        exports: &arguments.exports,
        gradients: Some(&arguments.gradients),
        stdout: arguments.stdout(),
        is_quiet: arguments.quiet,
        resources: arguments.resources,
    };
    let Measured { record, picture, is_printed } = measured(plan, &output)?;
    match (arguments.json, arguments.output_format) {
        (Some(Json::Record), _) => subcommands::print(record.to_json().as_bytes())?,
        (Some(Json::Summary), _) => subcommands::print(Summary::of(&record).to_json().as_bytes())?,
        (None, OutputFormat::Github) => {
            let met = conditions::all_met(&conditions, &record);
            subcommands::show(&alarm::annotations(&record, &judge(&record), &met))?;
        }
        (None, OutputFormat::Text) if arguments.quiet || is_printed => {}
        (None, OutputFormat::Text) => {
            let view = View { details: arguments.details, layers: arguments.layers };
            subcommands::show(&screen::terminal(&record, view, Some(&picture)))?;
        }
    }
    Ok(conditions::sentence(&conditions, &record).map_or(ExitCode::SUCCESS, |sentence| failed(&sentence)))
}

/// The spec of the options, with the files that they name; prints the notes about these files.
fn plan(arguments: &Arguments) -> Result<Plan, Failure> {
    let mut spec = Spec::default();
    arguments.data.read(&mut spec)?;
    arguments.network.read(&mut spec)?;
    arguments.precision.read(&mut spec)?;
    let file = arguments.data.text("data").filter(|_| spec.data == Data::File).map(Path::new);
    let limit = arguments.resources.limit()?;
    let mut files = arguments.files.read(&mut spec, file, &arguments.given, imports::Rows::Batch, limit)?;
    arguments.comparisons.read(&mut spec, &mut files, arguments.files.dtype()?, &Model::None)?;
    if !arguments.quiet {
        tell(&files);
    }
    Ok(spec.validate_with(files)?)
}

/// Prints the notes about the files that were read.
fn tell(files: &Files) {
    files.notes.iter().for_each(|note| drop(writeln!(io::stderr(), "note: {}", told(note))));
}
