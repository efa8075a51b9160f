//! `study`: measures common claims about activations.

use super::checkpoint::{self, CHECKPOINT, Work};
use super::failure::Failure;
use super::folder::Folder;
use super::numbers::seed;
use super::progress::{Bar, Job};
use super::reporting::{Output, Reported};
use super::resources::Threads;
use super::run_info;
use crate::disk;
use crate::probe;
use crate::record::study::{Study, StudySpec};
use crate::report::files;
use crate::report::naming::FolderName;
use crate::report::study as report;
use crate::study::{self, StudyRun};
use clap::builder::PossibleValuesParser;
use std::path::Path;

/// The only study so far.
const LEAKY_VS_RELU: &str = "leaky-vs-relu";

/// The names that notes use.
const WORK: Work = Work { name: "study", beginning: "with its first part" };

/// Arguments of `study`.
#[derive(clap::Args, Debug)]
pub struct StudyArguments {
    /// Name of the study
    #[arg(value_name = "NAME", value_parser = PossibleValuesParser::new([LEAKY_VS_RELU]))]
    name: String,
    /// Use more draws and longer trainings; takes many hours
    #[arg(long, help_heading = "Data")]
    thorough: bool,
    /// Random seed
    #[arg(long, value_name = "N", value_parser = seed, allow_negative_numbers = true, default_value_t = 0, help_heading = "Data")]
    seed: u64,
    #[command(flatten)]
    output: Output<Claims>,
    #[command(flatten)]
    threads: Threads,
}

/// Measures, writes the report and prints it.
///
/// # Errors
/// Wrong input with its fix, or what could not be written.
pub fn execute(arguments: &StudyArguments) -> Result<(), Failure> {
    let StudyArguments { output, threads, .. } = arguments;
    let sizes = if arguments.thorough { StudySpec::thorough() } else { StudySpec::default() };
    let spec = StudySpec { seed: arguments.seed, ..sizes };
    let directory = output.directory(&name(arguments, &spec));
    threads.check_memory(study::memory(&spec, threads.count()?)?)?;
    let mut names = report::names();
    names.push(CHECKPOINT.into());
    let folder = output.folder(&directory, &spec.hash(probe::VERSION), &names)?;
    let (clock, pool) = (run_info::Clock::start(), threads.pool()?);
    let study = match finished(&spec, &directory).filter(|_| output.resume) {
        Some(study) => study,
        None => {
            let run = begin(&spec, &directory, output.resume, output.is_silent())?;
            pool.install(|| measured(run, &spec, &folder, output.quiet))?
        }
    };
    output.finish(&study, &folder, &pool, &clock)
}

/// The words of its options.
#[derive(Debug)]
struct Claims;

impl Reported for Claims {
    const RECORD: &'static str = files::STUDY;
    const PLACE: &'static str = "reports/study-leaky-vs-relu";
    const RESUMED: Option<&'static str> = Some("study");
    const DETAILS: &'static str = "the reasons and the deciding numbers of every claim";
}

/// The record of this study in a directory.
fn stored(spec: &StudySpec, directory: &Path) -> Option<Study> {
    let text = String::from_utf8(disk::stored(&directory.join(files::STUDY), u64::MAX).ok()?).ok()?;
    Study::from_json(&text).ok().filter(|study| study.spec_hash == spec.hash(probe::VERSION))
}

/// The same if it is finished, so nothing is left to resume.
fn finished(spec: &StudySpec, directory: &Path) -> Option<Study> {
    stored(spec, directory).filter(|study| !study.claims.is_empty())
}

/// A new study, or one resumed from its checkpoint.
fn begin<'s>(spec: &'s StudySpec, directory: &Path, resume: bool, is_silent: bool) -> Result<StudyRun<'s>, Failure> {
    let run = StudyRun::new(spec)?;
    match checkpoint::found(directory, WORK, resume, is_silent)? {
        Some(bytes) => run.resume(&bytes).map_err(|message| checkpoint::unusable(directory, message)),
        None => Ok(run),
    }
}

/// Measures to the end; every finished part is on disk.
fn measured(mut run: StudyRun, spec: &StudySpec, folder: &Folder, is_quiet: bool) -> Result<Study, Failure> {
    let job = Job {
        what: "the networks of the study".into(),
        advice: "--resume continues a stopped study".into(),
        unit: "units of work",
        units: study::work(spec),
        round: 1,
        preparations: 0,
    };
    let bar = Bar::of_work(is_quiet, job);
    bar.begin_at(run.work_done());
    // The record first: its spec says to which study the directory belongs. A finished record stays until the end.
    let mut unanswered = stored(spec, folder.path()).is_none().then(|| run.unanswered());
    while !run.is_done() {
        run.advance(&bar)?;
        let record = unanswered.take().map(|study| (files::STUDY.to_string(), study.to_json().into_bytes()));
        let kept: Vec<_> = record.into_iter().chain([(CHECKPOINT.to_string(), run.checkpoint())]).collect();
        folder.write(&kept)?;
    }
    bar.finish();
    Ok(run.finish())
}

/// `study-leaky-vs-relu`, `study-leaky-vs-relu-thorough-seed-1-3fa9c2d1`.
fn name(arguments: &StudyArguments, spec: &StudySpec) -> String {
    let mut name = FolderName::new("study");
    name.part(&arguments.name);
    if *spec == StudySpec::default() {
        return format!("study-{}", arguments.name);
    }
    if arguments.thorough {
        name.part("thorough");
    }
    name.option("seed", &arguments.seed, &0, u64::to_string);
    name.of_hash(&spec.hash(probe::VERSION))
}
