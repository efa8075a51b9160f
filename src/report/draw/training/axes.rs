//! Steps along, losses and percentages upwards.

use super::super::axis::{NAME, TICK, TICK_SPACE};
use super::super::canvas::{Anchor, Canvas, Drawn, Rect};
use super::super::linear;
use super::super::theme::Paint;
use crate::report::numbers::{Notation::Typeset, short};

/// Free space inside a frame beyond the first and the last step.
const ASIDE: f64 = 8.0;
/// Least distance of ticks along, and upwards.
const ALONG: f64 = 60.0;
const UPWARDS: f64 = 20.0;
/// Free space inside a frame above and below the ends of an axis.
const PADDING: f64 = 8.0;

/// Places steps along a plot.
#[derive(Clone, Copy, Debug)]
pub struct Steps {
    last: f64,
    plot: Rect,
}

impl Steps {
    /// Steps 0 to the last one over a plot.
    pub fn new(last: usize, plot: Rect) -> Steps {
        Steps { last: (last as f64).max(1.0), plot }
    }

    /// The place of a step; what lies beyond the last one is on the frame.
    pub fn x(&self, step: f64) -> f64 {
        let (left, right) = (self.plot.left + ASIDE, self.plot.right - ASIDE);
        (left + step / self.last * (right - left)).clamp(self.plot.left, self.plot.right)
    }

    /// Draws ticks with numbers, and the axis' name if wanted.
    pub fn draw(&self, canvas: &Canvas, name: bool) -> Drawn {
        let Rect { left, right, top, bottom } = self.plot;
        let whole = |at: &f64| at.fract() == 0.0;
        for at in linear::ticks((0.0, self.last), right - left - 2.0 * ASIDE, ALONG).into_iter().filter(whole) {
            let x = self.x(at);
            canvas.line(&[(x, top), (x, bottom)], Paint::Faint, 0.7)?;
            canvas.line(&[(x, bottom), (x, bottom + 4.0)], Paint::Ink, 0.8)?;
            canvas.anchored(&short(at, Typeset), (x, bottom + 6.0), TICK, Paint::Ink, Anchor::Top)?;
        }
        if name {
            let middle = ((left + right) / 2.0, bottom + TICK_SPACE + 1.0);
            canvas.anchored("step (number of updates so far)", middle, NAME, Paint::Soft, Anchor::Top)?;
        }
        Ok(())
    }
}

/// Places numbers between two ends upwards in a plot.
#[derive(Clone, Copy, Debug)]
pub struct Upwards {
    low: f64,
    high: f64,
    plot: Rect,
}

impl Upwards {
    /// An axis between its ends.
    pub fn new((low, high): (f64, f64), plot: Rect) -> Upwards {
        Upwards { low, high: if high > low { high } else { low + 1.0 }, plot }
    }

    /// The height of a number, clamped to the plot.
    pub fn y(&self, at: f64) -> f64 {
        let (top, bottom) = (self.plot.top + PADDING, self.plot.bottom - PADDING);
        (bottom - (at - self.low) / (self.high - self.low) * (bottom - top)).clamp(self.plot.top, self.plot.bottom)
    }

    /// Heights and labels of an axis that is log₁₀ of numbers: 1, 2 and 5 times powers of ten where there is room, else
    /// powers of ten.
    fn decimals(&self) -> Vec<(f64, String)> {
        let powers = self.low.floor() as i32..=self.high.ceil() as i32;
        let of = |units: &[u32]| -> Vec<(f64, String)> {
            let numbers = powers.clone().flat_map(|power| units.iter().map(move |unit| format!("{unit}e{power}")));
            let numbers = numbers.filter_map(|text| text.parse::<f64>().ok());
            let places = numbers.map(|x| (core_math::log10(x), short(x, Typeset)));
            places.filter(|(at, _)| (self.low..=self.high).contains(at)).map(|(at, x)| (self.y(at), x)).collect()
        };
        let is_apart = |ticks: &Vec<(f64, String)>| ticks.windows(2).all(|pair| pair[0].0 - pair[1].0 >= UPWARDS * 0.7);
        let fine = of(&[1, 2, 5]);
        if is_apart(&fine) {
            return fine;
        }
        let (coarse, whole) = (of(&[1, 3]), of(&[1]));
        if is_apart(&coarse) { coarse } else { whole }
    }

    /// Draws grid lines of an axis that is log₁₀, with their labels if wanted.
    pub fn draw_decimals(&self, canvas: &Canvas, labels: bool) -> Drawn {
        self.lines(canvas, &self.decimals(), labels)
    }

    /// Draws grid lines of percentages with their labels.
    pub fn draw_percents(&self, canvas: &Canvas) -> Drawn {
        let length = self.plot.bottom - self.plot.top - 2.0 * PADDING;
        let ticks = linear::ticks((self.low, self.high), length, UPWARDS);
        let ticks: Vec<(f64, String)> =
            ticks.into_iter().map(|at| (self.y(at), format!("{} %", short(at, Typeset)))).collect();
        self.lines(canvas, &ticks, true)
    }

    fn lines(&self, canvas: &Canvas, ticks: &[(f64, String)], labels: bool) -> Drawn {
        let Rect { left, right, .. } = self.plot;
        for (y, label) in ticks {
            canvas.line(&[(left, *y), (right, *y)], Paint::Faint, 0.7)?;
            if labels {
                canvas.line(&[(left - 4.0, *y), (left, *y)], Paint::Ink, 0.8)?;
                canvas.anchored(label, (left - 7.0, *y), TICK, Paint::Ink, Anchor::Right)?;
            }
        }
        Ok(())
    }
}
