//! What a sweep will measure, and what that takes.

use super::arguments::SweepArguments;
use crate::cli::failure::Failure;
use crate::cli::folder::REPORTS;
use crate::disk;
use crate::probe::memory;
use crate::record::sweep::SweepPlan;
pub use crate::report::files::PLAN;
use crate::report::naming::FolderName;
use crate::sweep::deal::Shard;
use crate::sweep::{Planned, file};
use std::path::{Path, PathBuf};

/// Largest file with a plan, in bytes.
const LARGEST: u64 = 1 << 24;
/// Bytes of a cell's line, of a precision in it, of a layer, and of a trial of a layer, at most.
const LINE: u64 = 900;
const PRECISION: u64 = 250;
const LAYER: u64 = 560;
const TRIAL: u64 = 130;
/// The line while the sweep runs, in the finished file, and as rows of a table.
const COPIES: u64 = 3;

/// A sweep with its cells and its place.
pub struct Planning {
    pub plan: SweepPlan,
    pub cells: Vec<Planned>,
    pub shard: Option<Shard>,
    /// Where its files go.
    pub folder: PathBuf,
    pub threads: usize,
    /// Most bytes that all cells may take together; `None` if that is unknown.
    pub memory: Option<u64>,
}

impl Planning {
    /// Of the options and of the file that they name.
    pub fn of(arguments: &SweepArguments) -> Result<Planning, Failure> {
        let settings = match &arguments.plan {
            None => file::Settings::default(),
            Some(path) => {
                let wrong = |what: String| Failure::Input(format!("`{}`: {what}", path.display()));
                // A sweep may write its plan again, and never a file of the user's.
                let is_plan = path.file_name().is_some_and(|name| name == PLAN);
                let read = if is_plan { disk::stored } else { disk::input };
                let bytes = read(path, LARGEST).map_err(|unread| {
                    Failure::Input(format!("--plan: `{}` {unread}; give a TOML file or a plan.json", path.display()))
                })?;
                let text = String::from_utf8(bytes).map_err(|_| wrong("is not text; give a TOML file".into()))?;
                file::settings(&text).map_err(wrong)?
            }
        };
        let bisects = arguments.horizon || settings.bisects;
        let plan = arguments.axes.plan(settings)?;
        let plan = if bisects { plan.bisected().map_err(Failure::Input)? } else { plan };
        let environment = |name: &str| std::env::var(name).ok();
        let shard = arguments.shard.as_deref().map(|text| Shard::parse(text, environment)).transpose();
        let shard = shard.map_err(Failure::Input)?;
        let divides = if shard.is_some() { "--shard" } else { "--slurm" };
        if plan.bisects && (shard.is_some() || arguments.slurm.is_asked_for()) {
            return Err(Failure::Input(format!(
                "--horizon chooses every cell by the cells before it, and {divides} measures them on machines that do not know of each other: leave one out"
            )));
        }
        let cells = plan.cells()?;
        let own = || Path::new(REPORTS).join(FolderName::new("sweep").of_hash(&plan.spec_hash));
        let folder = arguments.out.clone().unwrap_or_else(own);
        let folder = shard.map_or_else(|| folder.clone(), |shard| folder.join(shard.folder()));
        let (threads, memory) = (arguments.resources.threads.count()?, arguments.resources.limit()?);
        Ok(Planning { plan, cells, shard, folder, threads, memory })
    }

    /// Of a plan whose parts were measured elsewhere.
    pub fn merged(plan: SweepPlan, folder: PathBuf) -> Result<Planning, Failure> {
        let cells = plan.cells()?;
        Ok(Planning { plan, cells, shard: None, folder, threads: 1, memory: None })
    }

    /// The cells to measure here, by their places in the plan.
    pub fn cells_of_shard(&self) -> Vec<usize> {
        self.shard.map_or_else(|| (0..self.cells.len()).collect(), |shard| shard.share(&self.cells))
    }

    /// Number of cells that are measured at once, and the threads of each.
    pub fn split(&self, cells: usize) -> (usize, usize) {
        let workers = self.threads.min(cells).max(1);
        (workers, (self.threads / workers).max(1))
    }

    /// Bytes that some cells take on the disk while they are measured.
    pub fn disk(&self, cells: &[usize], with_records: bool) -> u64 {
        let spec = &self.plan.spec;
        let trials = spec.trials as u64;
        let precision = PRECISION + 3 * (LAYER + TRIAL * trials) + TRIAL * trials;
        let line = LINE + TRIAL * trials + spec.formats.len() as u64 * precision;
        let records = cells.iter().filter_map(|place| self.cells.get(*place)).map(|cell| cell.record).sum::<u64>();
        cells.len() as u64 * COPIES * line + if with_records { records } else { 0 }
    }

    /// Refuses what does not fit on the disk.
    pub fn check_disk(&self, folder: &Path, cells: &[usize], with_records: bool) -> Result<(), Failure> {
        let needed = self.disk(cells, with_records);
        let free = rustix::fs::statvfs(folder).map(|found| found.f_bavail.saturating_mul(found.f_frsize));
        match free {
            Ok(free) if needed > free => Err(Failure::Input(format!(
                "cannot write to `{}`: the sweep needs about {} on its disk, and {} are free: choose another place with --out DIR, or measure part of it with --shard",
                folder.display(),
                memory::in_words(needed),
                memory::in_words(free),
            ))),
            _ => Ok(()),
        }
    }
}
