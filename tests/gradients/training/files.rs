//! Training on rows from files and from the parameters of files: the numbers of what is drawn, checkpoints that know
//! their files, reports from the record alone, and refusals.

use super::command::{Place, contents, error, succeed};
use super::shared::{learner, networks, plan, small};
use crate::common::samples::{values, write, write_digits};
use crate::common::tables;
use crate::common::tolerances;
use assert_cmd::cargo::cargo_bin;
use precision_probe::data::minibatches::Minibatches;
use precision_probe::data::rows::Rows;
use precision_probe::data::{Batch, Targets};
use precision_probe::exchange::{Activations, Tensor, write_safetensors};
use precision_probe::record::training::{Training, TrainingRun};
use precision_probe::spec::Files;
use precision_probe::spec::training::{MeasureAt, TrainingPlan, TrainingSpec, trained_of};
use precision_probe::train::{Silent, Trainer, run};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

/// The record that the command prints.
fn trained(place: &Place, arguments: &[&str]) -> Training {
    let output = place.run(&[arguments, &["--json", "--force", "--out", "out"]].concat());
    succeed(&output);
    Training::from_json(&String::from_utf8(output.stdout).unwrap()).unwrap()
}

/// Another subcommand, or none.
fn command(place: &Place, arguments: &[&str]) -> Output {
    Command::new(cargo_bin("precision-probe")).current_dir(place.0.path()).args(arguments).output().unwrap()
}

/// A drawn network of three hidden layers of eight units, with biases, as files in `x`.
fn export(place: &Place, act: &str) {
    let draw = ["--act", act, "--depth", "3", "--width", "8", "--batch", "8", "--trials", "1", "--formats", "f64"];
    succeed(&command(
        place,
        &[&draw[..], &["--bias", "--export", "x", "--out", "drawn", "--force", "--quiet"]].concat(),
    ));
}

/// A run without what a network from a file lacks or names in its own way.
fn without_names(run: &TrainingRun) -> TrainingRun {
    TrainingRun { gain: None, sites: Vec::new(), ..run.clone() }
}

/// A plan of rows and, if there are some, weights from files.
fn plan_with(spec: TrainingSpec, rows: &Path, weights: Option<(&Path, &str)>) -> TrainingPlan {
    let (mut files, mut networks) = (Files::default(), spec.networks());
    if let Some((path, act)) = weights {
        files.weights(&mut networks, path, None, Some(Activations::Same(act.into()))).unwrap();
    }
    files.rows(&mut networks, rows, None, None).unwrap();
    spec.with_files_of(networks).validate_with(files).unwrap()
}

/// A file that holds the digits in their order is trained on as the digits are: the same split, the same epochs.
#[test]
fn a_file_of_the_digits_trains_as_the_digits_do() {
    let place = Place::new();
    write_digits(&place.path("d.safetensors"));
    let more = ["--batch", "100", "--steps", "30", "--formats", "f16,bf16:round=stochastic", "--act", "relu,elu"];
    let options = [&["--depth", "2", "--width", "6", "--minibatches", "2"], &more[..]].concat();
    let built_in = trained(&place, &options);
    let file = trained(&place, &[&options[..], &["--data", "d.safetensors"]].concat());
    // Thirty steps are more than two epochs of 14.
    assert_eq!(file.runs, built_in.runs);
    assert_eq!(file.runs[0].reference.held_out[0].of, 360);
    assert_ne!(file.spec_hash, built_in.spec_hash);
    let batch_file = file.spec.batch_file.unwrap();
    assert_eq!((batch_file.drawn_from, batch_file.features, batch_file.outputs), (Some(1797), 64, 10));
}

/// Copies begin at the parameters of a file as they do at drawn ones, each rounded to its master format; the parameters
/// that a file holds beyond the masters' bits are rounded, too.
#[test]
fn a_network_from_a_file_trains_as_the_drawn_one_does() {
    let place = Place::new();
    let formats = "f16,e4m3fn,bf16/update=f32/master=bf16:round=stochastic";
    for act in ["prelu", "tanh"] {
        export(&place, act);
        let options = ["--batch", "8", "--steps", "12", "--minibatches", "2", "--act", act, "--formats", formats];
        let drawn = trained(&place, &[&options[..], &["--depth", "3", "--width", "8", "--bias"]].concat());
        let given = trained(&place, &[&options[..], &["--weights", "x/network.safetensors"]].concat());
        assert_eq!(without_names(&given.runs[0]), without_names(&drawn.runs[0]), "{act}");
        assert_eq!((given.runs[0].gain, drawn.runs[0].gain.is_some()), (None, true));
        let names: Vec<&str> = given.runs[0].sites.iter().map(|site| site.name.as_str()).collect();
        assert_eq!(names, ["0", "2", "4", "6"]);
        let slope = (act == "prelu").then_some("1.weight");
        let parameters: Vec<&str> = ["0.weight", "0.bias"].into_iter().chain(slope).collect();
        assert_eq!(given.runs[0].sites[0].parameters, parameters);
        assert_eq!((given.spec.depth, given.spec.width, given.spec.bias), (3, 8, true));
    }
    // Several activations begin at the same parameters.
    let both = ["--weights", "x/network.safetensors", "--act", "tanh,relu"];
    let [tanh, relu] = &trained(&place, &[&both[..], &["--steps", "2", "--batch", "8"]].concat()).runs[..] else {
        panic!("two runs")
    };
    assert_eq!(tanh.parameters, relu.parameters);
    assert_ne!(tanh.reference.losses, relu.reference.losses);
    let thirds = Tensor::doubles("0.weight", vec![2, 4], vec![1.0 / 3.0; 8]);
    let head = Tensor::doubles("2.weight", vec![2, 2], vec![-2.0 / 3.0; 4]);
    write_safetensors(&place.path("thirds.safetensors"), &[thirds, head]).unwrap();
    write(&place.path("v.safetensors"), &values(20, 1));
    let spec = TrainingSpec { batch: 4, minibatches: 2, ..small(&["relu"], &["bf16"]) };
    let plan = plan_with(spec, &place.path("v.safetensors"), Some((&place.path("thirds.safetensors"), "relu")));
    let network = networks(&plan).remove(0);
    assert_eq!(network.parameters[0].values[(0, 0)], 1.0 / 3.0);
    // 1/3 to eight bits: 171·2^-9.
    assert_eq!(learner("bf16", &network).network.parameters[0].values[(0, 0)], 171.0 / 512.0);
    assert_eq!(learner("f64", &network).network.parameters[0].values[(0, 0)], 1.0 / 3.0);
}

/// Values have a loss and no right answers, in the record, the table, the sentences, the CSV and the pictures.
#[test]
fn values_are_trained_on_by_their_squared_error() {
    let place = Place::new();
    write(&place.path("v.safetensors"), &values(200, 2));
    let options = ["--data", "v.safetensors", "--act", "tanh", "--depth", "2", "--width", "6", "--batch", "16"];
    let more =
        ["--steps", "120", "--lr", "0.05", "--minibatches", "2", "--formats", "f32", "--out", "out", "--details"];
    let output = place.run(&[&options[..], &more].concat());
    succeed(&output);
    let printed = String::from_utf8(output.stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "data v.safetensors: 160 rows trained on, 40 held out",
        "held out: loss on held-out rows at the end",
        "on the held-out rows.",
    ] {
        assert!(printed.contains(words), "{words:?} is missing: {printed}");
    }
    assert!(!printed.contains("digits") && !printed.contains("right"), "{printed}");
    let training = place.training("out/training.json");
    let course = &training.runs[0].reference;
    assert!(course.last_loss().value() < 0.2 * course.losses[0].value(), "{:?}", course.last_loss());
    let held_out = course.held_out.last().unwrap();
    assert_eq!((held_out.right, held_out.of), (None, 40));
    assert!(held_out.loss.value() < 0.2 * course.held_out[0].loss.value());
    let rows = tables::rows(&fs::read_to_string(place.path("out/steps.csv")).unwrap());
    let last = tables::with(&rows, &[("activation", "tanh"), ("precision", "f32"), ("step", "120")])[0];
    let names = ["loss_of_minibatch", "held_out_loss", "held_out_right", "held_out_of", "log2_loss_scale", "skipped"];
    assert_eq!(names.map(|name| last[name].is_empty()), [true, false, true, false, true, false]);
    let svg = fs::read_to_string(place.path("out/training.svg")).unwrap();
    assert!(svg.contains("loss (mean squared error)") && svg.contains("held-out rows"));
    assert!(!svg.contains("digits") && !svg.contains("cross-entropy"));
}

/// Every row of a batch is a row of the file, and each is either trained on or held out: eight tenths of them, or all of
/// fewer than ten.
#[test]
fn rows_are_trained_on_or_held_out() {
    for rows in [2, 9, 10, 57, 3000] {
        let file = values(rows, rows as u64);
        let place = Place::new();
        write(&place.path("v.safetensors"), &file);
        let spec = TrainingSpec { batch: 1, minibatches: 2, ..small(&["relu"], &["f32"]) };
        let plan = plan_with(spec, &place.path("v.safetensors"), None);
        let samples = plan.networks.samples.as_ref().map(Arc::clone);
        let minibatches = Minibatches::new(5, 1, Rows::new(samples.as_ref()), plan.spec.trained());
        let pairs = |batch: &Batch| -> Vec<Vec<u64>> {
            let Targets::Values(values) = &batch.targets else { panic!("values") };
            let columns = batch.inputs.columns().into_iter().zip(values.columns());
            columns.map(|(x, y)| x.iter().chain(&y).map(|number| number.to_bits()).collect()).collect()
        };
        let trained: BTreeSet<_> = (0..minibatches.per_epoch()).flat_map(|step| pairs(&minibatches.at(step))).collect();
        let held_out: BTreeSet<_> = minibatches.held_out().iter().flat_map(&pairs).collect();
        assert_eq!((trained.len(), held_out.len()), (trained_of(rows), rows - trained_of(rows)), "{rows}");
        assert!(trained.is_disjoint(&held_out));
        assert_eq!(trained.union(&held_out).cloned().collect::<BTreeSet<_>>(), pairs(&file).into_iter().collect());
        assert!(minibatches.held_out().iter().all(|piece| piece.inputs.ncols() <= 512));
        // Pieces together have the loss of the whole: one rounding of each sum apart.
        let pieces = minibatches.held_out();
        let network = networks(&plan).remove(0);
        let [mut in_pieces, mut whole] = [learner("f64", &network), learner("f64", &network)];
        in_pieces.hold_out(0, &pieces);
        if rows < 10 {
            assert!(pieces.is_empty() && in_pieces.course.held_out.is_empty());
            continue;
        }
        whole.hold_out(0, &[joined(&pieces)]);
        let [one, other] = [&in_pieces, &whole].map(|learner| learner.course.held_out[0]);
        assert_eq!((one.of, other.of), (held_out.len() as u64, held_out.len() as u64));
        assert!((one.loss.value() / other.loss.value() - 1.0).abs() < tolerances::RECORDED, "{one:?} {other:?}");
    }
}

/// All batches as one.
fn joined(pieces: &[Batch]) -> Batch {
    let all = |of: &dyn Fn(&Batch) -> ndarray::Array2<f64>| {
        let parts: Vec<_> = pieces.iter().map(of).collect();
        ndarray::concatenate(ndarray::Axis(1), &parts.iter().map(|part| part.view()).collect::<Vec<_>>()).unwrap()
    };
    let values = |batch: &Batch| match &batch.targets {
        Targets::Values(values) => values.clone(),
        Targets::Classes(_) => panic!("values"),
    };
    Batch { inputs: all(&|batch| batch.inputs.clone()), targets: Targets::Values(all(&values)) }
}

/// A training of files that was stopped goes on with the same files to the same bytes, and with no others.
#[test]
fn a_stopped_training_goes_on_with_its_own_files_only() {
    let place = Place::new();
    write_digits(&place.path("d.safetensors"));
    export(&place, "tanh");
    let options = ["--weights", "x/network.safetensors", "--act", "tanh", "--data", "d.safetensors", "--batch", "8"];
    let more = ["--steps", "40", "--minibatches", "2", "--measure", "every=30", "--formats", "f16", "--quiet"];
    let options = [&options[..], &more].concat();
    succeed(&place.run(&[&options[..], &["--out", "whole"]].concat()));
    // Stopped after a piece.
    let spec = TrainingSpec {
        activations: vec!["tanh".into()],
        batch: 8,
        steps: 40,
        minibatches: 2,
        measure: MeasureAt::Every(30),
        formats: vec!["f16".into()],
        ..TrainingSpec::default()
    };
    let weights = place.path("x/network.safetensors");
    let plan = plan_with(spec.clone(), &place.path("d.safetensors"), Some((&weights, "tanh")));
    assert_eq!(place.training("whole/training.json").spec, plan.spec);
    let mut trainer = Trainer::new(&plan);
    (0..2).for_each(|_| trainer.advance(&Silent));
    fs::create_dir(place.path("stopped")).unwrap();
    fs::write(place.path("stopped/training.json"), trainer.record().to_json()).unwrap();
    fs::write(place.path("stopped/checkpoint"), trainer.checkpoint()).unwrap();
    let resume = [&options[..], &["--out", "stopped", "--resume"]].concat();
    // Another row of the file, then another weight.
    for (file, place_of_byte) in [("d.safetensors", 2000), ("x/network.safetensors", 1500)] {
        let own = fs::read(place.path(file)).unwrap();
        let mut other = own.clone();
        other[place_of_byte] ^= 1;
        fs::write(place.path(file), other).unwrap();
        for force in [&[][..], &["--force"]] {
            let output = place.run(&[&resume[..], force].concat());
            assert_eq!(output.status.code(), Some(2), "{file}: {}", error(&output));
            let name = file.rsplit('/').next().unwrap();
            let words = format!("error: the training in `stopped` started with another `{name}` (SHA-256 ");
            assert!(error(&output).starts_with(&words), "{}", error(&output));
            assert!(error(&output).ends_with("choose another place with --out DIR\n"), "{}", error(&output));
        }
        let other = plan_with(spec.clone(), &place.path("d.safetensors"), Some((&weights, "tanh")));
        let refusal = Trainer::resume(&other, &trainer.checkpoint()).err();
        assert_eq!(refusal.as_deref(), Some("is of another training or another version"));
        fs::write(place.path(file), own).unwrap();
    }
    assert!(place.path("stopped/checkpoint").exists(), "nothing was touched");
    succeed(&place.run(&resume));
    assert!(contents(&place.path("stopped")) == contents(&place.path("whole")));
}

/// The report is drawn again when the files are gone; its directory and its command are named after them.
#[test]
fn a_training_of_files_is_redrawn_from_its_record() {
    let place = Place::new();
    write(&place.path("v.safetensors"), &values(9, 2));
    let weight = |name: &str, shape: [usize; 2]| {
        let values = (0..shape[0] * shape[1]).map(|index| (index % 5) as f64 / 4.0 - 0.4).collect();
        Tensor::doubles(name, shape.to_vec(), values)
    };
    let layers = [weight("0.weight", [5, 4]), weight("2.weight", [3, 5]), weight("4.weight", [2, 3])];
    write_safetensors(&place.path("n.safetensors"), &layers).unwrap();
    fs::write(place.path("net.toml"), "activations = [\"tanh\", \"relu\"]").unwrap();
    let options = ["--weights", "n.safetensors", "--net", "net.toml", "--data", "v.safetensors", "--batch", "3"];
    let output = place.run(&[&options[..], &["--steps", "7", "--minibatches", "2", "--formats", "f16"]].concat());
    succeed(&output);
    let printed = String::from_utf8(output.stdout).unwrap();
    let words = printed.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.starts_with("per layer: tanh, relu, weights n.safetensors"), "{words}");
    assert!(words.contains("weights n.safetensors, depth 2, units 4–5–3–2, no biases, 41 parameters"), "{words}");
    assert!(words.contains("7 steps, batch 3, seed 0 data v.safetensors: 9 rows trained on, none held out"), "{words}");
    let report = &fs::canonicalize(place.path("reports/latest")).unwrap();
    let name = report.file_name().unwrap().to_string_lossy().into_owned();
    assert!(name.starts_with("train-n-") && name.contains("-v-batch-3-"), "{name}");
    let before = contents(report);
    for file in ["n.safetensors", "v.safetensors", "net.toml"] {
        fs::remove_file(place.path(file)).unwrap();
    }
    succeed(&command(&place, &["report", &format!("reports/{name}"), "--out", "copy", "--quiet"]));
    assert!(contents(&place.path("copy")) == before);
}

/// Specs that name no file say nothing of files, so that they keep their bytes and their hash.
#[test]
fn specs_without_files_are_what_they_were() {
    let json = serde_json::to_string(&TrainingSpec::default()).unwrap();
    assert!(json.ends_with("\"truth_bits\":80}"), "{json}");
    let spec = TrainingSpec { steps: 2, ..small(&["relu"], &["f16"]) };
    let training = run(&plan(&spec), &Silent).to_json();
    assert!(training.contains("\"gain\":1.41") && training.contains("\"right\":"), "{training}");
    assert_eq!(Training::from_json(&training).unwrap().to_json(), training);
}

#[test]
fn files_that_do_not_fit_are_refused_with_the_fix() {
    let place = Place::new();
    write_digits(&place.path("d.safetensors"));
    for rows in [1, 2, 20] {
        write(&place.path(&format!("v{rows}.safetensors")), &values(rows, 1));
    }
    let mut spoilt = values(20, 1);
    spoilt.inputs[(3, 4)] = f64::INFINITY;
    write(&place.path("inf.safetensors"), &spoilt);
    let weight = |name: &str, shape: [usize; 2]| Tensor::doubles(name, shape.to_vec(), vec![0.25; shape[0] * shape[1]]);
    write_safetensors(&place.path("n.safetensors"), &[weight("0.weight", [3, 4]), weight("2.weight", [2, 3])]).unwrap();
    let net = "--weights n.safetensors --act relu";
    for (arguments, words) in [
        (
            "--data v20.safetensors",
            "--batch 32: 16 of the 20 rows of `v20.safetensors` are for training; give at most 8",
        ),
        ("--data v20.safetensors --batch 9", "--batch 9: 16 of the 20 rows"),
        (
            "--data v20.safetensors --batch 8 --minibatches 3",
            "--minibatches 3: the 16 training samples make 2 minibatches of --batch 8; give at most 2",
        ),
        (
            "--data v2.safetensors --batch 2",
            "--batch 2: 2 of the 2 rows of `v2.safetensors` are for training; give at most 1",
        ),
        ("--data v1.safetensors --batch 1", "`v1.safetensors` has 1 row: give a file with at least two"),
        ("--data inf.safetensors --batch 8", "`x`, entry [4, 3]"),
        ("--data n.safetensors", "there is no `x`"),
        ("--data gaussian", "--data gaussian: random targets cannot be learnt; give digits, or a FILE"),
        ("--data digit", "did you mean `digits`?"),
        ("--data nowhere.npz", "`nowhere.npz` cannot be read ("),
        ("--data v20.safetensors --loss cross-entropy", "--loss cross-entropy takes class indices of shape [batch]"),
        ("--data d.safetensors --loss mse", "--loss mse takes targets of shape [batch × outputs]"),
        ("--loss mse", "--loss has no effect without --data FILE"),
        ("--weights n.safetensors", "it does not contain the activations: give --act relu"),
        (net, "the digits have 64 features and 10 classes: give --data FILE\n"),
        (&format!("{net} --width 3"), "--width: --weights determines it; leave out --width or --weights"),
        (&format!("{net} --init torch"), "--init: --weights determines it"),
        (&format!("{net} --data d.safetensors"), "has 4 inputs and `x` of `d.safetensors` 64 columns"),
    ] {
        let arguments: Vec<&str> = arguments.split(' ').collect();
        let output = place.run(&arguments);
        let message = error(&output);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}: {message}");
        assert!(message.starts_with("error: ") && message.contains(words), "{arguments:?}: {message}");
        assert!(!message.trim_end().ends_with('.') && message.lines().count() == 1, "{message}");
    }
    assert!(!place.path("reports").exists());
    // What the messages ask for is taken.
    let least =
        ["--data", "v2.safetensors", "--batch", "1", "--minibatches", "2", "--steps", "1", "--depth", "1", "-q"];
    succeed(&place.run(&least));
}
