//! A panel's head: its title, and under it the key in as many rows as it needs, never over data.

use super::canvas::{Anchor, Canvas, Drawn, Rect};
use super::style::{Dash, Marker, PLOT_LEFT, Series};
use super::text::{self, Font};
use super::theme::Paint;
use super::training::hatch::{self, Hatch};

const TITLE: Font = Font { size: 13.0, bold: true };
const LABEL: Font = Font { size: 10.5, bold: false };
const ROW: f64 = 16.0;
const SAMPLE: f64 = 20.0;

/// What stands before a label.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)] // the variants are drawn as named
pub enum Sample {
    Nothing,
    Area(Paint, f64),
    Line(Paint, f64, Dash),
    Hollow(Marker),
    Full(Marker),
    /// A disc, or if told so a ring, in its own colour.
    Dot(Paint, bool),
    Downward,
    Leftward,
    Bar(Marker),
    /// A line upright within a band.
    Upright,
    Cross,
    /// A hatched area of a map.
    Hatched(Hatch),
    /// A line with its marker, in its own style.
    Curve(Series),
    /// A line upright through a marker.
    Whisker(Marker),
}

impl Sample {
    fn width(self) -> f64 {
        if matches!(self, Sample::Nothing) { 0.0 } else { SAMPLE + 5.0 }
    }

    fn draw(self, canvas: &Canvas, x: f64, y: f64) -> Drawn {
        let middle = x + SAMPLE / 2.0;
        match self {
            Sample::Nothing => Ok(()),
            Sample::Area(color, opacity) => {
                let area = Rect { left: x, top: y - 5.0, right: x + SAMPLE, bottom: y + 5.0 };
                canvas.rectangle(area, color, opacity)?;
                canvas.frame(area, Paint::Soft, 0.5)
            }
            Sample::Line(color, width, dash) => canvas.dashed(&[(x, y), (x + SAMPLE, y)], color, width, dash),
            Sample::Hollow(marker) => canvas.marker((middle, y), marker, 3.4, Paint::Soft, true),
            Sample::Full(marker) => canvas.marker((middle, y), marker, 3.4, Paint::Soft, false),
            Sample::Dot(color, hollow) => canvas.marker((middle, y), Marker::Circle, 3.4, color, hollow),
            Sample::Downward => canvas.downward((middle, y - 4.5), Paint::Soft),
            Sample::Leftward => canvas.leftward((middle + 4.5, y), Paint::Soft),
            Sample::Bar(marker) => {
                canvas.line(&[(x, y), (x + SAMPLE, y)], Paint::Soft, 2.0)?;
                canvas.marker((middle, y), marker, 3.4, Paint::Soft, false)
            }
            Sample::Upright => {
                let band = Rect { left: middle - 6.0, top: y - 5.0, right: middle + 6.0, bottom: y + 5.0 };
                canvas.rectangle(band, Paint::Soft, 0.2)?;
                canvas.line(&[(middle, y - 5.5), (middle, y + 5.5)], Paint::Soft, 2.4)
            }
            Sample::Cross => canvas.cross((middle, y), Paint::Soft),
            Sample::Hatched(hatch) => {
                let area = Rect { left: x, top: y - 5.0, right: x + SAMPLE, bottom: y + 5.0 };
                hatch::draw(canvas, area, hatch)?;
                canvas.frame(area, Paint::Soft, 0.5)
            }
            Sample::Curve(series) => {
                canvas.dashed(&[(x, y), (x + SAMPLE, y)], series.color, 1.8, series.dash)?;
                canvas.marker((middle, y), series.marker, 3.4, series.color, false)
            }
            Sample::Whisker(marker) => {
                canvas.line(&[(middle, y - 6.5), (middle, y + 6.5)], Paint::Soft, 1.2)?;
                canvas.marker((middle, y), marker, 3.0, Paint::Soft, false)
            }
        }
    }
}

/// A panel's title and key, laid out.
#[derive(Clone, Debug)]
pub struct Head {
    title: String,
    left: f64,
    top: f64,
    placed: Vec<(Sample, String, f64, f64)>,
    /// Where the plot may begin.
    pub bottom: f64,
}

impl Head {
    /// Lays out the key in rows of at most `limit`, at the plots' left edge.
    pub fn new(title: &str, key: &[(Sample, String)], top: f64, limit: f64) -> Result<Head, String> {
        Head::at(PLOT_LEFT, title, key, top, limit)
    }

    /// The same at another left edge; an empty title takes no room.
    pub fn at(left: f64, title: &str, key: &[(Sample, String)], top: f64, limit: f64) -> Result<Head, String> {
        let mut placed = Vec::new();
        let below = if title.is_empty() { top } else { top + TITLE.line() };
        let (mut x, mut y) = (left, below + ROW / 2.0 + 1.0);
        for (sample, label) in key {
            for line in text::wrapped(label, LABEL, limit - sample.width())? {
                // The sample belongs to the first line of a label only.
                let sample =
                    if placed.last().is_some_and(|(_, last, _, _)| last == label) { Sample::Nothing } else { *sample };
                let width = sample.width() + text::width(&line, LABEL)?;
                if x > left && x + width > left + limit {
                    (x, y) = (left, y + ROW);
                }
                placed.push((sample, line, x, y));
                x += width + 16.0;
            }
        }
        let bottom = if key.is_empty() { below + 4.0 } else { y + ROW / 2.0 + 5.0 };
        Ok(Head { title: title.into(), left, top, placed, bottom })
    }

    /// Draws it.
    pub fn draw(&self, canvas: &Canvas) -> Drawn {
        if !self.title.is_empty() {
            canvas.text(&self.title, (self.left, self.top), TITLE, Paint::Ink)?;
        }
        for (sample, label, x, y) in &self.placed {
            sample.draw(canvas, *x, *y)?;
            canvas.anchored(label, (x + sample.width(), *y), LABEL, Paint::Soft, Anchor::Left)?;
        }
        Ok(())
    }
}
