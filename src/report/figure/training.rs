//! The poster of one activation's training, finished but for the pixels.

mod caption;
mod comparison;
mod loss;
mod maps;
mod minibatch;
mod scales;
mod shares;

pub use comparison::{TrainingComparison, TrainingStrip};
pub use loss::{LossCurve, LossEnd, LossPanel};
pub use maps::{Cell, HeatMap, MapKind, MapPanel, NOISE_LEVELS, SHARE_LEVELS, noise_from};
pub use minibatch::{MinibatchCurve, MinibatchPanel};
pub use scales::{ScaleCurve, ScalePanel};
pub use shares::{ShareCurve, SharePlot, SharesPanel};

use crate::record::training::{Training, TrainingRun};
use crate::report::numbers::Notation::Typeset;
use crate::report::training::{facts, paragraph, reference, unfinished};

/// The poster.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingFigure {
    /// Activation, depth and the question.
    pub title: String,
    /// What f64 learns, then a paragraph per arithmetic.
    pub sentences: Vec<String>,
    /// Loss against steps.
    pub loss: LossPanel,
    /// Maps of layers against measured steps that have something to show.
    pub maps: Vec<MapPanel>,
    /// What there is no map of, in one line.
    pub remark: Option<String>,
    /// Shares of updates that are lost or go the wrong way; nothing where no step was measured.
    pub shares: Option<SharesPanel>,
    /// Rounding noise over minibatch noise by layer; nothing where it is known nowhere.
    pub minibatch: Option<MinibatchPanel>,
    /// Loss scales; nothing without any.
    pub scales: Option<ScalePanel>,
    /// Everything needed to train it again, in pieces that may be broken into lines.
    pub caption: Vec<String>,
}

impl TrainingFigure {
    /// The figure of one run of a training.
    pub fn new(training: &Training, run: &TrainingRun) -> TrainingFigure {
        let mut sentences: Vec<String> =
            unfinished(training).into_iter().chain([reference(training, run, Typeset)]).collect();
        sentences.extend(run.learners.iter().map(|learner| paragraph(training, run, learner, Typeset)));
        let (maps, remark) = maps::panels(run);
        TrainingFigure {
            title: format!(
                "{}, {}: when does learning stop, and is it rounding?",
                run.activation,
                facts::shape(training)
            ),
            sentences,
            loss: LossPanel::new(training, std::slice::from_ref(run)).swap_remove(0),
            maps,
            remark,
            shares: SharesPanel::new(training, run),
            minibatch: MinibatchPanel::new(run),
            scales: ScalePanel::new(training, run),
            caption: caption::pieces(training, run),
        }
    }
}
