//! Shares of updates against steps: those rounded away, and those with the wrong sign.

use super::copies::{entry, joined, learners};
use crate::record::training::{TrainingRun, Updates};
use crate::report::numbers::{Notation::Typeset, short};
use crate::report::panel::{self, Axis, Curve, Height, Panel, Plot, Row, Sample, Scale, Tip};
use crate::report::training::measured;

/// What is shared, of which updates.
type Share = (&'static str, fn(&Updates) -> Option<f64>);

const SHARES: [Share; 2] = [("rounded away", Updates::lost_share), ("with the wrong sign", Updates::wrong_share)];

/// The panel of a run; `None` if no update was due at any measured step.
pub(super) fn panel(run: &TrainingRun, last: usize) -> Option<Panel> {
    let names = learners(run).map(|(series, learner)| entry(series, &learner.name, String::new())).collect();
    let [lost, wrong] =
        SHARES.map(|share| Row { plots: vec![plot(run, last, share)], height: Height::Low, ..Row::default() });
    lost.plots.iter().any(|plot| !plot.tips.is_empty()).then(|| {
        let has_skipped = run.learners.iter().flat_map(|learner| &learner.measures).any(|measure| measure.skipped);
        let most = learners(run).filter_map(|(_, learner)| Some((&learner.name, measured::lost(learner)?.1)));
        let most: Vec<String> =
            most.map(|(name, most)| format!("{} % in {name}", short(100.0 * most.min(1.0), Typeset))).collect();
        Panel {
            name: "updates".into(),
            title: "Non-zero updates that do not arrive".into(),
            alternative: format!("Share of the non-zero updates that are rounded away, at most: {}.", most.join(", ")),
            key: panel::key([(has_skipped, Sample::Nothing, "without skipped steps")]),
            rows: vec![Row { beside: names, is_continued: true, ..lost }, wrong],
        }
    })
}

fn plot(run: &TrainingRun, last: usize, (what, share): Share) -> Plot {
    let mut plot = Plot { title: format!("Non-zero updates {what}"), x: Axis::steps(last), ..Plot::default() };
    let mut most = 0.0;
    for (row, (series, learner)) in learners(run).enumerate() {
        let mut points = Vec::new();
        for measure in measured::made(learner) {
            let Some(share) = share(&measured::updates(measure)) else { continue };
            let at = (measure.step as f64, 100.0 * share.min(1.0));
            most = f64::max(most, at.1);
            points.push(joined(at));
            let words = format!("{}\nstep {}: {} % {what}", learner.name, measure.step, short(at.1, Typeset));
            plot.tips.push(Tip::point(at, row, words));
        }
        plot.curves.push(Curve { series, stretches: vec![points], singles: Vec::new() });
    }
    // An axis of nothing but zeros still needs a length.
    plot.y = Axis::new("share", Scale::Percent(0.0, if most > 0.0 { most } else { 1.0 }));
    plot
}
