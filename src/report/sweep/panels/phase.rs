//! The exact gradient over two numeric axes other than depth, with the line χ₁ = 1 between order and chaos.

use super::cell::{around, tip};
use super::{Grid, rows};
use crate::judgement::horizon::{Line, Mode};
use crate::judgement::sweep::Sweep;
use crate::record::sweep::{Axis as PlanAxis, AxisValue};
use crate::report::numbers::{LOG10_2, Notation::Typeset, power_of_two, short};
use crate::report::panel::{self, Area, Axis, Group, Hatch, Mark, Paint, Palette, Panel, Plot, Sample, Scale};
use std::collections::BTreeMap;

const EDGE: f64 = 2.4;
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
    let plots: Vec<Plot> = planes.iter().map(|(name, plane)| plot(name, plane, axes)).collect();
    let states = || planes.values().flat_map(BTreeMap::values).map(|line| state(line));
    let key = STATES.map(|(state, paint, hatch, words)| {
        (states().any(|one| one == state), hatch.map_or(Sample::Area(paint, 1.0), Sample::Hatched), words)
    });
    let edge = (
        plots.iter().any(|plot| !plot.marks.is_empty()),
        Sample::Line(Paint::Ink, EDGE, &[]),
        "χ₁ = 1: edge between order and chaos",
    );
    let depth = Grid::new(sweep).depths.last().copied().unwrap_or(0);
    let counts =
        STATES.iter().map(|(state, _, _, words)| format!("{words} {}", states().filter(|one| one == state).count()));
    Some(Panel {
        name: "phase".into(),
        title: format!("Exact gradient of layer 1 at depth {depth}"),
        alternative: format!("Networks by the state of the exact gradient: {}.", counts.collect::<Vec<_>>().join(", ")),
        key: panel::key(key.into_iter().chain([edge])),
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
    let chi1 = |along: usize, upwards: usize| plane.get(&(along, upwards)).and_then(|line| line.chi1);
    let edge = edge((x.values.len(), y.values.len()), chi1).into_iter();
    plot.marks = edge
        .map(|ends| ends.map(|(along, upwards)| (along, y.values.len() as f64 - 1.0 - upwards)))
        .map(|ends| Mark::Line { points: ends.into(), paint: Paint::Ink, width: EDGE, dash: &[] })
        .collect();
    plot
}

/// Pieces of the line χ₁ = 1 within every square of four neighbours, interpolated along its sides.
fn edge((columns, rows): (usize, usize), chi1: impl Fn(usize, usize) -> Option<f64>) -> Vec<[(f64, f64); 2]> {
    let squares = (1..rows).flat_map(|y| (1..columns).map(move |x| (x - 1, y - 1)));
    let pieces = squares.flat_map(|(x, y)| {
        let corner = |(right, up): (usize, usize)| {
            Some(((x + right) as f64, (y + up) as f64, chi1(x + right, y + up).filter(|chi1| chi1.is_finite())? - 1.0))
        };
        let corners: Option<Vec<(f64, f64, f64)>> =
            [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)].map(corner).into_iter().collect();
        let corners = corners.unwrap_or_default();
        let crossing = |(one, next): (&(f64, f64, f64), &(f64, f64, f64))| {
            let part = one.2 / (one.2 - next.2);
            let is_passed = (one.2 < 0.0) != (next.2 < 0.0);
            is_passed.then_some((one.0 + part * (next.0 - one.0), one.1 + part * (next.1 - one.1)))
        };
        let crossings: Vec<(f64, f64)> = corners.iter().zip(corners.iter().skip(1)).filter_map(crossing).collect();
        crossings.chunks_exact(2).filter_map(|ends| <[(f64, f64); 2]>::try_from(ends).ok()).collect::<Vec<_>>()
    });
    pieces.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// χ₁ = x·y/2 passes 1 on a hyperbola: every end of a piece is on it as far as a line is, and pieces meet.
    #[test]
    fn the_edge_lies_where_the_factor_passes_one() {
        let chi1 = |x: usize, y: usize| Some(x as f64 * y as f64 / 2.0);
        let pieces = edge((5, 5), chi1);
        assert!(pieces.len() > 2);
        let mut ends: Vec<(f64, f64)> = pieces.iter().flatten().copied().collect();
        assert!(ends.iter().all(|(x, y)| (x * y / 2.0 - 1.0).abs() < 1e-12), "linear along every side: {ends:?}");
        // Neighbours come from two sides, and round differently.
        let rounded = |x: f64| (x * 1e9).round();
        ends.iter_mut().for_each(|(x, y)| (*x, *y) = (rounded(*x), rounded(*y)));
        ends.sort_by(|one, other| one.partial_cmp(other).unwrap());
        let alone = ends.chunk_by(|one, next| one == next).filter(|same| same.len() == 1).count();
        assert_eq!(alone, 2, "only the ends of the line stand alone");
        assert!(edge((5, 5), |_, _| None).is_empty() && edge((1, 0), chi1).is_empty());
    }
}
