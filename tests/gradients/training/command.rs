//! `precision-probe train` as its users meet it: killed and resumed, told nonsense, and diverging.

use super::reproducible::{HASH, hash, hashed};
use assert_cmd::cargo::cargo_bin;
use precision_probe::arithmetic::kernels::Path as KernelPath;
use precision_probe::record::training::{End, Training};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A training of a fraction of a second.
const SMALL: [&str; 12] =
    ["--depth", "3", "--width", "8", "--batch", "8", "--steps", "12", "--minibatches", "2", "--act", "relu"];

/// A directory of its own, and the command in it.
pub struct Place(pub TempDir);

impl Place {
    pub fn new() -> Place {
        Place(TempDir::new().expect("a temporary directory"))
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(cargo_bin("precision-probe"));
        command.current_dir(self.0.path()).arg("train").args(arguments);
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the command starts")
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    pub fn training(&self, path: &str) -> Training {
        let text = fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        Training::from_json(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn entries(&self) -> Vec<PathBuf> {
        fs::read_dir(self.0.path()).unwrap().map(|entry| entry.unwrap().path()).collect()
    }
}

pub fn error(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

pub fn succeed(output: &Output) {
    assert_eq!(output.status.code(), Some(0), "{}", error(output));
}

/// The files of a directory, with their bytes, but for those that tell of the circumstances.
pub fn contents(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(directory).expect("a directory").map(|entry| entry.unwrap().path());
    let mut found: Vec<(String, Vec<u8>)> = entries
        .filter(|path| path.is_file())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap()))
        // A kill may leave a temporary file behind.
        .filter(|(name, _)| name != "run.json" && !name.ends_with(".partial"))
        .collect();
    found.sort();
    found
}

/// `report` draws a training again: the same words and bytes.
#[test]
fn a_training_is_redrawn_from_its_record() {
    let place = Place::new();
    let printed = place.run(&[&SMALL[..], &["--out", "there"]].concat());
    succeed(&printed);
    let before = contents(&place.path("there"));
    let report = |arguments: &[&str]| {
        let mut command = Command::new(cargo_bin("precision-probe"));
        let output = command.current_dir(place.0.path()).arg("report").args(arguments).output().unwrap();
        succeed(&output);
        output.stdout
    };
    for path in ["there", "there/training.json"] {
        assert_eq!(report(&[path]), printed.stdout, "{path}");
        assert!(contents(&place.path("there")) == before, "{path}");
    }
    report(&["there", "--out", "copy", "--quiet"]);
    assert!(contents(&place.path("copy")) == before);
    let mut refused = Command::new(cargo_bin("precision-probe"));
    let refused = refused.current_dir(place.0.path()).args(["report", "there", "--layers"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(error(&refused).contains("--layers needs a record.json"), "{}", error(&refused));
}

/// Killed again and again, at the beginning and in the midst of it, a training ends with the bytes of one that was
/// left alone.
#[test]
fn a_killed_training_goes_on_to_the_same_bytes() {
    let place = Place::new();
    let spec = "--depth 12 --width 12 --batch 8 --steps 400 --act prelu --bias --optimizer adam --minibatches 2 \
                --formats f16,bf16/update=f32/master=bf16:round=stochastic --loss-scale dynamic=50 --measure every=40";
    let spec: Vec<&str> = spec.split_whitespace().collect();
    succeed(&place.run(&[&spec[..], &["--quiet", "--out", "whole"]].concat()));
    let mut done = Vec::new();
    for (attempt, wait) in [0, 2, 30, 75, 120].into_iter().enumerate() {
        let resume: &[&str] = if attempt == 0 { &[] } else { &["--resume"] };
        let mut command = place.command(&[&spec[..], &["--quiet", "--out", "killed"], resume].concat());
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the command starts");
        let began = Instant::now();
        // The first one may be killed before it writes anything; the others are well under way.
        let is_under_way = || attempt == 0 || place.path("killed/checkpoint").exists();
        while !is_under_way() && began.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(wait));
        child.kill().expect("it can be killed");
        let output = child.wait_with_output().expect("it ends");
        assert_ne!(output.status.code(), Some(2), "attempt {attempt}: {}", error(&output));
        if place.path("killed/training.json").exists() {
            done.push(place.training("killed/training.json").steps_done);
        }
    }
    assert!(done.is_sorted(), "{done:?}");
    assert!(done.iter().any(|steps| (1..400).contains(steps)), "no kill hit the training: {done:?}");
    succeed(&place.run(&[&spec[..], &["--quiet", "--out", "killed", "--resume"]].concat()));
    assert!(contents(&place.path("killed")) == contents(&place.path("whole")), "killed at {done:?}");
    assert!(!place.path("killed/checkpoint").exists());
}

/// Once it is finished there is nothing to go on from, and the same comes out again.
#[test]
fn resuming_a_finished_training_is_harmless() {
    let place = Place::new();
    let resume = [&SMALL[..], &["--out", "there", "--resume"]].concat();
    // Nothing is there yet, which is reported.
    let output = place.run(&resume);
    succeed(&output);
    assert!(error(&output).contains("no checkpoint"), "{}", error(&output));
    let before = contents(&place.path("there"));
    succeed(&place.run(&resume));
    assert!(contents(&place.path("there")) == before);
    assert_eq!(place.training("there/training.json").steps_done, 12);
}

#[test]
fn damaged_and_foreign_checkpoints_are_refused() {
    let place = Place::new();
    succeed(&place.run(&[&SMALL[..], &["--out", "there", "--quiet"]].concat()));
    // As if it had been stopped: a finished training needs no checkpoint.
    let record = fs::read_to_string(place.path("there/training.json")).unwrap();
    let stopped = record.replacen("\"steps_done\":12", "\"steps_done\":5", 1);
    assert_ne!(stopped, record);
    fs::write(place.path("there/training.json"), stopped).unwrap();
    let resume = [&SMALL[..], &["--out", "there", "--resume", "--quiet"]].concat();
    for bytes in [&b""[..], b"no checkpoint", &[0; 100]] {
        fs::write(place.path("there/checkpoint"), bytes).unwrap();
        let output = place.run(&resume);
        assert_eq!(output.status.code(), Some(2));
        let expected = "error: `there/checkpoint` is no whole checkpoint of precision-probe: leave out --resume to \
                        start over\n";
        assert_eq!(error(&output), expected);
    }
    let begun_anew = [&SMALL[..], &["--out", "there"]].concat();
    let output = place.run(&begun_anew);
    succeed(&output);
    assert!(error(&output).contains("--resume would have continued from it"), "{}", error(&output));
    assert!(!place.path("there/checkpoint").exists());
}

/// A named pipe would wait for its writer, a link to itself for ever.
#[cfg(target_os = "linux")]
#[test]
fn special_files_are_no_checkpoints() {
    let place = Place::new();
    succeed(&place.run(&[&SMALL[..], &["--out", "there", "--quiet"]].concat()));
    let stopped = fs::read_to_string(place.path("there/training.json")).unwrap();
    fs::write(place.path("there/training.json"), stopped.replacen("\"steps_done\":12", "\"steps_done\":5", 1)).unwrap();
    assert!(Command::new("mkfifo").arg(place.path("there/checkpoint")).status().unwrap().success());
    let resume = [&SMALL[..], &["--out", "there", "--resume"]].concat();
    let refused = || {
        let mut child = place.command(&resume).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let began = Instant::now();
        while child.try_wait().unwrap().is_none() && began.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(5));
        }
        // Nothing to kill, if it has ended by itself.
        let _ = child.kill();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", error(&output));
        error(&output)
    };
    assert!(refused().contains("`there/checkpoint` is a named pipe, and the report has a file there"));
    fs::remove_file(place.path("there/checkpoint")).unwrap();
    std::os::unix::fs::symlink("checkpoint", place.path("there/checkpoint")).unwrap();
    let message = refused();
    assert!(message.starts_with("error: `there/checkpoint` cannot be read ("), "{message}");
    assert!(message.ends_with("): leave out --resume to start over\n"), "{message}");
}

#[test]
fn another_specs_and_foreign_directories_are_refused() {
    let place = Place::new();
    let run = |more: &[&str]| place.run(&[&SMALL[..], &["--quiet", "--out", "there"], more].concat());
    succeed(&run(&[]));
    let before = contents(&place.path("there"));
    for more in [&["--seed", "1"][..], &["--lr", "0.01"], &["--seed", "1", "--resume"]] {
        let output = run(more);
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), &b""[..]));
        let message = "error: `there` holds a report with other options or of another version: choose another place with \
                       --out DIR, or overwrite it with --force\n";
        assert_eq!(error(&output), message);
    }
    assert!(contents(&place.path("there")) == before, "nothing was touched");
    succeed(&run(&["--seed", "1", "--force"]));
    assert_eq!(place.training("there/training.json").spec.seed, 1);
    fs::create_dir(place.path("foreign")).unwrap();
    fs::write(place.path("foreign/notes"), "mine").unwrap();
    let output = place.run(&[&SMALL[..], &["--out", "foreign"]].concat());
    assert_eq!(output.status.code(), Some(2));
    assert!(error(&output).contains("is not empty and holds no training.json"), "{}", error(&output));
    assert_eq!(contents(&place.path("foreign")), [("notes".to_string(), b"mine".to_vec())]);
}

/// Every mistake is reported in one line with its fix, and nothing is written.
#[test]
fn mistakes_are_refused_with_their_fix() {
    let place = Place::new();
    for (arguments, words) in [
        ("--steps 0", "--steps 500"),
        ("--trials 0", "--trials 0: give 1 to"),
        ("--batch 0", "--batch 32"),
        ("--lr -1", "such as --lr 0.001"),
        ("--lr inf", "such as --lr 0.001"),
        ("--lr nan", "such as --lr 0.001"),
        ("--lr 0", "such as --lr 0.001"),
        ("--momentum 1.5", "from 0 to below 1"),
        ("--momentum -0.1", "from 0 to below 1"),
        ("--momentum nan", "from 0 to below 1"),
        ("--dampening 2", "from 0 to 1"),
        ("--beta1 0.9 --optimizer sgd", "--optimizer adam"),
        ("--momentum 0.5 --optimizer adamw", "--optimizer momentum"),
        ("--beta2 1 --optimizer adam", "such as 0.999"),
        ("--epsilon -1 --optimizer adam", "such as 1e-8"),
        ("--weight-decay inf", "such as 0.01"),
        ("--nesterov --optimizer adam", "--optimizer momentum"),
        ("--nesterov --optimizer sgd", "--optimizer momentum"),
        ("--nesterov --dampening 0.5", "no dampening"),
        ("--formats mpfr:60", "at most 53"),
        ("--formats f16/update=f16/update=f32", "keep one"),
        ("--formats f16/master=bf16:acc=f32", "master=bf16"),
        ("--measure every=0", "every=25"),
        ("--measure log=1", "log=20"),
        ("--measure log=502", "log=502: there are 500 steps; give at most log=501"),
        ("--formats f16,half", "given twice"),
        ("--measure sometimes", "every=25"),
        ("--warmup 99 --steps 10", "at most 10"),
        ("--batch 1000", "at most 718"),
        ("--minibatches 1", "--minibatches 8"),
        ("--minibatches 45", "at most 44"),
        ("--clip-norm 0", "positive finite"),
        ("--target-loss -1", "positive finite"),
        ("--loss-scale 3", "a power of two"),
        ("--loss-scale dynamic=0", "dynamic=200"),
        ("--act reul", "did you mean `relu`"),
    ] {
        let output = place.run(&arguments.split_whitespace().collect::<Vec<_>>());
        let message = error(&output);
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), &b""[..]), "{arguments}: {message}");
        assert!(message.starts_with("error: ") && message.contains(words), "{arguments}: {message}");
        assert_eq!(message.lines().count(), 1, "{arguments}: {message}");
        assert_eq!(place.entries(), Vec::<PathBuf>::new(), "{arguments} writes something");
    }
}

/// Rates beyond all reason end a training where a parameter overflows, with a record and not with a panic.
#[test]
fn diverging_trainings_end_with_a_record() {
    let formats = ["f16", "bf16", "f32", "e4m3fn", "f64"];
    for (rate, more) in
        [("1e30", ""), ("1e30", "--measure none --act elu"), ("1000", ""), ("1e300", "--optimizer adamw")]
    {
        let place = Place::new();
        let all = formats.join(",");
        let arguments: Vec<&str> = more.split_whitespace().chain(["--formats", &all, "--lr", rate, "--json"]).collect();
        let output = place.run(&[&SMALL[..], &arguments, &["--out", "there"]].concat());
        succeed(&output);
        let training = place.training("there/training.json");
        assert_eq!(training.to_json().into_bytes(), output.stdout, "--lr {rate} {more}");
        for learner in training.runs.iter().flat_map(|run| &run.learners) {
            let what = format!("{} at --lr {rate} {more}", learner.name);
            let losses = learner.course.losses.len();
            match learner.course.end {
                // Wide formats may hold such parameters, of units that are all dead then.
                End::Completed => assert!(losses == 12 && (learner.name == "f64" || rate == "1000"), "{what}"),
                End::ParametersNotFinite { step } => assert_eq!(losses, step + 1, "{what}"),
                other => panic!("{what} ends with {other:?}"),
            }
            assert!(learner.measures.len() <= losses);
        }
    }
}

/// In pure f16 Adam's ε is 0, and a pixel that is always black gives 0/0.
#[test]
fn pure_f16_with_adam_ends_at_once() {
    let place = Place::new();
    let arguments = ["--optimizer", "adam", "--formats", "f16,f16/update=f32", "--quiet", "--out", "there"];
    succeed(&place.run(&[&SMALL[..], &arguments].concat()));
    let learners = &place.training("there/training.json").runs[0].learners;
    assert_eq!(learners[0].course.end, End::ParametersNotFinite { step: 0 });
    let overflowed = learners[0].measures[0].sites[0].updates.overflowed;
    assert!(overflowed > 0, "{overflowed}");
    assert_eq!(learners[1].course.end, End::Completed);
}

/// Every path of the processor and any number of threads write the training whose hash is fixed.
#[test]
fn the_command_writes_the_bytes_that_are_fixed() {
    let place = Place::new();
    let spec = hashed();
    let (activations, formats) = (spec.activations.join(","), spec.formats.join(","));
    let options = "--depth 3 --width 6 --batch 8 --steps 12 --bias --optimizer adamw --lr 0.01 --warmup 3 --cosine \
                   --clip-norm 1 --loss-scale dynamic=4 --measure every=5 --minibatches 2 --json";
    let options: Vec<&str> = options.split_whitespace().collect();
    let paths = KernelPath::ALL.into_iter().filter(|path| path.is_available());
    for (path, threads) in paths.zip(["2", "1", "3", "1"]) {
        let out = format!("{}-{threads}", path.name());
        let more = ["--act", &activations, "--formats", &formats, "--threads", threads, "--out", &out];
        let mut command = place.command(&[&options[..], &more].concat());
        let output = command.env("PRECISION_PROBE_PATH", path.name()).output().unwrap();
        succeed(&output);
        let json = String::from_utf8(output.stdout).unwrap();
        let training = Training::from_json(&json).unwrap();
        assert!(training.spec == spec && training.to_json() == json, "it reads back");
        assert_eq!(hash(&json), HASH, "{} with {threads} threads; renew HASH only if that is meant", path.name());
    }
}

/// A folder of its own for every spec, whose name says what differs, and a link to it.
#[test]
fn a_training_lies_under_the_name_of_its_spec() {
    let place = Place::new();
    succeed(&place.run(&[&SMALL[..], &["--optimizer", "adam", "--lr", "0.01", "--quiet"]].concat()));
    let mut names: Vec<String> = fs::read_dir(place.path("reports"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    let [latest, name] = &names[..] else { panic!("a report and a link to it: {names:?}") };
    assert!(name.starts_with("train-relu-3x8-batch-8-steps-12-optimizer-adam-") && name.len() <= 60, "{name}");
    let target = fs::read_link(place.path("reports").join(latest)).unwrap();
    assert_eq!((latest.as_str(), target.as_os_str()), ("latest", name.as_ref()));
}
