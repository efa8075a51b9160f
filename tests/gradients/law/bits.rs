//! The bits that a law says are needed: read off measured points, and extrapolated only where that is said.

use super::{exact_line, point, power, smooth};
use precision_probe::format::Format;
use precision_probe::judgement::law::{Bits, RunBits, enough, judge};
use precision_probe::law;
use precision_probe::probe::{Silent, run};
use precision_probe::record::law::{Law, LawRun, Point, Regime, SCHEMA, Statistic};
use precision_probe::record::{Evidence, Number};
use precision_probe::report::law::screen;
use precision_probe::spec::Spec;

/// A law of one activation with these points, and with lines where there are enough.
fn law(points: Vec<Point>) -> Law {
    let fits = Statistic::ALL.map(|statistic| smooth(&points, statistic)).to_vec();
    let run = LawRun {
        activation: "tanh".into(),
        constants: Vec::new(),
        kinked: false,
        gain: None,
        residual_scale: None,
        evidence: Evidence::Exact {},
        points,
        fits,
    };
    Law {
        schema: SCHEMA.into(),
        version: String::new(),
        spec: Spec::default(),
        spec_hash: String::new(),
        runs: vec![run],
    }
}

fn needed(points: Vec<Point>) -> RunBits {
    judge(&law(points)).runs.remove(0)
}

/// Points of one trial each.
fn of(ratios: &[(u32, f64)]) -> Vec<Point> {
    ratios.iter().map(|(bits, ratio)| point(*bits, Regime::Smooth, &[*ratio])).collect()
}

/// By hand: 2^(c − p) is below 0.1 from p = c + 4 on, 2^(c − p/2) of even p from 2c + 8 on.
#[test]
fn the_least_bits_from_which_on_all_stay_below() {
    for (points, expected) in [
        (exact_line(2, 4, 6..=12), Bits::From { bits: 8, not: 7 }),
        (exact_line(1, 2, (6..=14).step_by(2)), Bits::From { bits: 12, not: 10 }),
        (exact_line(2, 0, 6..=12), Bits::AtMost { bits: 6 }),
        (of(&[(8, 0.3), (11, 0.0999), (24, 1e-6)]), Bits::From { bits: 11, not: 8 }),
        // A tenth itself is not below a tenth.
        (of(&[(8, 0.3), (11, 0.1), (24, 1e-6)]), Bits::From { bits: 24, not: 11 }),
        // What rises again does not stay.
        (of(&[(6, 0.05), (7, 0.2), (8, 0.05), (9, 0.11), (10, 0.01)]), Bits::From { bits: 10, not: 9 }),
        (of(&[(6, f64::INFINITY), (7, 0.01), (8, 0.0)]), Bits::From { bits: 7, not: 6 }),
        (of(&[(6, f64::NAN), (7, f64::NAN), (8, f64::NAN)]), Bits::Unknown),
        (of(&[(6, f64::NAN), (7, 0.5), (8, 0.05)]), Bits::From { bits: 8, not: 7 }),
        (of(&[(8, 0.9), (9, 5.0), (10, 0.2)]), Bits::NotReached { most: 10, extrapolated: None }),
    ] {
        let found = needed(points.clone());
        assert_eq!(found.median, expected, "{points:?}");
        assert_eq!(found.worst_tenth, expected, "one trial: {points:?}");
    }
    assert_eq!(needed(Vec::new()).median, Bits::Unknown);
}

/// A line is followed beyond the points for the median alone, and only if it falls.
#[test]
fn extrapolations_are_marked() {
    let found = needed(exact_line(2, 10, 11..=13));
    assert_eq!(found.median, Bits::NotReached { most: 13, extrapolated: Some(14) });
    let found = needed(exact_line(1, 8, (18..=22).step_by(2)));
    assert_eq!(found.median, Bits::NotReached { most: 22, extrapolated: Some(23) });
    assert_eq!(found.worst_tenth, Bits::NotReached { most: 22, extrapolated: None });
    let flat = (6..=12).map(|bits| point(bits, Regime::Smooth, &[0.5; 5])).collect();
    assert_eq!(needed(flat).median, Bits::NotReached { most: 12, extrapolated: None });
    let far = exact_line(1, 30, (62..=66).step_by(2));
    assert_eq!(needed(far).median, Bits::NotReached { most: 66, extrapolated: None }, "beyond any format");
}

/// The median and the worst of ten trials need different bits.
#[test]
fn rare_draws_need_more_bits() {
    let mixed = |bits: u32| {
        let mut ratios = [power(-(bits as i32)); 10];
        ratios[3] = power(4 - bits as i32);
        point(bits, Regime::FewFlips, &ratios)
    };
    let found = needed((4..=12).map(mixed).collect());
    assert_eq!((found.median, found.worst_tenth), (Bits::AtMost { bits: 4 }, Bits::From { bits: 8, not: 7 }));
}

/// Formats are those whose own precision is enough.
#[test]
fn formats_have_their_bits() {
    for (bits, names) in [
        (2, &["bf16", "f16", "tf32", "f32"][..]),
        (8, &["bf16", "f16", "tf32", "f32"]),
        (9, &["f16", "tf32", "f32"]),
        (11, &["f16", "tf32", "f32"]),
        (12, &["f32"]),
        (24, &["f32"]),
        (25, &[]),
    ] {
        assert_eq!(enough(bits), names, "{bits}");
        assert!(names.iter().all(|name| Format::parse(name).unwrap().precision >= bits));
    }
}

/// The first screen: a row for each activation and at most ten other lines, whatever was measured.
#[test]
fn the_first_screen_tells_the_bits() {
    let text = screen(&law(exact_line(2, 4, 6..=12)), Some(std::path::Path::new("there/law.png")));
    assert!(text.contains("\ntanh        8 bits: bf16, f16, tf32, f32  8 bits: bf16, f16, tf32, f32\n"), "{text}");
    let text = screen(&law(exact_line(2, 10, 11..=13)), None);
    assert!(text.contains("not reached with 13 bits (extrapolated: 14)  not reached with 13 bits\n"), "{text}");
    let mut strange = law(exact_line(2, 4, 6..=12));
    strange.runs[0].points[0].median = Number::None;
    strange.runs.push(LawRun { points: Vec::new(), fits: Vec::new(), ..strange.runs[0].clone() });
    let spec = Spec {
        activations: ["relu", "leaky:0.2", "gelu", "identity"].map(String::from).to_vec(),
        formats: ["mpfr:2", "mpfr:3", "mpfr:5", "mpfr:30"].map(String::from).to_vec(),
        depth: 3,
        width: 5,
        batch: 3,
        trials: 2,
        residual: true,
        ..Spec::default()
    };
    let measured = law::of(&run(&spec.validate().unwrap(), &Silent));
    for law in [strange, measured] {
        let text = screen(&law, Some(std::path::Path::new("there/law.png")));
        assert!(text.lines().count() <= 10 + law.runs.len(), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    }
}
