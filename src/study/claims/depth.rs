//! (e) With depth the difference between ReLU and its parametric variants goes to zero.

use super::{Evidence, RELU, differs, distance, finding, place_of, ratios_by_depth, series, told};
use crate::record::study::{Answer, Claim, Spread};
use crate::study::spread;

/// The parametric variants.
const VARIANTS: [&str; 2] = ["leaky", "prelu"];

pub fn claim(evidence: &Evidence) -> Claim {
    let Evidence { spec, survey, trainings, .. } = evidence;
    let variants: Vec<(usize, &str)> =
        VARIANTS.iter().filter_map(|name| Some((place_of(spec, name)?, *name))).collect();
    let noise = |variant: usize, arithmetic: usize, depth: usize| -> Spread {
        spread::of(survey.noise_ratios(0, depth, arithmetic, variant, RELU))
    };
    let loss = |variant: usize, depth: usize| -> Spread {
        let pairs = trainings.references(depth, variant).into_iter().zip(trainings.references(depth, RELU));
        spread::of(pairs.map(|(variant, relu)| variant.last_loss() / relu.last_loss()))
    };
    let (last, last_trained) = (spec.depths.len() - 1, spec.trained_depths.len() - 1);
    let (mut shrinking, mut kept, mut findings) = (Vec::new(), Vec::new(), Vec::new());
    let mut judge = |what: String, shallow: Spread, deep: Spread, ends: (usize, usize)| {
        // Gone where the deepest interval leaves room for no difference and the median came closer.
        let is_gone = !differs(&deep) && distance(&deep) <= distance(&shallow);
        let told = format!("{what}: {} at depth {}, {} at depth {}", told(&shallow), ends.0, told(&deep), ends.1);
        if is_gone {
            shrinking.push(told)
        } else {
            kept.push(told)
        }
        findings.push(finding(format!("{what}, depth {}", ends.0), shallow));
        findings.push(finding(format!("{what}, depth {}", ends.1), deep));
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
    let answer = match (shrinking.len(), kept.len()) {
        (_, 0) => Answer::Confirmed,
        (0, _) => Answer::Refuted,
        _ => Answer::DependsOn("what is compared".into()),
    };
    let listed = |words: &str, cases: &[String]| (!cases.is_empty()).then(|| format!("{words} {}.", cases.join("; ")));
    let reasons = [listed("The difference is gone with depth in", &shrinking), listed("It stays, or grows, in", &kept)];
    let by_depth = |variant: usize, name: &str, arithmetic: usize| {
        let points = (0..spec.depths.len()).map(|depth| noise(variant, arithmetic, depth)).collect();
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
                "Noise/signal of layer 1 at initialisation, over relu's on the same draws",
                "ratio",
                &spec.depths,
                (variants.iter())
                    .flat_map(|(variant, name)| {
                        arithmetics.clone().map(move |arithmetic| (*variant, *name, arithmetic))
                    })
                    .map(|(variant, name, arithmetic)| by_depth(variant, name, arithmetic))
                    .collect(),
            ),
            ratios_by_depth(
                "Last loss after training in f64, over relu's",
                "ratio",
                &spec.trained_depths,
                (variants.iter())
                    .map(|(variant, name)| {
                        series(*name, (0..spec.trained_depths.len()).map(|depth| loss(*variant, depth)).collect())
                    })
                    .collect(),
            ),
        ],
    }
}
