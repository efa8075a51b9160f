//! Nothing that exists is left out of the documentation, the help or the tests.

mod documents;
mod examples;
mod language;
mod reference;

use assert_cmd::Command;
use clap::CommandFactory;
use precision_probe::activation::{ALL, Activation};
use precision_probe::arithmetic::policy::PRESETS;
use precision_probe::cli::Arguments;
use precision_probe::format::NAMED;
use precision_probe::init::Init;
use precision_probe::verdict::Verdict;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Words between characters that are not letters, digits or underscores.
fn words(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').collect()
}

/// What stands in backticks, line by line.
fn quoted(text: &str) -> BTreeSet<String> {
    let per_line = |line: &str| line.split('`').skip(1).step_by(2).map(String::from).collect::<Vec<_>>();
    text.lines().flat_map(per_line).collect()
}

/// The canonical name without its parameter.
fn plain(activation: &Activation) -> String {
    let name = activation.name();
    name.split(':').next().unwrap_or(&name).to_string()
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// The table of inits and the help name every init.
#[test]
fn the_documentation_and_the_help_name_every_init() {
    let page = text("docs/explanation/what-is-computed.md");
    let start = page.find("| `--init` |").expect("the table");
    let quoted = quoted(page[start..].split("\n\n").next().unwrap_or_default());
    let help = help();
    for (init, ..) in Init::ALL {
        assert!(quoted.contains(init.name()), "`{init}` is not in the table");
        assert!(words(&help).contains(init.name()), "{init} is not in the help");
    }
}

/// The help names every preset of roles; the generated page explains them.
#[test]
fn the_help_names_every_preset() {
    let help = help();
    for preset in &PRESETS {
        assert!(help.contains(preset.name), "{}", preset.name);
    }
}

/// The page on output explains every verdict in a table, and gives their order as the program has it; so does the help of
/// `--fail-on`.
#[test]
fn the_documentation_and_the_help_name_every_verdict_in_order() {
    let page = text("docs/reference/output.md");
    let start = page.find("| verdict | meaning |").expect("the table");
    let table = page[start..].split("\n\n").next().unwrap_or_default();
    let quoted = quoted(table);
    for verdict in Verdict::ALL {
        assert!(quoted.contains(verdict.name()), "`{verdict}` is missing in the table");
    }
    let order = |separator: &str| {
        let shown = Verdict::ALL.iter().filter(|verdict| verdict.is_ordered());
        shown.map(|verdict| verdict.name().replace(' ', separator)).collect::<Vec<_>>().join(" < ")
    };
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(one_line(&page).contains(&order(" ")), "the page's order is not {}", order(" "));
    assert!(one_line(&help()).contains(&order("-")), "the help's order is not {}", order("-"));
}

fn help() -> String {
    let output = Command::cargo_bin("precision-probe").unwrap().arg("--help").output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).expect("the help is text")
}

/// Every long option appears in `--help` below a heading of its own choice (clap's `Options` holds only
/// --help and --version), with something to say, and every activation and named format appears, too.
#[test]
fn the_help_names_every_option_under_a_heading() {
    let help = help();
    let mut heading = String::new();
    let mut shown = Vec::new();
    for line in help.lines() {
        if !line.starts_with(' ') && line.ends_with(':') {
            heading = line.trim_end_matches(':').to_string();
        } else if let Some(option) = line.split_whitespace().find(|word| word.starts_with("--"))
            && line.trim_start().starts_with('-')
        {
            // `--json[=<WHAT>]` may have a value.
            let option = option.split('[').next().unwrap_or(option);
            shown.push((option.to_string(), heading.clone()));
        }
    }
    let command = Arguments::command();
    let mut options = 0;
    for argument in command.get_arguments() {
        let long = argument.get_long().unwrap_or_else(|| panic!("{} has no long option", argument.get_id()));
        if long == "help" || long == "version" {
            continue;
        }
        let wanted = argument.get_help_heading().unwrap_or_else(|| panic!("--{long} has no heading"));
        let found = shown.iter().find(|(option, _)| *option == format!("--{long}"));
        let (_, below) = found.unwrap_or_else(|| panic!("--{long} is not in the help:\n{help}"));
        assert_eq!(below, wanted, "--{long}");
        let words = argument.get_help().map(ToString::to_string).unwrap_or_default();
        assert!(!words.is_empty(), "--{long} says nothing");
        options += 1;
    }
    assert!(options >= 15, "only {options} options were seen");
    let words = words(&help);
    for activation in &ALL {
        assert!(words.contains(plain(activation).as_str()), "{activation} is not in the help");
    }
    for (name, _, _) in NAMED {
        assert!(words.contains(name), "{name} is not in the help");
    }
}

/// A name gives its entry with the default parameters, and no two entries share one.
#[test]
fn names_give_the_entries_of_the_catalogue() {
    let names: BTreeSet<String> = ALL.iter().map(plain).collect();
    assert_eq!(names.len(), ALL.len(), "two entries have one name");
    for activation in &ALL {
        assert_eq!(Activation::parse(&plain(activation)).as_ref(), Ok(activation), "its name gives its default");
    }
}

/// A format is one row and an activation one entry: no other code of the crate knows one of them by its name.
#[test]
fn one_file_knows_an_activation() {
    let (mut sources, mut seen) = (Vec::new(), 0);
    files(&root().join("crates/arithmetic/src"), &mut sources);
    for path in sources {
        let code = fs::read_to_string(&path).unwrap();
        // Tests may name what they test.
        let is_test =
            path.file_name().is_some_and(|name| name == "tests.rs") || path.iter().any(|part| part == "selfcheck");
        let code = code.split("#[cfg(test)]").next().unwrap_or_default();
        let named = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        let named =
            named.filter(|line| line.split("Activation::").skip(1).any(|rest| rest.starts_with(char::is_uppercase)));
        let count = named.filter(|line| !line.contains("Activation::ALL")).count();
        let is_catalogue = path.iter().any(|part| part == "catalogue");
        assert!(count == 0 || is_catalogue || is_test, "{} names an activation", path.display());
        seen += usize::from(is_catalogue && count > 0);
    }
    assert!(seen > 0, "the catalogue names none: the test is blind");
}

/// Every file of `tests/fixtures` is read by a test: by its own name, by its folder (all of it), or, for the
/// tables of activations, by the format and the activation that its name is made of, in the list of `selfcheck`.
#[test]
fn every_fixture_is_used() {
    let mut tests = Vec::new();
    files(&root().join("tests"), &mut tests);
    let here = Path::new(file!()).file_name();
    let is_test =
        |path: &&PathBuf| path.extension().is_some_and(|extension| extension == "rs") && path.file_name() != here;
    let code: String = tests.iter().filter(is_test).map(|path| fs::read_to_string(path).unwrap()).collect();
    let tables = text("crates/arithmetic/src/selfcheck/tables.rs");
    let fixtures: Vec<&PathBuf> = tests.iter().filter(|path| path.starts_with(root().join("tests/fixtures"))).collect();
    for path in &fixtures {
        let name = path.file_name().unwrap().to_string_lossy();
        let folder = path.parent().unwrap().strip_prefix(root().join("tests/fixtures")).unwrap().to_string_lossy();
        let whole_folder = !folder.is_empty() && code.contains(&format!("fixtures(\"{folder}\")"));
        let by_parts = folder == "activations" && {
            let stem = name.trim_end_matches(".bin.gz");
            let stem = stem.trim_end_matches("_deriv");
            let (format, activation) = stem.split_once('_').expect("format_activation");
            [format, activation].iter().all(|part| tables.contains(&format!("\"{part}\"")))
        };
        assert!(whole_folder || by_parts || code.contains(name.as_ref()), "{} is not used", path.display());
    }
    assert!(fixtures.len() >= 26, "only {} fixtures were seen", fixtures.len());
}
