//! The pages of a study: a poster of all claims, and one claim with all its charts.

mod badge;
mod chart;
mod scale;

use super::Picture;
use super::canvas::{Canvas, Drawn, Rect};
use super::page::{self, TITLE, VERDICT};
use super::style::{MARGIN, PAGE_WIDTH};
use super::text::{self, Font};
use super::theme::{Paint, Theme};
use crate::report::figure::{ChartPanel, ClaimPanel, StudyFigure};
use badge::Badge;
use chart::ChartLayout;

const STATEMENT: Font = Font { size: 13.5, bold: true };
const DECIDING: Font = Font { size: 10.5, bold: false };
/// Most lines of a statement and its deciding number on the poster, of a statement on its own page, and of a reason there.
const MOST_LINES: [usize; 4] = [4, 2, 8, 8];
/// Free space between charts side by side.
const GAP: f64 = 36.0;
/// Free space below a row of charts.
const ROW_GAP: f64 = 24.0;
/// Height of a plot beside another one, and alone.
const HEIGHTS: (f64, f64) = (200.0, 320.0);
/// Height of an empty page's body.
const EMPTY: f64 = 60.0;
/// Width of one chart of two, and of one alone.
const WIDTHS: (f64, f64) = ((PAGE_WIDTH - 2.0 * MARGIN - GAP) / 2.0, PAGE_WIDTH - 2.0 * MARGIN);

/// The claim above its chart on the poster, laid out.
struct Heading {
    statement: Vec<String>,
    badge: Badge,
    deciding: Vec<String>,
}

impl Heading {
    fn new(claim: &ClaimPanel, width: f64) -> Result<Heading, String> {
        let statement = text::block(&claim.statement, STATEMENT, width, MOST_LINES[0])?;
        let deciding = text::block(&claim.deciding, DECIDING, width, MOST_LINES[1])?;
        Ok(Heading { statement, badge: Badge::new(claim, width)?, deciding })
    }

    fn height(&self) -> f64 {
        let words = STATEMENT.line() * self.statement.len() as f64 + DECIDING.line() * self.deciding.len() as f64;
        words + 5.0 + self.badge.height() + 15.0
    }

    fn draw(&self, canvas: &Canvas, (left, top): (f64, f64)) -> Drawn {
        let mut y = top;
        for line in &self.statement {
            canvas.text(line, (left, y), STATEMENT, Paint::Ink)?;
            y += STATEMENT.line();
        }
        self.badge.draw(canvas, (left, y + 5.0))?;
        let mut y = y + 5.0 + self.badge.height() + 5.0;
        for line in &self.deciding {
            canvas.text(line, (left, y), DECIDING, Paint::Ink)?;
            y += DECIDING.line();
        }
        Ok(())
    }
}

/// All claims in two columns, each with its first chart.
pub fn poster(figure: &StudyFigure, theme: Theme) -> Result<Picture, String> {
    let title = text::wrapped(&figure.title, TITLE, WIDTHS.1)?;
    let tally = text::wrapped(&figure.tally, VERDICT, WIDTHS.1)?;
    let above = TITLE.line() * title.len() as f64 + 4.0 + VERDICT.line() * tally.len() as f64;
    let mut top = MARGIN + above + ROW_GAP;
    let mut placed = Vec::new();
    let mut rules = Vec::new();
    for row in figure.claims.chunks(2) {
        rules.push(top - ROW_GAP / 2.0);
        let mut headings = Vec::new();
        for claim in row {
            headings.push(Heading::new(claim, WIDTHS.0)?);
        }
        let below = top + headings.iter().map(Heading::height).fold(0.0, f64::max);
        let charts: Vec<Option<&ChartPanel>> = row.iter().map(|claim| claim.charts.first()).collect();
        let (layouts, bottom) = side_by_side(&charts, below, HEIGHTS.0)?;
        placed.extend(headings.into_iter().zip(layouts).map(|(heading, layout)| (top, heading, layout)));
        top = bottom + ROW_GAP;
    }
    let bottom = if placed.is_empty() { top + EMPTY } else { top - ROW_GAP + 14.0 };
    page::document(&figure.caption, bottom, theme, |canvas| {
        let below = page::lines(canvas, &title, MARGIN, TITLE, Paint::Ink)?;
        page::lines(canvas, &tally, below + 4.0, VERDICT, Paint::Ink)?;
        if placed.is_empty() {
            nothing(canvas, top)?;
        }
        for y in &rules {
            canvas.line(&[(MARGIN, *y), (PAGE_WIDTH - MARGIN, *y)], Paint::Faint, 0.8)?;
        }
        for (index, (top, heading, layout)) in placed.iter().enumerate() {
            heading.draw(canvas, (left(index), *top))?;
            layout.draw(canvas)?;
        }
        Ok(())
    })
}

/// One claim: statement, answer, reasons, and all charts in two columns, the last of an odd number across both.
pub fn claim(figure: &StudyFigure, theme: Theme) -> Result<Picture, String> {
    let Some(claim) = figure.claims.first() else { return poster(figure, theme) };
    let statement = text::block(&claim.statement, TITLE, WIDTHS.1, MOST_LINES[2])?;
    let badge = Badge::new(claim, WIDTHS.1)?;
    let mut reasons = Vec::new();
    for reason in &claim.reasons {
        reasons.push(text::block(reason, VERDICT, WIDTHS.1, MOST_LINES[3])?);
    }
    let lines = reasons.iter().map(Vec::len).sum::<usize>() as f64;
    let above = TITLE.line() * statement.len() as f64 + 8.0 + badge.height() + 12.0;
    let words = VERDICT.line() * lines + 3.0 * reasons.len() as f64;
    let first = MARGIN + above + words + 16.0;
    let mut top = first;
    let mut placed = Vec::new();
    for row in claim.charts.chunks(2) {
        let charts: Vec<Option<&ChartPanel>> = row.iter().map(Some).collect();
        let height = if row.len() == 1 { HEIGHTS.1 } else { HEIGHTS.0 };
        let (layouts, bottom) = side_by_side(&charts, top, height)?;
        placed.extend(layouts);
        top = bottom + ROW_GAP;
    }
    let bottom = if placed.is_empty() { top + EMPTY } else { top - ROW_GAP + 14.0 };
    page::document(&figure.caption, bottom, theme, |canvas| {
        let mut y = page::lines(canvas, &statement, MARGIN, TITLE, Paint::Ink)? + 8.0;
        badge.draw(canvas, (MARGIN, y))?;
        y += badge.height() + 12.0;
        for reason in &reasons {
            y = page::lines(canvas, reason, y, VERDICT, Paint::Ink)? + 3.0;
        }
        if placed.is_empty() {
            nothing(canvas, first)?;
        }
        placed.iter().try_for_each(|layout| layout.draw(canvas))
    })
}

/// The left edge of the column that a chart is in.
fn left(index: usize) -> f64 {
    if index.is_multiple_of(2) { MARGIN } else { MARGIN + WIDTHS.0 + GAP }
}

/// One or two charts with their plots at the same height, and where they end. A single one that is no row of its own
/// (its plot is low) keeps its column.
fn side_by_side<'a>(
    charts: &[Option<&'a ChartPanel>],
    top: f64,
    height: f64,
) -> Result<(Vec<ChartLayout<'a>>, f64), String> {
    let width = if height > HEIGHTS.0 { WIDTHS.1 } else { WIDTHS.0 };
    let mut layouts = Vec::new();
    for (index, chart) in charts.iter().enumerate() {
        layouts.push(ChartLayout::new(*chart, (left(index), top), width, height)?);
    }
    let plot_top = top + layouts.iter().map(ChartLayout::above).fold(0.0, f64::max);
    let bottom = plot_top + height + layouts.iter().map(ChartLayout::below).fold(0.0, f64::max);
    layouts.iter_mut().for_each(|layout| layout.move_to(plot_top));
    Ok((layouts, bottom))
}

fn nothing(canvas: &Canvas, top: f64) -> Drawn {
    canvas.notice("nothing was measured", Rect { left: MARGIN, top, right: PAGE_WIDTH - MARGIN, bottom: top + EMPTY })
}
