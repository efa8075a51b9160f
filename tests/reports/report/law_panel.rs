//! Panels of laws: what is placed where, and axes that all share.

use super::law::measured;
use crate::common::tolerances;
use precision_probe::record::Number;
use precision_probe::record::law::{Law, Regime};
use precision_probe::report::law::sheet;
use precision_probe::report::panel::{Mark, Panel, Plot, Scale, Symbol};
use std::f64::consts::LOG10_2;

fn panel(law: &Law) -> Panel {
    sheet(law).panels.swap_remove(0)
}

fn plots(panel: &Panel) -> Vec<&Plot> {
    panel.rows.iter().flat_map(|row| &row.plots).collect()
}

/// u and √u are drawn where they are, lines over the points that they are laid through, regimes half-way to the next.
#[test]
fn a_plot_places_what_was_measured() {
    let law = measured(&["relu", "tanh"], "6..16", 12);
    let panel = panel(&law);
    for (plot, run) in plots(&panel).into_iter().zip(&law.runs) {
        assert_eq!((plot.title.as_str(), &plot.x.scale), (run.activation.as_str(), &Scale::Whole(6.0, 16.0)));
        let discs = plot.marks.iter().filter_map(|mark| match mark {
            Mark::Symbol { at, symbol: Symbol::Disc, .. } => Some(*at),
            _ => None,
        });
        let discs: Vec<(f64, f64)> = discs.collect();
        assert_eq!(discs.len(), 11);
        for ((x, y), point) in discs.iter().zip(&run.points) {
            let log10 = core_math::log10(point.root_mean_square.value());
            assert!(*x == f64::from(point.bits) && (y - log10).abs() < tolerances::DOUBLES);
        }
        let lines: Vec<&Vec<(f64, f64)>> = plot.marks.iter().filter_map(line).collect();
        for power in [0.5, 1.0] {
            assert!(lines.iter().any(|line| (line[1].1 + power * 16.0 * LOG10_2).abs() < tolerances::DOUBLES));
        }
        for fit in run.fits.iter().filter(|fit| fit.line.is_some_and(|line| line.describes_its_points())) {
            let ends = [fit.bits.first(), fit.bits.last()].map(|bits| f64::from(*bits.unwrap()));
            assert!(lines.iter().any(|line| [line[0].0, line[1].0] == ends), "{fit:?}");
        }
        assert!(plot.rules.iter().any(|rule| rule.is_upright && rule.at == 7.5), "storage noise ends");
    }
    let relu = &law.runs[0].points;
    let last = relu.iter().rev().find(|point| point.regime == Regime::ManyFlips).unwrap().bits;
    let first = relu.iter().find(|point| point.regime == Regime::FewFlips).unwrap().bits;
    let ends = |index: usize| -> Vec<(&str, f64)> {
        let named = plots(&panel)[index].rules.iter().filter(|rule| rule.is_upright && !rule.label.is_empty());
        named.map(|rule| (rule.label.as_str(), rule.at)).collect()
    };
    assert_eq!(ends(0), [("← many flips", f64::from(last) + 0.5), ("few flips →", f64::from(first) - 0.5)]);
    assert!(ends(1).is_empty(), "tanh has no kink");
}

fn line(mark: &Mark) -> Option<&Vec<(f64, f64)>> {
    if let Mark::Line { points, .. } = mark { Some(points) } else { None }
}

/// Thresholds are named once a row; the key says what lies beyond the axis and what is missing.
#[test]
fn strange_laws_have_a_plot_for_each_activation() {
    let mut law = measured(&["relu", "leaky", "tanh", "gelu"], "6..9", 2);
    assert_eq!(panel(&law).rows.iter().map(|row| row.plots.len()).collect::<Vec<_>>(), [2, 2]);
    law.runs[0].points[1].root_mean_square = Number::Finite(1e9);
    law.runs[1].points.clear();
    let panel = panel(&law);
    let named = |plot: &Plot| plot.rules.iter().any(|rule| rule.label == "noise = signal");
    assert_eq!(plots(&panel).into_iter().map(named).collect::<Vec<_>>(), [false, true, false, true]);
    assert!(matches!(plots(&panel)[0].y.scale, Scale::Powers(powers) if powers.high == 3.0));
    assert!(panel.key.iter().any(|(_, words)| words.contains("beyond")));
    assert_eq!(plots(&panel)[1].notice.as_deref(), Some("no noise ratio is known at any precision"));
    law.runs.clear();
    assert_eq!(plots(&self::panel(&law))[0].notice.as_deref(), Some("nothing was measured"));
}
