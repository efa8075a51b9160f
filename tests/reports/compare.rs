//! `--act` with a list: what is written, printed and recorded when activations are compared.

use crate::common::tables;
use assert_cmd::Command;
use precision_probe::activation::ALL;
use precision_probe::record::Record;
use std::fs;
use std::path::Path;
use std::process::Output;
use tempfile::TempDir;

/// The tables of a report.
const TABLES: [&str; 4] = ["remedies.csv", "sources.csv", "summary.csv", "trials.csv"];

const SMALL: [&str; 8] = ["--depth", "3", "--width", "5", "--batch", "3", "--trials", "2"];

fn run(place: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::cargo_bin("precision-probe").expect("the binary is built");
    command.current_dir(place).args(SMALL).args(arguments).output().expect("the command starts")
}

fn text(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn listing(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("it can be listed");
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into()).collect();
    names.sort();
    names
}

/// What a report holds besides its tables, which must be there.
fn listing_without_tables(directory: &Path) -> Vec<String> {
    let (tables, others): (Vec<String>, Vec<String>) =
        listing(directory).into_iter().partition(|name| name.ends_with(".csv"));
    assert_eq!(tables, TABLES);
    others
}

#[test]
fn a_comparison_has_a_picture_each_and_one_of_all() {
    let place = TempDir::new().unwrap();
    let text = text(&run(place.path(), &["--act", "ReLU, leaky:0.2,tanh", "--formats", "f16,f32"]));
    let name = fs::read_link(place.path().join("reports/latest")).expect("a link").display().to_string();
    assert!(name.starts_with("relu+2more-3x5-f16+f32-batch-3-trials-2-"), "{name}");
    let directory = place.path().join("reports").join(&name);
    let files = [
        "compare.png",
        "compare.svg",
        "leaky-0.2001953125-details.png",
        "leaky-0.2001953125-details.svg",
        "leaky-0.2001953125.png",
        "leaky-0.2001953125.svg",
        "panels",
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
        "tanh-details.png",
        "tanh-details.svg",
        "tanh.png",
        "tanh.svg",
        "trials.csv",
    ];
    assert_eq!(listing(&directory), files);
    for file in files.iter().filter(|file| file.ends_with(".png")) {
        assert_eq!(fs::read(directory.join(file)).unwrap()[..8], *b"\x89PNG\r\n\x1a\n", "{file}");
    }
    assert!(text.contains(&format!("\nReport: reports/{name}/report.html")), "{text}");
    assert!(text.contains("\n\nAt layer 1 in f16"), "{text}");
    for activation in ["relu", "leaky:0.2001953125", "tanh"] {
        for arithmetic in ["f16", "f32"] {
            let row = |line: &&str| line.split_whitespace().take(2).eq([arithmetic, activation]);
            assert_eq!(text.lines().filter(row).count(), 1, "{arithmetic} {activation}: {text}");
        }
    }
    let trials = tables::rows(&fs::read_to_string(directory.join("trials.csv")).unwrap());
    assert_eq!(trials.len(), 3 * 2 * 4 * 2 * 2, "activations, precisions, layers, trials, tensors");
}

/// Every activation sees the same draws as alone: its section is the single run's, to the last byte.
#[test]
fn runs_of_a_list_are_those_of_single_runs() {
    let place = TempDir::new().unwrap();
    let record = |act: &str| {
        let output = run(place.path(), &["--act", act, "--bias", "--formats", "f16,e5m2:acc=f32,f64", "--json"]);
        Record::from_json(&text(&output)).unwrap()
    };
    let list = ["relu", "prelu", "elu:0.5", "sigmoid"];
    let all = record(&list.join(","));
    assert_eq!(all.spec.activations, list);
    assert_eq!(all.runs.len(), list.len());
    for (name, run) in list.iter().zip(&all.runs) {
        assert_eq!(record(name).runs, std::slice::from_ref(run), "{name}");
    }
}

#[test]
fn all_is_the_whole_catalogue() {
    let place = TempDir::new().unwrap();
    let text = text(&run(place.path(), &["--act", "all", "--formats", "f16", "--out", "there"]));
    let json = fs::read_to_string(place.path().join("there/record.json")).unwrap();
    let names: Vec<String> = ALL.iter().map(|activation| activation.name()).collect();
    let record = Record::from_json(&json).unwrap();
    assert_eq!(record.spec.activations, names);
    let mut files = ["panels", "record.json", "report.html", "run.json"].map(String::from).to_vec();
    files.extend(TABLES.map(String::from));
    let stems = names.iter().flat_map(|name| [name.clone(), format!("{name}-details")]);
    for stem in stems.chain(["compare".into()]) {
        files.extend(["png", "svg"].map(|ending| format!("{stem}.{ending}")));
    }
    files.sort();
    assert_eq!(listing(&place.path().join("there")), files);
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    let again = run(place.path(), &["--act", &names.join(","), "--formats", "f16", "--out", "there", "--quiet"]);
    assert_eq!((again.status.code(), again.stdout.len(), again.stderr.len()), (Some(0), 0, 0), "the same spec");
}

#[test]
fn layers_follow_the_comparison() {
    let place = TempDir::new().unwrap();
    let text = text(&run(place.path(), &["--act", "relu,tanh", "--formats", "f16,f64", "--layers"]));
    let places: Vec<usize> =
        ["\nprecision  act", "\nrelu, f16, every layer:", "\ntanh, f64, every layer:", "\nAt layer 1 in f16"]
            .iter()
            .map(|words| text.find(words).unwrap_or_else(|| panic!("{words:?} is missing: {text}")))
            .collect();
    assert!(places.is_sorted(), "{text}");
    assert_eq!(text.matches("every layer:").count(), 4 + 2, "two arithmetics each, and the sources of the first");
}

/// One verdict in the last activation is enough.
#[test]
fn fail_on_looks_at_every_activation() {
    let place = TempDir::new().unwrap();
    let status = |act: &str, condition: &str| {
        let network = ["--act", act, "--gain", "0.5", "--formats", "f64,e4m3fn", "--quiet", "--fail-on", condition];
        let output = run(place.path(), &network);
        output.status.code()
    };
    // A gain of 0.5 leaves sigmoid's gradient below what e4m3fn holds, and identity's within.
    assert_eq!(status("identity", "vanished@e4m3fn"), Some(0));
    assert_eq!(status("sigmoid", "vanished@e4m3fn"), Some(3));
    assert_eq!(status("identity,sigmoid", "vanished@e4m3fn"), Some(3));
    assert_eq!(status("identity,sigmoid", "vanished@f64"), Some(0));
}

#[test]
fn wrong_lists_are_told_with_their_fix() {
    let place = TempDir::new().unwrap();
    for (act, words) in [
        ("relu,laeky", "unknown activation `laeky`; did you mean `leaky`?"),
        ("relu,", "an empty activation is given; write --act leaky"),
        ("relu,tanh,ReLU", "activation `ReLU` is given twice; keep one"),
        ("leaky,leaky:0.01", "activation `leaky:0.01` is given twice; keep one"),
        ("relu,all", "--act relu,all: `all` already includes every activation; give it alone"),
    ] {
        let output = run(place.path(), &["--act", act]);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), message), (Some(2), format!("error: {words}\n")), "{act}");
    }
    assert!(listing(place.path()).is_empty());
}

/// What a forced report replaces does not stay beside it.
#[test]
fn pictures_of_the_replaced_report_are_removed() {
    let place = TempDir::new().unwrap();
    let there = place.path().join("there");
    let write = |act: &str| text(&run(place.path(), &["--act", act, "--formats", "f16", "--out", "there", "--force"]));
    write("relu,tanh");
    fs::write(there.join("thesis.txt"), "words").unwrap();
    write("tanh");
    let pictures = ["details.png", "details.svg", "panels", "record.json", "report.html", "run.json"];
    let single = pictures.into_iter().chain(["summary.png", "summary.svg", "thesis.txt"]).collect::<Vec<_>>();
    assert_eq!(listing_without_tables(&there), single);
    let panels = ["attribution", "fates", "flips", "histogram", "noise", "range", "sources"];
    let both = panels.iter().flat_map(|panel| ["png", "svg"].map(|ending| format!("{panel}.{ending}")));
    assert_eq!(listing(&there.join("panels")), both.collect::<Vec<_>>(), "no folder of relu or tanh");
    write("tanh,elu");
    assert_eq!(
        listing_without_tables(&there),
        [
            "compare.png",
            "compare.svg",
            "elu-details.png",
            "elu-details.svg",
            "elu.png",
            "elu.svg",
            "panels",
            "record.json",
            "report.html",
            "run.json",
            "tanh-details.png",
            "tanh-details.svg",
            "tanh.png",
            "tanh.svg",
            "thesis.txt"
        ]
    );
    assert_eq!(listing(&there.join("panels")), ["elu", "tanh"]);
    assert_eq!(listing(&there.join("panels/elu")).len(), 14);
}
