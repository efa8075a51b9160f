//! An answer on a plate of its colour, with what it depends on beside it.

use super::super::canvas::{Anchor, Canvas, Drawn, Point, Rect};
use super::super::text::{self, Font};
use super::super::theme::Paint;
use crate::report::figure::ClaimPanel;

const ANSWER: Font = Font { size: 12.0, bold: true };
const REST: Font = Font { size: 12.5, bold: true };
/// Height of the plate, and free space left and right of its word.
const PLATE: (f64, f64) = (20.0, 9.0);
/// Free space between the plate and what the answer depends on.
const BESIDE: f64 = 8.0;
/// Most lines of what it depends on.
const MOST_LINES: usize = 4;

/// The answer, laid out.
pub struct Badge {
    color: Paint,
    answer: String,
    width: f64,
    rest: Vec<String>,
}

impl Badge {
    /// Lays out a claim's answer.
    pub fn new(claim: &ClaimPanel, width: f64) -> Result<Badge, String> {
        let plate = text::width(&claim.answer, ANSWER)? + 2.0 * PLATE.1;
        let rest = text::block(&claim.rest, REST, width - plate - BESIDE, MOST_LINES)?;
        Ok(Badge { color: Paint::Answer(claim.kind), answer: claim.answer.clone(), width: plate, rest })
    }

    /// Height of all of it.
    pub fn height(&self) -> f64 {
        PLATE.0 + REST.line() * self.rest.len().saturating_sub(1) as f64
    }

    /// Draws it from its upper left corner.
    pub fn draw(&self, canvas: &Canvas, (left, top): Point) -> Drawn {
        let plate = Rect { left, top, right: left + self.width, bottom: top + PLATE.0 };
        canvas.rectangle(plate, self.color, 1.0)?;
        let mut y = top + PLATE.0 / 2.0;
        canvas.anchored(&self.answer, (left + self.width / 2.0, y), ANSWER, Paint::Paper, Anchor::Middle)?;
        for line in &self.rest {
            canvas.anchored(line, (plate.right + BESIDE, y), REST, Paint::Ink, Anchor::Left)?;
            y += REST.line();
        }
        Ok(())
    }
}
