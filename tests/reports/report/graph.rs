//! Pictures of activations: the figure as data, then the drawing of the whole catalogue in both themes.

use super::picture::assert_drawn;
use precision_probe::activation::double::{derivative_f64, value_f64};
use precision_probe::activation::{ALL, Activation, Break};
use precision_probe::cli::activation_figure;
use precision_probe::report::graph::{Dot, Function, Graph, sheet};
use precision_probe::report::panel::{Mark, Symbol};

/// Parameters that move kinks far away, near each other or to the edge, and bends that are sharp, slow or steep.
const MORE: [&str; 20] = [
    "leaky:0.2",
    "prelu:-0.5",
    "elu:10000",
    "celu:0.1",
    "celu:0.0001",
    "celu:10000",
    "hardtanh:-8:0.5",
    "hardtanh:2:2.1",
    "hardtanh:9999:10000",
    "hardtanh:-10000:-9999.5",
    "softshrink:0.001",
    "softshrink:0.000001",
    "hardshrink:10000",
    "threshold:2:-3",
    "threshold:1:-10000",
    "threshold:0:0",
    "softplus:10",
    "softplus:10000",
    "swish:0.1",
    "swish:0.000001",
];

fn figure(name: &str) -> Graph {
    activation_figure(&Activation::parse(name).unwrap())
}

fn all() -> Vec<Activation> {
    ALL.into_iter().chain(MORE.map(|name| Activation::parse(name).unwrap())).collect()
}

fn dots(curve: &Function) -> Vec<((f64, f64), bool)> {
    curve.dots.iter().map(|Dot { at, closed }| (*at, *closed)).collect()
}

/// Curved between −3 and 3, where φ' jumps and PyTorch takes 0 and 1.
#[test]
fn hardswish_bends_at_its_joints() {
    let graph = figure("hardswish");
    assert_eq!(graph.x, (-4.0, 4.0));
    let labels: Vec<_> = graph.joints.iter().map(|joint| (joint.at, joint.label.as_str(), joint.is_kink)).collect();
    assert_eq!(labels, [(-3.0, "kink at −3", true), (3.0, "kink at 3", true)]);
    let [value, derivative] = &graph.functions;
    assert_eq!(value.stretches.len(), 1, "φ is continuous");
    let points = &value.stretches[0];
    assert_eq!((points[..2].to_vec(), points.len()), (vec![(-4.0, 0.0), (-3.0, 0.0)], 243));
    assert_eq!(points[121], (0.0, 0.0));
    assert_eq!(points[61], (-1.5, -0.375), "its least value");
    assert_eq!(points[241..], [(3.0, 3.0), (4.0, 4.0)]);
    assert_eq!((value.y, dots(value)), ((-0.375, 4.0), vec![]));
    let expected = [[(-4.0, 0.0), (-3.0, 0.0)], [(-3.0, -0.5), (3.0, 1.5)], [(3.0, 1.0), (4.0, 1.0)]];
    assert_eq!(derivative.stretches, expected);
    let expected = [((-3.0, -0.5), false), ((-3.0, 0.0), true), ((3.0, 1.5), false), ((3.0, 1.0), true)];
    assert_eq!(dots(derivative), expected);
    let caption = graph.caption.join(" · ");
    for words in [
        "hardswish · gain 1.74 ",
        "at that gain gradients grow ×1.04 per layer, but this variance is",
        "unstable",
        concat!("precision-probe ", env!("CARGO_PKG_VERSION")),
    ] {
        assert!(caption.contains(words), "{caption}");
    }
}

/// φ itself jumps, and the joints belong to the piece of zeros.
#[test]
fn hardshrink_jumps_at_its_joints() {
    let graph = figure("hardshrink");
    let [value, derivative] = &graph.functions;
    let expected = [[(-4.0, -4.0), (-0.5, -0.5)], [(-0.5, 0.0), (0.5, 0.0)], [(0.5, 0.5), (4.0, 4.0)]];
    assert_eq!(value.stretches, expected);
    let expected = [((-0.5, -0.5), false), ((-0.5, 0.0), true), ((0.5, 0.5), false), ((0.5, 0.0), true)];
    assert_eq!(dots(value), expected);
    let expected = [[(-4.0, 1.0), (-0.5, 1.0)], [(-0.5, 0.0), (0.5, 0.0)], [(0.5, 1.0), (4.0, 1.0)]];
    assert_eq!(derivative.stretches, expected);
    let expected = [((-0.5, 1.0), false), ((-0.5, 0.0), true), ((0.5, 1.0), false), ((0.5, 0.0), true)];
    assert_eq!(dots(derivative), expected);
    assert!(graph.caption.contains(&"lambda = 0.5".to_string()));
}

/// The axis shows every joint and what lies beyond; every point is on the function and on its axis.
#[test]
fn figures_show_every_joint_and_true_points() {
    for activation in all() {
        let graph = activation_figure(&activation);
        let (left, right) = graph.x;
        assert_eq!(left, -right, "{activation}");
        assert_eq!(graph.joints.len(), activation.joints().len());
        for (joint, known) in graph.joints.iter().zip(activation.joints().iter()) {
            assert!(joint.at == known.at && joint.at.abs() < right, "{activation}: {joint:?}");
            assert_eq!(joint.is_kink, known.breaks > Break::Curvature);
        }
        for (curve, f) in graph.functions.iter().zip([value_f64, derivative_f64]) {
            let ends = (curve.stretches[0][0].0, curve.stretches.last().unwrap().last().unwrap().0);
            assert_eq!(ends, graph.x, "{activation}: {} is drawn over the whole axis", curve.name);
            let open: Vec<_> = curve.dots.iter().filter(|dot| !dot.closed).map(|dot| dot.at).collect();
            for point in curve.stretches.iter().flatten().chain(curve.dots.iter().map(|dot| &dot.at)) {
                let (x, y) = *point;
                assert!((curve.y.0..=curve.y.1).contains(&y), "{activation}: {} ({x}, {y})", curve.name);
                assert!(y == f(&activation, x) || open.contains(point), "{activation}: {} ({x}, {y})", curve.name);
            }
            // As many jumps as the catalogue says: of φ' at every kink.
            let least = if curve.name == "φ" { Break::Value } else { Break::Slope };
            let jumps = activation.joints().iter().filter(|joint| joint.breaks >= least).count();
            assert_eq!(curve.stretches.len(), jumps + 1, "{activation}: {}", curve.name);
        }
    }
    let half = |name: &str| figure(name).x.1;
    assert_eq!([half("gelu"), half("relu6"), half("hardtanh:-8:0.5")], [4.0, 7.0, 9.0]);
    assert_eq!([half("softplus:10"), half("softplus:0.5"), half("softshrink:0.001")], [4.0, 8.0, 0.04]);
}

#[test]
fn every_activation_is_drawn_within_its_page() {
    for activation in all() {
        let sheet = sheet(&activation_figure(&activation));
        assert_drawn("activation", &sheet);
        let program = concat!("precision-probe ", env!("CARGO_PKG_VERSION"));
        assert!(sheet.caption.iter().any(|piece| piece.contains(program)), "{activation}: {:?}", sheet.caption);
    }
}

/// A disc on the value above rings on the limits.
#[test]
fn dots_are_open_at_limits_and_closed_at_values() {
    let sheet = sheet(&figure("relu"));
    assert!(sheet.name == "relu" && sheet.ruling.starts_with("φ(x) = "), "{}", sheet.ruling);
    let [value, derivative] = [0, 1].map(|index| &sheet.panels[index].rows[0].plots[0]);
    let dots: Vec<((f64, f64), bool)> = derivative.marks.iter().filter_map(dot).collect();
    assert_eq!(dots, [((0.0, 1.0), true), ((0.0, 0.0), false)]);
    assert!(value.marks.iter().all(|mark| dot(mark).is_none()), "φ is continuous");
    assert_eq!(value.rules.iter().map(|rule| rule.label.as_str()).collect::<Vec<_>>(), ["kink at 0"]);
    assert_eq!([0, 1].map(|index| sheet.panels[index].key.len()), [2, 4]);
}

fn dot(mark: &Mark) -> Option<((f64, f64), bool)> {
    match mark {
        Mark::Symbol { at, symbol: Symbol::Marker { is_hollow, .. }, .. } => Some((*at, *is_hollow)),
        _ => None,
    }
}
