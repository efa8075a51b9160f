//! The noise of layer 1 by source: a group per attributed arithmetic, in it a lane per source.

use super::kind::Kind;
use super::lanes::Lanes;
use super::noise::BAND;
use super::points::{self, Kind as PointKind, Point, measured};
use super::run::{One, layer_in, name, of_layers, of_run, source_series, spread, trials};
use crate::judgement::RunJudgement;
use crate::record::{ArithmeticRun, NoiseSource, Quantiles, Run, SourceNoise};
use crate::report::numbers::Notation::Typeset;
use crate::report::panel::{self, Area, Mark, Marker, Panel, Sample, Series, Symbol};
use crate::report::probe::tables;
use crate::report::{cause, facts, say};

/// How far the mark of a source alone stands above the middle of its lane, and that without it below.
const APART: f64 = 0.2;

/// The panel of a run; nothing where no noise was attributed.
pub fn panel(run: &Run, judged: &RunJudgement) -> Option<Panel> {
    let attributed: Vec<(usize, One)> =
        of_run(run, judged).enumerate().filter(|(_, (one, _))| one.attribution.is_some()).collect();
    attributed.first()?;
    let sources = || attributed.iter().flat_map(|(_, (one, _))| cause::sources(one));
    let first = sources().filter_map(|source| source.sites.first());
    let of_sources = first.flat_map(|site| [site.alone, Some(site.without)]).flatten();
    let plain = attributed.iter().filter_map(|(_, one)| of_layers(*one).next()).filter_map(measured).copied();
    // Where a source makes no noise, how well the truth is known must not stretch the axis.
    let all: Vec<Quantiles> = plain.chain(of_sources.filter(|noise| !noise.at_most)).collect();
    let mut lanes = Lanes::new("noise / signal of layer 1 (left is better)", all.iter());
    for (row, (index, one)) in attributed.iter().enumerate() {
        let sources = cause::sources(one.0);
        let first = lanes.next();
        // An arithmetic without a source still has its place.
        let ends = (first - 0.46, first + sources.len().max(1) as f64 - 0.54);
        let series = Series::new(*index);
        if let Some(point) = points::first(*one, &lanes.axis) {
            lanes.draw(point, as_it_is(point, series, ends));
        }
        for (place, source) in sources.iter().enumerate() {
            let lane = first + place as f64;
            marks(&mut lanes, source, lane);
            lanes.tip(lane, row, tip(one.0, source));
        }
        lanes.entry(series, name(one.0), note(*one), first);
        let names = sources.iter().map(|source| source.source.name().to_string());
        lanes.group("", if sources.is_empty() { vec![String::new()] } else { names.collect() });
    }
    let has_flips = sources().any(|source| source.source == NoiseSource::BranchFlips);
    let panel = Panel {
        alternative: lanes.in_words(),
        key: key(&lanes, has_flips, facts::quantile_note(trials(judged))),
        ..Kind::Attribution.panel()
    };
    Some(lanes.panel(panel))
}

/// The state of an arithmetic, and the source that rules.
fn note((arithmetic, judged): One) -> String {
    let noise = cause::plain(arithmetic).first().filter(|first| first.has_noise()).map(|first| first.short(Typeset));
    let state: Vec<String> = noise.into_iter().chain([judged.first.verdict.in_words()]).collect();
    let dominant = say::cause::sentence(judged, Typeset).map_or(String::new(), |words| format!(". {words}"));
    format!("{}{dominant}", state.join(", "))
}

/// The noise of an arithmetic as it is: upright through all lanes, in its own colour.
fn as_it_is(Point { at, kind }: Point, Series { paint, .. }: Series, (top, bottom): (f64, f64)) -> Vec<Mark> {
    let line = |width, dash| Mark::Line { points: vec![(at.median, top), (at.median, bottom)], paint, width, dash };
    if !kind.is_joined() {
        return vec![line(2.0, &[4.0, 3.0])];
    }
    let band = Area { opacity: BAND, ..Area::rectangle((at.low, at.high), (top, bottom), paint) };
    let at = (at.median, (top + bottom) / 2.0);
    let arrow = (kind == PointKind::AtMost).then_some(Mark::Symbol { at, symbol: Symbol::Leftward, paint });
    [Mark::Area(band), line(2.4, &[])].into_iter().chain(arrow).collect()
}

/// A source's marks: alone above, taken away below, so that neither hides the other.
fn marks(lanes: &mut Lanes, source: &SourceNoise, lane: f64) {
    let Some(first) = source.sites.first() else { return };
    let series = source_series(source.source);
    let places = [(Some(first.without), lane + APART, true), (first.alone, lane - APART, false)];
    for (noise, lane, is_hollow) in places {
        let point = noise.and_then(|noise| points::of_source(1, &noise, &lanes.axis));
        let symbol = Symbol::Marker { marker: series.marker, is_hollow };
        point.into_iter().for_each(|point| lanes.mark(point, series, lane, (1.4, symbol)));
    }
}

/// A source at layer 1, alone and taken away.
fn tip(arithmetic: &ArithmeticRun, source: &SourceNoise) -> Option<String> {
    let (first, site) = (arithmetic.sites.first()?, source.sites.first()?);
    let alone = site.alone.as_ref().map_or(String::new(), |noise| format!("\nonly {}", spread(noise)));
    let (place, name, without) = (layer_in(arithmetic, first), source.source.name(), spread(&site.without));
    Some(format!("{place}, {name}{alone}\nall but {without}\nall {}", tables::spread(first, Typeset)))
}

fn key(lanes: &Lanes, has_flips: bool, spread: String) -> Vec<(Sample, String)> {
    let has_bars = lanes.joined().any(|point| point.at.low < point.at.high);
    let bars = if has_bars { format!("; bars and band: {spread}") } else { String::new() };
    let flips = if has_flips { "forward causes the branch flips, " } else { "" };
    let note = format!("sources do not add up exactly: {flips}accumulation is part of forward and backward");
    let without = format!("hollow: all but this source{bars}");
    let saturated = "dashed: gradient zero, underflowed or overflowed, so its ratio is not noise";
    panel::key([
        (true, Sample::Upright, "vertical line: all sources"),
        (true, Sample::soft(Symbol::full(Marker::Square)), "filled: only this source, everything else exact"),
        (true, Sample::soft(Symbol::hollow(Marker::Square)), &without),
        (lanes.has(PointKind::AtMost), Sample::soft(Symbol::Leftward), points::AT_MOST),
        (lanes.has(PointKind::Saturated), Sample::Nothing, saturated),
        lanes.edge(),
        (true, Sample::Nothing, &note),
    ])
}
