//! Size of the exact gradient's entries by layer, against the ranges of the formats.

use crate::record::{ArithmeticRun, Histogram, Number, Run};
use crate::report::facts;
use crate::report::numbers::{LOG10_2, Notation::Typeset, limit, short};

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

    /// log₂ of the edge where the record's gradients meet it: they are unscaled, and what the format saw was larger by
    /// the loss scale.
    fn of(self, arithmetic: &ArithmeticRun) -> Option<f64> {
        let format = &arithmetic.format;
        let limit: Number = match self {
            Edge::Largest => format.log2_max,
            Edge::SmallestNormal => format.log2_smallest_normal,
            Edge::SmallestSubnormal => format.log2_smallest_subnormal,
        };
        Some(limit.finite()? - f64::from(arithmetic.log2_loss_scale.unwrap_or(0)))
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
    /// Formats with limits beyond the axis, in words: `f32 (1.4·10⁻⁴⁵ to 3.4·10³⁸)`, `f16 largest 65504`.
    pub beyond: Vec<String>,
    /// True if any limit is that of a format with a loss scale, and lies where unscaled gradients meet it.
    pub is_scaled: bool,
    /// How χ₁ makes gradients grow; nothing where it is not one number for every layer, or the truth is unknown.
    pub growth: Option<Growth>,
}

/// The growth that mean-field theory says, from the last hidden layer on.
#[derive(Clone, Debug, PartialEq)]
pub struct Growth {
    /// `mean-field theory: root mean square ×1.09 per layer, back from layer 50`.
    pub label: String,
    /// Layers and log₁₀ of the root mean square of the entries, as far as they lie on the axis.
    pub points: Vec<(usize, f64)>,
}

impl RangePanel {
    /// The panel of a run.
    pub fn new(run: &Run) -> RangePanel {
        let mut points = Vec::new();
        let mut zero_layers = Vec::new();
        let mut unknown_layers = Vec::new();
        for layer in &run.truth.sites {
            match point(layer.site, &layer.histogram) {
                Some(point) => points.push(point),
                None if layer.histogram.zeros > 0 => zero_layers.push(layer.site),
                None => unknown_layers.push(layer.site),
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
        let (beyond, growth) = (beyond(run, is_near), growth(run, (low, high)));
        let is_scaled = is_scaled(run);
        RangePanel { axis: (low, high), points, zero_layers, unknown_layers, limits, beyond, is_scaled, growth }
    }
}

/// Each format with limits beyond the axis once: its whole range if all are, else those that are.
pub(super) fn beyond(run: &Run, is_near: impl Fn(f64) -> bool) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for arithmetic in &run.arithmetics {
        let (name, limits) = (format_name(arithmetic), Edge::ALL.map(|edge| edge.of(arithmetic)));
        let far = |limit: &Option<f64>| limit.is_some_and(|log2| !is_near(log2));
        let value = |log2: f64| limit(log2, Typeset);
        let text = match limits {
            [Some(largest), _, Some(smallest)] if limits.iter().all(far) => {
                format!("{name} ({} to {})", value(smallest), value(largest))
            }
            _ => {
                let named = Edge::ALL.into_iter().zip(limits).filter(|(_, limit)| far(limit));
                let words: Vec<String> =
                    named.filter_map(|(edge, limit)| Some(format!("{} {}", edge.name(), value(limit?)))).collect();
                format!("{name} {}", words.join(", "))
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

/// The format, and the loss scale that moves its limits: `f16`, `f16 (loss ×2¹⁰)`.
fn format_name(arithmetic: &ArithmeticRun) -> String {
    let name = &arithmetic.format.name;
    facts::loss_scale(arithmetic, Typeset).map_or(name.clone(), |scale| format!("{name} ({scale})"))
}

/// A format's name and log₂ of the loss scale that moves its limits.
type Scaled = (String, Option<i32>);

/// Formats that share a limit, each loss scale once: `f16, e5m2 (loss ×2¹⁰), bf16`.
fn named_once(names: &[Scaled]) -> String {
    let group = |group: &[Scaled]| {
        let formats: Vec<&str> = group.iter().map(|(format, _)| format.as_str()).collect();
        let scale = group.first().and_then(|(_, scale)| *scale).map(|log2| facts::scale(log2, Typeset));
        format!("{}{}", formats.join(", "), scale.map_or(String::new(), |scale| format!(" ({scale})")))
    };
    names.chunk_by(|one, next| one.1 == next.1).map(group).collect::<Vec<_>>().join(", ")
}

/// True if any arithmetic has a loss scale.
pub(super) fn is_scaled(run: &Run) -> bool {
    run.arithmetics.iter().any(|arithmetic| arithmetic.log2_loss_scale.is_some())
}

/// norm(l) = norm(L) + (L − l)/2·log₂ χ₁ in powers of two, of the last hidden layer's median true norm, as the root mean
/// square of a layer's entries. In a residual network χ₁ is another number in each layer.
fn growth(run: &Run, (low, high): (f64, f64)) -> Option<Growth> {
    let chi1 = run.chi1.filter(|chi1| chi1.is_finite() && *chi1 > 0.0 && run.residual_scale.is_none())?;
    let [hidden @ .., _] = run.truth.sites.as_slice() else { return None };
    let last = hidden.last()?;
    let mut norms: Vec<f64> = last.trials.iter().filter_map(|trial| trial.log2_norm.finite()).collect();
    norms.sort_by(f64::total_cmp);
    let norm = norms.get(norms.len() / 2)?;
    let Histogram { zeros, nonfinite, counts, .. } = &last.histogram;
    let entries = counts.iter().chain([zeros, nonfinite]).fold(0, |sum: u64, count| sum.saturating_add(*count));
    let of_a_trial = entries as f64 / last.trials.len() as f64;
    let rms = norm - core_math::log2(of_a_trial) / 2.0;
    let place = |layer: usize| {
        let log10 = (rms + (last.site as f64 - layer as f64) / 2.0 * core_math::log2(chi1)) * LOG10_2;
        (low..=high).contains(&log10).then_some((layer, log10))
    };
    let points = hidden.iter().filter_map(|layer| place(layer.site)).collect();
    let factor = short(chi1.sqrt(), Typeset);
    let label = format!("mean-field theory: root mean square ×{factor} per layer, back from layer {}", last.site);
    Some(Growth { label, points })
}

/// The limits from 2^`low` to 2^`high`, from above to below.
pub(super) fn limits_within(run: &Run, (low, high): (f64, f64)) -> Vec<Limit> {
    limits(run).into_iter().filter(|limit| (low..=high).contains(&limit.log2)).collect()
}

/// Every edge of every format once, formats that share one named together, from above to below.
fn limits(run: &Run) -> Vec<Limit> {
    let mut groups: Vec<(Edge, f64, Vec<Scaled>)> = Vec::new();
    for edge in Edge::ALL {
        for arithmetic in &run.arithmetics {
            let name = (arithmetic.format.name.clone(), arithmetic.log2_loss_scale);
            let Some(log2) = edge.of(arithmetic) else { continue };
            match groups.iter_mut().find(|(other, at, _)| *other == edge && (at - log2).abs() * LOG10_2 < SAME) {
                Some((_, _, names)) if names.contains(&name) => {}
                Some((_, _, names)) => names.push(name),
                None => groups.push((edge, log2, vec![name])),
            }
        }
    }
    let mut limits: Vec<Limit> = groups
        .into_iter()
        .map(|(edge, log2, names)| Limit {
            edge,
            log2,
            log10: log2 * LOG10_2,
            label: format!("{} {} {}", named_once(&names), edge.name(), limit(log2, Typeset)),
        })
        .collect();
    limits.sort_by(|a, b| b.log10.total_cmp(&a.log10));
    limits
}
