//! (d) A slope parameter on the positive side is redundant.

use super::common::{Paired, finding, series, share, short, told};
use crate::format::{exponent_of, two_to};
use crate::judgement::ranking::exactly;
use crate::number::Number;
use crate::record::study::{Answer, Chart, Claim};
use crate::study::Evidence;
use crate::study::slopes::{DEPTH, Pair};
use crate::study::spread;

/// Of so many.
type Count = (usize, usize);

pub fn claim(evidence: &Evidence) -> Claim {
    let Evidence { spec, .. } = evidence;
    let is_power = |slope: f64| two_to(exponent_of(slope)) == slope;
    let networks = spec.slopes.len() * spec.trials;
    let (agreeing, _) = counted(evidence, |_| true, |pair| usize::from(pair.agrees));
    let same = |pair: &Pair| pair.is_same.iter().filter(|same| **same).count();
    let unbounded = |pair: &Pair| pair.is_same_unbounded.iter().filter(|same| **same).count();
    let powers = counted(evidence, is_power, same);
    let others = counted(evidence, |slope| !is_power(slope), same);
    let same_unbounded = counted(evidence, is_power, unbounded);
    let of = |(count, of): Count| spread::single(count as f64 / of as f64, of);
    let mut findings = vec![
        finding(
            format!(
                "share of {networks} pairs of networks whose exact gradients of layer 1 agree as far as they are proven"
            ),
            of((agreeing, networks)),
        ),
        finding(
            "slopes that are powers of two: computed gradients of layer 1 that are the same bit by bit (share)",
            of(powers),
        ),
        finding("the same with unbounded exponents (share)", of(same_unbounded)),
        finding("other slopes: the same bit by bit (share)", of(others)),
    ];
    let mut apart = Vec::new();
    for (index, slope) in spec.slopes.iter().enumerate().filter(|(_, slope)| !is_power(**slope)) {
        for (arithmetic, format) in spec.formats.iter().enumerate() {
            let (paired, slope) = (paired(evidence, index, arithmetic), short(*slope));
            if paired.differs() {
                apart.push(format!("{slope} in {format} ({})", told(&paired.ratio)));
            }
            let what = format!("noise/signal of layer 1 with slope {slope} over folded into the weights, {format}");
            findings.push(finding(what, paired.ratio));
        }
    }
    let is_redundant = agreeing == networks && same_unbounded.0 == powers.1;
    let answer = match (is_redundant, apart.is_empty()) {
        (true, true) => Answer::Confirmed,
        (true, false) => {
            Answer::DependsOn("rounding: in real arithmetic and for powers of two it is, otherwise not always".into())
        }
        (false, _) => Answer::Refuted,
    };
    Claim {
        letter: 'd',
        statement: "A slope parameter on the positive side is redundant.".into(),
        answer,
        reasons: reasons((agreeing, networks), [same_unbounded, powers, others], &apart),
        findings,
        charts: vec![chart(evidence)],
    }
}

/// What holds of so many arithmetics in the pairs of some slopes, and of how many.
fn counted(evidence: &Evidence, is_asked: impl Fn(f64) -> bool, holds: impl Fn(&Pair) -> usize) -> Count {
    let Evidence { spec, slopes, .. } = evidence;
    let asked = || spec.slopes.iter().zip(&slopes.pairs).filter(|(slope, _)| is_asked(**slope));
    (asked().flat_map(|(_, pairs)| pairs).map(holds).sum(), asked().count() * spec.trials * spec.formats.len())
}

/// Noise with a slope, and with the slope in the weights.
fn paired(evidence: &Evidence, slope: usize, arithmetic: usize) -> Paired {
    let pairs = &evidence.slopes.pairs[slope];
    let [with, without] = [0, 1].map(|which| exactly(pairs.iter().map(|pair| pair.noise[arithmetic][which].value())));
    Paired::new(&with, &without)
}

fn reasons(agreeing: Count, [unbounded, powers, others]: [Count; 3], apart: &[String]) -> Vec<String> {
    let of = |(count, of): Count| share(count, of);
    vec![
        format!(
            "In real arithmetic c·leaky(z) with weights W is leaky(z) with weights c·W: the exact gradients of layer 1 agree \
             as far as they are proven in {} pairs of networks of depth {DEPTH}.",
            of(agreeing)
        ),
        format!(
            "In rounded arithmetic a power of two changes no bit of them where exponents have no ends ({} computed \
             gradients), and in the formats themselves in {}: what underflows gradually is rounded at another place. Any \
             other slope changes bits ({} stay as they are).",
            of(unbounded),
            of(powers),
            of(others)
        ),
        match apart {
            [] => "That there is more or less noise for it is not seen: no pair of networks can be told apart by it."
                .into(),
            some => format!(
                "And noise may differ, because one of the two rounds where the other does not, or its folded weights have \
                 more bits than the format: {}.",
                some.join(", ")
            ),
        },
    ]
}

fn chart(evidence: &Evidence) -> Chart {
    let spec = evidence.spec;
    let ratios = |(arithmetic, name): (usize, &String)| {
        (name.clone(), (0..spec.slopes.len()).map(move |slope| paired(evidence, slope, arithmetic).ratio))
    };
    Chart {
        title: "Noise of layer 1 with slope c, compared with the same network that has c in its next weights instead"
            .into(),
        horizontal: "slope c on the positive side".into(),
        vertical: "noise with the slope / without".into(),
        logarithmic: true,
        places: spec.slopes.iter().map(|slope| short(*slope)).collect(),
        series: series(spec.formats.iter().enumerate().map(ratios)),
        references: vec![("no difference".into(), Number::Finite(1.0))],
    }
}
