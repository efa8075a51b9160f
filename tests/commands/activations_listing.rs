//! `activations` as its users meet it. Numbers are written down here: closed forms, and mean-field constants that `mpmath`
//! computed.

use crate::common::tolerances;
use assert_cmd::Command;
use precision_probe::activation::{ALL, Activation};
use serde_json::Value;
use std::f64::consts::SQRT_2;
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
fn the_table_has_every_activation() {
    let text = printed(&[]);
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(cells(lines[0]), ["activation", "kinks", "Λ₁", "Λ₂", "gain", "χ₁", "constants"]);
    for (activation, line) in ALL.iter().zip(&lines[1..]) {
        assert_eq!(cells(line)[0].split(['[', ':']).next(), Some(activation.name().as_str()));
    }
    assert_eq!(lines[1 + ALL.len()], "", "then the notes");
    for row in [
        &["relu", "0", "1", "0", "1.41", "1"][..],
        &["leaky[:SLOPE]", "0", "1", "0", "1.41", "1", "slope = 0.010009765625"],
        &["relu6", "0, 6", "1", "0", "1.41", "1"],
        &["hardsigmoid", "±3", "0.167", "0", "1.9", "0.0998"],
        &["hardshrink[:LAMBDA]", "±0.5 (φ)", "1", "0", "1.02", "0.637*", "lambda = 0.5"],
        &["threshold[:THRESHOLD:VALUE]", "1 (φ)", "1", "0", "1.58", "0.396*", "threshold = 1, value = 0"],
        &["relu2", "0 (φ'')", "2|x|", "2", "0.816", "1.33*"],
        // tanh'' is at most 4/(3√3), and a sigmoid's an eighth of it.
        &["tanh", "none", "1", "0.77", "1.59", "1.18"],
        &["sigmoid", "none", "0.25", "0.0962", "1.85", "0.153"],
        // gelu''(0) = 2/√(2π).
        &["gelu", "none", "1.13", "0.798", "1.53", "1.07*"],
        &["identity", "none", "1", "0", "1", "1"],
    ] {
        assert!(lines.iter().any(|line| cells(line) == row), "{row:?} in\n{text}");
    }
}

/// Ends of a piece, the constant and the growing part of its bound of |φ'|, and its bound of |φ''|.
type PieceRow = (f64, f64, f64, f64, f64);

#[test]
fn json_has_numbers_in_full() {
    const FAR: f64 = f64::INFINITY;
    let rows: [(&str, [f64; 5], &[PieceRow]); 6] = [
        ("relu", [0.5, 0.5, SQRT_2, 1.0, 1.0], &[(-FAR, 0.0, 0.0, 0.0, 0.0), (0.0, FAR, 1.0, 0.0, 0.0)]),
        (
            "leaky:0.25",
            [0.53125, 0.53125, 1.3719886811400708, 1.0, 1.0],
            &[(-FAR, 0.0, 0.25, 0.0, 0.0), (0.0, FAR, 1.0, 0.0, 0.0)],
        ),
        ("identity", [1.0; 5], &[(-FAR, FAR, 1.0, 0.0, 0.0)]),
        // E[x⁴] and E[4x²] of a half; the next variance is q².
        (
            "relu2",
            [1.5, 2.0, 0.816496580927726, 4.0 / 3.0, 2.0],
            &[(-FAR, 0.0, 0.0, 0.0, 0.0), (0.0, FAR, 0.0, 2.0, 2.0)],
        ),
        // Like identity up to eight standard deviations, and half of it beyond 1/2 cut off: only its pieces are reported.
        (
            "hardtanh:-8:0.5",
            [f64::NAN; 5],
            &[(-FAR, -8.0, 0.0, 0.0, 0.0), (-8.0, 0.5, 1.0, 0.0, 0.0), (0.5, FAR, 0.0, 0.0, 0.0)],
        ),
        ("elu:0.5", [f64::NAN; 5], &[(-FAR, 0.0, 0.5, 0.0, 0.5), (0.0, FAR, 1.0, 0.0, 0.0)]),
    ];
    for (name, numbers, pieces) in rows {
        let entry = json(&[name, "--json"]).remove(0);
        assert_eq!(entry["name"], name);
        let keys = ["second_moment", "derivative_second_moment", "preserving_gain", "chi1", "variance_slope"];
        for (key, expected) in keys.into_iter().zip(numbers).filter(|(_, expected)| !expected.is_nan()) {
            let found = entry[key].as_f64().unwrap();
            let allowed = if key == "variance_slope" { tolerances::QUADRATURE_SLOPE } else { tolerances::QUADRATURE };
            assert!((found - expected).abs() <= allowed * expected, "{name} {key}: {found}, not {expected}");
        }
        let number = |x: &Value, infinity: f64| x.as_f64().unwrap_or(infinity);
        let found = entry["pieces"].as_array().unwrap().iter().map(|piece| {
            let bound = &piece["lipschitz"];
            let (constant, growth) = (number(&bound["constant"], FAR), number(&bound["per_reach"], FAR));
            (
                number(&piece["from"], -FAR),
                number(&piece["to"], FAR),
                constant,
                growth,
                number(&piece["curvature"], FAR),
            )
        });
        assert_eq!(found.collect::<Vec<PieceRow>>(), pieces, "{name}");
    }
    let all = json(&["--json"]);
    assert_eq!(all.len(), ALL.len());
    let more = ["leaky:0.2", "hardtanh:-8:0.5", "swish:2", "threshold:-1:2", "elu:0.5"];
    let entries = all.iter().cloned().zip(ALL);
    let more = more.iter().map(|name| (json(&[name, "--json"]).remove(0), Activation::parse(name).unwrap()));
    for (entry, activation) in entries.chain(more) {
        assert_eq!(entry["name"], activation.name());
        // An end belongs to one piece.
        for pair in entry["pieces"].as_array().unwrap().windows(2) {
            assert_eq!(pair[0]["to"], pair[1]["from"], "{activation}");
            assert_ne!(pair[0]["has_to"], pair[1]["has_from"], "{activation}");
        }
        let joints = entry["joints"].as_array().unwrap();
        for joint in joints {
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
        assert_eq!(entry["at_joints"].as_str().unwrap().is_empty(), joints.is_empty(), "{activation}");
        assert!(!entry["formula"].as_str().unwrap().is_empty() && !entry["torch"].as_str().unwrap().is_empty());
    }
    let selu = &all[6]["joints"][0];
    assert_eq!(selu["below"]["derivative"], 1.7580993408473768);
    assert_eq!((&selu["above"]["derivative"], &selu["above"]["value"]), (&1.0507009873554805.into(), &0.0.into()));
}

/// The published σ_w of the edge of chaos (PAPERS C), in the table, in JSON and for one activation.
#[test]
fn the_edge_of_chaos_is_printed() {
    let text = printed(&["--edge"]);
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    let rows: Vec<Vec<&str>> = text.lines().map(cells).collect();
    assert_eq!(rows[0], ["activation", "σ_w at σ_b = 0", "at σ_b = 0.1", "at σ_b = 0.2"]);
    for row in [
        &["relu", "1.41421 marginal", "none", "none"][..],
        &["elu[:ALPHA]", "1.00000", "1.17615", "1.22925"],
        &["selu", "0.69049", "0.87191", "0.93748"],
        &["tanh", "1.00000", "1.19340", "1.30415"],
        &["sigmoid", "10.14926", "10.15046", "10.15403"],
        &["softplus[:BETA]", "none", "none", "none"],
        &["silu", "2.00000 unstable", "1.82005 unstable", "1.67953 unstable"],
        &["gelu", "2.00000 unstable", "1.72708 unstable", "1.54701 unstable"],
    ] {
        assert!(rows.iter().any(|found| found == row), "{row:?} in\n{text}");
    }
    for (activation, row) in ALL.iter().zip(&rows[1..]) {
        assert_eq!(row[0].split(['[', ':']).next(), Some(activation.name().as_str()));
    }
    let gelu = &json(&["gelu", "--json"])[0]["edge_of_chaos"];
    let biases: Vec<f64> = (0..3).map(|place| gelu[place]["bias_deviation"].as_f64().unwrap()).collect();
    assert_eq!(biases, [0.0, 0.1, 0.2]);
    let point = &gelu[1]["points"][0];
    assert!((point["gain"].as_f64().unwrap() - 1.7270782753).abs() <= tolerances::TEN_DECIMALS, "{point}");
    assert!((point["q"].as_f64().unwrap() - 0.18348).abs() <= tolerances::FIVE_DECIMALS_PRINTED, "{point}");
    assert_eq!(point["stability"], "unstable");
    assert_eq!(json(&["softplus", "--json"])[0]["edge_of_chaos"][2]["points"], serde_json::json!([]));
    assert!(json(&["relu", "--json"])[0]["edge_of_chaos"][0]["points"][0]["q"].is_null());
    let rows = printed(&["gelu"]);
    let row = rows.lines().map(cells).find(|row| row.first() == Some(&"0.1")).expect("a row of σ_b = 0.1");
    assert_eq!(row, ["0.1", "1.727078275", "0.1834831931", "1.097932", "unstable"]);
    assert!(printed(&["relu"]).lines().any(|line| cells(line) == ["0.2", "none"]));
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
        (&["gelu", "--edge"], "--edge is a table of all activations: leave out gelu"),
        (&["--edge", "--json"], "--edge and --json cannot be used together: leave one out"),
        (&["gelu", "--theme", "blue"], "--theme blue: give light or dark"),
    ] {
        let output = run(place.path(), arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}: {error}");
        assert!(error.starts_with("error: ") && error.contains(words), "{arguments:?}: {error}");
    }
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "nothing is written");
}
