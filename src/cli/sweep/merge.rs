//! `sweep merge`: the parts of a sweep that several machines measured, as one.

use super::arguments::SweepArguments;
use super::lines::Lines;
use super::planning::{PLAN, Planning};
use super::slurm;
use super::store::{CELLS, PART, Store};
use crate::cli::failure::Failure;
use crate::cli::run_info;
use crate::disk;
use crate::printable::printable;
use crate::probe::VERSION;
use crate::record::sweep::SweepPlan;
use crate::report::command::quoted;
use crate::sweep::file::read_plan;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Largest plan, in bytes.
const LARGEST: u64 = 1 << 24;
/// So many missing cells are listed one by one.
const LISTED: usize = 20;

/// Options that make sense for what is measured already.
const OPTIONS: [&str; 7] = ["words", "out", "force", "quiet", "details", "json", "theme"];

/// Merges, or stores what there is and says how to measure the rest.
///
/// # Errors
/// Parts of different sweeps or versions, cells that differ, or cells that are missing, with the fix.
pub fn execute(named: &[PathBuf], arguments: &SweepArguments, given: &[String]) -> Result<(), Failure> {
    if let Some(option) = given.iter().find(|option| !OPTIONS.contains(&option.as_str())) {
        let option = option.replace('_', "-");
        return refuse(format!(
            "--{option}: the parts were measured, and `sweep merge` takes --out, --force, --details, --json, --theme and --quiet"
        ));
    }
    let out = arguments.out.as_deref().filter(|_| !named.is_empty());
    let out = out.ok_or_else(|| {
        Failure::Input("give the parts and a place, as in `precision-probe sweep merge DIR --out DIR`".into())
    })?;
    let folders = parts(named, out)?;
    let mut plans = folders.iter().map(|folder| plan(folder));
    let first =
        plans.next().ok_or_else(|| Failure::Input("no part to merge; name the folders of the shards".into()))??;
    for (other, folder) in plans.zip(folders.iter().skip(1)) {
        if other?.spec_hash != first.spec_hash {
            let (one, other) = (folders.first().map(|first| first.display()), folder.display());
            let one = one.map_or_else(String::new, |one| one.to_string());
            return refuse(format!("`{one}` and `{other}` are parts of different sweeps: leave one out"));
        }
    }
    if first.bisects {
        return refuse(
            "a sweep with --horizon has no parts: it is measured on one machine, and goes on there with --resume"
                .into(),
        );
    }
    let planning = Planning::merged(first, out.into())?;
    let read = |folder: &PathBuf| {
        let name = if folder.join(PART).exists() { PART } else { CELLS };
        let path = folder.join(name);
        let lines = if path.exists() { Lines::read(&path, &planning.cells) } else { Ok(Lines::none(&path, 0)) };
        lines.map_err(|what| Failure::Input(format!("`{}` {what}: leave this part out", path.display())))
    };
    let lines = folders.iter().map(read).collect::<Result<Vec<Lines>, Failure>>()?;
    let clock = run_info::Clock::start();
    let store = Store::open(&planning, arguments.force, true)?;
    for place in 0..planning.cells.len() {
        join(&planning, &store, place, &folders, &lines)?;
    }
    let all = planning.cells_of_shard();
    let rest = store.rest(&all);
    if !rest.is_empty() {
        return missing(&planning, &rest);
    }
    arguments.finish(&planning, &store, &all, &clock.to_json(1))
}

/// Says which cells are missing, and with which commands to measure them, whole, so that they can be copied.
fn missing(planning: &Planning, rest: &[usize]) -> Result<(), Failure> {
    let (cells, folder) = (&planning.cells, planning.folder.as_path());
    let (out, plan) = [folder, &folder.join(PLAN)].map(|path| quoted(&path.to_string_lossy())).into();
    let here = format!("On this machine:\n  precision-probe sweep --plan {plan} --out {out} --resume\n");
    let (text, which) = match slurm::resubmission(folder, cells, rest) {
        Some(command) => {
            (format!("With Slurm, and the merge after it:\n  {command}\n{here}"), "one of the commands above")
        }
        None => (here, "the command above"),
    };
    let _ = io::stderr().write_all(printable(&text).as_bytes());
    refuse(format!(
        "{} of {} cells are missing ({}): measure them with {which}, which goes on from the others",
        rest.len(),
        cells.len(),
        listed(rest)
    ))
}

/// Stores a cell that one of the parts has; all that have it must agree.
fn join(planning: &Planning, store: &Store, place: usize, folders: &[PathBuf], lines: &[Lines]) -> Result<(), Failure> {
    let there = store.line(place).map_err(Failure::Output)?;
    let is_there = there.is_some();
    let mut known = there.map(|line| (line, planning.folder.as_path()));
    for (part, folder) in lines.iter().zip(folders) {
        let Some(line) = part.line(place).map_err(Failure::Output)? else { continue };
        match &known {
            Some((other, _)) if *other == line => {}
            Some((_, other)) => {
                return refuse(format!(
                    "cell {} has other numbers in `{}` than in `{}`: measure it again, and leave one of them out",
                    place + 1,
                    other.display(),
                    folder.display()
                ));
            }
            None => known = Some((line, folder)),
        }
    }
    known.filter(|_| !is_there).map_or(Ok(()), |(line, _)| store.append_line(place, &line))
}

fn refuse<T>(message: String) -> Result<T, Failure> {
    Err(Failure::Input(message))
}

/// The folders with a plan: those named and those in them, except the one that is written to.
fn parts(named: &[PathBuf], out: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found: Vec<PathBuf> = Vec::new();
    for folder in named {
        let entries = fs::read_dir(folder).map_err(|error| {
            Failure::Input(format!("`{}` cannot be read ({error}): name the folder of a shard", folder.display()))
        })?;
        let mut own: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        own.sort();
        own.push(folder.clone());
        own.retain(|path| path.join(PLAN).exists());
        if own.is_empty() {
            return refuse(format!("`{}` holds no {PLAN}: name the folder of a shard", folder.display()));
        }
        own.retain(|path| disk::place(path) != disk::place(out) && !found.contains(path));
        found.extend(own);
    }
    Ok(found)
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
