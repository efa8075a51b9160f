//! The panel of noise-to-signal by layer.

use super::axis::{self, Layers, NAME, PowersOfTen, spread};
use super::canvas::{Anchor, Canvas, Drawn, Rect};
use super::key::{Head, Sample};
use super::style::{
    CHAOTIC_REGION, GUTTER, INK, MARGIN, Marker, NOISY_REGION, PAGE_WIDTH, PLOT_LEFT, PLOT_RIGHT, SOFT, Series,
};
use super::text::{self, Font};
use crate::report::figure::{NoiseCurve, NoisePanel, NoisePoint, PointKind};

const HEIGHT: f64 = 330.0;
const THRESHOLD: Font = Font { size: 10.5, bold: false };
const LEGEND_NAME: Font = Font { size: 11.0, bold: true };
const LEGEND_NOTE: Font = Font { size: 10.0, bold: false };
/// Width of the gutter's part for the thresholds' names; the legend stands to its right.
const THRESHOLDS: f64 = 84.0;
const LEGEND_SAMPLE: f64 = 30.0;
/// Least distance of a curve's markers.
const MARKER_DISTANCE: f64 = 60.0;
/// Least distance of hollow points, crosses and arrows of a curve.
const MARK_DISTANCE: f64 = 9.0;

/// The panel, laid out.
pub struct Placed {
    head: Head,
    plot: Rect,
    legend: Vec<Vec<String>>,
}

impl Placed {
    /// Lays the panel out from a height downwards.
    pub fn new(panel: &NoisePanel, top: f64) -> Result<Placed, String> {
        let mut key = Vec::new();
        if panel.has_bands {
            key.push((Sample::Area(SOFT, 0.16), format!("band: {}", panel.band)));
        } else {
            key.push((Sample::Nothing, panel.band.clone()));
        }
        if panel.has(PointKind::AtMost) {
            key.push((Sample::Downward, "at most: noise below the truth's resolution".into()));
        }
        if panel.has(PointKind::Saturated) {
            key.push((
                Sample::Hollow(Marker::Circle),
                "hollow: gradient zero or overflowed, its ratio is not noise".into(),
            ));
        }
        if panel.has(PointKind::NotEstablished) {
            key.push((Sample::Cross, "truth not established here".into()));
        }
        if panel.clamped {
            key.push((Sample::Nothing, "points on the upper end lie beyond it".into()));
        }
        let head = Head::new("Noise / signal of the computed weight gradient", &key, top, PLOT_RIGHT - PLOT_LEFT)?;
        let width = PAGE_WIDTH - MARGIN - GUTTER - THRESHOLDS - LEGEND_SAMPLE - 6.0;
        let names = panel.curves.iter().map(|curve| text::wrapped(&curve.name, LEGEND_NAME, width));
        let legend: Vec<Vec<String>> = names.collect::<Result<_, _>>()?;
        let needed: f64 = legend.iter().map(|name| entry_height(name)).sum();
        let plot = super::plot(head.bottom, HEIGHT.max(needed));
        Ok(Placed { head, plot, legend })
    }

    /// Where the panel ends.
    pub fn bottom(&self) -> f64 {
        self.plot.bottom + axis::TICK_SPACE + axis::NAME_SPACE
    }

    /// Draws it.
    pub fn draw(&self, canvas: &Canvas, panel: &NoisePanel, layers: (usize, usize)) -> Drawn {
        self.head.draw(canvas)?;
        let plot = self.plot;
        let columns = Layers::new(layers, plot);
        let powers = PowersOfTen::new((f64::from(panel.decades.0), f64::from(panel.decades.1)), plot);
        canvas.rectangle(Rect { bottom: powers.y(0.0), ..plot }, CHAOTIC_REGION, 1.0)?;
        canvas.rectangle(Rect { top: powers.y(0.0), bottom: powers.y(-1.0), ..plot }, NOISY_REGION, 1.0)?;
        powers.draw(canvas)?;
        canvas.line(&[(plot.left, powers.y(-1.0)), (plot.right, powers.y(-1.0))], INK, 0.6)?;
        canvas.line(&[(plot.left, powers.y(0.0)), (plot.right, powers.y(0.0))], INK, 1.4)?;
        canvas.frame(plot, INK, 0.9)?;
        canvas.upward("noise / signal", (MARGIN + 8.0, (plot.top + plot.bottom) / 2.0), NAME, SOFT)?;
        columns.draw(canvas, plot, true)?;
        self.thresholds(canvas, &powers)?;
        for (index, curve) in panel.curves.iter().enumerate() {
            bands(canvas, curve, Series::new(index), &columns, &powers)?;
        }
        // The first arithmetic is judged: its line lies above the others.
        for (index, curve) in panel.curves.iter().enumerate().rev() {
            lines(canvas, curve, Series::new(index), &columns, &powers)?;
        }
        for (index, curve) in panel.curves.iter().enumerate().rev() {
            let offset = index as f64 / panel.curves.len() as f64;
            points(canvas, curve, Series::new(index), offset, &columns, &powers)?;
        }
        if panel.curves.iter().all(|curve| curve.points.is_empty()) {
            let middle = ((plot.left + plot.right) / 2.0, (plot.top + plot.bottom) / 2.0);
            canvas.anchored("no noise ratio is known in any layer", middle, NAME, SOFT, Anchor::Middle)?;
        }
        self.legend(canvas, panel)
    }

    fn thresholds(&self, canvas: &Canvas, powers: &PowersOfTen) -> Drawn {
        let wanted = [powers.y(0.0), powers.y(-1.0)];
        let heights = spread(&wanted, THRESHOLD.line(), (self.plot.top + 6.0, self.plot.bottom - 6.0));
        for ((label, y), line) in ["noise = signal", "noisy"].iter().zip(heights).zip(wanted) {
            canvas.line(&[(PLOT_RIGHT, line), (PLOT_RIGHT + 4.0, y), (GUTTER - 2.0, y)], INK, 0.7)?;
            canvas.anchored(label, (GUTTER, y), THRESHOLD, INK, Anchor::Left)?;
        }
        Ok(())
    }

    fn legend(&self, canvas: &Canvas, panel: &NoisePanel) -> Drawn {
        let x = GUTTER + THRESHOLDS;
        let mut y = self.plot.top;
        for (index, (curve, name)) in panel.curves.iter().zip(&self.legend).enumerate() {
            let series = Series::new(index);
            let middle = y + LEGEND_NAME.line() / 2.0;
            canvas.dashed(&[(x, middle), (x + LEGEND_SAMPLE - 4.0, middle)], series.color, 1.8, series.dash)?;
            let centre = (x + (LEGEND_SAMPLE - 4.0) / 2.0, middle);
            canvas.marker(centre, series.marker, 3.4, series.color, false)?;
            let mut line_top = y;
            for line in name {
                canvas.text(line, (x + LEGEND_SAMPLE, line_top + 2.0), LEGEND_NAME, INK)?;
                line_top += LEGEND_NAME.line();
            }
            canvas.text(&curve.verdict, (x + LEGEND_SAMPLE, line_top), LEGEND_NOTE, SOFT)?;
            y += entry_height(name);
        }
        Ok(())
    }
}

fn entry_height(name: &[String]) -> f64 {
    LEGEND_NAME.line() * name.len() as f64 + LEGEND_NOTE.line() + 5.0
}

fn bands(canvas: &Canvas, curve: &NoiseCurve, series: Series, columns: &Layers, powers: &PowersOfTen) -> Drawn {
    for stretch in curve.stretches() {
        let upper = stretch.iter().map(|point| (columns.x(point.layer), powers.y(point.high)));
        let lower = stretch.iter().rev().map(|point| (columns.x(point.layer), powers.y(point.low)));
        if stretch.len() > 1 {
            canvas.area(&upper.chain(lower).collect::<Vec<_>>(), series.color, 0.16)?;
        } else if let [point] = stretch {
            // A layer alone has no width of its own: its band is an error bar.
            let x = columns.x(point.layer);
            canvas.line(&[(x, powers.y(point.low)), (x, powers.y(point.high))], series.color, 1.0)?;
        }
    }
    Ok(())
}

fn lines(canvas: &Canvas, curve: &NoiseCurve, series: Series, columns: &Layers, powers: &PowersOfTen) -> Drawn {
    for stretch in curve.stretches() {
        let line: Vec<_> = stretch.iter().map(|point| (columns.x(point.layer), powers.y(point.median))).collect();
        canvas.dashed(&line, series.color, 1.8, series.dash)?;
    }
    Ok(())
}

/// Markers on the line now and then, shifted against other curves; marks of unusual points as dense as legible.
fn points(
    canvas: &Canvas,
    curve: &NoiseCurve,
    series: Series,
    offset: f64,
    columns: &Layers,
    powers: &PowersOfTen,
) -> Drawn {
    let alone = |point: &NoisePoint| {
        curve.stretches().iter().any(|stretch| stretch.len() == 1 && stretch[0].layer == point.layer)
    };
    let mut next_marker = columns.x(0) + offset * MARKER_DISTANCE;
    let mut next_mark = f64::NEG_INFINITY;
    for point in &curve.points {
        let at = (columns.x(point.layer), powers.y(point.median));
        let every_layer = columns.column() >= MARKER_DISTANCE / 2.0;
        if point.kind.is_joined() && (every_layer || at.0 >= next_marker || alone(point)) {
            canvas.marker(at, series.marker, 3.2, series.color, false)?;
            next_marker = at.0 + MARKER_DISTANCE;
        }
        if point.kind == PointKind::Measured || at.0 < next_mark {
            continue;
        }
        match point.kind {
            PointKind::AtMost => canvas.downward(at, series.color)?,
            PointKind::Saturated => canvas.marker(at, series.marker, 3.4, series.color, true)?,
            PointKind::NotEstablished => canvas.cross(at, series.color)?,
            PointKind::Measured => {}
        }
        next_mark = at.0 + MARK_DISTANCE;
    }
    Ok(())
}
