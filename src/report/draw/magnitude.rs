//! The panel of the true gradient's size against the formats' ranges.

use super::axis::{self, Layers, NAME, PowersOfTen, spread};
use super::canvas::{Anchor, Canvas, Drawn, Rect};
use super::key::{Head, Sample};
use super::style::{GUTTER, INK, MARGIN, Marker, PAGE_WIDTH, PLOT_LEFT, SOFT, TRUTH, edge_dash};
use super::text::{self, Font};
use crate::report::figure::{MagnitudePanel, MagnitudePoint};

const HEIGHT: f64 = 240.0;
const LABEL: Font = Font { size: 10.0, bold: false };
const LARGEST_DASH: &[f64] = &[4.0, 2.5];
/// Least distance of the marks of layers that are all zero or unknown.
const MARK_DISTANCE: f64 = 9.0;

/// The panel, laid out.
pub struct Placed {
    head: Head,
    plot: Rect,
}

impl Placed {
    /// Lays the panel out from a height downwards.
    pub fn new(panel: &MagnitudePanel, top: f64) -> Result<Placed, String> {
        let mut key = Vec::new();
        if !panel.points.is_empty() {
            key.push((Sample::Area(TRUTH, 0.22), "1 % to 99 % of the non-zero entries, all trials".to_string()));
            key.push((Sample::Line(TRUTH, 1.8, &[]), "median".into()));
            key.push((Sample::Line(TRUTH, 1.0, LARGEST_DASH), "largest".into()));
        }
        if !panel.zero_layers.is_empty() {
            key.push((Sample::Hollow(Marker::Square), "every entry is zero".into()));
        }
        if !panel.unknown_layers.is_empty() {
            key.push((Sample::Cross, "truth not established here".into()));
        }
        if !panel.beyond.is_empty() {
            key.push((Sample::Nothing, format!("beyond this axis: {}", panel.beyond.join("; "))));
        }
        let limit = PAGE_WIDTH - MARGIN - PLOT_LEFT;
        let head = Head::new("True weight gradient: size of its entries, and where the formats end", &key, top, limit)?;
        Ok(Placed { plot: super::plot(head.bottom, HEIGHT), head })
    }

    /// Where the panel ends.
    pub fn bottom(&self) -> f64 {
        self.plot.bottom + axis::TICK_SPACE + axis::NAME_SPACE
    }

    /// Draws it.
    pub fn draw(&self, canvas: &Canvas, panel: &MagnitudePanel, layers: (usize, usize)) -> Drawn {
        self.head.draw(canvas)?;
        let plot = self.plot;
        let columns = Layers::new(layers, plot);
        let powers = PowersOfTen::new(panel.range, plot);
        powers.draw(canvas)?;
        self.limits(canvas, panel, &powers)?;
        for stretch in panel.points.chunk_by(|a, b| b.layer.checked_sub(1) == Some(a.layer)) {
            entries(canvas, stretch, &columns, &powers)?;
        }
        let height = plot.bottom - 6.0;
        for x in spaced(&panel.zero_layers, &columns) {
            canvas.marker((x, height), Marker::Square, 3.4, SOFT, true)?;
        }
        for x in spaced(&panel.unknown_layers, &columns) {
            canvas.cross((x, height), SOFT)?;
        }
        if panel.points.is_empty() {
            let all_zero = panel.unknown_layers.is_empty();
            let notice = if all_zero {
                "every entry of the true gradient is zero"
            } else {
                "the true gradient is not established"
            };
            canvas.notice(notice, plot)?;
        }
        canvas.frame(plot, INK, 0.9)?;
        canvas.upward("|entry|", (MARGIN + 8.0, (plot.top + plot.bottom) / 2.0), NAME, SOFT)?;
        columns.draw(canvas, plot, true)
    }

    /// The formats' limits, named in the gutter.
    fn limits(&self, canvas: &Canvas, panel: &MagnitudePanel, powers: &PowersOfTen) -> Drawn {
        let wanted: Vec<f64> = panel.limits.iter().map(|limit| powers.y(limit.log10)).collect();
        let heights = spread(&wanted, LABEL.line(), (self.plot.top + 5.0, self.plot.bottom - 5.0));
        for (limit, line) in panel.limits.iter().zip(&wanted) {
            canvas.dashed(&[(self.plot.left, *line), (self.plot.right, *line)], INK, 0.9, edge_dash(limit.edge))?;
        }
        for ((limit, line), y) in panel.limits.iter().zip(&wanted).zip(heights) {
            canvas.line(&[(self.plot.right, *line), (self.plot.right + 5.0, y), (GUTTER - 2.0, y)], SOFT, 0.6)?;
            let label = text::shortened(&limit.label, LABEL, PAGE_WIDTH - MARGIN - GUTTER)?;
            canvas.anchored(&label, (GUTTER, y), LABEL, INK, Anchor::Left)?;
        }
        Ok(())
    }
}

/// Places of layers' marks, as many as do not touch.
fn spaced(layers: &[usize], columns: &Layers) -> Vec<f64> {
    let mut places: Vec<f64> = Vec::new();
    for x in layers.iter().map(|layer| columns.x(*layer)) {
        if places.last().is_none_or(|last| x >= last + MARK_DISTANCE) {
            places.push(x);
        }
    }
    places
}

/// Band, median and largest entry of neighbouring layers.
fn entries(canvas: &Canvas, stretch: &[MagnitudePoint], columns: &Layers, powers: &PowersOfTen) -> Drawn {
    let line = |value: fn(&MagnitudePoint) -> f64| -> Vec<(f64, f64)> {
        let place = |point: &MagnitudePoint| (columns.x(point.layer), powers.y(value(point)));
        // A layer alone is drawn over its own column.
        match stretch {
            [point] => {
                let (left, right) = columns.edges(point.layer);
                let inset = (right - left) * 0.1;
                vec![(left + inset, place(point).1), (right - inset, place(point).1)]
            }
            _ => stretch.iter().map(place).collect(),
        }
    };
    let mut outline = line(|point| point.high);
    outline.extend(line(|point| point.low).into_iter().rev());
    canvas.area(&outline, TRUTH, 0.22)?;
    canvas.dashed(&line(|point| point.largest), TRUTH, 1.0, LARGEST_DASH)?;
    canvas.line(&line(|point| point.median), TRUTH, 1.8)
}
