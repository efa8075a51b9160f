//! The page that compares activations: losses on shared axes, and below them what each copy came to.

use super::super::Picture;
use super::super::axis::{NAME, NAME_SPACE, TICK_SPACE};
use super::super::canvas::{Anchor, Canvas, Drawn, Rect};
use super::super::key::{Head, Sample};
use super::super::page::{self, TITLE, VERDICT};
use super::super::style::{MARGIN, PAGE_WIDTH, PLOT_LEFT};
use super::super::text::{self, Font};
use super::super::theme::{Paint, Theme};
use super::{loss, series};
use crate::report::figure::{TrainingComparison, TrainingStrip};

const ACTIVATION: Font = Font { size: 13.0, bold: true };
const COLUMN: Font = Font { size: 11.0, bold: true };
const CELL: Font = Font { size: 11.5, bold: false };
const SMALL: Font = Font { size: 10.0, bold: false };
/// Most panels side by side.
const COLUMNS: usize = 3;
/// Free space between panels.
const GAP: f64 = 20.0;
/// Height of the plots of a single row, and of several.
const HEIGHTS: (f64, f64) = (320.0, 220.0);
/// Width of the strip's first column.
const NAMES: f64 = 150.0;
/// Height of the strip's titles.
const TITLES: f64 = 26.0;
/// Room before a column's title for its marker.
const INDENT: f64 = 14.0;

/// The page.
pub fn comparison(figure: &TrainingComparison, theme: Theme) -> Result<Picture, String> {
    let width = PAGE_WIDTH - 2.0 * MARGIN;
    let title = text::wrapped(&figure.title, TITLE, width)?;
    let answer = text::wrapped(&figure.answer, VERDICT, width)?;
    let words = TITLE.line() * title.len() as f64 + 6.0 + VERDICT.line() * answer.len() as f64;
    let top = MARGIN + words + 16.0;
    let head = Head::at(MARGIN, "Loss", &key(figure), top, width)?;
    let (plots, below) = plots(figure.panels.len(), head.bottom + 4.0);
    let strip = Head::at(MARGIN, &figure.strip.title, &[], below, width)?;
    let rows = rows(&figure.strip)?;
    let bottom = strip.bottom + TITLES + rows.iter().map(|row| row.height).sum::<f64>() + 8.0;
    page::document(&figure.caption, bottom, theme, |canvas| {
        let y = page::lines(canvas, &title, MARGIN, TITLE, Paint::Ink)?;
        page::lines(canvas, &answer, y + 6.0, VERDICT, Paint::Ink)?;
        head.draw(canvas)?;
        for (panel, (plot, is_first)) in figure.panels.iter().zip(&plots) {
            let name = text::shortened(&panel.activation, ACTIVATION, plot.right - plot.left)?;
            canvas.text(&name, (plot.left, plot.top - ACTIVATION.line()), ACTIVATION, Paint::Ink)?;
            loss::plot(canvas, panel, *plot, *is_first)?;
            if *is_first {
                let middle = (plot.top + plot.bottom) / 2.0;
                canvas.upward(&panel.name, (MARGIN + 8.0, middle), NAME, Paint::Soft)?;
            }
        }
        strip.draw(canvas)?;
        draw_strip(canvas, &figure.strip, &rows, strip.bottom)
    })
}

fn key(figure: &TrainingComparison) -> Vec<(Sample, String)> {
    let curves = figure.panels.first().map_or(&[][..], |panel| &panel.curves);
    let copies = curves.iter().map(|curve| {
        let style = series(curve.arithmetic);
        (Sample::Line(style.color, 1.8, style.dash), curve.name.clone())
    });
    copies.chain(loss::key(&figure.panels)).collect()
}

/// Plots with whether numbers stand beside them, and where they end.
fn plots(count: usize, top: f64) -> (Vec<(Rect, bool)>, f64) {
    // Four stand better two by two than three and one.
    let columns = if count == 4 { 2 } else { count.clamp(1, COLUMNS) };
    let width = (PAGE_WIDTH - MARGIN - PLOT_LEFT - GAP * (columns - 1) as f64) / columns as f64;
    let height = if count > columns { HEIGHTS.1 } else { HEIGHTS.0 };
    let mut y = top;
    let mut plots = Vec::new();
    for index in 0..count {
        let column = index % columns;
        if index > 0 && column == 0 {
            y += ACTIVATION.line() + height + TICK_SPACE + NAME_SPACE + 10.0;
        }
        let (left, above) = (PLOT_LEFT + (width + GAP) * column as f64, y + ACTIVATION.line());
        plots.push((Rect { left, top: above, right: left + width, bottom: above + height }, column == 0));
    }
    (plots, y + ACTIVATION.line() + height + TICK_SPACE + NAME_SPACE + 10.0)
}

/// A row of the strip, laid out: lines of the saturation by column.
struct Row {
    height: f64,
    saturated: Vec<Vec<String>>,
}

/// Width of a column of the strip.
fn column(strip: &TrainingStrip) -> f64 {
    (PAGE_WIDTH - 2.0 * MARGIN - NAMES) / strip.columns.len().max(1) as f64
}

fn rows(strip: &TrainingStrip) -> Result<Vec<Row>, String> {
    let width = column(strip) - 8.0;
    let row = |(_, cells): &(String, Vec<[String; 2]>)| {
        let cells = cells.iter().take(strip.columns.len());
        let saturated: Vec<Vec<String>> =
            cells.map(|[_, words]| text::wrapped(words, SMALL, width)).collect::<Result<_, String>>()?;
        let lines = saturated.iter().map(Vec::len).max().unwrap_or(0);
        Ok(Row { height: CELL.line() + SMALL.line() * lines as f64 + 10.0, saturated })
    };
    strip.rows.iter().map(row).collect()
}

/// Activations below each other, copies beside each other.
fn draw_strip(canvas: &Canvas, strip: &TrainingStrip, rows: &[Row], top: f64) -> Drawn {
    let width = column(strip);
    let x = |column: usize| MARGIN + NAMES + width * column as f64;
    for (column, name) in strip.columns.iter().enumerate() {
        let style = series(column.checked_sub(1));
        canvas.marker((x(column) + 5.0, top + TITLES / 2.0), style.marker, 3.6, style.color, false)?;
        let name = text::shortened(name, COLUMN, width - INDENT - 6.0)?;
        canvas.anchored(&name, (x(column) + INDENT, top + TITLES / 2.0), COLUMN, Paint::Ink, Anchor::Left)?;
    }
    let mut y = top + TITLES;
    for ((activation, cells), row) in strip.rows.iter().zip(rows) {
        canvas.line(&[(MARGIN, y), (PAGE_WIDTH - MARGIN, y)], Paint::Faint, 0.8)?;
        let name = text::shortened(activation, COLUMN, NAMES - 10.0)?;
        canvas.text(&name, (MARGIN, y + 5.0), COLUMN, Paint::Ink)?;
        for (column, ([right, _], saturated)) in cells.iter().zip(&row.saturated).enumerate() {
            let right = text::shortened(right, CELL, width - 6.0)?;
            canvas.text(&right, (x(column), y + 5.0), CELL, Paint::Ink)?;
            let mut below = y + 5.0 + CELL.line();
            for line in saturated {
                canvas.text(line, (x(column), below), SMALL, Paint::Soft)?;
                below += SMALL.line();
            }
        }
        y += row.height;
    }
    Ok(())
}
