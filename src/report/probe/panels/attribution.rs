//! The noise of layer 1 by source: a group per attributed arithmetic, in it a lane per source.

use super::kind::Kind;
use super::noise::BAND;
use super::place;
use super::points::{self, Kind as PointKind, Point, measured};
use super::run::{name, of_layers, of_run, source_series, trials};
use crate::judgement::{ArithmeticJudgement, RunJudgement};
use crate::record::{ArithmeticRun, NoiseSource, Quantiles, Run, SourceNoise};
use crate::report::numbers::Notation::Typeset;
use crate::report::panel::{
    Area, Axis, Entry, Group, Mark, Marker, Paint, Panel, Plot, Powers, Row, Sample, Scale, Series, Symbol, Tip,
};
use crate::report::probe::tables;
use crate::report::{cause, facts, say};

/// How far the mark of a source alone stands above the middle of its lane, and that without it below.
const APART: f64 = 0.2;

type One<'a> = (&'a ArithmeticRun, &'a ArithmeticJudgement);

/// The panel of a run; nothing where no noise was attributed.
pub fn panel(run: &Run, judged: &RunJudgement) -> Option<Panel> {
    let attributed: Vec<(usize, One)> =
        of_run(run, judged).enumerate().filter(|(_, (one, _))| one.attribution.is_some()).collect();
    attributed.first()?;
    let of_sources = attributed.iter().flat_map(|(_, (one, _))| cause::sources(one)).flat_map(|source| {
        let first = source.sites.first();
        [first.and_then(|site| site.alone), first.map(|site| site.without)].into_iter().flatten()
    });
    let plain = attributed.iter().filter_map(|(_, one)| of_layers(*one).next()).filter_map(measured).copied();
    // Where a source makes no noise, how well the truth is known must not stretch the axis.
    let all: Vec<Quantiles> = plain.chain(of_sources.filter(|noise| !noise.at_most)).collect();
    let axis = points::axis(all.iter());
    let mut rules = points::rules(&axis);
    rules.iter_mut().for_each(|rule| rule.is_upright = true);
    let mut plot = Plot {
        x: Axis::new("noise / signal of layer 1 (left is better)", Scale::Powers(axis)),
        areas: points::regions_along(),
        rules,
        ..Plot::default()
    };
    let (mut groups, mut beside, mut drawn) = (Vec::new(), Vec::new(), Vec::new());
    for (row, (index, one)) in attributed.iter().enumerate() {
        let sources = cause::sources(one.0);
        let first_lane = groups.iter().map(|group: &Group| group.lanes.len()).sum::<usize>() as f64;
        let lanes: Vec<String> = sources.iter().map(|source| source.source.name().to_string()).collect();
        // An arithmetic without a source still has its place.
        let lanes = if lanes.is_empty() { vec![String::new()] } else { lanes };
        let ends = (first_lane - 0.46, first_lane + lanes.len() as f64 - 0.54);
        if let Some(point) = points::first(*one, &axis) {
            as_it_is(&mut plot, point, Series::new(*index), ends);
            drawn.push(point);
        }
        for (place, source) in sources.iter().enumerate() {
            let lane = first_lane + place as f64;
            drawn.extend(marks(&mut plot, source, lane, &axis));
            plot.tips.extend(tip(one.0, source, row, lane));
        }
        groups.push(Group { name: String::new(), lanes });
        beside.push(entry(*index, *one, first_lane));
    }
    plot.y = Axis::new("", Scale::Lanes(groups));
    Some(Panel {
        name: Kind::Attribution.name().into(),
        title: Kind::Attribution.title().into(),
        alternative: beside.iter().map(|entry| format!("{}: {}", entry.name, entry.note)).collect::<Vec<_>>().join(" "),
        key: key(&attributed, &drawn, &axis, facts::quantile_note(trials(judged))),
        rows: vec![Row { plots: vec![plot], beside, ..Row::default() }],
    })
}

/// The arithmetic, its state, and the source that rules.
fn entry(index: usize, (arithmetic, judged): One, at: f64) -> Entry {
    let noise = cause::plain(arithmetic).first().filter(|first| first.has_noise()).map(|first| first.short(Typeset));
    let state = noise.into_iter().chain([judged.first.verdict.in_words()]).collect::<Vec<_>>();
    let dominant = say::cause::sentence(judged, Typeset).map_or(String::new(), |words| format!(". {words}"));
    Entry {
        sample: Sample::Marker(Series::new(index)),
        name: name(arithmetic),
        note: format!("{}{dominant}", state.join(", ")),
        at: Some(at),
    }
}

/// The noise of an arithmetic as it is: upright through all lanes, in its own colour.
fn as_it_is(plot: &mut Plot, point: Point, series: Series, (top, bottom): (f64, f64)) {
    let at = point.at;
    let line = |width, dash| Mark::Line {
        points: vec![(at.median, top), (at.median, bottom)],
        paint: series.paint,
        width,
        dash,
    };
    if !point.kind.is_joined() {
        return plot.marks.push(line(2.0, &[4.0, 3.0]));
    }
    let band = Area { opacity: BAND, ..Area::rectangle((at.low, at.high), (top, bottom), series.paint) };
    plot.marks.extend([Mark::Area(band), line(2.4, &[])]);
    if point.kind == PointKind::AtMost {
        let place = (at.median, (top + bottom) / 2.0);
        plot.marks.push(Mark::Symbol { at: place, symbol: Symbol::Leftward, paint: series.paint });
    }
}

/// A source's marks: alone above, taken away below, so that neither hides the other.
fn marks(plot: &mut Plot, source: &SourceNoise, lane: f64, axis: &Powers) -> Vec<Point> {
    let Some(first) = source.sites.first() else { return Vec::new() };
    let series = source_series(source.source);
    let places = [(Some(first.without), lane + APART, true), (first.alone, lane - APART, false)];
    let placed = places.into_iter().filter_map(|(noise, lane, is_hollow)| {
        let point = points::of_source(1, &noise?, axis)?;
        let bar = vec![(point.at.low, lane), (point.at.high, lane)];
        plot.marks.push(Mark::Line { points: bar, paint: series.paint, width: 1.4, dash: &[] });
        let symbol = match point.kind {
            PointKind::AtMost => Symbol::Leftward,
            _ => Symbol::Marker { marker: series.marker, is_hollow },
        };
        plot.marks.push(Mark::Symbol { at: (point.at.median, lane), symbol, paint: series.paint });
        Some(point)
    });
    placed.collect()
}

/// A source at layer 1, alone and taken away.
fn tip(arithmetic: &ArithmeticRun, source: &SourceNoise, row: usize, lane: f64) -> Option<Tip> {
    let (first, site) = (arithmetic.sites.first()?, source.sites.first()?);
    let alone = site.alone.as_ref().map_or(String::new(), |noise| format!("\nonly {}", place::spread(noise)));
    let words = format!(
        "{}, {}{alone}\nall but {}\nall {}",
        place::of(arithmetic, first),
        source.source.name(),
        place::spread(&site.without),
        tables::spread(first, Typeset)
    );
    Some(Tip { x: (f64::NEG_INFINITY, f64::INFINITY), y: (lane - 0.5, lane + 0.5), row, words })
}

fn key(attributed: &[(usize, One)], drawn: &[Point], axis: &Powers, spread: String) -> Vec<(Sample, String)> {
    let joined = || drawn.iter().filter(|point| point.kind.is_joined());
    let has_bars = joined().any(|point| point.at.low < point.at.high);
    let bars = if has_bars { format!("; bars and band: {spread}") } else { String::new() };
    let mut sources = attributed.iter().flat_map(|(_, (one, _))| cause::sources(one));
    let flips = match sources.any(|source| source.source == NoiseSource::BranchFlips) {
        true => "forward causes the branch flips, ",
        false => "",
    };
    let note = format!("sources do not add up exactly: {flips}accumulation is part of forward and backward");
    let without = format!("hollow: all but this source{bars}");
    crate::report::panel::key([
        (true, Sample::Upright, "vertical line: all sources"),
        (true, Sample::soft(Symbol::full(Marker::Square)), "filled: only this source, everything else exact"),
        (true, Sample::soft(Symbol::hollow(Marker::Square)), &without),
        (
            drawn.iter().any(|point| point.kind == PointKind::AtMost),
            Sample::Symbol(Paint::Soft, Symbol::Leftward),
            "at most: no noise, or below the resolution of the exact gradient",
        ),
        (
            drawn.iter().any(|point| point.kind == PointKind::Saturated),
            Sample::Nothing,
            "dashed: gradient zero, underflowed or overflowed, so its ratio is not noise",
        ),
        (
            joined().any(|point| point.at.high >= axis.high),
            Sample::Nothing,
            "what reaches the right end lies beyond it",
        ),
        (true, Sample::Nothing, &note),
    ])
}
