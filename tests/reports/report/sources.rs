//! Sources, theory and loss scales as data of panels.

use super::figure::{is_told, labels, lines, panel, plot, powers, sample};
use super::picture::sheet;
use crate::common::causes::attributed;
use crate::common::records::{Behaviour, Behaviour::*, default_record, record};
use crate::common::tolerances;
use precision_probe::record::*;
use precision_probe::report::panel::{Mark, Marker, Paint, Palette, Panel, Sample, Scale, Series, Symbol};
use precision_probe::report::probe::panels::{Kind, of_record};
use precision_probe::report::table;
use std::f64::consts::LOG10_2;

/// An attributed record of ten layers.
fn tried(arithmetics: &[(&str, Behaviour)]) -> Record {
    attributed(record(10, 5, arithmetics))
}

fn first(record: &mut Record) -> &mut ArithmeticRun {
    &mut record.runs[0].arithmetics[0]
}

/// Names beside the first plot with their notes.
fn beside(panel: &Panel) -> Vec<(&str, &str)> {
    panel.rows[0].beside.iter().map(|entry| (entry.name.as_str(), entry.note.as_str())).collect()
}

/// Symbols of a colour with their places.
fn marks(panel: &Panel, paint: Paint) -> Vec<(f64, f64, Symbol)> {
    let mark = |mark: &Mark| match mark {
        Mark::Symbol { at, symbol, paint: own } => (*own == paint).then_some((at.0, at.1, *symbol)),
        _ => None,
    };
    plot(panel).marks.iter().filter_map(mark).collect()
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
    let panel = self::panel(&record, Kind::Attribution);
    let names: Vec<&str> = beside(&panel).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["f16", "f16:acc=f32", "bf16:acc=f32", "f32"], "f64 is not attributed");
    let axis = powers(&plot(&panel).x.scale);
    assert_eq!((axis.low, axis.high, axis.knee), (-7.0, 1.0, Some(-3.0)));
    assert!(is_told(&panel, "; bars and band: ") && !is_told(&panel, "beyond it"));
    // Flips are part of forward; what removing them leaves is a tenth of the plain noise and no more than that.
    let words = "0.499, noisy 5 of 5. Rounding in the forward pass causes it (0.00798 without it).";
    assert_eq!(beside(&panel)[0].1, words);
    let Scale::Lanes(groups) = &plot(&panel).y.scale else { panic!("sources are lanes") };
    assert_eq!(groups[0].lanes, ["forward", "backward", "branch flips", "range", "accumulation"]);
    let flips = &record.runs[0].arithmetics[0].attribution.as_ref().unwrap().sources[2];
    let [alone, without] = [flips.sites[0].alone.unwrap(), flips.sites[0].without];
    let log10 = |number: Number| core_math::log10(number.value());
    let of_source = |place: usize| marks(&panel, Paint::Of(Palette::Sources, place));
    let found: Vec<_> = of_source(3)[..2].iter().map(|(x, y, symbol)| (*x, y.round(), *symbol)).collect();
    let marker = Marker::Diamond;
    assert_eq!(
        found,
        [(log10(without.median), 2.0, Symbol::hollow(marker)), (log10(alone.median), 2.0, Symbol::full(marker))]
    );
    let is_bar = |mark: &&Mark| matches!(mark, Mark::Line { points, .. } if points[0].0 == log10(alone.low) && points[1].0 == log10(alone.high));
    assert_eq!(plot(&panel).marks.iter().filter(is_bar).count(), 1);
    assert_eq!(of_source(4)[1].2, Symbol::Leftward, "no noise at all");
    assert_eq!(of_source(5).len(), 4, "accumulation is only taken away, in each of four arithmetics");
    let lost = self::panel(&tried(&[("f16", Vanished(3))]), Kind::Attribution);
    assert!(is_told(&lost, "dashed: ") && beside(&lost)[0].1.starts_with("underflow 5 of 5"), "{:?}", beside(&lost));
}

#[test]
fn sources_by_layer_are_those_of_the_first_attributed_arithmetic() {
    let record = tried(&[("f64", Noise(1e-14)), ("f16", Noise(0.41))]);
    let panel = panel(&record, Kind::Sources);
    let curves = &plot(&panel).curves;
    let paints: Vec<Paint> = curves.iter().map(|curve| curve.series.paint).collect();
    let alone = [NoiseSource::Forward, NoiseSource::Backward, NoiseSource::BranchFlips, NoiseSource::Range];
    let place = |source: NoiseSource| NoiseSource::ALL.iter().position(|one| *one == source).unwrap();
    let alone = alone.map(|source| Paint::Of(Palette::Sources, place(source)));
    assert_eq!(paints, [&[Series::new(1).paint], &alone[..]].concat());
    let names = beside(&panel);
    assert_eq!((names[0].0, names[3]), ("f16 as it is", ("branch flips", "layer 1: 0.469")));
    assert_eq!(curves[3].stretches[0].len(), 11);
    assert!(plot(&panel).marks.is_empty(), "no theory");
}

#[test]
fn theory_is_drawn_where_there_is_noise_and_on_the_axis() {
    let mut record = tried(&[("f16", Vanished(4)), ("f32", Noise(1e-5))]);
    first(&mut record).theory[8].frozen_worst = Number::new(1e9);
    let panel = panel(&record, Kind::Noise);
    let sample = |words: &str, paint: Option<Paint>| match self::sample(&panel, words) {
        Sample::Line(own, width, dash) => lines(plot(&panel), &Sample::Line(paint.unwrap_or(own), width, dash)),
        other => panic!("{other:?}"),
    };
    let predicted = [0, 1].map(|index| sample("predicted", Some(Series::new(index).paint))[0]);
    let layers: Vec<f64> = predicted[0].iter().map(|(layer, _)| *layer).collect();
    assert_eq!(layers, [5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0], "a zero gradient has no noise to predict");
    let theory = &record.runs[0].arithmetics[1].theory[2];
    assert_eq!(predicted[1][2], (3.0, core_math::log10(theory.predicted.value())));
    let frozen: Vec<usize> = sample("no flips: theory of f16", None).iter().map(|line| line.len()).collect();
    assert_eq!(frozen, [8, 2, 11], "the worst case of layer 9 lies beyond the axis");
}

/// norm(l) = norm(L) + (L − l)/2·log₂ χ₁: the last hidden layer's norm is 2^−4 over 1000 entries a trial.
#[test]
fn chi1_grows_the_gradient_from_the_last_hidden_layer_on() {
    let mut record = record(10, 5, &[("f16", Noise(0.2))]);
    let mut growth = |change: fn(&mut Run)| -> Option<Vec<(f64, f64)>> {
        change(&mut record.runs[0]);
        let panel = panel(&record, Kind::Range);
        let theory = "mean-field theory: root mean square ×";
        is_told(&panel, theory)
            .then(|| lines(plot(&panel), &sample(&panel, theory)).into_iter().flatten().copied().collect())
    };
    let points = growth(|run| run.chi1 = Some(4.0)).unwrap();
    assert_eq!(points.len(), 10, "the head is another kind of layer");
    let log2 = |index: usize| points[index].1 / LOG10_2;
    let last = -4.0 - core_math::log2(1000.0) / 2.0;
    assert!((log2(9) - last).abs() < tolerances::LONG_CHAIN_OF_DOUBLES, "{}", log2(9));
    assert!((log2(0) - log2(9) - 9.0).abs() < tolerances::LONG_CHAIN_OF_DOUBLES);
    assert!(growth(|run| run.chi1 = Some(1e30)).unwrap().len() < 3, "cut at the axis");
    assert!(growth(|run| run.residual_scale = Some(0.125)).is_none(), "χ₁ is another in each layer");
    assert!(growth(|run| (run.residual_scale, run.chi1) = (None, None)).is_none());
    assert!(growth(|run| (run.chi1, run.truth.sites) = (Some(4.0), Vec::new())).is_none());
}

/// Gradients in the record are unscaled: with a loss scale 2^s a format ends at 2^(limit − s).
#[test]
fn a_loss_scale_moves_limits_and_is_named_everywhere() {
    let mut record = record(3, 5, &[("f16", Noise(0.2)), ("f16:acc=f32", Noise(0.1))]);
    record.spec.loss_scale = LossScale::PowerOfTwo(10);
    let mut shared = record.clone();
    shared.runs[0].arithmetics.iter_mut().for_each(|arithmetic| arithmetic.log2_loss_scale = Some(10));
    shared.runs[0].arithmetics[1].format.name = "e5m10".into();
    let shared = panel(&shared, Kind::Range);
    assert!(
        labels(plot(&shared)).contains(&"f16, e5m10 (loss ×2¹⁰) smallest normal 5.96·10⁻⁸"),
        "{:?}",
        labels(plot(&shared))
    );
    first(&mut record).log2_loss_scale = Some(10);
    let range = panel(&record, Kind::Range);
    let rules = &plot(&range).rules;
    let at = |label: &str| rules.iter().find(|rule| rule.label == label).unwrap_or_else(|| panic!("{rules:?}")).at;
    assert_eq!(at("f16 smallest normal 6.1·10⁻⁵"), -14.0 * LOG10_2);
    assert_eq!(at("f16 (loss ×2¹⁰) smallest normal 5.96·10⁻⁸"), -24.0 * LOG10_2);
    let name = "f16, loss ×2¹⁰";
    for panel in of_record(&record, &record.runs[0]) {
        let named = panel.rows.iter().flat_map(|row| &row.beside).any(|entry| entry.name == name);
        let is_limit = ["range", "histogram"].contains(&panel.name.as_str());
        assert_eq!(
            is_told(&panel, "with a loss scale, a format ends lower by that factor"),
            is_limit,
            "{}",
            panel.name
        );
        assert!(named || is_told(&panel, name) || panel.name == "range", "{}", panel.name);
    }
    let details = sheet(&record, "details");
    assert!(details.caption.contains(&"loss scale 1024".to_string()), "{:?}", details.caption);
    assert!(details.ruling.starts_with("In f16 (loss ×2¹⁰) the gradient"), "{}", details.ruling);
    let text = table::terminal(&record, true, None);
    assert!(text.contains("\nf16, loss ×2^10  ") && text.contains("seed 0, loss scale 1024, gain"), "{text}");
    assert!(text.contains("\nf16, loss ×2^10, every layer:"), "{text}");
}
