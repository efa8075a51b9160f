//! Names beside lines, each at the first place where it covers nothing, or where it covers least.

use super::super::canvas::{Point, Rect};

/// Parts of a line at which its name may stand, the middle first.
const PARTS: [f64; 9] = [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8, 0.1, 0.9];
/// Distances from the line to the middle of the name's height, the nearest first.
const DISTANCES: [f64; 6] = [13.0, 19.0, 26.0, 34.0, 44.0, 56.0];
/// How much of a name's width lies beyond the place, away from the line.
const SHIFTS: [f64; 3] = [1.0, 0.5, 0.0];
/// Distance of the squares that stand for a line.
const STEP: f64 = 4.0;
/// Free space around names.
const MARGIN: f64 = 3.0;

/// How much nearer a place on the other side of the line must be to be preferred.
const OTHER_SIDE: f64 = 25.0;

/// Distances with whether they are on the wanted side, the preferred first.
fn order() -> Vec<(f64, bool)> {
    let mut order: Vec<(f64, bool)> =
        DISTANCES.iter().flat_map(|distance| [(*distance, true), (*distance, false)]).collect();
    let rank = |(distance, is_own): &(f64, bool)| if *is_own { *distance } else { distance + OTHER_SIDE };
    order.sort_by(|one, other| rank(one).total_cmp(&rank(other)));
    order
}

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
    pub fn avoid_mark(&mut self, (x, y): Point, radius: f64) {
        self.taken.push(Rect { left: x - radius, top: y - radius, right: x + radius, bottom: y + radius });
    }

    /// A straight line.
    pub fn avoid_line(&mut self, [(x0, y0), (x1, y1)]: [Point; 2]) {
        let steps = ((x1 - x0).abs().max((y1 - y0).abs()) / STEP).ceil().max(1.0);
        for step in 0..=steps as usize {
            let part = step as f64 / steps;
            self.avoid_mark((x0 + part * (x1 - x0), y0 + part * (y1 - y0)), 1.0);
        }
    }

    /// Where the left end of a name of some width and height stands, centred vertically; the place is taken then.
    ///
    /// The line falls to the right, so that right above of it and left below of it there is none of it.
    pub fn place(&mut self, [(x0, y0), (x1, y1)]: [Point; 2], (width, height): (f64, f64), above: bool) -> Point {
        let mut best = (f64::INFINITY, Rect { left: x0, top: y0, right: x0, bottom: y0 });
        for (distance, is_own) in order() {
            for shift in SHIFTS {
                for part in PARTS {
                    let (x, y) = (x0 + part * (x1 - x0), y0 + part * (y1 - y0));
                    let (left, middle) = match is_own == above {
                        true => (x + 4.0 - (1.0 - shift) * width, y - distance),
                        false => (x - 4.0 - shift * width, y + distance),
                    };
                    let (top, bottom) = (middle - height / 2.0, middle + height / 2.0);
                    let area = Rect { left, top, right: left + width, bottom };
                    let covered = self.covered(&area);
                    if covered < best.0 {
                        best = (covered, area);
                    }
                }
            }
        }
        let area = best.1;
        self.taken.push(area);
        (area.left, (area.top + area.bottom) / 2.0)
    }

    /// How much of what is there a name would cover, and how far it would leave the plot.
    fn covered(&self, area: &Rect) -> f64 {
        let Rect { left, top, right, bottom } = *area;
        let beyond = [self.plot.left - left, self.plot.top - top, right - self.plot.right, bottom - self.plot.bottom];
        let beyond: f64 = beyond.into_iter().map(|by| (by + MARGIN).max(0.0)).sum();
        let shared = |other: &Rect| {
            let width = (right + MARGIN).min(other.right) - (left - MARGIN).max(other.left);
            let height = bottom.min(other.bottom) - top.max(other.top);
            if width > 0.0 && height > 0.0 { width * height } else { 0.0 }
        };
        // Leaving the plot is worse than anything in it.
        1e4 * beyond + self.taken.iter().map(shared).sum::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two lines that almost coincide have their names on either side, within the plot and apart.
    #[test]
    fn names_of_near_lines_stand_apart() {
        let plot = Rect { left: 0.0, top: 0.0, right: 300.0, bottom: 300.0 };
        let lines = [[(20.0, 20.0), (280.0, 200.0)], [(20.0, 22.0), (280.0, 206.0)]];
        let mut labels = Labels::new(plot);
        lines.iter().for_each(|line| labels.avoid_line(*line));
        let (above, below) = (labels.place(lines[0], (80.0, 12.0), true), labels.place(lines[1], (80.0, 12.0), false));
        let line = |x: f64| 20.0 + (x - 20.0) * 180.0 / 260.0;
        assert!(above.1 < line(above.0) && below.1 > line(below.0 + 80.0), "{above:?} {below:?}");
        for (x, y) in [above, below] {
            assert!(x >= 0.0 && x + 80.0 <= 300.0 && (6.0..=294.0).contains(&y));
        }
    }
}
