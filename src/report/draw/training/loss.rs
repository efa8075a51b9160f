//! The panel of losses: a line per copy, held-out losses as marks, the target, and crosses where copies failed.

use super::super::axis::NAME;
use super::super::canvas::{Anchor, Canvas, Drawn, Point, Rect};
use super::super::key::{Head, Sample};
use super::super::legend::Legend;
use super::super::page;
use super::super::style::{Dash, GUTTER, MARGIN, Marker, PLOT_LEFT, PLOT_RIGHT};
use super::super::text::{self, Font};
use super::super::theme::Paint;
use super::axes::{Steps, Upwards};
use super::series;
use crate::report::figure::LossPanel;

const HEIGHT: f64 = 260.0;
const LABEL: Font = Font { size: 10.0, bold: false };
/// The target's line.
const TARGET: Dash = &[2.0, 3.0];
/// Least distance of a curve's marks.
const MARK_DISTANCE: f64 = 14.0;
/// Width of the gutter's part for the target's name; the legend stands to its right.
const LEGEND_INDENT: f64 = 78.0;

/// The panel, laid out.
pub struct Placed<'a> {
    panel: &'a LossPanel,
    head: Head,
    plot: Rect,
    legend: Legend,
}

impl<'a> Placed<'a> {
    /// Lays the panel out from a height downwards.
    pub fn new(panel: &'a LossPanel, top: f64) -> Result<Placed<'a>, String> {
        let head = Head::new("Loss", &key(std::slice::from_ref(panel)), top, PLOT_RIGHT - PLOT_LEFT)?;
        let entries = panel.curves.iter().map(|curve| (series(curve.arithmetic), curve.name.as_str(), ""));
        let legend = Legend::new(entries, LEGEND_INDENT)?;
        let plot = page::plot(head.bottom, HEIGHT.max(legend.height()));
        Ok(Placed { panel, head, plot, legend })
    }
}

impl page::Placed for Placed<'_> {
    fn bottom(&self) -> f64 {
        super::below(self.plot.bottom)
    }

    fn draw(&self, canvas: &Canvas) -> Drawn {
        self.head.draw(canvas)?;
        plot(canvas, self.panel, self.plot, true)?;
        let middle = (self.plot.top + self.plot.bottom) / 2.0;
        canvas.upward(&self.panel.name, (MARGIN + 8.0, middle), NAME, Paint::Soft)?;
        if let Some(target) = self.panel.target {
            let y = Upwards::new(self.panel.range, self.plot).y(target);
            canvas.anchored("target loss", (GUTTER, y), LABEL, Paint::Ink, Anchor::Left)?;
        }
        self.legend.draw(canvas, self.plot.top)
    }
}

/// What lines and marks are.
pub fn key(panels: &[LossPanel]) -> Vec<(Sample, String)> {
    let curves = || panels.iter().flat_map(|panel| &panel.curves);
    let mut key =
        vec![(Sample::Line(Paint::Soft, 1.6, &[]), "mean of the last 20 minibatches (fewer at first)".to_string())];
    if let Some(panel) = panels.iter().find(|panel| panel.curves.iter().any(|curve| !curve.held_out.is_empty())) {
        key.push((Sample::Full(Marker::Circle), panel.held_out.clone()));
    }
    if panels.iter().any(|panel| panel.target.is_some()) {
        key.push((Sample::Line(Paint::Ink, 0.8, TARGET), "target loss".into()));
    }
    if curves().any(|curve| curve.end.is_some()) {
        key.push((Sample::Cross, "a copy failed here".into()));
    }
    if panels.iter().any(|panel| panel.clamped) {
        key.push((Sample::Nothing, "points on the upper or lower edge lie beyond it".into()));
    }
    key
}

/// Draws the losses into a plot.
pub fn plot(canvas: &Canvas, panel: &LossPanel, plot: Rect, labels: bool) -> Drawn {
    let (steps, heights) = (Steps::new(panel.last_step, plot), Upwards::new(panel.range, plot));
    heights.draw_decimals(canvas, labels)?;
    steps.draw(canvas, true)?;
    let at = |(step, log10): &(f64, f64)| (steps.x(*step), heights.y(*log10));
    if let Some(target) = panel.target {
        let y = heights.y(target);
        canvas.dashed(&[(plot.left, y), (plot.right, y)], Paint::Ink, 0.8, TARGET)?;
    }
    // The first arithmetic above the others, f64's own copy below all.
    let order = || panel.curves.iter().take(1).chain(panel.curves.iter().skip(1).rev());
    for curve in order() {
        let style = series(curve.arithmetic);
        for stretch in &curve.line {
            let line: Vec<Point> = stretch.iter().map(at).collect();
            match line.as_slice() {
                [one] => canvas.marker(*one, Marker::Diamond, 2.2, style.color, false)?,
                _ => canvas.dashed(&line, style.color, 1.6, style.dash)?,
            }
        }
    }
    for curve in order() {
        let style = series(curve.arithmetic);
        let mut next = f64::NEG_INFINITY;
        for place in curve.held_out.iter().map(at) {
            if place.0 >= next {
                canvas.marker(place, style.marker, 2.6, style.color, false)?;
                next = place.0 + MARK_DISTANCE;
            }
        }
    }
    if panel.curves.iter().all(|curve| curve.line.is_empty()) {
        canvas.notice("no loss is finite", plot)?;
    }
    ends(canvas, panel, plot, at)?;
    canvas.frame(plot, Paint::Ink, 0.9)
}

/// Crosses where copies failed, with words beside them that do not cover each other.
fn ends(canvas: &Canvas, panel: &LossPanel, plot: Rect, at: impl Fn(&(f64, f64)) -> Point) -> Drawn {
    let mut taken: Vec<Rect> = Vec::new();
    for curve in &panel.curves {
        let Some(end) = &curve.end else { continue };
        let color = series(curve.arithmetic).color;
        let (x, y) = at(&end.at);
        canvas.line(&[(x - 4.0, y - 4.0), (x + 4.0, y + 4.0)], color, 2.0)?;
        canvas.line(&[(x - 4.0, y + 4.0), (x + 4.0, y - 4.0)], color, 2.0)?;
        let label = text::shortened(&end.label, LABEL, plot.right - plot.left - 20.0)?;
        let (width, height) = (text::width(&label, LABEL)?, LABEL.line());
        let left = (x + 8.0).min(plot.right - width - 6.0).max(plot.left + 6.0);
        let area = |shift: f64| Rect {
            left,
            right: left + width,
            top: y + shift - height / 2.0,
            bottom: y + shift + height / 2.0,
        };
        let is_free = |area: &Rect| {
            let is_inside = area.top > plot.top + 2.0 && area.bottom < plot.bottom - 2.0;
            let is_apart = |other: &Rect| {
                area.right < other.left
                    || other.right < area.left
                    || area.bottom <= other.top
                    || other.bottom <= area.top
            };
            is_inside && taken.iter().all(is_apart)
        };
        let shifts = (1..40).flat_map(|n| [-f64::from(n) * 7.0, f64::from(n) * 7.0]).skip(2);
        let Some(area) = shifts.map(area).find(is_free) else { continue };
        canvas.rectangle(Rect { left: area.left - 2.0, right: area.right + 2.0, ..area }, Paint::Paper, 0.85)?;
        canvas.anchored(&label, (area.left, (area.top + area.bottom) / 2.0), LABEL, Paint::Ink, Anchor::Left)?;
        taken.push(area);
    }
    Ok(())
}
