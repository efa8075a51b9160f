//! The six claims: what each says, what decides it, and the answer.

mod constant_side;
mod depth;
mod elu;
mod noise;
mod slope;
mod vanishing;

use super::Evidence;
use super::spread;
use crate::record::study::{Chart, Claim, Finding, Series, Spread, StudySpec};
use crate::report::numbers::{Notation, short as short_in};

/// All claims in order.
pub fn all(evidence: &Evidence) -> Vec<Claim> {
    vec![
        vanishing::claim(evidence),
        constant_side::claim(evidence),
        noise::claim(evidence),
        slope::claim(evidence),
        depth::claim(evidence),
        elu::claim(evidence),
    ]
}

/// Place of ReLU, which all others are compared with, and of leaky ReLU, among the activations.
const RELU: usize = 0;
/// Place of leaky ReLU.
const LEAKY: usize = 1;

/// The place of an activation; none where the study has it not.
fn place_of(spec: &StudySpec, activation: &str) -> Option<usize> {
    spec.activations.iter().position(|name| name == activation)
}

/// Depths as places of a chart.
fn depths(depths: &[usize]) -> Vec<String> {
    depths.iter().map(usize::to_string).collect()
}

fn finding(what: impl Into<String>, value: Spread) -> Finding {
    Finding { what: what.into(), value }
}

fn series(name: impl Into<String>, points: Vec<Spread>) -> Series {
    Series { name: name.into(), points }
}

/// A chart over depths with a logarithmic axis and 1 as its reference.
fn ratios_by_depth(title: &str, vertical: &str, at: &[usize], series: Vec<Series>) -> Chart {
    Chart {
        title: title.into(),
        horizontal: "hidden layers".into(),
        vertical: vertical.into(),
        logarithmic: true,
        places: depths(at),
        series,
        references: vec![("no difference".into(), crate::number::Number::Finite(1.0))],
    }
}

/// `0.284 [0.2–0.31]`: a spread in words.
fn told(spread: &Spread) -> String {
    let number = |number: crate::number::Number| short(number.value());
    match spread.count {
        0 => "no value".into(),
        1 => number(spread.median),
        _ => format!("{} [{}–{}]", number(spread.median), number(spread.low), number(spread.high)),
    }
}

/// `3 of 10`.
fn share(count: usize, of: usize) -> String {
    format!("{count} of {of}")
}

/// True if an interval of ratios leaves no room for 1.
fn differs(spread: &Spread) -> bool {
    spread::is_below(spread, 1.0) || spread::is_above(spread, 1.0)
}

/// |log₂| of a spread's median, which is a ratio: how far from no difference.
fn distance(spread: &Spread) -> f64 {
    let median = spread.median.value();
    if median > 0.0 { core_math::log2(median).abs() } else { f64::INFINITY }
}

/// A number as sentences and tables have it.
fn short(x: f64) -> String {
    short_in(x, Notation::Plain)
}

/// 2 to a power, 0 for −∞: the size behind a logarithm, where a double holds it.
fn power_of_two(log2: f64) -> f64 {
    if log2.is_nan() { f64::NAN } else { core_math::exp2(log2) }
}
