//! The pages of `docs/reference` that are generated from the program. `PRECISION_PROBE_UPDATE=1 cargo test --test
//! reports completeness::` writes them.

use super::{root, text};
use assert_cmd::Command;
use clap::{Arg, ArgAction, CommandFactory};
use precision_probe::activation::ALL;
use precision_probe::arithmetic::policy::PRESETS;
use precision_probe::cli::Arguments;
use precision_probe::format::NAMED;
use std::fs;

/// A page by its path, and what renders it.
type Page = (&'static str, fn() -> String);

/// The generated pages.
pub const PAGES: [Page; 4] = [
    ("docs/reference/command-line.md", command_line),
    ("docs/reference/formats.md", formats),
    ("docs/reference/presets.md", presets),
    ("docs/reference/activations.md", activations),
];

const GENERATED: &str = "<!-- Generated: PRECISION_PROBE_UPDATE=1 cargo test --test reports completeness:: -->\n";

#[test]
fn the_reference_is_what_the_program_says() {
    for (page, rendered) in PAGES {
        let rendered = rendered();
        if std::env::var_os("PRECISION_PROBE_UPDATE").is_some() {
            fs::write(root().join(page), &rendered).unwrap_or_else(|error| panic!("{page}: {error}"));
        }
        let line = text(page).lines().zip(rendered.lines()).position(|(is, must)| is != must).map(|line| line + 1);
        let renew = "run PRECISION_PROBE_UPDATE=1 cargo test --test reports completeness::";
        assert!(text(page) == rendered, "{page} is out of date from line {line:?} on: {renew}");
    }
}

/// What a command prints.
fn printed(arguments: &[&str]) -> String {
    let output = Command::cargo_bin("precision-probe").unwrap().args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Plain text in Markdown: nothing in it is an element, emphasis or a cell's end.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    let mut is_code = false;
    for c in text.chars() {
        is_code ^= c == '`';
        // In code of a table only the bar needs an escape, and gets none: no code has one.
        if !is_code && matches!(c, '<' | '>' | '*' | '|' | '~') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// A table with escaped cells.
fn table(titles: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let rule = "|---".repeat(titles.len()) + "|\n";
    let rows: String = rows.into_iter().map(|cells| format!("| {} |\n", cells.join(" | "))).collect();
    format!("| {} |\n{rule}{rows}", titles.join(" | "))
}

fn command_line() -> String {
    let mut command = Arguments::command();
    command.build();
    let names: Vec<String> = command.get_subcommands().map(|command| command.get_name().to_string()).collect();
    let mut page = format!("# Command line\n\n{GENERATED}\n");
    page += "`precision-probe [OPTIONS]` measures; the other commands are\n\n";
    for command in command.get_subcommands().filter(|command| command.get_name() != "help") {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        page += &format!("- [`{0}`](#precision-probe-{0}): {1}\n", command.get_name(), escaped(&about));
    }
    page += "\nPut options after the command: before it they are an error.\n\n";
    page += &section(&mut command, "precision-probe");
    for name in names.iter().filter(|name| *name != "help") {
        let command = command.find_subcommand_mut(name).expect("it is there");
        page += &section(command, &format!("precision-probe {name}"));
    }
    page.trim_end().to_string() + "\n"
}

/// One command: what it does, how it is called, and its options below their headings.
fn section(command: &mut clap::Command, title: &str) -> String {
    let usage = command.render_usage().to_string();
    let usage = usage.strip_prefix("Usage:").unwrap_or(&usage).lines().map(str::trim).collect::<Vec<_>>().join("\n");
    let about = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
    let mut page = format!("## {title}\n\n{}\n\n```text\n{usage}\n```\n\n", escaped(&about));
    let mut headings: Vec<String> = Vec::new();
    let heading = |argument: &Arg| {
        let own = if argument.is_positional() { "Arguments" } else { "Other options" };
        argument.get_help_heading().unwrap_or(own).to_string()
    };
    for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
        if !headings.contains(&heading(argument)) {
            headings.push(heading(argument));
        }
    }
    // `--help` and the like last.
    headings.sort_by_key(|heading| heading == "Other options");
    for name in headings {
        page += &format!("**{name}**\n\n");
        let below = command.get_arguments().filter(|argument| !argument.is_hide_set() && heading(argument) == name);
        page.extend(below.map(option));
        page.push('\n');
    }
    page
}

/// `- \`-q, --quiet\`: what it does. Default: \`…\`.`
fn option(argument: &Arg) -> String {
    let short = argument.get_short().map(|short| format!("-{short}, ")).unwrap_or_default();
    let help = argument.get_long_help().or(argument.get_help()).map(ToString::to_string).unwrap_or_default();
    // The first paragraph of a help ends without a full stop.
    let paragraphs = help.split("\n\n").map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" "));
    let help = paragraphs.collect::<Vec<_>>().join(". ");
    let mut line = format!("- `{short}{argument}`: {}", escaped(&help));
    let takes_value = matches!(argument.get_action(), ArgAction::Set | ArgAction::Append);
    let values: Vec<String> =
        argument.get_possible_values().iter().map(|value| format!("`{}`", value.get_name())).collect();
    if takes_value && !values.is_empty() {
        line += &format!(". One of {}", values.join(", "));
    }
    let defaults: Vec<_> = argument.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    if takes_value && !defaults.is_empty() {
        line += &format!(". Default: `{}`", defaults.join(","));
    }
    line + "\n"
}

/// Sections of `formats --all`, which a blank line separates, in their order.
const SECTIONS: [&str; 8] = [
    "Constants",
    "Other names",
    "Further names",
    "Sums",
    "Rounding",
    "Tensor cores",
    "Factors of products",
    "Refused names",
];

fn formats() -> String {
    let all = printed(&["formats", "--all"]);
    // The presets have a page of their own.
    let is_presets = |section: &&str| !section.trim_start().starts_with("presets");
    let sections: Vec<&str> = all.trim_end().split("\n\n").filter(is_presets).collect();
    assert_eq!(sections.len(), SECTIONS.len(), "formats --all has other sections:\n{all}");
    let mut page = format!("# Formats\n\n{GENERATED}\n");
    page += "`precision-probe formats` prints the names on one screen, `formats --all` this page, and `formats NAME` every\n\
             constant of one format, exact, with all codes of 8 bits and fewer. `--json` prints either for programs. What the\n\
             options do, step by step: [precisions](../explanation/precisions.md).\n\n";
    for (title, section) in SECTIONS.iter().zip(sections) {
        page += &format!("## {title}\n\n");
        page += &if *title == "Other names" { names() } else { format!("```text\n{section}\n```\n") };
        page.push('\n');
    }
    page.trim_end().to_string() + "\n"
}

fn names() -> String {
    let rows = NAMED.iter().map(|(_, _, format)| {
        let constants = format.constants();
        let aliases: Vec<String> = constants.aliases.iter().map(|alias| format!("`{alias}`")).collect();
        vec![format!("`{}`", constants.name), aliases.join(", "), escaped(constants.source)]
    });
    table(&["format", "also called", "defined by"], rows)
}

fn presets() -> String {
    let rows = PRESETS
        .iter()
        .map(|preset| vec![format!("`{}`", preset.name), format!("`{}`", preset.policy), escaped(preset.about)]);
    format!(
        "# Presets\n\n{GENERATED}\nRecipes of mixed precision by the names that people know. Use them in `--formats` like any \
         other precision; [roles](../explanation/precisions.md#roles)\nsays what the parts mean. Loss scaling is no part of \
         them.\n\n{}",
        table(&["preset", "stands for", "as in"], rows)
    )
}

fn activations() -> String {
    let rows = ALL.iter().map(|activation| {
        let facts = activation.facts();
        let source = [facts.torch, facts.paper]
            .iter()
            .filter(|text| !text.is_empty())
            .map(|text| escaped(text))
            .collect::<Vec<_>>();
        vec![format!("`{}`", facts.grammar), escaped(facts.formula), escaped(facts.at_joints), source.join("; ")]
    });
    format!(
        "# Activations\n\n{GENERATED}\nNames and default parameters are PyTorch's. Where pieces meet, φ' is PyTorch's choice. \
         `precision-probe activations NAME` prints\neverything about one and draws φ and φ' to `reports/activations`; `--json` prints all numbers in \
         full.\n\n{}\n## Constants\n\n```text\n{}\n```\n\n## Edge of chaos\n\n```text\n{}\n```\n",
        table(&["activation", "φ(x)", "φ' where pieces meet", "source"], rows),
        printed(&["activations"]).trim_end(),
        printed(&["activations", "--edge"]).trim_end()
    )
}
