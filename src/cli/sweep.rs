//! `sweep`: measures many networks, cell by cell; what is finished survives whatever happens to the run.

mod arguments;
mod attempt;
mod axes;
mod bisection;
mod calibration;
mod csv;
mod lines;
mod merge;
mod planning;
mod slurm;
mod store;
mod words;
mod workers;

use super::failure::Failure;
use super::printing::{print, show};
use super::run_info;
use crate::report::kind::Kind;
use crate::report::view::View;
pub use arguments::SweepArguments;
use planning::Planning;
use std::io::{self, Write};
use std::path::Path;
use store::{Store, Swept};

/// Measures the cells that are not there yet, or merges.
///
/// # Errors
/// Wrong input with its fix, or what could not be written.
pub fn execute(arguments: &SweepArguments, given: &[String]) -> Result<(), Failure> {
    match arguments.words.as_slice() {
        [] => measure(arguments),
        [word, parts @ ..] if word == Path::new("merge") => merge::execute(parts, arguments, given),
        [word, ..] => Err(Failure::Input(format!(
            "`{}`: options begin with --; to put parts together write `precision-probe sweep merge DIR --out DIR`",
            word.display()
        ))),
    }
}

fn measure(arguments: &SweepArguments) -> Result<(), Failure> {
    let is_silent = arguments.quiet || arguments.json;
    let planning = Planning::of(arguments)?;
    if arguments.slurm.is_asked_for() {
        return slurm::execute(&planning, arguments);
    }
    let own = planning.cells_of_shard();
    workers::check_memory(&planning, &own)?;
    if arguments.dry_run {
        return show(&words::in_words(&planning, &own, arguments)?);
    }
    let clock = run_info::Clock::start();
    let store = Store::open(&planning, arguments.force, arguments.resume)?;
    let rest = store.rest(&own);
    planning.check_disk(store.path(), &rest, arguments.records)?;
    if !is_silent {
        // Standard output has the answer alone.
        let _ = io::stderr().write_all(words::in_words(&planning, &rest, arguments)?.as_bytes());
    }
    let measured = if planning.plan.bisects {
        bisection::measure(&planning, &store, arguments)?
    } else {
        workers::measure(&planning, &store, rest, arguments)?;
        own
    };
    arguments.finish(&planning, &store, &measured, &clock.to_json(planning.threads))
}

impl SweepArguments {
    /// Writes the files of a finished sweep, or of a part of one, and prints what is asked for.
    fn finish(&self, planning: &Planning, store: &Store, cells: &[usize], run_info: &str) -> Result<(), Failure> {
        let Swept { sweep, picture } = store.finish(cells, run_info, self.theme, self.quiet || self.json)?;
        if self.json {
            print(sweep.to_json().as_bytes())
        } else if self.quiet {
            Ok(())
        } else if planning.shard.is_some() {
            show(&format!("{} cells: {}\n", sweep.cells, store.path().join(store::CELLS).display()))
        } else {
            show(&sweep.terminal(View { details: self.details, layers: false }, Some(&picture)))
        }
    }
}
