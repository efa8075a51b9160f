//! Records whose numbers contradict each other or what was asked: refused with the place, and nothing is written.

use crate::common::fixture;
use precision_probe::probe::{Silent, run};
use precision_probe::record::study::Study;
use precision_probe::record::{Attribute, Record};
use precision_probe::spec::Spec;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

/// A record of two activations with biases, sources, remedies and theory.
fn whole() -> Record {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_string()).collect();
    let spec = Spec {
        activations: names(&["relu", "tanh"]),
        formats: names(&["f16", "bf16:acc=f32"]),
        depth: 3,
        width: 6,
        batch: 4,
        trials: 3,
        bias: true,
        attribute: Attribute::All,
        ..Spec::default()
    };
    run(&spec.validate().unwrap(), &Silent)
}

/// Where a number is, and what takes its place.
type Damage = (&'static str, Value, &'static str);

const LAYER: &str = "/runs/1/arithmetics/0/sites/2";

/// One damage for each kind of number, with a part of what is said of it. A path that begins with a dot is one below
/// [`LAYER`].
fn damages() -> Vec<Damage> {
    vec![
        // What was asked.
        ("/spec/trials", json!(4), "where 4 were asked for"),
        ("/spec/trials", json!(0), "no trial"),
        ("/spec/depth", json!(2), "it has 4 layers where 3 were asked for"),
        ("/runs/0/gain", json!(-1.0), "gain is no size"),
        ("/runs/0/chi1", json!(-0.5), "χ₁ is no size"),
        // The exact gradient.
        ("/runs/0/truth/precision", json!([160, 160]), "2 working precisions where 3"),
        ("/runs/0/truth/proofs", json!(["both"]), "its proofs are not one for each trial"),
        ("/runs/0/truth/precision/1", json!(0), "a working precision is 0 bits"),
        ("/runs/1/sites", json!([]), "0 layers where 4"),
        ("/runs/1/sites/1/ordinal", json!(1), "layer 2: it says that it is layer 1"),
        ("/runs/1/sites/3/parameters", json!([]), "layer 4: it has no name or no parameters"),
        ("/runs/1/truth/evidence/bits", json!(7), "it is proven 7 bits, and in the worst trial "),
        ("/runs/1/truth/sites/0/trials/2/evidence/bits", json!(7), "and in the worst trial proven 7 bits"),
        ("/runs/1/truth/sites/2/site", json!(7), "it says that it is layer 7"),
        ("/runs/1/truth/sites/2/trials", json!([]), "0 trials where 3"),
        ("/runs/1/truth/sites/2/trials/0/log2_norm", json!("none"), "is no number"),
        ("/runs/1/truth/sites/2/trials/0/log2_norm", json!("inf"), "no number"),
        ("/runs/1/truth/sites/2/trials/0/exact/log2_delta", json!("inf"), "is infinite"),
        (
            "/runs/1/truth/sites/2/trials/0/exact/zero",
            json!({"reason": "zero_weights", "site": 2, "ends_after_one_step": true}),
            "not zero has a reason",
        ),
        // An arithmetic.
        ("/runs/1/arithmetics/0/roles", json!(null), "its arithmetic and its file exclude each other"),
        ("/runs/1/arithmetics/0/roles/forward/name", json!("f32"), "its roles are not those of f16"),
        ("/runs/1/arithmetics/0/policy", json!("bf16"), "its roles are not those of bf16"),
        ("/runs/1/arithmetics/0/policy", json!("f61"), "its roles are not those of f61"),
        ("/runs/1/arithmetics/0/format/name", json!("bf16"), "its roles are not those of f16"),
        ("/runs/1/arithmetics/0/storage_noise", json!("none"), "storage noise is no number"),
        ("/runs/1/arithmetics/0/storage_noise", json!(-0.5), "storage noise is -0.5"),
        ("/runs/1/arithmetics/0/format/precision", json!(0), "no digits"),
        ("/runs/1/arithmetics/0/format/log2_max", json!(-30.0), "not in order"),
        ("/runs/1/arithmetics/0/format/log2_smallest_normal", json!("-inf"), "is infinite"),
        ("/runs/1/arithmetics/0/log2_loss_scale", json!(100_000), "a loss scale is 2^100000"),
        // A layer.
        (".site", json!(2), "tanh: f16: layer 3: it says that it is layer 2"),
        (".trials", json!([]), "0 trials where 3"),
        (".verdict/count", json!(9), "its verdict is"),
        (".verdict/of", json!(5), "its verdict is"),
        (".verdict/verdict", json!("overflow"), "its verdict is"),
        (".verdict/distribution", json!({"sound": 1}), "its verdict is"),
        (".verdict/distribution", json!({"sound": 3, "noisy": 1}), "its verdict is"),
        (".trials/1/verdict", json!("overflow"), "that of its trials"),
        (".fates/flushed", json!(1_000_000), "entries have a fate"),
        (".histogram/zeros", json!(1_000_000), "entries have a fate"),
        (".histogram/counts/0", json!(u64::MAX), "can be counted"),
        (".histogram/bin", json!(0), "no width"),
        (".histogram/bin", json!(-4), "no width"),
        (".noise_to_signal/count", json!(4), "of 4 of 3 trials"),
        (".noise_to_signal/count", json!(2), "none of its trials'"),
        (".noise_to_signal/count", json!(0), "of no trial has a value"),
        (".noise_to_signal/median", json!("none"), "is no number"),
        (".noise_to_signal/median", json!(-1.0), "a noise is -1"),
        (".noise_to_signal/median", json!(1e9), "not between its ends"),
        (".noise_to_signal/low", json!("-inf"), "a noise is minus infinite"),
        (".noise_to_signal/low", json!(0.0), "none of its trials'"),
        (".gradient/high", json!("inf"), "none of its trials'"),
        (".gradient/low", json!("inf"), "not between its ends"),
        (".flips", json!(null), "ok or flips"),
        (".trials/0/rows", json!({"wrong": 3, "of": 0}), "3 of 0 rows are wrong"),
        (".trials/0/rows/wrong", json!(7), "7 of 6 rows are wrong"),
        (".trials/0/rows/wholly_wrong", json!(7), "7 rows are wrong by 100 %"),
        (".trials/0/gradient/noise_to_signal", json!(-0.1), "the noise of a trial is -0.1"),
        (".trials/0/tensors/0/noise_to_signal", json!("-inf"), "weight: its noise is minus infinite"),
        (".trials/0/tensors/0/noise_to_signal", json!(0.5), "none of its trials'"),
        (".trials/0/tensors/1/orthogonal_noise", json!(-1e-3), "bias: its orthogonal noise"),
        (".trials/0/tensors/0/cosine", json!(1.5), "its cosine is 1.5"),
        (".trials/0/tensors/0/sign_agreement", json!(1.01), "its share of right signs"),
        (".trials/0/tensors/0/log2_signal", json!("inf"), "its signal is infinite"),
        // Sources, remedies, theory.
        ("/runs/1/arithmetics/0/attribution/sources/0/sites", json!([]), "0 layers where 4"),
        ("/runs/1/arithmetics/0/attribution/sources/0/sites/2/site", json!(4), "it says that it is layer 4"),
        ("/runs/1/arithmetics/0/attribution/sources/0/sites/1/without/median", json!(-2.0), "layer 2: a noise is -2"),
        ("/runs/1/arithmetics/0/attribution/sources/0/sites/1/milder", json!(9), "it helps in 9 of 3 trials"),
        ("/runs/1/arithmetics/0/attribution/sources/1/source", json!("forward"), "it is there twice"),
        ("/runs/1/arithmetics/0/remedies/0/sites", json!([]), "0 layers where 4"),
        ("/runs/1/arithmetics/0/remedies/0/trials", json!([]), "0 trials where 3"),
        ("/runs/1/arithmetics/0/remedies/0/log2_loss_scale", json!(-9999), "a loss scale is 2^-9999"),
        ("/runs/1/arithmetics/0/remedies/0/trials/0/worst_noise", json!(-1.0), "is negative"),
        ("/runs/1/arithmetics/0/remedies/0/sites/0/flushed", json!(1.5), "the flushed share is 1.5"),
        ("/runs/1/arithmetics/0/remedies/0/sites/0/noise_to_signal/count", json!(7), "of 7 of 3 trials"),
        ("/runs/1/arithmetics/0/remedies/0/sites/0/verdict/of", json!(9), "in 9 of 3 trials"),
        ("/runs/1/arithmetics/0/remedies/0/sites/0/verdict/distribution", json!({"noisy": 1}), "3 trials are 1"),
        ("/runs/1/arithmetics/0/remedies/0/sites/0/verdict/verdict", json!("overflow"), "a verdict is overflow"),
        ("/runs/1/arithmetics/0/theory/3/site", json!(3), "theory: layer 4: it says that it is layer 3"),
        ("/runs/1/arithmetics/0/theory/0/predicted", json!(-1.0), "a predicted noise is -1"),
        ("/runs/1/arithmetics/0/theory/0/frozen_worst", json!("-inf"), "a bound of theory"),
    ]
}

/// Every damage is found, with its place, and nothing else is: the record as it was is believed.
#[test]
fn contradictions_are_found_with_their_place() {
    let record = whole();
    assert_eq!(record.check(), Ok(()));
    let value: Value = serde_json::from_str(&record.to_json()).unwrap();
    for (path, damage, said) in damages() {
        let path = path.strip_prefix('.').map_or(path.to_string(), |rest| format!("{LAYER}/{rest}"));
        let mut damaged = value.clone();
        let name = format!("{path} = {damage}");
        let (parent, key) = path.rsplit_once('/').unwrap();
        let parent = damaged.pointer_mut(parent).unwrap_or_else(|| panic!("{name}: there is none"));
        match parent {
            Value::Object(fields) => drop(fields.insert(key.into(), damage)),
            Value::Array(items) => items[key.parse::<usize>().unwrap()] = damage,
            other => panic!("{name}: {other}"),
        }
        let read: Record = Record::from_json(&damaged.to_string()).unwrap_or_else(|error| panic!("{name}: {error}"));
        match read.check() {
            // tanh has no kink, so that its layers have no flips to lose.
            Ok(()) => assert!(said.starts_with("ok"), "{name} is believed"),
            Err(message) => {
                assert!(message.contains(said), "{name}: {message}");
                let is_in_a_run = path.starts_with("/runs/1");
                assert!(!is_in_a_run || message.starts_with("tanh: "), "{name}: {message}");
            }
        }
    }
    // Of an activation with a kink flips are counted, by layer and by trial.
    for (path, damage) in
        [("flips/flipped", json!(9999)), ("flips/nonfinite", json!(9999)), ("trials/0/flips", json!(77))]
    {
        let mut damaged = value.clone();
        *damaged.pointer_mut(&format!("/runs/0/arithmetics/0/sites/1/{path}")).unwrap() = damage;
        let message = Record::from_json(&damaged.to_string()).unwrap().check().unwrap_err();
        assert!(message.starts_with("relu: f16: layer 2: ") && message.contains("flips"), "{path}: {message}");
    }
}

/// Negative counts, numbers that are none and words in their place are no record at all.
#[test]
fn what_is_no_number_is_no_record() {
    let value: Value = serde_json::from_str(&whole().to_json()).unwrap();
    for (path, damage) in [
        ("trials/0/rows/wrong", json!(-3)),
        ("fates/flushed", json!(-1)),
        ("histogram/counts/0", json!(0.5)),
        ("noise_to_signal/median", json!("NaN")),
        ("noise_to_signal/median", json!(null)),
        ("noise_to_signal/count", json!(-1)),
        ("verdict/count", json!(-2)),
        ("trials/0/tensors/0/cosine", json!("one")),
        ("/runs/0/truth/evidence", json!("proven 83 bits")),
        ("/runs/0/truth/evidence/kind", json!("believed")),
        ("/runs/1/truth/sites/0/trials/2/evidence/bits", json!(-83)),
        ("/runs/1/phase", json!("gradients grow")),
        ("/runs/1/sites/0/kind", json!("magic")),
    ] {
        let mut damaged = value.clone();
        let path = if path.starts_with('/') { path.to_string() } else { format!("{LAYER}/{path}") };
        *damaged.pointer_mut(&path).unwrap_or_else(|| panic!("{path}")) = damage;
        assert!(Record::from_json(&damaged.to_string()).is_err(), "{path}");
    }
}

/// Records of a former schema are believed.
#[test]
fn former_records_do_not_contradict_themselves() {
    for name in ["record-2.json.gz", "record-2-zero.json.gz", "record-3.json.gz", "audit-3.json.gz"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/records").join(name);
        let record = Record::from_json(&String::from_utf8(fixture(&path)).unwrap()).unwrap();
        assert_eq!(record.check(), Ok(()), "{name}");
    }
}

fn report(place: &Path, path: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_precision-probe"));
    command.args(["report", path, "--out", "new"]).current_dir(place).output().unwrap()
}

/// `report` refuses such a record in one sentence with status 2 and writes nothing.
#[test]
fn report_refuses_what_contradicts_itself() {
    let place = TempDir::new().unwrap();
    let place = place.path();
    let value: Value = serde_json::from_str(&whole().to_json()).unwrap();
    for (path, damage, said) in [
        ("/runs/0/arithmetics/1/sites/0/trials/0/rows/of", json!(0), "relu: bf16:acc=f32: layer 1: "),
        ("/runs/1/arithmetics/0/storage_noise", json!("none"), "tanh: f16: storage noise is no number"),
        ("/spec/depth", json!(9), "it has 4 layers where 10 were asked for"),
    ] {
        let mut damaged = value.clone();
        let rows = "/runs/0/arithmetics/1/sites/0/trials/0/rows";
        *damaged.pointer_mut(rows).unwrap() = json!({"wrong": 3, "wholly_wrong": 0, "of": 6, "ghosts": 0});
        *damaged.pointer_mut(path).unwrap() = damage;
        fs::write(place.join("record.json"), damaged.to_string()).unwrap();
        let output = report(place, "record.json");
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{path}: {message}");
        assert!(
            message.starts_with("error: `record.json` contradicts itself (") && message.contains(said),
            "{message}"
        );
        assert!(message.ends_with("): measure again, or give a record as it was written\n"), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
        assert!(!place.join("new").join("report.html").exists(), "{path}");
    }
    fs::write(place.join("record.json"), value.to_string()).unwrap();
    assert_eq!(report(place, "record.json").status.code(), Some(0));
}

/// A study whose intervals or charts contradict themselves.
#[test]
fn studies_are_checked_as_well() {
    let study = crate::common::studies::study();
    assert_eq!(study.check(), Ok(()));
    let damaged = |change: &dyn Fn(&mut Study)| {
        let mut study = study.clone();
        change(&mut study);
        study.check().unwrap_err()
    };
    let low = |study: &mut Study| study.claims[0].findings[2].value.low = precision_probe::record::Number::new(9.0);
    assert!(damaged(&low).starts_with("claim a: `share of the exact gradient's square"));
    let point = |study: &mut Study| study.claims[1].charts[0].series[0].points.truncate(4);
    assert!(damaged(&point).contains("has 4 points at 5 places"));
    let none = |study: &mut Study| study.claims[2].findings[0].value.median = precision_probe::record::Number::None;
    assert!(damaged(&none).contains("is none"));
}
