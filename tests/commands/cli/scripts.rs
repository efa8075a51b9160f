//! What scripts rely on: exit status 3 with its reason, the judgement as JSON, annotations of a GitHub workflow.

use super::{Place, SMALL, error, status, text};
use crate::common::{exhaustive, tolerances};
use assert_cmd::cargo::cargo_bin;
use precision_probe::judgement::{Advice, judge};
use precision_probe::record::{Number, Record, Verdict};
use precision_probe::report::numbers;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

/// A run of the small network in these formats with these conditions, and its report in `there`.
fn run(place: &Place, formats: &str, more: &[&str]) -> (i32, String, String) {
    let output = place.run(&[&SMALL[..], &["--formats", formats, "--out", "there", "--force"], more].concat());
    (status(&output), text(&output), error(&output))
}

fn record(place: &Place) -> Record {
    Record::from_json(&String::from_utf8(place.read("there/record.json")).unwrap()).unwrap()
}

/// One sentence on stderr with layer, value and threshold, whatever else is printed.
#[test]
fn exit_status_three_says_why() {
    let place = Place::new();
    for quiet in [&[][..], &["--quiet"], &["-q", "--json"], &["--json=summary"], &["--output-format", "github"]] {
        let (status, _, message) = run(&place, "f64,e5m2", &[&["--fail-on", "noisy@e5m2"], quiet].concat());
        assert_eq!(status, 3, "{quiet:?}: {message}");
        let layer = &record(&place).runs[0].arithmetics[1].sites[0];
        let short = |noise: Number| numbers::short(noise.value(), numbers::Notation::Plain);
        // The values of both trials.
        let noise = layer.noise().both().unwrap().map(short).join(", ");
        let expected = format!(
            "failed: --fail-on noisy@e5m2: the gradient of layer 1 of leaky is {} in e5m2 (noise/signal {noise}, noisy from 0.1; {})\n",
            layer.verdict.verdict,
            layer.verdict.in_words()
        );
        assert_eq!(message, expected, "{quiet:?}");
    }
    let (status, printed, message) = run(&place, "f64,e5m2", &["--fail-on", "noisy@f64", "-q"]);
    assert_eq!((status, printed.as_str(), message.as_str()), (0, "", ""));
}

/// Every verdict has a value of its own; the most severe arithmetic is named first, the others after it.
#[test]
fn each_verdict_gives_its_own_value() {
    let place = Place::new();
    for (formats, condition, more, words) in [
        ("f64", "sound", &[][..], "layer 1 of leaky is sound in f64 (noise/signal "),
        ("f64", "sound", &[], ", noisy from 0.1; sound 2 of 2)"),
        ("mpfr:2", "chaotic", &["--depth", "20"], ", chaotic from 1; chaotic "),
        (
            "e4m3fn",
            "underflow",
            &["--act", "sigmoid", "--depth", "12"],
            " entries underflow to zero; underflow 2 of 2)",
        ),
        ("e4m3fn", "overflow", &["--gain", "2000", "--depth", "6"], " entries are infinite or NaN; overflow 2 of 2)"),
        ("f64,f32,e5m2", "sound", &[], " in e5m2 (noise/signal "),
        ("f64,f32,e5m2", "sound", &[], "; likewise f64 and f32\n"),
        ("f64", "sound", &["--act", "relu,tanh"], "; likewise "),
        ("f64,f32,bf16,tf32,f16,e5m2", "sound", &[], "; likewise f64, f32, bf16, tf32 and 1 more\n"),
    ] {
        // The last of two equal options counts here, so that cases may change the small network.
        let mut arguments: Vec<&str> = Vec::new();
        for pair in SMALL.chunks(2).filter(|pair| !more.contains(&pair[0])) {
            arguments.extend(pair);
        }
        arguments.extend(more);
        arguments.extend([
            "--formats",
            formats,
            "--fail-on",
            condition,
            "--attribute",
            "none",
            "-q",
            "--force",
            "--out",
            "there",
        ]);
        let output = place.run(&arguments);
        let message = error(&output);
        assert_eq!(status(&output), 3, "{formats} {condition} {more:?}: {message}");
        assert!(
            message.starts_with(&format!("failed: --fail-on {condition}: the gradient of layer 1 of ")),
            "{message}"
        );
        assert!(message.contains(words), "{words}: {message}");
        assert_eq!(message.lines().count(), 1, "{message}");
    }
}

/// The judgement of the record, small, with what it was made from; `--json` alone is the record.
#[test]
fn json_summary_is_the_judgement() {
    let place = Place::new();
    let (status, printed, message) =
        run(&place, "f16,bf16:acc=f32,X:=e5m2,f64", &["--act", "relu,elu", "--json=summary"]);
    assert_eq!((status, message.as_str()), (0, ""));
    let record = record(&place);
    let summary: Value = serde_json::from_str(&printed).unwrap();
    assert!(printed.ends_with("}\n") && printed.lines().count() == 1, "one line for one document");
    assert_eq!(summary["schema"], "precision-probe-judgement/2");
    assert_eq!(summary["version"], record.version);
    assert_eq!(summary["spec_hash"], record.spec_hash);
    assert_eq!(summary["loss"], "cross-entropy");
    let judgement = judge(&record);
    assert_eq!((&summary["depth"], &summary["trials"]), (&json!(judgement.depth), &json!(judgement.trials)));
    for (run, judged) in summary["runs"].as_array().unwrap().iter().zip(&judgement.runs) {
        assert_eq!(run["activation"], judged.activation);
        assert_eq!(run["exact"]["state"], json!(judged.exact.state));
        assert_eq!(run["exact"]["is_network_fault"], json!(judged.exact.is_network_fault));
        for (one, judged) in run["arithmetics"].as_array().unwrap().iter().zip(&judged.arithmetics) {
            is_concluded(one, judged);
        }
    }
    assert_eq!(summary["runs"][1]["arithmetics"][2]["name"], "X");
    assert_eq!(summary["runs"][0]["arithmetics"][3]["first"]["verdict"], "sound");
    let ranked = &summary["rankings"][0];
    assert!(ranked["arithmetic"] == "f16" && ranked["too_few_trials"].is_number() != ranked["best"].is_string());
    let (_, whole, _) = run(&place, "f16", &["--json=record"]);
    let (_, also, _) = run(&place, "f16", &["--json"]);
    assert_eq!((whole.as_bytes(), also.as_bytes()), (&place.read("there/record.json")[..], whole.as_bytes()));
}

/// What the summary says of an arithmetic is the judgement's.
fn is_concluded(one: &Value, judged: &precision_probe::judgement::ArithmeticJudgement) {
    assert_eq!(one["name"], judged.name);
    let first = &one["first"];
    assert_eq!((&first["layer"], &first["verdict"]), (&json!(1), &json!(judged.first.verdict.verdict)), "{one}");
    assert_eq!(one["worst"]["layer"].as_u64().unwrap_or(1), judged.worst.layer as u64, "{one}");
    let noise = first["noise"].as_array().unwrap();
    let middle = noise[noise.len() / 2].as_f64().unwrap();
    assert!((middle / judged.first.noise.median.value() - 1.0).abs() < tolerances::THREE_DIGITS, "{one}");
    // Neighbouring layers of one verdict, one after the other.
    let mut next = 1;
    for span in one["layers"].as_array().unwrap() {
        let [verdict, from, to] = [0, 1, 2].map(|part| &span[part]);
        assert_eq!(from, &json!(next), "{one}");
        next = to.as_u64().unwrap() + 1;
        let layers = &judged.verdicts[from.as_u64().unwrap() as usize - 1..next as usize - 1];
        assert!(layers.iter().all(|count| json!(count.verdict) == *verdict), "{one}");
    }
    assert_eq!(next as usize, judged.verdicts.len() + 1, "{one}");
    let advice = serde_json::to_value(&judged.remedy).unwrap();
    assert_eq!(one["remedy"]["advice"], advice["advice"], "{one}");
    if let Advice::Enough { place } | Advice::Gain { place } = judged.remedy {
        let tried = &judged.tried[place];
        assert_eq!((&one["remedy"]["sound"], &one["remedy"]["of"]), (&json!(tried.sound), &json!(tried.of)), "{one}");
    }
}

/// A few kB for the default network, and for many activations in many formats less than a kB each.
#[test]
fn a_summary_is_a_few_kilobytes() {
    use precision_probe::judgement::Summary;
    use precision_probe::probe::{Silent, run};
    use precision_probe::spec::Spec;
    let length = |spec: Spec| Summary::of(&run(&spec.validate().unwrap(), &Silent)).to_json().len();
    let usual = Spec { width: 32, batch: 16, ..Spec::default() };
    assert!(usual.depth == 50 && usual.formats.len() == 5, "as the default run");
    let found = length(usual);
    assert!(found <= 4000, "{found} bytes");
    let names = |list: &str| list.split(',').map(String::from).collect::<Vec<_>>();
    let activations = names("relu,leaky,elu,tanh,sigmoid,silu,softplus,relu2");
    let formats =
        names("f16:acc=f32,bf16:acc=f32,f16,bf16,e5m2:acc=f32,e4m3fn:acc=f32,e5m2,e4m3fn,tf32,amp-fp16,f32,f64");
    let many = Spec { activations, formats, width: 8, batch: 4, ..Spec::default() };
    assert!(many.activations.len() == 8 && many.formats.len() == 12);
    let found = length(many);
    assert!(found <= 60_000, "{found} bytes");
}

/// A command of a workflow: level, title and message, unescaped as GitHub unescapes them.
fn commands(printed: &str) -> Vec<(String, String, String)> {
    let data = |text: &str| text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%");
    let property = |text: &str| data(&text.replace("%3A", ":").replace("%2C", ","));
    let read = |line: &str| {
        let (level, rest) = line.strip_prefix("::").and_then(|rest| rest.split_once(" title=")).expect("a command");
        let (title, message) = rest.split_once("::").expect("a message");
        assert!(!title.contains([',', ':']), "{line}");
        (level.to_string(), property(title), data(message))
    };
    printed.lines().map(read).collect()
}

/// A warning for each arithmetic that is not sound, an error where a condition is met, nothing for the others.
#[test]
fn github_gets_annotations() {
    let place = Place::new();
    let github = ["--output-format", "github", "--act", "leaky,tanh"];
    let (_, printed, _) = run(&place, "e5m2,bf16:acc=f32,odd.name:=e4m3fn,f64", &github);
    let record = record(&place);
    let judgement = judge(&record);
    let mut expected = Vec::new();
    for (run, judged) in record.runs.iter().zip(&judgement.runs) {
        let is_sound = |one: &&precision_probe::judgement::ArithmeticJudgement| {
            [&one.first, &one.worst].iter().all(|layer| layer.verdict.verdict == Verdict::Sound)
        };
        let unsound = judged.arithmetics.iter().filter(|one| !is_sound(one));
        expected.extend(unsound.map(|one| format!("{}: {}", run.activation, one.name)));
    }
    let found = commands(&printed);
    assert!(
        expected.contains(&"leaky: e5m2".to_string()) && !expected.contains(&"leaky: f64".to_string()),
        "{expected:?}"
    );
    assert_eq!(found.iter().map(|(_, title, _)| title.clone()).collect::<Vec<_>>(), expected);
    for (level, title, message) in &found {
        assert_eq!(level, "warning", "{title}");
        assert!(message.starts_with("In ") && message.ends_with('.') && message.contains("layer 1"), "{message}");
        assert_eq!(message.matches(". ").count(), 0, "one sentence: {message}");
    }
    let conditions = ["--fail-on", "sound@f64", "--fail-on", "noisy@e5m2", "--act", "leaky"];
    let (status, printed, message) =
        run(&place, "e5m2,bf16:acc=f32,f64", &[&["--output-format", "github"], &conditions[..]].concat());
    assert_eq!(status, 3, "{message}");
    let levels: Vec<(String, String)> =
        commands(&printed).into_iter().map(|(level, title, _)| (level, title)).collect();
    let error = |title: &str| ("error".to_string(), title.to_string());
    assert!(levels.contains(&error("leaky: e5m2")) && levels.contains(&error("leaky: f64")), "{levels:?}");
    // Nothing to say is no line.
    let (_, printed, message) = run(&place, "f64", &["--output-format", "github"]);
    assert_eq!((printed.as_str(), message.as_str()), ("", ""));
    for option in [&["--json"][..], &["-q"], &["--layers"], &["--details"]] {
        let (status, _, message) = run(&place, "f64", &[&["--output-format", "github"], option].concat());
        assert!(status == 2 && message.contains("cannot be used together: leave one out"), "{option:?}: {message}");
    }
    let (status, _, message) = run(&place, "f64", &["--output-format", "github", "--export-csv", "-"]);
    assert_eq!(status, 2);
    assert!(message.contains("--output-format github and --export-csv - both go to standard output"), "{message}");
}

/// A network whose exact gradient vanishes: that comes first, and no format is offered.
#[test]
fn github_hears_of_the_exact_gradient_first() {
    let place = Place::new();
    let network =
        ["--act", "relu", "--depth", "80", "--init", "torch", "--width", "16", "--batch", "4", "--trials", "1"];
    let more = ["--formats", "f16", "--output-format", "github", "--out", "there"];
    let found = commands(&text(&place.run(&[&network[..], &more].concat())));
    assert_eq!(found[0].1, "relu: exact gradient", "{found:?}");
    assert!(found[0].2.contains("vanishes by depth") && found[0].2.contains("no format helps"), "{found:?}");
    assert_eq!(judge(&record(&place)).runs[0].arithmetics[0].remedy, Advice::NoFormatHelps);
}

/// Elsewhere than on a terminal an estimate comes before a run of more than 20 s, and a line after each minute. Takes a
/// minute: only with `PRECISION_PROBE_EXHAUSTIVE`.
#[test]
fn long_runs_are_announced() {
    if !exhaustive(false, true) {
        return;
    }
    let place = Place::new();
    let long = "--depth 40 --trials 999 --batch 64 --formats f16,bf16 --threads 1 --attribute none --json=summary";
    let mut command = Command::new(cargo_bin("precision-probe"));
    let command = command.current_dir(place.path()).args(long.split(' ')).args(["--out", "there"]);
    let mut run = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(run.stderr.take().unwrap()).lines().map(Result::unwrap);
    let (first, second) = (lines.next().unwrap(), lines.next().unwrap());
    run.kill().unwrap();
    run.wait().unwrap();
    assert!(first.starts_with("about ") && first.contains(": 999 trials of 41 layers in 2 precisions ("), "{first}");
    assert!(second.starts_with("after 60 seconds: ") && second.contains(" of 40959 layers done, about "), "{second}");
}
