//! What this program exports passes its own audit, in the arithmetic that the file names.

use assert_cmd::Command;
use precision_probe::exchange;
use precision_probe::judgement::audit::{Outcome, judge};
use precision_probe::record::{Number, Record};
use std::path::Path;
use std::process::Output;
use tempfile::TempDir;

fn run(place: &Path, arguments: &[&str]) -> Output {
    Command::cargo_bin("precision-probe").unwrap().current_dir(place).args(arguments).output().unwrap()
}

const FILES: [&str; 6] = ["--weights", "e/network.safetensors", "--act", "relu", "--data", "e/batch.safetensors"];

#[test]
fn exports_pass_their_own_audit() {
    let place = TempDir::new().unwrap();
    let place = place.path();
    let small = ["--act", "relu", "--depth", "6", "--width", "10", "--batch", "8", "--trials", "1"];
    // The default list, a preset, and a policy under a name of the user's.
    let default = ["f16:acc=f32", "bf16:acc=f32", "f16", "f32", "f64"];
    let list = format!("{},amp-bf16,own:=e5m2:acc=f32", default.join(","));
    let export = ["--formats", &list, "--attribute", "none", "--export", "e", "--out", "r", "-q"];
    let output = run(place, &[&small[..], &export].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let cases = default.map(|name| (name, name)).into_iter().chain([("amp-bf16", "amp-bf16"), ("own", "e5m2:acc=f32")]);
    for (name, model) in cases {
        let file = format!("e/gradients.{}.safetensors", name.replace([':', '='], "-"));
        assert_eq!(exchange::read(&place.join(&file), None).unwrap().arithmetic.as_deref(), Some(model));
        let compare = format!("d={file}");
        let audit = |more: &[&str]| {
            run(place, &[&["audit"], &FILES[..], &["--compare", &compare, "--out", "a", "--force"], more].concat())
        };
        let output = audit(&["--max-excess", "0", "--json"]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{name}: {said}");
        let words =
            format!("exported by precision-probe as {model}, so compared with it; --as gives another arithmetic");
        assert!(said.contains(&words), "{said}");
        let record = Record::from_json(&String::from_utf8(output.stdout).unwrap()).unwrap();
        let judged = judge(&record, &record.runs[0], 0.0).remove(0);
        assert_eq!((judged.outcome.clone(), judged.models.len()), (Outcome::Pass, 1), "{name}");
        assert_eq!(judged.judged().name, model);
        let layers = &judged.judged().layers;
        assert!(layers.iter().all(|layer| layer.excess == Some(Number::Finite(0.0))), "{judged:?}");
        assert!(layers.iter().all(|layer| layer.distance.is_none_or(|distance| distance.value() == 0.0)), "{judged:?}");
        // What the user says comes first.
        let output = audit(&["--as", "f64", "--json"]);
        assert!(!String::from_utf8_lossy(&output.stderr).contains("exported by"));
        let record = Record::from_json(&String::from_utf8(output.stdout).unwrap()).unwrap();
        assert_eq!(record.spec.compared[0].model.as_deref(), Some("f64"));
    }
    // The same file without its metadata is one of doubles.
    let plain = exchange::read(&place.join("e/gradients.f16.safetensors"), None).unwrap();
    exchange::write_safetensors(&place.join("plain.safetensors"), &plain.tensors).unwrap();
    let compare = ["--compare", "d=plain.safetensors", "--max-excess", "1", "--out", "a", "--force"];
    assert_eq!(run(place, &[&["audit"], &FILES[..], &compare].concat()).status.code(), Some(3));
}

/// Metadata of other programs, and a name that is no arithmetic, change nothing.
#[test]
fn other_metadata_are_ignored() {
    let header = |metadata: &str| {
        let text =
            format!(r#"{{"__metadata__":{metadata},"0.weight":{{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}}}"#);
        [&(text.len() as u64).to_le_bytes()[..], text.as_bytes(), &1.0f64.to_le_bytes()].concat()
    };
    for (metadata, arithmetic) in [
        (r#"{"format":"pt"}"#, None),
        (r#"{}"#, None),
        (r#"{"format":"pt","precision_probe.arithmetic":"f16"}"#, Some("f16")),
        (r#"{"precision_probe.arithmetic":"no such"}"#, Some("no such")),
    ] {
        let contents = exchange::parse(&header(metadata), "", None).unwrap();
        assert_eq!((contents.arithmetic.as_deref(), contents.tensors.len()), (arithmetic, 1), "{metadata}");
    }
}
