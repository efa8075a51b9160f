//! `study`: an old question answered by measurement.

use super::checkpoint::{self, CHECKPOINT, Work};
use super::folder::Folder;
use super::numbers::seed;
use super::progress::{Bar, Job};
use super::resources::Threads;
use super::subcommands::{print, show};
use super::{Failure, run_info, theme};
use crate::disk;
use crate::probe;
use crate::record::study::{Study, StudySpec};
use crate::report::draw::Theme;
use crate::report::files;
use crate::report::study as report;
use crate::study::{self, StudyRun};
use clap::builder::PossibleValuesParser;
use std::io;
use std::path::{Path, PathBuf};

/// The one study that there is.
const LEAKY_VS_RELU: &str = "leaky-vs-relu";

/// How notes call it.
const WORK: Work = Work { name: "study", beginning: "with its first part" };

/// What `study` is told.
#[derive(clap::Args, Debug)]
pub struct StudyArguments {
    /// The study
    #[arg(value_name = "NAME", value_parser = PossibleValuesParser::new([LEAKY_VS_RELU]))]
    name: String,
    /// More draws and longer trainings: many hours
    #[arg(long, help_heading = "Data")]
    thorough: bool,
    /// Seed of every draw
    #[arg(long, value_name = "N", value_parser = seed, allow_negative_numbers = true, default_value_t = 0, help_heading = "Data")]
    seed: u64,
    /// Where the report goes [default: reports/study-leaky-vs-relu and what differs from the defaults]
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    out: Option<PathBuf>,
    /// Go on from the checkpoint of a study that was stopped; ends with the same bytes as one that was not
    #[arg(long, help_heading = "Output")]
    resume: bool,
    /// Replace a report of another spec
    #[arg(long, help_heading = "Output")]
    force: bool,
    /// Background of the pictures
    #[arg(long, value_name = "THEME", value_parser = theme(), default_value = "light", help_heading = "Output")]
    theme: Theme,
    /// Print the reasons and the deciding numbers of every claim, too
    #[arg(long, conflicts_with_all = ["json", "quiet"], help_heading = "Output")]
    details: bool,
    /// Print study.json and nothing else
    #[arg(long, help_heading = "Output")]
    json: bool,
    /// Print no table or progress: nothing but errors, and with --json study.json
    #[arg(long, short, help_heading = "Output")]
    quiet: bool,
    #[command(flatten)]
    threads: Threads,
}

/// Measures, writes the report and prints it.
///
/// # Errors
/// Wrong input with its fix, or what could not be written.
pub fn execute(arguments: &StudyArguments) -> Result<(), Failure> {
    let sizes = if arguments.thorough { StudySpec::thorough() } else { StudySpec::default() };
    let spec = StudySpec { seed: arguments.seed, ..sizes };
    let is_silent = arguments.quiet || arguments.json;
    let own = || Path::new("reports").join(directory(arguments));
    let directory = arguments.out.clone().unwrap_or_else(own);
    arguments.threads.check_memory(study::memory(&spec, arguments.threads.count()?)?)?;
    let mut names = report::names();
    names.push(CHECKPOINT.into());
    let folder = Folder::of_report(&directory, files::STUDY, &spec.hash(probe::VERSION), &names, arguments.force)?;
    let clock = run_info::Clock::start();
    let pool = arguments.threads.pool()?;
    let study = match finished(&spec, &directory).filter(|_| arguments.resume) {
        Some(study) => study,
        None => {
            let run = begin(&spec, &directory, arguments.resume, is_silent)?;
            pool.install(|| measured(run, &spec, &folder, arguments.quiet))?
        }
    };
    let drawn = pool.install(|| report::drawn(&study, arguments.theme));
    let drawn = drawn.map_err(|error| Failure::Output(io::Error::other(error)))?;
    let picture = drawn.last().map(|(name, _)| directory.join(name));
    let mut all = vec![
        (files::STUDY.to_string(), study.to_json().into_bytes()),
        (files::RUN.to_string(), clock.to_json(pool.current_num_threads()).into()),
    ];
    all.extend(drawn);
    // The checkpoint goes last: whoever is stopped before it can go on.
    folder.write(&all)?;
    folder.remove(&[CHECKPOINT.to_string()])?;
    if arguments.json {
        print(study.to_json().as_bytes())
    } else if arguments.quiet {
        Ok(())
    } else if arguments.details {
        show(&report::terminal(&study, picture.as_deref()))
    } else {
        show(&report::screen(&study, picture.as_deref()))
    }
}

/// The record of this very study in a directory.
fn stored(spec: &StudySpec, directory: &Path) -> Option<Study> {
    let text = String::from_utf8(disk::stored(&directory.join(files::STUDY), u64::MAX).ok()?).ok()?;
    Study::from_json(&text).ok().filter(|study| study.spec_hash == spec.hash(probe::VERSION))
}

/// The same, if it is answered: there is nothing to go on with.
fn finished(spec: &StudySpec, directory: &Path) -> Option<Study> {
    stored(spec, directory).filter(|study| !study.claims.is_empty())
}

/// A study from its beginning, or from its checkpoint.
fn begin<'s>(spec: &'s StudySpec, directory: &Path, resume: bool, is_silent: bool) -> Result<StudyRun<'s>, Failure> {
    let run = StudyRun::new(spec)?;
    match checkpoint::found(directory, WORK, resume, is_silent)? {
        Some(bytes) => run.resume(&bytes).map_err(|message| checkpoint::unusable(directory, message)),
        None => Ok(run),
    }
}

/// Measures to the end; every part that is done is on the disk.
fn measured(mut run: StudyRun, spec: &StudySpec, folder: &Folder, is_quiet: bool) -> Result<Study, Failure> {
    let job = Job {
        what: "networks of the study, measured in parts".into(),
        advice: "--resume continues a study that was stopped".into(),
        unit: "units of work",
        units: study::work(spec),
        round: 1,
        preparations: 0,
    };
    let bar = Bar::of_work(is_quiet, job);
    bar.begin_at(run.work_done());
    // The record first: its spec says whose the directory is. One that is answered already stays until the end.
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

/// `study-leaky-vs-relu`, `study-leaky-vs-relu_thorough_seed-1`.
fn directory(arguments: &StudyArguments) -> String {
    let thorough = if arguments.thorough { "_thorough" } else { "" };
    let seed = if arguments.seed == 0 { String::new() } else { format!("_seed-{}", arguments.seed) };
    format!("study-{}{thorough}{seed}", arguments.name)
}
