//! From a plan to the files of its report: what every command that measures does.

use super::export::Exports;
use super::gradients::GradientExport;
use super::resources::Resources;
use super::{Failure, unwritable};
use super::{progress, run_info};
use crate::probe;
use crate::record::Record;
use crate::report::draw::Theme;
use crate::report::{contents, files};
use crate::spec::Plan;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

/// Where a report goes and how it is made.
pub struct Output<'a> {
    /// Its directory; none for one that is named after the spec.
    pub directory: Option<&'a Path>,
    /// Whether a report of another spec may be replaced.
    pub force: bool,
    /// Background of the pictures.
    pub theme: Theme,
    /// Tables and pages besides.
    pub exports: &'a Exports,
    /// Gradients as files for other programs.
    pub gradients: Option<&'a GradientExport>,
    /// Whether nothing but errors is told.
    pub is_silent: bool,
    /// What it may use.
    pub resources: Resources,
}

/// Measures a plan and writes its report; gives the record and the path of the main picture.
///
/// # Errors
/// What stands in the way, before anything is measured, or what could not be written.
pub fn measured(plan: Plan, output: &Output) -> Result<(Record, PathBuf), Failure> {
    let plan = &output.resources.fit(plan, output.is_silent)?;
    let own = || Path::new("reports").join(files::run_name(&plan.spec));
    let directory = output.directory.map_or_else(own, Path::to_path_buf);
    output.exports.check(&directory, &plan.spec.activations)?;
    output.gradients.map_or(Ok(()), |gradients| gradients.check(plan, output.force))?;
    files::check_target(&directory, &plan.spec.hash(probe::VERSION), output.force).map_err(Failure::Input)?;

    let clock = run_info::Clock::start();
    let pool = output.resources.threads.pool()?;
    let record = probed(plan, &pool, output.is_silent);
    let drawn = pool.install(|| contents::drawn(&record, output.theme));
    let drawn = drawn.map_err(|error| Failure::Output(io::Error::other(error)))?;
    let picture = write_report(&directory, &record, drawn, &clock.to_json(pool.current_num_threads()))?;
    output.exports.write(&record)?;
    output.gradients.map_or(Ok(()), |gradients| gradients.write(plan, &record))?;
    Ok((record, picture))
}

/// The record of a plan alone.
pub fn probed(plan: &Plan, pool: &rayon::ThreadPool, is_silent: bool) -> Record {
    let progress = progress::Bar::new(!is_silent && io::stderr().is_terminal(), probe::layers(plan));
    let record = pool.install(|| probe::run(plan, &progress));
    progress.finish();
    record
}

/// Writes the report's files and gives the path of its picture: the comparison's, where there are several runs.
fn write_report(
    directory: &Path,
    record: &Record,
    drawn: Vec<(String, Vec<u8>)>,
    run_info: &str,
) -> Result<PathBuf, Failure> {
    let names: Vec<String> = drawn.iter().map(|(name, _)| name.clone()).collect();
    let no_picture = || Failure::Output(io::Error::other("the report has no picture"));
    let main = names.last().ok_or_else(no_picture)?;
    let stale = files::stale_pictures(directory, &names);
    // The record comes first: a run killed here leaves a directory that the same spec may replace.
    let mut all =
        vec![(files::RECORD.to_string(), record.to_json().into_bytes()), ("run.json".to_string(), run_info.into())];
    all.extend(drawn);
    let written = files::write(directory, &all).and_then(|()| files::remove(directory, &stale));
    written.map_err(|error| unwritable(directory, &error))?;
    Ok(directory.join(main))
}
