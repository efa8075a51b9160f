//! Noise-to-signal by layer, one curve per arithmetic, or per source of one arithmetic's noise.

use super::{of_layers, of_run, trials};
use crate::judgement::{ArithmeticJudgement, RunJudgement};
use crate::record::{ArithmeticRun, NoiseSource, Number, Quantiles, Run, SiteRun, SourceNoise, TheorySite, Verdict};
use crate::report::numbers::Notation::Typeset;
use crate::report::{cause, facts};

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

/// Whose noise a curve is, which decides how it is drawn everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The arithmetic at a place in the list.
    Arithmetic(usize),
    /// A source alone.
    Source(NoiseSource),
}

/// The noise of an arithmetic, or of one source of it.
#[derive(Clone, Debug, PartialEq)]
pub struct NoiseCurve {
    /// Whose it is.
    pub owner: Owner,
    /// The arithmetic, accumulator and loss scale included; or the source.
    pub name: String,
    /// `noisy 4 of 5`; of a source its noise at layer 1.
    pub note: String,
    /// By layer; layers without any ratio (0/0) that are not saturated are left out.
    pub points: Vec<NoisePoint>,
    /// What theory predicts where there is noise: layers and log₁₀, as far as they lie on the axis.
    pub predicted: Vec<(usize, f64)>,
}

/// Bounds on the noise if every pre-activation stayed on its exact branch, as analyses of rounding assume: layers and
/// log₁₀, as far as they lie on the axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Frozen {
    /// The arithmetic that it is of.
    pub name: String,
    /// Every operation at its bound γₙ, and all errors of one sign.
    pub worst: Vec<(usize, f64)>,
    /// √n·u for every operation, independent of each other.
    pub typical: Vec<(usize, f64)>,
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
    /// One per arithmetic, in the order asked for; or that of one arithmetic, then one per source.
    pub curves: Vec<NoiseCurve>,
    /// Of the first arithmetic with a theory; all of them would hide the curves.
    pub frozen: Option<Frozen>,
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
    pub fn new(run: &Run, judged: &RunJudgement) -> NoisePanel {
        let decades = decades(of_run(run, judged).flat_map(of_layers).filter_map(measured));
        let curves = of_run(run, judged).enumerate().map(|(index, one)| curve(index, one, decades)).collect();
        let theory = run.arithmetics.iter().find(|arithmetic| !arithmetic.theory.is_empty());
        NoisePanel {
            frozen: theory.map(|arithmetic| frozen(arithmetic, decades)),
            ..NoisePanel::of(judged, decades, curves)
        }
    }

    /// The first attributed arithmetic of a run by source: as it is, and each source alone.
    pub fn sources(run: &Run, judged: &RunJudgement) -> Option<NoisePanel> {
        let (index, arithmetic) = cause::first_attributed(run)?;
        let one = (arithmetic, judged.arithmetics.get(index)?);
        let alone = |one: &SourceNoise| -> Vec<(usize, Quantiles)> {
            one.sites.iter().filter_map(|site| Some((site.site, site.alone?))).collect()
        };
        let alone: Vec<(NoiseSource, Vec<(usize, Quantiles)>)> =
            cause::sources(arithmetic).iter().map(|one| (one.source, alone(one))).collect();
        let plain = of_layers(one).filter_map(measured);
        // Where a source makes no noise, how well the truth is known must not stretch the axis.
        let alone_of = alone.iter().flat_map(|(_, layers)| layers.iter().map(|(_, noise)| noise));
        let decades = decades(plain.chain(alone_of.filter(|noise| !noise.at_most)));
        let plain = curve(index, one, decades);
        let mut curves = vec![NoiseCurve { name: format!("{} as it is", plain.name), predicted: Vec::new(), ..plain }];
        for (source, layers) in alone.into_iter().filter(|(_, layers)| !layers.is_empty()) {
            let points = layers.iter().filter_map(|(layer, noise)| source_point(*layer, noise, decades));
            curves.push(NoiseCurve {
                owner: Owner::Source(source),
                name: source.name().into(),
                note: layers
                    .first()
                    .map_or(String::new(), |(_, noise)| format!("layer 1: {}", cause::of(noise, Typeset))),
                points: points.collect(),
                predicted: Vec::new(),
            });
        }
        Some(NoisePanel::of(judged, decades, curves))
    }

    /// The panel of curves on an axis.
    fn of(judged: &RunJudgement, decades: (i32, i32), curves: Vec<NoiseCurve>) -> NoisePanel {
        let trials = trials(judged);
        let joined = || curves.iter().flat_map(|curve| &curve.points).filter(|point| point.kind.is_joined());
        NoisePanel {
            decades,
            knee: knee(decades),
            trials,
            spread: facts::quantile_note(trials),
            has_bands: joined().any(|point| point.low < point.high),
            clamped: joined().any(|point| point.median >= f64::from(decades.1)),
            curves,
            frozen: None,
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

/// A layer's noise, if its ratio is one.
pub(super) fn measured((layer, verdict): (&SiteRun, Verdict)) -> Option<&Quantiles> {
    Some(layer.noise()).filter(|_| !verdict.is_zero_or_overflow())
}

/// Whole powers of ten around every positive finite quantile.
pub(super) fn decades<'a>(quantiles: impl Iterator<Item = &'a Quantiles>) -> (i32, i32) {
    let (mut bottom, mut top) = (HIGHEST_BOTTOM, LEAST_TOP);
    for noise in quantiles {
        for value in [noise.low, noise.median, noise.high].into_iter().filter_map(Number::finite).filter(|x| *x > 0.0) {
            let log10 = core_math::log10(value);
            bottom = bottom.min(log10.floor() as i32);
            top = top.max(log10.ceil() as i32);
        }
    }
    (bottom, top.min(HIGHEST))
}

fn curve(index: usize, one: (&ArithmeticRun, &ArithmeticJudgement), decades: (i32, i32)) -> NoiseCurve {
    let (arithmetic, judged) = one;
    let lost: Vec<usize> = of_layers(one).filter(|one| measured(*one).is_none()).map(|(layer, _)| layer.site).collect();
    NoiseCurve {
        owner: Owner::Arithmetic(index),
        name: facts::name(arithmetic, Typeset),
        note: facts::verdict_and_count(&judged.first.verdict),
        points: of_layers(one).filter_map(|one| point(one, decades)).collect(),
        predicted: on_axis(arithmetic, decades, |layer, theory| {
            if lost.contains(&layer.site) { Number::None } else { theory.predicted }
        }),
    }
}

fn frozen(arithmetic: &ArithmeticRun, decades: (i32, i32)) -> Frozen {
    Frozen {
        name: facts::name(arithmetic, Typeset),
        worst: on_axis(arithmetic, decades, |_, theory| theory.frozen_worst),
        typical: on_axis(arithmetic, decades, |_, theory| theory.frozen_typical),
    }
}

/// A line of theory, less what lies beyond the axis: it must not be drawn along the frame.
fn on_axis(
    arithmetic: &ArithmeticRun,
    decades: (i32, i32),
    of: impl Fn(&SiteRun, &TheorySite) -> Number,
) -> Vec<(usize, f64)> {
    let place = |(layer, theory): (&SiteRun, &TheorySite)| {
        let log10 = core_math::log10(of(layer, theory).finite().filter(|x| *x > 0.0)?);
        (f64::from(decades.0)..=f64::from(decades.1)).contains(&log10).then_some((layer.site, log10))
    };
    arithmetic.sites.iter().zip(&arithmetic.theory).filter_map(place).collect()
}

/// A source's noise on an axis; nothing where it has no ratio. No verdict tells more of it.
pub(super) fn source_point(layer: usize, noise: &Quantiles, decades: (i32, i32)) -> Option<NoisePoint> {
    let is_limit = noise.at_most || noise.median == Number::Finite(0.0);
    let kind = if is_limit { PointKind::AtMost } else { PointKind::Measured };
    (noise.median != Number::None).then(|| placed(layer, noise, kind, decades))
}

/// Quantiles clamped to an axis.
fn placed(layer: usize, noise: &Quantiles, kind: PointKind, (bottom, top): (i32, i32)) -> NoisePoint {
    let (bottom, top) = (f64::from(bottom), f64::from(top));
    let place = |number: Number| match number {
        Number::Finite(x) if x > 0.0 => core_math::log10(x).clamp(bottom, top),
        Number::Infinite => top,
        // No noise at all, or 0/0 of a dead layer: the lower edge of the axis.
        _ => bottom,
    };
    let median = place(noise.median);
    // A quantile can be missing only where the median is; min and max keep the band around the line.
    NoisePoint { layer, kind, low: place(noise.low).min(median), median, high: place(noise.high).max(median) }
}

/// A layer on an axis; nothing where it has no ratio.
pub(super) fn point((layer, verdict): (&SiteRun, Verdict), decades: (i32, i32)) -> Option<NoisePoint> {
    let noise = layer.shown_noise();
    let kind = match verdict {
        verdict if verdict.is_zero_or_overflow() => PointKind::Saturated,
        Verdict::NotEstablished => PointKind::NotEstablished,
        // No noise at all lies below every axis.
        _ if noise.at_most || noise.median == Number::Finite(0.0) => PointKind::AtMost,
        _ => PointKind::Measured,
    };
    if noise.median == Number::None && kind != PointKind::Saturated {
        return None;
    }
    let is_zero = verdict == Verdict::Zero;
    // A gradient that is exactly zero has no ratio; one that a minority of the trials have must not place it.
    let median = if is_zero { Number::None } else { noise.median };
    Some(placed(layer.site, &Quantiles { median, ..noise }, kind, decades))
}
