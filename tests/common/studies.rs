//! Synthetic studies: every state that a report must show, without measuring anything.
#![allow(dead_code)] // each test binary uses a part

use precision_probe::record::Number;
use precision_probe::record::study::*;

/// A spread around a median.
pub fn spread(low: f64, median: f64, high: f64, count: usize) -> Spread {
    Spread { low: Number::new(low), median: Number::new(median), high: Number::new(high), count }
}

/// Half and twice the median at the ends.
pub fn around(median: f64, count: usize) -> Spread {
    spread(median / 2.0, median, median * 2.0, count)
}

/// Nothing.
pub fn nothing() -> Spread {
    spread(f64::NAN, f64::NAN, f64::NAN, 0)
}

pub fn finding(what: &str, value: Spread) -> Finding {
    Finding { what: what.into(), value }
}

pub fn series(name: &str, points: Vec<Spread>) -> Series {
    Series { name: name.into(), points }
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

const ACTIVATIONS: [&str; 6] = ["relu", "leaky", "prelu", "elu", "silu", "tanh"];
const DEPTHS: [&str; 5] = ["5", "10", "20", "50", "100"];

/// Curves of all activations over the depths: a start, and what each depth multiplies it by.
fn over_depths(starts: [f64; 6], factor: f64) -> Vec<Series> {
    let curve =
        |start: f64| (0..5).map(|step| around(start * core_math::pow(factor, f64::from(step)), 10)).collect::<Vec<_>>();
    ACTIVATIONS.iter().zip(starts).map(|(name, start)| series(name, curve(start))).collect()
}

fn chart(title: &str, vertical: &str, logarithmic: bool, series: Vec<Series>) -> Chart {
    Chart {
        title: title.into(),
        horizontal: "hidden layers".into(),
        vertical: vertical.into(),
        logarithmic,
        places: strings(&DEPTHS),
        series,
        references: Vec::new(),
    }
}

fn shares(title: &str, shares: [[f64; 5]; 6]) -> Chart {
    let curve = |shares: [f64; 5]| shares.iter().map(|share| spread(*share, *share, *share, 100)).collect();
    let curves = ACTIVATIONS.iter().zip(shares).map(|(name, shares)| series(name, curve(shares))).collect();
    Chart { references: Vec::new(), ..chart(title, "share of draws", false, curves) }
}

fn claim(letter: char, statement: &str, answer: Answer, charts: Vec<Chart>) -> Claim {
    Claim { letter, statement: statement.into(), answer, reasons: Vec::new(), findings: Vec::new(), charts }
}

/// Six claims with answers, findings and charts of every kind.
pub fn study() -> Study {
    Study {
        schema: SCHEMA.into(),
        version: "0.1.0".into(),
        spec: StudySpec::default(),
        spec_hash: "0123456789abcdef".repeat(4),
        networks: 5400,
        copies: 360,
        claims: vec![vanishing(), constant_side(), noise(), slopes(), depth(), elu()],
    }
}

fn vanishing() -> Claim {
    let mut sizes = over_depths([3e-3, 2.8e-3, 2.9e-3, 2e-3, 4e-4, 1e-3], 1e-2);
    // Underflow to zero in deep networks, and one draw without a value.
    sizes[4].points[4] = spread(0.0, 0.0, 0.0, 10);
    sizes[5].points[3] = spread(0.0, 1e-9, 1e-8, 10);
    sizes[5].points[4] = spread(0.0, 0.0, 0.0, 10);
    sizes[3].points[2] = nothing();
    let mut first = chart("Size of layer 1's exact gradient", "root mean square of its entries", true, sizes);
    first.references = vec![
        ("smallest normal number of f16".into(), Number::new(6.1e-5)),
        ("smallest subnormal number of f16".into(), Number::new(5.96e-8)),
    ];
    let dead = shares(
        "Draws whose exact gradient of layer 1 is exactly zero, narrow networks of 8 units",
        [[0.0, 0.12, 0.55, 0.97, 1.0], [0.0; 5], [0.0; 5], [0.0; 5], [0.0; 5], [0.0; 5]],
    );
    let answer = Answer::Refuted;
    Claim {
        reasons: strings(&[
            "In truth leaky's gradient never is exactly zero: 0 of 100 narrow networks of depth 100 are dead, of ReLU's 100.",
            "But it shrinks by as much as ReLU's with a small gain, and in f16 it underflows: at depth 100 entries that \
             carry 0.93 of its square are computed as zero.",
        ]),
        findings: vec![
            finding("share of dead draws, leaky, width 8, depth 100", spread(0.0, 0.0, 0.0, 100)),
            finding("share of dead draws, relu, width 8, depth 100", spread(1.0, 1.0, 1.0, 100)),
            finding(
                "share of the exact gradient's square that f16 computes as zero, layer 1, leaky, depth 100, init kaiming \
                 with a gain of 1",
                spread(0.71, 0.93, 1.0, 10),
            ),
        ],
        ..claim('a', "With leaky ReLU the gradient cannot vanish", answer, vec![first, dead])
    }
}

fn constant_side() -> Claim {
    let first = shares(
        "Draws whose exact gradient of layer 1 is exactly zero",
        [
            [0.0, 0.02, 0.31, 0.85, 1.0],
            [0.0; 5],
            [0.0, 0.0, 0.0, 0.0, 0.01],
            [0.0; 5],
            [0.0; 5],
            [0.0, 0.0, 0.0, 0.03, 0.2],
        ],
    );
    let mut second = chart(
        "Gradient of layer 1 against the head's",
        "norm of layer 1 over norm of the head",
        true,
        over_depths([0.9, 0.95, 0.97, 0.8, 0.2, 0.5], 0.4),
    );
    second.references = vec![("equal".into(), Number::new(1.0))];
    let third = chart(
        "Units of the last hidden layer that are constant on the batch",
        "share of units",
        false,
        over_depths([0.01, 0.0, 0.0, 0.001, 0.002, 0.0], 2.5),
    );
    Claim {
        reasons: strings(&[
            "Where the gradient is small, constant sides zero it; where it keeps its size, they do not.",
        ]),
        findings: vec![
            finding(
                "dead draws of relu over leaky's, depth 50",
                spread(f64::INFINITY, f64::INFINITY, f64::INFINITY, 100),
            ),
            finding("log₁₀ of the gradient's change per layer, relu minus leaky", spread(-0.02, 0.003, 0.015, 10)),
        ],
        ..claim(
            'b',
            "A constant side of the activation is a problem where gradients become vanishingly small",
            Answer::DependsOn("the width: narrow networks die, wide ones do not".into()),
            vec![first, second, third],
        )
    }
}

fn noise() -> Claim {
    let names = ["relu, f16", "relu, bf16", "relu, f32", "leaky, f16", "leaky, bf16", "leaky, f32"];
    let mut curves = over_depths([0.02, 0.09, 1.5e-7, 0.021, 0.1, 1.4e-7], 2.3);
    for (curve, name) in curves.iter_mut().zip(names) {
        curve.name = name.into();
    }
    curves[0].points[4] = spread(f64::INFINITY, f64::INFINITY, f64::INFINITY, 10);
    curves[1].points[4] = spread(1.5, 4.0, f64::INFINITY, 10);
    let mut first = chart("Noise/signal of layer 1 at initialisation", "noise/signal", true, curves);
    first.references = vec![("noise = signal".into(), Number::new(1.0)), ("noisy from 0.1".into(), Number::new(0.1))];
    let mut second = chart(
        "How much the loss has fallen after 200 updates, trained in one arithmetic",
        "loss of f32 over loss",
        true,
        over_depths([1.0, 1.01, 0.99, 0.97, 0.9, 0.95], 0.93),
    );
    second.references = vec![("as f32".into(), Number::new(1.0))];
    Claim {
        reasons: strings(&["In bf16 at depth 100 noise is 4 times the signal, and the loss no longer falls."]),
        findings: vec![finding("noise/signal of layer 1, relu, bf16, depth 100", spread(1.5, 4.0, f64::INFINITY, 10))],
        ..claim(
            'c',
            "Rounding noise can dominate the correction signal, and then learning stops",
            Answer::Confirmed,
            vec![first, second],
        )
    }
}

fn slopes() -> Claim {
    let slopes = ["0.5", "2", "0.75", "1.25", "1.5", "3"];
    let curve = |name: &str, differences: [f64; 6]| {
        series(
            name,
            differences
                .iter()
                .map(|one| if *one == 0.0 { spread(0.0, 0.0, 0.0, 10) } else { around(*one, 10) })
                .collect(),
        )
    };
    let chart = Chart {
        title: "Difference that a slope on the positive side makes to layer 1's computed gradient, divided out again"
            .into(),
        horizontal: "slope on the positive side (the first two are powers of two)".into(),
        vertical: "‖difference‖₂ over noise".into(),
        logarithmic: true,
        places: strings(&slopes),
        series: vec![
            curve("f16", [0.0, 0.0, 0.9, 1.1, 1.0, 1.3]),
            curve("bf16", [0.0, 0.0, 1.0, 0.95, 1.2, 1.1]),
            curve("f32", [0.0, 0.0, 1.05, 0.97, 1.02, 1.0]),
        ],
        references: vec![("as large as the noise".into(), Number::new(1.0))],
    };
    Claim {
        reasons: strings(&["Powers of two change nothing; other slopes round anew, by no more than the noise."]),
        findings: vec![finding("largest difference over noise, slope 3, f16", around(1.3, 10))],
        ..claim('d', "A slope parameter on the positive side is redundant", Answer::Confirmed, vec![chart])
    }
}

fn depth() -> Claim {
    let curve = |name: &str, values: [(f64, f64, f64); 5]| {
        series(name, values.map(|(low, median, high)| spread(low, median, high, 10)).to_vec())
    };
    let first = Chart {
        references: vec![("no difference".into(), Number::new(1.0))],
        ..chart(
            "Noise/signal of the variant over ReLU's, layer 1, f16",
            "ratio of noise/signal",
            true,
            vec![
                curve("leaky", [(0.9, 1.0, 1.1), (0.8, 0.98, 1.2), (0.7, 1.05, 1.3), (0.5, 0.9, 1.6), (0.3, 0.8, 2.4)]),
                curve(
                    "prelu",
                    [(0.7, 0.8, 0.9), (0.6, 0.7, 0.85), (0.4, 0.55, 0.8), (0.2, 0.3, 0.6), (0.05, 0.1, 0.3)],
                ),
            ],
        )
    };
    Claim {
        reasons: strings(&["The difference grows with depth for prelu and stays for leaky."]),
        findings: vec![finding(
            "noise/signal of prelu over relu's, layer 1, f16, depth 100",
            spread(0.05, 0.1, 0.3, 10),
        )],
        ..claim(
            'e',
            "With depth the difference between ReLU and its parametric variants goes to zero",
            Answer::Refuted,
            vec![first],
        )
    }
}

fn elu() -> Claim {
    let curve =
        |name: &str, values: [f64; 5]| series(name, values.map(|one| spread(one - 0.04, one, one + 0.03, 3)).to_vec());
    let first = Chart {
        references: vec![("guessing".into(), Number::new(0.1))],
        ..chart(
            "Held-out samples that are right after 200 updates in f16",
            "share of samples",
            false,
            vec![curve("relu", [0.9, 0.88, 0.7, 0.3, 0.12]), curve("elu", [0.92, 0.91, 0.85, 0.5, 0.11])],
        )
    };
    Claim {
        reasons: strings(&["In shallow networks neither saturates; at depth 50 ELU learns in f16 and ReLU does not."]),
        findings: vec![finding(
            "share of right held-out samples, elu minus relu, depth 50, f16",
            spread(0.15, 0.2, 0.26, 3),
        )],
        ..claim(
            'f',
            "ELU avoids saturation in shallow networks and makes no difference in deep ones",
            Answer::DependsOn("the arithmetic and on what is called deep".into()),
            vec![first],
        )
    }
}
