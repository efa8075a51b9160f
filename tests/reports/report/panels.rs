//! Flips and histograms as data: known answers; and the data of a whole summary, held to a committed one.

use crate::common::causes::attributed;
use crate::common::records::{Behaviour::*, default_record, record};
use precision_probe::record::{Flips, Histogram, Record};
use precision_probe::report::figure::{FlipKind, FlipsPanel, HistogramPanel, Summary};

fn flips(record: &Record) -> FlipsPanel {
    FlipsPanel::new(&record.runs[0])
}

fn histogram(record: &Record) -> HistogramPanel {
    HistogramPanel::new(&record.runs[0])
}

/// Five trials with 0, 1, 2, 20 and 40 of 400 pre-activations: least, median and greatest share.
#[test]
fn flips_are_order_statistics_of_the_trials_shares() {
    let mut record = record(3, 5, &[("f16", Noise(0.2))]);
    let layer = &mut record.runs[0].arithmetics[0].sites[1];
    layer.flips = Some(Flips { flipped: 63, nonfinite: 0, total: 2000 });
    for (trial, flipped) in layer.trials.iter_mut().zip([20, 0, 2, 40, 1]) {
        trial.flips = Some(flipped);
    }
    let panel = flips(&record);
    let point = panel.curves[0].points[1];
    assert_eq!((point.layer, point.kind, point.low), (2, FlipKind::Finite, f64::NEG_INFINITY));
    assert_eq!(point.median, core_math::log10(2.0 / 400.0));
    assert_eq!(point.high, -1.0);
    assert_eq!((panel.decades, panel.has_bands, panel.absent), ((-3, -1), true, None));
    assert_eq!(panel.curves[0].points.len(), 3, "the head has no activation");
    assert_eq!(panel.curves[0].stretches().len(), 1);
}

/// Where nothing flips there still is an axis, and every share has the place of zero.
#[test]
fn no_flips_are_zeros_on_an_axis() {
    let mut record = record(2, 3, &[("f64", Noise(1e-15))]);
    for layer in &mut record.runs[0].arithmetics[0].sites {
        layer.flips = layer.flips.map(|flips| Flips { flipped: 0, ..flips });
        layer.trials.iter_mut().for_each(|trial| trial.flips = trial.flips.map(|_| 0));
    }
    let panel = flips(&record);
    assert!(panel.curves[0].points.iter().all(|point| point.median == f64::NEG_INFINITY));
    assert!(panel.decades.0 < panel.decades.1 && !panel.has_bands);
    assert_eq!(panel.curves[0].overall, "0 in 12288");
}

#[test]
fn pre_activations_that_are_not_finite_are_told_apart() {
    let mut record = record(3, 5, &[("f16", Noise(0.2))]);
    let layers = &mut record.runs[0].arithmetics[0].sites;
    layers[1].flips = Some(Flips { flipped: 20, nonfinite: 100, total: 10240 });
    layers[2].flips = Some(Flips { flipped: 0, nonfinite: 10240, total: 10240 });
    let panel = flips(&record);
    let kinds: Vec<FlipKind> = panel.curves[0].points.iter().map(|point| point.kind).collect();
    assert_eq!(kinds, [FlipKind::Finite, FlipKind::PartlyNonfinite, FlipKind::AllNonfinite]);
    assert_eq!(panel.curves[0].stretches().len(), 1, "only layer 1 is on the line");
    assert_eq!(panel.curves[0].overall, "1 in 510; 10340 infinite or NaN");
    assert!(panel.has(FlipKind::PartlyNonfinite) && panel.has(FlipKind::AllNonfinite));
}

#[test]
fn where_no_flips_can_be_a_sentence_says_why() {
    let mut smooth = record(3, 5, &[("f16", Noise(0.2))]);
    smooth.runs[0].kinked = false;
    smooth.runs[0].activation = "tanh".into();
    let expected = "φ' of tanh has no jump, so no branch can flip.";
    assert_eq!(flips(&smooth).absent.as_deref(), Some(expected));
    let mut unknown = record(3, 5, &[("f16", NotEstablished)]);
    unknown.runs[0].arithmetics[0].sites.iter_mut().for_each(|layer| layer.flips = None);
    let expected = "The branches of the exact network are not established, so no flip can be counted.";
    assert_eq!(flips(&unknown).absent.as_deref(), Some(expected));
}

/// The rule: first, middle and last hidden layer, each once.
#[test]
fn histograms_are_of_the_first_the_middle_and_the_last_hidden_layer() {
    let chosen = |depth: usize| {
        let panel = histogram(&record(depth, 1, &[("f16", Noise(0.2))]));
        panel.layers.iter().map(|layer| layer.layer).collect::<Vec<_>>()
    };
    assert_eq!(chosen(1), [1]);
    assert_eq!(chosen(2), [1, 2]);
    assert_eq!(chosen(3), [1, 2, 3]);
    assert_eq!(chosen(50), [1, 25, 50]);
    assert_eq!(chosen(500), [1, 250, 500]);
    let labels: Vec<String> = histogram(&default_record()).layers.into_iter().map(|layer| layer.label).collect();
    assert_eq!(labels, ["layer 1 (input side)", "layer 25", "layer 50 (last hidden)"]);
}

/// Nothing is dropped: shares, zeros and non-finite entries add up to all entries.
#[test]
fn every_entry_is_in_a_bin_or_counted_apart() {
    let mut record = record(1, 1, &[("f16", Noise(0.2)), ("e4m3fn", Noise(0.2))]);
    let run = &mut record.runs[0];
    let histogram_of = |zeros, nonfinite, lowest, counts| Histogram { zeros, nonfinite, lowest, counts, bin: 1 };
    run.truth.sites[0].histogram = histogram_of(1, 0, -12, vec![0, 1, 2, 4, 0]);
    run.arithmetics[0].sites[0].histogram = histogram_of(3, 1, -11, vec![2, 2]);
    run.arithmetics[1].sites[0].histogram = histogram_of(8, 0, 0, vec![]);
    let panel = histogram(&record);
    let layer = &panel.layers[0];
    assert_eq!((layer.truth.lowest, layer.truth.shares.as_slice()), (-11.0, &[0.125, 0.25, 0.5][..]));
    for sizes in [Some(&layer.truth)].into_iter().chain(layer.computed.iter().map(Option::as_ref)).flatten() {
        let binned: f64 = sizes.shares.iter().sum();
        assert_eq!(sizes.total, 8);
        assert_eq!(binned * 8.0 + sizes.zeros as f64 + sizes.nonfinite as f64, 8.0);
    }
    assert_eq!(panel.highest, 0.5);
    // Data from 2^-11 to 2^-8: e4m3fn's smallest normal 2^-6 and subnormal 2^-9, f16's smallest normal 2^-14 are near.
    let labels: Vec<&str> = panel.limits.iter().map(|limit| limit.label.as_str()).collect();
    let expected =
        ["e4m3fn smallest normal 0.0156", "e4m3fn smallest subnormal 0.00195", "f16 smallest normal 6.1·10⁻⁵"];
    assert_eq!(labels, expected);
    assert_eq!(panel.beyond, ["f16 largest 65504, smallest subnormal 5.96·10⁻⁸", "e4m3fn largest 448"]);
    assert!(panel.axis.0 <= -14.0 && panel.axis.1 >= -6.0);
}

#[test]
fn histograms_of_nothing_have_axes_and_say_so() {
    let dead = histogram(&record(3, 5, &[("f16", Dead)]));
    assert!(dead.axis.0 < dead.axis.1 && dead.highest == 1.0);
    assert!(dead.layers.iter().all(|layer| layer.truth.zeros == 5000 && layer.truth.shares.is_empty()));
    let unknown = histogram(&record(3, 5, &[("f16", NotEstablished)]));
    assert_eq!(unknown.layers[0].label, "layer 1, exact gradient not established");
}

/// A summary is a pure function of its record: all of its data, held to a committed text.
///
/// To renew it deliberately, copy the file that the failure names over `tests/fixtures/summary.txt`.
#[test]
fn the_data_of_a_summary_is_what_it_was() {
    let record = record(2, 3, &[("f16", Noise(0.2)), ("e5m2:acc=f32", Vanished(1)), ("mpfr:100", AtMost(1e-25))]);
    let record = attributed(record);
    let found = format!("{:#?}\n", Summary::new(&record, &record.runs[0]));
    if found != include_str!("../../fixtures/summary.txt") {
        let place = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("summary.txt");
        std::fs::write(&place, &found).expect("it can be written");
        panic!("the figure's data changed: compare tests/fixtures/summary.txt with {}", place.display());
    }
}
