//! The panel of noise-to-signal by layer, of every arithmetic or of every source of one.

use super::axis::{self, Layers, NAME, Powers, spread};
use super::canvas::{Anchor, Canvas, Drawn, Rect};
use super::curve::{self, Curve, Place};
use super::key::{Head, Sample};
use super::legend::Legend;
use super::page;
use super::style::{Dash, GUTTER, MARGIN, Marker, PLOT_LEFT, PLOT_RIGHT, Series};
use super::text::Font;
use super::theme::Paint;
use crate::report::figure::{Frozen, NoiseCurve, NoisePanel, NoisePoint, PointKind};

const HEIGHT: f64 = 300.0;
/// Width of the gutter's part for the names of thresholds; the legend stands to its right.
const LEGEND_INDENT: f64 = 116.0;
const THRESHOLD: Font = Font { size: 10.5, bold: false };
/// Width and dashes of what theory says.
const THIN: f64 = 1.0;
const PREDICTED: Dash = &[4.0, 4.0];
const FROZEN: Dash = &[6.0, 2.5, 1.2, 2.5];

/// The panel, laid out.
pub struct Placed<'a> {
    panel: &'a NoisePanel,
    layers: (usize, usize),
    head: Head,
    plot: Rect,
    legend: Legend,
}

impl<'a> Placed<'a> {
    /// Lays the panel out from a height downwards.
    pub fn new(panel: &'a NoisePanel, layers: (usize, usize), title: &str, top: f64) -> Result<Placed<'a>, String> {
        let mut key = Vec::new();
        if panel.has_bands {
            key.push((
                Sample::Area(Paint::Soft, curve::band_opacity(panel.curves.len())),
                format!("band: {}", panel.spread),
            ));
        } else if panel.trials < 2 {
            key.push((Sample::Nothing, panel.spread.clone()));
        }
        if panel.has(PointKind::AtMost) {
            key.push((Sample::Downward, "at most: no noise, or below the resolution of the exact gradient".into()));
        }
        if panel.has(PointKind::Saturated) {
            key.push((
                Sample::Hollow(Marker::Circle),
                "hollow: gradient zero, underflowed or overflowed, so its ratio is not noise".into(),
            ));
        }
        if panel.has(PointKind::NotEstablished) {
            key.push((Sample::Cross, "exact gradient not established here".into()));
        }
        if panel.clamped {
            key.push((Sample::Nothing, "points on the upper end lie beyond it".into()));
        }
        key.extend(theory_key(panel));
        let head = Head::new(title, &key, top, PLOT_RIGHT - PLOT_LEFT)?;
        let curves = panel.curves.iter();
        let entries = curves.map(|curve| (Series::of(curve.owner), curve.name.as_str(), curve.note.as_str()));
        let legend = Legend::new(entries, LEGEND_INDENT)?;
        let plot = page::plot(head.bottom, HEIGHT.max(legend.height()));
        Ok(Placed { panel, layers, head, plot, legend })
    }
}

impl page::Placed for Placed<'_> {
    fn bottom(&self) -> f64 {
        self.plot.bottom + axis::TICK_SPACE + axis::NAME_SPACE
    }

    fn draw(&self, canvas: &Canvas) -> Drawn {
        let (panel, layers) = (self.panel, self.layers);
        self.head.draw(canvas)?;
        let plot = self.plot;
        let columns = Layers::new(layers, plot);
        let powers = Powers::new((f64::from(panel.decades.0), f64::from(panel.decades.1)), plot);
        let powers = panel.knee.map_or(powers, |knee| powers.compressed_below(f64::from(knee)));
        canvas.rectangle(Rect { bottom: powers.y(0.0), ..plot }, Paint::ChaoticRegion, 1.0)?;
        canvas.rectangle(Rect { top: powers.y(0.0), bottom: powers.y(-1.0), ..plot }, Paint::NoisyRegion, 1.0)?;
        powers.draw(canvas)?;
        canvas.line(&[(plot.left, powers.y(-1.0)), (plot.right, powers.y(-1.0))], Paint::Ink, 0.6)?;
        canvas.line(&[(plot.left, powers.y(0.0)), (plot.right, powers.y(0.0))], Paint::Ink, 1.4)?;
        if let Some(knee) = panel.knee.map(|knee| powers.y(f64::from(knee))) {
            canvas.dashed(&[(plot.left, knee), (plot.right, knee)], Paint::Soft, 0.9, &[1.5, 3.0])?;
        }
        canvas.frame(plot, Paint::Ink, 0.9)?;
        canvas.upward("noise / signal", (MARGIN + 8.0, (plot.top + plot.bottom) / 2.0), NAME, Paint::Soft)?;
        columns.draw(canvas, plot, true)?;
        self.names(canvas, &powers)?;
        self.theory(canvas, &columns, &powers)?;
        let place = |point: &NoisePoint| Place {
            x: columns.x(point.layer),
            low: powers.y(point.low),
            median: powers.y(point.median),
            high: powers.y(point.high),
        };
        let curve = |curve: &NoiseCurve| {
            let stretches = curve.stretches().into_iter().map(|stretch| stretch.iter().map(place).collect());
            Curve::new(Series::of(curve.owner), stretches.collect())
        };
        let curves: Vec<Curve> = panel.curves.iter().map(curve).collect();
        curve::draw(canvas, &curves, &columns)?;
        let unusual = |curve: &NoiseCurve| curve.points.iter().any(|point| point.kind != PointKind::Measured);
        let marked: Vec<usize> = (0..panel.curves.len()).filter(|index| unusual(&panel.curves[*index])).collect();
        for (rank, index) in marked.iter().enumerate() {
            marks(canvas, &panel.curves[*index], (rank, marked.len()), &columns, &powers)?;
        }
        if panel.curves.iter().all(|curve| curve.points.is_empty()) {
            canvas.notice("no noise ratio is known in any layer", plot)?;
        }
        for (index, curve) in panel.curves.iter().enumerate().rev() {
            for place in &curve.points {
                let at = (columns.x(place.layer), powers.y(place.median));
                canvas.spot_at(index, place.layer, at, columns.column());
            }
        }
        self.legend.draw(canvas, plot.top)
    }
}

impl Placed<'_> {
    /// The names of horizontal lines, and of the bounds without flips at their right ends.
    fn names(&self, canvas: &Canvas, powers: &Powers) -> Drawn {
        let mut names =
            vec![(powers.y(0.0), "noise = signal", Paint::Ink), (powers.y(-1.0), "noisy from 0.1", Paint::Ink)];
        names.extend(self.panel.knee.map(|knee| (powers.y(f64::from(knee)), "compressed below", Paint::Soft)));
        for (line, name) in self.panel.frozen.iter().flat_map(frozen_lines) {
            names.extend(line.last().map(|(_, log10)| (powers.y(*log10), name, Paint::Soft)));
        }
        names.sort_by(|one, other| one.0.total_cmp(&other.0));
        let wanted: Vec<f64> = names.iter().map(|(y, _, _)| *y).collect();
        let heights = spread(&wanted, THRESHOLD.line(), (self.plot.top + 6.0, self.plot.bottom - 6.0));
        for ((line, label, color), y) in names.into_iter().zip(heights) {
            canvas.line(&[(PLOT_RIGHT, line), (PLOT_RIGHT + 4.0, y), (GUTTER - 2.0, y)], color, 0.7)?;
            canvas.anchored(label, (GUTTER, y), THRESHOLD, color, Anchor::Left)?;
        }
        Ok(())
    }

    /// What theory predicts, thin and below the curves.
    fn theory(&self, canvas: &Canvas, columns: &Layers, powers: &Powers) -> Drawn {
        let line = |points: &[(usize, f64)], color: Paint, dash: Dash| {
            points.chunk_by(|one, next| next.0.checked_sub(1) == Some(one.0)).try_for_each(|stretch| {
                let place = |(layer, log10): &(usize, f64)| (columns.x(*layer), powers.y(*log10));
                canvas.dashed(&stretch.iter().map(place).collect::<Vec<_>>(), color, THIN, dash)
            })
        };
        for (points, _) in self.panel.frozen.iter().flat_map(frozen_lines) {
            line(points, Paint::Soft, FROZEN)?;
        }
        self.panel.curves.iter().try_for_each(|curve| line(&curve.predicted, Series::of(curve.owner).color, PREDICTED))
    }
}

/// Both bounds without branch flips, and their names.
fn frozen_lines(frozen: &Frozen) -> [(&[(usize, f64)], &'static str); 2] {
    [(&frozen.worst, "no flips, worst"), (&frozen.typical, "no flips, typical")]
}

/// What the lines of theory are, and which lie beyond the axis.
fn theory_key(panel: &NoisePanel) -> Vec<(Sample, String)> {
    let mut key = Vec::new();
    if panel.curves.iter().any(|curve| !curve.predicted.is_empty()) {
        key.push((
            Sample::Line(Paint::Soft, THIN, PREDICTED),
            "predicted by theory, in each precision's colour".into(),
        ));
    }
    if let Some(frozen) = &panel.frozen {
        let bounds = [(&frozen.worst, "worst case γₙ"), (&frozen.typical, "typical √n·u")];
        let beyond = |points: &[(usize, f64)]| if points.is_empty() { " (beyond this axis)" } else { "" };
        let bounds = bounds.map(|(points, name)| format!("{name}{}", beyond(points))).join(", ");
        let label = format!("no flips: theory of {} without branch flips, {bounds}", frozen.name);
        key.push((Sample::Line(Paint::Soft, THIN, FROZEN), label));
    }
    key
}

/// Hollow points, crosses and arrows of a curve.
fn marks(canvas: &Canvas, curve: &NoiseCurve, turn: (usize, usize), columns: &Layers, powers: &Powers) -> Drawn {
    let unusual: Vec<&NoisePoint> = curve.points.iter().filter(|point| point.kind != PointKind::Measured).collect();
    let (series, layers): (Series, Vec<usize>) =
        (Series::of(curve.owner), unusual.iter().map(|point| point.layer).collect());
    for (layer, x) in curve::marks(&layers, turn, columns) {
        let Some(point) = unusual.iter().find(|point| point.layer == layer) else { continue };
        let y = powers.y(point.median);
        match point.kind {
            // An arrow belongs to its line and stays on it.
            PointKind::AtMost => canvas.downward((columns.x(layer), y), series.color)?,
            PointKind::Saturated => canvas.marker((x, y), series.marker, 3.4, series.color, true)?,
            PointKind::NotEstablished => canvas.cross((x, y), series.color)?,
            PointKind::Measured => {}
        }
    }
    Ok(())
}
