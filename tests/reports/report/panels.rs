//! Flips and histograms: known answers; and the data of all panels, held to a committed text.

use super::figure::{is_told, labels, panel, plot, powers};
use crate::common::causes::attributed;
use crate::common::records::{Behaviour::*, record};
use precision_probe::record::{Flips, Histogram, Record};
use precision_probe::report::panel::{Joined, Mark, Panel, Scale};
use precision_probe::report::probe::panels::{Kind, of_record};

fn flips(record: &Record) -> Panel {
    panel(record, Kind::Flips)
}

fn histogram(record: &Record) -> Panel {
    panel(record, Kind::Histogram)
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
    let [stretch] = &plot(&panel).curves[0].stretches[..] else { panic!("one line") };
    assert_eq!(stretch.len(), 3, "the head has no activation");
    let (low, median) = (f64::NEG_INFINITY, core_math::log10(2.0 / 400.0));
    assert_eq!(stretch[1], Joined { x: 2.0, low, median, high: -1.0 });
    let axis = powers(&plot(&panel).y.scale);
    assert_eq!((axis.low, axis.high, axis.beyond), (-3.0, -1.0, [Some("0"), None]));
    assert!(is_told(&panel, "band: "));
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
    let stretches = &plot(&panel).curves[0].stretches;
    assert!(stretches.concat().iter().all(|point| point.median == f64::NEG_INFINITY) && stretches[0].len() == 2);
    let axis = powers(&plot(&panel).y.scale);
    assert!(axis.low < axis.high && !is_told(&panel, "band: "));
    let [zero, format] = &panel.rows[0].beside[..] else { panic!("the row of zeros and a format") };
    assert_eq!((zero.name.as_str(), zero.at), ("not one flip", Some(f64::NEG_INFINITY)));
    assert_eq!(format.note, "0 in 12288");
}

#[test]
fn pre_activations_that_are_not_finite_are_told_apart() {
    let mut record = record(3, 5, &[("f16", Noise(0.2))]);
    let layers = &mut record.runs[0].arithmetics[0].sites;
    layers[1].flips = Some(Flips { flipped: 20, nonfinite: 100, total: 10240 });
    layers[2].flips = Some(Flips { flipped: 0, nonfinite: 10240, total: 10240 });
    let panel = flips(&record);
    let curve = &plot(&panel).curves[0];
    assert_eq!(
        curve.stretches.iter().map(|stretch| stretch[0].x).collect::<Vec<_>>(),
        [1.0],
        "only layer 1 is on the line"
    );
    let [partly, all] = [&curve.singles[0], &curve.singles[1]].map(|single| single.at);
    assert!(partly.0 == 2.0 && partly.1.is_finite() && all == (3.0, f64::INFINITY), "{partly:?} {all:?}");
    assert_eq!(powers(&plot(&panel).y.scale).beyond, [Some("0"), Some("∞, NaN")]);
    assert_eq!(panel.rows[0].beside.last().unwrap().note, "1 in 510; 10340 infinite or NaN");
    assert!(is_told(&panel, "hollow: some are infinite or NaN (in the top row: all)"));
}

#[test]
fn where_no_flips_can_be_a_sentence_says_why() {
    let mut smooth = record(3, 5, &[("f16", Noise(0.2))]);
    smooth.runs[0].kinked = false;
    smooth.runs[0].activation = "tanh".into();
    let mut unknown = record(3, 5, &[("f16", NotEstablished)]);
    unknown.runs[0].arithmetics[0].sites.iter_mut().for_each(|layer| layer.flips = None);
    for (record, expected) in [
        (smooth, "φ' of tanh has no jump, so no branch can flip."),
        (unknown, "The branches of the exact network are not established, so no flip can be counted."),
    ] {
        let panel = flips(&record);
        assert_eq!((panel.key[0].1.as_str(), panel.alternative.as_str(), panel.rows.len()), (expected, expected, 0));
    }
}

/// The rule: first, middle and last hidden layer, each once.
#[test]
fn histograms_are_of_the_first_the_middle_and_the_last_hidden_layer() {
    let chosen = |depth: usize| -> Vec<String> {
        let panel = histogram(&record(depth, 1, &[("f16", Noise(0.2))]));
        panel.rows[0].plots.iter().map(|plot| plot.title.clone()).collect()
    };
    assert_eq!(chosen(1), ["layer 1 (input side)"]);
    assert_eq!(chosen(2), ["layer 1 (input side)", "layer 2 (last hidden)"]);
    assert_eq!(chosen(3), ["layer 1 (input side)", "layer 2", "layer 3 (last hidden)"]);
    assert_eq!(chosen(50), ["layer 1 (input side)", "layer 25", "layer 50 (last hidden)"]);
    assert_eq!(chosen(500), ["layer 1 (input side)", "layer 250", "layer 500 (last hidden)"]);
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
    let plot = plot(&panel);
    let [Mark::Area(exact), Mark::Line { points: computed, .. }] = &plot.marks[..] else { panic!("{:?}", plot.marks) };
    let expected = [
        (0.0, -11.0),
        (12.5, -11.0),
        (12.5, -10.0),
        (25.0, -10.0),
        (25.0, -9.0),
        (50.0, -9.0),
        (50.0, -8.0),
        (0.0, -8.0),
    ];
    assert_eq!(exact.outline, expected);
    let expected = [(0.0, -11.0), (25.0, -11.0), (25.0, -10.0), (25.0, -10.0), (25.0, -9.0), (0.0, -9.0)];
    assert_eq!(*computed, expected);
    let counts = plot.counts.each_ref().map(|rows| rows.iter().map(|(_, words)| words.as_str()).collect::<Vec<_>>());
    let [lost, zero] = [vec!["∞, NaN: 1 (12.5 %)"], vec!["zero: 1 (12.5 %)", "zero: 3 (37.5 %)", "zero: 8 (100 %)"]];
    assert_eq!(counts, [lost, zero]);
    assert!(matches!(plot.x.scale, Scale::Percent(0.0, most) if 50.0 < most && most < 60.0), "{:?}", plot.x);
    // Data from 2^-11 to 2^-8: e4m3fn's smallest normal 2^-6 and subnormal 2^-9, f16's smallest normal 2^-14 are near.
    let expected =
        ["e4m3fn smallest normal 0.0156", "e4m3fn smallest subnormal 0.00195", "f16 smallest normal 6.1·10⁻⁵"];
    assert_eq!(labels(plot), expected);
    let beyond = "beyond this axis: f16 largest 65504, smallest subnormal 5.96·10⁻⁸; e4m3fn largest 448";
    assert_eq!(panel.key.last().unwrap().1, beyond);
    let axis = powers(&plot.y.scale);
    assert!(axis.low <= -14.0 && axis.high >= -6.0);
}

#[test]
fn histograms_of_nothing_have_axes_and_say_so() {
    let dead = histogram(&record(3, 5, &[("f16", Dead)]));
    let axis = powers(&plot(&dead).y.scale);
    assert!(axis.low < axis.high && plot(&dead).x.scale == Scale::Percent(0.0, 100.0));
    for plot in &dead.rows[0].plots {
        assert!(plot.marks.is_empty() && plot.counts[1].iter().all(|(_, words)| words == "zero: 5000 (100 %)"));
    }
    let unknown = histogram(&record(3, 5, &[("f16", NotEstablished)]));
    assert_eq!(plot(&unknown).title, "layer 1, exact gradient not established");
}

/// Panels are pure functions of a record: all of their data, held to a committed text.
///
/// To renew it deliberately, copy the file that the failure names over `tests/fixtures/panels.txt`.
#[test]
fn the_data_of_panels_is_what_it_was() {
    let record = record(2, 3, &[("f16", Noise(0.2)), ("e5m2:acc=f32", Vanished(1)), ("mpfr:100", AtMost(1e-25))]);
    let record = attributed(record);
    // A line for each part.
    let found = format!("{:?}\n", of_record(&record, &record.runs[0])).replace(" }, ", " },\n");
    if found != include_str!("../../fixtures/panels.txt") {
        let place = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("panels.txt");
        std::fs::write(&place, &found).expect("it can be written");
        panic!("the panels' data changed: compare tests/fixtures/panels.txt with {}", place.display());
    }
}
