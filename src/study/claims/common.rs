//! What the claims share: places, charts, words and paired comparisons.

use crate::judgement::ranking::{Trials, compared, exactly};
use crate::number::Number;
use crate::record::study::{Chart, Finding, Series, Spread, StudySpec};
use crate::report::numbers::{Notation, short as short_in};
use crate::study::{Evidence, spread};
use std::cmp::Ordering;

/// Place of ReLU, which all others are compared with, and of leaky ReLU, among the activations.
pub(super) const RELU: usize = 0;
/// Place of leaky ReLU.
pub(super) const LEAKY: usize = 1;

/// The place of an activation; `None` if the study does not have it.
pub(super) fn place_of(spec: &StudySpec, activation: &str) -> Option<usize> {
    spec.activations.iter().position(|name| name == activation)
}

pub(super) fn finding(what: impl Into<String>, value: Spread) -> Finding {
    Finding { what: what.into(), value }
}

/// Series of a chart, each with its name and its points by place.
pub(super) fn series<N: Into<String>, P: IntoIterator<Item = Spread>>(
    all: impl IntoIterator<Item = (N, P)>,
) -> Vec<Series> {
    all.into_iter().map(|(name, points)| Series { name: name.into(), points: points.into_iter().collect() }).collect()
}

/// A chart over depths.
pub(super) fn by_depth(
    title: impl Into<String>,
    vertical: impl Into<String>,
    at: &[usize],
    series: Vec<Series>,
) -> Chart {
    Chart {
        title: title.into(),
        horizontal: "number of hidden layers".into(),
        vertical: vertical.into(),
        logarithmic: false,
        places: at.iter().map(usize::to_string).collect(),
        series,
        references: vec![],
    }
}

/// A chart over depths with a logarithmic axis and 1 as its reference.
pub(super) fn ratios_by_depth(title: &str, vertical: &str, at: &[usize], series: Vec<Series>) -> Chart {
    let references = vec![("no difference".into(), Number::Finite(1.0))];
    Chart { logarithmic: true, references, ..by_depth(title, vertical, at, series) }
}

/// `0.284 [0.2–0.31]`: a spread in words.
pub(super) fn told(spread: &Spread) -> String {
    let number = |number: Number| short(number.value());
    match spread.count {
        0 => "no value".into(),
        1 => number(spread.median),
        _ => format!("{} [{}–{}]", number(spread.median), number(spread.low), number(spread.high)),
    }
}

/// `3 of 10`.
pub(super) fn share(count: usize, of: usize) -> String {
    format!("{count} of {of}")
}

/// Two contenders on the same draws.
pub(super) struct Paired {
    /// The first's number over the second's.
    pub(super) ratio: Spread,
    /// Which is less by the rule of rankings; `None` if they cannot be told apart.
    pub(super) order: Option<Ordering>,
}

impl Paired {
    pub(super) fn new(one: &Trials, other: &Trials) -> Paired {
        let pairs = one.iter().zip(other).filter_map(|(one, other)| Some(((*one)?, (*other)?)));
        let ratio = spread::of(pairs.map(|(one, other)| one.value / other.value));
        Paired { ratio, order: compared(one, other) }
    }

    /// Whether the rule of rankings tells them apart.
    pub(super) fn differs(&self) -> bool {
        self.order.is_some()
    }
}

/// Noise of layer 1 at initialisation compared with relu's.
pub(super) fn noise(evidence: &Evidence, activation: usize, arithmetic: usize, depth: usize) -> Paired {
    let of = |activation| evidence.survey.noise(0, depth, activation, arithmetic);
    Paired::new(&of(activation), &of(RELU))
}

/// The last loss of a training in f64 compared with relu's.
pub(super) fn loss(evidence: &Evidence, activation: usize, depth: usize) -> Paired {
    let of =
        |activation| exactly(evidence.trainings.references(depth, activation).iter().map(|learnt| learnt.last_loss));
    Paired::new(&of(activation), &of(RELU))
}

/// |log₂| of a spread's median, which is a ratio: how far from no difference.
pub(super) fn distance(spread: &Spread) -> f64 {
    let median = spread.median.value();
    if median > 0.0 { core_math::log2(median).abs() } else { f64::INFINITY }
}

/// A number as sentences and tables have it.
pub(super) fn short(x: f64) -> String {
    short_in(x, Notation::Plain)
}

/// 2 to a power, 0 for −∞: the size behind a logarithm, where a double holds it.
pub(super) fn power_of_two(log2: f64) -> f64 {
    if log2.is_nan() { f64::NAN } else { core_math::exp2(log2) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ratio differs where the rule of rankings tells both apart: enough draws, the same sign, and a tenth between
    /// them.
    #[test]
    fn ratios_differ_by_the_rule_of_rankings() {
        let base = [0.2, 0.3, 0.25, 0.4, 0.22];
        let of = |factors: &[f64]| {
            let less: Vec<f64> = base.iter().zip(factors).map(|(x, factor)| x * factor).collect();
            Paired::new(&exactly(less.iter().copied()), &exactly(base[..factors.len()].iter().copied()))
        };
        for (factors, order, median) in [
            (&[0.5; 5][..], Some(Ordering::Less), 0.5),
            (&[2.0; 5], Some(Ordering::Greater), 2.0),
            (&[0.5; 4], None, 0.5),
            (&[0.95; 5], None, 0.95),
            (&[0.5, 0.5, 0.5, 0.5, 2.0], None, 0.5),
            (&[1.0; 5], None, 1.0),
        ] {
            let paired = of(factors);
            assert_eq!((paired.order, paired.differs()), (order, order.is_some()), "{factors:?}");
            assert_eq!(paired.ratio.median.value(), median, "{factors:?}");
        }
        let lost = Paired::new(&exactly([f64::NAN; 5]), &exactly(base));
        assert!(lost.ratio.count == 0 && !lost.differs());
    }
}
