//! The panel of the exact gradient's size next to the formats' ranges.

use super::axis::{self, Layers, NAME, Powers};
use super::canvas::{Canvas, Drawn, Rect};
use super::key::{Head, Sample};
use super::style::{MARGIN, Marker, PAGE_WIDTH, PLOT_LEFT};
use super::theme::Paint;
use super::{limits, page};
use crate::report::figure::{Panel, RangePanel, RangePoint};

const HEIGHT: f64 = 190.0;
/// What a loss scale does to limits in a picture of unscaled gradients.
pub const SCALED: &str =
    "with a loss scale, a format ends lower by that factor, because the gradients here are unscaled";
/// Width and dashes of χ₁'s growth.
const GROWTH: f64 = 1.0;
const GROWTH_DASH: &[f64] = &[9.0, 2.5, 1.5, 2.5];
const LARGEST_DASH: &[f64] = &[4.0, 2.5];
/// Least distance of the marks of layers that are all zero or unknown.
const MARK_DISTANCE: f64 = 9.0;

/// The panel, laid out.
pub struct Placed<'a> {
    panel: &'a RangePanel,
    layers: (usize, usize),
    head: Head,
    plot: Rect,
}

impl<'a> Placed<'a> {
    /// Lays the panel out from a height downwards.
    pub fn new(panel: &'a RangePanel, layers: (usize, usize), top: f64) -> Result<Placed<'a>, String> {
        let mut key = Vec::new();
        if !panel.points.is_empty() {
            key.push((Sample::Area(Paint::Truth, 0.22), "1 % to 99 % of the non-zero entries, all trials".to_string()));
            key.push((Sample::Line(Paint::Truth, 1.8, &[]), "median".into()));
            key.push((Sample::Line(Paint::Truth, 1.0, LARGEST_DASH), "largest".into()));
        }
        if !panel.zero_layers.is_empty() {
            key.push((Sample::Hollow(Marker::Square), "every entry is zero".into()));
        }
        if !panel.unknown_layers.is_empty() {
            key.push((Sample::Cross, "exact gradient not established here".into()));
        }
        if let Some(growth) = &panel.growth {
            let beyond = if growth.points.is_empty() { ": beyond this axis" } else { "" };
            key.push((Sample::Line(Paint::Ink, GROWTH, GROWTH_DASH), format!("{}{beyond}", growth.label)));
        }
        if panel.is_scaled {
            key.push((Sample::Nothing, SCALED.into()));
        }
        if !panel.beyond.is_empty() {
            key.push((Sample::Nothing, format!("beyond this axis: {}", panel.beyond.join("; "))));
        }
        let limit = PAGE_WIDTH - MARGIN - PLOT_LEFT;
        let head = Head::new(Panel::Range.title(), &key, top, limit)?;
        Ok(Placed { panel, layers, plot: page::plot(head.bottom, HEIGHT), head })
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
        let powers = Powers::new(panel.axis, plot);
        powers.draw(canvas)?;
        limits::draw(canvas, &panel.limits, |limit| powers.y(limit.log10), &[plot])?;
        for stretch in panel.points.chunk_by(|a, b| b.layer.checked_sub(1) == Some(a.layer)) {
            entries(canvas, stretch, &columns, &powers)?;
        }
        for stretch in panel
            .growth
            .iter()
            .flat_map(|growth| growth.points.chunk_by(|one, next| next.0.checked_sub(1) == Some(one.0)))
        {
            let line: Vec<_> = stretch.iter().map(|(layer, log10)| (columns.x(*layer), powers.y(*log10))).collect();
            canvas.dashed(&line, Paint::Ink, GROWTH, GROWTH_DASH)?;
        }
        let shown = panel.points.iter().map(|point| point.layer);
        for layer in shown.chain(panel.zero_layers.iter().copied()).chain(panel.unknown_layers.iter().copied()) {
            let (left, right) = columns.edges(layer);
            canvas.spot(0, layer, Rect { left, right, ..plot });
        }
        let height = plot.bottom - 6.0;
        for x in spaced(&panel.zero_layers, &columns) {
            canvas.marker((x, height), Marker::Square, 3.4, Paint::Soft, true)?;
        }
        for x in spaced(&panel.unknown_layers, &columns) {
            canvas.cross((x, height), Paint::Soft)?;
        }
        if panel.points.is_empty() {
            let all_zero = panel.unknown_layers.is_empty();
            let notice = if all_zero {
                "every entry of the exact gradient is zero"
            } else {
                "the exact gradient is not established"
            };
            canvas.notice(notice, plot)?;
        }
        canvas.frame(plot, Paint::Ink, 0.9)?;
        canvas.upward("|entry|", (MARGIN + 8.0, (plot.top + plot.bottom) / 2.0), NAME, Paint::Soft)?;
        columns.draw(canvas, plot, true)
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
fn entries(canvas: &Canvas, stretch: &[RangePoint], columns: &Layers, powers: &Powers) -> Drawn {
    let line = |value: fn(&RangePoint) -> f64| -> Vec<(f64, f64)> {
        let place = |point: &RangePoint| (columns.x(point.layer), powers.y(value(point)));
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
    canvas.area(&outline, Paint::Truth, 0.22)?;
    canvas.dashed(&line(|point| point.largest), Paint::Truth, 1.0, LARGEST_DASH)?;
    canvas.line(&line(|point| point.median), Paint::Truth, 1.8)
}
