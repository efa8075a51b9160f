//! Axes of plain numbers: ticks 1, 2 or 5 times a power of ten apart.

use super::axis::{NAME, TICK, TICK_SPACE};
use super::canvas::{Anchor, Canvas, Drawn, Rect};
use super::theme::Paint;
use crate::report::numbers::{Notation::Typeset, short};

/// Least distance of ticks along.
const ALONG: f64 = 60.0;
/// Least distance of ticks upwards.
const UPWARDS: f64 = 30.0;
/// Free space inside a frame above and below the axis' ends, for dots.
const PADDING: f64 = 12.0;

/// Places numbers along a plot and upwards.
#[derive(Clone, Copy, Debug)]
pub struct Linear {
    x: (f64, f64),
    y: (f64, f64),
    plot: Rect,
}

impl Linear {
    /// Axes between their ends over a plot.
    pub fn new(x: (f64, f64), y: (f64, f64), plot: Rect) -> Linear {
        Linear { x, y, plot }
    }

    /// The place of a number along.
    pub fn x(&self, x: f64) -> f64 {
        self.plot.left + (x - self.x.0) / (self.x.1 - self.x.0) * (self.plot.right - self.plot.left)
    }

    /// The height of a number.
    pub fn y(&self, y: f64) -> f64 {
        let (top, bottom) = (self.plot.top + PADDING, self.plot.bottom - PADDING);
        bottom - (y - self.y.0) / (self.y.1 - self.y.0) * (bottom - top)
    }

    /// Draws grid lines, the lines of zero wider, and the labels; all so pale that dashes over them stay dashes.
    pub fn draw(&self, canvas: &Canvas) -> Drawn {
        let Rect { left, right, top, bottom } = self.plot;
        let width = |at: f64| if at == 0.0 { 1.8 } else { 0.7 };
        for at in ticks(self.x, right - left, ALONG) {
            let x = self.x(at);
            canvas.line(&[(x, top), (x, bottom)], Paint::Faint, width(at))?;
            canvas.line(&[(x, bottom), (x, bottom + 4.0)], Paint::Ink, 0.8)?;
            canvas.anchored(&short(at, Typeset), (x, bottom + 6.0), TICK, Paint::Ink, Anchor::Top)?;
        }
        for at in ticks(self.y, bottom - top - 2.0 * PADDING, UPWARDS) {
            let y = self.y(at);
            canvas.line(&[(left, y), (right, y)], Paint::Faint, width(at))?;
            canvas.line(&[(left - 4.0, y), (left, y)], Paint::Ink, 0.8)?;
            canvas.anchored(&short(at, Typeset), (left - 7.0, y), TICK, Paint::Ink, Anchor::Right)?;
        }
        Ok(())
    }

    /// Writes the name of the axis along below its labels.
    pub fn name(&self, canvas: &Canvas, name: &str) -> Drawn {
        let middle = ((self.plot.left + self.plot.right) / 2.0, self.plot.bottom + TICK_SPACE + 1.0);
        canvas.anchored(name, middle, NAME, Paint::Soft, Anchor::Top)
    }
}

/// Multiples of a round step between two ends that are `length` apart on the page, at least `distance` apart.
pub fn ticks((low, high): (f64, f64), length: f64, distance: f64) -> Vec<f64> {
    let least = (high - low) * distance / length;
    // Written out, the power of ten is there without a logarithm.
    let power: i32 = format!("{least:e}").split_once('e').and_then(|(_, power)| power.parse().ok()).unwrap_or(0);
    let multiples = [(1, power), (2, power), (5, power), (1, power + 1)];
    let number = |units: i64, power: i32| format!("{units}e{power}").parse::<f64>().unwrap_or(0.0);
    let (units, power) =
        multiples.into_iter().find(|(units, power)| number(*units, *power) >= least).unwrap_or((2, power + 1));
    let step = number(units, power);
    let (first, last) = ((low / step).ceil() as i64, (high / step).floor() as i64);
    // Each is read from its decimal, so that no tick is 0.30000000000000004.
    (first..=last).map(|multiple| number(multiple * units, power)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_apart() {
        assert_eq!(ticks((-4.0, 4.0), 900.0, 60.0), [-4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(ticks((0.0, 0.31), 300.0, 80.0), [0.0, 0.1, 0.2, 0.3]);
        assert_eq!(ticks((-10001.0, 10001.0), 900.0, 60.0).len(), 11);
        assert_eq!(ticks((-4e-5, 4e-5), 900.0, 60.0)[0], -4e-5);
        for high in [1e-6, 0.07, 1.0, 16.0, 3.3e4] {
            let ticks = ticks((0.0, high), 250.0, 30.0);
            assert!(ticks.len() >= 3 && ticks.windows(2).all(|pair| pair[1] - pair[0] >= 0.119 * high), "{high}");
        }
    }
}
