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
mod network;
mod numbers;
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

use crate::activation::Activation;
use crate::arithmetic::kernels;
use crate::judgement::{Summary, judge};
use crate::printable::{in_one_line, printable};
use crate::quote;
use crate::report::alarm;
use crate::report::draw::Theme;
use crate::report::screen::{self, View};
use crate::spec::{Attribute, Data, Files, LARGEST, LossScale, Model, Names, Plan, Spec, SpecError};
use clap::Parser;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use conditions::failed;
use measuring::{Measured, Output, measured};
use network::NetworkOptions;
use numbers::{bits, seed, whole};
use resources::Resources;
use std::io::{self, Write};
use std::path::PathBuf;
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
    /// Activation function, or several separated by commas to compare on the same draws; `all` compares every one
    ///
    /// One of relu, leaky[:SLOPE], prelu[:SLOPE], rrelu[:LOWER:UPPER], elu[:ALPHA], celu[:ALPHA], selu, relu6,
    /// hardtanh[:LOW:HIGH], hardsigmoid, hardswish, softshrink[:LAMBDA], hardshrink[:LAMBDA],
    /// threshold[:THRESHOLD:VALUE], relu2, tanh, tanhshrink, sigmoid, logsigmoid, softplus[:BETA], softsign, silu,
    /// swish:BETA, mish, gelu, gelu_tanh, identity. `precision-probe activations` describes them
    #[arg(long = "act", value_delimiter = ',', value_name = "LIST", default_value = "leaky", help_heading = "Network")]
    activations: Vec<String>,
    /// Number of hidden layers; a linear output layer follows
    #[arg(long, value_name = "N", value_parser = whole(1, LARGEST), allow_negative_numbers = true, default_value_t = 50, help_heading = "Network")]
    depth: usize,
    #[command(flatten)]
    network: NetworkOptions,
    /// digits (handwritten digits, cross-entropy), gaussian (regression, mean squared error), or a safetensors or npz
    /// FILE
    ///
    /// A FILE holds inputs x [batch × features] and y: integers [batch] are class labels, floats [batch × outputs] are
    /// regression targets
    #[arg(long, default_value = "digits", help_heading = "Data")]
    data: String,
    /// Batch size
    #[arg(long, value_name = "N", value_parser = whole(1, LARGEST), allow_negative_numbers = true, default_value_t = 32, help_heading = "Data")]
    batch: usize,
    /// Number of trials, each with a network and a batch of its own
    #[arg(long, value_name = "N", value_parser = whole(1, LARGEST), allow_negative_numbers = true, default_value_t = 5, help_heading = "Data")]
    trials: usize,
    /// Random seed
    #[arg(long, value_name = "N", value_parser = seed, allow_negative_numbers = true, default_value_t = 0, help_heading = "Data")]
    seed: u64,
    #[command(flatten)]
    files: imports::FileOptions,
    /// Precisions to compare, separated by commas: a format such as f16, a format with options such as f16:acc=f32, or
    /// a preset
    ///
    /// Formats: f64, f32, tf32, bf16, f16, e5m2, e4m3fn, e5m2fnuz, e4m3fnuz, e4m3b11fnuz, binary8p3se, binary8p4se,
    /// e3m2fn, e2m3fn, e2m1fn, any eXmY such as e3m4 and e4m3ieee, mpfr:N (e8m0fnu only holds scales). Options:
    /// :acc=FORMAT, :sum=sequential|fma|pairwise|kahan|block=N|exact or a GPU's such as :sum=h100 (:promote=N),
    /// :round=nearest|zero|up|down|odd|stochastic[=BITS], :ftz, :daz, :saturate, :operands=SCALES, :gradients=SCALES.
    /// Presets: amp-fp16, amp-bf16, fp8-hybrid, deepseek-fp8, mxfp8, nvfp4. Different precisions for the two passes:
    /// forward=f32/backward=f16. A name for tables and plots: NAME:=PRECISION. `precision-probe formats --all` explains
    /// every format and option
    #[arg(
        long,
        alias = "arithmetic",
        value_delimiter = ',',
        value_name = "LIST",
        default_value = "f16:acc=f32,bf16:acc=f32,f16,f32,f64",
        help_heading = "Precision"
    )]
    formats: Vec<String>,
    /// Multiply the loss by this power of two and divide the gradients by it exactly; auto finds the smallest scale,
    /// for each precision, at which the format's limited range costs no accuracy
    #[arg(long, value_name = "N|auto", default_value = "1", allow_negative_numbers = true, help_heading = "Precision")]
    loss_scale: String,
    /// Find the sources of rounding noise and try remedies: narrow (precisions of at most 24 significand bits), all
    /// (wider ones too, with MPFR and many times slower) or none
    #[arg(long, value_name = "WHICH", value_parser = attribute(), default_value = "narrow", help_heading = "Precision")]
    attribute: Attribute,
    /// Proven accuracy of the exact gradient (reference) in every layer, in bits
    #[arg(long, value_name = "BITS", value_parser = bits, allow_negative_numbers = true, default_value_t = 80, help_heading = "Precision")]
    truth_bits: u32,
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

/// Reads which arithmetics are attributed; help and completions list the choices.
fn attribute() -> impl TypedValueParser<Value = Attribute> {
    let names = PossibleValuesParser::new(Attribute::ALL.map(|(name, _)| name));
    names.try_map(|name| {
        let known = Attribute::ALL.into_iter().find(|(known, _)| *known == name);
        known.map(|(_, attribute)| attribute).ok_or("give narrow, all or none")
    })
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
    let (data, file) = imports::FileOptions::data(&arguments.data)?;
    let mut spec = spec(arguments, data)?;
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

fn spec(arguments: &Arguments, data: Data) -> Result<Spec, Failure> {
    Ok(Spec {
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
        formats: arithmetics(&arguments.formats)?,
        truth_bits: arguments.truth_bits,
        loss_scale: LossScale::parse(&arguments.loss_scale).map_err(Failure::Input)?,
        attribute: arguments.attribute,
        names: Names::default(),
        weights: None,
        batch_file: None,
        compared: Vec::new(),
    })
}

/// The names of `--formats`; refuses names with a loss scale, which tables append to them.
fn arithmetics(names: &[String]) -> Result<Vec<String>, Failure> {
    let scale_in = |name: &String| name.split_once(SCALE).map(|(_, scale)| scale.trim_end_matches(')').to_string());
    match names.iter().find_map(scale_in) {
        Some(scale) => Err(Failure::Input(format!(
            "--formats {}: `{SCALE}{scale}` is the loss scale of all precisions; leave it out and give --loss-scale {scale}",
            names.join(",")
        ))),
        None => Ok(names.to_vec()),
    }
}

/// How a loss scale starts in tables.
const SCALE: &str = "loss ×";

/// The names of `--act`; `all` stands for the whole catalogue.
fn activations(names: &[String]) -> Result<Vec<String>, Failure> {
    let names = whole_names(names);
    let is_all = |name: &String| name.trim().eq_ignore_ascii_case("all");
    match names.as_slice() {
        [one] if is_all(one) => Ok(crate::activation::ALL.iter().map(Activation::name).collect()),
        _ if names.iter().any(is_all) => {
            let message = format!("--act {}: `all` already includes every activation; give it alone", names.join(","));
            Err(Failure::Input(message))
        }
        _ => Ok(names),
    }
}

/// Splits a list at commas that are not within parentheses: `hardtanh:-2:2 (least = -2, largest = 2)` is one name.
fn whole_names(pieces: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match names.last_mut() {
            Some(name) if name.contains('(') && !name.contains(')') => *name += &format!(",{piece}"),
            _ => names.push(piece.clone()),
        }
    }
    names
}
