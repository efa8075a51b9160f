//! Subcommands and exports as their users meet them: `report`, `completions`, `man`, `--export-md`, `--export-csv`.

use assert_cmd::Command;
use clap::CommandFactory;
use precision_probe::cli::Arguments;
use std::fs;
use std::path::Path;
use std::process::Output;
use tempfile::TempDir;

/// A network that is measured in a fraction of a second.
const SMALL: [&str; 10] =
    ["--depth", "4", "--width", "6", "--batch", "3", "--trials", "2", "--formats", "f16,e5m2:acc=f32"];

/// What a measuring run leaves in its directory, sorted.
const REPORT: [&str; 25] = [
    "details.png",
    "details.svg",
    "panels/attribution.png",
    "panels/attribution.svg",
    "panels/fates.png",
    "panels/fates.svg",
    "panels/flips.png",
    "panels/flips.svg",
    "panels/histogram.png",
    "panels/histogram.svg",
    "panels/noise.png",
    "panels/noise.svg",
    "panels/range.png",
    "panels/range.svg",
    "panels/sources.png",
    "panels/sources.svg",
    "record.json",
    "remedies.csv",
    "report.html",
    "run.json",
    "sources.csv",
    "summary.csv",
    "summary.png",
    "summary.svg",
    "trials.csv",
];

fn run(place: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::cargo_bin("precision-probe").expect("the binary is built");
    command.current_dir(place).args(arguments).output().expect("the command starts")
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn error(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// Runs what must succeed without a word on the error stream, and gives what it prints.
fn succeed(place: &Path, arguments: &[&str]) -> String {
    let output = run(place, arguments);
    assert_eq!((output.status.code(), error(&output).as_str()), (Some(0), ""), "{arguments:?}");
    text(&output)
}

/// Runs what must be refused: status 2, nothing printed, no panic; gives the message.
fn refused(place: &Path, arguments: &[&str]) -> String {
    let output = run(place, arguments);
    assert_eq!((output.status.code(), text(&output).as_str()), (Some(2), ""), "{arguments:?}");
    let message = error(&output);
    assert!(message.starts_with("error: ") && !message.contains("panicked"), "{arguments:?}: {message}");
    message
}

/// A place with the small network's report in `there`, and what the run printed.
fn measured(more: &[&str]) -> (TempDir, String) {
    let place = TempDir::new().expect("a temporary directory");
    let printed = succeed(place.path(), &[&SMALL[..], &["--out", "there"], more].concat());
    (place, printed)
}

fn read(place: &Path, path: &str) -> Vec<u8> {
    fs::read(place.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The names in a directory, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// The files in a directory and in the folders below it, sorted.
fn files(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            names.extend(files(&path).into_iter().map(|below| format!("{name}/{below}")));
        } else {
            names.push(name);
        }
    }
    names.sort();
    names
}

/// Deleted or damaged, the picture and the table come back to the same bytes; record and circumstances stay.
#[test]
fn a_report_is_redrawn_beside_its_record() {
    let (place, printed) = measured(&["--layers"]);
    let place = place.path();
    let before = REPORT.map(|file| read(place, &format!("there/{file}")));
    let written = fs::metadata(place.join("there/record.json")).unwrap().modified().unwrap();
    for path in ["there", "there/", "there/record.json"] {
        fs::remove_file(place.join("there/summary.png")).unwrap();
        fs::write(place.join("there/trials.csv"), "damaged").unwrap();
        assert_eq!(succeed(place, &["report", path, "--layers"]), printed, "{path}: the words are the run's, too");
        assert_eq!(files(&place.join("there")), REPORT);
        assert!(before == REPORT.map(|file| read(place, &format!("there/{file}"))), "{path}");
    }
    assert_eq!(fs::metadata(place.join("there/record.json")).unwrap().modified().unwrap(), written);
    assert_eq!(succeed(&place.join("there"), &["report", ".", "--quiet"]), "");
    assert!(succeed(&place.join("there"), &["report", "record.json"]).contains("\nReport: ./report.html "));
}

/// Elsewhere a report is whole: the record comes along, byte for byte, and it may be redrawn there again.
#[test]
fn a_report_is_redrawn_elsewhere_with_its_record() {
    let (place, _) = measured(&[]);
    let place = place.path();
    for _ in 0..2 {
        let printed = succeed(place, &["report", "there", "--out", "new/deep"]);
        assert!(printed.contains("\nReport: new/deep/report.html "), "{printed}");
    }
    let kept: Vec<&str> = REPORT.into_iter().filter(|file| *file != "run.json").collect();
    assert_eq!(files(&place.join("new/deep")), kept);
    for file in kept {
        assert!(read(place, &format!("there/{file}")) == read(place, &format!("new/deep/{file}")), "{file}");
    }
    // A record under another name, away from its directory.
    fs::copy(place.join("there/record.json"), place.join("moved.json")).unwrap();
    succeed(place, &["report", "moved.json", "--out", "moved", "--quiet"]);
    assert!(read(place, "there/summary.png") == read(place, "moved/summary.png"));
    let message = refused(place, &["report", "moved.json"]);
    assert!(message.starts_with("error: `.` is not empty and holds no record.json: choose another place"), "{message}");
}

#[test]
fn a_report_of_another_spec_is_replaced_only_by_force() {
    let (place, _) = measured(&["--quiet"]);
    let place = place.path();
    succeed(place, &[&SMALL[..], &["--seed", "1", "--out", "other", "--quiet"]].concat());
    let other = read(place, "other/record.json");
    let message = refused(place, &["report", "there", "--out", "other"]);
    assert!(
        message.contains(
            "`other` holds a report with other options or of another version: choose another place with --out"
        ),
        "{message}"
    );
    assert!(other == read(place, "other/record.json"));
    succeed(place, &["report", "there", "--out", "other", "--force", "--quiet"]);
    for file in ["sources.csv", "record.json", "report.html", "summary.png"] {
        assert!(read(place, &format!("there/{file}")) == read(place, &format!("other/{file}")), "{file}");
    }
    // The same spec in other bytes: a record is never rewritten in passing.
    let mut spaced = read(place, "there/record.json");
    spaced.push(b'\n');
    fs::write(place.join("there/record.json"), &spaced).unwrap();
    let message = refused(place, &["report", "other", "--out", "there"]);
    assert!(message.contains("`there` holds another record.json of this spec: "), "{message}");
    succeed(place, &["report", "there", "--force", "--quiet"]);
    assert!(spaced == read(place, "there/record.json"), "beside the record it stays as it is, forced or not");
}

#[test]
fn what_is_no_record_is_refused_in_one_sentence() {
    let (place, _) = measured(&["--quiet"]);
    let place = place.path();
    let record = String::from_utf8(read(place, "there/record.json")).unwrap();
    fs::create_dir(place.join("empty")).unwrap();
    fs::write(place.join("words.json"), "words").unwrap();
    fs::write(place.join("bytes.json"), [0xff, 0xfe]).unwrap();
    fs::write(place.join("schema.json"), record.replace("record/4", "record/7")).unwrap();
    let start = record.find("\"runs\":").unwrap();
    // Not within a number, whose first half is called invalid and not cut.
    fs::write(place.join("cut.json"), &record[..start]).unwrap();
    fs::write(place.join("none.json"), format!("{}\"runs\":[]}}", &record[..start])).unwrap();
    let fewer = record.replacen("\"activations\":[\"leaky\"]", "\"activations\":[]", 1);
    assert_ne!(fewer, record);
    fs::write(place.join("fewer.json"), fewer).unwrap();
    fs::create_dir(place.join("two")).unwrap();
    fs::write(place.join("two/record.json"), &record).unwrap();
    fs::write(place.join("two/law.json"), &record).unwrap();
    let before = names(place);
    let fix = ": give a record.json or the directory that holds one";
    for (path, beginning, end) in [
        ("nowhere", "error: `nowhere` does not exist", fix),
        ("words.json/below", "error: `words.json/below` cannot be read (", fix),
        ("empty", "error: `empty` holds no record.json", fix),
        ("words.json", "error: `words.json` is not a record (expected value at line 1 column 1)", fix),
        ("bytes.json", "error: `bytes.json` is not a record (not text)", fix),
        ("cut.json", "error: `cut.json` is not a record (EOF while parsing", fix),
        ("none.json", "error: `none.json` holds no run", fix),
        (
            "fewer.json",
            "error: `fewer.json` contradicts itself (its runs are 1, its activations 0)",
            ": measure again, or give a record as it was written",
        ),
        ("two", "error: `two` holds a record.json and a law.json", ": give the path of one of them"),
        (
            "schema.json",
            "error: `schema.json` is a record of another version: schema `precision-probe-record/7` cannot be read; ",
            "this version reads `precision-probe-record/4`, `precision-probe-record/3` and `precision-probe-record/2`",
        ),
    ] {
        let message = refused(place, &["report", path, "--out", "new", "--export-md", "table.md"]);
        assert!(message.starts_with(beginning) && message.trim_end().ends_with(end), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
    }
    assert_eq!(names(place), before, "nothing is written");
    fs::write(place.join("file"), "words").unwrap();
    let message = refused(place, &["report", "there", "--out", "file/below"]);
    assert!(message.starts_with("error: cannot write to `file/below` ("), "{message}");
}

/// Whatever stands before a subcommand would not be heeded, so it is an error that says so.
#[test]
fn no_option_is_ignored_before_a_subcommand() {
    let (place, _) = measured(&["--quiet"]);
    let place = place.path();
    let before = names(place);
    for (arguments, words) in [
        (&["--act", "leaky", "report", "there"][..], "--act is an option of the main command, not of `report`"),
        (&["--act=leaky", "report", "there"], "leave out --act, or leave out `report`"),
        (&["--bias", "man"], "--bias is an option of the main command, not of `man`"),
        (
            &["--json", "formats", "f16"],
            "--json comes before `formats`, where it has no effect: put it after the subcommand",
        ),
        (&["--out", "new", "activations", "gelu"], "--out comes before `activations`, where it has no effect"),
        (&["-q", "completions", "bash"], "leave out --quiet, or leave out `completions`"),
        (
            &["--out", "new", "report", "there"],
            "--out comes before `report`, where it has no effect: put it after the subcommand",
        ),
        (&["--export-md", "t.md", "report", "there"], "as in `precision-probe report … --export-md …`"),
        (&["--depth", "50", "--seed", "0", "report", "there"], "--depth is an option of the main command"),
    ] {
        let message = refused(place, arguments);
        assert!(message.contains(words) && message.lines().count() == 1, "{arguments:?}: {message}");
        assert_eq!(names(place), before, "{arguments:?}");
    }
    // Every option of the command, with some value, in every position before.
    for argument in Arguments::command().get_arguments() {
        let long = format!("--{}", argument.get_long().expect("only options"));
        let value = match argument.get_long() {
            Some("gain") => Some("1.5"),
            // Its value may be left out, and stands behind an =.
            Some("json") => None,
            _ if argument.get_action().takes_values() => Some("7"),
            _ => None,
        };
        let given: Vec<&str> = [Some(long.as_str()), value].into_iter().flatten().chain(["report", "there"]).collect();
        assert!(refused(place, &given).contains(&long), "{long}");
    }
    let message = refused(place, &["report", "there", "--act", "tanh"]);
    assert!(
        message.starts_with("error: --act: `report` has no such option; leave it out, or use it with "),
        "{message}"
    );
    let message = refused(place, &["report", "there", "--exprot-md", "table.md"]);
    assert!(message.contains("--exprot-md: `report` has no such option; did you mean --export-md?"), "{message}");
}

#[test]
fn a_mistyped_subcommand_is_told_the_nearest_name() {
    let place = TempDir::new().unwrap();
    for (typed, meant) in [
        ("reprot", "report"),
        ("format", "formats"),
        ("activation", "activations"),
        ("completion", "completions"),
        ("mann", "man"),
    ] {
        let message = refused(place.path(), &[typed]);
        assert_eq!(message, format!("error: `{typed}`: there is no such subcommand; did you mean `{meant}`?\n"));
    }
    let message = refused(place.path(), &["completions", "bsh"]);
    assert!(message.contains("`bsh`: give bash, ") && message.ends_with("; did you mean bash?\n"), "{message}");
}

/// Whatever the parser of the command line refuses: one sentence that names the option, the value, and the fix.
#[test]
fn what_the_parser_refuses_is_told_like_all_else() {
    let place = TempDir::new().unwrap();
    for (arguments, message) in [
        (&["train", "--formt", "f16"][..], "--formt: `train` has no such option; did you mean --formats?"),
        (&["train", "--warmup", "-1"], "--warmup -1: give 0 for none, or a whole number of steps, such as 50"),
        (
            &["train", "--lr", "1e400"],
            "--lr 1e400: it is beyond the range of a double; give a positive finite number, such as 0.001",
        ),
        (
            &["train", "--optimizer", "addam"],
            "--optimizer addam: give sgd, momentum, adam or adamw; did you mean adam?",
        ),
        (
            &["train", "--measure", "log=18446744073709551616"],
            "--measure log=18446744073709551616: give every=25, log=20 or none",
        ),
        (&["train", "--measure", "log=1000000"], "--measure log=1000000: there are 500 steps; give at most log=501"),
        (
            &["--steps", "5", "train"],
            "--steps comes before `train`, where it has no effect: put it after the subcommand, as in `precision-probe train … --steps …`",
        ),
        (
            &["--steps", "5"],
            "--steps: `precision-probe` has no such option; leave it out, or use it with `precision-probe train`",
        ),
        (&["law", "depth", "5"], "`depth`: options begin with two hyphens; write --depth"),
        (&["law", "5"], "`5`: `law` takes no such argument; leave it out, or see `precision-probe law --help`"),
        (&["report"], "`report` needs PATH: write `precision-probe report PATH`"),
        (&["audit"], "`audit` needs --data FILE: write `precision-probe audit --data FILE`"),
        (&["report", ""], "PATH has no value; write PATH"),
        (&["study"], "`study` needs NAME: write `precision-probe study NAME`"),
        (&["law", "--json", "--json"], "--json is given twice: keep one"),
        (&["activations", "gelu", "--json", "--out", "x"], "--json and --out cannot be used together: leave one out"),
        (
            &["something"],
            "`something`: there is no such subcommand, and options begin with --; see `precision-probe --help`",
        ),
    ] {
        assert_eq!(refused(place.path(), arguments), format!("error: {message}\n"), "{arguments:?}");
    }
    assert_eq!(names(place.path()).len(), 0, "nothing is written");
    for arguments in [&["--help"][..], &["--version"], &["train", "--help"], &["train", "-h"]] {
        assert!(!succeed(place.path(), arguments).is_empty());
    }
}

/// The table of the terminal: facts as a list, a row per arithmetic, notes, two sentences; and summary.csv.
#[test]
fn tables_are_exported_by_a_run_and_from_its_record() {
    let (place, printed) = measured(&["--export-md", "there/table.md", "--export-csv", "rows.csv", "--details"]);
    let place = place.path();
    assert!(read(place, "rows.csv") == read(place, "there/summary.csv"));
    let table = String::from_utf8(read(place, "there/table.md")).unwrap();
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[..3].iter().all(|line| line.starts_with("- ")) && lines[3].is_empty(), "{table}");
    let cells = |line: &str| -> Vec<String> {
        let inner = line.strip_prefix('|').and_then(|line| line.strip_suffix('|')).expect("a row");
        inner.split('|').map(|cell| cell.trim().to_string()).collect()
    };
    let titles = ["precision", "noise/signal", "bits", "flips", "flushed", "verdict of layer 1"];
    assert_eq!(cells(lines[4]), titles);
    assert_eq!(
        cells(lines[5]).iter().map(|cell| cell.ends_with(':')).collect::<Vec<_>>(),
        [false, false, true, true, true, false]
    );
    assert!(lines[4..8].iter().all(|line| line.chars().count() == lines[4].chars().count()), "{table}");
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for (line, name) in lines[6..8].iter().zip(["f16", "e5m2:acc=f32"]) {
        let cells = cells(line);
        assert_eq!(cells[0], name);
        assert!(flat(&printed).contains(&flat(&cells.join(" "))), "the terminal has this row: {line}");
    }
    assert_eq!(lines[8], "");
    // What the rows are of, storage noise of e5m2, theory, the tables' notes, and the sentences; tables of their own tell
    // sources and remedies.
    let rest: Vec<&str> =
        lines[9..].iter().copied().filter(|line| !line.is_empty() && !line.starts_with('|')).collect();
    assert!(rest.len() >= 5, "{table}");
    assert!(
        lines[9..].iter().any(|line| line.starts_with("| precision") && line.contains(" branch flips |")),
        "{table}"
    );
    assert!(lines[9..].iter().any(|line| line.starts_with("| precision") && line.contains("| remedy")), "{table}");
    for line in lines[..3].iter().map(|line| &line[2..]).chain(rest) {
        // Where the terminal is too narrow it leaves out the column of the worst layer, and its part of the note.
        let narrow = flat(line).replace(" worst layer: which it is, where not layer 1;", "");
        let printed = flat(&printed);
        assert!(printed.contains(&flat(line)) || printed.contains(&narrow), "the terminal says: {line}");
    }
    let export = ["report", "there", "--quiet", "--export-md", "again.md", "--export-csv", "again.csv"];
    succeed(place, &export);
    assert_eq!(String::from_utf8(read(place, "again.md")).unwrap(), table);
    assert!(read(place, "again.csv") == read(place, "rows.csv"));
    // The same once more is no replacement; anything else is replaced by force alone, and found before any is written.
    succeed(place, &export);
    for (file, old) in [("again.md", "old"), ("again.md", "- old"), ("again.csv", "old")] {
        let kept = read(place, file);
        fs::write(place.join(file), old).unwrap();
        let option = if file.ends_with("md") { "--export-md" } else { "--export-csv" };
        let expected = format!(
            "error: `{file}` exists and has other contents: choose another place with {option} FILE, or overwrite it with \
             --force\n"
        );
        assert_eq!(refused(place, &export), expected);
        let run = [&SMALL[..], &["--out", "new", option, file]].concat();
        assert!(refused(place, &run).starts_with(expected.trim_end()));
        assert_eq!(read(place, file), old.as_bytes());
        // All but contents that begin as an export's do is found before anything is measured.
        assert_eq!(place.join("new").exists(), old.starts_with("- "), "{old}");
        let _ = fs::remove_dir_all(place.join("new"));
        succeed(place, &[&export[..], &["--force"]].concat());
        assert!(read(place, file) == kept);
    }
    assert_eq!(names(place), ["again.csv", "again.md", "rows.csv", "there"]);
}

/// Before anything is measured (the default network takes seconds) and with nothing written.
#[test]
fn exports_that_cannot_be_written_are_refused_beforehand() {
    let (place, _) = measured(&["--quiet"]);
    let place = place.path();
    fs::create_dir(place.join("folder")).unwrap();
    fs::write(place.join("file"), "words").unwrap();
    let before = names(place);
    for option in ["--export-md", "--export-csv", "--export-html"] {
        for file in ["nowhere/table", "file/table", "folder", "..", "/dev/null"] {
            for command in [&["--out", "new"][..], &["report", "there", "--out", "new"]] {
                let message = refused(place, &[command, &[option, file]].concat());
                let (beginning, end) =
                    (format!("error: cannot write to `{file}` ("), format!("another place with {option} FILE\n"));
                assert!(message.starts_with(&beginning) && message.ends_with(&end), "{message}");
            }
        }
    }
    for files in [
        ["new/record.json", "a"],
        ["./new/summary.png", "a"],
        ["a", "new/run.json"],
        ["new/report.html", "a"],
        ["a", "./a"],
        ["new", "a"],
    ] {
        let message = refused(place, &["--out", "new", "--export-md", files[0], "--export-csv", files[1]]);
        assert!(message.contains("this run writes another file there; choose another place"), "{message}");
    }
    let message = refused(place, &["report", "there", "--export-md", "folder/../there/record.json"]);
    assert!(message.contains("this run writes another file there"), "{message}");
    assert_eq!(names(place), before);
    assert_eq!(files(&place.join("there")), REPORT);
    assert_eq!(read(place, "file"), b"words");
}

/// Every option and subcommand, of every command, in every shell's own way of naming them.
#[test]
fn completions_know_every_option() {
    let place = TempDir::new().unwrap();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = succeed(place.path(), &["completions", shell]);
        let command = Arguments::command();
        for subcommand in command.get_subcommands() {
            assert!(script.contains(subcommand.get_name()), "{shell}: {}", subcommand.get_name());
        }
        let all = command.get_subcommands().flat_map(|subcommand| subcommand.get_arguments());
        for long in all.chain(command.get_arguments()).filter_map(|argument| argument.get_long()) {
            let named = if shell == "fish" { format!("-l {long} ") } else { format!("--{long}") };
            assert!(script.contains(&named), "{shell}: --{long}");
        }
    }
    assert_eq!(names(place.path()).len(), 0, "they are printed, not written");
}

/// The page holds what the help holds: headings, options, subcommands with theirs, and the examples.
#[test]
fn the_manual_page_knows_every_option() {
    let place = TempDir::new().unwrap();
    let page = succeed(place.path(), &["man"]);
    assert!(page.lines().any(|line| line.starts_with(".TH precision-probe 1 ")), "{page}");
    let headings: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix(".SH ")).collect();
    let expected = [
        "NAME",
        "SYNOPSIS",
        "DESCRIPTION",
        "OPTIONS",
        "NETWORK",
        "DATA",
        "PRECISION",
        "OUTPUT",
        "RESOURCES",
        "SUBCOMMANDS",
        "EXAMPLES",
        "VERSION",
    ];
    assert_eq!(headings, expected);
    let section = |beginning: &str| page.split(beginning).nth(1).unwrap_or_else(|| panic!("no {beginning}"));
    let named = |text: &str, long: &str| text.contains(&format!("\\-\\-{}\\fR", long.replace('-', "\\-")));
    let command = Arguments::command();
    let (own, below) = page.split_once(".SH SUBCOMMANDS\n").expect("subcommands");
    for long in command.get_arguments().filter_map(|argument| argument.get_long()) {
        assert!(named(own, long), "--{long}");
    }
    for subcommand in command.get_subcommands() {
        let text = section(&format!("\n.SS {}\n", subcommand.get_name())).split("\n.SS ").next().unwrap();
        assert!(below.contains(text));
        for long in subcommand.get_arguments().filter_map(|argument| argument.get_long()) {
            assert!(named(text, long), "{} --{long}", subcommand.get_name());
        }
    }
    let help = succeed(place.path(), &["--help"]);
    let examples = help.split_once("\nExamples:\n").expect("examples").1;
    let shown = section(".SH EXAMPLES\n.nf\n").split("\n.fi\n").next().unwrap().replace("\\-", "-");
    assert_eq!(shown.trim_end(), examples.trim_end());
}

/// Every option of a subcommand stands below a heading, with something to say, in at most 100 columns.
#[test]
fn the_help_of_subcommands_is_whole() {
    let place = TempDir::new().unwrap();
    for subcommand in Arguments::command().get_subcommands() {
        let name = subcommand.get_name();
        let help = succeed(place.path(), &[name, "--help"]);
        assert!(help.lines().all(|line| line.chars().count() <= 100), "{help}");
        for argument in subcommand.get_arguments() {
            let words = argument.get_help().map(ToString::to_string).unwrap_or_default();
            assert!(!words.is_empty(), "{name} {} says nothing", argument.get_id());
            if let Some(long) = argument.get_long() {
                assert!(argument.get_help_heading().is_some(), "{name} --{long} has no heading");
                assert!(help.contains(&format!("--{long}")), "{name} --{long}");
            }
        }
    }
}

#[test]
fn a_closed_pipe_ends_subcommands_quietly() {
    let (place, _) = measured(&["--quiet"]);
    for arguments in [
        &["man"][..],
        &["formats"],
        &["formats", "e5m2"],
        &["activations"],
        &["activations", "gelu"],
        &["completions", "zsh"],
        &["schema"],
        &["schema", "probe"],
        &["report", "there", "--layers"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("precision-probe"));
        command.current_dir(place.path()).args(arguments).stdout(writer).stderr(std::process::Stdio::piped());
        let output = command.spawn().unwrap().wait_with_output().unwrap();
        assert_eq!((output.status.code(), error(&output).as_str()), (Some(0), ""), "{arguments:?}");
    }
}

/// A comparison's pictures, one per activation and the comparing one, come back to the same bytes.
#[test]
fn a_comparison_is_redrawn_whole() {
    let (place, printed) = measured(&["--act", "relu,leaky:0.2"]);
    let place = place.path();
    let files = files(&place.join("there"));
    let before: Vec<Vec<u8>> = files.iter().map(|file| read(place, &format!("there/{file}"))).collect();
    let above: Vec<&str> = files.iter().map(String::as_str).filter(|file| !file.starts_with("panels/")).collect();
    assert_eq!(
        above,
        [
            "compare.png",
            "compare.svg",
            "leaky-0.2001953125-details.png",
            "leaky-0.2001953125-details.svg",
            "leaky-0.2001953125.png",
            "leaky-0.2001953125.svg",
            "record.json",
            "relu-details.png",
            "relu-details.svg",
            "relu.png",
            "relu.svg",
            "remedies.csv",
            "report.html",
            "run.json",
            "sources.csv",
            "summary.csv",
            "trials.csv"
        ],
        "a comparison has no summary.png"
    );
    assert_eq!(files.len(), above.len() + 2 * 14);
    assert!(files.contains(&"panels/leaky-0.2001953125/flips.svg".to_string()), "{files:?}");
    for file in files.iter().filter(|file| file.ends_with(".png")) {
        fs::remove_file(place.join("there").join(file)).unwrap();
    }
    assert_eq!(succeed(place, &["report", "there"]), printed);
    let after: Vec<Vec<u8>> = files.iter().map(|file| read(place, &format!("there/{file}"))).collect();
    assert!(before == after);
    let taken = refused(place, &["report", "there", "--export-md", "there/relu.png"]);
    assert!(taken.contains("this run writes another file there"), "{taken}");
}

/// A theme changes the pictures and nothing else; unknown ones are refused with those there are.
#[test]
fn pictures_are_drawn_in_the_theme_asked_for() {
    let (place, _) = measured(&["--theme", "dark"]);
    let place = place.path();
    succeed(place, &["report", "there", "--out", "light", "--quiet"]);
    succeed(place, &["report", "light", "--out", "dark", "--theme", "dark", "--quiet"]);
    for file in REPORT.into_iter().filter(|file| *file != "run.json") {
        let [there, light, dark] = ["there", "light", "dark"].map(|folder| read(place, &format!("{folder}/{file}")));
        assert!(there == dark, "{file}");
        let is_picture = file.ends_with(".png") || file.ends_with(".svg");
        assert_eq!(light != dark, is_picture, "{file}");
    }
    let message = refused(place, &["report", "there", "--theme", "blue"]);
    assert!(message.contains("light") && message.contains("dark"), "{message}");
    let before = refused(place, &["--theme", "dark", "report", "there"]);
    assert!(
        before.contains("--theme comes before `report`, where it has no effect: put it after the subcommand"),
        "{before}"
    );
}

/// `-` is standard output, where nothing else goes then.
#[test]
fn exports_go_to_standard_output() {
    let place = TempDir::new().unwrap();
    let place = place.path();
    let table = succeed(place, &[&SMALL[..], &["--out", "there", "--export-md", "-"]].concat());
    succeed(place, &["report", "there", "--quiet", "--export-md", "table.md"]);
    assert_eq!(table.as_bytes(), read(place, "table.md"));
    assert_eq!(succeed(place, &["report", "there", "--export-csv", "-"]).as_bytes(), read(place, "there/summary.csv"));
    assert_eq!(
        succeed(place, &["report", "there", "--export-html", "-", "--quiet", "--export-csv", "rows.csv"]).as_bytes(),
        read(place, "there/report.html")
    );
    for (arguments, words) in [
        (
            &["report", "there", "--export-csv", "-", "--export-md", "-"][..],
            "--export-md - and --export-csv - both go to",
        ),
        (&["--export-csv", "-", "--json"], "--json and --export-csv - both go to standard output"),
        (&["--out", "-"], "--out -: several files cannot go to standard output; give a directory"),
        (&["--export", "-"], "--export -: several files cannot go"),
        (&["law", "--out", "-"], "--out -: several files cannot go"),
        (&["train", "--out", "-"], "--out -: several files cannot go"),
        (&["study", "leaky-vs-relu", "--out", "-"], "--out -: several files cannot go"),
        (&["report", "there", "--out", "-"], "--out -: several files cannot go"),
        (&["activations", "gelu", "--out", "-"], "--out -: several files cannot go"),
    ] {
        let message = refused(place, arguments);
        assert!(message.contains(words) && message.lines().count() == 1, "{arguments:?}: {message}");
    }
    assert_eq!(names(place), ["rows.csv", "table.md", "there"]);
}

/// A picture with other contents is replaced by force alone.
#[test]
fn a_picture_of_an_activation_is_replaced_by_force_alone() {
    let place = TempDir::new().unwrap();
    let place = place.path();
    let printed = succeed(place, &["activations", "gelu", "--out", "there"]);
    let light = read(place, "there/gelu.svg");
    assert_eq!(succeed(place, &["activations", "gelu", "--out", "there"]), printed, "the same once more");
    let dark = ["activations", "gelu", "--out", "there", "--theme", "dark"];
    let message = refused(place, &dark);
    assert!(message.starts_with("error: `there/gelu.svg` exists and has other contents: choose another"), "{message}");
    assert!(read(place, "there/gelu.svg") == light);
    succeed(place, &[&dark[..], &["--force"]].concat());
    assert!(read(place, "there/gelu.svg") != light);
}

/// Named pipes, devices and links without end, wherever a record is read: one sentence at once, instead of waiting for ever.
#[cfg(target_os = "linux")]
#[test]
fn special_files_are_no_records() {
    let (place, _) = measured(&["--quiet"]);
    let place = place.path();
    let pipe = |path: &str| {
        assert!(std::process::Command::new("mkfifo").arg(place.join(path)).status().unwrap().success());
    };
    let link = |to: &str, path: &str| std::os::unix::fs::symlink(to, place.join(path)).unwrap();
    pipe("pipe");
    link("loop", "loop");
    link("/dev/zero", "zero");
    for folder in ["piped", "looped"] {
        fs::create_dir(place.join(folder)).unwrap();
    }
    pipe("piped/record.json");
    link("record.json", "looped/record.json");
    let refused = |arguments: &[&str]| {
        let mut command = Command::cargo_bin("precision-probe").unwrap();
        let command = command.current_dir(place).args(arguments).timeout(std::time::Duration::from_secs(20));
        let output = command.output().expect("it ends");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}: {}", error(&output));
        error(&output)
    };
    for (path, words) in [
        ("pipe", "`pipe` is a named pipe, not a regular file: give a record.json"),
        ("piped", "`piped/record.json` is a named pipe, not a regular file: give a record.json"),
        ("zero", "`zero` is a device, not a regular file: give a record.json"),
        ("/dev/zero", "`/dev/zero` is a device, not a regular file"),
        ("loop", "`loop` cannot be read ("),
        ("looped", "`looped/record.json` cannot be read ("),
    ] {
        let message = refused(&["report", path, "--out", "new"]);
        assert!(message.contains(words) && message.lines().count() == 1, "{path}: {message}");
    }
    assert!(!place.join("new").exists());
    // The record that says whose a directory is.
    for (command, record) in [
        (&[][..], "record.json"),
        (&["law"], "law.json"),
        (&["train"], "training.json"),
        (&["study", "leaky-vs-relu"], "study.json"),
        (&["report", "there"], "record.json"),
    ] {
        let folder = format!("of-{record}-{}", command.len());
        fs::create_dir(place.join(&folder)).unwrap();
        pipe(&format!("{folder}/{record}"));
        for force in [&[][..], &["--force"]] {
            let message = refused(&[command, &["--out", &folder], force].concat());
            let what = if force.is_empty() { "that is a named pipe" } else { "is a named pipe, and the report has" };
            assert!(message.contains(what), "{command:?}: {message}");
        }
    }
}
