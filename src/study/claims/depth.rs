//! (e) With depth the difference between ReLU and its parametric variants goes to zero.

use super::common::{Paired, distance, finding, loss, noise, place_of, ratios_by_depth, series, told};
use crate::record::study::{Answer, Claim, Finding};
use crate::study::Evidence;

/// A difference is gone if its logarithm is at most this share of what it was.
const GONE: f64 = 0.5;

/// The parametric variants.
const VARIANTS: [&str; 2] = ["leaky", "prelu"];

/// Comparisons in words, by what becomes of a difference with depth.
#[derive(Default)]
struct Compared {
    gone: Vec<String>,
    kept: Vec<String>,
    open: Vec<String>,
    never: Vec<String>,
    findings: Vec<Finding>,
}

impl Compared {
    fn add(&mut self, what: &str, (shallow, at_shallow): (Paired, usize), (deep, at_deep): (Paired, usize)) {
        let is_apart = (shallow.differs(), deep.differs());
        let (shallow, deep) = (shallow.ratio, deep.ratio);
        let told = format!("{what}: {} at depth {at_shallow}, {} at depth {at_deep}", told(&shallow), told(&deep));
        match is_apart {
            (_, true) => self.kept.push(told),
            // That they cannot be told apart is by itself no sign of it.
            (true, false) if distance(&deep) <= GONE * distance(&shallow) => self.gone.push(told),
            (true, false) => self.open.push(told),
            (false, false) => self.never.push(told),
        }
        self.findings.push(finding(format!("{what}, depth {at_deep}"), deep));
        self.findings.push(finding(format!("{what}, depth {at_shallow}"), shallow));
    }

    fn answer(&self) -> Answer {
        match (self.gone.len(), self.kept.len() + self.open.len()) {
            (0, 0) => {
                Answer::DependsOn("what is compared: at no depth is a difference larger than that of the draws".into())
            }
            (_, 0) => Answer::Confirmed,
            (0, _) if self.open.is_empty() => Answer::Refuted,
            _ => Answer::DependsOn("what is compared".into()),
        }
    }

    fn reasons(&self) -> Vec<String> {
        let all = [
            ("Where shallow networks differ, and deep ones hardly and not beyond their draws:", &self.gone),
            ("Where medians stay apart, but deep networks differ so much by draw that nothing follows:", &self.open),
            ("Where deep networks differ:", &self.kept),
            ("Where neither differs beyond its draws:", &self.never),
        ];
        let known = all.into_iter().filter(|(_, cases)| !cases.is_empty());
        known.map(|(words, cases)| format!("{words} {}.", cases.join("; "))).collect()
    }
}

pub fn claim(evidence: &Evidence) -> Claim {
    let Evidence { spec, .. } = evidence;
    let variants: Vec<(usize, &'static str)> =
        VARIANTS.iter().filter_map(|name| Some((place_of(spec, name)?, *name))).collect();
    let mut compared = Compared::default();
    for (variant, name) in &variants {
        let ends = |depths: &[usize], paired: &dyn Fn(usize) -> Paired| {
            [0, depths.len() - 1].map(|place| (paired(place), depths[place]))
        };
        for (arithmetic, format) in spec.formats.iter().enumerate() {
            let [shallow, deep] = ends(&spec.depths, &|depth| noise(evidence, *variant, arithmetic, depth));
            compared.add(&format!("noise/signal of layer 1 of {name} over relu's in {format}"), shallow, deep);
        }
        let [shallow, deep] = ends(&spec.trained_depths, &|depth| loss(evidence, *variant, depth));
        compared.add(&format!("last loss of {name} over relu's, trained in f64"), shallow, deep);
    }
    let noises = |(variant, name, arithmetic): (usize, &str, usize)| {
        let points = (0..spec.depths.len()).map(move |depth| noise(evidence, variant, arithmetic, depth).ratio);
        (format!("{name}, {}", spec.formats[arithmetic]), points)
    };
    let losses = |(variant, name): &(usize, &'static str)| {
        let variant = *variant;
        (*name, (0..spec.trained_depths.len()).map(move |depth| loss(evidence, variant, depth).ratio))
    };
    let cases =
        variants.iter().flat_map(|(variant, name)| (0..spec.formats.len()).map(move |at| (*variant, *name, at)));
    Claim {
        letter: 'e',
        statement: "With depth the difference between ReLU and its parametric variants goes to zero.".into(),
        answer: compared.answer(),
        reasons: compared.reasons(),
        charts: vec![
            ratios_by_depth(
                "Noise of layer 1 at initialisation, compared with relu's on the same draws, by format",
                "noise / relu's noise",
                &spec.depths,
                series(cases.map(noises)),
            ),
            ratios_by_depth(
                "Loss at the end of training in f64, compared with relu's",
                "loss / relu's loss",
                &spec.trained_depths,
                series(variants.iter().map(losses)),
            ),
        ],
        findings: compared.findings,
    }
}
