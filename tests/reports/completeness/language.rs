//! The documentation and the program avoid the phrases that make a native reader go back over a sentence.

use super::{documents, files, reference, root, text};

/// What not to write, in lower case, and what to write instead.
const PHRASES: [(&str, &str); 20] = [
    ("is told", "is shown, is reported"),
    ("are told", "are shown, are reported"),
    ("no one is told", "discards progress"),
    ("goes without saying", "is the default"),
    ("go without saying", "are the defaults"),
    ("held against", "compared with"),
    ("hold against", "compare with"),
    ("holds every gradient against", "compares every gradient with"),
    ("none where", "`None` if"),
    ("made ready", "prepared"),
    ("way back", "backward pass"),
    ("the way forward", "the forward pass"),
    ("in truth", "exactly"),
    ("asks the network for nothing", "works offline"),
    ("knows nothing of", "ignores"),
    ("and its kin", "and similar"),
    ("what ails", "the problem with"),
    ("as good as nothing", "a negligible amount"),
    ("nobody's work", "ignored"),
    ("how manyth", "every n-th"),
];

/// Phrases that only the documentation avoids: the code needs the words.
const PHRASES_OF_PAGES: [(&str, &str); 2] =
    [("arithmetics", "precisions, formats"), ("the truth", "the exact gradient")];

/// Whether the sources, and the pages that are generated from them, are searched, too.
const CHECKS_SOURCES: bool = true;

/// A page without its blocks of code, every line in its place.
fn prose(page: &str) -> String {
    let mut is_code = false;
    let line = |line: &str| {
        let is_fence = line.starts_with("```");
        is_code ^= is_fence;
        if is_code || is_fence { String::from("\n") } else { format!("{line}\n") }
    };
    page.lines().map(line).collect()
}

/// A text on one line without the marks of comments and of strings that go on, so that a phrase is found over the end of a
/// line; and where in it each line begins.
fn joined(text: &str) -> (String, Vec<usize>) {
    let mut whole = String::new();
    let mut starts = Vec::new();
    for line in text.lines() {
        starts.push(whole.len());
        let line = line.trim_start().trim_start_matches("//").trim_start_matches(['/', '!', '#', ' ']);
        whole += line.trim_end().trim_end_matches('\\').trim_end();
        whole.push(' ');
    }
    (whole.to_lowercase(), starts)
}

/// `file:line: phrase` for each of the phrases.
fn found(file: &str, text: &str, phrases: &[(&str, &str)]) -> Vec<String> {
    let (whole, starts) = joined(text);
    let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let mut found = Vec::new();
    for (phrase, instead) in phrases {
        for (at, _) in whole.match_indices(phrase) {
            let (before, after) = (whole[..at].chars().next_back(), whole[at + phrase.len()..].chars().next());
            if !is_letter(before) && !is_letter(after) {
                let line = starts.partition_point(|start| *start <= at);
                found.push(format!("{file}:{line}: \"{phrase}\"; better: {instead}"));
            }
        }
    }
    found
}

#[test]
fn phrases_are_found_in_comments_strings_and_over_line_ends() {
    let code = "fn x() {}\n/// What is\n/// told here.\nlet s = \"goes \\\n    without saying\";\n// this told\n";
    let found = found("x.rs", code, &PHRASES);
    let places: Vec<&str> = found.iter().filter_map(|line| line.split(": ").next()).collect();
    assert_eq!(places, ["x.rs:2", "x.rs:4"], "{found:?}");
}

#[test]
fn pages_read_naturally() {
    let mut complaints = Vec::new();
    for page in documents::pages() {
        let is_generated = reference::PAGES.iter().any(|(name, _)| *name == page);
        if !is_generated || CHECKS_SOURCES {
            // Blocks of output are the program's words.
            let searched = if CHECKS_SOURCES { text(&page) } else { prose(&text(&page)) };
            complaints.extend(found(&page, &searched, &PHRASES));
        }
        if !is_generated {
            complaints.extend(found(&page, &prose(&text(&page)), &PHRASES_OF_PAGES));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn sources_read_naturally() {
    if !CHECKS_SOURCES {
        return;
    }
    let mut sources = Vec::new();
    for folder in ["src", "crates", "benches", "examples"] {
        files(&root().join(folder), &mut sources);
    }
    let mut complaints = Vec::new();
    for path in sources.iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs")) {
        let name = path.strip_prefix(root()).unwrap().to_string_lossy();
        complaints.extend(found(&name, &text(&name), &PHRASES));
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
