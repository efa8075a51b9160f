//! How large the entries of the weight gradient are in a few layers: true and as computed, against the formats' limits.

use super::range::{self, Limit};
use crate::record::{Histogram, Run};
use crate::report::facts;
use crate::report::numbers::Notation::Typeset;
use std::collections::BTreeMap;

/// A limit is drawn if it lies within so many powers of two of the data; else it is listed.
const NEAR: f64 = 8.0;

/// The axis where no entry differs from zero.
const EMPTY_AXIS: (f64, f64) = (-24.0, 0.0);

/// Most bins of more than one power of two.
const MOST_WIDE_BINS: i64 = 64;

/// Least length of the axis in powers of two.
const LEAST_AXIS: f64 = 8.0;

/// The entries of one tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct Sizes {
    /// Entries in all, zeros and non-finite ones included.
    pub total: u64,
    /// Entries that are zero.
    pub zeros: u64,
    /// Entries that are infinite or NaN.
    pub nonfinite: u64,
    /// ⌊log₂⌋ of the first bin.
    pub lowest: f64,
    /// Share of all entries in each bin of the panel.
    pub shares: Vec<f64>,
}

/// One layer's chart.
#[derive(Clone, Debug, PartialEq)]
pub struct SizesOfLayer {
    /// Layer number.
    pub layer: usize,
    /// `layer 1 (input side)`, or `layer 1, truth unknown`.
    pub label: String,
    /// The true entries; `total` is 0 where the truth is not established.
    pub truth: Sizes,
    /// The computed entries, one per arithmetic; nothing for an arithmetic without this layer.
    pub computed: Vec<Option<Sizes>>,
}

/// The panel.
#[derive(Clone, Debug, PartialEq)]
pub struct HistogramPanel {
    /// The axis in powers of two.
    pub axis: (f64, f64),
    /// Powers of two per bin, 1 unless the entries span thousands.
    pub bin: f64,
    /// The largest share of any bin, 1 where there is none.
    pub highest: f64,
    /// The arithmetics, in the order asked for.
    pub names: Vec<String>,
    /// One to three layers, from the input side.
    pub layers: Vec<SizesOfLayer>,
    /// True if any limit is that of a format with a loss scale, and lies where unscaled gradients meet it.
    pub is_scaled: bool,
    /// Limits within the axis, from above to below; `log10` is their place as everywhere.
    pub limits: Vec<Limit>,
    /// Formats with limits beyond the axis, in words.
    pub beyond: Vec<String>,
}

impl HistogramPanel {
    /// The panel of a run.
    pub fn new(run: &Run) -> HistogramPanel {
        let truth = run.truth.sites.iter().map(|layer| &layer.histogram);
        let computed = run.arithmetics.iter().flat_map(|arithmetic| arithmetic.sites.iter().map(|one| &one.histogram));
        // One width for all, so that shares can be compared; and wide ones wide enough to be seen.
        let histograms: Vec<&Histogram> = truth.chain(computed).collect();
        let mut bin = histograms.iter().map(|histogram| histogram.bin).fold(1, i64::max);
        if bin > 1 {
            let filled = histograms.iter().flat_map(|histogram| histogram.bins().filter(|(_, count)| *count > 0));
            let (low, high) = filled.fold((i64::MAX, i64::MIN), |(low, high), (at, _)| (low.min(at), high.max(at)));
            while high.saturating_sub(low) / bin > MOST_WIDE_BINS {
                bin = bin.saturating_mul(2);
            }
        }
        let layers: Vec<SizesOfLayer> =
            chosen(run).into_iter().map(|(layer, label)| sizes(run, layer, label, bin)).collect();
        let all = || layers.iter().flat_map(|one| one.computed.iter().flatten().chain([&one.truth]));
        let data = all().filter(|sizes| !sizes.shares.is_empty()).fold(None, |range: Option<(f64, f64)>, sizes| {
            let (low, high) = range.unwrap_or((f64::INFINITY, f64::NEG_INFINITY));
            Some((low.min(sizes.lowest), high.max(sizes.lowest + bin as f64 * sizes.shares.len() as f64)))
        });
        let (mut low, mut high) = data.unwrap_or(EMPTY_AXIS);
        let near = (low - NEAR, high + NEAR);
        let limits = range::limits_within(run, near);
        for limit in &limits {
            (low, high) = (low.min(limit.log2), high.max(limit.log2));
        }
        if high - low < LEAST_AXIS {
            let middle = (low + high) / 2.0;
            (low, high) = (middle - LEAST_AXIS / 2.0, middle + LEAST_AXIS / 2.0);
        }
        let highest = all().flat_map(|sizes| &sizes.shares).fold(0.0, |highest, share| share.max(highest));
        HistogramPanel {
            axis: (low, high),
            bin: bin as f64,
            highest: if highest > 0.0 { highest } else { 1.0 },
            names: run.arithmetics.iter().map(|arithmetic| facts::name(arithmetic, Typeset)).collect(),
            layers,
            is_scaled: range::is_scaled(run),
            limits,
            beyond: range::beyond(run, |log2| (near.0..=near.1).contains(&log2)),
        }
    }
}

/// The rule: the first, the middle and the last hidden layer, each once; the head only where it stands alone.
fn chosen(run: &Run) -> Vec<(usize, String)> {
    let numbers = run.truth.sites.iter().map(|layer| layer.site);
    let computed = run.arithmetics.iter().flat_map(|arithmetic| arithmetic.sites.iter().map(|layer| layer.site));
    let (first, head) =
        numbers.chain(computed).fold((usize::MAX, 0), |(low, high), layer| (low.min(layer), high.max(layer)));
    if first >= head {
        return if first == head { vec![(first, format!("layer {first}"))] } else { Vec::new() };
    }
    let last = head - 1;
    let middle = first + (last - first) / 2;
    let mut layers = vec![(first, format!("layer {first} (input side)"))];
    if middle != first && middle != last {
        layers.push((middle, format!("layer {middle}")));
    }
    if last != first {
        layers.push((last, format!("layer {last} (last hidden)")));
    }
    layers
}

fn sizes(run: &Run, layer: usize, label: String, bin: i64) -> SizesOfLayer {
    let truth = run.truth.sites.iter().find(|one| one.site == layer);
    let computed = run.arithmetics.iter().map(|arithmetic| {
        let layer = arithmetic.sites.iter().find(|one| one.site == layer)?;
        Some(Sizes::new(&layer.histogram, bin))
    });
    let truth = Sizes::new(truth.map_or(&Histogram::default(), |truth| &truth.histogram), bin);
    SizesOfLayer {
        layer,
        label: if truth.total == 0 { format!("layer {layer}, exact gradient not established") } else { label },
        truth,
        computed: computed.collect(),
    }
}

impl Sizes {
    /// In bins of the panel, which are at least as wide as the histogram's.
    fn new(histogram: &Histogram, bin: i64) -> Sizes {
        let counted = histogram.counts.iter().fold(0, |sum: u64, count| sum.saturating_add(*count));
        let total = counted.saturating_add(histogram.zeros).saturating_add(histogram.nonfinite);
        let mut counts: BTreeMap<i64, u64> = BTreeMap::new();
        for (exponent, count) in histogram.bins().filter(|(_, count)| *count > 0) {
            let sum = counts.entry(exponent.div_euclid(bin)).or_default();
            *sum = sum.saturating_add(count);
        }
        let (first, end) = match (counts.keys().next(), counts.keys().next_back()) {
            (Some(first), Some(last)) => (*first, last + 1),
            _ => (histogram.lowest.div_euclid(bin), histogram.lowest.div_euclid(bin)),
        };
        let share = |index: i64| counts.get(&index).copied().unwrap_or(0) as f64 / total as f64;
        Sizes {
            total,
            zeros: histogram.zeros,
            nonfinite: histogram.nonfinite,
            lowest: first as f64 * bin as f64,
            shares: (first..end).map(share).collect(),
        }
    }
}
