//! Records survive: what is read back is written again to the same bytes, and nothing else is read.

use crate::common::fixture;
use crate::common::records::{cases, default_record};
use precision_probe::record::law::Law;
use precision_probe::record::training::Training;
use precision_probe::record::{Number, Record, Verdict};
use precision_probe::verdict::over_trials;
use std::path::Path;

#[test]
fn every_record_reads_back_to_the_same_bytes() {
    for (name, record) in cases() {
        let text = record.to_json();
        let back = Record::from_json(&text).expect(name);
        assert_eq!(back, record, "{name}");
        assert_eq!(back.to_json(), text, "{name}");
    }
}

#[test]
fn numbers_of_every_kind_survive() {
    let kinds = [
        (Number::Infinite, "\"inf\""),
        (Number::MinusInfinite, "\"-inf\""),
        (Number::None, "\"none\""),
        (Number::new(f64::NAN), "\"none\""),
        (Number::new(-0.0), "0.0"),
        (Number::new(0.1234567894), "0.123456789"),
        (Number::new(f64::MAX), "1.79769313e+308"),
        (Number::new(5e-324), "5e-324"),
        (Number::new(1e-310), "1e-310"),
    ];
    for (number, text) in kinds {
        assert_eq!(serde_json::to_string(&number).unwrap(), text);
        assert_eq!(serde_json::from_str::<Number>(text).unwrap(), number);
    }
    let error = serde_json::from_str::<Number>("\"nan\"").unwrap_err().to_string();
    assert!(error.contains("`nan` is not a number"), "{error}");
}

#[test]
fn unknown_fields_are_refused() {
    let text = default_record().to_json();
    for (after, at) in
        [("{", "a record"), ("\"spec\":{", "its spec"), ("\"truth\":{", "its truth"), ("\"fates\":{", "its fates")]
    {
        let strange = text.replacen(after, &format!("{after} \"surprise\":1,"), 1);
        let error = Record::from_json(&strange).expect_err(at);
        assert!(error.contains("unknown field `surprise`") && error.contains("line"), "{at}: {error}");
    }
}

#[test]
fn another_schema_is_refused_by_name() {
    let text = default_record().to_json().replace("precision-probe-record/3", "precision-probe-record/1");
    let error = Record::from_json(&text).unwrap_err();
    assert_eq!(
        error,
        "schema `precision-probe-record/1` cannot be read; this version reads `precision-probe-record/3` and `precision-probe-record/2`"
    );
    assert!(Record::from_json("{}").unwrap_err().starts_with("not a record: missing field `schema`"));
    assert!(Record::from_json("").unwrap_err().starts_with("not a record: "));
}

/// The text of a record that an earlier version wrote.
fn former(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/records").join(name);
    String::from_utf8(fixture(&path)).expect("a record is text")
}

/// Records of schema 2 are read: their verdicts have today's names, are counted trial by trial, and nothing else differs.
#[test]
fn former_records_are_read() {
    for (name, formerly, now) in
        [("record-2.json.gz", "vanished", Verdict::Underflow), ("record-2-zero.json.gz", "dead", Verdict::Zero)]
    {
        let text = former(name);
        assert!(text.contains(&format!("\"verdict\":\"{formerly}\"")), "{name} is a case of {formerly}");
        let record = Record::from_json(&text).expect(name);
        let arithmetics = record.runs.iter().flat_map(|run| &run.arithmetics);
        let mut found = 0;
        for layer in arithmetics.flat_map(|arithmetic| &arithmetic.layers) {
            let verdicts: Vec<Verdict> = layer.trials.iter().map(|trial| trial.verdict).collect();
            assert_eq!(layer.verdict, over_trials(&verdicts), "{name}, layer {}", layer.layer);
            found += verdicts.iter().filter(|verdict| **verdict == now).count();
        }
        assert!(found > 0, "{name} has a trial with the verdict {now}");
        let written = record.to_json();
        assert_eq!(Record::from_json(&written).expect(name), record);
        let numbers = |text: &str| text.matches("noise_to_signal").count();
        assert_eq!(numbers(&written), numbers(&text), "{name}");
    }
}

#[test]
fn former_laws_and_trainings_are_read() {
    let law = Law::from_json(&former("law-1.json.gz")).expect("a law");
    assert_eq!(Law::from_json(&law.to_json()).expect("a law"), law);
    let training = Training::from_json(&former("training-1.json.gz")).expect("a training");
    let layers = training.runs.iter().flat_map(|run| &run.learners).flat_map(|learner| &learner.measures);
    let underflow = layers.flat_map(|measure| &measure.layers).filter(|layer| layer.own.verdict == Verdict::Underflow);
    assert!(underflow.count() > 0);
    assert_eq!(Training::from_json(&training.to_json()).expect("a training"), training);
}
