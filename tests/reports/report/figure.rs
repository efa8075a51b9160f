//! Figures as data: known answers.

use crate::common::records::{Behaviour::*, default_record, record};
use crate::common::tolerances;
use precision_probe::record::{Histogram, Number, Record};
use precision_probe::report::figure::{Comparison, Edge, Fate, NoisePoint, PointKind, Summary};
use precision_probe::spec::Init;

fn summary(record: &Record) -> Summary {
    Summary::new(record, &record.runs[0])
}

#[test]
fn the_title_and_caption_say_what_was_measured() {
    let summary = summary(&default_record());
    assert_eq!(summary.title, "leaky, depth 50: rounding noise compared with the exact gradient");
    assert_eq!(summary.layers, (1, 51));
    assert_eq!(
        summary.caption.join(" | "),
        "leaky (slope = 0.010009765625) | depth 50 | width 64 | no biases | loss cross-entropy | data digits | batch 32 | 5 trials | \
         seed 0 | gain 1.41 (init preserve) | gradients grow ×1.09 per layer (mean-field theory) | reference exact to 83 bits, computed with 256 bits | \
         bands: least to greatest of 5 trials | precision-probe 0.1.0 | spec 0123456789ab"
    );
}

#[test]
fn residual_networks_and_inits_are_named() {
    let mut record = default_record();
    (record.spec.residual, record.spec.init) = (true, Init::Orthogonal);
    (record.spec.gain, record.runs[0].residual_scale) = (Some(1.2), Some(145.0 / 1024.0));
    record.runs[0].gain = Some(1.2);
    let summary = summary(&record);
    assert_eq!(summary.title, "leaky, depth 50, residual: rounding noise compared with the exact gradient");
    let caption = summary.caption.join(" | ");
    assert!(
        caption.contains(" | no biases | residual (scale 0.1416015625) | loss cross-entropy | data digits"),
        "{caption}"
    );
    assert!(caption.contains("gain 1.2 (given, init orthogonal)"), "{caption}");
    let mut both = record.clone();
    both.runs.push(record.runs[0].clone());
    let comparison = Comparison::new(&both);
    assert_eq!(comparison.title, "Rounding noise at layer 1: 2 activations on the same draws, depth 50, residual");
    assert!(comparison.caption.contains(&"residual (scale 0.1416015625)".to_string()));
}

#[test]
fn noise_is_on_a_logarithmic_axis_that_holds_every_quantile() {
    let record = default_record();
    let panel = summary(&record).noise;
    assert_eq!(panel.decades, (-16, 1));
    assert_eq!(panel.knee, Some(-3), "f64 lies so far below that it is compressed");
    let (curve, layer) = (&panel.curves[0], &record.runs[0].arithmetics[0].sites[0]);
    assert_eq!(curve.note, "noisy 5 of 5");
    assert_eq!(curve.points[0].median, core_math::log10(layer.noise_to_signal.median.value()));
    assert!(curve.points.iter().all(|point| point.low <= point.median && point.median <= point.high));
    assert_eq!(curve.stretches().len(), 1, "all layers are joined");
    assert!(panel.has_bands && !panel.clamped);
}

#[test]
fn saturated_points_are_apart_from_the_line() {
    let panel = summary(&record(10, 5, &[("f16", Vanished(4)), ("e4m3fn", Overflow(3))])).noise;
    let kinds: Vec<PointKind> = panel.curves[0].points.iter().map(|point| point.kind).collect();
    assert_eq!(kinds[..4], [PointKind::Saturated; 4]);
    assert_eq!(kinds[4..], [PointKind::Measured; 7]);
    assert_eq!(panel.curves[0].points[0].median, 0.0, "a flushed gradient sits at noise = signal");
    assert_eq!(panel.curves[1].points[0].median, 1.0, "an overflow is clamped to the top of the axis");
    let stretches = panel.curves[0].stretches();
    assert_eq!((stretches.len(), stretches[0][0].layer), (1, 5), "the line starts after the hollow points");
}

#[test]
fn limits_exact_results_and_unknown_truth_have_their_own_marks() {
    let panel =
        summary(&record(3, 5, &[("mpfr:100", AtMost(1e-25)), ("mpfr:200", Exact), ("f16", NotEstablished)])).noise;
    assert!(panel.curves[0].points.iter().all(|point| point.kind == PointKind::AtMost));
    assert_eq!(panel.decades.0, -25);
    let lowest = |point: &NoisePoint| point.median == -25.0 && point.kind == PointKind::AtMost;
    assert!(panel.curves[1].points.iter().all(lowest), "no noise: the lower end of the axis, pointing down");
    assert!(panel.curves[2].points.is_empty(), "0/0 has no place");
    let far = summary(&record(3, 5, &[("f16", Noise(1e9))])).noise;
    assert_eq!((far.decades.1, far.clamped), (3, true));
}

#[test]
fn a_layer_without_a_ratio_breaks_the_line() {
    let mut record = record(4, 5, &[("f16", Noise(0.2))]);
    let noise = &mut record.runs[0].arithmetics[0].sites[2].noise_to_signal;
    (noise.low, noise.median, noise.high, noise.count) = (Number::None, Number::None, Number::None, 0);
    let curve = &summary(&record).noise.curves[0];
    assert_eq!(curve.points.len(), 4);
    assert_eq!(curve.stretches().iter().map(|stretch| stretch.len()).collect::<Vec<_>>(), [2, 2]);
}

#[test]
fn magnitudes_are_order_statistics_of_the_histogram() {
    let mut record = record(1, 1, &[("f16", Noise(0.2)), ("f32", Noise(1e-6))]);
    let layers = &mut record.runs[0].truth.sites;
    // 200 entries: ranks 2 (1 %), 100 (median), 198 (99 %) fall into 2^-11, 2^-9, 2^-7.
    layers[0].histogram =
        Histogram { zeros: 7, nonfinite: 0, lowest: -12, bin: 1, counts: vec![1, 40, 50, 60, 40, 7, 2, 0] };
    layers[1].histogram = Histogram { zeros: 9, ..Histogram::default() };
    let panel = summary(&record).range;
    let log10_2 = std::f64::consts::LOG10_2;
    let point = &panel.points[0];
    let found = [point.low, point.median, point.high, point.largest].map(|x| x / log10_2);
    for (found, expected) in found.into_iter().zip([-11.0, -8.5, -6.0, -5.0]) {
        assert!((found - expected).abs() < tolerances::DOUBLES, "{found} is not {expected}");
    }
    assert_eq!((panel.points.len(), panel.zero_layers.as_slice()), (1, &[2][..]));
}

#[test]
fn format_limits_are_drawn_if_near_and_listed_if_far() {
    let panel = summary(&default_record()).range;
    let labels: Vec<&str> = panel.limits.iter().map(|limit| limit.label.as_str()).collect();
    assert_eq!(labels, ["f16 largest 65504", "f16 smallest normal 6.1·10⁻⁵", "f16 smallest subnormal 5.96·10⁻⁸"]);
    assert_eq!(panel.limits.iter().map(|limit| limit.edge).collect::<Vec<_>>(), Edge::ALL);
    assert_eq!(
        panel.beyond,
        ["bf16 (9.18·10⁻⁴¹ to 3.39·10³⁸)", "f32 (1.4·10⁻⁴⁵ to 3.4·10³⁸)", "f64 (4.94·10⁻³²⁴ to 1.8·10³⁰⁸)"]
    );
    let shared =
        summary(&record(2, 1, &[("f16", Noise(0.1)), ("f16:acc=f32", Noise(0.1)), ("e5m2", Noise(0.1))])).range;
    assert!(
        shared.limits.iter().any(|limit| limit.label == "f16, e5m2 smallest normal 6.1·10⁻⁵"),
        "{:?}",
        shared.limits
    );
}

/// Nothing known is not the same as nothing there.
#[test]
fn a_gradient_that_is_not_established_is_not_called_zero() {
    let panel = summary(&record(2, 3, &[("f16", NotEstablished)])).range;
    assert_eq!((panel.points.len(), panel.zero_layers.len(), panel.unknown_layers.len()), (0, 0, 3));
}

#[test]
fn an_all_zero_gradient_still_has_axes() {
    let summary = summary(&record(2, 3, &[("f16", Dead)]));
    assert_eq!((summary.range.points.len(), summary.range.zero_layers.len()), (0, 3));
    assert!(summary.range.axis.0 < summary.range.axis.1);
    assert!(summary.noise.curves[0].points.iter().all(|point| point.kind == PointKind::Saturated));
}

#[test]
fn shares_of_fates_end_at_exactly_one() {
    let summary = summary(&default_record());
    for strip in &summary.fates {
        for (layer, edges) in &strip.edges {
            assert_eq!(edges[8], 1.0, "{} layer {layer}", strip.name);
            assert!(edges.windows(2).all(|pair| pair[0] <= pair[1]));
        }
    }
    assert_eq!(summary.fates[3].edges[0].1[0], 0.97, "97 % resolved in f32");
    assert!(!summary.fates[0].present[Fate::ALL.iter().position(|fate| *fate == Fate::Overflowed).unwrap()]);
    assert_eq!(summary.fates[2].verdict, "chaotic 3, noisy 2, layer 1");
}
