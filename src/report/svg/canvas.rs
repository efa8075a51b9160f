//! Lines, areas, markers and text in page units, on plotters' SVG backend at ten times the size.

use super::text::{self, Font};
use super::theme::Theme;
use crate::printable::in_one_line;
use crate::report::panel::{Dash, Hatch, Marker, Paint, Palette, Symbol};
use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, Drawable, PathElement, PointCollection, Polygon, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontTransform, RGBAColor, ShapeStyle, TextStyle};
use std::cell::RefCell;

/// Canvas units per page unit: the SVG backend knows whole units only.
const SCALE: f64 = 10.0;

/// The outcome of drawing: an error is a sentence.
pub type Drawn = Result<(), String>;

/// A place on the page, from the left and from above.
pub type Point = (f64, f64);

/// An area of the page.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)] // the fields are their names
pub struct Rect {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Rect {
    /// The area around a point.
    pub fn around((x, y): Point, half_width: f64, half_height: f64) -> Rect {
        Rect { left: x - half_width, top: y - half_height, right: x + half_width, bottom: y + half_height }
    }

    pub fn middle(&self) -> Point {
        ((self.left + self.right) / 2.0, (self.top + self.bottom) / 2.0)
    }

    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    /// From the upper left one clockwise.
    fn corners(&self) -> [Point; 4] {
        let Rect { left, top, right, bottom } = *self;
        [(left, top), (right, top), (right, bottom), (left, bottom)]
    }
}

/// Which part of a text stands at its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// Its upper left corner.
    TopLeft,
    /// Its left end, centred vertically.
    Left,
    /// Its middle.
    Middle,
    /// The same of a text that reads upwards.
    Upward,
    /// Its right end, centred vertically.
    Right,
    /// The middle of its upper edge.
    Top,
}

/// Where something of a picture is to be seen, in the units of its SVG's view box, and the numbers behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// Spots of one row are walked through in turn.
    pub row: usize,
    /// Left edge, upper edge, width and height.
    pub place: [i32; 4],
    /// The numbers.
    pub words: String,
}

/// A page being drawn.
pub struct Canvas<'a> {
    area: DrawingArea<SVGBackend<'a>, Shift>,
    theme: Theme,
    spots: RefCell<Vec<Spot>>,
}

impl<'a> Canvas<'a> {
    /// An empty page.
    pub fn new(document: &'a mut String, width: f64, height: f64, theme: Theme) -> Result<Canvas<'a>, String> {
        text::register()?;
        let size = ((width * SCALE) as u32, (height * SCALE) as u32);
        let area = SVGBackend::with_string(document, size).into_drawing_area();
        area.fill(&theme.color(Paint::Paper)).map_err(sentence)?;
        Ok(Canvas { area, theme, spots: RefCell::default() })
    }

    /// Ends the document and gives its spots.
    pub fn finish(self) -> Result<Vec<Spot>, String> {
        self.area.present().map_err(sentence)?;
        Ok(self.spots.take())
    }

    /// Remembers the numbers behind an area; nothing is drawn.
    pub fn spot(&self, area: Rect, row: usize, words: String) {
        let ((left, top), (right, bottom)) = (scaled(&(area.left, area.top)), scaled(&(area.right, area.bottom)));
        self.spots.borrow_mut().push(Spot { row, place: [left, top, right - left, bottom - top], words });
    }

    fn stroke(&self, color: Paint, width: f64) -> ShapeStyle {
        self.theme.color(color).stroke_width((width * SCALE).round() as u32)
    }

    fn put<E>(&self, element: E) -> Drawn
    where
        for<'b> &'b E: PointCollection<'b, (i32, i32)>,
        E: Drawable<SVGBackend<'a>>,
    {
        self.area.draw(&element).map_err(sentence)
    }

    /// A solid line through points.
    pub fn line(&self, points: &[Point], color: Paint, width: f64) -> Drawn {
        if points.len() < 2 {
            return Ok(());
        }
        self.put(PathElement::new(points.iter().map(scaled).collect::<Vec<_>>(), self.stroke(color, width)))
    }

    /// A line in dashes; an empty pattern is solid. The SVG backend has no dashes of its own.
    pub fn dashed(&self, points: &[Point], color: Paint, width: f64, dash: Dash) -> Drawn {
        if dash.is_empty() {
            return self.line(points, color, width);
        }
        dashes(points, dash).iter().try_for_each(|piece| self.line(piece, color, width))
    }

    /// A filled polygon; `opacity` from 0 to 1.
    pub fn area(&self, points: &[Point], color: Paint, opacity: f64) -> Drawn {
        let fill: RGBAColor = self.theme.color(color).mix(opacity);
        self.put(Polygon::new(points.iter().map(scaled).collect::<Vec<_>>(), fill))
    }

    /// A filled rectangle.
    pub fn rectangle(&self, area: Rect, color: Paint, opacity: f64) -> Drawn {
        self.area(&area.corners(), color, opacity)
    }

    /// The outline of a rectangle.
    pub fn frame(&self, area: Rect, color: Paint, width: f64) -> Drawn {
        let corners = area.corners();
        self.line(&[&corners[..], &corners[..1]].concat(), color, width)
    }

    /// A disc, or a ring around paper.
    fn circle(&self, at: Point, radius: f64, color: Paint, is_hollow: bool) -> Drawn {
        let radius = (radius * SCALE).round() as i32;
        let fill = self.theme.color(if is_hollow { Paint::Paper } else { color }).filled();
        self.put(Circle::new(scaled(&at), radius, fill))?;
        if is_hollow { self.put(Circle::new(scaled(&at), radius, self.stroke(color, 1.2))) } else { Ok(()) }
    }

    /// A marker, filled or hollow.
    pub fn marker(&self, at: Point, marker: Marker, radius: f64, color: Paint, is_hollow: bool) -> Drawn {
        // Corners in radii to the right and downwards.
        let (size, corners): (f64, &[Point]) = match marker {
            Marker::Circle => return self.circle(at, radius, color, is_hollow),
            Marker::Square => (0.9, &[(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0)]),
            Marker::Triangle => (1.1, &[(-1.0, 0.8), (0.0, -1.0), (1.0, 0.8), (-1.0, 0.8)]),
            Marker::Down => (1.1, &[(-1.0, -0.8), (0.0, 1.0), (1.0, -0.8), (-1.0, -0.8)]),
            Marker::Pentagon => {
                (1.1, &[(0.0, -1.0), (0.951, -0.309), (0.588, 0.809), (-0.588, 0.809), (-0.951, -0.309), (0.0, -1.0)])
            }
            Marker::Diamond => (1.25, &[(-1.0, 0.0), (0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)]),
        };
        let place = |(right, down): &Point| (at.0 + size * radius * right, at.1 + size * radius * down);
        let outline: Vec<Point> = corners.iter().map(place).collect();
        self.area(&outline, if is_hollow { Paint::Paper } else { color }, 1.0)?;
        if is_hollow { self.line(&outline, color, 1.2) } else { Ok(()) }
    }

    /// A symbol at a point.
    pub fn symbol(&self, at: Point, symbol: Symbol, radius: f64, color: Paint) -> Drawn {
        let (x, y) = at;
        match symbol {
            Symbol::Marker { marker, is_hollow } => self.marker(at, marker, radius, color, is_hollow),
            Symbol::Disc => self.circle(at, 0.72 * radius, color, false),
            Symbol::Cross => {
                let r = radius.max(3.0);
                self.line(&[(x - r, y - r), (x + r, y + r)], color, 1.4)?;
                self.line(&[(x - r, y + r), (x + r, y - r)], color, 1.4)
            }
            Symbol::Downward => {
                self.line(&[(x, y), (x, y + 5.0)], color, 1.2)?;
                self.area(&[(x - 2.8, y + 4.5), (x + 2.8, y + 4.5), (x, y + 9.0)], color, 1.0)
            }
            Symbol::Leftward | Symbol::Rightward => {
                let away = |by: f64| if symbol == Symbol::Leftward { x - by } else { x + by };
                self.line(&[(x, y), (away(5.0), y)], color, 1.2)?;
                self.line(&[(x, y - 3.0), (x, y + 3.0)], color, 1.2)?;
                self.area(&[(away(4.5), y - 2.8), (away(4.5), y + 2.8), (away(9.0), y)], color, 1.0)
            }
        }
    }

    /// Fills an area and hatches it; strokes of neighbours continue each other.
    pub fn hatched(&self, area: Rect, hatch: Hatch) -> Drawn {
        const DISTANCE: f64 = 5.0;
        let (ground, stroke) = match hatch {
            Hatch::Vanishing => (Paint::Of(Palette::Shares, 1), Paint::Of(Palette::Shares, 6)),
            Hatch::Flushed => (Paint::Zero, Paint::Ink),
            Hatch::Overflow => (Paint::Of(Palette::Fates, 5), Paint::Paper),
            Hatch::Unknown => (Paint::Paper, Paint::Soft),
        };
        self.rectangle(area, ground, 1.0)?;
        let Rect { left, top, right, bottom } = area;
        // Strokes are the lines x + y = n · distance, from the lower left to the upper right, or falling x − y.
        let rises = hatch != Hatch::Vanishing;
        let (least, most) = if rises { (left + top, right + bottom) } else { (left - bottom, right - top) };
        let (first, last) = ((least / DISTANCE).ceil() as i64, (most / DISTANCE).floor() as i64);
        for at in (first..=last).map(|n| n as f64 * DISTANCE) {
            let (low, high) = if rises { (at - bottom, at - top) } else { (at + top, at + bottom) };
            let (from, to) = (left.max(low), right.min(high));
            let height = |x: f64| if rises { at - x } else { x - at };
            if to > from {
                self.line(&[(from, height(from)), (to, height(to))], stroke, 0.8)?;
            }
        }
        Ok(())
    }

    /// Lines of text from a point downwards; gives where they end.
    pub fn lines(&self, lines: &[String], (x, top): Point, font: Font, color: Paint) -> Result<f64, String> {
        for (index, line) in lines.iter().enumerate() {
            self.anchored(line, (x, top + font.line() * index as f64), font, color, Anchor::TopLeft)?;
        }
        Ok(top + font.line() * lines.len() as f64)
    }

    /// Text anchored at a point.
    pub fn anchored(&self, text: &str, at: Point, font: Font, color: Paint, anchor: Anchor) -> Drawn {
        let (horizontal, vertical) = match anchor {
            Anchor::TopLeft => (HPos::Left, VPos::Top),
            Anchor::Left => (HPos::Left, VPos::Center),
            Anchor::Middle | Anchor::Upward => (HPos::Center, VPos::Center),
            Anchor::Right => (HPos::Right, VPos::Center),
            Anchor::Top => (HPos::Center, VPos::Top),
        };
        let turn = if anchor == Anchor::Upward { FontTransform::Rotate270 } else { FontTransform::None };
        let (turned, color) = (font.description(SCALE).transform(turn), self.theme.color(color));
        let style = TextStyle::from(turned).color(&color).pos(Pos::new(horizontal, vertical));
        self.put(Text::new(in_one_line(text).into_owned(), scaled(&at), style))
    }

    /// A sentence in the middle of an empty plot, on a plate that keeps grid lines out of it.
    pub fn notice(&self, text: &str, plot: Rect) -> Drawn {
        const FONT: Font = Font { size: 11.5, bold: false };
        let plate = Rect::around(plot.middle(), text::width(text, FONT) / 2.0 + 10.0, 12.0);
        self.rectangle(plate, Paint::Paper, 1.0)?;
        self.anchored(text, plot.middle(), FONT, Paint::Ink, Anchor::Middle)
    }
}

/// The document with the page's own size instead of the canvas', its coordinates unchanged.
pub fn to_page_units(document: &str, width: f64, height: f64) -> Result<String, String> {
    let canvas = format!("width=\"{}\" height=\"{}\"", (width * SCALE) as u32, (height * SCALE) as u32);
    if !document.contains(&canvas) {
        return Err("the SVG backend did not state the page's size".into());
    }
    let sized = document.replacen(&canvas, &format!("width=\"{width}\" height=\"{height}\""), 1);
    // A viewer without the font takes one with the same widths, or any.
    let family = text::FAMILY;
    Ok(sized.replace(
        &format!("font-family=\"{family}\""),
        &format!("font-family=\"{family}, Bitstream Vera Sans, Verdana, sans-serif\""),
    ))
}

fn scaled(point: &Point) -> (i32, i32) {
    ((point.0 * SCALE).round() as i32, (point.1 * SCALE).round() as i32)
}

fn sentence<E: std::fmt::Display>(error: E) -> String {
    format!("the picture cannot be drawn: {error}")
}

/// The pieces of a polyline that a pattern of dashes and gaps leaves visible.
fn dashes(points: &[Point], dash: Dash) -> Vec<Vec<Point>> {
    let mut pieces = Vec::new();
    let mut piece: Vec<Point> = points.first().copied().into_iter().collect();
    let (mut phase, mut left) = (0, dash.first().copied().unwrap_or(f64::INFINITY));
    for pair in points.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        let length = ((x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0)).sqrt();
        let mut done = 0.0;
        while length - done > left {
            done += left;
            let part = done / length;
            let turn = (x0 + part * (x1 - x0), y0 + part * (y1 - y0));
            if phase % 2 == 0 {
                piece.push(turn);
                pieces.push(std::mem::take(&mut piece));
            } else {
                piece = vec![turn];
            }
            phase += 1;
            left = dash[phase % dash.len()];
        }
        left -= length - done;
        if phase % 2 == 0 {
            piece.push((x1, y1));
        }
    }
    if phase % 2 == 0 {
        pieces.push(piece);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_cover_their_share_of_a_bent_line() {
        let line = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0)];
        let pieces = dashes(&line, &[4.0, 4.0]);
        assert_eq!(pieces[0], [(0.0, 0.0), (4.0, 0.0)]);
        assert_eq!(pieces[1], [(8.0, 0.0), (10.0, 0.0), (10.0, 2.0)]);
        assert_eq!(pieces[2], [(10.0, 6.0), (10.0, 10.0)]);
        assert_eq!(pieces.len(), 3);
    }
}
