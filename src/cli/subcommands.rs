//! Subcommands: what they are called, what may stand before them, and shell completions.

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

/// What is done instead of measuring.
#[derive(clap::Subcommand, Debug)]
pub enum Subcommand {
    /// Redraw the pictures, the page and the tables of a stored record; nothing is measured
    ///
    /// Reads record.json and writes the pictures, report.html and layers.csv beside it, or with a copy of the record
    /// into --out: the same bytes as the run that measured, if this version measured. The record itself is never
    /// changed.
    Report(ReportArguments),
    /// Hold gradients of another program against the truth and against our model of its arithmetic
    ///
    /// For example: precision-probe audit --weights weights.safetensors --act relu --data batch.safetensors --compare
    /// torch=grads.safetensors --as f16:acc=f32. Says layer by layer how many bits are lost beyond what the model loses,
    /// and whether torch.testing.assert_close would have noticed.
    Audit(Box<AuditArguments>),
    /// Measure how noise falls with precision: β in noise ∝ u^β, u = 2^-bits, with an interval and a picture
    ///
    /// For example: precision-probe law --act relu,tanh --bits 6..24. Where φ is smooth a bit halves the noise (β = 1);
    /// where φ' jumps branches flip, and it takes two bits (β = 1/2) until a network has about no flip left.
    Law(Box<LawArguments>),
    /// Train a network in several arithmetics from the same parameters on the same minibatches, and say when learning
    /// stops and whether rounding is why
    ///
    /// For example: precision-probe train --act relu,leaky,prelu,elu --depth 20 --formats f16,bf16,f32 --steps 500. At
    /// chosen steps every gradient is held against the true one at the same parameters, every update against the exact
    /// optimiser's, and rounding noise against the spread over minibatches.
    Train(Box<TrainArguments>),
    /// Answer an old question by measurement: leaky ReLU or ReLU? Six claims, each with numbers, interval and figure
    ///
    /// For example: precision-probe study leaky-vs-relu. Compares relu, leaky, prelu, elu, silu and tanh at initialisation
    /// and in training, from 5 to 100 layers, in f16, bf16 and f32; takes about a quarter of an hour on two cores.
    Study(Box<StudyArguments>),
    /// List the formats with their constants, or one of them with all codes of 8 bits and fewer
    ///
    /// For example: precision-probe formats e4m3fn
    Formats(FormatsArguments),
    /// Tell what numbers become in arithmetics: exact results, codes, errors and what happened
    ///
    /// For example: precision-probe round 0.1 70000 --formats f16,bf16:round=up,e4m3fn:saturate. With --npy IN.npy --out
    /// OUT.npy every entry of an array is rounded, summed by rows (--sum), or quantised in blocks (--operands mxfp4).
    Round(RoundArguments),
    /// List the activations with their kinks, bounds, gains and constants, or tell all of one and draw it
    ///
    /// For example: precision-probe activations gelu
    Activations(ActivationsArguments),
    /// Prove on this machine that this build rounds right; exit status 1 if anything does not agree
    ///
    /// Some twenty million cases in a few seconds: every code and midpoint of narrow formats against exact fractions,
    /// faults that other programs are known for, every kernel on every path of the processor against its definition,
    /// long integers against GMP, MPFR against the hardware, functions against enclosures and against tables of another
    /// program. Measures nothing and writes no file. For example: precision-probe selfcheck --only rounding,faults
    Selfcheck(SelfcheckArguments),
    /// Print a completion script for a shell
    ///
    /// For example: precision-probe completions bash > ~/.local/share/bash-completion/completions/precision-probe
    Completions {
        /// The shell
        #[arg(value_name = "SHELL")]
        shell: Shell,
    },
    /// Print the manual page
    ///
    /// For example: precision-probe man > precision-probe.1 && man ./precision-probe.1
    Man,
}

/// Reads the command line; prints help or the version and ends the process where they are asked for.
///
/// # Errors
/// What the parser refuses, or an option before a subcommand, which would not heed it: one sentence with the fix.
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

/// The command line; negative numbers of `round` have a minus sign instead of the hyphen that options begin with.
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

/// Refuses options before a subcommand, the first of the help first.
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
        format!("--{long} stands before `law`, which has no such option: leave out --{long}, or leave out `law`")
    } else {
        format!(
            "--{long} belongs to a run that measures and `{name}` measures nothing: leave out --{long}, or leave out `{name}`"
        )
    })
}

/// Does what a subcommand asks for; `given` are the options of the command line.
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

/// The script that makes a shell complete subcommands, options and their values.
fn completions(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    let mut command = Arguments::command();
    let name = command.get_name().to_string();
    clap_complete::generate(shell, &mut command, name, &mut script);
    script
}

/// Prints text for people, with hidden characters of names shown.
///
/// # Errors
/// As [`print()`].
pub fn show(text: &str) -> Result<(), Failure> {
    print(printable(text).as_bytes())
}

/// Prints; whoever closed the pipe has read enough.
///
/// # Errors
/// Any other error of the output.
pub fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::Output(io::Error::other(format!("cannot print: {error}"))))
        }
        _ => Ok(()),
    }
}
