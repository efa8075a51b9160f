//! (d) A slope parameter on the positive side is redundant.

use super::common::{Paired, finding, series, share, short, told};
use crate::judgement::ranking::exactly;
use crate::number::Number;
use crate::record::study::{Answer, Chart, Claim};
use crate::study::Evidence;
use crate::study::slopes::{DEPTH, Pair};
use crate::study::spread;

pub fn claim(evidence: &Evidence) -> Claim {
    let Evidence { spec, slopes, .. } = evidence;
    let is_power = |slope: f64| crate::format::two_to(crate::format::exponent_of(slope)) == slope;
    let of = |wanted: bool| -> Vec<(usize, f64)> {
        spec.slopes.iter().copied().enumerate().filter(|(_, slope)| is_power(*slope) == wanted).collect()
    };
    let count = |slopes_of: &[(usize, f64)], holds: &dyn Fn(&Pair) -> usize| -> usize {
        slopes_of.iter().flat_map(|(index, _)| &slopes.pairs[*index]).map(holds).sum()
    };
    let everything: Vec<(usize, f64)> = spec.slopes.iter().copied().enumerate().collect();
    let agreeing = count(&everything, &|pair| usize::from(pair.agrees));
    let networks = everything.len() * spec.trials;
    let same = |slopes_of: &[(usize, f64)], which: fn(&Pair) -> &[bool]| {
        let found = count(slopes_of, &|pair| which(pair).iter().filter(|same| **same).count());
        (found, slopes_of.len() * spec.trials * spec.formats.len())
    };
    let (powers, others) = (of(true), of(false));
    let (same_powers, all_powers) = same(&powers, |pair| &pair.is_same);
    let (same_unbounded, _) = same(&powers, |pair| &pair.is_same_unbounded);
    let (same_others, all_others) = same(&others, |pair| &pair.is_same);
    let paired = |slope: usize, arithmetic: usize| {
        let of = |which: usize| exactly(slopes.pairs[slope].iter().map(|pair| pair.noise[arithmetic][which].value()));
        Paired::new(&of(0), &of(1))
    };
    let mut apart = Vec::new();
    let mut findings = vec![
        finding(
            format!(
                "share of {networks} pairs of networks whose exact gradients of layer 1 agree as far as they are proven"
            ),
            spread::single(agreeing as f64 / networks as f64, networks),
        ),
        finding(
            "slopes that are powers of two: computed gradients of layer 1 that are the same bit by bit (share)",
            spread::single(same_powers as f64 / all_powers as f64, all_powers),
        ),
        finding(
            "the same with unbounded exponents (share)",
            spread::single(same_unbounded as f64 / all_powers as f64, all_powers),
        ),
        finding(
            "other slopes: the same bit by bit (share)",
            spread::single(same_others as f64 / all_others as f64, all_others),
        ),
    ];
    for (index, slope) in &others {
        for (arithmetic, format) in spec.formats.iter().enumerate() {
            let paired = paired(*index, arithmetic);
            if paired.differs() {
                apart.push(format!("{} in {format} ({})", short(*slope), told(&paired.ratio)));
            }
            findings.push(finding(
                format!("noise/signal of layer 1 with slope {} over folded into the weights, {format}", short(*slope)),
                paired.ratio,
            ));
        }
    }
    let is_redundant = agreeing == networks && same_unbounded == all_powers;
    let answer = match (is_redundant, apart.is_empty()) {
        (true, true) => Answer::Confirmed,
        (true, false) => {
            Answer::DependsOn("rounding: in real arithmetic and for powers of two it is, otherwise not always".into())
        }
        (false, _) => Answer::Refuted,
    };
    let reasons = vec![
        format!(
            "In real arithmetic c·leaky(z) with weights W is leaky(z) with weights c·W: the exact gradients of layer 1 agree \
             as far as they are proven in {} pairs of networks of depth {DEPTH}.",
            share(agreeing, networks)
        ),
        format!(
            "In rounded arithmetic a power of two changes no bit of them where exponents have no ends ({} computed \
             gradients), and in the formats themselves in {}: what underflows gradually is rounded at another place. Any \
             other slope changes bits ({} stay as they are).",
            share(same_unbounded, all_powers),
            share(same_powers, all_powers),
            share(same_others, all_others)
        ),
        match apart.as_slice() {
            [] => "That there is more or less noise for it is not seen: no pair of networks can be told apart by it."
                .into(),
            some => format!(
                "And noise may differ, because one of the two rounds where the other does not, or its folded weights have \
                 more bits than the format: {}.",
                some.join(", ")
            ),
        },
    ];
    Claim {
        letter: 'd',
        statement: "A slope parameter on the positive side is redundant.".into(),
        answer,
        reasons,
        findings,
        charts: vec![Chart {
            title:
                "Noise of layer 1 with slope c, compared with the same network that has c in its next weights instead"
                    .into(),
            horizontal: "slope c on the positive side".into(),
            vertical: "noise with the slope / without".into(),
            logarithmic: true,
            places: spec.slopes.iter().map(|slope| short(*slope)).collect(),
            series: (spec.formats.iter().enumerate())
                .map(|(arithmetic, name)| {
                    series(name, (0..spec.slopes.len()).map(|slope| paired(slope, arithmetic).ratio).collect())
                })
                .collect(),
            references: vec![("no difference".into(), Number::Finite(1.0))],
        }],
    }
}
