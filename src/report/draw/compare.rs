//! The page that compares activations: a row for each, in it a lane for each arithmetic, and the words beside it.

use super::Picture;
use super::axis::{NAME, NAME_SPACE, TICK_SPACE};
use super::canvas::{Anchor, Canvas, Drawn, Rect};
use super::decades::{Decades, NAMES};
use super::key::{Head, Sample};
use super::page::{self, TITLE, VERDICT};
use super::style::{MARGIN, Marker, PAGE_WIDTH, Series};
use super::text::{self, Font};
use super::theme::{Paint, Theme};
use crate::report::figure::{Comparison, Lane, PointKind};

const ACTIVATION: Font = Font { size: 12.0, bold: true };
const WORDS: Font = Font { size: 10.0, bold: false };
const COLUMN: Font = Font { size: 10.0, bold: true };

/// Left edge of the plot; names of activations stand before it.
const LEFT: f64 = 166.0;
/// Right edge of the plot; the words on each lane stand beyond it.
const RIGHT: f64 = 680.0;
/// Left edges of the columns of words: precision, noise/signal, verdict.
const COLUMNS: [f64; 3] = [RIGHT + 26.0, RIGHT + 190.0, RIGHT + 276.0];
/// Free space between columns.
const COLUMN_GAP: f64 = 8.0;
/// Height of a lane with one line of words.
const LANE: f64 = 16.0;
/// Free space above and below the lanes of a row.
const ROW_PADDING: f64 = 5.0;

/// A lane, laid out: its middle and the lines of its words.
struct PlacedLane {
    middle: f64,
    words: [Vec<String>; 3],
}

/// A row, laid out.
struct PlacedRow {
    top: f64,
    bottom: f64,
    name: Vec<String>,
    lanes: Vec<PlacedLane>,
}

/// Where everything is on the page.
struct Layout {
    title: Vec<String>,
    answer: Vec<String>,
    head: Head,
    plot: Rect,
    rows: Vec<PlacedRow>,
    caption_top: f64,
}

impl Layout {
    fn new(figure: &Comparison) -> Result<Layout, String> {
        let width = PAGE_WIDTH - 2.0 * MARGIN;
        let title = text::wrapped(&figure.title, TITLE, width)?;
        let answer = text::wrapped(&figure.answer, VERDICT, width)?;
        let y = MARGIN + TITLE.line() * title.len() as f64 + 6.0 + VERDICT.line() * answer.len() as f64 + 18.0;
        let title_of_plot = "Noise / signal of the computed weight gradient of layer 1";
        let head = Head::at(MARGIN, title_of_plot, &key(figure), y, width)?;
        let top = head.bottom + NAMES;
        let mut y = top;
        let mut rows = Vec::new();
        for row in &figure.rows {
            let placed = PlacedRow::new(&row.activation, &row.lanes, y)?;
            y = placed.bottom;
            rows.push(placed);
        }
        let plot = Rect { left: LEFT, top, right: RIGHT, bottom: y.max(top + 60.0) };
        let caption_top = plot.bottom + TICK_SPACE + NAME_SPACE + 14.0;
        Ok(Layout { title, answer, head, plot, rows, caption_top })
    }
}

impl PlacedRow {
    fn new(activation: &str, lanes: &[Lane], top: f64) -> Result<PlacedRow, String> {
        let name = text::wrapped(activation, ACTIVATION, LEFT - MARGIN - 10.0)?;
        let mut y = top + ROW_PADDING;
        let mut placed = Vec::new();
        let ends = [COLUMNS[1], COLUMNS[2], PAGE_WIDTH - MARGIN + COLUMN_GAP];
        for lane in lanes {
            let mut words = [Vec::new(), Vec::new(), Vec::new()];
            let texts = [&lane.arithmetic, &lane.noise, &lane.verdict];
            for (index, words) in words.iter_mut().enumerate() {
                // Measured bold, which is wider.
                *words = text::wrapped(texts[index], COLUMN, ends[index] - COLUMNS[index] - COLUMN_GAP)?;
            }
            let lines = words.iter().map(Vec::len).max().unwrap_or(0).max(1);
            let height = LANE + WORDS.line() * (lines - 1) as f64;
            placed.push(PlacedLane { middle: y + height / 2.0, words });
            y += height;
        }
        let least = top + ACTIVATION.line() * name.len() as f64 + 2.0 * ROW_PADDING;
        Ok(PlacedRow { top, bottom: (y + ROW_PADDING).max(least), name, lanes: placed })
    }
}

fn key(figure: &Comparison) -> Vec<(Sample, String)> {
    let mut key = Vec::new();
    if figure.has_bars {
        key.push((Sample::Bar(Marker::Circle), format!("median, bar: {}", figure.spread)));
    } else if figure.trials < 2 {
        key.push((Sample::Nothing, figure.spread.clone()));
    }
    if figure.has(PointKind::AtMost) {
        key.push((Sample::Leftward, "at most: no noise, or below the resolution of the exact gradient".into()));
    }
    if figure.has(PointKind::Saturated) {
        key.push((
            Sample::Hollow(Marker::Circle),
            "hollow: gradient zero, underflowed or overflowed, so its ratio is not noise".into(),
        ));
    }
    if figure.has(PointKind::NotEstablished) {
        key.push((Sample::Cross, "exact gradient not established here".into()));
    }
    if figure.clamped {
        key.push((Sample::Nothing, "what reaches the right end lies beyond it".into()));
    }
    key.push((Sample::Nothing, "verdicts: how many trials have each".to_string()));
    key
}

/// The page.
pub fn picture(figure: &Comparison, theme: Theme) -> Result<Picture, String> {
    let layout = Layout::new(figure)?;
    page::document(&figure.caption, layout.caption_top, theme, |canvas| draw(canvas, figure, &layout))
}

fn draw(canvas: &Canvas, figure: &Comparison, layout: &Layout) -> Drawn {
    let y = page::lines(canvas, &layout.title, MARGIN, TITLE, Paint::Ink)?;
    page::lines(canvas, &layout.answer, y + 6.0, VERDICT, Paint::Ink)?;
    layout.head.draw(canvas)?;
    let plot = layout.plot;
    let decades = Decades::new(figure.decades, figure.knee, plot);
    background(canvas, plot, &decades)?;
    for (index, (row, placed)) in figure.rows.iter().zip(&layout.rows).enumerate() {
        if index > 0 {
            canvas.line(&[(MARGIN, placed.top), (PAGE_WIDTH - MARGIN, placed.top)], Paint::Soft, 0.5)?;
        }
        let mut y = placed.top + ROW_PADDING + 1.0;
        for line in &placed.name {
            canvas.text(line, (MARGIN, y), ACTIVATION, Paint::Ink)?;
            y += ACTIVATION.line();
        }
        for (lane_index, (lane, placed)) in row.lanes.iter().zip(&placed.lanes).enumerate() {
            draw_lane(canvas, lane, placed, Series::new(lane_index), &decades)?;
            let (top, bottom) = (placed.middle - LANE / 2.0, placed.middle + LANE / 2.0);
            canvas.spot(index, lane_index, Rect { left: plot.left, top, right: PAGE_WIDTH - MARGIN, bottom });
        }
    }
    canvas.frame(plot, Paint::Ink, 0.9)
}

/// Regions, grid, and the names of lines and columns.
fn background(canvas: &Canvas, plot: Rect, decades: &Decades) -> Drawn {
    decades.draw(canvas)?;
    let name_height = plot.top - NAMES / 2.0;
    for (title, x) in ["precision", "noise/signal", "verdict"].into_iter().zip(COLUMNS) {
        canvas.anchored(title, (x, name_height), COLUMN, Paint::Ink, Anchor::Left)?;
    }
    canvas.anchored("activation", (MARGIN, name_height), COLUMN, Paint::Ink, Anchor::Left)?;
    let middle = ((plot.left + plot.right) / 2.0, plot.bottom + TICK_SPACE + 1.0);
    canvas.anchored("noise / signal (left is better)", middle, NAME, Paint::Soft, Anchor::Top)
}

fn draw_lane(canvas: &Canvas, lane: &Lane, placed: &PlacedLane, series: Series, decades: &Decades) -> Drawn {
    let y = placed.middle;
    let mut end = LEFT;
    if let Some(point) = lane.point {
        let x = decades.x(point.median);
        if point.kind.is_joined() {
            canvas.line(&[(decades.x(point.low), y), (decades.x(point.high), y)], series.color, 2.2)?;
        }
        match point.kind {
            PointKind::Measured => canvas.marker((x, y), series.marker, 3.8, series.color, false)?,
            PointKind::AtMost => canvas.leftward((x, y), series.color)?,
            PointKind::Saturated => canvas.marker((x, y), series.marker, 3.8, series.color, true)?,
            PointKind::NotEstablished => canvas.cross((x, y), series.color)?,
        }
        end = if point.kind.is_joined() { decades.x(point.high) } else { x } + 8.0;
    }
    // A hair leads the eye from the mark to its words.
    canvas.dashed(&[(end.min(RIGHT), y), (RIGHT + 8.0, y)], Paint::Faint, 0.7, &[1.0, 3.0])?;
    canvas.marker((COLUMNS[0] - 9.0, y), series.marker, 3.6, series.color, false)?;
    for (index, (lines, x)) in placed.words.iter().zip(COLUMNS).enumerate() {
        let font = if index == 2 && !lane.is_sound { COLUMN } else { WORDS };
        let mut middle = y - WORDS.line() * (lines.len().saturating_sub(1)) as f64 / 2.0;
        for line in lines {
            canvas.anchored(line, (x, middle), font, Paint::Ink, Anchor::Left)?;
            middle += WORDS.line();
        }
    }
    Ok(())
}
