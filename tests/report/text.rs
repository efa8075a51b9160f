//! Tables, CSV and sentences: compared as plain strings.

use crate::common::records::{Behaviour, Behaviour::*, default_record, record};
use precision_probe::record::{Flips, Number};
use precision_probe::report::numbers::Notation::{Plain, Typeset};
use precision_probe::report::{csv, table, words};
use std::path::Path;

fn ruling(arithmetics: &[(&str, Behaviour)]) -> String {
    words::ruling(&record(10, 5, arithmetics).runs[0], Plain)
}

fn remedy(arithmetics: &[(&str, Behaviour)]) -> String {
    words::remedy(&record(10, 5, arithmetics).runs[0], Plain)
}

#[test]
fn the_terminal_report_of_the_default_probe() {
    let text = table::terminal(&default_record(), false, Some(Path::new("reports/default/summary.png")));
    let expected = "\
leaky (slope = 0.010009765625), depth 50, width 64, no biases
data digits, batch 32, 5 trials, seed 0, gain 1.41 (init preserve)
χ₁ 1.18: gradients grow; truth proven 83 bits, computed with 256 bits

arithmetic    noise/signal                 useful bits     flips  flushed  verdict of layer 1
f16           0.499 [0.307–0.691]                    1  1 in 512      1 %  noisy 5 of 5, layers 1–18
f16:acc=f32   0.207 [0.127–0.286]                  2.3  1 in 512      1 %  noisy 5 of 5, layers 1–8
bf16:acc=f32  1.09 [0.673–1.52]                   −0.1  1 in 512  0.985 %  chaotic 3 of 5, layer 1
f32           3.89e-5 [2.39e-5–5.39e-5]           14.6  1 in 512      1 %  sound 5 of 5, all layers
f64           6.2e-14 [3.81e-14–8.59e-14]         43.9  1 in 512      1 %  sound 5 of 5, all layers
(of layer 1's weight gradient; flips of all layers; in brackets least to greatest of 5 trials)

In f16 the gradient of layer 1 is noisy (noise/signal 0.499) though not zero: rounding noise, not a
vanished gradient, is what limits it; in f64 it is sound (noise/signal 6.2e-14).
Measured remedy: an f32 accumulator (f16:acc=f32) cuts the noise at layer 1 from 0.499 to 0.207, 2.4
times.

Page:    reports/default/report.html
Picture: reports/default/summary.png
";
    assert_eq!(text, expected);
}

#[test]
fn all_layers_of_limits_overflow_and_zeros() {
    let mut record = record(2, 5, &[("mpfr:100", AtMost(1e-25)), ("f16", Overflow(1)), ("e4m3fn", Vanished(1))]);
    for layer in &mut record.runs[0].arithmetics[2].layers {
        layer.flips = None;
    }
    let text = table::terminal(&record, true, None);
    let tables = text.split("\n\n").skip(1).take(4).collect::<Vec<_>>().join("\n\n");
    let expected = "\
arithmetic  noise/signal  useful bits     flips  flushed  verdict of layer 1
mpfr:100    ≤ 1e-25              ≥ 83  1 in 512      1 %  sound 5 of 5, all layers
f16         ∞                       —  1 in 512      0 %  overflow 5 of 5, layer 1
e4m3fn      1                       —         —     90 %  vanished 5 of 5, layer 1
(of layer 1's weight gradient; flips of all layers)
≤: the noise lies below the truth's resolution; raise --truth-bits to see it
storage noise in e4m3fn: storing the parameters, inputs and targets changes them by up to 6.25 %

mpfr:100, every layer:
layer  name      noise/signal  useful bits     flips  flushed  verdict
    1  hidden.1  ≤ 1e-25              ≥ 83  1 in 512      1 %  sound 5 of 5
    2  hidden.2  ≤ 1e-25              ≥ 83  1 in 512      1 %  sound 5 of 5
    3  head      ≤ 1e-25              ≥ 83      none      1 %  sound 5 of 5

f16, every layer:
layer  name      noise/signal               useful bits     flips  flushed  verdict
    1  hidden.1  ∞                                    —  1 in 512      0 %  overflow 5 of 5
    2  hidden.2  0.0334 [0.0194–0.055]              4.9  1 in 512      1 %  sound 5 of 5
    3  head      0.00379 [0.00238–0.00519]            8      none      1 %  sound 5 of 5

e4m3fn, every layer:
layer  name      noise/signal               useful bits  flips  flushed  verdict
    1  hidden.1  1                                    —      —     90 %  vanished 5 of 5
    2  hidden.2  0.0334 [0.0194–0.055]              4.9      —      1 %  sound 5 of 5
    3  head      0.00379 [0.00238–0.00519]            8   none      1 %  sound 5 of 5";
    assert_eq!(tables, expected);
}

/// A ratio of few trials says so, flips are counted where pre-activations are finite, and what is unknown is no "none".
#[test]
fn what_is_left_out_is_told() {
    let mut record = record(2, 5, &[("f16", Noise(0.01)), ("f32", NotEstablished)]);
    let first = &mut record.runs[0].arithmetics[0].layers[0];
    first.noise_to_signal.count = 1;
    first.noise_to_signal.high = first.noise_to_signal.low;
    first.noise_to_signal.median = first.noise_to_signal.low;
    first.flips = Some(Flips { flipped: 1, nonfinite: 10230, total: 10240 });
    record.runs[0].arithmetics[0].layers[1].flips = None;
    record.runs[0].arithmetics[1].layers.iter_mut().for_each(|layer| layer.flips = None);
    let text = table::terminal(&record, false, None);
    let rows: Vec<Vec<&str>> = text
        .lines()
        .skip(5)
        .take(2)
        .map(|row| row.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect())
        .collect();
    assert_eq!(rows[0][1..4], ["0.00748 in 1 of 5", "7.1", "1 in 10"]);
    assert_eq!(rows[1][1..4], ["—", "—", "—"]);
    assert!(text.contains("\n(of layer 1's weight gradient; flips of all layers)\n"), "{text}");
}

#[test]
fn the_ruling_names_the_mode_in_plain_words() {
    let noisy = [("f16", Noise(0.41)), ("f64", Noise(1e-14))];
    assert_eq!(
        ruling(&noisy),
        "In f16 the gradient of layer 1 is noisy (noise/signal 0.499) though not zero: rounding noise, not a vanished \
         gradient, is what limits it; in f64 it is sound (noise/signal 1.22e-14)."
    );
    assert!(
        words::ruling(&record(10, 5, &noisy).runs[0], Typeset)
            .ends_with("in f64 it is sound (noise/signal 1.22·10⁻¹⁴).")
    );
    assert_eq!(
        ruling(&[("f16", Noise(4.0)), ("bf16", Noise(9.0))]),
        "In f16 the gradient of layer 1 is chaotic (noise/signal 4.87) though not zero: rounding noise, not a vanished \
         gradient, drowns it; no other arithmetic of this run does better."
    );
    assert_eq!(
        ruling(&[("f16", Noise(0.01)), ("f64", Noise(1e-14))]),
        "In f16 the gradient of layer 1 is sound (noise/signal 0.0122): rounding neither drowns nor erases it; so it is \
         in every arithmetic of this run."
    );
    assert_eq!(
        ruling(&[("f64", Noise(1e-14)), ("e4m3fn", Overflow(4)), ("f16", Noise(0.4))]),
        "In f64 the gradient of layer 1 is sound (noise/signal 1.22e-14): rounding neither drowns nor erases it; in \
         e4m3fn it overflows."
    );
    assert_eq!(
        ruling(&[("f16", Vanished(10))]),
        "In f16 the gradient of layer 1 is flushed to zero: entries computed as zero carry at least half of the true \
         gradient (norm 0.0312); it vanishes rather than drowns in noise."
    );
    assert_eq!(
        ruling(&[("f16", Dead), ("f32", Dead)]),
        "Every entry of the true gradient of layer 1 is exactly zero: the network is dead there, whatever the \
         arithmetic."
    );
    assert_eq!(
        ruling(&[("f16", Overflow(10)), ("bf16", Noise(0.01))]),
        "In f16 the gradient of layer 1 overflows: it has infinite or NaN entries, so it is neither zero nor noise but \
         lost; in bf16 it is sound (noise/signal 0.0122)."
    );
    assert_eq!(
        ruling(&[("f16", NotEstablished), ("f32", NotEstablished)]),
        "In f16 nothing can be said about the gradient of layer 1: the truth is not established: exponent range."
    );
    assert!(
        ruling(&[("f16", Overflow(10)), ("f64", NotEstablished)])
            .ends_with("but lost; no other arithmetic of this run is known to do better.")
    );
    assert_eq!(ruling(&[]), "No arithmetic was measured.");
}

#[test]
fn the_ruling_tells_how_many_trials_and_which_layer_is_worse() {
    let mut record = record(10, 5, &[("f16", Noise(0.41))]);
    record.runs[0].arithmetics[0].verdict.count = 4;
    assert!(words::ruling(&record.runs[0], Plain).contains("is noisy in 4 of 5 trials (noise/signal 0.499)"));
    let mut record = crate::common::records::record(10, 5, &[("f16", Noise(0.01))]);
    record.runs[0].arithmetics[0].layers[6].verdict.verdict = precision_probe::verdict::Verdict::Vanished;
    assert!(words::ruling(&record.runs[0], Plain).ends_with("nor erases it, though layer 7 is vanished."));
}

#[test]
fn the_remedy_is_what_this_run_measured() {
    assert_eq!(
        remedy(&[("f16", Noise(0.41)), ("f32", Noise(1e-5)), ("f16:acc=f32", Noise(0.17))]),
        "Measured remedy: an f32 accumulator (f16:acc=f32) cuts the noise at layer 1 from 0.499 to 0.207, 2.4 times."
    );
    assert_eq!(
        remedy(&[("f16", Noise(0.4)), ("f64", Noise(1e-14)), ("f32", Noise(1e-4)), ("f16:acc=bf16", Noise(0.4))]),
        "Measured remedy: f32 cuts the noise at layer 1 from 0.486 to 1.22e-4, 4000 times; a bf16 accumulator \
         (f16:acc=bf16) does not."
    );
    assert_eq!(
        remedy(&[("f16", Noise(0.4)), ("f16:sum=pairwise", Noise(0.2))]),
        "Measured remedy: f16:sum=pairwise cuts the noise at layer 1 from 0.486 to 0.243, 2 times."
    );
    assert_eq!(
        remedy(&[("f16", Noise(0.4)), ("mpfr:100", AtMost(1e-20))]),
        "Measured remedy: mpfr:100 cuts the noise at layer 1 from 0.486 to ≤ 1e-20, at least 4.9e19 times."
    );
    assert_eq!(
        remedy(&[("f16", Vanished(10)), ("bf16:acc=f32", Noise(0.3))]),
        "Measured remedy: bf16:acc=f32 makes layer 1 noisy (noise/signal 0.365)."
    );
    assert_eq!(
        remedy(&[("e4m3fn", Noise(0.6)), ("e5m2", Noise(0.5)), ("f64", Noise(1e-14)), ("f32", Noise(1e-5))]),
        "Measured remedy: f32 cuts the noise at layer 1 from 0.73 to 1.22e-5, 60000 times."
    );
    assert_eq!(
        remedy(&[("f16", Noise(0.4)), ("mpfr:200", Exact)]),
        "Measured remedy: mpfr:200 makes layer 1 sound (noise/signal 0)."
    );
}

#[test]
fn no_remedy_is_invented() {
    for (arithmetics, why) in [
        (&[("f16", Noise(0.01)), ("f64", Noise(1e-14))][..], "f16 needs none at layer 1"),
        (&[("f16", Noise(0.4))], "f16 stands alone; add one with a wider accumulator to --formats"),
        (&[("f16", Overflow(9))], "f16 stands alone; add one with a wider range to --formats"),
        (&[("f16", Noise(0.4)), ("bf16", Noise(4.0))], "no other arithmetic listed is better than f16 at layer 1"),
        (
            &[("f16", Noise(0.4)), ("f16:acc=f32", Noise(0.39))],
            "no other arithmetic listed is better than f16 at layer 1",
        ),
        (
            &[("f16", Overflow(9)), ("f32", NotEstablished)],
            "no other arithmetic listed is known to be better than f16 at layer 1",
        ),
        (&[("f16", NotEstablished), ("f32", Noise(1e-4))], "the truth of layer 1 must be established first"),
        (&[("f16", Dead)], "a true gradient of exactly zero is cured by another network, not by another arithmetic"),
        (&[], "no arithmetic was measured"),
    ] {
        assert_eq!(remedy(arithmetics), format!("No remedy was tried in this run: {why}."));
    }
}

#[test]
fn the_csv_has_one_line_per_tensor_of_every_layer_and_trial() {
    let mut record = record(2, 2, &[("f16", Noise(0.2)), ("f32", Overflow(1))]);
    record.runs[0].activation = "leaky, twice".into();
    let tensor = &mut record.runs[0].arithmetics[1].layers[0].trials[1].tensors[0];
    (tensor.log2_signal, tensor.cosine) = (Number::MinusInfinite, Number::None);
    let text = csv::layers_csv(&record);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 1 + 2 * 3 * 2);
    assert_eq!(lines[0].split(',').count(), 27);
    let fields = "leaky, twice\",f32,1,hidden.1,1,weight,-inf,-9.5,inf,false,0.99,inf,,0.97,overflow,4,proven 83 bits";
    assert_eq!(lines[8], format!("\"{fields},,,,,,,,,,"));
    assert!(lines[12].ends_with("sound,,proven 83 bits,,,,,,,,,,"), "the head has no flips: {}", lines[12]);
}
