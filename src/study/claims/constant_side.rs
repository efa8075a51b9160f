//! (b) A constant side of the activation is a problem where gradients become vanishingly small.

use super::common::{LEAKY, Paired, RELU, depths, finding, power_of_two, ratios_by_depth, series, short, told};
use crate::judgement::ranking::exactly;
use crate::record::study::{Answer, Chart, Claim, Spread};
use crate::study::Evidence;
use crate::study::spread;
use crate::study::survey::INITS;
use std::cmp::Ordering;

/// Gradients this many times smaller are a problem.
const PROBLEM: f64 = 0.5;

pub fn claim(evidence: &Evidence) -> Claim {
    let Evidence { spec, survey, narrow, .. } = evidence;
    let places = 0..spec.depths.len();
    let deepest = spec.depths.len() - 1;
    let norms = |init: usize, activation: usize, depth: usize| -> Vec<f64> {
        survey.layer_1(init, depth, activation, 0).iter().map(|point| point.log2_norm.value()).collect()
    };
    let paired = |init: usize, depth: usize| {
        let pairs = norms(init, RELU, depth).into_iter().zip(norms(init, LEAKY, depth));
        // Over leaky's, since the sizes themselves may be beyond the range of doubles.
        let ratios: Vec<f64> = pairs.map(|(relu, leaky)| power_of_two(relu - leaky)).collect();
        let leaky = exactly(ratios.iter().map(|_| 1.0));
        Paired::new(&exactly(ratios), &leaky)
    };
    let ratio = |init: usize, depth: usize| -> Spread { paired(init, depth).ratio };
    let dead =
        |activation: usize, depth: usize| spread::single(narrow.dead_share(depth, activation), spec.narrow_trials);
    let (relu_dead, leaky_dead) = (narrow.dead_share(deepest, RELU), narrow.dead_share(deepest, LEAKY));
    let wide: Vec<Spread> = (0..INITS.len()).map(|init| ratio(init, deepest)).collect();
    let is_problem = |init: usize| {
        let paired = paired(init, deepest);
        paired.order == Some(Ordering::Less) && paired.ratio.median.value() < PROBLEM
    };
    let is_problem_when_wide = (0..INITS.len()).any(is_problem);
    let is_problem_when_narrow = relu_dead > 0.0 && relu_dead > 2.0 * leaky_dead;
    let answer = match (is_problem_when_narrow, is_problem_when_wide) {
        (true, true) => Answer::Confirmed,
        (false, false) => Answer::Refuted,
        (true, false) => Answer::DependsOn("the width: it is in narrow networks and not in wide ones".into()),
        (false, true) => Answer::DependsOn("the init: where gradients shrink they shrink faster".into()),
    };
    let depth = spec.depths[deepest];
    let mut findings = vec![
        finding(
            format!("share of relu's networks of width {} and depth {depth} whose layer 1 is dead", spec.narrow_width),
            dead(RELU, deepest),
        ),
        finding("the same of leaky's", dead(LEAKY, deepest)),
    ];
    findings.extend(INITS.iter().zip(&wide).map(|(init, ratio)| {
        finding(
            format!("gradient of relu over leaky's, layer 1, width {}, depth {depth}, init {init}", spec.width),
            *ratio,
        )
    }));
    let reasons = vec![
        format!(
            "At width {} and depth {depth} the exact gradient of layer 1 is exactly zero in {} % of relu's networks and in \
             {} % of leaky's: units that are constant on every sample pass nothing, and a layer of such units ends \
             learning for all layers below.",
            spec.narrow_width,
            short(100.0 * relu_dead),
            short(100.0 * leaky_dead)
        ),
        format!(
            "At width {} no layer dies; there relu's gradient is {} of leaky's with init {} and {} with init {}, where \
             gradients become small.",
            spec.width,
            told(&wide[0]),
            INITS[0],
            told(&wide[1]),
            INITS[1]
        ),
    ];
    Claim {
        letter: 'b',
        statement: "A constant side of the activation is a problem where gradients become vanishingly small.".into(),
        answer,
        reasons,
        findings,
        charts: vec![
            Chart {
                title: format!(
                    "Networks of width {} whose layer 1 is dead: its exact gradient is exactly zero",
                    spec.narrow_width
                ),
                horizontal: "number of hidden layers".into(),
                vertical: "share of networks".into(),
                logarithmic: false,
                places: depths(&spec.depths),
                series: (spec.activations.iter().enumerate())
                    .map(|(activation, name)| {
                        series(name, places.clone().map(|depth| dead(activation, depth)).collect())
                    })
                    .collect(),
                references: vec![],
            },
            ratios_by_depth(
                "Size of layer 1's exact gradient with relu, compared with leaky on the same draws",
                "relu's size / leaky's size",
                &spec.depths,
                (INITS.iter().enumerate())
                    .map(|(init, name)| {
                        series(format!("init {name}"), places.clone().map(|depth| ratio(init, depth)).collect())
                    })
                    .collect(),
            ),
        ],
    }
}
