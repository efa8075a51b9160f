//! The two jobs as files: `array.sbatch` measures, `merge.sbatch` merges.

use crate::cli::failure::Failure;
use crate::cli::folder::{Folder, unwritable};
use crate::cli::measuring::counted;
use crate::cli::sweep::arguments::SweepArguments;
use crate::cli::sweep::calibration::Rates;
use crate::cli::sweep::planning::{PLAN, Planning};
use crate::cli::sweep::store::{CELLS, PART};
use crate::cli::sweep::workers;
use crate::probe::memory;
use crate::report::command::quoted;
use crate::sweep::deal::dealt;
use indicatif::HumanDuration;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The two jobs, and the folder of what they print.
pub const ARRAY: &str = "array.sbatch";
pub const MERGE: &str = "merge.sbatch";
pub const LOGS: &str = "logs";
/// What precedes the number of tasks in the array job.
pub const TASKS: &str = "#SBATCH --array=1-";
/// Seconds that a task takes unless the user chooses their number: many times what Slurm needs to start one.
const TASK: f64 = 600.0;
/// Most tasks unless the user chooses: Slurm's MaxArraySize is 1001 where nobody changed it.
const MOST_TASKS: usize = 1000;
/// Bytes of a task besides what its networks take.
const OWN_MEMORY: u64 = 128 << 20;
/// Bytes of the merge, and of every cell in it: twice the 290 MiB that 4000 cells of one precision take.
const MERGE_MEMORY: u64 = 512 << 20;
const MERGE_CELL: u64 = 64 << 10;

/// The two jobs of a sweep.
pub struct Jobs {
    /// This program and the folder of the sweep, as absolute paths.
    program: String,
    folder: String,
    tasks: usize,
    cpus: usize,
    /// Bytes of a task, and of the merge.
    memory: u64,
    merge_memory: u64,
    /// Seconds of the longest task, if that is known.
    seconds: Option<f64>,
    /// Options of sbatch that the user gives.
    extra: String,
    /// Options of the measurement and of the merge.
    measuring: String,
    merging: String,
    name: String,
}

impl Jobs {
    /// Of a sweep and its options.
    ///
    /// # Errors
    /// More tasks than cells, too little memory, or what cannot be written into a job, with the fix.
    pub fn of(planning: &Planning, arguments: &SweepArguments) -> Result<Jobs, Failure> {
        let extra = options(arguments.slurm.options())?;
        let program = std::env::current_exe();
        let program = program.map_err(|error| {
            Failure::Input(format!("the system does not say where this program is ({error}): start it by its path"))
        })?;
        let program = in_a_job(&program, "move the program")?;
        let folder = in_a_job(&absolute(&planning.folder)?, "choose another place with --out DIR")?;
        let (cpus, limit) = (arguments.resources.threads.asked_for().unwrap_or(1), arguments.resources.memory);
        let all: Vec<usize> = (0..planning.cells.len()).collect();
        if limit.is_some() {
            // What is free on this machine says nothing of the others.
            workers::check_memory(planning, &all)?;
        }
        let (tasks, seconds) = tasks(planning, &all, arguments.slurm.tasks(), cpus)?;
        let mut largest: Vec<u64> = planning.cells.iter().map(|cell| cell.memory).collect();
        largest.sort_unstable_by(|x, y| y.cmp(x));
        let memory = largest.iter().take(cpus).fold(0, |sum: u64, one| sum.saturating_add(*one));
        let memory = memory.min(limit.unwrap_or(u64::MAX)).saturating_add(OWN_MEMORY);
        let merge_memory = MERGE_MEMORY + MERGE_CELL * planning.cells.len() as u64;
        let limited = limit.map_or_else(String::new, |limit| format!(" --memory {limit}B"));
        let measuring = limited + if arguments.records { " --records" } else { "" };
        let merging = format!(" --theme {}", arguments.theme.name());
        let name = planning.plan.spec_hash.chars().take(8).collect();
        Ok(Jobs { program, folder, tasks, cpus, memory, merge_memory, seconds, extra, measuring, merging, name })
    }

    /// The path of a file of the sweep.
    pub fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.folder)
    }

    /// Writes the plan and the jobs.
    ///
    /// # Errors
    /// A folder with something else or with cells, or one that takes no files, with the fix.
    pub fn write(&self, planning: &Planning) -> Result<(), Failure> {
        let path = planning.folder.as_path();
        let names = [PLAN, ARRAY, MERGE].map(String::from);
        let folder = Folder::of_report(path, PLAN, &planning.plan.spec_hash, &names, false)?;
        if has_cells(path) {
            let place = path.display();
            return Err(Failure::Input(format!(
                "`{place}` has cells of this sweep: `precision-probe sweep merge {place} --out {place}` says how to measure the rest; or choose another place with --out DIR"
            )));
        }
        let logs = path.join(LOGS);
        fs::create_dir_all(&logs).map_err(|error| unwritable("--out", &logs, &error))?;
        let contents = [planning.plan.to_json(), self.array(), self.merge()].map(String::into_bytes);
        folder.write(&names.into_iter().zip(contents).collect::<Vec<_>>())
    }

    /// What a task is.
    pub fn in_words(&self) -> String {
        let time = |seconds| format!(" of at most about {}", HumanDuration(Duration::from_secs_f64(seconds)));
        let (tasks, cpus) = (counted(self.tasks, "task"), counted(self.cpus, "thread"));
        let time = self.seconds.map_or_else(String::new, time);
        format!("{tasks}{time}, {cpus} and {} of memory each", memory::in_words(self.memory))
    }

    fn array(&self) -> String {
        let Jobs { program, tasks, cpus, measuring, name, extra, .. } = self;
        let memory = self.memory_line(self.memory);
        format!(
            "#!/bin/sh\n\
             #SBATCH --job-name=sweep-{name}\n\
             {TASKS}{tasks}\n\
             #SBATCH --cpus-per-task={cpus}\n\
             {memory}\
             #SBATCH --requeue\n\
             #SBATCH --open-mode=append\n\
             #SBATCH --output={}\n\
             {extra}\
             # Measures the cells of this task that are not there yet.\n\
             exec {} sweep --plan {} --shard auto/{tasks} --out {} --resume --quiet --threads \"${{SLURM_CPUS_PER_TASK:-{cpus}}}\"{measuring}\n",
            in_slurm(&self.path(&format!("{LOGS}/array")), "-%A_%a.log"),
            quoted(program),
            quoted(&self.path(PLAN)),
            quoted(&self.folder),
        )
    }

    fn merge(&self) -> String {
        let Jobs { program, merging, name, extra, .. } = self;
        let memory = self.memory_line(self.merge_memory);
        let folder = quoted(&self.folder);
        // Of an option that is given twice the last one counts: the merge has its own name, log and processor.
        format!(
            "#!/bin/sh\n\
             {extra}\
             #SBATCH --job-name=merge-{name}\n\
             #SBATCH --cpus-per-task=1\n\
             {memory}\
             #SBATCH --requeue\n\
             #SBATCH --open-mode=append\n\
             #SBATCH --output={}\n\
             # Merges the parts, or says which cells are missing and how to measure them.\n\
             exec {} sweep merge {folder} --out {folder}{merging}\n",
            in_slurm(&self.path(&format!("{LOGS}/merge")), "-%j.log"),
            quoted(program),
        )
    }

    /// The line that reserves memory, unless the user says how much: Slurm takes that once.
    fn memory_line(&self, bytes: u64) -> String {
        match self.extra.split_whitespace().any(|word| word.starts_with("--mem")) {
            true => String::new(),
            false => format!("#SBATCH --mem={}M\n", bytes.div_ceil(1 << 20)),
        }
    }
}

/// The number of tasks, which the user may have chosen, and the seconds of the one that takes longest, if that is known.
fn tasks(
    planning: &Planning,
    all: &[usize],
    chosen: Option<usize>,
    cpus: usize,
) -> Result<(usize, Option<f64>), Failure> {
    let count = planning.cells.len();
    if let Some(chosen) = chosen.filter(|chosen| !(1..=count).contains(chosen)) {
        let there_are = counted(count, "cell");
        return Err(Failure::Input(format!(
            "--slurm {chosen}: the sweep has {there_are}: give a whole number of tasks, at least 1 and at most {count}"
        )));
    }
    let Some(rates) = Rates::measure(planning, all)? else { return Ok((chosen.unwrap_or(1), None)) };
    let wanted = (rates.time(planning, all, 1) / (TASK * cpus as f64)).ceil() as usize;
    let tasks = chosen.unwrap_or_else(|| wanted.clamp(1, MOST_TASKS.min(count).max(1)));
    let mut shares = vec![Vec::new(); tasks];
    for (place, shard) in dealt(&planning.cells, tasks).into_iter().enumerate() {
        shares[shard - 1].push(place);
    }
    let longest = shares.iter().map(|share| rates.time(planning, share, cpus)).fold(0.0, f64::max);
    Ok((tasks, Some(longest)))
}

/// True if a sweep was begun in a folder, or a part of one.
fn has_cells(folder: &Path) -> bool {
    let has = |folder: &Path| [CELLS, PART].iter().any(|name| folder.join(name).exists());
    let below = fs::read_dir(folder).into_iter().flatten().flatten();
    has(folder) || below.map(|entry| entry.path()).any(|path| has(&path))
}

fn absolute(folder: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(folder).map_err(|error| unwritable("--out", folder, &error))
}

/// A path as text that a job can hold. With a backslash in it, Slurm does not put the numbers of jobs into names of logs.
fn in_a_job(path: &Path, fix: &str) -> Result<String, Failure> {
    let text = path.to_str().filter(|text| !text.chars().any(|c| c.is_control() || c == '\\'));
    text.map(String::from)
        .ok_or_else(|| Failure::Input(format!("`{}` cannot be written into a job of Slurm: {fix}", path.display())))
}

/// A file name as Slurm reads it in the head of a job: the path as it is, and a pattern of Slurm's.
fn in_slurm(path: &str, pattern: &str) -> String {
    let path = path.replace('%', "%%").replace('"', "\\\"");
    format!("\"{path}{pattern}\"")
}

/// The user's options of sbatch as a line of a job.
fn options(text: &str) -> Result<String, Failure> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let refuse = |what: &str| Err(Failure::Input(format!("--slurm-args: {what}")));
    if words.first().is_some_and(|word| !word.starts_with('-')) {
        return refuse("options of sbatch begin with -, as in \"--partition=long --time=2:00:00\"");
    }
    let has = |long: &str, short: &str| words.iter().any(|word| word.starts_with(long) || word.starts_with(short));
    if has("--array", "-a") {
        return refuse("the array has as many tasks as --slurm says: leave --array out");
    }
    if has("--cpus-per-task", "-c") {
        return refuse(
            "the memory of a task depends on its processors: give them with --threads, and leave --cpus-per-task out",
        );
    }
    Ok(if words.is_empty() { String::new() } else { format!("#SBATCH {}\n", words.join(" ")) })
}
