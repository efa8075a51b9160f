//! Several activations side by side: noise-to-signal at layer 1, one row per activation, one lane per arithmetic.

use super::caption;
use super::noise::{NoisePoint, PointKind, decades, knee, measured, point};
use super::{of_layers, of_run, trials};
use crate::judgement::{ArithmeticJudgement, RunJudgement, judge};
use crate::record::{ArithmeticRun, Record, Run, Verdict};
use crate::report::numbers::Notation::Typeset;
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
    /// The ratio as in the first screen's table, without the range, which is drawn.
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
        let judgement = judge(record);
        let runs = || record.runs.iter().zip(&judgement.runs);
        let first_layers = runs().flat_map(|(run, judged)| of_run(run, judged)).filter_map(|one| of_layers(one).next());
        let decades = decades(first_layers.filter_map(measured));
        let rows: Vec<ComparisonRow> = runs().map(|(run, judged)| row(run, judged, decades)).collect();
        let trials = judgement.runs.first().map_or(0, trials);
        let points = || rows.iter().flat_map(|row| &row.lanes).filter_map(|lane| lane.point);
        let joined = || points().filter(|point| point.kind.is_joined());
        Comparison {
            title: format!(
                "Rounding noise at layer 1: {} activations on the same draws, {}",
                record.runs.len(),
                facts::shape(&record.spec)
            ),
            answer: say::sentences(record, &judgement, Typeset).join(" "),
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

fn row(run: &Run, judged: &RunJudgement, decades: (i32, i32)) -> ComparisonRow {
    let lanes = of_run(run, judged).map(|one| lane(one, decades));
    ComparisonRow { activation: run.activation.clone(), lanes: lanes.collect() }
}

fn lane(one: (&ArithmeticRun, &ArithmeticJudgement), decades: (i32, i32)) -> Lane {
    let (arithmetic, ArithmeticJudgement { first: judged, .. }) = one;
    let verdict = judged.verdict.verdict;
    Lane {
        arithmetic: facts::name(arithmetic, Typeset),
        // A line breaks before "in 2 of 9", not within it.
        noise: say::cells::middle(judged, Typeset).replace(" in ", " in\u{a0}").replace(" of ", "\u{a0}of\u{a0}"),
        verdict: facts::verdict_and_count(&judged.verdict),
        is_sound: verdict == Verdict::Sound,
        point: of_layers(one).next().and_then(|one| point(one, decades)),
    }
}
