//! Noise-to-signal by layer, one curve per arithmetic, or per source of one arithmetic's noise.

use super::kind::Kind as PanelKind;
use super::place;
use super::place::ratio;
use super::points::{self, Kind, Point, measured};
use super::run::{along, name, of_layers, of_run, source_series, trials};
use crate::judgement::{ArithmeticJudgement, RunJudgement};
use crate::record::{ArithmeticRun, Number, Quantiles, Run, SiteRun, TheorySite, VerdictCount};
use crate::report::numbers::{Notation::Typeset, short};
use crate::report::panel::{
    self, Axis, Curve, Dash, Entry, Height, Mark, Paint, Panel, Plot, Powers, Row, Rule, Sample, Scale, Series, Single,
    Symbol, Tip,
};
use crate::report::{cause, facts};

/// Opacity of a band.
pub const BAND: f64 = 0.16;
const THIN: f64 = 1.0;
/// What theory predicts, and its bounds without branch flips.
const PREDICTED: Dash = &[4.0, 2.5];
const FROZEN: Dash = &[9.0, 2.5, 1.5, 2.5];

/// A curve with its points and what its gutter and tooltips say.
struct Course {
    series: Series,
    name: String,
    note: String,
    points: Vec<Point>,
    tips: Vec<String>,
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
    let mut panel = of(run, judged, PanelKind::Noise, &axis, &courses, is_slide);
    panel.alternative = alternative(run, judged);
    let theory = run.arithmetics.iter().find(|arithmetic| !arithmetic.theory.is_empty()).filter(|_| !is_slide);
    if let (Some(arithmetic), Some(plot)) = (theory, panel.rows.first_mut().and_then(|row| row.plots.first_mut())) {
        panel.key.push(frozen(arithmetic, &axis, plot));
    }
    if courses.iter().any(|course| !course.predicted.is_empty()) {
        let words = "predicted by theory, in each precision's colour".to_string();
        panel.key.push((Sample::Line(Paint::Soft, THIN, PREDICTED), words));
    }
    panel
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
    let mut courses = vec![Course { name: format!("{} as it is", plain.name), predicted: Vec::new(), ..plain }];
    for (source, layers) in &alone {
        let known =
            layers.iter().filter_map(|(layer, noise)| Some((*layer, noise, points::of_source(*layer, noise, &axis)?)));
        let tip = |layer: usize, noise: &Quantiles| {
            format!(
                "layer {layer}, {}\nonly {}\nnoise/signal {}",
                name(arithmetic),
                source.name(),
                place::spread(noise)
            )
        };
        let (points, tips) = known.map(|(layer, noise, point)| (point, tip(layer, noise))).unzip();
        courses.push(Course {
            series: source_series(*source),
            name: source.name().into(),
            note: layers.first().map_or(String::new(), |(_, noise)| format!("layer 1: {}", cause::of(noise, Typeset))),
            points,
            tips,
            predicted: Vec::new(),
        });
    }
    let mut panel = of(run, judged, PanelKind::Sources, &axis, &courses, false);
    let at_first = courses.iter().skip(1).map(|course| format!("{} {}", course.name, course.note));
    panel.alternative = format!(
        "Noise/signal of {} by layer with one source of noise: {}.",
        name(arithmetic),
        at_first.collect::<Vec<_>>().join("; ")
    );
    Some(panel)
}

/// `f16 from 0.002 in layer 51 to 0.41 in layer 1`.
fn alternative(run: &Run, judged: &RunJudgement) -> String {
    let of_one = |one: (&ArithmeticRun, &ArithmeticJudgement)| {
        let ends = one.0.sites.last().zip(one.0.sites.first());
        let ends = ends.map(|(last, first)| {
            let [from, to] = [last, first].map(|layer| short(layer.noise().median.value(), Typeset));
            format!("from {from} in layer {} to {to} in layer {}", last.site, first.site)
        });
        format!("{} {} ({})", name(one.0), ends.unwrap_or("not measured".into()), one.1.first.verdict.verdict)
    };
    let all: Vec<String> = of_run(run, judged).map(of_one).collect();
    format!("Noise/signal by layer: {}.", all.join("; "))
}

fn course(index: usize, one: (&ArithmeticRun, &ArithmeticJudgement), axis: &Powers) -> Course {
    let (arithmetic, judged) = one;
    let tip = |place: usize, layer: &SiteRun| {
        let predicted = arithmetic.theory.get(place).and_then(|theory| theory.predicted.finite());
        let predicted = predicted.map_or(String::new(), |x| format!("\npredicted {}", short(x, Typeset)));
        let verdict = judged.verdicts.get(place).map_or(String::new(), VerdictCount::in_words);
        format!("{}\n{}{predicted}\n{verdict}", place::of(arithmetic, layer), ratio(layer))
    };
    let known =
        of_layers(one).enumerate().filter_map(|(place, one)| Some((points::point(one, axis)?, tip(place, one.0))));
    let (points, tips) = known.unzip();
    let lost: Vec<usize> = of_layers(one).filter(|one| measured(*one).is_none()).map(|(layer, _)| layer.site).collect();
    Course {
        series: Series::new(index),
        name: name(arithmetic),
        note: judged.first.verdict.in_words(),
        points,
        tips,
        predicted: on_axis(
            arithmetic,
            axis,
            |layer, theory| {
                if lost.contains(&layer.site) { Number::None } else { theory.predicted }
            },
        ),
    }
}

/// The panel of curves on an axis.
fn of(run: &Run, judged: &RunJudgement, kind: PanelKind, axis: &Powers, courses: &[Course], is_slide: bool) -> Panel {
    let points = || courses.iter().flat_map(|course| &course.points);
    let joined = || points().filter(|point| point.kind.is_joined());
    let (trials, spread) = (trials(judged), facts::quantile_note(trials(judged)));
    let band = match joined().any(|point| point.at.low < point.at.high) {
        true => Some((Sample::Area(Paint::Soft, BAND), format!("{}: {spread}", panel::band_name(courses.len())))),
        false => (trials < 2).then_some((Sample::Nothing, spread)),
    };
    let (sample, words) = band.map_or((None, String::new()), |(sample, words)| (Some(sample), words));
    let is_clamped = joined().any(|point| point.at.median >= axis.high);
    let edge = if is_clamped { "points on the upper end lie beyond it" } else { "" };
    let mut plot = Plot {
        x: along(run, is_slide),
        y: Axis::new("noise / signal", Scale::Powers(*axis)),
        areas: points::regions(),
        rules: points::rules(axis),
        curves: courses.iter().map(curve).collect(),
        notice: points().next().is_none().then(|| "no noise ratio is known in any layer".into()),
        ..Plot::default()
    };
    for course in courses {
        plot.marks.extend(stretches(&course.predicted).map(|points| Mark::Line {
            points,
            paint: course.series.paint,
            width: THIN,
            dash: PREDICTED,
        }));
    }
    for (row, course) in courses.iter().enumerate().rev() {
        plot.tips.extend(course.points.iter().zip(&course.tips).map(|(point, words)| Tip {
            x: (point.at.x, point.at.x),
            y: (point.at.median, point.at.median),
            row,
            words: words.clone(),
        }));
    }
    let entry = |course: &Course| Entry {
        sample: Sample::Curve(course.series),
        name: course.name.clone(),
        note: course.note.clone(),
        at: None,
    };
    let mut key = points::key(points(), (sample, words), Symbol::Downward, edge);
    if is_slide {
        let is_hollow = |point: &Point| point.kind == Kind::Saturated;
        let hollow = Sample::soft(Symbol::hollow(Default::default()));
        key = panel::key([(points().any(is_hollow), hollow, "hollow: zero, underflow or overflow: no noise ratio")]);
    }
    Panel {
        name: kind.name().into(),
        title: kind.title().into(),
        key,
        rows: vec![Row {
            plots: vec![plot],
            beside: courses.iter().map(entry).collect(),
            height: Height::Tall,
            ..Row::default()
        }],
        ..Panel::default()
    }
}

/// The stretches of neighbouring layers that a line joins, and the points that stand alone.
fn curve(course: &Course) -> Curve {
    let is_next = |a: &Point, b: &Point| a.kind.is_joined() && b.kind.is_joined() && a.at.x + 1.0 == b.at.x;
    let stretches = course.points.chunk_by(is_next);
    let stretches = stretches.filter(|stretch| stretch.iter().all(|point| point.kind.is_joined()));
    let single = |point: &Point| {
        let symbol = match point.kind {
            Kind::Measured => return None,
            Kind::AtMost => Symbol::Downward,
            Kind::Saturated => Symbol::hollow(course.series.marker),
            Kind::NotEstablished => Symbol::Cross,
        };
        Some(Single { at: (point.at.x, point.at.median), symbol })
    };
    Curve {
        series: course.series,
        stretches: stretches.map(|stretch| stretch.iter().map(|point| point.at).collect()).collect(),
        singles: course.points.iter().filter_map(single).collect(),
    }
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
        let points = on_axis(arithmetic, axis, |_, theory| bound(theory));
        plot.marks.extend(stretches(&points).map(|points| Mark::Line {
            points,
            paint: Paint::Soft,
            width: THIN,
            dash: FROZEN,
        }));
        // Named at its right end.
        let name = |(_, at): &(f64, f64)| Rule { paint: Paint::Soft, ..Rule::level(*at, label, 0.0, &[]) };
        plot.rules.extend(points.last().map(name));
        format!("{words}{}", if points.is_empty() { " (beyond this axis)" } else { "" })
    });
    let words = format!("no flips: theory of {} without branch flips, {}", name(arithmetic), words.join(", "));
    (Sample::Line(Paint::Soft, THIN, FROZEN), words)
}

/// A line of theory, less what lies beyond the axis: it must not be drawn along the frame.
fn on_axis(arithmetic: &ArithmeticRun, axis: &Powers, of: impl Fn(&SiteRun, &TheorySite) -> Number) -> Vec<(f64, f64)> {
    let place = |(layer, theory): (&SiteRun, &TheorySite)| {
        let log10 = core_math::log10(of(layer, theory).finite().filter(|x| *x > 0.0)?);
        (axis.low..=axis.high).contains(&log10).then_some((layer.site as f64, log10))
    };
    arithmetic.sites.iter().zip(&arithmetic.theory).filter_map(place).collect()
}

/// Neighbouring layers of a line.
pub fn stretches(points: &[(f64, f64)]) -> impl Iterator<Item = Vec<(f64, f64)>> + '_ {
    points.chunk_by(|one, next| one.0 + 1.0 == next.0).map(<[(f64, f64)]>::to_vec)
}
