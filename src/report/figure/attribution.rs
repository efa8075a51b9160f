//! The noise of layer 1 by source: one row per attributed arithmetic, one lane per source.

use super::noise::{NoisePoint, PointKind, decades, knee, measured, point, source_point};
use super::{of_layers, of_run, trials};
use crate::judgement::{ArithmeticJudgement, RunJudgement};
use crate::record::{ArithmeticRun, NoiseSource, Quantiles, Run, SourceNoise};
use crate::report::numbers::Notation::Typeset;
use crate::report::{cause, facts, say};

/// The panel.
#[derive(Clone, Debug, PartialEq)]
pub struct AttributionPanel {
    /// The axis, as powers of ten.
    pub decades: (i32, i32),
    /// The power of ten below which the axis is compressed, if it reaches so far down that it must be.
    pub knee: Option<i32>,
    /// One per attributed arithmetic, in the order asked for.
    pub rows: Vec<AttributionRow>,
    /// What the bars are.
    pub spread: String,
    /// True if any bar has a length.
    pub has_bars: bool,
    /// True if a median or the end of a bar lies beyond the axis and is drawn on its edge.
    pub clamped: bool,
}

/// One arithmetic.
#[derive(Clone, Debug, PartialEq)]
pub struct AttributionRow {
    /// Its place among all arithmetics.
    pub arithmetic: usize,
    /// Its name, accumulator and loss scale included.
    pub name: String,
    /// `0.286, noisy 5 of 5`.
    pub state: String,
    /// `Branch flips cause it (0.031 without them).`; empty where there is nothing to explain.
    pub dominant: String,
    /// The plain run; nothing where it has no ratio.
    pub plain: Option<NoisePoint>,
    /// One per source that there is.
    pub lanes: Vec<SourceLane>,
}

/// One source.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SourceLane {
    /// Which.
    pub source: NoiseSource,
    /// With it alone and everything else exact; nothing for accumulation.
    pub alone: Option<NoisePoint>,
    /// With everything but it.
    pub without: Option<NoisePoint>,
}

impl AttributionPanel {
    /// The panel of a run; nothing where no noise was attributed.
    pub fn new(run: &Run, judged: &RunJudgement) -> Option<AttributionPanel> {
        let attributed =
            || of_run(run, judged).enumerate().filter(|(_, (arithmetic, _))| arithmetic.attribution.is_some());
        attributed().next()?;
        let of_source = |source: &SourceNoise| -> [Option<Quantiles>; 2] {
            let first = source.sites.first();
            [first.and_then(|site| site.alone), first.map(|site| site.without)]
        };
        let sources =
            attributed().flat_map(|(_, (arithmetic, _))| cause::sources(arithmetic)).flat_map(of_source).flatten();
        let judged_first = |(_, one)| of_layers(one).next();
        let plain = attributed().filter_map(judged_first).filter_map(measured).copied();
        // Where a source makes no noise, how well the truth is known must not stretch the axis.
        let all: Vec<_> = plain.chain(sources.filter(|noise| !noise.at_most)).collect();
        let decades = decades(all.iter());
        let rows: Vec<AttributionRow> = attributed().map(|(index, one)| row(index, one, decades)).collect();
        let lanes = || rows.iter().flat_map(|row| row.lanes.iter().flat_map(|lane| [lane.alone, lane.without]));
        let points = || lanes().chain(rows.iter().map(|row| row.plain)).flatten();
        let joined = || points().filter(|point| point.kind.is_joined());
        Some(AttributionPanel {
            decades,
            knee: knee(decades),
            spread: facts::quantile_note(trials(judged)),
            has_bars: joined().any(|point| point.low < point.high),
            clamped: joined().any(|point| point.high >= f64::from(decades.1)),
            rows,
        })
    }

    /// True if any point, of a source or of a plain run, is of this kind.
    pub fn has(&self, kind: PointKind) -> bool {
        let of_row = |row: &AttributionRow| {
            let lanes = row.lanes.iter().flat_map(|lane| [lane.alone, lane.without]);
            lanes.chain([row.plain]).flatten().any(|point| point.kind == kind)
        };
        self.rows.iter().any(of_row)
    }
}

fn row(index: usize, one: (&ArithmeticRun, &ArithmeticJudgement), decades: (i32, i32)) -> AttributionRow {
    let (arithmetic, judged) = one;
    let noise = cause::plain(arithmetic).first().filter(|first| first.has_noise()).map(|first| first.short(Typeset));
    let verdict = facts::verdict_and_count(&judged.first.verdict);
    let lane = |source: &SourceNoise| {
        let place = |noise: Quantiles| source_point(1, &noise, decades);
        let first = source.sites.first();
        SourceLane {
            source: source.source,
            alone: first.and_then(|site| site.alone).and_then(place),
            without: first.map(|site| site.without).and_then(place),
        }
    };
    AttributionRow {
        arithmetic: index,
        name: facts::name(arithmetic, Typeset),
        state: noise.into_iter().chain([verdict]).collect::<Vec<_>>().join(", "),
        dominant: say::cause::sentence(judged, Typeset).unwrap_or_default(),
        plain: of_layers(one).next().and_then(|one| point(one, decades)),
        lanes: cause::sources(arithmetic).iter().map(lane).collect(),
    }
}
