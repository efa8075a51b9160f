//! Size of the true gradient's entries by layer, against the ranges of the formats.

use crate::record::{FormatFacts, Histogram, Number, Run};
use crate::report::numbers::{LOG10_2, Notation, power_of_two};

/// A format's limit is drawn if it lies within so many powers of ten of the data; else it is listed.
const NEAR: f64 = 6.0;

/// Limits closer than this (in powers of ten) share a line.
const SAME: f64 = 0.05;

/// The axis where no entry differs from zero.
const EMPTY_AXIS: (f64, f64) = (-10.0, 0.0);

/// One layer: log₁₀ of order statistics of the non-zero entries.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RangePoint {
    /// Layer number.
    pub layer: usize,
    /// Lower end of the power-of-two bin that holds the 1 % quantile.
    pub low: f64,
    /// Middle of the median's bin.
    pub median: f64,
    /// Upper end of the 99 % quantile's bin.
    pub high: f64,
    /// Upper end of the highest bin.
    pub largest: f64,
}

/// Which end of a format's range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the variants are their names
pub enum Edge {
    Largest,
    SmallestNormal,
    SmallestSubnormal,
}

impl Edge {
    /// All edges, from the top.
    pub const ALL: [Edge; 3] = [Edge::Largest, Edge::SmallestNormal, Edge::SmallestSubnormal];

    /// The edge in words.
    pub fn name(self) -> &'static str {
        match self {
            Edge::Largest => "largest",
            Edge::SmallestNormal => "smallest normal",
            Edge::SmallestSubnormal => "smallest subnormal",
        }
    }

    fn of(self, format: &FormatFacts) -> Number {
        match self {
            Edge::Largest => format.log2_max,
            Edge::SmallestNormal => format.log2_smallest_normal,
            Edge::SmallestSubnormal => format.log2_smallest_subnormal,
        }
    }
}

/// A horizontal line: where one or more formats end.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    /// Which end.
    pub edge: Edge,
    /// log₂ of its place.
    pub log2: f64,
    /// log₁₀ of its place.
    pub log10: f64,
    /// `f16 smallest normal 6.1·10⁻⁵`.
    pub label: String,
}

/// The panel.
#[derive(Clone, Debug, PartialEq)]
pub struct RangePanel {
    /// The axis, in powers of ten.
    pub axis: (f64, f64),
    /// Layers with non-zero entries.
    pub points: Vec<RangePoint>,
    /// Layers whose every entry is zero.
    pub zero_layers: Vec<usize>,
    /// Layers of which the truth tells no entry.
    pub unknown_layers: Vec<usize>,
    /// Limits within the axis, from above to below.
    pub limits: Vec<Limit>,
    /// Formats with limits beyond the axis, in words: `f32 (1.4·10⁻⁴⁵ to 3.4·10³⁸)`, `f16 largest 65500`.
    pub beyond: Vec<String>,
}

impl RangePanel {
    /// The panel of a run.
    pub fn new(run: &Run) -> RangePanel {
        let mut points = Vec::new();
        let mut zero_layers = Vec::new();
        let mut unknown_layers = Vec::new();
        for layer in &run.truth.layers {
            match point(layer.layer, &layer.histogram) {
                Some(point) => points.push(point),
                None if layer.histogram.zeros > 0 => zero_layers.push(layer.layer),
                None => unknown_layers.push(layer.layer),
            }
        }
        let data = points.iter().fold(None, |range: Option<(f64, f64)>, point| {
            let (low, high) = range.unwrap_or((point.low, point.largest));
            Some((low.min(point.low), high.max(point.largest)))
        });
        let (mut low, mut high) = data.unwrap_or(EMPTY_AXIS);
        let (near_low, near_high) = (low - NEAR, high + NEAR);
        let (near_low, near_high) = (near_low / LOG10_2, near_high / LOG10_2);
        let is_near = |log2: f64| (near_low..=near_high).contains(&log2);
        let limits = limits_within(run, (near_low, near_high));
        for limit in &limits {
            (low, high) = (low.min(limit.log10), high.max(limit.log10));
        }
        // At least two powers of ten, so that there are two ticks.
        if high - low < 2.0 {
            (low, high) = (low - 1.0, high + 1.0);
        }
        RangePanel { axis: (low, high), points, zero_layers, unknown_layers, limits, beyond: beyond(run, is_near) }
    }
}

/// Each format with limits beyond the axis once: its whole range if all are, else those that are.
pub(super) fn beyond(run: &Run, is_near: impl Fn(f64) -> bool) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for format in run.arithmetics.iter().map(|arithmetic| &arithmetic.format) {
        let limits = Edge::ALL.map(|edge| edge.of(format).finite());
        let far = |limit: &Option<f64>| limit.is_some_and(|log2| !is_near(log2));
        let value = |log2: f64| power_of_two(log2, Notation::Typeset);
        let text = match limits {
            [Some(largest), _, Some(smallest)] if limits.iter().all(far) => {
                format!("{} ({} to {})", format.name, value(smallest), value(largest))
            }
            _ => {
                let named = Edge::ALL.into_iter().zip(limits).filter(|(_, limit)| far(limit));
                let words: Vec<String> =
                    named.filter_map(|(edge, limit)| Some(format!("{} {}", edge.name(), value(limit?)))).collect();
                format!("{} {}", format.name, words.join(", "))
            }
        };
        if limits.iter().any(far) && !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts
}

/// Order statistics of the non-zero finite entries; `None` if there are none.
fn point(layer: usize, histogram: &Histogram) -> Option<RangePoint> {
    let total: u128 = histogram.counts.iter().map(|count| u128::from(*count)).sum();
    let bin = |rank: u128| {
        let mut below = 0;
        histogram.counts.iter().position(|count| {
            below += u128::from(*count);
            below >= rank
        })
    };
    // The ⌈n·q⌉-th of n entries: an order statistic, never interpolated.
    let at = |percent: u128| bin((total * percent).div_ceil(100).max(1));
    let log10 =
        |bin: usize, part: f64| (histogram.lowest as f64 + (bin as f64 + part) * histogram.bin as f64) * LOG10_2;
    let largest = histogram.counts.iter().rposition(|count| *count > 0)?;
    Some(RangePoint {
        layer,
        low: log10(at(1)?, 0.0),
        median: log10(at(50)?, 0.5),
        high: log10(at(99)?, 1.0),
        largest: log10(largest, 1.0),
    })
}

/// The limits from 2^`low` to 2^`high`, from above to below.
pub(super) fn limits_within(run: &Run, (low, high): (f64, f64)) -> Vec<Limit> {
    limits(run).into_iter().filter(|limit| (low..=high).contains(&limit.log2)).collect()
}

/// Every edge of every format once, formats that share one named together, from above to below.
fn limits(run: &Run) -> Vec<Limit> {
    let mut groups: Vec<(Edge, f64, Vec<&str>)> = Vec::new();
    for edge in Edge::ALL {
        for format in run.arithmetics.iter().map(|arithmetic| &arithmetic.format) {
            let Some(log2) = edge.of(format).finite() else { continue };
            match groups.iter_mut().find(|(other, at, _)| *other == edge && (at - log2).abs() * LOG10_2 < SAME) {
                Some((_, _, names)) if names.contains(&format.name.as_str()) => {}
                Some((_, _, names)) => names.push(&format.name),
                None => groups.push((edge, log2, vec![&format.name])),
            }
        }
    }
    let mut limits: Vec<Limit> = groups
        .into_iter()
        .map(|(edge, log2, names)| Limit {
            edge,
            log2,
            log10: log2 * LOG10_2,
            label: format!("{} {} {}", names.join(", "), edge.name(), power_of_two(log2, Notation::Typeset)),
        })
        .collect();
    limits.sort_by(|a, b| b.log10.total_cmp(&a.log10));
    limits
}
