//! Report directories: whole files or none, and nobody's work replaced unasked.

use super::study::of_claims;
use crate::common::records::{Behaviour::Noise, default_record, record};
use crate::common::trainings::{Fare, training};
use precision_probe::law;
use precision_probe::probe::VERSION;
use precision_probe::report::files::{check_names, check_target, names, write};
use precision_probe::report::kind::Kind;
use precision_probe::report::naming::run_name;
use precision_probe::report::svg::Theme;
use precision_probe::spec::{Data, Init, Spec};
use std::fs;
use std::path::Path;

fn listing(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn files_are_written_whole_and_replaced_whole() {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("new/report");
    write(&directory, &[("record.json", b"one".to_vec()), ("summary.png", vec![1, 2, 3])]).unwrap();
    write(&directory, &[("record.json", b"two".to_vec())]).unwrap();
    assert_eq!(fs::read(directory.join("record.json")).unwrap(), b"two");
    assert_eq!(listing(&directory), ["record.json", "summary.png"], "no temporary file is left");
}

#[test]
fn a_failure_leaves_the_old_files_and_no_temporary_ones() {
    let place = tempfile::tempdir().unwrap();
    write(place.path(), &[("record.json", b"old".to_vec())]).unwrap();
    fs::create_dir(place.path().join("summary.png")).unwrap();
    fs::write(place.path().join("summary.png/inside"), b"in the way").unwrap();
    let result = write(place.path(), &[("summary.png", vec![0; 10]), ("record.json", b"new".to_vec())]);
    assert!(result.is_err(), "a file cannot replace a directory");
    assert_eq!(fs::read(place.path().join("record.json")).unwrap(), b"old");
    assert_eq!(listing(place.path()), ["record.json", "summary.png"]);
}

#[test]
fn a_report_replaces_only_its_own_directory() {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("report");
    let record = default_record();
    check_target(&directory, &record.spec_hash, false).expect("a new directory");
    assert_eq!(listing(&directory), [""; 0], "the probe is removed");
    write(&directory, &[("record.json", record.to_json().into_bytes())]).unwrap();
    check_target(&directory, &record.spec_hash, false).expect("its own directory");
    let refusal = check_target(&directory, "another", false).unwrap_err();
    assert_eq!(
        refusal,
        format!(
            "`{}` holds a report with other options or of another version: choose another place with --out DIR, or overwrite it with --force",
            directory.display()
        )
    );
    check_target(&directory, "another", true).expect("forced");
}

#[test]
fn foreign_directories_are_refused_without_force() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("thesis.tex"), "years of work").unwrap();
    let refusal = check_target(place.path(), "hash", false).unwrap_err();
    assert!(refusal.contains("is not empty and holds no record.json") && refusal.contains("--force"), "{refusal}");
    check_target(place.path(), "hash", true).expect("forced");
    fs::write(place.path().join("record.json"), "{ half").unwrap();
    let refusal = check_target(place.path(), "hash", false).unwrap_err();
    assert!(refusal.contains("is not a record"), "{refusal}");
}

#[test]
fn what_a_killed_run_left_is_not_in_the_way() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("record.json.123-0.partial"), "half").unwrap();
    check_target(place.path(), "hash", false).expect("only leftovers");
    // Somebody's own file of a similar name is.
    fs::write(place.path().join("thesis.partial"), "years of work").unwrap();
    assert!(check_target(place.path(), "hash", false).unwrap_err().contains("is not empty"));
}

/// Folders, files where a folder belongs, and nothing else stand in the way.
#[test]
fn each_file_of_a_report_is_tried_by_its_name() {
    let place = tempfile::tempdir().unwrap();
    let own = names(&["relu".into(), "tanh".into()]);
    for name in [
        "record.json",
        "run.json",
        "summary.csv",
        "remedies.csv",
        "report.html",
        "relu.svg",
        "panels/tanh/noise.png",
        "compare.png",
    ] {
        assert!(own.iter().any(|own| own == name), "{name}");
    }
    check_names(place.path(), &own).expect("an empty folder");
    let files: Vec<_> = own.iter().map(|name| (name, b"old".to_vec())).collect();
    write(place.path(), &files).unwrap();
    check_names(place.path(), &own).expect("its own files");
    assert_eq!(listing(&place.path().join("panels")), ["relu", "tanh"], "nothing is left of the trials");
    fs::remove_file(place.path().join("panels/tanh/noise.png")).unwrap();
    fs::create_dir(place.path().join("panels/tanh/noise.png")).unwrap();
    let message = check_names(place.path(), &own).unwrap_err();
    assert!(message.contains("panels/tanh/noise.png` is a directory, and the report has a file there"), "{message}");
    fs::remove_dir_all(place.path().join("panels/tanh")).unwrap();
    fs::write(place.path().join("panels/tanh"), "words").unwrap();
    let message = check_names(place.path(), &own).unwrap_err();
    assert!(message.contains("panels/tanh` is no directory, and the report has one there: choose"), "{message}");
    // Through a link, files of another place would be replaced.
    #[cfg(unix)]
    {
        fs::remove_file(place.path().join("panels/tanh")).unwrap();
        std::os::unix::fs::symlink("relu", place.path().join("panels/tanh")).unwrap();
        let message = check_names(place.path(), &own).unwrap_err();
        assert!(message.contains("panels/tanh` is a link to another place, and the report has a folder"), "{message}");
    }
}

/// A failure names its file.
#[test]
fn what_could_not_be_written_is_named() {
    let place = tempfile::tempdir().unwrap();
    fs::create_dir_all(place.path().join("panels/noise.svg/inside")).unwrap();
    let error = write(place.path(), &[("panels/noise.svg", vec![1])]).unwrap_err();
    assert!(error.to_string().starts_with("panels/noise.svg: "), "{error}");
}

#[test]
fn an_unusable_place_is_found_before_anything_is_measured() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("file"), "").unwrap();
    for force in [false, true] {
        let refusal = check_target(&place.path().join("file/report"), "hash", force).unwrap_err();
        assert!(refusal.starts_with("cannot write to `") && refusal.contains("--out DIR"), "{refusal}");
    }
}

/// As the command names a spec's folder.
fn named(spec: &Spec) -> String {
    run_name(spec, &spec.hash(VERSION))
}

/// A head that people read, and the beginning of the hash that the record has.
#[test]
fn names_of_folders_are_readable_and_end_in_the_hash() {
    assert_eq!(named(&Spec::default()), "default");
    let names = |activations: &[&str], formats: &[&str]| {
        let strings = |names: &[&str]| names.iter().map(|name| name.to_string()).collect();
        Spec { activations: strings(activations), formats: strings(formats), ..Spec::default() }
    };
    let usual = Spec::default().formats;
    let usual: Vec<&str> = usual.iter().map(String::as_str).collect();
    for (spec, head) in [
        (names(&["relu"], &["f16", "bf16"]), "relu-50x64-f16+bf16-"),
        (Spec { depth: 100, ..names(&["tanh"], &usual) }, "tanh-100x64-"),
        (Spec { batch: 3, seed: 7, ..names(&["leaky"], &usual) }, "leaky-50x64-batch-3-seed-7-"),
        (
            Spec { data: Data::Gaussian, residual: true, ..names(&["leaky"], &["f32"]) },
            "leaky-50x64-f32-gaussian-residual-on-",
        ),
        (
            Spec {
                init: Init::Kaiming,
                gain: Some(1.5),
                bias: true,
                ..names(&["leaky:0.2", "relu"], &["f16:acc=f32"])
            },
            "leaky-0.2+relu-50x64-f16-acc=f32-init-kaiming-",
        ),
        (names(&["relu", "leaky", "tanh", "gelu", "silu", "elu"], &["f16"]), "relu+5more-50x64-f16-"),
    ] {
        let hash = spec.hash(VERSION);
        assert_eq!(named(&spec), format!("{head}{}", &hash[..8]));
    }
}

/// Whatever is asked for, a name has at most 60 characters that every file system takes, and specs that differ have names
/// that do.
#[test]
fn names_of_folders_are_safe_short_and_of_one_spec() {
    let formats = |last: &str| (0..40).map(|n| format!("e8m{n}:acc=f32")).chain([last.into()]).collect();
    let act = |name: &str| vec![name.to_string()];
    let base = Spec::default();
    let specs = [
        Spec { activations: act("../../é\u{0} $(x)"), ..base.clone() },
        Spec { activations: act("-rf"), ..base.clone() },
        Spec { activations: act(".."), ..base.clone() },
        Spec { activations: act(""), ..base.clone() },
        Spec {
            activations: act(&"x".repeat(1000)),
            depth: usize::MAX,
            width: usize::MAX,
            seed: u64::MAX,
            ..base.clone()
        },
        Spec { formats: formats("f16"), ..base.clone() },
        Spec { formats: formats("f32"), ..base.clone() },
        Spec { truth_bits: 81, ..base.clone() },
        Spec { gain: Some(1.0000000000000002), ..base.clone() },
    ];
    let names: Vec<String> = specs.iter().map(named).collect();
    let is_safe = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b".=_+-".contains(&b);
    for name in &names {
        assert!(name.len() <= 60 && name.bytes().all(is_safe), "{name}");
        assert!(!name.starts_with(['-', '.']), "{name}");
    }
    let different: std::collections::BTreeSet<&String> = names.iter().collect();
    assert_eq!(different.len(), names.len(), "{names:?}");
}

/// Every picture of every kind of report carries the hash of its record's spec and its evidence, as SVG and as PNG.
#[test]
fn every_picture_says_where_its_numbers_come_from() {
    let light = Theme::Light;
    let record = record(2, 1, &[("f16", Noise(0.2))]);
    let training = training(&["tanh", "relu"], &[("f16", Fare::Noise(0.1, 0.1))], 1, 3);
    let (law, study) = (law::of(&record), of_claims("a"));
    let evidence = Some("proven 83 bits");
    let reports = [
        (record.drawn(light).unwrap(), &record.spec_hash, evidence),
        (law.drawn(light).unwrap(), &law.spec_hash, evidence),
        (training.drawn(light).unwrap(), &training.spec_hash, evidence),
        (study.drawn(light).unwrap(), &study.spec_hash, None),
    ];
    for (files, hash, evidence) in reports {
        let mut pictures = 0;
        for (name, bytes) in files {
            let said: Vec<(String, String)> = if name.ends_with(".svg") {
                let text = String::from_utf8(bytes).unwrap();
                let (_, behind) = text.split_once("<metadata>\n").unwrap_or_else(|| panic!("{name} says nothing"));
                let lines = behind.split_once("</metadata>").unwrap().0.lines();
                lines.map(|line| line.rsplit_once(": ").unwrap()).map(|(key, text)| (key.into(), text.into())).collect()
            } else if name.ends_with(".png") {
                let reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
                let texts = &reader.info().uncompressed_latin1_text;
                texts.iter().map(|chunk| (chunk.keyword.clone(), chunk.text.clone())).collect()
            } else {
                continue;
            };
            let of = |key: &str| said.iter().find(|(found, _)| found == key).map(|(_, text)| text.as_str());
            assert_eq!(of("precision-probe:spec_hash"), Some(hash.as_str()), "{name}");
            assert_eq!(of("precision-probe:evidence"), evidence, "{name}");
            assert!(of("Software").is_some_and(|text| text.starts_with("precision-probe ")), "{name}");
            pictures += 1;
        }
        assert!(pictures >= 2);
    }
}
