//! The page of a law: panels of equal size on the same axes, so that slopes may be compared by eye.

mod labels;
mod panel;

use super::Picture;
use super::axis::{NAME_SPACE, TICK_SPACE};
use super::canvas::Rect;
use super::key::{Head, Sample};
use super::page::{self, TITLE, VERDICT};
use super::style::{MARGIN, PAGE_WIDTH, PLOT_LEFT};
use super::text::{self, Font};
use super::theme::{Paint, Theme};
use crate::record::law::Statistic;
use crate::report::facts;
use crate::report::figure::LawFigure;
use panel::Place;

const ACTIVATION: Font = Font { size: 13.0, bold: true };
const SENTENCE: Font = Font { size: 10.5, bold: false };
/// Most panels side by side.
const COLUMNS: usize = 3;
/// Free space between panels side by side, in which the references are named.
const GAP: f64 = 42.0;
/// Free space right of the last panel of a row, in which references and thresholds are named.
const RIGHT: f64 = 92.0;
/// Free space below a row of panels.
const ROW_GAP: f64 = 20.0;
/// Height of the plots of a single row, and of several.
const HEIGHTS: (f64, f64) = (400.0, 300.0);

/// The page.
pub fn picture(figure: &LawFigure, theme: Theme) -> Result<Picture, String> {
    let width = PAGE_WIDTH - 2.0 * MARGIN;
    let title = text::wrapped(&figure.title, TITLE, width)?;
    let reading = text::wrapped(&figure.reading, VERDICT, width)?;
    let words = TITLE.line() * title.len() as f64 + 6.0 + VERDICT.line() * reading.len() as f64;
    let head_title = "Noise / signal of the computed weight gradient of layer 1";
    let head = Head::at(MARGIN, head_title, &key(figure), MARGIN + words + 16.0, width)?;
    let (rows, bottom) = rows(figure, head.bottom + 8.0)?;
    page::document(&figure.caption, bottom, theme, |canvas| {
        let below = 6.0 + page::lines(canvas, &title, MARGIN, TITLE, Paint::Ink)?;
        page::lines(canvas, &reading, below, VERDICT, Paint::Ink)?;
        head.draw(canvas)?;
        if rows.is_empty() {
            let plot = Rect { left: MARGIN, top: head.bottom, right: PAGE_WIDTH - MARGIN, bottom: head.bottom + 60.0 };
            canvas.notice("nothing was measured", plot)?;
        }
        for (place, panel) in rows.iter().zip(&figure.panels) {
            let mut y = place.top;
            canvas.text(&panel.activation, (place.plot.left, y), ACTIVATION, Paint::Ink)?;
            y += ACTIVATION.line();
            for line in &place.sentence {
                canvas.text(line, (place.plot.left, y), SENTENCE, Paint::Ink)?;
                y += SENTENCE.line();
            }
            panel::draw(canvas, figure, panel, place)?;
        }
        Ok(())
    })
}

/// Where each panel stands, and where the last row ends.
fn rows(figure: &LawFigure, top: f64) -> Result<(Vec<Place>, f64), String> {
    let count = figure.panels.len();
    // Four stand better two by two than three and one.
    let columns = if count == 4 { 2 } else { count.clamp(1, COLUMNS) };
    let room = PAGE_WIDTH - MARGIN - RIGHT - PLOT_LEFT - GAP * (columns - 1) as f64;
    let width = room / columns as f64;
    let height = if count > columns { HEIGHTS.1 } else { HEIGHTS.0 };
    let mut places = Vec::new();
    let mut top = top;
    for row in figure.panels.chunks(columns) {
        let mut sentences = Vec::new();
        for panel in row {
            sentences.push(text::wrapped(&panel.sentence, SENTENCE, width)?);
        }
        let lines = sentences.iter().map(Vec::len).max().unwrap_or(0) as f64;
        let above = top + ACTIVATION.line() + SENTENCE.line() * lines + 6.0 + panel::REGIME_SPACE;
        for (index, sentence) in sentences.into_iter().enumerate() {
            let left = PLOT_LEFT + (width + GAP) * index as f64;
            let plot = Rect { left, top: above, right: left + width, bottom: above + height };
            places.push(Place { top, sentence, plot, is_first: index == 0, is_last: index + 1 == row.len() });
        }
        top = above + height + TICK_SPACE + NAME_SPACE + ROW_GAP;
    }
    Ok((places, if count == 0 { top + 60.0 } else { top - ROW_GAP + 14.0 }))
}

fn key(figure: &LawFigure) -> Vec<(Sample, String)> {
    let trials = facts::trials(figure.trials);
    let mut key = vec![
        (Sample::Dot(panel::paint(Statistic::RootMeanSquare), false), format!("root mean square (rms) of {trials}")),
        (Sample::Dot(panel::paint(Statistic::Median), true), "median".into()),
    ];
    if figure.has_bands {
        key.push((Sample::Area(panel::paint(Statistic::Median), panel::BAND), figure.spread.clone()));
    }
    for (statistic, words) in
        [(Statistic::RootMeanSquare, "line through rms points"), (Statistic::Median, "line through medians")]
    {
        if figure.has_line(statistic) {
            key.push((Sample::Line(panel::paint(statistic), panel::LINE, panel::dash(statistic)), words.into()));
        }
    }
    key.push((Sample::Line(Paint::Soft, panel::REFERENCE, &[]), "u and √u themselves".into()));
    if figure.panels.iter().any(|panel| panel.regimes.len() > 1) {
        key.push((Sample::Line(Paint::Soft, 1.0, panel::REGIME), "where many flips end, and where few begin".into()));
    }
    if figure.stored_below.is_some() {
        key.push((
            Sample::Line(Paint::Soft, 1.0, panel::STORED),
            "to the left of it, storing the parameters adds noise".into(),
        ));
    }
    if figure.panels.iter().any(|panel| panel.points.iter().any(|point| point.at_most)) {
        key.push((Sample::Downward, "at most: below the resolution of the exact gradient".into()));
    }
    if figure.clamped {
        key.push((Sample::Nothing, "points on the upper end lie beyond it".into()));
    }
    key
}
