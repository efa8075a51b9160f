//! The README is short, every page can be found, and no page names an option that does not exist.

use super::{files, reference, root, text};
use clap::CommandFactory;
use precision_probe::cli::Arguments;
use std::collections::BTreeSet;

/// Most lines of the README: more belongs into a page of its own.
const README_LINES: usize = 200;

/// Options that the parser adds, those of other programs (cargo, scripts in `benches` and `.ci`), and one misspelt on purpose.
const OTHERS: [&str; 14] = [
    "help",
    "version",
    "release",
    "check",
    "all-targets",
    "test",
    "nocapture",
    "tsv",
    "ours",
    "path",
    "open",
    "update",
    "no-default-features",
    "depht",
];

/// Options of the programs that run a sweep on a cluster: Slurm's, GNU parallel, Snakemake.
const CLUSTERS: [&str; 17] = [
    "array",
    "dependency",
    "mem",
    "parsable",
    "partition",
    "time",
    "cleanup",
    "joblog",
    "resume-failed",
    "return",
    "sshlogin",
    "transferfile",
    "workdir",
    "config",
    "cores",
    "executor",
    "jobs",
];

/// Every page of the documentation by its path in the repository, the README first.
pub fn pages() -> Vec<String> {
    let mut found = Vec::new();
    files(&root().join("docs"), &mut found);
    let mut pages: Vec<String> = found
        .iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .map(|path| path.strip_prefix(root()).unwrap().to_string_lossy().into_owned())
        .collect();
    pages.sort();
    ["README.md", "CONTRIBUTING.md"].into_iter().map(String::from).chain(pages).collect()
}

#[test]
fn the_readme_is_short() {
    let lines = text("README.md").lines().count();
    assert!(lines <= README_LINES, "{lines} lines");
}

/// The index links every page below `docs`.
#[test]
fn the_index_links_every_page() {
    let index = text("docs/README.md");
    for page in pages() {
        if let Some(page) = page.strip_prefix("docs/")
            && page != "README.md"
        {
            assert!(index.contains(&format!("]({page})")), "docs/README.md does not link {page}");
        }
    }
}

/// Every option that a page names exists, and a page that was written by hand names every option.
#[test]
fn pages_name_all_options_that_exist_and_no_other() {
    let command = Arguments::command();
    let commands = std::iter::once(&command).chain(command.get_subcommands());
    let known: BTreeSet<&str> =
        commands.flat_map(|command| command.get_arguments().filter_map(clap::Arg::get_long)).collect();
    let mut seen = BTreeSet::new();
    for page in pages() {
        let is_generated = reference::PAGES.iter().any(|(name, _)| *name == page);
        for (number, line) in text(&page).lines().enumerate() {
            // Comments of Markdown, rules of tables, and `cargo test -- FILTER` have no name after the hyphens.
            for rest in line.split("--").skip(1) {
                let option: String =
                    rest.chars().take_while(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '-').collect();
                let option = option.trim_end_matches('-');
                if option.is_empty() {
                    continue;
                }
                let exists = known.contains(option) || OTHERS.contains(&option) || CLUSTERS.contains(&option);
                assert!(exists, "{page}:{}: there is no --{option}", number + 1);
                if !is_generated {
                    seen.insert(option.to_string());
                }
            }
        }
    }
    let unexplained: Vec<&&str> = known.iter().filter(|option| !seen.contains(**option)).collect();
    assert!(unexplained.is_empty(), "no page names {unexplained:?}");
}
