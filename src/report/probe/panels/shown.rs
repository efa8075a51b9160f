//! The panels of a run that have something to show.

use super::{Kind, attribution, fates, flips, histogram, noise, range};
use crate::judgement::{RunJudgement, judge_run};
use crate::record::{Record, Run};
use crate::report::panel::Panel;

/// The panels of a run that have something to show.
pub fn panels(run: &Run, judged: &RunJudgement) -> Vec<Panel> {
    let of_kind = |kind: Kind| match kind {
        Kind::Noise => Some(noise::panel(run, judged, false)),
        Kind::Range => Some(range::panel(run)),
        Kind::Fates => Some(fates::panel(run, judged, false)),
        Kind::Flips => Some(flips::panel(run)),
        Kind::Attribution => attribution::panel(run, judged),
        Kind::Sources => noise::sources(run, judged),
        Kind::Histogram => Some(histogram::panel(run)),
    };
    Kind::ALL.into_iter().filter_map(of_kind).collect()
}

/// The panels of a run with its judgement made here.
pub fn of_record(record: &Record, run: &Run) -> Vec<Panel> {
    panels(run, &judge_run(run, record.spec.batch))
}
