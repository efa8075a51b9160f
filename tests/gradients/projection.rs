//! A guard on the numbers: signal, noise, descent, branch flips and fates of 32 small specs, compared entry by entry
//! with a committed file.
//!
//! No change alters an entry unless it means to. To renew the file deliberately, run
//! `PRECISION_PROBE_RENEW=1 cargo test --test gradients projection::`, look at the difference, and say in the commit which entries
//! changed and why. The entries do not depend on the machine, the number of threads or the build.

mod entries;
mod specs;

use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The most differences that a failure lists.
const LISTED: usize = 20;

/// All entries: a heading with the name of each spec, then its lines.
fn projection() -> String {
    let mut text = String::new();
    for (name, entries) in specs::all() {
        writeln!(text, "# {name}\n{entries}").expect("a string takes what is written");
    }
    text
}

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/projection.txt")
}

/// Every line that is not the same, with the headings under which it is.
fn differences(kept: &str, found: &str) -> Vec<String> {
    let mut heading = ["", ""];
    let mut differences = Vec::new();
    let count = kept.lines().count().max(found.lines().count());
    let (kept_lines, found_lines): (Vec<&str>, Vec<&str>) = (kept.lines().collect(), found.lines().collect());
    for at in 0..count {
        let kept_line = kept_lines.get(at).copied().unwrap_or("(nothing)");
        let found_line = found_lines.get(at).copied().unwrap_or("(nothing)");
        match kept_line.as_bytes().first() {
            Some(b'#') => heading = [kept_line, ""],
            Some(b'@') => heading[1] = kept_line,
            _ => {}
        }
        if kept_line != found_line {
            differences.push(format!("{} {}: `{kept_line}` is now `{found_line}`", heading[0], heading[1]));
        }
    }
    differences
}

#[test]
fn no_number_has_changed() {
    let found = projection();
    let path = fixture();
    if std::env::var_os("PRECISION_PROBE_RENEW").is_some() {
        std::fs::write(&path, &found).expect("the fixture can be written");
    }
    let kept = std::fs::read_to_string(&path).expect("the fixture is there");
    let differences = differences(&kept, &found);
    let listed: Vec<&str> = differences.iter().take(LISTED).map(String::as_str).collect();
    assert!(
        differences.is_empty(),
        "{} entries changed:\n{}\nIf that is meant, see the head of tests/gradients/projection.rs",
        differences.len(),
        listed.join("\n")
    );
}

/// The comparison notices one changed digit, a missing line and one too many, and says where.
#[test]
fn every_difference_is_noticed() {
    let kept = "# tanh\n@ f16 trial 1\n1.weight -1.5 -9.25 1.0\n2.weight -1.25 -9.5 1.0\n";
    assert!(differences(kept, kept).is_empty());
    let digit = kept.replace("-9.5", "-9.6");
    assert_eq!(
        differences(kept, &digit),
        ["# tanh @ f16 trial 1: `2.weight -1.25 -9.5 1.0` is now `2.weight -1.25 -9.6 1.0`"]
    );
    assert_eq!(differences(kept, kept.trim_end_matches("2.weight -1.25 -9.5 1.0\n")).len(), 1);
    assert_eq!(differences(kept, &format!("{kept}3.weight 0.0 0.0 1.0\n")).len(), 1);
}

/// The specs cover what the guard is for.
#[test]
fn every_activation_is_guarded() {
    let kept = std::fs::read_to_string(fixture()).expect("the fixture is there");
    for activation in precision_probe::activation::ALL {
        let heading = format!("@ {} ", activation.name());
        assert!(kept.lines().any(|line| line.starts_with(&heading)), "{heading}");
    }
    for arithmetic in ["f16", "bf16", "f32", "f64", "f16:acc=f32", "bf16:acc=f32"] {
        assert!(kept.contains(&format!(" {arithmetic} trial 2")), "{arithmetic}");
    }
}
