//! The record of a law: how layer 1's noise falls with precision, its points, and the lines through them.
//!
//! `law.json` holds only what the spec and the version determine, as a probe's record does: the same bytes on any
//! machine and any number of threads, read back and written again to the same bytes.

use super::{Evidence, Number, Spec, former};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Name and version of the layout.
pub const SCHEMA: &str = "precision-probe-law/4";
/// The layouts before it, which are still read.
const FORMER: [&str; 2] = ["precision-probe-law/3", "precision-probe-law/1"];

/// Smallest and largest number of significand bits: a single bit only gives powers of two, and no format for training
/// has more than f64's 53.
pub const BITS: std::ops::RangeInclusive<u32> = 2..=53;

/// Fewest points of a fitted line: two always lie on one.
pub const LEAST_POINTS: usize = 3;

/// All results of a law's run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Law {
    /// Name and version of the layout.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// Version of precision-probe that measured.
    pub version: String,
    /// The specification; its formats are `mpfr:p` for every precision p, in increasing order.
    pub spec: Spec,
    /// SHA-256 of the version and the spec's JSON, in hexadecimal.
    pub spec_hash: String,
    /// One per activation, in the order given.
    pub runs: Vec<LawRun>,
}

/// One activation's noise against precision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LawRun {
    /// Canonical name.
    pub activation: String,
    /// Every exact constant of the activation, such as `slope = 0.010009765625`.
    pub constants: Vec<String>,
    /// True where φ' jumps somewhere, so that branches can flip.
    pub kinked: bool,
    /// Standard deviation of the weights of a layer with as many inputs as outputs, times √fan_in.
    pub gain: Option<f64>,
    /// The exact factor of every branch of a residual network.
    pub residual_scale: Option<f64>,
    /// Worst evidence for the exact gradient.
    pub evidence: Evidence,
    /// One per precision, in increasing order.
    pub points: Vec<Point>,
    /// One per regime and statistic.
    pub fits: Vec<Fit>,
}

/// Noise/signal of layer 1's weight gradient at one precision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// Significand bits p; the unit roundoff u is 2^-p.
    pub bits: u32,
    /// Root mean square over the trials that have a ratio.
    pub root_mean_square: Number,
    /// 10 % order statistic, as in a probe's record.
    pub low: Number,
    /// Upper median.
    pub median: Number,
    /// 90 % order statistic.
    pub high: Number,
    /// Trials that have a ratio; 0/0 has none.
    pub count: usize,
    /// A ratio is only an upper limit: the noise is below the resolution of the exact gradient.
    pub at_most: bool,
    /// Mean number of branch flips in a trial's network, over all its layers; `None` if φ' has no jump or the exact
    /// branches are unknown.
    pub flips: Number,
    /// Trials whose network has at least one flip.
    pub flipped: usize,
    /// The regime.
    pub regime: Regime,
    /// Largest relative rounding of a parameter, input or target when stored.
    pub storage_noise: Number,
    /// One per trial.
    pub trials: Vec<PointTrial>,
}

/// One trial at one precision.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PointTrial {
    /// ‖ĝ − g*‖₂/‖g*‖₂ of layer 1's weight gradient.
    pub noise_to_signal: Number,
    /// Branch flips of all layers; `None` if φ' has no jump or the exact branches are unknown.
    pub flips: Option<u64>,
}

/// A range of precisions in which one law holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Regime {
    /// φ' has no jump: no branch can flip.
    Smooth,
    /// Nearly every network has flips.
    ManyFlips,
    /// Flips cause the noise of about half of the networks: the median moves from one line to the other.
    Between,
    /// Most networks have none.
    FewFlips,
}

impl fmt::Display for Regime {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Regime::Smooth => "no kink",
            Regime::ManyFlips => "many flips",
            Regime::Between => "between",
            Regime::FewFlips => "few flips",
        })
    }
}

/// The statistic that is followed over the precisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Statistic {
    /// Root mean square over the trials, which shows rare large noise.
    RootMeanSquare,
    /// Upper median over the trials, which shows the ordinary network.
    Median,
}

impl Statistic {
    /// Both.
    pub const ALL: [Statistic; 2] = [Statistic::RootMeanSquare, Statistic::Median];

    /// Its value at a point.
    pub fn of(self, point: &Point) -> Number {
        match self {
            Statistic::RootMeanSquare => point.root_mean_square,
            Statistic::Median => point.median,
        }
    }
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Statistic::RootMeanSquare => "root mean square",
            Statistic::Median => "median",
        })
    }
}

/// A statistic in a regime, and the line through its points.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fit {
    /// The statistic.
    pub statistic: Statistic,
    /// The regime.
    pub regime: Regime,
    /// The precisions of the line's points.
    pub bits: Vec<u32>,
    /// Precisions of the regime that are left out: saturated (at least 1), infinite, zero, an upper limit, or unknown.
    pub left_out: Vec<u32>,
    /// The line; `None` if fewer than three points remain.
    pub line: Option<Line>,
}

/// noise/signal = 2^c · u^β by least squares of the logarithms.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// β.
    pub exponent: Number,
    /// Lower end of the 95 % bootstrap interval; `None` with one trial.
    pub low: Number,
    /// Its upper end.
    pub high: Number,
    /// Resamples of the trials that gave an exponent.
    pub resamples: usize,
    /// c.
    pub log2_factor: Number,
    /// Root mean square of the points' distances from the line, in bits (powers of two of noise/signal).
    pub scatter: Number,
}

impl Line {
    /// log₂ of noise/signal on the line.
    pub fn log2_at(&self, bits: u32) -> f64 {
        self.log2_factor.value() - self.exponent.value() * f64::from(bits)
    }

    /// False if the points are off by a factor of two or more on average: then a few rare draws dominate, and the line
    /// does not describe the points.
    pub fn describes_its_points(&self) -> bool {
        self.scatter.value() < 1.0
    }
}

impl Law {
    /// The bytes of `law.json`.
    pub fn to_json(&self) -> String {
        super::text::write(self)
    }

    /// Reads a law back.
    ///
    /// # Errors
    /// The place where the text is not a law of this schema.
    pub fn from_json(text: &str) -> Result<Law, String> {
        let law: Law = super::text::read(text, "law", SCHEMA, &FORMER, former::law)?;
        let strange = law.all_bits().find(|bits| !BITS.contains(bits));
        match strange {
            Some(bits) => Err(format!("not a law: {bits} bits, where {} to {} can be", BITS.start(), BITS.end())),
            None => Ok(law),
        }
    }

    /// The precisions of points and lines, which determine the axis of a figure.
    fn all_bits(&self) -> impl Iterator<Item = u32> {
        self.runs.iter().flat_map(|run| {
            let fits = run.fits.iter().flat_map(|fit| fit.bits.iter().chain(&fit.left_out).copied());
            run.points.iter().map(|point| point.bits).chain(fits)
        })
    }
}
