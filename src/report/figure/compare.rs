//! Several activations side by side: noise-to-signal at layer 1, one row per activation, one lane per arithmetic.

use super::caption;
use super::noise::{NoisePoint, PointKind, decades, knee, measured, point};
use crate::judgement::judge;
use crate::record::{ArithmeticRun, LayerRun, Record, Run, Verdict};
use crate::report::numbers::{Notation::Typeset, ratio};
use crate::report::{facts, say};

/// The picture that compares all runs of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// What is compared.
    pub title: String,
    /// The answer in words.
    pub answer: String,
    /// The axis, as powers of ten.
    pub decades: (i32, i32),
    /// The power of ten below which the axis is compressed, if it reaches so far down that it must be.
    pub knee: Option<i32>,
    /// One per activation, in the order asked for.
    pub rows: Vec<ComparisonRow>,
    /// Trials that were run.
    pub trials: usize,
    /// What the bars are.
    pub spread: String,
    /// True if any bar has a length.
    pub has_bars: bool,
    /// True if a median or the end of a bar lies beyond the axis and is drawn on its edge.
    pub clamped: bool,
    /// Everything needed to measure it again, in pieces that may be broken into lines.
    pub caption: Vec<String>,
}

/// One activation.
#[derive(Clone, Debug, PartialEq)]
pub struct ComparisonRow {
    /// Its canonical name.
    pub activation: String,
    /// One per arithmetic, in the order asked for.
    pub lanes: Vec<Lane>,
}

/// One activation in one arithmetic, at layer 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Lane {
    /// The arithmetic, accumulator included.
    pub arithmetic: String,
    /// The median ratio; `—` where it is no measure of noise.
    pub noise: String,
    /// `noisy 4 of 5`.
    pub verdict: String,
    /// True where nothing is wrong: other verdicts are printed bold.
    pub is_sound: bool,
    /// Where it stands; nothing where it has no ratio.
    pub point: Option<NoisePoint>,
}

impl Comparison {
    /// The figure of a record.
    pub fn new(record: &Record) -> Comparison {
        let arithmetics = || record.runs.iter().flat_map(|run| &run.arithmetics);
        let decades = decades(arithmetics().filter_map(|arithmetic| arithmetic.layers.first()).filter_map(measured));
        let rows: Vec<ComparisonRow> = record.runs.iter().map(|run| row(run, decades)).collect();
        let trials = arithmetics().next().map_or(0, |arithmetic| arithmetic.verdict.of);
        let points = || rows.iter().flat_map(|row| &row.lanes).filter_map(|lane| lane.point);
        let joined = || points().filter(|point| point.kind.is_joined());
        Comparison {
            title: format!(
                "Rounding noise at layer 1: {} activations on the same draws, {}",
                record.runs.len(),
                facts::shape(&record.spec)
            ),
            answer: say::sentences(record, &judge(record), Typeset).join(" "),
            decades,
            knee: knee(decades),
            trials,
            spread: facts::quantile_note(trials),
            has_bars: joined().any(|point| point.low < point.high),
            clamped: joined().any(|point| point.high >= f64::from(decades.1)),
            rows,
            caption: caption::shared_pieces(record),
        }
    }

    /// True if any point is of this kind.
    pub fn has(&self, kind: PointKind) -> bool {
        let mut points = self.rows.iter().flat_map(|row| &row.lanes).filter_map(|lane| lane.point);
        points.any(|point| point.kind == kind)
    }
}

fn row(run: &Run, decades: (i32, i32)) -> ComparisonRow {
    let lane = |arithmetic: &ArithmeticRun| lane(arithmetic, decades);
    ComparisonRow { activation: run.activation.clone(), lanes: run.arithmetics.iter().map(lane).collect() }
}

fn lane(arithmetic: &ArithmeticRun, decades: (i32, i32)) -> Lane {
    let first = arithmetic.layers.first();
    let measures_noise = arithmetic.verdict.verdict.has_noise();
    let noise = first.map(LayerRun::noise).filter(|_| measures_noise);
    Lane {
        arithmetic: facts::name(arithmetic, Typeset),
        noise: noise.map_or("—".into(), |noise| match (noise.count, noise.low == noise.high) {
            (2, false) => [noise.low, noise.high].map(|end| ratio(end, noise.at_most, Typeset)).join(", "),
            _ => ratio(noise.median, noise.at_most, Typeset),
        }),
        verdict: facts::verdict_and_count(&arithmetic.verdict),
        is_sound: arithmetic.verdict.verdict == Verdict::Sound,
        point: first.and_then(|layer| point(layer, decades)),
    }
}
