//! Words in a plot, each at the first place where it covers nothing, or where it covers least.

use super::canvas::{Anchor, Canvas, Drawn, Point, Rect};
use super::text::{self, WORDS};
use crate::report::panel::{Paint, Text};

/// Distances from where words belong to the middle of their height, the nearest first.
const DISTANCES: [f64; 7] = [11.0, 16.0, 22.0, 30.0, 40.0, 52.0, 66.0];
/// How much of the width lies left of where words belong.
const SHIFTS: [f64; 5] = [-0.04, 0.25, 0.5, 0.75, 1.04];
/// Distance of the squares that stand for a line.
const STEP: f64 = 4.0;
/// Free space around words.
const MARGIN: f64 = 3.0;

/// What is on a plot already.
pub struct Labels {
    plot: Rect,
    taken: Vec<Rect>,
}

impl Labels {
    /// An empty plot.
    pub fn new(plot: Rect) -> Labels {
        Labels { plot, taken: Vec::new() }
    }

    /// A mark of some radius.
    pub fn avoid(&mut self, at: Point, radius: f64) {
        self.taken.push(Rect::around(at, radius, radius));
    }

    /// A line through points.
    pub fn avoid_line(&mut self, points: &[Point]) {
        for pair in points.windows(2) {
            let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
            let steps = ((x1 - x0).abs().max((y1 - y0).abs()) / STEP).ceil().max(1.0);
            for part in (0..=steps as usize).map(|step| step as f64 / steps) {
                self.avoid((x0 + part * (x1 - x0), y0 + part * (y1 - y0)), 1.0);
            }
        }
    }

    /// Draws words at their point, or on a plate near it where they are free to move.
    pub fn draw(&mut self, canvas: &Canvas, words: &Text, (x, y): Point) -> Drawn {
        let shown = text::shortened(&words.words, WORDS, self.plot.width() - 2.0 * MARGIN);
        let width = text::width(&shown, WORDS);
        let at = |left: f64, middle: f64| {
            let half = WORDS.line() / 2.0;
            Rect { left, top: middle - half, right: left + width, bottom: middle + half }
        };
        if !words.is_free {
            let left = x.min(self.plot.right - width - MARGIN).max(self.plot.left + MARGIN);
            return canvas.anchored(&shown, (left, y), WORDS, words.paint, Anchor::Left);
        }
        let heights = DISTANCES.into_iter().flat_map(|distance| [y - distance, y + distance]);
        let places = heights.flat_map(|middle| SHIFTS.map(|shift| at(x - shift * width, middle)));
        let covered = places.map(|place| (self.covered(&place), place));
        let Some((_, place)) = covered.min_by(|(one, _), (other, _)| one.total_cmp(other)) else { return Ok(()) };
        self.taken.push(place);
        canvas.rectangle(Rect { left: place.left - 2.0, right: place.right + 2.0, ..place }, Paint::Paper, 0.85)?;
        canvas.anchored(&shown, (place.left, place.middle().1), WORDS, words.paint, Anchor::Left)
    }

    /// How much of what is there words would cover, and how far they would leave the plot, which is worse.
    fn covered(&self, area: &Rect) -> f64 {
        let Rect { left, top, right, bottom } = *area;
        let beyond = [self.plot.left - left, self.plot.top - top, right - self.plot.right, bottom - self.plot.bottom];
        let beyond: f64 = beyond.into_iter().map(|by| (by + MARGIN).max(0.0)).sum();
        let shared = |other: &Rect| {
            let width = (right + MARGIN).min(other.right) - (left - MARGIN).max(other.left);
            let height = bottom.min(other.bottom) - top.max(other.top);
            if width > 0.0 && height > 0.0 { width * height } else { 0.0 }
        };
        1e4 * beyond + self.taken.iter().map(shared).sum::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::svg::Theme;

    /// Words on two lines that almost coincide stand within the plot and apart.
    #[test]
    fn words_near_each_other_stand_apart() {
        let plot = Rect { left: 0.0, top: 0.0, right: 300.0, bottom: 300.0 };
        let mut labels = Labels::new(plot);
        let lines = [[(20.0, 20.0), (280.0, 200.0)], [(20.0, 22.0), (280.0, 206.0)]];
        lines.iter().for_each(|line| labels.avoid_line(line));
        let before = labels.taken.len();
        let mut document = String::new();
        let canvas = Canvas::new(&mut document, 300.0, 300.0, Theme::Light).unwrap();
        for y in [110.0, 113.0] {
            let words = Text { at: (150.0, y), words: "rms: β 0.48".into(), paint: Paint::Ink, is_free: true };
            labels.draw(&canvas, &words, words.at).unwrap();
        }
        let [one, other] = labels.taken[before..] else { panic!("two words") };
        assert!(
            one.bottom <= other.top || other.bottom <= one.top || one.right <= other.left || other.right <= one.left
        );
        for place in [one, other] {
            assert!(place.left >= 0.0 && place.right <= 300.0 && place.top >= 0.0 && place.bottom <= 300.0);
        }
    }
}
