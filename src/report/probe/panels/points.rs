//! Noise-to-signal on an axis of powers of ten: what a point is, from where to where the axis goes.

use super::run::{One, of_layers};
use crate::record::{Number, Quantiles, SiteRun, Verdict};
use crate::report::facts;
use crate::report::panel::{self, Area, Joined, Marker, Paint, Powers, Rule, Sample, Symbol};

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
/// What an arrow says.
pub const AT_MOST: &str = "at most: no noise, or below the resolution of the exact gradient";

/// What a point is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A measured ratio, joined to its neighbours.
    Measured,
    /// An upper limit, or no noise at all at the axis' lower end: joined, with an arrow.
    AtMost,
    /// A zero or overflowed gradient: hollow and not joined, because its ratio is not noise.
    Saturated,
    /// The truth does not tell: a cross, not joined.
    NotEstablished,
}

impl Kind {
    /// True where the point is part of the line.
    pub fn is_joined(self) -> bool {
        matches!(self, Kind::Measured | Kind::AtMost)
    }

    /// The symbol that it needs whatever its line.
    pub fn symbol(self, arrow: Symbol, marker: Marker) -> Option<Symbol> {
        match self {
            Kind::Measured => None,
            Kind::AtMost => Some(arrow),
            Kind::Saturated => Some(Symbol::hollow(marker)),
            Kind::NotEstablished => Some(Symbol::Cross),
        }
    }
}

/// A layer's noise on the axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Its layer and log₁₀ of its quantiles.
    pub at: Joined,
    /// What it is.
    pub kind: Kind,
}

/// A layer's noise, if its ratio is one.
pub fn measured((layer, verdict): (&SiteRun, Verdict)) -> Option<&Quantiles> {
    Some(layer.noise()).filter(|_| !verdict.is_zero_or_overflow())
}

/// Powers of ten around every positive finite quantile, compressed where they reach far down.
pub fn axis<'a>(quantiles: impl Iterator<Item = &'a Quantiles>) -> Powers {
    let (mut bottom, mut top) = (HIGHEST_BOTTOM, LEAST_TOP);
    for noise in quantiles {
        for value in [noise.low, noise.median, noise.high].into_iter().filter_map(Number::finite).filter(|x| *x > 0.0) {
            let log10 = core_math::log10(value);
            (bottom, top) = (bottom.min(log10.floor() as i32), top.max(log10.ceil() as i32));
        }
    }
    let knee = (KNEE - bottom >= COMPRESSED_FROM).then_some(f64::from(KNEE));
    Powers { knee, ..Powers::of_ten(f64::from(bottom), f64::from(top.min(HIGHEST))) }
}

/// The first point of an arithmetic.
pub fn first(one: One, axis: &Powers) -> Option<Point> {
    of_layers(one).next().and_then(|one| point(one, axis))
}

/// A layer on an axis; nothing where it has no ratio.
pub fn point((layer, verdict): (&SiteRun, Verdict), axis: &Powers) -> Option<Point> {
    judged(layer.site as f64, layer.shown_noise(), verdict, axis)
}

/// Judged noise at a place along; nothing where it has no ratio.
pub fn judged(x: f64, noise: Quantiles, verdict: Verdict, axis: &Powers) -> Option<Point> {
    let kind = match verdict {
        verdict if verdict.is_zero_or_overflow() => Kind::Saturated,
        Verdict::NotEstablished => Kind::NotEstablished,
        // No noise at all lies below every axis.
        _ if noise.at_most || noise.median == Number::Finite(0.0) => Kind::AtMost,
        _ => Kind::Measured,
    };
    if noise.median == Number::None && kind != Kind::Saturated {
        return None;
    }
    // A gradient that is exactly zero has no ratio; one that a minority of the trials have must not place it.
    let median = if verdict == Verdict::Zero { Number::None } else { noise.median };
    Some(placed(x, &Quantiles { median, ..noise }, kind, axis))
}

/// A source's noise on an axis; nothing where it has no ratio. No verdict tells more of it.
pub fn of_source(layer: usize, noise: &Quantiles, axis: &Powers) -> Option<Point> {
    let is_limit = noise.at_most || noise.median == Number::Finite(0.0);
    let kind = if is_limit { Kind::AtMost } else { Kind::Measured };
    (noise.median != Number::None).then(|| placed(layer as f64, noise, kind, axis))
}

/// Quantiles clamped to an axis.
fn placed(x: f64, noise: &Quantiles, kind: Kind, axis: &Powers) -> Point {
    let place = |number: Number| match number {
        Number::Finite(x) if x > 0.0 => core_math::log10(x).clamp(axis.low, axis.high),
        Number::Infinite => axis.high,
        // No noise at all, or 0/0 of a dead layer: the lower edge of the axis.
        _ => axis.low,
    };
    let median = place(noise.median);
    // A quantile can be missing only where the median is; min and max keep the band around the line.
    let (low, high) = (place(noise.low).min(median), place(noise.high).max(median));
    Point { at: Joined { x, low, median, high }, kind }
}

/// Where noise is as large as the signal, and where it matters.
pub fn regions() -> Vec<Area> {
    let all = (f64::NEG_INFINITY, f64::INFINITY);
    vec![
        Area::rectangle(all, (0.0, f64::INFINITY), Paint::ChaoticRegion),
        Area::rectangle(all, (-1.0, 0.0), Paint::NoisyRegion),
    ]
}

/// The lines that bound the regions, and where the axis changes its scale.
pub fn rules(axis: &Powers) -> Vec<Rule> {
    let mut rules = vec![Rule::level(0.0, "noise = signal", 1.4, &[]), Rule::level(-1.0, "noisy from 0.1", 0.6, &[])];
    let knee = |knee| Rule { paint: Paint::Soft, ..Rule::level(knee, "compressed below", 0.9, &[1.5, 3.0]) };
    rules.extend(axis.knee.map(knee));
    rules
}

/// What the bands or bars of points are, or that a trial has none.
pub fn spread(
    mut points: impl Iterator<Item = Joined>,
    trials: usize,
    sample: Sample,
    name: &str,
) -> Option<(Sample, String)> {
    let note = facts::quantile_note(trials);
    match points.any(|point| point.low < point.high) {
        true => Some((sample, format!("{name}: {note}"))),
        false => (trials < 2).then_some((Sample::Nothing, note)),
    }
}

/// What bands or bars, arrows, hollow points and crosses of such points are; `edge` is where the axis ends.
pub fn key<'a>(
    points: impl Iterator<Item = &'a Point> + Clone,
    band: Option<(Sample, String)>,
    arrow: Symbol,
    edge: (bool, Sample, &str),
) -> Vec<(Sample, String)> {
    let words = |kind: Kind| match kind {
        Kind::AtMost => AT_MOST,
        Kind::Saturated => "hollow: gradient zero, underflowed or overflowed, so its ratio is not noise",
        _ => "exact gradient not established here",
    };
    let kinds = [Kind::AtMost, Kind::Saturated, Kind::NotEstablished].into_iter().filter_map(|kind| {
        let is_there = points.clone().any(|point| point.kind == kind);
        Some((is_there, Sample::soft(kind.symbol(arrow, Marker::Circle)?), words(kind)))
    });
    band.into_iter().chain(panel::key(kinds.chain([edge]))).collect()
}
