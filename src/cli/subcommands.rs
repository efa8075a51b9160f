//! Subcommands, the check that no option precedes them, and shell completions.

use super::activations::{self, ActivationsArguments};
use super::audit::{self, AuditArguments};
use super::formats::{self, FormatsArguments};
use super::law::{self, LawArguments};
use super::manual;
use super::redraw::{self, ReportArguments};
use super::refusal;
use super::resources::Threads;
use super::round::{self, RoundArguments};
use super::selfcheck::{self, SelfcheckArguments};
use super::study::{self, StudyArguments};
use super::train::{self, TrainArguments};
use super::{Arguments, Failure};
use crate::printable::printable;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Command, CommandFactory, FromArgMatches};
use clap_complete::Shell;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

/// Everything other than the main measurement.
#[derive(clap::Subcommand, Debug)]
pub enum Subcommand {
    /// Redraw the plots, page and tables of a stored record without measuring again
    ///
    /// Writes them next to the record, or to --out together with a copy of the record, which itself never changes. With
    /// the version that measured, every file has the same bytes as the original.
    ///
    /// Example: precision-probe report reports/latest --theme dark
    Report(ReportArguments),
    /// Check gradients from another program against the exact ones
    ///
    /// Shows for every layer how many more bits are lost than the expected arithmetic explains, and whether
    /// torch.testing.assert_close would have noticed.
    ///
    /// Example: precision-probe audit --weights weights.safetensors --act relu --data batch.safetensors --compare
    /// torch=grads.safetensors --as f16:acc=f32
    Audit(Box<AuditArguments>),
    /// Measure how rounding noise falls with precision (noise ∝ u^β, u = 2^-bits)
    ///
    /// If φ is smooth, each bit halves the noise (β = 1). If φ' jumps, branches flip and halving takes two bits (β =
    /// 1/2), until hardly any branch flips.
    ///
    /// Example: precision-probe law --act relu,tanh --bits 6..24
    Law(Box<LawArguments>),
    /// Train a network in several precisions, and report when and why learning stops
    ///
    /// All copies start from the same parameters and see the same minibatches. At chosen steps, every gradient is
    /// compared with the exact one at the same parameters, every update with the exact optimiser's, and rounding noise
    /// with minibatch noise.
    ///
    /// Example: precision-probe train --act relu,leaky,prelu,elu --depth 20 --formats f16,bf16,f32 --steps 500
    Train(Box<TrainArguments>),
    /// Reproduce the leaky-vs-ReLU study: six claims with numbers, intervals and plots
    ///
    /// Compares relu, leaky, prelu, elu, silu and tanh at initialisation and in training, with 5 to 100 layers, in f16,
    /// bf16 and f32. Takes about a quarter of an hour on two cores.
    ///
    /// Example: precision-probe study leaky-vs-relu
    Study(Box<StudyArguments>),
    /// List the number formats with their constants, or show one with its codes
    ///
    /// Example: precision-probe formats e4m3fn
    Formats(FormatsArguments),
    /// Round numbers to a format and show the error
    ///
    /// With --npy IN.npy --out OUT.npy, rounds every entry of an array, sums its rows (--sum) or quantises it in blocks
    /// (--operands mxfp4).
    ///
    /// Example: precision-probe round 0.1 70000 --formats f16,bf16:round=up,e4m3fn:saturate
    Round(RoundArguments),
    /// List the activations with their kinks, bounds and gains, or show and plot one
    ///
    /// Example: precision-probe activations gelu
    Activations(ActivationsArguments),
    /// Verify that this build rounds correctly on this machine (exit status 1 if not)
    ///
    /// Checks some twenty million cases in a few seconds: every code and midpoint of narrow formats against exact
    /// fractions, known faults of other programs, every kernel on every code path of this processor against its
    /// definition, long integers against GMP, MPFR against the hardware, and functions against interval enclosures and
    /// another program's tables. Writes no files.
    ///
    /// Example: precision-probe selfcheck --only rounding,faults
    Selfcheck(SelfcheckArguments),
    /// Print a shell completion script
    ///
    /// Example: precision-probe completions bash > ~/.local/share/bash-completion/completions/precision-probe
    Completions {
        /// Shell to complete for
        #[arg(value_name = "SHELL")]
        shell: Shell,
    },
    /// Print the manual page
    ///
    /// Example: precision-probe man > precision-probe.1 && man ./precision-probe.1
    Man,
}

/// Reads the command line; prints help or the version and exits if requested.
///
/// # Errors
/// An error of the parser, or an option before a subcommand, where it would have no effect: one sentence with the fix.
pub fn parse() -> Result<Arguments, Failure> {
    let (given, command) = (given(), Arguments::command());
    let refuse = |error: clap::Error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => error.exit(),
        _ => {
            let given: Vec<String> = given.iter().map(|word| word.to_string_lossy().into_owned()).collect();
            Failure::Input(refusal::sentence(&command, &given, &error))
        }
    };
    let matches = command.clone().try_get_matches_from(&given).map_err(refuse)?;
    refuse_misplaced(&command, &matches).map_err(Failure::Input)?;
    let mut arguments = Arguments::from_arg_matches(&matches).map_err(refuse)?;
    let matches = matches.subcommand().map_or(&matches, |(_, of_subcommand)| of_subcommand);
    arguments.given = matches.ids().map(|id| id.to_string()).filter(|id| is_given(matches, id)).collect();
    Ok(arguments)
}

/// The command line; negative numbers of `round` get a minus sign instead of the hyphen, which would start an option.
fn given() -> Vec<OsString> {
    let mut given: Vec<OsString> = std::env::args_os().collect();
    if given.get(1).is_some_and(|name| name == "round") {
        for text in &mut given[2..] {
            let is_number = |text: &str| {
                text.starts_with(|c: char| c.is_ascii_digit() || c == '.')
                    || text.to_ascii_lowercase().starts_with("inf")
            };
            if let Some(number) = text.to_str().and_then(|text| text.strip_prefix('-')).filter(|text| is_number(text)) {
                *text = format!("−{number}").into();
            }
        }
    }
    given
}

/// True for an option of the command line, false for a default.
fn is_given(matches: &ArgMatches, id: &str) -> bool {
    matches.value_source(id) == Some(ValueSource::CommandLine)
}

/// Refuses options before a subcommand; names the first in the order of the help.
fn refuse_misplaced(command: &Command, matches: &ArgMatches) -> Result<(), String> {
    let Some((name, _)) = matches.subcommand() else { return Ok(()) };
    let is_given = |id: &str| matches.ids().any(|present| present.as_str() == id) && is_given(matches, id);
    let Some(long) = command
        .get_arguments()
        .filter(|argument| is_given(argument.get_id().as_str()))
        .find_map(|argument| argument.get_long())
    else {
        return Ok(());
    };
    let subcommand = command.find_subcommand(name);
    let is_shared =
        subcommand.is_some_and(|command| command.get_arguments().any(|argument| argument.get_long() == Some(long)));
    Err(if is_shared {
        refusal::misplaced(long, name)
    } else if name == "law" {
        format!("--{long} comes before `law`, which has no such option: leave out --{long}, or leave out `law`")
    } else {
        format!("--{long} is an option of the main command, not of `{name}`: leave out --{long}, or leave out `{name}`")
    })
}

/// Executes a subcommand; `given` are the options on the command line.
///
/// # Errors
/// Wrong input with its fix, or what could not be written.
pub fn execute(subcommand: &Subcommand, given: &[String]) -> Result<ExitCode, Failure> {
    match subcommand {
        Subcommand::Report(arguments) => Threads::default().pool()?.install(|| redraw::execute(arguments))?,
        Subcommand::Audit(arguments) => return audit::execute(arguments),
        Subcommand::Law(arguments) => law::execute(arguments, given)?,
        Subcommand::Train(arguments) => train::execute(arguments, given)?,
        Subcommand::Study(arguments) => study::execute(arguments)?,
        Subcommand::Formats(arguments) => formats::execute(arguments)?,
        Subcommand::Round(arguments) => round::execute(arguments)?,
        Subcommand::Activations(arguments) => activations::execute(arguments)?,
        Subcommand::Selfcheck(arguments) => return selfcheck::execute(arguments),
        Subcommand::Completions { shell } => print(&completions(*shell))?,
        Subcommand::Man => print(&manual::page(Arguments::command()).map_err(Failure::Output)?)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// A shell script that completes subcommands, options and their values.
fn completions(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    let mut command = Arguments::command();
    let name = command.get_name().to_string();
    clap_complete::generate(shell, &mut command, name, &mut script);
    script
}

/// Prints text for people, with hidden characters of names made visible.
///
/// # Errors
/// As [`print()`].
pub fn show(text: &str) -> Result<(), Failure> {
    print(printable(text).as_bytes())
}

/// Prints; a closed pipe is not an error, because its reader wants no more.
///
/// # Errors
/// Any other output error.
pub fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::Output(io::Error::other(format!("cannot print: {error}"))))
        }
        _ => Ok(()),
    }
}
