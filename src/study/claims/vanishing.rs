//! (a) With leaky ReLU the gradient cannot vanish.

use super::common::{LEAKY, RELU, depths, finding, power_of_two, series, share, short, told};
use crate::number::Number;
use crate::record::Verdict;
use crate::record::study::{Answer, Chart, Claim, Series, Spread};
use crate::study::Evidence;
use crate::study::spread;
use crate::study::survey::INITS;

pub fn claim(evidence: &Evidence) -> Claim {
    let Evidence { spec, survey, narrow, .. } = evidence;
    let places = 0..spec.depths.len();
    let norms = |init: usize, activation: usize, depth: usize| -> Vec<f64> {
        survey.layer_1(init, depth, activation, 0).iter().map(|point| point.log2_norm.value()).collect()
    };
    // Exact zeros.
    let drawn = INITS.len() * spec.depths.len() * spec.trials;
    let zeros = (0..INITS.len())
        .flat_map(|init| places.clone().map(move |depth| (init, depth)))
        .flat_map(|(init, depth)| norms(init, LEAKY, depth))
        .filter(|norm| *norm == f64::NEG_INFINITY)
        .count();
    let narrow_zeros: usize = places.clone().map(|depth| narrow.dead(depth, LEAKY)).sum();
    let narrow_drawn = spec.depths.len() * spec.narrow_trials;
    // Zeros by underflow.
    let vanished = |init: usize, arithmetic: usize, depth: usize| {
        let points = survey.layer_1(init, depth, LEAKY, arithmetic);
        points.iter().filter(|point| point.verdict() == Verdict::Underflow).count()
    };
    let deepest = spec.depths.len() - 1;
    let mut findings = vec![
        finding(
            format!("exact gradients of layer 1 that are exactly zero, of {drawn} networks (share)"),
            spread::single(zeros as f64 / drawn as f64, drawn),
        ),
        finding(
            format!("the same at width {} (share of {narrow_drawn})", spec.narrow_width),
            spread::single(narrow_zeros as f64 / narrow_drawn as f64, narrow_drawn),
        ),
    ];
    let (mut cases, mut fallen) = (0, Vec::new());
    for (init, name) in INITS.iter().enumerate() {
        let shrunk = spread::of(
            norms(init, LEAKY, deepest)
                .iter()
                .zip(norms(init, LEAKY, 0))
                .map(|(deep, shallow)| power_of_two(deep - shallow)),
        );
        let (shallow, deep) = (spec.depths[0], spec.depths[deepest]);
        findings.push(finding(
            format!("exact gradient of layer 1 at depth {deep} over depth {shallow}, init {name}"),
            shrunk,
        ));
        for (arithmetic, format) in spec.formats.iter().enumerate() {
            for depth in places.clone() {
                cases += 1;
                let count = vanished(init, arithmetic, depth);
                if 2 * count >= spec.trials {
                    fallen.push((name.to_string(), format.clone(), spec.depths[depth], count));
                }
            }
        }
    }
    findings.insert(
        0,
        finding(
            "share of the cases (init, depth and format) in which underflow takes at least half of the gradient's energy",
            spread::single(fallen.len() as f64 / cases as f64, cases),
        ),
    );
    let answer = match (zeros + narrow_zeros, fallen.len()) {
        (0, 0) => Answer::Confirmed,
        (0, count) if count < cases => Answer::DependsOn("the init, the depth and the format".into()),
        _ => Answer::Refuted,
    };
    let mut reasons = vec![format!(
        "No slope is zero, so no exact gradient is: {} and, of narrow networks, {} are exactly zero.",
        share(zeros, drawn),
        share(narrow_zeros, narrow_drawn)
    )];
    reasons.extend(INITS.iter().zip(&findings[3..]).map(|(init, finding)| {
        format!(
            "With init {init} its size at depth {} is {} of that at depth {}.",
            spec.depths[deepest],
            told(&finding.value),
            spec.depths[0]
        )
    }));
    reasons.push(match fallen.as_slice() {
        [] => "Nowhere did underflow take half of the gradient's energy.".into(),
        [first, ..] => {
            let (init, format, depth, count) = first;
            format!(
                "But small is enough: underflow takes at least half of its energy in {} of {cases} cases (init, depth and \
                 format), first in {format} with init {init} at depth {depth} ({count} of {} networks). A leaky slope \
                 keeps the gradient from being zero, and only the init keeps its size.",
                fallen.len(),
                spec.trials
            )
        }
    });
    let norm_series = |init: usize, activation: usize| -> Series {
        let points =
            places.clone().map(|depth| spread::of(norms(init, activation, depth).into_iter().map(power_of_two)));
        series(format!("{}, {}", spec.activations[activation], INITS[init]), points.collect())
    };
    let vanished_series = |init: usize, arithmetic: usize| -> Series {
        let share = |depth| spread::single(vanished(init, arithmetic, depth) as f64 / spec.trials as f64, spec.trials);
        series(
            format!("{}, {}", spec.formats[arithmetic], INITS[init]),
            places.clone().map(share).collect::<Vec<Spread>>(),
        )
    };
    let arithmetics = 0..spec.formats.len();
    Claim {
        letter: 'a',
        statement: "With leaky ReLU the gradient cannot vanish.".into(),
        answer,
        reasons,
        findings,
        charts: vec![
            Chart {
                title: "Size of layer 1's exact weight gradient by depth, for two activations and two initialisations".into(),
                horizontal: "number of hidden layers".into(),
                vertical: "2-norm of the exact gradient".into(),
                logarithmic: true,
                places: depths(&spec.depths),
                series: vec![norm_series(0, LEAKY), norm_series(0, RELU), norm_series(1, LEAKY), norm_series(1, RELU)],
                references: vec![("f16's smallest number".into(), Number::new(power_of_two(-24.0)))],
            },
            Chart {
                title: "Leaky networks in which underflow takes at least half of the energy of layer 1's gradient, by format and \
                        initialisation".into(),
                horizontal: "number of hidden layers".into(),
                vertical: format!("share of {} networks", short(spec.trials as f64)),
                logarithmic: false,
                places: depths(&spec.depths),
                series: (0..INITS.len())
                    .flat_map(|init| arithmetics.clone().map(move |arithmetic| (init, arithmetic)))
                    .map(|(init, arithmetic)| vanished_series(init, arithmetic))
                    .collect(),
                references: vec![],
            },
        ],
    }
}
