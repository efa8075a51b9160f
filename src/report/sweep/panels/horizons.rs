//! Where every network loses its gradient: a lane per network, a marker per precision on an axis of depth.

use super::cell::shape;
use super::{Grid, log10, nearest};
use crate::judgement::horizon::{Horizon, Line, LinePrecision, Mode, Reach};
use crate::judgement::sweep::Sweep;
use crate::report::facts;
use crate::report::panel::{
    self, Axis, Group, Mark, Marker, Paint, Palette, Panel, Plot, Row, Sample, Scale, Symbol, Tip,
};
use crate::report::sweep::words::{full, resampled};

/// Part of a network's lanes that its markers take.
const FILLED: f64 = 0.84;
const BAR: f64 = 2.2;
const MODES: [(Mode, &str); 5] = [
    (Mode::Vanishing, "exact gradient vanishes"),
    (Mode::Zero, "exact gradient is zero"),
    (Mode::Underflow, "underflow"),
    (Mode::Overflow, "overflow"),
    (Mode::Noise, "noise"),
];

/// All precisions.
pub fn panel(sweep: &Sweep) -> Panel {
    let grid = Grid::new(sweep);
    let count = grid.precisions.len();
    // Two markers have room in a lane.
    let lanes = count.div_ceil(2).max(1);
    // A lane's name is not broken into lines, as a group's is.
    let named = |lane: usize, name: &String| if lane == (lanes - 1) / 2 { name.clone() } else { String::new() };
    let group = |(_, name): &(&Line, String)| Group {
        name: String::new(),
        lanes: (0..lanes).map(|lane| named(lane, name)).collect(),
    };
    let groups = grid.lines.iter().map(group).collect();
    let mut plot = Plot { x: grid.along(), y: Axis::new("", Scale::Lanes(groups)), ..Plot::default() };
    let (mut drawn, mut told): (Vec<&Horizon>, Vec<String>) = (Vec::new(), Vec::new());
    for (index, (line, name)) in grid.lines.iter().enumerate() {
        for (place, one) in line.arithmetics.iter().enumerate().take(count) {
            let Some(horizon) = nearest(line, one) else { continue };
            let part = FILLED * ((place as f64 + 0.5) / count as f64 - 0.5);
            let y = lanes as f64 * (index as f64 + 0.5 + part) - 0.5;
            mark(&mut plot, horizon, y, Paint::Of(Palette::Series, place));
            let x = log10(depth(horizon.reach));
            plot.tips.push(Tip::point((x, y), index, tip(line, one, name)));
            told.push(format!("{name} in {}: {}", one.name, in_words(horizon)));
            drawn.push(horizon);
        }
    }
    if drawn.is_empty() {
        plot.notice = Some("nothing was measured".into());
    }
    let precisions = grid.precisions.iter().take(count).enumerate();
    let precisions =
        precisions.map(|(place, name)| (Sample::Area(Paint::Of(Palette::Series, place), 1.0), name.to_string()));
    Panel {
        name: "horizons".into(),
        title: "Horizon: the depth from which at least half of the trials lose the gradient of layer 1".into(),
        alternative: format!("Horizons: {}.", told.join("; ")),
        key: precisions.chain(key(&drawn, count)).collect(),
        rows: vec![Row { plots: vec![plot], ..Row::default() }],
    }
}

/// What shapes, bars and arrows mean.
fn key(drawn: &[&Horizon], count: usize) -> Vec<(Sample, String)> {
    let has = |is: &dyn Fn(&Horizon) -> bool| drawn.iter().any(|horizon| is(horizon));
    let is_reached = |horizon: &Horizon| !matches!(horizon.reach, Reach::Beyond { .. });
    let modes = MODES.map(|(mode, words)| {
        (has(&|horizon| horizon.mode == mode && is_reached(horizon)), Sample::soft(Symbol::full(shape(mode))), words)
    });
    panel::key([(count > 1, Sample::Nothing, "in a lane in this order, from above")].into_iter().chain(modes).chain([
        (
            has(&|horizon| matches!(horizon.reach, Reach::Unconfirmed { .. })),
            Sample::soft(Symbol::hollow(Marker::Circle)),
            "hollow: only at the last depth, unconfirmed",
        ),
        (
            has(&|horizon| matches!(horizon.interval[1], Reach::Beyond { .. })),
            Sample::soft(Symbol::Rightward),
            "beyond the last depth",
        ),
        (
            has(&|horizon| horizon.interval[0].depth() < horizon.interval[1].depth()),
            Sample::Line(Paint::Soft, BAR, &[]),
            "bar: from 2/5 to 4/5 of the trials",
        ),
    ]))
}

/// A bar, a marker where the horizon is reached, and an arrow where 4/5 of the trials are not lost.
fn mark(plot: &mut Plot, horizon: &Horizon, y: f64, paint: Paint) {
    let [from, to] = horizon.interval.map(|reach| log10(depth(reach)));
    if from < to {
        plot.marks.push(Mark::Line { points: vec![(from, y), (to, y)], paint, width: BAR, dash: &[] });
    }
    if let Reach::Beyond { depth } = horizon.interval[1] {
        plot.marks.push(Mark::Symbol { at: (log10(depth), y), symbol: Symbol::Rightward, paint });
    }
    let marker = shape(horizon.mode);
    let (depth, symbol) = match horizon.reach {
        Reach::From { depth } => (depth, Symbol::full(marker)),
        Reach::Unconfirmed { depth } => (depth, Symbol::hollow(marker)),
        Reach::Beyond { .. } => return,
    };
    plot.marks.push(Mark::Symbol { at: (log10(depth), y), symbol, paint });
}

/// A depth, that of the last one where none is reached.
fn depth(reach: Reach) -> usize {
    let (Reach::From { depth } | Reach::Unconfirmed { depth } | Reach::Beyond { depth }) = reach;
    depth
}

/// `noise 41 (24–70)`, `> 200`.
fn in_words(horizon: &Horizon) -> String {
    match horizon.reach {
        Reach::Beyond { .. } => full(horizon),
        _ => format!("{} {}", horizon.mode, full(horizon)),
    }
}

/// Every mode that some trial meets.
fn tip(line: &Line, one: &LinePrecision, name: &str) -> String {
    let met = line.exact.iter().chain(&one.horizons).filter(|horizon| horizon.saturated.iter().any(|count| *count > 0));
    let modes = met.map(|horizon| {
        let of = one.verdicts.last().map_or(String::new(), |verdict| format!(" of {}", facts::trials(verdict.of)));
        let most = horizon.saturated.last().unwrap_or(&0);
        let resampled = resampled(horizon);
        format!("\n{}\n95 % of resamples {resampled}; at the last depth {most}{of}", in_words(horizon))
    });
    let modes: String = modes.collect();
    format!("{name}, {}{}", one.name, if modes.is_empty() { "\nno trial loses its gradient".into() } else { modes })
}
