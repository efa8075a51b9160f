//! Report directories: whole files or none, and nobody's work replaced unasked.

use crate::common::records::default_record;
use precision_probe::report::files::{check_names, check_target, names, run_name, write};
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
            "`{}` holds the report of another spec: choose another place with --out DIR, or replace it with --force",
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
    for name in
        ["record.json", "run.json", "layers.csv", "report.html", "relu.svg", "panels/tanh/noise.png", "compare.png"]
    {
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

#[test]
fn names_say_what_differs_from_the_default() {
    assert_eq!(run_name(&Spec::default()), "default");
    let spec = Spec { activations: vec!["tanh".into()], depth: 100, ..Spec::default() };
    assert_eq!(run_name(&spec), "act-tanh_depth-100");
    let spec = Spec {
        activations: vec!["leaky:slope=0.2".into(), "Relu".into()],
        data: Data::Gaussian,
        gain: Some(1.5),
        init: Init::Kaiming,
        bias: true,
        residual: true,
        formats: vec!["f16:acc=f32".into(), "f32".into()],
        ..Spec::default()
    };
    assert_eq!(
        run_name(&spec),
        "act-leaky-slope=0.2-relu_data-gaussian_init-kaiming_gain-1.5_bias-on_residual-on_formats-f16-acc=f32-f32"
    );
}

#[test]
fn names_are_safe_and_of_bounded_length() {
    let hostile = Spec { activations: vec!["../../é\u{0} $(x)".into()], ..Spec::default() };
    assert_eq!(run_name(&hostile), "act-..-..------x-");
}

#[test]
fn long_names_end_in_their_hash() {
    let formats = |last: &str| (0..40).map(|n| format!("e8m{n}:acc=f32")).chain([last.into()]).collect();
    let one = run_name(&Spec { formats: formats("f16"), ..Spec::default() });
    let other = run_name(&Spec { formats: formats("f32"), ..Spec::default() });
    assert_eq!(one.len(), 120);
    assert_ne!(one, other, "equal beginnings, different hashes");
    assert!(one.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b".=_-".contains(&b)), "{one}");
}
