//! A panel's head: its title, and under it the key in as many rows as it needs, never over data.

use super::canvas::{Anchor, Canvas, Drawn, Rect};
use super::text::{self, Font};
use crate::report::panel::{Paint, Sample, Symbol};

/// A panel's title.
pub const TITLE: Font = Font { size: 13.0, bold: true };
const LABEL: Font = Font { size: 10.5, bold: false };
const TICK: Font = Font { size: 9.5, bold: false };
const ROW: f64 = 16.0;
/// Width of a sample.
pub const SAMPLE: f64 = 20.0;
/// Width of a colour of a ramp of many colours, and of few, whose words are closer.
const SWATCHES: (f64, f64) = (17.0, 42.0);
const FEW: usize = 9;
/// Radius of a marker in a key.
const RADIUS: f64 = 3.4;

/// Width of a sample with the space after it.
pub fn width(sample: Sample) -> f64 {
    match sample {
        Sample::Nothing => 0.0,
        Sample::Marker(_) => 13.0,
        Sample::Ramp(_, count, _) => swatch(count) * count as f64 + 26.0,
        _ => SAMPLE + 5.0,
    }
}

fn swatch(count: usize) -> f64 {
    if count > FEW { SWATCHES.0 } else { SWATCHES.1 }
}

/// Draws a sample from a place on to the right, centred vertically.
pub fn sample(canvas: &Canvas, sample: Sample, (x, y): (f64, f64)) -> Drawn {
    let middle = (x + SAMPLE / 2.0, y);
    let area = Rect::around(middle, SAMPLE / 2.0, 5.0);
    match sample {
        Sample::Nothing => Ok(()),
        Sample::Area(color, opacity) => {
            canvas.rectangle(area, color, opacity)?;
            canvas.frame(area, Paint::Soft, 0.5)
        }
        Sample::Hatched(hatch) => {
            canvas.hatched(area, hatch)?;
            canvas.frame(area, Paint::Soft, 0.5)
        }
        Sample::Line(color, width, dash) => canvas.dashed(&[(x, y), (x + SAMPLE, y)], color, width, dash),
        Sample::Symbol(color, symbol) => {
            // Arrows are drawn from their point on.
            let at = match symbol {
                Symbol::Downward => (middle.0, y - 4.5),
                Symbol::Leftward => (middle.0 + 4.5, y),
                Symbol::Rightward => (middle.0 - 4.5, y),
                _ => middle,
            };
            canvas.symbol(at, symbol, RADIUS, color)
        }
        Sample::Curve(series) => {
            canvas.dashed(&[(x, y), (x + SAMPLE, y)], series.paint, 1.8, series.dash)?;
            canvas.marker(middle, series.marker, RADIUS, series.paint, false)
        }
        Sample::Marker(series) => canvas.marker((x + 4.0, y), series.marker, RADIUS, series.paint, false),
        Sample::Bar(marker) => {
            canvas.line(&[(x, y), (x + SAMPLE, y)], Paint::Soft, 2.0)?;
            canvas.marker(middle, marker, RADIUS, Paint::Soft, false)
        }
        Sample::Whisker(marker) => {
            canvas.line(&[(middle.0, y - 6.5), (middle.0, y + 6.5)], Paint::Soft, 1.2)?;
            canvas.marker(middle, marker, 3.0, Paint::Soft, false)
        }
        Sample::Upright => {
            canvas.rectangle(Rect::around(middle, 6.0, 5.0), Paint::Soft, 0.2)?;
            canvas.line(&[(middle.0, y - 5.5), (middle.0, y + 5.5)], Paint::Soft, 2.4)
        }
        Sample::Ramp(palette, count, ticks) => {
            let left = |place: usize| x + swatch(count) * place as f64;
            for place in 0..count {
                let swatch = Rect { left: left(place), right: left(place + 1), ..area };
                canvas.rectangle(swatch, Paint::Of(palette, place), 1.0)?;
            }
            canvas.frame(Rect { right: left(count), ..area }, Paint::Soft, 0.5)?;
            ticks.iter().try_for_each(|(place, words)| {
                let x = left(*place);
                canvas.line(&[(x, y + 5.0), (x, y + 8.0)], Paint::Ink, 0.8)?;
                canvas.anchored(words, (x, y + 9.0), TICK, Paint::Ink, Anchor::Top)
            })
        }
    }
}

/// A panel's title and key, laid out.
#[derive(Clone, Debug)]
pub struct Head {
    title: Vec<String>,
    left: f64,
    top: f64,
    placed: Vec<(Sample, String, (f64, f64))>,
    /// Where the plots may begin.
    pub bottom: f64,
}

impl Head {
    /// Lays out a title, which takes no room if it is empty, and a key between two edges from a height downwards.
    pub fn new(title: &str, key: &[(Sample, String)], (left, right): (f64, f64), top: f64) -> Head {
        let title = text::wrapped(title, TITLE, right - left);
        let below = top + TITLE.line() * title.len() as f64;
        let mut placed: Vec<(Sample, String, (f64, f64))> = Vec::new();
        let (mut x, mut y) = (left, below + ROW / 2.0 + 1.0);
        for (sample, label) in key {
            for (index, line) in text::wrapped(label, LABEL, right - left - width(*sample)).into_iter().enumerate() {
                // The sample belongs to the first line of a label.
                let sample = if index == 0 { *sample } else { Sample::Nothing };
                let width = width(sample) + text::width(&line, LABEL);
                if x > left && (index > 0 || x + width > right) {
                    (x, y) = (left, y + ROW);
                }
                placed.push((sample, line, (x, y)));
                x += width + 16.0;
                if let Sample::Ramp(..) = sample {
                    // Its words stand below it.
                    (x, y) = (left, y + 1.9 * ROW);
                }
            }
        }
        if x == left && !placed.is_empty() {
            y -= ROW;
        }
        let bottom = if key.is_empty() { below + 4.0 } else { y + ROW / 2.0 + 5.0 };
        Head { title, left, top, placed, bottom }
    }

    /// Draws it.
    pub fn draw(&self, canvas: &Canvas) -> Drawn {
        canvas.lines(&self.title, (self.left, self.top), TITLE, Paint::Ink)?;
        self.placed.iter().try_for_each(|(one, label, (x, y))| {
            sample(canvas, *one, (*x, *y))?;
            canvas.anchored(label, (x + width(*one), *y), LABEL, Paint::Soft, Anchor::Left)
        })
    }
}
