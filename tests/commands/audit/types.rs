//! Files whose tensors differ in type: each is judged with its own.

use super::judged::{Place, Stored, mixed, named, network, site_of, times};
use precision_probe::exchange::Tensor;
use precision_probe::judgement::audit::{AuditJudgement, FactorKind, Outcome, judge};
use precision_probe::record::Record;
use precision_probe::report::audit;
use precision_probe::report::probe::details;
use precision_probe::report::screen::View;
use precision_probe::spec::Model;

/// Layers 1 and 2 in f16, the others, which hold more numbers, in f32.
fn first_layers(name: &str) -> Stored {
    if site_of(name) <= 2 { Stored::F16 } else { Stored::F32 }
}

fn place() -> Place {
    Place::new(&network("tanh", &[6, 8, 8, 24, 24, 5], true, 6))
}

fn record(place: &Place, dump: &[Tensor], stored: impl Fn(&str) -> Stored, model: &Model) -> Record {
    let path = place.path("mixed.safetensors");
    std::fs::write(&path, mixed(dump, stored)).unwrap();
    place.record_of(&path, 1.0, model)
}

fn judged(record: &Record) -> AuditJudgement {
    judge(record, &record.runs[0], 1.0).remove(0)
}

/// Rounding to f16 is no fault of the layers that are stored in it, and none is forgiven elsewhere.
#[test]
fn each_tensor_is_judged_with_its_own_type() {
    let place = place();
    let exact = place.gradients("f32");
    for model in [Model::OfType, named("f32")] {
        let good = record(&place, &exact, first_layers, &model);
        let judgement = judged(&good);
        assert_eq!((judgement.outcome.clone(), judgement.model), (Outcome::Pass, 0), "{judgement:?}");
        for layer in &judgement.judged().layers {
            assert_eq!(layer.storage_noise.is_some(), layer.layer <= 2, "{layer:?}");
            // Without its own type a layer in f16 would exceed f32's error by 10 bits.
            let lost = core_math::log2(layer.noise.value() / layer.model_noise.value());
            assert_eq!(lost > 8.0, layer.layer <= 2, "{layer:?}");
        }
        // 2^-11 in a layer that is stored in f32.
        let wrong = times(&exact, |name| if site_of(name) == 4 { 1.0 + 5e-4 } else { 1.0 });
        let judgement = judged(&record(&place, &wrong, first_layers, &model));
        assert_eq!(judgement.outcome, Outcome::Excess { layers: 1 });
        assert_eq!(judgement.worst().unwrap().layer, 4);
        // Eight times as much as rounding to f16 can do.
        let wrong = times(&exact, |name| if site_of(name) == 2 { 1.0 + 4e-3 } else { 1.0 });
        let judgement = judged(&record(&place, &wrong, first_layers, &model));
        assert_eq!((judgement.outcome.clone(), judgement.worst().unwrap().layer), (Outcome::Excess { layers: 1 }, 2));
    }
    // A file in f16 alone is compared with what computes in f16, or with what the user names, as before.
    let narrow = judged(&record(&place, &exact, |_| Stored::F16, &named("f32")));
    assert_eq!(narrow.outcome, Outcome::Excess { layers: 5 });
}

/// Weights and biases of one layer may differ, too.
#[test]
fn weights_and_biases_have_their_own_types() {
    let place = place();
    let exact = place.gradients("f32");
    let biases = |name: &str| if name.ends_with("bias") { Stored::BF16 } else { Stored::F32 };
    let good = judged(&record(&place, &exact, biases, &Model::OfType));
    assert_eq!(good.outcome, Outcome::Pass, "{good:?}");
    // The second error is less than what storing the bias costs.
    for factor in [1.01, 1.0001] {
        let wrong = times(&exact, |name| if name == "4.weight" { factor } else { 1.0 });
        let judged = judged(&record(&place, &wrong, biases, &Model::OfType));
        assert_eq!(judged.outcome, Outcome::Excess { layers: 1 }, "{factor}");
    }
}

/// The types are named wherever one type would be, and reading the record again keeps them.
#[test]
fn all_types_are_named() {
    let place = place();
    let record = record(&place, &place.gradients("f32"), first_layers, &Model::OfType);
    let external = record.runs[0].arithmetics.iter().find_map(|one| one.external.as_ref()).unwrap();
    assert_eq!((external.dtype.as_str(), &external.dtypes[..]), ("F32", &["F32".to_string(), "F16".into()][..]));
    let text = audit::terminal(&record, View::default(), 1.0, None);
    assert!(text.contains("theirs (F32 and F16) compared with"), "{text}");
    assert!(text.contains(" 0 (F16) ") && text.contains(" 6 (F32) "), "{text}");
    let details = details::terminal(&record, false, None).replace('\n', " ");
    assert!(
        details.contains("of several types: F32 (6 tensors), F16 (4 tensors); each tensor is judged with its own"),
        "{details}"
    );
    // Models of both types are tried.
    let names: Vec<&str> = record.spec.formats.iter().map(String::as_str).collect();
    assert!(names[0] == "f32" && names.contains(&"f16:acc=f32") && names.contains(&"f32:operands=tf32"), "{names:?}");
    assert_eq!(Record::from_json(&record.to_json()).unwrap(), record);
    let uniform = place.record(&place.gradients("f32"), Stored::F32, 1.0, &Model::OfType).to_json();
    assert!(!uniform.contains("weight_type") && !uniform.contains("\"dtypes\""), "one type is said once");
}

/// A constant factor is recognised in spite of the rounding of some tensors.
#[test]
fn factors_of_mixed_files_are_recognised() {
    let place = place();
    let dump = times(&place.gradients("f32"), |_| 0.25);
    let judgement = judged(&record(&place, &dump, first_layers, &Model::OfType));
    let Outcome::ConstantFactor { factor, layers: 5, .. } = judgement.outcome else { panic!("{judgement:?}") };
    assert_eq!(factor.kind, FactorKind::PowerOfTwo { exponent: -2 });
}
