//! What a run takes against what it said that it would: its peak stays below the least `--memory` that is accepted, and the
//! estimate is no more than two and a half times the peak and 64 MiB.
#![cfg(target_os = "linux")]

#[path = "../common/mod.rs"]
mod common;

use common::{Random, exhaustive};
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use precision_probe::exchange::{Tensor, npy_bytes, write_safetensors};
use precision_probe::probe::memory::estimate;
use precision_probe::spec::{Attribute, Schedule, Spec};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A chain of layers of these units, and a batch for it, as `w.safetensors` and `b.safetensors`.
fn save_network(place: &Path, units: [usize; 3]) {
    let mut random = Random(1);
    let mut tensor = |name: &str, rows: usize, columns: usize| {
        let scale = (columns as f64).sqrt();
        let values = (0..rows * columns).map(|_| f64::from((random.bits() >> 40) as u32) / f64::from(1 << 23) - 1.0);
        Tensor::doubles(name, vec![rows, columns], values.map(|value| value / scale).collect())
    };
    let [inputs, hidden, outputs] = units;
    let network = [tensor("0.weight", hidden, inputs), tensor("2.weight", outputs, hidden)];
    let batch = [tensor("x", 4, inputs), tensor("y", 4, outputs)];
    write_safetensors(&place.join("w.safetensors"), &network).unwrap();
    write_safetensors(&place.join("b.safetensors"), &batch).unwrap();
}

/// An archive of the arrays x and y of doubles, all zero, as numpy.savez_compressed writes it.
fn zeros(arrays: [(&str, [usize; 2]); 2]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for (name, shape) in arrays {
        let (mut deflated, mut checksum) = (DeflateEncoder::new(Vec::new(), Compression::best()), Crc::new());
        let mut put = |bytes: &[u8]| {
            deflated.write_all(bytes).unwrap();
            checksum.update(bytes);
        };
        put(&npy_bytes(&shape, &[]));
        let row = vec![0; 8 * shape[1]];
        (0..shape[0]).for_each(|_| put(&row));
        let (unpacked, checksum) = (checksum.amount(), checksum.sum());
        let data = deflated.finish().unwrap();
        let place = archive.len() as u32;
        // Version, flags, method, time and date; then checksum, sizes, and lengths of name and more.
        let mut fields = [20u16, 0, 8, 0, 0].map(u16::to_le_bytes).concat();
        fields.extend([checksum, data.len() as u32, unpacked].map(u32::to_le_bytes).concat());
        fields.extend([name.len() as u16, 0].map(u16::to_le_bytes).concat());
        archive.extend([&b"PK\x03\x04"[..], &fields, name.as_bytes(), &data].concat());
        directory
            .extend([&b"PK\x01\x02\x14\x00"[..], &fields, &[0; 10], &place.to_le_bytes(), name.as_bytes()].concat());
    }
    let [start, length] = [archive.len(), directory.len()].map(|number| (number as u32).to_le_bytes());
    archive.extend(directory);
    archive.extend([&b"PK\x05\x06\x00\x00\x00\x00\x02\x00\x02\x00"[..], &length, &start, &[0; 2]].concat());
    archive
}

fn command(place: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("precision-probe"));
    command.current_dir(place).args(arguments).arg("--force");
    command
}

/// MiB in a message, `needs at least 123.4 MiB` or `needs about 2 GiB`.
fn told(output: &Output) -> f64 {
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{message}");
    let needs = ["needs at least ", "needs about "].into_iter().find_map(|words| message.split(words).nth(1));
    let rest = needs.unwrap_or_else(|| panic!("{message}"));
    let mut words = rest.split(' ');
    let number: f64 = words.next().unwrap().parse().unwrap_or_else(|_| panic!("{message}"));
    match words.next() {
        Some("MiB") => number,
        Some("GiB") => number * 1024.0,
        Some("TiB") => number * 1024.0 * 1024.0,
        unit => panic!("{unit:?} in {message}"),
    }
}

/// The most that a process has had, in MiB, until it ends; and what it printed.
fn peak(mut child: Child) -> (f64, Output) {
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0f64;
    while child.try_wait().unwrap().is_none() {
        // A process that has ended has no memory to tell of.
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        most = most.max(kibibytes.unwrap_or(0.0) / 1024.0);
        std::thread::sleep(Duration::from_millis(1));
    }
    (most, child.wait_with_output().unwrap())
}

/// A shape: its name, and the options that make it.
type Shape = (&'static str, Vec<String>);

fn shape(name: &'static str, options: &str) -> Shape {
    (name, options.split_whitespace().map(String::from).collect())
}

/// `e5m3` to `e9m14` and `mpfr:2` and on: so many formats.
fn formats(count: usize) -> String {
    let named = (5..=9).flat_map(|exponent| (3..=14).map(move |fraction| (exponent, fraction)));
    // These have names of their own.
    let named = named.filter(|pair| ![(5, 10), (8, 7), (8, 10)].contains(pair)).map(|(e, m)| format!("e{e}m{m}"));
    named.chain((2..).map(|bits: u32| format!("mpfr:{bits}"))).take(count).collect::<Vec<_>>().join(",")
}

/// Quick ones.
fn everyday() -> Vec<Shape> {
    vec![
        shape("formats", &format!("--depth 2 --width 4 --batch 2 --trials 1 --formats {}", formats(24))),
        shape("trials", "--act relu --depth 5 --width 2 --batch 1 --trials 1500 --formats f16"),
        shape("long weights", "--act relu --weights w.safetensors --data b.safetensors --formats f16:acc=f32,f32"),
        shape("training", "train --act relu --steps 3 --depth 3 --width 48 --formats f16"),
    ]
}

fn all() -> Vec<Shape> {
    let mut all = everyday();
    all.extend([
        shape("200 formats", &format!("--depth 2 --width 4 --batch 2 --trials 1 --formats {}", formats(200))),
        shape("1000 trials", "--depth 30 --width 2 --batch 1 --trials 1000 --formats f16,f64"),
        shape("5000 trials", "--act relu --depth 5 --width 2 --batch 1 --trials 5000 --formats f16"),
        shape(
            "activations",
            "--act relu,leaky,elu,tanh,gelu,silu,sigmoid,mish --depth 3 --width 8 --batch 4 --trials 1",
        ),
        shape("deep", "--depth 200 --width 64 --trials 1 --formats f16,f64"),
        shape("deep and narrow", "--depth 1000 --width 4 --batch 2 --trials 1 --formats f16"),
        shape("wide", "--depth 1 --width 1024 --batch 2 --trials 1 --formats f16"),
        shape("all digits", "--depth 3 --width 32 --batch 1797 --trials 1 --formats f16,f32"),
        shape("smooth", "--act tanh --depth 3 --width 32 --batch 1797 --trials 2 --formats f32 --attribute none"),
        shape("skips", "--residual --depth 40 --width 32 --batch 16 --trials 2 --formats f16,f64"),
        shape("long numbers", "--depth 4 --width 16 --batch 8 --trials 2 --attribute all --formats f64,mpfr:100"),
        shape("the smallest", "--depth 1 --width 2 --batch 1 --trials 1 --formats f16 --attribute none"),
        shape("the default", ""),
        shape("a law", "law --depth 10 --trials 10 --width 16 --batch 8"),
        shape("a law of many trials", "law --depth 2 --width 2 --trials 3000 --batch 1 --bits 8,11,24"),
        shape("a training of four", "train --steps 12 --depth 8 --width 32 --measure every=10"),
        shape("a wide training", "train --steps 3 --act relu --depth 2 --width 256 --optimizer adam"),
    ]);
    all
}

/// Two shapes at a time where each has one thread, then one after the other with two.
#[test]
fn peaks_stay_below_what_was_told() {
    let place = TempDir::new().unwrap();
    save_network(place.path(), [64, 4096, 64]);
    let shapes = exhaustive(everyday(), all());
    let next = AtomicUsize::new(0);
    let checks_the_rest = || {
        while let Some(shape) = shapes.get(next.fetch_add(1, Ordering::Relaxed)) {
            check_peak(place.path(), shape, "1");
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(checks_the_rest);
        checks_the_rest();
    });
    shapes.iter().for_each(|shape| check_peak(place.path(), shape, "2"));
}

fn check_peak(place: &Path, (name, options): &Shape, threads: &str) {
    let out = format!("report {name} {threads}");
    let mut options: Vec<&str> = options.iter().map(String::as_str).collect();
    options.extend(["--threads", threads, "--quiet", "--out", &out]);
    let refused = command(place, &[&options[..], &["--memory", "1"]].concat()).output().unwrap();
    let least = told(&refused);
    // The message has one digit behind the point.
    let allowed = format!("{:.1}MiB", least + 0.1);
    let mut allowed = command(place, &[&options[..], &["--memory", &allowed]].concat());
    let child = allowed.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let (peak, output) = peak(child);
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    assert!(peak > 5.0, "{name}: a peak of {peak} MiB was not seen");
    assert!(peak <= least, "{name} in {threads} threads: took {peak:.0} MiB, estimated {least:.0}");
    assert!(least <= 2.5 * peak + 64.0, "{name} in {threads} threads: estimated {least:.0} MiB, took {peak:.0}");
}

/// A run with enough memory keeps the networks of all its trials, and its estimate counts them.
#[test]
fn kept_trials_are_counted() {
    let (depth, width, batch, trials) = (2, 512, 2, 24);
    let (activations, formats) = (vec!["relu".into()], vec!["f32".into()]);
    let spec =
        Spec { activations, depth, width, batch, trials, formats, attribute: Attribute::None, ..Spec::default() };
    let plan = spec.validate().unwrap();
    let networks = (trials * width * (64 + width + 10) * 8) as f64 / f64::from(1 << 20);
    let place = TempDir::new().unwrap();
    for threads in [1, 2] {
        let options = format!(
            "--act relu --depth {depth} --width {width} --batch {batch} --trials {trials} --formats f32 --attribute none \
             --threads {threads} --quiet"
        );
        let mut command = command(place.path(), &options.split_whitespace().collect::<Vec<_>>());
        let (peak, output) = peak(command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let estimate = estimate(&plan, threads, Schedule::default()) as f64 / f64::from(1 << 20);
        assert!(
            (networks..=estimate).contains(&peak),
            "{threads} threads: {peak:.0} of {networks:.0}–{estimate:.0} MiB"
        );
        assert!(estimate <= 2.5 * peak + 64.0, "{threads} threads: estimated {estimate:.0} MiB, took {peak:.0}");
    }
}

/// Refused at once, with what would fit.
#[test]
fn too_many_trials_are_refused_before_they_start() {
    let place = TempDir::new().unwrap();
    for (options, near) in [
        (&["--trials", "1000000"][..], "--trials "),
        (&["law", "--trials", "1000000"], "--trials "),
        (&["train", "--steps", "10000000"], "--steps "),
    ] {
        let start = Instant::now();
        let child = command(place.path(), &[options, &["--memory", "8GiB"]].concat())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (peak, output) = peak(child);
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(told(&output) > 8.0 * 1024.0, "{message}");
        assert!(message.contains(near) && message.contains(" would fit"), "{message}");
        assert!(peak < 64.0 && start.elapsed() < Duration::from_secs(5), "{peak} MiB, {:?}", start.elapsed());
    }
}

/// An archive of a few hundred kilobytes that holds far more numbers than there is room for is not unpacked; where there
/// is room, the peak stays within it.
#[test]
fn an_archive_of_zeros_is_refused_before_it_is_unpacked() {
    let place = TempDir::new().unwrap();
    let archive = place.path().join("zeros.npz");
    fs::write(&archive, zeros([("x.npy", [4096, 8000]), ("y.npy", [4096, 4])])).unwrap();
    assert!(fs::metadata(&archive).unwrap().len() < 500_000);
    let options = ["--data", "zeros.npz", "--act", "relu", "--formats", "f32", "--attribute", "none"];
    let refused = |allowed: &str| {
        let mut command = command(place.path(), &[&options[..], &["--memory", allowed]].concat());
        peak(command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap())
    };
    let (taken, output) = refused("400MiB");
    assert!(told(&output) >= 8.0 * 4096.0 * 8000.0 / f64::from(1 << 20), "{output:?}");
    assert!(taken < 64.0, "{taken} MiB where nothing was to be unpacked");
    // Enough to read it, too little to measure it.
    let (taken, output) = refused("600MiB");
    assert!(told(&output) > 600.0 && taken < 600.0, "{taken} MiB: {output:?}");
}
