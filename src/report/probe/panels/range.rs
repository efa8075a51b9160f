//! Size of the exact gradient's entries by layer, against the ranges of the formats.

use super::kind::Kind;
use super::limits;
use super::noise::lines;
use super::run::layers;
use crate::record::{Histogram, Run, TrueSite};
use crate::report::numbers::{LOG10_2, Notation::Typeset, power_of_two, short};
use crate::report::panel::{
    self, Area, Axis, Dash, Mark, Marker, Paint, Panel, Plot, Powers, Row, Sample, Scale, Symbol, Tip, ends,
};

/// A format's limit is drawn if it lies within so many powers of ten of the data; else it is listed.
const NEAR: f64 = 6.0;
/// The axis where no entry differs from zero.
const EMPTY_AXIS: (f64, f64) = (-10.0, 0.0);
const BAND: f64 = 0.22;
const LARGEST: Dash = &[4.0, 2.5];
const GROWTH: Dash = &[9.0, 2.5, 1.5, 2.5];

/// One layer: log₁₀ of order statistics of the non-zero entries.
#[derive(Clone, Copy)]
struct Point {
    layer: f64,
    /// Lower end of the power-of-two bin that holds the 1 % quantile.
    low: f64,
    /// Middle of the median's bin.
    median: f64,
    /// Upper end of the 99 % quantile's bin.
    high: f64,
    /// Upper end of the highest bin.
    largest: f64,
}

/// The panel of a run.
pub fn panel(run: &Run) -> Panel {
    let known: Vec<(&TrueSite, Option<Point>)> =
        run.truth.sites.iter().map(|layer| (layer, point(layer.site, &layer.histogram))).collect();
    let points: Vec<Point> = known.iter().filter_map(|(_, point)| *point).collect();
    let data = ends(points.iter().flat_map(|point| [point.low, point.largest])).unwrap_or(EMPTY_AXIS);
    let limits = limits::around(run, data, NEAR, LOG10_2);
    let (low, high) = match limits.ends {
        // At least two powers of ten, so that there are two ticks.
        (low, high) if high - low < 2.0 => (low - 1.0, high + 1.0),
        ends => ends,
    };
    let growth = growth(run, (low, high));
    let without = || known.iter().filter(|(_, point)| point.is_none()).map(|(layer, _)| layer);
    let has_zero = without().any(|layer| is_zero(layer));
    let has_unknown = without().any(|layer| !is_zero(layer));
    let why =
        if has_unknown { "the exact gradient is not established" } else { "every entry of the exact gradient is zero" };
    let mut plot = Plot {
        x: Axis::layers(layers(run)),
        y: Axis::new("|entry|", Scale::Powers(Powers::of_ten(low, high))),
        rules: limits.rules,
        notice: points.is_empty().then(|| why.into()),
        tips: known.iter().map(|(layer, point)| tip(run, layer, *point)).collect(),
        ..Plot::default()
    };
    points.chunk_by(|one, next| one.layer + 1.0 == next.layer).for_each(|stretch| plot.marks.extend(entries(stretch)));
    plot.marks.extend(growth.iter().flat_map(|(_, points)| lines(points, Paint::Ink, GROWTH)));
    plot.marks.extend(without().map(|layer| {
        let symbol = if is_zero(layer) { Symbol::hollow(Marker::Square) } else { Symbol::Cross };
        Mark::Symbol { at: (layer.site as f64, low), symbol, paint: Paint::Soft }
    }));
    let mut key = panel::key([
        (!points.is_empty(), Sample::Area(Paint::Truth, BAND), "1 % to 99 % of the non-zero entries, all trials"),
        (!points.is_empty(), Sample::Line(Paint::Truth, 1.8, &[]), "median"),
        (!points.is_empty(), Sample::Line(Paint::Truth, 1.0, LARGEST), "largest"),
        (has_zero, Sample::soft(Symbol::hollow(Marker::Square)), "every entry is zero"),
        (has_unknown, Sample::soft(Symbol::Cross), "exact gradient not established here"),
    ]);
    key.extend(growth.map(|(label, points)| {
        // A point alone makes no line.
        let beyond = if points.len() < 2 { ": beyond this axis" } else { "" };
        (Sample::Line(Paint::Ink, 1.0, GROWTH), format!("{label}{beyond}"))
    }));
    key.extend(limits.remarks);
    let rows = vec![Row { plots: vec![plot], ..Row::default() }];
    Panel { alternative: alternative(&points), key, rows, ..Kind::Range.panel() }
}

/// Why a layer has no entries to show: all are zero, or they are not established.
fn is_zero(layer: &TrueSite) -> bool {
    layer.histogram.zeros > 0
}

fn alternative(points: &[Point]) -> String {
    let Some((first, last)) = points.first().zip(points.last()) else {
        return "No layer has entries that are known not to be zero.".into();
    };
    let [one, other] = [first, last].map(|point| size(point.median));
    format!(
        "The median entry of the exact gradient is {one} in layer {} and {other} in layer {}.",
        first.layer, last.layer
    )
}

fn size(log10: f64) -> String {
    power_of_two(log10 / LOG10_2, Typeset)
}

/// A layer's column: its entries, or why there are none.
fn tip(run: &Run, layer: &TrueSite, point: Option<Point>) -> Tip {
    let name = run.sites.iter().find(|site| site.ordinal == layer.site).map_or("", |site| &site.name);
    let words = match point {
        Some(Point { low, median, high, largest, .. }) => format!(
            "median |entry| {}\n1 % to 99 %: {} to {}\nlargest below {}",
            size(median),
            size(low),
            size(high),
            size(largest)
        ),
        None if is_zero(layer) => "every entry is zero".into(),
        None => layer.trials.first().map_or(String::new(), |trial| trial.evidence.to_string()),
    };
    Tip::column(layer.site, 0, format!("layer {} ({name})\n{words}", layer.site))
}

/// Band, median and largest entry of neighbouring layers; a layer alone is drawn over its own column.
fn entries(stretch: &[Point]) -> [Mark; 3] {
    let line = |value: fn(&Point) -> f64| -> Vec<(f64, f64)> {
        match stretch {
            [one] => vec![(one.layer - 0.4, value(one)), (one.layer + 0.4, value(one))],
            _ => stretch.iter().map(|point| (point.layer, value(point))).collect(),
        }
    };
    let mut outline = line(|point| point.high);
    outline.extend(line(|point| point.low).into_iter().rev());
    [
        Mark::Area(Area { outline, paint: Paint::Truth, opacity: BAND, hatch: None }),
        Mark::Line { points: line(|point| point.largest), paint: Paint::Truth, width: 1.0, dash: LARGEST },
        Mark::Line { points: line(|point| point.median), paint: Paint::Truth, width: 1.8, dash: &[] },
    ]
}

/// Order statistics of the non-zero finite entries; `None` if there are none.
fn point(layer: usize, histogram: &Histogram) -> Option<Point> {
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
    Some(Point {
        layer: layer as f64,
        low: log10(at(1)?, 0.0),
        median: log10(at(50)?, 0.5),
        high: log10(at(99)?, 1.0),
        largest: log10(largest, 1.0),
    })
}

/// norm(l) = norm(L) + (L − l)/2·log₂ χ₁ in powers of two, of the last hidden layer's median true norm, as the root mean
/// square of a layer's entries: what it is, and its points on the axis. In a residual network χ₁ is another number in each
/// layer.
fn growth(run: &Run, (low, high): (f64, f64)) -> Option<(String, Vec<(f64, f64)>)> {
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
        (low..=high).contains(&log10).then_some((layer as f64, log10))
    };
    if hidden.len() < 2 {
        return None;
    }
    let points = hidden.iter().filter_map(|layer| place(layer.site)).collect();
    let factor = short(chi1.sqrt(), Typeset);
    Some((format!("mean-field theory: root mean square ×{factor} per layer, back from layer {}", last.site), points))
}
