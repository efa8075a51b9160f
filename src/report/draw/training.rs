//! Pages of trainings: the poster of one activation, panel below panel, and the comparison of several.

mod axes;
mod comparison;
pub mod hatch;
mod loss;
mod maps;
mod minibatch;
mod scales;
mod shares;

pub use comparison::comparison;

use super::Picture;
use super::axis::{NAME_SPACE, TICK_SPACE};
use super::page::{self, Placed, TITLE};
use super::style::{Dash, MARGIN, Marker, PAGE_WIDTH, PLOT_LEFT, Series};
use super::text::{self, Font};
use super::theme::{Paint, Theme};
use crate::report::figure::TrainingFigure;

const SENTENCE: Font = Font { size: 12.0, bold: false };
const REMARK: Font = Font { size: 11.5, bold: false };
/// Free space between paragraphs.
const BETWEEN: f64 = 4.0;
/// Free space between panels.
const PANEL_GAP: f64 = 16.0;

/// The dash of f64's own copy.
const REFERENCE: Dash = &[6.0, 3.0];

/// How a copy is drawn everywhere: f64's own in grey.
fn series(arithmetic: Option<usize>) -> Series {
    arithmetic.map_or(Series { color: Paint::Truth, dash: REFERENCE, marker: Marker::Circle }, Series::new)
}

/// The poster.
pub fn poster(figure: &TrainingFigure, theme: Theme) -> Result<Picture, String> {
    let width = PAGE_WIDTH - 2.0 * MARGIN;
    let title = text::wrapped(&figure.title, TITLE, width)?;
    let sentences: Vec<Vec<String>> =
        figure.sentences.iter().map(|one| text::wrapped(one, SENTENCE, width)).collect::<Result<_, String>>()?;
    let words: f64 = sentences.iter().map(|lines| SENTENCE.line() * lines.len() as f64 + BETWEEN).sum();
    let mut y = MARGIN + TITLE.line() * title.len() as f64 + 6.0 + words + 12.0;
    let mut panels: Vec<Box<dyn Placed + '_>> = Vec::new();
    panels.push(Box::new(loss::Placed::new(&figure.loss, y)?));
    y = end(&panels, y);
    for map in &figure.maps {
        panels.push(Box::new(maps::Placed::new(map, y)?));
        y = end(&panels, y);
    }
    let mut remark = None;
    if let Some(words) = &figure.remark {
        remark = Some((words, y));
        y += REMARK.line() + PANEL_GAP;
    }
    if let Some(shares) = &figure.shares {
        panels.push(Box::new(shares::Placed::new(shares, y)?));
        y = end(&panels, y);
    }
    if let Some(minibatch) = &figure.minibatch {
        panels.push(Box::new(minibatch::Placed::new(minibatch, y)?));
        y = end(&panels, y);
    }
    if let Some(scales) = &figure.scales {
        panels.push(Box::new(scales::Placed::new(scales, y)?));
        y = end(&panels, y);
    }
    page::document(&figure.caption, y, theme, |canvas| {
        let mut y = 6.0 + page::lines(canvas, &title, MARGIN, TITLE, Paint::Ink)?;
        for lines in &sentences {
            y = BETWEEN + page::lines(canvas, lines, y, SENTENCE, Paint::Ink)?;
        }
        if let Some((words, y)) = remark {
            canvas.text(words, (PLOT_LEFT, y), REMARK, Paint::Soft)?;
        }
        panels.iter().try_for_each(|panel| panel.draw(canvas))
    })
}

/// Where the next panel begins.
fn end(panels: &[Box<dyn Placed + '_>], top: f64) -> f64 {
    panels.last().map_or(top, |panel| panel.bottom() + PANEL_GAP)
}

/// Where a panel ends whose plot has an axis with a name below.
fn below(plot_bottom: f64) -> f64 {
    plot_bottom + TICK_SPACE + NAME_SPACE
}
