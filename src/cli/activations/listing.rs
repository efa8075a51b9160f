//! All activations in one table.

use crate::activation::{Break, Facts, Growth, JointFacts};
use crate::report::numbers::{Notation::Plain, short};
use crate::report::page::{Block, text as rendered};
use crate::report::table::Table;

/// Most characters of a constant in the table; a longer one is rounded.
const LONG: usize = 16;

const NOTES: [&str; 4] = [
    "kinks: points where φ' jumps; (φ): φ itself jumps; (φ''): only φ'' or a higher derivative jumps (not a kink).",
    "Λ₁ ≥ |φ'| and Λ₂ ≥ |φ''| on all segments. gain: standard deviation of the weights × √fan-in that keeps a \
     pre-activation variance of 1. χ₁: growth of the gradient's mean square per layer at that gain; *: the variance 1 is \
     not a stable fixed point, so χ₁ drifts.",
    "Numbers have 3 digits; constants are exact unless marked ≈. silu is swish:1; swish:BETA has any other sharpness.",
    "precision-probe activations NAME describes one in full and plots φ and φ'; --edge prints the edge of chaos, at which \
     χ₁ = 1; --json prints every number in full.",
];

/// What `activations` prints.
pub fn text(catalogue: &[Facts]) -> String {
    let mut table = Table::titled(["activation", "kinks", "Λ₁", "Λ₂", "gain", "χ₁", "constants"]);
    catalogue.iter().for_each(|facts| table.push(row(facts)));
    rendered(&[table.into(), Block::Facts(NOTES.map(String::from).into())])
}

fn row(facts: &Facts) -> [String; 7] {
    let mark = if facts.unstable { "*" } else { "" };
    [
        facts.grammar.clone(),
        kinks(&facts.joints),
        growth(&facts.lipschitz, |x| short(x, Plain)),
        short(facts.curvature, Plain),
        short(facts.preserving_gain, Plain),
        short(facts.chi1, Plain) + mark,
        facts.constants.iter().map(|constant| shortened(constant)).collect::<Vec<_>>().join(", "),
    ]
}

/// `0`, `±3`, `±0.5 (φ)`, `0 (φ'')`.
fn kinks(joints: &[JointFacts]) -> String {
    let places = match joints {
        [] => return "none".into(),
        [one, other] if one.at == -other.at => format!("±{}", short(other.at, Plain)),
        _ => joints.iter().map(|joint| short(joint.at, Plain)).collect::<Vec<_>>().join(", "),
    };
    match joints.iter().map(|joint| joint.breaks).max() {
        Some(Break::Value) => format!("{places} (φ)"),
        Some(Break::Curvature) => format!("{places} (φ'')"),
        _ => places,
    }
}

/// `1.13`, `2|x|`, `1 + 2|x|`.
pub fn growth(bound: &Growth, number: impl Fn(f64) -> String) -> String {
    match (bound.constant == 0.0, bound.per_reach == 0.0) {
        (_, true) => number(bound.constant),
        (true, false) => format!("{}|x|", number(bound.per_reach)),
        (false, false) => format!("{} + {}|x|", number(bound.constant), number(bound.per_reach)),
    }
}

/// A constant, with its value rounded if it is long.
fn shortened(constant: &str) -> String {
    let Some((name, value)) = constant.split_once(" = ") else { return constant.into() };
    match value.parse() {
        Ok(number) if value.len() > LONG => format!("{name} ≈ {}", short(number, Plain)),
        _ => constant.into(),
    }
}
