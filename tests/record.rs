//! Records survive: what is read back is written again to the same bytes, and nothing else is read.

mod common;
use common::records::{cases, default_record};
use precision_probe::record::{Number, Record};

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
    let text = default_record().to_json().replace("precision-probe-record/2", "precision-probe-record/1");
    let error = Record::from_json(&text).unwrap_err();
    assert_eq!(
        error,
        "schema `precision-probe-record/1` cannot be read; this version reads `precision-probe-record/2`"
    );
    assert!(Record::from_json("{}").unwrap_err().starts_with("not a record: missing field `schema`"));
    assert!(Record::from_json("").unwrap_err().starts_with("not a record: "));
}
