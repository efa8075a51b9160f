//! The strips of fates, one per arithmetic.

use super::axis::{self, Layers, NAME, TICK};
use super::canvas::{Anchor, Canvas, Drawn, Rect};
use super::key::{Head, Sample};
use super::page;
use super::style::{GUTTER, MARGIN, PAGE_WIDTH, PLOT_LEFT, Series};
use super::text::{self, Font};
use super::theme::Paint;
use crate::report::figure::{Fate, FateStrip, Panel};

const LEAST_HEIGHT: f64 = 35.0;
const GAP: f64 = 7.0;
const STRIP_NAME: Font = Font { size: 11.0, bold: true };
const STRIP_VERDICT: Font = Font { size: 10.5, bold: false };
/// Room for the line sample before an arithmetic's name.
const NAME_INDENT: f64 = 22.0;

/// The panel, laid out.
pub struct Placed<'a> {
    panel: &'a [FateStrip],
    layers: (usize, usize),
    head: Head,
    strips: Vec<(Rect, Vec<String>, Vec<String>)>,
}

impl<'a> Placed<'a> {
    /// Lays the panel out from a height downwards.
    pub fn new(strips: &'a [FateStrip], layers: (usize, usize), top: f64) -> Result<Placed<'a>, String> {
        let present = |index: usize| strips.iter().any(|strip| strip.present[index]);
        let key: Vec<(Sample, String)> = Fate::ALL
            .into_iter()
            .enumerate()
            .filter(|(index, _)| present(*index))
            .map(|(_, fate)| (Sample::Area(Paint::Fate(fate), 1.0), fate.label().to_string()))
            .collect();
        let limit = PAGE_WIDTH - MARGIN - PLOT_LEFT;
        let head = Head::new(Panel::Fates.title(), &key, top, limit)?;
        let width = PAGE_WIDTH - MARGIN - GUTTER;
        let mut y = head.bottom;
        let mut placed = Vec::new();
        for strip in strips {
            let name = text::wrapped(&strip.name, STRIP_NAME, width - NAME_INDENT)?;
            let verdict = text::wrapped(&strip.verdict, STRIP_VERDICT, width)?;
            let words = STRIP_NAME.line() * name.len() as f64 + STRIP_VERDICT.line() * verdict.len() as f64;
            let height = LEAST_HEIGHT.max(words + 2.0);
            placed.push((page::plot(y, height), name, verdict));
            y += height + GAP;
        }
        Ok(Placed { panel: strips, layers, head, strips: placed })
    }
}

impl page::Placed for Placed<'_> {
    fn bottom(&self) -> f64 {
        let last = self.strips.last().map_or(self.head.bottom, |(plot, _, _)| plot.bottom);
        last + axis::TICK_SPACE + axis::NAME_SPACE
    }

    fn draw(&self, canvas: &Canvas) -> Drawn {
        let (strips, layers) = (self.panel, self.layers);
        self.head.draw(canvas)?;
        for (index, (strip, (plot, name, verdict))) in strips.iter().zip(&self.strips).enumerate() {
            let columns = Layers::new(layers, *plot);
            areas(canvas, strip, *plot, &columns)?;
            for (layer, _) in &strip.edges {
                let (left, right) = columns.edges(*layer);
                canvas.spot(index, *layer, Rect { left, right, ..*plot });
            }
            canvas.frame(*plot, Paint::Ink, 0.9)?;
            for (label, y) in [("100 %", plot.top + 4.0), ("0", plot.bottom - 4.0)] {
                canvas.anchored(label, (plot.left - 6.0, y), TICK, Paint::Ink, Anchor::Right)?;
            }
            names(canvas, *plot, index, name, verdict)?;
            if index + 1 == strips.len() {
                columns.draw(canvas, *plot, true)?;
            }
        }
        if let (Some((first, _, _)), Some((last, _, _))) = (self.strips.first(), self.strips.last()) {
            canvas.upward("share", (MARGIN + 8.0, (first.top + last.bottom) / 2.0), NAME, Paint::Soft)?;
        }
        Ok(())
    }
}

/// Each fate as one stepped area per run of layers, the whole column first and the lower fates over it, so that no
/// seams show between neighbours.
fn areas(canvas: &Canvas, strip: &FateStrip, plot: Rect, columns: &Layers) -> Drawn {
    let y = |share: f64| plot.bottom - share * (plot.bottom - plot.top);
    for (index, fate) in Fate::ALL.into_iter().enumerate().rev() {
        if !strip.present[index] {
            continue;
        }
        let mut outline = Vec::new();
        for (layer, edges) in &strip.edges {
            let (left, right) = columns.edges(*layer);
            outline.push((left, y(edges[index])));
            outline.push((right, y(edges[index])));
        }
        let (Some((left, _)), Some((right, _))) = (outline.first().copied(), outline.last().copied()) else { continue };
        outline.push((right, plot.bottom));
        outline.push((left, plot.bottom));
        canvas.area(&outline, Paint::Fate(fate), 1.0)?;
    }
    // Few layers are separated, so that each is seen as one.
    if columns.column() >= 24.0 {
        for (layer, _) in strip.edges.iter().skip(1) {
            let x = columns.edges(*layer).0;
            canvas.line(&[(x, plot.top), (x, plot.bottom)], Paint::Paper, 0.8)?;
        }
    }
    Ok(())
}

fn names(canvas: &Canvas, plot: Rect, index: usize, name: &[String], verdict: &[String]) -> Drawn {
    let series = Series::new(index);
    let mut y = plot.top + 1.0;
    let middle = y + STRIP_NAME.line() / 2.0 - 1.0;
    canvas.marker((GUTTER + 8.0, middle), series.marker, 3.6, series.color, false)?;
    for line in name {
        canvas.text(line, (GUTTER + NAME_INDENT, y), STRIP_NAME, Paint::Ink)?;
        y += STRIP_NAME.line();
    }
    for line in verdict {
        canvas.text(line, (GUTTER, y + 1.0), STRIP_VERDICT, Paint::Soft)?;
        y += STRIP_VERDICT.line();
    }
    Ok(())
}
