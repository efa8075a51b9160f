//! The data flows one way: a module imports only what stands before it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// From the first room to the last. Names of arithmetics are shared early: `arithmetic::name` stands before
/// the spec, the arithmetics themselves after the network.
const ORDER: [&str; 34] = [
    "nearest",
    "quote",
    "number",
    "printable",
    "disk",
    "assets",
    "format",
    "integers",
    "loss",
    "exchange",
    "activation",
    "init",
    "arithmetic::name",
    "spec",
    "network",
    "arithmetic",
    "backprop",
    "truth",
    "magnitude",
    "fate",
    "noise",
    "theory",
    "verdict",
    "record",
    "judgement",
    "probe",
    "train",
    "law",
    "export",
    "selfcheck",
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

/// The room of a source file: its first module below `src`.
fn room(source: &Path) -> String {
    let below = source.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let text = below.with_extension("").to_string_lossy().replace('/', "::");
    if text == "arithmetic::name" || text == "arithmetic::policy" {
        "arithmetic::name".into()
    } else {
        text.split("::").next().unwrap().to_string()
    }
}

/// The rooms that a text names after `crate::`.
fn imports(text: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    // Unit tests may reach anywhere.
    let text = text.split("#[cfg(test)]").next().unwrap();
    for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
        for rest in line.split("crate::").skip(1) {
            let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == ':').collect();
            let names_only = ["ArithmeticName", "Policy", "{ArithmeticName, Policy}", "name", "policy"]
                .iter()
                .any(|name| rest.strip_prefix("arithmetic::").is_some_and(|rest| rest.starts_with(name)));
            rooms.insert(if names_only {
                "arithmetic::name".into()
            } else {
                name.split("::").next().unwrap().to_string()
            });
        }
    }
    rooms
}

#[test]
fn every_module_imports_only_what_stands_before_it() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let place = |room: &str| ORDER.iter().position(|name| *name == room);
    let (mut rooms, mut checked) = (BTreeSet::new(), 0);
    for file in files {
        let here = room(&file);
        if here == "lib" {
            continue;
        }
        let at = place(&here).unwrap_or_else(|| panic!("{}: the room `{here}` is not in the order", file.display()));
        rooms.insert(here.clone());
        for there in imports(&fs::read_to_string(&file).unwrap()) {
            let to = place(&there).unwrap_or_else(|| panic!("{}: `{there}` is not in the order", file.display()));
            assert!(to <= at, "{}: `{here}` imports `{there}`, which comes later", file.display());
            checked += 1;
        }
    }
    assert_eq!(rooms.len(), ORDER.len(), "a room of the order has no file");
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
