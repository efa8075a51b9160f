//! Lines, areas, markers and text in page units, on plotters' SVG backend at ten times the size.

use super::style::{Dash, Marker};
use super::text::{self, Font};
use super::theme::{Paint, Theme};
use crate::printable::in_one_line;
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
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)] // the fields are their names
pub struct Rect {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

/// Which part of a text stands at its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// Its left end, centred vertically.
    Left,
    /// Its middle.
    Middle,
    /// Its right end, centred vertically.
    Right,
    /// The middle of its upper edge.
    Top,
}

/// Where something of a picture is to be seen, in the units of its SVG's view box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    /// Which curve, strip or row, counted from 0 as in the figure.
    pub row: usize,
    /// Which layer by its number, or in a comparison which arithmetic by its place in the list.
    pub column: usize,
    /// Left edge, upper edge, width and height.
    pub place: [i32; 4],
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

    /// Remembers what an area shows; nothing is drawn.
    pub fn spot(&self, row: usize, column: usize, area: Rect) {
        let ((left, top), (right, bottom)) = (scaled(&(area.left, area.top)), scaled(&(area.right, area.bottom)));
        self.spots.borrow_mut().push(Spot { row, column, place: [left, top, right - left, bottom - top] });
    }

    /// Remembers what a point shows, which has about its marker's size and at most the width of its column.
    pub fn spot_at(&self, row: usize, column: usize, (x, y): Point, width: f64) {
        const RADIUS: f64 = 7.0;
        let half = RADIUS.min(width / 2.0);
        self.spot(row, column, Rect { left: x - half, top: y - RADIUS, right: x + half, bottom: y + RADIUS });
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
        for piece in dashes(points, dash) {
            self.line(&piece, color, width)?;
        }
        Ok(())
    }

    /// A filled polygon; `opacity` from 0 to 1.
    pub fn area(&self, points: &[Point], color: Paint, opacity: f64) -> Drawn {
        let fill: RGBAColor = self.theme.color(color).mix(opacity);
        self.put(Polygon::new(points.iter().map(scaled).collect::<Vec<_>>(), fill))
    }

    /// A filled rectangle.
    pub fn rectangle(&self, area: Rect, color: Paint, opacity: f64) -> Drawn {
        let Rect { left, top, right, bottom } = area;
        self.area(&[(left, top), (right, top), (right, bottom), (left, bottom)], color, opacity)
    }

    /// The outline of a rectangle.
    pub fn frame(&self, area: Rect, color: Paint, width: f64) -> Drawn {
        let Rect { left, top, right, bottom } = area;
        self.line(&[(left, top), (right, top), (right, bottom), (left, bottom), (left, top)], color, width)
    }

    /// A marker, filled or hollow.
    pub fn marker(&self, at: Point, marker: Marker, radius: f64, color: Paint, hollow: bool) -> Drawn {
        let (x, y) = at;
        let outline: Vec<Point> = match marker {
            Marker::Circle => {
                let radius = (radius * SCALE).round() as i32;
                self.put(Circle::new(
                    scaled(&at),
                    radius,
                    self.theme.color(if hollow { Paint::Paper } else { color }).filled(),
                ))?;
                return if hollow {
                    self.put(Circle::new(scaled(&at), radius, self.stroke(color, 1.2)))
                } else {
                    Ok(())
                };
            }
            Marker::Square => {
                let r = radius * 0.9;
                vec![(x - r, y - r), (x + r, y - r), (x + r, y + r), (x - r, y + r), (x - r, y - r)]
            }
            Marker::Triangle => {
                let r = radius * 1.1;
                vec![(x - r, y + 0.8 * r), (x, y - r), (x + r, y + 0.8 * r), (x - r, y + 0.8 * r)]
            }
            Marker::Down => {
                let r = radius * 1.1;
                vec![(x - r, y - 0.8 * r), (x, y + r), (x + r, y - 0.8 * r), (x - r, y - 0.8 * r)]
            }
            // Corners 72° apart, the first above.
            Marker::Pentagon => {
                [(0.0, -1.0), (0.951, -0.309), (0.588, 0.809), (-0.588, 0.809), (-0.951, -0.309), (0.0, -1.0)]
                    .map(|(right, down)| (x + 1.1 * radius * right, y + 1.1 * radius * down))
                    .to_vec()
            }
            Marker::Diamond => {
                let r = radius * 1.25;
                vec![(x - r, y), (x, y - r), (x + r, y), (x, y + r), (x - r, y)]
            }
        };
        self.area(&outline, if hollow { Paint::Paper } else { color }, 1.0)?;
        if hollow { self.line(&outline, color, 1.2) } else { Ok(()) }
    }

    /// An arrow below a point: the value is at most this.
    pub fn downward(&self, at: Point, color: Paint) -> Drawn {
        let (x, y) = at;
        self.line(&[(x, y), (x, y + 5.0)], color, 1.2)?;
        self.area(&[(x - 2.8, y + 4.5), (x + 2.8, y + 4.5), (x, y + 9.0)], color, 1.0)
    }

    /// An arrow to the left of a point: on an axis along, the value is at most this.
    pub fn leftward(&self, at: Point, color: Paint) -> Drawn {
        let (x, y) = at;
        self.line(&[(x, y), (x - 5.0, y)], color, 1.2)?;
        self.line(&[(x, y - 3.0), (x, y + 3.0)], color, 1.2)?;
        self.area(&[(x - 4.5, y - 2.8), (x - 4.5, y + 2.8), (x - 9.0, y)], color, 1.0)
    }

    /// A cross at a point.
    pub fn cross(&self, at: Point, color: Paint) -> Drawn {
        let ((x, y), r) = (at, 3.0);
        self.line(&[(x - r, y - r), (x + r, y + r)], color, 1.3)?;
        self.line(&[(x - r, y + r), (x + r, y - r)], color, 1.3)
    }

    /// Text with its upper left corner at a point.
    pub fn text(&self, text: &str, at: Point, font: Font, color: Paint) -> Drawn {
        self.styled(text, at, font.description(SCALE).into(), color, Pos::new(HPos::Left, VPos::Top))
    }

    /// Text anchored at a point.
    pub fn anchored(&self, text: &str, at: Point, font: Font, color: Paint, anchor: Anchor) -> Drawn {
        let pos = match anchor {
            Anchor::Left => Pos::new(HPos::Left, VPos::Center),
            Anchor::Middle => Pos::new(HPos::Center, VPos::Center),
            Anchor::Right => Pos::new(HPos::Right, VPos::Center),
            Anchor::Top => Pos::new(HPos::Center, VPos::Top),
        };
        self.styled(text, at, font.description(SCALE).into(), color, pos)
    }

    /// A sentence in the middle of an empty plot, on a plate that keeps grid lines out of it.
    pub fn notice(&self, text: &str, plot: Rect) -> Drawn {
        const FONT: Font = Font { size: 11.5, bold: false };
        let (x, y) = ((plot.left + plot.right) / 2.0, (plot.top + plot.bottom) / 2.0);
        let half = text::width(text, FONT)? / 2.0 + 10.0;
        let plate = Rect { left: x - half, top: y - 12.0, right: x + half, bottom: y + 12.0 };
        self.rectangle(plate, Paint::Paper, 1.0)?;
        self.anchored(text, (x, y), FONT, Paint::Ink, Anchor::Middle)
    }

    /// Text that reads upwards, its middle at a point.
    pub fn upward(&self, text: &str, at: Point, font: Font, color: Paint) -> Drawn {
        let turned = font.description(SCALE).transform(FontTransform::Rotate270);
        self.styled(text, at, turned.into(), color, Pos::new(HPos::Center, VPos::Center))
    }

    fn styled(&self, text: &str, at: Point, style: TextStyle<'static>, color: Paint, pos: Pos) -> Drawn {
        self.put(Text::new(in_one_line(text).into_owned(), scaled(&at), style.color(&self.theme.color(color)).pos(pos)))
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
