//! `schema`: whatever the program writes satisfies its schema, and a schema refuses what the program refuses to read.

use crate::common::{fixture, records, studies, trainings};
use assert_cmd::Command;
use jsonschema::Validator;
use precision_probe::judgement::Summary;
use precision_probe::record::law::Law;
use precision_probe::record::study::{Study, StudySpec};
use precision_probe::record::training::{Training, TrainingSpec};
use precision_probe::record::{Record, Spec};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A network that is measured in a fraction of a second.
const SMALL: [&str; 8] = ["--depth", "4", "--width", "6", "--batch", "3", "--trials", "2"];

/// Runs the command in a folder and gives what it prints.
fn printed(place: &Path, arguments: &[&str]) -> String {
    let mut command = Command::cargo_bin("precision-probe").expect("the binary is built");
    let output = command.current_dir(place).args(arguments).output().expect("the command starts");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {error}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

fn tests(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The text of a committed record in today's layout.
fn former<T>(name: &str, read: fn(&str) -> Result<T, String>, write: fn(&T) -> String) -> Value {
    let text = String::from_utf8(fixture(&tests("tests/fixtures/records").join(name))).expect("UTF-8");
    parsed(&write(&read(&text).expect(name)))
}

/// A schema as the program prints it, and how the program itself reads such a document; `None` if it only writes it.
struct Schema {
    name: &'static str,
    validator: Validator,
    read: Option<fn(&str) -> bool>,
}

impl Schema {
    fn new(name: &'static str, read: Option<fn(&str) -> bool>) -> Schema {
        let schema = parsed(&printed(Path::new("."), &["schema", name]));
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{name}");
        jsonschema::draft202012::meta::validate(&schema).unwrap_or_else(|error| panic!("{name}: {error}"));
        Schema { name, validator: jsonschema::draft202012::new(&schema).expect(name), read }
    }

    /// Every document is valid; with a fault, a document is valid exactly if the program reads it.
    fn agrees(&self, mut documents: Vec<Value>) {
        // Faults are planted in the first document that has their place: a small one is checked faster.
        documents.sort_by_cached_key(|document| document.to_string().len());
        let (mut seen, mut refused) = (HashSet::new(), 0);
        for document in documents {
            if let Err(error) = self.validator.validate(&document) {
                panic!("{}: {error} at {}", self.name, error.instance_path());
            }
            for (fault, faulty) in faults(&document, &mut seen) {
                let is_valid = self.validator.is_valid(&faulty);
                // Nobody else knows whether a document without a reader is right: a text may be any other one.
                let is_read = self.read.map_or(is_valid && !is_grave(&fault), |read| read(&faulty.to_string()));
                assert_eq!(is_valid, is_read, "{}: {fault}", self.name);
                refused += usize::from(!is_read);
            }
        }
        assert!(refused > 5, "{}: only {refused} faults were refused", self.name);
    }
}

/// Whether no document may have the fault: a field under another name, a text in place of a number.
fn is_grave(fault: &str) -> bool {
    fault.ends_with(" renamed") || fault.ends_with(" surprise") || fault.ends_with(" is \"7\"")
}

/// Places of a document, from its root: the keys and indices that lead to each value.
fn places(value: &Value, place: String, found: &mut Vec<String>) {
    let mut visit = |key: String, value| places(value, format!("{place}/{key}"), found);
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(key, value)| visit(key.replace('~', "~0").replace('/', "~1"), value));
        }
        Value::Array(entries) => entries.iter().enumerate().for_each(|(index, value)| visit(index.to_string(), value)),
        _ => {}
    }
    found.push(place);
}

/// A place with its indices left out: what is alike in all entries of a list.
fn shape(place: &str) -> String {
    place.split('/').map(|key| if key.parse::<usize>().is_ok() { "*" } else { key }).collect::<Vec<_>>().join("/")
}

/// What can be wrong with a value.
fn wrong(value: &Value) -> Vec<Value> {
    let others = match value {
        Value::Number(_) => vec![json!("7"), json!(-1), json!(0.5), json!(10_000_000_000_u64), json!(1e30)],
        Value::String(_) => vec![json!("believed"), json!(7)],
        Value::Bool(_) => vec![json!("true"), json!(1)],
        Value::Array(_) => vec![json!({}), json!([[]])],
        Value::Object(_) => vec![json!({}), json!("believed")],
        Value::Null => return vec![json!("believed"), json!([])],
    };
    others.into_iter().chain([Value::Null]).collect()
}

/// The document with one fault, wherever its shape and kind of value was not seen before: a field renamed, missing, of
/// another type or too many, a number out of range, an unknown word.
fn faults(document: &Value, seen: &mut HashSet<String>) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    places(document, String::new(), &mut all);
    let mut found = Vec::new();
    for place in all {
        let value = document.pointer(&place).expect("a place of the document");
        let kind = value.as_str().map_or(format!("{:?}", std::mem::discriminant(value)), String::from);
        let Some((parent, key)) = place.rsplit_once('/').filter(|_| seen.insert(shape(&place) + &kind)) else {
            continue;
        };
        let plant = |what: &str, at: &str, change: &dyn Fn(&mut Value)| {
            let mut faulty = document.clone();
            change(faulty.pointer_mut(at).expect("a place of the document"));
            (format!("{place} {what}"), faulty)
        };
        if document.pointer(parent).is_some_and(Value::is_object) {
            let key = key.replace("~1", "/").replace("~0", "~");
            let removed =
                |fields: &mut Value| fields.as_object_mut().and_then(|fields| fields.remove(&key)).expect("a field");
            found.push(plant("renamed", parent, &|fields| {
                let value = removed(fields);
                fields["surprise"] = value;
            }));
            found.push(plant("missing", parent, &|fields| drop(removed(fields))));
        }
        if value.is_object() {
            found.push(plant("with a surprise", &place, &|fields| fields["surprise"] = json!(1)));
        }
        let others = wrong(value);
        found.extend(others.iter().map(|other| plant(&format!("is {other}"), &place, &|value| *value = other.clone())));
    }
    found
}

/// Runs a small network with more options, and gives the JSON that is printed.
fn measured(command: &[&str], more: &[&str]) -> Value {
    let place = TempDir::new().expect("a temporary directory");
    parsed(&printed(place.path(), &[command, &SMALL, more].concat()))
}

/// An audit of gradients of JAX, of the committed network.
fn audited(json: &str) -> Value {
    let jax = |name: &str| tests("tests/fixtures/jax").join(name).display().to_string();
    let [weights, batch, compare] = [jax("weights.npz"), jax("batch.npz"), format!("jax={}", jax("float32.npz"))];
    let place = TempDir::new().expect("a temporary directory");
    let options = ["audit", "--weights", &weights, "--act", "tanh", "--data", &batch, "--compare", &compare, json];
    parsed(&printed(place.path(), &options))
}

#[test]
fn the_schema_of_a_probe_accepts_what_is_read() {
    let committed = |name: &str| former(name, Record::from_json, Record::to_json);
    let mut probes: Vec<Value> = records::cases().iter().map(|(_, record)| parsed(&record.to_json())).collect();
    probes.retain(|record| record.to_string().len() < 1_000_000);
    probes.extend(["record-2.json.gz", "record-2-zero.json.gz", "record-3.json.gz", "audit-3.json.gz"].map(committed));
    let formats = "W:=f16,e5m2:acc=f32,forward=f32/backward=f16:round=stochastic,mpfr:9";
    let options = ["--residual", "--bias", "--formats", formats, "--loss-scale", "auto", "--json"];
    probes.push(measured(&[], &[&["--act", "prelu,relu"][..], &options].concat()));
    probes.push(measured(&[], &["--formats", "e4m3fn", "--truth", "both", "--loss-scale", "2^9", "--json"]));
    probes.push(audited("--json"));
    let specs = probes.iter().map(|record| record["spec"].clone()).collect();
    Schema::new("probe", Some(|text| Record::from_json(text).is_ok())).agrees(probes);
    Schema::new("spec", Some(|text| serde_json::from_str::<Spec>(text).is_ok())).agrees(specs);
}

#[test]
fn the_schemas_of_the_other_records_accept_what_is_read() {
    let law = |name: &str| former(name, Law::from_json, Law::to_json);
    let laws = vec![
        law("law-1.json.gz"),
        law("law-3.json.gz"),
        measured(&["law"], &["--act", "relu,tanh", "--bits", "4..9", "--json"]),
    ];
    Schema::new("law", Some(|text| Law::from_json(text).is_ok())).agrees(laws);
    let training = |name: &str| former(name, Training::from_json, Training::to_json);
    let options = ["--act", "prelu,relu", "--formats", "f16,e4m3fn", "--steps", "6", "--optimizer", "adam", "--json"];
    let trainings = vec![
        training("training-1.json.gz"),
        training("training-3.json.gz"),
        parsed(&trainings::usual().to_json()),
        parsed(&trainings::eventful().to_json()),
        measured(&["train"], &[&options[..], &["--loss-scale", "dynamic", "--measure", "every=3"]].concat()),
    ];
    let specs = trainings.iter().map(|training| training["spec"].clone()).collect();
    Schema::new("training", Some(|text| Training::from_json(text).is_ok())).agrees(trainings);
    Schema::new("training-spec", Some(|text| serde_json::from_str::<TrainingSpec>(text).is_ok())).agrees(specs);
    let example = std::fs::read_to_string(tests("reports/example/study.json")).expect("a committed study");
    let example = Study::from_json(&example).expect("a committed study").to_json();
    let studies = vec![parsed(&example), parsed(&studies::study().to_json())];
    let specs = studies.iter().map(|study| study["spec"].clone()).collect();
    Schema::new("study", Some(|text| Study::from_json(text).is_ok())).agrees(studies);
    Schema::new("study-spec", Some(|text| serde_json::from_str::<StudySpec>(text).is_ok())).agrees(specs);
}

#[test]
fn the_schemas_of_what_is_only_written_accept_it() {
    let mut summaries: Vec<Value> =
        records::cases().iter().map(|(_, record)| parsed(&Summary::of(record).to_json())).collect();
    summaries.push(measured(&[], &["--act", "prelu,relu", "--bias", "--formats", "f16,e4m3fn", "--json=summary"]));
    Schema::new("summary", None).agrees(summaries);
    Schema::new("audit-summary", None).agrees(vec![audited("--json=summary")]);
    let place = TempDir::new().expect("a temporary directory");
    printed(place.path(), &[&SMALL[..], &["--quiet", "--out", "there"]].concat());
    let run = std::fs::read_to_string(place.path().join("there/run.json")).expect("run.json");
    Schema::new("run", None).agrees(vec![parsed(&run)]);
}

/// Without a name the documents are listed, and each of them has a schema; a wrong name is refused with the known ones.
#[test]
fn documents_are_listed_by_name() {
    let list = printed(Path::new("."), &["schema"]);
    let names: Vec<&str> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.len() > 5 && list.lines().all(|line| line.split_whitespace().count() > 2), "{list}");
    for name in &names {
        assert!(parsed(&printed(Path::new("."), &["schema", name]))["properties"].is_object(), "{name}");
    }
    let wrong = Command::cargo_bin("precision-probe").expect("the binary is built").args(["schema", "prob"]).assert();
    let error = String::from_utf8(wrong.code(2).get_output().stderr.clone()).expect("UTF-8");
    let known = format!("{} or {}", names[..names.len() - 1].join(", "), names[names.len() - 1]);
    assert_eq!(error, format!("error: `prob`: give {known}; did you mean probe?\n"));
}
