//! From a plan to the files of its report: what every command that measures does.

use super::export::Exports;
use super::gradients::GradientExport;
use super::{Failure, unwritable};
use super::{progress, run_info};
use crate::probe::{self, memory};
use crate::record::Record;
use crate::report::draw::Theme;
use crate::report::{contents, files};
use crate::spec::{Attribute, Plan};
use std::io::{self, IsTerminal, Write};
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
    /// Threads; none for one per core.
    pub threads: Option<usize>,
}

/// Measures a plan and writes its report; gives the record and the path of the main picture.
///
/// # Errors
/// What stands in the way, before anything is measured, or what could not be written.
pub fn measured(plan: &Plan, output: &Output) -> Result<(Record, PathBuf), Failure> {
    let threads = threads(output.threads)?;
    refuse_too_much_memory(plan, threads, output.is_silent)?;
    let own = || Path::new("reports").join(files::run_name(&plan.spec));
    let directory = output.directory.map_or_else(own, Path::to_path_buf);
    output.exports.check(&directory, &plan.spec.activations)?;
    output.gradients.map_or(Ok(()), |gradients| gradients.check(plan, output.force))?;
    files::check_target(&directory, &plan.spec.hash(probe::VERSION), output.force).map_err(Failure::Input)?;

    let clock = run_info::Clock::start();
    let pool = pool(threads)?;
    let record = run(plan, &pool, output.is_silent);
    let drawn = pool.install(|| contents::drawn(&record, output.theme));
    let drawn = drawn.map_err(|error| Failure::Output(io::Error::other(error)))?;
    let picture = write_report(&directory, &record, drawn, &clock.to_json(threads))?;
    output.exports.write(&record)?;
    output.gradients.map_or(Ok(()), |gradients| gradients.write(plan, &record))?;
    Ok((record, picture))
}

/// The record of a plan alone.
///
/// # Errors
/// Where threads cannot be had.
pub fn probed(plan: &Plan, threads: usize, is_silent: bool) -> Result<Record, Failure> {
    Ok(run(plan, &pool(threads)?, is_silent))
}

fn pool(threads: usize) -> Result<rayon::ThreadPool, Failure> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.map_err(|error| Failure::Output(io::Error::other(error)))
}

fn run(plan: &Plan, pool: &rayon::ThreadPool, is_silent: bool) -> Record {
    let progress = progress::Bar::new(!is_silent && io::stderr().is_terminal(), probe::layers(plan));
    let record = pool.install(|| probe::run(plan, &progress));
    progress.finish();
    record
}

/// As many threads as are wanted, or one per core.
///
/// # Errors
/// A sentence with the fix.
pub fn threads(wanted: Option<usize>) -> Result<usize, Failure> {
    match wanted {
        Some(0) => Err(Failure::Input("--threads 0: give a positive number, or leave it out for one per core".into())),
        Some(threads) if threads > 1024 => Err(Failure::Input(format!("--threads {threads}: give at most 1024"))),
        Some(threads) => Ok(threads),
        None => Ok(std::thread::available_parallelism().map_or(1, usize::from)),
    }
}

/// Refuses what does not fit, and says beforehand what a large run needs.
///
/// # Errors
/// A sentence with the fix.
pub fn refuse_too_much_memory(plan: &Plan, threads: usize, silent: bool) -> Result<(), Failure> {
    let needed = memory::estimate(plan, threads);
    let available = memory::available();
    if let Some(available) = available.filter(|&available| needed > available) {
        return Err(Failure::Input(format!(
            "this run needs about {} of memory and {} are free: lower --width, --depth, --batch or --threads{}",
            memory::in_words(needed),
            memory::in_words(available),
            if plan.spec.attribute == Attribute::None { "" } else { ", or leave sources out with --attribute none" }
        )));
    }
    if needed > 2 << 30 && !silent {
        let _ = writeln!(io::stderr(), "this run needs about {} of memory", memory::in_words(needed));
    }
    Ok(())
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
