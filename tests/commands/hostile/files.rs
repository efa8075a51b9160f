//! Files that were damaged, cut, emptied or replaced by something that is no file.

use super::place::Place;
use crate::common::{Random, exhaustive};
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

/// How a file is given to the program.
struct Use {
    /// A whole one, to begin with.
    whole: &'static str,
    /// Words of the command line; `FILE` is the damaged one and `OUT` a new place.
    words: &'static str,
    /// The file that the program looks for in a directory; then `FILE` is this directory.
    inside: Option<&'static str>,
}

const fn file(whole: &'static str, words: &'static str) -> Use {
    Use { whole, words, inside: None }
}

const fn inside(whole: &'static str, name: &'static str, words: &'static str) -> Use {
    Use { whole, words, inside: Some(name) }
}

/// Every kind of file that is read, by every command that reads it.
const USES: [Use; 16] = [
    file(
        "mine/export/network.safetensors",
        "--weights FILE --data mine/export/batch.safetensors --act relu --formats f16 --out OUT",
    ),
    file(
        "mine/export/batch.safetensors",
        "--weights mine/export/network.safetensors --data FILE --act relu --formats f16 --out OUT",
    ),
    file(
        "mine/export/gradients.f64.safetensors",
        "audit --weights mine/export/network.safetensors --data mine/export/batch.safetensors --act relu --compare a=FILE --out OUT",
    ),
    file("mine/digits.npz", "--data FILE --depth 2 --width 3 --trials 1 --act relu --formats f16 --out OUT"),
    file("mine/alone.npy", "round --npy FILE --formats f16 --out OUT"),
    file(
        "mine/net.toml",
        "--weights mine/export/network.safetensors --data mine/export/batch.safetensors --net FILE --formats f16 --out OUT",
    ),
    file(
        "mine/model.safetensors.index.json",
        "--weights FILE --data mine/export/batch.safetensors --act relu --formats f16 --out OUT",
    ),
    file("mine/rows.csv", "--data FILE --depth 2 --width 3 --trials 1 --act relu --formats f16 --out OUT"),
    file("kept/main/record.json", "report FILE --out OUT"),
    file("kept/law/law.json", "report FILE --out OUT"),
    file("kept/train/training.json", "report FILE --out OUT"),
    inside("kept/main/record.json", "record.json", "report FILE"),
    inside(
        "kept/main/record.json",
        "record.json",
        "--depth 2 --width 3 --batch 2 --trials 1 --formats f16,f64 --act relu --out FILE",
    ),
    inside("kept/law/law.json", "law.json", "law --depth 2 --width 3 --batch 2 --trials 1 --bits 4..6 --out FILE"),
    inside(
        "kept/train/training.json",
        "training.json",
        "train --depth 2 --width 3 --batch 2 --steps 2 --minibatches 2 --act relu --formats f16 --resume --out FILE",
    ),
    inside(
        "out/checkpoint",
        "checkpoint",
        "train --depth 2 --width 3 --batch 2 --steps 40 --minibatches 2 --act relu --formats f16 --resume --out FILE",
    ),
];

/// What is no ordinary file.
const SPECIAL: [&str; 8] = ["pipe", "folder", "device", "null", "loop", "dangling", "empty", "header"];

/// A training that was stopped: its checkpoint.
fn checkpoint(place: &Place) {
    let words =
        "train --depth 2 --width 3 --batch 2 --steps 40 --minibatches 2 --act relu --formats f16 --out out/stopped -q";
    let target = place.path("out/stopped/checkpoint");
    for _ in 0..20 {
        let words: Vec<&str> = words.split(' ').collect();
        let running = place.start(place.command(&words));
        let since = std::time::Instant::now();
        while !target.exists() && since.elapsed().as_secs() < 60 {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        running.kill_after(std::time::Duration::ZERO);
        if fs::copy(&target, place.path("out/checkpoint")).is_ok() {
            return;
        }
    }
    panic!("no training was stopped before its end");
}

/// Damages bytes: cut, changed, removed, put in or doubled, numbers made huge.
fn damaged(random: &mut Random, whole: &[u8]) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    for _ in 0..=random.below(3) {
        let length = bytes.len() as u64;
        let place = |random: &mut Random| random.below(length + 1) as usize;
        let (one, other) = (place(random), place(random));
        let (start, end) = (one.min(other), one.max(other).min(one.min(other) + 40));
        match random.below(8) {
            0 => bytes.truncate(start),
            1 if start < bytes.len() => bytes[start] ^= 1 << random.below(8),
            2 => drop(bytes.drain(start..end)),
            3 => {
                let put: Vec<u8> = (0..random.below(20)).map(|_| random.bits() as u8).collect();
                bytes.splice(start..start, put);
            }
            4 => {
                let doubled = bytes[start..end].to_vec();
                bytes.splice(start..start, doubled);
            }
            5 => {
                let huge: &[&[u8]] = &[
                    b"1e999",
                    b"-1",
                    b"18446744073709551616",
                    b"null",
                    b"0",
                    b"\"x\"",
                    b"[[[[",
                    b"1e308",
                    b"9007199254740993",
                ];
                replace_number(random, &mut bytes, huge);
            }
            6 => replace_number(
                random,
                &mut bytes,
                &[&[b'9'; 400], &[b'['; 100_000], b"4294967296", b"1000000", b"-0.0"],
            ),
            _ => {
                let filled = bytes[start..end].iter_mut();
                filled.for_each(|byte| *byte = 0xff);
            }
        }
    }
    bytes
}

/// Puts something in the place of a number that is written in digits, if there is one behind a random place.
fn replace_number(random: &mut Random, bytes: &mut Vec<u8>, with: &[&[u8]]) {
    let from = random.below(bytes.len() as u64 + 1) as usize;
    let is_part = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'-');
    let Some(start) = bytes[from..].iter().position(u8::is_ascii_digit).map(|at| from + at) else { return };
    let length = bytes[start..].iter().take_while(|byte| is_part(byte)).count();
    let with = with[random.below(with.len() as u64) as usize];
    bytes.splice(start..start + length, with.iter().copied());
}

/// Puts what is no ordinary file at a path.
fn put_special(kind: &str, path: &std::path::Path) {
    match kind {
        "pipe" => assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo is there").success()),
        "folder" => fs::create_dir(path).unwrap(),
        "device" => symlink("/dev/zero", path).unwrap(),
        "null" => symlink("/dev/null", path).unwrap(),
        "loop" => symlink(path, path).unwrap(),
        "dangling" => symlink("nowhere/at/all", path).unwrap(),
        "empty" => fs::write(path, "").unwrap(),
        _ => {
            let mut bytes = u64::MAX.to_le_bytes().to_vec();
            bytes
                .extend(b"{\"0.weight\":{\"dtype\":\"F32\",\"shape\":[4294967295,4294967295],\"data_offsets\":[0,8]}}");
            fs::write(path, bytes).unwrap();
        }
    }
}

/// Twelve files of a hundred, or all of them; a quarter are no ordinary files.
#[test]
fn no_file_makes_it_panic_or_hang() {
    let place = Place::new();
    checkpoint(&place);
    let wholes = USES
        .each_ref()
        .map(|one| fs::read(place.path(one.whole)).unwrap_or_else(|error| panic!("{}: {error}", one.whole)));
    let mut random = Random(11);
    let (mut refused, mut read) = (0, 0);
    for number in 0..exhaustive(12, 100) {
        // Every kind has its turn, whether few are tried or many.
        let at = (number * 7) % USES.len();
        let one = &USES[at];
        let given = format!("out/given-{number}");
        let path = match one.inside {
            Some(name) => {
                fs::create_dir(place.path(&given)).unwrap();
                // A checkpoint belongs to a record.
                if name == "checkpoint" {
                    fs::copy(place.path("out/stopped/training.json"), place.path(&given).join("training.json"))
                        .unwrap();
                }
                place.path(&given).join(name)
            }
            None => place.path(&given),
        };
        let kind = if number % 4 == 3 { SPECIAL[(number / 4) % SPECIAL.len()] } else { "damaged" };
        match kind {
            "damaged" => fs::write(&path, damaged(&mut random, &wholes[at])).unwrap(),
            kind => put_special(kind, &path),
        }
        let mine = place.mine();
        let out = format!("out/report-{number}");
        let line = one.words.replace("FILE", &given).replace("OUT", &out);
        let words: Vec<&str> = line.split(' ').collect();
        let what = format!("{kind} {} (file {number}): precision-probe {line}", one.whole);
        let ending = place.run_in_little_memory(&words);
        ending.check(&what);
        *(if ending.code == Some(2) { &mut refused } else { &mut read }) += 1;
        assert!(place.mine() == mine, "{what}: a file of the user's has changed");
        place.check_whole(&out, &what);
        // Pictures of a report that could be drawn are whole; the damaged file itself may still lie there.
        if ending.code == Some(0) {
            place.remove(&given);
        }
        let _ = fs::remove_file(&path);
    }
    println!("{refused} files were refused, {read} were read");
    assert!(refused > read, "damage is hardly ever seen");
}
