//! The panel of histograms: upright charts side by side on one axis of sizes, zeros in rows below, non-finite entries
//! in rows above.

use super::axis::{self, NAME, Powers, TICK};
use super::canvas::{Anchor, Canvas, Drawn, Point, Rect};
use super::key::{Head, Sample};
use super::range::SCALED;
use super::style::{GUTTER, MARGIN, PAGE_WIDTH, PLOT_LEFT, PLOT_RIGHT, Series};
use super::text::{self, Font};
use super::theme::Paint;
use super::{limits, page};
use crate::report::figure::{HistogramPanel, Panel, Sizes, SizesOfLayer};
use crate::report::numbers::percent;

const HEIGHT: f64 = 200.0;
const CHART_GAP: f64 = 18.0;
const CHART_NAME: Font = Font { size: 11.0, bold: true };
const COUNT: Font = Font { size: 10.0, bold: false };
/// Height of a row of counts, and free space around such rows.
const ROW: f64 = 15.0;
const ROWS_PADDING: f64 = 4.0;
/// Width of the sample before a count.
const SAMPLE: f64 = 22.0;
/// Part of a chart's width that the largest share takes.
const REACH: f64 = 0.94;
/// Opacity of the true entries' shape.
const SHADE: f64 = 0.28;
/// Width of the first arithmetic's steps; later ones are thinner, so that coinciding steps are all seen.
const WIDEST: f64 = 3.2;
const THINNEST: f64 = 1.1;

/// A row of counts: the truth's, or an arithmetic's.
type Owner = Option<usize>;

/// The panel, laid out.
pub struct Placed<'a> {
    panel: &'a HistogramPanel,
    head: Head,
    /// Upper edge of the rows of non-finite entries, of the charts, of the rows of zeros, and the end.
    heights: [f64; 4],
    above: Vec<Owner>,
    below: Vec<Owner>,
}

impl<'a> Placed<'a> {
    /// Lays the panel out from a height downwards.
    pub fn new(panel: &'a HistogramPanel, top: f64) -> Result<Placed<'a>, String> {
        let mut key = vec![(Sample::Area(Paint::Truth, SHADE), "exact".to_string())];
        key.extend(panel.names.iter().enumerate().map(|(index, name)| {
            let series = Series::new(index);
            (Sample::Line(series.color, thickness(index, panel.names.len()), series.dash), name.clone())
        }));
        if panel.is_scaled {
            key.push((Sample::Nothing, SCALED.into()));
        }
        if !panel.beyond.is_empty() {
            key.push((Sample::Nothing, format!("beyond this axis: {}", panel.beyond.join("; "))));
        }
        let head = Head::new(Panel::Histogram.title(), &key, top, PAGE_WIDTH - MARGIN - PLOT_LEFT)?;
        let (above, below) = (owners(panel, |sizes| sizes.nonfinite), owners(panel, |sizes| sizes.zeros));
        let first = head.bottom + CHART_NAME.line() + 2.0;
        let charts = first + rows_height(&above);
        let zeros = charts + HEIGHT;
        Ok(Placed { panel, head, heights: [first, charts, zeros, zeros + rows_height(&below)], above, below })
    }

    fn charts(&self) -> Vec<Rect> {
        let [_, top, bottom, _] = self.heights;
        let count = self.panel.layers.len().max(1) as f64;
        let width = (PLOT_RIGHT - PLOT_LEFT - CHART_GAP * (count - 1.0)) / count;
        let chart = |index: usize| {
            let left = PLOT_LEFT + index as f64 * (width + CHART_GAP);
            Rect { left, top, right: left + width, bottom }
        };
        (0..self.panel.layers.len()).map(chart).collect()
    }
}

/// Whose counts have a row: everyone's that has any in a shown layer.
fn owners(panel: &HistogramPanel, count: fn(&Sizes) -> u64) -> Vec<Owner> {
    let everyone = std::iter::once(None).chain((0..panel.names.len()).map(Some));
    let has_any =
        |owner: &Owner| panel.layers.iter().filter_map(|layer| of(layer, *owner)).any(|sizes| count(sizes) > 0);
    everyone.filter(has_any).collect()
}

fn of(layer: &SizesOfLayer, owner: Owner) -> Option<&Sizes> {
    match owner {
        None => Some(&layer.truth),
        Some(index) => layer.computed.get(index)?.as_ref(),
    }
}

/// Without counts, one row says so.
fn rows_height(owners: &[Owner]) -> f64 {
    ROW * owners.len().max(1) as f64 + 2.0 * ROWS_PADDING
}

fn thickness(index: usize, of: usize) -> f64 {
    let part = if of > 1 { index as f64 / (of - 1) as f64 } else { 0.5 };
    WIDEST + part * (THINNEST - WIDEST)
}

impl page::Placed for Placed<'_> {
    fn bottom(&self) -> f64 {
        self.heights[3] + axis::TICK_SPACE + axis::NAME_SPACE
    }

    fn draw(&self, canvas: &Canvas) -> Drawn {
        self.head.draw(canvas)?;
        let [first, top, bottom, end] = self.heights;
        let charts = self.charts();
        for (layer, chart) in self.panel.layers.iter().zip(&charts) {
            let powers = Powers::of_two(self.panel.axis, *chart);
            if chart.left == PLOT_LEFT {
                powers.draw(canvas)?;
            } else {
                powers.grid(canvas)?;
            }
            self.steps(canvas, layer, *chart, &powers)?;
            let label = text::shortened(&layer.label, CHART_NAME, chart.right - chart.left)?;
            canvas.text(&label, (chart.left, self.head.bottom), CHART_NAME, Paint::Ink)?;
            let none = "no entry is infinite or NaN";
            counts(canvas, layer, &self.above, (first, none), *chart, |sizes| sizes.nonfinite)?;
            counts(canvas, layer, &self.below, (bottom, "no entry is zero"), *chart, |sizes| sizes.zeros)?;
            for y in [top, bottom] {
                canvas.line(&[(chart.left, y), (chart.right, y)], Paint::Soft, 0.7)?;
            }
            canvas.frame(Rect { top: first, bottom: end, ..*chart }, Paint::Ink, 0.9)?;
            self.shares(canvas, *chart, end)?;
        }
        if let Some(chart) = charts.first() {
            let powers = Powers::of_two(self.panel.axis, *chart);
            limits::draw(canvas, &self.panel.limits, |limit| powers.y(limit.log2), &charts)?;
        }
        for (owners, top, end, tick) in [(&self.above, first, top, "∞, NaN"), (&self.below, bottom, end, "0")] {
            canvas.anchored(tick, (PLOT_LEFT - 7.0, (top + end) / 2.0), TICK, Paint::Ink, Anchor::Right)?;
            for (owner, y) in owners.iter().zip(row_middles(top)) {
                let name = owner.map_or("exact", |index| &self.panel.names[index]);
                let name = text::shortened(name, COUNT, PAGE_WIDTH - MARGIN - GUTTER)?;
                canvas.anchored(&name, (GUTTER, y), COUNT, Paint::Ink, Anchor::Left)?;
            }
        }
        canvas.upward("|entry|", (MARGIN + 8.0, (top + bottom) / 2.0), NAME, Paint::Soft)?;
        let middle = ((PLOT_LEFT + PLOT_RIGHT) / 2.0, end + axis::TICK_SPACE + 1.0);
        canvas.anchored(&per_bin(self.panel.bin), middle, NAME, Paint::Soft, Anchor::Top)
    }
}

impl Placed<'_> {
    fn steps(&self, canvas: &Canvas, layer: &SizesOfLayer, chart: Rect, powers: &Powers) -> Drawn {
        let scale = REACH * (chart.right - chart.left) / self.panel.highest;
        for outline in outlines(&layer.truth, self.panel.bin, chart.left, scale, powers) {
            canvas.area(&outline, Paint::Truth, SHADE)?;
        }
        for (index, sizes) in layer.computed.iter().enumerate() {
            let Some(sizes) = sizes else { continue };
            let series = Series::new(index);
            for outline in outlines(sizes, self.panel.bin, chart.left, scale, powers) {
                canvas.dashed(&outline, series.color, thickness(index, layer.computed.len()), series.dash)?;
            }
        }
        Ok(())
    }

    /// Ticks below a chart: no share, and a round one.
    fn shares(&self, canvas: &Canvas, chart: Rect, bottom: f64) -> Drawn {
        let scale = REACH * (chart.right - chart.left) / self.panel.highest;
        for (share, label) in [(0.0, "0".to_string()), round_share(self.panel.highest)] {
            let x = chart.left + share * scale;
            canvas.line(&[(x, bottom), (x, bottom + 4.0)], Paint::Ink, 0.8)?;
            canvas.anchored(&label, (x, bottom + 6.0), TICK, Paint::Ink, Anchor::Top)?;
        }
        Ok(())
    }
}

/// The largest of …, 1, 2, 5, 10, 20, 50 … % that a chart reaches.
fn round_share(highest: f64) -> (f64, String) {
    let mut round = (1.0, "100 %".to_string());
    for exponent in (0..16).map(|power| 2 - power) {
        for digit in [5, 2, 1] {
            let percents = if exponent < 0 {
                format!("0.{}{digit}", "0".repeat((-exponent - 1) as usize))
            } else {
                format!("{digit}{}", "0".repeat(exponent as usize))
            };
            let share = percents.parse::<f64>().unwrap_or(100.0) / 100.0;
            round = (share, format!("{percents} %"));
            if share <= highest {
                return round;
            }
        }
    }
    round
}

/// What the horizontal axis counts.
fn per_bin(width: f64) -> String {
    match width {
        1.0 => "share of the layer's entries per power of two".into(),
        width => format!("share of the layer's entries per {width} powers of two"),
    }
}

/// The closed-off steps of every run of filled bins, from below.
fn outlines(sizes: &Sizes, width: f64, left: f64, scale: f64, powers: &Powers) -> Vec<Vec<Point>> {
    let bins: Vec<(f64, f64)> =
        sizes.shares.iter().enumerate().map(|(index, share)| (sizes.lowest + width * index as f64, *share)).collect();
    let outline = |bins: &[(f64, f64)]| {
        let mut points = vec![(left, powers.y(bins[0].0))];
        for (low, share) in bins {
            points.push((left + share * scale, powers.y(*low)));
            points.push((left + share * scale, powers.y(low + width)));
        }
        points.push((left, powers.y(bins[bins.len() - 1].0 + width)));
        points
    };
    bins.split(|(_, share)| *share == 0.0).filter(|run| !run.is_empty()).map(outline).collect()
}

fn row_middles(top: f64) -> impl Iterator<Item = f64> {
    (0..).map(move |row| top + ROWS_PADDING + (f64::from(row) + 0.5) * ROW)
}

/// A chart's rows of counts, each behind the sample of whose they are.
fn counts(
    canvas: &Canvas,
    layer: &SizesOfLayer,
    owners: &[Owner],
    (top, none): (f64, &str),
    chart: Rect,
    count: fn(&Sizes) -> u64,
) -> Drawn {
    let left = chart.left + 7.0;
    if owners.is_empty() {
        let y = top + ROWS_PADDING + ROW / 2.0;
        return canvas.anchored(none, (left, y), COUNT, Paint::Soft, Anchor::Left);
    }
    for (owner, y) in owners.iter().zip(row_middles(top)) {
        match owner {
            None => {
                let shape = Rect { left, top: y - 4.5, right: left + SAMPLE, bottom: y + 4.5 };
                canvas.rectangle(shape, Paint::Truth, SHADE)?;
            }
            Some(index) => {
                let series = Series::new(*index);
                let thickness = thickness(*index, layer.computed.len());
                canvas.dashed(&[(left, y), (left + SAMPLE, y)], series.color, thickness, series.dash)?;
            }
        }
        let words = of(layer, *owner).map_or("not measured".into(), |sizes| match count(sizes) {
            0 => "none".into(),
            some => format!("{some} ({})", percent(some, sizes.total)),
        });
        canvas.anchored(&words, (left + SAMPLE + 7.0, y), COUNT, Paint::Ink, Anchor::Left)?;
    }
    Ok(())
}
