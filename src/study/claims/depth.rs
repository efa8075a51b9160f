//! (e) With depth the difference between ReLU and its parametric variants goes to zero.

use super::common::{Paired, RELU, distance, finding, place_of, ratios_by_depth, series, told};
use crate::judgement::ranking::exactly;
use crate::record::study::{Answer, Claim};
use crate::study::Evidence;
use crate::study::trainings::Learnt;

/// A difference is gone if its logarithm is at most this share of what it was.
const GONE: f64 = 0.5;

/// The parametric variants.
const VARIANTS: [&str; 2] = ["leaky", "prelu"];

pub fn claim(evidence: &Evidence) -> Claim {
    let Evidence { spec, survey, trainings, .. } = evidence;
    let variants: Vec<(usize, &str)> =
        VARIANTS.iter().filter_map(|name| Some((place_of(spec, name)?, *name))).collect();
    let noise = |variant: usize, arithmetic: usize, depth: usize| {
        let of = |activation| survey.noise(0, depth, activation, arithmetic);
        Paired::new(&of(variant), &of(RELU))
    };
    let loss = |variant: usize, depth: usize| {
        let of = |activation| exactly(trainings.references(depth, activation).iter().map(Learnt::last_loss));
        Paired::new(&of(variant), &of(RELU))
    };
    let (last, last_trained) = (spec.depths.len() - 1, spec.trained_depths.len() - 1);
    let [mut gone, mut kept, mut open, mut never] = [(); 4].map(|()| Vec::new());
    let mut findings = Vec::new();
    let mut judge = |what: String, shallow: Paired, deep: Paired, ends: (usize, usize)| {
        let is_apart = (shallow.differs(), deep.differs());
        let (shallow, deep) = (shallow.ratio, deep.ratio);
        let told = format!("{what}: {} at depth {}, {} at depth {}", told(&shallow), ends.0, told(&deep), ends.1);
        match is_apart {
            (_, true) => kept.push(told),
            // That they cannot be told apart is by itself no sign of it.
            (true, false) if distance(&deep) <= GONE * distance(&shallow) => gone.push(told),
            (true, false) => open.push(told),
            (false, false) => never.push(told),
        }
        findings.push(finding(format!("{what}, depth {}", ends.1), deep));
        findings.push(finding(format!("{what}, depth {}", ends.0), shallow));
    };
    for (variant, name) in &variants {
        for (arithmetic, format) in spec.formats.iter().enumerate() {
            judge(
                format!("noise/signal of layer 1 of {name} over relu's in {format}"),
                noise(*variant, arithmetic, 0),
                noise(*variant, arithmetic, last),
                (spec.depths[0], spec.depths[last]),
            );
        }
        judge(
            format!("last loss of {name} over relu's, trained in f64"),
            loss(*variant, 0),
            loss(*variant, last_trained),
            (spec.trained_depths[0], spec.trained_depths[last_trained]),
        );
    }
    let answer = match (gone.len(), kept.len() + open.len()) {
        (0, 0) => {
            Answer::DependsOn("what is compared: at no depth is a difference larger than that of the draws".into())
        }
        (_, 0) => Answer::Confirmed,
        (0, _) if open.is_empty() => Answer::Refuted,
        _ => Answer::DependsOn("what is compared".into()),
    };
    let listed = |words: &str, cases: &[String]| (!cases.is_empty()).then(|| format!("{words} {}.", cases.join("; ")));
    let reasons = [
        listed("Where shallow networks differ, and deep ones hardly and not beyond their draws:", &gone),
        listed("Where medians stay apart, but deep networks differ so much by draw that nothing follows:", &open),
        listed("Where deep networks differ:", &kept),
        listed("Where neither differs beyond its draws:", &never),
    ];
    let by_depth = |variant: usize, name: &str, arithmetic: usize| {
        let points = (0..spec.depths.len()).map(|depth| noise(variant, arithmetic, depth).ratio).collect();
        series(format!("{name}, {}", spec.formats[arithmetic]), points)
    };
    let arithmetics = 0..spec.formats.len();
    Claim {
        letter: 'e',
        statement: "With depth the difference between ReLU and its parametric variants goes to zero.".into(),
        answer,
        reasons: reasons.into_iter().flatten().collect(),
        findings,
        charts: vec![
            ratios_by_depth(
                "Noise of layer 1 at initialisation, compared with relu's on the same draws, by format",
                "noise / relu's noise",
                &spec.depths,
                (variants.iter())
                    .flat_map(|(variant, name)| {
                        arithmetics.clone().map(move |arithmetic| (*variant, *name, arithmetic))
                    })
                    .map(|(variant, name, arithmetic)| by_depth(variant, name, arithmetic))
                    .collect(),
            ),
            ratios_by_depth(
                "Loss at the end of training in f64, compared with relu's",
                "loss / relu's loss",
                &spec.trained_depths,
                (variants.iter())
                    .map(|(variant, name)| {
                        series(*name, (0..spec.trained_depths.len()).map(|depth| loss(*variant, depth).ratio).collect())
                    })
                    .collect(),
            ),
        ],
    }
}
