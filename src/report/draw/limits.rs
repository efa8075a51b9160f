//! Where formats end: dashed lines over plots, and their names in the gutter.

use super::axis::spread;
use super::canvas::{Anchor, Canvas, Drawn, Rect};
use super::style::{GUTTER, MARGIN, PAGE_WIDTH, edge_dash};
use super::text::{self, Font};
use super::theme::Paint;
use crate::report::figure::Limit;

const LABEL: Font = Font { size: 10.0, bold: false };

/// Draws limits (sorted from above) at their heights over plots side by side, and names them beside the last.
pub fn draw(canvas: &Canvas, limits: &[Limit], y: impl Fn(&Limit) -> f64, plots: &[Rect]) -> Drawn {
    let Some(last) = plots.last() else { return Ok(()) };
    let wanted: Vec<f64> = limits.iter().map(y).collect();
    for (limit, line) in limits.iter().zip(&wanted) {
        for plot in plots {
            canvas.dashed(&[(plot.left, *line), (plot.right, *line)], Paint::Ink, 0.9, edge_dash(limit.edge))?;
        }
    }
    let heights = spread(&wanted, LABEL.line(), (last.top + 5.0, last.bottom - 5.0));
    for ((limit, line), height) in limits.iter().zip(&wanted).zip(heights) {
        let bend = [(last.right, *line), (last.right + 5.0, height), (GUTTER - 2.0, height)];
        canvas.line(&bend, Paint::Soft, 0.6)?;
        let label = text::shortened(&limit.label, LABEL, PAGE_WIDTH - MARGIN - GUTTER)?;
        canvas.anchored(&label, (GUTTER, height), LABEL, Paint::Ink, Anchor::Left)?;
    }
    Ok(())
}
