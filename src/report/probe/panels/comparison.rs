//! Several activations side by side: noise-to-signal at layer 1, a group per activation, a lane per arithmetic.

use super::place::ratio;
use super::points::{self, Kind, Point, measured};
use super::run::{name, of_layers, of_run, trials};
use crate::judgement::Judgement;
use crate::record::Record;
use crate::report::numbers::Notation::Typeset;
use crate::report::panel::{Axis, Entry, Group, Mark, Marker, Panel, Plot, Row, Sample, Scale, Series, Symbol, Tip};
use crate::report::{facts, say};

/// The panel of a record.
pub fn panel(record: &Record, judgement: &Judgement) -> Panel {
    let runs = || record.runs.iter().zip(&judgement.runs);
    let first = runs().flat_map(|(run, judged)| of_run(run, judged)).filter_map(|one| of_layers(one).next());
    let axis = points::axis(first.filter_map(measured));
    let mut rules = points::rules(&axis);
    rules.iter_mut().for_each(|rule| rule.is_upright = true);
    let mut plot = Plot {
        x: Axis::new("noise / signal (left is better)", Scale::Powers(axis)),
        areas: points::regions_along(),
        rules,
        ..Plot::default()
    };
    let (mut groups, mut beside, mut drawn, mut lane) = (Vec::new(), Vec::new(), Vec::new(), 0.0);
    for (row, (run, judged)) in runs().enumerate() {
        let lanes = run.arithmetics.len().max(1);
        for (place, one) in of_run(run, judged).enumerate() {
            let (series, at) = (Series::new(place), lane + place as f64);
            if let Some(point) = points::first(one, &axis) {
                mark(&mut plot, point, series, at);
                drawn.push(point);
            }
            let words = one.0.sites.first().map(|layer| {
                let reach = facts::verdict_and_reach(one.1);
                format!("{} in {}, layer {}\n{}\n{reach}", run.activation, one.0.name, layer.site, ratio(layer))
            });
            let tip = |words| Tip { x: (f64::NEG_INFINITY, f64::INFINITY), y: (at - 0.5, at + 0.5), row, words };
            plot.tips.extend(words.map(tip));
            let noise = say::cells::middle(&one.1.first, Typeset);
            // Not broken within.
            let noise = noise.replace(" in ", " in\u{a0}").replace(" of ", "\u{a0}of\u{a0}");
            beside.push(Entry {
                sample: Sample::Marker(series),
                name: name(one.0),
                note: format!("{noise}, {}", one.1.first.verdict.in_words()),
                at: Some(at),
            });
        }
        lane += lanes as f64;
        groups.push(Group { name: run.activation.clone(), lanes: vec![String::new(); lanes] });
    }
    plot.y = Axis::new("", Scale::Lanes(groups));
    let joined = || drawn.iter().filter(|point| point.kind.is_joined());
    let trials = judgement.runs.first().map_or(0, trials);
    let spread = facts::quantile_note(trials);
    let bar = match joined().any(|point| point.at.low < point.at.high) {
        true => (Some(Sample::Bar(Marker::Circle)), format!("median, bar: {spread}")),
        false if trials < 2 => (Some(Sample::Nothing), spread),
        false => (None, String::new()),
    };
    let is_clamped = joined().any(|point| point.at.high >= axis.high);
    let edge = if is_clamped { "what reaches the right end lies beyond it" } else { "" };
    let mut key = points::key(drawn.iter(), bar, Symbol::Leftward, edge);
    key.push((Sample::Nothing, "verdicts: how many trials have each".into()));
    Panel {
        name: "compare".into(),
        title: "Noise / signal of the computed weight gradient of layer 1".into(),
        alternative: say::sentences(record, judgement, Typeset).join(" "),
        key,
        rows: vec![Row { plots: vec![plot], beside, ..Row::default() }],
    }
}

/// A point with its bar.
fn mark(plot: &mut Plot, Point { at, kind }: Point, series: Series, lane: f64) {
    if kind.is_joined() {
        let bar = vec![(at.low, lane), (at.high, lane)];
        plot.marks.push(Mark::Line { points: bar, paint: series.paint, width: 2.2, dash: &[] });
    }
    let symbol = match kind {
        Kind::Measured => Symbol::full(series.marker),
        Kind::AtMost => Symbol::Leftward,
        Kind::Saturated => Symbol::hollow(series.marker),
        Kind::NotEstablished => Symbol::Cross,
    };
    plot.marks.push(Mark::Symbol { at: (at.median, lane), symbol, paint: series.paint });
}
