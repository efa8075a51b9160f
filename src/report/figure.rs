//! Figures as data: pure functions of a record, finished but for the pixels.
//!
//! Every number of a picture is decided here (order statistics, clamping to the axis, what is joined
//! and what is hollow, the words); drawing only places it.

mod attribution;
mod caption;
mod compare;
mod fates;
mod flips;
mod graph;
mod histogram;
mod law;
mod noise;
mod panel;
mod range;
mod study;
mod training;

pub use attribution::{AttributionPanel, AttributionRow, SourceLane};
pub use compare::{Comparison, ComparisonRow, Lane};
pub use fates::{Fate, FateStrip};
pub use flips::{FlipCurve, FlipKind, FlipPoint, FlipsPanel};
pub use graph::{Dot, Graph, GraphCurve, GraphJoint};
pub use histogram::{HistogramPanel, Sizes, SizesOfLayer};
pub use law::{LawFigure, LawLine, LawPanel, LawPoint, LawReference};
pub use noise::{Frozen, NoiseCurve, NoisePanel, NoisePoint, Owner, PointKind};
pub use panel::Panel;
pub use range::{Edge, Growth, Limit, RangePanel, RangePoint};
pub use study::{AnswerKind, ChartCurve, ChartPanel, ChartPoint, ClaimPanel, Height, StudyFigure};
pub use training::{
    Cell, HeatMap, LossCurve, LossEnd, LossPanel, MapKind, MapPanel, MinibatchCurve, MinibatchPanel, NOISE_LEVELS,
    SHARE_LEVELS, ScaleCurve, ScalePanel, ShareCurve, SharePlot, SharesPanel, TrainingComparison, TrainingFigure,
    TrainingStrip, noise_from,
};

use crate::judgement::{ArithmeticJudgement, RunJudgement, judge_run};
use crate::record::{ArithmeticRun, Record, Run, SiteRun, Verdict};
use crate::report::numbers::Notation;
use crate::report::{audit, facts};

/// The summary picture of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Activation, depth and the question.
    pub title: String,
    /// The sentence to read first: an exact gradient that is not healthy, else the noise of the first arithmetic; or the
    /// answer of an audit.
    pub ruling: String,
    /// The other sentences.
    pub remedy: String,
    /// First and last layer; the last is the head.
    pub layers: (usize, usize),
    /// Noise-to-signal by layer for every arithmetic.
    pub noise: NoisePanel,
    /// Size of the exact gradient by layer, against the formats' ranges.
    pub range: RangePanel,
    /// Fates of the entries by layer, one strip per arithmetic.
    pub fates: Vec<FateStrip>,
    /// Branch flips by layer.
    pub flips: FlipsPanel,
    /// The noise of layer 1 by source; nothing where it was not attributed.
    pub attribution: Option<AttributionPanel>,
    /// Noise-to-signal by layer of the first attributed arithmetic, each source alone.
    pub sources: Option<NoisePanel>,
    /// Sizes of the entries in chosen layers.
    pub histogram: HistogramPanel,
    /// The caption of a panel on its own.
    pub panel_caption: Vec<String>,
    /// Everything needed to measure it again, in pieces that may be broken into lines.
    pub caption: Vec<String>,
}

impl Summary {
    /// The figure of one run of a record.
    pub fn new(record: &Record, run: &Run) -> Summary {
        let numbers = run.truth.sites.iter().map(|layer| layer.site);
        let numbers = numbers.chain(run.arithmetics.iter().flat_map(|one| one.sites.iter().map(|layer| layer.site)));
        let (first, last) = numbers.fold((usize::MAX, 0), |(low, high), layer| (low.min(layer), high.max(layer)));
        let judged = &judge_run(run, record.spec.batch);
        let [ruling, remedy] = audit::sentences(record, run, Notation::Typeset);
        Summary {
            title: format!(
                "{}, {}: rounding noise compared with the exact gradient",
                run.activation,
                facts::shape(&record.spec)
            ),
            ruling,
            remedy,
            layers: if first <= last { (first, last) } else { (1, 1) },
            noise: NoisePanel::new(run, judged),
            range: RangePanel::new(run),
            fates: of_run(run, judged).map(|(one, judged)| FateStrip::new(one, judged)).collect(),
            flips: FlipsPanel::new(run),
            attribution: AttributionPanel::new(run, judged),
            sources: NoisePanel::sources(run, judged),
            histogram: HistogramPanel::new(run),
            panel_caption: caption::panel_pieces(record, run),
            caption: caption::pieces(record, run),
        }
    }
}

/// Every arithmetic of a run with its judgement.
fn of_run<'a>(
    run: &'a Run,
    judged: &'a RunJudgement,
) -> impl Iterator<Item = (&'a ArithmeticRun, &'a ArithmeticJudgement)> + Clone {
    run.arithmetics.iter().zip(&judged.arithmetics)
}

/// Every layer of an arithmetic with its verdict.
fn of_layers<'a>(
    (arithmetic, judged): (&'a ArithmeticRun, &'a ArithmeticJudgement),
) -> impl Iterator<Item = (&'a SiteRun, Verdict)> + Clone {
    arithmetic.sites.iter().zip(judged.verdicts.iter().map(|count| count.verdict))
}

/// The trials that were judged.
fn trials(judged: &RunJudgement) -> usize {
    judged.arithmetics.first().map_or(0, |one| one.first.verdict.of)
}
