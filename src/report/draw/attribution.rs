//! The panel of layer 1's noise by source: a row for each attributed arithmetic, in it a lane for each source.

use super::axis::{NAME, NAME_SPACE, TICK_SPACE};
use super::canvas::{Anchor, Canvas, Drawn, Rect};
use super::decades::{Decades, NAMES};
use super::key::{Head, Sample};
use super::page;
use super::style::{GUTTER, MARGIN, Marker, PAGE_WIDTH, PLOT_LEFT, PLOT_RIGHT, Series};
use super::text::{self, Font};
use super::theme::Paint;
use crate::record::NoiseSource;
use crate::report::figure::{AttributionPanel, AttributionRow, NoisePoint, Panel, PointKind, SourceLane};

const ARITHMETIC: Font = Font { size: 11.0, bold: true };
const WORDS: Font = Font { size: 10.0, bold: false };
/// Left edge of the plot; names of sources stand before it.
const LEFT: f64 = 124.0;
/// Height of a lane.
const LANE: f64 = 15.0;
/// How far the mark of a source alone stands above the middle of its lane, and that without it below.
const APART: f64 = 3.0;
/// Free space above and below the lanes of a row.
const PADDING: f64 = 6.0;
/// Room for the marker before an arithmetic's name.
const INDENT: f64 = 20.0;
/// Opacity of the plain run's band.
const BAND: f64 = 0.16;
const MARK: f64 = 3.4;

/// The panel, laid out.
pub struct Placed<'a> {
    panel: &'a AttributionPanel,
    head: Head,
    plot: Rect,
    rows: Vec<PlacedRow>,
}

/// A row: its edges and the words beside it.
struct PlacedRow {
    top: f64,
    bottom: f64,
    name: Vec<String>,
    state: Vec<String>,
    dominant: Vec<String>,
}

impl<'a> Placed<'a> {
    /// Lays the panel out from a height downwards.
    pub fn new(panel: &'a AttributionPanel, top: f64) -> Result<Placed<'a>, String> {
        let head = Head::new(Panel::Attribution.title(), &key(panel), top, PAGE_WIDTH - MARGIN - PLOT_LEFT)?;
        let top = head.bottom + NAMES;
        let width = PAGE_WIDTH - MARGIN - GUTTER;
        let mut y = top;
        let mut rows = Vec::new();
        for row in &panel.rows {
            let name = text::wrapped(&row.name, ARITHMETIC, width - INDENT)?;
            let state = text::wrapped(&row.state, WORDS, width)?;
            let dominant = text::wrapped(&row.dominant, WORDS, width)?;
            let words = ARITHMETIC.line() * name.len() as f64 + WORDS.line() * (state.len() + dominant.len()) as f64;
            let lanes = LANE * row.lanes.len() as f64;
            let bottom = y + lanes.max(words) + 2.0 * PADDING;
            rows.push(PlacedRow { top: y, bottom, name, state, dominant });
            y = bottom;
        }
        Ok(Placed { panel, head, plot: Rect { left: LEFT, top, right: PLOT_RIGHT, bottom: y }, rows })
    }
}

fn key(panel: &AttributionPanel) -> Vec<(Sample, String)> {
    let bars = if panel.has_bars { format!("; bars and band: {}", panel.spread) } else { String::new() };
    let mut key = vec![
        (Sample::Upright, "vertical line: all sources".to_string()),
        (Sample::Full(Marker::Square), "filled: only this source, everything else exact".into()),
        (Sample::Hollow(Marker::Square), format!("hollow: all but this source{bars}")),
    ];
    if panel.has(PointKind::AtMost) {
        key.push((Sample::Leftward, "at most: no noise, or below the resolution of the exact gradient".into()));
    }
    if panel.has(PointKind::Saturated) {
        key.push((
            Sample::Nothing,
            "dashed: gradient zero, underflowed or overflowed, so its ratio is not noise".into(),
        ));
    }
    if panel.clamped {
        key.push((Sample::Nothing, "what reaches the right end lies beyond it".into()));
    }
    let has_flips = panel.rows.iter().flat_map(|row| &row.lanes).any(|lane| lane.source == NoiseSource::BranchFlips);
    let flips = if has_flips { "forward causes the branch flips, " } else { "" };
    let note = format!("sources do not add up exactly: {flips}accumulation is part of forward and backward");
    key.push((Sample::Nothing, note));
    key
}

impl page::Placed for Placed<'_> {
    fn bottom(&self) -> f64 {
        self.plot.bottom + TICK_SPACE + NAME_SPACE
    }

    fn draw(&self, canvas: &Canvas) -> Drawn {
        self.head.draw(canvas)?;
        let plot = self.plot;
        let decades = Decades::new(self.panel.decades, self.panel.knee, plot);
        decades.draw(canvas)?;
        for (index, (row, placed)) in self.panel.rows.iter().zip(&self.rows).enumerate() {
            if index > 0 {
                canvas.line(&[(MARGIN, placed.top), (PAGE_WIDTH - MARGIN, placed.top)], Paint::Soft, 0.5)?;
            }
            plain(canvas, row, placed, &decades)?;
            for (place, lane) in row.lanes.iter().enumerate() {
                let middle = placed.top + PADDING + (place as f64 + 0.5) * LANE;
                draw_lane(canvas, lane, middle, &decades)?;
                let (top, bottom) = (middle - LANE / 2.0, middle + LANE / 2.0);
                canvas.spot(index, place, Rect { left: MARGIN, top, right: plot.right, bottom });
            }
            words(canvas, row, placed)?;
        }
        canvas.frame(plot, Paint::Ink, 0.9)?;
        let middle = ((plot.left + plot.right) / 2.0, plot.bottom + TICK_SPACE + 1.0);
        canvas.anchored("noise / signal of layer 1 (left is better)", middle, NAME, Paint::Soft, Anchor::Top)
    }
}

/// The noise of the arithmetic as it is: upright through all lanes, in its own colour.
fn plain(canvas: &Canvas, row: &AttributionRow, placed: &PlacedRow, decades: &Decades) -> Drawn {
    let Some(point) = row.plain else { return Ok(()) };
    let color = Series::new(row.arithmetic).color;
    let (x, top, bottom) = (decades.x(point.median), placed.top + 1.0, placed.bottom - 1.0);
    let line = [(x, top), (x, bottom)];
    match point.kind {
        PointKind::Measured | PointKind::AtMost => {
            let band = Rect { left: decades.x(point.low), top, right: decades.x(point.high), bottom };
            canvas.rectangle(band, color, BAND)?;
            canvas.line(&line, color, 2.4)?;
            if point.kind == PointKind::AtMost {
                canvas.leftward((x, (top + bottom) / 2.0), color)?;
            }
            Ok(())
        }
        PointKind::Saturated | PointKind::NotEstablished => canvas.dashed(&line, color, 2.0, &[4.0, 3.0]),
    }
}

/// A source's name, and its marks: alone above, taken away below, so that neither hides the other.
fn draw_lane(canvas: &Canvas, lane: &SourceLane, middle: f64, decades: &Decades) -> Drawn {
    let series = Series::source(lane.source);
    let name = (LEFT - 20.0, middle);
    canvas.anchored(lane.source.name(), name, WORDS, Paint::Ink, Anchor::Right)?;
    // It has no share of its own, only what its absence takes away.
    let is_hollow = lane.source == NoiseSource::Accumulation;
    canvas.marker((LEFT - 10.0, middle), series.marker, MARK, series.color, is_hollow)?;
    let marks = [(lane.without, middle + APART, true), (lane.alone, middle - APART, false)];
    marks.into_iter().try_for_each(|(point, y, hollow)| match point {
        Some(point) => mark(canvas, point, y, hollow, series, decades),
        None => Ok(()),
    })
}

fn mark(canvas: &Canvas, point: NoisePoint, y: f64, hollow: bool, series: Series, decades: &Decades) -> Drawn {
    let x = decades.x(point.median);
    canvas.line(&[(decades.x(point.low), y), (decades.x(point.high), y)], series.color, 1.4)?;
    if point.kind == PointKind::AtMost {
        return canvas.leftward((x, y), series.color);
    }
    canvas.marker((x, y), series.marker, MARK, series.color, hollow)
}

/// The arithmetic, its state, and the source that rules.
fn words(canvas: &Canvas, row: &AttributionRow, placed: &PlacedRow) -> Drawn {
    let series = Series::new(row.arithmetic);
    let mut y = placed.top + PADDING;
    canvas.marker((GUTTER + 7.0, y + ARITHMETIC.line() / 2.0 - 1.0), series.marker, 3.6, series.color, false)?;
    for line in &placed.name {
        canvas.text(line, (GUTTER + INDENT, y), ARITHMETIC, Paint::Ink)?;
        y += ARITHMETIC.line();
    }
    for (lines, color) in [(&placed.state, Paint::Soft), (&placed.dominant, Paint::Ink)] {
        for line in lines {
            canvas.text(line, (GUTTER, y), WORDS, color)?;
            y += WORDS.line();
        }
    }
    Ok(())
}
