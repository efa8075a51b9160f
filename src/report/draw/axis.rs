//! Axes: layers along, powers of ten or two upwards, and labels beside a plot that never overlap.

use super::canvas::{Anchor, Canvas, Drawn, Rect};
use super::theme::Paint;

use super::text::{self, Font};
use crate::report::numbers::superscript;

/// Tick labels.
pub const TICK: Font = Font { size: 10.5, bold: false };
/// Names of axes.
pub const NAME: Font = Font { size: 11.0, bold: false };
/// Height below a plot that tick labels need.
pub const TICK_SPACE: f64 = 20.0;
/// Height below the tick labels that the axis' name needs.
pub const NAME_SPACE: f64 = 17.0;

/// Least distance of horizontal lines with labels.
const TICK_DISTANCE: f64 = 22.0;

/// Free space inside a frame above and below the axis' ends, for markers.
const PADDING: f64 = 12.0;

/// Places layers along a plot: each has a column of equal width.
#[derive(Clone, Copy, Debug)]
pub struct Layers {
    first: usize,
    last: usize,
    left: f64,
    column: f64,
}

impl Layers {
    /// Layers `first` to `last` over a plot.
    pub fn new((first, last): (usize, usize), plot: Rect) -> Layers {
        let count = last.saturating_sub(first) as f64 + 1.0;
        Layers { first, last, left: plot.left, column: (plot.right - plot.left) / count }
    }

    /// A layer's column, counted from 0.
    pub fn index(&self, layer: usize) -> usize {
        layer.saturating_sub(self.first)
    }

    /// The middle of a layer's column.
    pub fn x(&self, layer: usize) -> f64 {
        self.left + (self.index(layer) as f64 + 0.5) * self.column
    }

    /// Both edges of a layer's column.
    pub fn edges(&self, layer: usize) -> (f64, f64) {
        (self.x(layer) - self.column / 2.0, self.x(layer) + self.column / 2.0)
    }

    /// Width of a column.
    pub fn column(&self) -> f64 {
        self.column
    }

    /// Layers with a tick: a round step apart, the first, and the head last, none too near another.
    fn ticks(&self) -> Result<Vec<(usize, String)>, String> {
        let head = text::width("head", TICK)? + 12.0;
        let step = round_step(text::width(&self.last.to_string(), TICK)? + 26.0, self.column);
        let mut ticks = vec![(self.first, self.first.to_string())];
        if self.last == self.first {
            return Ok(ticks);
        }
        for layer in (self.first / step + 1..=self.last / step).map(|multiple| multiple * step) {
            let near = |other: usize, distance: f64| (self.x(layer) - self.x(other)).abs() < distance;
            if !near(self.first, 0.75 * step as f64 * self.column) && !near(self.last, head) {
                ticks.push((layer, layer.to_string()));
            }
        }
        ticks.push((self.last, "head".into()));
        Ok(ticks)
    }

    /// Draws ticks and numbers under a plot, and the axis' name if wanted.
    pub fn draw(&self, canvas: &Canvas, plot: Rect, name: bool) -> Drawn {
        for (layer, label) in self.ticks()? {
            let x = self.x(layer);
            canvas.line(&[(x, plot.bottom), (x, plot.bottom + 4.0)], Paint::Ink, 0.8)?;
            canvas.anchored(&label, (x, plot.bottom + 6.0), TICK, Paint::Ink, Anchor::Top)?;
        }
        if name {
            let middle = ((plot.left + plot.right) / 2.0, plot.bottom + TICK_SPACE + 1.0);
            canvas.anchored("layer (1 = input side, head last)", middle, NAME, Paint::Soft, Anchor::Top)?;
        }
        Ok(())
    }
}

/// Places powers of a base in a plot.
#[derive(Clone, Copy, Debug)]
pub struct Powers {
    base: u32,
    low: f64,
    high: f64,
    /// Below this, the axis is compressed.
    knee: f64,
    /// Part of the height that lies below the knee.
    below: f64,
    plot: Rect,
}

/// Part of the height for what lies below the knee, where there is one.
const COMPRESSED: f64 = 0.4;

impl Powers {
    /// An axis from 10^`low` to 10^`high` over a plot's height, less some padding.
    pub fn new((low, high): (f64, f64), plot: Rect) -> Powers {
        Powers { base: 10, low, high, knee: low, below: 0.0, plot }
    }

    /// The same in powers of two.
    pub fn of_two(range: (f64, f64), plot: Rect) -> Powers {
        Powers { base: 2, ..Powers::new(range, plot) }
    }

    /// The same with what lies below 10^`knee` compressed, the scale changing at that line.
    pub fn compressed_below(self, knee: f64) -> Powers {
        Powers { knee, below: COMPRESSED, ..self }
    }

    /// The height of a value given by its logarithm, clamped to the plot.
    pub fn y(&self, log: f64) -> f64 {
        let (top, bottom) = (self.plot.top + PADDING, self.plot.bottom - PADDING);
        let part = if log >= self.knee {
            self.below + (1.0 - self.below) * (log - self.knee) / (self.high - self.knee)
        } else {
            self.below * (log - self.low) / (self.knee - self.low)
        };
        (bottom - part * (bottom - top)).clamp(self.plot.top, self.plot.bottom)
    }

    /// Draws the grid lines and their labels.
    pub fn draw(&self, canvas: &Canvas) -> Drawn {
        self.grid(canvas)?;
        for power in self.heights() {
            let y = self.y(power);
            canvas.line(&[(self.plot.left - 4.0, y), (self.plot.left, y)], Paint::Ink, 0.8)?;
            let at = (self.plot.left - 7.0, y);
            canvas.anchored(&label(self.base, power as i64), at, TICK, Paint::Ink, Anchor::Right)?;
        }
        Ok(())
    }

    /// Draws the grid lines alone, for a plot beside one with labels.
    pub fn grid(&self, canvas: &Canvas) -> Drawn {
        self.heights()
            .into_iter()
            .map(|power| self.y(power))
            .try_for_each(|y| canvas.line(&[(self.plot.left, y), (self.plot.right, y)], Paint::Faint, 0.7))
    }

    /// Powers that have a grid line.
    fn heights(&self) -> Vec<f64> {
        let mut heights = self.ticks(self.knee, self.high);
        if self.below > 0.0 {
            // The knee itself has its label from above.
            let room = TICK_DISTANCE * 0.8;
            let lower = self.ticks(self.low, self.knee);
            heights.extend(lower.into_iter().filter(|at| self.y(*at) > self.y(self.knee) + room));
        }
        heights
    }

    /// Powers a round step apart, of one scale.
    fn ticks(&self, low: f64, high: f64) -> Vec<f64> {
        let step = round_step(TICK_DISTANCE, (self.y(low) - self.y(high)) / (high - low)) as f64;
        let (first, last) = ((low / step).ceil() as i64, (high / step).floor() as i64);
        (first..=last).map(|multiple| multiple as f64 * step).collect()
    }
}

/// `1`, `10`, `10⁻³`.
pub fn label(base: u32, power: i64) -> String {
    match power {
        0 => "1".into(),
        1 => base.to_string(),
        _ => format!("{base}{}", superscript(power)),
    }
}

/// The least of 1, 2, 5, 10, 20, 50, … steps of `unit` that are at least `distance` apart.
pub fn round_step(distance: f64, unit: f64) -> usize {
    let mut step = 1;
    // Bounded: no axis has a step beyond 10^18.
    for factor in [2.0, 2.5, 2.0].into_iter().cycle().take(54) {
        if step as f64 * unit >= distance {
            break;
        }
        step = (step as f64 * factor) as usize;
    }
    step
}

/// Heights near the wanted ones (sorted from above) that are at least `distance` apart and within the bounds.
///
/// Labels push each other downwards, then what overran the lower bound is pushed back up. With more labels than the
/// bounds hold, the last ones are dropped: fewer heights come back.
pub fn spread(wanted: &[f64], distance: f64, (top, bottom): (f64, f64)) -> Vec<f64> {
    let room = ((bottom - top) / distance).floor().max(0.0) as usize + 1;
    let mut heights: Vec<f64> = wanted.iter().take(room).map(|y| y.clamp(top, bottom)).collect();
    let mut least = top;
    for height in &mut heights {
        *height = height.max(least);
        least = *height + distance;
    }
    let mut most = bottom;
    for height in heights.iter_mut().rev() {
        *height = height.min(most);
        most = *height - distance;
    }
    heights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        assert_eq!(round_step(22.0, 30.0), 1);
        assert_eq!(round_step(22.0, 12.0), 2);
        assert_eq!(round_step(22.0, 5.0), 5);
        assert_eq!(round_step(22.0, 1.2), 20);
        assert_eq!(round_step(22.0, 0.5), 50);
        assert_eq!(round_step(22.0, 0.3), 100);
    }

    #[test]
    fn labels_are_spread_and_never_leave_the_plot() {
        assert_eq!(spread(&[10.0, 11.0, 60.0], 10.0, (0.0, 100.0)), [10.0, 20.0, 60.0]);
        assert_eq!(spread(&[95.0, 99.0, 120.0], 10.0, (0.0, 100.0)), [80.0, 90.0, 100.0]);
        assert_eq!(spread(&[0.0; 30], 10.0, (0.0, 100.0)).len(), 11);
    }
}
