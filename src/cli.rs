//! The command line: options, their translation into a spec, and what each outcome prints.

mod activations;
mod audit;
mod checkpoint;
mod comparisons;
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
use crate::printable::{in_one_line, printable};
use crate::quote;
use crate::record::Record;
use crate::report::draw::Theme;
use crate::report::table;
use crate::spec::{Attribute, Data, Files, LARGEST, LossScale, Model, Plan, Spec, SpecError};
use crate::verdict::Verdict;
use clap::Parser;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use measuring::{Measured, Output, measured};
use network::NetworkOptions;
use numbers::{bits, seed, whole};
use resources::Resources;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Exit status of a wrong input.
const BAD_INPUT: u8 = 2;
/// Exit status when a verdict named by `--fail-on` was reached.
const VERDICT_REACHED: u8 = 3;

/// Is the gradient of a deep network zero, or is it rounding noise?
///
/// Backpropagates the identical network in every arithmetic, holds each against the true gradient, and
/// says per layer which of the two modes of saturation rules and what cures it.
#[derive(Parser, Debug)]
#[command(name = "precision-probe", version, max_term_width = 100, after_help = EXAMPLES)]
#[command(override_usage = USAGE, disable_help_subcommand = true)]
pub struct Arguments {
    #[command(subcommand)]
    subcommand: Option<subcommands::Subcommand>,
    /// Options that stand on the command line, of the subcommand where there is one.
    #[arg(skip)]
    given: Vec<String>,
    /// Activation, or several to compare on the same draws, separated by commas, or `all`: relu, leaky[:SLOPE],
    /// prelu[:SLOPE], rrelu[:LOWER:UPPER], elu[:ALPHA], celu[:ALPHA], selu, relu6, hardtanh[:LOW:HIGH], hardsigmoid,
    /// hardswish, softshrink[:LAMBDA], hardshrink[:LAMBDA], threshold[:THRESHOLD:VALUE], relu2, tanh, tanhshrink,
    /// sigmoid, logsigmoid, softplus[:BETA], softsign, silu, swish:BETA, mish, gelu, gelu_tanh, identity
    #[arg(long = "act", value_delimiter = ',', value_name = "LIST", default_value = "leaky", help_heading = "Network")]
    activations: Vec<String>,
    /// Hidden layers (affine + activation); a linear head follows
    #[arg(long, value_name = "N", value_parser = whole(1, LARGEST), allow_negative_numbers = true, default_value_t = 50, help_heading = "Network")]
    depth: usize,
    #[command(flatten)]
    network: NetworkOptions,
    #[command(flatten)]
    files: imports::FileOptions,
    #[command(flatten)]
    comparisons: comparisons::CompareOptions,
    /// digits (handwritten digits, cross-entropy), gaussian (regression, mean squared error), or a safetensors or npz FILE
    /// with inputs x [batch × features] and y: integers [batch] are classes, floats [batch × outputs] targets
    #[arg(long, default_value = "digits", help_heading = "Data")]
    data: String,
    /// Samples per batch
    #[arg(long, value_name = "N", value_parser = whole(1, LARGEST), allow_negative_numbers = true, default_value_t = 32, help_heading = "Data")]
    batch: usize,
    /// Draws of network and batch
    #[arg(long, value_name = "N", value_parser = whole(1, LARGEST), allow_negative_numbers = true, default_value_t = 5, help_heading = "Data")]
    trials: usize,
    /// Seed of every draw
    #[arg(long, value_name = "N", value_parser = seed, allow_negative_numbers = true, default_value_t = 0, help_heading = "Data")]
    seed: u64,
    /// Arithmetics, separated by commas: FORMAT, with any of :acc=FORMAT, :sum=sequential|fma|pairwise|kahan|block=N|exact
    /// or a GPU's such as :sum=h100 (:promote=N), :round=nearest|zero|up|down|odd|stochastic[=BITS], :ftz, :daz,
    /// :saturate, :operands=SCALES, :gradients=SCALES. Formats: f64, f32, tf32, bf16, f16, e5m2, e4m3fn, e5m2fnuz,
    /// e4m3fnuz, e4m3b11fnuz, binary8p3se, binary8p4se, e3m2fn, e2m3fn, e2m1fn, any eXmY such as e3m4 and e4m3ieee,
    /// mpfr:N (e8m0fnu holds scales only). One per role as forward=f32/backward=f16. Presets: amp-fp16, amp-bf16,
    /// fp8-hybrid, deepseek-fp8, mxfp8, nvfp4. `precision-probe formats` explains them all
    #[arg(
        long,
        alias = "arithmetic",
        value_delimiter = ',',
        value_name = "LIST",
        default_value = "f16,f16:acc=f32,bf16:acc=f32,f32,f64",
        help_heading = "Arithmetic"
    )]
    formats: Vec<String>,
    /// Multiply the loss by a power of two, and divide the gradients by it exactly; auto finds for each arithmetic the one
    /// with the least flushing and no overflow
    #[arg(
        long,
        value_name = "N|auto",
        default_value = "1",
        allow_negative_numbers = true,
        help_heading = "Arithmetic"
    )]
    loss_scale: String,
    /// Turn every source of noise on and off alone and try remedies: narrow, for arithmetics of at most 24 significand
    /// bits; all, for wider ones too, with MPFR and many times slower; none
    #[arg(long, value_name = "WHICH", value_parser = attribute(), default_value = "narrow", help_heading = "Arithmetic")]
    attribute: Attribute,
    /// Bits of every layer's true gradient that must be proven
    #[arg(long, value_name = "BITS", value_parser = bits, allow_negative_numbers = true, default_value_t = 80, help_heading = "Arithmetic")]
    truth_bits: u32,
    /// Where the report goes [default: reports/ and what differs from the defaults]
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    out: Option<PathBuf>,
    /// Replace a report of another spec, and exported files that exist with other contents
    #[arg(long, help_heading = "Output")]
    force: bool,
    /// Background of the pictures
    #[arg(long, value_name = "THEME", value_parser = theme(), default_value = "light", help_heading = "Output")]
    theme: Theme,
    #[command(flatten)]
    exports: export::Exports,
    #[command(flatten)]
    gradients: gradients::GradientExport,
    /// Print every layer
    #[arg(long, conflicts_with_all = ["json", "quiet"], help_heading = "Output")]
    layers: bool,
    /// Print the record as JSON and nothing else
    #[arg(long, help_heading = "Output")]
    json: bool,
    /// Print no table, notes or progress: nothing but errors, and with --json the record
    #[arg(long, short, help_heading = "Output")]
    quiet: bool,
    /// Exit with status 3 if layer 1 reaches this verdict or a more severe one (sound < noisy < chaotic <
    /// vanished < dead < overflow < not-established), in any arithmetic or the one after @
    #[arg(long, value_name = "VERDICT[@ARITHMETIC]", help_heading = "Output")]
    fail_on: Vec<String>,
    #[command(flatten)]
    resources: Resources,
}

/// Reads a theme, and lets help and completions list the themes.
fn theme() -> impl TypedValueParser<Value = Theme> {
    let names = PossibleValuesParser::new(Theme::ALL.map(Theme::name));
    names.try_map(|name| Theme::parse(&name).ok_or("give light or dark"))
}

/// Reads which arithmetics are attributed, and lets help and completions list the choices.
fn attribute() -> impl TypedValueParser<Value = Attribute> {
    let names = PossibleValuesParser::new(Attribute::ALL.map(|(name, _)| name));
    names.try_map(|name| {
        let known = Attribute::ALL.into_iter().find(|(known, _)| *known == name);
        known.map(|(_, attribute)| attribute).ok_or("give narrow, all or none")
    })
}

/// Options stand behind a subcommand, never before it.
const USAGE: &str = "precision-probe [OPTIONS]\n       precision-probe <COMMAND> …";

const EXAMPLES: &str = "\
Examples:
  precision-probe
      Leaky ReLU, 50 layers, in f16, f16 with an f32 accumulator, bf16, f32 and f64.
  precision-probe --act relu,leaky,tanh --depth 100 --formats e5m2:acc=f32,bf16:acc=f32
      Which activation loses least to 8-bit gradients: a table, compare.png and one picture each.
  precision-probe --act relu --formats f16 --fail-on chaotic@f16 --quiet
      Exit status 3 if f16's gradient is noise at layer 1.";

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

/// A message as it is printed: without long pieces of input, and with hidden characters of the input as escapes. Lines
/// end only where the last one points at a character.
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
    let conditions = conditions(&arguments.fail_on, &plan)?;
    let output = Output {
        directory: arguments.out.as_deref(),
        force: arguments.force,
        theme: arguments.theme,
        exports: &arguments.exports,
        gradients: Some(&arguments.gradients),
        json: arguments.json,
        is_silent: arguments.quiet || arguments.json,
        resources: arguments.resources,
    };
    let Measured { record, picture, is_printed } = measured(plan, &output)?;
    if arguments.json {
        subcommands::print(record.to_json().as_bytes())?;
    } else if !arguments.quiet && !is_printed {
        subcommands::show(&table::terminal(&record, arguments.layers, Some(&picture)))?;
    }
    Ok(if conditions.iter().any(|condition| condition.is_met(&record)) {
        ExitCode::from(VERDICT_REACHED)
    } else {
        ExitCode::SUCCESS
    })
}

/// The spec of the options with the files that they name, and what is to be known of these files told.
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

/// What is to be known of the files that were read.
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
        weights: None,
        batch_file: None,
        compared: Vec::new(),
    })
}

/// The names of `--formats`, of which none may have a loss scale, as tables write it after a name.
fn arithmetics(names: &[String]) -> Result<Vec<String>, Failure> {
    let scale_in = |name: &String| name.split_once(SCALE).map(|(_, scale)| scale.trim_end_matches(')').to_string());
    match names.iter().find_map(scale_in) {
        Some(scale) => Err(Failure::Input(format!(
            "--formats {}: `{SCALE}{scale}` is the loss scale of all arithmetics; leave it out and give --loss-scale {scale}",
            names.join(",")
        ))),
        None => Ok(names.to_vec()),
    }
}

/// How tables begin a loss scale.
const SCALE: &str = "loss ×";

/// The names of `--act`; `all` stands for the whole catalogue.
fn activations(names: &[String]) -> Result<Vec<String>, Failure> {
    let names = whole_names(names);
    let is_all = |name: &String| name.trim().eq_ignore_ascii_case("all");
    match names.as_slice() {
        [one] if is_all(one) => Ok(crate::activation::ALL.iter().map(Activation::name).collect()),
        _ if names.iter().any(is_all) => {
            let message = format!("--act {}: `all` names every activation already; give it alone", names.join(","));
            Err(Failure::Input(message))
        }
        _ => Ok(names),
    }
}

/// Items of a list between commas, but for commas in brackets: `hardtanh:-2:2 (least = -2, largest = 2)` is one name.
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

/// One `--fail-on`: a verdict, in one arithmetic or in any.
struct Condition {
    verdict: Verdict,
    arithmetic: Option<String>,
}

impl Condition {
    fn is_met(&self, record: &Record) -> bool {
        let judged = record.runs.iter().flat_map(|run| &run.arithmetics);
        judged
            .filter(|arithmetic| self.arithmetic.as_ref().is_none_or(|name| *name == arithmetic.name))
            .any(|arithmetic| arithmetic.verdict.verdict >= self.verdict)
    }
}

fn conditions(texts: &[String], plan: &Plan) -> Result<Vec<Condition>, Failure> {
    let read = |text: &String| {
        let (verdict, arithmetic) = match text.split_once('@') {
            Some((verdict, arithmetic)) => (verdict, Some(arithmetic)),
            None => (text.as_str(), None),
        };
        // As tables write it: `f16, loss ×2^10`, and sentences: `f16 (loss ×2^10)`.
        let without_scale = |name: &'_ str| {
            let end = [", loss ×", " (loss ×"].iter().filter_map(|scale| name.find(scale)).min();
            name[..end.unwrap_or(name.len())].to_string()
        };
        let arithmetic = arithmetic.map(without_scale);
        let verdict = Verdict::parse(verdict).map_err(|message| format!("--fail-on {text}: {message}"))?;
        let is_compared = |name: &str| plan.spec.compared.iter().any(|compared| compared.name == name);
        let arithmetic = arithmetic
            .map(|name| match is_compared(&name) {
                true => Ok(name),
                false => crate::arithmetic::Policy::parse(&name).map(|name| name.to_string()),
            })
            .transpose()
            .map_err(|message| format!("--fail-on {text}: {message}"))?;
        let is_measured = |name: &String| plan.spec.formats.contains(name) || is_compared(name);
        if let Some(name) = arithmetic.as_ref().filter(|name| !is_measured(name)) {
            let listed = plan.spec.formats.join(",");
            return Err(format!("--fail-on {text}: `{name}` is not among --formats {listed}; add it there"));
        }
        Ok(Condition { verdict, arithmetic })
    };
    texts.iter().map(|text| read(text).map_err(Failure::Input)).collect()
}
