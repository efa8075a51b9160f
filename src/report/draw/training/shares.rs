//! Two plots side by side: updates that are lost, and those that go the wrong way.

use super::super::canvas::{Canvas, Drawn, Point, Rect};
use super::super::key::{Head, Sample};
use super::super::legend::Legend;
use super::super::page;
use super::super::style::{PLOT_LEFT, PLOT_RIGHT, Series};
use super::super::theme::Paint;
use super::axes::{Steps, Upwards};
use crate::report::figure::{SharePlot, SharesPanel};

const HEIGHT: f64 = 130.0;
/// Free space between the plots, in which the second one's numbers stand.
const GAP: f64 = 66.0;
/// Least distance of a curve's markers.
const MARKER_DISTANCE: f64 = 40.0;

/// The panel, laid out.
pub struct Placed<'a> {
    panel: &'a SharesPanel,
    heads: Vec<Head>,
    plots: Vec<Rect>,
    legend: Legend,
}

impl<'a> Placed<'a> {
    /// Lays the panel out from a height downwards.
    pub fn new(panel: &'a SharesPanel, top: f64) -> Result<Placed<'a>, String> {
        let [lost, _] = &panel.plots;
        let entries = lost.curves.iter().enumerate();
        let legend = Legend::new(entries.map(|(index, curve)| (Series::new(index), curve.name.as_str(), "")), 0.0)?;
        let width = (PLOT_RIGHT - PLOT_LEFT - GAP) / 2.0;
        let skipped = [(Sample::Nothing, "without skipped steps".to_string())];
        let (mut heads, mut plots) = (Vec::new(), Vec::new());
        for (index, plot) in panel.plots.iter().enumerate() {
            let left = PLOT_LEFT + (width + GAP) * index as f64;
            let key: &[(Sample, String)] = if panel.has_skipped { &skipped } else { &[] };
            let head = Head::at(left, plot.title, key, top, width)?;
            let bottom = head.bottom + HEIGHT.max(legend.height());
            plots.push(Rect { left, top: head.bottom, right: left + width, bottom });
            heads.push(head);
        }
        Ok(Placed { panel, heads, plots, legend })
    }
}

impl page::Placed for Placed<'_> {
    fn bottom(&self) -> f64 {
        super::below(self.plots.first().map_or(0.0, |plot| plot.bottom))
    }

    fn draw(&self, canvas: &Canvas) -> Drawn {
        self.heads.iter().try_for_each(|head| head.draw(canvas))?;
        for (shares, plot) in self.panel.plots.iter().zip(&self.plots) {
            draw(canvas, shares, self.panel.last_step, *plot)?;
        }
        self.legend.draw(canvas, self.plots.first().map_or(0.0, |plot| plot.top))
    }
}

fn draw(canvas: &Canvas, shares: &SharePlot, last_step: usize, plot: Rect) -> Drawn {
    let (steps, heights) = (Steps::new(last_step, plot), Upwards::new((0.0, shares.most), plot));
    heights.draw_percents(canvas)?;
    steps.draw(canvas, true)?;
    for (index, curve) in shares.curves.iter().enumerate().rev() {
        let style = Series::new(index);
        let line: Vec<Point> = curve.points.iter().map(|(step, y)| (steps.x(*step), heights.y(*y))).collect();
        canvas.dashed(&line, style.color, 1.6, style.dash)?;
        let mut next = f64::NEG_INFINITY;
        for place in line {
            if place.0 >= next {
                canvas.marker(place, style.marker, 2.6, style.color, false)?;
                next = place.0 + MARKER_DISTANCE;
            }
        }
    }
    canvas.frame(plot, Paint::Ink, 0.9)
}
