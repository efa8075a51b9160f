//! (a) With leaky ReLU the gradient cannot vanish.

use super::common::{LEAKY, RELU, by_depth, finding, power_of_two, series, share, short, told};
use crate::number::Number;
use crate::record::Verdict;
use crate::record::study::{Answer, Chart, Claim, Spread};
use crate::study::Evidence;
use crate::study::spread;
use crate::study::survey::INITS;

pub fn claim(evidence: &Evidence) -> Claim {
    let Evidence { spec, survey, narrow, .. } = evidence;
    let (places, deepest) = (0..spec.depths.len(), spec.depths.len() - 1);
    let (drawn, narrow_drawn) = (INITS.len() * spec.depths.len() * spec.trials, spec.depths.len() * spec.narrow_trials);
    let norms =
        (0..INITS.len()).flat_map(|init| places.clone().flat_map(move |depth| survey.norms(init, depth, LEAKY)));
    let zeros = norms.filter(|norm| *norm == f64::NEG_INFINITY).count();
    let narrow_zeros: usize = places.clone().map(|depth| narrow.dead[depth][LEAKY]).sum();
    let (cases, fallen) = (INITS.len() * spec.formats.len() * spec.depths.len(), fallen(evidence));
    let (shallow, deep) = (spec.depths[0], spec.depths[deepest]);
    let shrunk = |init: usize| -> Spread {
        let ends = survey.norms(init, deepest, LEAKY).into_iter().zip(survey.norms(init, 0, LEAKY));
        spread::of(ends.map(|(deep, shallow)| power_of_two(deep - shallow)))
    };
    let shrunk: Vec<Spread> = (0..INITS.len()).map(shrunk).collect();
    let mut findings = vec![
        finding(
            "share of the cases (init, depth and format) in which underflow takes at least half of the gradient's energy",
            spread::single(fallen.len() as f64 / cases as f64, cases),
        ),
        finding(
            format!("exact gradients of layer 1 that are exactly zero, of {drawn} networks (share)"),
            spread::single(zeros as f64 / drawn as f64, drawn),
        ),
        finding(
            format!("the same at width {} (share of {narrow_drawn})", spec.narrow_width),
            spread::single(narrow_zeros as f64 / narrow_drawn as f64, narrow_drawn),
        ),
    ];
    findings.extend(INITS.iter().zip(&shrunk).map(|(init, shrunk)| {
        finding(format!("exact gradient of layer 1 at depth {deep} over depth {shallow}, init {init}"), *shrunk)
    }));
    let answer = match (zeros + narrow_zeros, fallen.len()) {
        (0, 0) => Answer::Confirmed,
        (0, count) if count < cases => Answer::DependsOn("the init, the depth and the format".into()),
        _ => Answer::Refuted,
    };
    let (zeros, narrow_zeros) = (share(zeros, drawn), share(narrow_zeros, narrow_drawn));
    let sizes = INITS.iter().zip(&shrunk).map(|(init, shrunk)| {
        format!("With init {init} its size at depth {deep} is {} of that at depth {shallow}.", told(shrunk))
    });
    let first = format!(
        "No slope is zero, so no exact gradient is: {zeros} and, of narrow networks, {narrow_zeros} are exactly zero."
    );
    Claim {
        letter: 'a',
        statement: "With leaky ReLU the gradient cannot vanish.".into(),
        answer,
        reasons: [first].into_iter().chain(sizes).chain([smallness(&fallen, cases)]).collect(),
        findings,
        charts: charts(evidence),
    }
}

/// Draws in which underflow takes at least half of the energy of leaky's gradient.
fn vanished(evidence: &Evidence, init: usize, arithmetic: usize, depth: usize) -> usize {
    let points = evidence.survey.layer_1(init, depth, LEAKY, arithmetic);
    points.iter().filter(|point| point.verdict == Verdict::Underflow).count()
}

/// The cases in which at least half of the draws are such, in words.
fn fallen(evidence: &Evidence) -> Vec<String> {
    let spec = evidence.spec;
    let mut fallen = Vec::new();
    for (init, name) in INITS.iter().enumerate() {
        for (arithmetic, format) in spec.formats.iter().enumerate() {
            for (place, depth) in spec.depths.iter().enumerate() {
                let (count, of) = (vanished(evidence, init, arithmetic, place), spec.trials);
                if 2 * count >= of {
                    fallen.push(format!("{format} with init {name} at depth {depth} ({count} of {of} networks)"));
                }
            }
        }
    }
    fallen
}

/// What underflow does to small gradients.
fn smallness(fallen: &[String], cases: usize) -> String {
    let Some(first) = fallen.first() else {
        return "Nowhere did underflow take half of the gradient's energy.".into();
    };
    format!(
        "But small is enough: underflow takes at least half of its energy in {} of {cases} cases (init, depth and format), \
         first in {first}. A leaky slope keeps the gradient from being zero, and only the init keeps its size.",
        fallen.len()
    )
}

fn charts(evidence: &Evidence) -> Vec<Chart> {
    let Evidence { spec, survey, .. } = evidence;
    let places = 0..spec.depths.len();
    let sizes = |(init, activation): (usize, usize)| {
        let points = move |depth| spread::of(survey.norms(init, depth, activation).into_iter().map(power_of_two));
        (format!("{}, {}", spec.activations[activation], INITS[init]), places.clone().map(points))
    };
    let shares = |(init, arithmetic): (usize, usize)| {
        let count = move |depth| vanished(evidence, init, arithmetic, depth) as f64;
        let points = places.clone().map(move |depth| spread::single(count(depth) / spec.trials as f64, spec.trials));
        (format!("{}, {}", spec.formats[arithmetic], INITS[init]), points)
    };
    let cases = (0..INITS.len()).flat_map(|init| (0..spec.formats.len()).map(move |arithmetic| (init, arithmetic)));
    vec![
        Chart {
            logarithmic: true,
            references: vec![("f16's smallest number".into(), Number::new(power_of_two(-24.0)))],
            ..by_depth(
                "Size of layer 1's exact weight gradient by depth, for two activations and two initialisations",
                "2-norm of the exact gradient",
                &spec.depths,
                series([(0, LEAKY), (0, RELU), (1, LEAKY), (1, RELU)].map(sizes)),
            )
        },
        by_depth(
            "Leaky networks in which underflow takes at least half of the energy of layer 1's gradient, by format and \
             initialisation",
            format!("share of {} networks", short(spec.trials as f64)),
            &spec.depths,
            series(cases.map(shares)),
        ),
    ]
}
