//! Runs that are killed at any moment: what they leave is whole, and the same command succeeds after it.

use super::place::{Place, TINY, visit};
use crate::common::{Random, exhaustive};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// Commands that write, each into `out`.
fn commands() -> Vec<Vec<&'static str>> {
    let tiny = |first: &[&'static str], rest: &[&'static str]| [first, &TINY[..], rest].concat();
    vec![
        tiny(&[], &["--trials", "2", "--formats", "f16", "--act", "relu,tanh", "--out", "out/main"]),
        tiny(&["law"], &["--trials", "2", "--bits", "4..6", "--out", "out/law"]),
        tiny(
            &["train"],
            &["--steps", "6", "--minibatches", "2", "--act", "relu", "--formats", "f16", "--out", "out/train"],
        ),
        vec!["round", "--npy", "mine/alone.npy", "--formats", "f16", "--out", "out/rounded.npy"],
        tiny(
            &[],
            &[
                "--trials",
                "1",
                "--formats",
                "f16",
                "--act",
                "relu",
                "--out",
                "out/exported",
                "--export",
                "out/tensors",
                "--export-md",
                "out/table.md",
                "--export-csv",
                "out/table.csv",
                "--export-html",
                "out/page.html",
            ],
        ),
    ]
}

/// Files by path, with their bytes.
type Files = BTreeMap<PathBuf, Vec<u8>>;

/// What a run left below `out`, but for circumstances and for files without a name yet.
fn written(place: &Place) -> Files {
    let mut found = BTreeMap::new();
    visit(&place.path("out"), &mut |path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name != "run.json" && !name.ends_with(".partial") && !name.starts_with('.') {
            found.insert(path.to_path_buf(), std::fs::read(path).unwrap());
        }
    });
    found
}

/// Three kills of fifty, or all of them.
#[test]
fn a_run_killed_at_any_moment_leaves_nothing_half_written() {
    let place = Place::new();
    let mine = place.mine();
    let commands = commands();
    let mut random = Random(13);
    let mut whole: Vec<Option<(Duration, Files)>> = vec![None; commands.len()];
    let kills = exhaustive(3, 50);
    let mut killed = 0;
    for number in 0..kills {
        let at = (2 * number) % commands.len();
        let command = &commands[at];
        let (took, expected) = whole[at].get_or_insert_with(|| {
            place.remove("out");
            std::fs::create_dir(place.path("out")).unwrap();
            let took = place.succeed(&[&command[..], quiet(command)].concat()).took;
            (took, written(&place))
        });
        place.remove("out");
        std::fs::create_dir(place.path("out")).unwrap();
        let moment = took.mul_f64(random.below(1000) as f64 / 1000.0);
        let what = format!("killed after {moment:?}: precision-probe {}", command.join(" "));
        let ending = place.start(place.command(command)).kill_after(moment);
        killed += usize::from(ending.is_late);
        assert!(!ending.stderr.contains("panicked"), "{what}: {}", ending.stderr);
        place.check_whole("out", &what);
        let again = place.run(command);
        again.check(&what);
        assert_eq!(again.code, Some(0), "{what}; then: {}", again.stderr);
        assert!(written(&place) == *expected, "{what}: the same command writes something else then");
        assert!(place.mine() == mine, "{what}: a file of the user's has changed");
    }
    assert!(2 * killed >= kills, "most runs ended before they were killed");
}

/// `--quiet` where there is such an option.
fn quiet(command: &[&str]) -> &'static [&'static str] {
    if command[0] == "round" { &["--json"] } else { &["-q"] }
}

/// A study takes too long to be run to its end here: a second one begins where a first one was killed.
#[test]
fn a_killed_study_can_be_begun_again() {
    let place = Place::bare();
    let command = ["study", "leaky-vs-relu", "--out", "out", "-q"];
    for milliseconds in exhaustive(vec![300], vec![5, 50, 300, 1000, 3000]) {
        for turn in ["the first", "the second"] {
            let ending = place.start(place.command(&command)).kill_after(Duration::from_millis(milliseconds));
            assert!(ending.is_late, "{turn} of {milliseconds} ms ended: {:?} {}", ending.code, ending.stderr);
            assert_eq!(ending.stderr, "", "{turn} of {milliseconds} ms");
            place.check_whole("out", turn);
        }
    }
}
