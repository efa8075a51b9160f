//! Names that users give to policies: the same numbers under another label, everywhere.

use super::{Place, SMALL, error, status, text};
use precision_probe::record::training::Training;
use precision_probe::record::{ArithmeticRun, Record};
use precision_probe::report::command::training_line;
use precision_probe::spec::{Names, Spec};
use serde_json::Value;

const PLAIN: &str = "f16,forward=f32/backward=half,amp-fp16,f64";
const NAMED: &str = "f16,my-split:=forward=f32/backward=half,AMP:=amp-fp16,f64";

fn record(place: &Place, formats: &str, out: &str) -> Record {
    Record::from_json(&text(&place.small(&["--formats", formats, "--json", "--out", out]))).unwrap()
}

/// Everything but what an arithmetic is called.
fn unnamed(arithmetic: &ArithmeticRun) -> ArithmeticRun {
    ArithmeticRun { name: String::new(), policy: None, ..arithmetic.clone() }
}

/// A name changes labels alone, and the record says what it stands for.
#[test]
fn a_named_policy_gives_the_same_numbers() {
    let place = Place::new();
    let (plain, named) = (record(&place, PLAIN, "plain"), record(&place, NAMED, "named"));
    let (plain_run, named_run) = (&plain.runs[0], &named.runs[0]);
    assert_eq!(plain_run.truth, named_run.truth);
    assert_eq!(
        plain_run.arithmetics.iter().map(unnamed).collect::<Vec<_>>(),
        named_run.arithmetics.iter().map(unnamed).collect::<Vec<_>>()
    );
    let names: Vec<(&str, Option<&str>)> =
        named_run.arithmetics.iter().map(|one| (one.name.as_str(), one.policy.as_deref())).collect();
    let amp = "storage=f32/forward=f16:acc=f32/backward=f16:acc=f32";
    let split = "forward=f32/backward=f16";
    assert_eq!(names, [("f16", None), ("my-split", Some(split)), ("AMP", Some(amp)), ("f64", None)]);
    let definitions: Vec<&str> = named_run.arithmetics.iter().map(ArithmeticRun::definition).collect();
    assert_eq!(definitions, ["f16", split, amp, "f64"]);
    // The spec keeps policies in canonical spelling and names beside them; without names it is what it was.
    assert_eq!(named.spec.formats, plain.spec.formats);
    assert_eq!((named.spec.names.policy("my-split"), named.spec.names.policy("AMP")), (Some(split), Some("amp-fp16")));
    assert!(!plain.to_json().contains("\"names\""));
    assert_ne!(plain.spec_hash, named.spec_hash);
    assert_eq!(Record::from_json(&named.to_json()).unwrap().to_json(), named.to_json());
}

/// Terminal, table, page, pictures, exported files and the command that measures again.
#[test]
fn a_name_stands_wherever_its_policy_would() {
    let place = Place::new();
    let small = ["--export", "gradients", "--details"];
    let printed = text(&place.small(&[&["--formats", NAMED, "--out", "there"], &small[..]].concat()));
    assert!(printed.lines().any(|line| line.starts_with("my-split ")), "{printed}");
    assert!(printed.contains("AMP: storage=f32, forward=f16:acc=f32, backward=f16:acc=f32"), "{printed}");
    let read = |path: &str| String::from_utf8(place.read(path)).unwrap();
    let rows = crate::common::tables::rows(&read("there/summary.csv"));
    let named = crate::common::tables::with(&rows, &[("precision_as_given", "my-split")]);
    assert!(!named.is_empty() && named.iter().all(|row| row["precision"] == "forward=f32/backward=f16"), "{named:?}");
    assert!(read("there/summary.svg").contains("my-split"));
    let page = read("there/report.html");
    assert!(page.contains("my-split") && page.contains(">AMP<"));
    assert!(place.path().join("gradients/gradients.my-split.safetensors").exists(), "{:?}", place.entries());
    let command =
        page.split("<code>").find_map(|rest| rest.split("</code>").next().filter(|code| code.contains("--formats ")));
    let command = command.unwrap_or_else(|| panic!("{page}"));
    assert!(command.contains("--formats f16,my-split:=forward=f32/backward=f16,AMP:=amp-fp16,f64 "), "{command}");
    let words: Vec<&str> = command.split_whitespace().skip(1).collect();
    place.run(&[&words[..], &["--out", "again", "--quiet"]].concat());
    assert_eq!(read("again/record.json"), read("there/record.json"));
    // Redrawn from the record alone, and without --out in a folder of its own.
    place.run(&["report", "there", "--out", "redrawn", "--quiet"]);
    assert_eq!(read("redrawn/summary.csv"), read("there/summary.csv"));
    place.small(&["--formats", "plain:=f16", "--quiet"]);
    let named = place.latest();
    assert!(named.starts_with("reports/leaky-4x6-plain-batch-3-trials-2-"), "{named}");
    place.small(&["--formats", "f16", "--quiet"]);
    assert_ne!(place.latest(), named);
}

/// A condition takes the name, or the policy in any spelling.
#[test]
fn conditions_know_names() {
    let place = Place::new();
    for (condition, expected) in
        [("sound@coarse", 3), ("sound@float8_e5m2:acc=e5m2", 3), ("overflow@coarse", 0), ("sound@f64", 3)]
    {
        let more = ["--formats", "coarse:=e5m2,f64", "--fail-on", condition, "--quiet", "--force", "--out", "there"];
        assert_eq!(status(&place.run(&[&SMALL[..], &more].concat())), expected, "{condition}");
    }
    let output = place.run(&[&SMALL[..], &["--formats", "coarse:=e5m2", "--fail-on", "noisy@f32"]].concat());
    assert!(error(&output).contains("`f32` is not among --formats coarse; add it there"), "{}", error(&output));
}

/// Learners go by their names, too, with the roles of training.
#[test]
fn trainings_know_names() {
    let place = Place::new();
    let train = |formats: &str, out: &str| {
        let network =
            ["--act", "relu", "--depth", "2", "--width", "6", "--batch", "8", "--steps", "3", "--minibatches", "2"];
        let output = place.run(&[&["train"], &network[..], &["--formats", formats, "--json", "--out", out]].concat());
        assert_eq!(status(&output), 0, "{}", error(&output));
        Training::from_json(&text(&output)).unwrap()
    };
    let policy = "bf16/update=f32/master=bf16:round=stochastic";
    let (plain, named) =
        (train(&format!("{policy},amp-fp16"), "plain"), train(&format!("SR:={policy},amp-fp16"), "named"));
    assert_eq!(named.runs[0].learners[0].name, "SR");
    assert_eq!(named.runs[0].learners[0].policy.as_deref(), Some(policy));
    assert_eq!(named.runs[0].learners[1], plain.runs[0].learners[1]);
    assert_eq!(named.runs[0].learners[0].course, plain.runs[0].learners[0].course);
    assert_eq!(named.runs[0].learners[0].measures, plain.runs[0].learners[0].measures);
    assert_eq!((&named.spec.formats, named.spec.names.policy("SR")), (&plain.spec.formats, Some(policy)));
    let command = training_line(&named.spec);
    assert!(command.contains(&format!("--formats SR:={policy},amp-fp16")), "the command trains again: {command}");
    // Going on needs the same names: it is the same spec.
    let resumed = [
        "train",
        "--act",
        "relu",
        "--depth",
        "2",
        "--width",
        "6",
        "--batch",
        "8",
        "--steps",
        "3",
        "--minibatches",
        "2",
    ];
    let formats = format!("SR:={policy},amp-fp16");
    let output = place.run(&[&resumed[..], &["--formats", &formats, "--resume", "--out", "named"]].concat());
    assert!(text(&output).contains("SR"), "{}", error(&output));
}

/// What cannot stand in tables, what means something already, and what is given twice.
#[test]
fn names_are_refused_with_their_fix() {
    let place = Place::new();
    let long = format!("{}:=f16", "x".repeat(25));
    for (formats, words) in [
        (":=f16", "`:=f16`: a name has 1 to 24 letters, digits, `-`, `_` and `.`, as in SR:=f16"),
        (long.as_str(), "a name has 1 to 24 letters"),
        ("a b:=f16", "`a b:=f16`: a name has 1 to 24 letters"),
        ("größe:=f16", "a name has 1 to 24 letters"),
        ("a@b:=f16", "a name has 1 to 24 letters"),
        ("f32:=f16", "`f32:=f16`: `f32` is the name of a format or preset; choose another, as in my-f32:=f16"),
        ("Half:=f16", "`Half` is the name of a format or preset"),
        ("E4M3:=e4m3fn", "`E4M3` is the name of a format or preset"),
        ("fp8:=e4m3fn", "`fp8` is the name of a format or preset"),
        ("e9m9:=f16", "`e9m9` is the name of a format or preset"),
        ("amp-bf16:=f16", "`amp-bf16` is the name of a format or preset"),
        ("x:=", "`x:=`: the precision after `:=` is missing; write x:=bf16"),
        ("x:=f17", "unknown format `f17`; did you mean `f16`?"),
        ("x:=f16,x:=f32", "the name `x` is given to both `f16` and `f32`; choose two names"),
        ("x:=f16,y:=half", "precision `y:=half` is given twice; keep one"),
        ("x:=f16,f16", "precision `f16` is given twice; keep one"),
        ("x:=bf16/update=f32", "`update` is a role of training, only for `precision-probe train`"),
    ] {
        for subcommand in [&[][..], &["train"]] {
            if formats.contains("/update") && subcommand == ["train"] {
                continue;
            }
            let output = place.run(&[subcommand, &["--formats", formats]].concat());
            let message = error(&output);
            assert_eq!((status(&output), text(&output).as_str()), (2, ""), "{formats}");
            assert!(message.starts_with("error: ") && message.contains(words), "{formats}: {message}");
        }
    }
    assert!(place.entries().is_empty());
}

/// A spec with names is canonical, and its names must be those of its formats.
#[test]
fn specs_keep_names() {
    let given = Spec { formats: vec!["A:=float16".into(), "f32".into()], ..Spec::default() };
    let canonical = given.validate().unwrap().spec;
    assert_eq!(canonical.formats, ["f16", "f32"]);
    assert_eq!(serde_json::to_value(&canonical).unwrap()["names"], serde_json::json!({"A": "f16"}));
    assert_eq!(canonical.validate().unwrap().spec, canonical);
    let renamed = Spec { formats: vec!["A".into(), "f32".into()], ..canonical.clone() };
    assert_eq!(renamed.validate().unwrap().spec, canonical, "a known name stands for its policy");
    let mut names = Names::default();
    names.give("B", "bf16").unwrap();
    let error = Spec { names, ..Spec::default() }.validate().unwrap_err().0;
    assert!(error.contains("`B` is the name of `bf16`, which is not among the formats"), "{error}");
    let json: Value = serde_json::to_value(Spec::default()).unwrap();
    assert!(json.get("names").is_none());
}
