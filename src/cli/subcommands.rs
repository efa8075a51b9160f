//! Subcommands, and shell completions.

use super::activations::{self, ActivationsArguments};
use super::audit::{self, AuditArguments};
use super::failure::Failure;
use super::formats::{self, FormatsArguments};
use super::law::{self, LawArguments};
use super::manual;
use super::printing::print;
use super::redraw::{self, ReportArguments};
use super::resources::Threads;
use super::round::{self, RoundArguments};
use super::schema::{self, SchemaArguments};
use super::selfcheck::{self, SelfcheckArguments};
use super::study::{self, StudyArguments};
use super::sweep::{self, SweepArguments};
use super::train::{self, TrainArguments};
use clap::Command;
use clap_complete::Shell;
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
    /// Measure many networks: activations, depths and any other option, each with several values
    ///
    /// A cell is one network with all of its precisions and trials; every option that takes a number takes 4,8,12, 4..=12
    /// or 5..200:log8 (eight points with a constant ratio). Finished cells survive an interruption: --resume goes on, and
    /// --shard divides the cells among machines.
    ///
    /// Example: precision-probe sweep --act relu,tanh --depth 5..200:log8 --trials 10
    Sweep(Box<SweepArguments>),
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
    /// List the JSON documents that this program writes, or print the JSON Schema of one (draft 2020-12)
    ///
    /// Example: precision-probe schema probe > probe.schema.json
    Schema(SchemaArguments),
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

/// Executes a subcommand of `root`; `given` are the options on the command line.
///
/// # Errors
/// Wrong input with its fix, or what could not be written.
pub fn execute(subcommand: &Subcommand, given: &[String], root: Command) -> Result<ExitCode, Failure> {
    match subcommand {
        Subcommand::Report(arguments) => Threads::default().pool()?.install(|| redraw::execute(arguments))?,
        Subcommand::Audit(arguments) => return audit::execute(arguments),
        Subcommand::Law(arguments) => law::execute(arguments, given)?,
        Subcommand::Train(arguments) => train::execute(arguments, given)?,
        Subcommand::Study(arguments) => study::execute(arguments)?,
        Subcommand::Sweep(arguments) => sweep::execute(arguments, given)?,
        Subcommand::Formats(arguments) => formats::execute(arguments)?,
        Subcommand::Round(arguments) => round::execute(arguments)?,
        Subcommand::Activations(arguments) => activations::execute(arguments)?,
        Subcommand::Selfcheck(arguments) => return selfcheck::execute(arguments),
        Subcommand::Schema(arguments) => schema::execute(arguments)?,
        Subcommand::Completions { shell } => print(&completions(*shell, root))?,
        Subcommand::Man => print(&manual::page(root).map_err(Failure::Output)?)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// A shell script that completes subcommands, options and their values.
fn completions(shell: Shell, mut command: Command) -> Vec<u8> {
    let mut script = Vec::new();
    let name = command.get_name().to_string();
    clap_complete::generate(shell, &mut command, name, &mut script);
    script
}
