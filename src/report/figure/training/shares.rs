//! Shares of updates against steps: those rounded away, and those with the wrong sign.

use crate::record::training::{Learner, Training, TrainingRun, Updates};
use crate::report::training::measured;

/// Two plots side by side.
#[derive(Clone, Debug, PartialEq)]
pub struct SharesPanel {
    /// The last step of the axis along.
    pub last_step: usize,
    /// True if a measured step is left out because its update was skipped.
    pub has_skipped: bool,
    /// Lost, then wrong sign.
    pub plots: [SharePlot; 2],
}

/// Shares of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct SharePlot {
    /// Title.
    pub title: &'static str,
    /// The upper end of the axis, in per cent.
    pub most: f64,
    /// One per format, in the order given.
    pub curves: Vec<ShareCurve>,
}

/// A format's shares.
#[derive(Clone, Debug, PartialEq)]
pub struct ShareCurve {
    /// Its name.
    pub name: String,
    /// Step and per cent.
    pub points: Vec<(f64, f64)>,
}

impl SharesPanel {
    /// The panel of a run; `None` if no update was due at any measured step.
    pub fn new(training: &Training, run: &TrainingRun) -> Option<SharesPanel> {
        let lost = plot(run, "Non-zero updates rounded away", Updates::lost_share);
        let wrong = plot(run, "Non-zero updates with the wrong sign", Updates::wrong_share);
        let last = run.learners.iter().map(|learner| learner.course.losses.len()).fold(training.steps_done, usize::max);
        let has_skipped = run.learners.iter().flat_map(|learner| &learner.measures).any(|measure| measure.skipped);
        let is_empty = lost.curves.iter().all(|curve| curve.points.is_empty());
        (!is_empty).then_some(SharesPanel { last_step: last.max(1), has_skipped, plots: [lost, wrong] })
    }
}

fn plot(run: &TrainingRun, title: &'static str, share: fn(&Updates) -> Option<f64>) -> SharePlot {
    let point = |learner: &Learner| {
        measured::made(learner)
            .filter_map(|m| Some((m.step as f64, 100.0 * share(&measured::updates(m))?.min(1.0))))
            .collect()
    };
    let curves: Vec<ShareCurve> =
        run.learners.iter().map(|one| ShareCurve { name: one.name.clone(), points: point(one) }).collect();
    let most = curves.iter().flat_map(|curve| &curve.points).map(|(_, y)| *y).fold(0.0, f64::max);
    // An axis of nothing but zeros still needs a length.
    SharePlot { title, most: if most > 0.0 { most } else { 1.0 }, curves }
}
