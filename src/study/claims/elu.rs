//! (f) ELU avoids saturation in shallow networks and makes no difference in deep ones.

use super::common::{Paired, RELU, finding, place_of, ratios_by_depth, series, short, told};
use crate::judgement::ranking::exactly;
use crate::record::Verdict;
use crate::record::study::{Answer, Chart, Claim, Spread};
use crate::study::Evidence;
use crate::study::spread;
use crate::study::trainings::Learnt;

/// Networks of at most so many layers are shallow.
const SHALLOW: usize = 10;

pub fn claim(evidence: &Evidence) -> Claim {
    let Evidence { spec, survey, trainings, .. } = evidence;
    // A study without ELU has nothing to say of it.
    let Some(elu) = place_of(spec, "elu") else { return without_elu() };
    let shallow: Vec<usize> = (0..spec.depths.len()).filter(|depth| spec.depths[*depth] <= SHALLOW).collect();
    let deepest = spec.depths.len() - 1;
    // Saturated or on the way to it, at layer 1 in any format.
    let affected = |activation: usize, depth: usize| -> usize {
        let of = |arithmetic| survey.layer_1(0, depth, activation, arithmetic);
        let is_affected = |verdict: Verdict| verdict != Verdict::Sound;
        (0..spec.formats.len()).flat_map(of).filter(|point| is_affected(point.verdict())).count()
    };
    let gradients = spec.formats.len() * spec.trials;
    let share_at = |activation: usize, depth: usize| {
        spread::single(affected(activation, depth) as f64 / gradients as f64, gradients)
    };
    let at_shallow = |activation: usize| shallow.iter().map(|depth| affected(activation, *depth)).sum::<usize>();
    let (relu_shallow, elu_shallow) = (at_shallow(RELU), at_shallow(elu));
    let avoids = relu_shallow > 0 && elu_shallow == 0;
    let noise = |arithmetic: usize, depth: usize| {
        let of = |activation| survey.noise(0, depth, activation, arithmetic);
        Paired::new(&of(elu), &of(RELU))
    };
    let loss = |depth: usize| {
        let of = |activation| exactly(trainings.references(depth, activation).iter().map(Learnt::last_loss));
        Paired::new(&of(elu), &of(RELU))
    };
    let last_trained = spec.trained_depths.len() - 1;
    let (deep_noise, deep_loss) =
        ((0..spec.formats.len()).map(|arithmetic| noise(arithmetic, deepest)).collect::<Vec<_>>(), loss(last_trained));
    let is_alike = !deep_noise.iter().chain([&deep_loss]).any(Paired::differs);
    let answer = match (avoids, is_alike) {
        (true, true) => Answer::Confirmed,
        (false, false) => Answer::Refuted,
        (true, false) => Answer::DependsOn("which half of it: the first holds, the second does not".into()),
        (false, true) => Answer::DependsOn("which half of it: the second holds, the first does not".into()),
    };
    let (depth, trained) = (spec.depths[deepest], spec.trained_depths[last_trained]);
    let of = shallow.len() * gradients;
    let mut findings = vec![
        finding(
            format!("share of relu's gradients of layer 1 that are not sound in networks of at most {SHALLOW} layers"),
            single(relu_shallow, of),
        ),
        finding("the same of elu's", single(elu_shallow, of)),
    ];
    findings.extend(spec.formats.iter().zip(&deep_noise).map(|(format, paired)| {
        finding(format!("noise/signal of layer 1 of elu over relu's in {format}, depth {depth}"), paired.ratio)
    }));
    findings.push(finding(format!("last loss of elu over relu's, trained in f64, depth {trained}"), deep_loss.ratio));
    let ratios: Vec<String> = spec
        .formats
        .iter()
        .zip(&deep_noise)
        .map(|(format, paired)| format!("{} in {format}", told(&paired.ratio)))
        .collect();
    let reasons = vec![
        match relu_shallow {
            0 => format!(
                "In networks of at most {SHALLOW} layers there is nothing to avoid: relu's layer 1 is sound in all {of} gradients."
            ),
            _ => format!(
                "In networks of at most {SHALLOW} layers relu's layer 1 is not sound in {relu_shallow} of {of} gradients, elu's in {elu_shallow}."
            ),
        },
        format!(
            "At depth {depth} elu's noise at layer 1 is {} of relu's: its φ' has no jump, so that no \
             branch can flip, which wins nothing where flips are rare (f32).",
            ratios.join(", ")
        ),
        format!("Trained in f64 at depth {trained}, its last loss is {} of relu's.", told(&deep_loss.ratio)),
    ];
    let named = |activation: usize| {
        series(&spec.activations[activation], (0..spec.depths.len()).map(|depth| share_at(activation, depth)).collect())
    };
    let mut loss_and_noise: Vec<_> = (spec.formats.iter().enumerate())
        .map(|(arithmetic, format)| {
            series(
                format!("noise, {format}"),
                (0..spec.depths.len()).map(|depth| noise(arithmetic, depth).ratio).collect(),
            )
        })
        .collect();
    // Trained depths are some of the others, or have no place in the chart.
    let trained_at = |depth: &usize| spec.trained_depths.iter().position(|trained| trained == depth);
    loss_and_noise.push(series(
        "last loss, f64",
        spec.depths
            .iter()
            .map(|depth| trained_at(depth).map_or_else(spread::none, |depth| loss(depth).ratio))
            .collect(),
    ));
    Claim {
        letter: 'f',
        statement: "ELU avoids saturation in shallow networks and makes no difference in deep ones.".into(),
        answer,
        reasons,
        findings,
        charts: vec![
            Chart {
                title: "Gradients of layer 1 that are not sound (noise above a tenth of the signal, or worse), over all formats".into(),
                horizontal: "number of hidden layers".into(),
                vertical: format!("share of {} gradients", short(gradients as f64)),
                logarithmic: false,
                places: super::common::depths(&spec.depths),
                series: vec![named(RELU), named(elu)],
                references: vec![],
            },
            ratios_by_depth(
                "Noise of layer 1 and loss at the end of training with elu, compared with relu on the same draws",
                "elu's / relu's",
                &spec.depths,
                loss_and_noise,
            ),
        ],
    }
}

fn single(count: usize, of: usize) -> Spread {
    spread::single(count as f64 / of.max(1) as f64, of)
}

fn without_elu() -> Claim {
    Claim {
        letter: 'f',
        statement: "ELU avoids saturation in shallow networks and makes no difference in deep ones.".into(),
        answer: Answer::DependsOn("measurements that this study leaves out: elu is not among its activations".into()),
        reasons: vec![],
        findings: vec![],
        charts: vec![],
    }
}
