//! Sources, theory and loss scales as data of figures.

use crate::common::causes::attributed;
use crate::common::records::{Behaviour, Behaviour::*, default_record, record};
use crate::common::tolerances;
use precision_probe::record::*;
use precision_probe::report::draw;
use precision_probe::report::figure::{Owner, Panel, PointKind, Summary};
use precision_probe::report::probe::details;

/// An attributed record of ten layers.
fn tried(arithmetics: &[(&str, Behaviour)]) -> Record {
    attributed(record(10, 5, arithmetics))
}

fn first(record: &mut Record) -> &mut ArithmeticRun {
    &mut record.runs[0].arithmetics[0]
}

#[test]
fn the_attribution_places_every_source_on_one_axis() {
    let mut record = attributed(default_record());
    // Without branch flips, and so without forward, every trial's verdict is milder.
    let sources = &mut first(&mut record).attribution.as_mut().unwrap().sources;
    for source in sources {
        let trials = if matches!(source.source, NoiseSource::BranchFlips | NoiseSource::Forward) { 5 } else { 0 };
        source.sites.iter_mut().for_each(|site| (site.milder, site.lower) = (Some(trials), Some(trials)));
    }
    let summary = Summary::new(&record, &record.runs[0]);
    let panel = summary.attribution.unwrap();
    let names: Vec<&str> = panel.rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["f16", "f16:acc=f32", "bf16:acc=f32", "f32"], "f64 is not attributed");
    assert_eq!((panel.decades, panel.knee, panel.has_bars, panel.clamped), ((-7, 1), Some(-3), true, false));
    let row = &panel.rows[0];
    // Flips are part of forward; what removing them leaves is a tenth of the plain noise and no more than that.
    assert_eq!(row.dominant, "Rounding in the forward pass causes it (0.00798 without it).");
    assert_eq!(row.state, "0.499, noisy 5 of 5");
    let sources: Vec<&str> = row.lanes.iter().map(|lane| lane.source.name()).collect();
    assert_eq!(sources, ["forward", "backward", "branch flips", "range", "accumulation"]);
    let flips = &record.runs[0].arithmetics[0].attribution.as_ref().unwrap().sources[2];
    let point = row.lanes[2].alone.unwrap();
    let noise = flips.sites[0].alone.unwrap();
    let log10 = |number: Number| core_math::log10(number.value());
    assert_eq!((point.low, point.median, point.high), (log10(noise.low), log10(noise.median), log10(noise.high)));
    assert_eq!(row.lanes[3].alone.unwrap().kind, PointKind::AtMost, "no noise at all");
    assert!(row.lanes[4].alone.is_none() && row.lanes[4].without.is_some());
    let lost = tried(&[("f16", Vanished(3))]);
    let lost = Summary::new(&lost, &lost.runs[0]).attribution.unwrap();
    assert_eq!(lost.rows[0].plain.unwrap().kind, PointKind::Saturated);
    assert_eq!(lost.rows[0].state, "underflow 5 of 5");
}

#[test]
fn sources_by_layer_are_those_of_the_first_attributed_arithmetic() {
    let record = tried(&[("f64", Noise(1e-14)), ("f16", Noise(0.41))]);
    let panel = Summary::new(&record, &record.runs[0]).sources.unwrap();
    let owners: Vec<Owner> = panel.curves.iter().map(|curve| curve.owner).collect();
    let alone = [NoiseSource::Forward, NoiseSource::Backward, NoiseSource::BranchFlips, NoiseSource::Range];
    let expected: Vec<Owner> = [Owner::Arithmetic(1)].into_iter().chain(alone.map(Owner::Source)).collect();
    assert_eq!(owners, expected);
    assert_eq!((panel.curves[0].name.as_str(), panel.curves[3].name.as_str()), ("f16 as it is", "branch flips"));
    assert_eq!(panel.curves[3].note, "layer 1: 0.469");
    assert_eq!(panel.curves[3].points.len(), 11);
    assert!(panel.frozen.is_none() && panel.curves.iter().all(|curve| curve.predicted.is_empty()));
}

#[test]
fn theory_is_drawn_where_there_is_noise_and_on_the_axis() {
    let mut record = tried(&[("f16", Vanished(4)), ("f32", Noise(1e-5))]);
    first(&mut record).theory[8].frozen_worst = Number::new(1e9);
    let noise = Summary::new(&record, &record.runs[0]).noise;
    let layers: Vec<usize> = noise.curves[0].predicted.iter().map(|(layer, _)| *layer).collect();
    assert_eq!(layers, [5, 6, 7, 8, 9, 10, 11], "a zero gradient has no noise to predict");
    let theory = &record.runs[0].arithmetics[1].theory[2];
    assert_eq!(noise.curves[1].predicted[2], (3, core_math::log10(theory.predicted.value())));
    let frozen = noise.frozen.unwrap();
    assert_eq!(frozen.name, "f16");
    assert!(frozen.worst.iter().all(|(layer, _)| *layer != 9), "beyond the axis");
    assert_eq!((frozen.worst.len(), frozen.typical.len()), (10, 11));
}

/// norm(l) = norm(L) + (L − l)/2·log₂ χ₁: the last hidden layer's norm is 2^−4 over 1000 entries a trial.
#[test]
fn chi1_grows_the_gradient_from_the_last_hidden_layer_on() {
    let mut record = record(10, 5, &[("f16", Noise(0.2))]);
    record.runs[0].chi1 = Some(4.0);
    let growth = Summary::new(&record, &record.runs[0]).range.growth.unwrap();
    assert_eq!(growth.label, "mean-field theory: root mean square ×2 per layer, back from layer 10");
    assert_eq!(growth.points.len(), 10, "the head is another kind of layer");
    let log2 = |index: usize| growth.points[index].1 / std::f64::consts::LOG10_2;
    assert!(
        (log2(9) - (-4.0 - core_math::log2(1000.0) / 2.0)).abs() < tolerances::LONG_CHAIN_OF_DOUBLES,
        "{}",
        log2(9)
    );
    assert!((log2(0) - log2(9) - 9.0).abs() < tolerances::LONG_CHAIN_OF_DOUBLES);
    record.runs[0].chi1 = Some(1e30);
    assert!(Summary::new(&record, &record.runs[0]).range.growth.unwrap().points.len() < 3, "cut at the axis");
    let growth = |change: fn(&mut Run)| {
        let mut record = record.clone();
        change(&mut record.runs[0]);
        Summary::new(&record, &record.runs[0]).range.growth
    };
    assert!(growth(|run| run.residual_scale = Some(0.125)).is_none(), "χ₁ is another in each layer");
    assert!(growth(|run| run.chi1 = None).is_none());
    assert!(growth(|run| run.truth.sites.clear()).is_none());
}

/// Gradients in the record are unscaled: with a loss scale 2^s a format ends at 2^(limit − s).
#[test]
fn a_loss_scale_moves_limits_and_is_named_everywhere() {
    let mut record = record(3, 5, &[("f16", Noise(0.2)), ("f16:acc=f32", Noise(0.1))]);
    record.spec.loss_scale = LossScale::PowerOfTwo(10);
    let mut shared = record.clone();
    shared.runs[0].arithmetics.iter_mut().for_each(|arithmetic| arithmetic.log2_loss_scale = Some(10));
    shared.runs[0].arithmetics[1].format.name = "e5m10".into();
    let limits = Summary::new(&shared, &shared.runs[0]).range.limits;
    assert!(limits.iter().any(|limit| limit.label == "f16, e5m10 (loss ×2¹⁰) smallest normal 5.96·10⁻⁸"), "{limits:?}");
    first(&mut record).log2_loss_scale = Some(10);
    let summary = Summary::new(&record, &record.runs[0]);
    let labels: Vec<&str> = summary.range.limits.iter().map(|limit| limit.label.as_str()).collect();
    assert!(labels.contains(&"f16 smallest normal 6.1·10⁻⁵"), "{labels:?}");
    assert!(labels.contains(&"f16 (loss ×2¹⁰) smallest normal 5.96·10⁻⁸"), "{labels:?}");
    let scaled = summary.range.limits.iter().find(|limit| limit.label.contains("×2¹⁰) smallest normal")).unwrap();
    assert_eq!(scaled.log2, -24.0);
    assert!(summary.range.is_scaled && summary.histogram.is_scaled);
    let name = "f16, loss ×2¹⁰";
    assert_eq!([&summary.noise.curves[0].name, &summary.fates[0].name, &summary.flips.curves[0].name], [name; 3]);
    assert_eq!(summary.histogram.names, [name, "f16:acc=f32"]);
    assert!(summary.caption.contains(&"loss scale 1024".to_string()), "{:?}", summary.caption);
    assert!(summary.ruling.starts_with("In f16 (loss ×2¹⁰) the gradient"), "{}", summary.ruling);
    let text = details::terminal(&record, true, None);
    assert!(text.contains("\nf16, loss ×2^10  ") && text.contains("seed 0, loss scale 1024, gain"), "{text}");
    assert!(text.contains("\nf16, loss ×2^10, every layer:"), "{text}");
    let svg = draw::panel_svg(&record, &record.runs[0], Panel::Range, draw::Theme::Light).unwrap();
    assert!(svg.contains("with a loss scale, a format ends lower by that factor"));
}
