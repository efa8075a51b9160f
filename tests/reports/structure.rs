//! The data flows one way: a module imports only what stands before it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The sources of the three crates, from the first to the last.
const CRATES: [&str; 3] = ["crates/arithmetic/src", "crates/instrument/src", "src"];

/// From the first room to the last.
const ORDER: [&str; 41] = [
    "nearest",
    "quote",
    "format",
    "integers",
    "draw",
    "activation",
    "enclosure",
    "arithmetic",
    "selfcheck",
    "number",
    "progress",
    "printable",
    "disk",
    "assets",
    "loss",
    "exchange",
    "init",
    "spec",
    "data",
    "graph",
    "architecture",
    "norm",
    "operation",
    "backprop",
    "truth",
    "magnitude",
    "fate",
    "noise",
    "theory",
    "verdict",
    "record",
    "statistics",
    "judgement",
    "probe",
    "train",
    "law",
    "export",
    "report",
    "study",
    "cli",
    "main",
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Every source file with its room: its first module below its crate's folder.
fn rooms() -> Vec<(String, PathBuf)> {
    let mut rooms = Vec::new();
    for folder in CRATES {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let mut found = Vec::new();
        sources(&folder, &mut found);
        rooms.extend(found.into_iter().map(|file| {
            let below = file.strip_prefix(&folder).unwrap().with_extension("");
            (below.iter().next().unwrap().to_string_lossy().into_owned(), file)
        }));
    }
    rooms.retain(|(room, _)| room != "lib");
    rooms
}

/// The rooms that a text names after `crate::`.
fn imports(text: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    // Unit tests may reach anywhere.
    let text = text.split("#[cfg(test)]").next().unwrap();
    for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
        for rest in line.split("crate::").skip(1) {
            rooms.insert(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    rooms
}

#[test]
fn every_module_imports_only_what_stands_before_it() {
    let place = |room: &str| ORDER.iter().position(|name| *name == room);
    let (mut entered, mut checked) = (BTreeSet::new(), 0);
    for (here, file) in rooms() {
        let at = place(&here).unwrap_or_else(|| panic!("{}: the room `{here}` is not in the order", file.display()));
        for there in imports(&fs::read_to_string(&file).unwrap()) {
            let to = place(&there).unwrap_or_else(|| panic!("{}: `{there}` is not in the order", file.display()));
            assert!(to <= at, "{}: `{here}` imports `{there}`, which comes later", file.display());
            checked += 1;
        }
        entered.insert(here);
    }
    assert_eq!(entered.len(), ORDER.len(), "a room of the order has no file");
    assert!(checked > 40, "only {checked} imports were seen");
}

/// A report is drawn from a record and its judgement alone; how text is shown and how files are written is no knowledge of
/// it.
#[test]
fn reports_import_the_record_alone() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report"), &mut files);
    for file in files {
        for there in imports(&fs::read_to_string(&file).unwrap()) {
            let allowed = ["record", "judgement", "report", "assets", "printable", "disk"];
            assert!(allowed.contains(&there.as_str()), "{} imports `{there}`", file.display());
        }
    }
}

/// `unsafe` code is in few files, and each says in its first lines what it is for.
#[test]
fn unsafe_code_is_where_the_first_lines_say_so() {
    let (mut found, mut count) = (Vec::new(), 0);
    CRATES.iter().for_each(|folder| sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut found));
    for file in found {
        let text = fs::read_to_string(&file).unwrap();
        let is_word = |line: &str| line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "unsafe");
        let has_code = text.lines().filter(|line| !line.trim_start().starts_with("//")).any(is_word);
        let is_said = text.lines().take_while(|line| line.starts_with("//!")).any(is_word);
        assert!(is_said || !has_code, "{}: say in its first lines what `unsafe` is for", file.display());
        assert!(
            !has_code || file.starts_with(Path::new(env!("CARGO_MANIFEST_DIR")).join(CRATES[0])),
            "{}",
            file.display()
        );
        count += usize::from(has_code);
    }
    assert!(count > 5, "only {count} files were seen");
}
