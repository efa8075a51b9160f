//! The study of six claims on a small scale: what follows from mathematics must come out, and the bytes are the same.

use precision_probe::record::study::{Answer, Claim, Study, StudySpec};
use precision_probe::study::{self, Silent, StudyRun};
use precision_probe::train::checkpoint::sealed;
use serde_json::Value;
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

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
    let [a, b, _, d, e, f] = study.claims.as_slice() else { panic!("six claims") };
    // Three draws and two trainings tell nothing apart, however far from 1 a ratio is: the rule of rankings.
    assert!(matches!(&e.answer, Answer::DependsOn(what) if what.contains("at no depth")), "{:?}", e.answer);
    let is_second_half_held = |what: &String| what.contains("the second holds");
    assert!(match &f.answer {
        Answer::Confirmed => true,
        Answer::DependsOn(what) => is_second_half_held(what),
        Answer::Refuted => false,
    });
    assert!(d.reasons[2].contains("no pair of networks can be told apart"), "{:?}", d.reasons);
    // No slope of leaky ReLU is zero.
    assert_eq!(finding(a, "exact gradients of layer 1 that are exactly zero").median.value(), 0.0);
    assert_ne!(a.answer, Answer::Refuted);
    // Two units of ReLU in 12 layers die in some of 12 networks, and leaky's never.
    assert!(finding(b, "share of relu's networks of width 2").median.value() > 0.0);
    assert_eq!(finding(b, "the same of leaky's").median.value(), 0.0);
    // A slope is redundant in real arithmetic, and to the bit where it is a power of two.
    assert_eq!(finding(d, "share of 9 pairs of networks").median.value(), 1.0);
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
        (StudySpec { activations: vec!["leaky".into(), "relu".into()], ..small() }, "put both first"),
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

/// Stopped after any part and gone on from its checkpoint, a study ends with the bytes of one that was left alone.
#[test]
fn a_stopped_study_goes_on_to_the_same_bytes() {
    let spec = small();
    let whole = study::run(&spec, &Silent).unwrap().to_json();
    let mut run = StudyRun::new(&spec).unwrap();
    let mut done = vec![run.work_done()];
    while !run.is_done() {
        // As another process would.
        run = StudyRun::new(&spec).unwrap().resume(&run.checkpoint()).unwrap();
        assert_eq!(run.work_done(), *done.last().unwrap());
        run.advance(&Silent).unwrap();
        done.push(run.work_done());
    }
    // 2 inits and 2 depths, 2 depths of narrow networks, 3 slopes, 2 depths and 2 seeds of trainings.
    assert_eq!((done.len(), *done.last().unwrap()), (1 + 4 + 2 + 3 + 4, study::work(&spec)));
    assert!(done.is_sorted());
    let run = StudyRun::new(&spec).unwrap().resume(&run.checkpoint()).unwrap();
    assert!(run.finish().to_json() == whole);
}

#[test]
fn checkpoints_of_studies_are_refused_unless_whole_and_their_own() {
    let spec = small();
    let mut run = StudyRun::new(&spec).unwrap();
    run.advance(&Silent).unwrap();
    let bytes = run.checkpoint();
    let refusal = |spec: &StudySpec, bytes: &[u8]| {
        StudyRun::new(spec).unwrap().resume(bytes).map(|run| run.work_done()).expect_err("it is refused")
    };
    for cut in [0, 1, bytes.len() / 2, bytes.len() - 1] {
        assert_eq!(refusal(&spec, &bytes[..cut]), "is no whole checkpoint of precision-probe");
    }
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 2] ^= 1;
    assert_eq!(refusal(&spec, &flipped), "is no whole checkpoint of precision-probe");
    let other = StudySpec { seed: 4, ..small() };
    assert_eq!(refusal(&other, &bytes), "is of another study or another version");
    // Sealed by somebody else: parts that are no such study's, in number, kind and size.
    let hash = spec.hash(precision_probe::probe::VERSION);
    let state = |found: Value| sealed(&serde_json::json!({ "spec_hash": hash, "found": found }), b"");
    assert!(StudyRun::new(&spec).unwrap().resume(&state(serde_json::json!([]))).is_ok());
    let narrow = serde_json::json!({ "narrow": [0, 0, 0, 0] });
    for found in [
        serde_json::json!([narrow]),
        serde_json::json!([{ "survey": [[]] }]),
        serde_json::json!([{ "survey": [] }]),
        serde_json::json!("words"),
        Value::Array(vec![narrow; 99]),
    ] {
        assert_eq!(refusal(&spec, &state(found.clone())), "is no whole checkpoint of precision-probe", "{found}");
    }
    let more = sealed(&serde_json::json!({ "spec_hash": hash, "found": [] }), b"more");
    assert_eq!(refusal(&spec, &more), "is no whole checkpoint of precision-probe");
}

/// The command's own spec with numbers that were never measured, all parts done but so many.
fn invented(left: usize) -> Vec<u8> {
    let spec = StudySpec::default();
    let times = |value: Value, count: usize| Value::Array(vec![value; count]);
    let of = |kind: &str, value: Value| serde_json::json!({ kind: value });
    let activations = spec.activations.len();
    let point = serde_json::json!({ "log2_norm": -3.5, "verdict": "noisy", "noise": 0.25 });
    let survey = of("survey", times(times(times(point, spec.trials), spec.formats.len()), activations));
    let arithmetics = spec.formats.len();
    let pair = serde_json::json!({
        "agrees": true,
        "noise": times(serde_json::json!([0.25, 0.5]), arithmetics),
        "is_same": times(true.into(), arithmetics),
        "is_same_unbounded": times(true.into(), arithmetics),
    });
    let [first, last, noise] = [2.5f64, 0.5, 0.01].map(f64::to_bits);
    let learnt = serde_json::json!({ "first_loss": first, "last_loss": last, "noise": noise });
    let training = of("training", times(times(learnt, spec.trained_formats.len() + 1), activations));
    let mut found = vec![survey; 2 * spec.depths.len()];
    found.extend(vec![of("narrow", times(0.into(), activations)); spec.depths.len()]);
    found.extend(vec![of("slope", times(pair, spec.trials)); spec.slopes.len()]);
    found.extend(vec![training; spec.trained_depths.len() * spec.trainings]);
    found.truncate(found.len() - left);
    let hash = spec.hash(precision_probe::probe::VERSION);
    sealed(&serde_json::json!({ "spec_hash": hash, "found": found }), b"")
}

/// A directory, and the command that writes its study there.
fn command(place: &TempDir, more: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("precision-probe"));
    command.current_dir(place.path()).args(["study", "leaky-vs-relu", "--out", "there"]).args(more);
    command
}

/// Killed and resumed, the command goes on with the part that it had not finished.
#[test]
fn a_killed_study_keeps_what_it_had_finished() {
    let place = TempDir::new().unwrap();
    let path = |name: &str| place.path().join("there").join(name);
    let spec = StudySpec::default();
    let done = || {
        let bytes = fs::read(path("checkpoint")).unwrap_or_default();
        StudyRun::new(&spec).unwrap().resume(&bytes).map_or(0, |run| run.work_done())
    };
    // It is killed once it has finished one part more.
    let killed = |more: &[&str], before: usize| {
        let mut child = command(&place, more).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let began = Instant::now();
        while done() <= before && began.elapsed() < Duration::from_secs(300) {
            std::thread::sleep(Duration::from_millis(20));
        }
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr.as_slice()), (None, &b""[..]), "it was killed");
        done()
    };
    let first = killed(&["--quiet"], 0);
    assert!(first > 0);
    let record = Study::from_json(&fs::read_to_string(path("study.json")).unwrap()).unwrap();
    assert_eq!((record.claims.len(), record.spec_hash), (0, spec.hash(precision_probe::probe::VERSION)));
    let second = killed(&["--resume", "--quiet"], first);
    assert!(second > first, "{second} after {first}");
    let report = Command::new(assert_cmd::cargo::cargo_bin("precision-probe"))
        .current_dir(place.path())
        .args(["report", "there"])
        .output()
        .unwrap();
    let message = String::from_utf8(report.stderr).unwrap();
    assert!(report.status.code() == Some(2) && message.contains("holds no run"), "{message}");
}

/// With all parts done it answers at once, removes its checkpoint, and has nothing more to go on with.
#[test]
fn a_study_ends_from_its_checkpoint() {
    let place = TempDir::new().unwrap();
    let path = |name: &str| place.path().join("there").join(name);
    let run = |more: &[&str]| {
        let output = command(&place, more).output().unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        (output.status.code(), message, String::from_utf8(output.stdout).unwrap())
    };
    fs::create_dir(place.path().join("there")).unwrap();
    let spec = StudySpec::default();
    let unanswered = StudyRun::new(&spec).unwrap().unanswered();
    fs::write(path("study.json"), unanswered.to_json()).unwrap();
    for bytes in [&b"no checkpoint"[..], &[0; 100]] {
        fs::write(path("checkpoint"), bytes).unwrap();
        let message =
            "error: `there/checkpoint` is no whole checkpoint of precision-probe: leave out --resume to start over\n";
        assert_eq!(run(&["--resume"]), (Some(2), message.into(), String::new()));
    }
    fs::write(path("checkpoint"), invented(0)).unwrap();
    let (status, message, json) = run(&["--resume", "--json"]);
    assert_eq!((status, message.as_str()), (Some(0), ""));
    assert!(!path("checkpoint").exists());
    assert_eq!(fs::read_to_string(path("study.json")).unwrap(), json);
    let expected = StudyRun::new(&spec).unwrap().resume(&invented(0)).unwrap().finish();
    assert_eq!(Study::from_json(&json).unwrap(), expected);
    assert_eq!(expected.claims.len(), 6);
    for name in precision_probe::report::study::names() {
        assert!(path(&name).is_file(), "{name}");
    }
    assert_eq!(
        fs::read_dir(place.path().join("there")).unwrap().count(),
        precision_probe::report::study::names().len()
    );
    // Once more: it is there.
    let (status, _, again) = run(&["--resume", "--json"]);
    assert_eq!(status, Some(0));
    assert!(again == json);
}
