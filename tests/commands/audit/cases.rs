//! Public bug reports: what must be said of them, and that nothing is called within which cannot be judged.

use super::judged::{Network, Place, Stored, judged_at, named, network, single, site_of, times, whole};
use assert_cmd::Command;
use precision_probe::exchange::{self, Tensor, write_safetensors};
use precision_probe::judgement::audit::{FactorKind, LayerVerdict, Outcome, Standing, judge};
use precision_probe::judgement::{ExactState, Vanishing};
use precision_probe::record::{Record, ZeroReason};
use precision_probe::report::audit;
use precision_probe::report::probe::{details, page};
use precision_probe::report::screen::View;
use precision_probe::spec::Model;
use std::path::Path;
use std::process::Output;
use tempfile::TempDir;

fn screen(record: &Record) -> String {
    audit::terminal(record, View::default(), 1.0, None)
}

/// A file of `tests/fixtures/audit`: NumPy's network with x·σ(1.702·x), and its gradients.
fn tensors(name: &str) -> Vec<Tensor> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/audit").join(name);
    exchange::read(&path, None).unwrap().tensors
}

/// slime#1842, returnn#1590: gradients that were unscaled twice, and those of a sum instead of a mean.
#[test]
fn scales_that_were_divided_out_twice_are_named() {
    let swish = Network {
        act: "swish:1.702",
        weights: tensors("swish_weights.safetensors"),
        batch: tensors("swish_batch.safetensors"),
    };
    let place = Place::new(&swish);
    let exact = tensors("swish_gradients.safetensors");
    assert_eq!(place.judged(&exact, Stored::F32, &Model::OfType).outcome, Outcome::Pass);
    for (by, exponent) in [(precision_probe::format::two_to(-16), -16), (32.0, 5)] {
        let record = place.record(&times(&exact, |_| by), Stored::F32, 1.0, &Model::OfType);
        let judged = judged_at(&record, 1.0);
        let Outcome::ConstantFactor { factor, layers: 3, .. } = judged.outcome else { panic!("{by}: {judged:?}") };
        assert_eq!((factor.kind, factor.is_negative), (FactorKind::PowerOfTwo { exponent }, false));
        assert!(judged.judged().layers.iter().all(|layer| layer.verdict == LayerVerdict::ConstantFactor));
        let text = screen(&record);
        assert!(text.starts_with(&format!("FAIL theirs: it is exactly 2^{exponent} ")), "{text}");
        assert!(!text.contains("within"), "{text}");
    }
    // cs249r_book#1399: the backward pass of another formula is no factor.
    let wrong = place.judged(&tensors("swish_tanh_backward.safetensors"), Stored::F32, &Model::OfType);
    assert_eq!(wrong.outcome, Outcome::Excess { layers: 2 }, "{wrong:?}");
}

fn run(place: &Path, arguments: &[&str]) -> Output {
    Command::cargo_bin("precision-probe").unwrap().current_dir(place).args(arguments).output().unwrap()
}

/// TransformerEngine#3281: a quantiser to NVFP4 that gives zeros. The model's own noise is nearly as large.
#[test]
fn zeros_fail_where_the_model_is_as_noisy() {
    let place = TempDir::new().unwrap();
    let place = place.path();
    let network = ["--act", "relu", "--depth", "20", "--width", "32", "--formats", "nvfp4", "--trials", "1"];
    let drawn = run(place, &[&network[..], &["--export", "e", "--attribute", "none", "--out", "r", "-q"]].concat());
    assert!(drawn.status.success(), "{}", String::from_utf8_lossy(&drawn.stderr));
    let truth = exchange::read(&place.join("e/truth.safetensors"), None).unwrap().tensors;
    write_safetensors(&place.join("zeros.safetensors"), &times(&truth, |_| 0.0)).unwrap();
    let files = ["--weights", "e/network.safetensors", "--act", "relu", "--data", "e/batch.safetensors"];
    let compare = ["--compare", "d=zeros.safetensors", "--as", "nvfp4", "--max-excess", "1", "--out", "a"];
    let audit = |more: &[&str]| run(place, &[&["audit"], &files[..], &compare, more].concat());
    let output = audit(&["--json"]);
    assert_eq!(output.status.code(), Some(3));
    let failed = String::from_utf8(output.stderr).unwrap();
    assert!(failed.contains("failed: d: its gradients are all zero in every layer"), "{failed}");
    let record = Record::from_json(&String::from_utf8(output.stdout).unwrap()).unwrap();
    let judged = judged_at(&record, 1.0);
    let all: Vec<usize> = (1..=21).collect();
    assert_eq!(judged.outcome, Outcome::AllZero { places: whole(&all), of: 21 });
    assert!(judged.judged().layers.iter().all(|layer| layer.verdict == LayerVerdict::ZeroDump));
    // By their bits alone all of them would pass.
    let bits = judged.judged().layers.iter().map(|layer| layer.excess.unwrap().value());
    assert!(bits.fold(0.0, f64::max) < 1.0);
    let text = String::from_utf8(audit(&["--layers"]).stdout).unwrap();
    assert_eq!(text.matches(", zero dump").count(), 21, "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 100) && !text.contains("within"), "{text}");
    // The same for programs.
    let summary = String::from_utf8(audit(&["--json=summary"]).stdout).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    let file = &summary["audits"][0];
    assert_eq!((&summary["schema"], &summary["is_pass"]), (&"precision-probe-audit/1".into(), &false.into()));
    assert_eq!((&file["result"]["outcome"], &file["model"]), (&"all_zero".into(), &"nvfp4".into()));
    let layers = file["layers"].as_array().unwrap();
    assert_eq!(layers.len(), 21);
    for (index, (layer, judged)) in layers.iter().zip(&judged.judged().layers).enumerate() {
        assert_eq!(layer["layer"], index + 1);
        assert_eq!(layer["name"], (2 * index).to_string());
        assert_eq!((&layer["verdict"], &layer["noise"]), (&"zero_dump".into(), &1.0.into()));
        assert_eq!(layer["model_noise"].as_f64().unwrap(), judged.model_noise.value());
        assert_eq!(layer["excess"].as_f64().unwrap(), judged.excess.unwrap().value());
    }
}

/// tensorflow#124833: elu' as elu + 1 is 0 in f32 at −20. Where amp-fp16 underflows it says nothing of layer 1, and it
/// must not be called within for the head alone.
#[test]
fn zeros_are_never_within() {
    let one = |name: &str, value: f64| Tensor::doubles(name, vec![1, 1], vec![value]);
    let place = Place::new(&single("elu", [1.0, 1.0], &[-20.0], 1.0));
    let record = place.record(&[one("0.weight", 0.0), one("2.weight", 4.0)], Stored::F32, 1.0, &Model::OfType);
    let judged = judged_at(&record, 1.0);
    let amp = judged.models.iter().find(|model| model.name == "amp-fp16").unwrap();
    assert_eq!((amp.layers[0].standing, amp.layers[0].verdict), (Standing::ModelUnderflows, LayerVerdict::ZeroDump));
    let text = screen(&record);
    let row = |name: &str| text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}: {text}"));
    assert!(row("amp-fp16 ").ends_with("zero dump") && row("f32 ").ends_with("zero dump"), "{text}");
    assert!(!text.contains("within"), "{text}");
    let page = page::html(&record).unwrap();
    for shown in [&text, &details::in_markdown(&record), &page] {
        assert!(shown.contains("! 24.1, zero dump"), "{shown}");
    }
}

/// A model that loses one layer judges only the others, and says so in every row.
#[test]
fn a_model_is_within_only_in_the_layers_that_it_judges() {
    let mut network = network("identity", &[2, 3, 2], false, 2);
    let two = precision_probe::format::two_to;
    network.weights[1].values.iter_mut().for_each(|x| *x = x.signum() * two(-24));
    network.weights[0].values.iter_mut().for_each(|x| *x *= two(-2));
    network.batch[0].values.iter_mut().for_each(|x| *x *= two(-6));
    let place = Place::new(&network);
    let dump = place.gradients("f16:acc=f32");
    // As the type's model, so that others are tried.
    let exact = times(&place.gradients("f64"), |name| if site_of(name) == 1 { 1.0 } else { 0.0 });
    let both: Vec<Tensor> = dump
        .iter()
        .map(|tensor| if site_of(&tensor.name) == 1 { exact_of(&exact, tensor) } else { tensor.clone() })
        .collect();
    let record = place.record(&both, Stored::F64, 1.0, &named("f16:acc=f32"));
    let judged = judged_at(&record, 1.0);
    assert_eq!(judged.outcome, Outcome::Pass);
    let verdicts: Vec<LayerVerdict> = judged.judged().layers.iter().map(|layer| layer.verdict).collect();
    assert_eq!(verdicts, [LayerVerdict::NotJudged, LayerVerdict::Within]);
    assert_eq!(judged.judged().unjudged(), (1, 2));
    let text = screen(&record);
    assert!(text.replace('\n', " ").contains("Not judged: layer 1 (f16:acc=f32 underflows)"), "{text}");
    assert!(text.contains("not judged: underflow"), "{text}");
    // In a list of models as well.
    let mut several = record.clone();
    several.spec.compared[0].likely = vec!["f16:acc=f32".into()];
    let text = screen(&several);
    assert!(text.contains("within (1 of 2 layers not judged)"), "{text}");
}

fn exact_of(exact: &[Tensor], tensor: &Tensor) -> Tensor {
    exact.iter().find(|other| other.name == tensor.name).unwrap().clone()
}

/// A model that overflows everywhere is called not judged, and never within.
#[test]
fn models_that_overflow_are_not_judged() {
    let place = Place::new(&single("softplus", [1.0, 1.0], &[5.0, 10.0, 11.0, 12.0, 88.0, 1000.0], 0.0));
    let one = |name: &str, value: f64| Tensor::doubles(name, vec![1, 1], vec![value]);
    let record = place.record(&[one("0.weight", 81.95), one("2.weight", 50.0)], Stored::F16, 1.0, &Model::OfType);
    let text = screen(&record);
    assert!(
        text.starts_with("FAIL theirs: not judged: f16:acc=f32 overflows in every layer, as do the other 3"),
        "{text}"
    );
    let rows = text.lines().filter(|line| line.starts_with("f16") && line.ends_with("  not judged")).count();
    assert_eq!(rows, 4, "{text}");
    assert_eq!(text.matches("not judged: overflow").count(), 2, "{text}");
    assert!(!text.contains("within"), "{text}");
}

/// The state of the exact gradient is in the header, and in the first sentence where no format could help.
#[test]
fn the_state_of_the_exact_gradient_is_said() {
    let state = |network: &Network| {
        let place = Place::new(network);
        let record = place.record(&place.gradients("f64"), Stored::F64, 1.0, &named("f64"));
        (
            judge(&record, &record.runs[0], 1.0).remove(0).exact,
            screen(&record),
            audit::audits(&record, &record.runs[0]).len(),
        )
    };
    let (exact, text, _) = state(&network("tanh", &[4, 6, 3], true, 4));
    assert_eq!((exact.state, exact.is_network_fault), (Some(ExactState::Healthy), false));
    assert!(text.contains("\nExact gradient of layer 1: healthy, ") && text.contains(" bits)\n"), "{text}");
    assert!(!text.contains("no format helps"), "{text}");

    let (exact, text, _) = state(&network("sigmoid", &[4; 18], true, 4));
    assert_eq!(exact.state, Some(ExactState::Vanishing));
    assert!(matches!(exact.vanishing, Some(Vanishing::ByDepth { .. })), "{exact:?}");
    let first = text.replace('\n', " ");
    let first = first.split_once(". ").unwrap().0;
    assert!(first.starts_with("PASS theirs: "), "{first}");
    assert!(first.contains("; the exact gradient of layer 1 vanishes by depth ("), "{first}");
    assert!(first.ends_with(", so no format helps"), "{first}");
    assert!(text.contains("\nExact gradient of layer 1: vanishing, "), "{text}");

    let mut dead = network("relu", &[3, 4, 2], true, 3);
    dead.weights[0].values.fill(0.0);
    dead.weights[1].values.fill(-1.0);
    let (exact, text, _) = state(&dead);
    assert_eq!(exact.zero.unwrap().reason, ZeroReason::DeadUnits);
    let first = text.replace('\n', " ");
    let words = "; the exact gradient of layer 1 is zero because φ' is zero in every unit of layer 1 that a gradient \
                 reaches (dead units), so no format helps. ";
    assert!(first.contains(words), "{text}");
    assert!(text.contains("\nExact gradient of layer 1: zero ("), "{text}");
}
