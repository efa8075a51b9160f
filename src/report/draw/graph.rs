//! The picture of an activation: φ above φ', over the same x.

use super::Picture;
use super::axis::{self, NAME};
use super::canvas::{Anchor, Canvas, Drawn, Rect};
use super::key::{Head, Sample};
use super::linear::Linear;
use super::page;
use super::style::{Dash, MARGIN, Marker, PAGE_WIDTH, PLOT_LEFT};
use super::text::{self, Font};
use super::theme::{Paint, Theme};
use crate::report::figure::{Dot, Graph, GraphCurve};

const HEIGHT: f64 = 270.0;
/// Free space between the panels.
const GAP: f64 = 12.0;
const LABEL: Font = Font { size: 10.5, bold: false };
/// Free space right of a plot, for half of the last number below it.
const RIGHT: f64 = 18.0;
/// Free space between labels side by side.
const LABEL_GAP: f64 = 14.0;
/// Lines of φ and φ'; in grey their dashes tell them apart.
const LINES: [(Paint, Dash); 2] = [(Paint::Series(0), &[]), (Paint::Series(1), &[7.0, 3.5])];
const LINE_WIDTH: f64 = 2.0;
const KINK: Dash = &[4.0, 3.0];
const SMOOTH: Dash = &[1.5, 3.0];
const DOT: f64 = 4.0;

/// The picture.
pub fn picture(graph: &Graph, theme: Theme) -> Result<Picture, String> {
    let width = PAGE_WIDTH - 2.0 * MARGIN;
    let title = text::wrapped(&graph.title, page::TITLE, width)?;
    let formula = text::wrapped(&graph.formula, page::VERDICT, width)?;
    let lines = page::TITLE.line() * title.len() as f64 + 2.0 + page::VERDICT.line() * formula.len() as f64;
    let mut top = MARGIN + lines + 12.0;
    let mut panels = Vec::new();
    for (curve, line) in graph.curves.iter().zip(LINES) {
        let head = Head::new(&format!("{}(x)", curve.name), &key(graph, curve, line), top, width - PLOT_LEFT)?;
        let plot_top = head.bottom + if graph.joints.is_empty() { 0.0 } else { LABEL.line() };
        let plot =
            Rect { left: PLOT_LEFT, right: PAGE_WIDTH - MARGIN - RIGHT, top: plot_top, bottom: plot_top + HEIGHT };
        top = plot.bottom + axis::TICK_SPACE + axis::NAME_SPACE + GAP;
        panels.push((head, plot, curve, line));
    }
    page::document(&graph.caption, top, theme, |canvas| {
        let below = page::lines(canvas, &title, MARGIN, page::TITLE, Paint::Ink)?;
        page::lines(canvas, &formula, below + 2.0, page::VERDICT, Paint::Ink)?;
        for (head, plot, curve, line) in &panels {
            head.draw(canvas)?;
            draw(canvas, graph, curve, *line, *plot)?;
        }
        Ok(())
    })
}

/// What the lines and dots of a panel are.
fn key(graph: &Graph, curve: &GraphCurve, (color, dash): (Paint, Dash)) -> Vec<(Sample, String)> {
    let mut key = vec![(Sample::Line(color, LINE_WIDTH, dash), curve.name.to_string())];
    if !curve.dots.is_empty() {
        key.push((Sample::Full(Marker::Circle), "the value there, PyTorch's choice".into()));
        key.push((Sample::Hollow(Marker::Circle), "the limit from that side".into()));
    }
    if graph.has(true) {
        key.push((Sample::Line(Paint::Soft, 1.0, KINK), "kink: φ or φ' jumps".into()));
    }
    if graph.has(false) {
        key.push((Sample::Line(Paint::Soft, 1.0, SMOOTH), "formulas meet, φ and φ' are continuous".into()));
    }
    key
}

fn draw(canvas: &Canvas, graph: &Graph, curve: &GraphCurve, (color, dash): (Paint, Dash), plot: Rect) -> Drawn {
    let axes = Linear::new(graph.x, curve.y, plot);
    axes.draw(canvas)?;
    for joint in &graph.joints {
        let x = axes.x(joint.at);
        let dash = if joint.is_kink { KINK } else { SMOOTH };
        canvas.dashed(&[(x, plot.top), (x, plot.bottom)], Paint::Soft, 1.0, dash)?;
    }
    labels(canvas, graph, &axes, plot)?;
    for stretch in &curve.stretches {
        let points: Vec<_> = stretch.iter().map(|(x, y)| (axes.x(*x), axes.y(*y))).collect();
        canvas.dashed(&points, color, LINE_WIDTH, dash)?;
    }
    // Open ones first: where a jump is too small to be seen, the value is.
    for closed in [false, true] {
        for Dot { at: (x, y), .. } in curve.dots.iter().filter(|dot| dot.closed == closed) {
            canvas.marker((axes.x(*x), axes.y(*y)), Marker::Circle, DOT, color, !closed)?;
        }
    }
    canvas.frame(plot, Paint::Ink, 0.9)?;
    canvas.upward(&format!("{}(x)", curve.name), (MARGIN + 8.0, (plot.top + plot.bottom) / 2.0), NAME, Paint::Soft)?;
    axes.name(canvas, "x")
}

/// The joints' names above the plot, pushed apart and kept within its width.
fn labels(canvas: &Canvas, graph: &Graph, axes: &Linear, plot: Rect) -> Drawn {
    let y = plot.top - LABEL.line() / 2.0 - 1.0;
    let mut places: Vec<(f64, f64)> = Vec::new();
    for joint in &graph.joints {
        places.push((axes.x(joint.at), text::width(&joint.label, LABEL)? / 2.0 + LABEL_GAP / 2.0));
    }
    if let [(one, half), (other, other_half)] = places.as_mut_slice() {
        let excess = (*one + *half - (*other - *other_half)).max(0.0) / 2.0;
        (*one, *other) = (*one - excess, *other + excess);
    }
    // Together, so that they stay apart.
    let overrun = |excess: f64, (x, half): &(f64, f64)| excess.max(x + half - plot.right);
    let underrun = |excess: f64, (x, half): &(f64, f64)| excess.max(plot.left - (x - half));
    let shift = places.iter().fold(0.0, underrun) - places.iter().fold(0.0, overrun);
    for (joint, x) in graph.joints.iter().zip(places.iter().map(|(x, _)| x + shift)) {
        canvas.anchored(&joint.label, (x, y), LABEL, Paint::Ink, Anchor::Middle)?;
    }
    Ok(())
}
