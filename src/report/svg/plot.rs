//! One plot: what is drawn between its axes.

use super::canvas::{Anchor, Canvas, Drawn, Point, Rect};
use super::curves;
use super::key;
use super::labels::Labels;
use super::ruler::{Ruler, TICK, lanes};
use super::text::{self, Font, WORDS};
use crate::report::panel::{Area, Mark, Paint, Plot, Rule, Sample, Scale, Tip};

/// Names of axes.
pub const NAME: Font = Font { size: 11.0, bold: false };
/// Height of a row of counts.
pub const COUNT_ROW: f64 = 14.0;
/// Free space from a frame to its numbers.
const TO_NUMBER: f64 = 7.0;
/// How far a number below a plot may reach beyond its ends: less than half of the space between plots.
const BEYOND: f64 = 9.0;
/// Radius of a symbol, and of what can be pointed at around it.
const RADIUS: f64 = 3.6;
const POINTED: f64 = 7.0;
/// How far a rectangle reaches below its right and its lower neighbour.
const SEAM: f64 = 0.4;

/// What is written around a plot.
#[derive(Clone, Copy, Debug)]
pub struct Around {
    /// Numbers left of it.
    pub has_left: bool,
    /// Numbers below it.
    pub has_below: bool,
    /// Only the ends of the axis upwards, and no grid.
    pub is_strip: bool,
    /// Names of lines on their lines.
    pub has_names_inside: bool,
}

/// A plot's rulers in its frame, less the rows of counts.
pub fn rulers(plot: &Plot, frame: Rect) -> (Ruler<'_>, Ruler<'_>) {
    let [above, below] = [0, 1].map(|end| counts_height(plot, end));
    let has_marks = !plot.curves.is_empty() || !plot.marks.is_empty();
    let upwards = Ruler::upwards(&plot.y, (frame.bottom - below, frame.top + above), has_marks);
    (Ruler::along(&plot.x, (frame.left, frame.right), has_marks), upwards)
}

/// Height of the rows of counts above (0) or below (1).
fn counts_height(plot: &Plot, end: usize) -> f64 {
    match plot.counts[end].len() {
        0 => 0.0,
        rows => COUNT_ROW * rows as f64 + 6.0,
    }
}

/// Draws a plot into its frame.
pub fn draw(canvas: &Canvas, plot: &Plot, frame: Rect, around: Around) -> Drawn {
    let (x, y) = rulers(plot, frame);
    let at = |(along, upwards): (f64, f64)| (x.at(along), y.at(upwards));
    plot.areas.iter().try_for_each(|one| area(canvas, one, at))?;
    axes(canvas, plot, frame, (&x, &y), around)?;
    plot.rules.iter().try_for_each(|one| rule(canvas, one, frame, (&x, &y)))?;
    // Below the curves, so that no name hides a number; a notice needs their room.
    if around.has_names_inside && plot.notice.is_none() {
        plot.rules.iter().try_for_each(|rule| name_inside(canvas, rule, frame, y.at(rule.at)))?;
    }
    let mut labels = Labels::new(frame);
    for mark in &plot.marks {
        match mark {
            Mark::Line { points, paint, width, dash } => {
                let line: Vec<Point> = points.iter().copied().map(at).collect();
                labels.avoid_line(&line);
                canvas.dashed(&line, *paint, *width, dash)?;
            }
            Mark::Area(one) => area(canvas, one, at)?,
            Mark::Symbol { at: place, symbol, paint } => {
                labels.avoid(at(*place), RADIUS + 1.0);
                canvas.symbol(at(*place), *symbol, RADIUS, *paint)?;
            }
            Mark::Text(_) => {}
        }
    }
    curves::draw(canvas, &plot.curves, (&x, &y), &mut labels)?;
    for mark in &plot.marks {
        let Mark::Text(words) = mark else { continue };
        labels.draw(canvas, words, at(words.at))?;
    }
    counts(canvas, plot, frame)?;
    if let Some(words) = &plot.notice {
        canvas.notice(words, frame)?;
    }
    canvas.frame(frame, Paint::Ink, 0.9)?;
    plot.tips.iter().for_each(|tip| spot(canvas, tip, (&x, &y)));
    Ok(())
}

fn area(canvas: &Canvas, area: &Area, at: impl Fn((f64, f64)) -> Point) -> Drawn {
    let outline: Vec<Point> = area.outline.iter().copied().map(at).collect();
    let is_rectangle = |[a, b, c, d]: [Point; 4]| a.1 == b.1 && b.0 == c.0 && c.1 == d.1 && d.0 == a.0;
    let corners = <[Point; 4]>::try_from(outline.as_slice()).ok().filter(|corners| is_rectangle(*corners));
    let Some([(left, bottom), _, (right, top), _]) = corners else {
        return canvas.area(&outline, area.paint, area.opacity);
    };
    let place = |ends: (f64, f64)| (ends.0.min(ends.1), ends.0.max(ends.1));
    let ((left, right), (top, bottom)) = (place((left, right)), place((top, bottom)));
    match area.hatch {
        Some(hatch) => canvas.hatched(Rect { left, top, right, bottom }, hatch),
        // Neighbours overlap, so that no seam shows between them.
        None if area.opacity == 1.0 => {
            let place = Rect { left, top, right: right + SEAM, bottom: bottom + SEAM };
            canvas.rectangle(place, area.paint, 1.0)
        }
        None => canvas.area(&outline, area.paint, area.opacity),
    }
}

/// The grid, the numbers, the rows beyond an axis, and lines between groups of lanes.
fn axes(canvas: &Canvas, plot: &Plot, frame: Rect, (x, y): (&Ruler, &Ruler), around: Around) -> Drawn {
    let Rect { left, right, top, bottom } = frame;
    for tick in x.ticks() {
        if tick.has_line && !around.is_strip {
            canvas.line(&[(tick.at, top), (tick.at, bottom)], Paint::Faint, 0.7)?;
        }
        if around.has_below {
            canvas.line(&[(tick.at, bottom), (tick.at, bottom + 4.0)], Paint::Ink, 0.8)?;
            for (line, label) in tick.label.iter().enumerate() {
                let below = bottom + 6.0 + TICK.line() * line as f64;
                // A label keeps clear of those of the next plot, or of the page's end.
                let half = (text::width(label, TICK) / 2.0).min(20.0) - BEYOND;
                let middle = tick.at.min(right - half).max(left + half);
                canvas.anchored(label, (middle, below), TICK, Paint::Ink, Anchor::Top)?;
            }
        }
    }
    let mut ticks = y.ticks();
    if around.is_strip {
        ticks = ends(ticks);
    }
    for tick in ticks {
        if tick.has_line && !around.is_strip {
            let width = if matches!(plot.y.scale, Scale::Linear(..)) && tick.at == y.at(0.0) { 1.8 } else { 0.7 };
            canvas.line(&[(left, tick.at), (right, tick.at)], Paint::Faint, width)?;
        }
        if around.has_left {
            if tick.has_line && !around.is_strip {
                canvas.line(&[(left - 4.0, tick.at), (left, tick.at)], Paint::Ink, 0.8)?;
            }
            // The ends of a strip stand within its height.
            let inset = if around.is_strip { 4.0 } else { 0.0 };
            let first =
                tick.at.clamp(top + inset, bottom - inset) - TICK.line() * (tick.label.len() as f64 - 1.0) / 2.0;
            for (line, label) in tick.label.iter().enumerate() {
                let middle = first + TICK.line() * line as f64;
                canvas.anchored(label, (left - TO_NUMBER, middle), TICK, Paint::Ink, Anchor::Right)?;
            }
        }
    }
    for ((from, to), label) in y.rows() {
        let border = if (from - bottom).abs() < 0.5 || (from - top).abs() < 0.5 { to } else { from };
        canvas.line(&[(left, border), (right, border)], Paint::Soft, 0.7)?;
        if around.has_left {
            canvas.anchored(label, (left - TO_NUMBER, (from + to) / 2.0), TICK, Paint::Ink, Anchor::Right)?;
        }
    }
    if let Scale::Lanes(groups) = &plot.y.scale {
        let mut first = 0;
        for group in groups.iter().take(groups.len().saturating_sub(1)) {
            first += lanes(std::slice::from_ref(group));
            let border = y.at(first as f64 - 0.5);
            canvas.line(&[(left, border), (right, border)], Paint::Soft, 0.5)?;
        }
    }
    Ok(())
}

/// The first and the last tick.
fn ends(mut ticks: Vec<super::ruler::Tick>) -> Vec<super::ruler::Tick> {
    let last = ticks.pop();
    ticks.truncate(1);
    ticks.extend(last);
    ticks
}

fn rule(canvas: &Canvas, rule: &Rule, frame: Rect, (x, y): (&Ruler, &Ruler)) -> Drawn {
    let line = match rule.is_upright {
        true => [(x.at(rule.at), frame.top), (x.at(rule.at), frame.bottom)],
        false => [(frame.left, y.at(rule.at)), (frame.right, y.at(rule.at))],
    };
    // A line without a width is named where another one ends.
    if rule.width > 0.0 { canvas.dashed(&line, rule.paint, rule.width, rule.dash) } else { Ok(()) }
}

/// The name of a line on it, where there is no room beside the plot: at the right end, near the head, there is little
/// noise; that of a dashed line, which lies below noise that matters, at the left one.
fn name_inside(canvas: &Canvas, rule: &Rule, frame: Rect, height: f64) -> Drawn {
    if rule.is_upright || rule.label.is_empty() {
        return Ok(());
    }
    let (width, middle) = (text::width(&rule.label, WORDS) + 2.0, height - WORDS.line() / 2.0 - 1.0);
    let left = if rule.dash.is_empty() { frame.right - 4.0 - width } else { frame.left + 6.0 };
    let right = left + width;
    let plate = Rect { left: left - 2.0, top: middle - 6.0, right, bottom: middle + 6.0 };
    canvas.rectangle(plate, Paint::Paper, 0.8)?;
    canvas.anchored(&rule.label, (left, middle), WORDS, rule.paint, Anchor::Left)
}

/// Rows of words inside the frame, above the axis and below it.
fn counts(canvas: &Canvas, plot: &Plot, frame: Rect) -> Drawn {
    for (end, rows) in plot.counts.iter().enumerate().filter(|(_, rows)| !rows.is_empty()) {
        let height = counts_height(plot, end);
        let (top, border) = match end {
            0 => (frame.top, frame.top + height),
            _ => (frame.bottom - height, frame.bottom - height),
        };
        canvas.line(&[(frame.left, border), (frame.right, border)], Paint::Soft, 0.7)?;
        for (row, (sample, words)) in rows.iter().enumerate() {
            let (left, middle) = (frame.left + 7.0, top + 3.0 + COUNT_ROW * (row as f64 + 0.5));
            key::sample(canvas, *sample, (left, middle))?;
            let room = frame.right - left - key::width(*sample) - 3.0;
            let paint = if *sample == Sample::Nothing { Paint::Soft } else { Paint::Ink };
            let words = text::shortened(words, WORDS, room);
            canvas.anchored(&words, (left + key::width(*sample), middle), WORDS, paint, Anchor::Left)?;
        }
    }
    Ok(())
}

/// Remembers the numbers behind a place.
fn spot(canvas: &Canvas, tip: &Tip, (x, y): (&Ruler, &Ruler)) {
    let ends = |ruler: &Ruler, (from, to): (f64, f64)| {
        let (one, other) = (ruler.at(from), ruler.at(to));
        let half = if ruler.has_columns() { POINTED.min(ruler.unit() / 2.0) } else { POINTED };
        if from == to { (one - half, one + half) } else { (one.min(other), one.max(other)) }
    };
    let ((left, right), (top, bottom)) = (ends(x, tip.x), ends(y, tip.y));
    canvas.spot(Rect { left, top, right, bottom }, tip.row, tip.words.clone());
}
