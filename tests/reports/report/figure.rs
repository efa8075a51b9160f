//! Panels as data: titles, captions, order statistics, clamped points, stretches and limits with known answers.

use super::picture::sheet;
use crate::common::records::{Behaviour::*, default_record, record};
use crate::common::tolerances;
use precision_probe::record::{Histogram, Number, Record};
use precision_probe::report::panel::{
    Curve, Joined, LINES, Mark, Marker, Panel, Plot, Powers, Rule, Sample, Scale, Symbol,
};
use precision_probe::report::probe::panels::{Kind, of_record, sheets};
use precision_probe::spec::Init;
use std::f64::consts::LOG10_2;

/// A panel of a record's first run.
pub fn panel(record: &Record, kind: Kind) -> Panel {
    let panels = of_record(record, &record.runs[0]);
    panels.into_iter().find(|panel| panel.name == kind.name()).unwrap_or_else(|| panic!("{}", kind.name()))
}

/// The first plot of a panel.
pub fn plot(panel: &Panel) -> &Plot {
    &panel.rows[0].plots[0]
}

/// The powers of an axis.
pub fn powers(scale: &Scale) -> Powers {
    if let Scale::Powers(powers) = scale { *powers } else { panic!("{scale:?}") }
}

/// True if a label of the key contains the words.
pub fn is_told(panel: &Panel, words: &str) -> bool {
    panel.key.iter().any(|(_, label)| label.contains(words))
}

/// The lines of a plot with this sample's colour, width and dashes.
pub fn lines<'a>(plot: &'a Plot, like: &Sample) -> Vec<&'a Vec<(f64, f64)>> {
    let points = |mark: &'a Mark| match mark {
        Mark::Line { points, paint, width, dash } => (Sample::Line(*paint, *width, dash) == *like).then_some(points),
        _ => None,
    };
    plot.marks.iter().filter_map(points).collect()
}

/// The sample of a label of the key.
pub fn sample(panel: &Panel, words: &str) -> Sample {
    panel.key.iter().find(|(_, label)| label.contains(words)).unwrap_or_else(|| panic!("no {words}")).0
}

fn joined(curve: &Curve) -> Vec<Joined> {
    curve.stretches.concat()
}

#[test]
fn the_title_and_caption_say_what_was_measured() {
    let sheet = sheet(&default_record(), "details");
    assert_eq!(sheet.title, "leaky, depth 50: rounding noise compared with the exact gradient");
    assert_eq!(
        sheet.caption.join(" | "),
        "leaky (slope = 0.010009765625) | depth 50 | width 64 | no biases | loss cross-entropy | data digits | batch 32 | 5 trials | \
         seed 0 | gain 1.41 (init preserve) | gradients grow ×1.09 per layer (mean-field theory) | reference exact to 83 bits, computed with 256 bits | \
         bands: least to greatest of 5 trials | precision-probe 0.1.0 | spec 0123456789ab"
    );
    for panel in sheet.panels.iter().filter(|panel| panel.name != Kind::Histogram.name()) {
        assert_eq!(plot(panel).x.scale, Scale::Layers(1, 51), "{}", panel.name);
    }
}

#[test]
fn residual_networks_and_inits_are_named() {
    let mut record = default_record();
    (record.spec.residual, record.spec.init) = (true, Init::Orthogonal);
    (record.spec.gain, record.runs[0].residual_scale) = (Some(1.2), Some(145.0 / 1024.0));
    record.runs[0].gain = Some(1.2);
    let details = sheet(&record, "details");
    assert_eq!(details.title, "leaky, depth 50, residual: rounding noise compared with the exact gradient");
    let caption = details.caption.join(" | ");
    assert!(
        caption.contains(" | no biases | residual (scale 0.1416015625) | loss cross-entropy | data digits"),
        "{caption}"
    );
    assert!(caption.contains("gain 1.2 (given, init orthogonal)"), "{caption}");
    record.runs.push(record.runs[0].clone());
    record.spec.activations.push("another".into());
    let comparison = sheets(&record).pop().unwrap();
    assert_eq!(comparison.title, "Rounding noise at layer 1: 2 activations on the same draws, depth 50, residual");
    assert!(comparison.caption.contains(&"residual (scale 0.1416015625)".to_string()));
}

#[test]
fn noise_is_on_a_logarithmic_axis_that_holds_every_quantile() {
    let record = default_record();
    let panel = panel(&record, Kind::Noise);
    let axis = powers(&plot(&panel).y.scale);
    // f64 lies so far below that it is compressed.
    assert_eq!((axis.low, axis.high, axis.knee), (-16.0, 1.0, Some(-3.0)));
    assert_eq!(panel.rows[0].beside[0].note, "noisy 5 of 5");
    let (curve, layer) = (&plot(&panel).curves[0], &record.runs[0].arithmetics[0].sites[0]);
    assert_eq!(curve.stretches.iter().map(Vec::len).collect::<Vec<_>>(), [51], "all layers are joined");
    let points = joined(curve);
    assert_eq!(points[0].median, core_math::log10(layer.noise_to_signal.median.value()));
    assert!(points.iter().all(|point| point.low <= point.median && point.median <= point.high));
    assert!(is_told(&panel, "band, of the first 4: ") && !is_told(&panel, "beyond it"));
}

#[test]
fn saturated_points_are_apart_from_the_line() {
    let panel = panel(&record(10, 5, &[("f16", Vanished(4)), ("e4m3fn", Overflow(3))]), Kind::Noise);
    let [flushed, overflowed] = &plot(&panel).curves[..] else { panic!("two curves") };
    let singles: Vec<_> = flushed.singles.iter().map(|single| (single.at, single.symbol)).collect();
    let hollow = Symbol::hollow(Marker::Circle);
    assert_eq!(singles, [1.0, 2.0, 3.0, 4.0].map(|layer| ((layer, 0.0), hollow)), "flushed: noise = signal");
    assert_eq!(overflowed.singles[0].at, (1.0, 1.0), "an overflow is clamped to the top of the axis");
    let ends = |stretch: &Vec<Joined>| (stretch[0].x, stretch.len());
    assert_eq!(flushed.stretches.iter().map(ends).collect::<Vec<_>>(), [(5.0, 7)], "the line starts after them");
    assert_eq!(sample(&panel, "hollow: "), Sample::soft(hollow));
}

#[test]
fn limits_exact_results_and_unknown_truth_have_their_own_marks() {
    let arithmetics = [("mpfr:100", AtMost(1e-25)), ("mpfr:200", Exact), ("f16", NotEstablished)];
    let panel = self::panel(&record(3, 5, &arithmetics), Kind::Noise);
    let [limit, exact, unknown] = &plot(&panel).curves[..] else { panic!("three curves") };
    assert_eq!(powers(&plot(&panel).y.scale).low, -25.0);
    for curve in [limit, exact] {
        // No noise: the lower end of the axis, pointing down.
        assert!(curve.singles.iter().all(|one| one.symbol == Symbol::Downward && one.at.1 == -25.0));
        assert_eq!((curve.singles.len(), joined(curve).len()), (4, 4));
    }
    assert!(unknown.singles.is_empty() && unknown.stretches.is_empty(), "0/0 has no place");
    let far = self::panel(&record(3, 5, &[("f16", Noise(1e9))]), Kind::Noise);
    assert_eq!(powers(&plot(&far).y.scale).high, 3.0);
    assert_eq!(joined(&plot(&far).curves[0])[0].median, 3.0);
    assert!(is_told(&far, "points on the upper end lie beyond it"));
}

#[test]
fn a_layer_without_a_ratio_breaks_the_line() {
    let mut record = record(4, 5, &[("f16", Noise(0.2))]);
    let noise = &mut record.runs[0].arithmetics[0].sites[2].noise_to_signal;
    (noise.low, noise.median, noise.high, noise.count) = (Number::None, Number::None, Number::None, 0);
    let panel = panel(&record, Kind::Noise);
    assert_eq!(plot(&panel).curves[0].stretches.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2]);
}

#[test]
fn magnitudes_are_order_statistics_of_the_histogram() {
    let mut record = record(2, 1, &[("f16", Noise(0.2)), ("f32", Noise(1e-6))]);
    // 200 entries: ranks 2 (1 %), 100 (median), 198 (99 %) fall into 2^-11, 2^-9, 2^-7.
    let counts = vec![1, 40, 50, 60, 40, 7, 2, 0];
    let layers = &mut record.runs[0].truth.sites;
    layers[0].histogram = Histogram { zeros: 7, nonfinite: 0, lowest: -12, bin: 1, counts };
    layers[1].histogram = layers[0].histogram.clone();
    layers[2].histogram = Histogram { zeros: 9, ..Histogram::default() };
    let panel = panel(&record, Kind::Range);
    let heights =
        |words: &str| lines(plot(&panel), &sample(&panel, words))[0].iter().map(|(_, y)| *y).collect::<Vec<_>>();
    let band = plot(&panel).marks.iter().find_map(|mark| if let Mark::Area(area) = mark { Some(area) } else { None });
    let [(_, high), _, (_, low), _] = band.unwrap().outline[..] else { panic!("a band over two layers") };
    let found = [low, heights("median")[0], high, heights("largest")[0]].map(|x| x / LOG10_2);
    for (found, expected) in found.into_iter().zip([-11.0, -8.5, -6.0, -5.0]) {
        assert!((found - expected).abs() < tolerances::DOUBLES, "{found} is not {expected}");
    }
    assert_eq!(crosses_and_squares(&panel), [(3.0, Symbol::hollow(Marker::Square))], "layer 3 is zero");
}

/// Layers without entries.
fn crosses_and_squares(panel: &Panel) -> Vec<(f64, Symbol)> {
    let symbol = |mark: &Mark| if let Mark::Symbol { at, symbol, .. } = mark { Some((at.0, *symbol)) } else { None };
    plot(panel).marks.iter().filter_map(symbol).collect()
}

/// The names of limits from above.
pub fn labels(plot: &Plot) -> Vec<&str> {
    plot.rules.iter().map(|rule| rule.label.as_str()).collect()
}

#[test]
fn format_limits_are_drawn_if_near_and_listed_if_far() {
    let range = panel(&default_record(), Kind::Range);
    let expected = ["f16 largest 65504", "f16 smallest normal 6.1·10⁻⁵", "f16 smallest subnormal 5.96·10⁻⁸"];
    assert_eq!(labels(plot(&range)), expected);
    assert_eq!(plot(&range).rules.iter().map(|rule| rule.dash).collect::<Vec<_>>(), LINES[..3]);
    let far =
        "beyond this axis: bf16 (9.18·10⁻⁴¹ to 3.39·10³⁸); f32 (1.4·10⁻⁴⁵ to 3.4·10³⁸); f64 (4.94·10⁻³²⁴ to 1.8·10³⁰⁸)";
    assert_eq!(range.key.last().unwrap().1, far);
    let shared =
        panel(&record(2, 1, &[("f16", Noise(0.1)), ("f16:acc=f32", Noise(0.1)), ("e5m2", Noise(0.1))]), Kind::Range);
    let is_shared = |rule: &Rule| rule.label == "f16, e5m2 smallest normal 6.1·10⁻⁵";
    assert!(plot(&shared).rules.iter().any(is_shared), "{:?}", plot(&shared).rules);
}

/// Nothing known is not the same as nothing there.
#[test]
fn a_gradient_that_is_not_established_is_not_called_zero() {
    let panel = panel(&record(2, 3, &[("f16", NotEstablished)]), Kind::Range);
    assert_eq!(crosses_and_squares(&panel), [1.0, 2.0, 3.0].map(|layer| (layer, Symbol::Cross)));
    assert_eq!(plot(&panel).notice.as_deref(), Some("the exact gradient is not established"));
}

#[test]
fn an_all_zero_gradient_still_has_axes() {
    let record = record(2, 3, &[("f16", Dead)]);
    let range = panel(&record, Kind::Range);
    let square = Symbol::hollow(Marker::Square);
    assert_eq!(crosses_and_squares(&range), [1.0, 2.0, 3.0].map(|layer| (layer, square)));
    assert_eq!(plot(&range).notice.as_deref(), Some("every entry of the exact gradient is zero"));
    let axis = powers(&plot(&range).y.scale);
    assert!(axis.low < axis.high);
    let noise = panel(&record, Kind::Noise);
    let curve = &plot(&noise).curves[0];
    assert!(curve.stretches.is_empty() && curve.singles.iter().all(|one| one.symbol == Symbol::hollow(Marker::Circle)));
    assert_eq!(curve.singles.len(), 3);
}

#[test]
fn shares_of_fates_end_at_exactly_a_hundred() {
    let panel = panel(&default_record(), Kind::Fates);
    let tops = |row: usize| -> Vec<Vec<f64>> {
        let areas = panel.rows[row].plots[0].areas.iter();
        areas.map(|area| area.outline[..2 * 51].iter().map(|(_, top)| *top).collect()).collect()
    };
    for row in 0..5 {
        let tops = tops(row);
        assert!(tops[0].iter().all(|top| *top == 100.0), "row {row}");
        assert!(tops.windows(2).all(|pair| pair[0].iter().zip(&pair[1]).all(|(one, lower)| one >= lower)), "row {row}");
    }
    assert_eq!(tops(3).last().unwrap()[0], 97.0, "97 % resolved in f32");
    assert!(is_told(&panel, "drowned") && !is_told(&panel, "overflowed"));
    assert_eq!(panel.rows[2].beside[0].note, "chaotic 3, noisy 2, layer 1");
}
