//! How large the entries of the weight gradient are in a few layers: exact and as computed, against the formats' limits.

use super::kind::Kind;
use super::limits;
use super::run::{layers, name};
use crate::record::{Histogram, Run};
use crate::report::numbers::{Notation::Typeset, percent, power, short};
use crate::report::panel::{Area, Axis, Mark, Paint, Panel, Plot, Powers, Row, Sample, Scale, Series, Tip, ends};
use std::collections::BTreeMap;

/// A limit is drawn if it lies within so many powers of two of the data; else it is listed.
const NEAR: f64 = 8.0;
/// The axis where no entry differs from zero.
const EMPTY_AXIS: (f64, f64) = (-24.0, 0.0);
/// Most bins of more than one power of two.
const MOST_WIDE_BINS: i64 = 64;
/// Least length of the axis in powers of two.
const LEAST_AXIS: f64 = 8.0;
/// Part of a plot's width that the largest share takes.
const REACH: f64 = 0.94;
/// Opacity of the exact entries' shape.
const SHADE: f64 = 0.28;
/// Widths of the first and the last arithmetic's steps, so that coinciding steps are all seen.
const WIDTHS: (f64, f64) = (3.2, 1.1);

/// The entries of one tensor.
struct Sizes {
    /// Entries in all, zeros and non-finite ones included.
    total: u64,
    zeros: u64,
    nonfinite: u64,
    /// ⌊log₂⌋ of the first bin.
    lowest: f64,
    /// Per cent of all entries in each bin of the panel.
    shares: Vec<f64>,
}

/// A layer: the exact entries, `total` 0 where they are not established, and the computed ones by arithmetic; nothing for an
/// arithmetic without this layer.
struct Layer {
    label: String,
    number: usize,
    sizes: Vec<Option<Sizes>>,
}

/// How one owner of entries is drawn and named.
struct Owner {
    sample: Sample,
    name: String,
}

/// The panel of a run.
pub fn panel(run: &Run) -> Panel {
    let bin = bin(run);
    let layers: Vec<Layer> = chosen(run).into_iter().map(|(number, label)| layer(run, number, label, bin)).collect();
    let all = || layers.iter().flat_map(|layer| layer.sizes.iter().flatten());
    let filled = all().filter(|sizes| !sizes.shares.is_empty());
    let data = filled.flat_map(|sizes| [0, sizes.shares.len()].map(|count| sizes.lowest + bin as f64 * count as f64));
    let limits = limits::around(run, ends(data).unwrap_or(EMPTY_AXIS), NEAR, 1.0);
    let middle = (limits.ends.0 + limits.ends.1) / 2.0;
    let (low, high) = match limits.ends {
        (low, high) if high - low < LEAST_AXIS => (middle - LEAST_AXIS / 2.0, middle + LEAST_AXIS / 2.0),
        ends => ends,
    };
    let highest = all().flat_map(|sizes| &sizes.shares).fold(0.0, |highest: f64, share| share.max(highest));
    let owners = owners(run);
    // Those that have any in a shown layer.
    let counted = |count: fn(&Sizes) -> u64| -> Vec<usize> {
        let of = |index: &usize| {
            layers.iter().filter_map(|layer| layer.sizes.get(*index)?.as_ref()).any(|one| count(one) > 0)
        };
        (0..owners.len()).filter(of).collect()
    };
    let (lost, zero) = (counted(|sizes| sizes.nonfinite), counted(|sizes| sizes.zeros));
    let per_bin = if bin == 1 { "power".to_string() } else { format!("{bin} powers") };
    let plot = |layer: &Layer| Plot {
        title: layer.label.clone(),
        x: Axis::new(
            format!("share per {per_bin} of two"),
            Scale::Percent(0.0, if highest > 0.0 { highest / REACH } else { 100.0 }),
        ),
        y: Axis::new("|entry|", Scale::Powers(Powers::of_two(low, high))),
        rules: limits.rules.clone(),
        marks: marks(layer, &owners, bin as f64),
        counts: [
            counts(layer, &owners, &lost, ["no entry is infinite or NaN", "∞, NaN"], |sizes| sizes.nonfinite),
            counts(layer, &owners, &zero, ["no entry is zero", "zero"], |sizes| sizes.zeros),
        ],
        tips: tips(layer, &owners, bin),
        ..Plot::default()
    };
    let key = owners.iter().map(|owner| (owner.sample, owner.name.clone()));
    Panel {
        alternative: layers.first().map_or(String::new(), |layer| alternative(layer, &owners)),
        key: key.chain(limits.remarks.iter().cloned()).collect(),
        rows: vec![Row { plots: layers.iter().map(plot).collect(), ..Row::default() }],
        ..Kind::Histogram.panel()
    }
}

fn alternative(layer: &Layer, owners: &[Owner]) -> String {
    let of = |(owner, sizes): (&Owner, &Option<Sizes>)| {
        sizes.as_ref().map(|one| format!("{} {}", owner.name, percent(one.zeros, one.total)))
    };
    let told: Vec<String> = owners.iter().zip(&layer.sizes).filter_map(of).collect();
    format!("Entries of layer {} that are zero: {}.", layer.number, told.join("; "))
}

/// The exact entries, then those of every arithmetic.
fn owners(run: &Run) -> Vec<Owner> {
    let count = run.arithmetics.len();
    let width = |index: usize| {
        let part = if count > 1 { index as f64 / (count - 1) as f64 } else { 0.5 };
        WIDTHS.0 + part * (WIDTHS.1 - WIDTHS.0)
    };
    let computed = run.arithmetics.iter().enumerate().map(|(index, arithmetic)| {
        let series = Series::new(index);
        Owner { sample: Sample::Line(series.paint, width(index), series.dash), name: name(arithmetic) }
    });
    let exact = Owner { sample: Sample::Area(Paint::Truth, SHADE), name: "exact".into() };
    std::iter::once(exact).chain(computed).collect()
}

fn marks(layer: &Layer, owners: &[Owner], bin: f64) -> Vec<Mark> {
    let of = |(owner, sizes): (&Owner, &Option<Sizes>)| {
        let outlines = sizes.as_ref().map_or(Vec::new(), |sizes| outlines(sizes, bin));
        let mark = |outline: Vec<(f64, f64)>| match owner.sample {
            Sample::Line(paint, width, dash) => Mark::Line { points: outline, paint, width, dash },
            _ => Mark::Area(Area { outline, paint: Paint::Truth, opacity: SHADE, hatch: None }),
        };
        outlines.into_iter().map(mark).collect::<Vec<_>>()
    };
    owners.iter().zip(&layer.sizes).flat_map(of).collect()
}

/// The closed-off steps of every run of filled bins, from below.
fn outlines(sizes: &Sizes, width: f64) -> Vec<Vec<(f64, f64)>> {
    let bins: Vec<(f64, f64)> =
        sizes.shares.iter().enumerate().map(|(index, share)| (sizes.lowest + width * index as f64, *share)).collect();
    let outline = |bins: &[(f64, f64)]| {
        let steps = bins.iter().flat_map(|(low, share)| [(*share, *low), (*share, low + width)]);
        let ends = bins.first().zip(bins.last()).map(|((first, _), (last, _))| [(0.0, *first), (0.0, last + width)]);
        let [first, last] = ends.unwrap_or_default();
        std::iter::once(first).chain(steps).chain([last]).collect()
    };
    bins.split(|(_, share)| *share == 0.0).filter(|run| !run.is_empty()).map(outline).collect()
}

/// Rows of counts, one for everyone who has any in a shown layer; without any, one says so.
fn counts(
    layer: &Layer,
    owners: &[Owner],
    counted: &[usize],
    [none, what]: [&str; 2],
    count: fn(&Sizes) -> u64,
) -> Vec<(Sample, String)> {
    let of = |index: &usize| {
        let owner = owners.get(*index)?;
        let words = match layer.sizes.get(*index)?.as_ref().map(|sizes| (count(sizes), sizes.total)) {
            None => "not measured".into(),
            Some((0, _)) => format!("{what}: none"),
            Some((some, total)) => format!("{what}: {some} ({})", percent(some, total)),
        };
        Some((owner.sample, words))
    };
    let rows: Vec<_> = counted.iter().filter_map(of).collect();
    if rows.is_empty() { vec![(Sample::Nothing, none.into())] } else { rows }
}

/// Of every bin, the share of everyone who has any there.
fn tips(layer: &Layer, owners: &[Owner], bin: i64) -> Vec<Tip> {
    let mut bins: BTreeMap<i64, String> = BTreeMap::new();
    for (owner, sizes) in owners.iter().zip(&layer.sizes) {
        let Some(sizes) = sizes else { continue };
        for (index, share) in sizes.shares.iter().enumerate().filter(|(_, share)| **share > 0.0) {
            let words = bins.entry((sizes.lowest as i64).saturating_add(bin.saturating_mul(index as i64))).or_default();
            words.push_str(&format!("\n{} {} %", owner.name, short(*share, Typeset)));
        }
    }
    let tip = |(low, words): (i64, String)| Tip {
        x: (0.0, f64::INFINITY),
        y: (low as f64, low.saturating_add(bin) as f64),
        row: layer.number,
        words: format!(
            "{}, |entry| from {} to {}{words}",
            layer.label,
            power(2, low, Typeset),
            power(2, low.saturating_add(bin), Typeset)
        ),
    };
    bins.into_iter().map(tip).collect()
}

/// Powers of two per bin: one width for all, so that shares can be compared; and wide ones wide enough to be seen.
fn bin(run: &Run) -> i64 {
    let truth = run.truth.sites.iter().map(|layer| &layer.histogram);
    let computed = run.arithmetics.iter().flat_map(|arithmetic| arithmetic.sites.iter().map(|one| &one.histogram));
    let histograms: Vec<&Histogram> = truth.chain(computed).collect();
    let mut bin = histograms.iter().map(|histogram| histogram.bin).fold(1, i64::max);
    if bin > 1 {
        let filled = histograms.iter().flat_map(|histogram| histogram.bins().filter(|(_, count)| *count > 0));
        let (low, high) = filled.fold((i64::MAX, i64::MIN), |(low, high), (at, _)| (low.min(at), high.max(at)));
        while high.saturating_sub(low) / bin > MOST_WIDE_BINS {
            bin = bin.saturating_mul(2);
        }
    }
    bin
}

/// The rule: the first, the middle and the last hidden layer, each once; the head only where it stands alone.
fn chosen(run: &Run) -> Vec<(usize, String)> {
    let (first, head) = layers(run);
    if first == head {
        return vec![(first, format!("layer {first}"))];
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

fn layer(run: &Run, number: usize, label: String, bin: i64) -> Layer {
    let truth = run.truth.sites.iter().find(|one| one.site == number);
    let exact = Sizes::new(truth.map_or(&Histogram::default(), |truth| &truth.histogram), bin);
    let label = if exact.total == 0 { format!("layer {number}, exact gradient not established") } else { label };
    let computed = run.arithmetics.iter().map(|arithmetic| {
        let layer = arithmetic.sites.iter().find(|one| one.site == number)?;
        Some(Sizes::new(&layer.histogram, bin))
    });
    Layer { label, number, sizes: std::iter::once(Some(exact)).chain(computed).collect() }
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
        let lowest = histogram.lowest.div_euclid(bin);
        let (first, end) = match (counts.keys().next(), counts.keys().next_back()) {
            (Some(first), Some(last)) => (*first, last.saturating_add(1)),
            _ => (lowest, lowest),
        };
        let share = |index: i64| 100.0 * counts.get(&index).copied().unwrap_or(0) as f64 / total as f64;
        Sizes {
            total,
            zeros: histogram.zeros,
            nonfinite: histogram.nonfinite,
            lowest: first as f64 * bin as f64,
            shares: (first..end).map(share).collect(),
        }
    }
}
