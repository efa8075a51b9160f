//! `study`: an old question answered by measurement.

use super::progress::Bar;
use super::resources::Threads;
use super::subcommands::print;
use super::{Failure, run_info, seed, theme, unwritable};
use crate::probe;
use crate::record::study::StudySpec;
use crate::report::draw::Theme;
use crate::report::files;
use crate::report::study as report;
use crate::study;
use clap::builder::PossibleValuesParser;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

/// The one study that there is.
const LEAKY_VS_RELU: &str = "leaky-vs-relu";

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
    /// Replace a report of another spec
    #[arg(long, help_heading = "Output")]
    force: bool,
    /// Background of the pictures
    #[arg(long, value_name = "THEME", value_parser = theme(), default_value = "light", help_heading = "Output")]
    theme: Theme,
    /// Print study.json and nothing else
    #[arg(long, conflicts_with = "quiet", help_heading = "Output")]
    json: bool,
    /// Print nothing but errors
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
    files::check_target_of(&directory, files::STUDY, &spec.hash(probe::VERSION), arguments.force)
        .map_err(Failure::Input)?;
    arguments.threads.check_memory(study::memory(&spec, arguments.threads.count()?)?)?;
    let clock = run_info::Clock::start();
    let pool = arguments.threads.pool()?;
    let bar = Bar::of_work(!is_silent && io::stderr().is_terminal(), study::work(&spec));
    let study = pool.install(|| study::run(&spec, &bar))?;
    bar.finish();
    let drawn = pool.install(|| report::drawn(&study, arguments.theme));
    let drawn = drawn.map_err(|error| Failure::Output(io::Error::other(error)))?;
    let picture = drawn.last().map(|(name, _)| directory.join(name));
    // The record comes first: a run killed here leaves a directory that the same spec may replace.
    let mut all = vec![
        (files::STUDY.to_string(), study.to_json().into_bytes()),
        ("run.json".to_string(), clock.to_json(pool.current_num_threads()).into()),
    ];
    all.extend(drawn);
    files::write(&directory, &all).map_err(|error| unwritable(&directory, &error))?;
    if arguments.json {
        print(study.to_json().as_bytes())
    } else if arguments.quiet {
        Ok(())
    } else {
        print(report::terminal(&study, picture.as_deref()).as_bytes())
    }
}

/// `study-leaky-vs-relu`, `study-leaky-vs-relu_thorough_seed-1`.
fn directory(arguments: &StudyArguments) -> String {
    let thorough = if arguments.thorough { "_thorough" } else { "" };
    let seed = if arguments.seed == 0 { String::new() } else { format!("_seed-{}", arguments.seed) };
    format!("study-{}{thorough}{seed}", arguments.name)
}
