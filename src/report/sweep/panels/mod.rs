//! The pictures of a sweep as data: maps over depth, horizons, curves over depth, and the sheets they make.

mod cell;
mod cheapest;
mod horizons;
mod map;
mod noise;
mod phase;
mod sheets;
mod size;

pub use cheapest::panel as cheapest;
pub use horizons::panel as horizons;
pub use map::panel as map;
pub use noise::panel as noise;
pub use phase::panel as phase;
pub use sheets::sheets;
pub use size::panel as size;

use super::words;
use crate::judgement::horizon::{Horizon, Line, LinePrecision};
use crate::judgement::sweep::Sweep;
use crate::report::panel::{Axis, Panel, Plot, Row, Scale, Series};

/// Stems of all pictures that a sweep may have, the main one last.
pub const STEMS: [&str; 8] = ["map", "formats", "horizons", "noise", "size", "phase", "details", "summary"];

/// All panels that have something to show.
pub fn all(sweep: &Sweep) -> Vec<Panel> {
    let each = [map(sweep), cheapest(sweep), horizons(sweep), noise(sweep), size(sweep)];
    each.into_iter().chain(phase(sweep)).collect()
}

/// What the pictures of a sweep share.
struct Grid<'a> {
    /// Networks that differ in depth alone, with their names: those with the farthest horizon in the first precision first,
    /// unless they differ in more than the activation.
    lines: Vec<(&'a Line, String)>,
    /// Names of the precisions.
    precisions: Vec<&'a str>,
    /// Every depth, measured or failed.
    depths: Vec<usize>,
}

impl<'a> Grid<'a> {
    fn new(sweep: &'a Sweep) -> Grid<'a> {
        let all = &sweep.horizons.lines;
        let mut lines: Vec<(&Line, String)> = all.iter().map(|line| (line, words::name(line, sweep))).collect();
        if sweep.plan.axes.iter().all(|axis| axis.field == "depth") {
            let reach = |line: &Line| -> Vec<f64> {
                line.arithmetics.iter().filter_map(|one| Some(nearest(line, one)?.reach.depth())).collect()
            };
            lines.sort_by(|(one, _), (other, _)| {
                reach(other).partial_cmp(&reach(one)).unwrap_or(std::cmp::Ordering::Equal)
            });
        }
        let precisions = all.iter().map(|line| &line.arithmetics).max_by_key(|precisions| precisions.len());
        let mut depths: Vec<usize> = all.iter().flat_map(|line| line.depths.iter().copied()).collect();
        depths.extend(all.iter().flat_map(|line| line.failed.iter().map(|(depth, _)| *depth)));
        depths.sort_unstable();
        depths.dedup();
        Grid {
            lines,
            precisions: precisions.into_iter().flatten().map(|precision| precision.name.as_str()).collect(),
            depths,
        }
    }

    /// Depths as places along.
    fn places(&self) -> Axis {
        Axis::new("depth", Scale::Places(self.depths.iter().map(usize::to_string).collect()))
    }

    /// log₁₀ of the depth along.
    fn along(&self) -> Axis {
        let [first, last] = [self.depths.first(), self.depths.last()].map(|depth| log10(*depth.unwrap_or(&1)));
        let free = if first < last { 0.04 * (last - first) } else { 0.2 };
        Axis::new("depth (logarithmic)", Scale::Decimals(first - free, last + free))
    }

    /// The styles of curves by network.
    fn series(&self) -> impl Iterator<Item = (Series, &str)> {
        self.lines.iter().enumerate().map(|(index, (_, name))| (Series::new(index), name.as_str()))
    }
}

/// log₁₀ of a depth.
fn log10(depth: usize) -> f64 {
    core_math::log10(depth.max(1) as f64)
}

/// The horizon that a network in a precision reaches first, of the exact gradient or of the precision; if it reaches none,
/// the one that most trials approach. Of ties the exact gradient's.
fn nearest<'a>(line: &'a Line, one: &'a LinePrecision) -> Option<&'a Horizon> {
    let depths = |horizon: &Horizon| [horizon.reach.depth(), horizon.interval[0].depth()];
    let nearer = |best: &'a Horizon, next: &'a Horizon| if depths(next) < depths(best) { next } else { best };
    line.exact.iter().chain(&one.horizons).reduce(nearer)
}

/// Plots side by side, or one that says that there is nothing.
fn rows(plots: Vec<Plot>) -> Vec<Row> {
    let notice = Plot { notice: Some("nothing was measured".into()), ..Plot::default() };
    Row::multiples(if plots.is_empty() { vec![notice] } else { plots })
}
