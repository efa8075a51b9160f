//! Several activations side by side: losses on shared axes, and what each copy came to.

use super::copies::caption;
use super::loss;
use crate::record::training::{Course, HeldOut, Learner, Training};
use crate::report::numbers::Notation::Typeset;
use crate::report::panel::{Axis, Entry, Group, Mark, Panel, Plot, Row, Sample, Scale, Series, Sheet, Symbol};
use crate::report::training::{answer, measured, saturated_in_words};
use crate::report::training::{facts, unfinished};

/// The comparison of all activations.
pub(super) fn sheet(training: &Training, stem: &str) -> Sheet {
    let plots = loss::plots(training, &training.runs);
    let scale = plots.first().map_or(Scale::default(), |plot| plot.y.scale.clone());
    Sheet {
        name: stem.into(),
        title: format!("{}: which activation keeps learning, in which precision?", facts::shape(training)),
        ruling: unfinished(training).into_iter().chain([answer(training, Typeset)]).collect::<Vec<_>>().join(" "),
        panels: vec![losses(training, plots), results(training, scale)],
        caption: caption(training, &training.runs),
        ..Sheet::default()
    }
}

fn losses(training: &Training, plots: Vec<Plot>) -> Panel {
    let copies = training.runs.first().into_iter().flat_map(super::copies::courses);
    let copies = copies.map(|(series, name, _)| (Sample::Line(series.paint, 1.8, series.dash), name.to_string()));
    let ends = training.runs.iter().map(|run| format!("{}: {}", run.activation, loss::ends(run).join(", ")));
    Panel {
        name: "loss".into(),
        title: "Loss".into(),
        alternative: format!("Loss against steps, at the end: {}.", ends.collect::<Vec<_>>().join("; ")),
        key: copies.chain(loss::key(training, &plots)).collect(),
        rows: Row::multiples(plots),
    }
}

/// A lane for each copy of each activation: the held-out samples at the end, losses on the axis of the panel above, and
/// the first saturation in words.
fn results(training: &Training, losses: Scale) -> Panel {
    let what = if training.spec.has_classes() { "Accuracy" } else { "Loss" };
    let what = format!("{what} on held-out {} at the end", facts::samples(training));
    let (mut plot, mut known) = (Plot::default(), Vec::new());
    let (mut groups, mut beside, mut told) = (Vec::new(), Vec::new(), Vec::new());
    for run in &training.runs {
        let learners = std::iter::once(None).chain(run.learners.iter().map(Some));
        let mut lanes = Vec::new();
        for ((series, _, course), learner) in super::copies::courses(run).zip(learners) {
            let lane = format!("{}, {}", run.activation, learner.map_or("reference", |learner| learner.name.as_str()));
            let entry = entry(beside.len(), series, course, learner);
            let end = measured::at_end(course).and_then(place);
            known.extend(end);
            let symbol = if end.is_some() { Symbol::full(series.marker) } else { Symbol::Cross };
            let at = (end.unwrap_or(f64::NEG_INFINITY), beside.len() as f64);
            if end.is_some() || course.end.step().is_some() {
                plot.marks.push(Mark::Symbol { at, symbol, paint: series.paint });
            }
            told.push(format!("{lane}: {}", entry.name));
            beside.push(entry);
            lanes.push(lane);
        }
        groups.push(Group { name: String::new(), lanes });
    }
    plot.y = Axis::new("", Scale::Lanes(groups));
    // Accuracies of copies that learn are close to each other.
    let least = known.into_iter().fold(90.0, f64::min);
    let accuracies = Scale::Percent((least / 10.0).floor() * 10.0, 100.0);
    plot.x = Axis::new(&what, if training.spec.has_classes() { accuracies } else { losses });
    Panel {
        name: "results".into(),
        title: format!("{what}, and the first saturation"),
        alternative: format!("{what}: {}.", told.join("; ")),
        key: Vec::new(),
        rows: vec![Row { plots: vec![plot], beside, ..Row::default() }],
    }
}

fn entry(lane: usize, series: Series, course: &Course, learner: Option<&Learner>) -> Entry {
    let name = match course.end.step() {
        Some(step) => format!("failed at step {step}"),
        None => measured::at_end_in_words(course, Typeset),
    };
    let note = learner.map_or(String::new(), saturated_in_words);
    Entry { sample: Sample::Marker(series), name, note, at: Some(lane as f64) }
}

/// Per cent of right answers, or of values log₁₀ of the loss.
fn place(held_out: &HeldOut) -> Option<f64> {
    match held_out.accuracy() {
        Some(share) => Some(100.0 * share).filter(|percent| percent.is_finite()),
        None => held_out.loss.finite().filter(|loss| *loss > 0.0).map(core_math::log10),
    }
}
