//! Loss scales against steps, with ticks where steps were skipped.

use super::super::axis::{NAME, Powers};
use super::super::canvas::{Canvas, Drawn, Point, Rect};
use super::super::key::{Head, Sample};
use super::super::legend::Legend;
use super::super::page;
use super::super::style::{MARGIN, PLOT_LEFT, PLOT_RIGHT, Series};
use super::super::theme::Paint;
use super::axes::Steps;
use crate::report::figure::ScalePanel;

const HEIGHT: f64 = 110.0;
/// Height of a skipped step's tick.
const TICK: f64 = 9.0;

/// The panel, laid out.
pub struct Placed<'a> {
    panel: &'a ScalePanel,
    head: Head,
    plot: Rect,
    legend: Legend,
}

impl<'a> Placed<'a> {
    /// Lays the panel out from a height downwards.
    pub fn new(panel: &'a ScalePanel, top: f64) -> Result<Placed<'a>, String> {
        let has_skipped = panel.curves.iter().any(|curve| !curve.skipped.is_empty());
        let key = [(Sample::Nothing, "ticks below: steps skipped because a gradient was not finite".to_string())];
        let key = if has_skipped { &key[..] } else { &[] };
        let head = Head::new("Loss scale", key, top, PLOT_RIGHT - PLOT_LEFT)?;
        let entries = panel.curves.iter();
        let entries = entries.map(|one| (Series::new(one.arithmetic), one.name.as_str(), one.note.as_str()));
        let legend = Legend::new(entries, 0.0)?;
        let ticks = if has_skipped { TICK * panel.curves.len() as f64 } else { 0.0 };
        let plot = page::plot(head.bottom, (HEIGHT + ticks).max(legend.height()));
        Ok(Placed { panel, head, plot, legend })
    }
}

impl page::Placed for Placed<'_> {
    fn bottom(&self) -> f64 {
        super::below(self.plot.bottom)
    }

    fn draw(&self, canvas: &Canvas) -> Drawn {
        let (panel, plot) = (self.panel, self.plot);
        self.head.draw(canvas)?;
        let has_skipped = panel.curves.iter().any(|curve| !curve.skipped.is_empty());
        let ticks = if has_skipped { TICK * panel.curves.len() as f64 } else { 0.0 };
        let steps = Steps::new(panel.last_step, plot);
        let (low, high) = (f64::from(panel.range.0), f64::from(panel.range.1));
        let powers = Powers::of_two((low - 1.0, high + 1.0), Rect { bottom: plot.bottom - ticks, ..plot });
        powers.draw(canvas)?;
        steps.draw(canvas, true)?;
        for (index, curve) in panel.curves.iter().enumerate().rev() {
            let style = Series::new(curve.arithmetic);
            let line: Vec<Point> = curve.corners.iter().map(|(step, log2)| (steps.x(*step), powers.y(*log2))).collect();
            canvas.dashed(&line, style.color, 1.6, style.dash)?;
            let bottom = plot.bottom - TICK * index as f64 - 1.0;
            let mut last = f64::NEG_INFINITY;
            for x in curve.skipped.iter().map(|step| steps.x(*step)) {
                // More than one to a pixel would not be seen.
                if x - last >= 0.5 {
                    canvas.line(&[(x, bottom), (x, bottom - TICK + 2.0)], style.color, 1.0)?;
                    last = x;
                }
            }
        }
        canvas.frame(plot, Paint::Ink, 0.9)?;
        let middle = (plot.top + plot.bottom) / 2.0;
        canvas.upward("loss scale", (MARGIN + 8.0, middle), NAME, Paint::Soft)?;
        self.legend.draw(canvas, plot.top)
    }
}
