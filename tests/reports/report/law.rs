//! The picture of a law: drawings of one to many activations in both themes.

use super::picture::assert_drawn;
use precision_probe::law;
use precision_probe::law::bits::Bits;
use precision_probe::probe::{Silent, run};
use precision_probe::record::Number;
use precision_probe::record::law::Law;
use precision_probe::report::law::{law_csv, sheet, terminal};
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
    for (name, law) in cases() {
        assert_drawn(&format!("law {name}"), &sheet(&law));
        assert!(law_csv(&law).starts_with("spec_hash,activation,"));
        // Names with parameters make wide tables, as everywhere.
        let text = terminal(&law, None);
        assert!(name == "seven" || text.lines().all(|line| line.chars().count() <= 100), "{text}");
    }
}
