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

/// The paths that a list of imports names: `a::{b, c::d}` names a::b and a::c::d.
fn named(list: &str, before: &[String], found: &mut Vec<Vec<String>>) {
    let (mut depth, mut start) = (0, 0);
    let mut parts = Vec::new();
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&list[start..]);
    let steps =
        |path: &str| path.split("::").map(|step| step.trim().to_string()).filter(|step| !step.is_empty()).collect();
    for part in parts.into_iter().map(str::trim).filter(|part| !part.is_empty()) {
        let (path, inner) = match part.split_once('{') {
            Some((path, inner)) => (path, inner.strip_suffix('}')),
            None => (part.split(" as ").next().unwrap_or(part), None),
        };
        let mut whole: Vec<String> = before.to_vec();
        whole.extend::<Vec<String>>(steps(path));
        match inner {
            Some(inner) => named(inner, &whole, found),
            None => found.push(whole),
        }
    }
}

/// A file's place in its crate.
fn module(file: &Path, crate_folder: &Path) -> Vec<String> {
    let below = file.strip_prefix(crate_folder).unwrap().with_extension("");
    let steps = below.iter().map(|step| step.to_string_lossy().into_owned());
    steps.filter(|step| step != "mod" && step != "lib" && step != "main").collect()
}

/// The files of a crate that import each other in a circle; what a file has from the folders around it, or passes on of its
/// own folder, is no circle.
fn circles(crate_folder: &Path) -> BTreeSet<String> {
    let mut files = Vec::new();
    sources(crate_folder, &mut files);
    let all: BTreeSet<Vec<String>> = files.iter().map(|file| module(file, crate_folder)).collect();
    let mut edges = Vec::new();
    for file in &files {
        let here = module(file, crate_folder);
        let text = fs::read_to_string(file).unwrap();
        let code = text.split("#[cfg(test)]\nmod").next().unwrap_or_default();
        let code: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let mut paths = Vec::new();
        for statement in code.join(" ").split("use ").skip(1) {
            named(statement.split(';').next().unwrap_or_default(), &[], &mut paths);
        }
        for path in paths {
            let up = path.iter().take_while(|step| *step == "super").count();
            let base: Vec<String> = match path.first().map(String::as_str) {
                Some("crate") => Vec::new(),
                Some("super") => here[..here.len().saturating_sub(up)].to_vec(),
                _ => continue,
            };
            // The longest part of the path that is a file.
            let mut target = base;
            for step in &path[up.max(1)..] {
                target.push(step.clone());
                if !all.contains(&target) {
                    target.pop();
                    break;
                }
            }
            if all.contains(&target) && !here.starts_with(&target) && !target.starts_with(&here) {
                edges.push((here.clone(), target));
            }
        }
    }
    // What imports nothing that is left is in no circle.
    loop {
        let importing: BTreeSet<Vec<String>> = edges.iter().map(|(from, _)| from.clone()).collect();
        let before = edges.len();
        edges.retain(|(_, to)| importing.contains(to));
        let imported: BTreeSet<Vec<String>> = edges.iter().map(|(_, to)| to.clone()).collect();
        edges.retain(|(from, _)| imported.contains(from));
        if edges.len() == before {
            return edges.into_iter().map(|(from, _)| from.join("::")).collect();
        }
    }
}

/// Files that depend on each other cannot be read, tested or changed one by one.
#[test]
fn files_import_each_other_in_no_circle() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(CRATES[0]);
    // A vector names the sizes of its tiles, and tiles are made of vectors and of steps on them.
    let known: BTreeSet<String> = ["step", "tiles", "vector"].map(|name| format!("arithmetic::kernels::{name}")).into();
    assert_eq!(circles(&folder), known);
}
