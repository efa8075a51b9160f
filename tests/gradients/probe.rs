//! From a spec to a record: known answers, and the committed hash of one record's bytes.

use crate::common::given::{only_run, probe};
use crate::common::tolerances;
use precision_probe::probe::{Silent, VERSION, run};
use precision_probe::record::{Evidence, Number, Record, Run, TensorNoise, Unproven};
use precision_probe::spec::{Attribute, Data, Plan, Schedule, Spec};
use precision_probe::verdict::Verdict;
use sha2::{Digest, Sha256};

/// SHA-256 of the record of [`hashed`]: any change of one bit of any number, name or word shows here.
///
/// To renew it deliberately: make sure that the change of the record is meant, run
/// `cargo test --test gradients the_bytes_of_a_record_are_fixed`, copy the hash that the failure prints, and
/// say in the commit why the bytes changed. It must be the same on every machine, in debug and release
/// builds, and for any number of threads: if it is not, that is the defect, not the hash.
const HASH: &str = "d4caccfe1d2d840d2105ba465c0ec5a2c17f211fd68d44c0168b09b560679222";

/// Several activations and arithmetics, biases, PReLU, in one small spec.
fn hashed() -> Spec {
    let activations = ["relu", "prelu", "elu:0.5", "tanh", "sigmoid", "softplus", "silu", "gelu", "selu"];
    let formats = ["f16", "f16:acc=f32", "bf16:acc=f32", "tf32", "e4m3fn", "e5m2:acc=f16", "f32", "f64", "mpfr:70"];
    Spec {
        activations: activations.map(String::from).to_vec(),
        depth: 4,
        width: 6,
        batch: 3,
        trials: 2,
        bias: true,
        formats: formats.map(String::from).to_vec(),
        ..Spec::default()
    }
}

/// A small spec of one activation in some arithmetics.
fn small(activation: &str, formats: &[&str]) -> Spec {
    let formats = formats.iter().map(|name| (*name).to_string()).collect();
    let activations = vec![activation.to_string()];
    Spec { activations, depth: 5, width: 7, batch: 4, trials: 3, formats, ..Spec::default() }
}

/// Every tensor of every layer, trial and arithmetic.
fn tensors(run: &Run) -> impl Iterator<Item = (&str, &TensorNoise)> {
    run.arithmetics.iter().flat_map(|arithmetic| {
        let trials = arithmetic.sites.iter().flat_map(|layer| &layer.trials);
        trials.flat_map(|trial| &trial.tensors).map(|tensor| (arithmetic.name.as_str(), tensor))
    })
}

#[test]
fn the_bytes_of_a_record_are_fixed() {
    let json = probe(&hashed()).to_json();
    assert_eq!(Record::from_json(&json).expect("it reads back").to_json(), json);
    let hash: String = Sha256::digest(json.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hash, HASH, "the record of the fixed spec changed; renew HASH only if that is meant");
}

/// Values that are computed again are the same, in the truth and in arithmetics that share them or have two roles, and
/// so is what fewer trials at once give.
#[test]
fn the_schedule_changes_no_byte() {
    let policies = ["f16", "mpfr:70", "forward=bf16/backward=f32"];
    for (activation, residual) in [("prelu", false), ("tanh", true)] {
        let spec =
            Spec { depth: 9, bias: true, residual, attribute: Attribute::Narrow, ..small(activation, &policies) };
        let plan = spec.validate().expect("the spec is valid");
        let expected = run(&plan, &Silent).to_json();
        for (segments, trials_at_once) in [(2, 1), (3, 2), (4, 9), (10, 1), (50, 1)] {
            let schedule = Schedule { segments, trials_at_once, keeps_trials: segments % 2 == 0 };
            let plan = Plan { schedule, ..plan.clone() };
            assert!(run(&plan, &Silent).to_json() == expected, "{activation} in {segments} segments");
        }
    }
}

/// The truth decides every entry of every activation, on digits and on Gaussian data, with and without biases.
#[test]
fn no_entry_is_undecided() {
    for (data, bias) in [(Data::Digits, false), (Data::Gaussian, true)] {
        let activations = ["relu", "leaky", "prelu", "elu", "tanh", "sigmoid", "softplus", "silu", "gelu", "selu"];
        let spec =
            Spec { activations: activations.map(String::from).to_vec(), data, bias, ..small("", &["f16", "e5m2"]) };
        for run in probe(&spec).runs {
            for layer in run.arithmetics.iter().flat_map(|arithmetic| &arithmetic.sites) {
                assert_eq!(layer.fates.undecided, 0, "{}, layer {}", run.activation, layer.site);
                assert_ne!(layer.verdict.verdict, Verdict::NotEstablished);
            }
            let is_enough = matches!(run.truth.evidence, Evidence::Proven { bits } if bits >= spec.truth_bits);
            assert!(is_enough, "{}: {}", run.activation, run.truth.evidence);
        }
    }
}

/// Known magnitudes: the noise of a shallow network is a few unit roundoffs, in every arithmetic.
#[test]
fn noise_is_a_few_unit_roundoffs() {
    for activation in ["leaky", "tanh", "gelu"] {
        let run = only_run(&small(activation, &["f64", "f32", "mpfr:70"]));
        for (name, least, most) in [("f64", 1e-18, 1e-12), ("f32", 1e-9, 1e-4), ("mpfr:70", 1e-23, 1e-17)] {
            for (_, tensor) in tensors(&run).filter(|(other, _)| *other == name) {
                let ratio = tensor.noise_to_signal.finite().expect("a finite ratio");
                assert!((least..most).contains(&ratio), "{activation} in {name}: {ratio}");
                assert!(!tensor.at_most);
            }
        }
    }
}

/// Noise whose square no double holds is measured all the same, down to 2^-1000; below, it is reported as a limit.
#[test]
fn noise_far_below_the_range_of_squares_is_measured() {
    let precisions = [300, 560, 800, 980, 1100];
    let names = precisions.map(|precision| format!("mpfr:{precision}"));
    let formats: Vec<&str> = names.iter().map(String::as_str).collect();
    let run = only_run(&Spec { truth_bits: 1200, trials: 1, ..small("leaky", &formats) });
    for (arithmetic, precision) in run.arithmetics.iter().zip(precisions) {
        let noise = arithmetic.sites[0].noise_to_signal;
        let bits = -core_math::log2(noise.median.value());
        assert_eq!(noise.at_most, precision > 1000, "{}", arithmetic.name);
        let expected = f64::from(precision.min(1000));
        assert!((expected - 8.0..=expected + 4.0).contains(&bits), "{}: {bits}", arithmetic.name);
        let tensor = &arithmetic.sites[0].trials[0].tensors[0];
        let quotient = tensor.log2_signal.value() - tensor.log2_noise.value();
        assert!(
            (quotient - bits).abs() < tolerances::RECORDED_LONG_LOG2,
            "{}: {quotient} is not {bits}",
            arithmetic.name
        );
    }
}

/// NSR² = (1 − descent)² + τ², and noise/signal is their quotient, to the digits of the record.
#[test]
fn the_parts_of_the_noise_fit_together() {
    let run = only_run(&Spec { bias: true, ..small("prelu", &["f16", "bf16", "e5m2"]) });
    let mut names: Vec<&str> = Vec::new();
    for (_, tensor) in tensors(&run) {
        names.push(&tensor.tensor);
        let [ratio, descent, orthogonal, cosine] =
            [tensor.noise_to_signal, tensor.descent, tensor.orthogonal_noise, tensor.cosine].map(Number::value);
        if !ratio.is_finite() {
            continue;
        }
        let parts = core_math::hypot(1.0 - descent, orthogonal);
        // A descent near 1 has nine digits, so its difference to 1 is known to 5e-9.
        assert!(
            (parts - ratio).abs() <= tolerances::RECORDED + tolerances::RECORDED_RATIO * ratio,
            "{parts} is not {ratio}"
        );
        assert!((-1.0..=1.0).contains(&cosine));
        let quotient = core_math::exp2(tensor.log2_noise.value() - tensor.log2_signal.value());
        assert!((quotient - ratio).abs() <= tolerances::RECORDED_RATIO * ratio, "{quotient} is not {ratio}");
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names, ["activation_gradient", "bias", "slope", "weight"]);
}

/// The drawn network is stored exactly by every format of at least 8 bits and f16's range, by no 8-bit format.
#[test]
fn only_narrow_formats_have_storage_noise() {
    for data in [Data::Digits, Data::Gaussian] {
        let exact = ["f16", "bf16", "tf32", "f32", "f64", "f16:acc=f32", "mpfr:8"];
        let formats = [&exact[..], &["e4m3fn", "e5m2", "mpfr:7"]].concat();
        let run = only_run(&Spec { data, bias: true, ..small("leaky", &formats) });
        for arithmetic in &run.arithmetics {
            let noise = arithmetic.storage_noise.value();
            if exact.contains(&arithmetic.name.as_str()) {
                assert_eq!(noise, 0.0, "{}", arithmetic.name);
            } else {
                assert!(noise > 0.0, "{}", arithmetic.name);
            }
        }
    }
}

/// A narrow ReLU network dies in some draws: the exact gradient is exactly zero, and it is proven so.
#[test]
fn a_narrow_relu_network_dies() {
    let run = only_run(&Spec { depth: 12, width: 3, trials: 5, ..small("relu", &["f16", "f64"]) });
    for arithmetic in &run.arithmetics {
        let trials = &arithmetic.sites[0].trials;
        let dead = trials.iter().filter(|trial| trial.verdict == Verdict::Zero).count();
        assert!((1..5).contains(&dead), "{dead} of 5");
        for (trial, truth) in trials.iter().zip(&run.truth.sites[0].trials) {
            assert_eq!(trial.verdict == Verdict::Zero, truth.log2_norm == Number::MinusInfinite);
            if trial.verdict == Verdict::Zero {
                assert_eq!(truth.evidence, Evidence::Exact {});
                assert_eq!(trial.tensors[0].noise_to_signal, Number::None);
            }
        }
        // 0/0 is left out of the quantiles and counted.
        assert_eq!(arithmetic.sites[0].noise_to_signal.count, 5 - dead);
    }
}

/// What has no finite entry has overflowed, even where the exact gradient is beyond all exponents.
#[test]
fn overflow_needs_no_truth() {
    // Squares leave MPFR's exponents within 34 layers: upwards with this gain, downwards with their own.
    let run = |gain| only_run(&Spec { depth: 34, gain, ..small("relu2", &["f16", "f64"]) });
    let verdicts = |run: &Run| -> Vec<Verdict> {
        assert_eq!(run.truth.evidence, Evidence::NotEstablished(Unproven::ExponentRange));
        run.arithmetics.iter().map(|arithmetic| arithmetic.verdict.verdict).collect()
    };
    assert_eq!(verdicts(&run(None)), [Verdict::NotEstablished; 2]);
    let run = run(Some(8.0));
    assert_eq!(verdicts(&run), [Verdict::Overflow; 2]);
    for layer in &run.arithmetics[0].sites {
        assert_eq!(layer.fates.overflowed, layer.histogram.nonfinite);
        assert_eq!(layer.noise_to_signal.median, Number::Infinite);
    }
}

/// The median reaches the threshold of the verdict, with an even number of trials too.
#[test]
fn the_median_never_contradicts_the_verdict() {
    for seed in 0..6 {
        let spec = Spec { trials: 2, seed, ..small("prelu", &["f16", "e5m2", "e4m3fn", "bf16"]) };
        for arithmetic in only_run(&spec).arithmetics {
            for layer in arithmetic.sites {
                let median = layer.noise_to_signal.median.value();
                match layer.verdict.verdict {
                    Verdict::Sound => assert!(median < 0.1, "{median}"),
                    Verdict::Noisy => assert!((0.1..1.0).contains(&median), "{median}"),
                    // The step may climb although the noise is below the signal.
                    Verdict::Chaotic => assert!(median >= 0.1, "{median}"),
                    _ => {}
                }
            }
        }
    }
}

#[test]
fn the_record_names_its_version_and_spec() {
    let spec = small("tanh", &["f32"]);
    let record = probe(&spec);
    assert_eq!((record.version.as_str(), &record.spec), (VERSION, &spec));
    assert_eq!(record.spec_hash, spec.hash(VERSION));
    let run = &record.runs[0];
    assert_eq!((run.truth.sites.len(), run.arithmetics[0].sites.len()), (6, 6));
    assert_eq!((run.sites.len(), run.sites[5].name.as_str()), (6, "head"));
    assert_eq!(run.arithmetics[0].verdict, run.arithmetics[0].sites[0].verdict);
}
