//! Files that were read are never replaced, exports replace nothing unasked, and names from files hide nothing.

use assert_cmd::Command;
use precision_probe::exchange::{Tensor, write_safetensors};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// Runs the command in a place and gives its status, output and messages.
fn run(place: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::cargo_bin("precision-probe").expect("the binary is built");
    let output = command.current_dir(place).args(arguments).output().expect("the command starts");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn succeed(place: &Path, arguments: &[&str]) -> String {
    let (status, printed, message) = run(place, arguments);
    assert_eq!(status, Some(0), "{arguments:?}: {message}");
    printed
}

fn refused(place: &Path, arguments: &[&str], words: &str) {
    let (status, printed, message) = run(place, arguments);
    assert_eq!((status, printed.as_str(), message.lines().count()), (Some(2), "", 1), "{arguments:?}: {message}");
    assert!(message.starts_with("error: ") && message.contains(words), "{arguments:?}: {message}");
}

/// Names and bytes of all files in a folder.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let named =
        |path: std::path::PathBuf| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap());
    let mut found: Vec<_> = entries.map(named).collect();
    found.sort();
    found
}

/// A small network, its batch and its gradients in `x`.
const DRAW: &str = "--act leaky --depth 2 --width 3 --batch 2 --trials 1 --formats f32 -q --out a --export x";

/// Another network and another arithmetic to the same place.
const OTHER_NETWORK: &str =
    "--act leaky --depth 2 --width 3 --batch 2 --trials 1 --formats f32 -q --out other --export x --seed 1";
const OTHER_FORMAT: &str = "--act leaky --depth 2 --width 3 --batch 2 --trials 1 --formats f16 -q --out b --export x";

fn exported() -> TempDir {
    let place = TempDir::new().unwrap();
    succeed(place.path(), &DRAW.split(' ').collect::<Vec<_>>());
    place
}

/// Weights, batch, net, compared gradients, arrays and records, however their names are written and whatever is forced.
#[cfg(unix)]
#[test]
fn nothing_that_was_read_is_replaced() {
    let place = exported();
    let place = place.path();
    fs::write(place.join("net.toml"), "activation = \"leaky\"\n").unwrap();
    fs::hard_link(place.join("x/network.safetensors"), place.join("hard")).unwrap();
    std::os::unix::fs::symlink("x/batch.safetensors", place.join("soft")).unwrap();
    let measure = "--weights x/network.safetensors --data x/batch.safetensors --net net.toml \
                   --compare other=x/gradients.f32.safetensors --formats f32 --force -q --out b";
    let measure: Vec<&str> = measure.split_whitespace().collect();
    let before = [contents(&place.join("x")), contents(place)];
    for file in [
        "x/network.safetensors",
        "./x/../x/batch.safetensors",
        "net.toml",
        "x/gradients.f32.safetensors",
        "hard",
        "soft",
    ] {
        for option in ["--export-md", "--export-csv", "--export-html"] {
            let words = format!("{option} {file}: this run reads that file and never overwrites its input");
            refused(place, &[&measure[..], &[option, file]].concat(), &words);
        }
    }
    refused(
        place,
        &[&measure[..], &["--export", "x"]].concat(),
        "--export x/network.safetensors: this run reads that file",
    );
    let audit = "audit --weights x/network.safetensors --act leaky --data x/batch.safetensors --force -q --out b \
                 --compare other=x/gradients.f32.safetensors --export-csv hard";
    refused(place, &audit.split_whitespace().collect::<Vec<_>>(), "--export-csv hard: this run reads that file");
    // A file of the report itself.
    fs::create_dir(place.join("c")).unwrap();
    fs::hard_link(place.join("x/batch.safetensors"), place.join("c/summary.png")).unwrap();
    refused(place, &[&measure[..measure.len() - 1], &["c"]].concat(), "`c/summary.png` is read by this run");
    fs::copy(place.join("a/record.json"), place.join("moved.json")).unwrap();
    let report = ["report", "moved.json", "--out", "d", "--force", "--export-md", "./moved.json"];
    refused(place, &report, "--export-md ./moved.json: this run reads that file");
    fs::remove_file(place.join("moved.json")).unwrap();
    assert!(before == [contents(&place.join("x")), contents(place)]);
    assert!(!place.join("b").exists() && !place.join("d").exists() && contents(&place.join("c")).len() == 1);
    assert!(fs::symlink_metadata(place.join("soft")).unwrap().is_symlink());
}

/// The same export once more is none; another network's is refused before anything is measured, and so is every other
/// file with other contents.
#[test]
fn an_export_of_gradients_replaces_others_by_force_alone() {
    let place = exported();
    let place = place.path();
    let draw: Vec<&str> = DRAW.split(' ').collect();
    let before = contents(&place.join("x"));
    succeed(place, &draw);
    let exists = |file: &str| {
        format!(
            "`x/{file}` exists and has other contents: choose another place with --export DIR, or overwrite it with --force"
        )
    };
    let of = |text: &'static str| -> Vec<&'static str> { text.split(' ').collect() };
    refused(place, &of(OTHER_NETWORK), &exists("network.safetensors"));
    assert!(!place.join("other").exists(), "nothing was measured");
    fs::write(place.join("x/gradients.f32.safetensors"), "mine").unwrap();
    refused(place, &draw, &exists("gradients.f32.safetensors"));
    succeed(place, &[&draw[..], &["--force"]].concat());
    assert!(contents(&place.join("x")) == before);
    // More gradients of the same network are written next to those that are there, which nothing removes.
    fs::write(place.join("x/gradients.torch.safetensors"), "mine").unwrap();
    let more = of(OTHER_FORMAT);
    succeed(place, &more);
    succeed(place, &[&more[..], &["--force"]].concat());
    let after = contents(&place.join("x"));
    assert_eq!(after.len(), before.len() + 2);
    assert!(before.iter().all(|file| after.contains(file)));
    assert_eq!(fs::read(place.join("x/gradients.torch.safetensors")).unwrap(), b"mine");
}

/// The command of a run that was killed while it measured or exported runs again without force.
#[test]
fn what_a_killed_export_left_is_not_in_the_way() {
    let place = exported();
    let place = place.path();
    let draw: Vec<&str> = DRAW.split(' ').collect();
    let before = contents(&place.join("x"));
    fs::remove_file(place.join("x/truth.json")).unwrap();
    fs::remove_file(place.join("x/batch.safetensors")).unwrap();
    succeed(place, &draw);
    assert!(contents(&place.join("x")) == before);
    // An export inside a report's folder, and the other way round: nothing but empty folders.
    fs::create_dir_all(place.join("k/ex")).unwrap();
    let small = DRAW.split(" --out").next().unwrap();
    let inside = |out: &str, export: &str| {
        let command = format!("{small} --out {out} --export {export}");
        succeed(place, &command.split(' ').collect::<Vec<_>>());
    };
    inside("k", "k/ex");
    inside("u/a", "u");
    fs::write(place.join("x/notes.txt"), "mine").unwrap();
    fs::remove_file(place.join("x/truth.json")).unwrap();
    refused(place, &draw, "`x` is not empty and holds no truth.json");
}

/// Nothing in a name of a tensor hides, turns the text around, or is taken for a formula, markup or a link.
#[test]
fn hostile_names_are_shown_as_they_are() {
    const HOSTILE: &str = "=1+\u{202e}\u{200b}\u{ad}\u{e0041}<b>[a](b)|.";
    const SHOWN: &str = "=1+\\u{202e}\\u{200b}\\u{ad}\\u{e0041}";
    let place = TempDir::new().unwrap();
    let place = place.path();
    let tensor = |layer: usize, shape: [usize; 2]| {
        let values = (0..shape[0] * shape[1]).map(|k| (k % 5) as f64 * 0.25 - 0.5).collect();
        Tensor::doubles(format!("{HOSTILE}{layer}.weight"), shape.to_vec(), values)
    };
    let file = "net\u{202e}.safetensors";
    write_safetensors(&place.join(file), &[tensor(0, [5, 64]), tensor(1, [10, 5])]).unwrap();
    let measure = ["--weights", file, "--act", "relu", "--formats", "f16,e5m2", "--batch", "4", "--out", "o"];
    let table = ["--layers", "--export-md", "table.md", "--export-csv", "rows.csv"];
    let printed = succeed(place, &[&measure[..], &table].concat());
    let hidden = |text: &str| text.contains(['\u{202e}', '\u{200b}', '\u{ad}', '\u{e0041}']);
    let text = |path: &str| fs::read_to_string(place.join(path)).unwrap();
    assert!(printed.contains(SHOWN) && !hidden(&printed), "{printed}");
    let rows = text("rows.csv");
    assert!(rows.contains(&format!("'{SHOWN}<b>[a](b)|.0")) && !hidden(&rows), "{rows}");
    let rest = rows.replace(&format!("'{SHOWN}"), "");
    assert!(!rest.contains(",=") && !rest.contains("\n="));
    assert!(!hidden(&text("table.md")));
    let page = text("o/report.html");
    assert!(page.contains(SHOWN) && !hidden(&page) && !page.contains("<b>"));
    for picture in ["o/summary.svg", "o/panels/noise.svg", "o/panels/range.svg"] {
        assert!(!hidden(&text(picture)), "{picture}");
    }
    // The record keeps the names of tensors, and reads back.
    let record = precision_probe::record::Record::from_json(&text("o/record.json")).unwrap();
    assert_eq!(record.runs[0].sites[0].name, format!("{HOSTILE}0"));
    assert_eq!(record.spec.weights.unwrap().source.file, "net\\u{202e}.safetensors");
    // A message about such a name.
    write_safetensors(&place.join(file), &[tensor(0, [5, 64]), tensor(1, [10, 4])]).unwrap();
    let (status, _, message) = run(place, &measure);
    assert_eq!((status, hidden(&message)), (Some(2), false), "{message}");
    assert!(message.contains(&format!("`net\\u{{202e}}.safetensors`: tensor `{SHOWN}<b>")), "{message}");
}
