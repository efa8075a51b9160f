//! One activation's panel: regions, references, bands, points, lines and their names.

use super::super::axis::{NAME, Powers, TICK, TICK_SPACE, round_step, spread};
use super::super::canvas::{Anchor, Canvas, Drawn, Point, Rect};
use super::super::style::{Dash, MARGIN, Marker};
use super::super::text::{self, Font};
use super::super::theme::Paint;
use super::labels::Labels;
use crate::record::law::Statistic;
use crate::report::figure::{LawFigure, LawPanel};

/// Height above a plot for the names of regimes.
pub const REGIME_SPACE: f64 = 14.0;
/// Opacity of bands.
pub const BAND: f64 = 0.16;
/// Width of lines through points.
pub const LINE: f64 = 1.8;
/// Width of references.
pub const REFERENCE: f64 = 0.7;
/// Where a regime ends.
pub const REGIME: Dash = &[4.0, 3.0];
/// Where storage noise ends.
pub const STORED: Dash = &[1.5, 3.0];

const SMALL: Font = Font { size: 10.0, bold: false };
const BETA: Font = Font { size: 11.5, bold: true };
/// Free space inside a frame beyond the first and the last precision.
const PADDING: f64 = 14.0;
/// Least distance of numbers along.
const ALONG: f64 = 24.0;
/// Radius of a median's ring; a root mean square's disc fits inside, so that both are seen where they meet.
const RING: f64 = 3.9;
const DISC: f64 = 2.5;

/// Where a panel stands.
pub struct Place {
    /// Where its name begins.
    pub top: f64,
    /// Its words, in lines.
    pub sentence: Vec<String>,
    /// Its plot.
    pub plot: Rect,
    /// Whether numbers upwards stand left of it.
    pub is_first: bool,
    /// Whether thresholds are named right of it.
    pub is_last: bool,
}

/// A statistic's colour.
pub fn paint(statistic: Statistic) -> Paint {
    match statistic {
        Statistic::RootMeanSquare => Paint::Series(0),
        Statistic::Median => Paint::Series(1),
    }
}

/// A statistic's line, which a grey print tells from the other.
pub fn dash(statistic: Statistic) -> Dash {
    match statistic {
        Statistic::RootMeanSquare => &[],
        Statistic::Median => &[7.0, 3.5],
    }
}

/// Bits along and powers of ten upwards.
struct Axes {
    bits: (f64, f64),
    powers: Powers,
    plot: Rect,
}

impl Axes {
    fn x(&self, bits: f64) -> f64 {
        let (left, right) = (self.plot.left + PADDING, self.plot.right - PADDING);
        left + (bits - self.bits.0) / (self.bits.1 - self.bits.0) * (right - left)
    }

    /// A line from frame to frame through two places.
    fn across(&self, ends: [(f64, f64); 2]) -> [Point; 2] {
        let [(x0, y0), (x1, y1)] = ends.map(|end| self.at(end));
        let slope = (y1 - y0) / (x1 - x0);
        [self.plot.left, self.plot.right].map(|x| (x, (y0 + (x - x0) * slope).clamp(self.plot.top, self.plot.bottom)))
    }

    fn at(&self, (bits, log10): (f64, f64)) -> Point {
        (self.x(bits), self.powers.y(log10))
    }
}

/// Draws it.
pub fn draw(canvas: &Canvas, figure: &LawFigure, panel: &LawPanel, place: &Place) -> Drawn {
    let plot = place.plot;
    let bits = (f64::from(figure.bits.0), f64::from(figure.bits.1));
    let powers = Powers::new((f64::from(figure.decades.0), f64::from(figure.decades.1)), plot);
    let axes = Axes { bits, powers, plot };
    background(canvas, figure, place, &axes)?;
    uprights(canvas, figure, panel, &axes)?;
    bands(canvas, panel, &axes)?;
    for reference in &figure.references {
        canvas.line(&axes.across(reference.ends), Paint::Soft, REFERENCE)?;
    }
    for line in &panel.lines {
        canvas.dashed(&line.ends.map(|end| axes.at(end)), paint(line.statistic), LINE, dash(line.statistic))?;
    }
    let mut marks = Vec::new();
    for point in &panel.points {
        let of = |log10: Option<f64>| log10.map(|log10| axes.at((f64::from(point.bits), log10)));
        if let Some(at) = of(point.median) {
            canvas.marker(at, Marker::Circle, RING, paint(Statistic::Median), true)?;
            marks.push(at);
        }
        if let Some(at) = of(point.root_mean_square) {
            canvas.marker(at, Marker::Circle, DISC, paint(Statistic::RootMeanSquare), false)?;
            marks.push(at);
        }
        if let Some(at) = of(point.median).filter(|_| point.at_most) {
            canvas.downward(at, paint(Statistic::Median))?;
        }
    }
    if marks.is_empty() {
        canvas.notice("no noise ratio is known at any precision", plot)?;
    }
    canvas.frame(plot, Paint::Ink, 0.9)?;
    exponents(canvas, figure, panel, &axes, &marks)
}

/// Bands over consecutive precisions, bars for isolated ones: nothing is drawn between measured points.
fn bands(canvas: &Canvas, panel: &LawPanel, axes: &Axes) -> Drawn {
    let color = paint(Statistic::Median);
    let known: Vec<(u32, (f64, f64))> =
        panel.points.iter().filter_map(|point| Some((point.bits, point.band?))).collect();
    for stretch in known.chunk_by(|(one, _), (next, _)| one + 1 == *next) {
        let upper = stretch.iter().map(|(bits, (_, high))| axes.at((f64::from(*bits), *high)));
        let lower = stretch.iter().rev().map(|(bits, (low, _))| axes.at((f64::from(*bits), *low)));
        let outline: Vec<Point> = upper.chain(lower).collect();
        match stretch {
            [_] => canvas.line(&outline, color, 1.0)?,
            _ => canvas.area(&outline, color, BAND)?,
        }
    }
    Ok(())
}

/// Regions, grid, and everything around the plot.
fn background(canvas: &Canvas, figure: &LawFigure, place: &Place, axes: &Axes) -> Drawn {
    let Rect { left, top, right, bottom } = place.plot;
    let (signal, noisy) = (axes.powers.y(0.0), axes.powers.y(-1.0));
    canvas.rectangle(Rect { bottom: signal, ..place.plot }, Paint::ChaoticRegion, 1.0)?;
    canvas.rectangle(Rect { top: signal, bottom: noisy, ..place.plot }, Paint::NoisyRegion, 1.0)?;
    if place.is_first {
        axes.powers.draw(canvas)?;
        canvas.upward("noise / signal", (MARGIN + 8.0, (top + bottom) / 2.0), NAME, Paint::Soft)?;
    } else {
        axes.powers.grid(canvas)?;
    }
    canvas.line(&[(left, noisy), (right, noisy)], Paint::Ink, 0.6)?;
    canvas.line(&[(left, signal), (right, signal)], Paint::Ink, 1.4)?;
    let column = axes.x(axes.bits.0 + 1.0) - axes.x(axes.bits.0);
    let step = round_step(ALONG, column) as u32;
    for bits in (figure.bits.0..=figure.bits.1).filter(|bits| bits % step == 0) {
        let x = axes.x(f64::from(bits));
        canvas.line(&[(x, bottom), (x, bottom + 4.0)], Paint::Ink, 0.8)?;
        canvas.anchored(&bits.to_string(), (x, bottom + 6.0), TICK, Paint::Ink, Anchor::Top)?;
    }
    let middle = ((left + right) / 2.0, bottom + TICK_SPACE + 1.0);
    canvas.anchored("significand bits", middle, NAME, Paint::Soft, Anchor::Top)?;
    names(canvas, figure, place, axes)
}

/// The references at their right ends, and the thresholds beside the last panel of a row.
fn names(canvas: &Canvas, figure: &LawFigure, place: &Place, axes: &Axes) -> Drawn {
    let mut names: Vec<(f64, String)> = Vec::new();
    if place.is_last {
        names.extend(
            [(0.0, "noise = signal"), (-1.0, "noisy from 0.1")]
                .map(|(log10, name)| (axes.powers.y(log10), name.to_string())),
        );
    }
    for reference in &figure.references {
        let name = reference.name.to_string();
        let name = if place.is_last { format!("{name}: {}", reference.exponent) } else { name };
        names.push((axes.across(reference.ends)[1].1, name));
    }
    names.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    let Rect { right, top, bottom, .. } = place.plot;
    let wanted: Vec<f64> = names.iter().map(|(y, _)| *y).collect();
    let heights = spread(&wanted, SMALL.line(), (top + 5.0, bottom - 5.0));
    for (((_, name), line), y) in names.iter().zip(&wanted).zip(heights) {
        canvas.line(&[(right, *line), (right + 5.0, y), (right + 8.0, y)], Paint::Soft, 0.6)?;
        canvas.anchored(name, (right + 11.0, y), SMALL, Paint::Ink, Anchor::Left)?;
    }
    Ok(())
}

/// Where regimes and storage noise end, and the regimes' names above the plot.
fn uprights(canvas: &Canvas, figure: &LawFigure, panel: &LawPanel, axes: &Axes) -> Drawn {
    let Rect { top, bottom, left, right } = axes.plot;
    let upright = |bits: f64, dash: Dash| {
        let x = axes.x(bits);
        canvas.dashed(&[(x, top), (x, bottom)], Paint::Soft, 1.0, dash)
    };
    if let Some(bits) = figure.stored_below {
        upright(bits, STORED)?;
    }
    let y = top - REGIME_SPACE / 2.0;
    let mut end = left;
    for (index, (name, (from, to))) in panel.regimes.iter().enumerate() {
        if index > 0 {
            upright(*from, REGIME)?;
        }
        if index + 1 < panel.regimes.len() {
            upright(*to, REGIME)?;
        }
        // Above the middle of their stretch, moved to where there is room.
        let half = text::width(name, SMALL)? / 2.0;
        let wanted = (axes.x(*from) + axes.x(*to)) / 2.0;
        let x = wanted.max(end + half).min(right - half);
        if x - half >= end {
            canvas.anchored(name, (x, y), SMALL, Paint::Soft, Anchor::Middle)?;
            end = x + half + 10.0;
        }
    }
    Ok(())
}

/// The exponents beside their lines, where nothing else is.
fn exponents(canvas: &Canvas, figure: &LawFigure, panel: &LawPanel, axes: &Axes, marks: &[Point]) -> Drawn {
    let mut labels = Labels::new(axes.plot);
    marks.iter().for_each(|at| labels.avoid_mark(*at, RING + 1.0));
    for line in &panel.lines {
        labels.avoid_line(line.ends.map(|end| axes.at(end)));
    }
    for reference in &figure.references {
        labels.avoid_line(axes.across(reference.ends));
    }
    for threshold in [0.0, -1.0].map(|log10| axes.powers.y(log10)) {
        labels.avoid_line([(axes.plot.left, threshold), (axes.plot.right, threshold)]);
    }
    let regimes = panel.regimes.iter().flat_map(|(_, (from, to))| [*from, *to]);
    for bits in regimes.chain(figure.stored_below) {
        labels.avoid_line([(axes.x(bits), axes.plot.top), (axes.x(bits), axes.plot.bottom)]);
    }
    for line in &panel.lines {
        let width = text::width(&line.label, BETA)?;
        let above = line.statistic == Statistic::RootMeanSquare;
        let at = labels.place(line.ends.map(|end| axes.at(end)), (width, BETA.size * 0.95), above);
        canvas.anchored(&line.label, at, BETA, paint(line.statistic), Anchor::Left)?;
    }
    Ok(())
}
