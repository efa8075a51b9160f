//! Panels of studies: heights, bars, edges, colours and words.

use super::figure::plot;
use crate::common::studies::{series, spread, study};
use precision_probe::record::study::{Answer, Study};
use precision_probe::report::panel::{Paint, Palette, Panel, Sample, Scale};
use precision_probe::report::study::sheets;

fn poster(study: &Study) -> Vec<Panel> {
    sheets(study).pop().unwrap().panels
}

#[test]
fn claims_show_their_answers_and_what_decides() {
    let study = study();
    let sheets = sheets(&study);
    let stems: Vec<&str> = sheets.iter().map(|sheet| sheet.name.as_str()).collect();
    assert_eq!(stems, ["claim-a", "claim-b", "claim-c", "claim-d", "claim-e", "claim-f", "study"]);
    let (poster, claims) = sheets.split_last().unwrap();
    assert_eq!(poster.ruling, "2 confirmed, 2 refuted, 2 depend on the case");
    for ((panel, own), claim) in poster.panels.iter().zip(claims).zip(&study.claims) {
        let color = match claim.answer {
            Answer::Confirmed => 0,
            Answer::Refuted => 1,
            Answer::DependsOn(_) => 2,
        };
        assert_eq!(panel.key[0].0, Sample::Area(Paint::Of(Palette::Answers, color), 1.0));
        assert!(panel.title.starts_with(&format!("({}) {}", claim.letter, claim.statement)), "{}", panel.title);
        assert_eq!((panel.rows.len(), own.panels[0].rows.len()), (1, claim.charts.len()));
        assert_eq!(own.panels[0].key.len(), panel.key.len() + claim.reasons.len());
    }
    assert_eq!(
        poster.panels[0].key[1].1,
        "Deciding number: share of dead draws, leaky, width 8, depth 100: 0, 100 draws"
    );
}

/// A point and its bar stand where they were measured; zeros are hollow on the lower edge, and no draw is no point.
#[test]
fn charts_place_what_was_measured() {
    let panels = poster(&study());
    let sizes = plot(&panels[0]);
    let log10 = core_math::log10;
    let first = sizes.curves[0].stretches[0][0];
    assert_eq!([first.x, first.low, first.median, first.high], [0.0, log10(1.5e-3), log10(3e-3), log10(6e-3)]);
    let places: Vec<Vec<usize>> = sizes.curves[3]
        .stretches
        .iter()
        .map(|one| one.iter().map(|point| point.x.round() as usize).collect())
        .collect();
    assert_eq!(places, [vec![0, 1], vec![3, 4]], "no draw of elu has a value at the third place");
    assert_eq!(sizes.curves[4].singles[0].at.1, f64::NEG_INFINITY);
    assert_eq!(sizes.rules[0].label, "smallest normal number of f16");
    assert_eq!(sizes.note, "median; bar: least to greatest of 10 draws; hollow below: zero");
    assert!(matches!(sizes.y.scale, Scale::Powers(powers) if powers.low <= log10(6e-8) && powers.high >= log10(6e-3)));
}

/// Activations have the colours of their places in the study, unless two of a chart would have the same.
#[test]
fn series_of_a_chart_differ() {
    let mut study = study();
    study.spec.activations = ["relu", "a", "b", "c", "d", "e", "f", "leaky", "g"].map(String::from).to_vec();
    let cases = [
        (["b", "g"], [2, 8]),
        (["relu", "leaky"], [0, 1]),
        (["g", "g"], [0, 1]),
        (["g", "f16"], [0, 1]),
        (["f32", "bf16"], [2, 1]),
    ];
    for (names, places) in cases {
        let count = study.claims[0].charts[0].places.len();
        study.claims[0].charts[0].series =
            names.map(|name| series(name, vec![spread(0.5, 1.0, 2.0, 10); count])).to_vec();
        let panels = poster(&study);
        let paints: Vec<Paint> = plot(&panels[0]).curves.iter().map(|curve| curve.series.paint).collect();
        assert_eq!(paints, places.map(|place| Paint::Of(Palette::Series, place)), "{names:?}");
    }
}
