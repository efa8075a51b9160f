//! `sweep`: measures many networks, cell by cell; what is finished survives whatever happens to the run.

mod attempt;
mod axes;
mod calibration;
mod csv;
mod lines;
mod merge;
mod planning;
mod store;
mod workers;

use super::failure::Failure;
use super::printing::{print, show};
use super::resources::Resources;
use super::run_info;
use axes::Axes;
use planning::Planning;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use store::Store;

/// Arguments of `sweep`.
#[derive(clap::Args, Debug)]
pub struct SweepArguments {
    /// Put the parts of a sweep together that were measured with --shard: `sweep merge` and their folders, or folders that
    /// hold such folders
    ///
    /// The files are those of a sweep on one machine. If cells are missing, what there is goes to --out, where --resume
    /// measures the rest.
    #[arg(value_name = "merge DIR")]
    words: Vec<PathBuf>,
    #[command(flatten)]
    axes: Axes,
    /// Read the sweep from a TOML file with the tables [spec] and [axes], or from the plan.json of another sweep; options
    /// replace its fields
    #[arg(long, value_name = "FILE", help_heading = "Sweep")]
    plan: Option<PathBuf>,
    /// Print the plan and stop
    #[arg(long, help_heading = "Sweep")]
    dry_run: bool,
    /// Measure only this part of the cells: 2/8, or auto/8 in an array job of Slurm, Grid Engine, PBS or Kubernetes; writes
    /// to DIR/shard-2-of-8, for `sweep merge`
    #[arg(long, value_name = "I/N", help_heading = "Sweep")]
    shard: Option<String>,
    /// Output directory [default: in reports/, named after the sweep]
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    out: Option<PathBuf>,
    /// Go on with the sweep in the output directory, if it was begun
    #[arg(long, conflicts_with = "force", help_heading = "Output")]
    resume: bool,
    /// Keep the record of every cell
    #[arg(long, help_heading = "Output")]
    records: bool,
    /// Print only sweep.json
    #[arg(long, help_heading = "Output")]
    json: bool,
    /// Print only errors and, with --json, sweep.json
    #[arg(long, short, help_heading = "Output")]
    quiet: bool,
    /// Begin again, and overwrite another sweep
    #[arg(long, help_heading = "Output")]
    force: bool,
    #[command(flatten)]
    resources: Resources,
}

/// Measures the cells that are not there yet, or merges.
///
/// # Errors
/// Wrong input with its fix, or what could not be written.
pub fn execute(arguments: &SweepArguments, given: &[String]) -> Result<(), Failure> {
    match arguments.words.as_slice() {
        [] => measure(arguments),
        [word, parts @ ..] if word == Path::new("merge") => merge::execute(parts, arguments, given),
        [word, ..] => Err(Failure::Input(format!(
            "`{}`: options begin with --, and the only word is merge, as in `precision-probe sweep merge DIR --out DIR`",
            word.display()
        ))),
    }
}

fn measure(arguments: &SweepArguments) -> Result<(), Failure> {
    let is_silent = arguments.quiet || arguments.json;
    let planning = Planning::of(arguments)?;
    let own = planning.cells_of_shard();
    workers::check_memory(&planning, &own)?;
    if arguments.dry_run {
        return show(&planning.in_words(&own, arguments)?);
    }
    let clock = run_info::Clock::start();
    let store = Store::open(&planning, arguments.force, arguments.resume)?;
    let rest = store.rest();
    planning.check_disk(store.path(), &rest, arguments.records)?;
    if !is_silent {
        // Standard output has the answer alone.
        let _ = io::stderr().write_all(planning.in_words(&rest, arguments)?.as_bytes());
    }
    workers::measure(&planning, &store, rest, arguments)?;
    let sweep = store.finish(&clock.to_json(planning.threads), is_silent)?;
    if arguments.json {
        print(sweep.to_json().as_bytes())
    } else if arguments.quiet {
        Ok(())
    } else {
        let failed = if sweep.failed > 0 { format!(", {} of them failed", sweep.failed) } else { String::new() };
        show(&format!("{} cells{failed}: {}\n", sweep.cells, store.path().join(store::CELLS).display()))
    }
}
