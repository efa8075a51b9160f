//! The data flows one way: a module imports only what stands before it.

mod files;

use files::{Modules, circles};
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

/// Circles that are left. Only ever shorten this list.
const CIRCLES: &[&[&str]] = &[
    &["arithmetic/kernels/limbs", "arithmetic/kernels/limbs/narrow", "arithmetic/kernels/limbs/wide"],
    &["arithmetic/kernels/step", "arithmetic/kernels/tiles", "arithmetic/kernels/vector"],
    &["judgement/audit", "judgement/audit/factor", "judgement/audit/layer"],
    &["report/audit/screen", "report/probe/screen"],
    &["report/training/control", "report/training/events", "report/training/words"],
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

/// No file uses, directly or through others, what uses it; a circle that is no longer there must leave the list.
#[test]
fn files_use_each_other_in_no_circle() {
    let folders = CRATES.map(|folder| Path::new(env!("CARGO_MANIFEST_DIR")).join(folder));
    let mut files = Vec::new();
    for folder in &folders {
        let mut found = Vec::new();
        sources(folder, &mut found);
        let is_root =
            |file: &PathBuf| file.parent() == Some(folder) && (file.ends_with("lib.rs") || file.ends_with("main.rs"));
        files.extend(found.into_iter().filter(|file| !is_root(file)).map(|file| (folder, file)));
    }
    let modules = Modules::read(files.iter().map(|(folder, file)| (folder.as_path(), file.as_path())));
    let edges = modules.edges();
    assert!(edges.values().map(BTreeSet::len).sum::<usize>() > 2000, "imports were not seen");
    let known: BTreeSet<BTreeSet<String>> =
        CIRCLES.iter().map(|circle| circle.iter().map(|name| name.to_string()).collect()).collect();
    let found = circles(&edges);
    let of_circle = |circle: &&BTreeSet<String>| {
        let within = |name: &&&Vec<String>| circle.contains(&name.join("/"));
        let lines = edges.keys().filter(within).flat_map(|from| {
            let to = edges[*from].iter().filter(|to| circle.contains(&to.join("/")));
            to.map(|to| format!("  {} uses {}", from.join("/"), to.join("/"))).collect::<Vec<_>>()
        });
        lines.collect::<Vec<_>>().join("\n")
    };
    let new: Vec<String> = found.difference(&known).map(|circle| of_circle(&circle)).collect();
    assert!(new.is_empty(), "files in a circle; move what they share into a file of its own:\n{}", new.join("\n\n"));
    let gone: Vec<_> = known.difference(&found).collect();
    assert!(gone.is_empty(), "these circles are gone; take them off the list: {gone:?}");
}

/// The graph sees what it claims to see.
#[test]
fn imports_are_followed_to_where_items_are_defined() {
    let folder = tempfile::TempDir::new().unwrap();
    let write = |name: &str, text: &str| {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        file
    };
    let files = [
        // Declares and passes on: no use of its children.
        write(
            "room.rs",
            "pub mod one;\nmod two;\npub use two::Second;\npub(in crate::room) use one::{self as first};\n",
        ),
        write(
            "room/one.rs",
            "use super::Second;\n// use crate::other::X;\nfn f() { let text = \"crate::other::Y\"; }\n",
        ),
        write("room/two.rs", "pub struct Second;\n#[cfg(test)]\nmod tests { use crate::room::one::First; }\n"),
        write(
            "other.rs",
            "use crate::room::{one, Second};\nfn g() -> char { one::f(); '\"' }\nfn h() { crate::last::z() }\n",
        ),
        write("last/mod.rs", "pub fn z() { crate::other::g(); }\n"),
    ];
    let modules = Modules::read(files.iter().map(|file| (folder.path(), file.as_path())));
    let edges = modules.edges();
    let of = |name: &[&str]| {
        let name: Vec<String> = name.iter().map(|part| part.to_string()).collect();
        edges[&name].iter().map(|to| to.join("/")).collect::<Vec<_>>()
    };
    assert_eq!(of(&["room"]), [""; 0]);
    assert_eq!(of(&["room", "one"]), ["room/two"]);
    assert_eq!(of(&["room", "two"]), [""; 0]);
    assert_eq!(of(&["other"]), ["last", "room/one", "room/two"]);
    let circle = BTreeSet::from(["last", "other"].map(String::from));
    assert_eq!(circles(&edges), BTreeSet::from([circle]));
}

/// What a test allows has a name and a reason, in `tests/common/tolerances.rs`: no number such as 1e-9 is compared with,
/// and no distance with a plain number; a number of standard errors is one with a factor.
#[test]
fn tolerances_have_names() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests"), &mut files);
    let is_digit = |c: char| c.is_ascii_digit() || c == '.' || c == '_';
    let mut seen = 0;
    for file in files.into_iter().filter(|file| !file.ends_with("tolerances.rs") && !file.ends_with("structure.rs")) {
        let text = fs::read_to_string(&file).unwrap();
        let code = text.lines().zip(1..).filter(|(line, _)| !line.trim_start().starts_with("//"));
        for (line, number) in code {
            for (before, after) in line.match_indices(" <").map(|(at, _)| (&line[..at], &line[at + 2..])) {
                let after = after.trim_start_matches('=').trim_start();
                let rest = after.trim_start_matches(is_digit);
                let (is_number, is_distance) = (rest.len() < after.len(), before.ends_with(".abs()"));
                let is_decimal = after[..after.len() - rest.len()].contains('.');
                let is_small = is_number && rest.starts_with("e-");
                let is_plain = is_decimal && is_distance && !rest.trim_start().starts_with('*');
                assert!(!is_small && !is_plain, "{}:{number}: give {after:?} a name", file.display());
                seen += usize::from(after.starts_with("tolerances::"));
            }
        }
    }
    assert!(seen > 40, "only {seen} tolerances were seen");
}

/// `unsafe` code is in few files, and each says in its first lines what it is for.
#[test]
fn unsafe_code_is_where_the_first_lines_say_so() {
    let (mut found, mut count) = (Vec::new(), 0);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    CRATES.iter().for_each(|sources_of| sources(&folder.join(sources_of), &mut found));
    for file in found {
        let text = fs::read_to_string(&file).unwrap();
        let is_word = |line: &str| line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "unsafe");
        if !text.lines().filter(|line| !line.trim_start().starts_with("//")).any(is_word) {
            continue;
        }
        assert!(file.starts_with(folder.join(CRATES[0])), "{}: only kernels have `unsafe` code", file.display());
        let is_said = text.lines().take_while(|line| line.starts_with("//!")).any(is_word);
        assert!(is_said, "{}: say in its first lines what `unsafe` is for", file.display());
        count += 1;
    }
    assert!(count > 5, "only {count} files were seen");
}
