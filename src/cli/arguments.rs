//! The arguments of the main command.

use super::comparisons::CompareOptions;
use super::export::Exports;
use super::gradients::GradientExport;
use super::imports::FileOptions;
use super::options::{Asked, DATA, NETWORK, Options, PRECISION};
use super::printing::{Json, theme};
use super::resources::Resources;
use super::subcommands::Subcommand;
use crate::report::svg::Theme;
use crate::spec::Spec;
use clap::Parser;
use std::path::PathBuf;

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
    pub(super) subcommand: Option<Subcommand>,
    /// Options given on the command line: those of the subcommand if there is one.
    #[arg(skip)]
    pub(super) given: Vec<String>,
    #[command(flatten)]
    pub(super) network: Options<Probe, NETWORK>,
    #[command(flatten)]
    pub(super) data: Options<Probe, DATA>,
    #[command(flatten)]
    pub(super) files: FileOptions,
    #[command(flatten)]
    pub(super) precision: Options<Probe, PRECISION>,
    #[command(flatten)]
    pub(super) comparisons: CompareOptions,
    /// Output directory [default: reports/default, or a folder in reports named after the network]
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    pub(super) out: Option<PathBuf>,
    /// Also print the setup, branch flips, sources of the noise, remedies tried and theory
    #[arg(long, conflicts_with_all = ["json", "quiet"], help_heading = "Output")]
    pub(super) details: bool,
    /// Print every layer
    #[arg(long, conflicts_with_all = ["json", "quiet"], help_heading = "Output")]
    pub(super) layers: bool,
    /// Print only JSON: the record, or with --json=summary the conclusions
    #[arg(
        long,
        value_name = "WHAT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "record",
        help_heading = "Output"
    )]
    pub(super) json: Option<Json>,
    /// Print only errors, the reason for exit status 3 and, with --json, the record
    #[arg(long, short, help_heading = "Output")]
    pub(super) quiet: bool,
    /// Exit with status 3 and a reason if layer 1 reaches this verdict or a more severe one, in any precision or in the
    /// one after @
    ///
    /// Severity: sound < noisy < chaotic < underflow < overflow; zero and not-established are outside this order. May
    /// be repeated
    #[arg(long, value_name = "VERDICT[@PRECISION]", help_heading = "Output")]
    pub(super) fail_on: Vec<String>,
    /// Print text, or an annotation in a GitHub workflow's log for each precision that is not sound
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "text",
        conflicts_with_all = ["json", "quiet", "layers", "details"],
        help_heading = "Output"
    )]
    pub(super) output_format: OutputFormat,
    /// Overwrite a report with other options, and exported files with other contents
    #[arg(long, help_heading = "Output")]
    pub(super) force: bool,
    /// Background of the plots
    #[arg(long, value_name = "THEME", value_parser = theme(), default_value = "light", help_heading = "Output")]
    pub(super) theme: Theme,
    #[command(flatten)]
    pub(super) exports: Exports,
    #[command(flatten)]
    pub(super) gradients: GradientExport,
    #[command(flatten)]
    pub(super) resources: Resources,
}

/// The main command's spec.
#[derive(Debug)]
pub struct Probe;

impl Asked for Probe {
    type Spec = Spec;
}

/// What is printed without `--json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum OutputFormat {
    Text,
    Github,
}

impl Arguments {
    /// The option that replaces the text for people.
    pub fn stdout(&self) -> Option<&'static str> {
        match self.output_format {
            _ if self.json.is_some() => Some("--json"),
            OutputFormat::Github => Some("--output-format github"),
            OutputFormat::Text => None,
        }
    }
}
