//! Every option that takes a value, of every subcommand, with values that it should not take.

use super::place::{Place, TINY};
use crate::common::exhaustive;
use clap::{Arg, Command, CommandFactory};
use precision_probe::cli::Arguments;

/// The main command and its subcommands, each with what it cannot do without; a study is never begun.
fn commands() -> Vec<(Command, Vec<String>)> {
    let root = Arguments::command();
    let words = |text: &str| text.split(' ').filter(|word| !word.is_empty()).map(String::from).collect::<Vec<_>>();
    let tiny = TINY.join(" ");
    let of = |name: &str| {
        words(&match name {
            "law" => format!("law {tiny} --trials 1 --bits 4..6"),
            "train" => format!("train {tiny} --steps 2 --minibatches 2 --act relu --formats f16"),
            "sweep" => format!("sweep {tiny} --trials 1 --formats f16 --act relu --out out/sweep --force"),
            "report" => "report kept/main".into(),
            "audit" => {
                "audit --weights mine/export/network.safetensors --data mine/export/batch.safetensors --act relu \
                        --compare a=mine/export/gradients.f64.safetensors"
                    .into()
            }
            "study" => "study leaky-vs-relu --out mine".into(),
            "round" => "round 0.1".into(),
            "formats" | "activations" | "completions" | "man" | "schema" | "selfcheck" => name.into(),
            other => panic!("`{other}` is new: say here what a quick run of it needs"),
        })
    };
    let subcommands = root.get_subcommands().map(|command| (command.clone(), of(command.get_name())));
    let main = words(&format!("{tiny} --trials 1 --formats f16"));
    std::iter::once((root.clone(), main)).chain(subcommands).collect()
}

/// A command line with one option more, or another value of one that is there.
fn with(mut words: Vec<String>, long: &str, value: &str) -> Vec<String> {
    let option = format!("--{long}");
    match words.iter().position(|word| *word == option) {
        Some(at) => words[at + 1] = value.into(),
        None => words.extend([option, value.into()]),
    }
    // Only these optimisers have such constants.
    if ["beta1", "beta2", "epsilon"].contains(&long) {
        words.extend(["--optimizer".into(), "adam".into()]);
    }
    words
}

/// Options with a value; those of numbers take a minus sign.
fn options(command: &Command) -> Vec<Arg> {
    let options = command.get_arguments().filter(|argument| argument.get_long().is_some());
    options.filter(|argument| argument.get_action().takes_values()).cloned().collect()
}

#[test]
fn no_number_is_taken_for_what_it_is_not() {
    let place = Place::new();
    let wrong = ["ten", "", " ", "NaN", "0x10", "1_000", "१२", "٣", "1e400", "1e", "½"];
    let mut seen = 0;
    for (command, words) in commands() {
        for option in options(&command).iter().filter(|option| option.is_allow_negative_numbers_set()) {
            let long = option.get_long().unwrap_or_default();
            // A few of them every day, other ones for the next option.
            let turn = wrong.iter().cycle().skip(seen * 5).take(exhaustive(2, wrong.len()));
            for value in turn {
                let line = with(words.clone(), long, value);
                let what = format!("precision-probe {line:?}");
                let ending = place.run(&line);
                ending.check(&what);
                let message = &ending.stderr;
                assert_eq!(ending.code, Some(2), "{what}: {message}");
                assert!(message.starts_with(&format!("error: --{long}")), "{what}: {message}");
                assert!(message.contains("give ") || message.contains("write "), "{what}: {message}");
                let names_value = value.trim().is_empty() || message.contains(value);
                assert!(names_value, "{what}: {message}");
            }
            seen += 1;
        }
    }
    assert!(seen > 40, "only {seen} options of numbers were seen");
}

/// A kilobyte is shortened wherever it stands, and the fix after it survives.
#[test]
fn no_message_repeats_a_kilobyte() {
    let place = Place::new();
    let long = [
        "x".repeat(1000),
        "a b ".repeat(250),
        "9".repeat(1000),
        "é".repeat(1000),
        "f16:acc=".repeat(125),
        "`".repeat(1000),
    ];
    let mut refused = 0;
    for (command, words) in commands() {
        for (index, option) in options(&command).iter().enumerate() {
            for value in long.iter().cycle().skip(index).take(exhaustive(1, long.len())) {
                let line = with(words.clone(), option.get_long().unwrap_or_default(), value);
                let what = format!("--{} {value:.20}…", option.get_long().unwrap_or_default());
                let ending = place.run(&line);
                ending.check(&what);
                let message: Vec<char> = ending.stderr.chars().collect();
                let typed: Vec<char> = value.chars().collect();
                let repeats =
                    message.windows(120).any(|window| typed.windows(120).take(10).any(|piece| piece == window));
                assert!(!repeats, "{what}: {}", ending.stderr);
                if ending.code == Some(2) {
                    let known = [
                        "give",
                        "choose",
                        "write",
                        "leave",
                        "did you mean",
                        "keep",
                        "name",
                        "belongs",
                        "see",
                        "stands",
                    ];
                    let has_fix = known.iter().any(|fix| ending.stderr.contains(fix));
                    assert!(has_fix, "{what}: the fix is gone: {}", ending.stderr);
                    refused += 1;
                }
            }
        }
    }
    for words in
        [vec!["x".repeat(1000)], vec![format!("--{}", "x".repeat(1000))], vec!["train".into(), "é ".repeat(500)]]
    {
        let ending = place.run(&words);
        ending.check("a long word");
        assert_eq!(ending.code, Some(2));
        assert!(ending.stderr.chars().count() < 300, "{}", ending.stderr);
    }
    assert!(refused > 100, "only {refused} were refused");
}
