//! Networks and batches from files: measured as they are, exported as they were, and refused with the fix.

use super::fixture;
use crate::common::tolerances;
use assert_cmd::Command;
use precision_probe::activation::{ALL, Activation};
use precision_probe::exchange::{Activations, Contents, Dtype, Labels, Samples, Tensor, read, write_safetensors};
use precision_probe::loss::Loss;
use precision_probe::probe;
use precision_probe::record::Record;
use precision_probe::spec::{Files, Spec};
use precision_probe::verdict::Verdict;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Output;
use tempfile::TempDir;

pub fn run(place: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::cargo_bin("precision-probe").expect("the binary is built");
    command.current_dir(place).args(arguments).output().expect("the command starts")
}

pub fn succeed(place: &Path, arguments: &[&str]) -> String {
    let output = run(place, arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

pub fn refused(place: &Path, arguments: &[&str], words: &str) {
    let output = run(place, arguments);
    let message = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
    assert!(message.starts_with("error: ") && message.contains(words), "{arguments:?}: {message}");
    assert!(!place.join("reports").exists(), "{arguments:?} writes nothing");
}

fn text(path: &str) -> String {
    fixture(path).display().to_string()
}

fn contents(place: &Path, path: &str) -> Contents {
    read(&place.join(path), None).unwrap()
}

/// What was measured, without the layers' names: truth and arithmetics as JSON.
pub fn measured(place: &Path, path: &str) -> (String, Value) {
    let text = fs::read_to_string(place.join(path)).unwrap();
    assert_eq!(Record::from_json(&text).unwrap().to_json(), text, "it reads back to the same bytes");
    let record: Value = serde_json::from_str(&text).unwrap();
    let run = &record["runs"][0];
    let kept = ["activation", "constants", "kinked", "truth", "arithmetics"].map(|key| run[key].to_string());
    (kept.join("\n"), record)
}

const FORMATS: &str = "f16,f16:acc=f32,bf16,e4m3fn,e5m2,f64,mpfr:100";

/// Exported and imported, a network and its batch give the same record, and the same files once more. What theory
/// says of a drawn network (gain, χ₁) is not said of one from a file.
#[test]
fn an_exported_network_is_measured_again_to_the_same_record() {
    for (act, data) in [("leaky", "digits"), ("prelu", "gaussian"), ("tanh", "digits"), ("prelu:0.5", "digits")] {
        let place = TempDir::new().unwrap();
        let place = place.path();
        let draw = ["--act", act, "--data", data, "--depth", "12", "--width", "5", "--batch", "3", "--trials", "1"];
        let first = [&draw[..], &["--bias", "--formats", FORMATS, "--out", "a", "--export", "x", "-q"]].concat();
        succeed(place, &first);
        let files = ["--weights", "x/network.safetensors", "--data", "x/batch.safetensors", "--formats", FORMATS];
        let second = [&files[..], &["--act", act, "--out", "b", "--export", "y", "-q"]].concat();
        succeed(place, &second);
        let ((drawn, _), (imported, record)) = (measured(place, "a/record.json"), measured(place, "b/record.json"));
        assert!(drawn == imported, "{act} on {data}");
        assert!(record["runs"][0].get("gain").is_none() && record["runs"][0].get("chi1").is_none());
        assert_eq!(record["spec"]["weights"]["source"]["file"], "network.safetensors");
        let mut names: Vec<_> =
            fs::read_dir(place.join("x")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names.len(), 4 + FORMATS.split(',').count(), "{names:?}");
        for name in &names {
            let [x, y] = ["x", "y"].map(|folder| fs::read(place.join(folder).join(name)).unwrap());
            assert!(x == y, "{act} on {data}: {name:?}");
        }
        // Redrawn from the record alone, elsewhere.
        fs::remove_dir_all(place.join("x")).unwrap();
        succeed(place, &["report", "b", "--out", "c", "-q"]);
        for file in ["summary.png", "summary.csv", "record.json"] {
            assert!(fs::read(place.join("b").join(file)).unwrap() == fs::read(place.join("c").join(file)).unwrap());
        }
    }
}

/// Names, shapes and numbers of an export: those of nn.Sequential, and truth.json against truth.safetensors and f64.
#[test]
fn an_export_holds_what_was_measured() {
    let place = TempDir::new().unwrap();
    let place = place.path();
    let draw = ["--act", "prelu", "--depth", "2", "--width", "3", "--batch", "2", "--trials", "2", "--bias"];
    succeed(place, &[&draw[..], &["--formats", "f64,f16:acc=f32,mpfr:60", "--export", "x", "-q"]].concat());
    let shapes = |contents: &Contents| -> Vec<(String, Vec<usize>)> {
        contents.tensors.iter().map(|tensor| (tensor.name.clone(), tensor.shape.clone())).collect()
    };
    let mut expected = vec![];
    for (name, shape) in [
        ("0.bias", vec![3]),
        ("0.weight", vec![3, 64]),
        ("1.weight", vec![1]),
        ("2.bias", vec![3]),
        ("2.weight", vec![3, 3]),
        ("3.weight", vec![1]),
        ("4.bias", vec![10]),
        ("4.weight", vec![10, 3]),
    ] {
        expected.push((name.to_string(), shape));
    }
    for file in ["network", "gradients.f64", "gradients.f16-acc-f32", "truth"] {
        assert_eq!(shapes(&contents(place, &format!("x/{file}.safetensors"))), expected, "{file}");
    }
    let batch = contents(place, "x/batch.safetensors");
    assert_eq!(shapes(&batch), [("x".to_string(), vec![2, 64]), ("y".to_string(), vec![2])]);
    assert!(batch.get("y").unwrap().dtype.is_integer());

    let json = |file: &str| -> Value { serde_json::from_slice(&fs::read(place.join(file)).unwrap()).unwrap() };
    let (truth, long) = (json("x/truth.json"), json("x/gradients.mpfr-60.json"));
    assert_eq!((&truth["loss"], &long["loss"]), (&"cross-entropy".into(), &"cross-entropy".into()));
    let (nearest, f64s) = (contents(place, "x/truth.safetensors"), contents(place, "x/gradients.f64.safetensors"));
    for (name, shape) in expected {
        let (truth, long) = (&truth["parameters"][&name], &long["parameters"][&name]);
        assert_eq!(truth["shape"], serde_json::json!(shape), "{name}");
        let bound = truth["log2_error_bound"].as_f64().unwrap();
        assert!(bound < -80.0, "{name}: {truth}");
        let digits: Vec<&str> = truth["values"].as_array().unwrap().iter().map(|x| x.as_str().unwrap()).collect();
        assert_eq!(digits.len(), shape.iter().product::<usize>());
        for (index, text) in digits.iter().enumerate() {
            let count = text.chars().take_while(|c| *c != 'e').filter(char::is_ascii_digit).count();
            let value: f64 = text.parse().unwrap();
            // An entry's own bound is no larger than the tensor's.
            let proven = core_math::log10(value.abs()) - bound * std::f64::consts::LOG10_2;
            assert!(count <= 60 && (count >= 60 || count as f64 >= proven.floor() + 5.0), "{name}: {text}");
            assert!(value != 0.0 || *text == "0", "{name}: every zero here is proven, not {text}");
            assert_eq!(nearest.get(&name).unwrap().values[index], value, "{name}[{index}]");
            let computed = f64s.get(&name).unwrap().values[index];
            assert!(
                (computed - value).abs() <= tolerances::GRADIENTS_IN_F64,
                "{name}[{index}]: {computed} and {value}"
            );
            let computed: f64 = long["values"][index].as_str().unwrap().parse().unwrap();
            assert!(
                (computed - value).abs() <= tolerances::GRADIENTS_IN_F64,
                "{name}[{index}]: {computed} and {value}"
            );
        }
    }
    // Gradients in other arithmetics stay.
    let again = [&draw[..], &["--formats", "f32", "--force", "-q"]].concat();
    succeed(place, &[&again[..], &["--export", "x"]].concat());
    assert!(place.join("x/gradients.f32.safetensors").exists() && place.join("x/gradients.mpfr-60.json").exists());
    fs::write(place.join("notes"), "words").unwrap();
    fs::remove_dir_all(place.join("reports")).unwrap();
    refused(place, &[&draw[..], &["--export", "."]].concat(), "is not empty and holds no truth.json");
    refused(place, &["--residual", "--export", "z"], "an nn.Sequential has no skip connections");
}

/// Any prefix, gaps, numbers in the order of numbers, a layer without bias, PReLU, three types.
#[test]
fn a_state_dict_is_measured_under_its_names() {
    let place = TempDir::new().unwrap();
    let place = place.path();
    fs::write(place.join("net.toml"), "activations = [\"prelu\", \"tanh\"]\n").unwrap();
    let (weights, data) = (text("network.safetensors"), text("batch.npz"));
    let files = ["--weights", &weights, "--data", &data];
    let net = [&files[..], &["--net", "net.toml", "--details", "--layers", "--out", "o"]].concat();
    let printed = succeed(place, &net);
    let printed = printed.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(printed.starts_with("per layer: prelu, tanh ("), "{printed}");
    assert!(printed.contains("weights network.safetensors, depth 2, units 4–3 ×2–2, biases"), "{printed}");
    assert!(printed.contains("data batch.npz, batch 5, 1 trial reference exact to "), "{printed}");
    assert!(printed.contains("storage noise in bf16"), "binary32's weights do not fit: {printed}");
    let (_, record) = measured(place, "o/record.json");
    let file = fs::read_to_string(place.join("o/record.json")).unwrap();
    let names: Vec<String> =
        Record::from_json(&file).unwrap().runs[0].sites.iter().map(|site| site.name.clone()).collect();
    assert_eq!(names, ["model.net.8", "model.net.10", "model.net.12"]);
    assert_eq!(record["spec"]["weights"]["activations"], serde_json::json!(["prelu", "tanh"]));
    // Moved, the same files are the same spec.
    fs::create_dir(place.join("moved")).unwrap();
    for name in ["network.safetensors", "batch.npz"] {
        fs::copy(fixture(name), place.join("moved").join(name)).unwrap();
    }
    let moved =
        ["--weights", "moved/network.safetensors", "--data", "moved/batch.npz", "--net", "net.toml", "--out", "o"];
    succeed(place, &moved);
    assert_eq!(fs::read_to_string(place.join("o/record.json")).unwrap(), file);
    // Other contents are another one.
    let mut bytes = fs::read(place.join("moved/network.safetensors")).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(place.join("moved/network.safetensors"), bytes).unwrap();
    let output = run(place, &moved);
    assert_eq!(output.status.code(), Some(2), "another spec is not written over this one");
}

/// Built-in data, compared activations, and a batch for drawn networks.
#[test]
fn files_go_with_what_is_drawn() {
    let place = TempDir::new().unwrap();
    let place = place.path();
    let weights = |name: &str, shape: [usize; 2]| {
        Tensor::doubles(name, shape.to_vec(), (0..shape[0] * shape[1]).map(|i| (i % 7) as f64 / 8.0 - 0.25).collect())
    };
    write_safetensors(&place.join("n.safetensors"), &[weights("fc1.weight", [5, 64]), weights("fc2.weight", [10, 5])])
        .unwrap();
    let net = ["--weights", "n.safetensors", "--formats", "f16"];
    let printed = succeed(
        place,
        &[&net[..], &["--act", "relu,tanh", "--seed", "3", "--batch", "4", "--details", "--out", "a"]].concat(),
    );
    assert!(printed.contains("data digits, batch 4, 1 trial, seed 3\n"), "{printed}");
    assert!(printed.contains("no biases") && !printed.contains("gain"), "{printed}");
    assert!(place.join("a/compare.png").exists());
    succeed(place, &[&net[..], &["--act", "relu", "--data", "gaussian", "--out", "b"]].concat());
    let data = text("batch.npz");
    let drawn = ["--data", &data, "--depth", "3", "--width", "4", "--trials", "2", "--formats", "f16"];
    let drawn = [&drawn[..], &["--details", "--out", "c"]].concat();
    let printed = succeed(place, &drawn);
    assert!(printed.contains("data batch.npz, batch 5, 2 trials, seed 0, gain 1.41"), "{printed}");
}

#[test]
fn what_contradicts_a_file_is_refused_with_the_fix() {
    let place = TempDir::new().unwrap();
    let place = place.path();
    let (weights, data, raw) = (text("network.safetensors"), text("batch.npz"), text("raw.npz"));
    let files = ["--weights", &weights, "--act", "relu", "--data", &data];
    for option in [
        "--depth=3",
        "--width=3",
        "--trials=2",
        "--bias",
        "--init=torch",
        "--gain=1",
        "--residual",
        "--seed=1",
        "--batch=3",
    ] {
        let name = option.split('=').next().unwrap();
        refused(place, &[&files[..], &[option]].concat(), &format!("leave out {name} or --"));
    }
    refused(place, &["--data", &data, "--batch", "3"], "--batch: --data FILE determines it");
    refused(place, &files, "`model.net.9.weight` is the slope of a PReLU after layer `model.net.8`, not of relu");
    refused(place, &["--weights", &weights, "--data", &data], "it does not contain the activations: give --act relu");
    refused(place, &["--weights", &weights, "--act", "relu"], "give --data FILE or --data gaussian");
    refused(place, &["--net", "net.toml"], "--net has no effect without --weights FILE");
    refused(place, &["--loss", "mse"], "--loss has no effect without --data FILE");
    refused(place, &["--dtype", "bfloat16"], "--dtype has no effect without");
    refused(place, &["--data", &data, "--dtype", "brain"], "unknown dtype `brain`");
    refused(place, &["--data", &data, "--loss", "hinge"], "give cross-entropy or mse");
    refused(place, &["--data", &data, "--loss", "mse"], "--loss mse takes targets of shape [batch × outputs]");
    refused(place, &["--data", &raw], "say which with --dtype float8_e4m3fn");
    refused(place, &["--data", &weights], "there is no `x`, only `model.net.");
    refused(place, &["--data", "digit"], "did you mean `digits`?");
    for (toml, words) in [
        ("activations = [\"prelu\"]", "has 2 hidden layers and `activations` has 1 names"),
        ("activations = [\"prelu\", \"tnh\"]", "did you mean `tanh`"),
        ("activation = \"relu\"\nslope = 3", "unknown field `slope`"),
        ("activation = \"relu\"\nactivations = []", "says both or nothing"),
        ("", "says both or nothing"),
        ("activation = ", "net.toml`: TOML parse error at line 1"),
        ("activations = [\"prelu:0.5\", \"tanh\"]", "is 0.30000001192092896 in the file, not 0.5; give prelu"),
        ("activations = [\"prelu\", \"prelu\"]", "after layer `model.net.10` has no slope in the file"),
    ] {
        fs::write(place.join("net.toml"), toml).unwrap();
        refused(place, &["--weights", &weights, "--data", &data, "--net", "net.toml"], words);
    }
    refused(place, &[&files[..], &["--net", "net.toml"]].concat(), "--net and --act both give the activations");
}

/// Networks and batches that are no such thing, each with the tensor and the fix.
#[test]
fn tensors_that_make_no_network_are_refused() {
    let place = TempDir::new().unwrap();
    let place = place.path();
    let zeros = |name: &str, shape: &[usize]| Tensor::doubles(name, shape.to_vec(), vec![0.0; shape.iter().product()]);
    let with = |tensor: Tensor, value: f64| {
        let mut values = tensor.values.clone();
        *values.last_mut().unwrap() = value;
        Tensor { values, ..tensor }
    };
    let head = || zeros("2.weight", &[2, 3]);
    for (tensors, words) in [
        (vec![], "holds no layer"),
        (vec![head()], "holds one layer, `2`"),
        (vec![zeros("0.weight", &[4, 4]), head()], "takes 3 inputs and the layer before, `0`, has 4 outputs"),
        (vec![zeros("0.weight", &[3, 4]), zeros("0.bias", &[4]), head()], "a bias has shape [3]"),
        (
            vec![zeros("0.weight", &[3, 4]), zeros("1.bias", &[3]), head()],
            "`1.bias` has no weight: every layer needs one",
        ),
        (vec![zeros("0.weight", &[3, 0]), head()], "a layer has inputs and outputs"),
        (vec![zeros("0.weight", &[3, 4]), zeros("1.weight", &[3]), head()], "a slope per channel is not read"),
        (
            vec![zeros("0.weight", &[3, 4]), zeros("1.weight", &[3]), zeros("1.bias", &[3]), head()],
            "normalisation layers",
        ),
        (vec![zeros("0.weight", &[3, 4]), zeros("1.running_mean", &[3]), head()], "is not a weight, kernel or bias"),
        (vec![zeros("0.weight", &[3, 4, 1, 1]), head()], "only nn.Linear, [out × in], is read"),
        (vec![zeros("0.weight", &[3, 4]), zeros("a.2.weight", &[2, 3])], "differ in more than their number"),
        (vec![zeros("0.weight", &[3, 4]), zeros("00.weight", &[3, 4]), head()], "have the same number"),
        (vec![zeros("0.weight", &[3, 4]), head(), zeros("3.weight", &[1])], "comes after the last layer"),
        (vec![zeros("0.weight", &[1]), zeros("1.weight", &[3, 4]), head()], "has no layer before it"),
        (vec![with(zeros("0.weight", &[3, 4]), f64::NAN), head()], "`0.weight`, entry [2, 3] is NaN"),
        (vec![zeros("0.weight", &[3, 4]), with(head(), f64::NEG_INFINITY)], "`2.weight`, entry [1, 2] is -inf"),
    ] {
        write_safetensors(&place.join("n.safetensors"), &tensors).unwrap();
        refused(place, &["--weights", "n.safetensors", "--act", "relu", "--data", "gaussian"], words);
    }
    let classes = |tensor: Tensor| Tensor { dtype: precision_probe::exchange::Dtype::I64, ..tensor };
    let x = || zeros("x", &[2, 4]);
    for (tensors, words) in [
        (vec![x()], "there is no `y`, only `x` [2 × 4] F64"),
        (vec![zeros("x", &[2]), zeros("y", &[2, 2])], "give [batch × features]"),
        (vec![zeros("x", &[0, 4]), zeros("y", &[0, 2])], "at least one sample"),
        (vec![x(), zeros("y", &[3, 2])], "give a row of `y` for every row of `x`"),
        (vec![x(), zeros("y", &[2])], "store class indices as integers or give --loss cross-entropy"),
        (vec![x(), classes(zeros("y", &[2, 2]))], "give --loss mse for targets"),
        (vec![x(), zeros("y", &[2, 2, 2])], "give class indices [batch] or targets"),
        (vec![x(), zeros("y", &[2, 0])], "at least one output"),
        (vec![x(), classes(with(zeros("y", &[2]), -1.0))], "`y`, entry [1] is -1: a class is a whole number"),
        (vec![with(x(), f64::INFINITY), zeros("y", &[2, 2])], "`x`, entry [1, 3] is inf"),
        (vec![x(), classes(with(zeros("y", &[2]), 7.0))], "has 2 outputs and `y` of `b.safetensors` a class 7"),
        (vec![x(), zeros("y", &[2, 3])], "has 2 outputs and `y` of `b.safetensors` 3 columns"),
        (vec![zeros("x", &[2, 5]), zeros("y", &[2, 2])], "has 4 inputs and `x` of `b.safetensors` 5 columns"),
    ] {
        write_safetensors(&place.join("n.safetensors"), &[zeros("0.weight", &[3, 4]), head()]).unwrap();
        write_safetensors(&place.join("b.safetensors"), &tensors).unwrap();
        refused(place, &["--weights", "n.safetensors", "--act", "relu", "--data", "b.safetensors"], words);
    }
    // What the type does not say, --loss does.
    for (y, loss, kind) in
        [(zeros("y", &[2]), "cross-entropy", "classes"), (classes(zeros("y", &[2, 2])), "mse", "values")]
    {
        write_safetensors(&place.join("b.safetensors"), &[x(), y]).unwrap();
        let files = ["--weights", "n.safetensors", "--act", "relu", "--data", "b.safetensors"];
        let printed = succeed(place, &[&files[..], &["--loss", loss, "--out", kind, "--json"]].concat());
        assert!(printed.contains(&format!("\"targets\":\"{kind}\"")), "{loss}");
    }
}

/// Rows of probabilities stored as `dtype`: a softmax of `columns` scores with label smoothing on top, or one-hot.
fn probabilities(dtype: Dtype, rows: usize, columns: usize, is_one_hot: bool) -> Tensor {
    let format = dtype.format().expect("a floating-point type");
    let stored = |p: f64| if dtype == Dtype::F64 { p } else { format.rounder().round(p) };
    let row = |row: usize| {
        // Softmax in f32, as frameworks compute it.
        let scores: Vec<f32> = (0..columns).map(|column| ((row * 7 + column * 5) % 11) as f32 - 5.0).collect();
        let powers: Vec<f32> = scores.iter().map(|score| core_math::expf(*score)).collect();
        let sum: f32 = powers.iter().sum();
        let soft = powers.into_iter().map(|power| f64::from(power / sum)).collect::<Vec<_>>();
        let hot = (0..columns).map(|column| f64::from(u8::from(column == row % columns))).collect();
        if is_one_hot { hot } else { soft }
    };
    let values = (0..rows).flat_map(row).map(stored).collect();
    Tensor { dtype, ..Tensor::doubles("y", vec![rows, columns], values) }
}

/// Probabilities never become mean squared error silently, whatever type they were rounded to.
#[test]
fn rows_of_probabilities_ask_for_the_loss() {
    let types = [Dtype::F64, Dtype::F32, Dtype::F16, Dtype::BF16, Dtype::F8E4M3, Dtype::F8E5M2];
    let x = |rows: usize| Tensor::doubles("x", vec![rows, 2], (0..2 * rows).map(|i| i as f64).collect());
    let read = |y: &Tensor, loss| {
        let mut contents = Contents::default();
        contents.tensors.extend([x(y.shape[0]), y.clone()]);
        Samples::new(&contents, loss)
    };
    for (dtype, is_one_hot, columns) in types
        .iter()
        .flat_map(|dtype| [(*dtype, true, 3), (*dtype, false, 2), (*dtype, false, 10), (*dtype, false, 300)])
    {
        let y = probabilities(dtype, 6, columns, is_one_hot);
        let message = read(&y, None).expect_err("the loss is not said");
        assert!(message.contains("--loss mse") && message.contains("cross-entropy"), "{dtype:?} {columns}: {message}");
        assert_eq!(message.contains("one-hot"), is_one_hot, "{message}");
        assert!(!message.ends_with('.') && message.lines().count() == 1, "{message}");
        assert!(matches!(read(&y, Some(Loss::MeanSquaredError)).unwrap().labels, Labels::Values(_)));
        assert!(read(&y, Some(Loss::CrossEntropy)).unwrap_err().contains("takes class indices of shape [batch]"));
        // One entry that is no probability, and the rows are targets like any others.
        for (entry, value) in [(0, -y.values[0] - 0.5), (columns, y.values[columns] + 1.0), (1, y.values[1] + 2.0)] {
            let mut other = y.clone();
            other.values[entry] = value;
            assert!(matches!(read(&other, None).unwrap().labels, Labels::Values(_)), "{dtype:?} {columns} {entry}");
        }
    }
    // Label smoothing in the type itself, as `one_hot*0.9 + 0.1/3` computes it.
    let mut smoothed = probabilities(Dtype::F32, 6, 3, true);
    smoothed.values.iter_mut().for_each(|p| *p = f64::from(*p as f32 * 0.9f32 + 0.1f32 / 3.0f32));
    assert!(read(&smoothed, None).is_err());
    // A sum that is off by more than rounding, and a single column, in which every number is 1.
    let mut off = probabilities(Dtype::F32, 6, 3, false);
    off.values[4] += 1e-5;
    let ones = Tensor::doubles("y", vec![4, 1], vec![1.0; 4]);
    for y in [off, ones] {
        assert!(matches!(read(&y, None).unwrap().labels, Labels::Values(_)));
    }
}

/// The same from every command that reads data, before anything is written.
#[test]
fn every_command_asks_for_the_loss_of_probabilities() {
    let place = TempDir::new().unwrap();
    let place = place.path();
    let weight = |name: &str, shape: [usize; 2]| Tensor::doubles(name, shape.to_vec(), vec![0.25; shape[0] * shape[1]]);
    write_safetensors(&place.join("n.safetensors"), &[weight("0.weight", [3, 2]), weight("2.weight", [3, 3])]).unwrap();
    write_safetensors(&place.join("g.safetensors"), &[weight("0.weight", [3, 2]), weight("2.weight", [3, 3])]).unwrap();
    let x = Tensor::doubles("x", vec![40, 2], (0..80).map(|i| f64::from(i % 9) / 8.0).collect());
    write_safetensors(&place.join("b.safetensors"), &[x, probabilities(Dtype::F32, 40, 3, false)]).unwrap();
    let net = ["--weights", "n.safetensors", "--act", "relu", "--data", "b.safetensors"];
    for (command, more) in [
        (None, &["--formats", "f16"][..]),
        (Some("train"), &["--batch", "4", "--steps", "1", "--formats", "f16"]),
        (Some("law"), &["--batch", "4", "--trials", "2", "--bits", "8,11,24"]),
        (Some("audit"), &["--compare", "g=g.safetensors"]),
    ] {
        let arguments: Vec<&str> = command.into_iter().chain(net).chain(more.iter().copied()).collect();
        refused(place, &arguments, "every row is a probability distribution: give --loss mse");
        succeed(place, &[&arguments[..], &["--loss", "mse", "--quiet"]].concat());
        fs::remove_dir_all(place.join("reports")).unwrap();
    }
}

/// Inputs beyond a format's range make z = ±∞, and NaN where there are no infinities: the whole catalogue overflows.
#[test]
fn inputs_beyond_a_format_are_overflow() {
    let place = TempDir::new().unwrap();
    let place = place.path();
    let column = |name: &str, values: &[f64]| Tensor::doubles(name, vec![values.len(), 1], values.to_vec());
    let weights = || vec![column("0.weight", &[-1.0]), column("2.weight", &[1.0])];
    write_safetensors(&place.join("n.safetensors"), &weights()).unwrap();
    let slope = Tensor::doubles("1.weight", vec![1], vec![0.25]);
    write_safetensors(&place.join("p.safetensors"), &[weights(), vec![slope]].concat()).unwrap();
    let names = ALL.iter().map(Activation::name).filter(|name| name != "prelu").chain(["swish:2".into()]).collect();
    let mut measured = 0;
    for (x, overflowing) in [(70_000.0, &["f16", "e5m2", "e4m3fn"][..]), (1e39, &["f16", "bf16", "e5m2", "e4m3fn"])] {
        write_safetensors(&place.join("b.safetensors"), &[column("x", &[x, -x]), column("y", &[0.5, 0.5])]).unwrap();
        for (network, names) in [("n", &names), ("p", &vec!["prelu".to_string()])] {
            // What saturates stays finite, and need not overflow.
            let formats = [overflowing, &["f16:saturate"]].concat().into_iter().map(String::from).collect();
            let mut spec = Spec { formats, ..Spec::default() };
            let mut files = Files::default();
            let path = place.join(format!("{network}.safetensors"));
            files.weights(&mut spec, &path, None, Some(Activations::Compared(Vec::clone(names)))).unwrap();
            files.batch(&mut spec, &place.join("b.safetensors"), None, None).unwrap();
            for run in &probe::run(&spec.validate_with(files).unwrap(), &probe::Silent).runs {
                for arithmetic in run.arithmetics.iter().take(overflowing.len()) {
                    let (found, name) = (arithmetic.verdict.verdict, &arithmetic.name);
                    assert_eq!(found, Verdict::Overflow, "{} in {name} at {x:e}", run.activation);
                    measured += 1;
                }
            }
        }
    }
    assert_eq!(measured, 7 * (ALL.len() + 1));
    let files =
        ["--weights", "n.safetensors", "--data", "b.safetensors", "--formats", "f16,f16:saturate", "--out", "o"];
    let printed = succeed(place, &[&files[..], &["--act", "silu,logsigmoid"]].concat());
    assert!(printed.contains("overflow"), "{printed}");
}

/// Two hundred layers of weights near 10^±300: proven, or not established with the reason, in 1 GiB of addresses. The
/// bias lies 200 000 binary orders below what it is added to.
#[cfg(target_os = "linux")]
#[test]
fn extreme_weights_are_proven_or_not_established() {
    let place = TempDir::new().unwrap();
    let place = place.path();
    let mut random = crate::common::Random(1);
    let mut drawn = |name: String, shape: &[usize], size: f64| {
        let mut value = || (random.below(2001) as f64 - 1000.0) / 1000.0 * size;
        let values = (0..shape.iter().product()).map(|_| value()).collect();
        Tensor::doubles(name, shape.to_vec(), values)
    };
    let batch = [drawn("x".into(), &[8, 16], 1.0), drawn("y".into(), &[8, 16], 1.0)];
    write_safetensors(&place.join("b.safetensors"), &batch).unwrap();
    let mut network = |size: &dyn Fn(usize) -> f64| -> Vec<Tensor> {
        let layer = |layer: usize| {
            let weight = drawn(format!("{layer}.weight"), &[16, 16], size(layer));
            [weight, drawn(format!("{layer}.bias"), &[16], 1e-300)]
        };
        (0..200).flat_map(layer).collect()
    };
    let (huge, tiny) = (network(&|_| 1e300), network(&|_| 1e-300));
    let mixed = network(&|layer| if layer % 2 == 0 { 1e300 } else { 1e-300 });
    for (tensors, act, words) in [
        (&huge, "relu", "(proven "),
        (&huge, "tanh", "not established: exponent range"),
        (&tiny, "tanh", "(proven "),
        (&mixed, "relu", "(proven "),
        (&mixed, "tanh", "not established: exponent range"),
    ] {
        write_safetensors(&place.join("n.safetensors"), tensors).unwrap();
        let options =
            format!("--weights n.safetensors --data b.safetensors --act {act} --formats f16,f64 --force --out o");
        let script = format!("ulimit -v 1048576; exec \"$0\" {options} --threads 2");
        let binary = assert_cmd::cargo::cargo_bin("precision-probe");
        let output = Command::new("sh").current_dir(place).arg("-c").arg(script).arg(binary).output().unwrap();
        let printed = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{act}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(printed.contains(words), "{act}: {printed}");
    }
}
