//! The study of six claims on a small scale: what follows from mathematics must come out, and the bytes are the same.

use precision_probe::record::study::{Answer, Claim, Study, StudySpec};
use precision_probe::study::{self, Silent};

fn small() -> StudySpec {
    let names = |names: &[&str]| names.iter().map(|name| name.to_string()).collect();
    StudySpec {
        activations: names(&["relu", "leaky", "prelu", "elu"]),
        depths: vec![2, 12],
        width: 10,
        narrow_width: 2,
        batch: 8,
        seed: 3,
        formats: names(&["f16", "f32"]),
        trials: 3,
        narrow_trials: 12,
        slopes: vec![0.5, 2.0, 1.5],
        trained_depths: vec![2, 3],
        trained_formats: names(&["bf16", "f32"]),
        trainings: 2,
        steps: 6,
        every: 3,
    }
}

fn finding<'c>(claim: &'c Claim, beginning: &str) -> &'c precision_probe::record::study::Spread {
    let found = claim.findings.iter().find(|finding| finding.what.starts_with(beginning));
    &found.unwrap_or_else(|| panic!("{}: no finding begins with {beginning}", claim.letter)).value
}

#[test]
fn a_small_study_answers_every_claim_and_finds_what_must_be_so() {
    let study = study::run(&small(), &Silent).unwrap();
    let letters: String = study.claims.iter().map(|claim| claim.letter).collect();
    assert_eq!(letters, "abcdef");
    // 4 activations, 2 depths: 3 draws with 2 inits, 12 narrow ones; and 3 pairs for each of 3 slopes.
    assert_eq!(study.networks, 4 * 2 * (2 * 3 + 12) + 2 * 3 * 3);
    // 4 activations, 2 depths, 2 seeds: two arithmetics and the reference.
    assert_eq!(study.copies, 4 * 2 * 2 * 3);
    let [a, b, _, d, ..] = study.claims.as_slice() else { panic!("six claims") };
    // No slope of leaky ReLU is zero.
    assert_eq!(finding(a, "true gradients of layer 1 that are exactly zero").median.value(), 0.0);
    assert_ne!(a.answer, Answer::Refuted);
    // Two units of ReLU in 12 layers die in some of 12 networks, and leaky's never.
    assert!(finding(b, "relu: networks of width 2").median.value() > 0.0);
    assert_eq!(finding(b, "leaky: the same").median.value(), 0.0);
    // A slope is redundant in real arithmetic, and to the bit where it is a power of two.
    assert_eq!(finding(d, "pairs of networks").median.value(), 1.0);
    assert_eq!(finding(d, "the same with unbounded exponents").median.value(), 1.0);
    // In f16 some entries underflow gradually, in f32 none.
    assert!(finding(d, "slopes that are powers of two").median.value() >= 0.5);
    assert!(finding(d, "other slopes").median.value() < 1.0);
    for claim in &study.claims {
        assert!(!claim.reasons.is_empty() && !claim.charts.is_empty(), "{}", claim.letter);
        for chart in &claim.charts {
            assert!(chart.series.iter().all(|series| series.points.len() == chart.places.len()), "{}", chart.title);
        }
    }
    assert_eq!(Study::from_json(&study.to_json()).unwrap(), study);
    // The same bytes on one thread.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let alone = pool.install(|| study::run(&small(), &Silent)).unwrap();
    assert_eq!(alone.to_json(), study.to_json());
}

#[test]
fn wrong_specs_name_their_fix() {
    for (spec, words) in [
        (StudySpec { activations: vec!["leaky".into(), "relu".into()], ..small() }, "give both first"),
        (StudySpec { depths: vec![5], ..small() }, "two depths"),
        (StudySpec { trained_depths: vec![5, 5], ..small() }, "two depths"),
        (StudySpec { trials: 0, ..small() }, "at least one trial"),
        (StudySpec { formats: vec!["f17".into()], ..small() }, "f17"),
        (StudySpec { batch: 2000, ..small() }, "2000"),
    ] {
        let message = study::run(&spec, &Silent).expect_err("the spec is wrong").0;
        assert!(message.contains(words), "{message}");
    }
    assert!(StudySpec::thorough().validate().is_ok() && StudySpec::default().validate().is_ok());
}
