//! Branch flips by layer: the share of pre-activations that lie on another piece of φ' than in the exact network.

use super::kind::Kind;
use super::noise::BAND;
use super::place;
use super::run::{layers, name};
use crate::record::{ArithmeticRun, Flips, Run, SiteRun};
use crate::report::facts;
use crate::report::numbers::one_in;
use crate::report::panel::{
    Axis, Curve, Entry, Height, Joined, Marker, Paint, Panel, Plot, Powers, Row, Sample, Scale, Series, Single, Symbol,
    Tip, band_name,
};
use crate::report::probe::tables;

/// The axis where nothing flips.
const EMPTY_AXIS: (f64, f64) = (-3.0, -2.0);

/// One layer: log₁₀ of order statistics of the trials' shares, −∞ for no flip at all.
#[derive(Clone, Copy)]
struct Point {
    at: Joined,
    /// How many pre-activations are infinite or NaN: they are on no piece and in no count of flips. Not joined.
    nonfinite: u64,
    /// None is finite, so that there is no share.
    is_lost: bool,
}

/// The panel of a run; without flips to show, it is its title and a sentence.
pub fn panel(run: &Run) -> Panel {
    let courses: Vec<Vec<(Point, &SiteRun, usize)>> = run.arithmetics.iter().map(points).collect();
    let all = || courses.iter().flatten().map(|(point, ..)| point);
    let panel = Panel { name: Kind::Flips.name().into(), title: Kind::Flips.title().into(), ..Panel::default() };
    let absent = match (run.kinked, all().next()) {
        (false, _) => Some(format!("φ' of {} has no jump, so no branch can flip.", run.activation)),
        (true, None) => {
            Some("The branches of the exact network are not established, so no flip can be counted.".to_string())
        }
        (true, Some(_)) => None,
    };
    if let Some(why) = absent {
        return Panel { alternative: why.clone(), key: vec![(Sample::Nothing, why)], ..panel };
    }
    let has_lost = all().any(|point| point.is_lost);
    let (low, high) = decades(all());
    let powers = Powers { beyond: [Some("0"), has_lost.then_some("∞, NaN")], ..Powers::of_ten(low, high) };
    let mut plot = Plot {
        x: Axis::layers(layers(run)),
        y: Axis::new("share flipped", Scale::Powers(powers)),
        curves: courses.iter().enumerate().map(|(index, points)| curve(Series::new(index), points)).collect(),
        ..Plot::default()
    };
    let mut beside = vec![Entry { name: "not one flip".into(), at: Some(f64::NEG_INFINITY), ..Entry::default() }];
    if has_lost {
        beside.insert(0, Entry { name: "none is finite".into(), at: Some(f64::INFINITY), ..Entry::default() });
    }
    let mut told = Vec::new();
    for (index, (arithmetic, points)) in run.arithmetics.iter().zip(&courses).enumerate() {
        let (name, note) = (name(arithmetic), overall(arithmetic));
        told.push(format!("{name} {note}"));
        beside.push(Entry { sample: Sample::Curve(Series::new(index)), name, note, at: None });
        // The first arithmetic's lie above the others'.
        let tips = points.iter().filter_map(|one| tip(run, arithmetic, index, one));
        plot.tips.splice(..0, tips.collect::<Vec<_>>());
    }
    Panel {
        alternative: format!("Pre-activations on the other side of a kink, over all layers: {}.", told.join("; ")),
        key: key(run, all(), has_lost),
        rows: vec![Row { plots: vec![plot], height: Height::Low, beside, ..Row::default() }],
        ..panel
    }
}

fn key<'a>(run: &Run, mut points: impl Iterator<Item = &'a Point> + Clone, has_lost: bool) -> Vec<(Sample, String)> {
    let trials = run.arithmetics.first().map_or(0, |arithmetic| arithmetic.verdict.of);
    let spread = facts::quantile_note(trials);
    let mut key = vec![(Sample::Nothing, "share of the units × batch; line: median".to_string())];
    if points.clone().any(|point| point.nonfinite == 0 && point.at.low < point.at.high) {
        key.push((Sample::Area(Paint::Soft, BAND), format!("{}: {spread}", band_name(run.arithmetics.len()))));
    } else if trials < 2 {
        key.push((Sample::Nothing, spread));
    }
    let all = if has_lost { " (in the top row: all)" } else { "" };
    if points.any(|point| point.nonfinite > 0) {
        let label = format!("hollow: some are infinite or NaN{all} and not counted as flips");
        key.push((Sample::soft(Symbol::hollow(Marker::Circle)), label));
    }
    key
}

/// `1 in 639`, over all layers and trials, and how many were infinite or NaN.
fn overall(arithmetic: &ArithmeticRun) -> String {
    facts::all_flips(&arithmetic.sites).map_or("—".into(), |flips| {
        let counted = one_in(flips.flipped, flips.total.saturating_sub(flips.nonfinite));
        match flips.nonfinite {
            0 => counted,
            lost => format!("{counted}; {lost} infinite or NaN"),
        }
    })
}

fn curve(series: Series, points: &[(Point, &SiteRun, usize)]) -> Curve {
    let points: Vec<Point> = points.iter().map(|(point, ..)| *point).collect();
    let is_whole = |point: &Point| point.nonfinite == 0;
    let stretches = points.chunk_by(|a, b| is_whole(a) && is_whole(b) && a.at.x + 1.0 == b.at.x);
    let single = |point: &Point| Single {
        at: (point.at.x, if point.is_lost { f64::INFINITY } else { point.at.median }),
        symbol: Symbol::hollow(series.marker),
    };
    Curve {
        series,
        stretches: stretches
            .filter(|stretch| stretch.iter().all(is_whole))
            .map(|stretch| stretch.iter().map(|point| point.at).collect())
            .collect(),
        singles: points.iter().filter(|point| !is_whole(point)).map(single).collect(),
    }
}

fn tip(
    run: &Run,
    arithmetic: &ArithmeticRun,
    row: usize,
    (point, layer, place): &(Point, &SiteRun, usize),
) -> Option<Tip> {
    let Flips { flipped, nonfinite, total } = layer.flips?;
    let lost = if nonfinite == 0 { String::new() } else { format!("\n{nonfinite} of {total} infinite or NaN") };
    let shown = tables::layer_flips(run, arithmetic, *place);
    let y = if point.is_lost { f64::INFINITY } else { point.at.median };
    let words = format!("{}\nflips {shown} ({flipped} of {total}, all trials){lost}", place::of(arithmetic, layer));
    Some(Tip { x: (point.at.x, point.at.x), y: (y, y), row, words })
}

/// By layer with its place; the head has no activation, and layers whose true branches are not decided are left out.
fn points(arithmetic: &ArithmeticRun) -> Vec<(Point, &SiteRun, usize)> {
    let layers = arithmetic.sites.iter().enumerate();
    layers.filter_map(|(place, layer)| Some((point(layer)?, layer, place))).collect()
}

/// A layer's order statistics; nothing where no flips are counted.
fn point(layer: &SiteRun) -> Option<Point> {
    let Flips { nonfinite, total, .. } = layer.flips?;
    let shares = shares(layer);
    // The ranks of the record's quantiles: ⌈n/10⌉ from either end, and the upper median.
    let tenth = shares.len().div_ceil(10);
    let at = |rank: usize| shares.get(rank).copied().map(core_math::log10);
    let at = Joined {
        x: layer.site as f64,
        low: at(tenth.checked_sub(1)?)?,
        median: at(shares.len() / 2)?,
        high: at(shares.len() - tenth)?,
    };
    Some(Point { at, nonfinite, is_lost: nonfinite > 0 && nonfinite >= total })
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

/// Whole powers of ten around every share that is not zero, at least one, so that the axis has a scale.
fn decades<'a>(points: impl Iterator<Item = &'a Point>) -> (f64, f64) {
    let shares = points.flat_map(|point| [point.at.low, point.at.median, point.at.high]);
    let range = shares.filter(|log10| log10.is_finite()).fold(None, |range: Option<(f64, f64)>, log10| {
        let (low, high) = range.unwrap_or((log10, log10));
        Some((low.min(log10), high.max(log10)))
    });
    let (low, high) = range.map_or(EMPTY_AXIS, |(low, high)| (low.floor(), high.ceil()));
    (low, high.max(low + 1.0))
}
