//! Powers of ten along a plot: the axis of noise where rows stand below each other.

use super::axis::{TICK, label, round_step};
use super::canvas::{Anchor, Canvas, Drawn, Rect};
use super::text::Font;
use super::theme::Paint;

/// Least distance of vertical lines with labels.
const TICK_DISTANCE: f64 = 40.0;
/// Free space inside a frame beyond the axis' ends, for markers.
const PADDING: f64 = 14.0;
/// Part of the width for what lies below the knee, where there is one.
const COMPRESSED: f64 = 0.35;

/// Height above the plot for the names of its lines.
pub const NAMES: f64 = 18.0;
const NAME_OF_LINE: Font = Font { size: 10.0, bold: false };

/// Places powers of ten along a plot.
#[derive(Clone, Copy, Debug)]
pub struct Decades {
    low: f64,
    high: f64,
    /// Below this, the axis is compressed.
    knee: f64,
    /// Part of the width that lies below the knee.
    below: f64,
    plot: Rect,
}

impl Decades {
    /// An axis from 10^`low` to 10^`high` over a plot's width, compressed below the knee if there is one.
    pub fn new((low, high): (i32, i32), knee: Option<i32>, plot: Rect) -> Decades {
        let below = if knee.is_some() { COMPRESSED } else { 0.0 };
        let (low, high) = (f64::from(low), f64::from(high));
        Decades { low, high, knee: knee.map_or(low, f64::from), below, plot }
    }

    /// The place of a value given by its log₁₀, clamped to the plot.
    pub fn x(&self, log10: f64) -> f64 {
        let (left, right) = (self.plot.left + PADDING, self.plot.right - PADDING);
        let part = if log10 >= self.knee {
            self.below + (1.0 - self.below) * (log10 - self.knee) / (self.high - self.knee)
        } else {
            self.below * (log10 - self.low) / (self.knee - self.low)
        };
        (left + part * (right - left)).clamp(self.plot.left, self.plot.right)
    }

    /// Draws regions, grid lines with their labels below, and the lines that have names above the plot.
    pub fn draw(&self, canvas: &Canvas) -> Drawn {
        let (plot, noisy, chaotic) = (self.plot, self.x(-1.0), self.x(0.0));
        canvas.rectangle(Rect { left: noisy, right: chaotic, ..plot }, Paint::NoisyRegion, 1.0)?;
        canvas.rectangle(Rect { left: chaotic, ..plot }, Paint::ChaoticRegion, 1.0)?;
        self.grid(canvas)?;
        let height = plot.top - NAMES / 2.0;
        for (x, width) in [(noisy, 0.6), (chaotic, 1.4)] {
            canvas.line(&[(x, plot.top - 3.0), (x, plot.bottom)], Paint::Ink, width)?;
        }
        canvas.anchored("noisy from 0.1", (noisy + 8.0, height), NAME_OF_LINE, Paint::Ink, Anchor::Right)?;
        canvas.anchored("noise = signal", (chaotic, height), NAME_OF_LINE, Paint::Ink, Anchor::Middle)?;
        if self.below > 0.0 {
            let knee = self.x(self.knee);
            canvas.dashed(&[(knee, plot.top), (knee, plot.bottom)], Paint::Soft, 0.9, &[1.5, 3.0])?;
            canvas.anchored("← compressed", (knee, height), NAME_OF_LINE, Paint::Soft, Anchor::Right)?;
        }
        Ok(())
    }

    fn grid(&self, canvas: &Canvas) -> Drawn {
        let mut powers = self.ticks(self.knee, self.high);
        if self.below > 0.0 {
            // The knee itself has its label from the right.
            let room = TICK_DISTANCE * 0.9;
            let left = self.ticks(self.low, self.knee);
            powers.extend(left.into_iter().filter(|at| self.x(*at) < self.x(self.knee) - room));
        }
        for power in powers {
            let x = self.x(power);
            canvas.line(&[(x, self.plot.top), (x, self.plot.bottom)], Paint::Faint, 0.7)?;
            canvas.line(&[(x, self.plot.bottom), (x, self.plot.bottom + 4.0)], Paint::Ink, 0.8)?;
            canvas.anchored(&label(10, power as i64), (x, self.plot.bottom + 6.0), TICK, Paint::Ink, Anchor::Top)?;
        }
        Ok(())
    }

    /// Powers of ten a round step apart, of one scale.
    fn ticks(&self, low: f64, high: f64) -> Vec<f64> {
        let step = round_step(TICK_DISTANCE, (self.x(high) - self.x(low)) / (high - low)) as f64;
        let (first, last) = ((low / step).ceil() as i64, (high / step).floor() as i64);
        (first..=last).map(|multiple| multiple as f64 * step).collect()
    }
}
