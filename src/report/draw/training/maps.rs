//! Maps of layers against measured steps, one per arithmetic, with their scale of colours.

use super::super::axis::{NAME, NAME_SPACE, TICK, TICK_SPACE, label, round_step};
use super::super::canvas::{Anchor, Canvas, Drawn, Rect};
use super::super::key::{Head, Sample};
use super::super::page;
use super::super::style::{MARGIN, PAGE_WIDTH, PLOT_LEFT, PLOT_RIGHT, Series};
use super::super::text::{self, Font};
use super::super::theme::Paint;
use super::hatch::{self, Hatch};
use crate::report::figure::{Cell, HeatMap, MapKind, MapPanel, NOISE_LEVELS, SHARE_LEVELS, noise_from};
use crate::report::numbers::{Notation::Typeset, short};

const MAP_NAME: Font = Font { size: 11.0, bold: true };
const SCALE_LABEL: Font = Font { size: 10.0, bold: false };
/// Most maps in a row, and in a row of several rows.
const IN_ONE_ROW: usize = 4;
const IN_A_ROW: usize = 5;
/// Free space between maps side by side.
const GAP: f64 = 22.0;
/// Height of a layer where there is room, and of a map at least and at most: in one row, and in several.
const LAYER: f64 = 13.0;
const HEIGHTS: [(f64, f64); 2] = [(48.0, 168.0), (48.0, 126.0)];
/// Least height of an axis with its whole name.
const NAMED: f64 = 120.0;
/// Height of the scale of colours with its labels.
const SCALE: f64 = 33.0;
/// Width of a colour of a scale.
const SWATCHES: (f64, f64) = (16.0, 44.0);
/// Room before a map's name for its marker.
const NAME_INDENT: f64 = 14.0;
/// Pixels of the picture: edges on them leave no seams.
const PIXEL: f64 = 0.5;

/// The panel, laid out.
pub struct Placed<'a> {
    panel: &'a MapPanel,
    head: Head,
    plots: Vec<Plot>,
    bottom: f64,
}

/// A map's place.
struct Plot {
    area: Rect,
    name: String,
    is_first: bool,
}

impl<'a> Placed<'a> {
    /// Lays the panel out from a height downwards.
    pub fn new(panel: &'a MapPanel, top: f64) -> Result<Placed<'a>, String> {
        let head = Head::new(panel.kind.title(), &key(panel), top, PAGE_WIDTH - MARGIN - PLOT_LEFT)?;
        let count = panel.maps.len().max(1);
        let columns = if count <= IN_ONE_ROW { count } else { count.div_ceil(2).min(IN_A_ROW) };
        let room = PAGE_WIDTH - MARGIN - PLOT_LEFT - GAP * (columns - 1) as f64;
        let width = (room / columns as f64).min(PLOT_RIGHT - PLOT_LEFT);
        let on_pixels = |length: f64, parts: usize| ((length / parts.max(1) as f64 / PIXEL).floor() * PIXEL).max(PIXEL);
        let column = on_pixels(width, panel.columns.len());
        let rows = panel.rows.len().max(1);
        let (least, most) = HEIGHTS[usize::from(count > columns)];
        let height = (LAYER * rows as f64).clamp(least, most);
        let row = on_pixels(height, rows);
        let mut y = ((head.bottom + SCALE) / PIXEL).ceil() * PIXEL;
        let mut plots = Vec::new();
        for maps in panel.maps.chunks(columns) {
            let above = y + (MAP_NAME.line() / PIXEL).ceil() * PIXEL;
            for (index, map) in maps.iter().enumerate() {
                let left = PLOT_LEFT + ((width + GAP) * index as f64 / PIXEL).floor() * PIXEL;
                let right = left + column * panel.columns.len().max(1) as f64;
                let area = Rect { left, top: above, right, bottom: above + row * rows as f64 };
                let name = text::shortened(&map.name, MAP_NAME, width - NAME_INDENT)?;
                plots.push(Plot { area, name, is_first: index == 0 });
            }
            y = above + row * rows as f64 + TICK_SPACE + 4.0;
        }
        Ok(Placed { panel, head, plots, bottom: (y - 4.0 + NAME_SPACE) })
    }
}

impl page::Placed for Placed<'_> {
    fn bottom(&self) -> f64 {
        self.bottom
    }

    fn draw(&self, canvas: &Canvas) -> Drawn {
        self.head.draw(canvas)?;
        scale(canvas, self.panel, self.head.bottom)?;
        for (map, plot) in self.panel.maps.iter().zip(&self.plots) {
            let Rect { left, top, .. } = plot.area;
            let style = Series::new(map.arithmetic);
            canvas.marker((left + 5.0, top - MAP_NAME.line() / 2.0 - 1.0), style.marker, 3.4, style.color, false)?;
            canvas.text(&plot.name, (left + NAME_INDENT, top - MAP_NAME.line()), MAP_NAME, Paint::Ink)?;
            cells(canvas, self.panel, map, plot.area)?;
            canvas.frame(plot.area, Paint::Ink, 0.9)?;
            steps(canvas, self.panel, plot.area)?;
            if plot.is_first {
                layers(canvas, self.panel, plot.area)?;
            }
        }
        let (Some(first), Some(last)) = (self.plots.first(), self.plots.last()) else { return Ok(()) };
        let middle = (first.area.top + last.area.bottom) / 2.0;
        let is_high = last.area.bottom - first.area.top >= NAMED;
        let words = if is_high { "layer (1 = input side)" } else { "layer" };
        canvas.upward(words, (MARGIN + 8.0, middle), NAME, Paint::Soft)?;
        let name = (first.area.left, last.area.bottom + TICK_SPACE + 8.0);
        canvas.anchored("measured step (number of updates so far)", name, NAME, Paint::Soft, Anchor::Left)
    }
}

/// Flat colours that occur, and what a cell stands for.
fn key(panel: &MapPanel) -> Vec<(Sample, String)> {
    let flat = [
        (Cell::Dead, Sample::Area(Paint::Zero, 1.0), "exactly zero"),
        (Cell::Flushed, Sample::Hatched(Hatch::Flushed), "zero by underflow"),
        (Cell::Overflow, Sample::Hatched(Hatch::Overflow), "infinite or NaN"),
        (Cell::Unknown, Sample::Hatched(Hatch::Unknown), "not established"),
    ];
    let mut key: Vec<(Sample, String)> = flat
        .into_iter()
        .filter(|(cell, ..)| panel.has(*cell))
        .map(|(_, sample, words)| (sample, words.to_string()))
        .collect();
    if panel.has_skipped && panel.kind == MapKind::OwnParameters && panel.has(Cell::Overflow) {
        key.push((Sample::Nothing, "step skipped by dynamic loss scaling".into()));
    }
    if panel.has(Cell::Absent) {
        key.push((Sample::Nothing, "blank: not measured".into()));
    }
    if panel.is_thinned() {
        key.push((Sample::Nothing, "each cell shows the worst of several steps or layers".into()));
    }
    key
}

/// The colours with the numbers between them.
fn scale(canvas: &Canvas, panel: &MapPanel, top: f64) -> Drawn {
    let is_noise = panel.kind.is_noise();
    let (count, width) = if is_noise { (NOISE_LEVELS, SWATCHES.0) } else { (SHARE_LEVELS.len(), SWATCHES.1) };
    let (from, below) = (top + 2.0, top + 13.0);
    let x = |level: usize| PLOT_LEFT + width * level as f64;
    for level in 0..count {
        let color = if is_noise { Paint::Noise(level) } else { Paint::Share(level) };
        canvas.rectangle(Rect { left: x(level), top: from, right: x(level + 1), bottom: below }, color, 1.0)?;
    }
    canvas.frame(Rect { left: PLOT_LEFT, top: from, right: x(count), bottom: below }, Paint::Soft, 0.5)?;
    let tick = |x: f64, words: &str| {
        canvas.line(&[(x, below), (x, below + 3.0)], Paint::Ink, 0.8)?;
        canvas.anchored(words, (x, below + 4.0), SCALE_LABEL, Paint::Ink, Anchor::Top)
    };
    if is_noise {
        for level in (1..count).filter(|level| noise_from(*level).fract() == 0.0) {
            tick(x(level), &label(10, noise_from(level) as i64))?;
        }
        let words = (x(count) + 12.0, (from + below) / 2.0);
        return canvas.anchored(
            "noise / signal: noisy from 10⁻¹ on, chaotic from 1 on",
            words,
            SCALE_LABEL,
            Paint::Soft,
            Anchor::Left,
        );
    }
    canvas.anchored("none", (x(0) + width / 2.0, below + 4.0), SCALE_LABEL, Paint::Ink, Anchor::Top)?;
    for (level, most) in SHARE_LEVELS.iter().enumerate().skip(1) {
        tick(x(level + 1), &format!("{} %", short(100.0 * most, Typeset)))?;
    }
    canvas.anchored("share, up to", (x(count) + 28.0, (from + below) / 2.0), SCALE_LABEL, Paint::Soft, Anchor::Left)
}

/// Cells, those of the same colour above each other as one.
fn cells(canvas: &Canvas, panel: &MapPanel, map: &HeatMap, area: Rect) -> Drawn {
    let column = (area.right - area.left) / panel.columns.len().max(1) as f64;
    let row = (area.bottom - area.top) / panel.rows.len().max(1) as f64;
    for (index, cells) in map.cells.iter().enumerate() {
        let left = area.left + column * index as f64;
        let mut from = 0;
        for same in cells.chunk_by(|one, next| one == next) {
            let to = from + same.len();
            let place = Rect {
                left,
                right: left + column,
                top: area.bottom - row * to as f64,
                bottom: area.bottom - row * from as f64,
            };
            from = to;
            match same.first() {
                Some(Cell::Level(level)) if panel.kind.is_noise() => {
                    canvas.rectangle(place, Paint::Noise(*level), 1.0)?;
                }
                Some(Cell::Level(level)) => canvas.rectangle(place, Paint::Share(*level), 1.0)?,
                Some(Cell::Dead) => canvas.rectangle(place, Paint::Zero, 1.0)?,
                Some(Cell::Flushed) => hatch::draw(canvas, place, Hatch::Flushed)?,
                Some(Cell::Overflow) => hatch::draw(canvas, place, Hatch::Overflow)?,
                Some(Cell::Unknown) => hatch::draw(canvas, place, Hatch::Unknown)?,
                Some(Cell::Absent) | None => {}
            }
        }
    }
    Ok(())
}

/// Steps below a map: of every so many columns the first one's.
fn steps(canvas: &Canvas, panel: &MapPanel, area: Rect) -> Drawn {
    let count = panel.columns.len();
    let column = (area.right - area.left) / count.max(1) as f64;
    let last = panel.columns.last().and_then(|steps| steps.first()).map_or(String::new(), ToString::to_string);
    let every = round_step(text::width(&last, TICK)? + 12.0, column);
    for (index, steps) in panel.columns.iter().enumerate().step_by(every) {
        let x = area.left + column * (index as f64 + 0.5);
        let label = steps.first().map_or(String::new(), ToString::to_string);
        canvas.line(&[(x, area.bottom), (x, area.bottom + 4.0)], Paint::Ink, 0.8)?;
        canvas.anchored(&label, (x, area.bottom + 6.0), TICK, Paint::Ink, Anchor::Top)?;
    }
    Ok(())
}

/// Layers beside a map, the head above.
fn layers(canvas: &Canvas, panel: &MapPanel, area: Rect) -> Drawn {
    let count = panel.rows.len();
    let row = (area.bottom - area.top) / count.max(1) as f64;
    let y = |index: usize| area.bottom - row * (index as f64 + 0.5);
    let tick = |index: usize, label: &str| {
        canvas.line(&[(area.left - 4.0, y(index)), (area.left, y(index))], Paint::Ink, 0.8)?;
        canvas.anchored(label, (area.left - 7.0, y(index)), TICK, Paint::Ink, Anchor::Right)
    };
    let (Some(first), Some(last)) = (panel.rows.first(), panel.rows.last()) else { return Ok(()) };
    tick(0, &(first.start + 1).to_string())?;
    if count < 2 {
        return Ok(());
    }
    let in_a_row = last.end.div_ceil(count).max(1);
    let step = round_step(TICK.line(), row / in_a_row as f64);
    let mut multiple = step;
    while multiple < last.end {
        let index = panel.rows.iter().position(|layers| layers.contains(&(multiple - 1))).unwrap_or(0);
        let is_apart = y(0) - y(index) >= TICK.line() && y(index) - y(count - 1) >= TICK.line();
        if is_apart {
            tick(index, &multiple.to_string())?;
        }
        multiple += step;
    }
    tick(count - 1, "head")
}
