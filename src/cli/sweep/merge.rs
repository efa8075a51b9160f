//! `sweep merge`: the parts of a sweep that several machines measured, as one.

use super::lines::Lines;
use super::planning::Planning;
use super::store::{CELLS, PART, PLAN, Store};
use crate::cli::failure::Failure;
use crate::cli::printing::show;
use crate::cli::run_info;
use crate::disk;
use crate::probe::VERSION;
use crate::record::sweep::SweepPlan;
use crate::sweep::file::read_plan;
use std::fs;
use std::path::{Path, PathBuf};

/// Largest plan, in bytes.
const LARGEST: u64 = 1 << 24;
/// So many missing cells are listed one by one.
const LISTED: usize = 20;

/// Arguments of `sweep merge`.
#[derive(clap::Args, Debug)]
pub struct MergeArguments {
    /// Folders with parts of one sweep, or folders that hold such folders
    #[arg(value_name = "DIR", required = true)]
    parts: Vec<PathBuf>,
    /// Output directory
    #[arg(long, value_name = "DIR", required = true, help_heading = "Output")]
    out: PathBuf,
    /// Overwrite a sweep that is there
    #[arg(long, help_heading = "Output")]
    force: bool,
    /// Print only errors
    #[arg(long, short, help_heading = "Output")]
    quiet: bool,
}

/// Merges, or stores what there is and says how to measure the rest.
///
/// # Errors
/// Parts of different sweeps or versions, cells that differ, or cells that are missing, with the fix.
pub fn execute(arguments: &MergeArguments) -> Result<(), Failure> {
    let folders = parts(&arguments.parts)?;
    let mut plans = folders.iter().map(|folder| plan(folder));
    let first =
        plans.next().ok_or_else(|| Failure::Input("no part to merge; name the folders of the shards".into()))??;
    for (other, folder) in plans.zip(folders.iter().skip(1)) {
        if other?.spec_hash != first.spec_hash {
            return refuse(format!(
                "`{}` and `{}` are parts of different sweeps: leave one out",
                folders[0].display(),
                folder.display()
            ));
        }
    }
    let planning = Planning::merged(first, arguments.out.clone())?;
    let read = |folder: &PathBuf| {
        let name = if folder.join(PART).exists() { PART } else { CELLS };
        let path = folder.join(name);
        let lines = if path.exists() { Lines::read(&path, &planning.cells) } else { Ok(Lines::none(&path, 0)) };
        lines.map_err(|what| Failure::Input(format!("`{}` {what}: leave this part out", path.display())))
    };
    let lines = folders.iter().map(read).collect::<Result<Vec<Lines>, Failure>>()?;
    check_duplicates(&planning, &folders, &lines)?;
    let clock = run_info::Clock::start();
    let store = Store::of(&planning, arguments.force, false)?;
    for place in 0..planning.cells.len() {
        if let Some(line) =
            lines.iter().find_map(|lines| lines.line(place).transpose()).transpose().map_err(Failure::Output)?
        {
            store.append_line(place, &line)?;
        }
    }
    let rest = store.rest();
    if !rest.is_empty() {
        let out = arguments.out.display();
        return refuse(format!(
            "{} of {} cells are missing ({}): measure them with `precision-probe sweep --plan {out}/{PLAN} --out {out} --resume`, which goes on from the others",
            rest.len(),
            planning.cells.len(),
            listed(&rest),
        ));
    }
    let sweep = store.finish(&clock.to_json(1), arguments.quiet)?;
    match arguments.quiet {
        true => Ok(()),
        false => show(&format!(
            "{} cells of {} parts: {}\n",
            sweep.cells,
            folders.len(),
            arguments.out.join(CELLS).display()
        )),
    }
}

fn refuse<T>(message: String) -> Result<T, Failure> {
    Err(Failure::Input(message))
}

/// The folders with a plan: those named, or those in them.
fn parts(named: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut found: Vec<PathBuf> = Vec::new();
    for folder in named {
        let mut own: Vec<PathBuf> = match folder.join(PLAN).exists() && has_cells(folder) {
            true => vec![folder.clone()],
            false => {
                let entries = fs::read_dir(folder).map(|entries| entries.flatten().map(|entry| entry.path()).collect());
                let entries: Vec<PathBuf> = entries.map_err(|error| {
                    Failure::Input(format!(
                        "`{}` cannot be read ({error}): name the folder of a shard",
                        folder.display()
                    ))
                })?;
                entries.into_iter().filter(|path| path.join(PLAN).exists()).collect()
            }
        };
        if own.is_empty() {
            return refuse(format!("`{}` holds no {PLAN}: name the folder of a shard", folder.display()));
        }
        own.sort();
        own.retain(|path| !found.contains(path));
        found.extend(own);
    }
    Ok(found)
}

fn has_cells(folder: &Path) -> bool {
    [CELLS, PART].iter().any(|name| folder.join(name).exists())
}

fn plan(folder: &Path) -> Result<SweepPlan, Failure> {
    let path = folder.join(PLAN);
    let wrong = |what: String| Failure::Input(format!("`{}` {what}: leave this part out", path.display()));
    let bytes = disk::stored(&path, LARGEST).map_err(|unread| wrong(unread.to_string()))?;
    let plan = read_plan(&String::from_utf8_lossy(&bytes)).map_err(wrong)?;
    match plan.version == VERSION {
        true => Ok(plan),
        false => refuse(format!(
            "`{}` was measured by version {}, and this is {VERSION}: merge it with that version",
            path.display(),
            plan.version
        )),
    }
}

/// Refuses a cell that two parts have with other numbers.
fn check_duplicates(planning: &Planning, folders: &[PathBuf], lines: &[Lines]) -> Result<(), Failure> {
    for (place, planned) in planning.cells.iter().enumerate() {
        let mut have = lines.iter().zip(folders).filter(|(lines, _)| lines.has(place));
        let Some((first, folder)) = have.next() else { continue };
        let own = first.line(place).map_err(Failure::Output)?;
        for (other, other_folder) in have {
            if other.line(place).map_err(Failure::Output)? != own {
                return refuse(format!(
                    "cell {} ({}) has other numbers in `{}` than in `{}`: measure it again, and leave one of them out",
                    place + 1,
                    planned.id,
                    folder.display(),
                    other_folder.display()
                ));
            }
        }
    }
    Ok(())
}

/// Numbers of cells from 1, neighbours as ranges: `3, 7 to 12`.
fn listed(places: &[usize]) -> String {
    let range = |group: &[usize]| match group {
        [first, .., last] => format!("{} to {}", first + 1, last + 1),
        [one] => (one + 1).to_string(),
        [] => String::new(),
    };
    let ranges: Vec<String> = places.chunk_by(|one, next| one + 1 == *next).map(range).collect();
    match ranges.get(..LISTED) {
        Some(first) if ranges.len() > LISTED => format!("{} and more", first.join(", ")),
        _ => ranges.join(", "),
    }
}
