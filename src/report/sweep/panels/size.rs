//! Size of the exact gradient of layer 1 against depth, with what mean-field theory expects of its slope.

use super::{Grid, rows};
use crate::judgement::horizon::Line;
use crate::judgement::sweep::Sweep;
use crate::report::numbers::{LOG10_2, Notation::Typeset, power_of_two, short};
use crate::report::panel::{
    self, Area, Axis, Curve, Dash, Joined, Mark, Marker, Paint, Panel, Plot, Powers, Rule, Sample, Scale, Series,
    Single, Symbol, Tip, ends,
};

/// log₁₀ of the size below which a gradient vanishes, and above which it explodes.
const LIMIT: f64 = 6.0;
/// Below this power of ten the axis may be compressed.
const KNEE: f64 = -8.0;
const THEORY: Dash = &[1.5, 3.0];

/// All networks in one plot: the exact gradient has no precision.
pub fn panel(sweep: &Sweep) -> Panel {
    let grid = Grid::new(sweep);
    let known = grid.lines.iter().flat_map(|(line, _)| sizes(line)).map(|(_, log10)| log10).filter(|y| y.is_finite());
    let (low, high) = ends(known.chain([KNEE, 1.0])).unwrap_or((KNEE, 1.0));
    let (low, high) = (low.floor(), high.ceil());
    let powers = Powers { knee: (low < 3.0 * KNEE).then_some(KNEE), ..Powers::of_ten(low, high) };
    let last = grid.depths.last().copied().unwrap_or(1);
    let limits = [(-LIMIT, "vanishing below 10⁻⁶"), (LIMIT, "exploding above 10⁶")];
    let limits = limits.into_iter().filter(|(at, _)| (low..=high).contains(at));
    let knee =
        powers.knee.map(|knee| Rule { paint: Paint::Soft, ..Rule::level(knee, "compressed below", 0.9, THEORY) });
    let mut plot = Plot {
        x: Axis::new("depth", Scale::Whole(0.0, last as f64)),
        y: Axis::new("gradient / weights", Scale::Powers(powers)),
        areas: vec![Area::rectangle(
            (f64::NEG_INFINITY, f64::INFINITY),
            (f64::NEG_INFINITY, -LIMIT),
            Paint::NoisyRegion,
        )],
        rules: limits.map(|(at, label)| Rule::level(at, label, 1.0, &[])).chain(knee).collect(),
        ..Plot::default()
    };
    let (mut has_theory, mut has_zero, mut told) = (false, false, Vec::new());
    for ((line, name), (series, _)) in grid.lines.iter().zip(grid.series()) {
        let row = plot.curves.len();
        let points: Vec<(f64, f64)> = sizes(line).collect();
        has_zero |= points.iter().any(|(_, y)| !y.is_finite());
        let theory = theory(line, &points, (low, high));
        has_theory |= theory.is_some();
        plot.marks.extend(theory.map(|points| Mark::Line { points, paint: series.paint, width: 1.0, dash: THEORY }));
        let chi1 = line.chi1.map_or(String::new(), |chi1| format!("\nχ₁ {}", short(chi1, Typeset)));
        let words = |y: f64| format!("{} of the weights", power_of_two(y / LOG10_2, Typeset));
        told.extend(points.last().map(|(x, y)| format!("{name} at depth {x}: {}", words(*y))));
        plot.tips.extend(
            points.iter().map(|(x, y)| Tip::point((*x, *y), row, format!("{name}, depth {x}\n{}{chi1}", words(*y)))),
        );
        plot.curves.push(curve(series, &points));
    }
    if plot.tips.is_empty() {
        plot.notice = Some("nothing was measured".into());
    }
    let names = grid.series().map(|(series, name)| (Sample::Curve(series), name.to_string()));
    let remarks = panel::key([
        (
            has_theory,
            Sample::Line(Paint::Soft, 1.0, THEORY),
            "slope in mean-field theory: √χ₁ per layer, from the shallowest network",
        ),
        (has_zero, Sample::soft(Symbol::hollow(Marker::Circle)), "hollow below: zero"),
    ]);
    Panel {
        name: "size".into(),
        title: "Exact gradient of layer 1: its root mean square over the weights' (median over the trials)".into(),
        alternative: format!("Size of the exact gradient: {}.", told.join("; ")),
        key: names.chain(remarks).collect(),
        rows: rows(vec![plot]),
    }
}

/// Depths and log₁₀ of sizes, −∞ for zero; nothing where it is not known.
fn sizes(line: &Line) -> impl Iterator<Item = (f64, f64)> {
    let all = line.depths.iter().zip(&line.log2_relative);
    all.map(|(depth, log2)| (*depth as f64, log2.value() * LOG10_2)).filter(|(_, y)| !y.is_nan())
}

fn curve(series: Series, points: &[(f64, f64)]) -> Curve {
    let stretches = points.chunk_by(|one, next| one.1.is_finite() && next.1.is_finite());
    let joined = |points: &[(f64, f64)]| -> Vec<Joined> {
        let known = points.iter().filter(|(_, y)| y.is_finite());
        known.map(|(x, y)| Joined { x: *x, low: *y, median: *y, high: *y }).collect()
    };
    let symbol = Symbol::hollow(series.marker);
    let single = |at: &(f64, f64)| Single { at: *at, symbol };
    Curve {
        series,
        stretches: stretches.map(joined).filter(|points| !points.is_empty()).collect(),
        singles: points.iter().filter(|(_, y)| !y.is_finite()).map(single).collect(),
    }
}

/// The line of χ₁ through the shallowest network, to where it leaves the axis.
fn theory(line: &Line, points: &[(f64, f64)], (low, high): (f64, f64)) -> Option<Vec<(f64, f64)>> {
    let slope = core_math::log10(line.chi1.filter(|chi1| chi1.is_finite() && *chi1 > 0.0)?) / 2.0;
    let mut known = points.iter().filter(|(_, y)| y.is_finite());
    let (x0, y0) = *known.next()?;
    let last = known.map(|(x, _)| *x).next_back()?;
    let edge = if slope < 0.0 { low } else { high };
    let x1 = if slope == 0.0 { last } else { last.min(x0 + (edge - y0) / slope) };
    // In pieces, as a compressed axis bends it.
    let piece = |part: usize| x0 + (x1 - x0) * part as f64 / 32.0;
    Some((0..=32).map(piece).map(|x| (x, y0 + slope * (x - x0))).collect())
}
