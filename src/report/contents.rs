//! The files that follow from a record alone: its table, its page and its pictures.

use super::draw::Theme;
use super::{csv, draw, files, html};
use crate::record::Record;

/// File names and contents of everything but `record.json` and `run.json`; the main picture comes last:
/// `summary.png`, or of several runs `compare.png`.
///
/// # Errors
/// What could not be drawn, and that a record without a run has nothing to show.
pub fn drawn(record: &Record) -> Result<Vec<(String, Vec<u8>)>, String> {
    let names = files::pictures(&record.spec.activations);
    if record.runs.is_empty() || names.len() < record.runs.len() {
        return Err("the record has no run".into());
    }
    let mut contents = vec![("layers.csv".to_string(), csv::layers_csv(record).into_bytes())];
    contents.push((files::PAGE.to_string(), html::page(record)?.into_bytes()));
    for (name, run) in names.iter().zip(&record.runs) {
        contents.push((name.clone(), draw::rasterise(&draw::summary_svg(record, run, Theme::Light)?)?));
    }
    if let Some(comparison) = names.get(record.runs.len()) {
        contents.push((comparison.clone(), draw::rasterise(&draw::comparison_svg(record, Theme::Light)?)?));
    }
    Ok(contents)
}
