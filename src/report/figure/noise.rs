//! Noise-to-signal by layer, one curve per arithmetic.

use crate::record::{ArithmeticRun, LayerRun, Number, Run, Verdict};
use crate::report::facts;

/// Highest power of ten shown; what lies above sits on the axis' edge.
const HIGHEST: i32 = 3;

/// Least power of ten at which the axis may end above, so that noise = signal is never on the frame.
const LEAST_TOP: i32 = 1;

/// Highest power of ten at which the axis may begin, so that the noisy region is always in view.
const HIGHEST_BOTTOM: i32 = -3;

/// Where the axis may change its scale: noise matters above, what lies far below needs less room.
const KNEE: i32 = -3;

/// Powers of ten below the knee from which on they are compressed.
const COMPRESSED_FROM: i32 = 4;

/// What a point of a curve is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointKind {
    /// A measured ratio, joined to its neighbours.
    Measured,
    /// An upper limit, or no noise at all at the axis' lower end: joined, with a mark that points down.
    AtMost,
    /// A zero or overflowed gradient: drawn hollow and not joined, because its ratio is not noise.
    Saturated,
    /// The truth does not tell: a cross, not joined.
    NotEstablished,
}

impl PointKind {
    /// True where the point is part of the line.
    pub fn is_joined(self) -> bool {
        matches!(self, PointKind::Measured | PointKind::AtMost)
    }
}

/// One layer of a curve: log₁₀ of the quantiles, clamped to the axis.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)] // the quantiles are those of the record
pub struct NoisePoint {
    /// Layer number.
    pub layer: usize,
    /// What it is.
    pub kind: PointKind,
    pub low: f64,
    pub median: f64,
    pub high: f64,
}

/// One arithmetic's noise.
#[derive(Clone, Debug, PartialEq)]
pub struct NoiseCurve {
    /// The arithmetic, accumulator included.
    pub name: String,
    /// `noisy 4 of 5`.
    pub verdict: String,
    /// By layer; layers without any ratio (0/0) that are not saturated are left out.
    pub points: Vec<NoisePoint>,
}

impl NoiseCurve {
    /// The stretches of neighbouring layers that a line joins.
    pub fn stretches(&self) -> Vec<&[NoisePoint]> {
        let joined = |a: &NoisePoint, b: &NoisePoint| {
            a.kind.is_joined() && b.kind.is_joined() && b.layer.checked_sub(1) == Some(a.layer)
        };
        self.points.chunk_by(joined).filter(|stretch| stretch.iter().all(|point| point.kind.is_joined())).collect()
    }
}

/// The panel.
#[derive(Clone, Debug, PartialEq)]
pub struct NoisePanel {
    /// The axis, as powers of ten.
    pub decades: (i32, i32),
    /// The power of ten below which the axis is compressed, if it reaches so far down that it must be.
    pub knee: Option<i32>,
    /// One per arithmetic, in the order asked for.
    pub curves: Vec<NoiseCurve>,
    /// Trials that were run.
    pub trials: usize,
    /// What the bands are.
    pub spread: String,
    /// True if any band has a width.
    pub has_bands: bool,
    /// True if a value lies beyond the axis and is drawn on its edge.
    pub clamped: bool,
}

impl NoisePanel {
    /// The panel of a run.
    pub fn new(run: &Run) -> NoisePanel {
        let decades = decades(run.arithmetics.iter().flat_map(|arithmetic| &arithmetic.layers));
        let curves: Vec<NoiseCurve> = run.arithmetics.iter().map(|arithmetic| curve(arithmetic, decades)).collect();
        let trials = run.arithmetics.first().map_or(0, |arithmetic| arithmetic.verdict.of);
        let joined = || curves.iter().flat_map(|curve| &curve.points).filter(|point| point.kind.is_joined());
        NoisePanel {
            decades,
            knee: knee(decades),
            trials,
            spread: facts::quantile_note(trials),
            has_bands: joined().any(|point| point.low < point.high),
            clamped: joined().any(|point| point.median >= f64::from(decades.1)),
            curves,
        }
    }

    /// True if any point is of this kind.
    pub fn has(&self, kind: PointKind) -> bool {
        self.curves.iter().any(|curve| curve.points.iter().any(|point| point.kind == kind))
    }
}

/// The power of ten below which an axis is compressed, if it reaches far down.
pub(super) fn knee(decades: (i32, i32)) -> Option<i32> {
    (KNEE - decades.0 >= COMPRESSED_FROM).then_some(KNEE)
}

/// Whole powers of ten around every positive finite quantile that is noise.
pub(super) fn decades<'a>(layers: impl Iterator<Item = &'a LayerRun>) -> (i32, i32) {
    let (mut bottom, mut top) = (HIGHEST_BOTTOM, LEAST_TOP);
    for layer in layers {
        if layer.verdict.verdict.is_zero_or_overflow() {
            continue;
        }
        let noise = &layer.noise_to_signal;
        for value in [noise.low, noise.median, noise.high].into_iter().filter_map(Number::finite).filter(|x| *x > 0.0) {
            let log10 = core_math::log10(value);
            bottom = bottom.min(log10.floor() as i32);
            top = top.max(log10.ceil() as i32);
        }
    }
    (bottom, top.min(HIGHEST))
}

fn curve(arithmetic: &ArithmeticRun, decades: (i32, i32)) -> NoiseCurve {
    NoiseCurve {
        name: arithmetic.name.clone(),
        verdict: facts::verdict_and_count(&arithmetic.verdict),
        points: arithmetic.layers.iter().filter_map(|layer| point(layer, decades)).collect(),
    }
}

/// A layer on an axis; nothing where it has no ratio.
pub(super) fn point(layer: &LayerRun, (bottom, top): (i32, i32)) -> Option<NoisePoint> {
    let noise = &layer.noise_to_signal;
    let kind = match layer.verdict.verdict {
        verdict if verdict.is_zero_or_overflow() => PointKind::Saturated,
        Verdict::NotEstablished => PointKind::NotEstablished,
        // No noise at all lies below every axis.
        _ if noise.at_most || noise.median == Number::Finite(0.0) => PointKind::AtMost,
        _ => PointKind::Measured,
    };
    let (bottom, top) = (f64::from(bottom), f64::from(top));
    let place = |number: Number| match number {
        Number::Finite(x) if x > 0.0 => core_math::log10(x).clamp(bottom, top),
        Number::Infinite => top,
        // No noise at all, or 0/0 of a dead layer: the lower edge of the axis.
        _ => bottom,
    };
    if noise.median == Number::None && kind != PointKind::Saturated {
        return None;
    }
    let is_dead = matches!(layer.verdict.verdict, Verdict::Dead | Verdict::DeadWithGhosts);
    // A dead layer has no ratio; one that a minority of its trials have must not place it.
    let median = if is_dead { bottom } else { place(noise.median) };
    // A quantile can be missing only where the median is; min and max keep the band around the line.
    let (low, high) = (place(noise.low).min(median), place(noise.high).max(median));
    Some(NoisePoint { layer: layer.layer, kind, low, median, high })
}
