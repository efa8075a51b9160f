//! Noise-to-signal by layer, one curve per arithmetic, or per source of one arithmetic's noise.

use super::kind::Kind as PanelKind;
use super::points::{self, Kind, Point, measured};
use super::run::{One, along, layer_in, name, of_layers, of_run, ratio, source_series, spread, trials};
use crate::judgement::RunJudgement;
use crate::record::{ArithmeticRun, NoiseSource, Number, Quantiles, Run, SiteRun, TheorySite, VerdictCount};
use crate::report::cause;
use crate::report::numbers::{Notation::Typeset, middle, short};
use crate::report::panel::{
    self, Axis, Curve, Dash, Entry, Height, Mark, Marker, Paint, Panel, Plot, Powers, Row, Rule, Sample, Scale, Series,
    Single, Symbol, Tip,
};

/// Opacity of a band.
pub const BAND: f64 = 0.16;
pub const THIN: f64 = 1.0;
/// What theory predicts, and its bounds without branch flips.
pub const PREDICTED: Dash = &[4.0, 2.5];
const FROZEN: Dash = &[9.0, 2.5, 1.5, 2.5];

/// A curve with its points and what its gutter and tooltips say.
struct Course {
    series: Series,
    name: String,
    note: String,
    points: Vec<(Point, String)>,
    predicted: Vec<(f64, f64)>,
}

/// The panel of a run; on a slide without theory and with few words.
pub fn panel(run: &Run, judged: &RunJudgement, is_slide: bool) -> Panel {
    let axis = points::axis(of_run(run, judged).flat_map(of_layers).filter_map(measured));
    let mut courses: Vec<Course> =
        of_run(run, judged).enumerate().map(|(index, one)| course(index, one, &axis)).collect();
    if is_slide {
        courses.iter_mut().for_each(|course| course.predicted.clear());
    }
    let mut plot = plot(&axis, &courses);
    plot.x = along(run, is_slide);
    let mut key = match is_slide {
        true => {
            let is_hollow =
                courses.iter().flat_map(|course| &course.points).any(|(one, _)| one.kind == Kind::Saturated);
            let hollow = Sample::soft(Symbol::hollow(Marker::Circle));
            panel::key([(is_hollow, hollow, "hollow: zero, underflow or overflow: no noise ratio")])
        }
        false => key(judged, &axis, &courses),
    };
    let theory = run.arithmetics.iter().find(|arithmetic| !arithmetic.theory.is_empty()).filter(|_| !is_slide);
    key.extend(theory.map(|arithmetic| frozen(arithmetic, &axis, &mut plot)));
    if courses.iter().any(|course| !course.predicted.is_empty()) {
        let words = "predicted by theory, in each precision's colour".to_string();
        key.push((Sample::Line(Paint::Soft, THIN, PREDICTED), words));
    }
    Panel { alternative: alternative(run, judged), key, rows: rows(plot, &courses), ..PanelKind::Noise.panel() }
}

/// The first attributed arithmetic of a run by source: as it is, and each source alone.
pub fn sources(run: &Run, judged: &RunJudgement) -> Option<Panel> {
    let (index, arithmetic) = cause::first_attributed(run)?;
    let one = (arithmetic, judged.arithmetics.get(index)?);
    let alone = cause::sources(arithmetic).iter().map(|source| {
        let layers = source.sites.iter().filter_map(|site| Some((site.site, site.alone?)));
        (source.source, layers.collect::<Vec<(usize, Quantiles)>>())
    });
    let alone: Vec<_> = alone.filter(|(_, layers)| !layers.is_empty()).collect();
    // Where a source makes no noise, how well the truth is known must not stretch the axis.
    let of_sources = alone.iter().flat_map(|(_, layers)| layers.iter().map(|(_, noise)| noise));
    let axis = points::axis(of_layers(one).filter_map(measured).chain(of_sources.filter(|noise| !noise.at_most)));
    let plain = course(index, one, &axis);
    let plain = Course { name: format!("{} as it is", plain.name), predicted: Vec::new(), ..plain };
    let of_source = |(source, layers): &(NoiseSource, Vec<(usize, Quantiles)>)| {
        let tip = |layer: &usize, noise: &Quantiles| {
            let (name, source) = (name(arithmetic), source.name());
            format!("layer {layer}, {name}\nonly {source}\nnoise/signal {}", spread(noise))
        };
        let points = layers
            .iter()
            .filter_map(|(layer, noise)| Some((points::of_source(*layer, noise, &axis)?, tip(layer, noise))));
        Course {
            series: source_series(*source),
            name: source.name().into(),
            note: layers.first().map_or(String::new(), |(_, noise)| format!("layer 1: {}", middle(noise, Typeset))),
            points: points.collect(),
            predicted: Vec::new(),
        }
    };
    let courses: Vec<Course> = [plain].into_iter().chain(alone.iter().map(of_source)).collect();
    let at_first = courses.iter().skip(1).map(|course| format!("{} {}", course.name, course.note));
    let (name, at_first) = (name(arithmetic), at_first.collect::<Vec<_>>().join("; "));
    Some(Panel {
        alternative: format!("Noise/signal of {name} by layer with one source of noise: {at_first}."),
        key: key(judged, &axis, &courses),
        rows: rows(Plot { x: along(run, false), ..plot(&axis, &courses) }, &courses),
        ..PanelKind::Sources.panel()
    })
}

/// `f16 from 0.002 in layer 51 to 0.41 in layer 1`.
fn alternative(run: &Run, judged: &RunJudgement) -> String {
    let of_one = |(arithmetic, judged): One| {
        let ends = arithmetic.sites.last().zip(arithmetic.sites.first());
        let ends = ends.map(|(last, first)| {
            let [from, to] = [last, first].map(|layer| short(layer.noise().median.value(), Typeset));
            format!("from {from} in layer {} to {to} in layer {}", last.site, first.site)
        });
        let ends = ends.unwrap_or("not measured".into());
        format!("{} {ends} ({})", name(arithmetic), judged.first.verdict.verdict)
    };
    let all: Vec<String> = of_run(run, judged).map(of_one).collect();
    format!("Noise/signal by layer: {}.", all.join("; "))
}

fn course(index: usize, one: One, axis: &Powers) -> Course {
    let (arithmetic, judged) = one;
    let tip = |place: usize, layer: &SiteRun| {
        let predicted = arithmetic.theory.get(place).and_then(|theory| theory.predicted.finite());
        let predicted = predicted.map_or(String::new(), |x| format!("\npredicted {}", short(x, Typeset)));
        let verdict = judged.verdicts.get(place).map_or(String::new(), VerdictCount::in_words);
        format!("{}\n{}{predicted}\n{verdict}", layer_in(arithmetic, layer), ratio(layer))
    };
    let points = of_layers(one).enumerate();
    let points = points.filter_map(|(place, layer)| Some((points::point(layer, axis)?, tip(place, layer.0))));
    let predicted = of_layers(one).zip(&arithmetic.theory).filter(|(layer, _)| measured(*layer).is_some());
    Course {
        series: Series::new(index),
        name: name(arithmetic),
        note: judged.first.verdict.in_words(),
        points: points.collect(),
        predicted: on_axis(axis, predicted.map(|((layer, _), theory)| (layer, theory.predicted))),
    }
}

/// What bands, marks and ends of curves are.
fn key(judged: &RunJudgement, axis: &Powers, courses: &[Course]) -> Vec<(Sample, String)> {
    let points = || courses.iter().flat_map(|course| course.points.iter().map(|(point, _)| point));
    let joined = || points().filter(|point| point.kind.is_joined()).map(|point| point.at);
    let sample = Sample::Area(Paint::Soft, BAND);
    let band = points::spread(joined(), trials(judged), sample, &panel::band_name(courses.len()));
    let is_clamped = joined().any(|at| at.median >= axis.high);
    let edge = (is_clamped, Sample::Nothing, "points on the upper end lie beyond it");
    points::key(points(), band, Symbol::Downward, edge)
}

/// The curves on an axis.
fn plot(axis: &Powers, courses: &[Course]) -> Plot {
    let is_empty = courses.iter().all(|course| course.points.is_empty());
    let predicted = courses.iter().flat_map(|course| lines(&course.predicted, course.series.paint, PREDICTED));
    let tips = |(row, course): (usize, &Course)| {
        let tip = move |(point, words): &(Point, String)| Tip::point((point.at.x, point.at.median), row, words.clone());
        course.points.iter().map(tip).collect::<Vec<_>>()
    };
    Plot {
        y: Axis::new("noise / signal", Scale::Powers(*axis)),
        areas: points::regions(),
        rules: points::rules(axis),
        marks: predicted.collect(),
        curves: courses.iter().map(curve).collect(),
        notice: is_empty.then(|| "no noise ratio is known in any layer".into()),
        tips: courses.iter().enumerate().rev().flat_map(tips).collect(),
        ..Plot::default()
    }
}

/// A plot with the names of its curves.
fn rows(plot: Plot, courses: &[Course]) -> Vec<Row> {
    let entry = |course: &Course| Entry {
        sample: Sample::Curve(course.series),
        name: course.name.clone(),
        note: course.note.clone(),
        at: None,
    };
    let beside = courses.iter().map(entry).collect();
    vec![Row { plots: vec![plot], beside, height: Height::Tall, ..Row::default() }]
}

/// The stretches of neighbouring layers that a line joins, and the points that stand alone.
fn curve(course: &Course) -> Curve {
    let points = || course.points.iter().map(|(point, _)| point);
    let single = |point: &Point| {
        let symbol = point.kind.symbol(Symbol::Downward, course.series.marker)?;
        Some(Single { at: (point.at.x, point.at.median), symbol })
    };
    let joined = points().filter(|point| point.kind.is_joined()).map(|point| point.at);
    Curve::new(course.series, joined, points().filter_map(single).collect())
}

/// Bounds on the noise if every pre-activation stayed on its exact branch, as analyses of rounding assume: draws them, and
/// says what they are and which lie beyond the axis.
fn frozen(arithmetic: &ArithmeticRun, axis: &Powers, plot: &mut Plot) -> (Sample, String) {
    type Bound = fn(&TheorySite) -> Number;
    let bounds: [(Bound, &str, &str); 2] = [
        (|theory| theory.frozen_worst, "worst case γₙ", "no flips, worst"),
        (|theory| theory.frozen_typical, "typical √n·u", "no flips, typical"),
    ];
    let words = bounds.map(|(bound, words, label)| {
        let layers = arithmetic.sites.iter().zip(&arithmetic.theory);
        let points = on_axis(axis, layers.map(|(layer, theory)| (layer, bound(theory))));
        plot.marks.extend(lines(&points, Paint::Soft, FROZEN));
        // Named at its right end.
        let name = |(_, at): &(f64, f64)| Rule { paint: Paint::Soft, ..Rule::level(*at, label, 0.0, &[]) };
        plot.rules.extend(points.last().map(name));
        format!("{words}{}", if points.is_empty() { " (beyond this axis)" } else { "" })
    });
    let words = format!("no flips: theory of {} without branch flips, {}", name(arithmetic), words.join(", "));
    (Sample::Line(Paint::Soft, THIN, FROZEN), words)
}

/// A line of theory, less what lies beyond the axis: it must not be drawn along the frame.
fn on_axis<'a>(axis: &Powers, layers: impl Iterator<Item = (&'a SiteRun, Number)>) -> Vec<(f64, f64)> {
    let place = |(layer, number): (&SiteRun, Number)| {
        let log10 = core_math::log10(number.finite().filter(|x| *x > 0.0)?);
        (axis.low..=axis.high).contains(&log10).then_some((layer.site as f64, log10))
    };
    layers.filter_map(place).collect()
}

/// Thin lines through neighbouring layers.
pub fn lines(points: &[(f64, f64)], paint: Paint, dash: Dash) -> impl Iterator<Item = Mark> + '_ {
    let stretches = points.chunk_by(|one, next| one.0 + 1.0 == next.0);
    stretches.map(move |points| Mark::Line { points: points.to_vec(), paint, width: THIN, dash })
}
