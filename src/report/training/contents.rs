//! The files that follow from a training alone: its tables and its pictures.

use super::stems::stems;
use super::{facts, layers_csv, page, panels, steps_csv};
use crate::record::training::Training;
use crate::report::svg::{Origin, Theme};
use crate::report::{files, html};

/// Every step's losses as a table.
const STEPS: &str = "steps.csv";

/// Every layer at the measured steps.
const LAYERS: &str = "layers.csv";

/// File names and contents of everything but `training.json` and `run.json`; the main picture comes last: `training.png`,
/// or of several runs `compare.png`.
///
/// # Errors
/// What could not be drawn, and that a training without a run has nothing to show.
pub fn drawn(training: &Training, theme: Theme) -> Result<Vec<(String, Vec<u8>)>, String> {
    if training.runs.is_empty() {
        return Err("the training has no run".into());
    }
    let origin = Origin::new(&training.version, &training.spec_hash, facts::all_evidence(training));
    let pictures = origin.pictures(&panels::sheets(training), theme)?;
    let page = html::page(&page::page(training))?;
    let tables = [(STEPS, steps_csv(training)), (LAYERS, layers_csv(training)), (files::PAGE, page)];
    let tables = tables.map(|(name, text)| (name.to_string(), text.into_bytes()));
    Ok(tables.into_iter().chain(pictures).collect())
}

/// Names of all files of a training's report.
pub fn names(activations: &[String]) -> Vec<String> {
    let own = [files::TRAINING, files::RUN, STEPS, LAYERS, files::PAGE].map(String::from);
    own.into_iter().chain(pictures(activations)).collect()
}

/// Names of the pictures of a training of these activations; each is there as SVG and as PNG.
pub fn pictures(activations: &[String]) -> Vec<String> {
    let stems = stems(activations.iter().map(String::as_str));
    stems.iter().flat_map(|stem| ["svg", "png"].map(|ending| format!("{stem}.{ending}"))).collect()
}
