//! Sweeps: every cell is the run of its own, and the files of a sweep are the same bytes however they came about.

mod slurm;

use crate::common::{Random, exhaustive};
use crate::hostile::place::{Place, check_whole};
use precision_probe::judgement::cell::{Cell, Outcome, outcome};
use precision_probe::judgement::horizon::{Horizon, Line, Reach};
use precision_probe::judgement::sweep::Sweep;
use precision_probe::record::Record;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// Eight cells of two small activations.
const SMALL: [&str; 15] = [
    "sweep",
    "--act",
    "relu,tanh",
    "--depth",
    "2..12:log4",
    "--width",
    "8",
    "--batch",
    "4",
    "--trials",
    "2",
    "--formats",
    "f16,bf16:acc=f32",
    "-q",
    "--out",
];
/// The files that do not depend on how a sweep was measured.
const FILES: [&str; 4] = ["plan.json", "cells.jsonl", "cells.csv", "sweep.json"];

/// A command line in words.
fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

fn sweep<'a>(place: &Place, out: &'a str, more: &[&'a str]) {
    place.succeed(&[&SMALL[..], &[out], more].concat());
}

fn read(place: &Place, folder: &str, name: &str) -> Vec<u8> {
    let path = place.path(folder).join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn assert_same_files(place: &Place, expected: &str, found: &str) {
    for name in FILES {
        assert!(read(place, expected, name) == read(place, found, name), "{name} of `{found}` has other bytes");
    }
    assert!(!place.path(found).join("cells.jsonl.part").exists(), "`{found}` has the file of a running sweep");
}

fn cells(place: &Place, folder: &str) -> Vec<Cell> {
    let text = String::from_utf8(read(place, folder, "cells.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Every number of a cell, and of its record, is that of the run of its own.
#[test]
fn a_cell_is_the_run_of_its_own() {
    let place = Place::bare();
    sweep(&place, "out", &["--records", "--attribute", "narrow"]);
    let cells = cells(&place, "out");
    assert_eq!(cells.len(), 8);
    for (number, cell) in cells.iter().enumerate() {
        let [activation, depth] = ["activation", "depth"].map(|name| cell.values[name].to_string());
        let run = [
            "--act",
            &activation,
            "--depth",
            &depth,
            "--width",
            "8",
            "--batch",
            "4",
            "--trials",
            "2",
            "--formats",
            "f16,bf16:acc=f32",
            "-q",
            "--out",
            "own",
            "--force",
        ];
        if number % 3 == 0 {
            place.succeed(&run);
            let text = read(&place, "own", "record.json");
            assert!(read(&place, "out", &format!("records/{}.json", cell.id)) == text, "cell {number}");
            let record = Record::from_json(&String::from_utf8(text).unwrap()).unwrap();
            assert_eq!(
                (cell.cell, &cell.id[..], &cell.outcome),
                (number + 1, &record.spec_hash[..16], &outcome(&record))
            );
        }
    }
}

#[test]
fn neither_threads_nor_parts_nor_a_file_change_a_byte() {
    let place = Place::bare();
    sweep(&place, "one", &["--threads", "1"]);
    sweep(&place, "three", &["--threads", "3"]);
    assert_same_files(&place, "one", "three");
    for shard in ["1/3", "2/3", "3/3"] {
        sweep(&place, "parts", &["--shard", shard]);
    }
    for (merge, out) in
        [(vec!["parts"], "merged"), (vec!["parts/shard-3-of-3", "parts"], "turned"), (vec!["parts"], "parts")]
    {
        place.succeed(&[&["sweep", "merge"], &merge[..], &["--out", out, "-q"]].concat());
        assert_same_files(&place, "one", out);
    }
    let text = "[spec]\nwidth = 8\nbatch = 4\ntrials = 2\nformats = \"half,bf16:acc=float32\"\n\
                [axes]\nact = [\"relu\", \"tanh\"]\ndepth = [2, 4, 7, 12]\n";
    fs::write(place.path("sweep.toml"), text).unwrap();
    place.succeed(&["sweep", "--plan", "sweep.toml", "--out", "file", "-q"]);
    assert_same_files(&place, "one", "file");
    place.succeed(&["sweep", "--plan", "one/plan.json", "--out", "again", "-q"]);
    assert_same_files(&place, "one", "again");
}

/// Parts that are missing or unfinished: what there is goes on with the printed command.
#[test]
fn missing_cells_are_measured_with_the_printed_command() {
    let place = Place::bare();
    sweep(&place, "one", &[]);
    sweep(&place, "parts", &["--shard", "1/2"]);
    let merged = place.run(&["sweep", "merge", "parts", "--out", "rest"]);
    merged.check("a merge without a part");
    assert_eq!(merged.code, Some(2), "{}", merged.stderr);
    let missing = cells(&place, "one").len() - cells(&place, "parts/shard-1-of-2").len();
    assert!(merged.stderr.contains(&format!("{missing} of 8 cells are missing (")), "{}", merged.stderr);
    assert!(!merged.stderr.contains("sbatch"), "no job of Slurm measured it: {}", merged.stderr);
    let command =
        merged.stderr.lines().find_map(|line| line.trim().strip_prefix("precision-probe ")).expect("a command");
    place.succeed(&[&words(command)[..], &["-q"]].concat());
    assert_same_files(&place, "one", "rest");
}

#[test]
fn cells_with_other_numbers_are_refused() {
    let place = Place::bare();
    sweep(&place, "parts", &["--shard", "1/2"]);
    let copy = place.path("other");
    fs::create_dir(&copy).unwrap();
    fs::copy(place.path("parts/plan.json"), copy.join("plan.json")).unwrap();
    let text = String::from_utf8(read(&place, "parts/shard-1-of-2", "cells.jsonl")).unwrap();
    fs::write(copy.join("cells.jsonl"), text.replacen("\"sound\":2", "\"noisy\":2", 1)).unwrap();
    let merged = place.run(&["sweep", "merge", "parts", "other", "--out", "out"]);
    merged.check("parts that differ");
    assert!(merged.code == Some(2) && merged.stderr.contains("has other numbers in"), "{}", merged.stderr);
    // A part of another sweep.
    place.succeed(&[&SMALL[..], &["elsewhere", "--seed", "1"]].concat());
    let merged = place.run(&["sweep", "merge", "parts", "elsewhere", "--out", "out", "--force"]);
    assert!(merged.code == Some(2) && merged.stderr.contains("different sweeps"), "{}", merged.stderr);
}

/// A line that a killed run left half-written does not count, nor do bytes that a file system lost.
#[test]
fn a_torn_line_is_measured_again() {
    let place = Place::bare();
    sweep(&place, "one", &[]);
    let whole = read(&place, "one", "cells.jsonl");
    let ends: Vec<usize> = whole.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect();
    let lost = [&whole[..ends[2]], &[0; 40], b"\n"].concat();
    for (name, left) in [
        ("torn", &whole[..ends[2] - 30]),
        ("short", &whole[..ends[2] - 1]),
        ("lost", &lost),
        ("all", &whole),
        ("none", &[]),
    ] {
        let folder = place.path(name);
        fs::create_dir(&folder).unwrap();
        fs::copy(place.path("one/plan.json"), folder.join("plan.json")).unwrap();
        fs::write(folder.join("cells.jsonl.part"), left).unwrap();
        let refused = place.run(&[&SMALL[..], &[name]].concat());
        assert!(refused.code == Some(2) && refused.stderr.contains("--resume"), "{name}: {}", refused.stderr);
        sweep(&place, name, &["--resume"]);
        assert_same_files(&place, "one", name);
        sweep(&place, name, &["--resume"]);
        assert_same_files(&place, "one", name);
    }
    let damaged = [&whole[..ends[0]], b"{}\n", &whole[ends[1]..]].concat();
    fs::remove_file(place.path("one/cells.jsonl")).unwrap();
    fs::write(place.path("one/cells.jsonl.part"), damaged).unwrap();
    let refused = place.run(&[&SMALL[..], &["one", "--resume"]].concat());
    refused.check("a damaged line");
    assert!(refused.code == Some(2) && refused.stderr.contains("is damaged in line 2"), "{}", refused.stderr);
    sweep(&place, "one", &["--force"]);
    assert_same_files(&place, "torn", "one");
}

/// Kills while cells are being written: what is there stays, and `--resume` ends with the bytes of an undisturbed run.
#[test]
fn a_killed_sweep_goes_on() {
    let place = Place::bare();
    let many = words(
        "sweep --act relu,tanh,elu,gelu --depth 8..=19 --width 16 --batch 8 --trials 2 --formats f16,f32 -q --threads 2 --out",
    );
    let took = place.succeed(&[&many[..], &["whole"]].concat()).took;
    let stored = || {
        let part = fs::read(place.path("out/cells.jsonl.part")).unwrap_or_default();
        part.iter().filter(|byte| **byte == b'\n').count()
    };
    let (mut random, mut lines) = (Random(21), 0);
    let kills = exhaustive(4, 10);
    for kill in 0..kills {
        let what = format!("kill {kill}");
        let running = place.start(place.command(&[&many[..], &["out", "--resume"]].concat()));
        let since = Instant::now();
        while stored() <= lines && since.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(1));
        }
        // All pauses together are less than a third of the time that the sweep takes.
        std::thread::sleep(took.mul_f64(random.below(300) as f64 / 1000.0 / f64::from(kills)));
        let ending = running.kill_after(Duration::ZERO);
        assert!(!ending.stderr.contains("panicked"), "{what}: {}", ending.stderr);
        check_whole(&place.path("out"), &what);
        let now = stored();
        assert!(now > lines && now < 48, "{what}: {now} cells after {lines}: not while cells are being written");
        lines = now;
    }
    place.succeed(&[&many[..], &["out", "--resume"]].concat());
    assert_same_files(&place, "whole", "out");
}

/// A network that cannot be measured is a row that says why, and costs no other: torch has no gain for ELU.
#[test]
fn a_refused_cell_is_a_row() {
    let place = Place::bare();
    let tiny = ["--depth", "2", "--width", "8", "--batch", "4", "--formats", "f16", "-q", "--out", "out"];
    place.succeed(&[&["sweep", "--act", "relu,elu", "--init", "kaiming,lecun"], &tiny[..]].concat());
    let cells = cells(&place, "out");
    let failed: Vec<&String> = cells
        .iter()
        .filter_map(|cell| if let Outcome::Failed(why) = &cell.outcome { Some(why) } else { None })
        .collect();
    assert!(failed.len() == 1 && failed[0].contains("has no gain for elu"), "{failed:?}");
    let table = String::from_utf8(read(&place, "out", "cells.csv")).unwrap();
    assert_eq!(table.lines().count(), 1 + 1 + 3 * 3, "{table}");
    assert!(table.contains("has no gain for elu"), "{table}");
    let sweep: Sweep = serde_json::from_slice(&read(&place, "out", "sweep.json")).unwrap();
    assert_eq!((sweep.cells, sweep.failed), (4, 1));
}

#[test]
fn a_dry_run_writes_nothing() {
    let place = Place::bare();
    let dry = words("sweep --act relu,tanh --depth 2..12:log4 --width 8 --batch 4 --formats f16 --dry-run --out out");
    let text = String::from_utf8(place.succeed(&dry).stdout).unwrap();
    for words in ["8 cells: 2 activations", "depth 2 to 12 (4 values)", "memory about", "disk about", "time about"] {
        assert!(text.contains(words), "{text}");
    }
    assert!(!place.path("out").exists());
}

#[test]
fn wrong_input_is_one_sentence() {
    let place = Place::bare();
    fs::write(place.path("wrong.toml"), "[axes]\ndepht = 3\n").unwrap();
    for (options, said) in [
        ("--dept 3", "did you mean --depth?"),
        ("--depth 9..5", "runs backwards"),
        ("--depth 5..200:8", "as in :log8"),
        ("--act relu,laeky", "did you mean `leaky`"),
        ("--formats f17", "did you mean `f16`"),
        ("--batch 5000", "at most 1797"),
        ("--trials 2,3", "all cells share it"),
        ("--residual=maybe", "give on, off or on,off"),
        ("--bits 6..24 --formats f16", "leave one out"),
        ("--data rows.npz", "a sweep draws its data; give digits or gaussian"),
        ("--data gaussian,./rows.safetensors", "a sweep draws its data; give digits or gaussian"),
        ("--plan nothing.toml", "cannot be read"),
        ("--plan wrong.toml", "[axes] depht: there is no such field; did you mean depth?"),
        ("--shard 3/2", "there is no shard 3 of 2"),
        ("--shard auto/2", "no array job"),
        ("--horizon --depth 5,6", "give more"),
        ("--horizon --depth 5,6,7 --shard 1/2", "leave one out"),
        ("--horizon --depth 5,6,7 --slurm", "leave one out"),
        ("--memory 40MiB --width 512", "raise --memory"),
        ("--resume --force", "cannot be used together"),
        ("marge", "to put parts together write"),
        ("merge nowhere", "cannot be read"),
        ("merge . --depth 3", "--depth: the parts were measured"),
        ("merge", "give the parts"),
    ] {
        let ending = place.run(&[&["sweep"], &words(options)[..], &["--out", "out"]].concat());
        ending.check(options);
        assert!(ending.code == Some(2) && ending.stderr.contains(said), "{options}: {}", ending.stderr);
        assert!(!Path::new(&place.path("out")).exists(), "{options} leaves a folder");
    }
}

/// A search finds the horizons of the whole grid with fewer cells, each cell the one of the whole sweep; what is begun goes on
/// to the same bytes.
#[test]
fn a_search_finds_the_horizons_of_the_grid() {
    let place = Place::bare();
    let many =
        words("sweep --act relu,tanh --depth 2..=48 --width 16 --batch 8 --trials 3 --formats e4m3fn:acc=f32 -q --out");
    place.succeed(&[&many[..], &["whole"]].concat());
    place.succeed(&[&many[..], &["found", "--horizon"]].concat());
    let read_sweep = |name: &str| -> Sweep { serde_json::from_slice(&read(&place, name, "sweep.json")).unwrap() };
    let (whole, found) = (read_sweep("whole"), read_sweep("found"));
    assert!(5 * found.cells < 2 * whole.cells, "{} of {} cells", found.cells, whole.cells);
    assert!(found.horizons.rankings.is_empty() && !whole.horizons.rankings.is_empty());
    let mut reached = 0;
    for (whole, found) in whole.horizons.lines.iter().zip(&found.horizons.lines) {
        assert_eq!(whole.values, found.values);
        let all = |line: &Line| {
            let own = line.arithmetics.iter().flat_map(|one| one.horizons.clone());
            own.chain(line.exact.clone()).collect::<Vec<Horizon>>()
        };
        for (one, other) in all(whole).iter().zip(all(found)) {
            let what = format!("{:?} {:?}", whole.values, one.mode);
            assert_eq!(one.mode, other.mode, "{what}");
            let is_lost =
                |depth: usize| whole.depths.iter().zip(&one.saturated).any(|at| *at.0 == depth && 2 * at.1 >= 3);
            if let Reach::From { depth } = other.reach {
                assert!(is_lost(depth) && is_lost(depth + 1) && !is_lost(depth - 1), "{what}: {depth}");
                reached += 1;
            }
            assert!(!one.is_monotone || (one.reach, one.interval) == (other.reach, other.interval), "{what}");
        }
    }
    assert!(reached >= 2, "{reached} horizons are within the grid");
    let by_id = |name: &str| cells(&place, name).into_iter().map(|cell| (cell.id, cell.outcome)).collect::<Vec<_>>();
    let all = by_id("whole");
    assert!(by_id("found").iter().all(|cell| all.contains(cell)));
    let part = read(&place, "found", "cells.jsonl");
    fs::create_dir(place.path("begun")).unwrap();
    fs::copy(place.path("found/plan.json"), place.path("begun/plan.json")).unwrap();
    fs::write(place.path("begun/cells.jsonl.part"), &part[..part.len() / 2]).unwrap();
    place.succeed(&[&many[..], &["begun", "--horizon", "--resume"]].concat());
    assert_same_files(&place, "found", "begun");
    let other = place.run(&[&many[..], &["found", "--resume"]].concat());
    assert!(other.code == Some(2) && other.stderr.contains("with other options"), "{}", other.stderr);
    let merged = place.run(&["sweep", "merge", "found", "--out", "merged"]);
    assert!(merged.code == Some(2) && merged.stderr.contains("has no parts"), "{}", merged.stderr);
}
