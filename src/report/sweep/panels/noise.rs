//! Noise of layer 1 against depth, a plot per precision and a curve per network.

use super::{Grid, log10, rows};
use crate::judgement::horizon::LinePrecision;
use crate::judgement::sweep::Sweep;
use crate::record::Number;
use crate::report::numbers::Notation::Typeset;
use crate::report::numbers::middle;
use crate::report::panel::{
    self, Axis, Curve, Mark, Paint, Panel, Plot, Powers, Sample, Scale, Series, Single, Symbol, Tip,
};
use crate::report::probe::panels::noise::{PREDICTED, THIN};
use crate::report::probe::panels::points::{self, Point};

/// Opacity of bands in the key.
const BAND: f64 = 0.16;

/// The plots of all precisions on the same axes.
pub fn panel(sweep: &Sweep) -> Panel {
    let grid = Grid::new(sweep);
    let measured = grid.lines.iter().flat_map(|(line, _)| &line.arithmetics);
    let measured = measured.flat_map(|one| one.noise.iter().zip(&one.verdicts));
    let axis = points::axis(measured.filter(|(_, one)| !one.verdict.is_zero_or_overflow()).map(|(noise, _)| noise));
    let (mut all, mut plots, mut told): (Vec<Point>, Vec<Plot>, Vec<String>) = Default::default();
    let mut has_theory = false;
    for (place, precision) in grid.precisions.iter().enumerate() {
        let mut plot = Plot {
            title: precision.to_string(),
            x: grid.along(),
            y: Axis::new("noise / signal", Scale::Powers(axis)),
            areas: points::regions(),
            rules: points::rules(&axis),
            ..Plot::default()
        };
        for (index, (line, name)) in grid.lines.iter().enumerate() {
            let Some(one) = line.arithmetics.get(place) else { continue };
            let points: Vec<(usize, Point, String)> = points(&line.depths, one, &axis).collect();
            let theory = predicted(&line.depths, one, &axis, Series::new(index).paint);
            has_theory |= theory.is_some();
            plot.marks.extend(theory);
            plot.curves.push(curve(Series::new(index), points.iter().map(|(_, point, _)| *point)));
            told.extend(
                points.last().map(|(depth, _, words)| format!("{name} in {precision} at depth {depth}: {words}")),
            );
            plot.tips.extend(points.iter().map(|(depth, point, words)| {
                Tip::point((point.at.x, point.at.median), index, format!("{name}, {precision}, depth {depth}\n{words}"))
            }));
            all.extend(points.into_iter().map(|(_, point, _)| point));
        }
        if plot.tips.is_empty() {
            plot.notice = Some("no noise ratio is known at any depth".into());
        }
        plots.push(plot);
    }
    let joined = all.iter().filter(|point| point.kind.is_joined()).map(|point| point.at);
    let band = panel::band_name(grid.lines.len());
    let band = points::spread(joined, sweep.plan.spec.trials, Sample::Area(Paint::Soft, BAND), &band);
    let is_clamped = all.iter().any(|point| point.kind.is_joined() && point.at.median >= axis.high);
    let edge = (is_clamped, Sample::Nothing, "points on the upper end lie beyond it");
    let theory = (has_theory, Sample::Line(Paint::Soft, THIN, PREDICTED), "predicted by theory, in each one's colour");
    let theory = panel::key([theory]);
    let names = grid.series().map(|(series, name)| (Sample::Curve(series), name.to_string()));
    Panel {
        name: "noise".into(),
        title: "Noise / signal of layer 1 against depth".into(),
        alternative: format!("Noise/signal of layer 1: {}.", told.join("; ")),
        key: names.chain(points::key(all.iter(), band, Symbol::Downward, edge)).chain(theory).collect(),
        rows: rows(plots),
    }
}

/// What theory predicts, where the axis has it.
fn predicted(depths: &[usize], one: &LinePrecision, axis: &Powers, paint: Paint) -> Option<Mark> {
    let point = |(depth, noise): (&usize, &Number)| {
        let height = core_math::log10(noise.finite().filter(|noise| *noise > 0.0)?);
        (axis.low..=axis.high).contains(&height).then(|| (log10(*depth), height))
    };
    let points: Vec<(f64, f64)> = depths.iter().zip(&one.predicted).filter_map(point).collect();
    (!points.is_empty()).then_some(Mark::Line { points, paint, width: THIN, dash: PREDICTED })
}

/// Depths, points and their tips.
fn points<'a>(
    depths: &'a [usize],
    one: &'a LinePrecision,
    axis: &'a Powers,
) -> impl Iterator<Item = (usize, Point, String)> + 'a {
    depths.iter().zip(&one.noise).zip(&one.verdicts).filter_map(|((depth, noise), verdict)| {
        let point = points::judged(log10(*depth), *noise, verdict.verdict, axis)?;
        Some((*depth, point, format!("{}, {}", middle(noise, Typeset), verdict.in_words())))
    })
}

/// A line through neighbouring points that are noise, and the points that stand alone.
fn curve(series: Series, points: impl Iterator<Item = Point>) -> Curve {
    let points: Vec<Point> = points.collect();
    let stretches = points.chunk_by(|one, next| one.kind.is_joined() && next.kind.is_joined());
    let stretches = stretches.filter(|points| points.iter().all(|point| point.kind.is_joined()));
    let single = |point: &Point| {
        let symbol = point.kind.symbol(Symbol::Downward, series.marker)?;
        Some(Single { at: (point.at.x, point.at.median), symbol })
    };
    Curve {
        series,
        stretches: stretches.map(|points| points.iter().map(|point| point.at).collect()).collect(),
        singles: points.iter().filter_map(single).collect(),
    }
}
