//! The files that follow from a record alone: its tables, its page and its pictures.

use super::probe::{self, panels};
use super::svg::{Origin, Theme};
use super::{csv, files};
use crate::record::Record;

/// File names and contents of everything but `record.json` and `run.json`; the main picture comes last:
/// `summary.png`, or of several runs `compare.png`. Pictures are drawn in parallel; the page
/// takes its theme from the reader's screen.
///
/// # Errors
/// What could not be drawn, and that a record without a run has nothing to show.
pub fn drawn(record: &Record, theme: Theme) -> Result<Vec<(String, Vec<u8>)>, String> {
    let named = files::Pictures::new(&record.spec.activations).runs.len();
    if record.runs.is_empty() || named < record.runs.len() {
        return Err("the record has no run".into());
    }
    let evidence = record.runs.iter().map(|run| run.truth.evidence);
    let origin = Origin::new(&record.version, &record.spec_hash, evidence);
    let pictures = origin.pictures(&panels::sheets(record), theme)?;
    let tables = csv::tables(record).into_iter().map(|(name, text)| (name.to_string(), text.into_bytes()));
    let page = (files::PAGE.to_string(), probe::page::html(record)?.into_bytes());
    Ok(tables.chain([page]).chain(pictures).collect())
}
