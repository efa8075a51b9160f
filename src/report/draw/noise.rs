//! The panel of noise-to-signal by layer.

use super::axis::{self, Layers, NAME, PowersOfTen, spread};
use super::canvas::{Anchor, Canvas, Drawn, Rect};
use super::key::{Head, Sample};
use super::style::{
    CHAOTIC_REGION, GUTTER, INK, MARGIN, Marker, NOISY_REGION, PAGE_WIDTH, PLOT_LEFT, PLOT_RIGHT, SOFT, Series,
};
use super::text::{self, Font};
use crate::report::figure::{NoiseCurve, NoisePanel, PointKind};

const HEIGHT: f64 = 350.0;
const THRESHOLD: Font = Font { size: 10.5, bold: false };
const LEGEND_NAME: Font = Font { size: 11.0, bold: true };
const LEGEND_NOTE: Font = Font { size: 10.0, bold: false };
/// Width of the gutter's part for the thresholds' names; the legend stands to its right.
const THRESHOLDS: f64 = 116.0;
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
            key.push((Sample::Area(SOFT, 0.16), format!("band: {}", panel.spread)));
        } else if panel.trials < 2 {
            key.push((Sample::Nothing, panel.spread.clone()));
        }
        if panel.has(PointKind::AtMost) {
            key.push((Sample::Downward, "at most: no noise, or below the truth's resolution".into()));
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
        let powers = panel.knee.map_or(powers, |knee| powers.compressed_below(f64::from(knee)));
        canvas.rectangle(Rect { bottom: powers.y(0.0), ..plot }, CHAOTIC_REGION, 1.0)?;
        canvas.rectangle(Rect { top: powers.y(0.0), bottom: powers.y(-1.0), ..plot }, NOISY_REGION, 1.0)?;
        powers.draw(canvas)?;
        canvas.line(&[(plot.left, powers.y(-1.0)), (plot.right, powers.y(-1.0))], INK, 0.6)?;
        canvas.line(&[(plot.left, powers.y(0.0)), (plot.right, powers.y(0.0))], INK, 1.4)?;
        if let Some(knee) = panel.knee.map(|knee| powers.y(f64::from(knee))) {
            canvas.dashed(&[(plot.left, knee), (plot.right, knee)], SOFT, 0.9, &[1.5, 3.0])?;
            canvas.anchored("compressed below", (GUTTER, knee), THRESHOLD, SOFT, Anchor::Left)?;
        }
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
            markers(canvas, curve, Series::new(index), offset, &columns, &powers)?;
        }
        let unusual = |curve: &NoiseCurve| curve.points.iter().any(|point| point.kind != PointKind::Measured);
        let marked: Vec<usize> = (0..panel.curves.len()).filter(|index| unusual(&panel.curves[*index])).collect();
        for (rank, index) in marked.iter().enumerate() {
            let turn = (rank, marked.len());
            marks(canvas, &panel.curves[*index], Series::new(*index), turn, &columns, &powers)?;
        }
        if panel.curves.iter().all(|curve| curve.points.is_empty()) {
            canvas.notice("no noise ratio is known in any layer", plot)?;
        }
        self.legend(canvas, panel)
    }

    fn thresholds(&self, canvas: &Canvas, powers: &PowersOfTen) -> Drawn {
        let wanted = [powers.y(0.0), powers.y(-1.0)];
        let heights = spread(&wanted, THRESHOLD.line(), (self.plot.top + 6.0, self.plot.bottom - 6.0));
        for ((label, y), line) in ["noise = signal", "noisy above"].iter().zip(heights).zip(wanted) {
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

/// Markers on the line now and then, shifted against other curves, and wherever a layer stands alone.
fn markers(
    canvas: &Canvas,
    curve: &NoiseCurve,
    series: Series,
    offset: f64,
    columns: &Layers,
    powers: &PowersOfTen,
) -> Drawn {
    let every_layer = columns.column() >= MARKER_DISTANCE / 2.0;
    let mut next = columns.x(0) + offset * MARKER_DISTANCE;
    for stretch in curve.stretches() {
        for point in stretch {
            let at = (columns.x(point.layer), powers.y(point.median));
            if every_layer || stretch.len() == 1 || at.0 >= next {
                canvas.marker(at, series.marker, 3.2, series.color, false)?;
                next = at.0 + MARKER_DISTANCE;
            }
        }
    }
    Ok(())
}

/// Hollow points, crosses and arrows. Several curves often have theirs at the same place (all overflowed): in wide
/// columns they stand side by side, in narrow ones each curve in `turn` marks other layers.
fn marks(
    canvas: &Canvas,
    curve: &NoiseCurve,
    series: Series,
    (rank, of): (usize, usize),
    columns: &Layers,
    powers: &PowersOfTen,
) -> Drawn {
    let together = MARK_DISTANCE * of as f64;
    let wide = columns.column() >= together;
    let shift = if wide { (rank as f64 - (of as f64 - 1.0) / 2.0) * MARK_DISTANCE } else { 0.0 };
    let mut next = f64::NEG_INFINITY;
    for point in &curve.points {
        let x = columns.x(point.layer);
        if point.kind == PointKind::Measured || x < next {
            continue;
        }
        let y = powers.y(point.median);
        match point.kind {
            // An arrow belongs to its line and stays on it.
            PointKind::AtMost => canvas.downward((x, y), series.color)?,
            PointKind::Saturated => canvas.marker((x + shift, y), series.marker, 3.4, series.color, true)?,
            PointKind::NotEstablished => canvas.cross((x + shift, y), series.color)?,
            PointKind::Measured => {}
        }
        // Every curve marks its first layer, the one that is judged; then each takes its turn.
        let first = next == f64::NEG_INFINITY;
        next = x + match (wide, first) {
            (true, _) => MARK_DISTANCE,
            (false, true) => (rank + 1) as f64 * MARK_DISTANCE,
            (false, false) => together,
        };
    }
    Ok(())
}
