//! The command line as its users meet it: what is written where, what is printed, and how it ends.

mod names;
mod scripts;
mod shipped;

use crate::common::tables;
use assert_cmd::Command;
use precision_probe::arithmetic::kernels;
use precision_probe::record::Record;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A network that is measured in a fraction of a second.
const SMALL: [&str; 8] = ["--depth", "4", "--width", "6", "--batch", "3", "--trials", "2"];

/// Files and folders of a report in a folder: that folder, the record and run.json, four tables, the page, slide and poster
/// as PNG and SVG, the folder of seven panels as PNG and SVG.
const ENTRIES: usize = 1 + 2 + 4 + 1 + 4 + 1 + 7 * 2;

/// A directory of its own, and the command in it.
struct Place(TempDir);

impl Place {
    fn new() -> Place {
        Place(TempDir::new().expect("a temporary directory"))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::cargo_bin("precision-probe").expect("the binary is built");
        command.current_dir(self.path()).args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the command starts")
    }

    /// Runs the small network, with more arguments, and expects success.
    fn small(&self, more: &[&str]) -> Output {
        let output = self.run(&[&SMALL, more].concat());
        assert_eq!(status(&output), 0, "{}", error(&output));
        output
    }

    fn read(&self, path: &str) -> Vec<u8> {
        fs::read(self.path().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// The folder of the report that was written last among those that were given no place.
    fn latest(&self) -> String {
        let link = self.path().join("reports/latest");
        let target = fs::read_link(&link).expect("a link");
        assert_eq!(
            fs::canonicalize(&link).unwrap(),
            fs::canonicalize(self.path()).unwrap().join("reports").join(&target)
        );
        format!("reports/{}", target.to_str().expect("UTF-8"))
    }

    /// Everything in the directory, sorted, with `/` after directories; links are not followed.
    fn entries(&self) -> Vec<String> {
        fn visit(directory: &Path, root: &Path, found: &mut Vec<String>) {
            for entry in fs::read_dir(directory).expect("it can be listed") {
                let path: PathBuf = entry.expect("an entry").path();
                let name = path.strip_prefix(root).expect("below the root").display().to_string();
                if path.is_dir() && !path.is_symlink() {
                    found.push(name + "/");
                    visit(&path, root, found);
                } else {
                    found.push(name);
                }
            }
        }
        let mut found = Vec::new();
        visit(self.path(), self.path(), &mut found);
        found.sort();
        found
    }
}

fn status(output: &Output) -> i32 {
    output.status.code().expect("it ends by itself")
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn error(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// The report's files, under a name that says which network it is of.
#[test]
fn a_report_lies_under_the_name_of_its_spec() {
    let place = Place::new();
    let output = place.small(&[]);
    let name = place.latest();
    assert!(name.starts_with("reports/leaky-4x6-batch-3-trials-2-") && name.len() <= "reports/".len() + 60, "{name}");
    let files = [
        "trials.csv",
        "record.json",
        "report.html",
        "run.json",
        "summary.png",
        "summary.csv",
        "sources.csv",
        "remedies.csv",
    ];
    let files = files.map(|file| format!("{name}/{file}"));
    let panels = ["attribution", "fates", "flips", "histogram", "noise", "range", "sources"];
    let panels = panels.iter().flat_map(|panel| ["png", "svg"].map(|ending| format!("{name}/panels/{panel}.{ending}")));
    let mut expected = ["reports/", "reports/latest"].map(String::from).to_vec();
    expected.extend([format!("{name}/"), format!("{name}/panels/")]);
    expected.extend(
        files
            .iter()
            .cloned()
            .chain(panels)
            .chain(["summary.svg", "details.png", "details.svg"].map(|file| format!("{name}/{file}"))),
    );
    expected.sort();
    assert_eq!(place.entries(), expected);
    assert!(text(&output).contains(&format!("\nReport: {name}/report.html")), "{}", text(&output));
    assert_eq!(place.read(&files[4])[..8], *b"\x89PNG\r\n\x1a\n");
    let csv = String::from_utf8(place.read(&files[0])).unwrap();
    // Five precisions, five layers with the head, two trials, two tensors (weight and δ).
    assert_eq!(tables::rows(&csv).len(), 5 * 5 * 2 * 2);
    let record = Record::from_json(&String::from_utf8(place.read(&files[1])).unwrap()).unwrap();
    assert_eq!(record.spec.depth, 4);
    assert!(name.ends_with(&format!("-{:.8}", record.spec_hash)), "{name}");
}

/// `reports/latest` leads to the report that was written last, also for `report`; what is no link of ours stays, and so does
/// everything outside `reports`.
#[test]
fn the_latest_report_has_a_link() {
    let place = Place::new();
    place.small(&["--quiet", "--out", "elsewhere"]);
    assert!(!place.path().join("reports").exists() && !place.path().join("latest").exists());
    place.small(&["--quiet"]);
    let first = place.latest();
    place.small(&["--quiet", "--seed", "1"]);
    let second = place.latest();
    assert_ne!(first, second);
    place.small(&["--quiet", "--out", "elsewhere/below", "--seed", "2"]);
    assert_eq!(place.latest(), second, "another folder's reports are not linked here");
    place.small(&["--quiet", "--seed", "2", "--out", "reports/mine"]);
    assert_eq!(place.latest(), "reports/mine");
    place.small(&["--quiet"]);
    assert_eq!(place.latest(), first, "measured again, the same report is the latest");
    let before = place.read(&format!("{first}/summary.csv"));
    fs::remove_file(place.path().join(&first).join("summary.csv")).unwrap();
    let output = place.run(&["report", "reports/latest"]);
    assert_eq!((status(&output), error(&output).as_str()), (0, ""));
    assert!(text(&output).contains("\nReport: reports/latest/report.html"), "{}", text(&output));
    assert!(place.read(&format!("{first}/summary.csv")) == before);
    // A refused run changes nothing.
    assert_eq!(status(&place.run(&[&SMALL[..], &["--out", "reports/mine"]].concat())), 2);
    assert_eq!(place.latest(), first);
    // What somebody made themselves is not replaced, and is named once.
    for make in [|link: &Path| fs::write(link, "words").unwrap(), |link: &Path| fs::create_dir(link).unwrap()] {
        let link = place.path().join("reports/latest");
        fs::remove_file(&link).unwrap();
        make(&link);
        let note = "note: `reports/latest` is not a link to a report next to it, so it stays as it is\n";
        assert_eq!(error(&place.small(&[])), note);
        assert_eq!(error(&place.small(&["--quiet"])), "");
        assert!(link.symlink_metadata().unwrap().is_dir() || fs::read(&link).unwrap() == b"words");
    }
}

/// The network, its loss and data, the exact gradient, a row per arithmetic, sentences, the report: at most ten lines
/// besides the rows.
#[test]
fn the_first_screen_is_short() {
    let place = Place::new();
    let output = place.small(&["--act", "elu:0.5", "--bias", "--data", "gaussian", "--out", "there"]);
    let text = text(&output);
    assert_eq!(error(&output), "", "progress is for terminals");
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines.len() <= 10 + 5, "{text}");
    assert!(
        lines[0].starts_with("elu:0.5, depth 4, width 6, biases; loss mean squared error, data gaussian"),
        "{text}"
    );
    assert!(lines[1].starts_with("Exact gradient of layer 1: healthy, ") && lines[1].contains("(proven "), "{text}");
    let names = ["precision", "f16:acc=f32", "bf16:acc=f32", "f16", "f32", "f64"];
    for (line, name) in lines[3..9].iter().zip(names) {
        assert_eq!(line.split_whitespace().next(), Some(name));
        assert!(line.chars().count() <= 95, "{line}");
    }
    assert!(lines.iter().all(|line| line.chars().count() <= 100), "{text}");
    assert!(text.ends_with("\nReport: there/report.html (more here: --details, --layers)\n"), "{text}");
}

/// With details: the whole set-up, flips, sources, remedies, every sentence; no progress where no one looks.
#[test]
fn details_tell_set_up_rows_sources_remedies_and_picture() {
    let place = Place::new();
    let arguments = ["--act", "elu:0.5", "--bias", "--data", "gaussian", "--out", "there", "--details"];
    let output = place.small(&arguments);
    let text = text(&output);
    assert_eq!(error(&output), "", "progress is for terminals");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "elu:0.5 (alpha = 0.5), depth 4, width 6, biases");
    assert!(lines[1].starts_with("loss mean squared error, data gaussian, batch 3, 2 trials, seed 0, gain "), "{text}");
    assert!(lines[2].contains("reference exact to ") && lines[2].contains(" bits, computed with "), "{}", lines[2]);
    let titles: Vec<&str> = lines[4].split("  ").map(str::trim).filter(|title| !title.is_empty()).collect();
    assert_eq!(titles, ["precision", "noise/signal", "bits", "flips", "flushed", "verdict of layer 1"]);
    for (line, name) in lines[5..10].iter().zip(["f16:acc=f32", "bf16:acc=f32", "f16", "f32", "f64"]) {
        assert_eq!(line.split_whitespace().next(), Some(name));
        assert!(line.contains(" of 2"), "{line}");
    }
    assert_eq!(lines[10], "(of layer 1's gradient; flips of all layers)", "of two trials both values are there");
    assert!(text.contains("\n\nIn f16:acc=f32 the gradient of layer 1 is "), "{text}");
    assert!(text.contains("\nWhere the noise/signal of layer 1 comes from:\n"), "{text}");
    assert!(text.contains("\nRemedies tried:\n"), "{text}");
    assert!(text.ends_with("\n\nPage:    there/report.html\nPicture: there/summary.png\n"), "{text}");
    assert!(lines.iter().all(|line| line.chars().count() <= 100), "{text}");
}

#[test]
fn layers_prints_every_layer_of_every_arithmetic() {
    let place = Place::new();
    let text = text(&place.small(&["--formats", "f16,e5m2:acc=f32", "--details", "--layers"]));
    for name in ["f16", "e5m2:acc=f32"] {
        let table = text.split(&format!("\n{name}, every layer:\n")).nth(1).expect("the arithmetic's table");
        let rows: Vec<Vec<&str>> = table.lines().skip(1).take(5).map(|row| row.split_whitespace().collect()).collect();
        let layers = rows.iter().map(|row| (row[0], row[1])).collect::<Vec<_>>();
        let expected = [("1", "hidden.1"), ("2", "hidden.2"), ("3", "hidden.3"), ("4", "hidden.4"), ("5", "head")];
        assert_eq!(layers, expected);
    }
    assert!(text.contains("storage noise in e5m2:acc=f32: ") && !text.contains("storage noise in f16"), "{text}");
}

/// The record's own bytes and nothing else, and it reads back to the same bytes.
#[test]
fn json_prints_the_record_alone() {
    let place = Place::new();
    let output = place.small(&["--json", "--out", "there"]);
    assert_eq!(error(&output), "");
    assert_eq!(output.stdout, place.read("there/record.json"));
    let record = Record::from_json(&text(&output)).unwrap();
    assert_eq!(record.to_json().into_bytes(), output.stdout);
    assert_eq!(record.spec_hash, record.spec.hash(&record.version));
}

#[test]
fn quiet_prints_nothing() {
    let place = Place::new();
    for option in ["--quiet", "-q"] {
        let output = place.small(&[option, "--out", "there"]);
        assert_eq!((text(&output), error(&output)), (String::new(), String::new()));
    }
    assert_eq!(place.entries().len(), ENTRIES, "the report is written all the same");
}

/// Every file of the report, pictures included; `run.json` says when and where it ran.
#[test]
fn a_report_does_not_depend_on_threads_or_the_run() {
    let place = Place::new();
    let spec = ["--act", "prelu", "--bias", "--formats", "f16,bf16:acc=f32,e4m3fn,f64,mpfr:40", "--trials", "3"];
    let arguments = [&["--depth", "4", "--width", "6", "--batch", "3", "--quiet"], &spec[..]].concat();
    let run = |out: &str, threads: &[&str]| {
        let output = place.run(&[&arguments[..], &["--out", out], threads].concat());
        assert_eq!(status(&output), 0, "{}", error(&output));
        let files =
            place.entries().into_iter().filter(|name| name.starts_with(&format!("{out}/")) && !name.ends_with('/'));
        let files = files.filter(|name| !name.ends_with("/run.json"));
        files.map(|name| (name[out.len()..].to_string(), place.read(&name))).collect::<Vec<_>>()
    };
    let one = run("one", &["--threads", "1"]);
    assert!(one.iter().any(|(name, _)| name.ends_with(".png")) && one.len() > 20, "{} files", one.len());
    for (out, threads) in
        [("two", &["--threads", "2"][..]), ("five", &["--threads", "5"]), ("again", &["--threads", "1"]), ("all", &[])]
    {
        assert!(one == run(out, threads), "{out}");
    }
    assert!(one == run("one", &["--threads", "2"]), "the same spec replaces its own directory");
}

/// An arithmetic's section, and the truth's, are the same whatever else is asked for.
#[test]
fn sections_do_not_depend_on_the_other_formats() {
    let place = Place::new();
    let run = |formats: &str| Record::from_json(&text(&place.small(&["--json", "--formats", formats]))).unwrap();
    let all = run("f16,mpfr:200,e4m3fn:acc=f32,f64,bf16");
    for formats in ["f16", "bf16,f16", "mpfr:200", "f64,e4m3fn:acc=f32"] {
        let few = run(formats);
        assert_eq!(few.runs[0].truth, all.runs[0].truth, "{formats}");
        assert_eq!(few.runs[0].arithmetics.len(), formats.split(',').count());
        for arithmetic in &few.runs[0].arithmetics {
            assert!(all.runs[0].arithmetics.contains(arithmetic), "{} beside {formats}", arithmetic.name);
        }
    }
}

/// Depth and trials only append: the first trial of a longer run is that of a shorter one.
#[test]
fn trials_do_not_depend_on_their_number() {
    let place = Place::new();
    let run = |trials: &str| {
        let spec = ["--depth", "3", "--width", "5", "--batch", "2", "--formats", "f16", "--json", "--trials", trials];
        Record::from_json(&text(&place.run(&spec))).unwrap().runs.remove(0)
    };
    let (one, three) = (run("1"), run("3"));
    for (short, long) in one.arithmetics[0].sites.iter().zip(&three.arithmetics[0].sites) {
        assert_eq!(short.trials[0], long.trials[0]);
    }
    for (short, long) in one.truth.sites.iter().zip(&three.truth.sites) {
        assert_eq!(short.trials[0], long.trials[0]);
    }
}

/// Host, time and threads are beside the record, not in it.
#[test]
fn circumstances_are_in_run_json_alone() {
    let place = Place::new();
    place.small(&["--out", "there", "--threads", "2"]);
    let run: serde_json::Value = serde_json::from_slice(&place.read("there/run.json")).unwrap();
    let mut keys: Vec<&String> = run.as_object().unwrap().keys().collect();
    keys.sort();
    assert_eq!(keys, ["duration_seconds", "host", "platform", "started_unix_seconds", "threads"]);
    assert_eq!(run["threads"], 2);
    let record: serde_json::Value = serde_json::from_slice(&place.read("there/record.json")).unwrap();
    let text = record.to_string();
    for key in keys {
        assert!(!text.contains(&format!("\"{key}\"")), "{key}");
    }
}

#[test]
fn another_spec_is_refused_unless_forced() {
    let place = Place::new();
    place.small(&["--out", "there", "--quiet"]);
    let before = place.read("there/record.json");
    let output = place.run(&[&SMALL[..], &["--out", "there", "--seed", "1"]].concat());
    assert_eq!((status(&output), text(&output).as_str()), (2, ""));
    let message = "error: `there` holds a report with other options or of another version: choose another place with --out DIR, or overwrite it \
                   with --force\n";
    assert_eq!(error(&output), message);
    assert!(before == place.read("there/record.json"));
    place.small(&["--out", "there", "--seed", "1", "--force", "--quiet"]);
    assert!(before != place.read("there/record.json"));
    assert_eq!(place.entries().len(), ENTRIES, "nothing is left of the old report or of temporary files");
}

#[test]
fn a_directory_of_other_files_is_refused() {
    let place = Place::new();
    fs::create_dir(place.path().join("mine")).unwrap();
    fs::write(place.path().join("mine/thesis.txt"), "words").unwrap();
    let output = place.run(&[&SMALL[..], &["--out", "mine"]].concat());
    assert_eq!(status(&output), 2);
    assert!(error(&output).starts_with("error: `mine` is not empty and holds no record.json: "), "{}", error(&output));
    assert_eq!(place.entries(), ["mine/", "mine/thesis.txt"]);
}

/// What the tests below give: the arguments, and what the message must say.
fn wrong_inputs() -> Vec<(Vec<&'static str>, &'static str)> {
    vec![
        (vec!["--act", "laeky"], "unknown activation `laeky`; did you mean `leaky`?"),
        (vec!["--act", "rélu"], "unknown activation `rélu`; did you mean `relu`?"),
        (vec!["--act", ""], "an empty activation is given; write --act leaky"),
        (vec!["--act", "relu:0.1"], "relu has no parameter; write `relu`"),
        (vec!["--act", "elu:1e300"], "alpha must be from 0.000001 to 10000, as in `elu:0.5`"),
        (vec!["--act", "relu,relu"], "activation `relu` is given twice; keep one"),
        (vec!["--formats", "bf61"], "unknown format `bf61`; did you mean `bf16`?"),
        (vec!["--formats", "fp8"], "write `e4m3fn` (more precise) or `e5m2` (more range)"),
        (vec!["--formats", "mpfr"], "did you mean `mpfr:100`?"),
        (vec!["--formats", "e4m3"], "`e4m3` is ambiguous: write `e4m3ieee` for the IEEE-like format or `e4m3fn`"),
        (vec!["--formats", "f16,,f32"], "an empty precision is given; write --formats f16,f32"),
        (vec!["--formats", "f16,half"], "precision `half` is given twice; keep one"),
        (vec!["--formats", "f16\u{1b}[31m"], "holds a control character"),
        (vec!["--depth", "0"], "--depth 0: give a positive number of hidden layers, such as --depth 50"),
        (vec!["--width", "0"], "--width 0: give a positive number of units, such as --width 64"),
        (vec!["--batch", "0"], "--batch 0: give a positive number of samples, such as --batch 32"),
        (vec!["--trials", "0"], "--trials 0: give a positive number of draws, such as --trials 5"),
        (vec!["--depth", "-3"], "--depth -3: give a whole number, at least 1 and at most 1000000"),
        (vec!["--depth", "1e3"], "--depth 1e3: give a whole number, at least 1"),
        (vec!["--depth", "99999999999999999999"], "--depth 99999999999999999999: give a whole number, at least 1"),
        (vec!["--trials", "1000001"], "--trials 1000001: give at most 1000000"),
        (vec!["--seed", "-1"], "--seed -1: give a whole number from 0 to 18446744073709551615"),
        (vec!["--batch", "1798"], "--batch 1798: the digits have 1797 samples; give at most 1797"),
        (vec!["--gain", "nan"], "--gain NaN: give a positive finite number, such as --gain 1.5"),
        (vec!["--gain", "inf"], "--gain inf: give a positive finite number, such as --gain 1.5"),
        (vec!["--gain", "-2"], "--gain -2: give a positive finite number, such as --gain 1.5"),
        (vec!["--gain", "1e9"], "weights would exceed f16's range; give at most 62920"),
        (vec!["--gain", "1e-320"], "many weights would be rounded to zero; give at least 4.8e-7"),
        (vec!["--gain", "much"], "--gain much: give a positive number, such as 1.5"),
        (
            vec!["--gain", "1e400"],
            "--gain 1e400: it is beyond the range of a double; give a positive number, such as 1.5",
        ),
        (vec!["--gain", "1e-400"], "--gain 1e-400: it is beyond the range of a double"),
        (vec!["--gain", " "], "--gain ` `: give a positive number"),
        (vec!["--gain", ""], "--gain ``: give a positive number"),
        (vec!["--depth"], "--depth has no value; write one after it, such as --depth 50"),
        (vec!["--threads", "--json"], "--threads has no value; write --threads N"),
        (vec!["--threads", "1025"], "--threads 1025: give at most 1024"),
        (vec!["--threads", "-1"], "--threads -1: give a whole number, at least 1 and at most 1024"),
        (vec!["--memory", "-1"], "--memory -1: give a size such as 2GiB or 500MB"),
        (vec!["--theme", "ligth"], "--theme ligth: give light or dark; did you mean light?"),
        (vec!["--theme", ""], "--theme has no value; give light or dark"),
        (vec!["--json=yes"], "--json yes: give record or summary"),
        (vec!["--json=record", "--json"], "--json is given twice: keep one"),
        (vec!["--output-format", "gitlab"], "--output-format gitlab: give text or github"),
        (vec!["--bias=yes"], "--bias takes no value: leave out `=yes`"),
        (vec!["--depth", "3", "--depth", "4"], "--depth is given twice: keep one"),
        (vec!["-depth", "3"], "-depth: a long option begins with two hyphens; write --depth"),
        (vec!["--act", "elu:0.5 (alpha = 2)"], "the text in parentheses does not match `elu:0.5`; leave it out"),
        (
            vec!["--formats", "f16, loss ×2^10"],
            "`loss ×2^10` is the loss scale of all precisions; leave it out and give --loss-scale 2^10",
        ),
        (vec!["--formats", "f16 (loss ×2^-3)"], "leave it out and give --loss-scale 2^-3"),
        (vec!["--loss-scale", "2^999"], "--loss-scale 2^999: give a power of two from 2^-256 to 2^256"),
        (vec!["--truth-bits", "4"], "--truth-bits 4: give 8 to 8192"),
        (vec!["--data", "digit"], "unknown data `digit`; did you mean `digits`?"),
        (vec!["--init", "torch", "--gain", "1"], "--gain 1: --init torch has a fixed gain; leave --gain out"),
        (vec!["--init", "lecun", "--gain", "1"], "leave --gain out or give --init xavier"),
        (vec!["--init", "kaiming", "--act", "relu,elu"], "has no gain for elu; use --init preserve or give --gain"),
        (vec!["--init", "orthogonal", "--gain", "1e6"], "weights would exceed f16's range; give at most 65280"),
        (vec!["--residual", "--depth", "1", "--width", "8"], "64 inputs and 8 outputs; give --depth 2 or --width 64"),
        (vec!["--init", "perserve"], "unknown init `perserve`; did you mean `preserve`? (or give --gain)"),
        (
            vec!["--init", "he_uniform"],
            "unknown init `he_uniform`; did you mean `he`, whose weights are normal with that variance?\n",
        ),
        (
            vec!["--init", "kaiming_uniform_"],
            "did you mean `kaiming`, whose weights are normal, or `torch`, nn.Linear's default?\n",
        ),
        (
            vec!["--init", "zeros"],
            "unknown init `zeros`: give one of preserve, kaiming, xavier, lecun, torch, orthogonal, or --gain\n",
        ),
        (
            vec!["--layers", "5"],
            "--layers 5: --layers prints every layer and takes no value; did you mean --depth 5?\n",
        ),
        (vec!["--layers=5"], "--layers=5: --layers prints every layer and takes no value; did you mean --depth 5?\n"),
        (vec!["--details", "5"], "--details 5: --details takes no value; leave out `5`\n"),
        (vec!["audit", "--layers", "5"], "--layers 5: --layers prints every layer and takes no value; leave out `5`\n"),
        (vec!["train", "--layers", "5"], "--layers: `train` has no such option; did you mean --depth?\n"),
        (vec!["train", "--epochs", "3"], "--epochs: `train` has no such option; did you mean --steps?\n"),
        (
            vec!["--epochs", "3"],
            "--epochs: `precision-probe` has no such option; did you mean --steps of `precision-probe train`?\n",
        ),
        (
            vec!["--fail-on", "sound@"],
            "--fail-on sound@: a precision is missing after @; write sound@f16:acc=f32, or sound for any\n",
        ),
        (
            vec!["--fail-on", "not-established@ ", "--formats", "bf16"],
            "write not-established@bf16, or not-established for any\n",
        ),
        (
            vec!["--data", "digts"],
            "unknown data `digts`; did you mean `digits`? (`digits`, `gaussian`, or a .safetensors or .npz file)\n",
        ),
        (
            vec!["--loss-scale", "18446744073709551615"],
            "--loss-scale 18446744073709551615: give a power of two, such as",
        ),
        (vec!["--loss-scale", "1000"], "--loss-scale 1000: give a power of two, such as 1024 or 2^10, or auto"),
        (vec!["--loss-scale", "-2"], "--loss-scale -2: give a power of two"),
        (vec!["--loss-scale", "inf"], "--loss-scale inf: give a power of two"),
        (vec!["--attribute", "some"], "--attribute some: give narrow, all or none"),
        (vec!["--threads", "0"], "--threads 0: give a positive number, or leave it out for one per core"),
        (vec!["--depth", "1000000", "--width", "1000000"], "this run needs at least 16.0 EiB of memory but only "),
        (vec!["--fail-on", "chaos"], "--fail-on chaos: unknown verdict `chaos`; did you mean `chaotic`?"),
        (vec!["--fail-on", "noisy@e5m2"], "`e5m2` is not among --formats "),
        (vec!["--fail-on", "noisy@f17"], "unknown format `f17`; did you mean `f16`?"),
        (vec!["--json", "--layers"], "--json and --layers cannot be used together: leave one out"),
        (vec!["--speed"], "--speed: `precision-probe` has no such option; did you mean --seed?"),
        (vec!["--formt", "f16"], "--formt: `precision-probe` has no such option; did you mean --formats?"),
        (vec!["-x"], "-x: `precision-probe` has no such option; leave it out, or see `precision-probe --help`"),
        (
            vec!["--xyzzy=1"],
            "--xyzzy: `precision-probe` has no such option; leave it out, or see `precision-probe --help`",
        ),
    ]
}

/// Skips, their exact scale and a given gain's init are told, and name the directory.
#[test]
fn residual_networks_are_told() {
    let place = Place::new();
    let output = place.small(&["--residual", "--init", "glorot", "--gain", "1.25", "--formats", "f16", "--details"]);
    let (text, name) = (text(&output), place.latest());
    assert!(name.starts_with("reports/leaky-4x6-f16-batch-3-trials-2-init-xavier-"), "{name}");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "leaky (slope = 0.010009765625), depth 4, width 6, no biases, residual (scale 0.5)");
    assert!(lines[1].ends_with("gain 1.25 (given, init xavier)"), "{text}");
    assert!(text.ends_with(&format!("Picture: {name}/summary.png\n")), "{text}");
    let torch = place.small(&["--init", "torch", "--formats", "f16", "--out", "torch"]);
    assert!(self::text(&torch).contains("width 6, biases; "), "torch has biases");
}

/// Status 2, the fix in one sentence on the error stream, nothing printed, nothing written.
#[test]
fn wrong_input_is_told_with_its_fix_and_writes_nothing() {
    for (arguments, words) in wrong_inputs() {
        let place = Place::new();
        let output = place.run(&arguments);
        assert_eq!((status(&output), text(&output).as_str()), (2, ""), "{arguments:?}");
        let message = error(&output);
        assert!(message.starts_with("error: ") && message.contains(words), "{arguments:?}: {message}");
        assert!(!message.contains('\u{1b}') && !message.contains("panicked"), "{arguments:?}: {message}");
        assert!(place.entries().is_empty(), "{arguments:?} wrote {:?}", place.entries());
    }
}

/// A symbolic link that leads to itself is a file that cannot be read, in one sentence, whatever it is called.
#[cfg(unix)]
#[test]
fn a_loop_of_links_is_refused_in_one_sentence() {
    let place = Place::new();
    for (one, other) in [("a", "b"), ("c.npz", "d.npz")] {
        std::os::unix::fs::symlink(other, place.path().join(one)).unwrap();
        std::os::unix::fs::symlink(one, place.path().join(other)).unwrap();
        let output = place.run(&["--data", one]);
        let message = error(&output);
        assert_eq!(status(&output), 2, "{message}");
        assert!(message.starts_with(&format!("error: `{one}` cannot be read (")), "{message}");
        assert!(message.ends_with("): give another file\n") && message.lines().count() == 1, "{message}");
    }
}

/// What reports print of an option, the option takes: loss scales, activations with their constants, verdicts, sizes.
#[test]
fn options_take_what_reports_print() {
    let place = Place::new();
    let record = |more: &[&str]| {
        let output = place.small(&[&["--formats", "f16", "--json", "--out", "there", "--force"], more].concat());
        Record::from_json(&text(&output)).unwrap()
    };
    let scaled = record(&["--loss-scale", "1024"]);
    for scale in ["2^10", "×2^10", "2¹⁰", "1024.0"] {
        assert_eq!(record(&["--loss-scale", scale]), scaled, "{scale}");
    }
    let printed = text(&place.small(&["--formats", "f16", "--loss-scale", "2^10", "--out", "there", "--force"]));
    assert!(printed.contains("f16, loss ×2^10"), "{printed}");
    let both = record(&["--act", "hardtanh:-2:2,elu:0.5"]);
    let act = "hardtanh:-2:2 (least = -2, largest = 2),elu:0.5 (alpha = 0.5)";
    assert_eq!(record(&["--act", act]), both);
    record(&["--memory", "16.0 EiB"]);
    for name in ["f16, loss ×2^10", "f16 (loss ×2^10)"] {
        let condition = format!("sound@{name}");
        let more = ["--formats", "f16", "--loss-scale", "2^10", "--out", "there", "--force", "--fail-on", &condition];
        assert_eq!(status(&place.run(&[&SMALL[..], &more].concat())), 3, "{condition}");
    }
}

/// The record on the output stream and nothing on the other, notes included.
#[test]
fn quiet_and_json_go_together() {
    let place = Place::new();
    let tiny = &["--depth", "2", "--width", "3", "--batch", "2", "-q", "--json"][..];
    place.small(&["--formats", "f16", "--export", "x", "--out", "first", "-q"]);
    let files =
        ["--weights", "x/network.safetensors", "--data", "x/batch.safetensors", "--act", "relu", "-q", "--json"];
    for (command, file) in [
        ([tiny, &["--trials", "1", "--formats", "f16", "--out", "main"]].concat(), "main/record.json"),
        ([&["law"], tiny, &["--trials", "1", "--bits", "4..6", "--out", "law"]].concat(), "law/law.json"),
        (
            [
                &["train"],
                tiny,
                &[
                    "--steps",
                    "2",
                    "--minibatches",
                    "2",
                    "--formats",
                    "f16",
                    "--act",
                    "relu",
                    "--resume",
                    "--out",
                    "train",
                ],
            ]
            .concat(),
            "train/training.json",
        ),
        ([&files[..], &["--formats", "f16", "--out", "files"]].concat(), "files/record.json"),
        (
            [&["audit"], &files[..], &["--compare", "a=x/gradients.f16.safetensors", "--out", "audit"]].concat(),
            "audit/record.json",
        ),
    ] {
        let output = place.run(&command);
        assert_eq!((status(&output), error(&output).as_str()), (0, ""), "{command:?}");
        assert!(output.stdout == place.read(file), "{command:?} prints {file}");
    }
    // A study takes too long: it is refused for its place, not for its options.
    let output = place.run(&["study", "leaky-vs-relu", "--json", "-q", "--out", "main"]);
    assert!(error(&output).contains("`main` is not empty"), "{}", error(&output));
}

/// Threads that the system does not start: one sentence and no panic.
#[test]
fn threads_that_cannot_be_started_are_refused() {
    let place = Place::new();
    let program = assert_cmd::cargo::cargo_bin("precision-probe");
    let mut limited = std::process::Command::new("bash");
    limited.current_dir(place.path()).args(["-c", "ulimit -v 600000; exec \"$@\"", "bash"]).arg(program);
    // A limit that is given is not looked up.
    limited.args(SMALL).args(["--threads", "1024", "--memory", "8GiB", "--out", "there"]);
    let output = limited.output().unwrap();
    assert_eq!((status(&output), text(&output).as_str()), (2, ""), "{}", error(&output));
    let message = error(&output);
    assert!(message.starts_with("error: the system cannot start 1024 threads ("), "{message}");
    assert!(message.ends_with("): give fewer, such as --threads 1\n"), "{message}");
}

/// The second line repeats what was typed, the third points below the character, counted in characters.
#[test]
fn a_wrong_arithmetic_is_pointed_at() {
    for (typed, column) in [
        ("f17", 1),
        ("f16:é=f32", 5),
        ("f16:acc=f17", 9),
        ("f16:acc", 8),
        ("f16:acc=f32:acc=f64", 13),
        ("f16:sum=kahn", 9),
        ("f16:sum=block=1", 9),
        ("bf16:sum=v100", 6),
        ("f16:operands=mxfp9", 14),
        ("mpfr:1", 1),
        ("f16:acc=é", 9),
    ] {
        let place = Place::new();
        let output = place.run(&["--formats", typed]);
        let message = error(&output);
        let lines: Vec<&str> = message.lines().collect();
        assert_eq!((status(&output), lines.len()), (2, 3), "{message}");
        assert!(lines[0].starts_with(&format!("error: precision `{typed}`, character {column}: ")), "{message}");
        assert_eq!(lines[1], format!("  {typed}"));
        assert_eq!(lines[2], format!("  {}^", " ".repeat(column - 1)));
    }
    // What could stand at the character is listed.
    for (typed, listed) in [
        ("f16:ac=f32", "`acc=FORMAT`, `sum=sequential|fma|pairwise|kahan|block=N|exact|GPU`, `promote=N`"),
        ("f16:sum=kahn", "`sequential`, `fma`, `pairwise`, `kahan`, `block=N`, `exact`, and the GPUs `v100`"),
        ("forward=f16/backwrad=f32", "`storage`, `forward` and `backward` are valid"),
        ("amp-f16", "`amp-fp16`, `amp-bf16`, `fp8-hybrid`, `deepseek-fp8`, `mxfp8`, `nvfp4` are valid"),
        ("f17", "any `eXmY` and `mpfr:N` work too"),
    ] {
        let message = error(&Place::new().run(&["--formats", typed]));
        assert!(message.contains(listed), "{message}");
    }
    let output = Place::new().run(&["--formats", "forward=f16/backward=f23"]);
    assert!(
        error(&output).starts_with("error: precision `forward=f16/backward=f23`, character 22: unknown format `f23`")
    );
}

/// Every path of the processor writes the same record; a name that is none is refused.
#[test]
fn a_forced_path_changes_no_byte() {
    let place = Place::new();
    let spec = ["--act", "leaky,gelu", "--formats", "f16,bf16:acc=f32,e4m3fn,f16:sum=exact,f64,mpfr:11", "--quiet"];
    let run = |path: &str, out: &str| {
        let mut command = place.command(&[&SMALL[..], &spec, &["--out", out]].concat());
        command.env("PRECISION_PROBE_PATH", path).output().unwrap()
    };
    assert_eq!(status(&run("portable", "portable")), 0);
    for path in kernels::Path::ALL.into_iter().filter(|path| path.is_available()) {
        assert_eq!(status(&run(path.name(), path.name())), 0);
        let records = ["portable", path.name()].map(|path| place.read(&format!("{path}/record.json")));
        assert!(records[0] == records[1], "{}", path.name());
    }
    let output = run("avx1024", "there");
    assert_eq!((status(&output), text(&output).as_str()), (2, ""));
    assert!(error(&output).starts_with("error: PRECISION_PROBE_PATH=avx1024: this processor has portable"));
}

#[test]
fn a_backtrace_setting_changes_no_message() {
    let place = Place::new();
    let plain = place.run(&["--depth", "0"]);
    let set = place.command(&["--depth", "0"]).env("RUST_BACKTRACE", "1").output().unwrap();
    assert_eq!(plain, set);
}

/// A place below a regular file can be written by no one, root included.
#[test]
fn an_unwritable_place_is_refused_before_measuring() {
    let place = Place::new();
    fs::write(place.path().join("file"), "words").unwrap();
    for out in ["file", "file/below", "/dev/null/below"] {
        // The default network takes many seconds: it is not measured.
        let output = place.run(&["--out", out]);
        assert_eq!((status(&output), text(&output).as_str()), (2, ""));
        let message = error(&output);
        assert!(message.starts_with(&format!("error: cannot write to `{out}` (")), "{message}");
        assert!(message.ends_with("): choose another place with --out DIR\n"), "{message}");
    }
    assert_eq!(place.entries(), ["file"]);
    assert_eq!(place.read("file"), b"words");
}

/// Whoever closes the pipe early has read enough: no message, and the verdict still counts.
#[test]
fn a_closed_pipe_ends_quietly() {
    let place = Place::new();
    for (more, expected) in [(&["--layers"][..], 0), (&["--json"], 0), (&["--fail-on", "sound"], 3)] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("precision-probe"));
        command.current_dir(place.path()).args(SMALL).args(["--out", "there"]).args(more);
        let output = command.stdout(writer).stderr(std::process::Stdio::piped()).spawn().unwrap();
        let output = output.wait_with_output().unwrap();
        assert_eq!(status(&output), expected, "{more:?}");
        let is_explained =
            error(&output).starts_with("failed: --fail-on sound: ") && error(&output).lines().count() == 1;
        assert!(error(&output).is_empty() || expected == 3 && is_explained, "{more:?}: {}", error(&output));
        assert_eq!(place.entries().len(), ENTRIES);
    }
}

/// This verdict or a more severe one at layer 1, in any arithmetic or in the one named; any of several.
#[test]
fn fail_on_exits_with_three() {
    let place = Place::new();
    let status_of = |conditions: &[&str]| {
        let mut arguments = [&SMALL[..], &["--formats", "f64,e5m2", "--quiet"]].concat();
        conditions.iter().for_each(|condition| arguments.extend(["--fail-on", condition]));
        status(&place.run(&arguments))
    };
    // f64 is sound and e5m2, two significant bits beside the implicit one, is at least noisy.
    for (conditions, expected) in [
        (&["sound"][..], 3),
        (&["sound@f64"], 3),
        (&["noisy"], 3),
        (&["noisy@e5m2"], 3),
        (&["noisy@float8_e5m2"], 3),
        (&["noisy@f64"], 0),
        (&["overflow"], 0),
        (&["not-established"], 0),
        (&["noisy@f64", "overflow"], 0),
        (&["noisy@f64", "noisy"], 3),
    ] {
        assert_eq!(status_of(conditions), expected, "{conditions:?}");
    }
}

/// A report is written before the status says that a verdict was reached.
#[test]
fn fail_on_still_reports() {
    let place = Place::new();
    let output = place.run(&[&SMALL[..], &["--fail-on", "sound", "--out", "there"]].concat());
    assert_eq!(status(&output), 3);
    assert!(text(&output).contains(
        "
Report: there/report.html "
    ));
    assert!(error(&output).starts_with("failed: --fail-on sound: "), "{}", error(&output));
}

#[test]
fn help_has_headings_and_three_worked_examples() {
    let place = Place::new();
    let help = text(&place.run(&["--help"]));
    let (options, examples) = help.split_once("\nExamples:\n").expect("examples");
    for heading in ["Network:", "Data:", "Precision:", "Output:", "Resources:"] {
        assert!(options.lines().any(|line| line == heading), "{heading}");
    }
    let commands: Vec<&str> =
        examples.lines().map(str::trim).filter(|line| line.starts_with("precision-probe")).collect();
    assert_eq!(commands.len(), 3, "{examples}");
    assert!(commands.contains(&"precision-probe"), "the main job needs no option");
    assert!(help.lines().all(|line| line.chars().count() <= 100), "{help}");
    // The examples are real: with a wrong depth they fail for the depth alone.
    for command in commands {
        let words = command.split_whitespace().skip(1).filter(|word| !["--depth", "100"].contains(word));
        let arguments: Vec<&str> = words.chain(["--depth", "0"]).collect();
        assert!(error(&place.run(&arguments)).starts_with("error: --depth 0: "), "{command}");
    }
}

/// The networks that show each mode of saturation, in words and in the record.
#[test]
fn each_mode_of_saturation_is_named() {
    for (arguments, opening) in [
        (
            &["--act", "sigmoid", "--depth", "30", "--width", "8", "--formats", "f16"][..],
            "In f16 the gradient of layer 1 underflows",
        ),
        (
            &["--act", "relu", "--depth", "12", "--width", "3", "--formats", "f16"],
            "The exact gradient of layer 1 is zero in 4 of 5 trials because",
        ),
        (
            &["--act", "leaky", "--depth", "20", "--width", "8", "--gain", "6", "--formats", "f16"],
            "In f16 the gradient of layer 1 overflows",
        ),
        (
            &["--act", "leaky", "--depth", "12", "--width", "8", "--formats", "e5m2"],
            "In e5m2 the gradient of layer 1 is noisy",
        ),
    ] {
        let place = Place::new();
        let output = place.run(&[arguments, &["--batch", "4"]].concat());
        assert_eq!(status(&output), 0, "{}", error(&output));
        let text = text(&output).replace('\n', " ");
        assert!(text.contains(opening), "{text}");
    }
}

/// A killed run leaves whole files or none, and the same spec may run again in its directory.
#[test]
fn a_killed_run_leaves_nothing_half_written() {
    let place = Place::new();
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("precision-probe"));
    command.current_dir(place.path()).args(["--trials", "1000", "--quiet", "--out", "there"]);
    let mut child = command.spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(place.entries().iter().all(|entry| entry == "there/"), "{:?}", place.entries());
    place.small(&["--out", "there", "--quiet"]);
}

/// A run of many minutes that writes to `there`, begun and killed when dropped.
struct Running(std::process::Child);

impl Running {
    fn new(place: &Place, more: &[&str]) -> Running {
        let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("precision-probe"));
        command.current_dir(place.path()).args(["--trials", "1000", "--quiet", "--out", "there"]).args(more);
        let running = Running(command.spawn().expect("the command starts"));
        let began = Instant::now();
        while !place.path().join("there").exists() && began.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(5));
        }
        // It locks the folder at once when it is made.
        std::thread::sleep(Duration::from_millis(200));
        running
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().expect("it runs");
        self.0.wait().expect("it ends");
    }
}

/// Whatever the second run is, and however it writes the folder's name; once the first is killed, the folder is free.
#[test]
fn a_folder_is_written_by_one_run_at_a_time() {
    let place = Place::new();
    place.small(&["--out", "other", "--quiet"]);
    #[cfg(unix)]
    std::os::unix::fs::symlink("there", place.path().join("link")).unwrap();
    let running = Running::new(&place, &["--export", "gradients"]);
    let before = place.entries();
    let out = if cfg!(unix) { "link" } else { "there" };
    for (arguments, option, folder) in [
        (&["--out", "there"][..], "--out", "there"),
        (&["--out", "other/../there", "--force"], "--out", "other/../there"),
        (&["law", "--out", out], "--out", out),
        (&["train", "--out", "there"], "--out", "there"),
        (&["study", "leaky-vs-relu", "--out", "there"], "--out", "there"),
        (&["report", "other", "--out", "there"], "--out", "there"),
        (&["--out", "new", "--export", "gradients"], "--export", "gradients"),
    ] {
        let output = place.run(arguments);
        let message = format!(
            "error: another run is writing to `{folder}`: wait until it has ended, or choose another place with {option} \
             DIR\n"
        );
        assert_eq!((status(&output), text(&output).as_str(), error(&output)), (2, "", message), "{arguments:?}");
    }
    assert_eq!(place.entries(), before, "nothing is left behind");
    drop(running);
    // The lock of a killed run is void.
    place.small(&["--out", "there", "--export", "gradients", "--quiet"]);
    assert_eq!(fs::read_dir(place.path().join("there")).unwrap().count(), 12, "no file of the lock is left");
}

/// Removed are files of our own names whose process has ended, and nothing else.
#[cfg(target_os = "linux")]
#[test]
fn half_written_files_of_dead_processes_go() {
    let place = Place::new();
    let small = ["--out", "there", "--export-md", "table.md", "--export", "gradients", "--quiet"];
    place.small(&small);
    let before = place.entries();
    let mut dead = std::process::Command::new("true").spawn().unwrap();
    dead.wait().unwrap();
    let (dead, alive) = (dead.id(), std::process::id());
    let gone = ["there/record.json", "there/panels/noise.svg", "table.md", "gradients/truth.json"];
    let gone = gone.map(|name| format!("{name}.{dead}-12.partial"));
    let kept = [
        format!("there/record.json.{alive}-0.partial"),
        format!("there/record.json.{dead}.partial"),
        format!("there/record.json.{dead}-0.partial.txt"),
        "there/thesis.partial".into(),
        format!("other.md.{dead}-0.partial"),
    ];
    gone.iter().chain(&kept).for_each(|name| fs::write(place.path().join(name), "half").unwrap());
    let folder = format!("there/panels.{dead}-0.partial/");
    fs::create_dir(place.path().join(&folder)).unwrap();
    place.small(&small);
    let mut expected: Vec<String> = before.into_iter().chain(kept).chain([folder]).collect();
    expected.sort();
    assert_eq!(place.entries(), expected);
}

/// What cannot be replaced by a file of the report is found before anything is measured (the default specs take minutes),
/// and the message names it.
#[test]
fn every_file_of_a_report_is_tried_beforehand() {
    let place = Place::new();
    fs::create_dir(place.path().join("wrong")).unwrap();
    fs::write(place.path().join("wrong/panels"), "words").unwrap();
    for name in ["report.html", "law.png", "steps.csv", "claim-f.svg"] {
        fs::create_dir_all(place.path().join(format!("{name}-is-a-folder/{name}"))).unwrap();
    }
    let before = place.entries();
    for (command, name) in [
        (&[][..], "report.html"),
        (&["law"], "law.png"),
        (&["train"], "steps.csv"),
        (&["study", "leaky-vs-relu"], "claim-f.svg"),
    ] {
        let out = format!("{name}-is-a-folder");
        let output = place.run(&[command, &["--force", "--out", &out]].concat());
        let message = format!(
            "error: `{out}/{name}` is a directory, and the report has a file there: choose another place with --out DIR\n"
        );
        assert_eq!((status(&output), text(&output).as_str(), error(&output)), (2, "", message), "{command:?}");
    }
    let output = place.run(&["--force", "--out", "wrong"]);
    assert_eq!(status(&output), 2);
    assert!(error(&output).starts_with("error: `wrong/panels` is no directory, and"), "{}", error(&output));
    assert_eq!(place.entries(), before);
}
