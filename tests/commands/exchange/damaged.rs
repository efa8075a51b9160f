//! Files that are damaged, hostile or something else: one sentence each, at once, in little memory, and no panic.

use super::fixture;
use crate::common::Random;
use assert_cmd::Command;
use precision_probe::exchange::{Dtype, Imported, Samples, Sequential, parse, read};
use precision_probe::loss::Loss;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A safetensors file of a header as it is and so many bytes of zeros.
fn safetensors(header: &str, data: usize) -> Vec<u8> {
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.as_bytes());
    file.resize(file.len() + data, 0);
    file
}

/// An npy file of a header as it is and so many bytes of zeros.
fn npy(header: &str, data: usize) -> Vec<u8> {
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend((header.len() as u16).to_le_bytes());
    file.extend(header.as_bytes());
    file.resize(file.len() + data, 0);
    file
}

/// A file with the bytes of another in which one pattern is replaced by another of the same length, everywhere.
fn replaced(file: &str, from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = fs::read(fixture(file)).unwrap();
    let mut found = 0;
    for at in 0..=bytes.len() - from.len() {
        if bytes[at..].starts_with(from) {
            bytes[at..at + to.len()].copy_from_slice(to);
            found += 1;
        }
    }
    assert!(found > 0, "{file} has no such bytes");
    bytes
}

/// A deflated entry of zeros that claims so many bytes, in an archive.
fn bomb(claimed: u32, zeros: usize) -> Vec<u8> {
    use flate2::{Compression, write::DeflateEncoder};
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![0; zeros]).unwrap();
    let packed = encoder.finish().unwrap();
    let name = b"x.npy";
    let fields = |signature: &[u8]| {
        let mut header = signature.to_vec();
        header.extend([20, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        header.extend((packed.len() as u32).to_le_bytes());
        header.extend(claimed.to_le_bytes());
        header.extend([name.len() as u8, 0, 0, 0]);
        header
    };
    let mut file = fields(b"PK\x03\x04");
    file.extend(name);
    file.extend(&packed);
    let directory = file.len() as u32;
    let mut central = fields(b"PK\x01\x02\x14\x00");
    central.extend([0; 14]);
    central.extend(name);
    let length = central.len() as u32;
    file.extend(central);
    file.extend(b"PK\x05\x06\x00\x00\x00\x00\x01\x00\x01\x00");
    file.extend(length.to_le_bytes());
    file.extend(directory.to_le_bytes());
    file.extend([0, 0]);
    file
}

/// What is wrong, and words that the message must have.
fn corpus() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let entry = |dtype: &str, shape: &str, offsets: &str| {
        format!(r#"{{"t":{{"dtype":"{dtype}","shape":{shape},"data_offsets":{offsets}}}}}"#)
    };
    let two = |first: &str, second: &str| {
        let entry = |offsets: &str| format!(r#"{{"dtype":"F32","shape":[2],"data_offsets":{offsets}}}"#);
        format!(r#"{{"a":{},"b":{}}}"#, entry(first), entry(second))
    };
    let mut cut_npz = fs::read(fixture("batch.npz")).unwrap();
    cut_npz.truncate(cut_npz.len() / 2);
    let mut cut_tensors = fs::read(fixture("network.safetensors")).unwrap();
    cut_tensors.pop();
    let mut long_header = safetensors("{}", 64);
    long_header[..8].copy_from_slice(&10_000_000_000u64.to_le_bytes());
    let mut endless = safetensors("{}", 64);
    endless[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    let mut long_npy = b"\x93NUMPY\x02\x00".to_vec();
    long_npy.extend(u32::MAX.to_le_bytes());
    long_npy.extend([b' '; 64]);
    let descr = |descr: &str, shape: &str| format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}");
    let nested = format!("{{\"t\":{}", "[".repeat(100_000));
    let long_name = format!("\"{}\"", "n".repeat(600));
    let entries: String = (0..20).map(|index| format!(r#","n{index}":0"#)).collect();
    vec![
        ("empty", vec![], "no safetensors, npz or npy file"),
        ("words", b"weights of my network".to_vec(), "no safetensors, npz or npy file"),
        ("a pickle", b"\x80\x02}q\x00(X\x08\x00\x00\x000.weight".to_vec(), "save_file"),
        ("cut safetensors", cut_tensors, "the file has"),
        ("a header of 10 GB", long_header, "claims 10000000000 bytes"),
        ("an endless header", endless, "at most 16 MiB"),
        ("a header that is no JSON", safetensors("{\"t\":", 0), "cannot be read"),
        ("deep JSON", safetensors(&nested, 0), "cannot be read"),
        ("a number for a tensor", safetensors(&format!("{{\"t\":1{entries}}}"), 0), "cannot be read"),
        ("a negative offset", safetensors(&entry("F32", "[1]", "[-4,0]"), 4), "cannot be read"),
        ("one offset", safetensors(&entry("F32", "[1]", "[0]"), 4), "cannot be read"),
        ("offsets beyond the file", safetensors(&entry("F32", "[2]", "[0,8]"), 4), "the file has 4"),
        ("backward offsets", safetensors(&entry("F32", "[1]", "[4,0]"), 4), "`t` has bytes 4 to 0"),
        ("overlapping offsets", safetensors(&two("[0,8]", "[4,12]"), 12), "`b` has bytes 4 to 12"),
        ("the same place twice", safetensors(&two("[0,8]", "[0,8]"), 8), "`b` has bytes 0 to 8"),
        ("a gap", safetensors(&two("[0,8]", "[12,20]"), 20), "`b` has bytes 12 to 20"),
        ("bytes of no tensor", safetensors(&entry("F32", "[1]", "[0,4]"), 8), "the file has 8"),
        ("a wrong shape", safetensors(&entry("F32", "[3]", "[0,8]"), 8), "of shape [3] in F32 has 8 bytes"),
        (
            "an absurd shape",
            safetensors(&entry("F32", "[4294967296,4294967296,4294967296]", "[0,8]"), 8),
            "all tensors of a file",
        ),
        ("a shape of 2^64", safetensors(&entry("F32", "[18446744073709551616]", "[0,8]"), 8), "cannot be read"),
        ("a large shape", safetensors(&entry("F32", "[1000000000]", "[0,4000000000]"), 8), "the file has 8"),
        (
            "a type that is not read",
            safetensors(&entry("C64", "[1]", "[0,8]"), 8),
            "\"C64\": convert it to one of BOOL",
        ),
        ("a name twice", safetensors(&two("[0,8]", "[8,16]").replace("\"b\"", "\"a\""), 16), "called `a`"),
        (
            "a name of control characters",
            safetensors(&entry("F32", "[1]", "[0,4]").replace("\"t\"", r#""\u001b[31m""#), 4),
            "control characters",
        ),
        (
            "a name without letters",
            safetensors(&entry("F32", "[1]", "[0,4]").replace("\"t\"", "\"\""), 4),
            "give names of 1",
        ),
        ("a long name", safetensors(&entry("F32", "[1]", "[0,4]").replace("\"t\"", &long_name), 4), "give names of 1"),
        ("cut npz", cut_npz, "has no directory"),
        ("an archive of torch.save", replaced("batch.npz", b"x.npy", b"d.pkl"), "no .npy file"),
        ("a name twice in an archive", replaced("batch.npz", b"y.npy", b"x.npy"), "called `x`"),
        (
            "a wrong checksum",
            replaced("batch.npz", b"\x00\x00\x00\x00\x01\x00\x00\x00", b"\x00\x00\x00\x00\x02\x00\x00\x00"),
            "does not unpack",
        ),
        ("a bomb that lies", bomb(100, 50_000_000), "`\\x93NUMPY` is missing"),
        ("a bomb beyond deflate", bomb(u32::MAX - 1, 1000), "claims to unpack to 4294967294"),
        ("a bomb that tells", bomb(2_000_000_000, 1_990_000_000 / 100), "unpack"),
        ("a zip64 size", bomb(u32::MAX, 1000), "4 GiB or more"),
        ("npy of 4 GB header", long_npy, "claims 4294967295 bytes"),
        ("npy that is cut", b"\x93NUMPY\x01".to_vec(), "cut off"),
        ("npy of a later version", b"\x93NUMPY\x09\x00\x02\x00{}".to_vec(), "version 9"),
        ("npy without a shape", npy("{'descr': '<f4', 'fortran_order': False}", 4), "lacks `descr`"),
        (
            "npy with a key twice",
            npy("{'descr': '<f4', 'descr': '<f8', 'fortran_order': False, 'shape': ()}", 8),
            "twice",
        ),
        ("npy with an unknown key", npy("{'version': 3}", 0), "unknown key"),
        ("npy of a negative shape", npy(&descr("'<f4'", "(-1,)"), 4), "not readable"),
        ("npy of an absurd shape", npy(&descr("'<f4'", "(99999999999999999999,)"), 4), "not readable"),
        (
            "npy of a shape beyond 64 bits",
            npy(&descr("'<f4'", "(4294967296, 4294967296, 0, 9)"), 4),
            "needs 0 bytes, and 4",
        ),
        ("npy of a large shape", npy(&descr("'<f4'", "(4294967296, 4294967296)"), 4), "all tensors of a file"),
        ("npy of too few bytes", npy(&descr("'<f4'", "(2,)"), 4), "needs 8 bytes, and 4 follow"),
        ("npy of objects", npy(&descr("'|O'", "(1,)"), 8), "convert it with .astype"),
        ("npy of complex numbers", npy(&descr("'<c8'", "(1,)"), 8), "convert it with .astype"),
        ("npy of text", npy(&descr("'<U4'", "(1,)"), 16), "convert it with .astype"),
        ("npy of a structure", npy(&descr("[('x', '<f4')]", "(1,)"), 4), "structured"),
        ("npy that goes on", npy("{'descr': '<f4', 'fortran_order': False, 'shape': ()} import os", 4), "goes on"),
        ("npy of no text", npy("{'descr': '\u{fffd}", 4), "lacks"),
    ]
}

/// Each file of the corpus: its own words, within a second.
#[test]
fn damaged_files_are_told_what_is_wrong() {
    for (what, bytes, words) in corpus() {
        let start = Instant::now();
        let message = parse(&bytes, "file", None).map(|contents| contents.in_words()).expect_err(what);
        assert!(start.elapsed() < Duration::from_secs(1), "{what}: {:?}", start.elapsed());
        assert!(message.contains(words), "{what}: {message}");
        assert!(!message.ends_with('.') && message.len() < 800 && !message.contains('\u{1b}'), "{what}: {message}");
    }
}

/// The command: status 2, one sentence, within a second, in 400 MiB of addresses, and nothing is written.
#[cfg(target_os = "linux")]
#[test]
fn the_command_refuses_damaged_files_in_bounded_memory() {
    let place = TempDir::new().unwrap();
    let sparse = place.path().join("huge.safetensors");
    let file = File::create(&sparse).unwrap();
    (&file).write_all(&10_000_000_000u64.to_le_bytes()).unwrap();
    (&file).write_all(b"{").unwrap();
    file.set_len(12_000_000_000).unwrap();
    check_refused(place.path(), &sparse, "is larger than 1024 MiB");
    check_refused(place.path(), place.path(), "not a regular file");
    check_refused(place.path(), Path::new("/dev/zero"), "is a device, not a regular file");
    let pipe = place.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    check_refused(place.path(), &pipe, "is a named pipe, not a regular file: give a .safetensors, .npz or .npy file");
    let endless = place.path().join("endless");
    std::os::unix::fs::symlink("endless", &endless).unwrap();
    check_refused(place.path(), &endless, "cannot be read (");
    check_refused(place.path(), Path::new("nowhere.npz"), "cannot be read");
    for (_, bytes, words) in corpus() {
        let path = place.path().join("file");
        fs::write(&path, bytes).unwrap();
        check_refused(place.path(), &path, words);
    }
}

#[cfg(target_os = "linux")]
fn check_refused(place: &Path, file: &Path, words: &str) {
    for option in ["--weights", "--data"] {
        let binary = assert_cmd::cargo::cargo_bin("precision-probe");
        let start = Instant::now();
        // ulimit -v: kibibytes of addresses, threads' stacks included.
        let script = format!("ulimit -v 409600; exec \"$0\" {option} \"$1\" --act relu --threads 1 --out out");
        let path = if file.is_absolute() { file.to_path_buf() } else { place.join(file) };
        let output =
            Command::new("sh").current_dir(place).arg("-c").arg(script).arg(binary).arg(path).output().unwrap();
        let elapsed = start.elapsed();
        let message = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(2), "{option} {}: {message}", file.display());
        assert!(message.starts_with("error: ") && message.contains(words), "{message}");
        // The machine may be busy: a second for the work, the rest for the process.
        assert!(elapsed < Duration::from_secs(3), "{option} {}: {elapsed:?}", file.display());
        assert!(!place.join("out").exists());
    }
}

/// Valid files to be damaged.
fn seeds() -> Vec<Vec<u8>> {
    let names = ["network.safetensors", "batch.npz", "stored.npz", "compressed.npz", "raw.npz", "alone.npy"];
    let mut seeds: Vec<Vec<u8>> = names.iter().map(|name| fs::read(fixture(name)).unwrap()).collect();
    seeds.extend(corpus().into_iter().map(|(_, bytes, _)| bytes).filter(|bytes| bytes.len() < 4096));
    seeds
}

/// One to eight changes: bits, bytes, numbers that mean trouble, pieces cut, repeated or from another file.
pub fn damaged(seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut bytes = seeds[random.below(seeds.len() as u64) as usize].clone();
    for _ in 0..=random.below(8) {
        let length = bytes.len() as u64;
        // Half of the changes near the beginning or the end, where the headers are.
        let at = match random.below(4) {
            0 => random.below(length.clamp(1, 128)),
            1 => length.saturating_sub(1 + random.below(length.clamp(1, 128))),
            _ => random.below(length.max(1)),
        } as usize;
        let rest = bytes.len() - at.min(bytes.len());
        match random.below(8) {
            0 if rest > 0 => bytes[at] ^= 1 << random.below(8),
            1 if rest > 0 => bytes[at] = random.bits() as u8,
            2 => {
                let number =
                    [0, 1, u64::MAX, 1 << 31, 1 << 32, 1 << 63, u64::from(u32::MAX), length][random.below(8) as usize];
                let width = [1, 2, 4, 8][random.below(4) as usize].min(rest);
                bytes[at..at + width].copy_from_slice(&number.to_le_bytes()[..width]);
            }
            3 => bytes.truncate(at),
            4 => {
                let end = at + random.below(rest as u64 + 1) as usize;
                bytes.drain(at.min(end)..end.min(bytes.len()));
            }
            5 => {
                let end = (at + random.below(64) as usize).min(bytes.len());
                let piece = bytes[at.min(end)..end].to_vec();
                bytes.splice(end..end, piece);
            }
            6 => {
                let other = &seeds[random.below(seeds.len() as u64) as usize];
                let from = random.below(other.len() as u64 + 1) as usize;
                let to = (from + random.below(64) as usize).min(other.len());
                bytes.splice(at.min(bytes.len())..at.min(bytes.len()), other[from..to].iter().copied());
            }
            _ => {
                let digits = ["0", "9", "-1", "4294967296", "18446744073709551615", "1e9", "\"", "[", "{", "\\u0000"];
                let piece = digits[random.below(digits.len() as u64) as usize].bytes();
                bytes.splice(at.min(bytes.len())..at.min(bytes.len()), piece);
            }
        }
    }
    bytes
}

/// Everything that a file goes through before anything is measured.
fn import(bytes: &[u8]) {
    for dtype in [None, Some(Dtype::F8E4M3)] {
        let Ok(contents) = parse(bytes, "file", dtype) else { continue };
        for loss in [None, Some(Loss::CrossEntropy), Some(Loss::MeanSquaredError)] {
            if let Ok(samples) = Samples::new(&contents, loss) {
                assert!(samples.inputs.iter().all(|x| x.is_finite()) && samples.outputs() > 0);
            }
        }
        let picked = ["12", "8"].map(String::from);
        let networks = [Sequential::read(contents.clone(), Some(&picked)), Sequential::read(contents, None)];
        for Imported { network, .. } in networks.into_iter().flatten() {
            assert!(network.layers.len() > 1 && network.units().iter().all(|&units| units > 0));
        }
    }
}

/// Seeded damage: thousands of files in every run, and for as many seconds as PRECISION_PROBE_FUZZ says.
///
/// A failing case is named by its number; no panic, no wait of a second.
#[test]
fn no_damage_makes_a_file_panic() {
    let seeds = seeds();
    let seconds = std::env::var("PRECISION_PROBE_FUZZ").ok().and_then(|text| text.parse().ok());
    let limit = seconds.map(Duration::from_secs);
    let start = Instant::now();
    let mut case = 0u64;
    while limit.map_or(case < 4000, |limit| start.elapsed() < limit) {
        // Every case can be made again from its number.
        let bytes = damaged(&seeds, &mut Random(case));
        let elapsed = || {
            let begun = Instant::now();
            if std::panic::catch_unwind(|| import(&bytes)).is_err() {
                panic!("case {case} of {} bytes panics", bytes.len());
            }
            begun.elapsed()
        };
        // A busy machine may keep one of millions waiting; not the same one twice.
        let is_slow = elapsed() > Duration::from_secs(1) && elapsed() > Duration::from_secs(1);
        assert!(!is_slow, "case {case} of {} bytes takes more than a second", bytes.len());
        case += 1;
    }
    println!("{case} damaged files in {:?}", start.elapsed());
}

/// `read` and `parse` agree, and the message begins with the path.
#[test]
fn messages_begin_with_the_path() {
    let place = TempDir::new().unwrap();
    let path = place.path().join("words.npz");
    fs::write(&path, "words").unwrap();
    let message = read(&path, None).unwrap_err();
    assert!(message.starts_with(&format!("`{}`: ", path.display())), "{message}");
}
