//! Branch flips by layer: the share of pre-activations that lie on another piece of φ' than in the exact network.

use super::kind::Kind;
use super::noise::BAND;
use super::points;
use super::run::{layer_in, layers, name};
use crate::record::{ArithmeticRun, Flips, Run, SiteRun};
use crate::report::facts;
use crate::report::numbers::one_in;
use crate::report::panel::{
    Axis, Curve, Entry, Height, Joined, Marker, Paint, Panel, Plot, Powers, Row, Sample, Scale, Series, Single, Symbol,
    Tip, band_name, ends,
};
use crate::report::probe::tables;

/// The axis where nothing flips.
const EMPTY_AXIS: (f64, f64) = (-3.0, -2.0);

/// One layer: log₁₀ of order statistics of the trials' shares, −∞ for no flip at all.
struct Point<'a> {
    layer: &'a SiteRun,
    /// Its place among the layers.
    place: usize,
    at: Joined,
    flips: Flips,
}

impl Point<'_> {
    /// Every pre-activation is finite: others are on no piece and in no count of flips, and the layer is not joined.
    fn is_whole(&self) -> bool {
        self.flips.nonfinite == 0
    }

    /// None is finite, so that there is no share.
    fn is_lost(&self) -> bool {
        !self.is_whole() && self.flips.nonfinite >= self.flips.total
    }

    fn shown(&self) -> (f64, f64) {
        (self.at.x, if self.is_lost() { f64::INFINITY } else { self.at.median })
    }
}

/// The panel of a run; without flips to show, it is its title and a sentence.
pub fn panel(run: &Run) -> Panel {
    let courses: Vec<Vec<Point>> = run.arithmetics.iter().map(course).collect();
    let all = || courses.iter().flatten();
    let absent = match (run.kinked, all().next()) {
        (false, _) => Some(format!("φ' of {} has no jump, so no branch can flip.", run.activation)),
        (true, None) => {
            Some("The branches of the exact network are not established, so no flip can be counted.".into())
        }
        (true, Some(_)) => None,
    };
    if let Some(why) = absent {
        return Panel { alternative: why.clone(), key: vec![(Sample::Nothing, why)], ..Kind::Flips.panel() };
    }
    let has_lost = all().any(Point::is_lost);
    let (low, high) = decades(all());
    let powers = Powers { beyond: [Some("0"), has_lost.then_some("∞, NaN")], ..Powers::of_ten(low, high) };
    let mut plot = Plot {
        x: Axis::layers(layers(run)),
        y: Axis::new("share flipped", Scale::Powers(powers)),
        curves: courses.iter().enumerate().map(|(index, points)| curve(Series::new(index), points)).collect(),
        ..Plot::default()
    };
    let row = |name: &str, at: f64| Entry { name: name.into(), at: Some(at), ..Entry::default() };
    let lost = has_lost.then(|| row("none is finite", f64::INFINITY));
    let mut beside: Vec<Entry> = lost.into_iter().chain([row("not one flip", f64::NEG_INFINITY)]).collect();
    let mut told = Vec::new();
    for (index, (arithmetic, points)) in run.arithmetics.iter().zip(&courses).enumerate() {
        let (name, note) = (name(arithmetic), overall(arithmetic));
        told.push(format!("{name} {note}"));
        beside.push(Entry { sample: Sample::Curve(Series::new(index)), name, note, at: None });
        // The first arithmetic's lie above the others'.
        let tip = |one: &Point| Tip::point(one.shown(), index, tip(run, arithmetic, one));
        plot.tips.splice(..0, points.iter().map(tip));
    }
    Panel {
        alternative: format!("Pre-activations on the other side of a kink, over all layers: {}.", told.join("; ")),
        key: key(run, all(), has_lost),
        rows: vec![Row { plots: vec![plot], height: Height::Low, beside, ..Row::default() }],
        ..Kind::Flips.panel()
    }
}

fn key<'a>(
    run: &Run,
    mut points: impl Iterator<Item = &'a Point<'a>> + Clone,
    has_lost: bool,
) -> Vec<(Sample, String)> {
    let trials = run.arithmetics.first().map_or(0, |arithmetic| arithmetic.verdict.of);
    let joined = points.clone().filter(|point| point.is_whole()).map(|point| point.at);
    let band = points::spread(joined, trials, Sample::Area(Paint::Soft, BAND), &band_name(run.arithmetics.len()));
    let all = if has_lost { " (in the top row: all)" } else { "" };
    let label = format!("hollow: some are infinite or NaN{all} and not counted as flips");
    let hollow = points.any(|point| !point.is_whole()).then(|| (Sample::soft(Symbol::hollow(Marker::Circle)), label));
    let share = (Sample::Nothing, "share of the units × batch; line: median".to_string());
    [share].into_iter().chain(band).chain(hollow).collect()
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

fn curve(series: Series, points: &[Point]) -> Curve {
    let (whole, others): (Vec<&Point>, Vec<&Point>) = points.iter().partition(|point| point.is_whole());
    let single = |point: &&Point| Single { at: point.shown(), symbol: Symbol::hollow(series.marker) };
    Curve::new(series, whole.iter().map(|point| point.at), others.iter().map(single).collect())
}

fn tip(run: &Run, arithmetic: &ArithmeticRun, point: &Point) -> String {
    let Flips { flipped, nonfinite, total } = point.flips;
    let lost = if nonfinite == 0 { String::new() } else { format!("\n{nonfinite} of {total} infinite or NaN") };
    let (place, shown) = (layer_in(arithmetic, point.layer), tables::layer_flips(run, arithmetic, point.place));
    format!("{place}\nflips {shown} ({flipped} of {total}, all trials){lost}")
}

/// By layer; the head has no activation, and layers whose true branches are not decided are left out.
fn course(arithmetic: &ArithmeticRun) -> Vec<Point<'_>> {
    arithmetic.sites.iter().enumerate().filter_map(|(place, layer)| point(place, layer)).collect()
}

/// A layer's order statistics; nothing where no flips are counted.
fn point(place: usize, layer: &SiteRun) -> Option<Point<'_>> {
    let (flips, shares) = (layer.flips?, shares(layer));
    // The ranks of the record's quantiles: ⌈n/10⌉ from either end, and the upper median.
    let tenth = shares.len().div_ceil(10);
    let at = |rank: usize| shares.get(rank).copied().map(core_math::log10);
    let at = Joined {
        x: layer.site as f64,
        low: at(tenth.checked_sub(1)?)?,
        median: at(shares.len() / 2)?,
        high: at(shares.len() - tenth)?,
    };
    Some(Point { layer, place, at, flips })
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
fn decades<'a>(points: impl Iterator<Item = &'a Point<'a>>) -> (f64, f64) {
    let shares = points.flat_map(|point| [point.at.low, point.at.median, point.at.high]);
    let range = ends(shares.filter(|log10| log10.is_finite()));
    let (low, high) = range.map_or(EMPTY_AXIS, |(low, high)| (low.floor(), high.ceil()));
    (low, high.max(low + 1.0))
}
