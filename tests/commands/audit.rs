//! Gradients that another program computed, compared with the exact ones and with our model of its arithmetic.
//!
//! The fixtures are what `examples/jax_gradients.py` writes (JAX 0.10.2 on the CPU, jitted): a tanh network of eight
//! hidden layers whose parameters and inputs are exact in all four types, and its gradients in them.

mod cases;
mod compared;
mod exported;
mod judged;
mod types;

use crate::common::tables;
use crate::common::tolerances;
use assert_cmd::Command;
use precision_probe::arithmetic::ArithmeticName;
use precision_probe::backprop::gradients;
use precision_probe::exchange::{self, Dtype, Gradients, Tensor, write_safetensors};
use precision_probe::probe::{self, Silent};
use precision_probe::record::{Number, Record};
use precision_probe::report::audit;
use precision_probe::report::numbers::Notation::Plain;
use precision_probe::report::probe::details;
use precision_probe::report::screen::View;
use precision_probe::spec::{Data, Files, Model, Spec};
use precision_probe::verdict::Verdict;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/jax").join(name)
}

/// The fixtures' network and batch with gradients under names, each against a model.
fn plan_of(compared: &[(&str, &Path, f64)], model: &Model) -> precision_probe::spec::Plan {
    let mut spec = Spec { activations: vec!["tanh".into()], formats: Vec::new(), data: Data::File, ..Spec::default() };
    let mut files = Files::default();
    let tanh = exchange::Activations::Same("tanh".into());
    files.weights(&mut spec, &fixture("weights.npz"), None, Some(tanh)).unwrap();
    files.batch(&mut spec, &fixture("batch.npz"), None, None).unwrap();
    for (name, path, scale) in compared {
        files.compare(&mut spec, name, path, None, *scale, model).unwrap();
    }
    for model in spec.compared.iter().filter_map(|compared| compared.model.clone()) {
        if !spec.formats.contains(&model) {
            spec.formats.push(model);
        }
    }
    spec.validate_with(files).unwrap()
}

fn record_of(compared: &[(&str, &Path, f64)], model: &Model) -> Record {
    probe::run(&plan_of(compared, model), &Silent)
}

/// The greatest and the least excess over the layers, in bits.
fn extremes(record: &Record) -> (f64, f64) {
    let audits = audit::audits(record, &record.runs[0]);
    let excesses: Vec<f64> = audits[0].rows.iter().map(|row| row.excess.unwrap()).collect();
    assert_eq!(excesses.len(), 9);
    assert!(excesses.is_sorted_by(|a, b| a >= b), "layers out of line first");
    (excesses[0], excesses[8])
}

fn tensors(name: &str) -> Vec<Tensor> {
    exchange::read(&fixture(name), None).unwrap().tensors
}

fn written(folder: &TempDir, name: &str, tensors: &[Tensor]) -> PathBuf {
    let path = folder.path().join(name);
    write_safetensors(&path, tensors).unwrap();
    path
}

/// JAX's double-precision gradients are ours, relative to every tensor's norm; 1.82e-15 is the largest distance.
/// They differ because sums run in another order and tanh and the loss are composed of other operations.
#[test]
fn doubles_agree_with_jax() {
    let plan = plan_of(&[("jax", &fixture("float64.npz"), 1.0)], &Model::OfType);
    let probe::Drawn { network, batch } = probe::draw(&plan, &plan.runs[0], 0);
    let theirs = &plan.compared[0];
    let mut worst = 0.0f64;
    let mut checked = 0;
    for layer in gradients(ArithmeticName::parse("f64").unwrap(), &network, &batch) {
        for (ours, offset) in [(&layer.weight, 0), (layer.bias.as_ref().unwrap(), 1)] {
            let theirs = &theirs.tensors[2 * layer.site + offset].as_ref().unwrap().values;
            assert_eq!(ours.dim(), theirs.dim());
            let norm = theirs.iter().map(|x| x * x).sum::<f64>().sqrt();
            let pairs = ours.iter().map(|x| x.to_f64()).zip(theirs);
            let distance = pairs.map(|(x, y)| (x - y) * (x - y)).sum::<f64>().sqrt();
            worst = worst.max(distance / norm);
            checked += 1;
        }
    }
    assert_eq!(checked, 18);
    assert!(worst < tolerances::JAX_IN_DOUBLES, "{worst:e}");
}

/// What the models leave unexplained, in bits: measured on the fixtures, and far below the bit from which a layer is out
/// of line. Of the noise of one network, half a bit is chance: JAX sums in another order, rounds tanh, its derivative
/// (1 − tanh², from the rounded tanh) and the loss in several steps where the model rounds once, and jitted XLA on the
/// CPU keeps some intermediate results in f32.
#[test]
fn our_models_explain_jax() {
    for (file, model, worst, least) in [
        ("float16.npz", "f16:acc=f32", 0.42, -0.055),
        ("bfloat16.npz", "bf16:acc=f32", 0.40, -0.09),
        ("float32.npz", "f32", 0.09, -0.17),
        ("float64.npz", "f64", 0.58, -0.06),
    ] {
        let record = record_of(&[("jax", &fixture(file), 1.0)], &Model::OfType);
        assert_eq!(record.spec.compared[0].model.as_deref(), Some(model));
        let (most, fewest) = extremes(&record);
        assert!((most - worst).abs() < tolerances::HALF_A_HUNDREDTH, "{file}: {most}");
        assert!((fewest - least).abs() < tolerances::HALF_A_HUNDREDTH, "{file}: {fewest}");
        let audit = audit::audits(&record, &record.runs[0]).remove(0);
        let answer = audit.answer(Plain);
        let start = format!("PASS jax: its error is what {model} would give, within 1 bit (worst: ");
        assert!(answer.starts_with(&start), "{answer}");
        // The distance, of the weights alone, lies between none and that of independent noises.
        for row in &audit.rows {
            let [theirs, ours] = [row.theirs, row.ours].map(|layer| layer.noise_to_signal.median.value());
            let ratio = theirs / ours;
            let distance = row.distance.unwrap();
            assert!(distance > 0.9 && distance < 1.0 + 1.0 / ratio, "{file}, layer {}: {distance}", row.layer);
        }
    }
}

/// f16 sums lose a bit more than JAX does in every layer: the accumulator is part of the arithmetic.
#[test]
fn a_model_with_a_narrow_accumulator_loses_more_than_jax() {
    let model = Model::Named("f16".into());
    let record = record_of(&[("jax", &fixture("float16.npz"), 1.0)], &model);
    let (most, _) = extremes(&record);
    assert!(most < -0.4, "{most}");
    let audit = audit::audits(&record, &record.runs[0]).remove(0);
    assert!(audit.judgement.outcome.is_pass(), "less noise than the model's is no fault");
}

/// A defect far below assert_close's tolerances stands out by its bits: 1e-9 of layer 3 beside noise of 4e-16.
#[test]
fn what_assert_close_lets_pass_is_out_of_line() {
    let folder = TempDir::new().unwrap();
    let mut wrong = tensors("float64.npz");
    let layer = wrong.iter_mut().find(|tensor| tensor.name == "4.weight").unwrap();
    layer.values.iter_mut().for_each(|x| *x *= 1.0 + 1e-9);
    let record = record_of(&[("theirs", &written(&folder, "g.safetensors", &wrong), 1.0)], &Model::OfType);
    let audits = audit::audits(&record, &record.runs[0]);
    let [first, second, ..] = &audits[0].rows[..] else { panic!("nine rows") };
    assert_eq!((first.layer, first.name, first.is_out_of_line(), second.is_out_of_line()), (3, "4", true, false));
    // log₂(1e-9·‖weights‖/‖weights and biases‖/4.66e-16), the norms' quotient 0.96.
    assert!((first.excess.unwrap() - 21.0).abs() < tolerances::TENTH_OF_A_BIT, "{:?}", first.excess);
    assert!(audits[0].rows.iter().all(|row| row.not_close == (0, row.not_close.1)));
    let answer = audits[0].answer(Plain);
    let (start, end) =
        ("FAIL theirs: layer 3 exceeds the error of f64 by 21 bits, more than 1 bit. ", "assert_close would pass.");
    assert!(answer.starts_with(start) && answer.ends_with(end), "{answer}");
}

/// What torch.testing.assert_close of PyTorch 2.15 counts on the CPU, with our exact gradient, rounded to the type, as the
/// expected one. It computes tolerances and differences in that type: an entry within their rounding of the threshold
/// may be counted otherwise, which is one entry of a layer here.
#[test]
fn assert_close_counts_what_torch_counts() {
    for (file, counts) in [
        ("float16.npz", [86, 67, 61, 70, 39, 33, 22, 22, 21]),
        ("bfloat16.npz", [98, 90, 94, 80, 59, 68, 78, 76, 64]),
        ("float32.npz", [0; 9]),
    ] {
        let record = record_of(&[("jax", &fixture(file), 1.0)], &Model::OfType);
        for (layer, torch) in record.runs[0].arithmetics[1].sites.iter().zip(counts) {
            let ours = layer.external.as_ref().unwrap().not_close;
            assert!(ours.abs_diff(torch) <= 1, "{file}, layer {}: {ours} and {torch}", layer.site);
        }
    }
}

/// Infinite and NaN entries are overflow: counted, out of line first, and never a crash.
#[test]
fn entries_that_are_not_finite_have_overflowed() {
    let folder = TempDir::new().unwrap();
    let mut wrong = tensors("float64.npz");
    for (name, value) in [("8.weight", f64::NAN), ("10.weight", f64::NEG_INFINITY), ("12.bias", f64::NAN)] {
        wrong.iter_mut().find(|tensor| tensor.name == name).unwrap().values[3] = value;
    }
    let record = record_of(&[("theirs", &written(&folder, "g.safetensors", &wrong), 1.0)], &Model::OfType);
    let layers = &record.runs[0].arithmetics[1].sites;
    for (index, layer) in layers.iter().enumerate() {
        let overflows = [4, 5].contains(&index);
        // Of weights and biases together.
        assert_eq!(layer.verdict.verdict == Verdict::Overflow, overflows || index == 6, "layer {}", layer.site);
        assert_eq!(layer.fates.overflowed, u64::from(overflows));
        assert_eq!(layer.external.as_ref().unwrap().not_close, u64::from(overflows || index == 6));
    }
    assert_eq!(layers[4].external.as_ref().unwrap().log2_distance, [Number::None]);
    let text = audit::terminal(&record, View::default(), 1.0, None);
    assert!(text.starts_with("FAIL theirs: layer 5 has infinite or NaN entries, where f64 has none"), "{text}");
    assert_eq!(Record::from_json(&record.to_json()).unwrap(), record);
}

/// A loss that was multiplied by 1024 gives the same record but for its file and its scale.
#[test]
fn a_loss_scale_is_divided_out() {
    let folder = TempDir::new().unwrap();
    let (plain, mut scaled) = (tensors("float64.npz"), tensors("float64.npz"));
    scaled.iter_mut().flat_map(|tensor| &mut tensor.values).for_each(|x| *x *= 1024.0);
    let plain = record_of(&[("theirs", &written(&folder, "g.safetensors", &plain), 1.0)], &Model::OfType);
    let record = record_of(&[("theirs", &written(&folder, "s.safetensors", &scaled), 1024.0)], &Model::OfType);
    assert_eq!(record.runs, plain.runs);
    assert_eq!((record.spec.compared[0].log2_scale, plain.spec.compared[0].log2_scale), (10, 0));
    assert_ne!(record.spec_hash, plain.spec_hash);
}

/// Flax's names and kernels of in × out give the numbers of PyTorch's, and what does not match is listed everywhere.
#[test]
fn other_names_and_shapes_match() {
    let folder = TempDir::new().unwrap();
    let turned = |mut tensor: Tensor| {
        let (layer, kind) = tensor.name.split_once('.').unwrap();
        let number = layer.parse::<usize>().unwrap() / 2;
        tensor.name = format!("params/Dense_{number}/{}", if kind == "weight" { "kernel" } else { "bias" });
        if let [rows, columns] = tensor.shape[..] {
            tensor.values = (0..rows * columns).map(|k| tensor.values[k % rows * columns + k / rows]).collect();
            tensor.shape = vec![columns, rows];
        }
        tensor
    };
    let mut renamed: Vec<Tensor> = tensors("float64.npz").into_iter().map(turned).collect();
    renamed.retain(|tensor| tensor.name != "params/Dense_8/bias");
    renamed.push(Tensor::doubles("params/step", vec![2, 5], vec![0.0; 10]));
    let renamed = written(&folder, "flax.safetensors", &renamed);
    let record = record_of(&[("flax", &renamed, 1.0), ("jax", &fixture("float64.npz"), 1.0)], &Model::OfType);
    let [_, flax, jax] = &record.runs[0].arithmetics[..] else { panic!("f64 and two files") };
    for (layer, (flax, jax)) in flax.sites.iter().zip(&jax.sites).enumerate() {
        assert_eq!(flax.trials[0].tensors[0], jax.trials[0].tensors[0], "layer {}", layer + 1);
    }
    let external = flax.external.as_ref().unwrap();
    assert_eq!(
        (&external.missing[..], &external.unused[..]),
        (&["16.bias".to_string()][..], &["params/step [2 × 5]".to_string()][..])
    );
    let text = details::terminal(&record, false, None);
    for line in [
        "flax: no gradient of 16.bias",
        "flax: matching no parameter: params/step [2 × 5]",
        "flax: matched by shape: `params/Dense_0/kernel` is 0.weight, ",
        "flax: read as in × out and transposed: `params/Dense_0/kernel`, ",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

/// A layer whose weight has no gradient in the file says so and stands last; the others are measured.
#[test]
fn frozen_layers_are_left_out() {
    let folder = TempDir::new().unwrap();
    let mut some = tensors("float64.npz");
    some.retain(|tensor| !tensor.name.starts_with("0."));
    // Its shape would fit layer 1, whose name is not there.
    let record = record_of(&[("theirs", &written(&folder, "g.safetensors", &some), 1.0)], &Model::OfType);
    let audits = audit::audits(&record, &record.runs[0]);
    let last = audits[0].rows.last().unwrap();
    assert_eq!((last.layer, last.excess, last.theirs.verdict.verdict), (1, None, Verdict::NotEstablished));
    assert!(audits[0].rows[..8].iter().all(|row| row.excess.is_some()));
    assert_eq!(audits[0].external.missing, ["0.weight", "0.bias"]);
}

/// The dump's own bfloat16, which NumPy calls `<V2`, is recognised and said.
#[test]
fn bfloat16_of_numpy_is_recognised() {
    let contents = exchange::read(&fixture("bfloat16.npz"), None).unwrap();
    assert!(contents.tensors.iter().all(|tensor| tensor.dtype == Dtype::BF16));
    assert_eq!(contents.notes, ["array `0.bias` and 17 more: `<V2` is read as bfloat16, as NumPy writes it"]);
    let plan = plan_of(&[("jax", &fixture("bfloat16.npz"), 1.0)], &Model::OfType);
    let gradients: &Gradients = &plan.compared[0];
    assert_eq!((gradients.dtype, gradients.notes.clone()), (Dtype::BF16, contents.notes));
}

/// The program with the fixtures' network and batch, and where its report goes.
fn program(folder: &TempDir, before: &[&str], arguments: &[&str]) -> assert_cmd::assert::Assert {
    let file = |name: &str| fixture(name).display().to_string();
    let mut command = Command::cargo_bin("precision-probe").unwrap();
    command.current_dir(folder.path()).args(before);
    command.args(["--weights", &file("weights.npz"), "--act", "tanh", "--data", &file("batch.npz"), "--out", "report"]);
    for argument in arguments {
        command.arg(argument.replace("FIXTURES", &file("")));
    }
    command.assert()
}

/// The audit as a command: its words, its exit status, its files, and the same words from its record alone.
#[test]
fn the_audit_of_the_command_line() {
    let folder = TempDir::new().unwrap();
    let arguments = ["--compare", "jax=FIXTURES/float16.npz", "--max-excess", "1"];
    let first = program(&folder, &["audit"], &arguments).success();
    let printed = String::from_utf8(first.get_output().stdout.clone()).unwrap();
    for words in [
        "PASS jax: its error is what f16:acc=f32 would give, within 1 bit (worst: +0.42 bits, layer 1).\n",
        "\nExact gradient of layer 1: healthy, ",
        "\njax (F16) compared with  worst excess  in layer  distance\n",
        "    1  0           0.0016          0.0012         0.42       1.2  fails 86 of 272\n",
    ] {
        assert!(printed.contains(words), "{words}\n{printed}");
    }
    assert!(printed.starts_with("PASS jax: "), "{printed}");
    // Four arithmetics and nine layers have a row each.
    assert!(printed.lines().count() <= 10 + 4 + 9, "{printed}");
    // Loss and data are not cut off.
    let unwrapped = printed.replace('\n', " ");
    assert!(unwrapped.contains("loss cross-entropy, data batch.npz, batch 32, 1 trial "), "{printed}");
    assert!(printed.lines().all(|line| line.chars().count() <= 100), "{printed}");
    let details = program(&folder, &["audit"], &[&arguments[..], &["--details"]].concat()).success();
    let details = String::from_utf8(details.get_output().stdout.clone()).unwrap();
    assert!(
        details.starts_with("PASS jax: ") && details.contains("(noise/signal of weights and biases together"),
        "{details}"
    );
    let page = include_str!("../../docs/how-to/check-gradients.md");
    let (_, shown) = page.split_once("--compare jax=tests/fixtures/jax/float16.npz\n").unwrap();
    let (shown, _) = shown.split_once("Report:").unwrap();
    assert!(printed.contains(shown), "the documentation shows another audit:\n{printed}");
    let mut report = Command::cargo_bin("precision-probe").unwrap();
    let again = report.current_dir(folder.path()).args(["report", "report"]).assert().success();
    assert_eq!(String::from_utf8(again.get_output().stdout.clone()).unwrap(), printed);
    let page = std::fs::read_to_string(folder.path().join("report/report.html")).unwrap();
    assert!(page.contains("<h2>Gradients of other programs</h2>") && page.contains("audit --weights weights.npz"));
    let csv = std::fs::read_to_string(folder.path().join("report/trials.csv")).unwrap();
    // Nine layers with weight and bias each; no activation gradients, which the file does not have.
    let rows = tables::rows(&csv);
    assert_eq!(tables::with(&rows, &[("activation", "tanh"), ("precision_as_given", "jax")]).len(), 18);
    let record = std::fs::read_to_string(folder.path().join("report/record.json")).unwrap();
    assert!(!record.contains(env!("CARGO_MANIFEST_DIR")), "a record knows no folders");
    // One sentence with the layer, its value and the threshold, silent or not.
    for quiet in [&["--quiet"][..], &[]] {
        let most = ["--compare", "jax=FIXTURES/float16.npz", "--max-excess", "0.4"];
        let failed = program(&folder, &["audit"], &[&most[..], quiet].concat()).code(3);
        let (out, error) = (&failed.get_output().stdout, String::from_utf8_lossy(&failed.get_output().stderr));
        assert_eq!(out.is_empty(), !quiet.is_empty());
        let sentence = "failed: jax: layer 1 exceeds the error of f16:acc=f32 by 0.42 bits (2 of 9 layers \
                        exceed 0.4 bits); --max-excess is 0.4\n";
        assert_eq!(error, sentence);
    }
    program(
        &folder,
        &["audit"],
        &["--compare", "jax=FIXTURES/float16.npz", "--as", "f32", "--force", "--max-excess", "9"],
    )
    .code(3);
}

/// A model may have a name of its own, which tables, the record and the command that audits again use.
#[test]
fn a_model_goes_by_its_name() {
    let folder = TempDir::new().unwrap();
    let compare = ["--compare", "jax=FIXTURES/float16.npz", "--as"];
    let run = |model: &str, more: &[&str]| {
        let output = program(&folder, &["audit"], &[&compare[..], &[model, "--force"], more].concat()).success();
        String::from_utf8(output.get_output().stdout.clone()).unwrap()
    };
    let record = |model: &str| Record::from_json(&run(model, &["--json"])).unwrap();
    let (plain, named) = (record("f16:acc=f32"), record("expected:=half:acc=f32"));
    assert_eq!(named.runs[0].arithmetics[0].name, "expected");
    assert_eq!(named.runs[0].arithmetics[0].definition(), "f16:acc=f32");
    assert_eq!(named.runs[0].arithmetics[0].sites, plain.runs[0].arithmetics[0].sites);
    assert_eq!(named.spec.compared[0].model.as_deref(), Some("expected"));
    assert_eq!(extremes(&named), extremes(&plain));
    assert!(run("expected:=half:acc=f32", &[]).contains("expected"));
    let page = std::fs::read_to_string(folder.path().join("report/report.html")).unwrap();
    assert!(page.contains("--as expected:=f16:acc=f32"), "{page}");
    let clash = program(&folder, &["audit"], &[&compare[..], &["jax:=f16"]].concat()).code(2);
    let message = String::from_utf8(clash.get_output().stderr.clone()).unwrap();
    assert!(message.contains("--compare jax: a precision of --formats has the same name; choose another"), "{message}");
}

/// Without an audit the gradients are one more arithmetic, with a verdict that can be asked for.
#[test]
fn gradients_are_one_more_arithmetic() {
    let folder = TempDir::new().unwrap();
    let compare =
        ["--formats", "f64", "--compare", "jax-f16=FIXTURES/float16.npz", "--compare", "jax=FIXTURES/float64.npz"];
    let run = program(&folder, &[], &[&compare[..], &["--fail-on", "noisy@jax-f16"]].concat()).success();
    let printed = String::from_utf8(run.get_output().stdout.clone()).unwrap();
    assert!(printed.contains("\njax-f16    0.0016 "), "{printed}");
    assert!(!printed.contains("against"), "{printed}");
    program(&folder, &[], &[&compare[..], &["--fail-on", "sound@jax-f16", "--quiet"]].concat()).code(3);
}

#[test]
fn every_mistake_names_its_fix() {
    let folder = TempDir::new().unwrap();
    let float = "jax=FIXTURES/float64.npz";
    for (before, arguments, words) in [
        (&["audit"][..], &[][..], "give --compare NAME=FILE"),
        (&["audit"], &["--compare", "grads.npz"], "write a name and a file"),
        (&["audit"], &["--compare", "f16=FIXTURES/float64.npz"], "such as torch-f16"),
        (&["audit"], &["--compare", "a@b=FIXTURES/float64.npz"], "1 to 40 letters and digits"),
        (&["audit"], &["--compare", float, "--compare", float], "the name is given twice; choose another"),
        (&["audit"], &["--compare", float, "--compare-scale", "1000"], "would round the gradients"),
        (&["audit"], &["--compare", float, "--compare-scale", "0"], "such as 1024"),
        (&["audit"], &["--compare", float, "--compare-scale", "2x"], "--compare-scale 2x: give the power of two"),
        (&["audit"], &["--compare", float, "--compare-scale", "torch=2"], "no compared gradients have that name"),
        (&["audit"], &["--compare", float, "--compare-scale", "2", "--compare-scale", "jax=2"], "keep one"),
        (&["audit"], &["--compare", float, "--as", "f17"], "unknown format"),
        (&["audit"], &["--compare", float, "--max-excess", "inf"], "a number of bits"),
        (&["audit"], &["--compare", "jax=FIXTURES/batch.npz"], "give the gradients of this network"),
        (&["audit"], &["--compare", "jax=FIXTURES/none.npz"], "give another file"),
        (&[], &["--compare", float, "--fail-on", "noisy@torch"], "unknown format"),
    ] {
        let failed = program(&folder, before, arguments).code(2);
        let message = String::from_utf8(failed.get_output().stderr.clone()).unwrap();
        assert!(message.contains(words), "{arguments:?}: {message}");
    }
    let mut drawn = Command::cargo_bin("precision-probe").unwrap();
    let drawn = drawn.current_dir(folder.path()).args(["--compare", "jax=x.npz"]).assert().code(2);
    assert!(String::from_utf8_lossy(&drawn.get_output().stderr).contains("give --weights FILE"));
}
