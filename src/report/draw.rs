//! Figures as data made visible: SVG by plotters, PNG from that SVG by resvg.
//!
//! plotters' SVG backend rounds coordinates to whole units, so everything is drawn on a canvas ten
//! times the page. Nothing is computed here but places on the page: the page is laid
//! out first, panel by panel from above, each as high as its words need, and then drawn.

mod attribution;
mod axis;
mod canvas;
mod compare;
mod curve;
mod decades;
mod fates;
mod flips;
mod graph;
mod histogram;
mod key;
mod law;
mod legend;
mod limits;
mod linear;
mod noise;
mod origin;
mod outline;
mod page;
mod range;
mod raster;
mod study;
mod style;
mod text;
mod theme;
mod training;

pub use canvas::Spot;
pub use origin::Origin;
pub use raster::rasterise;
pub use theme::{Paint, SERIES_COLORS, Theme};

use crate::record::law::Law;
use crate::record::study::{Claim, Study};
use crate::record::training::{Training, TrainingRun};
use crate::record::{Record, Run};
use crate::report::figure::{
    Comparison, Graph, LawFigure, Panel, StudyFigure, Summary, TrainingComparison, TrainingFigure,
};

/// A picture and where its data are to be seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// The picture.
    pub svg: String,
    /// What can be pointed at, from below to above where spots overlap.
    pub spots: Vec<Spot>,
}

/// The summary picture of one run of a record as SVG.
///
/// # Errors
/// A sentence if the picture cannot be drawn (it never depends on the numbers in the record).
pub fn summary_svg(record: &Record, run: &Run, theme: Theme) -> Result<String, String> {
    Ok(page::summary(&Summary::new(record, run), theme)?.svg)
}

/// One panel of a run as a picture of its own, with its key and a caption, as SVG.
///
/// # Errors
/// As [`summary_svg`], and that the run has nothing to show in it ([`Panel::is_of`]).
pub fn panel_svg(record: &Record, run: &Run, panel: Panel, theme: Theme) -> Result<String, String> {
    Ok(self::panel(&Summary::new(record, run), panel, theme)?.svg)
}

/// One panel of a finished figure.
///
/// # Errors
/// As [`summary_svg`].
pub fn panel(figure: &Summary, panel: Panel, theme: Theme) -> Result<Picture, String> {
    page::panel(figure, panel, theme)
}

/// The picture that compares all runs of a record, as SVG.
///
/// # Errors
/// As [`summary_svg`].
pub fn comparison_svg(record: &Record, theme: Theme) -> Result<String, String> {
    Ok(comparison(&Comparison::new(record), theme)?.svg)
}

/// The picture of a finished comparison.
///
/// # Errors
/// As [`summary_svg`].
pub fn comparison(figure: &Comparison, theme: Theme) -> Result<Picture, String> {
    compare::picture(figure, theme)
}

/// The picture of an activation, as SVG.
///
/// # Errors
/// As [`summary_svg`].
pub fn graph_svg(figure: &Graph, theme: Theme) -> Result<String, String> {
    Ok(graph::picture(figure, theme)?.svg)
}

/// The picture of a law, as SVG.
///
/// # Errors
/// As [`summary_svg`].
pub fn law_svg(record: &Law, theme: Theme) -> Result<String, String> {
    Ok(law::picture(&LawFigure::new(record), theme)?.svg)
}

/// The poster of one activation's training, as SVG.
///
/// # Errors
/// As [`summary_svg`].
pub fn training_svg(record: &Training, run: &TrainingRun, theme: Theme) -> Result<String, String> {
    Ok(training::poster(&TrainingFigure::new(record, run), theme)?.svg)
}

/// The picture that compares all runs of a training, as SVG.
///
/// # Errors
/// As [`summary_svg`].
pub fn training_comparison_svg(record: &Training, theme: Theme) -> Result<String, String> {
    Ok(training::comparison(&TrainingComparison::new(record), theme)?.svg)
}

/// The picture of all claims of a study, each with its answer and its first chart, as SVG.
///
/// # Errors
/// As [`summary_svg`].
pub fn study_svg(record: &Study, theme: Theme) -> Result<String, String> {
    Ok(study::poster(&StudyFigure::new(record), theme)?.svg)
}

/// The picture of one claim of a study with all its charts, as SVG.
///
/// # Errors
/// As [`summary_svg`].
pub fn claim_svg(record: &Study, claim: &Claim, theme: Theme) -> Result<String, String> {
    Ok(study::claim(&StudyFigure::of(record, claim), theme)?.svg)
}
