//! `selfcheck` as its users meet it: it finishes, agrees, tells every group and every path, and says so in its status.

use crate::common::fixture;
use assert_cmd::Command;
use precision_probe::arithmetic::kernels::Path;
use precision_probe::selfcheck::{Group, TABLES};
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
    let cases: String = sentence.chars().filter(char::is_ascii_digit).collect();
    assert!(cases.parse::<u64>().unwrap() > 10_000_000, "{cases} cases");
}

/// Two groups, which are quick, in every form: one line a group, with the counts of its checks; all checks; and JSON.
#[test]
fn groups_are_run_alone_with_the_same_numbers_in_every_form() {
    let [short, long, json] = [&[][..], &["--verbose"], &["--json"]].map(|form| {
        let output = run(&[&["--only", "mpfr,faults"], form].concat());
        assert_eq!(output.status.code(), Some(0));
        text(&output.stdout)
    });
    let sentence = |text: &str| text.split("\n\n").last().unwrap().to_string();
    assert_eq!(sentence(&short), sentence(&long));
    let position = |heading: &str| long.find(heading).unwrap_or_else(|| panic!("{heading} is missing"));
    assert!(position("faults: ") < position("mpfr: ") && !long.contains("kernels: "), "{long}");
    let rows: Vec<&str> = short.split("\n\n").next().unwrap().lines().collect();
    assert_eq!(rows.len(), 3, "titles and two groups: {short}");
    assert!(short.lines().count() <= 10 + 2, "{short}");

    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["schema"], "precision-probe-selfcheck/1");
    assert_eq!(json["mismatches"], 0);
    let checks = json["checks"].as_array().unwrap();
    assert!(checks.iter().all(|check| check["cases"].as_u64() > Some(0)), "a check without cases: {json}");
    let of = |group: &str| checks.iter().filter(|check| check["group"] == group).collect::<Vec<_>>();
    assert!(of("faults").len() >= 10 && of("faults").iter().all(|check| check["source"].is_string()));
    let mut all = 0;
    for (row, group) in rows[1..].iter().zip(["faults", "mpfr"]) {
        let cases: u64 = of(group).iter().map(|check| check["cases"].as_u64().unwrap()).sum();
        let digits: String = row.chars().filter(char::is_ascii_digit).collect();
        assert!(row.starts_with(group) && digits == format!("{cases}0"), "{row}: not {cases} cases, 0 wrong");
        all += cases;
    }
    assert_eq!(json["cases"], all);
    let digits: String = sentence(&short).chars().filter(char::is_ascii_digit).collect();
    assert!(digits.starts_with(&all.to_string()), "{}: not {all}", sentence(&short));
}

#[test]
fn other_groups_and_options_are_refused() {
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

/// The hashes are those of the tables that the tests have; that this build computes them is a check of `selfcheck`'s own.
#[test]
fn hashes_are_of_the_tables() {
    for (format, activation, is_derivative, expected) in TABLES {
        let suffix = if is_derivative { "_deriv" } else { "" };
        let name = format!("tests/fixtures/activations/{format}_{activation}{suffix}.bin.gz");
        let table = fixture(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(&name));
        let of_table: String = Sha256::digest(&table).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(of_table, expected, "{name}");
    }
}
