//! Branch flips by layer: the share of pre-activations that lie on another piece of φ' than in the exact network.

use crate::record::{ArithmeticRun, Flips, Run, SiteRun};
use crate::report::facts;
use crate::report::numbers::{Notation::Typeset, one_in};

/// The axis where nothing flips.
const EMPTY_AXIS: (i32, i32) = (-3, -2);

/// What a point of a curve is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlipKind {
    /// Every pre-activation is finite.
    Finite,
    /// Some are infinite or NaN: they are on no piece and in no count of flips. Not joined.
    PartlyNonfinite,
    /// None is finite, so that there is no share. Not joined.
    AllNonfinite,
}

/// One layer of a curve: log₁₀ of order statistics of the trials' shares, −∞ for no flip at all.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)] // the quantiles are those of the record's other measures
pub struct FlipPoint {
    /// Layer number.
    pub layer: usize,
    /// Whether the share tells of all pre-activations.
    pub kind: FlipKind,
    pub low: f64,
    pub median: f64,
    pub high: f64,
}

/// One arithmetic's flips.
#[derive(Clone, Debug, PartialEq)]
pub struct FlipCurve {
    /// The arithmetic, accumulator included.
    pub name: String,
    /// `1 in 639`, over all layers and trials, and how many were infinite or NaN.
    pub overall: String,
    /// By layer; the head has no activation, and layers whose true branches are not decided are left out.
    pub points: Vec<FlipPoint>,
}

impl FlipCurve {
    /// The stretches of neighbouring layers that a line joins.
    pub fn stretches(&self) -> Vec<&[FlipPoint]> {
        let is_joined = |point: &FlipPoint| point.kind == FlipKind::Finite;
        let joined =
            |a: &FlipPoint, b: &FlipPoint| is_joined(a) && is_joined(b) && b.layer.checked_sub(1) == Some(a.layer);
        self.points.chunk_by(joined).filter(|stretch| stretch.iter().all(is_joined)).collect()
    }
}

/// The panel.
#[derive(Clone, Debug, PartialEq)]
pub struct FlipsPanel {
    /// Why there is nothing to draw: one sentence instead of axes.
    pub absent: Option<String>,
    /// The axis, as powers of ten; shares of exactly zero have a place of their own below it.
    pub decades: (i32, i32),
    /// One per arithmetic, in the order asked for.
    pub curves: Vec<FlipCurve>,
    /// What the bands are.
    pub spread: String,
    /// Trials that were run.
    pub trials: usize,
    /// True if any band has a width.
    pub has_bands: bool,
}

impl FlipsPanel {
    /// The panel of a run.
    pub fn new(run: &Run) -> FlipsPanel {
        let curves: Vec<FlipCurve> = run.arithmetics.iter().map(curve).collect();
        let trials = run.arithmetics.first().map_or(0, |arithmetic| arithmetic.verdict.of);
        let points = || curves.iter().flat_map(|curve| &curve.points);
        let absent = if !run.kinked {
            Some(format!("φ' of {} has no jump, so no branch can flip.", run.activation))
        } else if points().next().is_none() {
            Some("The branches of the exact network are not established, so no flip can be counted.".into())
        } else {
            None
        };
        FlipsPanel {
            absent,
            decades: decades(&curves),
            trials,
            spread: facts::quantile_note(trials),
            has_bands: points().any(|point| point.kind == FlipKind::Finite && point.low < point.high),
            curves,
        }
    }

    /// True if any point is of this kind.
    pub fn has(&self, kind: FlipKind) -> bool {
        self.curves.iter().flat_map(|curve| &curve.points).any(|point| point.kind == kind)
    }
}

fn curve(arithmetic: &ArithmeticRun) -> FlipCurve {
    let overall = facts::all_flips(&arithmetic.sites).map_or("—".into(), |flips| {
        let counted = one_in(flips.flipped, flips.total.saturating_sub(flips.nonfinite));
        match flips.nonfinite {
            0 => counted,
            lost => format!("{counted}; {lost} infinite or NaN"),
        }
    });
    FlipCurve {
        name: facts::name(arithmetic, Typeset),
        overall,
        points: arithmetic.sites.iter().filter_map(point).collect(),
    }
}

/// A layer's order statistics; nothing where no flips are counted.
fn point(layer: &SiteRun) -> Option<FlipPoint> {
    let Flips { nonfinite, total, .. } = layer.flips?;
    let shares = shares(layer);
    let kind = match nonfinite {
        0 => FlipKind::Finite,
        all if all >= total => FlipKind::AllNonfinite,
        _ => FlipKind::PartlyNonfinite,
    };
    // The ranks of the record's quantiles: ⌈n/10⌉ from either end, and the upper median.
    let tenth = shares.len().div_ceil(10);
    let at = |rank: usize| shares.get(rank).copied().map(core_math::log10);
    Some(FlipPoint {
        layer: layer.site,
        kind,
        low: at(tenth.checked_sub(1)?)?,
        median: at(shares.len() / 2)?,
        high: at(shares.len() - tenth)?,
    })
}

/// Each trial's share of flipped pre-activations, from the least to the greatest.
fn shares(layer: &SiteRun) -> Vec<f64> {
    let mut counts: Vec<u64> = layer.trials.iter().filter_map(|trial| trial.flips).collect();
    counts.sort_unstable();
    let total = layer.flips.map_or(0, |flips| flips.total);
    // Every trial has as many pre-activations.
    let each = total as f64 / counts.len().max(1) as f64;
    counts.into_iter().map(|count| if each > 0.0 { (count as f64 / each).min(1.0) } else { 0.0 }).collect()
}

/// Whole powers of ten around every share of a curve that is not zero.
fn decades(curves: &[FlipCurve]) -> (i32, i32) {
    let shares = curves.iter().flat_map(|curve| &curve.points).flat_map(|point| [point.low, point.median, point.high]);
    let range = shares.filter(|log10| log10.is_finite()).fold(None, |range: Option<(f64, f64)>, log10| {
        let (low, high) = range.unwrap_or((log10, log10));
        Some((low.min(log10), high.max(log10)))
    });
    let (low, high) = range.map_or(EMPTY_AXIS, |(low, high)| (low.floor() as i32, high.ceil() as i32));
    // At least one power of ten, so that the axis has a scale.
    (low, high.max(low + 1))
}
