//! Areas that are hatched, so that no colour of a scale is like them.

use super::super::canvas::{Canvas, Drawn, Rect};
use super::super::theme::Paint;
use crate::report::figure::Fate;

/// Distance of strokes.
const DISTANCE: f64 = 5.0;

/// What is hatched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hatch {
    /// A gradient of zeros by underflow.
    Flushed,
    /// An infinite gradient or NaN.
    Overflow,
    /// The truth does not tell.
    Unknown,
}

/// Fills an area and hatches it; strokes of neighbours continue each other.
pub fn draw(canvas: &Canvas, area: Rect, hatch: Hatch) -> Drawn {
    let (ground, stroke) = match hatch {
        Hatch::Flushed => (Paint::Zero, Paint::Ink),
        Hatch::Overflow => (Paint::Fate(Fate::Overflowed), Paint::Paper),
        Hatch::Unknown => (Paint::Paper, Paint::Soft),
    };
    canvas.rectangle(area, ground, 1.0)?;
    let Rect { left, top, right, bottom } = area;
    // Strokes are the lines x + y = n · distance, from the lower left to the upper right.
    let (first, last) = (((left + top) / DISTANCE).ceil() as i64, ((right + bottom) / DISTANCE).floor() as i64);
    for n in first..=last {
        let sum = n as f64 * DISTANCE;
        let (from, to) = (left.max(sum - bottom), right.min(sum - top));
        if to > from {
            canvas.line(&[(from, sum - from), (to, sum - to)], stroke, 0.8)?;
        }
    }
    Ok(())
}
