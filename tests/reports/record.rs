//! Records survive: what is read back is written again to the same bytes, and nothing else is read.

use crate::common::fixture;
use crate::common::records::{cases, default_record};
use precision_probe::probe::Silent;
use precision_probe::record::law::{self, Law};
use precision_probe::record::study::{self, Study};
use precision_probe::record::training::{self, Training};
use precision_probe::record::{Number, Record, Verdict};
use precision_probe::spec::{Files, Model, Spec};
use precision_probe::verdict::over_trials;
use precision_probe::{exchange, probe, train};
use std::path::{Path, PathBuf};

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
    for (after, at) in [
        ("{", "a record"),
        ("\"spec\":{", "its spec"),
        ("\"truth\":{", "its truth"),
        ("\"evidence\":{", "its evidence"),
    ] {
        let strange = text.replacen(after, &format!("{after} \"surprise\":1,"), 1);
        let error = Record::from_json(&strange).expect_err(at);
        assert!(error.contains("unknown field `surprise`") && error.contains("line"), "{at}: {error}");
    }
}

#[test]
fn another_schema_is_refused_by_name() {
    let text = default_record().to_json().replace("precision-probe-record/4", "precision-probe-record/1");
    let error = Record::from_json(&text).unwrap_err();
    assert_eq!(
        error,
        "schema `precision-probe-record/1` cannot be read; this version reads `precision-probe-record/4`, `precision-probe-record/3` and `precision-probe-record/2`"
    );
    assert!(Record::from_json("{}").unwrap_err().starts_with("not a record: missing field `schema`"));
    assert!(Record::from_json("").unwrap_err().starts_with("not a record: "));
}

/// The text of a record that an earlier version wrote.
fn former(name: &str) -> String {
    String::from_utf8(fixture(&records().join(name))).expect("a record is text")
}

fn records() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/records")
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
        for layer in arithmetics.flat_map(|arithmetic| &arithmetic.sites) {
            let verdicts: Vec<Verdict> = layer.trials.iter().map(|trial| trial.verdict).collect();
            assert_eq!(layer.verdict, over_trials(&verdicts), "{name}, layer {}", layer.site);
            found += verdicts.iter().filter(|verdict| **verdict == now).count();
        }
        assert!(found > 0, "{name} has a trial with the verdict {now}");
        let written = record.to_json();
        assert_eq!(Record::from_json(&written).expect(name), record);
        let numbers = |text: &str| text.matches("noise_to_signal").count();
        assert_eq!(numbers(&written), numbers(&text), "{name}");
    }
}

/// Laws and trainings of schema 1.
#[test]
fn former_laws_and_trainings_are_read() {
    let law = Law::from_json(&former("law-1.json.gz")).expect("a law");
    assert_eq!(law.schema, law::SCHEMA);
    assert_eq!(Law::from_json(&law.to_json()).expect("a law"), law);
    let training = Training::from_json(&former("training-1.json.gz")).expect("a training");
    assert_eq!(training.schema, training::SCHEMA);
    let sites = training.runs.iter().flat_map(|run| &run.learners).flat_map(|learner| &learner.measures);
    let underflow = sites.flat_map(|measure| &measure.sites).filter(|site| site.own.verdict == Verdict::Underflow);
    assert!(underflow.count() > 0);
    assert_eq!(Training::from_json(&training.to_json()).expect("a training"), training);
}

/// A record of schema 3, converted, is the record that its spec gives today, field by field; only versions may differ, and
/// the hashes that depend on them.
#[test]
fn converted_records_are_those_that_are_measured() {
    let converted = Record::from_json(&former("record-3.json.gz")).expect("a record");
    let measured = probe::run(&converted.spec.validate().unwrap(), &Silent);
    let Record { version, spec_hash, .. } = measured.clone();
    assert_eq!(Record { version, spec_hash, ..converted }, measured);
    // The fixture has what it is for.
    let [prelu, gelu] = &measured.runs[..] else { panic!("two runs") };
    assert_eq!(prelu.sites[0].parameters, ["hidden.1.weight", "hidden.1.bias", "hidden.1.slope"]);
    assert_eq!(prelu.sites[2].parameters, ["head.weight", "head.bias"]);
    assert!([prelu, gelu].iter().all(|run| run.growth.is_some() && !run.has_unstable_variance));
    let arithmetics = || measured.runs.iter().flat_map(|run| &run.arithmetics);
    assert!(arithmetics().all(|one| one.attribution.is_some() && !one.theory.is_empty()));
    assert!(arithmetics().flat_map(|one| &one.remedies).any(|remedy| remedy.name != remedy.definition()));
    assert!(arithmetics().any(|one| one.name == "mine" && one.definition() == "e4m3fn:acc=f16"));

    let folder = records().join("audit");
    let converted = Record::from_json(&former("audit-3.json.gz")).expect("a record");
    let mut spec = Spec { weights: None, batch_file: None, compared: Vec::new(), ..converted.spec.clone() };
    let mut files = Files::default();
    let tanh = exchange::Activations::Same("tanh".into());
    files.weights(&mut spec, &folder.join("weights.safetensors"), None, Some(tanh)).unwrap();
    files.batch(&mut spec, &folder.join("batch.safetensors"), None, None).unwrap();
    let model = Model::Named("bf16:acc=f32".into());
    files.compare(&mut spec, "torch", &folder.join("gradients.safetensors"), None, 1.0, &model).unwrap();
    let measured = probe::run(&spec.validate_with(files).unwrap(), &Silent);
    let Record { version, spec_hash, .. } = measured.clone();
    assert_eq!(Record { version, spec_hash, ..converted }, measured);
    let external = measured.runs[0].arithmetics[1].sites[0].external.as_ref().expect("gradients of a file");
    assert_eq!(external.bias_type.as_ref().map(|stored| stored.dtype.as_str()), Some("BF16"));
}

/// The same of a law and a training.
#[test]
fn converted_laws_and_trainings_are_those_that_are_measured() {
    let converted = Law::from_json(&former("law-3.json.gz")).expect("a law");
    let measured = precision_probe::law::of(&probe::run(&converted.spec.validate().unwrap(), &Silent));
    let Law { version, spec_hash, .. } = measured.clone();
    assert_eq!(Law { version, spec_hash, ..converted }, measured);

    let converted = Training::from_json(&former("training-3.json.gz")).expect("a training");
    let measured = train::run(&converted.spec.clone().validate().unwrap(), &Silent);
    let Training { version, spec_hash, .. } = measured.clone();
    assert_eq!(Training { version, spec_hash, ..converted }, measured);
    let learners = || measured.runs.iter().flat_map(|run| &run.learners);
    assert!(learners().any(|learner| learner.outcome.first_saturation.is_some()));
    assert!(learners().any(|learner| !learner.events.as_ref().expect("they are recorded").is_empty()));
}

/// A study has no fields that changed; the committed example was measured under schema 3.
#[test]
fn former_studies_are_read() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/example/study.json");
    let text = std::fs::read_to_string(path).unwrap();
    let study = Study::from_json(&text).expect("a study");
    assert_eq!((study.schema.as_str(), study.check()), (study::SCHEMA, Ok(())));
    assert_eq!(study.to_json(), text.replace("precision-probe-study/3", study::SCHEMA));
}

/// What a former record says in words that no program wrote is refused with these words.
#[test]
fn strange_words_of_former_records_are_refused() {
    let text = former("record-3.json.gz");
    for (words, strange, said) in [
        ("proven 113 bits", "believed", "not a record: `believed` is no evidence"),
        ("\"name\":\"f16\"", "\"name\":\"f61\"", "not a record: "),
        ("\"batch\":3", "\"batch\":\"three\"", "not a record: invalid type"),
    ] {
        let error = Record::from_json(&text.replacen(words, strange, 1)).unwrap_err();
        assert!(error.starts_with(said), "{strange}: {error}");
    }
    for strange in ["[\"precision-probe-record/3\"]", "{\"schema\":\"precision-probe-record/3\"}"] {
        assert!(Record::from_json(strange).unwrap_err().starts_with("not a record: "), "{strange}");
    }
}
