//! The first screen, tables and CSV: compared as plain strings.

use crate::common::records::{Behaviour::*, default_record, record};
use precision_probe::record::Flips;
use precision_probe::report::probe::details;
use precision_probe::report::screen::{self, View};
use std::path::Path;

#[test]
fn the_first_screen_of_the_default_probe() {
    let text = screen::terminal(&default_record(), View::default(), Some(Path::new("reports/default/summary.png")));
    let expected = "\
leaky, depth 50, width 64, no biases; loss cross-entropy, data digits, batch 32, 5 trials
Exact gradient of layer 1: state not recorded (proven to 83 bits)

precision     noise/signal                 bits  verdict, layer 1    cause         remedy
f16           0.499 [0.307–0.691]             1  noisy 5 of 5        not measured  f32 13000×
f16:acc=f32   0.207 [0.127–0.286]           2.3  noisy 5 of 5        not measured  f32 5300×
bf16:acc=f32  1.09 [0.673–1.52]            −0.1  chaotic 3, noisy 2  not measured  f32 28000×
f32           3.89e-5 [2.39e-5–5.39e-5]    14.6  sound 5 of 5        —             —
f64           6.2e-14 [3.81e-14–8.59e-14]  43.9  sound 5 of 5        —             —

In f16 the gradient of layer 1 is noisy: rounding noise is 0.499 of the signal. f32 makes every
layer sound in 5 of 5 trials (13000 times less noise).
Report: reports/default/report.html (more here: --details, --layers)
";
    assert_eq!(text, expected);
}

/// Whatever is measured, the first screen has at most ten lines besides its rows, none wider than 100 columns.
#[test]
fn every_first_screen_is_short_and_narrow() {
    for (name, record) in crate::common::records::cases() {
        let text = screen::terminal(&record, View::default(), Some(Path::new("there/summary.png")));
        let rows: usize = record.runs.iter().map(|run| run.arithmetics.len()).sum();
        assert!(text.lines().count() <= 10 + rows, "{name}: {text}");
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{name}: {text}");
        let layers = screen::terminal(&record, View { layers: true, ..View::default() }, None);
        assert_eq!(layers.matches(", every layer:\n").count(), rows, "{name}");
    }
}

#[test]
fn the_details_of_the_default_probe() {
    let text = details::terminal(&default_record(), false, Some(Path::new("reports/default/summary.png")));
    let expected = "\
leaky (slope = 0.010009765625), depth 50, width 64, no biases
loss cross-entropy, data digits, batch 32, 5 trials, seed 0, gain 1.41 (init preserve)
in theory gradients grow ×1.09 per layer; reference exact to 83 bits, computed with 256 bits

precision     noise/signal                 bits     flips  flushed  verdict of layer 1
f16           0.499 [0.307–0.691]             1  1 in 512      1 %  noisy 5 of 5, layers 1–18
f16:acc=f32   0.207 [0.127–0.286]           2.3  1 in 512      1 %  noisy 5 of 5, layers 1–8
bf16:acc=f32  1.09 [0.673–1.52]            −0.1  1 in 512  0.985 %  chaotic 3, noisy 2, layer 1
f32           3.89e-5 [2.39e-5–5.39e-5]    14.6  1 in 512      1 %  sound 5 of 5, all layers
f64           6.2e-14 [3.81e-14–8.59e-14]  43.9  1 in 512      1 %  sound 5 of 5, all layers
(of layer 1's gradient; flips of all layers; in brackets least to greatest of 5 trials)

In f16 the gradient of layer 1 is noisy: rounding noise is 0.499 of the signal. f32 makes every
layer sound in 5 of 5 trials (13000 times less noise).

Page:    reports/default/report.html
Picture: reports/default/summary.png
";
    assert_eq!(text, expected);
}

#[test]
fn all_layers_of_limits_overflow_and_zeros() {
    let mut record = record(2, 5, &[("mpfr:100", AtMost(1e-25)), ("f16", Overflow(1)), ("e4m3fn", Vanished(1))]);
    for layer in &mut record.runs[0].arithmetics[2].sites {
        layer.flips = None;
    }
    let text = details::terminal(&record, true, None);
    let tables = text.split("\n\n").skip(1).take(4).collect::<Vec<_>>().join("\n\n");
    let expected = "\
precision  noise/signal  bits     flips  flushed  verdict of layer 1
mpfr:100   ≤ 1e-25       ≥ 83  1 in 512      1 %  sound 5 of 5, all layers
f16        ∞                —  1 in 512      0 %  overflow 5 of 5, layer 1
e4m3fn     1                —         —     90 %  underflow 5 of 5, layer 1
(of layer 1's gradient; flips of all layers)
≤: the noise is below the resolution of the exact gradient; raise --truth-bits to see it
storage noise in e4m3fn: storing the parameters, inputs and targets changes them by up to 6.25 %

mpfr:100, every layer:
layer  name      noise/signal  bits     flips  flushed  verdict
    1  hidden.1  ≤ 1e-25       ≥ 83  1 in 512      1 %  sound 5 of 5
    2  hidden.2  ≤ 1e-25       ≥ 83  1 in 512      1 %  sound 5 of 5
    3  head      ≤ 1e-25       ≥ 83      none      1 %  sound 5 of 5

f16, every layer:
layer  name      noise/signal               bits     flips  flushed  verdict
    1  hidden.1  ∞                             —  1 in 512      0 %  overflow 5 of 5
    2  hidden.2  0.0334 [0.0194–0.055]       4.9  1 in 512      1 %  sound 5 of 5
    3  head      0.00379 [0.00238–0.00519]     8      none      1 %  sound 5 of 5

e4m3fn, every layer:
layer  name      noise/signal               bits  flips  flushed  verdict
    1  hidden.1  1                             —      —     90 %  underflow 5 of 5
    2  hidden.2  0.0334 [0.0194–0.055]       4.9      —      1 %  sound 5 of 5
    3  head      0.00379 [0.00238–0.00519]     8   none      1 %  sound 5 of 5";
    assert_eq!(tables, expected);
}

/// A ratio of few trials says so, flips are counted where pre-activations are finite, and what is unknown is no "none".
#[test]
fn what_is_left_out_is_told() {
    let mut record = record(2, 5, &[("f16", Noise(0.01)), ("f32", NotEstablished)]);
    let first = &mut record.runs[0].arithmetics[0].sites[0];
    first.noise_to_signal.count = 1;
    first.noise_to_signal.high = first.noise_to_signal.low;
    first.noise_to_signal.median = first.noise_to_signal.low;
    first.flips = Some(Flips { flipped: 1, nonfinite: 10230, total: 10240 });
    record.runs[0].arithmetics[0].sites[1].flips = None;
    record.runs[0].arithmetics[1].sites.iter_mut().for_each(|layer| layer.flips = None);
    let text = details::terminal(&record, false, None);
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| line.starts_with("f16 ") || line.starts_with("f32 "))
        .map(|row| row.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect())
        .collect();
    assert_eq!(rows[0][1..4], ["0.00748 in 1 of 5", "7.1", "1 in 10"]);
    assert_eq!(rows[1][1..4], ["—", "—", "—"]);
    assert!(text.contains("\n(of layer 1's gradient; flips of all layers)\n"), "{text}");
}
