//! The report of a sweep, made from the committed record of seven activations.

use precision_probe::judgement::sweep::Sweep;
use precision_probe::report::html::page;
use precision_probe::report::kind::Kind;
use precision_probe::report::view::View;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

const RECORD: &str = include_str!("../../../reports/example/sweep.json");

pub fn sweep() -> Sweep {
    Sweep::from_json(RECORD).unwrap()
}

#[test]
fn a_record_is_read_back_to_the_same_bytes() {
    let sweep = sweep();
    assert!(sweep.to_json() == RECORD);
    assert_eq!(sweep.check(), Ok(()));
    let other = RECORD.replacen("precision-probe-sweep/1", "precision-probe-sweep/9", 1);
    assert!(Sweep::from_json(&other).unwrap_err().contains("precision-probe-sweep/9"));
}

/// No line of the first screen is wider than a terminal; details add every mode with its intervals.
#[test]
fn a_terminal_shows_horizons_first_and_every_mode_with_details() {
    let sweep = sweep();
    let shown = |details| sweep.terminal(View { details, layers: false }, Some(Path::new("there/summary.png")));
    let (first, details) = (shown(false), shown(true));
    assert!(first.lines().all(|line| line.chars().count() <= 100), "{first}");
    let row = first.lines().find(|line| line.starts_with("silu")).unwrap();
    let words: Vec<&str> = row.split("  ").map(str::trim).filter(|word| !word.is_empty()).collect();
    assert_eq!(words, ["silu", "> 200", "overflow 70", "> 200", "overflow 70", "overflow 41", "> 200"]);
    assert!(first.contains("?: only at the last depth") && first.contains("there/report.html"), "{first}");
    for words in ["95 % of resamples", "70 (70–118)", "0 0 0 0 0"] {
        assert!(details.contains(words) && !first.contains(words), "{words}: {details}");
    }
}

/// Every leaf of a document with its path, one for every place of a layout.
fn leaves(value: &Value, path: String, found: &mut BTreeSet<String>, seen: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| leaves(value, format!("{path}/{name}"), found, seen));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, value)| leaves(value, format!("{path}/{index}"), found, seen));
        }
        _ => {}
    }
    let layout: String = path.split('/').filter(|part| part.parse::<usize>().is_err()).collect();
    if seen.insert(layout) {
        found.insert(path);
    }
}

/// Whatever stands in the place of a value, the record is refused or shown, without a panic.
#[test]
fn damaged_records_are_refused_or_shown() {
    let whole: Value = serde_json::from_str(RECORD).unwrap();
    let mut found = BTreeSet::new();
    leaves(&whole, String::new(), &mut found, &mut BTreeSet::new());
    assert!(found.len() > 60, "only {} places", found.len());
    let (mut refused, mut shown) = (0, 0);
    for path in found.iter().filter(|path| !path.is_empty()) {
        for value in [
            json!(null),
            json!([]),
            json!({}),
            json!(""),
            json!(0),
            json!(u64::MAX),
            json!(-1e300),
            json!(-1e6),
            json!("inf"),
        ] {
            let mut damaged = whole.clone();
            *damaged.pointer_mut(path).unwrap() = value.clone();
            let ended = catch_unwind(AssertUnwindSafe(|| {
                let sweep = Sweep::from_json(&damaged.to_string())?;
                sweep.check()?;
                sweep.terminal(View { details: true, layers: false }, None);
                let _ = sweep.page().map(|all| page(&all));
                Ok::<usize, String>(sweep.sheets().len())
            }));
            match ended.unwrap_or_else(|_| panic!("{path} = {value}")) {
                Ok(_) => shown += 1,
                Err(_) => refused += 1,
            }
        }
    }
    assert!(refused > 300 && shown > 50, "{refused} refused, {shown} shown");
}
