//! (b) A constant side of the activation is a problem where gradients become vanishingly small.

use super::common::{LEAKY, Paired, RELU, by_depth, finding, power_of_two, ratios_by_depth, series, short, told};
use crate::judgement::ranking::exactly;
use crate::record::study::{Answer, Chart, Claim, Spread};
use crate::study::Evidence;
use crate::study::spread;
use crate::study::survey::INITS;
use std::cmp::Ordering;

/// Gradients this many times smaller are a problem.
const PROBLEM: f64 = 0.5;

pub fn claim(evidence: &Evidence) -> Claim {
    let Evidence { spec, narrow, .. } = evidence;
    let deepest = spec.depths.len() - 1;
    let (depth, width, narrow_width) = (spec.depths[deepest], spec.width, spec.narrow_width);
    let [relu_dead, leaky_dead] = [RELU, LEAKY].map(|activation| narrow.dead_share(deepest, activation));
    let wide = [0, 1].map(|init| (INITS[init], paired(evidence, init, deepest)));
    let is_problem = |paired: &Paired| paired.order == Some(Ordering::Less) && paired.ratio.median.value() < PROBLEM;
    let is_problem_when_wide = wide.iter().any(|(_, paired)| is_problem(paired));
    let is_problem_when_narrow = relu_dead > 0.0 && relu_dead > 2.0 * leaky_dead;
    let answer = match (is_problem_when_narrow, is_problem_when_wide) {
        (true, true) => Answer::Confirmed,
        (false, false) => Answer::Refuted,
        (true, false) => Answer::DependsOn("the width: it is in narrow networks and not in wide ones".into()),
        (false, true) => Answer::DependsOn("the init: where gradients shrink they shrink faster".into()),
    };
    let mut findings = vec![
        finding(
            format!("share of relu's networks of width {narrow_width} and depth {depth} whose layer 1 is dead"),
            spread::single(relu_dead, spec.narrow_trials),
        ),
        finding("the same of leaky's", spread::single(leaky_dead, spec.narrow_trials)),
    ];
    findings.extend(wide.iter().map(|(init, paired)| {
        finding(
            format!("gradient of relu over leaky's, layer 1, width {width}, depth {depth}, init {init}"),
            paired.ratio,
        )
    }));
    let [relu_dead, leaky_dead] = [relu_dead, leaky_dead].map(|share| short(100.0 * share));
    let [one, other] = wide.each_ref().map(|(_, paired)| told(&paired.ratio));
    let reasons = vec![
        format!(
            "At width {narrow_width} and depth {depth} the exact gradient of layer 1 is exactly zero in {relu_dead} % of \
             relu's networks and in {leaky_dead} % of leaky's: units that are constant on every sample pass nothing, and a \
             layer of such units ends learning for all layers below."
        ),
        format!(
            "At width {width} no layer dies; there relu's gradient is {one} of leaky's with init {} and {other} with init {}, \
             where gradients become small.",
            INITS[0], INITS[1]
        ),
    ];
    Claim {
        letter: 'b',
        statement: "A constant side of the activation is a problem where gradients become vanishingly small.".into(),
        answer,
        reasons,
        findings,
        charts: charts(evidence),
    }
}

/// The size of relu's gradient over leaky's.
fn paired(Evidence { survey, .. }: &Evidence, init: usize, depth: usize) -> Paired {
    let pairs = survey.norms(init, depth, RELU).into_iter().zip(survey.norms(init, depth, LEAKY));
    // Over leaky's, since the sizes themselves may be beyond the range of doubles.
    let ratios: Vec<f64> = pairs.map(|(relu, leaky)| power_of_two(relu - leaky)).collect();
    let leaky = exactly(ratios.iter().map(|_| 1.0));
    Paired::new(&exactly(ratios), &leaky)
}

fn charts(evidence: &Evidence) -> Vec<Chart> {
    let Evidence { spec, narrow, .. } = evidence;
    let places = 0..spec.depths.len();
    let dead = |activation: usize| {
        let points =
            move |depth| -> Spread { spread::single(narrow.dead_share(depth, activation), spec.narrow_trials) };
        (&spec.activations[activation], places.clone().map(points))
    };
    let ratios = |init: usize| {
        (format!("init {}", INITS[init]), places.clone().map(move |depth| paired(evidence, init, depth).ratio))
    };
    vec![
        by_depth(
            format!(
                "Networks of width {} whose layer 1 is dead: its exact gradient is exactly zero",
                spec.narrow_width
            ),
            "share of networks",
            &spec.depths,
            series((0..spec.activations.len()).map(dead)),
        ),
        ratios_by_depth(
            "Size of layer 1's exact gradient with relu, compared with leaky on the same draws",
            "relu's size / leaky's size",
            &spec.depths,
            series((0..INITS.len()).map(ratios)),
        ),
    ]
}
