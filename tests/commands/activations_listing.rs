//! `activations` as its users meet it, against the library's own numbers.

use assert_cmd::Command;
use precision_probe::activation::{
    ALL, Activation, Piece, derivative_second_moment, mean_field, preserving_gain, second_moment,
};
use precision_probe::report::numbers::{Notation::Plain, short};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Output;
use tempfile::TempDir;

fn run(place: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::cargo_bin("precision-probe").unwrap();
    command.current_dir(place).arg("activations").args(arguments).output().unwrap()
}

fn printed_in(place: &Path, arguments: &[&str]) -> String {
    let output = run(place, arguments);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), error.as_ref()), (Some(0), ""), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn printed(arguments: &[&str]) -> String {
    printed_in(TempDir::new().unwrap().path(), arguments)
}

fn json(arguments: &[&str]) -> Vec<Value> {
    let document: Value = serde_json::from_str(&printed(arguments)).unwrap();
    assert_eq!(document["schema"], "precision-probe-activations/1");
    document["activations"].as_array().unwrap().clone()
}

/// The cells of a line of a table, which stand two spaces apart or more.
fn cells(line: &str) -> Vec<&str> {
    line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect()
}

#[test]
fn the_table_has_every_activation_with_the_librarys_numbers() {
    let text = printed(&[]);
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(cells(lines[0]), ["activation", "kinks", "Λ₁", "Λ₂", "gain", "χ₁", "constants"]);
    let mut constants = Vec::new();
    for (activation, line) in ALL.iter().zip(&lines[1..]) {
        let cells = cells(line);
        assert_eq!(cells[0].split(['[', ':']).next(), Some(activation.name().as_str()));
        let gain = preserving_gain(activation);
        let field = mean_field(activation, gain, 0.0, 1);
        let mark = if field.describe().contains("unstable") { "*" } else { "" };
        assert_eq!(cells[4..6], [short(gain, Plain), short(field.chi1, Plain) + mark], "{line}");
        let most = |of: &dyn Fn(Piece) -> f64| (0..activation.pieces()).map(|i| of(Piece(i as u8))).fold(0.0, f64::max);
        assert_eq!(cells[3], short(most(&|piece| activation.curvature(piece)), Plain), "{line}");
        if *activation != Activation::ReluSquared {
            assert_eq!(cells[2], short(most(&|piece| activation.lipschitz(piece).at(0.0)), Plain), "{line}");
        }
        constants.push(cells.get(6).map_or(0, |cell| cell.split(", ").count()));
    }
    assert_eq!(constants, ALL.map(|activation| activation.constants().len()));
    assert_eq!(lines[1 + ALL.len()], "", "then the notes");
    let row = |name: &str| cells(lines.iter().find(|line| line.starts_with(name)).unwrap());
    assert_eq!(row("relu2")[..3], ["relu2", "0 (φ'')", "2|x|"]);
    assert_eq!(row("hardshrink")[1], "±0.5 (φ)");
    assert_eq!(row("relu6")[1], "0, 6");
    assert_eq!(row("threshold")[0], "threshold[:THRESHOLD:VALUE]");
    assert_eq!(row("leaky")[6], "slope = 0.010009765625");
}

#[test]
fn json_has_every_number_in_full() {
    let all = json(&["--json"]);
    assert_eq!(all.len(), ALL.len());
    let more = ["leaky:0.2", "hardtanh:-8:0.5", "swish:2", "threshold:-1:2", "elu:0.5"];
    let entries = all.iter().cloned().zip(ALL);
    let more = more.iter().map(|name| (json(&[name, "--json"]).remove(0), Activation::parse(name).unwrap()));
    for (entry, activation) in entries.chain(more) {
        assert_eq!(entry["name"], activation.name());
        let gain = preserving_gain(&activation);
        let field = mean_field(&activation, gain, 0.0, 1);
        for (name, expected) in [
            ("second_moment", second_moment(&activation, 1.0)),
            ("derivative_second_moment", derivative_second_moment(&activation, 1.0)),
            ("preserving_gain", gain),
            ("chi1", field.chi1),
            ("variance_slope", field.variance_slope),
        ] {
            assert_eq!(entry[name].as_f64(), Some(expected), "{activation} {name}");
        }
        assert_eq!(entry["phase"], field.describe());
        let pieces = entry["pieces"].as_array().unwrap();
        assert_eq!(pieces.len(), activation.pieces());
        for (index, found) in pieces.iter().enumerate() {
            let piece = Piece(index as u8);
            let bound = activation.lipschitz(piece);
            assert_eq!(found["lipschitz"]["constant"].as_f64(), Some(bound.constant));
            assert_eq!(found["lipschitz"]["per_reach"].as_f64(), Some(bound.per_reach));
            assert_eq!(found["curvature"].as_f64(), Some(activation.curvature(piece)));
            let (from, to) = activation.joints().ends(piece);
            let end = |found: &Value, infinity: f64| found.as_f64().unwrap_or(infinity);
            assert_eq!((end(&found["from"], f64::NEG_INFINITY), end(&found["to"], f64::INFINITY)), (from, to));
            // An end belongs to one piece.
            if let Some(next) = pieces.get(index + 1) {
                assert_ne!(found["has_to"], next["has_from"], "{activation}");
            }
            assert_eq!(found["polynomial"].is_null(), activation.polynomial(piece).is_none());
        }
        for joint in entry["joints"].as_array().unwrap() {
            let jumps = |what: &str| joint["below"][what] != joint["above"][what];
            let seen = match (jumps("value"), jumps("derivative")) {
                (true, _) => "value",
                (false, true) => "slope",
                (false, false) => "curvature",
            };
            assert_eq!(joint["breaks"], seen, "{activation}");
            assert!(joint["here"] == joint["below"] || joint["here"] == joint["above"], "{activation}");
        }
        // Words where there are joints, and only there.
        assert_eq!(entry["at_joints"].as_str().unwrap().is_empty(), activation.joints().is_empty(), "{activation}");
        assert!(!entry["formula"].as_str().unwrap().is_empty() && !entry["torch"].as_str().unwrap().is_empty());
    }
    let selu = &all[6]["joints"][0];
    assert_eq!(selu["below"]["derivative"], 1.7580993408473768);
    assert_eq!((&selu["above"]["derivative"], &selu["above"]["value"]), (&1.0507009873554805.into(), &0.0.into()));
}

#[test]
fn one_activation_is_told_and_drawn() {
    let place = TempDir::new().unwrap();
    let text = printed_in(place.path(), &["LeakyReLU:0.2"]);
    assert!(text.starts_with("leaky:0.2001953125: φ(x) = x if x > 0, else slope·x\n"), "{text}");
    assert!(text.ends_with("\n\nPicture: reports/activations/leaky-0.2001953125.png\n"), "{text}");
    let rows: Vec<Vec<&str>> = text.lines().map(cells).collect();
    for row in [
        &["syntax", "leaky[:SLOPE]"][..],
        &["aliases", "leaky_relu, lrelu"],
        &["PyTorch", "torch.nn.LeakyReLU"],
        &["slope", "0.2001953125, exact (default 0.010009765625)"],
        &["(−∞, 0]", "0.2001953125x", "0.2001953125", "0"],
        &["(0, ∞)", "x", "1", "0"],
        &["x = 0", "φ' jumps", "0", "0", "0", "0.2001953125", "0.2001953125", "1"],
        &["χ₁ at that gain", "1: gradients keep their size"],
    ] {
        assert!(rows.iter().any(|found| found == row), "{row:?} in\n{text}");
    }
    for ending in ["svg", "png"] {
        let bytes = fs::read(place.path().join(format!("reports/activations/leaky-0.2001953125.{ending}"))).unwrap();
        assert!(bytes.starts_with(if ending == "svg" { b"<svg" } else { b"\x89PNG" }));
    }
    let text = printed_in(place.path(), &["hardtanh:-8:0.5", "--out", "there", "--theme", "dark"]);
    assert!(text.ends_with("\nPicture: there/hardtanh--8-0.5.png\n"), "{text}");
    assert!(fs::read_to_string(place.path().join("there/hardtanh--8-0.5.svg")).unwrap().contains("#14171C"));
    assert!(printed(&["elu:0.3"]).contains("0.3, the nearest double (default 1)"));
    assert!(printed(&["selu"]).contains("1.0507009873554804934193349852946, exact"));
    assert!(printed(&["gelu"]).contains("but this variance is unstable (slope 1.14"));
    let small = printed(&["hardswish"]);
    assert!(small.contains("(x² + 3x)/6") && small.contains("since pull request 148049"), "{small}");
    for activation in ALL {
        let text = printed(&[&activation.name()]);
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    }
}

#[test]
fn what_is_no_activation_is_refused_in_one_sentence() {
    let place = TempDir::new().unwrap();
    fs::write(place.path().join("file"), "words").unwrap();
    for (arguments, words) in [
        (&["gleu"][..], "error: unknown activation `gleu`; did you mean `gelu`?\n"),
        (&["relu:1"], "relu has no parameter; write `relu`"),
        (&["relu,gelu"], "`relu,gelu` is a list: give one activation, or none for the whole catalogue"),
        (&["all"], "`all` is a list: leave it out for the whole catalogue"),
        (&["gelu", "--out", "file/below"], "error: cannot write to `file/below` ("),
        (&["--out", "new"], "`activations` needs NAME: write `precision-probe activations NAME`"),
        (&["gelu", "--json", "--out", "new"], "--json and --out cannot be used together: leave one out"),
        (&["gelu", "--theme", "blue"], "--theme blue: give light or dark"),
    ] {
        let output = run(place.path(), arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}: {error}");
        assert!(error.starts_with("error: ") && error.contains(words), "{arguments:?}: {error}");
    }
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "nothing is written");
}
