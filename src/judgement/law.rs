//! Law → the bits that each activation needs for noise below a tenth of the gradient.
//!
//! They follow from the measured points: the smallest bits from which every measured point stays below. If no point
//! does, the line through the last points shows where it would, which is marked as an extrapolation.

use crate::format::{BF16, F16, F32, Format, TF32};
use crate::record::law::{Fit, Law, LawRun, Point, Statistic};
use crate::verdict::NOISY;
use schemars::JsonSchema;
use serde::Serialize;

/// The conclusions of a law about formats.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct LawJudgement {
    /// One per activation, in the law's order.
    pub runs: Vec<RunBits>,
}

/// The bits that one activation needs.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct RunBits {
    /// Canonical name.
    pub activation: String,
    /// For the median network.
    pub median: Bits,
    /// For all but the worst tenth of the networks; with at most ten networks, for all of them.
    pub worst_tenth: Bits,
}

/// Significand bits from which noise stays below a tenth of the gradient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "needed", rename_all = "snake_case")]
pub enum Bits {
    /// Measured: this many bits, with larger noise at the previous measured point.
    From {
        /// The bits.
        bits: u32,
        /// The largest measured bits that are not enough.
        not: u32,
    },
    /// Every measured point stays below.
    AtMost {
        /// The smallest measured bits.
        bits: u32,
    },
    /// The last measured point is not below.
    NotReached {
        /// The largest measured bits.
        most: u32,
        /// The bits at which the line through the last points reaches it: extrapolated.
        extrapolated: Option<u32>,
    },
    /// No point has a ratio: the exact gradient is zero.
    Unknown,
}

impl Bits {
    /// Bits that were measured to be enough.
    pub fn enough(self) -> Option<u32> {
        match self {
            Bits::From { bits, .. } | Bits::AtMost { bits } => Some(bits),
            Bits::NotReached { .. } | Bits::Unknown => None,
        }
    }
}

/// The formats for training with at least the given bits, fewest bits first.
pub fn enough(bits: u32) -> Vec<String> {
    [BF16, F16, TF32, F32].iter().filter(|format| format.precision >= bits).map(Format::name).collect()
}

/// Judges every run of a law.
pub fn judge(law: &Law) -> LawJudgement {
    LawJudgement { runs: law.runs.iter().map(bits).collect() }
}

fn bits(run: &LawRun) -> RunBits {
    RunBits {
        activation: run.activation.clone(),
        median: needed(run, |point| point.median.value(), last_line(run)),
        worst_tenth: needed(run, |point| point.high.value(), None),
    }
}

/// The smallest bits from which every point with a ratio stays below; points are in the order of their bits.
fn needed(run: &LawRun, noise: fn(&Point) -> f64, line: Option<&Fit>) -> Bits {
    let points: Vec<(u32, f64)> =
        run.points.iter().map(|point| (point.bits, noise(point))).filter(|(_, noise)| !noise.is_nan()).collect();
    let above = points.iter().rposition(|(_, noise)| *noise >= NOISY);
    match (points.first(), above) {
        (None, _) => Bits::Unknown,
        (Some((least, _)), None) => Bits::AtMost { bits: *least },
        (Some(_), Some(place)) => match points.get(place + 1) {
            Some((bits, _)) => Bits::From { bits: *bits, not: points[place].0 },
            None => {
                let most = points[place].0;
                Bits::NotReached { most, extrapolated: line.and_then(|line| reached(line, most)) }
            }
        },
    }
}

/// The median's line in the regime of the last point, if it describes its points. With many flips it reaches the
/// threshold late rather than early, because the median falls faster once most networks have no flips.
fn last_line(run: &LawRun) -> Option<&Fit> {
    let last = run.points.last()?.regime;
    let describes = |fit: &&Fit| fit.line.is_some_and(|line| line.describes_its_points());
    run.fits.iter().filter(|fit| fit.statistic == Statistic::Median && fit.regime == last).find(describes)
}

/// The smallest bits beyond the measured ones at which a line is below; `None` if it does not fall.
fn reached(fit: &Fit, most: u32) -> Option<u32> {
    /// Nothing beyond f64's bits is of interest.
    const LAST: u32 = 53;
    let line = fit.line?;
    (most + 1..=LAST).find(|bits| line.log2_at(*bits) < core_math::log2(NOISY))
}
