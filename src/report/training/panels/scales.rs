//! Loss scales against steps, with a mark for every step that was skipped.

use super::copies::{entry, learners};
use crate::record::training::{Course, TrainingRun};
use crate::report::numbers::{Notation::Typeset, power};
use crate::report::panel::{
    self, Axis, Curve, Height, Mark, Panel, Plot, Powers, Row, Sample, Scale, Single, Symbol, Tip,
};

/// Most marks of skipped steps along the axis: more would not be seen.
const MARKS: f64 = 400.0;

/// The panel of a run; `None` without a scale.
pub(super) fn panel(run: &TrainingRun, last: usize) -> Option<Panel> {
    let mut plot = Plot { x: Axis::steps(last), ..Plot::default() };
    let (mut beside, mut told) = (Vec::new(), Vec::new());
    for (series, learner) in learners(run).filter(|(_, learner)| !learner.course.scales.is_empty()) {
        let course = &learner.course;
        let (paint, dash) = (series.paint, series.dash);
        plot.marks.insert(0, Mark::Line { points: corners(course), paint, width: 1.6, dash });
        for change in &course.scales {
            let words =
                format!("{}\nfrom step {} on: {}", learner.name, change.step, power(2, change.log2.into(), Typeset));
            plot.tips.push(Tip::point((change.step as f64, change.log2.into()), beside.len(), words));
        }
        let symbol = Symbol::full(series.marker);
        let mut skipped: Vec<f64> = course.skipped.iter().map(|step| *step as f64).collect();
        skipped.dedup_by_key(|step| (*step / last as f64 * MARKS) as u64);
        let singles = skipped.into_iter().map(|step| Single { at: (step, f64::NEG_INFINITY), symbol });
        plot.curves.push(Curve { series, stretches: Vec::new(), singles: singles.collect() });
        let note = match course.skipped.len() {
            0 => "no step skipped".into(),
            1 => "1 step skipped".into(),
            count => format!("{count} steps skipped"),
        };
        told.push(format!("{} ({note})", learner.name));
        beside.push(entry(series, &learner.name, note));
    }
    let all = || plot.tips.iter().map(|tip| tip.y.0);
    let (least, most) = (all().reduce(f64::min)?, all().reduce(f64::max)?);
    let has_skipped = plot.curves.iter().any(|curve| !curve.singles.is_empty());
    let beyond = [has_skipped.then_some("skipped"), None];
    plot.y = Axis::new("loss scale", Scale::Powers(Powers { beyond, ..Powers::of_two(least - 1.0, most + 1.0) }));
    let skipped = "lowest row: steps skipped because a gradient was not finite";
    Some(Panel {
        name: "scales".into(),
        title: "Loss scale".into(),
        alternative: format!(
            "Loss scale against steps, from {} to {}: {}.",
            power(2, least as i64, Typeset),
            power(2, most as i64, Typeset),
            told.join(", ")
        ),
        key: panel::key([(has_skipped, Sample::Nothing, skipped)]),
        rows: vec![Row { plots: vec![plot], height: Height::Low, beside, ..Row::default() }],
    })
}

/// Step and log₂: a line in steps to the end of the course.
fn corners(course: &Course) -> Vec<(f64, f64)> {
    let mut corners: Vec<(f64, f64)> = Vec::new();
    for change in &course.scales {
        let (step, log2) = (change.step as f64, f64::from(change.log2));
        corners.extend(corners.last().map(|(_, before)| (step, *before)));
        corners.push((step, log2));
    }
    let end = course.losses.len() as f64;
    corners.extend(corners.last().filter(|(step, _)| *step < end).map(|(_, log2)| (end, *log2)));
    corners
}
