//! One chart: its title and key above the plot, places along it, curves of medians with their bars, references named
//! beside it.

use super::super::axis::{NAME, TICK, spread};
use super::super::canvas::{Anchor, Canvas, Drawn, Rect};
use super::super::key::{Head, Sample};
use super::super::style::{Dash, Marker, Series};
use super::super::text::{self, Font};
use super::super::theme::Paint;
use super::scale::Scale;
use crate::report::figure::{ChartCurve, ChartPanel, ChartPoint, Height};

const TITLE: Font = Font { size: 11.5, bold: true };
const SMALL: Font = Font { size: 10.0, bold: false };
/// The key's labels, as its module draws them.
const KEY: Font = Font { size: 10.5, bold: false };
/// Most lines of a title, of an axis' name, of a place and of a reference.
const MOST_LINES: [usize; 4] = [3, 2, 3, 3];
/// Free space left of a plot for its numbers, at least.
const NUMBERS: f64 = 46.0;
/// Part of the width that names of references may take.
const REFERENCES: f64 = 0.22;
/// Width of a place from which on every one has a label, and the least distance of labels where it is less.
const PLACES: (f64, f64) = (30.0, 60.0);
/// Free space between a plot and the labels of its places, in which marks on the edge stand.
const BELOW: f64 = 9.0;
/// Most distance of the marks at one place, and the part of the place that they may take together.
const MARKS: (f64, f64) = (9.0, 0.62);
/// Dashes of references in turn.
const DASHES: [Dash; 3] = [&[5.0, 3.0], &[1.5, 2.5], &[9.0, 3.0, 2.0, 3.0]];
const RADIUS: f64 = 3.2;

/// A chart laid out; without one, a plot that says so.
pub struct ChartLayout<'a> {
    chart: Option<&'a ChartPanel>,
    left: f64,
    top: f64,
    title: Vec<String>,
    key: Option<Head>,
    vertical: Vec<String>,
    horizontal: Vec<String>,
    /// Every n-th category is labelled: n, and the labels.
    places: (usize, Vec<Vec<String>>),
    references: Vec<(f64, Vec<String>)>,
    scale: Scale,
    plot: Rect,
}

impl<'a> ChartLayout<'a> {
    /// Lays out a chart from its upper left corner; its plot has its height, and is moved to its place later.
    pub fn new(
        chart: Option<&'a ChartPanel>,
        (left, top): (f64, f64),
        width: f64,
        height: f64,
    ) -> Result<ChartLayout<'a>, String> {
        let (range, logarithmic) = chart.map_or(((0.0, 1.0), false), |chart| (chart.range, chart.logarithmic));
        let scale = Scale::new(range, logarithmic, height);
        let mut plot = Rect { left: left + NUMBERS, top, right: left + width, bottom: top + height };
        let mut layout = ChartLayout {
            chart,
            left,
            top,
            title: Vec::new(),
            key: None,
            vertical: Vec::new(),
            horizontal: Vec::new(),
            places: (1, Vec::new()),
            references: Vec::new(),
            scale,
            plot,
        };
        let Some(chart) = chart else { return Ok(layout) };
        for (_, label) in &layout.scale.ticks {
            plot.left = plot.left.max(left + 9.0 + text::width(label, TICK)?);
        }
        layout.references = references(chart, &layout.scale, width * REFERENCES)?;
        let names = layout.references.iter().flat_map(|(_, lines)| lines).map(|line| text::width(line, SMALL));
        let widest = names.collect::<Result<Vec<f64>, String>>()?.into_iter().reduce(f64::max);
        plot.right -= widest.map_or(0.0, |widest| widest + 13.0);
        layout.plot = plot;
        layout.title = text::block(&chart.title, TITLE, width, MOST_LINES[0])?;
        let below = top + TITLE.line() * layout.title.len() as f64 + 2.0;
        let key = key(chart, width)?;
        layout.key = if key.is_empty() { None } else { Some(Head::at(left, "", &key, below, width)?) };
        layout.vertical = text::block(&format!("↑ {}", chart.vertical), NAME, width, MOST_LINES[1])?;
        layout.horizontal = text::block(&chart.horizontal, NAME, plot.right - plot.left, MOST_LINES[1])?;
        let column = (plot.right - plot.left) / chart.places.len().max(1) as f64;
        let every = if column >= PLACES.0 { 1 } else { (PLACES.1 / column).ceil().max(1.0) as usize };
        // A label that is moved into the plot's width must not reach the next one.
        let room = if every == 1 { column - 6.0 } else { (column * every as f64 - 4.0) / 1.5 };
        for place in chart.places.iter().step_by(every) {
            layout.places.1.push(text::block(place, TICK, room, MOST_LINES[2])?);
        }
        layout.places.0 = every;
        Ok(layout)
    }

    /// Height that the words above the plot need.
    pub fn above(&self) -> f64 {
        let words = TITLE.line() * self.title.len() as f64 + 2.0;
        let key = self.key.as_ref().map_or(words, |key| key.bottom - self.top);
        key + 2.0 + NAME.line() * self.vertical.len() as f64 + 3.0
    }

    /// Height that the words below the plot need.
    pub fn below(&self) -> f64 {
        BELOW + self.labels_height() + 2.0 + NAME.line() * self.horizontal.len() as f64
    }

    fn labels_height(&self) -> f64 {
        TICK.line() * self.places.1.iter().map(Vec::len).max().unwrap_or(0) as f64
    }

    /// Moves the plot to a height.
    pub fn move_to(&mut self, top: f64) {
        let height = self.plot.bottom - self.plot.top;
        (self.plot.top, self.plot.bottom) = (top, top + height);
    }

    /// Draws it.
    pub fn draw(&self, canvas: &Canvas) -> Drawn {
        let plot = self.plot;
        let Some(chart) = self.chart else {
            canvas.notice("no chart", plot)?;
            return canvas.frame(plot, Paint::Faint, 0.9);
        };
        let mut y = self.top;
        for line in &self.title {
            canvas.text(line, (self.left, y), TITLE, Paint::Ink)?;
            y += TITLE.line();
        }
        self.key.as_ref().map_or(Ok(()), |key| key.draw(canvas))?;
        let mut y = plot.top - 3.0 - NAME.line() * self.vertical.len() as f64;
        for line in &self.vertical {
            canvas.text(line, (self.left, y), NAME, Paint::Soft)?;
            y += NAME.line();
        }
        self.scale.draw(canvas, plot)?;
        self.draw_places(canvas, chart)?;
        for (index, (_, at)) in chart.references.iter().enumerate() {
            let y = plot.top + self.scale.below_top(*at);
            canvas.dashed(&[(plot.left, y), (plot.right, y)], Paint::Ink, 0.9, DASHES[index % DASHES.len()])?;
        }
        self.draw_curves(canvas, chart)?;
        canvas.frame(plot, Paint::Ink, 0.9)?;
        self.draw_beyond(canvas, chart)?;
        if chart.is_empty() {
            canvas.notice("nothing was measured", plot)?;
        }
        self.draw_references(canvas)
    }

    /// Lines between the places, their labels and the axis' name.
    fn draw_places(&self, canvas: &Canvas, chart: &ChartPanel) -> Drawn {
        let Rect { left, right, top, bottom } = self.plot;
        let count = chart.places.len();
        let (every, labels) = &self.places;
        for index in (1..count).step_by(*every) {
            let x = left + (right - left) * index as f64 / count as f64;
            if *every == 1 {
                canvas.line(&[(x, top), (x, bottom)], Paint::Faint, 0.7)?;
            }
        }
        for (label, index) in labels.iter().zip((0..count).step_by(*every)) {
            let x = self.x(index, count);
            canvas.line(&[(x, bottom), (x, bottom + 4.0)], Paint::Ink, 0.8)?;
            // A label stands within the plot's width, however long.
            let widths = label.iter().map(|line| text::width(line, TICK)).collect::<Result<Vec<f64>, String>>()?;
            let half = widths.into_iter().fold(0.0, f64::max) / 2.0;
            let middle = x.max(left + half).min(right - half).max(left);
            let mut y = bottom + BELOW;
            for line in label {
                canvas.anchored(line, (middle, y), TICK, Paint::Ink, Anchor::Top)?;
                y += TICK.line();
            }
        }
        let mut y = bottom + BELOW + self.labels_height() + 2.0;
        for line in &self.horizontal {
            canvas.anchored(line, ((left + right) / 2.0, y), NAME, Paint::Soft, Anchor::Top)?;
            y += NAME.line();
        }
        Ok(())
    }

    /// Bars below lines below marks, the first curve above the others.
    fn draw_curves(&self, canvas: &Canvas, chart: &ChartPanel) -> Drawn {
        let y = |at: f64| self.plot.top + self.scale.below_top(at);
        for (curve, x) in self.curves(chart) {
            let color = Series::new(curve.style).color;
            for (index, point) in curve.points.iter().enumerate() {
                if let Some(ChartPoint { bar: Some((low, high)), .. }) = point {
                    canvas.line(&[(x(index), y(*low)), (x(index), y(*high))], color, 1.3)?;
                }
            }
        }
        for (curve, x) in self.curves(chart) {
            let series = Series::new(curve.style);
            for stretch in stretches(curve) {
                let line: Vec<(f64, f64)> = stretch.iter().map(|(index, at)| (x(*index), y(*at))).collect();
                canvas.dashed(&line, series.color, 1.6, series.dash)?;
                for at in line {
                    canvas.marker(at, series.marker, RADIUS, series.color, false)?;
                }
            }
        }
        Ok(())
    }

    /// Hollow marks on the edges.
    fn draw_beyond(&self, canvas: &Canvas, chart: &ChartPanel) -> Drawn {
        for (curve, x) in self.curves(chart) {
            let series = Series::new(curve.style);
            for (index, point) in curve.points.iter().enumerate() {
                let y = match point.map(|point| point.height) {
                    Some(Height::Above) => self.plot.top,
                    Some(Height::Below) => self.plot.bottom,
                    _ => continue,
                };
                canvas.marker((x(index), y), series.marker, RADIUS + 0.4, series.color, true)?;
            }
        }
        Ok(())
    }

    /// Curves from the last to the first, each with where its places are: beside those of the others.
    fn curves(&self, chart: &'a ChartPanel) -> impl Iterator<Item = (&'a ChartCurve, impl Fn(usize) -> f64)> {
        let (count, of) = (chart.places.len(), chart.curves.len() as f64);
        let column = (self.plot.right - self.plot.left) / count.max(1) as f64;
        let step = MARKS.0.min(column * MARKS.1 / of.max(1.0));
        chart.curves.iter().enumerate().rev().map(move |(rank, curve)| {
            let shift = (rank as f64 - (of - 1.0) / 2.0) * step;
            (curve, move |index: usize| self.x(index, count) + shift)
        })
    }

    /// The middle of a place.
    fn x(&self, index: usize, count: usize) -> f64 {
        self.plot.left + (self.plot.right - self.plot.left) * (index as f64 + 0.5) / count.max(1) as f64
    }

    /// Names of references beside their right ends.
    fn draw_references(&self, canvas: &Canvas) -> Drawn {
        let Rect { right, top, .. } = self.plot;
        let wanted: Vec<f64> = self.references.iter().map(|(at, _)| top + self.scale.below_top(*at)).collect();
        let Some(lines) = self.references.iter().map(|(_, lines)| lines.len()).max() else { return Ok(()) };
        let lines = lines as f64;
        let half = SMALL.line() * lines / 2.0;
        let heights = spread(&wanted, 2.0 * half, (top + half, self.plot.bottom - half));
        for (((_, lines), line), middle) in self.references.iter().zip(&wanted).zip(heights) {
            canvas.line(&[(right, *line), (right + 5.0, middle), (right + 8.0, middle)], Paint::Soft, 0.6)?;
            let mut y = middle - SMALL.line() * (lines.len() as f64 - 1.0) / 2.0;
            for line in lines {
                canvas.anchored(line, (right + 11.0, y), SMALL, Paint::Ink, Anchor::Left)?;
                y += SMALL.line();
            }
        }
        Ok(())
    }
}

/// Neighbouring places whose medians are on the axis.
fn stretches(curve: &ChartCurve) -> Vec<Vec<(usize, f64)>> {
    let known = curve.points.iter().enumerate().map(|(index, point)| match point.map(|point| point.height) {
        Some(Height::At(at)) => Some((index, at)),
        _ => None,
    });
    let known: Vec<Option<(usize, f64)>> = known.collect();
    known
        .split(Option::is_none)
        .filter(|one| !one.is_empty())
        .map(|one| one.iter().flatten().copied().collect())
        .collect()
}

/// References from above, their names in lines.
fn references(chart: &ChartPanel, scale: &Scale, width: f64) -> Result<Vec<(f64, Vec<String>)>, String> {
    let mut all = Vec::new();
    for (name, at) in &chart.references {
        all.push((*at, text::block(name, SMALL, width, MOST_LINES[3])?));
    }
    all.retain(|(_, lines)| !lines.is_empty());
    all.sort_by(|(one, _), (other, _)| scale.below_top(*one).total_cmp(&scale.below_top(*other)));
    Ok(all)
}

fn key(chart: &ChartPanel, width: f64) -> Result<Vec<(Sample, String)>, String> {
    let mut key = Vec::new();
    for curve in &chart.curves {
        let name = text::shortened(&curve.name, KEY, width - 30.0)?;
        key.push((Sample::Curve(Series::new(curve.style)), name));
    }
    if let Some(spread) = &chart.spread {
        key.push((Sample::Whisker(Marker::Circle), format!("median; bar: {spread}")));
    }
    let edges = [(Height::Above, "hollow above: infinite"), (Height::Below, below(chart))];
    for (height, words) in edges {
        if chart.has(height) {
            key.push((Sample::Hollow(Marker::Circle), words.into()));
        }
    }
    Ok(key)
}

/// What a mark on the lower edge is.
fn below(chart: &ChartPanel) -> &'static str {
    if chart.logarithmic { "hollow below: zero" } else { "hollow below: minus infinite" }
}
