//! An axis upwards of any range: powers of ten, 1, 2 and 5 times them, or round numbers.

use super::super::axis::{TICK, label, round_step};
use super::super::canvas::{Anchor, Canvas, Drawn, Rect};
use super::super::linear;
use super::super::theme::Paint;
use crate::report::numbers::{Notation::Typeset, short};

/// Free space inside a frame above and below the axis' ends: marks of what lies beyond it stand apart from its ends.
const PADDING: f64 = 14.0;
/// Least distances of labels.
const DISTANCES: (f64, f64) = (22.0, 15.0);
/// From so many powers of ten on only powers are labelled, and from so many on 1, 2 and 5 times them.
const POWERS: (f64, f64) = (2.2, 0.9);

/// Places heights on a plot.
#[derive(Clone, Debug)]
pub struct Scale {
    range: (f64, f64),
    height: f64,
    /// Heights that have a line and a label.
    pub ticks: Vec<(f64, String)>,
}

impl Scale {
    /// An axis over a plot of some height; heights are logarithms where it is logarithmic.
    pub fn new(range: (f64, f64), logarithmic: bool, height: f64) -> Scale {
        let mut scale = Scale { range, height, ticks: Vec::new() };
        let length = height - 2.0 * PADDING;
        let all = if logarithmic { logarithms(range, length) } else { numbers(range, length) };
        // Round numbers on a logarithmic axis crowd towards its upper end.
        let mut last = f64::INFINITY;
        for (at, label) in all {
            let y = scale.below_top(at);
            if at.is_finite() && last - y >= DISTANCES.1 {
                last = y;
                scale.ticks.push((at, label));
            }
        }
        scale
    }

    /// The distance of a height from the plot's upper edge.
    pub fn below_top(&self, at: f64) -> f64 {
        let (low, high) = self.range;
        let part = ((at - low) / (high - low)).clamp(0.0, 1.0);
        self.height - PADDING - part * (self.height - 2.0 * PADDING)
    }

    /// Draws the grid lines and their labels.
    pub fn draw(&self, canvas: &Canvas, plot: Rect) -> Drawn {
        for (at, label) in &self.ticks {
            let y = plot.top + self.below_top(*at);
            canvas.line(&[(plot.left, y), (plot.right, y)], Paint::Faint, 0.7)?;
            canvas.line(&[(plot.left - 4.0, y), (plot.left, y)], Paint::Ink, 0.8)?;
            canvas.anchored(label, (plot.left - 7.0, y), TICK, Paint::Ink, Anchor::Right)?;
        }
        Ok(())
    }
}

/// Round numbers.
fn numbers(range: (f64, f64), length: f64) -> Vec<(f64, String)> {
    linear::ticks(range, length, DISTANCES.0).into_iter().map(|at| (at, short(at, Typeset))).collect()
}

/// Logarithms of powers of ten or of what is round between them.
fn logarithms((low, high): (f64, f64), length: f64) -> Vec<(f64, String)> {
    let (first, last) = (low.ceil() as i64, high.floor() as i64);
    if high - low >= POWERS.0 {
        let step = round_step(DISTANCES.0, length / (high - low)) as i64;
        let powers = (first..=last).filter(|power| power % step == 0);
        return powers.map(|power| (power as f64, label(10, power))).collect();
    }
    let number = |x: f64| (core_math::log10(x), short(x, Typeset));
    if high - low >= POWERS.1 {
        let round = (first - 1..=last).flat_map(|power| {
            [1, 2, 5].into_iter().filter_map(move |units| format!("{units}e{power}").parse::<f64>().ok())
        });
        return round.map(number).filter(|(at, _)| (low..=high).contains(at)).collect();
    }
    let ends = (core_math::exp10(low), core_math::exp10(high));
    let round: Vec<(f64, String)> = linear::ticks(ends, length, DISTANCES.0).into_iter().map(number).collect();
    if round.len() > 1 { round } else { vec![number(ends.0), number(ends.1)] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(range: (f64, f64), logarithmic: bool) -> Vec<String> {
        Scale::new(range, logarithmic, 200.0).ticks.into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn labels_are_round_whatever_the_range() {
        assert_eq!(labels((0.0, 1.0), false), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert_eq!(labels((-3.0, 0.5), true), ["10⁻³", "10⁻²", "10⁻¹", "1"]);
        assert_eq!(labels((-1.0, 0.8), true), ["0.1", "0.2", "0.5", "1", "2", "5"]);
        assert_eq!(labels((-0.1, 0.1), true), ["0.8", "0.9", "1", "1.1", "1.2"]);
        for range in [(-323.0, 308.0), (-323.3, -323.1), (308.0, 308.2), (-40.0, -37.0), (0.0, 2.0)] {
            let labels = labels(range, true);
            assert!((1..=8).contains(&labels.len()), "{range:?}: {labels:?}");
        }
        for range in [(-1e300, 1e300), (1e16, 1.05e16), (-1e-301, 1e-301), (0.0, 7.0)] {
            let labels = labels(range, false);
            assert!((2..=9).contains(&labels.len()), "{range:?}: {labels:?}");
        }
    }
}
