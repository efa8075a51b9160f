//! The arguments of `sweep`.

use super::axes::Axes;
use crate::cli::numbers::whole;
use crate::cli::printing::theme;
use crate::cli::resources::Resources;
use crate::report::svg::Theme;
use crate::sweep::plan::MOST;
use std::path::PathBuf;

/// Arguments of `sweep`.
#[derive(clap::Args, Debug)]
pub struct SweepArguments {
    /// Put the parts of a sweep together that were measured with --shard: `sweep merge` and their folders, or folders that
    /// hold such folders
    ///
    /// The files are those of a sweep on one machine. If cells are missing, what there is goes to --out, where --resume
    /// measures the rest.
    #[arg(value_name = "merge DIR")]
    pub words: Vec<PathBuf>,
    #[command(flatten)]
    pub axes: Axes,
    /// Read the sweep from a TOML file with the tables [spec] and [axes], or from the plan.json of another sweep; options
    /// replace its fields
    #[arg(long, value_name = "FILE", help_heading = "Sweep")]
    pub plan: Option<PathBuf>,
    /// Find the horizons by bisection: measure only the depths of --depth that they depend on
    ///
    /// Every mode's horizon is confirmed at the next depth of --depth, and not reached at the one before. No activations are
    /// ranked, because their depths differ.
    #[arg(long, help_heading = "Sweep")]
    pub horizon: bool,
    /// Print the plan and stop
    #[arg(long, help_heading = "Sweep")]
    pub dry_run: bool,
    /// Measure only this part of the cells: 2/8, or auto/8 in an array job of Slurm, Grid Engine, PBS or Kubernetes; writes
    /// to DIR/shard-2-of-8, for `sweep merge`
    #[arg(long, value_name = "I/N", help_heading = "Sweep")]
    pub shard: Option<String>,
    /// Output directory [default: in reports/, named after the sweep]
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    pub out: Option<PathBuf>,
    /// Go on with the sweep in the output directory, if it was begun
    #[arg(long, conflicts_with = "force", help_heading = "Output")]
    pub resume: bool,
    /// Keep the record of every cell
    #[arg(long, help_heading = "Output")]
    pub records: bool,
    /// Also print every horizon with its intervals
    #[arg(long, conflicts_with_all = ["json", "quiet"], help_heading = "Output")]
    pub details: bool,
    /// Background of the plots
    #[arg(long, value_name = "THEME", value_parser = theme(), default_value = "light", help_heading = "Output")]
    pub theme: Theme,
    /// Print only sweep.json
    #[arg(long, help_heading = "Output")]
    pub json: bool,
    /// Print only errors and, with --json, sweep.json
    #[arg(long, short, help_heading = "Output")]
    pub quiet: bool,
    /// Begin again, and overwrite another sweep
    #[arg(long, help_heading = "Output")]
    pub force: bool,
    #[command(flatten)]
    pub slurm: SlurmArguments,
    #[command(flatten)]
    pub resources: Resources,
}

/// Options of clusters with Slurm.
#[derive(clap::Args, Debug)]
pub struct SlurmArguments {
    /// Measure with Slurm: write an array job of so many tasks, and a job that merges their parts, into the output
    /// directory, and submit both [default: tasks of about 10 minutes, at most 1000]
    #[arg(
        long,
        value_name = "TASKS",
        num_args = 0..=1,
        value_parser = whole(1, MOST),
        allow_negative_numbers = true,
        conflicts_with_all = ["shard", "dry_run", "json", "details", "force", "resume"],
        help_heading = "Slurm"
    )]
    slurm: Option<Option<usize>>,
    /// Write the two jobs and print the commands that submit them
    #[arg(long, requires = "slurm", help_heading = "Slurm")]
    pub slurm_only_write: bool,
    /// Options of sbatch for both jobs, such as "--partition=long --time=2:00:00"
    #[arg(long, value_name = "OPTIONS", requires = "slurm", allow_hyphen_values = true, help_heading = "Slurm")]
    slurm_args: Option<String>,
}

impl SlurmArguments {
    /// True where Slurm is to measure.
    pub fn is_asked_for(&self) -> bool {
        self.slurm.is_some()
    }

    /// The number of tasks, if it is given.
    pub fn tasks(&self) -> Option<usize> {
        self.slurm.flatten()
    }

    /// The options of sbatch.
    pub fn options(&self) -> &str {
        self.slurm_args.as_deref().unwrap_or_default()
    }
}
