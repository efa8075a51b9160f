//! `sweep --slurm`: an array job that measures the parts of a sweep, and a job that merges them.

mod jobs;

use super::arguments::SweepArguments;
use super::planning::Planning;
use crate::cli::failure::Failure;
use crate::cli::printing::show;
use crate::disk;
use crate::report::command::quoted;
use crate::sweep::Planned;
use crate::sweep::deal::dealt;
use jobs::{ARRAY, Jobs, LOGS, MERGE, TASKS};
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

/// Largest job that is read again, in bytes.
const LARGEST: u64 = 1 << 20;
/// Most characters of a list of tasks; where it is longer all are submitted, since those that have their cells end at once.
const LISTED: usize = 200;

/// Writes the jobs, and submits them.
///
/// # Errors
/// What Slurm cannot do, a folder that has cells already, or what sbatch says, with the fix; jobs that are written stay.
pub fn execute(planning: &Planning, arguments: &SweepArguments) -> Result<(), Failure> {
    let jobs = Jobs::of(planning, arguments)?;
    jobs.write(planning)?;
    let folder = planning.folder.display();
    let summary = format!("{folder}/{ARRAY}: {}", jobs.in_words());
    let (array, merge) = (jobs.path(ARRAY), jobs.path(MERGE));
    let text = if arguments.slurm.slurm_only_write {
        format!(
            "{summary}\n{folder}/{MERGE}: puts their parts together\nsubmit them with\n  job=$(sbatch --parsable {})\n  \
             sbatch --dependency=afterany:$job {}\n",
            quoted(&array),
            quoted(&merge)
        )
    } else {
        let (first, second) = submit(&array, &merge)?;
        format!(
            "{summary}\njob {first} measures; when it has ended, job {second} merges\nwatch them with  squeue --jobs={first},{second}\n\
             horizons, or which cells are missing:  {folder}/{LOGS}/merge-{second}.log\n"
        )
    };
    if arguments.quiet { Ok(()) } else { show(&text) }
}

/// Submits both jobs: their numbers.
fn submit(array: &str, merge: &str) -> Result<(String, String), Failure> {
    let first = submitted(&[array]).map_err(|why| {
        Failure::Input(format!("{why}; `{array}` is written, and --slurm-only-write says how to submit it by hand"))
    })?;
    let second = submitted(&[&format!("--dependency=afterany:{first}"), merge]).map_err(|why| {
        Failure::Input(format!(
            "job {first} measures, but the merge is not submitted: {why}; when that job has ended, use `precision-probe sweep merge` on its folder"
        ))
    })?;
    Ok((first, second))
}

/// Submits a job: its number, or why there is none.
fn submitted(words: &[&str]) -> Result<String, String> {
    let ended = Command::new("sbatch").arg("--parsable").args(words).stdin(Stdio::null()).output();
    let ended = ended.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => "there is no `sbatch` here: run this where Slurm's commands are".to_string(),
        _ => format!("sbatch does not start ({error})"),
    })?;
    let (printed, said) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    // `123`, or `123;cluster` where there are several clusters.
    let number = printed.trim().split(';').next().unwrap_or_default().to_string();
    if ended.status.success() && !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()) {
        return Ok(number);
    }
    let last = said.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or("and says nothing");
    let last = last.trim_start_matches("sbatch: ").trim_start_matches("error: ").trim_start_matches("fatal: ");
    Err(format!("sbatch refuses ({}): change its options with --slurm-args", last.trim_end_matches('.')))
}

/// The command that submits the array job again for the tasks with missing cells, and the merge after it; `None` where the
/// folder has no such jobs.
pub fn resubmission(folder: &Path, cells: &[Planned], missing: &[usize]) -> Option<String> {
    let text = disk::stored(&folder.join(ARRAY), LARGEST).ok()?;
    // The user may have added how many run at once, as in 1-40%8.
    let number = |line: &str| line.strip_prefix(TASKS)?.split('%').next()?.trim().parse().ok().filter(|of| *of > 0);
    let of = String::from_utf8(text).ok()?.lines().find_map(number)?;
    let shards = dealt(cells, of);
    let mut tasks: Vec<usize> = missing.iter().filter_map(|place| shards.get(*place).copied()).collect();
    tasks.sort_unstable();
    tasks.dedup();
    let range = |group: &[usize]| match group {
        [first, .., last] => format!("{first}-{last}"),
        one => one.first().map_or_else(String::new, usize::to_string),
    };
    let list = tasks.chunk_by(|one, next| one + 1 == *next).map(range).collect::<Vec<_>>().join(",");
    let list = if list.len() > LISTED { String::new() } else { format!("--array={list} ") };
    let folder = std::path::absolute(folder).ok()?;
    let path = |name: &str| quoted(&folder.join(name).to_string_lossy());
    Some(format!("sbatch --dependency=afterany:$(sbatch --parsable {list}{}) {}", path(ARRAY), path(MERGE)))
}
