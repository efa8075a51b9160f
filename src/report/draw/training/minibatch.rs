//! Rounding noise over minibatch noise by layer, with the line at which both are as large.

use super::super::axis::{Layers, NAME, Powers};
use super::super::canvas::{Anchor, Canvas, Drawn, Rect};
use super::super::curve::{self, Curve, Place};
use super::super::key::{Head, Sample};
use super::super::legend::Legend;
use super::super::page;
use super::super::style::{GUTTER, MARGIN, PLOT_LEFT, PLOT_RIGHT, Series};
use super::super::text::Font;
use super::super::theme::Paint;
use crate::report::figure::{MinibatchCurve, MinibatchPanel};

const HEIGHT: f64 = 200.0;
const LABEL: Font = Font { size: 10.0, bold: false };
/// Width of the gutter's part for the line's name; the legend stands to its right.
const LEGEND_INDENT: f64 = 96.0;

/// The panel, laid out.
pub struct Placed<'a> {
    panel: &'a MinibatchPanel,
    head: Head,
    plot: Rect,
    legend: Legend,
}

impl<'a> Placed<'a> {
    /// Lays the panel out from a height downwards.
    pub fn new(panel: &'a MinibatchPanel, top: f64) -> Result<Placed<'a>, String> {
        let mut key = vec![(
            Sample::Nothing,
            "rounding error of the weight gradient relative to the spread over minibatches".to_string(),
        )];
        if panel.clamped {
            key.push((Sample::Nothing, "points on an edge lie beyond it".into()));
        }
        let head = Head::new("Rounding noise / minibatch noise", &key, top, PLOT_RIGHT - PLOT_LEFT)?;
        let entries = panel.curves.iter();
        let entries = entries.map(|one| (Series::new(one.arithmetic), one.name.as_str(), one.note.as_str()));
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
        let (panel, plot) = (self.panel, self.plot);
        self.head.draw(canvas)?;
        let columns = Layers::new(panel.layers, plot);
        let powers = Powers::new((f64::from(panel.decades.0), f64::from(panel.decades.1)), plot);
        canvas.rectangle(Rect { bottom: powers.y(0.0), ..plot }, Paint::ChaoticRegion, 1.0)?;
        powers.draw(canvas)?;
        let one = powers.y(0.0);
        canvas.line(&[(plot.left, one), (plot.right, one)], Paint::Ink, 1.4)?;
        for (line, y) in [("as large as", one - 7.0), ("minibatch noise", one + 6.0)] {
            canvas.anchored(line, (GUTTER, y), LABEL, Paint::Ink, Anchor::Left)?;
        }
        canvas.frame(plot, Paint::Ink, 0.9)?;
        let middle = (plot.top + plot.bottom) / 2.0;
        canvas.upward("rounding / minibatch", (MARGIN + 8.0, middle), NAME, Paint::Soft)?;
        columns.draw(canvas, plot, true)?;
        let place = |(layer, log10): &(usize, f64)| {
            let y = powers.y(*log10);
            Place { x: columns.x(*layer), low: y, median: y, high: y }
        };
        let curve = |curve: &MinibatchCurve| {
            let stretches = curve.points.chunk_by(|one, next| next.0.checked_sub(1) == Some(one.0));
            let stretches = stretches.map(|stretch| stretch.iter().map(place).collect()).collect();
            Curve::new(Series::new(curve.arithmetic), stretches)
        };
        curve::draw(canvas, &panel.curves.iter().map(curve).collect::<Vec<_>>(), &columns)?;
        self.legend.draw(canvas, plot.top)
    }
}
