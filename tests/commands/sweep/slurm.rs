//! Jobs of Slurm: what is written, what is submitted, and that the jobs measure what one machine does. Slurm itself is tried
//! by `.ci/slurm`.

use super::{SMALL, assert_same_files, sweep};
use crate::hostile::place::{Ending, Place};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(120);
/// A folder whose name shells and Slurm read as something else.
const FOLDER: &str = "a `sweep's\" 100% $HOME";

/// Writes a program called `sbatch` that notes its arguments and goes on with some commands; runs the sweep with it.
fn with_sbatch(place: &Place, commands: &str, more: &[&str]) -> Ending {
    let bin = place.path("bin");
    fs::create_dir_all(&bin).unwrap();
    let path = bin.join("sbatch");
    let noted = place.path("noted");
    fs::write(&path, format!("#!/bin/sh\nfor word; do echo \"$word\"; done >>'{}'\n{commands}\n", noted.display()))
        .unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let arguments = [&SMALL[..13], more].concat();
    run_on_path(place, &arguments, &format!("{}:/usr/bin:/bin", bin.display()))
}

fn run_on_path(place: &Place, arguments: &[&str], path: &str) -> Ending {
    let mut command = place.command(arguments);
    command.env("PATH", path);
    place.start(command).wait(LIMIT)
}

/// Runs a job as Slurm does: by its interpreter, with the number of its task.
fn run_job(place: &Place, job: &Path, task: Option<usize>) -> Ending {
    let mut command = Command::new("sh");
    command.arg(job).env("SLURM_CPUS_PER_TASK", "2");
    if let Some(task) = task {
        command.env("SLURM_ARRAY_TASK_ID", task.to_string());
    }
    place.start(command).wait(LIMIT)
}

fn text(place: &Place, name: &str) -> String {
    fs::read_to_string(place.path(FOLDER).join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn the_jobs_measure_what_one_machine_does() {
    let place = Place::bare();
    sweep(&place, "one", &[]);
    let slurm = ["--slurm", "3", "--slurm-only-write", "--slurm-args", "--partition=long  --time=9"];
    let said = String::from_utf8(place.succeed(&[&SMALL[..13], &["--out", FOLDER], &slurm].concat()).stdout).unwrap();
    assert!(said.contains("3 tasks") && said.contains("job=$(sbatch --parsable '"), "{said}");
    assert!(said.contains("--dependency=afterany:$job '"), "{said}");
    let (array, merge) = (text(&place, "array.sbatch"), text(&place, "merge.sbatch"));
    for line in
        ["#SBATCH --array=1-3", "#SBATCH --cpus-per-task=1", "#SBATCH --requeue", "#SBATCH --partition=long --time=9"]
    {
        assert!(array.lines().any(|found| found == line), "{line}: {array}");
        assert!(line.contains("array") || merge.lines().any(|found| found == line), "{line}: {merge}");
    }
    let mem: u64 =
        array.lines().find_map(|line| line.strip_prefix("#SBATCH --mem=")?.strip_suffix('M')?.parse().ok()).unwrap();
    assert!((128..1024).contains(&mem), "{mem} MiB for a small network");
    // What is missing is measured with the printed commands; what is there is not touched.
    let folder = place.path(FOLDER);
    for task in [1, 3] {
        let ending = run_job(&place, &folder.join("array.sbatch"), Some(task));
        assert_eq!((ending.code, ending.stderr.as_str(), &ending.stdout[..]), (Some(0), "", &b""[..]), "task {task}");
    }
    fs::write(folder.join("array.sbatch"), array.replace("--array=1-3\n", "--array=1-3%2\n")).unwrap();
    let merged = run_job(&place, &folder.join("merge.sbatch"), None);
    merged.check("a merge without a task");
    assert_eq!(merged.code, Some(2), "{}", merged.stderr);
    let command = merged.stderr.lines().find(|line| line.starts_with("  sbatch ")).expect("a command of Slurm's");
    assert!(command.contains("--dependency=afterany:$(sbatch --parsable --array=2 '"), "{command}");
    // The printed command gives the jobs' paths back to the shell that reads it.
    let words = Command::new("sh")
        .arg("-c")
        .arg(format!("sbatch() {{ for word; do echo \"$word\" >&2; done; }}; {command}"))
        .output();
    let words = String::from_utf8(words.unwrap().stderr).unwrap();
    for job in ["array.sbatch", "merge.sbatch"] {
        assert!(words.lines().any(|word| Path::new(word) == folder.join(job)), "{words}");
    }
    let first = fs::read(folder.join("shard-1-of-3/cells.jsonl")).unwrap();
    for task in 1..=3 {
        assert_eq!(run_job(&place, &folder.join("array.sbatch"), Some(task)).code, Some(0), "task {task} again");
    }
    assert!(fs::read(folder.join("shard-1-of-3/cells.jsonl")).unwrap() == first);
    let merged = run_job(&place, &folder.join("merge.sbatch"), None);
    assert_eq!((merged.code, merged.stderr.as_str()), (Some(0), ""));
    assert!(String::from_utf8(merged.stdout).unwrap().contains("horizon"), "its log has the table");
    assert_same_files(&place, "one", FOLDER);
    // The folder is not dealt anew.
    let again = place.run(&[&SMALL[..13], &["--out", FOLDER, "--slurm"]].concat());
    again.check("a sweep that is there");
    assert!(again.stderr.contains("has cells of this sweep"), "{}", again.stderr);
}

#[test]
fn the_merge_waits_for_the_array_whatever_its_end() {
    let place = Place::bare();
    let ending = with_sbatch(
        &place,
        "case $* in *merge*) echo 78;; *) echo '77;north';; esac",
        &["--slurm", "2", "--threads", "4", "--out", FOLDER],
    );
    assert_eq!((ending.code, ending.stderr.as_str()), (Some(0), ""));
    let said = String::from_utf8(ending.stdout).unwrap();
    for words in ["job 77 measures", "job 78 merges", "squeue --jobs=77,78", "/logs/merge-78.log"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let folder = fs::canonicalize(place.path(FOLDER)).unwrap();
    let path = |name: &str| folder.join(name).display().to_string();
    let expected =
        ["--parsable", &path("array.sbatch"), "--parsable", "--dependency=afterany:77", &path("merge.sbatch")];
    assert_eq!(fs::read_to_string(place.path("noted")).unwrap().lines().collect::<Vec<_>>(), expected);
    assert!(folder.join("logs").is_dir(), "Slurm makes no folders");
    assert!(text(&place, "array.sbatch").contains("#SBATCH --cpus-per-task=4\n"));
    // The user's memory is the only one.
    let more =
        ["--slurm", "--slurm-args", "--mem-per-cpu=2G", "--memory", "1GiB", "--records", "--quiet", "--out", FOLDER];
    let ending = with_sbatch(&place, "echo 9", &more);
    assert_eq!((ending.code, ending.stderr.as_str(), &ending.stdout[..]), (Some(0), "", &b""[..]));
    for job in ["array.sbatch", "merge.sbatch"] {
        assert!(!text(&place, job).contains("--mem="), "{job}");
    }
    let array = text(&place, "array.sbatch");
    assert!(array.contains("#SBATCH --array=1-1\n"), "a sweep of a few seconds is one task: {array}");
    assert!(array.ends_with(" --memory 1073741824B --records\n"), "{array}");
}

#[test]
fn what_slurm_refuses_is_one_sentence() {
    let place = Place::bare();
    let options = ["--slurm", "2", "--out", FOLDER];
    let alone = place.path("alone");
    fs::create_dir(&alone).unwrap();
    let without = run_on_path(&place, &[&SMALL[..13], &options].concat(), alone.to_str().unwrap());
    let refusing = with_sbatch(&place, "echo 'sbatch: error: invalid partition: short.' >&2; exit 1", &options);
    let half = with_sbatch(&place, "case $* in *merge*) exit 1;; *) echo 5;; esac", &options);
    let babbling = with_sbatch(&place, "echo welcome", &options);
    for (ending, words) in [
        (&without, "no `sbatch` here"),
        (&refusing, "refuses (invalid partition: short)"),
        (&half, "job 5 measures, but the merge is not submitted"),
        (&babbling, "--slurm-args"),
    ] {
        ending.check(words);
        assert!(ending.code == Some(2) && ending.stderr.contains(words), "{words}: {}", ending.stderr);
        assert!(text(&place, "array.sbatch").contains("--array=1-2"), "the jobs stay");
    }
}

#[test]
fn what_makes_no_sense_with_slurm_is_refused() {
    let place = Place::bare();
    for (options, words) in [
        (&["--slurm", "2", "--shard", "1/2"][..], "cannot be used together"),
        (&["--slurm", "--dry-run"], "cannot be used together"),
        (&["--slurm", "--json"], "cannot be used together"),
        (&["--slurm", "--resume"], "cannot be used together"),
        (&["--slurm", "0"], "give a whole number"),
        (&["--slurm", "--memory", "64KiB"], "raise --memory"),
        (&["--slurm", "9"], "the sweep has 8 cells: give a whole number of tasks, at least 1 and at most 8"),
        (&["--slurm-only-write"], "needs --slurm"),
        (&["--slurm-args", "--time=1"], "needs --slurm"),
        (&["--slurm", "--slurm-args", "partition=x"], "begin with -"),
        (&["--slurm", "--slurm-args", "--time=1 --array=1-4%2"], "leave --array out"),
        (&["--slurm", "--slurm-args", "-c 4"], "give them with --threads"),
        (&["merge", "x", "--slurm"], "--slurm: the parts were measured"),
    ] {
        let start = if options[0] == "merge" { &SMALL[..1] } else { &SMALL[..13] };
        let ending = place.run(&[start, options, &["--out", "out"]].concat());
        ending.check(words);
        assert!(ending.code == Some(2) && ending.stderr.contains(words), "{options:?}: {}", ending.stderr);
        assert!(!place.path("out").exists(), "{options:?} leaves a folder");
    }
    let broken = place.run(&[&SMALL[..13], &["--slurm", "--slurm-only-write", "--out", "a\nb"]].concat());
    broken.check("a path with a line break");
    assert!(broken.stderr.contains("cannot be written into a job"), "{}", broken.stderr);
}
