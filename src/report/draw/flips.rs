//! The panel of branch flips by layer.

use super::axis::{self, Layers, NAME, Powers, TICK};
use super::canvas::{Anchor, Canvas, Drawn, Rect};
use super::curve::{self, Curve, Place};
use super::key::{Head, Sample};
use super::legend::Legend;
use super::page;
use super::style::{GUTTER, MARGIN, Marker, PAGE_WIDTH, PLOT_LEFT, Series};
use super::text::Font;
use super::theme::Paint;
use crate::report::figure::{FlipCurve, FlipKind, FlipPoint, FlipsPanel, Panel};

const HEIGHT: f64 = 146.0;
/// Height of the row for shares of exactly zero, and of the one for layers without a finite pre-activation.
const ROW: f64 = 26.0;
/// Width of the gutter's part for the names of rows; the legend stands to its right.
const LEGEND_INDENT: f64 = 84.0;
const LABEL: Font = Font { size: 10.5, bold: false };
/// Free space above and below the curves in such a row.
const ROW_PADDING: f64 = 5.0;

/// The panel, laid out.
pub struct Placed<'a> {
    panel: &'a FlipsPanel,
    layers: (usize, usize),
    head: Head,
    plot: Rect,
    legend: Legend,
}

impl<'a> Placed<'a> {
    /// Lays the panel out from a height downwards; without flips to show, it is its title and a sentence.
    pub fn new(panel: &'a FlipsPanel, layers: (usize, usize), top: f64) -> Result<Placed<'a>, String> {
        let mut key = Vec::new();
        if let Some(why) = &panel.absent {
            key.push((Sample::Nothing, why.clone()));
        } else {
            key.push((Sample::Nothing, "share of the units × batch; line: median".to_string()));
            if panel.has_bands {
                key.push((
                    Sample::Area(Paint::Soft, curve::band_opacity(panel.curves.len())),
                    format!("band: {}", panel.spread),
                ));
            } else if panel.trials < 2 {
                key.push((Sample::Nothing, panel.spread.clone()));
            }
            let all = if panel.has(FlipKind::AllNonfinite) { " (in the top row: all)" } else { "" };
            if panel.has(FlipKind::PartlyNonfinite) || !all.is_empty() {
                let label = format!("hollow: some are infinite or NaN{all} and not counted as flips");
                key.push((Sample::Hollow(Marker::Circle), label));
            }
        }
        let head = Head::new(Panel::Flips.title(), &key, top, PAGE_WIDTH - MARGIN - PLOT_LEFT)?;
        let entries = panel.curves.iter().enumerate();
        let entries = entries.map(|(index, curve)| (Series::new(index), curve.name.as_str(), curve.overall.as_str()));
        let legend = Legend::new(entries, LEGEND_INDENT)?;
        let plot = page::plot(head.bottom, HEIGHT.max(legend.height()));
        Ok(Placed { panel, layers, head, plot, legend })
    }

    /// The parts of the plot: the row of layers without a finite pre-activation, the axis, the row of zeros.
    fn parts(&self) -> (Option<Rect>, Rect, Rect) {
        let plot = self.plot;
        let lost = self.panel.has(FlipKind::AllNonfinite).then_some(Rect { bottom: plot.top + ROW, ..plot });
        let bottom = plot.bottom - ROW;
        (lost, Rect { top: lost.map_or(plot.top, |row| row.bottom), bottom, ..plot }, Rect { top: bottom, ..plot })
    }
}

impl page::Placed for Placed<'_> {
    fn bottom(&self) -> f64 {
        match self.panel.absent {
            Some(_) => self.head.bottom,
            None => self.plot.bottom + axis::TICK_SPACE + axis::NAME_SPACE,
        }
    }

    fn draw(&self, canvas: &Canvas) -> Drawn {
        self.head.draw(canvas)?;
        let (panel, plot) = (self.panel, self.plot);
        if panel.absent.is_some() {
            return Ok(());
        }
        let (lost, middle, zeros) = self.parts();
        let columns = Layers::new(self.layers, plot);
        let powers = Powers::new((f64::from(panel.decades.0), f64::from(panel.decades.1)), middle);
        powers.draw(canvas)?;
        let rows = [(lost, "∞, NaN", "none is finite"), (Some(zeros), "0", "not one flip")];
        for (row, tick, name) in rows {
            let Some(row) = row else { continue };
            let y = (row.top + row.bottom) / 2.0;
            canvas.anchored(tick, (row.left - 7.0, y), TICK, Paint::Ink, Anchor::Right)?;
            canvas.anchored(name, (GUTTER, y), LABEL, Paint::Ink, Anchor::Left)?;
            let border = if row.top > plot.top { row.top } else { row.bottom };
            canvas.line(&[(row.left, border), (row.right, border)], Paint::Soft, 0.7)?;
        }
        canvas.frame(plot, Paint::Ink, 0.9)?;
        canvas.upward("share flipped", (MARGIN + 8.0, (middle.top + middle.bottom) / 2.0), NAME, Paint::Soft)?;
        columns.draw(canvas, plot, true)?;
        // In a row the height has no meaning: each curve has its own, so that all are seen.
        let count = panel.curves.len();
        let within = |row: Rect, index: usize| {
            let part = (index as f64 + 0.5) / count.max(1) as f64;
            row.top + ROW_PADDING + part * (row.bottom - row.top - 2.0 * ROW_PADDING)
        };
        let y = |log10: f64, index: usize| if log10.is_finite() { powers.y(log10) } else { within(zeros, index) };
        let curve = |(index, curve): (usize, &FlipCurve)| {
            let place = |point: &FlipPoint| Place {
                x: columns.x(point.layer),
                low: y(point.low, index),
                median: y(point.median, index),
                high: y(point.high, index),
            };
            let stretches = curve.stretches().into_iter().map(|stretch| stretch.iter().map(place).collect());
            Curve::new(Series::new(index), stretches.collect())
        };
        let curves: Vec<Curve> = panel.curves.iter().enumerate().map(curve).collect();
        curve::draw(canvas, &curves, &columns)?;
        let height = |point: &FlipPoint, index: usize| match (point.kind, lost) {
            (FlipKind::AllNonfinite, Some(row)) => within(row, index),
            _ => y(point.median, index),
        };
        self.hollow(canvas, &columns, height)?;
        for (index, curve) in panel.curves.iter().enumerate().rev() {
            for point in &curve.points {
                canvas.spot_at(index, point.layer, (columns.x(point.layer), height(point, index)), columns.column());
            }
        }
        self.legend.draw(canvas, plot.top)
    }
}

impl Placed<'_> {
    /// Points of layers where not all pre-activations are finite, at their heights.
    fn hollow(&self, canvas: &Canvas, columns: &Layers, height: impl Fn(&FlipPoint, usize) -> f64) -> Drawn {
        let hollow = |curve: &FlipCurve| -> Vec<FlipPoint> {
            curve.points.iter().filter(|point| point.kind != FlipKind::Finite).copied().collect()
        };
        let all: Vec<(usize, Vec<FlipPoint>)> = self.panel.curves.iter().map(hollow).enumerate().collect();
        let marked: Vec<&(usize, Vec<FlipPoint>)> = all.iter().filter(|(_, points)| !points.is_empty()).collect();
        for (rank, (index, points)) in marked.iter().enumerate() {
            let layers: Vec<usize> = points.iter().map(|point| point.layer).collect();
            for (layer, x) in curve::marks(&layers, (rank, marked.len()), columns) {
                let Some(point) = points.iter().find(|point| point.layer == layer) else { continue };
                let series = Series::new(*index);
                canvas.marker((x, height(point, *index)), series.marker, 3.4, series.color, true)?;
            }
        }
        Ok(())
    }
}
