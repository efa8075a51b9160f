//! The picture of a law: the figure as data, then drawings of one to many activations in both themes.

use super::picture::{Pixels, assert_on_canvas, assert_texts_apart};
use crate::common::tolerances;
use precision_probe::law;
use precision_probe::law::bits::Bits;
use precision_probe::probe::{Silent, run};
use precision_probe::record::Number;
use precision_probe::record::law::{Law, Regime, Statistic};
use precision_probe::report::draw::{Theme, law_svg, rasterise};
use precision_probe::report::figure::LawFigure;
use precision_probe::report::law::{law_csv, terminal};
use precision_probe::spec::Spec;

pub fn measured(activations: &[&str], bits: &str, trials: usize) -> Law {
    let spec = Spec {
        activations: activations.iter().map(ToString::to_string).collect(),
        formats: Bits::parse(bits).unwrap().arithmetics(),
        depth: 4,
        width: 8,
        batch: 4,
        trials,
        ..Spec::default()
    };
    law::of(&run(&spec.validate().unwrap(), &Silent))
}

fn cases() -> Vec<(&'static str, Law)> {
    let many = ["relu", "leaky", "tanh", "gelu", "leaky:0.2", "hardtanh", "identity"];
    let mut strange = measured(&["relu", "tanh"], "6..9", 2);
    let points = &mut strange.runs[0].points;
    (points[0].root_mean_square, points[0].high) = (Number::Infinite, Number::Infinite);
    (points[1].root_mean_square, points[1].median, points[1].low) = (Number::Finite(1e9), Number::None, Number::None);
    (points[2].median, points[2].low) = (Number::Finite(0.0), Number::Finite(0.0));
    points[3].at_most = true;
    strange.runs[1].points.clear();
    let mut empty = strange.clone();
    empty.runs.clear();
    vec![
        ("two", measured(&["relu", "tanh"], "6..16", 12)),
        ("one", measured(&["tanh"], "8..12", 3)),
        ("four", measured(&many[..4], "4..12", 5)),
        ("seven", measured(&many, "6..9", 2)),
        ("few bits", measured(&["relu"], "8,11,24", 12)),
        ("far bits", measured(&many[..3], "2..5,53", 3)),
        ("one trial", measured(&["relu"], "8..10", 1)),
        ("strange", strange),
        ("empty", empty),
    ]
}

#[test]
fn every_law_is_drawn_on_its_page() {
    let preview = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    for (name, law) in cases() {
        for theme in Theme::ALL {
            let name = format!("law {name} {}", theme.name());
            let svg = law_svg(&law, theme).expect(&name);
            assert_on_canvas(&name, &svg);
            assert_texts_apart(&name, &svg, 8);
            let bytes = rasterise(&svg).expect(&name);
            std::fs::write(preview.join(format!("{}.png", name.replace(' ', "-"))), &bytes).unwrap();
            assert_eq!(Pixels::decode(&bytes).in_margin(), None, "{name}");
        }
        assert!(law_csv(&law).starts_with("spec_hash,activation,"));
        // Names with parameters make wide tables, as everywhere.
        let text = terminal(&law, None);
        assert!(name == "seven" || text.lines().all(|line| line.chars().count() <= 100), "{text}");
    }
}

/// u and √u are drawn where they are, lines over the points that they are laid through, regimes half-way to the next.
#[test]
fn the_figure_places_what_was_measured() {
    let law = measured(&["relu", "tanh"], "6..16", 12);
    let figure = LawFigure::new(&law);
    assert_eq!((figure.bits, figure.trials, figure.stored_below), ((6, 16), 12, Some(7.5)));
    let [root, unit] = &figure.references;
    assert_eq!((root.name, unit.name), ("√u", "u"));
    for bits in [0, 1] {
        assert!((2.0 * root.ends[bits].1 - unit.ends[bits].1).abs() < tolerances::DOUBLES);
    }
    assert!((unit.ends[1].1 + 16.0 * std::f64::consts::LOG10_2).abs() < tolerances::DOUBLES);
    for (panel, run) in figure.panels.iter().zip(&law.runs) {
        assert_eq!(panel.points.len(), 11);
        for (drawn, point) in panel.points.iter().zip(&run.points) {
            let log10 = core_math::log10(point.root_mean_square.value());
            assert!((drawn.root_mean_square.unwrap() - log10).abs() < tolerances::DOUBLES, "{}", point.bits);
        }
        for line in &panel.lines {
            let fit = run.fits.iter().find(|fit| {
                fit.statistic == line.statistic && fit.bits.first().map(|bits| f64::from(*bits)) == Some(line.ends[0].0)
            });
            let fit = fit.expect("a line is a fit's");
            assert_eq!(line.ends[1].0, f64::from(*fit.bits.last().unwrap()));
            assert!(line.label.starts_with(if line.statistic == Statistic::Median { "median: β" } else { "rms: β" }));
        }
    }
    let relu = &law.runs[0].points;
    let last = relu.iter().rev().find(|point| point.regime == Regime::ManyFlips).unwrap().bits;
    let first = relu.iter().find(|point| point.regime == Regime::FewFlips).unwrap().bits;
    let [(many, (from, to)), (few, (begin, end))] = &figure.panels[0].regimes[..] else { panic!("two regimes") };
    assert_eq!((many.as_str(), *from, *to), ("many flips", 6.0, f64::from(last) + 0.5));
    assert_eq!((few.as_str(), *begin, *end), ("few flips", f64::from(first) - 0.5, 16.0));
    assert!(figure.panels[1].regimes.is_empty(), "tanh has no kink");
}
