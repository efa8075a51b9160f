//! Where the report of a command with a record of its own goes, and what is printed of it.

use super::failure::Failure;
use super::folder::{Folder, REPORTS};
use super::printing::{print, show, theme};
use super::run_info::Clock;
use crate::report::files;
use crate::report::kind::Kind;
use crate::report::svg::Theme;
use crate::report::view::View;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use rayon::ThreadPool;
use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

/// What the options of a command's output are called in its help.
pub trait Reported: fmt::Debug {
    /// The record's file.
    const RECORD: &'static str;
    /// Where the report goes by default.
    const PLACE: &'static str = "in reports/, named after the network and the options";
    /// What `--resume` continues, if it can be continued.
    const RESUMED: Option<&'static str> = None;
    /// What `--details` also prints.
    const DETAILS: &'static str;
    /// What has a background.
    const PICTURES: &'static str = "plots";
}

/// The options of a command's output.
#[derive(Debug)]
pub struct Output<C> {
    pub out: Option<PathBuf>,
    pub resume: bool,
    pub json: bool,
    pub quiet: bool,
    force: bool,
    details: bool,
    theme: Theme,
    of: PhantomData<C>,
}

impl<C: Reported> Output<C> {
    /// Whether notes are left out, because another program reads the output.
    pub fn is_silent(&self) -> bool {
        self.quiet || self.json
    }

    /// The directory of a report whose own name is this.
    pub fn directory(&self, name: &str) -> PathBuf {
        self.out.clone().unwrap_or_else(|| Path::new(REPORTS).join(name))
    }

    /// Makes, locks and checks the folder of a report.
    ///
    /// # Errors
    /// One sentence with the fix.
    pub fn folder(&self, directory: &Path, hash: &str, names: &[String]) -> Result<Folder, Failure> {
        Folder::of_report(directory, C::RECORD, hash, names, self.force)
    }

    /// Writes the report of a record and prints what is asked for.
    ///
    /// # Errors
    /// What could not be drawn, written or printed.
    pub fn finish(&self, record: &dyn Kind, folder: &Folder, pool: &ThreadPool, clock: &Clock) -> Result<(), Failure> {
        let picture = write(record, self.theme, folder, pool, clock)?;
        if C::RESUMED.is_some() {
            // Removed last, so a run that is stopped earlier can be resumed.
            folder.remove(&[super::checkpoint::CHECKPOINT.to_string()])?;
        }
        folder.make_latest(self.is_silent());
        if self.json {
            print(record.json().as_bytes())
        } else if self.quiet {
            Ok(())
        } else {
            show(&record.terminal(View { details: self.details, layers: false }, Some(&picture)))
        }
    }
}

/// Draws and writes the files of a report, and gives the path of its main picture. Pictures of a probe's former report that
/// have other names are removed.
///
/// # Errors
/// What could not be drawn or written.
pub fn write(
    record: &dyn Kind,
    theme: Theme,
    folder: &Folder,
    pool: &ThreadPool,
    clock: &Clock,
) -> Result<PathBuf, Failure> {
    let drawn = pool.install(|| record.drawn(theme)).map_err(|error| Failure::Output(io::Error::other(error)))?;
    let names: Vec<String> = drawn.iter().map(|(name, _)| name.clone()).collect();
    let stale = record.probe().map_or_else(Vec::new, |_| files::stale_pictures(folder.path(), &names));
    // The record comes first: a run killed here leaves a directory that the same spec may replace.
    let mut all = vec![
        (record.head().file.to_string(), record.json().into_bytes()),
        (files::RUN.to_string(), clock.to_json(pool.current_num_threads()).into()),
    ];
    all.extend(drawn);
    folder.write(&all)?;
    folder.remove(&stale)?;
    Ok(names.last().map_or_else(PathBuf::new, |name| folder.path().join(name)))
}

impl<C: Reported> clap::FromArgMatches for Output<C> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Output {
            out: matches.get_one("out").cloned(),
            resume: C::RESUMED.is_some() && matches.get_flag("resume"),
            json: matches.get_flag("json"),
            quiet: matches.get_flag("quiet"),
            force: matches.get_flag("force"),
            details: matches.get_flag("details"),
            theme: matches.get_one("theme").copied().unwrap_or(Theme::Light),
            of: PhantomData,
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl<C: Reported> clap::Args for Output<C> {
    fn augment_args(command: Command) -> Command {
        let option = |name: &'static str, help: String| Arg::new(name).long(name).help(help).help_heading("Output");
        let switch = |name, help| option(name, help).action(ArgAction::SetTrue);
        let resumed = |what: &str| {
            format!(
                "Resume from the checkpoint of a stopped {what}; the result has the same bytes as an uninterrupted one"
            )
        };
        let out = option("out", format!("Output directory [default: {}]", C::PLACE));
        let details = switch("details", format!("Also print {}", C::DETAILS));
        let theme = option("theme", format!("Background of the {}", C::PICTURES)).value_parser(theme());
        command
            .arg(out.value_name("DIR").value_parser(value_parser!(PathBuf)))
            .args(C::RESUMED.map(|what| switch("resume", resumed(what))))
            .arg(details.conflicts_with_all(["json", "quiet"]))
            .arg(switch("json", format!("Print only {}", C::RECORD)))
            .arg(switch("quiet", format!("Print only errors and, with --json, {}", C::RECORD)).short('q'))
            .arg(switch("force", "Overwrite a report with other options".into()))
            .arg(theme.value_name("THEME").default_value("light"))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}
