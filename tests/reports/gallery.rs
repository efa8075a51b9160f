//! The gallery's numbers come from the commands next to them: one entry is measured again here, all of them by `.ci/docs`.

use assert_cmd::Command;
use std::fs;
use std::path::{Path, PathBuf};

/// One example of the page: its command's arguments, what it printed, and its picture.
struct Example {
    arguments: Vec<String>,
    printed: String,
    picture: PathBuf,
}

/// The text between two marks after a place, and the rest.
fn between<'t>(text: &'t str, open: &str, close: &str) -> Option<(&'t str, &'t str)> {
    text.split_once(open)?.1.split_once(close)
}

fn examples() -> Vec<Example> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/results");
    let page = fs::read_to_string(folder.join("gallery.md")).expect("the gallery's page");
    let mut rest = page.as_str();
    let mut examples = Vec::new();
    while let Some((command, after)) = between(rest, "```console\n$ precision-probe ", "\n") {
        let (printed, after) = after.split_once("```").expect("what it printed");
        let (picture, after) = between(after, "](", ")").expect("its picture");
        examples.push(Example {
            arguments: command.split_whitespace().map(String::from).collect(),
            printed: printed.to_string(),
            picture: folder.join(picture),
        });
        rest = after;
    }
    examples
}

#[test]
fn the_gallery_has_six_small_pictures() {
    let examples = examples();
    assert_eq!(examples.len(), 6);
    for Example { picture, .. } in &examples {
        let bytes = fs::read(picture).unwrap_or_else(|error| panic!("{}: {error}", picture.display()));
        assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n", "{}", picture.display());
        assert!(bytes.len() < 600_000, "{} has {} bytes", picture.display(), bytes.len());
    }
}

/// The quickest one, word for word, but for the lines that name its files.
#[test]
fn an_example_prints_what_the_gallery_shows() {
    let examples = examples();
    let example = examples.iter().find(|example| example.picture.ends_with("dead-relu.png")).expect("it is there");
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("report");
    let output =
        Command::cargo_bin("precision-probe").unwrap().args(&example.arguments).arg("--out").arg(&out).output();
    let printed = String::from_utf8(output.unwrap().stdout).unwrap();
    let without_files =
        |text: &str| text.split_once("\nReport:").expect("the files are named last").0.trim_end().to_string();
    assert_eq!(without_files(&printed), without_files(&example.printed));
}
