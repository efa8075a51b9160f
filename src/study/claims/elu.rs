//! (f) ELU avoids saturation in shallow networks and makes no difference in deep ones.

use super::common::{Paired, RELU, by_depth, finding, loss, noise, place_of, ratios_by_depth, series, short, told};
use crate::record::Verdict;
use crate::record::study::{Answer, Chart, Claim, Spread};
use crate::study::Evidence;
use crate::study::spread;

/// Networks of at most so many layers are shallow.
const SHALLOW: usize = 10;

pub fn claim(evidence: &Evidence) -> Claim {
    let spec = evidence.spec;
    let claim = |answer| Claim {
        letter: 'f',
        statement: "ELU avoids saturation in shallow networks and makes no difference in deep ones.".into(),
        answer,
        reasons: vec![],
        findings: vec![],
        charts: vec![],
    };
    let Some(elu) = place_of(spec, "elu") else {
        let missing = "measurements that this study leaves out: elu is not among its activations";
        return claim(Answer::DependsOn(missing.into()));
    };
    let shallow: Vec<usize> = (0..spec.depths.len()).filter(|depth| spec.depths[*depth] <= SHALLOW).collect();
    let of = shallow.len() * spec.formats.len() * spec.trials;
    let at_shallow = |activation| shallow.iter().map(|depth| affected(evidence, activation, *depth)).sum::<usize>();
    let (relu_shallow, elu_shallow) = (at_shallow(RELU), at_shallow(elu));
    let avoids = relu_shallow > 0 && elu_shallow == 0;
    let (last, last_trained) = (spec.depths.len() - 1, spec.trained_depths.len() - 1);
    let (depth, trained) = (spec.depths[last], spec.trained_depths[last_trained]);
    let deep_noise: Vec<Paired> =
        (0..spec.formats.len()).map(|arithmetic| noise(evidence, elu, arithmetic, last)).collect();
    let deep_loss = loss(evidence, elu, last_trained);
    let is_alike = !deep_noise.iter().chain([&deep_loss]).any(Paired::differs);
    let answer = match (avoids, is_alike) {
        (true, true) => Answer::Confirmed,
        (false, false) => Answer::Refuted,
        (true, false) => Answer::DependsOn("which half of it: the first holds, the second does not".into()),
        (false, true) => Answer::DependsOn("which half of it: the second holds, the first does not".into()),
    };
    let by_format = || spec.formats.iter().zip(&deep_noise);
    let shares = [
        (
            format!("share of relu's gradients of layer 1 that are not sound in networks of at most {SHALLOW} layers"),
            relu_shallow,
        ),
        ("the same of elu's".into(), elu_shallow),
    ];
    let findings = shares.map(|(what, count)| finding(what, spread::single(count as f64 / of.max(1) as f64, of)));
    let noises = by_format().map(|(format, paired)| {
        finding(format!("noise/signal of layer 1 of elu over relu's in {format}, depth {depth}"), paired.ratio)
    });
    let loss = finding(format!("last loss of elu over relu's, trained in f64, depth {trained}"), deep_loss.ratio);
    let ratios: Vec<String> =
        by_format().map(|(format, paired)| format!("{} in {format}", told(&paired.ratio))).collect();
    let reasons = vec![
        shallow_networks(relu_shallow, elu_shallow, of),
        format!(
            "At depth {depth} elu's noise at layer 1 is {} of relu's: its φ' has no jump, so that no \
             branch can flip, which wins nothing where flips are rare (f32).",
            ratios.join(", ")
        ),
        format!("Trained in f64 at depth {trained}, its last loss is {} of relu's.", told(&deep_loss.ratio)),
    ];
    let findings = findings.into_iter().chain(noises).chain([loss]).collect();
    Claim { reasons, findings, charts: charts(evidence, elu), ..claim(answer) }
}

/// Gradients of layer 1 that are saturated or on the way to it, in any format.
fn affected(evidence: &Evidence, activation: usize, depth: usize) -> usize {
    let points = |arithmetic| evidence.survey.layer_1(0, depth, activation, arithmetic);
    let all = (0..evidence.spec.formats.len()).flat_map(points);
    all.filter(|point| point.verdict != Verdict::Sound).count()
}

/// What there is to avoid in shallow networks, and who avoids it.
fn shallow_networks(relu: usize, elu: usize, of: usize) -> String {
    match relu {
        0 => format!(
            "In networks of at most {SHALLOW} layers there is nothing to avoid: relu's layer 1 is sound in all {of} gradients."
        ),
        _ => format!(
            "In networks of at most {SHALLOW} layers relu's layer 1 is not sound in {relu} of {of} gradients, elu's in {elu}."
        ),
    }
}

fn charts(evidence: &Evidence, elu: usize) -> Vec<Chart> {
    let spec = evidence.spec;
    let places = 0..spec.depths.len();
    let gradients = spec.formats.len() * spec.trials;
    let share = |activation: usize| {
        let count = move |depth| affected(evidence, activation, depth) as f64 / gradients as f64;
        (&spec.activations[activation], places.clone().map(move |depth| spread::single(count(depth), gradients)))
    };
    let noises = |(arithmetic, format): (usize, &String)| -> (String, Vec<Spread>) {
        let points = places.clone().map(|depth| noise(evidence, elu, arithmetic, depth).ratio);
        (format!("noise, {format}"), points.collect())
    };
    // Trained depths are some of the others, or have no place in the chart.
    let trained_at = |depth: &usize| spec.trained_depths.iter().position(|trained| trained == depth);
    let losses = spec
        .depths
        .iter()
        .map(|depth| trained_at(depth).map_or_else(spread::none, |depth| loss(evidence, elu, depth).ratio));
    let last = ("last loss, f64".to_string(), losses.collect());
    vec![
        by_depth(
            "Gradients of layer 1 that are not sound (noise above a tenth of the signal, or worse), over all formats",
            format!("share of {} gradients", short(gradients as f64)),
            &spec.depths,
            series([RELU, elu].map(share)),
        ),
        ratios_by_depth(
            "Noise of layer 1 and loss at the end of training with elu, compared with relu on the same draws",
            "elu's / relu's",
            &spec.depths,
            series(spec.formats.iter().enumerate().map(noises).chain([last])),
        ),
    ]
}
