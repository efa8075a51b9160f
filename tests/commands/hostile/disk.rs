//! A disk that is full before a report is written: whole files or none, one sentence, and nothing left behind.

use super::place::{Place, TINY, check_whole, visit};
use crate::common::exhaustive;
use std::process::Command;

/// Runs its arguments after the folder `$1` with a disk of `$2` KiB mounted on it, then copies what it holds to `$3`.
const SMALL_DISK: &str = r#"
mount --make-rprivate / 2>/dev/null
mount -t tmpfs -o size="$2"k none "$1" || exit 99
folder=$1 copy=$3
shift 3
"$@"
code=$?
cp -r "$folder/." "$copy" || exit 99
exit $code
"#;

/// Runs its arguments after the first three with no file longer than `$2` KiB.
const SHORT_FILES: &str = r#"
trap '' XFSZ
ulimit -f "$2" || exit 99
shift 3
exec "$@"
"#;

/// How a full disk is imitated here.
#[derive(Clone, Copy, PartialEq)]
enum Means {
    /// A small file system of its own, which only the system's administrator can mount.
    Disk,
    /// A limit of the length of files, where no file system can be mounted.
    Limit,
}

impl Means {
    fn command(self, script: &str, folder: &str, kibibytes: u64, copy: &str) -> Command {
        let mut command = match self {
            Means::Disk => Command::new("unshare"),
            Means::Limit => Command::new("bash"),
        };
        if self == Means::Disk {
            command.args(["-m", "bash"]);
        }
        command.args(["-c", script, "bash", folder, &kibibytes.to_string(), copy]);
        command
    }

    /// What works on this machine.
    fn find(place: &Place) -> Option<Means> {
        let works = |means: Means, script: &str| {
            std::fs::create_dir_all(place.path("disk")).unwrap();
            std::fs::create_dir_all(place.path("copy")).unwrap();
            let mut command = means.command(script, "disk", 16, "copy");
            command.arg("true");
            place.start(command).wait(std::time::Duration::from_secs(20)).code == Some(0)
        };
        if works(Means::Disk, SMALL_DISK) {
            Some(Means::Disk)
        } else {
            works(Means::Limit, SHORT_FILES).then_some(Means::Limit)
        }
    }
}

/// One size of ten, or all of them.
#[test]
fn a_full_disk_leaves_whole_files_and_one_sentence() {
    let place = Place::bare();
    let Some(means) = Means::find(&place) else {
        println!("skipped: no file system can be mounted here, and no length of files limited");
        return;
    };
    let tiny = |first: &[&'static str], rest: &[&'static str]| [first, &TINY[..], rest].concat();
    let commands = [
        tiny(
            &[],
            &[
                "--trials",
                "1",
                "--formats",
                "f16",
                "--act",
                "relu",
                "-q",
                "--out",
                "disk/report",
                "--export",
                "disk/tensors",
            ],
        ),
        tiny(
            &["train"],
            &["--steps", "2", "--minibatches", "2", "--act", "relu", "--formats", "f16", "-q", "--out", "disk/report"],
        ),
        tiny(&["law"], &["--trials", "1", "--bits", "4..6", "-q", "--out", "disk/report"]),
        tiny(&["sweep"], &["--trials", "1", "--seed", "1..=30", "--formats", "f16", "-q", "--out", "disk/report"]),
    ];
    let script = if means == Means::Disk { SMALL_DISK } else { SHORT_FILES };
    let mut refused = 0;
    for (number, kibibytes) in
        exhaustive(vec![64], vec![4, 8, 16, 32, 64, 100, 150, 250, 400, 600]).into_iter().enumerate()
    {
        let command = &commands[number % commands.len()];
        for folder in ["disk", "copy"] {
            place.remove(folder);
            std::fs::create_dir(place.path(folder)).unwrap();
        }
        let mut limited = means.command(script, "disk", kibibytes, "copy");
        limited.arg(assert_cmd::cargo::cargo_bin("precision-probe")).args(command);
        let what = format!("{kibibytes} KiB: precision-probe {}", command.join(" "));
        let ending = place.start(limited).wait(std::time::Duration::from_secs(120));
        ending.check(&what);
        refused += usize::from(ending.code == Some(2));
        let left = place.path(if means == Means::Disk { "copy" } else { "disk" });
        check_whole(&left, &what);
        visit(&left, &mut |path| {
            let name = path.to_string_lossy();
            assert!(!name.ends_with(".partial"), "{what}: it left `{name}`");
        });
        if ending.code == Some(2) {
            assert!(
                ending.stderr.contains("cannot write") && ending.stderr.contains("choose another place"),
                "{what}: {}",
                ending.stderr
            );
        }
    }
    assert!(refused > 0, "no disk was full");
}
