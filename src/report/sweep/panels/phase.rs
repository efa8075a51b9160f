//! The exact gradient over two numeric axes other than depth; over those of weights and biases, with the edge of chaos.

use super::cell::{around, tip};
use super::{Grid, rows};
use crate::judgement::horizon::chaos::points;
use crate::judgement::horizon::{Line, Mode};
use crate::judgement::sweep::Sweep;
use crate::record::sweep::{Axis as PlanAxis, AxisValue};
use crate::report::numbers::{LOG10_2, Notation::Typeset, power_of_two, short};
use crate::report::panel::{self, Area, Axis, Dash, Group, Hatch, Mark, Paint, Palette, Panel, Plot, Sample, Scale};
use std::collections::BTreeMap;

/// Width of the edge of chaos, its dashes where it is unstable, and its points from tick to tick.
const EDGE: f64 = 2.4;
const UNSTABLE: Dash = &[6.0, 4.0];
const STEPS: usize = 8;
/// log₁₀ of the size above which the exact gradient explodes.
const EXPLODING: f64 = 6.0;

/// State of the exact gradient at the greatest depth.
#[derive(Clone, Copy, PartialEq)]
enum State {
    Healthy,
    Exploding,
    Vanishing,
    Zero,
    Unknown,
}

const STATES: [(State, Paint, Option<Hatch>, &str); 5] = [
    (State::Healthy, Paint::Of(Palette::Noise, 2), None, "healthy"),
    (State::Exploding, Paint::Of(Palette::Noise, 11), None, "exploding"),
    (State::Vanishing, Paint::Paper, Some(Hatch::Vanishing), "vanishing"),
    (State::Zero, Paint::Zero, None, "zero"),
    (State::Unknown, Paint::Paper, Some(Hatch::Unknown), "not known"),
];

/// Networks that differ in the two axes and depth alone, by their places.
type Plane<'a> = BTreeMap<(usize, usize), &'a Line>;

/// The map of every network over the first two numeric axes; `None` without two.
pub fn panel(sweep: &Sweep) -> Option<Panel> {
    let is_numeric = |axis: &&PlanAxis| {
        axis.field != "depth" && axis.values.len() > 1 && axis.values.iter().all(|value| value.parse::<f64>().is_ok())
    };
    let mut numeric = sweep.plan.axes.iter().filter(is_numeric);
    let axes = [numeric.next()?, numeric.next()?];
    let mut planes: BTreeMap<String, Plane> = BTreeMap::new();
    for line in &sweep.horizons.lines {
        let own = line.values.iter().filter(|(field, _)| axes.iter().all(|axis| axis.field != **field));
        let own =
            own.filter(|(field, _)| *field == "activation" || sweep.plan.axes.iter().any(|axis| axis.field == **field));
        let name = own.map(|(_, value)| value.to_string()).collect::<Vec<_>>().join(", ");
        let [x, y] = axes.map(|axis| axis.values.iter().position(|value| is(line.values.get(&axis.field), value)));
        if let Some(at) = x.zip(y) {
            planes.entry(name).or_default().insert(at, line);
        }
    }
    let drawn = |(name, plane): (&String, &Plane)| Plot { marks: edge(sweep, plane, axes), ..plot(name, plane, axes) };
    let plots: Vec<Plot> = planes.iter().map(drawn).collect();
    let states = || planes.values().flat_map(BTreeMap::values).map(|line| state(line));
    let key = STATES.map(|(state, paint, hatch, words)| {
        (states().any(|one| one == state), hatch.map_or(Sample::Area(paint, 1.0), Sample::Hatched), words)
    });
    let has = |is_wanted: fn(Dash) -> bool| {
        let lines = plots.iter().flat_map(|plot| &plot.marks);
        lines.into_iter().any(|mark| matches!(mark, Mark::Line { dash, .. } if is_wanted(dash)))
    };
    let edges = [
        (
            has(|dash| dash.is_empty()),
            Sample::Line(Paint::Ink, EDGE, &[]),
            "edge of chaos: χ₁ = 1 in mean-field theory",
        ),
        (
            has(|dash| !dash.is_empty()),
            Sample::Line(Paint::Ink, EDGE, UNSTABLE),
            "the same, where the variance runs away",
        ),
    ];
    let depth = Grid::new(sweep).depths.last().copied().unwrap_or(0);
    let counts =
        STATES.iter().map(|(state, _, _, words)| format!("{words} {}", states().filter(|one| one == state).count()));
    Some(Panel {
        name: "phase".into(),
        title: format!("Exact gradient of layer 1 at depth {depth}"),
        alternative: format!("Networks by the state of the exact gradient: {}.", counts.collect::<Vec<_>>().join(", ")),
        key: panel::key(key.into_iter().chain(edges)),
        rows: rows(plots),
    })
}

/// Whether a value is the one that an option spells so.
fn is(value: Option<&AxisValue>, text: &str) -> bool {
    let number = match value {
        Some(AxisValue::Whole(number)) => Some(*number as f64),
        Some(AxisValue::Real(number)) => Some(*number),
        _ => None,
    };
    number.is_some() && number == text.parse().ok()
}

fn state(line: &Line) -> State {
    let last = line.arithmetics.iter().filter_map(|one| one.verdicts.last()).map(|verdict| verdict.of).max();
    let is_lost = |mode: Mode| {
        let counts = line.exact.iter().filter(|horizon| horizon.mode == mode);
        counts.filter_map(|horizon| horizon.saturated.last()).any(|count| 2 * count >= last.unwrap_or(0).max(1))
    };
    match line.log2_relative.last().map(|log2| log2.value() * LOG10_2) {
        _ if is_lost(Mode::Zero) => State::Zero,
        _ if is_lost(Mode::Vanishing) => State::Vanishing,
        Some(size) if size > EXPLODING => State::Exploding,
        Some(size) if !size.is_nan() => State::Healthy,
        _ => State::Unknown,
    }
}

/// Places along from the left, upwards from below.
fn plot(name: &str, plane: &Plane, [x, y]: [&PlanAxis; 2]) -> Plot {
    let title = |axis: &PlanAxis| axis.field().map_or(axis.field.clone(), |field| field.option.long.replace('-', " "));
    let height = |at: usize| y.values.len() as f64 - 1.0 - at as f64;
    let lanes = y.values.iter().rev().cloned().collect();
    let mut plot = Plot {
        title: name.into(),
        x: Axis::new(title(x), Scale::Places(x.values.clone())),
        y: Axis::new(title(y), Scale::Lanes(vec![Group { name: String::new(), lanes }])),
        ..Plot::default()
    };
    for ((along, upwards), line) in plane {
        let at = (*along as f64, height(*upwards));
        let found = state(line);
        for (_, paint, hatch, words) in STATES.iter().filter(|(state, ..)| *state == found) {
            plot.areas.push(Area { hatch: *hatch, ..around(at, *paint) });
            let size = line.log2_relative.last().map_or("none".into(), |log2| power_of_two(log2.value(), Typeset));
            let chi1 = line.chi1.map_or("none".into(), |chi1| short(chi1, Typeset));
            plot.tips.push(tip(at, format!("{name}\n{words}: {size} of the weights\nχ₁ {chi1}")));
        }
    }
    plot
}

/// The edge of chaos of a plane over the standard deviations of weights and biases: lines along the points where both the
/// variance of pre-activations and the gradient's mean square stay, broken lines where the variance moves away.
fn edge(sweep: &Sweep, plane: &Plane, axes: [&PlanAxis; 2]) -> Vec<Mark> {
    let values = axes.map(|axis| axis.values.iter().filter_map(|value| value.parse().ok()).collect::<Vec<f64>>());
    let (gains, deviations, is_turned) = match (axes.map(|axis| axis.field.as_str()), values) {
        (["gain", "bias_std"], [x, y]) => (x, y, false),
        (["bias_std", "gain"], [x, y]) => (y, x, true),
        _ => return Vec::new(),
    };
    let Some(line) = plane.values().next() else { return Vec::new() };
    // Neighbouring points of a curve have the same place among those of their deviation.
    let mut curves: BTreeMap<(usize, bool), Vec<(f64, f64)>> = BTreeMap::new();
    for (deviation, at) in between(&deviations) {
        for (number, point) in points(line, &sweep.plan.spec, deviation).into_iter().enumerate() {
            let Some(along) = place(point.gain, &gains) else { continue };
            let at = if is_turned { (at, along) } else { (along, at) };
            curves.entry((number, point.is_unstable)).or_default().push(at);
        }
    }
    let top = axes[1].values.len() as f64 - 1.0;
    let line = |((_, is_unstable), points): ((usize, bool), Vec<(f64, f64)>)| {
        let points: Vec<(f64, f64)> = points.into_iter().map(|(along, upwards)| (along, top - upwards)).collect();
        let dash = if is_unstable { UNSTABLE } else { &[] };
        (points.len() > 1).then_some(Mark::Line { points, paint: Paint::Ink, width: EDGE, dash })
    };
    curves.into_iter().filter_map(line).collect()
}

/// Values from the first to the last, and their places.
fn between(values: &[f64]) -> impl Iterator<Item = (f64, f64)> + '_ {
    let steps = values.len().saturating_sub(1) * STEPS;
    (0..=steps).filter_map(move |step| {
        let (one, part) = (step / STEPS, (step % STEPS) as f64 / STEPS as f64);
        let low = *values.get(one)?;
        let high = values.get(one + 1).copied().unwrap_or(low);
        Some((low + (high - low) * part, one as f64 + part))
    })
}

/// The place of a value between the ticks of an axis.
fn place(value: f64, values: &[f64]) -> Option<f64> {
    let within = |pair: &[f64]| (pair[0].min(pair[1])..=pair[0].max(pair[1])).contains(&value) && pair[0] != pair[1];
    let at = values.windows(2).position(within)?;
    Some(at as f64 + (value - values[at]) / (values[at + 1] - values[at]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_places_between_ticks() {
        let values = [1.0, 2.0, 4.0];
        let found = [0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0].map(|value| place(value, &values));
        assert_eq!(found, [None, Some(0.0), Some(0.5), Some(1.0), Some(1.5), Some(2.0), None]);
        assert_eq!((place(1.0, &[1.0]), place(3.0, &[4.0, 2.0])), (None, Some(0.5)));
        let all: Vec<(f64, f64)> = between(&values).collect();
        assert_eq!((all[0], all[8], all[12], all[16], all.len()), ((1.0, 0.0), (2.0, 1.0), (3.0, 1.5), (4.0, 2.0), 17));
    }
}
