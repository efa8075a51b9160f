//! Measures a plan and writes its report, for every command that measures.

use super::export::{self, Exports};
use super::failure::Failure;
use super::folder::{Folder, REPORTS};
use super::gradients::{self, GradientExport};
use super::progress::{self, Job};
use super::reporting;
use super::resources::Resources;
use super::run_info;
use super::targets::Targets;
use crate::probe;
use crate::record::Record;
use crate::report::svg::Theme;
use crate::report::{files, naming};
use crate::spec::{Attribute, Plan, Spec};
use std::path::{Path, PathBuf};

/// Where a report is written, and how.
pub struct Output<'a> {
    /// Its directory; `None` for one named after the spec.
    pub directory: Option<&'a Path>,
    /// Whether a report of another spec and other exported files may be replaced.
    pub force: bool,
    /// Background of the pictures.
    pub theme: Theme,
    /// Tables and pages in addition to the report.
    pub exports: &'a Exports,
    /// Gradients as files for other programs.
    pub gradients: Option<&'a GradientExport>,
    /// The option that replaces the text on standard output, if one does: `--json`.
    pub stdout: Option<&'static str>,
    /// Whether only errors are printed.
    pub is_quiet: bool,
    /// Threads and memory.
    pub resources: Resources,
}

/// A finished measurement whose report is written.
pub struct Measured {
    /// The record.
    pub record: Record,
    /// The path of the main picture.
    pub picture: PathBuf,
    /// Whether an export went to standard output, so that nothing else may.
    pub is_printed: bool,
}

impl Output<'_> {
    /// Whether notes are left out, because another program reads the output.
    fn is_silent(&self) -> bool {
        self.is_quiet || self.stdout.is_some()
    }
}

/// Measures a plan and writes its report.
///
/// # Errors
/// An obstacle found before anything is measured, or a file that could not be written.
pub fn measured(plan: Plan, output: &Output) -> Result<Measured, Failure> {
    let plan = &output.resources.fit(plan, output.is_silent())?;
    let hash = plan.spec.hash(probe::VERSION);
    let own = || Path::new(REPORTS).join(naming::run_name(&plan.spec, &hash));
    let directory = output.directory.map_or_else(own, Path::to_path_buf);
    let names = files::names(&plan.spec.activations);
    let folder = Folder::of_report(&directory, files::RECORD, &hash, &names, output.force)?;
    let mut targets = Targets::new(output.force);
    targets.take(&folder, &names);
    if let Some(option) = output.stdout {
        targets.take_stdout(option, option)?;
    }
    let destinations = match output.gradients {
        Some(gradients) => gradients.claim(plan, output.force, &folder, &mut targets)?,
        None => Vec::new(),
    };
    let exports = output.exports.claim(&mut targets)?;

    let clock = run_info::Clock::start();
    let pool = output.resources.threads.pool()?;
    let record = probed(plan, &pool, output.is_quiet);
    let picture = reporting::write(&record, output.theme, &folder, &pool, &clock)?;
    folder.make_latest(output.is_silent());
    let written = export::texts(&exports, &record)
        .and_then(|texts| texts.iter().try_for_each(|(target, text)| target.write(text.as_bytes())))
        .and_then(|()| gradients::write(&destinations, plan, &record, output.is_silent()));
    written.map_err(|failure| with_report(failure, &directory))?;
    Ok(Measured { record, picture, is_printed: targets.is_stdout_taken() && output.stdout.is_none() })
}

/// Adds where the report is to the error about an export that failed: the measurement is not lost.
fn with_report(failure: Failure, directory: &Path) -> Failure {
    match failure {
        Failure::Input(message) => {
            Failure::Input(format!("{message} (the report itself was written to `{}`)", directory.display()))
        }
        Failure::Output(error) => Failure::Output(error),
    }
}

/// Measures a plan without writing anything.
pub fn probed(plan: &Plan, pool: &rayon::ThreadPool, is_quiet: bool) -> Record {
    let progress = progress::Bar::new(is_quiet, job(plan, pool.current_num_threads()));
    let record = pool.install(|| probe::run(plan, &progress));
    progress.finish();
    record
}

/// The measurement as a job with progress.
fn job(plan: &Plan, threads: usize) -> Job {
    let Spec { depth, trials, .. } = plan.spec;
    let layers = depth + 1;
    let precisions = counted(plan.arithmetics.len() + plan.compared.len(), "precision");
    let activations = match plan.runs.len() {
        1 => String::new(),
        several => format!(", for {several} activations"),
    };
    let advice = match (plan.spec.attribute, trials) {
        (Attribute::None, 1) => "",
        (Attribute::None, _) => "fewer --trials are faster",
        _ => "--attribute none is faster",
    };
    Job {
        what: format!("{} of {} in {precisions}{activations}", counted(trials, "trial"), counted(layers, "layer")),
        advice: advice.into(),
        unit: "layers",
        units: probe::layers(plan),
        round: layers * trials.min(threads).min(plan.schedule.trials_at_once),
        preparations: plan.runs.len(),
    }
}

/// `1 trial`, `5 trials`.
pub fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
