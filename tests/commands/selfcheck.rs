//! `selfcheck` as its users meet it: it finishes, agrees, tells every group and every path, and says so in its status.

use crate::common::fixture;
use assert_cmd::Command;
use precision_probe::activation::{Activation, Function, round_function_f64};
use precision_probe::arithmetic::kernels::Path;
use precision_probe::format::Format;
use precision_probe::selfcheck::{Group, TABLES, hash};
use sha2::{Digest, Sha256};
use std::process::Output;
use std::time::Duration;

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::cargo_bin("precision-probe").unwrap();
    command.arg("selfcheck").args(arguments).timeout(Duration::from_secs(300)).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("the output is text")
}

#[test]
fn every_group_agrees_on_every_path() {
    let output = run(&["--verbose"]);
    let printed = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{printed}");
    assert!(output.stderr.is_empty());
    for group in Group::ALL {
        let heading = format!("{}: ", group.name());
        assert!(printed.lines().any(|line| line.starts_with(&heading)), "{heading} is missing:\n{printed}");
    }
    for path in Path::ALL.into_iter().filter(|path| path.is_available()) {
        let rows = printed.lines().filter(|line| line.split_whitespace().any(|word| word == path.name()));
        assert!(rows.count() >= 7, "{} is missing:\n{printed}", path.name());
    }
    assert!(printed.lines().all(|line| line.chars().count() <= 100), "{printed}");
    let sentence = printed.split("\n\n").last().unwrap().replace('\n', " ");
    assert!(
        sentence.starts_with("All ") && sentence.contains(" cases are correct: this build rounds correctly"),
        "{sentence}"
    );

    // The same numbers for programs, in one run more: counts do not change from run to run.
    let json: serde_json::Value = serde_json::from_slice(&run(&["--json"]).stdout).unwrap();
    assert_eq!(json["schema"], "precision-probe-selfcheck/1");
    assert_eq!(json["mismatches"], 0);
    let checks = json["checks"].as_array().unwrap();
    let cases: u64 = checks.iter().map(|check| check["cases"].as_u64().unwrap()).sum();
    assert_eq!(json["cases"], cases);
    assert!(cases > 10_000_000, "{cases} cases");
    let digits = sentence.chars().filter(char::is_ascii_digit).collect::<String>();
    assert!(digits.starts_with(&cases.to_string()), "{sentence}: not {cases}");
    assert!(checks.iter().all(|check| check["cases"].as_u64() > Some(0)), "a check without cases: {json}");
    let faults = checks.iter().filter(|check| check["group"] == "faults");
    assert!(faults.clone().count() >= 10 && faults.clone().all(|check| check["source"].is_string()));
}

/// One line a group, with the counts of its checks, and the same sentence.
#[test]
fn the_default_is_one_line_a_group() {
    let [short, long] = [&["--only", "mpfr,faults"][..], &["--only", "mpfr,faults", "-v"]].map(|arguments| {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(0));
        text(&output.stdout)
    });
    let sentence = |text: &str| text.split("\n\n").last().unwrap().to_string();
    assert_eq!(sentence(&short), sentence(&long));
    let rows: Vec<&str> = short.split("\n\n").next().unwrap().lines().collect();
    assert_eq!(rows.len(), 3, "titles and two groups: {short}");
    let json: serde_json::Value = serde_json::from_slice(&run(&["--only", "mpfr,faults", "--json"]).stdout).unwrap();
    for (row, group) in rows[1..].iter().zip(["faults", "mpfr"]) {
        let checks = json["checks"].as_array().unwrap().iter().filter(|check| check["group"] == group);
        let cases: u64 = checks.map(|check| check["cases"].as_u64().unwrap()).sum();
        let digits: String = row.chars().filter(char::is_ascii_digit).collect();
        assert!(row.starts_with(group) && digits == format!("{cases}0"), "{row}: not {cases} cases, 0 wrong");
    }
    assert!(short.lines().count() <= 10 + 2, "{short}");
}

#[test]
fn groups_are_run_alone_and_others_are_refused() {
    let output = run(&["--only", "mpfr,faults", "--verbose"]);
    let printed = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{printed}");
    let position = |heading: &str| printed.find(heading).unwrap_or_else(|| panic!("{heading} is missing"));
    assert!(position("faults: ") < position("mpfr: ") && !printed.contains("kernels: "), "{printed}");
    for (arguments, message) in [
        (["--only", "speed"], "--only speed: give rounding, faults, kernels, mpfr or functions"),
        (["--only", ""], "--only has no value; give rounding"),
        (["--depth", "3"], "--depth: `selfcheck` has no such option"),
    ] {
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty() && text(&output.stderr).contains(message), "{}", text(&output.stderr));
    }
}

/// The hashes are those of the tables that the tests have, and of what this build computes.
#[test]
fn hashes_are_of_the_tables() {
    for (format, activation, is_derivative, expected) in TABLES {
        let suffix = if is_derivative { "_deriv" } else { "" };
        let name = format!("tests/fixtures/activations/{format}_{activation}{suffix}.bin.gz");
        let table = fixture(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(&name));
        let of_table: String = Sha256::digest(&table).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(of_table, expected, "{name}");
        let (format, activation) = (Format::parse(format).unwrap(), Activation::parse(activation).unwrap());
        let function = if is_derivative { Function::Derivative(activation) } else { Function::Value(activation) };
        assert_eq!(hash(&format, |x| round_function_f64(&function, x, &format)), expected, "{name}");
    }
}
