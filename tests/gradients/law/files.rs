//! Laws of networks and rows from files: the numbers of what is drawn, reports from the record alone, and refusals.

use super::{FILES, command, names, refused};
use crate::common::samples::{values, write, write_digits};
use assert_cmd::Command;
use precision_probe::data::rows::Rows;
use precision_probe::data::{Batch, Targets};
use precision_probe::exchange::{Activations, Tensor, write_safetensors};
use precision_probe::law::bits::Bits;
use precision_probe::probe::{Silent, run};
use precision_probe::record::law::{Law, LawRun, PointTrial};
use precision_probe::spec::{Attribute, Files, Model, Spec};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// What every small law has, and the shape of the drawn ones: four trials of batches of three.
const DRAWS: [&str; 4] = ["--batch", "3", "--trials", "4"];
const SHAPE: [&str; 4] = ["--depth", "3", "--width", "5"];

/// What the command prints.
fn succeed(place: &Path, arguments: &[&str]) -> String {
    let output = command(place, &[&["law"], arguments].concat());
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn law(place: &Path, more: &[&str]) -> Law {
    let output = ["--bits", "6..9", "--json", "--out", "law", "--force"];
    Law::from_json(&succeed(place, &[&DRAWS, &output[..], more].concat())).unwrap()
}

/// One trial at every precision, of every activation.
fn trial(law: &Law, trial: usize) -> Vec<PointTrial> {
    law.runs.iter().flat_map(|run| &run.points).map(|point| point.trials[trial]).collect()
}

/// A network that the main command drew, as files in `x`: that of the first trial of [`SHAPE`], with biases.
fn export(place: &Path, act: &str) {
    let draw = [
        "--depth",
        "3",
        "--width",
        "5",
        "--batch",
        "3",
        "--trials",
        "1",
        "--formats",
        "f64",
        "--bias",
        "--quiet",
        "--force",
    ];
    let mut binary = Command::cargo_bin("precision-probe").expect("the binary is built");
    let export = ["--act", act, "--export", "x", "--out", "drawn"];
    binary.current_dir(place).args(draw).args(export).assert().success();
}

/// A file that holds the digits in their order gives the very numbers of the digits.
#[test]
fn a_file_of_the_digits_gives_the_law_of_the_digits() {
    let place = TempDir::new().unwrap();
    let place = place.path();
    write_digits(&place.join("d.safetensors"));
    let (built_in, file) = (law(place, &SHAPE), law(place, &[&SHAPE[..], &["--data", "d.safetensors"]].concat()));
    assert_eq!(built_in.runs, file.runs);
    assert_ne!(built_in.spec_hash, file.spec_hash);
    let batch_file = file.spec.batch_file.unwrap();
    assert_eq!((batch_file.drawn_from, file.spec.batch, file.spec.trials), (Some(1797), 3, 4));
    assert_eq!((batch_file.source.file.as_str(), batch_file.source.sha256.len()), ("d.safetensors", 64));
    assert_ne!(trial(&built_in, 0), trial(&built_in, 1), "every trial has a batch of its own");
}

/// A drawn network that comes back as a file keeps its first trial; in the others only the batch changes.
#[test]
fn a_network_from_a_file_stays_while_its_batches_change() {
    let place = TempDir::new().unwrap();
    let place = place.path();
    write_digits(&place.join("d.safetensors"));
    for act in ["prelu", "tanh"] {
        export(place, act);
        let weights = ["--weights", "x/network.safetensors", "--act", act];
        let drawn = law(place, &[&SHAPE[..], &["--act", act, "--bias"]].concat());
        let given = law(place, &weights);
        assert_eq!(trial(&given, 0), trial(&drawn, 0), "{act}");
        assert_ne!(trial(&given, 1), trial(&drawn, 1), "{act}: the second trial has the same network");
        assert_ne!(trial(&given, 1), trial(&given, 0), "{act}: and another batch");
        let both = law(place, &[&weights[..], &["--data", "d.safetensors"]].concat());
        assert_eq!(both.runs, given.runs, "{act}: rows of a file and digits are drawn alike");
        assert!(both.runs.iter().all(|run| run.gain.is_none() && run.points[0].trials.len() == 4));
        let other = law(place, &[&weights[..], &["--data", "d.safetensors", "--seed", "1"]].concat());
        assert_ne!(other.runs, both.runs, "{act}: the seed draws the batches");
    }
    // The file holds the slopes, and so says its activation.
    export(place, "prelu");
    let without = law(place, &["--weights", "x/network.safetensors"]);
    assert_eq!(without.spec.activations, ["prelu"]);
    fs::write(place.join("net.toml"), "activations = [\"relu\", \"tanh\", \"gelu\"]").unwrap();
    export(place, "tanh");
    let mixed = law(place, &["--weights", "x/network.safetensors", "--net", "net.toml", "--data", "gaussian"]);
    let names: Vec<&String> = mixed.runs.iter().map(|run: &LawRun| &run.activation).collect();
    assert_eq!(names, ["per layer: relu, tanh, gelu"]);
}

/// A trial measures what the main command measures of a file that holds the trial's rows alone; values are targets of the
/// mean squared error.
#[test]
fn a_trial_is_a_measurement_of_its_rows() {
    let folder = TempDir::new().unwrap();
    let place = folder.path();
    let weight = |name: &str, shape: [usize; 2]| {
        let values = (0..shape[0] * shape[1]).map(|index| (index * 5 % 7) as f64 / 5.0 - 0.55).collect();
        Tensor::doubles(name, shape.to_vec(), values)
    };
    let (network, all, one) = ("n.safetensors", "v.safetensors", "one.safetensors");
    write_safetensors(&place.join(network), &[weight("0.weight", [3, 4]), weight("2.weight", [2, 3])]).unwrap();
    write(&place.join(all), &values(9, 3));
    let arguments = ["--weights", network, "--act", "tanh", "--data", all, "--batch", "4", "--trials", "3"];
    let printed = succeed(place, &[&arguments[..], &["--bits", "8..10", "--out", "a", "--details"]].concat());
    let printed = printed.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        printed.contains(
            "units 4–3–2, no biases, loss mean squared error, data v.safetensors (9 rows), batch 4, 3 trials, seed 0"
        ),
        "{printed}"
    );
    assert!(!printed.contains("gain"), "{printed}");
    assert!(printed.contains("at 8–10 bits the format cannot hold every parameter, input and target"), "{printed}");
    let law = Law::from_json(&fs::read_to_string(place.join("a/law.json")).unwrap()).unwrap();
    let measured = |file: &str| {
        let formats = Bits::parse("8..10").unwrap().arithmetics();
        let mut spec = Spec { formats, attribute: Attribute::None, ..Spec::default() };
        let mut files = Files::default();
        let tanh = Activations::Same("tanh".into());
        files.weights(&mut spec, &place.join(network), None, Some(tanh)).unwrap();
        files.batch(&mut spec, &place.join(file), None, None).unwrap();
        let plan = spec.validate_with(files).unwrap();
        (run(&plan, &Silent), plan.samples)
    };
    let rows = Rows::new(measured(all).1.as_ref());
    // Gradients of another program are of one batch, and none is drawn for them.
    let mut spec = Spec { activations: vec!["tanh".into()], batch: 4, ..Spec::default() };
    let mut files = Files::default();
    files.weights(&mut spec, &place.join(network), None, Some(Activations::Same("tanh".into()))).unwrap();
    files.rows(&mut spec, &place.join(all), None, None).unwrap();
    files.compare(&mut spec, "g", &place.join(network), None, 1.0, &Model::None).unwrap();
    let message = spec.validate_with(files).unwrap_err().0;
    assert!(message.contains("gradients belong to one network and one batch"), "{message}");
    for trial in 0..3 {
        write(&place.join(one), &rows.drawn(0, trial, 4));
        let (record, _) = measured(one);
        for (point, arithmetic) in law.runs[0].points.iter().zip(&record.runs[0].arithmetics) {
            assert_eq!(format!("mpfr:{}", point.bits), arithmetic.name);
            let tensor = &arithmetic.sites[0].trials[0].tensors[0];
            assert_eq!(
                point.trials[trial as usize].noise_to_signal, tensor.noise_to_signal,
                "{} {trial}",
                arithmetic.name
            );
        }
    }
}

/// The report is drawn again when the files are gone; its directory is named after them.
#[test]
fn a_law_of_files_is_redrawn_from_its_record() {
    let place = TempDir::new().unwrap();
    let place = place.path();
    write_digits(&place.join("d.safetensors"));
    export(place, "tanh");
    let options = ["--weights", "x/network.safetensors", "--act", "tanh", "--data", "d.safetensors"];
    let printed = succeed(place, &[&DRAWS[..], &["--bits", "6..9"], &options].concat());
    assert!(printed.contains("\ntanh        at most 6 bits"), "{printed}");
    assert!(printed.contains("weights network.safetensors, depth 3, units 64–5 ×3–10, biases"), "{printed}");
    fs::remove_dir_all(place.join("x")).unwrap();
    fs::remove_file(place.join("d.safetensors")).unwrap();
    let [_, report] = &names(&place.join("reports"))[..] else { panic!("one report, and the link to it") };
    assert!(report.starts_with("law-network-tanh-d-batch-3-bits-6..9-trials-4-"), "{report}");
    let report = format!("reports/{report}");
    assert_eq!(command(place, &["report", &report, "--out", "copy", "--quiet"]).status.code(), Some(0));
    for file in &FILES[..4] {
        let [one, copy] = [report.as_str(), "copy"].map(|folder| fs::read(place.join(folder).join(file)).unwrap());
        assert!(one == copy, "{file}");
    }
}

#[test]
fn files_that_do_not_fit_are_refused_with_the_fix() {
    let place = TempDir::new().unwrap();
    let place = place.path();
    write_digits(&place.join("d.safetensors"));
    write(&place.join("v.safetensors"), &values(20, 1));
    let mut spoilt = values(20, 1);
    spoilt.inputs[(2, 7)] = f64::NAN;
    write(&place.join("nan.safetensors"), &spoilt);
    let zeros = |name: &str, shape: [usize; 2]| Tensor::doubles(name, shape.to_vec(), vec![0.25; shape[0] * shape[1]]);
    write_safetensors(&place.join("n.safetensors"), &[zeros("0.weight", [3, 4]), zeros("2.weight", [2, 3])]).unwrap();
    let classes = Batch { targets: Targets::Classes((0..20).collect()), ..values(20, 1) };
    write(&place.join("c.safetensors"), &classes);
    for (arguments, words) in [
        ("--data v.safetensors --batch 21", "--batch 21: `v.safetensors` has 20 rows; give at most 20"),
        ("--data v.safetensors", "--batch 32: `v.safetensors` has 20 rows; give at most 20"),
        ("--data d.safetensors --batch 1798", "give at most 1797"),
        ("--data d.safetensors --loss mse", "--loss mse takes targets of shape [batch × outputs]"),
        ("--data nan.safetensors", "`x`, entry [7, 2]"),
        ("--data n.safetensors", "there is no `x`"),
        ("--loss mse", "--loss has no effect without --data FILE"),
        ("--net net.toml", "--net has no effect without --weights FILE"),
        ("--weights n.safetensors", "it does not contain the activations: give --act relu"),
        ("--weights n.safetensors --act relu", "give --data FILE or --data gaussian"),
        (
            "--weights n.safetensors --act relu --depth 3",
            "--depth: --weights determines it; leave out --depth or --weights",
        ),
        ("--weights n.safetensors --act relu --residual", "--residual: --weights determines it"),
        ("--weights n.safetensors --act prelu --data v.safetensors --batch 3", "has no slope in the file"),
        (
            "--weights n.safetensors --act relu --data d.safetensors",
            "has 4 inputs and `x` of `d.safetensors` 64 columns",
        ),
        (
            "--weights n.safetensors --act relu --data c.safetensors --batch 3",
            "has 2 outputs and `y` of `c.safetensors` a class 19",
        ),
    ] {
        let arguments: Vec<&str> = arguments.split(' ').collect();
        let message = refused(place, &[&["law"], &arguments[..]].concat());
        assert!(message.starts_with("error: ") && message.contains(words), "{arguments:?}: {message}");
        assert!(!message.trim_end().ends_with('.') && message.lines().count() == 1, "{message}");
    }
    assert!(!place.join("reports").exists());
}
